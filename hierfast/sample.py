"""Chains of Samplers on threads; settings checked once."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.distributions.base import Form
from hierfast.fit import Fit
from hierfast.fitted import Draws, Settings
from hierfast.identification import IdentificationWarning
from hierfast.plan import Plan, make_plan
from hierfast.progress import InterruptWarning, Reporter
from hierfast.sampler import Sampler
from hierfast.threads import available_cores, run_all, watch

if TYPE_CHECKING:
    from hierfast.model import Model

FIRST, CHUNK = 32, 8192  # sweeps of a first and of the largest step; they never change a draw
SHORT, LONG = 0.02, 0.1  # seconds of a step after which the next is longer, shorter
QUICK, FEW_CELLS = 20_000, 32  # draws and cells below which threads cost more than they save
QUICK_ROWS = 2000  # rows whose plan takes less time than a thread is worth
HELD = 1 << 26  # bytes of states of chains that a fit holds, so that it can be extended from there
PATIENCE = 0.1  # seconds that an interrupted plan may take to stop


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
    progressbar: bool | str,
    callback: Any,
    scheme: str,
    groups: Any = None,
    na: str = "raise",
    seed: int | None = None,
) -> Fit:
    """Sample the posterior; see `Model.fit`. A 64-bit `seed` stands in place of `random_seed`."""
    check_counts(draws=(draws, 1), tune=(tune, 0), chains=(chains, 1))
    if cores is not None:
        check_counts(cores=(cores, 1))
    if not isinstance(scheme, str):
        raise TypeError(f"scheme must be a string; got {scheme!r}")
    report = Reporter(progressbar, callback, chains * draws)
    seed = make_seed(random_seed) if seed is None else seed
    threads = available_cores() if cores is None else cores
    stop = np.zeros(1, dtype=np.int32)
    make = partial(
        make_plan, model, data, y, group, scheme, tune, threads, stop=stop, groups=groups, na=na
    )
    try:
        if scheme != "quadrature" and _is_short(data, y):
            plan = make()
        else:
            (plan,) = watch([make], 1, stop, report.plan, PATIENCE)
        for text in plan.warnings:
            warnings.warn(text, IdentificationWarning, stacklevel=3)
        names = _column_names(y), _column_names(group)
        settings = Settings(model, *names, draws, tune, chains, scheme, na)
        fit = sample_plan(plan, seed, settings, threads, report)
    finally:
        report.close("stopped")
    return fit


def sample_plan(
    plan: Plan,
    seed: int,
    settings: Settings,
    cores: int,
    report: Reporter,
    before: Draws | None = None,
) -> Fit:
    """Run the chains of a plan and put the fit together.

    Parameters
    ----------
    plan : Plan
        What to run.
    seed : int
        64-bit seed.
    settings : Settings
        What was asked for; of it draws and chains are run.
    cores : int
        Threads.
    report : Reporter
        What tells of progress.
    before : Draws, optional
        What the same chains have left already.

    Returns
    -------
    Fit
        Of all draws.
    """
    begun, draws, chains = time.perf_counter(), settings.draws, settings.chains
    sampled = run_plan(plan, seed, draws, chains, cores, report.look, before)
    fit = Fit(plan, sampled, cores, time.perf_counter() - begun, settings)
    if sampled.values.shape[2] == draws and len(sampled.chains) == chains:
        report.end()
    return fit


def _column_names(given: Any) -> Any:
    """Give the name of a column, or of several; None of arrays."""
    if isinstance(given, list | tuple) and given and all(isinstance(name, str) for name in given):
        return tuple(given)
    return given if isinstance(given, str) else None


def _is_short(data: Any, y: Any) -> bool:
    """Tell whether there are so few rows that nothing about them takes long."""
    try:
        first = y[0] if isinstance(y, list | tuple) and isinstance(y[0], str) else y
        return len(data[first] if isinstance(first, str) else first) <= QUICK_ROWS
    except Exception:
        return False  # what is wrong is said where the data are read


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
    plan: Plan,
    seed: int,
    draws: int,
    chains: int,
    cores: int,
    look: Callable[[int, float], None] | None = None,
    before: Draws | None = None,
) -> Draws:
    """Run the chains of a plan; where it is interrupted, keep what is finished.

    Parameters
    ----------
    plan : Plan
        What to run.
    seed : int
        64-bit seed.
    draws, chains, cores : int
        As in `Model.fit`.
    look : callable, optional
        Called every 50 ms with the draws finished and the share of all sweeps done.
    before : Draws, optional
        What the chains have left already: they go on from there, where its states are at hand, or else are
        run again from their start, which gives the same draws.

    Returns
    -------
    Draws
        Unknowns and components of the groups' posteriors.

    Raises
    ------
    KeyboardInterrupt
        If interrupted before the first draw of any chain.

    Warns
    -----
    InterruptWarning
        If interrupted after it.
    """
    few = plan.scheme == "collapsed" and len(plan.cells) <= FEW_CELLS and not plan.width
    quick = few and chains * draws <= QUICK
    which = tuple(range(chains)) if before is None else before.chains
    work = _Chains(plan, seed, draws, which, CHUNK if quick else FIRST)
    if before is not None and before.states:
        work.resume(before)
    tasks = [partial(work.run, c) for c in range(len(which))]
    try:
        if quick:
            run_all(tasks, 1)
        else:
            watch(tasks, cores, work.stop, None if look is None else lambda: look(*work.done()))
    except KeyboardInterrupt:
        some, length = longest(work.kept)
        if length == 0:
            raise
        told = "" if len(some) == len(which) else f" and dropped {len(which) - len(some)}"
        text = f"interrupted: kept {length:,} of {draws:,} draws of {len(some)} chains{told}"
        warnings.warn(text, InterruptWarning, stacklevel=5)
        return work.collect(some, length)
    return work.collect(range(len(which)), draws)


class _Chains:
    """Chains on their way, and what each has finished."""

    def __init__(
        self, plan: Plan, seed: int, draws: int, which: tuple[int, ...], first: int
    ) -> None:
        self.plan, self.seed, self.draws, self.first = plan, seed, draws, first
        self.stop = np.zeros(1, dtype=np.int32)
        self.which, chains = which, len(which)
        self.values = np.empty((chains, len(plan.graph.nodes), draws))
        self.parts = np.empty((chains, 4, draws))
        self.weights = np.empty((chains, draws, plan.width))
        self.swept, self.kept = [0] * chains, [0] * chains
        self.moved, self.cut = [0] * chains, [0] * chains
        self.states: list[tuple[int, bytes]] = [(0, b"")] * chains
        self.cut_before = 0

    def resume(self, before: Draws) -> None:
        """Take over what the chains have left already."""
        length = before.values.shape[2]
        self.values[:, :, :length], self.parts[:, :, :length] = before.values, before.parts
        self.weights[:, :length] = before.weights
        self.kept = [length] * len(self.which)
        self.swept = [length + self.plan.tune] * len(self.which)
        self.moved, self.states = list(before.moved), list(before.states)
        self.cut_before = before.cut

    def done(self) -> tuple[int, float]:
        """Draws finished, and the share of all sweeps done."""
        return sum(self.kept), sum(self.swept) / (len(self.kept) * (self.plan.tune + self.draws))

    def run(self, chain: int) -> None:
        """Run a chain to its end or until the stop flag is set."""
        with suppress(_core.Stopped):
            self._run(chain)

    def _run(self, chain: int) -> None:
        plan = self.plan
        name = self.which[chain]
        sampler = Sampler(plan, self.seed, name, self.stop)
        at, size, tuned = -plan.tune, self.first, (0, 0)
        if self.kept[chain]:
            sampler.restore(self.states[chain])
            at, tuned = self.kept[chain], (sampler.moved - self.moved[chain], sampler.cut)
        while at < self.draws and not self.stop[0]:
            begun = time.perf_counter()
            path = sampler.step(min(size, (0 if at < 0 else self.draws) - at))
            if at >= 0:
                point = path[: plan.target.dim]
                finish(plan, self.seed, name, at, point, self.values[chain], self.parts[chain])
                self.weights[chain, at : at + path.shape[1]] = path[plan.target.dim :].T
            else:
                tuned = sampler.moved, sampler.cut
            at += path.shape[1]
            self.swept[chain], self.kept[chain] = at + plan.tune, max(at, 0)
            self.moved[chain], self.cut[chain] = sampler.moved - tuned[0], sampler.cut - tuned[1]
            # The clock chooses how much an interruption may lose; no draw depends on it.
            seconds = time.perf_counter() - begun
            if seconds < SHORT:
                size = min(2 * size, CHUNK)
            elif seconds > LONG:
                size = max(1, size // 2)
        self.states[chain] = sampler.snapshot()

    def collect(self, which: Sequence[int], length: int) -> Draws:
        """Gather the first draws of some chains."""
        whole = len(which) == len(self.kept) and length == self.draws
        at = slice(None) if whole else np.array(which)
        values, parts = self.values[at, :, :length], self.parts[at, :, :length]
        weights = self.weights[at, :length]
        moved = [self.moved[c] for c in which]
        cut = self.cut_before + sum(self.cut[c] for c in which)
        held = whole and sum(len(state) for _, state in self.states) <= HELD
        states = tuple(self.states) if held else ()
        names = tuple(self.which[c] for c in which)
        return Draws(self.seed, values, parts, moved, names, cut, weights, states)


def longest(kept: Sequence[int]) -> tuple[list[int], int]:
    """Choose the chains whose common length times their number is largest.

    Parameters
    ----------
    kept : sequence of int
        Draws finished by each chain.

    Returns
    -------
    tuple
        The chains in order, and the draws of each to keep; the more chains where there is a tie.

    Examples
    --------
    >>> from hierfast.sample import longest
    >>> longest([1000, 300, 0, 310])
    ([0], 1000)
    >>> longest([400, 300, 0, 310])
    ([0, 1, 3], 300)
    """
    order = sorted(range(len(kept)), key=lambda c: -kept[c])
    count = max(range(1, len(order) + 1), key=lambda i: (i * kept[order[i - 1]], i))
    return sorted(order[:count]), kept[order[count - 1]]


def finish(
    plan: Plan,
    seed: int,
    chain: int,
    first: int,
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
    first : int
        Which draw the first is.
    path : numpy.ndarray
        Coordinates (dim, n).
    values : numpy.ndarray
        Receives the unknowns (n_node, draws) of draws first .. first + n.
    parts : numpy.ndarray
        Receives mean about the centre, its variance, tau^2 and lambda (4, draws).
    """
    n = path.shape[1]
    for lo in range(0, n, _core.TILE):
        hi = min(lo + _core.TILE, n)
        point = np.ascontiguousarray(path[:, lo:hi])
        x, part = np.empty((len(values), hi - lo)), np.empty((4, hi - lo))
        if isinstance(plan.target, _core.Collapsed):
            plan.target.finish(seed, chain, plan.tune + 1 + first + lo, point, x, part)
        else:
            x = plan.target.values(point) if plan.target.dim else x
            graph = plan.graph
            scale, noise = read(graph.scale, x, hi - lo), read(graph.noise, x, hi - lo)
            part[0] = read(graph.location, x, hi - lo) - plan.cells.centre
            part[1], part[2] = 0.0, scale * scale
            part[3] = part[2] / (noise * noise)
        values[:, first + lo : first + hi] = x
        parts[:, first + lo : first + hi] = part


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
    x: NDArray[np.float64] = np.full(n, arg.value) if arg.node < 0 else values[arg.node]
    if arg.form == Form.AS_IS:
        return x
    if arg.form == Form.SQUARE:
        return np.asarray(x * x)
    if arg.form in (Form.SQRT, Form.RSQRT):
        root = np.sqrt(x)
        return root if arg.form == Form.SQRT else 1.0 / root
    other = arg.factor if arg.other < 0 else values[arg.other]
    if arg.form == Form.TIMES:
        return np.asarray(x * other)
    return np.asarray((1.0 - x) * other if arg.form == Form.REST else other / x)


def check_counts(**counts: tuple[Any, int]) -> None:
    """Check that arguments are whole numbers, each with the least it may be.

    Parameters
    ----------
    **counts
        Value and least value of each argument.
    """
    for name, (value, least) in counts.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise TypeError(f"{name} must be an integer; got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}; got {value}")
