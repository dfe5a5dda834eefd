r"""Predictions of rows, of groups that were fitted and of others, from joint draws.

At each joint draw m of the posterior a group that was fitted has its effect, any other one an effect drawn
from the population, which all rows of that group share:

.. math::

    \theta_j^{(m)} \sim p(\theta_j \mid y, \phi^{(m)}) \text{ or } p(\theta \mid \phi^{(m)}),
    \qquad \tilde y_i^{(m)} \sim p(y \mid \theta_{j(i)}^{(m)}, \phi^{(m)})                          \tag{1}

The mean of an outcome is that of its conditional means, which has the smaller error,

.. math:: E[\tilde y_i \mid y] = \frac1M \sum_m E[y \mid \theta_{j(i)}^{(m)}, \phi^{(m)}].           \tag{2}

Rows are made block by block of groups, and of each block no more than its figures are kept. Where there are
very many, figures are made of groups that stand for others, `hierfast.alike.choose_alike`, and of rows that
differ in what is read of them; all new groups are alike. Source: Gelman
et al., *Bayesian Data Analysis*, 3rd ed., section 5.5.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.alike import MOST, Alike, choose_alike
from hierfast.data import match_labels
from hierfast.diagnose import percent
from hierfast.identification import IdentificationWarning
from hierfast.observations import Observations, read_observations
from hierfast.prior_predictive import name_graph
from hierfast.sample import make_seed
from hierfast.stage_draws import LEAST, Batches, StageDraws
from hierfast.summary import import_pandas
from hierfast.tails import find_infinite_rows
from hierfast.threads import run_all

if TYPE_CHECKING:
    import pandas as pd

    from hierfast.fitted import Fitted

FloatArray = NDArray[np.float64]

KINDS = ("mean", "outcome")
ROWS = 1_000_000  # rows times draws that are made at once
MANY = 100_000  # rows beyond which those alike are made once
NUMBERS = 4_000_000  # rows times draws that are made of these
SHOWN = 4  # rows at each end of a repr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Prediction:
    """What is predicted of rows.

    Attributes
    ----------
    kind : str
        "mean": of a row's mean given its group; "outcome": of the row itself.
    mean, sd : numpy.ndarray
        Predictive mean and standard deviation (N,); of Multinomial rows (N, H), as all that follows.
    mcse : numpy.ndarray
        Monte Carlo error of the mean (N,).
    probs : tuple of float
        Of the quantiles (Q,).
    quantiles, quantile_mcse : numpy.ndarray
        Quantiles and their Monte Carlo errors (N, Q).
    group : numpy.ndarray
        Label of each row's group (N,).
    new : numpy.ndarray
        Whether that was not among those that were fitted (N,).
    count : int
        Joint draws they are of.
    draws : numpy.ndarray or None
        These draws (chains, draws, N), where they were asked for.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> fit = model.fit(hf.datasets.load("eight_schools"), y="effect", group="school", random_seed=1)
    >>> found = fit.predict({"school": ["A", "new"]}, random_seed=1)
    >>> found.new, found.probs, found.quantiles.shape
    (array([False,  True]), (0.05, 0.5, 0.95), (2, 3))
    """

    kind: str
    mean: FloatArray
    sd: FloatArray
    mcse: FloatArray
    probs: tuple[float, ...]
    quantiles: FloatArray
    quantile_mcse: FloatArray
    group: NDArray[Any]
    new: NDArray[np.bool_]
    count: int
    categories: tuple[str, ...] = ()
    draws: FloatArray | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.mean)

    def _columns(self) -> dict[str, FloatArray]:
        columns = {"mean": self.mean, "sd": self.sd, "mcse": self.mcse}
        ends = {percent(p): self.quantiles[..., k] for k, p in enumerate(self.probs)}
        return columns | ends

    def to_pandas(self) -> pd.DataFrame:
        """Give a data frame: a row a row, in their order; of Multinomial rows one a category too.

        Returns
        -------
        pandas.DataFrame
            Columns ``group``, ``new``, ``mean``, ``sd``, ``mcse`` and the quantiles.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pandas = import_pandas()
        each = max(1, len(self.categories))
        columns: dict[str, Any] = {
            "group": np.repeat(self.group, each),
            "new": np.repeat(self.new, each),
        }
        columns |= {name: v.reshape(-1) for name, v in self._columns().items()}
        index = None
        if self.categories:
            parts = [range(len(self)), self.categories]
            index = pandas.MultiIndex.from_product(parts, names=["row", "category"])
        return pandas.DataFrame(columns, index=index)

    def __repr__(self) -> str:
        """Print what was predicted, and the rows at both ends."""
        new = int(self.new.sum())
        head = (
            f"Prediction of the {self.kind} of {len(self):,} rows, {new:,} of them of new groups; "
            f"{self.count:,} joint draws"
        )
        if self.categories:
            return f"{head}; categories {', '.join(self.categories[: 2 * SHOWN])}"
        columns = self._columns()
        lines = [head, "  " + " ".join(f"{name:>10}" for name in ("row", *columns))]
        for i in range(len(self)):
            if SHOWN <= i < len(self) - SHOWN:
                if i == SHOWN:
                    lines.append("  ...")
                continue
            lines.append(f"  {i:>10} " + " ".join(f"{v[i]:>10.4g}" for v in columns.values()))
        return "\n".join(lines)


