"""Grid(low, high, points): a population whose effects lie on a grid of points, with any weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.exponential import Exponential

MOST = 4096  # points: HF_MAX_POINT in csrc/hf.h


@dataclass(frozen=True, slots=True, repr=False)
class Grid(Distribution):
    r"""A population of any shape on a grid of points :math:`g_1 < \dots < g_M`.

    .. math::

        P(\theta_j = g_k \mid w) = w_k, \qquad w \sim \mathrm{Dirichlet}(\alpha m) \tag{1}

    The Bayesian counterpart of the nonparametric maximum likelihood estimate of Kiefer and Wolfowitz, as
    the R packages REBayes and ashr compute it on a grid; as the grid grows it tends to a Dirichlet process
    mixture with concentration :math:`\alpha` and base `m`.

    Parameters
    ----------
    low, high : float, optional
        First and last point, on the scale of effects (of logits or log rates for counts); by default
        the least and the largest effect that a group's rows have by themselves.
    points : int or sequence of float
        How many, evenly spaced (2 to 4096); or the points themselves, increasing, and then neither `low`
        nor `high`.
    base : Distribution or sequence of float, optional
        Prior means :math:`m_k` of the weights, but for a factor: the density of a distribution without
        unknowns at the points, or a positive number a point. All alike by default.
    concentration : float or Distribution
        :math:`\alpha`, as many groups as the base counts for.

    Raises
    ------
    TypeError, ValueError
        If points are not increasing, or an argument is none of these.

    Notes
    -----
    A grid should reach beyond the effects, and be finer than the standard errors of groups: of effects
    between points nothing is known. Sources: Kiefer and Wolfowitz (1956), *Ann. Math. Statist.* 27; Koenker
    and Mizera (2014), *JASA* 109(506); Stephens (2017), *Biostatistics* 18(2); Ishwaran and Zarepour
    (2002), *Statistica Sinica* 12.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Grid(-5, 5, points=101, concentration=2)
    Grid(low=-5, high=5, points=101, concentration=2)
    >>> hf.Grid(points=[-1, 0, 1], base=[1, 2, 1])
    Grid(points=[-1, 0, 1], base=[1, 2, 1])
    """

    low: float | None = None
    high: float | None = None
    points: int | Sequence[float] | NDArray[Any] = 100
    base: Distribution | Sequence[float] | NDArray[Any] | None = field(default=None, kw_only=True)
    concentration: float | Distribution = field(default=Exponential(1.0), kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {"concentration": Support.POSITIVE}
    shape: ClassVar[tuple[int, ...]] = (0,)
    no_prior: ClassVar[str] = "a grid, which only a population can be"

    def __post_init__(self) -> None:
        """Check every argument; store sequences as tuples, numbers as floats."""
        if isinstance(self.concentration, str):
            raise TypeError(
                f"Grid's concentration is {self.concentration!r}; it must be a number or a prior: no "
                "column can be read here"
            )
        Distribution.__post_init__(self)
        for name in ("low", "high"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else _number(value, name))
        object.__setattr__(self, "points", _check_points(self.points))
        if isinstance(self.points, tuple):
            given = [n for n in ("low", "high") if getattr(self, n) is not None]
            if given:
                raise ValueError(f"Grid's {given[0]} was given beside the points themselves")
        elif (self.low is None) != (self.high is None):
            raise ValueError("Grid needs low and high, or neither")
        elif self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(
                f"Grid's low must be below high; got {self.low:.15g} and {self.high:.15g}"
            )
        object.__setattr__(self, "base", _check_base(self.base, self.count))

    @property
    def count(self) -> int:
        """How many points there are."""
        return len(self.points) if isinstance(self.points, tuple) else int(self.points)  # type: ignore[arg-type]

    @property
    def placed(self) -> bool:
        """Whether the points are known without data."""
        return isinstance(self.points, tuple) or self.low is not None

    def lay(self, low: float, high: float) -> FloatArray:
        """Give the points (M,), from these ends where none were given."""
        if isinstance(self.points, tuple):
            return np.array(self.points)
        if self.low is not None and self.high is not None:
            low, high = self.low, self.high
        last = self.count - 1
        found = low + (high - low) * np.arange(self.count) / last
        found[-1] = high
        if not (np.diff(found) > 0).all():
            raise ValueError(
                f"{self.count} points from {low:.15g} to {high:.15g} are not apart: give low and high"
            )
        return found

    def rvs(
        self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None
    ) -> FloatArray | float:
        """Simulate; weights and what else is unknown are drawn once and shared by all the draws.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : int or tuple of int, optional
            Shape of the result; a single float by default.

        Returns
        -------
        numpy.ndarray or float
            The draws.
        """
        if not self.placed:
            raise ValueError("Grid cannot be simulated without low and high, or points")
        from hierfast.schemes.grid import share_base

        alpha = self.concentration
        points = self.lay(0.0, 1.0)
        scale = float(alpha.rvs(rng)) if isinstance(alpha, Distribution) else float(alpha)
        weights = rng.dirichlet(scale * share_base(self, points))
        drawn = rng.choice(points, size=size, p=weights / weights.sum())
        return drawn if size is not None else float(drawn)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"Grid's {name} must be a number; got {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"Grid's {name} must be finite; got {value!r}")
    return float(value)


def _check_points(value: Any) -> int | tuple[float, ...]:
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        if not 2 <= value <= MOST:
            raise ValueError(f"Grid's points must be 2 to {MOST}; got {value}")
        return int(value)
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes):
        raise TypeError(f"Grid's points must be a whole number, or numbers; got {value!r}")
    if isinstance(value, np.ndarray) and value.ndim != 1:
        raise ValueError(f"Grid's points must have one dimension; got shape {value.shape}")
    points = tuple(_number(v, f"points[{k}]") for k, v in enumerate(list(value)))
    if not 2 <= len(points) <= MOST:
        raise ValueError(f"Grid's points must be 2 to {MOST}; got {len(points)}")
    for k in range(1, len(points)):
        if points[k] <= points[k - 1]:
            raise ValueError(
                f"Grid's points must increase; points[{k}] is {points[k]:.15g} after {points[k - 1]:.15g}"
            )
    return points


def _check_base(value: Any, count: int) -> Distribution | tuple[float, ...] | None:
    if value is None:
        return None
    if isinstance(value, Distribution):
        unknown = value.missing() or [
            a.name for a in value.arguments() if not isinstance(a.value, float)
        ]
        if unknown or value.only_rows or value.vector or value.no_prior or not value.arguments():
            raise ValueError(
                f"Grid's base is {value!r}; it must be a distribution of one number, its arguments numbers"
            )
        return value
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes):
        raise TypeError(f"Grid's base must be a distribution, or a number a point; got {value!r}")
    base = tuple(_number(v, f"base[{k}]") for k, v in enumerate(list(value)))
    if len(base) != count:
        raise ValueError(f"Grid's base has {len(base)} numbers for {count} points")
    for k, share in enumerate(base):
        if share <= 0:
            raise ValueError(
                f"Grid's base must be positive; base[{k}] is {share:.15g}: leave that point out"
            )
    return base
