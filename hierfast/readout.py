"""Posterior mean, sd and quantiles of all groups without a draw of any: mixtures over phi."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.links import Link
from hierfast.plan import Plan
from hierfast.standing import StandingReader, open_cells
from hierfast.threads import pieces, run_all

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FEW = 128  # groups whose mixtures are inverted one by one
ROWS = 64  # distinct counts that get a row of the table each
LOG_ROWS = 128  # rows in log p where there are more
TOLERANCE = 2e-3  # sd that a tabulated quantile may be off on the probe groups
OFF = 1e-4  # sd that figures read off cells that stand for all may be off
LANES = 50_000_000  # integrals that quadrature may spend on a read-out
STRATA = 4000  # draws of phi behind a quantile under quadrature
SAMPLE = 16_000  # effects behind it
AT_ONCE = 16  # cells whose quantiles are read together


class Reader(Protocol):
    """What reads the groups of a fit."""

    @property
    def error(self) -> float:
        """Largest error found in quantiles, in sd."""

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of every group."""

    def quantiles(self, probs: FloatArray) -> FloatArray:
        """Posterior quantiles (J, Q)."""


class CellReader(Reader, Protocol):
    """What reads groups by the cells they share, and functions of their effects."""

    def expect(self, function: Callable[[FloatArray], FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of a function of every group's effect."""


class MixtureReader:
    """Normal groups: equations (1) to (3) of csrc/readout.h, tabulated as csrc/conjugate/normal_read.h.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    parts : numpy.ndarray
        Components (chains, 4, draws).
    cores : int
        Threads; they change nothing.
    """

    def __init__(self, plan: Plan, parts: FloatArray, cores: int) -> None:
        self.plan, self.cores, self.error = plan, cores, 0.0
        self.stats, self.cells = plan.informed, plan.cells
        self.parts = np.ascontiguousarray(np.concatenate(list(parts), axis=1))
        self.mixture = _core.Mixture(self.parts, plan.level)
        self._rows()
        self.moment = np.empty((len(self.row_p), 6))
        work = partial(self._fill, self.mixture.coefficients)
        cuts = pieces(len(self.row_p), 4, 8)
        run_all([partial(work, c) for c in cuts], cores if self.parts.shape[1] > 1000 else 1)

    def _fill(self, function: Callable[..., None], cut: tuple[int, int]) -> None:
        lo, hi = cut
        function(self.row_p[lo:hi], self.moment[lo:hi])

    def _rows(self) -> None:
        """Choose the weights that get a row: every distinct one, or nodes in log p."""
        cells, stats = self.cells, self.stats
        self.by_log = stats.known or len(cells.p) > ROWS
        self.row, self.x0, self.inv_dx = None, 0.0, 0.0
        if not self.by_log:
            self.row_p = cells.p
            self.row = np.zeros(int(cells.p_max) + 1, dtype=np.int32)
            self.row[cells.p.astype(np.int64)] = np.arange(len(cells.p), dtype=np.int32)
            return
        low, high = math.log(cells.p_min) - 1e-6, math.log(cells.p_max) + 1e-6
        step = (high - low) / (LOG_ROWS - 1)
        self.x0, self.inv_dx = low, 1.0 / step
        self.row_p = np.exp(low + step * np.arange(LOG_ROWS))

    def _kernel(self, table: Any = None, nodes: Any = (0.0, 0.0, 1.0)) -> Callable[..., None]:
        """Bind what all groups share; weights, means, bounds and outputs are left to give."""
        return partial(
            _core.read_groups,
            self.plan.level,
            self.by_log,
            self.row,
            self.x0,
            self.inv_dx,
            self.moment,
            table,
            self.cells.centre,
            *nodes,
        )

    def _read(self, kernel: Callable[..., None], mean: Any, sd: Any, quantile: Any) -> None:
        read = partial(kernel, self.stats.weight, self.stats.mean)
        cuts = pieces(len(self.stats), 20_000, 64)
        run_all([partial(read, *c, mean, sd, quantile) for c in cuts], self.cores)

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of every group, exact given the draws of phi."""
        mean, sd = np.empty((2, len(self.stats)))
        self._read(self._kernel(), mean, sd, None)
        return mean, sd

    def quantiles(self, probs: FloatArray) -> FloatArray:
        """Posterior quantiles (J, Q); `error` is the largest found, in sd."""
        if len(self.stats) <= FEW:
            everyone = np.arange(len(self.stats))
            return float(self.cells.centre) + self._invert(self.mixture, everyone, probs)
        out = np.empty((len(self.stats), len(probs)))
        probes = self._probes()
        for n_node, n_bin in ((8, 32), (16, 64), (32, 128), (64, 256)):
            table, nodes = self._tabulate(probs, n_node, n_bin)
            kernel = self._kernel(table, nodes)
            found = np.empty((len(probes[0]), len(probs)))
            kernel(*probes, 0, len(found), None, None, found)
            self.error = self._largest_error(*probes, probs, found)
            if self.error < TOLERANCE:
                break
        self._read(kernel, None, None, out)
        return out

    def _invert(self, mixture: Any, index: NDArray[np.intp], probs: FloatArray) -> FloatArray:
        """Quantiles about the centre, by inverting the mixture of each group."""
        p = np.ascontiguousarray(self.stats.weight[index])
        d = np.ascontiguousarray(self.stats.mean[index] - self.cells.centre)
        return _invert(mixture, p, d, probs, self.cores)

    def _probes(self) -> tuple[FloatArray, FloatArray]:
        """Weights and means at the edges of the data, and of a few groups across it."""
        low, high, first, last = self.stats.ends
        some = [len(self.stats) * i // 8 for i in range(8)]
        p = np.concatenate([[low, low, high, high], self.stats.weight[some]])
        return p, np.concatenate([[first, last, first, last], self.stats.mean[some]])

    def _tabulate(self, probs: FloatArray, n_node: int, n_bin: int) -> tuple[FloatArray, Any]:
        """Standardised quantiles (rows, Q, nodes) of a compressed mixture."""
        cells = self.cells
        squares = (cells.mult * (cells.mean - cells.centre) ** 2 + cells.squares).sum()
        spread = math.sqrt(float(squares) / cells.n_group) or 1.0
        low, high = ((float(v) - cells.centre) / spread for v in self.stats.ends[2:])
        ends = [u / math.sqrt(1.0 + (u / 8.0) ** 2) for u in (low, high)]
        step = max(ends[1] - ends[0], 1e-9) / (n_node - 1)
        s = ends[0] + step * np.arange(n_node)
        d = spread * s / np.sqrt(1.0 - (s / 8.0) ** 2)
        bins = min(n_bin, self.parts.shape[1])
        order = np.argsort(self.parts[3], kind="stable")
        small = _core.Mixture(self.mixture.compress(bins, order), self.plan.level)
        p = np.repeat(self.row_p, n_node)
        found = _invert(small, p, np.tile(d, len(self.row_p)), probs, self.cores, standard=True)
        table = found.reshape(len(self.row_p), n_node, len(probs)).transpose(0, 2, 1)
        return np.ascontiguousarray(table), (ends[0], 1.0 / step, spread)

    def _largest_error(
        self, p: FloatArray, mean: FloatArray, probs: FloatArray, found: FloatArray
    ) -> float:
        centre, worst = self.cells.centre, 0.0
        d = mean - centre
        _, sd = _standard(self.mixture, p, d)
        for i in range(len(p)):
            for q, prob in enumerate(probs):
                off = self.mixture.error(p[i], d[i], sd[i], prob, found[i, q] - centre)
                worst = max(worst, abs(off))
        return worst


def _standard(mixture: Any, p: FloatArray, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and sd of groups, about the centre."""
    weights, at = np.unique(p, return_inverse=True)
    rows = np.empty((len(weights), 6))
    mixture.coefficients(weights, rows)
    c = rows[at]
    return c[:, 0] + c[:, 1] * d, np.sqrt(np.maximum(c[:, 2] + d * (c[:, 3] + d * c[:, 4]), 0.0))


def _invert(
    mixture: Any,
    p: FloatArray,
    d: FloatArray,
    probs: FloatArray,
    cores: int,
    standard: bool = False,
) -> FloatArray:
    mean, sd = _standard(mixture, p, d)
    out = np.empty((len(p), len(probs)))

    def work(lo: int, hi: int) -> None:
        mixture.quantiles(p[lo:hi], d[lo:hi], mean[lo:hi], sd[lo:hi], probs, out[lo:hi])

    run_all([partial(work, *c) for c in pieces(len(p), 16, 16)], cores)
    return (out - mean[:, None]) / np.where(sd > 0, sd, 1.0)[:, None] if standard else out


class QuadratureReader:
    """Any family: integrals at each draw of phi, thinned where there are too many.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    values : numpy.ndarray
        Unknowns (chains, n_node, draws).
    cores : int
        Threads; they change nothing.
    """

    def __init__(self, plan: Plan, values: FloatArray, cores: int) -> None:
        self.plan, self.cores, self.error = plan, cores, 0.0
        self.values = np.ascontiguousarray(np.concatenate(list(values), axis=1).T)
        self.cell = plan.cell
        self.count = len(plan.informed) if self.cell is None else len(plan.cells)
        self.around = plan.informed.mean if self.cell is None else np.zeros(self.count)

    def _spread(self, of_cells: FloatArray) -> FloatArray:
        return of_cells if self.cell is None else of_cells[self.cell]

    def thin(self, most: int) -> FloatArray:
        """Draws of phi (n, n_node), evenly spaced where there are more than `most`."""
        total = len(self.values)
        keep = min(total, max(200, most))
        return self.values[np.arange(keep) * total // keep]

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of every group."""
        mean, sd = self.moments_of(np.arange(self.count))
        return self._spread(mean), self._spread(sd)

    def moments_of(self, cells: IntArray) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of some cells."""
        n = len(cells)
        points, around = self.thin(LANES // n), self.around[cells]

        def work(lo: int, hi: int) -> tuple[FloatArray, FloatArray]:
            first, second = np.zeros(n), np.zeros(n)
            mean, sd = np.empty(n), np.empty(n)
            for x in points[lo:hi]:
                self.plan.integrals.moments(x, cells, mean, sd)
                d = mean - around
                first += d
                second += d * d + sd * sd
            return first, second

        found = run_all([partial(work, *c) for c in pieces(len(points), 50, 16)], self.cores)
        first = sum(f[0] for f in found) / len(points)
        second = sum(f[1] for f in found) / len(points)
        return around + first, np.sqrt(np.maximum(second - first * first, 0.0))

    def shares(self) -> FloatArray:
        """Posterior probability (J, K) of every component of a mixture."""
        cells, many = np.arange(self.count), len(self.plan.graph.parts)
        points = self.thin(LANES // (self.count * many))

        def work(lo: int, hi: int) -> FloatArray:
            share, total = np.zeros((2, self.count, many))
            moments = np.empty((2, self.count))
            for x in points[lo:hi]:
                self.plan.integrals.shares(x, cells, *moments, share)
                total += share
            return total

        found = run_all([partial(work, *c) for c in pieces(len(points), 50, 16)], self.cores)
        return self._spread(np.asarray(sum(found) / len(points)))

    def quantiles(self, probs: FloatArray) -> FloatArray:
        """Posterior quantiles (J, Q)."""
        return self._spread(self.quantiles_of(np.arange(self.count), probs))

    def quantiles_of(self, cells: IntArray, probs: FloatArray) -> FloatArray:
        """Those of some cells: of effects at stratified probabilities, several a draw of phi."""

        def reduce(theta: FloatArray, *_: Any) -> FloatArray:
            found = np.quantile(theta, probs, axis=0, method="median_unbiased")
            return np.asarray(found.T, dtype=np.float64)

        return self._reduce(cells, reduce, len(probs))

    def expect(self, function: Callable[[FloatArray], FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of a function of every group's effect."""
        mean, sd = self.expect_of(np.arange(self.count), function)
        return self._spread(mean), self._spread(sd)

    def expect_of(
        self, cells: IntArray, function: Callable[[FloatArray], FloatArray]
    ) -> tuple[FloatArray, FloatArray]:
        """Those of some cells, by effects at stratified probabilities."""

        def reduce(theta: FloatArray, *_: Any) -> FloatArray:
            x = function(theta)
            return np.stack([x.mean(axis=0), x.std(axis=0)], axis=1)

        mean, sd = np.ascontiguousarray(self._reduce(cells, reduce, 2).T)
        return mean, sd

    def _reduce(
        self, cells: IntArray, function: Callable[..., FloatArray], width: int
    ) -> FloatArray:
        """Apply a function to effects (S, cells) at stratified probabilities; (cells, width).

        It is given the draws of phi (n, n_node) behind them, S / n in turn each, and the cells as well.
        """
        n = len(cells)
        points = self.thin(min(LANES // (100 * n), STRATA))
        each = min(max(SAMPLE // len(points), 2), 64)
        golden = (math.sqrt(5.0) - 1.0) / 2.0
        first = (np.arange(len(points)) * golden + 0.5) % 1.0
        out = np.empty((n, width))

        def work(lo: int, hi: int) -> None:
            theta = np.empty((len(points), hi - lo, each))
            cell = np.repeat(cells[lo:hi], each)
            for i, x in enumerate(points):
                u = np.tile((np.arange(each) + first[i]) / each, hi - lo)
                self.plan.integrals.invert(x, cell, u, theta[i].reshape(-1))
            at_strata = np.moveaxis(theta, 1, 2).reshape(-1, hi - lo)
            out[lo:hi] = function(at_strata, points, cells[lo:hi])

        cuts = [(lo, min(lo + AT_ONCE, n)) for lo in range(0, n, AT_ONCE)]
        run_all([partial(work, *c) for c in cuts], self.cores)
        return out


class NaturalReader:
    """Groups of counts on the scale of probabilities or rates.

    Parameters
    ----------
    inner : CellReader
        The same groups on the link scale.
    link : Link
        Of the likelihood.
    """

    def __init__(self, inner: CellReader, link: Link) -> None:
        self.inner, self.link = inner, link

    @property
    def error(self) -> float:
        """Largest error found in quantiles of effects, in their sd."""
        return self.inner.error

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of every group."""
        return self.inner.expect(self.link.inverse)

    def quantiles(self, probs: FloatArray) -> FloatArray:
        """Posterior quantiles (J, Q), which are those of the effects seen through the link."""
        return self.link.inverse(self.inner.quantiles(probs))


class WholeReader:
    """Groups without rows beside those that have some, and locations that were known.

    Parameters
    ----------
    inner : Reader
        Of the groups that have rows.
    plan : Plan
        Of the fit.
    mixture : Mixture
        Components of the population's own posterior, a group of weight 0.
    """

    def __init__(self, inner: Reader, plan: Plan, mixture: Any) -> None:
        self.inner, self.mixture = inner, mixture
        self.location, self.centre = plan.location, plan.cells.centre
        some = len(plan.informed) < len(plan.statistics)
        self.empty = (plan.statistics.weight == 0.0) & some

    @property
    def error(self) -> float:
        """Largest error found in quantiles, in sd."""
        return self.inner.error

    def _whole(self, some: FloatArray, other: Any) -> FloatArray:
        out = np.empty((len(self.empty), *some.shape[1:]))
        out[~self.empty], out[self.empty] = some, other
        return out

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of every group."""
        nothing = np.zeros(1)
        mean, sd = _standard(self.mixture, nothing, nothing)
        found = self.inner.moments()
        out = self._whole(found[0], self.centre + mean[0]), self._whole(found[1], sd[0])
        if self.location is not None:
            out = out[0] + self.location, out[1]
        return out

    def quantiles(self, probs: FloatArray) -> FloatArray:
        """Posterior quantiles (J, Q)."""
        nothing = np.zeros(1)
        other = self.centre + _invert(self.mixture, nothing, nothing, probs, 1)
        out = self._whole(self.inner.quantiles(probs), other)
        return out if self.location is None else out + self.location[:, None]


def open_standing(plan: Plan, values: FloatArray, cores: int) -> StandingReader | None:
    """Give what reads groups off cells that stand for all, where these do.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    values : numpy.ndarray
        Unknowns (chains, n_node, draws).
    cores : int
        Threads.

    Returns
    -------
    StandingReader or None
        None where there are no such cells, or what they leave is too large.
    """
    if plan.few is None:
        return None
    few, every = (QuadratureReader(p, values, cores) for p in (plan.few, plan))
    found = StandingReader(few, every)
    return found if found.off <= OFF else None


def open_reader(
    plan: Plan, values: FloatArray, parts: FloatArray, cores: int, natural: bool = False
) -> Reader:
    """Choose what reads the groups of a fit.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    values, parts : numpy.ndarray
        Unknowns (chains, n_node, draws) and components (chains, 4, draws).
    cores : int
        Threads.
    natural : bool
        Whether counts are wanted as probabilities or rates.

    Returns
    -------
    Reader
        Of all groups.
    """
    inner: Reader
    if plan.closed is not None:
        from hierfast.conjugate import ConjugateReader

        return ConjugateReader(plan, values, cores)
    if plan.integrals is not None:
        adaptive = QuadratureReader(plan, values, cores)
        by_cell: CellReader = open_standing(plan, values, cores) or open_cells(adaptive)
        inner = by_cell
        if plan.cell is not None:  # groups without rows are cells too
            return NaturalReader(by_cell, plan.statistics.link) if natural else by_cell
    else:
        inner = MixtureReader(plan, parts, cores)
    if plan.location is None and len(plan.informed) == len(plan.statistics):
        return inner
    merged = np.ascontiguousarray(np.concatenate(list(parts), axis=1))
    return WholeReader(inner, plan, _core.Mixture(merged, plan.level))
