"""Simulation of all three stages: every family against SciPy, prior predictives against closed forms."""

import numpy as np
import pytest
from scipy import special as sp
from scipy import stats as st

import hierfast as hf
from hierfast.distributions.likelihood import Rows
from hierfast.grammar import build_graph
from hierfast.hyper import columns_of, draw_hyper, find_chains
from hierfast.prior_predictive import name_graph
from hierfast.schemes import PAIRS
from hierfast.simulate import Stages

LEVEL = 1e-4  # of every test of significance
MANY = 8000
ETA = np.array([[-0.6], [0.9]])  # two draws of the hyperparameters
CUTS = [np.array([[-1.0], [-0.2]]), np.array([[0.4], [1.5]])]


def par(a, b):
    return np.array([[a], [b]])


class Inflated:
    """A law that is 0 with probability 1 - psi."""

    def __init__(self, law, psi):
        self.law, self.psi = law, psi

    def pmf(self, k):
        return self.psi * self.law.pmf(k) + (1 - self.psi) * (k == 0)


class Ordered:
    def __init__(self, eta, cuts):
        below = np.concatenate([[0.0], sp.expit(np.array(cuts) - eta), [1.0]])
        self.p = np.diff(below)

    def pmf(self, k):
        return np.where(k < len(self.p), self.p[np.minimum(k, len(self.p) - 1)], 0.0)


# name -> likelihood, size, parameters (2, 1), law of rows at effect eta and draw d
ROWS = {
    "Normal": (hf.Normal(sigma=1), 1, [par(0.5, 2)], lambda e, d: st.norm(e, (0.5, 2)[d])),
    "StudentT": (
        hf.StudentT(4, sigma=1),
        1,
        [par(3, 8), par(0.5, 2)],
        lambda e, d: st.t((3, 8)[d], e, (0.5, 2)[d]),
    ),
    "Binomial": (hf.Binomial(n=9), 9, [], lambda e, d: st.binom(9, sp.expit(e))),
    "Binomial probit": (
        hf.Binomial(n=9, link="probit"),
        9,
        [],
        lambda e, d: st.binom(9, st.norm.cdf(e)),
    ),
    "Binomial cloglog": (
        hf.Binomial(n=9, link="cloglog"),
        9,
        [],
        lambda e, d: st.binom(9, -np.expm1(-np.exp(e))),
    ),
    "Bernoulli": (hf.Bernoulli(), 1, [], lambda e, d: st.bernoulli(sp.expit(e))),
    "Poisson": (hf.Poisson(exposure=3), 3, [], lambda e, d: st.poisson(3 * np.exp(e))),
    "NegativeBinomial": (
        hf.NegativeBinomial(1, exposure=3),
        3,
        [par(0.7, 6)],
        lambda e, d: st.nbinom((0.7, 6)[d], (0.7, 6)[d] / ((0.7, 6)[d] + 3 * np.exp(e))),
    ),
    "ZeroInflatedPoisson": (
        hf.ZeroInflatedPoisson(0.5, exposure=3),
        3,
        [par(0.4, 0.8)],
        lambda e, d: Inflated(st.poisson(3 * np.exp(e)), (0.4, 0.8)[d]),
    ),
    "ZeroInflatedBinomial": (
        hf.ZeroInflatedBinomial(0.5, n=9),
        9,
        [par(0.4, 0.8)],
        lambda e, d: Inflated(st.binom(9, sp.expit(e)), (0.4, 0.8)[d]),
    ),
    "Exponential": (hf.Exponential(), 1, [], lambda e, d: st.expon(0, np.exp(-e))),
    "Weibull": (
        hf.Weibull(1),
        1,
        [par(0.8, 2.5)],
        lambda e, d: st.weibull_min((0.8, 2.5)[d], 0, np.exp(e)),
    ),
    "Gamma": (
        hf.Gamma(1),
        1,
        [par(0.8, 2.5)],
        lambda e, d: st.gamma((0.8, 2.5)[d], 0, np.exp(e) / (0.8, 2.5)[d]),
    ),
    "OrderedLogistic": (
        hf.OrderedLogistic([0, 1]),
        1,
        CUTS,
        lambda e, d: Ordered(e, [c[d, 0] for c in CUTS]),
    ),
}


