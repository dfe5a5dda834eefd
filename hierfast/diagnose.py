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
from functools import lru_cache, partial
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]

PROBS = (0.05, 0.25, 0.5, 0.75, 0.95)
TAILS = (0.05, 0.95)
MIN_DRAWS = 4
_BLOCK = 1 << 20  # draws worked on at once, so that many parameters need little memory


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
    check_probs(probs)
    names = ["mean", "sd", "mcse_mean", "mcse_sd", *map(percent, probs)]
    names += ["ess_bulk", "ess_tail", "r_hat"]
    return dict(zip(names, _by_block(partial(_columns, probs=probs), draws), strict=True))


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
    >>> round(float(r_hat(chains + [[0], [0], [0], [3]])), 1)
    1.5
    """
    return _by_block(lambda x: _r_hat(_ranked(_split(x))[1:])[None], draws)[0]


def ess_bulk(draws: ArrayLike) -> FloatArray:
    """Effective sample size of the bulk: of the rank-normalised draws.

    Parameters
    ----------
    draws : array_like
        Draws, (chains, draws, ...).

    Returns
    -------
    numpy.ndarray
        One for every parameter.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.diagnose import ess_bulk
    >>> walk = np.cumsum(np.random.default_rng(1).normal(size=(4, 1000)), axis=1)
    >>> bool(ess_bulk(walk) < 40)
    True
    """
    return _by_block(lambda x: _ess(_ranked(_split(x))[1])[None], draws)[0]
