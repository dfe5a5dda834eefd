"""More bad input, each refused before any work with an error that names the culprit."""

import datetime as dt
import tempfile

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

import hierfast as hf

POPULATION = hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2))
ROWS = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), POPULATION)
KNOWN = hf.Model(hf.Normal(sigma="se"), POPULATION)
WEIGHTED = hf.Model(hf.Normal(sigma=1, weights="w"), POPULATION)
OFFSET = hf.Model(hf.Normal(sigma=1), hf.Normal("x", hf.HalfNormal(2)))
GOOD = {
    "y": [1.0, 2, 4, 3],
    "se": [1.0, 1, 2, 1],
    "g": list("aabc"),
    "w": [1, 2, 0, 1],
    "x": [0.0, 0, 1, 2],
}
SUMMARY = {"n": [2, 3, 1], "mean": [1.0, 2, 3], "sd": [1.0, 1, 0]}


def fit(model=ROWS, data=None, **other):
    table = GOOD | {k: other.pop(k) for k in ("y", "se", "g", "w", "x") if k in other}
    options = {"y": "y", "group": "g", "draws": 5, "progressbar": False} | other
    return model.fit(table if data is None else data, **options)


def call(**options):
    return lambda: fit(**options)


def summary(**change):
    return lambda: hf.Statistics.from_summary(**(SUMMARY | change))


