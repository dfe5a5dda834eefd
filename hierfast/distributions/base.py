"""What every distribution shares: the grammar of arguments, validation, printing, simulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from numbers import Real
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hierfast.distributions.each import Each
from hierfast.distributions.linear import Linear

FloatArray: TypeAlias = NDArray[np.float64]


class Support(IntEnum):
    """Where a distribution lives; the numbers are those of ``csrc/hf.h``."""

    REAL = 0
    POSITIVE = 1
    BOUNDED = 2
    UNIT = 3


class Form(IntEnum):
    """How written arguments become a parameter of the density; numbers of ``csrc/hf.h``.

    ``SQRT`` and ``RSQRT`` are the root of one argument and one over it; of two arguments a and b,
    ``TIMES`` is a b, ``REST`` is (1 - a) b, ``OVER`` is b / a; ``SQUARE`` is the square of one.
    """

    AS_IS = 0
    SQRT = 1
    RSQRT = 2
    TIMES = 3
    REST = 4
    OVER = 5
    SQUARE = 6


class Argument(NamedTuple):
    """One argument as written: its name, its value, where it must lie, how it is read."""

    name: str
    value: float | str | Distribution | Linear | Each | None
    domain: Support
    form: Form


class Parameter(NamedTuple):
    """A parameter of the density: which written argument, in which form, with which other one."""

    argument: int
    form: Form
    other: int = -1


@dataclass(frozen=True, slots=True, repr=False)
class Distribution:
    """A distribution whose arguments are numbers, columns or priors; immutable, equal by value.

    A number is known, a string names a column of known values, a distribution makes the
    argument one unknown with that prior. Subclasses are frozen dataclasses; adding one is a
    new file here, a line in ``__init__.py``, and the same density in ``csrc/prior``.
    """

    support: ClassVar[Support]
    domain: ClassVar[dict[str, Support]]
    proper: ClassVar[bool] = True
    only_rows: ClassVar[bool] = False  # a likelihood, which is neither population nor prior
    place: ClassVar[int] = -1  # of a population: the parameter that is its location, if one is
    shape: ClassVar[
        tuple[int, ...]
    ] = ()  # its others in the order of csrc/population; none: no population
    vector: ClassVar[bool] = False  # of several numbers at once: no prior of an unknown
    no_prior: ClassVar[str] = ""  # why it is no prior of an unknown, where it is none
    increasing: ClassVar[bool] = False  # a likelihood whose parameters are in increasing order
    varying: ClassVar[tuple[str, ...]] = ()  # of a likelihood: arguments that may differ by group
    effect: ClassVar[int] = 0  # of a likelihood that may be a prior too: what it leaves out
    logpdf: ClassVar[Callable[..., FloatArray]]
    draw: ClassVar[Callable[..., Any]]

    def __post_init__(self) -> None:
        """Check every argument and store numbers as floats."""
        for argument in self.arguments():
            if argument.value is not None:
                value = check_argument(self, argument)
                object.__setattr__(self, argument.name, value)
        self.check()

    def arguments(self) -> tuple[Argument, ...]:
        """Arguments as they were written."""
        return tuple(
            Argument(name, getattr(self, name), domain, Form.AS_IS)
            for name, domain in self.domain.items()
        )

    def parameters(self) -> tuple[Parameter, ...]:
        """How the C core's parameters, in its order, are read off the arguments."""
        return tuple(Parameter(i, a.form) for i, a in enumerate(self.arguments()))

    @property
    def kernel(self) -> str:
        """Name of its density in the C core."""
        return type(self).__name__

    @property
    def title(self) -> str:
        """What a likelihood is called in reports."""
        return type(self).__name__

    def check(self) -> None:
        """Check what concerns several arguments at once; nothing by default."""

    def is_positive(self) -> bool:
        """Tell whether the distribution can be the prior of a positive unknown."""
        return self.support in (Support.POSITIVE, Support.UNIT)

    def is_unit(self) -> bool:
        """Tell whether the distribution can be the prior of an unknown between 0 and 1."""
        return self.support is Support.UNIT

    def missing(self) -> tuple[str, ...]:
        """Names of arguments that were left out."""
        return tuple(a.name for a in self.arguments() if a.value is None)

    def rvs(
        self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None
    ) -> FloatArray | float:
        """Simulate.

        An argument that is unknown is drawn once from its prior and shared by all the draws,
        as the model says.

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
        name = type(self).__name__
        if not self.proper:
            raise ValueError(f"{name} is improper: it cannot be simulated; use a proper prior")
        values = []
        for argument in self.arguments():
            value = argument.value
            if value is None:
                raise ValueError(f"{name} cannot be simulated without {argument.name}")
            if isinstance(value, str | Linear | Each):
                told = f"the column {value!r}" if isinstance(value, str) else "of columns"
                told = "of every group" if isinstance(value, Each) else told
                raise ValueError(
                    f"{name} cannot be simulated: {argument.name} is {told}, "
                    "whose values are not known here; give a number or a distribution"
                )
            values.append(float(value.rvs(rng)) if isinstance(value, Distribution) else value)
        read = (
            apply_form(values[p.argument], p.form, values[p.other] if p.other >= 0 else 1.0)
            for p in self.parameters()
        )
        drawn: FloatArray | float = self.draw(rng, size, *read)
        return drawn

    def __repr__(self) -> str:
        """Print as it is written, leaving out what was left out."""
        inside = ", ".join(
            f"{f.name}={format_value(value)}"
            for f in fields(self)
            if (value := getattr(self, f.name)) is not None
            and not (f.kw_only and value == f.default)
        )
        return f"{type(self).__name__}({inside})"


def apply_form(value: float, form: Form, other: float = 1.0) -> float:
    """Turn numbers as written into the density's parameter.

    Parameters
    ----------
    value : float
        A standard deviation, variance or precision, as `form` says.
    form : Form
        How it is read.
    other : float
        The second argument of forms that read two.

    Returns
    -------
    float
        The parameter; square root and division round correctly, so every machine agrees.
    """
    if form is Form.TIMES:
        return value * other
    if form is Form.REST:
        return (1.0 - value) * other
    if form is Form.OVER:
        return other / value
    if form is Form.AS_IS:
        return value
    if form is Form.SQUARE:
        return value * value
    root = math.sqrt(value)
    return root if form is Form.SQRT else 1.0 / root


def format_value(value: object) -> str:
    """Print a number as short as it reads back, a tuple as a list, anything else as its repr.

    Parameters
    ----------
    value : object
        An argument of a distribution.

    Returns
    -------
    str
        Its text.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, tuple):
        return f"[{', '.join(map(format_value, value))}]"
    return repr(value)


