"""The groups of a fit, read lazily: moments, quantiles, draws on demand."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.answers import Answers
from hierfast.choosing import Choosing
from hierfast.effects import Effects
from hierfast.identification import IdentificationWarning
from hierfast.readout import QuadratureReader, Reader, open_reader
from hierfast.sampler import FloatArray
from hierfast.summary import import_pandas, name_ends
from hierfast.tails import LOGS, describe, find_infinite
from hierfast.threads import run_all

if TYPE_CHECKING:
    import pandas as pd

    from hierfast.fitted import Draws
    from hierfast.plan import Plan

SHOWN = 3  # groups at each end of a repr
LABEL = 40  # characters of a label in a table
AT_ONCE = 200_000  # integrals that a repr may spend on reading all groups
FEW_POINTS = 200  # draws behind those of its figures that it reads for itself


class Groups(Answers, Choosing):
    """Posterior of every group's effect.

    Nothing of size groups x draws is held: means, sds and quantiles are those of mixtures over the
    draws of the hyperparameters, and `draws` makes any slice of the effects again, always the same.

    Attributes
    ----------
    labels : numpy.ndarray
        Sorted labels (J,).
    quantile_error : float
        Largest error found in the quantiles last read, in posterior sd; 0 where none were tabulated.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> fit.groups.mean.shape, fit.groups["A"].n
    ((8,), 1)
    """

    def __init__(self, plan: Plan, draws: Draws, cores: int, natural: bool = False) -> None:
        self._plan, self._draws, self._cores = plan, draws, cores
        self._natural = natural or plan.closed is not None or plan.graph.natural
        self.labels: NDArray[Any] = plan.statistics.labels
        self.quantile_error = 0.0

    @cached_property
    def _reader(self) -> Reader:
        draws = self._draws
        return open_reader(self._plan, draws.values, draws.parts, self._cores, self._natural)

    @cached_property
    def natural(self) -> Groups:
        """The same groups as probabilities (Binomial) or rates (Poisson).

        They are those already where the population lives on that scale; Normal rows have no other, and
        OrderedLogistic ones, whose cutpoints have a say in it, have none.

        Rates and times have no upper end, and a mean of theirs may be infinite: of groups without rows, or
        with censored ones alone, where the population is StudentT, or Logistic of a scale of 1 and more.
        Mean and sd are then given as infinite, with an `IdentificationWarning`; quantiles stay.
        It is the mixture over the draws that is judged. Where a scale is unknown, the mean over its whole
        posterior may be infinite all the same: of a group without rows, E[exp(mu + sigma^2 / 2)] under
        ``Normal(mu, HalfCauchy(1))``, or under any prior of sigma with a tail heavier than that of
        ``HalfNormal(1)`` (``HalfNormal(0.5)`` for the sd). What is read is then that of the draws, and
        grows with their number: quantiles are what to report.

        Examples
        --------
        >>> import hierfast as hf
        >>> table = hf.datasets.load("surgical")
        >>> model = hf.Model(hf.Binomial(n="operations"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))
        >>> fit = model.fit(table, y="deaths", group="hospital", random_seed=1)
        >>> 0.05 < fit.groups.natural["A"].mean < 0.06
        True
        """
        if self._natural or self._plan.cell is None:
            return self
        if not self._plan.statistics.link.natural:
            raise ValueError(
                f"groups of {self._plan.graph.title} rows have no natural scale: the probability of "
                "at most category k is 1 / (1 + exp(effect - cutpoint)), from fit.groups.draws() and "
                "fit.hyper['cutpoints[k]']"
            )
        return type(self)(self._plan, self._draws, self._cores, natural=True)

    @cached_property
    def _moments(self) -> tuple[FloatArray, FloatArray]:
        mean, sd = self._reader.moments()
        what = self._endless
        if what:
            infinite = find_infinite(self._plan, self._draws.values)
            mean, sd = (np.where(i, np.inf, v) for i, v in zip(infinite, (mean, sd), strict=True))
            text = describe(infinite, self.labels, what)
            if text:
                warnings.warn(text, IdentificationWarning, stacklevel=4)
        return mean, sd

    def _means(self) -> FloatArray:
        return self._reader.moments()[0]

    @property
    def _endless(self) -> str:
        """What is read, where it is an exponential that has no upper end."""
        plan = self._plan
        if not self._natural or plan.closed is not None or plan.cell is None:
            return ""
        link = plan.statistics.link
        return link.natural if link.name in LOGS else ""

    @property
    def n(self) -> NDArray[np.int64]:
        """Rows per group (J,)."""
        rows: NDArray[np.int64] = self._plan.statistics.n
        return rows

    @property
    def mean(self) -> FloatArray:
        """Posterior means (J,), in the unit of y; of logits or log rates for counts, see `natural`."""
        return self._moments[0]

    @property
    def sd(self) -> FloatArray:
        """Posterior standard deviations (J,), on the scale of the means."""
        return self._moments[1]

    @cached_property
    def membership(self) -> FloatArray:
        """Posterior probability (J, K) that a group is of each component of a `Mixture`.

        Of a component ``PointMass(0)`` it is the local false discovery rate (Efron 2001, *JASA* 96(456)).

        Raises
        ------
        ValueError
            If the population is no mixture.

        Examples
        --------
        >>> import hierfast as hf
        >>> kinds = hf.Mixture([hf.PointMass(0), hf.Normal(0, 10)], weights=[0.5, 0.5])
        >>> fit = hf.Model(hf.Normal(sigma=1), kinds).fit({"y": [0.3, -0.2, 9.0]}, y="y")
        >>> fit.groups.membership.round(2)[:, 0].tolist()
        [0.91, 0.91, 0.0]
        """
        if not self._plan.graph.parts:
            raise ValueError(
                f"membership is of populations that are a Mixture; here it is {self._plan.graph.population}"
            )
        return QuadratureReader(self._plan, self._draws.values, self._cores).shares()

    def _membership_of(self, position: int) -> FloatArray:
        """Membership (K,) of one group."""
        return np.asarray(self.membership[position])

    def quantile(self, probs: ArrayLike) -> FloatArray:
        """Posterior quantiles.

        Parameters
        ----------
        probs : array_like
            Probabilities (Q,) between 0 and 1, or one.

        Returns
        -------
        numpy.ndarray
            Quantiles (J, Q), or (J,) for a single probability.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
        >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
        >>> fit.groups.quantile([0.1, 0.5, 0.9]).shape
        (3, 3)
        """
        given = np.asarray(probs, dtype=np.float64)
        p = np.ascontiguousarray(given.ravel())
        wrong = p[~((p > 0) & (p < 1))]
        if len(wrong):
            raise ValueError(f"probs must lie strictly between 0 and 1; got {wrong[0]}")
        out = self._reader.quantiles(p)
        self.quantile_error = self._reader.error
        return out if given.ndim else out[:, 0]

    def interval(self, prob: float = 0.9) -> FloatArray:
        """Central posterior intervals.

        Parameters
        ----------
        prob : float
            Probability inside.

        Returns
        -------
        numpy.ndarray
            Lower and upper ends (J, 2).
        """
        if not 0 < prob < 1:
            raise ValueError(f"prob must lie strictly between 0 and 1; got {prob}")
        return self.quantile([0.5 * (1 - prob), 0.5 * (1 + prob)])

    def draws(self, groups: Any = None, draws: Any = None) -> FloatArray:
        """Draw effects; draw t of all groups belongs to draw t of ``fit.hyper``.

        Parameters
        ----------
        groups : label or sequence of labels or mask or slice, optional
            Which groups, as in `select`; all by default.
        draws : slice or sequence of int, optional
            Which draws of each chain; all by default.

        Returns
        -------
        numpy.ndarray
            Effects (chains, draws, groups); the same numbers whatever else is asked for.
        """
        at = None if groups is None else self._positions(groups)
        chosen = np.arange(self._draws.values.shape[2])
        if draws is not None:
            chosen = chosen[draws] if isinstance(draws, slice) else chosen[np.asarray(draws)]
        return self._make(at, chosen)

    def _make(self, at: NDArray[np.intp] | None, chosen: NDArray[np.intp]) -> FloatArray:
        """Make draws of the groups at some places (chains, draws, groups)."""
        chains = self._draws.values.shape[0]
        n = len(self.labels) if at is None else len(at)
        out = np.empty((chains, len(chosen), n))
        work = partial(self._fill, self._effects(at), chosen)
        run_all([partial(work, c, out[c]) for c in range(chains)], self._cores)
        return out

    def _fill(
        self, effects: Effects, chosen: NDArray[np.intp], chain: int, out: FloatArray
    ) -> None:
        """Make draws of a chain (n, groups) on the scale of these groups."""
        effects.fill(chosen, chain, out)
        if self._natural and self._plan.closed is None:
            out[...] = self._plan.statistics.link.inverse(out)

    def _effects(self, at: NDArray[np.intp] | None) -> Effects:
        """Give what makes the effects of the groups at some places again."""
        return Effects(self._plan, self._draws, at)

    def _one(self, position: int, label: Any) -> Group:
        return Group(self, position, label)

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.labels)

    def to_pandas(self, prob: float | None = 0.9) -> pd.DataFrame:
        """Give a data frame: a row a group.

        Parameters
        ----------
        prob : float, optional
            Probability inside a central interval, whose ends are columns; none where it is None.

        Returns
        -------
        pandas.DataFrame
            Columns ``n``, ``mean``, ``sd`` and, for 0.9, ``5%`` and ``95%``; indexed by the groups'
            labels under the name of the group column.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pandas = import_pandas()
        index = pandas.Index(self.labels, name=self._plan.group_name)
        return pandas.DataFrame(self._figures(prob), index=index)

    def to_arrow(self, prob: float | None = 0.9) -> Any:
        """Give an Arrow table: the rows and columns of `to_pandas`, labels a column as well.

        Parameters
        ----------
        prob : float, optional
            As in `to_pandas`.

        Returns
        -------
        pyarrow.Table
            Labels, text where they are tuples, under the name of the group column, or ``<name>_group``
            where a figure has that name.

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        """
        from hierfast.arrow import make_table

        return make_table(self._index(), self._figures(prob))

    def _index(self) -> dict[str, NDArray[Any]]:
        """Columns that name the rows of a table."""
        return {self._plan.group_name: self.labels}

    def _figures(self, prob: float | None) -> dict[str, NDArray[Any]]:
        """Columns of a table."""
        columns: dict[str, NDArray[Any]] = {"n": self.n, "mean": self.mean, "sd": self.sd}
        return columns | ({} if prob is None else name_ends(self.interval(prob), prob))

    def _shown(self) -> tuple[str, list[list[str]]]:
        """Write the largest and the smallest; those in the data where reading all takes long."""
        count = len(self)
        points = self._draws.values.shape[0] * self._draws.values.shape[2]
        plan = self._plan
        integrals = points * (count if plan.cell is None else len(plan.cells))
        slow = isinstance(self._reader, QuadratureReader) and integrals > AT_ONCE
        slow = slow and plan.location is None and len(plan.informed) == count and not self._natural
        by_data = slow and "_moments" not in self.__dict__
        key = self._raw if by_data else self.mean
        order = extremes(key)
        mean, sd = self._few(order) if by_data else (self.mean[order], self.sd[order])
        size = self.n[order]
        rows = [[self._plan.group_name, "mean", "sd", "n"]]
        for k, j in enumerate(order):
            if len(order) < count and k == SHOWN:
                rows.append(["...", "", "", ""])
            label = shorten(str(self.labels[j]))
            rows.append([label, f"{mean[k]:.4g}", f"{sd[k]:.3g}", f"{size[k]:,}"])
        which = "largest and smallest in the data" if by_data else "largest and smallest"
        told = f", {which}" if len(order) < count else ""
        scale = ""
        if plan.cell is not None:
            link = plan.statistics.link
            scale = f" of the {link.natural if self._natural else link.scale}"
        return f"{count:,} groups ({plan.group_name}), posterior mean and sd{scale}{told}", rows

    @property
    def _raw(self) -> FloatArray:
        """What the data say of every group, to order them by."""
        raw: FloatArray = self._plan.statistics.mean
        return raw

    def _few(self, at: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Moments of a few groups under quadrature, from some of the draws."""
        values = np.concatenate(list(self._draws.values), axis=1).T
        points = np.ascontiguousarray(values[:: max(1, len(values) // FEW_POINTS)])
        mean, sd = np.empty((2, len(points), len(at)))
        cell = at if self._plan.cell is None else self._plan.cell[at]
        for i, x in enumerate(points):
            self._plan.integrals.moments(x, cell, mean[i], sd[i])
        return mean.mean(axis=0), np.sqrt((sd * sd).mean(axis=0) + mean.var(axis=0))

    def __repr__(self) -> str:
        """Print how many there are, the largest and the smallest."""
        title, (_, *rows) = self._shown()
        width = max(16, *(len(row[0]) for row in rows))
        lines = [
            f"  {row[0]:<{width}} {row[1]:>12} {row[2]:>10}   n={row[3]}" if row[1] else "  ..."
            for row in rows
        ]
        return "\n".join([title, *lines])

    def _repr_html_(self) -> str:
        from hierfast.html import table

        title, rows = self._shown()
        return table(rows, title)


def extremes(key: FloatArray) -> NDArray[np.intp]:
    """Find the positions of the largest, falling, and of the smallest; of all where there are few.

    Parameters
    ----------
    key : numpy.ndarray
        Values (J,).

    Returns
    -------
    numpy.ndarray
        Positions.
    """
    if len(key) <= 2 * SHOWN + 4:
        return np.argsort(-key, kind="stable")
    order = np.argpartition(key, (SHOWN - 1, len(key) - SHOWN))
    ends = np.concatenate([order[:SHOWN], order[-SHOWN:]])
    return ends[np.argsort(-key[ends], kind="stable")]


def shorten(text: str, most: int = LABEL) -> str:
    """Cut a text that is too long for a table.

    Parameters
    ----------
    text : str
        A label.
    most : int
        Characters to keep, those that say so included.

    Returns
    -------
    str
        The text in one line.

    Examples
    --------
    >>> from hierfast.groups import shorten
    >>> shorten("Llanfairpwllgwyngyll", 12)
    'Llanfairp...'
    """
    text = " ".join(text.split()) if not text.isprintable() else text
    return text if len(text) <= most else text[: most - 3] + "..."


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """One group of a fit.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> school = fit.groups["A"]
    >>> school.draws().shape, len(school.interval(0.5))
    ((4, 1000), 2)
    """

    groups: Groups
    position: int
    label: Any

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.groups.n[self.position])

    @property
    def mean(self) -> float:
        """Posterior mean."""
        return float(self.groups.mean[self.position])

    @property
    def sd(self) -> float:
        """Posterior standard deviation."""
        return float(self.groups.sd[self.position])

    @property
    def membership(self) -> FloatArray:
        """Posterior probability (K,) of each component; see `Groups.membership`."""
        return self.groups._membership_of(self.position)

    def quantile(self, probs: ArrayLike) -> FloatArray:
        """Posterior quantiles (Q,); see `Groups.quantile`."""
        return np.asarray(self.groups.quantile(probs)[self.position])

    def interval(self, prob: float = 0.9) -> tuple[float, float]:
        """Central posterior interval; see `Groups.interval`."""
        low, high = self.groups.interval(prob)[self.position]
        return float(low), float(high)

    def draws(self, draws: Any = None) -> FloatArray:
        """Draws of the effect (chains, draws); see `Groups.draws`."""
        return self.groups.draws([self.label], draws)[:, :, 0]

    def __repr__(self) -> str:
        """Print mean, sd and size."""
        label = shorten(repr(self.label))
        return f"Group({label}: mean {self.mean:.4g}, sd {self.sd:.3g}, n={self.n})"

    def _repr_html_(self) -> str:
        from hierfast.html import table

        cells = [shorten(str(self.label)), f"{self.mean:.4g}", f"{self.sd:.3g}", f"{self.n:,}"]
        return table([[self.groups._plan.group_name, "mean", "sd", "n"], cells])
