"""The lists every layer goes over: a new family joins here and is tested by all of them.

Densities are written from their textbook form over a module of functions, `numpy` or `mpmath`, and
share nothing with the library.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from scipy import special

from hierfast import distributions
from hierfast.likelihoods import beta, gamma, inverse_gamma

HUGE = (1e-8, 1e-3, 0.7, 40.0, 1e6)  # values of a positive parameter


@dataclass(frozen=True)
class Prior:
    """A prior: its parameters' grid, where it is looked at, its log density for `mpmath`."""

    params: tuple[tuple[float, ...], ...]
    exact: Callable[..., Any]
    positive: bool = True
    unit: bool = False

    def points(self):
        """Every x with every parameter, columns of equal length."""
        size = np.array([1e-300, 1e-20, 1e-3, 0.9, 3.0, 50.0, 1e8, 1e150])
        if self.unit:
            size = np.array([1e-300, 1e-20, 1e-3, 0.4, 0.999, 1 - 1e-12])
        x = size if self.positive else np.concatenate([-size[::-1], [0.0], size])
        grid = np.array(list(itertools.product(x, *self.params)))
        return [np.ascontiguousarray(column) for column in grid.T]


def log_t(x, nu, s):
    m = mpmath
    c = m.loggamma((nu + 1) / 2) - m.loggamma(nu / 2) - m.log(nu * m.pi) / 2 - m.log(s)
    return c - (nu + 1) / 2 * m.log1p((x / s) ** 2 / nu)


def log_gamma(x, a, b):
    return a * mpmath.log(b) - mpmath.loggamma(a) + (a - 1) * mpmath.log(x) - b * x


def log_inverse_gamma(x, a, b):
    return a * mpmath.log(b) - mpmath.loggamma(a) - (a + 1) * mpmath.log(x) - b / x


def log_logistic(x, m, s):
    z = (x - m) / s
    return -z - 2 * mpmath.log1p(mpmath.exp(-z)) - mpmath.log(s)


def log_beta(x, a, b):
    m = mpmath
    of = m.loggamma(a) + m.loggamma(b) - m.loggamma(a + b)
    return (a - 1) * m.log(x) + (b - 1) * m.log1p(-x) - of


def log_pareto(x, a, m):
    if x < m:
        return mpmath.mpf("-inf")
    return mpmath.log(a) + a * mpmath.log(m) - (a + 1) * mpmath.log(x)


def log_normal(x, m, s):
    return -((x - m) ** 2) / (2 * s**2) - mpmath.log(s * mpmath.sqrt(2 * mpmath.pi))


PLACE = (-1e6, 0.0, 2.5)
PRIORS = {
    "Normal": Prior((PLACE, HUGE), log_normal, positive=False),
    "StudentT": Prior(
        ((0.1, 1.0, 3.0, 1e7), PLACE, HUGE),
        lambda x, nu, m, s: log_t(x - m, nu, s),
        positive=False,
    ),
    "Flat": Prior((), lambda x: mpmath.mpf(0), positive=False),
    "HalfNormal": Prior((HUGE,), lambda x, s: mpmath.log(2) + log_normal(x, 0, s)),
    "HalfCauchy": Prior((HUGE,), lambda x, b: mpmath.log(2) + log_t(x, mpmath.mpf(1), b)),
    "HalfStudentT": Prior(
        ((0.1, 1.0, 3.0, 1e7), HUGE), lambda x, nu, s: mpmath.log(2) + log_t(x, nu, s)
    ),
    "Exponential": Prior((HUGE,), lambda x, r: mpmath.log(r) - r * x),
    "Gamma": Prior((HUGE, HUGE), log_gamma),
    "InverseGamma": Prior((HUGE, HUGE), log_inverse_gamma),
    "ScaledInverseChi2": Prior(
        (HUGE, HUGE), lambda x, nu, s2: log_inverse_gamma(x, nu / 2, nu * s2 / 2)
    ),
    "LogNormal": Prior(
        (PLACE, HUGE), lambda x, m, s: log_normal(mpmath.log(x), m, s) - mpmath.log(x)
    ),
    "Uniform": Prior(
        ((-2.0, 0.5), (2.0, 1e9)),
        lambda x, a, b: -mpmath.log(b - a) if a <= x <= b else mpmath.mpf("-inf"),
        positive=False,
    ),
    "Logistic": Prior((PLACE, HUGE), log_logistic, positive=False),
    "Beta": Prior((HUGE, HUGE), log_beta, unit=True),
    "Pareto": Prior((HUGE, HUGE), log_pareto),
    "Power": Prior(((-2.5, -1.0, 0.5),), lambda x, a: a * mpmath.log(x)),
}


