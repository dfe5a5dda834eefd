"""Rows to a fixed-size row per group, cells of groups with the same weight, merging with ``+``."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast import _core
from hierfast.data import Columns, group_location, match_groups, raise_row
from hierfast.labels import Coded, factorise, label_keys
from hierfast.merging import GroupStatistics, spread
from hierfast.threads import pieces, run_all

FloatArray = NDArray[np.float64]

LARGEST_TABLE = 65536  # distinct counts that are looked up in a table
HARD = 1e3  # squares between groups over squares within, beyond which rows are read again
PIECE, MOST = 100_000, 16


@dataclass(frozen=True, slots=True, eq=False)
class Statistics(GroupStatistics):
    """What the rows tell about each group's mean; groups in the order of their sorted labels.

    Equations (1) to (4) of ``csrc/statistics.h``: weight p (the number of rows, or the sum of
    1 / se^2), mean, and squares m2 about the mean, weighted alike. Statistics of other rows are added
    with ``+``; `Model.fit` takes them in place of rows.

    Attributes
    ----------
    labels : numpy.ndarray
        Labels (J,).
    weight, mean, m2 : numpy.ndarray
        Statistics (J,).
    rows : numpy.ndarray or None
        Rows per group where the weight is not their number.
    centre : float
        A value in the middle of the data, about which sums are taken.
    integer : bool
        Whether y was integer-valued, so that every order of the rows gives the same bits.
    ends : tuple of float
        Least and greatest weight, least and greatest mean, of groups that have rows.
    name : str
        What the groups are called; it begins the names of the population's unknowns.

    Examples
    --------
    >>> import hierfast as hf
    >>> stats = hf.Statistics.from_summary(
    ...     n=[3, 5, 2], mean=[1.0, 2.5, 4.0], sd=[0.5, 0.7, 0.6], labels=["a", "b", "c"], name="shop"
    ... )
    >>> model = hf.Model(hf.Normal(sigma=hf.HalfNormal(1)), hf.Normal(hf.Flat(), hf.HalfNormal(2)))
    >>> model.fit(stats, random_seed=1).groups["b"].n
    5
    """

    labels: NDArray[Any]
    weight: FloatArray
    mean: FloatArray
    m2: FloatArray
    rows: FloatArray | None
    centre: float
    integer: bool
    ends: tuple[float, float, float, float]
    name: str = "group"

    @classmethod
    def from_summary(
        cls,
        *,
        n: ArrayLike,
        mean: ArrayLike,
        sd: ArrayLike,
        labels: Any = None,
        name: str = "group",
    ) -> Statistics:
        """Make statistics of what a table of summaries tells.

        Parameters
        ----------
        n : array_like
            Rows per group (J,), whole numbers; groups with 0 are known by name alone.
        mean : array_like
            Means of the groups' rows (J,), in the unit of y.
        sd : array_like
            Their sample standard deviations (J,), with n - 1 in the denominator; not looked at where
            n is 1 or 0. They inform one standard deviation of rows, common to all groups; means with
            standard errors of their own are rows with a column of these.
        labels : array_like, optional
            Labels (J,), each once; 0, 1, ... by default.
        name : str
            What the groups are called.

        Returns
        -------
        Statistics
            As if the rows had been read.

        Raises
        ------
        TypeError, ValueError
            Naming the argument and row that are wrong.
        """
        from hierfast.summaries import statistics_of_summary

        return statistics_of_summary(n, mean, sd, labels, name)

    @property
    def n(self) -> NDArray[np.int64]:
        """Rows per group (J,)."""
        return (self.weight if self.rows is None else self.rows).astype(np.int64)

    @property
    def known(self) -> bool:
        """Whether every row came with its standard error."""
        return self.rows is not None

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.weight)

    def __repr__(self) -> str:
        """Print the size only."""
        return f"Statistics({len(self):,} groups, {int(self.n.sum()):,} rows)"

    def check_alike(self, other: GroupStatistics) -> None:
        """Refuse rows of other kinds, and rows with and without standard errors."""
        GroupStatistics.check_alike(self, other)
        if isinstance(other, Statistics) and self.known != other.known:
            raise ValueError("statistics with and without known standard errors cannot be added")

    def merged(
        self, other: Statistics, labels: NDArray[Any], at: NDArray[np.intp], to: NDArray[np.intp]
    ) -> Statistics:
        """Add the sums of groups."""
        out = [_spread(column, at, len(labels)) for column in self._columns()]
        others = [_spread(column, to, len(labels)) for column in other._columns()]
        integer = self.integer and other.integer
        _core.merge_groups(integer, *out, *others)
        rows, weight, mean, m2 = out
        assert weight is not None and mean is not None and m2 is not None
        some = weight > 0.0
        centre = _middle(mean[some])
        mean[~some] = centre
        low, high, first, last = (
            weight[some].min(),
            weight.max(),
            mean[some].min(),
            mean[some].max(),
        )
        return replace(
            self,
            labels=labels,
            weight=weight,
            mean=mean,
            m2=m2,
            rows=rows,
            centre=centre,
            integer=integer,
            ends=(float(low), float(high), float(first), float(last)),
        )

    def informed(self) -> Statistics:
        """Statistics of the groups that have rows."""
        if self.ends[0] > 0.0 and not (self.weight == 0.0).any():
            return self
        return self.take(np.flatnonzero(self.weight > 0.0))

    def take(self, at: NDArray[np.intp], labels: NDArray[Any] | None = None) -> Statistics:
        """Statistics of the groups at places `at`, all that have rows among them."""
        rows, weight, mean, m2 = (None if c is None else c[at] for c in self._columns())
        assert weight is not None and mean is not None and m2 is not None
        labels = self.labels[at] if labels is None else labels
        return replace(
            self,
            labels=labels,
            weight=weight,
            mean=mean,
            m2=m2,
            rows=rows,
            columns=self._columns_of(at),
            terms=None,
        )

    def about(self, location: FloatArray) -> Statistics:
        """Statistics of y less a known location of each group (J,)."""
        mean = self.mean - location
        some = mean[self.weight > 0.0]
        centre = _middle(some)
        mean[self.weight == 0.0] = centre
        ends = (*self.ends[:2], float(some.min()), float(some.max()))
        return replace(self, mean=mean, centre=centre, integer=False, ends=ends)

    def among(self, labels: NDArray[Any], at: NDArray[np.int64]) -> Statistics:
        """Statistics of the groups `labels`, those of this one at places `at`, the others without rows."""
        rows, weight, mean, m2 = (_spread(c, at, len(labels)) for c in self._columns())
        assert weight is not None and mean is not None and m2 is not None
        mean[weight == 0.0] = self.centre
        return replace(self, labels=labels, weight=weight, mean=mean, m2=m2, rows=rows)

    def _columns(self) -> tuple[FloatArray | None, FloatArray, FloatArray, FloatArray]:
        return self.rows, self.weight, self.mean, self.m2

    def keys(self) -> tuple[int, NDArray[np.uint64] | None]:
        """Keys of the groups' noise: a first key where they count up by one, else all."""
        labels = self.labels
        if labels.dtype.kind in "iu" and int(labels[-1]) - int(labels[0]) == len(labels) - 1:
            return int(labels[0]) % 2**64, None
        return 0, label_keys(labels)


