"""Diagnostics against ArviZ's, and the table made of them."""

import numpy as np
import pytest
from arviz_stats.base import array_stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hierfast import diagnose as hfd
from hierfast.summary import Summary, summarise

AXES = {"chain_axis": 0, "draw_axis": 1}


def peer(draws):
    """The same figures by ArviZ.

    The error of the sd rests on the effective draws of the squared deviations, as in Vehtari et al.
    and in ArviZ 0.23 and 1.3; releases between took those of the draws.
    """
    mean = draws.mean(axis=(0, 1))
    squares = (draws - mean) ** 2
    variance = squares.mean(axis=(0, 1))
    error = ((squares - variance) ** 2).mean(axis=(0, 1))
    error /= array_stats.ess(draws, method="sd", **AXES)
    return {
        "mean": mean,
        "sd": draws.std(axis=(0, 1), ddof=1),
        "mcse_mean": array_stats.mcse(draws, method="mean", **AXES),
        "mcse_sd": np.sqrt(error / variance / 4),
        **{f"{100 * p:g}%": np.quantile(draws, p, axis=(0, 1)) for p in hfd.PROBS},
        "ess_bulk": array_stats.ess(draws, method="bulk", **AXES),
        "ess_tail": array_stats.ess(draws, method="tail", prob=(0.05, 0.95), **AXES),
        "r_hat": array_stats.rhat(draws, method="rank", **AXES),
    }


def assert_equal_to_peer(draws):
    ours = hfd.diagnose(draws)
    with np.errstate(all="ignore"):
        theirs = peer(draws)
    assert list(ours) == list(theirs)
    unit = np.abs(draws).max()
    for name, values in theirs.items():
        rounding = 0 if name.startswith(("ess", "r_hat")) else 1e-12 * unit
        np.testing.assert_allclose(ours[name], values, rtol=1e-10, atol=rounding, err_msg=name)


def autoregressive(rng, shape, memory):
    noise = rng.normal(size=shape)
    draws = np.empty(shape)
    draws[:, 0] = noise[:, 0]
    for t in range(1, shape[1]):
        draws[:, t] = memory * draws[:, t - 1] + noise[:, t]
    return draws


@pytest.mark.parametrize("memory", [-0.7, 0.0, 0.5, 0.99])
@pytest.mark.parametrize("shape", [(4, 1000, 2), (4, 999, 2), (2, 100, 3), (1, 250, 2)])
def test_chains_of_any_memory(shape, memory):
    assert_equal_to_peer(autoregressive(np.random.default_rng(1), shape, memory))


@pytest.mark.parametrize("n", [4, 5, 6, 7, 8, 9, 10, 11, 16, 17])
def test_few_draws(n):
    assert_equal_to_peer(np.random.default_rng(n).normal(size=(4, n, 50)))


def test_ties_and_heavy_tails():
    rng = np.random.default_rng(2)
    assert_equal_to_peer(np.round(rng.normal(size=(4, 500, 3)), 1))
    assert_equal_to_peer(rng.integers(0, 3, size=(4, 501, 3)).astype(float))
    assert_equal_to_peer(rng.standard_cauchy(size=(4, 500, 3)))


def test_chains_that_disagree():
    draws = np.random.default_rng(3).normal(size=(4, 300, 2))
    draws[3] += 3
    assert_equal_to_peer(draws)
    assert np.all(hfd.r_hat(draws) > 1.4)
    draws[3, :, 1] = draws[3, 0, 1]
    assert_equal_to_peer(draws)


# Few indicators can make a pair of autocorrelations zero but for rounding, where an ESS jumps:
# about one example in ten thousand, hence the same examples every time.
@settings(deadline=None, max_examples=100, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    chains=st.integers(1, 5),
    n=st.integers(4, 150),
    memory=st.floats(-0.9, 0.999),
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-1e3, 1e3),
    places=st.one_of(st.none(), st.integers(0, 2)),
)
def test_any_chains(seed, chains, n, memory, scale, shift, places):
    draws = autoregressive(np.random.default_rng(seed), (chains, n, 2), memory)
    if places is not None:
        draws = np.round(draws, places)
    assert_equal_to_peer(scale * (draws + shift))


@settings(deadline=None)
@given(arrays(np.float64, (3, 10, 2), elements=st.floats(-1e6, 1e6)))
def test_any_array_gives_figures_in_their_range(draws):
    columns = hfd.diagnose(draws)
    for name in ("ess_bulk", "ess_tail"):
        assert np.all(columns[name] > 0)
        assert np.all(columns[name] <= 30 * np.log10(30) * (1 + 1e-12))
    constant = np.ptp(draws, axis=(0, 1)) == 0
    assert np.all(np.isnan(columns["r_hat"]) >= constant)
    quantiles = np.array([columns[hfd.percent(p)] for p in hfd.PROBS])
    assert np.all(np.diff(quantiles, axis=0) >= 0)


def test_constant_draws():
    draws = np.full((4, 100), 0.1)
    assert hfd.ess_bulk(draws) == hfd.ess_tail(draws) == hfd.ess_mean(draws) == 400
    assert np.isnan(hfd.r_hat(draws))
    assert hfd.mcse_mean(draws) == pytest.approx(0, abs=1e-15)


def test_draws_of_two_values():
    draws = np.tile([0.0, 1.0], (4, 50))
    draws[:2, :50] = 0
    draws[2:, :50] = 1
    assert_equal_to_peer(draws[..., None])
    assert hfd.r_hat(draws) > 1.05


