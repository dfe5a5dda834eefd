"""Normal rows whose scale is their group's own: effects in closed form, scales by quadrature."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hierfast.graph import Arg
from hierfast.identification import find_weak_scales
from hierfast.propriety import check_proper_scales
from hierfast.schemes.base import Plan, Read
from hierfast.schemes.counts import CountBuilder
from hierfast.schemes.normal import NormalRowsBuilder

if TYPE_CHECKING:
    from hierfast.graph import Graph
    from hierfast.statistics import Statistics

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """Every group as a cell of its own.

    Attributes
    ----------
    mult : numpy.ndarray
        Ones (J,).
    n_group, n_row, centre : float
        Groups that have rows, rows, a value in the middle of the data.
    design : None
        No predictors.
    """

    mult: FloatArray
    n_group: float
    n_row: float
    centre: float
    design: None = None

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.mult)


class ScaleBuilder(CountBuilder):
    """Plans of models with Normal rows, a Normal population and scales that differ by group.

    Given its scale a group's effect is integrated out in closed form; what is left of a group is the
    logarithm of its scale, which is to the rest of the library an effect like that of any family.
    """

    why: ClassVar[str] = "effects in closed form, scales integrated out"

    def __init__(self, graph: Graph, *args: Any) -> None:
        super().__init__(graph, *args)
        assert graph.scales is not None
        by = graph.scales.by
        if by not in (None, self.group_name):
            raise ValueError(
                f"each's by is {by!r}, and the model's group is {self.group_name!r}; another column is not "
                "available in this version: leave by out"
            )
        self.whole, self.scales, self.graph = graph, graph.scales, graph.of_scales

    @classmethod
    def gather(cls, *args: Any) -> Statistics:
        """Read rows to statistics of their groups."""
        return NormalRowsBuilder.gather(*args)

    @classmethod
    def read_data(cls, *args: Any, **other: Any) -> Read:
        """Read rows, or ready statistics; refuse improper posteriors."""
        read = NormalRowsBuilder.read_data(*args, **other)
        graph: Graph = other.get("graph", args[1])
        check_proper_scales(graph, read.statistics)
        stats, cells = read.informed, read.cells
        alone = Alone(np.ones(len(stats)), cells.n_group, cells.n_row, stats.centre)
        return replace(read, cells=alone)

    def find_weak(self) -> tuple[str, ...]:
        """Say what the data cannot tell."""
        return find_weak_scales(self.graph, self.read.statistics)

    def columns(self, each: bool) -> list[FloatArray]:
        """Return what the likelihood reads of each group."""
        stats = self.stats
        return [np.ascontiguousarray(v) for v in (stats.weight, stats.mean, stats.m2)]

    def rows(self) -> tuple[Any, tuple[Any, ...]]:
        """Return mean and spread of the effects, and what power of a scale its standard deviation is."""
        return None, (self.whole.location, self.whole.scale, Arg(-1, 0, self.scales.power))

    def known(self) -> tuple[tuple[Any, float], ...]:
        """Moments: of the groups' means, and of the logarithms of their standard deviations."""
        mean, sd, log = describe(self.stats)
        x = math.exp(log / self.scales.power)
        shape = 4.0  # of a population whose logarithms have the sd 1/2
        values = {
            "LogNormal": {"mu": math.log(x), "sigma": 0.5 / abs(self.scales.power)},
            "Gamma": {"alpha": shape, "beta": shape / x, "mean": x},
            "InverseGamma": {"alpha": shape, "beta": shape * x},
            "ScaledInverseChi2": {"nu": 2.0 * shape, "tau2": x, "tau": math.sqrt(x)},
        }[self.scales.kind]
        of_scales = ((arg, values[name]) for name, arg in self.scales.written.items())
        return ((self.whole.location, mean), (self.whole.scale, sd), *of_scales)

    def located(self) -> tuple[Any, list[float]]:
        """Log posterior of all groups, and its mode."""
        target, start = super().located()
        self.lines[-1] = f"  integrated  effects of {len(self.cells):,} groups given their scales"
        self.reads = f"{len(self.cells):,} groups"
        return target, start

    def finish(self, *args: Any, **other: Any) -> Plan:
        """Close the plan."""
        return replace(super().finish(*args, **other), graph=self.whole)


def describe(stats: Statistics) -> tuple[float, float, float]:
    """Tell where effects and scales are, roughly.

    Parameters
    ----------
    stats : Statistics
        Of all groups.

    Returns
    -------
    tuple of float
        Mean and standard deviation of the groups' means, mean logarithm of the standard deviations.
    """
    n, mean, m2 = stats.weight, stats.mean, stats.m2
    some, several = n > 0, (n > 1) & (m2 > 0)
    middle = math.fsum(mean[some]) / int(some.sum())
    sd = math.sqrt(math.fsum((mean[some] - middle) ** 2) / max(int(some.sum()) - 1, 1))
    if several.any():
        variances = (m2[several] / (n[several] - 1.0)).tolist()
        log = math.fsum(0.5 * math.log(v) for v in variances) / len(variances)
    else:
        log = math.log(sd) if sd > 0 else 0.0
    return middle, sd if sd > 0 else math.exp(log), log
