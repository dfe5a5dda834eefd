r"""Densities at the draws of a fit, which other tools read beside them.

Of the hyperparameters, effects integrated out, up to a constant,

.. math::

    \mathrm{lp} = \log p(\varphi) + \sum_j \log p(y_j \mid \varphi)                               \tag{1}

in the coordinates that ``fit.hyper`` has (no Jacobian), and of the rows of each group
:math:`\log p(y_j \mid \varphi)`, equation (2) of ``hierfast/marginal.py`` with what data alone say: what
`hierfast.Fit.loo` leaves out one by one.

Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 5.3.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.constants import WHOLE, group_constants
from hierfast.hyper import log_hyper
from hierfast.marginal import Marginal, open_marginal
from hierfast.sensitivity import log_rows
from hierfast.threads import run_all

if TYPE_CHECKING:
    from hierfast.fitted import Fitted
    from hierfast.trees import Selection

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

AFFORDED = 20_000_000  # densities of cells that lp may take, about a second
SMALL = 1 << 25  # bytes of the densities of groups that are exported without being asked for
NEAR = 16  # cells between two that are wanted, from which on they are passed over
EVERY = slice(None)


def log_posterior(fit: Fitted, draws: IndexArray) -> FloatArray | None:
    """Give the log density of the hyperparameters at their draws: equation (1).

    Parameters
    ----------
    fit : Fit
        The posterior.
    draws : numpy.ndarray
        Which draws of each chain (n,).

    Returns
    -------
    numpy.ndarray or None
        Logarithms (chains, n); None where there are no hyperparameters, they have the weights of a `Grid`
        beside them, or cells times draws are more than 20 million.

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.densities import log_posterior
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Normal(0, 1), 1))
    >>> fit = model.fit({"y": [0.5]}, y="y", random_seed=1, progressbar=False)
    >>> lp, mu = log_posterior(fit, np.arange(2))[0], fit.hyper["group_mu"][0, :2]
    >>> by_hand = -0.5 * mu**2 - 0.25 * (0.5 - mu) ** 2
    >>> bool(np.isclose(lp[0] - lp[1], by_hand[0] - by_hand[1]))
    True
    """
    plan, chains = fit.plan, fit.shape[0]
    if not plan.graph.nodes or plan.grid is not None:
        return None
    if len(plan.cells) * chains * len(draws) > AFFORDED:
        return None
    values = np.concatenate(list(fit._draws.values[:, :, draws]), axis=1)
    found = log_hyper(plan.graph, values) + log_rows(plan, values, np.empty((0, 0)))
    return found.reshape(chains, len(draws))


class GroupDensities:
    """Log densities of the rows of groups at the draws, effects integrated out.

    Parameters
    ----------
    fit : Fit
        The posterior.
    at : numpy.ndarray
        Places of groups.
    draws : numpy.ndarray
        Which draws of each chain (n,).

    Attributes
    ----------
    place : numpy.ndarray
        Which of the groups have rows (K,).
    measure : str
        "rows", or the likelihood whose data's own factor densities lack: see `hierfast.Loo`.

    Raises
    ------
    ValueError
        If the statistics of groups do not tell what each one says of the likelihood's parameters.

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.densities import GroupDensities
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1))
    >>> fit = model.fit({"y": [0.0, 2.0]}, y="y", random_seed=1, progressbar=False)
    >>> GroupDensities(fit, np.arange(2), np.arange(1)).read()[0, 0].round(4)
    array([-1.2655, -2.2655])
    """

    def __init__(self, fit: Fitted, at: IndexArray, draws: IndexArray) -> None:
        self.marginal: Marginal = open_marginal(fit.plan, fit._draws)
        chains, length = fit.shape
        self.shape, self.cores = (chains, len(draws)), fit._cores
        self.points = (np.arange(chains)[:, None] * length + draws).ravel()
        self.place: IndexArray = np.flatnonzero(self.marginal.cell[at] >= 0)
        self.at: IndexArray = at[self.place]
        self.constant = group_constants(fit.plan)
        self.measure = WHOLE if self.constant is not None else fit.plan.graph.title

    def read(self, draws: slice = EVERY, groups: slice = EVERY) -> FloatArray:
        """Give the densities (chains, n, K), or those of some draws and groups."""
        at, points = self.at[groups], self.points.reshape(self.shape)[:, draws].ravel()
        cell = self.marginal.cell[at]
        order = np.argsort(cell, kind="stable")
        ordered = cell[order]
        out, shape = np.empty((len(points), len(cell))), (self.shape[0], -1, len(cell))
        if not len(cell):
            return np.empty((self.shape[0], len(points) // self.shape[0], 0))
        breaks = np.flatnonzero(np.diff(ordered) > NEAR) + 1
        step = max(1, 1_000_000 // len(points))
        tasks = []
        for some in np.split(np.arange(len(ordered)), breaks):
            first, last = int(ordered[some[0]]), int(ordered[some[-1]]) + 1
            for lo in range(first, last, step):
                hi = min(lo + step, last)
                a, b = np.searchsorted(ordered, [lo, hi])
                tasks.append(partial(self._fill, out, points, order[a:b], ordered[a:b], lo, hi))
        run_all(tasks, self.cores)
        if self.constant is not None:
            out += self.constant[at]
        return out.reshape(shape)

    def _fill(
        self,
        out: FloatArray,
        points: IndexArray,
        columns: IndexArray,
        cell: IndexArray,
        lo: int,
        hi: int,
    ) -> None:
        out[:, columns] = self.marginal.log(lo, hi, points)[:, cell - lo]


class GivenDensities:
    """Log densities of groups that somebody gave.

    Parameters
    ----------
    density : numpy.ndarray
        Of all draws and groups that are chosen (chains, n, K).
    """

    def __init__(self, density: FloatArray) -> None:
        self.place: IndexArray = np.arange(density.shape[2])
        self.measure, self._density = "", density

    def read(self, draws: slice = EVERY, groups: slice = EVERY) -> FloatArray:
        """Give the densities of some draws and groups."""
        return self._density[:, draws, groups]


def sample_stats(fit: Fitted, chosen: Selection) -> dict[str, Any]:
    """Give what is known of each draw.

    Parameters
    ----------
    fit : Fitted
        The fit.
    chosen : Selection
        Its draws.

    Returns
    -------
    dict
        Variables.
    """
    found: dict[str, Any] = {}
    lp = log_posterior(fit, chosen.draws)
    if lp is not None:
        found["lp"] = (("chain", "draw"), lp)
    if "independence" in fit.plan.blocks:
        share = np.array(fit._draws.moved) / fit.shape[1]
        rate = np.repeat(share[:, None], len(chosen.draws), 1)
        found["acceptance_rate"] = (("chain", "draw"), rate)
    return found


def densities_of(
    fit: Fitted, chosen: Selection, given: Any, limit: int | None
) -> GroupDensities | GivenDensities | None:
    """Open the log densities of groups, as they were given or as the fit has them.

    Parameters
    ----------
    fit : Fitted
        The fit.
    chosen : Selection
        Groups and draws.
    given : bool or array_like or None
        As in `hierfast.export.Export.to_datatree`.
    limit : int or None
        Bytes that they may take, where they are held.

    Returns
    -------
    GroupDensities or GivenDensities or None
        The densities.
    """
    shape = (fit.shape[0], len(chosen.draws), len(chosen.at))
    if given is not None and not isinstance(given, bool | np.bool_):
        density = np.asarray(given, dtype=np.float64)
        if density.shape != shape:
            raise ValueError(f"log_likelihood must have the shape {shape}; got {density.shape}")
        return GivenDensities(density)
    size = 8 * int(np.prod(shape, dtype=object))
    if given is None:
        if size > SMALL or not chosen.decide() or group_constants(fit.plan) is None:
            return None
    elif not given:
        return None
    elif limit is not None and size > limit:
        raise ValueError(
            f"log_likelihood of {shape[2]:,} groups would take {size:,} bytes, more than {limit:,}: "
            "choose groups or draws, raise limit, or write them with to_zarr, which holds a part at a "
            "time, as fit.loo() does"
        )
    try:
        return GroupDensities(fit, chosen.at, chosen.draws)
    except ValueError:
        if given is None:
            return None
        raise
