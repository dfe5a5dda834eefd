"""The joint distribution of a model: simulated, and its density."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from hierfast.log_prob import LogProb
    from hierfast.model import Model
    from hierfast.prior_predictive import PriorPredictive


class JointModel:
    """What can be asked of all three stages together, without a fit."""

    __slots__ = ()

    def prior_predictive(
        self,
        data: Any = None,
        *,
        y: str | ArrayLike | None = None,
        group: str | ArrayLike | None = None,
        groups: Any = None,
        draws: int = 500,
        random_seed: Any = None,
    ) -> PriorPredictive:
        """Simulate all three stages for the design of some data, whatever the outcomes there.

        Parameters
        ----------
        data : mapping or frame, optional
            Rows with the columns that the model reads, as in `fit`, but for the outcome; by default one row
            of one group.
        y : str or array_like, optional
            The outcome where more is read of it than its values: of Multinomial rows the names of the
            columns, whose sums are the trials; where rows were censored, the times at which they were, so
            that simulated ones are censored there. Else it is not looked at.
        group : str or array_like, optional
            The group of each row; left out, every row is its own group.
        groups : mapping or frame, optional
            One row per group, as in `fit`.
        draws : int
            How many, each with hyperparameters of its own.
        random_seed : int or sequence of int or numpy.random.SeedSequence, optional
            Same seed, same simulations; fresh entropy by default.

        Returns
        -------
        PriorPredictive
            ``hyper``, a dict of arrays (draws,), ``effects`` (draws, J) and ``y`` (draws, N). A row of
            weight w is there w times.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a column lacks or is wrong, or a prior is improper: it cannot be drawn from.

        Notes
        -----
        Source: Gabry et al. (2019), *J. R. Statist. Soc. A* 182(2), section 3.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Binomial(n=10), hf.Beta(1, 1))
        >>> prior = model.prior_predictive(draws=2000, random_seed=1)
        >>> prior.y.shape, bool(abs((prior.y == 5).mean() - 1 / 11) < 0.02)
        ((2000, 1), True)
        """
        from hierfast.prior_predictive import sample_prior

        return sample_prior(
            cast("Model", self),
            data,
            y=y,
            group=group,
            groups=groups,
            draws=draws,
            random_seed=random_seed,
        )

    def log_prob(
        self,
        data: Any,
        hyper: dict[str, Any],
        effects: ArrayLike | None,
        *,
        y: Any = None,
        group: str | ArrayLike | None = None,
        groups: Any = None,
        scales: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> LogProb:
        """Evaluate the log density of rows, effects and hyperparameters, stage by stage.

        Parameters
        ----------
        data, y, group, groups
            The rows, as in `fit`.
        hyper : dict of str to array_like
            Hyperparameters by the names of ``fit.hyper``: numbers, or arrays of one shape (...).
        effects : array_like
            Effects (..., J) in the order of the sorted labels, on the scale of ``fit.groups``; shares
            (..., J, H). On a `Grid` they are points, and None sums them out.
        scales : array_like, optional
            Scales (..., J) as they were written, where these differ by group.
        weights : array_like, optional
            Weights (..., M) of the points of a `Grid`, such as ``fit.population.weights``. Where one is 0
            to rounding and counts for less than a group, its density is infinite.

        Returns
        -------
        LogProb
            ``likelihood``, ``population``, ``hyper`` and their sum ``total``, with all constants.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a hyperparameter lacks, shapes do not fit, or data are wrong.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> found = model.log_prob(
        ...     table, fit.hyper, fit.groups.draws(), y="effect", group="school"
        ... )
        >>> found.total.shape, found.likelihood_by_group.shape
        ((4, 1000), (4, 1000, 8))

        On a grid, effects summed out:

        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Grid(points=[0, 10], concentration=2))
        >>> found = model.log_prob(
        ...     table, {}, None, y="effect", group="school", weights=[0.4, 0.6]
        ... )
        >>> float(found.total.round(2))
        -30.08
        """
        from hierfast.log_prob import compute_log_prob

        return compute_log_prob(
            cast("Model", self),
            data,
            hyper,
            effects,
            y=y,
            group=group,
            groups=groups,
            scales=scales,
            weights=weights,
        )
