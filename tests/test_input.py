"""What goes in: frames, arrays and labels of every kind, weights, group tables, missing values."""

import datetime as dt

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import hierfast as hf
from hierfast.frames import as_column, read_numbers
from hierfast.labels import code_labels, find_label, label_keys

RNG = np.random.default_rng(5)
MODEL = hf.Model(hf.Normal(sigma=hf.HalfNormal(3)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(3)))
NAMES = np.array(["Åse", "bob", "carol", "dan", "日本", ""])
G = NAMES[RNG.integers(0, 6, 60)]
Y = RNG.normal(2, 1, 60) + (G == "bob")
OPTIONS = {"y": "y", "group": "g", "draws": 30, "tune": 10, "random_seed": 3, "progressbar": False}


def fit(data, model=MODEL, **other):
    return model.fit(data, **(OPTIONS | other))


def bits(result):
    return result.groups.draws().tobytes(), *(x.tobytes() for x in result.hyper.values())


FRAME = pd.DataFrame({"y": Y, "g": G})
TABLES = {
    "pandas": FRAME,
    "pandas object": FRAME.astype({"g": object}),
    "pandas category": FRAME.astype({"g": "category"}),
    "pandas string": FRAME.astype({"g": "string[python]"}),
    "pandas ordered": FRAME.assign(g=pd.Categorical(G, NAMES[::-1], ordered=True)),
    "polars": pl.DataFrame({"y": Y, "g": G}),
    "polars category": pl.DataFrame({"y": Y, "g": G}).with_columns(pl.col("g").cast(pl.Categorical)),
    "polars enum": pl.DataFrame({"y": Y, "g": G}).with_columns(pl.col("g").cast(pl.Enum(NAMES))),
    "narwhals": nw.from_native(FRAME),
    "arrow": pa.table({"y": Y, "g": G.tolist()}),
    "arrow chunks": pa.concat_tables([pa.table({"y": Y[k], "g": G[k].tolist()}) for k in (
        slice(0, 7), slice(7, 60))]),
    "arrow dictionary": pa.table({"y": Y, "g": pa.array(G.tolist()).dictionary_encode()}),
    "arrow view": pa.table({"y": Y, "g": pa.array(G.tolist(), pa.string_view())}),
    "structured": FRAME.to_records(index=False).view(np.ndarray),
    "record": FRAME.to_records(),
    "lists": {"y": Y.tolist(), "g": G.tolist()},
    "series": {"y": FRAME["y"], "g": pl.Series(G)},
    "arrow arrays": {"y": pa.array(Y), "g": pa.array(G.tolist())},
    "utf-8": {"y": Y, "g": np.char.encode(G, "utf-8")},
    "big-endian": {"y": Y.astype(">f8"), "g": G.astype(">U5")},
    "variable width": {"y": Y, "g": G.astype(np.dtypes.StringDType())},
    "strided": {"y": np.repeat(Y, 2)[::2], "g": np.repeat(G, 3)[::3]},
}  # fmt: skip
WANT = bits(fit({"y": Y, "g": G}))


@pytest.mark.parametrize("kind", TABLES)
def test_every_table_gives_the_same_draws(kind):
    found = fit(TABLES[kind])
    assert bits(found) == WANT
    labels = [v.decode() if isinstance(v, bytes) else v for v in found.groups.labels.tolist()]
    assert labels == sorted(set(G.tolist()))


