"""Simulation-based calibration (Talts et al. 2018): ranks of the truth among draws are uniform."""

import numpy as np
import pytest
from scipy import stats as st

import hierfast as hf

KEPT = 63  # draws a rank is taken among


def simulate(rng):
    """Unknowns from the prior, then data: 12 groups of 1 to 4 rows."""
    mu, tau, sigma = rng.normal(0, 2), abs(rng.normal(0, 1)), abs(rng.normal(0, 1.5))
    group = np.repeat(np.arange(12), rng.integers(1, 5, 12))
    theta = rng.normal(mu, tau, 12)
    return {"g": group, "y": rng.normal(theta[group], sigma)}, (mu, tau, sigma, theta[3])


def ranks(scheme, model, count, draws):
    out = np.empty((count, 4), dtype=int)
    for i in range(count):
        data, truth = simulate(np.random.default_rng(1000 + i))
        fit = model.fit(
            data, y="y", group="g", scheme=scheme, draws=draws, chains=1, tune=100, cores=1,
            random_seed=i, progressbar=False,
        )  # fmt: skip
        effect = fit.groups.draws([3])[:, :, 0]
        found = (fit.hyper["g_mu"], fit.hyper["g_sigma"], fit.hyper["sigma"], effect)
        at = np.linspace(0, draws - 1, KEPT).astype(int)
        for k, x in enumerate(found):
            out[i, k] = (x[0, at] < truth[k]).sum()
    return out


def smallest_p(rank):
    """Smallest p-value of chi-square tests with 8 bins, over the unknowns."""
    counts = [np.histogram(r, bins=8, range=(0, KEPT + 1))[0] for r in rank.T]
    return min(st.chisquare(c).pvalue for c in counts)


def model(spread=1.0):
    return hf.Model(
        hf.Normal(sigma=hf.HalfNormal(1.5)), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(spread))
    )


SETTINGS = {"collapsed": 1000, "collapsed:slice": 1000, "collapsed:laplace": 2000, "gibbs": 3000}


@pytest.mark.parametrize("scheme", SETTINGS)
def test_ranks_are_uniform(scheme):
    assert smallest_p(ranks(scheme, model(), 320, SETTINGS[scheme])) > 5e-4


@pytest.mark.slow
@pytest.mark.parametrize("scheme", [*SETTINGS, "quadrature"])
def test_ranks_are_uniform_at_length(scheme):
    assert smallest_p(ranks(scheme, model(), 2000, SETTINGS.get(scheme, 600))) > 5e-4


def test_a_wrong_prior_is_seen():
    assert smallest_p(ranks("collapsed", model(spread=0.4), 320, 1000)) < 1e-5


def test_effects_shrunk_too_little_are_seen(monkeypatch):
    """A planted fault: effects pulled a quarter of the way to the mean of their rows."""
    from hierfast import groups

    class Shrunk(groups._Effects):
        def fill(self, chosen, chain, out):
            super().fill(chosen, chain, out)
            out += 0.25 * (self.mean - out)

    monkeypatch.setattr(groups, "_Effects", Shrunk)
    assert smallest_p(ranks("collapsed", model(), 320, 1000)) < 1e-4
