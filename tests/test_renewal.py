"""Further rows and further draws: against one fit of all rows, and one of all draws."""

from dataclasses import replace

import numpy as np
import pytest
from test_merging import DATA, FAMILIES, SETTINGS, H, pick

import hierfast as hf
from hierfast import sample

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
QUIET = {"progressbar": False}
SCHEMES = {  # family, scheme: all that moves hyperparameters
    "closed, grid": ("normal", "collapsed"),
    "slices": ("normal", "collapsed:slice"),
    "laplace": ("normal", "collapsed:laplace"),
    "sweeps": ("normal gibbs", "gibbs"),
    "quadrature": ("negative", "quadrature"),
    "effects by slices": ("negative", "gibbs"),
    "student by slices": ("student", "gibbs"),
    "shares": ("multinomial", "gibbs"),
    "mixture": ("mixture", "gibbs"),
    "points": ("grid", "gibbs"),
    "weights": ("grid", "collapsed"),
    "scales": ("scales", "quadrature"),
}


def fit(name, data=DATA, **change):
    model, y, _ = FAMILIES[name]
    return model.fit(data, y=y, group="g", **SETTINGS | change)


def assert_same(one, other, groups=True):
    assert list(one.hyper) == list(other.hyper)
    for key, value in other.hyper.items():
        np.testing.assert_array_equal(one.hyper[key], value, err_msg=key)
    if groups:
        assert one.groups.labels.tolist() == other.groups.labels.tolist()
        np.testing.assert_array_equal(one.groups.draws(), other.groups.draws())
        np.testing.assert_array_equal(one.groups.mean, other.groups.mean)


@pytest.mark.parametrize("name", ["normal", "normal linear", "negative", "ordered", "multinomial"])
def test_updates_in_pieces_are_one_fit(name):
    whole = fit(name)
    cuts = np.array_split(np.argsort(DATA["x"], kind="stable"), 4)
    found = fit(name, pick(cuts[0]))
    for rows in cuts[1:]:
        found = found.update(pick(rows), **QUIET)
    assert_same(found, whole)
    assert found.settings == whole.settings or found.settings.y == whole.settings.y
    ready = fit(name, pick(cuts[0])).update(
        whole.model.statistics(pick(np.concatenate(cuts[1:])), y=FAMILIES[name][1], group="g"),
        **QUIET,
    )
    assert_same(ready, whole)


def test_a_seed_and_other_names_may_be_given():
    half = np.arange(240) < 120
    rows = pick(~half)
    rows["outcome"], rows["who"] = rows.pop("y"), rows.pop("g")
    before = fit("normal", pick(half))
    found = before.update(rows, y="outcome", group="who", random_seed=8, **QUIET)
    assert_same(found, fit("normal", random_seed=8))
    assert before.plan.statistics.n.sum() == 120


def test_columns_known_of_groups_need_not_be_told_again():
    model = hf.Model(hf.Normal(sigma=H), hf.Normal(hf.Linear("1 + x", hf.Normal(0, 2)), H))
    table = {"g": DATA["g"], "x": DATA["x"]}
    labels, at = np.unique(table["g"], return_index=True)
    groups = {"g": np.append(labels, "z"), "x": np.append(DATA["x"][at], 9.0)}
    rows = {"g": DATA["g"], "y": DATA["y"]}
    whole = model.fit(rows, y="y", group="g", groups=groups, **SETTINGS)
    half = np.arange(240) < 120
    first = model.fit(pick(half, rows), y="y", group="g", groups=groups, **SETTINGS)
    assert_same(first.update(pick(~half, rows), **QUIET), whole)
    new = first.update({"g": ["zz"], "y": [1.0], "x": [3.0]}, **QUIET)
    assert new.groups.labels[-1] == "zz"
    with pytest.raises(ValueError, match="no row for the group 'zz'"):
        first.update({"g": ["zz"], "y": [1.0]}, **QUIET)