def p_value(y, law):
    """Of draws against a law, continuous or of counts."""
    if hasattr(law, "cdf") and not hasattr(law, "pmf"):
        return st.kstest(y, law.cdf).pvalue
    top = int(y.max()) + 1
    expected = len(y) * np.array([law.pmf(k) for k in range(top)])
    cut = np.searchsorted(np.cumsum(expected), len(y) - 10)
    seen = np.bincount(np.minimum(y.astype(int), cut), minlength=cut + 1)
    want = np.append(expected[:cut], len(y) - expected[:cut].sum())
    some = want > 5
    seen, want = np.append(seen[some], seen[~some].sum()), np.append(want[some], want[~some].sum())
    if want[-1] < 1e-9:
        seen, want = seen[:-1], want[:-1]
    return st.chi2.sf(((seen - want) ** 2 / want).sum(), len(want) - 1)


def test_every_likelihood_is_here():
    assert {name.split()[0] for name in ROWS} | {"Multinomial"} == {rows for rows, _ in PAIRS}


@pytest.mark.parametrize("name", ROWS)
def test_rows(name):
    likelihood, size, parameters, law = ROWS[name]
    rows = Rows(ETA + np.zeros((2, MANY)), np.array([float(size)]), tuple(parameters))
    y = likelihood.simulate_rows(np.random.default_rng(1), rows)
    mean = np.broadcast_to(likelihood.mean_of_rows(rows), y.shape)
    assert y.shape == (2, MANY) and y.dtype == np.float64
    for d in (0, 1):
        known = law(ETA[d, 0], d)
        assert p_value(y[d], known) > LEVEL
        k = np.arange(4000)
        exact = known.mean() if hasattr(known, "mean") else (k * np.array(known.pmf(k))).sum()
        np.testing.assert_allclose(mean[d], exact, rtol=1e-9)
        few = y[d, :50]
        log = likelihood.log_rows(few, Rows(ETA[:, :1], rows.size, rows.parameters))[d]
        want = (
            known.logpdf(few) if not hasattr(known, "pmf") else np.log(known.pmf(few.astype(int)))
        )
        np.testing.assert_allclose(log, want, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("Exponential", st.expon(0, np.exp(-0.9))),
        ("Weibull", st.weibull_min(2.5, 0, np.exp(0.9))),
        ("Gamma", st.gamma(2.5, 0, np.exp(0.9) / 2.5)),
    ],
)
def test_censored_rows(name, law):
    likelihood, _, parameters, _ = ROWS[name]
    y, cut = np.array([0.3, 2.0, 7.0]), np.array([True, False, True])
    rows = Rows(ETA, np.ones(1), tuple(parameters))
    want = np.where(cut, law.logsf(y), law.logpdf(y))
    wide = rows._replace(eta=ETA + np.zeros(3))
    np.testing.assert_allclose(likelihood.log_rows(y, wide, cut)[1], want, rtol=1e-9)


def test_multinomial_rows():
    p = np.broadcast_to([[[0.2, 0.5, 0.3]], [[0.1, 0.1, 0.8]]], (2, MANY, 3))
    rows = Rows(p, np.full(MANY, 7.0), ())
    y = hf.Multinomial().simulate_rows(np.random.default_rng(1), rows)
    assert (y.sum(axis=-1) == 7).all()
    for d, k in np.ndindex(2, 3):
        assert p_value(y[d, :, k], st.binom(7, p[d, 0, k])) > LEVEL
    cov = np.cov(y[0, :, :2].T)[0, 1]
    assert abs(cov + 7 * 0.2 * 0.5) < 0.06
    log = hf.Multinomial().log_rows(y[:, :3], rows._replace(eta=p[:, :3]))
    np.testing.assert_allclose(log[1], st.multinomial.logpmf(y[1, :3], 7, p[1, 0]), rtol=1e-9)


