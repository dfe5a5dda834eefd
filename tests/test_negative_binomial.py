"""Negative binomial rows: the shape's part of the posterior, terms and cells, bad input."""

import mpmath
import numpy as np
import pytest
from scipy import special as sp
from scipy import stats as st
from test_calibration import ALPHA, KEPT, smallest_p
from test_quadrature import panels
from trust.problems import points_of

import hierfast as hf
from hierfast import _core
from hierfast.likelihoods.negative_binomial import log_likelihood, overall
from hierfast.terms import tabulate

pytestmark = pytest.mark.filterwarnings("ignore:all counts are 0:hierfast.IdentificationWarning")
LEVELS = list(_core.levels())
POPULATION = hf.Normal(hf.Normal(0, 1), hf.HalfNormal(1))
MODEL = hf.Model(hf.NegativeBinomial(hf.Gamma(3, 0.5), exposure="size"), POPULATION)
LAWS = {"alpha": st.gamma(3, 0, 2), "g_mu": st.norm(0, 1), "g_sigma": st.halfnorm(0, 1)}
DATA = {
    "g": ["a", "a", "a", "b", "c", "c", "d", "e"],
    "y": [0, 3, 9, 7, 2, 2, 0, 7],
    "size": [1.0, 1.0, 2.5, 4.0, 1.0, 1.0, 3.0, 4.0],
}


def fit(data=DATA, model=MODEL, **other):
    options = {"y": "y", "group": "g", "random_seed": 3, "progressbar": False} | other
    return model.fit(data, **options)


def explain(data=DATA, model=MODEL, **other):
    return model.explain(data, y="y", group="g", **other)


@pytest.mark.parametrize("alpha", [1e-3, 0.8, 30.0, 1e6])
def test_what_counts_say_of_the_shape(alpha):
    """To fifty digits, counts beyond the table among them; one value at every instruction set."""
    y, weight = np.array([0.0, 1.0, 5.0, 40.0, 9000.0]), np.array([3.0, 2.0, 1.0, 4.0, 2.0])
    table = tabulate(y, weight)
    got = {
        float(_core.likelihood_overall("NegativeBinomial", [np.array([alpha])], table, level)[0])
        for level in LEVELS
    }
    assert len(got) == 1
    with mpmath.workdps(50):
        a = mpmath.mpf(alpha)
        want = sum(
            int(w) * (mpmath.loggamma(int(v) + a) - mpmath.loggamma(a) - int(v) * mpmath.log(a))
            for v, w in zip(y, weight, strict=True)
        )
    assert got.pop() == pytest.approx(float(want), rel=1e-11)
    every = np.repeat(y[:4], weight[:4].astype(int))
    near = _core.likelihood_overall(
        "NegativeBinomial", [np.array([alpha])], tabulate(every, np.ones(len(every)))
    )
    np.testing.assert_allclose(near, overall(every, alpha), rtol=1e-12)


def test_the_kernel_is_its_twin_at_extremes():
    eta = np.array([-700.0, -40.0, -1e-8, 3.0, 40.0, 700.0, 5000.0])
    for y in (0.0, 7.0, 1e6):
        for alpha in (1e-3, 2.0, 1e9):
            stats = [np.array([v]) for v in (y, 3.0, 2.0)]
            got = [
                _core.likelihood_eval("NegativeBinomial", eta, stats, [np.array([alpha])], level)
                for level in LEVELS
            ]
            assert len({g.tobytes() for g in got}) == 1
            want = np.array(log_likelihood(y, 3.0, 2.0, eta, alpha))
            np.testing.assert_allclose(got[0], want, rtol=2e-13, atol=1e-200)


