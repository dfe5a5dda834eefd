"""How a model is sampled: a line for every likelihood; adding one is a new file or a reuse, and a line."""

from hierfast.schemes.base import Builder
from hierfast.schemes.counts import CountBuilder
from hierfast.schemes.normal import NormalBuilder

BUILDERS: dict[str, type[Builder]] = {
    "Normal": NormalBuilder,
    "Binomial": CountBuilder,
    "Poisson": CountBuilder,
}

__all__ = ["BUILDERS", "Builder"]
