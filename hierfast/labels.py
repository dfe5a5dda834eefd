"""Labels of groups, of any kind, to codes; their order, and the keys of their noise."""

from __future__ import annotations

import bisect
import datetime
import numbers
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.frames import EXACT, is_missing, is_series, to_array
from hierfast.threads import available_cores, pieces, run_all

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

PARTS, MANY = 2, 200_000  # labels are shared out between so many tables from so many rows on
KINDS = "labels of groups must be text, integers, booleans, dates, categories or tuples of these"


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Labels as integers.

    Attributes
    ----------
    codes : numpy.ndarray
        Code of each row (N,), int64.
    labels : numpy.ndarray or None
        Label of code k at [k]; None: a label is its code, seen as `dtype`.
    order : numpy.ndarray or None
        Codes in the order of their labels; None: they increase with them.
    dtype : numpy.dtype
        Of the labels.
    missing : numpy.ndarray or None
        Which rows have no label (N,); their codes mean nothing.
    """

    codes: IntArray
    labels: NDArray[Any] | None
    order: NDArray[np.intp] | None
    dtype: np.dtype[Any]
    missing: BoolArray | None = None

    def keep(self, rows: IntArray) -> Coded:
        """Leave out rows.

        Parameters
        ----------
        rows : numpy.ndarray
            Rows that stay.

        Returns
        -------
        Coded
            The same labels for these.
        """
        codes = np.ascontiguousarray(self.codes[rows])
        return Coded(codes, self.labels, self.order, self.dtype)

    def sorted(self, present: IntArray) -> tuple[NDArray[Any], NDArray[np.intp] | None]:
        """Labels of codes in the order of the labels.

        Parameters
        ----------
        present : numpy.ndarray
            Codes that occur, increasing.

        Returns
        -------
        tuple
            Labels (J,), and where in `present` each stands (None: as it is).
        """
        if self.labels is None:
            if self.dtype.kind == "b":
                return present.astype(bool), None
            return (present.view(self.dtype) if self.dtype.kind in "Mm" else present), None
        if self.order is None:
            return self.labels[present], None
        if len(present) == len(self.labels):
            return self.labels[self.order], self.order
        here = np.zeros(len(self.labels), dtype=bool)
        here[present] = True
        ordered = self.order[here[self.order]]
        return self.labels[ordered], np.searchsorted(present, ordered)


def code_labels(raw: Any, name: str) -> Coded:
    """Turn a column of labels into codes.

    Parameters
    ----------
    raw : numpy.ndarray or list or narwhals.Series
        The column: text, integers, booleans, dates, categories, tuples; whole floats count as
        integers.
    name : str
        Its name, for messages.

    Returns
    -------
    Coded
        Codes.

    Raises
    ------
    TypeError, ValueError
        Naming the row whose label is of no such kind, or of another kind than the first.
    """
    if is_series(raw):
        return _code_series(raw, name)
    if isinstance(raw, np.ma.MaskedArray):
        coded = code_labels(raw.data, name)
        return _without(coded, np.ma.getmaskarray(raw))
    if isinstance(raw, list | tuple) and any(isinstance(v, tuple | datetime.date) for v in raw[:1]):
        array = np.empty(len(raw), dtype=object)
        array[:] = raw
    else:
        array = to_array(raw, name)
    kind = array.dtype.kind
    if kind not in "OT":
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if kind in "iubfMm":
        return _code_numbers(array, name)
    if kind in "US":
        text, at = _core.text_of_cells(np.ascontiguousarray(array))
        return _code_text(text, at, array)
    if kind == "T":
        return _code_objects(np.asarray(array, dtype=object), name)
    if kind == "O":
        return _code_objects(array, name)
    raise TypeError(f"{name} has dtype {array.dtype}; {KINDS}")


def _code_numbers(array: NDArray[Any], name: str) -> Coded:
    kind = array.dtype.kind
    if kind in "ib" or (kind == "u" and array.dtype.itemsize < 8):
        codes = np.ascontiguousarray(array, dtype=np.int64)
        return Coded(codes, None, None, np.dtype(bool if kind == "b" else np.int64))
    if kind == "u":
        return _code_words(array)
    if kind == "f":
        return _code_floats(array, name)
    whole = np.ascontiguousarray(array).view(np.int64)
    return _without(Coded(whole, None, None, array.dtype), np.isnat(array))


def _without(coded: Coded, missing: BoolArray) -> Coded:
    """Mark rows as missing; their codes are those of some other row, so that tables stay small."""
    missing = np.asarray(missing, dtype=bool)
    if coded.missing is not None:
        missing = missing | coded.missing
    if not missing.any():
        return coded
    some = coded.codes[~missing]
    codes = np.where(missing, some[0] if len(some) else 0, coded.codes)
    return Coded(codes, coded.labels, coded.order, coded.dtype, missing)


def _code_floats(array: NDArray[Any], name: str) -> Coded:
    missing = np.isnan(array)
    whole = np.where(missing, 0.0, array)
    wrong = np.flatnonzero((whole != np.rint(whole)) | ~(np.abs(whole) <= EXACT))
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(
            f"{name}: row {row} is {array[row]}; numbers that label groups must be whole"
        )
    return _without(Coded(whole.astype(np.int64), None, None, np.dtype(np.int64)), missing)


def factorise(text: NDArray[np.uint8], at: IntArray | None, n: int) -> tuple[IntArray, IntArray]:
    """Give the labels of a column numbers.

    Parameters
    ----------
    text : numpy.ndarray
        Bytes of all labels.
    at : numpy.ndarray or None
        Where each begins (n + 1,); None: eight bytes each.
    n : int
        Rows.

    Returns
    -------
    tuple
        Codes (n,), and a row of each label (K,).
    """
    codes = np.empty(n, dtype=np.int64)
    parts = PARTS if n >= MANY else 1
    cores = available_cores()
    tasks = [partial(_core.factorise_part, text, at, parts, q, codes) for q in range(parts)]
    first = run_all(tasks, cores)
    if parts > 1:
        offset = np.cumsum([0] + [len(f) for f in first[:-1]]).astype(np.int64)
        run_all([partial(_core.join_codes, codes, offset, *p) for p in pieces(n, MANY, 8)], cores)
    return codes, np.concatenate(first)


def _code_words(array: NDArray[Any]) -> Coded:
    """64-bit unsigned integers; beyond the signed ones their order would be lost."""
    array = np.ascontiguousarray(array)
    if not array.size or int(array.max()) < 2**63:
        return Coded(array.view(np.int64), None, None, np.dtype(np.int64))
    codes, first = factorise(array.view(np.uint8), None, len(array))
    labels = array[first]
    return Coded(codes, labels, np.argsort(labels), array.dtype)


def _code_text(
    text: NDArray[np.uint8], at: IntArray, cells: NDArray[Any] | None, as_bytes: bool = False
) -> Coded:
    codes, first = factorise(text, at, len(at) - 1)
    order = codes[_core.sort_labels(text, at, first)]
    labels = _core.decode_labels(text, at, first, as_bytes) if cells is None else cells[first]
    return Coded(codes, labels, order, labels.dtype)


def _code_objects(array: NDArray[Any], name: str) -> Coded:
    values = array.tolist()
    first = next((v for v in values if not is_missing(v)), None)
    if isinstance(first, str | bytes):
        try:
            text, at, other = _core.text_of_objects(values)
        except UnicodeEncodeError as error:
            raise ValueError(f"{name}: the label {error.object!r} is no valid text") from None
        if not other:
            return _code_text(text, at, None, isinstance(first, bytes))
    missing = np.fromiter(map(is_missing, values), dtype=bool, count=len(values))
    _check_kinds(values, missing, first, name)
    filled = [first if m else v for v, m in zip(values, missing.tolist(), strict=True)]
    return _without(_code_values(filled, first, name), missing)


def _check_kinds(values: list[Any], missing: BoolArray, first: Any, name: str) -> None:
    """Refuse labels of no known kind, and of two kinds."""
    allowed = (str, bytes, bool, np.bool_, numbers.Integral, datetime.date, np.datetime64, tuple)
    kind = next((k for k in allowed if isinstance(first, k)), None)
    for row, value in enumerate(values):
        if missing[row]:
            continue
        if kind is None and not isinstance(value, numbers.Real):
            raise TypeError(f"{name}: row {row} is {value!r}; {KINDS}")
        if kind is not None and (
            not isinstance(value, kind)
            or isinstance(value, bool | np.bool_) != issubclass(kind, bool | np.bool_)
        ):
            raise TypeError(
                f"{name}: row {row} is {value!r}, another row is {first!r}; "
                "labels of groups must be of one type"
            )


def _code_values(values: list[Any], first: Any, name: str) -> Coded:
    if isinstance(first, str | bytes):
        text, at, _ = _core.text_of_objects(values)
        return _code_text(text, at, None, isinstance(first, bytes))
    if first is None or isinstance(first, bool | np.bool_):
        return code_labels(np.array(values, dtype=bool), name)
    if isinstance(first, datetime.datetime):
        return code_labels(np.array([_naive(v, name) for v in values], dtype="M8[us]"), name)
    if isinstance(first, datetime.date):
        return code_labels(np.array(values, dtype="M8[D]"), name)
    if not isinstance(first, tuple):
        return code_labels(_tight(values, name), name)
    found: dict[Any, int] = {}
    try:
        codes = np.array([found.setdefault(v, len(found)) for v in values], dtype=np.int64)
        order = sorted(range(len(found)), key=list(found).__getitem__)
    except TypeError as error:
        raise TypeError(
            f"{name}: labels that are tuples must be hashable and comparable: {error}"
        ) from None
    labels = np.empty(len(found), dtype=object)
    labels[:] = list(found)
    return Coded(codes, labels, np.array(order, dtype=np.intp), labels.dtype)


def _naive(value: datetime.datetime, name: str) -> datetime.datetime:
    """Points in time with a zone are labelled in UTC."""
    if value.tzinfo is None:
        return value
    return value.astimezone(datetime.UTC).replace(tzinfo=None)


def _tight(values: list[Any], name: str) -> NDArray[Any]:
    array = np.array(values)
    if array.dtype.kind == "O":
        raise ValueError(f"{name}: labels that are integers must fit into 64 bits")
    return array


def _code_series(series: Any, name: str) -> Coded:
    """Code a narwhals series, by way of what its library has already done."""
    import narwhals as nw

    kind = series.dtype
    missing = np.asarray(series.is_null().to_numpy(), dtype=bool) if series.null_count() else None
    if kind == nw.Categorical or isinstance(kind, nw.Enum) or kind == nw.Enum:
        coded = _code_categories(series, name)
    elif kind == nw.String:
        coded = _code_strings(series, name)
    elif kind.is_integer() or kind == nw.Boolean:
        filled = series.fill_null(False if kind == nw.Boolean else 0)
        coded = code_labels(np.asarray(filled.to_numpy()), name)
    elif isinstance(kind, nw.Datetime) and kind.time_zone is not None:
        utc = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        coded = code_labels(np.asarray(utc.to_numpy()), name)
    elif kind.is_float() or kind.is_temporal():
        coded = code_labels(np.asarray(series.to_numpy()), name)
    elif kind in (nw.Object, nw.Unknown):
        return _code_objects(np.asarray(series.to_numpy(), dtype=object), name)
    else:
        raise TypeError(f"{name} has dtype {kind}; {KINDS}")
    return coded if missing is None else _without(coded, missing)


def _code_strings(series: Any, name: str) -> Coded:
    """Code text, from Arrow's buffers where the column has them."""
    native = series.to_native()
    if getattr(getattr(native, "dtype", None), "storage", "pyarrow") == "pyarrow":
        try:
            import pyarrow as pa
        except ImportError:
            pass
        else:
            array = series.to_arrow().cast(pa.large_string())
            _, offsets, data = array.buffers()
            at = np.frombuffer(offsets, dtype=np.int64)[
                array.offset : array.offset + len(array) + 1
            ]
            text = (
                np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, np.uint8)
            )
            return _code_text(text, at, None)
    return _code_objects(np.asarray(series.to_numpy(), dtype=object), name)


