"""Pairs of a likelihood and a population, written by hand: what every layer that goes over them meets.

A likelihood joins ROWS, a population joins GROUPS; all the pairs there are come of it. Effects stand on
the link scale throughout, and densities are SciPy's or textbook forms that share nothing with the library.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special as sp
from scipy import stats as st

import hierfast as hf
from hierfast.schemes import PAIRS as KNOWN


def counted(y, size, g):
    """Columns of rows of counts."""
    return {"g": g, "y": y, "size": size}


def timed(y, size, g):
    """Rows of times: y events that share a total time, or a single row that was censored."""
    many = np.maximum(y, 1).astype(int)
    return {
        "g": np.repeat(g, many),
        "y": np.repeat(size / many, many),
        "censored": np.repeat(y == 0, many),
    }


def until(times, limit):
    """Events and the times at which they, or their censoring, happened."""
    return (times < limit).astype(float), np.minimum(times, limit)


@dataclass(frozen=True)
class Rows:
    """A likelihood of counts, or of times.

    Attributes
    ----------
    likelihood : hierfast distribution
        Its rows' sizes are the column ``size``, or else what was censored is the column ``censored``.
    log : callable
        (y, size, theta) -> log probability, up to a constant of y and size.
    draw : callable
        (rng, size, theta) -> y, size.
    natural : callable
        theta -> probability or rate.
    table : callable
        (y, size, g) -> columns.
    """

    likelihood: Any
    log: Callable[..., Any]
    draw: Callable[..., Any]
    natural: Callable[..., Any]
    table: Callable[..., Any] = counted

    @property
    def name(self):
        return type(self.likelihood).__name__


def log_inflated(y, above, none):
    """Of a count whose density is exp(none) at 0 and adds `above` to that, drawn with probability 0.7."""
    return np.where(y > 0, above + none + np.log(0.7), np.log(0.3 + 0.7 * np.exp(none)))


def log_weibull(d, each, theta):
    """Of d events at one time, or of a row censored there: shape 1.6, log scale theta."""
    z = 1.6 * (np.log(each) - theta)
    return d * z - np.maximum(d, 1) * np.exp(np.minimum(z, 600.0))


def log_survival(s, theta):
    """Of a row censored at s: shape 2.5, log mean theta."""
    return np.log(
        np.maximum(sp.gammaincc(2.5, 2.5 * s * np.exp(np.minimum(-theta, 600.0))), 1e-300)
    )


ROWS = {
    "Binomial": Rows(
        hf.Binomial(n="size"),
        lambda y, n, t: y * t - n * np.logaddexp(0.0, t),
        lambda rng, n, t: (rng.binomial(n, sp.expit(t)), n),
        sp.expit,
    ),
    "Binomial probit": Rows(
        hf.Binomial(n="size", link="probit"),
        lambda y, n, t: y * sp.log_ndtr(t) + (n - y) * sp.log_ndtr(-t),
        lambda rng, n, t: (rng.binomial(n, sp.ndtr(t)), n),
        sp.ndtr,
    ),
    "Binomial cloglog": Rows(
        hf.Binomial(n="size", link="cloglog"),
        lambda y, n, t: (
            y * np.log(np.maximum(-np.expm1(-np.exp(np.minimum(t, 600.0))), 1e-300))
            - (n - y) * np.exp(np.minimum(t, 600.0))
        ),
        lambda rng, n, t: (rng.binomial(n, -np.expm1(-np.exp(t))), n),
        lambda t: -np.expm1(-np.exp(t)),
    ),
    "Poisson": Rows(
        hf.Poisson(exposure="size"),
        lambda y, s, t: y * t - s * np.exp(np.minimum(t, 600.0)),
        lambda rng, s, t: (rng.poisson(s * np.exp(t)), s),
        np.exp,
    ),
    "NegativeBinomial": Rows(
        hf.NegativeBinomial(2.5, exposure="size"),
        lambda y, s, t: y * t - (2.5 + y) * np.logaddexp(np.log(2.5), np.log(s) + t),
        lambda rng, s, t: (rng.poisson(s * np.exp(t) * rng.gamma(2.5, 1 / 2.5, t.shape)), s),
        np.exp,
    ),
    "ZeroInflatedPoisson": Rows(
        hf.ZeroInflatedPoisson(0.7, exposure="size"),
        lambda y, s, t: log_inflated(y, y * t, -s * np.exp(np.minimum(t, 600.0))),
        lambda rng, s, t: (rng.poisson(s * np.exp(t)) * (rng.random(t.shape) < 0.7), s),
        np.exp,
    ),
    "ZeroInflatedBinomial": Rows(
        hf.ZeroInflatedBinomial(0.7, n="size"),
        lambda y, n, t: log_inflated(y, y * t, -n * np.logaddexp(0.0, t)),
        lambda rng, n, t: (rng.binomial(n, sp.expit(t)) * (rng.random(t.shape) < 0.7), n),
        sp.expit,
    ),
    "StudentT": Rows(
        hf.StudentT(4, sigma="size"),
        lambda y, s, t: st.t.logpdf(y, 4, t, s),
        lambda rng, s, t: (t + s * rng.standard_t(4, t.shape), s),
        lambda t: t,
    ),
    "Exponential": Rows(
        hf.Exponential(censored="censored"),
        lambda d, s, t: d * t - s * np.exp(np.minimum(t, 600.0)),
        lambda rng, s, t: until(rng.exponential(np.exp(-t)), s),
        np.exp,
        timed,
    ),
    "Weibull": Rows(
        hf.Weibull(1.6, censored="censored"),
        lambda d, s, t: log_weibull(d, s / np.maximum(d, 1), t),
        lambda rng, s, t: until(np.exp(t) * rng.weibull(1.6, t.shape), s),
        np.exp,
        timed,
    ),
    "Gamma": Rows(
        hf.Gamma(2.5, censored="censored"),
        lambda d, s, t: np.where(
            d > 0, -2.5 * (d * t + s * np.exp(np.minimum(-t, 600.0))), log_survival(s, t)
        ),
        lambda rng, s, t: until(np.exp(t) * rng.gamma(2.5, 1 / 2.5, t.shape), s),
        np.exp,
        timed,
    ),
}


@dataclass(frozen=True)
class Groups:
    """A population.

    Attributes
    ----------
    population : hierfast distribution
        With proper priors.
    laws : dict
        Law of each unknown, by SciPy, independent of one another.
    draw : callable
        (rng, unknowns, n) -> effects.
    log : callable
        (theta, unknowns) -> log density.
    nodes : callable
        unknowns (P, 1) -> effects (P, n) and the spacing around each: a rule that integrates.
    """

    population: Any
    laws: dict[str, Any]
    draw: Callable[..., Any]
    log: Callable[..., Any]
    nodes: Callable[..., Any]

    @property
    def name(self):
        return type(self.population).__name__


def spread(z, scale="g_sigma"):
    """Uniform nodes z for a population of a location mu and a scale."""
    step = z[1] - z[0]
    return lambda u: (u["g_mu"] + u[scale] * z, u[scale] * step * np.ones_like(z))


def stretched(u):
    """Nodes that reach 1e6 scales, where a Student-t of 3 degrees of freedom has nothing left."""
    t = np.linspace(-14.5, 14.5, 600)
    weight = (t[1] - t[0]) * np.cosh(t)
    return u["g_mu"] + u["g_sigma"] * np.sinh(t), u["g_sigma"] * weight


def everywhere(u):
    """Uniform nodes over all effects that a population of two shapes has."""
    z = np.linspace(-60, 25, 700)
    some = next(iter(u.values()))
    return z + 0.0 * some, (z[1] - z[0]) * np.ones_like(z + 0.0 * some)


def shapes_of(u):
    """Shapes of a Beta, however it was written."""
    if "g_alpha" in u:
        return u["g_alpha"], u["g_beta"]
    return u["g_mean"] * u["g_concentration"], (1 - u["g_mean"]) * u["g_concentration"]


def gamma_of(u):
    """Shape and rate of a Gamma, however it was written."""
    return u["g_alpha"], u["g_beta"] if "g_beta" in u else u["g_alpha"] / u["g_mean"]


def log_beta(theta, u):
    a, b = shapes_of(u)
    return a * sp.log_expit(theta) + b * sp.log_expit(-theta) - sp.betaln(a, b)


def log_gamma(theta, u):
    a, b = gamma_of(u)
    return a * theta - b * np.exp(theta) + a * np.log(b) - sp.gammaln(a)


def log_inverse_gamma(theta, u):
    a, b = u["g_alpha"], u["g_beta"]
    return -a * theta - b * np.exp(-theta) + a * np.log(b) - sp.gammaln(a)


def logit_of_beta(rng, u, n):
    """Logits by two gammas, so that probabilities near 1 keep their digits."""
    a, b = shapes_of(u)
    return np.log(rng.standard_gamma(a, n)) - np.log(rng.standard_gamma(b, n))


def log_of_gamma(rng, u, n):
    a, b = gamma_of(u)
    return np.log(rng.standard_gamma(a, n) / b)


GROUPS = {
    "Normal": Groups(
        hf.Normal(hf.Normal(-0.5, 1), hf.HalfNormal(1)),
        {"g_mu": st.norm(-0.5, 1), "g_sigma": st.halfnorm(0, 1)},
        lambda rng, u, n: rng.normal(u["g_mu"], u["g_sigma"], n),
        lambda theta, u: st.norm.logpdf(theta, u["g_mu"], u["g_sigma"]),
        spread(np.linspace(-8.5, 8.5, 300)),
    ),
    "StudentT": Groups(
        hf.StudentT(3, hf.Normal(-0.5, 1), hf.HalfNormal(1)),
        {"g_mu": st.norm(-0.5, 1), "g_sigma": st.halfnorm(0, 1)},
        lambda rng, u, n: u["g_mu"] + u["g_sigma"] * rng.standard_t(3, n),
        lambda theta, u: st.t.logpdf(theta, 3, u["g_mu"], u["g_sigma"]),
        stretched,
    ),
    "Logistic": Groups(
        hf.Logistic(hf.Normal(-0.5, 1), hf.HalfNormal(0.6)),
        {"g_mu": st.norm(-0.5, 1), "g_s": st.halfnorm(0, 0.6)},
        lambda rng, u, n: rng.logistic(u["g_mu"], u["g_s"], n),
        lambda theta, u: st.logistic.logpdf(theta, u["g_mu"], u["g_s"]),
        spread(np.linspace(-38, 38, 600), "g_s"),
    ),
    "Beta": Groups(
        hf.Beta(hf.LogNormal(0.5, 0.4), hf.LogNormal(1, 0.5)),
        {"g_alpha": st.lognorm(0.4, 0, np.exp(0.5)), "g_beta": st.lognorm(0.5, 0, np.exp(1))},
        logit_of_beta,
        log_beta,
        everywhere,
    ),
    "Beta by mean": Groups(
        hf.Beta(mean=hf.Beta(2, 3), concentration=hf.LogNormal(1.5, 0.5)),
        {"g_mean": st.beta(2, 3), "g_concentration": st.lognorm(0.5, 0, np.exp(1.5))},
        logit_of_beta,
        log_beta,
        everywhere,
    ),
    "Gamma": Groups(
        hf.Gamma(hf.LogNormal(0.5, 0.4), hf.Gamma(3, 2)),
        {"g_alpha": st.lognorm(0.4, 0, np.exp(0.5)), "g_beta": st.gamma(3, 0, 0.5)},
        log_of_gamma,
        log_gamma,
        everywhere,
    ),
    "Gamma by mean": Groups(
        hf.Gamma(hf.LogNormal(0.5, 0.4), mean=hf.LogNormal(-0.5, 0.7)),
        {"g_alpha": st.lognorm(0.4, 0, np.exp(0.5)), "g_mean": st.lognorm(0.7, 0, np.exp(-0.5))},
        log_of_gamma,
        log_gamma,
        everywhere,
    ),
}


GROUPS["InverseGamma"] = Groups(
    hf.InverseGamma(hf.LogNormal(2, 0.2), hf.Gamma(6, 1)),
    {"g_alpha": st.lognorm(0.2, 0, np.exp(2)), "g_beta": st.gamma(6)},
    lambda rng, u, n: -np.log(rng.standard_gamma(u["g_alpha"], n) / u["g_beta"]),
    log_inverse_gamma,
    lambda u: (everywhere(u)[0] + 35.0, everywhere(u)[1]),
)


@dataclass(frozen=True)
class Pair:
    """A model: how its unknowns and rows are simulated, and the densities of both."""

    rows: Rows
    groups: Groups

    @property
    def model(self):
        return hf.Model(self.rows.likelihood, self.groups.population)

    @property
    def closed(self):
        """Whether effects are read on their natural scale."""
        return self.groups.name in ("Beta", "Gamma", "InverseGamma")

    @property
    def schemes(self):
        return KNOWN[self.rows.name, self.groups.name].schemes

    def unknowns(self, rng):
        return {k: float(law.rvs(random_state=rng)) for k, law in self.groups.laws.items()}

    def log_prior(self, u):
        return sum(law.logpdf(u[k]) for k, law in self.groups.laws.items())

    def effects(self, fit, draws=None):
        """Draws of the effects on the link scale, and on the scale they are read on."""
        x = fit.groups.draws(draws=draws)
        if not self.closed:
            return x, x
        if self.rows.natural is sp.expit:
            return sp.logit(np.clip(x, 1e-300, 1 - 2.0**-53)), x
        return np.log(np.maximum(x, 1e-300)), x

    def read(self, theta):
        """Effects on the scale they are read on."""
        return self.rows.natural(theta) if self.closed else theta


PAIRS = {
    f"{r}-{g}": Pair(rows, groups)
    for r, rows in ROWS.items()
    for g, groups in GROUPS.items()
    if (rows.name, groups.name) in KNOWN and (groups.name != "Beta" or rows.natural is sp.expit)
}
# Heavy tails were tested with these likelihoods; the engine sees all alike, others at length only.
HEAVY = ("Binomial-StudentT", "Binomial-Logistic", "Poisson-StudentT", "Weibull-StudentT")
LONG = [n for n in PAIRS if n.endswith(("-StudentT", "-Logistic")) and n not in HEAVY]
# Populations of positive effects without a closed form: two of them by default.
OPEN = [n for n, p in PAIRS.items() if p.closed and "collapsed" not in p.schemes]
LONG += [n for n in OPEN if n not in ("NegativeBinomial-Gamma", "Gamma-InverseGamma")]


class Grid:
    """A posterior on a grid of two unknowns, effects integrated on a fine rule, by SciPy alone."""

    def __init__(self, pair, y, size, n=91):
        axes = [grid_of(law, n) for law in pair.groups.laws.values()]
        first, second = (v.ravel() for v in np.meshgrid(*(a[0] for a in axes), indexing="ij"))
        weight = np.multiply.outer(*(a[1] for a in axes)).ravel()
        names = list(pair.groups.laws)
        self.x = dict(zip(names, (first, second), strict=True))
        u = {k: v[:, None] for k, v in self.x.items()}
        theta, step = pair.groups.nodes(u)
        population = pair.groups.log(theta, u) + np.log(step)
        lp = pair.log_prior(self.x) + np.log(weight)
        read, moments = pair.read(theta), []
        for one, s in zip(y, size, strict=True):
            log = pair.rows.log(one, s, theta) + population
            top = log.max(axis=1, keepdims=True)
            w = np.exp(log - top)
            total = w.sum(axis=1)
            lp = lp + top[:, 0] + np.log(total)
            moments.append([(w * read**k).sum(axis=1) / total for k in (1, 2)])
        self.p = np.exp(lp - lp.max())
        self.p /= self.p.sum()
        self.mean = np.array([self.p @ m[0] for m in moments])
        self.sd = np.sqrt(np.array([self.p @ m[1] for m in moments]) - self.mean**2)

    def moments(self, name):
        mean = self.p @ self.x[name]
        return mean, np.sqrt(self.p @ (self.x[name] - mean) ** 2)


def grid_of(law, n):
    """Points and weights of a rule that holds a law but for 1e-6 of it, uniform in its own coordinate."""
    low, high = law.ppf([5e-7, 1 - 5e-7])
    if law.support()[1] == 1.0:
        z = np.linspace(sp.logit(low), sp.logit(high), n)
        x = sp.expit(z)
        return x, x * (1 - x) * (z[1] - z[0])
    if law.support()[0] == 0.0:
        z = np.linspace(np.log(low), np.log(high), n)
        return np.exp(z), np.exp(z) * (z[1] - z[0])
    x = np.linspace(low, high, n)
    return x, np.full(n, x[1] - x[0])
