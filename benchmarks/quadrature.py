"""Quadrature against plain sums, up to 1e7 groups: python benchmarks/quadrature.py [name ...].

For every point of a grid of populations, rows and numbers of groups a plan is made as `Model.explain` makes
it, of cells whose multiplicities are drawn. Its log posterior of the hyperparameters is compared with one
whose effects are integrated by trapezoidal sums in NumPy,
  (1) log p(phi | y) = log p(phi) + sum of mult log sum_k p(y | theta_k) p(theta_k | phi) theta'(t_k) h,
      theta = c + tau sinh t,
on a grid over log tau and, given tau, mu in conditional sds around its conditional mode, along ridges too.
  reported   nats by which the plan says its log posterior is off around the mode
  true       largest difference of the two, each read relative to the mode, over the points of the grid
             that are within 4.5 nats of the mode: 3 sd
  gradient   largest change of the gradient over these points, times posterior sd
  bias       of the means of mu, tau and log tau: the largest, in posterior sd
  reference  largest change of (1) when every second node is left out
"""

import math
import sys
from dataclasses import dataclass, replace

import numpy as np
from scipy import special as sp
from scipy import stats as st

import hierfast as hf
from hierfast import _core
from hierfast.grammar import build_graph
from hierfast.schemes import PAIRS

NODES, FINE = 4001, 12_001
GROUPS = tuple(10**k for k in range(2, 8))
DEEP = 14.0  # nats below the mode at which the grid over log tau ends
WIDE = 7.0  # conditional sds of mu on either side
NEAR = 4.5  # nats that make 3 sd
NU = 4.0
SPAN = (math.log(1e-4), math.log(40.0))  # of log tau, where rows do not bound it

LINKS = {
    "logit": lambda t: (-np.logaddexp(0.0, -t), -np.logaddexp(0.0, t)),
    "probit": lambda t: (sp.log_ndtr(t), sp.log_ndtr(-t)),
    "cloglog": lambda t: (
        np.log(-np.expm1(-np.exp(np.minimum(t, 50.0)))),
        -np.exp(np.minimum(t, 700.0)),
    ),
}
# Log density of (theta - mu) / tau, how many tau nodes must reach, and what the library is given.
POPULATIONS = {
    "Normal": (lambda u: -0.5 * u * u - 0.5 * math.log(2 * math.pi), 40.0, hf.Normal),
    "Logistic": (
        lambda u: -np.abs(u) - 2.0 * np.log1p(np.exp(-np.abs(u))),
        1e3,
        hf.Logistic,
    ),
    "StudentT": (
        lambda u: st.t.logpdf(u, NU),
        1e7,
        lambda mu, sigma: hf.StudentT(NU, mu, sigma),
    ),
}


@dataclass(frozen=True)
class Case:
    """A point of the grid: rows of `size` trials or exposure, of the likelihood `rows`."""

    rows: str
    population: str
    mu: float
    tau: float
    size: float
    groups: int

    @property
    def model(self):
        """What the library is given."""
        make = POPULATIONS[self.population][2]
        if self.rows == "Poisson":
            likelihood = hf.Poisson(exposure="size")
        else:
            likelihood = hf.Binomial(n="size", link=self.rows)
        return hf.Model(likelihood, make(hf.Normal(0, 5), hf.HalfNormal(5)))

    def log_rows(self, y, theta):
        """Log likelihood (cells, nodes) up to a constant of y."""
        if self.rows == "Poisson":
            return y[:, None] * theta - self.size * np.exp(np.minimum(theta, 600.0))
        yes, no = LINKS[self.rows](theta)
        with np.errstate(invalid="ignore"):
            log = y[:, None] * yes + (self.size - y[:, None]) * no
        return np.where(np.isnan(log), np.where(y[:, None] > 0, yes, no), log)

    def log_prior(self, mu, tau):
        """Of mu and log tau."""
        return st.norm.logpdf(mu, 0, 5) + st.halfnorm.logpdf(tau, 0, 5) + np.log(tau)

    def nodes(self, centre, tau, mu):
        """Nodes (nodes,), and densities of the population times weights (nodes, mu)."""
        log_density, reach, _ = POPULATIONS[self.population]
        t = np.linspace(-1, 1, FINE if self.rows == "Poisson" else NODES) * np.arcsinh(reach)
        theta = centre + tau * np.sinh(t)
        u = (theta[:, None] - mu) / tau
        return theta, np.exp(log_density(u)) * (np.cosh(t) * (t[1] - t[0]))[:, None]

    def log_marginals(self, y, centre, tau, mu):
        """log Z (cells, mu), and the same by every second node."""
        if len(mu) > 1 and np.ptp(mu) > 10 * tau:  # nodes about one do not reach the others
            each = [self.log_marginals(y, m, tau, np.array([m])) for m in mu]
            return tuple(np.concatenate(z, axis=1) for z in zip(*each, strict=True))
        theta, weight = self.nodes(centre, tau, mu)
        log = self.log_rows(y, theta)
        top = log.max(axis=1, keepdims=True)
        value = np.exp(log - top)
        every = top + np.log(value @ weight)
        return every, top + np.log(2.0 * (value[:, ::2] @ weight[::2]))

    def draw(self, seed=1):
        """Counts and how many groups have each: a multinomial over their probabilities."""
        most = int(self.size) if self.rows != "Poisson" else 4000
        y = np.arange(most + 1.0)
        log = self.log_marginals(y, self.mu, self.tau, np.array([self.mu]))[0][:, 0]
        if self.rows == "Poisson":
            log = log + y * math.log(self.size) - sp.gammaln(y + 1)
        else:
            log = log - np.log(self.size + 1) - sp.betaln(y + 1, self.size - y + 1)
        p = np.exp(log)
        assert abs(p.sum() - 1) < 1e-6, p.sum()
        mult = np.random.default_rng(seed).multinomial(self.groups, p / p.sum())
        return y[mult > 0], mult[mult > 0].astype(float)


