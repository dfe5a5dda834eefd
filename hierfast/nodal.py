"""Groups read from the masses that mixtures over phi have at nodes which stay where they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.threads import run_all

if TYPE_CHECKING:
    from hierfast.readout import QuadratureReader

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Function = Callable[[FloatArray], FloatArray]

WIDE, MOST = 8, 256  # phi at once; nodes of a cell: HF_WIDE and HF_TILE of the core
TERMS = 4_000_000_000  # nodes times draws of phi that a read-out may spend
SINE = 3  # the sine among the functions of csrc/twin.h
LOBATTO = ((0.0, 1 / 20), (0.5 - math.sqrt(3 / 28), 49 / 180), (0.5, 16 / 45))  # half of five
ROUGH = (
    0.02  # sd by which the sum over every second node may be off, the square of what all are off
)
END = 1e-6  # sd that the last node at either end may add


class NodeReader:
    """Cells whose likelihoods stay at fixed nodes: (5) of csrc/theta/nodes.h, and csrc/theta/sinc.h.

    Parameters
    ----------
    inner : QuadratureReader
        What reads the cells that nodes do not integrate at all draws of phi.
    """

    def __init__(self, inner: QuadratureReader) -> None:
        self.inner, self.error = inner, 0.0
        self.integrals = inner.plan.integrals
        self.cell, _, self.first, self.count = self.integrals.nodes[:4]
        self.at, self.step = self.integrals.nodes[5], np.exp2(self.integrals.nodes[1])

    @cached_property
    def _blocks(self) -> list[tuple[int, int]]:
        """Cells that are read together, in the order of the nodes."""
        out, lo = [], 0
        while lo < len(self.cell):
            out.append((lo, self.integrals.share(lo)))
            lo = out[-1][1]
        return out

    @cached_property
    def _mass(self) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Masses of all nodes, and which cells with nodes have them at every draw of phi."""
        return self._blend(self.inner.thin(TERMS // int(self.count.sum())))

    def _blend(self, points: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Those of the mixture over some draws of phi (n, n_node)."""
        total, n = int(self.count.sum()), len(points)
        packs = [points[t : t + WIDE].T.reshape(-1) for t in range(0, n, WIDE)]
        x, mass = np.concatenate(packs), np.empty(total)
        missed = np.zeros(len(self.cell), dtype=np.int64)

        def work(lo: int, hi: int) -> None:
            here = self._nodes(lo, hi)
            room = np.zeros(4 * (here.stop - here.start))
            self.integrals.blend(lo, x, n, room, mass, missed)

        run_all([partial(work, *b) for b in self._blocks], self.inner.cores)
        return mass, missed == 0

    def _nodes(self, lo: int, hi: int) -> slice:
        return slice(int(self.at[lo]), int(self.at[hi - 1] + self.count[hi - 1]))

    def _whole(self, of_nodes: FloatArray, good: NDArray[np.bool_], other: Any) -> FloatArray:
        """Put together cells read by nodes and others, and spread them over groups."""
        out = np.empty((self.inner.count, *of_nodes.shape[1:]))
        out[self.cell[good]] = of_nodes[good]
        left = np.ones(len(out), dtype=bool)
        left[self.cell[good]] = False
        rest = np.flatnonzero(left)
        if len(rest):
            out[rest] = other(rest)
        return out if self.inner.cell is None else out[self.inner.cell]

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of every group."""
        return self._expect(None, self.inner.moments_of)

    def expect(self, function: Function) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of a function of every group's effect."""
        return self._expect(function, partial(self.inner.expect_of, function=function))

    def _expect(self, function: Function | None, other: Any) -> tuple[FloatArray, FloatArray]:
        mass, full = self._mass
        found = np.empty((len(self.cell), 2))
        good = np.empty(len(self.cell), dtype=bool)

        def work(lo: int, hi: int) -> None:
            found[lo:hi], good[lo:hi] = self._sums(lo, hi, mass[self._nodes(lo, hi)], function)

        run_all([partial(work, *b) for b in self._blocks], self.inner.cores)
        both = self._whole(found, good & full, lambda rest: np.stack(other(rest), axis=1))
        return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])

    def _sums(
        self, lo: int, hi: int, mass: FloatArray, function: Function | None
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Mean and sd (cells, 2), and where sums over nodes are good for them."""
        count, at, step = self.count[lo:hi], self.at[lo:hi] - self.at[lo], self.step[lo]
        node = np.arange(len(mass)) - np.repeat(at, count)
        shift = np.zeros(hi - lo)
        if function is None:
            shift, value = step * self.first[lo:hi], step * node
        else:
            value = function(step * (node + np.repeat(self.first[lo:hi], count)))
        mean = np.add.reduceat(mass * value, at)
        value = value - np.repeat(mean, count)
        first, second = mass * value, mass * value * value
        sd = np.sqrt(np.maximum(np.add.reduceat(second, at), 0.0))
        sign = 1.0 - 2.0 * (node % 2)  # counts are even
        good = np.abs(np.add.reduceat(sign * first, at)) <= ROUGH * sd
        good &= np.abs(np.add.reduceat(sign * second, at)) <= ROUGH * sd * sd
        for end in (at, at + count - 1):
            good &= (np.abs(first[end]) <= END * sd) & (second[end] <= END * sd * sd)
        return np.stack([mean + shift, sd], axis=1), good

    def quantiles(self, probs: FloatArray) -> FloatArray:
        """Posterior quantiles (J, Q); `error` is the largest slack of them, in sd."""
        mass, full = self._mass
        out, slack = np.empty((2, len(self.cell), len(probs)))
        largest = np.zeros(len(self._blocks))

        def work(i: int, lo: int, hi: int) -> None:
            self.integrals.sinc(lo, hi, mass, sinc_table(), probs, out, slack)
            sd = self._sums(lo, hi, mass[self._nodes(lo, hi)], None)[0][:, 1]
            some = full[lo:hi] & (sd > 0)
            if some.any():
                largest[i] = (slack[lo:hi][some] / sd[some, None]).max()

        tasks = [partial(work, i, *b) for i, b in enumerate(self._blocks)]
        run_all(tasks, self.inner.cores)
        self.error = float(largest.max())
        return self._whole(out, full, partial(self.inner.quantiles_of, probs=probs))

    def below(
        self, x: float, parts: list[FloatArray]
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        """Distribution functions at x of mixtures over parts of the draws: (1) of csrc/theta/sinc.h.

        Parameters
        ----------
        x : float
            An effect.
        parts : list of numpy.ndarray
            Draws of phi (n, n_node) of each.

        Returns
        -------
        tuple of numpy.ndarray
            Probabilities (parts, cells with nodes), what they may be off by, and which have nodes at
            all draws.
        """
        from scipy.special import sici

        at, count = self.at - self.at[0], self.count
        node = np.arange(int(count.sum())) - np.repeat(at, count)
        away = x / np.repeat(self.step, count) - node - np.repeat(self.first, count)
        share, sign = 0.5 + sici(np.pi * away)[0] / np.pi, (1.0 - 2.0 * (node % 2)) / np.pi
        out, slack = np.empty((2, len(parts), len(count)))
        full = np.ones(len(count), dtype=bool)
        for b, points in enumerate(parts):
            mass, good = self._blend(points)
            full &= good
            out[b] = np.add.reduceat(mass * share, at)
            slack[b] = np.abs(np.add.reduceat(mass * sign, at))
        return np.clip(out, 0.0, 1.0), slack.max(axis=0), full


def sinc_table() -> FloatArray:
    """Tabulate Si(pi u) / pi and sin(pi u) / (pi u) at u = i + k/8, as csrc/theta/sinc.h reads them.

    Returns
    -------
    numpy.ndarray
        (2, 8, 256), [., k, i].

    Examples
    --------
    >>> from hierfast.nodal import sinc_table
    >>> table = sinc_table()
    >>> [round(float(x), 4) for x in (table[0, 0, 1], table[0, 0, 255], table[1, 4, 0])]
    [0.5895, 0.5004, 0.6366]
    """
    whole = np.arange(8 * MOST) / 8

    def sinc(u: FloatArray) -> FloatArray:
        v = math.pi * np.where(u == 0.0, 1.0, u)
        return np.where(u == 0.0, 1.0, _core.math(SINE, v) / v)

    pieces = np.zeros(len(whole))
    for place, weight in LOBATTO:
        for p in sorted({place, 1.0 - place}):
            pieces += weight * sinc(whole + p / 8) / 8
    si = np.concatenate([[0.0], np.cumsum(pieces[:-1])])
    return np.ascontiguousarray([v.reshape(MOST, 8).T for v in (si, sinc(whole))])
