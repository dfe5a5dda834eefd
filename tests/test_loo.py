"""Leave-one-out: against ArviZ on the same matrix, against fits without the group or the row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp, softmax

import hierfast as hf
from hierfast import _core
from hierfast.loo import find_efficiency, leave_out
from hierfast.marginal import Marginal, open_marginal
from hierfast.psis import good_k, smooth, tail_length

H, N = hf.HalfNormal, hf.Normal
LINKED = N(N(0, 2), H(1))
KNOWN = N(0.3, 0.8)  # where the likelihood has an unknown of its own, and sampling three is slow
pytestmark = [
    pytest.mark.filterwarnings("ignore::hierfast.ParetoWarning"),
    pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning"),
]
SCHOOLS = hf.Model(N(sigma="se"), N(N(0, 5), hf.HalfCauchy(5)))


def schools() -> dict[str, Any]:
    return dict(hf.datasets.load("eight_schools"))


def make_rows(groups: int = 9, each: int = 3) -> dict[str, Any]:
    """Rows of every kind; groups differ in their number, and one has a single row."""
    r = np.random.default_rng(3)
    group = np.repeat(np.arange(groups), each)[each - 1 :]
    n = len(group)
    effect = r.normal(size=groups)[group]
    p = 1.0 / (1.0 + np.exp(-effect))
    size = r.integers(1, 6, n).astype(float)
    return {
        "g": group,
        "y": effect + 0.7 * r.normal(size=n),
        "se": r.uniform(0.5, 1.5, n),
        "n": size,
        "s": r.binomial(size.astype(int), p).astype(float),
        "b": r.binomial(1, p).astype(float),
        "t": r.uniform(0.5, 3.0, n),
        "c": r.poisson(2.0 * np.exp(0.4 * effect)).astype(float),
        "z": r.poisson(3.0 * np.exp(0.4 * effect)) * r.binomial(1, 0.7, n).astype(float),
        "w": r.weibull(1.5, n) * np.exp(0.5 * effect),
        "x": (r.uniform(size=n) < 0.3).astype(float),
        "o": np.clip(np.rint(effect + r.normal(size=n) + 1.5), 0, 3),
        "k": r.multinomial(6, [0.5, 0.3, 0.2], n).astype(float),
        "covariate": np.linspace(-1, 1, groups)[group],
    }


Density = Callable[[dict[str, Any], int, np.ndarray, dict[str, np.ndarray]], np.ndarray]


@dataclass
class Case:
    """A model, its outcome, and the density of row i at draws of its group's effect, by SciPy."""

    model: hf.Model
    y: str
    density: Density
    natural: bool = False


