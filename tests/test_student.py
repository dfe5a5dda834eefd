"""Student-t rows: effects whose densities have many peaks, both schemes, limits, bad input."""

import itertools

import numpy as np
import pytest
from scipy import stats as st
from test_calibration import ALPHA, KEPT, smallest_p
from test_quadrature import panels
from trust.problems import coordinates, points_of

import hierfast as hf
from hierfast import _core, diagnose
from hierfast.likelihoods import student_t

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
H = hf.HalfNormal
ROWS = hf.StudentT(nu=hf.Gamma(3, 0.5), sigma=H(1))
GROUPS = hf.Normal(hf.Normal(0, 2), H(1))
LAWS = {
    "nu": st.gamma(3, 0, 2),
    "sigma": st.halfnorm(0, 1),
    "g_mu": st.norm(0, 2),
    "g_sigma": st.halfnorm(0, 1),
}
SIZES = (1, 5, 2, 3, 0, 8, 4)  # rows of the groups; the fifth is known by name alone
NAMES = {"g": np.arange(len(SIZES))}


def simulate(rng, u, sizes=SIZES, far=0.0):
    g = np.repeat(np.arange(len(sizes)), sizes)
    theta = rng.normal(u["g_mu"], u["g_sigma"], len(sizes))
    y = theta[g] + u["sigma"] * rng.standard_t(u["nu"], len(g))
    y[rng.random(len(g)) < 0.1] += far
    return {"g": g, "y": y}, theta


def fit(data, model=None, **other):
    options = {"y": "y", "group": "g", "random_seed": 3, "progressbar": False} | other
    return (model or hf.Model(ROWS, GROUPS)).fit(data, **options)


def log_joint(theta, y, nu, scale, mu, tau, weight=1.0):
    """By SciPy, at effects theta (n,) of one group."""
    rows = (weight * st.t.logpdf(y[:, None], nu, theta, scale)).sum(axis=0)
    return rows + st.norm.logpdf(theta, mu, tau)


def moments(y, nu, scale, mu, tau, weight=1.0):
    """Log integral, mean, sd, and distribution function of an effect: a rule with nodes at every peak."""
    at = np.append(y, mu)
    width = np.append(np.full(len(y), np.min(scale) / np.sqrt(np.max(weight))), tau)
    theta, w = panels(at, np.minimum(width, 1.0))
    log = log_joint(theta, y, nu, scale, mu, tau, weight)
    top = log.max()
    p = w * np.exp(log - top)
    mean = (p * theta).sum() / p.sum()
    sd = np.sqrt((p * (theta - mean) ** 2).sum() / p.sum())
    return top + np.log(p.sum()), mean, sd, (theta, (np.cumsum(p) - p / 2) / p.sum())


def problems(count):
    """Groups whose rows agree or not, narrow and wide, beside a population near or far."""
    rng = np.random.default_rng(8)
    for k in range(count):
        n = int(rng.integers(1, 14))
        y = np.round(rng.normal(0, rng.choice([0.3, 3.0, 40.0]), n), 3)
        nu, sigma, tau = np.exp(rng.normal([1, -0.5, 0], [1.0, 1.0, 1.5]))
        yield y, float(nu), float(sigma), float(rng.choice([0.0, 8.0])), float(tau), k


@pytest.mark.parametrize("order", [15, 31, 61])
def test_integrals_over_many_peaks(order):
    """Log Z, mean and sd of one group, known parameters: panels against a rule with nodes everywhere."""
    for y, nu, sigma, mu, tau, k in problems(60):
        model = hf.Model(hf.StudentT(nu=nu, sigma=sigma), hf.Normal(mu, tau))
        plan = model.explain({"g": np.zeros(len(y)), "y": y}, y="y", group="g")
        cells = plan.cells
        target = _core.Integrated(
            plan.graph,
            "StudentT",
            "Normal",
            [cells.first, cells.count],
            plan.graph.rows,
            plan.graph.shape,
            k % 2,
            None,
            order,
            (cells.terms, cells.table),
        )
        want = moments(y, nu, sigma, mu, tau)
        got = target.logp(np.empty((0, 1)))[0]
        mean, sd = np.empty(1), np.empty(1)
        target.moments(np.empty(0), np.zeros(1, dtype=np.int64), mean, sd)
        slack = {15: 1e-4, 31: 1e-8, 61: 1e-9}[order]
        assert abs(got - want[0]) < slack, (y, nu, sigma, mu, tau)
        assert abs(mean[0] - want[1]) < slack * want[2], (y, nu, sigma, mu, tau)
        assert abs(sd[0] / want[2] - 1) < slack * 10, (y, nu, sigma, mu, tau)
        u = np.array([1e-6, 0.01, 0.3, 0.5, 0.77, 0.999, 1 - 1e-6])
        found = np.empty(len(u))
        target.invert(np.empty(0), np.zeros(len(u), dtype=np.int64), u, found)
        theta, cdf = want[3]
        np.testing.assert_allclose(np.interp(found, theta, cdf), u, atol=2e-3)
        assert (np.diff(found) > 0).all()


