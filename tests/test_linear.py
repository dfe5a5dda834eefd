"""Predictors of groups: formulas, columns, posteriors against closed forms and panels, bad input."""

import itertools

import numpy as np
import pytest
from scipy import stats as st
from test_quadrature import panels
from trust.pairs import GROUPS, ROWS
from trust.problems import points_of

import hierfast as hf
from hierfast.distributions.linear import read_formula

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
RNG = np.random.default_rng(6)
J = 9
X, Z = np.round(RNG.normal(0, 1, J), 1), (np.arange(J) % 2).astype(float)
SIZE = RNG.integers(1, 30, J)
BETA = {"g_mu_Intercept": st.norm(-0.4, 1), "g_mu_x": st.norm(0, 0.7), "g_mu_x:z": st.norm(0, 0.7)}
LINEAR = hf.Linear(
    "x + x:z", {"Intercept": hf.Normal(-0.4, 1), "x": hf.Normal(0, 0.7), "x:z": hf.Normal(0, 0.7)}
)
POPULATIONS = {
    "Normal": hf.Normal(LINEAR, hf.HalfNormal(1)),
    "StudentT": hf.StudentT(3, LINEAR, hf.HalfNormal(1)),
    "Logistic": hf.Logistic(LINEAR, hf.HalfNormal(0.6)),
}
COUNTED = [n for n in ROWS if n in ("Binomial", "Poisson", "NegativeBinomial", "Weibull", "Gamma")]
KNOWN = {"y": RNG.normal(0.5 * X, 1.0), "se": RNG.uniform(0.3, 1.5, J), "x": X, "z": Z}


def laws(population):
    scale = list(GROUPS[population].laws)[1]
    return BETA | {scale: GROUPS[population].laws[scale]}


def data_of(name):
    """Rows of a likelihood of tests/trust, and the predictors of their groups."""
    rng = np.random.default_rng(4)
    y, size = ROWS[name].draw(rng, SIZE, -0.4 + 0.5 * X + rng.normal(0, 0.5, J))
    table = ROWS[name].table(y, size, np.arange(J))
    return y, size, table | {"x": X[table["g"]], "z": Z[table["g"]]}


def location(u):
    return u["g_mu_Intercept"] + u["g_mu_x"] * X + u["g_mu_x:z"] * X * Z


@pytest.mark.parametrize("population", POPULATIONS)
@pytest.mark.parametrize("name", COUNTED)
def test_log_posterior(name, population):
    """Against panels of Gauss-Legendre."""
    y, size, data = data_of(name)
    model = hf.Model(ROWS[name].likelihood, POPULATIONS[population])
    plan = model.explain(data, y="y", group="g", scheme="quadrature")
    points, z, want = points_of(plan.graph, laws(population))
    for i, u in enumerate(points):
        for j, mu in enumerate(location(u)):
            theta, weight = panels([mu, -0.5, 0.7], [0.05, 0.05, 0.05])
            log = GROUPS[population].log(theta, u | {"g_mu": mu})
            log = log + ROWS[name].log(y[j], size[j], theta)
            top = log.max()
            want[i] += top + np.log((np.exp(log - top) * weight).sum())
    plan.target.choose_order(0.0)
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], atol=2e-3)


@pytest.mark.parametrize("noncentred", [False, True])
@pytest.mark.parametrize(("name", "population"), list(itertools.product(COUNTED, POPULATIONS)))
def test_conditionals_are_those_of_the_joint(name, population, noncentred):
    y, size, data = data_of(name)
    model = hf.Model(ROWS[name].likelihood, POPULATIONS[population])
    plan = model.explain(data, y="y", group="g", scheme="gibbs")
    points, z, want = points_of(plan.graph, laws(population))
    eta = np.random.default_rng(5).normal(0, 1, J)
    for i, u in enumerate(points):
        mu, scale = location(u), list(u.values())[-1]
        theta = mu + scale * eta if noncentred else eta
        for j in range(J):
            if noncentred:
                want[i] += ROWS[name].log(y[j], size[j], theta[j])
            else:
                want[i] += GROUPS[population].log(theta[j], u | {"g_mu": mu[j]})
    got = plan.target.given_effects(eta, z, noncentred)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-10, atol=1e-9)


