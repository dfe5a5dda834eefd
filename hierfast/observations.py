"""Rows one by one: what simulation, prediction and densities read, where a fit reads sums."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hierfast.categories import name_categories
from hierfast.counts import check_counts
from hierfast.data import Columns, Roles, raise_row, read_columns
from hierfast.design import read_design, roles_of, values_of_groups
from hierfast.distributions.base import Distribution
from hierfast.distributions.multinomial import Multinomial
from hierfast.frames import Table
from hierfast.graph import Graph
from hierfast.links import LINKS
from hierfast.ordered import check_categories
from hierfast.statistics import Statistics
from hierfast.terms import locate_rows
from hierfast.times import read_events

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Rows of data, their groups, and what the model reads of both.

    Attributes
    ----------
    labels : numpy.ndarray
        Sorted labels of the groups (J,), those of a table of groups included.
    code : numpy.ndarray
        Place of each row's group among them (N,).
    row : numpy.ndarray
        Place of each row in the data (N,); rows of weight 0 are left out.
    y : numpy.ndarray or None
        Outcomes (N,), of Multinomial rows counts (N, H); None where they were not read.
    size : numpy.ndarray
        Trials or exposures (N,); (1,) for one for all rows.
    noise : numpy.ndarray or None
        Known standard deviations (N,).
    censored : numpy.ndarray or None
        Which rows were censored at y (N,).
    weight : numpy.ndarray or None
        Frequency weights (N,).
    location : numpy.ndarray or None
        Known locations of the groups (J,).
    design : numpy.ndarray or None
        Predictors of the groups (J, K).
    categories : tuple of str
        Of Multinomial rows (H,).
    y_name, group_name : str
        How the columns are called.
    """

    labels: NDArray[Any]
    code: IntArray
    row: IntArray
    y: FloatArray | None
    size: FloatArray
    noise: FloatArray | None = None
    censored: NDArray[np.bool_] | None = None
    weight: FloatArray | None = None
    location: FloatArray | None = None
    design: FloatArray | None = None
    categories: tuple[str, ...] = ()
    y_name: str = "y"
    group_name: str = "group"

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.code)

    def take(self, at: NDArray[np.intp]) -> Observations:
        """Keep the rows at places `at`; the groups stay."""
        parts: dict[str, Any] = {
            name: None if value is None else value[at]
            for name in ("code", "row", "y", "noise", "censored", "weight")
            for value in (getattr(self, name),)
        }
        size = self.size if len(self.size) == 1 else self.size[at]
        return replace(self, **parts, size=size)

    def repeated(self) -> Observations:
        """Write a row of weight w as w rows."""
        if self.weight is None:
            return self
        at = np.repeat(np.arange(len(self)), self.weight.astype(np.int64))
        return replace(self.take(at), weight=None)


def read_observations(
    likelihood: Any,
    graph: Graph,
    data: Any,
    y: Any,
    group: str | ArrayLike | None,
    groups: Any = None,
    *,
    weigh: bool = True,
    located: bool = True,
) -> Observations:
    """Read rows one by one.

    Parameters
    ----------
    likelihood : Distribution
        Of the rows.
    graph : Graph
        Of the model; it says which columns are read.
    data : mapping or frame
        The table.
    y : str or array_like or sequence of str or None
        The outcome, as in `Model.fit`; None: it is not read.
    group, groups
        As in `Model.fit`.
    weigh : bool
        Whether frequency weights are read.
    located : bool
        Whether what the population's location reads is.

    Returns
    -------
    Observations
        The rows.

    Raises
    ------
    KeyError, TypeError, ValueError
        Naming the column and row that are wrong.

    Examples
    --------
    >>> import hierfast as hf
    >>> from hierfast.grammar import build_graph
    >>> from hierfast.observations import read_observations
    >>> rows, groups = hf.Binomial(n="n"), hf.Normal(0, 1)
    >>> table = {"g": ["b", "a", "b"], "n": [4, 2, 3]}
    >>> found = read_observations(rows, build_graph(rows, groups), table, None, "g")
    >>> found.labels.tolist(), found.code.tolist(), found.size.tolist()
    (['a', 'b'], [1, 0, 1], [4.0, 2.0, 3.0])
    """
    if isinstance(data, Statistics):
        raise TypeError("data must be a table of rows; Statistics have added them up")
    names: tuple[str, ...] = ()
    given: list[Any] = [y]
    if y is not None and isinstance(likelihood, Multinomial):
        names, given = name_categories(y)
    first = given[0] if y is not None else stand_in(data, group)
    roles = _roles(likelihood, graph, weigh, located, y is not None, names, given)
    columns = read_columns(data, first, group, roles, groups)
    columns = _checked(columns, likelihood, roles, y is not None, names)
    weight = columns.weight
    n = len(columns.y)
    used = np.arange(n) if weight is None else np.flatnonzero(weight > 0)
    code, labels = locate_rows(columns, used)
    outcome = None
    if y is not None:
        outcome = columns.y
        if names:
            outcome = np.stack([outcome, *columns.outcomes.values()], axis=1)
        outcome = outcome[used]
    censored = None if columns.censored is None else columns.censored[used] != 0
    size = np.full(1, roles.size) if isinstance(roles.size, float) else np.ones(1)
    size = size if columns.size is None else columns.size[used]
    if names and outcome is not None:
        size = outcome.sum(axis=1)
    return Observations(
        labels=labels,
        code=code,
        row=used,
        y=outcome,
        size=size,
        noise=None if columns.se is None else columns.se[used],
        censored=censored,
        weight=None if weight is None else weight[used],
        location=_locate(columns, labels, used, code) if located else None,
        design=read_design(columns, labels, graph) if located else None,
        categories=names,
        y_name=columns.y_name,
        group_name=columns.group_name,
    )


