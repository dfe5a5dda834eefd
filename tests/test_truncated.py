"""Truncated normal populations: extremes, closed forms, both schemes, every kind of rows, bad input."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy import stats as st
from scipy.integrate import quad
from test_calibration import ALPHA, KEPT, smallest_p
from trust.families import log_truncated
from trust.pairs import ROWS
from trust.problems import coordinates, points_of

import hierfast as hf
from hierfast import _core, diagnose

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
H = hf.HalfNormal
LAWS = {"g_mu": st.norm(0, 1), "g_sigma": st.halfnorm(0, 1)}
LOW, HIGH = -0.4, 1.3


def groups(lower=LOW, upper=None):
    return hf.TruncatedNormal(hf.Normal(0, 1), H(1), lower=lower, upper=upper)


def fit(data, model, **other):
    options = {"y": "y", "group": "g", "random_seed": 3, "progressbar": False} | other
    return model.fit(data, **options)


@pytest.mark.parametrize(
    ("low", "high"), [(0, math.inf), (-math.inf, 0), (-1, 2), (0, 1e-6), (3, 3.5)]
)
def test_density_at_extremes(low, high):
    """To fifty digits, however far the bounds are from mu, at every instruction set; the twin beside."""
    for mu, s in itertools.product(
        (-1e6, -300.0, -5.0, 0.0, 0.3, 40.0, 1e6), (1e-3, 0.3, 50.0, 1e5)
    ):
        theta = np.linspace(max(low, -1e3), min(high, 1e3), 7)
        columns = [np.array([float(v)]) for v in (mu, s, low, high)]
        got = {
            _core.population_eval("TruncatedNormal", theta, np.zeros(1), columns, level)[
                0
            ].tobytes()
            for level in _core.levels()
        }
        assert len(got) == 1
        with mpmath.workdps(60):
            want = [
                float(log_truncated(mpmath.mpf(t), mpmath.mpf(mu), mpmath.mpf(s), low, high))
                for t in theta
            ]
        np.testing.assert_allclose(np.frombuffer(got.pop()), want, rtol=1e-13, atol=1e-13)
        twin = hf.TruncatedNormal.logpdf(theta, mu, s, low, high)
        np.testing.assert_allclose(twin, want, rtol=1e-11, atol=1e-11)
    outside = hf.TruncatedNormal.logpdf([low - 1, high + 1], 0.0, 1.0, low, high)
    assert (outside[np.isfinite([low, high])] == -np.inf).all()


@pytest.mark.parametrize("mu", [-400.0, -3.0, 0.5, 9.0])
@pytest.mark.parametrize("tau", [0.05, 1.0, 30.0])
def test_normal_rows_leave_a_truncated_normal(mu, tau):
    """With all else known an effect is a truncated normal again: log Z, mean, sd and quantiles by SciPy."""
    y, se = np.array([-3.0, 0.2, 4.0, 0.6]), np.array([0.5, 1.0, 0.1, 20.0])
    population = hf.TruncatedNormal(mu, tau, lower=0, upper=1)
    model = hf.Model(hf.Normal(sigma="se"), population)
    plan = model.explain(
        {"g": np.arange(4), "y": y, "se": se}, y="y", group="g", scheme="quadrature"
    )
    v = 1 / (1 / tau**2 + 1 / se**2)
    m, s = v * (mu / tau**2 + y / se**2), np.sqrt(v)
    law = st.truncnorm((0 - m) / s, (1 - m) / s, m, s)
    mean, sd = np.empty(4), np.empty(4)
    plan.integrals.moments(np.empty(0), np.arange(4), mean, sd)
    # SciPy's own moments cancel where mu is far away: by its quantiles.
    u = (np.arange(20_000) + 0.5) / 20_000
    near = law.ppf(u[:, None])
    np.testing.assert_allclose(mean, near.mean(axis=0), atol=1e-4 * near.std(axis=0).max())
    np.testing.assert_allclose(sd, near.std(axis=0), rtol=2e-3)
    found = np.empty(20)
    probs = np.tile([1e-4, 0.1, 0.5, 0.9, 0.9999], 4)
    plan.integrals.invert(np.empty(0), np.repeat(np.arange(4), 5), probs, found)
    want = law.ppf(probs.reshape(4, 5).T).T.ravel()
    np.testing.assert_allclose(found, want, atol=5e-6 * near.std(axis=0).max(), rtol=1e-5)
    assert ((found > 0) & (found < 1)).all()


@pytest.mark.parametrize(("lower", "upper"), [(LOW, None), (None, HIGH), (LOW, HIGH)])
@pytest.mark.parametrize(
    "rows", ["Binomial", "Poisson", "NegativeBinomial", "ZeroInflatedPoisson", "StudentT"]
)
def test_log_posterior_is_that_of_the_rows(rows, lower, upper):
    """Against SciPy's adaptive rule on the interval, at draws of the prior."""
    y, size = np.array([0.0, 1, 5, 3, 0]), np.array([2.0, 1, 6, 40, 30])
    pair = ROWS[rows]
    model = hf.Model(pair.likelihood, groups(lower, upper))
    plan = model.explain(pair.table(y, size, np.arange(5)), y="y", group="g")
    us, z, prior = points_of(plan.graph, LAWS, 6)
    ends = -np.inf if lower is None else lower, np.inf if upper is None else upper
    want = prior.copy()
    for i, u in enumerate(us):
        law = [u["g_mu"], u["g_sigma"], *ends]
        for one, n in zip(y, size, strict=True):

            def log(t, one=one, n=n, law=law):
                return pair.log(one, n, np.asarray(t)) + hf.TruncatedNormal.logpdf(t, *law)

            at = np.linspace(max(ends[0], -12), min(ends[1], 12), 4001)
            top, peak = log(at).max(), at[log(at).argmax()]
            near = [p for p in peak + np.array([-3, -1, -0.1, 0, 0.1, 1, 3]) if at[0] < p < at[-1]]
            edges = [at[0], *near, at[-1]]
            parts = [
                quad(
                    lambda t, log=log, top=top: np.exp(log(t) - top),
                    a,
                    b,
                    epsabs=0,
                    epsrel=1e-9,
                    limit=200,
                )[0]
                for a, b in itertools.pairwise(edges)
            ]
            want[i] += top + np.log(sum(parts))
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], atol=1e-4)
    assert plan.quadrature_error < 1e-4


