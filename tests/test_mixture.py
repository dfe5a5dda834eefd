"""Mixtures of populations: joints by hand, closed forms, order, membership, both schemes, bad input."""

import numpy as np
import pytest
from scipy import special as sp
from scipy import stats as st
from test_calibration import ALPHA, KEPT, smallest_p
from test_quadrature import panels
from trust.pairs import ROWS
from trust.problems import points_of

import hierfast as hf
from hierfast import _core
from hierfast.likelihoods import normal

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
LEVELS = list(_core.levels())
J = 9
SIZE = np.random.default_rng(6).integers(1, 30, J)
KINDS = hf.Mixture(
    [
        hf.PointMass(hf.Normal(-0.4, 1)),
        hf.Normal(0.3, hf.HalfNormal(1)),
        hf.StudentT(3, hf.Normal(0, 0.7), 0.4),
    ],
    weights=hf.Dirichlet([2, 1, 0.5]),
)
LAWS = {
    "g_value[0]": st.norm(-0.4, 1),
    "g_sigma[1]": st.halfnorm(0, 1),
    "g_mu[2]": st.norm(0, 0.7),
    "g_weights|0": st.beta(2, 1.5),
    "g_weights|1": st.beta(1, 0.5),
}
COUNTED = list(ROWS)
SOME = ("Binomial", "Poisson", "NegativeBinomial", "Weibull")  # by default
LONG = [n if n in SOME else pytest.param(n, marks=pytest.mark.slow) for n in ROWS]


def weights_of(u):
    first, second = u["g_weights|0"], u["g_weights|1"]
    return np.array([first, (1 - first) * second, (1 - first) * (1 - second)])


def parts_of(u):
    """Where a group's effect is in the point mass, and densities of the others."""
    slab = st.norm(0.3, u["g_sigma[1]"])
    return u["g_value[0]"], (slab, st.t(3, u["g_mu[2]"], 0.4))


def data_of(name, count=J):
    rng = np.random.default_rng(4)
    y, size = ROWS[name].draw(rng, SIZE[:count], rng.normal(-0.3, 0.8, count))
    return y, size, ROWS[name].table(y, size, np.arange(count))


@pytest.mark.parametrize("name", LONG)
def test_log_posterior(name):
    """Against panels of Gauss-Legendre, part by part."""
    y, size, data = data_of(name, 5)
    plan = hf.Model(ROWS[name].likelihood, KINDS).explain(
        data, y="y", group="g", scheme="quadrature"
    )
    points, z, want = points_of(plan.graph, LAWS, 5)
    for i, u in enumerate(points):
        at, others = parts_of(u)
        theta, weight = panels([at, 0.3, u["g_mu[2]"]], [0.05, 0.05, 0.05])
        for j in range(5):
            rows = ROWS[name].log(y[j], size[j], theta)
            found = [float(ROWS[name].log(y[j], size[j], np.array(at)))]
            for law in others:
                log = rows + law.logpdf(theta)
                top = log.max()
                found.append(top + np.log((np.exp(log - top) * weight).sum()))
            want[i] += sp.logsumexp(found, b=weights_of(u))
    plan.target.choose_order(0.0)
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], atol=2e-3)


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("name", COUNTED)
def test_conditionals_are_those_of_the_joint(name, centred):
    y, size, data = data_of(name)
    plan = hf.Model(ROWS[name].likelihood, KINDS).explain(data, y="y", group="g", scheme="gibbs")
    points, z, want = points_of(plan.graph, LAWS)
    rng = np.random.default_rng(5)
    eta, part = rng.normal(0, 1, (3, J)), rng.integers(0, 3, J).astype(float)
    eta[0] = 0.0
    place = lambda u: np.array([u["g_value[0]"], 0.3, u["g_mu[2]"]])  # noqa: E731
    scale = lambda u: np.array([1.0, u["g_sigma[1]"], 0.4])  # noqa: E731
    k = part.astype(int)
    fixed = (place(points[0])[:, None] + scale(points[0])[:, None] * eta)[k, np.arange(J)]
    for i, u in enumerate(points):
        theta = place(u)[k] + scale(u)[k] * eta[k, np.arange(J)]
        if centred:
            theta = np.where(k == 0, place(u)[0], fixed)
            laws = parts_of(u)[1]
            want[i] += sum(laws[m - 1].logpdf(t) for m, t in zip(k, theta, strict=True) if m)
        for j in range(J):  # rows at effects that stay say nothing new
            if not (centred and k[j]):
                want[i] += float(ROWS[name].log(y[j], size[j], np.array(theta[j])))
        want[i] += np.log(weights_of(u))[k].sum()
    x = plan.target.values(z[:, :1].copy())[:, 0].copy() if centred else None
    got = plan.target.given_effects(eta, part, z, x)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-10, atol=1e-9)


