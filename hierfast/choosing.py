"""Groups chosen by label, by mask or by slice, and what is read of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.labels import find_label

if TYPE_CHECKING:
    import pandas as pd

    from hierfast.groups import Group, Groups

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

FEW = 100  # labels that are looked up one by one


def is_several(labels: NDArray[Any], which: Any) -> bool:
    """Tell whether what was given chooses several groups, rather than being one label.

    Parameters
    ----------
    labels : numpy.ndarray
        Of all groups (J,).
    which : object
        What was given.

    Returns
    -------
    bool
        True of slices, lists, arrays, series; of tuples where labels are no tuples.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.choosing import is_several
    >>> [is_several(np.array(["a", "b"]), which) for which in ("a", ["a"], slice(1))]
    [False, True, True]
    """
    if isinstance(which, tuple):
        return labels.dtype.kind != "O" or not isinstance(labels[0], tuple)
    if isinstance(which, np.ndarray):
        return which.ndim > 0
    several = isinstance(which, slice | SomeGroups) or hasattr(which, "__iter__")
    return several and not isinstance(which, str | bytes)


def choose_rows(labels: NDArray[Any], which: Any) -> IndexArray:
    """Find rows of a table whose labels are in any order.

    Parameters
    ----------
    labels : numpy.ndarray
        Of the rows (J,).
    which : label or sequence of labels or mask or slice
        As in `choose`; masks and slices are by row.

    Returns
    -------
    numpy.ndarray
        Rows.
    """
    by_row = isinstance(which, slice)
    if not by_row and is_several(labels, which) and not isinstance(which, SomeGroups):
        by_row = is_mask(labels, _read(labels, which))
    if by_row:
        return choose(labels, which)
    order = np.argsort(labels, kind="stable")
    return order[choose(labels[order], which)]


def choose(labels: NDArray[Any], which: Any) -> IndexArray:
    """Find the places of groups.

    Parameters
    ----------
    labels : numpy.ndarray
        Sorted labels (J,).
    which : label or sequence of labels or mask or slice
        A label; several, in the order wanted; a boolean mask (J,) in the order of the labels; a slice by
        place among them. Where labels are booleans, so are those given.

    Returns
    -------
    numpy.ndarray
        Places.

    Raises
    ------
    KeyError
        If there is no group of a label.
    TypeError, ValueError
        If a mask has another length, or a slice is no slice by place.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.choosing import choose
    >>> labels = np.array(["a", "b", "c"])
    >>> [choose(labels, w).tolist() for w in ("b", ["c", "a"], labels > "a", slice(-2, None))]
    [[1], [2, 0], [1, 2], [1, 2]]
    """
    count = len(labels)
    if not is_several(labels, which):
        return np.array([find_label(labels, which)], dtype=np.intp)
    if isinstance(which, SomeGroups):
        return which.at if which.of is labels else choose(labels, which.labels)
    if isinstance(which, slice):
        try:
            return np.ascontiguousarray(np.arange(count)[which])
        except TypeError:
            ends = f"{which.start!r}:{which.stop!r}"
            raise TypeError(
                f"slices of groups are by place, 0 to {count}, in the order of their labels; got {ends}"
            ) from None
    wanted = _read(labels, which)
    if is_mask(labels, wanted):
        return np.flatnonzero(_check_mask(np.asarray(wanted, dtype=bool), labels, which))
    return _find(labels, wanted)


def _read(labels: NDArray[Any], which: Any) -> Any:
    """Give a list, or an array, of what was chosen."""
    if hasattr(which, "to_numpy"):
        which = which.to_numpy()
    if not isinstance(which, np.ndarray):
        return list(which)
    if which.ndim != 1:
        raise ValueError(
            f"groups are chosen by one label each, or a mask ({len(labels)},); got an array {which.shape}"
        )
    return which


def is_mask(labels: NDArray[Any], wanted: Any) -> bool:
    """Tell whether a list or an array is a mask.

    Parameters
    ----------
    labels : numpy.ndarray
        Of all groups (J,).
    wanted : list or numpy.ndarray
        What was given.

    Returns
    -------
    bool
        False where labels are booleans.
    """
    if labels.dtype.kind == "b" or not len(wanted):
        return False
    if isinstance(wanted, np.ndarray) and wanted.dtype.kind != "O":
        return bool(wanted.dtype.kind == "b")
    return set(map(type, wanted)) <= {bool, np.bool_}


def _check_mask(mask: NDArray[np.bool_], labels: NDArray[Any], which: Any) -> NDArray[np.bool_]:
    """Refuse a mask that is not one of these groups in this order."""
    if len(mask) != len(labels):
        raise ValueError(
            f"the mask has {len(mask):,} values, and there are {len(labels):,} groups: one for each is "
            "needed, in the order of the labels"
        )
    index = getattr(which, "index", None)  # of pandas; that of a list is a method
    if index is None or callable(index):
        return mask
    known = np.asarray(index)
    if not np.array_equal(known, labels) and not np.array_equal(known, np.arange(len(labels))):
        raise ValueError(
            "the mask's index is not that of the groups in the order of their labels: sort it by "
            "sort_index(), or give an array"
        )
    return mask


def _find(labels: NDArray[Any], wanted: Any) -> IndexArray:
    """Find labels, many at once where they are of the kind of those there are."""
    if isinstance(wanted, np.ndarray) and wanted.dtype.kind not in "mM":
        wanted = wanted.tolist()
    if len(wanted) > FEW and len(set(map(type, wanted))) == 1:
        given = np.asarray(wanted, dtype=object if labels.dtype.kind == "O" else None)
        if given.ndim == 1 and given.dtype.kind == labels.dtype.kind:
            try:
                at = np.searchsorted(labels, given)
            except TypeError:  # objects of another kind
                at = np.full(len(given), len(labels))
            there = at < len(labels)
            there[there] = np.asarray(labels[at[there]] == given[there], dtype=bool)
            if not there.all():
                find_label(labels, wanted[int(np.argmin(there))])
            else:
                return at
    return np.array([find_label(labels, label) for label in wanted], dtype=np.intp)


class Choosable(Protocol):
    """Groups of which some can be chosen."""

    labels: NDArray[Any]

    def _one(self, position: int, label: Any) -> Group:
        """Give one group."""


class Choosing:
    """What chooses groups."""

    def _positions(self: Choosable, groups: Any) -> IndexArray:
        """Find groups by their labels, by a mask or by a slice."""
        return choose(self.labels, groups)

    @overload
    def __getitem__(self: Choosable, label: slice | list[Any] | NDArray[Any]) -> SomeGroups: ...

    @overload
    def __getitem__(self: Choosable, label: Any) -> Group: ...

    def __getitem__(self: Choosable, label: Any) -> Group | SomeGroups:
        """Give one group by its label, or several: see `select`."""
        if is_several(self.labels, label):
            return SomeGroups(self, choose(self.labels, label))  # type: ignore[arg-type]
        return self._one(find_label(self.labels, label), label)

    def select(self: Choosable, groups: Any) -> SomeGroups:
        """Choose groups; ``fit.groups[...]`` does the same.

        Parameters
        ----------
        groups : label or sequence of labels or mask or slice
            Labels in the order wanted; a boolean mask (J,) in the order of the sorted labels, such as
            ``fit.groups.mean > 5``; a slice by place among them. Where labels are booleans, lists of
            booleans are labels. Whatever takes groups by their labels takes these as well.

        Returns
        -------
        SomeGroups
            What the fit says of these.

        Raises
        ------
        KeyError
            If there is no group of a label.
        TypeError, ValueError
            If a mask has another length or order than the groups, or a slice has labels for its ends.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> fit.groups.select(fit.groups.mean > 5.5).labels.tolist()
        ['A', 'G']
        >>> fit.groups[["G", "C"]].interval(0.5).shape, len(fit.groups[:3])
        ((2, 2), 3)
        """
        return SomeGroups(self, choose(self.labels, groups))  # type: ignore[arg-type]


class SomeGroups:
    """Some groups of a fit, in the order they were chosen in.

    Parameters
    ----------
    groups : Groups
        Of the fit.
    at : numpy.ndarray
        Places of these (K,).

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> some = fit.groups[["C", "A"]]
    >>> some.n.tolist(), some.draws().shape
    ([1, 1], (4, 1000, 2))
    """

    def __init__(self, groups: Groups, at: IndexArray) -> None:
        self._groups, self.at = groups, at

    @property
    def of(self) -> NDArray[Any]:
        """Labels of all groups of the fit (J,)."""
        return self._groups.labels

    @property
    def labels(self) -> NDArray[Any]:
        """Labels (K,)."""
        chosen: NDArray[Any] = self.of[self.at]
        return chosen

    @property
    def n(self) -> NDArray[np.int64]:
        """Rows (K,)."""
        return self._groups.n[self.at]

    @property
    def mean(self) -> FloatArray:
        """Posterior means (K,); see `Groups.mean`."""
        return self._groups.mean[self.at]

    @property
    def sd(self) -> FloatArray:
        """Posterior standard deviations (K,)."""
        return self._groups.sd[self.at]

    @property
    def natural(self) -> SomeGroups:
        """The same groups as probabilities or rates; see `Groups.natural`."""
        return SomeGroups(self._groups.natural, self.at)

    def quantile(self, probs: ArrayLike) -> FloatArray:
        """Posterior quantiles (K, Q), or (K,) for one probability; see `Groups.quantile`."""
        return self._groups.quantile(probs)[self.at]

    def interval(self, prob: float = 0.9) -> FloatArray:
        """Central posterior intervals (K, 2); see `Groups.interval`."""
        return self._groups.interval(prob)[self.at]

    def draws(self, draws: Any = None) -> FloatArray:
        """Draws of the effects (chains, draws, K), no others made; see `Groups.draws`."""
        return self._groups.draws(self, draws)

    def to_pandas(self, prob: float | None = 0.9) -> pd.DataFrame:
        """Give the rows of these groups in the data frame of `Groups.to_pandas`."""
        return self._groups.to_pandas(prob).iloc[self._rows]

    def to_arrow(self, prob: float | None = 0.9) -> Any:
        """Give the rows of these groups in the table of `Groups.to_arrow`."""
        return self._groups.to_arrow(prob).take(self._rows)

    @property
    def _rows(self) -> IndexArray:
        """Rows of tables: one a group, or one a category of it."""
        several: Sequence[Any] = getattr(self._groups, "categories", ("",))
        return (self.at[:, None] * len(several) + np.arange(len(several))).ravel()

    def __len__(self) -> int:
        """Count them."""
        return len(self.at)

    def __repr__(self) -> str:
        """Print the figures."""
        name = self._groups._plan.group_name
        head = f"{len(self):,} of {len(self.of):,} groups ({name})"
        if self._groups.mean.ndim > 1 or not len(self):
            return head
        from hierfast.table import GroupTable

        columns: dict[str, NDArray[Any]] = {"n": self.n, "mean": self.mean, "sd": self.sd}
        return f"{head}\n{GroupTable(self.labels, columns, name)!r}"
