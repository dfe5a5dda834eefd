"""From a validated model to its graph of unknowns: what every argument was written as."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hierfast.distributions.base import (
    Argument,
    Distribution,
    FloatArray,
    Form,
    Parameter,
    Support,
    apply_form,
)
from hierfast.distributions.dirichlet import Dirichlet
from hierfast.distributions.each import KINDS, Each
from hierfast.distributions.flat import Flat
from hierfast.distributions.grid import Grid
from hierfast.distributions.linear import Linear
from hierfast.distributions.mixture import Mixture, find_order
from hierfast.distributions.uniform import Uniform
from hierfast.graph import CONSTANT, Arg, Graph, Node, Part, Scales

MAX_NODES = 16  # HF_MAX_PHI in csrc/hf.h
POWERS = {Form.AS_IS: 1.0, Form.SQRT: 0.5, Form.RSQRT: -0.5}


class _Builder:
    """Collects nodes, arguments before the nodes that read them."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.shown: list[tuple[int, str]] = []

    def read(self, argument: Argument, name: str, depth: int, above: int = -1) -> Arg:
        """Turn an argument as written into a constant or an unknown, which will be called `name`."""
        value = argument.value
        if isinstance(value, Distribution):
            return Arg(self.add(value, name, argument.domain, depth, above), int(Form.AS_IS), 0.0)
        if not isinstance(value, float):
            raise ValueError(
                f"{name} is the column {value!r}: of a population only the mean can be a column, of a "
                "prior nothing can, in this version; give a number or a distribution"
            )
        return Arg(-1, int(Form.AS_IS), value)

    def add(
        self, prior: Distribution, name: str, role: Support, depth: int, above: int = -1
    ) -> int:
        """Append the unknown `name`, larger than another, after what its prior reads; return its index."""
        self.shown.append((depth, name))
        # Bounds of a positive unknown are positive themselves, so that a flat one knows its side.
        bounds_follow = isinstance(prior, Uniform) and role is Support.POSITIVE
        written = []
        for argument in prior.arguments():
            if bounds_follow:
                argument = argument._replace(domain=Support.POSITIVE)
            written.append(self.read(argument, f"{name}_{argument.name}", depth + 1))
        args = tuple(combine(written, parameter) for parameter in prior.parameters())
        support = role if isinstance(prior, Flat) else prior.support
        self.nodes.append(Node(name, type(prior).__name__, int(support), args, above))
        return len(self.nodes) - 1

    def part(self, population: Distribution, name: str, at: str, order: int, above: int) -> Part:
        """Read a component, its argument `order` larger than the unknown `above` if there is one."""
        written = []
        for i, a in enumerate(population.arguments()):
            own = f"{name}_{a.name}[{at}]"
            if i == order and above >= 0:
                assert isinstance(a.value, Distribution)
                node = self.add(a.value, own, a.domain, 0, above)
                written.append(Arg(node, int(Form.AS_IS), 0.0))
            else:
                written.append(self.read(a, own, 0))
        params = [combine(written, parameter) for parameter in population.parameters()]
        place = population.place
        shape = tuple(params[i] for i in population.shape) or (CONSTANT,)
        names = [a.name for a in population.arguments()]
        return Part(
            type(population).__name__,
            params[place] if place >= 0 else replace(CONSTANT, value=0.0),
            shape,
            dict(zip(names, written, strict=True)),
        )

    def mixture(self, population: Mixture, name: str) -> tuple[tuple[Part, ...], tuple[Arg, ...]]:
        """Read components and what their weights are made of."""
        parts: list[Part] = []
        for k, (one, below) in enumerate(
            zip(population.components, population.below(), strict=True)
        ):
            order = find_order(one)
            above = -1
            if below >= 0:
                above = list(parts[below].written.values())[order].node
            parts.append(self.part(one, name, str(k), order, above))
        return tuple(parts), self.sticks(population, f"{name}_weights")

    def sticks(self, population: Mixture, name: str) -> tuple[Arg, ...]:
        """Weights as sticks: known, or Beta(a_k, the sum of those after a_k)."""
        count = len(population.components)
        if isinstance(population.weights, tuple):
            left = [math.fsum(population.weights[k:]) for k in range(count)]
            share = [w / rest for w, rest in zip(population.weights, left, strict=True)]
            return tuple(replace(CONSTANT, value=v) for v in share[:-1])
        self.shown += [(0, f"{name}[{k}]") for k in range(count)]
        factors, common = population.shares
        given = population.weights
        of = given.arguments()[-1].name if isinstance(given, Dirichlet) else "alpha"
        shared = self.read(Argument(of, common, Support.POSITIVE, Form.AS_IS), f"{name}_{of}", 1)
        made = []
        for k in range(count - 1):
            args = tuple(
                _times(shared, factor) for factor in (factors[k], math.fsum(factors[k + 1 :]))
            )
            self.nodes.append(Node(f"{name}|{k}", "Beta", int(Support.UNIT), args))
            made.append(Arg(len(self.nodes) - 1, int(Form.AS_IS), 0.0))
        return tuple(made)

    def rows(
        self, likelihood: Distribution
    ) -> tuple[Arg, str | None, Scales | None, tuple[Arg, ...]]:
        """Read what a likelihood has beside its location: scale, its column or population, and all."""
        noise, noise_column, scales, rows = CONSTANT, None, None, list[Arg]()
        for index, parameter in enumerate(likelihood.parameters()):
            if index == likelihood.effect and not likelihood.only_rows:
                continue
            scale = likelihood.arguments()[index]
            if isinstance(scale.value, Each):
                scales = self.scales(scale)
            elif isinstance(scale.value, str):
                noise, noise_column = replace(CONSTANT, form=int(scale.form)), scale.value
            else:
                above = rows[-1].node if rows and likelihood.increasing else -1
                one = self.read(scale, scale.name, 0, above)
                rows.append(combine([one], parameter._replace(argument=0)))
        if rows and not likelihood.increasing:
            noise = rows[0]
        return noise, noise_column, scales, tuple(rows)

    def scales(self, argument: Argument) -> Scales:
        """Append the unknowns of a population of scales."""
        each = argument.value
        assert isinstance(each, Each)
        given, kind = each.distribution, KINDS[type(each.distribution).__name__]
        arguments = given.arguments()
        written = [self.read(a, f"{argument.name}_{a.name}", 0) for a in arguments]
        params = [combine(written, parameter) for parameter in given.parameters()]
        return Scales(
            name=argument.name,
            power=POWERS[argument.form],
            by=each.by,
            kind=type(given).__name__,
            population=kind.population,
            location=params[kind.place] if kind.place >= 0 else replace(CONSTANT, value=0.0),
            shape=tuple(params[i] for i in kind.shape),
            located=kind.place >= 0,
            written={a.name: w for a, w in zip(arguments, written, strict=True)},
        )

    def display(self) -> tuple[str, ...]:
        """Names by depth, in the order of the model within a depth."""
        return tuple(name for _, name in sorted(self.shown, key=lambda item: item[0]))


