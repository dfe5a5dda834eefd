"""Logistic(mu, s): a little heavier in the tails than a normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.linear import Linear


@dataclass(frozen=True, slots=True, repr=False)
class Logistic(Distribution):
    r"""The logistic distribution; population on the real line or a link scale, and a prior.

    .. math::

        \log p(x) = -|z| - 2 \log(1 + e^{-|z|}) - \log s \qquad z = (x - \mu) / s \tag{1}

    Parameters
    ----------
    mu : float, str, Distribution or Linear
        Location, any real number.
    s : float, str or Distribution
        Scale, positive; the standard deviation is :math:`s \pi / \sqrt 3`.

    Notes
    -----
    Source: Johnson, Kotz and Balakrishnan (1995), *Continuous Univariate Distributions* 2, chapter 23.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Logistic(0, 1)
    Logistic(mu=0, s=1)
    """

    mu: float | str | Distribution | Linear
    s: float | str | Distribution

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {"mu": Support.REAL, "s": Support.POSITIVE}
    place: ClassVar[int] = 0
    shape: ClassVar[tuple[int, ...]] = (1,)

    @staticmethod
    def logpdf(x: ArrayLike, mu: ArrayLike, s: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, mu, s : array_like
            Where, location and scale.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, mu, s = (np.asarray(v, dtype=np.float64) for v in (x, mu, s))
        with np.errstate(all="ignore"):
            z = np.abs(x - mu) / s
            return np.asarray(-z - 2.0 * np.log1p(np.exp(-z)) - np.log(s))

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, mu: float, s: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return rng.logistic(mu, s, size)
