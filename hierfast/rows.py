r"""Rows of a fit read again: what each says of its group, and what the others say without it.

A fit holds statistics, no rows. With `S` those of a group's rows, and `s` those of row `i`, sums lose it by
subtraction, Normal ones (weight p, mean m, squares q) by

.. math::

    p' = p - p_i, \qquad m' = m - \frac{p_i}{p'} (y_i - m), \qquad
    q' = q - \frac{p\, p_i}{p'} (y_i - m)^2                                                  \tag{1}

Where a group is made of terms, each row is one, and the others of a group stand in a line: rows are written
twice, so that those without the i-th are the ones after it, up to and without itself once more.

Source: Chan, Golub and LeVeque (1983), *The American Statistician* 37(3), for (1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.constants import row_constants
from hierfast.data import Roles, read_columns
from hierfast.design import make_design
from hierfast.grammar import build_graph
from hierfast.labels import plain
from hierfast.links import LOG, apply_core
from hierfast.marginal import ALONE, Marginal, Own, build_target, count_kinds, normal_columns
from hierfast.statistics import Statistics
from hierfast.terms import find_groups
from hierfast.times import read_events

if TYPE_CHECKING:
    from hierfast.fitted import Draws, Fitted
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST = 50_000_000  # terms of Student-t rows that are written again
APART = 1e-6  # relative differences that two readings of the same rows may show


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of a fit.

    Attributes
    ----------
    group : numpy.ndarray
        Place of each row's group in the fit (R,).
    row : numpy.ndarray
        Place of each row in the data (R,).
    y : numpy.ndarray
        Outcomes (R,), of times whether the event was seen, of categories counts (R, H).
    size, se : numpy.ndarray or None
        Trials, exposures or times, and known scales (R,).
    mult : numpy.ndarray
        How many rows each one stands for (R,).
    constant : numpy.ndarray
        What data alone say of each (R,): ``hierfast/constants.py``.
    design : numpy.ndarray or None
        Predictors of each row's group (R, K) where the population's location is linear.
    """

    group: IntArray
    row: IntArray
    y: FloatArray
    size: FloatArray | None
    se: FloatArray | None
    mult: FloatArray
    constant: FloatArray
    design: FloatArray | None


def read_rows(fit: Fitted, data: Any, design: bool = False) -> Rows:
    """Read the rows of a fit again, and check that they are its rows.

    Parameters
    ----------
    fit : Fit
        Made with columns given by name.
    data : mapping or frame
        The table that was fitted.
    design : bool
        Whether the predictors of the population's location are wanted as well.

    Returns
    -------
    Rows
        Those of positive weight.

    Raises
    ------
    ValueError
        If outcome or group were given as arrays, or if these are other rows: naming the group.
    """
    settings, plan = fit.settings, fit.plan
    if settings.y is None:
        raise ValueError(
            "the fit was made of arrays or statistics, so that the rows of data cannot be told; "
            "fit with the names of columns: y='...', group='...'"
        )
    model: Any = settings.model
    graph = build_graph(model.likelihood, model.population, plan.group_name)
    likelihood, names = model.likelihood, settings.y
    several = isinstance(names, tuple)
    size = getattr(likelihood, "size_argument", "")
    given = getattr(likelihood, size) if size else None
    roles = Roles(
        graph.noise_column,
        graph.noise.form,
        likelihood.weights,
        size=given,
        censored=getattr(likelihood, "censored", None),
        outcomes=tuple((name, name) for name in names[1:]) if several else (),
    )
    columns = read_columns(
        data, names[0] if several else names, settings.group, roles, None, settings.na
    )
    timed = hasattr(likelihood, "censored")
    columns = read_events(columns) if timed else columns
    weight = np.ones(len(columns.y)) if columns.weight is None else columns.weight
    used = np.flatnonzero(weight > 0)
    place, labels = find_groups(columns, used)
    group = _match(plan, labels)[place]
    y = np.column_stack([columns.y, *columns.outcomes.values()]) if several else columns.y
    trials = columns.size
    if trials is None and given is not None:
        trials = np.full(len(columns.y), float(given))
    table = make_design(plan.statistics, plan.graph) if design else None
    rows = Rows(
        group,
        used if columns.row is None else columns.row[used],
        np.ascontiguousarray(y[used]),
        None if trials is None else trials[used],
        None if columns.se is None else columns.se[used],
        weight[used],
        row_constants(
            graph,
            y[used],
            None if trials is None else trials[used],
            None if columns.se is None else columns.se[used],
        ),
        None if table is None else table[group],
    )
    _check_same(plan, rows)
    return rows