def test_what_the_centred_step_leaves_alone():
    """Effects of the parts that groups are in, and standardised ones of those that they are not in."""
    _, _, data = data_of("Poisson")
    plan = hf.Model(ROWS["Poisson"].likelihood, KINDS).explain(
        data, y="y", group="g", scheme="gibbs"
    )
    stop = np.zeros(1, dtype=np.int32)
    chain = _core.Chain(plan.target, 3, 0, ("centred mixed eta",), stop, 1, *plan.keys)
    chain.begin(plan.start)
    rng = np.random.default_rng(5)
    eta, part = rng.normal(0, 1, (3, J)), np.arange(J) % 3
    eta[0] = 0.0
    chain.effects[:] = np.concatenate([eta.ravel(), part])
    path = np.empty((plan.target.dim, 1))
    assert chain.run(1, path) == 1
    moved = chain.effects.reshape(4, J)
    points = np.column_stack([plan.start, path[:, 0]])
    names = [node.name for node in plan.graph.nodes]
    u = dict(zip(names, plan.target.values(np.ascontiguousarray(points)), strict=True))
    assert all(v[0] != v[1] for v in u.values())
    for k, place, scale in ((1, np.full(2, 0.3), u["g_sigma[1]"]), (2, u["g_mu[2]"], [0.4, 0.4])):
        own = part == k
        np.testing.assert_array_equal(moved[k, ~own], eta[k, ~own])
        was, now = (place[i] + scale[i] * e[k, own] for i, e in enumerate((eta, moved)))
        np.testing.assert_allclose(now, was, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(moved[3], part)


NORMAL = {"g": [0, 0, 1, 2, 2, 2, 3], "y": [0.3, -0.4, 5.1, 1.0, 1.4, 0.7, -9.0]}
SPIKE = hf.Model(
    hf.Normal(sigma=hf.HalfNormal(2)),
    hf.Mixture(
        [hf.Normal(hf.Normal(0, 2), hf.HalfNormal(3)), hf.PointMass(0.5)], weights=[0.3, 0.7]
    ),
)
SPIKED = {"g_mu[0]": st.norm(0, 2), "g_sigma[0]": st.halfnorm(0, 3), "sigma": st.halfnorm(0, 2)}


@pytest.mark.parametrize("centred", [False, True])
def test_conditionals_where_rows_have_an_unknown(centred):
    plan = SPIKE.explain(NORMAL, y="y", group="g", scheme="gibbs")
    points, z, want = points_of(plan.graph, SPIKED)
    g, y = np.array(NORMAL["g"]), np.array(NORMAL["y"])
    eta, part = np.array([[0.3, -1.0, 2.0, 0.1], np.zeros(4)]), np.array([0.0, 1.0, 1.0, 0.0])
    first = points[0]["g_mu[0]"] + points[0]["g_sigma[0]"] * eta[0]
    for i, u in enumerate(points):
        theta = first if centred else u["g_mu[0]"] + u["g_sigma[0]"] * eta[0]
        want[i] += st.norm.logpdf(y, np.where(part, 0.5, theta)[g], u["sigma"]).sum()
        if centred:
            want[i] += st.norm.logpdf(theta[part == 0], u["g_mu[0]"], u["g_sigma[0]"]).sum()
    x = plan.target.values(z[:, :1].copy())[:, 0].copy() if centred else None
    got = plan.target.given_effects(eta, part, z, x)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-10, atol=1e-9)


