"""NegativeBinomial(alpha, exposure): overdispersed events in an exposure; a likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows, check_size, draw_poisson


@dataclass(frozen=True, slots=True, repr=False)
class NegativeBinomial(Likelihood):
    r"""The negative binomial distribution, a likelihood: its rate is the group's effect.

    .. math::

        \log p(y \mid \theta, \alpha) = \log \frac{\Gamma(y + \alpha)}{\Gamma(\alpha)\, y!}
            + \alpha \log \frac{\alpha}{\alpha + m} + y \log \frac{m}{\alpha + m}
            \qquad m = t e^{\theta} \tag{1}

    with mean m and variance :math:`m + m^2 / \alpha`; a Poisson where alpha is large.

    Parameters
    ----------
    alpha : float or distribution
        Shape, how little rows vary beyond a Poisson: a positive number, or a prior.
    exposure : float or str
        Exposure t of every row, or the column of them; positive. The expected count is t times the rate.
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Notes
    -----
    A Normal population acts on the logarithm of the rate, and so do ``fit.groups``. With one row a group
    the data hardly tell the variation of rows from that of groups. Source: Gelman et al., *Bayesian
    Data Analysis*, 3rd ed., section 2.7; alpha as in PyMC.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.NegativeBinomial(hf.Gamma(2, 0.1), exposure="hours")
    NegativeBinomial(alpha=Gamma(alpha=2, beta=0.1), exposure='hours')
    """

    alpha: float | Distribution
    exposure: float | str = 1.0
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {"alpha": Support.POSITIVE}
    only_rows: ClassVar[bool] = True
    size_argument: ClassVar[str] = "exposure"
    link: ClassVar[str] = "log"

    def check(self) -> None:
        """Check shape, exposures and weights."""
        if isinstance(self.alpha, str):
            raise ValueError(
                f"NegativeBinomial's alpha is the column {self.alpha!r}; give a number or a prior"
            )
        exposure = check_size(self.exposure, "NegativeBinomial's exposure", whole=False)
        object.__setattr__(self, "exposure", exposure)
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return rows.parameters[0], rows.size, rows.eta

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        with np.errstate(over="ignore"):
            return np.asarray(rows.size * np.exp(rows.eta))

    @staticmethod
    def logpdf(y: ArrayLike, alpha: ArrayLike, exposure: ArrayLike, eta: ArrayLike) -> FloatArray:
        """Log probability, equation (1).

        Parameters
        ----------
        y, alpha, exposure, eta : array_like
            Events, shape, exposure, logarithm of the rate.

        Returns
        -------
        numpy.ndarray
            The log probability.
        """
        from scipy.special import gammaln

        from hierfast.likelihoods.negative_binomial import log_likelihood

        y, a, t = (np.asarray(v, dtype=np.float64) for v in (y, alpha, exposure))
        ways = gammaln(y + a) - gammaln(a) - gammaln(y + 1) - y * np.log(a)
        return np.asarray(log_likelihood(y, 1.0, t, eta, a)[0] + y * np.log(t) + ways)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, alpha: Any, exposure: Any, eta: Any) -> Any:
        """Draw with known shape, exposures and log rates."""
        alpha = np.asarray(alpha)
        mean = np.asarray(exposure) * np.exp(np.asarray(eta))
        return draw_poisson(rng, size, mean * (rng.standard_gamma(alpha, size) / alpha))
