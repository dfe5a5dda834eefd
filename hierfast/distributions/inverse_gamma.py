"""InverseGamma(alpha, beta): one over a gamma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support


@dataclass(frozen=True, slots=True, repr=False)
class InverseGamma(Distribution):
    r"""The inverse gamma distribution.

    .. math::

        \log p(x) = \alpha \log \beta - \log\Gamma(\alpha) - (\alpha + 1) \log x - \beta / x
            \qquad x > 0 \tag{1}

    Parameters
    ----------
    alpha : float, str or Distribution
        Shape, positive.
    beta : float, str or Distribution
        Scale, positive.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Normal(0, variance=hf.InverseGamma(3, 2))
    Normal(mu=0, variance=InverseGamma(alpha=3, beta=2))
    """

    alpha: float | str | Distribution
    beta: float | str | Distribution

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"alpha": Support.POSITIVE, "beta": Support.POSITIVE}
    shape: ClassVar[tuple[int, ...]] = (0, 1)

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
            density = alpha * (np.log(beta) - log_x) - gammaln(alpha) - log_x - beta / x
            return np.where((x > 0) & (x < np.inf), density, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, alpha: float, beta: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return beta / rng.standard_gamma(alpha, size)
