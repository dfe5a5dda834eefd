"""Predictions and predictive checks against draws, mixtures, quadrature and simulation by hand."""

import warnings

import numpy as np
import pytest
from scipy import special as sp
from scipy import stats as st

import hierfast as hf
from hierfast import alike, checks, predict
from hierfast.stage_draws import Batches

LEVEL = 1e-4
SCHOOLS = hf.datasets.load("eight_schools")
MODEL = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
H, N = hf.HalfNormal(1), hf.Normal(0, 1)


@pytest.fixture(scope="module")
def fit():
    return MODEL.fit(SCHOOLS, y="effect", group="school", random_seed=1, progressbar=False)


def fitted(model, data, y="y", **other):
    return model.fit(
        data, y=y, random_seed=1, progressbar=False, **{"group": "g", "draws": 500} | other
    )


def near(found, want, error, most=4.5):
    assert np.all(np.abs(found - want) <= most * error + 1e-9), (found, want, error)


def test_means_of_fitted_groups_are_their_draws(fit):
    labels = ["H", "A", "C", "A"]
    found = fit.predict({"school": labels}, probs=[0.1, 0.9], random_seed=1)
    draws = fit.groups.draws(labels)
    flat = draws.reshape(-1, 4)
    np.testing.assert_allclose(found.mean, flat.mean(axis=0))
    np.testing.assert_allclose(found.sd, flat.std(axis=0))
    np.testing.assert_allclose(found.quantiles, np.quantile(flat, [0.1, 0.9], axis=0).T)
    assert found.group.tolist() == labels and not found.new.any() and found.count == 4000
    near(found.mean, fit.groups.mean[[7, 0, 2, 0]], found.mcse)


def quadrature():
    """Posterior of mu and tau on a grid, effects integrated out."""
    y, se = (np.asarray(SCHOOLS[k], dtype=float) for k in ("effect", "se"))
    mu = np.linspace(-25, 30, 221)[:, None]
    z = np.linspace(-12, 5, 400)  # log tau
    tau = np.exp(z)
    log = st.norm.logpdf(mu, 0, 5) + st.halfcauchy.logpdf(tau, 0, 5) + z
    for a, b in zip(y, se, strict=True):
        log = log + st.norm.logpdf(a, mu, np.sqrt(b * b + tau * tau))
    p = np.exp(log - log.max())
    return mu + 0 * tau, tau + 0 * mu, p / p.sum()


def test_new_groups_against_quadrature(fit):
    mu, tau, p = quadrature()
    rows = {"school": ["new"], "se": [12.0]}
    for kind, extra in (("mean", 0.0), ("outcome", 144.0)):
        found = fit.predict(rows, kind=kind, probs=[0.1, 0.5, 0.9], random_seed=2)
        assert found.new.all()
        mean = (p * mu).sum()
        near(found.mean, mean, found.mcse)
        for q, x, error in zip(
            found.probs, found.quantiles[0], found.quantile_mcse[0], strict=True
        ):
            below = (p * st.norm.cdf(x, mu, np.sqrt(tau**2 + extra))).sum()
            up = (p * st.norm.cdf(x + error, mu, np.sqrt(tau**2 + extra))).sum()
            assert abs(below - q) < 4.5 * max(up - below, 0.002)


def test_outcomes_are_a_mixture_of_normals(fit):
    found = fit.predict(SCHOOLS, kind="outcome", keep=True, random_seed=3)
    theta = fit.groups.draws().reshape(-1, 8)
    for j in (0, 5):
        some = np.sort(found.draws[:, :, j].ravel())[::40]
        cdf = st.norm.cdf(some[:, None], theta[:, j], SCHOOLS["se"][j]).mean(axis=1)
        place = (np.arange(len(some)) * 40 + 0.5) / 4000
        assert np.abs(cdf - place).max() < 2.2 / np.sqrt(4000)  # Kolmogorov's 1e-4
    near(found.mean, theta.mean(axis=0), 1e-9)  # of conditional means
    want = np.sqrt(theta.var(axis=0) + np.square(SCHOOLS["se"]))
    np.testing.assert_allclose(found.sd, want, rtol=0.05)


