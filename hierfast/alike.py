"""Groups that stand for others: what is smooth in what their rows say is made of a few of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hierfast.design import make_design

if TYPE_CHECKING:
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST = 5000  # groups that are looked at one by one
CLASSES = 50  # of weights, where groups have more different ones
EACH = 10  # groups to be looked at, at least, of as many events


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Groups that were chosen, and how figures of the others come of theirs.

    Attributes
    ----------
    at : numpy.ndarray
        Places of the groups chosen (R,).
    low, high : numpy.ndarray
        Places among these of the neighbours of each group (J,).
    part : numpy.ndarray
        How far it is from the first to the second (J,), 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.alike import Alike
    >>> groups = Alike(np.array([0, 2]), np.array([0, 0, 1]), np.array([1, 1, 1]), np.array([0, 0.5, 0]))
    >>> groups.spread(np.array([1.0, 3.0]))
    array([1., 2., 3.])
    """

    at: IntArray
    low: IntArray
    high: IntArray
    part: FloatArray

    def spread(self, values: FloatArray) -> FloatArray:
        """Give figures of all groups (J, ...) from those of the groups chosen (R, ...)."""
        low, high = values[self.low], values[self.high]
        part = self.part.reshape(-1, *[1] * (values.ndim - 1))
        return np.where(low == high, low, low + part * (high - low))

    def others(self, many: int) -> IntArray:
        """Give places of groups (R, many) that each chosen one is like, over again where these are few."""
        same = np.flatnonzero(self.part == 0.0)
        same = same[np.argsort(self.low[same].astype(np.uint16), kind="stable")]  # as below
        count = np.bincount(self.low[same], minlength=len(self.at))
        first = np.cumsum(count) - count
        found: IntArray = same[first[:, None] + np.arange(many) % count[:, None]]
        return found

    def take(self, groups: IntArray) -> Alike:
        """Give the same of some groups (n,)."""
        return Alike(self.at, self.low[groups], self.high[groups], self.part[groups])


def choose_alike(plan: Plan, near: bool = True) -> Alike:
    """Choose groups, from whose figures those of the others follow.

    Groups of one cell have one posterior. Normal groups of one weight, and one row of predictors, differ by
    their mean alone, and figures are taken as linear between neighbours; where more than 50 weights
    differ, fifty classes of as many groups take their place. Of counts whose sizes differ, figures of
    as many events are linear in the logarithm of the size between neighbours.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    near : bool
        Whether classes of weights will do.

    Returns
    -------
    Alike
        All groups, where they are at most 5,000 or nothing tells which are alike.
    """
    stats, count = plan.statistics, len(plan.statistics)
    every = np.arange(count)
    if count <= MOST:
        return Alike(every, every, every, np.zeros(count))
    if plan.cell is not None or plan.grid is not None:
        cells = plan.grid.cell if plan.grid is not None else plan.cell
        mine = np.where(stats.n > 0, np.asarray(cells), -1)
        cell, first, place = np.unique(mine, return_index=True, return_inverse=True)
        if len(cell) > MOST:
            return _by_counts(plan) or Alike(every, every, every, np.zeros(count))
        return Alike(first.astype(np.int64), place, place, np.zeros(count))
    if plan.graph.likelihood != "Normal" or plan.graph.scales is not None:
        return Alike(every, every, every, np.zeros(count))
    kinds, kind = np.unique(stats.weight, return_inverse=True)
    if plan.graph.design:
        table = np.asarray(make_design(plan.gathered, plan.graph))
        both, kind = np.unique(np.column_stack([table, kind]), axis=0, return_inverse=True)
        near, kinds = False, both[:, 0]
    if len(kinds) > CLASSES and not near:
        return Alike(every, every, every, np.zeros(count))
    return _between(stats.weight, stats.mean, kind.ravel())


def _by_counts(plan: Plan) -> Alike | None:
    """Choose groups of each number of events, if there are few such numbers and no rows say more."""
    sums = plan.graph.likelihood == "Poisson" or plan.graph.likelihood.startswith("Binomial")
    if not sums or plan.grid is not None or plan.cells.design is not None:
        return None
    stats = plan.statistics
    events, kind = np.unique(np.where(stats.n > 0, stats.y, -1.0), return_inverse=True)
    if len(events) > MOST // EACH:
        return None
    return _choose(np.log(np.where(stats.size > 0, stats.size, 1.0)), kind)


def _between(weight: FloatArray, mean: FloatArray, kind: NDArray[np.intp]) -> Alike:
    """Choose groups of each weight, or class of weights."""
    if kind.max() >= CLASSES:
        edges = np.quantile(weight[weight > 0], np.arange(1, CLASSES) / CLASSES)
        kind = np.searchsorted(edges, weight, side="right") + (weight > 0)
        kind = np.unique(kind, return_inverse=True)[1]
    return _choose(mean, kind)


def _choose(mean: FloatArray, kind: NDArray[np.intp]) -> Alike:
    """Choose groups of each kind: evenly in the order of their means, and in these, and both ends."""
    order = np.argsort(mean)
    order = order[np.argsort(kind[order].astype(np.uint16), kind="stable")]  # small integers: radix
    sizes = np.bincount(kind)
    ends = np.cumsum(sizes)
    low, high = np.empty((2, len(mean)), dtype=np.int64)
    part, chosen, before = np.empty(len(mean)), list[IntArray](), 0
    for size, end in zip(sizes.tolist(), ends.tolist(), strict=True):
        here = order[end - size : end]
        many = min(size, max(2, MOST * size // len(mean)))
        x = mean[here]
        even = np.searchsorted(x, np.linspace(x[0], x[-1], many // 3))
        some = np.linspace(0, size - 1, many - len(even)).astype(np.int64)
        some = np.unique(np.concatenate([some, even]))
        at = x[some]
        k = np.clip(np.searchsorted(at, x, side="right") - 1, 0, max(len(some) - 2, 0))
        nxt = np.minimum(k + 1, len(some) - 1)
        gap = at[nxt] - at[k]
        part[here] = np.clip((x - at[k]) / np.where(gap > 0, gap, 1.0), 0.0, 1.0)
        low[here], high[here] = before + k, before + nxt
        chosen.append(here[some])
        before += len(some)
    return Alike(np.concatenate(chosen), low, high, part)
