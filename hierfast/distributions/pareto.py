"""Pareto(alpha, m): a power of what exceeds a known least value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support


@dataclass(frozen=True, slots=True, repr=False)
class Pareto(Distribution):
    r"""The Pareto distribution.

    .. math::

        \log p(x) = \log \alpha + \alpha \log m - (\alpha + 1) \log x \qquad x \ge m \tag{1}

    Parameters
    ----------
    alpha : float, str or Distribution
        Exponent of the tail, positive.
    m : float, str or Distribution
        Least value, positive.

    Notes
    -----
    Source: Johnson, Kotz and Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 20.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Beta(mean=hf.Uniform(0, 1), concentration=hf.Pareto(1.5, 1))
    Beta(mean=Uniform(lower=0, upper=1), concentration=Pareto(alpha=1.5, m=1))
    """

    alpha: float | str | Distribution
    m: float | str | Distribution

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"alpha": Support.POSITIVE, "m": Support.POSITIVE}

    @staticmethod
    def logpdf(x: ArrayLike, alpha: ArrayLike, m: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, alpha, m : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, alpha, m = (np.asarray(v, dtype=np.float64) for v in (x, alpha, m))
        with np.errstate(all="ignore"):
            log_x = np.log(x)
            density = np.log(alpha) - alpha * (log_x - np.log(m)) - log_x
            return np.where((x >= m) & (x < np.inf), density, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, alpha: float, m: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return m * (1.0 + rng.pareto(alpha, size))
