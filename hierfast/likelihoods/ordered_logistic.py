"""Rows in ordered categories, in plain NumPy: twin of csrc/likelihood/ordered_logistic.h.

Equation numbers are those of the C file. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.likelihoods import binomial

FloatArray = NDArray[np.float64]


def log_likelihood(
    counts: ArrayLike, eta: ArrayLike, cutpoints: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood and its derivatives in eta: equations (2) to (4).

    Parameters
    ----------
    counts : array_like
        Rows in each category (..., K).
    eta : array_like
        Effects (...).
    cutpoints : array_like
        Increasing (K - 1,).

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative.

    Examples
    --------
    >>> from hierfast.likelihoods.ordered_logistic import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood([0, 1, 0], 0.0, [-1, 1])]
    [-0.7719, 0.0, -0.3932]
    """
    counts, c = np.asarray(counts, dtype=np.float64), np.asarray(cutpoints, dtype=np.float64)
    off = np.asarray(eta, dtype=np.float64)[..., None] - c
    trials = counts[..., :-1] + counts[..., 1:]
    value, first, second = (
        v.sum(axis=-1) for v in binomial.log_likelihood(counts[..., 1:], trials, off)
    )
    return value + log_gaps(counts, c), first, second


def log_gaps(counts: ArrayLike, cutpoints: ArrayLike) -> FloatArray:
    """Add up what rows say of cutpoints alone: equation (4).

    Parameters
    ----------
    counts : array_like
        Rows in each category (..., K).
    cutpoints : array_like
        Increasing (K - 1,).

    Returns
    -------
    numpy.ndarray
        The sums (...).

    Examples
    --------
    >>> from hierfast.likelihoods.ordered_logistic import log_gaps
    >>> float(log_gaps([5, 2, 7], [0.0, 1e-20]).round(4))
    -92.1034
    """
    inner = np.asarray(counts, dtype=np.float64)[..., 1:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(-np.expm1(-np.diff(np.asarray(cutpoints, dtype=np.float64))))
        return np.asarray(np.where(inner > 0, inner * log, 0.0).sum(axis=-1))
