"""Normal rows in Normal groups, in plain NumPy: twin of csrc/conjugate/normal.h and its neighbours.

Equation numbers are those of the C files named in each function. Speed is no concern here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


class Moments(NamedTuple):
    """A, W, S1, S2 of csrc/conjugate/normal.h."""

    log_term: float
    weight: float
    first: float
    second: float


def moments(
    p: ArrayLike, mult: ArrayLike, mean: ArrayLike, squares: ArrayLike, lam: float
) -> Moments:
    """Moments over cells: equations (1) to (4) of csrc/conjugate/normal.h.

    Parameters
    ----------
    p, mult, mean, squares : array_like
        Cells (C,): weight, groups, mean about the centre, squares about that mean.
    lam : float
        Variance ratio tau^2 / sigma^2.

    Returns
    -------
    Moments
        The four sums.

    Examples
    --------
    >>> round(moments([1.0], [2.0], [0.0], [0.5], 1.0).weight, 6)
    1.0
    """
    p, mult, mean, squares = (np.asarray(v, dtype=np.float64) for v in (p, mult, mean, squares))
    w = p / (1.0 + lam * p)
    return Moments(
        float((mult * np.log1p(lam * p)).sum()),
        float((mult * w).sum()),
        float((mult * mean * w).sum()),
        float(((squares + mult * mean**2) * w).sum()),
    )


def log_marginal(
    m: Moments, mu: float, sigma: float, n_group: float, n_row: float, ssw: float
) -> float:
    """Log p(y | mu, tau, sigma) up to a constant: equation (5) of csrc/conjugate/normal.h.

    Parameters
    ----------
    m : Moments
        At lambda = tau^2 / sigma^2.
    mu, sigma : float
        Population mean about the centre, standard deviation of rows.
    n_group, n_row, ssw : float
        Groups, rows, squares within groups.

    Returns
    -------
    float
        The log density.
    """
    s2 = sigma * sigma
    centre = m.first / m.weight
    rest = m.second - m.first * centre
    value = -0.5 * ((n_row - n_group) * np.log(s2) + ssw / s2)
    value -= 0.5 * (m.log_term + n_group * np.log(s2))
    return float(value - 0.5 * (rest + m.weight * (mu - centre) ** 2) / s2)


def effect(
    p: ArrayLike, ybar: ArrayLike, mu: float, mu_variance: float, tau: float, sigma: float
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of effects given phi: equation (6) of csrc/conjugate/normal.h.

    Parameters
    ----------
    p, ybar : array_like
        Weights and means of groups (J,).
    mu, mu_variance, tau, sigma : float
        Population mean and its variance, standard deviations of groups and of rows.

    Returns
    -------
    tuple of numpy.ndarray
        Means and variances (J,).
    """
    p, ybar = np.asarray(p, dtype=np.float64), np.asarray(ybar, dtype=np.float64)
    lam = tau**2 / sigma**2
    k = lam * p / (1.0 + lam * p)
    return (1 - k) * mu + k * ybar, tau**2 / (1 + lam * p) + (1 - k) ** 2 * mu_variance


def sweep(
    p: ArrayLike, ybar: ArrayLike, mu: float, tau: float, sigma: float, z: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """One Gibbs pass: equations (1) and (2) of csrc/conjugate/normal_sweep.h.

    Parameters
    ----------
    p, ybar, z : array_like
        Weights, means and standard normal noise of groups (J,).
    mu, tau, sigma : float
        Population mean, standard deviations of groups and of rows.

    Returns
    -------
    tuple of numpy.ndarray
        Effects (J,) and the five sums.
    """
    mean, variance = effect(p, ybar, mu, 0.0, tau, sigma)
    theta = mean + np.sqrt(variance) * np.asarray(z)
    p, y = np.asarray(p), np.asarray(ybar)
    rows = (theta, theta**2, p * theta, p * theta**2, p * y * theta)
    return theta, np.array([r.sum() for r in rows])


def log_conditional(
    sums: ArrayLike,
    mu: float,
    tau: float,
    sigma: float,
    n_group: float,
    n_row: float,
    within: float,
) -> float:
    """Log density of phi given effects, up to a constant: equation (1) of csrc/phi/gibbs.c.

    Parameters
    ----------
    sums : array_like
        From `sweep`.
    mu, tau, sigma : float
        Population mean, standard deviations of groups and of rows.
    n_group, n_row, within : float
        Groups, rows, and all squares of rows about their effect.

    Returns
    -------
    float
        The log density without the prior.
    """
    s = np.asarray(sums)
    spread = s[1] - 2 * mu * s[0] + n_group * mu**2
    value = -n_group * np.log(tau) - 0.5 * spread / tau**2
    return float(value - n_row * np.log(sigma) - 0.5 * within / sigma**2)


def log_group(
    p: ArrayLike,
    mean: ArrayLike,
    rows: ArrayLike,
    m2: ArrayLike,
    sigma: float,
    loc: float,
    tau: float,
) -> FloatArray:
    """Integrate a group's effect out: (1) and (2) of csrc/conjugate/normal_marginal.h.

    Parameters
    ----------
    p, mean, rows, m2 : array_like
        Weight, mean, rows and squares about the mean of groups (C,).
    sigma, loc, tau : float
        Standard deviation of rows, location and scale of the population.

    Returns
    -------
    numpy.ndarray
        log Z, mean and sd of the effects (3, C).

    Examples
    --------
    >>> log_group([1.0], [0.0], [1.0], [0.0], 1.0, 0.0, 1.0)[2].round(4)
    array([0.7071])
    """
    p, mean, rows, m2 = (np.asarray(v, dtype=np.float64) for v in (p, mean, rows, m2))
    gain = p * (tau / sigma) ** 2
    off = mean - loc
    square = (m2 + p * off**2 / (1 + gain)) / sigma**2
    log = -rows * np.log(sigma) - 0.5 * (square + np.log1p(gain))
    return np.array([log, loc + gain / (1 + gain) * off, tau / np.sqrt(1 + gain)])