def _times(arg: Arg, factor: float) -> Arg:
    if arg.node < 0:
        return replace(arg, value=arg.value * factor)
    return replace(arg, form=int(Form.TIMES), factor=factor)


def combine(written: list[Arg], parameter: Parameter) -> Arg:
    """Turn arguments as written into a parameter of the density.

    Parameters
    ----------
    written : list of Arg
        Constants and unknowns, as they are.
    parameter : Parameter
        Which of them, in which form.

    Returns
    -------
    Arg
        A constant where nothing is unknown.
    """
    one, form = written[parameter.argument], parameter.form
    two = written[parameter.other] if parameter.other >= 0 else CONSTANT
    if one.node < 0 and two.node < 0:
        return Arg(-1, int(Form.AS_IS), apply_form(one.value, form, two.value))
    return replace(one, form=int(form), other=two.node, factor=two.value)


def read_known(prior: Distribution) -> list[FloatArray]:
    """Read the parameters of a density without unknowns.

    Parameters
    ----------
    prior : Distribution
        Its arguments are numbers.

    Returns
    -------
    list of numpy.ndarray
        Parameters (1,) in the order of the core.
    """
    written = [
        Arg(-1, int(Form.AS_IS), float(a.value))  # type: ignore[arg-type]
        for a in prior.arguments()
    ]
    return [np.array([combine(written, p).value]) for p in prior.parameters()]


def build_graph(
    likelihood: Distribution, population: Distribution, group_name: str = "group"
) -> Graph:
    """Lay out the unknowns of a model.

    Parameters
    ----------
    likelihood : Distribution
        Stage I, its location left out; after that a scale, or nothing.
    population : Distribution
        Stage II, its priors nested in it.
    group_name : str
        Name of the group column; it begins the names of the population's unknowns.

    Returns
    -------
    Graph
        Unknowns in topological order and the parameters that read them.

    Raises
    ------
    ValueError
        If there are more than 16 unknowns, two would bear one name, or a prior or a population's
        scale names a column.
    """
    builder = _Builder()
    noise, noise_column, scales, rows = builder.rows(likelihood)
    parts: tuple[Part, ...] = ()
    sticks: tuple[Arg, ...] = ()
    if isinstance(population, Mixture):
        parts, sticks = builder.mixture(population, group_name)
    arguments, place = population.arguments(), population.place
    location_column = arguments[place].value if place >= 0 else None
    location_column = location_column if isinstance(location_column, str) else None
    linear = arguments[place].value if place >= 0 else None
    written, design = [], []
    for i, argument in enumerate(arguments):
        name = f"{group_name}_{argument.name}"
        if i == place and isinstance(linear, Linear):
            design = [
                (columns, builder.add(prior, f"{name}_{term}", Support.REAL, 0))
                for columns, term, prior in zip(
                    linear.terms, linear.names, linear.priors, strict=True
                )
            ]
        if i == place and (location_column is not None or design):
            written.append(replace(CONSTANT, value=0.0))
        else:
            written.append(builder.read(argument, name, 0))
    params = [combine(written, parameter) for parameter in population.parameters()]
    graph = Graph(
        location=params[place] if place >= 0 else replace(CONSTANT, value=0.0),
        shape=tuple(params[i] for i in population.shape),
        written={a.name: w for a, w in zip(arguments, written, strict=True)},
        noise=noise,
        noise_column=noise_column,
        location_column=location_column,
        design=tuple(design),
        parts=parts,
        sticks=sticks,
        weights=tuple(f"{group_name}_weights[{k}]" for k in range(len(parts))),
        nodes=tuple(builder.nodes),
        display=builder.display(),
        located=place >= 0,
        likelihood=likelihood.kernel,
        title=likelihood.title,
        population=type(population).__name__,
        rows=rows,
        scales=scales,
        grid=population if isinstance(population, Grid) else None,
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
