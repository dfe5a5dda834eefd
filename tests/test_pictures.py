"""Pictures of hyperparameters, ranks, replicated rows: what is drawn, against SciPy and counts by hand."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from scipy import integrate, stats
from test_renewal import fit as family

import hierfast as hf

mpl.use("Agg")
from matplotlib import pyplot as plt

H, N = hf.HalfNormal, hf.Normal


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def fit(population, table=None, **other):
    table = hf.datasets.load("eight_schools") if table is None else table
    model = hf.Model(other.pop("likelihood", N(sigma="se")), population)
    names = {"y": "effect", "group": "school"} | other
    return model.fit(table, **names, random_seed=1, progressbar=False), table


def stairs(ax):
    return [patch.get_data() for patch in ax.patches if hasattr(patch, "get_data")]


def test_priors_are_those_of_scipy_and_posteriors_count_draws():
    found, _ = fit(N(N(0, 5), hf.HalfCauchy(5)))
    axes = found.plot.prior()
    for ax, name, prior in zip(
        axes, found.hyper, (stats.norm(0, 5), stats.halfcauchy(scale=5)), strict=True
    ):
        x, y = ax.lines[0].get_data()
        np.testing.assert_allclose(y, prior.pdf(x), rtol=1e-9)
        draws = found.hyper[name].ravel()
        ((values, edges, _),) = stairs(ax)
        inside = [((draws >= a) & (draws < b)).sum() for a, b in pairwise(edges)]
        np.testing.assert_allclose(values * np.diff(edges) * 4000, inside, atol=1.01)
        assert ax.get_xlim()[0] <= np.quantile(draws, 0.001) and x[-1] > np.quantile(draws, 0.999)
        assert ax.get_title(loc="left") == name
    assert axes[1].get_xlim()[0] == 0.0
    texts = [t.get_text() for t in axes[0].get_legend().get_texts()]
    assert texts == ["posterior", "prior"]


def test_a_prior_that_reads_an_unknown_is_averaged_over_it():
    found, _ = fit(N(hf.Flat(), H(H(4))))
    axes = found.plot.prior()
    assert not axes[0].lines and axes[0].get_xlabel() == "improper prior Flat: no density"
    ax = next(a for a in axes if a.get_title(loc="left") == "school_sigma")
    x, y = ax.lines[0].get_data()
    for k in (10, 60, 200):
        want, _ = integrate.quad(
            lambda s, at=x[k]: stats.halfnorm.pdf(at, scale=s) * stats.halfnorm.pdf(s, scale=4),
            0,
            40,
        )
        np.testing.assert_allclose(y[k], want, rtol=0.15)


def test_a_prior_that_reads_an_improper_one_says_so():
    found, _ = fit(N(N(hf.Flat(), 1), H(4)))
    told = {ax.get_title(loc="left"): ax.get_xlabel() for ax in found.plot.prior()}
    (above,) = set(told) - {"school_mu", "school_sigma"}
    assert told == {
        above: "improper prior Flat: no density",
        "school_mu": f"reads {above}, improper prior Flat: no density",
        "school_sigma": "",
    }


def test_weights_are_drawn_from_their_prior():
    parts = [hf.PointMass(0), N(0, H(9)), N(0, 3)]
    found, _ = fit(hf.Mixture(parts, weights=hf.Dirichlet([3, 2, 4])))
    names = [f"school_weights[{k}]" for k in range(3)]
    for ax, name, a in zip(found.plot.prior(names=names), names, (3, 2, 4), strict=True):
        x, y = ax.lines[0].get_data()
        assert len(x) == 40 and ax.get_title(loc="left") == name
        np.testing.assert_allclose(y, stats.beta(a, 9 - a).pdf(x), rtol=0.05, atol=0.05)


def test_unknowns_in_order_are_drawn_in_order():
    found = family("ordered")
    panels = found.plot.prior()
    assert [ax.get_title(loc="left") for ax in panels] == list(found.hyper)
    prior = stats.norm(0, 2)
    for ax, rest in zip(
        panels, (prior.sf, prior.cdf), strict=False
    ):  # the smaller of two, the larger
        x, y = ax.lines[0].get_data()
        np.testing.assert_allclose(y, 2 * prior.pdf(x) * rest(x), rtol=0.1, atol=0.01)
    assert [ax.get_title(loc="left") for ax in panels[:2]] == ["cutpoints[0]", "cutpoints[1]"]


def test_pairs_show_draws_and_correlations():
    found, _ = fit(N(N(0, 5), hf.HalfCauchy(5)))
    axes = found.plot.pairs()
    mu, tau = (v.ravel() for v in found.hyper.values())
    x, y = axes[1, 0].lines[0].get_data()
    np.testing.assert_array_equal(x, mu[::2])
    np.testing.assert_array_equal(y, tau[::2])
    assert axes[0, 1].texts[0].get_text() == f"r = {np.corrcoef(mu, tau)[0, 1]:.2f}"
    values, edges, _ = stairs(axes[1, 1])[0]
    np.testing.assert_allclose(values, np.histogram(tau, edges, density=True)[0])
    assert axes[1, 0].get_xlabel() == "school_mu" and axes[1, 0].get_ylabel() == "school_sigma"


@pytest.mark.parametrize("count", [8, 130])
def test_rank_probabilities_are_counted(count):
    table = hf.datasets.simulate(count, 5 * count, seed=2)
    found, _ = fit(
        N(N(0, 5), H(2)), table, likelihood=N(sigma=H(2)), y="y", group="group", draws=100
    )
    ax = found.plot.rank_probs()
    shown = ax.collections[0].get_array()
    effects = found.groups.draws().reshape(400, -1)
    ranks = stats.rankdata(-effects, axis=1)
    order = np.argsort(-found.groups.mean)
    j = len(order)
    classes = j if j <= 40 else 50
    want = np.zeros((classes, classes))
    for place, group in enumerate(order):
        for r in ranks[:, group]:
            want[place * classes // j, int(r - 1) * classes // j] += 1
    np.testing.assert_allclose(shown, want / want.sum(axis=1, keepdims=True))
    edges = ax.collections[0].get_coordinates()[0, :, 0]
    assert edges[0] == 0.5 and edges[-1] == j + 0.5
    for b in range(classes):  # a class holds the ranks between its edges
        inside = [r for r in range(1, j + 1) if edges[b] < r < edges[b + 1]]
        assert inside == [r for r in range(1, j + 1) if (r - 1) * classes // j == b]
    if j == 8:
        labels = [t.get_text() for t in ax.get_yticklabels()]
        assert labels == [str(v) for v in found.groups.labels[order]]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_statistics_are_drawn_against_replicated_ones():
    found, table = fit(N(N(0, 5), hf.HalfCauchy(5)))
    ax = found.plot.predictive(table, statistic="max", random_seed=3)
    check = found.posterior_predictive(table, statistic="max", random_seed=3)
    values, edges, _ = stairs(ax)[0]
    want, _ = np.histogram(check.replicated["max"], edges)
    np.testing.assert_allclose(values, want / 4000)
    assert want.sum() == 4000 and ax.lines[0].get_xdata()[0] == 28.0
    assert ax.get_title(loc="left").startswith(f"p = {check.p_value['max']:.3f}")
    share = lambda y, codes: (y > 20).mean()  # noqa: E731
    values, edges, _ = stairs(found.plot.predictive(table, statistic=share, random_seed=3))[0]
    np.testing.assert_allclose(0.5 * (edges[:-1] + edges[1:]), np.arange(len(values)) / 8)
    assert values.sum() == pytest.approx(1)


def test_the_distribution_of_rows_is_drawn_in_its_band():
    rng = np.random.default_rng(1)
    data = {"g": np.repeat(np.arange(30), 10), "y": rng.poisson(3, 300)}
    found, _ = fit(N(N(0, 2), H(1)), data, likelihood=hf.Poisson(), y="y", group="g")
    ax = found.plot.predictive(data, random_seed=2, draws=400)
    band, middle, seen = stairs(ax)
    edges = seen.edges
    np.testing.assert_allclose(edges, np.arange(edges[0], edges[-1] + 0.5))
    assert edges[0] == -0.5
    count = lambda y: np.histogram(y, edges)[0] / 300  # noqa: E731
    np.testing.assert_allclose(seen.values, count(data["y"]))
    again = found.posterior_predictive(data, draws=400, random_seed=2, keep=True).y
    shares = np.array([count(y) for y in again.reshape(-1, 300)])
    np.testing.assert_allclose(middle.values, np.quantile(shares, 0.5, axis=0))
    np.testing.assert_allclose(band.baseline, np.quantile(shares, 0.05, axis=0))
    np.testing.assert_allclose(band.values, np.quantile(shares, 0.95, axis=0))


def test_axes_of_ones_own():
    found, table = fit(N(N(0, 5), hf.HalfCauchy(5)))
    _, ax = plt.subplots()
    assert found.plot.rank_probs(ax) is ax
    assert found.plot.predictive(table, ax, random_seed=1) is ax
    assert found.plot.prior(ax, names=["school_mu"])[0] is ax
    _, axes = plt.subplots(2, 2)
    assert found.plot.pairs(axes) is axes


def test_wrong_pictures_are_told():
    found, table = fit(N(N(0, 5), hf.HalfCauchy(5)))
    with pytest.raises(
        ValueError, match="names holds 'tau', and the fit's hyperparameters are school_mu"
    ):
        found.plot.prior(names=["tau"])
    with pytest.raises(
        ValueError, match=r"takes 2 to 8 hyperparameters, and names gives 1; there are"
    ):
        found.plot.pairs(names=["school_mu"])
    with pytest.raises(ValueError, match="axes must be 2, one for each picture; got 1"):
        found.plot.prior(plt.subplots()[1])
    with pytest.raises(ValueError, match=r"axes must be \(2, 2\); got \(\)"):
        found.plot.pairs(plt.subplots()[1])
    with pytest.raises(TypeError, match="statistic must be a name or a function, one a picture"):
        found.plot.predictive(table, statistic=["max", "min"])
    with pytest.raises(ValueError, match="statistic must be a function, or one of 'mean'"):
        found.plot.predictive(table, statistic="largest")
    known, _ = fit(N(0, 5))
    with pytest.raises(ValueError, match=r"takes 1 or more hyperparameters, .* there are none"):
        known.plot.prior()
    shares = family("multinomial")
    with pytest.raises(ValueError, match="shares are vectors"):
        shares.plot.rank_probs()
    grid = family("grid")
    assert "weights of a Grid" in grid.plot.prior(names=["g_mean"])[0].get_xlabel()
