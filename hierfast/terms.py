"""Rows of counts that add up only where they share an exposure: terms of groups, and cells of these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.counts import CountCells, Counts, table_of
from hierfast.data import Columns, match_groups
from hierfast.merging import Terms, add_alike

if TYPE_CHECKING:
    from hierfast.statistics import Statistics

FloatArray = NDArray[np.float64]

NOTHING = (np.empty(0), np.empty(0), np.empty(0))
TABLE = 4096  # counts up to which factors are looked up; beyond, Stirling's series


@dataclass(frozen=True, slots=True, eq=False)
class TermCells(CountCells):
    """Groups with the same terms as one cell; a term is the rows of a group that share an exposure.

    Attributes
    ----------
    first, count : numpy.ndarray
        Where the terms of a cell begin, and how many they are (C,).
    terms : tuple of numpy.ndarray
        Events of a term, its rows (or those above 0, and those at 0), and the exposure of each (T,).
    table : tuple of numpy.ndarray
        What all rows say of the likelihood's own parameter: see `tabulate`.
    """

    first: FloatArray = field(kw_only=True)
    count: FloatArray = field(kw_only=True)
    terms: tuple[FloatArray, ...] = field(kw_only=True)
    table: tuple[FloatArray, FloatArray, FloatArray] = field(kw_only=True, default=NOTHING)


def used_rows(columns: Columns) -> tuple[NDArray[np.intp], FloatArray]:
    """Find the rows that count.

    Parameters
    ----------
    columns : Columns
        Checked columns.

    Returns
    -------
    tuple of numpy.ndarray
        Rows of positive weight, and their weights (R,).
    """
    if columns.weight is None:
        return np.arange(len(columns.y)), np.ones(len(columns.y))
    used = np.flatnonzero(columns.weight > 0)
    return used, columns.weight[used]


def find_groups(columns: Columns, used: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Find the group of each row among those that have rows, sorted by their labels.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    used : numpy.ndarray
        Rows of positive weight (R,).

    Returns
    -------
    tuple of numpy.ndarray
        Places (R,), and the labels.
    """
    if columns.coded is None:
        return np.arange(len(used)), used
    coded, low, width = table_of(columns.coded, len(columns.y))
    index = coded.codes[used] - low
    present = np.flatnonzero(np.bincount(index, minlength=width))
    labels, at = coded.sorted(present + low)
    rank = np.empty(width, dtype=np.int64)
    rank[present if at is None else present[at]] = np.arange(len(present))
    return rank[index], labels


