"""Model x data -> target, blocks, cost; printed by `Model.explain`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.grammar import build_graph
from hierfast.graph import Arg
from hierfast.schemes import PAIRS
from hierfast.schemes.base import Plan
from hierfast.statistics import Statistics
from hierfast.threads import available_cores

if TYPE_CHECKING:
    from hierfast.model import Model

__all__ = ["Plan", "explain_model", "make_plan"]

VARIANTS = ("", "slice", "laplace", "grid")


def make_plan(
    model: Model,
    data: Any,
    y: str | ArrayLike | None,
    group: str | ArrayLike | None,
    scheme: str,
    tune: int,
    cores: int,
    level: int | None = None,
    stop: NDArray[np.int32] | None = None,
    *,
    groups: Any = None,
    na: str = "raise",
) -> Plan:
    """Read the data and decide how to sample.

    Parameters
    ----------
    model : Model
        The three stages.
    data, y, group, groups, na
        As in `Model.fit`.
    scheme : str
        "auto", "collapsed", "gibbs", "quadrature"; "collapsed:slice" and "collapsed:laplace" choose
        what moves phi.
    tune : int
        Sweeps asked for before draws are kept.
    cores : int
        Threads.
    level : int, optional
        Instruction set, the best by default; never changes a bit.
    stop : numpy.ndarray, optional
        Flag (1,) polled by what takes long.

    Returns
    -------
    Plan
        A pure function of all but `cores`, `level` and `stop`.
    """
    begun = time.perf_counter()
    maker = PAIRS[type(model.likelihood).__name__, type(model.population).__name__]
    group_name = group_name_of(data, group)
    graph = build_graph(model.likelihood, model.population, group_name)
    graph = maker.named(graph, model, y, group_name)
    maker = maker.suited(graph)
    name, _, variant = scheme.partition(":")
    known = ("auto", *maker.schemes)
    if name not in known or variant not in VARIANTS:
        raise ValueError(f"unknown scheme {scheme!r}; use one of {', '.join(map(repr, known))}")
    read = maker.read_data(model, graph, data, y, group, groups, na, cores)
    if graph.noise_column is not None:
        graph = replace(graph, noise=Arg(-1, 0, 1.0))
    level = _core.best_level() if level is None else level
    decided = time.perf_counter()
    plan = maker(graph, read, cores, level, group_name, tune, variant, stop).build(name)
    return replace(plan, seconds=(decided - begun, time.perf_counter() - decided))


def group_name_of(data: Any, group: Any) -> str:
    """Tell what the groups are called.

    Parameters
    ----------
    data, group
        As in `Model.fit`.

    Returns
    -------
    str
        The name of the column; "group" where there is none.
    """
    if isinstance(data, Statistics):
        return data.name
    name = group if isinstance(group, str) else getattr(group, "name", None)
    return name if isinstance(name, str) and name else "group"


def explain_model(
    model: Model,
    data: Any,
    *,
    y: str | ArrayLike | None,
    group: str | ArrayLike | None,
    groups: Any,
    scheme: str,
    draws: int,
    tune: int,
    chains: int,
    na: str,
) -> Plan:
    """Make and print the plan; see `Model.explain`."""
    cores = available_cores()
    plan = make_plan(model, data, y, group, scheme, tune, cores, groups=groups, na=na)
    held = 8 * chains * draws * (len(plan.graph.nodes) + 4)
    print(plan)
    print(
        f"  held        {held:,} bytes of draws; effects are drawn again on demand, none are held"
    )
    return plan