def test_far_bounds_are_none():
    """The posterior of hyperparameters is that of a Normal population to what quadrature leaves."""
    data = {"g": np.arange(6), "y": [0.0, 3, 7, 30, 1, 4], "size": [3.0, 12, 7, 40, 1, 12]}
    found = []
    for population in (groups(-60, 60), hf.Normal(hf.Normal(0, 1), H(1))):
        plan = hf.Model(ROWS["Binomial"].likelihood, population).explain(data, y="y", group="g")
        found.append(plan.target.logp(points_of(plan.graph, LAWS, 6)[1]))
    np.testing.assert_allclose(found[0] - found[0][0], found[1] - found[1][0], atol=2e-5)


LONGER = [pytest.param(rows, marks=pytest.mark.slow) for rows in ("Normal", "OrderedLogistic")]


@pytest.mark.parametrize("rows", ["Poisson", *LONGER])
def test_both_schemes_agree(rows):
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(8), 3)
    theta = st.truncnorm.rvs(LOW, np.inf, size=8, random_state=1)
    data = {
        "Poisson": {"y": rng.poisson(np.exp(theta[g]))},
        "Normal": {"y": rng.normal(theta[g], 1)},
        "OrderedLogistic": {"y": np.clip(np.rint(theta[g] + rng.logistic(0, 1, 24)), 0, 2)},
    }[rows] | {"g": g}
    likelihood = {
        "Poisson": hf.Poisson(),
        "Normal": hf.Normal(sigma=H(1)),
        "OrderedLogistic": hf.OrderedLogistic([0.0, 1.5]),
    }[rows]
    model = hf.Model(likelihood, groups())
    one, two = fit(data, model, draws=2000), fit(data, model, draws=20_000, scheme="gibbs")
    for key, x in one.hyper.items():
        other = two.hyper[key]
        error = np.hypot(diagnose.mcse_mean(x), diagnose.mcse_mean(other))
        assert abs(x.mean() - other.mean()) < 5 * error < 0.8 * x.std(), key
    draws = two.groups.draws(draws=slice(None, None, 10))
    assert (draws >= LOW).all()
    for j in range(8):
        error = float(diagnose.mcse_mean(draws[:, :, j]))
        assert abs(one.groups.mean[j] - draws[:, :, j].mean()) < 5 * error
    low, high = one.groups.interval(0.8).T
    np.testing.assert_allclose(((draws > low) & (draws < high)).mean(axis=(0, 1)), 0.8, atol=0.03)


@pytest.mark.parametrize(
    "rows", ["Binomial", "Weibull", "Gamma", "ZeroInflatedBinomial", "Exponential"]
)
def test_every_kind_of_rows_has_it(rows):
    pair = ROWS[rows]
    y, size = np.array([1.0, 1, 3, 2, 1]), np.array([2.0, 1, 6, 40, 30])
    found = fit(pair.table(y, size, np.arange(5)), hf.Model(pair.likelihood, groups()), draws=200)
    assert (found.groups.quantile(1e-3) > LOW).all()
    assert (found.groups.draws() > LOW).all()


