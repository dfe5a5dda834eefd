r"""Leave-one-out: what a model says of a group, or of a row, that it has not seen.

Groups are independent given phi, so that leaving out group `j` is leaving out one factor of the collapsed
posterior,

.. math::

    p(y_j \mid y_{-j}) = \int p(y_j \mid \varphi)\, p(\varphi \mid y_{-j})\, d\varphi
        = \left( \int \frac{p(\varphi \mid y)}{p(y_j \mid \varphi)}\, d\varphi \right)^{-1}          \tag{1}

and a row `i` of it, whose group the others still tell of, takes

.. math:: p(y_i \mid y_{j \setminus i}, \varphi) = p(y_j \mid \varphi) / p(y_{j \setminus i} \mid \varphi)

for :math:`p(y_j \mid \varphi)`. With `l_s` the logarithm of that at draw `s`, and the weights
:math:`w_s \propto \exp(-l_s)` smoothed as in ``hierfast/psis.py``,

.. math::

    \mathrm{elpd}_j = \log \frac{\sum_s w_s e^{l_s}}{\sum_s w_s}, \qquad
    p_j = \log \frac{1}{S} \sum_s e^{l_s} - \mathrm{elpd}_j                                       \tag{2}

and their sums over all `n` that are left out, whose standard error is

.. math:: \mathrm{se} = \sqrt{n \operatorname{Var}_j(\mathrm{elpd}_j)}                            \tag{3}

Effects are integrated out on both sides, so that weights are those of a few unknowns, and do not fail for
groups of one row as weights given the effects do. The Monte Carlo error of the sum is that of linearised
ratios,

.. math::

    \mathrm{mcse}^2 = \frac{1}{r} \sum_s \left( \sum_j \tilde w_{js}
        \left( e^{l_{js} - \mathrm{elpd}_j} - 1 \right) \right)^2                                 \tag{4}

with weights that add up to one and `r` the effective share of the draws.

Sources: Vehtari, Gelman and Gabry (2017), *Stat. Comput.* 27, equations (3), (10), (23); Vehtari, Simpson,
Gelman, Yao and Gabry (2024), *J. Mach. Learn. Res.* 25(72); Merkle, Furr and Rabe-Hesketh (2019),
*Psychometrika* 84, for effects integrated out.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.constants import WHOLE, group_constants
from hierfast.diagnose import ess_mean
from hierfast.fitted import Fitted
from hierfast.labels import plain
from hierfast.psis import good_k, smooth
from hierfast.table import GroupTable
from hierfast.threads import run_all

if TYPE_CHECKING:
    from hierfast.evidence import Evidence
    from hierfast.marginal import Marginal
    from hierfast.sensitivity import Sensitivity

FloatArray = NDArray[np.float64]

FLAT = 0.05  # logarithms of weights that differ by less have no tail
NAMED = 5  # of those with a large k


class ParetoWarning(UserWarning):
    """Leave-one-out by importance weights cannot be trusted for some groups or rows.

    Examples
    --------
    >>> import hierfast as hf
    >>> issubclass(hf.ParetoWarning, UserWarning)
    True
    """


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Loo:
    """Leave-one-out of a fit; prints as ArviZ's does.

    Attributes
    ----------
    elpd, se : float
        Sum of the log predictive densities, and its standard error over those left out: equations (2) and
        (3) of `hierfast.loo`.
    p_loo : float
        Effective number of hyperparameters.
    mcse : float
        Monte Carlo error of `elpd`: equation (4).
    by : str
        What is left out: "group" or "row".
    elpd_i, p_loo_i, pareto_k : numpy.ndarray
        Of each one left out (n,); groups without rows are not among them. k is -inf where weights differ by
        less than 5%; of groups read off cells that stand for all, it is that of the nearest of these.
    labels : numpy.ndarray
        Of the groups, or places of the rows in the data (n,).
    draws : int
        Draws behind it.
    efficiency : float
        Effective draws over draws.
    measure : str
        "rows" where densities lack nothing; else they lack what data alone say, the same for all models of
        the likelihood that is named.
    name : str
        Of the group column.
    outcome : numpy.ndarray
        What tells data apart (n,): means of Normal rows, sums of counts, or outcomes of rows.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> round(fit.loo().table.row("A")["elpd"], 2)
    -4.89
    """

    elpd: float
    se: float
    p_loo: float
    mcse: float
    by: str
    elpd_i: FloatArray
    p_loo_i: FloatArray
    pareto_k: FloatArray
    labels: NDArray[Any]
    draws: int
    efficiency: float
    measure: str
    name: str
    outcome: FloatArray

    @property
    def good_k(self) -> float:
        """Largest k at which estimates can be trusted."""
        return good_k(self.draws)

    @property
    def table(self) -> GroupTable:
        """Figures of each one left out: ``elpd``, ``p_loo``, ``pareto_k``."""
        columns = {"elpd": self.elpd_i, "p_loo": self.p_loo_i, "pareto_k": self.pareto_k}
        return GroupTable(self.labels, columns, self.name if self.by == "group" else "row")

    def __repr__(self) -> str:
        """Print the estimates, and how many k are good."""
        n, k = len(self.elpd_i), self.pareto_k
        lines = [
            f"Computed from {self.draws:,} posterior draws and {n:,} {self.by}s left out, "
            "effects integrated out.",
            "",
            "         Estimate       SE",
            f"elpd_loo {self.elpd:8.2f}  {self.se:7.2f}",
            f"p_loo    {self.p_loo:8.2f}        -",
            "",
            f"Monte Carlo error of elpd_loo {self.mcse:.2g}.",
        ]
        if self.measure != WHOLE:
            lines.append(
                f"Densities lack what data alone say, the same for all models of {self.measure} "
                "rows; pass data to have it."
            )
        good = self.good_k
        counts = [int((k <= good).sum()), int(((k > good) & (k <= 1)).sum()), int((k > 1).sum())]
        width = max(5, *(len(f"{c:,}") for c in counts))
        bins = (
            f"(-Inf, {good:.2f}]   (good)",
            f"   ({good:.2f}, 1]   (bad)",
            "    (1, Inf)   (very bad)",
        )
        lines += ["------", "", "Pareto k diagnostic values:", f"{'':24} {'Count':>{width}}   Pct."]
        lines += [
            f"{text:<24} {count:>{width},} {100 * count / n:5.1f}%"
            for text, count in zip(bins, counts, strict=True)
        ]
        return "\n".join(lines)


class _Sums:
    """What is left of densities (cells, draws) once they are read."""

    def __init__(self, log: Callable[[int, int], FloatArray], efficiency: float) -> None:
        self.log, self.efficiency, self.level = log, efficiency, _core.best_level()

    def read(self, mult: FloatArray, lo: int, hi: int) -> tuple[FloatArray, FloatArray]:
        """Equation (2), k (3, hi - lo) and the inner sum of (4) of cells lo .. hi: csrc/leave_out.h."""
        log, found = np.ascontiguousarray(self.log(lo, hi)), np.empty((3, hi - lo))
        off = np.zeros(len(log))
        _core.leave_out(log, mult[lo:hi], FLAT, found, off, self.level)
        some = np.flatnonzero(~(found[2] <= FLAT))
        found[2] = -np.inf
        if len(some):
            found[:, some], density = self.smoothed(np.ascontiguousarray(log[:, some].T))
            off += mult[lo:hi][some] @ density
        return found, off

    def smoothed(self, log: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Equation (2), k, and the inner terms of (4), where weights differ; log (cells, draws)."""
        top = log.max(axis=1)
        weight, shape = smooth(-log, self.efficiency)
        np.exp(weight, out=weight)
        weight /= weight.sum(axis=1, keepdims=True)
        density = np.exp(log - top[:, None])
        mean = np.einsum("ij,ij->i", weight, density)
        density /= mean[:, None]
        part = np.log(density.mean(axis=1))
        density -= 1.0
        density *= weight
        return np.array([top + np.log(mean), part, shape]), density


