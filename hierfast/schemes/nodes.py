"""Nodes that stay while the hyperparameters move (csrc/theta/nodes.h): where they are, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hierfast._core import Integrated

MOST = 256  # nodes of a cell; HF_TILE
ROOM = 2**25  # nodes of all cells: 256 MB
SHARE = 0.6  # of the narrowest peak's scale that a step may be
TRIES = 3  # steps that are halved where nodes do not integrate even at the mode


def lay_nodes(target: Integrated, around: Integrated) -> None:
    """Give nodes to the cells whose integrand they resolve around the mode of the hyperparameters.

    Parameters
    ----------
    target : Integrated
        Cells that would need too many nodes, or have integrands that no grid resolves, are left to its
        adaptive rule.
    around : Integrated
        Whose proposal has been placed: it, or one of some of its cells.
    """
    low, high, scale = target.span(around)
    level, first, count = place(low, high, scale)
    for attempt in range(TRIES + 1):
        _set(target, level, first, count)
        missed = target.nodes[0][target.missed(around)]
        if not len(missed):
            return
        if attempt == TRIES:
            count[missed] = 0
        else:
            level[missed] -= 1
            first[missed] *= 2
            count[missed] *= 2
            count[count > MOST] = 0
    _set(target, level, first, count)


def compare(target: Integrated) -> float:
    """Say by how much nodes may be off around the mode: against others half as far apart.

    Parameters
    ----------
    target : Integrated
        With nodes, which it keeps. Where others would be too many the adaptive rule takes their place.

    Returns
    -------
    float
        Nats of the log posterior relative to the mode, within 3 sd of it.
    """
    by_nodes = target.around()
    cell, level, first, count, rest = target.nodes[:5]
    some = (2 * count <= MOST) & (2 * int(count.sum()) <= ROOM)
    left = np.sort(np.append(rest, cell[~some]))
    target.set_nodes(cell[some], level[some] - 1, 2 * first[some], 2 * count[some], left)
    try:
        other = target.around()
    finally:
        target.set_nodes(cell, level, first, count, rest)
    return target.apart(by_nodes, other)


def place(
    low: NDArray[np.float64], high: NDArray[np.float64], scale: NDArray[np.float64]
) -> tuple[NDArray[np.int64], ...]:
    """Choose nodes from where they must reach at the points of a design.

    Parameters
    ----------
    low, high, scale : numpy.ndarray
        (points, cells), the mode first; scale 0: no end was found.

    Returns
    -------
    tuple of numpy.ndarray
        Level of the step 2^level, first node, and their number (cells,), a multiple of 4; 0: no nodes.
        Those that would be too many for the whole design are laid for the near half of it.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.schemes.nodes import place
    >>> level, first, count = place(np.array([[-3.1]]), np.array([[2.2]]), np.array([[0.9]]))
    >>> int(level[0]), int(first[0]), int(count[0])
    (-1, -7, 16)
    """
    near = np.arange(len(low)) == 0
    near |= np.isin((np.arange(len(low)) - 1) % 4, (0, 1)) & (np.arange(len(low)) > 0)
    found = _place(low, high, scale)
    again = found[2] == 0
    for all_of, part in zip(
        found, _place(low[near][:, again], high[near][:, again], scale[near][:, again]), strict=True
    ):
        all_of[again] = part
    return found


def _place(
    low: NDArray[np.float64], high: NDArray[np.float64], scale: NDArray[np.float64]
) -> tuple[NDArray[np.int64], ...]:
    narrow, a, b = scale.min(axis=0), low.min(axis=0), high.max(axis=0)
    some = (narrow > 1e-100) & np.isfinite(scale).all(axis=0) & np.isfinite(a) & np.isfinite(b)
    level = np.floor(np.log2(SHARE * np.where(some, narrow, 1.0)))
    step = np.exp2(level)
    fits = some & ((b - a) / step < MOST) & (np.maximum(np.abs(a), np.abs(b)) / step < 2.0**50)
    first = np.floor(np.where(fits, a / step, 0.0))
    count = np.ceil(np.where(fits, b / step, 0.0)) - first + 1.0
    count = 4.0 * np.ceil(count / 4.0)
    count[~fits | (count > MOST)] = 0.0
    return level.astype(np.int64), first.astype(np.int64), count.astype(np.int64)


def _set(
    target: Integrated,
    level: NDArray[np.int64],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
) -> None:
    cell = np.flatnonzero(count)
    if count.sum() > ROOM:
        cell = cell[:0]
    order = cell[np.lexsort((first[cell], target.alike()[cell], level[cell]))]
    rest = np.setdiff1d(np.arange(len(count)), order, assume_unique=True)
    target.set_nodes(order, level[order], first[order], count[order], rest)
