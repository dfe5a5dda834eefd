"""Exponential(lam): memoryless, positive; a prior, and a likelihood of times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows


@dataclass(frozen=True, slots=True, repr=False)
class Exponential(Likelihood):
    r"""The exponential distribution; as a likelihood, of times until an event that may be censored.

    .. math::

        \log p(x) = \log \lambda - \lambda x \qquad x > 0 \tag{1}

    Parameters
    ----------
    lam : float, str or Distribution
        Rate (one over the mean), positive. As a likelihood it is left out: that is the group's effect.
    censored : str, optional
        Of a likelihood only: a column that is true or 1 in rows whose event had not happened at the time y
        (right-censored), else false or 0.
    weights : float or str, optional
        Of a likelihood only: frequency weights. A row of weight 3 counts as three identical rows.

    Notes
    -----
    As a likelihood with a Normal population the effect is the logarithm of the rate; a Gamma population is
    of the rates themselves, integrated out in closed form (a gamma frailty). Source: Gelman et al.,
    *Bayesian Data Analysis*, 3rd ed., table A.1.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Exponential(0.1)
    Exponential(lam=0.1)
    >>> hf.Model(hf.Exponential(censored="alive"), hf.Gamma(2, hf.Exponential(1))).likelihood
    Exponential(censored='alive')
    """

    lam: float | str | Distribution | None = None
    censored: str | None = field(default=None, kw_only=True)
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"lam": Support.POSITIVE}
    link: ClassVar[str] = "log rate"

    @property
    def kernel(self) -> str:
        """Name of its density in the C core: events in a total of time are Poisson, up to a constant."""
        return "Poisson"

    def check(self) -> None:
        """Check what a likelihood reads of rows."""
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        with np.errstate(over="ignore"):
            return (np.exp(rows.eta),)

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(-rows.eta))

    def log_survival(self, y: FloatArray, rows: Rows) -> FloatArray:
        """Log probability of rows beyond y; see `Likelihood.log_survival`."""
        return np.asarray(-np.exp(rows.eta) * y)

    @staticmethod
    def logpdf(x: ArrayLike, lam: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, lam : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, lam = (np.asarray(v, dtype=np.float64) for v in (x, lam))
        with np.errstate(all="ignore"):
            return np.where(x > 0, np.log(lam) - lam * x, -np.inf)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, lam: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return rng.standard_exponential(size) / lam
