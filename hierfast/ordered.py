"""Rows in ordered categories: how many a group has in each, and their terms, one a cut."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hierfast.counts import Counts
from hierfast.data import Columns, raise_row
from hierfast.merging import Terms
from hierfast.terms import TermCells, place_rows, used_rows

FloatArray = NDArray[np.float64]

LARGE = 2**62  # keys below it are whole numbers


@dataclass(frozen=True, slots=True, eq=False)
class CategoryCells(TermCells):
    """Groups with as many rows in each category as one cell; a term is a cut beside which it has rows.

    Attributes
    ----------
    total : numpy.ndarray
        Rows in each category (K,).
    """

    total: FloatArray = field(kw_only=True)


def check_categories(columns: Columns, top: int) -> None:
    """Check that outcomes are categories.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    top : int
        The highest category, K - 1.

    Raises
    ------
    ValueError
        Naming the first row that is wrong.
    """
    y = columns.y
    wrong = ~((y >= 0) & (y <= top) & (y == np.rint(y)))
    if wrong.any():
        wanted = f"a category, one of the whole numbers 0 to {top} that {top} cutpoints make"
        raise_row(columns, y, columns.y_name, int(np.argmax(wrong)), wanted)


def collect_categories(columns: Columns) -> Terms:
    """Count the rows of each group in each category.

    Parameters
    ----------
    columns : Columns
        Checked columns, outcomes whole numbers from 0.

    Returns
    -------
    Terms
        Keyed by the category; rows are what is added up.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.ordered import collect_categories
    >>> from hierfast.data import Columns
    >>> collect_categories(Columns(np.array([2.0, 0.0]), None)).keys
    (array([2., 0.]),)
    """
    used, weight = used_rows(columns)
    category = columns.y[used].astype(np.int64)
    wide = int(category.max()) + 1
    found = np.bincount(place_rows(columns, used) * wide + category, weight)
    group, key = np.divmod(np.flatnonzero(found), wide)
    return Terms(group, (key.astype(np.float64),), (found[found > 0].astype(np.float64),))


def compute_categories(counts: Counts, top: int) -> CategoryCells:
    """Compress groups to cells, and cells to terms.

    Parameters
    ----------
    counts : Counts
        Sums of all groups, those without rows included, with their rows in categories as terms.
    top : int
        The highest category.

    Returns
    -------
    CategoryCells
        With terms (rows above a cut, rows beside it, the cut), and in the table the rows of each category
        between two cuts: equations (2) and (4) of csrc/likelihood/ordered_logistic.h.
    """
    assert counts.terms is not None
    number = np.zeros((len(counts), top + 1))
    number[counts.terms.group, counts.terms.keys[0].astype(np.int64)] = counts.terms.sums[0]
    at, cell = _alike(number)
    has, some = counts.rows > 0, number[at]
    mult = np.bincount(cell[has], minlength=len(at)).astype(np.float64)
    beside = some[:, :-1] + some[:, 1:]
    which, cut = np.nonzero(beside)
    # One more term, empty, is that of groups without rows.
    terms = (some[which, cut + 1], beside[which, cut], cut.astype(np.float64))
    many = np.bincount(which, minlength=len(at))
    total = mult @ some
    none = np.empty(0)
    return CategoryCells(
        some @ np.arange(top + 1.0),
        top * some.sum(axis=1),
        mult,
        cell,
        float(has.sum()),
        float(counts.rows.sum()),
        int(mult[(some > 0).sum(axis=1) > 1].sum()),
        first=np.where(many > 0, np.cumsum(many) - many, len(which)).astype(np.float64),
        count=np.maximum(many, 1).astype(np.float64),
        terms=tuple(np.append(v, 0.0) for v in terms),
        table=(np.ascontiguousarray(total[1:-1]), none, none),
        total=total,
    )


def _alike(number: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Find a group of each cell, and the cell of each group: those whose numbers (J, K) are the same."""
    key, size = np.zeros(len(number), dtype=np.int64), 1
    for column in number.T:
        wide = int(column.max()) + 1
        if size * wide >= LARGE:
            key, size = _ranks(key)
            column, wide = _ranks(column)
        key = key * wide + column.astype(np.int64)
        size *= wide
    _, at, cell = np.unique(key, return_index=True, return_inverse=True)
    return at, cell


def _ranks(values: NDArray[np.generic]) -> tuple[NDArray[np.int64], int]:
    found, rank = np.unique(values, return_inverse=True)
    return rank, len(found)