# name -> population, unknowns (2 draws) in their order, law of effects at draw d
E, H = hf.Exponential(1), hf.HalfNormal(1)
N = hf.Normal(0, 1)
POPULATIONS = {
    "Normal": (hf.Normal(N, H), [[-1, 3], [0.5, 2]], lambda d: st.norm((-1, 3)[d], (0.5, 2)[d])),
    "Normal precision": (
        hf.Normal(N, precision=E),
        [[-1, 3], [4, 0.25]],
        lambda d: st.norm((-1, 3)[d], (0.5, 2)[d]),
    ),
    "StudentT": (
        hf.StudentT(E, N, H),
        [[3, 9], [-1, 3], [0.5, 2]],
        lambda d: st.t((3, 9)[d], (-1, 3)[d], (0.5, 2)[d]),
    ),
    "Logistic": (
        hf.Logistic(N, H),
        [[-1, 3], [0.5, 2]],
        lambda d: st.logistic((-1, 3)[d], (0.5, 2)[d]),
    ),
    "TruncatedNormal": (
        hf.TruncatedNormal(N, H, lower=0, upper=4),
        [[-1, 3], [0.5, 2]],
        lambda d: st.truncnorm(*(((2, 10), (-1.5, 0.5))[d]), (-1, 3)[d], (0.5, 2)[d]),
    ),
    "Beta": (hf.Beta(E, E), [[0.5, 3], [2, 4]], lambda d: st.beta((0.5, 3)[d], (2, 4)[d])),
    "Beta mean": (
        hf.Beta(mean=hf.Uniform(0, 1), concentration=E),
        [[0.2, 0.6], [2.5, 7]],
        lambda d: st.beta((0.5, 4.2)[d], (2, 2.8)[d]),
    ),
    "Gamma": (
        hf.Gamma(E, mean=E),
        [[0.5, 3], [2, 4]],
        lambda d: st.gamma((0.5, 3)[d], 0, (4, 4 / 3)[d]),
    ),
    "InverseGamma": (
        hf.InverseGamma(E, E),
        [[2.5, 6], [2, 4]],
        lambda d: st.invgamma((2.5, 6)[d], 0, (2, 4)[d]),
    ),
}


@pytest.mark.parametrize("name", POPULATIONS)
def test_effects(name):
    population, x, law = POPULATIONS[name]
    rows = hf.ZeroInflatedBinomial(0.5, n=2) if name[0] == "B" else hf.Exponential()
    rows = hf.Normal(sigma=1) if name.startswith("Norm") else rows
    stages = Stages(rows, build_graph(rows, population), np.array(x, dtype=float))
    theta = stages.draw_effects(np.random.default_rng(2), MANY)
    log = stages.log_effects(theta[:, :20])
    for d in (0, 1):
        assert st.kstest(theta[d], law(d).cdf).pvalue > LEVEL
        np.testing.assert_allclose(log[d], law(d).logpdf(theta[d, :20]), rtol=1e-9, atol=1e-12)


def test_every_population_is_here():
    here = {name.split()[0] for name in POPULATIONS} | {"Mixture", "Dirichlet", "Grid"}
    assert here == {groups for _, groups in PAIRS}


def test_mixture():
    kinds = hf.Mixture(
        [hf.PointMass(0.5), hf.Normal(N, 1), hf.StudentT(5, 0, H)], weights=hf.Dirichlet([4, 2, 1])
    )
    rows = hf.Normal(sigma=1)
    graph = build_graph(rows, kinds, "g")
    hyper = {"g_mu[1]": [-1, 3], "g_sigma[2]": [0.5, 2]}
    w = np.array([[0.5, 0.1], [0.3, 0.2], [0.2, 0.7]])
    hyper |= {f"g_weights[{k}]": w[k] for k in range(3)}
    x, _ = columns_of(graph, hyper)
    np.testing.assert_allclose(graph.unknowns(list(x))["g_weights[2]"], w[2])
    stages = Stages(rows, graph, x)
    theta = stages.draw_effects(np.random.default_rng(3), MANY)
    log = stages.log_effects(theta[:, :50])
    for d in (0, 1):
        at = theta[d] == 0.5
        assert st.binomtest(int(at.sum()), MANY, w[0, d]).pvalue > LEVEL
        one, two = st.norm((-1, 3)[d], 1), st.t(5, 0, (0.5, 2)[d])
        share = w[1:, d] / w[1:, d].sum()
        cdf = lambda v, s=share, a=one, b=two: s[0] * a.cdf(v) + s[1] * b.cdf(v)  # noqa: E731
        assert st.kstest(theta[d][~at], cdf).pvalue > LEVEL
        v = theta[d, :50]
        want = np.log(w[1, d] * one.pdf(v) + w[2, d] * two.pdf(v))
        np.testing.assert_allclose(log[d], np.where(v == 0.5, np.log(w[0, d]), want), rtol=1e-9)


