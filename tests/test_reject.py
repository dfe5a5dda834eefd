"""Effects drawn by rejection and by inversion, csrc/theta/reject.h and invert.h: their law and twin."""

import numpy as np
import pytest
from scipy import stats as st
from scipy.special import expit, log_expit

import hierfast as hf
from hierfast import _core, effects
from hierfast.likelihoods.reject import draw_concave

LEVELS = list(_core.levels())
ALPHA = 1e-5
Y, M = [0, 1, 3, 50, 20, 0], [1, 2, 5, 60, 20, 200]
TABLE = {"y": Y, "m": M, "t": [0.1, 2.0, 5.0, 1.0, 30.0, 0.01], "c": [0, 1, 0, 0, 1, 0]}
N = hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2))
L = hf.Logistic(hf.Normal(0, 5), hf.HalfNormal(2))
MODELS = {
    "binomial": (hf.Binomial(n="m"), N, "y"),
    "probit": (hf.Binomial(n="m", link="probit"), N, "y"),
    "cloglog": (hf.Binomial(n="m", link="cloglog"), L, "y"),
    "poisson": (hf.Poisson(exposure="m"), N, "y"),
    "poisson logistic": (hf.Poisson(exposure="m"), L, "y"),
    "poisson gamma": (hf.Poisson(exposure="m"), hf.Gamma(2.0, hf.Exponential(1)), "y"),
    "normal logistic": (hf.Normal(sigma="m"), L, "y"),
    "negative binomial": (hf.NegativeBinomial(2.0, exposure="m"), N, "y"),
    "weibull": (hf.Weibull(1.7, censored="c"), N, "t"),
    "gamma": (hf.Gamma(0.6, censored="c"), L, "t"),
    "ordered": (hf.OrderedLogistic([-1.0, 0.5]), N, "c"),
}


def integrals(name, level=None, monkeypatch=None):
    if level is not None:
        monkeypatch.setattr(_core, "best_level", lambda: level)
    rows, population, y = MODELS[name]
    return hf.Model(rows, population).explain(TABLE, y=y).integrals


def draw(which, x, n=4000, sweep=3, base=0, label=None, cell=0, near=None):
    out = np.empty(n)
    near = None if near is None else np.full(n, near)
    which.reject(np.asarray(x, dtype=float), np.full(n, cell), 7, base, label, sweep, out, near)
    return out


def modes(which, x):
    out = np.empty(which.count)
    which.modes(np.asarray(x, dtype=float), None, out)
    return out


@pytest.mark.parametrize("name", ["poisson", "binomial", "poisson logistic", "weibull"])
def test_modes_of_other_hyperparameters_serve_as_well(name):
    """The law is the same; where they are far off their own mode is found, to the same bits."""
    which, probs, quantiles = integrals(name), np.arange(1, 100) / 100, np.empty(99)
    there, here = (0.3, 1.2), (0.32, 1.19)
    for cell, (near, own) in enumerate(zip(modes(which, there), modes(which, here), strict=True)):
        which.invert(np.array(here), np.full(99, cell), probs, quantiles)
        x = draw(which, here, 20_000, cell=cell, near=near)
        assert st.chisquare(np.histogram(x, [-np.inf, *quantiles, np.inf])[0]).pvalue > ALPHA
        alone = draw(which, here, 20_000, cell=cell)
        assert abs(x - alone).max() > 0 and near != own
        for far in (own + 3.0, -40.0):
            assert draw(which, here, 300, cell=cell, near=far).tobytes() == alone[:300].tobytes()


@pytest.mark.parametrize("name", [n for n in MODELS if n != "poisson gamma"])
@pytest.mark.parametrize("point", [(0.3, 1.2), (-2.0, 0.05), (1.0, 25.0)], ids=str)
def test_draws_have_the_law_that_is_inverted(name, point):
    which, probs = integrals(name), np.arange(1, 100) / 100
    assert which.concave
    for cell in range(which.count):
        quantiles = np.empty(99)
        which.invert(np.array(point), np.full(99, cell), probs, quantiles)
        x = draw(which, point, 20_000, cell=cell)
        seen = np.histogram(x, [-np.inf, *quantiles, np.inf])[0]
        assert st.chisquare(seen).pvalue > ALPHA, cell
        assert (
            st.chisquare(np.histogram(x + 0.1 * x.std(), [-np.inf, *quantiles, np.inf])[0]).pvalue
            < ALPHA
        )


