"""The reference cases as models: what each is called here and there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import hierfast as hf


@dataclass(frozen=True)
class Setting:
    """A model and how its unknowns are called in the reference."""

    model: hf.Model
    columns: dict[str, Any]
    names: dict[str, str]
    effect: str = "theta"
    schemes: tuple[str, ...] = ("collapsed", "gibbs", "quadrature")
    natural: Callable[[Any], Any] = lambda x: x  # from the scale of our effects to the reference's
    derived: dict[str, Callable[[Any], Any]] = field(default_factory=dict)  # of the unknowns
    prepare: Callable[[Any], Any] = lambda data: data
    scales: tuple[str, Callable[[Any], Any]] | None = None  # of rows: a term, and its way to sigma


def expit(x):
    return 1 / (1 + np.exp(-x))


def centred_doses(data):
    """Doses and their logarithms about their means."""
    log, x = np.log(data["x"] + 10), data["x"]
    return data | {"log_x": log - log.mean(), "linear_x": x - x.mean()}


SCHOOLS = {"group_mu": "mu", "group_sigma": "tau"}
PLATES = {
    "group_mu_Intercept": "alpha0",
    "group_mu_x1": "alpha1",
    "group_mu_x2": "alpha2",
    "group_mu_x1:x2": "alpha12",
}

TAXA = ("Pinus", "Abies", "Quercus", "Alnus")


def concentration(unknowns):
    return sum(unknowns[f"group_alpha[{k}]"] for k in TAXA)


SETTINGS = {
    "eight_schools": Setting(
        hf.Model(hf.Normal(sigma="sigma"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5))),
        {"y": "y", "group": "group"},
        SCHOOLS,
    ),
    "eight_schools_flat": Setting(
        hf.Model(hf.Normal(sigma="sigma"), hf.Normal(hf.Flat(), hf.Flat())),
        {"y": "y", "group": "group"},
        SCHOOLS,
    ),
    "eight_schools_lognormal": Setting(
        hf.Model(hf.Normal(sigma="sigma"), hf.Normal(hf.Normal(0, 10), hf.LogNormal(5, 1))),
        {"y": "y", "group": "group"},
        SCHOOLS,
    ),
    "eight_schools_t4": Setting(
        hf.Model(hf.Normal(sigma="sigma"), hf.StudentT(4, hf.Normal(0, 5), hf.HalfCauchy(5))),
        {"y": "y", "group": "group"},
        SCHOOLS,
        schemes=("quadrature", "gibbs"),
    ),
    "dyes": Setting(
        hf.Model(
            hf.Normal(variance=hf.InverseGamma(0.001, 0.001)),
            hf.Normal(hf.Normal(0, 1e5), variance=hf.InverseGamma(0.001, 0.001)),
        ),
        {"y": "y", "group": "group"},
        {"group_mu": "theta", "variance": "sigma2.with", "group_variance": "sigma2.btw"},
        effect="mu",
    ),
    "dyestuff_hc": Setting(
        hf.Model(
            hf.Normal(sigma=hf.HalfCauchy(50)),
            hf.Normal(hf.Normal(1500, 1000), hf.HalfCauchy(50)),
        ),
        {"y": "Yield", "group": "Batch"},
        {"Batch_mu": "mu", "Batch_sigma": "tau", "sigma": "sigma"},
    ),
    "surgical": Setting(
        hf.Model(
            hf.Binomial(n="n"), hf.Normal(hf.Normal(0, 1000), precision=hf.Gamma(0.001, 0.001))
        ),
        {"y": "r"},
        {"group_mu": "mu"},
        effect="p",
        schemes=("quadrature", "gibbs"),
        natural=expit,
    ),
    "baseball_em_logit": Setting(
        hf.Model(hf.Binomial(n="n"), hf.Normal(hf.Normal(-1, 1), hf.HalfNormal(1))),
        {"y": "y"},
        {"group_mu": "mu", "group_sigma": "sigma"},
        schemes=("quadrature", "gibbs"),
        natural=expit,
    ),
    "reedfrogs": Setting(
        hf.Model(hf.Binomial(n="density"), hf.Normal(hf.Normal(0, 1.5), hf.Exponential(1))),
        {"y": "surv", "group": "tank"},
        {"tank_mu": "a_bar", "tank_sigma": "sigma"},
        effect="a",
        schemes=("quadrature", "gibbs"),
    ),
    "rat_tumors": Setting(
        hf.Model(hf.Binomial(n="n"), hf.Beta(mean=hf.Uniform(0, 1), concentration=hf.Power(-1.5))),
        {"y": "y"},
        {"group_mean": "mean = alpha/(alpha+beta)"},
        schemes=("collapsed", "gibbs"),
        derived={
            "alpha": lambda u: u["group_mean"] * u["group_concentration"],
            "beta": lambda u: (1 - u["group_mean"]) * u["group_concentration"],
            "log(alpha+beta)": lambda u: np.log(u["group_concentration"]),
        },
    ),
    "baseball_em_bb": Setting(
        hf.Model(
            hf.Binomial(n="n"), hf.Beta(mean=hf.Uniform(0, 1), concentration=hf.Pareto(1.5, 1))
        ),
        {"y": "y"},
        {"group_mean": "phi", "group_concentration": "kappa"},
        schemes=("collapsed",),
        derived={"log(kappa)": lambda u: np.log(u["group_concentration"])},
    ),
    "seeds": Setting(
        hf.Model(
            hf.Binomial(n="n"),
            hf.Normal(hf.Linear("x1*x2", hf.Normal(0, 1000)), precision=hf.Gamma(0.001, 0.001)),
        ),
        {"y": "r"},
        PLATES,
        effect="theta",
        schemes=("quadrature", "gibbs"),
        derived={"sigma": lambda u: u["group_precision"] ** -0.5},
    ),
    "seeds_uniform": Setting(
        hf.Model(
            hf.Binomial(n="n"),
            hf.Normal(hf.Linear("x1*x2", hf.Normal(0, 1000)), hf.Uniform(0, 10)),
        ),
        {"y": "r"},
        PLATES | {"group_sigma": "sigma"},
        effect="theta",
        schemes=("quadrature", "gibbs"),
    ),
    "salm": Setting(
        hf.Model(
            hf.Poisson(),
            hf.Normal(
                hf.Linear(
                    "log_x + linear_x",
                    {
                        "Intercept": hf.Normal(0, 100),
                        "log_x": hf.Normal(0, 100),
                        "linear_x": hf.Normal(0, 1e5),
                    },
                ),
                precision=hf.Gamma(0.001, 0.001),
            ),
        ),
        {"y": "y"},
        {
            "group_mu_Intercept": "alpha.star",
            "group_mu_log_x": "beta",
            "group_mu_linear_x": "gamma",
        },
        effect="theta",
        schemes=("quadrature", "gibbs"),
        derived={"sigma": lambda u: u["group_precision"] ** -0.5},
        prepare=centred_doses,
    ),
    "eyes": Setting(
        hf.Model(
            hf.Normal(precision=hf.Gamma(3, 30)),
            hf.Mixture([hf.PointMass(hf.Normal(540, 10))] * 2, hf.Dirichlet([5, 5])),
        ),
        {"y": "y", "group": "group"},
        {
            "group_value[0]": "lambda[1]",
            "group_value[1]": "lambda[2]",
            "group_weights[0]": "P[1]",
        },
        schemes=("quadrature", "gibbs"),
        derived={"sigma": lambda u: u["precision"] ** -0.5},
    ),
    "low_dim_gauss_mix": Setting(
        hf.Model(
            hf.Normal(sigma=1e-4),
            hf.Mixture([hf.Normal(hf.Normal(0, 2), hf.HalfNormal(2))] * 2, hf.Dirichlet([5, 5])),
        ),
        {"y": "y", "group": "group"},
        {
            "group_mu[0]": "mu[1]",
            "group_mu[1]": "mu[2]",
            "group_sigma[0]": "sigma[1]",
            "group_sigma[1]": "sigma[2]",
            "group_weights[0]": "theta",
        },
        schemes=("quadrature",),
    ),
    "pumps": Setting(
        hf.Model(hf.Poisson(exposure="t"), hf.Gamma(hf.Exponential(1), hf.Gamma(0.1, 1))),
        {"y": "x"},
        {"group_alpha": "alpha", "group_beta": "beta"},
        schemes=("collapsed", "gibbs", "quadrature"),
    ),
    "pollen": Setting(
        hf.Model(hf.Multinomial(), hf.Dirichlet([hf.Exponential(0.05)] * 4)),
        {"y": TAXA},
        {f"group_alpha[{k}]": f"alpha[{k}]" for k in TAXA},
        effect="p",
        schemes=("collapsed", "gibbs"),
        derived={"sum(alpha)": concentration}
        | {f"mean[{k}]": lambda u, k=k: u[f"group_alpha[{k}]"] / concentration(u) for k in TAXA},
    ),
    "factory": Setting(
        hf.Model(
            hf.Normal(
                variance=hf.each(hf.ScaledInverseChi2(hf.Gamma(2, 0.1), tau=hf.HalfCauchy(20)))
            ),
            hf.Normal(hf.Normal(90, 50), hf.HalfCauchy(20)),
        ),
        {"y": "y", "group": "machine"},
        {"machine_mu": "mu", "machine_sigma": "tau", "variance_tau": "s"},
        schemes=("quadrature", "gibbs"),
        derived={"log(nu)": lambda u: np.log(u["variance_nu"])},
        scales=("variance", np.sqrt),
    ),
}
