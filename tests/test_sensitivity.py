"""Power-scaling: against ArviZ's distance, and against fits whose prior is really raised to a power."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import hierfast as hf
from hierfast.sensitivity import log_prior, log_rows, power_scale

N, H = hf.Normal, hf.HalfNormal


def fit_schools(mu: Any, tau: Any, seed: int = 1, draws: int = 5000, **kw: Any) -> hf.Fit:
    model = hf.Model(N(sigma="se"), N(mu, tau))
    data = hf.datasets.load("eight_schools")
    return model.fit(data, y="effect", group="school", random_seed=seed, draws=draws, **kw)


def merged(fit: hf.Fit) -> np.ndarray:
    return np.concatenate(list(fit._draws.values), axis=1)


def raised(a: float) -> dict[str, tuple[Any, Any]]:
    """Priors to the power a: members of their families."""
    return {
        "normal": (N(3, 5 / a**0.5), H(6 / a**0.5)),
        "gamma": (0.0, hf.Gamma(a * (2 - 1) + 1, a * 0.2)),
        "flat": (hf.Flat(), H(4 / a**0.5)),
    }


@pytest.mark.parametrize("name", ["normal", "gamma", "flat"])
@pytest.mark.parametrize("power", [0.7, 1.4])
def test_weighted_draws_are_those_of_the_raised_prior(name: str, power: float) -> None:
    fit, other = fit_schools(*raised(1.0)[name]), fit_schools(*raised(power)[name], seed=2)
    log = (power - 1) * log_prior(fit.plan, merged(fit))
    w = np.exp(log - log.max())
    w /= w.sum()
    assert 1 / np.square(w).sum() > 2000
    for unknown, draws in fit.hyper.items():
        x, y = draws.ravel(), other.hyper[unknown].ravel()
        for f in (lambda v: v, np.square):
            error = np.hypot(
                np.sqrt(np.square(w * (f(x) - w @ f(x))).sum()), f(y).std() / len(y) ** 0.5
            )
            assert abs(w @ f(x) - f(y).mean()) < 6 * error, unknown


def test_shares_raised() -> None:
    """A Beta prior of the mean of a Beta population, to a power."""
    y = np.array([1.0, 2, 2, 5, 7, 3])

    def fit(a: float, seed: int) -> hf.Fit:
        mean = hf.Beta(1 + a * 2, 1 + a * 3)
        model = hf.Model(hf.Binomial(n=10), hf.Beta(mean=mean, concentration=10.0))
        return model.fit({"y": y}, y="y", random_seed=seed, draws=5000, progressbar=False)

    one, two = fit(1.0, 1), fit(1.5, 2)
    log = 0.5 * log_prior(one.plan, merged(one))
    w = np.exp(log - log.max()) / np.exp(log - log.max()).sum()
    x, z = one.hyper["group_mean"].ravel(), two.hyper["group_mean"].ravel()
    assert abs(w @ x - z.mean()) < 6 * 1.5 * z.std() / len(z) ** 0.5


def test_densities_by_scipy() -> None:
    data = hf.datasets.load("eight_schools")
    y, se = (np.asarray(data[k], dtype=float)[:, None] for k in ("effect", "se"))
    prior = (N(0, 5), hf.HalfCauchy(H(5)))
    for scheme in ("auto", "gibbs", "quadrature"):
        fit = fit_schools(*prior, draws=100, scheme=scheme, tune=100)
        mu, tau = (fit.hyper[f"school_{a}"].ravel() for a in ("mu", "sigma"))
        beta = fit.hyper["school_sigma_beta"].ravel()
        log = stats.norm.logpdf(mu, 0, 5) + stats.halfcauchy.logpdf(tau, scale=beta)
        log += stats.halfnorm.logpdf(beta, scale=5)
        np.testing.assert_allclose(log_prior(fit.plan, merged(fit)), log, rtol=1e-10)
        rows = stats.norm.logpdf(y, mu, np.hypot(tau, se)).sum(axis=0)
        found = log_rows(fit.plan, merged(fit), np.empty((0, 0)))
        np.testing.assert_allclose(found - found[0], rows - rows[0], atol=1e-4)


def test_sensitivity_is_that_of_arviz() -> None:
    """From prior and density by SciPy; ArviZ smooths both tails of the weights, which hardly differ."""
    array_stats = pytest.importorskip("arviz_stats.base").array_stats
    data = hf.datasets.load("eight_schools")
    y, se = (np.asarray(data[k], dtype=float)[:, None, None] for k in ("effect", "se"))
    fit = fit_schools(N(0, 5), H(5), draws=1000)
    mu, tau = (fit.hyper[f"school_{a}"] for a in ("mu", "sigma"))
    logs = {
        "prior": stats.norm.logpdf(mu, 0, 5) + stats.halfnorm.logpdf(tau, scale=5),
        "likelihood": stats.norm.logpdf(y, mu, np.hypot(tau, se)).sum(axis=0),
    }
    found = fit.sensitivity()
    effects = fit.groups.draws()
    for name, log in logs.items():
        w = [np.exp((a - 1) * (log - log.mean())) for a in (0.99, 1.01)]
        w = [one / one.sum() for one in w]
        for unknown, x in {"school_mu": mu, "school_sigma": tau}.items():
            expected = array_stats.power_scale_sense(x, w[0], w[1], 0.99, 1.01)
            np.testing.assert_allclose(found.hyper.row(unknown)[name], expected, rtol=0.02)
        assert found.groups is not None
        expected = [
            array_stats.power_scale_sense(effects[..., j], w[0], w[1], 0.99, 1.01) for j in range(8)
        ]
        np.testing.assert_allclose(found.groups[name], expected, rtol=0.02)


def test_what_it_says() -> None:
    """A prior that is far from many data, one that data drown, and a flat one."""
    y = np.random.default_rng(1).normal(3.0, 1.0, 300)
    drowned = hf.Model(N(sigma=1), N(N(0, 100), 1.0)).fit({"y": y}, y="y", random_seed=1)
    said = drowned.sensitivity()
    assert said.moved == () and "No hyperparameter moves with the prior" in said.text
    assert said.hyper["likelihood"][0] > 0.05
    strong = hf.Model(N(sigma=1), N(N(0, 0.1), 1.0)).fit({"y": y}, y="y", random_seed=1)
    assert strong.sensitivity().moved == ("group_mu",)
    assert "may disagree" in repr(strong.sensitivity())
    flat = hf.Model(N(sigma=1), N(hf.Flat(), 1.0)).fit({"y": y}, y="y", random_seed=1)
    assert flat.sensitivity().hyper["prior"][0] < 1e-6


def test_every_scheme() -> None:
    y = [0.0, 1, 4, 2, 7, 3]
    for population in (
        hf.Beta(hf.Exponential(1), hf.Exponential(1)),
        hf.Mixture([N(0, 0.5), N(0, H(2))], weights=[0.5, 0.5]),
        hf.Grid(-3, 3, points=9, concentration=hf.Exponential(1)),
    ):
        fit = hf.Model(hf.Binomial(n=8), population).fit({"y": y}, y="y", random_seed=1, draws=50)
        found = power_scale(fit)
        assert found.groups is not None
        for table in (found.hyper, found.groups):
            assert np.isfinite(table["prior"]).all() and np.isfinite(table["likelihood"]).all()
    one, two = (
        hf.Model(N(sigma=1), N(0, H(1))).fit({"y": y}, y="y", random_seed=1, draws=50, cores=c)
        for c in (1, 2)
    )
    np.testing.assert_array_equal(
        one.sensitivity().groups["prior"], two.sensitivity().groups["prior"]
    )  # type: ignore[index]
