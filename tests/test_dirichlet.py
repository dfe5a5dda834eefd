"""Dirichlet: shares that add up to one, as written, as a density and as draws."""

import copy
import pickle

import mpmath
import numpy as np
import pytest
from scipy import stats as st

import hierfast as hf
from hierfast.distributions.dirichlet import log_multivariate_beta

RNG = np.random.default_rng(40)


@pytest.mark.parametrize("categories", [2, 3, 7])
def test_density_is_that_of_scipy(categories):
    for _ in range(50):
        alpha = np.exp(RNG.normal(0, 2, categories))
        x = RNG.dirichlet(np.full(categories, 2.0))
        assert hf.Dirichlet.logpdf(x, alpha) == pytest.approx(st.dirichlet.logpdf(x, alpha), 1e-9)
    x = RNG.dirichlet(np.full(categories, 2.0), (4, 5))
    assert hf.Dirichlet.logpdf(x, 1.0).shape == (4, 5)


def test_two_categories_are_a_beta():
    x = np.linspace(0.01, 0.99, 9)
    got = hf.Dirichlet.logpdf(np.stack([x, 1 - x], axis=1), [2.5, 0.3])
    np.testing.assert_allclose(got, hf.Beta.logpdf(x, 2.5, 0.3), rtol=1e-12)


@pytest.mark.parametrize("alpha", [[1e9, 2.0, 1e-3], [1e-8, 1e-8, 3.0], [1e12, 1e12, 1e12, 5.0]])
def test_its_constant_keeps_its_digits(alpha):
    mpmath.mp.dps = 50
    exact = sum(map(mpmath.loggamma, alpha)) - mpmath.loggamma(mpmath.fsum(map(mpmath.mpf, alpha)))
    assert float(log_multivariate_beta(alpha)) == pytest.approx(float(exact), rel=1e-13)


def test_nothing_lies_outside_the_simplex():
    outside = [[0.5, 0.6], [0.0, 1.0], [-0.5, 1.5], [0.5, 0.4]]
    assert (hf.Dirichlet.logpdf(outside, [2, 2]) == -np.inf).all()
    assert np.isnan(hf.Dirichlet.logpdf([np.nan, 0.5], [2, 2]))


def test_draws_have_its_moments():
    alpha = np.array([3.0, 1.0, 0.4])
    x = hf.Dirichlet(alpha).rvs(np.random.default_rng(3), 40_000)
    assert x.shape == (40_000, 3) and np.allclose(x.sum(axis=1), 1)
    law = st.dirichlet(alpha)
    for k in range(3):
        p = st.kstest(x[:, k], st.beta(alpha[k], alpha.sum() - alpha[k]).cdf).pvalue
        assert p > 1e-4
    np.testing.assert_allclose(x.mean(axis=0), law.mean(), atol=5 * np.sqrt(law.var().max() / 4e4))
    assert hf.Dirichlet(mean=[0.5, 0.5], concentration=hf.Exponential(1)).rvs(RNG).shape == (2,)


def test_it_is_printed_as_written_and_equal_by_value():
    assert repr(hf.Dirichlet((9, 1.5))) == "Dirichlet(alpha=[9, 1.5])"
    nested = hf.Dirichlet([hf.Exponential(1), 2])
    assert repr(nested) == "Dirichlet(alpha=[Exponential(lam=1), 2])"
    told = "Dirichlet(mean=[0.25, 0.75], concentration=Gamma(alpha=2, beta=1))"
    assert repr(hf.Dirichlet(mean=[0.25, 0.75], concentration=hf.Gamma(2, 1))) == told
    for one in (nested, hf.Dirichlet(2), hf.Dirichlet(mean=[0.5, 0.5], concentration=3)):
        assert eval(repr(one), vars(hf)) == one == pickle.loads(pickle.dumps(one))
        assert hash(copy.deepcopy(one)) == hash(one)
    assert hf.Dirichlet(np.array([9, 1])) == hf.Dirichlet([9, 1]) != hf.Dirichlet([1, 9])
    assert [hf.Dirichlet([9, 1, 1]).categories, hf.Dirichlet(1).categories] == [3, 0]


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (hf.Dirichlet, ValueError, "needs alpha, or mean and concentration; got none"),
        (lambda: hf.Dirichlet(mean=[0.5, 0.5]), ValueError, "got mean of these"),
        (lambda: hf.Dirichlet([1, 1], concentration=2), ValueError, "alpha and concentration"),
        (lambda: hf.Dirichlet([1]), ValueError, "at least two categories; got 1"),
        (lambda: hf.Dirichlet([]), ValueError, "at least two categories; got 0"),
        (lambda: hf.Dirichlet([[1], [1]]), TypeError, r"alpha\[0\] must be a number"),
        (lambda: hf.Dirichlet(np.ones((2, 2))), ValueError, r"one dimension; got shape \(2, 2\)"),
        (lambda: hf.Dirichlet([1, 0]), ValueError, r"alpha\[1\] must be positive; got 0"),
        (lambda: hf.Dirichlet([1, np.nan]), ValueError, r"alpha\[1\] must be finite"),
        (lambda: hf.Dirichlet([1, None]), TypeError, r"alpha\[1\] is None"),
        (lambda: hf.Dirichlet([True, 1]), TypeError, r"alpha\[0\] must be a number"),
        (lambda: hf.Dirichlet(-1), ValueError, "alpha must be positive; got -1"),
        (lambda: hf.Dirichlet("alpha"), TypeError, "no column can be read here"),
        (lambda: hf.Dirichlet([1, "x"]), TypeError, r"alpha\[1\] must be a number or a prior"),
        (lambda: hf.Dirichlet([hf.Normal(0, 1), 1]), ValueError, r"alpha\[0\] must be positive"),
        (lambda: hf.Dirichlet(hf.Dirichlet([1, 1])), ValueError, "several numbers at once"),
        (lambda: hf.Normal(hf.Dirichlet([1, 1]), 1), ValueError, "several numbers at once"),
        (lambda: hf.Dirichlet(mean=[0.5, 0.6], concentration=1), ValueError, "adds up to 1.1"),
        (lambda: hf.Dirichlet(mean=[1, 0], concentration=1), ValueError, "between 0 and 1"),
        (lambda: hf.Dirichlet(mean=0.5, concentration=1), TypeError, "must be a sequence"),
        (
            lambda: hf.Dirichlet(mean=[hf.Beta(1, 1), 0.5], concentration=1),
            TypeError,
            r"mean\[0\] must be a number",
        ),
    ],
)
def test_bad_arguments_are_named(make, error, told):
    with pytest.raises(error, match=told):
        make()


def test_a_shared_alpha_cannot_be_simulated():
    with pytest.raises(ValueError, match="leaves open how many categories"):
        hf.Dirichlet(2).rvs(RNG)
