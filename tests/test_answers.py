"""Ranks, chances, differences and functions of groups against brute force and closed forms."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats as st

import hierfast as hf
from hierfast import _core
from hierfast.chances import _by_inverse
from hierfast.extremes import Extremes
from hierfast.joint import Joint, rank_twice, share_of_top

SCHOOLS = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))


@pytest.fixture(scope="module")
def schools():
    table = hf.datasets.load("eight_schools")
    return SCHOOLS.fit(table, y="effect", group="school", random_seed=1, progressbar=False)


@pytest.fixture(scope="module")
def sparse():
    """Effects of which many are 0 and so the same."""
    rng = np.random.default_rng(3)
    effect = np.where(rng.random(60) < 0.7, 0.0, rng.normal(0, 3, 60))
    kinds = hf.Mixture([hf.PointMass(0), hf.Normal(0, 3)], weights=[0.7, 0.3])
    return hf.Model(hf.Normal(sigma=1), kinds).fit(
        {"y": effect + rng.normal(size=60), "g": np.arange(60)},
        y="y",
        group="g",
        random_seed=1,
        progressbar=False,
    )


def brute_force(effects):
    """Ranks (draws, groups) by counting, pair by pair."""
    above = (effects[:, None, :] > effects[:, :, None]).sum(axis=2)
    same = (effects[:, None, :] == effects[:, :, None]).sum(axis=2) - 1
    return 1 + above + 0.5 * same


@pytest.mark.parametrize("fit", ["schools", "sparse"])
def test_ranks_are_those_of_brute_force(fit, request):
    fit = request.getfixturevalue(fit)
    found = fit.groups.rank(prob=0.8)
    ranks = brute_force(fit.groups.draws().reshape(4000, -1))
    np.testing.assert_allclose(found["mean"], ranks.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["sd"], ranks.std(axis=0), rtol=1e-9, atol=1e-9)
    ends = np.quantile(ranks, [0.1, 0.9], axis=0)
    np.testing.assert_allclose(found["10%"], ends[0], rtol=1e-12)
    np.testing.assert_allclose(found["90%"], ends[1], rtol=1e-12)
    batches = ranks.reshape(50, 80, -1).mean(axis=1)
    np.testing.assert_allclose(found["mcse"], batches.std(axis=0, ddof=1) / np.sqrt(50), rtol=1e-9)


@pytest.mark.parametrize("kind", ["counts", "grid", "mixture"])
def test_answers_of_effects_made_cell_by_cell_are_those_of_their_groups(kind):
    """Where cells stand together meanwhile, and several batches are looked at together."""
    rng = np.random.default_rng(4)
    n = rng.integers(1, 3, 200)
    table = {"n": n, "y": rng.binomial(n, 0.4), "g": np.arange(200)}
    population = {
        "counts": hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)),
        "grid": hf.Grid(-2, 2, points=9),
        "mixture": hf.Mixture([hf.PointMass(0), hf.Normal(0, 1)], weights=[0.5, 0.5]),
    }[kind]
    model = hf.Model(hf.Binomial(n="n"), population)
    ask = {"y": "y", "group": "g", "random_seed": 1, "progressbar": False}
    groups = model.fit(table, **ask).groups
    joint = Joint(groups, 400, alike=True)
    assert joint._effects.order is not None
    assert {hi - lo for lo, hi in joint.batches} == {8}
    effects = groups.draws()[:, ::10].reshape(400, -1)
    ranks = brute_force(effects)
    found = groups.rank(draws=400)
    np.testing.assert_allclose(found["mean"], ranks.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["sd"], ranks.std(axis=0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found["95%"], np.quantile(ranks, 0.95, axis=0), rtol=1e-12)
    batches = ranks.reshape(50, 8, -1).mean(axis=1)
    np.testing.assert_allclose(found["mcse"], batches.std(axis=0, ddof=1) / np.sqrt(50), rtol=1e-9)
    top = groups.prob_top(20, draws=400)["prob"]
    share = share_of_top(20, effects).mean(axis=0, dtype=float)
    np.testing.assert_allclose(top, share, rtol=1e-6, atol=1e-7)


def test_the_smallest_first_turns_ranks_round(schools):
    first = schools.groups.rank()["mean"]
    last = schools.groups.rank(largest_first=False)["mean"]
    np.testing.assert_allclose(first + last, 9.0, rtol=1e-12)


@pytest.mark.parametrize("fit", ["schools", "sparse"])
@pytest.mark.parametrize("k", [1, 3, 8])
def test_chances_of_the_first_add_up_and_are_those_of_brute_force(fit, k, request):
    groups = request.getfixturevalue(fit).groups
    found = groups.prob_top(k)
    assert found["prob"].sum() == pytest.approx(k, rel=1e-6)
    effects = groups.draws().reshape(4000, -1)
    above = (effects[:, None, :] > effects[:, :, None]).sum(axis=2)
    same = (effects[:, None, :] == effects[:, :, None]).sum(axis=2)
    part = np.clip((k - above) / same, 0.0, 1.0)  # of the places that those alike share
    np.testing.assert_allclose(found["prob"], part.mean(axis=0), atol=1e-6)


def share_above(groups, x):
    """Chances by the shares of 4,000 draws of the effects, with their binomial errors."""
    share = (groups.draws().reshape(4000, -1) > x).mean(axis=0)
    return share, np.sqrt((share + 1e-3) * (1 - share + 1e-3) / 4000)


def test_chances_above_a_value_are_those_of_the_posterior():
    """Known hyperparameters: a closed form, without any Monte Carlo error."""
    y = np.array([-1.0, 0.5, 2.0])
    fit = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 2)).fit(
        {"y": y}, y="y", random_seed=4, progressbar=False
    )
    found = fit.groups.prob_above(0.7)
    np.testing.assert_allclose(found["prob"], st.norm.sf(0.7, 0.8 * y, np.sqrt(0.8)), rtol=1e-13)
    assert (found["mcse"] == 0.0).all()


def test_chances_of_normal_groups_are_means_over_the_draws():
    """Without rows, with a known location, in batches whose spread is the error: by hand, with SciPy."""
    rng = np.random.default_rng(2)
    table = {"y": rng.normal(size=9), "g": np.arange(9) // 2, "x": np.arange(9) // 2 * 0.3}
    groups = {"g": np.arange(6), "x": np.arange(6) * 0.3}
    model = hf.Model(hf.Normal(sigma=hf.HalfNormal(1)), hf.Normal("x", hf.HalfNormal(1)))
    fit = model.fit(
        table, y="y", group="g", groups=groups, random_seed=1, progressbar=False, draws=500
    )
    found, n = fit.groups.prob_above(0.4), np.array([2, 2, 2, 2, 1, 0])
    mean = np.array([table["y"][table["g"] == j].mean() if n[j] else 0.0 for j in range(6)])
    sigma, tau = (fit.hyper[k].reshape(-1, 1) for k in ("sigma", "g_sigma"))
    w = n * tau**2 / (n * tau**2 + sigma**2)
    centre, x = w * mean + (1 - w) * groups["x"], 0.4
    each = st.norm.sf(x, centre, tau * np.sqrt(1 - w))
    np.testing.assert_allclose(found["prob"], each.mean(axis=0), rtol=1e-12)
    batches = each.reshape(50, 40, 6).mean(axis=1)
    np.testing.assert_allclose(found["mcse"], batches.std(axis=0, ddof=1) / np.sqrt(50), rtol=1e-9)


def test_chances_at_extremes_are_those_of_scipy_at_every_instruction_set():
    """Equations (1) and (2) of csrc/conjugate/normal_above.h, scales from 1e-150 to 1e150 and of 0."""
    m = np.array([0.0, 1.0, -2.0, 3.0, 0.0, 1e150, 0.5, -1e-150])
    s2 = np.array([0.0, 1.0, 1e-8, 1e4, 0.0, 1e300, 0.0, 1e-300])
    ratio = np.array([1.0, 0.0, 1e-12, 1e12, 0.0, 4.0, 1e-3, 1e3])
    tau2 = np.array([1.0, 0.0, 1e-6, 1e6, 0.0, 1e300, 1e-12, 1e-300])
    p = np.repeat([0.0, 1.0, 50.0, 1e8], 100)
    d, x = np.tile(np.linspace(-3, 3, 100), 4), np.tile(np.geomspace(1e-3, 40, 100), 4)
    edge, rows = np.array([0, 3, 6, 8], dtype=np.int32), []
    for level in range(_core.best_level() + 1):
        chance, mcse = np.empty((2, 400))
        mixture = _core.Mixture(np.ascontiguousarray([m, s2, tau2, ratio]), level)
        mixture.above(edge, p, d, x, chance, mcse)
        rows.append([chance, mcse])
    assert all(np.array_equal(rows[0], row) for row in rows)
    b = 1.0 / (1.0 + ratio[:, None] * p)
    mean = b * m[:, None] + ratio[:, None] * p * b * d
    with np.errstate(divide="ignore"):
        u = (x - mean) / np.sqrt(tau2[:, None] * b + b * b * s2[:, None])
    each = st.norm.sf(u)
    np.testing.assert_allclose(rows[0][0], each.mean(axis=0), rtol=1e-12, atol=1e-300)
    parts = np.array([each[lo:hi].mean(axis=0) for lo, hi in pairwise(edge)])
    error = parts.std(axis=0, ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(rows[0][1], error, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("x", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("family", ["Beta", "Gamma"])
def test_chances_of_conjugate_groups_are_means_of_tails(family, x):
    y, size = np.array([0.0, 3.0, 7.0]), np.array([9.0, 9.0, 10.0])
    if family == "Beta":
        model = hf.Model(hf.Binomial(n="n"), hf.Beta(hf.Gamma(4, 2), hf.Gamma(4, 1)))
    else:
        model = hf.Model(hf.Poisson(exposure="n"), hf.Gamma(hf.Gamma(4, 2), hf.Gamma(4, 1)))
    fit = model.fit({"y": y, "n": size}, y="y", random_seed=1, progressbar=False, draws=100)
    a, b = (v.reshape(-1, 1) for v in fit.hyper.values())
    law = (
        st.beta(a + y, b + size - y) if family == "Beta" else st.gamma(a + y, scale=1 / (b + size))
    )
    found = fit.groups.prob_above(x)
    np.testing.assert_allclose(found["prob"], law.sf(x).mean(axis=0), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("x", [-1.0, 0.0, 0.5])
def test_chances_beside_a_point_are_shares_of_draws(sparse, x):
    found, (share, error) = sparse.groups.prob_above(x), share_above(sparse.groups, x)
    np.testing.assert_allclose(found["prob"], share, rtol=1e-6)
    np.testing.assert_allclose(found["mcse"].mean(), error.mean(), rtol=0.2)


def test_chances_of_counts_are_shares_of_draws():
    """Read by nodes, by inverse distribution functions, on either scale; beyond the ends they are sure."""
    table = hf.datasets.load("surgical")
    model = hf.Model(hf.Binomial(n="operations"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))
    fit = model.fit(table, y="deaths", group="hospital", random_seed=1, progressbar=False)
    groups, theta = fit.groups, np.log(0.07 / 0.93)
    found, (share, error) = groups.prob_above(theta), share_above(groups, theta)
    assert np.all(np.abs(found["prob"] - share) < 4.5 * np.hypot(error, found["mcse"]))
    natural = groups.natural.prob_above(0.07)
    np.testing.assert_allclose(natural["prob"], found["prob"], rtol=1e-9)
    points = np.ascontiguousarray(np.concatenate(list(fit._draws.values), axis=1).T[::20])
    other = _by_inverse(fit.plan.integrals, points, theta, np.arange(12), 0, 12).mean(axis=0)
    some = groups.prob_above(theta, draws=200)["prob"]
    np.testing.assert_allclose(other[fit.plan.cell], some, atol=2e-6)
    assert (groups.natural.prob_above(0.0)["prob"] == 1.0).all()
    assert (groups.natural.prob_above(1.0)["prob"] == 0.0).all()


def test_a_function_of_natural_effects_is_read_on_their_scale():
    table = hf.datasets.load("surgical")
    model = hf.Model(hf.Binomial(n="operations"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))
    fit = model.fit(table, y="deaths", group="hospital", random_seed=1, progressbar=False)
    natural = fit.groups.natural
    found = natural.expect(np.square, prob=0.5)
    squares = np.square(natural.draws().reshape(4000, -1))
    np.testing.assert_allclose(found["mean"], squares.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["25%"], np.quantile(squares, 0.25, axis=0), rtol=1e-12)
    exact = natural.mean**2 + natural.sd**2
    assert np.all(np.abs(found["mean"] - exact) < 5 * found["mcse"] + 1e-3 * exact)
    np.testing.assert_array_equal(natural.rank()["mean"], fit.groups.rank()["mean"])


def test_errors_are_as_large_as_they_say():
    """Means of 400 joint draws over many fits spread as the error says."""
    rng = np.random.default_rng(7)
    table, means, errors = {"y": rng.normal(size=6)}, [], []
    model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Normal(0, 1), hf.HalfNormal(1)))
    for seed in range(60):
        fit = model.fit(table, y="y", random_seed=seed, progressbar=False, draws=200)
        found = fit.groups.rank(draws=400)
        means.append(found["mean"])
        errors.append(found["mcse"])
    ratio = np.std(means, axis=0, ddof=1) / np.sqrt(np.mean(np.square(errors), axis=0))
    assert 0.75 < np.sqrt(np.mean(ratio**2)) < 1.25


def test_a_difference_is_that_of_joint_draws(schools):
    found = schools.groups.compare("A", "C", prob=0.5)
    draws = schools.groups.draws()
    difference = draws[..., 0] - draws[..., 2]
    assert found.mean == pytest.approx(difference.mean(), rel=1e-12)
    assert found.prob == pytest.approx((difference > 0).mean(), rel=1e-12)
    assert found.interval == pytest.approx(np.quantile(difference, [0.25, 0.75]), rel=1e-9)
    assert found.prob_mcse == pytest.approx(np.sqrt(found.prob * (1 - found.prob) / 4000), rel=0.2)
    assert schools.groups.compare("C", "A").prob == pytest.approx(1 - found.prob, rel=1e-9)


def test_blocks_and_cores_change_nothing(monkeypatch, schools):
    from hierfast import joint

    want = schools.groups.rank(), schools.groups.expect(np.exp, prob=0.5)
    monkeypatch.setattr(joint, "ROWS", 50)
    monkeypatch.setattr(joint, "GROUPS", 3)
    monkeypatch.setattr(schools.groups, "_cores", 3)
    for one, other in zip(
        want, (schools.groups.rank(), schools.groups.expect(np.exp, prob=0.5)), strict=True
    ):
        for column in one:
            np.testing.assert_array_equal(one[column], other[column])


def test_ends_that_few_draws_have():
    draws = np.random.default_rng(1).normal(size=(4, 7))
    for prob in (0.01, 0.5, 0.999):
        keep = Extremes(4, 7, prob, float)
        for t in range(7):
            keep.add(0, 4, draws[:, t : t + 1].T)
        ends = np.quantile(draws, [0.5 - prob / 2, 0.5 + prob / 2], axis=1).T
        np.testing.assert_allclose(keep.ends(), ends, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.int32, np.float64])
def test_ends_at_every_instruction_set_and_in_pieces(dtype):
    draws = np.random.default_rng(2).integers(-90, 90, (401, 300)).astype(dtype)
    ends = np.quantile(draws, [0.05, 0.95], axis=0).T
    for level in _core.levels():
        keep = Extremes(300, 401, 0.9, dtype, level)
        for t in range(0, 401, 33):
            for lo in range(0, 300, 2 * _core.ABREAST):
                keep.add(lo, min(lo + 2 * _core.ABREAST, 300), draws[t : t + 33, lo : lo + 128])
        np.testing.assert_allclose(keep.ends(), ends, rtol=1e-12)


def test_ranks_and_places_that_are_shared():
    row = np.array([[2.0, 2.0, 2.0, 5.0, -1.0, 5.0]])
    assert (rank_twice(row) / 2).tolist() == [[4.0, 4.0, 4.0, 1.5, 6.0, 1.5]]
    assert share_of_top(1, row).tolist() == [[0, 0, 0, 0.5, 0, 0.5]]
    np.testing.assert_allclose(share_of_top(4, row), [[2 / 3, 2 / 3, 2 / 3, 1, 0, 1]], rtol=1e-6)
    assert share_of_top(6, row).tolist() == [[1.0] * 6]


def test_a_table_prints_sorts_and_finds():
    labels = np.array([f"g{i:03}" for i in range(200)])
    table = hf.GroupTable(labels, {"mean": np.arange(200.0) % 7, "n": np.arange(200)}, "county")
    assert table.row("g010") == {"mean": 3.0, "n": 10}
    down = table.sort("mean", descending=True)
    assert down.labels[:2].tolist() == ["g006", "g013"] and down.row("g013")["n"] == 13
    lines = repr(table).splitlines()
    assert len(lines) == 11 and "..." in lines[5] and lines[-1] == "200 groups"
    assert "<table" in table._repr_html_() and dict(table).keys() == {"mean", "n"}
    pandas = pytest.importorskip("pandas")
    frame = down.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and frame.index.name == "county"
    assert frame.loc["g013", "n"] == 13
    with pytest.raises(KeyError, match="no column 'sd'; columns are mean, n"):
        table["sd"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: g.rank(prob=1), "prob must lie strictly between 0 and 1"),
        (
            lambda g: g.rank(draws=1),
            "draws must be a whole number of joint draws, 2 or more; got 1",
        ),
        (lambda g: g.prob_top(0), "k must be a whole number of groups, 1 to 8; got 0"),
        (lambda g: g.prob_top(9), "1 to 8; got 9"),
        (lambda g: g.prob_top(True), "got True"),
        (lambda g: g.prob_above(np.nan), "x must be a finite number; got nan"),
        (lambda g: g.compare("A", "A"), "a and b are both group 'A'"),
        (lambda g: g.expect(lambda x: x.sum(axis=1)), "shape of the effects"),
        (lambda g: g.expect(lambda x: np.where(x > 0, np.inf, 0)), "gives inf for group"),
    ],
)
def test_what_is_asked_wrongly_is_said(schools, call, message):
    with pytest.raises(ValueError, match=message):
        call(schools.groups)
    with pytest.raises(KeyError, match="no group 'Z'"):
        schools.groups.compare("A", "Z")


@pytest.mark.parametrize("ask", ["rank", "prob_above"])
def test_one_draw_has_no_error(ask):
    fit = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1)).fit(
        {"y": [1.0, 2.0]}, y="y", draws=1, chains=1, random_seed=1, progressbar=False
    )
    with pytest.raises(ValueError, match="need two draws or more; the fit has one"):
        fit.groups.rank() if ask == "rank" else fit.groups.prob_above(0.0)


def test_scales_that_differ_by_group_are_ranked_too():
    table = hf.datasets.load("dyes")
    likelihood = hf.Normal(sigma=hf.each(hf.LogNormal(hf.Normal(4, 1), hf.HalfNormal(1))))
    model = hf.Model(likelihood, hf.Normal(hf.Normal(1500, 100), hf.HalfNormal(100)))
    fit = model.fit(table, y="grams", group="batch", random_seed=1, draws=100, progressbar=False)
    ranks = fit.terms["sigma"].rank(draws=400)["mean"]
    assert ranks.sum() == pytest.approx(21.0)
    draws = fit.terms["sigma"].draws().reshape(400, 6)
    np.testing.assert_allclose(ranks, brute_force(draws).mean(axis=0), rtol=1e-12)


def test_few_draws_are_read_as_they_are():
    fit = SCHOOLS.fit(
        hf.datasets.load("eight_schools"),
        y="effect",
        group="school",
        draws=3,
        chains=1,
        random_seed=1,
        progressbar=False,
    )
    joint = Joint(fit.groups)
    assert joint.total == 3 and [hi - lo for lo, hi in joint.batches] == [1, 2]
    assert fit.groups.rank()["mean"].sum() == pytest.approx(36.0)


@pytest.mark.parametrize("kind", ["normal", "heavy", "alike", "close", "wide"])
def test_ranks_of_many_are_scipys(kind):
    rng = np.random.default_rng(1)
    x = {
        "normal": rng.normal(size=3000),
        "heavy": rng.standard_cauchy(3000) ** 3,
        "alike": rng.integers(-4, 4, 3000) * 1.0,
        "close": np.append(1.0 + 1e-15 * rng.integers(0, 50, 2999), 1e12),
        "wide": rng.choice([-1.0, 1.0], 3000) * 10 ** rng.uniform(-300, 300, 3000),
    }[kind]
    for level in _core.levels():
        np.testing.assert_array_equal(rank_twice(x[None], level)[0] / 2, st.rankdata(-x))
