"""Every density, marginal, conditional and derivative: C against NumPy against mpmath, no Monte Carlo.

Nothing here is random but the data, so there is no false alarm; bounds are those of rounding.
"""

import importlib
import itertools
import math

import mpmath
import numpy as np
import pytest
from trust.families import LIKELIHOODS, POPULATIONS, PRIORS

from hierfast import _core
from hierfast import distributions as ds

LEVELS = list(_core.levels())
DIGITS = 50


def each_level(evaluate):
    """The value at every instruction set, which is one value."""
    found = [evaluate(level) for level in LEVELS]
    assert len({f.tobytes() for f in found}) == 1
    return found[0]


def exact(function, *args):
    with mpmath.workdps(DIGITS):
        return float(function(*(mpmath.mpf(float(a)) for a in args)))


def test_every_family_of_the_core_is_in_a_list():
    assert sorted(_core.prior_names()) == sorted(PRIORS)
    assert tuple(map(sorted, _core.family_names())) == (sorted(LIKELIHOODS), sorted(POPULATIONS))


@pytest.mark.parametrize("name", PRIORS)
def test_prior_over_a_grid_of_extremes(name):
    x, *params = PRIORS[name].points()
    got = each_level(lambda level: _core.prior_logpdf(name, x, params, level))
    twin = getattr(ds, name).logpdf(x, *params)
    assert not np.isnan(got).any()
    np.testing.assert_allclose(got, twin, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", PRIORS)
def test_prior_to_fifty_digits(name):
    prior = PRIORS[name]
    x, *params = prior.points()
    got = _core.prior_logpdf(name, x, params, 0)
    for i in range(0, len(x), max(1, len(x) // 60)):
        want = exact(prior.exact, x[i], *(p[i] for p in params))
        scale = max(1.0, abs(want), *(abs(math.log(abs(p[i]) or 1.0)) for p in params))
        # cancelling parts, as in a log x - lgamma(a), may each be as large as the largest parameter
        scale += (
            max((abs(p[i]) for p in params if name.endswith(("Gamma", "Chi2"))), default=0) * 40
        )
        if np.isfinite(got[i]):
            assert abs(got[i] - want) <= 4e-15 * scale * 4, (x[i], [p[i] for p in params])
        else:
            assert abs(want) > 1e300 or want == got[i], (x[i], [p[i] for p in params])


def normalised(values):
    """Differences from the first: constants that no unknown touches drop out."""
    return np.asarray(values) - values[0]


def blur(got, at):
    """What rounding of a value of size `at` does to a log density with derivatives `got`."""
    ulp = 8 * math.ulp(np.abs(at).max())
    return 1e-9 + ulp * np.abs(got[1]).max(), ulp * np.abs(got[2]).max()


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_likelihood_is_that_of_the_rows(name):
    family, rng = LIKELIHOODS[name], np.random.default_rng(5)
    for _ in range(12):
        rows = family.rows(rng)
        stats = [np.array([s]) for s in family.reduce(rows)]
        eta = family.middle(rows) + np.array(family.off)
        for params in itertools.product(*family.params):
            columns = [np.array([p]) for p in params]
            got = each_level(
                lambda level, e=eta, s=stats, c=columns: _core.likelihood_eval(name, e, s, c, level)
            )
            log = lambda e, r=rows, p=params: family.log(mpmath, r, e, *p)  # noqa: E731
            atol, slack = blur(got, eta)
            for want in (
                [exact(log, e) for e in eta],
                [family.log(np, rows, e, *params) for e in eta],
            ):
                np.testing.assert_allclose(got[0], want, rtol=1e-12, atol=atol)
            check_derivatives(log, eta, got, slack)


TWINS = {"Binomial": "binomial", "Poisson": "poisson", "BinomialProbit": "binomial_probit"}
TWINS["BinomialCloglog"] = "binomial_cloglog"


@pytest.mark.parametrize("name", TWINS)
def test_likelihood_and_its_twin_at_extremes(name):
    twin = importlib.import_module(f"hierfast.likelihoods.{TWINS[name]}").log_likelihood
    eta = np.array([-700.0, -40.0, -3.0, -1e-8, 0.0, 1e-8, 3.0, 40.0, 700.0])
    for y, size in itertools.product((0.0, 1.0, 7.0, 1e6), (7.0, 1e6, 1e9)):
        if name.startswith("Binomial") and y > size:
            continue
        stats = [np.array([y]), np.array([size])]
        got = each_level(lambda level, s=stats: _core.likelihood_eval(name, eta, s, [], level))
        want = np.array(twin(y, size, eta))
        fine = np.isfinite(want)
        np.testing.assert_allclose(got[fine], want[fine], rtol=2e-13, atol=1e-200)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_likelihood_moves_with_its_parameters(name):
    """Parameters as columns: the part of the density that only they touch is there."""
    family, rng = LIKELIHOODS[name], np.random.default_rng(6)
    for _ in range(12):
        rows = family.rows(rng)
        stats = [np.array([s]) for s in family.reduce(rows)]
        grid = np.array(list(itertools.product(*family.params)))
        columns = [np.ascontiguousarray(c) for c in grid.T]
        eta = np.full(len(grid), family.middle(rows) + 0.3)
        got = _core.likelihood_eval(name, eta, stats, columns, 0)
        want = [exact(lambda *p, r=rows, e=eta[0]: family.log(mpmath, r, e, *p), *p) for p in grid]
        atol = blur(got, eta)[0]
        np.testing.assert_allclose(normalised(got[0]), normalised(want), rtol=1e-12, atol=atol)


@pytest.mark.parametrize("name", POPULATIONS)
def test_population_and_its_derivatives(name):
    family = POPULATIONS[name]
    for params in itertools.product(*family.params):
        for loc, theta, size in family.places(params):
            columns, place = [np.array([p]) for p in params], np.array([loc])
            got = each_level(
                lambda level, t=theta, p=place, c=columns: _core.population_eval(
                    name, t, p, c, level
                )
            )
            log = lambda t, m=loc, p=params: family.log(mpmath, t, mpmath.mpf(m), *p)  # noqa: E731
            for want in ([exact(log, t) for t in theta], family.twin(theta, loc, *params)):
                np.testing.assert_allclose(got[0], want, rtol=1e-12, atol=1e-12 * size)
            check_derivatives(log, theta, got)


def check_derivatives(log, at, got, slack=0.0):
    """First and second derivatives against mpmath's differences at 50 digits."""
    with mpmath.workdps(DIGITS):
        first = [float(mpmath.diff(log, mpmath.mpf(float(x)))) for x in at]
        second = [float(mpmath.diff(log, mpmath.mpf(float(x)), 2)) for x in at]
    unit = np.sqrt(np.abs(second)).max()
    np.testing.assert_allclose(got[1], first, rtol=1e-9, atol=1e-9 * unit + slack)
    np.testing.assert_allclose(got[2], second, rtol=1e-9, atol=1e-13 * np.abs(second).max())
