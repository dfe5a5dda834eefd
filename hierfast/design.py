"""Predictors of groups: columns that do not vary within a group, and cells of groups that share them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast.counts import CountCells
from hierfast.data import Columns, raise_row
from hierfast.graph import Graph
from hierfast.labels import plain
from hierfast.terms import place_rows, used_rows

FloatArray = NDArray[np.float64]

OWN = ("y", "size", "first", "count")  # of cells: the same for all groups of one


def roles_of(graph: Graph) -> tuple[str, ...]:
    """Name the columns that the population's location reads, each once.

    Parameters
    ----------
    graph : Graph
        A model's unknowns.

    Returns
    -------
    tuple of str
        The names.
    """
    return tuple(dict.fromkeys(name for term, _ in graph.design for name in term))


def read_known(columns: Columns, labels: NDArray[Any]) -> dict[str, FloatArray]:
    """Read the predictors of each group.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    labels : numpy.ndarray
        Of all groups, those without rows included (J,).

    Returns
    -------
    dict of str to numpy.ndarray
        Columns (J,) by their names.

    Raises
    ------
    ValueError
        Naming the column, and the row or group, that is wrong.
    """
    known = {} if columns.table is None else dict(columns.table.predictors)
    if columns.predictors:
        used, _ = used_rows(columns)
        place = place_rows(columns, used)
        for name, values in columns.predictors.items():
            known[name] = values_of_groups(columns, labels, name, values, used, place)
    return known


def make_design(stats: Any, graph: Graph) -> FloatArray | None:
    """Compute what each term of the location is in each group.

    Parameters
    ----------
    stats : GroupStatistics
        Of all groups, with the columns known of them.
    graph : Graph
        Whose location is linear, or not.

    Returns
    -------
    numpy.ndarray or None
        Terms (J, K); None where the location is not linear.

    Raises
    ------
    ValueError
        If a product overflows.
    """
    return compute_design(stats.columns, stats.labels, graph)


def read_design(columns: Columns, labels: NDArray[Any], graph: Graph) -> FloatArray | None:
    """Read what each term of the location is in each group.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    labels : numpy.ndarray
        Of all groups, those without rows included (J,).
    graph : Graph
        Whose location is linear, or not.

    Returns
    -------
    numpy.ndarray or None
        Terms (J, K); None where the location is not linear.

    Raises
    ------
    ValueError
        Naming the column, and the row or group, that is wrong.
    """
    return compute_design(read_known(columns, labels), labels, graph) if graph.design else None


def compute_design(
    known: dict[str, FloatArray], labels: NDArray[Any], graph: Graph
) -> FloatArray | None:
    """Multiply the columns of each term.

    Parameters
    ----------
    known : dict of str to numpy.ndarray
        Columns (J,) by their names.
    labels, graph
        As in `read_design`.

    Returns
    -------
    numpy.ndarray or None
        Terms (J, K); None where the location is not linear.

    Raises
    ------
    ValueError
        If a product overflows.
    """
    if not graph.design:
        return None
    design = np.ones((len(labels), len(graph.design)))
    with np.errstate(over="ignore"):
        for k, (term, _) in enumerate(graph.design):
            for name in term:
                design[:, k] *= known[name]
    if not np.isfinite(design).all():
        j, k = np.argwhere(~np.isfinite(design))[0]
        raise ValueError(
            f"the product {':'.join(graph.design[k][0])} overflows in the group "
            f"{plain(labels[j])!r}; rescale its columns"
        )
    return design


def values_of_groups(
    columns: Columns,
    labels: NDArray[Any],
    name: str,
    values: FloatArray,
    used: NDArray[np.intp],
    place: NDArray[np.int64],
) -> FloatArray:
    """Read what a column of rows is in each group.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    labels : numpy.ndarray
        Of all groups (J,).
    name : str
        Of the column.
    values : numpy.ndarray
        The column (N,).
    used, place : numpy.ndarray
        Rows that count (R,), and their groups (R,).

    Returns
    -------
    numpy.ndarray
        Values (J,).

    Raises
    ------
    ValueError
        If the column is not finite, varies within a group, or a group has no rows.
    """
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise_row(columns, values, name, int(wrong[0]), "finite")
    rows, out = values[used], np.full(len(labels), np.nan)
    out[place[::-1]] = rows[::-1]
    wrong = np.flatnonzero(rows != out[place])
    if len(wrong):
        j = place[wrong[0]]
        raise ValueError(
            f"the predictor {name!r} varies within the group {plain(labels[j])!r}: it is {out[j]} in one "
            f"row and {rows[wrong[0]]} in another; it must be constant within a group"
        )
    wrong = np.flatnonzero(np.isnan(out))
    if len(wrong):
        raise ValueError(
            f"the group {plain(labels[wrong[0]])!r} has no rows, so that its {name!r} is not known: give "
            "the column in groups"
        )
    return out


def split_cells(cells: CountCells, design: FloatArray | None, has: NDArray[np.bool_]) -> CountCells:
    """Make cells of groups that share their predictors too.

    Parameters
    ----------
    cells : CountCells
        Of groups that share what their rows tell.
    design : numpy.ndarray or None
        Predictors (J, K); None: none.
    has : numpy.ndarray
        Groups that have rows (J,).

    Returns
    -------
    CountCells
        With predictors of cells (C, K).
    """
    if design is None:
        return cells
    keys = [*design.T[::-1], cells.cell]
    order = np.lexsort(keys)
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    cell = np.empty(len(order), dtype=np.int64)
    cell[order] = np.cumsum(new) - 1
    at = order[new]
    mult = np.bincount(cell[has], minlength=len(at)).astype(np.float64)
    own = {f.name: getattr(cells, f.name)[cells.cell[at]] for f in fields(cells) if f.name in OWN}
    return replace(cells, **own, mult=mult, cell=cell, design=design[at])
