r"""Groups on a grid of points, and the posterior of its weights.

With draws :math:`w_t, \phi_t` of weights and unknowns of the rows, a group of cell c is at a point with the
probability

.. math::

    P(\theta = g_k \mid y) = \frac{1}{T} \sum_t
        \frac{w_{tk} L_{ck}(\phi_t)}{\sum_l w_{tl} L_{cl}(\phi_t)}                          \tag{1}

which is exact given the draws. Its mean and sd are sums; its quantile at p is the smallest point such that
the probability of it and of those below is at least p, so that quantiles and ends of intervals are points.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.diagnose import percent
from hierfast.effects import Effects
from hierfast.groups import Groups
from hierfast.summary import Summary, import_pandas, summarise
from hierfast.threads import pieces, run_all

if TYPE_CHECKING:
    import pandas as pd

    from hierfast.fitted import Draws
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]

PRODUCTS = 20_000_000_000  # of weights and likelihoods that a read-out may spend
RENEWED = 1_000_000_000  # of likelihoods, where these change from draw to draw
FEW = 200  # draws that are read whatever it costs
AT_ONCE = 1 << 21  # numbers of a piece
HELD = 1 << 30  # bytes of probabilities that are held between readings
CLOSE = 1e-12  # probability that rounding may be off


class GridReader:
    """Probabilities of points for all cells: equation (1), from draws thinned where there are too many.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    draws : Draws
        Of its unknowns and weights.
    cores : int
        Threads.
    natural : bool
        Whether effects are wanted as probabilities or rates.
    """

    error = 0.0

    def __init__(self, plan: Plan, draws: Draws, cores: int, natural: bool) -> None:
        self.plan, self.cores = plan, cores
        grid = plan.grid
        self.cell, self.count, self.fixed = grid.cell, len(grid.mult), grid.fixed
        self.points = grid.points
        if natural:
            self.points = plan.statistics.link.inverse(grid.points)
        most = (PRODUCTS if self.fixed else RENEWED) // (self.count * len(self.points))
        x = np.concatenate(list(draws.values), axis=1).T
        total = len(x)
        keep = min(total, max(FEW, most))
        at = np.arange(keep) * total // keep
        self.x = np.ascontiguousarray(x[at])
        self.w = draws.weights.reshape(total, len(self.points))[at]
        self._held: FloatArray | None = None

    def _mass(self, cells: NDArray[np.int64]) -> FloatArray:
        target = self.plan.target
        if self.fixed:
            like, _ = target.likelihoods(np.zeros(1), cells)
            total = like @ self.w.T
            return np.asarray(like * ((1.0 / total) @ self.w) / len(self.w))
        mass = np.zeros((len(cells), len(self.points)))
        for x, w in zip(self.x, self.w, strict=True):
            like, _ = target.likelihoods(x, cells)
            like *= w
            mass += like / like.sum(axis=1, keepdims=True)
        return mass / len(self.w)

    def _over(self, function: Callable[[FloatArray], FloatArray], width: int) -> FloatArray:
        """Apply a function to the probabilities (cells, M) of all cells, piece by piece."""
        out = np.empty((self.count, width))
        if self._held is None and 8 * self.count * len(self.points) <= HELD:
            self._held = np.empty((self.count, len(self.points)))
            hold, self._held = self._held, None
            self._each(lambda lo, hi: hold.__setitem__(slice(lo, hi), self._at(lo, hi)))
            self._held = hold
        self._each(lambda lo, hi: out.__setitem__(slice(lo, hi), function(self._at(lo, hi))))
        return out

    def _at(self, lo: int, hi: int) -> FloatArray:
        return self._mass(np.arange(lo, hi)) if self._held is None else self._held[lo:hi]

    def _each(self, work: Callable[[int, int], None]) -> None:
        step = max(1, AT_ONCE // max(len(self.points), len(self.w)))
        cuts = [(lo, min(lo + step, self.count)) for lo in range(0, self.count, step)]
        run_all([partial(work, *cut) for cut in cuts], self.cores)

    def masses(self) -> FloatArray:
        """Probabilities of the points for each cell (C, M)."""
        return self._over(lambda mass: mass, len(self.points))

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of every group."""
        g = self.points

        def both(mass: FloatArray) -> FloatArray:
            mean = mass @ g
            apart = np.square(g - mean[:, None])
            return np.stack([mean, np.sqrt((mass * apart).sum(axis=1))], axis=1)

        found = self._over(both, 2)[self.cell]
        return np.ascontiguousarray(found[:, 0]), np.ascontiguousarray(found[:, 1])

    def quantiles(self, probs: FloatArray) -> FloatArray:
        """Posterior quantiles (J, Q), which are points."""

        def find(mass: FloatArray) -> FloatArray:
            below = np.cumsum(mass, axis=1)
            k = np.stack([(below < p - CLOSE).sum(axis=1) for p in probs], axis=1)
            return np.asarray(self.points[np.minimum(k, len(self.points) - 1)])

        return np.asarray(self._over(find, len(probs))[self.cell])


class GridEffects(Effects):
    """Draws of effects given draws of weights; see `Effects`."""

    def __init__(self, plan: Plan, draws: Draws, at: NDArray[np.intp] | None) -> None:
        super().__init__(plan, draws, at)
        cell = plan.grid.cell if at is None else plan.grid.cell[at]
        self.weights = draws.weights
        self._sort(cell)

    def fill(self, chosen: NDArray[np.intp], chain: int, out: FloatArray) -> None:
        """Make draws of a chain (n, groups)."""
        plan = self.plan
        key = _core.key(self.seed, self.chains[chain], 0, _core.THETA)
        for i, t in enumerate(chosen.tolist()):
            x = np.ascontiguousarray(self.values[chain, :, t])
            w = np.ascontiguousarray(self.weights[chain, t])
            invert = partial(plan.target.invert, x, w)
            make = partial(self._invert_cells, invert, key, plan.tune + 1 + t)
            self._of_cells(make, out[i])


