"""What a fit holds: hyperparameters, groups, summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hierfast.groups import Groups
from hierfast.sampler import FloatArray

if TYPE_CHECKING:
    from hierfast.plan import Plan
    from hierfast.summary import Summary


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """What chains leave.

    Attributes
    ----------
    seed : int
        64-bit seed.
    values : numpy.ndarray
        Unknowns (chains, n_node, draws).
    parts : numpy.ndarray
        Components of the groups' posteriors (chains, 4, draws).
    moved : list of int
        Accepted proposals per chain.
    chains : tuple of int
        Which chains these are: randomness of the effects is theirs.
    cut : int
        Slices that were wider than the cap on their interval.
    """

    seed: int
    values: FloatArray
    parts: FloatArray
    moved: list[int]
    chains: tuple[int, ...]
    cut: int


class Fit:
    """The posterior.

    Attributes
    ----------
    hyper : dict of str to numpy.ndarray
        Draws (chains, draws) of each hyperparameter.
    groups : Groups
        The effects.
    plan : Plan
        How it was sampled.
    seconds : float
        Wall-clock time of the call.
    """

    def __init__(self, plan: Plan, draws: Draws, cores: int, seconds: float) -> None:
        self.plan, self.seconds = plan, seconds
        self._draws = draws
        place = {node.name: i for i, node in enumerate(plan.graph.nodes)}
        self.hyper = {name: draws.values[:, place[name], :] for name in plan.graph.display}
        self.groups = Groups(plan, draws, cores)

    def summary(self, probs: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> Summary:
        """Summarise the hyperparameters.

        Parameters
        ----------
        probs : sequence of float
            Quantiles to give.

        Returns
        -------
        Summary
            Mean, sd, their Monte Carlo errors, quantiles, bulk and tail ESS and rank-normalised
            split R-hat, as in Vehtari et al. (2021), *Bayesian Analysis* 16(2).

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
        >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
        >>> fit.summary().names
        ('group_mu', 'group_sigma')
        """
        from hierfast.summary import summarise

        return summarise(self.hyper, probs)

    @cached_property
    def _table(self) -> Summary:
        return self.summary()

    def __repr__(self) -> str:
        """Print hyperparameters, a diagnosis in a line and the time taken."""
        chains, _, draws = self._draws.values.shape
        head = (
            f"{chains} chains x {draws:,} draws, {self.plan.scheme}, {1e3 * self.seconds:,.1f} ms"
        )
        if not self.hyper:
            return f"{head}\nno unknown hyperparameters"
        table = self._table
        ess = np.minimum(table["ess_bulk"], table["ess_tail"])
        worst = int(np.argmin(ess))
        verdict = (
            f"smallest ESS {ess[worst]:,.0f} ({table.names[worst]}), "
            f"largest R-hat {np.max(table['r_hat']):.3f}"
        )
        return f"{head}\n{table!r}\n{verdict}"