NUMBERS = {
    "float32": np.array([0.5, 2, 3], np.float32),
    "float16": np.array([0.5, 2, 3], np.float16),
    "long double": np.array([0.5, 2, 3], np.longdouble),
    "big-endian": np.array([0.5, 2, 3], ">f4"),
    "objects": np.array([0.5, np.int8(2), 3], object),
    "nullable": pd.Series([0.5, 2, 3], dtype="Float32"),
    "arrow": pd.Series([0.5, 2, 3], dtype="float[pyarrow]"),
    "polars": pl.Series([0.5, 2.0, 3.0], dtype=pl.Float32),
    "decimal": pl.Series(["0.5", "2", "3"]).cast(pl.Decimal(10, 2)),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers(kind):
    np.testing.assert_array_equal(read_numbers(as_column(NUMBERS[kind]), "y"), [0.5, 2.0, 3.0])


@pytest.mark.parametrize("kind", [np.int8, np.uint64, bool, "Int32", "boolean", "uint8[pyarrow]"])
def test_whole_numbers(kind):
    raw = pd.Series([1, 0, 1]).astype(kind)
    np.testing.assert_array_equal(read_numbers(as_column(raw), "y"), [1.0, 0.0, 1.0])


def test_integers_beyond_float_are_refused_where_they_are_not_exact():
    exact = np.array([2**60, 3])
    np.testing.assert_array_equal(read_numbers(exact, "y"), [2.0**60, 3.0])
    for raw in (np.array([1, 2**60 + 1]), pd.Series([1, 2**60 + 1], dtype="Int64"), [1, 2**60 + 1]):
        with pytest.raises(ValueError, match=r"y: row 1 is 1152921504606846977.*exactly"):
            read_numbers(as_column(raw), "y")


MISSING = {
    "nullable": pd.Series([1, None, 3], dtype="Int64"),
    "boolean": pd.Series([True, None, True], dtype="boolean"),
    "polars": pl.Series([1, None, 3]),
    "polars float": pl.Series([1.0, None, 3.0]),
    "arrow": pa.array([1, None, 3]),
    "objects": np.array([1, None, 3], object),
    "pandas NA": np.array([1, pd.NA, 3], object),
    "masked": np.ma.array([1, 2, 3], mask=[0, 1, 0]),
}


@pytest.mark.parametrize("kind", MISSING)
def test_missing_numbers_are_refused_or_dropped(kind):
    raw = as_column(MISSING[kind])
    assert np.isnan(read_numbers(raw, "y")).tolist() == [False, True, False]
    with pytest.raises(ValueError, match=r"y: row 1 is nan.*na='drop'"):
        MODEL.fit({"y": MISSING[kind]}, y="y", progressbar=False)


LABELS = {
    "integers": ([7, -3, 7, 10**15], [-3, 7, 10**15]),
    "unsigned": (np.array([2**63 + 5, 1, 2**63 + 5, 3], np.uint64), [1, 3, 2**63 + 5]),
    "whole floats": ([2.0, 1.0, 2.0, 5.0], [1, 2, 5]),
    "booleans": ([True, False, True, True], [False, True]),
    "objects": (np.array([3, 1, 3, 2], object), [1, 2, 3]),
    "bytes": ([b"b", b"a", b"b", b"ab"], [b"a", b"ab", b"b"]),
    "object bytes": (np.array([b"b", b"a\0", b"b"], object), [b"a\0", b"b"]),
    "tuples": ([("b", 1), ("a", 2), ("b", 1), ("a", 1)], [("a", 1), ("a", 2), ("b", 1)]),
    "nullable": (pd.Series([3, 1, 3], dtype="Int64"), [1, 3]),
    "dates": ([dt.date(2020, 2, 1), dt.date(2019, 1, 1), dt.date(2020, 2, 1)],
              [dt.date(2019, 1, 1), dt.date(2020, 2, 1)]),
    "polars dates": (pl.Series([dt.date(2020, 2, 1), dt.date(2019, 1, 1)]),
                     [dt.date(2019, 1, 1), dt.date(2020, 2, 1)]),
    "times": (np.array(["2020-01-02", "2020-01-01"], "M8[s]"),
              [dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 2)]),
    "zoned": (pd.Series(pd.to_datetime(["2020-01-02", "2020-01-01"]).tz_localize("Asia/Tokyo")),
              [dt.datetime(2019, 12, 31, 15), dt.datetime(2020, 1, 1, 15)]),
    "integer categories": (pd.Series([5, 2, 5]).astype("category"), [2, 5]),
}  # fmt: skip


def uncode(coded):
    return coded.labels[coded.codes] if coded.labels is not None else None


@pytest.mark.parametrize("kind", LABELS)
def test_labels_are_sorted_found_and_drawn(kind):
    raw, want = LABELS[kind]
    found = fit({"y": np.arange(len(raw)) * 1.0, "g": raw}, hf.Model(
        hf.Normal(sigma=1), hf.Normal(0, 1)))  # fmt: skip
    assert found.groups.labels.tolist() == want
    for label in want:
        one = found.groups[label]
        np.testing.assert_array_equal(one.draws(), found.groups.draws()[:, :, want.index(label)])
    assert len(np.unique(label_keys(found.groups.labels))) == len(want)


def test_dates_have_one_key_whatever_their_unit():
    days = np.array(["2020-01-01", "1960-05-05"], "M8[D]")
    for unit in ("s", "ms", "us", "ns"):
        np.testing.assert_array_equal(label_keys(days.astype(f"M8[{unit}]")), label_keys(days))


def test_text_and_its_parts_have_different_keys():
    tuples = np.empty(4, object)
    tuples[:] = [("a", "b"), ("ab",), ("a", ("b",)), (b"a", "b")]
    assert len(np.unique(label_keys(tuples))) == 4


