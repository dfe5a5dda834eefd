"""Samplers as samplers: against brute-force quadrature, against each other, near tau = 0, in tables."""

import math

import numpy as np
import pytest
from helpers.quadrature import GridPosterior
from scipy import stats as st

import hierfast as hf
from hierfast import _core, diagnose
from hierfast.plan import make_plan
from hierfast.sampler import Sampler

SCHEMES = ["collapsed", "collapsed:slice", "collapsed:laplace", "gibbs", "quadrature"]
SCHOOLS = hf.datasets.load("eight_schools")
RNG = np.random.default_rng(31)
ROWS = {"g": np.repeat(np.arange(5), [3, 2, 4, 1, 3]), "y": RNG.normal(3, 1.2, 13)}
ROWS["y"] = ROWS["y"] + np.array([0, 1.5, -1, 0.5, 0.2])[ROWS["g"]]


def schools():
    model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    priors = {"mu": st.norm(0, 5).logpdf, "tau": st.halfcauchy(0, 5).logpdf}
    grid = GridPosterior(
        SCHOOLS["effect"],
        SCHOOLS["school"],
        priors,
        {"mu": (-25, 30), "tau": (-17, 12)},
        SCHOOLS["se"],
        801,
    )
    names = {"school_mu": "mu", "school_sigma": "tau"}
    return model, SCHOOLS, {"y": "effect", "group": "school"}, grid, names


def rows():
    model = hf.Model(
        hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.StudentT(4, 0, 3), hf.HalfStudentT(3, 1))
    )
    priors = {
        "mu": st.t(4, 0, 3).logpdf,
        "tau": lambda t: math.log(2) + st.t(3, 0, 1).logpdf(t),
        "sigma": st.halfnorm(0, 2).logpdf,
    }
    ranges = {"mu": (-7, 13), "tau": (-19, 6), "sigma": (-1.3, 1.8)}
    grid = GridPosterior(ROWS["y"], ROWS["g"], priors, ranges, n=161)
    return (
        model,
        ROWS,
        {"y": "y", "group": "g"},
        grid,
        {"g_mu": "mu", "g_sigma": "tau", "sigma": "sigma"},
    )


@pytest.fixture(scope="module", params=[schools, rows], ids=["schools", "rows"])
def problem(request):
    return request.param()


def independent(x):
    """Draws thinned until they are nearly independent."""
    ess = min(float(diagnose.ess_bulk(x)), float(diagnose.ess_tail(x)))
    return x[:, :: math.ceil(x.size / ess)].ravel()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_against_brute_force(problem, scheme):
    model, data, columns, grid, names = problem
    draws = {"gibbs": 25_000, "collapsed:slice": 25_000, "collapsed:laplace": 50_000}.get(
        scheme, 12_000
    )
    fit = model.fit(data, **columns, draws=draws, scheme=scheme, random_seed=3, progressbar=False)
    for here, there in names.items():
        x = fit.hyper[here]
        mean, sd = grid.moments(there)
        error = float(diagnose.mcse_mean(x))
        assert error <= 0.01 * sd
        assert abs(x.mean() - mean) < 5 * error
        assert st.kstest(independent(x), grid.cdf(there)).pvalue > 1e-4
    effects = fit.groups.draws(draws=slice(0, 10_000))
    for j in (0, 2, 4):
        mean, sd = grid.effect(j)
        error = float(diagnose.mcse_mean(effects[:, :, j]))
        assert abs(effects[:, :, j].mean() - mean) < 5 * error
        assert abs(fit.groups.mean[j] - mean) < 5 * error
        assert abs(fit.groups.sd[j] - sd) < 5 * float(diagnose.mcse_sd(effects[:, :, j]))
    for i, j in ((0, 1), (2, 4)):
        a, b = effects[:, :, i].ravel(), effects[:, :, j].ravel()
        assert abs(np.corrcoef(a, b)[0, 1] - grid.correlation(i, j)) < 0.025