def test_rows_of_one_new_group_share_its_effect(fit):
    rows = {"school": ["x", "y", "x"], "se": [1e-6] * 3}
    draws = fit.predict(rows, kind="outcome", keep=True, random_seed=1).draws.reshape(-1, 3)
    np.testing.assert_allclose(draws[:, 0], draws[:, 2], atol=1e-4)
    given = (draws - fit.hyper["school_mu"].reshape(-1, 1)) / fit.hyper["school_sigma"].reshape(
        -1, 1
    )
    assert abs(np.corrcoef(given[:, :2].T)[0, 1]) < 0.07
    assert st.kstest(given[:, 0], st.norm.cdf).pvalue > LEVEL


G = ["a", "a", "b", "b", "c", "c", "d"]
COUNT, SIZE = [3, 1, 4, 0, 2, 5, 1], [6, 4, 9, 5, 4, 8, 3]
TIMES = [0.5, 1.2, 3.0, 0.2, 2.2, 1.0, 0.7]
CASES = {
    "binomial": (
        hf.Model(hf.Binomial(n="n"), hf.Normal(0, H)),
        COUNT,
        lambda x, hyper, n: n * sp.expit(x),
        lambda x, hyper, n: st.binom(n, sp.expit(x)),
    ),
    "beta": (
        hf.Model(hf.Binomial(n="n"), hf.Beta(hf.Exponential(1), 2)),
        COUNT,
        lambda x, hyper, n: n * x,
        lambda x, hyper, n: st.binom(n, x),
    ),
    "gamma": (
        hf.Model(hf.Poisson(exposure="n"), hf.Gamma(2, hf.Exponential(1))),
        COUNT,
        lambda x, hyper, n: n * x,
        lambda x, hyper, n: st.poisson(n * x),
    ),
    "inverse gamma": (
        hf.Model(hf.Weibull(hf.LogNormal(0, 0.3)), hf.InverseGamma(3, hf.Exponential(1))),
        TIMES,
        lambda x, hyper, n: x * sp.gamma(1 + 1 / hyper["alpha"]),
        lambda x, hyper, n: st.weibull_min(hyper["alpha"], 0, x),
    ),
    "negative binomial": (
        hf.Model(hf.NegativeBinomial(hf.LogNormal(1, 0.3), exposure="n"), hf.Normal(-1, H)),
        COUNT,
        lambda x, hyper, n: n * np.exp(x),
        lambda x, hyper, n: st.nbinom(
            hyper["alpha"], hyper["alpha"] / (hyper["alpha"] + n * np.exp(x))
        ),
    ),
    "student": (
        hf.Model(hf.StudentT(4, sigma=hf.HalfNormal(1)), hf.Normal(0, H)),
        TIMES,
        lambda x, hyper, n: x,
        lambda x, hyper, n: st.t(4, x, hyper["sigma"]),
    ),
    "mixture": (
        hf.Model(hf.Normal(sigma=1), hf.Mixture([hf.PointMass(0), hf.Normal(0, 2)])),
        TIMES,
        lambda x, hyper, n: x,
        lambda x, hyper, n: st.norm(x, 1),
    ),
    "grid": (
        hf.Model(hf.Normal(sigma=1), hf.Grid(-3, 3, points=13)),
        TIMES,
        lambda x, hyper, n: x,
        lambda x, hyper, n: st.norm(x, 1),
    ),
    "linear": (
        hf.Model(hf.Binomial(n="n"), hf.Normal(hf.Linear("1 + x", N), H)),
        COUNT,
        lambda x, hyper, n: n * sp.expit(x),
        lambda x, hyper, n: st.binom(n, sp.expit(x)),
    ),
}


@pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
@pytest.mark.parametrize("name", CASES)
def test_families(name):
    """Of groups that were fitted: effects as the fit draws them, outcomes by SciPy."""
    model, y, mean, law = CASES[name]
    table = {"g": G, "y": y, "n": SIZE, "x": [1, 1, 0, 0, -1, -1, 2]}
    fit = fitted(model, table)
    rows = {"g": ["d", "a", "b"], "n": [7, 2, 5]}
    x = np.moveaxis(fit.groups.draws(rows["g"]), -1, 0).reshape(3, -1)
    hyper = {k: v.ravel() for k, v in fit.hyper.items()}
    found = fit.predict(rows, random_seed=1)
    n = np.array(rows["n"])[:, None]
    want = mean(x, hyper, n)
    np.testing.assert_allclose(found.mean, want.mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose(found.sd, want.std(axis=1), rtol=1e-9)
    out = fit.predict(rows, kind="outcome", keep=True, random_seed=1)
    np.testing.assert_allclose(out.mean, found.mean, rtol=1e-9)
    drawn, given = np.moveaxis(out.draws, -1, 0).reshape(3, -1), law(x, hyper, n)
    u = given.cdf(drawn)
    if y is COUNT:  # uniform once ties are spread out
        u -= np.random.default_rng(2).random(u.shape) * given.pmf(drawn)
    assert st.kstest(u.ravel(), st.uniform.cdf).pvalue > LEVEL


def test_new_groups_need_what_the_location_reads():
    table = {"g": G, "y": COUNT, "n": SIZE, "x": [1, 1, 0, 0, -1, -1, 2]}
    fit = fitted(CASES["linear"][0], table)
    rows = {"g": ["a", "new", "new"], "n": [5, 5, 5], "x": [1, 3, 3]}
    found = fit.predict(rows, keep=True, random_seed=1)
    b0, b1 = (fit.hyper[f"g_mu_{k}"].ravel() for k in ("Intercept", "x"))
    z = (sp.logit(found.draws[:, :, 1].ravel() / 5) - b0 - 3 * b1) / fit.hyper["g_sigma"].ravel()
    assert st.kstest(z, st.norm.cdf).pvalue > LEVEL
    alone = fit.predict(
        {k: rows[k] for k in ("g", "n")}, groups={"g": ["new", "a"], "x": [3, 0]}, random_seed=1
    )
    np.testing.assert_array_equal(alone.mean, found.mean)
    with pytest.raises(KeyError, match="no column 'x'"):
        fit.predict({"g": ["a", "new"], "n": [5, 5]})
    fit.predict({"g": ["a"], "n": [5]})
    with pytest.raises(ValueError, match=r"'x' varies within the group 'new'"):
        fit.predict(rows | {"x": [1, 3, 4]})


def test_known_locations():
    table = {"g": ["a", "b", "c"], "y": [1.0, 4.0, 2.0], "x": [1.0, 3.0, 2.0]}
    fit = fitted(hf.Model(hf.Normal(sigma=0.5), hf.Normal("x", hf.HalfNormal(0.1))), table)
    found = fit.predict({"g": ["z"], "x": [50.0]}, random_seed=1)
    near(found.mean, 50.0, found.mcse)
    assert found.sd[0] < 0.3


def test_scales_that_differ_by_group():
    rng = np.random.default_rng(5)
    g = np.repeat(["a", "b", "c", "d"], 12)
    scale = np.repeat([0.3, 1.0, 3.0, 1.0], 12)
    table = {"g": g, "y": rng.normal(0, scale)}
    likelihood = hf.Normal(variance=hf.each(hf.InverseGamma(2, hf.Exponential(1))))
    fit = fitted(hf.Model(likelihood, hf.Normal(N, H)), table, draws=200)
    out = fit.predict({"g": ["c", "a", "z"]}, kind="outcome", keep=True, random_seed=1)
    theta, variance = (t.draws(["c", "a"]).reshape(-1, 2) for t in fit.terms.values())
    z = (out.draws[:, :, :2].reshape(-1, 2) - theta) / np.sqrt(variance)
    assert st.kstest(z.ravel(), st.norm.cdf).pvalue > LEVEL
    # A new group: a Student-t given beta, the variance integrated out, about a new effect.
    h = {k: v.ravel() for k, v in fit.hyper.items()}
    noise = np.random.default_rng(1)
    own = noise.normal(h["g_mu"], h["g_sigma"]) + np.sqrt(
        h["variance_beta"] / 2
    ) * noise.standard_t(4, 800)
    assert st.ks_2samp(out.draws[:, :, 2].ravel(), own).pvalue > LEVEL


def test_ordered_categories():
    g, y = np.repeat(["a", "b", "c"], 6), [0, 1, 2, 2, 1, 0, 2, 2, 2, 1, 2, 0, 0, 0, 1, 1, 0, 2]
    fit = fitted(
        hf.Model(hf.OrderedLogistic(hf.Normal(0, 3), categories=3), hf.Normal(0, H)),
        {"g": g, "y": y},
    )
    found = fit.predict({"g": ["b"]}, kind="outcome", keep=True, random_seed=1)
    x = fit.groups.draws(["b"])[:, :, 0]
    above = [sp.expit(x - fit.hyper[f"cutpoints[{k}]"]) for k in (0, 1)]
    near(found.mean, (above[0] + above[1]).mean(), 1e-9)
    for k in (0, 1):
        near((found.draws[:, :, 0] > k).mean(), above[k].mean(), np.sqrt(0.25 / 2000))


def test_shares():
    data = {"g": ["a", "b", "c"], "r": [3, 0, 8], "s": [1, 6, 2]}
    model = hf.Model(hf.Multinomial(), hf.Dirichlet([hf.Exponential(1), 2]))
    fit = fitted(model, data, y=["r", "s"])
    p = fit.groups.draws(["b", "a"]).reshape(-1, 2, 2)
    found = fit.predict({"g": ["b", "a", "z"]}, random_seed=1)
    np.testing.assert_allclose(found.mean[:2], p.mean(axis=0))
    assert found.quantiles.shape == (3, 2, 3) and found.to_pandas().shape == (6, 8)
    new = fit.hyper["g_alpha[r]"] / (fit.hyper["g_alpha[r]"] + 2)
    near(found.mean[2, 0], new.mean(), found.mcse[2, 0])
    trials = fit.predict({"g": ["b"], "r": [4], "s": [3]}, y=["r", "s"], kind="outcome", keep=True)
    assert (trials.draws.sum(axis=-1) == 7).all()
    check = fit.posterior_predictive(data, statistic=lambda y, codes: y[:, 0].max(), draws=200)
    assert check.replicated["<lambda>"].shape == (4, 50)


def test_cores_blocks_and_seeds(fit, monkeypatch):
    rows = {"school": list("ABxyCDzHxGw"), "se": np.arange(1.0, 12)}
    many = MODEL.fit(SCHOOLS, y="effect", group="school", random_seed=1, progressbar=False, cores=3)
    one, two = (f.predict(rows, kind="outcome", random_seed=4) for f in (fit, many))
    np.testing.assert_array_equal(one.quantiles, two.quantiles)
    assert (one.sd != fit.predict(rows, kind="outcome", random_seed=5).sd).all()
    monkeypatch.setattr(predict, "ROWS", 4000)  # a row a block
    cut = fit.predict(rows, random_seed=4)
    whole = [3, 2]
    np.testing.assert_array_equal(cut.new, one.new)
    old = ~one.new
    np.testing.assert_allclose(cut.mean[old], one.mean[old], rtol=1e-12)
    assert cut.mean[2] == cut.mean[8] and cut.mean[3] != cut.mean[2], whole
    few = fit.predict(rows, draws=100, random_seed=4)
    assert few.count == 100 and (few.mcse > cut.mcse).all()


def test_batches_against_independent_draws():
    x = np.random.default_rng(1).normal(size=(300, 4000))
    batches = Batches(4, 1000)
    mean, error = batches.read(x)
    assert abs((mean / error).std() - 1) < 0.2
    q, off = batches.quantiles(x, (0.1,))
    np.testing.assert_allclose(q[:, 0], np.quantile(x, 0.1, axis=1), rtol=1e-12)
    assert 0.8 < ((q - st.norm.ppf(0.1)) / off).std() < 1.25
    walk = x.copy()
    for t in range(1, 4000):
        walk[:, t] += 0.9 * walk[:, t - 1]
    mean, error = batches.read(walk)
    assert abs((mean / error).std() - 1) < 0.3


def test_printed(fit):
    found = fit.predict({"school": ["A"] * 30 + ["q"]}, random_seed=1)
    assert repr(found).startswith(
        "Prediction of the mean of 31 rows, 1 of them of new groups; 4,000 joint"
    )
    assert len(repr(found).splitlines()) == 11
    assert list(found.to_pandas()) == ["group", "new", "mean", "sd", "mcse", "5%", "50%", "95%"]
    check = fit.posterior_predictive(SCHOOLS, random_seed=1)
    assert repr(check).splitlines()[0] == "4,000 replications of rows in same groups"
    assert list(check.to_pandas().index) == ["mean", "sd", "min", "max"]


def test_replication_by_hand():
    table = {"g": G, "y": COUNT, "n": SIZE}
    fit = fitted(CASES["binomial"][0], table, draws=1000)
    code = np.array([0, 0, 1, 1, 2, 2, 3])
    rng, x = np.random.default_rng(9), fit.groups.draws().reshape(-1, 4)
    new = rng.normal(0, fit.hyper["g_sigma"].reshape(-1, 1), x.shape)
    means = lambda y: np.stack([y[:, code == k].mean(axis=1) for k in range(4)], axis=1)  # noqa: E731
    by_hand = {
        "mean": lambda y: y.mean(axis=1),
        "sd": lambda y: y.std(axis=1),
        "min": lambda y: y.min(axis=1),
        "max": lambda y: y.max(axis=1),
        "zeros": lambda y: (y == 0).mean(axis=1),
        "max_group_mean": lambda y: means(y).max(axis=1),
        "min_group_mean": lambda y: means(y).min(axis=1),
        "sd_group_means": lambda y: means(y).std(axis=1),
    }
    assert list(by_hand) == list(checks.STATISTICS)
    for replicate, theta in (("same", x), ("new", new)):
        y = rng.binomial(SIZE, sp.expit(theta[:, code]))
        found = fit.posterior_predictive(
            table, statistic=list(by_hand), replicate=replicate, random_seed=1
        )
        for name, function in by_hand.items():
            seen = function(np.array([COUNT], dtype=float))[0]
            own = function(y)
            assert found.observed[name] == pytest.approx(seen)
            p, mid = (own >= seen - 1e-12).mean(), (own > seen + 1e-12).mean()
            error = max(found.mcse[name], 0.002) * np.sqrt(2)
            near(found.p_value[name], p, error)
            near(found.p_mid[name], 0.5 * (p + mid), error)
            near(found.replicated[name].mean(), own.mean(), 2 * own.std() / np.sqrt(4000))


def test_replicates_kept_and_cut(monkeypatch):
    table = {"g": G, "y": TIMES, "c": [0, 0, 1, 0, 0, 0, 0], "w": [1, 2, 1, 1, 1, 0, 1]}
    model = hf.Model(hf.Exponential(censored="c", weights="w"), hf.Gamma(2, 2))
    fit = fitted(model, table, draws=100)
    check = fit.posterior_predictive(table, statistic=len_of, keep=True, random_seed=1)
    assert check.y.shape == (4, 100, 7) and check.observed == {"len_of": 7.0}
    assert check.y[:, :, 3].max() == 3.0  # the censored row, after one of weight 2
    monkeypatch.setattr(checks, "ROWS", 70)
    other = fit.posterior_predictive(table, statistic="max", random_seed=1)
    assert other.replicated["max"].shape == (4, 100)


def len_of(y, codes):
    return len(y) if codes.max() == 3 else np.nan


def test_p_values_are_uniform_where_nothing_is_unknown():
    model, rng = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 2)), np.random.default_rng(3)
    g = np.repeat(np.arange(5), 3)
    new, same = [], []
    for _ in range(120):
        y = rng.normal(rng.normal(0, 2, 5)[g], 1)
        fit = model.fit(
            {"g": g, "y": y}, y="y", group="g", draws=50, random_seed=1, progressbar=False
        )
        for to, replicate in ((new, "new"), (same, "same")):
            check = fit.posterior_predictive(
                {"g": g, "y": y},
                statistic="max",
                replicate=replicate,
                random_seed=int(rng.integers(1e9)),
            )
            to.append(check.p_value["max"])
    assert st.kstest(new, st.uniform.cdf).pvalue > LEVEL
    assert np.std(same) < 0.22 < np.std(new)  # of the data used twice: closer to one half


