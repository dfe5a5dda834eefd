"""The distributions, one file each; adding one is a new file and one line here."""

from hierfast.distributions.base import Distribution, Support
from hierfast.distributions.bernoulli import Bernoulli
from hierfast.distributions.beta import Beta
from hierfast.distributions.binomial import Binomial
from hierfast.distributions.dirichlet import Dirichlet
from hierfast.distributions.each import Each, each
from hierfast.distributions.exponential import Exponential
from hierfast.distributions.flat import Flat
from hierfast.distributions.gamma import Gamma
from hierfast.distributions.grid import Grid
from hierfast.distributions.half_cauchy import HalfCauchy
from hierfast.distributions.half_normal import HalfNormal
from hierfast.distributions.half_student_t import HalfStudentT
from hierfast.distributions.inverse_gamma import InverseGamma
from hierfast.distributions.linear import Linear
from hierfast.distributions.log_normal import LogNormal
from hierfast.distributions.logistic import Logistic
from hierfast.distributions.mixture import Mixture
from hierfast.distributions.multinomial import Multinomial
from hierfast.distributions.negative_binomial import NegativeBinomial
from hierfast.distributions.normal import Normal
from hierfast.distributions.ordered_logistic import OrderedLogistic
from hierfast.distributions.pareto import Pareto
from hierfast.distributions.point_mass import PointMass
from hierfast.distributions.poisson import Poisson
from hierfast.distributions.power import Power
from hierfast.distributions.scaled_inverse_chi2 import ScaledInverseChi2
from hierfast.distributions.student_t import StudentT
from hierfast.distributions.truncated_normal import TruncatedNormal
from hierfast.distributions.uniform import Uniform
from hierfast.distributions.weibull import Weibull
from hierfast.distributions.zero_inflated import ZeroInflatedBinomial, ZeroInflatedPoisson

__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Dirichlet",
    "Distribution",
    "Each",
    "Exponential",
    "Flat",
    "Gamma",
    "Grid",
    "HalfCauchy",
    "HalfNormal",
    "HalfStudentT",
    "InverseGamma",
    "Linear",
    "LogNormal",
    "Logistic",
    "Mixture",
    "Multinomial",
    "NegativeBinomial",
    "Normal",
    "OrderedLogistic",
    "Pareto",
    "PointMass",
    "Poisson",
    "Power",
    "ScaledInverseChi2",
    "StudentT",
    "Support",
    "TruncatedNormal",
    "Uniform",
    "Weibull",
    "ZeroInflatedBinomial",
    "ZeroInflatedPoisson",
    "each",
]
