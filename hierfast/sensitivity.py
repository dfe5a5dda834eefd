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

With `N` and `D` the integrals of (2), and :math:`a = \log_2 2P / (P + Q), b = \log_2 2Q / (P + Q)`, a draw
of S with weight :math:`w_s` (weights add up to one) changes `d` by 1 / S of

.. math::

    h_s = \frac{I_s(a, b) - d^2 I_s(1, 1)}{2 d D}, \quad
    I_s(f, g) = \int f\, ([x_s \le x] - P) + S w_s\, g\, ([x_s \le x] - Q)\, dx,                 \tag{3}

whose mean over the draws has the Monte Carlo error of equation (1) of `hierfast.stage_draws`. (2) reaches
from the least draw to the largest, and to that error is added what comes at most of where these are:
:math:`d \delta / D`, with :math:`\delta` the standard deviation of a Gumbel whose scale is the mean
excess of the largest draws. A quantity is said to move where it exceeds 0.05 by two errors.

Source: Kallioinen, Paananen, Bürkner and Vehtari (2024), *Stat. Comput.* 34(57), sections 2.3 to 2.5; (2):
Nguyen and Vreeken (2015), *ECML PKDD*; (3), the derivative of (2) in the distribution of the draws: van der
Vaart, *Asymptotic Statistics*, chapter 20.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.alike import choose_alike
from hierfast.effects import Effects, can_reject
from hierfast.psis import good_k, smooth
from hierfast.stage_draws import Batches
from hierfast.table import GroupTable
from hierfast.threads import run_all

if TYPE_CHECKING:
    from hierfast.fitted import Fitted
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]

POWERS = (0.99, 1.01)
MOVES = 0.05  # sensitivity from which a quantity is said to move
EFFECTS, FEWEST = 2_000_000, 400  # effects drawn, and draws of each group all the same
INVERTED, TOGETHER = 350_000, 5  # distributions that are inverted; groups alike that share one
FEW = 4  # draws of a chain without which no error is told
AT_ONCE = 200_000  # effects that are held
LEAST = 1e-9  # distances that are 0 but for rounding
SMALL, TINY = 0.15, 1e-300  # differences of cdfs whose series is summed; logarithms of no less
SURE = 2.0  # Monte Carlo errors by which a quantity exceeds that
TOP = 10  # largest draws that tell how far the largest may be off
GUMBEL = math.pi / math.sqrt(6.0)  # its standard deviation in scales


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Sensitivity:
    """How far quantities move as the prior, or what rows say, is given more or less weight.

    Attributes
    ----------
    hyper : GroupTable
        ``prior`` and ``likelihood`` sensitivity of each hyperparameter, and their Monte Carlo errors
        ``prior_mcse`` and ``likelihood_mcse``.
    groups : GroupTable or None
        The same of each group's effect, of more than 5,000 made of some of them as
        `hierfast.alike.choose_alike` says, of counts those of several groups that have the same; None of
        effects that are vectors.
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
        """Hyperparameters that the prior moves, beyond Monte Carlo error."""
        return tuple(map(str, self.hyper.labels[_sure(self.hyper, "prior")]))

    @property
    def text(self) -> str:
        """What the figures say, in sentences."""
        said = []
        for name, sure in zip(self.hyper.labels, _sure(self.hyper, "prior"), strict=True):
            row = self.hyper.row(name)
            if not sure and row["prior"] >= MOVES:
                said.append(
                    f"Whether {name} moves with the prior takes more draws to tell "
                    f"({row['prior']:.2f}, Monte Carlo error {row['prior_mcse']:.2f})."
                )
            if not sure:
                continue
            weak = row["likelihood"] < MOVES
            why = (
                "the data hardly inform it" if weak else "prior and data both do, and may disagree"
            )
            said.append(f"{name} moves with the prior ({row['prior']:.2f}): {why}.")
        if not said:
            said.append("No hyperparameter moves with the prior.")
        if self.groups is not None:
            count = int(_sure(self.groups, "prior").sum())
            said.append(f"Of {len(self.groups):,} groups {count:,} move with the prior.")
        if self.largest_k > self.good_k:
            said.append(
                f"Weights have a Pareto k of {self.largest_k:.2f}: fit under other priors instead."
            )
        return " ".join(said)

    def __repr__(self) -> str:
        """Print the table of hyperparameters and what it says."""
        return f"{self.hyper!r}\n{self.text}"


def _sure(table: GroupTable, name: str) -> NDArray[np.bool_]:
    """Find what moves, and by more than its error may explain."""
    moves: NDArray[np.bool_] = table[name] - SURE * table[f"{name}_mcse"] >= MOVES
    return moves


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


def distance(x: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the distance between draws as they are and weighted: equation (2).

    Parameters
    ----------
    x : numpy.ndarray
        Draws (n, S).
    weight : numpy.ndarray
        Weights (S,) that add up to one.

    Returns
    -------
    tuple of numpy.ndarray
        Distances (n,) in 0 to 1, 0 of draws that are all alike; how each draw changes them (n, S), equation
        (3); and their errors (n,) from where the largest draw is.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.sensitivity import distance
    >>> d, change, _ = distance(np.array([[1.0, 0.0, 2.0]]), np.array([0.5, 0.3, 0.2]))
    >>> d.round(3), bool(abs(change.sum()) < 1e-12)
    (array([0.114]), True)
    """
    return _Ordered(x).distance(weight)


