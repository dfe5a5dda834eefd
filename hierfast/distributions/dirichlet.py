"""Dirichlet(alpha) or Dirichlet(mean=, concentration=): shares that add up to one."""

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
    Form,
    Parameter,
    Support,
    check_argument,
)
from hierfast.distributions.beta import log_beta

CLOSE = 1e-9  # what shares may miss 1 by when they are added


def log_multivariate_beta(alpha: ArrayLike) -> FloatArray:
    r"""Logarithm of what normalises a Dirichlet, one category after the other.

    .. math:: \sum_k \log \Gamma(\alpha_k) - \log \Gamma(A)
        = \sum_{k > 1} \log B(\alpha_1 + \dots + \alpha_{k-1}, \alpha_k)

    Parameters
    ----------
    alpha : array_like
        Positive (..., H).

    Returns
    -------
    numpy.ndarray
        The logarithm (...), with its digits where some are large.

    Examples
    --------
    >>> from hierfast.distributions.dirichlet import log_multivariate_beta
    >>> float(log_multivariate_beta([1, 1, 1]).round(6))
    -0.693147
    """
    alpha = np.asarray(alpha, dtype=np.float64)
    before = np.cumsum(alpha, axis=-1)[..., :-1]
    return np.asarray(log_beta(before, alpha[..., 1:]).sum(axis=-1))