def test_normal_rows_in_closed_form():
    """Fay and Herriot: y_j ~ Normal(x_j beta, se_j^2 + tau^2), to rounding."""
    model = hf.Model(hf.Normal(sigma="se"), POPULATIONS["Normal"])
    plan = model.explain({**KNOWN, "g": np.arange(J)}, y="y", group="g")
    points, z, want = points_of(plan.graph, laws("Normal"))
    for i, u in enumerate(points):
        sd = np.hypot(KNOWN["se"], u["g_sigma"])
        want[i] += st.norm.logpdf(KNOWN["y"], location(u), sd).sum()
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], atol=1e-9)


def test_normal_rows_of_unknown_variance():
    """Both schemes, and least squares where priors are wide and groups are many."""
    rng = np.random.default_rng(3)
    many = 400
    x = rng.normal(0, 1, many)
    g = np.repeat(np.arange(many), 3)
    y = (1.0 + 2.0 * x + rng.normal(0, 0.5, many))[g] + rng.normal(0, 1.0, len(g))
    linear = hf.Linear("1 + x", hf.Normal(0, 100))
    model = hf.Model(hf.Normal(sigma=hf.HalfNormal(3)), hf.Normal(linear, hf.HalfNormal(3)))
    found = {}
    for scheme, draws in (("quadrature", 1000), ("gibbs", 2000)):
        fit = model.fit(
            {"y": y, "g": g, "x": x[g]}, y="y", group="g", scheme=scheme, draws=draws,
            random_seed=2, progressbar=False,
        )  # fmt: skip
        found[scheme] = fit
    design = np.column_stack([np.ones(many), x])
    mean = np.bincount(g, y) / 3
    beta = np.linalg.lstsq(design, mean, rcond=None)[0]
    for fit in found.values():
        assert abs(fit.hyper["g_mu_x"].mean() - beta[1]) < 0.01
        assert abs(fit.hyper["g_mu_Intercept"].mean() - beta[0]) < 0.01
    one, two = (f.hyper for f in found.values())
    for key in one:
        error = np.hypot(*(float(hf.diagnose.mcse_mean(h[key])) for h in (one, two)))
        assert abs(one[key].mean() - two[key].mean()) < 5 * error
    residual = mean - found["quadrature"].groups.mean
    assert residual.std() < 0.5


def test_a_constant_alone_is_a_location():
    _, _, data = data_of("Poisson")
    plain = hf.Model(hf.Poisson(exposure="size"), hf.Normal(hf.Normal(0, 1), hf.HalfNormal(1)))
    linear = hf.Normal(hf.Linear("1", hf.Normal(0, 1)), hf.HalfNormal(1))
    one, two = (
        m.explain(data, y="y", group="g", scheme="quadrature")
        for m in (plain, hf.Model(hf.Poisson(exposure="size"), linear))
    )
    z = np.array([[-0.3, 1.0, -2.0], [0.2, -0.5, 0.3]])
    one.target.choose_order(0.0)
    two.target.choose_order(0.0)
    np.testing.assert_allclose(np.diff(one.target.logp(z)), np.diff(two.target.logp(z)), atol=1e-6)
    assert two.graph.display == ("g_mu_Intercept", "g_sigma")


def fit(data, model=None, **other):
    model = model or hf.Model(hf.Poisson(exposure="size"), POPULATIONS["Normal"])
    options = {"y": "y", "group": "g", "random_seed": 1, "progressbar": False, "draws": 300}
    return model.fit(data, **(options | other))


def test_cells_share_rows_and_predictors():
    data = {"g": np.arange(8), "y": [1, 1, 1, 1, 2, 2, 2, 2], "size": np.ones(8)}
    data |= {"x": [0, 0, 1, 1, 0, 0, 1, 1], "z": np.zeros(8)}
    found = fit(data, draws=20)
    assert len(found.plan.cells) == 4
    assert found.plan.cells.mult.tolist() == [2, 2, 2, 2]
    np.testing.assert_array_equal(found.groups.mean[::2], found.groups.mean[1::2])


