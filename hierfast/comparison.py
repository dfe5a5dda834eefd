"""The difference of two groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from hierfast.diagnose import diagnose
from hierfast.joint import interval_names
from hierfast.sampler import FloatArray


class Difference:
    """The effect of one group less that of another.

    Parameters
    ----------
    a, b : label
        Of the groups.
    draws : numpy.ndarray
        Joint draws of both (chains, draws, 2).
    prob : float
        Probability inside the interval.

    Attributes
    ----------
    draws : numpy.ndarray
        Of the difference (chains, draws).
    mean, sd, mcse : float
        Posterior mean and sd of it, and the Monte Carlo error of the mean.
    interval : tuple of float
        Central interval.
    prob, prob_mcse : float
        Probability that a's effect is larger, half of it where they are the same, and its error.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.comparison import Difference
    >>> Difference("a", "b", np.random.default_rng(1).normal([1.0, 0.0], 0.5, (4, 500, 2)), 0.9)
    a - b: mean 0.995 (mcse 0.016), sd 0.72, 90% interval -0.2 to 2.17, P(a > b) 0.920 (mcse 0.006)
    """

    def __init__(self, a: Any, b: Any, draws: FloatArray, prob: float) -> None:
        self.names, self._inside = interval_names(prob), prob
        self.a, self.b = a, b
        self.draws = draws[..., 0] - draws[..., 1]
        above = 0.5 * (1.0 + np.sign(self.draws))
        ends = (0.5 * (1.0 - prob), 0.5 * (1.0 + prob))
        figures = diagnose(np.stack([self.draws, above], axis=-1), ends)
        self.mean, self.prob = (float(v) for v in figures["mean"])
        self.mcse, self.prob_mcse = (float(v) for v in figures["mcse_mean"])
        self.sd = float(figures["sd"][0])
        self.interval = tuple(float(figures[name][0]) for name in self.names)

    def __repr__(self) -> str:
        """Print in a line."""
        low, high = self.interval
        return (
            f"{self.a} - {self.b}: mean {self.mean:.3g} (mcse {self.mcse:.2g}), sd {self.sd:.3g}, "
            f"{self._inside:.0%} interval {low:.3g} to {high:.3g}, "
            f"P({self.a} > {self.b}) {self.prob:.3f} (mcse {self.prob_mcse:.2g})"
        )