def make_plan(case, y, mult):
    """The plan of all groups, from one of each cell."""
    model, table = case.model, {"g": np.arange(len(y)), "y": y.astype(int)}
    table["size"] = np.full(len(y), int(case.size) if case.rows != "Poisson" else case.size)
    maker = PAIRS[type(model.likelihood).__name__, case.population]
    graph = build_graph(model.likelihood, model.population, "g")
    read = maker.read_data(model, graph, table, "y", "g", None, "raise", 1)
    order, total = np.searchsorted(y, read.cells.y), float(mult.sum())
    cells = replace(read.cells, mult=mult[order], n_group=total, n_row=total)
    level = _core.best_level()
    return maker(graph, replace(read, cells=cells), 1, level, "g", 500, "", None).build(
        "quadrature"
    )


class Truth:
    """Equation (1), relative to its value at the parameters that made the rows."""

    def __init__(self, case, y, mult):
        self.case, self.y, self.mult = case, y, mult
        self.base = case.log_marginals(y, case.mu, case.tau, np.array([case.mu]))[0]

    def __call__(self, centre, tau, mu):
        """Log posterior at (mu,) given tau, and by every second node."""
        out = []
        for z in self.case.log_marginals(self.y, centre, tau, mu):
            parts = self.mult[:, None] * (z - self.base)
            out.append(np.array([math.fsum(p) for p in parts.T]) + self.case.log_prior(mu, tau))
        return out

    def profile(self, tau, mu, scale):
        """Mode of mu given tau, its conditional sd, and the log posterior there."""
        for _ in range(60):
            h = 0.3 * scale
            low, at, high = self(mu, tau, mu + np.array([-h, 0.0, h]))[0]
            slope, bend = (high - low) / (2 * h), (low - 2 * at + high) / h**2
            step = slope / -bend if bend < 0 else math.copysign(2 * scale, slope)
            step = max(min(step, 0.5), -0.5)
            scale = 1 / math.sqrt(-bend) if bend < 0 else 2 * scale
            scale = min(max(scale, 1e-8), 5.0)
            mu += step
            if abs(step) < 1e-3 * scale:
                break
        return mu, scale, at

    def grid(self, n):
        """log tau (n,), mu (n, n), cell widths and log posteriors (n, n) of both rules."""
        start = (self.case.mu, 1 / math.sqrt(self.case.groups))
        found = {}

        def depth(x):
            if x not in found:
                near = min(found, key=lambda o: abs(o - x)) if found else None
                mu, scale = found[near][:2] if found else start
                found[x] = self.profile(math.exp(x), mu, scale)
            return found[x][2] + math.log(found[x][1])

        ends = []
        middle = math.log(self.case.tau)
        for side in (-1, 1):
            x, step = middle, side * 0.5 / math.sqrt(self.case.groups)
            while depth(x) > max(depth(o) for o in list(found)) - DEEP and SPAN[0] < x < SPAN[1]:
                x, step = x + step, side * min(abs(step) * 1.25, 0.3)
            ends.append(x)
        log_tau = np.linspace(*ends, n)
        for x in log_tau:
            depth(float(x))
        at, scale = np.array([found[float(x)][:2] for x in log_tau]).T
        mu = at[:, None] + scale[:, None] * np.linspace(-WIDE, WIDE, n)
        both = [self(m, t, row) for m, t, row in zip(at, np.exp(log_tau), mu, strict=True)]
        lp, half = np.moveaxis(np.array(both), 1, 0)
        return log_tau, mu, scale, lp, half


