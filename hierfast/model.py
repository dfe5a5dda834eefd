"""The three stages of a model, validated once, immutable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hierfast.distributions.base import Distribution, find_each, find_row_argument
from hierfast.distributions.likelihood import Likelihood
from hierfast.distributions.linear import Linear
from hierfast.distributions.mixture import Mixture
from hierfast.distributions.point_mass import PointMass
from hierfast.grammar import build_graph
from hierfast.joint_model import JointModel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from hierfast.fit import Fit
    from hierfast.merging import GroupStatistics
    from hierfast.plan import Plan
    from hierfast.progress import Progress


@dataclass(frozen=True, slots=True, repr=False)
class Model(JointModel):
    r"""A Bayesian hierarchical model of exchangeable groups.

    .. math::

        y_{ij} &\sim p(y \mid \theta_j, \sigma)             && \text{stage I, likelihood} \\
        \theta_j &\sim p(\theta \mid \mu, \tau)             && \text{stage II, population} \\
        \mu, \tau, \sigma &\sim \text{their priors}         && \text{stage III, hyperprior}

    Parameters
    ----------
    likelihood : Distribution
        Normal, Binomial, Bernoulli, Poisson, NegativeBinomial, ZeroInflatedPoisson, ZeroInflatedBinomial,
        Exponential, Weibull, Gamma, OrderedLogistic or Multinomial: distribution of a row given its
        group's effect. It leaves its location out; a Normal's scale is a number, a column of known values,
        a prior, or `each` of a distribution, one for every group. Effects are means of a Normal, logits of
        probabilities of the binomial ones, logarithms of rates of counts and of an Exponential, of scales
        of a Weibull, of means of a Gamma; those of an OrderedLogistic are on the scale of its cutpoints,
        those of a Multinomial vectors of shares.
    population : Normal, StudentT, Logistic, Beta, Gamma, InverseGamma, Mixture or Dirichlet
        Distribution of the groups' effects: Beta of the probabilities of a Binomial, Gamma or InverseGamma
        of rates, scales or means that are positive, Dirichlet of the shares of a Multinomial, the others on
        the scale above. Its arguments are numbers or priors, whose own arguments may be priors in turn; a
        location may be `Linear` in columns known of groups; a Normal's mean may be a column, known per
        group, where the rows are Normal.

    Examples
    --------
    Eight schools, with known standard errors:

    >>> import hierfast as hf
    >>> schools = {
    ...     "school": ["A", "B", "C", "D", "E", "F", "G", "H"],
    ...     "effect": [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0],
    ...     "se": [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0],
    ... }
    >>> model = hf.Model(
    ...     likelihood=hf.Normal(sigma="se"),
    ...     population=hf.Normal(mu=hf.Normal(0, 5), sigma=hf.HalfCauchy(5)),
    ... )
    >>> fit = model.fit(schools, y="effect", group="school", random_seed=1, progressbar=False)
    >>> list(fit.hyper)
    ['school_mu', 'school_sigma']
    """

    likelihood: Likelihood
    population: Distribution

    def __post_init__(self) -> None:
        """Check both stages and that their unknowns fit together."""
        _check_stage("likelihood", self.likelihood)
        _check_stage("population", self.population)
        _check_likelihood(self.likelihood)
        _check_population(self.population, self.likelihood)
        build_graph(self.likelihood, self.population)

    def __repr__(self) -> str:
        """Print as it is written."""
        return f"Model(likelihood={self.likelihood!r}, population={self.population!r})"

    def fit(
        self,
        data: Any,
        *,
        y: str | ArrayLike | None = None,
        group: str | ArrayLike | None = None,
        groups: Any = None,
        draws: int = 1000,
        tune: int = 500,
        chains: int = 4,
        cores: int | None = None,
        random_seed: Any = None,
        progressbar: bool | str = True,
        callback: Callable[[Progress], Any] | None = None,
        scheme: str = "auto",
        na: str = "raise",
    ) -> Fit:
        """Sample the posterior.

        Parameters
        ----------
        data : mapping, frame or statistics
            One row per observation: a dict of arrays, a pandas, polars or Arrow frame, a structured
            array; or ready `Statistics`, or those that `statistics` gives, which need neither `y` nor
            `group`.
        y : str or array_like
            The outcome: name of a column, or its values; of Multinomial rows the names of several, or
            an array (N, H).
        group : str or array_like, optional
            The group of each row: text, integers, booleans, dates, categories, tuples; left out,
            every row is its own group.
        groups : mapping or frame, optional
            One row per group, with the column `group` and those that the population reads. It may
            name groups that have no rows: their effects are those of the population.
        draws : int
            Draws kept per chain.
        tune : int
            Draws per chain spent on adapting and thrown away.
        chains : int
            Independent chains.
        cores : int, optional
            Threads to use, all of them by default; the draws do not depend on it.
        random_seed : int or sequence of int or numpy.random.SeedSequence, optional
            Same seed, data and settings give the same draws; fresh entropy by default.
        progressbar : bool or "log"
            True: a line of progress for work beyond a second, on a terminal or in a notebook;
            "log": the same as plain lines every few seconds, wherever they go; False: nothing.
        callback : callable, optional
            Called from the caller's thread with a `Progress`, about every 50 ms and once at the
            end; short fits have an end only. What it raises stops the chains and is passed on.
        scheme : str
            "auto", "collapsed" (closed forms), "quadrature" or "gibbs".
        na : str
            What to do about missing values: "raise" an error, or "drop" the rows that have one and
            say how many.

        Returns
        -------
        Fit
            The posterior: ``hyper``, ``groups``, ``summary()``.

        Raises
        ------
        TypeError, ValueError
            If data or settings are wrong, or the posterior would be improper.
        KeyboardInterrupt
            If interrupted (Ctrl-C) before the first draw is finished.

        Warns
        -----
        InterruptWarning
            If interrupted later: the finished draws, the same as without the interruption, are
            returned, of those chains for which chains times draws is largest.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
        >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
        >>> fit.hyper["group_mu"].shape
        (4, 1000)
        """
        from hierfast.sample import fit_model

        return fit_model(
            self,
            data,
            y=y,
            group=group,
            draws=draws,
            tune=tune,
            chains=chains,
            cores=cores,
            random_seed=random_seed,
            progressbar=progressbar,
            callback=callback,
            scheme=scheme,
            groups=groups,
            na=na,
        )

    def statistics(
        self,
        data: Any,
        *,
        y: str | ArrayLike | None = None,
        group: str | ArrayLike | None = None,
        groups: Any = None,
        na: str = "raise",
        cores: int | None = None,
    ) -> GroupStatistics:
        """Read rows to the statistics of their groups, which add up with ``+`` and stand in place of rows.

        Streaming, rows larger than memory, new rows and many machines are the same one operation:
        statistics of parts, added in any order, are those of all rows; the same bits where the data are
        integer-valued, to rounding otherwise.

        Parameters
        ----------
        data, y, group, groups, na
            As in `fit`.
        cores : int, optional
            Threads to use, all of them by default; the result does not depend on it.

        Returns
        -------
        GroupStatistics
            A fixed-size row a group where sums suffice (`Statistics` of Normal rows, else ``Counts`` or
            ``ShareCounts``); of NegativeBinomial, zero-inflated, Weibull, Gamma and OrderedLogistic rows
            also one a group and exposure, time or category, of StudentT rows all that differ.

        Raises
        ------
        TypeError, ValueError
            If data are wrong.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Poisson(), hf.Gamma(hf.Exponential(1), hf.Gamma(0.1, 1)))
        >>> days = [{"shop": ["a", "b"], "y": [3, 1]}, {"shop": ["b", "c"], "y": [0, 4]}]
        >>> stats = sum(model.statistics(day, y="y", group="shop") for day in days)
        >>> stats
        Counts(3 groups (shop), 4 rows, 8 out of 4)
        >>> model.fit(stats, random_seed=1, progressbar=False).groups["b"].n
        2
        """
        from hierfast.plan import gather
        from hierfast.threads import available_cores

        threads = available_cores() if cores is None else cores
        return gather(self, data, y, group, groups, na, threads)

    def explain(
        self,
        data: Any,
        *,
        y: str | ArrayLike | None = None,
        group: str | ArrayLike | None = None,
        groups: Any = None,
        scheme: str = "auto",
        draws: int = 1000,
        tune: int = 500,
        chains: int = 4,
        na: str = "raise",
    ) -> Plan:
        """Print how the posterior would be sampled and what it would cost; sample nothing.

        Parameters
        ----------
        data : mapping, frame or statistics
            One row per observation: a dict of arrays, a pandas, polars or Arrow frame, a structured
            array; or ready `Statistics`, or those that `statistics` gives, which need neither `y` nor
            `group`.
        y : str or array_like
            The outcome: name of a column, or its values; of Multinomial rows the names of several, or
            an array (N, H).
        group : str or array_like, optional
            The group of each row: text, integers, booleans, dates, categories, tuples; left out,
            every row is its own group.
        groups : mapping or frame, optional
            One row per group, with the column `group` and those that the population reads. It may
            name groups that have no rows: their effects are those of the population.
        scheme : str
            "auto", "collapsed" (closed forms), "quadrature" or "gibbs".
        draws, tune, chains : int
            The settings of the fit to explain.
        na : str
            "raise" or "drop", as in `fit`.

        Returns
        -------
        Plan
            The plan that was printed.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
        >>> plan = model.explain({"y": [1.0, 2.0, 4.0]}, y="y")
        Normal likelihood, Normal population: 3 rows, 3 groups (group)
        ...
        """
        from hierfast.plan import explain_model

        return explain_model(
            self,
            data,
            y=y,
            group=group,
            groups=groups,
            scheme=scheme,
            draws=draws,
            tune=tune,
            chains=chains,
            na=na,
        )


def _check_stage(stage: str, value: object) -> None:
    if isinstance(value, type) and issubclass(value, Distribution):
        raise TypeError(f"{stage} is the class {value.__name__}; write {value.__name__}(...)")
    if not isinstance(value, Distribution):
        raise TypeError(
            f"{stage} must be a distribution such as Normal; "
            f"got {value!r} of type {type(value).__name__}"
        )


def _check_likelihood(likelihood: Distribution) -> None:
    from hierfast.schemes import PAIRS

    name, known = type(likelihood).__name__, list(dict.fromkeys(rows for rows, _ in PAIRS))
    if name not in known:
        raise ValueError(
            f"{name} is not available as a likelihood in this version; use one of {', '.join(known)}"
        )
    if likelihood.only_rows:
        return
    written = likelihood.arguments()
    effect, others = written[likelihood.effect], [a.name for a in written]
    if effect.value is not None:
        others.remove(effect.name)
        keyword = f"({others[0]}=...) with the keyword" if others else "()"
        raise ValueError(
            f"the likelihood's {effect.name} is the group's effect and is left out; got "
            f"{effect.name}={effect.value!r}; write {name}{keyword}"
        )
    lacking = [a.name for a in written if a.value is None and a is not effect]
    if lacking:
        raise ValueError(
            f"the likelihood {name} lacks {lacking[0]}: give a number, a column or a prior"
        )


def _check_population(population: Distribution, likelihood: Distribution) -> None:
    from hierfast.schemes import PAIRS

    name, rows = type(population).__name__, type(likelihood).__name__
    known = ", ".join(groups for other, groups in PAIRS if other == rows)
    if population.only_rows:
        raise ValueError(
            f"{name} is a likelihood of rows; as a population of {rows} rows use one of {known}"
        )
    if (rows, name) not in PAIRS:
        raise ValueError(
            f"{name} is not available as a population of {rows} rows in this version; use one of {known}"
        )
    link = getattr(likelihood, "link", "logit")
    if name == "Beta" and link != "logit":
        raise ValueError(
            f"a Beta population is of probabilities themselves, so that no {link} link stands "
            f"between them and the rows; leave {rows}'s link out"
        )
    if isinstance(population, Mixture):
        for component in population.components:
            if not isinstance(component, PointMass):
                _check_population(component, likelihood)
        return
    given = find_row_argument(population)
    if given:
        raise ValueError(
            f"the population {name} has {given}; only a likelihood's rows have {given}"
        )
    each = find_each(likelihood)
    if each is not None and name != "Normal":
        raise ValueError(
            f"the population is {name}, and the likelihood's {each.name} is each(...): scales that differ "
            "by group are available with a Normal population only in this version"
        )
    if each is not None and isinstance(population.arguments()[0].value, Linear):
        raise ValueError(
            f"the population's mu is Linear, and the likelihood's {each.name} is each(...): with scales "
            "that differ by group mu must be a number, a column or a prior in this version"
        )
    missing = population.missing()
    if missing:
        raise ValueError(
            f"the population {name} lacks {missing[0]}: give a number or a prior"
            + (" such as Normal(0, 10) or Flat()" if missing[0] == "mu" else "")
        )
    if likelihood.increasing:
        _check_origin(population, likelihood)


def _check_origin(population: Distribution, likelihood: Distribution) -> None:
    """Refuse an unknown location beside unknown cutpoints."""
    location = population.arguments()[max(population.place, 0)]
    shifted = isinstance(location.value, Distribution)
    if isinstance(location.value, Linear):
        shifted = () in location.value.terms
    if not (shifted and isinstance(likelihood.arguments()[0].value, Distribution)):
        return
    kind, name = type(population).__name__, location.name
    instead = 'Linear("0 + x", ...)' if isinstance(location.value, Linear) else "0"
    raise ValueError(
        f"{type(likelihood).__name__}'s cutpoints are unknown, and so is the population's {name}: a shift "
        "of all cutpoints is one of all effects, and data cannot tell them apart; write "
        f"{kind}({name}={instead}, ...), or cutpoints that are numbers"
    )