def test_shares_and_points():
    rows, population = hf.Multinomial(), hf.Dirichlet([E, E, 0.05])
    graph = name_graph(hf.Model(rows, population), ["a", "b", "c"], "g")
    stages = Stages(rows, graph, np.array([[2.0, 0.01], [3.0, 0.02]]))
    p = stages.draw_effects(np.random.default_rng(4), MANY)
    np.testing.assert_allclose(p.sum(axis=-1), 1)
    assert st.kstest(p[0, :, 0], st.beta(2, 3.05).cdf).pvalue > LEVEL
    assert abs((p[1, :, 1] > 0.5).mean() - st.beta.sf(0.5, 0.02, 0.06)) < 0.02
    want = st.dirichlet.logpdf(p[0, 0], [2, 3, 0.05])
    assert stages.log_effects(p[:, :1])[0, 0] == pytest.approx(want)
    weights = np.array([[0.2, 0.5, 0.3], [0.0, 0.1, 0.9]])
    rows, grid = hf.Normal(sigma=1), hf.Grid(points=[-1, 0, 2])
    stages = Stages(rows, build_graph(rows, grid), np.ones((1, 2)), np.array([-1.0, 0, 2]), weights)
    theta = stages.draw_effects(np.random.default_rng(5), MANY)
    for d, k in np.ndindex(2, 3):
        hit = int((theta[d] == (-1, 0, 2)[k]).sum())
        assert st.binomtest(hit, MANY, weights[d, k]).pvalue > LEVEL
    log = stages.log_effects(np.array([[0.0, 1.0], [2.0, -1.0]]))
    want = [[0.5, 0.0], [0.9, 0.0]]
    np.testing.assert_allclose(np.exp(log), want)


L = hf.LogNormal(1, 0.3)
SCALES = {
    "LogNormal": (hf.LogNormal(N, H), lambda: st.lognorm(0.5, 0, np.exp(-1))),
    "Gamma": (hf.Gamma(L, L), lambda: st.gamma(1.5, 0, 2)),
    "InverseGamma": (hf.InverseGamma(L, L), lambda: st.invgamma(1.5, 0, 0.5)),
    "ScaledInverseChi2": (hf.ScaledInverseChi2(L, L), lambda: st.invgamma(0.75, 0, 0.375)),
}


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("form", ["sigma", "variance", "precision"])
def test_scales_that_differ_by_group(name, form):
    population, law = SCALES[name]
    model = hf.Model(hf.Normal(**{form: hf.each(population)}), hf.Normal(0, 1))
    graph = build_graph(model.likelihood, model.population)
    x = np.array([[-1.0], [0.5]] if name == "LogNormal" else [[1.5], [0.5]])
    stages = Stages(model.likelihood, graph, x)
    scales = stages.draw_scales(np.random.default_rng(6), MANY)
    assert st.kstest(scales[0], law().cdf).pvalue > LEVEL
    np.testing.assert_allclose(stages.log_scales(scales)[0], law().logpdf(scales[0]), rtol=1e-9)
    prior = model.prior_predictive(
        {"g": np.repeat(np.arange(40), 50)}, group="g", draws=20, random_seed=1
    )
    sd = prior.scales ** {"sigma": 1.0, "variance": 0.5, "precision": -0.5}[form]
    z = (prior.y - prior.effects[:, prior.codes]) / sd[:, prior.codes]
    assert st.kstest(z.ravel(), st.norm.cdf).pvalue > LEVEL


def test_beta_binomial():
    model = hf.Model(hf.Binomial(n="n"), hf.Beta(2, 3))
    prior = model.prior_predictive({"n": [5, 20]}, draws=MANY, random_seed=1)
    for i, n in enumerate((5, 20)):
        assert p_value(prior.y[:, i], st.betabinom(n, 2, 3)) > LEVEL
    assert abs(np.corrcoef(prior.y.T)[0, 1]) < 0.05  # groups are independent given nothing unknown


def test_negative_binomial():
    model = hf.Model(hf.Poisson(exposure="t"), hf.Gamma(1.5, 2))
    table = {"g": ["b", "a", "b"], "t": [1.0, 4.0, 2.0]}
    prior = model.prior_predictive(table, group="g", draws=MANY, random_seed=1)
    assert prior.labels.tolist() == ["a", "b"] and prior.codes.tolist() == [1, 0, 1]
    for i, t in enumerate(table["t"]):
        assert p_value(prior.y[:, i], st.nbinom(1.5, 2 / (2 + t))) > LEVEL
    both = prior.y[:, 0] + prior.y[:, 2]  # rows of one group share its effect
    assert p_value(both, st.nbinom(1.5, 2 / 5)) > LEVEL


