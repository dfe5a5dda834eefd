"""Same seed, same bits: cores, chunks, instruction sets, pickling, processes, order of the rows."""

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hierfast as hf
from hierfast import _core
from hierfast.grammar import build_graph
from hierfast.plan import make_plan
from hierfast.sample import run_plan
from hierfast.sampler import Sampler
from hierfast.schemes import PAIRS

CSRC = Path(__file__).parents[1] / "csrc"
RNG = np.random.default_rng(12)
GROUP = RNG.integers(0, 60, 400)
WHOLE = {"g": GROUP, "y": np.rint(RNG.normal(10, 4, 400) + GROUP % 7)}
KNOWN = {"g": np.arange(3000), "y": RNG.normal(0, 2, 3000), "se": RNG.uniform(0.5, 2, 3000)}
MODELS = {
    "known": (hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5))), KNOWN),
    "unknown": (
        hf.Model(
            hf.Normal(sigma=hf.HalfNormal(9)),
            hf.Normal(hf.StudentT(3, 0, 9), hf.HalfNormal(hf.Gamma(2, 1))),
        ),
        WHOLE,
    ),
}
COUNTED = {"g": GROUP, "y": RNG.poisson(3 + GROUP % 7), "size": RNG.integers(1, 4, 400)}
MODELS["events"] = (
    hf.Model(hf.Poisson(exposure="size"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1))),
    COUNTED,
)
MODELS["overdispersed"] = (
    hf.Model(
        hf.NegativeBinomial(hf.Gamma(2, 0.1), exposure="size"),
        hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)),
    ),
    COUNTED,
)
MODELS["successes"] = (
    hf.Model(hf.Binomial(n="trials"), hf.Normal(hf.Flat(), hf.HalfCauchy(hf.Gamma(2, 2)))),
    COUNTED | {"trials": COUNTED["y"] + RNG.integers(0, 5, 400)},
)
MODELS["chances"] = (
    hf.Model(hf.Bernoulli(link="probit"), hf.Normal(hf.Normal(0, 1), hf.HalfNormal(1))),
    {"g": GROUP % 40, "y": (COUNTED["y"] > 4).astype(float)},
)
MODELS["rates"] = (hf.Model(hf.Poisson(exposure="size"), hf.Gamma(hf.Exponential(1), 2)), COUNTED)
MODELS["zeros"] = (
    hf.Model(
        hf.ZeroInflatedPoisson(hf.Beta(2, 2), exposure="size"),
        hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)),
    ),
    {k: v[:80] for k, v in (COUNTED | {"y": COUNTED["y"] * (RNG.random(400) < 0.6)}).items()},
)
TIMED = {"g": GROUP, "y": RNG.exponential(3.0, 400) + 0.01, "c": RNG.random(400) < 0.3}
MODELS["times"] = (
    hf.Model(
        hf.Weibull(hf.LogNormal(0, 1), censored="c"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1))
    ),
    {k: v[:50] for k, v in TIMED.items()},
)
MODELS["amounts"] = (
    hf.Model(hf.Gamma(hf.LogNormal(0, 1), censored="c"), hf.Normal(hf.Normal(0, 2), 0.5)),
    {k: v[:15] for k, v in TIMED.items()},
)
MODELS["categories"] = (
    hf.Model(hf.OrderedLogistic(hf.Normal(0, 3), categories=3), hf.Normal(0, hf.HalfNormal(1))),
    {"g": GROUP[:60], "y": RNG.integers(0, 3, 400)[:60]},
)
MODELS["outliers"] = (
    hf.Model(
        hf.StudentT(hf.Gamma(2, 0.1), sigma=hf.HalfNormal(2)),
        hf.Normal(hf.Normal(10, 5), hf.HalfNormal(3)),
    ),
    {"g": GROUP[:16], "y": WHOLE["y"][:16] + 30 * (RNG.random(40) < 0.1)[:16]},
)
MODELS["frailty"] = (
    hf.Model(hf.Exponential(censored="c"), hf.Gamma(hf.Exponential(1), hf.Gamma(2, 1))),
    TIMED,
)
MODELS["mixture"] = (
    hf.Model(
        hf.Poisson(exposure="size"),
        hf.Mixture([hf.PointMass(0.5), hf.Normal(hf.Normal(1, 1), hf.HalfNormal(1))]),
    ),
    COUNTED,
)
MODELS["predicted"] = (
    hf.Model(
        hf.Poisson(exposure="size"),
        hf.Normal(hf.Linear("x", hf.Normal(0, 1)), hf.HalfNormal(1)),
    ),
    COUNTED | {"x": np.round(np.sin(GROUP), 1)},
)
MODELS["shares"] = (
    hf.Model(
        hf.Binomial(n="trials"),
        hf.Beta(mean=hf.Uniform(0, 1), concentration=hf.LogNormal(hf.Normal(1, 1), 1)),
    ),
    MODELS["successes"][1],
)
MODELS["grid"] = (
    hf.Model(hf.Poisson(exposure="size"), hf.Grid(-1, 4, points=30, base=hf.Normal(1, 2))),
    COUNTED,
)
MODELS["grid with a shape"] = (
    hf.Model(
        hf.NegativeBinomial(hf.Gamma(2, 0.1), exposure="size"),
        hf.Grid(-1, 4, points=9, concentration=hf.Gamma(2, hf.Gamma(2, 2))),
    ),
    {k: v[:60] for k, v in COUNTED.items()},
)
KINDS = [f"kind{k}" for k in range(4)]
MODELS["kinds"] = (
    hf.Model(
        hf.Multinomial(),
        hf.Dirichlet([hf.Exponential(1), hf.LogNormal(hf.Normal(0, 1), 1), 1.5, hf.Gamma(2, 1)]),
    ),
    {"g": GROUP} | dict(zip(KINDS, RNG.poisson([[1], [9], [0.1], [3]], (4, 400)), strict=True)),
)
Y = {"kinds": KINDS}  # of others it is "y"
MODELS["scales"] = (
    hf.Model(
        hf.Normal(variance=hf.each(hf.ScaledInverseChi2(hf.Gamma(4, 0.5), tau=hf.HalfNormal(9)))),
        hf.Normal(hf.Normal(0, 9), hf.HalfNormal(9)),
    ),
    {k: v[:12] for k, v in (WHOLE | {"g": GROUP % 3}).items()},
)
SCHEMES = ["collapsed", "collapsed:slice", "gibbs", "quadrature"]


