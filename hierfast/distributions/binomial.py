"""Binomial(n): successes out of trials; a likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Argument, FloatArray, Support
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows, check_size
from hierfast.links import LINKS, check_link, title_with_link


@dataclass(frozen=True, slots=True, repr=False)
class Binomial(Likelihood):
    r"""The binomial distribution, a likelihood: its probability is the group's effect.

    .. math::

        \log p(y \mid \theta) = \log \binom{n}{y} + y \log p + (n - y) \log(1 - p)
            \qquad \mathrm{link}(p) = \theta \tag{1}

    Parameters
    ----------
    n : int or str
        Trials of every row, or the column of them; whole numbers. A row of a group without trials says
        nothing and does no harm.
    link : {"logit", "probit", "cloglog"}, optional
        Scale of the effects: log(p / (1 - p)), the normal quantile of p, or log(-log(1 - p)), the
        logarithm of a rate whose events are seen or not.
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Notes
    -----
    A Normal population acts on the scale of the link, and so do ``fit.groups``. Sources: Gelman et
    al., *Bayesian Data Analysis*, 3rd ed., section 16.2; McCullagh and Nelder (1989), *Generalized
    Linear Models*, section 4.3.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Binomial(n="trials")
    Binomial(n='trials')
    """

    n: float | str
    link: str = field(default="logit", kw_only=True)
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {}
    only_rows: ClassVar[bool] = True
    size_argument: ClassVar[str] = "n"

    @property
    def kernel(self) -> str:
        """Name of its density in the C core."""
        return "Binomial" + LINKS[self.link].suffix

    @property
    def title(self) -> str:
        """What it is called in reports."""
        return title_with_link("Binomial", self.link)

    def arguments(self) -> tuple[Argument, ...]:
        """None is unknown: trials are data."""
        return ()

    def check(self) -> None:
        """Check trials, link and weights."""
        object.__setattr__(self, "n", check_size(self.n, "Binomial's n", whole=True))
        check_link(self.link, "Binomial's link")
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return rows.size, rows.eta, self.link

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        return np.asarray(rows.size * LINKS[self.link].inverse(rows.eta))

    @staticmethod
    def logpdf(y: ArrayLike, n: ArrayLike, eta: ArrayLike, link: str = "logit") -> FloatArray:
        """Log probability, equation (1).

        Parameters
        ----------
        y, n, eta : array_like
            Successes, trials, probability on the scale of the link.
        link : str
            Which link.

        Returns
        -------
        numpy.ndarray
            The log probability.
        """
        from scipy.special import gammaln

        from hierfast.likelihoods import binomial, binomial_cloglog, binomial_probit

        twin = {"logit": binomial, "probit": binomial_probit, "cloglog": binomial_cloglog}[link]
        y, n = (np.asarray(v, dtype=np.float64) for v in (y, n))
        ways = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
        return np.asarray(ways + twin.log_likelihood(y, n, eta)[0])

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, n: Any, eta: Any, link: str = "logit") -> Any:
        """Draw with known trials and effects."""
        p = LINKS[link].inverse(np.asarray(eta, dtype=np.float64))
        return rng.binomial(np.asarray(n, dtype=np.int64), p, size)
