"""Linear("1 + x", prior): predictors of groups, in the location of a population."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hierfast.distributions.base import Distribution

INTERCEPT = "Intercept"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Linear:
    r"""Coefficients of columns that are known of groups: the location of a population.

    .. math::

        \mu_j = \sum_k x_{jk} \beta_k \tag{1}

    Parameters
    ----------
    formula : str
        Terms of columns, as in R: ``"1 + x + z"``; ``a:b`` is a product, ``a*b`` is ``a + b + a:b``.
        There is an intercept unless ``0`` is among the terms. Columns are numbers, constant within a
        group.
    prior : Distribution or mapping of str to Distribution
        Prior of every coefficient, each an unknown of its own; or the prior of each by the name of its
        term, that of the intercept being ``"Intercept"``.

    Attributes
    ----------
    terms : tuple of tuple of str
        Columns whose product each term is; none of them: the intercept.
    priors : tuple of Distribution
        Of the coefficients, in order.

    Notes
    -----
    With rows of known variance this is a meta-regression, or the model of Fay and Herriot (1979), *J. Amer.
    Statist. Assoc.* 74.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.Normal(hf.Linear("1 + uranium", hf.Normal(0, 5)), hf.HalfNormal(1))
    Normal(mu=Linear('1 + uranium', Normal(mu=0, sigma=5)), sigma=HalfNormal(sigma=1))
    """

    formula: str
    terms: tuple[tuple[str, ...], ...]
    priors: tuple[Distribution, ...]

    def __init__(self, formula: str, prior: Distribution | Mapping[str, Distribution]) -> None:
        """Read the formula; match priors with its terms."""
        from hierfast.distributions.base import Distribution

        terms = read_formula(formula)
        names = [name_of(term) for term in terms]
        if isinstance(prior, Mapping):
            for name in prior:
                if name not in names:
                    raise ValueError(
                        f"Linear has a prior of {name!r}, which is not a term of {formula!r}; its terms "
                        f"are {', '.join(map(repr, names))}"
                    )
            lacking = [name for name in names if name not in prior]
            if lacking:
                raise ValueError(f"Linear lacks a prior of the term {lacking[0]!r}")
            priors = tuple(prior[name] for name in names)
        else:
            priors = (prior,) * len(names)
        for name, one in zip(names, priors, strict=True):
            if not isinstance(one, Distribution):
                raise TypeError(
                    f"Linear's prior of {name!r} must be a distribution such as Normal(0, 5); got {one!r}"
                )
        object.__setattr__(self, "formula", formula.strip())
        object.__setattr__(self, "terms", terms)
        object.__setattr__(self, "priors", priors)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(name_of(term) for term in self.terms)

    def __repr__(self) -> str:
        """Print as it is written."""
        same = all(prior == self.priors[0] for prior in self.priors)
        told = self.priors[0] if same else dict(zip(self.names, self.priors, strict=True))
        return f"Linear({self.formula!r}, {told!r})"


def name_of(term: tuple[str, ...]) -> str:
    """Call a term by its columns.

    Parameters
    ----------
    term : tuple of str
        Its columns.

    Returns
    -------
    str
        Its name.

    Examples
    --------
    >>> from hierfast.distributions.linear import name_of
    >>> name_of(("a", "b")), name_of(())
    ('a:b', 'Intercept')
    """
    return ":".join(term) or INTERCEPT


def read_formula(formula: object) -> tuple[tuple[str, ...], ...]:
    """Read the terms of a formula.

    Parameters
    ----------
    formula : str
        Such as ``"1 + x + a*b"``.

    Returns
    -------
    tuple of tuple of str
        Columns of each term, the intercept first, then main effects, then products.

    Raises
    ------
    TypeError, ValueError
        If it is no formula.

    Examples
    --------
    >>> from hierfast.distributions.linear import read_formula
    >>> read_formula("a*b")
    ((), ('a',), ('b',), ('a', 'b'))
    """
    if not isinstance(formula, str):
        raise TypeError(f"Linear's formula must be text such as '1 + x'; got {formula!r}")
    found: dict[tuple[str, ...], None] = {(): None}
    for part in formula.split("+"):
        piece = part.strip()
        if piece == "0":
            found.pop((), None)
        elif piece != "1":
            for term in _expand(piece, formula):
                found[term] = None
    if not found:
        raise ValueError(f"Linear's formula {formula!r} has no terms")
    return tuple(sorted(found, key=len))


def _expand(piece: str, formula: str) -> list[tuple[str, ...]]:
    terms: list[tuple[str, ...]] = [()]
    for factor in piece.split("*"):
        columns = tuple(name.strip() for name in factor.split(":"))
        if not all(re.fullmatch(r"[^\W\d]\w*(?:[ .]\w+)*", name) for name in columns):
            raise ValueError(
                f"Linear cannot read {piece!r} in {formula!r}: terms are columns, their products a:b or "
                "a*b, 1 and 0, added up; make a column of anything else"
            )
        terms += [*(term + columns for term in terms)]
    return [tuple(dict.fromkeys(term)) for term in terms[1:]]