def test_normal():
    model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(1, 3), 2))
    prior = model.prior_predictive({"se": [1.0, 4.0]}, draws=MANY, random_seed=1)
    want = 9 + np.array([[4 + 1, 0], [0, 4 + 16]])
    np.testing.assert_allclose(np.cov(prior.y.T), want, rtol=0.1)
    assert st.kstest(prior.y[:, 1], st.norm(1, np.sqrt(29)).cdf).pvalue > LEVEL
    np.testing.assert_array_equal(prior.hyper["group_mu"].shape, (MANY,))


def test_linear_and_columns_and_weights():
    table = {"g": ["a", "b", "a"], "x": [2.0, -1.0, 2.0], "w": [2, 1, 0]}
    population = hf.Normal(hf.Linear("1 + x", hf.Normal(0, 1)), 1e-6)
    model = hf.Model(hf.Normal(sigma=1e-6, weights="w"), population)
    prior = model.prior_predictive(table, group="g", draws=50, random_seed=1)
    want = prior.hyper["g_mu_Intercept"] + np.outer([2, -1], prior.hyper["g_mu_x"])
    np.testing.assert_allclose(prior.effects.T, want, atol=1e-5)
    assert prior.codes.tolist() == [0, 0, 1]  # a row of weight 2 is two, one of weight 0 none
    model = hf.Model(hf.Normal(sigma=1e-6), hf.Normal("x", 1e-6))
    groups = {"g": ["c", "a", "b"], "x": [7.0, 2.0, -1.0]}
    prior = model.prior_predictive(table, group="g", groups=groups, draws=5, random_seed=1)
    np.testing.assert_allclose(prior.effects, [[2, -1, 7]] * 5, atol=1e-4)


def test_censored_rows_are_censored():
    table = {"y": [2.0, 1.0], "c": [1, 0]}
    model = hf.Model(hf.Exponential(censored="c"), hf.Gamma(3, 3))
    prior = model.prior_predictive(table, y="y", draws=4000, random_seed=1)
    assert prior.y[:, 0].max() == 2.0 and prior.y[:, 1].max() > 5.0
    assert st.binomtest(int((prior.y[:, 0] == 2.0).sum()), 4000, (3 / 5) ** 3).pvalue > LEVEL
    free = model.prior_predictive(table, draws=4000, random_seed=1)
    assert free.y[:, 0].max() > 5.0


def test_ordered_unknowns():
    rows = hf.OrderedLogistic(hf.Normal(0, 3), categories=6)
    graph = build_graph(rows, hf.Normal(0, 1))
    x = draw_hyper(graph, np.random.default_rng(1), 4000)
    (chain,) = find_chains(graph)
    assert (np.diff(x[chain], axis=0) > 0).all()
    top = lambda v: st.norm.cdf(v, 0, 3) ** 5  # noqa: E731
    assert st.kstest(x[chain[-1]], top).pvalue > LEVEL
    rows = hf.OrderedLogistic([hf.Normal(0, 1), hf.Normal(1, 2)])
    x = draw_hyper(build_graph(rows, hf.Normal(0, 1)), np.random.default_rng(1), 20_000)
    rng = np.random.default_rng(2)
    free = np.stack([rng.normal(0, 1, 50_000), rng.normal(1, 2, 50_000)])
    free = free[:, free[0] < free[1]]
    assert st.ks_2samp(x[0], free[0]).pvalue > LEVEL and (x[0] < x[1]).all()
    rows = hf.OrderedLogistic([hf.Normal(50, 1), hf.Normal(0, 1)])
    with pytest.raises(ValueError, match=r"cutpoints\[1\] must be larger than cutpoints\[0\]"):
        draw_hyper(build_graph(rows, hf.Normal(0, 1)), rng, 10)


def test_deep_priors():
    model = hf.Model(hf.Normal(sigma=1), hf.Normal(0, hf.HalfNormal(H)))
    prior = model.prior_predictive(draws=MANY, random_seed=1)
    ratio = prior.hyper["group_sigma"] / prior.hyper["group_sigma_sigma"]
    assert st.kstest(ratio, st.halfnorm.cdf).pvalue > LEVEL


