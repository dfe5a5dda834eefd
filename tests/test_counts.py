"""Binomial and Poisson rows: against brute force, in every form of input, at the ends of data."""

import numpy as np
import pytest
from scipy import stats as st

import hierfast as hf
from hierfast import diagnose
from hierfast.counts import compute_cells
from hierfast.sampler import Sampler

RNG = np.random.default_rng(4)
SIZES = np.array([3.0, 12.0, 7.0, 40.0, 1.0, 12.0])
ROWS = {
    "Binomial": {"y": np.array([0.0, 5.0, 7.0, 11.0, 1.0, 5.0]), "size": SIZES},
    "Poisson": {"y": np.array([0.0, 5.0, 9.0, 31.0, 1.0, 5.0]), "size": SIZES},
}
LIKELIHOODS = {"Binomial": hf.Binomial(n="size"), "Poisson": hf.Poisson(exposure="size")}
LIKELIHOODS["Bernoulli"] = hf.Bernoulli()
POPULATION = hf.Normal(hf.Normal(0, 1.5), hf.HalfNormal(1))
pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")


def fit(name, data, draws=1000, model=None, **other):
    options = {"y": "y", "draws": draws, "random_seed": 9, "progressbar": False} | other
    return (model or hf.Model(LIKELIHOODS[name], POPULATION)).fit(data, **options)


class Grid:
    """The posterior on a grid of mu and log tau, effects on a trapezoid rule, by SciPy alone."""

    def __init__(self, name, data, n=121, nodes=400):
        mu, log_tau = np.linspace(-5, 5, n), np.linspace(-7, 2.0, n)
        m, t = (v.ravel() for v in np.meshgrid(mu, np.exp(log_tau), indexing="ij"))
        self.mu, self.tau = m, t
        lp = st.norm.logpdf(m, 0, 1.5) + st.halfnorm.logpdf(t) + np.log(t)
        z = np.linspace(-8.5, 8.5, nodes)
        theta = m[:, None] + t[:, None] * z
        first = []
        for y, size in zip(data["y"], data["size"], strict=True):
            rate = np.exp(theta)
            log = st.binom.logpmf(y, size, rate / (1 + rate)) if name == "Binomial" else None
            log = st.poisson.logpmf(y, size * rate) if log is None else log
            w = np.exp(log) * st.norm.pdf(z) * (z[1] - z[0])
            total = np.maximum(w.sum(axis=1), 1e-300)
            lp = lp + np.log(total)
            first.append([(w * theta**k).sum(axis=1) / total for k in (1, 2)])
        self.p = np.exp(lp - lp.max())
        self.p /= self.p.sum()
        mean = np.array([self.p @ f[0] for f in first])
        self.mean = mean
        self.sd = np.sqrt(np.array([self.p @ f[1] for f in first]) - mean**2)

    def moments(self, x):
        mean = self.p @ x
        return mean, np.sqrt(self.p @ (x - mean) ** 2)