def test_many_labels_equal_numpys():
    text = RNG.integers(0, 150_000, 400_000).astype("U7")
    coded = code_labels(text, "g")
    labels, at = coded.sorted(np.arange(len(coded.labels)))
    want, codes = np.unique(text, return_inverse=True)
    np.testing.assert_array_equal(labels, want)
    place = np.empty(len(at), int)
    place[at] = np.arange(len(at))
    np.testing.assert_array_equal(place[coded.codes], codes)


def test_a_label_that_is_not_there_is_answered_with_one_that_is():
    groups = fit({"y": Y, "g": G}).groups
    with pytest.raises(KeyError, match="there is no group 'carl'; did you mean 'carol'"):
        groups["carl"]
    with pytest.raises(KeyError, match="there is no group 3"):
        groups[3]
    with pytest.raises(KeyError):
        find_label(np.array([1, 2]), True)
    with pytest.raises(KeyError):
        groups[None]


def test_weights_are_rows():
    weight = RNG.integers(0, 4, 60)
    weighted = hf.Model(hf.Normal(sigma=MODEL.likelihood.sigma, weights="w"), MODEL.population)
    once = fit({"y": np.rint(Y * 4), "g": G, "w": weight}, weighted)
    rows = np.repeat(np.arange(60), weight)
    many = fit({"y": np.rint(Y[rows] * 4), "g": G[rows]})
    assert bits(once) == bits(many)
    np.testing.assert_array_equal(once.groups.n, many.groups.n)


def test_weights_of_known_errors_and_one_for_all():
    se = RNG.uniform(0.5, 2, 60)
    model = hf.Model(hf.Normal(sigma="se", weights=3), MODEL.population)
    plain = hf.Model(hf.Normal(sigma="se"), MODEL.population)
    three = fit({"y": np.tile(Y, 3), "g": np.tile(G, 3), "se": np.tile(se, 3)}, plain)
    one = fit({"y": Y, "g": G, "se": se}, model)
    for name, values in one.hyper.items():
        np.testing.assert_allclose(values, three.hyper[name], rtol=1e-9)
    np.testing.assert_array_equal(one.groups.n, three.groups.n)


@pytest.mark.parametrize("scheme", ["collapsed", "gibbs", "quadrature"])
def test_a_group_without_rows_is_as_the_population_is(scheme):
    extra = {"g": [*NAMES.tolist(), "nobody", "zoe"]}
    plain = fit({"y": Y, "g": G}, scheme=scheme, draws=1000)
    found = fit({"y": Y, "g": G}, groups=extra, scheme=scheme, draws=1000)
    assert bits(plain)[1:] == bits(found)[1:]
    assert len(found.groups) == 8 and found.groups["zoe"].n == 0
    same = np.isin(found.groups.labels, plain.groups.labels)
    np.testing.assert_array_equal(found.groups.mean[same], plain.groups.mean)
    np.testing.assert_array_equal(found.groups.interval(0.9)[same], plain.groups.interval(0.9))
    np.testing.assert_array_equal(found.groups.draws()[:, :, same], plain.groups.draws())
    mu, tau = found.hyper["g_mu"], found.hyper["g_sigma"]
    zoe = found.groups["zoe"]
    sd = np.sqrt((tau**2).mean() + mu.var())
    assert abs(zoe.mean - mu.mean()) < 0.1 * sd and abs(zoe.sd / sd - 1) < 0.1
    draws = zoe.draws()
    assert abs(draws.mean() - zoe.mean) < 5 * sd / np.sqrt(4000)
    low, high = zoe.interval(0.9)
    assert abs(((draws > low) & (draws < high)).mean() - 0.9) < 0.03
    nobody = found.groups.draws(["nobody", "bob", "zoe"])
    np.testing.assert_array_equal(nobody[:, :, 2], draws)
    np.testing.assert_array_equal(nobody[:, :, 1], found.groups["bob"].draws())
    assert abs(np.corrcoef(nobody[:, :, 0].ravel(), draws.ravel())[0, 1]) < 0.9


