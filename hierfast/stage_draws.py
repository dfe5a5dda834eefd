r"""Joint draws of all stages of a fit, and the Monte Carlo errors of what is made of them.

With means f_b of B batches of L_b consecutive draws, M in all, the Monte Carlo error of a mean f is

.. math:: \mathrm{mcse}^2 = \frac{B}{B - 1} \sum_b \Bigl(\frac{L_b}{M}\Bigr)^2 (f_b - f)^2           \tag{1}

and that of a quantile half of what lies between those at its probability plus and minus the error of the
share of draws below it. Source: Flegal and Jones (2010), *Annals of Statistics* 38(2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.prior_predictive import name_graph
from hierfast.simulate import Stages

if TYPE_CHECKING:
    from hierfast.fitted import Fitted
    from hierfast.groups import Groups

FloatArray = NDArray[np.float64]

LEAST = 400  # joint draws, where there are as many
NUMBERS = 40_000_000  # rows times draws that are made where more joint draws are worth it
FEWEST = 4  # draws a chain, and batches in all, that a Monte Carlo error takes
LENGTH, BATCHES = 20, 12  # draws of a batch at least; batches of a chain at most


class StageDraws:
    """Joint draws of a fit, spread evenly over the chains, from which all stages are simulated.

    Parameters
    ----------
    fit : Fit
        The posterior.
    draws : int or None
        How many at most; None: as many as `rows` are worth.
    rows : int
        Numbers that are made at each of them.

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.stage_draws import StageDraws
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(0, hf.HalfNormal(1)))
    >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
    >>> joint = StageDraws(fit, 400, 3)
    >>> joint.shape, joint.known(None, np.arange(400))[0].shape
    ((4, 100), (400, 3))
    """

    def __init__(self, fit: Fitted, draws: int | None, rows: int) -> None:
        kept, plan, model = fit._draws, fit.plan, fit.model
        chains, nodes, length = kept.values.shape
        if draws is None:
            draws = max(LEAST, NUMBERS // max(rows, 1))
        if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
            raise ValueError(f"draws must be a whole number of joint draws; got {draws!r}")
        each = min(length, -(-int(draws) // chains))
        if each < FEWEST:
            raise ValueError(
                f"draws must be {FEWEST} a chain at least, to tell the Monte Carlo error; here there are "
                f"{each} in each of {chains}"
            )
        self.fit, self.chosen = fit, np.arange(each) * length // each
        self.shape: tuple[int, int] = (chains, each)
        x = np.moveaxis(kept.values[:, :, self.chosen], 0, 1).reshape(nodes, chains * each)
        categories = getattr(plan.statistics, "categories", None)
        graph = name_graph(model, categories, plan.group_name)
        points = weights = None
        if plan.grid is not None:
            points = plan.grid.points
            weights = kept.weights[:, self.chosen].reshape(-1, len(points))
        self.stages = Stages(model.likelihood, graph, x, points, weights)
        self.graph, self.likelihood = graph, model.likelihood
        scales = graph.scales
        self.terms = (fit.groups,) if scales is None else (fit.groups, fit.terms[scales.name])

    def __len__(self) -> int:
        """Count the draws."""
        chains, each = self.shape
        return chains * each

    def known(self, at: NDArray[np.intp] | None, some: NDArray[np.intp]) -> list[FloatArray]:
        """Make effects, and scales where these differ, of groups that were fitted.

        Parameters
        ----------
        at : numpy.ndarray or None
            Places of the groups (n,); None: all.
        some : numpy.ndarray
            Which draws (D,), increasing.

        Returns
        -------
        list of numpy.ndarray
            Effects (D, n) or shares (D, n, H), and scales (D, n), on the scale of ``fit.groups``.
        """
        return [self._fill(term, at, some) for term in self.terms]

    def _fill(self, term: Groups, at: Any, some: NDArray[np.intp]) -> FloatArray:
        effects = term._effects(at)
        n = len(term.labels) if at is None else len(at)
        extra = (self.stages.categories,) if self.stages.categories else ()
        out = np.empty((len(some), n, *extra))
        chain, place = np.divmod(some, self.shape[1])
        for c in np.unique(chain).tolist():
            low, high = np.searchsorted(chain, [c, c + 1])
            term._fill(effects, self.chosen[place[low:high]], c, out[low:high])
        return out

    def drawn(
        self, rng: np.random.Generator, groups: int, offset: Any, stages: Stages | None = None
    ) -> list[FloatArray]:
        """Draw effects, and scales where these differ, of groups that were not.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        groups : int
            How many.
        offset : numpy.ndarray or float
            Known locations, from `Stages.offset`.
        stages : Stages, optional
            Of the draws that are wanted; all by default.

        Returns
        -------
        list of numpy.ndarray
            As `known`.
        """
        stages = self.stages if stages is None else stages
        found = [stages.draw_effects(rng, groups, offset)]
        if len(self.terms) > 1:
            found.append(stages.draw_scales(rng, groups))
        return found


class Batches:
    """Monte Carlo errors by means of batches of consecutive draws: equation (1).

    Parameters
    ----------
    chains, length : int
        Chains, and draws of each.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.stage_draws import Batches
    >>> draws = np.random.default_rng(1).normal(size=(2, 4000))  # of two figures
    >>> mean, error = Batches(4, 1000).read(draws)
    >>> bool(np.all(abs(error - 1 / np.sqrt(4000)) < 0.004))
    True
    """

    def __init__(self, chains: int, length: int) -> None:
        each = max(-(-FEWEST // chains), min(BATCHES, length // LENGTH))
        edges = np.arange(each) * length // each
        self.starts = np.concatenate([edges + c * length for c in range(chains)])
        self.total = chains * length
        self.lengths = np.diff(np.append(self.starts, self.total)).astype(np.float64)

    def read(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give means of draws (..., S) and their Monte Carlo errors."""
        mean = x.mean(axis=-1)
        off = np.add.reduceat(x - mean[..., None], self.starts, axis=-1)
        many = len(self.starts)
        return mean, np.sqrt((off * off).sum(axis=-1) * many / (many - 1)) / self.total

    def quantiles(self, x: FloatArray, probs: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
        """Give quantiles (..., Q) of draws (..., S) and their Monte Carlo errors."""
        ordered, last = np.sort(x, axis=-1), self.total - 1
        found, errors = [], []
        for p in probs:
            q = _between(ordered, np.full(x.shape[:-1], p * last))
            _, error = self.read((x <= q[..., None]).astype(np.float64))
            low, high = (np.clip(p + s * error, 0.0, 1.0) * last for s in (-1, 1))
            found.append(q)
            errors.append(0.5 * (_between(ordered, high) - _between(ordered, low)))
        return np.stack(found, axis=-1), np.stack(errors, axis=-1)


def _between(ordered: FloatArray, place: FloatArray) -> FloatArray:
    """Interpolate order statistics (..., S) linearly at places (...)."""
    k = np.minimum(place.astype(np.intp), ordered.shape[-1] - 2)[..., None]
    low, high = (np.take_along_axis(ordered, k + i, axis=-1)[..., 0] for i in (0, 1))
    part = place - k[..., 0]
    return np.where(part > 0, low + part * (high - low), low)
