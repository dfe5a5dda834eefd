"""Effects of groups, drawn given the hyperparameters, always the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.labels import label_keys
from hierfast.sampler import FloatArray
from hierfast.threads import Room

if TYPE_CHECKING:
    from hierfast.fitted import Draws
    from hierfast.plan import Plan

Invert = Callable[[NDArray[np.int64], FloatArray, FloatArray], None]  # cells, uniforms -> effects

NDTRI = 8  # the normal quantile among the functions of csrc/twin.h
ALIKE = 30  # groups of a cell for which its distribution is inverted, rather than each drawn by rejection


def can_reject(plan: Plan) -> bool:
    """Whether effects can be drawn by rejection, csrc/theta/reject.h: their densities are log-concave.

    Parameters
    ----------
    plan : Plan
        Of a fit.

    Returns
    -------
    bool
        False too where they are not integrated out by quadrature.
    """
    return isinstance(plan.integrals, _core.Integrated) and bool(plan.integrals.concave)


class Effects:
    """Makes effects again: a function of the draw of phi, the group's label and the sweep.

    Where they are drawn by rejection, tangents are placed by the group's mode at the first draw of phi.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    draws : Draws
        Of the hyperparameters.
    at : numpy.ndarray, optional
        Places of the groups that are wanted; all by default.
    rejects : bool, optional
        Whether they are drawn by rejection, csrc/theta/reject.h, or by inversion, csrc/theta/invert.h: by
        default by rejection where it can be and few groups have the same density.

    Attributes
    ----------
    order : numpy.ndarray or None
        Order in which effects are made where it is not that of the groups: those of a cell together.
    in_order : bool
        Whether they are put into the order of the groups.
    """

    order: NDArray[np.intp] | None = None
    in_order = True

    def __init__(
        self, plan: Plan, draws: Draws, at: NDArray[np.intp] | None, rejects: bool | None = None
    ) -> None:
        self.plan, self.values, self.seed = plan, draws.values, draws.seed
        self.chains = draws.chains
        stats, self.at, self.location = plan.statistics, at, plan.location
        self.base: int
        self.keys: NDArray[np.uint64] | None
        self.base, self.keys = stats.keys() if at is None else (0, label_keys(stats.labels[at]))
        self._room = Room()
        if rejects is None:
            rejects = can_reject(plan) and len(stats) < ALIKE * plan.integrals.count
        self.rejects = rejects
        if plan.cell is not None:
            self.cell = plan.cell if at is None else plan.cell[at]
            if plan.closed is not None:
                self.y, self.size = plan.cells.y[self.cell], plan.cells.size[self.cell]
            else:
                self._sort(self.cell)
            return
        self.p, self.mean = stats.weight, stats.mean
        if at is not None:
            self.p, self.mean = (np.ascontiguousarray(c[at]) for c in (self.p, self.mean))
            self.location = None if self.location is None else self.location[at]

    def _sort(self, cell: NDArray[np.int64]) -> None:
        """Make effects of a cell together, and their noise in that order."""
        self.order = np.argsort(cell, kind="stable")
        self.ordered = self._labels(cell)[self.order]
        self.cell = cell[self.order]

    def _of_cells(self, make: Callable[[FloatArray], None], out: FloatArray) -> None:
        """Make effects of cells, in `order` or put into that of the groups."""
        if not self.in_order:
            make(out)
            return
        found = self._room.get("found", (1, len(out)), np.float64)[0]
        make(found)
        out[self.order] = found

    def _invert_cells(self, invert: Invert, key: int, sweep: int, out: FloatArray) -> None:
        """Invert the distribution functions of cells at uniforms of their groups."""
        _core.normals(key, self.ordered, sweep, 0, self.plan.level, True, out)
        invert(self.cell, out, out)

    def fill(self, chosen: NDArray[np.intp], chain: int, out: FloatArray) -> None:
        """Make draws of a chain (n, groups)."""
        from hierfast.sample import read

        x = self.values[chain][:, chosen]
        graph, plan = self.plan.graph, self.plan
        loc, tau = read(graph.location, x, len(chosen)), read(graph.scale, x, len(chosen))
        sigma = read(graph.noise, x, len(chosen))
        key = _core.key(self.seed, self.chains[chain], 0, _core.THETA)
        sums = np.empty(_core.SUMS)
        for i, t in enumerate(chosen.tolist()):
            sweep = plan.tune + 1 + t
            if plan.closed is not None:
                values = np.ascontiguousarray(x[:, i])
                plan.closed.draw(
                    values, key, sweep, self.base, self.keys, self.y, self.size, out[i]
                )
                continue
            if plan.integrals is not None:
                make = self._reject if self.rejects else self._invert
                make(np.ascontiguousarray(x[:, i]), key, sweep, loc[i], tau[i], out[i])
                continue
            _core.sweep(
                self.p,
                self.mean,
                loc[i],
                tau[i] * tau[i],
                sigma[i] * sigma[i],
                plan.cells.centre,
                key,
                sweep,
                self.base,
                self.keys,
                0,
                len(self.p),
                out[i],
                sums,
                plan.level,
            )
        if self.location is not None:
            out += self.location

    def _labels(self, out: NDArray[Any]) -> NDArray[np.uint64]:
        """Keys of the noise of the groups, as many as an array has values."""
        if self.keys is not None:
            return self.keys
        return np.arange(out.size, dtype=np.uint64) + np.uint64(self.base)

    def _reject(
        self, x: FloatArray, key: int, sweep: int, loc: float, tau: float, out: FloatArray
    ) -> None:
        """Draw groups that have rows by rejection; others are the population's."""
        plan = self.plan
        which, near = self._near
        if plan.cell is not None:

            def make(found: FloatArray) -> None:
                plan.integrals.reject(x, which, key, 0, self.ordered, sweep, found, near)

            self._of_cells(make, out)
            return
        if len(near) == len(out):
            plan.integrals.reject(x, which, key, self.base, self.keys, sweep, out, near)
            return
        some, _, empty = self._informed()
        labels = self._labels(out)
        found = np.empty(len(some))
        if len(some):
            plan.integrals.reject(x, which, key, 0, labels[some], sweep, found, near)
        out[some] = found
        self._fill_empty(empty, labels, key, sweep, loc, tau, out)

    @cached_property
    def _near(self) -> tuple[NDArray[np.int64] | None, FloatArray]:
        """Which integrals groups have that have rows, or are cells, and their modes at the first draw."""
        which, count = self.at, len(self.plan.statistics) if self.at is None else len(self.at)
        if self.plan.cell is not None:
            which = self.cell
        elif len(self.plan.informed) < len(self.plan.statistics):
            which = self._informed()[1]
            count = len(which)
        mode = np.empty(count)
        if count:
            first = np.ascontiguousarray(self.values[0, :, 0])
            self.plan.integrals.modes(first, which, mode)
        return which, mode

    def _invert(
        self, x: FloatArray, key: int, sweep: int, loc: float, tau: float, out: FloatArray
    ) -> None:
        """Invert the distribution functions of groups that have rows; others are the population's."""
        plan = self.plan
        if plan.cell is not None:
            invert = partial(plan.integrals.invert, x)
            self._of_cells(partial(self._invert_cells, invert, key, sweep), out)
            return
        if len(plan.informed) == len(plan.statistics):
            _core.normals(key, self._labels(out), sweep, 0, plan.level, True, out)
            plan.integrals.invert(x, self.at, out, out)
            return
        u = _core.normals(key, self._labels(out), sweep, 0, plan.level, True)
        some, place, empty = self._informed()
        if len(some):
            found = np.empty(len(some))
            plan.integrals.invert(x, place, np.ascontiguousarray(u[some]), found)
            out[some] = found
        self._fill_empty(empty, self._labels(out), key, sweep, loc, tau, out)

    def _informed(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Which groups have rows, their places among all that have, and which have not."""
        empty = self.p == 0.0
        some = np.flatnonzero(~empty)
        whole = np.arange(len(self.plan.statistics)) if self.at is None else self.at
        place = np.cumsum(self.plan.statistics.weight > 0.0) - 1
        return some, place[whole[some]], np.flatnonzero(empty)

    def _fill_empty(
        self,
        empty: NDArray[np.intp],
        labels: NDArray[np.uint64],
        key: int,
        sweep: int,
        loc: float,
        tau: float,
        out: FloatArray,
    ) -> None:
        """Draw groups without rows from the population."""
        if len(empty):
            u = _core.normals(key, labels[empty], sweep, 0, self.plan.level, True)
            out[empty] = loc + tau * _core.math(NDTRI, u, self.plan.level)
