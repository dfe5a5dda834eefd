"""Progress lines, callbacks, and what an interruption leaves."""

import io
import os
import signal
import subprocess
import sys
import threading
import types
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hierfast as hf
from hierfast import progress as module
from hierfast import threads as waiting
from hierfast.plan import make_plan
from hierfast.sample import longest
from hierfast.sampler import Sampler
from hierfast.threads import run_all, watch

RNG = np.random.default_rng(5)
MODEL = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
KNOWN = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
SMALL = {"y": RNG.normal(0, 2, 30), "g": np.repeat(np.arange(10), 3)}
LARGE = {"y": RNG.normal(0, 2, 6000), "g": np.repeat(np.arange(3000), 2)}
# Ten groups tell all there is to tell: no table holds the moments over the range of variance
# ratios that is left, so that every evaluation reads every cell.
SE = np.concatenate([np.ones(10), np.exp(RNG.normal(12, 0.5, 20000))])
UNEVEN = {"y": RNG.normal(0, 2, 20010), "se": SE}
MANY = 10**6  # draws that no fit below comes to
CASES = {
    "gibbs": (MODEL, LARGE | {}, {"scheme": "gibbs", "tune": 20}),
    "quadrature": (MODEL, {k: v[:60] for k, v in LARGE.items()}, {"scheme": "quadrature"}),
    "collapsed": (KNOWN, UNEVEN, {"scheme": "collapsed:laplace"}),
    "slices": (KNOWN, UNEVEN, {"scheme": "collapsed:slice", "tune": 5}),
}


def fit(model=MODEL, data=SMALL, **other):
    settings = {"random_seed": 2, "progressbar": False} | other
    return model.fit(data, y="y", group="g" if "g" in data else None, **settings)


def interrupt(progress):
    """Press Ctrl-C once half of the chains have some draws."""
    if progress.draws > 60:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("name", list(CASES))
def test_interrupted_draws_are_those_of_a_whole_fit(name, cores):
    model, data, settings = CASES[name]
    with pytest.warns(hf.InterruptWarning, match=r"interrupted: kept [\d,]+ of 1,000,000 draws of"):
        part = fit(model, data, callback=interrupt, draws=MANY, cores=cores, **settings)
    which, length = list(part._draws.chains), part.shape[1]
    assert 1 <= length < MANY and part.shape[0] == len(which)
    short = min(length, 200)
    whole = fit(model, data, draws=short, **settings)
    for key, draws in whole.hyper.items():
        assert part.hyper[key][:, :short].tobytes() == draws[which].tobytes()
    some, at = part.groups.labels[:3], slice(0, short)
    effects = whole.groups.draws(some, at)[which]
    assert part.groups.draws(some, at).tobytes() == effects.tobytes()
    assert np.isfinite(part.groups.mean[:3]).all()


@pytest.mark.parametrize("phase", ["plan", "tune"])
def test_nothing_is_returned_before_the_first_draw(phase):
    def early(progress):
        if progress.phase == phase:
            signal.raise_signal(signal.SIGINT)

    before = threading.active_count()
    data = {k: v[:5000] for k, v in LARGE.items()}
    settings = {"plan": {"scheme": "quadrature"}, "tune": {"scheme": "gibbs", "tune": MANY}}[phase]
    with pytest.raises(KeyboardInterrupt):
        fit(data=data, callback=early, **settings)
    if phase == "tune":
        assert threading.active_count() == before


CHILD = """
import sys, warnings
import numpy as np
import hierfast as hf

model = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
data = {"y": np.sin(np.arange(9000.0)), "g": np.arange(9000) // 3}
said = []

def tell(progress):
    if progress.draws and not said:
        said.append(print("ready", flush=True))

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    fit = model.fit(data, y="y", group="g", scheme="gibbs", tune=5, draws=10**6, callback=tell,
                    progressbar="log")
print(caught[0].message, fit.shape[1] > 0)
"""


def test_a_signal_from_outside_ends_the_fit():
    command = [sys.executable, "-P", "-c", CHILD]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate()
    assert out.startswith("interrupted: kept ") and out.endswith(" True\n")
    assert child.returncode == 0


def test_a_signal_while_waiting_keeps_draws():
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.warns(hf.InterruptWarning):
        fit(data=LARGE, scheme="gibbs", tune=1, draws=MANY)
    timer.join()


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6))
def test_the_kept_chains_hold_most_draws(kept):
    which, length = longest(kept)
    assert which == sorted(set(which)) and all(kept[c] >= length for c in which)
    best = max(sum(k >= n for k in kept) * n for n in kept)
    assert len(which) * length == best


@pytest.mark.parametrize("name", list(CASES))
def test_a_stopped_step_returns_the_sweeps_it_finished(name):
    model, data, settings = CASES[name]
    group = "g" if "g" in data else None
    plan = make_plan(model, data, "y", group, settings["scheme"], 5, 1)
    assert name in ("gibbs", "quadrature") or "read at every step" in repr(plan)
    stop = np.zeros(1, dtype=np.int32)
    sampler = Sampler(plan, 3, 0, stop)
    timer = threading.Timer(0.3, lambda: stop.fill(1))
    timer.start()
    part = sampler.step(MANY)
    timer.join()
    assert part.shape[1] < MANY and sampler.sweep == part.shape[1] + 1
    short = min(part.shape[1], 300)
    assert np.array_equal(Sampler(plan, 3, 0).step(short), part[:, :short])


