r"""Pictures of ranks, and of replicated rows beside those that were seen.

The probability that the groups in a class `a` have a rank in a class `b`, classes being next to each other
in the order of the posterior means and of the ranks,

.. math:: p_{ab} = \frac{1}{T\,|a|} \sum_t \sum_{j \in a} [r_{jt} \in b]                          \tag{1}

over `T` joint draws, `r` equation (2) of `hierfast.joint`; ranks that groups share are rounded down.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.groups import shorten
from hierfast.joint import Joint, rank_twice
from hierfast.pictures import BLUE, GREY, NAMED, RED, open_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hierfast.checks import PredictiveCheck
    from hierfast.fit import Fit
    from hierfast.groups import Groups

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CLASSES = 50  # of groups, and of ranks, where they are many
BINS, FEWEST = 40, 5  # of rows; of few rows, the root of their number
NUMBERS, LEAST = (
    40_000_000,
    100,
)  # replicated rows that a band is made of, and replications all the same
INSIDE = 0.9  # of replicated shares in the band
TAIL = 0.005  # of the rows that may be out of sight at each end


def rank_shares(groups: Groups, draws: int | None = None) -> tuple[NDArray[np.intp], FloatArray]:
    """Give the probabilities of ranks: equation (1).

    Parameters
    ----------
    groups : Groups
        Of a fit.
    draws : int, optional
        Joint draws, as in `Groups.rank`.

    Returns
    -------
    tuple of numpy.ndarray
        Places of the groups (J,), the largest posterior mean first, and probabilities (K, K): a class is a
        group, or a rank, of up to 40 groups, else a fiftieth of them.

    Examples
    --------
    >>> import hierfast as hf
    >>> from hierfast.checked import rank_shares
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1))
    >>> fit = model.fit({"y": [1.0, 9.0, 4.0]}, y="y", random_seed=1, progressbar=False)
    >>> order, shares = rank_shares(fit.groups)
    >>> order, shares.sum(axis=1).round(9), bool(shares[0, 0] > 0.99)
    (array([1, 2, 0]), array([1., 1., 1.]), True)
    """
    joint, count = Joint(groups, draws), len(groups)
    order = np.argsort(-groups._means(), kind="stable")
    classes = count if count <= NAMED else CLASSES
    row = np.empty(count, dtype=np.int64)
    row[order] = np.arange(count) * classes // count * classes
    found, lock = np.zeros(classes * classes, dtype=np.int64), threading.Lock()

    def count_ranks(effects: FloatArray) -> NDArray[np.int32]:
        ranks = rank_twice(effects, groups._plan.level)
        here = np.zeros_like(found)
        for one in ranks:
            place = (one // 2 - 1).astype(np.int64) * classes // count
            here += np.bincount(row + place, minlength=len(here))
        with lock:
            np.add(found, here, out=found)
        return ranks

    joint.read(count_ranks, np.int32)
    shares = found.reshape(classes, classes).astype(np.float64)
    return order, shares / shares.sum(axis=1, keepdims=True)


def draw_rank_probs(ax: Axes | None, labels: NDArray[Any], shares: FloatArray) -> Axes:
    """Draw the probabilities of ranks.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where.
    labels : numpy.ndarray
        Of the groups in their order (J,).
    shares : numpy.ndarray
        From `rank_shares` (K, K).

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.
    """
    from matplotlib.colors import Normalize, PowerNorm

    count, classes = len(labels), len(shares)
    names = count == classes
    ax = open_axes(ax, (6.4, max(3.2, 0.24 * count + 1.2)) if names else (6.4, 5.2))
    edges = 0.5 + np.ceil(np.arange(classes + 1) * count / classes)
    norm = Normalize(0.0) if names else PowerNorm(0.5, 0.0)  # else the ends alone are seen
    mesh = ax.pcolormesh(edges, edges, shares, cmap="Blues", norm=norm)
    ax.set_ylim(edges[-1], edges[0])
    if names:
        ax.set_yticks(np.arange(1, count + 1), [shorten(str(v)) for v in labels], fontsize="small")
    else:
        ax.set_ylabel(f"{count:,} groups in order of their means")
        ax.yaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    ax.locator_params(axis="x", integer=True, nbins=8)
    ax.set_xlabel("rank")
    label = "probability" if names else f"probability of each {1 / classes:.0%} of the ranks"
    ax.figure.colorbar(mesh, ax=ax, label=label, shrink=0.8)
    return ax


def draw_statistic(ax: Axes | None, fit: Fit, data: Any, statistic: Any, given: Any) -> Axes:
    """Draw a test statistic of the rows against replicated ones.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where.
    fit : Fit
        The posterior.
    data : mapping or frame
        The rows.
    statistic : str or callable
        One.
    given : dict
        Further arguments of `hierfast.Fit.posterior_predictive`.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.
    """
    if not isinstance(statistic, str) and not callable(statistic):
        raise TypeError(f"statistic must be a name or a function, one a picture; got {statistic!r}")
    check: PredictiveCheck = fit.posterior_predictive(data, statistic=statistic, **given)
    ((name, seen),) = check.observed.items()
    values = check.replicated[name].ravel()
    ax = open_axes(ax)
    distinct = np.unique(values)
    if (
        1 < len(distinct) <= BINS
    ):  # such as shares: classes of another width would make a comb of them
        middle = 0.5 * (distinct[:-1] + distinct[1:])
        edges = np.array([2 * distinct[0] - middle[0], *middle, 2 * distinct[-1] - middle[-1]])
    else:
        edges = bin_edges(values, min(seen, float(distinct[0])), max(seen, float(distinct[-1])))
    count, _ = np.histogram(values, edges)
    ax.stairs(count / len(values), edges, fill=True, color=BLUE, alpha=0.35, label="replicated")
    ax.axvline(seen, color=RED, linewidth=1.8, label=f"observed, {seen:.4g}")
    ax.set_xlabel(f"{name} of {fit.plan.y_name}")
    ax.set_ylabel("share of replications")
    p, error = check.p_value[name], check.mcse[name]
    ax.set_title(
        f"p = {p:.3f} ({error:.1g}), {check.replicate} groups", fontsize="medium", loc="left"
    )
    ax.margins(y=0.08)
    ax.legend(fontsize="small", frameon=False)
    return ax


def bin_edges(values: FloatArray, low: float, high: float) -> FloatArray:
    """Give edges of classes, no more than values are worth, between whole numbers where values are such.

    Parameters
    ----------
    values : numpy.ndarray
        Numbers (n,).
    low, high : float
        Ends that are to lie inside.

    Returns
    -------
    numpy.ndarray
        Edges.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.checked import bin_edges
    >>> bin_edges(np.array([0.0, 2.0]), 0.0, 2.0)
    array([-0.5,  0.5,  1.5,  2.5])
    """
    most = min(BINS, max(FEWEST, round(len(values) ** 0.5)))
    if np.array_equal(values, np.rint(values)):
        low, high = np.floor(low), np.ceil(high)
        step = np.ceil((high - low + 1.0) / most)
        return np.asarray(np.arange(low - 0.5, high + step, step))
    width = (high - low) or abs(low) or 1.0
    return np.linspace(low - 0.01 * width, high + 0.01 * width, most + 1)


class Histograms:
    """Counts of the rows in classes, of each set of rows that passes; a test statistic for their sake.

    Parameters
    ----------
    edges : numpy.ndarray
        Of the classes (K + 1,).
    """

    def __init__(self, edges: FloatArray) -> None:
        self.edges, self.lock = edges, threading.Lock()
        self.counts: list[IntArray] = []

    def __call__(self, y: FloatArray, codes: IntArray) -> float:
        """Count rows, and give how many were inside."""
        count, _ = np.histogram(y, self.edges)
        with self.lock:
            self.counts.append(count)
        return float(count.sum())


def draw_distribution(ax: Axes | None, fit: Fit, data: Any, given: Any) -> Axes:
    """Draw shares of the rows in classes, with those of replicated rows.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where.
    fit : Fit
        The posterior.
    data : mapping or frame
        The rows.
    given : dict
        Further arguments of `hierfast.Fit.posterior_predictive`.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.
    """
    from hierfast.checks import read_fitted

    named = {k: given[k] for k in ("y", "group", "groups")}
    rows, _ = read_fitted(fit, data, **named, located=given["replicate"] == "new")
    if rows.y is None or rows.y.ndim > 1:
        raise ValueError(
            "rows that are counts in categories have no one distribution to draw: give a statistic, a "
            "function of them and of the places of their groups"
        )
    low, high = np.quantile(rows.y, [TAIL, 1.0 - TAIL]).tolist()
    beside = 0.25 * (high - low)
    low = max(low - beside, 0.0) if rows.y.min() >= 0 else low - beside
    histograms = Histograms(bin_edges(rows.y, low, high + beside))
    if given["draws"] is None:
        given = given | {"draws": max(LEAST, NUMBERS // len(rows.y))}
    fit.posterior_predictive(data, statistic=histograms, **given)
    seen, replicated = histograms.counts[0], np.array(histograms.counts[1:])
    probs = [0.5 - 0.5 * INSIDE, 0.5, 0.5 + 0.5 * INSIDE]
    ends = np.quantile(replicated / len(rows.y), probs, axis=0)
    ax = open_axes(ax)
    edges = histograms.edges
    ax.stairs(ends[2], edges, baseline=ends[0], fill=True, color=BLUE, alpha=0.3)
    ax.stairs(ends[1], edges, baseline=None, color=BLUE, linewidth=1.2)
    ax.stairs(seen / len(rows.y), edges, baseline=None, color=RED, linewidth=1.5)
    ax.fill([], [], color=BLUE, alpha=0.3, label=f"replicated, {INSIDE:.0%} of each class")
    ax.plot([], [], color=BLUE, linewidth=1.2, label="their medians")
    ax.plot([], [], color=RED, linewidth=1.5, label="observed")
    ax.set_xlabel(fit.plan.y_name)
    ax.set_ylabel("share of the rows")
    ax.set_ylim(bottom=0.0)
    ax.set_title(
        f"{len(rows.y):,} rows, {len(replicated):,} replications, {given['replicate']} groups",
        fontsize="medium",
        loc="left",
        color=GREY,
    )
    ax.legend(fontsize="small", frameon=False)
    return ax
