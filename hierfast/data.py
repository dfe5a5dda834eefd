"""From what the user passes to checked columns: outcome, codes of groups, known standard errors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.distributions.base import Form

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Checked columns.

    Attributes
    ----------
    y : numpy.ndarray
        Outcome (N,), contiguous; finiteness is checked where it is read.
    codes : numpy.ndarray or None
        Integer label of each row's group, or its place among `labels`; None: one group a row.
    labels : numpy.ndarray or None
        Sorted labels, where the codes are not labels themselves.
    se : numpy.ndarray or None
        Known standard deviation of each row.
    y_name, group_name, se_name : str
        How messages and results call them.
    """

    y: FloatArray
    codes: IntArray | None
    labels: NDArray[Any] | None
    se: FloatArray | None
    y_name: str
    group_name: str
    se_name: str


def read_columns(
    data: Mapping[str, ArrayLike],
    y: str | ArrayLike,
    group: str | ArrayLike | None,
    noise_column: str | None,
    noise_form: int,
) -> Columns:
    """Check and convert the columns of a normal model.

    Parameters
    ----------
    data : mapping of str to array_like
        The table.
    y, group : str or array_like
        Column names or values; no group: every row is its own.
    noise_column : str, optional
        Column of known scales.
    noise_form : int
        What the column holds: 0 standard deviations, 1 variances, 2 precisions.

    Returns
    -------
    Columns
        The columns.

    Raises
    ------
    KeyError, TypeError, ValueError
        Naming the column and row that are wrong.
    """
    if not isinstance(data, Mapping):
        raise TypeError(
            f"data must be a dict of columns (name -> array); got {type(data).__name__}"
        )
    y_name, raw = _pick(data, y, "y")
    outcome = _numbers(raw, y_name)
    if len(outcome) == 0:
        raise ValueError(f"{y_name} is empty: there are no rows to learn from")
    group_name, codes, labels = "group", None, None
    if group is not None:
        group_name, raw_group = _pick(data, group, "group")
        codes, labels = _codes(raw_group, group_name)
        _same_length(codes, group_name, outcome, y_name)
    se, se_name = None, ""
    if noise_column is not None:
        se_name, raw_se = _pick(data, noise_column, "sigma")
        se = _scales(_numbers(raw_se, se_name), se_name, noise_form)
        _same_length(se, se_name, outcome, y_name)
    return Columns(outcome, codes, labels, se, y_name, group_name, se_name)


def _pick(data: Mapping[str, ArrayLike], what: Any, role: str) -> tuple[str, Any]:
    if isinstance(what, str):
        if what not in data:
            known = ", ".join(map(repr, data)) or "none"
            raise KeyError(f"{role}: there is no column {what!r} in data; its columns are {known}")
        return what, data[what]
    return role, what


def _numbers(raw: Any, name: str) -> FloatArray:
    array = np.asarray(raw)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; it has shape {array.shape}")
    if array.dtype.kind not in "fiub":
        bad = next((f" (row 0 is {v!r})" for v in array[:1].tolist()), "")
        raise TypeError(f"{name} must hold numbers; it has dtype {array.dtype}{bad}")
    return np.ascontiguousarray(array, dtype=np.float64)


def _same_length(column: NDArray[Any], name: str, other: NDArray[Any], other_name: str) -> None:
    if len(column) != len(other):
        raise ValueError(
            f"columns differ in length: {name} has {len(column)} rows, "
            f"{other_name} has {len(other)}"
        )


def _scales(values: FloatArray, name: str, form: int) -> FloatArray:
    if form == Form.AS_IS:
        return values
    wrong = np.flatnonzero(~(values > 0) | ~np.isfinite(values))
    if len(wrong):
        raise_row(values, name, int(wrong[0]), "positive and finite")
    root = np.sqrt(values)
    return root if form == Form.SQRT else 1.0 / root


def raise_row(values: FloatArray, name: str, row: int, wanted: str) -> None:
    """Raise the error for one wrong number.

    Parameters
    ----------
    values : numpy.ndarray
        The column.
    name : str
        Its name.
    row : int
        Which row is wrong, from 0.
    wanted : str
        What it must be.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError(f"{name}: row {row} is {values[row]}; it must be {wanted}")


def _codes(raw: Any, name: str) -> tuple[IntArray, NDArray[Any] | None]:
    array = np.asarray(raw)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; it has shape {array.shape}")
    kind = array.dtype.kind
    if kind in "ib" or (kind == "u" and array.dtype.itemsize < 8):
        return np.ascontiguousarray(array, dtype=np.int64), None
    if kind == "f":
        wrong = np.flatnonzero(~np.isfinite(array) | (array != np.rint(array)))
        if len(wrong):
            row = int(wrong[0])
            raise ValueError(
                f"{name}: row {row} is {array[row]}; labels of groups must be integers or text"
            )
        return array.astype(np.int64), None
    if kind in "MmuU":
        labels, codes = np.unique(array, return_inverse=True)
    else:
        labels, codes = _unique_text(array, name)
    return np.ascontiguousarray(codes.ravel(), dtype=np.int64), labels


def _unique_text(array: NDArray[Any], name: str) -> tuple[NDArray[Any], IntArray]:
    values = array.tolist()
    for row, value in enumerate(values):
        if not isinstance(value, str | bytes | int) or isinstance(value, bool):
            raise TypeError(
                f"{name}: row {row} is {value!r}; labels of groups must be integers or text"
            )
        if type(value) is not type(values[0]):
            raise TypeError(
                f"{name}: row {row} is {value!r}, row 0 is {values[0]!r}; "
                "labels of groups must be of one type"
            )
    found: Any = np.unique(np.array(values), return_inverse=True)
    return found[0], found[1]


def label_keys(labels: NDArray[Any]) -> NDArray[np.uint64]:
    """Turn labels into the 64-bit keys of their noise.

    Parameters
    ----------
    labels : numpy.ndarray
        Sorted labels: integers and dates stand for themselves, text for a fixed hash.

    Returns
    -------
    numpy.ndarray
        Keys (J,).
    """
    if labels.dtype.kind in "iu":
        return np.ascontiguousarray(labels).view(np.uint64)
    if labels.dtype.kind in "Mm":
        return np.ascontiguousarray(labels).view(np.int64).view(np.uint64)
    digests = (
        hashlib.blake2b(v if isinstance(v, bytes) else v.encode(), digest_size=8).digest()
        for v in labels.tolist()
    )
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
