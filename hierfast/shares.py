r"""Groups whose effect is a vector of shares: a Dirichlet's, read category by category.

Given the hyperparameters a group's shares are Dirichlet(alpha + y), and so one of them alone is

.. math:: p_k \mid y \sim \mathrm{Beta}(\alpha_k + y_k, A - \alpha_k + n - y_k)       \tag{1}

the probability of a Beta population with other shapes: each category is read as `hierfast.conjugate` reads
those, from the pairs of its count and the trials. Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed.,
table A.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.conjugate import BetaGroups, ConjugateReader
from hierfast.counts import Counts, compute_cells
from hierfast.groups import Group, Groups, extremes, shorten
from hierfast.labels import label_keys
from hierfast.links import LINKS
from hierfast.sample import read
from hierfast.summary import import_pandas, name_ends
from hierfast.threads import run_all

if TYPE_CHECKING:
    import pandas as pd

    from hierfast.fitted import Draws
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]

COLUMNS = 6  # categories in a repr
AT_ONCE = 1_000_000  # terms of mixtures that are read at once, where there are so few


class CategoryReader(ConjugateReader):
    """One category of all groups: equation (1).

    Parameters
    ----------
    alpha, others : numpy.ndarray
        Its alpha and the sum of the others', at all draws (M,).
    counts : Counts
        Its counts and the trials of all groups.
    cores : int
        Threads; they change nothing.
    """

    def __init__(self, alpha: FloatArray, others: FloatArray, counts: Counts, cores: int) -> None:
        self.family, self.a, self.b = BetaGroups, alpha, others
        self.cores, self.error = cores, 0.0
        cells = compute_cells(counts, True)
        self.y, self.size, self.cell = cells.y, cells.size, cells.cell
        self._moments = None
        if len(alpha) * len(self.y) <= AT_ONCE:
            self._moments = self._mixture(alpha, others, np.arange(len(self.y)))


class ShareEffects:
    """Makes shares again: a function of the draw of phi, the group's label and the sweep.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    draws : Draws
        Of the hyperparameters.
    at : numpy.ndarray, optional
        Places of the groups that are wanted; all by default.
    """

    def __init__(self, plan: Plan, draws: Draws, at: NDArray[np.intp] | None) -> None:
        stats = plan.statistics
        self.plan, self.draws = plan, draws
        self.keys = stats.keys()[1] if at is None else label_keys(stats.labels[at])
        self.y: FloatArray = np.ascontiguousarray(stats.y if at is None else stats.y[at])

    def fill(self, chosen: NDArray[np.intp], chain: int, out: FloatArray) -> None:
        """Make draws of a chain (n, groups, H)."""
        key = _core.key(self.draws.seed, self.draws.chains[chain], 0, _core.THETA)
        for i, t in enumerate(chosen.tolist()):
            x = np.ascontiguousarray(self.draws.values[chain, :, t])
            self.plan.closed.draw(x, key, self.plan.tune + 1 + t, self.keys, self.y, out[i])


class ShareGroups(Groups):
    """Posterior of every group's shares, one a category.

    As `Groups`, with one more axis, that of the categories.

    Attributes
    ----------
    labels : numpy.ndarray
        Sorted labels (J,).
    categories : tuple of str
        Names of the categories (H,).
    quantile_error : float
        Largest error found in the quantiles last read, in posterior sd; 0 where none were tabulated.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Multinomial(), hf.Dirichlet([hf.Exponential(0.05)] * 4))
    >>> table = hf.datasets.load("pollen")
    >>> fit = model.fit(table, y=["pine", "fir", "oak", "alder"], group="level", random_seed=1)
    >>> fit.groups.mean.shape, fit.groups.quantile([0.05, 0.95]).shape
    ((73, 4), (73, 4, 2))
    >>> fit.groups[1].mean.round(2)
    array([0.91, 0.01, 0.06, 0.02])
    """

    def __init__(self, plan: Plan, draws: Draws, cores: int) -> None:
        super().__init__(plan, draws, cores)
        self.categories: tuple[str, ...] = plan.statistics.categories

    @cached_property
    def _readers(self) -> list[CategoryReader]:
        stats, draws = self._plan.statistics, self._draws
        x = np.ascontiguousarray(np.concatenate(list(draws.values), axis=1))
        alpha = np.array([read(arg, x, x.shape[1]) for arg in self._plan.graph.shape])
        below, above = np.zeros((2, *alpha.shape))
        np.cumsum(alpha[:-1], axis=0, out=below[1:])
        np.cumsum(alpha[:0:-1], axis=0, out=above[-2::-1])
        size, link = stats.size, LINKS["logit"]
        return [
            CategoryReader(
                alpha[k],
                below[k] + above[k],
                Counts(
                    stats.labels,
                    np.ascontiguousarray(stats.y[:, k]),
                    size,
                    stats.rows,
                    stats.name,
                    link,
                ),
                self._cores,
            )
            for k in range(len(alpha))
        ]

    @cached_property
    def _moments(self) -> tuple[FloatArray, FloatArray]:
        mean, sd = zip(*(reader.moments() for reader in self._readers), strict=True)
        return np.stack(mean, axis=1), np.stack(sd, axis=1)

    def _means(self) -> FloatArray:
        return self._moments[0]

    @property
    def natural(self) -> ShareGroups:
        """The same: shares are probabilities already."""
        return self

    @property
    def counts(self) -> FloatArray:
        """Counts of every group (J, H)."""
        counts: FloatArray = self._plan.statistics.y
        return counts

    @property
    def mean(self) -> FloatArray:
        """Posterior means (J, H)."""
        return self._moments[0]

    @property
    def sd(self) -> FloatArray:
        """Posterior standard deviations (J, H)."""
        return self._moments[1]

    def quantile(self, probs: ArrayLike) -> FloatArray:
        """Posterior quantiles.

        Parameters
        ----------
        probs : array_like
            Probabilities (Q,) between 0 and 1, or one.

        Returns
        -------
        numpy.ndarray
            Quantiles (J, H, Q), or (J, H) for a single probability.
        """
        given = np.asarray(probs, dtype=np.float64)
        p = np.ascontiguousarray(given.ravel())
        wrong = p[~((p > 0) & (p < 1))]
        if len(wrong):
            raise ValueError(f"probs must lie strictly between 0 and 1; got {wrong[0]}")
        out = np.stack([reader.quantiles(p) for reader in self._readers], axis=1)
        self.quantile_error = max(reader.error for reader in self._readers)
        return out if given.ndim else out[:, :, 0]

    def interval(self, prob: float = 0.9) -> FloatArray:
        """Central posterior intervals (J, H, 2); see `Groups.interval`."""
        return super().interval(prob)

    def draws(self, groups: Any = None, draws: Any = None) -> FloatArray:
        """Draw shares; draw t of all groups belongs to draw t of ``fit.hyper``.

        Parameters
        ----------
        groups : label or sequence of labels or mask or slice, optional
            Which groups, as in `select`; all by default.
        draws : slice or sequence of int, optional
            Which draws of each chain; all by default.

        Returns
        -------
        numpy.ndarray
            Shares (chains, draws, groups, H); the same numbers whatever else is asked for.
        """
        return super().draws(groups, draws)

    def _make(self, at: NDArray[np.intp] | None, chosen: NDArray[np.intp]) -> FloatArray:
        """Make draws of the groups at some places (chains, draws, groups, H)."""
        effects = self._effects(at)
        out = np.empty((self._draws.values.shape[0], len(chosen), *effects.y.shape))
        run_all([partial(effects.fill, chosen, c, out[c]) for c in range(len(out))], self._cores)
        return out

    def _effects(self, at: NDArray[np.intp] | None) -> ShareEffects:  # type: ignore[override]
        return ShareEffects(self._plan, self._draws, at)

    def _one(self, position: int, label: Any) -> ShareGroup:
        return ShareGroup(self, position, label)

    def to_pandas(self, prob: float | None = 0.9) -> pd.DataFrame:
        """Give a data frame: a row a group and category.

        Parameters
        ----------
        prob : float, optional
            Probability inside a central interval, whose ends are columns; none where it is None.

        Returns
        -------
        pandas.DataFrame
            Columns ``n`` (rows of the group), ``count``, ``mean``, ``sd`` and, for 0.9, ``5%`` and ``95%``;
            indexed by the groups' labels, under the name of the group column, and by ``category``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pandas = import_pandas()
        names = [self._plan.group_name, "category"]
        index = pandas.MultiIndex.from_product([self.labels, self.categories], names=names)
        return pandas.DataFrame(self._figures(prob), index=index)

    def _index(self) -> dict[str, NDArray[Any]]:
        count = len(self.categories)
        category = np.tile(np.array(self.categories), len(self.labels))
        return {self._plan.group_name: np.repeat(self.labels, count), "category": category}

    def _figures(self, prob: float | None) -> dict[str, NDArray[Any]]:
        columns: dict[str, NDArray[Any]] = {
            "n": np.repeat(self.n, len(self.categories)),
            "count": self.counts.ravel().astype(np.int64),
            "mean": self.mean.ravel(),
            "sd": self.sd.ravel(),
        }
        ends = None if prob is None else self.interval(prob).reshape(-1, 2)
        return columns | ({} if ends is None or prob is None else name_ends(ends, prob))

    def _shown(self) -> tuple[str, list[list[str]]]:
        """Write means of the groups in which the first category is most and least frequent."""
        order, shown = extremes(self.mean[:, 0]), self.categories[:COLUMNS]
        cut = ["..."] * (len(self.categories) > COLUMNS)
        rows = [[self._plan.group_name, *(shorten(name, 12) for name in shown), *cut, "n"]]
        for k, j in enumerate(order):
            if len(order) < len(self) and k == len(order) // 2:
                rows.append(["...", *[""] * (len(shown) + len(cut) + 1)])
            figures = [f"{m:.4g}" for m in self.mean[j, : len(shown)]]
            label = shorten(str(self.labels[j]))
            rows.append([label, *figures, *([""] * len(cut)), f"{self.n[j]:,}"])
        told = f", most and least {self.categories[0]}" if len(order) < len(self) else ""
        return (
            f"{len(self):,} groups ({self._plan.group_name}), posterior means of shares{told}",
            rows,
        )

    def __repr__(self) -> str:
        """Print how many there are, and those at both ends of the first category."""
        title, rows = self._shown()
        width = max(16, *(len(row[0]) for row in rows))
        lines = []
        for row in rows:
            cells = "".join(f" {cell:>12}" for cell in row[1:-1])
            lines.append(f"  {row[0]:<{width}}{cells}   {row[-1]}".rstrip())
        return "\n".join([title, *lines])


