"""What a fit predicts: new rows, and rows like those it has seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hierfast.fitted import Fitted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from hierfast.checks import PredictiveCheck
    from hierfast.predict import Prediction


class Predictive(Fitted):
    """Predictions of a fit."""

    def predict(
        self,
        new_data: Any,
        *,
        kind: str = "mean",
        y: Any = None,
        group: str | ArrayLike | None = None,
        groups: Any = None,
        probs: Sequence[float] = (0.05, 0.5, 0.95),
        draws: int | None = None,
        keep: bool = False,
        random_seed: Any = None,
    ) -> Prediction:
        """Predict rows of groups that were fitted, and of others.

        A group is known by its label. One that was not fitted has an effect drawn from the population, at
        each draw of the hyperparameters, which all of its rows share: equation (1) of `hierfast.predict`.

        Parameters
        ----------
        new_data : mapping or frame
            One row per prediction, with the group column and what the likelihood reads of rows (trials,
            exposures; known standard errors where ``kind="outcome"``); where there are new groups also
            what the population's location reads. No outcome is needed.
        kind : str
            "mean": the mean of a row given its group, such as trials times probability, of StudentT rows
            their centre, of OrderedLogistic ones the mean category; "outcome": the row itself.
        y : sequence of str, optional
            Of Multinomial rows the columns whose sums are the trials; by default each row is one trial, so
            that means are shares.
        group : str or array_like, optional
            The group column, or its values; by default the column of that name in the fit.
        groups : mapping or frame, optional
            One row per group, with columns that the population's location reads.
        probs : sequence of float
            Quantiles to give.
        draws : int, optional
            Joint draws at most; by default all, but 400 at least where there are very many rows.
        keep : bool
            Whether to return these draws, rows times draws numbers.
        random_seed : int or sequence of int or numpy.random.SeedSequence, optional
            Of the effects of new groups and of outcomes. Same seed, same numbers, whatever the cores.

        Returns
        -------
        Prediction
            ``mean``, ``sd`` and ``quantiles`` of every row, with Monte Carlo errors.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a column lacks or is wrong.

        Notes
        -----
        Effects of groups that were fitted are what the fit says of them, whatever predictors say here.
        Of more than 100,000 rows those of groups alike are made once, and Normal groups stand between
        neighbours that are: see `hierfast.alike.choose_alike`; not with `keep`, columns of standard
        errors, or predictors that differ in most groups.
        Means and sds that are infinite at some draw of the hyperparameters are given as such, with an
        `IdentificationWarning`; means that do not exist as NaN: see `hierfast.tails.find_infinite_rows`.
        Where all are finite those of the posterior may be infinite all the same: of a new group of rows on
        a logarithmic scale E[exp(mu + sigma^2 / 2)] is, where the prior of sigma falls more slowly than a
        Gaussian. Quantiles always exist.

        Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 5.5.

        Examples
        --------
        >>> import hierfast as hf
        >>> table = hf.datasets.load("surgical")
        >>> model = hf.Model(hf.Binomial(n="operations"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))
        >>> fit = model.fit(table, y="deaths", group="hospital", random_seed=1)
        >>> rows = {"hospital": ["A", "elsewhere"], "operations": [100, 100]}
        >>> found = fit.predict(rows, kind="outcome", random_seed=1)
        >>> found.new, bool(found.sd[1] > found.sd[0])
        (array([False,  True]), True)
        """
        from hierfast.predict import predict_rows

        return predict_rows(
            self,
            new_data,
            kind=kind,
            y=y,
            group=group,
            groups=groups,
            probs=probs,
            draws=draws,
            keep=keep,
            random_seed=random_seed,
        )

    def posterior_predictive(
        self,
        data: Any,
        *,
        y: Any = None,
        group: str | ArrayLike | None = None,
        groups: Any = None,
        statistic: str | Callable[..., Any] | Sequence[str | Callable[..., Any]] = (
            "mean",
            "sd",
            "min",
            "max",
        ),
        replicate: str = "same",
        draws: int | None = None,
        keep: bool = False,
        random_seed: Any = None,
    ) -> PredictiveCheck:
        r"""Replicate the rows, and compare test statistics of theirs with those of the data.

        .. math:: p = P(T(y^{rep}) \ge T(y) \mid y) \tag{1}

        near 0 or 1 where the model cannot make rows such as those that were seen.

        Parameters
        ----------
        data : mapping or frame
            The rows that were fitted, or others with outcomes in the same groups.
        y, group : str or array_like, optional
            Outcome and group, as in `Model.fit`; by default the columns of these names in the fit.
        groups : mapping or frame, optional
            One row per group, with columns that the population's location reads, for new groups.
        statistic : str or callable or sequence of these
            Test statistics: "mean", "sd", "min", "max", "zeros" (share of rows at 0), "max_group_mean",
            "min_group_mean", "sd_group_means", or functions of outcomes (N,) and places of their groups
            (N,) that give a number.
        replicate : str
            "same": other rows in the groups that were fitted, which have the effects they have; "new": in
            new groups of the same sizes, a mixed predictive check, which sees more of the population and
            is less of a use of the data twice.
        draws : int, optional
            Replications at most; by default all joint draws, 400 where there are very many rows.
        keep : bool
            Whether to return replicated rows as well, rows times draws numbers.
        random_seed : int or sequence of int or numpy.random.SeedSequence, optional
            Same seed, same numbers, whatever the cores.

        Returns
        -------
        PredictiveCheck
            Observed and replicated statistics, p-values with Monte Carlo errors.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a column lacks or is wrong, or a group was not fitted.

        Notes
        -----
        Sources: Gelman, Meng and Stern (1996), *Statistica Sinica* 6(4); new groups: Marshall and
        Spiegelhalter (2007), *Bayesian Analysis* 2(2).

        Examples
        --------
        >>> import hierfast as hf
        >>> table = hf.datasets.load("surgical")
        >>> model = hf.Model(hf.Binomial(n="operations"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))
        >>> fit = model.fit(table, y="deaths", group="hospital", random_seed=1)
        >>> check = fit.posterior_predictive(table, statistic=["max", "sd"], random_seed=1)
        >>> check.observed["max"], 0.2 < check.p_value["sd"] < 0.8
        (46.0, True)
        """
        from hierfast.checks import check_rows

        return check_rows(
            self,
            data,
            y=y,
            group=group,
            groups=groups,
            statistic=statistic,
            replicate=replicate,
            draws=draws,
            keep=keep,
            random_seed=random_seed,
        )
