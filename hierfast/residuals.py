r"""Residuals of groups: where each one stands among new groups that were observed as it was.

What the rows of a group say is put into one number t_j, which rises with its effect. Replicates of a new
group observed as group j was, M of them, give

.. math::

    u_j = \frac{\#\{t^{rep}_{jm} < t_j\} + v_j (1 + \#\{t^{rep}_{jm} = t_j\})}{M + 1}, \qquad
    z_j = \Phi^{-1}(u_j), \tag{1}

with v_j uniform. Given the hyperparameters the z_j are independent standard normals, for every M.

========================= ======================================= =======================================
rows                      t_j                                     of a new group with effect theta
========================= ======================================= =======================================
Normal                    mean                                    Normal(theta, sigma / sqrt(n)), sigma
                                                                  of a new group where scales differ
Binomial, Poisson         sum                                     Binomial(n, p), Poisson(t rate)
ZeroInflated...           sum                                     the same of Binomial(n, psi) rows
NegativeBinomial          sum                                     Poisson(t rate G / alpha),
                                                                  G ~ Gamma(n alpha)
OrderedLogistic           sum of categories                       Binomial from cutpoint to cutpoint
Multinomial               counts, a category each                 Binomial(n, p), p ~ Beta
Exponential               - sum                                   - Gamma(n) / rate
Gamma                     sum                                     mean Gamma(n alpha) / alpha
Weibull                   log of the sum of y^alpha               alpha theta + log Gamma(n)
StudentT                  mean, weighted by w_i / sigma_i^2       Normal(theta, 1 / sqrt(sum w / sigma^2))
========================= ======================================= =======================================

What was not seen is filled in at one joint draw of effects and hyperparameters: times beyond where they
were censored, from their distribution there,

.. math:: y_i \mid y_i > c_i, \theta_j, \phi, \tag{2}

and what a row of a StudentT weighs, :math:`w_i \mid y_i \sim \mathrm{Gamma}((\nu + 1) / 2,
(\nu + (y_i - \theta_j)^2 / \sigma_i^2) / 2)`. Data with what was filled in, and that draw, are distributed
as such data and the true values are (they are as likely under the model), so that replicates at the same
draw leave the z_j what they are. The same draw serves where t_j takes an unknown, as a Weibull's alpha.

Sources: Dunn and Smyth (1996), *J. Comput. Graph. Statist.* 5(3), for (1); Marshall and Spiegelhalter
(2007), *Bayesian Analysis* 2(2), for replicates of new groups; Johnson (2007), *Bayesian Analysis* 2(4),
for residuals at a draw; Gelman, Van Mechelen et al. (2005), *Biometrics* 61(1), for (2).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from hierfast.design import make_design
from hierfast.distributions.likelihood import draw_poisson
from hierfast.fitted import Fitted
from hierfast.sample import read
from hierfast.simulate import Stages
from hierfast.threads import run_all

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Again = Callable[[np.random.Generator, Stages, FloatArray], FloatArray]

REPLICATES, FEWEST = 1000, 9  # replicates of a group at most, and at least
REPLICATED = (
    10_000_000  # numbers that all groups' replicates take where more than FEWEST are worth it
)
EFFECTS = 1_000_000  # replicates that are held at once
COUNTS = ("Binomial", "BinomialProbit", "BinomialCloglog", "Poisson")
FAR = 1e-280  # probabilities below which a gamma's tail is taken for an exponential's


@dataclass(frozen=True, slots=True)
class _Summary:
    """What rows say in one number, and how it is made of new groups.

    Attributes
    ----------
    own : numpy.ndarray
        Of the groups as they are (J,), of shares (J, H).
    again : callable
        Of new groups (D, J), or (D, J, H), given their effects (D, J) on the scale of the population.
    size : int
        Numbers that one replicate of all groups takes.
    fixed : bool
        Whether it is of the one joint draw.
    """

    own: FloatArray
    again: Again
    size: int
    fixed: bool = False


class _Joint:
    """One joint draw of a fit, and what a summary reads of its groups."""

    def __init__(self, fit: Fitted, rng: np.random.Generator) -> None:
        self.fit, self.rng, self.stats = fit, rng, fit.plan.statistics
        chains, _, length = fit._draws.values.shape
        self.place = int(rng.integers(chains * length))
        self.chain, self.draw = divmod(self.place, length)
        self.stages = stages_at(fit, np.array([self.place]))

    @cached_property
    def effects(self) -> FloatArray:
        """Effects (J,) as rows read them, about known locations."""
        groups = self.fit.groups
        out = np.empty((1, len(groups)))
        groups._fill(groups._effects(None), np.array([self.draw]), self.chain, out)
        location = self.fit.plan.location
        theta: FloatArray = self.stages.link(out if location is None else out - location)[0]
        return theta

    def noise(self) -> float:
        """Shape of the rows at this draw."""
        return float(_noise(self.stages)[0, 0])

    def add(self, values: FloatArray) -> FloatArray:
        """Add terms (T,) up over groups (J,)."""
        total: FloatArray = _add(values[None], self.stats.terms.group, len(self.stats))[0]
        return total


def stages_at(fit: Fitted, at: NDArray[np.intp]) -> Stages:
    """Give stages I and II of a fit at some of its draws.

    Parameters
    ----------
    fit : Fit
        The posterior.
    at : numpy.ndarray
        Places of draws, chain after chain (D,).

    Returns
    -------
    Stages
        At these draws.
    """
    plan, draws = fit.plan, fit._draws
    x = np.concatenate(list(draws.values), axis=1)[:, at]
    points = weights = None
    if plan.grid is not None:
        points = plan.grid.points
        weights = draws.weights.reshape(-1, len(points))[at]
    return Stages(fit.model.likelihood, plan.graph, x, points, weights)


def _noise(stages: Stages) -> FloatArray:
    """Read the standard deviation or the shape of rows (D, 1)."""
    return read(stages.graph.noise, stages.x, stages.count)[:, None]


def _add(values: FloatArray, group: IntArray, count: int) -> FloatArray:
    """Add terms (D, T), which stand in the order of their groups, up over groups (D, J)."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    out = np.zeros((len(values), count))
    out[:, group[starts]] = np.add.reduceat(values, starts, axis=1)
    return out


