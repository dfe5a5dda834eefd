"""PointMass(value): part of a mixture whose groups all have one effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support


@dataclass(frozen=True, slots=True, repr=False)
class PointMass(Distribution):
    r"""A point mass.

    .. math:: x = v \quad \text{with probability one} \tag{1}

    It is a part of a `Mixture`, of groups that have an effect in common, known or not: of those without any
    where it is 0.

    Parameters
    ----------
    value : float or Distribution
        Where it is, on the scale of effects (of logits or log rates for counts).

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Mixture([hf.PointMass(0), hf.Normal(0, hf.HalfNormal(1))])
    Mixture(components=[PointMass(value=0), Normal(mu=0, sigma=HalfNormal(sigma=1))])
    """

    value: float | str | Distribution

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {"value": Support.REAL}
    place: ClassVar[int] = 0
    no_prior: ClassVar[str] = "a point mass: give the number itself"

    @staticmethod
    def logpdf(x: ArrayLike, value: ArrayLike) -> FloatArray:
        """Log probability.

        Parameters
        ----------
        x, value : array_like
            Where, and where the mass is.

        Returns
        -------
        numpy.ndarray
            0 there, -inf elsewhere.
        """
        x, value = (np.asarray(v, dtype=np.float64) for v in (x, value))
        return np.where(x == value, 0.0, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, value: float) -> Any:
        """Draw with a known value; see `rvs`."""
        return value if size is None else np.full(size, value)
