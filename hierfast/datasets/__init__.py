"""Bundled data sets and simulated ones.

=================  ====  =============================================================
`load` takes       rows  what
=================  ====  =============================================================
``baseball``         18  hits of 18 batters, early and late in a season
``dyes``             30  yield of dyestuff, 5 samples from each of 6 batches
``eight_schools``     8  effects of coaching with standard errors
``epil``            236  seizures of 59 patients in 4 periods, two treatments
``pastes``           60  strength of paste, 2 assays of 3 casks from 10 deliveries
``penicillin``      144  zones of inhibition, 24 plates crossed with 6 samples
``pollen``           73  4 kinds of pollen at 73 depths
``pumps``            10  failures of pumps and their operating times
``radon``           919  log radon in homes of 85 counties, floor and county's uranium
``rat_tumours``      71  tumours in 71 groups of rats
``rats``            150  weights of 30 rats at 5 ages
``salamander``      360  matings of 60 females crossed with 60 males
``salm``             18  colonies of salmonella at 6 doses
``seeds``            21  germinated seeds on 21 plates, two factors
``surgical``         12  deaths after surgery in 12 hospitals
=================  ====  =============================================================

Sources and licences are in the README beside the files; `describe` prints those of one set.

Examples
--------
>>> import hierfast as hf
>>> table = hf.datasets.load("pumps")
>>> table["failures"].tolist()
[5, 1, 5, 14, 3, 19, 1, 1, 4, 22]
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from hierfast.datasets.catalogue import DATASETS, Column, Dataset
from hierfast.datasets.simulation import FAMILIES, simulate

__all__ = ["FAMILIES", "Column", "Dataset", "describe", "load", "names", "simulate"]


def names() -> tuple[str, ...]:
    """Name the bundled data sets.

    Returns
    -------
    tuple of str
        What `load` and `describe` take, in alphabetical order.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.datasets.names()[:3]
    ('baseball', 'dyes', 'eight_schools')
    """
    return tuple(dataset.name for dataset in DATASETS)


def describe(name: str) -> Dataset:
    """Tell what a bundled data set holds, and where it comes from.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    Dataset
        Columns with units, source and licence.

    Raises
    ------
    TypeError, ValueError
        If there is no such data set; the message says which is meant, perhaps.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.datasets.describe("dyes").columns[1].meaning
    'yield, g of standard colour'
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string such as 'radon'; got {type(name).__name__}")
    for dataset in DATASETS:
        if dataset.name == name:
            return dataset
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), names(), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ";"
    raise ValueError(f"there is no data set {name!r}{hint} there are {', '.join(names())}")


def load(name: str) -> dict[str, NDArray[Any]]:
    """Load a bundled data set.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    dict of str to numpy.ndarray
        Columns (rows,): int64, float64 or text; `describe` tells their units.

    Raises
    ------
    TypeError, ValueError
        If there is no such data set; the message says which is meant, perhaps.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.datasets.load("eight_schools")["effect"][:3].tolist()
    [28.0, 8.0, -3.0]
    """
    dataset = describe(name)
    import csv
    from importlib.resources import files

    import numpy as np

    text = (files("hierfast.datasets") / f"{name}.csv").read_text(encoding="utf-8")
    head, *rows = csv.reader(text.splitlines())
    cells = dict(zip(head, zip(*rows, strict=True), strict=True))
    types = {int: np.int64, float: np.float64, str: np.str_}
    return {
        column.name: np.array(cells[column.name], dtype=np.str_).astype(types[column.kind])
        for column in dataset.columns
    }
