"""each(LogNormal(...)): an unknown for every group, exchangeable with a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hierfast.distributions.base import Distribution


class Kind(NamedTuple):
    """What the logarithm of a positive variate is in csrc/population: name, location, other parameters."""

    population: str
    place: int
    shape: tuple[int, ...]


KINDS = {  # of distributions that unknowns of groups may have
    "LogNormal": Kind("Normal", 0, (1,)),
    "Gamma": Kind("Gamma", -1, (0, 1)),
    "InverseGamma": Kind("InverseGamma", -1, (0, 1)),
    "ScaledInverseChi2": Kind("ScaledInverseChi2", -1, (0, 1)),
}


@dataclass(frozen=True, slots=True, repr=False)
class Each:
    r"""An unknown for every group, exchangeable with a distribution: the scale of Normal rows.

    .. math::

        y_{ij} \sim N(\theta_j, \sigma_j^2) \qquad \sigma_j \sim D \tag{1}

    where D is the distribution of the standard deviation, the variance or the precision, as it is written.

    Parameters
    ----------
    distribution : LogNormal, Gamma, InverseGamma or ScaledInverseChi2
        The population D; its arguments are numbers or priors.
    by : str, optional
        The column whose values have an unknown each: the model's group, which is the default.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 11.6 and exercise 11.4.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Normal(sigma=hf.each(hf.LogNormal(hf.Normal(0, 1), hf.HalfNormal(1))))
    Normal(sigma=each(LogNormal(mu=Normal(mu=0, sigma=1), sigma=HalfNormal(sigma=1))))
    """

    distribution: Distribution
    by: str | None = None

    def __post_init__(self) -> None:
        """Check the distribution and the column."""
        from hierfast.distributions.base import Distribution, find_row_argument

        given, kinds = self.distribution, ", ".join(KINDS)
        if isinstance(given, type) and issubclass(given, Distribution):
            raise TypeError(f"each has the class {given.__name__}; write {given.__name__}(...)")
        if not isinstance(given, Distribution):
            raise TypeError(
                f"each needs the distribution that its unknowns are drawn from, such as "
                f"LogNormal(0, 1); got {given!r} of type {type(given).__name__}"
            )
        name = type(given).__name__
        if name not in KINDS:
            raise ValueError(
                f"each has the distribution {name}, which is not available there in this version; "
                f"use one of {kinds}"
            )
        row = find_row_argument(given)
        if row:
            raise ValueError(f"each has a {name} with {row}; only a likelihood's rows have {row}")
        missing = given.missing()
        if missing:
            raise ValueError(f"each has a {name} that lacks {missing[0]}: give a number or a prior")
        for argument in given.arguments():
            if isinstance(argument.value, str):
                raise ValueError(
                    f"each has a {name} whose {argument.name} is the column {argument.value!r}; in this "
                    "version it must be a number or a prior"
                )
        if self.by is not None and not (isinstance(self.by, str) and self.by):
            raise TypeError(f"each's by must name a column; got {self.by!r}")

    def __repr__(self) -> str:
        """Print as it is written."""
        by = "" if self.by is None else f", by={self.by!r}"
        return f"each({self.distribution!r}{by})"


each = Each
