r"""How much groups differ: intraclass correlation, I-squared, and where a new group would be.

With :math:`\tau^2` the population's variance at a draw of the hyperparameters,

.. math:: \mathrm{ICC} = \frac{\tau^2}{\tau^2 + \sigma^2},                                           \tag{1}

where sigma is the sd that all Normal rows share, or that of the latent variable behind a link: its square
is pi^2 / 3 for the logit, 1 for the probit, pi^2 / 6 for the complementary log-log. Of Normal rows,

.. math::

    I^2 = \frac{\tau^2}{\tau^2 + s^2}, \qquad
    s^2 = \frac{(J - 1) \sum_j w_j}{(\sum_j w_j)^2 - \sum_j w_j^2}, \tag{2}

with w_j the precision of group j's mean, is the part of the spread between the groups' own means that is
not noise. Sources: (1) Goldstein, Browne and Rasbash (2002), *Understanding Statistics* 1(4); Nakagawa,
Johnson and Schielzeth (2017), *J. R. Soc. Interface* 14; (2) Higgins and Thompson (2002), *Statistics in
Medicine* 21(11); the interval: Higgins, Thompson and Spiegelhalter (2009), *J. R. Stat. Soc. A* 172(1).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hierfast.fitted import Fitted
from hierfast.sampler import FloatArray

if TYPE_CHECKING:
    from hierfast.summary import Summary

LATENT = {
    "logit": math.pi**2 / 3,
    "probit": 1.0,
    "cloglog": math.pi**2 / 6,
    "ordered logit": math.pi**2 / 3,
}
MOST = 1000  # draws behind the quantiles of a new group


class Heterogeneity(Fitted):
    """How much groups differ."""

    def heterogeneity(self) -> Summary:
        """Say how much of what differs, differs between groups.

        Returns
        -------
        Summary
            Of ``between_sd``, the population's sd, ``icc``, the intraclass correlation, of single rows or
            of what is latent behind a link, and ``i2``, of the groups' means, each where it is defined:
            equations (1) and (2) of `hierfast.heterogeneity`.

        Raises
        ------
        ValueError
            If the population is on a grid or of vectors, or scales differ by group.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma=hf.Flat()), hf.Normal(hf.Flat(), hf.HalfNormal(99)))
        >>> table = hf.datasets.load("dyes")
        >>> fit = model.fit(table, y="grams", group="batch", random_seed=1)
        >>> fit.heterogeneity().names
        ('between_sd', 'icc', 'i2')
        """
        from hierfast.summary import summarise

        return summarise(self._heterogeneity())

    def _heterogeneity(self) -> dict[str, FloatArray]:
        from hierfast.population import variance_of
        from hierfast.sample import read

        plan, values = self.plan, self._draws.values
        graph = plan.graph
        if plan.grid is not None or graph.scales is not None or graph.population == "Dirichlet":
            what = (
                "scales that differ by group"
                if graph.scales
                else f"a {graph.population} population"
            )
            raise ValueError(f"heterogeneity is not available with {what} in this version")
        shape = (values.shape[0], values.shape[2])
        x = np.concatenate(list(values), axis=1)
        var, n = variance_of(graph, x), x.shape[1]
        found = {"between_sd": np.sqrt(var)}
        link = getattr(plan.statistics, "link", None)
        latent = None if link is None or graph.natural else LATENT.get(link.name)
        if graph.likelihood == "Normal":
            within = np.square(read(graph.noise, x, n))
            weight = plan.informed.weight
            first, second = weight.sum(), np.square(weight).sum()
            typical = (
                (len(weight) - 1) * first / (first * first - second) if len(weight) > 1 else 0.0
            )
            if not plan.statistics.known:
                found["icc"] = var / (var + within)
            if typical > 0:
                found["i2"] = var / (var + typical * within)
        elif latent is not None:
            found["icc"] = var / (var + latent)
        return {name: v.reshape(shape) for name, v in found.items()}

    def population_interval(self, prob: float = 0.9) -> tuple[float, float]:
        """Say where the effect of a new group would be: the population's prediction interval.

        It holds what is not known of the hyperparameters as well as how groups differ, which an interval
        of the population's mean leaves out.

        Parameters
        ----------
        prob : float
            Probability inside the central interval.

        Returns
        -------
        tuple of float
            Both ends, on the scale of ``fit.groups.mean``: equation (3) of `hierfast.population`.

        Raises
        ------
        ValueError
            If locations of groups differ by columns, or effects are vectors.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> low, high = fit.population_interval(0.5)
        >>> bool(1 < low < 3 and 6 < high < 8)
        True
        """
        from hierfast.joint import interval_names
        from hierfast.population import quantiles_of

        interval_names(prob)
        plan, graph = self.plan, self.plan.graph
        probs = np.array([0.5 * (1.0 - prob), 0.5 * (1.0 + prob)])
        if graph.population == "Dirichlet":
            raise ValueError("population_interval is of one number; shares are vectors")
        if graph.design or plan.location is not None:
            raise ValueError(
                "the population's location differs by columns: a new group's effect depends on its own; "
                "give groups without rows in groups= of fit to read theirs"
            )
        if plan.grid is not None:
            return self._grid_interval(probs)
        x = np.concatenate(list(self._draws.values), axis=1)
        at = np.arange(min(MOST, x.shape[1])) * x.shape[1] // min(MOST, x.shape[1])
        low, high = quantiles_of(graph, np.ascontiguousarray(x[:, at]), probs).tolist()
        return low, high

    def _grid_interval(self, probs: FloatArray) -> tuple[float, float]:
        """Points at which the posterior mean of the distribution function reaches probabilities."""
        weights = self._draws.weights
        total = np.cumsum(weights.reshape(-1, weights.shape[2]).mean(axis=0))
        at = np.minimum(np.searchsorted(total, probs), len(total) - 1)
        low, high = self.plan.grid.points[at].tolist()
        return low, high
