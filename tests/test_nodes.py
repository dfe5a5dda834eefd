"""Nodes that stay: against their twin, the adaptive rule, and whatever stands beside them."""

from itertools import product

import numpy as np
import pytest
from test_pairs import ALL, fit
from trust.pairs import LONG, PAIRS
from trust.problems import coordinates

from hierfast.schemes import nodes

NAMES = [
    name
    for name, scheme in ALL  # Student-t rows are cut into panels
    if scheme == "quadrature" and name not in LONG and not name.startswith("StudentT")
]
RNG = np.random.default_rng(4)
SIZE = np.concatenate([RNG.integers(1, 60, 90), np.ones(10, dtype=int)])
FIELDS = ("cell", "level", "first", "count", "rest", "at", "mult", "value", "top")


def made(name, seed=3, **other):
    """A plan of rows that the pair's own prior may have made, and these."""
    pair, rng = PAIRS[name], np.random.default_rng(seed)
    u = {key: float(law.median()) for key, law in pair.groups.laws.items()}
    y, size = pair.rows.draw(rng, SIZE, pair.groups.draw(rng, u, len(SIZE)))
    data = pair.rows.table(np.minimum(y, 400), size, np.arange(len(SIZE)))
    found = fit(pair, data, group="g", scheme="quadrature", draws=43, chains=1, **other)
    return pair, found


def points(pair, found):
    """Unknowns: draws of the posterior, and places where no nodes were laid."""
    near = [{k: float(x[0, i]) for k, x in found.hyper.items()} for i in range(12)]
    first, second = (law.ppf([0.002, 0.5, 0.998]) for law in pair.groups.laws.values())
    return near + [dict(zip(pair.groups.laws, one, strict=True)) for one in product(first, second)]


def at(pair, found, u):
    z, jacobian = zip(*(coordinates(found.plan.graph, one) for one in u), strict=True)
    prior = np.array([pair.log_prior(one) for one in u]) + jacobian
    return np.ascontiguousarray(np.transpose(z)), prior


def without(target):
    """Log densities by the adaptive rule alone, as a function."""
    saved = dict(zip(FIELDS, target.nodes, strict=False))

    def logp(z):
        none = [saved[k][:0] for k in FIELDS[:4]]
        target.set_nodes(*none, np.arange(target.count))
        try:
            return target.logp(z)
        finally:
            target.set_nodes(*(saved[k] for k in FIELDS[:5]))

    return logp


@pytest.mark.parametrize("name", NAMES)
def test_nodes_agree_with_the_adaptive_rule(name):
    pair, found = made(name)
    target = found.plan.target
    saved = target.nodes[:5]
    target.set_nodes(*(v[:0] for v in saved[:4]), np.arange(target.count))
    said = target.choose_order(0.0)[1]  # of the highest order of the adaptive rule
    target.set_nodes(*saved)
    z, _ = at(pair, found, points(pair, found))
    got, want = target.logp(z), without(target)(z)
    error = np.abs((got - got[0]) - (want - want[0]))
    print(name, error)
    # Of an event far below a heavy population the adaptive rule is off, and says so; nodes are not.
    off = said if name == "Weibull-StudentT" else 0.0
    assert error[:12].max() < max(1e-6, off / 10) and error.max() < max(1e-4, off) < 2e-2
    assert len(target.nodes[0]) + len(target.nodes[4]) == target.count
    np.testing.assert_array_equal(target.logp(z), got)


