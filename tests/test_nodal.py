"""Groups read by nodes: against densities on a fine grid, their twin, and the adaptive rule."""

import numpy as np
import pytest
from scipy import special as sp
from test_nodes import NAMES as PAIRS
from test_nodes import made

import hierfast as hf
from hierfast.nodal import NodeReader, sinc_table
from hierfast.readout import QuadratureReader

NAMES = [name for name in PAIRS if "Beta" not in name and "Gamma" not in name]
PROBS = np.array([1e-3, 0.05, 0.5, 0.8, 0.999])


def reader(found):
    got = found.groups._reader
    assert isinstance(got, NodeReader)
    return got


def mixture(pair, found, cell):
    """Posterior of a cell's effect on a fine grid, densities by SciPy: grid, masses."""
    y, size = found.plan.cells.y[cell], found.plan.cells.size[cell]
    middle, sd = (v[np.flatnonzero(found.plan.cell == cell)[0]] for v in found.groups._moments)
    theta = middle + sd * np.linspace(-14, 14, 40_001)
    rows, total = pair.rows.log(y, size, theta), np.zeros(len(theta))
    for i in range(next(iter(found.hyper.values())).shape[1]):
        u = {k: float(x[0, i]) for k, x in found.hyper.items()}
        log = rows + pair.groups.log(theta, u)
        one = np.exp(log - log.max())
        total += one / one.sum()
    return theta, total / total.sum()