def test_quantiles_to_a_millionth():
    """Two peaks and one row far out, by SciPy's adaptive rule."""
    from scipy.integrate import quad

    y, u = np.array([-3.0, -2.7, 2.9, 3.1, 30.0]), np.array([1e-4, 0.2, 0.5, 0.9, 0.9999])
    model = hf.Model(hf.StudentT(nu=2.5, sigma=0.4), hf.Normal(0.5, 2))
    plan = model.explain({"g": np.zeros(len(y)), "y": y}, y="y", group="g")
    found = np.empty(len(u))
    plan.integrals.invert(np.empty(0), np.zeros(len(u), dtype=np.int64), u, found)

    def density(t):
        return np.exp(log_joint(np.atleast_1d(t), y, 2.5, 0.4, 0.5, 2)[0] + 20)

    edges = np.unique([-20, -3.5, -3, -2.7, -2, 0, 2, 2.9, 3.1, 4, 20, *found])
    parts = [
        quad(density, a, b, epsrel=1e-11, epsabs=0, limit=200)[0]
        for a, b in itertools.pairwise(edges)
    ]
    cdf = np.append(0, np.cumsum(parts)) / np.sum(parts)
    np.testing.assert_allclose(cdf[np.searchsorted(edges, found)], u, atol=1e-8)


@pytest.mark.parametrize("nu", [0.5, 4.0, 9e3, 1.1e4, 1e7])
def test_rows_together_are_rows_one_by_one(nu):
    """Equation (4) of csrc/likelihood/student_t.h against (1), weights and own scales among the rows."""
    rng = np.random.default_rng(4)
    y, w = rng.normal(0, 3, 9), rng.integers(1, 4, 9)
    w[:4] = 1
    se = rng.choice([0.5, 1.0, 3.0], 9)
    model = hf.Model(hf.StudentT(nu=nu, sigma="se", weights="w"), hf.Normal(0.3, 1.2))
    plan = model.explain({"y": y, "w": w, "se": se, "g": np.zeros(9)}, y="y", group="g")
    want = moments(y, nu, se[:, None], 0.3, 1.2, w[:, None])
    assert abs(plan.target.logp(np.empty((0, 1)))[0] - want[0]) < 1e-4
    theta = np.linspace(-9, 9, 7)
    got = sum(
        student_t.log_likelihood(a, b, theta, nu, c)[0] for a, b, c in zip(y, w, se, strict=True)
    )
    rows = (w[:, None] * st.t.logpdf(y[:, None], nu, theta, se[:, None])).sum(axis=0)
    np.testing.assert_allclose(got, rows, rtol=1e-9)


@pytest.mark.parametrize("far", [0.0, 25.0])
def test_log_posterior_is_that_of_the_rows(far):
    rng = np.random.default_rng(2)
    data, _ = simulate(rng, {"nu": 4, "sigma": 0.7, "g_mu": 0, "g_sigma": 1}, far=far)
    plan = hf.Model(ROWS, GROUPS).explain(data, y="y", group="g", groups=NAMES)
    us = [{k: float(law.rvs(random_state=rng)) for k, law in LAWS.items()} for _ in range(6)]
    z, jacobian = zip(*(coordinates(plan.graph, u) for u in us), strict=True)
    got = plan.target.logp(np.ascontiguousarray(np.transpose(z)))
    want = []
    for u, jac in zip(us, jacobian, strict=True):
        prior = sum(law.logpdf(u[k]) for k, law in LAWS.items()) + jac
        of = [data["y"][data["g"] == j] for j in range(len(SIZES))]
        args = u["nu"], u["sigma"], u["g_mu"], u["g_sigma"]
        want.append(prior + sum(moments(y, *args)[0] for y in of if len(y)))
    np.testing.assert_allclose(got - got[0], np.array(want) - want[0], atol=2e-3)
    assert plan.quadrature_error < 1e-4


