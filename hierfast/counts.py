"""Rows of counts to sums per group, and to cells of groups whose sums are the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast.data import Columns, match_groups, raise_row
from hierfast.labels import Coded, label_keys
from hierfast.links import Link
from hierfast.merging import GroupStatistics, spread
from hierfast.statistics import compact_codes, range_of_codes

FloatArray = NDArray[np.float64]

LARGEST = 1e15  # counts add up without rounding
TABLE = 1 << 22  # pairs of sums that are found by place


@dataclass(frozen=True, slots=True, eq=False)
class Counts(GroupStatistics):
    """What rows of counts tell about each group's effect; groups in the order of their sorted labels.

    Attributes
    ----------
    labels : numpy.ndarray
        Labels (J,).
    y, size : numpy.ndarray
        Sums of the counts and of what they are out of, trials or exposure (J,).
    rows : numpy.ndarray
        Rows per group (J,).
    name : str
        Of the group column.
    link : Link
        From probabilities or rates to effects.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Binomial(n=4), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))
    >>> plan = model.explain({"g": ["b", "a", "b"], "y": [1, 4, 0]}, y="y", group="g")
    Binomial likelihood, Normal population: 3 rows, 2 groups (g)
    ...
    >>> plan.statistics.y, plan.statistics.size
    (array([4., 1.]), array([4., 8.]))
    """

    labels: NDArray[Any]
    y: FloatArray
    size: FloatArray
    rows: NDArray[np.int64]
    name: str
    link: Link

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.labels)

    @property
    def n(self) -> NDArray[np.int64]:
        """Rows per group (J,)."""
        return self.rows

    @property
    def whole(self) -> bool:
        """Whether sizes are trials, of which y are successes; else they are exposures."""
        return self.link.whole

    @property
    def mean(self) -> FloatArray:
        """Effects that each group alone would have (J,): see `Link.estimate`."""
        return self.link.estimate(self.y, self.size)

    def informed(self) -> Counts:
        """Leave out the groups without rows."""
        return self if self.rows.all() else self.take(np.flatnonzero(self.rows))

    def take(self, at: NDArray[np.intp]) -> Counts:
        """Keep the groups at places `at`."""
        return replace(
            self,
            labels=self.labels[at],
            y=self.y[at],
            size=self.size[at],
            rows=self.rows[at],
            columns=self._columns_of(at),
            terms=None,
        )

    def among(self, labels: NDArray[Any], at: NDArray[np.int64]) -> Counts:
        """Spread over the groups `labels`: those of this one to places `at`, the others without rows."""
        y, size, rows = (spread(v, at, len(labels)) for v in (self.y, self.size, self.rows))
        return replace(self, labels=labels, y=y, size=size, rows=rows)

    def merged(
        self, other: Counts, labels: NDArray[Any], at: NDArray[np.intp], to: NDArray[np.intp]
    ) -> Counts:
        """Add the sums of groups."""
        mine, theirs = self.among(labels, at), other.among(labels, to)
        return replace(
            mine,
            y=mine.y + theirs.y,
            size=mine.size + theirs.size,
            rows=mine.rows + theirs.rows,
        )

    def keys(self) -> tuple[int, NDArray[np.uint64]]:
        """Keys of the groups' noise."""
        return 0, label_keys(self.labels)

    def __repr__(self) -> str:
        """Print the totals."""
        return (
            f"Counts({len(self):,} groups ({self.name}), {int(self.rows.sum()):,} rows, "
            f"{self.y.sum():,.15g} out of {self.size.sum():,.15g})"
        )


@dataclass(frozen=True, slots=True, eq=False)
class CountCells:
    """Groups with the same sums as one cell.

    Attributes
    ----------
    y, size, mult : numpy.ndarray
        Sums of a group, and how many groups (C,); 0 of those without rows.
    cell : numpy.ndarray
        Cell of each group (J,), those without rows among them.
    n_group, n_row : float
        Groups that have rows, and rows.
    mixed : int
        Groups whose likelihood vanishes at both ends of the link scale.
    centre : float
        Nothing is read about a centre: 0.
    design : numpy.ndarray or None
        Predictors (C, K) of the population's location, where it is linear.
    """

    y: FloatArray
    size: FloatArray
    mult: FloatArray
    cell: NDArray[np.int64]
    n_group: float
    n_row: float
    mixed: int
    centre: float = 0.0
    design: FloatArray | None = None

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.y)


def read_counts(columns: Columns, given: str | float, link: Link) -> Counts:
    """Sum the rows of each group.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    given : str or float
        The column of sizes, or the size of every row.
    link : Link
        Of the likelihood; it says whether sizes are trials or exposures.

    Returns
    -------
    Counts
        Of all groups, those without rows included.

    Raises
    ------
    ValueError
        Naming the first row that is wrong.
    """
    check_counts(columns, given, link.whole)
    y, size, weight = columns.y, columns.size, columns.weight
    if weight is not None:
        y, size = y * weight, None if size is None else size * weight
    counts = _sums(columns, y, size, link)
    if isinstance(given, float):
        counts = replace(counts, size=counts.rows.astype(np.float64) * given)
    if not counts.size.sum() < np.inf:
        raise ValueError(
            f"{columns.size_name}: its values overflow when they are added; rescale them"
        )
    if columns.table is None:
        return counts
    at = match_groups(columns.table, counts.labels, columns)
    return counts.among(columns.table.labels, at)