@dataclass(frozen=True)
class Likelihood:
    """A likelihood: rows of a group, their statistics, parameters, and its log density of rows."""

    rows: Callable[[np.random.Generator], Any]
    reduce: Callable[[Any], tuple[float, ...]]
    params: tuple[tuple[float, ...], ...]
    middle: Callable[[Any], float]  # an eta the rows make likely
    log: Callable[..., Any]  # (lib, rows, eta, *params), up to a constant of rows
    off: tuple[float, ...] = (0.0, -1.0, 1e-3, 7.0)  # from there, where it is looked at


def normal_rows(rng):
    """Values and weights of the rows of one group, near and far from zero."""
    n = int(rng.integers(1, 6))
    return rng.normal(rng.choice([0.0, 1e4]), rng.choice([0.1, 30.0]), n), rng.uniform(0.1, 9, n)


def normal_reduce(rows):
    y, w = rows
    mean = (w * y).sum() / w.sum()
    return w.sum(), mean, float(len(y)), (w * (y - mean) ** 2).sum()


def normal_log(lib, rows, eta, sigma):
    y, w = rows
    square = sum(wi * (yi - eta) ** 2 for yi, wi in zip(y, w, strict=True))
    return -len(y) * lib.log(sigma) - square / (2 * sigma**2)


def binomial_rows(rng):
    """Successes and trials, none and all of them among these."""
    n = rng.integers(0, rng.choice([3, 2000]), int(rng.integers(1, 6))) + 1
    return rng.binomial(n, rng.choice([0.0, 0.3, 1.0])), n


def poisson_rows(rng):
    """Events and exposures, none among these."""
    t = rng.uniform(1e-3, rng.choice([2.0, 1e5]), int(rng.integers(1, 6)))
    return rng.poisson(t * rng.choice([0.0, 0.2])), t


def binomial_log(lib, rows, eta):
    log1p = lambda v: lib.log1p(lib.exp(v))  # noqa: E731
    pairs = [(int(y), int(n)) for y, n in zip(*rows, strict=True)]
    return sum(-y * log1p(-eta) - (n - y) * log1p(eta) for y, n in pairs)


def probit_log(lib, rows, eta):
    """Log Phi by mpmath at its own precision, or by SciPy."""
    low = (lambda v: mpmath.log(mpmath.ncdf(v))) if lib is mpmath else special.log_ndtr
    pairs = [(int(y), int(n)) for y, n in zip(*rows, strict=True)]
    return sum((y and y * low(eta)) + (n - y and (n - y) * low(-eta)) for y, n in pairs)


def cloglog_log(lib, rows, eta):
    m = lib.exp(eta)
    low = lib.log(-lib.expm1(-m))
    return sum(int(y) * low - int(n - y) * m for y, n in zip(*rows, strict=True))


def share(rows):
    """Successes out of trials, off 0 and 1."""
    return float((rows[0].sum() + 0.5) / (rows[1].sum() + 1.0))


def total(rows):
    return float(rows[0].sum()), float(rows[1].sum())


def overdispersed_rows(rng):
    """Events of rows of one exposure, none among these."""
    t = rng.uniform(1e-3, rng.choice([2.0, 1e5]))
    return rng.poisson(t * rng.choice([0.0, 0.2]) * rng.gamma(1.0, 1.0, int(rng.integers(1, 6)))), t


def overdispersed_log(lib, rows, eta, alpha):
    y, t = rows
    m = float(t) * lib.exp(eta)
    total = 0.0
    for one in map(float, y):
        total += alpha * lib.log(alpha / (alpha + m)) + one * lib.log(m / (alpha + m))
        total += one * lib.log(alpha / float(t))
    return total


