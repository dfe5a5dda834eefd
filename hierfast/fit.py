"""What a fit holds, and all that can be read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hierfast.exchangeability import Exchangeability
from hierfast.export import Export
from hierfast.heterogeneity import Heterogeneity
from hierfast.loo import Scores
from hierfast.predictive import Predictive
from hierfast.refits import Alternatives
from hierfast.renewal import Renewal

if TYPE_CHECKING:
    from hierfast.grid import GridPopulation
    from hierfast.plot import Plot
    from hierfast.report import Report


class Fit(Heterogeneity, Alternatives, Exchangeability, Predictive, Scores, Renewal, Export):
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
    settings : Settings, optional
        What was asked for; None of a fit put together by hand.

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
    def plot(self) -> Plot:
        """Pictures; see `hierfast.plot.Plot`."""
        from hierfast.plot import Plot

        return Plot(self)

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
