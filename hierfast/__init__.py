"""Exact Bayesian hierarchical models with very many groups.

Three stages: rows given their group's effect, effects given hyperparameters, hyperparameters.

Examples
--------
>>> import hierfast as hf
>>> model = hf.Model(
...     likelihood=hf.Normal(sigma="se"),
...     population=hf.Normal(mu=hf.Normal(0, 5), sigma=hf.HalfCauchy(5)),
... )
>>> fit = model.fit(hf.datasets.load("eight_schools"), y="effect", group="school", random_seed=1)
>>> fit.groups["A"].n
1
"""

from hierfast import datasets
from hierfast._core import SamplingError
from hierfast.checks import PredictiveCheck
from hierfast.choosing import SomeGroups
from hierfast.compare import Comparison, compare
from hierfast.distributions import (
    Bernoulli,
    Beta,
    Binomial,
    Dirichlet,
    Exponential,
    Flat,
    Gamma,
    Grid,
    HalfCauchy,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    Linear,
    Logistic,
    LogNormal,
    Mixture,
    Multinomial,
    NegativeBinomial,
    Normal,
    OrderedLogistic,
    Pareto,
    PointMass,
    Poisson,
    Power,
    ScaledInverseChi2,
    StudentT,
    TruncatedNormal,
    Uniform,
    Weibull,
    ZeroInflatedBinomial,
    ZeroInflatedPoisson,
    each,
)
from hierfast.export import ExportWarning
from hierfast.fit import Fit
from hierfast.groups import Group, Groups
from hierfast.identification import IdentificationWarning
from hierfast.keeping import load
from hierfast.log_prob import LogProb
from hierfast.loo import Loo, ParetoWarning
from hierfast.merging import GroupStatistics
from hierfast.model import Model
from hierfast.plan import Plan
from hierfast.predict import Prediction
from hierfast.prior_predictive import PriorPredictive
from hierfast.progress import InterruptWarning, Progress
from hierfast.statistics import Statistics
from hierfast.table import GroupTable

__version__ = "0.1.0"

__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Comparison",
    "Dirichlet",
    "Exponential",
    "ExportWarning",
    "Fit",
    "Flat",
    "Gamma",
    "Grid",
    "Group",
    "GroupStatistics",
    "GroupTable",
    "Groups",
    "HalfCauchy",
    "HalfNormal",
    "HalfStudentT",
    "IdentificationWarning",
    "InterruptWarning",
    "InverseGamma",
    "Linear",
    "LogNormal",
    "LogProb",
    "Logistic",
    "Loo",
    "Mixture",
    "Model",
    "Multinomial",
    "NegativeBinomial",
    "Normal",
    "OrderedLogistic",
    "Pareto",
    "ParetoWarning",
    "Plan",
    "PointMass",
    "Poisson",
    "Power",
    "Prediction",
    "PredictiveCheck",
    "PriorPredictive",
    "Progress",
    "SamplingError",
    "ScaledInverseChi2",
    "SomeGroups",
    "Statistics",
    "StudentT",
    "TruncatedNormal",
    "Uniform",
    "Weibull",
    "ZeroInflatedBinomial",
    "ZeroInflatedPoisson",
    "compare",
    "datasets",
    "each",
    "load",
]
