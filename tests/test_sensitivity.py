"""Power-scaling: against ArviZ's distance, and against fits whose prior is really raised to a power."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import stats

import hierfast as hf
from hierfast import alike, sensitivity
from hierfast.sensitivity import (
    TOGETHER,
    Sensitivity,
    _Ordered,
    _slope,
    _weights,
    distance,
    log_prior,
    log_rows,
    power_scale,
)
from hierfast.stage_draws import Batches
from hierfast.table import GroupTable

N, H = hf.Normal, hf.HalfNormal


def fit_schools(mu: Any, tau: Any, seed: int = 1, draws: int = 5000, **kw: Any) -> hf.Fit:
    model = hf.Model(N(sigma="se"), N(mu, tau))
    data = hf.datasets.load("eight_schools")
    return model.fit(data, y="effect", group="school", random_seed=seed, draws=draws, **kw)


def merged(fit: hf.Fit) -> np.ndarray:
    return np.concatenate(list(fit._draws.values), axis=1)


def raised(a: float) -> dict[str, tuple[Any, Any]]:
    """Priors to the power a: members of their families."""
    return {
        "normal": (N(3, 5 / a**0.5), H(6 / a**0.5)),
        "gamma": (0.0, hf.Gamma(a * (2 - 1) + 1, a * 0.2)),
        "flat": (hf.Flat(), H(4 / a**0.5)),
    }


@pytest.mark.parametrize("name", ["normal", "gamma", "flat"])
@pytest.mark.parametrize("power", [0.7, 1.4])
def test_weighted_draws_are_those_of_the_raised_prior(name: str, power: float) -> None:
    fit, other = fit_schools(*raised(1.0)[name]), fit_schools(*raised(power)[name], seed=2)
    log = (power - 1) * log_prior(fit.plan, merged(fit))
    w = np.exp(log - log.max())
    w /= w.sum()
    assert 1 / np.square(w).sum() > 2000
    for unknown, draws in fit.hyper.items():
        x, y = draws.ravel(), other.hyper[unknown].ravel()
        for f in (lambda v: v, np.square):
            error = np.hypot(
                np.sqrt(np.square(w * (f(x) - w @ f(x))).sum()), f(y).std() / len(y) ** 0.5
            )
            assert abs(w @ f(x) - f(y).mean()) < 6 * error, unknown


def test_shares_raised() -> None:
    """A Beta prior of the mean of a Beta population, to a power."""
    y = np.array([1.0, 2, 2, 5, 7, 3])

    def fit(a: float, seed: int) -> hf.Fit:
        mean = hf.Beta(1 + a * 2, 1 + a * 3)
        model = hf.Model(hf.Binomial(n=10), hf.Beta(mean=mean, concentration=10.0))
        return model.fit({"y": y}, y="y", random_seed=seed, draws=5000, progressbar=False)

    one, two = fit(1.0, 1), fit(1.5, 2)
    log = 0.5 * log_prior(one.plan, merged(one))
    w = np.exp(log - log.max()) / np.exp(log - log.max()).sum()
    x, z = one.hyper["group_mean"].ravel(), two.hyper["group_mean"].ravel()
    assert abs(w @ x - z.mean()) < 6 * 1.5 * z.std() / len(z) ** 0.5


def test_densities_by_scipy() -> None:
    data = hf.datasets.load("eight_schools")
    y, se = (np.asarray(data[k], dtype=float)[:, None] for k in ("effect", "se"))
    prior = (N(0, 5), hf.HalfCauchy(H(5)))
    for scheme in ("auto", "gibbs", "quadrature"):
        fit = fit_schools(*prior, draws=100, scheme=scheme, tune=100)
        mu, tau = (fit.hyper[f"school_{a}"].ravel() for a in ("mu", "sigma"))
        beta = fit.hyper["school_sigma_beta"].ravel()
        log = stats.norm.logpdf(mu, 0, 5) + stats.halfcauchy.logpdf(tau, scale=beta)
        log += stats.halfnorm.logpdf(beta, scale=5)
        np.testing.assert_allclose(log_prior(fit.plan, merged(fit)), log, rtol=1e-10)
        rows = stats.norm.logpdf(y, mu, np.hypot(tau, se)).sum(axis=0)
        found = log_rows(fit.plan, merged(fit), np.empty((0, 0)))
        np.testing.assert_allclose(found - found[0], rows - rows[0], atol=1e-4)


def test_sensitivity_is_that_of_arviz() -> None:
    """From prior and density by SciPy; ArviZ smooths both tails of the weights, which hardly differ."""
    array_stats = pytest.importorskip("arviz_stats.base").array_stats
    data = hf.datasets.load("eight_schools")
    y, se = (np.asarray(data[k], dtype=float)[:, None, None] for k in ("effect", "se"))
    fit = fit_schools(N(0, 5), H(5), draws=1000)
    mu, tau = (fit.hyper[f"school_{a}"] for a in ("mu", "sigma"))
    logs = {
        "prior": stats.norm.logpdf(mu, 0, 5) + stats.halfnorm.logpdf(tau, scale=5),
        "likelihood": stats.norm.logpdf(y, mu, np.hypot(tau, se)).sum(axis=0),
    }
    found = fit.sensitivity()
    effects = fit.groups.draws()
    for name, log in logs.items():
        w = [np.exp((a - 1) * (log - log.mean())) for a in (0.99, 1.01)]
        w = [one / one.sum() for one in w]
        for unknown, x in {"school_mu": mu, "school_sigma": tau}.items():
            expected = array_stats.power_scale_sense(x, w[0], w[1], 0.99, 1.01)
            np.testing.assert_allclose(found.hyper.row(unknown)[name], expected, rtol=0.02)
        assert found.groups is not None
        expected = [
            array_stats.power_scale_sense(effects[..., j], w[0], w[1], 0.99, 1.01) for j in range(8)
        ]
        np.testing.assert_allclose(found.groups[name], expected, rtol=0.02)


def brute_distance(x: np.ndarray, p: np.ndarray, q: np.ndarray) -> float:
    """Equation (2) of masses p and q at points x, interval by interval."""
    found = []
    for sign in (1, -1):
        at = np.argsort(sign * x)
        square = bound = 0.0
        for k in range(len(x) - 1):
            wide = sign * (x[at[k + 1]] - x[at[k]])
            one, two = p[at[: k + 1]].sum(), q[at[: k + 1]].sum()
            middle = (one + two) / 2
            square += wide * (one * np.log2(one / middle) + two * np.log2(two / middle))
            bound += wide * (one + two)
        found.append((square / bound) ** 0.5)
    return max(found)


def test_what_a_draw_changes_is_a_derivative() -> None:
    rng = np.random.default_rng(3)
    x, weight = rng.gamma(2, size=(3, 30)), rng.dirichlet(np.full(30, 5.0))
    found, change, _ = distance(x, weight)
    even, step = np.full(30, 1 / 30), 1e-6
    for i in range(3):
        assert abs(found[i] - brute_distance(x[i], even, weight)) < 1e-12
        for s in (0, 7, 29):
            ends = []
            for e in (step, -step):
                more = even + e * np.eye(30)[s]
                p, q = more / more.sum(), more * weight / (more * weight).sum()
                ends.append(brute_distance(x[i], p, q))
            assert abs(change[i, s] - (ends[0] - ends[1]) / (2 * step)) < 1e-6 * 30
    assert distance(np.ones((1, 5)), np.full(5, 0.2))[0] == 0


def test_errors_are_the_spread_of_fits() -> None:
    fits = [fit_schools(N(0, 5), H(5), seed=k, draws=250).sensitivity() for k in range(40)]
    for name in ("prior", "likelihood"):
        for tables in ([f.hyper for f in fits], [f.groups for f in fits]):
            spread = np.std([t[name] for t in tables], axis=0)
            said = np.mean([t[f"{name}_mcse"] for t in tables], axis=0)
            assert (said > 0.6 * spread).all() and (said < 2 * spread).all()


def test_noise_moves_nothing() -> None:
    """Of 400 draws, quantities that depend a little on the prior: the figure alone would say half move."""
    rng = np.random.default_rng(4)
    log = rng.normal(size=400)
    x = 0.27 * log + rng.normal(size=(500, 400))
    slope, error = _slope(_weights(log)[0], _Ordered(x), Batches(4, 100))
    assert (slope > 0.05).mean() > 0.3 and (slope - 2 * error > 0.05).mean() < 0.03
    figures = {"prior": 0.06, "prior_mcse": 0.01, "likelihood": 1.0, "likelihood_mcse": 0.1}
    columns = {k: np.array([v]) for k, v in figures.items()}
    table = GroupTable(np.array(["a"]), columns, "unknown")
    said = Sensitivity(table, None, 0.1, 0.7)
    assert (
        said.moved == () and "takes more draws to tell (0.06, Monte Carlo error 0.01)" in said.text
    )


def test_what_it_says() -> None:
    """A prior that is far from many data, one that data drown, and a flat one."""
    y = np.random.default_rng(1).normal(3.0, 1.0, 100)
    drowned = hf.Model(N(sigma=1), N(N(0, 100), 1.0)).fit({"y": y}, y="y", random_seed=1)
    said = drowned.sensitivity()
    assert said.moved == () and "No hyperparameter moves with the prior" in said.text
    assert said.hyper["likelihood"][0] > 0.05
    strong = hf.Model(N(sigma=1), N(N(0, 0.1), 1.0)).fit({"y": y}, y="y", random_seed=1)
    assert strong.sensitivity().moved == ("group_mu",)
    assert "may disagree" in repr(strong.sensitivity())
    flat = hf.Model(N(sigma=1), N(hf.Flat(), 1.0)).fit({"y": y}, y="y", random_seed=1)
    assert flat.sensitivity().hyper["prior"][0] < 1e-6


@pytest.mark.parametrize("kind", ["counts", "heavy", "exposures", "sizes", "errors"])
def test_many_groups_are_read_from_some_of_them(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the same figures of groups by themselves, or of as many of the same counts together where
    distributions are inverted, within Monte Carlo errors."""
    monkeypatch.setattr(sensitivity, "INVERTED", 40_000)
    rng, groups = np.random.default_rng(5), 12_000
    g = np.repeat(np.arange(groups), rng.integers(1, 4, groups))
    effect = rng.normal(size=groups)[g]
    se = rng.uniform(0.5, 2, len(g))
    table = {"g": g, "se": se, "y": effect + se * rng.normal(size=len(g))}
    rows: Any = N(sigma="se") if kind == "errors" else N(sigma=H(2))
    if kind in ("counts", "heavy"):
        table["y"], rows = rng.binomial(5, 1 / (1 + np.exp(-effect))), hf.Binomial(n=5)
    if kind == "exposures":
        table["y"], rows = rng.poisson(se * np.exp(effect)), hf.Poisson(exposure="se")
    of = partial(hf.StudentT, 4.0) if kind == "heavy" else N
    fit = hf.Model(rows, of(N(0, 0.05), H(1))).fit(
        table, y="y", group="g", random_seed=1, draws=100, progressbar=False
    )
    found = fit.sensitivity().groups
    assert found is not None and len(found) == groups
    chosen = rng.choice(groups, 200, replace=False)
    several, many = chosen[:, None], 1
    if kind == "heavy":
        _, cell = np.unique(
            (fit.plan.statistics.y, fit.plan.statistics.size), axis=1, return_inverse=True
        )
        several = np.array([rng.choice(np.flatnonzero(cell == cell[j]), TOGETHER) for j in chosen])
        many = TOGETHER
    x = np.stack([fit.groups.draws(groups=some).reshape(400, -1) for some in several.T])
    x = x.transpose(2, 1, 0).reshape(200, -1)
    for name, log in (
        ("prior", log_prior(fit.plan, merged(fit))),
        ("likelihood", log_rows(fit.plan, merged(fit), np.empty((0, 0)))),
    ):
        weights = [np.repeat(w, many) / many for w in _weights(log)[0]]
        alone, error = _slope(weights, _Ordered(x), Batches(4, 100 * many))
        off = (found[name][chosen] - alone) / np.hypot(error, found[f"{name}_mcse"][chosen])
        assert abs(off).max() < 4 and abs(off.mean()) < 0.35


