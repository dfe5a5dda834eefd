"""Bundled data against what was published about them, and simulated data."""

import re
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hierfast as hf
from hierfast.datasets.catalogue import DATASETS

EACH = pytest.mark.parametrize("dataset", DATASETS, ids=[d.name for d in DATASETS])

# Totals as printed with the data or in the texts that use them.
TOTALS = {
    "baseball": {"hits": 215, "at_bats": 18 * 45},
    "dyes": {"grams": 30 * 1527.5},
    "eight_schools": {"effect": 70, "se": 100},
    "epil": {"treatment": 31 * 4, "visit": 59 * 10},
    "pastes": {"strength": 3603.2},
    "penicillin": {"diameter": 3308},
    "pollen": {"pine": 6298, "fir": 103, "oak": 662, "alder": 237},
    "pumps": {"failures": 75},
    "radon": {"floor": 153},
    "rat_tumours": {"tumours": 267, "rats": 1739},
    "rats": {"age": 30 * (8 + 15 + 22 + 29 + 36)},
    "salamander": {"mated": 189},
    "salm": {"dose": 3 * (10 + 33 + 100 + 333 + 1000)},
    "seeds": {"germinated": 424, "seeds": 831},
    "surgical": {"deaths": 208, "operations": 2814},
}
GROUPS = {
    "baseball": {"player": 18},
    "dyes": {"batch": 6},
    "eight_schools": {"school": 8},
    "epil": {"subject": 59},
    "pastes": {"batch": 10, "cask": 30},
    "penicillin": {"plate": 24, "sample": 6},
    "pollen": {"level": 73},
    "pumps": {"pump": 10},
    "radon": {"county": 85, "log_uranium": 85},
    "rat_tumours": {"experiment": 71},
    "rats": {"rat": 30, "age": 5},
    "salamander": {"female": 60, "male": 60, "cross": 4},
    "salm": {"plate": 18, "dose": 6},
    "seeds": {"plate": 21},
    "surgical": {"hospital": 12},
}


@EACH
def test_columns_are_what_the_list_says(dataset):
    table = hf.datasets.load(dataset.name)
    assert list(table) == [column.name for column in dataset.columns]
    for column in dataset.columns:
        values = table[column.name]
        assert values.shape == (dataset.rows,)
        assert values.dtype.kind == {int: "i", float: "f", str: "U"}[column.kind]
        assert np.isfinite(values).all() if column.kind is not str else (values != "").all()
        assert column.meaning
    assert dataset.what.endswith(".") and dataset.source.endswith(".")
    assert dataset.licence.endswith(".")


@EACH
def test_published_totals_and_groups(dataset):
    table = hf.datasets.load(dataset.name)
    for column, total in TOTALS[dataset.name].items():
        assert table[column].sum() == pytest.approx(total, rel=1e-12), column
    for column, count in GROUPS[dataset.name].items():
        assert len(np.unique(table[column])) == count, column


def test_published_summaries():
    load = hf.datasets.load
    dyes = load("dyes")["grams"].reshape(6, 5).mean(axis=1)
    assert dyes.tolist() == [1505, 1528, 1564, 1498, 1600, 1470]
    schools = load("eight_schools")
    assert schools["effect"].tolist() == [28, 8, -3, 7, -1, 1, 18, 12]
    assert schools["se"].tolist() == [15, 10, 16, 11, 9, 11, 10, 18]
    tumours = load("rat_tumours")
    assert (tumours["tumours"][-1], tumours["rats"][-1]) == (4, 14)
    seeds = load("seeds")
    cells = [(seeds["variety"] == v) & (seeds["extract"] == e) for v in (0, 1) for e in (0, 1)]
    assert [int(seeds["germinated"][c].sum()) for c in cells] == [99, 201, 49, 75]
    assert [int(seeds["seeds"][c].sum()) for c in cells] == [272, 295, 123, 141]
    matings = load("salamander")
    first = [matings["mated"][:120][matings["cross"][:120] == c] for c in ("RR", "RW", "WR", "WW")]
    assert [int(c.sum()) for c in first] == [22, 20, 7, 21]
    pollen = load("pollen")
    kinds = np.stack([pollen[k] for k in ("pine", "fir", "oak", "alder")])
    assert (kinds.sum(axis=0) == 100).all()
    assert abs(load("radon")["log_radon"].mean() - 1.2646) < 1e-3
    baseball = load("baseball")
    hits = baseball["rest_at_bats"] * baseball["rest_average"]
    assert np.abs(hits - np.rint(hits)).max() < 0.0005 * 586 + 1e-9


def test_uranium_belongs_to_the_county():
    radon = hf.datasets.load("radon")
    pairs = np.unique(np.stack([radon["county"], radon["log_uranium"]]), axis=1)
    assert pairs.shape == (2, 85)


def test_readme_and_docstring_follow_the_list():
    readme = (files("hierfast.datasets") / "README.md").read_text(encoding="utf-8")
    sections = readme.split("\n## ")[1:]
    table = re.findall(r"^``(\w+)`` +(\d+)  ", hf.datasets.__doc__, re.MULTILINE)
    assert table == [(dataset.name, str(dataset.rows)) for dataset in DATASETS]
    for dataset, section in zip(DATASETS, sections, strict=True):
        columns = "\n".join(f"| `{c.name}` | {c.meaning} |" for c in dataset.columns)
        assert section.strip() == (
            f"{dataset.name}\n\n{dataset.what} {dataset.rows} rows.\n\n"
            f"| column | meaning |\n|---|---|\n{columns}\n\n"
            f"Source: {dataset.source}\n\nLicence: {dataset.licence}"
        )


