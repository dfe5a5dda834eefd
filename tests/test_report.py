"""What a fit says about itself: thresholds, weak identification, caps."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import hierfast as hf
from hierfast.diagnose import r_hat
from hierfast.grammar import build_graph
from hierfast.readout import TOLERANCE
from hierfast.report import chi2_upper, r_hat_bound, simulate, weak, within_chains

RNG = np.random.default_rng(7)
SCHOOLS = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))


def schools(model=SCHOOLS, **other):
    settings = {"random_seed": 1, "progressbar": False} | other
    return model.fit(hf.datasets.load("eight_schools"), y="effect", group="school", **settings)


def rebuilt(fit, plan=None, **draws):
    """The fit with something of it changed."""
    return hf.Fit(plan or fit.plan, replace(fit._draws, **draws), 1, 0.0)


@pytest.mark.parametrize("df", [1, 3, 7, 31, 127])
@pytest.mark.parametrize("p", [0.5, 0.01, 1e-8])
def test_chi_square_quantile(df, p):
    assert chi2_upper(p, df) == pytest.approx(stats.chi2.isf(p, df), rel=1e-9)


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_converged_chains_rarely_raise_an_alarm(rho):
    """At a stated rate of 0.2, 300 converged sets of 5 exceed 0.2 + 4.5 standard errors of it with
    probability below 1e-5."""
    m, chains, draws, alarm, rounds = 5, 4, 500, 0.2, 300
    noise = RNG.normal(size=(draws, rounds, chains, m))
    x = np.empty_like(noise)
    x[0] = noise[0] / np.sqrt(1 - rho**2)
    for t in range(1, draws):
        x[t] = rho * x[t - 1] + noise[t]
    alarms = 0
    for one in np.moveaxis(x, 0, 2):
        bound = r_hat_bound(m, chains, draws, within_chains(one), alarm)
        alarms += (r_hat(one) > bound).any()
    assert alarms / rounds < alarm + 4.5 * np.sqrt(alarm * (1 - alarm) / rounds)
    assert alarms > 0


def test_the_threshold_knows_how_much_it_looks_at():
    ess = np.array([400.0])
    bounds = [r_hat_bound(m, 4, 1000, ess)[0] for m in (1, 10, 10**6)]
    assert bounds == sorted(bounds)
    assert r_hat_bound(3, 4, 10_000, 10 * ess)[0] < r_hat_bound(3, 4, 10_000, ess)[0]


def test_chains_that_disagree_do_not_widen_their_threshold():
    fit = schools()
    values = fit._draws.values.copy()
    values[0, 0] += 1.5  # under half a posterior sd
    moved = rebuilt(fit, values=values).diagnose()
    assert not moved.ok
    (problem,) = (p for p in moved.problems if p.startswith("R-hat of school_mu is "))
    assert "chains disagree" in problem and problem in moved.text
    assert moved.short.startswith("2 problems, see diagnose(); smallest ESS ")


def test_a_good_fit_is_a_paragraph():
    report = schools().diagnose()
    assert report.ok and report.problems == () and report.remarks == ()
    assert "\n" not in report.text and report.text.endswith("No problem was found.")
    assert repr(report).replace("\n", " ") == report.text == str(report).replace("\n", " ")
    assert report._repr_html_() == f"<p>{report.text}</p>"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"draws": 2}, "2 draws are too few to tell how good they are."),
        ({"chains": 1}, "A single chain has no R-hat: nothing tells whether it has converged."),
        ({"draws": 20}, "under the 400 from which it and R-hat are reliable"),
    ],
)
def test_short_fits_say_so(settings, problem):
    fit = schools(**settings)
    assert any(problem in p for p in fit.diagnose().problems)
    assert repr(fit).splitlines()[-1] == fit.diagnose().short


def test_a_chain_that_never_moves_is_seen():
    fit = schools()
    values = fit._draws.values.copy()
    values[:, 1] = 3.0
    problems = rebuilt(fit, values=values).diagnose().problems
    assert "There is no R-hat of school_sigma: a chain never moved." in problems


def test_quadrature_says_its_error():
    fit = schools(hf.Model(hf.Normal(sigma=9), SCHOOLS.population), scheme="quadrature")
    assert fit.plan.order == 15 and 0 <= fit.plan.quadrature_error < 1e-4
    assert "Quadrature with 15 nodes is off by " in fit.diagnose().text and fit.diagnose().ok
    bad = replace(fit.plan, order=61, quadrature_error=0.02)
    (problem,) = rebuilt(fit, bad).diagnose().problems
    assert problem.startswith("Quadrature with 61 nodes is off by 2.0e-02 nats")
    assert problem.endswith("more than the 1e-04 wanted, and no rule has more nodes.")
    assert schools().plan.order == 0 and "Quadrature" not in schools().diagnose().text


def test_tabulated_quantiles_say_their_error():
    table = {"y": RNG.normal(0, 2, 900), "g": np.arange(900) // 3}
    model = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), SCHOOLS.population)
    fit = model.fit(table, y="y", group="g", random_seed=1, progressbar=False)
    assert "Quantiles" not in fit.diagnose().text
    fit.groups.quantile([0.05])
    assert 0 < fit.groups.quantile_error < TOLERANCE
    assert "Quantiles of groups last read are off by " in fit.diagnose().text and fit.diagnose().ok
    fit.groups.quantile_error = 0.5
    (problem,) = fit.diagnose().problems
    assert "5.0e-01 posterior sd" in problem and "though the table was refined" in problem


def test_slices_that_reach_their_cap_are_counted():
    """A posterior with the tails of t with half a degree of freedom, which no data narrow."""
    model = hf.Model(hf.Normal(sigma=1e6), hf.Normal(hf.StudentT(0.5, 0, 1), 1.0))
    settings = {"y": "y", "scheme": "collapsed:slice", "random_seed": 1, "progressbar": False}
    fit = model.fit({"y": [0.0, 1.0]}, **settings)
    assert fit.cut > 0
    assert any("Slices were wider than the cap" in p for p in fit.diagnose().problems)
    assert schools(scheme="collapsed:slice").cut == 0
    assert "Slices" not in schools(scheme="collapsed:slice").diagnose().text
    rare = rebuilt(schools(), cut=3).diagnose()
    assert rare.ok and "3 times in 4,000 draws" in rare.text


def test_what_the_data_tell_little_about():
    model = hf.Model(
        hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, hf.HalfNormal(5)), hf.HalfCauchy(5))
    )
    report = schools(model).diagnose()
    assert report.ok
    (remark,) = report.remarks
    assert remark.startswith("The data tell little about school_mu_sigma: its posterior is where ")
    flat = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Flat(), hf.Flat()))
    assert schools(flat).diagnose().remarks == ()


def test_weak_is_a_matter_of_width():
    graph = build_graph(SCHOOLS.likelihood, SCHOOLS.population)
    prior = {"group_mu": RNG.normal(0, 5, (4, 1000)), "group_sigma": RNG.normal(0, 1, (4, 1000))}
    assert weak(graph, prior).keys() == {"group_mu"}
    for other in (0.8 * prior["group_mu"], 1.3 * prior["group_mu"], 3 + prior["group_mu"]):
        assert weak(graph, {"group_mu": other}) == {}


def test_priors_are_simulated_with_theirs():
    population = hf.Normal(hf.Normal(0, hf.Gamma(2, 1)), variance=hf.InverseGamma(3, 2))
    likelihood = hf.Normal(sigma=hf.Uniform(0, hf.Gamma(9, 1)))
    drawn = simulate(build_graph(likelihood, population, "g"), 20_000)
    assert drawn.keys() == {"g_mu", "g_mu_sigma", "g_variance", "sigma", "sigma_upper"}
    rng = np.random.default_rng(8)
    priors = {
        "g_mu": population.mu,
        "g_variance": population.variance,
        "sigma": likelihood.sigma,
    }
    for name, prior in priors.items():
        want = [prior.rvs(rng) for _ in range(4000)]
        assert stats.ks_2samp(drawn[name], want).pvalue > 1e-6
    improper = hf.Normal(hf.Normal(0, hf.Power(-0.5)), hf.HalfNormal(1))
    graph = build_graph(hf.Normal(sigma=1), improper, "g")
    assert simulate(graph).keys() == {"g_sigma"}
