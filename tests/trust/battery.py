"""Tests of one sample against one distribution, and of two samples for independence: p-values."""

import numpy as np
from scipy import stats as st

CELLS = 1000  # of the chi-square test
TAILS = (1e-2, 1e-3, 1e-4, 1e-5)


def anderson_darling(u):
    """Statistic of sorted uniforms and its p-value (Marsaglia and Marsaglia 2004, ADinf)."""
    n = len(u)
    odd = 2.0 * np.arange(n) + 1.0
    a = -n - float((odd * (np.log(u) + np.log1p(-u[::-1]))).sum()) / n
    if a < 2:
        poly = (
            2.00012
            + (0.247105 - (0.0649821 - (0.0347962 - (0.0116720 - 0.00168691 * a) * a) * a) * a) * a
        )
        return 1.0 - a**-0.5 * np.exp(-1.2337141 / a) * poly  # fmt: skip
    poly = 1.0776 - (2.30695 - (0.43424 - (0.082433 - (0.008056 - 0.0003146 * a) * a) * a) * a) * a
    return -np.expm1(-np.exp(poly))


def one_sample(x, exact, moments=4):
    """KS, Anderson-Darling, chi-square, moments and both tails of x against a SciPy distribution."""
    x = np.sort(x)
    n = len(x)
    u = np.clip(exact.cdf(x), 2.0**-60, 1.0 - 2.0**-53)
    rank = np.arange(n) / n
    distance = max((rank + 1.0 / n - u).max(), (u - rank).max())
    found = {
        "KS": st.kstwobign.sf(distance * np.sqrt(n)),
        "Anderson-Darling": anderson_darling(u),
        "chi-square": st.chisquare(np.bincount((u * CELLS).astype(int), minlength=CELLS)).pvalue,
    }
    for k in range(1, moments + 1):
        mean, var = exact.moment(k), exact.moment(2 * k) - exact.moment(k) ** 2
        found[f"moment {k}"] = 2 * st.norm.sf(abs((x**k).mean() - mean) / np.sqrt(var / n))
    for tail in TAILS:
        if n * tail >= 20:
            for side, count in (
                ("left", np.searchsorted(x, exact.ppf(tail))),
                ("right", n - np.searchsorted(x, exact.isf(tail))),
            ):
                found[f"{side} tail {tail:g}"] = st.binomtest(int(count), n, tail).pvalue
    return found


def independent(u, v):
    """Correlation, that of squares, bits and a chi-square of pairs, of two uniform samples."""
    n, m = len(u), 16
    found = {}
    for power, name in ((1, "values"), (2, "squares")):
        a, b = ((2 * w - 1) ** power for w in (u, v))
        found[name] = 2 * st.norm.sf(abs(np.corrcoef(a, b)[0, 1]) * np.sqrt(n))
    table = np.bincount((u * m).astype(int) * m + (v * m).astype(int), minlength=m * m)
    found["pairs"] = st.chisquare(table).pvalue
    j, k = ((w * 2.0**52).astype(np.uint64) for w in (u, v))
    flips = [int(((j ^ k) >> np.uint64(bit) & np.uint64(1)).sum()) for bit in range(52)]
    worst = max(abs(f - n / 2) for f in flips) / np.sqrt(n / 4)
    found["bits"] = min(1.0, 52 * 2 * st.norm.sf(worst))
    return found


def failures(found, level):
    """What is less likely than `level`, with its p-value."""
    return {name: p for name, p in found.items() if not p >= level}
