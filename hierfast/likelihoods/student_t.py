"""Student-t rows, in plain NumPy: twin of csrc/likelihood/student_t.h.

Equation numbers are those of the C file. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.distributions.student_t import StudentT

FloatArray = NDArray[np.float64]


def log_likelihood(
    y: ArrayLike, rows: ArrayLike, eta: ArrayLike, nu: ArrayLike, scale: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood of rows alike, and its derivatives in eta: equations (1) and (2).

    Parameters
    ----------
    y, rows : array_like
        Where the rows are, and how many.
    eta, nu, scale : array_like
        Location, degrees of freedom, scale.

    Returns
    -------
    tuple of numpy.ndarray
        The log likelihood, its first and its second derivative.

    Examples
    --------
    >>> from hierfast.likelihoods.student_t import log_likelihood
    >>> [float(v.round(4)) for v in log_likelihood(1.0, 2, 0.0, 4.0, 1.0)]
    [-3.0774, 2.0, -1.2]
    """
    y, w, eta, nu, s = (np.asarray(v, dtype=np.float64) for v in (y, rows, eta, nu, scale))
    with np.errstate(all="ignore"):
        u = (y - eta) / s
        k = w * (nu + 1) / (nu + u * u)
        value = np.where(w > 0, w * StudentT.logpdf(y, nu, eta, s), 0.0)
        return value, k * u / s, -k * ((nu - u * u) / (nu + u * u)) / (s * s)


def peak(
    y: ArrayLike, rows: ArrayLike, nu: ArrayLike, scale: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return where rows alike have their peak, and how wide it is: equation (3).

    Parameters
    ----------
    y, rows, nu, scale : array_like
        As in `log_likelihood`.

    Returns
    -------
    tuple of numpy.ndarray
        The place, and the standard deviation of a Gaussian of this curvature.

    Examples
    --------
    >>> from hierfast.likelihoods.student_t import peak
    >>> [float(v) for v in peak(1.0, 3, 3.0, 2.0)]
    [1.0, 1.0]
    """
    y, w, nu, s = (np.asarray(v, dtype=np.float64) for v in (y, rows, nu, scale))
    return y + 0.0 * w, s * np.sqrt(nu / ((nu + 1) * w))