def timed_rows(rng):
    """Events among rows of one time; none of them and all among these."""
    n = int(rng.integers(1, 6))
    return int(rng.integers(0, n + 1)), n, float(np.exp(rng.normal(0, 3)))


def weibull_log(lib, rows, eta, k):
    """Without log k of each event, which stands in the part that all rows share."""
    d, n, t = rows
    z = k * (math.log(t) - eta)
    return d * z - n * lib.exp(z)


def amount_rows(rng):
    """Rows and the logarithm of their mean, or of where they were censored."""
    return int(rng.integers(1, 6)), float(rng.normal(0, 3)), int(rng.integers(0, 2))


def amount_log(lib, rows, eta, a):
    """Without what rows say of the shape alone."""
    n, x, censored = rows
    if not censored:
        return -a * n * (lib.exp(x - eta) - (x - eta) - 1)
    z = a * lib.exp(x - eta)
    if lib is mpmath:
        return n * mpmath.log(mpmath.gammainc(a, z, regularized=True))
    with mpmath.workdps(30):  # SciPy's underflows
        tail = [mpmath.gammainc(a, float(v), regularized=True) for v in np.atleast_1d(z)]
        return float(n * mpmath.log(tail[0]))


def inflated_rows(rng):
    """Events of rows above 0, how many these are and how many are at 0, and what they are of."""
    n, z, size = (int(v) for v in rng.integers([0, 0, 4], [5, 5, 9]))
    return n + int(rng.integers(0, 3)) * (n > 0), n, z, float(size)


def inflated_log(lib, rows, eta, psi, log_none):
    """A density whose log is log_none at 0, up to what no unknown touches."""
    y, n, z, _ = rows
    zeros = z and z * lib.log(1 - psi + psi * lib.exp(log_none))
    return y * eta + n * log_none + n * lib.log(psi) + zeros


