"""Whether means of rates, times, scales and rows exist: how posteriors of effects fall off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hierfast.graph import Arg, Graph, Part
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]

LOGS = ("log", "log rate", "log scale", "log mean")  # links whose natural scale has no upper end
SHOWN = 3  # groups that a sentence names
SHAPES = {
    "InverseGamma": ("alpha", 1.0),
    "ScaledInverseChi2": ("nu", 0.5),
}  # which, times what, is a


def find_infinite(
    plan: Plan, values: FloatArray, new: bool = False, below: bool = False
) -> NDArray[np.bool_]:
    r"""Say of which groups the mean, and of which the sd, of exp(effect) is infinite.

    As an effect :math:`\theta` grows, its likelihood falls as :math:`e^{-c \theta}` and a population as
    :math:`e^{-a \theta}`, or faster than any such. Given the hyperparameters,

    .. math::

        E[e^{k \theta} \mid y, \phi] < \infty \iff c + a > k \tag{1}

    a StudentT has a = 0, and as it falls as a power of :math:`\theta` beside, c = k suffices.

    ============================== =================================== ==============================
    likelihood                     c                                   population        a
    ============================== =================================== ==============================
    Poisson, Exponential           infinite with any row, else 0       Normal, Gamma     infinite
    ZeroInflatedPoisson            infinite with any count above 0     Logistic          1 / sigma
    NegativeBinomial               rows x alpha                        StudentT          0
    Weibull, Gamma                 rows not censored x alpha           InverseGamma      alpha
    Normal, of a scale = sd^(1/p)  rows x p, p > 0                     ScaledInverseChi2 nu / 2
    ============================== =================================== ==============================

    Below, as effects fall to minus infinity, the same decides whether :math:`E[e^{-k \theta}]` is finite,

    ============================== =================================== ==============================
    likelihood                     c                                   population        a
    ============================== =================================== ==============================
    Exponential                    events                              Gamma             alpha
    Normal, of a scale = sd^(1/p)  rows x -p, p < 0                    Logistic          1 / sigma
    \                                                                  StudentT          0
    \                                                                  others            infinite
    ============================== =================================== ==============================

    Parameters
    ----------
    plan : Plan
        Of a fit whose effects, or scales, are exponentials of what was integrated.
    values : numpy.ndarray
        Unknowns (chains, n_node, draws).
    new : bool
        Whether a new group is asked about, one without rows, instead of those of the fit.
    below : bool
        Whether exp(-effect) is asked about.

    Returns
    -------
    numpy.ndarray
        (2, J), or (2, 1) of a new group: whether, at some draw of the hyperparameters, k = 1 and k = 2 are
        too much in (1), so that the moment of the mixture over the draws is infinite.

    Notes
    -----
    Source of (1): Bingham, Goldie and Teugels (1987), *Regular Variation*, section 1.5.

    Examples
    --------
    >>> import hierfast as hf
    >>> from hierfast.tails import find_infinite
    >>> model = hf.Model(hf.Poisson(exposure=1), hf.StudentT(4, 0, hf.HalfNormal(1)))
    >>> table, groups = {"g": ["a", "b", "c"], "y": [1, 3, 2]}, {"g": ["a", "b", "c", "d"]}
    >>> fit = model.fit(table, y="y", group="g", groups=groups, random_seed=1)
    >>> find_infinite(fit.plan, fit._draws.values)[0].tolist()
    [False, False, False, True]
    """
    return np.array([exceeds(plan, values, k, new, below) for k in (1.0, 2.0)])


def exceeds(
    plan: Plan, values: FloatArray, power: float, new: bool, below: bool
) -> NDArray[np.bool_]:
    """Say of which groups a power k of exp(effect), or exp(-effect), has an infinite mean.

    Parameters
    ----------
    plan, values, new, below
        As in `find_infinite`.
    power : float
        k of equation (1) there, positive.

    Returns
    -------
    numpy.ndarray
        (J,), or (1,) of a new group.
    """
    x = np.concatenate(list(values), axis=1)
    n, graph = x.shape[1], plan.graph
    scales = graph.scales
    parts = graph.parts or ((graph if scales is None else graph.of_scales),)
    written = graph.written if scales is None else scales.written
    rows = _rise_of_rows if below else _decay_of_rows
    many, each = (np.zeros(1), np.ones(n)) if new else rows(plan, x, n)
    found = np.zeros(len(many), dtype=bool)
    for part in parts:
        given = part.written if graph.parts else written
        decay = _decay_of_population(part, given, x, n, below)
        edge = float(((power - decay) / each).max())
        found |= many < edge if part.population == "StudentT" else many <= edge
    return found


def find_infinite_rows(
    plan: Plan, values: FloatArray, kind: str, new: bool
) -> tuple[NDArray[np.bool_], bool]:
    r"""Say of which groups predicted rows have a mean, or an sd, that is infinite or does not exist.

    Means of rows are :math:`e^{\theta}` or, of Exponential rows, :math:`e^{-\theta}`, whose moments are
    those of `find_infinite`; of Normal and StudentT rows they are effects, of which a StudentT population
    has moments below its nu, and such a row of :math:`\nu_y` adds :math:`\nu_y + 1` to it. An outcome of
    StudentT rows has moments below :math:`\nu_y`; one of scales that differ by group has an sd where the
    squares of these have a mean.

    Parameters
    ----------
    plan : Plan
        Of a fit.
    values : numpy.ndarray
        Unknowns (chains, n_node, draws).
    kind : str
        "mean" of rows given their groups, or "outcome".
    new : bool
        Whether a new group is asked about.

    Returns
    -------
    tuple
        (2, J), or (2, 1) of a new group: mean, sd; and whether such a mean is infinite, or else does not
        exist.

    Examples
    --------
    >>> import hierfast as hf
    >>> from hierfast.tails import find_infinite_rows
    >>> model = hf.Model(hf.Exponential(), hf.Gamma(1.5, hf.Exponential(1)))
    >>> fit = model.fit({"y": [1.0, 3.0, 2.0]}, y="y", random_seed=1, draws=10)
    >>> find_infinite_rows(fit.plan, fit._draws.values, "mean", new=True)[0].ravel().tolist()
    [False, True]
    """
    graph, stats = plan.graph, plan.statistics
    count = 1 if new else len(stats)
    none = np.zeros((2, count), dtype=bool)
    link = getattr(stats, "link", None)
    if plan.grid is not None:
        return none, True
    if link is not None:
        if link.name == "log rate":
            return find_infinite(plan, values, new, below=True), True
        grows = link.name in LOGS and plan.closed is None
        return (find_infinite(plan, values, new) if grows else none), True
    if graph.likelihood not in ("Normal", "StudentT"):
        return none, True
    found = none | _lacks_moments(plan, values, kind, new)
    if graph.scales is not None and kind == "outcome":
        power = graph.scales.power
        found[1] |= exceeds(plan, values, 2.0 * abs(power), new, power < 0)
    return found, False


def _lacks_moments(plan: Plan, values: FloatArray, kind: str, new: bool) -> NDArray[np.bool_]:
    """Say of which groups effects, or rows, have no mean and no sd because a StudentT has none."""
    from hierfast.sample import read

    x = np.concatenate(list(values), axis=1)
    n, graph, student = x.shape[1], plan.graph, plan.graph.likelihood == "StudentT"
    parts = graph.parts or ((graph,) if graph.scales is None else ())
    of_rows = read(graph.rows[0], x, n) if student else np.full(n, np.inf)
    rows = np.zeros(1) if new else np.minimum(plan.statistics.n, 2.0)
    found = np.zeros((2, len(rows)), dtype=bool)
    for k in (1, 2):
        if student and kind == "outcome":
            found[k - 1] |= bool((of_rows <= k).any())
        for part in parts:
            if part.population == "StudentT":
                nu = read(part.shape[1], x, n)
                for m in (0.0, 1.0, 2.0):
                    more = m * (of_rows + 1.0) if m else 0.0
                    found[k - 1, rows == m] |= bool((nu + more <= k).any())
    return found


def _decay_of_rows(plan: Plan, x: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Give c as numbers (J,) times what each adds at every draw (n,)."""
    from hierfast.sample import read

    graph, stats, one = plan.graph, plan.statistics, np.ones(n)
    if graph.scales is not None:
        power, rows = graph.scales.power, np.asarray(stats.weight, dtype=np.float64)
        if power > 0:
            return rows * power, one
        alike = np.minimum((1.0 - rows) * -power, 0.0)  # nothing bounds precisions of equal rows
        return np.where(stats.m2 > 0, np.inf, alike), one
    if graph.likelihood == "NegativeBinomial":
        return stats.rows.astype(np.float64), read(graph.noise, x, n)
    if graph.likelihood in ("Weibull", "Gamma"):
        return stats.y, read(graph.noise, x, n)
    seen = stats.y if graph.likelihood == "ZeroInflatedPoisson" else stats.size
    return np.where(seen > 0, np.inf, 0.0), one


