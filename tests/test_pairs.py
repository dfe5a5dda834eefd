"""Every pair of a likelihood and a population: against brute force, joints by hand, and its own prior."""

import numpy as np
import pytest
from scipy import stats as st
from test_calibration import ALPHA, KEPT, smallest_p
from trust.pairs import LONG, PAIRS, Grid

from hierfast import diagnose

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
SIZE = np.array([3.0, 12.0, 7.0, 40.0, 1.0, 12.0])
SHARE = np.array([0.0, 0.4, 1.0, 0.8, 1.0, 0.4])  # of successes: none and all among them
ALL = [(name, scheme) for name, pair in PAIRS.items() for scheme in pair.schemes]
DRAWS = {"collapsed": 4000, "quadrature": 4000, "gibbs": 12_000}


def fit(pair, data, **other):
    options = {"y": "y", "random_seed": 9, "progressbar": False} | other
    return pair.model.fit(data, **options)


@pytest.fixture(scope="module")
def truth():
    """Posteriors by brute force, made once."""
    made = {}

    def find(name):
        if name not in made:
            made[name] = Grid(PAIRS[name], np.rint(SHARE * SIZE), SIZE)
        return made[name]

    return find


@pytest.mark.parametrize(
    ("name", "scheme"),
    [pytest.param(n, s, marks=pytest.mark.slow if n in LONG else ()) for n, s in ALL],
)
def test_against_brute_force(name, scheme, truth):
    pair, grid = PAIRS[name], truth(name)
    data = pair.rows.table(np.rint(SHARE * SIZE), SIZE, np.arange(6))
    found = fit(pair, data, group="g", scheme=scheme, draws=DRAWS[scheme])
    for key in pair.groups.laws:
        x, (mean, sd) = found.hyper[key], grid.moments(key)
        assert abs(x.mean() - mean) < 5 * float(diagnose.mcse_mean(x)) < 0.2 * sd, key
        assert abs(x.std() - sd) < 5 * float(diagnose.mcse_sd(x)), key
    thin = slice(None, None, 6 if scheme == "gibbs" else 2)
    _, draws = pair.effects(found, thin)
    for j in range(len(SIZE)):
        error = float(diagnose.mcse_mean(draws[:, :, j]))
        assert abs(draws[:, :, j].mean() - grid.mean[j]) < 5 * error
        assert abs(found.groups.mean[j] - grid.mean[j]) < 5 * error
        assert abs(found.groups.sd[j] - grid.sd[j]) < 5 * float(diagnose.mcse_sd(draws[:, :, j]))
    low, high = found.groups.interval(0.8).T
    np.testing.assert_allclose(((draws > low) & (draws < high)).mean(axis=(0, 1)), 0.8, atol=0.02)


@pytest.mark.parametrize("name", PAIRS)
def test_phi_given_effects_is_the_joint(name):
    """Ratios of both conditionals are those of a joint written by hand (Grosse and Duvenaud 2014)."""
    from trust.problems import coordinates

    pair, rng = PAIRS[name], np.random.default_rng(3)
    y = np.rint(SHARE * SIZE)
    data = pair.rows.table(y, SIZE, np.arange(6))
    plan = pair.model.explain(data, y="y", group="g", scheme="gibbs")
    theta = rng.normal(-0.3, 1.1, len(SIZE))
    points = [pair.unknowns(rng) for _ in range(8)]
    z, jacobian = zip(*(coordinates(plan.graph, u) for u in points), strict=True)
    at = np.ascontiguousarray(np.transpose(z))
    prior = np.array([pair.log_prior(u) for u in points]) + jacobian
    got = plan.target.given_effects(theta, at, False)
    want = prior + [pair.groups.log(theta, u).sum() for u in points]
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-10, atol=1e-9)
    if plan.graph.located:
        got = plan.target.given_effects(theta, at, True)
        scale = plan.graph.nodes[plan.graph.scale.node].name
        moved = [u["g_mu"] + u[scale] * theta for u in points]
        want = prior + [pair.rows.log(y, SIZE, t).sum() for t in moved]
        np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-10, atol=1e-9)


