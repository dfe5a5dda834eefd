"""Figures of every group, a row a group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.labels import find_label
from hierfast.summary import import_pandas

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

ENDS = 4  # rows at each end that a repr shows
LABEL = 40  # characters of a label in it


class GroupTable:
    """Figures of groups, a column an array.

    Parameters
    ----------
    labels : numpy.ndarray
        Of the groups (J,).
    columns : mapping of str to numpy.ndarray
        Figures (J,).
    name : str
        Of the group column.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.table import GroupTable
    >>> table = GroupTable(np.array(["a", "b"]), {"mean": np.array([0.5, 2.0])}, "school")
    >>> table
    school   mean
    a         0.5
    b           2
    >>> float(table["mean"][1]), table.row("b")
    (2.0, {'mean': 2.0})
    """

    def __init__(
        self, labels: NDArray[Any], columns: Mapping[str, NDArray[Any]], name: str
    ) -> None:
        self.labels, self.name = labels, name
        self._columns = dict(columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

    def keys(self) -> tuple[str, ...]:
        """Name the columns, so that ``dict(table)`` holds their arrays."""
        return self.columns

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.labels)

    def __iter__(self) -> Iterator[str]:
        """Go over the names of the columns."""
        return iter(self._columns)

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Give a column (J,)."""
        if column not in self._columns:
            raise KeyError(f"there is no column {column!r}; columns are {', '.join(self._columns)}")
        return self._columns[column]

    def row(self, label: Any) -> dict[str, float]:
        """Give the figures of one group.

        Parameters
        ----------
        label : label
            Of the group.

        Returns
        -------
        dict of str to float
            By column.
        """
        at = find_label(self.labels, label)
        return {name: values[at].item() for name, values in self._columns.items()}

    def sort(self, column: str, descending: bool = False) -> GroupTable:
        """Sort the groups by a column; those alike keep their order.

        Parameters
        ----------
        column : str
            Which.
        descending : bool
            Whether the largest comes first.

        Returns
        -------
        GroupTable
            The same rows.

        Examples
        --------
        >>> import numpy as np
        >>> from hierfast.table import GroupTable
        >>> GroupTable(np.array(["a", "b"]), {"mean": np.array([2.0, 0.5])}, "g").sort("mean").labels
        array(['b', 'a'], dtype='<U1')
        """
        values = self[column]
        order = np.argsort(-values if descending else values, kind="stable")
        sorted_ = {name: v[order] for name, v in self._columns.items()}
        return _Sorted(self.labels[order], sorted_, self.name)

    def select(self, groups: Any) -> GroupTable:
        """Choose groups.

        Parameters
        ----------
        groups : label or sequence of labels or mask or slice
            Labels in the order wanted; a boolean mask (J,) or a slice, by row.

        Returns
        -------
        GroupTable
            Their rows.

        Raises
        ------
        KeyError
            If there is no group of a label.
        TypeError, ValueError
            If a mask has another length than the table, or a slice has labels for its ends.

        Examples
        --------
        >>> import numpy as np
        >>> from hierfast.table import GroupTable
        >>> table = GroupTable(np.array(["a", "b"]), {"mean": np.array([2.0, 0.5])}, "g")
        >>> table.select(table["mean"] < 1).labels
        array(['b'], dtype='<U1')
        """
        from hierfast.choosing import choose_rows

        at = choose_rows(self.labels, groups)
        chosen = {name: v[at] for name, v in self._columns.items()}
        return _Sorted(self.labels[at], chosen, self.name)

    def to_pandas(self) -> pd.DataFrame:
        """Give a data frame indexed by the groups' labels.

        Returns
        -------
        pandas.DataFrame
            A row a group.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pandas = import_pandas()
        return pandas.DataFrame(self._columns, index=pandas.Index(self.labels, name=self.name))

    def _cells(self) -> list[list[str]]:
        """Texts of the table, rows in its middle left out where there are many."""
        count = len(self)
        shown = list(range(count))
        if count > 2 * ENDS + 4:
            shown = [*range(ENDS), -1, *range(count - ENDS, count)]
        cells = [[self.name, *self._columns]]
        for i in shown:
            if i < 0:
                cells.append(["...", *[""] * len(self._columns)])
                continue
            label = " ".join(str(self.labels[i]).split())
            short = label if len(label) <= LABEL else label[: LABEL - 3] + "..."
            cells.append([short, *(_format(v[i]) for v in self._columns.values())])
        return cells

    def __repr__(self) -> str:
        """Print an aligned table, the middle left out where there are many groups."""
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = []
        for first, *rest in cells:
            right = (text.rjust(w + 1) for text, w in zip(rest, widths[1:], strict=True))
            lines.append("  ".join([first.ljust(widths[0]), *right]).rstrip())
        if len(cells) - 1 < len(self):
            lines.append(f"{len(self):,} groups")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from hierfast.html import table

        return table(self._cells())


class _Sorted(GroupTable):
    """Groups in another order than that of their labels."""

    def row(self, label: Any) -> dict[str, float]:
        order = np.argsort(self.labels, kind="stable")
        at = order[find_label(self.labels[order], label)]
        return {name: values[at].item() for name, values in self._columns.items()}


def _format(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | np.integer) else f"{value:.4g}"
