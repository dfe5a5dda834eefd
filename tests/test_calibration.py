"""Simulation-based calibration (Talts et al. 2018): ranks of the truth among draws are uniform.

Besides the unknowns the test quantities are those that Modrak et al. (2023) call for: the log
likelihood, without which a sampler that ignores the data passes, an effect, the largest effect, and
products of effects with hyperparameters. The simulator is written by hand, the library has no part in it.
Each p-value is held against ALPHA; the default run looks at 140, so that its false-alarm rate is 3%
at most if they were independent; seeds are fixed.
"""

import numpy as np
import pytest
from scipy import stats as st

import hierfast as hf

KEPT = 63  # draws a rank is taken among
ALPHA = 2e-4
QUANTITIES = ("mu", "tau", "sigma", "effect", "largest", "log likelihood", "effect x mu", "z")


def simulate(rng, n_group):
    """Unknowns from the prior, then data: groups of 1 to 4 rows, or many small and a few large."""
    mu, tau, sigma = rng.normal(0, 2), abs(rng.normal(0, 1)), abs(rng.normal(0, 1.5))
    size = rng.integers(1, 5, n_group)
    if n_group >= 30:
        size[::10] = rng.integers(20, 80, len(size[::10]))
    group = np.repeat(np.arange(n_group), size)
    theta = rng.normal(mu, tau, n_group)
    return {"g": group, "y": rng.normal(theta[group], sigma)}, (mu, tau, sigma, theta)


def quantities(data, mu, tau, sigma, theta):
    """What is ranked: (quantities, draws) of unknowns (draws,) and effects (draws, groups)."""
    y, g = data["y"], data["g"]
    n = np.bincount(g)
    mean = np.bincount(g, weights=y) / n
    within = ((y - mean[g]) ** 2).sum() + ((theta - mean) ** 2 * n).sum(axis=-1)
    fit = -len(y) * np.log(sigma) - within / (2 * sigma**2)
    one = theta[..., len(n) // 3]
    return np.array([mu, tau, sigma, one, theta.max(axis=-1), fit, one * mu, (one - mu) / tau])


def ranks(scheme, model, count, draws, n_group=12):
    out = np.empty((count, len(QUANTITIES)), dtype=int)
    at = np.linspace(0, draws - 1, KEPT).astype(int)
    for i in range(count):
        data, (mu, tau, sigma, theta) = simulate(
            np.random.default_rng([1000 + i, n_group]), n_group
        )
        fit = model.fit(
            data, y="y", group="g", scheme=scheme, draws=draws, chains=1, tune=100, cores=1,
            random_seed=i, progressbar=False,
        )  # fmt: skip
        hyper = (fit.hyper[k][0, at] for k in ("g_mu", "g_sigma", "sigma"))
        found = quantities(data, *hyper, fit.groups.draws(draws=at)[0])
        truth = quantities(data, *map(np.array, (mu, tau, sigma)), theta)
        out[i] = (found < truth[:, None]).sum(axis=1)
    return out


def smallest_p(rank):
    """Smallest p-value of chi-square tests with 8 bins, over the quantities."""
    counts = [np.histogram(r, bins=8, range=(0, KEPT + 1))[0] for r in rank.T]
    return min(st.chisquare(c).pvalue for c in counts)


def model(spread=1.0):
    return hf.Model(
        hf.Normal(sigma=hf.HalfNormal(1.5)), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(spread))
    )


COUNTS = {
    "Binomial": (hf.Binomial(n="size"), lambda y, n, t: y * t - n * np.logaddexp(0.0, t)),
    "Poisson": (hf.Poisson(exposure="size"), lambda y, n, t: y * t - n * np.exp(t)),
}
COUNTED = ("mu", "tau", "effect", "largest", "log likelihood", "effect x mu", "z")


