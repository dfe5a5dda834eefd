"""Successes out of trials, probit link, in plain NumPy: twin of csrc/likelihood/binomial_probit.h.

Equation numbers are those of the C file. Speed is no concern here.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

FAR = 100.0  # where series (3) begins


def log_likelihood(
    y: ArrayLike, n: ArrayLike, eta: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood up to a constant and its derivatives in eta: equations (1) to (3).

    Parameters
    ----------
    y, n, eta : array_like
        Successes, trials, normal quantile of the probability.

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative.

    Examples
    --------
    >>> from hierfast.likelihoods.binomial_probit import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood(1, 4, 0.0)]
    [-2.7726, -1.5958, -2.5465]
    """
    from scipy.special import erfcx, log_ndtr

    y, n, eta = (np.asarray(v, dtype=np.float64) for v in (y, n, eta))

    def ratio(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give r(x) of (2), and r(x) + x."""
        r = math.sqrt(2.0 / math.pi) / erfcx(-x / math.sqrt(2.0))
        a = np.maximum(-x, FAR)
        return r, np.where(-x < FAR, r + x, (1.0 - 2.0 / a**2 + 10.0 / a**4) / a)

    with np.errstate(all="ignore"):
        (up, above), (down, below) = ratio(eta), ratio(-eta)
        f = n - y
        value = np.where(y > 0, y * log_ndtr(eta), 0.0) + np.where(f > 0, f * log_ndtr(-eta), 0.0)
        return value, y * up - f * down, -y * up * above - f * down * below
