"""Trees for ArviZ and files that are streamed: against the fit's own draws, and as ArviZ reads them."""

import datetime

import numpy as np
import pytest
from scipy import stats
from test_merging import DATA, FAMILIES, SETTINGS
from test_renewal import fit

import hierfast as hf
from hierfast import densities, streams
from hierfast.hyper import log_hyper

xr = pytest.importorskip("xarray")
pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
WRITERS = {"to_netcdf": ("h5netcdf", "h5netcdf"), "to_zarr": ("zarr", "zarr")}
KINDS = ["normal linear", "scales", "poisson", "ordered", "multinomial", "grid", "mixture"]


def write(found, method, path, *args, **other):
    pytest.importorskip(WRITERS[method][0])
    getattr(found, method)(path, *args, **other)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    with xr.open_datatree(path, engine=WRITERS[method][1]) as tree:
        return tree.load()


def check(tree, found, labels, draws):
    posterior = tree["posterior"]
    for name, values in found.hyper.items():
        assert posterior[name].dims == ("chain", "draw")
        np.testing.assert_array_equal(posterior[name], values[:, draws])
    names = ["theta", *list(found.terms)[1:]]
    for name, groups in zip(names, found.terms.values(), strict=True):
        assert posterior[name].dims[:3] == ("chain", "draw", "g")
        np.testing.assert_array_equal(posterior[name], groups.draws(labels, draws))
    assert posterior["g"].values.tolist() == list(found.groups.labels if labels is None else labels)
    assert posterior["draw"].values.tolist() == np.arange(found.shape[1])[draws].tolist()
    assert tree["observed_data"].sizes["g"] == posterior.sizes["g"]
    for dataset in tree.children.values():
        assert not set(dataset.data_vars) & set(dataset.dims)
        assert set(dataset.dims) <= set(dataset.coords)
        assert dataset.attrs["inference_library"] == "hierfast"


@pytest.mark.parametrize("name", KINDS)
def test_the_tree_holds_the_fit(name):
    found = fit(name)
    check(found.to_datatree(), found, None, slice(None))
    labels = ["g07", "g00"]
    check(found.to_datatree(labels, slice(2, 17, 3)), found, labels, slice(2, 17, 3))
    assert "theta" not in found.to_datatree(groups=False)["posterior"]


def test_hyperparameters_are_views():
    found = fit("normal")
    values = found.to_datatree()["posterior"]["sigma"].values
    assert np.shares_memory(values, found.hyper["sigma"])


def test_what_is_known_and_observed():
    tree = fit("normal linear").to_datatree()
    data = tree["observed_data"]
    for j, label in enumerate(data["g"].values):
        rows = DATA["g"] == label
        assert data["y_n"][j] == rows.sum()
        np.testing.assert_allclose(data["y_mean"][j], DATA["y"][rows].mean(), atol=1e-12)
        assert tree["constant_data"]["x"][j] == DATA["x"][rows][0]
    counts = fit("multinomial").to_datatree()["observed_data"]["k, b_count"]
    assert counts.dims == ("g", "category")
    assert counts.values.sum() == DATA["k"].sum() + DATA["b"].sum()
    grid = fit("grid")
    np.testing.assert_allclose(grid.to_datatree()["posterior"]["g_weights"].sum("point"), 1.0)


def test_the_share_of_accepted_proposals():
    found = fit("normal", draws=400, tune=60)
    rate = found.to_datatree(draws=slice(3))["sample_stats"]["acceptance_rate"]
    assert rate.shape == (2, 3)
    moved = (np.diff(found.hyper["sigma"]) != 0).mean(axis=1)  # a proposal that is refused repeats
    np.testing.assert_allclose(rate[:, 0], moved, atol=0.004)


@pytest.mark.parametrize("method", WRITERS)
@pytest.mark.parametrize("name", ["normal linear", "scales", "multinomial", "grid"])
def test_files_hold_the_same(method, name, tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "HELD", 100)
    monkeypatch.setattr(streams, "CHUNK", (1, 3, 2))
    found = fit(name)
    check(write(found, method, tmp_path / "x"), found, None, slice(None))
    labels = list(found.groups.labels[[11, 0, 5]])
    (tmp_path / "more").mkdir()
    tree = write(found, method, tmp_path / "more" / "x", labels, slice(1, None, 2))
    check(tree, found, labels, slice(1, None, 2))


