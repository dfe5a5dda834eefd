"""Groups by themselves against groups that are pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hierfast.groups import shorten
from hierfast.pictures import BLUE, GREY, RED
from hierfast.sample import read

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hierfast.fit import Fit

FloatArray = NDArray[np.float64]

NAMED = 20  # groups up to which each bears its label
BARS = 100  # groups up to which intervals are drawn
POINTS = 2000  # groups up to which each is a point
FEW = 3  # groups in a cell of the density up to which they are points instead
GRID = (90, 70)  # cells across and up
EXTREMES = 1  # groups named at each end where not all are
AREA = (9.0, 130.0)  # of the smallest and largest point, in square points


class Raw(NamedTuple):
    """What the rows say of each group that has some, by itself.

    Attributes
    ----------
    at : numpy.ndarray
        Which groups these are (K,).
    mean : numpy.ndarray
        Mean of the rows (K,), weighted by their precisions.
    weight : numpy.ndarray
        Rows, or precision of the mean where standard errors are known (K,).
    known : bool
        Whether standard errors are known.
    """

    at: NDArray[np.intp]
    mean: FloatArray
    weight: FloatArray
    known: bool


def read_raw(fit: Fit) -> Raw:
    """Read what every group would be estimated to be by itself.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    Raw
        In the order of ``fit.groups.labels``.
    """
    stats, location = fit.plan.statistics, fit.plan.location
    if fit.plan.graph.population == "Dirichlet":
        raise ValueError(
            "shrinkage pictures one number a group; of shares see fit.groups.to_pandas()"
        )
    if fit.plan.cell is not None:
        at = np.flatnonzero(stats.rows if fit.plan.closed is None else stats.size)
        if not stats.link.natural:
            raise ValueError(
                f"groups of {fit.plan.graph.title} rows have no raw effects to set against pooled ones: "
                "they depend on the cutpoints; plot fit.groups.mean"
            )
        raw = stats.mean[at] if fit.plan.closed is None else stats.y[at] / stats.size[at]
        if fit.plan.closed is None and fit.plan.graph.natural:
            raw = stats.link.inverse(raw)
        return Raw(at, raw, stats.size[at], known=False)
    at = np.flatnonzero(stats.weight > 0.0)
    mean = stats.mean if location is None else stats.mean + location
    return Raw(at, mean[at], stats.weight[at], stats.known)


def read_centre(fit: Fit) -> float:
    """Read what all groups are pulled towards: the posterior mean of the population's mean.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    float
        In the unit of y.
    """
    graph = fit.plan.graph
    arg = graph.location
    if fit.plan.closed is not None:
        x = np.concatenate(list(fit._draws.values), axis=1)
        a, b = (read(shape, x, x.shape[1]) for shape in graph.shape)
        return float((a / (a + b) if fit.plan.statistics.whole else a / b).mean())
    if graph.parts or graph.grid is not None or (graph.natural and fit.plan.closed is None):
        return float(fit.groups.mean.mean())
    if fit.plan.location is not None:
        return float(fit.plan.location.mean())
    return (
        arg.value if arg.node < 0 else float(fit.hyper[fit.plan.graph.nodes[arg.node].name].mean())
    )


class Shrinkage:
    """One drawing of raw against pooled means.

    Parameters
    ----------
    fit : Fit
        The posterior.
    ax : matplotlib.axes.Axes
        Where.
    prob : float
        Probability inside the intervals.
    """

    def __init__(self, fit: Fit, ax: Axes, prob: float) -> None:
        self.fit, self.ax, self.prob = fit, ax, prob
        self.raw, self.centre = read_raw(fit), read_centre(fit)
        self.x, self.y = self.raw.mean, fit.groups.mean[self.raw.at]
        low, high = float(self.raw.weight.min()), float(self.raw.weight.max())
        self.ends = low, high

    def draw(self) -> None:
        """Draw groups, lines and names."""
        ax, count = self.ax, len(self.x)
        chosen: NDArray[np.intp] = np.arange(count)
        if count > POINTS:
            chosen = self.density()
        elif count <= BARS:
            self.intervals()
        # Small points in front of large ones.
        chosen = chosen[np.argsort(-self.raw.weight[chosen], kind="stable")]
        ax.scatter(
            self.x[chosen],
            self.y[chosen],
            s=self.area(self.raw.weight[chosen]),
            facecolor=BLUE,
            edgecolor="white",
            linewidth=0.5,
            alpha=1.0 if count <= BARS else 0.75,
            zorder=3,
        )
        self.names()
        self.lines()
        self.legend()
        self.frame()

    def area(self, weight: FloatArray) -> FloatArray:
        """Area of points: linear in the weight, so that it reads as an amount."""
        low, high = self.ends
        share = (weight - low) / (high - low) if high > low else np.full(len(weight), 0.3)
        return AREA[0] + (AREA[1] - AREA[0]) * share

    def intervals(self) -> None:
        """Draw the posterior intervals."""
        ends = self.fit.groups.interval(self.prob)[self.raw.at]
        self.ax.vlines(self.x, ends[:, 0], ends[:, 1], color=BLUE, alpha=0.35, linewidth=1.2)

    def density(self) -> NDArray[np.intp]:
        """Shade the bulk; give the groups outside it."""
        from matplotlib.colors import LogNorm

        place = [np.empty(0, dtype=np.intp)] * 2
        edges = []
        for k, values in enumerate((self.x, self.y)):
            low, high = float(values.min()), float(values.max())
            pad = 0.02 * (high - low) or 1.0
            edges.append(np.linspace(low - pad, high + pad, GRID[k] + 1))
            place[k] = ((values - edges[k][0]) / (edges[k][1] - edges[k][0])).astype(np.intp)
        cell = place[0] * GRID[1] + place[1]
        count = np.bincount(cell, minlength=GRID[0] * GRID[1])
        shown = np.ma.masked_less_equal(count.reshape(GRID).T, FEW)
        mesh = self.ax.pcolormesh(*edges, shown, norm=LogNorm(FEW + 1, count.max()), cmap="Blues")
        inset = self.ax.inset_axes((0.62, 0.12, 0.33, 0.025))
        bar = self.ax.figure.colorbar(mesh, cax=inset, orientation="horizontal")
        bar.set_label("groups a cell", fontsize="small")
        return np.flatnonzero(count[cell] <= FEW)

    def names(self) -> None:
        """Name all groups where they are few, the ends where they are many."""
        order = np.argsort(self.x, kind="stable")
        if len(order) > NAMED:
            order = np.concatenate([order[:EXTREMES], order[-EXTREMES:]])
        for j in order.tolist():
            self.ax.annotate(
                shorten(str(self.fit.groups.labels[self.raw.at[j]]), 16),
                (self.x[j], self.y[j]),
                xytext=(6, 3),
                textcoords="offset points",
                fontsize="small",
                zorder=4,
            )

    def lines(self) -> None:
        """Draw what no and complete pooling would give."""
        at = self.centre
        self.ax.axline(
            (at, at), slope=1, color=GREY, linestyle="--", linewidth=1, label="no pooling"
        )
        self.ax.axhline(
            at, color=RED, linestyle=":", linewidth=1.6, label=f"complete pooling, {at:.3g}"
        )

    def legend(self) -> None:
        """Say what the lines are, and the sizes of the smallest and the largest point."""
        low, high = self.ends
        ends = [low, high] if high > low else [low]
        for value in ends if len(self.x) <= POINTS else []:
            size = self.area(np.array([value]))
            text = f"se {value**-0.5:.3g}" if self.raw.known else f"n = {value:,.0f}"
            self.ax.scatter([], [], s=size, facecolor=BLUE, edgecolor="white", label=text)
        self.ax.legend(loc="upper left", fontsize="small", frameon=False)

    def frame(self) -> None:
        """Name the axes, and leave room for names at the ends."""
        name = self.fit.plan.y_name
        counted = self.fit.plan.cell is not None
        scale = self.fit.plan.statistics.link.scale if counted else ""
        alone = f"{scale} of the group alone" if counted else "mean of the rows alone"
        self.ax.set_xlabel(f"{name}: {alone}")
        self.ax.set_ylabel(f"{name}: pooled, posterior mean" + f" of the {scale}" * counted)
        self.ax.margins(x=0.09, y=0.09)