def test_a_component_of_a_mixture():
    rng = np.random.default_rng(9)
    theta = np.where(np.arange(12) % 3, 0.0, rng.uniform(3, 5, 12))
    data = {"g": np.arange(12), "y": rng.normal(theta, 0.5), "se": np.full(12, 0.5)}
    kinds = hf.Mixture([hf.PointMass(0), hf.TruncatedNormal(hf.Normal(3, 2), H(2), lower=0)])
    found = fit(data, hf.Model(hf.Normal(sigma="se"), kinds), draws=120)
    share = found.groups.membership[:, 0]
    assert (share[np.arange(12) % 3 > 0] > 0.5).all() and (share[::3] < 0.5).all()


def ranks(scheme, count, draws, n_group):
    out, at = [], np.linspace(0, draws - 1, KEPT).astype(int)
    for i in range(count):
        rng = np.random.default_rng([i, n_group, 6])
        u = {k: float(law.rvs(random_state=rng)) for k, law in LAWS.items()}
        a, b = ((v - u["g_mu"]) / u["g_sigma"] for v in (LOW, HIGH))
        theta = st.truncnorm.rvs(a, b, u["g_mu"], u["g_sigma"], size=n_group, random_state=rng)
        size = rng.integers(1, 6, n_group).astype(float)
        data = {"g": np.arange(n_group), "y": rng.poisson(size * np.exp(theta)), "size": size}
        options = {"draws": draws, "chains": 1, "tune": 100, "cores": 1, "random_seed": i}
        model = hf.Model(hf.Poisson(exposure="size"), groups(LOW, HIGH))
        found = fit(data, model, scheme=scheme, **options)
        x = found.groups.draws(draws=at)[0]
        of_draws = [*(found.hyper[k][0, at] for k in LAWS), x[:, 0], x.max(axis=1)]
        of_truth = [*u.values(), theta[0], theta.max()]
        out.append([(d < t).sum() for d, t in zip(of_draws, of_truth, strict=True)])
    return np.array(out)


@pytest.mark.parametrize(
    ("scheme", "count", "draws"), [("quadrature", 8, 600), ("gibbs", 24, 8000)]
)
def test_ranks_are_uniform(scheme, count, draws):
    assert smallest_p(ranks(scheme, count, draws, 5)) > ALPHA


@pytest.mark.slow
@pytest.mark.parametrize("n_group", [1, 5, 25])
@pytest.mark.parametrize("scheme", ["quadrature", "gibbs"])
def test_ranks_are_uniform_at_length(scheme, n_group):
    found = smallest_p(ranks(scheme, 400, {"quadrature": 600, "gibbs": 20_000}[scheme], n_group))
    print(scheme, n_group, "smallest p", found)
    assert found > ALPHA


BAD = {
    "no bound": (lambda: hf.TruncatedNormal(0, 1), "needs lower, upper or both"),
    "order": (lambda: hf.TruncatedNormal(0, 1, lower=2, upper=2), "lower must be below upper"),
    "infinite": (lambda: hf.TruncatedNormal(0, 1, lower=-np.inf), "leave it out"),
    "prior as bound": (lambda: hf.TruncatedNormal(0, 1, lower=H(1)), "bounds are known"),
    "column": (lambda: hf.TruncatedNormal("x", 1, lower=0), "mu is the column 'x'"),
    "linear": (
        lambda: hf.TruncatedNormal(hf.Linear("x", hf.Normal(0, 1)), 1, lower=0),
        "cannot be Linear",
    ),
    "sigma": (lambda: hf.TruncatedNormal(0, -1, lower=0), "sigma must be positive"),
    "flat": (
        lambda: fit(
            {"g": [0], "y": [1.0]},
            hf.Model(hf.Poisson(), hf.TruncatedNormal(hf.Flat(), 1, lower=0)),
        ),
        "g_mu has the improper prior Flat",
    ),
    "prior": (
        lambda: hf.Normal(hf.TruncatedNormal(0, 1, lower=0), 1),
        "a population of effects only",
    ),
    "origin": (
        lambda: hf.Model(hf.OrderedLogistic(hf.Normal(0, 3), categories=3), groups()),
        "a shift of all cutpoints is one of all effects",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    make, told = BAD[name]
    with pytest.raises((TypeError, ValueError), match=told):
        make()


def test_coordinates_are_those_of_the_graph():
    plan = hf.Model(hf.Poisson(), groups()).explain({"g": [0, 1], "y": [1, 2]}, y="y", group="g")
    assert coordinates(plan.graph, {"g_mu": 0.3, "g_sigma": 1.0}) == ([0.3, 0.0], 0.0)
    assert [n.name for n in plan.graph.nodes] == ["g_mu", "g_sigma"]
