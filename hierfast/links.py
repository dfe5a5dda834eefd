"""Links: from a probability or a rate to the scale on which groups are alike, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hierfast import _core

FloatArray = NDArray[np.float64]

EXP, LOG, LOG1P, NDTR, NDTRI = 0, 1, 2, 6, 8  # functions of csrc/twin.h
TERMS = 10  # of the series of 1 - exp(-m) below NEAR
NEAR, TOP = 0.1, 700.0


def _of(which: int, x: FloatArray) -> FloatArray:
    """Apply a function of the core, whose bits are those of every machine."""
    flat = np.ascontiguousarray(x, dtype=np.float64).reshape(-1)
    return np.asarray(_core.math(which, flat)).reshape(np.shape(x))


@dataclass(frozen=True, slots=True)
class Link:
    """A link between the natural scale of a group's effect and the one its population lives on.

    Attributes
    ----------
    name, scale, natural : str
        As it is written, what effects are called, and what they are of.
    suffix : str
        What it adds to the name of a likelihood in the core.
    whole : bool
        Whether rows are successes out of trials, or else events in an exposure.
    effect : callable
        Effects from successes and failures, or from events and exposures, positive both.
    inverse : callable
        Probabilities or rates from effects of any shape, by functions of the core alone.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.links import LINKS
    >>> link = LINKS["cloglog"]
    >>> float(link.inverse(link.effect(np.array([1.0]), np.array([3.0])))[0])
    0.25
    """

    name: str
    scale: str
    natural: str
    suffix: str
    whole: bool
    effect: Callable[[FloatArray, FloatArray], FloatArray]
    inverse: Callable[[FloatArray], FloatArray]

    def estimate(self, y: FloatArray, size: FloatArray) -> FloatArray:
        """Effects at which counts are what one expects, kept off the ends of the scale by half a count.

        Parameters
        ----------
        y, size : numpy.ndarray
            Counts, and trials or exposures.

        Returns
        -------
        numpy.ndarray
            The effects; 0 without any size.

        Notes
        -----
        Source of the half: Haldane (1955), *Annals of Human Genetics* 20(4).

        Examples
        --------
        >>> import numpy as np
        >>> from hierfast.links import LINKS
        >>> LINKS["logit"].estimate(np.array([2.0, 0.0]), np.array([4.0, 0.0]))
        array([0., 0.])
        """
        other = size - y + 0.5 if self.whole else np.where(size > 0, size, 1.0)
        return np.where(size > 0, self.effect(y + 0.5, other), 0.0)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Pickle by name."""
        return find_link, (self.name,)


def _at_least_one(theta: FloatArray) -> FloatArray:
    """Give 1 - exp(-m), m = exp(theta), by its series where m is small."""
    m = _of(EXP, np.minimum(theta, TOP))
    series = np.ones_like(m)
    for k in range(TERMS, 1, -1):
        series = 1.0 - np.minimum(m, NEAR) / k * series
    return np.where(m < NEAR, m * series, 1.0 - _of(EXP, -m))


LINKS = {
    link.name: link
    for link in (
        Link(
            "logit",
            "logit",
            "probability",
            "",
            True,
            lambda some, other: _of(LOG, some / other),
            lambda theta: np.asarray(1.0 / (1.0 + _of(EXP, -theta))),
        ),
        Link(
            "probit",
            "probit",
            "probability",
            "Probit",
            True,
            lambda some, other: _of(NDTRI, some / (some + other)),
            lambda theta: _of(NDTR, theta),
        ),
        Link(
            "cloglog",
            "complementary log-log",
            "probability",
            "Cloglog",
            True,
            lambda some, other: _of(LOG, _of(LOG1P, some / other)),
            _at_least_one,
        ),
        Link(
            "log",
            "log rate",
            "rate",
            "",
            False,
            lambda some, other: _of(LOG, some / other),
            lambda theta: _of(EXP, theta),
        ),
    )
}


def find_link(name: str) -> Link:
    """Look a link up by its name.

    Parameters
    ----------
    name : str
        One of the keys of `LINKS`.

    Returns
    -------
    Link
        That link.

    Examples
    --------
    >>> from hierfast.links import find_link
    >>> find_link("log").natural
    'rate'
    """
    return LINKS[name]


def title_with_link(name: str, link: str) -> str:
    """Call a likelihood of successes by its name, and by its link unless it is a logit.

    Parameters
    ----------
    name, link : str
        Of the likelihood and of its link.

    Returns
    -------
    str
        What it is called in reports.

    Examples
    --------
    >>> from hierfast.links import title_with_link
    >>> title_with_link("Binomial", "probit")
    'Binomial (probit)'
    """
    return name if link == "logit" else f"{name} ({link})"


def check_link(value: object, who: str) -> str:
    """Validate the link of a likelihood of successes.

    Parameters
    ----------
    value : object
        As written by the user.
    who : str
        For the message.

    Returns
    -------
    str
        Its name.

    Raises
    ------
    ValueError
        If there is no such link.

    Examples
    --------
    >>> from hierfast.links import check_link
    >>> check_link("probit", "Binomial's link")
    'probit'
    """
    known = [link.name for link in LINKS.values() if link.whole]
    if not (isinstance(value, str) and value in known):
        raise ValueError(f"{who} must be one of {', '.join(map(repr, known))}; got {value!r}")
    return value