@pytest.mark.parametrize("kinds", [3, 0])
def test_groups_are_made_of_their_neighbours(kinds: int) -> None:
    """A function of weight and mean: linear in the mean, and nearly constant within a class of weights."""
    rng = np.random.default_rng(6)
    weight = rng.integers(0, kinds, 40_000) * 1.0 if kinds else rng.uniform(1, 2, 40_000)
    mean = np.round(rng.normal(size=40_000), 2)
    some = alike._between(weight, mean, np.unique(weight, return_inverse=True)[1])
    assert len(some.at) <= 5000 + 50 and len(np.unique(some.at)) == len(some.at)
    f = 10 * weight + np.sin(mean) if kinds else weight + mean
    off = some.spread(f[some.at]) - f
    assert abs(off).max() < 0.05 and (not kinds or np.quantile(abs(off), 0.99) < 1e-3)
    assert (some.spread(f[some.at])[some.at] == f[some.at]).mean() > (0.99 if kinds else 0.0)


def test_groups_that_differ_in_predictors_are_not_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "MOST", 90)
    rng, groups = np.random.default_rng(7), 300
    g = np.repeat(np.arange(groups), rng.integers(1, 4, groups))
    x = rng.integers(0, 3, groups) * 1.0
    table = {"g": g, "y": rng.normal(size=len(g)), "x": x[g], "z": rng.normal(size=groups)[g]}
    for name, few in (("x", True), ("z", False)):
        model = hf.Model(N(sigma=1), N(hf.Linear(f"1 + {name}", N(0, 1)), H(1)))
        plan = model.explain(table, y="y", group="g")
        some = alike.choose_alike(plan)
        assert len(some.at) < 150 if few else len(some.at) == groups
        f = 10 * plan.statistics.weight + 100 * x + plan.statistics.mean
        np.testing.assert_allclose(some.spread(f[some.at]), f)