@dataclass(frozen=True)
class Result:
    """What was found at a point of the grid; see the head of this file."""

    case: Case
    cells: int
    order: int
    reported: float
    true: float
    gradient: float
    bias: float
    reference: float


def log_posterior(target, mu, log_tau):
    """The library's (n, n)."""
    z = np.stack([mu.ravel(), np.repeat(log_tau, mu.shape[1])])
    return np.concatenate(
        [target.logp(np.ascontiguousarray(z[:, k : k + 256])) for k in range(0, z.shape[1], 256)]
    ).reshape(mu.shape)


def measure(case, n=31):
    """Compare the two on n x n points."""
    y, mult = case.draw()
    plan = make_plan(case, y, mult)
    log_tau, mu, scale, lp, half = Truth(case, y, mult).grid(n)
    got = log_posterior(plan.target, mu, log_tau)
    top = np.unravel_index(lp.argmax(), lp.shape)
    near = lp > lp[top] - NEAR

    def apart(a):
        return (a - lp) - (a - lp)[top]

    def mean(log, x):
        w = np.exp(log - log.max()) * scale[:, None]
        return (w * x).sum() / w.sum()

    biases, sds = [], []
    for x in (mu, np.exp(log_tau)[:, None] + 0 * mu, log_tau[:, None] + 0 * mu):
        centre = mean(lp, x)
        sds.append(math.sqrt(mean(lp, (x - centre) ** 2)))
        biases.append(abs(mean(got, x - centre)) / sds[-1])
    e = apart(got)
    slopes = [
        np.abs(np.diff(e, axis=1))[near[:, 1:] & near[:, :-1]] / (2 * WIDE / (len(mu) - 1)),
        np.abs(np.diff(e, axis=0))[near[1:] & near[:-1]] / (log_tau[1] - log_tau[0]) * sds[2],
    ]
    return Result(
        case,
        len(y),
        plan.order,
        plan.quadrature_error,
        float(np.abs(e[near]).max()),
        max(float(s.max(initial=0.0)) for s in slopes),
        max(biases),
        float(np.abs(apart(half)[near]).max()),
    )


POINTS = (
    *[
        ("logit", "Normal", *p)
        for p in [
            (-1, 1, 1),
            (-1, 1, 200),
            (-1, 2, 1),
            (-1, 2, 20),
            (-4, 2, 20),
            (-1, 4, 1),
            (-1, 4, 200),
        ]
    ],
    ("probit", "Normal", -1, 1, 5),
    ("probit", "Normal", -1, 2, 20),
    ("cloglog", "Normal", -1, 1, 5),
    ("cloglog", "Normal", -2, 2, 20),
    ("Poisson", "Normal", 0, 1, 1.0),
    ("Poisson", "Normal", -3, 2, 1.0),
    ("Poisson", "Normal", 2, 0.5, 1.0),
    ("logit", "StudentT", -1, 1, 5),
    ("logit", "StudentT", -1, 1, 20),
    ("logit", "StudentT", -4, 2, 20),
    ("logit", "Logistic", -1, 1, 5),
    ("logit", "Logistic", -1, 1, 20),
    ("logit", "Logistic", -4, 2, 20),
)


def main(names):
    print(
        "rows     population   mu  tau    n      J  cells order reported     true gradient"
        "     bias  reference"
    )
    found = []
    for rows, population, mu, tau, size in POINTS:
        if names and rows not in names and population not in names:
            continue
        for groups in GROUPS:
            point = f"{rows:8} {population:9} {mu:5} {tau:4} {size:4g} {groups:6.0e}"
            r = measure(Case(rows, population, mu, tau, size, groups))
            found.append(r)
            below = "  BELOW" * (r.reported < r.true)
            print(
                f"{point} {r.cells:6} {r.order:5} {r.reported:8.1e} {r.true:8.1e} {r.gradient:8.1e} "
                f"{r.bias:8.1e}  {r.reference:8.1e}{below}",
                flush=True,
            )
    share = np.mean([r.reported >= r.true for r in found])
    print(f"reported >= true at {share:.1%} of {len(found)} points")
    for name in ("true", "gradient", "bias", "reference"):
        print(f"largest {name}: {max(getattr(r, name) for r in found):.1e}")


if __name__ == "__main__":
    main(sys.argv[1:])
