"""How a model is sampled: a builder for every pair of a likelihood and a population."""

from hierfast.schemes.base import Builder
from hierfast.schemes.conjugate import ConjugateBuilder
from hierfast.schemes.counts import CountBuilder
from hierfast.schemes.normal import NormalBuilder

COUNTS = ("Binomial", "Poisson")
LINKED = ("Normal",)  # populations on the link scale
PAIRS: dict[tuple[str, str], type[Builder]] = {
    ("Normal", "Normal"): NormalBuilder,
    **{(rows, groups): CountBuilder for rows in COUNTS for groups in LINKED},
    ("Binomial", "Beta"): ConjugateBuilder,
    ("Poisson", "Gamma"): ConjugateBuilder,
}

__all__ = ["COUNTS", "LINKED", "PAIRS", "Builder"]
