r"""Convergence diagnostics of many parameters at once, equal to ArviZ's.

Let :math:`s^2_m` and :math:`\bar x_m` be variance and mean of half chain `m` of `n` draws,
:math:`W` the mean of the :math:`s^2_m` and :math:`\hat\rho_t` the autocorrelations combined over
the `M` half chains:

.. math::

    \hat R^2 &= \frac{n - 1 + n \mathrm{Var}_m(\bar x_m) / W}{n}                       \tag{1} \\
    \hat\rho_t &= 1 - \frac{W - \overline{c_t}}{\frac{n - 1}{n} W + \mathrm{Var}_m(\bar x_m)}
                                                                                        \tag{2} \\
    P_k &= \hat\rho_{2k} + \hat\rho_{2k + 1}, \qquad
    \hat\tau = -1 + 2 \sum_{k < K} \min_{i \le k} P_i + \hat\rho_{2K}, \qquad
    \mathrm{ESS} = M n / \hat\tau                                                       \tag{3}

with :math:`c_t` the autocovariances of a half chain at lag `t` and `K` the first pair that is not
positive (Geyer's initial monotone sequence).

Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), *Rank-normalization, folding, and
localization: an improved R-hat*, Bayesian Analysis 16(2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast._core import ndtri

FloatArray: TypeAlias = NDArray[np.float64]

PROBS = (0.05, 0.25, 0.5, 0.75, 0.95)
TAILS = (0.05, 0.95)
ONE_SD = (0.1586553, 0.8413447)  # probabilities of a standard deviation to both sides
MIN_DRAWS = 4
_BLOCK = 1 << 20  # draws worked on at once, so that many parameters need little memory
_TILE = 1 << 13  # draws Fourier-transformed at once, so that they stay in the cache

Kernel: TypeAlias = Callable[[FloatArray], FloatArray]


def diagnose(draws: ArrayLike, probs: Sequence[float] = PROBS) -> dict[str, FloatArray]:
    """Summarise draws and say how far to trust them.

    Parameters
    ----------
    draws : array_like
        Draws of any number of parameters, (chains, draws, ...).
    probs : sequence of float
        Probabilities of the quantiles.

    Returns
    -------
    dict of str to numpy.ndarray
        ``mean``, ``sd``, ``mcse_mean``, ``mcse_sd``, the quantiles (``"5%"``, ...), ``ess_bulk``,
        ``ess_tail`` and ``r_hat``, each in the shape of the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import diagnose
    >>> columns = diagnose(np.random.default_rng(1).normal(size=(4, 1000, 3)))
    >>> list(columns)  # doctest: +NORMALIZE_WHITESPACE
    ['mean', 'sd', 'mcse_mean', 'mcse_sd', '5%', '25%', '50%', '75%', '95%',
     'ess_bulk', 'ess_tail', 'r_hat']
    >>> bool(np.all(columns["r_hat"] < 1.01))
    True
    """
    names = ["mean", "sd", "mcse_mean", "mcse_sd", *map(percent, probs)]
    names += ["ess_bulk", "ess_tail", "r_hat"]
    return dict(zip(names, _by_block(lambda x: _columns(x, probs), draws), strict=True))


def r_hat(draws: ArrayLike) -> FloatArray:
    """Rank-normalised split R-hat: the larger of that of the draws and of their distances.

    Parameters
    ----------
    draws : array_like
        Draws, (chains, draws, ...).

    Returns
    -------
    numpy.ndarray
        One for every parameter; NaN with one chain, fewer than four draws or constant draws.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import r_hat
    >>> chains = np.random.default_rng(1).normal(size=(4, 100))
    >>> bool(r_hat(chains) < 1.05 < r_hat(chains + [[0], [0], [0], [3]]))
    True
    """
    return _diagnostic(lambda x: _r_hat(_split(x), *_ranked(_split(x))), draws)


def ess_bulk(draws: ArrayLike) -> FloatArray:
    """Effective sample size of the bulk: that of the rank-normalised draws.

    Parameters
    ----------
    draws : array_like
        Draws, (chains, draws, ...).

    Returns
    -------
    numpy.ndarray
        One for every parameter; NaN with fewer than four draws.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import ess_bulk
    >>> walk = np.cumsum(np.random.default_rng(1).normal(size=(4, 1000)), axis=1)
    >>> bool(ess_bulk(walk) < 40)
    True
    """
    return _diagnostic(lambda x: _ess(_ranked(_split(x))[1]), draws)


def ess_tail(draws: ArrayLike) -> FloatArray:
    """Effective sample size of the tails: the smaller one of the 5% and 95% quantiles.

    Parameters
    ----------
    draws : array_like
        Draws, (chains, draws, ...).

    Returns
    -------
    numpy.ndarray
        One for every parameter; NaN with fewer than four draws.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import ess_tail
    >>> bool(ess_tail(np.random.default_rng(1).normal(size=(4, 1000))) > 3000)
    True
    """
    low, high = (ess_quantile(draws, prob) for prob in TAILS)
    return np.minimum(low, high)


def ess_mean(draws: ArrayLike) -> FloatArray:
    """Effective sample size of the mean: that of the draws as they are.

    Parameters
    ----------
    draws : array_like
        Draws, (chains, draws, ...).

    Returns
    -------
    numpy.ndarray
        One for every parameter; NaN with fewer than four draws.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import ess_mean
    >>> bool(ess_mean(np.random.default_rng(1).normal(size=(4, 1000))) > 3000)
    True
    """
    return _diagnostic(lambda x: _ess(_split(x)), draws)


def ess_quantile(draws: ArrayLike, prob: float) -> FloatArray:
    """Effective sample size of a quantile.

    Parameters
    ----------
    draws : array_like
        Draws, (chains, draws, ...).
    prob : float
        Probability of the quantile.

    Returns
    -------
    numpy.ndarray
        One for every parameter; NaN with fewer than four draws.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import ess_quantile
    >>> bool(ess_quantile(np.random.default_rng(1).normal(size=(4, 1000)), 0.5) > 3000)
    True
    """
    return _diagnostic(lambda x: _ess(_below(x, _quantiles(_ordered(x), (prob,))[0])), draws)


def mcse_mean(draws: ArrayLike) -> FloatArray:
    """Monte Carlo standard error of the mean.

    Parameters
    ----------
    draws : array_like
        Draws, (chains, draws, ...).

    Returns
    -------
    numpy.ndarray
        One for every parameter; NaN with fewer than four draws.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import mcse_mean
    >>> f"{mcse_mean(np.random.default_rng(1).normal(size=(4, 1000))):.3f}"
    '0.016'
    """
    return _diagnostic(lambda x: _moments(x)[1] / np.sqrt(_ess(_split(x))), draws)


def mcse_sd(draws: ArrayLike) -> FloatArray:
    """Monte Carlo standard error of the standard deviation.

    Parameters
    ----------
    draws : array_like
        Draws, (chains, draws, ...).

    Returns
    -------
    numpy.ndarray
        One for every parameter; NaN with fewer than four draws or constant draws.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import mcse_sd
    >>> f"{mcse_sd(np.random.default_rng(1).normal(size=(4, 1000))):.3f}"
    '0.012'
    """

    def kernel(x: FloatArray) -> FloatArray:
        squares = _moments(x)[2]
        return _mcse_sd(squares, _ess(_split(squares)))

    return _diagnostic(kernel, draws)


def mcse_quantile(draws: ArrayLike, prob: float) -> FloatArray:
    """Monte Carlo standard error of a quantile.

    Parameters
    ----------
    draws : array_like
        Draws, (chains, draws, ...).
    prob : float
        Probability of the quantile.

    Returns
    -------
    numpy.ndarray
        One for every parameter; NaN with fewer than four draws.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import mcse_quantile
    >>> f"{mcse_quantile(np.random.default_rng(1).normal(size=(4, 1000)), 0.5):.2f}"
    '0.02'
    """
    from scipy.special import betaincinv

    def kernel(x: FloatArray) -> FloatArray:
        ordered = _ordered(x)
        size = ordered.shape[1]
        ess = _ess(_below(x, _quantiles(ordered, (prob,))[0]))
        start, end = (betaincinv(ess * prob + 1, ess * (1 - prob) + 1, p) for p in ONE_SD)
        low = np.floor(np.fmax(start * size - 1, 0)).astype(np.intp)
        high = np.ceil(np.fmin(end * size - 1, size - 1)).astype(np.intp)
        row = np.arange(len(x))
        return np.asarray((ordered[row, high] - ordered[row, low]) / 2)

    return _diagnostic(kernel, draws)


def percent(prob: float) -> str:
    """Name the column of a quantile.

    Parameters
    ----------
    prob : float
        A probability.

    Returns
    -------
    str
        The probability in percent.

    Examples
    --------
    >>> from hierfast.diagnose import percent
    >>> percent(0.025)
    '2.5%'
    """
    if not 0 <= prob <= 1:
        raise ValueError(f"a quantile's probability must lie between 0 and 1; got {prob!r}")
    return f"{100 * prob:.10g}%"


def _by_block(kernel: Kernel, draws: ArrayLike) -> FloatArray:
    """Apply a kernel, (parameters, chains, draws) to (k, parameters), to blocks of parameters."""
    x = np.asarray(draws, dtype=np.float64)
    if x.ndim < 2 or not x.size:
        raise ValueError(f"draws must have the shape (chains, draws, ...); got {x.shape}")
    chains, n = x.shape[:2]
    by_parameter = np.moveaxis(x.reshape(chains, n, -1), 2, 0)
    step = max(1, _BLOCK // (chains * n))
    pieces = []
    with np.errstate(all="ignore"):
        for start in range(0, len(by_parameter), step):
            block = np.ascontiguousarray(by_parameter[start : start + step])
            piece = kernel(block)
            piece[:, np.isnan(block).any(axis=(1, 2))] = np.nan
            pieces.append(piece)
    result = np.concatenate(pieces, axis=1)
    return result.reshape(len(result), *x.shape[2:])


def _diagnostic(kernel: Kernel, draws: ArrayLike) -> FloatArray:
    """Apply a kernel, (parameters, chains, draws) to (parameters,), if there are enough draws."""

    def enough(x: FloatArray) -> FloatArray:
        return kernel(x)[None] if x.shape[2] >= MIN_DRAWS else np.full((1, len(x)), np.nan)

    one: FloatArray = _by_block(enough, draws)[0]
    return one


def _columns(x: FloatArray, probs: Sequence[float]) -> FloatArray:
    """Every column of `diagnose`, from one sort and one batch of Fourier transforms."""
    count, _, n = x.shape
    mean, sd, squares = _moments(x)
    if n < MIN_DRAWS:
        unknown = np.full((3, count), np.nan)
        return np.vstack((mean, sd, unknown[:2], _quantiles(_ordered(x), probs), unknown))
    halves = _split(x)
    ordered, scores = _ranked(halves)
    low, high, *quantiles = _quantiles(ordered if n % 2 == 0 else _ordered(x), (*TAILS, *probs))
    series = (scores, halves, _split(squares), _below(x, low), _below(x, high))
    bulk, first, second, below, above = _ess(np.concatenate(series)).reshape(5, count)
    errors = sd / np.sqrt(first), _mcse_sd(squares, second)
    tail = np.minimum(below, above)
    return np.stack((mean, sd, *errors, *quantiles, bulk, tail, _r_hat(halves, ordered, scores)))


def _moments(x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean, standard deviation and squared deviations, shaped as `x`, of every parameter."""
    mean = x.mean(axis=(1, 2))
    squares = (x - mean[:, None, None]) ** 2
    return mean, np.sqrt(squares.sum(axis=(1, 2)) / (x.shape[1] * x.shape[2] - 1)), squares


