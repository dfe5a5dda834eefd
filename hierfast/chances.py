r"""How probable it is that groups' effects are above a value, effects integrated out.

Of T draws of the hyperparameters, spread evenly over the chains, each gives a group's chance without a draw
of its effect,

.. math::

    c_{jt} = P(\theta_j > x \mid y_j, \phi_t), \qquad
    \bar c_j = \frac{1}{T} \sum_t c_{jt},                                                        \tag{1}

with the Monte Carlo error of equation (1) of `hierfast.joint`, which is far below that of as many draws of
effects (Rao and Blackwell). Normal rows and populations: csrc/conjugate/normal_above.h; conjugate counts:
tails of the Betas and Gammas of equation (1) of `hierfast.conjugate`; cells whose likelihoods stay at fixed
nodes: (1) of csrc/theta/sinc.h, batch by batch. Of cells beside these whose nodes do not serve all draws,
with Q the inverse of the distribution function that quadrature gives,

.. math:: c_{jt} = 1 - \sup \{u : Q_{jt}(u) \le x\},                                             \tag{2}

found by cutting the range of u until it is shorter than the error of Q itself. For all others shares of
joint draws stand for (1).
Source: Gelfand and Smith (1990), *J. Amer. Statist. Assoc.* 85(410), section 2.6.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.conjugate import ConjugateReader
from hierfast.joint import Joint, check_single
from hierfast.nodal import NodeReader
from hierfast.readout import MixtureReader, NaturalReader, WholeReader
from hierfast.standing import StandingReader
from hierfast.threads import pieces, run_all

if TYPE_CHECKING:
    from hierfast.answers import Joinable

FloatArray = NDArray[np.float64]
Found = tuple[FloatArray, FloatArray]

LEAST = 100  # draws of the hyperparameters, where there are as many
NORMALS = 100_000_000  # normal probabilities that an answer may spend
TAILS = 2_500_000  # those of Betas and Gammas
INTEGRALS, MOST = 12_000, 100_000  # cells times draws whose distributions are inverted
NODES = 100_000_000  # nodes times draws that are blended
CUTS, ROUNDS = 16, 5  # places in a range at once; (CUTS + 1)^-ROUNDS is 7e-7
SLACK = 1e-6  # that probabilities read by nodes may be off by
AT_ONCE = 32  # cells whose chances are found together


def chances_above(groups: Joinable, x: float, draws: int | None = None) -> Found:
    """Give the probability that each effect is above a value: equation (1).

    Parameters
    ----------
    groups : Groups
        Of a fit.
    x : float
        The value, on their scale.
    draws : int, optional
        Draws of the hyperparameters; chosen by the number of groups by default.

    Returns
    -------
    tuple of numpy.ndarray
        Probabilities and their Monte Carlo errors (J,).

    Examples
    --------
    >>> import hierfast as hf
    >>> from hierfast.chances import chances_above
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1))
    >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
    >>> chances_above(fit.groups, 1.0)[0].round(3)
    array([0.24 , 0.5  , 0.921])
    """
    check_single(groups)
    reader: Any = groups._reader
    way = WAYS.get(type(reader))
    found = None if way is None else way(groups, reader, x, draws)
    if found is not None:
        return found
    mean, _, mcse, _ = Joint(groups, draws, alike=True).read(lambda v: v > x, np.float32)
    return mean, mcse


def _choose(groups: Joinable, draws: int | None, most: int) -> Joint:
    return Joint(groups, max(LEAST, most) if draws is None else draws)


def _by_normals(groups: Joinable, reader: Any, x: float, draws: int | None) -> Found | None:
    """Read Normal rows and populations; groups without rows have weight 0."""
    if isinstance(reader, WholeReader) and not isinstance(reader.inner, MixtureReader):
        return None
    plan, n = groups._plan, len(groups)
    joint = _choose(groups, draws, NORMALS // n)
    parts = np.ascontiguousarray(groups._draws.parts[joint.chain, :, joint.draw].T)
    mixture = _core.Mixture(parts, plan.level)
    edge = np.array([0, *(hi for _, hi in joint.batches)], dtype=np.int32)
    stats, centre = plan.statistics, plan.cells.centre
    weight = np.ascontiguousarray(stats.weight)
    mean = np.where(weight > 0.0, stats.mean - centre, 0.0)
    at = np.full(n, x - centre) - (0.0 if plan.location is None else plan.location)
    chance, mcse = np.empty((2, n))

    def work(lo: int, hi: int) -> None:
        some = slice(lo, hi)
        mixture.above(edge, weight[some], mean[some], at[some], chance[some], mcse[some])

    run_all([partial(work, *c) for c in pieces(n, 4096, 256)], groups._cores)
    return chance, mcse


def _of_cells(
    joint: Joint, cell: NDArray[np.intp] | None, count: int, give: Callable[..., FloatArray]
) -> Found:
    """Gather what `give` says of some cells at all draws (T, cells), batch by batch."""
    sums = np.zeros((4, count))

    def work(lo: int, hi: int) -> None:
        found = give(lo, hi)
        for a, b in joint.batches:
            _core.add_batch(np.ascontiguousarray(found[a:b]), a == 0, sums[:, lo:hi])

    cuts = [(lo, min(lo + AT_ONCE, count)) for lo in range(0, count, AT_ONCE)]
    run_all([partial(work, *c) for c in cuts], joint.cores)
    mean, _, mcse = joint.figures(sums)
    return (mean, mcse) if cell is None else (mean[cell], mcse[cell])


def _by_tails(groups: Joinable, reader: Any, x: float, draws: int | None) -> Found:
    """Conjugate counts, cell by cell."""
    count, family = len(reader.y), reader.family
    joint = _choose(groups, draws, TAILS // count)
    if not family.low < x < family.high:
        return np.full(len(groups), float(x <= family.low)), np.zeros(len(groups))
    at = joint.chain * groups._draws.values.shape[2] + joint.draw
    a, b, z = reader.a[at, None], reader.b[at, None], family.inverse(np.array(x))

    def give(lo: int, hi: int) -> FloatArray:
        shapes = family.shapes(a, b, reader.y[lo:hi], reader.size[lo:hi])
        return np.asarray(family.tails(*shapes, z, True)[0])

    return _of_cells(joint, reader.cell, count, give)


def _by_nodes(groups: Joinable, reader: Any, x: float, draws: int | None) -> Found | None:
    """Cells whose likelihoods stay at fixed nodes, or those that stand for all."""
    theta, cells = x, reader
    if isinstance(reader, NaturalReader):
        theta, cells = reader.link.forward(x), reader.inner
    standing = cells if isinstance(cells, StandingReader) else None
    nodal = cells if standing is None else standing.cells
    if groups._plan.graph.parts or not isinstance(nodal, NodeReader):
        return None
    if np.isinf(theta):
        return np.full(len(groups), float(theta < 0.0)), np.zeros(len(groups))
    found = _of_nodes(groups, nodal, theta, draws)
    if found is None:
        return None
    if standing is not None:
        chance, mcse = standing.spread(np.stack(found, axis=1)).T
        return np.clip(chance, 0.0, 1.0), np.maximum(mcse, 0.0)
    cell = nodal.inner.cell
    return found if cell is None else (found[0][cell], found[1][cell])


def _of_nodes(groups: Joinable, nodal: NodeReader, theta: float, draws: int | None) -> Found | None:
    """Read cells; those whose nodes do not serve all draws by equation (2), unless they are many."""
    whole = nodal.inner
    joint = _choose(groups, draws, NODES // int(nodal.count.sum()))
    points = _points(groups, joint)
    found, slack, full = nodal.below(theta, [points[lo:hi] for lo, hi in joint.batches])
    good = full & (slack <= SLACK)
    left = np.setdiff1d(np.arange(whole.count), nodal.cell[good])
    chance, mcse = np.zeros((2, whole.count))
    many = np.diff([0, *(hi for _, hi in joint.batches)])
    chance[nodal.cell] = 1.0 - many @ found / joint.total
    mcse[nodal.cell] = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    if len(left) * LEAST > MOST:
        return None
    if len(left):
        fewer = _choose(groups, draws, INTEGRALS // len(left))
        give = partial(_by_inverse, whole.plan.integrals, _points(groups, fewer), theta, left)
        chance[left], mcse[left] = _of_cells(fewer, None, len(left), give)
    return chance, mcse


def _points(groups: Joinable, joint: Joint) -> FloatArray:
    """Draws of the hyperparameters (T, n_node)."""
    return np.ascontiguousarray(groups._draws.values[joint.chain, :, joint.draw])


def _by_inverse(
    integrals: Any,
    points: FloatArray,
    x: float,
    cells: NDArray[np.intp],
    lo: int,
    hi: int,
) -> FloatArray:
    """Equation (2) of cells lo .. hi among some (T, hi - lo)."""
    places = np.arange(1, CUTS + 1) / (CUTS + 1)
    cell = np.repeat(cells[lo:hi], CUTS)
    out, theta = np.empty((len(points), hi - lo)), np.empty(len(cell))
    for t, point in enumerate(points):
        low, width = np.zeros((hi - lo, 1)), 1.0
        for _ in range(ROUNDS):
            integrals.invert(point, cell, (low + width * places).ravel(), theta)
            width /= CUTS + 1
            below = (theta.reshape(-1, CUTS) <= x).sum(axis=1, keepdims=True)
            low = low + width * below
        inside = (low > 0.5 * width) & (low < 1.0 - 1.5 * width)
        out[t] = 1.0 - np.where(inside, low + 0.5 * width, np.round(low))[:, 0]
    return out


Way = Callable[["Joinable", Any, float, "int | None"], Found | None]
WAYS: dict[type, Way] = {
    MixtureReader: _by_normals,
    WholeReader: _by_normals,
    ConjugateReader: _by_tails,
    NodeReader: _by_nodes,
    StandingReader: _by_nodes,
    NaturalReader: _by_nodes,
}