def _spread(column: FloatArray | None, at: NDArray[np.intp], n: int) -> FloatArray | None:
    return None if column is None else spread(column, at, n)


def compute_statistics(columns: Columns, cores: int) -> Statistics:
    """Read the rows once.

    Parameters
    ----------
    columns : Columns
        Checked columns.
    cores : int
        Threads; the result does not depend on it.

    Returns
    -------
    Statistics
        Per group.

    Raises
    ------
    ValueError
        Naming the first row whose y is not finite or whose standard error is not positive.
    """
    return read_statistics(columns, cores)[0]


def read_statistics(columns: Columns, cores: int) -> tuple[Statistics, FloatArray | None]:
    """Read the rows once, and what is known of the groups' locations.

    Parameters
    ----------
    columns, cores
        As in `compute_statistics`.

    Returns
    -------
    tuple
        Statistics of all groups, those without rows included, and locations (J,) or None.
    """
    n = len(columns.y)
    coded, base, size = columns.coded, 0, n
    if coded is not None:
        low, high = range_of_codes(coded.codes, cores)
        if high - low >= 4 * n + 1024:
            coded = compact_codes(coded)
            low, high = 0, n - 1 if coded.labels is None else len(coded.labels) - 1
            columns = replace(columns, coded=coded)
        base, size = low, high - low + 1
    reader = _Reader(columns, base, size, cores)
    stats, hard = reader.read()
    if hard and not stats.integer:
        stats, _ = reader.read(near=stats)
    codes = stats.labels
    stats = replace(stats, name=columns.group_name)
    if coded is not None and (coded.labels is not None or coded.dtype.kind != "i"):
        labels, at = coded.sorted(codes)
        stats = replace(stats, labels=labels) if at is None else stats.take(at, labels)
        codes = codes if at is None else codes[at]
    # Of the groups, not the rows as they came: their order must not move the last bit of a sum.
    stats = replace(stats, centre=_middle(stats.mean))
    location = None if columns.location is None else group_location(columns, codes, stats.labels)
    if columns.table is None:
        return stats, location
    at = match_groups(columns.table, stats.labels, columns)
    whole = stats.among(columns.table.labels, at)
    if location is not None and len(whole) > len(stats):
        raise ValueError(
            f"groups names groups without rows, for which the population's mu, column "
            f"{columns.location_name!r}, is not known: give the column in groups"
        )
    return whole, columns.table.location if location is None else location