def test_normal_rows_in_closed_form():
    """Every part is Normal given the rows' standard deviation: to rounding."""
    plan = SPIKE.explain(NORMAL, y="y", group="g", scheme="quadrature")
    points, z, want = points_of(plan.graph, SPIKED)
    g, y = np.array(NORMAL["g"]), np.array(NORMAL["y"])
    for i, u in enumerate(points):
        for j in range(4):
            rows = y[g == j]
            n = len(rows)
            cov = u["sigma"] ** 2 * np.eye(n) + u["g_sigma[0]"] ** 2
            slab = st.multivariate_normal(np.full(n, u["g_mu[0]"]), cov).logpdf(rows)
            spike = st.norm.logpdf(rows, 0.5, u["sigma"]).sum()
            want[i] += sp.logsumexp([slab, spike], b=[0.3, 0.7])
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-11, atol=1e-10)


NATURAL = {
    "Binomial": (
        hf.Beta(mean=hf.Uniform(0, 1), concentration=hf.Gamma(2, 0.1)),
        lambda u, k, y, n: (
            sp.betaln(
                u[f"g_mean[{k}]"] * u[f"g_concentration[{k}]"] + y,
                (1 - u[f"g_mean[{k}]"]) * u[f"g_concentration[{k}]"] + n - y,
            )
            - sp.betaln(
                u[f"g_mean[{k}]"] * u[f"g_concentration[{k}]"],
                (1 - u[f"g_mean[{k}]"]) * u[f"g_concentration[{k}]"],
            )
        ),
        {"mean": st.uniform(0, 1), "concentration": st.gamma(2, 0, 10)},
    ),
    "Poisson": (
        hf.Gamma(hf.Exponential(1), hf.Gamma(2, 1)),
        lambda u, k, y, t: (
            sp.gammaln(u[f"g_alpha[{k}]"] + y)
            - sp.gammaln(u[f"g_alpha[{k}]"])
            + u[f"g_alpha[{k}]"] * np.log(u[f"g_beta[{k}]"])
            - (u[f"g_alpha[{k}]"] + y) * np.log(u[f"g_beta[{k}]"] + t)
        ),
        {"alpha": st.expon(0, 1), "beta": st.gamma(2)},
    ),
}


@pytest.mark.parametrize("name", NATURAL)
def test_conjugate_parts(name):
    """Beta and Gamma components in closed form; the groups they leave, against their population alone."""
    y, size, data = data_of(name)
    one, log, laws = NATURAL[name]
    model = hf.Model(ROWS[name].likelihood, hf.Mixture([one, one], weights=[0.3, 0.7]))
    plan = model.explain(data, y="y", group="g", scheme="quadrature")
    both = {f"g_{key}[{k}]": law for k in (0, 1) for key, law in laws.items()}
    points, z, want = points_of(plan.graph, both)
    for i, u in enumerate(points):
        parts = [log(u, k, y, size) for k in (0, 1)]
        want[i] += sp.logsumexp(parts, axis=0, b=np.array([[0.3], [0.7]])).sum()
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-11, atol=1e-10)


def test_conjugate_parts_are_read_as_their_population():
    _, _, data = data_of("Binomial")
    options = {"y": "y", "group": "g", "random_seed": 1, "progressbar": False, "draws": 30}
    two = hf.Mixture([hf.Beta(2, 3), hf.Beta(2, 3)], weights=[0.4, 0.6])
    found = hf.Model(hf.Binomial(n="size"), two).fit(data, **options)
    alone = hf.Model(hf.Binomial(n="size"), hf.Beta(2, 3)).fit(data, **options)
    np.testing.assert_allclose(found.groups.natural.mean, alone.groups.mean, atol=2e-3)
    drawn = found.groups.natural.draws()
    assert ((drawn > 0) & (drawn < 1)).all()


