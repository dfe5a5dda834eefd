"""Times that may be censored, and other positive amounts: reading, densities, posteriors, bad input."""

import mpmath
import numpy as np
import pytest
from scipy import stats as st
from test_quadrature import panels
from trust.problems import points_of

import hierfast as hf
from hierfast import _core
from hierfast.likelihoods import gamma_rows, weibull

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
LEVELS = list(_core.levels())
NONE = np.empty(0)
POPULATION = hf.Normal(hf.Normal(0, 1), hf.HalfNormal(1))
LAWS = {"g_mu": st.norm(0, 1), "g_sigma": st.halfnorm(0, 1)}
SHAPE = {"alpha": st.lognorm(0.6)}
LIKELIHOODS = {
    "Exponential": hf.Exponential(censored="c"),
    "Weibull": hf.Weibull(hf.LogNormal(0, 0.6), censored="c"),
    "Gamma": hf.Gamma(hf.LogNormal(0, 0.6), censored="c"),
}
LAW = {  # of a row given its effect
    "Exponential": lambda theta, u: st.expon(0, np.exp(-theta)),
    "Weibull": lambda theta, u: st.weibull_min(u["alpha"], 0, np.exp(theta)),
    "Gamma": lambda theta, u: st.gamma(u["alpha"], 0, np.exp(theta) / u["alpha"]),
}
DATA = {  # a group all censored, one with none of it, times alike and not, weights
    "g": ["a", "a", "a", "b", "b", "c", "d", "d", "d", "e"],
    "y": [0.5, 2.0, 2.0, 3.0, 0.1, 7.0, 1.0, 1.0, 2.5, 4.0],
    "c": [0, 1, 0, 1, 1, 0, 1, 1, 0, 0],
    "w": [1, 1, 2, 1, 3, 1, 1, 1, 0, 2],
}


def model_of(name, population=POPULATION, weights=None):
    likelihood = LIKELIHOODS[name]
    if weights is not None:
        kind, alpha = type(likelihood), getattr(likelihood, "alpha", None)
        likelihood = kind(*[alpha] * (name != "Exponential"), censored="c", weights=weights)
    return hf.Model(likelihood, population)


def fit(name, data=DATA, model=None, **other):
    options = {"y": "y", "group": "g", "random_seed": 3, "progressbar": False} | other
    return (model or model_of(name)).fit(data, **options)


def laws(name):
    return LAWS if name == "Exponential" else SHAPE | LAWS


def log_rows(name, data, theta, u, group):
    """Log density of the rows of a group, survival of those censored, by SciPy."""
    total = 0.0
    with np.errstate(all="ignore"):
        for g, y, c in zip(data["g"], data["y"], data["c"], strict=True):
            if g == group:
                law = LAW[name](theta, u)
                log = law.logsf(y) if c else law.logpdf(y)
                total = total + np.where(np.isnan(log), -np.inf, log)
    return total


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_log_posterior(name):
    """Against SciPy's densities on panels of Gauss-Legendre, the shape unknown where there is one."""
    plan = model_of(name).explain(DATA, y="y", group="g", scheme="quadrature")
    points, z, want = points_of(plan.graph, laws(name))
    for i, u in enumerate(points):
        theta, weight = panels([u["g_mu"], 1.0, -1.0], [0.05, 0.05, 0.05])
        for group in "abcde":
            log = st.norm.logpdf(theta, u["g_mu"], u["g_sigma"])
            log = log + log_rows(name, DATA, theta, u, group)
            top = log.max()
            want[i] += top + np.log((np.exp(log - top) * weight).sum())
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], atol=2e-4)


@pytest.mark.parametrize("noncentred", [False, True])
@pytest.mark.parametrize("name", LIKELIHOODS)
def test_conditionals_are_those_of_the_joint(name, noncentred):
    """Given effects (centred) and given standardised ones, to rounding."""
    plan = model_of(name).explain(DATA, y="y", group="g", scheme="gibbs")
    points, z, want = points_of(plan.graph, laws(name))
    eta = np.random.default_rng(5).normal(0, 1, 5)
    for i, u in enumerate(points):
        theta = u["g_mu"] + u["g_sigma"] * eta if noncentred else eta
        for one, group in zip(theta, "abcde", strict=True):
            want[i] += log_rows(name, DATA, one, u, group)
        want[i] += 0.0 if noncentred else st.norm.logpdf(theta, u["g_mu"], u["g_sigma"]).sum()
    got = plan.target.given_effects(eta, z, noncentred)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-10, atol=1e-9)


