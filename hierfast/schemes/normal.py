"""Normal rows in Normal groups: collapsed in closed form, by quadrature, or Gibbs."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.data import Columns, Roles, described, read_columns
from hierfast.design import make_design, read_known, roles_of
from hierfast.graph import Graph, integrable
from hierfast.identification import find_weak
from hierfast.propriety import check_proper
from hierfast.schemes.base import Builder, Plan, Read
from hierfast.statistics import Cells, Statistics, compute_cells, read_statistics
from hierfast.threads import run_all

if TYPE_CHECKING:
    from hierfast.model import Model

FloatArray = NDArray[np.float64]

TABLE_FROM = 512  # cells beyond which moments are read from a table in lambda
SAMPLE = 4096  # cells that locate the posterior before all are read
DROP = 60.0  # nats below the top where the table may end


class NormalBuilder(Builder):
    """Plans of models with Normal rows and a Normal population."""

    schemes: ClassVar[tuple[str, ...]] = ("collapsed", "gibbs", "quadrature")
    best: ClassVar[str] = "collapsed"
    why: ClassVar[str] = "closed form, no funnel"

    @classmethod
    def suited(cls, graph: Graph) -> type[Builder]:
        """Give this builder, or that of a linear location or of scales that differ by group."""
        if graph.scales is not None:
            from hierfast.schemes.scales import ScaleBuilder

            return ScaleBuilder
        return NormalRowsBuilder if graph.design else cls

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
        """Read rows to statistics of their groups."""
        return gather_normal(model, graph, data, y, group, groups, na, cores)[1]

    @classmethod
    def receive(cls, model: Model, graph: Graph, stats: Statistics, cores: int) -> Read:
        """Compress statistics to cells; refuse improper posteriors."""
        check_noise(stats, graph)
        location, about = about_known(stats, graph)
        informed = about.informed()
        cells = compute_cells(informed, cores)
        check_proper(graph, informed, cells)
        design = make_design(stats, graph)
        return Read(about, informed, cells, location, stats.dropped, stats.y_name, design)

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        return find_weak(self.graph, self.cells)

    def located(self, skip: int) -> tuple[Any, tuple[float, float], list[float]]:
        """Find where the posterior lies: a collapsed target of some cells, lambda's range, a start."""
        cells = self.cells if len(self.cells.p) <= TABLE_FROM else _thinned(self.cells)
        scout = _core.Collapsed(self.graph, skip, cells, self.level)
        low, high, best, mean, sigma2 = scout.scan(DROP)
        sigma = math.sqrt(sigma2)
        start = []
        if scout.dim:
            spread = (self.graph.scale, math.sqrt(best) * sigma)
            start = scout.start(((self.graph.intercept, mean), spread, (self.graph.noise, sigma)))
        return scout, (low, high), start

    def tabulate(self, target: Any, low: float, high: float) -> int:
        """Read the cells once, at nodes in lambda; return how many, 0 where no table is worth it."""
        p_bar = self.cells.p_bar
        v = [x * p_bar / (1.0 + x * p_bar) if x < np.inf else 1.0 for x in (low, high)]
        n = int(target.table_size(*v))
        if n == 0:
            return 0
        nodes = target.table_nodes(*v, n)
        leaves = -(-len(self.cells.p) // _core.BLOCK)
        out = np.empty((leaves, 4 * n))
        halves = [(lo, min(lo + 64, n)) for lo in range(0, n, 64)]

        def work(leaves_of_task: range) -> None:
            for leaf in leaves_of_task:
                for lo, hi in halves:
                    part = np.empty(4 * (hi - lo))
                    target.moment_leaf(leaf, nodes[lo:hi], part)
                    out[leaf].reshape(4, n)[:, lo:hi] = part.reshape(4, hi - lo)

        tasks = [range(i, min(i + 8, leaves)) for i in range(0, leaves, 8)]
        run_all([partial(work, task) for task in tasks], self.cores, self.stop)
        # A fixed tree of element-wise sums: the same bits whoever computed the leaves.
        while len(out) > 1:
            even = len(out) // 2 * 2
            out = np.concatenate([out[0:even:2] + out[1:even:2], out[even:]])
        target.set_table(v[0], v[1], nodes, np.ascontiguousarray(out[0].reshape(4, n)))
        return n

    def collapsed(self) -> Plan:
        """Effects, and the mean where it can be, integrated out in closed form."""
        skip = integrable(self.graph)
        target, ends, start = self.located(skip)
        text = f"{len(self.cells.p):,} of groups with one weight"
        if len(self.cells.p) > TABLE_FROM:
            target = _core.Collapsed(self.graph, skip, self.cells, self.level)
            target.watch(self.stop)
            nodes = self.tabulate(target, *ends)
            text += f", read once at {nodes} variance ratios" if nodes else ", read at every step"
            self.reads = f"a table of {nodes} coefficients" if nodes else self.reads
        self.lines.append(f"  cells       {text}")
        if skip >= 0:
            self.lines.append(f"  integrated  effects, {self.graph.nodes[skip].name}")
        return self.independent("collapsed", target, start, skip)

    def mode(self) -> list[float]:
        """Mode of the collapsed posterior, where the schemes that do not collapse begin."""
        scout, _, start = self.located(-1)
        found: list[float] = scout.mode(start) if scout.dim else []
        return found

    def columns(self) -> tuple[FloatArray, ...]:
        """Give the statistics of each group as csrc/likelihood/normal.h reads them."""
        stats = self.stats
        rows = stats.weight if stats.rows is None else stats.rows
        return stats.weight, stats.mean, rows, stats.m2

    def target(self) -> Any:
        """Log posterior of the hyperparameters, effects integrated out by quadrature."""
        target = _core.Integrated(
            self.graph,
            "Normal",
            self.graph.population,
            self.columns(),
            (self.graph.noise,),
            self.graph.shape,
            self.level,
            design=self.design(self.read.design),
        )
        target.watch(self.stop)
        return target

    def quadrature(self) -> Plan:
        """Effects integrated out by quadrature, as for any family."""
        start = self.mode()
        self.reads = f"{len(self.stats):,} groups"
        return self.independent("quadrature", self.target(), start, -1)

    def gibbs(self) -> Plan:
        """Effects and hyperparameters in turn, centred and not."""
        start = self.mode()
        stats, cells = self.stats, self.cells
        d = cells.mean - cells.centre
        w = cells.p * cells.mult
        terms = (w, w * d, w * d * d + cells.p * cells.squares)
        total, first, second = (math.fsum(t) for t in terms)
        target = _core.Conditional(
            self.graph, cells, stats.weight, stats.mean, total, first, second, self.level
        )
        blocks = ("theta", "centred", "noncentred") if target.dim else ()
        return self.finish("gibbs", "conditional slices, interwoven", target, blocks, start=start)


class NormalRowsBuilder(NormalBuilder):
    """Plans of models with Normal rows and another population on the real line, or a linear location."""

    schemes: ClassVar[tuple[str, ...]] = ("quadrature", "gibbs")
    best: ClassVar[str] = "quadrature"
    why: ClassVar[str] = "effects integrated out, no funnel"

    @classmethod
    def read_data(cls, *args: Any, **other: Any) -> Read:
        """Read rows; groups without any stay, as those about which nothing is known."""
        read = super().read_data(*args, **other)
        return replace(read, informed=read.statistics)

    def mode(self) -> list[float]:
        """Where the search of the mode begins: as for a Normal population."""
        return self.located(-1)[2]

    def gibbs(self) -> Plan:
        """Effects by slices, hyperparameters given them centred and not; groups are read by quadrature."""
        graph, plan = self.graph, self.quadrature()
        columns = self.columns()
        target = _core.Sliced(
            graph,
            "Normal",
            graph.population,
            columns,
            (graph.noise,),
            graph.shape,
            self.level,
            design=self.design(self.read.design),
        )
        blocks = ("eta", "centred eta", "noncentred eta")[: 2 + graph.located] if target.dim else ()
        how = "slices given effects that move by slices" + ", interwoven" * graph.located
        start = plan.target.mode(self.mode()) if target.dim else []
        self.lines = self.lines[:1]
        return self.finish("gibbs", how, target, blocks, start=start, integrals=plan.integrals)


def gather_normal(
    model: Model,
    graph: Graph,
    data: Any,
    y: str | ArrayLike | None,
    group: str | ArrayLike | None,
    groups: Any,
    na: str,
    cores: int,
) -> tuple[Columns, Statistics]:
    """Read rows that have a mean and a scale.

    Parameters
    ----------
    model, graph
        The model and its unknowns.
    data, y, group, groups, na
        As in `hierfast.model.Model.fit`.
    cores : int
        Threads; they change nothing.

    Returns
    -------
    tuple
        Checked columns, and statistics of all groups with what is known of them.
    """
    if y is None:
        raise TypeError("y is missing: name the column of outcomes, or give its values")
    likelihood: Any = model.likelihood
    roles = Roles(
        graph.noise_column,
        graph.noise.form,
        likelihood.weights,
        graph.location_column,
        predictors=roles_of(graph),
    )
    columns = read_columns(data, y, group, roles, groups, na)
    stats, location = read_statistics(columns, cores)
    known = read_known(columns, stats.labels)
    if location is not None:
        known[columns.location_name] = location
    return columns, replace(stats, columns=known, **described(columns))


def about_known(stats: Statistics, graph: Graph) -> tuple[FloatArray | None, Statistics]:
    """Give locations known of groups (J,), or None, and statistics about them.

    Parameters
    ----------
    stats : Statistics
        Of all groups.
    graph : Graph
        The unknowns.

    Returns
    -------
    tuple
        Both.
    """
    if graph.location_column is None:
        return None, stats
    location = stats.columns[graph.location_column]
    return location, stats.about(location)


def check_noise(data: Statistics, graph: Graph) -> None:
    """Check that standard errors are known where the likelihood names them, and only there.

    Parameters
    ----------
    data : Statistics
        Of all groups.
    graph : Graph
        The unknowns.
    """
    if data.known and graph.noise_column is None:
        raise ValueError(
            "these Statistics are of rows with known standard errors; the likelihood must name a column "
            "of them, as in Normal(sigma='se')"
        )
    if not data.known and graph.noise_column is not None:
        raise ValueError(
            f"the likelihood's sigma is the column {graph.noise_column!r}, but these Statistics are of "
            "rows without known standard errors"
        )


def _thinned(cells: Cells) -> Cells:
    """Every k-th cell: enough to find where the posterior lies."""
    step = -(-len(cells.p) // SAMPLE)
    p = np.ascontiguousarray(cells.p[::step])
    many = len(cells.mult) > 1
    mult = np.ascontiguousarray(cells.mult[::step]) if many else cells.mult
    squares = np.ascontiguousarray(cells.squares[::step]) if many else cells.squares
    n_group = float(mult.sum()) if many else float(len(p))
    share = n_group / cells.n_group
    return Cells(
        p,
        np.ascontiguousarray(cells.mean[::step]),
        mult,
        squares,
        cells.centre,
        n_group,
        cells.n_row * share,
        cells.ssw * share,
        cells.p_min,
        cells.p_max,
    )
