"""Tables of any kind to columns: dicts, structured arrays, and frames and series through narwhals."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

EXACT = 2**53  # integers beyond are not all float64


class Table:
    """Columns by name, whatever holds them.

    Parameters
    ----------
    data : mapping, structured array or frame
        A dict of arrays or series, a structured or record array, or an eager frame that narwhals
        knows (pandas, polars, pyarrow, ...).
    argument : str
        Which argument this is, for messages.

    Raises
    ------
    TypeError, ValueError
        If it is no table, or two of its columns have one name.
    """

    def __init__(self, data: Any, argument: str = "data") -> None:
        self.argument = argument
        self._columns: Any = data
        if isinstance(data, Mapping):
            self.names = tuple(data)
        elif isinstance(data, np.ndarray) and data.dtype.names:
            self.names = data.dtype.names
        else:
            self._columns = _read_frame(data, argument)
            self.names = tuple(self._columns.columns)

    def __getitem__(self, name: str) -> Any:
        """Give a column as an array or a narwhals series.

        Raises
        ------
        KeyError
            If there is none of that name.
        """
        return as_column(self._columns[name])

    def pick(self, what: Any, role: str) -> tuple[str, Any]:
        """Find a column by its name, or take what was given as one.

        Parameters
        ----------
        what : str or array_like
            Name of a column, or its values.
        role : str
            What it is for; its name where it has none.

        Returns
        -------
        tuple
            Name and column.

        Raises
        ------
        KeyError
            If there is none of that name.
        """
        if not isinstance(what, str):
            name = getattr(what, "name", None)
            return (name if isinstance(name, str) and name else role), as_column(what)
        if what not in self.names:
            import difflib

            near = difflib.get_close_matches(what, [str(n) for n in self.names], 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            known = ", ".join(map(repr, self.names)) or "none"
            raise KeyError(
                f"{role}: there is no column {what!r} in {self.argument}; its columns are {known}{hint}"
            )
        return what, self[what]


def _read_frame(data: Any, argument: str) -> Any:
    wanted = (
        f"{argument} must be a table: a dict of columns (name -> array), a pandas, polars or Arrow "
        f"frame, or a structured array"
    )
    if data is None or isinstance(data, str | bytes | list | tuple | numbers.Number | np.ndarray):
        raise TypeError(f"{wanted}; got {type(data).__name__}")
    import narwhals as nw

    try:
        frame = nw.from_native(data)
    except TypeError:
        raise TypeError(f"{wanted}; got {type(data).__name__}") from None
    except ValueError as error:  # two columns of one name
        raise ValueError(f"{argument}: {error}") from None
    if isinstance(frame, nw.LazyFrame):
        raise TypeError(
            f"{argument} is a lazy frame, of which no rows are there yet: call .collect() first"
        )
    if not isinstance(frame, nw.DataFrame):
        raise TypeError(f"{wanted}; got {type(data).__name__}, a single column")
    return frame


def as_column(raw: Any) -> Any:
    """Turn a column into an array or a narwhals series.

    Parameters
    ----------
    raw : array_like or series
        As the user has it.

    Returns
    -------
    numpy.ndarray or narwhals.Series or list
        What the readers of columns take.
    """
    if isinstance(raw, np.ndarray | list | tuple):
        return raw
    if type(raw).__module__.startswith("pyarrow") and not hasattr(raw, "combine_chunks"):
        import pyarrow as pa

        raw = pa.chunked_array([raw])
    import narwhals as nw

    try:
        return nw.from_native(raw, series_only=True)
    except TypeError:
        return raw


def is_series(raw: Any) -> bool:
    """Tell whether a column is a narwhals series (without importing narwhals for those that are not)."""
    return hasattr(raw, "to_native") and hasattr(raw, "null_count")


def read_numbers(raw: Any, name: str) -> FloatArray:
    """Read a column of numbers; what is missing becomes NaN.

    Parameters
    ----------
    raw : numpy.ndarray or list or narwhals.Series
        The column.
    name : str
        Its name, for messages.

    Returns
    -------
    numpy.ndarray
        Values (N,), contiguous float64.

    Raises
    ------
    TypeError
        If it does not hold real numbers.
    ValueError
        If it is not one-dimensional, or an integer has no exact float64.
    """
    if is_series(raw):
        return _numbers_of_series(raw, name)
    if isinstance(raw, np.ma.MaskedArray):
        return _missing(read_numbers(raw.data, name), np.ma.getmaskarray(raw))
    array = to_array(raw, name)
    kind = array.dtype.kind
    if kind == "O" or (kind == "f" and array.size == 0):
        return _numbers_of_objects(array, name)
    if kind == "c":
        raise TypeError(f"{name} must hold real numbers; it has dtype {array.dtype}")
    if kind not in "fiub":
        bad = next((f" (row 0 is {v!r})" for v in array[:1].tolist()), "")
        raise TypeError(f"{name} must hold numbers; it has dtype {array.dtype}{bad}")
    out = np.ascontiguousarray(array, dtype=np.float64)
    if array.dtype.itemsize >= 8 and kind in "iu" and array.size:
        if max(int(array.max()), -int(array.min())) > EXACT:
            for row, value in enumerate(array.tolist()):
                _check_exact(value, name, row)
    elif array.dtype.itemsize > 8 and not np.array_equal(out, array, equal_nan=True):
        row = int(np.flatnonzero((out != array) & ~np.isnan(array))[0])
        raise ValueError(f"{name}: row {row} is {array[row]!r}, which float64 cannot hold exactly")
    return out


def to_array(raw: Any, name: str) -> NDArray[Any]:
    """Make an array of a column that is none yet.

    Parameters
    ----------
    raw : array_like
        The column.
    name : str
        Its name, for messages.

    Returns
    -------
    numpy.ndarray
        One-dimensional.

    Raises
    ------
    ValueError
        If it is not one-dimensional.
    """
    try:
        array = np.asarray(raw)
    except ValueError:
        raise ValueError(f"{name} must be one-dimensional; its rows differ in length") from None
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; it has shape {array.shape}")
    return array


def _check_exact(value: int, name: str, row: int) -> None:
    if int(float(value)) != value:
        raise ValueError(
            f"{name}: row {row} is {value}, an integer that float64 cannot hold exactly; subtract a "
            "constant from the column or round it"
        )


def _missing(values: FloatArray, mask: NDArray[np.bool_]) -> FloatArray:
    if not mask.any():
        return values
    out = values.copy()
    out[mask] = np.nan
    return out


def is_missing(value: object) -> bool:
    """Tell whether an object stands for a missing value: None, NaN, NaT or pandas.NA."""
    if value is None:
        return True
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | Decimal | np.floating) and math.isnan(value)


def _to_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # refused later as infinite
        return np.inf if value > 0 else -np.inf


def _numbers_of_objects(array: NDArray[Any], name: str) -> FloatArray:
    out = np.empty(len(array))
    for row, value in enumerate(array.tolist()):
        if is_missing(value):
            out[row] = np.nan
        elif isinstance(value, numbers.Real | Decimal):
            out[row] = number = _to_float(value)
            if isinstance(value, int) and np.isfinite(number):
                _check_exact(value, name, row)
        else:
            raise TypeError(
                f"{name} must hold numbers; row {row} is {value!r} of type {type(value).__name__}"
            )
    return out


def _numbers_of_series(series: Any, name: str) -> FloatArray:
    import narwhals as nw

    kind = series.dtype
    missing = series.is_null().to_numpy() if series.null_count() else None
    if kind == nw.Boolean or kind.is_integer():
        values = series.fill_null(False if kind == nw.Boolean else 0)
        out = read_numbers(np.asarray(values.to_numpy()), name)
    elif kind.is_float() or kind.is_decimal():
        out = np.ascontiguousarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64)
    elif kind in (nw.Object, nw.Unknown):
        return _numbers_of_objects(np.asarray(series.to_numpy(), dtype=object), name)
    else:
        first = next((f" (row 0 is {v!r})" for v in series.head(1).to_list()), "")
        raise TypeError(f"{name} must hold numbers; it has dtype {kind}{first}")
    return out if missing is None else _missing(out, np.asarray(missing, dtype=bool))