@pytest.mark.parametrize("scheme", ["collapsed", "gibbs", "quadrature"])
def test_a_known_location_is_an_offset(scheme):
    known = dict(zip(NAMES.tolist(), [4.0, 1.0, -2.0, 0.5, 8.0, 3.0], strict=True))
    shift = np.array([known[g] for g in G.tolist()])
    model = hf.Model(MODEL.likelihood, hf.Normal("x", hf.HalfNormal(3)))
    zero = hf.Model(MODEL.likelihood, hf.Normal(0, hf.HalfNormal(3)))
    plain = fit({"y": Y, "g": G}, zero, scheme=scheme)
    groups = {"g": list(known), "x": list(known.values())}
    in_rows = fit({"y": Y + shift, "g": G, "x": shift}, model, scheme=scheme)
    in_table = fit({"y": Y + shift, "g": G}, model, scheme=scheme, groups=groups)
    assert bits(in_rows) == bits(in_table)
    for name, values in plain.hyper.items():
        np.testing.assert_allclose(in_rows.hyper[name], values, rtol=1e-6)
    offset = np.array([known[g] for g in in_rows.groups.labels])
    np.testing.assert_allclose(in_rows.groups.mean, plain.groups.mean + offset, rtol=1e-6)
    np.testing.assert_allclose(in_rows.groups.sd, plain.groups.sd, rtol=1e-6)
    np.testing.assert_allclose(
        in_rows.groups.quantile([0.1]), plain.groups.quantile([0.1]) + offset[:, None], rtol=1e-5
    )
    np.testing.assert_allclose(
        in_rows.groups.draws(), plain.groups.draws() + offset, rtol=1e-5, atol=1e-9
    )


def test_rows_with_missing_values_are_dropped_counted_and_told():
    y, g = Y.copy(), G.astype(object)
    y[[3, 9]], g[[9, 20]] = np.nan, None
    kept = np.setdiff1d(np.arange(60), [3, 9, 20])
    found = fit(pd.DataFrame({"y": y, "g": g}), na="drop")
    assert bits(found) == bits(fit({"y": Y[kept], "g": G[kept]}))
    assert found.plan.dropped == "3 of 60 rows with missing values (y 2, g 2)"
    assert found.plan.dropped in repr(found.plan)
    assert found.plan.dropped in repr(found)
    assert not fit({"y": Y, "g": G}, na="drop").plan.dropped
    y[5] = np.inf
    with pytest.raises(ValueError, match="y: row 5 is inf"):
        fit({"y": y, "g": g}, na="drop")
    with pytest.raises(ValueError, match="na='drop' leaves no rows"):
        fit({"y": np.full(3, np.nan), "g": [1, 2, 3]}, na="drop")


@pytest.mark.parametrize("scheme", ["collapsed", "gibbs"])
def test_summaries_are_as_good_as_rows(scheme):
    table = FRAME.groupby("g")["y"].agg(["size", "mean", "std"]).sample(frac=1, random_state=1)
    stats = hf.Statistics.from_summary(
        n=table["size"], mean=table["mean"], sd=table["std"], labels=table.index, name="g"
    )
    found = MODEL.fit(
        stats, **{k: v for k, v in OPTIONS.items() if k not in ("y", "group")}, scheme=scheme
    )
    rows = fit({"y": Y, "g": G}, scheme=scheme)
    assert found.groups.labels.tolist() == rows.groups.labels.tolist()
    for name, values in rows.hyper.items():
        np.testing.assert_allclose(found.hyper[name], values, rtol=1e-6)
    np.testing.assert_allclose(found.groups.mean, rows.groups.mean, rtol=1e-6)


def test_summaries_merge_with_rows_and_with_groups_that_have_none():
    one = hf.Statistics.from_summary(
        n=[2, 0], mean=[1.5, np.nan], sd=[np.sqrt(0.5), 0], labels=["a", "b"]
    )
    two = hf.Statistics.from_summary(n=[1, 3], mean=[4.0, 7], sd=[np.nan, 2.0], labels=["a", "b"])
    both = one + two
    assert both.n.tolist() == [3, 3]
    np.testing.assert_allclose(both.mean, [np.mean([1, 2, 4]), 7.0])
    np.testing.assert_allclose(both.m2, [np.var([1, 2, 4]) * 3, 8.0])
    assert both.ends[:2] == (3.0, 3.0)


def test_what_data_cannot_tell_is_said():
    with pytest.warns(
        hf.IdentificationWarning, match="every group has one row.*group_sigma and sigma"
    ):
        MODEL.fit({"y": Y}, y="y", progressbar=False)
    with pytest.warns(hf.IdentificationWarning, match="one group has rows"):
        MODEL.fit({"y": Y, "g": np.zeros(60)}, y="y", group="g", progressbar=False)


def test_the_name_of_a_series_names_the_unknowns():
    found = MODEL.fit({}, y=FRAME["y"], group=FRAME["g"].rename("who"), draws=5, progressbar=False)
    assert "who_sigma" in found.hyper
