"""Arrow tables of figures of groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray


def make_table(index: Mapping[str, NDArray[Any]], figures: Mapping[str, NDArray[Any]]) -> Any:
    """Make a table.

    Parameters
    ----------
    index : mapping of str to numpy.ndarray
        Columns of labels (n,); tuples become text, and a name that a figure has is given ``_group``.
    figures : mapping of str to numpy.ndarray
        The other columns (n,).

    Returns
    -------
    pyarrow.Table
        Labels first.

    Raises
    ------
    ImportError
        If pyarrow is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.arrow import make_table
    >>> table = make_table({"n": np.array(["a", "b"])}, {"n": np.array([3, 1])})  # doctest: +SKIP
    >>> table.column_names  # doctest: +SKIP
    ['n_group', 'n']
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise ImportError(
            "to_arrow() needs pyarrow, which is not installed: pip install pyarrow"
        ) from None
    columns = {}
    for name, labels in index.items():
        values: Any = labels
        if labels.dtype.kind == "O" and not isinstance(labels[0], str | bytes):
            values = [str(label) for label in labels]
        elif labels.dtype.kind in "US":
            values = labels.tolist()
        columns[f"{name}_group" if name in figures else name] = pa.array(values)
    return pa.table(columns | {name: pa.array(values) for name, values in figures.items()})
