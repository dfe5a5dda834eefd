"""Pooling, heterogeneity and new groups against closed forms, quadrature and joint draws."""

import numpy as np
import pytest
from scipy import integrate
from scipy import stats as st

import hierfast as hf
from hierfast.population import quantiles_of, variance_of

SCHOOLS = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))


@pytest.fixture(scope="module")
def schools():
    table = hf.datasets.load("eight_schools")
    return SCHOOLS.fit(table, y="effect", group="school", random_seed=1, progressbar=False)


@pytest.fixture(scope="module")
def surgical():
    table = hf.datasets.load("surgical")
    model = hf.Model(hf.Binomial(n="operations"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))
    return model.fit(table, y="deaths", group="hospital", random_seed=1, progressbar=False)


def test_factors_are_weights_of_the_population(schools):
    se = np.asarray(hf.datasets.load("eight_schools")["se"])
    tau = schools.hyper["school_sigma"].reshape(-1, 1)
    exact = (se**2 / (se**2 + tau**2)).mean(axis=0)
    found = schools.groups.pooling()
    np.testing.assert_allclose(found["factor"], exact, rtol=1e-10)
    assert found.columns == ("n", "none", "partial", "sd", "complete", "factor")
    effect = np.asarray(hf.datasets.load("eight_schools")["effect"])
    np.testing.assert_allclose(found["none"], effect)
    np.testing.assert_allclose(found["complete"], np.average(effect, weights=se**-2.0), rtol=1e-12)
    np.testing.assert_array_equal(found["partial"], schools.groups.mean)


def test_factors_by_quadrature_are_those_of_a_grid(surgical):
    """Variances of an effect given the hyperparameters, by panels of their own."""
    y, n = (np.asarray(hf.datasets.load("surgical")[k]) for k in ("deaths", "operations"))
    mu, tau = (surgical.hyper[f"hospital_{k}"].reshape(-1) for k in ("mu", "sigma"))
    t = np.linspace(-8, 4, 1201)[:, None]
    exact = []
    for j in (0, 7):
        log = y[j] * t - n[j] * np.logaddexp(0, t) + st.norm.logpdf(t, mu, tau)
        w = np.exp(log - log.max(axis=0))
        w /= w.sum(axis=0)
        mean = (w * t).sum(axis=0)
        exact.append(((w * (t - mean) ** 2).sum(axis=0) / tau**2).mean())
    found = surgical.groups.pooling()
    np.testing.assert_allclose(found["factor"][[0, 7]], exact, rtol=1e-3)
    natural = surgical.groups.natural.pooling()
    np.testing.assert_allclose(natural["none"], y / n)
    np.testing.assert_allclose(natural["complete"], y.sum() / n.sum())
    np.testing.assert_array_equal(natural["factor"], found["factor"])


def test_factors_of_conjugate_counts_are_weights_of_means():
    table = {"y": [0, 3, 7, 2], "n": [4, 9, 11, 30], "g": [0, 1, 2, 3]}
    beta = hf.Model(hf.Binomial(n="n"), hf.Beta(2, 3)).fit(
        table, y="y", group="g", random_seed=1, progressbar=False
    )
    found = beta.groups.pooling()
    weight = 5 / (5 + np.array(table["n"]))
    np.testing.assert_allclose(found["factor"], weight)
    np.testing.assert_allclose(found["partial"], weight * 0.4 + (1 - weight) * found["none"])
    gamma = hf.Model(hf.Poisson(exposure="n"), hf.Gamma(2, 3)).fit(
        table, y="y", group="g", random_seed=1, progressbar=False
    )
    found = gamma.groups.pooling()
    weight = 3 / (3 + np.array(table["n"]))
    np.testing.assert_allclose(found["factor"], weight)
    np.testing.assert_allclose(found["partial"], weight * 2 / 3 + (1 - weight) * found["none"])


