"""Log densities by stage against SciPy, and against closed forms of what is integrated out."""

import numpy as np
import pytest
from scipy import special as sp
from scipy import stats as st

import hierfast as hf
from hierfast import _core

G, Y, SE = ["b", "a", "b"], np.array([1.0, -0.5, 2.0]), np.array([0.5, 1.0, 2.0])
MODEL = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(2)))
TABLE = {"g": G, "y": Y, "se": SE}
HYPER = {"g_mu": np.array([0.3, -1.0]), "g_sigma": np.array([0.7, 2.0])}
THETA = np.array([[0.1, 0.9], [-0.4, 1.1]])  # of a and b
BOTH = {"y": "y", "group": "g"}


def test_normal_by_scipy():
    found = MODEL.log_prob(TABLE, HYPER, THETA, **BOTH)
    rows = st.norm.logpdf(Y, THETA[:, [1, 0, 1]], SE)
    np.testing.assert_allclose(
        found.likelihood_by_group, np.stack([rows[:, 1], rows[:, 0] + rows[:, 2]], 1)
    )
    groups = st.norm.logpdf(THETA, HYPER["g_mu"][:, None], HYPER["g_sigma"][:, None])
    np.testing.assert_allclose(found.population_by_group, groups)
    prior = st.norm.logpdf(HYPER["g_mu"], 0, 5) + st.halfcauchy.logpdf(HYPER["g_sigma"], 0, 2)
    np.testing.assert_allclose(found.hyper, prior)
    np.testing.assert_allclose(found.total, rows.sum(1) + groups.sum(1) + prior)
    assert found.normalised


def test_total_over_conditional_is_the_marginal():
    """p(y, theta, phi) / p(theta | y, phi) is p(y | phi) p(phi), whatever theta."""
    table = {"g": ["a", "b", "c"], "y": [3, 0, 5], "n": [7, 4, 9]}
    model = hf.Model(hf.Binomial(n="n"), hf.Beta(hf.Exponential(1), hf.Gamma(2, 1)))
    y, n = (np.array(table[k]) for k in "yn")
    p = np.random.default_rng(1).random((4, 3))
    a, b = np.array([1.0, 0.4, 2.0, 7.0]), np.array([2.0, 3.0, 0.5, 1.0])
    found = model.log_prob(table, {"g_alpha": a, "g_beta": b}, p, **BOTH)
    given = st.beta.logpdf(p, a[:, None] + y, b[:, None] + n - y).sum(axis=1)
    want = st.betabinom.logpmf(y, n, a[:, None], b[:, None]).sum(axis=1)
    want += st.expon.logpdf(a) + st.gamma.logpdf(b, 2)
    np.testing.assert_allclose(found.total - given, want, rtol=1e-9)


@pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
def test_ratios_of_the_collapsed_target():
    plan = MODEL.fit(TABLE, **BOTH, draws=10, progressbar=False, scheme="gibbs").plan
    graph, cells = plan.graph, plan.cells
    target = _core.Collapsed(graph, -1, cells, plan.level)
    mu, tau = HYPER["g_mu"], HYPER["g_sigma"]
    found = MODEL.log_prob(TABLE, HYPER, THETA, **BOTH)
    weight = np.array([1.0, 4 + 0.25])
    mean = np.array([-0.5, (1.0 * 4 + 2.0 * 0.25) / 4.25])
    var = 1 / (weight + 1 / tau[:, None] ** 2)
    centre = var * (weight * mean + mu[:, None] / tau[:, None] ** 2)
    marginal = found.total - st.norm.logpdf(THETA, centre, np.sqrt(var)).sum(axis=1)
    points = np.ascontiguousarray(np.stack([mu, np.log(tau)]))
    np.testing.assert_allclose(target.values(points), [mu, tau])
    lp = target.logp(points) - np.log(tau)  # without the Jacobian
    assert marginal[1] - marginal[0] == pytest.approx(lp[1] - lp[0], rel=1e-9)


