"""What the statistics of all families share: groups matched by label, terms, and the one ``+``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hierfast.labels import plain

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NONE = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Sums over the rows of a group that share what tells them apart, where a group's do not suffice.

    Attributes
    ----------
    group : numpy.ndarray
        Place of each term's group among the labels (T,); terms are sorted by it, then by their keys.
    keys : tuple of numpy.ndarray
        What the rows of a term share, such as an exposure or a category (T,).
    sums : tuple of numpy.ndarray
        What is added up over them, such as events and rows (T,).
    numbers, totals : numpy.ndarray
        What is added up over the rows of all groups that share a number (M,), rising.
    """

    group: IntArray
    keys: tuple[FloatArray, ...]
    sums: tuple[FloatArray, ...]
    numbers: FloatArray = field(default_factory=lambda: NONE)
    totals: FloatArray = field(default_factory=lambda: NONE)

    def moved(self, at: NDArray[np.intp]) -> Terms:
        """Give the same terms of groups whose places are now `at`, which rise."""
        return replace(self, group=at[self.group])

    def __add__(self, other: Terms) -> Terms:
        """Add up the terms of both whose group and keys are the same."""
        group = np.concatenate([self.group, other.group])
        pairs = (zip(self.keys, other.keys, strict=True), zip(self.sums, other.sums, strict=True))
        keys, sums = (tuple(np.concatenate(pair) for pair in columns) for columns in pairs)
        numbers, which = np.unique(
            np.concatenate([self.numbers, other.numbers]), return_inverse=True
        )
        totals = np.concatenate([self.totals, other.totals])
        return Terms(
            *add_alike(group, keys, sums),
            numbers,
            np.bincount(which, totals, len(numbers)).astype(np.float64),
        )