def check_argument(
    owner: Distribution, argument: Argument
) -> float | str | Distribution | Linear | Each:
    """Validate one argument.

    Parameters
    ----------
    owner : Distribution
        The distribution the argument belongs to, for the message.
    argument : Argument
        The argument as written.

    Returns
    -------
    float or str or Distribution or Linear or Each
        The value, numbers as float.

    Raises
    ------
    TypeError
        If the value is no number, column name or distribution.
    ValueError
        If it is out of range, or a prior of the wrong support.
    """
    name, value, domain, _ = argument
    who = f"{type(owner).__name__}'s {name}"
    if isinstance(value, Distribution):
        return _check_prior(who, value, domain)
    if isinstance(value, Linear):
        return _check_linear(owner, name, value)
    if isinstance(value, Each):
        return _check_each(owner, name, value)
    if isinstance(value, str):
        if not value:
            raise ValueError(f"{who} is an empty string; a string must name a column")
        return value
    if isinstance(value, type) and issubclass(value, Distribution):
        raise TypeError(f"{who} is the class {value.__name__}; write {value.__name__}(...)")
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(
            f"{who} must be a number, a column name or a distribution; "
            f"got {shorten(value)} of type {type(value).__name__}"
        )
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{who} must be finite; got {shorten(value)}")
    if domain is Support.POSITIVE and number <= 0:
        raise ValueError(f"{who} must be positive; got {format_value(number)}")
    if domain is Support.UNIT and not 0 < number < 1:
        raise ValueError(f"{who} must lie between 0 and 1; got {format_value(number)}")
    return number


