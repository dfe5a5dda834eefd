"""Variates through the production kernels, at every instruction set.

Every p-value is held against ALPHA; the file's about 1,000 of them (default) raise a false alarm
with probability 1e-3 at most, and seeds are fixed: what passed once passes always.
"""

import contextlib
import shutil
import subprocess

import numpy as np
import pytest
from scipy import stats as st
from trust.battery import failures, independent, one_sample

import hierfast as hf
from hierfast import _core

ALPHA = 1e-6
LEVELS = list(_core.levels())
SIZES = [300_000, pytest.param(10_000_000, marks=pytest.mark.slow)]
SEED = 20_26


def labels(n, first=0):
    return np.arange(first, first + n, dtype=np.uint64)


def key(seed=SEED, chain=0, term=0, site=_core.THETA):
    return _core.key(seed, chain, term, site)


def uniforms(n, level=0, sweep=1, attempt=0, first=0, **where):
    return _core.normals(key(**where), labels(n, first), sweep, attempt, level, True)


def normals(n, level=0, sweep=1, attempt=0, first=0, **where):
    return _core.normals(key(**where), labels(n, first), sweep, attempt, level)


def swept(n, level=0, sweep=1, first=0, **where):
    """Noise of the Gibbs kernel: groups without rows, population N(0, 1)."""
    out, sums = np.empty(n), np.empty(_core.SUMS)
    zero = np.zeros(n)
    k = key(**where)
    _core.sweep(zero, zero, 0.0, 1.0, 1.0, 0.0, k, sweep, first, None, 0, n, out, sums, level)
    return out


def variates(kind, *args):
    return lambda n, level=0: _core.variates(kind, key(site=90 + kind), n, *args)


# A generator joins with its sampler, its law, how many moments are finite twice over, and whether
# it is compiled once per instruction set.
GENERATORS = {
    "uniform": (uniforms, st.uniform(), 4, True),
    "normal": (normals, st.norm(), 4, True),
    "normal of the sweep": (swept, st.norm(), 4, True),
    "exponential": (variates(0), st.expon(), 3, False),
    "gamma 0.05": (variates(1, 0.05), st.gamma(0.05), 2, False),
    "gamma 0.7": (variates(1, 0.7), st.gamma(0.7), 2, False),
    "gamma 1": (variates(1, 1.0), st.gamma(1.0), 3, False),
    "gamma 30": (variates(1, 30.0), st.gamma(30.0), 3, False),
    "gamma 1e6": (variates(1, 1e6), st.gamma(1e6), 1, False),
    "beta 0.3, 0.8": (variates(2, 0.3, 0.8), st.beta(0.3, 0.8), 4, False),
    "beta 4, 9": (variates(2, 4.0, 9.0), st.beta(4.0, 9.0), 4, False),
    "inverse gamma 7, 3": (variates(3, 7.0, 3.0), st.invgamma(7.0, 0, 3.0), 2, False),
    "inverse gamma 0.5, 1": (variates(3, 0.5, 1.0), st.invgamma(0.5, 0, 1.0), 0, False),
    "chi-square 1": (variates(4, 1.0), st.chi2(1.0), 3, False),
    "chi-square 5.5": (variates(4, 5.5), st.chi2(5.5), 3, False),
}


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", GENERATORS)
def test_distribution(name, n):
    sample, exact, moments, everywhere = GENERATORS[name]
    x = sample(n)
    found = one_sample(x, exact, moments)
    assert not failures(found, ALPHA)
    for level in LEVELS if everywhere else []:
        assert sample(n, level).tobytes() == x.tobytes()


@pytest.mark.parametrize("name", ["normal", "normal of the sweep"])
def test_a_hundredth_of_a_standard_deviation_is_seen(name):
    sample, exact, moments, _ = GENERATORS[name]
    x = sample(300_000)
    assert failures(one_sample(x + 0.01, exact, moments), ALPHA)
    assert failures(one_sample(x * 1.01, exact, moments), ALPHA)


# What two draws may differ in: each is asked for once as it is and once at the neighbour.
NEIGHBOURS = {
    "label": {"first": 1},
    "label, 2^32 on": {"first": 2**32},
    "sweep": {"sweep": 2},
    "attempt": {"attempt": 1},
    "site": {"site": _core.THETA + 1},
    "chain": {"chain": 1},
    "term": {"term": 1},
    "seed": {"seed": SEED + 1},
    "seed, 2^32 on": {"seed": SEED + 2**32},
}
NEAR = [
    (name, lag)
    for name in ("uniform", "normal", "normal of the sweep")
    for lag in NEIGHBOURS
    if (name, lag) != ("normal of the sweep", "attempt")  # a sweep takes one attempt
]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize(("name", "lag"), NEAR)
def test_neighbours_are_independent(name, lag, n):
    sample, exact = GENERATORS[name][:2]
    a, b = sample(n, LEVELS[-1]), sample(n, LEVELS[-1], **NEIGHBOURS[lag])
    assert not failures(independent(exact.cdf(a), exact.cdf(b)), ALPHA)


@pytest.mark.parametrize("name", ["gamma 0.7", "gamma 30", "beta 4, 9"])
def test_variates_of_neighbouring_labels_are_independent(name):
    sample, exact = GENERATORS[name][:2]
    u = exact.cdf(sample(300_001))
    found = independent(u[:-1], u[1:])
    del found["bits"]  # the last bits of a distribution function are rounding
    assert not failures(found, ALPHA)


