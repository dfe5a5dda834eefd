"""Scales that differ by group: log posterior, limits, both schemes, a third by hand, groups, bad input."""

from functools import partial

import numpy as np
import pytest
from scipy import stats as st
from scipy.special import gammaln
from test_calibration import ALPHA, KEPT, smallest_p
from test_quadrature import panels
from trust.problems import coordinates, points_of

import hierfast as hf
from hierfast import _core, diagnose
from hierfast.likelihoods import normal_scale
from hierfast.scales import given_scales

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
H = hf.HalfNormal
GROUPS = hf.Normal(hf.Normal(0, 2), H(1))
LAWS = {"g_mu": st.norm(0, 2), "g_sigma": st.halfnorm(0, 1)}
SIZES = (1, 5, 2, 3, 0, 8, 4)  # rows of the groups; the fifth is known by name alone
POWERS = {"sigma": 1.0, "variance": 0.5, "precision": -0.5}


def log_gamma(x, a, b):
    """Log density of the logarithm x of a gamma variate; of an inverse gamma one at -x."""
    return a * (x + np.log(b)) - b * np.exp(np.minimum(x, 300.0)) - gammaln(a)


KINDS = {  # what each is written as, priors of its unknowns, log density of the logarithm
    "LogNormal": (
        hf.LogNormal(hf.Normal(0, 0.7), H(0.6)),
        {"mu": st.norm(0, 0.7), "sigma": st.halfnorm(0, 0.6)},
        lambda x, u: st.norm.logpdf(x, u["mu"], u["sigma"]),
    ),
    "Gamma": (
        hf.Gamma(hf.LogNormal(1, 0.5), mean=hf.LogNormal(0, 0.5)),
        {"alpha": st.lognorm(0.5, 0, np.e), "mean": st.lognorm(0.5)},
        lambda x, u: log_gamma(x, u["alpha"], u["alpha"] / u["mean"]),
    ),
    "InverseGamma": (
        hf.InverseGamma(hf.LogNormal(1, 0.5), hf.LogNormal(1, 0.5)),
        {"alpha": st.lognorm(0.5, 0, np.e), "beta": st.lognorm(0.5, 0, np.e)},
        lambda x, u: log_gamma(-x, u["alpha"], u["beta"]),
    ),
    "ScaledInverseChi2": (
        hf.ScaledInverseChi2(hf.Gamma(4, 0.5), tau=H(1.5)),
        {"nu": st.gamma(4, 0, 2), "tau": st.halfnorm(0, 1.5)},
        lambda x, u: log_gamma(-x, u["nu"] / 2, u["nu"] * u["tau"] ** 2 / 2),
    ),
}
USUAL = [
    ("LogNormal", "sigma"),
    ("Gamma", "precision"),
    ("InverseGamma", "variance"),
    ("ScaledInverseChi2", "sigma"),
]
PAIRS = [(kind, name) for kind in KINDS for name in POWERS]


def model_of(kind, name="sigma", groups=GROUPS):
    return hf.Model(hf.Normal(**{name: hf.each(KINDS[kind][0])}), groups)


def laws_of(kind, name):
    return {f"{name}_{k}": law for k, law in KINDS[kind][1].items()} | LAWS


def log_scale(kind, name, x, u):
    return KINDS[kind][2](x, {k: u[f"{name}_{k}"] for k in KINDS[kind][1]})


def simulate(rng, sizes=SIZES, spread=1.0, far=0.0):
    g = np.repeat(np.arange(len(sizes)), sizes)
    sigma = np.exp(rng.normal(0, spread, len(sizes)))
    theta = rng.normal(0, 1, len(sizes))
    theta[:2] += far
    return {"g": g, "y": theta[g] + sigma[g] * rng.normal(0, 1, len(g))}


def named(sizes=SIZES):
    return {"g": np.arange(len(sizes))}


def explain(model, data, **other):
    options = {"y": "y", "group": "g", "groups": named(), "scheme": "quadrature"} | other
    return model.explain(data, **options)


def fit(model, data, **other):
    options = {"y": "y", "group": "g", "groups": named(), "random_seed": 3, "progressbar": False}
    return model.fit(data, **options | other)


def log_group(y, x, power, mu, tau):
    """Log density of rows by SciPy: a Gaussian of covariance v I + tau^2, its effect integrated out."""
    v, n = np.exp(2 * power * x), len(y)
    if not n:
        return 0.0 * x
    both = v / n + tau**2
    within = ((y - y.mean()) ** 2).sum() / (2 * v) + (n - 1) / 2 * np.log(v)
    return st.norm.logpdf(y.mean(), mu, np.sqrt(both)) - within - np.log(v * 0 + n) / 2


