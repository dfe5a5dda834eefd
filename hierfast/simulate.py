r"""Stages II and I in plain NumPy: effects drawn from their population, rows given effects; densities.

.. math::

    \theta_j \mid \phi &\sim p(\theta \mid \phi)                                               \tag{1} \\
    y_i \mid \theta, \phi &\sim p(y \mid \theta_{j(i)}, \phi)                                  \tag{2}

Every family brings `draw` and `logpdf`, a likelihood `simulate_rows` and `log_rows`; all are found by name.
A mixture with point masses has the density, with respect to lengths and to a unit of mass at each of them,

.. math::

    p(\theta) = \begin{cases} \sum_k w_k [\theta = v_k] & \theta \in \{v_k\} \\
        \sum_k w_k \, p_k(\theta) & \text{elsewhere.} \end{cases}                              \tag{3}

Many draws of the hyperparameters are taken at once: of each array the first axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast.distributions.each import KINDS
from hierfast.distributions.likelihood import Rows
from hierfast.graph import Arg, Graph
from hierfast.hyper import find_family
from hierfast.links import LINKS
from hierfast.observations import Observations
from hierfast.sample import read

FloatArray = NDArray[np.float64]


class Stages:
    """Stages I and II of a model, at draws of its hyperparameters.

    Parameters
    ----------
    likelihood : Distribution
        Of the rows.
    graph : Graph
        Of the model.
    x : numpy.ndarray
        Unknowns (n_node, D).
    points, weights : numpy.ndarray, optional
        Of a grid: points (M,) and weights (D, M).

    Examples
    --------
    >>> import hierfast as hf
    >>> import numpy as np
    >>> from hierfast.grammar import build_graph
    >>> from hierfast.simulate import Stages
    >>> rows = hf.Binomial(n=10)
    >>> graph = build_graph(rows, hf.Beta(2, hf.Exponential(1)))
    >>> stages = Stages(rows, graph, np.array([[2.0, 8.0]]))
    >>> effects = stages.draw_effects(np.random.default_rng(1), 1000)
    >>> effects.shape, effects.mean(axis=1).round(1)
    ((2, 1000), array([0.5, 0.2]))
    """

    def __init__(
        self,
        likelihood: Any,
        graph: Graph,
        x: FloatArray,
        points: FloatArray | None = None,
        weights: FloatArray | None = None,
    ) -> None:
        self.likelihood, self.graph, self.x = likelihood, graph, x
        self.count = x.shape[1]
        self.points, self.weights = points, weights
        self.categories = len(graph.shape) if graph.population == "Dirichlet" else 0

    def take(self, at: NDArray[np.intp] | slice) -> Stages:
        """Keep some draws."""
        weights = None if self.weights is None else self.weights[at]
        return Stages(self.likelihood, self.graph, self.x[:, at], self.points, weights)

    def _read(self, args: Sequence[Arg]) -> list[FloatArray]:
        return [read(arg, self.x, self.count)[:, None] for arg in args]

    def offset(self, location: FloatArray | None, design: FloatArray | None) -> Any:
        """Give what is known of the groups' locations: (J,), (D, J), or 0.

        Parameters
        ----------
        location, design : numpy.ndarray or None
            As `Observations` has them.

        Returns
        -------
        numpy.ndarray or float
            Known locations, or those that predictors give.
        """
        if location is not None:
            return location
        if design is None or not self.graph.design:
            return 0.0
        return self.x[[node for _, node in self.graph.design]].T @ design.T

    def _parameters(
        self, family: Any, location: Arg, shape: Sequence[Arg], offset: Any, place: int, at: Any
    ) -> list[FloatArray]:
        """Parameters (D, 1), or (D, J), in the order of the family's density."""
        found: dict[int, FloatArray] = dict(zip(at, self._read(shape), strict=False))
        if place >= 0:
            found[place] = np.asarray(self._read([location])[0] + offset)
        return [found[i] for i in range(len(found))]

    def _population(self, part: Any, offset: Any = 0.0) -> tuple[Any, list[FloatArray]]:
        family = find_family(part.population)
        args = self._parameters(
            family, part.location, part.shape, offset, family.place, family.shape
        )
        return family, args

    def _shares(self) -> list[FloatArray]:
        """Weights (D, 1) of the components of a mixture."""
        left, found = np.ones((self.count, 1)), []
        for stick in self._read(self.graph.sticks):
            found.append(left * stick)
            left = left * (1.0 - stick)
        return [*found, left]

    def _scales(self) -> tuple[Any, list[FloatArray]]:
        scales = self.graph.scales
        assert scales is not None
        kind = KINDS[scales.kind]
        family = find_family(scales.kind)
        return family, self._parameters(
            family, scales.location, scales.shape, 0.0, kind.place, kind.shape
        )

    def draw_effects(self, rng: np.random.Generator, groups: int, offset: Any = 0.0) -> FloatArray:
        """Draw effects of groups from the population: equation (1).

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        groups : int
            How many, J.
        offset : numpy.ndarray or float
            From `offset`.

        Returns
        -------
        numpy.ndarray
            Effects (D, J) on the scale of the population; shares (D, J, H).
        """
        size = (self.count, groups)
        if self.categories:
            return draw_shares(rng, np.stack(self._read(self.graph.shape), axis=-1), size)
        if self.points is not None:
            return self._draw_points(rng, groups)
        with np.errstate(all="ignore"):  # what comes of it is looked at by who asked
            if self.graph.parts:
                return self._draw_mixture(rng, size)
            family, args = self._population(self.graph, offset)
            return np.asarray(family.draw(rng, size, *args), dtype=np.float64)

    def _draw_points(self, rng: np.random.Generator, groups: int) -> FloatArray:
        assert self.points is not None and self.weights is not None
        below = np.cumsum(self.weights, axis=1)
        u = rng.random((self.count, groups)) * below[:, -1:]
        at = np.stack([np.searchsorted(b, v, side="right") for b, v in zip(below, u, strict=True)])
        return np.asarray(self.points[np.minimum(at, len(self.points) - 1)])

    def _draw_mixture(self, rng: np.random.Generator, size: tuple[int, int]) -> FloatArray:
        u, below = rng.random(size), np.zeros((self.count, 1))
        theta = np.empty(size)
        for part, share in zip(self.graph.parts, self._shares(), strict=True):
            family, args = self._population(part)
            here = u >= below  # the last component whose part begins below u
            theta = np.where(here, family.draw(rng, size, *args), theta)
            below = below + share
        return theta

    def draw_scales(self, rng: np.random.Generator, groups: int) -> FloatArray:
        """Draw the scales of groups, as they were written, where scales differ by group.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        groups : int
            How many, J.

        Returns
        -------
        numpy.ndarray
            Scales (D, J).
        """
        family, args = self._scales()
        with np.errstate(all="ignore"):  # what comes of it is looked at by who asked
            return np.asarray(family.draw(rng, (self.count, groups), *args), dtype=np.float64)

    def log_effects(self, theta: FloatArray, offset: Any = 0.0) -> FloatArray:
        """Log density of effects in their population: equation (3).

        Parameters
        ----------
        theta : numpy.ndarray
            Effects (D, J) on the scale of the population; shares (D, J, H).
        offset : numpy.ndarray or float
            From `offset`.

        Returns
        -------
        numpy.ndarray
            Log densities (D, J).
        """
        with np.errstate(all="ignore"):
            if self.categories:
                alpha = np.stack(self._read(self.graph.shape), axis=-1)
                return np.asarray(find_family("Dirichlet").logpdf(theta, alpha))
            if self.points is not None:
                return self._log_points(theta)
            if self.graph.parts:
                return self._log_mixture(theta)
            family, args = self._population(self.graph, offset)
            return np.asarray(family.logpdf(theta, *args))

    def _log_points(self, theta: FloatArray) -> FloatArray:
        assert self.points is not None and self.weights is not None
        at = np.minimum(np.searchsorted(self.points, theta), len(self.points) - 1)
        found = np.log(np.take_along_axis(self.weights, at, axis=1))
        return np.where(self.points[at] == theta, found, -np.inf)

    def _log_mixture(self, theta: FloatArray) -> FloatArray:
        masses = np.full(theta.shape, -np.inf)
        lengths = masses.copy()
        for part, share in zip(self.graph.parts, self._shares(), strict=True):
            family, args = self._population(part)
            log = family.logpdf(theta, *args) + np.log(share)
            if part.population == "PointMass":
                masses = np.logaddexp(masses, log)
            else:
                lengths = np.logaddexp(lengths, log)
        return np.where(masses > -np.inf, masses, lengths)

    def log_scales(self, scales: FloatArray) -> FloatArray:
        """Log density of scales (D, J), as they were written, in their population."""
        family, args = self._scales()
        with np.errstate(all="ignore"):
            return np.asarray(family.logpdf(scales, *args))

    def link(self, theta: FloatArray) -> FloatArray:
        """Bring effects from the scale of the population to that on which rows read them.

        Parameters
        ----------
        theta : numpy.ndarray
            Effects.

        Returns
        -------
        numpy.ndarray
            Logits or logarithms of probabilities, rates, times or means; others as they are.
        """
        if not self.graph.natural:
            return theta
        with np.errstate(divide="ignore"):
            if LINKS[self.likelihood.link].whole:
                return np.asarray(np.log(theta) - np.log1p(-theta))
            return np.asarray(np.log(theta))

    def rows(
        self, theta: FloatArray, observed: Observations, scales: FloatArray | None = None
    ) -> Rows:
        """Gather what the likelihood reads of rows.

        Parameters
        ----------
        theta : numpy.ndarray
            Effect of the group of each row (D, N), on the scale of the population.
        observed : Observations
            The rows.
        scales : numpy.ndarray, optional
            Scale of the group of each row (D, N), as it was written, where scales differ by group.

        Returns
        -------
        Rows
            For the methods of the likelihood.
        """
        given = self._read(self.graph.rows)
        if self.graph.scales is not None and scales is not None:
            given.append(scales**self.graph.scales.power)
        elif observed.noise is not None:
            given.append(observed.noise)
        eta = theta if self.categories else self.link(theta)
        return Rows(eta, observed.size, tuple(given))


def draw_shares(rng: np.random.Generator, alpha: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Draw from a Dirichlet by gammas, in logarithms, so that small alphas do not underflow.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    alpha : numpy.ndarray
        Parameters (D, 1, H).
    size : tuple of int
        D and J.

    Returns
    -------
    numpy.ndarray
        Shares (D, J, H).

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.simulate import draw_shares
    >>> alpha = np.full((1, 1, 3), 1e-4)
    >>> draw_shares(np.random.default_rng(1), alpha, (1, 1)).round(6).max()
    np.float64(1.0)
    """
    whole = (*size, alpha.shape[-1])
    with np.errstate(divide="ignore"):
        log = np.log(rng.standard_gamma(alpha + 1.0, whole)) + np.log(rng.random(whole)) / alpha
    shares = np.exp(log - log.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