STATS = hf.Statistics.from_summary(**SUMMARY)
BAD = {
    # the table
    "none": (call(data=None), None, None),
    "a string": (lambda: ROWS.fit("a.csv", y="y"), TypeError, r"data must be a table.*got str"),
    "nothing": (lambda: ROWS.fit({}, y="y"), KeyError, "y: there is no column 'y'.*columns are none"),
    "no data": (lambda: ROWS.fit(None, y="y"), TypeError, "data must be a table.*NoneType"),
    "a plain array": (lambda: ROWS.fit(np.ones(3), y="y"), TypeError, "data must be a table.*ndarray"),
    "a series": (lambda: ROWS.fit(pd.Series([1.0]), y="y"), TypeError, "data must be a table"),
    "a lazy frame": (lambda: ROWS.fit(pl.LazyFrame(GOOD), y="y"), TypeError, r"lazy.*collect\(\)"),
    "two columns of a name": (
        lambda: ROWS.fit(pd.DataFrame([[1, 2]], columns=["y", "y"]), y="y"), ValueError, "y"),
    "an empty frame": (lambda: ROWS.fit(pd.DataFrame({"y": []}), y="y"), ValueError, "y is empty"),
    "no y": (lambda: ROWS.fit(GOOD), TypeError, "y is missing"),
    "a near miss": (lambda: fit(group="G"), KeyError, "no column 'G'"),
    "a typing error": (lambda: ROWS.fit({"effect": [1.0]}, y="efect"), KeyError, "did you mean 'effect'"),
    # numbers
    "complex": (call(y=[1j, 2, 3, 4]), TypeError, "y must hold real numbers.*complex"),
    "two dimensions": (call(y=np.ones((4, 2))), ValueError, "y must be one-dimensional.*shape"),
    "a scalar": (call(y=3.0), ValueError, "y must be one-dimensional"),
    "ragged": (call(y=[[1], [2, 3], [4], [5]]), ValueError, "y must be one-dimensional.*length"),
    "text": (call(y=["1", "2", "3", "4"]), TypeError, "y must hold numbers"),
    "an odd object": (call(y=np.array([1, "x", 2, 3], object)), TypeError, "y must hold.*row 1 is 'x'"),
    "text in a frame": (
        lambda: ROWS.fit(pl.DataFrame({"y": ["a"]}), y="y"), TypeError, "y must hold numbers.*row 0"),
    "dates": (call(y=np.array(["2020-01-01"] * 4, "M8[D]")), TypeError, "y must hold numbers"),
    "overflow": (call(y=[1e308, 1, 2, 3]), ValueError, r"y: row 0 is 1e\+308.*at most 1e\+150"),
    "overflow below": (call(y=[1, -1e200, 2, 3]), ValueError, r"y: row 1 is -1e\+200"),
    "overflow by weight": (
        call(model=KNOWN, y=[1e149, 1, 2, 3], se=[1e-140, 1, 1, 1]), ValueError, "y.*se.*overflow"),
    "a huge integer": (call(y=[1, 2, 3, 10**400]), ValueError, "y: row 3 is inf"),
    "an inexact integer": (call(y=[1, 2, 3, 2**53 + 1]), ValueError, "y: row 3 is 9007199254740993"),
    "minus infinity": (call(model=KNOWN, se=[1, np.inf, 1, 1]), ValueError, "se: row 1 is inf"),
    "a null se": (call(model=KNOWN, se=[1, None, 1, 1]), ValueError, "se: row 1 is nan.*na='drop'"),
    "tiny se": (call(model=KNOWN, se=[1, 1e-300, 1, 1]), ValueError, "se: row 1 is 1e-300"),
    # labels
    "label None": (call(g=["a", None, "b", "c"]), ValueError, "g: row 1 is missing"),
    "label NaN": (call(g=[1.0, 2.0, np.nan, 3.0]), ValueError, "g: row 2 is missing"),
    "label NaT": (call(g=np.array(["2020", "NaT"] * 2, "M8[D]")), ValueError, "g: row 1 is missing"),
    "label NA": (call(g=pd.Series([1, None, 2, 3], dtype="Int64")), ValueError, "g: row 1 is missing"),
    "no category": (call(g=pd.Categorical(["a", None, "b", "c"])), ValueError, "g: row 1 is missing"),
    "labels all missing": (call(g=[None] * 4), ValueError, "g: row 0 is missing"),
    "label 1.5": (call(g=[1.0, 1.5, 2, 3]), ValueError, "g: row 1 is 1.5.*whole"),
    "label inf": (call(g=[1.0, np.inf, 2, 3]), ValueError, "g: row 1 is inf"),
    "label 1e300": (call(g=[1.0, 1e300, 2, 3]), ValueError, r"g: row 1 is 1e\+300"),
    "labels of two kinds": (call(g=np.array(["a", 1, "b", 2], object)), TypeError, "g: row 1 is 1"),
    "a true among numbers": (call(g=np.array([1, True, 2, 3], object)), TypeError, "g: row 1 is True"),
    "complex labels": (call(g=np.array([1j, 2, 3, 4])), TypeError, "g has dtype complex128"),
    "lists as labels": (call(g=[["a"], ["b"], ["c"], ["d"]]), ValueError, "g must be one-dimensional"),
    "odd objects as labels": (call(g=np.array([{}, {}, {}, {}])), TypeError, r"g: row 0 is \{\}"),
    "tuples that do not compare": (
        call(g=[("a", 1), (1, "a"), ("a", 1), ("b", 2)]), TypeError, "g: labels that are tuples"),
    "huge labels": (call(g=np.array([1, 2, 3, 10**30], object)), ValueError, "g: labels.*64 bits"),
    "half a character": (
        call(g=np.array(["a", "\ud800", "b", "c"], object)), ValueError, "g: the label.*no valid text"),
    # weights
    "half a row": (call(model=WEIGHTED, w=[1, 0.5, 1, 1]), ValueError, "w: row 1 is 0.5.*whole number"),
    "minus one row": (call(model=WEIGHTED, w=[1, -1, 1, 1]), ValueError, "w: row 1 is -1.0"),
    "missing weight": (call(model=WEIGHTED, w=[1, np.nan, 1, 1]), ValueError, "w: row 1 is nan"),
    "no weight at all": (call(model=WEIGHTED, w=[0] * 4), ValueError, "w: all weights are 0"),
    "too many rows": (call(model=WEIGHTED, w=[2**31] * 4), ValueError, "w: the weights add up"),
    "weights of a prior": (lambda: hf.HalfNormal(hf.Normal(0, 1, weights=2)), ValueError, "weights"),
    "weights of a population": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1, weights=2)), ValueError, "weights"),
    "weight of a number": (lambda: hf.Normal(sigma=1, weights=0.5), ValueError, "whole number"),
    "weight of no kind": (lambda: hf.Normal(sigma=1, weights=[1]), TypeError, "Normal's weights"),
    # columns of groups
    "varies": (call(model=OFFSET, x=[0, 5, 1, 2]), ValueError, "'x', varies within the group 'a'"),
    "missing location": (call(model=OFFSET, x=[0, 0, np.nan, 1]), ValueError, "x: row 2 is nan"),
    "no such location": (
        lambda: OFFSET.fit({"y": [1.0]}, y="y"), KeyError, "population's mu: there is no column 'x'"),
    "groups without group": (call(group=None, groups={"g": ["a"]}), ValueError, "groups.*no column"),
    "groups lack one": (call(groups={"g": ["a", "b"]}), ValueError, "groups has no row for the group 'c'"),
    "groups twice": (call(groups={"g": list("abca")}), ValueError, "'a' stands in rows 0 and 3"),
    "groups of numbers": (call(groups={"g": [1, 2]}), TypeError, "of one kind in the data"),
    "groups unnamed": (call(groups={"name": list("abc")}), KeyError, "no column 'g' in groups"),
    "groups not finite": (
        call(model=OFFSET, groups={"g": list("abc"), "x": [1, np.nan, 2]}), ValueError, "x in row 1 is"),
    "empty group unknown": (call(model=OFFSET, groups={"g": list("abcd")}), ValueError, "without rows"),
    # settings
    "na": (call(na="ignore"), ValueError, "na must be 'raise' or 'drop'"),
    "seed": (call(random_seed=1.5), TypeError, "random_seed must be"),
    "bar": (call(progressbar="yes"), (TypeError, ValueError), "progressbar"),
    "callback": (call(callback=3), TypeError, "callback"),
    "no chains": (call(chains=0), ValueError, "chains must be at least 1"),
    "draws of text": (call(draws="10"), TypeError, "draws must be an integer"),
    # summaries
    "fraction of a row": (summary(n=[1.5, 2, 3]), ValueError, "n: group 0 has 1.5"),
    "negative sd": (summary(sd=[-1, 1, 1]), ValueError, "sd: group 0 has -1.0"),
    "no mean": (summary(mean=[1, np.nan, 1]), ValueError, "mean: group 1 has nan"),
    "no summary": (summary(n=[], mean=[], sd=[]), ValueError, "n is empty"),
    "summaries of unequal length": (summary(sd=[1, 1]), ValueError, "sd has 2"),
    "a label twice": (summary(labels=["a", "b", "a"]), ValueError, "groups 0 and 2 have the same"),
    "a label missing": (summary(labels=["a", None, "b"]), ValueError, "the label of group 1"),
    "statistics and y": (lambda: ROWS.fit(STATS, y="y"), TypeError, "y was given beside Statistics"),
    "statistics without errors": (lambda: KNOWN.fit(STATS), ValueError, "without known standard err"),
    "statistics of no rows each": (lambda: OFFSET.fit(STATS), ValueError, "Statistics have no columns"),
    # models
    "a likelihood as prior": (
        lambda: hf.Normal(hf.Normal(sigma=1), 1), ValueError, "Normal's mu.*lacks mu"),
    "a model as prior": (lambda: hf.Normal(ROWS, 1), TypeError, "Normal's mu"),
    "flat variance of three": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), variance=hf.Flat())).fit(
            {"y": [1.0, 2, 3]}, y="y"), ValueError, "improper"),
    "one group, flat spread": (
        lambda: hf.Model(hf.Normal(sigma=1), hf.Normal(0, hf.Flat())).fit({"y": [1.0]}, y="y"),
        ValueError, "improper"),
}  # fmt: skip
del BAD["none"]


