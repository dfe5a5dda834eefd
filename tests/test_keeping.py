"""Fits and statistics in files: the same after as before, whole or not at all, damage told."""

import datetime
import json
import os
import pickle
import subprocess
import sys
import zipfile
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from test_merging import DATA, FAMILIES, SETTINGS, H, numbers, pick
from test_renewal import assert_same, fit

import hierfast as hf
from hierfast import archive
from hierfast.codec import decode, encode

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
QUIET = {"progressbar": False}
TOLD = r"is damaged, or was cut off|is no file that hierfast saved|is of format"
NORMAL = FAMILIES["normal"][0]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fit.hierfast"


def kept(found, path, **change):
    found.save(path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    return hf.load(path, **change)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_fit_is_the_same_after(name, path):
    before = fit(name, **({"scheme": "gibbs"} if "gibbs" in name else {}))
    after = kept(before, path)
    assert_same(after, before)
    assert after.model == before.model
    assert after.settings.y == before.settings.y
    assert repr(after) == repr(before)
    assert repr(after.plan) == repr(before.plan)
    assert list(after.terms) == list(before.terms)
    np.testing.assert_array_equal(
        after.groups.quantile([0.1, 0.9]), before.groups.quantile([0.1, 0.9])
    )


@pytest.mark.parametrize("name", ["normal gibbs", "negative", "multinomial", "student offset"])
def test_a_loaded_fit_goes_on_without_the_data(name, path):
    half = np.arange(240) < 150
    before = fit(name, pick(half), draws=15)
    after = kept(before, path, cores=1)
    assert_same(after.extend(5, **QUIET), fit(name, pick(half)))
    assert_same(after.update(pick(~half), **QUIET), fit(name, draws=15))


@pytest.mark.parametrize("name", FAMILIES)
def test_statistics_are_the_same_after(name, path):
    model, y, _ = FAMILIES[name]
    before = model.statistics(DATA, y=y, group="g")
    after = kept(before, path)
    assert type(after) is type(before)
    mine, theirs = numbers(after), numbers(before)
    assert mine.keys() == theirs.keys()
    for field, value in theirs.items():
        np.testing.assert_array_equal(mine[field], value, err_msg=field)
    assert getattr(after, "link", None) is getattr(before, "link", None)
    np.testing.assert_array_equal((after + before).n, 2 * before.n)


LABELS = {
    "text": ["\u00fc", "", "a" * 300, "\U0001f600"],
    "objects": np.array(["x", "y\0", "\u00df", "zz"], dtype=object),
    "bytes": [b"\xff", b"\0a", b"", b"q"],
    "integers": [-(2**63), 5, 2**63 - 1, 0],
    "words": np.array([2**64 - 1, 1, 2**63, 0], np.uint64),
    "days": [datetime.date(2026, 1, d) for d in (3, 1, 2, 9)],
    "times": np.array(["2026-01-01T00:00:00.000000001", "1969", "2000", "2001"], "M8[ns]"),
    "tuples": [("a", 1), ("a", -1), ("b", 2), ("", 0)],
    "tuples of tuples": [
        (datetime.date(2026, 1, 1), (True, b"x")),
        (datetime.date(2026, 1, 2), (False, b"y")),
        (datetime.date(2025, 1, 1), (False, b"")),
        (datetime.date(2024, 1, 1), (True, b"z")),
    ],
    "flags": [True, False, True, False],
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_all_kinds_are_kept(kind, path):
    data = {"g": LABELS[kind], "y": [1.0, 4.0, 2.0, 8.0]}
    before = NORMAL.fit(data, y="y", group="g", **SETTINGS)
    after = kept(before, path)
    assert_same(after, before)
    assert after.groups.labels.dtype == before.groups.labels.dtype
    assert list(map(type, after.groups.labels)) == list(map(type, before.groups.labels))


def test_models_of_all_kinds_are_described():
    linear = hf.Linear(
        "1 + x + z + x:z",
        {t: hf.Normal(k, 1) for k, t in enumerate(["Intercept", "x", "z", "x:z"])},
    )
    parts = [
        linear,
        hf.Normal(precision=hf.each(hf.Gamma(mean=hf.Exponential(1), alpha=2), by="g")),
        hf.Mixture(
            [hf.PointMass(0.1), hf.Normal(0, H)], weights=hf.Dirichlet([9, 1]), ordered=False
        ),
        hf.Grid(points=[-1, 0, 2.5], base=[1, 2, 1], concentration=hf.Gamma(2, 1)),
        hf.Grid(-1, 1, points=7, base=hf.Normal(0, 2)),
        hf.OrderedLogistic([hf.Normal(k, 1) for k in range(3)], weights="w"),
        hf.Dirichlet(mean=[0.1, 0.2, 0.7], concentration=hf.Exponential(1)),
        hf.TruncatedNormal(hf.Normal(0, 1), H, lower=0),
        hf.Power(-1.5),
        hf.Uniform(-np.inf if False else -1e300, 0.1 + 0.2),
    ]
    for part in parts:
        told = json.loads(json.dumps(encode(part, {}, "x")))
        assert decode(told, {}) == part


def test_what_is_not_ours_is_not_saved(path):
    class Mine(hf.HalfNormal):
        pass

    found = hf.Model(hf.Normal(sigma=1), hf.Normal(0, hf.HalfNormal(1))).fit(
        DATA, y="y", group="g", **SETTINGS
    )
    with pytest.raises(TypeError, match="Mine cannot be saved"):
        encode(Mine(1), {}, "x")
    hand = hf.Fit(found.plan, found._draws, 1, 0.0)
    with pytest.raises(ValueError, match="put together"):
        hand.save(path)
    assert not path.exists()


def test_arrays_are_read_by_numpy(path):
    found = fit("normal")
    found.save(path)
    with np.load(path) as arrays:
        np.testing.assert_array_equal(
            arrays["draws.values"][:, 0], next(iter(found.hyper.values()))
        )


def test_a_save_that_fails_leaves_the_old_file(path, monkeypatch):
    old, new = fit("normal"), fit("normal", random_seed=9)
    old.save(path)
    content, calls = path.read_bytes(), []

    def fail(*args, **other):
        calls.append(args)
        if len(calls) == 4:
            raise OSError("no space left")
        return write(*args, **other)

    write = archive.npy.write_array
    monkeypatch.setattr(archive.npy, "write_array", fail)
    with pytest.raises(OSError, match="no space left"):
        new.save(path)
    assert path.read_bytes() == content
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    monkeypatch.undo()
    assert_same(kept(new, path), new)


CUT = """
import os, sys
import hierfast as hf
from hierfast import archive
found, write, calls = hf.load(sys.argv[1]).extend(7, progressbar=False), archive.npy.write_array, []
def end(*args, **other):
    calls.append(0)
    write(*args, **other)
    if len(calls) == 5:
        os._exit(9)
archive.npy.write_array = end
found.save(sys.argv[1])
"""


def test_a_process_that_dies_leaves_the_old_file(path):
    found = fit("normal")
    found.save(path)
    done = subprocess.run(
        [sys.executable, "-P", "-c", CUT, str(path)], check=False, env=dict(os.environ)
    )
    assert done.returncode == 9
    assert len(list(path.parent.iterdir())) == 2  # what was begun stands beside
    assert_same(hf.load(path), found)


def test_links_are_followed(path):
    real = path.with_name("real")
    found = fit("normal")
    found.save(real)
    path.symlink_to(real)
    found.extend(3, **QUIET).save(path)
    assert path.is_symlink()
    assert hf.load(real).shape[1] == found.shape[1] + 3


def same(one, other):
    return (one.plan.notes, one.model) == (other.plan.notes, other.model) and all(
        np.array_equal(v, other.hyper[k]) for k, v in one.hyper.items()
    )


def test_no_byte_is_wrong_in_silence(path):
    found = fit("normal", chains=1, draws=4)
    found.save(path)
    content = path.read_bytes()
    rng, told = np.random.default_rng(4), 0
    places = rng.choice(len(content), 150, replace=False)
    for at in places:
        spoilt = bytearray(content)
        spoilt[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(spoilt)
        with suppress(ValueError):
            again = hf.load(path)
            assert same(again, found)
            np.testing.assert_array_equal(again.groups.draws(), found.groups.draws())
            continue
        with pytest.raises(ValueError, match=TOLD):
            hf.load(path)
        told += 1
    assert told > 100


def test_files_that_are_cut_off_are_told(path):
    fit("normal", chains=1, draws=4).save(path)
    content = path.read_bytes()
    for length in (*range(0, 60, 7), *range(100, len(content), 211), len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=TOLD):
            hf.load(path)
    with pytest.raises(FileNotFoundError):
        hf.load(path.with_name("nowhere"))


def rewrite(path, change):
    """Write a file again with another description."""
    with zipfile.ZipFile(path) as old:
        parts = {m: old.read(m) for m in old.namelist()}
    head = json.loads(parts["hierfast.json"])
    change(head)
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, json.dumps(head) if name == "hierfast.json" else content)


def test_other_versions_and_plans_are_told(path):
    def change(**what):
        fit("normal").save(path)
        rewrite(path, lambda head: head.update(what))

    change(hierfast=2, version="9.9")
    with pytest.raises(
        ValueError, match=r"is of format 2, written by hierfast 9\.9; this is hierfast"
    ):
        hf.load(path)
    change(version="9.9")
    assert hf.load(path).shape == (2, 20)
    fit("normal").save(path)
    rewrite(path, lambda head: head["plan"].update(scheme="gibbs"))
    with pytest.raises(
        ValueError, match="sampled with scheme='gibbs', and this version would with 'coll"
    ):
        hf.load(path)
    for wrong in ({"class": "Popen", "arguments": {"args": "ls"}}, {"evil": 1}, [1], None):
        change(statistics=wrong)
        with pytest.raises(ValueError, match="is damaged"):
            hf.load(path)


@pytest.mark.parametrize("field", ["rows", "labels", "y"])
def test_arrays_that_do_not_fit_together_are_told(field, path):
    stats = FAMILIES["negative"][0].statistics(DATA, y="a", group="g")
    replace(stats, **{field: getattr(stats, field)[:-1]}).save(path)
    with pytest.raises(ValueError, match=r"rows for .* groups"):
        hf.load(path)
    terms = replace(stats.terms, group=stats.terms.group + 1)
    replace(stats, terms=terms).save(path)
    with pytest.raises(ValueError, match="terms are of groups that there are not"):
        hf.load(path)


def test_pickles_and_other_files_are_refused(path):
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ValueError, match="is no file that hierfast saved"):
        hf.load(path)
    np.savez(path.with_suffix(".npz"), a=np.ones(3))
    with pytest.raises(ValueError, match="is no file that hierfast saved"):
        hf.load(path.with_suffix(".npz"))
    arrays = {"x": np.array([{"a": 1}], dtype=object)}
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        archive.write_archive(path, {"kind": "fit"}, arrays)


def test_states_of_chains_are_not_in_files(path):
    found = fit("negative", scheme="gibbs")
    assert found._draws.states
    after = kept(found, path)
    assert after._draws.states == ()
    assert_same(after, hf.Fit(found.plan, replace(found._draws, states=()), 1, 0.0))
