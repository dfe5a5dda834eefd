"""Gamma(alpha, beta) or Gamma(alpha, mean=): positive, by shape and rate; of all three stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Argument, Distribution, FloatArray, Form, Parameter, Support
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows


@dataclass(frozen=True, slots=True, repr=False)
class Gamma(Likelihood):
    r"""The gamma distribution: population of rates, prior, and likelihood of positive rows.

    .. math::

        \log p(x) = \alpha \log \beta - \log\Gamma(\alpha) + (\alpha - 1) \log x - \beta x
            \qquad x > 0 \tag{1}

    Given are `alpha` and either `beta` or `mean`, with :math:`\beta = \alpha / m`. As a likelihood it takes
    `alpha` alone: the logarithm of the mean is the group's effect.

    Parameters
    ----------
    alpha : float, str or Distribution
        Shape, positive.
    beta : float, str or Distribution, optional
        Rate, positive.
    mean : float, str or Distribution, optional
        Mean :math:`m`, positive.
    censored : str, optional
        Of a likelihood only: a column that is true or 1 in rows known to be above y (right-censored), else
        false or 0.
    weights : float or str, optional
        Of a likelihood only: frequency weights. A row of weight 3 counts as three identical rows.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Gamma(2, 0.1)
    Gamma(alpha=2, beta=0.1)
    >>> hf.Gamma(alpha=hf.LogNormal(0, 1), censored="open")  # a likelihood
    Gamma(alpha=LogNormal(mu=0, sigma=1), censored='open')
    """

    alpha: float | str | Distribution
    beta: float | str | Distribution | None = None
    mean: float | str | Distribution | None = field(default=None, kw_only=True)
    censored: str | None = field(default=None, kw_only=True)
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {}
    shape: ClassVar[tuple[int, ...]] = (0, 1)
    effect: ClassVar[int] = 1
    link: ClassVar[str] = "log mean"

    def arguments(self) -> tuple[Argument, ...]:
        """Give the shape, then the rate or the mean, which a likelihood leaves out."""
        alpha = Argument("alpha", self.alpha, Support.POSITIVE, Form.AS_IS)
        others = (
            Argument("beta", self.beta, Support.POSITIVE, Form.AS_IS),
            Argument("mean", self.mean, Support.POSITIVE, Form.AS_IS),
        )
        given = [a for a in others if a.value is not None]
        if len(given) > 1:
            raise ValueError("Gamma needs alpha and exactly one of beta and mean; got both")
        return alpha, given[0] if given else others[1]

    def check(self) -> None:
        """Check what a likelihood reads of rows."""
        if isinstance(self.alpha, str) and self.missing():
            raise ValueError(
                f"Gamma's alpha is the column {self.alpha!r}; a likelihood's must be a number or a "
                "prior in this version"
            )
        check_rows(self)

    def parameters(self) -> tuple[Parameter, ...]:
        """Give shape and rate."""
        rate = Parameter(1, Form.AS_IS) if self.mean is None else Parameter(1, Form.OVER, 0)
        return Parameter(0, Form.AS_IS), rate

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        alpha = rows.parameters[0]
        with np.errstate(over="ignore"):
            return alpha, alpha * np.exp(-rows.eta)

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(rows.eta))

    def log_survival(self, y: FloatArray, rows: Rows) -> FloatArray:
        """Log probability of rows beyond y; see `Likelihood.log_survival`."""
        from hierfast.likelihoods.gamma_rows import log_likelihood

        return log_likelihood(1.0, np.log(y), 1.0, rows.eta, rows.parameters[0])[0]

    @staticmethod
    def logpdf(x: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, alpha, beta : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        from scipy.special import gammaln

        x, alpha, beta = (np.asarray(v, dtype=np.float64) for v in (x, alpha, beta))
        alpha = np.minimum(alpha, 1e300)  # gammaln stays finite: no inf - inf
        with np.errstate(all="ignore"):
            log_x = np.log(x)
            density = alpha * (np.log(beta) + log_x) - gammaln(alpha) - log_x - beta * x
            return np.where((x > 0) & (x < np.inf), density, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, alpha: float, beta: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return rng.standard_gamma(alpha, size) / beta
