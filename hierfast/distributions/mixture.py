"""Mixture([...], weights=): a population of groups of several kinds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.distributions.base import (
    Argument,
    Distribution,
    FloatArray,
    Support,
    find_row_argument,
    format_value,
)
from hierfast.distributions.dirichlet import CLOSE, Dirichlet
from hierfast.distributions.linear import Linear
from hierfast.distributions.point_mass import PointMass

MOST = 8  # components: HF_MAX_PART in csrc/phi/mixed.h


@dataclass(frozen=True, slots=True, repr=False)
class Mixture(Distribution):
    r"""A mixture of populations: a group is of component k with probability :math:`w_k`.

    .. math::

        p(\theta) = \sum_k w_k \, p_k(\theta) \tag{1}

    Parameters
    ----------
    components : sequence of Distribution
        Two to eight populations of one scale: `Normal`, `StudentT`, `Logistic`, `TruncatedNormal` and
        `PointMass` of effects, or else all `Beta`, all `Gamma` or all `InverseGamma`.
    weights : sequence of float or Dirichlet, optional
        Known weights, which add up to 1; or their prior, ``Dirichlet([1, 1, ...])`` by default.
    ordered : bool, optional
        Whether components of one family that have unknowns in common ways are told apart by order:
        that of their locations where these are unknown, else of their first unknown. By default those that
        are alike in everything, the prior of their weight included, so that order takes nothing away but
        other names of the same thing. True orders all of one family, which is then part of the model;
        False none.

    Raises
    ------
    TypeError, ValueError
        If components or weights are none that a mixture can have.

    Notes
    -----
    Likelihoods of mixtures have several peaks. The highest of those that a few starts lead to is sampled;
    an `IdentificationWarning` tells of others near in height, which are not promised to be visited. Source:
    Gelman et al., *Bayesian Data Analysis*, 3rd ed., chapter 22.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Mixture([hf.PointMass(0), hf.Normal(0, 2)], weights=[0.9, 0.1])
    Mixture(components=[PointMass(value=0), Normal(mu=0, sigma=2)], weights=[0.9, 0.1])
    """

    components: Sequence[Distribution]
    weights: Sequence[float] | NDArray[Any] | Dirichlet | None = None
    ordered: bool | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {}
    no_prior: ClassVar[str] = "a mixture, which only a population can be"

    def __post_init__(self) -> None:
        """Check components and weights; store them as tuples."""
        object.__setattr__(self, "components", _check_components(self.components))
        object.__setattr__(self, "weights", _check_weights(self.weights, len(self.components)))
        if self.ordered not in (None, True, False):
            raise TypeError(f"Mixture's ordered must be True, False or None; got {self.ordered!r}")
        if self.ordered and not any(k >= 0 for k in self.below()):
            raise ValueError(
                "Mixture's ordered is True, but no two components are of one family with an unknown "
                "that could order them"
            )

    def arguments(self) -> tuple[Argument, ...]:
        """Nothing: what a mixture has are components."""
        return ()

    @property
    def shares(self) -> tuple[tuple[float, ...], float | Distribution]:
        """Parameters of the weights' Dirichlet: known factors, times what all have in common."""
        prior, count = self.weights, len(self.components)
        if not isinstance(prior, Dirichlet):
            return (1.0,) * count, 1.0
        if prior.mean is not None:
            assert prior.concentration is not None
            return tuple(map(float, prior.mean)), prior.concentration
        if isinstance(prior.alpha, tuple):
            return prior.alpha, 1.0
        assert isinstance(prior.alpha, float | Distribution)
        return (1.0,) * count, prior.alpha

    def below(self) -> tuple[int, ...]:
        """Give the component that each one's ordering unknown is larger than that of; -1 for none."""
        found = []
        for k, one in enumerate(self.components):
            like = [i for i in range(k) if self._alike(i, k)]
            orders = self.ordered is not False and find_order(one) >= 0
            found.append(like[-1] if like and orders else -1)
        return tuple(found)

    def _alike(self, i: int, k: int) -> bool:
        one, other = self.components[i], self.components[k]
        if self.ordered:
            return type(one) is type(other) and find_order(one) == find_order(other)
        if isinstance(self.weights, tuple):
            return one == other and self.weights[i] == self.weights[k]
        return one == other and self.shares[0][i] == self.shares[0][k]

    def rvs(
        self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None
    ) -> FloatArray | float:
        """Simulate; what is unknown is drawn once from its prior and shared by all the draws.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : int or tuple of int, optional
            Shape of the result; a single float by default.

        Returns
        -------
        numpy.ndarray or float
            The draws. Components that are told apart by order are drawn without: their names are
            not seen.
        """
        factors, common = self.shares
        if isinstance(self.weights, tuple):
            weights = np.array(self.weights)
        else:
            scale = common if isinstance(common, float) else float(common.rvs(rng))
            weights = rng.dirichlet(scale * np.array(factors))
        weights = weights / weights.sum()
        which = rng.choice(len(weights), size=size, p=weights)
        drawn = np.stack([np.asarray(one.rvs(rng, size)) for one in self.components])
        picked = np.take_along_axis(drawn, np.asarray(which)[None], 0)[0]
        return picked if size is not None else float(picked)

    @staticmethod
    def logpdf(parts: ArrayLike, weights: ArrayLike) -> FloatArray:
        """Log density from that of the components, equation (1).

        Parameters
        ----------
        parts : array_like
            Log densities (K, ...) of the components.
        weights : array_like
            Their weights (K,).

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        log = np.asarray(parts, dtype=np.float64)
        w = np.asarray(weights, dtype=np.float64).reshape(-1, *[1] * (log.ndim - 1))
        with np.errstate(all="ignore"):
            return np.asarray(np.logaddexp.reduce(log + np.log(w), axis=0))

    def __repr__(self) -> str:
        """Print as it is written."""
        given = [f"components={format_value(self.components)}"]
        if self.weights is not None:
            given.append(f"weights={format_value(self.weights)}")
        if self.ordered is not None:
            given.append(f"ordered={self.ordered}")
        return f"Mixture({', '.join(given)})"


def find_order(component: Distribution) -> int:
    """Find the argument by which components are told apart.

    Parameters
    ----------
    component : Distribution
        Of a mixture.

    Returns
    -------
    int
        Index of its location where that is unknown, else of its first unknown argument; -1 where
        nothing is unknown.

    Examples
    --------
    >>> import hierfast as hf
    >>> from hierfast.distributions.mixture import find_order
    >>> find_order(hf.Normal(hf.Normal(0, 1), hf.HalfNormal(1))), find_order(hf.Normal(0, 1))
    (0, -1)
    """
    arguments = component.arguments()
    unknown = [i for i, a in enumerate(arguments) if isinstance(a.value, Distribution)]
    return component.place if component.place in unknown else (unknown or [-1])[0]


def _check_components(given: Any) -> tuple[Distribution, ...]:
    if isinstance(given, Distribution | str) or not isinstance(given, Sequence):
        raise TypeError(f"Mixture's components must be a list of distributions; got {given!r}")
    if not 2 <= len(given) <= MOST:
        raise ValueError(f"Mixture must have 2 to {MOST} components; got {len(given)}")
    for k, one in enumerate(given):
        who = f"Mixture's component {k}"
        if not isinstance(one, Distribution):
            raise TypeError(f"{who} must be a distribution such as Normal(0, 1); got {one!r}")
        if isinstance(one, Mixture) or one.vector:
            raise ValueError(f"{who} is {one!r}; a component is a population of single numbers")
        if one.only_rows or not (one.shape or isinstance(one, PointMass)):
            raise ValueError(
                f"{who} is {type(one).__name__}, which is no population; use Normal, StudentT, Logistic, "
                "PointMass, Beta or Gamma"
            )
        missing, extra = one.missing(), find_row_argument(one)
        if missing or extra:
            told = f"lacks {missing[0]}" if missing else f"has {extra}, which only rows have"
            raise ValueError(f"{who} {told}")
        for argument in one.arguments():
            if isinstance(argument.value, str | Linear):
                raise ValueError(
                    f"{who} has the {argument.name} {argument.value!r}: within a mixture nothing can be a "
                    "column or Linear in this version; give a number or a distribution"
                )
    scales = {
        "effects" if one.place >= 0 or one.support is Support.REAL else type(one).__name__
        for one in given
    }
    if len(scales) > 1:
        raise ValueError(
            f"Mixture's components must be of one scale; got {format_value(tuple(given))}: Beta and Gamma "
            "are of probabilities and rates, the others of effects on the link scale"
        )
    return tuple(given)


def _check_weights(given: Any, count: int) -> Any:
    if given is None:
        return None
    if isinstance(given, Dirichlet):
        told = given.categories or count
        if isinstance(given.alpha, tuple) and any(isinstance(a, Distribution) for a in given.alpha):
            raise ValueError(
                "the Dirichlet of Mixture's weights must have numbers, or one prior that all share: as in "
                "Dirichlet(Exponential(1))"
            )
    elif isinstance(given, Distribution | str) or not isinstance(given, Sequence | np.ndarray):
        raise TypeError(f"Mixture's weights must be numbers or a Dirichlet; got {given!r}")
    else:
        told = len(given)
    if told != count:
        raise ValueError(f"Mixture has {count} components but {told} weights")
    if isinstance(given, Dirichlet):
        return given
    if not all(isinstance(w, int | float | np.number) and 0 < w < 1 for w in given):
        raise ValueError(
            f"Mixture's weights must lie between 0 and 1; got {format_value(tuple(given))}"
        )
    weights = tuple(map(float, given))
    if abs(math.fsum(weights) - 1.0) > CLOSE:
        raise ValueError(
            f"Mixture's weights must add up to 1; they add up to {math.fsum(weights):.15g}"
        )
    return weights