def leave_out(
    log: Callable[[int, int], FloatArray],
    mult: FloatArray,
    block: int,
    efficiency: float,
    cores: int,
) -> tuple[FloatArray, float]:
    """Read leave-one-out of densities that come in blocks.

    Parameters
    ----------
    log : callable
        Log densities (S, hi - lo) of cells lo .. hi.
    mult : numpy.ndarray
        How many each cell stands for (C,).
    block : int
        Cells to read at once.
    efficiency : float
        Effective draws over draws.
    cores : int
        Threads; they change nothing.

    Returns
    -------
    tuple
        Elpd, effective numbers and k (3, C); the Monte Carlo error of the sum.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.loo import leave_out
    >>> log = -0.1 * np.random.default_rng(1).exponential(size=(1000, 2))
    >>> found, mcse = leave_out(lambda lo, hi: log[:, lo:hi], np.ones(2), 2, 1.0, 1)
    >>> found.round(2)
    array([[-0.11, -0.1 ],
           [ 0.01,  0.01],
           [ 0.22,  0.29]])
    """
    sums, count = _Sums(log, efficiency), len(mult)
    cuts = [(lo, min(lo + block, count)) for lo in range(0, count, block)]
    found = run_all([partial(sums.read, mult, *cut) for cut in cuts], cores)
    off = sum(f[1] for f in found)
    mcse = math.sqrt(float(np.square(off).sum()) / efficiency)
    return np.concatenate([f[0] for f in found], axis=1), mcse


