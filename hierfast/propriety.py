"""Refuse improper posteriors before anything is sampled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hierfast.distributions.base import Form, Support

if TYPE_CHECKING:
    from hierfast.counts import CountCells
    from hierfast.graph import Arg, Graph, Node, Scales
    from hierfast.links import Link
    from hierfast.statistics import Cells, Statistics

IMPROPER = ("Flat", "Power")
LIGHT = ("HalfNormal", "Exponential", "Gamma", "Uniform", "LogNormal")  # with a finite mean
BOUNDED = (  # at 0
    "HalfNormal",
    "HalfCauchy",
    "HalfStudentT",
    "Exponential",
    "Uniform",
    "LogNormal",
    "InverseGamma",
    "ScaledInverseChi2",
    "Flat",
)
VANISHING = ("InverseGamma", "ScaledInverseChi2", "LogNormal")  # faster than any power at 0


def check_proper(graph: Graph, stats: Statistics, cells: Cells) -> None:
    r"""Check that the posterior of a normal model integrates to a finite number.

    Integrating out the effects (and a flat mu), the likelihood behaves, for J groups and N rows, as

    - a positive constant where the population's sd tau goes to 0,
    - tau^-K where tau goes to infinity, K = J - 1 with a flat mu and J with a proper one,
    - sigma^-(N - J) exp(-ssw / (2 sigma^2)) where the rows' sd sigma goes to 0 (N > J), and a
      positive constant where every group has one row,
    - sigma^-(N - 1) or sigma^-N where sigma goes to infinity.

    A prior x^a for x = tau, tau^2 or tau^-2 is tau^e with e = a, 2 a + 1 or -2 a - 3; what remains
    is when a power is integrable at 0 and at infinity.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    stats : Statistics
        Per group.
    cells : Cells
        Their totals.

    Raises
    ------
    ValueError
        Naming the unknown whose prior makes the posterior improper, and what would be right.

    Notes
    -----
    Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 5.4; Gelman (2006), *Bayesian
    Analysis* 1(3); Hobert and Casella (1996), *JASA* 91(436).
    """
    scale, noise = graph.scale.node, graph.noise.node
    flat_mean = _has_flat_mean(graph)
    groups, rows = cells.n_group, cells.n_row
    tail = groups - 1.0 if flat_mean else groups
    if noise >= 0:
        _check_noise(graph.nodes[noise], graph.noise, stats, cells, flat_mean)
    if scale < 0 or graph.nodes[scale].prior not in IMPROPER:
        return
    node, power = graph.nodes[scale], _exponent(graph.nodes[scale], graph.scale)
    if power <= -1.0:
        raise ValueError(
            f"{node.name}: the posterior is improper, since the prior is not integrable at 0, where "
            "the data do not rule a vanishing spread out; use Flat on sigma or a proper prior"
        )
    if power >= tail - 1.0:
        need = int(power + (2.0 if not flat_mean else 3.0))
        raise ValueError(
            f"{node.name}: the posterior is improper, since {int(groups)} group(s) do not bound the "
            f"spread from above under this prior ({need} would); use a proper prior such as HalfNormal"
        )
    if noise >= 0 and graph.nodes[noise].prior in IMPROPER:
        total = power + _exponent(graph.nodes[noise], graph.noise) + 2.0
        if total >= rows - flat_mean:
            raise ValueError(
                f"{node.name} and {graph.nodes[noise].name} both have improper priors, too much for "
                f"{int(rows)} rows; use a proper prior such as HalfNormal"
            )


def check_proper_counts(graph: Graph, cells: CountCells, link: Link) -> None:
    r"""Check that the posterior of counts in Normal groups integrates to a finite number.

    A group whose likelihood vanishes at both ends of the link scale (0 < y < n, or y > 0 events) has a
    marginal that behaves as 1 / tau where tau goes to infinity, every other one tends to a constant. With
    K such groups what the data leave of tau is tau^-K, or tau^(1 - K) with a flat mu; where tau goes
    to 0 it is a positive constant. A flat mu needs the data to rule out both ends.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    cells : CountCells
        Groups.
    link : Link
        Of the likelihood.

    Raises
    ------
    ValueError
        Naming the unknown whose prior makes the posterior improper, and what would be right.
    """
    flat_mean, scale = _has_flat_mean(graph), graph.scale.node
    if flat_mean:
        y, size = ((cells.mult * v).sum() for v in (cells.y, cells.size))
        name = graph.nodes[graph.location.node].name
        told = link.ends(y, size)
        if told:
            raise ValueError(
                f"{name}: the posterior is improper, since {told} and its prior is flat; "
                "use a proper prior such as Normal(0, 2)"
            )
        prior = graph.nodes[scale] if scale >= 0 else None
        light = prior is None or (
            prior.prior in LIGHT
            and graph.scale.form == Form.AS_IS
            and all(arg.node < 0 for arg in prior.args)
        )
        light = light and graph.population != "StudentT"
        if cells.mixed == 0 and not light:
            raise ValueError(
                f"{name}: the posterior is improper or cannot be shown to be proper: no group has both "
                "successes and failures, and flat priors of the mean need a spread with a light tail "
                "there; use a proper prior such as Normal(0, 2)"
            )
    if scale < 0 or graph.nodes[scale].prior not in IMPROPER:
        return
    node, power = graph.nodes[scale], _exponent(graph.nodes[scale], graph.scale)
    if power <= -1.0:
        raise ValueError(
            f"{node.name}: the posterior is improper, since the prior is not integrable at 0, where "
            "the data do not rule a vanishing spread out; use Flat on sigma or a proper prior"
        )
    if cells.mixed <= power + 1.0 + flat_mean:
        raise ValueError(
            f"{node.name}: the posterior is improper, since {cells.mixed} group(s) with {link.both} do not "
            f"bound the spread from above under this prior ({int(power + 2.0 + flat_mean)} would); use a "
            "proper prior such as HalfNormal(1)"
        )


def check_proper_conjugate(graph: Graph, cells: CountCells, link: Link) -> None:
    r"""Check that the posterior of counts in a conjugate population integrates to a finite number.

    Let k be the concentration of a Beta population, or the shape of a Gamma one, its mean held. Where
    k goes to infinity all groups are one and the likelihood tends to a positive constant; where it goes to
    0, every one of the K groups whose counts tell of both ends (0 < y < n, or y > 0 events) has a
    marginal that behaves as k, and every other one tends to a constant. Under a prior k^e with a proper
    prior of the mean the posterior is proper if, and only if, -(K + 1) < e < -1.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    cells : CountCells
        Groups.
    link : Link
        Of the likelihood.

    Raises
    ------
    ValueError
        Naming the unknown whose prior makes the posterior improper, or might.

    Notes
    -----
    Source: expansions of the gamma function in equation (1) of csrc/conjugate; Gelman et al., *Bayesian
    Data Analysis*, 3rd ed., exercise 5.9.
    """
    written = graph.written
    held = written.get("concentration") or (written["alpha"] if "mean" in written else None)
    name = "concentration" if link.whole else "alpha, with mean="
    for index, node in enumerate(graph.nodes):
        if node.prior not in IMPROPER or node.support == Support.UNIT:
            continue
        if held is None or held.node != index:
            raise ValueError(
                f"{node.name} has the improper prior {node.prior}, and the posterior cannot be shown to be "
                f"proper; give it a proper prior, or only the {name}, a power"
            )
        power = _exponent(node, held)
        if power >= -1.0:
            raise ValueError(
                f"{node.name}: the posterior is improper, since the prior is not integrable at infinity, "
                "where the data do not rule a vanishing spread out; use Power(-1.5) or a proper prior"
            )
        if cells.mixed + power <= -1.0:
            raise ValueError(
                f"{node.name}: the posterior is improper, since {cells.mixed} group(s) with {link.both} do "
                f"not bound the spread from above under this prior ({int(-power)} would); use a proper "
                "prior such as LogNormal(2, 1)"
            )


def check_proper_shape(graph: Graph) -> None:
    r"""Check the prior of the shape alpha of rows.

    Where alpha goes to infinity rows of a negative binomial are Poisson and the likelihood tends to a
    positive constant, and of times with one row a group nothing is left to vary; where it goes to 0 the
    likelihood behaves as a power of it that the data set. Only a prior with a finite integral is sure to
    leave a proper posterior at both ends.

    Parameters
    ----------
    graph : Graph
        The unknowns.

    Raises
    ------
    ValueError
        If the prior is improper.
    """
    node = graph.nodes[graph.noise.node] if graph.noise.node >= 0 else None
    if node is not None and node.prior in IMPROPER:
        raise ValueError(
            f"{node.name}: the posterior is improper or cannot be shown to be proper under {node.prior}, "
            "since data need not bound the shape of rows; use a proper prior such as Gamma(2, 0.1)"
        )


def check_all_proper(graph: Graph, such: str = "Normal(0, 2) or HalfNormal(1)") -> None:
    """Check that every prior is proper, where data need not bound anything.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    such : str
        What would be proper.

    Raises
    ------
    ValueError
        Naming the first unknown whose prior is improper.
    """
    for node in graph.nodes:
        if node.prior in IMPROPER:
            raise ValueError(
                f"{node.name} has the improper prior {node.prior}, and the posterior is improper or "
                f"cannot be shown to be proper with {graph.title} rows; give it a proper prior such as "
                f"{such}"
            )


def check_proper_scales(graph: Graph, stats: Statistics) -> None:
    r"""Check that the posterior of a model whose scales differ by group integrates to a finite number.

    Means and spread of the effects are as in `check_proper`, since given the scales :math:`\sigma_j` a
    group's rows bound :math:`\tau` as they do there. Every other prior is to be proper. What is left is
    where scales vanish. A group of n > 1 rows that differ has a density that is bounded whatever the
    unknowns; one of a single row, :math:`N(y; \mu, \tau^2 + \sigma_j^2)`, has 1 for its integral over
    :math:`\mu`, and two such groups of one value leave the logarithm of :math:`\tau`, of which a density
    that is bounded at 0 has a mean. So it is proper but for

    - groups of n > 1 identical rows, whose density is of the order of :math:`\sigma_j^{-n}`,
    - single rows of one value in more than two groups (more than one, if that is the known mean), unless
      :math:`\tau` is known; or in two, if the prior of :math:`\tau` is not bounded at 0,

    where the posterior is proper if :math:`E(\sigma_j^{-n})` is finite and the distribution's arguments are
    numbers: always of a LogNormal; of the others where the shape exceeds a multiple of n. Under priors of
    the arguments it is as a rule infinite: of a LogNormal it is :math:`\exp(n^2 s^2 / 2)` and more, and the
    tail of no usual prior of s is lighter.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    stats : Statistics
        Of all groups.

    Raises
    ------
    ValueError
        Naming the unknown, or the group, that makes the posterior improper, and what would be right.
    """
    scales, n = graph.scales, stats.weight
    assert scales is not None
    alike = np.flatnonzero((n > 1) & (stats.m2 == 0.0))
    if len(alike):
        j = alike[np.argmax(n[alike])]
        label = stats.labels[j : j + 1].tolist()[0]
        told = f"the {int(n[j])} rows of group {label!r} are identical"
    elif graph.scale.node >= 0:
        value, count = np.unique(stats.mean[n == 1], return_counts=True)
        prior = graph.nodes[graph.scale.node].prior
        known = graph.location.node < 0
        most = np.where(known & (value == graph.location.value), 1, 2)
        most = most if graph.scale.form == Form.AS_IS and prior in BOUNDED else most - 1
        over = np.flatnonzero(count > most)
        if not len(over):
            return
        i = over[np.argmax(count[over])]
        told = f"{count[i]} groups have a single row, and the same one ({value[i]:g})"
        alike = np.flatnonzero(n == 1)
    else:
        return
    if not _moment_exists(scales, float(n[alike].max())):
        raise ValueError(
            f"{told}, so that the posterior is improper, or cannot be shown to be proper, where the "
            f"{scales.name} vanishes; give the {scales.kind} of {scales.name} numbers for its arguments"
            + ("" if scales.kind == "LogNormal" else " (and a shape that is large enough)")
            + ", or common rows a common sigma"
        )


def _moment_exists(scales: Scales, n: float) -> bool:
    """Tell whether E(sigma^-n) is finite, and known to be."""
    if any(arg.node >= 0 for arg in scales.written.values()):
        return False
    if scales.kind == "LogNormal":
        return True
    shape, power = next(iter(scales.written.values())).value, n * scales.power
    shape = 0.5 * shape if scales.kind == "ScaledInverseChi2" else shape
    return shape > (power if scales.kind == "Gamma" else -power)


def _has_flat_mean(graph: Graph) -> bool:
    """Tell whether the mean is flat; refuse other improper priors than those of mean, spread and noise."""
    scale, noise, flat_mean = graph.scale.node, graph.noise.node, False
    for index, node in enumerate(graph.nodes):
        if node.prior not in IMPROPER or index in (scale, noise):
            continue
        if not _is_mean(graph, index, graph.location.node):
            raise ValueError(
                f"{node.name} has the improper prior {node.prior}, and the posterior cannot be shown "
                "to be proper; give it a proper prior such as HalfNormal or Normal"
            )
        flat_mean = True
    return flat_mean


def _is_mean(graph: Graph, index: int, location: int) -> bool:
    """Tell whether a flat unknown is the population's mean or the mean of its normal prior."""
    if graph.nodes[index].prior != "Flat" or graph.nodes[index].support != Support.REAL:
        return False
    readers = [
        (i, a)
        for i, node in enumerate(graph.nodes)
        for a, arg in enumerate(node.args)
        if arg.reads(index)
    ]
    if index == location:
        return not readers
    return (
        readers == [(location, 0)]
        and graph.nodes[location].prior == "Normal"
        and index not in (graph.scale.node, graph.noise.node)
    )