@pytest.mark.slow
def test_both_schemes_agree_where_rows_are_far_out():
    rng = np.random.default_rng(5)
    data, _ = simulate(rng, {"nu": 3, "sigma": 0.6, "g_mu": 1, "g_sigma": 1}, SIZES * 2, far=12.0)
    one = fit(data, draws=3000)
    two = fit(data, draws=6000, scheme="gibbs", random_seed=8)
    for key in LAWS:
        a, b = one.hyper[key], two.hyper[key]
        error = np.hypot(diagnose.mcse_mean(a), diagnose.mcse_mean(b))
        assert abs(a.mean() - b.mean()) < 5 * error < 0.5 * a.std(), key
    draws = two.groups.draws(draws=slice(None, None, 4))
    for j in range(draws.shape[2]):
        error = float(diagnose.mcse_mean(draws[:, :, j]))
        assert abs(one.groups.mean[j] - draws[:, :, j].mean()) < 5 * error
        assert abs(one.groups.sd[j] - draws[:, :, j].std()) < 5 * float(
            diagnose.mcse_sd(draws[:, :, j])
        )
    low, high = one.groups.interval(0.8).T
    np.testing.assert_allclose(((draws > low) & (draws < high)).mean(axis=(0, 1)), 0.8, atol=0.03)


def test_many_degrees_of_freedom_are_a_normal():
    rng = np.random.default_rng(6)
    data, _ = simulate(rng, {"nu": 1e9, "sigma": 0.6, "g_mu": 1, "g_sigma": 1})
    laws, found = {k: LAWS[k] for k in ("sigma", "g_mu", "g_sigma")}, []
    for rows in (hf.StudentT(nu=1e9, sigma=H(1)), hf.Normal(sigma=H(1))):
        plan = hf.Model(rows, GROUPS).explain(data, y="y", group="g", scheme="quadrature")
        found.append(plan.target.logp(points_of(plan.graph, laws, 5)[1]))
    np.testing.assert_allclose(found[0] - found[0][0], found[1] - found[1][0], atol=2e-4)


def test_an_outlier_moves_its_group_little():
    data = {"g": [0, 0, 0, 0, 1, 1, 1], "y": [1.0, 1.2, 0.9, 400.0, 2.0, 2.2, 1.9]}
    found = fit(data)
    assert 0.5 < found.groups[0].mean < 1.6
    assert found.hyper["nu"].mean() < 5


def test_weights_are_rows():
    data = {"g": [0, 0, 1, 1, 1], "y": [1.0, 2.0, 0.5, 0.5, 3.0]}
    short = {"g": [0, 0, 1, 1, 1], "y": [1.0, 2.0, 0.5, 3.0, 9.0], "w": [1, 1, 2, 1, 0]}
    rows = hf.StudentT(nu=4, sigma=H(1), weights="w")
    one, two = (
        fit(data, hf.Model(hf.StudentT(nu=4, sigma=H(1)), GROUPS)),
        fit(short, hf.Model(rows, GROUPS)),
    )
    np.testing.assert_array_equal(one.hyper["sigma"], two.hyper["sigma"])


def test_locations_predictors_and_names():
    """A known location is read off the rows, a constant is a location, names have the population's."""
    rng = np.random.default_rng(7)
    data, _ = simulate(rng, {"nu": 4, "sigma": 0.6, "g_mu": 0, "g_sigma": 1})
    about = data | {"at": 2.0 * data["g"], "y": data["y"] + 2.0 * data["g"]}
    rows = hf.StudentT(nu=4, sigma=H(1))
    one = fit(data, hf.Model(rows, hf.Normal(0, H(1))))
    two = fit(about, hf.Model(rows, hf.Normal("at", H(1))))
    np.testing.assert_allclose(one.hyper["sigma"].mean(), two.hyper["sigma"].mean(), rtol=1e-6)
    np.testing.assert_allclose(
        two.groups.mean - 2.0 * np.unique(data["g"]), one.groups.mean, atol=1e-5
    )
    three = fit(
        data, hf.Model(rows, hf.Normal(hf.Linear("1", hf.Normal(0, 2)), H(1))), groups=NAMES
    )
    four = fit(data, hf.Model(rows, GROUPS), groups=NAMES)
    a, b = three.hyper[next(k for k in three.hyper if k.startswith("g_mu"))], four.hyper["g_mu"]
    assert abs(a.mean() - b.mean()) < 5 * np.hypot(diagnose.mcse_mean(a), diagnose.mcse_mean(b))
    own = four.groups[4]
    spread = np.sqrt(b.std() ** 2 + (four.hyper["g_sigma"] ** 2).mean())
    assert abs(own.sd - spread) < 0.1 * spread