def test_one_chain_has_no_r_hat():
    draws = np.random.default_rng(4).normal(size=(1, 1000))
    assert np.isnan(hfd.r_hat(draws))
    assert 700 < hfd.ess_bulk(draws) < 1400


@pytest.mark.parametrize("n", [1, 2, 3])
def test_fewer_than_four_draws_are_not_diagnosed(n):
    draws = np.random.default_rng(5).normal(size=(2, n))
    columns = hfd.diagnose(draws)
    for name in ("mcse_mean", "mcse_sd", "ess_bulk", "ess_tail", "r_hat"):
        assert np.isnan(columns[name]), name
    assert columns["mean"] == pytest.approx(draws.mean())
    assert columns["sd"] == pytest.approx(draws.std(ddof=1))
    assert columns["50%"] == pytest.approx(np.median(draws))
    assert np.isnan(hfd.ess_quantile(draws, 0.5))
    assert np.isnan(hfd.mcse_quantile(draws, 0.5))


def test_nan_stays_with_its_parameter():
    draws = np.random.default_rng(6).normal(size=(4, 100, 3))
    clean = hfd.diagnose(draws)
    draws[2, 50, 1] = np.nan
    columns = hfd.diagnose(draws)
    for name, values in columns.items():
        assert np.isnan(values[1]), name
        assert np.array_equal(values[[0, 2]], clean[name][[0, 2]]), name


def test_each_figure_alone_is_that_of_the_table():
    draws = autoregressive(np.random.default_rng(7), (4, 201, 2, 3), 0.6)
    columns = hfd.diagnose(draws)
    for name in ("r_hat", "ess_bulk", "ess_tail", "mcse_mean", "mcse_sd"):
        assert columns[name].shape == (2, 3)
        np.testing.assert_allclose(getattr(hfd, name)(draws), columns[name], rtol=1e-12)


@pytest.mark.parametrize("prob", [0.01, 0.3, 0.5, 0.95])
def test_quantiles(prob):
    draws = autoregressive(np.random.default_rng(8), (4, 301, 5), 0.5)
    ess = array_stats.ess(draws, method="quantile", prob=prob, **AXES)
    error = array_stats.mcse(draws, method="quantile", prob=prob, **AXES)
    np.testing.assert_allclose(hfd.ess_quantile(draws, prob), ess, rtol=1e-10)
    np.testing.assert_allclose(hfd.mcse_quantile(draws, prob), error, rtol=1e-10)
    np.testing.assert_allclose(
        hfd.ess_mean(draws), array_stats.ess(draws, method="mean", **AXES), rtol=1e-10
    )


def test_blocks_of_parameters_do_not_matter(monkeypatch):
    draws = np.random.default_rng(9).normal(size=(2, 50, 7))
    whole = hfd.diagnose(draws)
    monkeypatch.setattr(hfd, "_BLOCK", 250)
    monkeypatch.setattr(hfd, "_TILE", 1)
    for name, values in hfd.diagnose(draws).items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-12, err_msg=name)


def test_unit_does_not_matter():
    draws = np.random.default_rng(10).normal(size=(4, 100))
    for name in ("r_hat", "ess_bulk", "ess_tail"):
        figure = getattr(hfd, name)
        assert figure(draws * 2.0**-60) == figure(draws)


def test_shape_and_probabilities_are_checked():
    for wrong in (np.zeros(10), np.zeros((0, 10)), np.zeros((2, 0)), np.zeros((2, 10, 0))):
        with pytest.raises(ValueError, match=r"shape \(chains, draws, \.\.\.\)"):
            hfd.diagnose(wrong)
    with pytest.raises(ValueError, match=r"between 0 and 1; got 1\.5"):
        hfd.diagnose(np.zeros((2, 10)), [1.5])


def test_lengths_of_transforms_are_smooth():
    def smooth(n):
        for prime in (2, 3, 5):
            while n % prime == 0:
                n //= prime
        return n == 1

    for least in range(1, 2000):
        expected = next(n for n in range(least, 2 * least + 1) if smooth(n))
        assert hfd._fast_length(least) == expected


def test_summary_holds_columns_by_name():
    rng = np.random.default_rng(11)
    hyper = {"mu": rng.normal(10, 1, size=(4, 500)), "tau": rng.exponential(size=(4, 500))}
    table = summarise(hyper, probs=(0.025, 0.975))
    assert table.names == ("mu", "tau")
    assert table.columns == (
        *("mean", "sd", "mcse_mean", "mcse_sd", "2.5%", "97.5%"),
        *("ess_bulk", "ess_tail", "r_hat"),
    )
    assert table["mean"][1] == hyper["tau"].mean()
    assert set(dict(table)) == set(table.columns)
    assert table.to_dict()["tau"]["97.5%"] == table["97.5%"][1]
    with pytest.raises(KeyError, match="columns are mean, sd"):
        table["median"]


def test_summary_prints_figures_to_their_error():
    columns = {
        "mean": [1234.5678, 0.0123456, 2.0, 3e-12],
        "mcse_mean": [0.32, 0.00041, np.nan, 2e-14],
        "ess_bulk": [3999.6, 17.2, 4000.0, 400.0],
        "r_hat": [1.0004, 1.2, np.nan, 1.0],
    }
    table = Summary("abcd", {name: np.array(values) for name, values in columns.items()})
    assert repr(table) == (
        "      mean  mcse_mean  ess_bulk  r_hat\n"
        "a  1234.57       0.32      4000  1.000\n"
        "b  0.01235    0.00041        17  1.200\n"
        "c        2        nan      4000    nan\n"
        "d    3e-12      2e-14       400  1.000"
    )


def test_no_hyperparameters_no_table():
    assert summarise({}).names == ()