def test_groups_without_rows_follow_their_predictors():
    _, _, data = data_of("Poisson")
    table = {"g": np.arange(J + 2), "x": np.append(X, [3.0, -3.0]), "z": np.append(Z, [0, 0])}
    rows = {k: v for k, v in data.items() if k not in "xz"}
    for scheme in ("quadrature", "gibbs"):
        found = fit(rows, groups=table, draws=2000, scheme=scheme)
        u = found.hyper
        for label, x in ((J, 3.0), (J + 1, -3.0)):
            want = (u["g_mu_Intercept"] + u["g_mu_x"] * x).mean()
            assert abs(found.groups[label].mean - want) < 1e-3
            drawn = found.groups[label].draws()
            assert abs(drawn.mean() - want) < 6 * drawn.std() / np.sqrt(drawn.size / 10)
    known = fit(data, draws=50)
    one = fit(rows, groups={k: v[:J] for k, v in table.items()}, draws=50)
    np.testing.assert_array_equal(known.groups.mean, one.groups.mean)


def test_normal_groups_without_rows_follow_their_predictors():
    table = {"g": np.arange(J + 1), "x": np.append(X, 4.0), "z": np.append(Z, 0.0)}
    rows = {"g": np.arange(J), "y": KNOWN["y"], "se": KNOWN["se"]}
    model = hf.Model(hf.Normal(sigma="se"), POPULATIONS["Normal"])
    found = fit(rows, model, groups=table, draws=1000)
    u = found.hyper
    want = u["g_mu_Intercept"] + 4.0 * u["g_mu_x"]
    assert abs(found.groups[J].mean - want.mean()) < 1e-3
    assert found.groups[J].sd == pytest.approx(
        np.sqrt(want.var() + (u["g_sigma"] ** 2).mean()), rel=1e-3
    )


def test_scales_of_columns_do_not_matter():
    _, _, data = data_of("Poisson")
    linear = lambda s: hf.Normal(hf.Linear("x", hf.Normal(0, s)), hf.HalfNormal(1))  # noqa: E731
    scaled = data | {"x": data["x"] * 1e6}
    prior = {"Intercept": hf.Normal(0, 1), "x": hf.Normal(0, 1e-6)}
    other = hf.Normal(hf.Linear("x", prior), hf.HalfNormal(1))
    one = fit(data, hf.Model(hf.Poisson(exposure="size"), linear(1)), draws=2000)
    two = fit(scaled, hf.Model(hf.Poisson(exposure="size"), other), draws=2000)
    x, y = one.hyper["g_mu_x"], two.hyper["g_mu_x"] * 1e6
    assert abs(x.mean() - y.mean()) < 5 * np.hypot(x.std(), y.std()) / np.sqrt(4000)
    assert abs(x.std() / y.std() - 1) < 0.1


def test_order_of_rows_changes_nothing():
    _, _, data = data_of("Poisson")
    order = np.random.default_rng(1).permutation(J)
    one, two = fit(data, draws=30), fit({k: v[order] for k, v in data.items()}, draws=30)
    for key, x in one.hyper.items():
        np.testing.assert_array_equal(x, two.hyper[key])


def test_formulas():
    assert read_formula("1 + x") == read_formula("x") == ((), ("x",))
    assert read_formula("0 + x") == (("x",),)
    assert read_formula("x*z") == ((), ("x",), ("z",), ("x", "z"))
    assert read_formula(" a:b + a ") == ((), ("a",), ("a", "b"))
    assert read_formula("a*b*c")[-1] == ("a", "b", "c")
    assert hf.Linear("x", hf.Normal(0, 1)).names == ("Intercept", "x")