def find_efficiency(fit: Fitted) -> float:
    """Give the effective share of a fit's draws: the mean over its hyperparameters, at most 1.

    Parameters
    ----------
    fit : Fit
        Any.

    Returns
    -------
    float
        Above 0.
    """
    total = fit.shape[0] * fit.shape[1]
    moving = [x for x in fit.hyper.values() if np.ptp(x) > 0]
    if not moving or fit.shape[1] < 4:
        return 1.0
    return min(1.0, float(np.mean(ess_mean(np.stack(moving, axis=-1)))) / total)


class Scores(Fitted):
    """How well a model says what it has not seen."""

    def loo(self, data: Any = None, *, by: str | None = None) -> Loo:
        """Leave out every group, or every row, and say what the others tell of it.

        Nothing is fitted again: draws of the hyperparameters are weighted by 1 / p(y_j | phi), the largest
        weights smoothed. Effects are integrated out, so that what is judged is the population as well.

        Parameters
        ----------
        data : mapping or frame, optional
            The table that was fitted, where rows are left out, and where the statistics of groups do not
            tell all that is asked: sums of NegativeBinomial and of Gamma rows, and what data alone say of
            groups of several rows (see ``Loo.measure``).
        by : str, optional
            "group" or "row"; rows where there are data.

        Returns
        -------
        Loo
            Elpd, its standard error and Monte Carlo error, Pareto k; where a million groups are all
            different, of some of the draws, 100 at least.

        Raises
        ------
        ValueError
            If rows are needed and there are none, or are not those of the fit.

        Warns
        -----
        ParetoWarning
            Naming those whose k is too large.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> fit.loo()  # doctest: +ELLIPSIS
        Computed from 4,000 posterior draws and 8 groups left out, effects integrated out.
        <BLANKLINE>
                 Estimate       SE
        elpd_loo   -30.75     1.37
        p_loo        0.39        -
        ...
        """
        by = ("group" if data is None else "row") if by is None else by
        if by not in ("group", "row"):
            raise ValueError(f"by must be 'group' or 'row'; got {by!r}")
        if by == "row" and data is None:
            raise ValueError("rows are left out of data, which a fit does not hold: fit.loo(data)")
        found = _loo_rows(self, data) if by == "row" else _loo_groups(self, data)
        _warn(found)
        return found

    def log_evidence(self, data: Any = None) -> Evidence:
        """Give the logarithm of p(y), by bridge sampling: equation (1) of `hierfast.evidence`.

        Effects on a `Grid`, which are drawn, are summed out, and weights bridged as well: `grid_evidence`.

        Parameters
        ----------
        data : mapping or frame, optional
            The table that was fitted, where statistics lack what data alone say (see ``Loo.measure``).

        Returns
        -------
        Evidence
            With its Monte Carlo error.

        Raises
        ------
        ValueError
            If a prior is improper, effects were drawn rather than integrated out, or those on a `Grid`
            have weights that cannot be bridged.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> round(fit.log_evidence().log, 1)
        -31.3
        """
        from hierfast.evidence import log_evidence

        return log_evidence(self, data)

    def sensitivity(self) -> Sensitivity:
        """Say whether hyperparameters and groups move with the weight of the prior, or of the data.

        Nothing is fitted again: draws are weighted by powers of p(phi) and of p(y | phi), never of the
        population: equations (1) and (2) of `hierfast.sensitivity`.

        Returns
        -------
        Sensitivity
            Of each hyperparameter and each group's effect, as the distance its distribution moves when the
            power is doubled, with Monte Carlo errors; of groups on the scale of effects.

        Raises
        ------
        ValueError
            If there are fewer than 4 draws a chain, or 20 in all.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> fit.sensitivity().moved
        ('school_mu', 'school_sigma')
        """
        from hierfast.sensitivity import power_scale

        return power_scale(self)


