"""Successes out of trials, logit link, in plain NumPy: twin of csrc/likelihood/binomial.h.

Equation numbers are those of the C file. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def log_likelihood(
    y: ArrayLike, n: ArrayLike, eta: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood up to a constant and its derivatives in eta: equations (1) and (2).

    Parameters
    ----------
    y, n, eta : array_like
        Successes, trials, logit of the probability.

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative.

    Examples
    --------
    >>> from hierfast.likelihoods.binomial import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood(1, 4, 0.0)]
    [-2.7726, -1.0, -1.0]
    """
    y, n, eta = (np.asarray(v, dtype=np.float64) for v in (y, n, eta))
    with np.errstate(all="ignore"):
        p, q = 1.0 / (1.0 + np.exp(-eta)), 1.0 / (1.0 + np.exp(eta))
        value = -y * np.logaddexp(0.0, -eta) - (n - y) * np.logaddexp(0.0, eta)
        return value, y * q - (n - y) * p, -n * p * q
