"""Flat(): every value alike, improper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support


@dataclass(frozen=True, slots=True, repr=False)
class Flat(Distribution):
    r"""Density 1 on all values the parameter can take; improper.

    .. math::

        \log p(x) = 0 \tag{1}

    The real line for a location, the positive numbers for a scale. The posterior need not be
    proper: models are checked for it before anything is sampled.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 2.8.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Normal(mu=hf.Flat(), sigma=hf.HalfNormal(1))
    Normal(mu=Flat(), sigma=HalfNormal(sigma=1))
    """

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {}
    proper: ClassVar[bool] = False

    def is_positive(self) -> bool:
        """Flat takes the support of whatever it is the prior of."""
        return True

    def is_unit(self) -> bool:
        """Flat takes the support of whatever it is the prior of."""
        return True

    @staticmethod
    def logpdf(x: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x : array_like
            Where.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x = np.asarray(x, dtype=np.float64)
        with np.errstate(all="ignore"):
            return np.where(np.isfinite(x), 0.0, -np.inf)