@pytest.mark.parametrize("method", WRITERS)
@pytest.mark.parametrize("effects", [False, True])
def test_files_hold_the_same_densities(method, effects, tmp_path, monkeypatch):
    """Made piece by piece, of the groups that have rows, or as they are given."""
    monkeypatch.setattr(streams, "HELD", 100)
    monkeypatch.setattr(streams, "CHUNK", (1, 3, 2))
    found = fit("multinomial" if effects else "normal")
    some = [effects, slice(1, None, 2)]
    given = np.random.default_rng(1).normal(size=(2, 10, 12))
    for i, density in enumerate((True, given)):
        (tmp_path / str(i)).mkdir()
        path = tmp_path / str(i) / "x"
        tree = write(found, method, path, *some, log_likelihood=density)
        want = found.to_datatree(*some, log_likelihood=density)["log_likelihood"]
        got = tree["log_likelihood"]
        assert list(got.data_vars) == list(want.data_vars) == [found.plan.y_name]
        for name in ("g", "draw", "chain", found.plan.y_name):
            np.testing.assert_array_equal(got[name], want[name])
        assert got[found.plan.y_name].attrs == want[found.plan.y_name].attrs
        assert ("theta" in tree["posterior"]) == effects


@pytest.mark.parametrize("method", WRITERS)
def test_many_effects_are_written_only_where_asked_for(method, tmp_path, monkeypatch):
    monkeypatch.setattr("hierfast.trees.SMALL", 1000)
    found = fit("normal")
    with pytest.warns(hf.ExportWarning, match=r"effects of 12 groups would take 3,840 bytes"):
        tree = write(found, method, tmp_path / "x")
    assert "theta" not in tree["posterior"]
    assert "sigma" in tree["posterior"]
    (tmp_path / "all").mkdir()
    check(write(found, method, tmp_path / "all" / "x", True), found, None, slice(None))


def test_cost_is_told_before_memory_is_taken(monkeypatch):
    found = fit("normal")
    with pytest.raises(
        ValueError, match=r"effects of 12 groups would take 3,840 bytes, more than the limit of 10"
    ):
        found.to_datatree(groups=True, limit=10)
    assert found.to_datatree(groups=["g01"], limit=400)["posterior"].sizes["g"] == 1
    monkeypatch.setattr("hierfast.trees.SMALL", 10)
    with pytest.warns(hf.ExportWarning, match="left out; ask for them with groups=True"):
        tree = found.to_datatree()
    assert list(tree["posterior"].data_vars) == list(found.hyper)


@pytest.mark.parametrize("method", WRITERS)
def test_files_are_whole_or_not_there(method, tmp_path, monkeypatch):
    pytest.importorskip(WRITERS[method][0])
    found, path = fit("normal"), tmp_path / "x"

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(type(found.groups), "_make", fail)
    with pytest.raises(OSError, match="no space left"):
        getattr(found, method)(path)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(streams.shutil, "disk_usage", lambda _: type("U", (), {"free": 100}))
    with pytest.raises(
        OSError, match=r"effects and densities of 12 groups take 7,680 bytes, and .* has 100 left"
    ):
        getattr(found, method)(path)
    if method == "to_zarr":
        path.mkdir()
        with pytest.raises(FileExistsError, match="is there already"):
            found.to_zarr(path)


