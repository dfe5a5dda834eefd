"""Independence proposals are drawn from the density they say: importance weights of normals of known mass.

With z = c + shape u and q the density of u that a proposal says, any density p has, in any box B,
  (1) E[1(u in B) p(u) / q(u)] = p(B),  z drawn from the proposal.
"""

import numpy as np
import pytest
from scipy import stats as st

import hierfast as hf
from hierfast import _core

PARTS, DRAWS = 4, 200_000
SD, WIDE = 0.8, 1.5  # of p along every axis of u; of ridges, whose bend shows farther out
N, HN = hf.Normal, hf.HalfNormal
SCHOOLS = {
    "y": [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0],
    "s": [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0],
    "g": list("abcdefgh"),
}
FEW = {"y": [1.3, 2.2, 0.1, 4.0, 0.4, 9.1], "g": list("aabbcc")}
RIDGE = {"y": np.arange(300) % 10 < 3, "g": np.arange(300)}
COUNTS = {"y": [0, 1, 9, 2, 0, 3], "n": [10, 12, 15, 8, 9, 20], "g": list("abcdef")}
MODELS = {  # by how many unknowns the proposal has, and which of them is the wider
    "one": (hf.Model(N(sigma="s"), N(N(0, 5), hf.HalfCauchy(5))), SCHOOLS, "collapsed"),
    "one of a grid": (hf.Model(N(sigma=1), N(0, HN(3))), FEW, "collapsed"),
    "two": (hf.Model(N(sigma=HN(3)), N(N(0, 5), HN(3))), FEW, "collapsed"),
    "two, shares": (
        hf.Model(hf.Binomial(n="n"), hf.Beta(hf.Gamma(2, 0.5), hf.Gamma(2, 0.1))),
        COUNTS,
        "collapsed",
    ),
    "two, nodes": (hf.Model(hf.Poisson(), N(N(0, 5), HN(3))), COUNTS, "quadrature"),
    "two, a ridge": (hf.Model(hf.Bernoulli(), N(N(0, 5), HN(3))), RIDGE, "quadrature"),
    "three": (hf.Model(N(sigma=HN(3)), N(N(0, 5), HN(3))), FEW, "quadrature"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # of the ridge, which is meant
@pytest.mark.parametrize("name", MODELS)
def test_weights_of_normals_add_up(name):
    model, data, scheme = MODELS[name]
    fit = model.fit(
        data, y="y", group="g", scheme=scheme, draws=4, random_seed=1, progressbar=False
    )
    target, sd = fit.plan.target, WIDE if "ridge" in name else SD
    firsts = range(0, DRAWS, _core.TILE)
    z, said = zip(
        *(target.propose(_core.key(7, 0, 0, 2), f, _core.TILE) for f in firsts), strict=True
    )
    z, said = np.concatenate(z, axis=1), np.concatenate(said)
    np.testing.assert_allclose(target.proposal_density(np.ascontiguousarray(z)), said, rtol=1e-9)
    u = np.linalg.solve(target.spread, z - np.median(z, axis=1, keepdims=True))
    weight = np.exp(st.norm.logpdf(u, 0, sd).sum(axis=0) - said)
    place = np.searchsorted(st.norm.ppf(np.arange(1, PARTS) / PARTS) * sd, u)
    box = np.ravel_multi_index(tuple(place), (PARTS,) * len(u))
    n, boxes = len(weight), PARTS ** len(u)
    mean = np.bincount(box, weight, boxes) / n
    error = np.sqrt((np.bincount(box, weight**2, boxes) / n - mean**2) / n)
    assert (error < 0.15 / boxes).all()
    assert (np.abs(mean - 1 / boxes) < 5 * error).all(), (mean * boxes, error * boxes)