def locate_rows(columns: Columns, used: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Find the group of each row among all groups, those without rows included.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    used : numpy.ndarray
        Rows of positive weight (R,).

    Returns
    -------
    tuple of numpy.ndarray
        Places (R,), and the sorted labels (J,).
    """
    place, labels = find_groups(columns, used)
    if columns.table is None:
        return place, labels
    return match_groups(columns.table, labels, columns)[place], columns.table.labels


def place_rows(columns: Columns, used: NDArray[np.intp]) -> NDArray[np.int64]:
    """Find the group of each row among all groups, sorted by their labels.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    used : numpy.ndarray
        Rows of positive weight (R,).

    Returns
    -------
    numpy.ndarray
        Places (R,).
    """
    return locate_rows(columns, used)[0]


def tabulate(count: FloatArray, mult: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count groups whose count exceeds each number.

    Parameters
    ----------
    count : numpy.ndarray
        Whole numbers (C,).
    mult : numpy.ndarray
        Groups that have each (C,).

    Returns
    -------
    tuple of numpy.ndarray
        Groups whose count exceeds 0, 1, ... up to the largest or 4095; counts above 4096, and the
        groups that have each: what equation (1) of csrc/conjugate/rising.h reads.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.terms import tabulate
    >>> tabulate(np.array([0.0, 1.0, 3.0]), np.array([5.0, 2.0, 1.0]))[0]
    array([3., 1., 1.])
    """
    top = int(min(count.max(), TABLE))
    found = np.bincount(np.minimum(count, top).astype(np.int64), mult, top + 1)
    weight = np.ascontiguousarray(found[:0:-1].cumsum()[::-1])
    far = count > TABLE
    return weight, count[far], mult[far]


def collect_terms(columns: Columns, given: float | str, zeros: bool = False) -> Terms:
    """Add rows up to terms, by their exposure.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    given : float or str
        The exposure of every row, or the column of them.
    zeros : bool
        Whether rows at 0 are counted by themselves.

    Returns
    -------
    Terms
        Keyed by exposure; sums are events and rows (or those above 0, and those at 0).
    """
    used, w = used_rows(columns)
    y = columns.y[used]
    size = np.full(len(used), float(given)) if columns.size is None else columns.size[used]
    kinds = (w * (y > 0), w * (y == 0)) if zeros else (w,)
    return Terms(*add_alike(place_rows(columns, used), (size,), (w * y, *kinds)))


def count_outcomes(columns: Columns) -> tuple[FloatArray, FloatArray]:
    """Count how many rows of all groups have each outcome.

    Parameters
    ----------
    columns : Columns
        Checked columns.

    Returns
    -------
    tuple of numpy.ndarray
        Outcomes, rising, and the rows that have each.
    """
    used, weight = used_rows(columns)
    numbers, which = np.unique(columns.y[used], return_inverse=True)
    return numbers, np.bincount(which, weight).astype(np.float64)


def compute_terms(counts: Counts) -> TermCells:
    """Compress groups of one term each to cells.

    Parameters
    ----------
    counts : Counts
        Sums of all groups, those without rows included, with their terms.

    Returns
    -------
    TermCells
        Groups of several terms are cells of their own.
    """
    assert counts.terms is not None
    (t,), sums, group = counts.terms.keys, counts.terms.sums, counts.terms.group
    many = np.bincount(group, minlength=len(counts))
    # One more term, empty, is that of groups without rows.
    terms = tuple(np.append(v, 0.0) for v in (*sums, t))
    first = np.where(many > 0, np.cumsum(many) - many, len(t))
    cell, at = _alike(first, many, terms)
    has = counts.rows > 0
    mult = np.bincount(cell[has], minlength=len(at)).astype(np.float64)
    y_cell, size_cell = counts.y[at], counts.size[at]
    mixed = int(mult[y_cell > 0].sum())
    return TermCells(
        y_cell,
        size_cell,
        mult,
        cell,
        float(has.sum()),
        float(counts.rows.sum()),
        mixed,
        first=first[at].astype(np.float64),
        count=np.maximum(many[at], 1).astype(np.float64),
        terms=terms,
    )


@dataclass(frozen=True, slots=True, eq=False)
class RowCells:
    """Every group as a cell of its own, its terms rows alike: what `collect_rows` gives.

    Attributes
    ----------
    mult, first, count : numpy.ndarray
        Ones; where the terms of a group begin, and how many they are (J,).
    terms : tuple of numpy.ndarray
        Outcome of a term, its rows, and their own scale (T,), in increasing order within a group.
    table : tuple of numpy.ndarray
        Empty: rows say nothing of the likelihood's parameters but through effects.
    n_group, n_row, centre : float
        Groups that have rows, rows, a value in the middle of the data.
    design : numpy.ndarray or None
        Predictors (J, K) of the population's location, where it is linear.
    """

    mult: FloatArray
    first: FloatArray
    count: FloatArray
    terms: tuple[FloatArray, ...]
    table: tuple[FloatArray, FloatArray, FloatArray]
    n_group: float
    n_row: float
    centre: float
    design: FloatArray | None = None

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.mult)


def collect_rows(columns: Columns) -> Terms:
    """Collect the rows of each group, those alike as one term.

    Parameters
    ----------
    columns : Columns
        Checked columns.

    Returns
    -------
    Terms
        Keyed by the outcome and its own scale; rows are what is added up.
    """
    used, w = used_rows(columns)
    own = np.ones(len(used)) if columns.se is None else columns.se[used]
    return Terms(*add_alike(place_rows(columns, used), (columns.y[used], own), (w,)))


def arrange_rows(
    stats: Statistics, location: FloatArray | None, design: FloatArray | None
) -> RowCells:
    """Arrange the rows of each group as the likelihood reads them.

    Parameters
    ----------
    stats : Statistics
        Of all groups, those without rows included, with their rows as terms.
    location : numpy.ndarray or None
        Known locations (J,) about which rows are read.
    design : numpy.ndarray or None
        Predictors (J, K).

    Returns
    -------
    RowCells
        One cell a group; of a group without rows the one term is empty.
    """
    assert stats.terms is not None
    group, (y, own), (alike,) = stats.terms.group, stats.terms.keys, stats.terms.sums
    if location is not None:
        group, (y, own), (alike,) = add_alike(group, (y - location[group], own), (alike,))
    many = np.bincount(group, minlength=len(stats))
    return RowCells(
        mult=np.ones(len(stats)),
        first=np.where(many > 0, np.cumsum(many) - many, len(y)).astype(np.float64),
        count=np.maximum(many, 1).astype(np.float64),
        terms=(np.append(y, 0.0), np.append(alike, 0.0), np.append(own, 1.0)),
        table=NOTHING,
        n_group=float((many > 0).sum()),
        n_row=float(alike.sum()),
        centre=stats.centre,
        design=design,
    )


def _alike(
    first: NDArray[np.int64], many: NDArray[np.int64], terms: tuple[FloatArray, ...]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Cell of each group, and a group of each cell: groups of one term are alike if their terms are."""
    single = np.flatnonzero(many <= 1)
    keys = [term[first[single]] for term in terms]
    order = np.lexsort(keys)
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    cell = np.empty(len(first), dtype=np.int64)
    cell[single[order]] = np.cumsum(new) - 1
    several = np.flatnonzero(many > 1)
    cell[several] = int(new.sum()) + np.arange(len(several))
    return cell, np.concatenate([single[order][new], several])