class GridGroups(Groups):
    """Posterior of every group's effect on a grid.

    As `Groups`; quantiles and ends of intervals are points of the grid: the quantile at p is the smallest
    point such that the probability of it and of those below is at least p.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Grid(-30, 40, points=71))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> fit.groups.membership.shape, float(fit.groups["A"].membership.sum().round(6))
    ((8, 71), 1.0)
    """

    @cached_property
    def _reader(self) -> GridReader:
        return GridReader(self._plan, self._draws, self._cores, self._natural)

    @cached_property
    def membership(self) -> FloatArray:
        """Posterior probability (J, M) that a group is at each point."""
        return np.asarray(self._reader.masses()[self._plan.grid.cell])

    def _membership_of(self, position: int) -> FloatArray:
        """Those of one group, without the others' in memory."""
        cell = int(self._plan.grid.cell[position])
        return np.asarray(self._reader._at(cell, cell + 1)[0])

    def _effects(self, at: NDArray[np.intp] | None) -> Effects:
        return GridEffects(self._plan, self._draws, at)


class GridPopulation:
    """Posterior of a grid's weights, as ``fit.population``.

    Attributes
    ----------
    points : numpy.ndarray
        Points (M,), on the scale of effects.
    base : numpy.ndarray
        Prior means of the weights (M,).
    weights : numpy.ndarray
        Draws of the weights (chains, draws, M).

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Grid(-30, 40, points=8))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> fit.population.mean.shape, fit.population.weights.shape
    ((8,), (4, 1000, 8))
    >>> float(fit.population.mean.sum().round(6))
    1.0
    """

    def __init__(self, plan: Plan, draws: Draws, cores: int) -> None:
        self._plan, self._draws, self._cores = plan, draws, cores
        self.points: FloatArray = plan.grid.points
        self.base: FloatArray = plan.grid.base
        self.weights: FloatArray = draws.weights

    @property
    def mean(self) -> FloatArray:
        """Posterior means of the weights (M,): the distribution of a new group's effect."""
        return np.asarray(self.weights.mean(axis=(0, 1)))

    @property
    def sd(self) -> FloatArray:
        """Posterior standard deviations of the weights (M,)."""
        return np.asarray(self.weights.std(axis=(0, 1)))

    def quantile(self, probs: ArrayLike) -> FloatArray:
        """Posterior quantiles of the weights.

        Parameters
        ----------
        probs : array_like
            Probabilities (Q,), or one.

        Returns
        -------
        numpy.ndarray
            Quantiles (M, Q), or (M,) for a single probability.
        """
        given = np.asarray(probs, dtype=np.float64)
        found = np.quantile(self.weights, given, axis=(0, 1))
        return np.asarray(np.moveaxis(found, 0, -1) if given.ndim else found)

    def cdf(self) -> FloatArray:
        """Draws of the distribution function at the points (chains, draws, M)."""
        return np.asarray(np.cumsum(self.weights, axis=-1))

    @cached_property
    def log_likelihood(self) -> FloatArray:
        """Logarithm of the likelihood (chains, draws), effects summed out.

        Equation (1) of csrc/phi/points.h, up to what the rows say whatever the unknowns are.
        """
        values, target = self._draws.values, self._plan.target
        chains, draws, _ = self.weights.shape
        out = np.empty((chains, draws))

        def work(chain: int, lo: int, hi: int) -> None:
            for t in range(lo, hi):
                x = np.ascontiguousarray(values[chain, :, t])
                w = np.ascontiguousarray(self.weights[chain, t])
                out[chain, t] = target.log_likelihood(x, w)

        cuts = pieces(draws, 50, 16)
        run_all([partial(work, c, *cut) for c in range(chains) for cut in cuts], self._cores)
        return out

    def summary(self) -> Summary:
        """Summarise the weights, a row a point, with their effective sample sizes and R-hat."""
        name = self._plan.group_name
        named = {
            f"{name}_weights[{g:.6g}]": self.weights[:, :, k] for k, g in enumerate(self.points)
        }
        return summarise(named)

    def to_pandas(self, prob: float = 0.9) -> pd.DataFrame:
        """Give a data frame: a row a point.

        Parameters
        ----------
        prob : float
            Probability inside a central interval of each weight, whose ends are columns.

        Returns
        -------
        pandas.DataFrame
            Columns ``mean``, ``sd`` and, for 0.9, ``5%`` and ``95%``; indexed by the points.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pandas = import_pandas()
        ends = [0.5 * (1 - prob), 0.5 * (1 + prob)]
        found = self.quantile(ends)
        columns = {"mean": self.mean, "sd": self.sd}
        columns |= {percent(p): found[:, i] for i, p in enumerate(ends)}
        return pandas.DataFrame(columns, index=pandas.Index(self.points, name="point"))

    def __repr__(self) -> str:
        """Print how many points there are, between which ends, and the mean weights of the heaviest."""
        mean = self.mean
        heavy = np.argsort(-mean, kind="stable")[:5]
        told = ", ".join(f"{self.points[k]:.4g} ({mean[k]:.3g})" for k in heavy)
        return (
            f"GridPopulation({len(mean)} points, {self.points[0]:.6g} to {self.points[-1]:.6g}; "
            f"largest mean weights at {told})"
        )
