"""Trees of datasets by ArviZ's schema."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.densities import (
    EVERY,
    GivenDensities,
    GroupDensities,
    sample_stats,
)
from hierfast.export import SMALL, ExportWarning

if TYPE_CHECKING:
    from hierfast.fitted import Fitted
    from hierfast.groups import Groups


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A variable that may be too large to be held.

    Attributes
    ----------
    part : str
        Group of the tree that it is in.
    name : str
        Of the variable.
    dims : tuple of str
        Its dimensions, chain, draw and that of groups first.
    shape : tuple of int
        Its shape.
    make : callable
        Slices of draws and of groups -> values.
    attrs : dict
        Its attributes.
    """

    part: str
    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    make: Callable[[slice, slice], NDArray[np.float64]]
    attrs: dict[str, str]


class Selection:
    """Which groups and draws of a fit are exported.

    Parameters
    ----------
    fit : Fitted
        The fit.
    groups : bool or label or sequence of labels, optional
        As in `hierfast.export.Export.to_datatree`.
    draws : slice or sequence of int, optional
        Which draws.
    """

    def __init__(self, fit: Fitted, groups: Any, draws: Any) -> None:
        self.fit = fit
        everything = np.arange(fit.shape[1])
        self.draws = everything if draws is None else everything[draws]
        if self.draws.ndim != 1 or not len(self.draws):
            raise ValueError(
                f"draws must be a slice or some of 0 .. {fit.shape[1] - 1}; got {draws!r}"
            )
        self.at: NDArray[np.intp] = np.arange(len(fit.groups))
        if isinstance(groups, bool) or groups is None:
            self.wanted = groups
        else:
            self.at, self.wanted = fit.groups._positions(groups), True
            if not len(self.at):
                raise ValueError("groups is an empty list; write False for none")

    @cached_property
    def dim(self) -> str:
        """Name of the dimension of the groups, which nothing else has."""
        name = self.fit.plan.group_name
        return (
            f"{name}_dim"
            if name in ("chain", "draw", "category", "point", *self.fit.hyper)
            else name
        )

    @cached_property
    def labels(self) -> NDArray[Any]:
        """Labels of the groups that are chosen, as coordinates can hold them."""
        labels = self.fit.groups.labels[self.at]
        kind = labels.dtype.kind
        if kind == "S" or (kind == "O" and not isinstance(labels[0], str)):
            told = (
                v.decode(errors="backslashreplace") if isinstance(v, bytes) else str(v)
                for v in labels
            )
            return np.array(list(told))
        if kind == "M" and np.datetime_data(labels.dtype)[0] not in ("s", "ms", "us", "ns"):
            return labels.astype("M8[s]")
        return np.array(labels.tolist()) if kind == "O" else labels

    @cached_property
    def variables(self) -> list[Variable]:
        """Give the terms of the fit."""
        taken = {self.dim, "chain", "draw", "category", "point", *self.fit.hyper}
        names = {self.fit.plan.group_name: "theta" if "theta" not in taken else "effect"}
        found = []
        for key, groups in self.fit.terms.items():
            dims, size = (
                ["chain", "draw", self.dim],
                [self.fit.shape[0], len(self.draws), len(self.at)],
            )
            categories = getattr(groups, "categories", ())
            if categories:
                dims.append("category")
                size.append(len(categories))
            found.append(
                Variable(
                    "posterior",
                    names.get(key, key),
                    tuple(dims),
                    tuple(size),
                    partial(self._effects, groups),
                    {"scale": scale_of(groups)},
                )
            )
        return found

    def _effects(self, of: Groups, draws: slice, groups: slice) -> NDArray[np.float64]:
        made: NDArray[np.float64] = of._make(self.at[groups], self.draws[draws])
        return made

    @property
    def size(self) -> int:
        """Bytes that effects take."""
        return sum(8 * int(np.prod(v.shape, dtype=object)) for v in self.variables)

    def decide(self) -> bool:
        """Tell whether effects are exported; where they are many and nobody asked, warn."""
        if self.wanted is not None:
            return self.wanted
        if self.size > SMALL:
            text = (
                f"effects of {len(self.at):,} groups would take {self.size:,} bytes and were left out; "
                "ask for them with groups=True, or for some by their labels"
            )
            warnings.warn(text, ExportWarning, stacklevel=4)
        self.wanted = self.size <= SMALL
        return self.wanted

    def check(self, limit: int) -> None:
        """Refuse effects that take more than a number of bytes."""
        if self.decide() and self.size > limit:
            raise ValueError(
                f"effects of {len(self.at):,} groups would take {self.size:,} bytes, more than the "
                f"limit of {limit:,}: choose groups or draws, raise limit, or write them with to_zarr, "
                "which holds a part at a time"
            )


def large_parts(
    chosen: Selection, densities: GroupDensities | GivenDensities | None
) -> list[Variable]:
    """Give what may be too large to be held: effects and log densities of groups.

    Parameters
    ----------
    chosen : Selection
        Groups and draws.
    densities : GroupDensities or GivenDensities or None
        Of these groups.

    Returns
    -------
    list of Variable
        Variables that are exported.
    """
    found = chosen.variables if chosen.decide() else []
    if densities is not None:
        shape = (chosen.fit.shape[0], len(chosen.draws), len(densities.place))
        attrs = {"measure": densities.measure} if densities.measure else {}
        dims, name = ("chain", "draw", chosen.dim), chosen.fit.plan.y_name
        found = [*found, Variable("log_likelihood", name, dims, shape, densities.read, attrs)]
    return found