def test_a_shared_stream_is_seen():
    u = uniforms(300_000)
    assert failures(independent(u, np.roll(u, 1) * 0.02 + 0.98 * uniforms(300_000, sweep=2)), ALPHA)
    assert len(failures(independent(u, u), ALPHA)) == 4


def test_one_group_over_sweeps_is_as_good_as_groups_of_one_sweep():
    label = np.array([7], dtype=np.uint64)
    u = np.concatenate([_core.normals(key(), label, s, 0, 0, True) for s in range(100_001)])
    assert not failures(one_sample(u, st.uniform()), ALPHA)
    assert not failures(independent(u[:-1], u[1:]), ALPHA)


def words(label, sweep, attempt=0):
    label, sweep = np.broadcast_arrays(label, sweep)
    sweep = np.ascontiguousarray(sweep, dtype=np.uint32)
    return _core.words(key(), np.ascontiguousarray(label, dtype=np.uint64), sweep, attempt)


def test_words_are_what_numbers_are_made_of():
    w = words(labels(1000), 3, 2).astype(np.uint64)
    u = (((w[:, 1] << np.uint64(20)) | (w[:, 0] >> np.uint64(12))) + 0.5) * 2.0**-52
    for level in LEVELS:
        assert u.tobytes() == uniforms(1000, level, 3, 2).tobytes()


def group_major(block):
    """A hundred thousand sweeps of a group, then the next group."""
    return words(block, np.arange(100_000)).tobytes()


def sweep_major(block):
    """A hundred thousand groups of a sweep, then the next sweep."""
    return words(labels(100_000), block).tobytes()


# Tests of dieharder 3.31 its authors call good, without those that take minutes.
DIEHARDER = [0, 2, 3, 4, 8, 9, 10, 11, 12, 13, 15, 16, 100, 101, 204, 206, 209]


@pytest.mark.slow
@pytest.mark.parametrize("order", [group_major, sweep_major])
@pytest.mark.parametrize("number", DIEHARDER)
def test_dieharder(order, number):
    """An external battery over the raw words; each p-value is held against 1e-6, its FAILED."""
    program = shutil.which("dieharder")
    if program is None:
        pytest.skip("dieharder is not installed (Debian's package dieharder)")
    columns = [f"-D{name}" for name in ("test_name", "ntuple", "pvalues", "assessment")]
    command = [program, "-g", "200", "-d", str(number), "-c", "|", *columns]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as battery:
        out = feed(battery, order)
    lines = [line.split("|") for line in out.decode().splitlines() if line.count("|") == 3]
    print(*("|".join(v.strip() for v in line) for line in lines), sep="\n")
    assert lines
    assert not [line for line in lines if float(line[2]) < ALPHA or float(line[2]) > 1 - ALPHA]


def feed(battery, order):
    """Write blocks of the stream until the program has had enough; return what it printed."""
    block = 0
    with contextlib.suppress(BrokenPipeError):
        while battery.poll() is None:
            battery.stdin.write(order(block))
            block += 1
    with contextlib.suppress(BrokenPipeError):
        battery.stdin.close()
    return battery.stdout.read()


SHAPES = [(4.0, 9.0), (0.3, 0.8), (0.02, 30.0), (1.0, 1.0), (1e6, 0.5), (1e-3, 1e-3)]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_variates_side_by_side_are_those_one_by_one(shape, level, monkeypatch):
    """csrc/conjugate/gammas.h: what is made many at once has the bits of csrc/variates.h."""
    monkeypatch.setattr(_core, "best_level", lambda: level)
    n, where = 1000, key(site=77)
    none, table = np.zeros(n), {"y": [0, 1], "n": [1, 1], "g": [0, 1]}
    for rows, population, kind in (
        (hf.Binomial(n="n"), hf.Beta(*shape), 2),
        (hf.Poisson(exposure="n"), hf.Gamma(shape[0], 1.0), 1),
    ):
        draw = hf.Model(rows, population).explain(table, y="y", group="g").closed.draw
        out, some = np.empty(n), np.empty(7)
        draw(np.empty(0), where, 0, 0, None, none, none, out)
        assert out.tobytes() == _core.variates(kind, where, n, *shape).tobytes()
        at = labels(n)[::-143].copy()
        draw(np.empty(0), where, 0, 5, at, none[:7], none[:7], some)
        assert some.tobytes() == out[at].tobytes()


def test_gammas_accepted_at_sight_would_be_accepted():
    """The quick bound of csrc/variates.h implies the exact one wherever both are read."""
    z = np.linspace(-12, 12, 48_001)[:, None]
    d = np.concatenate([np.geomspace(2 / 3, 1e3, 400), np.geomspace(1e3, 1e9, 60)])
    v = (1 + z / np.sqrt(9 * d)) ** 3
    with np.errstate(all="ignore"):
        exact = np.where(v > 0, z**2 / 2 + d * (1 - v + np.log(v)), -np.inf)
        quick = np.log(1 - 0.0331 * z**4)
    read = (v > 0) & np.isfinite(quick)
    slack = 1e-12 * np.broadcast_to(np.maximum(d, 1.0), v.shape)  # of rounding, where d is large
    assert (quick - exact)[read].max() <= slack.max()
    assert (quick - exact - slack)[read].max() <= 0.0
