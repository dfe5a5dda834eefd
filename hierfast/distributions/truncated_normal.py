"""TruncatedNormal(mu, sigma, lower=, upper=): a normal between bounds; a population."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import (
    Argument,
    Distribution,
    FloatArray,
    Form,
    Support,
    check_argument,
)


@dataclass(frozen=True, slots=True, repr=False)
class TruncatedNormal(Distribution):
    r"""The normal distribution between two bounds, a population of effects that cannot be anywhere.

    .. math::

        \log p(x) = -\frac{(x - \mu)^2}{2 \sigma^2} - \log \sigma - \tfrac12 \log 2\pi
            - \log\Bigl[\Phi\Bigl(\frac{u - \mu}{\sigma}\Bigr)
            - \Phi\Bigl(\frac{l - \mu}{\sigma}\Bigr)\Bigr] \qquad l \le x \le u \tag{1}

    Parameters
    ----------
    mu : float or Distribution
        Mean of the normal before it was cut off, which may lie outside the bounds.
    sigma : float or Distribution
        Standard deviation before it was cut off, positive.
    lower, upper : float, optional
        The bounds, on the scale of the effects (of logits or log rates where the rows have such); one
        of them may be left out.

    Notes
    -----
    Where mu is far outside the bounds only the slope of the density at the nearer one matters, so that mu
    and sigma are told apart by their priors. Source: Johnson, Kotz and Balakrishnan (1994), *Continuous
    Univariate Distributions* 1, section 13.10.1; named as in PyMC.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.TruncatedNormal(mu=hf.Normal(0, 2), sigma=hf.HalfNormal(1), lower=0)
    TruncatedNormal(mu=Normal(mu=0, sigma=2), sigma=HalfNormal(sigma=1), lower=0)
    >>> gains = {"shop": ["a", "a", "b", "b", "c"], "y": [0.3, -0.2, 2.1, 2.6, -0.4]}
    >>> groups = hf.TruncatedNormal(hf.Normal(0, 2), hf.HalfNormal(1), lower=0)
    >>> model = hf.Model(hf.Normal(sigma=0.5), groups)
    >>> fit = model.fit(gains, y="y", group="shop", random_seed=1, progressbar=False)
    >>> bool((fit.groups.quantile(0.01) > 0).all())
    True
    """

    mu: float | Distribution
    sigma: float | Distribution
    lower: float | None = field(default=None, kw_only=True)
    upper: float | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {"mu": Support.REAL, "sigma": Support.POSITIVE}
    shape: ClassVar[tuple[int, ...]] = (0, 1, 2, 3)
    no_prior: ClassVar[str] = "a population of effects only, in this version"

    def __post_init__(self) -> None:
        """Check both arguments and the bounds; numbers become floats."""
        for argument in self.arguments()[:2]:
            if isinstance(argument.value, str):
                raise ValueError(
                    f"TruncatedNormal's {argument.name} is the column {argument.value!r}; give a number or "
                    "a prior"
                )
            object.__setattr__(self, argument.name, check_argument(self, argument))
        for name in ("lower", "upper"):
            bound = getattr(self, name)
            if bound is None:
                continue
            if isinstance(bound, bool | np.bool_) or not isinstance(bound, Real):
                raise TypeError(
                    f"TruncatedNormal's {name} must be a number: bounds are known; got {bound!r} of type "
                    f"{type(bound).__name__}"
                )
            if not math.isfinite(bound):
                raise ValueError(
                    f"TruncatedNormal's {name} must be finite; got {bound!r}; leave it out where there is "
                    "none"
                )
            object.__setattr__(self, name, float(bound))
        low, high = self.bounds
        if low == -math.inf and high == math.inf:
            raise ValueError("TruncatedNormal needs lower, upper or both; without any write Normal")
        if not low < high:
            raise ValueError(
                f"TruncatedNormal's lower must be below upper; got lower={low:g}, upper={high:g}"
            )

    @property
    def bounds(self) -> tuple[float, float]:
        """Both bounds, infinite where there is none."""
        return (
            -math.inf if self.lower is None else self.lower,
            math.inf if self.upper is None else self.upper,
        )

    def arguments(self) -> tuple[Argument, ...]:
        """Mean, standard deviation and both bounds."""
        low, high = self.bounds
        return (
            Argument("mu", self.mu, Support.REAL, Form.AS_IS),
            Argument("sigma", self.sigma, Support.POSITIVE, Form.AS_IS),
            Argument("lower", low, Support.REAL, Form.AS_IS),
            Argument("upper", high, Support.REAL, Form.AS_IS),
        )

    @staticmethod
    def logpdf(
        x: ArrayLike, mu: ArrayLike, sigma: ArrayLike, lower: ArrayLike, upper: ArrayLike
    ) -> FloatArray:
        """Log density, equation (1), the tail that is larger taken out of both terms.

        Parameters
        ----------
        x, mu, sigma, lower, upper : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density; -inf outside the bounds.
        """
        from scipy.special import erfcx, log_ndtr

        x, mu, s, lo, hi = (np.asarray(v, dtype=np.float64) for v in (x, mu, sigma, lower, upper))
        with np.errstate(all="ignore"):
            z, a, b = (x - mu) / s, (lo - mu) / s, (hi - mu) / s
            m, w = 0.5 * (a + b), (hi - lo) / s
            c = np.where(a > 0, a, np.where(b < 0, b, 0.0))
            near, far = np.where(a > 0, a, -b), np.where(a > 0, b, -a)
            off = np.where(a > 0, (x - lo) / s, np.where(b < 0, (x - hi) / s, z))
            root = math.sqrt(0.5)
            gap = np.exp(-0.5 * w * (far + near))
            beyond = np.log(0.5 * (erfcx(near * root) - gap * erfcx(np.minimum(far, 1e150) * root)))
            across = np.log1p(-(np.exp(log_ndtr(a)) + np.exp(log_ndtr(-b))))
            more = (m**2 - 1) / 24 + (m**4 - 6 * m**2 + 3) * w**2 / 1920
            slim = (
                np.log(w)
                - 0.5 * math.log(2 * math.pi)
                - 0.5 * np.where(c == 0, m, np.sign(c) * w / 2) * (m + c)
            )
            slim = slim + np.log1p(w**2 * more)
            mass = np.where(c == 0, across, beyond)
            mass = np.where(w * np.maximum(1.0, np.abs(m)) < 0.02, slim, mass)
            inside = -0.5 * off * (z + c) - np.log(s) - 0.5 * math.log(2 * math.pi) - mass
            return np.where((x < lo) | (x > hi), -np.inf, inside)

    @staticmethod
    def draw(
        rng: np.random.Generator, size: Any, mu: float, sigma: float, lower: float, upper: float
    ) -> Any:
        """Draw with known parameters; see `rvs`."""
        from scipy.stats import truncnorm

        a, b = (lower - mu) / sigma, (upper - mu) / sigma
        drawn = mu + sigma * truncnorm.ppf(rng.random(size), a, b)
        return np.clip(drawn, lower, upper)
