"""Positive rows, by shape and log mean, in plain NumPy: twin of csrc/likelihood/gamma.h.

Equation numbers are those of the C file. Speed is no concern here.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

TOP = 300.0  # v beyond which the density is 0 whatever it is; exp(v) goes on as its tangent


def log_likelihood(
    rows: ArrayLike, x: ArrayLike, censored: ArrayLike, eta: ArrayLike, alpha: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood up to what `overall` adds and a constant, and its derivatives: equations (1) and (2).

    Parameters
    ----------
    rows, x, censored : array_like
        How many rows, the logarithm of their mean or of where they were censored, and whether they were.
    eta, alpha : array_like
        Logarithm of the mean of the density, and its shape.

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative in eta.

    Examples
    --------
    >>> from hierfast.likelihoods.gamma_rows import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood(2, 0.7, 0, 0.5, 1.5)]
    [-0.0642, 0.6642, -3.6642]
    >>> [float(v.round(4)) for v in log_likelihood(1, 0.7, 1, 0.5, 1.0)]
    [-1.2214, 1.2214, -1.2214]
    """
    rows, x, cut, eta, a = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (rows, x, censored, eta, alpha))
    )
    off = x - eta
    e = np.exp(np.minimum(off, TOP))
    log, h, bend = np.vectorize(log_upper, otypes=[float] * 3)(a, np.minimum(off, TOP))
    over = e * np.maximum(off - TOP, 0)
    seen = cut == 0
    return (
        np.where(seen, -a * rows * (e + over - off - 1), rows * (log - a * over)),
        np.where(seen, a * rows * (e - 1), rows * h),
        np.where(seen, -a * rows * e, rows * h * bend),
    )


def log_upper(a: float, v: float) -> tuple[float, float, float]:
    """Log Q(a, z), z = a exp(v), its hazard h = z^a exp(-z) / (Gamma(a) Q), and z - a - h.

    Parameters
    ----------
    a, v : float
        Shape, and the logarithm of z over it.

    Returns
    -------
    tuple of float
        The three numbers.

    Examples
    --------
    >>> from hierfast.likelihoods.gamma_rows import log_upper
    >>> [round(x, 6) for x in log_upper(1.0, 0.0)]
    [-1.0, 1.0, -1.0]
    """
    z = a * math.exp(v)
    peak = a * math.log(a) - a - math.lgamma(a) + a * (v - math.expm1(v))
    if z < a + 1:
        total, term, k = 1 / a, 1 / a, 1
        while term > 1e-17 * total:
            term *= z / (a + k)
            total, k = total + term, k + 1
        log = math.log1p(-math.exp(peak) * total)
        h = math.exp(peak - log)
        return log, h, z - a - h
    depth = 60 + int(20 * math.sqrt(a))
    rest = 0.0
    for k in range(depth, 0, -1):  # the continued fraction from its far end
        rest = -k * (k - a) / (z + 1 - a + 2 * k + rest)
    h = z + 1 - a + rest
    return peak - math.log(h), h, -1 - rest


def overall(count: ArrayLike, off: ArrayLike, alpha: ArrayLike) -> FloatArray:
    """Return what rows say of the shape alone, whatever the effects: equation (3).

    Parameters
    ----------
    count, off : array_like
        How many rows were not censored, and the sum over them of the logarithm of their group's mean over
        each.
    alpha : array_like
        The shape.

    Returns
    -------
    numpy.ndarray
        The sum over rows.

    Examples
    --------
    >>> from hierfast.likelihoods.gamma_rows import overall
    >>> float(overall(2, 0.5, 1.0).round(4))
    -2.5
    """
    from scipy.special import gammaln

    a = np.asarray(alpha, dtype=np.float64)
    n, r = (np.asarray(v, dtype=np.float64) for v in (count, off))
    return np.asarray(n * (a * np.log(a) - a - gammaln(a)) - a * r)