@dataclass(frozen=True, slots=True, repr=False)
class Dirichlet(Distribution):
    r"""The Dirichlet distribution of H shares; population of the probabilities of Multinomial rows.

    .. math::

        \log p(x) = \log \Gamma(A) + \sum_k (\alpha_k - 1) \log x_k - \log \Gamma(\alpha_k)
            \qquad x_k > 0, \quad \sum_k x_k = 1, \quad A = \sum_k \alpha_k \tag{1}

    Given are either `alpha` or `mean` and `concentration`, with :math:`\alpha_k = m_k \kappa`.

    Parameters
    ----------
    alpha : sequence of float or Distribution, or one of these, optional
        One positive number or prior a category (H,); a single one is shared by all of them, as many as
        the rows have.
    mean : sequence of float, optional
        Known means :math:`m_k` (H,), positive, which add up to 1.
    concentration : float or Distribution, optional
        :math:`\kappa = \sum_k \alpha_k`, positive: as many trials as the population counts for.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these, there are fewer than two categories, or the means do not add up
        to 1.

    Notes
    -----
    With two categories it is ``Beta(alpha[0], alpha[1])``. Source: Gelman et al., *Bayesian Data Analysis*,
    3rd ed., table A.1 and section 3.4.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Dirichlet([9, 1])
    Dirichlet(alpha=[9, 1])
    >>> hf.Dirichlet(hf.Exponential(1))
    Dirichlet(alpha=Exponential(lam=1))
    >>> float(hf.Dirichlet.logpdf([0.9, 0.1], [9, 1]).round(4))
    1.3543
    """

    alpha: float | Distribution | Sequence[float | Distribution] | NDArray[Any] | None = None
    mean: Sequence[float] | NDArray[Any] | None = field(default=None, kw_only=True)
    concentration: float | Distribution | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.UNIT
    domain: ClassVar[dict[str, Support]] = {}
    shape: ClassVar[tuple[int, ...]] = (0,)  # and the others, once y tells how many there are
    vector: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check every argument; store sequences as tuples, numbers as floats."""
        for name in ("alpha", "mean"):
            value = _as_tuple(getattr(self, name), name)
            object.__setattr__(self, name, value)
        checked = {a.name: _check(self, a) for a in self.arguments()}
        for name in ("alpha", "mean", "concentration"):
            value = getattr(self, name)
            if isinstance(value, tuple):
                value = tuple(checked[f"{name}[{k}]"] for k in range(len(value)))
            elif value is not None:
                value = checked[name]
            object.__setattr__(self, name, value)
        if self.mean is not None:
            total = math.fsum(self.mean)
            if abs(total - 1.0) > CLOSE:
                raise ValueError(f"Dirichlet's mean must add up to 1; it adds up to {total:.15g}")

    @property
    def categories(self) -> int:
        """How many categories there are, H; 0 where a shared `alpha` leaves that to the rows."""
        given = self.alpha if self.mean is None else self.mean
        return len(given) if isinstance(given, tuple) else 0

    def arguments(self) -> tuple[Argument, ...]:
        """Give what was written, one argument a category."""
        given = [n for n in ("alpha", "mean", "concentration") if getattr(self, n) is not None]
        if given not in (["alpha"], ["mean", "concentration"]):
            raise ValueError(
                "Dirichlet needs alpha, or mean and concentration; got "
                f"{' and '.join(given) or 'none'} of these"
            )
        found = []
        for name in given:
            value, domain = (
                getattr(self, name),
                Support.UNIT if name == "mean" else Support.POSITIVE,
            )
            several = isinstance(value, tuple)
            for k, one in enumerate(value if several else [value]):
                told = f"{name}[{k}]" if several else name
                found.append(Argument(told, one, domain, Form.AS_IS))
        return tuple(found)

    def parameters(self) -> tuple[Parameter, ...]:
        """Give alpha of each category; one where it is shared."""
        if self.mean is None:
            return tuple(Parameter(k, Form.AS_IS) for k in range(max(self.categories, 1)))
        n = self.categories
        return tuple(Parameter(n, Form.TIMES, k) for k in range(n))

    @staticmethod
    def logpdf(x: ArrayLike, alpha: ArrayLike) -> FloatArray:
        """Log density with respect to all shares but one, equation (1).

        Parameters
        ----------
        x : array_like
            Shares (..., H).
        alpha : array_like
            (..., H), or a number that all categories share.

        Returns
        -------
        numpy.ndarray
            The log density (...); -inf where shares are not positive or add up to something else than 1.
        """
        x, alpha = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (x, alpha)))
        with np.errstate(all="ignore"):
            inside = (x > 0).all(axis=-1) & (np.abs(x.sum(axis=-1) - 1.0) <= CLOSE)
            density = ((alpha - 1.0) * np.log(x)).sum(axis=-1) - log_multivariate_beta(alpha)
        return np.where(np.isnan(x).any(axis=-1), np.nan, np.where(inside, density, -np.inf))

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, *alpha: float) -> FloatArray:
        """Draw shares (size, H) with known parameters; see `rvs`."""
        if len(alpha) < 2:
            raise ValueError(
                "Dirichlet cannot be simulated with a shared alpha, which leaves open how many "
                "categories there are; give a sequence"
            )
        return rng.dirichlet(alpha, size)


def _as_tuple(value: Any, name: str) -> Any:
    """Turn a sequence into a tuple; leave anything else as it is."""
    who = f"Dirichlet's {name}"
    if isinstance(value, str | bytes):
        raise TypeError(
            f"{who} is {value!r}; it must be numbers or priors: no column can be read here"
        )
    if isinstance(value, np.ndarray) and value.ndim:
        if value.ndim > 1:
            raise ValueError(f"{who} must have one dimension; got shape {value.shape}")
        value = value.tolist()
    if not isinstance(value, Sequence):
        if name == "mean" and value is not None:
            raise TypeError(f"{who} must be a sequence of numbers, one a category; got {value!r}")
        return value
    if len(value) < 2:
        raise ValueError(f"{who} must have at least two categories; got {len(value)}")
    return tuple(value)


def _check(owner: Dirichlet, argument: Argument) -> float | Distribution:
    name, value = argument.name, argument.value
    if isinstance(value, str) or (isinstance(value, Distribution) and name.startswith("mean[")):
        wanted = "a number" if name.startswith("mean[") else "a number or a prior"
        raise TypeError(f"Dirichlet's {name} must be {wanted}; got {value!r}")
    if value is None:
        raise TypeError(f"Dirichlet's {name} is None; give a number or a prior")
    checked = check_argument(owner, argument)
    assert isinstance(checked, float | Distribution)
    return checked
