"""The small directed graph of unknowns that the C core evaluates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hierfast.distributions.base import Form, Support
from hierfast.distributions.grid import Grid

FloatArray = NDArray[np.float64]

NATURAL = ("Beta", "Gamma", "InverseGamma")  # populations of probabilities and positive effects


@dataclass(frozen=True, slots=True)
class Arg:
    """One parameter of a density: a constant, or an unknown read in a form, some with another value.

    Attributes
    ----------
    node : int
        Index of the unknown, -1 for a constant.
    form : int
        As in `hierfast.distributions.base.Form`.
    value : float
        The constant, 0 for an unknown.
    other : int
        Index of a second unknown, -1 for a constant.
    factor : float
        That constant.
    """

    node: int
    form: int
    value: float
    other: int = -1
    factor: float = 1.0

    def reads(self, node: int) -> bool:
        """Tell whether an unknown is read."""
        return node in (self.node, self.other)


CONSTANT = Arg(-1, int(Form.AS_IS), 1.0)


@dataclass(frozen=True, slots=True)
class Node:
    """One unknown.

    Attributes
    ----------
    name : str
        Its name in the results.
    prior : str
        Name of the prior's density.
    support : int
        0 real, 1 positive, 2 between the prior's first two parameters, 3 between 0 and 1.
    args : tuple of Arg
        Parameters of the prior in the order of the C core.
    above : int
        Index of an unknown than which it is larger, -1 for none.
    """

    name: str
    prior: str
    support: int
    args: tuple[Arg, ...]
    above: int = -1


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a mixture.

    Attributes
    ----------
    population : str
        Name of the family in the core, or "PointMass".
    location, shape, written
        As in `Graph`.
    """

    population: str
    location: Arg
    shape: tuple[Arg, ...]
    written: dict[str, Arg]


@dataclass(frozen=True, slots=True)
class Scales:
    """Population of the rows' scales, where every group has its own; read at their logarithms.

    Attributes
    ----------
    name : str
        The likelihood's argument as it was written.
    power : float
        Of it, which is the standard deviation.
    by : str or None
        The column that was named.
    kind : str
        Name of the distribution.
    population : str
        That of its logarithm in the core.
    location : Arg
        As in `Graph`, of that population.
    shape : tuple of Arg
        As in `Graph`.
    located : bool
        As in `Graph`.
    written : dict of str to Arg
        The distribution's arguments as they were written, by name.
    """

    name: str
    power: float
    by: str | None
    kind: str
    population: str
    location: Arg
    shape: tuple[Arg, ...]
    located: bool
    written: dict[str, Arg]


@dataclass(frozen=True, slots=True)
class Graph:
    """All unknowns of a model and where likelihood and population read theirs.

    Attributes
    ----------
    nodes : tuple of Node
        The unknowns; whatever a node's prior reads stands before it.
    location : Arg
        Location of the population; 0 where it has none.
    shape : tuple of Arg
        Its other parameters, in the order of the core: of a population that has a location, its
        scale comes first.
    written : dict of str to Arg
        The population's arguments as they were written, by name.
    noise : Arg
        Standard deviation, or shape, of the likelihood; for a column, the form in which its rows are read
        and the value 1; 1 where the likelihood has none.
    noise_column : str or None
        The column, if the likelihood's scale is one.
    rows : tuple of Arg
        Parameters of the likelihood that are not columns, in the order of the core.
    display : tuple of str
        Names of the unknowns in the order in which they are shown.
    location_column : str or None
        The column, if the population's mean is one: effects are then read about it.
    design : tuple of tuple of str and int
        Where the location is linear, the columns of each term and the index of its coefficient.
    parts : tuple of Part
        Components of a mixture; none of another population.
    sticks : tuple of Arg
        What their weights are made of: equation (1) of csrc/phi/mixed.h.
    weights : tuple of str
        Names of the weights.
    located : bool
        Whether the population has a location.
    likelihood, population : str
        Names of the families in the core.
    title : str
        What the likelihood is called in reports.
    scales : Scales or None
        Of a Normal likelihood whose scale differs by group.
    grid : Grid or None
        The population, where it is on a grid.
    """

    nodes: tuple[Node, ...]
    location: Arg
    shape: tuple[Arg, ...]
    written: dict[str, Arg]
    noise: Arg
    noise_column: str | None
    display: tuple[str, ...]
    located: bool = True
    location_column: str | None = None
    design: tuple[tuple[tuple[str, ...], int], ...] = ()
    parts: tuple[Part, ...] = ()
    sticks: tuple[Arg, ...] = ()
    weights: tuple[str, ...] = ()
    likelihood: str = "Normal"
    population: str = "Normal"
    title: str = "Normal"
    rows: tuple[Arg, ...] = ()
    scales: Scales | None = None
    grid: Grid | None = None

    @property
    def of_scales(self) -> Graph:
        """The same unknowns as the logarithms of scales see them, effects integrated out."""
        scales = self.scales
        assert scales is not None
        return replace(
            self,
            location=scales.location,
            shape=scales.shape,
            located=scales.located,
            likelihood="NormalScale",
            population=scales.population,
        )

    @property
    def scale(self) -> Arg:
        """Scale of a population that has a location; 1 of others."""
        return self.shape[0] if self.located else CONSTANT

    @property
    def intercept(self) -> Arg:
        """What all locations have in common: the location, or else the coefficient of a constant."""
        common = [node for columns, node in self.design if not columns]
        return Arg(common[0], int(Form.AS_IS), 0.0) if common else self.location

    @property
    def natural(self) -> bool:
        """Whether the population is of probabilities or positive effects themselves."""
        return (self.parts[0] if self.parts else self).population in NATURAL

    @property
    def unknown_weights(self) -> bool:
        """Whether there are weights that are unknown."""
        return any(arg.node >= 0 for arg in self.sticks)

    def unknowns(self, columns: Sequence[FloatArray]) -> dict[str, FloatArray]:
        """Name values of the unknowns; weights are made of the sticks that are sampled.

        Parameters
        ----------
        columns : sequence of numpy.ndarray
            Of each node.

        Returns
        -------
        dict of str to numpy.ndarray
            In the order of `display`: equation (1) of csrc/phi/mixed.h.
        """
        found = {node.name: columns[i] for i, node in enumerate(self.nodes)}
        if self.unknown_weights:
            left = np.ones_like(columns[self.sticks[0].node])
            for name, stick in zip(self.weights, self.sticks, strict=False):
                found[name] = left * columns[stick.node]
                left = left * (1.0 - columns[stick.node])
            found[self.weights[-1]] = left
        return {name: found[name] for name in self.display}


def integrable(graph: Graph) -> int:
    """Find the population mean if it can be integrated out in closed form.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.

    Returns
    -------
    int
        Index of the location's node, if its prior is normal or flat on the real line and nothing
        else reads it; else -1.
    """
    index = graph.location.node
    if index < 0 or graph.location.form != Form.AS_IS:
        return -1
    node = graph.nodes[index]
    if node.prior not in ("Normal", "Flat") or node.support != Support.REAL:
        return -1
    readers = [*graph.shape, graph.noise, *(arg for other in graph.nodes for arg in other.args)]
    return -1 if any(reader.reads(index) for reader in readers) else index
