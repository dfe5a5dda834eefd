"""Counts in categories with a Dirichlet population: shares integrated out in closed form, or drawn."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.categories import ShareCells, ShareCounts, name_categories, read_shares
from hierfast.counts import TABLE
from hierfast.data import Roles, described, read_columns
from hierfast.distributions.base import Support
from hierfast.grammar import combine
from hierfast.graph import Arg, Graph
from hierfast.identification import find_weak_shares
from hierfast.propriety import check_all_proper
from hierfast.schemes.base import Builder, Plan, Read
from hierfast.schemes.conjugate import LEAST, MOST
from hierfast.schemes.counts import DEAR
from hierfast.terms import tabulate

if TYPE_CHECKING:
    from hierfast.model import Model

FloatArray = NDArray[np.float64]

SHOWN = 6  # categories that are named in a line
SUCH = "Exponential(0.05) or Gamma(2, 0.1)"


class ShareBuilder(Builder):
    """Plans of Multinomial rows with a Dirichlet population."""

    schemes: ClassVar[tuple[str, ...]] = ("collapsed", "gibbs")
    best: ClassVar[str] = "collapsed"
    why: ClassVar[str] = "closed form, no funnel"

    @classmethod
    def named(cls, graph: Graph, model: Model, y: Any, group_name: str) -> Graph:
        """Call alphas by their categories, and give each category its own."""
        names, population = name_categories(y)[0], model.population
        n = getattr(population, "categories", 0)
        if n not in (0, len(names)):
            which = "alpha" if getattr(population, "mean", None) is None else "mean"
            told = ", ".join(names[:SHOWN]) + ", ..." * (len(names) > SHOWN)
            raise ValueError(
                f"the population's {which} has {n} categories, but y has {len(names)} ({told})"
            )
        written = list(graph.written.values())
        alpha = [combine(written, parameter) for parameter in population.parameters()]

        begins = re.compile(re.escape(f"{group_name}_alpha[") + r"(\d+)\]")

        def call(text: str) -> str:
            return begins.sub(lambda m: f"{group_name}_alpha[{names[int(m[1])]}]", text, count=1)

        return replace(
            graph,
            shape=tuple(alpha) if n else (alpha[0],) * len(names),
            nodes=tuple(replace(node, name=call(node.name)) for node in graph.nodes),
            display=tuple(map(call, graph.display)),
        )

    @classmethod
    def gather(
        cls,
        model: Model,
        graph: Graph,
        data: Any,
        y: str | ArrayLike | None,
        group: str | ArrayLike | None,
        groups: Any,
        na: str,
        cores: int,
    ) -> ShareCounts:
        """Read rows to sums of their groups."""
        names, given = name_categories(y)
        if isinstance(group, str) and isinstance(given[0], str) and group in names:
            raise ValueError(f"y names the group column {group!r} as a category")
        likelihood: Any = model.likelihood
        others = tuple(zip(names[1:], given[1:], strict=True))
        roles = Roles(weights=likelihood.weights, outcomes=others)
        columns = read_columns(data, given[0], group, roles, groups, na)
        kind, told = cls.kind(likelihood), described(columns) | {"y_name": ", ".join(names)}
        return replace(read_shares(columns, names), kind=kind, **told)

    @classmethod
    def receive(cls, model: Model, graph: Graph, stats: ShareCounts, cores: int) -> Read:
        """Count counts; refuse improper priors."""
        check_all_proper(graph, SUCH)
        informed = stats.informed()
        cells = compute_share_cells(informed, graph.shape)
        return Read(stats, informed, cells, None, stats.dropped, stats.y_name)

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        return find_weak_shares(self.graph, self.cells, self.stats.categories)

    @cached_property
    def closed(self) -> Any:
        """Posterior of the alphas with all shares integrated out; it also draws these given the alphas."""
        cells: ShareCells = self.cells
        target = _core.Shares(
            self.graph,
            distinct(self.graph.shape)[0],
            cells.tables,
            cells.trials,
            cells.part,
            np.ascontiguousarray(self.stats.y),
            self.together(),
            self.level,
        )
        target.watch(self.stop)
        self.reads = f"{len(cells):,} logarithms"
        names = self.stats.categories
        told = ", ".join(names[:SHOWN]) + ", ..." * (len(names) > SHOWN)
        self.lines.append(f"  categories  {len(names)}: {told}; {cells.n_trial:,.15g} trials")
        return target

    def finish(
        self, scheme: str, phi: str, target: Any, blocks: tuple[str, ...], **other: Any
    ) -> Plan:
        """Close the plan: whatever the scheme, shares given phi are drawn in closed form."""
        return super().finish(scheme, phi, target, blocks, closed=self.closed, **other)

    def collapsed(self) -> Plan:
        """Shares integrated out in closed form."""
        target = self.closed
        self.dear = sum(len(far) for _, far, _ in self.cells.tables) > DEAR
        self.lines.append("  integrated  shares of groups")
        start = target.mode(target.start(self.known())) if target.dim else []
        return self.independent("collapsed", target, start, -1)

    def gibbs(self) -> Plan:
        """Shares drawn given alphas, these by slices given the sums of logarithms of shares."""
        target = self.closed
        start = target.mode(target.start(self.known())) if target.dim else []
        blocks = ("shares", "alpha") if target.dim else ()
        how = "slices given shares that are drawn"
        return self.finish("gibbs", how, target, blocks, start=start)

    def together(self) -> list[int]:
        """List the unknown alphas that move together, that of the most frequent category first."""
        graph, total = self.graph, self.stats.y.sum(axis=0)
        often = [graph.shape[k].node for k in np.argsort(-total, kind="stable")]
        free = [k for k in often if k >= 0 and graph.nodes[k].support == Support.POSITIVE]
        nodes = list(dict.fromkeys(free))
        return nodes if len(nodes) > 1 else []

    def known(self) -> tuple[tuple[Arg, float], ...]:
        """Moments: overall shares, and the correlation of trials in groups."""
        y, size = self.stats.y, self.stats.size
        total = y.sum(axis=0)
        share = (total + 0.5) / (total.sum() + 0.5 * len(total))
        some = size > 0
        expected = size[some, None] * share
        spread = float(((y[some] - expected) ** 2 / expected).sum()) / (len(total) - 1.0)
        trials = float(size.sum())
        room = trials - float((size * size).sum()) / trials
        extra = (spread - (float(some.sum()) - 1.0)) / max(room, 1e-300)
        concentration = 1.0 / min(max(extra, LEAST), MOST) - 1.0
        written = self.graph.written
        values = {"concentration": concentration, "alpha": concentration / len(total)}
        values |= {f"alpha[{k}]": concentration * float(s) for k, s in enumerate(share)}
        return tuple((arg, values[name]) for name, arg in written.items() if arg.node >= 0)


def distinct(shape: tuple[Arg, ...]) -> tuple[tuple[Arg, ...], NDArray[np.int32]]:
    """Find the distinct alphas.

    Parameters
    ----------
    shape : tuple of Arg
        Alpha of each category (H,).

    Returns
    -------
    tuple
        The distinct ones in order, and the place of each category's among them (H,).
    """
    kinds = tuple(dict.fromkeys(shape))
    place = {arg: i for i, arg in enumerate(kinds)}
    return kinds, np.array([place[arg] for arg in shape], dtype=np.int32)


def count_values(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Count how often each number occurs.

    Parameters
    ----------
    values : numpy.ndarray
        Whole numbers, 0 or more.

    Returns
    -------
    tuple of numpy.ndarray
        Distinct ones, rising, and how many there are of each.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.schemes.shares import count_values
    >>> count_values(np.array([3.0, 0.0, 3.0]))
    (array([0., 3.]), array([1., 2.]))
    """
    if values.max() > TABLE:
        number, many = np.unique(values, return_counts=True)
        return number, many.astype(np.float64)
    table = np.bincount(values.astype(np.int64))
    at = np.flatnonzero(table)
    return at.astype(np.float64), table[at].astype(np.float64)


def compute_share_cells(counts: ShareCounts, shape: tuple[Arg, ...]) -> ShareCells:
    """Count counts, of categories that share an alpha together.

    Parameters
    ----------
    counts : ShareCounts
        Of groups that have rows.
    shape : tuple of Arg
        Alpha of each category (H,).

    Returns
    -------
    ShareCells
        What equation (1) of csrc/phi/dirichlet.h reads.
    """
    kinds, part = distinct(shape)
    size = counts.size
    return ShareCells(
        tuple(tabulate(*count_values(counts.y[:, part == d].ravel())) for d in range(len(kinds))),
        tabulate(*count_values(size)),
        part,
        float(len(counts)),
        float(counts.rows.sum()),
        math.fsum(size),
        int((size >= 2).sum()),
        tuple(np.flatnonzero(~counts.y.any(axis=0)).tolist()),
    )
