"""Populations that are mixtures: effects integrated out part by part, or drawn with their allocations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.counts import CountCells
from hierfast.graph import Arg, Graph
from hierfast.propriety import check_all_proper
from hierfast.schemes.base import ORDER_ERROR, Builder, Plan, Read
from hierfast.schemes.counts import DEAR, ORDER, SAMPLE, CountBuilder
from hierfast.schemes.normal import NormalRowsBuilder
from hierfast.schemes.positive import guess
from hierfast.schemes.student import NU, StudentBuilder, describe
from hierfast.schemes.terms import AmountBuilder, TermBuilder, ZeroInflatedBuilder

if TYPE_CHECKING:
    from hierfast.links import Link

FloatArray = NDArray[np.float64]
Known = tuple[tuple[Arg, float], ...]

NEAR = 7.0  # nats below the highest mode at which another one is worth a word
APART = 0.5  # distance of two modes, in coordinates, from which they are two


class MixtureBuilder(Builder):
    """Plans of models whose population is a mixture; what rows are is said by another builder."""

    schemes: ClassVar[tuple[str, ...]] = ("quadrature", "gibbs")
    best: ClassVar[str] = "quadrature"
    why: ClassVar[str] = "effects and allocations integrated out"

    def read_rows(self, each: bool) -> tuple[list[FloatArray], FloatArray]:
        """Return what the likelihood reads of each group, or else of each cell, and multiplicities."""
        raise NotImplementedError

    def read_others(self) -> tuple[Any, tuple[Arg, ...]]:
        """Return what it reads beside: terms of groups, unknowns of its own."""
        raise NotImplementedError

    def spread(self) -> FloatArray:
        """Return effects as the rows have them, in order, about as many of each as groups have it."""
        raise NotImplementedError

    def target(self, step: int = 1) -> Any:
        """Log posterior of the hyperparameters, from every step-th cell if not from all."""
        (columns, mult), (rows, lpar) = self.read_rows(False), self.read_others()
        columns = [np.ascontiguousarray(c[::step]) for c in columns]
        mult = np.ascontiguousarray(mult[::step] * step)
        target = _core.Mixed(self.graph, columns, lpar, self.level, mult, ORDER, rows)
        target.watch(self.stop)
        return target

    def joined(self) -> tuple[Any, list[float]]:
        """Log posterior of all cells, and its highest mode among those that several starts lead to."""
        count = len(self.read_rows(False)[1])
        target = self.target()
        scout = self.target(-(-count // SAMPLE)) if count > SAMPLE else target
        if not target.dim:
            return target, []
        found: list[tuple[float, list[float]]] = []
        for known in self.starts():
            try:
                z = scout.mode(scout.start(known))
            except _core.SamplingError:
                continue
            found.append((float(scout.logp(np.array(z)[:, None])[0]), z))
        if not found:
            raise _core.SamplingError(
                "the posterior of the hyperparameters has no maximum that could be found; it may be "
                "improper: use more informative priors"
            )
        found.sort(key=lambda mode: -mode[0])
        top, best = found[0]
        others = [
            top - lp
            for lp, z in found[1:]
            if top - lp < NEAR and max(abs(np.subtract(z, best))) > APART
        ]
        if others:
            self.warnings += (
                "the hyperparameters' posterior has another mode, of a density lower by "
                f"{min(others):.1f} nats: chains are not promised to visit both",
            )
        start = scout.place(best)
        target.follow(scout)
        return target, start

    def quadrature(self) -> Plan:
        """Effects integrated out part by part."""
        self.reads = f"{len(self.read_rows(False)[1]):,} cells in {len(self.graph.parts)} parts"
        self.dear = len(self.read_rows(False)[1]) > DEAR
        target, start = self.joined()
        return self.independent("quadrature", target, start, -1)

    def gibbs(self) -> Plan:
        """Effects of all parts and allocations in turn; groups are read by quadrature."""
        integrals, start = self.joined()
        if integrals.dim:
            integrals.build_proposal(start, 0, False)
            order, error = integrals.choose_order(ORDER_ERROR)
            self.precision = {"order": order, "quadrature_error": error}
        (columns, _), (rows, lpar) = self.read_rows(True), self.read_others()
        target = _core.Allocated(self.graph, columns, lpar, self.level, rows)
        blocks = ("mixed eta", "centred mixed eta", "noncentred mixed eta") if target.dim else ()
        how = "slices given effects and allocations, interwoven"
        return self.finish("gibbs", how, target, blocks, start=start, integrals=integrals)

    def starts(self) -> list[Known]:
        """Pair unknowns with values: components side by side, either way, nested, one far out."""
        effects, count = self.spread(), len(self.graph.parts)
        wide = float(effects.std()) or 1.0
        side = [((k + 0.5) / count, 1.0 / count) for k in range(count)]
        within = [(0.5, 0.3 * 3.0**k / 3.0 ** (count - 2)) for k in range(count)]
        above = [(0.35 if k < count - 1 else 0.97, 0.5) for k in range(count)]
        below = [(0.03 if k == 0 else 0.65, 0.5) for k in range(count)]
        sticks = [(arg, 1.0 / (count - k)) for k, arg in enumerate(self.graph.sticks)]
        out = []
        for pattern in (side, within, above, below, side[::-1]):
            known: list[tuple[Arg, float]] = [*sticks, *self.noise(wide / count)]
            last = -np.inf
            for part, (rank, share) in zip(self.graph.parts, pattern, strict=True):
                at = float(np.quantile(effects, rank))
                if any(
                    self.graph.nodes[arg.node].above >= 0
                    for arg in part.written.values()
                    if arg.node >= 0
                ):
                    at = max(at, last + 1e-2 * wide)
                last = at
                known += guess(part, at, share * wide)
            out.append(tuple(known))
        return out

    def noise(self, wide: float) -> list[tuple[Arg, float]]:
        """Pair the likelihood's own unknowns with values; they are scanned where none is given."""
        return []


