r"""Log density of a model, stage by stage, at given unknowns.

.. math::

    \log p(y, \theta, \phi) = \log p(y \mid \theta, \phi) + \log p(\theta \mid \phi) + \log p(\phi) \tag{1}

in plain NumPy, with all constants, by the equations of the families. Source: Gelman et al., *Bayesian Data
Analysis*, 3rd ed., section 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.hyper import columns_of, is_normalised, log_hyper
from hierfast.observations import Observations, read_observations
from hierfast.prior_predictive import name_graph
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
        log p(phi).
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
) -> LogProb:
    """Evaluate all stages; see `Model.log_prob`."""
    from hierfast.plan import name_groups

    if y is None:
        raise TypeError("y is missing: name the column of outcomes, or give its values")
    if model.population.no_prior.startswith("a grid"):
        raise ValueError(
            "log_prob is not available with a Grid in this version; its weights have fit.population"
        )
    graph = name_graph(model, y, name_groups(data, group))
    observed = read_observations(model.likelihood, graph, data, y, group, groups)
    x, shape = columns_of(graph, hyper)
    stages = Stages(model.likelihood, graph, x)
    count = len(observed.labels)
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
    by_group = [v.reshape(*shape, count) for v in (rows, population)]
    return LogProb(
        by_group[0].sum(axis=-1),
        by_group[1].sum(axis=-1),
        log_hyper(graph, x).reshape(shape),
        is_normalised(graph),
        *by_group,
    )


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
