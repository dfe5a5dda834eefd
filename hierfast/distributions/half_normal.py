"""HalfNormal(sigma): a normal folded at zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support


@dataclass(frozen=True, slots=True, repr=False)
class HalfNormal(Distribution):
    r"""The half-normal distribution.

    .. math::

        \log p(x) = \tfrac12 \log\tfrac{2}{\pi} - \log \sigma - \frac{x^2}{2 \sigma^2} \qquad x > 0 \tag{1}

    Parameters
    ----------
    sigma : float, str or Distribution
        Scale (the standard deviation before folding), positive.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1 (normal), folded at 0.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.HalfNormal(5)
    HalfNormal(sigma=5)
    """

    sigma: float | str | Distribution

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"sigma": Support.POSITIVE}

    @staticmethod
    def logpdf(x: ArrayLike, sigma: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, sigma : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, sigma = (np.asarray(v, dtype=np.float64) for v in (x, sigma))
        with np.errstate(all="ignore"):
            u = x / sigma
            density = 0.5 * math.log(2 / math.pi) - np.log(sigma) - 0.5 * u * u
            return np.where(x > 0, density, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, sigma: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return np.abs(rng.normal(0.0, sigma, size))
