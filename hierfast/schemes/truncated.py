"""Populations that end at bounds: effects integrated out panel by panel between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hierfast.graph import Arg, Graph, Part
from hierfast.propriety import check_all_proper
from hierfast.schemes.counts import CountBuilder
from hierfast.schemes.normal import NormalRowsBuilder
from hierfast.schemes.ordered import OrderedBuilder
from hierfast.schemes.positive import guess
from hierfast.schemes.student import StudentBuilder
from hierfast.schemes.terms import AmountBuilder, TermBuilder, ZeroInflatedBuilder

if TYPE_CHECKING:
    from hierfast.counts import CountCells
    from hierfast.links import Link
    from hierfast.schemes.base import Read

RULE = "panels of 15 nodes"


class TruncatedCounts(CountBuilder):
    """Rows whose sums suffice."""

    rule = RULE

    @classmethod
    def check_proper(cls, graph: Graph, cells: CountCells, link: Link) -> None:
        """Refuse improper priors: beyond a bound there is a ridge without an end."""
        check_all_proper(graph)

    def of_groups(self, at: float, wide: float) -> list[tuple[Arg, float]]:
        """Pair the population's arguments with values that put it somewhere."""
        graph = self.graph
        whole = Part(graph.population, graph.location, graph.shape, graph.written)
        return guess(whole, at, wide)

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Pair them with where all rows are."""
        return tuple(self.of_groups(self.pooled(), 0.5))


class TruncatedTerms(TruncatedCounts, TermBuilder):
    """Rows whose sums do not."""


class TruncatedZeros(TruncatedCounts, ZeroInflatedBuilder):
    """Zero-inflated counts."""


class TruncatedAmounts(TruncatedCounts, AmountBuilder):
    """Gamma rows."""


class TruncatedCategories(TruncatedCounts, OrderedBuilder):
    """Rows in ordered categories."""

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Pair cutpoints, or else what the population has, with what the data suggest for them."""
        graph = self.graph
        if graph.rows[0].node < 0:
            return super().known()
        middle = np.clip(0.0, graph.shape[2].value, graph.shape[3].value)
        cuts = zip(graph.rows, (float(middle) + cut for cut in self.cuts()), strict=True)
        return (*cuts, *self.of_groups(float(middle), 0.5))


class TruncatedStudents(TruncatedCounts, StudentBuilder):
    """Student-t rows."""

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Pair what the population and the rows have with what medians say of it."""
        (_, middle), (_, between), *of_rows = StudentBuilder.known(self)
        return (*self.of_groups(middle, between), *of_rows)


class TruncatedNormals(NormalRowsBuilder):
    """Normal rows."""

    rule = RULE

    @classmethod
    def read_data(cls, *args: Any, **other: Any) -> Read:
        """Read rows; refuse improper priors."""
        check_all_proper(args[1])
        return super().read_data(*args, **other)

    def mode(self) -> list[float]:
        """Where the search of the mode begins: means and deviations of the groups that have rows."""
        graph, cells, stats = self.graph, self.cells, self.stats
        target = self.target()
        some = stats.mean[stats.weight > 0]
        wide = float(some.std()) or 1.0
        free = cells.n_row - cells.n_group
        within = float(np.sqrt(cells.ssw / free)) if free > 0 else 0.0
        whole = Part(graph.population, graph.location, graph.shape, graph.written)
        pairs = (*guess(whole, float(some.mean()), wide), (graph.noise, within or wide))
        found: list[float] = target.start(pairs) if target.dim else []
        return found
