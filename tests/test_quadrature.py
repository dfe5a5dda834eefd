"""Marginals by quadrature against panels of Gauss-Legendre, and what the plan says of their error."""

import mpmath
import numpy as np
import pytest
from quadrature import GROUPS, POINTS, Case, make_plan, measure
from test_pairs import fit
from trust.pairs import LONG, PAIRS
from trust.problems import coordinates

from hierfast import _core
from hierfast.grammar import build_graph
from hierfast.links import LINKS
from hierfast.plan import make_plan as whole

WANTED = 1e-4  # of the log posterior, over 2.5 standard deviations either side of its mode
ALL = [n for n, p in PAIRS.items() if "quadrature" in p.schemes and n not in LONG]
DATA = {
    "small": ([0, 1, 0, 2, 1, 0, 1], [1, 1, 2, 2, 3, 1, 1]),
    "mixed": ([0, 40, 3, 1, 55, 2, 0, 12], [1, 56, 5, 2, 80, 3, 40, 12]),
    "apart": ([3, 2, 1, 0, 390, 2, 1, 0, 1, 2], [9, 7, 5, 4, 400, 6, 3, 2, 5, 8]),
}
LEGENDRE = np.polynomial.legendre.leggauss(12)


def panels(centres, scales):
    """Nodes and weights of panels that grow away from every centre, however narrow one is."""
    step = np.sinh(np.linspace(-16, 16, 193))
    edges = np.unique(np.concatenate([c + s * step for c, s in zip(centres, scales, strict=True)]))
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    x, w = LEGENDRE
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()


def log_marginals(pair, y, size, u):
    """Sum over groups of log p(y | phi), up to a constant of the rows."""
    total = 0.0
    for one, n in zip(y, size, strict=True):
        link = getattr(pair.rows.likelihood, "link", None)
        at = np.array([one]), np.array([n])
        centre = float(LINKS[link].estimate(*at)[0] if link else one)
        theta, weight = panels([u.get("g_mu", -0.5), centre], [0.05, 1 / np.sqrt(one + 1)])
        with np.errstate(over="ignore"):
            log = pair.rows.log(one, n, theta) + pair.groups.log(theta, u)
        top = log.max()
        total += top + np.log((np.exp(log - top) * weight).sum())
    return total


@pytest.mark.parametrize("rows", DATA)
@pytest.mark.parametrize("name", ALL)
def test_error_is_what_is_said(name, rows):
    """At draws of the posterior, some farther out than was measured; orders rise until it is small."""
    pair, (y, size) = PAIRS[name], (np.array(v, float) for v in DATA[rows])
    data = pair.rows.table(y, size, np.arange(len(y)))
    found = fit(pair, data, group="g", scheme="quadrature", draws=12, chains=1)
    points = [{k: float(x[0, i]) for k, x in found.hyper.items()} for i in range(12)]
    z, jacobian = zip(*(coordinates(found.plan.graph, u) for u in points), strict=True)
    got = found.plan.target.logp(np.ascontiguousarray(np.transpose(z)))
    want = (
        np.array([pair.log_prior(u) + log_marginals(pair, y, size, u) for u in points]) + jacobian
    )
    error = (got - want) - (got - want).mean()
    assert np.abs(error).max() <= max(2 * found.plan.quadrature_error, WANTED / 2)
    # What is left at the highest order, where zeros that were not drawn make two peaks of an effect.
    assert found.plan.quadrature_error < (10 * WANTED if "ZeroInflated" in name else WANTED)


# One of a kind, at the sizes at which rules that are too rough show.
SOME = [
    ("logit", "Normal", -1, 1, 1, 10**3),
    ("logit", "Normal", -1, 2, 1, 10**4),
    ("logit", "Normal", -1, 4, 1, 10**2),
    ("logit", "Normal", -1, 2, 20, 10**7),
    ("logit", "Normal", -4, 2, 20, 10**6),
    ("probit", "Normal", -1, 1, 5, 10**7),
    ("cloglog", "Normal", -2, 2, 20, 10**7),
    ("logit", "StudentT", -1, 1, 20, 10**6),
    ("logit", "Logistic", -4, 2, 20, 10**2),
    ("logit", "Logistic", -4, 2, 20, 10**7),
]


