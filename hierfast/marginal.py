r"""Densities of each group's rows given the hyperparameters, effects integrated out.

.. math::

    p(y_j \mid \varphi) = \int p(y_j \mid \theta, \varphi)\, p(\theta \mid \varphi)\, d\theta   \tag{1}

by what samples the hyperparameters: equation (1) of ``csrc/conjugate/normal_marginal.h``, (1) and (2) of
``count_marginals.h``, (1) of ``csrc/theta/quadrature.h`` and ``csrc/phi/dirichlet.h``, (2) of
``csrc/phi/mixed.h``, and (1) of ``csrc/phi/points.h`` where effects are on a grid. Kernels leave out what
data alone say, which is that of ``hierfast/constants.py``; what rows say of the likelihood's parameters
whatever their effects, which kernels sum over all rows, is

.. math::

    \log p(y_j \mid \varphi) = \log Z_j(\varphi) + \sum_k N_{jk} f_k(\varphi) + c_j              \tag{2}

`N_jk` the rows of a kind that group `j` has. Groups of one cell have one density.

Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 5.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.graph import Arg, Graph
from hierfast.terms import TermCells, tabulate

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from hierfast.fitted import Draws
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ORDER = 61  # nodes of an integral whose plan has chosen none
CLOSED, QUADRATURE = 100_000_000, 4_000_000  # densities that a reading may evaluate
FEWEST = 100  # draws that it keeps all the same
ALONE = ("Weibull", "Gamma", "NegativeBinomial", "OrderedLogistic")  # rows that say more than (1)


class Source(Protocol):
    """What gives (1) of cells."""

    def marginal(self, at: IntArray, lo: int, hi: int) -> FloatArray:
        """Densities (n, hi - lo) of cells lo .. hi at some of the draws."""


class Marginal:
    """Densities of cells at the draws of a fit.

    Attributes
    ----------
    count : int
        Cells.
    cell : numpy.ndarray
        Cell of each group (J,); -1 of those without rows.
    used : numpy.ndarray
        Which draws are read, evenly spaced where there are too many for the cells there are.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    draws : Draws
        Of the fit.
    target : Any
        What gives (1) of cells: a target of the core.
    count : int
        How many cells it has.
    cell : numpy.ndarray
        Cell of each group (J,).
    own : Own, optional
        The second term of (2).
    """

    def __init__(
        self,
        plan: Plan,
        draws: Draws,
        target: Any,
        count: int,
        cell: IntArray,
        own: Own | None = None,
    ) -> None:
        self.count, self.cell, self.own = count, cell, own
        self.values = np.concatenate(list(draws.values), axis=1)
        self.total = self.values.shape[1]
        quick = isinstance(target, _core.Integrated | _core.Shares) and plan.integrals is None
        budget = CLOSED if quick else QUADRATURE
        keep = min(self.total, max(FEWEST, budget // max(count, 1)))
        self.used = np.arange(keep) * self.total // keep
        self.source: Source = _Integrals(target, self.values)
        if plan.grid is not None:
            weights = np.concatenate(list(draws.weights), axis=0)
            self.source = _Points(target, self.values, weights, plan.grid.fixed)

    def log(self, lo: int, hi: int, at: IntArray | None = None) -> FloatArray:
        """Log densities (n, hi - lo) of cells lo .. hi without c_j, at the draws used or those `at`."""
        at = self.used if at is None else at
        found = self.source.marginal(at, lo, hi)
        return found if self.own is None else found + self.own.log(self.values[:, at], lo, hi)

    def block(self) -> int:
        """How many cells to read at once."""
        return max(1, 500_000 // len(self.used))


class _Integrals:
    """Effects integrated out by the core."""

    def __init__(self, target: Any, values: FloatArray) -> None:
        self.target, self.values = target, values

    def marginal(self, at: IntArray, lo: int, hi: int) -> FloatArray:
        found: FloatArray = self.target.marginal(np.ascontiguousarray(self.values[:, at]), lo, hi)
        return found


class _Points:
    """Effects summed out over the points of a grid."""

    def __init__(self, target: Any, values: FloatArray, weights: FloatArray, fixed: bool) -> None:
        self.target, self.values, self.weights, self.fixed = target, values, weights, fixed

    def marginal(self, at: IntArray, lo: int, hi: int) -> FloatArray:
        cells = np.arange(lo, hi)
        if self.fixed:
            value, top = self.target.likelihoods(np.zeros(1), cells)
            return np.asarray(np.log(self.weights[at] @ value.T) + top)
        out = np.empty((len(at), hi - lo))
        for row, t in zip(out, at.tolist(), strict=True):
            x = np.ascontiguousarray(self.values[:, t])
            value, top = self.target.likelihoods(x, cells)
            row[:] = np.log(value @ self.weights[t]) + top
        return out


class Own:
    """What rows say of the likelihood's parameters whatever their effects: the second term of (2).

    Parameters
    ----------
    graph : Graph
        Of the model.
    kinds : sequence of tuple
        Table of each kind of a row, as the core reads it.
    number : scipy.sparse.csr_array
        Rows of each kind that cells have (C, K).
    """

    def __init__(self, graph: Graph, kinds: Sequence[Any], number: csr_array) -> None:
        self.graph, self.kinds, self.number = graph, kinds, number

    def log(self, x: FloatArray, lo: int, hi: int) -> FloatArray:
        """Log densities (n, hi - lo) of cells lo .. hi at values x (n_node, n)."""
        from hierfast.sample import read

        args = row_arguments(self.graph)
        columns: list[FloatArray | None] = [
            np.ascontiguousarray(read(arg, x, x.shape[1])) for arg in args
        ]
        each = [_core.likelihood_overall(self.graph.likelihood, columns, k) for k in self.kinds]
        found = self.number[lo:hi] @ np.array(each).reshape(len(self.kinds), x.shape[1])
        return np.asarray(found.T)


def row_arguments(graph: Graph) -> tuple[Arg, ...]:
    """List what the likelihood reads beside statistics, as its core orders it.

    Parameters
    ----------
    graph : Graph
        Of the model.

    Returns
    -------
    tuple of Arg
        Unknowns or constants.
    """
    if graph.scales is not None:
        return graph.location, graph.scale, Arg(-1, 0, graph.scales.power)
    if graph.likelihood == "StudentT":
        return graph.rows if len(graph.rows) > 1 else (*graph.rows, graph.noise)
    if graph.likelihood == "OrderedLogistic":
        return graph.rows
    sums = graph.likelihood.startswith("Binomial") or graph.likelihood == "Poisson"
    return () if sums else (graph.noise,)


def build_target(
    plan: Plan, columns: Sequence[FloatArray], rows: Any = None, design: Any = None
) -> Any:
    """Make what gives (1) of other cells than a plan has.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    columns : sequence of numpy.ndarray
        What the likelihood reads of each cell (C,), of categories counts (C, H).
    rows : tuple, optional
        Terms, and the table of all rows, where groups are made of terms.
    design : numpy.ndarray, optional
        Predictors (C, K) where the population's location is linear.

    Returns
    -------
    Target
        Of the core.
    """
    graph = plan.graph if plan.graph.scales is None else plan.graph.of_scales
    lpar, level = row_arguments(plan.graph), plan.level
    columns = [np.ascontiguousarray(c, dtype=np.float64) for c in columns]
    if plan.grid is not None:
        one, none = np.ones(len(columns[0])), ((), ())
        beside = (graph.shape[0], plan.grid.points, plan.grid.base, none)
        return _core.Gridded(graph, columns, lpar, level, one, rows, *beside, False, False, False)
    if graph.population == "Dirichlet":
        from hierfast.schemes.shares import distinct

        cells, alpha = plan.cells, distinct(graph.shape)[0]
        tables = cells.tables, cells.trials, cells.part
        return _core.Shares(graph, alpha, *tables, columns[0], [], level)
    if graph.parts:
        return _core.Mixed(graph, columns, lpar, level, None, max(plan.order, ORDER), rows)
    pairs = (
        []
        if design is None
        else list(zip(np.ascontiguousarray(design.T), plan.graph.design, strict=True))
    )
    return _core.Integrated(
        graph,
        graph.likelihood,
        graph.population,
        columns,
        lpar,
        graph.shape,
        level,
        None,
        max(plan.order, ORDER),
        rows,
        [(column, node) for column, (_, node) in pairs],
        plan.integrals is None,
    )


def normal_columns(stats: Any) -> tuple[FloatArray, ...]:
    """Give what csrc/likelihood/normal.h reads of `Statistics`.

    Parameters
    ----------
    stats : Statistics
        Of groups.

    Returns
    -------
    tuple of numpy.ndarray
        Weights, means, rows and squares (J,).
    """
    rows = stats.weight if stats.rows is None else stats.rows
    return stats.weight, stats.mean, rows, stats.m2


def open_marginal(plan: Plan, draws: Draws) -> Marginal:
    """Choose what gives the densities of a fit's groups.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    draws : Draws
        Of the fit.

    Returns
    -------
    Marginal
        Of all cells.

    Raises
    ------
    ValueError
        If the statistics of groups do not tell what each one says of the likelihood's parameters.
    """
    has = plan.statistics.n > 0
    if plan.grid is not None:
        cell, target, count = plan.grid.cell, plan.target, len(plan.grid.mult)
    elif plan.cell is not None:
        cell, count = plan.cell, len(plan.cells)
        target = plan.integrals or build_target(plan, (plan.cells.y, plan.cells.size))
    else:
        informed = plan.informed
        whole = len(informed) == len(has)
        cell = np.arange(len(has)) if whole else np.cumsum(has) - 1
        count, target = len(informed), plan.integrals or plan.closed
        target = target or build_target(plan, normal_columns(informed))
    return Marginal(plan, draws, target, count, np.where(has, cell, -1), own_of_cells(plan))


def own_of_cells(plan: Plan) -> Own | None:
    """Give the second term of (2) of a plan's cells.

    Parameters
    ----------
    plan : Plan
        Of the fit.

    Returns
    -------
    Own or None
        None where there is none.

    Raises
    ------
    ValueError
        If it takes the rows.
    """
    graph, name = plan.graph, plan.graph.likelihood
    if name not in ALONE:
        return None
    cells: TermCells = plan.cells
    every, events = np.arange(len(cells)), np.ones(len(cells))
    if name == "Weibull":
        return count_kinds(graph, len(cells), every, events, cells.y)
    many = cells.count.astype(np.int64)
    which, start = np.repeat(every, many), np.cumsum(many) - many
    at = np.arange(len(which)) + np.repeat(cells.first.astype(np.int64) - start, many)
    terms = [term[at] for term in cells.terms]
    if name == "OrderedLogistic":
        return count_kinds(graph, len(cells), which, terms[2] + 1.0, terms[0])
    merged = terms[1] > 1.0 if name == "NegativeBinomial" else terms[2] == 0.0
    merged &= terms[0] > 1.0
    if merged.any():
        raise ValueError(
            f"sums of {graph.title} rows do not tell what each group says of the likelihood's own "
            "parameter: give the rows, as in fit.loo(data, by='group')"
        )
    if name == "Gamma":
        return count_kinds(graph, len(cells), every, events, cells.y)
    return count_kinds(graph, len(cells), which, terms[0], np.ones(len(which)))


def count_kinds(
    graph: Graph, count: int, cell: IntArray, value: FloatArray, mult: FloatArray
) -> Own:
    """Count the rows of each kind that cells have, of the likelihoods in `ALONE`.

    Parameters
    ----------
    graph : Graph
        Of the model.
    count : int
        Cells.
    cell, value, mult : numpy.ndarray
        Cell, outcome and number of rows alike (R,): outcomes are counts, categories, or 1 of an event seen.

    Returns
    -------
    Own
        The second term of (2).
    """
    from scipy.sparse import csr_array

    ordered = graph.likelihood == "OrderedLogistic"
    top = len(graph.rows) - 1 if ordered else 0
    some = (mult > 0) & (value > 0) & ((value <= top) | (not ordered))
    kinds, which = np.unique(value[some], return_inverse=True)
    none = np.empty(0)
    tables: list[Any] = []
    for v in kinds.tolist():
        if graph.likelihood == "NegativeBinomial":
            tables.append(tabulate(np.array([v]), np.ones(1)))
        else:  # one event, or one row between two cutpoints
            at = int(v) - 1
            tables.append((np.eye(1, max(top, 2), at)[0], none, none))
    number = csr_array((mult[some], (cell[some], which)), shape=(count, len(kinds)))
    return Own(graph, tables, number)
