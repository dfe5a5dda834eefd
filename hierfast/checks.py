r"""Predictive checks: test statistics of replicated rows against those of the data.

With :math:`y^{rep}` drawn by equation (1) of `hierfast.predict` for the rows of the data,

.. math::

    p = P(T(y^{rep}) \ge T(y) \mid y), \qquad
    p_{mid} = P(T(y^{rep}) > T(y) \mid y) + \tfrac12 P(T(y^{rep}) = T(y) \mid y)                   \tag{1}

the latter for statistics of counts, which are often the same. Of the Monte Carlo error of p by batches of
draws, and of that of M independent draws, :math:`\sqrt{\tilde p (1 - \tilde p) / M}` with
:math:`\tilde p = (pM + 1) / (M + 2)`, the larger is given, so that none is 0. Source: Gelman, Meng and
Stern (1996), *Statistica Sinica* 6(4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.data import match_labels
from hierfast.labels import plain
from hierfast.observations import Observations, read_observations
from hierfast.prior_predictive import limit_rows
from hierfast.sample import make_seed
from hierfast.stage_draws import Batches, StageDraws
from hierfast.summary import import_pandas
from hierfast.threads import pieces, run_all

if TYPE_CHECKING:
    import pandas as pd

    from hierfast.fitted import Fitted

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Statistic = Callable[[FloatArray, IntArray], Any]

ROWS = 1_000_000  # rows times draws that are made at once
REPLICATES = ("same", "new")


def group_means(y: FloatArray, codes: IntArray) -> FloatArray:
    """Average the rows of each group.

    Parameters
    ----------
    y, codes : numpy.ndarray
        Outcomes and places of their groups (N,).

    Returns
    -------
    numpy.ndarray
        Means of the groups that have rows.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.checks import group_means
    >>> group_means(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 1]))
    array([1., 3.])
    """
    count = np.bincount(codes)
    has = count > 0
    return np.asarray(np.bincount(codes, y)[has] / count[has])


STATISTICS: dict[str, Statistic] = {
    "mean": lambda y, codes: y.mean(),
    "sd": lambda y, codes: y.std(),
    "min": lambda y, codes: y.min(),
    "max": lambda y, codes: y.max(),
    "zeros": lambda y, codes: (y == 0).mean(),
    "max_group_mean": lambda y, codes: group_means(y, codes).max(),
    "min_group_mean": lambda y, codes: group_means(y, codes).min(),
    "sd_group_means": lambda y, codes: group_means(y, codes).std(),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PredictiveCheck:
    """Test statistics of the data and of replicated rows.

    Attributes
    ----------
    observed : dict of str to float
        T(y) of each statistic.
    replicated : dict of str to numpy.ndarray
        T(y_rep) (chains, draws).
    p_value, p_mid : dict of str to float
        Equation (1) of `hierfast.checks`.
    mcse : dict of str to float
        Monte Carlo error of ``p_value``.
    replicate : str
        "same" or "new" groups.
    y : numpy.ndarray or None
        Replicated rows (chains, draws, N), where they were asked for.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> check = fit.posterior_predictive(table, statistic="max", replicate="new", random_seed=1)
    >>> check.observed, check.replicated["max"].shape
    ({'max': 28.0}, (4, 1000))
    """

    observed: dict[str, float]
    replicated: dict[str, FloatArray]
    p_value: dict[str, float]
    p_mid: dict[str, float]
    mcse: dict[str, float]
    replicate: str
    y: FloatArray | None = None

    def _columns(self) -> dict[str, list[float]]:
        found = self.replicated.values()
        return {
            "observed": list(self.observed.values()),
            "mean": [float(v.mean()) for v in found],
            "sd": [float(v.std()) for v in found],
            "p_value": list(self.p_value.values()),
            "p_mid": list(self.p_mid.values()),
            "mcse": list(self.mcse.values()),
        }

    def to_pandas(self) -> pd.DataFrame:
        """Give a data frame: a row a statistic.

        Returns
        -------
        pandas.DataFrame
            Columns ``observed``, ``mean`` and ``sd`` of replicated ones, ``p_value``, ``p_mid``, ``mcse``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pandas = import_pandas()
        return pandas.DataFrame(
            self._columns(), index=pandas.Index(self.observed, name="statistic")
        )

    def __repr__(self) -> str:
        """Print a row a statistic."""
        columns = self._columns()
        first = next(iter(self.replicated.values()))
        width = max(map(len, self.observed))
        head = " ".join(f"{name:>10}" for name in columns)
        lines = [f"{first.size:,} replications of rows in {self.replicate} groups"]
        lines.append(f"  {'':<{width}} {head}")
        for k, name in enumerate(self.observed):
            figures = " ".join(f"{v[k]:>10.4g}" for v in columns.values())
            lines.append(f"  {name:<{width}} {figures}")
        return "\n".join(lines)


