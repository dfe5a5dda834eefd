"""Kernels in ns per group beside their NumPy equivalent: pytest benchmarks/bench_kernels.py."""

import numpy as np
import pytest

from hierfast import _core
from hierfast.datasets import simulate
from hierfast.statistics import Cells

J, N = 1_000_000, 5_000_000
RNG = np.random.default_rng(1)
P, Y = RNG.integers(1, 9, J).astype(float), RNG.normal(size=J)
LEVELS = _core.levels()


def run(benchmark, function, groups, side, cores=1):
    benchmark.group = side.split(":")[0]
    benchmark.extra_info["cores"] = cores
    benchmark.pedantic(function, rounds=15, warmup_rounds=2)
    benchmark.extra_info["ns_per_group"] = 1e9 * benchmark.stats.stats.median / groups


@pytest.mark.parametrize("level", LEVELS, ids=LEVELS.get)
def test_sweep(benchmark, level):
    sums = np.empty(_core.SUMS)

    def sweep():
        _core.sweep(P, Y, 0.1, 1.0, 2.0, 0.0, 7, 1, 0, None, 0, J, None, sums, level)

    run(benchmark, sweep, J, "sweep: hierfast")


def test_sweep_numpy(benchmark):
    rng = np.random.Generator(np.random.SFC64(1))

    def sweep():
        b = 1.0 / (1.0 + 0.5 * P)
        theta = 0.1 + 0.5 * P * b * (Y - 0.1) + np.sqrt(b) * rng.standard_normal(J)
        pt = P * theta
        return theta.sum(), theta @ theta, pt.sum(), pt @ theta, pt @ Y

    run(benchmark, sweep, J, "sweep: numpy")


def test_standard_normal_numpy(benchmark):
    rng = np.random.Generator(np.random.SFC64(1))
    run(benchmark, lambda: rng.standard_normal(J), J, "sweep: SFC64 standard_normal")


@pytest.mark.parametrize("level", LEVELS, ids=LEVELS.get)
def test_moments(benchmark, level):
    from hierfast.graph import Arg, Graph

    graph = Graph((), Arg(-1, 0, 0.0), Arg(-1, 0, 1.0), Arg(-1, 0, 1.0), None, ())
    one, zero = np.ones(1), np.zeros(1)
    cells = Cells(P, Y, one, zero, 0.0, float(J), float(J), 0.0, 1.0, 8.0)
    target, lam, out = _core.Collapsed(graph, -1, cells, level), np.ones(1), np.empty(4)

    def moments():
        for leaf in range(-(-J // _core.BLOCK)):
            target.moment_leaf(leaf, lam, out)

    run(benchmark, moments, J, "moments: hierfast")


def test_moments_numpy(benchmark):
    def moments():
        w = P / (1.0 + P)
        return np.log1p(P).sum(), w.sum(), w @ Y, (w * Y) @ Y

    run(benchmark, moments, J, "moments: numpy")


def test_statistics(benchmark):
    from hierfast.data import read_columns
    from hierfast.statistics import compute_statistics

    columns = read_columns(simulate(J, N), "y", "group")
    run(benchmark, lambda: compute_statistics(columns, 2), J, "statistics: hierfast", cores=2)


def test_statistics_numpy(benchmark):
    table = simulate(J, N)
    code, y = table["group"], table["y"]

    def statistics():
        n, s = np.bincount(code), np.bincount(code, weights=y)
        mean = s / np.maximum(n, 1)
        return n, mean, np.bincount(code, weights=(y - mean[code]) ** 2)

    run(benchmark, statistics, J, "statistics: numpy, two passes")


def test_bincount_numpy(benchmark):
    table = simulate(J, N)
    run(
        benchmark,
        lambda: np.bincount(table["group"], weights=table["y"]),
        J,
        "statistics: one bincount",
    )
