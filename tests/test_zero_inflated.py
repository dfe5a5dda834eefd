"""Zero-inflated counts: reading, their unknown share, limits, posteriors, bad input."""

import numpy as np
import pytest
from scipy import stats as st
from test_calibration import ALPHA, KEPT, smallest_p
from test_quadrature import panels
from trust.problems import points_of

import hierfast as hf
from hierfast import _core
from hierfast.likelihoods import zero_inflated

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
LEVELS = list(_core.levels())
POPULATION = hf.Normal(hf.Normal(0, 1), hf.HalfNormal(1))
LAWS = {"psi": st.beta(3, 2), "g_mu": st.norm(0, 1), "g_sigma": st.halfnorm(0, 1)}
MODELS = {
    "ZeroInflatedPoisson": hf.Model(
        hf.ZeroInflatedPoisson(hf.Beta(3, 2), exposure="size"), POPULATION
    ),
    "ZeroInflatedBinomial": hf.Model(hf.ZeroInflatedBinomial(hf.Beta(3, 2), n="size"), POPULATION),
}
DATA = {  # all at 0, some, none, one row, alike
    "g": ["a", "a", "a", "b", "b", "b", "c", "c", "d", "e", "f", "f"],
    "y": [0, 0, 0, 0, 3, 1, 2, 4, 0, 0, 4, 0],
    "size": [2, 2, 5, 4, 4, 6, 4, 4, 3, 3, 4, 4],
}


def log_row(name, y, size, theta, psi):
    """By SciPy's densities."""
    with np.errstate(all="ignore"):
        if name == "ZeroInflatedPoisson":
            law = st.poisson(size * np.exp(np.minimum(theta, 30.0)))
        else:
            law = st.binom(size, 1 / (1 + np.exp(-theta)))
        return np.log((1 - psi) * (y == 0) + psi * law.pmf(y))


def fit(name, data=DATA, model=None, **other):
    options = {"y": "y", "group": "g", "random_seed": 3, "progressbar": False} | other
    return (model or MODELS[name]).fit(data, **options)


@pytest.mark.parametrize("name", MODELS)
def test_log_posterior(name):
    """Against panels of Gauss-Legendre; what is said of the error is no less than it."""
    plan = MODELS[name].explain(DATA, y="y", group="g", scheme="quadrature")
    points, z, want = points_of(plan.graph, LAWS)
    for i, u in enumerate(points):
        theta, weight = panels([u["g_mu"], 0.0, -2.0], [0.05, 0.05, 0.05])
        for group in "abcdef":
            log = st.norm.logpdf(theta, u["g_mu"], u["g_sigma"])
            for g, y, size in zip(*DATA.values(), strict=True):
                log = log + (log_row(name, y, size, theta, u["psi"]) if g == group else 0.0)
            top = log[np.isfinite(log)].max()
            want[i] += top + np.log((np.exp(log - top) * weight).sum())
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], atol=2e-3)