def nodes_of(kind, name, rows, u):
    """Panels around the population and around both places where rows have a peak."""
    power, mu = POWERS[name], u["g_mu"]
    own = [np.mean((rows - rows.mean()) ** 2), np.mean((rows - mu) ** 2)] if len(rows) else []
    x = np.linspace(-60, 60, 4001)
    centres = [x[np.argmax(log_scale(kind, name, x, u))]]
    centres += [np.log(v) / (2 * power) for v in own if v > 1e-20]
    return panels(centres, [0.05] * len(centres))


def log_marginal(kind, name, data, u):
    total = 0.0
    for j in range(len(SIZES)):
        rows = data["y"][data["g"] == j]
        x, weight = nodes_of(kind, name, rows, u)
        with np.errstate(all="ignore"):
            log = log_scale(kind, name, x, u)
            log = log + log_group(rows, x, POWERS[name], u["g_mu"], u["g_sigma"])
        log = np.where(np.isnan(log), -np.inf, log)
        total += log.max() + np.log((np.exp(log - log.max()) * weight).sum())
    return total


@pytest.mark.parametrize("far", [0.0, 30.0])
@pytest.mark.parametrize(
    ("kind", "name"),
    [pytest.param(*p, marks=() if p in USUAL else pytest.mark.slow) for p in PAIRS],
)
def test_log_posterior(kind, name, far):
    """Against panels of Gauss-Legendre, where two groups are far from the others as well: two peaks."""
    data = simulate(np.random.default_rng(2), far=far)
    plan = explain(model_of(kind, name), data)
    points, z, want = points_of(plan.graph, laws_of(kind, name))
    plan.target.choose_order(0.0)
    want = want + [log_marginal(kind, name, data, u) for u in points]
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], atol=2e-5)


def test_what_is_said_of_the_error_is_no_less():
    data = simulate(np.random.default_rng(2))
    found = fit(model_of("LogNormal"), data, scheme="quadrature", draws=12, chains=1)
    points = [{k: float(x[0, i]) for k, x in found.hyper.items()} for i in range(12)]
    z, want = zip(*(coordinates(found.plan.graph, u) for u in points), strict=True)
    got = found.plan.target.logp(np.ascontiguousarray(np.transpose(z)))
    laws = laws_of("LogNormal", "sigma")
    prior = [sum(law.logpdf(u[k]) for k, law in laws.items()) for u in points]
    want = np.add(want, prior) + [log_marginal("LogNormal", "sigma", data, u) for u in points]
    error = got - want - (got - want).mean()
    assert np.abs(error).max() <= max(2 * found.plan.quadrature_error, 5e-5)


def test_two_peaks_with_nothing_between():
    """400 rows far from the population: it or their scale is wide, with a valley of 200 nats between."""
    z = np.random.default_rng(2).normal(0, 1, 400)
    y = 30.0 + (z - z.mean()) / z.std()
    x, tau = np.linspace(-3, 8, 40_001), 0.5789
    rows = log_group(y, x, 1.0, 0.0, tau)
    top = rows.max()
    assert rows[np.abs(x - 1.7) < 0.01].max() < min(rows[x < 1].max(), rows[x > 3].max()) - 100
    each = hf.each(hf.LogNormal(hf.Normal(0, 3), 2))
    model = hf.Model(hf.Normal(sigma=each), hf.Normal(0, H(1)))  # tau unknown: no node stays
    plan = model.explain({"g": np.zeros(400), "y": y}, y="y", group="g", scheme="quadrature")
    assert [node.name for node in plan.graph.nodes] == ["sigma_mu", "g_sigma"]
    mu = np.array([-4.0, 0.0, 2.0, 4.0, 8.0])
    want = [np.log(np.exp(rows - top + st.norm.logpdf(x, m, 2)).sum()) for m in mu]
    want = np.array(want) + st.norm.logpdf(mu, 0, 3)
    got = plan.target.logp(np.array([mu, np.full(5, np.log(tau))]))
    np.testing.assert_allclose(got - got[0], want - want[0], atol=1e-4)


MANY = np.random.default_rng(7).integers(1, 9, 80)
FIELDS = ("cell", "level", "first", "count", "rest", "at", "mult", "value", "top")


