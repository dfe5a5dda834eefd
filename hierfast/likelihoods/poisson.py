"""Events in an exposure, log link, in plain NumPy: twin of csrc/likelihood/poisson.h.

Equation numbers are those of the C file. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def log_likelihood(
    y: ArrayLike, exposure: ArrayLike, eta: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood up to a constant and its derivatives in eta: equations (1) and (2).

    Parameters
    ----------
    y, exposure, eta : array_like
        Events, exposure, logarithm of the rate.

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative.

    Examples
    --------
    >>> from hierfast.likelihoods.poisson import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood(2, 3.0, 0.0)]
    [-3.0, -1.0, -3.0]
    """
    y, exposure, eta = (np.asarray(v, dtype=np.float64) for v in (y, exposure, eta))
    with np.errstate(all="ignore"):
        mean = exposure * np.exp(eta)
        return y * eta - mean, y - mean, -mean