LABELS = {
    "text": ["\u00fc", "", "a" * 40],
    "bytes": [b"a", b"\xff", b"c"],
    "integers": [3, -2, 2**40],
    "days": [datetime.date(2026, 1, d) for d in (3, 1, 2)],
    "tuples": [("a", 1), ("a", 2), ("b", 1)],
    "flags": [True, False, True],
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("method", WRITERS)
def test_labels_of_all_kinds(kind, method, tmp_path):
    data = {"draw": LABELS[kind], "y": [1.0, 2.0, 4.0]}
    found = FAMILIES["normal"][0].fit(data, y="y", group="draw", **SETTINGS)
    tree = write(found, method, tmp_path / "x", draws=[3])
    posterior = tree["posterior"]
    assert posterior["theta"].dims == ("chain", "draw", "draw_dim")
    assert posterior["draw"].values.tolist() == [3]
    np.testing.assert_array_equal(posterior["theta"], found.groups.draws(draws=[3]))
    assert len(set(posterior["draw_dim"].values.tolist())) == len(found.groups)


def test_wrong_choices_are_told():
    found = fit("normal")
    with pytest.raises(KeyError, match="there is no group 'zz'"):
        found.to_datatree(["zz"])
    with pytest.raises(ValueError, match=r"draws must be a slice or some of 0 \.\. 19"):
        found.to_datatree(draws=3)
    with pytest.raises(ValueError, match="groups is an empty list"):
        found.to_datatree([])
    with pytest.raises(IndexError):
        found.to_datatree(draws=[20])
    with pytest.raises(ValueError, match=r"log_likelihood must have the shape \(2, 20, 12\)"):
        found.to_datatree(log_likelihood=np.zeros((2, 20)))


def test_the_log_density_of_hyperparameters():
    found, _ = schools()
    x = found.to_datatree(draws=slice(5, 20), log_likelihood=False)
    assert "log_likelihood" not in x.children
    mu, tau = (found.hyper[f"school_{k}"][:, 5:20] for k in ("mu", "sigma"))
    table = hf.datasets.load("eight_schools")
    by_hand = stats.norm.logpdf(mu, 0, 5) + stats.halfcauchy.logpdf(tau, scale=5)
    for y, se in zip(table["effect"], table["se"], strict=True):
        by_hand += stats.norm.logpdf(y, mu, np.hypot(se, tau))
    off = x["sample_stats"]["lp"].values - by_hand
    np.testing.assert_allclose(off, off[0, 0], atol=1e-9)


@pytest.mark.parametrize("name", ["normal linear", "scales", "poisson", "multinomial", "mixture"])
def test_densities_of_groups_add_up_to_that_of_the_hyperparameters(name):
    found = fit(name)
    tree = found.to_datatree(log_likelihood=True)
    rows = tree["log_likelihood"][found.plan.y_name].sum("g").values
    prior = log_hyper(found.plan.graph, np.concatenate(list(found._draws.values), axis=1))
    off = tree["sample_stats"]["lp"].values - rows - prior.reshape(rows.shape)
    np.testing.assert_allclose(off, off[0, 0], atol=1e-6 * np.abs(rows).max())


def test_densities_of_groups_are_those_left_out():
    data = {"n": [10, 20, 30, 20, 10], "y": [3, 8, 9, 8, 3], "g": list("abcde")}
    groups = {"g": list("abcdef")}
    model = hf.Model(hf.Binomial(n="n"), hf.Beta(hf.HalfNormal(5), hf.HalfNormal(5)))
    found = model.fit(data, y="y", group="g", groups=groups, random_seed=1, progressbar=False)
    density = found.to_datatree()["log_likelihood"]["y"]
    a, b = (found.hyper[f"g_{k}"][..., None] for k in ("alpha", "beta"))
    want = stats.betabinom.logpmf(np.array(data["y"]), np.array(data["n"]), a, b)
    np.testing.assert_allclose(density, want, rtol=1e-9)
    assert density["g"].values.tolist() == list("abcde") and density.attrs["measure"] == "rows"
    some = found.to_datatree(["f", "d", "a"], [7, 3])["log_likelihood"]["y"]
    np.testing.assert_array_equal(some, density[:, [7, 3]][:, :, [3, 0]])
    assert some["g"].values.tolist() == ["d", "a"]
    only = found.to_datatree(["f"], log_likelihood=True)["log_likelihood"]["y"]
    assert only.shape == (4, 1000, 0)


def test_densities_that_lack_something_or_cost_much(monkeypatch):
    found = fit("poisson")
    assert "log_likelihood" not in found.to_datatree().children
    asked = found.to_datatree(log_likelihood=True)["log_likelihood"][found.plan.y_name]
    assert asked.attrs == {"measure": "Poisson"}
    with pytest.raises(ValueError, match=r"log_likelihood of 12 groups would take 3,840 bytes"):
        found.to_datatree(groups=False, log_likelihood=True, limit=100)
    monkeypatch.setattr(densities, "AFFORDED", 10)
    monkeypatch.setattr(densities, "SMALL", 10)
    assert "lp" not in fit("normal").to_datatree()["sample_stats"]
    assert "log_likelihood" not in fit("normal").to_datatree().children


def schools(tau=None):
    model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), tau or hf.HalfCauchy(5)))
    table = hf.datasets.load("eight_schools")
    found = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
    mu, tau = (found.hyper[f"school_{k}"][..., None] for k in ("mu", "sigma"))
    se, y = (np.asarray(table[k], dtype=float) for k in ("se", "effect"))
    variance = se**2 + tau**2
    density = -0.5 * ((y - mu) ** 2 / variance + np.log(2 * np.pi * variance))
    return found, density


