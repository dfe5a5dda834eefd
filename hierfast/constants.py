r"""What data alone say in the density of rows, which kernels leave out.

Densities of a group's rows given phi are known up to a factor that no unknown enters. Models of the same
rows whose factors differ can be compared only with them:

.. math::

    -\tfrac{1}{2} \log 2 \pi - \log s         && \text{Normal, known scale } s \text{ or 1} \tag{1} \\
    \log \binom{n}{y}                         && \text{Binomial, zero-inflated or not}      \tag{2} \\
    y \log t - \log y!                        && \text{Poisson, zero-inflated or not}       \tag{3} \\
    -\log t, \quad 0 \text{ where censored}   && \text{Weibull, Gamma}                      \tag{4} \\
    \log n! - \sum_k \log y_k!                && \text{Multinomial}                         \tag{5}

a row, (3) of NegativeBinomial as well, and nothing for Bernoulli, Exponential, OrderedLogistic and
StudentT. Sums over the rows of a group are known from its statistics where it has one row, and of (1)
without known scales always.

Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hierfast.links import apply_core
from hierfast.statistics import Statistics

if TYPE_CHECKING:
    from hierfast.graph import Graph
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]

LGAMMA = 7  # among the functions of csrc/twin.h
HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
NONE = ("StudentT", "OrderedLogistic")
SUCCESSES = (
    "Binomial",
    "BinomialProbit",
    "BinomialCloglog",
    "ZeroInflatedBinomial",
)
EVENTS = ("Poisson", "ZeroInflatedPoisson", "NegativeBinomial")
WHOLE = "rows"  # what densities are of that lack nothing


def row_constants(
    graph: Graph, y: FloatArray, size: FloatArray | None, se: FloatArray | None
) -> FloatArray:
    """Give what data alone say of each row: equations (1) to (5).

    Parameters
    ----------
    graph : Graph
        Of the model.
    y : numpy.ndarray
        Outcomes (N,), of times whether the event was seen, of categories counts (N, H).
    size : numpy.ndarray or None
        Trials, exposures or times (N,).
    se : numpy.ndarray or None
        Known scales (N,).

    Returns
    -------
    numpy.ndarray
        Logarithms (N,).

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.constants import row_constants
    >>> from hierfast.grammar import build_graph
    >>> graph = build_graph(hf.Binomial(n=4), hf.Normal(0, 1))
    >>> np.exp(row_constants(graph, np.array([2.0]), np.array([4.0]), None)).round(6)
    array([6.])
    """
    log_gamma = partial(apply_core, LGAMMA)
    name, zero = graph.likelihood, np.zeros(len(y))
    if name in NONE or graph.title == "Exponential" or graph.title.startswith("Bernoulli"):
        return zero
    if name == "Normal":
        return zero - HALF_LOG_2PI - (0.0 if se is None else np.log(se))
    if name == "Multinomial":
        return np.asarray(log_gamma(y.sum(axis=1) + 1.0) - log_gamma(y + 1.0).sum(axis=1))
    assert size is not None
    if name in SUCCESSES:
        return np.asarray(log_gamma(size + 1.0) - log_gamma(y + 1.0) - log_gamma(size - y + 1.0))
    logs = np.log(np.where(size > 0, size, 1.0))
    if name in EVENTS:
        return np.asarray(y * logs - log_gamma(y + 1.0))
    return -y * logs


def group_constants(plan: Plan) -> FloatArray | None:
    """Give what data alone say of each group, where its statistics tell.

    Parameters
    ----------
    plan : Plan
        Of the fit.

    Returns
    -------
    numpy.ndarray or None
        Logarithms (J,); None where rows are needed.

    Examples
    --------
    >>> import hierfast as hf
    >>> from hierfast.constants import group_constants
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1))
    >>> plan = model.explain({"g": [0, 0, 1], "y": [0.0, 1.0, 2.0]}, y="y", group="g")
    Normal likelihood, Normal population: 3 rows, 2 groups (g)
    ...
    >>> group_constants(plan).round(3)
    array([-1.838, -0.919])
    """
    graph, stats = plan.graph, plan.statistics
    n = stats.n
    if graph.likelihood in NONE:
        return np.zeros(len(n))
    if isinstance(stats, Statistics):
        if stats.known and (n > 1).any():
            return None
        se = 1.0 / np.sqrt(np.where(n > 0, stats.weight, 1.0)) if stats.known else None
        return np.asarray(row_constants(graph, stats.mean, None, se) * n)
    one = row_constants(graph, stats.y, stats.size, None)
    return one if not one.any() or (n <= 1).all() else None
