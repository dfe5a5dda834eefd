"""Questions about groups: ranks, chances, differences, pooling, any function of an effect."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hierfast.sampler import FloatArray
from hierfast.table import GroupTable

if TYPE_CHECKING:
    from hierfast.comparison import Difference
    from hierfast.effects import Effects
    from hierfast.fitted import Draws
    from hierfast.plan import Plan


class Joinable(Protocol):
    """Groups of which joint draws can be made."""

    labels: NDArray[Any]
    _plan: Plan
    _draws: Draws
    _cores: int
    _natural: bool

    @property
    def n(self) -> NDArray[np.int64]:
        """Rows per group (J,)."""

    @property
    def mean(self) -> FloatArray:
        """Posterior means (J,)."""

    @property
    def sd(self) -> FloatArray:
        """Posterior standard deviations (J,)."""

    def _means(self) -> FloatArray:
        """Posterior means, read without a word about infinite ones."""

    def __len__(self) -> int:
        """Count the groups."""

    @property
    def _reader(self) -> Any:
        """What reads moments and quantiles of these groups."""

    def _positions(self, groups: Any) -> NDArray[np.intp]:
        """Find groups by their labels."""

    def _effects(self, at: NDArray[np.intp] | None) -> Effects:
        """Give what makes the effects of the groups at some places again."""

    def _fill(
        self, effects: Effects, chosen: NDArray[np.intp], chain: int, out: FloatArray
    ) -> None:
        """Make draws of a chain (n, groups) on the scale of these groups."""

    def draws(self, groups: Any = None, draws: Any = None) -> FloatArray:
        """Draw effects (chains, draws, groups)."""


def _table(groups: Joinable, columns: dict[str, NDArray[Any]]) -> GroupTable:
    return GroupTable(groups.labels, columns, groups._plan.group_name)


class Answers:
    """Questions about groups, each answered with its Monte Carlo error."""

    def rank(
        self: Joinable, *, prob: float = 0.9, largest_first: bool = True, draws: int | None = None
    ) -> GroupTable:
        """Rank the groups.

        A league table by posterior means hides how little is known of most places in it; what is given
        here is the posterior of every group's place: equation (2) of `hierfast.joint`.

        Parameters
        ----------
        prob : float
            Probability inside the interval of a rank.
        largest_first : bool
            Whether rank 1 is that of the largest effect.
        draws : int, optional
            Joint draws to rank; 400 by default, more where there are few groups.

        Returns
        -------
        GroupTable
            Columns ``mean``, the expected rank, ``sd``, ``mcse``, the Monte Carlo error of the mean, and
            the ends of the interval, ``5%`` and ``95%`` for 0.9.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> ranks = fit.groups.rank()
        >>> ranks.columns
        ('mean', 'sd', 'mcse', '5%', '95%')
        >>> 3 < ranks.row("A")["mean"] < 4
        True
        """
        from hierfast.joint import Joint, interval_names, rank_twice

        low, high = interval_names(prob)
        rank = partial(rank_twice, level=self._plan.level)
        way: Any = rank if largest_first else lambda x: rank(np.negative(x, out=x))
        found = Joint(self, draws, alike=True).read(way, np.int32, prob)
        mean, sd, mcse, ends = (0.5 * v for v in found)
        columns = {"mean": mean, "sd": sd, "mcse": mcse, low: ends[:, 0], high: ends[:, 1]}
        return _table(self, columns)

    def prob_top(
        self: Joinable, k: int, *, largest_first: bool = True, draws: int | None = None
    ) -> GroupTable:
        """Give the probability that a group is among the first.

        Parameters
        ----------
        k : int
            How many are the first.
        largest_first : bool
            Whether these are the largest, or else the smallest.
        draws : int, optional
            Joint draws; 400 by default, more where there are few groups.

        Returns
        -------
        GroupTable
            Columns ``prob`` and ``mcse``, its Monte Carlo error. The probabilities add up to k.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> round(float(fit.groups.prob_top(2)["prob"].sum()), 9)
        2.0
        """
        from hierfast.joint import Joint, share_of_top

        if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= len(self):
            raise ValueError(f"k must be a whole number of groups, 1 to {len(self)}; got {k!r}")
        share = partial(share_of_top, int(k))
        way: Any = share if largest_first else lambda x: share(np.negative(x, out=x))
        mean, _, mcse, _ = Joint(self, draws, alike=True).read(way, np.float32)
        return _table(self, {"prob": mean, "mcse": mcse})

    def prob_above(self: Joinable, x: float, *, draws: int | None = None) -> GroupTable:
        """Give the probability that a group's effect is above a value.

        Effects are integrated out given the hyperparameters wherever that is not slower than to draw
        them: equation (1) of `hierfast.chances`.

        Parameters
        ----------
        x : float
            The value, on the scale of `Groups.mean`.
        draws : int, optional
            Draws of the hyperparameters; 100 or more by default, by the number of groups.

        Returns
        -------
        GroupTable
            Columns ``prob`` and ``mcse``, its Monte Carlo error.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> 0.8 < fit.groups.prob_above(0).row("A")["prob"] < 0.95
        True
        """
        from hierfast.chances import chances_above

        if isinstance(x, bool) or not np.isfinite(x):
            raise ValueError(f"x must be a finite number; got {x!r}")
        chance, mcse = chances_above(self, float(x), draws)
        return _table(self, {"prob": chance, "mcse": mcse})

    def expect(
        self: Joinable,
        function: Callable[[FloatArray], Any],
        *,
        prob: float | None = None,
        draws: int | None = None,
    ) -> GroupTable:
        """Give the posterior mean of any function of a group's effect, or of all effects together.

        Parameters
        ----------
        function : callable
            Effects (n, J), a joint draw a row -> values (n, J).
        prob : float, optional
            Probability inside a central interval, whose ends are columns; none where it is None.
        draws : int, optional
            Joint draws; 50 by default, more of less than 800,000 groups. The error falls with their root.

        Returns
        -------
        GroupTable
            Columns ``mean``, ``sd``, ``mcse``, the Monte Carlo error of the mean, and ends of an interval.

        Raises
        ------
        ValueError
            If the function gives another shape, or a value that is not finite.

        Examples
        --------
        How much a group is above the mean of all:

        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> above = fit.groups.expect(lambda x: x - x.mean(axis=1, keepdims=True))
        >>> bool(abs(above["mean"].sum()) < 1e-9)
        True
        """
        from hierfast.joint import FEWEST, Joint, interval_names

        def checked(effects: FloatArray) -> FloatArray:
            values = np.asarray(function(effects), dtype=np.float64)
            if values.shape != effects.shape:
                raise ValueError(
                    f"function must give values of the shape of the effects {effects.shape}; it gave "
                    f"{values.shape}"
                )
            wrong = np.argwhere(~np.isfinite(values))
            if len(wrong):
                t, j = wrong[0]
                raise ValueError(
                    f"function gives {values[t, j]} for group {self.labels[j]!r}, whose effect is "
                    f"{effects[t, j]}; it must be finite"
                )
            return values

        names = () if prob is None else interval_names(prob)
        mean, sd, mcse, ends = Joint(self, draws, FEWEST).read(checked, np.float64, prob)
        columns = {"mean": mean, "sd": sd, "mcse": mcse}
        return _table(self, columns | dict(zip(names, ends.T, strict=True)))

    def compare(self: Joinable, a: Any, b: Any, *, prob: float = 0.9) -> Difference:
        """Compare two groups by all joint draws.

        Parameters
        ----------
        a, b : label
            Of the groups.
        prob : float
            Probability inside the interval.

        Returns
        -------
        Difference
            Of the effect of a and that of b: mean, sd, interval, the probability that it is above 0, Monte
            Carlo errors.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> found = fit.groups.compare("A", "C")
        >>> 0.6 < found.prob < 0.8
        True
        """
        from hierfast.comparison import Difference
        from hierfast.joint import check_single

        check_single(self)
        first, second = self._positions([a, b])
        if first == second:
            raise ValueError(f"a and b are both group {a!r}; give two groups")
        return Difference(a, b, self.draws([a, b]), prob)

    @property
    def mcse(self: Joinable) -> FloatArray:
        """Monte Carlo errors of the posterior means (J,), by batches of the draws.

        Effects are integrated out of the means, so that these are far more exact than means of as many
        draws of effects.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> bool((fit.groups.mcse < 0.02 * fit.groups.sd).all())
        True
        """
        from hierfast.pooling import error_of_means

        return error_of_means(self)

    def pooling(self: Joinable) -> GroupTable:
        """Put no, partial and complete pooling side by side.

        Returns
        -------
        GroupTable
            Columns ``n``; ``none``, what the group's own rows say, NaN where there are none (of counts on
            the link scale kept off its ends by half a count); ``partial`` and ``sd``, the posterior's mean
            and sd; ``complete``, the estimate if all groups were alike; ``factor``, what of the posterior
            is the population's: equations (1) to (3) of `hierfast.pooling`.

        Raises
        ------
        ValueError
            If the population is on a grid or of vectors, or scales differ by group.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> row = fit.groups.pooling().row("A")
        >>> row["none"], round(row["complete"], 1), row["factor"] > 0.8
        (28.0, 7.7, True)
        """
        from hierfast.pooling import estimates_of, factor_of

        factor = factor_of(self._plan, self._draws, self._cores)
        none, complete = estimates_of(self._plan, self._natural)
        columns: dict[str, NDArray[Any]] = {
            "n": self.n,
            "none": none,
            "partial": self.mean,
            "sd": self.sd,
            "complete": np.full(len(self), complete),
            "factor": factor,
        }
        return _table(self, columns)
