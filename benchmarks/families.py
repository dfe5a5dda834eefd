"""Pairs of likelihood and population at 1e4 and 1e6 groups: python benchmarks/families.py."""

from statistics import median
from time import perf_counter

import numpy as np

import hierfast as hf
from hierfast.threads import available_cores

CORES = available_cores()
LARGEST = 50
SIZES = (10_000, 1_000_000)
LINKED = hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2))
CONJUGATE = {
    "probabilities": hf.Beta(mean=hf.Uniform(0, 1), concentration=hf.HalfCauchy(20)),
    "rates": hf.Gamma(hf.Exponential(0.1), hf.Exponential(0.1)),
}
PAIRS = {
    "Binomial-Normal": (hf.Model(hf.Binomial(n="n"), LINKED), 2e4),
    "Poisson-Normal": (hf.Model(hf.Poisson(), LINKED), 2e4),
    "Binomial-Beta": (hf.Model(hf.Binomial(n="n"), CONJUGATE["probabilities"]), 5e5),
    "Poisson-Gamma": (hf.Model(hf.Poisson(), CONJUGATE["rates"]), 5e5),
}
# What a person may meet: location and scale of the effects, the largest number of trials.
GRID = {
    "as above": (-1.0, 0.7, LARGEST),
    "sparse": (-1.0, 0.7, 2),
    "small scale": (-1.0, 0.03, LARGEST),
    "large scale": (-1.0, 3.0, LARGEST),
    "90% zeros": (-5.0, 1.0, 20),
}


def simulate(name, groups, mu=-1.0, sigma=0.7, largest=LARGEST):
    """Trials 1 to `largest`, or counts of at most that many."""
    rng = np.random.default_rng(7)
    effect = rng.normal(mu, sigma, groups)
    if name.startswith("Binomial"):
        n = rng.integers(1, largest + 1, groups)
        return {"y": rng.binomial(n, 1 / (1 + np.exp(-effect))), "n": n, "g": np.arange(groups)}
    level = np.exp(np.minimum(effect + np.log(largest / 10), 30))
    return {"y": np.minimum(rng.poisson(level), largest), "g": np.arange(groups)}


def fit(model, table, draws=1000):
    return model.fit(table, y="y", group="g", draws=draws, random_seed=1, progressbar=False)


def smallest_ess(made):
    columns = made.summary()
    return float(min(columns["ess_bulk"].min(), columns["ess_tail"].min()))


def rate(model, table, goal, short=1000):
    """Effective draws a second from the slope between two run lengths, and ESS per draw."""
    long = short + int(goal)
    seconds, ess = [], []
    for draws in (short, long):
        times = []
        for _ in range(3):
            begun = perf_counter()
            made = fit(model, table, draws)
            times.append(perf_counter() - begun)
        seconds.append(median(times))
        ess.append(smallest_ess(made))
    return (ess[1] - ess[0]) / (seconds[1] - seconds[0]), ess[1] / (4 * long), seconds[0]


def speeds():
    for name, (model, goal) in PAIRS.items():
        for groups in SIZES:
            table = simulate(name, groups)
            speed, share, seconds = rate(model, table, goal)
            made = fit(model, table)
            begun = perf_counter()
            _ = made.groups.mean, made.groups.sd, made.groups.interval(0.9)
            taken = perf_counter() - begun
            print(
                f"{name}, {groups:.0e} groups: {speed:.2e} effective draws a second (slope), "
                f"{share:.2f} a draw, first 4 x 1000 in {seconds:.2f} s; mean, sd and interval "
                f"of all groups {taken:.2f} s; {CORES} cores",
                flush=True,
            )


def grid():
    for name, (model, _) in PAIRS.items():
        for what, values in GRID.items():
            for groups in SIZES:
                made = fit(model, simulate(name, groups, *values))
                share = smallest_ess(made) / 4000
                print(
                    f"{name}, {what}, {groups:.0e} groups: {share:.2f} effective draws a draw, "
                    f"phi {made.plan.phi}",
                    flush=True,
                )


if __name__ == "__main__":
    speeds()
    grid()
