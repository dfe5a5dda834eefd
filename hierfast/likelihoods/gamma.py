"""Gamma populations of rates: twin of csrc/population/gamma.h and csrc/conjugate/poisson_gamma.h.

Plain NumPy under the equation numbers of the C files. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def log_population(
    theta: ArrayLike, alpha: ArrayLike, beta: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log density of a log rate and its derivatives: equations (1) and (2) of the population.

    Parameters
    ----------
    theta, alpha, beta : array_like
        Logarithm of the rate; shape, and one over the scale.

    Returns
    -------
    tuple of numpy.ndarray
        The log density, its first and its second derivative.

    Examples
    --------
    >>> from hierfast.likelihoods.gamma import log_population
    >>> [float(v.round(4)) for v in log_population(0.0, 1, 1)]
    [-1.0, 0.0, -1.0]
    """
    from scipy.special import gammaln

    theta, alpha, beta = (np.asarray(v, dtype=np.float64) for v in (theta, alpha, beta))
    with np.errstate(all="ignore"):
        mean = beta * np.exp(theta)
        value = alpha * (theta + np.log(beta)) - mean - gammaln(alpha)
        return value, alpha - mean, -mean


def log_marginal(y: ArrayLike, t: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> FloatArray:
    """Log probability of each group, up to a constant, its rate integrated out: equation (1) of the pair.

    Parameters
    ----------
    y, t, alpha, beta : array_like
        Events, exposure, and the population's shape and rate.

    Returns
    -------
    numpy.ndarray
        The log probability.

    Examples
    --------
    >>> from hierfast.likelihoods.gamma import log_marginal
    >>> float(log_marginal(0, 1, 1.0, 1.0).round(4))
    -0.6931
    """
    from scipy.special import gammaln

    y, t, alpha, beta = (np.asarray(v, dtype=np.float64) for v in (y, t, alpha, beta))
    rising = gammaln(alpha + y) - gammaln(alpha)
    return np.asarray(rising - alpha * np.log1p(t / beta) - y * np.log(beta + t))