@pytest.mark.parametrize("name", NAMES)
def test_groups_are_those_of_the_mixture(name):
    pair, found = made(name)
    read = reader(found)
    whole, (mean, sd) = found.plan.statistics.whole, read.moments()
    quantile = read.quantiles(PROBS)
    natural = found.groups.natural
    error = read.error
    full = set(read.cell[read._mass[1]].tolist())
    for cell in read.cell[:: max(1, len(read.cell) // 10)]:
        group = np.flatnonzero(found.plan.cell == cell)[0]
        theta, mass = mixture(pair, found, cell)
        want = mass @ theta
        spread = np.sqrt(mass @ (theta - want) ** 2)
        assert abs(mean[group] - want) < 1e-4 * spread
        assert abs(sd[group] / spread - 1) < 1e-4
        if cell not in full:
            continue  # effects at stratified probabilities: their own tests
        edges = np.cumsum(mass) - 0.5 * mass
        off = np.abs(quantile[group] - np.interp(PROBS, edges, theta)) / spread
        assert off.max() < error + 2e-4
        if name == "Weibull-StudentT":
            continue  # scales without a mean
        p = found.plan.statistics.link.inverse(theta)
        middle = mass @ p
        width = np.sqrt(mass @ (p - middle) ** 2)
        near = 2e-3 if whole or "Normal" in name else 0.03  # rates with heavy tails: by strata
        assert abs(natural.mean[group] - middle) < near * width
        assert abs(natural.sd[group] / width - 1) < 2 * near
    assert error < 0.02


@pytest.mark.parametrize("name", ["Binomial-Normal", "Poisson-StudentT", "Binomial-Logistic"])
def test_cells_that_some_draws_miss_are_read_by_the_adaptive_rule(name, monkeypatch):
    _, found = made(name)
    read = reader(found)
    mass, full = read._mass
    assert np.abs(np.add.reduceat(mass, read.at)[full] - 1.0).max() < 1e-12
    some = full & (np.arange(len(full)) % 3 > 0)
    other = NodeReader(read.inner)
    other.__dict__["_mass"] = (np.where(np.repeat(some, read.count), mass, np.nan), some)
    for got, want in zip(other.moments(), read.moments(), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)
    got, want = other.quantiles(PROBS[1:4]), read.quantiles(PROBS[1:4])
    np.testing.assert_allclose(got, want, atol=0.3 * read.moments()[1].max())
    same = np.isin(found.plan.cell, read.cell[some])
    np.testing.assert_array_equal(got[same], want[same])
    assert np.isfinite(got).all() and (got[~same] != want[~same]).any()


def test_a_function_that_nodes_do_not_resolve_is_left_to_the_adaptive_rule():
    _, found = made("Binomial-Normal")
    read = reader(found)

    def step(theta):
        return (theta > -0.4).astype(float)

    mean, sd = read.expect(step)
    want = read.inner.expect(step)
    np.testing.assert_array_equal(mean, want[0])
    np.testing.assert_array_equal(sd, want[1])


@pytest.mark.parametrize("name", ["Binomial-Normal", "Poisson-Logistic"])
def test_threads_and_company_change_nothing(name):
    """Nor do the cells that are read together."""
    _, found = made(name)
    reads = [
        NodeReader(QuadratureReader(found.plan, found.groups._draws.values, c)) for c in (1, 2)
    ]
    alone = NodeReader(reads[0].inner)
    alone.__dict__["_blocks"] = [(i, i + 1) for i in range(len(alone.cell))]
    integrals = alone.integrals

    class One:
        def blend(self, lo, x, n, room, mass, missed):
            wide = np.zeros(4 * len(mass))
            other, many = np.empty(len(mass)), np.zeros_like(missed)
            integrals.blend(lo, x, n, wide, other, many)
            here = alone._nodes(lo, lo + 1)
            mass[here], missed[lo] = other[here], many[lo]

        sinc = staticmethod(integrals.sinc)

    alone.integrals = One()
    for other in (reads[1], alone):
        np.testing.assert_array_equal(other._mass[0], reads[0]._mass[0])
        np.testing.assert_array_equal(other.moments(), reads[0].moments())
        np.testing.assert_array_equal(other.quantiles(PROBS), reads[0].quantiles(PROBS))


def test_table_of_the_sine_integral():
    u = np.arange(8)[:, None] / 8 + np.arange(256)
    si, sinc = sinc_table()
    np.testing.assert_allclose(si, sp.sici(np.pi * u)[0] / np.pi, rtol=0, atol=2e-14)
    np.testing.assert_allclose(sinc, np.sinc(u), rtol=0, atol=2e-14)


@pytest.mark.parametrize("name", ["Binomial-Normal", "Poisson-Normal"])
def test_quantiles_are_those_of_the_twin(name):
    """Equations (1) to (3) of csrc/theta/sinc.h in NumPy, far into both tails."""
    _, found = made(name)
    read = reader(found)
    mass, probs = read._mass[0], np.array([1e-7, 1e-4, 0.3, 0.5, 1 - 1e-4, 1 - 1e-7])
    out, slack = np.empty((2, len(read.cell), len(probs)))
    read.integrals.sinc(0, len(read.cell), mass, sinc_table(), probs, out, slack)
    for i in range(0, len(read.cell), 7):
        q = mass[read._nodes(i, i + 1)]
        u = out[i][:, None] / read.step[i] - (read.first[i] + np.arange(read.count[i]))
        cdf = (q * (0.5 + sp.sici(np.pi * u)[0] / np.pi)).sum(axis=1)
        density = (q * np.sinc(u)).sum(axis=1) / read.step[i]
        assert (np.abs(cdf - probs) < 1e-4 * np.minimum(probs, 1 - probs) + 1e-14).all()
        e = abs((q * (-1.0) ** np.arange(len(q))).sum()) / np.pi
        np.testing.assert_allclose(slack[i] * density, e, rtol=0.02, atol=1e-15)


def test_normal_rows_with_heavy_groups():
    """Groups that are cells each, some of them without rows: against the adaptive rule."""
    rng = np.random.default_rng(5)
    y = rng.standard_t(3, 60) + rng.normal(size=60)
    model = hf.Model(hf.Normal(sigma=0.8), hf.StudentT(4, hf.Normal(0, 5), hf.HalfNormal(2)))
    table = {"y": y, "g": np.arange(60)}
    found = model.fit(
        table, y="y", group="g", groups={"g": np.arange(64)}, random_seed=1, draws=300
    )
    read = reader(found)
    assert read._mass[1].mean() > 0.2
    for got, want in zip(read.moments(), read.inner.moments(), strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)
    near = read.quantiles(PROBS[1:4]) - read.inner.quantiles(PROBS[1:4])
    assert np.abs(near).max() < 0.05 * read.moments()[1].max()
