r"""Few cells in place of many: counts whose exposures all differ.

With y events in an exposure s, effects integrated out, a group says :math:`\log Z(y, s; \varphi)`, which is
analytic in :math:`x = \log s`. Where many groups have the same y, x is cut into intervals, and in each

.. math::

    \log Z(y, e^x) \approx \sum_{k=1}^{K} \ell_k(x) \log Z(y, e^{x_k}), \qquad
    x_k = m + h \cos \frac{(2 k - 1) \pi}{2 K},                                                  \tag{1}

the polynomial through K Chebyshev points of the interval m - h .. m + h. The sum over groups becomes one
over these cells, with multiplicities of the data alone,

.. math::

    \sum_j \log Z(y, s_j) \approx \sum_k w_k \log Z(y, e^{x_k}), \qquad
    w_k = \frac{2}{K} \sum_{n=0}^{K-1}{}^{'} \cos \frac{n (2 k - 1) \pi}{2 K}
          \sum_j T_n \Bigl(\frac{x_j - m}{h}\Bigr),                                              \tag{2}

T_n the Chebyshev polynomials and the first term of the sum halved. Errors fall geometrically with K. What
they leave in the log posterior is read off S groups spread over all of them: with
:math:`d_j(\varphi)` the error of (1),

.. math::

    2 \Bigl(\sum_{\text{axes}} \max_p \Bigl(\frac{J}{S} \sum_j |d_j(\varphi_p) - d_j(\hat\varphi)|\Bigr)^2
    \Bigr)^{1/2}                                                                                 \tag{3}

over points p at 1.5 and 4 sd on both sides of the mode along each whitened axis, as (2) of
csrc/phi/integrated.c, but for signs, which are not allowed to cancel.

Whatever else is read of a group given draws of :math:`\varphi`, such as the mean of its effect, is as
smooth in x: with values :math:`f_k` at the points,

.. math::

    f(x) \approx \sum_{n=0}^{K-1} a_n T_n\Bigl(\frac{x - m}{h}\Bigr), \qquad
    a_n = \frac{2}{K} \sum_{k=1}^{K} f_k \cos \frac{n (2 k - 1) \pi}{2 K},                          \tag{4}

a_0 halved, summed by Clenshaw's recurrence.
Source: Trefethen, *Approximation Theory and Approximation Practice*, chapters 3 and 8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.counts import CountCells
from hierfast.threads import pieces, run_all

if TYPE_CHECKING:
    from collections.abc import Callable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

POINTS = 16  # K
WIDTHS = (1.25, 0.6)  # of intervals, at most
WORTH = 2  # times as many cells as would do
SAMPLE = 2048  # groups whose errors are looked at
AT_ONCE = 16_384  # cells whose figures are summed at once
EXP, LOG, COS_2PI = 0, 1, 5  # among the functions of csrc/twin.h


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """Cells that stand for others, and which those are.

    Attributes
    ----------
    cells : CountCells
        Those that stand for all; their ``cell`` is that of the others still.
    at : numpy.ndarray
        Cells among all that are made of others, by interval (M,).
    first : numpy.ndarray
        The first of the K cells that each is made of (M,).
    place : numpy.ndarray
        Where each is in its interval (M,), -1 to 1.
    kept : numpy.ndarray
        The others among all, in their order at the end of `cells`.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.counts import CountCells
    >>> from hierfast.schemes.between import make_between
    >>> size = np.exp(np.linspace(0.0, 1.0, 1000))
    >>> many = CountCells(np.zeros(1000), size, np.ones(1000), np.arange(1000), 1e3, 1e3, 0)
    >>> few = make_between(many, 1.25).cells
    >>> len(few), bool(np.isclose(few.mult @ few.size**0.7, (size**0.7).sum(), rtol=1e-14))
    (16, True)
    >>> bool(np.allclose(make_between(many, 1.25).spread(few.size**0.7), size**0.7, rtol=1e-14))
    True
    """

    cells: CountCells
    at: IntArray
    first: IntArray
    place: FloatArray
    kept: IntArray

    def spread(
        self, values: FloatArray, level: int = 0, cores: int = 1, some: IntArray | None = None
    ) -> FloatArray:
        """Give figures of all cells (C, ...), or of some of `at`, from those of `cells`: equation (4)."""
        wide = values.reshape(len(values), -1)
        made = len(values) - len(self.kept)
        terms = to_terms(wide[:made].reshape(-1, POINTS, wide.shape[1]), level)
        at = np.arange(len(self.at)) if some is None else some
        found = np.empty((len(at), wide.shape[1]))

        def work(lo: int, hi: int) -> None:
            found[lo:hi] = clenshaw(
                terms, self.first[at[lo:hi]] // POINTS, self.place[at[lo:hi], None]
            )

        run_all([partial(work, *c) for c in pieces(len(at), AT_ONCE, 1 << 20)], cores)
        if some is not None:
            return found.reshape(-1, *values.shape[1:])
        out = np.empty((len(self.at) + len(self.kept), wide.shape[1]))
        out[self.at], out[self.kept] = found, wide[made:]
        return out.reshape(-1, *values.shape[1:])

    def nearest(self, values: FloatArray) -> FloatArray:
        """Give all cells the figures (C, ...) of those of `cells` that are nearest to them."""
        out = np.empty((len(self.at) + len(self.kept), *values.shape[1:]))
        angle = np.arccos(self.place) / math.pi
        k = np.minimum((POINTS * angle).astype(np.int64), POINTS - 1)
        out[self.at] = values[self.first + k]
        out[self.kept] = values[len(values) - len(self.kept) :]
        return out


def chebyshev(place: FloatArray) -> FloatArray:
    """Values of the Chebyshev polynomials at places (K, n)."""
    found = [np.ones_like(place), place]
    while len(found) < POINTS:
        found.append(2.0 * place * found[-1] - found[-2])
    return np.array(found[:POINTS])


def points_of_interval(level: int) -> FloatArray:
    """Places of the Chebyshev points (K,)."""
    turns = np.arange(1.0, 2.0 * POINTS, 2.0) / (4.0 * POINTS)
    return _core.math(COS_2PI, np.asarray(turns, dtype=np.float64), level)


def from_sums(sums: FloatArray, level: int) -> FloatArray:
    """Multiplicities (K, ...) of (2) from sums of T_n (K, ...), term by term: the same bits anywhere."""
    weights = weights_of_points(level)
    out = np.zeros_like(sums)
    for n in range(POINTS):
        for k in range(POINTS):
            out[k] += weights[n, k] * sums[n]
    return out


def weights_of_points(level: int) -> FloatArray:
    """Weights (K, K) of (2) and (4): 2 T_n(x_k) / K, halved where n is 0."""
    values = chebyshev(points_of_interval(level)) * (2.0 / POINTS)
    values[0] *= 0.5
    return values


def to_terms(values: FloatArray, level: int) -> FloatArray:
    """Coefficients (K, intervals, Q) of (4) from values (intervals, K, Q), term by term."""
    weights = weights_of_points(level)
    out = np.zeros((POINTS, len(values), values.shape[2]))
    for n in range(POINTS):
        for k in range(POINTS):
            out[n] += weights[n, k] * values[:, k]
    return out


def clenshaw(terms: FloatArray, interval: IntArray, place: FloatArray) -> FloatArray:
    """Add up (4) (n, Q) at places (n, 1) in intervals (n,)."""
    one, two = np.zeros((2, len(interval), terms.shape[2]))
    for term in terms[:0:-1]:
        one, two = term[interval] + 2.0 * place * one - two, one
    return np.asarray(terms[0, interval] + place * one - two)


def make_between(cells: CountCells, width: float, level: int = 0) -> Between:
    """Make cells of others: equation (2).

    Parameters
    ----------
    cells : CountCells
        All cells.
    width : float
        Of an interval in the logarithm of the size, at most.
    level : int
        Of the instruction set.

    Returns
    -------
    Between
        Cells of intervals that hold more than K of them, and the others as they are: last those without
        rows, which weigh nothing.
    """
    some = np.flatnonzero(cells.mult > 0)
    x = _core.math(LOG, np.ascontiguousarray(cells.size[some]), level)
    order = np.lexsort((x, cells.y[some]))
    some, x = some[order], x[order]
    new = np.append(True, np.diff(cells.y[some]) != 0)
    of_count = np.cumsum(new) - 1
    starts = np.flatnonzero(new)
    low, high = x[starts], x[np.append(starts[1:], len(x)) - 1]
    pieces = np.maximum(1, np.ceil((high - low) / width)).astype(np.int64)
    half = np.maximum(0.5 * (high - low) / pieces, 1e-300)
    inside = np.floor((x - low[of_count]) / (2.0 * half[of_count])).astype(np.int64)
    inside = np.clip(inside, 0, pieces[of_count] - 1)
    before = np.cumsum(pieces) - pieces
    piece = before[of_count] + inside
    many = np.bincount(piece, minlength=int(pieces.sum())) > POINTS
    made = many[piece]
    middle = low[of_count] + (2.0 * inside + 1.0) * half[of_count]
    place = np.clip((x - middle) / half[of_count], -1.0, 1.0)[made]
    number = np.cumsum(many) - 1
    mine, mult = number[piece[made]], cells.mult[some[made]]
    count = int(many.sum())
    sums = np.zeros((POINTS, count))
    for n, value in enumerate(chebyshev(place)):
        sums[n] = np.bincount(mine, mult * value, count)
    head = np.flatnonzero(np.append(True, np.diff(mine) != 0)) if len(mine) else np.empty(0, int)
    there = np.flatnonzero(made)[head]
    nodes = points_of_interval(level)
    points = (middle[there, None] + half[of_count[there], None] * nodes).ravel()
    kept = np.concatenate([some[~made], np.flatnonzero(~(cells.mult > 0))])
    return Between(
        replace(
            cells,
            y=np.concatenate([np.repeat(cells.y[some[there]], POINTS), cells.y[kept]]),
            size=np.concatenate([_core.math(EXP, points, level), cells.size[kept]]),
            mult=np.concatenate([from_sums(sums, level).T.ravel(), cells.mult[kept]]),
        ),
        some[made],
        mine * POINTS,
        place,
        kept,
    )


def error_of(
    made: Between,
    all_cells: CountCells,
    points: FloatArray,
    read: Callable[..., FloatArray],
    level: int = 0,
) -> float:
    """Say what is left in the log posterior around its mode: equation (3).

    Parameters
    ----------
    made : Between
        Cells that stand for others.
    all_cells : CountCells
        Those.
    points : numpy.ndarray
        Values of the unknowns (n_node, 1 + 4 d), the mode first.
    read : callable
        Cells and points -> log densities (1 + 4 d, cells).
    level : int
        Of the instruction set.

    Returns
    -------
    float
        Nats.
    """
    if not len(made.at):
        return 0.0
    chosen = np.unique(np.linspace(0, len(made.at) - 1, SAMPLE).astype(np.int64))
    at = made.at[chosen]
    some = replace(all_cells, y=all_cells.y[at], size=all_cells.size[at], mult=all_cells.mult[at])
    exact, stand = read(some, points), read(made.cells, points)
    off = -exact
    for k, weight in enumerate(from_sums(chebyshev(made.place[chosen]), level)):
        off += weight * stand[:, made.first[chosen] + k]
    whole = all_cells.mult[made.at].sum() / some.mult.sum()
    total = [whole * math.fsum(one * some.mult) for one in np.abs(off - off[0])[1:]]
    return 2.0 * math.hypot(*(max(total[i : i + 4]) for i in range(0, len(total), 4)))


def stand_in(
    cells: CountCells,
    points: FloatArray,
    read: Callable[..., FloatArray],
    wanted: float,
    level: int = 0,
) -> tuple[Between, float] | None:
    """Give cells that stand for all, if there are few enough and good enough ones.

    Parameters
    ----------
    cells : CountCells
        All cells.
    points, read
        As in `error_of`.
    wanted : float
        Error that is too large, in nats.
    level : int
        Of the instruction set.

    Returns
    -------
    tuple or None
        The cells, and their error.
    """
    for width in WIDTHS:
        made = make_between(cells, width, level)
        if WORTH * len(made.cells) > len(cells):
            return None
        error = error_of(made, cells, points, read, level)
        if error < wanted:
            return made, error
    return None
