"""Bundled data sets and a simulated one; sources and licences in the README beside them."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray


def _load(name: str, kinds: dict[str, type]) -> dict[str, NDArray[Any]]:
    text = (files("hierfast.datasets") / name).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return {column: np.array([kind(row[column]) for row in rows]) for column, kind in kinds.items()}


def load_eight_schools() -> dict[str, NDArray[Any]]:
    """Load the effects of coaching in eight schools (Rubin 1981).

    Returns
    -------
    dict
        ``school``, ``effect`` (SAT points) and its standard error ``se``.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.load_eight_schools()["effect"][:3].tolist()
    [28.0, 8.0, -3.0]
    """
    return _load("eight_schools.csv", {"school": str, "effect": float, "se": float})


def load_radon() -> dict[str, NDArray[Any]]:
    """Load radon in 919 homes of 85 Minnesota counties.

    Returns
    -------
    dict
        ``county`` (1 to 85), ``floor`` (0 basement, 1 first floor), ``log_radon`` (log pCi/L).

    Examples
    --------
    >>> import hierfast as hf
    >>> len(hf.load_radon()["log_radon"])
    919
    """
    return _load("radon.csv", {"county": int, "floor": int, "log_radon": float})


def simulate_normal(
    n_groups: int,
    n_rows: int,
    seed: int = 1,
    *,
    mu: float = 2.0,
    tau: float = 1.0,
    sigma: float = 2.0,
) -> dict[str, NDArray[Any]]:
    """Simulate rows of normal groups in random order.

    Parameters
    ----------
    n_groups, n_rows : int
        Sizes; a row's group is uniform among all.
    seed : int
        Of NumPy's generator.
    mu, tau, sigma : float
        Population mean, its standard deviation, and that of rows in a group.

    Returns
    -------
    dict
        ``group``, ``y``, and the true effects under ``theta`` (n_groups,).

    Examples
    --------
    >>> from hierfast.datasets import simulate_normal
    >>> sorted(simulate_normal(10, 50))
    ['group', 'theta', 'y']
    """
    rng = np.random.default_rng(seed)
    theta = rng.normal(mu, tau, n_groups)
    group = rng.integers(0, n_groups, n_rows)
    y = theta[group]
    y += rng.normal(0.0, sigma, n_rows)
    return {"group": group, "y": y, "theta": theta}