class _Ordered:
    """Draws (n, S) of quantities in order, from below and from above."""

    def __init__(self, x: FloatArray) -> None:
        self.order = np.argsort(x, axis=1)
        ordered = np.take_along_axis(x, self.order, axis=1)
        self.width, count = np.diff(ordered, axis=1), x.shape[1]
        self.p = np.arange(1, count) / count
        top = min(TOP, count - 1)
        self.excess = (
            ordered[:, -top:].mean(axis=1) - ordered[:, -top - 1],
            ordered[:, top] - ordered[:, :top].mean(axis=1),
        )

    def distance(
        self, weight: FloatArray, changes: bool = True
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Compare them with weights (S,): see `distance`; changes are 0 where they are not wanted."""
        w, p = weight[self.order], self.p
        q = np.cumsum(w, axis=1)[:, :-1]
        up, down = _integrals(self.width, p, q), _integrals(self.width, 1.0 - p, 1.0 - q)
        larger = up[0] * down[1] >= down[0] * up[1]
        square, bound, excess = (
            np.where(larger, *pair)
            for pair in zip((*up, self.excess[0]), (*down, self.excess[1]), strict=True)
        )
        bound = np.where(bound > 0, bound, 1.0)
        d, change = np.sqrt(square / bound), np.zeros_like(w)
        if changes:
            for side, some in ((1.0, larger), (-1.0, ~larger)):
                each = _changes(self.width[some], p, q[some], w[some], d[some], side)
                each /= np.where(d > LEAST, 2.0 * d * bound, np.inf)[some, None]
                rows = np.empty_like(each)
                np.put_along_axis(rows, self.order[some], each, axis=1)
                change[some] = rows
        return d, change, d * GUMBEL * excess / bound


def _integrals(width: FloatArray, p: FloatArray, q: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give both integrals (n,) of (2): with u = (Q - P) / (Q + P), its numerator is even in u."""
    both = (p + q) * width
    u = (q - p) / (p + q)
    v = u * u
    if v.max(initial=0.0) < SMALL * SMALL:
        f = 0.5 * v * (1.0 + v * (1 / 6 + v * (1 / 15 + v * (1 / 28 + v / 45))))
    else:
        up, down = np.maximum(1.0 + u, TINY), np.maximum(1.0 - u, TINY)
        f = 0.5 * (up * np.log(up) + down * np.log(down))
    return np.einsum("ij,ij->i", both, f) / math.log(2.0), both.sum(axis=1)


def _changes(
    width: FloatArray, p: FloatArray, q: FloatArray, w: FloatArray, d: FloatArray, side: float
) -> FloatArray:
    """How much each draw in order adds to the numerator of (3), from below or (-1) from above."""
    below, count = np.zeros_like(w), w.shape[1]
    change = np.zeros_like(w)
    if side < 0:
        p, q = 1.0 - p, 1.0 - q
    u = (q - p) / (p + q)
    square = np.square(d)[:, None]
    for sign, cdf in ((-1.0, p), (1.0, q)):
        f = np.log2(np.maximum(1.0 + sign * u, TINY))
        f -= square
        f *= width
        np.cumsum(f, axis=1, out=below[:, 1:])
        whole = below[:, -1:] if side > 0 else 0.0
        f *= cdf
        part = whole - side * below - f.sum(axis=1, keepdims=True)
        change += part if sign < 0 else part * (count * w)
    return change


def _weights(log: FloatArray) -> tuple[list[FloatArray], float]:
    """Weights (1) at both powers, and the largest k."""
    found, worst = [], -math.inf
    for power in POWERS:
        smoothed, k = smooth((power - 1.0) * log[None])
        weight = np.exp(smoothed[0])
        found.append(weight / weight.sum())
        worst = max(worst, float(k[0]))
    return found, worst


def _slope(
    weights: list[FloatArray], x: _Ordered, batches: Batches
) -> tuple[FloatArray, FloatArray]:
    """Sensitivities (n,) of quantities, and their Monte Carlo errors."""
    parts = [x.distance(weight, i == 0) for i, weight in enumerate(weights)]
    steps = [0.5 / abs(math.log2(power)) for power in POWERS]
    slope, edge = (
        sum(step * part[i] for step, part in zip(steps, parts, strict=True)) for i in (0, 2)
    )
    # Of the other power changes are the same but for terms of the second order.
    return np.asarray(slope), np.hypot(batches.read(sum(steps) * parts[0][1])[1], edge)


def power_scale(fit: Fitted) -> Sensitivity:
    """Scale prior and density of a fit; see `hierfast.Fit.sensitivity`."""
    plan, draws = fit.plan, fit._draws
    if fit.shape[1] < FEW or math.prod(fit.shape) < 5 * FEW:
        raise ValueError(
            f"sensitivity takes {FEW} draws a chain at least, and {5 * FEW} in all, to tell its Monte "
            f"Carlo error; the fit has {fit.shape[0]} x {fit.shape[1]}"
        )
    values = np.concatenate(list(draws.values), axis=1)
    grid = (
        np.concatenate(list(draws.weights), axis=0) if plan.grid is not None else np.empty((0, 0))
    )
    logs = {"prior": log_prior(plan, values), "likelihood": log_rows(plan, values, grid)}
    made = {name: _weights(log) for name, log in logs.items()}
    x = np.array([v.ravel() for v in fit.hyper.values()]).reshape(len(fit.hyper), -1)
    batches, columns = Batches(*fit.shape), dict[str, FloatArray]()
    for name, (w, _) in made.items():
        columns[name], columns[f"{name}_mcse"] = _slope(w, _Ordered(x), batches)
    order = np.argsort(list(fit.hyper), kind="stable")
    names = np.array(list(fit.hyper))[order]
    hyper = GroupTable(names, {k: v[order] for k, v in columns.items()}, "unknown")
    largest = max(k for _, k in made.values())
    groups = None if plan.graph.population == "Dirichlet" else _of_groups(fit, logs)
    return Sensitivity(hyper, groups, largest, good_k(values.shape[1]))


def _of_groups(fit: Fitted, logs: dict[str, FloatArray]) -> GroupTable:
    chains, length = fit.shape
    alike, plan = choose_alike(fit.plan), fit.plan
    count, places = len(alike.at), alike.at[:, None]
    most, quick = EFFECTS, plan.cell is not None and can_reject(plan)
    if plan.cell is not None and plan.integrals is not None and not quick:
        places, most = alike.others(TOGETHER), INVERTED
    many = places.shape[1]
    keep = min(length, max(-(-FEWEST // (chains * many)), most // (count * chains)))
    at = np.arange(keep) * length // keep
    chosen = {
        k: [
            np.repeat(w, many) / many
            for w in _weights(log.reshape(chains, length)[:, at].ravel())[0]
        ]
        for k, log in logs.items()
    }
    out = {key: np.empty(count) for name in logs for key in (name, f"{name}_mcse")}
    batches = Batches(chains, keep * many)
    block = max(1, AT_ONCE // (chains * keep * many))

    def work(lo: int, hi: int) -> None:
        x = np.empty((chains, keep, (hi - lo) * many))
        one = places[lo:hi].ravel()
        effects = Effects(plan, fit._draws, one, True) if quick else fit.groups._effects(one)
        for c in range(chains):
            effects.fill(at, c, x[c])
        of_each = x.reshape(-1, hi - lo, many).transpose(1, 0, 2)
        each = _Ordered(np.ascontiguousarray(of_each).reshape(hi - lo, -1))
        for name, weights in chosen.items():
            out[name][lo:hi], out[f"{name}_mcse"][lo:hi] = _slope(weights, each, batches)

    cuts = [(lo, min(lo + block, count)) for lo in range(0, count, block)]
    run_all([partial(work, *cut) for cut in cuts], fit._cores)
    whole = {key: alike.spread(values) for key, values in out.items()}
    return GroupTable(fit.groups.labels, whole, fit.plan.group_name)
