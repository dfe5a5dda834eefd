r"""The population given draws of the hyperparameters: moments, and a new group's effect.

Moments are on the scale on which the effects are read by quadrature: of a Gamma, an InverseGamma and a Beta
with shapes a, b they are of the logarithm or the logit,

.. math::

    \mathrm{var}(\log x) = \psi'(a), \qquad \mathrm{var}(\mathrm{logit}\, x) = \psi'(a) + \psi'(b), \tag{1}

and of a mixture with weights w_k, means m_k and variances v_k

.. math:: \mathrm{var}\, x = \sum_k w_k (v_k + m_k^2) - \Bigl(\sum_k w_k m_k\Bigr)^2.                \tag{2}

A new group's effect has the distribution function of the mixture over the draws,

.. math:: F(x \mid y) = \frac1M \sum_m F(x \mid \phi_m),                                             \tag{3}

whose quantiles are found by bisection. Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section
5.2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast.graph import Graph
from hierfast.sample import read

FloatArray = NDArray[np.float64]
Shapes = list[FloatArray]

BISECTIONS = 70


def _log_moments(location: FloatArray, shape: Shapes) -> tuple[FloatArray, FloatArray]:
    from scipy.special import digamma, polygamma

    return digamma(shape[0]) - np.log(shape[1]), polygamma(1, shape[0])


def _negative_log_moments(location: FloatArray, shape: Shapes) -> tuple[FloatArray, FloatArray]:
    mean, var = _log_moments(location, shape)
    return -mean, var


def _logit_moments(location: FloatArray, shape: Shapes) -> tuple[FloatArray, FloatArray]:
    from scipy.special import digamma, polygamma

    mean = digamma(shape[0]) - digamma(shape[1])
    return mean, polygamma(1, shape[0]) + polygamma(1, shape[1])


def _normal_moments(location: FloatArray, shape: Shapes) -> tuple[FloatArray, FloatArray]:
    return location, np.square(shape[0])


def _frozen_moments(name: str) -> Callable[..., tuple[FloatArray, FloatArray]]:
    def moments(location: FloatArray, shape: Shapes) -> tuple[FloatArray, FloatArray]:
        mean, var = FROZEN[name](location, shape).stats("mv")
        return np.asarray(mean), np.asarray(var)

    return moments


def _normal(location: FloatArray, shape: Shapes) -> Any:
    from scipy.stats import norm

    return norm(location, shape[0])


def _student(location: FloatArray, shape: Shapes) -> Any:
    from scipy.stats import t

    return t(shape[1], location, shape[0])


def _logistic(location: FloatArray, shape: Shapes) -> Any:
    from scipy.stats import logistic

    return logistic(location, shape[0])


def _truncated(location: FloatArray, shape: Shapes) -> Any:
    from scipy.stats import truncnorm

    mu, sigma, low, high = shape
    return truncnorm((low - mu) / sigma, (high - mu) / sigma, mu, sigma)


def _beta(location: FloatArray, shape: Shapes) -> Any:
    from scipy.stats import beta

    return beta(shape[0], shape[1])


def _gamma(location: FloatArray, shape: Shapes) -> Any:
    from scipy.stats import gamma

    return gamma(shape[0], scale=1.0 / shape[1])


def _inverse_gamma(location: FloatArray, shape: Shapes) -> Any:
    from scipy.stats import invgamma

    return invgamma(shape[0], scale=shape[1])


FROZEN: dict[str, Callable[[FloatArray, Shapes], Any]] = {
    "Normal": _normal,
    "StudentT": _student,
    "Logistic": _logistic,
    "TruncatedNormal": _truncated,
    "Beta": _beta,
    "Gamma": _gamma,
    "InverseGamma": _inverse_gamma,
}
MOMENTS: dict[str, Callable[[FloatArray, Shapes], tuple[FloatArray, FloatArray]]] = {
    **{name: _frozen_moments(name) for name in FROZEN},
    "Normal": _normal_moments,
    "Beta": _logit_moments,
    "Gamma": _log_moments,
    "InverseGamma": _negative_log_moments,
}


def weights_of(graph: Graph, x: FloatArray) -> FloatArray:
    """Give the weights of a mixture's parts: equation (1) of csrc/phi/mixed.h.

    Parameters
    ----------
    graph : Graph
        Of the model.
    x : numpy.ndarray
        Unknowns (n_node, n).

    Returns
    -------
    numpy.ndarray
        Weights (K, n).
    """
    n, left, out = x.shape[1], np.ones(x.shape[1]), []
    for stick in graph.sticks:
        v = read(stick, x, n)
        out.append(left * v)
        left = left * (1.0 - v)
    return np.array([*out, left])


def parts_of(graph: Graph, x: FloatArray) -> list[tuple[str, FloatArray, Shapes]]:
    """Give the population's parts, one unless it is a mixture.

    Parameters
    ----------
    graph, x
        As in `weights_of`.

    Returns
    -------
    list of tuple
        Name of the family, location (n,) and other parameters of each.
    """
    n = x.shape[1]
    return [
        (part.population, read(part.location, x, n), [read(arg, x, n) for arg in part.shape])
        for part in graph.parts or (graph,)
    ]


def variance_of(graph: Graph, x: FloatArray) -> FloatArray:
    """Give the population's variance: equations (1) and (2).

    Parameters
    ----------
    graph, x
        As in `weights_of`.

    Returns
    -------
    numpy.ndarray
        Variances (n,); infinite of a StudentT of 2 degrees of freedom and less.

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.population import variance_of
    >>> model = hf.Model(hf.Binomial(n=5), hf.Logistic(0, 2))
    >>> fit = model.fit({"y": [1, 4, 0]}, y="y", random_seed=1, progressbar=False)
    >>> variance_of(fit.plan.graph, np.empty((0, 1))).round(4)
    array([13.1595])
    """
    found = []
    for name, location, shape in parts_of(graph, x):
        point = name == "PointMass"
        found.append((location, 0.0 * location) if point else MOMENTS[name](location, shape))
    if not graph.parts:
        var = found[0][1]
        return np.where(np.isnan(var), np.inf, var)  # SciPy's, of a t of 1 degree of freedom
    mean, var = (np.array(v) for v in zip(*found, strict=True))
    w = weights_of(graph, x)
    centre = (w * mean).sum(axis=0)
    return np.asarray((w * (var + np.square(mean - centre))).sum(axis=0))


def quantiles_of(graph: Graph, x: FloatArray, probs: FloatArray) -> FloatArray:
    """Give quantiles of a new group's effect: equation (3), on the scale that the population lives on.

    Parameters
    ----------
    graph, x
        As in `weights_of`; the draws.
    probs : numpy.ndarray
        Probabilities (Q,).

    Returns
    -------
    numpy.ndarray
        Quantiles (Q,).

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.population import quantiles_of
    >>> model = hf.Model(hf.Binomial(n=5), hf.Beta(2, 1))
    >>> fit = model.fit({"y": [1, 4, 0]}, y="y", random_seed=1, progressbar=False)
    >>> quantiles_of(fit.plan.graph, np.empty((0, 1)), np.array([0.25])).round(6)
    array([0.5])
    """
    parts, w = parts_of(graph, x), np.ones((1, x.shape[1]))
    if graph.parts:
        w = weights_of(graph, x)
    functions: list[Callable[[FloatArray], FloatArray]] = []
    low, high = np.inf, -np.inf
    for name, location, shape in parts:
        if name == "PointMass":
            functions.append(partial(np.less_equal, location))
            ends = location, location
        else:
            frozen = FROZEN[name](location, shape)
            functions.append(frozen.cdf)
            ends = frozen.ppf(probs.min()), frozen.ppf(probs.max())
        low, high = min(low, ends[0].min()), max(high, ends[1].max())
    lo, hi = (np.full(len(probs), v) for v in (low, high))
    for _ in range(BISECTIONS):
        middle = 0.5 * (lo + hi)
        total = np.zeros((len(probs), x.shape[1]))
        for share, function in zip(w, functions, strict=True):
            total += share * function(middle[:, None])
        below = total.mean(axis=1) < probs
        lo, hi = np.where(below, middle, lo), np.where(below, hi, middle)
    return np.asarray(0.5 * (lo + hi))