def category_rows(rng):
    """Rows beside a cut: how many are above it, how many there are, and which it is."""
    n = int(rng.integers(1, 2000))
    return int(rng.choice([0, n // 3, n])), n, int(rng.integers(0, 3))


def category_log(lib, rows, eta, *cuts):
    """By the two distribution functions beside a cut."""
    above, n, cut = rows
    return -above * lib.log1p(lib.exp(cuts[cut] - eta)) - (n - above) * lib.log1p(
        lib.exp(eta - cuts[cut])
    )


def scaled_rows(rng):
    """Rows of a group whose scale is its own; one row, and rows all alike, among these."""
    n = int(rng.integers(1, 6))
    return float(rng.normal(0, 3)) + rng.choice([0.0, 0.1, 5.0]) * rng.normal(0, 1, n)


def scaled_log(lib, rows, eta, mu, tau, c):
    """A Gaussian of covariance v I + tau^2, by the determinant lemma and the inverse of such a matrix."""
    n, v = len(rows), lib.exp(2 * c * eta)
    tau, off = tau + 0 * eta, [float(y) - mu + 0 * eta for y in rows]  # of eta's precision
    both = v + n * tau**2
    square = sum(o**2 for o in off) / v - tau**2 * sum(off) ** 2 / (v * both)
    return -((n - 1) * lib.log(v) + lib.log(both) + square) / 2


def outlying_rows(rng):
    """Rows alike, near and far from zero: where, how many, and their own scale."""
    place = rng.normal(rng.choice([0.0, 1e4]), rng.choice([0.1, 30.0]))
    return float(place), float(rng.integers(1, 6)), float(rng.choice([1.0, 0.3, 7.0]))


def outlying_log(lib, rows, eta, nu, sigma):
    """The Student-t's constant needs more digits than a double has where nu is large."""
    y, n, own = rows
    if lib is mpmath:
        return n * log_t(y - eta, mpmath.mpf(nu), sigma * own)
    with mpmath.workdps(30):
        return float(n * log_t(mpmath.mpf(y - eta), mpmath.mpf(nu), sigma * own))


LIKELIHOODS = {
    "StudentT": Likelihood(
        outlying_rows,
        lambda rows: rows,
        ((0.1, 1.0, 4.0, 1e7), (1e-3, 0.4, 5.0, 1e5)),
        lambda rows: rows[0],
        outlying_log,
        (0.0, -1.0, 1e-3, 7.0, 1e3),
    ),
    "OrderedLogistic": Likelihood(
        category_rows,
        lambda rows: tuple(map(float, rows)),
        ((-30.0, -1.0), (-0.5, 0.0), (0.1, 40.0)),
        lambda rows: 0.3,
        category_log,
        (0.0, -1.0, 1e-3, 7.0, -40.0),
    ),
    "NormalScale": Likelihood(
        scaled_rows,
        lambda rows: (float(len(rows)), rows.mean(), ((rows - rows.mean()) ** 2).sum()),
        ((-1.0, 2.0), (1e-2, 1.0, 30.0), (1.0, 0.5, -0.5)),
        lambda rows: 0.0,
        scaled_log,
        (0.0, -1.0, 1e-3, 2.0),
    ),
    "ZeroInflatedPoisson": Likelihood(
        inflated_rows,
        lambda rows: tuple(map(float, rows)),
        ((1e-3, 0.4, 0.999),),
        lambda rows: math.log((rows[0] + 0.5) / rows[3]),
        lambda lib, rows, eta, psi: inflated_log(lib, rows, eta, psi, -rows[3] * lib.exp(eta)),
        (0.0, -1.0, 1e-3, 3.0, -9.0),
    ),
    "ZeroInflatedBinomial": Likelihood(
        inflated_rows,
        lambda rows: tuple(map(float, rows)),
        ((1e-3, 0.4, 0.999),),
        lambda rows: 0.0,
        lambda lib, rows, eta, psi: inflated_log(
            lib, rows, eta, psi, -rows[3] * lib.log1p(lib.exp(eta))
        ),
        (0.0, -1.0, 1e-3, 7.0, -30.0),
    ),
    "Weibull": Likelihood(
        timed_rows,
        lambda rows: tuple(map(float, rows)),
        ((1e-3, 0.7, 5.0, 300.0),),
        lambda rows: math.log(rows[2]),
        weibull_log,
        (0.0, 0.01, -1e-3, 2.0, -0.02),
    ),
    "Gamma": Likelihood(
        amount_rows,
        lambda rows: tuple(map(float, rows)),
        ((1e-2, 0.7, 5.0, 300.0),),
        lambda rows: rows[1],
        amount_log,
        (0.0, 1e-3, -0.02, 2.0, -1.5),
    ),
    "Binomial": Likelihood(
        binomial_rows,
        total,
        (),
        lambda rows: float(np.log((rows[0].sum() + 0.5) / (rows[1].sum() - rows[0].sum() + 0.5))),
        binomial_log,
    ),
    "BinomialProbit": Likelihood(
        binomial_rows,
        total,
        (),
        lambda rows: float(special.ndtri(share(rows))),
        probit_log,
        (0.0, -1.0, 1e-3, 7.0, -30.0, 150.0),
    ),
    "BinomialCloglog": Likelihood(
        binomial_rows,
        total,
        (),
        lambda rows: float(np.log(-np.log1p(-share(rows)))),
        cloglog_log,
        (0.0, -1.0, 1e-3, 3.0, -7.0, -40.0),
    ),
    "Poisson": Likelihood(
        poisson_rows,
        total,
        (),
        lambda rows: float(np.log((rows[0].sum() + 0.5) / rows[1].sum())),
        lambda lib, rows, eta: sum(
            float(y) * eta - float(t) * lib.exp(eta) for y, t in zip(*rows, strict=True)
        ),
    ),
    "NegativeBinomial": Likelihood(
        overdispersed_rows,
        lambda rows: (float(rows[0].sum()), float(len(rows[0])), float(rows[1])),
        ((1e-3, 0.7, 5.0, 1e4),),
        lambda rows: float(np.log((rows[0].mean() + 0.5) / rows[1])),
        overdispersed_log,
    ),
    "Normal": Likelihood(
        normal_rows,
        normal_reduce,
        ((1e-3, 0.4, 5.0, 1e5),),
        lambda rows: float(rows[0].mean()),
        normal_log,
        off=(0.0, -1.0, 1e-3, 7.0, 1e3),
    ),
}


def log_truncated(x, m, s, low, high):
    """By the mass between the bounds, at many digits since that may be as small as it likes."""
    if not low <= x <= high:
        return mpmath.mpf("-inf")
    with mpmath.extradps(20):
        a, b = ((mpmath.mpf(v) - m) / s / mpmath.sqrt(2) for v in (low, high))
        a, b = (a, b) if a + b > 0 else (-b, -a)
        mass = (mpmath.erfc(a) - mpmath.erfc(b)) / 2
        return log_normal(mpmath.mpf(x), m, s) - mpmath.log(mass)


@dataclass(frozen=True)
class Population:
    """A population: its parameters, its log density at theta given its location, its plain NumPy twin."""

    params: tuple[tuple[float, ...], ...]
    log: Callable[..., Any]  # (lib, theta, loc, *params)
    twin: Callable[..., Any]  # (theta, loc, *params) -> log density
    middle: Callable[..., float] | None = None  # of one without a location: the mode

    def places(self, params):
        """Location, points around it, and the size of what is added up there."""
        unit = np.array([-30.0, -1.0, 0.0, 1e-4, 2.0, 8.0])
        if self.middle is None:
            yield from ((loc, loc + params[0] * unit, 1.0) for loc in (0.0, -3.5, 1e5))
        else:
            yield 0.0, self.middle(*params) + unit, 1.0 + 40.0 * sum(params)


POPULATIONS = {
    "Normal": Population(
        (HUGE,),
        lambda lib, theta, loc, tau: (
            -((theta - loc) ** 2) / (2 * tau**2) - lib.log(tau) - lib.log(2 * lib.pi) / 2
        ),
        distributions.Normal.logpdf,
    ),
    "StudentT": Population(
        (HUGE, (0.1, 1.0, 3.0, 1e7)),
        lambda lib, theta, loc, s, nu: log_t(theta - loc, nu, s),
        lambda theta, loc, s, nu: distributions.StudentT.logpdf(theta, nu, loc, s),
    ),
    "Logistic": Population(
        (HUGE,),
        lambda lib, theta, loc, s: log_logistic(theta, loc, s),
        distributions.Logistic.logpdf,
    ),
    "TruncatedNormal": Population(
        ((-3.0, 2.5), (0.7, 40.0, 1e6), (-60.0,), (1e5, 1e7)),
        lambda lib, theta, loc, m, s, low, high: log_truncated(theta, m, s, low, high),
        lambda theta, loc, *par: distributions.TruncatedNormal.logpdf(theta, *par),
        lambda m, s, low, high: m,
    ),
    "Beta": Population(
        (HUGE, HUGE),
        lambda lib, theta, loc, a, b: (
            -a * lib.log1p(lib.exp(-theta))
            - b * lib.log1p(lib.exp(theta))
            - lib.loggamma(a)
            - lib.loggamma(b)
            + lib.loggamma(a + b)
        ),
        lambda theta, loc, a, b: beta.log_population(theta, a, b)[0],
        lambda a, b: float(np.log(a / b)),
    ),
    "InverseGamma": Population(
        (HUGE, HUGE),
        lambda lib, theta, loc, a, b: (
            a * (lib.log(b) - theta) - b * lib.exp(-theta) - lib.loggamma(a)
        ),
        lambda theta, loc, a, b: inverse_gamma.log_population(theta, a, b)[0],
        lambda a, b: float(np.log(b / a)),
    ),
    "ScaledInverseChi2": Population(
        (HUGE, HUGE),
        lambda lib, theta, loc, nu, s2: (
            nu / 2 * (lib.log(nu * s2 / 2) - theta)
            - nu * s2 / 2 * lib.exp(-theta)
            - lib.loggamma(nu / 2)
        ),
        lambda theta, loc, nu, s2: inverse_gamma.log_scaled_population(theta, nu, s2),
        lambda nu, s2: float(np.log(s2)),
    ),
    "Gamma": Population(
        (HUGE, HUGE),
        lambda lib, theta, loc, a, b: (
            a * (theta + lib.log(b)) - b * lib.exp(theta) - lib.loggamma(a)
        ),
        lambda theta, loc, a, b: gamma.log_population(theta, a, b)[0],
        lambda a, b: float(np.log(a / b)),
    ),
}
