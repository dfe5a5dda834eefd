"""Transitions leave their posterior alone: exact rank tests, and Geweke's joint test from the prior.

Both draw truth and rows from the joint, so that the truth *is* a draw from the posterior, and no
converged run is needed. Replicates are independent: p-values are exact, not asymptotic in autocorrelation.

Each p-value is held against ALPHA; about 250 of them (default) give the file a false-alarm rate of 2.5e-3,
seeds are fixed.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats as st
from trust.problems import PROBLEMS, SIZES, coordinates

import hierfast as hf
from hierfast.plan import make_plan
from hierfast.sample import run_plan
from hierfast.sampler import Sampler

ALPHA = 1e-5
LENGTH, BINS = 24, 8

# Gandy and Scott (2020): kernels in detailed balance. A sweep over several axes is not; one axis is.
REVERSIBLE = [
    ("spread", "collapsed:slice"),
    ("mean", "collapsed:slice"),
    ("bounded", "collapsed:slice"),
    ("spread", "collapsed"),
    ("mean", "collapsed:laplace"),
    ("pair", "collapsed"),
    ("triple", "collapsed"),
    ("nested", "collapsed"),
]


def drawn(name, rng):
    """A problem with its truth and rows."""
    problem = PROBLEMS[name]
    unknowns = problem.prior(rng)
    theta = problem.effects(rng, unknowns)
    return problem, unknowns, problem.rows(rng, unknowns, theta)


def walk(plan, seed, chain, start, n):
    """Coordinates after each of n transitions from a start."""
    sampler = Sampler(plan, seed, chain)
    sampler._chain.begin(start)
    return sampler.step(n)


def rank_of_the_truth(name, scheme, rng):
    """Ranks of the truth in a chain run on from it, forwards and back, from a random place in it."""
    problem, unknowns, data = drawn(name, rng)
    plan = make_plan(problem.model, data, "y", "g", scheme, 0, 1)
    start, _ = coordinates(plan.graph, unknowns, plan.skip)
    place, seed = int(rng.integers(LENGTH)), int(rng.integers(2**62))
    here = np.array(start)[:, None]
    on = walk(plan, seed, 0, start, LENGTH - 1 - place)
    back = walk(plan, seed, 1, start, place)
    path = np.ascontiguousarray(np.concatenate([here, on, back], axis=1))
    seen = np.vstack([path, plan.target.logp(path), *likelihood(problem, plan, data, path)])
    return [(row < row[0]).sum() + rng.integers((row == row[0]).sum()) for row in seen]


def likelihood(problem, plan, data, path):
    """Log likelihood at the mean of mu where it is integrated out: a kernel that ignores rows moves it."""
    names = [n.name for i, n in enumerate(plan.graph.nodes) if i != plan.skip]
    values = plan.target.values(path)
    middle = {"g_mu": float(np.mean(data["y"]))}
    rows = {n.name: values[i] for i, n in enumerate(plan.graph.nodes) if n.name in names}
    p = np.bincount(data["g"], 1 / data["se"] ** 2)
    ybar = np.bincount(data["g"], data["y"] / data["se"] ** 2) / p
    n, within = len(data["y"]), ((data["y"] - ybar[data["g"]]) ** 2 / data["se"] ** 2).sum()
    out = np.empty(path.shape[1])
    for i in range(path.shape[1]):
        mu, tau, sigma = problem.read(middle | {k: v[i] for k, v in rows.items()})
        out[i] = st.norm.logpdf(ybar, mu, np.hypot(tau, sigma / np.sqrt(p))).sum()
        out[i] -= (n - len(p)) * np.log(sigma) + within / (2 * sigma**2)
    return [out]


def uniformity(ranks):
    """P-value of each column of ranks in 0 .. LENGTH - 1."""
    counts = [np.bincount(r * BINS // LENGTH, minlength=BINS) for r in np.transpose(ranks)]
    return [st.chisquare(c).pvalue for c in counts]


SIZES_OF_RUN = [400, pytest.param(6000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("replicates", SIZES_OF_RUN)
@pytest.mark.parametrize(("name", "scheme"), REVERSIBLE)
def test_rank_of_the_truth_is_uniform(name, scheme, replicates):
    rng = np.random.default_rng([1, replicates])
    ranks = [rank_of_the_truth(name, scheme, rng) for _ in range(replicates)]
    p = uniformity(ranks)
    print(name, scheme, replicates, "smallest p", min(p))
    assert min(p) > ALPHA


JOINT = [
    (name, scheme)
    for name in ("bounded", "triple", "nested")
    for scheme in ("gibbs", "collapsed", "collapsed:slice")
] + [("spread", "gibbs"), ("mean", "gibbs"), ("mean", "quadrature")]


def joint_chain(name, scheme, rng, cycles):
    """Truth and rows from the joint; then `cycles` times phi, effects | rows and rows | phi, effects."""
    problem, unknowns, data = drawn(name, rng)
    for _ in range(cycles):
        plan = make_plan(problem.model, data, "y", "g", scheme, 0, 1)
        start, _ = coordinates(plan.graph, unknowns, plan.skip)
        run = run_plan(replace(plan, start=start, tune=0), int(rng.integers(2**62)), 1, 1, 1)
        fit = hf.Fit(plan, run, 1, 0.0)
        unknowns = {k: float(v[0, 0]) for k, v in fit.hyper.items()}
        theta = fit.groups.draws()[0, 0]
        data = problem.rows(rng, unknowns, theta)
    mu, tau, sigma = problem.read(unknowns)
    z = (theta - mu) / tau
    residual = (data["y"] - theta[data["g"]]) / sigma / data["se"]
    return unknowns, z, residual


def against_the_joint(ends):
    """P-values of what must be: unknowns from their priors, effects and residuals standard normal."""
    problem, rows = ends
    unknowns = {k: np.array([r[0][k] for r in rows]) for k in rows[0][0]}
    z = np.array([r[1] for r in rows])
    found = {
        "effect": (z[:, 1], st.norm()),
        "effects' sum": (z.sum(axis=1) / np.sqrt(len(SIZES)), st.norm()),
        "effects' squares": ((z**2).sum(axis=1), st.chi2(len(SIZES))),
        "effects' largest": (z.max(axis=1), st.norm()),
    }
    found |= {name: (unknowns[name], law) for name, law in problem.laws.items()}
    p = {}
    for name, (x, law) in found.items():
        cdf = law.cdf if "largest" not in name else lambda v: st.norm.cdf(v) ** len(SIZES)
        p[name] = st.kstest(x, cdf).pvalue
    n = len(rows)
    for name, x in unknowns.items():  # products of an unknown with effects: no correlation
        rho = st.spearmanr(x, z.sum(axis=1)).statistic
        p[f"{name} x effects"] = 2 * st.norm.sf(abs(rho) * np.sqrt(n - 1))
    return p


@pytest.mark.parametrize(
    ("replicates", "cycles"), [(250, 4), pytest.param(4000, 8, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(("name", "scheme"), JOINT)
def test_joint_distribution_is_left_alone(name, scheme, replicates, cycles):
    if scheme == "quadrature":  # slow, and exercised by its posteriors
        replicates //= 4
    rng = np.random.default_rng([2, replicates])
    rows = [joint_chain(name, scheme, rng, cycles) for _ in range(replicates)]
    p = against_the_joint((PROBLEMS[name], rows))
    worst = min(p, key=p.get)
    print(name, scheme, replicates, cycles, "smallest p", p[worst], worst)
    assert p[worst] > ALPHA, worst
