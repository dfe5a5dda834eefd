"""What every reading of a fit shares: the plan, the draws, the groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hierfast.groups import Groups
from hierfast.sampler import FloatArray

if TYPE_CHECKING:
    from hierfast.model import Model
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
    weights : numpy.ndarray
        Of a grid (chains, draws, M); M is 0 where there is none.
    states : tuple of tuple
        Where each chain stands after its last draw, as `hierfast.sampler.Sampler.snapshot` gives it;
        empty where a chain was interrupted, or that is too much to hold.
    """

    seed: int
    values: FloatArray
    parts: FloatArray
    moved: list[int]
    chains: tuple[int, ...]
    cut: int
    weights: FloatArray = field(default_factory=lambda: np.empty((0, 0, 0)))
    states: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Time:
    """Wall-clock time of a fit, in seconds.

    Attributes
    ----------
    data : float
        Reading the data.
    plan : float
        Deciding how to sample.
    sample : float
        Sampling.

    Examples
    --------
    >>> from hierfast.fitted import Time
    >>> Time(0.0031, 0.005, 0.0042)
    12.3 ms (data 3.1, plan 5.0, sampling 4.2)
    """

    data: float
    plan: float
    sample: float

    @property
    def total(self) -> float:
        """All three, in seconds."""
        return self.data + self.plan + self.sample

    def __repr__(self) -> str:
        """Print total and parts in one unit."""
        factor, unit = (1.0, "s") if self.total >= 10 else (1e3, "ms")
        total, *parts = (factor * t for t in (self.total, self.data, self.plan, self.sample))
        names = zip(("data", "plan", "sampling"), parts, strict=True)
        inside = ", ".join(f"{name} {value:,.1f}" for name, value in names)
        return f"{total:,.1f} {unit} ({inside})"


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """What a fit was asked for, so that it can be done again with other rows, priors or draws.

    Attributes
    ----------
    model : Model
        The three stages.
    y, group : str or sequence of str or None
        Names of the columns; None where arrays were given.
    draws, tune, chains : int
        As in `Model.fit`.
    scheme, na : str
        As in `Model.fit`.
    """

    model: Model
    y: str | tuple[str, ...] | None
    group: str | None
    draws: int
    tune: int
    chains: int
    scheme: str
    na: str


def _open_groups(plan: Plan, draws: Draws, cores: int) -> Groups:
    """Give the groups: numbers, points of a grid, or shares."""
    if plan.grid is not None:
        from hierfast.grid import GridGroups

        return GridGroups(plan, draws, cores)
    if plan.graph.population != "Dirichlet":
        return Groups(plan, draws, cores)
    from hierfast.shares import ShareGroups

    return ShareGroups(plan, draws, cores)


def _describe(plan: Plan, draws: Draws) -> dict[str, FloatArray]:
    """Give the mean and the sd of a population on a grid, at each draw of its weights."""
    g, w = plan.grid.points, draws.weights
    middle = 0.5 * (g[0] + g[-1])
    mean = w @ (g - middle)
    spread = np.sqrt(np.maximum(w @ np.square(g - middle) - mean * mean, 0.0))
    return {f"{plan.group_name}_mean": mean + middle, f"{plan.group_name}_sd": spread}


class Fitted:
    """The posterior as the chains left it; what is read of it is for subclasses to say.

    Parameters
    ----------
    plan, draws, cores, seconds, settings
        As in `hierfast.fit.Fit`.
    """

    def __init__(
        self,
        plan: Plan,
        draws: Draws,
        cores: int,
        seconds: float,
        settings: Settings | None = None,
    ) -> None:
        self.plan, self.time = plan, Time(*plan.seconds, seconds)
        self._draws, self._settings = draws, settings
        columns = [draws.values[:, i, :] for i in range(len(plan.graph.nodes))]
        self._cores = cores
        self.hyper = plan.graph.unknowns(columns)
        if plan.grid is not None:
            self.hyper |= _describe(plan, draws)
        self.terms: dict[str, Groups]
        if plan.graph.scales is None:
            self.terms = {plan.group_name: _open_groups(plan, draws, cores)}
        else:
            from hierfast.scales import open_terms

            self.terms = open_terms(plan, draws, cores)
        self.groups = self.terms[plan.group_name]

    @property
    def shape(self) -> tuple[int, int]:
        """Chains and draws of each."""
        chains, _, draws = self._draws.values.shape
        return chains, draws

    @property
    def cut(self) -> int:
        """Slices that were wider than the cap on their interval, over all draws kept."""
        return self._draws.cut

    @property
    def model(self) -> Model:
        """The model that was fitted.

        Raises
        ------
        ValueError
            If the fit was put together from a plan and draws.
        """
        return self.settings.model

    @property
    def settings(self) -> Settings:
        """What the fit was asked for.

        Raises
        ------
        ValueError
            If the fit was put together from a plan and draws.
        """
        if self._settings is None:
            raise ValueError("this fit was put together from a plan and draws: it has no model")
        return self._settings

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
    def summary_table(self) -> Summary:
        """The summary with its usual quantiles, made once."""
        return self.summary()
