"""Normal rows whose scale is their group's own: twin of csrc/likelihood/normal_scale.h.

Plain NumPy under the equation numbers of the C file. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def log_likelihood(
    n: ArrayLike,
    mean: ArrayLike,
    m2: ArrayLike,
    eta: ArrayLike,
    mu: ArrayLike,
    tau: ArrayLike,
    c: ArrayLike = 1.0,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log density of a group's rows, its effect integrated out: equations (1) and (2).

    Parameters
    ----------
    n, mean, m2 : array_like
        Rows, their mean, squares about it.
    eta : array_like
        Such that the logarithm of their standard deviation is c eta.
    mu, tau : array_like
        Mean and standard deviation of the population of effects.
    c : array_like
        1 where eta is the logarithm of the standard deviation, 1/2 of the variance, -1/2 of the precision.

    Returns
    -------
    tuple of numpy.ndarray
        The log density up to a constant, its first and its second derivative in eta.

    Examples
    --------
    >>> from hierfast.likelihoods.normal_scale import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood(2, 1.0, 0.5, 0.0, 0.0, 1.0)]
    [-1.1326, -0.6111, -1.2963]
    """
    n, mean, m2, eta, mu, tau, c = (
        np.asarray(v, dtype=np.float64) for v in (n, mean, m2, eta, mu, tau, c)
    )
    variance, d = np.exp(2 * c * eta), mean - mu
    both = variance + n * tau**2
    w, q, within = variance / both, n * d**2 / both, m2 / variance
    value = -((n - 1) * 2 * c * eta + within + np.log(both) + q) / 2
    first = c * (within - (n - 1) + w * (q - 1))
    second = -2 * c**2 * (within + w * (1 - w) - q * w * (1 - 2 * w))
    return value, first, second


def split(
    n: ArrayLike,
    mean: ArrayLike,
    m2: ArrayLike,
    eta: ArrayLike,
    mu: ArrayLike,
    tau: ArrayLike,
    c: ArrayLike = 1.0,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Log density in two parts, of which one stays while mu and tau move: equation (5).

    Parameters
    ----------
    n, mean, m2, eta, mu, tau, c : array_like
        As in `log_likelihood`.

    Returns
    -------
    tuple of numpy.ndarray
        Logarithm of what stays; weight, slope and rate of what moves, which is weight * exp(slope * rate).

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.likelihoods.normal_scale import split
    >>> still, weight, slope, rate = split(2, 1.0, 0.5, 0.0, 0.0, 1.0)
    >>> float((still + np.log(weight) + slope * rate).round(4))
    -1.1326
    """
    n, mean, m2, eta, mu, tau, c = (
        np.asarray(v, dtype=np.float64) for v in (n, mean, m2, eta, mu, tau, c)
    )
    variance = np.exp(2 * c * eta)
    rate = 1.0 / (variance + n * tau**2)
    still = -((n - 1) * 2 * c * eta + m2 / variance) / 2
    return still, np.sqrt(rate), -n * (mean - mu) ** 2 / 2, rate


def effect(
    n: ArrayLike,
    mean: ArrayLike,
    eta: ArrayLike,
    mu: ArrayLike,
    tau: ArrayLike,
    c: ArrayLike = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of an effect given its rows' scale: equation (3).

    Parameters
    ----------
    n, mean, eta, mu, tau, c : array_like
        As in `log_likelihood`.

    Returns
    -------
    tuple of numpy.ndarray
        Means and variances.

    Examples
    --------
    >>> from hierfast.likelihoods.normal_scale import effect
    >>> [float(v) for v in effect(3, 1.0, 0.0, 0.0, 1.0)]
    [0.75, 0.25]
    """
    n, mean, eta, mu, tau, c = (np.asarray(v, dtype=np.float64) for v in (n, mean, eta, mu, tau, c))
    variance = np.exp(2 * c * eta)
    w = variance / (variance + n * tau**2)
    return mu + (1 - w) * (mean - mu), w * tau**2
