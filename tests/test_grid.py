"""Effects on a grid of points: closed forms, enumeration, both schemes, read-outs, bad input, ranks."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import special as sp
from scipy import stats as st
from test_calibration import ALPHA, KEPT, smallest_p
from trust.pairs import ROWS

import hierfast as hf
from hierfast import _core
from hierfast.diagnose import ess_bulk
from hierfast.likelihoods import grid as twin
from hierfast.plan import make_plan
from hierfast.sample import run_plan
from hierfast.sampler import Sampler
from hierfast.schemes import PAIRS
from hierfast.schemes import grid as schemes

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
RNG = np.random.default_rng(5)
SCHEMES = ("gibbs", "collapsed")
OPTIONS = {"y": "y", "group": "g", "random_seed": 3, "progressbar": False}
POINTS = np.array([-1.5, -0.4, 0.3, 1.1, 2.0])
BASE = np.array([1.0, 2.0, 1.0, 3.0, 1.0]) / 8
Y = np.array([-1.2, 0.4, 0.1, 1.9])
SE = np.array([0.6, 0.5, 0.8, 1.0])
SMALL = {"g": list("abcd"), "y": Y, "se": SE}


def near(draws, want, factor=5.0, floor=1e-12):
    """Means of draws (chains, draws, ...) within a few of their standard errors."""
    x = draws.reshape(*draws.shape[:2], -1)
    error = x.std(axis=(0, 1)) / np.sqrt(np.maximum(ess_bulk(x), 4.0))
    off = np.abs(x.mean(axis=(0, 1)) - np.ravel(want))
    assert (off <= factor * error + floor).all(), (off, error, x.mean(axis=(0, 1)), want)


def of_rows(name):
    """Rows of a likelihood of trust/pairs.py, and the log likelihood (J, M) by hand."""
    rows, rng = ROWS[name], np.random.default_rng(8)
    size = rng.integers(1, 7, 12)
    theta = rng.choice(POINTS, 12)
    y, size = rows.draw(rng, size, theta)
    data = rows.table(y, size, np.arange(12))
    log = np.stack([rows.log(one, s, POINTS) for one, s in zip(y, size, strict=True)])
    return rows.likelihood, data, log


# --- equations ---


@pytest.mark.parametrize("name", [name for name in ROWS if name != "StudentT"])
@pytest.mark.parametrize("level", _core.levels())
def test_likelihoods_at_points_are_those_by_hand(name, level):
    likelihood, data, log = of_rows(name)
    model = hf.Model(likelihood, hf.Grid(points=POINTS, base=BASE))
    plan = make_plan(model, data, "y", "g", "gibbs", 5, 1, level)
    like, top = plan.target.likelihoods(np.zeros(1))
    cell = plan.grid.cell
    np.testing.assert_allclose(
        np.log(like[cell]) - np.log(like[cell])[:, :1], log - log[:, :1], rtol=1e-9, atol=1e-9
    )
    assert (like.max(axis=1) == 1.0).all()
    column, _ = plan.target.likelihoods(np.zeros(1), None, True)
    assert column.tobytes() == np.ascontiguousarray(like.T).tobytes()
    w = np.random.default_rng(1).dirichlet(np.ones(5))
    found = plan.target.log_likelihood(np.ones(1), w)
    want = twin.log_likelihood(np.log(like) + top[:, None], w, plan.grid.mult)
    assert found - want == pytest.approx(
        plan.target.log_likelihood(np.ones(1), BASE)
        - twin.log_likelihood(np.log(like) + top[:, None], BASE, plan.grid.mult),
        abs=1e-9,
    )
    assert plan.grid.mult.sum() == 12


@pytest.mark.parametrize("level", _core.levels())
@pytest.mark.parametrize("count", [2, 7, 15, 16, 17, 31, 40])
def test_effects_are_where_uniforms_lie_among_shares(count, level):
    model = hf.Model(hf.Normal(sigma="se"), hf.Grid(0, 1, points=count))
    plan = make_plan(model, SMALL, "y", "g", "gibbs", 5, 1, level)
    w = np.random.default_rng(count).dirichlet(np.ones(count))
    share = w * plan.target.likelihoods(np.zeros(1))[0][2]
    edges = np.cumsum(share) / share.sum()
    u = edges - 0.5 * share / share.sum()
    out = np.empty(count)
    plan.target.invert(np.zeros(1), w, np.full(count, 2), u, out)
    assert (out == plan.grid.points).all()


def test_known_shapes_and_unknown_ones_are_the_same_rows():
    data = {"g": [0, 0, 1, 2, 2], "y": [1, 4, 0, 7, 2]}
    free = hf.Model(hf.NegativeBinomial(hf.LogNormal(0, 1)), hf.Grid(points=POINTS))
    plan = free.explain(data, y="y", group="g")
    assert not plan.grid.fixed
    w = np.array([0.1, 0.2, 0.3, 0.2, 0.2])
    found = []
    for shape in (0.5, 3.0):
        x = np.array([shape if node.name == "alpha" else 1.0 for node in plan.graph.nodes])
        found.append(plan.target.log_likelihood(x, w))
    y, g = np.array(data["y"]), np.array(data["g"])
    want = []
    for shape in (0.5, 3.0):
        p = shape / (shape + np.exp(POINTS))
        row = st.nbinom.logpmf(y[:, None], shape, p)
        group = np.stack([row[g == j].sum(axis=0) for j in range(3)])
        want.append(sp.logsumexp(group, axis=1, b=w).sum())
    assert found[1] - found[0] == pytest.approx(want[1] - want[0], abs=1e-9)


@pytest.mark.parametrize("marginal", [True, False])
def test_concentration_given_counts_or_weights(marginal):
    model = hf.Model(
        hf.Normal(sigma="se"), hf.Grid(points=POINTS, base=BASE, concentration=hf.Gamma(2, 3))
    )
    plan = model.explain(SMALL, y="y", group="g")
    count = np.array([2.0, 0, 1, 1, 0])
    log_w = np.array([-0.9, -300.0, -1.4, -1.9, -7.0])
    z = np.array([[-6.0, -1.0, 0.0, 2.5, 5.0]])
    got = plan.target.given(np.zeros(1), 0, marginal, log_w, count, z)
    prior = st.gamma(2, 0, 1 / 3).logpdf(np.exp(z[0])) + z[0]
    given = [
        twin.log_counts(count, a, BASE) if marginal else twin.log_weights(log_w, a, BASE)
        for a in np.exp(z[0])
    ]
    np.testing.assert_allclose(got, prior + given, rtol=1e-10, atol=1e-9)


def test_dirichlet_multinomial_is_the_integral_over_weights():
    rng = np.random.default_rng(2)
    count, alpha = np.array([2.0, 0.0, 3.0, 1.0, 0.0]), 4.0
    w = rng.dirichlet(alpha * BASE, 400_000)
    p = np.prod(np.where(count > 0, w**count, 1.0), axis=1)
    assert np.exp(twin.log_counts(count, alpha, BASE)) == pytest.approx(
        p.mean(), abs=5 * p.std() / 632
    )


BINOMIALS = [(1, 0.3), (7, 0.9), (40, 0.02), (40, 0.5), (300, 0.04), (1000, 0.97), (10**6, 0.4),
             (10**6, 1e-7), (30, 1.0), (30, 0.0), (0, 0.4)]  # fmt: skip


@pytest.mark.parametrize(("n", "p"), BINOMIALS)
def test_binomial_variates(n, p):
    x = _core.binomial(_core.key(5, 0, 0, 9), 100_000, n, p, 1 - p)
    law = st.binom(n, p)
    assert ((x >= 0) & (x <= n) & (x == np.rint(x))).all()
    if n * p * (1 - p) == 0:
        assert (x == n * p).all()
        return
    cuts = np.unique(law.ppf(np.linspace(0.01, 0.99, 40)))
    edges = np.concatenate([[-1], cuts, [n]])
    want = np.diff(law.cdf(edges)) * len(x)
    keep = want > 5
    got = np.histogram(x, np.concatenate([[-0.5], cuts + 0.5, [n + 0.5]]))[0]
    if keep.sum() > 1:
        square = ((got - want)[keep] ** 2 / want[keep]).sum()
        assert st.chi2.sf(square, keep.sum() - 1) > 1e-6


# --- posteriors ---


@pytest.mark.parametrize("scheme", SCHEMES)
def test_two_points_are_a_mixture_of_betas(scheme):
    """w of one point has the density of a Beta times a polynomial: quadrature."""
    y = np.repeat([0.0, 1.0, 2.0, 3.0, 4.0], [30, 8, 9, 14, 6])
    grid = hf.Grid(points=[-1.0, 1.5], base=[1, 3], concentration=2.5)
    model = hf.Model(hf.Binomial(n=4), grid)
    fit = model.fit({"y": y}, y="y", scheme=scheme, draws=5000, chains=4, random_seed=2)
    p = sp.expit(np.array([-1.0, 1.5]))
    like = st.binom.pmf(np.arange(5)[:, None], 4, p)
    w = (np.arange(20_000) + 0.5) / 20_000
    mult = np.array([30, 8, 9, 14, 6])
    log = st.beta.logpdf(w, 2.5 / 4, 7.5 / 4) + mult @ np.log(
        like[:, :1] * w + like[:, 1:] * (1 - w)
    )
    density = np.exp(log - log.max())
    density /= density.sum()
    found = fit.population.weights[..., 0]
    near(found, density @ w)
    near(np.square(found), density @ w**2)
    share = like[:, :1] * w / (like[:, :1] * w + like[:, 1:] * (1 - w))
    at = [int(np.argmax(y == k)) for k in range(5)]
    ratio = fit.groups.membership[at, 0]
    np.testing.assert_allclose(ratio, share @ density, atol=4e-3)
    thinned = found.reshape(-1)[::10]
    assert st.kstest(thinned, lambda x: np.interp(x, w, np.cumsum(density))).pvalue > 1e-4


def enumerate_all(log, alphas, prior, base=BASE):
    """Posterior of concentration (P,), mean weights (M,), masses (J, M), by all allocations."""
    groups, points = log.shape
    evidence = np.zeros(len(alphas))
    weights, masses = np.zeros((len(alphas), points)), np.zeros((len(alphas), groups, points))
    for places in itertools.product(range(points), repeat=groups):
        count = np.bincount(places, minlength=points)
        rows = np.exp(log[np.arange(groups), places].sum())
        for i, alpha in enumerate(alphas):
            p = rows * np.exp(twin.log_counts(count, alpha, base)) * prior[i]
            evidence[i] += p
            weights[i] += p * (alpha * base + count) / (alpha + groups)
            masses[i, np.arange(groups), places] += p
    total = evidence.sum()
    return evidence / total, weights.sum(axis=0) / total, masses.sum(axis=0) / total


def rule(law, n=40):
    """A rule over the quantiles of a law."""
    x = law.ppf((np.arange(n) + 0.5) / n)
    return x, np.full(n, 1.0 / n)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_few_groups_are_enumerated(scheme):
    alphas, prior = rule(st.gamma(3, 0, 0.5))
    log = st.norm.logpdf(Y[:, None], POINTS, SE[:, None])
    p, weights, masses = enumerate_all(log, alphas, prior)
    model = hf.Model(
        hf.Normal(sigma="se"), hf.Grid(points=POINTS, base=BASE, concentration=hf.Gamma(3, 2))
    )
    fit = model.fit(SMALL, scheme=scheme, draws=10_000, **OPTIONS)
    near(fit.population.weights, weights)
    # The rule over the prior is off by about 1e-3 of the posterior mean.
    near(fit.hyper["g_concentration"], p @ alphas, 6.0)
    x = fit.groups.draws()
    near(np.stack([x == g for g in POINTS], axis=-1).astype(float), masses, floor=1e-3)
    np.testing.assert_allclose(fit.groups.membership, masses, atol=0.02)
    np.testing.assert_allclose(fit.groups.mean, masses @ POINTS, atol=0.04)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_unknown_scale_of_rows_is_enumerated(scheme):
    rng = np.random.default_rng(4)
    g = np.repeat(np.arange(3), 3)
    y = np.array([-1.0, 0.2, 1.5])[g] + rng.normal(0, 0.8, 9)
    points, base = np.array([-1.0, 0.0, 1.0]), np.full(3, 1 / 3)
    sigma, prior = rule(st.lognorm(0.5, 0, 0.8), 200)
    found = []
    for s in sigma:
        row = st.norm.logpdf(y[:, None], points, s)
        log = np.stack([row[g == j].sum(axis=0) for j in range(3)])
        total, w, masses = 0.0, 0.0, 0.0
        for places in itertools.product(range(3), repeat=3):
            count = np.bincount(places, minlength=3)
            p = np.exp(log[np.arange(3), places].sum() + twin.log_counts(count, 1.5, base))
            total, w = total + p, w + p * (1.5 * base + count) / 4.5
            masses = masses + p * np.eye(3)[list(places)]
        found.append((total, w, masses))
    p = prior * np.array([f[0] for f in found])
    model = hf.Model(
        hf.Normal(sigma=hf.LogNormal(np.log(0.8), 0.5)), hf.Grid(points=points, concentration=1.5)
    )
    fit = model.fit({"g": g, "y": y}, scheme=scheme, draws=10_000, **OPTIONS)
    near(fit.hyper["sigma"], (p * sigma).sum() / p.sum())
    near(fit.population.weights, sum(q * f[1] for q, f in zip(prior, found, strict=True)) / p.sum())
    masses = sum(q * f[2] for q, f in zip(prior, found, strict=True)) / p.sum()
    np.testing.assert_allclose(fit.groups.membership, masses, atol=0.02)


def test_schemes_agree_on_many_groups():
    rng = np.random.default_rng(9)
    data = {"y": rng.binomial(12, rng.choice([0.2, 0.6, 0.8], 2000)), "g": np.arange(2000)}
    grid = hf.Grid(-3, 3, points=15, base=hf.Normal(0, 2), concentration=hf.Exponential(0.3))
    one, two = (
        hf.Model(hf.Binomial(n=12), grid).fit(data, scheme=s, draws=2500, **OPTIONS)
        for s in SCHEMES
    )
    for name in one.hyper:
        a, b = one.summary(), two.summary()
        i = a.names.index(name)
        error = np.hypot(a["mcse_mean"][i], b["mcse_mean"][i])
        assert abs(a["mean"][i] - b["mean"][i]) < 5 * error, name
    a, b = one.population.summary(), two.population.summary()
    off = (a["mean"] - b["mean"]) / np.hypot(a["mcse_mean"], b["mcse_mean"])
    assert np.abs(off).max() < 5
    np.testing.assert_allclose(one.groups.mean, two.groups.mean, atol=0.05)


SHAPE, ROWS_OF = st.gamma(3, 0, 0.5), 5


def calibrate(scheme, replicates, groups=12, unknown=True):
    """Ranks of truths among draws, models simulated from their prior."""
    rng = np.random.default_rng(11)
    sigma = hf.LogNormal(-0.5, 0.3) if unknown else 0.6
    model = hf.Model(
        hf.Normal(sigma=sigma), hf.Grid(points=POINTS, base=BASE, concentration=hf.Gamma(3, 2))
    )
    ranks = []
    for i in range(replicates):
        alpha = SHAPE.rvs(random_state=rng)
        s = np.exp(rng.normal(-0.5, 0.3)) if unknown else 0.6
        w = rng.dirichlet(alpha * BASE)
        theta = rng.choice(POINTS, groups, p=w)
        g = np.repeat(np.arange(groups), 2)
        data = {"g": g, "y": rng.normal(theta[g], s)}
        plan = make_plan(model, data, "y", "g", scheme, 100, 1)
        draws = run_plan(plan, i, 10 * KEPT, 1, 1)
        fit = hf.Fit(plan, draws, 1, 0.0)
        some = slice(None, None, 10)
        x = np.ones(len(plan.graph.nodes))
        x[plan.graph.noise.node] = s
        pairs = [
            (fit.hyper["g_concentration"][0, some], alpha),
            (fit.hyper["g_mean"][0, some], w @ POINTS),
            (fit.population.weights[0, some, 3], w[3]),
            (fit.groups.draws(draws=np.arange(10 * KEPT)[some])[0].mean(axis=1), theta.mean()),
            (fit.population.log_likelihood[0, some], plan.target.log_likelihood(x, w)),
        ]
        if unknown:
            pairs.append((fit.hyper["sigma"][0, some], s))
        ranks.append([(v < t).sum() + rng.integers(0, (v == t).sum() + 1) for v, t in pairs])
    return np.array(ranks)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_ranks_of_the_truth(scheme):
    assert smallest_p(calibrate(scheme, 150)) > ALPHA


@pytest.mark.slow
@pytest.mark.parametrize("groups", [2, 40])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_ranks_of_the_truth_at_length(scheme, groups):
    p = smallest_p(calibrate(scheme, 1000, groups))
    print(f"{scheme} J = {groups}: smallest p {p:.3g}")
    assert p > ALPHA


# --- how it is sampled ---


def many(n=300):
    rng = np.random.default_rng(3)
    y = np.round(rng.normal(rng.choice([-1.0, 1.5], n), 1.0), 1)
    return {"g": np.arange(n), "y": y}


MANY = hf.Model(hf.Normal(sigma=1.0), hf.Grid(-4, 4, points=23))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_likelihoods_held_or_made_anew_give_the_same_bits(scheme, monkeypatch):
    held = make_plan(MANY, many(), "y", "g", scheme, 5, 1)
    blocks = tuple(b for b in held.blocks if b != "swap")
    want = Sampler(replace(held, blocks=blocks), 3, 1).step(40)
    monkeypatch.setattr(schemes, "HELD", 0)
    anew = make_plan(MANY, many(), "y", "g", scheme, 5, 1)
    assert "made anew" in repr(anew) and anew.blocks == blocks
    assert Sampler(anew, 3, 1).step(40).tobytes() == want.tobytes()


def test_groups_with_the_same_rows_are_one_cell():
    plan = MANY.explain(many(), y="y", group="g")
    assert len(plan.grid.mult) == len(np.unique(many()["y"]))
    assert plan.grid.mult.sum() == 300
    y = np.empty(len(plan.grid.mult))
    y[plan.grid.cell] = many()["y"]
    assert (y[plan.grid.cell] == many()["y"]).all()


def test_order_of_rows_changes_nothing():
    data, order = many(), RNG.permutation(300)
    one = MANY.fit(data, draws=30, tune=10, **OPTIONS)
    two = MANY.fit({k: v[order] for k, v in data.items()}, draws=30, tune=10, **OPTIONS)
    assert one.population.weights.tobytes() == two.population.weights.tobytes()
    assert one.groups.draws().tobytes() == two.groups.draws().tobytes()


# --- what comes back ---


@pytest.fixture(scope="module")
def fit():
    model = hf.Model(hf.Poisson(exposure="t"), hf.Grid(-2, 2, points=21))
    rng = np.random.default_rng(1)
    data = {"g": np.arange(60), "t": rng.integers(1, 4, 60), "y": rng.poisson(2, 60)}
    names = {"g": np.arange(62)}  # 60 and 61 have no rows
    return model.fit(data, groups=names, draws=2000, **OPTIONS)


def test_groups_are_read_as_their_draws_are(fit):
    x = fit.groups.draws()
    near(x, fit.groups.mean)
    np.testing.assert_allclose(fit.groups.sd, x.std(axis=(0, 1)), rtol=0.1)
    masses = fit.groups.membership
    np.testing.assert_allclose(masses.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(masses @ fit.population.points, fit.groups.mean, atol=1e-12)
    np.testing.assert_allclose(masses[60], fit.population.mean, atol=1e-12)
    assert (fit.groups[3].membership == pytest.approx(masses[3])) and len(
        fit.groups[3].membership
    ) == 21


def test_any_slice_of_the_effects_is_the_same_numbers(fit):
    everything = fit.groups.draws()
    some = fit.groups.draws([41, 3, 61], slice(5, 9))
    assert some.tobytes() == np.ascontiguousarray(everything[:, 5:9, [41, 3, 61]]).tobytes()


def test_quantiles_are_points(fit):
    points, masses = fit.population.points, fit.groups.membership
    probs = np.array([0.05, 0.5, 0.9])
    found = fit.groups.quantile(probs)
    assert np.isin(found, points).all()
    for q, p in enumerate(probs):
        at = np.searchsorted(points, found[:, q])
        below = np.cumsum(masses, axis=1)
        rows = np.arange(len(found))
        assert (below[rows, at] >= p - 1e-9).all()
        assert ((at == 0) | (below[rows, at - 1] < p)).all()
    low, high = fit.groups.interval(0.9).T
    assert (low <= high).all()


def test_natural_scale(fit):
    natural = fit.groups.natural
    rates = np.exp(fit.population.points)
    np.testing.assert_allclose(natural.mean, fit.groups.membership @ rates, rtol=1e-12)
    np.testing.assert_allclose(natural.quantile(0.5), np.exp(fit.groups.quantile(0.5)))
    np.testing.assert_allclose(natural.draws(draws=[3]), np.exp(fit.groups.draws(draws=[3])))


def test_population_is_what_the_draws_say(fit):
    population = fit.population
    w = population.weights
    assert w.shape == (4, 2000, 21)
    np.testing.assert_allclose(w.sum(axis=-1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(population.mean, w.mean(axis=(0, 1)))
    np.testing.assert_allclose(population.cdf()[..., -1], 1.0)
    mean = w @ population.points
    np.testing.assert_allclose(fit.hyper["g_mean"], mean, atol=1e-12)
    sd = np.sqrt((w * (population.points - mean[..., None]) ** 2).sum(axis=-1))
    np.testing.assert_allclose(fit.hyper["g_sd"], sd, atol=1e-8)  # of differences of squares
    assert population.quantile([0.1, 0.9]).shape == (21, 2) and population.quantile(0.5).shape == (
        21,
    )
    assert population.summary().names[0] == "g_weights[-2]"
    like, top = fit.plan.target.likelihoods(np.zeros(1))
    want = twin.log_likelihood(np.log(like) + top[:, None], w[1, 7], fit.plan.grid.mult)
    assert population.log_likelihood[1, 7] == pytest.approx(want, rel=1e-12)
    assert "21 points" in repr(population)


def test_thinned_and_streamed_readings(fit, monkeypatch):
    from hierfast import grid

    whole = fit.groups.mean
    monkeypatch.setattr(grid, "HELD", 0)
    monkeypatch.setattr(grid, "AT_ONCE", 8000)
    again = hf.Fit(fit.plan, fit._draws, 2, 0.0)
    np.testing.assert_allclose(again.groups.mean, whole, rtol=1e-12, atol=1e-14)
    monkeypatch.setattr(grid, "PRODUCTS", 1)
    some = hf.Fit(fit.plan, fit._draws, 1, 0.0)
    assert len(some.groups._reader.w) == 200
    np.testing.assert_allclose(some.groups.mean, whole, atol=0.1)


def test_readings_where_the_rows_have_unknowns():
    data = {"g": np.arange(40) // 2, "y": RNG.poisson(3, 40)}
    model = hf.Model(hf.NegativeBinomial(hf.LogNormal(1, 1)), hf.Grid(-1, 3, points=9))
    fit = model.fit(data, draws=1500, **OPTIONS)
    near(fit.groups.draws(), fit.groups.mean)


def test_ends_come_from_the_data():
    fit = hf.Model(hf.Normal(sigma=1.0), hf.Grid(points=5)).fit(
        {"y": [1.0, 2.0, 7.0]}, y="y", draws=10, tune=5
    )
    np.testing.assert_allclose(fit.population.points, [1, 2.5, 4, 5.5, 7])


def test_data_frames_and_pictures(fit):
    pytest.importorskip("pandas")
    frame = fit.population.to_pandas()
    assert list(frame.columns) == ["mean", "sd", "5%", "95%"] and len(frame) == 21
    assert len(fit.groups.to_pandas()) == 62
    assert repr(fit.groups).startswith("62 groups (g), posterior mean and sd of the log rate")


def test_simulation():
    rng = np.random.default_rng(3)
    x = hf.Grid(points=POINTS, base=BASE, concentration=1e6).rvs(rng, 20_000)
    share = np.array([(x == g).mean() for g in POINTS])
    np.testing.assert_allclose(share, BASE, atol=0.02)
    with pytest.raises(ValueError, match="cannot be simulated without low and high"):
        hf.Grid().rvs(rng)


# --- what is wrong ---

GRIDS = {
    "one point": (lambda: hf.Grid(points=[1.0]), ValueError, "2 to 4096; got 1"),
    "number of points": (lambda: hf.Grid(0, 1, points=1), ValueError, "2 to 4096; got 1"),
    "too many": (lambda: hf.Grid(0, 1, points=5000), ValueError, "2 to 4096; got 5000"),
    "order": (lambda: hf.Grid(points=[0, 2, 1]), ValueError, r"points\[2\] is 1 after 2"),
    "twice": (lambda: hf.Grid(points=[0, 0]), ValueError, r"must increase; points\[1\]"),
    "nan": (lambda: hf.Grid(points=[0, np.nan]), ValueError, r"points\[1\] must be finite"),
    "nan end": (lambda: hf.Grid(np.nan, 1), ValueError, "low must be finite"),
    "text": (lambda: hf.Grid(points="abc"), TypeError, "points must be a whole number"),
    "text inside": (lambda: hf.Grid(points=[0, "a"]), TypeError, r"points\[1\] must be a number"),
    "a matrix": (lambda: hf.Grid(points=np.eye(2)), ValueError, "one dimension"),
    "ends": (lambda: hf.Grid(1, 1), ValueError, "low must be below high"),
    "one end": (lambda: hf.Grid(1), ValueError, "low and high, or neither"),
    "both": (lambda: hf.Grid(0, 1, points=[0, 1]), ValueError, "low was given beside"),
    "concentration 0": (
        lambda: hf.Grid(0, 1, concentration=0), ValueError, "concentration must be positive; got 0"),
    "concentration below": (
        lambda: hf.Grid(0, 1, concentration=hf.Normal(0, 1)), ValueError, "must be positive"),
    "a column": (lambda: hf.Grid(0, 1, concentration="x"), TypeError, "no column"),
    "base short": (lambda: hf.Grid(points=[0, 1], base=[1]), ValueError, "1 numbers for 2 points"),
    "base 0": (lambda: hf.Grid(points=[0, 1], base=[1, 0]), ValueError, r"base\[1\] is 0"),
    "base unknown": (
        lambda: hf.Grid(0, 1, base=hf.Normal(0, hf.HalfNormal(1))), ValueError, "its arguments numbers"),
    "base text": (lambda: hf.Grid(0, 1, base="x"), TypeError, "base must be a distribution"),
    "a prior": (lambda: hf.Normal(hf.Grid(0, 1), 1), ValueError, "a grid, which only a population"),
}  # fmt: skip


@pytest.mark.parametrize("name", GRIDS)
def test_wrong_grids(name):
    call, error, text = GRIDS[name]
    with pytest.raises(error, match=text):
        call()


def fitted(likelihood, grid, data=None, **other):
    data = {"g": list("abc"), "y": [0.0, 1.0, 3.0]} if data is None else data
    options = OPTIONS | {"draws": 10, "tune": 5} | other
    return lambda: hf.Model(likelihood, grid).fit(data, **options)


FITS = {
    "group far out": (
        fitted(hf.Normal(sigma=1e-10), hf.Grid(0, 1), {"g": list("ab"), "y": [0.0, 1e150]}),
        ValueError, "group 'b' has likelihood 0 at every point of the grid, 0 to 1"),
    "count far out": (
        fitted(hf.Poisson(), hf.Grid(800, 900), {"g": list("ab"), "y": [0, 1]}),
        ValueError, "group 'a' has likelihood 0 at every point"),
    "improper": (
        fitted(hf.Normal(sigma=1.0), hf.Grid(0, 1, concentration=hf.Flat())), ValueError, "improper"),
    "base out of support": (
        fitted(hf.Normal(sigma=1.0), hf.Grid(-1, 1, base=hf.HalfNormal(1))),
        ValueError, "no positive density at the point -1"),
    "narrow base": (
        fitted(hf.Normal(sigma=1.0), hf.Grid(-1, 1, base=hf.Normal(0, 0.01))),
        ValueError, "0 to rounding at the point -1"),
    "cutpoints": (
        fitted(hf.OrderedLogistic(hf.Normal(0, 3), categories=3), hf.Grid(-1, 1),
               {"g": list("abc"), "y": [0, 1, 2]}), ValueError, "cannot tell them apart"),
    "no ends for categories": (
        fitted(hf.OrderedLogistic([0.0, 1.0]), hf.Grid(), {"g": list("abc"), "y": [0, 1, 2]}),
        ValueError, "give Grid's low and high"),
    "all alike": (
        fitted(hf.Normal(sigma=1.0), hf.Grid(), {"g": list("ab"), "y": [1.0, 1.0]}),
        ValueError, "give Grid's low and high"),
    "scheme": (
        fitted(hf.Normal(sigma=1.0), hf.Grid(0, 1), scheme="quadrature"), ValueError, "unknown scheme"),
}  # fmt: skip


@pytest.mark.parametrize("name", FITS)
def test_wrong_fits(name):
    call, error, text = FITS[name]
    with pytest.raises(error, match=text):
        call()


BEYOND = {
    "normal": (hf.Normal(sigma=0.1), [0.5, 3.0, 0.2]),
    "binomial": (hf.Binomial(n=10_000), [6000, 9900, 5500]),
    "poisson": (hf.Poisson(exposure=1000), [1500, 99_000, 2000]),
}


@pytest.mark.parametrize("name", BEYOND)
def test_groups_that_no_point_suits_are_said(name):
    likelihood, y = BEYOND[name]
    data = {"g": list("abc"), "y": y}
    fine, short = hf.Grid(-1, 9, points=1001), hf.Grid(0, 1, points=101)
    assert hf.Model(likelihood, fine).explain(data, y="y", group="g").warnings == ()
    (text,) = hf.Model(likelihood, short).explain(data, y="y", group="g").warnings
    assert text.startswith(
        "1 of 3 groups lie beyond the grid or between its points, the farthest 'b'"
    )


def test_other_populations_have_no_weights():
    fit = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1)).fit({"y": [1.0, 2.0]}, y="y", draws=5)
    with pytest.raises(ValueError, match="population is of a Grid"):
        _ = fit.population


def test_every_likelihood_of_one_effect_has_a_grid():
    likelihoods = {rows for rows, _ in PAIRS} - {"Multinomial", "StudentT"}
    assert {rows for rows, groups in PAIRS if groups == "Grid"} == likelihoods