def distribution(t, f):
    """Distribution function at points t of a log density there."""
    w = np.exp(f - f.max())
    whole = np.concatenate([[0.0], np.cumsum(0.5 * (w[1:] + w[:-1]) * np.diff(t))])
    return whole / whole[-1]


@pytest.mark.parametrize("tau", [0.01, 1.0, 30.0, 100.0])
def test_draws_and_quantiles_are_those_of_the_density(tau):
    """Sums over a fine grid: the density is far from a Gaussian where tau is large, and reaches further."""
    which, probs = integrals("binomial"), np.arange(1, 200) / 200
    stats = hf.Model(hf.Binomial(n="m"), N).explain(TABLE, y="y").cells
    x = np.array([0.3, tau])
    for cell in range(which.count):
        y, m = stats.y[cell], stats.size[cell]
        t = 0.3 + 12 * tau * np.linspace(-1, 1, 1_000_001) ** 3
        f = y * log_expit(t) + (m - y) * log_expit(-t) - 0.5 * ((t - 0.3) / tau) ** 2
        cdf, quantiles = distribution(t, f), np.empty(199)
        which.invert(x, np.full(199, cell), probs, quantiles)
        assert abs(np.interp(quantiles, t, cdf) - probs).max() < 3e-6
        u = np.interp(draw(which, x, 20_000, cell=cell), t, cdf)
        assert st.kstest(u, "uniform").pvalue > ALPHA


def uniforms(label, sweep, n):
    """Those of attempts 0 .. n - 1: (1) of csrc/rng.h."""
    words = np.stack(
        [
            _core.words(7, np.array([label], np.uint64), np.array([sweep], np.uint32), t)[0]
            for t in range(n)
        ]
    ).astype(np.uint64)
    k = (words[:, 1::2] << np.uint64(20)) | (words[:, 0::2] >> np.uint64(12))
    return (k.astype(np.float64) + 0.5) * 2.0**-52


@pytest.mark.parametrize("shift", [0.0, 0.06])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["poisson", "cloglog", "binomial", "poisson logistic"])
def test_draws_are_those_of_the_twin(name, level, shift, monkeypatch):
    which = integrals(name, level, monkeypatch)
    rows, _, _ = MODELS[name]
    stats, (mu, tau) = hf.Model(rows, N).explain(TABLE, y="y").cells, (0.4, 0.8)

    def log(cell):
        y, m = stats.y[cell], stats.size[cell]

        def rest(x):
            if "logistic" in name or name == "cloglog":
                z = (x - mu) / tau
                p = expit(-z)
                return -z + 2 * log_expit(z), (2 * p - 1) / tau, -2 * p * (1 - p) / tau**2
            return -0.5 * ((x - mu) / tau) ** 2, -(x - mu) / tau**2, -1 / tau**2

        def at(x):
            e = np.exp(x)
            if name.startswith("poisson"):
                own = y * x - m * e, y - m * e, -m * e
            elif name == "binomial":
                p = expit(x)
                own = y * log_expit(x) + (m - y) * log_expit(-x), y - m * p, -m * p * (1 - p)
            else:
                q = e / np.expm1(e)
                own = y * np.log(-np.expm1(-e)) - (m - y) * e, y * q - (m - y) * e, 0.0
                own = *own[:2], y * q * (1 - e - q) - (m - y) * e
            return tuple(a + b for a, b in zip(own, rest(x), strict=True))

        return at

    tries = 0
    for cell in range(which.count):
        f, mode = log(cell), 0.0
        for _ in range(200):
            step = np.clip(-f(mode)[1] / f(mode)[2], -1, 1)
            mode += step
        assert modes(which, (mu, tau))[cell] == pytest.approx(mode, abs=1e-6)
        mode += shift * (-f(mode)[2]) ** -0.5
        x = draw(which, (mu, tau), 60, cell=cell, near=mode if shift else None)
        for label in range(60):
            want, n = draw_concave(f, mode, uniforms(label, 3, 40))
            assert x[label] == pytest.approx(want, rel=1e-6, abs=1e-6), (cell, label)
            tries += n
    assert 1.0 < tries / (60 * which.count) < 1.4