@pytest.mark.parametrize("scheme", ["quadrature", pytest.param("gibbs", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ROWS)
def test_against_brute_force(name, scheme):
    data, grid = ROWS[name], Grid(name, ROWS[name])
    found = fit(name, data, draws=6_000 if scheme == "quadrature" else 15_000, scheme=scheme)
    for got, x in ((found.hyper["group_mu"], grid.mu), (found.hyper["group_sigma"], grid.tau)):
        mean, sd = grid.moments(x)
        assert abs(got.mean() - mean) < 5 * float(diagnose.mcse_mean(got)) < 0.15 * sd
        assert abs(got.std() - sd) < 5 * float(diagnose.mcse_sd(got))
    draws = found.groups.draws()
    for j in range(len(SIZES)):
        error = float(diagnose.mcse_mean(draws[:, :, j]))
        assert abs(draws[:, :, j].mean() - grid.mean[j]) < 5 * error
        assert abs(found.groups.mean[j] - grid.mean[j]) < 5 * error
        assert abs(found.groups.sd[j] - grid.sd[j]) < 5 * float(diagnose.mcse_sd(draws[:, :, j]))
    low, high = found.groups.interval(0.8).T
    inside = ((draws > low) & (draws < high)).mean(axis=(0, 1))
    np.testing.assert_allclose(inside, 0.8, atol=0.014)


@pytest.mark.parametrize("name", ROWS)
def test_phi_given_effects_is_the_joint(name):
    """Ratios of both conditionals are those of a joint written by hand (Grosse and Duvenaud 2014)."""
    data = ROWS[name]
    plan = hf.Model(LIKELIHOODS[name], POPULATION).explain(data, y="y", scheme="gibbs")
    theta = RNG.normal(-0.3, 1.1, len(SIZES))
    mu, tau = RNG.normal(0, 1, 8), RNG.uniform(0.05, 3, 8)
    z = np.ascontiguousarray([mu, np.log(tau)])
    prior = st.norm.logpdf(mu, 0, 1.5) + st.halfnorm.logpdf(tau) + np.log(tau)

    def rows(effects):
        rate = np.exp(effects)
        if name == "Binomial":
            return st.binom.logpmf(data["y"], SIZES, rate / (1 + rate)).sum(axis=-1)
        return st.poisson.logpmf(data["y"], SIZES * rate).sum(axis=-1)

    got = plan.target.given_effects(theta, z, False)
    want = prior + st.norm.logpdf(theta, mu[:, None], tau[:, None]).sum(axis=1)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-11, atol=1e-9)
    got = plan.target.given_effects(theta, z, True)
    want = prior + rows(mu[:, None] + tau[:, None] * theta)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("name", ROWS)
def test_effects_by_slices_given_phi_are_the_joint(name):
    """With phi known a chain of one effect visits its posterior, which a grid knows."""
    model = hf.Model(LIKELIHOODS[name], hf.Normal(-0.5, hf.Uniform(0.7, 0.7 + 1e-9)))
    plan = model.explain({"y": [2.0], "size": [5.0]}, y="y", scheme="gibbs", draws=1, tune=0)
    at = np.linspace(-8, 6, 20_001)
    rate = np.exp(at)
    log = st.binom.logpmf(2, 5, rate / (1 + rate)) if name == "Binomial" else None
    log = st.poisson.logpmf(2, 5 * rate) if log is None else log
    p = np.exp(log) * st.norm.pdf(at, -0.5, 0.7)
    cdf = np.cumsum(p) / p.sum()
    sampler = Sampler(plan, 5, 0)
    sampler.step(100)
    theta = np.empty(6000)
    for i in range(len(theta)):
        sampler.step(3)
        theta[i] = -0.5 + 0.7 * sampler._chain.effects[0]
    assert st.kstest(np.interp(theta, at, cdf), "uniform").pvalue > 1e-4


@pytest.mark.parametrize("name", ROWS)
def test_groups_on_the_natural_scale(name):
    found = fit(name, ROWS[name], draws=8000)
    inverse = (lambda t: 1 / (1 + np.exp(-t))) if name == "Binomial" else np.exp
    natural, want = found.groups.natural, inverse(found.groups.draws())
    np.testing.assert_allclose(natural.draws(), want, rtol=1e-14)
    for j in range(len(SIZES)):
        x = want[:, :, j]
        assert abs(natural.mean[j] - x.mean()) < 6 * float(diagnose.mcse_mean(x))
        assert abs(natural.sd[j] / x.std() - 1) < 0.05
    np.testing.assert_allclose(natural.interval(), inverse(found.groups.interval()), rtol=1e-14)
    assert natural.natural is natural
    assert ("probability" if name == "Binomial" else "rate") in repr(natural)
    assert ("logit" if name == "Binomial" else "log rate") in repr(found.groups)


def table(name, n_group=150):
    rng = np.random.default_rng(12)
    g = np.repeat(np.arange(n_group), rng.integers(1, 4, n_group))
    size = rng.integers(1, 9, len(g))
    rate = np.exp(rng.normal(-0.5, 0.8, n_group)[g])
    y = rng.binomial(size, rate / (1 + rate)) if name == "Binomial" else rng.poisson(size * rate)
    return {"g": g, "y": y, "size": size}


def same(one, two, groups=slice(None)):
    for name, x in one.hyper.items():
        np.testing.assert_array_equal(two.hyper[name], x)
    np.testing.assert_array_equal(
        two.groups.draws(draws=[0, 7])[:, :, groups], one.groups.draws(draws=[0, 7])
    )
    np.testing.assert_array_equal(two.groups.mean[groups], one.groups.mean)


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_their_sums(name):
    """Order of rows, rows of one trial, frequency weights, groups without rows: the same bits."""
    data = table(name)
    one = fit(name, data, draws=100, group="g")
    order = RNG.permutation(len(data["g"]))
    same(one, fit(name, {k: v[order] for k, v in data.items()}, draws=100, group="g"))
    sums = {k: np.bincount(data["g"], v) for k, v in data.items() if k != "g"}
    same(one, fit(name, sums | {"g": np.arange(150)}, draws=100, group="g"))
    more = fit(name, data, draws=100, group="g", groups={"g": np.arange(170)})
    same(one, more, slice(150))
    mu, sigma = more.hyper["g_mu"], more.hyper["g_sigma"]
    assert abs(more.groups.mean[160] - mu.mean()) < 1e-9
    want = np.sqrt((sigma**2).mean() + mu.var())
    assert abs(more.groups.sd[160] / want - 1) < 1e-9
    twice = {k: np.concatenate([v, v]) for k, v in data.items()}
    weighted = hf.Model(type(LIKELIHOODS[name])("size", weights="w"), POPULATION)
    by_weight = fit(
        name, data | {"w": np.full(len(order), 2)}, model=weighted, draws=100, group="g"
    )
    same(fit(name, twice, draws=100, group="g"), by_weight)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_bernoulli_rows_are_binomial_sums(link):
    g, y = RNG.integers(0, 40, 900), RNG.random(900) < 0.3
    sums = {"y": np.bincount(g, y), "size": np.bincount(g), "g": np.arange(40)}
    model = hf.Model(hf.Binomial("size", link=link), POPULATION)
    want = fit("Binomial", sums, model=model, draws=100, group="g")
    for rows in (hf.Binomial(n=1, link=link), hf.Bernoulli(link=link)):
        model = hf.Model(rows, POPULATION)
        one = fit("Binomial", {"g": g, "y": y}, model=model, draws=100, group="g")
        same(one, want)
        assert one.groups.n.sum() == 900


def test_bernoulli_rows_in_a_beta_population():
    g, y = RNG.integers(0, 40, 900), RNG.random(900) < 0.3
    beta = hf.Beta(mean=hf.Uniform(0, 1), concentration=hf.LogNormal(1, 1))
    one, other = (
        fit("Binomial", {"g": g, "y": y}, model=hf.Model(rows, beta), draws=100, group="g")
        for rows in (hf.Bernoulli(), hf.Binomial(1))
    )
    same(one, other)


@pytest.mark.parametrize("link", ["probit", "cloglog"])
def test_links_lead_there_and_back(link):
    from hierfast.links import LINKS

    theta, chosen = np.linspace(-30, 3, 400), LINKS[link]
    p = chosen.inverse(theta)
    want = st.norm.cdf(theta) if link == "probit" else -np.expm1(-np.exp(theta))
    np.testing.assert_allclose(p, want, rtol=2e-13)
    np.testing.assert_allclose(chosen.effect(p, 1 - p)[150:380], theta[150:380], rtol=1e-9)
    assert chosen.inverse(np.array([-800.0, 800.0])).tolist() == [0.0, 1.0]
    assert chosen.estimate(np.zeros(1), np.zeros(1)) == 0.0


@pytest.mark.parametrize("name", ROWS)
def test_cells_are_the_groups(name):
    for scale in (1.0, 0.37):
        data = table(name)
        size = data["size"] * scale if name == "Poisson" else data["size"] * 1.0
        plan = hf.Model(LIKELIHOODS[name], POPULATION).explain(
            data | {"size": size}, y="y", group="g"
        )
        counts, cells = plan.statistics, plan.cells
        np.testing.assert_array_equal(cells.y[cells.cell], counts.y)
        np.testing.assert_array_equal(cells.size[cells.cell], counts.size)
        assert len({*zip(cells.y, cells.size, strict=True)}) == len(cells)
        np.testing.assert_array_equal(np.bincount(cells.cell), cells.mult)


def test_cells_by_place_and_by_order_are_the_same():
    plan = hf.Model(LIKELIHOODS["Binomial"], POPULATION).explain(
        table("Binomial"), y="y", group="g"
    )
    counts = plan.statistics
    one = compute_cells(counts, whole=True)
    huge = np.append(counts.size, 1e9), np.append(counts.y, 5e8), np.append(counts.rows, 1)
    labels = np.arange(len(huge[0]))
    two = compute_cells(type(counts)(labels, huge[1], huge[0], huge[2], "g", True), whole=True)
    np.testing.assert_array_equal(two.cell[:-1], one.cell)
    np.testing.assert_array_equal(two.y[:-1], one.y)


@pytest.mark.parametrize("name", ROWS)
def test_all_zeros_have_a_posterior(name):
    data = {"y": np.zeros(30), "size": np.full(30, 5)}
    model = hf.Model(LIKELIHOODS[name], POPULATION)
    with pytest.warns(hf.IdentificationWarning, match="all counts are 0"):
        plan = fit(name, data, draws=200).plan
    assert plan.quadrature_error < 1e-2
    with pytest.raises(ValueError, match="all counts are 0 and its prior is flat"):
        fit(name, data, model=hf.Model(model.likelihood, hf.Normal(hf.Flat(), hf.HalfNormal(1))))


BAD = {  # what is wrong: (likelihood, changes of the table, options, what the message says)
    "more than trials": ("Binomial", {"y": [1, 9]}, {}, r"y: row 1 is 9.0; .*at most the trials"),
    "negative": ("Binomial", {"y": [1, -1]}, {}, r"y: row 1 is -1.0; .*whole number"),
    "not 0 or 1": ("Bernoulli", {"y": [1, 2]}, {}, r"y: row 1 is 2.0; .*at most 1, the trials"),
    "half a success": ("Binomial", {"y": [0.5, 1]}, {}, r"y: row 0 is 0.5"),
    "half an event": ("Poisson", {"y": [0.5, 1]}, {}, r"y: row 0 is 0.5"),
    "half a trial": ("Binomial", {"size": [2.5, 3]}, {}, r"size: row 0 is 2.5; .*trials"),
    "no trials": ("Binomial", {"y": [0, 0], "size": [0, 0]}, {}, "all trials are 0"),
    "exposure 0": (
        "Poisson",
        {"size": [1, 0]},
        {},
        "size: row 1 is 0.0; .*positive, finite exposure",
    ),
    "exposure < 0": ("Poisson", {"size": [1, -2]}, {}, "size: row 1 is -2.0"),
    "endless exposure": ("Poisson", {"size": [1, np.inf]}, {}, "size: row 1 is inf"),
    "NaN": ("Poisson", {"y": [1, np.nan]}, {}, "y: row 1 is nan.*na='drop'"),
    "missing trials": ("Binomial", {"size": [np.nan, 3]}, {}, "size: row 0 is nan.*na='drop'"),
    "huge": ("Poisson", {"y": [1, 1e300]}, {}, "y: row 1 is 1e.300"),
    "lengths": ("Binomial", {"size": [4, 4, 4]}, {}, "columns differ in length"),
    "unknown scheme": ("Binomial", {}, {"scheme": "collapsed"}, "unknown scheme 'collapsed'"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_counts(case):
    name, change, options, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        fit(name, {"y": [1, 2], "size": [4, 4]} | change, **options)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: hf.Binomial(n=0), ValueError, "Binomial's n must be a whole number of trials"),
        (lambda: hf.Binomial(n=3, link="log"), ValueError, "must be one of 'logit', 'probit'"),
        (lambda: hf.Bernoulli(link=None), ValueError, "Bernoulli's link must be one of"),
        (
            lambda: hf.Model(hf.Bernoulli(link="probit"), hf.Beta(1, hf.Gamma(2, 1))),
            ValueError,
            "no probit link stands between them",
        ),
        (lambda: hf.Binomial(n=2.5), ValueError, "whole number of trials"),
        (lambda: hf.Binomial(n=hf.HalfNormal(1)), TypeError, "Binomial's n is data"),
        (lambda: hf.Poisson(exposure=-1), ValueError, "exposure must be positive"),
        (lambda: hf.Poisson(exposure=True), TypeError, "exposure is data"),
        (
            lambda: hf.Normal(hf.Binomial(n=2), 1),
            ValueError,
            "is a likelihood of rows, not a prior",
        ),
        (lambda: hf.Model(hf.Binomial(2), hf.Poisson()), ValueError, "Poisson is a likelihood"),
        (
            lambda: hf.Model(hf.Binomial(2), hf.Gamma(1, 1)),
            ValueError,
            "use one of Normal, StudentT, Logistic, TruncatedNormal, Beta",
        ),
        (lambda: hf.Model(hf.Beta(1, 1), POPULATION), ValueError, "not available as a likelihood"),
    ],
)
def test_bad_models_of_counts(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("mean", "spread", "y", "proper"),
    [
        (hf.Flat(), hf.HalfNormal(1), [1, 2, 0, 4], True),
        (hf.Flat(), hf.HalfCauchy(1), [0, 4, 0, 4], False),
        (hf.Flat(), hf.HalfNormal(1), [0, 4, 0, 4], True),
        (hf.Flat(), hf.Flat(), [1, 2, 3, 4], True),
        (hf.Flat(), hf.Flat(), [1, 2, 0, 4], False),
        (hf.Normal(0, 1), hf.Flat(), [1, 2, 0, 4], True),
        (hf.Normal(0, 1), hf.Flat(), [1, 0, 0, 4], False),
        (hf.Normal(0, 1), hf.Power(-1), [1, 2, 3, 1], False),
        (hf.Normal(0, 1), hf.HalfNormal(1), [4, 4, 4, 4], True),
        (hf.Flat(), hf.HalfNormal(1), [4, 4, 4, 4], False),
    ],
)
def test_improper_posteriors_of_counts_are_refused(mean, spread, y, proper):
    model = hf.Model(hf.Binomial(n=4), hf.Normal(mean, spread))
    if proper:
        assert np.isfinite(fit("", {"y": y}, model=model, draws=50).hyper["group_mu"]).all()
        return
    with pytest.raises(ValueError, match="improper"):
        fit("", {"y": y}, model=model)


