"""Priors: C against the NumPy twin against SciPy, at extremes and at every instruction set."""

import math

import numpy as np
import pytest
from scipy import stats as st

import hierfast as hf
from hierfast import _core
from hierfast import distributions as ds

LEVELS = list(_core.levels())
RNG = np.random.default_rng(17)
REAL = np.concatenate([RNG.normal(0, 3, 200), [0.0, 1e-300, -1e8, 1e150, -1e300]])
POSITIVE = np.concatenate([np.exp(RNG.normal(0, 3, 200)), [1e-300, 1e-10, 1e8, 1e150]])


def scales(low=-3.0, high=3.0):
    return np.exp(RNG.uniform(low, high, 205))


CASES = {  # parameters, SciPy's log density
    "Normal": ((RNG.normal(size=205), scales()), st.norm.logpdf),
    "StudentT": (
        (scales(), RNG.normal(size=205), scales()),
        st.t.logpdf,
    ),
    "HalfNormal": ((scales(),), lambda x, s: st.halfnorm.logpdf(x, 0, s)),
    "HalfCauchy": ((scales(),), lambda x, b: st.halfcauchy.logpdf(x, 0, b)),
    "HalfStudentT": ((scales(), scales()), lambda x, n, s: math.log(2) + st.t.logpdf(x, n, 0, s)),
    "Exponential": ((scales(),), lambda x, r: st.expon.logpdf(x, 0, 1 / r)),
    "Gamma": ((scales(), scales()), lambda x, a, b: st.gamma.logpdf(x, a, 0, 1 / b)),
    "InverseGamma": ((scales(), scales()), lambda x, a, b: st.invgamma.logpdf(x, a, 0, b)),
    "ScaledInverseChi2": (
        (scales(), scales()),
        lambda x, n, t: st.invgamma.logpdf(x, n / 2, 0, n * t / 2),
    ),
    "LogNormal": (
        (RNG.normal(size=205), scales()),
        lambda x, m, s: st.lognorm.logpdf(x, s, 0, np.exp(m)),
    ),
    "Uniform": ((np.full(205, -1.0), scales()), lambda x, a, b: st.uniform.logpdf(x, a, b - a)),
    "Logistic": ((RNG.normal(size=205), scales()), st.logistic.logpdf),
    "Beta": ((scales(), scales()), st.beta.logpdf),
    "Pareto": ((scales(), scales()), lambda x, a, m: st.pareto.logpdf(x, a, 0, m)),
    "Power": ((-scales(),), lambda x, a: a * np.log(x)),
    "Flat": ((), np.zeros_like),
}


def points(name):
    support = getattr(ds, name).support
    unit = POSITIVE / (1 + POSITIVE)
    x = {ds.Support.POSITIVE: POSITIVE, ds.Support.UNIT: unit}.get(support, REAL)
    return np.resize(x, 205)


def twin(name, x, params):
    return getattr(ds, name).logpdf(x, *params)


def test_every_prior_of_the_core_is_tested():
    assert sorted(_core.prior_names()) == sorted(CASES)


@pytest.mark.parametrize("name", CASES)
def test_core_is_twin_is_scipy(name):
    params, scipy = CASES[name]
    x = points(name)
    got = [_core.prior_logpdf(name, x, list(params), level) for level in LEVELS]
    assert len({g.tobytes() for g in got}) == 1
    np.testing.assert_allclose(got[0], twin(name, x, params), rtol=1e-12, atol=1e-12)
    with np.errstate(all="ignore"):
        want = scipy(x, *params)
    fine = np.isfinite(want) & (np.abs(x) < 1e100)
    np.testing.assert_allclose(got[0][fine], want[fine], rtol=1e-9, atol=1e-9)
    assert not np.isnan(got[0]).any()


