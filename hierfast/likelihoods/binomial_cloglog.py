"""Successes out of trials, complementary log-log link: twin of csrc/likelihood/binomial_cloglog.h.

Equation numbers are those of the C file. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

NEAR = 0.1  # below which series (3) are read
TOP = 700.0


def log_likelihood(
    y: ArrayLike, n: ArrayLike, eta: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood up to a constant and its derivatives in eta: equations (1) to (3).

    Parameters
    ----------
    y, n, eta : array_like
        Successes, trials, log(-log(1 - probability)).

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative.

    Examples
    --------
    >>> from hierfast.likelihoods.binomial_cloglog import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood(1, 4, 0.0)]
    [-3.4587, -2.418, -3.3387]
    """
    y, n, eta = (np.asarray(v, dtype=np.float64) for v in (y, n, eta))
    with np.errstate(all="ignore"):
        m = np.exp(np.minimum(eta, TOP))
        series = eta - m / 2 + m**2 / 24 - m**4 / 2880 + m**6 / 181440
        value = np.where(m < NEAR, series, np.log1p(-np.exp(-m)))
        drop = m / 2 + m**2 / 12 - m**4 / 720 + m**6 / 30240
        g = np.where(m < NEAR, 1 - m + drop, m * np.exp(-m) / -np.expm1(-m))
        drop = np.where(m < NEAR, drop, m + g - 1)
        f = n - y
        return y * value - f * m, y * g - f * m, -y * g * drop - f * m
