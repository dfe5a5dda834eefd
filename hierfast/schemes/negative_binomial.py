"""Overdispersed counts in groups: those of `hierfast.schemes.counts`, from terms of groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast.counts import Counts
from hierfast.data import Columns
from hierfast.identification import find_weak_shape
from hierfast.propriety import check_proper_shape
from hierfast.schemes.conjugate import tabulate
from hierfast.schemes.counts import CountBuilder
from hierfast.terms import TermCells, compute_terms

FloatArray = NDArray[np.float64]


class NegativeBinomialBuilder(CountBuilder):
    """Plans of models with negative binomial rows and a population on the link scale."""

    @classmethod
    def compress(cls, columns: Columns, counts: Counts, given: Any, whole: bool) -> TermCells:
        """Compress groups to cells."""
        return compute_terms(columns, counts, given)

    @classmethod
    def check_proper(cls, graph: Any, cells: Any, whole: bool) -> None:
        """Refuse improper posteriors."""
        super().check_proper(graph, cells, whole)
        check_proper_shape(graph)

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        return super().find_weak() + find_weak_shape(self.graph, self.cells)

    def columns(self, each: bool) -> list[FloatArray]:
        """Return where the terms of each group, or else of each cell, begin, and how many they are."""
        cells = self.cells
        columns = [cells.first, cells.count]
        if each:
            cell = cells.cell[self.read.statistics.rows > 0]
            columns = [v[cell] for v in columns]
        return [np.ascontiguousarray(v) for v in columns]

    def rows(self) -> tuple[Any, tuple[Any, ...]]:
        """Return what the likelihood reads beside: the terms, and its shape."""
        return (self.cells.terms, tabulate(*self.cells.rows)), (self.graph.noise,)
