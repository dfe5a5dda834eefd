r"""Importance weights whose tail is smoothed, and what they say about themselves.

Of `S` weights the `M` largest are taken to be of a generalised Pareto distribution above the next one `u`,

.. math::

    M = \min\left(0.2\, S,\ 3 \sqrt{S / r}\right)                                              \tag{1}

`r` the effective share of the draws, and are replaced by its expected order statistics

.. math::

    \tilde w_{(m)} = \min\left(F^{-1}\left(\frac{m - 1/2}{M}\right),\ \max_s w_s\right),
    \quad F^{-1}(p) = u + \frac{\sigma}{k} \left((1 - p)^{-k} - 1\right)                      \tag{2}

Its shape `k` is the posterior mean of Zhang and Stephens on a grid of :math:`b = -k / \sigma`, drawn to 1/2
by what ten draws weigh,

.. math::

    k(b) = \frac{1}{M} \sum_m \log(1 - b x_m), \quad
    \ell(b) = M \left(\log(-b / k(b)) - k(b) - 1\right), \quad
    k = \frac{M k(\hat b) + 10 / 2}{M + 10}                                                   \tag{3}

Estimates can be trusted while `k` is below

.. math::

    k^* = \min\left(1 - \frac{1}{\log_{10} S},\ 0.7\right)                                    \tag{4}

Sources: Vehtari, Simpson, Gelman, Yao and Gabry (2024), *J. Mach. Learn. Res.* 25(72),
sections 2 and 3 and appendix G; Zhang and Stephens (2009), *Technometrics* 51(3).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LEAST = 5  # weights below which no tail is fitted
PRIOR_B, PRIOR_K = 3, 10


def good_k(draws: int) -> float:
    """Give the shape below which estimates can be trusted: equation (4).

    Parameters
    ----------
    draws : int
        How many weights there are.

    Returns
    -------
    float
        At most 0.7.

    Examples
    --------
    >>> from hierfast.psis import good_k
    >>> good_k(100), good_k(4000)
    (0.5, 0.7)
    """
    return min(1.0 - 1.0 / math.log10(draws), 0.7) if draws > 10 else 0.0


def tail_length(draws: int, efficiency: float) -> int:
    """Give the number of weights that are smoothed: equation (1).

    Parameters
    ----------
    draws : int
        How many weights there are.
    efficiency : float
        Effective draws over draws.

    Returns
    -------
    int
        Fewer than `draws`.

    Examples
    --------
    >>> from hierfast.psis import tail_length
    >>> tail_length(4000, 1.0), tail_length(100, 1.0)
    (189, 20)
    """
    return int(min(draws // 5, 3.0 * math.sqrt(draws / efficiency)))


def smooth(log_weights: FloatArray, efficiency: float = 1.0) -> tuple[FloatArray, FloatArray]:
    """Smooth the largest of each row of weights.

    Parameters
    ----------
    log_weights : numpy.ndarray
        Logarithms (n, S) of weights, each row up to a constant.
    efficiency : float
        Effective draws over draws.

    Returns
    -------
    tuple of numpy.ndarray
        Logarithms (n, S) of the smoothed weights over the largest of each row, and shapes k (n,);
        -inf, and the weights as they are, where the largest are all alike.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.psis import smooth
    >>> x = np.random.default_rng(1).exponential(size=(1, 4000))
    >>> float(smooth(0.3 * x)[1][0].round(1)), float(smooth(0.9 * x)[1][0].round(1))
    (0.3, 0.8)
    """
    n, draws = log_weights.shape
    out = log_weights - log_weights.max(axis=1, keepdims=True)
    many = tail_length(draws, efficiency)
    shape = np.full(n, -np.inf)
    if many < LEAST:
        return out, np.full(n, np.inf)
    at = np.argpartition(out, (draws - many - 1, draws - many), axis=1)[:, draws - many - 1 :]
    tail = np.take_along_axis(out, at, axis=1)
    cutoff = np.exp(tail[:, 0])
    order = np.argsort(tail[:, 1:], axis=1)
    at = np.take_along_axis(at[:, 1:], order, axis=1)
    tail = np.exp(np.take_along_axis(tail[:, 1:], order, axis=1))
    some = np.flatnonzero(tail[:, -1] - tail[:, 0] > np.finfo(np.float64).eps)
    if len(some):
        excess = tail[some] - cutoff[some, None]
        k, sigma = fit_tail(excess)
        p = (np.arange(many) + 0.5) / many
        logs = np.log1p(-p)
        steep = np.where(np.abs(k) > 1e-12, k, 1e-12)[:, None]
        smoothed = cutoff[some, None] + sigma[:, None] * np.expm1(-steep * logs) / steep
        np.minimum(smoothed, 1.0, out=smoothed)
        rows = out[some]
        np.put_along_axis(rows, at[some], np.log(smoothed), axis=1)
        out[some] = rows
        shape[some] = k
    return out, shape


def fit_tail(excess: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit a generalised Pareto distribution to each row: equation (3).

    Parameters
    ----------
    excess : numpy.ndarray
        Values (n, M) of 0 or more, rising within a row; the last is positive.

    Returns
    -------
    tuple of numpy.ndarray
        Shapes and scales (n,).
    """
    n, many = excess.shape
    count = 30 + int(math.sqrt(many))
    largest = excess[:, -1]
    quarter = excess[:, int(many / 4 + 0.5) - 1]
    least = np.where(excess > 0, excess, np.inf).min(axis=1)
    quarter = np.where(quarter > 0, quarter, least)
    step = 1.0 - np.sqrt(count / (np.arange(1, count + 1) - 0.5))
    b = step / (PRIOR_B * quarter[:, None]) + 1.0 / largest[:, None]
    k = np.empty((n, count))
    for i in range(count):
        k[:, i] = np.log1p(-b[:, i, None] * excess).mean(axis=1)
    fit = many * (np.log(-b / k) - k - 1.0)
    weight = np.exp(fit - fit.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    weight[weight < 10.0 * np.finfo(np.float64).eps] = 0.0
    middle = (b * weight).sum(axis=1) / weight.sum(axis=1)
    found = np.log1p(-middle[:, None] * excess).mean(axis=1)
    return (many * found + PRIOR_K * 0.5) / (many + PRIOR_K), -found / middle
