"""Pictures that need no more than arrays: groups in order, traces, ranks, residuals."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.table import GroupTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

BLUE, RED, GREY = "#0072B2", "#D55E00", "#555555"  # told apart by the colour-blind and in grey
NAMED = 40  # groups up to which each bears its label
BARS = 200  # groups up to which each has an interval of its own
PLACES = 100  # of a curve that is drawn through more
POINTS = 2000  # residuals that are points, draws of a trace
BINS = 40  # of a density
TENTH = 5  # groups whose residuals are worth a mean


def open_axes(ax: Axes | None, size: tuple[float, float] = (6.4, 4.8)) -> Axes:
    """Give axes to draw on, new ones if there are none.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        Where.
    size : tuple of float
        Inches of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        These.
    """
    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots(figsize=size, layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def draw_sorted(
    ax: Axes | None,
    labels: NDArray[Any],
    middle: FloatArray,
    ends: FloatArray,
    what: str,
    inside: float,
) -> Axes:
    """Draw groups sorted by a figure, with intervals: each by its name, by a bar, or as a band.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where.
    labels : numpy.ndarray
        Of the groups (J,).
    middle, ends : numpy.ndarray
        Figures (J,) and ends of their intervals (J, 2).
    what : str
        What they are.
    inside : float
        Probability inside the intervals.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.
    """
    order = np.argsort(middle, kind="stable")
    count = len(order)
    names = count <= NAMED
    ax = open_axes(ax, (6.4, max(2.4, 0.24 * count + 1.0)) if names else (6.4, 4.8))
    at = np.arange(count)
    if count > BARS:
        some = np.unique(np.linspace(0, count - 1, PLACES).astype(np.intp))
        low, high = smooth_ends(ends[order], some)
        ax.fill_betweenx(some, low, high, color=BLUE, alpha=0.25, linewidth=0)
        ax.plot(middle[order][some], some, color=BLUE, linewidth=1.5)
    else:
        ax.hlines(at, ends[order, 0], ends[order, 1], color=BLUE, alpha=0.45, linewidth=1.2)
        ax.plot(middle[order], at, "o", color=BLUE, markersize=4 if names else 2.5)
    if names:
        ax.set_yticks(at, [str(label) for label in labels[order]], fontsize="small")
    else:
        ax.set_ylabel(f"{count:,} groups in order")
    ax.set_xlabel(f"{what}, {inside:.0%} intervals")
    ax.margins(y=0.02)
    return ax


def smooth_ends(ends: FloatArray, some: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Give medians of the ends of intervals between places, so that a band is no hedgehog.

    Parameters
    ----------
    ends : numpy.ndarray
        Ends (J, 2) in order.
    some : numpy.ndarray
        Places (P,), increasing.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper ends (P,).

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.pictures import smooth_ends
    >>> ends = np.array([[0.0, 1.0], [0.0, 9.0], [0.0, 2.0], [1.0, 3.0]])
    >>> smooth_ends(ends, np.array([0, 3]))[1]
    array([2., 3.])
    """
    edges = [*some.tolist(), len(ends)]
    low, high = np.array([np.median(ends[a:b], axis=0) for a, b in pairwise(edges)]).T
    return low, high


def draw_traces(axes: Any, hyper: dict[str, FloatArray]) -> Any:
    """Draw the density and the trace of every hyperparameter, a line a chain.

    Parameters
    ----------
    axes : numpy.ndarray of matplotlib.axes.Axes, or None
        Where (parameters, 2).
    hyper : dict of str to numpy.ndarray
        Draws (chains, draws).

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes
        Where it was drawn.
    """
    if axes is None:
        from matplotlib import pyplot as plt

        _, axes = plt.subplots(
            len(hyper), 2, figsize=(8.0, 1.9 * len(hyper)), squeeze=False, layout="constrained"
        )
    for (left, right), (name, draws) in zip(axes, hyper.items(), strict=True):
        edges = np.histogram_bin_edges(draws, BINS)
        for chain in draws:
            density, _ = np.histogram(chain, edges, density=True)
            left.stairs(density, edges, alpha=0.7)
            some = np.unique(
                np.linspace(0, len(chain) - 1, min(len(chain), POINTS)).astype(np.intp)
            )
            right.plot(some, chain[some], linewidth=0.4, alpha=0.7)
        left.set_title(name, fontsize="medium", loc="left")
        left.set_yticks([])
        for ax in (left, right):
            ax.spines[["top", "right"]].set_visible(False)
    axes[-1][1].set_xlabel("draw")
    return axes


def draw_ranks(ax: Axes | None, ranks: GroupTable, inside: float) -> Axes:
    """Draw every group's expected rank and its interval, the first on top.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where.
    ranks : GroupTable
        From `Groups.rank`.
    inside : float
        Probability inside the intervals.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.
    """
    low, high = (ranks[name] for name in ranks.columns[-2:])
    ends = -np.stack([high, low], axis=1)
    ax = draw_sorted(ax, ranks.labels, -ranks["mean"], ends, "rank", inside)
    ax.xaxis.set_major_formatter(lambda x, _: f"{abs(x):,.0f}")
    return ax


def draw_residuals(ax: Axes | None, x: FloatArray, residuals: FloatArray, name: str) -> Axes:
    """Draw residuals of groups against a covariate, with their means in tenths of it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where.
    x, residuals : numpy.ndarray
        Covariate and residuals (J,); NaN is left out.
    name : str
        Of the covariate.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.
    """
    ax = open_axes(ax)
    some = np.flatnonzero(np.isfinite(residuals))
    x, z = x[some], residuals[some]
    shown = np.arange(min(len(x), POINTS)) * len(x) // min(len(x), POINTS)
    many = len(x) > BARS
    ax.plot(x[shown], z[shown], "o", color=BLUE, markersize=2.5 if many else 4, alpha=0.5)
    if len(x) >= 4 * TENTH:
        parts = np.array_split(np.argsort(x, kind="stable"), min(10, len(x) // TENTH))
        at, mean = np.array([(x[p].mean(), z[p].mean()) for p in parts]).T
        error = np.array([1.645 * len(p) ** -0.5 for p in parts])
        ax.errorbar(at, mean, error, color=RED, linewidth=1.5, capsize=2, label="means, 90%")
        ax.legend(loc="upper left", fontsize="small", frameon=False)
    ax.axhline(0.0, color=GREY, linestyle="--", linewidth=1)
    ax.set_xlabel(name)
    ax.set_ylabel("residual of the group, in sd")
    return ax