def open_arviz():
    """ArviZ, and whether it is 0.2x."""
    pytest.importorskip("matplotlib").use("agg")
    az = pytest.importorskip("arviz")
    return az, int(az.__version__.split(".")[0]) == 0


@pytest.mark.parametrize("method", WRITERS)
def test_arviz_reads_the_file(method, tmp_path):
    az, old = open_arviz()
    module, engine = WRITERS[method]
    pytest.importorskip(module)
    found, _ = schools()
    getattr(found, method)(tmp_path / "x")
    if old and engine == "zarr":  # whose version 3 it does not open itself
        data = az.InferenceData.from_datatree(xr.open_datatree(tmp_path / "x", engine=engine))
    else:
        read = az.from_netcdf if engine == "h5netcdf" else az.from_zarr
        data = read(tmp_path / "x", **({"engine": engine} if engine == "h5netcdf" else {}))
    np.testing.assert_array_equal(data["posterior"]["theta"], found.groups.draws())
    assert data["posterior"]["school"].values.tolist() == list("ABCDEFGH")
    data.close()


def test_arviz_reads_the_export():
    az, old = open_arviz()
    found, density = schools()
    data = (found.to_inferencedata if old else found.to_datatree)(log_likelihood=density)
    table = az.summary(data, var_names=["school_mu", "theta"], round_to="none")
    assert len(table) == 9
    np.testing.assert_allclose(table["mean"].iloc[0], found.hyper["school_mu"].mean())
    np.testing.assert_allclose(table["mean"].iloc[1:], found.groups.draws().mean((0, 1)))
    az.plot_forest(data, var_names=["theta"])
    np.testing.assert_allclose(found.to_datatree()["log_likelihood"]["effect"], density, atol=1e-9)
    loo = az.loo(data, pointwise=True)
    each = np.log(1 / np.exp(-density).mean((0, 1)))  # without smoothing of weights
    elpd = loo.elpd_loo if old else loo.elpd
    np.testing.assert_allclose(elpd, each.sum(), atol=0.05)
    np.testing.assert_allclose(elpd, found.loo().elpd, atol=0.005)
    if old:
        assert sorted(data.groups()) == sorted(found.to_datatree(log_likelihood=density).children)
    else:
        with pytest.raises(ImportError, match=r"to_inferencedata is for ArviZ 0\.2x"):
            found.to_inferencedata()


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")  # of ArviZ 0.2x
def test_arviz_diagnoses_and_compares_exports():
    az, old = open_arviz()
    (found, density), (wide, other) = schools(), schools(hf.HalfNormal(100))
    exports = [
        (f.to_inferencedata if old else f.to_datatree)(log_likelihood=d)
        for f, d in ((found, density), (wide, other))
    ]
    own = found.summary()
    for kind, figures in (("ess", own["ess_bulk"]), ("rhat", own["r_hat"])):
        theirs = getattr(az, kind)(exports[0])
        theirs = theirs if old else theirs.dataset
        for name, figure in zip(own.names, figures, strict=True):
            np.testing.assert_allclose(theirs[name], figure, rtol=1e-6)
        assert theirs["theta"].sizes == {"school": 8}
    table = az.compare(
        {"found": exports[0], "wide": exports[1]}, **({} if old else {"round_to": "none"})
    )
    elpd = table["elpd_loo" if old else "elpd"]
    for name, values in (("found", density), ("wide", other)):
        each = np.log(1 / np.exp(-values).mean((0, 1)))
        np.testing.assert_allclose(elpd[name], each.sum(), atol=0.05)
