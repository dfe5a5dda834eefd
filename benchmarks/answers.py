"""Answers about a million groups: python benchmarks/answers.py [model ...]."""

import resource
import sys
from statistics import median
from time import perf_counter

import numpy as np

import hierfast as hf
from hierfast.threads import available_cores

GROUPS, EACH, LARGEST = 1_000_000, 5, 50
LINKED = hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2))
BETA = hf.Beta(mean=hf.Uniform(0, 1), concentration=hf.HalfCauchy(20))
MODELS = {
    "Normal-Normal": hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), LINKED),
    "Binomial-Normal": hf.Model(hf.Binomial(n="n"), LINKED),
    "Binomial-Beta": hf.Model(hf.Binomial(n="n"), BETA),
    "Poisson-Normal": hf.Model(hf.Poisson(exposure="n"), LINKED),
}
JOINT = (
    20.0  # seconds that answers from 400 joint draws may take, and those without draws of effects
)
OTHER = 2.0
ANSWERS = {
    "rank()": (lambda fit: fit.groups.rank(), JOINT),
    "prob_top(1000)": (lambda fit: fit.groups.prob_top(1000), JOINT),
    "expect(square)": (lambda fit: fit.groups.expect(np.square), JOINT),
    "prob_above(0.1)": (lambda fit: fit.groups.prob_above(0.1), OTHER),
    "mcse": (lambda fit: fit.groups.mcse, OTHER),
    "pooling()": (lambda fit: fit.groups.pooling(), OTHER),
    "loo()": (lambda fit: fit.loo(), OTHER),
    "sensitivity()": (lambda fit: fit.sensitivity(), OTHER),
    "check_exchangeability()": (lambda fit: fit.check_exchangeability(), OTHER),
}


def simulate(name):
    rng = np.random.default_rng(7)
    effect = rng.normal(-1.0, 0.7, GROUPS)
    if name.startswith("Normal"):
        y = np.repeat(effect, EACH) + rng.normal(size=EACH * GROUPS)
        return {"y": y, "g": np.repeat(np.arange(GROUPS), EACH)}
    if name.startswith("Poisson"):  # no two exposures are the same
        n = rng.uniform(0.5, 20.0, GROUPS)
        return {"y": rng.poisson(n * np.exp(effect)), "n": n, "g": np.arange(GROUPS)}
    n = rng.integers(1, LARGEST + 1, GROUPS)
    return {"y": rng.binomial(n, 1 / (1 + np.exp(-effect))), "n": n, "g": np.arange(GROUPS)}


def timed(function, *given):
    begun = perf_counter()
    function(*given)
    return perf_counter() - begun


def peak():
    """Bytes of this process at most so far."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    some = np.random.default_rng(1).normal(size=GROUPS)
    print(f"{available_cores()} cores; sorts are np.argsort of a million effects on one of them")
    for name in sys.argv[1:] or MODELS:
        table = simulate(name)
        fit = MODELS[name].fit(table, y="y", group="g", random_seed=1, progressbar=False)
        del table
        for what, (ask, wanted) in ANSWERS.items():
            sort = median(timed(np.argsort, some) for _ in range(5))
            seconds = timed(ask, fit)
            told = "" if seconds <= wanted else f", above the {wanted:.0f} s wanted"
            print(f"{name}, {what}: {seconds:.2f} s, {seconds / sort:.1f} sorts{told}", flush=True)
        print(
            f"{name}: {peak() / GROUPS:.0f} bytes a group at most so far, all that is loaded included"
        )


if __name__ == "__main__":
    main()