def simulate_counts(name, rng, n_group):
    """Unknowns from the prior, then one or two rows a group; sizes from 1 to 80, most of them small."""
    mu, tau = rng.normal(-0.5, 1), abs(rng.normal(0, 1))
    theta = rng.normal(mu, tau, n_group)
    g = np.sort(np.concatenate([np.arange(n_group), rng.integers(0, n_group, n_group // 2)]))
    size = np.where(
        rng.random(len(g)) < 0.2, rng.integers(1, 80, len(g)), rng.integers(1, 6, len(g))
    )
    rate = np.exp(theta[g])
    y = rng.binomial(size, rate / (1 + rate)) if name == "Binomial" else rng.poisson(size * rate)
    return {"g": g, "y": y, "size": size}, (mu, tau, theta)


def count_quantities(name, data, mu, tau, theta):
    rows = COUNTS[name][1](data["y"], data["size"], theta[..., data["g"]]).sum(axis=-1)
    one = theta[..., theta.shape[-1] // 3]
    return np.array([mu, tau, one, theta.max(axis=-1), rows, one * mu, (one - mu) / tau])


def count_ranks(name, scheme, count, draws, n_group):
    out = np.empty((count, len(COUNTED)), dtype=int)
    at = np.linspace(0, draws - 1, KEPT).astype(int)
    model = hf.Model(COUNTS[name][0], hf.Normal(hf.Normal(-0.5, 1), hf.HalfNormal(1)))
    for i in range(count):
        data, truth = simulate_counts(name, np.random.default_rng([i, n_group, 7]), n_group)
        fit = model.fit(
            data, y="y", group="g", scheme=scheme, draws=draws, chains=1, tune=100, cores=1,
            random_seed=i, progressbar=False,
        )  # fmt: skip
        hyper = (fit.hyper[k][0, at] for k in ("g_mu", "g_sigma"))
        found = count_quantities(name, data, *hyper, fit.groups.draws(draws=at)[0])
        out[i] = (found < count_quantities(name, data, *map(np.array, truth))[:, None]).sum(axis=1)
    return out


SETTINGS = {"collapsed": 1000, "collapsed:slice": 1000, "collapsed:laplace": 2000, "gibbs": 3000}
weak = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")


@pytest.mark.parametrize("scheme", SETTINGS)
def test_ranks_are_uniform(scheme):
    assert smallest_p(ranks(scheme, model(), 240, SETTINGS[scheme])) > ALPHA


@weak
@pytest.mark.parametrize("n_group", [1, 3, 30, 10_000])
def test_ranks_are_uniform_with_one_and_with_many_groups(n_group):
    count = 240 if n_group < 1000 else 60
    assert smallest_p(ranks("collapsed", model(), count, 600, n_group)) > ALPHA


@weak
@pytest.mark.parametrize("scheme", ["gibbs", "quadrature"])
def test_ranks_are_uniform_where_one_group_is_all_there_is(scheme):
    """Half of these data have one row: their likelihood has no maximum to start from."""
    assert smallest_p(ranks(scheme, model(), 120, SETTINGS.get(scheme, 600), 1)) > ALPHA


@weak
@pytest.mark.slow
@pytest.mark.parametrize("n_group", [1, 3, 12, 30])
@pytest.mark.parametrize("scheme", [*SETTINGS, "quadrature"])
def test_ranks_are_uniform_at_length(scheme, n_group):
    found = smallest_p(ranks(scheme, model(), 2000, SETTINGS.get(scheme, 600), n_group))
    print(scheme, n_group, "smallest p", found)
    assert found > ALPHA


@weak
@pytest.mark.parametrize(
    ("scheme", "n_group"), [("quadrature", 1), ("quadrature", 4), ("quadrature", 25), ("gibbs", 5)]
)
@pytest.mark.parametrize("name", COUNTS)
def test_ranks_of_counts_are_uniform(name, scheme, n_group):
    draws = 600 if scheme == "quadrature" else 3000
    count = 40 if n_group > 10 else 90
    assert smallest_p(count_ranks(name, scheme, count, draws, n_group)) > ALPHA


@weak
@pytest.mark.slow
@pytest.mark.parametrize(
    ("scheme", "n_group"),
    [
        (s, n)
        for s in ("quadrature", "gibbs")
        for n in (1, 4, 25, 2000)
        if (s, n) != ("gibbs", 2000)
    ],
)
@pytest.mark.parametrize("name", COUNTS)
def test_ranks_of_counts_are_uniform_at_length(name, scheme, n_group):
    draws = 600 if scheme == "quadrature" else 3000
    found = smallest_p(count_ranks(name, scheme, 2000 if n_group < 100 else 400, draws, n_group))
    print(name, scheme, n_group, "smallest p", found)
    assert found > ALPHA


def test_a_wrong_prior_is_seen():
    assert smallest_p(ranks("collapsed", model(spread=0.4), 320, 1000)) < 1e-5


def test_a_sampler_that_ignores_the_data_is_seen():
    """Prior draws are calibrated for the unknowns; the log likelihood gives them away."""
    rng = np.random.default_rng(8)
    out = np.empty((320, len(QUANTITIES)), dtype=int)
    for row in out:
        data, truth = simulate(rng, 12)
        others = [simulate(rng, 12)[1] for _ in range(KEPT)]
        found = quantities(data, *(np.array([o[k] for o in others]) for k in range(4)))
        row[:] = (found < quantities(data, *map(np.array, truth))[:, None]).sum(axis=1)
    assert smallest_p(out[:, :3]) > ALPHA
    assert smallest_p(out[:, [QUANTITIES.index("log likelihood")]]) < 1e-20


def test_effects_shrunk_too_little_are_seen(monkeypatch):
    """A planted fault: effects pulled a quarter of the way to the mean of their rows."""
    from hierfast import groups

    class Shrunk(groups.Effects):
        def fill(self, chosen, chain, out):
            super().fill(chosen, chain, out)
            out += 0.25 * (self.mean - out)

    monkeypatch.setattr(groups, "Effects", Shrunk)
    assert smallest_p(ranks("collapsed", model(), 320, 1000)) < 1e-4