def _code_categories(series: Any, name: str) -> Coded:
    native = series.to_native()
    if series.implementation.is_pandas_like():
        codes = np.asarray(native.cat.codes, dtype=np.int64)
        categories = np.asarray(native.cat.categories)
    elif series.implementation.is_polars():
        import narwhals as nw

        unique = series.drop_nulls().unique()
        physical = np.asarray(unique.to_native().to_physical(), dtype=np.int64)
        place = np.zeros(int(physical.max(initial=0)) + 1, dtype=np.int64)
        place[physical] = np.arange(len(physical))
        codes = place[np.asarray(native.to_physical().fill_null(0), dtype=np.int64)]
        categories = np.array(unique.cast(nw.String).to_list(), dtype=object)
    elif series.implementation.is_pyarrow():
        whole = native.unify_dictionaries().combine_chunks()
        codes = np.asarray(whole.indices.fill_null(0), dtype=np.int64)
        categories = np.asarray(whole.dictionary.to_numpy(zero_copy_only=False))
    else:
        import narwhals as nw

        return _code_strings(series.cast(nw.String), name)
    if not len(categories):
        return Coded(codes * 0, None, None, np.dtype(np.int64))
    inner = code_labels(categories, name)
    labels, _ = inner.sorted(np.unique(inner.codes))
    rank = np.argsort(inner.codes) if inner.order is None else inner.order
    sorted_place = np.empty(len(rank), dtype=np.int64)
    sorted_place[rank] = np.arange(len(rank))
    return Coded(sorted_place[np.maximum(codes, 0)], labels, None, labels.dtype)