@pytest.mark.parametrize("name", BAD)
def test_refused(name):
    make, kind, message = BAD[name]
    with pytest.raises(kind, match=message):
        make()


def test_one_group_is_fitted_where_that_is_proper():
    with pytest.warns(hf.IdentificationWarning, match="one group has rows"):
        found = fit(y=[1.0, 2, 3, 2], g=["a"] * 4)
    assert np.isfinite(found.groups.mean).all()


VALUES = some.one_of(
    some.floats(-1e3, 1e3), some.floats(), some.integers(-10, 10), some.just(1e150), some.none()
)
LABELS = some.one_of(
    some.lists(some.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30),
    some.lists(some.text(max_size=12), min_size=1, max_size=30),
    some.lists(some.binary(max_size=5), min_size=1, max_size=30),
    some.lists(some.booleans(), min_size=1, max_size=30),
    some.lists(some.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1)), min_size=1, max_size=30),
    some.lists(some.tuples(some.text(max_size=3), some.integers(0, 3)), min_size=1, max_size=30),
    some.lists(some.one_of(some.none(), some.integers(0, 3), some.text(max_size=2)), max_size=9),
)
KINDS = [None, "f4", "f8", ">f8", "i1", "i8", "?", object]
PROFILE = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@PROFILE
@given(
    labels=LABELS,
    data=some.data(),
    kind=some.sampled_from(KINDS),
    na=some.sampled_from(["raise", "drop"]),
)
@pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning", "ignore::RuntimeWarning")
def test_whatever_comes_is_answered_or_refused(labels, data, kind, na):
    y = data.draw(some.lists(VALUES, min_size=len(labels), max_size=len(labels)))
    try:
        y = y if kind is None else np.array(y).astype(kind)
    except (TypeError, ValueError, OverflowError):
        return
    table = {"y": y, "g": labels}
    if data.draw(some.booleans()):
        try:
            table = pd.DataFrame(table)
        except (TypeError, ValueError, OverflowError):
            return
    try:
        found = ROWS.fit(
            table,
            y="y",
            group="g",
            draws=20,
            tune=10,
            chains=2,
            random_seed=1,
            progressbar=False,
            na=na,
        )
    except (ValueError, TypeError, hf.SamplingError):
        return
    for values in (
        *found.hyper.values(),
        found.groups.mean,
        found.groups.sd,
        found.groups.interval(),
    ):
        assert np.isfinite(values).all()
    assert np.isfinite(found.groups.draws()).all()
    assert (found.groups.sd > 0).all()
    assert repr(found) and repr(found.groups)


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for make, kind, _ in BAD.values():
        with pytest.raises(kind):
            make()
    assert not list(tmp_path.iterdir())
    assert tempfile.gettempdir()
