"""Normal(mu, sigma): likelihood, population and prior."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Argument, Distribution, FloatArray, Form, Support
from hierfast.distributions.each import Each
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows
from hierfast.distributions.linear import Linear


@dataclass(frozen=True, slots=True, repr=False)
class Normal(Likelihood):
    r"""The normal distribution.

    .. math::

        \log p(x) = -\frac{(x - \mu)^2}{2 \sigma^2} - \log \sigma - \tfrac12 \log 2\pi
        \qquad x \in \mathbb{R} \tag{1}

    Exactly one of `sigma`, `variance` and `precision` is given. As a likelihood it takes
    keywords only and leaves `mu` out: that is the group's effect.

    Parameters
    ----------
    mu : float, str, Distribution or Linear, optional
        Mean, any real number.
    sigma : float, str, Distribution or each, optional
        Standard deviation, positive. Of a likelihood only: `each`, one for every group.
    variance : float, str, Distribution or each, optional
        Variance, positive.
    precision : float, str, Distribution or each, optional
        One over the variance, positive.
    weights : float or str, optional
        Of a likelihood only: frequency weights. A row of weight 3 counts as three identical rows;
        0 leaves it out.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Normal(mu=hf.Normal(0, 5), sigma=hf.HalfCauchy(5))
    Normal(mu=Normal(mu=0, sigma=5), sigma=HalfCauchy(beta=5))
    """

    mu: float | str | Distribution | Linear | None = None
    sigma: float | str | Distribution | Each | None = None
    variance: float | str | Distribution | Each | None = field(default=None, kw_only=True)
    precision: float | str | Distribution | Each | None = field(default=None, kw_only=True)
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    place: ClassVar[int] = 0
    shape: ClassVar[tuple[int, ...]] = (1,)
    varying: ClassVar[tuple[str, ...]] = ("sigma", "variance", "precision")
    domain: ClassVar[dict[str, Support]] = {"mu": Support.REAL, "sigma": Support.POSITIVE}

    def arguments(self) -> tuple[Argument, ...]:
        """Mean, then the scale in the form it was given."""
        scales = (
            Argument("sigma", self.sigma, Support.POSITIVE, Form.AS_IS),
            Argument("variance", self.variance, Support.POSITIVE, Form.SQRT),
            Argument("precision", self.precision, Support.POSITIVE, Form.RSQRT),
        )
        given = [scale for scale in scales if scale.value is not None]
        if len(given) != 1:
            got = " and ".join(scale.name for scale in given) or "none"
            raise ValueError(
                f"Normal needs exactly one of sigma, variance and precision; got {got}"
            )
        return Argument("mu", self.mu, Support.REAL, Form.AS_IS), given[0]

    def check(self) -> None:
        """Check the frequency weights."""
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return rows.eta, *rows.parameters

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        return rows.eta

    @staticmethod
    def logpdf(x: ArrayLike, mu: ArrayLike, sigma: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, mu, sigma : array_like
            Where, mean, standard deviation.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, mu, sigma = (np.asarray(v, dtype=np.float64) for v in (x, mu, sigma))
        with np.errstate(all="ignore"):
            u = (x - mu) / sigma
            return np.asarray(-0.5 * u * u - np.log(sigma) - 0.5 * math.log(2 * math.pi))

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, mu: float, sigma: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return rng.normal(mu, sigma, size)