def simulate(pair, rng, n_group):
    """Unknowns from the prior, then one or two rows a group; sizes from 1 to 80, most of them small."""
    u = pair.unknowns(rng)
    theta = pair.groups.draw(rng, u, n_group)
    g = np.sort(np.concatenate([np.arange(n_group), rng.integers(0, n_group, n_group // 2)]))
    large = rng.random(len(g)) < 0.2
    size = np.where(large, rng.integers(1, 80, len(g)), rng.integers(1, 6, len(g)))
    y, size = pair.rows.draw(rng, size, theta[g])
    return {"g": g, "y": y, "size": size}, u, theta


def quantities(pair, data, u, theta, read):
    """Unknowns, an effect, the largest, a product, and the log likelihood of the rows."""
    first = next(iter(u.values()))
    rows = pair.rows.log(data["y"], data["size"], theta[..., data["g"]]).sum(axis=-1)
    one = read[..., read.shape[-1] // 3]
    return np.array([*u.values(), one, read.max(axis=-1), one * first, rows])


def ranks(pair, scheme, count, draws, n_group):
    out = []
    at = np.linspace(0, draws - 1, KEPT).astype(int)
    for i in range(count):
        data, u, theta = simulate(pair, np.random.default_rng([i, n_group, 8]), n_group)
        options = {"draws": draws, "chains": 1, "tune": 100, "cores": 1, "random_seed": i}
        found = fit(pair, pair.rows.table(**data), group="g", scheme=scheme, **options)
        hyper = {k: x[0, at] for k, x in found.hyper.items()}
        of_draws = quantities(pair, data, hyper, *(x[0] for x in pair.effects(found, at)))
        of_truth = quantities(pair, data, u, theta, pair.read(theta))
        out.append((of_draws < of_truth[:, None]).sum(axis=1))
    return np.array(out)


# One or two of each likelihood and population; all of them, and more groups, at length.
RANKED = {
    ("Binomial-Beta", "collapsed"): (1, 5),
    ("Poisson-Gamma by mean", "collapsed"): (1, 30),
    ("Binomial-StudentT", "quadrature"): (5,),
    ("NegativeBinomial-Normal", "quadrature"): (5,),
    ("Exponential-Gamma", "collapsed"): (5,),
    ("Weibull-Normal", "quadrature"): (5,),
    ("Gamma-Normal", "quadrature"): (5,),
    ("Poisson-StudentT", "gibbs"): (5,),
    ("Binomial-Logistic", "gibbs"): (5,),
    ("Binomial-Beta by mean", "gibbs"): (5,),
    ("Poisson-Gamma", "gibbs"): (5,),
}
SHORT = {"collapsed": (160, 600), "quadrature": (24, 600), "gibbs": (40, 3000)}


@pytest.mark.parametrize(("name", "scheme"), RANKED)
def test_ranks_are_uniform(name, scheme):
    count, draws = SHORT[scheme]
    for n_group in RANKED[name, scheme]:
        assert smallest_p(ranks(PAIRS[name], scheme, count, draws, n_group)) > ALPHA, n_group


@pytest.mark.slow
@pytest.mark.parametrize("n_group", [1, 4, 25, 2000])
@pytest.mark.parametrize(("name", "scheme"), ALL)
def test_ranks_are_uniform_at_length(name, scheme, n_group):
    if scheme == "gibbs" and n_group > 100:
        pytest.skip("one chain of effects moved one by one: not in a night")
    draws = 3000 if scheme == "gibbs" else 600
    found = smallest_p(ranks(PAIRS[name], scheme, 2000 if n_group < 100 else 400, draws, n_group))
    print(name, scheme, n_group, "smallest p", found)
    assert found > ALPHA


def test_simulators_are_their_densities():
    """Effects simulated by hand have the distribution whose density stands beside."""
    rng = np.random.default_rng(11)
    for pair in PAIRS.values():
        u = pair.unknowns(rng)
        theta = pair.groups.draw(rng, u, 4000)
        at, step = pair.groups.nodes({k: np.array([[v]]) for k, v in u.items()})
        p = np.exp(pair.groups.log(at, {k: np.array([[v]]) for k, v in u.items()}))[0] * step[0]
        assert abs(p.sum() - 1) < 1e-6
        assert st.kstest(np.interp(theta, at[0], np.cumsum(p) - p / 2), "uniform").pvalue > 1e-4