def check_rows(
    fit: Fitted,
    data: Any,
    *,
    y: Any,
    group: Any,
    groups: Any,
    statistic: Any,
    replicate: str,
    draws: int | None,
    keep: bool,
    random_seed: Any,
) -> PredictiveCheck:
    """Replicate rows and compare them; see `Predictive.posterior_predictive`."""
    if replicate not in REPLICATES:
        raise ValueError(f"replicate must be 'same' or 'new'; got {replicate!r}")
    statistics = _name_statistics(statistic)
    observed, place = read_fitted(fit, data, y, group, groups, located=replicate == "new")
    joint = StageDraws(fit, draws, max(len(observed), len(fit.groups)))
    if observed.categories:
        plain_ones = [name for name in statistics if statistics[name] in STATISTICS.values()]
        if plain_ones:
            raise ValueError(
                f"statistic is {plain_ones[0]!r}, but Multinomial rows are counts (N, H): give a function "
                "of them and of the places of their groups"
            )
    work = _Replication(joint, observed, place, statistics, replicate == "new", keep)
    cuts = pieces(len(joint), max(1, ROWS // max(len(observed), len(fit.groups))), len(joint))
    seeds = np.random.SeedSequence(make_seed(random_seed)).spawn(len(cuts))
    tasks = [partial(work.run, *cut, seed) for cut, seed in zip(cuts, seeds, strict=True)]
    run_all(tasks, fit._cores)
    return work.result(replicate)


def read_fitted(
    fit: Fitted, data: Any, y: Any, group: Any, groups: Any, *, located: bool
) -> tuple[Observations, NDArray[np.intp]]:
    """Read rows with outcomes, of groups that were fitted.

    Parameters
    ----------
    fit : Fit
        The posterior.
    data, y, group, groups
        As in `Predictive.posterior_predictive`.
    located : bool
        Whether what the population's location reads is.

    Returns
    -------
    tuple
        The rows, one of weight w as w of them, and the place of each of their groups in the fit.

    Raises
    ------
    TypeError, ValueError
        If the outcome is not named, or a group was not fitted.
    """
    from hierfast.prior_predictive import name_graph

    y = fit.settings.y if y is None else y
    if y is None:
        raise TypeError(
            "y is missing: the fit was given an array, so give the outcome here as well"
        )
    group = fit.settings.group if group is None else group
    graph = name_graph(fit.model, y, fit.plan.group_name)
    given = (fit.model.likelihood, graph, data, y, group, groups if located else None)
    observed = read_observations(*given, located=located)
    place, there = match_labels(fit.groups.labels, observed.labels, fit.plan.group_name, "the fit")
    if not there.all():
        label = plain(observed.labels[int(np.argmin(there))])
        raise ValueError(
            f"the group {label!r} of {fit.plan.group_name} was not fitted ({int((~there).sum()):,} of "
            f"{len(there):,} groups were not); predict() takes new groups"
        )
    return observed.repeated(), place


def _name_statistics(given: Any) -> dict[str, Statistic]:
    several = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    found: dict[str, Statistic] = {}
    for one in several:
        if isinstance(one, str) and one not in STATISTICS:
            raise ValueError(
                f"statistic must be a function, or one of {', '.join(map(repr, STATISTICS))}; got {one!r}"
            )
        if not isinstance(one, str) and not callable(one):
            raise TypeError(f"statistic must be a name or a function; got {one!r}")
        name = one if isinstance(one, str) else getattr(one, "__name__", repr(one))
        while name in found:
            name += "'"
        found[name] = STATISTICS[one] if isinstance(one, str) else one
    if not found:
        raise ValueError("statistic is empty: name one, such as 'max'")
    return found


class _Replication:
    """Replicated rows on their way to statistics, some draws at a time."""

    def __init__(
        self,
        joint: StageDraws,
        observed: Observations,
        place: NDArray[np.intp],
        statistics: dict[str, Statistic],
        new: bool,
        keep: bool,
    ) -> None:
        assert observed.y is not None
        self.joint, self.observed, self.place, self.new = joint, observed, place, new
        self.statistics = statistics
        self.seen = {name: self._apply(name, observed.y) for name in statistics}
        self.found = {name: np.empty(len(joint)) for name in statistics}
        self.kept = np.empty((len(joint), *observed.y.shape)) if keep else None

    def _apply(self, name: str, y: FloatArray) -> float:
        value = np.asarray(self.statistics[name](y, self.observed.code), dtype=np.float64)
        if value.ndim or np.isnan(value):
            raise ValueError(
                f"the statistic {name!r} must give one number; of outcomes between {y.min():g} and "
                f"{y.max():g} it gave {value!r}"
            )
        return float(value)

    def run(self, lo: int, hi: int, seed: np.random.SeedSequence) -> None:
        """Replicate the rows at draws lo .. hi."""
        some = np.arange(lo, hi)
        of_groups, of_rows = (np.random.default_rng(s) for s in seed.spawn(2))
        joint, code = self.joint, self.observed.code
        stages = joint.stages.take(some)
        if self.new:
            offset = stages.offset(self.observed.location, self.observed.design)
            terms = joint.drawn(of_groups, len(self.place), offset, stages)
        else:
            whole = len(self.place) == len(joint.fit.groups)
            terms = joint.known(None if whole else self.place, some)
        scales = terms[1][:, code] if len(terms) > 1 else None
        rows = stages.rows(terms[0][:, code], self.observed, scales)
        y = limit_rows(joint.likelihood.simulate_rows(of_rows, rows), self.observed)
        for i, t in enumerate(some.tolist()):
            for name, found in self.found.items():
                found[t] = self._apply(name, y[i])
        if self.kept is not None:
            self.kept[some] = y

    def result(self, replicate: str) -> PredictiveCheck:
        """Compare."""
        shape = self.joint.shape
        batches, total = Batches(*shape), len(self.joint)
        p_value, p_mid, mcse = {}, {}, {}
        for name, found in self.found.items():
            above, same = found > self.seen[name], found == self.seen[name]
            p_value[name] = float((above | same).mean())
            p_mid[name] = float(above.mean() + 0.5 * same.mean())
            _, error = batches.read((above | same).astype(np.float64))
            p = (p_value[name] * total + 1.0) / (total + 2.0)
            mcse[name] = max(float(error), float(np.sqrt(p * (1.0 - p) / total)))
        replicated = {name: v.reshape(shape) for name, v in self.found.items()}
        kept = None if self.kept is None else self.kept.reshape(*shape, *self.kept.shape[1:])
        return PredictiveCheck(self.seen, replicated, p_value, p_mid, mcse, replicate, kept)
