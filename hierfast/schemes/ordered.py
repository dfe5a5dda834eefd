"""Rows in ordered categories: effects beside cutpoints, integrated out by quadrature, cell by cell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hierfast.counts import CountCells, Counts
from hierfast.data import Columns
from hierfast.identification import find_weak_ordered
from hierfast.links import Link
from hierfast.merging import Terms
from hierfast.ordered import (
    CategoryCells,
    check_categories,
    collect_categories,
    compute_categories,
)
from hierfast.propriety import check_all_proper
from hierfast.schemes.terms import TermBuilder


class OrderedBuilder(TermBuilder):
    """Plans of models with OrderedLogistic rows and a population on the scale of their cutpoints."""

    @classmethod
    def check_outcome(cls, columns: Columns, likelihood: Any) -> None:
        """Refuse outcomes that are no categories."""
        check_categories(columns, int(likelihood.steps))

    @classmethod
    def kind(cls, likelihood: Any) -> str:
        """Name the rows, and how many categories they have."""
        return f"{type(likelihood).__name__} ({int(likelihood.steps) + 1} categories)"

    @classmethod
    def collect(cls, columns: Columns, given: float | str) -> Terms:
        """Count rows in categories."""
        return collect_categories(columns)

    @classmethod
    def compress(cls, counts: Counts, likelihood: Any) -> CategoryCells:
        """Compress groups to cells."""
        return compute_categories(counts, int(likelihood.steps))

    @classmethod
    def check_proper(cls, graph: Any, cells: CountCells, link: Link) -> None:
        """Refuse improper priors: a category that nobody chose bounds nothing."""
        check_all_proper(graph)

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        return find_weak_ordered(self.graph, self.cells)

    def rows(self) -> tuple[Any, tuple[Any, ...]]:
        """Return what the likelihood reads beside: the terms, and its cutpoints."""
        return (self.cells.terms, self.cells.table), self.graph.rows

    def cuts(self) -> list[float]:
        """Cutpoints between which a group without an effect would have the shares of all rows."""
        below = np.cumsum(self.cells.total)
        return [math.log((low + 0.5) / (below[-1] - low + 0.5)) for low in below[:-1].tolist()]

    def pooled(self) -> float:
        """Effect that all groups would have if they had the same."""
        known = [(c.value, cut) for c, cut in zip(self.graph.rows, self.cuts(), strict=True)]
        return math.fsum(value - cut for value, cut in known) / len(known)

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Pair cutpoints, or else what the population has, with what the data suggest for them."""
        graph, origin = self.graph, self.graph.location.value
        if graph.rows[0].node < 0:
            return super().known()
        cuts = ((c, origin + cut) for c, cut in zip(graph.rows, self.cuts(), strict=True))
        return *cuts, (graph.scale, 0.5)
