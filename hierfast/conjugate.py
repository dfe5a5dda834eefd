r"""Groups of a conjugate population given the hyperparameters, read as mixtures over their draws.

With shapes a, b of the population at a draw, a group of counts y out of s is

.. math::

    p \mid y \sim \mathrm{Beta}(a + y, b + s - y), \qquad
    r \mid y \sim \mathrm{Gamma}(a + y, b + s)                                       \tag{1}

as in csrc/conjugate; its posterior is the mixture of these over the draws. Means and sds of the mixture
are sums; a quantile q solves

.. math:: \frac{1}{M} \sum_m F_m(q) = p                                               \tag{2}

by Newton steps on the logarithm of the nearer tail, over the logit or logarithm of q, within a bracket.
Where there are many cells, and so many groups that the hyperparameters hardly move, the draws are
replaced by 4 points with the mean m and the covariance L L' of theirs,

.. math:: (\log a, \log b) = m \pm \sqrt 2\, L e_k, \qquad k = 1, 2                  \tag{3}

and what that costs is measured on cells that are also read by all draws.
Sources: Gelman et al., *Bayesian Data Analysis*, 3rd ed., sections 2.4 and 2.6; Stroud (1971),
*Approximate Calculation of Multiple Integrals*, rule of degree 3, for (3).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast.plan import Plan
from hierfast.sample import read
from hierfast.threads import pieces, run_all

FloatArray = NDArray[np.float64]

TERMS = 20_000_000  # terms of mixtures that a read-out of moments may spend
CALLS = 2_000_000  # distribution functions that one of quantiles may
FEW = 24  # draws that are read one by one whatever it costs
PROBES = 64  # cells on which fewer nodes are tried
TOLERANCE = 1e-3  # sd by which the means of these may be off
AT_ONCE = 32  # cells whose quantiles are solved for together
STEPS = 60
CLOSE = 1e-9  # probability by which a quantile may be off


class BetaGroups:
    """Equation (1) for probabilities."""

    low, high = 0.0, 1.0

    @staticmethod
    def shapes(a: Any, b: Any, y: FloatArray, size: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give both shapes."""
        return a + y, b + (size - y)

    @staticmethod
    def moments(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give mean and variance."""
        both = a + b
        mean = a / both
        return mean, mean * (b / both) / (both + 1.0)

    @staticmethod
    def middle(mean: FloatArray, var: FloatArray, p: float) -> FloatArray:
        """Give the quantile of one beta with these moments, as a logit."""
        from scipy.special import betaincinv, logit

        both = np.maximum(mean * (1.0 - mean) / var - 1.0, 1e-3)
        found = betaincinv(mean * both, (1.0 - mean) * both, p)
        return np.asarray(logit(np.clip(found, 1e-280, 1.0 - 1e-16)))

    @staticmethod
    def tails(
        a: FloatArray, b: FloatArray, z: FloatArray, upper: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Give the probability beyond the logit z on one side, and the density of z."""
        from scipy.special import betainc, betaln, expit, log_expit

        tail = betainc(b, a, expit(-z)) if upper else betainc(a, b, expit(z))
        return tail, np.exp(a * log_expit(z) + b * log_expit(-z) - betaln(a, b))

    @staticmethod
    def value(z: FloatArray) -> FloatArray:
        """Turn a logit into a probability."""
        from scipy.special import expit

        return np.asarray(expit(z))

    @staticmethod
    def inverse(x: FloatArray) -> FloatArray:
        """Turn a probability into a logit."""
        from scipy.special import logit

        return np.asarray(logit(np.clip(x, 1e-300, 1.0 - 2.0**-53)))

    @staticmethod
    def slope(z: FloatArray) -> FloatArray:
        """Give the slope of `value`."""
        from scipy.special import expit

        return np.asarray(expit(z) * expit(-z))


class GammaGroups:
    """Equation (1) for rates."""

    low, high = 0.0, np.inf

    @staticmethod
    def shapes(a: Any, b: Any, y: FloatArray, size: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give shape and rate."""
        return a + y, b + size

    @staticmethod
    def moments(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give mean and variance."""
        mean = a / b
        return mean, mean / b

    @staticmethod
    def middle(mean: FloatArray, var: FloatArray, p: float) -> FloatArray:
        """Give the quantile of one gamma with these moments, as a logarithm."""
        from scipy.special import gammaincinv

        found = gammaincinv(mean * mean / var, p) * (var / mean)
        return np.asarray(np.log(np.maximum(found, 1e-280)))

    @staticmethod
    def tails(
        a: FloatArray, b: FloatArray, z: FloatArray, upper: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Give the probability beyond the logarithm z on one side, and the density of z."""
        from scipy.special import gammainc, gammaincc, gammaln

        x = b * np.exp(z)
        tail = gammaincc(a, x) if upper else gammainc(a, x)
        return tail, np.exp(a * (z + np.log(b)) - x - gammaln(a))

    @staticmethod
    def value(z: FloatArray) -> FloatArray:
        """Turn a logarithm into a rate."""
        return np.asarray(np.exp(z))

    @staticmethod
    def inverse(x: FloatArray) -> FloatArray:
        """Turn a rate into a logarithm."""
        return np.asarray(np.log(np.maximum(x, 1e-300)))

    @staticmethod
    def slope(z: FloatArray) -> FloatArray:
        """Give the slope of `value`."""
        return np.asarray(np.exp(z))


FAMILIES = {"Beta": BetaGroups, "Gamma": GammaGroups}


class ConjugateReader:
    """All groups of a conjugate population, cell by cell.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    values : numpy.ndarray
        Unknowns (chains, n_node, draws).
    cores : int
        Threads; they change nothing.
    """

    def __init__(self, plan: Plan, values: FloatArray, cores: int) -> None:
        self.cores, self.error = cores, 0.0
        self.family: Any = FAMILIES[plan.graph.population]
        x = np.ascontiguousarray(np.concatenate(list(values), axis=1))
        self.a, self.b = (read(arg, x, x.shape[1]) for arg in plan.graph.shape)
        self.y, self.size, self.cell = plan.cells.y, plan.cells.size, plan.cell
        self._moments: tuple[FloatArray, FloatArray] | None = None

    def _nodes(self, most: int) -> tuple[FloatArray, FloatArray]:
        """Shapes to read the groups at: all draws, or few that stand for them, equally weighted.

        Few are the points of equation (3), where the probe cells' means come out right by them; else
        draws evenly spread, twice as many until they do.
        """
        total = len(self.a)
        if total <= most or total <= FEW:
            return self.a, self.b
        some = np.linspace(0, len(self.y) - 1, PROBES).astype(np.intp)
        want, var = self._mixture(self.a, self.b, some)
        nodes, keep = cubature(self.a, self.b), FEW
        while True:
            got, _ = self._mixture(*nodes, some)
            error = float((np.abs(got - want) / np.sqrt(var)).max())
            if error < TOLERANCE or keep >= total:
                self.error = max(self.error, error)
                return nodes
            at = np.arange(keep) * total // keep
            nodes, keep = (self.a[at], self.b[at]), 2 * keep

    def _mixture(
        self, a: FloatArray, b: FloatArray, cells: NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of a few cells."""
        y, size = self.y[cells], self.size[cells]
        mean, var = self.family.moments(*self.family.shapes(a[:, None], b[:, None], y, size))
        return mean.mean(axis=0), var.mean(axis=0) + mean.var(axis=0)

    def of_cells(self) -> tuple[FloatArray, FloatArray]:
        """Give posterior mean and variance of every cell."""
        if self._moments is None:
            n = len(self.y)
            draws = list(zip(*self._nodes(TERMS // n), strict=True))
            mean, var = np.empty((2, n))

            def work(lo: int, hi: int) -> None:
                y, size = self.y[lo:hi], self.size[lo:hi]
                first, second = np.zeros((2, hi - lo))
                about, _ = self.family.moments(*self.family.shapes(*draws[0], y, size))
                for a, b in draws:
                    m, v = self.family.moments(*self.family.shapes(a, b, y, size))
                    m = m - about
                    first += m
                    second += m * m + v
                first /= len(draws)
                mean[lo:hi] = about + first
                var[lo:hi] = np.maximum(second / len(draws) - first * first, 0.0)

            run_all([partial(work, *c) for c in pieces(n, 4096, 64)], self.cores)
            self._moments = mean, var
        return self._moments

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of every group."""
        mean, var = self.of_cells()
        return mean[self.cell], np.sqrt(var)[self.cell]

    def quantiles(self, probs: FloatArray) -> FloatArray:
        """Posterior quantiles (J, Q): equation (2)."""
        n = len(self.y)
        mean, var = self.of_cells()
        a, b = (x[:, None] for x in self._nodes(CALLS // (4 * len(probs) * n)))
        out = np.empty((n, len(probs)))

        def work(lo: int, hi: int) -> None:
            shape_a, shape_b = self.family.shapes(a, b, self.y[lo:hi], self.size[lo:hi])
            for k, p in enumerate(probs.tolist()):
                start = self.family.middle(mean[lo:hi], np.maximum(var[lo:hi], 1e-300), p)
                out[lo:hi, k] = self.family.value(solve(self.family, shape_a, shape_b, p, start))

        cuts = [(lo, min(lo + AT_ONCE, n)) for lo in range(0, n, AT_ONCE)]
        run_all([partial(work, *c) for c in cuts], self.cores)
        if len(a) < len(self.a):
            self._check(out, probs, mean, np.sqrt(var))
        return np.ascontiguousarray(out[self.cell])

    def _check(
        self, found: FloatArray, probs: FloatArray, mean: FloatArray, sd: FloatArray
    ) -> None:
        """Measure the error of quantiles on probe cells, over all draws."""
        some = np.linspace(0, len(self.y) - 1, PROBES // 8).astype(np.intp)
        of = self.family.shapes(self.a[:, None], self.b[:, None], self.y[some], self.size[some])
        for k, p in enumerate(probs.tolist()):
            z = self.family.inverse(found[some, k])
            tail, density = (v.mean(axis=0) for v in self.family.tails(*of, z, p > 0.5))
            off = np.abs(tail - min(p, 1.0 - p)) / density * self.family.slope(z)
            self.error = max(self.error, float((off / sd[some]).max()))


def cubature(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Replace shapes by 4 that have the means and the covariance of their logarithms: equation (3).

    Parameters
    ----------
    a, b : numpy.ndarray
        Shapes (M,).

    Returns
    -------
    tuple of numpy.ndarray
        Shapes (4,), equally weighted.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.conjugate import cubature
    >>> a, _ = cubature(np.exp([0.0, 2.0, 0.0, 2.0]), np.exp([0.0, 0.0, 1.0, 1.0]))
    >>> np.log(a).mean().round(6), np.log(a).std().round(6)
    (np.float64(1.0), np.float64(1.0))
    """
    log = np.log(np.stack([a, b]))
    mean = log.mean(axis=1, keepdims=True)
    (aa, ab), (_, bb) = np.cov(log, bias=True)
    low = np.array([[np.sqrt(aa), 0.0], [ab / np.sqrt(aa) if aa > 0 else 0.0, 0.0]])
    low[1, 1] = np.sqrt(max(bb - low[1, 0] ** 2, 0.0))
    out = np.exp(mean + np.sqrt(2.0) * np.concatenate([low, -low], axis=1))
    return out[0], out[1]


def solve(family: Any, a: FloatArray, b: FloatArray, p: float, z: FloatArray) -> FloatArray:
    """Quantiles of mixtures: equation (2).

    Parameters
    ----------
    family : type
        `BetaGroups` or `GammaGroups`.
    a, b : numpy.ndarray
        Shapes of the components (M, C).
    p : float
        Probability.
    z : numpy.ndarray
        Where to start (C,), as a logit or logarithm.

    Returns
    -------
    numpy.ndarray
        Quantiles (C,), as logits or logarithms.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.conjugate import BetaGroups, solve
    >>> one = np.ones((1, 1))
    >>> float(solve(BetaGroups, one, 3 * one, 0.5, np.array([1.0])).round(3)[0])
    -1.347
    """
    upper = p > 0.5
    wanted, sign = (1.0 - p, -1.0) if upper else (p, 1.0)
    low, high = np.full(z.shape, -np.inf), np.full(z.shape, np.inf)
    out, left = z.copy(), np.arange(len(z))  # those that are not close enough yet
    for _ in range(STEPS):
        tail, density = (v.mean(axis=0) for v in family.tails(a, b, z, upper))
        below = sign * (tail - wanted) < 0.0
        low, high = np.where(below, z, low), np.where(below, high, z)
        with np.errstate(all="ignore"):
            to = z - sign * np.log(tail / wanted) * tail / density
        inside = (to > low) & (to < high) & np.isfinite(to)
        wide = np.isinf(low) | np.isinf(high)
        away = np.where(below, z + 1.0 + np.abs(z), z - 1.0 - np.abs(z))
        out[left] = z
        far = np.abs(tail - wanted) >= CLOSE * wanted
        if not far.any():
            break
        z = np.where(inside, to, np.where(wide, away, 0.5 * (low + high)))[far]
        a, b, low, high, left = a[:, far], b[:, far], low[far], high[far], left[far]
    return out
