r"""Groups read from few cells that stand for all: (4) of `hierfast.schemes.between`.

A posterior mean, a standard deviation, a quantile and a chance are smooth functions of the logarithm of a
group's exposure. What is left is looked at: at some draws of the hyperparameters, means, sds and quantiles
of groups spread over all are compared with their own integrals. Where they differ by more than a part of a
group's sd, `hierfast.readout.OFF`, every group is integrated by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.marginal import Marginal
from hierfast.nodal import NodeReader
from hierfast.schemes.between import POINTS

if TYPE_CHECKING:
    from hierfast.fitted import Fitted
    from hierfast.plan import Plan
    from hierfast.readout import QuadratureReader
    from hierfast.schemes.between import Between

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

GROUPS, DRAWS = 32, 2  # cells, and draws of phi, that are looked at
SMALL = 0.3  # k of cells that stand for others
PROBS = (0.05, 0.9)


def open_cells(adaptive: QuadratureReader) -> Any:
    """Give what reads cells: at nodes that stay where they are, if there are some.

    Parameters
    ----------
    adaptive : QuadratureReader
        What reads any cells.

    Returns
    -------
    CellReader
        Of the same groups.
    """
    nodes = adaptive.plan.integrals.nodes
    return NodeReader(adaptive) if nodes and len(nodes[0]) else adaptive


class StandingReader:
    """Groups of counts whose exposures all differ.

    Parameters
    ----------
    few : QuadratureReader
        What reads the cells that stand for all.
    every : QuadratureReader
        What reads all cells.
    """

    def __init__(self, few: QuadratureReader, every: QuadratureReader) -> None:
        self.few, self.every = few, every
        self.cells = open_cells(few)

    @property
    def plan(self) -> Plan:
        """Plan of all groups."""
        return self.every.plan

    @property
    def between(self) -> Between:
        """Which cells stand for which."""
        found = self.plan.between
        assert found is not None
        return found

    @property
    def error(self) -> float:
        """Largest error found in quantiles, in sd."""
        return float(self.cells.error) + self.off

    @cached_property
    def off(self) -> float:
        """Largest difference from figures of groups by themselves, in their sd."""
        between, points = self.between, self.few.thin(0)
        some = np.unique(np.linspace(0, len(between.at) - 1, GROUPS).astype(np.int64))
        stand = between.first[some, None] + np.arange(POINTS)
        used = np.unique(stand)
        worst = 0.0
        for x in points[np.linspace(0, len(points) - 1, DRAWS).astype(np.int64)]:
            own = self._figures(self.plan.integrals, x, between.at[some])
            whole = np.zeros((len(between.cells), own.shape[1]))
            whole[used] = self._figures(self.few.plan.integrals, x, used)
            made = between.spread(whole, self.plan.level, some=some)
            worst = np.maximum(worst, (np.abs(made - own) / own[:, 1:2]).max())  # NaN stays
        return float(worst)

    @staticmethod
    def _figures(integrals: Any, x: FloatArray, cells: IntArray) -> FloatArray:
        """Means, sds and quantiles (n, 2 + Q) of effects of some cells given one draw of phi."""
        mean, sd = np.empty((2, len(cells)))
        integrals.moments(x, cells, mean, sd)
        theta = np.empty(len(cells) * len(PROBS))
        integrals.invert(x, np.repeat(cells, len(PROBS)), np.tile(PROBS, len(cells)), theta)
        return np.column_stack([mean, sd, theta.reshape(len(cells), -1)])

    def spread(self, of_cells: FloatArray) -> FloatArray:
        """Give figures of all groups (J, ...) from those of the cells that stand for all."""
        found = self.between.spread(of_cells, self.plan.level, self.few.cores)
        assert self.every.cell is not None
        return np.asarray(found[self.every.cell])

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of every group."""
        return self._both(*self.cells.moments())

    def expect(self, function: Callable[[FloatArray], FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of a smooth function of every group's effect."""
        return self._both(*self.cells.expect(function))

    def _both(self, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
        found = self.spread(np.stack([mean, sd], axis=1))
        return np.ascontiguousarray(found[:, 0]), np.ascontiguousarray(found[:, 1])

    def quantiles(self, probs: FloatArray) -> FloatArray:
        """Posterior quantiles (J, Q)."""
        return self.spread(self.cells.quantiles(probs))


def leave_out_few(fit: Fitted, efficiency: float) -> tuple[Marginal, FloatArray, float] | None:
    """Leave out every group in turn, read off cells that stand for all.

    Parameters
    ----------
    fit : Fitted
        The fit.
    efficiency : float
        As in `hierfast.loo.leave_out`.

    Returns
    -------
    tuple or None
        What gives the densities of these cells; elpd and effective numbers of all cells, and k, which is
        that of the nearest of the few (3, C); the Monte Carlo error of the sum. None where no cells
        stand for all, or some k is so large that it matters which.
    """
    from hierfast.loo import leave_out

    between, few = fit.plan.between, fit.plan.few
    if between is None or few is None:
        return None
    count = len(few.cells)
    marginal = Marginal(few, fit._draws, few.integrals, count, np.arange(count))
    found, mcse = leave_out(marginal.log, few.cells.mult, marginal.block(), efficiency, fit._cores)
    if found[2, : count - len(between.kept)].max() > SMALL:
        return None
    both = between.spread(np.ascontiguousarray(found[:2].T), fit.plan.level, fit._cores)
    return marginal, np.vstack([both.T, between.nearest(found[2])]), mcse