def test_a_group_without_rows_is_the_populations():
    model = hf.Model(hf.Normal(sigma=1), hf.StudentT(4, hf.Normal(0, 5), hf.HalfNormal(2)))
    fit = model.fit(
        {"y": [1.0, 2.0, 4.0], "g": ["a", "b", "c"]},
        y="y",
        group="g",
        groups={"g": ["a", "b", "c", "new"]},
        random_seed=1,
        progressbar=False,
    )
    row = fit.groups.pooling().row("new")
    assert row["factor"] == 1.0 and np.isnan(row["none"]) and row["n"] == 0


def test_what_has_no_factor_is_said():
    table = hf.datasets.load("pollen")
    model = hf.Model(hf.Multinomial(), hf.Dirichlet([hf.Exponential(0.05)] * 4))
    fit = model.fit(
        table, y=["pine", "fir", "oak", "alder"], group="level", random_seed=1, draws=50,
        progressbar=False,
    )  # fmt: skip
    for call in (fit.groups.pooling, fit.heterogeneity):
        with pytest.raises(ValueError, match="not available with a Dirichlet population"):
            call()
    with pytest.raises(ValueError, match="shares are vectors"):
        fit.population_interval()
    with pytest.raises(ValueError, match="shares are vectors"):
        fit.groups.rank()
    assert fit.groups.mcse.shape == fit.groups.mean.shape


def test_errors_of_means_are_as_large_as_they_say():
    rng = np.random.default_rng(2)
    table = {"y": rng.binomial(9, 0.4, 20), "g": np.arange(20)}
    for population in (
        hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)),
        hf.Beta(hf.Exponential(0.3), hf.Exponential(0.3)),
    ):
        model, means, errors = hf.Model(hf.Binomial(n=9), population), [], []
        for seed in range(40):
            fit = model.fit(table, y="y", group="g", random_seed=seed, draws=100, progressbar=False)
            means.append(fit.groups.mean)
            errors.append(fit.groups.mcse)
        ratio = np.std(means, axis=0, ddof=1) / np.sqrt(np.mean(np.square(errors), axis=0))
        assert 0.7 < np.sqrt(np.mean(ratio**2)) < 1.3


def test_shares_of_variance(schools, surgical):
    se = np.asarray(hf.datasets.load("eight_schools")["se"])
    w = se**-2.0
    typical = 7 * w.sum() / (w.sum() ** 2 - (w**2).sum())
    tau = schools.hyper["school_sigma"]
    found = schools.heterogeneity()
    assert found.names == ("between_sd", "i2")
    np.testing.assert_allclose(found["mean"], [tau.mean(), (tau**2 / (tau**2 + typical)).mean()])
    tau = surgical.hyper["hospital_sigma"]
    found = surgical.heterogeneity()
    assert found.names == ("between_sd", "icc")
    np.testing.assert_allclose(found["mean"][1], (tau**2 / (tau**2 + np.pi**2 / 3)).mean())
    table = hf.datasets.load("dyes")
    model = hf.Model(hf.Normal(sigma=hf.HalfNormal(50)), hf.Normal(1500, hf.HalfNormal(50)))
    fit = model.fit(table, y="grams", group="batch", random_seed=1, progressbar=False)
    tau, sigma = fit.hyper["batch_sigma"], fit.hyper["sigma"]
    found = fit.heterogeneity()
    np.testing.assert_allclose(
        found["mean"],
        [
            tau.mean(),
            (tau**2 / (tau**2 + sigma**2)).mean(),
            (tau**2 / (tau**2 + sigma**2 / 5)).mean(),
        ],
    )


POPULATIONS = {
    "StudentT": (hf.StudentT(5, 1, 2), st.t(5, 1, 2)),
    "Logistic": (hf.Logistic(1, 2), st.logistic(1, 2)),
    "TruncatedNormal": (hf.TruncatedNormal(1, 2, lower=0), st.truncnorm(-0.5, np.inf, 1, 2)),
    "Beta": (hf.Beta(2, 3), st.beta(2, 3)),
    "Gamma": (hf.Gamma(2, 3), st.gamma(2, scale=1 / 3)),
    "InverseGamma": (hf.InverseGamma(3, 2), st.invgamma(3, scale=2)),
}