def at_draws(kind, name, count=12):
    """A target with nodes, draws of its unknowns, their coordinates and log prior."""
    data = simulate(np.random.default_rng(3), MANY, spread=0.6)
    options = {"groups": None, "scheme": "quadrature", "draws": count, "chains": 1}
    found = fit(model_of(kind, name), data, **options)
    u = [{k: float(x[0, i]) for k, x in found.hyper.items()} for i in range(count)]
    z, jacobian = zip(*(coordinates(found.plan.graph, one) for one in u), strict=True)
    laws = laws_of(kind, name)
    prior = np.array([sum(law.logpdf(one[k]) for k, law in laws.items()) for one in u]) + jacobian
    return found.plan, data, u, np.ascontiguousarray(np.transpose(z)), prior


@pytest.mark.parametrize(("kind", "name"), USUAL)
def test_nodes_that_stay_are_the_adaptive_rule(kind, name):
    """At draws, and far from where nodes were laid; no point depends on those beside it."""
    plan, _, _, z, _ = at_draws(kind, name)
    target, mode = plan.target, z.mean(axis=1)
    far = mode[:, None] + 1.5 * np.random.default_rng(1).normal(0, 1, (4, 20))
    z = np.concatenate([z, far], axis=1)
    nodes = dict(zip(FIELDS, target.nodes, strict=False))
    assert len(nodes["cell"]) > 0.9 * len(MANY)
    said = target.choose_order(0.0)[1]
    got = target.logp(z)
    for width in (1, 3, 8, 13):
        for lo in range(0, 32, width):
            some = np.ascontiguousarray(z[:, lo : lo + width])
            np.testing.assert_array_equal(target.logp(some), got[lo : lo + width])
    target.set_nodes(*(nodes[k][:0] for k in FIELDS[:4]), np.arange(target.count))
    want = target.logp(z)
    error = np.abs((got - got[0]) - (want - want[0]))
    print(kind, name, error, said)
    assert error[:12].max() < max(1e-6, said) and error.max() < 1e-5


@pytest.mark.parametrize(("kind", "name"), USUAL)
def test_nodes_that_stay_are_their_twin(kind, name):
    """(1) of csrc/theta/moving.h in NumPy, populations by SciPy; most integrals are accepted."""
    plan, _, draws, z, total = at_draws(kind, name)
    f, stats, power = dict(zip(FIELDS, plan.target.nodes, strict=True)), plan.informed, POWERS[name]
    accepted = np.zeros(len(draws))
    for i, cell in enumerate(f["cell"]):
        theta = 2.0 ** f["level"][i] * (f["first"][i] + np.arange(f["count"][i]))
        own = (stats.weight[cell], stats.mean[cell], stats.m2[cell], theta)
        value = np.asarray(f["value"])[f["at"][i] : f["at"][i] + f["count"][i]]
        for k, u in enumerate(draws):
            still, weight, slope, rate = normal_scale.split(*own, u["g_mu"], u["g_sigma"], power)
            whole = normal_scale.log_likelihood(*own, u["g_mu"], u["g_sigma"], power)[0]
            np.testing.assert_allclose(still + np.log(weight) + slope * rate, whole, rtol=1e-9)
            np.testing.assert_allclose(value, np.exp(still - still.max()), rtol=1e-9, atol=1e-290)
            log = np.log(weight) + slope * rate + log_scale(kind, name, theta, u)
            part = value * np.exp(log)
            s = np.array([part[j::4].sum() for j in range(4)])
            small = abs(s[0] + s[2] - s[1] - s[3]) <= 2e-5 * s.sum()
            small &= abs(s[0] - s[2]) + abs(s[1] - s[3]) <= 0.08 * s.sum()
            accepted[k] += small & (part[0] + part[-1] <= 1e-11 * s.sum())
            total[k] += f["top"][i] + np.log(part.sum())
    assert accepted.mean() > 0.97 * len(f["cell"])
    whole = (accepted == len(MANY)) & (len(f["rest"]) == 0)
    assert whole.sum() > 1
    off = plan.target.logp(z)[whole] - total[whole]
    np.testing.assert_allclose(off, off[0], rtol=0, atol=2e-6)


def test_nodes_of_a_narrow_population_are_left_alone():
    """Scales that are nearly alike: its peak falls between the nodes, and smooth rows would not tell."""
    plan, *_ = at_draws("LogNormal", "sigma")
    z = np.array([[0.0] * 6, np.log(np.geomspace(1e-5, 0.1, 6)), [0.0] * 6, [0.0] * 6])
    got = plan.target.logp(z)
    nodes = plan.target.nodes[:4]
    plan.target.set_nodes(*(a[:0] for a in nodes), np.arange(plan.target.count))
    np.testing.assert_allclose(got, plan.target.logp(z), atol=1e-4)


