"""Rows of times, or of other positive amounts, that may be censored: events in a time, and their terms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hierfast.counts import Counts
from hierfast.data import Columns, raise_row
from hierfast.links import LOG, apply_core
from hierfast.merging import Terms
from hierfast.terms import TermCells, collect_terms, compute_terms, used_rows


def read_events(columns: Columns) -> Columns:
    """Read a row as 1 event, or none if it was censored, in its time.

    Parameters
    ----------
    columns : Columns
        Times, and which rows were censored.

    Returns
    -------
    Columns
        Events as `y`, times as `size`.

    Raises
    ------
    ValueError
        Naming the first row that is wrong.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.data import Columns
    >>> from hierfast.times import read_events
    >>> found = read_events(Columns(np.array([2.0, 3.5]), None, censored=np.array([0.0, 1.0])))
    >>> found.y, found.size
    (array([1., 0.]), array([2. , 3.5]))
    """
    time, censored = columns.y, columns.censored
    wrong = ~((time > 0) & (time < np.inf))
    if wrong.any():
        wanted = "positive and finite, as times are"
        raise_row(columns, time, columns.y_name, int(np.argmax(wrong)), wanted)
    if censored is None:
        return replace(columns, y=np.ones(len(time)), size=time, size_name=columns.y_name)
    wrong = (censored != 0) & (censored != 1)
    if wrong.any():
        wanted = "true or 1 (censored at its time), or else false or 0"
        raise_row(columns, censored, columns.censored_name, int(np.argmax(wrong)), wanted)
    return replace(columns, y=1.0 - censored, size=time, size_name=columns.y_name)


def collect_amounts(columns: Columns) -> Terms:
    """Add up to one term the rows of a group that were not censored, and those censored at one place.

    Parameters
    ----------
    columns : Columns
        Events and times, as `read_events` gives them.

    Returns
    -------
    Terms
        Keyed by where rows were censored, 0 where they were not; sums are times that were seen, and rows;
        and of all groups the sum of the logarithms of these times.
    """
    seen, time = columns.y, columns.size
    assert time is not None
    amounts = replace(columns, y=seen * time, size=(1.0 - seen) * time)
    used, weight = used_rows(columns)
    logs = weight * seen[used] * apply_core(LOG, time[used])
    terms = collect_terms(amounts, columns.size_name)
    return replace(terms, numbers=np.zeros(1), totals=np.array([math.fsum(logs)]))


def compute_amounts(counts: Counts) -> TermCells:
    """Compress groups to cells.

    Parameters
    ----------
    counts : Counts
        Sums of all groups, those without rows included, with the terms of `collect_amounts`.

    Returns
    -------
    TermCells
        With terms (rows, logarithm of their mean or of their censoring, whether censored), and in the table
        how many rows were not censored and the sum over these of the logarithm of their term's mean over
        each.
    """
    assert counts.terms is not None
    cells = compute_terms(counts)
    total, rows, at = cells.terms
    here = rows > 0
    mean = np.where(at > 0, at, total / np.where(here, rows, 1.0))
    x = np.where(here, apply_core(LOG, np.where(here, mean, 1.0)), 0.0)
    cut = (at > 0).astype(np.float64)
    known = (1.0 - cut) * rows
    off = math.fsum(known * x) - float(counts.terms.totals[0])
    table = np.array([math.fsum(known), max(off, 0.0)])
    return replace(cells, terms=(rows, x, cut), table=(table, np.empty(0), np.empty(0)))
