"""Multinomial rows with a Dirichlet population: twin of csrc/phi/dirichlet.h.

Plain NumPy under the equation numbers of the C files. Speed is no concern here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.distributions.dirichlet import log_multivariate_beta

FloatArray = NDArray[np.float64]


def log_marginal(y: ArrayLike, alpha: ArrayLike) -> FloatArray:
    """Log probability of each group, up to a constant, its own integrated out: equation (1).

    Parameters
    ----------
    y, alpha : array_like
        Counts of the groups and alpha of the population (..., H).

    Returns
    -------
    numpy.ndarray
        The log probability (...).

    Examples
    --------
    >>> from hierfast.likelihoods.dirichlet import log_marginal
    >>> float(log_marginal([1, 0], [2.0, 6.0]).round(4))
    -1.3863
    """
    y, alpha = (np.asarray(v, dtype=np.float64) for v in (y, alpha))
    return np.asarray(log_multivariate_beta(alpha + y) - log_multivariate_beta(alpha))


def log_shares(total: ArrayLike, groups: float, alpha: ArrayLike) -> FloatArray:
    """Log density of all groups' shares, up to what no alpha touches: equation (3).

    Parameters
    ----------
    total : array_like
        Sums over groups of the logarithms of their shares (H,).
    groups : float
        How many there are.
    alpha : array_like
        Of the population (..., H).

    Returns
    -------
    numpy.ndarray
        The log density (...).

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.likelihoods.dirichlet import log_shares
    >>> float(log_shares(np.log([0.5, 0.5]), 1, [1.0, 1.0]).round(4))
    -1.3863
    """
    total, alpha = (np.asarray(v, dtype=np.float64) for v in (total, alpha))
    return np.asarray((alpha * total).sum(axis=-1) - groups * log_multivariate_beta(alpha))