class MixtureOfCounts(MixtureBuilder, CountBuilder):
    """Rows whose sums suffice."""

    @classmethod
    def check_proper(cls, graph: Graph, cells: CountCells, link: Link) -> None:
        """Refuse improper priors: a component that is empty bounds nothing."""
        check_all_proper(graph)

    def read_rows(self, each: bool) -> tuple[list[FloatArray], FloatArray]:
        """Return what the likelihood reads of each group, or else of each cell, and multiplicities."""
        return self.columns(each), self.cells.mult

    def read_others(self) -> tuple[Any, tuple[Arg, ...]]:
        """Return what it reads beside."""
        return self.rows()

    def spread(self) -> FloatArray:
        """Return effects as the rows have them, about as many of each as groups have it."""
        cells: CountCells = self.cells
        effects = self.stats.link.estimate(cells.y, cells.size)
        order = np.argsort(effects)
        rank = (np.arange(999) + 0.5) / 999
        total = np.cumsum(cells.mult[order])
        return np.asarray(effects[order][np.searchsorted(total / total[-1], rank)])


class MixtureOfTerms(MixtureOfCounts, TermBuilder):
    """Rows whose sums do not."""


class MixtureOfZeros(MixtureOfCounts, ZeroInflatedBuilder):
    """Zero-inflated counts."""


class MixtureOfAmounts(MixtureOfCounts, AmountBuilder):
    """Gamma rows."""


class MixtureOfNormals(MixtureBuilder, NormalRowsBuilder):
    """Normal rows."""

    @classmethod
    def read_data(cls, *args: Any, **other: Any) -> Read:
        """Read rows; refuse improper priors."""
        check_all_proper(args[1])
        return super().read_data(*args, **other)

    def read_rows(self, each: bool) -> tuple[list[FloatArray], FloatArray]:
        """Return the statistics of each group."""
        columns = [np.ascontiguousarray(c) for c in self.columns()]
        return columns, np.ones(len(columns[0]))

    def read_others(self) -> tuple[Any, tuple[Arg, ...]]:
        """Return the standard deviation of rows."""
        return None, (self.graph.noise,)

    def spread(self) -> FloatArray:
        """Return the means of groups that have rows."""
        return np.sort(self.stats.mean[self.stats.weight > 0.0])

    def noise(self, wide: float) -> list[tuple[Arg, float]]:
        """Pair the rows' standard deviation with that within groups, or a share of that between them."""
        free = self.cells.n_row - self.cells.n_group
        within = float(np.sqrt(self.cells.ssw / free)) if free > 0 else 0.0
        return [(self.graph.noise, within or wide)]


class MixtureOfStudents(MixtureBuilder, StudentBuilder):
    """Student-t rows."""

    def read_rows(self, each: bool) -> tuple[list[FloatArray], FloatArray]:
        """Return where the terms of each group are."""
        return self.columns(each), self.cells.mult

    def read_others(self) -> tuple[Any, tuple[Arg, ...]]:
        """Return the terms, degrees of freedom and scale."""
        return self.rows()

    def spread(self) -> FloatArray:
        """Return the means of groups that have rows."""
        return np.sort(self.stats.mean[self.stats.weight > 0.0])

    def noise(self, wide: float) -> list[tuple[Arg, float]]:
        """Pair what rows have of their own with what medians say of it."""
        within = describe(self.cells)[2]
        return list(zip(self.graph.rows, (NU, within), strict=False))
