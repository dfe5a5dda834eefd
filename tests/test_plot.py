"""Pictures: what is drawn, at every size."""

import sys

import matplotlib as mpl
import numpy as np
import pytest

import hierfast as hf
from hierfast.cli import main

mpl.use("Agg")
from matplotlib import pyplot as plt

ROWS = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
SCHOOLS = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def schools():
    table = hf.datasets.load("eight_schools")
    return SCHOOLS.fit(table, y="effect", group="school", random_seed=1)


def points(ax):
    """Offsets of the points drawn, those that only stand in the legend left out."""
    return np.concatenate([c.get_offsets() for c in ax.collections if len(c.get_offsets()) > 1])


def test_eight_schools_are_named_pooled_and_explained():
    fit = schools()
    ax = fit.plot.shrinkage()
    order = np.argsort(points(ax)[:, 0])
    want = np.argsort(fit.plan.statistics.mean)
    np.testing.assert_allclose(points(ax)[order, 0], fit.plan.statistics.mean[want])
    np.testing.assert_allclose(points(ax)[order, 1], fit.groups.mean[want])
    assert sorted(t.get_text() for t in ax.texts) == list("ABCDEFGH")
    assert ax.get_xlabel() == "effect: mean of the rows alone"
    assert ax.get_title() == "8 groups (school)"
    legend = [t.get_text() for t in ax.get_legend().get_texts()]
    assert legend[0] == "no pooling" and legend[1].startswith("complete pooling")
    assert legend[2:] == ["se 18", "se 9"]


@pytest.mark.parametrize("count", [85, 800, 30_000])
def test_many_groups_are_all_there(count):
    fit = ROWS.fit(
        hf.datasets.simulate(count, 5 * count, seed=2), y="y", group="group", random_seed=1
    )
    ax = fit.plot.shrinkage(title="many")
    shaded = sum(int(m.get_array().sum()) for m in ax.collections if hasattr(m, "get_coordinates"))
    assert shaded + len(points(ax)) == len(fit.groups)
    assert bool(shaded) == (count > 2000)
    assert ax.get_title() == "many"
    assert len(ax.texts) == 2


def test_groups_without_rows_are_left_out_and_locations_are_added():
    data = {"y": [11.0, 12, 21, 23, 33], "g": list("aabbc"), "x": [10.0, 10, 20, 20, 30]}
    model = hf.Model(hf.Normal(sigma=1), hf.Normal("x", hf.HalfNormal(2)))
    groups = {"g": list("abcd"), "x": [10.0, 20, 30, 40]}
    ax = model.fit(data, y="y", group="g", groups=groups, random_seed=1).plot.shrinkage()
    np.testing.assert_allclose(np.sort(points(ax)[:, 0]), [11.5, 22, 33])


def test_an_axes_of_ones_own_and_a_wrong_interval():
    _, ax = plt.subplots()
    assert schools().plot.shrinkage(ax) is ax
    with pytest.raises(ValueError, match="prob must lie strictly between 0 and 1; got 1"):
        schools().plot.shrinkage(prob=1)
    assert "shrinkage" in repr(schools().plot)


def test_without_matplotlib_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"hierfast\[plot\]"):
        schools().plot.shrinkage()


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_command_draws(tmp_path, suffix, capsys):
    path = tmp_path / f"all.{suffix}"
    assert main(["--groups", "3000", "--plot", str(path)]) == 0
    assert path.stat().st_size > 5000
    assert str(path) in capsys.readouterr().out


@pytest.mark.parametrize(("name", "message"), [("a.xls", "must end in"), ("no/a.png", "no folder")])
def test_the_command_refuses_before_any_work(name, message, capsys):
    with pytest.raises(SystemExit):
        main(["--plot", name])
    said = capsys.readouterr()
    assert message in said.err and not said.out


def test_counts_are_drawn_on_their_link_scale():
    table = hf.datasets.load("surgical")
    population = hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1))
    fit = hf.Model(hf.Binomial(n="operations"), population).fit(
        table, y="deaths", group="hospital", random_seed=1, progressbar=False
    )
    ax = fit.plot.shrinkage()
    raw = np.log((table["deaths"] + 0.5) / (table["operations"] - table["deaths"] + 0.5))
    np.testing.assert_allclose(np.sort(points(ax)[:, 0]), np.sort(raw))
    assert ax.get_xlabel() == "deaths: logit of the group alone"
    assert "n = 810" in [t.get_text() for t in ax.get_legend().get_texts()]