@pytest.mark.parametrize("name", POPULATIONS)
def test_variances_are_those_of_integrals(name):
    """On the scale on which effects are read, by SciPy's adaptive rule over quantiles."""
    population, exact = POPULATIONS[name]
    rows = hf.Binomial(n=9) if name == "Beta" else hf.Poisson()
    fit = hf.Model(rows, population).fit({"y": [1, 4]}, y="y", random_seed=1, progressbar=False)
    to = {"Beta": lambda x: np.log(x / (1 - x)), "Gamma": np.log, "InverseGamma": np.log}
    scale = to.get(name, lambda x: x)
    first, second = (
        integrate.quad(lambda u, k=k: scale(exact.ppf(u)) ** k, 0, 1, limit=500)[0] for k in (1, 2)
    )
    x = np.empty((0, 1))
    np.testing.assert_allclose(variance_of(fit.plan.graph, x), second - first**2, rtol=1e-3)
    found = quantiles_of(fit.plan.graph, x, np.array([0.03, 0.6]))
    np.testing.assert_allclose(found, exact.ppf([0.03, 0.6]), rtol=1e-9)


def test_a_mixture_of_parts_and_a_point():
    kinds = hf.Mixture([hf.PointMass(0), hf.Normal(1, 2)], weights=[0.6, 0.4])
    fit = hf.Model(hf.Normal(sigma=1), kinds).fit(
        {"y": [0.1, 3.0]}, y="y", random_seed=1, progressbar=False
    )
    x = np.empty((0, 1))
    mean = 0.4 * 1.0
    np.testing.assert_allclose(variance_of(fit.plan.graph, x), 0.4 * (4 + 1) - mean**2)
    low, high = fit.population_interval(0.8)
    np.testing.assert_allclose(low, st.norm.ppf(0.1 / 0.4, 1, 2), rtol=1e-9)
    np.testing.assert_allclose(high, st.norm.ppf(1 - 0.1 / 0.4, 1, 2), rtol=1e-9)
    low, high = fit.population_interval(0.2)
    assert abs(low) < 1e-12 and abs(high) < 1e-12


def test_a_new_group_is_where_one_without_rows_is(schools):
    table = hf.datasets.load("eight_schools")
    fit = SCHOOLS.fit(
        table,
        y="effect",
        group="school",
        groups={"school": [*table["school"], "new"]},
        random_seed=1,
        progressbar=False,
    )
    low, high = fit.groups["new"].interval(0.9)
    found = schools.population_interval(0.9)
    np.testing.assert_allclose(found, (low, high), rtol=0.05)


def test_a_new_group_of_a_grid():
    points = np.linspace(-3, 3, 13)
    fit = hf.Model(hf.Normal(sigma=1), hf.Grid(-3, 3, points=13)).fit(
        {"y": [-1.0, 0.0, 2.0]}, y="y", random_seed=1, draws=200, progressbar=False
    )
    low, high = fit.population_interval(0.5)
    assert low in points and high in points and low < high
    with pytest.raises(ValueError, match="not available with a Grid population"):
        fit.groups.pooling()


def test_locations_by_columns_have_no_new_group():
    table = {"y": [1.0, 2.0, 5.0, 3.0], "x": [0.0, 1.0, 2.0, 1.5], "g": [0, 1, 2, 3]}
    model = hf.Model(
        hf.Normal(sigma=1), hf.Normal(hf.Linear("1 + x", hf.Normal(0, 5)), hf.HalfNormal(1))
    )
    fit = model.fit(table, y="y", group="g", random_seed=1, progressbar=False)
    with pytest.raises(ValueError, match="differs by columns"):
        fit.population_interval()
