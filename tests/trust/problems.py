"""Models with simulators and joint densities written by hand: what kernels and conditionals meet.

A new family or a new shape of hyperprior joins PROBLEMS and is tested by every layer that goes over it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from scipy import stats as st

import hierfast as hf

SIZES = (1, 3, 2, 5, 1, 2)  # rows of the groups


@dataclass(frozen=True)
class Problem:
    """A model, its hyperprior as SciPy sees it, and what its unknowns mean.

    Attributes
    ----------
    model : hierfast.Model
        What the library is given.
    prior : callable
        rng -> unknowns by name, drawn from the hyperprior.
    log_prior : callable
        unknowns -> log density.
    read : callable
        unknowns -> mean and sd of the population, sd of the rows.
    laws : dict
        Unknowns whose marginal prior SciPy knows.
    known : bool
        Whether rows have known standard errors.
    """

    model: hf.Model
    prior: Callable[[np.random.Generator], dict[str, float]]
    log_prior: Callable[[dict[str, float]], float]
    read: Callable[[dict[str, float]], tuple[float, float, float]]
    laws: dict[str, Any]
    known: bool

    def effects(self, rng, unknowns):
        mu, tau, _ = self.read(unknowns)
        return rng.normal(mu, tau, len(SIZES))

    def rows(self, rng, unknowns, theta):
        g = np.repeat(np.arange(len(SIZES)), SIZES)
        se = np.linspace(0.5, 2.0, len(g)) if self.known else np.ones(len(g))
        sigma = self.read(unknowns)[2]
        return {"g": g, "y": rng.normal(theta[g], sigma * se), "se": se}

    def log_rows(self, data, unknowns, theta):
        """Stage I."""
        sigma = self.read(unknowns)[2]
        return st.norm.logpdf(data["y"], theta[data["g"]], sigma * data["se"]).sum()

    def log_joint(self, data, unknowns, theta):
        """Stages I to III."""
        mu, tau, _ = self.read(unknowns)
        groups = st.norm.logpdf(theta, mu, tau).sum()
        return self.log_rows(data, unknowns, theta) + groups + self.log_prior(unknowns)

    def covariance(self, data, unknowns):
        """Of the rows given mu, theta integrated out."""
        _, tau, sigma = self.read(unknowns)
        same = data["g"][:, None] == data["g"][None, :]
        return tau**2 * same + np.diag((sigma * data["se"]) ** 2)

    def log_marginal(self, data, unknowns, mean=None, variance=0.0):
        """Stages I and II with theta integrated out as one dense Gaussian, to 50 digits.

        With `mean` and `variance` those of a normal prior of mu, it is integrated out as well.
        """
        mu, tau, sigma = self.read(unknowns)
        mean = mu if mean is None else mean
        with mpmath.workdps(50):
            tau2, s2 = mpmath.mpf(tau) ** 2, mpmath.mpf(sigma) ** 2
            n = len(data["y"])
            v = mpmath.matrix(n, n)
            for i in range(n):
                for k in range(n):
                    same = data["g"][i] == data["g"][k]
                    v[i, k] = variance + tau2 * bool(same)
                v[i, i] += s2 * mpmath.mpf(data["se"][i]) ** 2
            low = mpmath.cholesky(v)
            off = mpmath.matrix([mpmath.mpf(y) - mean for y in data["y"]])
            z = solve_lower(low, off)
            log_det = 2 * sum(mpmath.log(low[i, i]) for i in range(n))
            return float(-(log_det + sum(x * x for x in z)) / 2)


def solve_lower(low, right):
    """Forward substitution."""
    z = []
    for i in range(low.rows):
        z.append((right[i] - sum(low[i, k] * z[k] for k in range(i))) / low[i, i])
    return z


def problem(model, prior, read, known=False, **laws):
    """Problem whose unknowns are independent, each with its own law."""

    def log_prior(unknowns):
        return sum(law.logpdf(unknowns[name]) for name, law in laws.items())

    def draw(rng):
        return {name: float(law.rvs(random_state=rng)) for name, law in laws.items()}

    return Problem(model, prior or draw, log_prior, read, laws, known)


def nested():
    """Three levels: the mean's mean and sd, and the spread's scale, unknown too."""
    laws = {"g_mu_mu": st.norm(0, 1), "g_mu_sigma": st.halfnorm(0, 1), "sigma": st.lognorm(0.5)}
    scale = st.gamma(4, 0, 0.25)

    def draw(rng):
        u = {name: float(law.rvs(random_state=rng)) for name, law in laws.items()}
        u["g_sigma_sigma"] = float(scale.rvs(random_state=rng))
        u["g_mu"] = rng.normal(u["g_mu_mu"], u["g_mu_sigma"])
        u["g_sigma"] = abs(rng.normal(0, u["g_sigma_sigma"]))
        return u

    def log_prior(u):
        return (
            sum(law.logpdf(u[name]) for name, law in laws.items())
            + scale.logpdf(u["g_sigma_sigma"])
            + st.norm.logpdf(u["g_mu"], u["g_mu_mu"], u["g_mu_sigma"])
            + st.halfnorm.logpdf(u["g_sigma"], 0, u["g_sigma_sigma"])
        )

    model = hf.Model(
        hf.Normal(sigma=hf.LogNormal(0, 0.5)),
        hf.Normal(hf.Normal(hf.Normal(0, 1), hf.HalfNormal(1)), hf.HalfNormal(hf.Gamma(4, 4))),
    )
    laws_known = laws | {"g_sigma_sigma": scale}
    read = lambda u: (u["g_mu"], u["g_sigma"], u["sigma"])  # noqa: E731
    return Problem(model, draw, log_prior, read, laws_known, False)


PROBLEMS = {
    "spread": problem(
        hf.Model(hf.Normal(sigma="se"), hf.Normal(0.5, hf.HalfNormal(1))),
        None,
        lambda u: (0.5, u["g_sigma"], 1.0),
        known=True,
        g_sigma=st.halfnorm(0, 1),
    ),
    "mean": problem(
        hf.Model(hf.Normal(sigma=1.3), hf.Normal(hf.StudentT(3, 0, 2), 0.8)),
        None,
        lambda u: (u["g_mu"], 0.8, 1.3),
        g_mu=st.t(3, 0, 2),
    ),
    "bounded": problem(
        hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(1, 2), hf.Uniform(0, 3))),
        None,
        lambda u: (u["g_mu"], u["g_sigma"], 1.0),
        known=True,
        g_mu=st.norm(1, 2),
        g_sigma=st.uniform(0, 3),
    ),
    "pair": problem(
        hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.StudentT(4, 1, 2), hf.HalfCauchy(1))),
        None,
        lambda u: (u["g_mu"], u["g_sigma"], 1.0),
        known=True,
        g_mu=st.t(4, 1, 2),
        g_sigma=st.halfcauchy(0, 1),
    ),
    "rows": problem(
        hf.Model(hf.Normal(sigma=hf.HalfNormal(1.5)), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1))),
        None,
        lambda u: (u["g_mu"], u["g_sigma"], u["sigma"]),
        g_mu=st.norm(0, 2),
        g_sigma=st.halfnorm(0, 1),
        sigma=st.halfnorm(0, 1.5),
    ),
    "triple": problem(
        hf.Model(
            hf.Normal(variance=hf.InverseGamma(3, 2)),
            hf.Normal(hf.StudentT(5, 0, 1), precision=hf.Gamma(3, 2)),
        ),
        None,
        lambda u: (u["g_mu"], u["g_precision"] ** -0.5, u["variance"] ** 0.5),
        g_mu=st.t(5, 0, 1),
        g_precision=st.gamma(3, 0, 0.5),
        variance=st.invgamma(3, 0, 2),
    ),
    "nested": nested(),
}


def coordinates(graph, unknowns, skip=-1):
    """Sampling coordinates of the unknowns, and log |dx / dz|."""
    z, jacobian = [], 0.0
    for i, node in enumerate(graph.nodes):
        x = unknowns[node.name]
        if i == skip:
            continue
        below = unknowns[graph.nodes[node.above].name] if node.above >= 0 else None
        if node.support == 0 and below is None:
            z.append(x)
        elif node.support <= 1:
            z.append(math.log(x - (below or 0.0)))
            jacobian += z[-1]
        else:
            a, b = (arg.value for arg in node.args) if node.support == 2 else (0.0, 1.0)
            a = a if below is None else below
            z.append(math.log((x - a) / (b - x)))
            jacobian += math.log((x - a) * (b - x) / (b - a))
    return z, jacobian


def points_of(graph, laws, count=8):
    """Unknowns drawn from independent laws, their coordinates (d, count), and the log prior of these."""
    rng = np.random.default_rng(8)
    points = []
    while len(points) < count:
        drawn = {k: float(law.rvs(random_state=rng)) for k, law in laws.items()}
        above = [(n.name, graph.nodes[n.above].name) for n in graph.nodes if n.above >= 0]
        if all(drawn[high] > drawn[low] for high, low in above):
            points.append(drawn)
    z, jacobian = zip(*(coordinates(graph, u) for u in points), strict=True)
    prior = [sum(law.logpdf(u[k]) for k, law in laws.items()) for u in points]
    return points, np.ascontiguousarray(np.transpose(z)), np.array(prior) + jacobian
