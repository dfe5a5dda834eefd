"""OrderedLogistic(cutpoints): rows in ordered categories; a likelihood."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows
from hierfast.distributions.pareto import Pareto
from hierfast.distributions.uniform import Uniform

MOST = 17  # categories: one more than HF_MAX_CUT in csrc/hf.h


@dataclass(frozen=True, slots=True, repr=False)
class OrderedLogistic(Likelihood):
    r"""The ordered logistic distribution, a likelihood: what shifts its categories is the group's effect.

    .. math::

        p(y \le k \mid \theta, c) = \frac{1}{1 + e^{\theta - c_k}} \qquad k = 0, \dots, K - 2 \tag{1}

    of a category y in 0 to K - 1, with :math:`c_0 < c_1 < \dots`.

    Parameters
    ----------
    cutpoints : sequence of float, distribution, or sequence of distribution
        The K - 1 places c where one category ends and the next begins: increasing numbers; or one prior,
        with `categories`, that each has; or the prior of each. Unknown ones are called ``cutpoints[0]``,
        ``cutpoints[1]`` and so on. Their joint prior is the product of their priors where they increase.
    categories : int, optional
        K, from 2 to 17; it need not be said where it follows from `cutpoints`.
    weights : float or str, optional
        Frequency weights: a row of weight 3 counts as three identical rows.

    Raises
    ------
    TypeError, ValueError
        If cutpoints are neither, do not increase, or do not fit `categories`.

    Notes
    -----
    Where cutpoints are unknown the population's location is a number, since a shift of all of them is one
    of all effects: ``Normal(0, HalfNormal(1))``. Effects, and ``fit.groups``, are on the scale of the
    cutpoints. All priors must be proper; a category that nobody chose is no harm then. Source: McCullagh
    (1980), *J. R. Statist. Soc. B* 42(2), section 2; cutpoints as in PyMC.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.OrderedLogistic([-1, 0.5])
    OrderedLogistic(cutpoints=[-1, 0.5])
    >>> model = hf.Model(
    ...     hf.OrderedLogistic(hf.Normal(0, 3), categories=4), hf.Normal(0, hf.HalfNormal(1))
    ... )
    >>> table = {"shop": ["Ulm", "Ulm", "Bonn", "Bonn", "Kiel", "Kiel"], "stars": [3, 2, 3, 3, 0, 1]}
    >>> fit = model.fit(table, y="stars", group="shop", random_seed=1, progressbar=False)
    >>> list(fit.hyper)
    ['cutpoints[0]', 'cutpoints[1]', 'cutpoints[2]', 'shop_sigma']
    """

    cutpoints: Sequence[float] | Distribution | Sequence[Distribution]
    categories: int | None = field(default=None, kw_only=True)
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {}
    only_rows: ClassVar[bool] = True
    increasing: ClassVar[bool] = True
    size_argument: ClassVar[str] = "steps"
    link: ClassVar[str] = "ordered logit"

    def __post_init__(self) -> None:
        """Check cutpoints, categories and weights."""
        cutpoints, given = self.cutpoints, self.categories
        if given is not None:
            whole = isinstance(given, Real) and not isinstance(given, bool) and given == given // 1
            if not (whole and 2 <= given <= MOST):
                raise ValueError(
                    f"OrderedLogistic's categories must be a whole number, 2 to {MOST}; got {given!r}"
                )
            object.__setattr__(self, "categories", int(given))
        if isinstance(cutpoints, Distribution):
            if given is None:
                raise ValueError(
                    "OrderedLogistic's cutpoints have one prior, which does not say how many they are; "
                    "write categories=, one more than that"
                )
        else:
            object.__setattr__(self, "cutpoints", _read_sequence(cutpoints))
        written = self.arguments()
        if not 1 <= len(written) < MOST:
            raise ValueError(
                f"OrderedLogistic's cutpoints must be 1 to {MOST - 1}; got {len(written)}"
            )
        if given is not None and given != len(written) + 1:
            raise ValueError(
                f"OrderedLogistic has {len(written)} cutpoints, which make {len(written) + 1} categories, "
                f"but categories={given}"
            )
        values = tuple(check_argument(self, argument) for argument in written)
        if not isinstance(cutpoints, Distribution):
            object.__setattr__(self, "cutpoints", values)
        _check_order(self.arguments())
        check_rows(self)

    def arguments(self) -> tuple[Argument, ...]:
        """Cutpoints as they were written."""
        cutpoints: Any = self.cutpoints
        if isinstance(cutpoints, Distribution):
            cutpoints = (cutpoints,) * (int(self.categories or 0) - 1)
        return tuple(
            Argument(f"cutpoints[{k}]", value, Support.REAL, Form.AS_IS)
            for k, value in enumerate(cutpoints)
        )

    @property
    def steps(self) -> float:
        """Cutpoints that a row may lie above."""
        return float(len(self.arguments()))

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        return np.stack(np.broadcast_arrays(*rows.parameters), axis=-1), rows.eta

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        above = (1.0 / (1.0 + np.exp(np.minimum(c - rows.eta, 700.0))) for c in rows.parameters)
        return np.asarray(sum(above))

    @staticmethod
    def logpdf(y: ArrayLike, cutpoints: ArrayLike, eta: ArrayLike) -> FloatArray:
        """Log probability, by equation (1).

        Parameters
        ----------
        y, cutpoints, eta : array_like
            Categories, increasing cutpoints (..., K - 1), effects.

        Returns
        -------
        numpy.ndarray
            The log probability, of the shape of y and eta.

        Examples
        --------
        >>> import hierfast as hf
        >>> float(hf.OrderedLogistic.logpdf(1, [-1, 1], 0.0).round(4))
        -0.7719
        """
        from hierfast.likelihoods.ordered_logistic import log_likelihood

        y, c = np.asarray(y), np.asarray(cutpoints, dtype=np.float64)
        counts = (y[..., None] == np.arange(c.shape[-1] + 1)).astype(np.float64)
        return np.asarray(log_likelihood(counts, eta, c)[0])

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, cutpoints: Any, eta: Any) -> Any:
        """Draw with known cutpoints (..., K - 1) and effects (...)."""
        latent = rng.logistic(np.asarray(eta, dtype=np.float64), 1.0, size)
        c = np.asarray(cutpoints, dtype=np.float64)
        return np.asarray(sum(latent > c[..., k] for k in range(c.shape[-1])), dtype=np.int64)


def _read_sequence(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        told = f"the column {value!r}" if isinstance(value, str) else repr(value)
        raise TypeError(
            "OrderedLogistic's cutpoints must be increasing numbers such as [-1, 0.5], a prior with "
            f"categories=, or a list of priors; got {told}"
        )
    if any(isinstance(one, Distribution) for one in value):
        if all(isinstance(one, Distribution) for one in value):
            return tuple(value)
        raise ValueError(
            "OrderedLogistic's cutpoints are numbers and priors; give all of them as one or the other"
        )
    if any(isinstance(one, str) for one in value):
        raise TypeError("OrderedLogistic's cutpoints must be numbers or priors; got text")
    return tuple(value)


def _check_order(written: tuple[Argument, ...]) -> None:
    """Refuse numbers that do not increase, and priors that leave no room to."""
    above, last = -math.inf, -math.inf
    for name, value, _, _ in written:
        if isinstance(value, Distribution):
            low, high = _ends(value)
            above = max(above, low)
            if above >= high:
                raise ValueError(
                    f"OrderedLogistic's {name} must lie above those before it, but its prior {value!r} "
                    "ends where theirs begin"
                )
        elif isinstance(value, float):
            if value <= last:
                raise ValueError(
                    f"OrderedLogistic's cutpoints must increase; {name} is {value:g} after {last:g}"
                )
            last = value


def _ends(prior: Distribution) -> tuple[float, float]:
    """Where a prior begins and ends, as far as numbers tell."""
    if isinstance(prior, Uniform):
        low, high = prior.lower, prior.upper
        return (
            low if isinstance(low, float) else -math.inf,
            high if isinstance(high, float) else math.inf,
        )
    if isinstance(prior, Pareto) and isinstance(prior.m, float):
        return prior.m, math.inf
    return (
        0.0 if prior.support in (Support.POSITIVE, Support.UNIT) else -math.inf,
        1.0 if prior.support is Support.UNIT else math.inf,
    )