def test_exponential_rows_are_poisson_events_in_their_time():
    """Bit for bit: both tell the same of a rate."""
    times = fit("Exponential", draws=60)
    table = {"g": list("abcde"), "d": [2, 0, 1, 1, 1], "t": [4.5, 3.1, 7.0, 4.5, 4.0]}
    counts = hf.Model(hf.Poisson(exposure="t"), POPULATION)
    events = counts.fit(table, y="d", group="g", draws=60, random_seed=3, progressbar=False)
    for key, x in times.hyper.items():
        np.testing.assert_array_equal(x, events.hyper[key])
    np.testing.assert_array_equal(times.groups.draws(), events.groups.draws())


def test_three_likelihoods_are_one_where_the_shape_is_1():
    at = np.array([[0.3, -1.0, 2.0], [-0.5, 0.4, 0.1]])
    got = {}
    for name, one in (
        ("Exponential", hf.Exponential(censored="c")),
        ("Weibull", hf.Weibull(1, censored="c")),
        ("Gamma", hf.Gamma(1, censored="c")),
    ):
        plan = hf.Model(one, POPULATION).explain(DATA, y="y", group="g")
        plan.target.choose_order(0.0)
        sign = -1.0 if name == "Exponential" else 1.0  # a log rate is minus a log mean
        assert [n.name for n in plan.graph.nodes] == ["g_mu", "g_sigma"]
        z = np.ascontiguousarray(at * [[sign], [1.0]])
        got[name] = plan.target.logp(z)
    for name in ("Weibull", "Gamma"):
        off = got[name] - got["Exponential"]
        np.testing.assert_allclose(off, off[0], atol=1e-6)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_a_row_of_weight_3_is_three_rows(name):
    many = {k: np.repeat(np.array(DATA[k]), DATA["w"]) for k in "gyc"}
    one = fit(name, model=model_of(name, weights="w"), draws=10)
    two = fit(name, many, draws=10)
    for key, x in one.hyper.items():
        np.testing.assert_allclose(x, two.hyper[key], rtol=1e-9)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_other_units_of_time_move_the_location_alone(name):
    factor, got = 1000.0, []
    shift = (-1.0 if name == "Exponential" else 1.0) * np.log(factor)
    for by, move in ((1.0, 0.0), (factor, shift)):
        population = hf.Normal(hf.Normal(move, 1), hf.HalfNormal(1))
        data = DATA | {"y": np.array(DATA["y"]) * by}
        plan = model_of(name, population).explain(data, y="y", group="g", scheme="quadrature")
        points, z, _ = points_of(plan.graph, laws(name))
        z[list(points[0]).index("g_mu")] += move
        got.append(plan.target.logp(z))
    np.testing.assert_allclose(got[0] - got[0][0], got[1] - got[1][0], rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_groups_without_rows_are_as_the_population_is(name):
    found = fit(name, groups={"g": list("abcdef")}, draws=200)
    assert len(found.groups) == 6
    empty, mu = found.groups["f"], found.hyper["g_mu"]
    assert empty.n == 0
    assert abs(empty.mean - mu.mean()) < 1e-3 * mu.std()


def test_rows_that_lack_something_are_dropped():
    data = DATA | {"y": [np.nan, *DATA["y"][1:]], "c": [*DATA["c"][:-1], np.nan]}
    found = fit("Weibull", data, na="drop", draws=20)
    assert "2 of 10 rows" in found.plan.dropped
    assert len(found.groups) == 4


@pytest.mark.parametrize("kind", [bool, np.int8, float, object])
def test_censored_may_be_of_any_kind_that_tells(kind):
    column = np.array(DATA["c"], dtype=bool).astype(kind)
    np.testing.assert_array_equal(
        fit("Exponential", DATA | {"c": column}, draws=5).hyper["g_mu"],
        fit("Exponential", draws=5).hyper["g_mu"],
    )


def at_every_level(name, eta, stats, params):
    found = [_core.likelihood_eval(name, eta, stats, params, level) for level in LEVELS]
    assert len({f.tobytes() for f in found}) == 1
    return found[0]


@pytest.mark.parametrize("alpha", [1e-3, 0.7, 1.0, 2.0, 60.0, 1e4])
def test_kernels_are_their_twins_at_extremes(alpha):
    eta = np.array([-700.0, -40.0, -2.0, -1e-8, 0.0, 0.01, 3.0, 40.0, 700.0])
    columns = lambda *some: [np.array([float(v)]) for v in some]  # noqa: E731
    for stats in ((0, 1, 2.0), (3, 5, 1e-6), (1, 1, 1e9), (0, 0, 0)):
        got = at_every_level("Weibull", eta, columns(*stats), columns(alpha))
        want = np.array(weibull.log_likelihood(*stats, eta, alpha))
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-200)
    for stats in ((1, 0.0, 0), (7, -4.0, 0), (1, 0.0, 1), (3, 9.0, 1), (0, 0, 0)):
        got = at_every_level("Gamma", eta, columns(*stats), columns(alpha))
        want = np.array(gamma_rows.log_likelihood(*stats, eta, alpha))
        np.testing.assert_allclose(got, want, rtol=2e-10, atol=1e-200)


