r"""Functions of all groups' effects together, from joint draws that are made again and not held.

Draw t of all groups has one draw of the hyperparameters, so that whatever compares groups is read of
joint draws: T of them, spread evenly over the chains. With f_jt the function of group j at draw t, read in
B batches of L consecutive ones,

.. math::

    \bar f_j = \frac{1}{T} \sum_t f_{jt}, \qquad
    \mathrm{mcse}_j^2 = \frac{1}{B (B - 1)} \sum_b (\bar f_{jb} - \bar f_j)^2                    \tag{1}

are its mean and its Monte Carlo error by batch means, which allow for what neighbouring draws share.
The rank of a group counts the groups whose effects are larger; where effects are the same, as those of a
`PointMass` are, ranks are the mean of the places they share,

.. math::

    r_{jt} = 1 + \#\{k : \theta_{kt} > \theta_{jt}\}
               + \tfrac12 \#\{k \ne j : \theta_{kt} = \theta_{jt}\},                              \tag{2}

and a place among the first k that n effects share is a part of it for each of them, so that what is in the
first k adds up to k. Ends of intervals are order statistics, interpolated linearly, of which only the
smallest and the largest are held while draws pass by.
Sources: batch means: Flegal and Jones (2010), *Annals of Statistics* 38(2); ranks of exchangeable groups:
Laird and Louis (1989), *Journal of Educational Statistics* 14(1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.diagnose import percent
from hierfast.extremes import Extremes
from hierfast.threads import Room, pieces, run_all

if TYPE_CHECKING:
    from hierfast.answers import Joinable
    from hierfast.effects import Effects

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], NDArray[Any]]

LEAST, FEWEST = 400, 50  # joint draws of ranks, and of any function; where there are as many
EFFECTS = 40_000_000  # that are drawn where more joint draws are worth it
SPAN, LENGTH = 20, 5  # draws of a chain that a batch spans at least; draws that it has at least
BATCHES = 50  # at most
HELD = 16  # draws whose values are held at once, where a batch has no more
ROWS = 1_000_000  # effects that are made at once
GROUPS = 4096  # whose draws are gathered at once


class Joint:
    """Joint draws of all groups, batch by batch.

    Parameters
    ----------
    groups : Groups
        Of a fit.
    draws : int, optional
        How many; `least` by default, more where there are few groups.
    least : int
        So many all the same.
    alike : bool
        Whether functions treat all groups alike, so that these may stand in another order meanwhile.

    Examples
    --------
    >>> import hierfast as hf
    >>> from hierfast.joint import Joint
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1))
    >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
    >>> mean, sd, mcse, ends = Joint(fit.groups).read(lambda effects: effects > 1, float)
    >>> mean.round(1)
    array([0.2, 0.5, 0.9])
    """

    def __init__(
        self,
        groups: Joinable,
        draws: int | None = None,
        least: int = LEAST,
        alike: bool = False,
    ) -> None:
        check_single(groups)
        chains, _, length = groups._draws.values.shape
        total, self.count = chains * length, len(groups)
        if draws is None:
            draws = max(least, EFFECTS // self.count)
        if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 2:
            raise ValueError(
                f"draws must be a whole number of joint draws, 2 or more; got {draws!r}"
            )
        self.total = min(total, int(draws))
        if self.total < 2:
            raise ValueError("Monte Carlo errors need two draws or more; the fit has one")
        self.groups, self.cores, self.alike = groups, groups._cores, alike
        self.chain, self.draw = np.divmod(np.arange(self.total) * total // self.total, length)
        most = max(2, min(BATCHES, self.total // LENGTH, total // SPAN))
        edges = np.arange(most + 1) * self.total // most
        self.batches = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
        self._room = Room()

    @cached_property
    def _effects(self) -> Effects:
        effects = self.groups._effects(None)
        effects.in_order = not self.alike
        return effects

    def _put_back(self, found: FloatArray) -> FloatArray:
        """Put what was found (..., J) of effects as they are made into the order of the groups."""
        order = self._effects.order
        if not self.alike or order is None:
            return found
        out = np.empty_like(found)
        out[..., order] = found
        return out

    def _tasks(self, lo: int, hi: int) -> Iterator[tuple[int, int, int]]:
        """Cut draws lo .. hi where the chain changes, and where effects would be too many."""
        most = max(1, ROWS // self.count)
        while lo < hi:
            to = min(hi, lo + most, int(np.searchsorted(self.chain, self.chain[lo], side="right")))
            yield int(self.chain[lo]), lo, to
            lo = to

    def _fill(
        self, first: int, function: Function, out: NDArray[Any], chain: int, lo: int, hi: int
    ) -> None:
        effects = self._room.get("effects", (hi - lo, self.count), np.float64)
        self.groups._fill(self._effects, self.draw[lo:hi], chain, effects)
        out[lo - first : hi - first] = function(effects)

    def read(
        self, function: Function, dtype: type, prob: float | None = None
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Read a function of the effects: equation (1).

        Parameters
        ----------
        function : callable
            Effects (n, J) -> values (n, J), draw by draw.
        dtype : type
            In which the values of a batch are held.
        prob : float, optional
            Probability inside a central interval; none where it is None.

        Returns
        -------
        tuple of numpy.ndarray
            Means, sds, their Monte Carlo errors (J,), ends of intervals (J, 2) or (J, 0).
        """
        n = self.count
        sums = np.zeros((4, n))
        keep = Extremes(n, self.total, prob, dtype, self.groups._plan.level)
        self._pass(function, dtype, sums, keep)
        mean, sd, mcse = (self._put_back(values) for values in self.figures(sums))
        return mean, sd, mcse, self._put_back(keep.ends().T).T

    def _pass(self, function: Function, dtype: type, sums: FloatArray, keep: Extremes) -> None:
        """Look at all draws, batch by batch."""
        n = self.count
        cuts = [
            (lo * _core.ABREAST, min(hi * _core.ABREAST, n))
            for lo, hi in pieces(-(-n // _core.ABREAST), max(1, GROUPS // _core.ABREAST), 1 << 20)
        ]
        most = max(some[-1][1] - some[0][0] for some in self._together())
        values: NDArray[Any] = np.empty((most, n), dtype=dtype)
        for some in self._together():
            fill = partial(self._fill, some[0][0], function, values)
            tasks = [partial(fill, *task) for lo, hi in some for task in self._tasks(lo, hi)]
            run_all(tasks, self.cores)

            def gather(a: int, b: int, some: list[tuple[int, int]] = some) -> None:
                for lo, hi in some:
                    x = values[lo - some[0][0] : hi - some[0][0], a:b]
                    x = np.ascontiguousarray(x, dtype=np.float64)
                    _core.add_batch(x, lo == 0, sums[:, a:b])
                keep.add(a, b, values[: some[-1][1] - some[0][0], a:b])

            run_all([partial(gather, *c) for c in cuts], self.cores)

    def _together(self) -> Iterator[list[tuple[int, int]]]:
        """Batches whose values are held at once: extremes are quicker of many draws than of few."""
        some: list[tuple[int, int]] = []
        for batch in self.batches:
            if some and batch[1] - some[0][0] > HELD:
                yield some
                some = []
            some.append(batch)
        yield some

    def figures(self, sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Make means, sds and Monte Carlo errors of (3) of csrc/ranks.h (4, groups)."""
        shift, first, second, between = sums
        mean, many = first / self.total, len(self.batches)
        sd = np.sqrt(np.maximum(second / self.total - mean * mean, 0.0))
        spread = np.maximum(between / many - mean * mean, 0.0)
        return shift + mean, sd, np.sqrt(spread / (many - 1))


ROOM = Room()  # of ranks


def check_single(groups: Joinable) -> None:
    """Refuse groups whose effects are vectors.

    Parameters
    ----------
    groups : Groups
        Of a fit.

    Raises
    ------
    ValueError
        If they are shares.
    """
    if groups._plan.graph.population == "Dirichlet":
        raise ValueError(
            "this is read of one number a group, and shares are vectors; compute it from "
            "fit.groups.draws(), which has one more axis"
        )


def rank_twice(effects: FloatArray, level: int = 0) -> NDArray[np.int32]:
    """Give twice the ranks of equation (2), 1 the largest: (1) of csrc/ranks.h.

    Parameters
    ----------
    effects : numpy.ndarray
        Effects (n, J).
    level : int
        Of the instruction set.

    Returns
    -------
    numpy.ndarray
        Twice the ranks (n, J), whole numbers where effects are the same too.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.joint import rank_twice
    >>> rank_twice(np.array([[0.0, 3.0, 0.0, -1.0]])) / 2
    array([[2.5, 1. , 2.5, 4. ]])
    """
    out = np.empty(effects.shape, dtype=np.int32)
    key = ROOM.get("key", (2, effects.shape[1]), np.uint64)
    for row, ranks in zip(effects, out, strict=True):
        _core.rank_twice(row, key, ranks, level)
    return out


def share_of_top(k: int, effects: FloatArray) -> NDArray[np.float32]:
    """Give 1 where a group is among the k largest, its part where places among them are shared.

    Parameters
    ----------
    k : int
        Places.
    effects : numpy.ndarray
        Effects (n, J).

    Returns
    -------
    numpy.ndarray
        Parts (n, J), which add up to k.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.joint import share_of_top
    >>> share_of_top(2, np.array([[0.0, 3.0, 0.0, -1.0]]))
    array([[0.5, 1. , 0.5, 0. ]], dtype=float32)
    """
    n, count = effects.shape
    out = np.ones((n, count), dtype=np.float32)
    if k == count:
        return out
    for t, row in enumerate(effects):
        least = np.partition(row, count - k)[count - k]
        above, same = row > least, row == least
        out[t] = above
        out[t][same] = (k - np.count_nonzero(above)) / np.count_nonzero(same)
    return out


def interval_names(prob: float) -> tuple[str, str]:
    """Name the ends of a central interval.

    Parameters
    ----------
    prob : float
        Probability inside.

    Returns
    -------
    tuple of str
        Such as "5%" and "95%".

    Raises
    ------
    ValueError
        If there is no such interval.

    Examples
    --------
    >>> from hierfast.joint import interval_names
    >>> interval_names(0.9)
    ('5%', '95%')
    """
    if not 0 < prob < 1:
        raise ValueError(f"prob must lie strictly between 0 and 1; got {prob}")
    return percent(0.5 * (1 - prob)), percent(0.5 * (1 + prob))