def stand_in(data: Any, group: Any) -> FloatArray:
    """Give a column of as many ones as there are rows, where no outcome is read.

    Parameters
    ----------
    data : mapping or frame
        The table.
    group : str or array_like or None
        The group column, or its values.

    Returns
    -------
    numpy.ndarray
        Ones (N,), which any likelihood takes for an outcome.
    """
    table = Table(data)
    if group is not None:
        return np.ones(len(table.pick(group, "group")[1]))
    if not table.names:
        raise ValueError("data has no columns, so that the number of its rows is not known")
    return np.ones(len(table[table.names[0]]))


def _roles(
    likelihood: Any,
    graph: Graph,
    weigh: bool,
    located: bool,
    outcome: bool,
    names: tuple[str, ...],
    given: list[Any],
) -> Roles:
    size = getattr(likelihood, "size_argument", "")
    return Roles(
        noise=graph.noise_column,
        form=graph.noise.form if graph.noise_column is not None else 0,
        weights=getattr(likelihood, "weights", None) if weigh else None,
        location=graph.location_column if located else None,
        size=getattr(likelihood, size) if size else None,
        censored=getattr(likelihood, "censored", None) if outcome else None,
        predictors=roles_of(graph) if located else (),
        outcomes=tuple(zip(names[1:], given[1:], strict=True)) if names else (),
    )


def _checked(
    columns: Columns, likelihood: Distribution, roles: Roles, outcome: bool, names: tuple[str, ...]
) -> Columns:
    """Check outcomes and sizes, as a fit does."""
    link = LINKS.get(getattr(likelihood, "link", ""))
    if likelihood.increasing:
        if outcome:
            check_categories(columns, int(roles.size or 0))
        return columns
    if roles.size is not None and link is not None:
        if not outcome:
            columns = replace(columns, y=np.zeros(len(columns.y)))
        check_counts(columns, roles.size, link.whole)
        return columns
    if link is not None:  # times and other positive amounts
        read_events(columns)
        return columns
    for name, y in zip(
        names or (columns.y_name,), (columns.y, *columns.outcomes.values()), strict=True
    ):
        wrong = ~((y >= 0) & (y == np.rint(y)) & (y < np.inf)) if names else ~np.isfinite(y)
        if wrong.any():
            wanted = "a whole number, 0 or more: a count" if names else "finite"
            raise_row(columns, y, name, int(np.argmax(wrong)), wanted)
    if columns.se is not None:
        wrong = ~((columns.se > 0) & np.isfinite(columns.se))
        if wrong.any():
            wanted = "a positive, finite standard deviation"
            raise_row(columns, columns.se, columns.se_name, int(np.argmax(wrong)), wanted)
    return columns


def _locate(
    columns: Columns, labels: NDArray[Any], used: NDArray[np.intp], code: IntArray
) -> FloatArray | None:
    """Known locations of the groups, from the table of groups or from the rows."""
    if columns.table is not None and columns.table.location is not None:
        return columns.table.location
    if columns.location is None:
        return None
    name, values = columns.location_name, columns.location
    return values_of_groups(columns, labels, name, values, used, code)
