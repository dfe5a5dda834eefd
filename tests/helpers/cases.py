"""Reference posteriors: data and figures of ``tests/cases``, by name."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[1] / "cases"


@dataclass(frozen=True)
class Case:
    """A data set and its posterior.

    Attributes
    ----------
    data : dict of str to numpy.ndarray
        Columns; ``y`` in rows and columns of its file is unfolded to rows with ``group``.
    reference : dict
        The whole reference.json: ``reference`` holds figures by parameter, ``avoid`` those that
        are not to be compared.
    """

    data: dict[str, np.ndarray]
    reference: dict[str, Any]

    def figures(self, parameter):
        """Figures of a parameter that are to be compared, with their errors under ``mcse``."""
        avoid = self.reference["avoid"].get(parameter, [])
        return {k: v for k, v in self.reference["reference"][parameter].items() if k not in avoid}


def names():
    """All cases."""
    return sorted(path.parent.name for path in FOLDER.glob("*/reference.json"))


def load_case(name):
    """Load a case by name."""
    folder = FOLDER / name
    reference = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
    table = folder / "data.csv"
    if table.exists():
        return Case(_from_csv(table.read_text(encoding="utf-8")), reference)
    return Case(_from_json((folder / "data.json").read_text(encoding="utf-8")), reference)


def _from_csv(text):
    rows = list(csv.DictReader(text.splitlines()))
    return {name: _column([row[name] for row in rows]) for name in rows[0]}


def _column(values):
    try:
        return np.array(values, dtype=np.float64)
    except ValueError:
        return np.array(values)


def _from_json(text):
    data = {k: np.array(v) for k, v in json.loads(text).items() if isinstance(v, list)}
    y = data["y"]
    group = np.arange(1, len(y) + 1)
    if y.ndim == 2:
        group = np.repeat(group, y.shape[1])
    return {**data, "y": y.ravel(), "group": group}