def test_few_draws_are_refused() -> None:
    fit = hf.Model(N(sigma=1), N(0, H(1))).fit({"y": [0.0, 1, 4]}, y="y", random_seed=1, draws=3)
    with pytest.raises(ValueError, match="takes 4 draws a chain at least, and 20 in all"):
        fit.sensitivity()


def test_every_scheme() -> None:
    y = [0.0, 1, 4, 2, 7, 3]
    for population in (
        hf.Beta(hf.Exponential(1), hf.Exponential(1)),
        hf.Mixture([N(0, 0.5), N(0, H(2))], weights=[0.5, 0.5]),
        hf.Grid(-3, 3, points=9, concentration=hf.Exponential(1)),
    ):
        fit = hf.Model(hf.Binomial(n=8), population).fit({"y": y}, y="y", random_seed=1, draws=50)
        found = power_scale(fit)
        assert found.groups is not None
        for table in (found.hyper, found.groups):
            assert np.isfinite(table["prior"]).all() and np.isfinite(table["likelihood"]).all()
    one, two = (
        hf.Model(N(sigma=1), N(0, H(1))).fit({"y": y}, y="y", random_seed=1, draws=50, cores=c)
        for c in (1, 2)
    )
    np.testing.assert_array_equal(
        one.sensitivity().groups["prior"], two.sensitivity().groups["prior"]
    )  # type: ignore[index]
