"""Whether means of rates, times and scales exist: how posteriors of their logarithms fall off above."""

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


def find_infinite(plan: Plan, values: FloatArray, new: bool = False) -> NDArray[np.bool_]:
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

    Parameters
    ----------
    plan : Plan
        Of a fit whose effects, or scales, are exponentials of what was integrated.
    values : numpy.ndarray
        Unknowns (chains, n_node, draws).
    new : bool
        Whether a new group is asked about, one without rows, instead of those of the fit.

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
    x = np.concatenate(list(values), axis=1)
    n, graph = x.shape[1], plan.graph
    scales = graph.scales
    parts = graph.parts or ((graph if scales is None else graph.of_scales),)
    written = graph.written if scales is None else scales.written
    many, each = (np.zeros(1), np.ones(n)) if new else _decay_of_rows(plan, x, n)
    found = np.zeros((2, len(many)), dtype=bool)
    for part in parts:
        decay = _decay_of_population(part, part.written if graph.parts else written, x, n)
        for k in (1, 2):
            edge = float(((k - decay) / each).max())
            found[k - 1] |= many < edge if part.population == "StudentT" else many <= edge
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


def _decay_of_population(
    part: Part | Graph, written: dict[str, Arg], x: FloatArray, n: int
) -> FloatArray:
    """Give a at every draw (n,)."""
    from hierfast.sample import read

    if part.population == "StudentT":
        return np.zeros(n)
    if part.population == "Logistic":
        return np.asarray(1.0 / read(part.shape[0], x, n))
    if part.population == "InverseGamma":
        return read(written["alpha"], x, n)
    if part.population == "ScaledInverseChi2":
        return 0.5 * read(written["nu"], x, n)
    return np.full(n, np.inf)


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
