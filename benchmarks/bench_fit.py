"""Whole fits, ESS and ESS per second in extra_info: pytest benchmarks/bench_fit.py."""

import numpy as np
import pytest

import hierfast as hf
from hierfast.threads import available_cores

MODEL = hf.Model(
    likelihood=hf.Normal(sigma=hf.HalfNormal(5)),
    population=hf.Normal(mu=hf.Normal(0, 10), sigma=hf.HalfNormal(5)),
)
KNOWN = hf.Model(hf.Normal(sigma="se"), MODEL.population)


def run(benchmark, model, data, columns, **options):
    def fit():
        return model.fit(data, **columns, random_seed=1, progressbar=False, **options)

    got = benchmark.pedantic(fit, rounds=7, warmup_rounds=1)
    table = got.summary()
    ess = float(min(table["ess_bulk"].min(), table["ess_tail"].min()))
    benchmark.extra_info |= {
        "cores": available_cores(),
        "phi": got.plan.phi,
        "ess": ess,
        "ess_per_second": ess / benchmark.stats.stats.median,
    }


def test_eight_schools(benchmark):
    model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    run(benchmark, model, hf.datasets.load("eight_schools"), {"y": "effect", "group": "school"})


@pytest.mark.parametrize("groups", [100, 10_000, 1_000_000])
@pytest.mark.parametrize("scheme", ["collapsed", "gibbs"])
def test_counts(benchmark, groups, scheme):
    data = hf.datasets.simulate(groups, 5 * groups)
    small = {"draws": 50, "tune": 50} if (scheme, groups) == ("gibbs", 1_000_000) else {}
    run(benchmark, MODEL, data, {"y": "y", "group": "group"}, scheme=scheme, **small)


@pytest.mark.parametrize("groups", [100, 10_000, 1_000_000])
def test_known_errors(benchmark, groups):
    rng = np.random.default_rng(2)
    se = rng.uniform(0.5, 3, groups)
    data = {"y": rng.normal(2, 1, groups) + se * rng.normal(size=groups), "se": se}
    run(benchmark, KNOWN, data, {"y": "y"})


@pytest.mark.parametrize("groups", [10_000, 1_000_000])
def test_categories(benchmark, groups):
    rng = np.random.default_rng(1)
    shares = rng.dirichlet([6.0, 3.0, 1.0, 0.5], groups)
    y = rng.multinomial(rng.integers(1, 20, groups), shares)
    model = hf.Model(hf.Multinomial(), hf.Dirichlet([hf.Exponential(0.05)] * 4))
    run(benchmark, model, {"g": np.arange(groups)}, {"y": y, "group": "g"})
