r"""Models of the same data side by side.

What one model says better than another of what neither has seen is the difference of their elpds, whose
standard error is that of paired differences over the `n` groups or rows left out,

.. math:: \mathrm{dse} = \sqrt{n \operatorname{Var}_i(\mathrm{elpd}_{ai} - \mathrm{elpd}_{bi})} \tag{1}

and the mixture of predictive distributions that would have said most has the weights

.. math::

    \hat w = \operatorname{argmax}_{w \ge 0,\ \sum_k w_k = 1}
        \sum_i \log \sum_k w_k e^{\mathrm{elpd}_{ki}}    \tag{2}

found by multiplying each by the mean over `i` of its own density over that of the mixture, a step that
never lowers (2); (2) is short of its maximum by at most `n` times the largest of these factors less one.

Sources: Vehtari, Gelman and Gabry (2017), *Stat. Comput.* 27, equation (24); Yao, Vehtari, Simpson and
Gelman (2018), *Bayesian Analysis* 13(3), equation (8).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.loo import Loo
from hierfast.summary import import_pandas

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

STEPS, NEAR = 100_000, 1e-7  # of the weights; nats a group that (2) may be short of its maximum


class Comparison:
    """Models in the order of their elpds, the best one first; prints as a table.

    Parameters
    ----------
    names : sequence of str
        Of the models, in that order.
    figures : mapping of str to numpy.ndarray
        Columns (K,).
    by : str
        What was left out: "group" or "row".

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.compare import Comparison
    >>> Comparison(("a", "b"), {"elpd": np.array([-30.0, -31.5])}, "group")
         elpd
    a  -30.00
    b  -31.50
    """

    def __init__(self, names: tuple[str, ...], figures: Mapping[str, FloatArray], by: str) -> None:
        self.names, self.by, self._figures = names, by, dict(figures)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._figures)

    def __getitem__(self, column: str) -> FloatArray:
        """Give a column (K,)."""
        if column not in self._figures:
            raise KeyError(f"there is no column {column!r}; columns are {', '.join(self._figures)}")
        return self._figures[column]

    def row(self, name: str) -> dict[str, float]:
        """Give the figures of one model.

        Parameters
        ----------
        name : str
            Of the model.

        Returns
        -------
        dict of str to float
            By column.
        """
        if name not in self.names:
            raise KeyError(f"there is no model {name!r}; models are {', '.join(self.names)}")
        at = self.names.index(name)
        return {column: float(values[at]) for column, values in self._figures.items()}

    def to_pandas(self) -> pd.DataFrame:
        """Give a data frame indexed by the models' names.

        Returns
        -------
        pandas.DataFrame
            A row a model.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return import_pandas().DataFrame(self._figures, index=list(self.names))

    def _cells(self) -> list[list[str]]:
        cells = [["", *self._figures]]
        for i, name in enumerate(self.names):
            cells.append([name, *(f"{values[i]:.2f}" for values in self._figures.values())])
        return cells

    def __repr__(self) -> str:
        """Print an aligned table."""
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = []
        for first, *rest in cells:
            right = (text.rjust(w) for text, w in zip(rest, widths[1:], strict=True))
            lines.append("  ".join([first.ljust(widths[0]), *right]))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from hierfast.html import table

        return table(self._cells())