def _rise_of_rows(plan: Plan, x: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Give c of the second table as numbers (J,) times what each adds at every draw (n,)."""
    graph, stats = plan.graph, plan.statistics
    if graph.scales is not None:
        return np.asarray(stats.weight, dtype=np.float64) * -graph.scales.power, np.ones(n)
    return stats.y, np.ones(n)


def _decay_of_population(
    part: Part | Graph, written: dict[str, Arg], x: FloatArray, n: int, below: bool = False
) -> FloatArray:
    """Give a at every draw (n,)."""
    from hierfast.sample import read

    if part.population == "StudentT":
        return np.zeros(n)
    if part.population == "Logistic":
        return np.asarray(1.0 / read(part.shape[0], x, n))
    shapes = {"Gamma": ("alpha", 1.0)} if below else SHAPES
    if part.population not in shapes:
        return np.full(n, np.inf)
    name, factor = shapes[part.population]
    return factor * read(written[name], x, n)


def describe(infinite: NDArray[np.bool_], labels: NDArray[np.generic], what: str) -> str:
    """Say whose moments are infinite.

    Parameters
    ----------
    infinite : numpy.ndarray
        As `find_infinite` gives it.
    labels : numpy.ndarray
        Of the groups (J,).
    what : str
        What is infinite of them.

    Returns
    -------
    str
        A sentence; none where all moments exist.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.tails import describe
    >>> describe(np.array([[0, 1], [1, 1]], dtype=bool), np.array(["a", "b"]), "rate")[:62]
    "the posterior mean of the rate is infinite in 1 of 2 groups ('"
    """
    said = []
    for moment, some in zip(("mean", "sd"), infinite, strict=True):
        if some.any():
            names = ", ".join(repr(label) for label in labels[some][:SHOWN].tolist())
            more = ", ..." if some.sum() > SHOWN else ""
            said.append(f"{moment} of the {what} is infinite in {some.sum():,} of {len(labels):,} "
                        f"groups ({names}{more})")  # fmt: skip
    if not said:
        return ""
    return (
        f"the posterior {', and the '.join(said)}: their rows do not bound it from above, and the "
        "population's tail is too heavy; read their quantile(0.5) and interval() instead"
    )
