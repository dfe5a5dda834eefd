"""Beta populations of probabilities: twin of csrc/population/beta.h and csrc/conjugate/binomial_beta.h.

Plain NumPy under the equation numbers of the C files. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.distributions.beta import log_beta

FloatArray = NDArray[np.float64]


def log_population(
    theta: ArrayLike, alpha: ArrayLike, beta: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log density of a logit and its derivatives: equations (1) and (2) of the population.

    Parameters
    ----------
    theta, alpha, beta : array_like
        Logit of the probability, and the two shapes.

    Returns
    -------
    tuple of numpy.ndarray
        The log density, its first and its second derivative.

    Examples
    --------
    >>> from hierfast.likelihoods.beta import log_population
    >>> [float(v.round(4)) for v in log_population(0.0, 1, 1)]
    [-1.3863, 0.0, -0.5]
    """
    theta, alpha, beta = (np.asarray(v, dtype=np.float64) for v in (theta, alpha, beta))
    with np.errstate(all="ignore"):
        p, q = 1.0 / (1.0 + np.exp(-theta)), 1.0 / (1.0 + np.exp(theta))
        value = -alpha * np.logaddexp(0.0, -theta) - beta * np.logaddexp(0.0, theta)
        first = alpha * q - beta * p
        return value - log_beta(alpha, beta), first, -(alpha + beta) * p * q


def log_marginal(y: ArrayLike, n: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> FloatArray:
    """Log probability of each group, up to a constant, its own integrated out: equation (1) of the pair.

    Parameters
    ----------
    y, n, alpha, beta : array_like
        Successes, trials, and the two shapes of the population.

    Returns
    -------
    numpy.ndarray
        The log probability.

    Examples
    --------
    >>> from hierfast.likelihoods.beta import log_marginal
    >>> float(log_marginal(1, 1, 2.0, 6.0).round(4))
    -1.3863
    """
    y, n, alpha, beta = (np.asarray(v, dtype=np.float64) for v in (y, n, alpha, beta))
    return np.asarray(log_beta(alpha + y, beta + n - y) - log_beta(alpha, beta))
