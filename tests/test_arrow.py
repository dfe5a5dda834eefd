"""Arrow tables of groups, against data frames."""

import datetime

import numpy as np
import pytest
from test_merging import FAMILIES, SETTINGS
from test_renewal import fit

pa = pytest.importorskip("pyarrow")
pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")


@pytest.mark.parametrize("name", ["normal", "poisson", "multinomial", "grid", "scales"])
@pytest.mark.parametrize("prob", [0.9, 0.5, None])
def test_tables_are_those_of_pandas(name, prob):
    groups = fit(name).groups
    table, frame = groups.to_arrow(prob), groups.to_pandas(prob).reset_index()
    assert table.column_names == list(frame.columns)
    for column in table.column_names:
        np.testing.assert_array_equal(table[column].to_pylist(), frame[column].tolist())


LABELS = {
    "text": (["b", "\u00fc"], pa.string()),
    "bytes": ([b"a", b"\xff"], pa.binary()),
    "integers": ([1, 2**40], pa.int64()),
    "words": (np.array([1, 2**63], np.uint64), pa.uint64()),
    "days": ([datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)], pa.date32()),
    "tuples": ([("a", 1), ("a", 2)], pa.string()),
    "flags": ([False, True], pa.bool_()),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_all_kinds(kind):
    labels, dtype = LABELS[kind]
    data = {"n": labels, "y": [1.0, 3.0]}
    table = FAMILIES["normal"][0].fit(data, y="y", group="n", **SETTINGS).groups.to_arrow(None)
    assert table.column_names == ["n_group", "n", "mean", "sd"]
    assert table["n_group"].type == dtype
    wanted = [str(v) for v in labels] if kind == "tuples" else list(labels)
    assert table["n_group"].to_pylist() == wanted