def label_keys(labels: NDArray[Any]) -> NDArray[np.uint64]:
    """Turn labels into the 64-bit keys of their noise.

    Parameters
    ----------
    labels : numpy.ndarray
        Labels (J,): integers stand for themselves, dates for their microseconds, text for equation
        (1) of ``csrc/labels.h``, tuples for that of what they hold.

    Returns
    -------
    numpy.ndarray
        Keys (J,).
    """
    kind = labels.dtype.kind
    if kind in "iu":
        return np.ascontiguousarray(labels, dtype=labels.dtype.str[:2] + "8").view(np.uint64)
    if kind == "b":
        return labels.astype(np.uint64)
    if kind in "Mm":
        micro = labels.astype(kind + "8[us]")
        exact = micro.astype(labels.dtype) == labels
        return np.where(exact, micro.view(np.int64), labels.view(np.int64)).view(np.uint64)
    if kind in "US":
        return np.asarray(_core.hash_labels(*_core.text_of_cells(np.ascontiguousarray(labels))))
    values = labels.tolist()
    if values and isinstance(values[0], tuple):
        values = [_encode(v) for v in values]
    text, at, _ = _core.text_of_objects(values)
    return np.asarray(_core.hash_labels(text, at))


def _encode(value: Any) -> bytes:
    """Write a tuple's parts so that unequal tuples differ: type, length, content."""
    if isinstance(value, tuple):
        inside = b"".join(map(_encode, value))
    elif isinstance(value, bytes):
        inside = value
    elif isinstance(value, numbers.Integral):  # numpy's and Python's alike
        value, inside = int(value), str(int(value)).encode()
    else:
        inside = str(value).encode()
    return f"{type(value).__name__}:{len(inside)}:".encode() + inside


