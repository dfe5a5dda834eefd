"""Groups whose rows have scales of their own: both are read from integrals over the scales."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core
from hierfast.effects import Effects
from hierfast.groups import Groups
from hierfast.links import EXP, NDTRI, apply_core
from hierfast.readout import FloatArray, IntArray, QuadratureReader
from hierfast.sample import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from hierfast.fitted import Draws
    from hierfast.plan import Plan

TOP = 600.0  # logarithms of variances, beyond which they are 0 or infinite
PLASTIC = (
    0.7548776662466927  # 1 / p of p^3 = p + 1: with the golden ratio's it fills a square evenly
)


def given_scales(
    n: FloatArray, mean: FloatArray, eta: FloatArray, mu: Any, tau: Any, power: float
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of effects given scales: (3) of csrc/likelihood/normal_scale.h.

    Parameters
    ----------
    n, mean : numpy.ndarray
        Rows and their means, of groups.
    eta : numpy.ndarray
        Logarithms of the scales as they were written (..., groups).
    mu, tau : array_like
        Mean and standard deviation of the effects, which broadcast with eta.
    power : float
        Of a scale as it was written, which is the standard deviation.

    Returns
    -------
    tuple of numpy.ndarray
        Both, by functions of the core and + - * / sqrt alone.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.scales import given_scales
    >>> [float(v[0]) for v in given_scales(np.array([3.0]), np.ones(1), np.zeros(1), 0.0, 1.0, 1.0)]
    [0.75, 0.5]
    """
    log = np.clip(-2.0 * power * eta, -TOP, TOP)
    ratio = n * tau * tau * apply_core(EXP, log)
    left = 1.0 / (1.0 + ratio)
    return mu + ratio * left * (mean - mu), tau * np.sqrt(left)


class ScaleReader(QuadratureReader):
    """Scales as they were written: exponentials of what is integrated."""

    def __init__(self, plan: Plan, values: FloatArray, cores: int) -> None:
        super().__init__(plan, values, cores)
        self.around = np.zeros(self.count)

    def moments_of(self, cells: IntArray) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of some groups' scales."""
        return self.expect_of(cells, np.exp)

    def quantiles_of(self, cells: IntArray, probs: FloatArray) -> FloatArray:
        """Quantiles, which are those of the logarithms."""
        return np.exp(super().quantiles_of(cells, probs))