def test_every_file_is_listed():
    stems = {
        path.name.removesuffix(".csv")
        for path in files("hierfast.datasets").iterdir()
        if path.name.endswith(".csv")
    }
    assert stems == set(hf.datasets.names())
    assert list(hf.datasets.names()) == sorted(stems)


def test_description_prints_units_source_and_licence():
    text = repr(hf.datasets.describe("pumps"))
    assert "10 rows, 3 columns" in text
    assert "hours     operating time, thousands of hours" in text
    assert "Source: Gaver" in text and "Licence: " in text


@pytest.mark.parametrize(
    ("name", "says"),
    [("rat_tumors", "'rat_tumours'"), ("Radon", "'radon'"), ("eight schools", "'eight_schools'")],
)
def test_a_close_name_is_offered(name, says):
    with pytest.raises(ValueError, match=f"did you mean {says}\\?.*pumps"):
        hf.datasets.load(name)


@pytest.mark.parametrize("name", ["zzz", ""])
def test_other_names_get_the_list(name):
    with pytest.raises(ValueError, match=r"there is no data set '\w*'; there are baseball, .*surg"):
        hf.datasets.load(name)


@pytest.mark.parametrize("name", [None, 3, ["radon"]])
def test_a_name_is_a_string(name):
    with pytest.raises(TypeError, match="name must be a string"):
        hf.datasets.load(name)


def test_import_reads_no_files():
    lazy = ("csv", "difflib", "importlib.resources", "matplotlib")
    code = (
        "import sys, numpy; old = set(sys.modules); import hierfast; "
        f"sys.exit(' '.join((set(sys.modules) - old) & set({lazy})))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, check=False)
    assert done.stderr.strip() == b""


def test_simulated_rows_belong_to_their_groups():
    table = hf.datasets.simulate(n_groups=50, n_rows=20_000, seed=3)
    residual = table["y"] - table["theta"][table["group"]]
    assert abs(residual.mean()) < 4 * 2 / 20_000**0.5
    assert abs(residual.std() - 2) < 4 * 2 / 40_000**0.5
    assert np.array_equal(table["y"], hf.datasets.simulate(50, 20_000, seed=3)["y"])
    assert not np.array_equal(table["y"], hf.datasets.simulate(50, 20_000, seed=4)["y"])


def test_stream_of_the_benchmarks():
    """Figures measured earlier stay comparable: effects, then groups, then residuals."""
    rng = np.random.default_rng(1)
    theta, group = rng.normal(2.0, 1.0, 30), rng.integers(0, 30, 150)
    table = hf.datasets.simulate(30)
    assert np.array_equal(table["theta"], theta)
    assert np.array_equal(table["group"], group)
    assert np.array_equal(table["y"], theta[group] + rng.normal(0.0, 2.0, 150))


@given(
    groups=st.integers(1, 50),
    rows=st.integers(1, 200) | st.none(),
    mu=st.floats(-1e6, 1e6),
    tau=st.floats(0, 1e6),
    sigma=st.floats(0, 1e6),
    seed=st.integers(0, 2**64),
)
def test_shapes_of_simulated_data(groups, rows, mu, tau, sigma, seed):
    table = hf.datasets.simulate(groups, rows, mu=mu, tau=tau, sigma=sigma, seed=seed)
    assert table["theta"].shape == (groups,)
    assert table["y"].shape == table["group"].shape == (rows or 5 * groups,)
    assert table["group"].min() >= 0 and table["group"].max() < groups
    assert all(np.isfinite(column).all() for column in table.values())


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        ({"n_groups": 0}, ValueError, "n_groups must be at least 1; got 0"),
        ({"n_groups": 2.5}, TypeError, "n_groups must be an integer; got 2.5"),
        ({"n_groups": True}, TypeError, "n_groups must be an integer; got True"),
        ({"n_rows": 0}, ValueError, "n_rows must be at least 1; got 0"),
        ({"n_rows": "5"}, TypeError, "n_rows must be an integer; got '5'"),
        ({"family": "poisson"}, ValueError, "family must be one of 'normal'; got 'poisson'"),
        ({"family": None}, ValueError, "family must be one of 'normal'; got None"),
        ({"mu": np.inf}, ValueError, "mu must be finite; got inf"),
        ({"mu": "x"}, TypeError, "mu must be a number; got 'x'"),
        ({"tau": -1}, ValueError, "tau must be finite and not negative; got -1"),
        ({"tau": np.nan}, ValueError, "tau must be finite and not negative; got nan"),
        ({"sigma": -1}, ValueError, "sigma must be finite and not negative; got -1"),
        ({"sigma": None}, TypeError, "sigma must be a number; got None"),
        ({"seed": -1}, ValueError, "seed must be at least 0; got -1"),
        ({"seed": None}, TypeError, "seed must be an integer; got None"),
    ],
)
def test_arguments_of_simulate_are_checked(arguments, kind, says):
    with pytest.raises(kind, match=re.escape(says)):
        hf.datasets.simulate(**({"n_groups": 10} | arguments))
