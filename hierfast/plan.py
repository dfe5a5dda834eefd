"""Model x statistics -> target, blocks, cost; printed by `Model.explain`."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.data import Roles, read_columns
from hierfast.graph import Arg, Graph, build_graph, integrable
from hierfast.identification import find_weak
from hierfast.propriety import check_proper
from hierfast.statistics import Cells, Statistics, compute_cells, read_statistics
from hierfast.threads import available_cores, run_all

if TYPE_CHECKING:
    from hierfast.model import Model

SCHEMES = ("auto", "collapsed", "gibbs", "quadrature")
TABLE_FROM = 512  # cells beyond which moments are read from a table in lambda
SAMPLE = 4096  # cells that locate the posterior before all are read
DROP = 60.0  # nats below the top where the table may end
EVEN = 0.15  # mean over largest trial weight below which an independence chain would stick
ORDER_ERROR = 1e-4  # nats that quadrature may be off around the mode
SLICE_COST = 6  # evaluations a univariate slice takes
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
    statistics : Statistics
        Of all groups, about their known locations where the population has such.
    informed : Statistics
        Of the groups that have rows: what is sampled.
    cells : Cells
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
    statistics: Statistics
    informed: Statistics
    cells: Cells
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
    seconds: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def keys(self) -> tuple[int, NDArray[np.uint64] | None]:
        """Keys of the noise of the groups that have rows, for blocks that draw effects."""
        return self.informed.keys()

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
    informed : Statistics
        Of groups that have rows, about their known locations.
    cells : Cells
        Of these.
    """

    statistics: Statistics
    informed: Statistics
    cells: Cells
    location: NDArray[np.float64] | None
    dropped: str
    y_name: str


def make_plan(
    model: Model,
    data: Any,
    y: str | ArrayLike | None,
    group: str | ArrayLike | None,
    scheme: str,
    tune: int,
    cores: int,
    level: int | None = None,
    stop: NDArray[np.int32] | None = None,
    *,
    groups: Any = None,
    na: str = "raise",
) -> Plan:
    """Read the data and decide how to sample.

    Parameters
    ----------
    model : Model
        The three stages.
    data, y, group, groups, na
        As in `Model.fit`.
    scheme : str
        "auto", "collapsed", "gibbs", "quadrature"; "collapsed:slice" and "collapsed:laplace" choose
        what moves phi.
    tune : int
        Sweeps asked for before draws are kept.
    cores : int
        Threads.
    level : int, optional
        Instruction set, the best by default; never changes a bit.
    stop : numpy.ndarray, optional
        Flag (1,) polled by what takes long.

    Returns
    -------
    Plan
        A pure function of all but `cores`, `level` and `stop`.
    """
    begun = time.perf_counter()
    name, _, variant = scheme.partition(":")
    if name not in SCHEMES or variant not in ("", "slice", "laplace", "grid"):
        raise ValueError(f"unknown scheme {scheme!r}; use one of {', '.join(map(repr, SCHEMES))}")
    group_name = _group_name(data, group)
    graph = build_graph(model.likelihood, model.population, group_name)
    read = read_data(model, graph, data, y, group, groups, na, cores)
    if graph.noise_column is not None:
        graph = replace(graph, noise=Arg(-1, 0, 1.0))
    check_proper(graph, read.informed, read.cells)
    level = _core.best_level() if level is None else level
    decided = time.perf_counter()
    builder = _Builder(graph, read, cores, level, group_name, tune, variant, stop)
    plan = builder.build("collapsed" if name == "auto" else name, automatic=name == "auto")
    return replace(plan, seconds=(decided - begun, time.perf_counter() - decided))


def _group_name(data: Any, group: Any) -> str:
    if isinstance(data, Statistics):
        return data.name
    name = group if isinstance(group, str) else getattr(group, "name", None)
    return name if isinstance(name, str) and name else "group"


def read_data(
    model: Model,
    graph: Graph,
    data: Any,
    y: str | ArrayLike | None,
    group: str | ArrayLike | None,
    groups: Any,
    na: str,
    cores: int,
) -> Read:
    """Read rows, or ready statistics, as a model wants them.

    Parameters
    ----------
    model, data, y, group, groups, na, cores
        As in `make_plan`.
    graph : Graph
        Of the model.

    Returns
    -------
    Read
        Statistics and cells.
    """
    if isinstance(data, Statistics):
        _check_statistics(data, graph, y=y, group=group, groups=groups)
        if model.likelihood.weights is not None:
            raise ValueError("Statistics have counted their rows already; leave weights out")
        stats, location, dropped, y_name = data, None, "", "y"
    else:
        if y is None:
            raise TypeError("y is missing: name the column of outcomes, or give its values")
        roles = Roles(
            graph.noise_column, graph.noise.form, model.likelihood.weights, graph.location_column
        )
        columns = read_columns(data, y, group, roles, groups, na)
        stats, location = read_statistics(columns, cores)
        dropped, y_name = columns.dropped, columns.y_name
    about = stats if location is None else stats.about(location)
    informed = about.informed()
    cells = compute_cells(informed, cores)
    return Read(about, informed, cells, location, dropped, y_name)


