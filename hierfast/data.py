"""From what the user passes to checked columns: outcome, groups, known standard errors, weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.distributions.base import Form
from hierfast.frames import Table, read_numbers
from hierfast.labels import Coded, code_labels, plain

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_ROWS = 2**32  # rows a group can count
PREDICTOR, OUTCOME = "predictor ", "outcome "


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns a model reads, and how.

    Attributes
    ----------
    noise : str or None
        Column of the likelihood's known scales.
    form : int
        What it holds: 0 standard deviations, 1 variances, 2 precisions.
    weights : str or float or None
        Column of frequency weights, or one for all rows.
    location : str or None
        Column of the population's known location.
    size : str or float or None
        Column of the trials or exposures of counts, or one for all rows.
    censored : str or None
        Column that tells which rows were censored.
    predictors : tuple of str
        Columns that the population's location reads, constant within a group.
    outcomes : tuple of tuple of str and column
        Where an outcome has several columns, those after the first: how each is called, and its name or
        values.
    """

    noise: str | None = None
    form: int = 0
    weights: str | float | None = None
    location: str | None = None
    size: str | float | None = None
    censored: str | None = None
    predictors: tuple[str, ...] = ()
    outcomes: tuple[tuple[str, Any], ...] = ()

    def named(self, table: GroupTable | None) -> list[tuple[str, str, str]]:
        """List the columns that are read of rows: key, name, role; not those a table of groups has."""
        roles: list[tuple[str, Any, str]] = [
            ("se", self.noise, "sigma"),
            ("weight", self.weights, "weights"),
            ("size", self.size, "size"),
            ("censored", self.censored, "censored"),
        ]
        if table is None or table.location is None:
            roles.append(("location", self.location, "population's mu"))
        there = () if table is None else table.predictors
        names = [name for name in self.predictors if name not in there]
        roles += [(f"{PREDICTOR}{name}", name, "population's mu") for name in names]
        return [role for role in roles if isinstance(role[1], str)]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Checked columns.

    Attributes
    ----------
    y : numpy.ndarray
        Outcome (N,), contiguous; finiteness is checked where it is read.
    coded : Coded or None
        Each row's group; None: one group a row.
    se, weight, location, size, censored : numpy.ndarray or None
        Known standard deviation, frequency weight, known location, trials or exposure of each row, and
        whether it was censored (N,).
    predictors : dict of str to numpy.ndarray
        Columns of predictors that stand among the rows (N,).
    outcomes : dict of str to numpy.ndarray
        Columns of the outcome after the first (N,).
    table : GroupTable or None
        Columns of groups.
    row : numpy.ndarray or None
        Place of each row in the data, where rows were dropped.
    dropped : str
        What was dropped; empty if nothing.
    y_name, group_name, se_name, location_name, size_name, censored_name : str
        How messages and results call them.
    """

    y: FloatArray
    coded: Coded | None
    se: FloatArray | None = None
    weight: FloatArray | None = None
    location: FloatArray | None = None
    size: FloatArray | None = None
    censored: FloatArray | None = None
    predictors: dict[str, FloatArray] = field(default_factory=dict)
    outcomes: dict[str, FloatArray] = field(default_factory=dict)
    table: GroupTable | None = None
    row: IntArray | None = None
    dropped: str = ""
    y_name: str = "y"
    group_name: str = "group"
    se_name: str = ""
    location_name: str = ""
    size_name: str = ""
    censored_name: str = ""

    def place(self, row: int) -> int:
        """Tell where in the data a row stands."""
        return row if self.row is None else int(self.row[row])


def described(columns: Columns) -> dict[str, Any]:
    """Give what statistics keep of how their rows were read.

    Parameters
    ----------
    columns : Columns
        The rows.

    Returns
    -------
    dict
        Fields of `hierfast.merging.GroupStatistics`.
    """
    return {
        "numbered": columns.coded is None,
        "y_name": columns.y_name,
        "dropped": columns.dropped,
    }


@dataclass(frozen=True, slots=True, eq=False)
class GroupTable:
    """One row a group: sorted labels (K,), its location (K,) and predictors (K,) where they stand there."""

    labels: NDArray[Any]
    location: FloatArray | None
    predictors: dict[str, FloatArray] = field(default_factory=dict)


def read_columns(
    data: Any,
    y: str | ArrayLike,
    group: str | ArrayLike | None,
    roles: Roles = Roles(),  # immutable
    groups: Any = None,
    na: str = "raise",
) -> Columns:
    """Check and convert the columns of a model.

    Parameters
    ----------
    data : mapping or frame
        The table.
    y, group : str or array_like
        Column names or values; no group: every row is its own.
    roles : Roles
        What else the model reads.
    groups : mapping or frame, optional
        A row a group, with the column of labels and those the population reads.
    na : str
        "raise", or "drop" for leaving out rows in which something is missing.

    Returns
    -------
    Columns
        The columns.

    Raises
    ------
    KeyError, TypeError, ValueError
        Naming the column and row that are wrong.
    """
    if na not in ("raise", "drop"):
        raise ValueError(f"na must be 'raise' or 'drop'; got {na!r}")
    rows = Table(data)
    y_name, raw = rows.pick(y, "y")
    columns: dict[str, Any] = {"y": (y_name, read_numbers(raw, y_name))}
    for name, given in roles.outcomes:
        columns[f"{OUTCOME}{name}"] = (name, read_numbers(rows.pick(given, "y")[1], name))
    if len(columns["y"][1]) == 0:
        raise ValueError(f"{y_name} is empty: there are no rows to learn from")
    group_name, coded = "group", None
    if group is not None:
        group_name, raw = rows.pick(group, "group")
        coded = code_labels(raw, group_name)
    elif groups is not None:
        raise ValueError("groups is a table of groups, but group names no column to match it with")
    table = None if groups is None else _read_groups(groups, group_name, roles)
    for key, name, role in roles.named(table):
        columns[key] = (name, read_numbers(rows.pick(name, role)[1], name))
    _check_lengths(columns, coded, group_name)
    keep, dropped = None, ""
    if na == "drop":
        keep, dropped = _complete(columns, coded, group_name)
    elif coded is not None and coded.missing is not None:
        row = int(np.flatnonzero(coded.missing)[0])
        raise ValueError(
            f"{group_name}: row {row} is missing; give every row the label of its group, or pass "
            "na='drop'"
        )
    if keep is not None:
        columns = {k: (n, np.ascontiguousarray(v[keep])) for k, (n, v) in columns.items()}
        coded = None if coded is None else coded.keep(keep)
    some = {k: v for k, (_, v) in columns.items() if not k.startswith((PREDICTOR, OUTCOME))}
    values: dict[str, Any] = some | {
        role: {n: v for k, (n, v) in columns.items() if k.startswith(mark)}
        for role, mark in (("predictors", PREDICTOR), ("outcomes", OUTCOME))
    }
    out = Columns(
        **values,
        coded=coded,
        table=table,
        row=keep,
        dropped=dropped,
        y_name=y_name,
        group_name=group_name,
        se_name=roles.noise or "",
        location_name=roles.location or "",
        size_name=str(roles.size or ""),
        censored_name=roles.censored or "",
    )
    return _checked(out, roles)


def _check_lengths(columns: dict[str, Any], coded: Coded | None, group_name: str) -> None:
    y_name, y = columns["y"]
    sizes = {name: len(values) for name, values in columns.values()}
    if coded is not None:
        sizes[group_name] = len(coded.codes)
    for name, size in sizes.items():
        if size != len(y):
            raise ValueError(
                f"columns differ in length: {name} has {size} rows, {y_name} has {len(y)}"
            )


def _complete(
    columns: dict[str, Any], coded: Coded | None, group_name: str
) -> tuple[IntArray | None, str]:
    """Rows in which nothing is missing (None: all), and what the others lack."""
    gone = {name: np.isnan(values) for name, values in columns.values()}
    if coded is not None and coded.missing is not None:
        gone[group_name] = coded.missing
    whole = ~np.logical_or.reduce(list(gone.values()))
    if whole.all():
        return None, ""
    kept = np.flatnonzero(whole)
    lacks = ", ".join(f"{name} {int(m.sum()):,}" for name, m in gone.items() if m.any())
    dropped = f"{len(whole) - len(kept):,} of {len(whole):,} rows with missing values ({lacks})"
    if not len(kept):
        raise ValueError(f"na='drop' leaves no rows: {dropped}")
    return kept, dropped


def _checked(columns: Columns, roles: Roles) -> Columns:
    """Check known scales and weights, and bring scales to standard deviations."""
    se, weight = columns.se, columns.weight
    if se is not None and roles.form != Form.AS_IS:
        wrong = np.flatnonzero(~((se > 0) & np.isfinite(se)))
        if len(wrong):
            raise_row(columns, se, columns.se_name, int(wrong[0]), "positive and finite")
        root = np.sqrt(se)
        se = root if roles.form == Form.SQRT else 1.0 / root
    if isinstance(roles.weights, float):
        weight = np.full(len(columns.y), roles.weights)
    if weight is not None:
        wrong = np.flatnonzero(~((weight >= 0) & (weight == np.rint(weight)) & np.isfinite(weight)))
        if len(wrong):
            wanted = "a whole number of identical rows, 0 or more (frequency weights)"
            raise_row(columns, weight, str(roles.weights), int(wrong[0]), wanted)
        total = float(weight.sum())
        if total >= MOST_ROWS:
            raise ValueError(
                f"{roles.weights}: the weights add up to {total:.6g} rows; at most "
                f"{MOST_ROWS - 1:,} can be counted"
            )
        if not total:
            raise ValueError(f"{roles.weights}: all weights are 0: there are no rows to learn from")
    if columns.location is not None:
        wrong = np.flatnonzero(~np.isfinite(columns.location))
        if len(wrong):
            raise_row(columns, columns.location, columns.location_name, int(wrong[0]), "finite")
    return Columns(
        **{f: getattr(columns, f) for f in Columns.__slots__} | {"se": se, "weight": weight}
    )


def raise_row(columns: Columns, values: FloatArray, name: str, row: int, wanted: str) -> None:
    """Raise the error for one wrong number.

    Parameters
    ----------
    columns : Columns
        Where it stands.
    values : numpy.ndarray
        The column.
    name : str
        Its name.
    row : int
        Which row is wrong, from 0.
    wanted : str
        What it must be.

    Raises
    ------
    ValueError
        Always.
    """
    value = values[row]
    if np.isnan(value):
        wanted += "; drop or impute missing rows, or pass na='drop'"
    raise ValueError(f"{name}: row {columns.place(row)} is {value}; it must be {wanted}")


def _read_groups(groups: Any, group_name: str, roles: Roles) -> GroupTable:
    table = Table(groups, "groups")
    _, raw = table.pick(group_name, "group")
    coded = code_labels(raw, f"groups' {group_name}")
    if coded.missing is not None:
        row = int(np.flatnonzero(coded.missing)[0])
        raise ValueError(f"groups: the label in row {row} of {group_name} is missing")
    present, first, count = np.unique(coded.codes, return_index=True, return_counts=True)
    labels, at = coded.sorted(present)
    if (count > 1).any():
        twice = present[count > 1][0]
        rows = np.flatnonzero(coded.codes == twice)[:2].tolist()
        label = labels[int(np.flatnonzero((present if at is None else present[at]) == twice)[0])]
        raise ValueError(
            f"groups: the group {plain(label)!r} stands in rows {rows[0]} and {rows[1]}; "
            "every group must have one row"
        )
    first = first if at is None else first[at]
    wanted = (*([roles.location] if roles.location is not None else []), *roles.predictors)
    found: dict[str, FloatArray] = {}
    for name in wanted:
        if name not in table.names:
            continue
        values = read_numbers(table[name], name)
        if len(values) != len(coded.codes):
            raise ValueError(
                f"columns of groups differ in length: {name} has {len(values)} rows, "
                f"{group_name} has {len(coded.codes)}"
            )
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            raise ValueError(
                f"groups: {name} in row {wrong[0]} is {values[wrong[0]]}; it must be finite"
            )
        found[name] = values[first]
    location = None if roles.location is None else found.pop(roles.location, None)
    return GroupTable(labels, location, found)


def match_groups(table: GroupTable, labels: NDArray[Any], columns: Columns) -> IntArray:
    """Find the groups of the rows in the table of groups.

    Parameters
    ----------
    table : GroupTable
        The table.
    labels : numpy.ndarray
        Sorted labels of the groups that have rows (J,).
    columns : Columns
        The rows.

    Returns
    -------
    numpy.ndarray
        Place of each in the table (J,).

    Raises
    ------
    ValueError
        If a group is not in the table.
    """
    at, there = match_labels(table.labels, labels, columns.group_name, "groups")
    if not there.all():
        missing = labels[int(np.flatnonzero(~there)[0])]
        raise ValueError(
            f"groups has no row for the group {plain(missing)!r} of {columns.group_name} "
            f"({int((~there).sum()):,} of {len(labels):,} groups are missing)"
        )
    return at


def match_labels(
    known: NDArray[Any], labels: NDArray[Any], name: str, where: str
) -> tuple[IntArray, NDArray[np.bool_]]:
    """Find labels among known ones.

    Parameters
    ----------
    known, labels : numpy.ndarray
        Sorted labels (K,), and those to find (J,).
    name, where : str
        How the group column is called, and where the known ones stand, for messages.

    Returns
    -------
    tuple of numpy.ndarray
        Place of each among the known ones, and whether it is one of them (J,).

    Raises
    ------
    TypeError
        If they are of different kinds.
    """
    kinds = {("text" if v.dtype.kind in "OUST" else v.dtype.kind) for v in (labels, known)}
    if len(kinds) > 1:
        raise TypeError(
            f"labels of {name} are of one kind in the data (such as {plain(labels[0])!r}) and of "
            f"another in {where} (such as {plain(known[0])!r})"
        )
    at = np.searchsorted(known, labels)
    there = at < len(known)
    there[there] = np.asarray(known[at[there]] == labels[there], dtype=bool)
    return at.astype(np.int64), there


def group_location(columns: Columns, codes: IntArray, label: NDArray[Any]) -> FloatArray:
    """Location of each group from a column of the rows, which must agree within a group.

    Parameters
    ----------
    columns : Columns
        The rows; `location` is there.
    codes : numpy.ndarray
        Codes of the groups in the order of their labels (J,).
    label : numpy.ndarray
        Their labels (J,).

    Returns
    -------
    numpy.ndarray
        Locations (J,).

    Raises
    ------
    ValueError
        Naming the group in which the column varies.
    """
    values = columns.location
    assert values is not None
    if columns.coded is None:
        return values
    low = int(codes.min())
    place = np.zeros(int(codes.max()) - low + 1, dtype=np.int64)
    place[codes - low] = np.arange(len(codes))
    kept = np.ones(len(values), dtype=bool) if columns.weight is None else columns.weight > 0
    rows, at = values[kept], place[columns.coded.codes[kept] - low]
    out = np.empty(len(codes))
    out[at[::-1]] = rows[::-1]
    wrong = np.flatnonzero(rows != out[at])
    if len(wrong):
        j = at[wrong[0]]
        raise ValueError(
            f"the population's mu, column {columns.location_name!r}, varies within the group "
            f"{plain(label[j])!r}: "
            f"it is {out[j]} in one row and {rows[wrong[0]]} in another; it must be constant within a group"
        )
    return out