def test_weights_censoring_and_groups_without_rows():
    table = {"g": G, "y": [1.0, 0.5, 2.0], "c": [1, 0, 0], "w": [2, 1, 3]}
    model = hf.Model(hf.Exponential(censored="c", weights="w"), hf.Gamma(2, hf.Exponential(1)))
    rate = np.array([0.4, 1.5, 3.0])
    found = model.log_prob(table, {"g_beta": 1.2}, rate, groups={"g": ["c", "b", "a"]}, **BOTH)
    b = 2 * -1.5 * 1.0 + 3 * st.expon.logpdf(2.0, 0, 1 / 1.5)
    want = [st.expon.logpdf(0.5, 0, 1 / 0.4), b, 0.0]
    np.testing.assert_allclose(found.likelihood_by_group, want)
    np.testing.assert_allclose(found.population_by_group, st.gamma.logpdf(rate, 2, 0, 1 / 1.2))
    assert found.hyper == pytest.approx(-1.2)


def test_mixture_weights_and_scales():
    kinds = hf.Mixture([hf.Normal(0, 1), hf.Normal(3, 2)], weights=hf.Dirichlet([2, 5]))
    model = hf.Model(hf.Normal(sigma=1), kinds)
    hyper = {"g_weights[0]": 0.3, "g_weights[1]": 0.7}
    found = model.log_prob(TABLE, hyper, THETA[0], **BOTH)
    assert found.hyper == pytest.approx(st.beta.logpdf(0.3, 2, 5))
    want = np.log(0.3 * st.norm.pdf(THETA[0]) + 0.7 * st.norm.pdf(THETA[0], 3, 2))
    np.testing.assert_allclose(found.population_by_group, want)
    kinds = hf.Mixture([hf.Normal(k, 1) for k in range(3)], weights=hf.Dirichlet([2, 5, 3]))
    w = [0.3, 0.5, 0.2]
    hyper = {f"g_weights[{k}]": w[k] for k in range(3)}
    found = hf.Model(hf.Normal(sigma=1), kinds).log_prob(TABLE, hyper, THETA[0], **BOTH)
    assert found.hyper == pytest.approx(st.dirichlet.logpdf(w, [2, 5, 3]))
    model = hf.Model(hf.Normal(variance=hf.each(hf.InverseGamma(2, 3))), hf.Normal(0, 1))
    v = np.array([0.5, 4.0])
    found = model.log_prob(TABLE, {}, THETA[0], scales=v, **BOTH)
    rows = st.norm.logpdf(Y, THETA[0, [1, 0, 1]], np.sqrt(v[[1, 0, 1]]))
    assert found.likelihood == pytest.approx(rows.sum())
    both = st.norm.logpdf(THETA[0]) + st.invgamma.logpdf(v, 2, 0, 3)
    np.testing.assert_allclose(found.population_by_group, both)


def test_ordered_and_improper():
    rows = hf.OrderedLogistic(hf.Normal(0, 3), categories=3)
    model = hf.Model(rows, hf.Normal(0, hf.HalfNormal(1)))
    hyper = {"cutpoints[0]": -1.0, "cutpoints[1]": 0.5, "g_sigma": 1.0}
    found = model.log_prob({"g": G, "y": [0, 1, 2]}, hyper, [0.2, -0.3], **BOTH)
    want = st.norm.logpdf([-1, 0.5], 0, 3).sum() + np.log(2) + st.halfnorm.logpdf(1)
    assert found.hyper == pytest.approx(want) and found.normalised
    low, high = sp.expit(-1 + 0.3), sp.expit(0.5 + 0.3)
    middle = sp.expit(0.5 - 0.2) - sp.expit(-1 - 0.2)
    assert found.likelihood == pytest.approx(np.log(low * middle * (1 - high)))
    flat = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), 1))
    assert not flat.log_prob(TABLE, {"g_mu": 0.0}, THETA[0], **BOTH).normalised


GRID = hf.Model(hf.Normal(sigma=1), hf.Grid(points=[-1, 0, 2], base=[1, 2, 1]))


