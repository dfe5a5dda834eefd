"""The table of a fit's hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hierfast import diagnose

FloatArray = NDArray[np.float64]


class Summary:
    """Figures of each parameter, a column an array.

    Parameters
    ----------
    names : tuple of str
        Parameters.
    columns : dict of str to numpy.ndarray
        Figures (parameters,).
    """

    def __init__(self, names: tuple[str, ...], columns: dict[str, FloatArray]) -> None:
        self.names = names
        self._columns = columns

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

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

    def __repr__(self) -> str:
        """Print an aligned table."""
        cells = [["", *self._columns]]
        for i, name in enumerate(self.names):
            row = [_format(column, values[i]) for column, values in self._columns.items()]
            cells.append([name, *row])
        widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
        lines = []
        for row in cells:
            rest = (text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))
            lines.append("  ".join([row[0].ljust(widths[0]), *rest]))
        return "\n".join(lines)


def _format(column: str, value: float) -> str:
    if column.startswith("ess"):
        return f"{value:.0f}"
    return f"{value:.3f}" if column == "r_hat" else f"{value:.4g}"


def summarise(hyper: Mapping[str, FloatArray], probs: Sequence[float]) -> Summary:
    """Summarise draws.

    Parameters
    ----------
    hyper : mapping of str to numpy.ndarray
        Draws (chains, draws) of each parameter.
    probs : sequence of float
        Quantiles to give.

    Returns
    -------
    Summary
        The table.
    """
    wrong = [p for p in probs if not 0 <= p <= 1]
    if wrong:
        raise ValueError(f"probs must lie between 0 and 1; got {wrong[0]}")
    if not hyper:
        return Summary((), {})
    x = np.stack(list(hyper.values()), axis=-1)
    columns = {
        "mean": x.mean(axis=(0, 1)),
        "sd": x.reshape(-1, x.shape[2]).std(axis=0, ddof=1),
        "mcse_mean": diagnose.mcse_mean(x),
        "mcse_sd": diagnose.mcse_sd(x),
    }
    for prob, values in zip(probs, diagnose.quantile(x, probs), strict=True):
        columns[f"{100 * prob:g}%"] = values
    columns["ess_bulk"] = diagnose.ess_bulk(x)
    columns["ess_tail"] = diagnose.ess_tail(x)
    columns["r_hat"] = diagnose.rhat(x)
    return Summary(tuple(hyper), columns)
