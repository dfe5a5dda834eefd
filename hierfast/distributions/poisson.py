"""Poisson(exposure): events in an exposure; a likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Argument, FloatArray, Support
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows, check_size, draw_poisson


@dataclass(frozen=True, slots=True, repr=False)
class Poisson(Likelihood):
    r"""The Poisson distribution, a likelihood: its rate is the group's effect.

    .. math::

        \log p(y \mid \theta) = y (\theta + \log t) - t e^{\theta} - \log y! \qquad
            \log \text{rate} = \theta \tag{1}

    Parameters
    ----------
    exposure : float or str
        Exposure t of every row, or the column of them; positive. The expected count is t times the rate.
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Notes
    -----
    A Normal population acts on the logarithm of the rate, and so do ``fit.groups``. Source: Gelman et
    al., *Bayesian Data Analysis*, 3rd ed., section 16.2.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Poisson(exposure="hours")
    Poisson(exposure='hours')
    """

    exposure: float | str = 1.0
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {}
    only_rows: ClassVar[bool] = True
    size_argument: ClassVar[str] = "exposure"
    link: ClassVar[str] = "log"

    def arguments(self) -> tuple[Argument, ...]:
        """None is unknown: exposures are data."""
        return ()

    def check(self) -> None:
        """Check exposures and weights."""
        exposure = check_size(self.exposure, "Poisson's exposure", whole=False)
        object.__setattr__(self, "exposure", exposure)
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return rows.size, rows.eta

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        with np.errstate(over="ignore"):
            return np.asarray(rows.size * np.exp(rows.eta))

    @staticmethod
    def logpdf(y: ArrayLike, exposure: ArrayLike, eta: ArrayLike) -> FloatArray:
        """Log probability, equation (1).

        Parameters
        ----------
        y, exposure, eta : array_like
            Events, exposure, logarithm of the rate.

        Returns
        -------
        numpy.ndarray
            The log probability.
        """
        from scipy.special import gammaln

        from hierfast.likelihoods.poisson import log_likelihood

        y, exposure = (np.asarray(v, dtype=np.float64) for v in (y, exposure))
        return np.asarray(
            log_likelihood(y, exposure, eta)[0] + y * np.log(exposure) - gammaln(y + 1)
        )

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, exposure: Any, eta: Any) -> Any:
        """Draw with known exposures and log rates."""
        return draw_poisson(rng, size, np.asarray(exposure) * np.exp(np.asarray(eta)))
