"""How a model is sampled: a builder for every pair of a likelihood and a population."""

from hierfast.schemes.base import Builder
from hierfast.schemes.conjugate import ConjugateBuilder
from hierfast.schemes.counts import CountBuilder
from hierfast.schemes.grid import (
    GridOfAmounts,
    GridOfCategories,
    GridOfCounts,
    GridOfNormals,
    GridOfTerms,
    GridOfZeros,
)
from hierfast.schemes.mixtures import (
    MixtureOfAmounts,
    MixtureOfCounts,
    MixtureOfNormals,
    MixtureOfStudents,
    MixtureOfTerms,
    MixtureOfZeros,
)
from hierfast.schemes.normal import NormalBuilder, NormalRowsBuilder
from hierfast.schemes.ordered import OrderedBuilder
from hierfast.schemes.positive import (
    PositiveAmounts,
    PositiveCounts,
    PositiveTerms,
    PositiveZeros,
)
from hierfast.schemes.shares import ShareBuilder
from hierfast.schemes.student import StudentBuilder
from hierfast.schemes.terms import AmountBuilder, TermBuilder, ZeroInflatedBuilder
from hierfast.schemes.truncated import (
    TruncatedAmounts,
    TruncatedCategories,
    TruncatedCounts,
    TruncatedNormals,
    TruncatedStudents,
    TruncatedTerms,
    TruncatedZeros,
)

COUNTS = ("Binomial", "Bernoulli", "Poisson", "Exponential")  # whose sums suffice
TERMS = ("NegativeBinomial", "Weibull")  # whose sums do not
INFLATED = ("ZeroInflatedPoisson", "ZeroInflatedBinomial")
LINKED = ("Normal", "StudentT", "Logistic")  # populations on the real line
POSITIVE = ("Gamma", "InverseGamma")  # on the positive half of it
PAIRS: dict[tuple[str, str], type[Builder]] = {
    **{("Normal", groups): NormalRowsBuilder for groups in LINKED},
    ("Normal", "Normal"): NormalBuilder,
    **{("StudentT", groups): StudentBuilder for groups in LINKED},
    **{(rows, groups): CountBuilder for rows in COUNTS for groups in LINKED},
    **{(rows, groups): TermBuilder for rows in TERMS for groups in LINKED},
    **{(rows, groups): ZeroInflatedBuilder for rows in INFLATED for groups in LINKED},
    **{("Gamma", groups): AmountBuilder for groups in LINKED},
    **{("OrderedLogistic", groups): OrderedBuilder for groups in LINKED},
    ("Normal", "TruncatedNormal"): TruncatedNormals,
    ("StudentT", "TruncatedNormal"): TruncatedStudents,
    **{(rows, "TruncatedNormal"): TruncatedCounts for rows in COUNTS},
    **{(rows, "TruncatedNormal"): TruncatedTerms for rows in TERMS},
    **{(rows, "TruncatedNormal"): TruncatedZeros for rows in INFLATED},
    ("Gamma", "TruncatedNormal"): TruncatedAmounts,
    ("OrderedLogistic", "TruncatedNormal"): TruncatedCategories,
    **{(rows, groups): PositiveTerms for rows in TERMS for groups in POSITIVE},
    **{("ZeroInflatedPoisson", groups): PositiveZeros for groups in POSITIVE},
    **{("Gamma", groups): PositiveAmounts for groups in POSITIVE},
    **{(rows, "InverseGamma"): PositiveCounts for rows in ("Poisson", "Exponential")},
    ("ZeroInflatedBinomial", "Beta"): PositiveZeros,
    ("Binomial", "Beta"): ConjugateBuilder,
    ("Bernoulli", "Beta"): ConjugateBuilder,
    ("Poisson", "Gamma"): ConjugateBuilder,
    ("Exponential", "Gamma"): ConjugateBuilder,
    ("Normal", "Mixture"): MixtureOfNormals,
    ("StudentT", "Mixture"): MixtureOfStudents,
    **{(rows, "Mixture"): MixtureOfCounts for rows in COUNTS},
    **{(rows, "Mixture"): MixtureOfTerms for rows in TERMS},
    **{(rows, "Mixture"): MixtureOfZeros for rows in INFLATED},
    ("Gamma", "Mixture"): MixtureOfAmounts,
    ("Multinomial", "Dirichlet"): ShareBuilder,
    ("Normal", "Grid"): GridOfNormals,
    **{(rows, "Grid"): GridOfCounts for rows in COUNTS},
    **{(rows, "Grid"): GridOfTerms for rows in TERMS},
    **{(rows, "Grid"): GridOfZeros for rows in INFLATED},
    ("Gamma", "Grid"): GridOfAmounts,
    ("OrderedLogistic", "Grid"): GridOfCategories,
}

__all__ = ["COUNTS", "INFLATED", "LINKED", "PAIRS", "TERMS", "Builder"]
