r"""Whether groups are exchangeable.

Do effects still depend on a covariate, on their order, on their size? If groups are exchangeable, every
group's own estimate t_j is a draw from its predictive distribution, which depends on how much was observed
of it and on nothing else. Replicates of a *new* group observed as group j was, one at each draw of the
hyperparameters, give its place among them and a residual (Dunn and Smyth 1996),

.. math::

    u_j = \frac{\#\{t^{rep}_{jm} < t_j\} + v_j (1 + \#\{t^{rep}_{jm} = t_j\})}{M + 1}, \qquad
    z_j = \Phi^{-1}(u_j), \tag{1}

with v_j uniform. Given the hyperparameters the z_j are independent standard normals, whatever the family
and the groups' sizes. Their correlation r with a known x_j is 0 but for chance, and

.. math::

    t = r \sqrt{\frac{J - 2}{1 - r^2}} \sim t_{J - 2}; \qquad
    \sqrt{J} \sum_{j < J} \frac{(z_j - \bar z)(z_{j + 1} - \bar z)}{\sum_j (z_j - \bar z)^2}
    \approx N(0, 1) \tag{2}

look at trends and at neighbours. Rows of a group that repel each other make group means too even. A
mixture of independent rows has no negative covariance within groups (de Finetti), so that no population
can show it; with Normal rows of one sigma the ratio of mean squares

.. math:: F = \frac{MS_{between}}{MS_{within}} \tag{3}

is then below what independent rows would have, an F of J - 1 and N - J degrees of freedom. Probabilities
are adjusted for how many questions are asked (Holm 1979), so that groups that are exchangeable raise an
alarm at most as often as `level` says.
Sources: Dunn and Smyth (1996), *J. Comput. Graph. Statist.* 5(3); Marshall and Spiegelhalter (2007),
*Bayesian Analysis* 2(2), for replicates of new groups; Holm (1979), *Scand. J. Statist.* 6(2); Scheffé,
*The Analysis of Variance*, chapter 7.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.fitted import Fitted
from hierfast.frames import as_column, read_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

REPLICATES = 1000  # draws of the hyperparameters, each with a replicate of every group
EFFECTS = 2_000_000  # replicates that are held at once
LEAST = 5  # groups without which nothing is asked
COUNTS = ("Binomial", "BinomialProbit", "BinomialCloglog", "Poisson")


class ExchangeabilityCheck:
    """What was asked of the groups, and what they answered.

    Attributes
    ----------
    residuals : numpy.ndarray
        Residuals (J,) of equation (1), NaN of groups without rows.
    tests : dict of str to dict
        Of each question ``statistic``, ``p``, and ``adjusted``, p for all questions together.
    level : float
        Adjusted probability below which an answer is an alarm.
    covariates : dict of str to numpy.ndarray
        What residuals were held against (J,).
    """

    def __init__(
        self,
        residuals: FloatArray,
        found: dict[str, tuple[str, float, float]],
        level: float,
        covariates: dict[str, FloatArray],
        name: str,
    ) -> None:
        self.residuals, self.level, self.covariates, self._name = residuals, level, covariates, name
        order = sorted(found, key=lambda key: found[key][2])
        worst, self.tests = 0.0, dict[str, dict[str, Any]]()
        for i, key in enumerate(order):
            kind, statistic, p = found[key]
            worst = max(worst, min(1.0, p * (len(order) - i)))
            self.tests[key] = {"kind": kind, "statistic": statistic, "p": p, "adjusted": worst}

    @property
    def alarms(self) -> tuple[str, ...]:
        """Questions whose answer speaks against exchangeable groups, the clearest first."""
        return tuple(k for k, test in self.tests.items() if test["adjusted"] < self.level)

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.alarms

    def __repr__(self) -> str:
        """Print a plain sentence and what it rests on."""
        lines = [self.sentence]
        lines.extend(
            f"  {key}: {test['kind']} {test['statistic']:.3g}, p {test['p']:.2g}, "
            f"{test['adjusted']:.2g} adjusted"
            for key, test in self.tests.items()
        )
        return "\n".join(lines)

    @property
    def sentence(self) -> str:
        """Say what was found."""
        if not self.tests:
            return f"too few {self._name} groups to ask anything"
        if self.ok:
            return f"nothing asked here speaks against exchangeable {self._name} groups"
        told = [_tell(key, self.tests[key]) for key in self.alarms]
        return f"the {self._name} groups are not exchangeable: {'; '.join(told)}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw residuals against the covariate, or else the order, that answers most clearly.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where; a new one by default.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from hierfast.pictures import draw_residuals
        from hierfast.plot import require_matplotlib

        require_matplotlib()

        name = next((k for k in self.tests if k in self.covariates), None)
        if name is None:
            return draw_residuals(
                ax, np.arange(len(self.residuals), dtype=np.float64), self.residuals, "group"
            )
        return draw_residuals(ax, self.covariates[name], self.residuals, name)


def _tell(key: str, test: Mapping[str, Any]) -> str:
    if key == "within groups":
        return (
            "rows of one group repel each other, which no mixture of independent rows does: are they "
            "drawn without replacement, or adjusted to a common total?"
        )
    if key == "neighbours":
        like = "like" if test["statistic"] > 0 else "unlike"
        return f"neighbours in order are {like} each other; a model of time or place may say why"
    way = "rise" if test["statistic"] > 0 else "fall"
    what = {"order": "their order", "size": "their size"}.get(key, key)
    return f"effects {way} with {what}; take it into the population's location"


class Exchangeability(Fitted):
    """Whether groups are exchangeable."""

    def check_exchangeability(
        self,
        covariates: Any = None,
        *,
        order: Any = None,
        level: float = 0.05,
        random_seed: Any = 0,
    ) -> ExchangeabilityCheck:
        """Ask whether effects still depend on what is known of the groups, on their order and their size.

        Parameters
        ----------
        covariates : mapping of str to array_like, optional
            Columns (J,) in the order of ``fit.groups.labels``, each asked about in turn.
        order : array_like, optional
            Places (J,) in time or along a line; the labels' own order where they are numbers or dates.
        level : float
            How often groups that are exchangeable may raise an alarm.
        random_seed : int or sequence of int or numpy.random.SeedSequence
            Of the replicates and of ties.

        Returns
        -------
        ExchangeabilityCheck
            Prints a plain sentence; ``ok``, ``alarms`` and ``tests`` are for programs, ``plot()`` shows.

        Raises
        ------
        ValueError
            If a column has another length or is not finite, or the rows are of a kind whose groups have no
            estimate to replicate in this version: Normal rows, and sums of counts, have.

        Notes
        -----
        Exchangeable are groups of which nothing is known but their rows. That something is known, and
        matters, is no defect of the groups; it belongs into the population's location, after which what is
        left of the effects may be exchangeable again.

        Examples
        --------
        Counties whose uranium is known but not used:

        >>> import hierfast as hf
        >>> import numpy as np
        >>> rng = np.random.default_rng(1)
        >>> uranium = rng.normal(size=50)
        >>> effect = 0.8 * uranium + rng.normal(size=50)
        >>> table = {"county": np.repeat(np.arange(50), 4)}
        >>> table["y"] = effect[table["county"]] + rng.normal(size=200)
        >>> model = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Flat(), hf.HalfNormal(2)))
        >>> fit = model.fit(table, y="y", group="county", random_seed=1)
        >>> fit.check_exchangeability({"uranium": uranium}).alarms
        ('uranium',)
        """
        if not 0 < level < 1:
            raise ValueError(f"level must lie strictly between 0 and 1; got {level}")
        stats = self.plan.statistics
        known = _covariates(covariates, order, stats)
        rng = np.random.default_rng(random_seed)
        residuals = residuals_of(self, rng)
        some = stats.n > 0
        found = {}
        if some.sum() >= LEAST:
            for name, x in known.items():
                if np.ptp(x[some]) > 0:
                    found[name] = ("correlation", *_trend(residuals[some], x[some]))
            if "order" in known:
                at = np.argsort(known["order"][some], kind="stable")
                found["neighbours"] = ("autocorrelation", *_neighbours(residuals[some][at]))
        repelled = _within(self)
        if repelled is not None:
            found["within groups"] = ("F", *repelled)
        return ExchangeabilityCheck(residuals, found, level, known, self.plan.group_name)


def _covariates(given: Any, order: Any, stats: Any) -> dict[str, FloatArray]:
    known = {}
    columns = {} if given is None else dict(given)
    if order is not None:
        columns["order"] = order
    elif stats.labels.dtype.kind in "iuf":
        columns["order"] = stats.labels
    elif stats.labels.dtype.kind in "mM":
        columns["order"] = np.arange(len(stats.labels))
    for name, values in columns.items():
        x = read_numbers(as_column(values), name).astype(np.float64)
        if len(x) != len(stats.labels):
            raise ValueError(
                f"{name} has {len(x)} values, and there are {len(stats.labels)} groups; give one each, "
                "in the order of fit.groups.labels"
            )
        wrong = np.flatnonzero(~np.isfinite(x))
        if len(wrong):
            raise ValueError(
                f"{name} of group {stats.labels[wrong[0]]!r} is {x[wrong[0]]}; it must be finite"
            )
        known[name] = x
    known["size"] = np.log(np.maximum(stats.n, 1).astype(np.float64))
    return known


def _trend(z: FloatArray, x: FloatArray) -> tuple[float, float]:
    """Correlation, and its two-sided probability: equation (2)."""
    from scipy.stats import t

    r = float(np.corrcoef(z, x)[0, 1])
    size = abs(r) * math.sqrt((len(z) - 2) / max(1.0 - r * r, 1e-300))
    return r, float(2.0 * t.sf(size, len(z) - 2))


def _neighbours(z: FloatArray) -> tuple[float, float]:
    from scipy.stats import norm

    d = z - z.mean()
    r = float((d[:-1] @ d[1:]) / (d @ d))
    return r, float(2.0 * norm.sf(abs(r) * math.sqrt(len(z))))


def _within(fit: Fitted) -> tuple[float, float] | None:
    """Ratio of mean squares, and the probability of one as small: equation (3)."""
    from scipy.stats import f

    plan, stats = fit.plan, fit.plan.statistics
    if plan.graph.likelihood != "Normal" or stats.known or plan.graph.scales is not None:
        return None
    some = stats.weight > 0
    weight, mean = stats.weight[some], stats.mean[some]
    groups, rows = len(weight), float(weight.sum())
    within = float(stats.m2[some].sum())
    if groups < 2 or rows <= groups or within == 0:
        return None
    between = float(weight @ np.square(mean - np.average(mean, weights=weight)))
    ratio = (between / (groups - 1)) / (within / (rows - groups))
    return ratio, float(f.cdf(ratio, groups - 1, rows - groups))


def residuals_of(fit: Fitted, rng: np.random.Generator) -> FloatArray:
    """Give residuals of all groups: equation (1).

    Parameters
    ----------
    fit : Fit
        Of Normal rows, or of counts whose sums suffice.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Residuals (J,), NaN of groups without rows.

    Raises
    ------
    ValueError
        If the rows are of another kind.
    """
    from scipy.special import ndtri

    plan, stats = fit.plan, fit.plan.statistics
    graph = plan.graph
    normal = graph.likelihood == "Normal" and graph.scales is None
    if not normal and graph.likelihood not in COUNTS:
        raise ValueError(
            f"check_exchangeability is not available for {graph.title} rows in this version; it is for "
            "Normal rows of one sigma or known ones, and for Binomial, Bernoulli and Poisson rows"
        )
    own = stats.mean if normal else stats.y
    values, n = fit._draws.values, len(stats.labels)
    x = np.concatenate(list(values), axis=1)
    at = np.arange(REPLICATES) * x.shape[1] // REPLICATES
    below, equal = np.zeros((2, n))
    most = max(1, EFFECTS // n)
    for lo in range(0, REPLICATES, most):
        new = _replicate(fit, at[lo : lo + most], rng)
        below += (new < own).sum(axis=0)
        equal += (new == own).sum(axis=0)
    u = (below + rng.random(n) * (1.0 + equal)) / (REPLICATES + 1.0)
    return np.where(stats.n > 0, ndtri(u), np.nan)


def _replicate(fit: Fitted, at: NDArray[np.intp], rng: np.random.Generator) -> FloatArray:
    """Estimates of new groups observed as these are, one at each draw (draws, J)."""
    from hierfast.design import make_design
    from hierfast.sample import read
    from hierfast.simulate import Stages

    plan, stats = fit.plan, fit.plan.statistics
    graph, draws = plan.graph, fit._draws
    x = np.concatenate(list(draws.values), axis=1)[:, at]
    points = weights = None
    if plan.grid is not None:
        points = plan.grid.points
        weights = draws.weights.reshape(-1, len(points))[at]
    stages = Stages(fit.model.likelihood, graph, x, points, weights)
    offset = stages.offset(None, make_design(plan.gathered, graph))
    theta = stages.draw_effects(rng, len(stats.labels), offset)
    if graph.likelihood == "Normal":
        sd = read(graph.noise, x, len(at))[:, None] / np.sqrt(
            np.where(stats.n > 0, stats.weight, 1.0)
        )
        return np.asarray(theta + sd * rng.standard_normal(theta.shape))
    rate = theta if graph.natural else stats.link.inverse(theta)
    if stats.whole:
        trials = stats.size.astype(np.int64)
        return np.asarray(rng.binomial(trials, np.clip(rate, 0.0, 1.0)), dtype=np.float64)
    return np.asarray(rng.poisson(np.minimum(rate * stats.size, 1e18)), dtype=np.float64)
