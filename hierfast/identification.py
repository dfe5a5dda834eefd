"""What proper posteriors owe to their priors alone: said, not hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hierfast.categories import ShareCells
    from hierfast.counts import CountCells
    from hierfast.graph import Graph
    from hierfast.links import Link
    from hierfast.ordered import CategoryCells
    from hierfast.statistics import Cells, Statistics
    from hierfast.terms import RowCells

FEW = 3  # groups below which their spread is anybody's guess


class IdentificationWarning(UserWarning):
    """Warns of unknowns about which the data say little or nothing.

    Examples
    --------
    >>> import warnings
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Normal(0, 1), hf.HalfNormal(1)))
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", hf.IdentificationWarning)
    ...     fit = model.fit({"y": [1.0, 2.0]}, y="y", random_seed=1)
    """


def find_weak(graph: Graph, cells: Cells) -> tuple[str, ...]:
    r"""Say what the data of a normal model cannot tell.

    With one row a group, rows have variance :math:`\tau^2 + \sigma^2` and nothing tells the two
    apart. The spread of fewer than three groups is hardly to be seen: with two of them,
    their difference is one draw of it.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    cells : Cells
        Totals of the groups that have rows.

    Returns
    -------
    tuple of str
        Sentences, none where all is well.
    """
    said = []
    scale, noise = graph.scale.node, graph.noise.node
    groups, rows = int(cells.n_group), int(cells.n_row)
    if scale >= 0 and noise >= 0 and rows == groups:
        said.append(
            f"every group has one row: the data see only the sum of the variances behind "
            f"{graph.nodes[scale].name} and {graph.nodes[noise].name}; how it is split between them is "
            "up to their priors"
        )
    return tuple(said + _few(graph, groups, scale))


def find_weak_student(graph: Graph, cells: RowCells) -> tuple[str, ...]:
    """Say what Student-t rows cannot tell.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    cells : RowCells
        Rows of all groups.

    Returns
    -------
    tuple of str
        Sentences, none where all is well.
    """
    said, groups = [], int(cells.n_group)
    unknown = [graph.nodes[arg.node].name for arg in graph.rows if arg.node >= 0]
    if unknown and cells.n_row == cells.n_group:
        said.append(
            f"every group has one row: the data tell {' and '.join(unknown)} from the spread of the groups "
            "by the shape of tails alone; how much of it is the rows' is up to the priors"
        )
    return tuple(said + _few(graph, groups, graph.scale.node))


def find_weak_scales(graph: Graph, stats: Statistics) -> tuple[str, ...]:
    """Say what the data of a model whose scales differ by group cannot tell.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    stats : Statistics
        Of all groups.

    Returns
    -------
    tuple of str
        Sentences, none where all is well.
    """
    assert graph.scales is not None
    several, groups = int((stats.weight > 1).sum()), int((stats.weight > 0).sum())
    said = _few(graph, groups, graph.scale.node)
    unknown = any(arg.node >= 0 for arg in graph.scales.written.values())
    if unknown and several < FEW:
        count = {0: "no group has", 1: "one group has"}.get(several, f"{several} groups have")
        said.append(
            f"{count} more than one row: the data say little about how {graph.scales.name} differs by "
            "group, which is up to the priors"
        )
    return tuple(said)


def find_weak_counts(graph: Graph, cells: CountCells, link: Link) -> tuple[str, ...]:
    """Say what counts cannot tell.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    cells : CountCells
        Groups and their sums.
    link : Link
        Of the likelihood.

    Returns
    -------
    tuple of str
        Sentences, none where all is well.
    """
    said, scale = [], graph.scale.node
    ends = link.ends(*((cells.mult * v).sum() for v in (cells.y, cells.size)))
    if ends:
        said.append(
            f"{ends}: the data bound the population at one end only, and the rest is "
            "up to the priors"
        )
    elif scale >= 0 and cells.mixed == 0:
        said.append(
            "no group has both successes and failures: the data see only how frequent each is, and "
            f"{graph.nodes[scale].name} is up to its prior"
        )
    return tuple(said + _few(graph, int(cells.n_group), scale))


def find_weak_shape(graph: Graph, cells: CountCells) -> tuple[str, ...]:
    """Say where the variation of rows cannot be told from that of groups.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    cells : CountCells
        Groups and their sums.

    Returns
    -------
    tuple of str
        Sentences, none where all is well.
    """
    if graph.noise.node < 0 or graph.scale.node < 0 or cells.n_row > cells.n_group:
        return ()
    shape, scale = (graph.nodes[arg.node].name for arg in (graph.noise, graph.scale))
    return (
        f"every group has one row, so that the data hardly tell the variation within groups ({shape}) "
        f"from that between them ({scale}); their priors decide",
    )


def find_weak_ordered(graph: Graph, cells: CategoryCells) -> tuple[str, ...]:
    """Say what rows in ordered categories cannot tell.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    cells : CategoryCells
        Groups and their rows in each category.

    Returns
    -------
    tuple of str
        Sentences, none where all is well.
    """
    said, scale = [], graph.scale.node
    unknown = graph.rows[0].node >= 0
    seen = [k for k, rows in enumerate(cells.total) if rows > 0]
    none = [str(k) for k, rows in enumerate(cells.total) if rows == 0]
    if len(seen) == 1:
        said.append(
            f"all rows are of category {seen[0]}: the data hardly bound the population, and the rest is up "
            "to the priors"
        )
    elif scale >= 0 and cells.mixed == 0 and (unknown or len(graph.rows) == 1):
        said.append(
            "no group has rows of two categories: the data see only how frequent each is, and "
            f"{graph.nodes[scale].name} is up to its prior"
        )
    if unknown and none and len(seen) > 1:
        said.append(
            f"no row is of category {', '.join(none)}: how far apart the cutpoints beside it are is up to "
            "their priors"
        )
    return tuple(said + _few(graph, int(cells.n_group), scale))


def find_weak_conjugate(graph: Graph, cells: CountCells, link: Link) -> tuple[str, ...]:
    """Say what counts in a conjugate population cannot tell.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    cells : CountCells
        Groups and their sums.
    link : Link
        Of the likelihood.

    Returns
    -------
    tuple of str
        Sentences, none where all is well.
    """
    spread = graph.written.get("concentration") or graph.written["alpha"]
    if spread.node < 0:
        return ()
    if cells.mixed == 0:
        return (
            f"no group has {link.both}: the data do not bound how far groups spread, and "
            f"{graph.nodes[spread.node].name} is up to its prior",
        )
    return tuple(_few(graph, int(cells.n_group), spread.node))


def find_weak_shares(
    graph: Graph, cells: ShareCells, categories: tuple[str, ...]
) -> tuple[str, ...]:
    """Say what counts in categories cannot tell.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    cells : ShareCells
        Counts of counts.
    categories : tuple of str
        Names of the categories (H,).

    Returns
    -------
    tuple of str
        Sentences, none where all is well.
    """
    unknown = [arg for arg in graph.shape if arg.node >= 0]
    if not unknown:
        return ()
    several = len({arg.node for arg in unknown}) > 1
    spread = "how far groups spread" + (", the sum of all alphas," if several else "")
    said = [
        f"no group has any {categories[k]}: the data bound its alpha from above only, and the rest is "
        "up to its prior"
        for k in cells.empty
        if graph.shape[k].node >= 0 and graph.shape.count(graph.shape[k]) == 1
    ]
    if cells.repeated == 0:
        said.append(
            "no group has two trials: the data see only how frequent each category is, and "
            f"{spread} is up to the priors"
        )
    return tuple(said + _few(graph, int(cells.n_group), unknown[0].node))


def _few(graph: Graph, groups: int, scale: int) -> list[str]:
    if scale < 0 or groups >= FEW:
        return []
    count = "one group has" if groups == 1 else f"{groups} groups have"
    return [
        f"{count} rows: the data say little about {graph.nodes[scale].name}, whose posterior leans "
        "on its prior"
    ]
