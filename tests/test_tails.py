"""Means of rates, times and scales that are infinite: said to be so, by whom truncated integrals grow."""

import warnings

import numpy as np
import pytest
from scipy import special as sp
from scipy import stats as st

import hierfast as hf

ENDS = (250.0, 300.0, 350.0)
FAR = np.linspace(-40.0, ENDS[-1], 400_001)
# Log likelihoods of groups at FAR: one whose row is censored or 0, and one whose row is another.
TIME, ALPHA = 2.0, 1.5
SURVIVAL = np.log(sp.gammaincc(ALPHA, np.maximum(ALPHA * TIME * np.exp(-FAR), 1e-300)) + 1e-300)
RATE = -TIME * np.exp(np.minimum(FAR, 600.0))
WEIBULL = -np.exp(np.minimum(ALPHA * (np.log(TIME) - FAR), 600.0))
COUNTS = {"y": [0, 3], "size": [TIME, TIME]}
TIMES = {"y": [TIME, TIME], "cut": [True, False]}
ROWS = {
    "Poisson": (hf.Poisson(exposure="size"), COUNTS, RATE, 3 * FAR + RATE),
    "Exponential": (hf.Exponential(censored="cut"), TIMES, RATE, FAR + RATE),
    "NegativeBinomial": (
        hf.NegativeBinomial(0.7, exposure="size"),
        COUNTS,
        -0.7 * np.log1p(TIME * np.exp(FAR) / 0.7),
        3 * FAR - 3.7 * np.log1p(TIME * np.exp(FAR) / 0.7),
    ),
    "Weibull": (hf.Weibull(ALPHA, censored="cut"), TIMES, WEIBULL, -ALPHA * FAR + WEIBULL),
    "Gamma": (
        hf.Gamma(ALPHA, censored="cut"),
        TIMES,
        SURVIVAL,
        -ALPHA * (FAR + TIME * np.exp(np.minimum(-FAR, 600.0))),
    ),
    "ZeroInflatedPoisson": (
        hf.ZeroInflatedPoisson(0.6, exposure="size"),
        COUNTS,
        np.log(0.4 + 0.6 * np.exp(RATE)),
        3 * FAR + RATE,
    ),
}
GROUPS = {
    "Normal": (hf.Normal(0.5, 1.2), st.norm(0.5, 1.2).logpdf(FAR)),
    "StudentT": (hf.StudentT(3, 0.5, 1.0), st.t(3, 0.5, 1.0).logpdf(FAR)),
    "Logistic-0.4": (hf.Logistic(0.5, 0.4), st.logistic(0.5, 0.4).logpdf(FAR)),
    "Logistic-0.8": (hf.Logistic(0.5, 0.8), st.logistic(0.5, 0.8).logpdf(FAR)),
    "Logistic-2.5": (hf.Logistic(0.5, 2.5), st.logistic(0.5, 2.5).logpdf(FAR)),
    "InverseGamma-1.5": (hf.InverseGamma(1.5, 1.0), -1.5 * FAR - np.exp(-FAR)),
    "InverseGamma-0.8": (hf.InverseGamma(0.8, 1.0), -0.8 * FAR - np.exp(-FAR)),
    "Mixture": (
        hf.Mixture([hf.Normal(0.0, 1.0), hf.StudentT(3, 0.5, 1.0)], weights=[0.5, 0.5]),
        np.logaddexp(st.norm(0, 1).logpdf(FAR), st.t(3, 0.5, 1.0).logpdf(FAR)),
    ),
}


def grows(log, k):
    """Whether the integral of exp(k theta) still grows where it is cut off."""
    whole = np.logaddexp.accumulate(log + k * FAR)
    at = whole[np.searchsorted(FAR, ENDS[0])], whole[-1]
    return at[1] - at[0] > 1e-6


def fit(rows, population, data, **other):
    table = {"g": ["cut", "some"], **{key: np.array(v) for key, v in data.items()}}
    model = hf.Model(rows, population)
    groups = {"g": ["cut", "none", "some"]}
    options = {"draws": 50, "chains": 1, "random_seed": 1, "progressbar": False} | other
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hf.IdentificationWarning)
        return model.fit(table, y="y", group="g", groups=groups, **options)