@pytest.mark.parametrize("name", [n for n in CASES if len(CASES[n][0])])
def test_a_shifted_parameter_is_seen(name):
    params, _ = CASES[name]
    x = points(name)
    wrong = [*params[:-1], params[-1] * (1 + 1e-9)]
    got = _core.prior_logpdf(name, x, wrong, 0)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(got, twin(name, x, params), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "name", [n for n in CASES if getattr(ds, n).support is ds.Support.POSITIVE]
)
def test_nothing_at_or_below_zero(name):
    params, _ = CASES[name]
    x = np.array([-1.0, -0.0, 0.0, math.inf])
    got = _core.prior_logpdf(name, x, [p[:4] for p in params], 0)
    assert (got[:2] == -math.inf).all() and not np.isnan(got).any()


def test_one_parameter_for_all_lanes():
    x = POSITIVE[:50]
    one = _core.prior_logpdf("Gamma", x, [np.array([2.0]), np.array([3.0])], 0)
    each = _core.prior_logpdf("Gamma", x, [np.full(50, 2.0), np.full(50, 3.0)], 0)
    assert one.tobytes() == each.tobytes()


DRAWN = {
    "Normal": (hf.Normal(1, 2), st.norm(1, 2)),
    "Normal, variance": (hf.Normal(1, variance=4), st.norm(1, 2)),
    "Normal, precision": (hf.Normal(1, precision=0.25), st.norm(1, 2)),
    "StudentT": (hf.StudentT(3, 1, 2), st.t(3, 1, 2)),
    "HalfNormal": (hf.HalfNormal(2), st.halfnorm(0, 2)),
    "HalfCauchy": (hf.HalfCauchy(2), st.halfcauchy(0, 2)),
    "HalfStudentT": (hf.HalfStudentT(1, 2), st.halfcauchy(0, 2)),
    "Exponential": (hf.Exponential(4), st.expon(0, 0.25)),
    "Gamma": (hf.Gamma(2, 4), st.gamma(2, 0, 0.25)),
    "InverseGamma": (hf.InverseGamma(2, 4), st.invgamma(2, 0, 4)),
    "ScaledInverseChi2": (hf.ScaledInverseChi2(6, 2), st.invgamma(3, 0, 6)),
    "LogNormal": (hf.LogNormal(0.5, 0.7), st.lognorm(0.7, 0, math.exp(0.5))),
    "Uniform": (hf.Uniform(-1, 3), st.uniform(-1, 4)),
}


@pytest.mark.parametrize("name", DRAWN)
def test_simulation(name):
    prior, exact = DRAWN[name]
    assert st.kstest(prior.rvs(np.random.default_rng(2), 5000), exact.cdf).pvalue > 1e-3
    assert np.isscalar(prior.rvs(np.random.default_rng(2)))
    assert eval(repr(prior), vars(hf)) == prior


def test_nested_simulation_shares_the_unknown():
    drawn = hf.Normal(hf.Normal(1e6, 1), 1).rvs(np.random.default_rng(1), 100)
    assert np.ptp(drawn) < 20
    with pytest.raises(ValueError, match="improper"):
        hf.Flat().rvs(np.random.default_rng(1))


VARIATES = {
    "exponential": (0, (1.0, 1.0), st.expon()),
    "gamma": (1, (3.7, 1.0), st.gamma(3.7)),
    "gamma below one": (1, (0.2, 1.0), st.gamma(0.2)),
    "beta": (2, (0.6, 3.0), st.beta(0.6, 3.0)),
    "inverse gamma": (3, (2.5, 4.0), st.invgamma(2.5, 0, 4.0)),
    "chi square": (4, (3.0, 1.0), st.chi2(3.0)),
}


@pytest.mark.parametrize("name", VARIATES)
def test_variates(name):
    kind, (a, b), exact = VARIATES[name]
    x = _core.variates(kind, 12345, 200_000, a, b)
    assert st.kstest(x, exact.cdf).pvalue > 1e-4
    assert st.kstest(x * 1.05, exact.cdf).pvalue < 1e-4  # sees five per cent
    assert x[:50].tobytes() == _core.variates(kind, 12345, 50, a, b).tobytes()
