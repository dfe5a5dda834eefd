"""Kernels against their NumPy twins and against quadrature, at every instruction set."""

import math
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from scipy import stats as st

from hierfast import _core
from hierfast.graph import Arg, Graph, Node
from hierfast.likelihoods import normal as twin

LEVELS = list(_core.levels())
RNG = np.random.default_rng(3)
MATH = {
    "exp": (0, mpmath.exp, 1.0),
    "log": (1, mpmath.log, 1.0),
    "log1p": (2, mpmath.log1p, 2.0),
    "sin": (3, mpmath.sin, 2.0),
    "cos": (4, mpmath.cos, 2.0),
    "cos2pi": (5, lambda u: mpmath.cos(2 * mpmath.pi * u), 2.0),
    "ndtr": (6, mpmath.ncdf, 6.0),
    "lgamma": (7, mpmath.loggamma, 2.0),
    "ndtri": (8, lambda p: mpmath.sqrt(2) * mpmath.erfinv(2 * p - 1), 2.0),
}
POINTS = {
    "exp": np.concatenate([RNG.uniform(-745, 709, 800), RNG.normal(size=200), [0.0, -0.0]]),
    "log": np.concatenate([np.exp(RNG.uniform(-740, 700, 600)), RNG.uniform(0.5, 2, 400)]),
    "log1p": np.concatenate([RNG.uniform(-1, 1, 500), np.exp(RNG.uniform(-40, 300, 500)) - 1e-9]),
    "sin": np.concatenate([RNG.uniform(-1e5, 1e5, 500), RNG.uniform(-4, 4, 500)]),
    "cos": np.concatenate([RNG.uniform(-1e5, 1e5, 500), RNG.uniform(-4, 4, 500)]),
    "cos2pi": RNG.uniform(0, 1, 1000),
    "ndtr": np.concatenate([RNG.uniform(-37, 8, 600), RNG.normal(size=300)]),
    "lgamma": np.concatenate(
        [
            np.exp(RNG.uniform(-300, 300, 300)),
            RNG.uniform(0.01, 15, 600),
            1 + RNG.normal(0, 1e-3, 50),
        ]
    ),
    "ndtri": np.concatenate([RNG.uniform(0, 1, 300), np.exp(RNG.uniform(-30, -1, 100))]),
}


def ulps(got, exact):
    with mpmath.workdps(50):
        unit = math.ulp(float(exact)) if exact != 0 else 5e-324
        return float(abs(mpmath.mpf(float(got)) - exact) / unit)


@pytest.mark.parametrize("name", MATH)
def test_elementary_functions_to_few_ulp(name):
    which, exact, bound = MATH[name]
    got = _core.math(which, POINTS[name])
    with mpmath.workdps(60):
        worst = max(
            ulps(g, exact(mpmath.mpf(float(x)))) for x, g in zip(POINTS[name], got, strict=True)
        )
    assert worst <= bound


def test_elementary_functions_at_their_ends():
    inf, nan = math.inf, math.nan
    x = np.array([inf, -inf, nan, 710.0, -746.0])
    np.testing.assert_array_equal(_core.math(0, x), [inf, 0, nan, inf, 0])
    np.testing.assert_array_equal(
        _core.math(1, np.array([0.0, -1, inf, nan, 1])), [-inf, nan, inf, nan, 0]
    )
    np.testing.assert_array_equal(
        _core.math(2, np.array([-1.0, -2, inf, nan, 0])), [-inf, nan, inf, nan, 0]
    )
    np.testing.assert_allclose(_core.math(1, np.array([5e-324, 1e-310])), np.log([5e-324, 1e-310]))
    np.testing.assert_array_equal(_core.math(6, np.array([-60.0, 60, nan])), [0, 1, nan])
    np.testing.assert_array_equal(_core.math(8, np.array([0.0, 0.5, 1.0])), [-inf, 0, inf])
    np.testing.assert_array_equal(_core.math(7, np.array([0.0, 1, 2, inf])), [inf, 0, 0, inf])