def _check_statistics(data: Statistics, graph: Graph, **given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise TypeError(f"{name} was given beside Statistics, which are grouped already")
    if graph.location_column is not None:
        raise ValueError(
            f"the population's mu is the column {graph.location_column!r}, and Statistics have no columns"
        )
    if data.known and graph.noise_column is None:
        raise ValueError(
            "these Statistics are of rows with known standard errors; the likelihood must name a column "
            "of them, as in Normal(sigma='se')"
        )
    if not data.known and graph.noise_column is not None:
        raise ValueError(
            f"the likelihood's sigma is the column {graph.noise_column!r}, but these Statistics are of "
            "rows without known standard errors"
        )


class _Builder:
    """Puts a plan together; a scheme is a method."""

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
        self.reads = f"{len(self.cells.p):,} cells"
        self.lines = [
            f"Normal likelihood, Normal population: {int(self.cells.n_row):,} rows, "
            f"{len(read.statistics):,} groups ({group_name})"
        ]
        empty = len(read.statistics) - len(self.stats)
        if read.dropped:
            self.lines.append(f"  dropped     {read.dropped}")
        if empty:
            self.lines.append(f"  no rows     {empty:,} groups, which are as the population is")
        self.warnings = find_weak(graph, self.cells)

    def build(self, scheme: str, automatic: bool) -> Plan:
        why = " (auto: closed form, no funnel)" if automatic else ""
        self.lines.append(f"  scheme      {scheme}{why}")
        plan: Plan = getattr(self, scheme)()
        return plan

    def finish(
        self, scheme: str, phi: str, target: Any, blocks: tuple[str, ...], **other: Any
    ) -> Plan:
        fields = {"passes": 1, "tune": self.tune, "start": None, "skip": -1} | other
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

    def located(self, skip: int) -> tuple[Any, tuple[float, float], list[float]]:
        """Find where the posterior lies: a collapsed target of some cells, lambda's range, a start."""
        cells = self.cells if len(self.cells.p) <= TABLE_FROM else _thinned(self.cells)
        scout = _core.Collapsed(self.graph, skip, cells, self.level)
        low, high, best, mean, sigma2 = scout.scan(DROP)
        sigma = math.sqrt(sigma2)
        start = scout.start(mean, math.sqrt(best) * sigma, sigma) if scout.dim else []
        return scout, (low, high), start

    def tabulate(self, target: Any, low: float, high: float) -> int:
        p_bar = self.cells.p_bar
        v = [x * p_bar / (1.0 + x * p_bar) if x < np.inf else 1.0 for x in (low, high)]
        n = int(target.table_size(*v))
        if n == 0:
            return 0
        nodes = target.table_nodes(*v, n)
        leaves = -(-len(self.cells.p) // _core.BLOCK)
        out = np.empty((leaves, 4 * n))
        halves = [(lo, min(lo + 64, n)) for lo in range(0, n, 64)]

        def work(leaves_of_task: range) -> None:
            for leaf in leaves_of_task:
                for lo, hi in halves:
                    part = np.empty(4 * (hi - lo))
                    target.moment_leaf(leaf, nodes[lo:hi], part)
                    out[leaf].reshape(4, n)[:, lo:hi] = part.reshape(4, hi - lo)

        tasks = [range(i, min(i + 8, leaves)) for i in range(0, leaves, 8)]
        run_all([partial(work, task) for task in tasks], self.cores, self.stop)
        # A fixed tree of element-wise sums: the same bits whoever computed the leaves.
        while len(out) > 1:
            even = len(out) // 2 * 2
            out = np.concatenate([out[0:even:2] + out[1:even:2], out[even:]])
        target.set_table(v[0], v[1], nodes, np.ascontiguousarray(out[0].reshape(4, n)))
        return n

    def collapsed(self) -> Plan:
        skip = integrable(self.graph)
        target, ends, start = self.located(skip)
        text = f"{len(self.cells.p):,} of groups with one weight"
        if len(self.cells.p) > TABLE_FROM:
            target = _core.Collapsed(self.graph, skip, self.cells, self.level)
            target.watch(self.stop)
            nodes = self.tabulate(target, *ends)
            text += f", read once at {nodes} variance ratios" if nodes else ", read at every step"
            self.reads = f"a table of {nodes} coefficients" if nodes else self.reads
        self.lines.append(f"  cells       {text}")
        if skip >= 0:
            self.lines.append(f"  integrated  effects, {self.graph.nodes[skip].name}")
        return self.independent("collapsed", target, start, skip)

    def mode(self) -> list[float]:
        """Mode of the collapsed posterior, where the schemes that do not collapse begin."""
        scout, _, start = self.located(-1)
        found: list[float] = scout.mode(start) if scout.dim else []
        return found

    def quadrature(self) -> Plan:
        start = self.mode()
        stats = self.stats
        rows = stats.weight if stats.rows is None else stats.rows
        columns = (stats.weight, stats.mean, rows, stats.m2)
        target = _core.Integrated(
            self.graph,
            "Normal",
            "Normal",
            columns,
            (self.graph.noise,),
            (self.graph.scale,),
            self.level,
        )
        target.watch(self.stop)
        return self.independent("quadrature", target, start, -1)

    def independent(self, scheme: str, target: Any, start: list[float], skip: int) -> Plan:
        """Independence proposals where they are good, slices where they are not."""
        if target.dim == 0:
            return self.finish(scheme, "nothing to sample", target, (), tune=0, skip=skip)
        grid = target.dim <= 2 and self.variant != "laplace"
        quality, evenness = target.build_proposal(start, 0, grid)
        if scheme == "quadrature":
            order, error = target.choose_order(ORDER_ERROR)
            self.precision = {"order": order, "quadrature_error": error}
            self.reads = f"{len(self.stats):,} groups by {order} nodes"
            self.lines.append(
                f"  quadrature  {order} nodes a group; the log posterior is off by at most {error:.1e}"
            )
        if self.variant == "slice" or (evenness < EVEN and self.variant == ""):
            phi = f"slice along {target.dim} whitened axes"
            return self.finish(scheme, phi, target, ("slice",), passes=2, skip=skip)
        kind = "grid" if grid else "laplace-t"
        phi = f"{kind} independence proposals, {quality:.0%} effective"
        tune = min(self.tune, BURN_IN)
        return self.finish(scheme, phi, target, ("independence",), tune=tune, skip=skip)

    def gibbs(self) -> Plan:
        start = self.mode()
        stats, cells = self.stats, self.cells
        d = cells.mean - cells.centre
        w = cells.p * cells.mult
        terms = (w, w * d, w * d * d + cells.p * cells.squares)
        total, first, second = (math.fsum(t) for t in terms)
        target = _core.Conditional(
            self.graph, cells, stats.weight, stats.mean, total, first, second, self.level
        )
        blocks = ("theta", "centred", "noncentred") if target.dim else ()
        return self.finish("gibbs", "conditional slices, interwoven", target, blocks, start=start)


def _thinned(cells: Cells) -> Cells:
    """Every k-th cell: enough to find where the posterior lies."""
    step = -(-len(cells.p) // SAMPLE)
    p = np.ascontiguousarray(cells.p[::step])
    many = len(cells.mult) > 1
    mult = np.ascontiguousarray(cells.mult[::step]) if many else cells.mult
    squares = np.ascontiguousarray(cells.squares[::step]) if many else cells.squares
    n_group = float(mult.sum()) if many else float(len(p))
    share = n_group / cells.n_group
    return Cells(
        p,
        np.ascontiguousarray(cells.mean[::step]),
        mult,
        squares,
        cells.centre,
        n_group,
        cells.n_row * share,
        cells.ssw * share,
        cells.p_min,
        cells.p_max,
    )


def explain_model(
    model: Model,
    data: Any,
    *,
    y: str | ArrayLike | None,
    group: str | ArrayLike | None,
    groups: Any,
    scheme: str,
    draws: int,
    tune: int,
    chains: int,
    na: str,
) -> Plan:
    """Make and print the plan; see `Model.explain`."""
    cores = available_cores()
    plan = make_plan(model, data, y, group, scheme, tune, cores, groups=groups, na=na)
    held = 8 * chains * draws * (len(plan.graph.nodes) + 4)
    print(plan)
    print(
        f"  held        {held:,} bytes of draws; effects are drawn again on demand, none are held"
    )
    return plan