@pytest.mark.parametrize("alpha", [1e-4, 0.3, 1.0, 12.9, 13.1, 300.0, 9999.0, 10001.0, 1e5])
def test_survival_to_fifty_digits(alpha):
    """On both sides of where the series gives way to the continued fraction."""
    v = np.array([-3.0, -0.1, -1e-3, 0.0, 1e-3, 0.02, 0.5, 1.5])
    v = np.concatenate([v, np.log1p(1 / alpha) + np.array([-1e-9, 1e-9]), [-0.2501, 0.2499]])
    stats = [np.array([1.0]), np.array([0.0]), np.array([1.0])]
    got = at_every_level("Gamma", -v, stats, [np.array([alpha])])
    with mpmath.workdps(50):
        for i, one in enumerate(v):
            a = mpmath.mpf(alpha)
            z = a * mpmath.exp(mpmath.mpf(one))
            upper = mpmath.gammainc(a, z, regularized=True)
            h = z**a * mpmath.exp(-z) / mpmath.gamma(a) / upper
            want = [float(f) for f in (mpmath.log(upper), h, h * (z - a - h))]
            rtol = 2e-10 if alpha < 1e-3 else 1e-11  # where P takes all but a of the digits
            np.testing.assert_allclose(got[:2, i], want[:2], rtol=rtol, atol=1e-15)
            rtol = 1e-5 if alpha > 1e4 else rtol  # a curvature, which steers Newton's steps only
            np.testing.assert_allclose(got[2, i], want[2], rtol=rtol, atol=1e-15)


@pytest.mark.parametrize("alpha", [1e-3, 0.8, 12.9, 13.1, 1e6])
def test_what_all_rows_say_of_the_shape(alpha):
    params, table = [np.array([alpha])], (np.array([4.0, 2.5]), NONE, NONE)
    for name in ("Weibull", "Gamma"):
        got = {float(_core.likelihood_overall(name, params, table, k)[0]) for k in LEVELS}
        with mpmath.workdps(50):
            a = mpmath.mpf(alpha)
            want = 4 * mpmath.log(a)
            if name == "Gamma":
                want = 4 * (a * mpmath.log(a) - a - mpmath.loggamma(a)) - a * 2.5
        assert len(got) == 1 and got.pop() == pytest.approx(float(want), rel=1e-13)
    assert weibull.overall([1, 1, 0, 1, 1], alpha) == pytest.approx(4 * np.log(alpha))
    twin = float(gamma_rows.overall(4.0, 2.5, alpha))
    assert twin == pytest.approx(_core.likelihood_overall("Gamma", params, table)[0], rel=1e-9)


def test_large_shapes_are_found():
    """Times that hardly vary within groups, which do: peaks far from that of the population."""
    rng = np.random.default_rng(2)
    g, effect = np.repeat(np.arange(40), 5), rng.normal(1.0, 0.8, 40)
    data = {"g": g, "y": np.exp(effect[g]) * rng.weibull(150.0, 200), "c": np.zeros(200)}
    wide = hf.Model(hf.Weibull(hf.LogNormal(3, 2), censored="c"), POPULATION)
    found = fit("", data, wide, draws=500)
    assert abs(found.hyper["alpha"].mean() / 150 - 1) < 0.25
    np.testing.assert_allclose(found.groups.mean, effect, atol=0.02)
    assert found.plan.quadrature_error < 1e-3