def _mcse_sd(squares: FloatArray, ess: FloatArray) -> FloatArray:
    """Error of the sd by the delta method: Var(sd) = Var(s^2) / (4 s^2)."""
    variance = squares.mean(axis=(1, 2))
    error = ((squares - variance[:, None, None]) ** 2).mean(axis=(1, 2)) / ess
    return np.asarray(np.sqrt(error / variance / 4))


def _ordered(x: FloatArray) -> FloatArray:
    """All draws of every parameter in increasing order, (parameters, chains x draws)."""
    return np.sort(x.reshape(len(x), -1), axis=1)


def _quantiles(ordered: FloatArray, probs: Sequence[float]) -> FloatArray:
    """Quantiles by linear interpolation, as NumPy's default, (probs, parameters)."""
    last = ordered.shape[1] - 1
    result = np.empty((len(probs), len(ordered)))
    for row, prob in zip(result, probs, strict=True):
        at = int(last * prob)
        share = last * prob - at
        low, high = ordered[:, at], ordered[:, min(at + 1, last)]
        gap = high - low
        row[:] = low + gap * share if share < 0.5 else high - gap * (1 - share)
    return result


def _split(x: FloatArray) -> FloatArray:
    """Halves of the chains as chains, the middle one of an odd number of draws left out."""
    half = x.shape[2] // 2
    if x.shape[2] % 2:
        return np.concatenate((x[:, :, :half], x[:, :, -half:]), axis=1)
    return x.reshape(len(x), -1, half)


