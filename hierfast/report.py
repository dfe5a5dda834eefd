r"""What a fit says about itself: whether its draws can be trusted, and what the data leave open.

Let a quantity have `M` half chains of `n` draws with effective sample size `e` each. Where the chains
have converged, the means of its normal scores in the half chains are independent normals with
variance :math:`W / e`, so that R-hat (equation (1) of ``hierfast/diagnose.py``) obeys, with the noise
of `W` left out,

.. math::

    \hat R^2 \sim \frac{n - 1}{n} + \frac{\chi^2_{M - 1}}{(M - 1) e}                    \tag{1}

R-hat is the larger of two such figures, of the draws and of their distances to the median. Of `m`
quantities that have converged, one or more are above

.. math::

    R^*_k = \sqrt{\frac{n - 1}{n} + \frac{q}{(M - 1) e_k}}, \qquad
    P(\chi^2_{M - 1} > q) = \frac{\alpha}{2 m}                                          \tag{2}

with probability at most :math:`\alpha` (Bonferroni). The sample sizes :math:`e_k` are those within
chains: chains that disagree must not widen their own threshold.

Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), *Bayesian Analysis* 16(2), for
R-hat; its null distribution is the one-way analysis of variance, as in Gelman and Rubin (1992),
*Statistical Science* 7(4).
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hierfast.diagnose import FloatArray, ess_bulk
from hierfast.graph import Graph

if TYPE_CHECKING:
    from hierfast.fit import Fit

ALARM = 0.01  # share of converged fits that R-hat raises an alarm for
ESS_PER_CHAIN = 100  # effective draws a chain below which ESS and R-hat are themselves not known
AS_WIDE = 0.9  # posterior over prior interquartile range, and its inverse, of data that tell little
MOVED = 0.2  # prior interquartile ranges that they move the median
CUT_SHARE = 0.01  # slices at their cap per draw from which this is a problem
PRIOR_DRAWS = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """A diagnosis; prints as a paragraph.

    Attributes
    ----------
    text : str
        All that was looked at, in sentences.
    short : str
        The same in a line.
    problems : tuple of str
        Those sentences that say why figures of the fit should not be trusted; none is good.
    remarks : tuple of str
        Those that say what the data tell little about; the posterior is right nevertheless.
    """

    text: str
    short: str
    problems: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def __repr__(self) -> str:
        """Print the paragraph."""
        return textwrap.fill(self.text, 96)

    def _repr_html_(self) -> str:
        from hierfast.html import paragraph

        return paragraph(self.text)


class _Findings:
    """Sentences as they come."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.problems: list[str] = []
        self.remarks: list[str] = []
        self.short: list[str] = []

    def say(self, sentence: str, problem: bool = False, remark: bool = False) -> None:
        self.said.append(sentence)
        if problem:
            self.problems.append(sentence)
        if remark:
            self.remarks.append(sentence)


def report(fit: Fit) -> Report:
    """Diagnose a fit.

    Parameters
    ----------
    fit : Fit
        Any.

    Returns
    -------
    Report
        See `Fit.diagnose`.
    """
    found = _Findings()
    shape = fit.shape
    found.say(f"{shape[0]} chains of {shape[1]:,} draws.")
    if fit.hyper:
        _convergence(fit, found)
    else:
        found.say("There are no unknown hyperparameters, so nothing had to converge.")
        found.short.append("no unknown hyperparameters")
    _accuracy(fit, found)
    for name, ratio in weak(fit.plan.graph, fit.hyper).items():
        found.say(
            f"The data tell little about {name}: its posterior is where its prior is and "
            f"{ratio:.0%} as wide.",
            remark=True,
        )
    count = len(found.problems)
    if count == 0:
        found.say("No problem was found.")
        head = "no problem found"
    else:
        head = f"{count} problem{'s' * (count > 1)}, see diagnose()"
    short = "; ".join([head, ", ".join(found.short)])
    return Report(" ".join(found.said), short, tuple(found.problems), tuple(found.remarks))