@pytest.mark.parametrize("level", LEVELS)
def test_twin_of_the_closed_form(level):
    """csrc/conjugate/normal_marginal.h and plain NumPy, at extremes."""
    rng = np.random.default_rng(2)
    for tau, sigma in ((1e-9, 1.0), (1.0, 1e-9), (1e6, 1e-3), (0.7, 2.0)):
        p, n = rng.uniform(0, 9, 6), rng.integers(0, 9, 6).astype(float)
        p[0] = n[0] = 0.0
        mean, m2 = rng.normal(0, 1, 6), rng.uniform(0, 5, 6)
        got = _core.normal_marginal([p, mean, n, m2], sigma, -0.3, tau, level)
        want = normal.log_group(p, mean, n, m2, sigma, -0.3, tau)
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-13)


KNOWN = hf.Mixture([hf.PointMass(0), hf.Normal(1, 2), hf.PointMass(3)], weights=[0.5, 0.3, 0.2])


def known_posterior(y, se):
    """Probabilities of the parts, and mean and sd of the middle one."""
    log = np.array([st.norm.logpdf(y, 0, se), st.norm.logpdf(y, 1, np.hypot(2, se))])
    log = np.vstack([log, st.norm.logpdf(y, 3, se)]) + np.log([0.5, 0.3, 0.2])[:, None]
    share = np.exp(log - sp.logsumexp(log, axis=0))
    gain = 4 / (4 + se**2)
    return share, 1 + gain * (y - 1), 2 * se / np.sqrt(4 + se**2)


def test_groups_where_nothing_is_unknown():
    """Membership, moments, quantiles, draws against the formulas."""
    rng = np.random.default_rng(1)
    y, se = rng.normal(1, 2, 40), rng.uniform(0.3, 2, 40)
    fit = hf.Model(hf.Normal(sigma="se"), KNOWN).fit(
        {"y": y, "se": se}, y="y", random_seed=4, progressbar=False, draws=4000
    )
    share, m, s = known_posterior(y, se)
    np.testing.assert_allclose(fit.groups.membership, share.T, atol=1e-12)
    mean = share[1] * m + 3 * share[2]
    square = share[1] * (s**2 + m**2) + 9 * share[2]
    np.testing.assert_allclose(fit.groups.mean, mean, atol=1e-11)
    np.testing.assert_allclose(fit.groups.sd, np.sqrt(square - mean**2), atol=1e-9)
    drawn = fit.groups.draws().reshape(-1, 40)
    for k, point in ((0, 0.0), (2, 3.0)):
        rate = (drawn == point).mean(axis=0)
        assert (
            abs(rate - share[k]) < 5 * np.sqrt(share[k] * (1 - share[k]) / len(drawn)) + 1e-9
        ).all()
    middle = (drawn != 0.0) & (drawn != 3.0)
    for j in np.flatnonzero(share[1] > 0.2)[:8]:
        assert st.kstest(drawn[middle[:, j], j], "norm", (m[j], s[j])).pvalue > 1e-4
    low, high = fit.groups.quantile([0.05, 0.95]).T
    for q, p in ((low, 0.05), (high, 0.95)):
        below = share[0] * (q > 1e-9) + share[1] * sp.ndtr((q - m) / s) + share[2] * (q > 3 + 1e-9)
        upto = share[0] * (q > -1e-9) + share[1] * sp.ndtr((q - m) / s) + share[2] * (q > 3 - 1e-9)
        assert (below <= p + 0.01).all()
        assert (upto >= p - 0.01).all()


def test_a_single_kind_is_that_population():
    """Of two equal components with known weights, nothing but their names is different."""
    _, _, data = data_of("Poisson")
    two = hf.Mixture([hf.Normal(0.2, 0.7), hf.Normal(0.2, 0.7)], weights=[0.4, 0.6])
    options = {"y": "y", "group": "g", "random_seed": 1, "progressbar": False, "draws": 50}
    one = hf.Model(hf.Poisson(exposure="size"), hf.Normal(0.2, 0.7)).fit(data, **options)
    other = hf.Model(hf.Poisson(exposure="size"), two).fit(data, **options)
    np.testing.assert_allclose(one.groups.mean, other.groups.mean, atol=1e-6)
    np.testing.assert_allclose(one.groups.sd, other.groups.sd, atol=1e-6)
    np.testing.assert_allclose(other.groups.membership, np.tile([0.4, 0.6], (J, 1)), atol=1e-9)


