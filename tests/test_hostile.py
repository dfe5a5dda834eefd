"""Hostile use: a right answer or an error with a name, never a crash and never another number."""

import copy
import hashlib
import os
import pickle
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import hierfast as hf

MODEL = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
TABLE = hf.datasets.simulate(3000, 20_000, seed=4)
SCHEMES = ["collapsed", "gibbs"]


def digest(seed, scheme="collapsed", table=TABLE):
    fit = MODEL.fit(
        table, y="y", group="group", scheme=scheme, draws=50, tune=20, random_seed=seed,
        progressbar=False,
    )  # fmt: skip
    h = hashlib.sha256(fit.groups.draws(draws=[3]).tobytes())
    h.update(fit.groups.interval().tobytes())
    return h.hexdigest()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_threads_that_share_a_model_do_not_share_draws(scheme):
    want = [digest(seed, scheme) for seed in range(4)]
    found = [None] * 4

    def work(seed):
        found[seed] = digest(seed, scheme)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == want


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_draws_the_same():
    want = digest(1)
    inward, outward = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(outward, digest(1).encode())
        finally:
            os._exit(0)
    os.close(outward)
    with os.fdopen(inward) as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    assert found == want


def test_models_and_statistics_travel():
    for twin in (pickle.loads(pickle.dumps(MODEL)), copy.deepcopy(MODEL), copy.copy(MODEL)):
        assert twin == MODEL
    stats = hf.Statistics.from_summary(n=[2, 3], mean=[1.0, 2.0], sd=[1.0, 1.0], labels=["a", "b"])
    twin = pickle.loads(pickle.dumps(stats))
    assert twin.labels.tolist() == ["a", "b"] and twin.mean.tolist() == [1.0, 2.0]


def test_a_fit_that_cannot_travel_says_so():
    fit = MODEL.fit({"y": TABLE["y"][:99], "g": np.arange(99) % 9}, y="y", group="g", random_seed=1)
    with pytest.raises(TypeError):
        pickle.dumps(fit)
    assert fit.groups.mean.shape == (9,)


def run(code, **options):
    command = [sys.executable, "-P", "-c", textwrap.dedent(code)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def with_room(room):
    """What a fit prints that may take so many megabytes more than it has at the start."""
    done = run(f"""
        import resource, hierfast as hf
        from scipy import special
        t = hf.datasets.simulate(200_000, 1_000_000, seed=1)
        m = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
        size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + {room} * 2**20,) * 2)
        try:
            fit = m.fit(t, y="y", group="group", random_seed=1, cores=2, progressbar=False)
            print(float(fit.groups.mean[::99].sum()), float(fit.groups.interval()[::99].sum()))
        except MemoryError:
            print("MemoryError")
        except RuntimeError as error:  # no room for a thread's stack
            assert "thread" in str(error)
            print("MemoryError")
    """)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux's")
def test_memory_that_runs_out_is_a_memory_error():
    want = with_room(8000)
    assert want != "MemoryError"
    assert with_room(20) == "MemoryError"
    assert {with_room(room) for room in (60, 100, 150, 250)} <= {"MemoryError", want}


def test_a_folder_that_is_gone_and_no_home(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = """
        import os
        os.rmdir(os.getcwd())
        import hierfast as hf
        print(len(hf.datasets.load("radon")["county"]))
    """
    clean = {k: v for k, v in os.environ.items() if k not in ("HOME", "TMPDIR")}
    done = run(code, cwd=gone, env=clean)
    assert done.stdout.strip() == "919", done.stderr


def test_arrays_that_change_while_they_are_read_do_no_harm_to_others():
    frozen = {k: v.copy() for k, v in TABLE.items()}
    for values in frozen.values():
        values.flags.writeable = False
    assert digest(2, table=frozen) == digest(2)
    assert all((frozen[k] == TABLE[k]).all() for k in TABLE)
