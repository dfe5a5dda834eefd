"""Inverse gamma populations of positive unknowns: twin of csrc/population/inverse_gamma.h.

Plain NumPy under the equation numbers of the C files. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def log_population(
    theta: ArrayLike, alpha: ArrayLike, beta: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log density of the logarithm of an inverse gamma variate: equations (1) and (2).

    Parameters
    ----------
    theta, alpha, beta : array_like
        The logarithm; shape and scale.

    Returns
    -------
    tuple of numpy.ndarray
        The log density, its first and its second derivative.

    Examples
    --------
    >>> from hierfast.likelihoods.inverse_gamma import log_population
    >>> [float(v.round(4)) for v in log_population(0.0, 1, 1)]
    [-1.0, 0.0, -1.0]
    """
    from scipy.special import gammaln

    theta, alpha, beta = (np.asarray(v, dtype=np.float64) for v in (theta, alpha, beta))
    with np.errstate(all="ignore"):
        part = beta * np.exp(-theta)
        value = alpha * (np.log(beta) - theta) - part - gammaln(alpha)
        return value, part - alpha, -part


def log_scaled_population(theta: ArrayLike, nu: ArrayLike, tau2: ArrayLike) -> FloatArray:
    """Log density of that of a scaled inverse chi-squared: csrc/population/scaled_inverse_chi2.h, (1).

    Parameters
    ----------
    theta, nu, tau2 : array_like
        The logarithm; degrees of freedom and scale.

    Returns
    -------
    numpy.ndarray
        The log density.
    """
    half = np.asarray(nu, dtype=np.float64) / 2
    return log_population(theta, half, half * np.asarray(tau2))[0]
