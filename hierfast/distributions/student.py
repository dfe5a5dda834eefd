"""What the Student-t family shares; the plain twin of ``csrc/prior/student.h``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import FloatArray

_TAIL = (
    -1 / 8,
    1 / 192,
    -1 / 640,
    17 / 14336,
    -31 / 18432,
    691 / 180224,
    -5461 / 425984,
)


def student_c(nu: ArrayLike) -> FloatArray:
    """Evaluate lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu / 2) / 2 without cancellation.

    Equations (1) to (3) of ``csrc/prior/student.h``: the recurrence carries nu to nu + 16,
    where an asymptotic series takes over.

    Parameters
    ----------
    nu : array_like
        Degrees of freedom, positive.

    Returns
    -------
    numpy.ndarray
        The logarithm of the ratio of normalising constants, Student-t to normal.
    """
    nu = np.minimum(np.asarray(nu, dtype=np.float64), 1e20)
    z = (nu + 16) / 2
    tail = sum(c / z ** (2 * k + 1) for k, c in enumerate(_TAIL))  # (3)
    ratio = np.ones_like(nu)
    for i in range(8):
        ratio = ratio * ((nu + 2 * i) / (nu + 2 * i + 1))
    return np.asarray(tail + np.log(ratio) + 0.5 * (np.log(nu + 16) - np.log(nu)))  # (2)


def student_q(d: ArrayLike, s: ArrayLike, nu: ArrayLike) -> FloatArray:
    """Evaluate log(1 + (d / s)^2 / nu), also where the square overflows; equation (4).

    Parameters
    ----------
    d : array_like
        Distance from the centre, not negative.
    s : array_like
        Scale, positive.
    nu : array_like
        Degrees of freedom, positive.

    Returns
    -------
    numpy.ndarray
        The logarithm.
    """
    d, s, nu = (np.asarray(v, dtype=np.float64) for v in (d, s, nu))
    w = d / s / np.sqrt(nu)
    far = 2 * (np.log(d) - np.log(s)) - np.log(nu)
    return np.where(w < 1e100, np.log1p(w * w), far)
