"""From a validated model to the small directed graph of unknowns that the C core evaluates."""

from __future__ import annotations

from dataclasses import dataclass

from hierfast.distributions.base import Argument, Distribution, Form, Support, apply_form
from hierfast.distributions.flat import Flat
from hierfast.distributions.normal import Normal
from hierfast.distributions.uniform import Uniform

MAX_NODES = 16  # HF_MAX_PHI in csrc/hf.h


@dataclass(frozen=True, slots=True)
class Arg:
    """One parameter of a density: a constant, or an unknown read in a form.

    Attributes
    ----------
    node : int
        Index of the unknown, -1 for a constant.
    form : int
        0 as is, 1 its square root, 2 one over its square root.
    value : float
        The constant, 0 for an unknown.
    """

    node: int
    form: int
    value: float


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
        0 real, 1 positive, 2 between the prior's first two parameters.
    args : tuple of Arg
        Parameters of the prior in the order of the C core.
    """

    name: str
    prior: str
    support: int
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """All unknowns of a model and where likelihood and population read theirs.

    Attributes
    ----------
    nodes : tuple of Node
        The unknowns; whatever a node's prior reads stands before it.
    location, scale : Arg
        Mean and standard deviation of the population.
    noise : Arg
        Standard deviation of the likelihood; for a column, the form in which its rows are read
        and the value 1; 1 where the likelihood has none.
    noise_column : str or None
        The column, if the likelihood's scale is one.
    display : tuple of str
        Names of the unknowns in the order in which they are shown.
    location_column : str or None
        The column, if the population's mean is one: effects are then read about it.
    likelihood, population : str
        Names of the families.
    """

    nodes: tuple[Node, ...]
    location: Arg
    scale: Arg
    noise: Arg
    noise_column: str | None
    display: tuple[str, ...]
    location_column: str | None = None
    likelihood: str = "Normal"
    population: str = "Normal"


class _Builder:
    """Collects nodes, arguments before the nodes that read them."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.shown: list[tuple[int, str]] = []

    def read(self, argument: Argument, name: str, depth: int) -> Arg:
        """Turn an argument into what the core reads; `name` is that of the unknown it may be."""
        value, form = argument.value, argument.form
        if isinstance(value, Distribution):
            return Arg(self.add(value, name, argument.domain, depth), int(form), 0.0)
        if not isinstance(value, float):
            raise ValueError(
                f"{name} is the column {value!r}: of a population only the mean can be a column, of a "
                "prior nothing can, in this version; give a number or a distribution"
            )
        return Arg(-1, int(Form.AS_IS), apply_form(value, form))

    def add(self, prior: Distribution, name: str, role: Support, depth: int) -> int:
        """Append the unknown `name` after all that its prior reads; return its index."""
        self.shown.append((depth, name))
        # Bounds of a positive unknown are positive themselves, so that a flat one knows its side.
        bounds_follow = isinstance(prior, Uniform) and role is Support.POSITIVE
        args = []
        for argument in prior.arguments():
            if bounds_follow:
                argument = argument._replace(domain=Support.POSITIVE)
            args.append(self.read(argument, f"{name}_{argument.name}", depth + 1))
        support = role if isinstance(prior, Flat) else prior.support
        self.nodes.append(Node(name, type(prior).__name__, int(support), tuple(args)))
        return len(self.nodes) - 1

    def display(self) -> tuple[str, ...]:
        """Names by depth, in the order of the model within a depth."""
        return tuple(name for _, name in sorted(self.shown, key=lambda item: item[0]))


def build_graph(likelihood: Distribution, population: Normal, group_name: str = "group") -> Graph:
    """Lay out the unknowns of a model.

    Parameters
    ----------
    likelihood : Distribution
        Stage I, its location left out; after that a scale, or nothing.
    population : Normal
        Stage II, its priors nested in it.
    group_name : str
        Name of the group column; it begins the names of the population's unknowns.

    Returns
    -------
    Graph
        Unknowns in topological order and the three parameters that read them.

    Raises
    ------
    ValueError
        If there are more than 16 unknowns, two would bear one name, or a prior or a population's
        scale names a column.
    """
    builder = _Builder()
    noise, noise_column = Arg(-1, int(Form.AS_IS), 1.0), None
    for scale in likelihood.arguments()[1:]:
        if isinstance(scale.value, str):
            noise, noise_column = Arg(-1, int(scale.form), 1.0), scale.value
        else:
            noise = builder.read(scale, scale.name, 0)
    mean, spread = population.arguments()
    location, location_column = Arg(-1, 0, 0.0), mean.value
    if not isinstance(location_column, str):
        location = builder.read(mean, f"{group_name}_{mean.name}", 0)
        location_column = None
    graph = Graph(
        location=location,
        scale=builder.read(spread, f"{group_name}_{spread.name}", 0),
        noise=noise,
        noise_column=noise_column,
        location_column=location_column,
        nodes=tuple(builder.nodes),
        display=builder.display(),
        likelihood=type(likelihood).__name__,
        population=type(population).__name__,
    )
    if len(graph.nodes) > MAX_NODES:
        raise ValueError(
            f"the model has {len(graph.nodes)} unknown hyperparameters ({', '.join(graph.display)});"
            f" at most {MAX_NODES} are possible: make some of them numbers"
        )
    for name in graph.display:
        if graph.display.count(name) > 1:
            raise ValueError(
                f"two unknowns would be called {name!r} because the group column is called "
                f"{group_name!r}; rename that column"
            )
    return graph


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
    readers = [graph.scale, graph.noise, *(arg for other in graph.nodes for arg in other.args)]
    return -1 if any(reader.node == index for reader in readers) else index
