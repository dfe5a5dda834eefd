"""Rows of counts in categories to sums per group, and to counts of counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast.counts import LARGEST, read_counts
from hierfast.data import Columns, raise_row
from hierfast.frames import Table
from hierfast.labels import label_keys
from hierfast.links import LINKS
from hierfast.merging import GroupStatistics, spread
from hierfast.terms import place_rows, used_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ShareCounts(GroupStatistics):
    """Counts of every group in every category; groups in the order of their sorted labels.

    Attributes
    ----------
    labels : numpy.ndarray
        Labels (J,).
    y : numpy.ndarray
        Sums of the counts (J, H).
    rows : numpy.ndarray
        Rows per group (J,).
    name : str
        Of the group column.
    categories : tuple of str
        What the categories are called (H,).

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Multinomial(), hf.Dirichlet(hf.Exponential(1)))
    >>> data = {"g": ["b", "a", "b"], "red": [1, 4, 0], "blue": [2, 0, 1]}
    >>> plan = model.explain(data, y=["red", "blue"], group="g")  # doctest: +ELLIPSIS
    Multinomial likelihood, Dirichlet population: 3 rows, 2 groups (g)
    ...
    >>> plan.statistics.y
    array([[4., 0.],
           [1., 3.]])
    """

    labels: NDArray[Any]
    y: FloatArray
    rows: IntArray
    name: str
    categories: tuple[str, ...]

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.labels)

    @property
    def n(self) -> IntArray:
        """Rows per group (J,)."""
        return self.rows

    @property
    def size(self) -> FloatArray:
        """Trials per group (J,)."""
        return np.asarray(self.y.sum(axis=1))

    def informed(self) -> ShareCounts:
        """Leave out the groups without rows."""
        if self.rows.all():
            return self
        at = np.flatnonzero(self.rows)
        return replace(self, labels=self.labels[at], y=self.y[at], rows=self.rows[at])

    def check_alike(self, other: GroupStatistics) -> None:
        """Refuse rows of other kinds, and other categories."""
        GroupStatistics.check_alike(self, other)
        if isinstance(other, ShareCounts) and self.categories != other.categories:
            told = " and of ".join(", ".join(some.categories) for some in (self, other))
            raise ValueError(f"counts in the categories {told} cannot be added")

    def merged(
        self, other: ShareCounts, labels: NDArray[Any], at: NDArray[np.intp], to: NDArray[np.intp]
    ) -> ShareCounts:
        """Add the counts of groups."""
        n = len(labels)
        y = spread(self.y, at, n) + spread(other.y, to, n)
        rows = spread(self.rows, at, n) + spread(other.rows, to, n)
        return replace(self, labels=labels, y=y, rows=rows)

    def keys(self) -> tuple[int, NDArray[np.uint64]]:
        """Keys of the groups' noise."""
        return 0, label_keys(self.labels)

    def __repr__(self) -> str:
        """Print the totals."""
        return (
            f"ShareCounts({len(self):,} groups ({self.name}), {int(self.rows.sum()):,} rows, "
            f"{self.y.sum():,.15g} in {len(self.categories)} categories)"
        )


@dataclass(frozen=True, slots=True, eq=False)
class ShareCells:
    """Counts of counts of the groups that have rows.

    Attributes
    ----------
    tables : tuple
        What `hierfast.terms.tabulate` gives, one a distinct alpha, of all categories that share it.
    trials : tuple
        The same of the trials of groups.
    part : numpy.ndarray
        Place of each category's alpha among the distinct ones (H,).
    n_group, n_row, n_trial : float
        Groups that have rows, their rows and trials.
    repeated : int
        Groups that have two trials or more.
    empty : tuple of int
        Categories without a count in any group.
    centre : float
        Nothing is read about a centre: 0.
    """

    tables: tuple[tuple[FloatArray, FloatArray, FloatArray], ...]
    trials: tuple[FloatArray, FloatArray, FloatArray]
    part: NDArray[np.int32]
    n_group: float
    n_row: float
    n_trial: float
    repeated: int
    empty: tuple[int, ...]
    centre: float = 0.0

    def __len__(self) -> int:
        """Count the logarithms that an evaluation takes."""
        return sum(len(weight) + len(far) for weight, far, _ in (*self.tables, self.trials))


def name_categories(y: Any) -> tuple[tuple[str, ...], list[Any]]:
    """Tell what the categories are called, and where their counts are.

    Parameters
    ----------
    y : sequence of str, array_like, table or sequence of array_like
        As in `Model.fit`.

    Returns
    -------
    tuple
        Names (H,); names of columns or columns (H,).

    Raises
    ------
    TypeError, ValueError
        If it is none of these, there are fewer than two, or two have one name.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.categories import name_categories
    >>> name_categories(["Pinus", "Abies"])[0], name_categories(np.ones((5, 3)))[0]
    (('Pinus', 'Abies'), ('0', '1', '2'))
    """
    wanted = (
        "Multinomial rows have one column of counts a category: y must name them, as in "
        "y=['red', 'blue'], or be an array (rows, categories)"
    )
    if y is None:
        raise TypeError(f"y is missing: {wanted}")
    if isinstance(y, str):
        raise TypeError(f"{wanted}; got the one column {y!r}, which is for Binomial rows")
    given: list[Any]
    if isinstance(y, Mapping) or hasattr(y, "columns"):
        table = Table(y, "y")
        names = tuple(str(name) for name in table.names)
        given = [table[name] for name in table.names]
    elif isinstance(y, np.ndarray) and y.ndim == 2:
        given = [y[:, k] for k in range(y.shape[1])]
        names = tuple(map(str, range(len(given))))
    else:
        try:
            given = list(y)
        except TypeError:
            raise TypeError(f"{wanted}; got {y!r}") from None
        columns = [isinstance(one, str) for one in given]
        if any(columns) and not all(columns):
            raise TypeError(f"{wanted}; got both names and values")
        scalars = [one for one in given if not isinstance(one, str) and not np.ndim(one)]
        if scalars:
            raise TypeError(f"{wanted}; got {len(given)} numbers, such as {scalars[0]!r}")
        names = tuple(map(str, given if all(columns) else range(len(given))))
    if len(given) < 2:
        raise ValueError(f"{wanted}; there must be two of them at least, got {len(given)}")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"y names the category {name!r} twice")
    return names, given


def read_shares(columns: Columns, names: tuple[str, ...]) -> ShareCounts:
    """Sum the rows of each group.

    Parameters
    ----------
    columns : Columns
        Checked columns: the first category is their `y`, the others are their `outcomes`.
    names : tuple of str
        Of the categories (H,).

    Returns
    -------
    ShareCounts
        Of all groups, those without rows included.

    Raises
    ------
    ValueError
        Naming the category and the first row that is wrong.
    """
    values = [columns.y, *columns.outcomes.values()]
    for name, y in zip(names, values, strict=True):
        wrong = ~((y >= 0) & (y <= LARGEST) & (y == np.rint(y)))
        if wrong.any():
            wanted = f"a whole number, 0 to {LARGEST:g}: a count"
            raise_row(columns, y, name, int(np.argmax(wrong)), wanted)
    first = read_counts(columns, 1.0, LINKS["log"])
    used, weight = used_rows(columns)
    place = place_rows(columns, used)
    y = np.empty((len(first), len(values)))
    for k, one in enumerate(values):
        y[:, k] = np.bincount(place, weight * one[used], len(first))
    if not y.any():
        raise ValueError(f"{', '.join(names)}: all counts are 0: there is nothing to learn from")
    return ShareCounts(first.labels, y, first.rows, first.name, names)
