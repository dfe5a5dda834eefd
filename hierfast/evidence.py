r"""The evidence of a model, effects integrated out, by bridge sampling over the hyperparameters.

With :math:`q(z) = p(y \mid \varphi(z))\, p(z)` known, draws :math:`z_i`, i = 1, ..., n, from the posterior,
and :math:`\tilde z_k`, k = 1, ..., m, from the proposal `g` that independence chains use, the evidence
:math:`p(y) = \int q` is the fixed point of

.. math::

    r = \frac{\frac{1}{m} \sum_k \frac{q(\tilde z_k)}{a\, q(\tilde z_k) + b\, r g(\tilde z_k)}}
             {\frac{1}{n} \sum_i \frac{g(z_i)}{a\, q(z_i) + b\, r g(z_i)}},
    \qquad a = \frac{n'}{n' + m},\ b = \frac{m}{n' + m}                                             \tag{1}

n' the effective number of draws, and its relative error is, to first order,

.. math::

    \mathrm{se}^2 = \frac{1}{m} \frac{\operatorname{Var} f_1}{(\operatorname{E} f_1)^2}
                  + \frac{1}{n'} \frac{\operatorname{Var} f_2}{(\operatorname{E} f_2)^2}            \tag{2}

:math:`f_1, f_2` the terms of the two sums.

Sources: Meng and Wong (1996), *Statistica Sinica* 6, equation (4.1); Frühwirth-Schnatter (2004),
*Econometrics Journal* 7, for (2); Gronau et al. (2017), *J. Math. Psychol.* 81.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.constants import WHOLE, group_constants
from hierfast.diagnose import ess_mean
from hierfast.propriety import IMPROPER

if TYPE_CHECKING:
    from hierfast.fitted import Fitted
    from hierfast.graph import Graph

FloatArray = NDArray[np.float64]

CHAIN = 0xFFFFFFFE  # whose stream of random numbers the proposal's draws have
STEPS, NEAR = 200, 1e-12  # of the fixed point (1)


@dataclass(frozen=True, slots=True, repr=False)
class Evidence:
    """The logarithm of p(y).

    Attributes
    ----------
    log, se : float
        It, and its Monte Carlo error.
    measure : str
        "rows", or the likelihood whose data's own factor it lacks: see `hierfast.Loo`.

    Examples
    --------
    >>> from hierfast.evidence import Evidence
    >>> Evidence(-31.5, 0.004, "rows")
    log evidence -31.500 (Monte Carlo error 0.004)
    """

    log: float
    se: float
    measure: str

    def __repr__(self) -> str:
        """Print both."""
        lacks = "" if self.measure == WHOLE else f", without what {self.measure} data alone say"
        return f"log evidence {self.log:.3f} (Monte Carlo error {self.se:.2g}){lacks}"


def log_evidence(fit: Fitted, data: Any = None) -> Evidence:
    """Integrate the posterior of a fit; see `hierfast.Fit.log_evidence`."""
    plan = fit.plan
    _check(fit)
    constant = group_constants(plan)
    total = None if constant is None else math.fsum(constant.tolist())
    if data is not None:
        from hierfast.rows import read_rows

        rows = read_rows(fit, data)
        total = math.fsum((rows.mult * rows.constant).tolist())
    measure = WHOLE if total is not None else plan.graph.title
    beside = (total or 0.0) + ordered_volume(plan.graph)
    target = plan.target
    if plan.grid is not None:
        from hierfast.grid_evidence import bridge_grid

        log, se = bridge_grid(fit)
        return Evidence(log + beside, se, measure)
    if target.dim == 0:
        return Evidence(float(target.logp(np.zeros((1, 1)))[0]) + beside, 0.0, measure)
    z = _path(fit)
    chains, _, draws = z.shape
    flat = np.ascontiguousarray(np.concatenate(list(z), axis=1))
    log_det = float(np.linalg.slogdet(target.spread)[1])
    shift = _tiled(target.logp, flat), _tiled(target.proposal_density, flat) - log_det
    count = chains * draws
    key = _core.key(fit._draws.seed, CHAIN, 0, 2)
    proposed = [
        target.propose(key, first, min(_core.TILE, count - first))
        for first in range(0, count, _core.TILE)
    ]
    there = np.concatenate([target.logp(p) for p, _ in proposed])
    density = np.concatenate([lq for _, lq in proposed]) - log_det
    ratio = shift[0] - shift[1]
    efficiency = 1.0
    if draws >= 4:
        found = ess_mean(np.moveaxis(z, 1, 2))
        efficiency = min(1.0, float(np.min(found)) / count)
    log, se = bridge(ratio, there - density, efficiency)
    return Evidence(log + beside, se, measure)


def bridge(ours: FloatArray, theirs: FloatArray, efficiency: float) -> tuple[float, float]:
    """Solve equation (1).

    Parameters
    ----------
    ours, theirs : numpy.ndarray
        Logarithms of q / g at draws from the posterior (n,), and from the proposal (m,).
    efficiency : float
        Effective draws over draws, of the former.

    Returns
    -------
    tuple of float
        Logarithm of the evidence, and its error (2).

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.evidence import bridge
    >>> bridge(np.full(10, 1.5), np.full(10, 1.5), 1.0)
    (1.5, 0.0)
    """
    many = len(ours) * efficiency
    a, b = many / (many + len(theirs)), len(theirs) / (many + len(theirs))
    middle = float(np.median(ours))
    one, two = np.exp(np.minimum(theirs - middle, 700.0)), np.exp(np.maximum(ours - middle, -700.0))
    r = 1.0
    for _ in range(STEPS):
        first, second = one / (a * one + b * r), 1.0 / (a * two + b * r)
        new = float(first.mean() / second.mean())
        done = abs(new - r) < NEAR * new
        r = new
        if done:
            break
    first, second = one / (a * one + b * r), 1.0 / (a * two + b * r)
    square = float(first.var() / first.mean() ** 2) / len(theirs)
    square += float(second.var() / second.mean() ** 2) / many
    return middle + math.log(r), math.sqrt(square)


def ordered_volume(graph: Graph) -> float:
    """Say by how much priors of unknowns in order are too small: the logarithm of m! of m alike.

    Parameters
    ----------
    graph : Graph
        Of the model.

    Returns
    -------
    float
        0 where nothing is in order.

    Raises
    ------
    ValueError
        If unknowns in order have different priors.
    """
    chains: dict[int, list[int]] = {}
    root: dict[int, int] = {}
    for i, node in enumerate(graph.nodes):
        if node.above < 0:
            continue
        root[i] = root.get(node.above, node.above)
        chains.setdefault(root[i], [root[i]]).append(i)
    volume = 0.0
    for members in chains.values():
        kinds = {(graph.nodes[i].prior, graph.nodes[i].args) for i in members}
        if len(kinds) > 1:
            names = ", ".join(graph.nodes[i].name for i in members)
            raise ValueError(
                f"{names} are in order and have different priors, whose joint density is not normalised: "
                "their evidence is not available in this version; give them one prior"
            )
        volume += math.lgamma(len(members) + 1.0)
    return volume


def _check(fit: Fitted) -> None:
    plan = fit.plan
    for node in plan.graph.nodes:
        if node.prior in IMPROPER:
            raise ValueError(
                f"the prior {node.prior} of {node.name} is improper, so that the data have no evidence; "
                "give it a proper prior"
            )
    if plan.grid is None and plan.blocks not in ((), ("independence",), ("slice",)):
        raise ValueError(
            f"the evidence needs the effects integrated out, and scheme {plan.scheme!r} draws them: "
            "fit with scheme='auto'"
        )


def _path(fit: Fitted) -> FloatArray:
    """Coordinates (chains, d, draws) of the fit's own draws, made again."""
    from hierfast.sampler import Sampler

    plan, draws = fit.plan, fit._draws
    found = []
    for chain in draws.chains:
        sampler = Sampler(plan, draws.seed, chain)
        sampler.step(plan.tune)
        found.append(sampler.step(draws.values.shape[2]))
    return np.array(found)


def _tiled(function: Any, z: FloatArray) -> FloatArray:
    tile = _core.TILE
    parts = [
        function(np.ascontiguousarray(z[:, lo : lo + tile])) for lo in range(0, z.shape[1], tile)
    ]
    return np.concatenate(parts)
