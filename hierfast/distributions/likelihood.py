"""What likelihoods add to a distribution: rows given the effects of their groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hierfast.distributions.base import Distribution, FloatArray, shorten

MOST_COUNTED = 1e15  # mean of counts that are drawn one by one


class Rows(NamedTuple):
    """What rows of a likelihood are drawn given; arrays broadcast with the effects.

    Attributes
    ----------
    eta : numpy.ndarray
        Effect of each row's group on the link scale; of Multinomial rows its shares, one axis more.
    size : numpy.ndarray
        Trials or exposures; 1 where the likelihood has none.
    parameters : tuple of numpy.ndarray
        The likelihood's other parameters in the order of its arguments.
    """

    eta: FloatArray
    size: FloatArray
    parameters: tuple[FloatArray, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Likelihood(Distribution):
    """A distribution of rows given the effects of their groups; some are populations and priors too.

    Adding one is a new file here, a line in ``__init__.py``, and the same density in ``csrc/likelihood``.
    """

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw` after the first, of rows of this likelihood.

        Parameters
        ----------
        rows : Rows
            Effects on the link scale, and what else the rows read.

        Returns
        -------
        tuple
            Arrays that broadcast with the rows.
        """
        raise NotImplementedError

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows of this likelihood given their effects.

        Parameters
        ----------
        rows : Rows
            Effects on the link scale, and what else the rows read.

        Returns
        -------
        numpy.ndarray
            Means, of the shape of the effects.
        """
        raise NotImplementedError

    def log_survival(self, y: FloatArray, rows: Rows) -> FloatArray:
        """Log probability of rows beyond y, where a likelihood has rows that may be censored there.

        Parameters
        ----------
        y : numpy.ndarray
            Where rows were censored.
        rows : Rows
            Effects on the link scale, and what else the rows read.

        Returns
        -------
        numpy.ndarray
            Log probabilities of every row.
        """
        raise NotImplementedError(f"{type(self).__name__} has no censored rows")

    def log_rows(
        self, y: FloatArray, rows: Rows, censored: NDArray[np.bool_] | None = None
    ) -> FloatArray:
        """Log density of rows of this likelihood given their effects, with all constants.

        Parameters
        ----------
        y : numpy.ndarray
            Outcomes (N,).
        rows : Rows
            Effects (..., N) on the link scale, and what else the rows read.
        censored : numpy.ndarray, optional
            Which rows were censored at y (N,).

        Returns
        -------
        numpy.ndarray
            Log densities, or log probabilities, of every row (..., N).
        """
        with np.errstate(all="ignore"):
            log = self.logpdf(y, *self.of_rows(rows))
            if censored is not None and censored.any():
                some = rows._replace(eta=rows.eta[..., censored])
                log[..., censored] = self.log_survival(y[censored], some)
        return log

    def simulate_rows(self, rng: np.random.Generator, rows: Rows) -> FloatArray:
        """Simulate rows of this likelihood given their effects.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        rows : Rows
            Effects on the link scale, and what else the rows read.

        Returns
        -------
        numpy.ndarray
            Outcomes, of the shape of the effects.
        """
        with np.errstate(all="ignore"):  # what comes of it is looked at by who asked
            drawn = self.draw(rng, np.shape(rows.eta), *self.of_rows(rows))
        return np.asarray(drawn, dtype=np.float64)


def draw_poisson(rng: np.random.Generator, size: Any, mean: Any) -> FloatArray:
    """Draw Poisson counts, of any mean.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    size : int or tuple of int or None
        Shape of the result.
    mean : array_like
        Means; infinite ones give infinite counts.

    Returns
    -------
    numpy.ndarray
        The counts. Beyond a mean of 1e15, where float64 no longer tells neighbouring counts apart, they are
        of the Gaussian of the same mean and variance.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.distributions.likelihood import draw_poisson
    >>> draw_poisson(np.random.default_rng(1), 2, [0.0, np.inf])
    array([ 0., inf])
    """
    mean = np.asarray(mean, dtype=np.float64)
    drawn = np.asarray(rng.poisson(np.minimum(mean, MOST_COUNTED), size), dtype=np.float64)
    if (mean <= MOST_COUNTED).all():
        return drawn
    spread = np.sqrt(np.where(mean < np.inf, mean, 0.0)) * rng.standard_normal(size)
    return np.where(mean > MOST_COUNTED, np.rint(mean + spread), drawn)


def check_size(value: object, who: str, whole: bool) -> float | str:
    """Validate what rows of counts are out of: a column, or one number for all rows.

    Parameters
    ----------
    value : object
        What was given.
    who : str
        Whose it is, for the message.
    whole : bool
        Whether it counts trials, or else measures an exposure.

    Returns
    -------
    float or str
        The number, or the column's name.

    Raises
    ------
    TypeError, ValueError
        If it is neither.
    """
    if isinstance(value, str) and value:
        return value
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(
            f"{who} is data: it must be a column name or a number; got {shorten(value)} of type "
            f"{type(value).__name__}"
        )
    number = float(value)
    if whole and not (number >= 1 and number.is_integer()):
        raise ValueError(f"{who} must be a whole number of trials, at least 1; got {value!r}")
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{who} must be positive and finite; got {value!r}")
    return number


def check_rows(owner: Distribution) -> None:
    """Validate what a likelihood reads of its rows: frequency weights, and which were censored.

    Parameters
    ----------
    owner : Distribution
        The likelihood; numbers become floats.

    Raises
    ------
    TypeError, ValueError
        If the weights are neither a column nor one whole number for all rows, or
        `censored` names no column.
    """
    weights, name = getattr(owner, "weights", None), type(owner).__name__
    if weights is not None:
        object.__setattr__(owner, "weights", _check_weights(weights, f"{name}'s weights"))
    censored = getattr(owner, "censored", None)
    if censored is not None and not (isinstance(censored, str) and censored):
        raise TypeError(
            f"{name}'s censored must name a column, true or 1 in rows that were censored; got "
            f"{shorten(censored)}"
        )


def _check_weights(value: object, who: str) -> float | str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{who} must be a column name or a whole number; got {shorten(value)}")
    number = float(value)
    if not (number >= 1 and number.is_integer()):
        raise ValueError(
            f"{who} must be a whole number of identical rows (frequency weights); got {value!r}"
        )
    return number