@pytest.mark.parametrize("noncentred", [False, True])
@pytest.mark.parametrize("kind", ["LogNormal", "ScaledInverseChi2"])
def test_conditionals_are_those_of_the_joint(kind, noncentred):
    """Phi given scales, effects integrated out: ratios of a joint written by hand."""
    if noncentred and kind != "LogNormal":
        pytest.skip("no location and scale")
    data = simulate(np.random.default_rng(4))
    plan = explain(model_of(kind, "variance"), data, scheme="gibbs")
    points, z, want = points_of(plan.graph, laws_of(kind, "variance"))
    eta = np.random.default_rng(5).normal(0, 1, len(SIZES))
    for i, u in enumerate(points):
        x = u["variance_mu"] + u["variance_sigma"] * eta if noncentred else eta
        want[i] += 0.0 if noncentred else log_scale(kind, "variance", x, u).sum()
        for j, one in enumerate(x):
            want[i] += log_group(data["y"][data["g"] == j], one, 0.5, u["g_mu"], u["g_sigma"])
    got = plan.target.given_effects(eta, z, noncentred)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-10, atol=1e-9)


def test_scales_all_alike_are_a_common_one():
    """A population of scales that collapses to a point."""
    data, got = simulate(np.random.default_rng(1)), []
    for likelihood in (
        hf.Normal(sigma=hf.each(hf.LogNormal(np.log(0.7), 1e-7))),
        hf.Normal(sigma=0.7),
    ):
        plan = hf.Model(likelihood, GROUPS).explain(data, y="y", group="g", scheme="quadrature")
        plan.target.choose_order(0.0)
        got.append(plan.target.logp(np.array([[0.3, -1.0, 0.5], [-0.4, 0.2, -2.0]])))
    np.testing.assert_allclose(*(np.diff(g) for g in got), atol=1e-6)


def test_effects_all_alike_leave_a_student_t():
    """Variances inverse gamma, effects the known mean: rows of a group are a multivariate t."""
    data, mu, got, want = simulate(np.random.default_rng(6)), 0.4, [], []
    model = hf.Model(
        hf.Normal(variance=hf.each(hf.InverseGamma(hf.LogNormal(0, 1), hf.LogNormal(0, 1)))),
        hf.Normal(mu, 1e-9),
    )
    plan = explain(model, data)
    plan.target.choose_order(0.0)
    z = np.random.default_rng(1).normal(0, 0.7, (2, 9))
    for log_a, log_b in z.T:
        a, b = np.exp(log_a), np.exp(log_b)
        total = 2 * st.norm.logpdf([log_a, log_b]).sum() / 2
        for j in range(len(SIZES)):
            rows = data["y"][data["g"] == j]
            if len(rows):
                total += st.multivariate_t.logpdf(
                    rows, np.full(len(rows), mu), b / a * np.eye(len(rows)), 2 * a
                )
        want.append(total)
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], np.array(want) - want[0], atol=1e-6)


def test_the_kernel_is_its_twin_at_extremes():
    eta = np.array([-340.0, -40.0, -1e-8, 0.0, 3.0, 40.0, 340.0])
    for stats in ((0, 0.0, 0.0), (1, 3.0, 0.0), (5, -2.0, 7.0), (1e6, 0.1, 2e5), (4, 1e5, 0.0)):
        for params in ((0.0, 1.0, 1.0), (0.3, 1e-8, 0.5), (-1.0, 1e8, -0.5)):
            columns = [[np.array([float(v)]) for v in values] for values in (stats, params)]
            got = [_core.likelihood_eval("NormalScale", eta, *columns, k) for k in _core.levels()]
            assert len({g.tobytes() for g in got}) == 1
            with np.errstate(all="ignore"):
                want = np.array(normal_scale.log_likelihood(*stats, eta, *params))
            size = 1 + np.abs(want[:1]) * (np.arange(3)[:, None] >= 0)
            assert (np.abs(got[0] - want) <= 1e-10 * np.maximum(size, np.abs(want)))[
                np.isfinite(want)
            ].all()
    far = np.array([-1e25, -800.0, 800.0, 1e25])  # where nodes of heavy tails stand
    for stats in ((0, 0.0, 0.0), (1, 3.0, 0.0), (5, -2.0, 7.0), (4, 1.0, 0.0)):
        columns = [np.array([float(v)]) for v in stats]
        got = _core.likelihood_eval("NormalScale", far, columns, [np.ones(1)] * 3)
        assert not np.isnan(got).any()