def moments(groups):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        mean, sd = groups.mean, groups.sd
    return mean, sd, [str(w.message) for w in said if w.category is hf.IdentificationWarning]


@pytest.mark.parametrize("population", GROUPS)
@pytest.mark.parametrize("rows", ROWS)
def test_moments_are_infinite_where_truncated_integrals_grow(rows, population):
    likelihood, data, cut, some = ROWS[rows]
    made, prior = GROUPS[population]
    found = fit(likelihood, made, data).groups.natural
    mean, sd, said = moments(found)
    logs = {"cut": cut + prior, "none": prior, "some": some + prior}
    want = np.array([[grows(logs[g], k) for g in ("cut", "none", "some")] for k in (1, 2)])
    np.testing.assert_array_equal(np.isinf(mean), want[0])
    np.testing.assert_array_equal(np.isinf(sd), want[1])
    assert len(said) == want.any() and not np.isnan(mean).any()
    assert np.isfinite(found.quantile([0.05, 0.5, 0.95])).all()
    for text in said:
        assert "quantile(0.5)" in text and f"{want[1].sum()} of 3 groups" in text


def test_finite_means_are_those_of_integrals():
    likelihood, data, cut, some = ROWS["Weibull"]
    made, prior = GROUPS["Logistic-0.4"]
    mean, _, _ = moments(fit(likelihood, made, data).groups.natural)
    for got, log in zip(mean[[0, 2]], (cut, some), strict=True):
        log_z, log_m = (sp.logsumexp(log + prior + k * FAR) for k in (0, 1))
        np.testing.assert_allclose(got, np.exp(log_m - log_z), rtol=0.02)


def test_one_draw_of_a_wide_scale_suffices():
    """Of the mixture over draws, whose largest scale decides."""
    rows, data, *_ = ROWS["Poisson"]
    found = fit(rows, hf.Logistic(0, hf.HalfNormal(1)), data, draws=500)
    assert (found.hyper["g_s"] > 1).any() and (found.hyper["g_s"] < 0.5).any()
    mean, _, said = moments(found.groups.natural)
    np.testing.assert_array_equal(np.isinf(mean), [False, True, False])
    assert "mean of the rate is infinite in 1 of 3 groups ('none')" in said[0]
    assert "inf" in repr(found.groups.natural)


def test_means_of_simulated_effects_have_no_limit():
    """Of a Cauchy's exponential the mean of more draws is larger, as far as floats go."""
    rows, data, *_ = ROWS["Poisson"]
    found = fit(rows, hf.StudentT(1, 0, 1), data, draws=4000)
    draws = found.groups.natural.draws(["none", "some"])[0]
    with np.errstate(over="ignore"):
        short, long = draws[:40].mean(axis=0), draws.mean(axis=0)
    assert long[0] > 1e10 * short[0] and long[1] < 2 * short[1]


def test_scales_that_no_row_bounds():
    rng = np.random.default_rng(1)
    table = {"g": np.repeat([0, 1, 2], [1, 2, 6]), "y": rng.normal(size=9)}
    variance = hf.each(hf.InverseGamma(0.3, 1.0))  # moments of c + a = rows / 2 + 0.3
    model = hf.Model(hf.Normal(variance=variance), hf.Normal(0, hf.HalfNormal(1)))
    fitted = model.fit(table, y="y", group="g", draws=50, random_seed=1, progressbar=False)
    mean, sd, said = moments(fitted.terms["variance"])
    np.testing.assert_array_equal(np.isinf(mean), [True, False, False])
    np.testing.assert_array_equal(np.isinf(sd), [True, True, False])
    assert "of the variance is infinite" in said[0]
    assert np.isfinite(fitted.groups.mean).all()


def test_probabilities_have_moments():
    table = {"g": ["a", "b"], "y": [0, 2]}
    model = hf.Model(hf.Binomial(n=2), hf.StudentT(3, 0, 1))
    found = model.fit(table, y="y", group="g", draws=50, random_seed=1, progressbar=False)
    mean, sd, said = moments(found.groups.natural)
    assert np.isfinite(mean).all() and np.isfinite(sd).all() and not said
