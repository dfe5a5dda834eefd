"""Counts in groups on the link scale: effects integrated out by quadrature, cell by cell."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.counts import CountCells, Counts, compute_cells, read_counts
from hierfast.data import Columns, Roles, described, read_columns
from hierfast.design import make_design, read_known, roles_of, split_cells
from hierfast.graph import Graph
from hierfast.identification import find_weak_counts
from hierfast.links import LINKS, Link
from hierfast.propriety import check_proper_counts
from hierfast.schemes.base import ORDER_ERROR, Builder, Plan, Read
from hierfast.schemes.between import Between, stand_in
from hierfast.times import read_events

if TYPE_CHECKING:
    from hierfast.merging import Terms
    from hierfast.model import Model

FloatArray = NDArray[np.float64]

SAMPLE = 1024  # cells that locate the posterior before all are read
FEW = 1e5  # groups to which a ridge is wide enough to climb
DEAR = 3000  # cells from which a grid of evaluations costs more than it saves
ORDER, FINE = 15, 61  # nodes while the mode is searched, and where cells are compared


class CountBuilder(Builder):
    """Plans of models with rows of counts and a population on the link scale."""

    schemes: ClassVar[tuple[str, ...]] = ("quadrature", "gibbs")
    best: ClassVar[str] = "quadrature"
    first_order: int = ORDER
    few_stand: bool = False  # whether few cells may stand for all
    stand: Between | None = None  # those that do
    why: ClassVar[str] = "effects integrated out, no funnel"

    @classmethod
    def gather(
        cls,
        model: Model,
        graph: Graph,
        data: Any,
        y: str | ArrayLike | None,
        group: str | ArrayLike | None,
        groups: Any,
        na: str,
        cores: int,
    ) -> Any:
        """Read rows to sums of their groups."""
        likelihood: Any = model.likelihood
        if y is None:
            raise TypeError("y is missing: name the column of the outcome, or give its values")
        if graph.location_column is not None:
            raise ValueError(
                f"the population's mu is the column {graph.location_column!r}; with a {graph.title} "
                "likelihood it must be a number or a prior in this version"
            )
        size, given = given_size(likelihood)
        censored = getattr(likelihood, "censored", None)
        roles = Roles(
            weights=likelihood.weights, size=given, censored=censored, predictors=roles_of(graph)
        )
        columns = read_columns(data, y, group, roles, groups, na)
        cls.check_outcome(columns, likelihood)
        if not size:  # the outcome is a time
            columns = read_events(columns)
            given = columns.size_name
        assert given is not None
        counts = read_counts(columns, given, LINKS[likelihood.link])
        return replace(
            counts,
            kind=cls.kind(likelihood),
            terms=cls.collect(columns, given),
            columns=read_known(columns, counts.labels),
            **described(columns),
        )

    @classmethod
    def receive(cls, model: Model, graph: Graph, stats: Any, cores: int) -> Read:
        """Compress sums to cells; refuse improper posteriors."""
        likelihood: Any = model.likelihood
        counts = replace(stats, link=LINKS[likelihood.link])
        size, given = given_size(likelihood)
        if isinstance(given, float):
            sizes = counts.rows * given
            same = np.array_equal(sizes, counts.size)
            if not (same or np.allclose(sizes, counts.size, rtol=1e-9, atol=0.0)):
                raise ValueError(
                    f"the likelihood has {size}={given:g}, but rows of these {type(stats).__name__} have "
                    f"{counts.size.sum() / counts.rows.sum():g} on average"
                )
            counts = replace(counts, size=sizes)
        design = make_design(counts, graph)
        cells = split_cells(cls.compress(counts, likelihood), design, counts.rows > 0)
        cls.check_proper(graph, cells, counts.link)
        informed = counts.informed()
        return Read(counts, informed, cells, None, stats.dropped, stats.y_name, design)

    @classmethod
    def check_outcome(cls, columns: Columns, likelihood: Any) -> None:
        """Refuse outcomes that are not counts in words of their own; nothing by default."""

    @classmethod
    def collect(cls, columns: Columns, given: float | str) -> Terms | None:
        """Collect what sums of groups do not tell; nothing by default."""
        return None

    @classmethod
    def compress(cls, counts: Counts, likelihood: Any) -> CountCells:
        """Compress groups to cells."""
        return compute_cells(counts, counts.whole)

    @classmethod
    def check_proper(cls, graph: Graph, cells: CountCells, link: Link) -> None:
        """Refuse improper posteriors."""
        check_proper_counts(graph, cells, link)

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        return find_weak_counts(self.graph, self.cells, self.read.statistics.link)

    def columns(self, each: bool) -> list[FloatArray]:
        """Return what the likelihood reads of each group, or else of each cell."""
        some = self.stats if each else self.cells
        return [np.ascontiguousarray(v) for v in (some.y, some.size)]

    def rows(self) -> tuple[Any, tuple[Any, ...]]:
        """Return what it reads beside: terms of groups, unknowns of its own; neither by default."""
        return None, ()

    def target(self, step: int = 1) -> Any:
        """Log posterior of the hyperparameters, from every step-th cell if not from all."""
        cells: CountCells = self.cells
        columns = [np.ascontiguousarray(c[::step]) for c in self.columns(False)]
        graph, (rows, lpar) = self.graph, self.rows()
        target = _core.Integrated(
            graph,
            graph.likelihood,
            graph.population,
            columns,
            lpar,
            graph.shape,
            self.level,
            np.ascontiguousarray(cells.mult[::step]) * step,
            self.first_order,
            rows,
            self.design(cells.design, step),
        )
        target.watch(self.stop)
        return target

    def fewer(self, share: float) -> CountBuilder:
        """Builder of a posterior as wide as if there were a share of the groups."""
        few = copy(self)
        few.cells = replace(self.cells, mult=self.cells.mult * share)
        return few

    def located(self) -> tuple[Any, list[float]]:
        """Log posterior of all cells, or of others that stand for them, and its mode."""
        count = len(self.cells)
        self.lines.append(f"  cells       {count:,} of groups with the same sums")
        target = self.target()
        step = -(-count // SAMPLE)
        scout = self.target(step) if step > 1 else target
        start: list[float] = []
        if target.dim:
            start = scout.start(self.known())
            if self.cells.n_group > FEW:
                few = self.fewer(FEW / self.cells.n_group).target(step)
                start = few.place(start)
                scout.follow(few)
            start = scout.place(start)
            target = self.between(scout) if self.few_stand and step > 1 else target
            target.follow(scout)
            target.prepare(scout)
        return target, start

    def among(self, cells: CountCells, order: int = ORDER) -> CountBuilder:
        """Builder of other cells, and of an order while the mode is searched."""
        other = copy(self)
        other.cells, other.first_order = cells, order
        return other

    def between(self, scout: Any) -> Any:
        """Log posterior of few cells that stand for all, where exposures differ; or else of all."""
        if self.graph.likelihood != "Poisson" or self.cells.design is not None:
            return self.target()

        def read(cells: CountCells, points: FloatArray) -> FloatArray:
            found: FloatArray = self.among(cells, FINE).target().marginal(points, 0, len(cells))
            return found

        found = stand_in(self.cells, scout.design_points(), read, ORDER_ERROR, self.level)
        if found is None:
            return self.target()
        self.stand, self.slack = found
        count = len(self.stand.cells)
        self.reads = f"{count:,} cells"
        self.lines[-1] += f", interpolated from {count:,} others: off by at most {self.slack:.1e}"
        return self.among(self.stand.cells).target()

    def quadrature(self) -> Plan:
        """Effects integrated out by quadrature of an order that fits the number of groups."""
        self.few_stand = type(self) is CountBuilder
        target, start = self.located()
        if self.stand is None:
            self.dear = len(self.cells) > DEAR
            return self.independent("quadrature", target, start, -1)
        self.dear = target.count > DEAR
        plan = self.independent("quadrature", target, start, -1)
        every = self.target()
        every.follow(target)
        every.take_order(target)
        return replace(plan, integrals=every, between=self.stand)

    def gibbs(self) -> Plan:
        """Effects by slices, hyperparameters given them centred and not; groups are read by quadrature."""
        integrals, start = self.located()
        if integrals.dim:
            integrals.build_proposal(start, 0, False)
            order, error = integrals.choose_order(ORDER_ERROR)
            self.precision = {"order": order, "quadrature_error": error}
        graph, (rows, lpar) = self.graph, self.rows()
        target = _core.Sliced(
            graph,
            graph.likelihood,
            graph.population,
            self.columns(True),
            lpar,
            graph.shape,
            self.level,
            rows,
            self.design(self.drawn_design()),
        )
        blocks: tuple[str, ...] = ("eta", "centred eta", "noncentred eta")[: 2 + graph.located]
        how = "slices given effects that move by slices" + ", interwoven" * graph.located
        blocks = blocks if target.dim else ()
        return self.finish("gibbs", how, target, blocks, start=start, integrals=integrals)

    def drawn_design(self) -> FloatArray | None:
        """Predictors of the groups whose effects are drawn: those that have rows."""
        design = self.read.design
        return None if design is None else design[self.read.statistics.rows > 0]

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Pair the population's parameters with what the data suggest for them."""
        return (self.graph.intercept, self.pooled()), (self.graph.scale, 0.5)

    def pooled(self) -> float:
        """Effect that all groups would have if they had the same."""
        cells: CountCells = self.cells
        y, size = (np.array([math.fsum(cells.mult * v)]) for v in (cells.y, cells.size))
        return float(self.stats.link.estimate(y, size)[0])


def given_size(likelihood: Any) -> tuple[str, float | str | None]:
    """Tell what rows are out of, trials or exposure.

    Parameters
    ----------
    likelihood : Distribution
        Of the rows.

    Returns
    -------
    tuple
        The argument's name, empty where the outcome is a time, and a number or the name of a column.
    """
    name: str = getattr(likelihood, "size_argument", "")
    return name, getattr(likelihood, name) if name else None