def test_effects_given_scales_are_the_twin():
    rng = np.random.default_rng(0)
    n, mean, eta = np.arange(6.0), rng.normal(0, 1, 6), rng.normal(0, 3, (4, 6))
    for power in POWERS.values():
        got = given_scales(n, mean, eta, 0.3, 0.8, power)
        want = normal_scale.effect(n, mean, eta, 0.3, 0.8, power)
        np.testing.assert_allclose(got[0], want[0], rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(got[1] ** 2, want[1], rtol=1e-12)


def slice_once(rng, log, x, width=1.0):
    """One univariate slice by stepping out (Neal 2003), in plain Python."""
    level = log(x) - rng.exponential()
    low = x - width * rng.random()
    high = low + width
    while log(low) > level:
        low -= width
    while log(high) > level:
        high += width
    while True:
        new = rng.uniform(low, high)
        if log(new) > level:
            return new
        low, high = (new, high) if new < x else (low, new)


def log_own(n, squares, m, s, x):
    """Log density of a group's log sigma given its effect."""
    return -n * x - squares * np.exp(-2 * x) / 2 - ((x - m) / s) ** 2 / 2


def log_spread(n, squares, prior, x):
    """Log density of the logarithm of a standard deviation that is half-normal, given n deviations."""
    return (1 - n) * x - squares * np.exp(-2 * x) / 2 - np.exp(2 * x) / (2 * prior**2)


def by_hand(data, sweeps, rng):
    """A Gibbs sampler of LogNormal scales with effects kept, sharing nothing with the library."""
    y, g, j = data["y"], data["g"], len(SIZES)
    n = np.bincount(g, minlength=j)
    theta, x, mu, tau, m, s = np.zeros(j), np.zeros(j), 0.0, 1.0, 0.0, 0.5
    kept = []
    for _ in range(sweeps):
        v = np.exp(2 * x)
        precision = n / v + tau**-2
        sums = np.bincount(g, y, minlength=j)
        theta = rng.normal((sums / v + mu / tau**2) / precision, precision**-0.5)
        squares = np.bincount(g, (y - theta[g]) ** 2, minlength=j)
        for k in range(j):
            log = partial(log_own, n[k], squares[k], m, s)
            x[k] = slice_once(rng, log, x[k])
        precision = j / tau**2 + 1 / 4
        mu = rng.normal(theta.sum() / tau**2 / precision, precision**-0.5)
        log = partial(log_spread, j, ((theta - mu) ** 2).sum(), 1.0)
        tau = np.exp(slice_once(rng, log, np.log(tau)))
        precision = j / s**2 + 1 / 0.49
        m = rng.normal(x.sum() / s**2 / precision, precision**-0.5)
        log = partial(log_spread, j, ((x - m) ** 2).sum(), 0.6)
        s = np.exp(slice_once(rng, log, np.log(s)))
        kept.append([m, s, mu, tau, *theta, *x])
    return np.array(kept)


def agree(one, other, what):
    for figure, error in ((np.mean, diagnose.mcse_mean), (np.std, diagnose.mcse_sd)):
        off = np.hypot(float(error(one)), float(error(other)))
        assert abs(figure(one) - figure(other)) < 5 * off, (what, figure)


@pytest.mark.parametrize(
    ("scheme", "draws"),
    [("gibbs", 1200), pytest.param("quadrature", 4000, marks=pytest.mark.slow)],
)
def test_against_a_sampler_by_hand(scheme, draws):
    data = simulate(np.random.default_rng(9))
    whole = by_hand(data, 1250 if scheme == "gibbs" else 20_000, np.random.default_rng(1))[250:]
    found = fit(model_of("LogNormal"), data, scheme=scheme, draws=draws)
    hand = whole.T[:, None, :]
    for i, name in enumerate(["sigma_mu", "sigma_sigma", "g_mu", "g_sigma"]):
        agree(found.hyper[name], hand[i], name)
    theta, sigma = (found.terms[k].draws() for k in ("g", "sigma"))
    for j in range(len(SIZES)):
        agree(theta[:, :, j], hand[4 + j], ("theta", j))
        agree(np.log(sigma[:, :, j]), hand[4 + len(SIZES) + j], ("log sigma", j))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_schemes_agree(kind):
    data = simulate(np.random.default_rng(12), (1, 3, 4, 2, 5))
    found = [
        fit(model_of(kind, "variance"), data, groups=None, scheme=s, draws=d)
        for s, d in (("quadrature", 1000), ("gibbs", 10_000))
    ]
    for key in found[0].hyper:
        agree(*(np.log(np.abs(f.hyper[key])) for f in found), key)
    for key in found[0].terms:
        for j in range(5):
            one, other = (f.terms[key].draws()[:, :, j] for f in found)
            agree(np.arcsinh(one), np.arcsinh(other), (key, j))


def test_groups_are_read_as_they_are_drawn():
    """Moments and quantiles of effects and scales against draws; the group without rows among them."""
    data = simulate(np.random.default_rng(9))
    found = fit(model_of("LogNormal"), data, scheme="gibbs", draws=250)
    assert list(found.terms) == ["g", "sigma"] and found.terms["g"] is found.groups
    for key, term in found.terms.items():
        x = term.draws()
        low, high = term.interval(0.8).T
        np.testing.assert_allclose(((x > low) & (x < high)).mean(axis=(0, 1)), 0.8, atol=0.07)
        assert np.isfinite(x).all() and (key == "g" or (x > 0).all())
        for j in range(len(SIZES)):
            if SIZES[j] > 2 or key == "g":
                assert abs(x[:, :, j].mean() - term.mean[j]) < 5 * diagnose.mcse_mean(x[:, :, j])
                assert abs(x[:, :, j].std() - term.sd[j]) < 5 * diagnose.mcse_sd(x[:, :, j])
    stats, eta = found.plan.informed, np.log(x)
    phi = (found.hyper[k][..., None] for k in ("g_mu", "g_sigma"))
    mean, sd = given_scales(stats.weight, stats.mean, eta, *phi, 1.0)
    noise = (found.groups.draws() - mean) / sd
    for j in range(len(SIZES)):  # of its own, whatever the scale
        pair = noise[:, :, j].ravel(), eta[:, :, j].ravel()
        assert abs(np.corrcoef(*pair)[0, 1]) < 5 / np.sqrt(len(pair[0]))
        assert st.kstest(pair[0], "norm").pvalue > 1e-4
    some = term.draws([3, 1], slice(5, 9))
    np.testing.assert_array_equal(some, x[:, 5:9, [3, 1]])
    assert "of sigma" in repr(term)
    assert term[5].n == 8 and term[5].mean == term.mean[5]


def test_summaries_take_the_place_of_rows():
    data = simulate(np.random.default_rng(3), (4, 2, 6, 1))
    n, groups = np.bincount(data["g"]), [data["y"][data["g"] == j] for j in range(4)]
    stats = hf.Statistics.from_summary(
        n=n,
        mean=[v.mean() for v in groups],
        sd=[v.std(ddof=1) if len(v) > 1 else 0.0 for v in groups],
        name="g",
    )
    z = np.array([[0.1, -0.5], [-0.4, 0.3], [0.2, 1.0], [0.1, 0.6]])
    got = [
        model_of("LogNormal").explain(d, scheme="quadrature", **k).target.logp(z)
        for d, k in ((stats, {}), (data, {"y": "y", "group": "g"}))
    ]
    np.testing.assert_allclose(*got, rtol=1e-9)


def test_known_locations_and_weights():
    data = simulate(np.random.default_rng(3), (4, 2, 6, 1))
    offset = np.array([3.0, -1.0, 2.0, 0.5])
    shifted = data | {"y": data["y"] + offset[data["g"]], "offset": offset[data["g"]]}
    read = []
    for mu, table in (("offset", shifted), (0, data)):
        model = model_of("LogNormal", groups=hf.Normal(mu, H(1)))
        found = fit(model, table, groups=None, draws=120, scheme="gibbs").groups
        drawn = found.draws(draws=slice(None, None, 2))
        read.append([drawn.mean((0, 1)), np.median(drawn, (0, 1)), found.mean, found.quantile(0.5)])
    for one, other in zip(*read, strict=True):
        np.testing.assert_allclose(one, other + offset, atol=0.5)
    for of_draws, of_all in zip(read[0][:2], read[0][2:], strict=True):
        np.testing.assert_allclose(of_draws, of_all, atol=0.4)
    w = np.tile([1, 2, 3], 5)[: len(data["y"])]
    many = {k: np.repeat(v, w) for k, v in data.items()}
    likelihood = hf.Normal(sigma=hf.each(KINDS["LogNormal"][0]), weights="w")
    z = np.array([[0.1, -0.5], [-0.4, 0.3], [0.2, 1.0], [0.1, 0.6]])
    found = [
        m.explain(d, y="y", group="g", scheme="quadrature").target.logp(z)
        for m, d in (
            (hf.Model(likelihood, GROUPS), data | {"w": w}),
            (model_of("LogNormal"), many),
        )
    ]
    np.testing.assert_allclose(*found, rtol=1e-9)


RANKS = ["sigma_mu", "sigma_sigma", "g_mu", "g_sigma"]


def quantities(u, theta, x, data):
    """Unknowns, an effect, a logarithm of a scale, the largest of both, and the log likelihood."""
    rows = st.norm.logpdf(data["y"], theta[..., data["g"]], np.exp(x[..., data["g"]])).sum(axis=-1)
    some = (theta[..., 2], x[..., 2], theta[..., 0], x[..., 0], theta.max(-1), x.max(-1))
    return np.array([*(u[k] for k in RANKS), *some, rows])


RUNS = [("gibbs", 16, 700)]
LONG = [("quadrature", 400, 400), ("gibbs", 1000, 3000)]


@pytest.mark.parametrize(
    ("scheme", "count", "draws"), RUNS + [pytest.param(*r, marks=pytest.mark.slow) for r in LONG]
)
def test_ranks_are_uniform(scheme, count, draws):
    at, found = np.linspace(0, draws - 1, KEPT).astype(int), []
    sizes = (1, 3, 5, 2)
    laws = laws_of("LogNormal", "sigma")
    for i in range(count):
        rng = np.random.default_rng([i, 91])
        u = {k: float(law.rvs(random_state=rng)) for k, law in laws.items()}
        theta = rng.normal(u["g_mu"], u["g_sigma"], 4)
        x = rng.normal(u["sigma_mu"], u["sigma_sigma"], 4)
        g = np.repeat(np.arange(4), sizes)
        data = {"g": g, "y": rng.normal(theta[g], np.exp(x[g]))}
        post = fit(model_of("LogNormal"), data, groups=None, scheme=scheme, draws=draws, chains=1,
                   tune=100, cores=1, random_seed=i)  # fmt: skip
        hyper = {k: post.hyper[k][0, at] for k in RANKS}
        drawn = [post.terms[k].draws(draws=at)[0] for k in ("g", "sigma")]
        of_draws = quantities(hyper, drawn[0], np.log(drawn[1]), data)
        found.append((of_draws < quantities(u, theta, x, data)[:, None]).sum(axis=1))
    found = np.array(found)
    print(scheme, count, "smallest p", smallest_p(found))
    assert smallest_p(found) > ALPHA


def bad(likelihood=None, population=GROUPS, data=None, **other):
    """Fit what must be refused."""
    table = {"g": list("aabbc"), "y": [1.0, 2.0, 4.0, 5.0, 3.0]} | (data or {})
    given = hf.Normal(sigma=hf.each(hf.LogNormal(0, H(1)))) if likelihood is None else likelihood
    hf.Model(given, population).fit(table, y="y", group="g", draws=5, progressbar=False, **other)


def scaled(distribution, **other):
    return hf.Normal(sigma=hf.each(distribution, **other))


IG = hf.InverseGamma(hf.Gamma(2, 1), 1)
ALIKE = {"y": [1.0, 1.0, 4.0, 5.0, 3.0]}
SINGLE = {"g": list("abcde"), "y": [1.0, 1.0, 1.0, 5.0, 3.0]}
BAD = {
    "nothing": (hf.each, TypeError, "distribution"),
    "a number": (lambda: hf.each(1), TypeError, "each needs the distribution.*got 1 of type int"),
    "a class": (lambda: hf.each(hf.LogNormal), TypeError, r"write LogNormal\(\.\.\.\)"),
    "half-normal": (lambda: hf.each(H(1)), ValueError, "HalfNormal.*use one of LogNormal, Gamma, Inv"),
    "real": (lambda: hf.each(hf.Normal(0, 1)), ValueError, "each has the distribution Normal"),
    "lacking": (lambda: hf.each(hf.Gamma(2)), ValueError, "each has a Gamma that lacks mean"),
    "a column": (lambda: hf.each(hf.LogNormal("m", 1)), ValueError, "mu is the column 'm'"),
    "weights": (lambda: hf.each(hf.Gamma(2, 1, weights="w")), ValueError, "each has a Gamma with weights"),
    "by a number": (lambda: hf.each(hf.LogNormal(0, 1), by=3), TypeError, "by must name a column; got 3"),
    "by another": (lambda: bad(scaled(hf.LogNormal(0, H(1)), by="day")), ValueError, "each's by is 'day'"),
    "in a mean": (lambda: hf.Normal(hf.each(hf.Gamma(1, 1)), 1), ValueError, "mu cannot be each"),
    "in a prior": (lambda: H(hf.each(hf.Gamma(1, 1))), ValueError, "sigma cannot be each"),
    "in a count": (lambda: hf.NegativeBinomial(hf.each(IG)), ValueError, "alpha cannot be each"),
    "a nested one": (
        lambda: hf.Normal(hf.Normal(0, hf.each(IG)), 1), ValueError, "prior with each"),
    "in the population": (
        lambda: bad(population=hf.Normal(0, hf.each(IG))), ValueError, "population Normal has each"),
    "two scales": (
        lambda: hf.Normal(sigma=hf.each(IG), variance=1), ValueError, "got sigma and variance"),
    "heavy groups": (
        lambda: bad(population=hf.StudentT(3, 0, 1)), ValueError, "population is StudentT.*sigma is each"),
    "predictors": (
        lambda: bad(population=hf.Normal(hf.Linear("x", hf.Normal(0, 1)), 1)), ValueError, "mu is Linear"),
    "collapsed": (lambda: bad(scheme="collapsed"), ValueError, "use one of 'auto', 'quadrature', 'gibbs'"),
    "simulated": (lambda: hf.Normal(0, hf.each(IG)).rvs(None), ValueError, "sigma is of every group"),
    "both forms": (
        lambda: hf.ScaledInverseChi2(3, 1, tau=1), ValueError, "exactly one of tau2 and tau; got both"),
    "neither form": (lambda: hf.ScaledInverseChi2(3), ValueError, "exactly one of tau2 and tau; got none"),
    "flat": (lambda: bad(scaled(hf.LogNormal(hf.Flat(), 1))), ValueError, "sigma_mu has the improper"),
    "a flat scale": (lambda: bad(scaled(hf.LogNormal(0, hf.Flat()))), ValueError, "sigma_sigma has"),
    "rows alike": (lambda: bad(data=ALIKE), ValueError, "the 2 rows of group 'a' are identical"),
    "rows alike, a light shape": (
        lambda: bad(scaled(hf.Gamma(1.5, 1)), data=ALIKE), ValueError, "rows of group 'a'.*large enough"),
    "single rows alike": (lambda: bad(data=SINGLE), ValueError, "3 groups have a single row, and the same"),
    "single rows at the mean": (
        lambda: bad(population=hf.Normal(1, H(1)), data=SINGLE | {"y": [1.0, 1, 2, 5, 3]}),
        ValueError, "2 groups have a single row, and the same one"),
    "a flat spread": (
        lambda: bad(population=hf.Normal(hf.Flat(), hf.Flat()), data={"g": list("aabbb")}),
        ValueError, "g_sigma: the posterior is improper"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "likelihood",
    [
        scaled(hf.LogNormal(0, 1)),
        hf.Normal(variance=hf.each(hf.InverseGamma(2, 1))),
        hf.Normal(precision=hf.each(hf.Gamma(0.5, 1))),
        scaled(hf.Gamma(2.5, 1)),
    ],
)
def test_rows_alike_where_the_posterior_is_proper(likelihood):
    model = hf.Model(likelihood, GROUPS)
    found = fit(model, ALIKE | {"g": list("aabbc")}, groups=None, scheme="gibbs", draws=50)
    assert np.isfinite(found.groups.mean).all() and (found.groups.sd > 0).all()


def test_what_data_cannot_tell():
    with pytest.warns(hf.IdentificationWarning, match="no group has more than one row"):
        bad(data={"g": list("abcde")}, scheme="gibbs")


def test_it_prints_and_pickles():
    import pickle

    model = model_of("ScaledInverseChi2", "variance")
    assert pickle.loads(pickle.dumps(model)) == model
    assert "variance=each(ScaledInverseChi2(nu=Gamma(alpha=4, beta=0.5), tau=HalfN" in repr(model)
    assert repr(hf.each(hf.LogNormal(0, 1), by="g")) == "each(LogNormal(mu=0, sigma=1), by='g')"
