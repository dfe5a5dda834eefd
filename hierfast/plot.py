"""Pictures of a fit; matplotlib is imported when one is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hierfast.pictures import draw_ranks, draw_sorted, draw_traces, open_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from hierfast.fit import Fit


def require_matplotlib() -> None:
    """Import matplotlib, or say how to get it.

    Raises
    ------
    ImportError
        If it is not there.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "pictures need matplotlib: pip install 'hierfast[plot]', or pip install matplotlib"
        ) from error


class Plot:
    """Pictures of a fit, as ``fit.plot``.

    Examples
    --------
    >>> import hierfast as hf
    >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
    >>> table = hf.datasets.load("eight_schools")
    >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
    >>> fit.plot.shrinkage().get_xlabel()
    'effect: mean of the rows alone'
    """

    def __init__(self, fit: Fit) -> None:
        self._fit = fit

    def __repr__(self) -> str:
        """Name the pictures there are."""
        return (
            "pictures of a fit: shrinkage(), caterpillar(), ranks(), rank_probs(), trace(), prior(), "
            "pairs(), predictive()"
        )

    def shrinkage(
        self, ax: Axes | None = None, *, prob: float = 0.9, title: str | None = None
    ) -> Axes:
        """Draw raw group means against pooled ones.

        Groups on the dashed diagonal are left alone, groups on the dotted line are pooled
        completely; the larger a point, the more rows the group has, or the smaller its known
        standard error. Up to a hundred groups show their posterior intervals; beyond two thousand
        the bulk is shaded by density, and groups at its edge stay points.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.
        prob : float
            Probability inside the intervals.
        title : str, optional
            Above the picture; the number of groups by default.

        Returns
        -------
        matplotlib.axes.Axes
            Where it was drawn.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            If prob does not lie between 0 and 1.

        Examples
        --------
        >>> import hierfast as hf
        >>> table = hf.datasets.simulate(200, seed=1)
        >>> model = hf.Model(
        ...     hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2))
        ... )
        >>> fit = model.fit(table, y="y", group="group", random_seed=1, progressbar=False)
        >>> fit.plot.shrinkage(prob=0.5).get_title()
        '199 groups'
        """
        if not 0 < prob < 1:
            raise ValueError(f"prob must lie strictly between 0 and 1; got {prob}")
        require_matplotlib()
        ax = open_axes(ax)
        from hierfast.shrinkage import Shrinkage

        Shrinkage(self._fit, ax, prob).draw()
        fit, count = self._fit, len(self._fit.groups)
        name = fit.plan.group_name
        default = f"{count:,} groups" + ("" if name == "group" else f" ({name})")
        ax.set_title(default if title is None else title)
        return ax

    def caterpillar(self, ax: Axes | None = None, *, prob: float = 0.9) -> Axes:
        """Draw all groups in the order of their posterior means, with intervals.

        Up to forty groups bear their names, up to two hundred have a bar each; of more the intervals are a
        band, between the medians of their ends.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.
        prob : float
            Probability inside the intervals.

        Returns
        -------
        matplotlib.axes.Axes
            Where it was drawn.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
        >>> [text.get_text() for text in fit.plot.caterpillar().get_yticklabels()][-1]
        'G'
        """
        require_matplotlib()
        groups = self._fit.groups
        if groups.mean.ndim > 1:
            raise ValueError("caterpillar pictures one number a group; of shares see to_pandas()")
        ends = groups.interval(prob)
        what = f"{self._fit.plan.y_name}: posterior mean"
        return draw_sorted(ax, groups.labels, groups.mean, ends, what, prob)

    def ranks(self, ax: Axes | None = None, *, prob: float = 0.9, draws: int | None = None) -> Axes:
        """Draw every group's expected rank with its interval, the first on top.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.
        prob : float
            Probability inside the intervals.
        draws : int, optional
            Joint draws, as in `Groups.rank`.

        Returns
        -------
        matplotlib.axes.Axes
            Where it was drawn.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
        >>> fit.plot.ranks().get_xlabel()
        'rank, 90% intervals'
        """
        require_matplotlib()
        return draw_ranks(ax, self._fit.groups.rank(prob=prob, draws=draws), prob)

    def trace(self, axes: Any = None) -> Any:
        """Draw the density and the trace of every hyperparameter, a line a chain.

        Parameters
        ----------
        axes : numpy.ndarray of matplotlib.axes.Axes, optional
            Where to draw (parameters, 2); a new figure by default.

        Returns
        -------
        numpy.ndarray of matplotlib.axes.Axes
            Where it was drawn.

        Raises
        ------
        ValueError
            If all hyperparameters are known.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
        >>> fit.plot.trace().shape
        (2, 2)
        """
        require_matplotlib()
        if not self._fit.hyper:
            raise ValueError("there is nothing to trace: all hyperparameters are known")
        return draw_traces(axes, self._fit.hyper)

    def prior(self, axes: Any = None, *, names: Sequence[str] | None = None) -> Any:
        """Draw the density of every hyperparameter before the data and after them.

        Where the posterior looks like the prior, the data tell little (see also ``fit.diagnose()`` and
        ``fit.sensitivity()``). Densities are shown where the posterior is, and half its width on.
        A prior that reads other unknowns is averaged over draws of these from their priors; one that is
        improper has no density, and the picture says so.

        Parameters
        ----------
        axes : matplotlib.axes.Axes or numpy.ndarray of these, optional
            Where to draw, one for each; a new figure by default.
        names : sequence of str, optional
            Which hyperparameters; all by default.

        Returns
        -------
        numpy.ndarray of matplotlib.axes.Axes
            Where it was drawn, one for each.

        Raises
        ------
        ValueError
            If all hyperparameters are known, one is not there, or axes are too few.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
        >>> [ax.get_title(loc="left") for ax in fit.plot.prior()]
        ['school_mu', 'school_sigma']
        """
        require_matplotlib()
        from hierfast.portraits import choose_names, draw_priors

        chosen = choose_names(self._fit.hyper, names, 1)
        return draw_priors(axes, self._fit.plan.graph, {k: self._fit.hyper[k] for k in chosen})

    def pairs(self, axes: Any = None, *, names: Sequence[str] | None = None) -> Any:
        """Draw every two hyperparameters against each other, at 2,000 draws at most.

        Parameters
        ----------
        axes : numpy.ndarray of matplotlib.axes.Axes, optional
            Where to draw (d, d); a new figure by default.
        names : sequence of str, optional
            Which hyperparameters, 2 to 8; all by default.

        Returns
        -------
        numpy.ndarray of matplotlib.axes.Axes
            Where it was drawn (d, d): densities on the diagonal, draws below, correlations above.

        Raises
        ------
        ValueError
            If there are fewer than 2 or more than 8, one is not there, or axes have another shape.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
        >>> fit.plot.pairs()[1, 0].get_ylabel()
        'school_sigma'
        """
        require_matplotlib()
        from hierfast.portraits import MOST, choose_names, draw_pairs

        chosen = choose_names(self._fit.hyper, names, 2, MOST)
        return draw_pairs(axes, {k: self._fit.hyper[k] for k in chosen})

    def rank_probs(self, ax: Axes | None = None, *, draws: int | None = None) -> Axes:
        """Draw the probability of every rank for every group: a sharp diagonal is a ranking.

        The group that is largest is on top. Of more than forty groups, a cell is what a fiftieth of the
        groups has of a fiftieth of the ranks: equation (1) of `hierfast.checked`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.
        draws : int, optional
            Joint draws, as in `Groups.rank`.

        Returns
        -------
        matplotlib.axes.Axes
            Where it was drawn.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
        >>> fit.plot.rank_probs().get_yticklabels()[0].get_text()
        'G'
        """
        require_matplotlib()
        from hierfast.checked import draw_rank_probs, rank_shares

        order, shares = rank_shares(self._fit.groups, draws)
        return draw_rank_probs(ax, self._fit.groups.labels[order], shares)

    def predictive(
        self,
        data: Any,
        ax: Axes | None = None,
        *,
        statistic: str | Callable[..., Any] | None = None,
        replicate: str = "same",
        y: Any = None,
        group: str | ArrayLike | None = None,
        groups: Any = None,
        draws: int | None = None,
        random_seed: Any = None,
    ) -> Axes:
        """Draw what the fit says of rows like those of the data, with those that were seen.

        Parameters
        ----------
        data : mapping or frame
            The rows that were fitted, or others with outcomes in the same groups.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.
        statistic : str or callable, optional
            A test statistic, as in `hierfast.Fit.posterior_predictive`: its value against replicated ones.
            By default the distribution of the rows: shares of them in classes, against the median and the
            central 90% of replicated shares.
        replicate, y, group, groups, draws, random_seed
            As in `hierfast.Fit.posterior_predictive`; of the distribution of very many rows 100 draws by
            default.

        Returns
        -------
        matplotlib.axes.Axes
            Where it was drawn.

        Raises
        ------
        KeyError, TypeError, ValueError
            As `hierfast.Fit.posterior_predictive`; and where rows are counts in categories, which have no
            one distribution: give a statistic.

        Examples
        --------
        >>> import hierfast as hf
        >>> table = hf.datasets.load("surgical")
        >>> model = hf.Model(hf.Binomial(n="operations"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))
        >>> fit = model.fit(table, y="deaths", group="hospital", random_seed=1, progressbar=False)
        >>> fit.plot.predictive(table, statistic="max", random_seed=1).get_xlabel()
        'max of deaths'
        """
        require_matplotlib()
        from hierfast.checked import draw_distribution, draw_statistic

        given = {"y": y, "group": group, "groups": groups, "replicate": replicate}
        given |= {"draws": draws, "random_seed": random_seed}
        if statistic is None:
            return draw_distribution(ax, self._fit, data, given)
        return draw_statistic(ax, self._fit, data, statistic, given)
