"""Effects of groups, drawn given the hyperparameters, always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.labels import label_keys
from hierfast.sampler import FloatArray

if TYPE_CHECKING:
    from hierfast.fitted import Draws
    from hierfast.plan import Plan

NDTRI = 8  # the normal quantile among the functions of csrc/twin.h


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
        if plan.cell is not None:
            cell = plan.cell if at is None else plan.cell[at]
            self.order = np.argsort(cell, kind="stable")
            self.cell = cell[self.order]
            keys = np.arange(len(cell), dtype=np.uint64) + np.uint64(self.base)
            self.ordered = (keys if self.keys is None else self.keys)[self.order]
            self.y, self.size = plan.cells.y[cell], plan.cells.size[cell]
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
                labels = self._labels(out[i])
                plan.closed.draw(values, key, sweep, labels, self.y, self.size, out[i])
                continue
            if plan.integrals is not None:
                self._invert(np.ascontiguousarray(x[:, i]), key, sweep, loc[i], tau[i], out[i])
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

    def _labels(self, out: FloatArray) -> NDArray[np.uint64]:
        """Keys of the noise of the groups."""
        if self.keys is not None:
            return self.keys
        return np.arange(out.size, dtype=np.uint64) + np.uint64(self.base)

    def _invert(
        self, x: FloatArray, key: int, sweep: int, loc: float, tau: float, out: FloatArray
    ) -> None:
        """Invert the distribution functions of groups that have rows; others are the population's."""
        plan = self.plan
        if plan.cell is not None:
            u = _core.normals(key, self.ordered, sweep, 0, plan.level, True)
            found = np.empty(len(u))
            plan.integrals.invert(x, self.cell, u, found)
            out[self.order] = found
            return
        u = _core.normals(key, self._labels(out), sweep, 0, plan.level, True)
        if len(plan.informed) == len(plan.statistics):
            plan.integrals.invert(x, self.at, u, out)
            return
        empty = self.p == 0.0
        out[empty] = loc + tau * _core.math(NDTRI, u[empty], plan.level) if empty.any() else 0.0
        whole = np.arange(len(plan.statistics)) if self.at is None else self.at
        place = np.cumsum(plan.statistics.weight > 0.0) - 1
        some = np.empty(int((~empty).sum()))
        if len(some):
            plan.integrals.invert(x, place[whole[~empty]], np.ascontiguousarray(u[~empty]), some)
            out[~empty] = some
