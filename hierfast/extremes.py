"""Ends of central intervals from draws that pass by: csrc/extremes.h."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core

FloatArray = NDArray[np.float64]


class Extremes:
    """The smallest and the largest draws of every group, as many as the ends of an interval need.

    Parameters
    ----------
    count, total : int
        Groups and draws.
    prob : float or None
        Probability inside; None: nothing is held.
    dtype : type
        Of the draws: int32 or float64, of which no draw is NaN or the largest number.
    level : int
        Of the instruction set.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.extremes import Extremes
    >>> draws = np.random.default_rng(1).normal(size=(101, 1))
    >>> keep = Extremes(1, 101, 0.9, float)
    >>> keep.add(0, 1, draws[:40]), keep.add(0, 1, draws[40:])
    (None, None)
    >>> bool(np.allclose(keep.ends(), np.quantile(draws, [0.05, 0.95])))
    True
    """

    def __init__(
        self, count: int, total: int, prob: float | None, dtype: type, level: int = 0
    ) -> None:
        self.count, self.width, self.level = count, 0, level
        if prob is None:
            return
        self.place = (total - 1) * 0.5 * (1.0 - prob)
        self.width = min(total, math.floor(self.place) + 2)
        blocks, most = -(-count // _core.ABREAST), np.iinfo(np.int32).max
        self.held: NDArray[Any] = np.full(
            (blocks, 2, self.width, _core.ABREAST),
            most if dtype is np.int32 else np.inf,
            dtype=dtype,
        )

    def add(self, lo: int, hi: int, draws: NDArray[Any]) -> None:
        """Look at draws (n, groups) of groups lo .. hi, lo a multiple of ABREAST and hi one or the last."""
        if not self.width:
            return
        if draws.strides[1] != draws.itemsize:
            draws = np.ascontiguousarray(draws)
        room = np.empty((len(draws), _core.ABREAST), dtype=self.held.dtype)
        held = self.held[lo // _core.ABREAST : -(-hi // _core.ABREAST)]
        _core.keep_extremes(draws, held, room, self.level)

    def ends(self) -> FloatArray:
        """Give both ends (groups, 2); (groups, 0) where nothing is held."""
        if not self.width:
            return np.empty((self.count, 0))
        below = math.floor(self.place)
        above, part = min(below + 1, self.width - 1), self.place - below
        out = np.empty((self.count, 2))
        for side, sign in ((0, 1.0), (1, -1.0)):
            first, second = (self.held[:, side, k].ravel()[: self.count] for k in (below, above))
            out[:, side] = sign * ((1.0 - part) * first + part * second)
        return out
