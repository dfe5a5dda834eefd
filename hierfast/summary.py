"""The table of a fit's hyperparameters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from hierfast.diagnose import PROBS, FloatArray, diagnose, percent

if TYPE_CHECKING:
    import pandas as pd


class Summary:
    """Figures of each parameter, a column an array.

    Parameters
    ----------
    names : sequence of str
        Parameters.
    columns : mapping of str to numpy.ndarray
        Figures (parameters,).

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.summary import summarise
    >>> draws = np.random.default_rng(1).normal(10, 2, size=(4, 1000))
    >>> summarise({"mu": draws}, probs=[0.05, 0.95])
         mean     sd  mcse_mean  mcse_sd     5%     95%  ess_bulk  ess_tail  r_hat
    mu  9.980  2.006      0.032    0.023  6.711  13.307      4039      3404  1.002
    """

    def __init__(self, names: Sequence[str], columns: Mapping[str, FloatArray]) -> None:
        self.names = tuple(names)
        self._columns = dict(columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

    def keys(self) -> tuple[str, ...]:
        """Name the columns, so that ``dict(summary)`` holds their arrays."""
        return self.columns

    def __iter__(self) -> Iterator[str]:
        """Go over the names of the columns."""
        return iter(self._columns)

    def __getitem__(self, column: str) -> FloatArray:
        """Give a column."""
        if column not in self._columns:
            raise KeyError(f"there is no column {column!r}; columns are {', '.join(self._columns)}")
        return self._columns[column]

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Give parameter -> column -> figure."""
        return {
            name: {column: float(values[i]) for column, values in self._columns.items()}
            for i, name in enumerate(self.names)
        }

    def to_pandas(self) -> pd.DataFrame:
        """Give a data frame: a row a parameter, a column a figure.

        Returns
        -------
        pandas.DataFrame
            Indexed by the parameters' names.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pandas = import_pandas()
        index = pandas.Index(self.names, name="parameter")
        return pandas.DataFrame(self._columns, index=index)

    def _cells(self) -> list[list[str]]:
        """Texts of the table, figures to two digits of their Monte Carlo error."""
        cells = [["", *self._columns]]
        for name, row in self.to_dict().items():
            places = _places(row["mcse_mean"])
            cells.append([name, *(_format(column, row[column], places) for column in row)])
        return cells

    def _repr_html_(self) -> str:
        from hierfast.html import table

        return table(self._cells())

    def __repr__(self) -> str:
        """Print an aligned table, figures to two digits of their Monte Carlo error."""
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = []
        for first, *rest in cells:
            right = (text.rjust(width) for text, width in zip(rest, widths[1:], strict=True))
            lines.append("  ".join([first.ljust(widths[0]), *right]))
        return "\n".join(lines)


def name_ends(ends: FloatArray, prob: float) -> dict[str, FloatArray]:
    """Name both ends of central intervals.

    Parameters
    ----------
    ends : numpy.ndarray
        The ends (n, 2).
    prob : float
        Probability inside.

    Returns
    -------
    dict of str to numpy.ndarray
        ``5%`` and ``95%`` for 0.9.
    """
    return {percent(0.5 * (1 - prob)): ends[:, 0], percent(0.5 * (1 + prob)): ends[:, 1]}


def import_pandas() -> Any:
    """Import pandas, or say what is missing.

    Returns
    -------
    module
        pandas.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "to_pandas() needs pandas, which is not installed; install it, or use to_dict() or the "
            "arrays themselves"
        ) from error
    return pandas


def _places(error: float) -> int | None:
    """Decimals that show two digits of an error; None where decimals do not serve."""
    if not 1e-8 < error < 1e8:
        return None
    places = 1 - math.floor(math.log10(error))
    return max(0, places) if places <= 6 else None


def _format(column: str, value: float, places: int | None) -> str:
    if column.startswith("ess"):
        return f"{value:.0f}"
    if column == "r_hat":
        return f"{value:.3f}"
    return f"{value:.4g}" if places is None else f"{value:.{places}f}"


def summarise(hyper: Mapping[str, ArrayLike], probs: Sequence[float] = PROBS) -> Summary:
    """Summarise draws.

    Parameters
    ----------
    hyper : mapping of str to array_like
        Draws (chains, draws) of each parameter.
    probs : sequence of float
        Probabilities of the quantiles to give.

    Returns
    -------
    Summary
        The table.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.summary import summarise
    >>> summarise({"x": np.zeros((4, 100))}, probs=[0.5])["50%"]
    array([0.])
    """
    if not hyper:
        return Summary((), {})
    draws = np.stack([np.asarray(values) for values in hyper.values()], axis=-1)
    return Summary(tuple(hyper), diagnose(draws, probs))
