"""Times until an event, by shape and log scale, in plain NumPy: twin of csrc/likelihood/weibull.h.

Equation numbers are those of the C file. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

TOP = 300.0  # log w beyond which the density is 0 whatever it is; w goes on as its tangent


def log_likelihood(
    events: ArrayLike, rows: ArrayLike, time: ArrayLike, eta: ArrayLike, alpha: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood up to what `overall` adds and a constant, and its derivatives: equations (1) and (2).

    Parameters
    ----------
    events, rows, time : array_like
        How many rows had their event at the time, how many rows there are, and the time of them all.
    eta, alpha : array_like
        Logarithm of the scale, and the shape.

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative in eta.

    Examples
    --------
    >>> from hierfast.likelihoods.weibull import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood(1, 2, 3.0, 1.0, 1.5)]
    [-2.1709, 1.9783, -5.2174]
    """
    d, rows, t, eta, k = (np.asarray(v, dtype=np.float64) for v in (events, rows, time, eta, alpha))
    z = k * (np.log(np.where(t > 0, t, 1.0)) - eta)
    w = rows * np.exp(np.minimum(z, TOP))
    return d * z - w * (1 + np.maximum(z - TOP, 0)), k * (w - d), -k * k * w


def overall(events: ArrayLike, alpha: ArrayLike) -> FloatArray:
    """Return what events say of the shape alone, whatever the effects: equation (3).

    Parameters
    ----------
    events : array_like
        1 of each row that had its event, else 0 (N,).
    alpha : array_like
        The shape.

    Returns
    -------
    numpy.ndarray
        The sum over rows.

    Examples
    --------
    >>> from hierfast.likelihoods.weibull import overall
    >>> float(overall([0, 1, 1], 2.0).round(4))
    1.3863
    """
    return np.asarray(np.sum(events) * np.log(np.asarray(alpha, dtype=np.float64)))