def plain(label: Any) -> Any:
    """Give a label as Python prints it in a message.

    Parameters
    ----------
    label : object
        A label, NumPy's or Python's.

    Returns
    -------
    object
        Python's.
    """
    return label.item() if isinstance(label, np.generic) else label


def find_label(labels: NDArray[Any], label: Any) -> int:
    """Find a label.

    Parameters
    ----------
    labels : numpy.ndarray
        Sorted labels (J,).
    label : object
        What to find.

    Returns
    -------
    int
        Its place.

    Raises
    ------
    KeyError
        If there is no such group.
    """
    kind, at = labels.dtype.kind, len(labels)
    try:
        if kind == "O":
            at = bisect.bisect_left(labels, label)
        elif isinstance(label, bool | np.bool_) == (kind == "b"):
            wanted = np.asarray(label, dtype=labels.dtype if kind in "Mmb" else None)
            at = int(np.searchsorted(labels, wanted))
            label = wanted[()] if kind in "Mm" else label
    except (TypeError, ValueError):
        at = len(labels)
    if at == len(labels) or not bool(labels[at] == label):
        raise KeyError(f"there is no group {label!r}{_hint(labels, label)}")
    return at


def _hint(labels: NDArray[Any], label: Any) -> str:
    if not isinstance(label, str) or labels.dtype.kind not in "UO" or not len(labels):
        return f"; labels are like {plain(labels[0])!r}" if len(labels) else ""
    import difflib

    at = int(np.searchsorted(labels, label)) if isinstance(labels[0], str) else 0
    some = [str(v) for v in (labels if len(labels) <= 2000 else labels[max(0, at - 20) : at + 20])]
    near = difflib.get_close_matches(label, some, 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; labels are like {plain(labels[0])!r}"
