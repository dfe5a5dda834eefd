"""Links: from a probability, a rate or a time to the scale on which groups are alike, and back."""

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
TIMES = ("an event that was seen", "all rows are censored")


def apply_core(which: int, x: FloatArray) -> FloatArray:
    """Apply a function of the core, whose bits are those of every machine.

    Parameters
    ----------
    which : int
        A number of csrc/twin.h.
    x : numpy.ndarray
        Of any shape.

    Returns
    -------
    numpy.ndarray
        Of the same.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.links import LOG, apply_core
    >>> apply_core(LOG, np.array([1.0]))
    array([0.])
    """
    flat = np.ascontiguousarray(x, dtype=np.float64).reshape(-1)
    return np.asarray(_core.math(which, flat)).reshape(np.shape(x))


@dataclass(frozen=True, slots=True)
class Link:
    """A link between the natural scale of a group's effect and the one its population lives on.

    Attributes
    ----------
    name, scale, natural : str
        As it is written, what effects are called, and what they are of; empty if of nothing by themselves.
    suffix : str
        What it adds to the name of a likelihood in the core.
    whole : bool
        Whether rows are successes out of trials, or else events in an exposure.
    effect : callable
        Effects from successes and failures, or from events and exposures or times, positive both.
    inverse : callable
        Probabilities or rates from effects of any shape, by functions of the core alone.
    event, none : str
        Where rows are not out of trials, what tells that an effect is not at the end of its scale, and what
        is said where nothing does.

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
    event: str = "a count above 0"
    none: str = "all counts are 0"

    @property
    def both(self) -> str:
        """What tells that an effect is at neither end of its scale."""
        return "both successes and failures" if self.whole else self.event

    def ends(self, y: float, size: float) -> str:
        """Say at which end of the scale all rows are, from their sums; nothing if at neither."""
        if y == 0:
            return self.none
        return "all counts are successes" if self.whole and y == size else ""

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

    def forward(self, x: float) -> float:
        """Give the effect of a probability, rate or time; infinite at and beyond the ends of its scale.

        Parameters
        ----------
        x : float
            On the natural scale.

        Returns
        -------
        float
            The inverse of `inverse`.

        Examples
        --------
        >>> from hierfast.links import LINKS
        >>> round(LINKS["logit"].forward(0.25), 4), LINKS["log"].forward(0.0)
        (-1.0986, -inf)
        """
        if x <= 0.0:
            return -np.inf
        if not self.whole:
            return float(apply_core(LOG, np.array([x]))[0])
        return float(self.effect(np.array([x]), np.array([1.0 - x]))[0]) if x < 1.0 else np.inf

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Pickle by name."""
        return find_link, (self.name,)


def _at_least_one(theta: FloatArray) -> FloatArray:
    """Give 1 - exp(-m), m = exp(theta), by its series where m is small."""
    m = apply_core(EXP, np.minimum(theta, TOP))
    series = np.ones_like(m)
    for k in range(TERMS, 1, -1):
        series = 1.0 - np.minimum(m, NEAR) / k * series
    return np.where(m < NEAR, m * series, 1.0 - apply_core(EXP, -m))


def _exp(theta: FloatArray) -> FloatArray:
    return apply_core(EXP, theta)


def _same(theta: FloatArray) -> FloatArray:
    return theta


def _logit(some: FloatArray, other: FloatArray) -> FloatArray:
    return apply_core(LOG, some / other)


def _log_rate(some: FloatArray, other: FloatArray) -> FloatArray:
    return apply_core(LOG, some / other)


def _log_time(some: FloatArray, other: FloatArray) -> FloatArray:
    return apply_core(LOG, other / some)


LINKS = {
    link.name: link
    for link in (
        Link(
            "logit",
            "logit",
            "probability",
            "",
            True,
            _logit,
            lambda theta: np.asarray(1.0 / (1.0 + apply_core(EXP, -theta))),
        ),
        Link(
            "probit",
            "probit",
            "probability",
            "Probit",
            True,
            lambda some, other: apply_core(NDTRI, some / (some + other)),
            lambda theta: apply_core(NDTR, theta),
        ),
        Link(
            "cloglog",
            "complementary log-log",
            "probability",
            "Cloglog",
            True,
            lambda some, other: apply_core(LOG, apply_core(LOG1P, some / other)),
            _at_least_one,
        ),
        Link("log", "log rate", "rate", "", False, _log_rate, _exp),
        Link("log rate", "log rate", "rate", "", False, _log_rate, _exp, *TIMES),
        Link("log scale", "log scale", "scale", "", False, _log_time, _exp, *TIMES),
        Link("log mean", "log mean", "mean", "", False, _log_time, _exp, *TIMES),
        # Effects beside cutpoints: what they are of depends on both, so that there is no natural scale.
        Link("ordered logit", "effect beside the cutpoints", "", "", True, _logit, _same),
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
    known = [link.name for link in LINKS.values() if link.whole and link.natural]
    if not (isinstance(value, str) and value in known):
        raise ValueError(f"{who} must be one of {', '.join(map(repr, known))}; got {value!r}")
    return value