BAD = {  # what is wrong: (likelihood, changes of the table, what the message says)
    "time 0": ("Exponential", {"y": [0, 1]}, "y: row 0 is 0.0; it must be positive and finite"),
    "negative": ("Weibull", {"y": [1, -2]}, "y: row 1 is -2.0; it must be positive"),
    "endless": ("Gamma", {"y": [1, np.inf]}, "y: row 1 is inf; it must be positive and finite"),
    "NaN": ("Gamma", {"y": [np.nan, 1]}, "y: row 0 is nan.*na='drop'"),
    "half censored": ("Weibull", {"c": [0.5, 0]}, "c: row 0 is 0.5; it must be true or 1"),
    "unknown censoring": ("Weibull", {"c": [0, np.nan]}, "c: row 1 is nan.*na='drop'"),
    "lengths": ("Exponential", {"c": [0, 0, 1]}, "columns differ in length"),
    "overflow": ("Exponential", {"y": [1e308, 1e308]}, "y: its values overflow"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_times(case):
    name, change, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        fit(name, {"g": [0, 0], "y": [1, 2], "c": [0, 1]} | change)


def test_a_column_that_is_not_there():
    with pytest.raises(KeyError, match="c"):
        fit("Weibull", {"g": [0, 0], "y": [1, 2]})


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: hf.Model(hf.Exponential(2), POPULATION), ValueError, "lam is the group's effect"),
        (lambda: hf.Model(hf.Gamma(2, 1), POPULATION), ValueError, "beta is the group's effect"),
        (lambda: hf.Model(hf.Gamma(2, mean=1), POPULATION), ValueError, "mean is the group's"),
        (lambda: hf.Exponential(censored=[0, 1]), TypeError, "censored must name a column"),
        (lambda: hf.Weibull(2, censored=True), TypeError, "censored must name a column"),
        (lambda: hf.Weibull("k"), ValueError, "alpha is the column 'k'"),
        (lambda: hf.Gamma("k"), ValueError, "alpha is the column 'k'"),
        (lambda: hf.Weibull(0), ValueError, "Weibull's alpha must be positive"),
        (lambda: hf.Weibull(2, weights=0.5), ValueError, "Weibull's weights must be a whole"),
        (lambda: hf.Weibull(hf.Normal(0, 1)), ValueError, "must be positive; its prior Normal"),
        (lambda: hf.HalfNormal(hf.Exponential()), ValueError, "which lacks lam"),
        (lambda: hf.HalfNormal(hf.Gamma(2)), ValueError, "which lacks mean"),
        (lambda: hf.HalfNormal(hf.Exponential(1, censored="c")), ValueError, "prior with censored"),
        (lambda: hf.HalfNormal(hf.Weibull(1)), ValueError, "a likelihood of rows, not a prior"),
        (
            lambda: hf.Model(hf.Exponential(), hf.Gamma(1, 1, censored="c")),
            ValueError,
            "the population Gamma has censored",
        ),
        (
            lambda: hf.Model(hf.Exponential(), hf.Gamma(1)),
            ValueError,
            "the population Gamma lacks mean",
        ),
        (
            lambda: hf.Model(hf.Weibull(1), hf.Beta(1, 1)),
            ValueError,
            "use one of Normal, StudentT, Logistic",
        ),
    ],
)
def test_bad_models_of_times(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_all_censored(name):
    data = {"g": [0, 1, 1], "y": [1.0, 2.0, 3.0], "c": [1, 1, 1]}
    with pytest.warns(hf.IdentificationWarning, match="all rows are censored"):
        found = fit(name, data, draws=100)
    assert np.isfinite(found.groups.mean).all()
    with pytest.raises(ValueError, match="improper, since all rows are censored"):
        fit(name, data, model_of(name, hf.Normal(hf.Flat(), hf.HalfNormal(1))))


def test_improper_shapes_are_refused():
    for likelihood in (hf.Weibull(hf.Flat(), censored="c"), hf.Gamma(hf.Power(-1), censored="c")):
        with pytest.raises(ValueError, match="alpha: the posterior is improper or cannot be shown"):
            fit("", DATA, hf.Model(likelihood, POPULATION))
