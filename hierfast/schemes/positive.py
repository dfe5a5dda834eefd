"""Populations of probabilities and positive effects themselves, where rows give them no closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hierfast.counts import CountCells
from hierfast.graph import NATURAL, Arg, Graph, Part
from hierfast.propriety import check_all_proper
from hierfast.schemes.counts import CountBuilder
from hierfast.schemes.terms import AmountBuilder, TermBuilder, ZeroInflatedBuilder

if TYPE_CHECKING:
    from hierfast.links import Link


def guess(part: Part, at: float, wide: float) -> list[tuple[Arg, float]]:
    """Pair the unknowns of a component with values that put it somewhere.

    Parameters
    ----------
    part : Part
        The component.
    at, wide : float
        Where it is to be, and how wide, on the scale of effects.

    Returns
    -------
    list of tuple
        Pairs of an argument and a value.

    Examples
    --------
    >>> from hierfast.graph import Arg, Part
    >>> from hierfast.schemes.positive import guess
    >>> mu, sigma = Arg(0, 0, 0.0), Arg(1, 0, 0.0)
    >>> part = Part("Normal", mu, (sigma,), {"mu": mu, "sigma": sigma})
    >>> [value for _, value in guess(part, 0.5, 2.0)]
    [0.5, 2.0]
    """
    family, written = part.population, part.written
    if family == "TruncatedNormal":
        return [(written["mu"], at), (written["sigma"], wide)]
    if family not in NATURAL:
        return [(part.location, at), (part.shape[0], wide)]
    many, odds = 1.0 / max(wide * wide, 1e-3), float(np.exp(at))
    p = odds / (1.0 + odds)
    if family == "Beta":
        many = 4.0 * many
        values = {"mean": p, "concentration": many, "alpha": p * many, "beta": (1.0 - p) * many}
    elif family == "Gamma":
        values = {"mean": odds, "alpha": many, "beta": many / odds}
    else:
        values = {"alpha": many, "beta": many * odds}
    return [(arg, values[name]) for name, arg in written.items()]


class PositiveCounts(CountBuilder):
    """Rows whose sums suffice."""

    @classmethod
    def check_proper(cls, graph: Graph, cells: CountCells, link: Link) -> None:
        """Refuse improper priors."""
        check_all_proper(graph)

    def known(self) -> tuple[tuple[Arg, float], ...]:
        """Pair the population's arguments with values that put it where all rows are."""
        graph = self.graph
        whole = Part(graph.population, graph.location, graph.shape, graph.written)
        return tuple(guess(whole, self.pooled(), 0.5))


class PositiveTerms(PositiveCounts, TermBuilder):
    """Rows whose sums do not."""


class PositiveZeros(PositiveCounts, ZeroInflatedBuilder):
    """Zero-inflated counts."""


class PositiveAmounts(PositiveCounts, AmountBuilder):
    """Gamma rows."""