def log_posterior(data, u):
    """Log of the marginal likelihood, by SciPy's densities and panels of Gauss-Legendre."""
    total = 0.0
    g, y, size = (np.asarray(data[k]) for k in ("g", "y", "size"))
    for name in np.unique(g):
        here = g == name
        middle = np.log((y[here].sum() + 0.5) / size[here].sum())
        theta, weight = panels([u["g_mu"], middle], [0.05, 0.05])
        log = st.norm.logpdf(theta, u["g_mu"], u["g_sigma"])
        for one, t in zip(y[here], size[here], strict=True):
            m = t * np.exp(np.minimum(theta, 600.0))
            log = log + one * (theta + np.log(t) - np.log(u["alpha"] + m))
            log = log + u["alpha"] * (np.log(u["alpha"]) - np.log(u["alpha"] + m))
            log = log + sp.gammaln(one + u["alpha"]) - sp.gammaln(u["alpha"])
        top = log.max()
        total += top + np.log((np.exp(log - top) * weight).sum())
    return total


def test_log_posterior_with_unknown_shape():
    plan = explain(scheme="quadrature")
    points, z, prior = points_of(plan.graph, LAWS, 10)
    got = plan.target.logp(z) - prior
    want = np.array([log_posterior(DATA, u) for u in points])
    np.testing.assert_allclose(got - got[0], want - want[0], atol=1e-4)


@pytest.mark.parametrize("noncentred", [False, True])
def test_conditionals_are_those_of_the_joint(noncentred):
    """Given effects (centred) and given standardised ones, the shape unknown in both."""
    plan, rng = explain(scheme="gibbs"), np.random.default_rng(5)
    groups, code = np.unique(DATA["g"], return_inverse=True)
    y, size, eta = np.array(DATA["y"]), np.array(DATA["size"]), rng.normal(0, 1, len(groups))
    points, z, want = points_of(plan.graph, LAWS)
    for i, u in enumerate(points):
        theta = u["g_mu"] + u["g_sigma"] * eta if noncentred else eta
        m, a = size * np.exp(theta[code]), u["alpha"]
        want[i] += st.nbinom.logpmf(y, a, a / (a + m)).sum()
        want[i] += 0.0 if noncentred else st.norm.logpdf(theta, u["g_mu"], u["g_sigma"]).sum()
    got = plan.target.given_effects(eta, z, noncentred)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-9, atol=1e-9)


def test_schemes_agree():
    found = [fit(scheme=s, draws=8000).hyper for s in ("quadrature", "gibbs")]
    for name, law in LAWS.items():
        one, other = (h[name] for h in found)
        error = np.hypot(*(float(hf.diagnose.mcse_mean(x)) for x in (one, other)))
        assert abs(one.mean() - other.mean()) < 5 * error < 0.2 * law.std()


RUNS = [("quadrature", 24, 600)]
RUNS += [
    pytest.param(s, n, d, marks=pytest.mark.slow)
    for s, n, d in [("quadrature", 1000, 600), ("gibbs", 600, 3000)]
]


@pytest.mark.parametrize(("scheme", "count", "draws"), RUNS)
def test_ranks_are_uniform(scheme, count, draws):
    """Shape, mean, spread, an effect, and the log likelihood, whose part in the shape is all its own."""
    at, found = np.linspace(0, draws - 1, KEPT).astype(int), []
    for i in range(count):
        rng = np.random.default_rng([i, 77])
        u = {k: float(law.rvs(random_state=rng)) for k, law in LAWS.items()}
        theta = rng.normal(u["g_mu"], u["g_sigma"], 4)
        g = np.repeat(np.arange(4), [1, 2, 3, 4])
        size = rng.integers(1, 4, len(g)).astype(float)
        a, m = u["alpha"], size * np.exp(theta[g])
        data = {"g": g, "size": size, "y": rng.poisson(m * rng.gamma(a, 1 / a, len(g)))}
        post = fit(data, scheme=scheme, draws=draws, chains=1, tune=100, cores=1, random_seed=i)
        hyper = {k: post.hyper[k][0, at] for k in LAWS}
        drawn = post.groups.draws(draws=at)[0]

        def quantities(v, effects, data=data, g=g, size=size):
            a, m = np.asarray(v["alpha"])[..., None], size * np.exp(effects[..., g])
            rows = st.nbinom.logpmf(data["y"], a, a / (a + m)).sum(axis=-1)
            return np.array([*(v[k] for k in LAWS), effects[..., 2], rows])

        found.append((quantities(hyper, drawn) < quantities(u, theta)[:, None]).sum(axis=1))
    assert smallest_p(np.array(found)) > ALPHA


