"""Counts whose exposures all differ, read off few cells: hierfast/schemes/between.py."""

import numpy as np
import pytest

import hierfast as hf
from hierfast import _core, diagnose
from hierfast.counts import CountCells
from hierfast.schemes import between, counts

N = hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2))
POPULATIONS = {
    "normal": N,
    "logistic": hf.Logistic(hf.Normal(0, 5), hf.HalfNormal(2)),
    "mean alone": hf.Normal(hf.Normal(0, 5), 0.7),
}


def simulate(groups, mean=-1.0, sd=0.7, seed=1, shape=2.0):
    rng = np.random.default_rng(seed)
    exposure = rng.gamma(shape, 3, groups)
    y = rng.poisson(exposure * np.exp(rng.normal(mean, sd, groups)))
    return {"y": y, "e": exposure, "g": np.arange(groups)}


def explain(population, table, **more):
    return hf.Model(hf.Poisson(exposure="e", **more), population).explain(table, y="y", group="g")


def cells_of(size, y=0.0, mult=1.0):
    n = len(size)
    both = np.broadcast_to(y, n).astype(float), np.broadcast_to(mult, n).astype(float)
    return CountCells(both[0], np.asarray(size), both[1], np.arange(n), float(n), float(n), 0)


def test_polynomials_are_summed_exactly():
    """(2) is exact of polynomials in the logarithm of the size below K, whatever the multiplicities."""
    rng = np.random.default_rng(1)
    size, mult = np.exp(rng.uniform(-1, 3, 3000)), rng.integers(1, 5, 3000)
    made = between.make_between(cells_of(size, rng.integers(0, 3, 3000), mult), 1.25)
    few = made.cells
    assert len(few) == 3 * 4 * between.POINTS and len(made.at) == 3000
    for y in range(3):
        of = cells_of(size, 0, mult).mult * (made_y(made, 3000) == y)
        for power in range(between.POINTS):
            want = (of * np.log(size) ** power).sum()
            got = (few.mult * np.log(few.size) ** power)[few.y == y].sum()
            assert got == pytest.approx(want, rel=1e-11, abs=1e-9)
    smooth = np.exp(-few.size / 20) * few.size**0.3
    assert few.mult @ smooth == pytest.approx(mult @ (np.exp(-size / 20) * size**0.3), rel=1e-13)


def made_y(made, count):
    y = np.empty(count)
    y[made.at] = made.cells.y[made.first]
    return y


def test_few_cells_are_left_as_they_are():
    size = np.append(np.linspace(1, 2, between.POINTS), np.linspace(1, 3, 200))
    y = np.repeat([7.0, 2.0], [between.POINTS, 200])
    mult = np.where(np.arange(len(y)) == 20, 0.0, 1.0)  # a group without rows
    made = between.make_between(cells_of(size, y, mult), 1.25)
    assert set(made.cells.size[made.cells.y == 7]) == set(size[y == 7])
    assert (made.cells.y == 2).sum() == between.POINTS + 1
    assert made.cells.mult.sum() == pytest.approx(mult.sum(), rel=1e-14) and 20 not in made.at
    assert made.kept[-1] == 20 and made.cells.mult[-1] == 0 and made.cells.size[-1] == size[20]
    np.testing.assert_allclose(made.spread(np.log(made.cells.size)), np.log(size), atol=1e-13)
    both = np.stack([made.cells.y, made.cells.size**2], axis=1)
    np.testing.assert_allclose(made.spread(both), np.stack([y, size**2], axis=1), rtol=1e-13)


@pytest.mark.parametrize("level", list(_core.levels()))
def test_cells_have_the_same_bits_at_every_instruction_set(level):
    table = simulate(3000)
    cells = cells_of(table["e"], table["y"])
    one, two = (between.make_between(cells, 1.25, k).cells for k in (0, level))
    for name in ("y", "size", "mult"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()


@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("mean", [-5.0, -1.0, 1.0])
def test_what_it_leaves_is_no_more_than_said(name, mean, monkeypatch):
    """Against the log posterior of all groups, around the mode and farther away."""
    table = simulate(6000, mean)
    plan = explain(POPULATIONS[name], table)
    assert 2 * plan.target.count < plan.integrals.count and "interpolated from" in repr(plan)
    points = plan.target.design_points()
    d = (points.shape[1] - 1) // 4
    with monkeypatch.context() as m:
        m.setattr(counts, "stand_in", lambda *_: None)
        whole = explain(POPULATIONS[name], table).target
    exact = np.array([whole.log_rows(np.ascontiguousarray(p[:, None]))[0] for p in points.T])
    found = np.array([plan.target.log_rows(np.ascontiguousarray(p[:, None]))[0] for p in points.T])
    off = np.abs((found - exact) - (found - exact)[0])[1:].reshape(d, 4).max(axis=1)
    assert 2 * np.sqrt((off**2).sum()) <= plan.quadrature_error + 1e-13 * abs(exact).max()


def test_an_error_that_is_too_large_is_seen(monkeypatch):
    """With few points the error is larger, is told as no less, and in the end nothing stands for others."""
    table, told = simulate(20_000), []
    error_of = between.error_of
    monkeypatch.setattr(between, "error_of", lambda *a: told.append(error_of(*a)) or told[-1])
    for points in (10, 6, 4, 2):
        monkeypatch.setattr(between, "POINTS", points)
        plan = explain(N, table)
        assert (plan.target.count < 20_000) == (told[-1] < 1e-4)
    assert told[0] < 1e-6 < told[-2] and told[-1] > 1e-4


def test_nothing_stands_for_counts_that_all_differ():
    table = simulate(3000, mean=7.0, sd=1.0)
    plan = explain(N, table)
    assert plan.target.count == len(plan.cells) and plan.target is plan.integrals
    known = hf.Normal(hf.Linear("1 + x", hf.Normal(0, 5)), hf.HalfNormal(2))
    table = simulate(3000) | {"x": np.arange(3000) % 7 * 1.0}
    assert explain(known, table).target.count == 3000


@pytest.mark.parametrize("name", ["normal", "logistic"])
def test_fits_are_those_of_all_cells(name, monkeypatch):
    table = simulate(4000)
    model = hf.Model(hf.Poisson(exposure="e"), POPULATIONS[name])
    ask = {"y": "y", "group": "g", "random_seed": 1, "progressbar": False, "draws": 500}
    few = model.fit(table, **ask)
    monkeypatch.setattr(counts, "stand_in", lambda *_: None)
    whole = model.fit(table, **ask)
    assert few.plan.target.count < whole.plan.target.count == 4000
    for key in few.hyper:
        a, b = few.hyper[key], whole.hyper[key]
        error = np.hypot(diagnose.mcse_mean(a), diagnose.mcse_mean(b))
        assert abs(a.mean() - b.mean()) < 5 * error < 0.5 * a.std()
    np.testing.assert_allclose(few.groups.mean, whole.groups.mean, atol=0.02)
    np.testing.assert_allclose(few.groups.sd, whole.groups.sd, rtol=0.02)
    found, want = few.loo(), whole.loo()
    assert found.elpd == pytest.approx(want.elpd, abs=5 * (found.mcse + want.mcse))
    again = few.extend(10)
    assert again.plan.target.count == few.plan.target.count