def _match(plan: Plan, labels: NDArray[Any]) -> IntArray:
    known = plan.statistics.labels
    at = np.searchsorted(known, labels)
    there = at < len(known)
    there[there] = np.asarray(known[at[there]] == labels[there], dtype=bool)
    if not there.all():
        label = labels[int(np.argmin(there))]
        raise ValueError(f"data are not those of the fit, which has no group {plain(label)!r}")
    return at.astype(np.int64)


def _check_same(plan: Plan, rows: Rows) -> None:
    """Refuse other rows than those of the fit."""
    stats, count = plan.statistics, len(plan.statistics)
    n = np.bincount(rows.group, rows.mult, count)
    wrong = n != stats.n
    if not wrong.any():
        if isinstance(stats, Statistics):
            p = rows.mult if rows.se is None else rows.mult / np.square(rows.se)
            here = np.bincount(rows.group, p * rows.y, count) / np.where(n > 0, stats.weight, 1.0)
            there = np.where(n > 0, stats.mean, 0.0)
            if plan.location is not None:
                there = there + np.where(n > 0, plan.location, 0.0)
            wrong = np.abs(here - there) > APART * (1.0 + np.abs(there))
        else:
            columns = rows.y.reshape(len(rows.y), -1).T
            sums = [np.bincount(rows.group, rows.mult * y, count) for y in columns]
            wrong = (stats.y.reshape(count, -1) != np.array(sums).T).any(axis=1)
    if wrong.any():
        j = int(np.argmax(wrong))
        told = f"{int(n[j]):,} rows" if n[j] != stats.n[j] else "other outcomes"
        raise ValueError(
            f"data are not those of the fit: the group {plain(stats.labels[j])!r} has {told} here and "
            f"{int(stats.n[j]):,} rows there"
        )


