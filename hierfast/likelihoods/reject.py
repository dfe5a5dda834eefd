"""Draws under a log-concave density, by rejection under three tangents: twin of csrc/theta/reject.h.

Plain NumPy under the equation numbers of the C file. Speed is no concern here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Log = Callable[[float], tuple[float, float, float]]

APART = 2**0.5  # scales from the mode at which the tangents of (1) are


def draw_concave(log: Log, mode: float, uniforms: FloatArray) -> tuple[float, int]:
    """Draw once: equations (1) to (3).

    Parameters
    ----------
    log : callable
        A point -> the log density and its first two derivatives.
    mode : float
        Where it is largest.
    uniforms : numpy.ndarray
        u and v of each attempt (n, 2).

    Returns
    -------
    float
        The draw.
    int
        Attempts that it took.

    Raises
    ------
    ValueError
        If none of the attempts is taken.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.likelihoods.reject import draw_concave
    >>> draw_concave(lambda x: (-0.5 * x * x, -x, -1.0), 0.0, np.array([[0.5, 0.9]]))
    (0.0, 1)
    """
    top, slope, curve = log(mode)
    apart = APART / np.sqrt(-curve)
    level = apart * abs(slope)
    ends, slopes = [], []
    for side in (-1.0, 1.0):
        t = mode + side * apart
        f, d, _ = log(t)
        z = t + (level - (f - top)) / d
        ends.append(min(mode, z) if side < 0 else max(mode, z))
        slopes.append(d)
    areas = np.array([1.0 / slopes[0], ends[1] - ends[0], -1.0 / slopes[1]])
    for tries, (u, v) in enumerate(uniforms, 1):
        at = u * areas.sum()
        if at < areas[0]:
            x = ends[0] + np.log(at / areas[0]) / slopes[0]
        elif at <= areas[:2].sum():
            x = ends[0] + at - areas[0]
        else:
            x = ends[1] + np.log((areas.sum() - at) / areas[2]) / slopes[1]
        hat = level + min(0.0, slopes[0] * (x - ends[0]), slopes[1] * (x - ends[1]))
        if np.log(v) <= log(x)[0] - top - hat:
            return float(x), tries
    raise ValueError(f"none of {len(uniforms)} attempts is taken; give more uniforms")
