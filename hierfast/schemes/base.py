"""What every scheme shares: the plan, what was read of the data, and the making of a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.design import roles_of
from hierfast.graph import Graph
from hierfast.merging import GroupStatistics

if TYPE_CHECKING:
    from hierfast.model import Model
    from hierfast.schemes.between import Between

EVEN = 0.25  # mean over largest trial weight below which an independence chain would stick
ORDER_ERROR = 1e-4  # nats that quadrature may be off around the mode
SLICE_COST = 6  # evaluations a univariate slice takes
TRIALS, FEW_TRIALS = 1024, 256  # points that say how good a proposal is
KINDS = {"Bernoulli": "Binomial"}  # likelihoods whose rows are those of another
BURN_IN = 64  # sweeps an independence chain needs to forget its start


@dataclass(frozen=True, eq=False)
class Plan:
    """How a posterior is sampled.

    Attributes
    ----------
    scheme : str
        "collapsed", "gibbs" or "quadrature".
    phi : str
        What moves the hyperparameters: "grid", "laplace-t", "slice" or "conditional slices".
    graph : Graph
        The unknowns.
    statistics : Statistics or Counts
        Of all groups, about their known locations where the population has such.
    informed : Statistics or Counts
        Of the groups that have rows: what is sampled.
    cells : Cells or CountCells
        Of these.
    location : numpy.ndarray or None
        Known location of each group (J,).
    blocks : tuple of str
        What a sweep does, in order.
    passes : int
        Slice sweeps per draw.
    tune : int
        Sweeps thrown away.
    start : list of float or None
        Coordinates where chains start; None: drawn from the proposal.
    skip : int
        Unknown that is integrated out and drawn afterwards, or -1.
    notes : tuple of str
        What `explain` prints.
    group_name, y_name : str
        How the columns are called.
    warnings : tuple of str
        What the data cannot tell.
    dropped : str
        Which rows were left out; empty if none.
    order : int
        Nodes of the quadrature over an effect; 0 where there is none.
    quadrature_error : float
        What it leaves in the log posterior around the mode, in nats; 0 where there is none.
    integrals : Integrated or None
        What integrates the effects of cells given the hyperparameters, where that is by quadrature.
    closed : Conjugate, Shares or None
        What draws effects given the hyperparameters in closed form, where counts allow it: they are
        then read on their natural scale.
    grid : GridPlan or None
        Points, where effects are on a grid of these.
    gathered : GroupStatistics
        Of all groups as their rows have them: what a fit can be made from again, and adds up.
    between : Between or None
        Cells that stand for all, where exposures differ; `few` is the plan of their own.
    seconds : tuple of float
        Spent on reading the data, and on deciding.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> model.explain(table, y="effect", group="school").scheme  # doctest: +ELLIPSIS
    Normal likelihood, Normal population: 8 rows, 8 groups (school)
    ...
    'collapsed'
    """

    scheme: str
    phi: str
    graph: Graph
    statistics: Any
    informed: Any
    cells: Any
    location: NDArray[np.float64] | None
    target: Any
    blocks: tuple[str, ...]
    passes: int
    tune: int
    start: list[float] | None
    skip: int
    level: int
    group_name: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    dropped: str
    y_name: str
    order: int = 0
    quadrature_error: float = 0.0
    integrals: Any = None
    closed: Any = None
    grid: Any = None
    gathered: Any = None
    between: Between | None = None
    seconds: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def few(self) -> Plan | None:
        """Plan whose groups are the cells that stand for all, for what is read of each group."""
        if self.between is None:
            return None
        cells = self.between.cells
        cells = replace(cells, cell=np.arange(len(cells)))
        return replace(self, cells=cells, integrals=self.target, between=None)

    @property
    def width(self) -> int:
        """Numbers of a draw beside the coordinates of unknowns: weights of a grid."""
        return 0 if self.grid is None else len(self.grid.points)

    @cached_property
    def keys(self) -> tuple[int, NDArray[np.uint64] | None]:
        """Keys of the noise of the groups that have rows, for blocks that draw effects."""
        keys: tuple[int, NDArray[np.uint64] | None] = self.informed.keys()
        return keys

    @property
    def cell(self) -> NDArray[np.int64] | None:
        """Cell of each group (J,), where those with the same sums share one."""
        cell: NDArray[np.int64] | None = getattr(self.cells, "cell", None)
        return cell

    def __repr__(self) -> str:
        """Print like a database's query plan."""
        return "\n".join(self.notes)

    def _repr_html_(self) -> str:
        from hierfast.html import lines

        return lines(repr(self))


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What was read of the data.

    Attributes
    ----------
    statistics, location, dropped, y_name
        As in `Plan`.
    informed : Statistics or Counts
        Of groups that have rows, about their known locations.
    cells : Cells or CountCells
        Of these.
    design : numpy.ndarray or None
        Predictors (J, K) of the population's location, where it is linear.
    gathered : GroupStatistics
        As in `Plan`.
    """

    statistics: Any
    informed: Any
    cells: Any
    location: NDArray[np.float64] | None
    dropped: str
    y_name: str
    design: NDArray[np.float64] | None = None
    gathered: Any = None


class Builder:
    """Puts a plan together; a scheme is a method, a family of models a subclass.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    read : Read
        What was read of the data.
    cores : int
        Threads.
    level : int
        Instruction set.
    group_name : str
        How the groups are called.
    tune : int
        Sweeps asked for before draws are kept.
    variant : str
        What is to move phi; empty: what is best.
    stop : numpy.ndarray, optional
        Flag (1,) polled by what takes long.
    """

    schemes: ClassVar[tuple[str, ...]]
    best: ClassVar[str]
    dear: bool = False  # evaluations cost more than a grid of them is worth
    slack: float = 0.0  # nats that cells which stand for others may be off
    why: ClassVar[str]
    rule: ClassVar[str] = "{} nodes"  # what integrates an effect, given its order

    def __init__(
        self,
        graph: Graph,
        read: Read,
        cores: int,
        level: int,
        group_name: str,
        tune: int,
        variant: str,
        stop: NDArray[np.int32] | None,
    ) -> None:
        self.stop = np.zeros(1, dtype=np.int32) if stop is None else stop
        self.precision: dict[str, Any] = {}
        self.graph, self.read, self.cores = graph, read, cores
        self.stats, self.cells = read.informed, read.cells
        self.level, self.group_name, self.tune, self.variant = level, group_name, tune, variant
        self.reads = f"{len(self.cells):,} cells"
        self.lines = [
            f"{graph.title} likelihood, {graph.population} population: "
            f"{int(self.cells.n_row):,} rows, {len(read.statistics):,} groups ({group_name})"
        ]
        empty = len(read.statistics) - len(self.stats)
        if read.dropped:
            self.lines.append(f"  dropped     {read.dropped}")
        if empty:
            self.lines.append(f"  no rows     {empty:,} groups, which are as the population is")
        self.warnings = self.find_weak()

    @classmethod
    def suited(cls, graph: Graph) -> type[Builder]:
        """Give the builder for a model of this pair: itself, unless its location wants another."""
        return cls

    @classmethod
    def named(cls, graph: Graph, model: Model, y: Any, group_name: str) -> Graph:
        """Fit the graph to what `y` says of the outcome: as it is, where that is one column."""
        return graph

    @classmethod
    def read_data(
        cls,
        model: Model,
        graph: Graph,
        data: Any,
        y: str | ArrayLike | None,
        group: str | ArrayLike | None,
        groups: Any,
        na: str,
        cores: int,
    ) -> Read:
        """Read rows, or ready statistics, as a model wants them; refuse improper posteriors."""
        if isinstance(data, GroupStatistics):
            check_ready(data, cls.kind(model.likelihood), graph, y=y, group=group, groups=groups)
            stats = data
        else:
            stats = cls.gather(model, graph, data, y, group, groups, na, cores)
        return replace(cls.receive(model, graph, stats, cores), gathered=stats)

    @classmethod
    def kind(cls, likelihood: Any) -> str:
        """Name the rows that statistics must be of to stand in place of a likelihood's."""
        return KINDS.get(type(likelihood).__name__, type(likelihood).__name__)

    @classmethod
    def gather(
        cls,
        model: Model,
        graph: Graph,
        data: Any,
        y: Any,
        group: Any,
        groups: Any,
        na: str,
        cores: int,
    ) -> Any:
        """Read rows to statistics of their groups."""
        raise NotImplementedError

    @classmethod
    def receive(cls, model: Model, graph: Graph, stats: Any, cores: int) -> Read:
        """Compress statistics to what is sampled; refuse improper posteriors."""
        raise NotImplementedError

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        raise NotImplementedError

    def design(self, table: NDArray[np.float64] | None, step: int = 1) -> list[tuple[Any, int]]:
        """Pair predictors, every step-th row of a table (n, K), with the indices of their coefficients."""
        if table is None:
            return []
        columns = [np.ascontiguousarray(column[::step]) for column in table.T]
        return [(c, node) for c, (_, node) in zip(columns, self.graph.design, strict=True)]

    def build(self, scheme: str) -> Plan:
        """Make the plan of a scheme, or of the best one for "auto"."""
        why = f" (auto: {self.why})" if scheme == "auto" else ""
        name = self.best if scheme == "auto" else scheme
        self.lines.append(f"  scheme      {name}{why}")
        plan: Plan = getattr(self, name)()
        return plan

    def finish(
        self, scheme: str, phi: str, target: Any, blocks: tuple[str, ...], **other: Any
    ) -> Plan:
        """Close the plan, its notes with it."""
        fields = {"passes": 1, "tune": self.tune, "start": None, "skip": -1} | other
        if isinstance(target, _core.Integrated | _core.Mixed):
            fields["integrals"] = target
        names = ", ".join(self.graph.display) or "none"
        self.lines.append(f"  unknowns    {names}")
        self.lines.append(
            f"  phi         {phi}; {fields['tune']} sweeps before the first draw kept"
        )
        self.lines.append(f"  a draw      {self.cost(blocks, target.dim, fields['passes'])}")
        self.lines.append(f"  kernels     {_core.levels()[self.level]}")
        self.lines.extend(f"  beware      {text}" for text in self.warnings)
        return Plan(
            scheme,
            phi,
            self.graph,
            self.read.statistics,
            self.stats,
            self.cells,
            self.read.location,
            target,
            blocks,
            level=self.level,
            group_name=self.group_name,
            notes=tuple(self.lines),
            warnings=self.warnings,
            dropped=self.read.dropped,
            gathered=self.read.gathered,
            y_name=self.read.y_name,
            **self.precision,
            **fields,
        )

    def cost(self, blocks: tuple[str, ...], dim: int, passes: int) -> str:
        """Say what a draw costs: evaluations of the density, and what each reads."""
        if blocks == ("independence",):
            return f"1 evaluation of {self.reads}"
        if blocks == ("slice",):
            return f"about {SLICE_COST * dim * passes} evaluations of {self.reads}"
        if blocks:
            calls = 2 * SLICE_COST * dim
            return f"one pass over {len(self.stats):,} groups, about {calls} evaluations of sums"
        return "closed form"

    def independent(self, scheme: str, target: Any, start: list[float], skip: int) -> Plan:
        """Independence proposals where they are good, slices where they are not."""
        if target.dim == 0:
            return self.finish(scheme, "nothing to sample", target, (), tune=0, skip=skip)
        grid = target.dim <= 2 and self.variant != "laplace" and not self.dear
        trials = FEW_TRIALS if self.dear else TRIALS
        quality, evenness = target.build_proposal(start, 0, grid, trials)
        if scheme == "quadrature":
            order, error = target.choose_order(ORDER_ERROR)
            if not error < ORDER_ERROR:  # the mode's own order may have led astray
                quality, evenness = target.build_proposal(start, 0, grid, trials)
                order, error = target.choose_order(ORDER_ERROR)
            self.precision = {"order": order, "quadrature_error": error + self.slack}
            rule = self.rule.format(order)
            self.reads = f"{self.reads} by {rule}"
            self.lines.append(
                f"  quadrature  {rule} each; the log posterior is off by at most {error:.1e}"
            )
        if self.variant == "slice" or (evenness < EVEN and self.variant == ""):
            phi = f"slice along {target.dim} whitened axes"
            return self.finish(scheme, phi, target, ("slice",), passes=2, skip=skip)
        kind = "grid" if grid else "laplace-t"
        phi = f"{kind} independence proposals, {quality:.0%} effective"
        tune = min(self.tune, BURN_IN)
        return self.finish(scheme, phi, target, ("independence",), tune=tune, skip=skip)


def check_ready(stats: GroupStatistics, kind: str, graph: Graph, **given: Any) -> None:
    """Check that statistics can stand in place of rows.

    Parameters
    ----------
    stats : GroupStatistics
        What was given.
    kind : str
        Of the rows that the likelihood reads.
    graph : Graph
        The unknowns.
    **given
        What is of rows alone, and must be None.

    Raises
    ------
    TypeError, ValueError
        If the rows were of another kind, or the population reads columns that are not known.
    """
    name = type(stats).__name__
    if stats.kind != kind:
        raise TypeError(
            f"{name} are of {stats.kind} rows; a {kind} likelihood needs rows, or statistics, of its own"
        )
    for argument, value in given.items():
        if value is not None:
            raise TypeError(f"{argument} was given beside {name}, which are grouped already")
    wanted = [graph.location_column] if graph.location_column is not None else roles_of(graph)
    lacking = [column for column in wanted if column not in stats.columns]
    if lacking:
        told = "linear in" if graph.design else "the column"
        have = f"no column {lacking[0]!r}" if stats.columns else "no columns"
        raise ValueError(
            f"the population's mu is {told} {', '.join(wanted)!r}, and {name} have {have}"
        )