def test_the_comparison_sees_a_wrong_scale(problem):
    """A population 5% too wide fails the Kolmogorov-Smirnov test that right draws pass."""
    model, data, columns, grid, names = problem
    fit = model.fit(data, **columns, draws=10_000, random_seed=3, progressbar=False)
    here = next(k for k, v in names.items() if v == "tau")
    assert st.kstest(independent(fit.hyper[here] * 1.05), grid.cdf("tau")).pvalue < 1e-4


@pytest.mark.parametrize("scheme", ["collapsed", "collapsed:slice", "gibbs"])
def test_two_modes_have_their_shares(scheme):
    """A narrow Cauchy prior against rows 100 scales away: a slice has a gap to be crossed fairly."""
    data = {"y": [2.0, 2.0], "se": [0.5, 0.5]}
    model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.StudentT(1, 0, 0.02), 0.5))
    fit = model.fit(data, y="y", scheme=scheme, draws=20_000, random_seed=2, progressbar=False)
    at = np.linspace(-8, 12, 400_001)
    density = st.cauchy.pdf(at, 0, 0.02) * st.norm.pdf(2, at, math.sqrt(0.5)) ** 2
    share = density[at > 0.4].sum() / density.sum()
    right = (fit.hyper["group_mu"] > 0.4).astype(float)
    assert abs(right.mean() - share) < 5 * float(diagnose.mcse_mean(right)) < 0.05


@pytest.mark.parametrize("count", [8, 300, 20_000])
def test_equal_effects_do_not_stick(count):
    model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    data = {"y": np.full(count, 1.5), "se": np.linspace(1, 2, count)}
    fit = model.fit(data, y="y", random_seed=1, progressbar=False)
    table = fit.summary()
    assert min(table["ess_bulk"].min(), table["ess_tail"].min()) >= 0.3 * 4000
    for x in fit.hyper.values():
        stays = np.diff(np.flatnonzero(np.diff(x.ravel(), prepend=np.nan, append=np.nan)))
        assert stays.max() < 30


DATA = {
    "g": np.repeat(np.arange(12), 3),
    "y": RNG.normal(2, 1, 36) + np.repeat(RNG.normal(0, 1, 12), 3),
}
SPREAD = {
    "HalfNormal": hf.HalfNormal(2),
    "HalfCauchy": hf.HalfCauchy(1),
    "HalfStudentT": hf.HalfStudentT(4, 2),
    "Exponential": hf.Exponential(1),
    "Gamma": hf.Gamma(2, 1),
    "InverseGamma": hf.InverseGamma(2, 1),
    "ScaledInverseChi2": hf.ScaledInverseChi2(3, 1),
    "LogNormal": hf.LogNormal(0, 1),
    "Uniform": hf.Uniform(0, 10),
    "Power": hf.Power(-0.5),
    "Flat": hf.Flat(),
    "HalfNormal of unknown": hf.HalfNormal(hf.HalfNormal(2)),
    "HalfCauchy of unknown": hf.HalfCauchy(hf.Gamma(2, 2)),
    "HalfStudentT of unknown": hf.HalfStudentT(hf.Gamma(3, 0.5), hf.HalfNormal(1)),
    "Exponential of unknown": hf.Exponential(hf.Gamma(2, 1)),
    "Gamma of unknown": hf.Gamma(hf.LogNormal(0, 0.5), hf.LogNormal(0, 0.5)),
    "InverseGamma of unknown": hf.InverseGamma(hf.Gamma(4, 1), hf.Gamma(2, 1)),
    "ScaledInverseChi2 of unknown": hf.ScaledInverseChi2(hf.Gamma(4, 1), hf.Gamma(2, 1)),
    "LogNormal of unknown": hf.LogNormal(hf.Normal(0, 1), hf.HalfNormal(1)),
    "Uniform of unknown": hf.Uniform(0, hf.Gamma(4, 0.5)),
}
MEAN = {
    "Normal of unknown": hf.Normal(hf.Normal(0, 3), hf.HalfNormal(3)),
    "StudentT": hf.StudentT(3, 0, 2),
    "StudentT of unknown": hf.StudentT(hf.Gamma(4, 0.5), hf.Normal(0, 2), hf.HalfNormal(2)),
    "Uniform": hf.Uniform(-10, 10),
    "Flat": hf.Flat(),
}


