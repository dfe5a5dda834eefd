r"""What a model says before it has seen any outcome: hyperparameters, effects and rows from their priors.

.. math:: p(y, \theta, \phi) = p(y \mid \theta, \phi) \, p(\theta \mid \phi) \, p(\phi)             \tag{1}

Each stage has a stream of random numbers of its own, so that other rows leave the hyperparameters as they
are. Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 7.4; Gabry et al. (2019), *J. R.
Statist. Soc. A* 182(2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.distributions.base import Distribution
from hierfast.distributions.grid import Grid
from hierfast.graph import Graph
from hierfast.hyper import draw_hyper
from hierfast.observations import Observations, read_observations
from hierfast.sample import make_seed
from hierfast.simulate import Stages

if TYPE_CHECKING:
    from hierfast.model import Model

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PriorPredictive:
    """Draws of a model's prior predictive distribution.

    Attributes
    ----------
    hyper : dict of str to numpy.ndarray
        Hyperparameters (draws,) by the names of ``fit.hyper``.
    effects : numpy.ndarray
        Effects of the groups (draws, J), on the scale of ``fit.groups``; shares (draws, J, H).
    y : numpy.ndarray
        Outcomes of the rows (draws, N), of Multinomial rows counts (draws, N, H).
    labels : numpy.ndarray
        Sorted labels of the groups (J,).
    codes : numpy.ndarray
        Place of the group of each row among them (N,).
    scales : numpy.ndarray or None
        Scales of the groups (draws, J), as they were written, where these differ by group.
    weights : numpy.ndarray or None
        Weights (draws, M) of the points of a `Grid`.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> prior = model.prior_predictive(table, group="school", draws=100, random_seed=1)
    >>> prior
    PriorPredictive(100 draws of school_mu, school_sigma; 8 groups, 8 rows)
    """

    hyper: dict[str, FloatArray]
    effects: FloatArray
    y: FloatArray
    labels: NDArray[Any]
    codes: NDArray[np.int64]
    scales: FloatArray | None = None
    weights: FloatArray | None = None

    def __repr__(self) -> str:
        """Print what there is of it."""
        names = ", ".join(self.hyper) or "nothing unknown"
        return (
            f"PriorPredictive({len(self.effects):,} draws of {names}; {len(self.labels):,} groups, "
            f"{len(self.codes):,} rows)"
        )


def name_graph(model: Model, y: Any, group_name: str) -> Graph:
    """Lay out the unknowns of a model as a fit calls them.

    Parameters
    ----------
    model : Model
        The model.
    y : str or sequence of str or array_like or None
        The outcome; of Multinomial rows it names the categories.
    group_name : str
        Of the group column.

    Returns
    -------
    Graph
        The unknowns.
    """
    from hierfast.grammar import build_graph
    from hierfast.schemes import PAIRS

    maker = PAIRS[type(model.likelihood).__name__, type(model.population).__name__]
    graph = build_graph(model.likelihood, model.population, group_name)
    return maker.named(graph, model, y, group_name)


def sample_prior(
    model: Model, data: Any, *, y: Any, group: Any, groups: Any, draws: int, random_seed: Any
) -> PriorPredictive:
    """Draw from the prior predictive distribution; see `Model.prior_predictive`."""
    from hierfast.plan import name_groups

    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        raise ValueError(f"draws must be a whole number, 1 or more; got {draws!r}")
    name = name_groups(data, group)
    graph = name_graph(model, y, name)
    of_hyper, of_weights, of_effects, of_scales, of_rows = (
        np.random.default_rng(s) for s in np.random.SeedSequence(make_seed(random_seed)).spawn(5)
    )
    observed = _read(model, graph, data, y, group, groups)
    x = draw_hyper(graph, of_hyper, int(draws))
    points, weights = _draw_weights(model.population, graph, x, of_weights)
    stages = Stages(model.likelihood, graph, x, points, weights)
    offset = stages.offset(observed.location, observed.design)
    effects = stages.draw_effects(of_effects, len(observed.labels), offset)
    scales = None
    if graph.scales is not None:
        scales = stages.draw_scales(of_scales, len(observed.labels))
    rows = stages.rows(
        effects[:, observed.code], observed, None if scales is None else scales[:, observed.code]
    )
    out = limit_rows(model.likelihood.simulate_rows(of_rows, rows), observed)
    for what, drawn in (("effects", effects), ("rows", out)):
        if np.isnan(drawn).any():
            raise ValueError(
                f"some {what} are beyond what float64 can hold at draws of the priors: give priors that "
                "are less wide"
            )
    hyper = graph.unknowns(list(x))
    return PriorPredictive(hyper, effects, out, observed.labels, observed.code, scales, weights)


def _read(model: Model, graph: Graph, data: Any, y: Any, group: Any, groups: Any) -> Observations:
    """Read the rows, with an outcome only where something but its values is read of it."""
    likelihood: Any = model.likelihood
    if data is None:
        for name, given in (("y", y), ("group", group), ("groups", groups)):
            if given is not None:
                raise TypeError(f"{name} was given without data; without it there is one row")
        data = {"row": [0.0]}
    if graph.population == "Dirichlet":
        return read_observations(likelihood, graph, data, y, group, groups).repeated()
    here = y is not None and getattr(likelihood, "censored", None) is not None
    return read_observations(likelihood, graph, data, y if here else None, group, groups).repeated()


def limit_rows(y: FloatArray, observed: Observations) -> FloatArray:
    """Censor simulated rows where the rows of the data were censored.

    Parameters
    ----------
    y : numpy.ndarray
        Simulated times (..., N).
    observed : Observations
        The rows of the data.

    Returns
    -------
    numpy.ndarray
        Times, none beyond where its row was censored. Of rows whose event was seen it is not known until
        when they would have been watched: their times stay as they are.
    """
    if observed.censored is None or observed.y is None:
        return y
    return np.minimum(y, np.where(observed.censored, observed.y, np.inf))


def _draw_weights(
    population: Distribution, graph: Graph, x: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray | None, FloatArray | None]:
    """Points and weights (draws, M) of a grid."""
    if not isinstance(population, Grid):
        return None, None
    from hierfast.simulate import draw_shares

    points, alpha = place_grid(population, graph, x)
    return points, draw_shares(rng, alpha[:, None], (x.shape[1], 1))[:, 0]


def place_grid(grid: Grid, graph: Graph, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the points of a grid that is known without data, and what the prior of their weights counts.

    Parameters
    ----------
    grid : Grid
        The population.
    graph : Graph
        Of the model.
    x : numpy.ndarray
        Unknowns (n_node, D).

    Returns
    -------
    tuple of numpy.ndarray
        Points (M,), and alpha m of each (D, M).

    Raises
    ------
    ValueError
        If its ends are taken from outcomes.
    """
    from hierfast.sample import read
    from hierfast.schemes.grid import share_base

    if not grid.placed:
        raise ValueError(
            "the Grid has no low and high, and takes its ends from outcomes; give them, or points"
        )
    points = grid.lay(0.0, 1.0)
    return points, read(graph.shape[0], x, x.shape[1])[:, None] * share_base(grid, points)
