"""Conditionals and marginals against a joint written by hand (Grosse and Duvenaud 2014).

For every conditional a scheme draws from, p(a | rest) / p(b | rest) is the ratio of the joints at a and
b: algebra is checked to rounding, without Monte Carlo, and no error of algebra is too small to be seen.
"""

import math

import numpy as np
import pytest
from scipy import stats as st
from trust.problems import PROBLEMS, SIZES, coordinates

import hierfast as hf
from hierfast import _core
from hierfast.fitted import Draws
from hierfast.plan import make_plan
from hierfast.sample import finish

LEVELS = list(_core.levels())
J = len(SIZES)


def case(name, seed):
    """Unknowns, effects and rows from the prior; as often far from the prior's middle as it says."""
    problem, rng = PROBLEMS[name], np.random.default_rng([11, seed])
    unknowns = problem.prior(rng)
    theta = problem.effects(rng, unknowns)
    return problem, rng, unknowns, theta, problem.rows(rng, unknowns, theta)


def plan_of(problem, data, scheme, level=0):
    return make_plan(problem.model, data, "y", "g", scheme, 0, 1, level)


def logp(target, z):
    return target.logp(np.array([z]).T.copy())[0]


def others(problem, rng, unknowns):
    """More points in the support: from the prior, near the first, and at its ends."""
    points = [unknowns, *(problem.prior(rng) for _ in range(4))]
    for size in (1e-6, 0.99, 1e4):
        far = dict(unknowns)
        for name, value in unknowns.items():
            bounded = problem.laws.get(name) is not None and problem.laws[name].support()[1] < 1e9
            far[name] = value * (min(size, 1.0) if bounded else size)
        points.append(far)
    return points