def test_groups_without_rows_are_as_the_mixture_is():
    _, _, data = data_of("Poisson")
    labels = {"g": np.arange(J + 1)}
    fit = hf.Model(hf.Poisson(exposure="size"), KINDS).fit(
        data, y="y", group="g", groups=labels, random_seed=1, progressbar=False, draws=40, tune=20
    )
    want = [fit.hyper[f"g_weights[{k}]"].mean() for k in range(3)]
    np.testing.assert_allclose(fit.groups[J].membership, want, atol=1e-9)
    assert sum(want) == pytest.approx(1.0, abs=1e-12)


def test_groups_without_rows_where_tails_are_heavy():
    """Nodes reach where rates are infinite, of which a group without exposure sees nothing."""
    _, _, data = data_of("Poisson")
    fit = hf.Model(hf.Poisson(exposure="size"), hf.StudentT(5, 0.5, 1)).fit(
        data, y="y", group="g", groups={"g": np.arange(J + 1)}, random_seed=1, progressbar=False
    )
    assert fit.groups[J].mean == pytest.approx(0.5, abs=1e-6)
    assert fit.groups[J].sd == pytest.approx(np.sqrt(5 / 3), rel=1e-4)


LIKE = hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1))


def test_order():
    """Components alike are in order of their locations in every draw; others are not touched."""
    other = hf.Normal(hf.Normal(0, 3), hf.HalfNormal(1))
    for kinds, want in (
        (hf.Mixture([LIKE, LIKE]), (-1, 0)),
        (hf.Mixture([LIKE, other, LIKE]), (-1, -1, 0)),
        (hf.Mixture([LIKE, LIKE], weights=hf.Dirichlet([9, 1])), (-1, -1)),
        (hf.Mixture([LIKE, LIKE], weights=hf.Dirichlet([9, 1]), ordered=True), (-1, 0)),
        (hf.Mixture([LIKE, other], ordered=True), (-1, 0)),
        (hf.Mixture([LIKE, LIKE], ordered=False), (-1, -1)),
        (hf.Mixture([hf.Normal(0, hf.HalfNormal(1))] * 3), (-1, 0, 1)),
        (hf.Mixture([hf.Normal(0, 1), hf.Normal(0, 1)]), (-1, -1)),
    ):
        assert kinds.below() == want
    rng = np.random.default_rng(3)
    y = np.concatenate([rng.normal(-2, 0.5, 60), rng.normal(2, 0.5, 40)])
    for scheme in ("quadrature", "gibbs"):
        fit = hf.Model(hf.Normal(sigma=0.3), hf.Mixture([LIKE, LIKE])).fit(
            {"y": y}, y="y", scheme=scheme, random_seed=2, progressbar=False, draws=300
        )
        assert (fit.hyper["group_mu[0]"] < fit.hyper["group_mu[1]"]).all()
        assert abs(fit.hyper["group_weights[0]"].mean() - 0.6) < 0.02


def test_names():
    kinds = hf.Mixture([hf.PointMass(0), LIKE], weights=hf.Dirichlet(hf.Exponential(1)))
    fit = hf.Model(hf.Normal(sigma=1.0), kinds).fit(
        {"y": np.arange(12.0)}, y="y", random_seed=2, progressbar=False, draws=40
    )
    assert list(fit.hyper) == [
        "group_mu[1]",
        "group_sigma[1]",
        "group_weights[0]",
        "group_weights[1]",
        "group_weights_alpha",
    ]
    assert repr(fit.diagnose())


def test_another_mode_is_said():
    """Two clusters and components that differ in their prior of the weight alone: either may be either."""
    y = np.concatenate([np.linspace(-5.2, -4.8, 8), np.linspace(4.8, 5.2, 8)])
    kinds = hf.Mixture([LIKE, LIKE], weights=hf.Dirichlet([1.1, 1]), ordered=False)
    with pytest.warns(hf.IdentificationWarning, match="another mode, of a density lower by"):
        hf.Model(hf.Normal(sigma=0.5), kinds).fit(
            {"y": y}, y="y", random_seed=2, progressbar=False, draws=20
        )


