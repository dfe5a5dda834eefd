"""Effects of groups, drawn given the hyperparameters, always the same."""

from __future__ import annotations

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

NDTRI = 8  # the normal quantile among the functions of csrc/twin.h
ALIKE = 30  # groups of a cell for which its distribution is inverted, rather than each drawn by rejection


def rejects(plan: Plan) -> bool:
    """Whether effects are drawn by rejection, csrc/theta/reject.h, or by inversion, csrc/theta/invert.h.

    Parameters
    ----------
    plan : Plan
        Of a fit whose effects are integrated out by quadrature.

    Returns
    -------
    bool
        By rejection, where densities of effects are log-concave and few groups have the same.
    """
    integrals = plan.integrals
    if not isinstance(integrals, _core.Integrated) or not integrals.concave:
        return False
    return len(plan.statistics) < ALIKE * integrals.count


class Effects:
    """Makes effects again: a function of the draw of phi, the group's label and the sweep.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    draws : Draws
        Of the hyperparameters.
    at : numpy.ndarray, optional
        Places of the groups that are wanted; all by default.
    """

    def __init__(self, plan: Plan, draws: Draws, at: NDArray[np.intp] | None) -> None:
        self.plan, self.values, self.seed = plan, draws.values, draws.seed
        self.chains = draws.chains
        stats, self.at, self.location = plan.statistics, at, plan.location
        self.base: int
        self.keys: NDArray[np.uint64] | None
        self.base, self.keys = stats.keys() if at is None else (0, label_keys(stats.labels[at]))
        self._room = Room()
        self.rejects = plan.integrals is not None and rejects(plan)
        if plan.cell is not None:
            self.cell = plan.cell if at is None else plan.cell[at]
            if plan.closed is not None:
                self.y, self.size = plan.cells.y[self.cell], plan.cells.size[self.cell]
            elif not self.rejects:
                self.order = np.argsort(self.cell, kind="stable")
                self.ordered = self._labels(self.cell)[self.order]
                self.cell = self.cell[self.order]
            return
        self.p, self.mean = stats.weight, stats.mean
        if at is not None:
            self.p, self.mean = (np.ascontiguousarray(c[at]) for c in (self.p, self.mean))
            self.location = None if self.location is None else self.location[at]

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
        if plan.cell is not None:
            plan.integrals.reject(x, self.cell, key, self.base, self.keys, sweep, out)
        elif len(plan.informed) == len(plan.statistics):
            plan.integrals.reject(x, self.at, key, self.base, self.keys, sweep, out)
        else:
            some, place, empty = self._informed()
            labels = self._labels(out)
            found = np.empty(len(some))
            if len(some):
                plan.integrals.reject(x, place, key, 0, labels[some], sweep, found)
            out[some] = found
            self._fill_empty(empty, labels, key, sweep, loc, tau, out)

    def _invert(
        self, x: FloatArray, key: int, sweep: int, loc: float, tau: float, out: FloatArray
    ) -> None:
        """Invert the distribution functions of groups that have rows; others are the population's."""
        plan = self.plan
        if plan.cell is not None:
            u = _core.normals(key, self.ordered, sweep, 0, plan.level, True)
            found = self._room.get("found", (1, len(u)), np.float64)[0]
            plan.integrals.invert(x, self.cell, u, found)
            out[self.order] = found
            return
        u = _core.normals(key, self._labels(out), sweep, 0, plan.level, True)
        if len(plan.informed) == len(plan.statistics):
            plan.integrals.invert(x, self.at, u, out)
            return
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