@pytest.mark.parametrize("scheme", ["quadrature", "gibbs"])
def test_mixture_of_populations(scheme):
    rng = np.random.default_rng(9)
    theta = np.where(np.arange(30) % 3, 0.0, rng.normal(4, 1, 30))
    g = np.repeat(np.arange(30), 3)
    data = {"g": g, "y": theta[g] + 0.5 * rng.standard_t(3, 90)}
    kinds = hf.Mixture([hf.PointMass(0), hf.Normal(hf.Normal(3, 2), H(2))])
    rows = hf.StudentT(nu=3, sigma=H(1))
    found = fit(data, hf.Model(rows, kinds), scheme=scheme, draws=200)
    share = found.groups.membership[:, 0]
    assert (share[np.arange(30) % 3 > 0] > 0.5).all() and (share[::3] < 0.5).all()


def ranks(scheme, count, draws, sizes):
    out, at = [], np.linspace(0, draws - 1, KEPT).astype(int)
    for i in range(count):
        rng = np.random.default_rng([i, len(sizes), 3])
        u = {k: float(law.rvs(random_state=rng)) for k, law in LAWS.items()}
        data, theta = simulate(rng, u, sizes)
        options = {"draws": draws, "chains": 1, "tune": 100, "cores": 1, "random_seed": i}
        found = fit(data, scheme=scheme, **options)
        x = found.groups.draws(draws=at)[0]
        hyper = {k: v[0, at] for k, v in found.hyper.items()}
        rows = [
            st.t.logpdf(data["y"], h["nu"], e[data["g"]], h["sigma"]).sum()
            for h, e in (
                (u, theta),
                *(({k: v[m] for k, v in hyper.items()}, x[m]) for m in range(KEPT)),
            )
        ]
        of_draws = [*(hyper[k] for k in LAWS), x[:, 0], x.max(axis=1), rows[1:]]
        of_truth = [*(u[k] for k in LAWS), theta[0], theta.max(), rows[0]]
        out.append([(np.asarray(a) < b).sum() for a, b in zip(of_draws, of_truth, strict=True)])
    return np.array(out)


@pytest.mark.parametrize(
    ("scheme", "count", "draws"), [("quadrature", 16, 600), ("gibbs", 30, 3000)]
)
def test_ranks_are_uniform(scheme, count, draws):
    assert smallest_p(ranks(scheme, count, draws, (1, 4, 2, 6))) > ALPHA


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(1, 2), (1, 4, 2, 6), (9,) * 20])
@pytest.mark.parametrize("scheme", ["quadrature", "gibbs"])
def test_ranks_are_uniform_at_length(scheme, sizes):
    draws = {"quadrature": 600, "gibbs": 4000}[scheme]
    found = smallest_p(ranks(scheme, 400, draws, sizes))
    print(scheme, sizes, "smallest p", found)
    assert found > ALPHA


BAD = {
    "mu": (
        lambda: hf.Model(hf.StudentT(4, 0, 1), GROUPS),
        "the likelihood's mu is the group's effect and is left out",
    ),
    "nu a column": (
        lambda: fit(
            {"g": [0], "y": [1.0], "k": [3.0]}, hf.Model(hf.StudentT("k", sigma=1), GROUPS)
        ),
        "StudentT's nu is the column 'k'",
    ),
    "no sigma": (
        lambda: hf.Model(hf.StudentT(nu=4), GROUPS),
        "the likelihood StudentT lacks sigma",
    ),
    "flat": (
        lambda: fit({"g": [0], "y": [1.0]}, hf.Model(ROWS, hf.Normal(hf.Flat(), H(1)))),
        "g_mu has the improper prior Flat",
    ),
    "missing": (
        lambda: fit({"g": [0, 1], "y": [1.0, np.nan]}),
        "y: row 1 is nan",
    ),
    "scale": (
        lambda: fit(
            {"g": [0, 1], "y": [1.0, 2.0], "se": [1.0, 0.0]},
            hf.Model(hf.StudentT(nu=4, sigma="se"), GROUPS),
        ),
        "se: row 1 is 0",
    ),
    "statistics": (
        lambda: hf.Model(ROWS, GROUPS).fit(
            hf.Statistics.from_summary(n=[3], mean=[1.0], sd=[0.5]), progressbar=False
        ),
        "a StudentT likelihood needs rows",
    ),
    "weights of a prior": (
        lambda: hf.Normal(hf.StudentT(3, 0, 1, weights="w"), 1),
        "only a likelihood's rows have weights",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    make, told = BAD[name]
    with pytest.raises((TypeError, ValueError), match=told):
        make()


def test_one_row_a_group_is_said():
    data = {"g": np.arange(5), "y": [1.0, 2.0, 0.0, 4.0, 1.5]}
    with pytest.warns(hf.IdentificationWarning, match="nu and sigma"):
        fit(data)
