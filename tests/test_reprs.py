"""What fits, tables, groups and plans look like on a terminal, as HTML and as data frames."""

import sys
from dataclasses import FrozenInstanceError
from xml.etree import ElementTree

import numpy as np
import pytest

import hierfast as hf
from hierfast.fitted import Time

RNG = np.random.default_rng(6)
SCHOOLS = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
ROWS = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
NASTY = ["<b>bold</b>", "a & b", '"quoted"', "x" * 300, "two\nlines", "", "żółw", "</table>"]


def schools(**other):
    table = hf.datasets.load("eight_schools")
    settings = {"random_seed": 1, "progressbar": False} | other
    return SCHOOLS.fit(table, y="effect", group="school", **settings)


def many(scheme="auto", groups=500):
    table = {"y": RNG.normal(0, 2, 2 * groups), "g": np.arange(2 * groups) // 2}
    return ROWS.fit(table, y="y", group="g", random_seed=1, progressbar=False, scheme=scheme)


def cells(page):
    """Rows of the only table of a page, as texts; an error where the page is not well-formed."""
    tree = ElementTree.fromstring(f"<div>{page}</div>")
    assert not [e for e in tree.iter() if e.tag == "script"]
    (table,) = tree.iter("table")
    return [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]


def test_a_fit_prints_figures_verdict_and_time():
    fit = schools()
    head, columns, *rows, last = repr(fit).splitlines()
    assert head == f"4 chains x 1,000 draws, collapsed, {fit.time!r}"
    assert columns.split()[0] == "mean"
    assert [row.split()[0] for row in rows] == ["school_mu", "school_sigma"]
    assert last == fit.diagnose().short and last.startswith("no problem found; smallest ESS ")
    page = fit._repr_html_()
    assert head in page and last in page
    assert cells(page)[0][1:] == columns.split()


def test_a_fit_without_hyperparameters():
    fit = hf.Model(hf.Normal(sigma="se"), hf.Normal(0, 1)).fit(
        hf.datasets.load("eight_schools"), y="effect", group="school", progressbar=False
    )
    assert repr(fit).splitlines()[1:] == ["no problem found; no unknown hyperparameters"]
    assert "<table>" not in fit._repr_html_()


def test_a_summary_as_html_shows_what_it_prints():
    table = schools().summary([0.1, 0.9])
    lines = [line.split() for line in repr(table).splitlines()]
    found = cells(table._repr_html_())
    assert [found[0][1:], *found[1:]] == lines


def test_groups_print_the_largest_and_the_smallest():
    fit = many()
    title, *lines = repr(fit.groups).splitlines()
    assert title == "500 groups (g), posterior mean and sd, largest and smallest"
    order = np.argsort(-fit.groups.mean)
    assert lines[3] == "  ..."
    shown = [int(line.split()[0]) for line in lines if line != "  ..."]
    assert shown == [*order[:3], *order[-3:]]
    head, *rows = cells(fit.groups._repr_html_())
    assert head == ["g", "mean", "sd", "n"]
    assert [row[0] for row in rows] == [*map(str, order[:3]), "...", *map(str, order[-3:])]
    assert rows[0][3] == "2"


def test_groups_under_quadrature_are_not_all_read():
    fit = many("quadrature", 100)
    text = repr(fit.groups)
    assert "_moments" not in fit.groups.__dict__
    assert text.startswith(
        "100 groups (g), posterior mean and sd, largest and smallest in the data\n"
    )
    for line in text.splitlines()[1:]:
        if line != "  ...":
            label, mean, sd, _ = line.split()
            group = fit.groups[int(label)]
            # 200 of 4000 draws of the hyperparameters: their noise is a fraction of the sd.
            assert float(mean) == pytest.approx(group.mean, abs=0.2 * group.sd)
            assert float(sd) == pytest.approx(group.sd, rel=0.2)
    assert repr(fit.groups).splitlines()[0].endswith("largest and smallest")


def test_labels_of_any_kind_stay_in_their_cells():
    table = {"y": RNG.normal(0, 1, 8), "se": np.ones(8), "<g>": np.array(NASTY)}
    fit = SCHOOLS.fit(table, y="y", group="<g>", progressbar=False)
    rows = cells(fit.groups._repr_html_())
    assert rows[0][0] == "<g>" and len(rows) == 9
    labels = {row[0] for row in rows[1:]}
    assert labels == {"<b>bold</b>", "a & b", '"quoted"', "x" * 37 + "...", "two lines", "", "żółw",
                      "</table>"}  # fmt: skip
    assert max(map(len, repr(fit.groups).splitlines()[1:])) < 100
    assert len(repr(fit.groups).splitlines()) == 9
    for label in NASTY:
        group = fit.groups[label]
        assert len(repr(group)) < 100 and "\n" not in repr(group)
        assert cells(group._repr_html_())[1][3] == "1"
    assert ElementTree.fromstring(fit.plan._repr_html_()).text == repr(fit.plan)
    assert cells(fit._repr_html_())[1][0] == "<g>_mu"


def test_time_has_parts():
    time = schools().time
    assert time.total == time.data + time.plan + time.sample
    assert min(time.data, time.plan, time.sample) > 0
    assert repr(Time(2.0, 10.0, 0.5)) == "12.5 s (data 2.0, plan 10.0, sampling 0.5)"
    with pytest.raises(FrozenInstanceError):
        time.data = 1.0


def test_groups_to_pandas():
    pytest.importorskip("pandas")
    groups = schools().groups
    frame = groups.to_pandas()
    assert list(frame.columns) == ["n", "mean", "sd", "5%", "95%"]
    assert frame.index.name == "school" and list(frame.index) == list("ABCDEFGH")
    np.testing.assert_array_equal(frame[["5%", "95%"]], groups.interval(0.9))
    np.testing.assert_array_equal(frame["mean"], groups.mean)
    assert list(groups.to_pandas(prob=0.5).columns[3:]) == ["25%", "75%"]
    assert list(groups.to_pandas(prob=None).columns) == ["n", "mean", "sd"]
    with pytest.raises(ValueError, match="prob must lie strictly between 0 and 1; got 2"):
        groups.to_pandas(prob=2)


def test_a_summary_to_pandas():
    pytest.importorskip("pandas")
    table = schools().summary()
    frame = table.to_pandas()
    assert tuple(frame.columns) == table.columns and tuple(frame.index) == table.names
    np.testing.assert_array_equal(frame["mean"], table["mean"])


def test_without_pandas_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    fit = schools()
    for table in (fit.groups, fit.summary()):
        with pytest.raises(
            ImportError, match=r"to_pandas\(\) needs pandas, which is not installed"
        ):
            table.to_pandas()