def _below(x: FloatArray, bound: FloatArray) -> FloatArray:
    """Whether each draw is at most a bound per parameter, as split chains of 0 and 1."""
    return _split((x <= bound[:, None, None]).astype(np.float64))


def _ranked(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Draws in order, (parameters, draws), and the normal scores of their ranks, shaped as `x`."""
    flat = x.reshape(len(x), -1)
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    scores = np.empty_like(flat)
    np.put_along_axis(scores, order, _scores(ordered), axis=1)
    return ordered, scores.reshape(x.shape)


def _scores(ordered: FloatArray) -> FloatArray:
    """Score sorted draws; ties share the average of their ranks."""
    size = ordered.shape[1]
    table = _blom(size)
    fresh = ordered[:, 1:] != ordered[:, :-1]
    if fresh.all():
        return np.asarray(table[None, 2::2])
    edge = np.ones((len(ordered), 1), dtype=np.bool_)
    index = np.arange(size)
    first = np.where(np.hstack((edge, fresh)), index, 0)
    last = np.where(np.hstack((fresh, edge)), index, size)
    first = np.maximum.accumulate(first, axis=1)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(table[first + last + 2])


@lru_cache(maxsize=4)
def _blom(size: int) -> FloatArray:
    """Tabulate normal scores of the ranks 0, 1/2, 1, ... of `size` draws; the first is no rank."""
    rank = np.arange(2 * size + 1) / 2
    prob = (rank - 3 / 8) / (size - 2 * 3 / 8 + 1)
    table = np.array([ndtri(p) if p > 0 else np.nan for p in prob.tolist()])
    table.setflags(write=False)
    return table


def _r_hat(halves: FloatArray, ordered: FloatArray, scores: FloatArray) -> FloatArray:
    """Larger R-hat, equation (1), of the scores of draws and of their distances to the median."""
    count, half_chains, n = halves.shape
    if half_chains < 4:
        return np.full(count, np.nan)
    size = ordered.shape[1]
    median = (ordered[:, (size - 1) // 2] + ordered[:, size // 2]) / 2
    distance = np.abs(halves - median[:, None, None])
    both = np.stack((scores, _ranked(distance)[1]))
    between = both.mean(axis=3).var(axis=2, ddof=1)
    within = both.var(axis=3, ddof=1).mean(axis=2)
    return np.asarray(np.fmax(*np.sqrt((n * between / within + n - 1) / n)))


def _ess(x: FloatArray) -> FloatArray:
    """Effective sample sizes, equation (3), of half chains (parameters, half chains, draws)."""
    count, chains, n = x.shape
    mean = x.mean(axis=2)
    size = _fast_length(2 * n)
    power = np.empty((count, size // 2 + 1))
    step = max(1, _TILE // (chains * n))
    for at in range(0, count, step):
        tile = slice(at, at + step)
        wave = np.fft.rfft(x[tile] - mean[tile, :, None], size, axis=2)
        power[tile] = (wave.real**2 + wave.imag**2).mean(axis=1)
    covariance = np.fft.irfft(power, size, axis=1)[:, :n] / n
    within = covariance[:, :1] * n / (n - 1)
    total = covariance[:, :1] + mean.var(axis=1, ddof=1)[:, None]
    rho = 1 - (within - covariance) / total
    rho[:, 0] = 1

    most = max(0, (n - 3) // 2)
    pairs = rho[:, : 2 * most + 2].reshape(count, most + 1, 2).sum(axis=2)
    positive = np.cumprod(pairs[:, :most] > 0, axis=1, dtype=np.bool_)
    stop = positive.sum(axis=1)
    rows = np.arange(count)
    last = rho[rows, 2 * stop]
    last = np.where((pairs[rows, stop] >= 0) | (last > 0), last, 0)
    tau = -1 + 2 * np.where(positive, np.minimum.accumulate(pairs[:, :most], axis=1), 0).sum(axis=1)
    ess = chains * n / np.maximum(tau + last, 1 / np.log10(chains * n))
    return np.asarray(np.where(x.min(axis=(1, 2)) == x.max(axis=(1, 2)), chains * n, ess))


def _fast_length(least: int) -> int:
    """Smallest length of at least `least` whose only prime factors are 2, 3 and 5."""
    best = 1 << (least - 1).bit_length()
    five = 1
    while five < best:
        odd = five
        while odd < best:
            best = min(best, odd << max(0, (-(-least // odd) - 1).bit_length()))
            odd *= 3
        five *= 5
    return best
