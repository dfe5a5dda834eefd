"""The figures the project promises, measured: python benchmarks/targets.py, on an idle machine."""

import subprocess
import sys
import tracemalloc
from statistics import median
from time import perf_counter

import numpy as np
from ratio import paired_ratio

import hierfast as hf
from hierfast import _core
from hierfast.threads import available_cores

J, N = 1_000_000, 5_000_000
CORES = available_cores()
COUNTS = hf.Model(
    hf.Normal(sigma=hf.HalfNormal(5)), hf.Normal(mu=hf.Normal(0, 10), sigma=hf.HalfNormal(5))
)
KNOWN = hf.Model(hf.Normal(sigma="se"), COUNTS.population)
SCHOOLS = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))


def known_errors():
    rng = np.random.default_rng(2)
    se = rng.uniform(0.5, 3, J)
    y = rng.normal(2, 1, J) + se * rng.normal(size=J)
    return {"y": y, "se": se, "group": rng.permutation(J)}


def whole(model, table, **options):
    fit = model.fit(table, y="y", group="group", random_seed=1, progressbar=False, **options)
    return fit, fit.groups.mean, fit.groups.sd, fit.groups.interval(0.9)


def memory(model, table):
    tracemalloc.start()
    kept = whole(model, table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / len(kept[1])


def rate(model, table, short=10_000, long=210_000):
    """Effective draws a second from the slope between two run lengths, and ESS per draw."""
    seconds, ess = [], []
    for draws in (short, long):
        times = []
        for _ in range(5):
            begun = perf_counter()
            fit = model.fit(
                table, y="y", group="group", draws=draws, random_seed=1, progressbar=False
            )
            times.append(perf_counter() - begun)
        columns = fit.summary()
        ess.append(float(min(columns["ess_bulk"].min(), columns["ess_tail"].min())))
        seconds.append(median(times))
    return (ess[1] - ess[0]) / (seconds[1] - seconds[0]), ess[1] / (4 * long)


def errors_of_intervals(model, table):
    """Largest error, in sd, against inverting the full mixture: edges, small and random groups."""
    fit, _, sd, interval = whole(model, table)
    stats, cells, reader = fit.plan.statistics, fit.plan.cells, fit.groups._reader
    far = np.argsort(-np.abs(stats.mean - cells.centre))[:1000]
    small = np.argsort(stats.weight, kind="stable")[:1000]
    some = np.random.default_rng(3).integers(0, len(stats), 1000)
    index = np.concatenate([far, small, some])
    exact = cells.centre + reader._invert(reader.mixture, index, np.array([0.05, 0.95]))
    return float((np.abs(interval[index] - exact) / sd[index, None]).max())


def big(name, model, table, code, y):
    def bincount():
        return np.bincount(code, weights=y)

    ratio = paired_ratio(
        lambda: whole(model, table), bincount, names=(name, "np.bincount"), cores=(CORES, 1)
    )
    speed, share = rate(model, table)
    print(ratio)
    print(f"  peak memory {memory(model, table):.0f} bytes a group beside the input")
    print(f"  {share:.2f} effective draws a draw, {speed:.2e} a second (slope), {CORES} cores")
    print(f"  90% intervals off by at most {errors_of_intervals(model, table):.1e} sd")


def text(table):
    """A million text labels: at most 1.5 x pandas' factorize and 5 x bincount together."""
    import pandas as pd

    names = np.array([f"user_{i:07d}" for i in range(J)], dtype=object)[table["group"]]
    columns = {"object": names, "str": pd.Series(names, dtype="str")}
    for kind, labels in columns.items():
        ratio = paired_ratio(
            lambda labels=labels: whole(COUNTS, {"y": table["y"], "group": labels}),
            lambda labels=labels: pd.factorize(labels),
            names=(f"text labels ({kind}): to intervals", "pandas.factorize"),
            cores=(CORES, 1),
        )
        print(ratio)


def sweeps():
    rng = np.random.Generator(np.random.SFC64(1))
    p, y, sums = np.random.default_rng(1).integers(1, 9, J) * 1.0, rng.normal(size=J), np.empty(5)
    for level, name in _core.levels().items():

        def sweep(level=level):
            _core.sweep(p, y, 0.1, 1.0, 2.0, 0.0, 7, 1, 0, None, 0, J, None, sums, level)

        print(paired_ratio(sweep, lambda: rng.standard_normal(J), names=(f"sweep {name}", "SFC64")))


def small():
    table, times = hf.datasets.load("eight_schools"), []
    for _ in range(30):
        begun = perf_counter()
        SCHOOLS.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
        times.append(perf_counter() - begun)
    print(f"eight schools, whole fit 4 x 1000: median {1e3 * median(times):.2f} ms")
    equal = {"y": np.full(8, 3.0), "se": table["se"]}
    fit = SCHOOLS.fit(equal, y="y", random_seed=1, progressbar=False).summary()
    ess = min(fit["ess_bulk"].min(), fit["ess_tail"].min())
    print(f"all effects equal: {ess / 4000:.2f} effective draws a draw")


def imports():
    code = "import time, numpy; t = time.perf_counter(); import hierfast; print(time.perf_counter() - t)"
    times = []
    for _ in range(9):
        done = subprocess.run(
            [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
        )
        times.append(float(done.stdout))
    print(f"import hierfast after numpy: median {1e3 * median(times):.0f} ms")


if __name__ == "__main__":
    table = hf.datasets.simulate(J, N)
    big("counts: raw arrays to intervals", COUNTS, table, table["group"], table["y"])
    text(table)
    big("known errors: raw arrays to intervals", KNOWN, known_errors(), table["group"], table["y"])
    sweeps()
    small()
    imports()