class EffectReader(QuadratureReader):
    """Effects: at stratified scales they are normal, with moments in closed form."""

    def _given(
        self, eta: FloatArray, points: FloatArray, cells: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        graph, stats = self.plan.graph, self.plan.informed
        assert graph.scales is not None
        x, each = points.T, len(eta) // len(points)
        mu, tau = (np.repeat(read(a, x, len(points)), each) for a in (graph.location, graph.scale))
        mean, sd = given_scales(
            stats.weight[cells],
            stats.mean[cells],
            eta,
            mu[:, None],
            tau[:, None],
            graph.scales.power,
        )
        if self.plan.location is not None:
            mean = mean + self.plan.location[cells]
        return mean, sd

    def moments_of(self, cells: IntArray) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd of some groups' effects."""

        def reduce(*at: Any) -> FloatArray:
            mean, sd = self._given(*at)
            whole = np.sqrt((sd * sd).mean(axis=0) + mean.var(axis=0))
            return np.stack([mean.mean(axis=0), whole], axis=1)

        mean, sd = np.ascontiguousarray(self._reduce(cells, reduce, 2).T)
        return mean, sd

    def quantiles_of(self, cells: IntArray, probs: FloatArray) -> FloatArray:
        """Those of some groups: of effects at points that fill scales and normals evenly."""

        def reduce(*at: Any) -> FloatArray:
            mean, sd = self._given(*at)
            u = np.asarray((np.arange(1, len(mean) + 1) * PLASTIC) % 1.0, dtype=np.float64)
            theta = mean + sd * apply_core(NDTRI, u)[:, None]
            found = np.quantile(theta, probs, axis=0, method="median_unbiased")
            return np.asarray(found.T, dtype=np.float64)

        return self._reduce(cells, reduce, len(probs))


class ScaledEffects(Effects):
    """Makes scales again, and effects given them, each with noise of its own."""

    def __init__(self, plan: Plan, draws: Draws, at: NDArray[np.intp] | None, scales: bool) -> None:
        super().__init__(plan, draws, at)
        self.scales = scales

    def fill(self, chosen: NDArray[np.intp], chain: int, out: FloatArray) -> None:
        """Make draws of a chain (n, groups)."""
        plan, x = self.plan, self.values[chain][:, chosen]
        graph, n = plan.graph, len(chosen)
        assert graph.scales is not None
        mu, tau = read(graph.location, x, n), read(graph.scale, x, n)
        key, other = (
            _core.key(self.seed, self.chains[chain], 0, site) for site in (_core.SCALE, _core.THETA)
        )
        eta, labels = np.empty(out.shape[1]), self._labels(out[0]) if n else None
        for i, t in enumerate(chosen.tolist()):
            sweep = plan.tune + 1 + t
            u = _core.normals(key, labels, sweep, 0, plan.level, True)
            plan.integrals.invert(np.ascontiguousarray(x[:, i]), self.at, u, eta)
            if self.scales:
                out[i] = apply_core(EXP, eta)
                continue
            z = _core.normals(other, labels, sweep, 0, plan.level)
            mean, sd = given_scales(self.p, self.mean, eta, mu[i], tau[i], graph.scales.power)
            out[i] = mean + sd * z
        if self.location is not None and not self.scales:
            out += self.location


class EachGroups(Groups):
    """Posterior of every group's effect, or of the scale of its rows as it was written.

    Examples
    --------
    >>> import hierfast as hf
    >>> table = hf.datasets.load("dyes")
    >>> likelihood = hf.Normal(sigma=hf.each(hf.LogNormal(hf.Normal(4, 1), hf.HalfNormal(1))))
    >>> model = hf.Model(likelihood, hf.Normal(hf.Normal(1500, 100), hf.HalfNormal(100)))
    >>> fit = model.fit(table, y="grams", group="batch", random_seed=1)
    >>> list(fit.terms), fit.terms["sigma"].mean.shape
    (['batch', 'sigma'], (6,))
    """

    def __init__(self, plan: Plan, draws: Draws, cores: int, scales: bool) -> None:
        super().__init__(plan, draws, cores)
        self._scales = scales

    @cached_property
    def _reader(self) -> QuadratureReader:
        kind: Callable[..., QuadratureReader] = ScaleReader if self._scales else EffectReader
        return kind(self._plan, self._draws.values, self._cores)

    def _effects(self, at: NDArray[np.intp] | None) -> Effects:
        return ScaledEffects(self._plan, self._draws, at, self._scales)

    @property
    def _raw(self) -> FloatArray:
        stats, scales = self._plan.statistics, self._plan.graph.scales
        assert scales is not None
        raw: FloatArray = stats.mean
        if self._scales:
            raw = stats.m2 / np.maximum(stats.weight - 1.0, 1.0)
            raw = raw if scales.power > 0 else -raw
        return raw

    @property
    def _endless(self) -> str:
        scales = self._plan.graph.scales
        assert scales is not None
        return scales.name if self._scales else ""

    def _few(self, at: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        return self._reader.moments_of(at)

    def _shown(self) -> tuple[str, list[list[str]]]:
        title, rows = super()._shown()
        scales = self._plan.graph.scales
        assert scales is not None
        of = f"posterior mean and sd of {scales.name}"
        return title.replace("posterior mean and sd", of) if self._scales else title, rows


def open_terms(plan: Plan, draws: Draws, cores: int) -> dict[str, Groups]:
    """Open the two terms of a model whose scales differ by group.

    Parameters
    ----------
    plan : Plan
        Of the fit.
    draws : Draws
        Of the hyperparameters.
    cores : int
        Threads that groups are read with.

    Returns
    -------
    dict of str to Groups
        Effects under the name of the group column, scales under that of the likelihood's argument.
    """
    scales = plan.graph.scales
    assert scales is not None
    return {
        plan.group_name: EachGroups(plan, draws, cores, False),
        scales.name: EachGroups(plan, draws, cores, True),
    }
