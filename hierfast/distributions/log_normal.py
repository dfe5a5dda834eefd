"""LogNormal(mu, sigma): a normal logarithm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support


@dataclass(frozen=True, slots=True, repr=False)
class LogNormal(Distribution):
    r"""The log-normal distribution.

    .. math::

        \log p(x) = -\frac{(\log x - \mu)^2}{2 \sigma^2} - \log x - \log \sigma
            - \tfrac12 \log 2\pi \qquad x > 0 \tag{1}

    Parameters
    ----------
    mu : float, str or Distribution
        Mean of the logarithm, any real number.
    sigma : float, str or Distribution
        Standard deviation of the logarithm, positive.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.LogNormal(0, 1)
    LogNormal(mu=0, sigma=1)
    """

    mu: float | str | Distribution
    sigma: float | str | Distribution

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"mu": Support.REAL, "sigma": Support.POSITIVE}

    @staticmethod
    def logpdf(x: ArrayLike, mu: ArrayLike, sigma: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, mu, sigma : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, mu, sigma = (np.asarray(v, dtype=np.float64) for v in (x, mu, sigma))
        with np.errstate(all="ignore"):
            log_x = np.log(x)
            u = (log_x - mu) / sigma
            density = -0.5 * u * u - log_x - np.log(sigma) - 0.5 * math.log(2 * math.pi)
            return np.where(x > 0, density, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, mu: float, sigma: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return np.exp(rng.normal(mu, sigma, size))