@pytest.mark.parametrize("name", ["Binomial", pytest.param("Weibull", marks=pytest.mark.slow)])
def test_schemes_agree(name):
    """Hyperparameters, effects and allocations of both, which share no sampling."""
    rng = np.random.default_rng(7)
    size = rng.integers(5, 40, 40)
    theta = np.where(rng.random(40) < 0.85, -1.0, rng.normal(0.3, 0.5, 40))
    y, size = ROWS[name].draw(rng, size, theta)
    data = ROWS[name].table(y, size, np.arange(40))
    kinds = hf.Mixture(
        [hf.PointMass(hf.Normal(-1, 0.5)), hf.Normal(hf.Normal(1, 0.5), hf.HalfNormal(0.5))],
        weights=hf.Dirichlet([17, 3]),
    )
    model, found = hf.Model(ROWS[name].likelihood, kinds), []
    for scheme, draws in (("quadrature", 500), ("gibbs", 1200)):
        fit = model.fit(
            data, y="y", group="g", scheme=scheme, draws=draws, random_seed=3, progressbar=False
        )
        found.append(fit.hyper | {"effect": fit.groups.draws([3], None)[:, :, 0]})
    for key, one in found[0].items():
        two = found[1][key]
        error = np.hypot(*(float(hf.diagnose.mcse_mean(x)) for x in (one, two)))
        assert abs(one.mean() - two.mean()) < 5 * error, key


def ranks(scheme, count, draws):
    """Ranks of unknowns, an effect, the largest, how many are of the first kind, and the log likelihood."""
    likelihood = hf.Binomial(n="size")
    kinds = hf.Mixture(
        [hf.PointMass(hf.Normal(-1, 0.7)), hf.Normal(hf.Normal(0.5, 0.7), hf.HalfNormal(0.7))],
        weights=hf.Dirichlet([2, 2]),
    )
    out = np.empty((count, 7), dtype=int)
    at = np.linspace(0, draws - 1, KEPT).astype(int)
    names = ("g_value[0]", "g_mu[1]", "g_sigma[1]", "g_weights[0]")
    for i in range(count):
        rng = np.random.default_rng([i, 77])
        u = [rng.normal(-1, 0.7), rng.normal(0.5, 0.7), abs(rng.normal(0, 0.7)), rng.beta(2, 2)]
        n = 8
        first = rng.random(n) < u[3]
        theta = np.where(first, u[0], rng.normal(u[1], u[2], n))
        size = rng.integers(1, 30, n)
        y = rng.binomial(size, sp.expit(theta))

        def quantities(v, t):
            rows = (y * t - size * np.logaddexp(0, t)).sum(axis=-1)  # noqa: B023
            return np.array([*v, t[..., 2], t.max(axis=-1), rows])

        fit = hf.Model(likelihood, kinds).fit(
            {"g": np.arange(n), "y": y, "size": size}, y="y", group="g", scheme=scheme,
            draws=draws, chains=1, tune=100, cores=1, random_seed=i, progressbar=False,
        )  # fmt: skip
        found = quantities([fit.hyper[k][0, at] for k in names], fit.groups.draws(draws=at)[0])
        truth = quantities([np.array(v) for v in u], theta)
        tie = rng.random(found.shape) < 0.5  # effects at the point mass
        out[i] = ((found < truth[:, None]) | ((found == truth[:, None]) & tie)).sum(axis=1)
    return out


def test_ranks_are_uniform():
    assert smallest_p(ranks("quadrature", 40, 200)) > ALPHA


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "draws"), [("quadrature", 1500), ("gibbs", 6000)])
def test_ranks_are_uniform_at_length(scheme, draws):
    found = smallest_p(ranks(scheme, 800, draws))
    print("mixture", scheme, "smallest p", found)
    assert found > ALPHA


