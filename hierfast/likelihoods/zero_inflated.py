"""Counts with more zeros than their density has, in plain NumPy: twin of csrc/likelihood/zero_inflated*.h.

Equation numbers are those of the C files. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def poisson(
    y: ArrayLike,
    some: ArrayLike,
    none: ArrayLike,
    exposure: ArrayLike,
    eta: ArrayLike,
    psi: ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood up to a constant and its derivatives in eta: equations (1) and (2), a log link.

    Parameters
    ----------
    y, some, none, exposure : array_like
        Events, rows above 0, rows at 0, the exposure of each.
    eta, psi : array_like
        Logarithm of the rate; probability of being drawn from the Poisson.

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative in eta.

    Examples
    --------
    >>> from hierfast.likelihoods.zero_inflated import poisson
    >>> [float(v.round(4)) for v in poisson(2, 1, 1, 1.0, 0.0, 0.5)]
    [-2.073, 0.7311, -1.0723]
    """
    eta = np.asarray(eta, dtype=np.float64)
    with np.errstate(all="ignore"):
        u = np.asarray(exposure) * np.exp(eta)
        return _inflated(y, some, none, eta, psi, u, u, u)


def binomial(
    y: ArrayLike,
    some: ArrayLike,
    none: ArrayLike,
    trials: ArrayLike,
    eta: ArrayLike,
    psi: ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood up to a constant and its derivatives in eta: equations (1) and (2), a logit link.

    Parameters
    ----------
    y, some, none, trials : array_like
        Successes, rows above 0, rows at 0, the trials of each.
    eta, psi : array_like
        Logit of the probability; probability of being drawn from the binomial.

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative in eta.

    Examples
    --------
    >>> from hierfast.likelihoods.zero_inflated import binomial
    >>> [float(v.round(4)) for v in binomial(2, 1, 0, 4.0, 0.0, 1.0)]
    [-2.7726, 0.0, -1.0]
    """
    eta, m = np.asarray(eta, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    with np.errstate(all="ignore"):
        p, q = 1 / (1 + np.exp(-eta)), 1 / (1 + np.exp(eta))
        return _inflated(y, some, none, eta, psi, m * np.logaddexp(0.0, eta), m * p, m * p * q)


def _inflated(
    y: ArrayLike,
    some: ArrayLike,
    none: ArrayLike,
    eta: FloatArray,
    psi: ArrayLike,
    u: FloatArray,
    u1: FloatArray,
    u2: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    y, n, z, psi = (np.asarray(v, dtype=np.float64) for v in (y, some, none, psi))
    left = 1 - psi * (1 - np.exp(-u))
    s = psi * np.exp(-u) / left
    zeros = np.where(z > 0, z * np.log1p(left - 1), 0.0)
    value = y * eta - np.where(n > 0, n * u, 0.0) + n * np.log(psi) + zeros
    both, bend = n + np.where(z > 0, z * s, 0.0), np.where((z > 0) & (s > 0), z * s * (1 - s), 0.0)
    first = y - np.where(both > 0, both * u1, 0.0)
    second = np.where(bend > 0, bend * u1 * u1, 0.0) - np.where(both > 0, both * u2, 0.0)
    return value, first, second
