"""Multinomial(): counts in categories; a likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Argument, FloatArray, Support
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows


@dataclass(frozen=True, slots=True, repr=False)
class Multinomial(Likelihood):
    r"""The multinomial distribution of counts in H categories, a likelihood: its shares are the group's.

    .. math::

        \log p(y \mid p) = \log n! + \sum_k y_k \log p_k - \log y_k!
            \qquad n = \sum_k y_k, \quad \sum_k p_k = 1 \tag{1}

    A fit takes as ``y`` the names of the columns of counts, one a category and in that order, or their
    values: an array (N, H), a table, or a sequence of H arrays. Trials are what a row adds up to; a row
    without any says nothing and does no harm.

    Parameters
    ----------
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., table A.2 and section 3.4.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Multinomial()
    Multinomial()
    >>> float(hf.Multinomial.logpdf([1, 2], [0.5, 0.5]).round(4))
    -0.9808
    """

    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.UNIT
    domain: ClassVar[dict[str, Support]] = {}
    only_rows: ClassVar[bool] = True

    def arguments(self) -> tuple[Argument, ...]:
        """None is unknown: trials are data."""
        return ()

    def check(self) -> None:
        """Check weights."""
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return (rows.eta,)

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        return np.asarray(rows.size[..., None] * rows.eta)

    def simulate_rows(self, rng: np.random.Generator, rows: Rows) -> FloatArray:
        """Simulate rows (..., H) given their shares; see `Likelihood.simulate_rows`."""
        size = np.broadcast_to(rows.size, rows.eta.shape[:-1])
        return np.asarray(self.draw(rng, None, size, rows.eta), dtype=np.float64)

    @staticmethod
    def logpdf(y: ArrayLike, p: ArrayLike) -> FloatArray:
        """Log probability, equation (1).

        Parameters
        ----------
        y, p : array_like
            Counts and probabilities (..., H).

        Returns
        -------
        numpy.ndarray
            The log probability (...).
        """
        from scipy.special import gammaln, xlogy

        y, p = (np.asarray(v, dtype=np.float64) for v in (y, p))
        ways = gammaln(y.sum(axis=-1) + 1.0) - gammaln(y + 1.0).sum(axis=-1)
        return np.asarray(ways + xlogy(y, p).sum(axis=-1))

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, n: Any, p: Any) -> Any:
        """Draw counts (size, H) with known trials and probabilities."""
        return rng.multinomial(np.asarray(n, dtype=np.int64), p, size)