TEN = " + ".join("abcdefghijklmnop")
ONE = {"g": [0, 1], "y": [1, 2], "size": [1, 1], "x": [0.5, 1], "z": [0, 1]}
BAD = {
    "text": (lambda: hf.Linear(3, hf.Normal(0, 1)), TypeError, "formula must be text"),
    "powers": (lambda: hf.Linear("x**2", hf.Normal(0, 1)), ValueError, "cannot read"),
    "calls": (lambda: hf.Linear("log(x)", hf.Normal(0, 1)), ValueError, "make a column"),
    "nothing": (lambda: hf.Linear("0", hf.Normal(0, 1)), ValueError, "has no terms"),
    "empty": (lambda: hf.Linear("", hf.Normal(0, 1)), ValueError, "cannot read ''"),
    "no prior": (lambda: hf.Linear("x", 3), TypeError, "prior of 'Intercept' must be"),
    "other term": (
        lambda: hf.Linear("x", {"Intercept": hf.Normal(0, 1), "q": hf.Normal(0, 1)}),
        ValueError,
        "'q', which is not a term",
    ),
    "one lacks": (lambda: hf.Linear("x", {"x": hf.Normal(0, 1)}), ValueError, "lacks a prior"),
    "in a scale": (
        lambda: hf.Normal(0, hf.Linear("x", hf.Normal(0, 1))),
        ValueError,
        "sigma cannot be Linear",
    ),
    "in a prior": (
        lambda: hf.Normal(hf.Normal(LINEAR, 1), 1),
        ValueError,
        "has a prior with Linear",
    ),
    "in rows": (
        lambda: hf.Model(hf.Normal(LINEAR, 1), hf.Normal(0, 1)),
        ValueError,
        "mu is the group's effect",
    ),
    "half-finished prior": (
        lambda: hf.Normal(hf.Linear("x", hf.Normal(sigma=1)), 1),
        ValueError,
        "lacks mu",
    ),
    "simulated": (
        lambda: POPULATIONS["Normal"].rvs(np.random.default_rng(1)),
        ValueError,
        "mu is of columns",
    ),
    "too many": (
        lambda: hf.Model(hf.Poisson(), hf.Normal(hf.Linear(TEN, hf.Normal(0, 1)), 1)),
        ValueError,
        "17 unknown",
    ),
    "no column": (lambda: fit({k: v for k, v in ONE.items() if k != "x"}), KeyError, "x"),
    "missing": (lambda: fit(ONE | {"x": [np.nan, 1]}), ValueError, "x: row 0 is nan.*na='drop'"),
    "endless": (lambda: fit(ONE | {"z": [np.inf, 1]}), ValueError, "z: row 0 is inf"),
    "varies": (
        lambda: fit({"g": [0, 0], "y": [1, 2], "size": [1, 1], "x": [1, 2], "z": [0, 0]}),
        ValueError,
        "'x' varies within the group 0: it is 1.0 in one row and 2.0",
    ),
    "words": (lambda: fit(ONE | {"x": ["a", "b"]}), (TypeError, ValueError), "x"),
    "unknown of a group": (
        lambda: fit(ONE, groups={"g": [0, 1, 2]}),
        ValueError,
        "the group 2 has no rows, so that its 'x' is not known",
    ),
    "unknown in groups": (
        lambda: fit(ONE, groups={"g": [0, 1, 2], "x": [1, 2, np.nan], "z": [0, 0, 0]}),
        ValueError,
        "groups: x in row 2 is nan",
    ),
    "overflow": (lambda: fit(ONE | {"x": [1e200, 1], "z": [1e200, 1]}), ValueError, "overflows"),
    "flat": (
        lambda: fit(ONE, hf.Model(hf.Poisson(), hf.Normal(hf.Linear("x", hf.Flat()), 1))),
        ValueError,
        "improper prior Flat",
    ),
    "statistics": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Normal(LINEAR, 1)).fit(
            hf.Statistics.from_summary(n=[2, 3], mean=[1.0, 2.0], sd=[1.0, 1.0])
        ),
        ValueError,
        "linear in 'x, z', and Statistics have no columns",
    ),
    "scheme": (
        lambda: fit(
            KNOWN | {"g": np.arange(J)},
            hf.Model(hf.Normal(sigma="se"), POPULATIONS["Normal"]),
            scheme="collapsed",
        ),
        ValueError,
        "unknown scheme 'collapsed'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    make, error, message = BAD[case]
    with pytest.raises(error, match=message):
        make()


def test_missing_predictors_are_dropped():
    found = fit(ONE | {"x": [np.nan, 1.0]}, na="drop", draws=20)
    assert "1 of 2 rows" in found.plan.dropped
    assert len(found.groups) == 1