def test_every_pair_is_simulated():
    rng = np.random.default_rng(1)
    rows = {name: value[0] for name, value in ROWS.items()}
    groups = {name.split()[0]: value[0] for name, value in POPULATIONS.items()}
    groups["Mixture"] = hf.Mixture([hf.PointMass(0), hf.Normal(0, H)])
    groups["Grid"] = hf.Grid(-1, 1, points=9)
    for one, other in PAIRS:
        if one == "Multinomial":
            continue
        model = hf.Model(rows[one], groups[other])
        prior = model.prior_predictive(
            {"g": [1, 2, 1]}, group="g", draws=20, random_seed=rng.integers(99)
        )
        assert prior.effects.shape == (20, 2) and prior.y.shape == (20, 3)
        assert not np.isnan(prior.y).any()
    model = hf.Model(hf.Multinomial(), hf.Dirichlet([E, E]))
    data = {"g": [1, 2, 1], "a": [3, 0, 2], "b": [1, 0, 4]}
    prior = model.prior_predictive(data, y=["a", "b"], group="g", draws=20, random_seed=1)
    assert prior.y.shape == (20, 3, 2) and (prior.y.sum(axis=-1) == [4, 0, 6]).all()
    assert list(prior.hyper) == ["g_alpha[a]", "g_alpha[b]"]


def test_streams_and_seeds():
    model = hf.Model(hf.Normal(sigma=H), hf.Normal(N, H))
    few = model.prior_predictive({"g": [1, 2]}, group="g", draws=9, random_seed=7)
    more = model.prior_predictive({"g": [1, 2, 2]}, group="g", draws=9, random_seed=7)
    for name in few.hyper:
        np.testing.assert_array_equal(few.hyper[name], more.hyper[name])
    np.testing.assert_array_equal(few.effects, more.effects)
    other = model.prior_predictive({"g": [1, 2]}, group="g", draws=9, random_seed=8)
    assert (few.y != other.y).all()


def test_counts_beyond_all_counting():
    model = hf.Model(hf.Poisson(), hf.Normal(0, 400))
    y = model.prior_predictive(draws=200, random_seed=1).y
    assert np.isinf(y).any() and not np.isnan(y).any()
    big = hf.Poisson.draw(np.random.default_rng(1), 2000, 1.0, np.log(1e16))
    assert abs(big.mean() / 1e16 - 1) < 1e-8 and 0.9e8 < big.std() < 1.1e8


WRONG = {
    "flat": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), H)).prior_predictive(),
        ValueError,
        "group_mu has the prior Flat, which is improper",
    ),
    "power": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Normal(0, hf.Power(-0.5))).prior_predictive(),
        ValueError,
        "group_sigma has the prior Power, which is improper",
    ),
    "column": (
        lambda: hf.Model(hf.Normal(sigma="se"), hf.Normal(0, H)).prior_predictive(),
        KeyError,
        "there is no column 'se'",
    ),
    "trials": (
        lambda: hf.Model(hf.Binomial(n="n"), hf.Normal(0, H)).prior_predictive({"n": [2, 1.5]}),
        ValueError,
        "n: row 1 is 1.5",
    ),
    "se": (
        lambda: hf.Model(hf.Normal(sigma="s"), hf.Normal(0, H)).prior_predictive({"s": [2, 0]}),
        ValueError,
        "s: row 1 is 0.0; it must be a positive",
    ),
    "underflow": (
        lambda: hf.Model(
            hf.Normal(sigma=1), hf.Normal(0, precision=hf.Gamma(1e-3, 1e-3))
        ).prior_predictive(random_seed=1),
        ValueError,
        r"group_precision has the prior Gamma\(0.001, 0.001\), of which 2\d\d of 500 draws are 0",
    ),
    "grid": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Grid()).prior_predictive(),
        ValueError,
        "the Grid has no low and high",
    ),
    "draws": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Normal(0, H)).prior_predictive(draws=0),
        ValueError,
        "draws must be a whole number",
    ),
    "without data": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Normal(0, H)).prior_predictive(group="g"),
        TypeError,
        "group was given without data",
    ),
    "categories": (
        lambda: hf.Model(hf.Multinomial(), hf.Dirichlet([1, 1])).prior_predictive({"a": [1]}),
        TypeError,
        "y is missing: Multinomial rows have one column",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name):
    call, error, text = WRONG[name]
    with pytest.raises(error, match=text):
        call()
