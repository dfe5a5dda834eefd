r"""Log density of a model, stage by stage, at given unknowns.

.. math::

    \log p(y, \theta, \phi) = \log p(y \mid \theta, \phi) + \log p(\theta \mid \phi) + \log p(\phi) \tag{1}

in plain NumPy, with all constants, by the equations of the families. Weights `w` of a grid of points
:math:`g_k` are hyperparameters too, with their density (5) of ``hierfast/likelihoods/grid.py``; effects may
be summed out there,

.. math:: \log p(y_j \mid w, \phi) = \log \sum_k w_k\, p(y_j \mid g_k, \phi).                      \tag{2}

Source: Gelman et al., *Bayesian Data
Analysis*, 3rd ed., section 5.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.distributions.grid import Grid
from hierfast.graph import Graph
from hierfast.hyper import columns_of, is_normalised, log_hyper
from hierfast.observations import Observations, read_observations
from hierfast.prior_predictive import name_graph, place_grid
from hierfast.simulate import Stages

if TYPE_CHECKING:
    from hierfast.model import Model

FloatArray = NDArray[np.float64]

ROWS = 1_000_000  # rows times draws at once


@dataclass(frozen=True, slots=True, eq=False)
class LogProb:
    """Log density by stage, each of the shape (...) of the hyperparameters given.

    Attributes
    ----------
    likelihood : numpy.ndarray
        log p(y | theta, phi).
    population : numpy.ndarray
        log p(theta | phi), that of scales which differ by group included.
    hyper : numpy.ndarray
        log p(phi), that of the weights of a grid included.
    normalised : bool
        Whether `hyper` has its constant: not where a prior is improper, or where unknowns are ordered whose
        priors differ.
    likelihood_by_group, population_by_group : numpy.ndarray
        The first two (..., J), group by group, in the order of the sorted labels.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Normal(0, 1), 1))
    >>> found = model.log_prob({"y": [0.0, 0.0]}, {"group_mu": 0.0}, [0.0, 0.0], y="y")
    >>> float(found.total.round(4)), float(found.hyper.round(4)), found.population_by_group.shape
    (-4.5947, -0.9189, (2,))
    """

    likelihood: FloatArray
    population: FloatArray
    hyper: FloatArray
    normalised: bool
    likelihood_by_group: FloatArray
    population_by_group: FloatArray

    @property
    def total(self) -> FloatArray:
        """Their sum, equation (1)."""
        return np.asarray(self.likelihood + self.population + self.hyper)


def compute_log_prob(
    model: Model,
    data: Any,
    hyper: dict[str, Any],
    effects: Any,
    *,
    y: Any,
    group: Any,
    groups: Any,
    scales: Any,
    weights: Any = None,
) -> LogProb:
    """Evaluate all stages; see `Model.log_prob`."""
    from hierfast.plan import name_groups

    if y is None:
        raise TypeError("y is missing: name the column of outcomes, or give its values")
    graph = name_graph(model, y, name_groups(data, group))
    observed = read_observations(model.likelihood, graph, data, y, group, groups)
    x, shape = columns_of(graph, hyper)
    count = len(observed.labels)
    log_weights: FloatArray | float = 0.0
    if isinstance(model.population, Grid):
        x, shape, points, w, log_weights = _weigh(model.population, graph, x, shape, weights)
        stages = Stages(model.likelihood, graph, x, points, w)
        if effects is None:
            rows = _summed_out(stages, observed)
            return _by_stage(graph, x, shape, rows, np.zeros_like(rows), log_weights)
    else:
        if weights is not None:
            raise TypeError("weights was given, but the population is no Grid")
        stages = Stages(model.likelihood, graph, x)
    if effects is None:
        raise TypeError("effects is missing: only those on a Grid can be summed out here")
    extra = (stages.categories,) if stages.categories else ()
    theta = _given("effects", effects, shape, (count, *extra))
    own = None
    if graph.scales is not None:
        if scales is None:
            raise TypeError(
                f"scales is missing: {graph.scales.name} differs by group; give (..., J)"
            )
        own = _given("scales", scales, shape, (count,))
    elif scales is not None:
        raise TypeError("scales was given, but no scale of the model differs by group")
    population = stages.log_effects(theta, stages.offset(observed.location, observed.design))
    if own is not None:
        population = population + stages.log_scales(own)
    rows = _rows_by_group(stages, observed, theta, own)
    return _by_stage(graph, x, shape, rows, population, log_weights)


def _by_stage(
    graph: Graph,
    x: FloatArray,
    shape: tuple[int, ...],
    rows: FloatArray,
    population: FloatArray,
    log_weights: Any,
) -> LogProb:
    by_group = [v.reshape(*shape, v.shape[-1]) for v in (rows, population)]
    return LogProb(
        by_group[0].sum(axis=-1),
        by_group[1].sum(axis=-1),
        np.asarray(log_hyper(graph, x) + log_weights).reshape(shape),
        is_normalised(graph),
        *by_group,
    )


def _weigh(
    grid: Grid, graph: Graph, x: FloatArray, shape: tuple[int, ...], weights: Any
) -> tuple[FloatArray, tuple[int, ...], FloatArray, FloatArray, FloatArray]:
    """Check weights; give unknowns and their shape, points, weights (D, M), and their log density (D,)."""
    from scipy.special import gammaln

    if weights is None:
        raise TypeError("weights is missing: the points of a Grid have some; give (..., M)")
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim == 0 or w.shape[-1] != grid.count:
        raise ValueError(
            f"weights must have a last axis of {grid.count}, the Grid's points; got {w.shape}"
        )
    if not (w >= 0).all() or not np.allclose(w.sum(axis=-1), 1.0, atol=1e-6):
        raise ValueError("weights must be 0 or more, and add up to 1 over the Grid's points")
    try:
        whole = np.broadcast_shapes(shape, w.shape[:-1])
    except ValueError:
        raise ValueError(
            f"weights must have the shape of the hyperparameters, {shape}, then {grid.count} points; "
            f"got {w.shape}"
        ) from None
    each_x = np.broadcast_to(x.reshape(len(x), *shape), (len(x), *whole))
    x = each_x.reshape(len(x), math.prod(whole))
    points, alpha = place_grid(grid, graph, x)
    w = np.broadcast_to(w, (*whole, grid.count)).reshape(-1, grid.count)
    with np.errstate(divide="ignore"):
        each = np.where(alpha == 1.0, 0.0, (alpha - 1.0) * np.log(w)) - gammaln(alpha)
    return x, whole, points, w, gammaln(alpha.sum(axis=1)) + each.sum(axis=1)


def _summed_out(stages: Stages, observed: Observations) -> FloatArray:
    """Log density (D, J) of the rows of each group, its effect summed out: equation (2)."""
    assert stages.points is not None and stages.weights is not None
    shape = (stages.count, len(observed.labels))
    total = np.full(shape, -np.inf)
    with np.errstate(divide="ignore"):
        log = np.log(stages.weights)
    for k, point in enumerate(stages.points.tolist()):
        rows = _rows_by_group(stages, observed, np.full(shape, point), None)
        total = np.logaddexp(total, log[:, k, None] + rows)
    return total


def _given(name: str, values: Any, shape: tuple[int, ...], last: tuple[int, ...]) -> FloatArray:
    """Check what was given of groups: (D, J) or (D, J, H)."""
    found = np.asarray(values, dtype=np.float64)
    try:
        whole = np.broadcast_to(found, (*shape, *last))
    except ValueError:
        raise ValueError(
            f"{name} must have the shape {(*shape, *last)}: that of the hyperparameters, then a value for "
            f"each of {last[0]} groups in the order of their sorted labels; got {found.shape}"
        ) from None
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite; it holds {found[~np.isfinite(found)].flat[0]}")
    return whole.reshape(-1, *last)


def _rows_by_group(
    stages: Stages, observed: Observations, theta: FloatArray, scales: FloatArray | None
) -> FloatArray:
    """Log likelihood of the rows of each group (D, J), some draws at a time."""
    assert observed.y is not None
    order = np.argsort(observed.code, kind="stable")
    ordered = observed.take(order)
    has, first = np.unique(ordered.code, return_index=True)
    out = np.zeros((stages.count, len(observed.labels)))
    step = max(1, ROWS // max(len(observed), 1))
    for lo in range(0, stages.count, step):
        cut = slice(lo, lo + step)
        own = None if scales is None else scales[cut][:, ordered.code]
        part = stages.take(cut)
        rows = part.rows(theta[cut][:, ordered.code], ordered, own)
        log = stages.likelihood.log_rows(ordered.y, rows, ordered.censored)
        log = np.broadcast_to(log, (part.count, len(ordered)))
        if ordered.weight is not None:
            log = log * ordered.weight
        out[cut, has] = np.add.reduceat(log, first, axis=1)
    return out