@dataclass(frozen=True, slots=True, repr=False)
class ShareGroup(Group):
    """One group of a fit with shares.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Multinomial(), hf.Dirichlet(hf.Exponential(1)))
    >>> data = {"shop": ["a", "b"], "red": [3, 1], "blue": [2, 6], "green": [0, 1]}
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", hf.IdentificationWarning)
    ...     fit = model.fit(data, y=["red", "blue", "green"], group="shop", random_seed=1)
    >>> fit.groups["a"].mean.shape, fit.groups["a"].draws().shape
    ((3,), (4, 1000, 3))
    """

    groups: ShareGroups

    @property
    def mean(self) -> FloatArray:  # type: ignore[override]
        """Posterior means (H,)."""
        return np.asarray(self.groups.mean[self.position])

    @property
    def sd(self) -> FloatArray:  # type: ignore[override]
        """Posterior standard deviations (H,)."""
        return np.asarray(self.groups.sd[self.position])

    def quantile(self, probs: ArrayLike) -> FloatArray:
        """Posterior quantiles (H, Q); see `ShareGroups.quantile`."""
        return np.asarray(self.groups.quantile(probs)[self.position])

    def interval(self, prob: float = 0.9) -> tuple[FloatArray, FloatArray]:  # type: ignore[override]
        """Central posterior interval: both ends (H,)."""
        low, high = self.groups.interval(prob)[self.position].T
        return low, high

    def draws(self, draws: Any = None) -> FloatArray:
        """Draws of the shares (chains, draws, H); see `ShareGroups.draws`."""
        return self.groups.draws([self.label], draws)[:, :, 0]

    def _cells(self) -> list[list[str]]:
        names = self.groups.categories
        head = [shorten(str(self.label)), "mean", "sd"]
        figures = zip(names, self.mean.tolist(), self.sd.tolist(), strict=True)
        return [head, *([shorten(k), f"{m:.4g}", f"{s:.3g}"] for k, m, s in figures)]

    def __repr__(self) -> str:
        """Print mean and sd of every share, and the group's size."""
        _, *rows = self._cells()
        inside = ", ".join(f"{name} {mean} ({sd})" for name, mean, sd in rows[:COLUMNS])
        more = ", ..." * (len(rows) > COLUMNS)
        return f"ShareGroup({shorten(repr(self.label))}: {inside}{more}, n={self.n})"

    def _repr_html_(self) -> str:
        from hierfast.html import table

        return table(self._cells())
