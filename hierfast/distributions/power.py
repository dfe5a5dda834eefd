"""Power(alpha): a power of the value, improper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support


@dataclass(frozen=True, slots=True, repr=False)
class Power(Distribution):
    r"""Density x to a power, on the positive numbers; improper.

    .. math::

        \log p(x) = \alpha \log x \qquad x > 0 \tag{1}

    ``Power(0)`` is flat, ``Power(-1)`` flat on the logarithm. There is no normalising constant,
    so `alpha` must be a number. The posterior need not be proper: models are checked for it
    before anything is sampled.

    Parameters
    ----------
    alpha : float
        Exponent, any number.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., sections 2.8 and 5.4.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Power(-0.5)
    Power(alpha=-0.5)
    """

    alpha: float

    support: ClassVar[Support] = Support.POSITIVE
    domain: ClassVar[dict[str, Support]] = {"alpha": Support.REAL}
    proper: ClassVar[bool] = False

    def check(self) -> None:
        """Without a normalising constant an unknown exponent has no meaning."""
        if not isinstance(self.alpha, float):
            raise TypeError(
                f"Power's alpha must be a number: the density is improper, so it has no constant "
                f"that an unknown alpha could use; got {self.alpha!r}"
            )

    @staticmethod
    def logpdf(x: ArrayLike, alpha: ArrayLike) -> FloatArray:
        """Log density, equation (1).

        Parameters
        ----------
        x, alpha : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, alpha = (np.asarray(v, dtype=np.float64) for v in (x, alpha))
        with np.errstate(all="ignore"):
            return np.where((x > 0) & (x < np.inf), alpha * np.log(x), -np.inf)
