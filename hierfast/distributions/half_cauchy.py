"""HalfCauchy(beta): a Cauchy folded at zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.student import student_q


@dataclass(frozen=True, slots=True, repr=False)
class HalfCauchy(Distribution):
    r"""The half-Cauchy distribution.

    .. math::

        \log p(x) = \log\tfrac{2}{\pi} - \log \beta - \log\bigl(1 + (x / \beta)^2\bigr) \qquad x > 0 \tag{1}

    Parameters
    ----------
    beta : float, str or Distribution
        Scale and median, positive.

    Notes
    -----
    Source: Gelman (2006), Prior distributions for variance parameters in hierarchical
    models, *Bayesian Analysis* 1(3), 515-533.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.HalfCauchy(5)
    HalfCauchy(beta=5)
    """

    beta: float | str | Distribution

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"beta": Support.POSITIVE}

    @staticmethod
    def logpdf(x: ArrayLike, beta: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, beta : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, beta = (np.asarray(v, dtype=np.float64) for v in (x, beta))
        with np.errstate(all="ignore"):
            density = math.log(2 / math.pi) - np.log(beta) - student_q(np.abs(x), beta, 1.0)
            return np.where(x > 0, density, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, beta: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return np.abs(beta * rng.standard_cauchy(size))
