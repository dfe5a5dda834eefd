"""Evidence: against quadrature by SciPy, closed forms, and a ratio of densities (Savage and Dickey)."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats

import hierfast as hf

H, N = hf.HalfNormal, hf.Normal


def schools() -> dict[str, Any]:
    return dict(hf.datasets.load("eight_schools"))


def test_eight_schools_by_quadrature() -> None:
    data = schools()
    y, se = (np.asarray(data[k], dtype=float) for k in ("effect", "se"))

    def density(mu: float, tau: float) -> float:
        rows = stats.norm.pdf(y, mu, np.hypot(tau, se)).prod()
        return float(1e13 * rows * stats.norm.pdf(mu, 0, 5) * stats.halfcauchy.pdf(tau, scale=5))

    whole = sum(
        integrate.dblquad(density, lo, hi, -40, 40, epsrel=1e-5)[0]
        for lo, hi in ((0, 30), (30, 2000))
    )
    expected = math.log(whole) - 13 * math.log(10)
    for scheme in ("auto", "collapsed:slice", "collapsed:laplace", "quadrature"):
        model = hf.Model(N(sigma="se"), N(N(0, 5), hf.HalfCauchy(5)))
        fit = model.fit(data, y="effect", group="school", random_seed=1, scheme=scheme)
        found = fit.log_evidence()
        assert abs(found.log - expected) < 4 * found.se + 2e-4, scheme
        assert found.se < 0.03 and found.measure == "rows"


def test_closed_form() -> None:
    """Rows of known variance about a Normal mean: a multivariate Normal; nothing unknown, and the mean."""
    y = np.array([1.2, 0.3, -0.7, 2.0, 0.4, 0.1])
    group = np.array([0, 0, 1, 1, 2, 2])
    same = (group[:, None] == group).astype(float)
    for population, cov in (
        (N(0.5, 2), 4 * same),
        (N(N(0.5, 3), 2), 4 * same + 9),
    ):
        model = hf.Model(N(sigma=1.5), population)
        fit = model.fit({"g": group, "y": y}, y="y", group="g", random_seed=1)
        found = fit.log_evidence()
        expected = stats.multivariate_normal.logpdf(y, np.full(6, 0.5), cov + 2.25 * np.eye(6))
        assert abs(found.log - expected) < 1e-9
        assert found.se == 0


COUNTS = {
    "beta": (hf.Model(hf.Binomial(n=8), hf.Beta(hf.Exponential(0.5), hf.Exponential(0.5))), 2),
    "logit": (hf.Model(hf.Binomial(n=8), N(N(0, 2), H(1))), 2),
    "mixture": (
        hf.Model(hf.Binomial(n=8), hf.Mixture([N(0, 0.5), N(0, H(2))], weights=[0.5, 0.5])),
        1,
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_by_quadrature(name: str) -> None:
    y = np.array([0.0, 1, 3, 4, 4, 7, 8])
    model, _ = COUNTS[name]
    fit = model.fit({"y": y}, y="y", random_seed=1, progressbar=False)
    node, weight = np.polynomial.hermite_e.hermegauss(80)
    weight = weight / weight.sum()

    def logit(mu: float, tau: float) -> np.ndarray:
        p = 1.0 / (1.0 + np.exp(-(mu + tau * node)))
        return np.asarray(stats.binom.pmf(y[:, None], 8, p) @ weight)

    if name == "mixture":
        law = stats.halfnorm(scale=2)
        whole = integrate.quad(
            lambda t: float((0.5 * (logit(0, 0.5) + logit(0, t))).prod() * law.pdf(t)), 0, 15
        )[0]
    elif name == "beta":
        at = (np.arange(400) + 0.5) / 10
        a, b = (v[..., None] for v in np.meshgrid(at, at))
        law = stats.expon(scale=2)
        rows = stats.betabinom.logpmf(y, 8, a, b).sum(axis=-1)
        whole = (np.exp(rows + law.logpdf(a[..., 0]) + law.logpdf(b[..., 0]))).sum() / 100
    else:
        tau, law = (np.arange(60) + 0.5) / 12, stats.halfnorm(scale=1)
        mu = np.linspace(-6, 6, 61)
        each = [logit(m, t).prod() * stats.norm.pdf(m, 0, 2) * law.pdf(t) for m in mu for t in tau]
        whole = math.fsum(each) / 60
    found = fit.log_evidence()
    assert found.measure == "rows"
    assert abs(found.log - math.log(whole)) < 4 * found.se + 1e-3


def test_ratio_of_densities() -> None:
    """A point mu0 of mu: p(y | mu0) / p(y) is the posterior over the prior density there."""
    data = schools()
    fits = [
        hf.Model(N(sigma="se"), N(mu, H(8))).fit(
            data, y="effect", group="school", random_seed=1, draws=5000
        )
        for mu in (N(0, 5), 2.0)
    ]
    wide, narrow = (fit.log_evidence() for fit in fits)
    tau = fits[0].hyper["school_sigma"].ravel()
    y, se = (np.asarray(data[k], dtype=float)[:, None] for k in ("effect", "se"))
    w = 1.0 / (tau**2 + se**2)
    precision = w.sum(axis=0) + 1 / 25
    density = stats.norm.pdf(2.0, (w * y).sum(axis=0) / precision, precision**-0.5)
    expected = math.log(density.mean() / stats.norm.pdf(2.0, 0, 5))
    error = density.std() / density.mean() / math.sqrt(0.5 * len(tau))
    assert abs(narrow.log - wide.log - expected) < 4 * math.hypot(wide.se, narrow.se, error)


def test_error_is_that_over_seeds() -> None:
    model = hf.Model(N(sigma="se"), N(N(0, 5), hf.HalfCauchy(5)))
    made = [
        model.fit(
            schools(),
            y="effect",
            group="school",
            random_seed=s,
            draws=200,
            scheme="collapsed:laplace",
        ).log_evidence()
        for s in range(50)
    ]
    assert 0.6 < np.std([m.log for m in made]) / np.mean([m.se for m in made]) < 1.5


def test_data_give_what_statistics_lack() -> None:
    table = {"g": [0, 0, 1, 1], "y": [1, 2, 0, 3]}
    model = hf.Model(hf.Poisson(), hf.Gamma(2, 1))
    fit = model.fit(table, y="y", group="g", random_seed=1)
    assert fit.log_evidence().measure == "Poisson"
    expected = 0.0
    law = stats.gamma(2)
    for rows in ([1, 2], [0, 3]):
        expected += math.log(
            integrate.quad(lambda m, r=rows: stats.poisson.pmf(r, m).prod() * law.pdf(m), 0, 60)[0]
        )
    assert abs(fit.log_evidence(table).log - expected) < 1e-8


def test_order_is_counted() -> None:
    """Two means alike in order: the same evidence as without, by quadrature over both."""
    y = np.array([-2.1, -1.8, 1.9, 2.4])
    kinds = hf.Mixture([N(N(0, 3), 0.5), N(N(0, 3), 0.5)], weights=[0.5, 0.5])
    fit = hf.Model(N(sigma=0.5), kinds).fit({"y": y}, y="y", random_seed=1)

    def density(a: float, b: float) -> float:
        rows = 0.5 * (stats.norm.pdf(y, a, 0.5**0.5) + stats.norm.pdf(y, b, 0.5**0.5))
        return float(rows.prod() * stats.norm.pdf(a, 0, 3) * stats.norm.pdf(b, 0, 3))

    whole = 2 * integrate.dblquad(density, -12, 12, lambda b: b, 12, epsrel=1e-4)[0]
    found = fit.log_evidence()
    assert abs(found.log - math.log(whole)) < 4 * found.se + 1e-3


def places(log: np.ndarray, alpha: np.ndarray) -> float:
    """Log evidence on a grid given its likelihoods (J, M): a sum over all places of the groups."""
    total, j = -np.inf, np.arange(len(log))
    for at in itertools.product(range(log.shape[1]), repeat=len(log)):
        count = np.bincount(at, minlength=log.shape[1])
        prior = special.gammaln(alpha.sum()) - special.gammaln(alpha.sum() + len(log))
        prior += (special.gammaln(alpha + count) - special.gammaln(alpha)).sum()
        total = np.logaddexp(total, prior + log[j, at].sum())
    return float(total)


Y6 = np.array([-1.4, -0.2, 0.1, 0.9, 1.3, 2.0])


@pytest.mark.parametrize("alpha", [0.05, 2.0, 20.0])
@pytest.mark.parametrize("scheme", ["gibbs", "collapsed"])
def test_a_grid_of_three_points(alpha: float, scheme: str) -> None:
    """Against the sum over all 729 places, and for two points quadrature over the weight."""
    base = np.array([0.2, 0.5, 0.3])
    grid = hf.Grid(points=[-1, 0, 1.5], base=base, concentration=alpha)
    fit = hf.Model(N(sigma=1), grid).fit({"y": Y6}, y="y", random_seed=1, draws=400, scheme=scheme)
    found = fit.log_evidence()
    log = stats.norm.logpdf(Y6[:, None], np.array([-1, 0, 1.5]), 1)
    assert found.se < 0.05 and abs(found.log - places(log, alpha * base)) < 4 * found.se

    grid = hf.Grid(points=[-1, 1.5], concentration=alpha)
    two = hf.Model(N(sigma=1), grid).fit({"y": Y6}, y="y", random_seed=2, draws=400, scheme=scheme)
    found, each = two.log_evidence(), np.exp(log[:, [0, 2]])
    u = np.linspace(0, 1, 20001)[1:-1]
    w = stats.beta.ppf(u, alpha / 2, alpha / 2)
    want = math.log(np.prod(np.outer(w, each[:, 0]) + np.outer(1 - w, each[:, 1]), axis=1).mean())
    assert abs(found.log - want) < 4 * found.se + 1e-3


def test_a_grid_with_unknowns() -> None:
    """Rows of unknown sigma and an unknown concentration: quadrature over both of the sum over places."""
    points, rows = (
        np.array([-1, 0.5, 2]),
        np.array([[-1.2, -0.7], [0.4, 1.1], [2.2, 1.4], [0.1, 0.3]]),
    )
    table = {"g": np.repeat(np.arange(4), 2), "y": rows.ravel()}
    grid = hf.Grid(points=points.tolist(), concentration=hf.Gamma(2, 1))
    model = hf.Model(N(sigma=hf.Uniform(0.2, 3)), grid)
    fit = model.fit(table, y="y", group="g", random_seed=1, draws=2000)
    found = fit.log_evidence()
    total, (at, weight) = -np.inf, np.polynomial.legendre.leggauss(32)
    other, beside = np.polynomial.legendre.leggauss(16)
    for s, ws in zip(1.6 + 1.4 * at, weight / 2, strict=True):
        log = stats.norm.logpdf(rows[:, :, None], points, s).sum(axis=1)
        for u, wu in zip(0.5 + 0.5 * other, beside / 2, strict=True):
            alpha = stats.gamma.ppf(u, 2)
            total = np.logaddexp(total, math.log(ws * wu) + places(log, np.full(3, alpha / 3)))
    assert found.se < 0.05 and abs(found.log - total) < 4 * found.se + 1e-3


def test_error_on_a_grid_is_that_over_seeds() -> None:
    y = np.random.default_rng(1).binomial(12, [0.2] * 10 + [0.7] * 10)
    model = hf.Model(hf.Binomial(n=12), hf.Grid(-3, 2, points=9, concentration=hf.Exponential(0.2)))
    made = [
        model.fit({"y": y}, y="y", random_seed=s, draws=100, tune=100).log_evidence()
        for s in range(25)
    ]
    ratio = np.std([m.log for m in made]) / np.mean([m.se for m in made])
    assert 0.5 < ratio < 1.6, (ratio, np.mean([m.se for m in made]))


def test_what_is_refused() -> None:
    data = schools()
    flat = hf.Model(N(sigma="se"), N(hf.Flat(), H(5)))
    with pytest.raises(ValueError, match="the prior Flat of school_mu is improper"):
        flat.fit(data, y="effect", group="school", random_seed=1, draws=10).log_evidence()
    y = np.random.default_rng(1).binomial(10, 0.5, 20_000)
    many = hf.Model(hf.Binomial(n=10), hf.Grid(-2, 2, points=21)).fit(
        {"y": y}, y="y", random_seed=1, draws=20, tune=20
    )
    with pytest.raises(ValueError, match=r"Monte Carlo error above 0\.5"):
        many.log_evidence()
    gibbs = hf.Model(N(sigma="se"), N(0, H(5)))
    with pytest.raises(ValueError, match="scheme 'gibbs' draws them"):
        gibbs.fit(
            data, y="effect", group="school", random_seed=1, draws=10, scheme="gibbs"
        ).log_evidence()