@pytest.mark.parametrize("scheme", ["collapsed", "quadrature"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_marginal_is_the_dense_gaussian(name, scheme):
    for seed in range(3):
        problem, rng, unknowns, _, data = case(name, seed)
        plan = plan_of(problem, data, scheme, LEVELS[seed % len(LEVELS)])
        got, want = [], []
        for u in others(problem, rng, unknowns):
            z, jacobian = coordinates(plan.graph, u, plan.skip)
            if plan.skip >= 0:
                m, s = mean_prior(problem, u)
                value = problem.log_marginal(data, u, m, s * s) + log_prior_without_mu(problem, u)
            else:
                value = problem.log_marginal(data, u) + problem.log_prior(u)
            got.append(logp(plan.target, z))
            want.append(value + jacobian)
        got, want = np.array(got) - got[0], np.array(want) - want[0]
        none = np.isneginf(got) & (want < -1e12)  # HF_FLOOR of csrc/theta/quadrature.h
        assert scheme == "quadrature" or not none.any()
        got, want = got[~none], want[~none]
        bound = 1e-9 if scheme == "collapsed" else 1e-6
        np.testing.assert_allclose(
            got, want, rtol=1e-11 if scheme == "collapsed" else 1e-8, atol=bound
        )


@pytest.mark.parametrize("scheme", ["collapsed", "quadrature"])
@pytest.mark.parametrize("name", ["rows", "triple", "nested"])
def test_nowhere_infinite(name, scheme):
    """Coordinates from -60 to 60: sds from 1e-26 to 1e26 must not raise the density."""
    problem, rng, _, _, data = case(name, 4)
    target = plan_of(problem, data, scheme).target
    z = rng.uniform(-60, 60, (target.dim, 240)) * rng.uniform(0, 1, 240)
    lp = target.logp(np.ascontiguousarray(z))
    assert (lp < 100).all() and np.isfinite(lp).any()


def mean_prior(problem, u):
    """Mean and sd of the normal prior of mu."""
    if "g_mu_mu" in u:
        return u["g_mu_mu"], u["g_mu_sigma"]
    law = problem.laws["g_mu"]
    return law.mean(), law.std()


def log_prior_without_mu(problem, u):
    m, s = mean_prior(problem, u)
    return problem.log_prior(u | {"g_mu": m}) - st.norm.logpdf(m, m, s)


def gaussian_conditional(problem, data, u, integrate):
    """Mean and covariance of (mu, theta) given rows and the other unknowns, by dense algebra."""
    mu, tau, sigma = problem.read(u)
    n = len(data["y"])
    z = (data["g"][:, None] == np.arange(J)[None, :]).astype(float)
    m, s = mean_prior(problem, u) if integrate else (mu, 0.0)
    one = np.ones((J, 1))
    prior = np.block(
        [[np.full((1, 1), s * s), s * s * one.T], [s * s * one, s * s + tau**2 * np.eye(J)]]
    )
    h = np.hstack([np.zeros((n, 1)), z])
    v = h @ prior @ h.T + np.diag((sigma * data["se"]) ** 2)
    gain = np.linalg.solve(v, h @ prior).T
    return m + gain @ (data["y"] - m), prior - gain @ h @ prior


@pytest.mark.parametrize("name", PROBLEMS)
def test_mean_and_effects_given_the_rest(name):
    """What is drawn or read out at one draw of phi: mu where it was integrated out, effects, intervals."""
    for seed in range(3):
        problem, _, u, _, data = case(name, seed)
        plan = plan_of(problem, data, "collapsed")
        z, _ = coordinates(plan.graph, u, plan.skip)
        values, parts = np.empty((1, len(plan.graph.nodes), 1)), np.empty((1, 4, 1))
        finish(plan, 3, 0, 0, np.array([z]).reshape(len(z), 1), values[0], parts[0])
        mean, cov = gaussian_conditional(problem, data, u, plan.skip >= 0)
        if plan.skip >= 0:
            noise = _core.normals(_core.key(3, 0, 0, 5), np.zeros(1, dtype=np.uint64), 1)[0]
            assert parts[0, 0, 0] + plan.cells.centre == pytest.approx(mean[0], rel=1e-9, abs=1e-9)
            assert parts[0, 1, 0] == pytest.approx(cov[0, 0], rel=1e-9)
            drawn = mean[0] + math.sqrt(cov[0, 0]) * noise
            assert values[0, plan.skip, 0] == pytest.approx(drawn, rel=1e-8, abs=1e-8)
        fit = hf.Fit(plan, Draws(3, values, parts, [0], [0], 0), 1, 0.0)
        sd = np.sqrt(np.diag(cov)[1:])
        np.testing.assert_allclose(fit.groups.mean, mean[1:], rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(fit.groups.sd, sd, rtol=1e-7)
        wanted = st.norm(mean[1:, None], sd[:, None]).ppf([0.05, 0.5, 0.99])
        np.testing.assert_allclose(
            fit.groups.quantile([0.05, 0.5, 0.99]), wanted, rtol=1e-6, atol=1e-6
        )


@pytest.mark.parametrize("known", [True, False])
def test_many_groups_read_from_a_table(known):
    """Above the number of groups inverted one by one; at one draw every group's posterior is normal."""
    rng = np.random.default_rng(4)
    n = 400
    group = np.arange(n) if known else np.repeat(np.arange(n), rng.integers(1, 60, n))
    data = {
        "y": rng.normal(5, 2, len(group)),
        "g": group,
        "se": np.exp(rng.normal(0, 1, len(group))),
    }
    noise = {"sigma": "se"} if known else {"sigma": hf.HalfNormal(2)}
    model = hf.Model(hf.Normal(**noise), hf.Normal(hf.StudentT(3, 0, 9), hf.HalfNormal(2)))
    plan = make_plan(model, data, "y", "g", "collapsed", 0, 1)
    names = {node.name: i for i, node in enumerate(plan.graph.nodes)}
    values = np.zeros((1, len(names), 1))
    phi = {"g_mu": 4.0, "g_sigma": 1.7, "sigma": 2.2}
    for name, i in names.items():
        values[0, i, 0] = phi[name]
    sigma2 = 1.0 if known else 2.2**2
    parts = np.array([[[4.0 - plan.cells.centre], [0.0], [1.7**2], [1.7**2 / sigma2]]])
    fit = hf.Fit(plan, Draws(3, values, parts, [0], [0], 0), 1, 0.0)
    p, ybar = plan.statistics.weight, plan.statistics.mean
    precision = p / sigma2 + 1 / 1.7**2
    mean, sd = (p * ybar / sigma2 + 4.0 / 1.7**2) / precision, precision**-0.5
    # known: coefficients are interpolated in log p by cubics
    np.testing.assert_allclose(fit.groups.mean, mean, atol=1e-6 if known else 1e-12)
    np.testing.assert_allclose(fit.groups.sd, sd, rtol=1e-6 if known else 1e-12)
    probs = np.array([0.05, 0.5, 0.9])
    found = (fit.groups.quantile(probs) - mean[:, None]) / sd[:, None]
    assert np.abs(found - st.norm.ppf(probs)).max() < 2e-3


def swept(plan, unknowns, problem, sweep, level):
    """Effects and sums of one pass, and the noise it used."""
    mu, tau, sigma = problem.read(unknowns)
    stats, theta, sums = plan.statistics, np.empty(J), np.empty(_core.SUMS)
    _core.sweep(
        stats.weight, stats.mean, mu, tau**2, sigma**2, plan.cells.centre, 77, sweep, 0, None, 0, J,
        theta, sums, level,
    )  # fmt: skip
    return theta, sums, _core.normals(77, np.arange(J, dtype=np.uint64), sweep, 0, level)


@pytest.mark.parametrize("name", PROBLEMS)
def test_effects_given_phi_are_the_joint(name):
    for seed in range(6):
        problem, _, u, theta, data = case(name, seed)
        plan, level = plan_of(problem, data, "gibbs"), LEVELS[seed % len(LEVELS)]
        (one, _, z1), (two, _, z2) = (swept(plan, u, problem, s, level) for s in (1, 2))
        sd = (two - one) / (z2 - z1)  # effects are affine in their noise
        mean = one - sd * z1
        joint = [problem.log_joint(data, u, t) for t in (theta, one)]
        for j in range(J):
            other = theta.copy()
            other[j] = one[j]
            ratio = problem.log_joint(data, u, other) - joint[0]
            law = st.norm(mean[j], sd[j])
            assert law.logpdf(other[j]) - law.logpdf(theta[j]) == pytest.approx(
                ratio, rel=1e-7, abs=1e-7
            )


@pytest.mark.parametrize("noncentred", [False, True])
@pytest.mark.parametrize("name", PROBLEMS)
def test_phi_given_effects_is_the_joint(name, noncentred):
    for seed in range(6):
        problem, rng, u, _, data = case(name, seed)
        plan = plan_of(problem, data, "gibbs")
        theta, sums, _ = swept(plan, u, problem, 1, LEVELS[seed % len(LEVELS)])
        mu, tau, _ = problem.read(u)
        plan.target.condition(sums, mu, tau, noncentred)
        eta, got, want = (theta - mu) / tau, [], []
        for other in others(problem, rng, u):
            z, jacobian = coordinates(plan.graph, other)
            m, t, _ = problem.read(other)
            at = m + t * eta if noncentred else theta
            moved = J * math.log(t) if noncentred else 0.0  # |d theta / d eta|
            got.append(logp(plan.target, z))
            want.append(problem.log_joint(data, other, at) + moved + jacobian)
        got, want = np.array(got) - got[0], np.array(want) - want[0]
        unit = np.maximum(1.0, np.abs(want))
        assert (np.abs(got - want) < 1e-7 * unit).all(), (got, want)


def test_effects_by_inversion_are_the_joint():
    """du / dtheta of the quadrature scheme's inverse is the conditional density."""
    problem, _, u, _, data = case("rows", 2)
    plan = plan_of(problem, data, "quadrature")
    x = np.array([u[node.name] for node in plan.graph.nodes])
    h, at = 1e-4, np.array([0.02, 0.3, 0.6, 0.97])
    for j in range(J):
        where = np.full(4, j)
        left, middle, right = np.empty((3, 4))
        for out, step in ((left, -h), (middle, 0.0), (right, h)):
            plan.target.invert(x, where, at + step, out)
        density = np.log(2 * h / (right - left))
        joint = []
        for value in middle:
            theta = np.zeros(J)
            theta[j] = value
            joint.append(problem.log_joint(data, u, theta))
        np.testing.assert_allclose(np.diff(density), np.diff(joint), atol=2e-4)


def test_a_wrong_half_is_seen():
    """The ratio of a variance a part in a million too large is not that of the joint."""
    problem, _, u, theta, data = case("rows", 1)
    plan = plan_of(problem, data, "gibbs")
    (one, _, z1), (two, _, z2) = (swept(plan, u, problem, s, 0) for s in (1, 2))
    sd = (two - one) / (z2 - z1) * (1 + 1e-6)
    mean = one - sd * z1
    other = theta.copy()
    other[1] = one[1]
    ratio = problem.log_joint(data, u, other) - problem.log_joint(data, u, theta)
    law = st.norm(mean[1], sd[1])
    assert law.logpdf(other[1]) - law.logpdf(theta[1]) != pytest.approx(ratio, rel=1e-7, abs=1e-7)
