"""Student-t rows: effects integrated out panel by panel, group by group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hierfast.design import make_design
from hierfast.graph import Arg, Graph
from hierfast.identification import find_weak_student
from hierfast.propriety import check_all_proper
from hierfast.schemes.base import Read
from hierfast.schemes.counts import CountBuilder
from hierfast.schemes.normal import about_known, check_noise, gather_normal
from hierfast.terms import RowCells, arrange_rows, collect_rows

if TYPE_CHECKING:
    from hierfast.model import Model
    from hierfast.statistics import Statistics

FloatArray = NDArray[np.float64]

MAD = 1.4826  # standard deviations of a Gaussian in its median absolute deviation
NU = 5.0  # degrees of freedom where the search begins


class StudentBuilder(CountBuilder):
    """Plans of models with Student-t rows and a population on the real line."""

    rule: ClassVar[str] = "panels of 15 nodes"

    @classmethod
    def gather(
        cls,
        model: Model,
        graph: Graph,
        data: Any,
        y: Any,
        group: Any,
        groups: Any,
        na: str,
        cores: int,
    ) -> Statistics:
        """Read rows to statistics of their groups, and the rows themselves, those alike as one."""
        check_all_proper(graph)
        columns, stats = gather_normal(model, graph, data, y, group, groups, na, cores)
        return replace(stats, terms=collect_rows(columns), kind=cls.kind(model.likelihood))

    @classmethod
    def receive(cls, model: Model, graph: Graph, stats: Any, cores: int) -> Read:
        """Arrange rows; groups without any stay, as those about which nothing is known."""
        check_noise(stats, graph)
        check_all_proper(graph)
        location, about = about_known(stats, graph)
        design = make_design(stats, graph)
        cells = arrange_rows(about, location, design)
        return Read(about, about, cells, location, stats.dropped, stats.y_name, design)

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        return find_weak_student(self.graph, self.cells)

    def columns(self, each: bool) -> list[FloatArray]:
        """Return where the terms of each group begin, and how many they are."""
        return [self.cells.first, self.cells.count]

    def drawn_design(self) -> FloatArray | None:
        """Predictors of the groups whose effects are drawn: all of them."""
        return self.read.design

    def rows(self) -> tuple[Any, tuple[Arg, ...]]:
        """Return what the likelihood reads beside: the terms, degrees of freedom and scale."""
        graph = self.graph
        scale = () if len(graph.rows) > 1 else (graph.noise,)
        return (self.cells.terms, self.cells.table), (*graph.rows, *scale)

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Medians: of the groups' means, and of how far these and the rows are off."""
        graph = self.graph
        middle, between, within = describe(self.cells)
        of_rows = zip(graph.rows, (NU, within), strict=False)
        return (graph.intercept, middle), (graph.scale, between), *of_rows

    def located(self) -> tuple[Any, list[float]]:
        """Log posterior of all groups, and its mode."""
        target, start = super().located()
        self.lines[-1] = f"  integrated  effects of {len(self.cells):,} groups, panel by panel"
        self.reads = f"{int(self.cells.count.sum()):,} terms of {len(self.cells):,} groups"
        return target, start


def describe(cells: RowCells) -> tuple[float, float, float]:
    """Tell where effects are, roughly, whatever a few rows are.

    Parameters
    ----------
    cells : RowCells
        Rows of all groups.

    Returns
    -------
    tuple of float
        The middle of effects, their scale, and that of rows.
    """
    y, _, own = (v[:-1] for v in cells.terms)
    some = cells.first < len(y)
    centre = np.zeros(len(cells))
    at = (cells.first + cells.count // 2).astype(np.int64)[some]
    centre[some] = y[at]
    middle = float(np.median(centre[some]))
    group = np.repeat(np.flatnonzero(some), cells.count[some].astype(np.int64))
    off = np.abs(y - centre[group]) / own
    several = cells.count[group] > 1
    between = MAD * float(np.median(np.abs(centre[some] - middle)))
    within = MAD * float(np.median(off[several])) if several.any() else 0.0
    whole = float(np.abs(y - middle).mean()) or 1.0
    return middle, between or whole, within or between or whole