def settings():
    for name in MODELS:
        for scheme in SCHEMES:
            model = MODELS[name][0]
            pair = type(model.likelihood).__name__, type(model.population).__name__
            maker = PAIRS[pair].suited(build_graph(model.likelihood, model.population))
            if scheme.split(":")[0] not in maker.schemes:
                continue
            if (name, scheme) != ("known", "quadrature"):
                yield pytest.param(name, scheme, id=f"{name}-{scheme}")


def digest(fit):
    h = hashlib.sha256()
    for x in fit.hyper.values():
        h.update(np.ascontiguousarray(x).tobytes())
    h.update(fit._draws.weights.tobytes())
    for term in fit.terms.values():
        h.update(np.ascontiguousarray(term.draws(draws=[0, 7, 19])).tobytes())
    return h.hexdigest()


def run(name, scheme, model=None, data=None, **other):
    known, table = MODELS[name]
    options = {"draws": 40, "tune": 20, "chains": 3, "random_seed": 4, "progressbar": False} | other
    y = Y.get(name, "y")
    return (model or known).fit(data or table, y=y, group="g", scheme=scheme, **options)


@pytest.mark.parametrize(("name", "scheme"), list(settings()))
def test_cores_and_pickling_change_nothing(name, scheme):
    want = digest(run(name, scheme, cores=1))
    assert digest(run(name, scheme, cores=2)) == want
    assert digest(run(name, scheme, cores=7)) == want
    model = pickle.loads(pickle.dumps(MODELS[name][0]))
    assert model == MODELS[name][0]
    assert digest(run(name, scheme, model=model)) == want
    assert digest(run(name, scheme, random_seed=5)) != want


@pytest.mark.parametrize(("name", "scheme"), list(settings()))
def test_instruction_sets_change_nothing(name, scheme):
    model, data = MODELS[name]
    found = set()
    for level in _core.levels():
        plan = make_plan(model, data, Y.get(name, "y"), "g", scheme, 20, 2, level)
        found.add(digest(hf.Fit(plan, run_plan(plan, 9, 40, 2, 2), 2, 0.0)))
    assert len(found) == 1