def _normal(one: _Joint) -> _Summary:
    stats, scales = one.stats, one.fit.plan.graph.scales
    root = np.sqrt(np.where(stats.n > 0, stats.weight, 1.0))

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        sd = _noise(stages)
        if scales is not None:
            sd = stages.draw_scales(rng, len(root)) ** scales.power
        return np.asarray(theta + sd / root * rng.standard_normal(theta.shape))

    return _Summary(stats.mean, again, len(root))


def _student(one: _Joint) -> _Summary:
    stats, args = one.stats, one.fit.plan.graph.rows
    nu, scale = (float(read(a, one.stages.x, 1)[0]) for a in (*args, one.fit.plan.graph.noise)[:2])
    group, (y, own), (rows,) = stats.terms.group, stats.terms.keys, stats.terms.sums
    known, sd = one.fit.plan.location, scale * own
    off = (y if known is None else y - known[group]) - one.effects[group]
    shape = 0.5 * rows * (nu + 1.0)
    weight = one.rng.standard_gamma(shape) / (0.5 * (nu + np.square(off / sd))) / (sd * sd)
    total = one.add(weight)
    some = np.where(total > 0, total, 1.0)

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        return np.asarray(theta + rng.standard_normal(theta.shape) / np.sqrt(some))

    return _Summary(one.effects + one.add(weight * off) / some, again, len(stats), True)


def _counts(one: _Joint) -> _Summary:
    stats = one.stats
    if stats.link.name == "log rate":
        return _exponential(one)

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        rate = theta if stages.graph.natural else stats.link.inverse(theta)
        if not stats.whole:
            return draw_poisson(rng, None, rate * stats.size)
        drawn = rng.binomial(stats.size.astype(np.int64), np.clip(rate, 0.0, 1.0))
        return np.asarray(drawn, dtype=np.float64)

    return _Summary(stats.y, again, len(stats))


