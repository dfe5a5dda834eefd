"""Uniform(lower, upper): every value between two bounds alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support, format_value


@dataclass(frozen=True, slots=True, repr=False)
class Uniform(Distribution):
    r"""The uniform distribution.

    .. math::

        \log p(x) = -\log(b - a) \qquad a \le x \le b \tag{1}

    A bound may be unknown: values with `lower` above `upper` then have density zero. As the
    prior of a scale it needs a lower bound of at least 0.

    Parameters
    ----------
    lower : float, str or Distribution
        Lower bound :math:`a`.
    upper : float, str or Distribution
        Upper bound :math:`b`, above `lower`.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Uniform(0, 100)
    Uniform(lower=0, upper=100)
    """

    lower: float | str | Distribution
    upper: float | str | Distribution

    support: ClassVar[Support] = Support.BOUNDED
    domain: ClassVar[dict[str, Support]] = {"lower": Support.REAL, "upper": Support.REAL}

    def check(self) -> None:
        """Bounds are in order and their distance is a number."""
        lower, upper = self.lower, self.upper
        if isinstance(lower, float) and isinstance(upper, float):
            if not lower < upper:
                raise ValueError(
                    f"Uniform's lower must be below upper; got lower={format_value(lower)}, "
                    f"upper={format_value(upper)}"
                )
            if upper - lower == math.inf:
                raise ValueError("Uniform's upper - lower overflows; use nearer bounds")

    def is_positive(self) -> bool:
        """Tell whether the lower bound is at least zero."""
        if isinstance(self.lower, float):
            return self.lower >= 0
        return isinstance(self.lower, Distribution) and self.lower.is_positive()

    def is_unit(self) -> bool:
        """Tell whether both bounds are known and between 0 and 1."""
        lower, upper = self.lower, self.upper
        return (
            isinstance(lower, float) and isinstance(upper, float) and lower >= 0.0 and upper <= 1.0
        )

    @staticmethod
    def logpdf(x: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, lower, upper : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, lower, upper = (np.asarray(v, dtype=np.float64) for v in (x, lower, upper))
        with np.errstate(all="ignore"):
            inside = (lower <= x) & (x <= upper) & (lower < upper)
            return np.where(inside, -np.log(upper - lower), -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, lower: float, upper: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        if not np.all(np.asarray(lower) < np.asarray(upper)):
            raise ValueError(f"Uniform's lower was drawn as {lower}, not below upper = {upper}")
        return rng.uniform(lower, upper, size)
