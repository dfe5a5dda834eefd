"""Pictures of hyperparameters: before and after the data, and in pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast.distributions.base import Support
from hierfast.graph import Arg, Graph, Node
from hierfast.hyper import draw_hyper, find_chains, find_family, find_improper
from hierfast.pictures import BLUE, GREY, RED
from hierfast.sample import read

FloatArray = NDArray[np.float64]

BINS = 40  # of a posterior
TAIL = 0.001  # of a posterior that may be out of sight at each end
BESIDE = 0.5  # widths of it that are shown on either side
PLACES = 240  # of a curve
DRAWS, MANY = 4000, 100_000  # from a prior, of what it reads or of itself
COARSE = 6  # places of a curve that make a class of draws
TALL = 3.0  # times the posterior's height that a prior may have
ACROSS = 3  # panels in a row
MOST = 8  # hyperparameters in pairs
POINTS = 2000  # draws of a pair


def choose_names(
    hyper: Mapping[str, FloatArray], names: Sequence[str] | None, least: int, most: int = 10_000
) -> list[str]:
    """Check names of hyperparameters.

    Parameters
    ----------
    hyper : mapping of str to numpy.ndarray
        All there are.
    names : sequence of str or None
        Those wanted; None: all.
    least, most : int
        How many there may be.

    Returns
    -------
    list of str
        Names.

    Raises
    ------
    ValueError
        If one is not there, or they are too few or too many.

    Examples
    --------
    >>> from hierfast.portraits import choose_names
    >>> choose_names({"mu": 0, "sigma": 0}, ["sigma"], 1)
    ['sigma']
    """
    chosen = list(hyper) if names is None else [names] if isinstance(names, str) else list(names)
    there = ", ".join(hyper) or "none: all are known"
    for name in chosen:
        if name not in hyper:
            raise ValueError(f"names holds {name!r}, and the fit's hyperparameters are {there}")
    if not least <= len(chosen) <= most:
        bounds = f"{least} or more" if most > MOST else f"{least} to {most}"
        raise ValueError(
            f"this picture takes {bounds} hyperparameters, and names gives {len(chosen)}; there are {there}"
        )
    return chosen


def prior_density(
    graph: Graph, name: str, edges: FloatArray
) -> tuple[FloatArray, FloatArray] | str:
    """Give the prior density of an unknown, whatever it reads integrated out.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.
    name : str
        Which, as in ``fit.hyper``.
    edges : numpy.ndarray
        Increasing numbers (n + 1,).

    Returns
    -------
    tuple of numpy.ndarray or str
        Places between the edges and densities there (n,): its own density where it reads no unknowns;
        averaged over draws of those it reads; of weights, and of unknowns that are ordered, the share of
        draws between two of every sixth edge over their distance. Text that says why, where there is none.

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.grammar import build_graph
    >>> from hierfast.portraits import prior_density
    >>> graph = build_graph(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(2)))
    >>> prior_density(graph, "group_sigma", np.array([0.0, 2.0]))[1].round(3)
    array([0.352])
    >>> prior_density(graph, "group_mu", np.array([0.0, 2.0]))
    'improper prior Flat: no density'
    """
    at = next((i for i, node in enumerate(graph.nodes) if node.name == name), -1)
    if at < 0 and name not in graph.weights:
        return "its prior is that of weights of a Grid"
    chain = next((c for c in find_chains(graph) if at in c), [])
    kept = _above(graph, chain or ([at] if at >= 0 else [s.node for s in graph.sticks]))
    nodes = tuple(node if i in kept else _PLAIN for i, node in enumerate(graph.nodes))
    drawn = replace(graph, nodes=nodes)
    improper = find_improper(drawn)
    if improper is not None:
        read_by = "" if improper.name == name else f"reads {improper.name}, "
        return f"{read_by}improper prior {improper.prior}: no density"
    x = 0.5 * (edges[:-1] + edges[1:])
    if kept == {at}:
        return x, _density(graph.nodes[at], x, np.empty((len(nodes), len(x))))
    averaged = at >= 0 and not chain
    try:
        draws = draw_hyper(drawn, np.random.default_rng(0), DRAWS if averaged else MANY)
    except ValueError:
        return "its prior cannot be drawn from in float64"
    if averaged:
        many = np.repeat(draws, len(x), axis=1)
        each = _density(graph.nodes[at], np.tile(x, DRAWS), many)
        return x, each.reshape(DRAWS, len(x)).mean(axis=0)
    coarse = edges[::COARSE]
    count, _ = np.histogram(graph.unknowns(list(draws))[name], coarse)
    return 0.5 * (coarse[:-1] + coarse[1:]), count / MANY / np.diff(coarse)


_PLAIN = Node("", "Normal", Support.REAL, (Arg(-1, 0, 0.0), Arg(-1, 0, 1.0)))


def _above(graph: Graph, start: Sequence[int]) -> set[int]:
    """Find unknowns and all that their priors read."""
    found, todo = set(), list(start)
    while todo:
        i = todo.pop()
        if i not in found:
            found.add(i)
            args = graph.nodes[i].args
            todo += [k for arg in args for k in (arg.node, arg.other) if k >= 0]
    return found


def _density(node: Node, x: FloatArray, values: FloatArray) -> FloatArray:
    args = [read(arg, values, len(x)) for arg in node.args]
    with np.errstate(all="ignore"):
        log = np.asarray(find_family(node.prior).logpdf(x, *args), dtype=np.float64)
    low = x > 0 if node.support in (Support.POSITIVE, Support.UNIT) else np.full(len(x), True)
    inside = low & (x < 1) if node.support == Support.UNIT else low
    return np.where(inside, np.exp(log), 0.0)


def draw_priors(axes: Any, graph: Graph, hyper: Mapping[str, FloatArray]) -> Any:
    """Draw the prior and the posterior density of hyperparameters.

    Parameters
    ----------
    axes : matplotlib.axes.Axes or numpy.ndarray of these, or None
        Where.
    graph : Graph
        The model's unknowns.
    hyper : mapping of str to numpy.ndarray
        Draws (chains, draws).

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes
        Where it was drawn (d,).
    """
    panels = _panels(axes, len(hyper))
    for k, (ax, (name, draws)) in enumerate(zip(panels, hyper.items(), strict=True)):
        support = next((n.support for n in graph.nodes if n.name == name), Support.REAL)
        if name in graph.weights:
            support = Support.UNIT
        low, high = np.quantile(draws, [TAIL, 1.0 - TAIL]).tolist()
        width = (high - low) or abs(low) or 1.0
        edges = np.linspace(low, high if high > low else low + 1e-9 * width, BINS + 1)
        count, _ = np.histogram(draws, edges)
        density = count / draws.size / np.diff(edges)
        ax.stairs(density, edges, fill=True, color=BLUE, alpha=0.35, label="posterior")
        left, right = low - BESIDE * width, high + BESIDE * width
        if support in (Support.POSITIVE, Support.UNIT):
            left = max(left, 0.0)
        if support == Support.UNIT:
            right = min(right, 1.0)
        found = prior_density(graph, name, np.linspace(left, right, PLACES + 1))
        top = float(density.max())
        if isinstance(found, str):
            ax.set_xlabel(found, fontsize="small", color=GREY)
        else:
            ax.plot(*found, color=RED, linewidth=1.5, label="prior")
            top = max(top, min(float(found[1].max()), TALL * top))
        ax.set_xlim(left, right)
        ax.set_ylim(0.0, 1.08 * top)
        ax.set_yticks([])
        ax.locator_params(axis="x", nbins=4)
        ax.set_title(name, fontsize="medium", loc="left")
        ax.spines[["top", "right", "left"]].set_visible(False)
        if k == 0:
            ax.legend(loc="upper right", fontsize="small", frameon=False)
    return panels


def _panels(axes: Any, count: int) -> Any:
    if axes is not None:
        given = np.atleast_1d(np.asarray(axes, dtype=object)).ravel()
        if len(given) != count:
            raise ValueError(f"axes must be {count}, one for each picture; got {len(given)}")
        return given
    from matplotlib import pyplot as plt

    across = min(ACROSS, count)
    down = -(-count // across)
    size = (max(4.0, 3.2 * across), 2.3 * down + 0.2)
    _, made = plt.subplots(down, across, figsize=size, squeeze=False, layout="constrained")
    for ax in made.ravel()[count:]:
        ax.set_visible(False)
    return made.ravel()[:count]


def draw_pairs(axes: Any, hyper: Mapping[str, FloatArray]) -> Any:
    """Draw hyperparameters in pairs.

    Parameters
    ----------
    axes : numpy.ndarray of matplotlib.axes.Axes or None
        Where (d, d).
    hyper : mapping of str to numpy.ndarray
        Draws (chains, draws).

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes
        Where it was drawn (d, d).
    """
    count = len(hyper)
    if axes is None:
        from matplotlib import pyplot as plt

        side = 1.9 * count + 0.8
        _, axes = plt.subplots(count, count, figsize=(side, side), layout="constrained")
    if np.shape(axes) != (count, count):
        raise ValueError(f"axes must be ({count}, {count}); got {np.shape(axes)}")
    names, x = list(hyper), np.array([v.ravel() for v in hyper.values()])
    some = np.arange(min(POINTS, x.shape[1])) * x.shape[1] // min(POINTS, x.shape[1])
    ends = np.array([[v.min(), v.max()] for v in x])
    ends += np.array([-0.05, 0.05]) * np.maximum(np.diff(ends), 1e-9)
    spread = x.std(axis=1)
    for i in range(count):
        for k in range(count):
            ax = axes[i, k]
            if k < i:
                ax.plot(x[k, some], x[i, some], "o", color=BLUE, markersize=1.5, alpha=0.3)
                ax.set_ylim(*ends[i])
            elif k == i:
                density, inside = np.histogram(x[i], BINS, density=True)
                ax.stairs(density, inside, fill=True, color=BLUE, alpha=0.35)
            else:
                both = spread[i] * spread[k]
                r = float(np.cov(x[i], x[k], bias=True)[0, 1] / both) if both > 0 else 0.0
                ax.text(
                    0.5,
                    0.5,
                    f"r = {round(r, 2) + 0.0:.2f}",
                    ha="center",
                    va="center",
                    transform=ax.transAxes,
                )
                ax.set_axis_off()
            ax.set_xlim(*ends[k])
            ax.spines[["top", "right"]].set_visible(False)
            ax.tick_params(
                labelbottom=i == count - 1, labelleft=k == 0 and i > 0, labelsize="small"
            )
            ax.tick_params(left=k < i)
            ax.locator_params(nbins=4)
            if i == count - 1:
                ax.set_xlabel(names[k])
            if k == 0 and i > 0:
                ax.set_ylabel(names[i])
    axes[0, 0].set_title(names[0], fontsize="medium", loc="left")
    return axes