def build_tree(
    fit: Fitted,
    chosen: Selection,
    densities: GroupDensities | GivenDensities | None,
    held: bool,
) -> Any:
    """Build the tree.

    Parameters
    ----------
    fit : Fitted
        The fit.
    chosen : Selection
        Groups and draws.
    densities : GroupDensities or GivenDensities or None
        Of these groups.
    held : bool
        Whether what may be too large is made; else a place is left for it.

    Returns
    -------
    xarray.DataTree
        The tree.
    """
    xarray = import_for("xarray", "to_datatree", "xarray")
    sampled = {"chain": np.array(fit._draws.chains), "draw": chosen.draws}
    of_groups = {chosen.dim: chosen.labels}
    posterior: dict[str, Any] = {
        name: (("chain", "draw"), _take(values, chosen.draws)) for name, values in fit.hyper.items()
    }
    coords: dict[str, Any] = dict(sampled)
    if fit.plan.grid is not None:
        weights = _take(fit._draws.weights, chosen.draws)
        posterior[f"{fit.plan.group_name}_weights"] = (("chain", "draw", "point"), weights)
        coords["point"] = fit.plan.grid.points
    categories = getattr(fit.groups, "categories", None)
    several = {} if categories is None else {"category": np.array(categories)}
    if chosen.decide():
        coords |= of_groups | several
    parts = {"posterior": (posterior, coords)}
    data = observed(fit, chosen)
    parts["observed_data"] = (data, of_groups | several)
    known = fit.plan.gathered.columns
    if known:
        columns = {k: (chosen.dim, v[chosen.at]) for k, v in known.items() if k != chosen.dim}
        parts["constant_data"] = (columns, of_groups)
    stats = sample_stats(fit, chosen)
    if stats:
        parts["sample_stats"] = (stats, sampled)
    if densities is not None:
        parts["log_likelihood"] = ({}, sampled | {chosen.dim: chosen.labels[densities.place]})
    for v in large_parts(chosen, densities) if held else ():
        parts[v.part][0][v.name] = (v.dims, v.make(EVERY, EVERY), v.attrs)
    attrs = describe(fit)
    return xarray.DataTree.from_dict(
        {name: xarray.Dataset(v, c, attrs) for name, (v, c) in parts.items()}, name="hierfast"
    )


def _take(values: NDArray[Any], draws: NDArray[np.intp]) -> NDArray[Any]:
    """Give the draws chosen (chains, draws, ...): a view where they are all."""
    return values if len(draws) == values.shape[1] and draws[0] == 0 else values[:, draws]


def scale_of(groups: Groups) -> str:
    """Tell what effects are of.

    Parameters
    ----------
    groups : Groups
        Of a fit.

    Returns
    -------
    str
        "logit", "probability" and the like; that of the outcome where there is no link.
    """
    link = getattr(groups._plan.statistics, "link", None)
    if link is None:
        return "share" if hasattr(groups, "categories") else "outcome"
    return str(link.natural if groups._natural else link.scale)


def observed(fit: Fitted, chosen: Selection) -> dict[str, Any]:
    """Give what is held of the data: statistics of the groups.

    Parameters
    ----------
    fit : Fitted
        The fit.
    chosen : Selection
        Its groups.

    Returns
    -------
    dict
        Variables.
    """
    stats, at = fit.plan.gathered, chosen.at
    found: dict[str, Any] = {"n": (chosen.dim, stats.n[at])}
    if hasattr(fit.groups, "categories"):
        found["count"] = ((chosen.dim, "category"), stats.y[at])
    elif hasattr(stats, "m2"):
        mean = np.where(stats.weight[at] > 0, stats.mean[at], np.nan)  # of no rows: no mean
        found |= {"mean": (chosen.dim, mean), "squares": (chosen.dim, stats.m2[at])}
    else:
        found |= {"sum": (chosen.dim, stats.y[at]), "size": (chosen.dim, stats.size[at])}
    return {f"{fit.plan.y_name}_{k}": v for k, v in found.items()}


def describe(fit: Fitted) -> dict[str, Any]:
    """Give what ArviZ's schema says of how a tree came about.

    Parameters
    ----------
    fit : Fitted
        The fit.

    Returns
    -------
    dict
        Attributes.
    """
    import hierfast

    settings = {"scheme": fit.plan.scheme, "phi": fit.plan.phi, "seed": fit._draws.seed}
    return {
        "created_at": datetime.now(UTC).isoformat(),
        "creation_library": "hierfast",
        "creation_library_version": hierfast.__version__,
        "creation_library_language": "Python",
        "inference_library": "hierfast",
        "inference_library_version": hierfast.__version__,
        "inference_library_settings": json.dumps(settings),
        "sampling_time": fit.time.sample,
        "tuning_steps": fit.plan.tune,
    }


def as_inferencedata(tree: Any) -> Any:
    """Turn a tree into the ``InferenceData`` of ArviZ 0.2x.

    Parameters
    ----------
    tree : xarray.DataTree
        The tree.

    Returns
    -------
    arviz.InferenceData
        The same groups.
    """
    arviz = import_for("arviz", "to_inferencedata", "arviz>=0.20,<1")
    kind: Any = vars(arviz).get("InferenceData")  # getattr makes 1.x warn, and give another class
    if kind is None:
        raise ImportError(
            f"to_inferencedata is for ArviZ 0.2x, and ArviZ {arviz.__version__} is installed, which reads "
            "the tree of to_datatree() itself"
        )
    return kind.from_datatree(tree)


def import_for(module: str, method: str, package: str) -> Any:
    """Import an optional library.

    Parameters
    ----------
    module, method, package : str
        What to import, for which method, and what to install.

    Returns
    -------
    module
        The library.

    Raises
    ------
    ImportError
        Saying what to install.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise ImportError(f"{method} needs {package}: pip install '{package}'") from None