@pytest.mark.parametrize("name", MATH)
def test_elementary_functions_have_equal_bits(name):
    got = [_core.math(MATH[name][0], POINTS[name], level).tobytes() for level in LEVELS]
    assert len(set(got)) == 1


def philox(counter, key):
    """Ten rounds as in the paper, on Python integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k[0], q & 0xFFFFFFFF, (p >> 32) ^ c[3] ^ k[1], p & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def test_philox_known_answers():
    ones = 0xFFFFFFFF
    pi = ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0])
    known = [
        (([0] * 4, [0] * 2), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        (([ones] * 4, [ones] * 2), [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (pi, [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
    ]
    for (counter, key), answer in known:
        assert philox(counter, key) == answer
        label = np.array([counter[0] | counter[1] << 32], dtype=np.uint64)
        u = _core.normals(key[0] | key[1] << 32, label, counter[2], counter[3], 0, True)[0]
        k = (answer[1] << 20) | (answer[0] >> 12)
        assert u == (k + 0.5) * 2.0**-52


def test_keys_and_normals_are_those_of_the_header():
    seed, chain, term, site = 0x123456789ABCDEF0, 3, 2, 6
    words = philox([chain, term, site, 0x68696572], [seed & 0xFFFFFFFF, seed >> 32])
    assert _core.key(seed, chain, term, site) == words[0] | words[1] << 32
    label = RNG.integers(0, 2**63, 999).astype(np.uint64)
    all_levels = [_core.normals(5, label, 7, 1, level) for level in LEVELS]
    assert len({z.tobytes() for z in all_levels}) == 1
    for value, z in zip(label[:20].tolist(), all_levels[0][:20], strict=True):
        w = philox([value & 0xFFFFFFFF, value >> 32, 7, 1], [5, 0])
        u, v = ((((w[i + 1] << 20) | (w[i] >> 12)) + 0.5) * 2.0**-52 for i in (0, 2))
        assert z == pytest.approx(
            math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v), rel=1e-12, abs=1e-14
        )


def test_normals_are_normal_and_independent():
    label = np.arange(400_000, dtype=np.uint64)
    z, other = (_core.normals(11, label, sweep) for sweep in (1, 2))
    assert st.kstest(z, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(z, other)[0, 1]) < 0.01
    assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 0.01
    assert st.kstest(z + 0.01, "norm").pvalue < 1e-4  # the test sees a shift of a hundredth


def make_cells(n, many):
    p = np.exp(RNG.normal(0, 2, n))
    mult = RNG.integers(1, 9, n).astype(float) if many else np.ones(1)
    squares = RNG.uniform(0, 3, n) if many else np.zeros(1)
    mean = 1e3 + RNG.normal(size=n)
    return SimpleNamespace(
        p=p, mean=mean, mult=mult, squares=squares, centre=1e3, n_group=float(mult.sum() if many else n),
        n_row=float(7 * n), ssw=3.5 * n, p_min=p.min(), p_max=p.max(), p_bar=math.sqrt(p.min() * p.max()),
    )  # fmt: skip


def make_graph(mu=None, tau="Flat", sigma=1.0):
    """Unknown tau (and mu): flat priors, so that the target is the likelihood and a Jacobian."""
    nodes = []
    if mu is None:
        nodes.append(Node("mu", "Flat", 0, ()))
    nodes.append(Node("tau", tau, 1, ()))
    location = Arg(0, 0, 0.0) if mu is None else Arg(-1, 0, mu)
    return Graph(
        tuple(nodes), location, (Arg(len(nodes) - 1, 0, 0.0),), {}, Arg(-1, 0, sigma), None, ()
    )


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("n", [1, 7, 300, 20_000])
@pytest.mark.parametrize("level", LEVELS)
def test_collapsed_likelihood_is_its_twin(n, many, level):
    cells, sigma = make_cells(n, many), 1.7
    target = _core.Collapsed(make_graph(sigma=sigma), -1, cells, level)
    z = np.array([[999.0, 1000, 1001.5, 1000], [-30.0, -2, 0.5, 12]])
    got = target.logp(z)
    mult, squares = (np.broadcast_to(v, n) for v in (cells.mult, cells.squares))
    want = []
    for mu, log_tau in z.T:
        lam = math.exp(2 * log_tau) / sigma**2
        m = twin.moments(cells.p, mult, cells.mean - 1e3, squares, lam)
        value = twin.log_marginal(m, mu - 1e3, sigma, cells.n_group, cells.n_row, cells.ssw)
        want.append(value + log_tau)
    np.testing.assert_allclose(got, want, rtol=1e-11)


def test_collapsed_likelihood_is_the_normal_density():
    p, mean, sigma, tau, mu = np.array([1.0, 4.0, 9.0]), np.array([0.3, -2.0, 1.1]), 1.3, 0.8, 0.2
    m = twin.moments(p, np.ones(3), mean, np.zeros(3), tau**2 / sigma**2)
    got = twin.log_marginal(m, mu, sigma, 3.0, 3.0, 0.0)
    exact = st.norm(mu, np.sqrt(tau**2 + sigma**2 / p)).logpdf(mean).sum()
    constant = 0.5 * np.log(p).sum() - 1.5 * math.log(2 * math.pi)
    assert got + constant == pytest.approx(exact, rel=1e-13)


@pytest.mark.parametrize("prior", ["Flat", "Normal"])
def test_integrating_mu_is_integrating_mu(prior):
    from scipy.integrate import quad

    cells = make_cells(6, True)
    args = () if prior == "Flat" else (Arg(-1, 0, 1000.5), Arg(-1, 0, 0.7))
    nodes = (Node("mu", prior, 0, args), Node("tau", "Flat", 1, ()))
    graph = Graph(nodes, Arg(0, 0, 0.0), (Arg(1, 0, 0.0),), {}, Arg(-1, 0, 1.2), None, ())
    whole, gone = (_core.Collapsed(graph, skip, cells, 0) for skip in (-1, 0))
    points = np.array([-3.0, 0.0, 1.5])
    top = whole.logp(np.array([[1000.0], [0.0]]))[0]
    areas = [
        quad(
            lambda mu, t=t: math.exp(whole.logp(np.array([[mu], [t]]))[0] - top),
            970,
            1030,
            points=[1000],
            epsabs=0,
        )[0]
        for t in points
    ]
    got = gone.logp(points[None, :])
    np.testing.assert_allclose(np.diff(got), np.diff(np.log(areas)), rtol=1e-8)


def test_table_of_moments_is_the_direct_sum():
    cells = make_cells(30_000, False)
    graph = make_graph(mu=1000.1)
    direct, tabled = (_core.Collapsed(graph, -1, cells, LEVELS[-1]) for _ in range(2))
    n = tabled.table_size(0.0, 0.7)
    nodes = tabled.table_nodes(0.0, 0.7, n)
    leaves = -(-30_000 // _core.BLOCK)
    out = np.zeros((4, n))
    for leaf in range(leaves):
        for lo in range(0, n, 64):
            part = np.empty(4 * len(nodes[lo : lo + 64]))
            tabled.moment_leaf(leaf, nodes[lo : lo + 64], part)
            out[:, lo : lo + 64] += part.reshape(4, -1)
    tabled.set_table(0.0, 0.7, nodes, out)
    z = np.linspace(-12, 3, 97)[None, :]  # inside the table and beyond its end
    np.testing.assert_allclose(
        tabled.logp(z) - tabled.logp(z[:, :1])[0],
        direct.logp(z) - direct.logp(z[:, :1])[0],
        atol=1e-6,
    )


@pytest.mark.parametrize("n", [1, 255, 20_001])
def test_sweep_is_its_twin_at_every_level(n):
    p, ybar = RNG.uniform(0, 5, n), 50 + RNG.normal(size=n)
    keys = RNG.integers(0, 2**40, n).astype(np.uint64)
    z = _core.normals(99, keys, 4)
    theta, sums = twin.sweep(p, ybar - 50, 0.5, 0.9, 1.4, z)
    found = []
    for level in LEVELS:
        out, total = np.empty(n), np.empty(5)
        _core.sweep(p, ybar, 50.5, 0.81, 1.96, 50.0, 99, 4, 0, keys, 0, n, out, total, level)
        np.testing.assert_allclose(out, theta + 50, rtol=1e-13)
        np.testing.assert_allclose(total, sums, rtol=1e-9, atol=1e-9 * n)
        found.append(out.tobytes() + total.tobytes())
    assert len(set(found)) == 1


def test_sweep_counts_labels_up_from_the_base():
    p, y = np.ones(500), np.zeros(500)
    a, b, s = np.empty(500), np.empty(500), np.empty(5)
    _core.sweep(p, y, 0.0, 1.0, 1.0, 0.0, 7, 1, 1000, None, 0, 500, a, s, 0)
    keys = np.arange(1000, 1500, dtype=np.uint64)
    _core.sweep(p, y, 0.0, 1.0, 1.0, 0.0, 7, 1, 0, keys, 0, 500, b, s, 0)
    assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("level", LEVELS)
def test_quadrature_is_the_closed_form(level):
    n = 40
    p, mean = np.exp(RNG.normal(0, 2, n)), RNG.normal(0, 3, n)
    stats = (p, mean, np.ones(n), np.zeros(n))
    graph = make_graph(sigma=1.1)
    target = _core.Integrated(
        graph, "Normal", "Normal", stats, (graph.noise,), (graph.scale,), level
    )
    z = np.array([[-1.0, 0.0, 2.0], [-3.0, 0.2, 2.0]])
    want = []
    for mu, t in z.T:
        m = twin.moments(p, np.ones(n), mean, np.zeros(n), math.exp(2 * t) / 1.21)
        want.append(twin.log_marginal(m, mu, 1.1, n, n, 0.0) + t)
    got = target.logp(z)
    np.testing.assert_allclose(np.diff(got), np.diff(want), rtol=1e-10)
    x = np.array([0.3, 0.9])
    m, s = np.empty(n), np.empty(n)
    target.moments(x, np.arange(n), m, s)
    exact = twin.effect(p, mean, 0.3, 0.0, 0.9, 1.1)
    np.testing.assert_allclose(m, exact[0], atol=1e-12)
    np.testing.assert_allclose(s, np.sqrt(exact[1]), rtol=1e-11)
    u = np.array([1e-9, 1e-3, 0.3, 0.5, 0.999, 1 - 1e-9])
    for j in range(5):
        theta = np.empty(6)
        target.invert(x, np.full(6, j), u, theta)
        assert np.abs(st.norm(exact[0][j], math.sqrt(exact[1][j])).cdf(theta) - u).max() < 1e-6


def test_mixture_quantiles_invert_the_mixture():
    part = np.stack(
        [
            RNG.normal(0, 0.3, 500),
            RNG.uniform(0, 0.1, 500),
            *(np.exp(RNG.normal(0, 1, 500)) for _ in range(2)),
        ]
    )
    mixture = _core.Mixture(np.ascontiguousarray(part), LEVELS[-1])
    p, d = np.array([0.5, 20.0]), np.array([-4.0, 1.0])
    rows, out = np.empty((2, 6)), np.empty((2, 3))
    mixture.coefficients(p, rows)
    mean = rows[:, 0] + rows[:, 1] * d
    sd = np.sqrt(rows[:, 2] + d * (rows[:, 3] + d * rows[:, 4]))
    probs = np.array([1e-4, 0.3, 0.99])
    mixture.quantiles(p, d, mean, sd, probs, out)
    b = 1 / (1 + part[3] * p[:, None])
    m = b * part[0] + (1 - b) * d[:, None]
    v = part[2] * b + b**2 * part[1]
    np.testing.assert_allclose(mean, m.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(sd**2, v.mean(axis=1) + m.var(axis=1), rtol=1e-11)
    for i in range(2):
        cdf = [st.norm(m[i], np.sqrt(v[i])).cdf(x).mean() for x in out[i]]
        np.testing.assert_allclose(cdf, probs, rtol=1e-6)