def expit(x: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def ordered(d: Any, i: int, e: np.ndarray, h: Any) -> np.ndarray:
    cuts = [np.full_like(e, -np.inf), *(h[f"cutpoints[{k}]"] - e for k in range(3))]
    ends = [expit(c) for c in [*cuts, np.full_like(e, np.inf)]]
    k = int(d["o"][i])
    return ends[k + 1] - ends[k]


def weibull(d: Any, i: int, e: np.ndarray, h: Any) -> np.ndarray:
    law = stats.weibull_min(h["alpha"], scale=np.exp(e))
    return np.asarray(law.sf(d["w"][i]) if d["x"][i] else law.pdf(d["w"][i]))


def gamma(d: Any, i: int, e: np.ndarray, h: Any) -> np.ndarray:
    law = stats.gamma(h["alpha"], scale=np.exp(e) / h["alpha"])
    return np.asarray(law.sf(d["w"][i]) if d["x"][i] else law.pdf(d["w"][i]))


def negative(d: Any, i: int, e: np.ndarray, h: Any) -> np.ndarray:
    a = h["alpha"]
    return np.asarray(stats.nbinom.pmf(d["c"][i], a, a / (a + d["t"][i] * np.exp(e))))


def inflated(d: Any, i: int, e: np.ndarray, h: Any) -> np.ndarray:
    psi = h["psi"]
    return np.asarray(psi * stats.poisson.pmf(d["z"][i], np.exp(e)) + (1 - psi) * (d["z"][i] == 0))


CASES = {
    "normal": Case(
        hf.Model(N(sigma=H(1)), LINKED),
        "y",
        lambda d, i, e, h: stats.norm.pdf(d["y"][i], e, h["sigma"]),
    ),
    "known": Case(
        hf.Model(N(sigma="se"), LINKED),
        "y",
        lambda d, i, e, h: stats.norm.pdf(d["y"][i], e, d["se"][i]),
    ),
    "heavy": Case(
        hf.Model(N(sigma="se"), hf.StudentT(4, N(0, 2), H(1))),
        "y",
        lambda d, i, e, h: stats.norm.pdf(d["y"][i], e, d["se"][i]),
    ),
    "linear": Case(
        hf.Model(N(sigma=H(1)), N(hf.Linear("0 + covariate", N(0, 2)), 0.8)),
        "y",
        lambda d, i, e, h: stats.norm.pdf(d["y"][i], e, h["sigma"]),
    ),
    "mixture": Case(
        hf.Model(
            N(sigma=H(1)), hf.Mixture([hf.PointMass(0), N(0, H(2))], weights=hf.Dirichlet([2, 2]))
        ),
        "y",
        lambda d, i, e, h: stats.norm.pdf(d["y"][i], e, h["sigma"]),
    ),
    "grid": Case(
        hf.Model(N(sigma=H(1)), hf.Grid(-3, 3, points=15, concentration=hf.Exponential(1))),
        "y",
        lambda d, i, e, h: stats.norm.pdf(d["y"][i], e, h["sigma"]),
    ),
    "student": Case(
        hf.Model(hf.StudentT(4, sigma=H(1)), KNOWN),
        "y",
        lambda d, i, e, h: stats.t.pdf(d["y"][i], 4, e, h["sigma"]),
    ),
    "binomial": Case(
        hf.Model(hf.Binomial(n="n"), LINKED),
        "s",
        lambda d, i, e, h: stats.binom.pmf(d["s"][i], d["n"][i], expit(e)),
    ),
    "probit": Case(
        hf.Model(hf.Bernoulli(link="probit"), LINKED),
        "b",
        lambda d, i, e, h: stats.binom.pmf(d["b"][i], 1, stats.norm.cdf(e)),
    ),
    "beta": Case(
        hf.Model(hf.Binomial(n="n"), hf.Beta(hf.Exponential(0.5), hf.Exponential(0.5))),
        "s",
        lambda d, i, e, h: stats.binom.pmf(d["s"][i], d["n"][i], e),
    ),
    "poisson": Case(
        hf.Model(hf.Poisson(exposure="t"), LINKED),
        "c",
        lambda d, i, e, h: stats.poisson.pmf(d["c"][i], d["t"][i] * np.exp(e)),
    ),
    "gamma-poisson": Case(
        hf.Model(hf.Poisson(exposure="t"), hf.Gamma(hf.Exponential(0.5), hf.Exponential(0.5))),
        "c",
        lambda d, i, e, h: stats.poisson.pmf(d["c"][i], d["t"][i] * e),
    ),
    "exponential": Case(
        hf.Model(hf.Exponential(censored="x"), LINKED),
        "w",
        lambda d, i, e, h: np.exp(-e * d["x"][i]) * stats.expon.pdf(d["w"][i], scale=np.exp(-e)),
    ),
    "weibull": Case(hf.Model(hf.Weibull(hf.LogNormal(0, 1), censored="x"), KNOWN), "w", weibull),
    "gamma": Case(hf.Model(hf.Gamma(hf.LogNormal(0, 1), censored="x"), KNOWN), "w", gamma),
    "negative": Case(hf.Model(hf.NegativeBinomial(H(3), exposure="t"), KNOWN), "c", negative),
    "inflated": Case(
        hf.Model(hf.ZeroInflatedPoisson(hf.Beta(2, 2), exposure=1), KNOWN), "z", inflated
    ),
    "ordered": Case(hf.Model(hf.OrderedLogistic(N(0, 2), categories=4), N(0, 0.8)), "o", ordered),
}


def fit_case(case: Case, data: dict[str, Any], draws: int = 2000) -> hf.Fit:
    return case.model.fit(
        data, y=case.y, group="g", random_seed=1, progressbar=False, draws=draws, cores=1
    )


SOME = [pytest.param(k, marks=pytest.mark.slow) if i % 2 else k for i, k in enumerate(CASES)]


@pytest.mark.parametrize("name", SOME)
def test_rows_against_fits_without_them(name: str) -> None:
    """Rows of two groups, one of which has no other: their mean density over draws without them."""
    case, data = CASES[name], make_rows()
    loo = fit_case(case, data, 1000).loo(data)
    for i in (0, 3):
        keep = np.arange(len(data["g"])) != i
        names = {"groups": {"g": np.unique(data["g"]), "covariate": np.linspace(-1, 1, 9)}}
        other = case.model.fit(
            {k: v[keep] for k, v in data.items()},
            y=case.y,
            group="g",
            random_seed=2,
            progressbar=False,
            draws=1000,
            cores=1,
            **names,
        )
        effect = other.groups.draws([data["g"][i]])[..., 0]
        p = case.density(data, i, effect, other.hyper).ravel()
        mean, error = p.mean(), p.std() / np.sqrt(0.2 * len(p))
        assert abs(np.exp(loo.elpd_i[i]) - mean) < 5 * error + 0.02 * mean, (name, i)


def test_groups_against_fits_without_them() -> None:
    data = schools()
    fit = SCHOOLS.fit(data, y="effect", group="school", random_seed=1, draws=10_000)
    loo = fit.loo()
    for j in range(8):
        keep = np.arange(8) != j
        other = SCHOOLS.fit(
            {k: np.asarray(v)[keep] for k, v in data.items()},
            y="effect",
            group="school",
            random_seed=2,
            draws=10_000,
        )
        mu, tau = (other.hyper[f"school_{a}"] for a in ("mu", "sigma"))
        p = stats.norm.pdf(data["effect"][j], mu, np.sqrt(tau**2 + data["se"][j] ** 2))
        assert abs(loo.elpd_i[j] - np.log(p.mean())) < 0.02
    rows = fit.loo(data)
    np.testing.assert_allclose(rows.elpd_i, loo.elpd_i, atol=1e-12)
    np.testing.assert_array_equal(rows.pareto_k, loo.pareto_k)


@pytest.mark.parametrize("draws", [40, 1000])
def test_the_same_as_arviz(draws: int) -> None:
    """ArviZ on the matrix of log densities by SciPy."""
    array_stats = pytest.importorskip("arviz_stats.base").array_stats
    data = schools()
    fit = SCHOOLS.fit(data, y="effect", group="school", random_seed=1, draws=draws)
    loo = fit.loo()
    mu, tau = (fit.hyper[f"school_{a}"] for a in ("mu", "sigma"))
    for j in range(8):
        log = stats.norm.logpdf(data["effect"][j], mu, np.sqrt(tau**2 + data["se"][j] ** 2))
        elpd, k, p = array_stats.loo(log, r_eff=find_efficiency(fit))
        np.testing.assert_allclose(
            (loo.elpd_i[j], loo.pareto_k[j], loo.p_loo_i[j]), (elpd, k, p), 1e-8
        )
    np.testing.assert_allclose(loo.se, np.sqrt(8 * loo.elpd_i.var()), 1e-12)


def test_smoothing_is_that_of_arviz() -> None:
    array_stats = pytest.importorskip("arviz_stats.base").array_stats
    x = np.random.default_rng(1).exponential(size=(6, 3000)) * np.linspace(0.05, 1.5, 6)[:, None]
    for efficiency in (1.0, 0.3):
        found, k = smooth(x, efficiency)
        found -= np.logaddexp.reduce(found, axis=1)[:, None]
        for i in range(6):
            log, shape = array_stats.psislw(-x[i], r_eff=efficiency)
            np.testing.assert_allclose(k[i], shape, 1e-9)
            np.testing.assert_allclose(found[i], log, rtol=1e-9)
    assert tail_length(3000, 0.3) == 300
    assert good_k(100) == 0.5


def test_weights_without_a_tail() -> None:
    flat = smooth(np.zeros((2, 100)))
    assert (flat[0] == 0).all() and (flat[1] == -np.inf).all()
    assert (smooth(np.random.default_rng(1).normal(size=(2, 20)))[1] == np.inf).all()
    ties = np.where(np.arange(100) < 95, 0.0, 1.0)[None]
    assert np.isfinite(smooth(ties)[0]).all()


def test_cells_stand_for_their_groups() -> None:
    """The same counts in many groups: figures of each, and sums, as if every group were read."""
    y = np.repeat([0.0, 1.0, 2.0, 5.0], 50)
    model = hf.Model(hf.Binomial(n=6), hf.Beta(hf.Exponential(1), hf.Exponential(1)))
    fit = model.fit({"y": y}, y="y", random_seed=1, progressbar=False)
    loo = fit.loo()
    a, b = (fit.hyper[f"group_{n}"].ravel() for n in ("alpha", "beta"))
    log = np.array([stats.betabinom.logpmf(v, 6, a, b) for v in y]).T
    found, mcse = leave_out(lambda lo, hi: log[:, lo:hi], np.ones(200), 7, loo.efficiency, 1)
    np.testing.assert_allclose(loo.elpd_i, found[0], rtol=1e-8)
    np.testing.assert_allclose(loo.p_loo, found[1].sum(), rtol=1e-6)
    np.testing.assert_allclose(loo.mcse, mcse, rtol=1e-6)
    assert loo.measure == "rows"


def test_monte_carlo_error_is_that_over_seeds() -> None:
    data = schools()
    made = [
        SCHOOLS.fit(data, y="effect", group="school", random_seed=s, draws=250).loo()
        for s in range(60)
    ]
    spread = np.std([one.elpd for one in made])
    assert 0.7 < spread / np.mean([one.mcse for one in made]) < 1.5


@pytest.mark.parametrize("name", ["binomial", "known", "negative", "gamma", "weibull", "poisson"])
def test_groups_with_data_are_whole(name: str) -> None:
    """With the rows, densities of groups are those of rows one after another (chain rule), at one draw."""
    case, data = CASES[name], make_rows()
    fit = fit_case(case, data, 50)
    loo = fit.loo(data, by="group")
    assert loo.measure == "rows"
    if name not in ("negative", "gamma"):
        lacking = fit.loo()
        assert lacking.measure == case.model.likelihood.title
        assert "lack" in repr(lacking)
        np.testing.assert_allclose(lacking.pareto_k, loo.pareto_k, rtol=1e-6)
    x, w = np.polynomial.legendre.leggauss(400)
    grid, step = 12.0 * x, 12.0 * w
    draw = {k: v.ravel()[7] for k, v in fit.hyper.items()}
    mu, tau = draw.get("g_mu", 0.3), draw.get("g_sigma", 0.8)
    marginal = _marginal(fit, data)
    found = marginal.log(0, marginal.count, np.array([7]))[0][marginal.cell]
    constant = loo.elpd_i - fit_free_elpd(fit, data)
    for j in np.unique(data["g"]):
        rows = np.flatnonzero(data["g"] == j)
        p = stats.norm.pdf(grid, mu, tau)
        for i in rows:
            p = p * np.array(
                case.density(data, i, grid, {k: np.full(400, v) for k, v in draw.items()})
            )
        np.testing.assert_allclose(found[j] + constant[j], np.log((p * step).sum()), atol=1e-5)


def _marginal(fit: hf.Fit, data: Any) -> Marginal:
    from hierfast.rows import groups_of_rows, read_rows

    try:
        return open_marginal(fit.plan, fit._draws)
    except ValueError:
        return groups_of_rows(fit, read_rows(fit, data), fit._draws)


def fit_free_elpd(fit: hf.Fit, data: Any) -> np.ndarray:
    """Elpd without what data alone say."""
    marginal = _marginal(fit, data)
    found, _ = leave_out(marginal.log, np.ones(marginal.count), 1000, find_efficiency(fit), 1)
    return np.asarray(found[0][marginal.cell])


def test_categories() -> None:
    """Counts in categories by the Dirichlet-multinomial of SciPy, groups and rows."""
    data = make_rows()
    for k in range(3):
        data[f"k{k}"] = data["k"][:, k]
    model = hf.Model(hf.Multinomial(), hf.Dirichlet([hf.Exponential(0.2)] * 3))
    names = ["k0", "k1", "k2"]
    fit = model.fit(data, y=names, group="g", random_seed=1, progressbar=False)
    alpha = np.array([fit.hyper[f"g_alpha[{n}]"].ravel() for n in names]).T
    loo, rows = fit.loo(data, by="group"), fit.loo(data)
    count = data["k"].astype(int)
    single = np.flatnonzero(data["g"] == 0)
    log = np.array([stats.dirichlet_multinomial.logpmf(count[single[0]], a, 6) for a in alpha])
    found, _ = leave_out(lambda lo, hi: log[:, None], np.ones(1), 1, loo.efficiency, 1)
    np.testing.assert_allclose(loo.elpd_i[0], found[0, 0], rtol=1e-8)
    np.testing.assert_allclose(rows.elpd_i[single[0]], found[0, 0], rtol=1e-8)
    i = np.flatnonzero(data["g"] == 2)
    others = count[i[1:]].sum(axis=0)
    log = np.array([stats.dirichlet_multinomial.logpmf(count[i[0]], a + others, 6) for a in alpha])
    found, _ = leave_out(lambda lo, hi: log[:, None], np.ones(1), 1, rows.efficiency, 1)
    np.testing.assert_allclose(rows.elpd_i[i[0]], found[0, 0], rtol=1e-8)


def test_weights_are_rows() -> None:
    data = make_rows()
    weight = np.random.default_rng(1).integers(0, 3, len(data["g"]))
    long = {k: np.repeat(v, weight, axis=0) for k, v in data.items()}
    for likelihood, y in (
        (N(sigma=1, weights="f"), "y"),
        (hf.NegativeBinomial(2, weights="f"), "c"),
    ):
        whole = type(likelihood)
        plain = N(sigma=1) if whole is N else hf.NegativeBinomial(2)
        both = []
        for one, table in ((likelihood, data | {"f": weight}), (plain, long)):
            model = hf.Model(one, LINKED)
            fit = model.fit(table, y=y, group="g", random_seed=1, progressbar=False, draws=200)
            both.append(np.sort(fit.loo(table).elpd_i))
        np.testing.assert_allclose(both[0], both[1], atol=1e-6)


def test_a_group_that_is_alone_is_named() -> None:
    data = {"y": [0.1, -0.2, 0.05, 0.12, 40.0]}
    model = hf.Model(N(sigma=0.1), N(N(0, 100), H(100)))
    fit = model.fit(data, y="y", random_seed=1, progressbar=False)
    with pytest.warns(
        hf.ParetoWarning, match=r"1 of 5 groups \(group\) have a Pareto k above 0.70: 4 "
    ):
        loo = fit.loo()
    assert "(very bad)" in repr(loo)
    assert loo.table.sort("pareto_k", descending=True).labels[0] == 4


def test_groups_without_rows_are_not_left_out() -> None:
    data = make_rows()
    names = {"g": np.arange(-1, 12)}
    for case in (CASES["normal"], CASES["binomial"], CASES["heavy"]):
        fit = case.model.fit(data, y=case.y, group="g", groups=names, random_seed=1, draws=100)
        assert fit.loo().labels.tolist() == list(range(9))


def test_flat_weights_are_read_as_raw_ones_at_every_instruction_set():
    """Equations (1) and (2) of csrc/leave_out.h against sums by hand; what is not flat is left alone."""
    r = np.random.default_rng(8)
    log = -1e3 + 0.03 * r.uniform(size=(300, 523)) + 50.0 * r.normal(size=523)
    log[:, 7] += r.normal(size=300)
    log[5, 300] = -np.inf
    rough, mult, rows = np.array([7, 300]), r.integers(1, 9, 523).astype(float), []
    for level in range(_core.best_level() + 1):
        room, found, off = log.copy(), np.empty((3, 523)), np.ones(300)
        _core.leave_out(room, mult, 0.05, found, off, level)
        np.testing.assert_array_equal(room[:, rough], log[:, rough])
        rows.append((found, off))
    assert all(np.array_equal(a, b) for row in rows for a, b in zip(rows[0], row, strict=True))
    found, off = rows[0]
    np.testing.assert_array_equal(np.flatnonzero(found[2] > 0.05), rough)
    flat = np.delete(log, rough, axis=1)
    elpd = -logsumexp(-flat, axis=0, b=1 / 300)
    np.testing.assert_allclose(np.delete(found[0], rough), elpd, rtol=1e-14)
    part = logsumexp(flat, axis=0, b=1 / 300) - elpd
    np.testing.assert_allclose(np.delete(found[1], rough), part, rtol=1e-6, atol=1e-12)
    weight = softmax(-flat, axis=0)
    want = (weight * np.expm1(flat - elpd)) @ np.delete(mult, rough)
    np.testing.assert_allclose(off - 1.0, want, rtol=1e-9, atol=1e-12)


def test_cores_change_nothing() -> None:
    y = np.random.default_rng(1).normal(size=3000)
    fits = [
        hf.Model(N(sigma=1), LINKED).fit({"y": y}, y="y", random_seed=1, draws=500, cores=c)
        for c in (1, 2)
    ]
    one, two = (fit.loo() for fit in fits)
    assert one.mcse == two.mcse
    np.testing.assert_array_equal(one.elpd_i, two.elpd_i)
    assert (one.pareto_k == -np.inf).any()


def test_what_is_refused() -> None:
    data = schools()
    fit = SCHOOLS.fit(data, y="effect", group="school", random_seed=1, draws=100)
    with pytest.raises(ValueError, match="by must be 'group' or 'row'; got 'day'"):
        fit.loo(by="day")
    with pytest.raises(ValueError, match="rows are left out of data"):
        fit.loo(by="row")
    other = data | {"effect": np.asarray(data["effect"]) + 1.0}
    with pytest.raises(ValueError, match="not those of the fit: the group 'A' has other outcomes"):
        fit.loo(other)
    short = {k: np.asarray(v)[1:] for k, v in data.items()}
    with pytest.raises(ValueError, match="the group 'A' has 0 rows here and 1 rows there"):
        fit.loo(short)
    renamed = data | {"school": [*"ABCDEFG", "Z"]}
    with pytest.raises(ValueError, match="which has no group 'Z'"):
        fit.loo(renamed)
    arrays = SCHOOLS.fit(data, y=data["effect"], group="school", random_seed=1, draws=100)
    with pytest.raises(ValueError, match="made of arrays"):
        arrays.loo(data)
    rows = make_rows()
    counts = hf.Model(hf.NegativeBinomial(2), KNOWN).fit(rows, y="c", group="g", draws=50)
    with pytest.raises(ValueError, match="sums of NegativeBinomial rows do not tell"):
        counts.loo()