def test_what_cannot_be_updated_is_refused():
    arrays = FAMILIES["normal"][0].fit({}, y=DATA["y"], group=DATA["g"], **SETTINGS)
    with pytest.raises(TypeError, match="y is missing: this fit was given values"):
        arrays.update({"y": [1.0], "g": ["a"]}, **QUIET)
    with pytest.raises(TypeError, match="group is missing: this fit was given values"):
        arrays.update({"y": [1.0], "g": ["a"]}, y="y", **QUIET)
    alone = FAMILIES["normal"][0].fit(DATA, y="y", **SETTINGS)
    with pytest.raises(ValueError, match="without a group column cannot be added"):
        alone.update(DATA, **QUIET)
    with pytest.raises(KeyError, match="no column 'y'"):
        fit("normal").update({"g": ["a"]}, **QUIET)
    with pytest.raises(ValueError, match="y: row 1 is nan"):
        fit("normal").update({"g": ["a", "b"], "y": [1.0, np.nan]}, **QUIET)


@pytest.mark.parametrize("name", SCHEMES)
def test_extended_chains_are_long_ones(name):
    family, scheme = SCHEMES[name]
    settings = {"scheme": scheme, "draws": 90, "chains": 3}
    whole = fit(family, **settings)
    found = fit(family, **settings | {"draws": 37}).extend(23, **QUIET).extend(30, cores=1, **QUIET)
    assert_same(found, whole)
    assert found._draws.moved == whole._draws.moved
    assert found.cut == whole.cut
    assert found.settings.draws == 90
    np.testing.assert_array_equal(found._draws.weights, whole._draws.weights)


def test_chains_whose_states_are_not_at_hand_are_run_again(monkeypatch):
    whole = fit("negative", scheme="gibbs", draws=50)
    monkeypatch.setattr(sample, "HELD", 0)
    short = fit("negative", scheme="gibbs", draws=20)
    assert short._draws.states == ()
    assert_same(short.extend(30, **QUIET), whole)


def test_nothing_to_sample_and_no_tuning_extend_as_well():
    known = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1))
    for model, change in ((known, {}), (FAMILIES["normal"][0], {"tune": 0, "scheme": "gibbs"})):
        settings = SETTINGS | change
        whole = model.fit(DATA, y="y", group="g", **settings | {"draws": 9})
        short = model.fit(DATA, y="y", group="g", **settings | {"draws": 4})
        assert_same(short.extend(5, **QUIET), whole)


def test_an_interrupted_fit_is_extended():
    def stop(progress):
        if progress.draws >= 200:
            raise KeyboardInterrupt

    settings = {"scheme": "gibbs", "draws": 400_000, "chains": 2}
    with pytest.warns(hf.InterruptWarning):
        short = fit("student", callback=stop, **settings)
    chains, length = short.shape
    found = short.extend(40, **QUIET)
    assert found.shape == (chains, length + 40)
    kept = list(short._draws.chains)
    longer = fit("student", **settings | {"draws": length + 40})
    for key, value in longer.hyper.items():
        np.testing.assert_array_equal(found.hyper[key], value[kept])


def test_chains_that_are_left_keep_their_randomness():
    whole = fit("student", chains=3, draws=30, scheme="gibbs")
    old = whole._draws
    left = replace(
        old,
        values=old.values[[0, 2], :, :12],
        parts=old.parts[[0, 2], :, :12],
        weights=old.weights[[0, 2], :12],
        moved=[old.moved[0], old.moved[2]],
        chains=(0, 2),
        states=(),
    )
    found = hf.Fit(whole.plan, left, 1, 0.0, whole.settings).extend(18, **QUIET)
    for key, value in whole.hyper.items():
        np.testing.assert_array_equal(found.hyper[key], value[[0, 2]])
    np.testing.assert_array_equal(found.groups.draws(), whole.groups.draws()[[0, 2]])
    again = found.extend(5, **QUIET)
    assert again._draws.chains == (0, 2)


@pytest.mark.parametrize("draws", [0, -1, 1.5, True, "10"])
def test_draws_must_be_a_positive_integer(draws):
    with pytest.raises((TypeError, ValueError), match="draws must be"):
        fit("normal").extend(draws, **QUIET)