def _exponent(node: Node, reader: Arg) -> float:
    """Give e of a prior proportional to sd^e."""
    power = 0.0
    if node.prior == "Power":
        if node.args[0].node >= 0:
            raise ValueError(
                f"{node.name}: the exponent of an improper Power prior must be a number"
            )
        power = node.args[0].value
    if reader.form == Form.AS_IS:
        return power
    return 2.0 * power + 1.0 if reader.form == Form.SQRT else -2.0 * power - 3.0


def _check_noise(node: Node, reader: Arg, stats: Statistics, cells: Cells, flat_mean: bool) -> None:
    rows, groups = cells.n_row, cells.n_group
    improper = node.prior in IMPROPER
    vanishes = node.prior in VANISHING
    if rows > groups and cells.ssw == 0.0 and not vanishes:
        raise ValueError(
            f"{node.name}: the rows of every group are identical, so that the posterior is improper "
            "at 0; give the likelihood's sigma a number, or a prior that vanishes at 0 (LogNormal)"
        )
    single = rows == groups > 2 and not vanishes
    if single and stats.ends[2] == stats.ends[3]:
        raise ValueError(
            f"{node.name}: all values are identical, so that the posterior is improper at 0; give the "
            "likelihood's sigma a number, or a prior that vanishes at 0 (LogNormal)"
        )
    if not improper:
        return
    power = _exponent(node, reader)
    if rows == groups and power <= -1.0:
        raise ValueError(
            f"{node.name}: the posterior is improper, since without repeated rows in a group the data "
            "do not rule 0 out; use a proper prior such as HalfNormal"
        )
    if power >= rows - flat_mean - 1.0:
        raise ValueError(
            f"{node.name}: the posterior is improper, since {int(rows)} rows do not bound it from "
            "above; use a proper prior such as HalfNormal"
        )