def agree(one, two):
    for name in one.hyper:
        a, b = one.hyper[name], two.hyper[name]
        # Ranks, since some posteriors of hyper-hyperparameters have no mean.
        middle = np.median(a)
        share = np.stack([a < middle, b < middle]).astype(float)
        error = math.hypot(*(float(diagnose.mcse_mean(s)) for s in share))
        assert abs(share[0].mean() - share[1].mean()) < 5 * error, name


@pytest.mark.parametrize("prior", SPREAD)
def test_priors_of_the_spread_collapsed_and_gibbs(prior):
    model = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Normal(0, 5), SPREAD[prior]))
    one, two = (
        model.fit(DATA, y="y", group="g", scheme=s, draws=5000, random_seed=2, progressbar=False)
        for s in ("collapsed", "gibbs")
    )
    assert max(one.summary()["r_hat"].max(), two.summary()["r_hat"].max()) < 1.03
    agree(one, two)


@pytest.mark.parametrize("prior", MEAN)
def test_priors_of_the_mean_collapsed_and_gibbs(prior):
    model = hf.Model(
        hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(MEAN[prior], variance=hf.Gamma(2, 1))
    )
    one, two = (
        model.fit(DATA, y="y", group="g", scheme=s, draws=5000, random_seed=2, progressbar=False)
        for s in ("collapsed", "gibbs")
    )
    agree(one, two)


@pytest.mark.parametrize("form", ["sigma", "variance", "precision"])
def test_forms_of_a_scale_are_one_posterior(form):
    """A Gamma(2, 1) precision is an InverseGamma(2, 1) variance."""
    prior = {"sigma": None, "variance": hf.InverseGamma(2, 1), "precision": hf.Gamma(2, 1)}[form]
    if prior is None:
        known = hf.Model(hf.Normal(sigma=1.5), hf.Normal(1, 2))
        other = hf.Model(hf.Normal(variance=2.25), hf.Normal(1, precision=0.25))
        a, b = (
            m.fit(DATA, y="y", group="g", random_seed=1, progressbar=False) for m in (known, other)
        )
        assert a.hyper == {} and "no unknown" in repr(a)
        np.testing.assert_allclose(a.groups.mean, b.groups.mean)
        return
    model = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Flat(), **{form: prior}))
    fit = model.fit(DATA, y="y", group="g", draws=10_000, random_seed=4, progressbar=False)
    x = fit.hyper[f"g_{form}"]
    tau = np.sqrt(x) if form == "variance" else 1 / np.sqrt(x)
    same = hf.Model(
        hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Flat(), variance=hf.InverseGamma(2, 1))
    )
    want = same.fit(DATA, y="y", group="g", draws=10_000, random_seed=9, progressbar=False)
    want = np.sqrt(want.hyper["g_variance"])
    error = math.hypot(float(diagnose.mcse_mean(tau)), float(diagnose.mcse_mean(want)))
    assert abs(tau.mean() - want.mean()) < 5 * error


@pytest.mark.parametrize(
    "rows", [hf.Normal(sigma="se"), hf.Poisson(exposure="se")], ids=["Normal", "Poisson"]
)
def test_a_prior_of_unknown_variance_is_its_scale_mixture(rows):
    """mu ~ Normal(0, variance=v), v ~ InverseGamma(nu/2, nu s^2/2) is mu ~ StudentT(nu, 0, s)."""
    nu, s = 3, 0.7
    data = {"y": [4, 6, 9, 5], "se": [0.9, 0.8, 1.1, 1.4], "g": list("abcd")}
    found = []
    for law in (
        hf.StudentT(nu, 0, s),
        hf.Normal(0, variance=hf.InverseGamma(nu / 2, nu * s * s / 2)),
    ):
        model = hf.Model(rows, hf.Normal(law, hf.HalfNormal(1)))
        fit = model.fit(data, y="y", group="g", draws=8000, random_seed=5, progressbar=False)
        groups = fit.groups.draws(draws=slice(None, None, 20))
        found.append([fit.hyper["g_mu"], fit.hyper["g_sigma"], groups[:, :, 0], groups[:, :, 2]])
    for a, b in zip(*found, strict=True):
        error = math.hypot(float(diagnose.mcse_mean(a)), float(diagnose.mcse_mean(b)))
        assert abs(a.mean() - b.mean()) < 5 * error < 0.25 * a.std()
        error = math.hypot(float(diagnose.mcse_sd(a)), float(diagnose.mcse_sd(b)))
        assert abs(a.std() - b.std()) < 5 * error


