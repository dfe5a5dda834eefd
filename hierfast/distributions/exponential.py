"""Exponential(lam): memoryless, positive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support


@dataclass(frozen=True, slots=True, repr=False)
class Exponential(Distribution):
    r"""The exponential distribution.

    .. math::

        \log p(x) = \log \lambda - \lambda x \qquad x > 0 \tag{1}

    Parameters
    ----------
    lam : float, str or Distribution
        Rate (one over the mean), positive.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Exponential(0.1)
    Exponential(lam=0.1)
    """

    lam: float | str | Distribution

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"lam": Support.POSITIVE}

    @staticmethod
    def logpdf(x: ArrayLike, lam: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, lam : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, lam = (np.asarray(v, dtype=np.float64) for v in (x, lam))
        with np.errstate(all="ignore"):
            return np.where(x > 0, np.log(lam) - lam * x, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, lam: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return rng.standard_exponential(size) / lam