def _loo_groups(fit: Fitted, data: Any) -> Loo:
    from hierfast.marginal import open_marginal
    from hierfast.rows import groups_of_rows, read_rows, regroup
    from hierfast.standing import leave_out_few

    plan, draws = fit.plan, fit._draws
    count, rows = len(plan.statistics), None
    constant = group_constants(plan)
    if data is not None:
        rows = read_rows(fit, data)
        constant = regroup(rows, rows.constant, count)
    try:
        marginal: Marginal = open_marginal(plan, draws)
    except ValueError:
        if rows is None:
            raise
        marginal = groups_of_rows(fit, rows, draws)
    has = np.flatnonzero(marginal.cell >= 0)
    cell = marginal.cell[has]
    mult = np.bincount(cell, minlength=marginal.count).astype(np.float64)
    efficiency = find_efficiency(fit)
    few = leave_out_few(fit, efficiency)
    if few is not None:
        marginal, cells, mcse = few
    else:
        cells, mcse = leave_out(marginal.log, mult, marginal.block(), efficiency, fit._cores)
    found = cells[:, cell]
    if constant is not None:
        found[0] += constant[has]
    stats = plan.statistics
    outcome = stats.mean if hasattr(stats, "m2") else stats.y.reshape(count, -1)[:, 0]
    if plan.location is not None:
        outcome = outcome + plan.location
    loo = _close(fit, found, mcse, "group", stats.labels[has], outcome[has])
    draws_used = len(marginal.used)
    return replace(
        loo,
        draws=draws_used,
        efficiency=efficiency,
        measure=WHOLE if constant is not None else plan.graph.title,
    )


def _loo_rows(fit: Fitted, data: Any) -> Loo:
    from hierfast.rows import hold_out, read_rows

    rows = read_rows(fit, data, design=bool(fit.plan.graph.design))
    held = hold_out(fit, rows, fit._draws)
    mult = np.bincount(held.which, rows.mult, len(held.alone)).astype(np.float64)
    efficiency, block = find_efficiency(fit), held.marginal.block()
    cells, mcse = leave_out(held.log, mult, block, efficiency, fit._cores)
    each = np.repeat(np.arange(len(rows.row)), rows.mult.astype(np.int64))
    found = cells[:, held.which[each]]
    found[0] += rows.constant[each]
    outcome = rows.y.reshape(len(rows.y), -1)[each, 0]
    loo = _close(fit, found, mcse, "row", rows.row[each], outcome)
    return replace(loo, draws=len(held.marginal.used), efficiency=efficiency)


def _close(
    fit: Fitted, found: FloatArray, mcse: float, by: str, labels: NDArray[Any], outcome: FloatArray
) -> Loo:
    elpd, part, k = (np.ascontiguousarray(f) for f in found)
    n = len(elpd)
    se = math.sqrt(n * float(elpd.var())) if n > 1 else 0.0
    total, p_loo = math.fsum(elpd.tolist()), math.fsum(part.tolist())
    name = fit.plan.group_name
    return Loo(total, se, p_loo, mcse, by, elpd, part, k, labels, 0, 1.0, WHOLE, name, outcome)


def _warn(loo: Loo) -> None:
    bad = np.flatnonzero(~(loo.pareto_k <= loo.good_k))
    if not len(bad):
        return
    order = bad[np.argsort(-loo.pareto_k[bad], kind="stable")][:NAMED]
    names = ", ".join(f"{plain(loo.labels[i])!r} ({loo.pareto_k[i]:.2f})" for i in order)
    more = ", ..." if len(bad) > NAMED else ""
    kind = f"{loo.by}s ({loo.name})" if loo.by == "group" else "rows"
    warnings.warn(
        f"{len(bad):,} of {len(loo.pareto_k):,} {kind} have a Pareto k above {loo.good_k:.2f}: "
        f"{names}{more}; without them the hyperparameters would be elsewhere, and their elpd is not to "
        "be trusted: fit again without them to have it",
        ParetoWarning,
        stacklevel=3,
    )