@pytest.mark.parametrize("name", ["poisson", "negative binomial", "ordered"])
def test_a_draw_depends_on_its_group_and_label_alone(name, monkeypatch):
    whole, point = draw(integrals(name), (0.3, 1.2), 700, cell=1), (0.3, 1.2)
    for level in LEVELS:
        which = integrals(name, level, monkeypatch)
        assert draw(which, point, 700, cell=1).tobytes() == whole.tobytes()
        assert draw(which, point, 5, base=300, cell=1).tobytes() == whole[300:305].tobytes()
        label, out = np.arange(700, dtype=np.uint64)[::-2].copy(), np.empty(350)
        which.reject(np.array(point), np.ones(350, dtype=np.int64), 7, 0, label, 3, out)
        assert out.tobytes() == whole[::-2].copy().tobytes()
        mixed = np.arange(700) % which.count
        which.reject(np.array(point), mixed, 7, 0, None, 3, out := np.empty(700))
        assert out[mixed == 1].tobytes() == whole[mixed == 1].tobytes()
        near = modes(which, (0.31, 1.19))[mixed]
        near[mixed != 1] += 5.0 * (np.arange((mixed != 1).sum()) % 2)  # some find their own
        which.reject(np.array(point), mixed, 7, 0, None, 3, out := np.empty(700), near)
        want = draw(which, point, 700, cell=1, near=near[1])
        assert out[mixed == 1].tobytes() == want[mixed == 1].tobytes()


def test_which_densities_are_log_concave():
    assert all(integrals(name).concave for name in MODELS if integrals(name) is not None)
    for rows, population in (
        (hf.Poisson(), hf.StudentT(4, hf.Normal(0, 5), hf.HalfNormal(2))),
        (hf.ZeroInflatedPoisson(0.7), N),
        (hf.StudentT(4, sigma=1.0), N),
        (hf.Binomial(n="m"), hf.TruncatedNormal(0.0, hf.HalfNormal(1), lower=-1.0)),
    ):
        assert not hf.Model(rows, population).explain(TABLE, y="y").integrals.concave


@pytest.mark.parametrize("empty", [False, True])
def test_groups_that_differ_are_drawn_by_rejection_and_others_inverted(empty, monkeypatch):
    """Both ways have the quantiles that are read without draws."""
    rng = np.random.default_rng(1)
    g = np.arange(60) // 2
    table = {"g": g, "e": rng.uniform(1, 5, 60), "y": rng.poisson(3.0, 60)}
    ask = {"y": "y", "group": "g", "random_seed": 1, "progressbar": False}
    if empty:
        ask["groups"] = {"g": np.arange(33)}
    fit = hf.Model(hf.Poisson(exposure="e"), N).fit(table, **ask)
    assert fit.groups._effects(None).rejects
    drawn = fit.groups.draws().reshape(-1, len(fit.groups))
    monkeypatch.setattr(effects, "ALIKE", 0)
    assert not fit.groups._effects(None).rejects
    inverted = fit.groups.draws().reshape(-1, len(fit.groups))
    assert (drawn != inverted).any()
    edges = fit.groups.quantile([0.1, 0.5, 0.9])
    for x in (drawn, inverted):
        for j in range(len(fit.groups)):
            seen = np.histogram(x[:, j], [-np.inf, *edges[j], np.inf])[0]
            assert st.chisquare(seen, len(x) * np.array([0.1, 0.4, 0.4, 0.1])).pvalue > ALPHA


def test_draws_of_some_groups_are_those_among_all():
    """Inverted in the order of their cells, with the noise of their labels."""
    rng = np.random.default_rng(3)
    for labels in (np.arange(300), np.arange(300) + 7, np.array([f"g{j:03d}" for j in range(300)])):
        table = {"g": labels, "y": rng.integers(0, 4, 300)}
        ask = {"y": "y", "group": "g", "random_seed": 1, "progressbar": False, "draws": 20}
        fit = hf.Model(hf.Binomial(n=3), N).fit(table, **ask)
        assert not fit.groups._effects(None).rejects
        whole, at = fit.groups.draws(), rng.choice(300, 11, replace=False)
        np.testing.assert_array_equal(fit.groups.draws(labels[at]), whole[..., at])
