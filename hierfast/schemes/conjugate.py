"""Counts in a conjugate population: effects integrated out in closed form, from counts of counts."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.counts import CountCells
from hierfast.identification import find_weak_conjugate
from hierfast.propriety import check_proper_conjugate
from hierfast.schemes.base import Plan
from hierfast.schemes.counts import DEAR, CountBuilder
from hierfast.terms import tabulate

if TYPE_CHECKING:
    from hierfast.graph import Graph
    from hierfast.links import Link

FloatArray = NDArray[np.float64]

LEAST, MOST = 1e-4, 0.9  # correlation within groups that the start may have


class ConjugateBuilder(CountBuilder):
    """Plans of Binomial rows with a Beta population, of Poisson and Exponential rows with a Gamma one."""

    schemes: ClassVar[tuple[str, ...]] = ("collapsed", "quadrature", "gibbs")
    best: ClassVar[str] = "collapsed"
    why: ClassVar[str] = "closed form, no funnel"
    exposures: int = 0

    @classmethod
    def check_proper(cls, graph: Graph, cells: CountCells, link: Link) -> None:
        """Refuse improper posteriors."""
        check_proper_conjugate(graph, cells, link)

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        return find_weak_conjugate(self.graph, self.cells, self.read.statistics.link)

    @cached_property
    def closed(self) -> Any:
        """Posterior with all effects integrated out; it also draws them given the others."""
        cells, whole = self.cells, self.stats.whole
        none = np.empty(0)
        rising = [tabulate(cells.y, cells.mult)] + [(none, none, none)] * 2
        sizes = (none, none, none)
        if whole:
            rising[1] = tabulate(cells.size - cells.y, cells.mult)
            rising[2] = tabulate(cells.size, cells.mult)
        else:
            sizes = by_size(cells)
        graph = self.graph
        target = _core.Conjugate(
            graph, graph.likelihood, graph.population, rising, sizes, self.level
        )
        target.watch(self.stop)
        self.exposures = len(sizes[0])
        self.reads = f"{sum(len(r[0]) + len(r[1]) for r in rising) + len(sizes[0]):,} logarithms"
        return target

    def finish(
        self, scheme: str, phi: str, target: Any, blocks: tuple[str, ...], **other: Any
    ) -> Plan:
        """Close the plan: whatever the scheme, effects given phi are drawn in closed form."""
        return super().finish(scheme, phi, target, blocks, closed=self.closed, **other)

    def collapsed(self) -> Plan:
        """Effects integrated out in closed form."""
        target = self.closed
        self.dear = self.exposures > DEAR
        count = len(self.cells)
        self.lines.append(
            f"  cells       {count:,} of groups with the same sums, as counts of counts"
        )
        self.lines.append("  integrated  effects")
        start = target.mode(target.start(self.known())) if target.dim else []
        return self.independent("collapsed", target, start, -1)

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Moments: the overall rate, and the correlation of trials, or variance of rates, in groups."""
        cells, whole = self.cells, self.stats.whole
        y, size, square = (
            math.fsum(cells.mult * v) for v in (cells.y, cells.size, cells.size * cells.size)
        )
        rate = (y + 0.5) / (size + 1.0) if whole else (y + 0.5) / size
        some = cells.size > 0
        off = cells.y[some] - rate * cells.size[some]
        spread = math.fsum(cells.mult[some] * off * off / cells.size[some])
        noise = rate * (1.0 - rate) if whole else rate
        extra = (spread / noise - (cells.n_group - 1.0)) / max(size - square / size, 1e-300)
        if whole:
            extra = min(max(extra, LEAST), MOST)
            concentration = 1.0 / extra - 1.0
            values = {
                "mean": rate,
                "concentration": concentration,
                "alpha": rate * concentration,
                "beta": (1.0 - rate) * concentration,
            }
        else:
            alpha = min(max(rate / max(extra, 1e-300), 1e-2), 1.0 / LEAST)
            values = {"mean": rate, "alpha": alpha, "beta": alpha / rate}
        return tuple((arg, values[name]) for name, arg in self.graph.written.items())


def by_size(cells: CountCells) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Add groups and events up over cells of one exposure.

    Parameters
    ----------
    cells : CountCells
        Sorted by exposure.

    Returns
    -------
    tuple of numpy.ndarray
        Distinct exposures, groups that have each, and their events.
    """
    some = cells.mult > 0
    size, mult, y = cells.size[some], cells.mult[some], cells.y[some]
    first = np.flatnonzero(np.diff(size, prepend=-1.0))
    groups, events = np.add.reduceat(mult, first), np.add.reduceat(mult * y, first)
    return np.ascontiguousarray(size[first]), groups, events
