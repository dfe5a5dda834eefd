"""Simulated rows of exchangeable groups: a new family is one function and one line in FAMILIES."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ROWS_PER_GROUP = 5


def _normal(rng: np.random.Generator, eta: FloatArray, sigma: float) -> FloatArray:
    """Draw normal rows about their groups' effects."""
    eta += rng.normal(0.0, sigma, len(eta))
    return eta


# family -> (generator, effect of each row's group (N,), sigma) -> y (N,); eta may be overwritten
FAMILIES: dict[str, Callable[[np.random.Generator, FloatArray, float], NDArray[Any]]] = {
    "normal": _normal,
}


def simulate(
    n_groups: int,
    n_rows: int | None = None,
    *,
    family: str = "normal",
    mu: float = 2.0,
    tau: float = 1.0,
    sigma: float = 2.0,
    seed: int = 1,
) -> dict[str, NDArray[Any]]:
    """Simulate rows of exchangeable groups, in random order.

    Parameters
    ----------
    n_groups : int
        Groups; their effects are normal with mean mu and standard deviation tau.
    n_rows : int, optional
        Rows, five a group by default. A row's group is uniform among all, so that sizes differ and
        some groups may have no row.
    family : str
        Distribution of a row given its group's effect: "normal".
    mu, tau : float
        Mean and standard deviation of the effects.
    sigma : float
        Standard deviation of rows within a group.
    seed : int
        Of NumPy's generator: the same seed gives the same data.

    Returns
    -------
    dict of str to numpy.ndarray
        ``group`` (n_rows,), integers from 0; ``y`` (n_rows,); and ``theta`` (n_groups,), the true
        effects.

    Raises
    ------
    TypeError, ValueError
        Naming the argument that is wrong.

    Examples
    --------
    >>> import hierfast as hf
    >>> table = hf.datasets.simulate(10, 50)
    >>> {name: len(column) for name, column in table.items()}
    {'group': 50, 'y': 50, 'theta': 10}
    """
    groups = _whole(n_groups, "n_groups", 1)
    rows = ROWS_PER_GROUP * groups if n_rows is None else _whole(n_rows, "n_rows", 1)
    if not isinstance(family, str) or family not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(map(repr, FAMILIES))}; got {family!r}")
    mu = _number(mu, "mu")
    tau, sigma = _number(tau, "tau", 0.0), _number(sigma, "sigma", 0.0)
    rng = np.random.default_rng(_whole(seed, "seed", 0))
    theta = rng.normal(mu, tau, groups)
    group = rng.integers(0, groups, rows)
    return {"group": group, "y": FAMILIES[family](rng, theta[group], sigma), "theta": theta}


def _whole(value: SupportsIndex, name: str, least: int) -> int:
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        whole = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer; got {value!r}") from None
    if whole < least:
        raise ValueError(f"{name} must be at least {least}; got {whole}")
    return whole


def _number(value: float, name: str, least: float = -math.inf) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number; got {value!r}") from None
    if not math.isfinite(number) or number < least:
        wanted = "finite" if least < 0 else "finite and not negative"
        raise ValueError(f"{name} must be {wanted}; got {number}")
    return number
