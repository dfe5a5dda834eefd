"""Statistics of groups from tables that hold only their sizes, means and standard deviations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.frames import as_column, read_numbers
from hierfast.labels import code_labels
from hierfast.statistics import Statistics


def statistics_of_summary(
    n: ArrayLike, mean: ArrayLike, sd: ArrayLike, labels: Any, name: str
) -> Statistics:
    """Check a table of summaries and turn it into statistics; see `Statistics.from_summary`.

    Parameters
    ----------
    n, mean, sd, labels, name
        As in `Statistics.from_summary`.

    Returns
    -------
    Statistics
        Of the groups in the order of their labels.
    """
    given = {"n": n, "mean": mean, "sd": sd}
    columns = {k: read_numbers(as_column(v), k).copy() for k, v in given.items()}
    rows, means, sds = columns.values()
    for key, values in columns.items():
        if len(values) != len(rows):
            raise ValueError(
                f"n, mean and sd differ in length: n has {len(rows)} groups, {key} has {len(values)}"
            )
    if not len(rows) or not np.nansum(rows):
        raise ValueError("n is empty or 0 throughout: there are no rows to learn from")
    _check(
        rows, (rows >= 0) & (rows == np.rint(rows)) & (rows < 2**32), "n", "a whole number of rows"
    )
    some, several = rows > 0, rows > 1
    _check(means, ~some | (np.abs(means) <= _core.LARGEST), "mean", "finite")
    _check(sds, ~several | ((sds >= 0) & (sds <= _core.LARGEST)), "sd", "0 or more and finite")
    order, found = _order(labels, len(rows))
    centre = float((rows[some] * means[some]).sum() / rows.sum())
    mean_ = np.where(some, means, centre)[order]
    m2 = np.where(several, (rows - 1.0) * sds * sds, 0.0)[order]
    ends = (rows[some].min(), rows.max(), means[some].min(), means[some].max())
    low, high, first, last = map(float, ends)
    return Statistics(
        found, rows[order], mean_, m2, None, centre, False, (low, high, first, last), name
    )


def _check(values: NDArray[np.float64], right: NDArray[np.bool_], name: str, wanted: str) -> None:
    wrong = np.flatnonzero(~right)
    if len(wrong):
        raise ValueError(f"{name}: group {wrong[0]} has {values[wrong[0]]}; it must be {wanted}")


def _order(labels: Any, n: int) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Order of the groups by label, and the labels in it."""
    if labels is None:
        return np.arange(n), np.arange(n)
    coded = code_labels(as_column(labels), "labels")
    if len(coded.codes) != n:
        raise ValueError(f"labels has {len(coded.codes)} groups, n has {n}")
    if coded.missing is not None:
        raise ValueError(
            f"labels: the label of group {np.flatnonzero(coded.missing)[0]} is missing"
        )
    present, first, count = np.unique(coded.codes, return_index=True, return_counts=True)
    if len(present) < n:
        code = present[count > 1][0]
        twice = np.flatnonzero(coded.codes == code)
        raise ValueError(f"labels: groups {twice[0]} and {twice[1]} have the same label")
    found, at = coded.sorted(present)
    return (first if at is None else first[at]), found
