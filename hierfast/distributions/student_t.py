"""StudentT(nu, mu, sigma): a normal with heavier tails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.linear import Linear
from hierfast.distributions.student import student_c, student_q


@dataclass(frozen=True, slots=True, repr=False)
class StudentT(Distribution):
    r"""The Student-t distribution.

    .. math::

        \log p(x) &= \log\Gamma\tfrac{\nu + 1}{2} - \log\Gamma\tfrac{\nu}{2}
            - \tfrac12 \log \nu\pi - \log \sigma
            - \tfrac{\nu + 1}{2} \log\Bigl(1 + \frac{(x - \mu)^2}{\nu \sigma^2}\Bigr) \tag{1} \\
            &= c(\nu) - \tfrac12 \log 2\pi - \log \sigma - \tfrac{\nu + 1}{2}\, q \tag{2}

    for real :math:`x`, with :math:`c` and :math:`q` as in ``student.py``.

    Parameters
    ----------
    nu : float, str or Distribution
        Degrees of freedom, positive.
    mu : float, str, Distribution or Linear
        Location, any real number.
    sigma : float, str or Distribution
        Scale, positive.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.1.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.StudentT(nu=4, mu=0, sigma=2.5)
    StudentT(nu=4, mu=0, sigma=2.5)
    """

    nu: float | str | Distribution
    mu: float | str | Distribution | Linear
    sigma: float | str | Distribution

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {
        "nu": Support.POSITIVE,
        "mu": Support.REAL,
        "sigma": Support.POSITIVE,
    }
    place: ClassVar[int] = 1
    shape: ClassVar[tuple[int, ...]] = (2, 0)

    @staticmethod
    def logpdf(x: ArrayLike, nu: ArrayLike, mu: ArrayLike, sigma: ArrayLike) -> FloatArray:
        """Log density, equation (2).

        Parameters
        ----------
        x, nu, mu, sigma : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, nu, mu, sigma = (np.asarray(v, dtype=np.float64) for v in (x, nu, mu, sigma))
        with np.errstate(all="ignore"):
            q = student_q(np.abs(x - mu), sigma, nu)
            constant = student_c(nu) - 0.5 * math.log(2 * math.pi)
            return np.asarray(constant - np.log(sigma) - 0.5 * (nu + 1) * q)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, nu: float, mu: float, sigma: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return mu + sigma * rng.standard_t(nu, size)
