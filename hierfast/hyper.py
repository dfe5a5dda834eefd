r"""Stage III in plain NumPy: hyperparameters drawn from their priors, and their log density.

Unknowns are drawn in the order of the graph, each given what its prior reads. Some are ordered: cutpoints,
and those that tell components of a mixture apart. Their prior is the product of theirs where they increase,

.. math:: p(\phi_1, \dots, \phi_K) \propto \prod_k p(\phi_k) \; [\phi_1 < \dots < \phi_K]           \tag{1}

which is what is left of draws that are thrown away where they do not; where the priors are the same density
the draws are sorted instead, and the constant is K!. Weights of a mixture are made of sticks s,
:math:`w_k = s_k \prod_{i<k} (1 - s_i)`, so that

.. math:: \log p(w) = \sum_{k < K} \log p(s_k) - \log \Bigl(1 - \sum_{i<k} w_i\Bigr).               \tag{2}

Source of (2): Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 23.2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast import distributions
from hierfast.distributions.base import Support
from hierfast.graph import Graph, Node
from hierfast.sample import read

FloatArray = NDArray[np.float64]

LEAST, MOST = 1e-6, 200_000  # least share of draws in order; draws at once
ROUNDS = 30  # of draws that are thrown away where they are not in order


def find_family(name: str) -> Any:
    """Look a distribution up by its name.

    Parameters
    ----------
    name : str
        Of a prior, population or likelihood.

    Returns
    -------
    type
        The class that users write.

    Examples
    --------
    >>> from hierfast.hyper import find_family
    >>> find_family("HalfNormal").__name__
    'HalfNormal'
    """
    return getattr(distributions, name)


def find_improper(graph: Graph) -> Node | None:
    """Find an unknown without a proper prior.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.

    Returns
    -------
    Node or None
        The first of them.
    """
    return next((node for node in graph.nodes if not find_family(node.prior).proper), None)


def draw_hyper(graph: Graph, rng: np.random.Generator, n: int) -> FloatArray:
    """Draw hyperparameters from their priors.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.
    rng : numpy.random.Generator
        Source of randomness.
    n : int
        How many draws.

    Returns
    -------
    numpy.ndarray
        Unknowns (n_node, n): equation (1).

    Raises
    ------
    ValueError
        If a prior is improper, draws numbers that float64 cannot hold, or an order is hardly ever met.

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.grammar import build_graph
    >>> from hierfast.hyper import draw_hyper
    >>> graph = build_graph(hf.Normal(sigma=1), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(1)))
    >>> draw_hyper(graph, np.random.default_rng(1), 1000).std(axis=1).round(0)
    array([5., 1.])
    """
    improper = find_improper(graph)
    if improper is not None:
        raise ValueError(
            f"{improper.name} has the prior {improper.prior}, which is improper: it cannot be drawn from; "
            "give it a proper prior"
        )
    kept, found, drawn = [], 0, 0
    many = n
    for _ in range(ROUNDS):
        x = _draw_once(graph, rng, many)
        drawn += many
        x = x[:, _in_order(graph, x)]
        kept.append(x)
        found += x.shape[1]
        if found >= n:
            return np.concatenate(kept, axis=1)[:, :n]
        share = max(found / drawn, LEAST)
        many = min(math.ceil(1.1 * (n - found) / share), MOST)
    above = next(node for node in graph.nodes if node.above >= 0)
    raise ValueError(
        f"{above.name} must be larger than {graph.nodes[above.above].name}, but in {drawn:,} draws of "
        f"their priors that was so {found:,} times: give priors that are more apart, or the same one"
    )


def _draw_once(graph: Graph, rng: np.random.Generator, n: int) -> FloatArray:
    """Draw without regard to order, but for unknowns whose priors are one density: these are sorted."""
    x = np.empty((len(graph.nodes), n))
    for i, node in enumerate(graph.nodes):
        with np.errstate(all="ignore"):
            args = [read(arg, x, n) for arg in node.args]
            x[i] = find_family(node.prior).draw(rng, n, *args)
        low = 0.0 if node.support in (Support.POSITIVE, Support.UNIT) else -np.inf
        high = 1.0 if node.support == Support.UNIT else np.inf
        wrong = ~((x[i] > low) & (x[i] < high))
        if wrong.any():
            told = ", ".join(f"{v[wrong][0]:g}" for v in args)
            raise ValueError(
                f"{node.name} has the prior {node.prior}({told}), of which {int(wrong.sum()):,} of {n:,} "
                f"draws are {x[i][wrong][0]:g} in float64: give a prior that is less wide"
            )
    for chain in find_chains(graph):
        if is_alike(graph, chain):
            x[chain] = np.sort(x[chain], axis=0)
    return x


def find_chains(graph: Graph) -> list[list[int]]:
    """List the unknowns that increase, chain by chain.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.

    Returns
    -------
    list of list of int
        Indices of nodes.
    """
    chains: list[list[int]] = []
    for i, node in enumerate(graph.nodes):
        if node.above < 0:
            continue
        end = next((c for c in chains if c[-1] == node.above), None)
        if end is None:
            chains.append([node.above, i])
        else:
            end.append(i)
    return chains


def is_alike(graph: Graph, chain: list[int]) -> bool:
    """Tell whether unknowns have one density given what all of them read.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.
    chain : list of int
        Indices of nodes.

    Returns
    -------
    bool
        Whether all of their orders are alike.
    """
    kinds = {(graph.nodes[i].prior, graph.nodes[i].args) for i in chain}
    return len(kinds) == 1


def _in_order(graph: Graph, x: FloatArray) -> NDArray[np.bool_]:
    fine = np.ones(x.shape[1], dtype=bool)
    for i, node in enumerate(graph.nodes):
        if node.above >= 0:
            fine &= x[i] > x[node.above]
    return fine


def is_normalised(graph: Graph) -> bool:
    """Tell whether the log density of the unknowns has its constant.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.

    Returns
    -------
    bool
        False where a prior is improper, or the probability of an order is not known.
    """
    known = all(is_alike(graph, chain) for chain in find_chains(graph))
    return known and find_improper(graph) is None


def log_hyper(graph: Graph, x: FloatArray) -> FloatArray:
    """Log density of the unknowns, weights in the place of their sticks.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.
    x : numpy.ndarray
        Unknowns (n_node, n).

    Returns
    -------
    numpy.ndarray
        Log density (n,): equations (1) and (2); -inf where they are not in order or outside their support.
    """
    n = x.shape[1]
    log = np.zeros(n)
    with np.errstate(all="ignore"):
        for i, node in enumerate(graph.nodes):
            log = log + find_family(node.prior).logpdf(x[i], *(read(a, x, n) for a in node.args))
            if node.support in (Support.POSITIVE, Support.UNIT):
                log = np.where(x[i] > 0, log, -np.inf)
            if node.support == Support.UNIT:
                log = np.where(x[i] < 1, log, -np.inf)
        left = np.ones(n)
        for stick in graph.sticks if graph.unknown_weights else ():
            log = log - np.log(left)
            left = left * (1.0 - x[stick.node])
    for chain in find_chains(graph):
        if is_alike(graph, chain):
            log = log + math.lgamma(len(chain) + 1)
    return np.where(_in_order(graph, x), log, -np.inf)


def columns_of(graph: Graph, hyper: dict[str, Any]) -> tuple[FloatArray, tuple[int, ...]]:
    """Turn hyperparameters by name into unknowns; the inverse of `Graph.unknowns`.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.
    hyper : dict of str to array_like
        Values of one shape, or numbers, by the names of ``fit.hyper``; other names are left alone.

    Returns
    -------
    tuple
        Unknowns (n_node, n), and the shape of the values, which n are of.

    Raises
    ------
    KeyError, ValueError
        If one lacks, is not finite, or shapes differ.
    """
    lacking = [name for name in graph.display if name not in hyper]
    if lacking:
        raise KeyError(
            f"hyper lacks {lacking[0]!r}; the model's unknowns are {', '.join(graph.display) or 'none'}"
        )
    values = {name: np.asarray(hyper[name], dtype=np.float64) for name in graph.display}
    try:
        shape = np.broadcast_shapes(*(v.shape for v in values.values()))
    except ValueError:
        told = ", ".join(f"{name} {v.shape}" for name, v in values.items())
        raise ValueError(f"hyper's values must be of one shape; got {told}") from None
    for name, v in values.items():
        if not np.isfinite(v).all():
            raise ValueError(
                f"hyper's {name} must be finite; it holds {v[~np.isfinite(v)].flat[0]}"
            )
    flat = {name: np.broadcast_to(v, shape).reshape(-1) for name, v in values.items()}
    n = int(np.prod(shape))
    x = np.empty((len(graph.nodes), n))
    place = {node.name: i for i, node in enumerate(graph.nodes)}
    for name, v in flat.items():
        if name in place:
            x[place[name]] = v
    if graph.unknown_weights:
        left = np.ones(n)
        total = sum(flat[name] for name in graph.weights)
        if not np.allclose(total, 1.0, atol=1e-6):
            raise ValueError(f"hyper's {graph.weights[0]} and the others must add up to 1")
        for name, stick in zip(graph.weights, graph.sticks, strict=False):
            x[stick.node] = flat[name] / left
            left = left - flat[name]
    return x, shape