def _zero_inflated(one: _Joint) -> _Summary:
    stats = one.stats
    group, (size,), sums = stats.terms.group, stats.terms.keys, stats.terms.sums
    rows = (sums[1] + sums[2]).astype(np.int64)

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        drawn = rng.binomial(rows, _noise(stages), (len(theta), len(rows))) * size
        rate = stats.link.inverse(stages.link(theta))[:, group]
        if stats.whole:
            counts = rng.binomial(drawn.astype(np.int64), np.clip(rate, 0.0, 1.0))
        else:
            counts = draw_poisson(rng, None, rate * drawn)
        return _add(counts, group, len(stats))

    return _Summary(stats.y, again, len(size))


def _negative_binomial(one: _Joint) -> _Summary:
    stats = one.stats
    group, (size,), (_, rows) = stats.terms.group, stats.terms.keys, stats.terms.sums

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        alpha, rate = _noise(stages), np.exp(stages.link(theta))[:, group]
        mean = size * rate * (rng.standard_gamma(rows * alpha) / alpha)
        return _add(draw_poisson(rng, None, mean), group, len(stats))

    return _Summary(stats.y, again, len(size))


def _categories(one: _Joint) -> _Summary:
    stats = one.stats
    (category,), (rows,) = stats.terms.keys, stats.terms.sums

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        from scipy.special import expit

        total, left = np.zeros(theta.shape), np.broadcast_to(stats.n, theta.shape)
        below = np.ones(theta.shape)
        for cut in stages.graph.rows:
            above = expit(theta - read(cut, stages.x, stages.count)[:, None])
            left = rng.binomial(left, np.minimum(above / np.maximum(below, FAR), 1.0))
            total, below = total + left, above
        return total

    return _Summary(one.add(category * rows), again, len(stats))


def _shares(one: _Joint) -> _Summary:
    stats = one.stats
    size = stats.size.astype(np.int64)

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        alpha = np.stack([read(a, stages.x, stages.count) for a in stages.graph.shape], axis=1)
        rest = alpha.sum(axis=1, keepdims=True) - alpha
        p = rng.beta(alpha[:, None], rest[:, None], (len(alpha), *stats.y.shape))
        return np.asarray(rng.binomial(size[:, None], p), dtype=np.float64)

    return _Summary(stats.y, again, stats.y.size)


def _exponential(one: _Joint) -> _Summary:
    stats, total = one.stats, one.stats.size
    rest = stats.rows - stats.y
    censored = bool(rest.any())
    if (
        censored
    ):  # what is left of a time is distributed as the whole: times add up whatever was seen
        total = total + one.rng.standard_gamma(rest) * np.exp(-one.effects)
    rows = stats.rows.astype(np.float64)

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        return np.asarray(-rng.standard_gamma(rows, theta.shape) * np.exp(-stages.link(theta)))

    return _Summary(-total, again, len(stats), censored)


def _weibull(one: _Joint) -> _Summary:
    stats, alpha = one.stats, one.noise()
    group, (time,), (_, alike) = stats.terms.group, stats.terms.keys, stats.terms.sums
    rows = stats.rows.astype(np.float64)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    seen = np.full(len(stats), -np.inf)
    seen[group[starts]] = np.logaddexp.reduceat(alpha * np.log(time) + np.log(alike), starts)
    rest = np.log(one.rng.standard_gamma(rows - stats.y))

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        drawn = np.log(rng.standard_gamma(rows, theta.shape))
        return np.asarray(alpha * stages.link(theta) + drawn)

    return _Summary(np.logaddexp(seen, alpha * one.effects + rest), again, len(stats), True)