def _sums(columns: Columns, y: FloatArray, size: FloatArray | None, link: Link) -> Counts:
    coded, n, weight = columns.coded, len(y), columns.weight
    name = columns.group_name
    if coded is None:
        rows = np.ones(n, np.int64) if weight is None else weight.astype(np.int64)
        found = Counts(np.arange(n), y, y if size is None else size, rows, name, link)
        return found.informed()
    coded, low, width = table_of(coded, n)
    index = coded.codes - low if low else coded.codes
    number = np.bincount(index, weight, width).astype(np.int64)
    present = np.flatnonzero(number)
    sums: list[FloatArray] = [
        np.bincount(index, v, width)[present].astype(np.float64) for v in (y, size) if v is not None
    ]
    labels, at = coded.sorted(present + low)
    found = Counts(labels, sums[0], sums[-1], number[present], name, link)
    return found if at is None else replace(found.take(at), labels=labels)


def table_of(coded: Coded, n: int) -> tuple[Coded, int, int]:
    """Make codes places in a table.

    Parameters
    ----------
    coded : Coded
        Groups of rows.
    n : int
        How many rows.

    Returns
    -------
    tuple
        Codes near enough to be places, the least of them, and the table's size.
    """
    low, high = range_of_codes(coded.codes, 1)
    if high - low >= 4 * n + 1024:
        coded = compact_codes(coded)
        low, high = 0, n - 1 if coded.labels is None else len(coded.labels) - 1
    return coded, low, high - low + 1


def check_counts(columns: Columns, given: str | float, whole: bool) -> None:
    """Check counts and what they are out of.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    given : str or float
        The column of sizes, or the size of every row.
    whole : bool
        Whether sizes are trials.

    Raises
    ------
    ValueError
        Naming the first row that is wrong.
    """
    y, size = columns.y, columns.size

    def refuse(bad: NDArray[np.bool_], values: FloatArray, name: str, wanted: str) -> None:
        if bad.any():
            raise_row(columns, values, name, int(np.argmax(bad)), wanted)

    wrong = ~((y >= 0) & (y <= LARGEST) & (y == np.rint(y)))
    refuse(wrong, y, columns.y_name, f"a whole number, 0 to {LARGEST:g}: a count")
    if size is not None and whole:
        wrong = ~((size >= 0) & (size <= LARGEST) & (size == np.rint(size)))
        refuse(wrong, size, columns.size_name, f"a whole number of trials, 0 to {LARGEST:g}")
    elif size is not None:
        refuse(
            ~((size > 0) & (size < np.inf)), size, columns.size_name, "a positive, finite exposure"
        )
    if whole:
        most = np.full(1, given) if isinstance(given, float) else size
        assert most is not None
        wanted = f"at most the trials of its row, {columns.size_name}" if size is not None else ""
        refuse(y > most, y, columns.y_name, wanted or f"at most {most[0]:g}, the trials of a row")
        if size is not None and not size.any():
            raise ValueError(
                f"{columns.size_name}: all trials are 0: there is nothing to learn from"
            )


def compute_cells(counts: Counts, whole: bool) -> CountCells:
    """Compress groups to cells.

    Parameters
    ----------
    counts : Counts
        Of all groups.
    whole : bool
        Whether sizes are trials, so that all of them being successes tells nothing of an upper end.

    Returns
    -------
    CountCells
        One cell for every pair of sums, by size and then count.
    """
    y, size = counts.y, counts.size
    wide = float(y.max()) + 1.0
    if (size == np.rint(size)).all() and wide * (float(size.max()) + 1.0) <= TABLE:
        key = (size * wide + y).astype(np.int64)
        table = np.bincount(key)
        at = np.flatnonzero(table)
        place = np.cumsum(table > 0) - 1
        cell = place[key]
        cells = (at % int(wide)).astype(np.float64), (at // int(wide)).astype(np.float64)
    else:
        order = np.lexsort((y, size))
        new = np.ones(len(y), dtype=bool)
        new[1:] = (np.diff(y[order]) != 0) | (np.diff(size[order]) != 0)
        cell = np.empty(len(y), dtype=np.int64)
        cell[order] = np.cumsum(new) - 1
        cells = y[order][new], size[order][new]
    has = counts.rows > 0
    mult = np.bincount(cell[has], minlength=len(cells[0])).astype(np.float64)
    mixed = (cells[0] > 0) & ((cells[0] < cells[1]) | (not whole))
    n_mixed = int(mult[mixed].sum())
    return CountCells(*cells, mult, cell, float(has.sum()), float(counts.rows.sum()), n_mixed)