@pytest.mark.parametrize(("name", "scheme"), list(settings()))
def test_chunks_and_snapshots_change_nothing(name, scheme):
    model, data = MODELS[name]
    plan = make_plan(model, data, Y.get(name, "y"), "g", scheme, 20, 1)
    whole = Sampler(plan, 3, 1).step(300)
    for cuts in ([1, 299], [255, 2, 43], [100, 100, 100]):
        sampler = Sampler(plan, 3, 1)
        parts = [sampler.step(n) for n in cuts]
        assert np.concatenate(parts, axis=1).tobytes() == whole.tobytes()
    first, second = Sampler(plan, 3, 1), Sampler(plan, 3, 1)
    first.step(123)
    second.restore(first.snapshot())
    assert second.step(177).tobytes() == np.ascontiguousarray(whole[:, 123:]).tobytes()


def test_any_slice_of_the_effects_is_the_same_numbers():
    fit = run("known", "collapsed")
    everything = fit.groups.draws()
    some = fit.groups.draws([5, 2999, 77], slice(3, 9))
    assert some.tobytes() == np.ascontiguousarray(everything[:, 3:9, [5, 2999, 77]]).tobytes()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_order_of_integer_rows_changes_nothing(scheme):
    order = RNG.permutation(400)
    shuffled = {k: v[order] for k, v in WHOLE.items()}
    assert digest(run("unknown", scheme)) == digest(run("unknown", scheme, data=shuffled))


@pytest.mark.parametrize(
    ("name", "scheme"), [("events", "quadrature"), ("successes", "quadrature"), ("kinds", "gibbs")]
)
def test_order_of_counted_rows_changes_nothing(name, scheme):
    order = RNG.permutation(400)
    shuffled = {k: v[order] for k, v in MODELS[name][1].items()}
    assert digest(run(name, scheme)) == digest(run(name, scheme, data=shuffled))


def test_order_of_real_rows_changes_the_last_digits_only():
    table = WHOLE | {"y": WHOLE["y"] + 0.1 * np.arange(400)}
    order = RNG.permutation(400)
    one = run("unknown", "collapsed", data=table)
    two = run("unknown", "collapsed", data={k: v[order] for k, v in table.items()})
    for name in one.hyper:
        np.testing.assert_allclose(one.hyper[name], two.hyper[name], rtol=1e-6)


CODE = """
import sys
sys.path.insert(0, sys.argv[1])
import test_promise as t
runs = (('known', 'collapsed'), ('unknown', 'gibbs'), ('unknown', 'quadrature'),
        ('events', 'gibbs'), ('successes', 'quadrature'))
print([t.digest(t.run(*r)) for r in runs])
"""


def child(**extra):
    command = [sys.executable, "-P", "-c", CODE, str(Path(__file__).parent)]
    return subprocess.run(
        command, env=os.environ | extra, capture_output=True, text=True, check=True
    ).stdout


def test_dispatch_of_numpy_and_glibc_changes_nothing():
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    off = " ".join(f for f in __cpu_dispatch__ if __cpu_features__.get(f))
    usual = child()
    assert child(NPY_DISABLE_CPU_FEATURES=off) == usual
    hwcaps = "-AVX_Usable,-AVX2_Usable,-AVX2,-AVX512F_Usable,-FMA_Usable,-FMA,-FMA4_Usable,-AVX512F,-ERMS"
    assert child(GLIBC_TUNABLES=f"glibc.cpu.hwcaps={hwcaps}", PYTHONHASHSEED="3") == usual


def test_core_calls_nothing_but_memory_functions(tmp_path):
    flags = ["-std=c11", "-O0", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
    allowed = {"memcpy", "memset", "memmove", "memcmp", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}
    for source in CSRC.rglob("*.c"):
        target = tmp_path / "x.o"
        subprocess.run(
            ["cc", *flags, f"-I{CSRC}", "-c", str(source), "-o", str(target)], check=True
        )
        names = subprocess.run(
            ["nm", "-u", str(target)], capture_output=True, text=True, check=True
        ).stdout
        wanted = {line.split()[-1] for line in names.splitlines() if line.split()}
        assert {n for n in wanted - allowed if not n.startswith("hf_")} == set(), source


def test_a_contracted_build_would_be_seen():
    """What the check at import looks for: fused arithmetic gives 2^-60 where two roundings give 0."""
    a = 1.0 + 2.0**-30
    assert a * a - (1.0 + 2.0**-29) == 0.0
    from fractions import Fraction

    assert float(Fraction(a) ** 2 - Fraction(1.0 + 2.0**-29)) == 2.0**-60