def predict_rows(
    fit: Fitted,
    data: Any,
    *,
    kind: str,
    y: Any,
    group: Any,
    groups: Any,
    probs: Sequence[float],
    draws: int | None,
    keep: bool,
    random_seed: Any,
) -> Prediction:
    """Predict rows; see `Predictive.predict`."""
    if kind not in KINDS:
        raise ValueError(f"kind must be 'mean' or 'outcome'; got {kind!r}")
    levels = tuple(float(p) for p in probs)
    wrong = [p for p in levels if not 0 < p < 1]
    if wrong:
        raise ValueError(f"probs must lie strictly between 0 and 1; got {wrong[0]}")
    group = group_of(fit, group)
    observed, place, new = _read_new(fit, data, kind, y, group, groups)
    seed, few = np.random.SeedSequence(make_seed(random_seed)), None
    if len(observed) > MANY and not keep:
        few = _find_alike(fit, observed, place, new)
    if few is None:
        joint = StageDraws(fit, draws, len(observed))
        work = _Work(joint, observed, place, new, kind, levels, keep)
        work.run(seed)
        work.check()
    else:
        alike, rows, at, fresh = few
        most = max(LEAST, NUMBERS // len(rows)) if draws is None else draws
        joint = StageDraws(fit, most, len(rows))
        small = _Work(joint, rows, at, fresh, kind, levels, keep=False)
        small.run(seed)
        small.check()
        work = small.spread(alike, observed, place, new)
    _mark_infinite(fit, work)
    names = getattr(fit.plan.statistics, "categories", ())
    return Prediction(
        kind,
        work.mean,
        work.sd,
        work.mcse,
        levels,
        work.quantiles,
        work.errors,
        observed.labels[observed.code],
        new[observed.code],
        len(joint),
        names,
        work.kept,
    )


def _find_alike(
    fit: Fitted, observed: Observations, place: NDArray[np.intp], new: NDArray[np.bool_]
) -> tuple[Alike, Observations, NDArray[np.intp], NDArray[np.bool_]] | None:
    """Find rows whose figures tell those of all; None where these are hardly fewer."""
    graph, fresh = fit.plan.graph, new[observed.code]
    if fresh.any() and (graph.design or graph.location_column is not None):
        return None
    if observed.noise is not None:
        return None
    whole = choose_alike(fit.plan, near=False)
    if len(whole.at) > MOST:
        return None
    groups = whole.take(np.where(fresh, 0, place[observed.code]))
    size = np.broadcast_to(observed.size, len(fresh))
    sizes, kind = np.unique(size, return_inverse=True)
    some = len(whole.at) + 1  # the last of which is a new group
    low, high = (
        np.where(fresh, some - 1, k) * len(sizes) + kind for k in (groups.low, groups.high)
    )
    keys, first = np.unique(np.concatenate([low, high]), return_inverse=True)
    if len(keys) > len(fresh) // 4:
        return None
    code, of_size = np.divmod(keys, len(sizes))
    labels = np.append(fit.groups.labels[whole.at], fit.groups.labels[:1])
    rows = replace(
        observed,
        labels=labels,
        code=code,
        row=np.arange(len(keys)),
        size=sizes[of_size],
        location=None,
        design=None,
    )
    alike = Alike(keys, first[: len(low)], first[len(low) :], groups.part)
    return alike, rows, np.append(whole.at, 0), np.arange(some) == some - 1


def _mark_infinite(fit: Fitted, work: _Work) -> None:
    """Give means and sds that are infinite as such, NaN means that do not exist, and warn of both."""
    plan, values, code = fit.plan, fit._draws.values, work.observed.code
    new = work.new[code]
    known, infinite = find_infinite_rows(plan, values, work.kind, new=False)
    other, _ = find_infinite_rows(plan, values, work.kind, new=True)
    rows = np.where(new, other, known[:, np.where(new, 0, work.place[code])])
    if not rows.any():
        return
    either = rows.any(axis=0)
    work.mean[rows[0]] = np.inf if infinite else np.nan
    work.sd[either] = work.mcse[either] = np.inf
    lacks = "" if infinite or not rows[0].any() else ", and so such a mean does not exist (NaN)"
    warnings.warn(
        f"the mean of {int(rows[0].sum()):,} and the sd of {int(either.sum()):,} of {len(code):,} "
        f"predicted rows is infinite{lacks}: the population's tail, or that of rows, is too heavy for what "
        "the rows of their groups say; read quantiles instead",
        IdentificationWarning,
        stacklevel=4,
    )


def group_of(fit: Fitted, group: Any) -> Any:
    """Give the group column of new rows: that of the fit, unless another was given.

    Parameters
    ----------
    fit : Fit
        The posterior.
    group : str or array_like or None
        What was given.

    Returns
    -------
    str or array_like
        The column, or its values.

    Raises
    ------
    TypeError
        If neither says it.
    """
    if group is None and fit.settings.group is None:
        raise TypeError(
            "group is missing: the fit was not given the name of a group column, so name the column of "
            "labels in these rows, or give their values; labels of the fit are like "
            f"{fit.groups.labels[0]!r}"
        )
    return fit.settings.group if group is None else group


def _read_new(
    fit: Fitted, data: Any, kind: str, y: Any, group: Any, groups: Any
) -> tuple[Observations, NDArray[np.intp], NDArray[np.bool_]]:
    """Read new rows; find their groups among those of the fit, and read about others what they need."""
    likelihood, known = fit.model.likelihood, fit.groups.labels
    graph = name_graph(
        fit.model, getattr(fit.plan.statistics, "categories", None), fit.plan.group_name
    )
    if kind == "mean":
        graph = replace(graph, noise_column=None)
    read = partial(read_observations, likelihood, graph, data, y, group, weigh=False)
    observed = read(located=False)
    place, there = match_labels(known, observed.labels, fit.plan.group_name, "the fit")
    if not there.all() and (graph.location_column is not None or graph.design):
        observed = read(groups)
        place, there = match_labels(known, observed.labels, fit.plan.group_name, "the fit")
    return observed, place, ~there


class _Work:
    """Rows on their way to figures, block by block of groups."""

    def __init__(
        self,
        joint: StageDraws,
        observed: Observations,
        place: NDArray[np.intp],
        new: NDArray[np.bool_],
        kind: str,
        probs: tuple[float, ...],
        keep: bool,
    ) -> None:
        self.joint, self.observed, self.place, self.new = joint, observed, place, new
        self.kind, self.probs = kind, probs
        categories = joint.stages.categories
        shape = (len(observed), categories) if categories else (len(observed),)
        self.mean, self.sd, self.mcse = np.empty((3, *shape))
        self.quantiles, self.errors = np.empty((2, *shape, len(probs)))
        self.kept = np.empty((*joint.shape, *shape)) if keep else None
        self.order = np.argsort(observed.code, kind="stable")
        self.ends = np.append(0, np.cumsum(np.bincount(observed.code, minlength=len(place))))
        self.offset = joint.stages.offset(observed.location, observed.design)
        self.step = max(1, ROWS // len(joint))
        self.batches = Batches(*joint.shape)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Cut the groups so that the rows of a block are few enough to be made at once."""
        lo, count = 0, len(self.place)
        while lo < count:
            most = self.ends[lo] + self.step
            hi = int(np.searchsorted(self.ends, most, side="right")) - 1
            hi = min(max(hi, lo + 1), lo + self.step)
            yield lo, hi
            lo = hi

    def run(self, seed: np.random.SeedSequence) -> None:
        """Make all blocks, each with random numbers of its own."""
        blocks = [b for b in self.blocks() if self.ends[b[0]] < self.ends[b[1]]]
        seeds = seed.spawn(len(blocks))
        tasks = [partial(self._block, *b, s) for b, s in zip(blocks, seeds, strict=True)]
        run_all(tasks, self.joint.fit._cores)

    def _block(self, lo: int, hi: int, seed: np.random.SeedSequence) -> None:
        of_groups, of_rows = (np.random.default_rng(s) for s in seed.spawn(2))
        terms = self._effects(lo, hi, of_groups)
        for first in range(self.ends[lo], self.ends[hi], self.step):
            at = self.order[first : min(first + self.step, self.ends[hi])]
            self._rows(at, [v[:, self.observed.code[at] - lo] for v in terms], of_rows)

    def _effects(self, lo: int, hi: int, rng: np.random.Generator) -> list[FloatArray]:
        """Effects (D, hi - lo) of the groups of a block, and their scales."""
        new, joint = self.new[lo:hi], self.joint
        fresh = np.flatnonzero(new)
        offset = self.offset
        if np.ndim(offset):
            offset = offset[..., lo:hi][..., fresh]
        every = np.arange(len(joint))
        if len(fresh) == hi - lo:
            return joint.drawn(rng, hi - lo, offset)
        old = joint.known(self.place[lo:hi][~new], every)
        if not len(fresh):
            return old
        found = []
        for one, other in zip(old, joint.drawn(rng, len(fresh), offset), strict=True):
            both = np.empty((len(every), hi - lo, *one.shape[2:]))
            both[:, ~new], both[:, new] = one, other
            found.append(both)
        return found

    def _rows(
        self, at: NDArray[np.intp], terms: list[FloatArray], rng: np.random.Generator
    ) -> None:
        joint, likelihood = self.joint, self.joint.likelihood
        theta, scales = terms[0], terms[1] if len(terms) > 1 else None
        rows = joint.stages.rows(theta, self.observed.take(at), scales)
        mean = likelihood.mean_of_rows(rows)
        drawn = mean if self.kind == "mean" else likelihood.simulate_rows(rng, rows)
        if self.kept is not None:
            self.kept[:, :, at] = drawn.reshape(*joint.shape, *drawn.shape[1:])
        across = np.ascontiguousarray(np.moveaxis(drawn, 0, -1))
        same = mean is drawn
        along = across if same else np.ascontiguousarray(np.moveaxis(mean, 0, -1))
        with np.errstate(all="ignore"):
            self.mean[at], self.mcse[at] = self.batches.read(along)
            self.sd[at] = across.std(axis=-1)
            if self.probs:
                self.quantiles[at], self.errors[at] = self.batches.quantiles(across, self.probs)

    def spread(
        self,
        alike: Alike,
        observed: Observations,
        place: NDArray[np.intp],
        new: NDArray[np.bool_],
    ) -> _Work:
        """Give figures of all rows from those made here."""
        whole = _Work(self.joint, observed, place, new, self.kind, self.probs, keep=False)
        for name in ("mean", "sd", "mcse", "quantiles", "errors"):
            setattr(whole, name, alike.spread(getattr(self, name)))
        return whole

    def check(self) -> None:
        """Make moments infinite where a draw is; refuse what is no number."""
        endless = np.isinf(self.mean)
        for v in (self.sd, self.mcse):
            v[endless] = np.inf
        self.mcse[self.sd == 0.0] = 0.0
        self.errors[self.sd == 0.0] = 0.0
        wrong = np.argwhere(np.isnan(self.mean) | np.isnan(self.sd))
        if len(wrong):
            i = int(wrong[0][0])
            raise ValueError(
                f"row {i} of the data: its prediction is beyond what float64 can hold at some draws of the "
                "hyperparameters; look at fit.diagnose()"
            )
