"""Rows whose sums do not suffice where the likelihood has an unknown of its own: groups as terms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast.counts import CountCells, Counts
from hierfast.data import Columns
from hierfast.identification import find_weak_shape
from hierfast.links import Link
from hierfast.merging import Terms
from hierfast.propriety import check_all_proper, check_proper_shape
from hierfast.schemes.counts import CountBuilder
from hierfast.terms import TermCells, collect_terms, compute_terms, count_outcomes, tabulate
from hierfast.times import collect_amounts, compute_amounts

FloatArray = NDArray[np.float64]


class TermBuilder(CountBuilder):
    """Plans of models with negative binomial or Weibull rows and a population on the link scale."""

    @classmethod
    def collect(cls, columns: Columns, given: float | str) -> Terms:
        """Collect rows by their exposure, and count outcomes."""
        numbers, totals = count_outcomes(columns)
        return replace(collect_terms(columns, given), numbers=numbers, totals=totals)

    @classmethod
    def compress(cls, counts: Counts, likelihood: Any) -> TermCells:
        """Compress groups to cells."""
        assert counts.terms is not None
        table = tabulate(counts.terms.numbers, counts.terms.totals)
        return replace(compute_terms(counts), table=table)

    @classmethod
    def check_proper(cls, graph: Any, cells: CountCells, link: Link) -> None:
        """Refuse improper posteriors."""
        super().check_proper(graph, cells, link)
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
        return (self.cells.terms, self.cells.table), (self.graph.noise,)


class ZeroInflatedBuilder(TermBuilder):
    """Plans of models with zero-inflated counts and a population on the link scale."""

    @classmethod
    def collect(cls, columns: Columns, given: float | str) -> Terms:
        """Collect rows by their exposure, those at 0 by themselves."""
        return collect_terms(columns, given, zeros=True)

    @classmethod
    def compress(cls, counts: Counts, likelihood: Any) -> TermCells:
        """Compress groups to cells."""
        return compute_terms(counts)

    @classmethod
    def check_proper(cls, graph: Any, cells: CountCells, link: Link) -> None:
        """Refuse improper priors: zeros that were not drawn bound nothing."""
        check_all_proper(graph)


class AmountBuilder(TermBuilder):
    """Plans of models with Gamma rows and a population on the link scale."""

    @classmethod
    def collect(cls, columns: Columns, given: float | str) -> Terms:
        """Collect rows by whether, and where, they were censored."""
        return collect_amounts(columns)

    @classmethod
    def compress(cls, counts: Counts, likelihood: Any) -> TermCells:
        """Compress groups to cells."""
        return compute_amounts(counts)