def add_alike(
    group: IntArray, keys: tuple[FloatArray, ...], sums: tuple[FloatArray, ...]
) -> tuple[IntArray, tuple[FloatArray, ...], tuple[FloatArray, ...]]:
    """Sort rows by group and keys, and add those up that agree in both.

    Parameters
    ----------
    group : numpy.ndarray
        Group of each row (R,).
    keys, sums : tuple of numpy.ndarray
        What tells rows of a group apart, and what is added (R,).

    Returns
    -------
    tuple
        The same three of the terms (T,).

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.merging import add_alike
    >>> group, (key,), (total,) = add_alike(
    ...     np.array([1, 0, 1]), (np.array([2.0, 3.0, 2.0]),), (np.array([1.0, 1.0, 5.0]),)
    ... )
    >>> group, key, total
    (array([0, 1]), array([3., 2.]), array([1., 6.]))
    """
    order = np.lexsort((*reversed(keys), group))
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([np.diff(v[order]) != 0 for v in (group, *keys)], axis=0)
    start = np.flatnonzero(new)
    at = order[start]
    added = tuple(np.add.reduceat(v[order], start) for v in sums)
    return group[at], tuple(v[at] for v in keys), added


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GroupStatistics:
    """What rows tell of groups, whatever their family: what a fit is made from, and ``+`` adds up.

    Attributes
    ----------
    kind : str
        Of the rows: the likelihood they were read for. Only statistics of one kind add up.
    columns : dict of str to numpy.ndarray
        Columns known of groups (J,), which the population reads.
    terms : Terms or None
        What sums of groups do not tell.
    numbered : bool
        Whether no group column was given, so that labels are no more than places of rows.
    y_name, dropped : str
        How the outcome is called; which rows were left out, empty if none.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Binomial(n=4), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))
    >>> one = model.statistics({"g": ["a", "b"], "y": [1, 4]}, y="y", group="g")
    >>> one + model.statistics({"g": ["c", "b"], "y": [0, 3]}, y="y", group="g")
    Counts(3 groups (g), 4 rows, 8 out of 16)
    """

    kind: str = "Normal"
    columns: dict[str, FloatArray] = field(default_factory=dict)
    terms: Terms | None = None
    numbered: bool = False
    y_name: str = "y"
    dropped: str = ""

    def __add__(self, other: GroupStatistics) -> Self:
        """Merge: the statistics of both sets of rows together.

        Parameters
        ----------
        other : GroupStatistics
            Of other rows of the same kind; groups are matched by label.

        Returns
        -------
        GroupStatistics
            As if all rows had been read at once: the same bits for integer-valued data, to rounding
            otherwise.

        Raises
        ------
        TypeError, ValueError
            Saying what cannot be added: rows of another kind, labels of another kind, groups without
            labels, or a group whose known column differs.
        """
        if not isinstance(other, GroupStatistics):
            return NotImplemented
        self.check_alike(other)
        one: Any = self
        two: Any = other
        labels, at, to = match_labels(one.labels, two.labels)
        merged = self.merged(other, labels, at, to)
        terms = None
        if self.terms is not None and other.terms is not None:
            terms = self.terms.moved(at) + other.terms.moved(to)
        whole: Self = replace(
            merged,
            terms=terms,
            columns=self._merge_columns(other, labels, at, to),
            dropped=add_dropped(self.dropped, other.dropped),
        )
        return whole

    def __radd__(self, other: int) -> Self:
        """Begin a sum: ``sum(parts)`` adds the first part to 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def check_alike(self, other: GroupStatistics) -> None:
        """Refuse what does not add up, in words."""
        if type(self) is not type(other) or self.kind != other.kind:
            raise ValueError(
                f"statistics of {self.kind} rows and of {other.kind} rows cannot be added"
            )
        if self.numbered or other.numbered:
            raise ValueError(
                "statistics of rows without a group column cannot be added: their groups have no labels "
                "to be matched by; name the column of groups when rows are read"
            )
        unlike = sorted(self.columns.keys() ^ other.columns.keys())
        if unlike:
            raise ValueError(
                f"the column {unlike[0]!r} is known of the groups of one of the statistics, and not of "
                "those of the other: read both for the same model"
            )

    def merged(
        self, other: Any, labels: NDArray[Any], at: NDArray[np.intp], to: NDArray[np.intp]
    ) -> Any:
        """Add the sums of groups, those of this one at places `at` of `labels`, of the other at `to`."""
        raise NotImplementedError

    def _merge_columns(
        self,
        other: GroupStatistics,
        labels: NDArray[Any],
        at: NDArray[np.intp],
        to: NDArray[np.intp],
    ) -> dict[str, FloatArray]:
        found = {}
        for name, mine in self.columns.items():
            theirs = other.columns[name]
            whole, both = np.full((2, len(labels)), np.nan)
            whole[at], both[to] = mine, theirs
            wrong = np.flatnonzero((whole != both) & ~np.isnan(whole) & ~np.isnan(both))
            if len(wrong):
                j = wrong[0]
                raise ValueError(
                    f"the column {name!r} of the group {plain(labels[j])!r} is {whole[j]} in one of the "
                    f"statistics and {both[j]} in the other; it must be constant within a group"
                )
            found[name] = np.where(np.isnan(whole), both, whole)
        return found

    def _columns_of(self, at: NDArray[np.intp]) -> dict[str, FloatArray]:
        """Columns of the groups at places `at`."""
        return {name: values[at] for name, values in self.columns.items()}

    def save(self, path: Any) -> None:
        """Write to a file, which `hierfast.load` reads; see `hierfast.fit.Fit.save`.

        Parameters
        ----------
        path : str or path-like
            Where to.

        Examples
        --------
        >>> import hierfast as hf, tempfile, pathlib
        >>> stats = hf.Statistics.from_summary(n=[3, 5], mean=[1.0, 2.5], sd=[0.5, 0.7])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder) / "shops.hierfast"
        ...     stats.save(path)
        ...     hf.load(path)
        Statistics(2 groups, 8 rows)
        """
        from hierfast.keeping import save_statistics

        save_statistics(self, path)


def add_dropped(one: str, other: str) -> str:
    """Add up what is said of rows that were left out, so that it stays short whatever the parts.

    Parameters
    ----------
    one, other : str
        What is said; it begins with their number. Empty if there are none.

    Returns
    -------
    str
        The same of both.

    Examples
    --------
    >>> from hierfast.merging import add_dropped
    >>> add_dropped("2 of 7 rows with missing values (y 2)", "1,000 rows with missing values")
    '1,002 rows with missing values'
    """
    counts = [int(text.split()[0].replace(",", "")) for text in (one, other) if text]
    return f"{sum(counts):,} rows with missing values" if counts else ""


def spread(column: NDArray[Any], at: NDArray[np.intp], n: int) -> NDArray[Any]:
    """Put rows at places of a longer array, 0 elsewhere.

    Parameters
    ----------
    column : numpy.ndarray
        Rows (J, ...).
    at : numpy.ndarray
        Their places (J,).
    n : int
        How long the result is.

    Returns
    -------
    numpy.ndarray
        Of the same dtype (n, ...).
    """
    out = np.zeros((n, *column.shape[1:]), dtype=column.dtype)
    out[at] = column
    return out


def kind_of_labels(labels: NDArray[Any]) -> str:
    """Tell labels that could be the same from those that could not.

    Parameters
    ----------
    labels : numpy.ndarray
        Labels (J,).

    Returns
    -------
    str
        "text", "bytes", "tuple", or a letter of NumPy's.
    """
    kind = labels.dtype.kind
    if kind == "O":
        first = labels[0] if len(labels) else ""
        return (
            "text" if isinstance(first, str) else "bytes" if isinstance(first, bytes) else "tuple"
        )
    return {"U": "text", "T": "text", "S": "bytes", "u": "i"}.get(kind, kind)


def match_labels(
    one: NDArray[Any], other: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp]]:
    """Unite two sets of labels.

    Parameters
    ----------
    one, other : numpy.ndarray
        Sorted labels (J,), (K,).

    Returns
    -------
    tuple
        Sorted labels of both, and the places of each among them.

    Raises
    ------
    TypeError
        If they are of two kinds.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.merging import match_labels
    >>> labels, _, at = match_labels(np.array(["a", "c"]), np.array(["b", "c"]))
    >>> labels.tolist(), at.tolist()
    (['a', 'b', 'c'], [1, 2])
    """
    if kind_of_labels(one) != kind_of_labels(other):
        raise TypeError(
            f"labels of the groups are of one kind in one of the statistics (such as {plain(one[0])!r}) "
            f"and of another in the other (such as {plain(other[0])!r})"
        )
    if {one.dtype.kind, other.dtype.kind} == {"i", "u"}:
        if min(int(one[0]), int(other[0])) < 0:
            raise TypeError(
                "labels that are negative and labels beyond 2**63 cannot be put in one column"
            )
        one, other = one.astype(np.uint64), other.astype(np.uint64)
    if len(one) == len(other) and bool(np.all(one == other)):
        everyone = np.arange(len(one))
        return one, everyone, everyone
    both = np.concatenate([one, other])
    order = np.argsort(both, kind="stable")  # two runs that are sorted: merged, not sorted again
    both = both[order]
    new = np.ones(len(both), dtype=bool)
    new[1:] = both[1:] != both[:-1]
    place = np.empty(len(both), dtype=np.intp)
    place[order] = np.cumsum(new) - 1
    return both[new], place[: len(one)], place[len(one) :]
