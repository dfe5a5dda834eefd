"""Statistics of every family add up: against one reading of all rows, and against plain NumPy."""

import functools
import operator
from dataclasses import fields

import numpy as np
import pytest

import hierfast as hf
from hierfast.merging import Terms

H, N = hf.HalfNormal(1), hf.Normal(0, 2)
SETTINGS = {"draws": 20, "tune": 20, "chains": 2, "progressbar": False, "random_seed": 3}
ROWS = 240
pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")


def make_rows():
    rng = np.random.default_rng(11)
    g = rng.integers(0, 12, ROWS)
    t = rng.integers(1, 4, ROWS).astype(float)
    return {
        "g": np.array([f"g{k:02d}" for k in g]),
        "x": (g % 5).astype(float),
        "y": rng.integers(-4, 5, ROWS).astype(float),
        "real": rng.normal(size=ROWS),
        "se": rng.integers(1, 4, ROWS).astype(float),
        "k": rng.binomial(3, 0.4, ROWS),
        "t": t,
        "c": rng.random(ROWS) < 0.3,
        "w": rng.integers(0, 3, ROWS),
        "b": rng.binomial(2, 0.5, ROWS),
        "a": rng.poisson(3.0, ROWS),
    }


DATA = make_rows()
NORMAL, POSITIVE = hf.Normal(N, H), hf.Gamma(hf.Exponential(1), hf.Gamma(1, 1))
LINEAR = hf.Normal(hf.Linear("1 + x", N), H)
FAMILIES = {  # model, outcome; whole: all that is added up is a whole number
    "normal": (hf.Model(hf.Normal(sigma=H), NORMAL), "y", True),
    "normal gibbs": (hf.Model(hf.Normal(sigma=H, weights="w"), NORMAL), "y", True),
    "normal reals": (hf.Model(hf.Normal(sigma=H), NORMAL), "real", False),
    "normal se": (hf.Model(hf.Normal(sigma="se"), NORMAL), "real", False),
    "normal offset": (hf.Model(hf.Normal(sigma=H), hf.Normal("x", H)), "y", True),
    "normal linear": (hf.Model(hf.Normal(sigma=H), LINEAR), "y", True),
    "scales": (hf.Model(hf.Normal(sigma=hf.each(hf.LogNormal(N, H))), NORMAL), "y", True),
    "student": (hf.Model(hf.StudentT(nu=4, sigma=H), NORMAL), "real", False),
    "student offset": (hf.Model(hf.StudentT(nu=4, sigma=H), hf.Normal("x", H)), "y", True),
    "binomial": (hf.Model(hf.Binomial(n="t"), NORMAL), "zero", True),
    "bernoulli": (hf.Model(hf.Bernoulli(weights="w"), hf.Beta(H, H)), "c", True),
    "poisson": (hf.Model(hf.Poisson(exposure="t"), POSITIVE), "a", True),
    "poisson share": (hf.Model(hf.Poisson(exposure=0.1), POSITIVE), "a", True),
    "poisson linear": (hf.Model(hf.Poisson(), LINEAR), "a", True),
    "exponential": (hf.Model(hf.Exponential(censored="c"), POSITIVE), "t", True),
    "negative": (
        hf.Model(hf.NegativeBinomial(exposure="t", alpha=H, weights="w"), NORMAL),
        "a",
        True,
    ),
    "inflated": (
        hf.Model(hf.ZeroInflatedPoisson(psi=hf.Beta(2, 2), exposure="t"), NORMAL),
        "b",
        True,
    ),
    "weibull": (hf.Model(hf.Weibull(alpha=H, censored="c"), NORMAL), "t", True),
    "gamma": (hf.Model(hf.Gamma(alpha=H, censored="c"), NORMAL), "t", False),
    "ordered": (
        hf.Model(hf.OrderedLogistic(N, categories=3, weights="w"), hf.Normal(0, H)),
        "b",
        True,
    ),
    "multinomial": (hf.Model(hf.Multinomial(), hf.Dirichlet(hf.Exponential(1))), ["k", "b"], True),
    "mixture": (
        hf.Model(hf.Normal(sigma=1), hf.Mixture([hf.PointMass(0), hf.Normal(0, H)])),
        "y",
        True,
    ),
    "grid": (hf.Model(hf.Binomial(n=3), hf.Grid(-3, 3, points=9)), "k", True),
}
DATA["zero"] = np.minimum(DATA["k"], DATA["t"]).astype(float)