def _convergence(fit: Fit, found: _Findings) -> None:
    table, (chains, draws) = fit.summary_table, fit.shape
    ess = np.minimum(table["ess_bulk"], table["ess_tail"])
    if not np.isfinite(ess).all():
        found.say(f"{draws} draws are too few to tell how good they are.", problem=True)
        found.short.append("too few draws for ESS and R-hat")
        return
    worst, wanted = int(np.argmin(ess)), ESS_PER_CHAIN * chains
    size = f"{ess[worst]:,.0f} ({table.names[worst]})"
    found.short.append(f"smallest ESS {size}")
    if ess[worst] < wanted:
        found.say(
            f"The smallest effective sample size is {size}, under the {wanted:,} from which it and "
            "R-hat are reliable: ask for more draws.",
            problem=True,
        )
    else:
        found.say(f"The smallest effective sample size is {size}; {wanted:,} is enough.")
    r_hat = table["r_hat"]
    if chains == 1:
        found.say(
            "A single chain has no R-hat: nothing tells whether it has converged.", problem=True
        )
        found.short.append("no R-hat of one chain")
        return
    if not np.isfinite(r_hat).all():
        names = ", ".join(n for n, r in zip(table.names, r_hat, strict=True) if not np.isfinite(r))
        found.say(f"There is no R-hat of {names}: a chain never moved.", problem=True)
        found.short.append(f"no R-hat of {names}")
        return
    draws_of_all = np.stack([np.asarray(x) for x in fit.hyper.values()], axis=-1)
    bound = r_hat_bound(len(r_hat), chains, draws, within_chains(draws_of_all))
    _judge(table.names, r_hat, bound, found)


def _judge(names: tuple[str, ...], r_hat: FloatArray, bound: FloatArray, found: _Findings) -> None:
    k = int(np.argmax((r_hat - 1.0) / np.maximum(bound - 1.0, 1e-12)))
    law = (
        f"with sample sizes like these, {1 - ALARM:.0%} of fits that have converged stay below the "
        f"threshold in all of their {len(names)} hyperparameters"
    )
    found.short.append(f"R-hat {r_hat[k]:.4f} ({names[k]}) of at most {bound[k]:.4f}")
    if r_hat[k] > bound[k]:
        found.say(
            f"R-hat of {names[k]} is {r_hat[k]:.4f}, above its threshold {bound[k]:.4f}: chains "
            f"disagree ({law}).",
            problem=True,
        )
    else:
        found.say(
            f"The R-hat nearest to its threshold is {r_hat[k]:.4f} ({names[k]}), threshold "
            f"{bound[k]:.4f}: {law}."
        )


def _accuracy(fit: Fit, found: _Findings) -> None:
    """Say what is approximated, and how well; which caps were hit."""
    from hierfast.readout import TOLERANCE
    from hierfast.schemes.base import ORDER_ERROR

    plan = fit.plan
    if plan.order:
        off = f"Quadrature with {plan.order} nodes is off by {plan.quadrature_error:.1e} nats in "
        if plan.quadrature_error < ORDER_ERROR:
            found.say(f"{off}the log posterior around the mode at most.")
        else:
            found.say(
                f"{off}the log posterior around the mode, more than the {ORDER_ERROR:.0e} wanted, "
                "and no rule has more nodes.",
                problem=True,
            )
    error = fit.groups.quantile_error
    if error > 0:
        bad = error >= TOLERANCE
        more = (
            f", more than the {TOLERANCE:g} wanted, though the table was refined to its cap" * bad
        )
        text = f"Quantiles of groups last read are off by {error:.1e} posterior sd at most{more}."
        found.say(text, problem=bad)
    if fit.cut:
        total = fit.shape[0] * fit.shape[1]
        found.say(
            f"Slices were wider than the cap on their interval {fit.cut:,} times in {total:,} draws: "
            "the draws are right, but move slowly along a long tail.",
            problem=fit.cut > CUT_SHARE * total,
        )


def within_chains(draws: FloatArray) -> FloatArray:
    """Effective sample size that chains show by themselves, their disagreement left out.

    Parameters
    ----------
    draws : numpy.ndarray
        Draws (chains, draws, m).

    Returns
    -------
    numpy.ndarray
        The smaller of those of the draws and of their distances to the median, (m,).
    """
    distance = np.abs(draws - np.median(draws, axis=(0, 1)))
    both = np.stack([draws, distance], axis=-1)  # (chains, draws, m, 2)
    alone = np.moveaxis(both, 0, -1)[None]  # every chain a parameter of its own
    return np.asarray(ess_bulk(alone).sum(axis=-1).min(axis=-1))


def r_hat_bound(
    count: int, chains: int, draws: int, ess: FloatArray, alarm: float = ALARM
) -> FloatArray:
    """R-hat that quantities which have converged rarely exceed, equation (2).

    Parameters
    ----------
    count : int
        Quantities that are looked at together.
    chains, draws : int
        Chains and draws of each.
    ess : numpy.ndarray
        Effective sample size of each quantity over all chains, (m,).
    alarm : float
        Probability that any of `count` converged quantities exceeds its threshold.

    Returns
    -------
    numpy.ndarray
        Thresholds (m,).

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.report import r_hat_bound
    >>> r_hat_bound(1, 4, 1000, np.array([400.0, 4000.0])).round(3)
    array([1.028, 1.002])
    >>> r_hat_bound(1_000_000, 4, 1000, np.array([400.0])).round(3)
    array([1.071])
    """
    halves, n = 2 * chains, draws // 2
    each = np.minimum(np.asarray(ess, dtype=np.float64) / halves, n)
    q = chi2_upper(alarm / (2 * count), halves - 1)
    return np.asarray(np.sqrt((n - 1) / n + q / ((halves - 1) * each)))


