"""Bernoulli(): rows that are 0 or 1; a likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Argument, FloatArray, Support
from hierfast.distributions.binomial import Binomial
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows
from hierfast.links import LINKS, check_link, title_with_link


@dataclass(frozen=True, slots=True, repr=False)
class Bernoulli(Likelihood):
    r"""The Bernoulli distribution, a likelihood: its probability is the group's effect.

    .. math::

        \log p(y \mid \theta) = y \log p + (1 - y) \log(1 - p) \qquad \mathrm{link}(p) = \theta \tag{1}

    Parameters
    ----------
    link : {"logit", "probit", "cloglog"}, optional
        Scale of the effects, as of `Binomial`.
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Notes
    -----
    Rows of 0 and 1 with one effect are trials of a Binomial, and are read as their sums. Source: Gelman
    et al., *Bayesian Data Analysis*, 3rd ed., section 16.2.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Bernoulli(link="probit")
    Bernoulli(link='probit')
    """

    link: str = field(default="logit", kw_only=True)
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {}
    only_rows: ClassVar[bool] = True
    size_argument: ClassVar[str] = "n"
    n: ClassVar[float] = 1.0

    @property
    def kernel(self) -> str:
        """Name of its density in the C core: that of the sums of its rows."""
        return "Binomial" + LINKS[self.link].suffix

    @property
    def title(self) -> str:
        """What it is called in reports."""
        return title_with_link("Bernoulli", self.link)

    def arguments(self) -> tuple[Argument, ...]:
        """None is unknown."""
        return ()

    def check(self) -> None:
        """Check link and weights."""
        check_link(self.link, "Bernoulli's link")
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return rows.eta, self.link

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        return LINKS[self.link].inverse(rows.eta)

    @staticmethod
    def logpdf(y: ArrayLike, eta: ArrayLike, link: str = "logit") -> FloatArray:
        """Log probability, equation (1).

        Parameters
        ----------
        y, eta : array_like
            0 or 1, probability on the scale of the link.
        link : str
            Which link.

        Returns
        -------
        numpy.ndarray
            The log probability.
        """
        return Binomial.logpdf(y, 1.0, eta, link)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, eta: Any, link: str = "logit") -> Any:
        """Draw with known effects."""
        return Binomial.draw(rng, size, 1, eta, link)
