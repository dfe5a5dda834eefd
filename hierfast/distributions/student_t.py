"""StudentT(nu, mu, sigma), a normal with heavier tails: likelihood, population and prior."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hierfast.distributions.base import Distribution, FloatArray, Support
from hierfast.distributions.likelihood import Likelihood, Rows, check_rows
from hierfast.distributions.linear import Linear
from hierfast.distributions.student import student_c, student_q


@dataclass(frozen=True, slots=True, repr=False)
class StudentT(Likelihood):
    r"""The Student-t distribution.

    .. math::

        \log p(x) &= \log\Gamma\tfrac{\nu + 1}{2} - \log\Gamma\tfrac{\nu}{2}
            - \tfrac12 \log \nu\pi - \log \sigma
            - \tfrac{\nu + 1}{2} \log\Bigl(1 + \frac{(x - \mu)^2}{\nu \sigma^2}\Bigr) \tag{1} \\
            &= c(\nu) - \tfrac12 \log 2\pi - \log \sigma - \tfrac{\nu + 1}{2}\, q \tag{2}

    for real :math:`x`, with :math:`c` and :math:`q` as in ``student.py``. As a likelihood it takes keywords
    only and leaves `mu` out: that is the group's effect, which a few outlying rows hardly move.

    Parameters
    ----------
    nu : float or Distribution
        Degrees of freedom, positive.
    mu : float, Distribution or Linear, optional
        Location, any real number.
    sigma : float, str or Distribution
        Scale, positive; not the standard deviation, which is sqrt(nu / (nu - 2)) times as large. Of a
        likelihood it may be a column of known scales.
    weights : float or str, optional
        Of a likelihood only: frequency weights. A row of weight 3 counts as three identical rows;
        0 leaves it out.

    Notes
    -----
    As a likelihood it is not log-concave: the density of an effect may have as many peaks as its group has
    rows, and is integrated panel by panel (csrc/theta/panels.h). Source: Gelman et al., *Bayesian Data
    Analysis*, 3rd ed., table A.1 and section 17.2.

    Examples
    --------
    >>> import hierfast as hf
    >>> hf.StudentT(nu=4, mu=0, sigma=2.5)
    StudentT(nu=4, mu=0, sigma=2.5)
    >>> rows = hf.StudentT(nu=hf.Gamma(2, 0.1), sigma=hf.HalfNormal(1))
    >>> shops = ["Ulm"] * 4 + ["Bonn"] * 3 + ["Kiel"] * 2
    >>> table = {"shop": shops, "y": [1.2, 0.9, 14.0, 1.1, 2.0, 2.3, 1.8, 0.2, 0.5]}
    >>> model = hf.Model(rows, hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
    >>> fit = model.fit(table, y="y", group="shop", random_seed=1, progressbar=False)
    >>> bool(fit.groups["Ulm"].mean < 2)  # the row of 14 hardly moves it
    True
    """

    nu: float | Distribution
    mu: float | str | Distribution | Linear | None = None
    sigma: float | str | Distribution | None = None
    weights: float | str | None = field(default=None, kw_only=True)

    support: ClassVar[Support] = Support.REAL
    domain: ClassVar[dict[str, Support]] = {
        "nu": Support.POSITIVE,
        "mu": Support.REAL,
        "sigma": Support.POSITIVE,
    }
    place: ClassVar[int] = 1
    shape: ClassVar[tuple[int, ...]] = (2, 0)
    effect: ClassVar[int] = 1

    def check(self) -> None:
        """Check that degrees of freedom are not data, and the frequency weights."""
        if isinstance(self.nu, str):
            raise ValueError(f"StudentT's nu is the column {self.nu!r}; give a number or a prior")
        check_rows(self)

    def of_rows(self, rows: Rows) -> tuple[Any, ...]:
        """Give the arguments of `logpdf` and `draw`; see `Likelihood.of_rows`."""
        nu, sigma = rows.parameters
        return nu, rows.eta, sigma

    def mean_of_rows(self, rows: Rows) -> FloatArray:
        """Give the mean of rows given their effects; see `Likelihood.mean_of_rows`."""
        return rows.eta  # the centre, which is the mean where nu > 1

    @staticmethod
    def logpdf(x: ArrayLike, nu: ArrayLike, mu: ArrayLike, sigma: ArrayLike) -> FloatArray:
        """Log density, equation (2).

        Parameters
        ----------
        x, nu, mu, sigma : array_like
            Where, and the parameters in order.

        Returns
        -------
        numpy.ndarray
            The log density.
        """
        x, nu, mu, sigma = (np.asarray(v, dtype=np.float64) for v in (x, nu, mu, sigma))
        with np.errstate(all="ignore"):
            q = student_q(np.abs(x - mu), sigma, nu)
            constant = student_c(nu) - 0.5 * math.log(2 * math.pi)
            return np.asarray(constant - np.log(sigma) - 0.5 * (nu + 1) * q)

    @staticmethod
    def draw(rng: np.random.Generator, size: Any, nu: float, mu: float, sigma: float) -> Any:
        """Draw with known parameters; see `rvs`."""
        return mu + sigma * rng.standard_t(nu, size)