def find_row_argument(value: object) -> str:
    """Tell which argument that only a likelihood of rows has was given to a distribution.

    Parameters
    ----------
    value : Distribution
        A population or a prior.

    Returns
    -------
    str
        Its name; empty if none.
    """
    for name in ("weights", "censored"):
        if getattr(value, name, None) is not None:
            return name
    return "each(...)" if find_each(value) is not None else ""


def find_each(value: Any) -> Argument | None:
    """Find the argument that has an unknown for every group.

    Parameters
    ----------
    value : Distribution
        A likelihood, population or prior.

    Returns
    -------
    Argument or None
        As it was written.
    """
    return next((a for a in value.arguments() if isinstance(a.value, Each)), None)


def _check_linear(owner: Distribution, name: str, value: Linear) -> Linear:
    if owner.place < 0 or owner.arguments()[owner.place].name != name:
        raise ValueError(
            f"{type(owner).__name__}'s {name} cannot be Linear: only the location of a population can"
        )
    for term, prior in zip(value.names, value.priors, strict=True):
        _check_prior(f"Linear's {term}", prior, Support.REAL)
    return value


def _check_each(owner: Distribution, name: str, value: Each) -> Each:
    if name not in owner.varying:
        raise ValueError(
            f"{type(owner).__name__}'s {name} cannot be each(...): only the scale of a Normal likelihood "
            "can differ by group in this version"
        )
    return value


def _check_prior(who: str, prior: Distribution, domain: Support) -> Distribution:
    kind = type(prior).__name__
    if prior.only_rows:
        raise ValueError(
            f"{who} has the prior {prior!r}, which is a likelihood of rows, not a prior"
        )
    if prior.vector:
        raise ValueError(
            f"{who} has the prior {prior!r}, which is of several numbers at once, not one"
        )
    if prior.no_prior:
        raise ValueError(f"{who} has the prior {prior!r}, which is {prior.no_prior}")
    given = find_row_argument(prior)
    if given:
        raise ValueError(f"{who} has a prior with {given}; only a likelihood's rows have {given}")
    if any(isinstance(argument.value, Linear) for argument in prior.arguments()):
        raise ValueError(
            f"{who} has a prior with Linear; only the location of a population can be that"
        )
    missing = prior.missing()
    if missing:
        raise ValueError(
            f"{who} has the prior {prior!r}, which lacks {missing[0]}; "
            "a prior needs all its arguments (only a likelihood leaves its location out)"
        )
    if domain is Support.UNIT and not prior.is_unit():
        raise ValueError(
            f"{who} must lie between 0 and 1, and its prior {prior!r} reaches beyond; use Beta(1, 1) or "
            "Uniform(0, 1)"
        )
    if domain is Support.POSITIVE and not prior.is_positive():
        if prior.support is Support.BOUNDED:
            raise ValueError(
                f"{who} must be positive; its prior {prior!r} reaches below 0; "
                "use a lower bound of at least 0"
            )
        raise ValueError(
            f"{who} must be positive; its prior {kind} has support on the whole real line; "
            "use HalfNormal, HalfCauchy, HalfStudentT, Exponential, Gamma or another positive prior"
        )
    return prior


def shorten(value: object) -> str:
    """Write a value for a message.

    Parameters
    ----------
    value : object
        Any.

    Returns
    -------
    str
        Its repr, 60 characters of it at most.

    Examples
    --------
    >>> from hierfast.distributions.base import shorten
    >>> shorten([1, 2])
    '[1, 2]'
    """
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
