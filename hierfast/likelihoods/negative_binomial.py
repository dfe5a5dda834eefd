"""Overdispersed counts, log link, in plain NumPy: twin of csrc/likelihood/negative_binomial.h.

Equation numbers are those of the C file. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

TOP = 600.0  # beyond it log(1 + r) grows as eta does


def log_likelihood(
    y: ArrayLike, rows: ArrayLike, exposure: ArrayLike, eta: ArrayLike, alpha: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood up to what `overall` adds and a constant, and its derivatives: equations (1) and (2).

    Parameters
    ----------
    y, rows, exposure : array_like
        Events of the rows together, how many rows, and the exposure of each.
    eta, alpha : array_like
        Logarithm of the rate, and the shape.

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative in eta.

    Examples
    --------
    >>> from hierfast.likelihoods.negative_binomial import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood(2, 1, 3.0, 0.0, 1.5)]
    [-3.8451, -0.3333, -0.7778]
    """
    y, rows, t, eta, a = (np.asarray(v, dtype=np.float64) for v in (y, rows, exposure, eta, alpha))
    low = np.minimum(eta, TOP)
    with np.errstate(all="ignore"):
        r, w = t * np.exp(low) / a, rows * a + y
        p, q = r / (1 + r), 1 / (1 + r)
        return y * eta - w * (np.log1p(r) + (eta - low)), y - w * p, -w * p * q


def overall(y: ArrayLike, alpha: ArrayLike) -> FloatArray:
    """Return what counts say of the shape alone, whatever the effects: equation (3).

    Parameters
    ----------
    y : array_like
        Counts of all rows (N,).
    alpha : array_like
        The shape.

    Returns
    -------
    numpy.ndarray
        The sum over rows.

    Examples
    --------
    >>> from hierfast.likelihoods.negative_binomial import overall
    >>> float(overall([0, 1, 2], 2.0).round(4))
    0.4055
    """
    whole = np.asarray(y).astype(np.int64)
    a = np.asarray(alpha, dtype=np.float64)
    total = np.zeros(a.shape)
    for k in range(int(whole.max(initial=0))):
        total = total + (whole > k).sum() * np.log1p(k / a)
    return np.asarray(total)
