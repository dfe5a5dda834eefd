"""HalfStudentT(nu, sigma): a Student-t folded at zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.student import student_c, student_q


@dataclass(frozen=True, slots=True, repr=False)
class HalfStudentT(Distribution):
    r"""The half-Student-t distribution.

    .. math::

        \log p(x) &= \log 2 + \log\Gamma\tfrac{\nu + 1}{2} - \log\Gamma\tfrac{\nu}{2}
            - \tfrac12 \log \nu\pi - \log \sigma
            - \tfrac{\nu + 1}{2} \log\Bigl(1 + \frac{x^2}{\nu \sigma^2}\Bigr) \tag{1} \\
            &= c(\nu) + \tfrac12 \log\tfrac{2}{\pi} - \log \sigma - \tfrac{\nu + 1}{2}\, q \tag{2}

    for :math:`x > 0`, with :math:`c` and :math:`q` as in ``student.py``.

    Parameters
    ----------
    nu : float, str or Distribution
        Degrees of freedom, positive.
    sigma : float, str or Distribution
        Scale, positive.

    Notes
    -----
    Source: Gelman (2006), Prior distributions for variance parameters in hierarchical
    models, *Bayesian Analysis* 1(3), 515-533.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.HalfStudentT(nu=3, sigma=2.5)
    HalfStudentT(nu=3, sigma=2.5)
    """

    nu: float | str | Distribution
    sigma: float | str | Distribution

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"nu": Support.POSITIVE, "sigma": Support.POSITIVE}

    @staticmethod
    def logpdf(x: ArrayLike, nu: ArrayLike, sigma: ArrayLike) -> FloatArray:
        """Log density, equation (2).

        Parameters
        ----------
        x, nu, sigma : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, nu, sigma = (np.asarray(v, dtype=np.float64) for v in (x, nu, sigma))
        with np.errstate(all="ignore"):
            q = student_q(np.abs(x), sigma, nu)
            constant = student_c(nu) + 0.5 * math.log(2 / math.pi)
            return np.where(x > 0, constant - np.log(sigma) - 0.5 * (nu + 1) * q, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, nu: float, sigma: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return np.abs(sigma * rng.standard_t(nu, size))
