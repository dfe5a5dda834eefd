r"""How much the groups lend each other: factors of pooling, and the groups apart, together and in between.

The factor of a group is what of its posterior is the population's rather than its own rows',

.. math::

    B_j = \mathrm{E}\Bigl[\frac{\mathrm{var}(\theta_j \mid y, \phi)}{\mathrm{var}(\theta_j \mid \phi)}
          \Bigm| y\Bigr], \tag{1}

1 of a group without rows, near 0 of one whose rows say all. Of Normal rows and populations it is the weight
of the population's mean in the group's,

.. math:: B_j = \mathrm{E}\Bigl[\frac{\sigma^2}{\sigma^2 + p_j \tau^2} \Bigm| y\Bigr], \tag{2}

with p_j the group's rows, or its precision where sigma is known; of conjugate counts it is that weight too,

.. math::

    B_j = \mathrm{E}\Bigl[\frac{a + b}{a + b + n_j} \Bigm| y\Bigr] \text{ (Beta)}, \qquad
    B_j = \mathrm{E}\Bigl[\frac{b}{b + t_j} \Bigm| y\Bigr] \text{ (Gamma)}. \tag{3}

The Monte Carlo error of posterior means is that of batches of the draws of the hyperparameters, as in
`hierfast.joint`, but of means in which effects are integrated out.
Sources: Gelman and Pardoe (2006), *Technometrics* 48(2); Efron and Morris (1975), *J. Amer. Statist.
Assoc.* 70(350).
"""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.population import variance_of
from hierfast.readout import QuadratureReader, open_standing
from hierfast.sample import read
from hierfast.threads import pieces, run_all

if TYPE_CHECKING:
    from hierfast.answers import Joinable
    from hierfast.fitted import Draws
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]

TERMS = 100_000_000  # weights times draws that factors may spend
INTEGRALS = 4_000_000  # cells times draws, where each is an integral
FEW = 200  # draws that are read whatever it costs
BATCHES = 16  # of the draws, at least
READ = ("_reader", "_readers", "_moments")  # what groups hold once they are read


def _thin(count: int, most: int) -> NDArray[np.intp]:
    keep = min(count, max(FEW, most))
    return np.arange(keep) * count // keep