def test_what_counts_cannot_tell_is_said():
    with pytest.warns(hf.IdentificationWarning, match="no group has both successes and failures"):
        fit("", {"y": [0, 1, 1]}, model=hf.Model(hf.Binomial(n=1), POPULATION), draws=50)


def test_statistics_of_normal_rows_are_refused():
    normal = hf.Statistics.from_summary(n=[2, 3], mean=[1.0, 2.0], sd=[1.0, 1.0])
    with pytest.raises(TypeError, match="Statistics are of Normal rows"):
        hf.Model(hf.Binomial(n=4), POPULATION).fit(normal)
    with pytest.raises(ValueError, match="column 'm'"):
        hf.Model(hf.Binomial(n=4), hf.Normal("m", 1)).fit({"y": [1], "m": [0.0]}, y="y")


def test_rows_with_missing_counts_are_dropped():
    data = {"y": [1.0, np.nan, 2.0, 3.0], "size": [4.0, 4.0, np.nan, 4.0]}
    found = fit("Binomial", data, na="drop", draws=50)
    assert len(found.groups) == 2
    assert "2 of 4 rows" in found.plan.dropped


def test_ridges_that_lean_are_followed():
    """Mostly zeros: mu and tau trade against each other far into both tails; by a grid of sums."""
    count = np.array([383.0, 14.0, 3.0])
    mu, log_tau = np.linspace(-18, -1.5, 150), np.linspace(np.log(1e-3), np.log(12), 200)
    z = np.linspace(-8.5, 8.5, 401)
    weight = np.exp(-0.5 * z * z) / np.exp(-0.5 * z * z).sum()
    log = np.empty((len(log_tau), len(mu)))
    for i, tau in enumerate(np.exp(log_tau)):
        eta = mu[:, None] + tau * z
        rows = [np.log(np.exp(k * eta - np.exp(eta)) @ weight) for k in range(3)]
        log[i] = count @ rows - 0.5 * (mu / 5) ** 2 - 0.5 * (tau / 2) ** 2 + log_tau[i]
    p = np.exp(log - log.max()).sum(axis=1)
    mean = p @ log_tau / p.sum()
    sd = np.sqrt(p @ (log_tau - mean) ** 2 / p.sum())
    model = hf.Model(hf.Poisson(), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
    found = fit("", {"y": np.repeat([0.0, 1.0, 2.0], [383, 14, 3])}, model=model)
    assert found.plan.phi.startswith("grid")
    draws = np.log(found.hyper["group_sigma"])
    assert abs(draws.mean() - mean) < 4.5 * sd / np.sqrt(diagnose.ess_mean(draws))
    assert abs(draws.std() / sd - 1) < 0.15
