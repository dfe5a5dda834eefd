"""Groups chosen by label, mask and slice: against the same figures of all groups, chosen by hand."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from test_renewal import fit

import hierfast as hf
from hierfast.choosing import choose

LABELS = {
    "text": np.array([f"g{i:03}" for i in range(150)]),
    "objects": np.array([f"g{i:03}" for i in range(150)], dtype=object),
    "integers": np.arange(-40, 260, 2),
    "days": np.arange("2026-01-01", 150, dtype="M8[D]"),
    "moments": np.arange("2026-01-01", 150, dtype="M8[D]").astype("M8[ns]"),
    "tuples": np.fromiter([(i // 10, i % 10) for i in range(150)], dtype=object),
}
WHERE = np.random.default_rng(1).permutation(150)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("many", [120, 7])
def test_places_of_labels_masks_and_slices(kind, many):
    labels, where = LABELS[kind], WHERE[:many]
    wanted = labels[where]
    mask = np.isin(np.arange(150), where)
    given = [wanted, list(wanted)] + [wanted.tolist()] * (
        kind != "moments"
    )  # whose list is integers
    if kind == "text":
        given += [pl.Series(wanted), pd.Index(wanted), tuple(wanted)]
    for which in given:
        np.testing.assert_array_equal(choose(labels, which), where)
    for which in (mask, mask.tolist(), pd.Series(mask), pl.Series(mask), mask.astype(object)):
        np.testing.assert_array_equal(choose(labels, which), np.sort(where))
    np.testing.assert_array_equal(choose(labels, slice(-3, 2, -5)), np.arange(150)[-3:2:-5])
    assert choose(labels, wanted[3]).tolist() == [where[3]]
    assert not len(choose(labels, [])) and not len(choose(labels, np.zeros(150, dtype=bool)))


def test_labels_that_are_booleans_are_no_mask():
    labels = np.array([False, True])
    assert choose(labels, [True]).tolist() == [1]
    assert choose(labels, np.array([True, False])).tolist() == [1, 0]


@pytest.mark.parametrize("name", ["normal linear", "poisson", "multinomial", "grid"])
def test_figures_are_those_of_all_groups(name):
    groups = fit(name).groups
    mean = groups.mean if groups.mean.ndim == 1 else groups.mean[:, 0]
    mask = mean > np.median(mean)
    for which, at in (
        (mask, np.flatnonzero(mask)),
        (["g07", "g02"], [7, 2]),
        (slice(9, 4, -2), [9, 7, 5]),
    ):
        some = groups[which]
        assert some.labels.tolist() == groups.labels[at].tolist() and len(some) == len(at)
        for figure in ("n", "mean", "sd"):
            np.testing.assert_array_equal(getattr(some, figure), getattr(groups, figure)[at])
        np.testing.assert_array_equal(some.quantile(0.3), groups.quantile(0.3)[at])
        np.testing.assert_array_equal(some.interval(0.5), groups.interval(0.5)[at])
        np.testing.assert_array_equal(some.draws(slice(3)), groups.draws(None, slice(3))[:, :, at])
        np.testing.assert_array_equal(groups.draws(which), groups.draws()[:, :, at])
        frame = groups.to_pandas()
        rows = [
            r for j in at for r in np.flatnonzero(np.repeat(np.arange(12), len(frame) // 12) == j)
        ]
        pd.testing.assert_frame_equal(some.to_pandas(), frame.iloc[rows])
        assert some.to_arrow().to_pydict() == groups.to_arrow().take(rows).to_pydict()
        np.testing.assert_array_equal(some.natural.mean, groups.natural.mean[at])


def test_choices_nest_and_print():
    groups = fit("normal").groups
    some = groups.select(["g05", "g01", "g09"])
    assert groups.select(some).labels.tolist() == ["g05", "g01", "g09"]
    assert repr(some).startswith("3 of 12 groups (g)\n") and "g09" in repr(some)
    assert repr(groups[:0]) == "0 of 12 groups (g)"
    assert groups["g05"].position == 5


def test_rows_of_tables():
    ranks = fit("normal").groups.rank()
    falling = ranks.sort("mean", descending=True)
    last = falling.select(slice(2))
    assert last.labels.tolist() == falling.labels[:2].tolist()
    assert last.row(last.labels[1]) == ranks.row(last.labels[1])
    np.testing.assert_array_equal(
        falling.select(falling["mean"] > 6)["sd"], falling["sd"][falling["mean"] > 6]
    )
    chosen = falling.select(["g02", "g10"])
    assert chosen["mean"].tolist() == [ranks.row("g02")["mean"], ranks.row("g10")["mean"]]


def test_wrong_choices_are_told():
    groups = fit("normal").groups
    with pytest.raises(KeyError, match="there is no group 'g99'; did you mean"):
        groups[["g01", "g99"]]
    with pytest.raises(KeyError, match="there is no group 'g99'"):
        groups[["g01"] * 200 + ["g99"]]
    with pytest.raises(KeyError, match="there is no group 3; labels are like 'g00'"):
        groups[np.arange(3, 300)]
    with pytest.raises(ValueError, match="the mask has 7 values, and there are 12 groups"):
        groups[np.ones(7, dtype=bool)]
    with pytest.raises(TypeError, match=r"by place, 0 to 12, .*; got 'g01':'g03'"):
        groups["g01":"g03"]
    with pytest.raises(ValueError, match=r"got an array \(2, 6\)"):
        groups[np.ones((2, 6), dtype=bool)]
    backwards = pd.Series(True, index=groups.labels[::-1])
    with pytest.raises(ValueError, match="the mask's index is not that of the groups"):
        groups[backwards]
    assert len(groups[backwards.sort_index()]) == 12
    with pytest.raises(KeyError, match="there is no group None"):
        groups[None]


def test_dates_are_found_by_what_python_calls_them():
    labels = LABELS["days"]
    assert choose(labels, [datetime.date(2026, 1, 3)]).tolist() == [2]
    assert hf.SomeGroups.__name__ == "SomeGroups"