def groups_of_rows(fit: Fitted, rows: Rows, draws: Draws) -> Marginal:
    """Give densities of groups whose statistics do not tell all that the rows say.

    Parameters
    ----------
    fit : Fit
        Of a likelihood in `hierfast.marginal.ALONE`.
    rows : Rows
        Its rows.
    draws : Draws
        Of the fit.

    Returns
    -------
    Marginal
        Of every group as a cell of its own.
    """
    plan, count = fit.plan, len(fit.plan.statistics)
    cells, at = plan.cells, _repeated(rows)
    columns, _ = _terms_of(rows, plan, at)
    many = np.bincount(rows.group[at], minlength=count)
    placed = _placed(np.cumsum(many) - many, many, len(at))
    terms = tuple(np.append(c, 0.0) for c in columns)
    design = None if cells.design is None else cells.design[plan.cell]
    target = build_target(plan, placed, (terms, cells.table), design)
    own = count_kinds(plan.graph, count, rows.group, rows.y, rows.mult)
    cell = np.where(plan.statistics.n > 0, np.arange(count), -1)
    return Marginal(plan, draws, target, count, cell, own)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Rows held out one at a time, those alike once.

    Attributes
    ----------
    marginal : Marginal
        Of groups as they are, U of them, and then of the same without the row.
    alone : numpy.ndarray
        Whether the row is the only one of its group (U,).
    own : Own or None
        What each row says of the likelihood's parameters alone.
    which : numpy.ndarray
        Which of the U each row is (R,).
    """

    marginal: Marginal
    alone: NDArray[np.bool_]
    own: Own | None
    which: IntArray

    def log(self, lo: int, hi: int) -> FloatArray:
        """Log densities (n, hi - lo) of rows lo .. hi given the other rows of their groups, and phi."""
        m, many = self.marginal, len(self.alone)
        rest = np.where(self.alone[lo:hi], 0.0, m.log(many + lo, many + hi))
        found = m.log(lo, hi) - rest
        if self.own is None:
            return found
        return found + self.own.log(m.values[:, m.used], lo, hi)


def hold_out(fit: Fitted, rows: Rows, draws: Draws) -> Held:
    """Lay out each row's group with and without it.

    Parameters
    ----------
    fit : Fit
        Any.
    rows : Rows
        Its rows.
    draws : Draws
        Of the fit.

    Returns
    -------
    Held
        What leave-one-out reads.
    """
    plan = fit.plan
    name, own, terms = plan.graph.likelihood, None, None
    if name == "Multinomial":
        both, which = _without_shares(rows, plan)
    elif isinstance(plan.statistics, Statistics) and name != "StudentT":
        both, which = _without_normal(rows, plan)
    elif getattr(plan.cells, "terms", None) is None:
        both, which = _without_counts(rows, plan)
    else:
        both, terms, which = (_without_student if name == "StudentT" else _without_term)(rows, plan)
    first = np.unique(which, return_index=True)[1]
    design = None if rows.design is None else np.tile(rows.design[first], (2, 1))
    target = build_target(plan, both, terms, design)
    if name in ALONE:
        value, one = rows.y[first], np.arange(len(first))
        own = count_kinds(plan.graph, len(first), one, value, np.ones(len(first)))
    marginal = Marginal(plan, draws, target, 2 * len(first), np.empty(0, dtype=np.int64))
    alone = plan.statistics.n[rows.group[first]] == 1
    return Held(marginal, alone, own, which)


def _without_normal(rows: Rows, plan: Plan) -> tuple[list[FloatArray], IntArray]:
    stats = plan.statistics
    p, mean, n, m2 = (c[rows.group] for c in normal_columns(stats))
    y = rows.y if plan.location is None else rows.y - plan.location[rows.group]
    one = np.ones(len(y)) if rows.se is None else 1.0 / np.square(rows.se)
    less = np.where(n > 1, p - one, 1.0)
    off = y - mean
    without = (
        np.where(n > 1, less, 0.0),
        mean - one / less * off,
        n - 1.0,
        np.maximum(m2 - p * one / less * off * off, 0.0),
    )
    both = [np.concatenate(pair) for pair in zip((p, mean, n, m2), without, strict=True)]
    if plan.graph.scales is not None:
        both = [both[0], both[1], both[3]]
    return both, np.arange(len(y))


def _without_shares(rows: Rows, plan: Plan) -> tuple[list[FloatArray], IntArray]:
    whole = plan.statistics.y[rows.group]
    return [np.concatenate([whole, whole - rows.y])], np.arange(len(rows.y))


def _without_counts(rows: Rows, plan: Plan) -> tuple[list[FloatArray], IntArray]:
    stats = plan.statistics
    assert rows.size is not None
    cell = rows.group if rows.design is not None else plan.cells.cell[rows.group]
    key = np.column_stack([cell.astype(np.float64), rows.y, rows.size])
    _, first, which = np.unique(key, axis=0, return_index=True, return_inverse=True)
    group = rows.group[first]
    y, size = stats.y[group], stats.size[group]
    both = [
        np.concatenate([y, y - rows.y[first]]),
        np.concatenate([size, np.maximum(size - rows.size[first], 0.0)]),
    ]
    return both, which.ravel()


def _repeated(rows: Rows) -> IntArray:
    """Rows in the order of groups, each as often as it stands for."""
    order = np.argsort(rows.group, kind="stable")
    return np.repeat(order, rows.mult[order].astype(np.int64))


def _without_term(rows: Rows, plan: Plan) -> tuple[list[FloatArray], Any, IntArray]:
    at = _repeated(rows)
    group = rows.group[at]
    many = np.bincount(group, minlength=len(plan.statistics))
    start = np.cumsum(many) - many
    place = np.arange(len(at)) - start[group]
    base = 2 * start[group]
    line = np.empty(2 * len(at), dtype=np.int64)
    line[base + place] = line[base + many[group] + place] = at
    columns, width = _terms_of(rows, plan, line)
    ends = np.concatenate([[0], np.cumsum(width)])
    chosen = np.full(len(rows.y), -1)
    chosen[at] = np.arange(len(at))
    p, n = (base + place)[chosen], many[rows.group]
    first = np.concatenate([ends[base[chosen]], ends[p + 1]])
    last = np.concatenate([ends[base[chosen] + n], ends[p + n]])
    terms = tuple(np.append(c, 0.0) for c in columns)
    both = _placed(first, last - first, len(terms[0]) - 1)
    return both, (terms, plan.cells.table), np.arange(len(rows.y))


def _placed(first: IntArray, many: IntArray, empty: int) -> list[FloatArray]:
    """Where terms begin, and how many they are; the empty one of a group that has none."""
    none = many <= 0
    return [np.where(none, empty, first).astype(np.float64), np.where(none, 1.0, many)]


def _terms_of(rows: Rows, plan: Plan, at: IntArray) -> tuple[list[FloatArray], IntArray]:
    """Columns of the terms of rows `at`, and how many terms each has."""
    name, y, one = plan.graph.likelihood, rows.y[at], np.ones(len(at))
    assert rows.size is not None
    size = rows.size[at]
    if name == "OrderedLogistic":
        top = int(size[0])
        pair = np.column_stack([y - 1.0, y])
        real = (pair >= 0) & (pair < top)
        above = np.column_stack([one, 0.0 * one])
        return [above[real], np.ones(int(real.sum())), pair[real]], real.sum(axis=1)
    some, width = (y > 0).astype(np.float64), np.ones(len(at), dtype=np.int64)
    if name.startswith("ZeroInflated"):
        return [y, some, 1.0 - some, size], width
    if name == "Gamma":
        return [one, apply_core(LOG, size), 1.0 - y], width
    return [y, one, size], width


def _without_student(rows: Rows, plan: Plan) -> tuple[list[FloatArray], Any, IntArray]:
    y = rows.y if plan.location is None else rows.y - plan.location[rows.group]
    own = np.ones(len(y)) if rows.se is None else rows.se
    order = np.lexsort((own, y, rows.group))
    many = np.bincount(rows.group, minlength=len(plan.statistics))
    start, n = (np.cumsum(many) - many)[rows.group], many[rows.group]
    if int(n.sum()) > MOST:
        raise ValueError(
            "rows of StudentT groups are left out by writing the others again, "
            f"{int(n.sum()):,} terms here; at most {MOST:,} are possible in this version"
        )
    line = np.arange(int(n.sum())) + np.repeat(start - (np.cumsum(n) - n), n)
    of = np.repeat(np.arange(len(y)), n)
    mult = rows.mult[order[line]] - (order[line] == of)
    keep = mult > 0
    left = np.bincount(of[keep], minlength=len(y))
    terms = tuple(
        np.concatenate([v[order], w, [v[order[0]]]])
        for v, w in (
            (y, y[order[line[keep]]]),
            (rows.mult, mult[keep]),
            (own, own[order[line[keep]]]),
        )
    )
    terms[1][-1] = 0.0
    first = np.concatenate([start, len(y) + np.cumsum(left) - left])
    both = _placed(first, np.concatenate([n, left]), len(terms[0]) - 1)
    return both, (terms, plan.cells.table), np.arange(len(y))


def regroup(rows: Rows, values: FloatArray, count: int) -> FloatArray:
    """Add figures of rows up over groups.

    Parameters
    ----------
    rows : Rows
        The rows.
    values : numpy.ndarray
        Figures (R,).
    count : int
        Groups.

    Returns
    -------
    numpy.ndarray
        Sums (J,).
    """
    return np.asarray(np.bincount(rows.group, rows.mult * values, count), dtype=np.float64)
