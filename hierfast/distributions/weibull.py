"""Weibull(alpha): times until an event, by shape and scale; a likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows


@dataclass(frozen=True, slots=True, repr=False)
class Weibull(Likelihood):
    r"""The Weibull distribution, a likelihood of times: its scale is the group's effect.

    .. math::

        \log p(y \mid \theta, \alpha) = \log \alpha - \log y + \alpha (\log y - \theta)
            - e^{\alpha (\log y - \theta)} \qquad \log \text{scale} = \theta \tag{1}

    and of a row censored at y the last term alone.

    Parameters
    ----------
    alpha : float or distribution
        Shape: a positive number, or a prior. The hazard rises with time above 1, and falls below.
    censored : str, optional
        A column that is true or 1 in rows whose event had not happened at the time y (right-censored),
        else false or 0.
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Notes
    -----
    A Normal population acts on the logarithm of the scale (accelerated failure time), and so do
    ``fit.groups``; the logarithm of the hazard at a time has :math:`-\alpha \theta` for it. Source:
    Kalbfleisch and Prentice (2002), *The Statistical Analysis of Failure Time Data*, section 2.2;
    alpha as in PyMC.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Weibull(hf.LogNormal(0, 0.5), censored="alive")
    Weibull(alpha=LogNormal(mu=0, sigma=0.5), censored='alive')
    """

    alpha: float | Distribution
    censored: str | None = field(default=None, kw_only=True)
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"alpha": Support.POSITIVE}
    only_rows: ClassVar[bool] = True
    link: ClassVar[str] = "log scale"

    def check(self) -> None:
        """Check shape, and what is read of rows."""
        if isinstance(self.alpha, str):
            raise ValueError(
                f"Weibull's alpha is the column {self.alpha!r}; give a number or a prior"
            )
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return rows.parameters[0], rows.eta

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        from scipy.special import gammaln

        with np.errstate(over="ignore"):
            return np.asarray(np.exp(rows.eta + gammaln(1.0 + 1.0 / rows.parameters[0])))

    def log_survival(self, y: FloatArray, rows: Rows) -> FloatArray:
        """Log probability of rows beyond y; see `Likelihood.log_survival`."""
        from hierfast.likelihoods.weibull import log_likelihood

        return log_likelihood(0.0, 1.0, y, rows.eta, rows.parameters[0])[0]

    @staticmethod
    def logpdf(y: ArrayLike, alpha: ArrayLike, eta: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        y, alpha, eta : array_like
            Time, shape, logarithm of the scale.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        from hierfast.likelihoods.weibull import log_likelihood

        y, alpha = (np.asarray(v, dtype=np.float64) for v in (y, alpha))
        with np.errstate(all="ignore"):
            density = log_likelihood(1.0, 1.0, y, eta, alpha)[0] + np.log(alpha) - np.log(y)
            return np.where(y > 0, density, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, alpha: Any, eta: Any) -> Any:
        """Draw with known shape and log scales."""
        return np.exp(eta) * rng.weibull(alpha, size)
