"""Binomial(n): successes out of trials; a likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import (
    Argument,
    Distribution,
    FloatArray,
    Support,
    check_size,
    check_weights,
)


@dataclass(frozen=True, slots=True, repr=False)
class Binomial(Distribution):
    r"""The binomial distribution, a likelihood: its probability is the group's effect.

    .. math::

        \log p(y \mid \theta) = \log \binom{n}{y} - y \log(1 + e^{-\theta})
            - (n - y) \log(1 + e^{\theta}) \qquad \mathrm{logit}\, p = \theta \tag{1}

    Parameters
    ----------
    n : int or str
        Trials of every row, or the column of them; whole numbers. A row of a group without trials says
        nothing and does no harm.
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Notes
    -----
    A Normal population acts on the logit scale, and so do ``fit.groups``. Source: Gelman et al.,
    *Bayesian Data Analysis*, 3rd ed., section 16.2.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Binomial(n="trials")
    Binomial(n='trials')
    """

    n: float | str
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {}
    only_rows: ClassVar[bool] = True
    size_argument: ClassVar[str] = "n"
    whole: ClassVar[bool] = True

    def arguments(self) -> tuple[Argument, ...]:
        """None is unknown: trials are data."""
        return ()

    def check(self) -> None:
        """Check trials and weights."""
        object.__setattr__(self, "n", check_size(self.n, "Binomial's n", whole=True))
        if self.weights is not None:
            object.__setattr__(self, "weights", check_weights(self.weights, "Binomial's weights"))

    @staticmethod
    def logpdf(y: ArrayLike, n: ArrayLike, eta: ArrayLike) -> FloatArray:
        """Log probability, equation (1).

        Parameters
        ----------
        y, n, eta : array_like
            Successes, trials, logit of the probability.

        Returns
        -------
        numpy.ndarray
            The log probability.
        """
        from scipy.special import gammaln

        from hierfast.likelihoods.binomial import log_likelihood

        y, n = (np.asarray(v, dtype=np.float64) for v in (y, n))
        return np.asarray(
            gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1) + log_likelihood(y, n, eta)[0]
        )

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, n: Any, eta: Any) -> Any:
        """Draw with known trials and logits."""
        return rng.binomial(
            np.asarray(n, dtype=np.int64), 1.0 / (1.0 + np.exp(-np.asarray(eta))), size
        )