@pytest.mark.parametrize("name", NAMES)
def test_equations_are_those_of_the_twin(name):
    """Equations (1) and (2) of csrc/theta/nodes.h in NumPy, densities by SciPy."""
    pair, found = made(name)
    target = found.plan.target
    if not len(target.nodes[0]):
        pytest.skip("no cell has an end within reach")
    f = dict(zip(FIELDS, target.nodes, strict=True))
    cells, u = found.plan.cells, points(pair, found)[:12]
    z, prior = at(pair, found, u)
    total, accepted = prior.copy(), np.zeros(len(u))
    for i, cell in enumerate(f["cell"]):
        theta = 2.0 ** f["level"][i] * (f["first"][i] + np.arange(f["count"][i]))
        log = pair.rows.log(cells.y[cell], cells.size[cell], theta)
        value = np.asarray(f["value"])[f["at"][i] : f["at"][i] + f["count"][i]]
        np.testing.assert_allclose(value, np.exp(log - log.max()), rtol=1e-9, atol=1e-290)
        for k, one in enumerate(u):
            part = value * np.exp(pair.groups.log(theta, one))
            s = np.array([part[j::4].sum() for j in range(4)])
            small = abs(s[0] + s[2] - s[1] - s[3]) <= 2e-5 * s.sum()
            small &= abs(s[0] - s[2]) + abs(s[1] - s[3]) <= 0.08 * s.sum()
            small &= part[0] + part[-1] <= 1e-11 * s.sum()
            accepted[k] += small
            step = 2.0 ** f["level"][i]
            total[k] += f["mult"][i] * (log.max() + np.log(step * part.sum()))
    assert accepted.mean() > 0.97 * len(f["cell"])
    whole = (accepted == target.count) & (len(f["rest"]) == 0)
    got = target.logp(z)
    if whole.sum() > 1:
        d = got[whole] - total[whole]
        np.testing.assert_allclose(d, d[0], rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_no_point_depends_on_those_beside_it(name):
    """Whether or not others are left to the adaptive rule, and however many there are."""
    pair, found = made(name)
    z, _ = at(pair, found, points(pair, found))
    together = found.plan.target.logp(z)
    for width in (1, 3, 8):
        for lo in range(0, z.shape[1], width):
            some = np.ascontiguousarray(z[:, lo : lo + width])
            np.testing.assert_array_equal(found.plan.target.logp(some), together[lo : lo + width])


def test_a_density_far_from_the_nodes_is_that_of_the_adaptive_rule():
    pair, found = made("Binomial-Normal")
    target = found.plan.target
    z, _ = at(pair, found, [{"g_mu": -0.5, "g_sigma": 1e-4}, {"g_mu": 8.0, "g_sigma": 0.02}])
    np.testing.assert_allclose(target.logp(z), without(target)(z), rtol=1e-13)


def test_without_room_there_are_no_nodes(monkeypatch):
    _, plain = made("Poisson-Normal")
    monkeypatch.setattr(nodes, "ROOM", 100)
    _, found = made("Poisson-Normal")
    assert not len(found.plan.target.nodes[0])
    for key, x in plain.hyper.items():
        np.testing.assert_allclose(found.hyper[key].mean(), x.mean(), rtol=0.5)


def test_few_of_many_cells_lay_the_first_nodes(monkeypatch):
    """The scout sees every second cell, yet the posterior is that of all."""
    from hierfast.schemes import counts

    pair, plain = made("Poisson-Normal")
    monkeypatch.setattr(counts, "SAMPLE", 40)
    _, found = made("Poisson-Normal")
    z, _ = at(pair, plain, points(pair, plain))
    np.testing.assert_allclose(found.plan.target.logp(z), plain.plan.target.logp(z), atol=2e-5)
    assert len(found.plan.target.nodes[0]) > 0.9 * found.plan.target.count


def test_places_cover_what_is_asked_with_steps_below_the_scale():
    rng = np.random.default_rng(2)
    middle, scale = rng.normal(0, 3, (9, 200)), np.exp(rng.normal(-1, 1, (9, 200)))
    low, high = middle - 7 * scale, middle + 7 * scale
    level, first, count = nodes.place(low, high, scale)
    some, step = count > 0, 2.0**level
    assert 0.3 < some.mean() < 1.0 and (count % 4 == 0).all() and count.max() <= nodes.MOST
    assert (first * step <= low[[0, 1, 2, 5, 6]].min(axis=0))[some].all()
    last = (first + count - 1) * step
    assert (last >= high[[0, 1, 2, 5, 6]].max(axis=0))[some].all()
    assert (step <= nodes.SHARE * scale[[0, 1, 2, 5, 6]].min(axis=0))[some].all()


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf, 1e-300])
def test_cells_without_an_end_get_no_nodes(bad):
    low, high, scale = np.full((5, 3), -4.0), np.full((5, 3), 5.0), np.full((5, 3), 0.7)
    scale[2, 1] = bad
    _, _, count = nodes.place(low, high, scale)
    assert count[1] == 0 and count[0] == count[2] > 0