def test_sums_of_a_sweep_are_those_of_the_draws_it_stands_for():
    n = 30_000
    data = {"y": RNG.normal(50, 2, n), "se": RNG.uniform(0.5, 2, n)}
    model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 50), hf.HalfNormal(5)))
    plan = make_plan(model, data, "y", None, "gibbs", 0, 1)
    sampler = Sampler(plan, 77, 2)
    path = sampler.step(6)
    x = plan.target.values(path)
    place = {node.name: i for i, node in enumerate(plan.graph.nodes)}
    mu, tau = x[place["group_mu"], 4], x[place["group_sigma"], 4]
    theta, unused = np.empty(n), np.empty(_core.SUMS)
    stats, key = plan.statistics, _core.key(77, 2, 0, _core.THETA)
    _core.sweep(
        stats.weight,
        stats.mean,
        mu,
        tau * tau,
        1.0,
        plan.cells.centre,
        key,
        5,
        *stats.keys(),
        0,
        n,
        theta,
        unused,
        0,
    )
    d, y = theta - plan.cells.centre, stats.mean - plan.cells.centre
    p = stats.weight
    want = [math.fsum(v) for v in (d, d * d, p * d, p * d * d, p * y * d)]
    np.testing.assert_allclose(sampler.sums, want, rtol=1e-9)


@pytest.mark.parametrize("known", [True, False])
def test_tabulated_quantiles_are_those_of_the_mixture(known):
    n = 20_000
    group = np.arange(n) if known else RNG.integers(0, n, 5 * n)
    truth = RNG.standard_t(3, n)
    data = {
        "g": group,
        "y": truth[group] + RNG.normal(0, 2, len(group)),
        "se": RNG.uniform(0.1, 9, len(group)),
    }
    model = hf.Model(
        hf.Normal(sigma="se" if known else hf.HalfNormal(5)), hf.Normal(hf.Flat(), hf.HalfNormal(5))
    )
    fit = model.fit(data, y="y", group="g", random_seed=1, progressbar=False)
    interval = fit.groups.interval(0.9)
    reader = fit.groups._reader
    stats = fit.plan.statistics
    order = np.argsort(np.abs(stats.mean - fit.plan.cells.centre))
    chosen = np.concatenate(
        [order[-300:], order[:50], np.argsort(stats.weight)[:50], np.arange(0, len(stats), 97)]
    )
    exact = fit.plan.cells.centre + reader._invert(reader.mixture, chosen, np.array([0.05, 0.95]))
    off = np.abs(interval[chosen] - exact) / fit.groups.sd[chosen, None]
    assert off.max() < 0.005
    assert fit.groups.quantile_error < 0.005


def test_few_groups_wide_posteriors_are_tabulated_well():
    """Just above the number of groups that are inverted one by one, where mixtures are far from normal."""
    n = 150
    data = {"y": RNG.normal(0, 0.3, n), "se": np.exp(RNG.normal(0, 1, n))}
    model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    fit = model.fit(data, y="y", random_seed=1, progressbar=False)
    got = fit.groups.quantile([0.01, 0.5, 0.95])
    reader = fit.groups._reader
    exact = fit.plan.cells.centre + reader._invert(
        reader.mixture, np.arange(n), np.array([0.01, 0.5, 0.95])
    )
    assert (np.abs(got - exact) / fit.groups.sd[:, None]).max() < 0.02
    assert fit.groups.quantile_error < 0.01
