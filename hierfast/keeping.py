"""Fits and statistics in files: one a fit, which needs no data to be read, added to and gone on with."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from typing import Any

import numpy as np

from hierfast.archive import damaged, read_archive, write_archive
from hierfast.codec import decode, encode
from hierfast.fit import Fit
from hierfast.merging import GroupStatistics

PLANNED = ("scheme", "phi", "passes", "tune", "skip", "order", "group_name")


def save_fit(fit: Any, path: str | os.PathLike[str]) -> None:
    """Write a fit; see `Fit.save`."""
    arrays: dict[str, Any] = {}
    parts = {
        "model": fit.model,
        "settings": replace(fit.settings, model=None),
        "statistics": fit.statistics,
        "draws": replace(fit._draws, states=()),
    }
    head = {"kind": "fit"} | {name: encode(value, arrays, name) for name, value in parts.items()}
    if decode(head["model"], {}) != fit.model:
        raise TypeError(f"{fit.model!r} cannot be saved: its description makes another model")
    head["plan"] = {name: getattr(fit.plan, name) for name in PLANNED}
    head["seconds"] = [*fit.plan.seconds, fit.time.sample]
    write_archive(path, head, arrays)


def save_statistics(stats: GroupStatistics, path: str | os.PathLike[str]) -> None:
    """Write statistics; see `GroupStatistics.save`."""
    arrays: dict[str, Any] = {}
    head = {"kind": "statistics", "statistics": encode(stats, arrays, "statistics")}
    write_archive(path, head, arrays)


def load(path: str | os.PathLike[str], *, cores: int | None = None) -> Any:
    """Read a fit, or statistics, from a file that was saved.

    Nothing in a file is run: it holds numbers, and a description of the model of which it is built by the
    constructors that users call. The plan is made again, and compared with that of the fit.

    Parameters
    ----------
    path : str or path-like
        Where it stands.
    cores : int, optional
        Threads that groups are read with, all of them by default; no number depends on it.

    Returns
    -------
    Fit or GroupStatistics
        As it was saved, bit for bit: hyperparameters, groups and their draws, `update` and `extend`
        work without the data.

    Raises
    ------
    OSError
        If there is no file, or it cannot be read.
    ValueError
        If it was not saved by hierfast, is of another format, is damaged, or was sampled otherwise than
        this version would.

    Examples
    --------
    >>> import hierfast as hf, tempfile, pathlib
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "schools.hierfast"
    ...     fit.save(path)
    ...     again = hf.load(path)
    >>> bool((again.groups["A"].draws() == fit.groups["A"].draws()).all())
    True
    """
    from hierfast.threads import available_cores

    head, arrays = read_archive(path)
    try:
        kind, stats = head["kind"], decode(head["statistics"], arrays)
        _check(stats)
        if kind == "statistics":
            return stats
        model, settings, draws = (decode(head[k], arrays) for k in ("model", "settings", "draws"))
        *planned, sampled = map(float, head["seconds"])
        told = head["plan"]
    except Exception as error:  # a description that makes no sense, whatever it leads to
        raise damaged(path, error) from error
    return _open(
        path, model, settings, stats, draws, told, planned, sampled, cores or available_cores()
    )


def _open(
    path: Any,
    model: Any,
    settings: Any,
    stats: Any,
    draws: Any,
    told: dict[str, Any],
    planned: list[float],
    sampled: float,
    cores: int,
) -> Fit:
    """Make the plan of a fit again, and put the fit together."""
    from hierfast.plan import make_plan

    plan = make_plan(model, stats, None, None, settings.scheme, settings.tune, cores)
    found = {name: getattr(plan, name) for name in PLANNED}
    other = [name for name in PLANNED if found[name] != told[name]]
    if other:
        name = other[0]
        raise ValueError(
            f"{os.fspath(path)!r} was sampled with {name}={told[name]!r}, and this version would with "
            f"{found[name]!r}: its draws of groups would be others; read it with the version that saved it"
        )
    chains, nodes, length = draws.values.shape
    sizes = len(draws.chains), len(draws.moved), draws.parts.shape, draws.weights.shape
    wanted = chains, chains, (chains, 4, length), (chains, length, plan.width)
    if nodes != len(plan.graph.nodes) or sizes != wanted:
        raise damaged(path, ValueError("draws are of another model"))
    plan = replace(plan, seconds=(planned[0], planned[1]))
    return Fit(plan, draws, cores, sampled, replace(settings, model=model))


def _check(found: Any) -> None:
    """Check that arrays of statistics fit together, before kernels read them."""
    if not isinstance(found, GroupStatistics):
        raise ValueError("no statistics")
    stats: Any = found
    n = len(stats.labels)
    whole = {f.name: getattr(stats, f.name) for f in fields(stats)} | stats.columns
    for name, values in whole.items():
        if isinstance(values, np.ndarray) and len(values) != n:
            raise ValueError(f"{name} has {len(values)} rows for {n} groups")
    terms = stats.terms
    if terms is None:
        return
    sizes = {len(v) for v in (terms.group, *terms.keys, *terms.sums)}
    if len(sizes) > 1 or len(terms.numbers) != len(terms.totals):
        raise ValueError("terms differ in length")
    if len(terms.group) and not (terms.group.min() >= 0 and terms.group.max() < n):
        raise ValueError("terms are of groups that there are not")
