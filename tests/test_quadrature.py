"""Marginals by quadrature against panels of Gauss-Legendre, and what the plan says of their error."""

import numpy as np
import pytest
from test_pairs import fit
from trust.pairs import LONG, PAIRS
from trust.problems import coordinates

from hierfast.links import LINKS

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