def compare(models: Mapping[str, Any], *, evidence: bool = False) -> Comparison:
    """Compare models of the same data by what they say of groups, or rows, that they have not seen.

    Parameters
    ----------
    models : mapping of str to Fit or Loo
        Two or more; of a `Fit` groups are left out, ``fit.loo()``.
    evidence : bool
        Whether to give the evidence as well, of fits with proper priors.

    Returns
    -------
    Comparison
        By falling elpd: ``elpd``, ``se``, ``p_loo``, difference ``elpd_diff`` to the best and its standard
        error ``dse`` (equation (1) of `hierfast.compare`), stacking ``weight`` (2), ``largest_k``, and
        ``log_evidence`` with its Monte Carlo error ``evidence_se``.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two, or they are not of the same data: naming the models and the group.

    Examples
    --------
    >>> import hierfast as hf
    >>> table = hf.datasets.load("eight_schools")
    >>> pooled = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), 0.01))
    >>> apart = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), 30))
    >>> fits = {
    ...     name: model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
    ...     for name, model in {"pooled": pooled, "apart": apart}.items()
    ... }
    >>> hf.compare(fits, evidence=True).names
    ('pooled', 'apart')
    """
    if not isinstance(models, Mapping) or len(models) < 2:
        raise TypeError("compare needs a dict of two or more models: {'name': fit, ...}")
    loos = {str(name): _loo_of(str(name), value) for name, value in models.items()}
    _check_same(loos)
    order = sorted(loos, key=lambda name: -loos[name].elpd)
    each = np.array([loos[name].elpd_i for name in order])
    off = each - each[0]
    figures = {
        "elpd": np.array([loos[name].elpd for name in order]),
        "se": np.array([loos[name].se for name in order]),
        "p_loo": np.array([loos[name].p_loo for name in order]),
        "elpd_diff": off.sum(axis=1),
        "dse": np.sqrt(each.shape[1] * off.var(axis=1)),
        "weight": stack(each),
        "largest_k": np.array([loos[name].pareto_k.max() for name in order]),
    }
    if evidence:
        found = [_evidence_of(name, models[name]) for name in order]
        if len({one.measure for one in found}) > 1:
            raise ValueError(
                "evidences lack different factors that data alone have; give each by fit.log_evidence(data)"
            )
        figures |= {
            "log_evidence": np.array([one.log for one in found]),
            "evidence_se": np.array([one.se for one in found]),
        }
    return Comparison(tuple(order), figures, loos[order[0]].by)


def stack(elpd: FloatArray) -> FloatArray:
    """Find the stacking weights: equation (2).

    Parameters
    ----------
    elpd : numpy.ndarray
        Log predictive densities (K, n).

    Returns
    -------
    numpy.ndarray
        Weights (K,), which add up to one.

    Examples
    --------
    >>> import numpy as np
    >>> from hierfast.compare import stack
    >>> stack(np.log([[0.9, 0.1, 0.9], [0.1, 0.9, 0.1]])).round(3)
    array([0.708, 0.292])
    """
    p = np.exp(elpd - elpd.max(axis=0))
    weight = np.full(len(p), 1.0 / len(p))
    for _ in range(STEPS):
        factor = (p / (weight @ p)).mean(axis=1)
        weight = weight * factor
        weight /= weight.sum()
        if factor.max() - 1.0 < NEAR:
            break
    return weight


def _loo_of(name: str, value: Any) -> Loo:
    if isinstance(value, Loo):
        return value
    if not hasattr(value, "loo"):
        raise TypeError(f"{name} must be a Fit or a Loo; got {type(value).__name__}")
    found: Loo = value.loo()
    return found


def _evidence_of(name: str, value: Any) -> Any:
    if not hasattr(value, "log_evidence"):
        raise TypeError(f"the evidence of {name} takes its Fit; got {type(value).__name__}")
    return value.log_evidence()


def _check_same(loos: Mapping[str, Loo]) -> None:
    """Refuse models of other data, and densities that lack different factors."""
    (first, one), *others = loos.items()
    for name, two in others:
        who = f"{first} and {name}"
        if one.by != two.by:
            raise ValueError(f"of {who} {one.by}s and {two.by}s were left out; leave out the same")
        if len(one.labels) != len(two.labels) or not np.array_equal(one.labels, two.labels):
            raise ValueError(
                f"{who} are of different data: the {one.by}s left out are not the same"
            )
        scale = 1.0 + np.abs(one.outcome)
        wrong = ~(np.abs(one.outcome - two.outcome) <= 1e-9 * scale)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise ValueError(
                f"{who} are of different data: the outcome of {one.by} {one.labels[at]} is "
                f"{one.outcome[at]:.6g} and {two.outcome[at]:.6g}"
            )
        if one.measure != two.measure:
            raise ValueError(
                f"{who} lack different factors that data alone have ({one.measure}, {two.measure}): "
                "compare fit.loo(data, by='group')"
            )
    if not all(math.isfinite(loo.elpd) for loo in loos.values()):
        wrong_name = next(name for name, loo in loos.items() if not math.isfinite(loo.elpd))
        raise ValueError(f"the elpd of {wrong_name} is not finite: no draw allows what is left out")