def check(case):
    """What is said is no less than what is so, and means are right."""
    found = measure(case, 25)
    assert found.true <= found.reported and found.bias < 0.02 and found.gradient < 0.05
    return found


@pytest.mark.parametrize("point", SOME, ids=str)
def test_error_up_to_ten_million_groups(point):
    assert check(Case(*point)).reference < 1e-6


def test_a_mode_on_a_narrow_ridge():
    """Straight axes do not reach its ends: errors there may be above what is said, not by much."""
    found = measure(Case("logit", "Normal", -1, 2, 1, 10**7), 25)
    assert found.true < 1e-3 and found.bias < 0.02 and found.gradient < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS, ids=str)
def test_error_on_the_whole_grid(point):
    for groups in GROUPS:
        found = measure(Case(*point, groups))
        assert found.true <= found.reported and found.bias < 0.02


def test_the_sums_that_are_the_truth():
    """Against 30 digits."""
    case = Case("logit", "Normal", -1, 2, 20, 100)
    y = np.array([0.0, 3.0, 20.0])
    got = case.log_marginals(y, -1, 2.0, np.array([-1.0, -1.3]))
    with mpmath.workdps(30):
        for i, k in enumerate(y):
            for m, mu in enumerate((-1, mpmath.mpf(-1.3))):

                def density(t, k=k, mu=mu):
                    rows = k * t - 20 * mpmath.log1p(mpmath.exp(t))
                    return mpmath.exp(rows) * mpmath.npdf(t, mu, 2)

                want = mpmath.log(mpmath.quad(density, list(range(-40, 41, 2))))
                assert abs(float(want) - got[0][i, m]) < 1e-12 * abs(float(want)) + 1e-13


def test_cells_with_multiplicities_make_the_plan_of_all_groups():
    case = Case("logit", "Normal", -1, 2, 20, 1000)
    y, mult = case.draw()
    plan = make_plan(case, y, mult)
    rows = np.repeat(y, mult.astype(int)).astype(int)
    table = {"g": np.arange(len(rows)), "y": rows, "size": np.full(len(rows), 20)}
    other = whole(case.model, table, "y", "g", "quadrature", 500, 1)
    z = np.array([[-1.0, -0.9, -1.2], [0.6, 0.8, 0.7]])
    np.testing.assert_array_equal(plan.target.logp(z), other.target.logp(z))
    assert other.quadrature_error == plan.quadrature_error and other.order == plan.order


def test_a_population_narrower_than_rounding_is_a_point():
    """Not a maximum of its own, which a search over many groups would find."""
    for population in ("Normal", "StudentT", "Logistic"):
        case = Case("logit", population, -4, 2, 20, 10**4)
        y, mult = case.draw()
        target = make_plan(case, y, mult).target
        tiny = np.array([-19.5, -22.0, -30.0, -60.0])
        got = target.logp(np.stack([np.full(4, -3.0), tiny])) - tiny
        np.testing.assert_allclose(got, got[0], rtol=0, atol=1e-3)


@pytest.mark.parametrize("population", ["Logistic", "StudentT", "Normal"])
@pytest.mark.parametrize("y", [0.0, 1.0, 20.0])
def test_peaks_are_found_from_afar(population, y):
    """Where the likelihood or the population is next to a straight line, steps go nowhere."""
    case = Case("logit", population, 0, 1, 20, 1)
    graph = build_graph(case.model.likelihood, case.model.population, "g")
    columns = [np.array([y]), np.array([20.0])]
    level, order = _core.best_level(), 61
    target = _core.Integrated(
        graph, graph.likelihood, graph.population, columns, (), graph.shape, level, order=order
    )
    for mu in (-12.0, -6.6, -4.0, 0.0, 5.0, 12.0):
        for tau in (0.3, 1.0, 3.3):
            want = case.log_marginals(columns[0], mu, tau, np.array([mu]))[0][0, 0]
            got = target.logp(np.array([[mu], [np.log(tau)]]))[0] - case.log_prior(mu, tau)
            assert abs(got - want) < 2e-2, (mu, tau)