def _gamma(one: _Joint) -> _Summary:
    from scipy.special import gammaincc, gammainccinv

    stats, total = one.stats, one.stats.terms.sums[0]
    group, (cut,), alike = stats.terms.group, stats.terms.keys, stats.terms.sums[1]
    at = np.repeat(np.arange(len(cut)), np.where(cut > 0, alike, 0).astype(np.int64))
    if len(at):
        alpha, each = one.noise(), np.exp(one.effects[group[at]])
        beyond = gammaincc(alpha, alpha * cut[at] / each)
        drawn = gammainccinv(alpha, beyond * one.rng.random(len(at))) * each / alpha
        tail = cut[at] + each / alpha * one.rng.standard_exponential(len(at))
        drawn = np.where(beyond > FAR, np.maximum(drawn, cut[at]), tail)
        total = total + np.bincount(at, drawn, len(cut))
    rows = stats.rows.astype(np.float64)

    def again(rng: np.random.Generator, stages: Stages, theta: FloatArray) -> FloatArray:
        shape = _noise(stages)
        return np.asarray(rng.standard_gamma(rows * shape) / shape * np.exp(stages.link(theta)))

    return _Summary(one.add(total), again, len(stats), bool(len(at)))


SUMMARIES: dict[str, Callable[[_Joint], _Summary]] = {
    **dict.fromkeys(COUNTS, _counts),
    "Normal": _normal,
    "StudentT": _student,
    "ZeroInflatedPoisson": _zero_inflated,
    "ZeroInflatedBinomial": _zero_inflated,
    "NegativeBinomial": _negative_binomial,
    "OrderedLogistic": _categories,
    "Multinomial": _shares,
    "Weibull": _weibull,
    "Gamma": _gamma,
}


def residuals_of(fit: Fitted, rng: np.random.Generator) -> FloatArray:
    """Give residuals of all groups: equation (1).

    Parameters
    ----------
    fit : Fit
        Of any rows.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Residuals (J,), of Multinomial rows (J, H); NaN of groups without rows.

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.residuals import residuals_of
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> z = residuals_of(fit, np.random.default_rng(1))
    >>> str(fit.groups.labels[z.argmax()]), bool(abs(z).max() < 3)
    ('A', True)
    """
    from scipy.special import ndtri

    one = _Joint(fit, rng)
    with np.errstate(all="ignore"):
        made = SUMMARIES[fit.plan.graph.likelihood](one)
    count = min(REPLICATES, max(FEWEST, REPLICATED // made.size))
    total = math.prod(fit.shape)
    at = np.full(count, one.place) if made.fixed else np.arange(count) * total // count
    step = max(1, EFFECTS // made.size)
    cuts = range(0, count, step)
    places = _Places(fit, made)
    tasks = [
        partial(places.add, at[lo : lo + step], source)
        for lo, source in zip(cuts, rng.spawn(len(cuts)), strict=True)
    ]
    run_all(tasks, fit._cores)
    u = (places.below + rng.random(made.own.shape) * (1.0 + places.equal)) / (count + 1.0)
    z: FloatArray = ndtri(u)
    z[one.stats.n == 0] = np.nan
    return z


class _Places:
    """How many replicates are below the groups as they are, and how many are equal to them."""

    def __init__(self, fit: Fitted, made: _Summary) -> None:
        self.fit, self.made = fit, made
        self.below, self.equal = np.zeros((2, *made.own.shape), dtype=np.int32)
        self.shares = fit.plan.graph.population == "Dirichlet"
        self.design = None if self.shares else make_design(fit.plan.gathered, fit.plan.graph)
        self.lock = threading.Lock()

    def add(self, at: NDArray[np.intp], rng: np.random.Generator) -> None:
        """Count replicates at some draws, which may be done in any order."""
        stages, own = stages_at(self.fit, at), self.made.own
        theta = np.empty((len(at), 0))
        with np.errstate(all="ignore"):
            if not self.shares:
                offset = stages.offset(None, self.design)
                theta = stages.draw_effects(rng, len(own), offset)
            new = self.made.again(rng, stages, theta)
        if np.isnan(new.max()):
            raise ValueError(
                "replicates of groups are beyond what float64 can hold at some draws of the "
                "hyperparameters; look at fit.diagnose()"
            )
        below, equal = (new < own).sum(axis=0), (new == own).sum(axis=0)
        with self.lock:
            self.below += below
            self.equal += equal
