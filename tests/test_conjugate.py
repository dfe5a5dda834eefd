"""Conjugate pairs: closed forms at extremes, read-outs against exact mixtures, bad input, propriety."""

import itertools

import mpmath
import numpy as np
import pytest
from scipy import stats as st

import hierfast as hf
from hierfast import _core
from hierfast.conjugate import BetaGroups, GammaGroups, solve
from hierfast.counts import CountCells
from hierfast.grammar import build_graph
from hierfast.likelihoods import beta, gamma
from hierfast.schemes.conjugate import by_size
from hierfast.terms import tabulate

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
RNG = np.random.default_rng(6)
BETA = hf.Model(hf.Binomial(n="n"), hf.Beta(hf.LogNormal(0, 1), hf.LogNormal(0, 1)))
GAMMA = hf.Model(hf.Poisson(exposure="t"), hf.Gamma(hf.LogNormal(0, 1), hf.LogNormal(0, 1)))


def target(model, y, size, mult, level=0):
    """The core's collapsed posterior of given cells."""
    whole = model is BETA
    order = np.lexsort((y, size))
    y, size, mult = (np.asarray(v, dtype=np.float64)[order] for v in (y, size, mult))
    cells = CountCells(y, size, mult, np.arange(len(y)), mult.sum(), mult.sum(), 1)
    none = np.empty(0)
    rising, sizes = [tabulate(y, mult)] + [(none, none, none)] * 2, (none, none, none)
    if whole:
        rising[1:] = [tabulate(size - y, mult), tabulate(size, mult)]
    else:
        sizes = by_size(cells)
    graph = build_graph(model.likelihood, model.population)
    return _core.Conjugate(graph, graph.likelihood, graph.population, rising, sizes, level)


SHAPES = np.array(list(itertools.product((1e-6, 1e-2, 1.3, 40.0, 1e5, 1e9), repeat=2)))
CELLS = {  # counts, sizes, how many groups
    "one": ([1.0], [1.0], [1.0]),
    "few": ([0.0, 3.0, 7.0, 20.0], [5.0, 3.0, 9.0, 50.0], [4.0, 1.0, 2.0, 1000.0]),
    "at the edge of the table": (
        [4096.0, 4095.0, 4097.0],
        [5000.0, 4096.0, 9000.0],
        [1.0, 2.0, 3.0],
    ),
    "beyond it": ([4e6, 0.0, 1e9], [5e6, 1e7, 3e9], [1.0, 2.0, 1.0]),
    "many sizes": (
        np.arange(40.0) % 7,
        np.linspace(7, 90, 40).round(),
        1.0 + np.arange(40) % 3,
    ),
}


def exact(model, y, size, mult, a, b):
    """Equation (1) of the pair to 60 digits."""
    with mpmath.workdps(60):
        m, total = mpmath, mpmath.mpf(0)
        a, b = mpmath.mpf(float(a)), mpmath.mpf(float(b))
        for one, s, k in zip(y, size, mult, strict=True):
            s = float(s)
            if model is BETA:
                of = m.loggamma(a + one) + m.loggamma(b + s - one) - m.loggamma(a + b + s)
                total += float(k) * (of - m.loggamma(a) - m.loggamma(b) + m.loggamma(a + b))
            else:
                of = m.loggamma(a + one) - m.loggamma(a) - a * m.log1p(s / b)
                total += float(k) * (of - one * m.log(b + s))
        return float(total)


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("model", [BETA, GAMMA], ids=["beta", "gamma"])
def test_marginal_is_exact_at_extremes(model, cells):
    y, size, mult = (np.asarray(v, dtype=np.float64) for v in CELLS[cells])
    z = np.ascontiguousarray(np.log(SHAPES.T))
    found = {target(model, y, size, mult, level).logp(z).tobytes() for level in _core.levels()}
    assert len(found) == 1
    got = np.frombuffer(found.pop()) - st.norm.logpdf(z).sum(axis=0)
    want = np.array([exact(model, y, size, mult, a, b) for a, b in SHAPES])
    size_of_terms = (mult * (y + size)).sum() * (1 + np.abs(np.log(SHAPES)).max())
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-13 * size_of_terms + 1e-9)
    twin = beta if model is BETA else gamma
    plain = [(mult * twin.log_marginal(y, size, a, b)).sum() for a, b in SHAPES[7:20]]
    np.testing.assert_allclose(got[7:20], plain, rtol=1e-6, atol=1e-6 + 1e-9 * size_of_terms)