@pytest.mark.parametrize("noncentred", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_conditionals_are_those_of_the_joint(name, noncentred):
    plan = MODELS[name].explain(DATA, y="y", group="g", scheme="gibbs")
    points, z, want = points_of(plan.graph, LAWS)
    eta = np.random.default_rng(5).normal(0, 1, 6)
    for i, u in enumerate(points):
        theta = u["g_mu"] + u["g_sigma"] * eta if noncentred else eta
        for g, y, size in zip(*DATA.values(), strict=True):
            want[i] += log_row(name, y, size, theta["abcdef".index(g)], u["psi"])
        want[i] += 0.0 if noncentred else st.norm.logpdf(theta, u["g_mu"], u["g_sigma"]).sum()
    got = plan.target.given_effects(eta, z, noncentred)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_schemes_agree(name):
    found = [fit(name, scheme=s, draws=d).hyper for s, d in (("quadrature", 1000), ("gibbs", 4000))]
    for key, law in LAWS.items():
        one, other = (h[key] for h in found)
        error = np.hypot(*(float(hf.diagnose.mcse_mean(x)) for x in (one, other)))
        assert abs(one.mean() - other.mean()) < 5 * error < 0.5 * law.std(), key


def test_without_zeros_that_were_not_drawn_it_is_a_poisson():
    z = np.array([[0.3, -1.0, 0.5], [-0.4, 0.2, 0.1]])
    got = []
    for rows in (hf.ZeroInflatedPoisson(1 - 1e-15, exposure="size"), hf.Poisson("size")):
        plan = hf.Model(rows, POPULATION).explain(DATA, y="y", group="g", scheme="quadrature")
        plan.target.choose_order(0.0)
        got.append(plan.target.logp(z))
    np.testing.assert_allclose(*(np.diff(g) for g in got), atol=1e-8)


def test_the_kernels_are_their_twins_at_extremes():
    eta = np.array([-700.0, -40.0, -1e-8, 3.0, 40.0, 700.0])
    for name, twin in (
        ("ZeroInflatedPoisson", zero_inflated.poisson),
        ("ZeroInflatedBinomial", zero_inflated.binomial),
    ):
        for stats in ((0, 0, 3, 2.0), (9, 4, 0, 3.0), (6, 2, 1e6, 4.0), (0, 0, 0, 0)):
            for psi in (1e-9, 0.5, 1 - 1e-12):
                columns = [np.array([float(v)]) for v in stats]
                got = [
                    _core.likelihood_eval(name, eta, columns, [np.array([psi])], level)
                    for level in LEVELS
                ]
                assert len({g.tobytes() for g in got}) == 1
                want = np.array(twin(*stats, eta, psi))
                np.testing.assert_allclose(got[0], want, rtol=2e-11, atol=1e-200)


def test_terms_tell_rows_at_0_from_those_above():
    cells = MODELS["ZeroInflatedPoisson"].explain(DATA, y="y", group="g").cells
    assert len(cells) == 5  # d and e are alike
    events, above, none, size = (t[:-1] for t in cells.terms)
    assert events.sum() == 14 and above.sum() == 5 and none.sum() == 7
    assert ((above + none) > 0).all() and (size > 0).all()


@pytest.mark.parametrize("name", MODELS)
def test_weights_are_rows(name):
    likelihood = MODELS[name].likelihood
    kind, size = type(likelihood), {likelihood.size_argument: "size"}
    weighted = hf.Model(kind(hf.Beta(3, 2), weights="w", **size), POPULATION)
    w = np.array([1, 2, 1, 3, 1, 1, 0, 1, 2, 1, 1, 1])
    many = {k: np.repeat(np.array(v), w) for k, v in DATA.items()}
    one, two = fit(name, DATA | {"w": w}, weighted, draws=10), fit(name, many, draws=10)
    for key, x in one.hyper.items():
        np.testing.assert_array_equal(x, two.hyper[key])


RUNS = [("quadrature", 12, 400)]
RUNS += [
    pytest.param(s, n, d, marks=pytest.mark.slow)
    for s, n, d in [("quadrature", 1000, 600), ("gibbs", 600, 3000)]
]


@pytest.mark.parametrize(("scheme", "count", "draws"), RUNS)
def test_ranks_are_uniform(scheme, count, draws):
    """The share, mean, spread, an effect, and the log likelihood."""
    at, found = np.linspace(0, draws - 1, KEPT).astype(int), []
    for i in range(count):
        rng = np.random.default_rng([i, 78])
        u = {k: float(law.rvs(random_state=rng)) for k, law in LAWS.items()}
        theta = rng.normal(u["g_mu"], u["g_sigma"], 4)
        g = np.repeat(np.arange(4), [1, 3, 5, 7])
        size = rng.integers(1, 4, len(g))
        y = rng.poisson(size * np.exp(theta[g])) * (rng.random(len(g)) < u["psi"])
        data = {"g": g, "size": size, "y": y}
        post = fit("ZeroInflatedPoisson", data, scheme=scheme, draws=draws, chains=1, tune=100,
                   cores=1, random_seed=i)  # fmt: skip
        hyper = {k: post.hyper[k][0, at] for k in LAWS}
        drawn = post.groups.draws(draws=at)[0]

        def quantities(v, effects, y=y, g=g, size=size):
            psi = np.asarray(v["psi"])[..., None]
            rows = log_row("ZeroInflatedPoisson", y, size, effects[..., g], psi).sum(axis=-1)
            return np.array([*(v[k] for k in LAWS), effects[..., 2], rows])

        found.append((quantities(hyper, drawn) < quantities(u, theta)[:, None]).sum(axis=1))
    found = np.array(found)
    print(scheme, count, "smallest p", smallest_p(found))
    assert smallest_p(found) > ALPHA


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: hf.ZeroInflatedPoisson("p"), ValueError, "psi is the column 'p'"),
        (lambda: hf.ZeroInflatedBinomial("p", n=3), ValueError, "psi is the column 'p'"),
        (lambda: hf.ZeroInflatedPoisson(1.5), ValueError, "psi must lie between 0 and 1"),
        (lambda: hf.ZeroInflatedPoisson(hf.HalfNormal(1)), ValueError, "reaches beyond"),
        (lambda: hf.ZeroInflatedBinomial(0.5, n=0), ValueError, "whole number of trials"),
        (lambda: hf.ZeroInflatedPoisson(0.5, exposure=-1), ValueError, "must be positive"),
        (
            lambda: hf.Model(hf.ZeroInflatedPoisson(0.5), hf.Beta(1, 1)),
            ValueError,
            "use one of Normal, StudentT, Logistic",
        ),
        (
            lambda: fit("ZeroInflatedPoisson", DATA | {"y": [0.5] * 12}),
            ValueError,
            "y: row 0 is 0.5",
        ),
        (
            lambda: fit("ZeroInflatedBinomial", DATA | {"y": [9] * 12}),
            ValueError,
            "at most the trials of its row",
        ),
        (
            lambda: fit("", model=hf.Model(
                hf.ZeroInflatedPoisson(0.5, "size"), hf.Normal(hf.Flat(), hf.HalfNormal(1))
            )),
            ValueError,
            "g_mu has the improper prior Flat",
        ),
    ],
)  # fmt: skip
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_all_zeros():
    with pytest.warns(hf.IdentificationWarning, match="all counts are 0"):
        found = fit("ZeroInflatedPoisson", {"g": [0, 0, 1], "y": [0, 0, 0], "size": [1, 1, 1]})
    assert np.isfinite(found.groups.mean).all()