def test_callback_sees_a_fit_from_the_caller_s_thread():
    seen, threads = [], set()

    def look(progress):
        seen.append(progress)
        threads.add(threading.current_thread())

    fit(data=LARGE, scheme="gibbs", draws=4000, tune=100, chains=2, callback=look)
    assert threads == {threading.current_thread()}
    assert seen[-1] == hf.Progress("draws", 8000, 8000, 1.0, seen[-1].seconds)
    for before, after in pairwise(seen):
        assert before.draws <= after.draws and before.share <= after.share
        assert before.seconds < after.seconds
    assert {p.phase for p in seen} <= {"plan", "tune", "draws"}
    seen.clear()
    fit(callback=look)
    assert [p.draws for p in seen] == [4000]


def test_what_a_callback_raises_stops_the_chains():
    def fail(progress):
        if progress.phase != "plan":
            raise LookupError("enough")

    before = threading.active_count()
    with pytest.raises(LookupError, match="enough"):
        fit(data=LARGE, scheme="gibbs", draws=MANY, callback=fail)
    assert threading.active_count() == before
    with pytest.raises(LookupError, match="enough"):
        fit(callback=fail)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"progressbar": "yes"}, ValueError, "progressbar must be True, False or 'log'; got 'yes'"),
        ({"progressbar": 1}, TypeError, "progressbar must be True, False or 'log'; got 1"),
        ({"progressbar": None}, TypeError, "progressbar must be True, False or 'log'; got None"),
        ({"callback": "x"}, TypeError, "callback must be callable or None; got 'x'"),
    ],
)
def test_wrong_arguments_are_named(settings, error, message):
    with pytest.raises(error) as info:
        fit(**settings)
    assert str(info.value) == message


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


def shown(monkeypatch, stream, **settings):
    monkeypatch.setattr(module, "SLOW", 0.0)
    monkeypatch.setattr(waiting, "POLL", 0.005)
    monkeypatch.setattr(sys, "stderr", stream)
    fit(data=LARGE, scheme="gibbs", draws=5000, tune=100, **settings)
    return stream.getvalue()


def test_a_terminal_shows_one_line(monkeypatch):
    text = shown(monkeypatch, Screen(), progressbar=True)
    assert text.startswith("\r") and text.count("\n") == 1 and text.endswith("\n")
    *_, last = text.split("\r")
    assert last.startswith("20,000 draws in ")


def test_an_error_ends_the_line(monkeypatch):
    def fail(progress):
        if progress.draws:
            raise LookupError

    screen = Screen()
    with pytest.raises(LookupError):
        shown(monkeypatch, screen, progressbar=True, callback=fail)
    assert screen.getvalue().rstrip(" \n").endswith("stopped")


def test_a_log_is_written_only_where_asked(monkeypatch):
    assert shown(monkeypatch, io.StringIO(), progressbar=True) == ""
    assert shown(monkeypatch, Screen(), progressbar=False) == ""
    lines = shown(monkeypatch, io.StringIO(), progressbar="log").splitlines()
    assert lines[-1].startswith("20,000 draws in ") and "\r" not in "".join(lines)
    monkeypatch.setattr(sys, "stderr", None)
    fit(progressbar=True)


def test_a_notebook_shows_one_output(monkeypatch):
    pages = []

    class Handle:
        def update(self, page):
            pages.append(page)

    def display(page, display_id):
        assert display_id is True
        pages.append(page)
        return Handle()

    kernel = types.ModuleType("IPython")
    kernel.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    kernel.display = types.SimpleNamespace(HTML=str, display=display)
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    assert shown(monkeypatch, io.StringIO(), progressbar=True) == ""
    assert len(pages) > 1 and pages[-1].startswith("<code>20,000 draws in ")
    assert shown(monkeypatch, io.StringIO(), progressbar="log") != ""
    kernel.get_ipython = lambda: None
    pages.clear()
    assert shown(monkeypatch, Screen(), progressbar=True) and not pages


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (hf.Progress("plan", 0, 9, 0.0, 3.2), "reading data and planning, 3 s"),
        (hf.Progress("tune", 0, 9, 0.0, 3.0), "tuning, 0% of all sweeps done, time left unknown"),
        (hf.Progress("tune", 0, 9, 0.2, 41.0), "tuning, 20% of all sweeps done, 160 s left"),
        (hf.Progress("draws", 5, 9, 0.5, 11.0), "5 of 9 draws, 2 s a draw, 10 s left"),
        (hf.Progress("draws", 50, 900, 0.01, 401.0), "50 of 900 draws, 8 s a draw, 11.0 h left"),
    ],
)
def test_the_line(progress, text):
    assert module.line(progress, 1.0) == text.replace("160 s", "3 min")


def test_a_failing_task_stops_the_others():
    stop = np.zeros(1, dtype=np.int32)
    begun = threading.Event()

    def fail():
        begun.wait()
        raise ValueError("first")

    def work():
        begun.set()
        while not stop[0]:
            pass

    with pytest.raises(ValueError, match="first"):
        watch([work, fail], 2, stop)
    with pytest.raises(ValueError, match="first"):
        run_all([fail, work], 1)