@pytest.mark.parametrize("model", [BETA, GAMMA], ids=["beta", "gamma"])
def test_effects_given_phi_have_their_law(model):
    """Draws of groups under known shapes, all counts among them, against SciPy's law of each."""
    a, b = (0.3, 2.0) if model is BETA else (0.3, 1.5)
    population = hf.Beta(a, b) if model is BETA else hf.Gamma(a, b)
    y, size = np.array([0.0, 1.0, 5.0, 9.0]), np.array([4.0, 1.0, 30.0, 9.0])
    known = hf.Model(model.likelihood, population)
    fit = known.fit(
        {"y": y, "n": size, "t": size}, y="y", draws=3000, random_seed=1, progressbar=False
    )
    draws = fit.groups.draws().reshape(-1, 4)
    for j in range(4):
        law = st.beta(a + y[j], b + size[j] - y[j]) if model is BETA else None
        law = st.gamma(a + y[j], 0, 1 / (b + size[j])) if law is None else law
        assert st.kstest(draws[:, j], law.cdf).pvalue > 1e-4
        np.testing.assert_allclose(fit.groups.mean[j], law.mean(), rtol=1e-12)
        np.testing.assert_allclose(fit.groups.sd[j], law.std(), rtol=1e-10)
        probs = [1e-6, 0.05, 0.5, 0.95, 1 - 1e-6]
        np.testing.assert_allclose(fit.groups.quantile(probs)[j], law.ppf(probs), rtol=1e-6)
    assert np.abs(np.corrcoef(draws.T) - np.eye(4)).max() < 0.05


@pytest.mark.parametrize("family", [BetaGroups, GammaGroups])
def test_quantiles_solve_their_mixture(family):
    a, b = np.exp(RNG.normal(0.5, 1, (2, 300, 40)))
    mean, var = (v.mean(axis=0) for v in family.moments(a, b))
    for p in (1e-4, 0.05, 0.5, 0.975, 1 - 1e-5):
        z = solve(family, a, b, p, family.middle(mean, var, p))
        tail, _ = family.tails(a, b, z, p > 0.5)
        np.testing.assert_allclose(tail.mean(axis=0), min(p, 1 - p), rtol=2e-9)


@pytest.mark.parametrize("model", [BETA, GAMMA], ids=["beta", "gamma"])
def test_order_weights_and_empty_groups(model):
    g, size = np.repeat(np.arange(50), 2), RNG.integers(1, 9, 100)
    y = RNG.binomial(size, 0.3)
    data = {"g": g, "y": y, "n": size, "t": size}
    options = {"y": "y", "group": "g", "draws": 60, "random_seed": 2, "progressbar": False}
    one = model.fit(data, **options)
    order = RNG.permutation(100)
    two = model.fit({k: v[order] for k, v in data.items()}, **options)
    more = model.fit(data, groups={"g": np.arange(60)}, **options)
    for other in (two, more):
        for k, x in one.hyper.items():
            assert other.hyper[k].tobytes() == x.tobytes()
        np.testing.assert_array_equal(other.groups.draws()[:, :, :50], one.groups.draws())
        np.testing.assert_array_equal(other.groups.mean[:50], one.groups.mean)
    a, b = (x.ravel() for x in one.hyper.values())
    want = a / (a + b) if model is BETA else a / b
    np.testing.assert_allclose(more.groups.mean[55], want.mean(), rtol=1e-12)
    assert one.groups.natural is one.groups


def test_many_cells_are_thinned_and_it_is_said():
    t = RNG.uniform(0.5, 2, 30_000)
    data = {"y": RNG.poisson(RNG.gamma(2, 1, 30_000) * t), "t": t}
    fit = GAMMA.fit(data, y="y", draws=500, random_seed=1, progressbar=False)
    mean, (low, high) = fit.groups.mean, fit.groups.interval(0.9).T
    assert 0 < fit.groups.quantile_error < 1e-3
    a, b = (x.ravel()[:, None] for x in fit.hyper.values())
    some = np.arange(0, 30_000, 3000)
    of = GammaGroups.shapes(a, b, data["y"][some], t[some])
    m, v = GammaGroups.moments(*of)
    sd = np.sqrt(v.mean(axis=0) + m.var(axis=0))
    assert (np.abs(mean[some] - m.mean(axis=0)) < 5e-3 * sd).all()
    for x, p in ((low, 0.05), (high, 0.95)):
        tail, _ = GammaGroups.tails(*of, np.log(x[some]), False)
        np.testing.assert_allclose(tail.mean(axis=0), p, atol=2e-3)


MEAN, FLAT = hf.Uniform(0, 1), hf.Flat()


