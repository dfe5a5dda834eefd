r"""The evidence of a model whose effects are on a grid, by bridge sampling over the weights as well.

Given how many groups :math:`N_k` are at each point, weights are of a Dirichlet, so that their posterior is
a mixture of such. The proposal is one too, over R allocations of half the posterior draws, and beside it
a Student-t of the hyperparameters `u` on the real line, fitted to these draws,

.. math::

    g(u, w) = t_5(u) \, \frac1R \sum_r \mathrm{Dirichlet}(w \mid \alpha m + N_r).                  \tag{1}

What equation (1) of `hierfast.evidence` takes is then without powers of weights that are nearly 0,

.. math::

    \frac{q}{g} = \frac{p(y \mid w, u)\, p(u)}
        {t_5(u)\, \frac1R \sum_r \prod_k w_k^{N_{rk}} / p(N_r \mid \alpha)}                        \tag{2}

with :math:`p(N \mid \alpha)` of equation (4) of ``hierfast/likelihoods/grid.py``. Weights of the other half
of the draws are drawn once more given allocations, by their logarithms, since they may be 0 to rounding.

Sources: Meng and Wong (1996), *Statistica Sinica* 6; Chib (1995), *JASA* 90(432), for densities of
conditionals averaged over draws.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.diagnose import ess_mean
from hierfast.distributions.base import Support
from hierfast.evidence import CHAIN, bridge
from hierfast.hyper import log_hyper
from hierfast.sample import read

if TYPE_CHECKING:
    from hierfast.fitted import Fitted

FloatArray = NDArray[np.float64]

PARTS, DRAWS = 400, 2000  # allocations of (1), and draws of either kind, at most
LIKELIHOODS = 400_000_000  # of cells at points, that are made at most
HELD = 20_000_000  # likelihoods that are made at once
NU, WIDE = 5.0, 1.2  # degrees of freedom of the Student-t, and how much wider it is than the draws
WORST = 0.5  # Monte Carlo error beyond which (1) and the posterior hardly overlap
FEWEST = 8  # draws of a chain


def bridge_grid(fit: Fitted) -> tuple[float, float]:
    """Integrate the posterior of a fit on a grid: the logarithm up to what data alone say, and its error.

    Parameters
    ----------
    fit : Fit
        On a grid, whose priors are proper.

    Returns
    -------
    tuple of float
        Logarithm, and Monte Carlo error.

    Raises
    ------
    ValueError
        If draws are too few, or the proposal does not reach the posterior.
    """
    chains, length = fit.shape
    if length < FEWEST:
        raise ValueError(
            f"the evidence on a grid takes {FEWEST} draws a chain; the fit has {length}"
        )
    work = _Bridge(fit)
    if len(work.cells) * len(work.grid.points) > HELD:
        raise ValueError(
            f"the evidence on a grid of {len(work.grid.points)} points is not available for "
            f"{len(work.cells):,} groups that differ; compare by fit.loo()"
        )
    first, second = np.arange(length // 2), np.arange(length // 2, length)
    work.propose(_thin(first, min(PARTS, work.most) // chains))
    at = _thin(second, min(DRAWS, work.most) // chains)
    ours = work.of_draws(at)
    theirs = work.of_proposals(chains * len(at))
    efficiency = 1.0
    if len(at) >= 4:
        found = ess_mean(ours.reshape(chains, len(at), 1))
        efficiency = min(1.0, float(np.min(found)) / ours.size)
    with np.errstate(all="ignore"):  # where (1) is far from the posterior, of which the error tells
        log, se = bridge(ours, theirs, efficiency)
    if not se < WORST:
        raise ValueError(
            f"the evidence on this grid has a Monte Carlo error above {WORST:g}: weights of so many groups "
            "and points are too far apart to be bridged; give fewer points, or compare by fit.loo()"
        )
    return log, se


def _thin(places: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Take evenly spaced places, at most so many."""
    keep = min(len(places), max(1, most))
    return places[np.arange(keep) * len(places) // keep]


class _Bridge:
    """Proposal (1), and ratios (2) of draws."""

    def __init__(self, fit: Fitted) -> None:
        plan, draws = fit.plan, fit._draws
        self.graph, self.target, self.grid = plan.graph, plan.target, plan.grid
        self.values, self.weights = draws.values, draws.weights
        self.rng = np.random.default_rng([draws.seed, CHAIN])
        self.mult = self.grid.mult.astype(np.int64)
        self.cells = np.flatnonzero(self.mult > 0)
        self.most = max(FEWEST, LIKELIHOODS // (len(self.cells) * len(self.grid.points)))
        self.low, self.high = self._ends()

    def _ends(self) -> tuple[list[Any], list[Any]]:
        """Find the ends of unknowns that are between parameters of their priors, which must be numbers."""
        low, high = [0.0] * len(self.graph.nodes), [1.0] * len(self.graph.nodes)
        for i, node in enumerate(self.graph.nodes):
            if node.support == Support.BOUNDED:
                low[i], high[i] = (
                    float(read(a, np.zeros((len(low), 1)), 1)[0]) for a in node.args[:2]
                )
        return low, high

    def free(self, x: FloatArray) -> FloatArray:
        """Bring unknowns (n_node, n) to the real line."""
        z = x.copy()
        for i, node in enumerate(self.graph.nodes):
            if node.support == Support.POSITIVE:
                z[i] = np.log(x[i])
            elif node.support != Support.REAL:
                z[i] = np.log(x[i] - self.low[i]) - np.log(self.high[i] - x[i])
        return z

    def bound(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Bring them back, and give the logarithm of their prior on the real line (n,)."""
        x, log = z.copy(), np.zeros(z.shape[1])
        for i, node in enumerate(self.graph.nodes):
            if node.support == Support.POSITIVE:
                x[i] = np.exp(z[i])
                log += z[i]
            elif node.support != Support.REAL:
                wide, u = self.high[i] - self.low[i], -np.logaddexp(0.0, -z[i])
                x[i] = self.low[i] + wide * np.exp(u)
                log += math.log(wide) + u - np.logaddexp(0.0, z[i])
        return x, log + log_hyper(self.graph, x)

    @cached_property
    def held(self) -> tuple[FloatArray, FloatArray] | None:
        """Likelihoods, where they stay while unknowns move."""
        return self.make(np.zeros(len(self.graph.nodes) or 1)) if self.grid.fixed else None

    def make(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Likelihoods of cells that have groups (C, M) over the largest of each, and its logarithm."""
        value, top = self.target.likelihoods(np.ascontiguousarray(x), self.cells)
        return value, top

    def read(self, x: FloatArray, w: FloatArray) -> tuple[float, FloatArray]:
        """Log density of the rows given weights, and groups allocated to points (M,)."""
        value, top = self.held or self.make(x)
        share = value * w
        total = share.sum(axis=1)
        mult = self.mult[self.cells]
        with np.errstate(all="ignore"):
            log = float(mult @ (np.log(total) + top))
            share /= total[:, None]
        if log == -np.inf:  # of weights proposed only
            return log, np.zeros(len(w), dtype=np.int64)
        return log, self.rng.multinomial(mult, share).sum(axis=0)

    def concentrations(self, x: FloatArray) -> FloatArray:
        """Parameters alpha m (n, M) of the weights' prior."""
        alpha = read(self.graph.shape[0], x, x.shape[1])
        return np.asarray(alpha[:, None] * self.grid.base)

    def propose(self, at: NDArray[np.intp]) -> None:
        """Make (1) of draws at some places of every chain."""
        x = np.concatenate(list(self.values[:, :, at]), axis=1)
        w = np.concatenate(list(self.weights[:, at]))
        self.parts = np.array([self.read(a, b)[1] for a, b in zip(x.T, w, strict=True)])
        z, count = self.free(x), len(x)
        self.middle = z.mean(axis=1)
        cover = np.atleast_2d(np.cov(z)) if count else np.empty((0, 0))
        cover = WIDE**2 * cover + 1e-12 * np.eye(count)
        self.root = np.linalg.cholesky(cover)

    def log_proposed(self, z: FloatArray) -> FloatArray:
        """Log density of the Student-t (n,)."""
        from scipy.stats import multivariate_t

        if not len(z):
            return np.zeros(z.shape[1])
        law = multivariate_t(self.middle, self.root @ self.root.T, df=NU)
        return np.asarray(law.logpdf(z.T)).reshape(z.shape[1])

    def ratios(self, rows: FloatArray, z: FloatArray, log_w: FloatArray) -> FloatArray:
        """Logarithms of (2) (n,), of draws whose log densities of rows are given."""
        from scipy.special import gammaln, logsumexp

        x, prior = self.bound(z)
        out = np.empty(len(rows))
        for i, a in enumerate(self.concentrations(x)):
            alpha = a.sum()
            counted = gammaln(alpha) - gammaln(alpha + self.parts.sum(axis=1))
            counted += (gammaln(a + self.parts) - gammaln(a)).sum(axis=1)
            mixed = self.parts @ log_w[i] - counted
            out[i] = -logsumexp(mixed) + math.log(len(self.parts))
        return out + rows + prior - self.log_proposed(z)

    def of_draws(self, at: NDArray[np.intp]) -> FloatArray:
        """Ratios of draws of the fit (n,), their weights drawn once more."""
        x = np.concatenate(list(self.values[:, :, at]), axis=1)
        w = np.concatenate(list(self.weights[:, at]))
        count = np.array([self.read(a, b)[1] for a, b in zip(x.T, w, strict=True)])
        log_w = draw_log_weights(self.rng, self.concentrations(x) + count)
        return self._close(x, self.free(x), log_w)

    def of_proposals(self, count: int) -> FloatArray:
        """Ratios of draws from (1) (n,)."""
        normal = self.root @ self.rng.standard_normal((len(self.root), count))
        z = self.middle[:, None] + normal / np.sqrt(self.rng.chisquare(NU, count) / NU)
        x = self.bound(z)[0]
        part = self.parts[self.rng.integers(len(self.parts), size=count)]
        return self._close(x, z, draw_log_weights(self.rng, self.concentrations(x) + part))

    def _close(self, x: FloatArray, z: FloatArray, log_w: FloatArray) -> FloatArray:
        pairs = zip(x.T, np.exp(log_w), strict=True)
        return self.ratios(np.array([self.read(a, w)[0] for a, w in pairs]), z, log_w)


def draw_log_weights(rng: np.random.Generator, alpha: FloatArray) -> FloatArray:
    """Draw logarithms of Dirichlet weights, which do not underflow where alpha is small.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    alpha : numpy.ndarray
        Parameters (n, M).

    Returns
    -------
    numpy.ndarray
        Logarithms (n, M).

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.grid_evidence import draw_log_weights
    >>> w = np.exp(draw_log_weights(np.random.default_rng(1), np.full((2000, 3), [1.0, 2, 5])))
    >>> w.mean(axis=0).round(2)
    array([0.13, 0.25, 0.62])
    """
    from scipy.special import logsumexp

    log = np.log(rng.standard_gamma(alpha + 1.0)) + np.log(rng.random(alpha.shape)) / alpha
    return np.asarray(log - logsumexp(log, axis=1, keepdims=True))