def test_a_large_shape_is_a_poisson():
    point = np.array([[0.3], [-0.4]])
    got = [
        explain(model=hf.Model(rows, POPULATION), scheme="quadrature").target.logp(
            np.ascontiguousarray(np.concatenate([point, point + 0.5], axis=1))
        )
        for rows in (hf.NegativeBinomial(1e12, exposure="size"), hf.Poisson(exposure="size"))
    ]
    np.testing.assert_allclose(*(np.diff(g) for g in got), atol=1e-8)


def test_terms_and_cells():
    """Groups of one exposure and the same counts are one cell; order, weights and labels do not matter."""
    cells = explain().cells
    assert len(cells) == 4  # b and e are alike
    assert cells.mult.tolist().count(2.0) == 1
    assert sorted(cells.count.tolist()) == [1.0, 1.0, 1.0, 2.0]
    want = fit().hyper
    back = {k: v[::-1] for k, v in DATA.items()}
    twice = {k: [*v, "z"] if k == "g" else [*v, 5] for k, v in DATA.items()} | {"w": [1] * 8 + [0]}
    model = hf.Model(
        hf.NegativeBinomial(hf.Gamma(3, 0.5), exposure="size", weights="w"), POPULATION
    )
    for other in (fit(back).hyper, fit(twice, model, group="g").hyper):
        for name, x in want.items():
            np.testing.assert_array_equal(other[name], x)


def test_weights_are_rows_and_groups_may_have_none():
    rows = {"g": [1, 1, 1, 2, 3], "y": [4, 4, 4, 0, 2], "size": [2, 2, 2, 1, 1]}
    some = {"g": [1, 2, 3], "y": [4, 0, 2], "size": [2, 1, 1], "w": [3, 1, 1]}
    model = hf.Model(
        hf.NegativeBinomial(hf.Gamma(3, 0.5), exposure="size", weights="w"), POPULATION
    )
    groups = {"g": [1, 2, 3, 9]}
    one, other = fit(rows, groups=groups), fit(some, model, groups=groups)
    np.testing.assert_array_equal(one.hyper["alpha"], other.hyper["alpha"])
    np.testing.assert_array_equal(one.groups.mean, other.groups.mean)
    mu, sigma = one.hyper["g_mu"], one.hyper["g_sigma"]
    assert one.groups[9].mean == pytest.approx(mu.mean(), abs=1e-9)
    assert one.groups[9].sd == pytest.approx(np.sqrt(mu.var() + (sigma**2).mean()), rel=1e-9)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: hf.NegativeBinomial("a"), ValueError, "alpha is the column 'a'"),
        (lambda: hf.NegativeBinomial(0), ValueError, "alpha must be positive"),
        (lambda: hf.NegativeBinomial(hf.Normal(0, 1)), ValueError, "alpha"),
        (lambda: hf.NegativeBinomial(2, exposure=0), ValueError, "exposure must be positive"),
        (lambda: hf.NegativeBinomial(2, weights=1.5), ValueError, "whole number"),
        (lambda: hf.Model(hf.NegativeBinomial(2), hf.Beta(1, 1)), ValueError, "use one of Normal"),
        (lambda: hf.Normal(hf.NegativeBinomial(2), 1), ValueError, "likelihood of rows"),
        (
            lambda: fit(model=hf.Model(hf.NegativeBinomial(hf.Flat()), POPULATION)),
            ValueError,
            "alpha: .*improper",
        ),
        (lambda: fit(DATA | {"y": [0, 3, 9, 7, 2, -2, 0, 7]}), ValueError, "row 5"),
        (lambda: fit(DATA | {"y": [0, 3, 9, 7, 2, 2.5, 0, 7]}), ValueError, "whole number"),
        (
            lambda: fit(DATA | {"size": [1, 1, 1, 0, 1, 1, 1, 1]}),
            ValueError,
            "positive, finite exposure",
        ),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_one_row_a_group_is_weak():
    data = {"g": [1, 2, 3, 4], "y": [1, 0, 5, 2], "size": [1, 1, 1, 2]}
    with pytest.warns(hf.IdentificationWarning, match="within groups .alpha. from that between"):
        fit(data)