def pick(rows, data=DATA):
    return {name: column[rows] for name, column in data.items()}


def read(name, rows):
    model, y, _ = FAMILIES[name]
    return model.statistics(pick(rows), y=y, group="g")


def parts_of(name, k=4):
    """Read rows in k parts, out of order: one of a few groups, the others of all, more or less."""
    order = np.argsort(DATA["g"], kind="stable")[::-1]
    cuts = [order[:50], *(order[50 + i :: k - 1] for i in range(k - 1))]
    return [read(name, rows) for rows in cuts[::-1]]


def numbers(stats):
    """Give all that statistics hold, by name."""
    found = {}
    for field in fields(stats):
        value = getattr(stats, field.name)
        if isinstance(value, Terms):
            named = {f.name: getattr(value, f.name) for f in fields(value)}
            found |= {f"terms.{k}": np.array(v, dtype=float) for k, v in named.items()}
        elif isinstance(value, dict):
            found |= {f"columns.{k}": v for k, v in value.items()}
        elif value is not None and field.name not in ("link", "dropped"):
            found[field.name] = np.asarray(value)
    return found


@pytest.mark.parametrize("name", FAMILIES)
def test_parts_add_up_to_all_rows(name):
    whole, added = read(name, slice(None)), functools.reduce(operator.add, parts_of(name))
    mine, theirs = numbers(added), numbers(whole)
    assert mine.keys() == theirs.keys()
    for field, value in theirs.items():
        if value.dtype.kind != "f" or (FAMILIES[name][2] and name != "poisson share"):
            np.testing.assert_array_equal(mine[field], value, err_msg=field)
        else:
            np.testing.assert_allclose(mine[field], value, rtol=1e-12, atol=1e-12, err_msg=field)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_fit_of_the_sum_is_the_fit_of_all_rows(name):
    model, y, whole = FAMILIES[name]
    settings = SETTINGS | ({"scheme": "gibbs"} if "gibbs" in name else {})
    fit = model.fit(DATA, y=y, group="g", **settings)
    again = model.fit(sum(parts_of(name)), **settings)
    assert list(again.hyper) == list(fit.hyper)
    if whole:
        for key, value in fit.hyper.items():
            np.testing.assert_array_equal(again.hyper[key], value)
        np.testing.assert_array_equal(again.groups.draws(), fit.groups.draws())
    else:
        for key, value in fit.hyper.items():
            np.testing.assert_allclose(again.hyper[key], value, rtol=1e-6, atol=1e-6)


def test_sums_are_those_of_numpy():
    stats = sum(parts_of("negative", 5))
    used = DATA["w"] > 0
    assert stats.labels.tolist() == sorted(set(DATA["g"][used]))
    for j, label in enumerate(stats.labels):
        rows = (DATA["g"] == label) & used
        assert stats.y[j] == (DATA["w"] * DATA["a"])[rows].sum()
        assert stats.n[j] == DATA["w"][rows].sum()
        here = stats.terms.group == j
        assert stats.terms.keys[0][here].tolist() == sorted(set(DATA["t"][rows]))
        terms = (v[here] for v in (*stats.terms.keys, *stats.terms.sums))
        for key, events, many in zip(*terms, strict=True):
            of_key = rows & (DATA["t"] == key)
            assert events == (DATA["w"] * DATA["a"])[of_key].sum()
            assert many == DATA["w"][of_key].sum()
    for number, total in zip(stats.terms.numbers, stats.terms.totals, strict=True):
        assert total == DATA["w"][DATA["a"] == number].sum()


def test_labels_of_all_kinds_are_matched():
    model = FAMILIES["normal"][0]

    def stats(labels, y):
        return model.statistics({"g": labels, "y": y}, y="y", group="g")

    kinds = {
        "integers": ([3, -1], [3, 7], [-1, 3, 7]),
        "large": (np.array([2**63 + 5, 1], np.uint64), [7, 1], [1, 7, 2**63 + 5]),
        "days": (
            np.array(["2026-01-02", "2026-01-01"], "M8[D]"),
            np.array(["2026-01-02T00", "2026-01-03T12"], "M8[h]"),
            np.array(["2026-01-01T00", "2026-01-02T00", "2026-01-03T12"], "M8[h]").tolist(),
        ),
        "tuples": ([(1, "b"), (1, "a")], [(0, "z"), (1, "b")], [(0, "z"), (1, "a"), (1, "b")]),
        "flags": ([True, False], [True, True], [False, True]),
    }
    for one, other, wanted in kinds.values():
        found = stats(one, [1.0, 2.0]) + stats(other, [4.0, 8.0])
        assert found.labels.tolist() == wanted
        assert found.weight.sum() == 4
        assert (found.weight * found.mean).sum() == 15


