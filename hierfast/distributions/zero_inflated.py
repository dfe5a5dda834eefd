"""ZeroInflatedPoisson and ZeroInflatedBinomial: counts with more zeros than those have; likelihoods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.binomial import Binomial
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows, check_size, draw_poisson
from hierfast.links import LINKS


@dataclass(frozen=True, slots=True, repr=False)
class ZeroInflatedPoisson(Likelihood):
    r"""The zero-inflated Poisson distribution, a likelihood: its rate is the group's effect.

    .. math::

        p(y \mid \theta, \psi) = (1 - \psi) [y = 0] + \psi \, \mathrm{Poisson}(y \mid t e^{\theta}) \tag{1}

    Parameters
    ----------
    psi : float or distribution
        Probability of being drawn from the Poisson: a number between 0 and 1, or a prior.
    exposure : float or str
        Exposure t of every row, or the column of them; positive.
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Notes
    -----
    A Normal population acts on the logarithm of the rate, and so do ``fit.groups``. With one row a group
    the data hardly tell zeros that were not drawn from groups of low rates. Source: Lambert (1992),
    *Technometrics* 34(1); psi as in PyMC.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.ZeroInflatedPoisson(hf.Beta(2, 2), exposure="hours")
    ZeroInflatedPoisson(psi=Beta(alpha=2, beta=2), exposure='hours')
    """

    psi: float | Distribution
    exposure: float | str = 1.0
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {"psi": Support.UNIT}
    only_rows: ClassVar[bool] = True
    size_argument: ClassVar[str] = "exposure"
    link: ClassVar[str] = "log"

    def check(self) -> None:
        """Check psi, exposures and weights."""
        _check_known(self, self.psi)
        who = "ZeroInflatedPoisson's exposure"
        object.__setattr__(self, "exposure", check_size(self.exposure, who, whole=False))
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return rows.parameters[0], rows.size, rows.eta

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        with np.errstate(over="ignore"):
            return np.asarray(rows.parameters[0] * rows.size * np.exp(rows.eta))

    @staticmethod
    def logpdf(y: ArrayLike, psi: ArrayLike, exposure: ArrayLike, eta: ArrayLike) -> FloatArray:
        """Log probability, equation (1).

        Parameters
        ----------
        y, psi, exposure, eta : array_like
            Events, probability of being drawn from the Poisson, exposure, logarithm of the rate.

        Returns
        -------
        numpy.ndarray
            The log probability.
        """
        from scipy.special import gammaln

        from hierfast.likelihoods.zero_inflated import poisson

        y, t = (np.asarray(v, dtype=np.float64) for v in (y, exposure))
        value = poisson(y, y > 0, y == 0, t, eta, psi)[0]
        return np.asarray(value + y * np.log(t) - gammaln(y + 1))

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, psi: Any, exposure: Any, eta: Any) -> Any:
        """Draw with known psi, exposures and log rates."""
        drawn = draw_poisson(rng, size, np.asarray(exposure) * np.exp(np.asarray(eta)))
        return np.where(rng.random(np.shape(drawn)) < psi, drawn, 0)


@dataclass(frozen=True, slots=True, repr=False)
class ZeroInflatedBinomial(Likelihood):
    r"""The zero-inflated binomial distribution, a likelihood: its probability is the group's effect.

    .. math::

        p(y \mid \theta, \psi) = (1 - \psi) [y = 0] + \psi \, \mathrm{Binomial}(y \mid n, p)
            \qquad \mathrm{logit}\, p = \theta \tag{1}

    Parameters
    ----------
    psi : float or distribution
        Probability of being drawn from the binomial: a number between 0 and 1, or a prior.
    n : int or str
        Trials of every row, or the column of them; whole numbers.
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Notes
    -----
    A Normal population acts on the logit of p, and so do ``fit.groups``. With one row a group the data
    hardly tell zeros that were not drawn from groups of low probability. Source: Hall (2000), *Biometrics*
    56(4); psi as in PyMC.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.ZeroInflatedBinomial(0.8, n="visits")
    ZeroInflatedBinomial(psi=0.8, n='visits')
    """

    psi: float | Distribution
    n: float | str
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {"psi": Support.UNIT}
    only_rows: ClassVar[bool] = True
    size_argument: ClassVar[str] = "n"
    link: ClassVar[str] = "logit"

    def check(self) -> None:
        """Check psi, trials and weights."""
        _check_known(self, self.psi)
        object.__setattr__(self, "n", check_size(self.n, "ZeroInflatedBinomial's n", whole=True))
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return rows.parameters[0], rows.size, rows.eta

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        p = LINKS[self.link].inverse(rows.eta)
        return np.asarray(rows.parameters[0] * rows.size * p)

    @staticmethod
    def logpdf(y: ArrayLike, psi: ArrayLike, n: ArrayLike, eta: ArrayLike) -> FloatArray:
        """Log probability, equation (1).

        Parameters
        ----------
        y, psi, n, eta : array_like
            Successes, probability of being drawn from the binomial, trials, logit.

        Returns
        -------
        numpy.ndarray
            The log probability.
        """
        from scipy.special import gammaln

        from hierfast.likelihoods.zero_inflated import binomial

        y, n = (np.asarray(v, dtype=np.float64) for v in (y, n))
        ways = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
        return np.asarray(binomial(y, y > 0, y == 0, n, eta, psi)[0] + ways)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, psi: Any, n: Any, eta: Any) -> Any:
        """Draw with known psi, trials and logits."""
        drawn = Binomial.draw(rng, size, n, eta)
        return np.where(rng.random(np.shape(drawn)) < psi, drawn, 0)


def _check_known(owner: Distribution, psi: object) -> None:
    if isinstance(psi, str):
        raise ValueError(
            f"{type(owner).__name__}'s psi is the column {psi!r}; give a number or a prior"
        )