def chi2_upper(p: float, df: int) -> float:
    r"""Upper quantile of chi-square with an odd number of degrees of freedom.

    .. math::

        P(\chi^2_\nu > x) = \mathrm{erfc}\sqrt{x / 2} + \sqrt{\tfrac{2}{\pi}} e^{-x/2}
            \sum_{k=1}^{(\nu - 1)/2} \frac{x^{k - 1/2}}{1 \cdot 3 \cdots (2k - 1)}      \tag{3}

    Parameters
    ----------
    p : float
        Probability above, between 0 and 1.
    df : int
        Degrees of freedom, odd.

    Returns
    -------
    float
        The quantile, by bisection.

    Examples
    --------
    >>> from hierfast.report import chi2_upper
    >>> round(chi2_upper(0.05, 7), 3)
    14.067
    """

    def above(x: float) -> float:
        total, term = (
            math.erfc(math.sqrt(0.5 * x)),
            math.sqrt(2.0 / math.pi * x) * math.exp(-0.5 * x),
        )
        for k in range(1, (df + 1) // 2):
            total += term
            term *= x / (2 * k + 1)
        return total

    low, high = 0.0, 1.0
    while above(high) > p:
        low, high = high, 2.0 * high
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if above(middle) > p else (low, middle)
    return 0.5 * (low + high)


def weak(graph: Graph, hyper: Mapping[str, FloatArray]) -> dict[str, float]:
    """Find unknowns whose posterior is about as wide as their prior and in the same place.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    hyper : mapping of str to numpy.ndarray
        Their draws.

    Returns
    -------
    dict of str to float
        Interquartile range of the posterior over that of the prior, where it is 0.9 to 1 / 0.9 and
        the median moves by at most 0.2 of the prior's. The prior is simulated, its own hyperpriors
        with it, so it needs no closed form and no finite variance; improper ones are left out.
    """
    prior = simulate(graph)
    out = {}
    for name, draws in hyper.items():
        if name in prior:
            (low, middle, high), before = _quartiles(draws), _quartiles(prior[name])
            width = before[2] - before[0]
            ratio = (high - low) / width
            if AS_WIDE <= ratio <= 1 / AS_WIDE and abs(middle - before[1]) <= MOVED * width:
                out[name] = ratio
    return out


def _quartiles(draws: FloatArray) -> list[float]:
    quartiles: list[float] = np.quantile(draws, [0.25, 0.5, 0.75]).tolist()
    return quartiles


def simulate(graph: Graph, n: int = PRIOR_DRAWS) -> dict[str, FloatArray]:
    """Draw unknowns from their joint prior.

    Parameters
    ----------
    graph : Graph
        The unknowns.
    n : int
        Draws; always the same ones.

    Returns
    -------
    dict of str to numpy.ndarray
        Draws (n,) of each unknown whose prior, and those it depends on, are proper; none of a
        uniform one whose bounds are unknown.
    """
    from hierfast import distributions
    from hierfast.sample import read

    rng = np.random.default_rng(0)
    values = np.full((len(graph.nodes), n), np.nan)
    for i, node in enumerate(graph.nodes):
        prior = getattr(distributions, node.prior)
        args = [
            arg.value if arg.node == arg.other == -1 else read(arg, values, n) for arg in node.args
        ]
        if prior.proper and all(np.isfinite(arg).all() for arg in args):
            with suppress(ValueError):  # bounds that are unknown and may cross
                values[i] = prior.draw(rng, n, *args)
    _order(graph, values)
    return {name: v for name, v in graph.unknowns(list(values)).items() if np.isfinite(v).all()}


def _order(graph: Graph, values: FloatArray) -> None:
    """Put unknowns that are alike in order; of others in order nothing is said."""
    chains: dict[int, list[int]] = {}
    for i, node in enumerate(graph.nodes):
        chains[i] = [*chains.pop(node.above), i] if node.above in chains else [i]
    for chain in chains.values():
        alike = {(graph.nodes[i].prior, graph.nodes[i].args) for i in chain}
        values[chain] = np.sort(values[chain], axis=0) if len(alike) == 1 else np.nan