def test_a_grid_by_hand():
    """Stages by SciPy; effects summed out are the sum over all places of both groups."""
    rng = np.random.default_rng(8)
    w, alpha = rng.dirichlet([2, 2, 2], (2, 5)), rng.uniform(0.5, 3, 5)
    points, at = np.array([-1.0, 0, 2]), np.array([2, 1])
    hyper = {"g_concentration": alpha}
    summed = GRID.log_prob(TABLE, hyper, None, weights=w, **BOTH)
    total = np.full((2, 5), -np.inf)
    for first in range(3):
        for second in range(3):
            at = np.array([first, second])
            found = GRID.log_prob(TABLE, hyper, points[at], weights=w, **BOTH)
            rows = st.norm.logpdf(Y, points[at][[1, 0, 1]]).sum()
            np.testing.assert_allclose(found.likelihood, rows)
            np.testing.assert_allclose(found.population, np.log(w[..., at]).sum(axis=-1))
            total = np.logaddexp(total, found.likelihood + found.population)
    np.testing.assert_allclose(summed.likelihood, total)
    assert (summed.population == 0).all() and summed.likelihood_by_group.shape == (2, 5, 2)
    for i in range(2):
        for k in range(5):
            prior = st.dirichlet.logpdf(w[i, k], alpha[k] * np.array([0.25, 0.5, 0.25]))
            want = prior + st.expon.logpdf(alpha[k])
            assert summed.hyper[i, k] == pytest.approx(want)
    assert (
        GRID.log_prob(TABLE, {"g_concentration": 1.0}, [0.5, 0], weights=w, **BOTH).total[0, 0]
        == -np.inf
    )


def test_draws_on_a_grid_have_densities():
    table = {"g": G, "y": Y}
    model = hf.Model(hf.Normal(sigma=hf.HalfNormal(1)), hf.Grid(-2, 2, points=5, concentration=5))
    fit = model.fit(table, **BOTH, draws=50, random_seed=1, progressbar=False)
    found = model.log_prob(
        table, fit.hyper, fit.groups.draws(), weights=fit.population.weights, **BOTH
    )
    assert found.total.shape == (4, 50) and np.isfinite(found.total).all()


WRONG = {
    "hyper": (
        lambda: MODEL.log_prob(TABLE, {"g_mu": 0}, THETA, **BOTH),
        KeyError,
        "hyper lacks 'g_sigma'",
    ),
    "shape": (
        lambda: MODEL.log_prob(TABLE, HYPER, [1.0] * 3, **BOTH),
        ValueError,
        r"shape \(2, 2\)",
    ),
    "nan": (
        lambda: MODEL.log_prob(TABLE, HYPER, [1.0, np.nan], **BOTH),
        ValueError,
        "effects must be finite",
    ),
    "y": (lambda: MODEL.log_prob(TABLE, HYPER, THETA, group="g"), TypeError, "y is missing"),
    "scales": (
        lambda: MODEL.log_prob(TABLE, HYPER, THETA, scales=[1], **BOTH),
        TypeError,
        "scales was given",
    ),
    "grid": (
        lambda: GRID.log_prob(TABLE, {"g_concentration": 1.0}, None, **BOTH),
        TypeError,
        "weights is missing",
    ),
    "points": (
        lambda: GRID.log_prob(TABLE, {"g_concentration": 1.0}, None, weights=[1.0], **BOTH),
        ValueError,
        "a last axis of 3",
    ),
    "sum": (
        lambda: GRID.log_prob(TABLE, {"g_concentration": 1.0}, None, weights=[0.1] * 3, **BOTH),
        ValueError,
        "add up to 1",
    ),
    "shapes": (
        lambda: GRID.log_prob(
            TABLE, {"g_concentration": [1.0, 2.0]}, None, weights=np.full((3, 3), 1 / 3), **BOTH
        ),
        ValueError,
        r"the shape of the hyperparameters, \(2,\)",
    ),
    "no grid": (
        lambda: MODEL.log_prob(TABLE, HYPER, THETA, weights=[1.0], **BOTH),
        TypeError,
        "the population is no Grid",
    ),
    "effects": (
        lambda: MODEL.log_prob(TABLE, HYPER, None, **BOTH),
        TypeError,
        "effects is missing",
    ),
    "ends": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Grid(points=2)).log_prob(
            TABLE, {"g_concentration": 1.0}, None, weights=[0.5, 0.5], **BOTH
        ),
        ValueError,
        "no low and high",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name):
    call, error, text = WRONG[name]
    with pytest.raises(error, match=text):
        call()