def range_of_codes(codes: Any, cores: int) -> tuple[int, int]:
    """Find the least and the largest code.

    Parameters
    ----------
    codes : numpy.ndarray
        Codes (N,).
    cores : int
        Threads.

    Returns
    -------
    tuple of int
        Both.
    """
    scan = partial(_core.scan_codes, codes)
    ends = run_all([partial(scan, *p) for p in pieces(len(codes), PIECE, MOST)], cores)
    return min(e[0] for e in ends), max(e[1] for e in ends)


def compact_codes(coded: Coded) -> Coded:
    """Give integers that are too far apart for a table numbers from 0.

    Parameters
    ----------
    coded : Coded
        Labels that are their codes.

    Returns
    -------
    Coded
        The same labels.
    """
    codes, first = factorise(coded.codes.view(np.uint8), None, len(coded.codes))
    whole = coded.codes[first]
    order = np.argsort(whole)
    labels, _ = coded.sorted(whole)
    return Coded(codes, labels, order, labels.dtype)


def _middle(y: FloatArray) -> float:
    """Find a value among the data to sum about; an integer for integers."""
    some = y[:: len(y) // 1024 + 1].tolist()
    mean = math.fsum(some) / len(some) if all(map(math.isfinite, some)) else 0.0
    return float(round(mean)) if all(v.is_integer() for v in some) else mean


def _refuse(columns: Columns) -> None:
    """Raise for the first row that is not usable."""
    y, se = columns.y, columns.se
    wrong = np.flatnonzero(~(np.abs(y) <= _core.LARGEST))
    if len(wrong):
        row = int(wrong[0])
        wanted = "finite"
        if np.isfinite(y[row]):
            wanted = (
                f"at most {_core.LARGEST:g} in size, so that squares do not overflow: rescale it"
            )
        raise_row(columns, y, columns.y_name, row, wanted)
    assert se is not None
    row = int(np.flatnonzero(~((se >= 1 / _core.LARGEST) & (se <= _core.LARGEST)))[0])
    raise_row(columns, se, columns.se_name, row, "a positive, finite standard deviation")


class _Reader:
    """Slabs of rows, each summed by itself; how many is a function of the data's size alone."""

    def __init__(self, columns: Columns, base: int, size: int, cores: int) -> None:
        self.columns, self.base, self.size, self.cores = columns, base, size, cores
        self.codes = codes = None if columns.coded is None else columns.coded.codes
        self.width = 2 if columns.se is None else 3
        most = max(1, 1_500_000 // size) if codes is not None else 1
        self.slabs = pieces(len(columns.y), PIECE, min(MOST, most))

    def read(self, near: Statistics | None = None) -> tuple[Statistics, bool]:
        """Sum the slabs; tell as well whether squares between drown those within."""
        y, se = self.columns.y, self.columns.se
        around = None
        centre = _middle(y) if near is None else near.centre
        if near is not None:
            around = np.full(self.size, centre)
            around[near.labels - self.base] = near.mean
        # Not np.zeros: large empty arrays are backed by huge pages, which random access needs.
        count = np.empty((len(self.slabs), self.size), dtype=np.uint32)
        sums = np.empty((len(self.slabs), self.size * self.width))
        count.fill(0)
        sums.fill(0)
        weight = self.columns.weight
        rows = partial(_core.add_rows, self.codes, y, se, weight, self.base, centre, around)
        adds = [partial(rows, *p, count[i], sums[i]) for i, p in enumerate(self.slabs)]
        scans = [partial(_core.scan_rows, y, se, *p) for p in pieces(len(y), PIECE, MOST)]
        flags = run_all([*adds, *scans], self.cores)[len(adds) :]
        if any(bad for bad, _ in flags):
            _refuse(self.columns)
        integer = se is None and all(whole for _, whole in flags)
        finish = partial(
            _core.finish_groups, self.width, count, sums.ravel(), centre, around, integer, self.base
        )
        blocks = pieces(self.size, PIECE, MOST)
        found = run_all([partial(finish, *p) for p in blocks], self.cores)
        total = sum(found)
        # One block: an array of its own would end in a part of a huge page each.
        block = np.empty((5 if se is not None else 4, total))
        out: tuple[Any, ...] = (
            block[0].view(np.int64),
            block[4] if se is not None else None,
            *block[1:4],
        )
        at = [sum(found[:i]) for i in range(len(found))]
        write = [partial(finish, *p, a, out) for p, a in zip(blocks, at, strict=True)]
        squares = run_all(write, self.cores)
        within, between = sum(q[0] for q in squares), sum(q[1] for q in squares)
        if not math.isfinite(within + between):
            raise ValueError(
                f"{self.columns.y_name}: squares of its values, weighted by {self.columns.se_name}, "
                "overflow; rescale them"
            )
        hard = total < len(y) and between > HARD * within
        labels, n, weight, mean, m2 = out
        least = [min(q[k] for q in squares) for k in (2, 4)]
        most = [max(q[k] for q in squares) for k in (3, 5)]
        ends = (least[0], most[0], least[1], most[1])
        return Statistics(labels, weight, mean, m2, n, centre, integer, ends), hard


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Groups of one weight as one cell; what the posterior of the hyperparameters reads.

    Attributes
    ----------
    p, mean : numpy.ndarray
        Weight and mean of the groups' means (C,).
    mult, squares : numpy.ndarray
        Groups per cell and squares of their means about the cell's (C,), or (1,) for all alike.
    centre, n_group, n_row, ssw, p_min, p_max, p_bar : float
        Totals; ssw the squares within groups, p_bar the geometric mean of the extreme weights.
    """

    p: FloatArray
    mean: FloatArray
    mult: FloatArray
    squares: FloatArray
    centre: float
    n_group: float
    n_row: float
    ssw: float
    p_min: float
    p_max: float

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.p)

    @property
    def p_bar(self) -> float:
        """Geometric mean of the extreme weights."""
        return math.sqrt(self.p_min) * math.sqrt(self.p_max)


def compute_cells(stats: Statistics, cores: int) -> Cells:
    """Compress groups to cells.

    Parameters
    ----------
    stats : Statistics
        Per group.
    cores : int
        Threads; the result does not depend on it.

    Returns
    -------
    Cells
        One cell per distinct count where the weight is one, else one per group.
    """
    p, n = stats.weight, len(stats)
    low, high = stats.ends[:2]
    table = not stats.known and high <= LARGEST_TABLE
    parts = pieces(n, PIECE, 8)
    cells = np.zeros((len(parts), int(high) + 1, 3)) if table else None

    def add(i: int, lo: int, hi: int) -> float:
        cell = None if cells is None else cells[i]
        return float(_core.add_cells(p, stats.mean, stats.m2, stats.centre, lo, hi, cell))

    ssw = sum(run_all([partial(add, i, *b) for i, b in enumerate(parts)], cores))
    n_row = float(stats.n.sum()) if stats.known else _count_rows(cells, p)
    one, zero = np.ones(1), np.zeros(1)
    total = (stats.centre, float(n), n_row, ssw, low, high)
    if cells is None:
        return Cells(p, stats.mean, one, zero, *total)
    # Element by element, + - * / of arrays round as IEEE 754 says on every machine.
    merged = cells[0]
    for part in cells[1:]:
        merged = merged + part
    at = np.flatnonzero(merged[:, 0])
    mult, first, second = (np.ascontiguousarray(merged[at, k]) for k in range(3))
    shift = first / mult
    squares = np.maximum(second - first * shift, 0.0)
    return Cells(at.astype(np.float64), stats.centre + shift, mult, squares, *total)


def _count_rows(cells: NDArray[np.float64] | None, p: FloatArray) -> float:
    if cells is None:
        return float(p.astype(np.int64).sum())
    counts = cells[:, :, 0].sum(axis=0).astype(np.int64)
    return float((counts * np.arange(len(counts))).sum())