def _by_weight(plan: Plan, draws: Draws, cores: int) -> FloatArray:
    """Equation (2)."""
    p, at = np.unique(plan.statistics.weight, return_inverse=True)
    ratio = draws.parts[:, 3, :].reshape(-1)
    ratio = ratio[_thin(len(ratio), TERMS // len(p))]
    out = np.empty(len(p))

    def work(lo: int, hi: int) -> None:
        total = np.zeros(hi - lo)
        for value in ratio:
            total += 1.0 / (1.0 + p[lo:hi] * value)
        out[lo:hi] = total / len(ratio)

    run_all([partial(work, *c) for c in pieces(len(p), 20_000, 64)], cores)
    return out[at]


def _in_closed_form(plan: Plan, draws: Draws) -> FloatArray:
    """Equation (3)."""
    x = np.concatenate(list(draws.values), axis=1)
    a, b = (read(arg, x, x.shape[1]) for arg in plan.graph.shape)
    prior = a + b if plan.graph.population == "Beta" else b
    size, at = np.unique(plan.statistics.size, return_inverse=True)
    prior = prior[_thin(len(prior), TERMS // len(size))]
    total = np.zeros(len(size))
    for value in prior:
        total += value / (value + size)
    return np.asarray((total / len(prior))[at])


def _by_quadrature(plan: Plan, draws: Draws, cores: int) -> FloatArray:
    """Equation (1)."""
    standing = open_standing(plan, draws.values, cores)
    if standing is not None:
        assert plan.few is not None
        return standing.spread(_by_quadrature(plan.few, draws, cores))
    reader = QuadratureReader(plan, draws.values, cores)
    n = reader.count
    points, cells = reader.thin(INTEGRALS // n), np.arange(n)
    whole = variance_of(plan.graph, np.ascontiguousarray(points.T))

    def work(lo: int, hi: int) -> FloatArray:
        total, mean, sd = np.zeros((3, n))
        for x, var in zip(points[lo:hi], whole[lo:hi], strict=True):
            plan.integrals.moments(x, cells, mean, sd)
            total += np.square(sd) / var if var > 0 else 1.0
        return total

    found = run_all([partial(work, *c) for c in pieces(len(points), 50, 16)], cores)
    of_cells = np.asarray(sum(found) / len(points))
    if plan.cell is not None:
        return of_cells[plan.cell]
    some = plan.statistics.weight > 0.0
    out = np.ones(len(some))
    out[some] = of_cells if n < len(some) else of_cells[some]
    return out


def factor_of(plan: Plan, draws: Draws, cores: int) -> FloatArray:
    """Give every group's factor of pooling: equations (1) to (3).

    Parameters
    ----------
    plan : Plan
        Of the fit.
    draws : Draws
        Of the hyperparameters.
    cores : int
        Threads; they change nothing.

    Returns
    -------
    numpy.ndarray
        Factors (J,).

    Raises
    ------
    ValueError
        If the population is on a grid or of vectors, or scales differ by group.
    """
    graph = plan.graph
    if plan.grid is not None or graph.scales is not None or graph.population == "Dirichlet":
        what = "scales that differ by group" if graph.scales else f"a {graph.population} population"
        raise ValueError(f"factors of pooling are not available with {what} in this version")
    if plan.closed is not None:
        return _in_closed_form(plan, draws)
    if plan.integrals is not None:
        return _by_quadrature(plan, draws, cores)
    return _by_weight(plan, draws, cores)


def estimates_of(plan: Plan, natural: bool) -> tuple[FloatArray, float]:
    """Give what the groups' own rows say of each, and all rows of all groups if these were alike.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    natural : bool
        Whether on the natural scale.

    Returns
    -------
    tuple
        Estimates (J,), NaN of groups without rows, and that of all rows together. Logits and other links of
        counts are kept off the ends of the scale by half a count, as by `Link.estimate`.
    """
    stats = plan.statistics
    if hasattr(stats, "y"):
        y, size = stats.y, stats.size
        link, sums = stats.link, (np.array([y.sum()]), np.array([size.sum()]))
        if not natural:
            own, whole = link.estimate(y, size), link.estimate(*sums)
        elif link.whole or link.name == "log":
            own, whole = y / np.where(size > 0, size, 1.0), sums[0] / sums[1]
        else:
            own, whole = (link.inverse(link.estimate(*v)) for v in ((y, size), sums))
        return np.where(stats.n > 0, own, np.nan), float(whole[0])
    some = stats.weight > 0
    mean = stats.mean if plan.location is None else stats.mean + plan.location
    whole = np.average(mean[some], weights=stats.weight[some])
    return np.where(some, mean, np.nan), float(whole)


def error_of_means(groups: Joinable) -> FloatArray:
    """Give the Monte Carlo errors of posterior means, by batches of the draws.

    Parameters
    ----------
    groups : Groups
        Of a fit.

    Returns
    -------
    numpy.ndarray
        Errors, of the shape of the means; infinite where these are.

    Raises
    ------
    ValueError
        If there are not two draws to make batches of.
    """
    draws, plan = groups._draws, groups._plan
    standing = open_standing(plan, draws.values, groups._cores)
    if standing is not None:
        few: Any = copy.copy(groups)
        few.__dict__ = {k: v for k, v in vars(groups).items() if k not in READ} | {
            "_plan": plan.few
        }
        return np.maximum(standing.spread(error_of_means(few)), 0.0)
    chains, _, length = draws.values.shape
    pieces_ = min(length, -(-BATCHES // chains))
    if chains * pieces_ < 2:
        raise ValueError("Monte Carlo errors need two draws or more; the fit has one")
    edges = [length * i // pieces_ for i in range(pieces_ + 1)]
    many, first = 0, _with_draws(groups, 0, slice(0, edges[1]))._means()
    total, squares = np.zeros((2, *first.shape))
    for c in range(chains):
        for lo, hi in pairwise(edges):
            with np.errstate(invalid="ignore"):  # infinite means, which differ by no number
                off = _with_draws(groups, c, slice(lo, hi))._means() - first
            total += off
            squares += off * off
            many += 1
    spread = np.maximum(squares / many - np.square(total / many), 0.0)
    error = np.sqrt(spread / (many - 1))
    return np.where(np.isfinite(error), error, np.inf)


def _with_draws(groups: Joinable, chain: int, some: slice) -> Any:
    """Give the same groups, read from a part of a chain."""
    draws, at = groups._draws, slice(chain, chain + 1)
    part = replace(
        draws,
        values=draws.values[at, :, some],
        parts=draws.parts[at, :, some],
        weights=draws.weights[at, some],
        chains=draws.chains[at],
    )
    other = copy.copy(groups)
    other._draws = part
    for name in READ:
        other.__dict__.pop(name, None)
    return other