def test_groups_without_rows_and_known_columns_stay():
    model = hf.Model(hf.Normal(sigma=H), LINEAR)
    table = {"g": ["a", "b", "c"], "x": [1.0, 2.0, 3.0]}
    rows = [
        ({"g": ["a"], "y": [1.0]}, table),
        ({"g": ["b", "d"], "y": [2.0, 3.0], "x": [2.0, 5.0]}, None),
    ]
    one, two = (model.statistics(d, y="y", group="g", groups=t) for d, t in rows)
    both = two + one
    assert both.labels.tolist() == ["a", "b", "c", "d"]
    assert both.n.tolist() == [1, 1, 0, 1]
    assert both.columns["x"].tolist() == [1.0, 2.0, 3.0, 5.0]
    assert model.fit(both, **SETTINGS).groups.mean.shape == (4,)


def test_rows_that_were_left_out_are_counted():
    model = FAMILIES["normal"][0]
    parts = [
        model.statistics({"g": ["a", "b", "a"], "y": [1.0, y, 2.0]}, y="y", group="g", na="drop")
        for y in (np.nan, 3.0, np.nan, np.nan)
    ]
    assert parts[0].dropped == "1 of 3 rows with missing values (y 1)"
    assert sum(parts).dropped == "3 rows with missing values"
    assert "dropped 3 rows with missing values" in repr(model.fit(sum(parts), **SETTINGS))


def add(one, other):
    return lambda: one() + other()


def normal(y="y", group="g", model="normal", **change):
    return lambda: FAMILIES[model][0].statistics(DATA | change, y=y, group=group)


def test_what_does_not_add_up_is_refused():
    bad = {
        "Normal rows and of Poisson rows": add(normal(), normal("a", model="poisson")),
        "Normal rows and of StudentT rows": add(normal(), normal(model="student")),
        r"OrderedLogistic \(3 categories\) rows and of OrderedLogistic \(4 categories\)": add(
            normal("b", model="ordered"),
            lambda: hf.Model(hf.OrderedLogistic([0, 1, 2]), NORMAL).statistics(
                DATA, y="b", group="g"
            ),
        ),
        "with and without known standard errors": add(normal(), normal(model="normal se")),
        "categories k, b and of b, k": add(
            normal(["k", "b"], model="multinomial"), normal(["b", "k"], model="multinomial")
        ),
        "without a group column cannot be added": add(normal(), normal(group=None)),
        "column 'x' is known of the groups of one": add(normal(), normal(model="normal linear")),
        "column 'x' of the group 'g00' is 0.0 in one of the statistics and 1.0 in the other": add(
            normal(model="normal linear"), normal(model="normal linear", x=DATA["x"] + 1)
        ),
        r"such as 'g00'\) and of another in the other \(such as 0\)": add(
            normal(), normal(g=np.arange(ROWS) % 5)
        ),
    }
    for told, make in bad.items():
        with pytest.raises((TypeError, ValueError), match=told):
            make()
    with pytest.raises(TypeError):
        normal()() + 1


def test_statistics_of_other_rows_are_refused_by_a_fit():
    stats = normal("a", model="poisson")()
    with pytest.raises(TypeError, match="Counts are of Poisson rows; a Binomial likelihood"):
        FAMILIES["binomial"][0].fit(stats)
    with pytest.raises(TypeError, match="group was given beside Counts"):
        FAMILIES["poisson"][0].fit(stats, group="g")
    with pytest.raises(ValueError, match=r"exposure=2, but rows of these Counts have 1\.9"):
        hf.Model(hf.Poisson(exposure=2), POSITIVE).fit(stats)
    with pytest.raises(ValueError, match="linear in 'x, z', and Statistics have no column 'z'"):
        hf.Model(hf.Normal(sigma=H), hf.Normal(hf.Linear("x + z", N), H)).fit(
            normal(model="normal linear")()
        )
    with pytest.raises(TypeError, match="Counts already"):
        FAMILIES["poisson"][0].statistics(stats)
    with pytest.raises(TypeError, match="y is missing"):
        FAMILIES["poisson"][0].statistics(DATA, group="g")
