"""What a fit holds: hyperparameters, groups, summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hierfast.groups import Groups
from hierfast.sampler import FloatArray

if TYPE_CHECKING:
    from hierfast.grid import GridPopulation
    from hierfast.plan import Plan
    from hierfast.plot import Plot
    from hierfast.report import Report
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
    """

    seed: int
    values: FloatArray
    parts: FloatArray
    moved: list[int]
    chains: tuple[int, ...]
    cut: int
    weights: FloatArray = field(default_factory=lambda: np.empty((0, 0, 0)))


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
    >>> from hierfast.fit import Time
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


class Fit:
    """The posterior.

    Parameters
    ----------
    plan : Plan
        How it was sampled.
    draws : Draws
        What the chains left.
    cores : int
        Threads that groups are read with.
    seconds : float
        Time spent on sampling.

    Attributes
    ----------
    hyper : dict of str to numpy.ndarray
        Draws (chains, draws) of each hyperparameter; of a `Grid` also of its mean and sd.
    groups : Groups
        The effects.
    terms : dict of str to Groups
        All that differs by group: the effects under the name of the group column and, where the
        likelihood's scale is `each` of a distribution, the scales under its name, such as ``"sigma"``.
    plan : Plan
        How it was sampled.
    time : Time
        What the call took.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
    >>> fit.hyper["school_sigma"].shape
    (4, 1000)
    """

    def __init__(self, plan: Plan, draws: Draws, cores: int, seconds: float) -> None:
        self.plan, self.time = plan, Time(*plan.seconds, seconds)
        self._draws = draws
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
    def population(self) -> GridPopulation:
        """Posterior of the weights of a `Grid`; see `hierfast.grid.GridPopulation`.

        Raises
        ------
        ValueError
            If the population is none: its unknowns are all in ``hyper``.
        """
        if self.plan.grid is None:
            raise ValueError(
                "population is of a Grid, whose weights it has; the unknowns of "
                f"{self.plan.graph.population} are in fit.hyper"
            )
        from hierfast.grid import GridPopulation

        return GridPopulation(self.plan, self._draws, self._cores)

    @property
    def shape(self) -> tuple[int, int]:
        """Chains and draws of each."""
        chains, _, draws = self._draws.values.shape
        return chains, draws

    @property
    def cut(self) -> int:
        """Slices that were wider than the cap on their interval, over all draws kept."""
        return self._draws.cut

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

    @property
    def plot(self) -> Plot:
        """Pictures; see `hierfast.plot.Plot`."""
        from hierfast.plot import Plot

        return Plot(self)

    @cached_property
    def summary_table(self) -> Summary:
        """The summary with its usual quantiles, made once."""
        return self.summary()

    def diagnose(self) -> Report:
        """Say whether the draws can be trusted, and what the data leave open.

        Looked at are the effective sample sizes and R-hats of all hyperparameters, R-hat against a
        threshold that 1 in 100 fits that have converged exceed, whatever the number of
        hyperparameters, chains and draws (equation (2) of `hierfast.report`); the error of
        quadrature and of tabulated quantiles, where there are any; caps that were hit; and
        hyperparameters whose posterior is about as wide as their prior and in the same place.

        Returns
        -------
        Report
            Prints as a paragraph; ``ok`` and ``problems`` are for programs, ``remarks`` names what
            the data tell little about.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
        >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
        >>> fit.diagnose().ok
        True
        """
        from hierfast.report import report

        return report(self)

    @property
    def _head(self) -> str:
        chains, draws = self.shape
        head = f"{chains} chains x {draws:,} draws, {self.plan.scheme}, {self.time!r}"
        return f"{head}; dropped {self.plan.dropped}" if self.plan.dropped else head

    def __repr__(self) -> str:
        """Print hyperparameters, a diagnosis in a line and the time taken."""
        table = [repr(self.summary_table)] if self.hyper else []
        return "\n".join([self._head, *table, self.diagnose().short])

    def _repr_html_(self) -> str:
        from hierfast.html import paragraph

        table = self.summary_table._repr_html_() if self.hyper else ""
        return paragraph(self._head) + table + paragraph(self.diagnose().short)
