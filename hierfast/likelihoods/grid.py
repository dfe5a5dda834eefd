r"""Effects on a grid of points, plain NumPy: the equations of csrc/phi/points.h.

With :math:`L_{ck} = p(y_c \mid g_k)` of a cell of :math:`n_c` groups, and :math:`N_k` groups at a point,

.. math::

    \log p(y \mid w) &= \sum_c n_c \log \sum_k w_k L_{ck}                                \tag{1} \\
    P(\theta = g_k \mid y_c, w) &= w_k L_{ck} / \sum_l w_l L_{cl}                          \tag{2} \\
    \log p(N \mid \alpha) &= \log \frac{\Gamma(\alpha)}{\Gamma(\alpha + J)}
        + \sum_k \log \frac{\Gamma(\alpha m_k + N_k)}{\Gamma(\alpha m_k)}                 \tag{4} \\
    \log p(w \mid \alpha) &= \log \Gamma(\alpha)
        + \sum_k (\alpha m_k - 1) \log w_k - \log \Gamma(\alpha m_k)                      \tag{5}

Equation (4) is of an order of the groups: without the multinomial coefficient.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def log_likelihood(log: ArrayLike, w: ArrayLike, mult: ArrayLike) -> float:
    """Sum logarithms over groups, equation (1).

    Parameters
    ----------
    log : array_like
        Logarithms of L (C, M).
    w, mult : array_like
        Weights (M,) and groups of each cell (C,).

    Returns
    -------
    float
        The sum.
    """
    from scipy.special import logsumexp

    return float(np.asarray(mult) @ logsumexp(np.asarray(log), axis=1, b=np.asarray(w)))


def shares(log: ArrayLike, w: ArrayLike) -> FloatArray:
    """Probabilities of the points, equation (2).

    Parameters
    ----------
    log : array_like
        Logarithms of L (C, M).
    w : array_like
        Weights (M,).

    Returns
    -------
    numpy.ndarray
        (C, M).
    """
    log = np.asarray(log, dtype=np.float64)
    r = np.asarray(w) * np.exp(log - log.max(axis=1, keepdims=True))
    return np.asarray(r / r.sum(axis=1, keepdims=True))


def log_counts(count: ArrayLike, alpha: float, base: ArrayLike) -> float:
    """Probability of allocations, weights integrated out, equation (4).

    Parameters
    ----------
    count, base : array_like
        N and m (M,).
    alpha : float
        Concentration.

    Returns
    -------
    float
        Its logarithm.
    """
    from scipy.special import gammaln

    n, a = np.asarray(count, dtype=np.float64), alpha * np.asarray(base)
    each = (gammaln(a + n) - gammaln(a)).sum()
    return float(gammaln(alpha) - gammaln(alpha + n.sum()) + each)


def log_weights(log_w: ArrayLike, alpha: float, base: ArrayLike) -> float:
    """Density of the weights, equation (5).

    Parameters
    ----------
    log_w, base : array_like
        Logarithms of w, and m (M,).
    alpha : float
        Concentration.

    Returns
    -------
    float
        Its logarithm.
    """
    from scipy.special import gammaln

    a = alpha * np.asarray(base)
    return float(gammaln(alpha) + ((a - 1.0) * np.asarray(log_w) - gammaln(a)).sum())