def test_a_bad_model_is_seen():
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(40), 5)
    y = rng.poisson(3, 200) * (rng.random(200) < 0.5)
    fit = fitted(hf.Model(hf.Poisson(), hf.Normal(N, H)), {"g": g, "y": y}, draws=200)
    check = fit.posterior_predictive({"g": g, "y": y}, statistic=["zeros", "mean"], random_seed=1)
    assert check.p_value["zeros"] < 0.01 and 0.1 < check.p_value["mean"] < 0.9
    assert check.mcse["zeros"] > 0


def test_groups_of_arrays():
    y = [1.0, 2.0, 4.0]
    fit = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1)).fit(
        {"y": y}, y="y", draws=50, progressbar=False
    )
    with pytest.raises(TypeError, match="group is missing: the fit was not given the name"):
        fit.predict({"a": [1]})
    found = fit.predict({"a": [1, 1]}, group=[2, 7])
    assert found.new.tolist() == [False, True]
    assert fit.posterior_predictive({"y": y}).observed["max"] == 4


WRONG = {
    "kind": (
        lambda f: f.predict(SCHOOLS, kind="draws"),
        ValueError,
        "kind must be 'mean' or 'outcome'",
    ),
    "probs": (lambda f: f.predict(SCHOOLS, probs=[0.5, 1]), ValueError, "probs must lie strictly"),
    "draws": (lambda f: f.predict(SCHOOLS, draws=0), ValueError, "draws must be a whole number"),
    "few": (lambda f: f.predict(SCHOOLS, draws=8), ValueError, "draws must be 4 a chain at least"),
    "se": (lambda f: f.predict({"school": ["A"]}, kind="outcome"), KeyError, "no column 'se'"),
    "group": (lambda f: f.predict({"se": [1.0]}), KeyError, "no column 'school'"),
    "labels": (
        lambda f: f.predict({"school": [1]}),
        TypeError,
        "one kind in the data .such as 1. and",
    ),
    "statistics": (
        lambda f: f.predict(hf.Statistics.from_summary(n=[3], mean=[1.0], sd=[1.0])),
        TypeError,
        "Statistics have added them up",
    ),
    "negative": (
        lambda f: f.predict({"school": ["A"], "se": [-1.0]}, kind="outcome"),
        ValueError,
        "se: row 0 is -1.0; it must be a positive",
    ),
    "statistic": (
        lambda f: f.posterior_predictive(SCHOOLS, statistic="kurtosis"),
        ValueError,
        "statistic must be a function, or one of 'mean'",
    ),
    "statistic type": (
        lambda f: f.posterior_predictive(SCHOOLS, statistic=[3]),
        TypeError,
        "statistic must be a name or a function; got 3",
    ),
    "vector": (
        lambda f: f.posterior_predictive(SCHOOLS, statistic=lambda y, c: y),
        ValueError,
        "must give one number",
    ),
    "replicate": (
        lambda f: f.posterior_predictive(SCHOOLS, replicate="both"),
        ValueError,
        "replicate must be 'same' or 'new'",
    ),
    "other groups": (
        lambda f: f.posterior_predictive({"school": ["A", "Z"], "effect": [1, 2], "se": [3, 3]}),
        ValueError,
        "the group 'Z' of school was not fitted .1 of 2 groups",
    ),
    "no outcome": (
        lambda f: f.posterior_predictive({"school": ["A"], "se": [3]}),
        KeyError,
        "no column 'effect'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(fit, name):
    call, error, text = WRONG[name]
    with pytest.raises(error, match=text):
        call(fit)


@pytest.mark.parametrize("name", ["sizes", "errors", "counts", "times"])
@pytest.mark.parametrize("kind", ["mean", "outcome"])
def test_rows_alike_are_made_once(name, kind, monkeypatch):
    """Of groups by themselves, and of others, against draws of each: within their errors."""
    rng, groups = np.random.default_rng(31), 2500
    for module in (alike, predict):
        monkeypatch.setattr(module, "MOST", 500)
    g = np.repeat(np.arange(groups), rng.integers(1, 4, groups))
    effect = rng.normal(size=groups)[g]
    table = {"g": g, "se": rng.uniform(0.5, 2, len(g)), "n": rng.integers(1, 4, len(g))}
    table["y"] = effect + rng.normal(size=len(g)) * table["se"]
    rows = {
        "sizes": hf.Normal(sigma=hf.HalfNormal(2)),
        "errors": hf.Normal(sigma="se"),
        "counts": hf.Binomial(n="n"),
        "times": hf.Exponential(),
    }[name]
    if name == "counts":
        table["y"] = rng.binomial(table["n"], 1 / (1 + np.exp(-effect)))
    if name == "times":
        table["y"] = np.ceil(rng.exponential(np.exp(-0.3 * effect)) * 3)
    made = fitted(hf.Model(rows, hf.Normal(N, H)), table, group="g", draws=100)
    new = {"g": np.append(rng.permutation(groups), [-1, -2]), "n": rng.integers(1, 4, groups + 2)}
    if kind == "outcome":
        new["se"] = np.full(groups + 2, 1.0)
    ways = []
    for many in (1000, 10**9):
        monkeypatch.setattr(predict, "MANY", many)
        ways.append(made.predict(new, kind=kind, random_seed=1))
    few, all_ = ways
    assert few.count == all_.count == 400 and (few.new == all_.new).all()
    error = np.hypot(few.mcse, all_.mcse)
    off = (few.mean - all_.mean) / error
    assert (few.mcse > 0).all() and abs(off).max() < 5.5
    assert np.corrcoef(few.mean, all_.mean)[0, 1] > (0.7 if name == "times" else 0.98)
    np.testing.assert_allclose(few.sd, all_.sd, rtol=0.5 if name == "times" else 0.3)
    step = 1.0 if kind == "outcome" and name == "counts" else 0.0
    wide = 5.5 * np.hypot(few.quantile_mcse, all_.quantile_mcse) + step + 0.02
    assert (abs(few.quantiles - all_.quantiles) < wide).mean() > 0.999


EXPONENTIAL = {"g": ["a", "b", "b", "c"], "y": [1.0, 3.0, 2.0, 4.0], "c": [0, 0, 0, 1]}
TWO = {"g": ["a", "a", "b"], "y": [0.0, 1.0, 2.0]}


@pytest.mark.parametrize(
    ("model", "table", "kind", "mean", "sd"),
    [  # of a, b, c, where there is one, and a new group: 2 events, 1 and none, or rows
        (hf.Model(hf.Exponential(censored="c"), hf.Gamma(0.5, 1)), 0, "mean", "0011", "1011"),
        (hf.Model(hf.Exponential(censored="c"), hf.Gamma(1.5, 1)), 0, "mean", "0000", "0011"),
        (hf.Model(hf.Exponential(censored="c"), hf.Gamma(2.5, 1)), 0, "mean", "0000", "0000"),
        (hf.Model(hf.Exponential(censored="c"), hf.StudentT(3, 0, 1)), 0, "mean", "0011", "1011"),
        (hf.Model(hf.Exponential(censored="c"), hf.Logistic(0, 0.7)), 0, "mean", "0000", "0011"),
        (
            hf.Model(hf.Exponential(censored="c"), hf.InverseGamma(0.1, 1)),
            0,
            "mean",
            "0000",
            "0000",
        ),
        (hf.Model(hf.Normal(sigma=1), hf.StudentT(1.5, 0, 1)), 1, "mean", "000", "001"),
        (hf.Model(hf.Normal(sigma=1), hf.StudentT(0.9, 0, 1)), 1, "outcome", "001", "001"),
        (hf.Model(hf.StudentT(1.5, sigma=1), hf.Normal(0, 1)), 1, "mean", "000", "000"),
        (hf.Model(hf.StudentT(1.5, sigma=1), hf.Normal(0, 1)), 1, "outcome", "000", "111"),
        (hf.Model(hf.StudentT(0.4, sigma=1), hf.StudentT(0.5, 0, 1)), 1, "mean", "001", "011"),
        (
            hf.Model(hf.Normal(precision=hf.each(hf.Gamma(0.4, 1))), hf.Normal(0, 1)),
            1,
            "outcome",
            "000",
            "011",
        ),
        (
            hf.Model(hf.Normal(variance=hf.each(hf.InverseGamma(0.4, 1))), hf.Normal(0, 1)),
            1,
            "outcome",
            "000",
            "011",
        ),
    ],
)
def test_which_moments_of_rows_exist(model, table, kind, mean, sd):
    """By integrals done by hand: a power of the effect times how likelihood and population fall off."""
    rows = (EXPONENTIAL, TWO)[table]
    fit = model.fit(rows, y="y", group="g", random_seed=1, draws=20, tune=20, progressbar=False)
    new = {"g": [*sorted(set(rows["g"])), "new"]}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = fit.predict(new, kind=kind, random_seed=1)
    lacking = [flag == "1" for flag in mean]
    np.testing.assert_array_equal(~np.isfinite(found.mean), lacking)
    np.testing.assert_array_equal(~np.isfinite(found.sd), [flag == "1" for flag in sd])
    said = [str(w.message) for w in caught if w.category is hf.IdentificationWarning]
    assert bool(said) == ("1" in sd)
    assert np.isfinite(found.quantiles).all()
    if any(lacking):
        assert np.isinf(found.mean[lacking]).all() == (table == 0)
        assert ("does not exist" in said[-1]) == (table == 1)


def test_infinite_moments_of_rows_are_said():
    """A Student-t population of logarithms: a rate that no row bounds has no mean."""
    model = hf.Model(hf.Poisson(), hf.StudentT(4, 0, hf.HalfNormal(1)))
    fit = model.fit(
        {"g": ["a", "b", "c"], "y": [1, 3, 2]}, y="y", group="g", random_seed=1, progressbar=False
    )
    assert np.isfinite(fit.predict({"g": ["a", "b"]}, random_seed=1).mean).all()
    with pytest.warns(hf.IdentificationWarning, match="mean of 1 and the sd of 1 of 2 predicted"):
        found = fit.predict({"g": ["new", "a"]}, random_seed=1)
    assert np.isinf(found.mean[0]) and np.isinf(found.sd[0]) and np.isinf(found.mcse[0])
    assert np.isfinite(found.quantiles).all() and np.isfinite(found.mean[1])