N = hf.Normal(0, 1)
BAD = {
    "one": (lambda: hf.Mixture([N]), ValueError, "2 to 8 components; got 1"),
    "no list": (lambda: hf.Mixture(N), TypeError, "must be a list of distributions"),
    "number": (lambda: hf.Mixture([N, 3]), TypeError, "component 1 must be a distribution"),
    "prior": (lambda: hf.Mixture([N, hf.HalfNormal(1)]), ValueError, "component 1 is HalfNormal"),
    "rows": (lambda: hf.Mixture([N, hf.Poisson()]), ValueError, "component 1 is Poisson"),
    "nested": (lambda: hf.Mixture([N, hf.Mixture([N, N])]), ValueError, "component 1 is Mixture"),
    "lacks": (lambda: hf.Mixture([N, hf.Normal(sigma=1)]), ValueError, "component 1 lacks mu"),
    "column": (lambda: hf.Mixture([N, hf.Normal("x", 1)]), ValueError, "mu 'x'"),
    "linear": (lambda: hf.Mixture([N, hf.Normal(hf.Linear("x", N), 1)]), ValueError, "Linear"),
    "scales": (lambda: hf.Mixture([N, hf.Beta(1, 1)]), ValueError, "of one scale"),
    "sum": (lambda: hf.Mixture([N, N], [0.5, 0.6]), ValueError, "add up to 1"),
    "outside": (lambda: hf.Mixture([N, N], [1.0, 0.0]), ValueError, "between 0 and 1"),
    "count": (
        lambda: hf.Mixture([N, N], [0.2, 0.2, 0.6]),
        ValueError,
        "2 components but 3 weights",
    ),
    "alpha": (lambda: hf.Mixture([N, N], hf.Dirichlet([1, 1, 1])), ValueError, "but 3 weights"),
    "own priors": (
        lambda: hf.Mixture([N, N], hf.Dirichlet([hf.Exponential(1), 1])),
        ValueError,
        "one prior that all share",
    ),
    "text": (lambda: hf.Mixture([N, N], "w"), TypeError, "numbers or a Dirichlet"),
    "nothing to order": (lambda: hf.Mixture([N, N], ordered=True), ValueError, "no two components"),
    "order": (lambda: hf.Mixture([N, N], ordered=3), TypeError, "True, False or None"),
    "as a prior": (lambda: hf.Normal(hf.Mixture([N, N]), 1), ValueError, "only a population"),
    "point as a prior": (lambda: hf.Normal(hf.PointMass(0), 1), ValueError, "a point mass"),
    "point alone": (lambda: hf.Model(hf.Normal(sigma=1), hf.PointMass(0)), ValueError, "PointMass"),
    "wrong pair": (
        lambda: hf.Model(hf.Poisson(), hf.Mixture([hf.Beta(1, 1)] * 2)),
        ValueError,
        "Beta is not available as a population of Poisson",
    ),
    "improper": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Mixture([N, hf.Normal(hf.Flat(), 1)])).fit(
            {"y": [1.0, 2.0]}, y="y"
        ),
        ValueError,
        r"group_mu\[1\] has the improper prior Flat",
    ),
    "improper, counts": (
        lambda: hf.Model(hf.Poisson(), hf.Mixture([N, hf.Normal(hf.Flat(), 1)])).fit(
            {"y": [1, 2]}, y="y"
        ),
        ValueError,
        r"group_mu\[1\] has the improper prior Flat",
    ),
    "membership": (
        lambda: hf.Model(hf.Normal(sigma=1), N).fit({"y": [1.0, 2.0]}, y="y").groups.membership,
        ValueError,
        "membership is of populations that are a Mixture",
    ),
    "scheme": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Mixture([N, N])).fit(
            {"y": [1.0]}, y="y", scheme="collapsed"
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


def test_simulation():
    rng = np.random.default_rng(1)
    drawn = hf.Mixture([hf.PointMass(0), hf.Normal(9, 1)], weights=[0.8, 0.2]).rvs(rng, 4000)
    assert abs((drawn == 0).mean() - 0.8) < 0.03
    assert abs(drawn[drawn != 0].mean() - 9) < 0.2
    assert isinstance(KINDS.rvs(rng), float)
    log = hf.Mixture.logpdf([N.logpdf(1.0, 0, 1), N.logpdf(1.0, 2, 1)], [0.5, 0.5])
    assert float(log) == pytest.approx(float(N.logpdf(1.0, 0, 1)))
