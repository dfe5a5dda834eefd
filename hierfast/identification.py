"""What proper posteriors owe to their priors alone: said, not hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hierfast.graph import Graph
    from hierfast.statistics import Cells

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
    if scale >= 0 and groups < FEW:
        count = "one group has" if groups == 1 else f"{groups} groups have"
        said.append(
            f"{count} rows: the data say little about {graph.nodes[scale].name}, whose posterior leans "
            "on its prior"
        )
    return tuple(said)
