"""Chains of Samplers on threads; settings checked once."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.fit import Draws, Fit
from hierfast.identification import IdentificationWarning
from hierfast.plan import Plan, make_plan
from hierfast.sampler import Sampler
from hierfast.threads import available_cores, run_all

if TYPE_CHECKING:
    from hierfast.model import Model

CHUNK = 8192  # sweeps between looks at progress; never changes a draw
QUICK, FEW_CELLS = 20_000, 32  # draws and cells below which threads cost more than they save
SLOW = 0.5  # seconds before a progress line appears


def fit_model(
    model: Model,
    data: Any,
    *,
    y: str | ArrayLike | None,
    group: str | ArrayLike | None,
    draws: int,
    tune: int,
    chains: int,
    cores: int | None,
    random_seed: Any,
    progressbar: bool,
    scheme: str,
    groups: Any = None,
    na: str = "raise",
) -> Fit:
    """Sample the posterior; see `Model.fit`."""
    begun = time.perf_counter()
    _check_counts(draws=(draws, 1), tune=(tune, 0), chains=(chains, 1))
    if cores is not None:
        _check_counts(cores=(cores, 1))
    if not isinstance(scheme, str):
        raise TypeError(f"scheme must be a string; got {scheme!r}")
    seed = make_seed(random_seed)
    threads = available_cores() if cores is None else cores
    plan = make_plan(model, data, y, group, scheme, tune, threads, groups=groups, na=na)
    for text in plan.warnings:
        warnings.warn(text, IdentificationWarning, stacklevel=3)
    sampled = run_plan(plan, seed, draws, chains, threads, progressbar)
    return Fit(plan, sampled, threads, time.perf_counter() - begun)


def make_seed(random_seed: Any) -> int:
    """Turn what the user passes into the 64-bit seed of the generator.

    Parameters
    ----------
    random_seed : int or sequence of int or numpy.random.SeedSequence, optional
        Fresh entropy by default.

    Returns
    -------
    int
        The seed.
    """
    if isinstance(random_seed, np.random.SeedSequence):
        sequence = random_seed
    else:
        try:
            sequence = np.random.SeedSequence(random_seed)
        except (TypeError, ValueError) as error:
            raise type(error)(
                f"random_seed must be a non-negative integer, a sequence of them, a SeedSequence or "
                f"None; got {random_seed!r}"
            ) from None
    return int(sequence.generate_state(1, np.uint64)[0])


def run_plan(
    plan: Plan, seed: int, draws: int, chains: int, cores: int, progressbar: bool = False
) -> Draws:
    """Run the chains of a plan.

    Parameters
    ----------
    plan : Plan
        What to run.
    seed : int
        64-bit seed.
    draws, chains, cores : int
        As in `Model.fit`.
    progressbar : bool
        Show progress where it takes long.

    Returns
    -------
    Draws
        Unknowns and components of the groups' posteriors.
    """
    stop = np.zeros(1, dtype=np.int32)
    done = [0] * chains
    n_node = len(plan.graph.nodes)
    values = np.empty((chains, n_node, draws))
    parts = np.empty((chains, 4, draws))
    moved = [0] * chains

    def run(chain: int) -> None:
        sampler = Sampler(plan, seed, chain, stop)
        path = np.empty((plan.target.dim, draws))
        for lo in range(0, plan.tune, CHUNK):
            sampler.step(min(CHUNK, plan.tune - lo))
            done[chain] = sampler.sweep
            if stop[0]:
                return
        begin = sampler.moved
        for lo in range(0, draws, CHUNK):
            hi = min(lo + CHUNK, draws)
            path[:, lo:hi] = sampler.step(hi - lo)
            done[chain] = sampler.sweep
            if stop[0]:
                return
        moved[chain] = sampler.moved - begin
        finish(plan, seed, chain, path, values[chain], parts[chain])

    total = chains * (plan.tune + draws)
    report = _progress(lambda: sum(done) / total) if progressbar else None
    tasks = [partial(run, c) for c in range(chains)]
    small = plan.scheme == "collapsed" and len(plan.cells.p) <= FEW_CELLS
    if small and chains * draws <= QUICK:
        run_all(tasks, 1)
    else:
        run_all(tasks, cores, stop, report)
    return Draws(seed, values, parts, moved)


def finish(
    plan: Plan,
    seed: int,
    chain: int,
    path: NDArray[np.float64],
    values: NDArray[np.float64],
    parts: NDArray[np.float64],
) -> None:
    """Turn coordinates into unknowns and components of the groups' posteriors.

    Parameters
    ----------
    plan : Plan
        The plan that made them.
    seed, chain : int
        Of the chain; an integrated mean is drawn here.
    path : numpy.ndarray
        Coordinates (dim, draws).
    values : numpy.ndarray
        Receives the unknowns (n_node, draws).
    parts : numpy.ndarray
        Receives mean about the centre, its variance, tau^2 and lambda (4, draws).
    """
    draws = path.shape[1]
    for lo in range(0, draws, _core.TILE):
        hi = min(lo + _core.TILE, draws)
        point = np.ascontiguousarray(path[:, lo:hi])
        x, part = np.empty((len(values), hi - lo)), np.empty((4, hi - lo))
        if plan.scheme == "collapsed":
            plan.target.finish(seed, chain, plan.tune + 1 + lo, point, x, part)
        else:
            x = plan.target.values(point) if plan.target.dim else x
            graph = plan.graph
            scale, noise = read(graph.scale, x, hi - lo), read(graph.noise, x, hi - lo)
            part[0] = read(graph.location, x, hi - lo) - plan.cells.centre
            part[1], part[2] = 0.0, scale * scale
            part[3] = part[2] / (noise * noise)
        values[:, lo:hi] = x
        parts[:, lo:hi] = part


def read(arg: Any, values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Read an argument from unknowns, as the core does.

    Parameters
    ----------
    arg : Arg
        A constant or an unknown in a form.
    values : numpy.ndarray
        Unknowns (n_node, n).
    n : int
        Draws.

    Returns
    -------
    numpy.ndarray
        The parameter (n,).
    """
    if arg.node < 0:
        return np.full(n, arg.value)
    x: NDArray[np.float64] = values[arg.node]
    if arg.form == 0:
        return x
    root = np.sqrt(x)
    return root if arg.form == 1 else 1.0 / root


def _check_counts(**counts: tuple[Any, int]) -> None:
    for name, (value, least) in counts.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise TypeError(f"{name} must be an integer; got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}; got {value}")


def _progress(share: Callable[[], float]) -> Callable[[float], None]:
    shown = [False]

    def report(seconds: float) -> None:
        if seconds < SLOW:
            return
        done = share()
        end = "\n" if done >= 1.0 and not shown[0] else ""
        shown[0] = done >= 1.0
        print(f"\rsampling {done:4.0%}, {seconds:.0f} s", end=end, file=sys.stderr, flush=True)

    return report
