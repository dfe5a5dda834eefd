"""What is read of groups off few cells that stand for all, against every group by itself."""

import copy
from dataclasses import replace

import numpy as np
import pytest

import hierfast as hf
from hierfast import alike, marginal, pooling, readout, standing
from hierfast.groups import Groups
from hierfast.readout import QuadratureReader, open_standing

N = hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2))
EVENTS = 6000


def simulate(groups, seed=1):
    rng = np.random.default_rng(seed)
    exposure = rng.gamma(2.0, 3.0, groups)
    y = rng.poisson(exposure * np.exp(rng.normal(-1.0, 0.7, groups)))
    return {"y": y, "e": exposure, "g": np.arange(groups)}


@pytest.fixture(scope="module")
def fits():
    """A fit, among whose groups are some without rows, and the same without cells that stand for all."""
    ask = {"groups": {"g": np.arange(EVENTS + 3)}, "draws": 250, "progressbar": False}
    model = hf.Model(hf.Poisson(exposure="e"), N)
    fit = model.fit(simulate(EVENTS), y="y", group="g", random_seed=1, **ask)
    whole = copy.copy(fit)
    whole.plan = replace(fit.plan, between=None)
    whole.groups = Groups(whole.plan, fit._draws, 2)
    return fit, whole


def test_groups_are_read_as_they_are_by_themselves(fits):
    fit, whole = fits
    assert isinstance(fit.groups._reader, standing.StandingReader)
    assert isinstance(whole.groups._reader, QuadratureReader)
    assert fit.groups._reader.off < 1e-9
    sd = whole.groups.sd
    assert (abs(fit.groups.mean - whole.groups.mean) < 1e-6 * sd).all()
    np.testing.assert_allclose(fit.groups.sd, sd, rtol=1e-6)
    at, probs = np.r_[0:EVENTS:300, EVENTS], np.array([0.05, 0.5, 0.9])
    direct, cells = whole.groups._reader, fit.plan.cell[at]
    rates = fit.groups.natural.mean[at], direct.expect_of(cells, np.exp)[0]
    np.testing.assert_allclose(*rates, rtol=5e-3)  # of 16,000 stratified effects
    off = (fit.groups.quantile(probs)[at] - direct.quantiles_of(cells, probs)) / sd[at, None]
    assert abs(off).max() < 0.02


def test_chances_are_those_of_groups_by_themselves(fits):
    """Against the share of joint draws of their effects, within Monte Carlo errors."""
    fit, whole = fits
    for groups, x in ((fit.groups, -1.0), (fit.groups.natural, np.exp(-1.0))):
        found = groups.prob_above(x)
        at = np.r_[0:EVENTS:40, EVENTS : EVENTS + 3]
        share = (whole.groups.draws(groups=at) > -1.0).mean(axis=(0, 1))
        error = np.sqrt(np.clip(share * (1 - share), 1e-3, 1) / 1000)
        off = (found["prob"][at] - share) / np.hypot(error, found["mcse"][at])
        assert abs(off).max() < 4.5 and abs(off.mean()) < 0.3
        assert (found["mcse"] < 0.05).all() and (found["mcse"] >= 0).all()
    np.testing.assert_array_equal(fit.groups.natural.prob_above(-1.0)["prob"], 1.0)


def test_what_is_made_of_means_is_as_well(fits, monkeypatch):
    fit, whole = fits
    monkeypatch.setattr(pooling, "INTEGRALS", 10**8)
    factor, other = (one.groups.pooling()["factor"] for one in fits)
    np.testing.assert_allclose(factor, other, rtol=1e-6)
    np.testing.assert_allclose(factor[EVENTS:], 1.0, rtol=1e-6)
    np.testing.assert_allclose(fit.groups.mcse, whole.groups.mcse, rtol=1e-3)


def test_leave_one_out_is_that_of_all_cells(fits, monkeypatch):
    fit, whole = fits
    monkeypatch.setattr(marginal, "QUADRATURE", 10**8)
    found, want = fit.loo(), whole.loo()
    assert len(found.elpd_i) == EVENTS and found.draws == want.draws == 1000
    assert abs(found.elpd_i - want.elpd_i).max() < 2e-4
    assert found.elpd == pytest.approx(want.elpd, abs=0.01 * want.mcse)
    assert found.p_loo == pytest.approx(want.p_loo, rel=1e-3)
    assert found.mcse == pytest.approx(want.mcse, rel=1e-2)
    both = np.isfinite(found.pareto_k) & np.isfinite(want.pareto_k)
    assert both.mean() > 0.3
    assert abs(found.pareto_k[both] - want.pareto_k[both]).max() < 0.15
    monkeypatch.setattr(standing, "SMALL", -1.0)
    assert standing.leave_out_few(fit, 1.0) is None
    np.testing.assert_array_equal(fit.loo().elpd_i, want.elpd_i)


def test_cells_that_are_too_far_off_stand_for_nothing(fits, monkeypatch):
    """Differences are seen at cells spread over all, and then every group is read by itself."""
    fit, whole = fits
    values = fit._draws.values
    assert open_standing(whole.plan, values, 2) is None
    shifted = replace(fit.plan.between, place=fit.plan.between.place + 0.05)
    wrong = replace(fit.plan, between=shifted)
    assert open_standing(wrong, values, 2) is None
    assert isinstance(Groups(wrong, fit._draws, 2)._reader, QuadratureReader)
    with monkeypatch.context() as m:
        m.setattr(standing.StandingReader, "_figures", lambda *a: np.full((len(a[-1]), 4), np.nan))
        assert open_standing(fit.plan, values, 2) is None
    monkeypatch.setattr(readout, "OFF", 10.0)
    assert 1e-3 < open_standing(wrong, values, 2).off < 1.0


@pytest.mark.parametrize("rows", ["poisson", "binomial"])
def test_groups_of_as_many_events_stand_for_their_neighbours(rows):
    """What is smooth in the size is linear between neighbours, those without rows by themselves."""
    rng, table = np.random.default_rng(2), simulate(12_000)
    likelihood = hf.Poisson(exposure="e")
    if rows == "binomial":
        table["n"] = rng.integers(1000, 60_000, 12_000)
        table["y"] = rng.binomial(table["n"], 1e-3)
        likelihood = hf.Binomial(n="n")
    plan = hf.Model(likelihood, N).explain(table, y="y", group="g", groups={"g": np.arange(12_001)})
    stats, some = plan.statistics, alike.choose_alike(plan)
    assert len(some.at) < alike.MOST + 2 * len(np.unique(stats.y))
    for at in (some.low, some.high):
        assert (stats.y[some.at[at]] == stats.y).all()
        assert ((stats.n[some.at[at]] > 0) == (stats.n > 0)).all()
    f = np.log(np.where(stats.size > 0, stats.size, 1.0))
    np.testing.assert_allclose(some.spread(f[some.at]), f, atol=1e-9)


def test_where_every_count_differs_each_group_is_looked_at():
    rng = np.random.default_rng(3)
    table = {"y": rng.permutation(6000), "e": rng.uniform(1, 2, 6000), "g": np.arange(6000)}
    plan = hf.Model(hf.Poisson(exposure="e"), N).explain(table, y="y", group="g")
    assert len(alike.choose_alike(plan).at) == 6000
