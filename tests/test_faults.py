"""The list of planted faults fits the code: each text stands exactly once in its file."""

from pathlib import Path

import pytest
from faults.catalogue import DIAL, FAULTS

ROOT = Path(__file__).parents[1]
PLACES = [(f.name, f.path, f.old) for f in FAULTS] + [(k, p, o) for k, (p, o, _) in DIAL.items()]


@pytest.mark.parametrize(("name", "path", "old"), PLACES)
def test_not_stale(name, path, old):
    assert (ROOT / path).read_text("utf-8").count(old) == 1, name


def test_enough_and_each_by_one_name():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 25
    assert all(fault.old != fault.new for fault in FAULTS)
