"""Populations on a grid of points: allocations and weights drawn in turn, or weights alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.counts import CountCells
from hierfast.distributions.base import Distribution
from hierfast.distributions.grid import Grid
from hierfast.graph import Arg, Graph
from hierfast.links import EXP, apply_core
from hierfast.propriety import check_all_proper
from hierfast.schemes.base import Builder, Plan, Read
from hierfast.schemes.counts import CountBuilder
from hierfast.schemes.normal import NormalRowsBuilder
from hierfast.schemes.ordered import OrderedBuilder
from hierfast.schemes.terms import AmountBuilder, TermBuilder, ZeroInflatedBuilder

if TYPE_CHECKING:
    from hierfast.links import Link

FloatArray = NDArray[np.float64]

HELD = 1 << 30  # bytes of likelihoods that are held rather than made at every sweep
FAR = 8.0  # nats that a group's likelihood may lose on the grid before it is worth a word
BEGIN = 1.0  # concentration where chains begin


@dataclass(frozen=True, eq=False)
class GridPlan:
    """What a plan on a grid has beside others.

    Attributes
    ----------
    points, base : numpy.ndarray
        Points and prior means of their weights (M,).
    cell : numpy.ndarray
        Cell of every group (J,).
    mult : numpy.ndarray
        Groups with rows of each cell (C,).
    fixed : bool
        Whether likelihoods at the points stay while unknowns move.
    """

    points: FloatArray
    base: FloatArray
    cell: NDArray[np.int64]
    mult: FloatArray
    fixed: bool


def share_base(grid: Grid, points: FloatArray) -> FloatArray:
    """Give prior means of the weights.

    Parameters
    ----------
    grid : Grid
        As it was written.
    points : numpy.ndarray
        Its points (M,).

    Returns
    -------
    numpy.ndarray
        Means (M,), which add up to one.

    Raises
    ------
    ValueError
        If the density of the base is 0 at a point, or no number.

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.schemes.grid import share_base
    >>> share_base(hf.Grid(points=[0, 1], base=[1, 3]), np.array([0.0, 1.0]))
    array([0.25, 0.75])
    """
    if grid.base is None:
        return np.full(len(points), 1.0 / len(points))
    if isinstance(grid.base, Distribution):
        from hierfast.grammar import read_known

        log = _core.prior_logpdf(type(grid.base).__name__, points, read_known(grid.base))
        wrong = ~np.isfinite(log)
        if wrong.any():
            at = float(points[np.argmax(wrong)])
            raise ValueError(
                f"Grid's base {grid.base!r} has no positive density at the point {at:.15g}"
            )
        base = apply_core(EXP, log - log.max())
        if not (base > 0).all():
            at = float(points[np.argmin(base)])
            raise ValueError(
                f"Grid's base {grid.base!r} is 0 to rounding at the point {at:.15g}; leave it out, or "
                "give a wider base"
            )
    else:
        base = np.array(grid.base, dtype=np.float64)
    return np.asarray(base / math.fsum(base.tolist()))


class GridBuilder(Builder):
    """Plans of models whose population is on a grid; what rows are is said by another builder."""

    schemes: ClassVar[tuple[str, ...]] = ("gibbs", "collapsed")
    best: ClassVar[str] = "gibbs"
    why: ClassVar[str] = "effects are drawn by cells, weights given them"

    def read_cells(self) -> tuple[list[FloatArray], FloatArray, NDArray[np.int64]]:
        """Return what the likelihood reads of each cell, multiplicities, and the cell of each group."""
        raise NotImplementedError

    @cached_property
    def seen(self) -> tuple[list[FloatArray], FloatArray, NDArray[np.int64]]:
        """The same, read once."""
        return self.read_cells()

    def read_others(self) -> tuple[Any, tuple[Arg, ...]]:
        """Return what it reads beside: terms of groups, unknowns of its own."""
        raise NotImplementedError

    def effects(self) -> FloatArray:
        """Return effects as the rows of each group that has some have them by themselves."""
        raise NotImplementedError

    def effects_of(self, columns: list[FloatArray]) -> FloatArray:
        """Return the same of cells, from what the likelihood reads of them."""
        raise NotImplementedError

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Pair unknowns with values; the likelihood's are scanned."""
        return ((self.graph.shape[0], BEGIN),)

    def find_points(self) -> FloatArray:
        """Give the points, between the effects of groups alone where no ends were given."""
        grid = self.graph.grid
        assert grid is not None
        if grid.placed:
            return grid.lay(0.0, 1.0)
        alone = self.effects()
        low, high = float(alone.min()), float(alone.max())
        if not low < high:
            raise ValueError(
                "the rows of all groups have the same effect by themselves: give Grid's low and high"
            )
        return grid.lay(low, high)

    def gridded(self, by_cell: bool, by_point: bool) -> tuple[Any, GridPlan]:
        """Log posterior on the grid, and what there is beside it."""
        grid, graph = self.graph.grid, self.graph
        assert grid is not None
        points = self.find_points()
        base = share_base(grid, points)
        (columns, mult, cell), (rows, lpar) = self.seen, self.read_others()
        of_rows = find_unknowns(graph, lpar)
        of_weights = find_unknowns(graph, graph.shape)
        fixed, size = not of_rows, 8 * len(mult) * len(points) * (by_cell + by_point)
        held = fixed and size <= HELD
        target = _core.Gridded(
            graph,
            columns,
            lpar,
            self.level,
            mult,
            rows,
            graph.shape[0],
            points,
            base,
            (of_weights, of_rows),
            by_cell,
            by_point,
            held,
        )
        target.watch(self.stop)
        plan = GridPlan(points, base, cell, mult, fixed)
        if fixed:
            self.check_likelihoods(target, plan)
        count, how = len(mult), f"{size:,} bytes held" if held else "made anew at every step"
        self.reads = f"{count:,} cells at {len(points)} points"
        self.lines.append(
            f"  grid        {len(points)} points, {points[0]:.6g} to {points[-1]:.6g}"
        )
        self.lines.append(f"  cells       {count:,} of groups with the same statistics")
        self.lines.append(f"  likelihoods {self.reads}, {how}")
        return target, plan

    def alone(self, lo: int, hi: int) -> FloatArray | None:
        """Log likelihoods of cells lo..hi at the effects of their rows alone, where sums suffice."""
        columns, rows = self.seen[0], self.read_others()
        if rows[0] is not None:
            return None
        eta, params = self.effects_of(columns), [np.array([arg.value]) for arg in rows[1]]
        out = [np.empty(0)]
        for at in range(lo, hi, _core.TILE):
            cut = slice(at, min(at + _core.TILE, hi))
            one = [np.ascontiguousarray(c[cut]) for c in (eta, *columns)]
            name = self.graph.likelihood
            out.append(_core.likelihood_eval(name, one[0], one[1:], params, self.level)[0])
        return np.concatenate(out)

    def check_likelihoods(self, target: Any, plan: GridPlan) -> None:
        """Refuse groups that have no likelihood at any point; say which no point suits."""
        step, count = max(1, (1 << 22) // len(plan.points)), len(plan.mult)
        lost = np.zeros(count)
        for lo in range(0, count, step):
            hi = min(lo + step, count)
            top = target.likelihoods(np.zeros(1), np.arange(lo, hi))[1]
            wrong = ~np.isfinite(top)
            if wrong.any():
                raise ValueError(
                    f"group {self.label_of(plan, lo + int(np.argmax(wrong)))} has likelihood 0 at every "
                    f"point of the grid, {plan.points[0]:.6g} to {plan.points[-1]:.6g}: give a low and "
                    "high that reach its effect"
                )
            alone = self.alone(lo, hi)
            lost[lo:hi] = 0.0 if alone is None else alone - top
        far = np.where(plan.mult > 0, lost, 0.0)
        beyond = int(plan.mult[far > FAR].sum())
        if beyond:
            worst = int(np.argmax(far))
            self.warnings += (
                f"{beyond:,} of {int(plan.mult.sum()):,} groups lie beyond the grid or between "
                f"its points, the farthest {self.label_of(plan, worst)}: the nearest point has a "
                f"likelihood lower by {far[worst]:.3g} nats than its rows alone",
            )

    def label_of(self, plan: GridPlan, cell: int) -> str:
        """Give the label of the first group of a cell."""
        group = int(np.argmax(plan.cell == cell))
        return repr(self.read.statistics.labels[group : group + 1].tolist()[0])

    def close(self, scheme: str, how: str, target: Any, grid: GridPlan, blocks: Any) -> Plan:
        """Close the plan of a scheme."""
        start = target.start(self.known()) if target.dim else []
        return self.finish(scheme, how, target, blocks, start=start, grid=grid)

    def gibbs(self) -> Plan:
        """Allocations and weights in turn; neighbours change places where columns can be held."""
        grid = self.graph.grid
        assert grid is not None
        swaps = 16 * len(self.seen[1]) * grid.count <= HELD
        target, plan = self.gridded(True, swaps)
        blocks = ("rows", *["swap"] * swaps, "allocation", "concentration", "weights")
        how = "allocations and weights drawn, the concentration by slices with the latter integrated out"
        return self.close("gibbs", how, target, plan, blocks)

    def collapsed(self) -> Plan:
        """Allocations summed out, weights by slices along exchanges of points near each other."""
        target, grid = self.gridded(False, True)
        blocks = ("rows", "exchange", "concentration of weights")
        how = "slices of pairs of weights, allocations summed out"
        return self.close("collapsed", how, target, grid, blocks)

    def cost(self, blocks: tuple[str, ...], dim: int, passes: int) -> str:
        """Say what a draw costs."""
        if "allocation" in blocks:
            return f"one pass over {self.reads}"
        return f"about {2 * 6} passes over {self.reads}"


def find_unknowns(graph: Graph, args: tuple[Arg, ...]) -> list[int]:
    """Find the unknowns that arguments read, and what their priors read, in order.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    args : tuple of Arg
        Arguments.

    Returns
    -------
    list of int
        Their indices.
    """
    found: set[int] = set()
    left = list(args)
    while left:
        arg = left.pop()
        for node in {arg.node, arg.other} - {-1} - found:
            found.add(node)
            left += graph.nodes[node].args
    return sorted(found)


class GridOfCounts(GridBuilder, CountBuilder):
    """Rows whose sums suffice."""

    @classmethod
    def check_proper(cls, graph: Graph, cells: CountCells, link: Link) -> None:
        """Refuse improper priors: a point without groups bounds nothing."""
        check_all_proper(graph, "Exponential(1)")

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell: nothing that weights do not say themselves."""
        return ()

    def read_cells(self) -> tuple[list[FloatArray], FloatArray, NDArray[np.int64]]:
        """Return what the likelihood reads of each cell, multiplicities, and the cell of each group."""
        cells: CountCells = self.cells
        return self.columns(False), np.ascontiguousarray(cells.mult), cells.cell

    def read_others(self) -> tuple[Any, tuple[Arg, ...]]:
        """Return what it reads beside."""
        return self.rows()

    def effects(self) -> FloatArray:
        """Return effects as the rows of each group have them."""
        return np.asarray(self.stats.mean)

    def effects_of(self, columns: list[FloatArray]) -> FloatArray:
        """Return effects of cells."""
        return np.asarray(self.read.statistics.link.estimate(*columns))

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Pair the concentration with a value; the likelihood's unknowns are scanned."""
        return GridBuilder.known(self)


class GridOfTerms(GridOfCounts, TermBuilder):
    """Rows whose sums do not."""


class GridOfZeros(GridOfCounts, ZeroInflatedBuilder):
    """Zero-inflated counts."""


class GridOfAmounts(GridOfCounts, AmountBuilder):
    """Gamma rows."""


class GridOfCategories(GridOfCounts, OrderedBuilder):
    """Ordered categories between known cutpoints."""

    @classmethod
    def check_proper(cls, graph: Graph, cells: CountCells, link: Link) -> None:
        """Refuse improper priors, and cutpoints that a shift of all effects would move."""
        check_all_proper(graph, "Exponential(1)")
        if any(arg.node >= 0 for arg in graph.rows):
            raise ValueError(
                "OrderedLogistic's cutpoints are unknown, and so are the weights of the grid: a shift of "
                "all cutpoints is one of all effects, and data cannot tell them apart; give cutpoints that "
                "are numbers"
            )
        grid = graph.grid
        if grid is not None and not grid.placed:
            raise ValueError(
                "groups of OrderedLogistic rows have no effects by themselves: give Grid's low and high"
            )


class GridOfNormals(GridBuilder, NormalRowsBuilder):
    """Normal rows."""

    @classmethod
    def read_data(cls, *args: Any, **other: Any) -> Read:
        """Read rows; refuse improper priors."""
        check_all_proper(args[1], "Exponential(1)")
        return super().read_data(*args, **other)

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        cells, noise = self.cells, self.graph.noise.node
        if noise < 0 or cells.n_row > cells.n_group:
            return ()
        return (
            "every group has one row: the data see only the spread of both, and how it is split between "
            f"{self.graph.nodes[noise].name} and the weights is up to their priors and the grid",
        )

    def read_cells(self) -> tuple[list[FloatArray], FloatArray, NDArray[np.int64]]:
        """Return what the likelihood reads of each cell, multiplicities, and the cell of each group."""
        columns = list(self.columns())
        order = np.lexsort(columns[::-1])
        new = np.zeros(len(order), dtype=bool)
        new[:1] = True
        for column in columns:
            new[1:] |= np.diff(column[order]) != 0
        cell = np.empty(len(order), dtype=np.int64)
        cell[order] = np.cumsum(new) - 1
        some = [np.ascontiguousarray(column[order][new]) for column in columns]
        has = self.stats.weight > 0.0
        mult = np.bincount(cell[has], minlength=len(some[0])).astype(np.float64)
        return some, mult, cell

    def read_others(self) -> tuple[Any, tuple[Arg, ...]]:
        """Return the standard deviation of rows."""
        return None, (self.graph.noise,)

    def effects(self) -> FloatArray:
        """Return the means of groups that have rows."""
        return np.asarray(self.stats.mean[self.stats.weight > 0.0])

    def effects_of(self, columns: list[FloatArray]) -> FloatArray:
        """Return the means of cells."""
        return columns[1]
