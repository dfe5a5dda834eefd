r"""Whether the answer moves: powers of the prior of the hyperparameters, and of the rows' density.

Draws are weighted as if one of the two had been raised to a power :math:`\alpha`, effects integrated out,

.. math::

    w_s \propto p(\varphi_s)^{\alpha - 1} \quad\text{or}\quad
    w_s \propto p(y \mid \varphi_s)^{\alpha - 1},                                               \tag{1}

the largest smoothed as in ``hierfast/psis.py``. The population :math:`p(\theta \mid \varphi)` is never
scaled: it is part of the model of the rows. The distance of two distributions of a quantity, with cdfs
`P` and `Q`, is

.. math::

    d^2 = \frac{\int P \log_2 \frac{2 P}{P + Q} + Q \log_2 \frac{2 Q}{P + Q}\, dx}
               {\int P + Q\, dx},                                                               \tag{2}

the larger of those of `x` and of `-x`, and the sensitivity is its mean slope in :math:`\log_2 \alpha`
between 0.99 and 1.01. Above 0.05 the quantity moves.

Source: Kallioinen, Paananen, Bürkner and Vehtari (2024), *Stat. Comput.* 34(57), sections 2.3 to 2.5; (2):
Nguyen and Vreeken (2015), *ECML PKDD*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.psis import good_k, smooth
from hierfast.table import GroupTable
from hierfast.threads import run_all

if TYPE_CHECKING:
    from hierfast.fitted import Fitted
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]

POWERS = (0.99, 1.01)
MOVES = 0.05  # sensitivity from which a quantity is said to move
EFFECTS, FEWEST = 20_000_000, 400  # effects drawn, and draws of each group all the same
AT_ONCE = 1_000_000  # effects that are held


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Sensitivity:
    """How far quantities move as the prior, or what rows say, is given more or less weight.

    Attributes
    ----------
    hyper : GroupTable
        ``prior`` and ``likelihood`` sensitivity of each hyperparameter.
    groups : GroupTable or None
        The same of each group's effect; None of effects that are vectors.
    largest_k : float
        Pareto k of the weights: figures can be trusted where it is below ``good_k``.
    good_k : float
        That bound.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> fit.sensitivity().hyper.row("school_mu")["prior"] > 0.05
    True
    """

    hyper: GroupTable
    groups: GroupTable | None
    largest_k: float
    good_k: float

    @property
    def moved(self) -> tuple[str, ...]:
        """Hyperparameters that the prior moves."""
        return tuple(map(str, self.hyper.labels[self.hyper["prior"] >= MOVES]))

    @property
    def text(self) -> str:
        """What the figures say, in sentences."""
        said = []
        for name in self.hyper.labels:
            row = self.hyper.row(name)
            if row["prior"] < MOVES:
                continue
            weak = row["likelihood"] < MOVES
            why = (
                "the data hardly inform it" if weak else "prior and data both do, and may disagree"
            )
            said.append(f"{name} moves with the prior ({row['prior']:.2f}): {why}.")
        if not said:
            said.append("No hyperparameter moves with the prior.")
        if self.groups is not None:
            count = int((self.groups["prior"] >= MOVES).sum())
            said.append(f"Of {len(self.groups):,} groups {count:,} move with the prior.")
        if self.largest_k > self.good_k:
            said.append(
                f"Weights have a Pareto k of {self.largest_k:.2f}: fit under other priors instead."
            )
        return " ".join(said)

    def __repr__(self) -> str:
        """Print the table of hyperparameters and what it says."""
        return f"{self.hyper!r}\n{self.text}"


def log_prior(plan: Plan, values: FloatArray) -> FloatArray:
    """Give the log density of the hyperparameters in their own coordinates.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    values : numpy.ndarray
        Unknowns (n_node, S).

    Returns
    -------
    numpy.ndarray
        Logarithms (S,), of improper priors up to a constant.
    """
    from hierfast.sample import read

    count = values.shape[1]
    total = np.zeros(count)
    for x, node in zip(values, plan.graph.nodes, strict=True):
        args = [np.ascontiguousarray(read(arg, values, count)) for arg in node.args]
        total += _core.prior_logpdf(node.prior, np.ascontiguousarray(x), [*args], plan.level)
    return total


def log_rows(plan: Plan, values: FloatArray, weights: FloatArray) -> FloatArray:
    """Give the log density of all rows, effects integrated out, up to a constant.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    values : numpy.ndarray
        Unknowns (n_node, S).
    weights : numpy.ndarray
        Of a grid (S, M).

    Returns
    -------
    numpy.ndarray
        Logarithms (S,).
    """
    target: Any = plan.target
    if plan.grid is not None:
        each = [
            target.log_likelihood(np.ascontiguousarray(x), np.ascontiguousarray(w))
            for x, w in zip(values.T, weights, strict=True)
        ]
        return np.array(each)
    if isinstance(target, _core.Conditional):
        target = _core.Collapsed(plan.graph, -1, plan.cells, plan.level)
    elif isinstance(target, _core.Sliced | _core.Allocated):
        target = plan.integrals
    tile = _core.TILE
    cuts = range(0, values.shape[1], tile)
    return np.concatenate(
        [target.log_rows(np.ascontiguousarray(values[:, lo : lo + tile])) for lo in cuts]
    )


def distance(x: FloatArray, weight: FloatArray) -> FloatArray:
    """Give the distance between draws as they are and weighted: equation (2).

    Parameters
    ----------
    x : numpy.ndarray
        Draws (n, S).
    weight : numpy.ndarray
        Weights (S,) that add up to one.

    Returns
    -------
    numpy.ndarray
        Distances (n,) in 0 to 1; 0 of draws that are all alike.
    """
    order = np.argsort(x, axis=1)
    width = np.diff(np.take_along_axis(x, order, axis=1), axis=1)
    count = x.shape[1]
    p = np.arange(1, count) / count
    q = np.cumsum(weight[order], axis=1)[:, :-1]
    found = [_one_sided(width, p[None], q), _one_sided(width, 1.0 - p[None], 1.0 - q)]
    return np.asarray(np.maximum(*found))


def _one_sided(width: FloatArray, p: FloatArray, q: FloatArray) -> FloatArray:
    q = np.maximum(q, np.finfo(np.float64).tiny)
    middle = np.log2(0.5 * (p + q))
    square = (width * (p * (np.log2(p) - middle) + q * (np.log2(q) - middle))).sum(axis=1)
    bound = (width * (p + q)).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(square, 0.0) / np.where(bound > 0, bound, 1.0)))


def _weights(log: FloatArray) -> tuple[list[FloatArray], float]:
    """Weights (1) at both powers, and the largest k."""
    found, worst = [], -math.inf
    for power in POWERS:
        smoothed, k = smooth((power - 1.0) * log[None])
        weight = np.exp(smoothed[0])
        found.append(weight / weight.sum())
        worst = max(worst, float(k[0]))
    return found, worst


def _slope(weights: list[FloatArray], x: FloatArray) -> FloatArray:
    parts = [distance(x, w) / abs(math.log2(a)) for w, a in zip(weights, POWERS, strict=True)]
    return np.asarray(0.5 * (parts[0] + parts[1]))


def power_scale(fit: Fitted) -> Sensitivity:
    """Scale prior and density of a fit; see `hierfast.Fit.sensitivity`."""
    plan, draws = fit.plan, fit._draws
    values = np.concatenate(list(draws.values), axis=1)
    grid = (
        np.concatenate(list(draws.weights), axis=0) if plan.grid is not None else np.empty((0, 0))
    )
    logs = {"prior": log_prior(plan, values), "likelihood": log_rows(plan, values, grid)}
    made = {name: _weights(log) for name, log in logs.items()}
    x = np.array([v.ravel() for v in fit.hyper.values()]).reshape(len(fit.hyper), -1)
    columns = {name: _slope(w, x) for name, (w, _) in made.items()}
    hyper = GroupTable(np.array(list(fit.hyper)), columns, "unknown")
    order = np.argsort(hyper.labels, kind="stable")
    hyper = GroupTable(hyper.labels[order], {k: v[order] for k, v in columns.items()}, "unknown")
    largest = max(k for _, k in made.values())
    groups = None if plan.graph.population == "Dirichlet" else _of_groups(fit, logs)
    return Sensitivity(hyper, groups, largest, good_k(values.shape[1]))


def _of_groups(fit: Fitted, logs: dict[str, FloatArray]) -> GroupTable:
    chains, length = fit.shape
    count = len(fit.groups)
    keep = min(length, max(-(-FEWEST // chains), EFFECTS // (count * chains)))
    at = np.arange(keep) * length // keep
    chosen = {k: _weights(log.reshape(chains, length)[:, at].ravel())[0] for k, log in logs.items()}
    out = {name: np.empty(count) for name in logs}
    block = max(1, AT_ONCE // (chains * keep))

    def work(lo: int, hi: int) -> None:
        x = np.empty((chains, keep, hi - lo))
        effects = fit.groups._effects(np.arange(lo, hi))
        for c in range(chains):
            effects.fill(at, c, x[c])
        each = np.ascontiguousarray(x.reshape(-1, hi - lo).T)
        for name, weights in chosen.items():
            out[name][lo:hi] = _slope(weights, each)

    cuts = [(lo, min(lo + block, count)) for lo in range(0, count, block)]
    run_all([partial(work, *cut) for cut in cuts], fit._cores)
    return GroupTable(fit.groups.labels, out, fit.plan.group_name)
