r"""Whether groups are exchangeable.

Do effects still depend on a covariate, on their order, on their size? If groups are exchangeable, every
group's own estimate is a draw from its predictive distribution, which depends on how much was observed
of it and on nothing else. Residuals z_j, equation (1) of `hierfast.residuals`, say where it stands there:
independent standard normals given the hyperparameters, whatever the family and the groups' sizes. Their
correlation r with a known x_j is 0 but for chance, and

.. math::

    t = r \sqrt{\frac{J - 2}{1 - r^2}} \sim t_{J - 2}; \qquad
    \sqrt{J} \sum_{j < J} \frac{(z_j - \bar z)(z_{j + 1} - \bar z)}{\sum_j (z_j - \bar z)^2}
    \approx N(0, 1) \tag{1}

look at trends and at neighbours. Rows of a group that repel each other make group means too even. A
mixture of independent rows has no negative covariance within groups (de Finetti), so that no population
can show it; with Normal rows of one sigma the ratio of mean squares

.. math:: F = \frac{MS_{between}}{MS_{within}} \tag{2}

is then below what independent rows would have, an F of J - 1 and N - J degrees of freedom. Probabilities
are adjusted for how many questions are asked (Holm 1979), so that groups that are exchangeable raise an
alarm at most as often as `level` says.
Sources: Holm (1979), *Scand. J. Statist.* 6(2); Scheffé, *The Analysis of Variance*, chapter 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.constants import EVENTS, SUCCESSES
from hierfast.fitted import Fitted
from hierfast.frames import as_column, read_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]

LEAST = 5  # groups without which nothing is asked


@dataclass(frozen=True, slots=True)
class _Answer:
    """What groups answered: a statistic of a kind, its probability; of which covariate and category."""

    kind: str
    statistic: float
    p: float
    about: str
    category: int = -1


class ExchangeabilityCheck:
    """What was asked of the groups, and what they answered.

    Attributes
    ----------
    residuals : numpy.ndarray
        Residuals (J,) of equation (1) of `hierfast.residuals`, NaN of groups without rows; of Multinomial
        rows (J, H), those of each category.
    tests : dict of str to dict
        Of each question ``statistic``, ``p``, and ``adjusted``, p for all questions together; of
        Multinomial rows a question a category, such as ``"size [pine]"``.
    level : float
        Adjusted probability below which an answer is an alarm.
    covariates : dict of str to numpy.ndarray
        What residuals were held against (J,).
    """

    def __init__(
        self,
        residuals: FloatArray,
        found: dict[str, _Answer],
        level: float,
        covariates: dict[str, FloatArray],
        name: str,
        categories: tuple[str, ...] = (),
    ) -> None:
        self.residuals, self.level, self.covariates, self._name = residuals, level, covariates, name
        self._found, self._categories = found, categories
        order = sorted(found, key=lambda key: found[key].p)
        worst, self.tests = 0.0, dict[str, dict[str, Any]]()
        for i, key in enumerate(order):
            one = found[key]
            worst = max(worst, min(1.0, one.p * (len(order) - i)))
            shown = {"kind": one.kind, "statistic": one.statistic, "p": one.p}
            self.tests[key] = shown | {"adjusted": worst}

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
            asked = np.isfinite(self.residuals).reshape(len(self.residuals), -1).any(axis=1)
            if asked.sum() < LEAST:
                return f"too few {self._name} groups to ask anything"
            return (
                f"nothing to ask of the {self._name} groups: they have one size, and labels without an "
                "order; give covariates= or order="
            )
        if self.ok:
            return f"nothing asked here speaks against exchangeable {self._name} groups"
        told = [_tell(self._found[key], self._categories) for key in self.alarms]
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

        key = next((k for k in self.tests if self._found[k].about in self.covariates), None)
        if key is None:
            z = self.residuals if not self._categories else self.residuals[:, 0]
            return draw_residuals(ax, np.arange(len(z), dtype=np.float64), z, "group")
        one = self._found[key]
        z = self.residuals if one.category < 0 else self.residuals[:, one.category]
        return draw_residuals(ax, self.covariates[one.about], z, key)


def _tell(one: _Answer, categories: tuple[str, ...]) -> str:
    if one.about == "within groups":
        return (
            "rows of one group repel each other, which no mixture of independent rows does: are they "
            "drawn without replacement, or adjusted to a common total?"
        )
    up, of = one.statistic > 0, categories[one.category] if one.category >= 0 else ""
    if one.about == "neighbours":
        said = f"neighbours in order are {'like' if up else 'unlike'} each other"
        return (
            f"{said} in shares of {of}" if of else f"{said}; a model of time or place may say why"
        )
    way = "rise" if up else "fall"
    what = {"order": "their order", "size": "their size"}.get(one.about, one.about)
    if of:
        return f"shares of {of} {way} with {what}"
    return f"effects {way} with {what}; take it into the population's location"


def _ask(
    z: FloatArray, known: dict[str, FloatArray], some: NDArray[np.bool_], of: str, category: int
) -> dict[str, _Answer]:
    """Hold residuals of groups that have rows against what is known of them."""
    found, z = {}, z[some]
    for name, x in known.items():
        if np.ptp(x[some]) > 0:
            found[name + of] = _Answer("correlation", *_trend(z, x[some]), name, category)
    if "order" in known:
        at = np.argsort(known["order"][some], kind="stable")
        answer = _Answer("autocorrelation", *_neighbours(z[at]), "neighbours", category)
        found["neighbours" + of] = answer
    return found


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
            A group's size is always asked about: its trials or exposure, its precision where standard
            errors are known, and else its rows.
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
            If a column has another length or is not finite.

        Notes
        -----
        Exchangeable are groups of which nothing is known but their rows. That something is known, and
        matters, is no defect of the groups; it belongs into the population's location, after which what is
        left of the effects may be exchangeable again: predictors of a `Linear` location are taken into
        account. Times beyond where they were censored are filled in at random.

        Over 1,000 simulated data sets of 100 groups of 2 to 9 Normal rows, sigma within and between groups
        1, a covariate, size and order asked about, 3.7% raised an alarm; where effects rose by half a
        standard deviation with the covariate's, 96% did.

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
        from hierfast.residuals import residuals_of

        if not 0 < level < 1:
            raise ValueError(f"level must lie strictly between 0 and 1; got {level}")
        stats = self.plan.statistics
        known = _covariates(covariates, order, self.plan)
        residuals = residuals_of(self, np.random.default_rng(random_seed))
        some, found = stats.n > 0, dict[str, _Answer]()
        names = tuple(getattr(stats, "categories", ()))
        if some.sum() >= LEAST and names:
            for h, name in enumerate(names):
                found |= _ask(residuals[:, h], known, some, f" [{name}]", h)
        elif some.sum() >= LEAST:
            found = _ask(residuals, known, some, "", -1)
        repelled = _within(self)
        if repelled is not None:
            found["within groups"] = _Answer("F", *repelled, "within groups")
        return ExchangeabilityCheck(residuals, found, level, known, self.plan.group_name, names)


def _covariates(given: Any, order: Any, plan: Plan) -> dict[str, FloatArray]:
    known, stats = {}, plan.statistics
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
    size = _sizes(plan)
    known["size"] = np.log(np.where(size > 0, size, 1.0))
    return known


def _sizes(plan: Plan) -> FloatArray:
    """Give what is known of how much the rows of each group say (J,), but for their outcomes."""
    stats, graph = plan.statistics, plan.graph
    if hasattr(stats, "weight"):
        return np.asarray(stats.weight)
    given = graph.likelihood in (*SUCCESSES, *EVENTS, "Multinomial")
    return np.asarray(stats.size if given and graph.title != "Exponential" else stats.n, float)


def _trend(z: FloatArray, x: FloatArray) -> tuple[float, float]:
    """Correlation, and its two-sided probability: equation (1)."""
    from scipy.special import stdtr

    r = float(np.corrcoef(z, x)[0, 1])
    size = abs(r) * math.sqrt((len(z) - 2) / max(1.0 - r * r, 1e-300))
    return r, float(2.0 * stdtr(len(z) - 2, -size))


def _neighbours(z: FloatArray) -> tuple[float, float]:
    from scipy.special import ndtr

    d = z - z.mean()
    r = float((d[:-1] @ d[1:]) / (d @ d))
    return r, float(2.0 * ndtr(-abs(r) * math.sqrt(len(z))))


def _within(fit: Fitted) -> tuple[float, float] | None:
    """Ratio of mean squares, and the probability of one as small: equation (2)."""
    from scipy.special import fdtr

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
    return ratio, float(fdtr(groups - 1, rows - groups, ratio))