@pytest.mark.parametrize(
    ("population", "y", "message"),
    [
        (hf.Beta(mean=MEAN, concentration=hf.Power(-1.5)), [1, 0, 4], None),
        (hf.Beta(mean=FLAT, concentration=hf.Power(-1.5)), [1, 0, 4], None),
        (hf.Beta(mean=MEAN, concentration=hf.Power(-1.5)), [0, 0, 4], "do not bound the spread"),
        (hf.Beta(mean=MEAN, concentration=hf.Power(-2.5)), [1, 0, 4], "do not bound the spread"),
        (hf.Beta(mean=MEAN, concentration=hf.Power(-2.5)), [1, 2, 4], None),
        (hf.Beta(mean=MEAN, concentration=hf.Power(-1)), [1, 2, 3], "not integrable at infinity"),
        (hf.Beta(mean=MEAN, concentration=FLAT), [1, 2, 3], "not integrable at infinity"),
        (hf.Beta(hf.Power(-1.5), 2), [1, 2, 3], "cannot be shown to be proper"),
        (hf.Beta(FLAT, hf.HalfNormal(1)), [1, 2, 3], "cannot be shown to be proper"),
        (hf.Beta(mean=MEAN, concentration=hf.HalfNormal(FLAT)), [1, 2], "cannot be shown"),
    ],
)
def test_improper_posteriors_are_refused(population, y, message):
    model = hf.Model(hf.Binomial(n=4), population)
    if message is None:
        fit = model.fit({"y": y}, y="y", draws=50, progressbar=False)
        assert all(np.isfinite(x).all() for x in fit.hyper.values())
        return
    with pytest.raises(ValueError, match=message):
        model.fit({"y": y}, y="y")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (hf.Beta, "got none of these"),
        (lambda: hf.Beta(1), "got alpha of these"),
        (lambda: hf.Beta(1, mean=0.5), "got alpha and mean of these"),
        (lambda: hf.Beta(1, 1, mean=0.5, concentration=3), "Beta needs alpha and beta, or mean"),
        (lambda: hf.Beta(-1, 1), "Beta's alpha must be positive"),
        (lambda: hf.Beta(mean=1.0, concentration=2), "Beta's mean must lie between 0 and 1; got 1"),
        (lambda: hf.Beta(mean=hf.Normal(0, 1), concentration=2), "reaches beyond"),
        (lambda: hf.Beta(mean=hf.Uniform(0, 2), concentration=2), "reaches beyond"),
        (
            lambda: hf.Beta(mean=0.5, concentration=hf.Normal(0, 1)),
            "concentration must be positive",
        ),
        (lambda: hf.Normal(0, hf.Gamma(2)), "which lacks mean"),
        (lambda: hf.Gamma(2, 1, mean=2), "got both"),
        (lambda: hf.Gamma(2, mean=-1), "Gamma's mean must be positive"),
        (lambda: hf.Pareto(0, 1), "Pareto's alpha must be positive"),
        (
            lambda: hf.Model(hf.Poisson(), hf.Beta(1, 1)),
            "population of Poisson rows.*Normal, StudentT, Logistic.*Gamma",
        ),
        (lambda: hf.Model(hf.Normal(sigma=1), hf.Gamma(1, 1)), "population of Normal rows"),
        (
            lambda: hf.Model(hf.Binomial(n=2), hf.HalfNormal(1)),
            "use one of Normal, StudentT, Logistic, TruncatedNormal, Beta",
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_columns_of_a_population_of_shapes_are_refused():
    with pytest.raises(ValueError, match="group_alpha is the column 'a'"):
        hf.Model(hf.Binomial(n=4), hf.Beta("a", 1))


@pytest.mark.parametrize("y", [[0, 0, 0], [4, 4, 4], [0, 4, 4]])
def test_degenerate_counts_have_a_posterior_and_a_warning(y):
    model = hf.Model(hf.Binomial(n=4), hf.Beta(mean=MEAN, concentration=hf.LogNormal(2, 1)))
    with pytest.warns(hf.IdentificationWarning, match="no group has both successes and failures"):
        fit = model.fit({"y": y}, y="y", draws=200, progressbar=False)
    assert fit.hyper["group_mean"].shape == (4, 200)


def test_reprs_and_pictures_tell_the_scale():
    pytest.importorskip("matplotlib")
    fit = GAMMA.fit({"y": [1, 5, 2], "t": [1.0, 2.0, 4.0]}, y="y", draws=100, progressbar=False)
    assert "posterior mean and sd of the rate" in repr(fit.groups)
    assert "closed form" in repr(fit.plan)
    fit.plot.shrinkage()
