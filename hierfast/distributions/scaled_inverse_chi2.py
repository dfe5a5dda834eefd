"""ScaledInverseChi2(nu, tau2): conjugate for a variance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Argument, Distribution, FloatArray, Form, Support


@dataclass(frozen=True, slots=True, repr=False)
class ScaledInverseChi2(Distribution):
    r"""The scaled inverse chi-squared distribution.

    .. math::

        \log p(x) = h \log(h \tau^2) - \log\Gamma(h) - (h + 1) \log x - h \tau^2 / x
            \qquad h = \nu / 2, \; x > 0 \tag{1}

    Parameters
    ----------
    nu : float, str or Distribution
        Degrees of freedom, positive.
    tau2 : float, str or Distribution, optional
        Scale (a guess at the variance), positive.
    tau : float, str or Distribution, optional
        Its square root (a guess at the standard deviation), in its place.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.ScaledInverseChi2(nu=3, tau2=4)
    ScaledInverseChi2(nu=3, tau2=4)
    """

    nu: float | str | Distribution
    tau2: float | str | Distribution | None = None
    tau: float | str | Distribution | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {}

    def arguments(self) -> tuple[Argument, ...]:
        """Degrees of freedom, then the scale in the form it was given."""
        scales = (
            Argument("tau2", self.tau2, Support.POSITIVE, Form.AS_IS),
            Argument("tau", self.tau, Support.POSITIVE, Form.SQUARE),
        )
        given = [scale for scale in scales if scale.value is not None]
        if len(given) != 1:
            got = "both" if given else "none"
            raise ValueError(f"ScaledInverseChi2 needs exactly one of tau2 and tau; got {got}")
        return Argument("nu", self.nu, Support.POSITIVE, Form.AS_IS), given[0]

    @staticmethod
    def logpdf(x: ArrayLike, nu: ArrayLike, tau2: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, nu, tau2 : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        from scipy.special import gammaln

        x, nu, tau2 = (np.asarray(v, dtype=np.float64) for v in (x, nu, tau2))
        with np.errstate(all="ignore"):
            h = np.minimum(0.5 * nu, 1e300)  # gammaln stays finite: no inf - inf
            log_x = np.log(x)
            density = h * (np.log(h) + np.log(tau2) - log_x) - gammaln(h) - log_x - h * (tau2 / x)
            return np.where((x > 0) & (x < np.inf), density, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, nu: float, tau2: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return 0.5 * nu * tau2 / rng.standard_gamma(0.5 * nu, size)
