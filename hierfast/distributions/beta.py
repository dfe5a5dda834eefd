"""Beta(alpha, beta) or Beta(mean=, concentration=): between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import (
    Argument,
    Distribution,
    FloatArray,
    Form,
    Parameter,
    Support,
)


def log_beta(a: ArrayLike, b: ArrayLike) -> FloatArray:
    r"""Logarithm of the beta function, with its digits where one argument is large.

    From 13 on, with :math:`s(x)` what Stirling's formula leaves of :math:`\log\Gamma(x)`,

    .. math::

        \log \frac{\Gamma(x + d)}{\Gamma(x)} = (x - \tfrac12) \log(1 + d / x)
            + d (\log(x + d) - 1) + s(x + d) - s(x)

    Parameters
    ----------
    a, b : array_like
        Positive.

    Returns
    -------
    numpy.ndarray
        The logarithm.

    Notes
    -----
    Source: Abramowitz and Stegun (1964), 6.1.41 and 6.2.2.

    Examples
    --------
    >>> from hierfast.distributions.beta import log_beta
    >>> float(log_beta(1, 20).round(6))
    -2.995732
    """
    from scipy.special import gammaln

    a, b = (np.asarray(v, dtype=np.float64) for v in (a, b))
    low, high = np.minimum(a, b), np.maximum(a, b)
    x = np.maximum(high, 13.0)
    both = x + low
    terms = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156]

    def left(v: FloatArray) -> FloatArray:
        return np.asarray(sum(c / v ** (2 * i + 1) for i, c in enumerate(terms)))

    rising = (x - 0.5) * np.log1p(low / x) + low * (np.log(both) - 1.0) + left(both) - left(x)
    small = gammaln(high) - gammaln(low + high)
    return np.asarray(gammaln(low) + np.where(high < 13.0, small, -rising))


@dataclass(frozen=True, slots=True, repr=False)
class Beta(Distribution):
    r"""The beta distribution; population of the probabilities of Binomial rows, and a prior.

    .. math::

        \log p(x) = (\alpha - 1) \log x + (\beta - 1) \log(1 - x) - \log B(\alpha, \beta)
            \qquad 0 < x < 1 \tag{1}

    Given are either `alpha` and `beta` or `mean` and `concentration`, with
    :math:`\alpha = m \kappa` and :math:`\beta = (1 - m) \kappa`.

    Parameters
    ----------
    alpha, beta : float, str or Distribution, optional
        Shapes, positive.
    mean : float, str or Distribution, optional
        Mean :math:`m`, between 0 and 1.
    concentration : float, str or Distribution, optional
        :math:`\kappa = \alpha + \beta`, positive: as many trials as the population counts for.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1 and section 5.3, whose prior
    :math:`p(\alpha, \beta) \propto (\alpha + \beta)^{-5/2}` is a uniform mean and
    ``concentration=hf.Power(-1.5)``.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Beta(mean=hf.Uniform(0, 1), concentration=hf.Power(-1.5))
    Beta(mean=Uniform(lower=0, upper=1), concentration=Power(alpha=-1.5))
    """

    alpha: float | str | Distribution | None = None
    beta: float | str | Distribution | None = None
    mean: float | str | Distribution | None = field(default=None, kw_only=True)
    concentration: float | str | Distribution | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.UNIT
    domain: ClassVar[dict[str, Support]] = {}
    shape: ClassVar[tuple[int, ...]] = (0, 1)

    def arguments(self) -> tuple[Argument, ...]:
        """Give the two that were written."""
        shapes = (
            Argument("alpha", self.alpha, Support.POSITIVE, Form.AS_IS),
            Argument("beta", self.beta, Support.POSITIVE, Form.AS_IS),
        )
        others = (
            Argument("mean", self.mean, Support.UNIT, Form.AS_IS),
            Argument("concentration", self.concentration, Support.POSITIVE, Form.AS_IS),
        )
        given = [a for a in shapes + others if a.value is not None]
        if given not in (list(shapes), list(others)):
            got = " and ".join(a.name for a in given) or "none"
            raise ValueError(
                f"Beta needs alpha and beta, or mean and concentration; got {got} of these"
            )
        return tuple(given)

    def parameters(self) -> tuple[Parameter, ...]:
        """Give the two shapes."""
        if self.mean is None:
            return Parameter(0, Form.AS_IS), Parameter(1, Form.AS_IS)
        return Parameter(0, Form.TIMES, 1), Parameter(0, Form.REST, 1)

    @staticmethod
    def logpdf(x: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, alpha, beta : array_like
            Where, and the two shapes.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, alpha, beta = (np.asarray(v, dtype=np.float64) for v in (x, alpha, beta))
        with np.errstate(all="ignore"):
            density = (alpha - 1) * np.log(x) + (beta - 1) * np.log1p(-x) - log_beta(alpha, beta)
            return np.where((x > 0) & (x < 1), density, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, alpha: float, beta: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return rng.beta(alpha, beta, size)
