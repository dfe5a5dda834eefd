r"""Whether the answer moves when other priors are put in the place of those of a fit.

Statistics of the groups are sampled again under every alternative. What is compared is the mean of each
hyperparameter and of each group's effect, in posterior sd of the fit that was there first,

.. math:: \delta = \frac{\bar x' - \bar x}{s_x}, \qquad
          \mathrm{mcse}(\delta) = \frac{\sqrt{\mathrm{mcse}'^2 + \mathrm{mcse}^2}}{s_x}. \tag{1}

Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 6.5: sensitivity analysis by other models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hierfast.fitted import Fitted
from hierfast.table import GroupTable

if TYPE_CHECKING:
    from hierfast.fit import Fit
    from hierfast.model import Model

FloatArray = NDArray[np.float64]

MOVES = 0.3  # posterior sd from which a mean is said to move
SURE = 3.0  # Monte Carlo errors by which it must


class Refits:
    """A fit and its alternatives, side by side.

    Attributes
    ----------
    fits : dict of str to Fit
        The alternatives.
    hyper : GroupTable
        Of each hyperparameter that all have, equation (1): a column ``<name>`` an alternative and one of
        its Monte Carlo error, ``<name> mcse``.
    groups : GroupTable
        The same of each group's effect.
    """

    def __init__(self, fit: Fitted, fits: dict[str, Fit]) -> None:
        self.fits = fits
        shared = [k for k in fit.hyper if all(k in other.hyper for other in fits.values())]
        mine = dict(zip(fit.summary_table.names, range(len(fit.hyper)), strict=True))
        old = {k: fit.summary_table[k] for k in ("mean", "sd", "mcse_mean")} if shared else {}
        hyper: dict[str, FloatArray] = {}
        groups: dict[str, FloatArray] = {}
        at = [mine[k] for k in shared]
        for name, other in fits.items():
            table = other.summary_table
            to = [table.names.index(k) for k in shared]
            if shared:
                hyper |= _shift(
                    name,
                    tuple(old[k][at] for k in old),
                    (table["mean"][to], table["mcse_mean"][to]),
                )
            mean = fit.groups.mean, fit.groups.sd, fit.groups.mcse
            groups |= _shift(name, mean, (other.groups.mean, other.groups.mcse))
        self.hyper = GroupTable(np.array(shared, dtype=object), hyper, "hyperparameter")
        self.groups = GroupTable(fit.groups.labels, groups, fit.plan.group_name)

    @property
    def moved(self) -> dict[str, list[str]]:
        """Hyperparameters whose means move by 0.3 posterior sd and more, by alternative."""
        return {name: [str(k) for k in self._moved(self.hyper, name)] for name in self.fits}

    @staticmethod
    def _moved(table: GroupTable, name: str) -> NDArray[Any]:
        if not len(table):
            return table.labels
        size = np.abs(table[name])
        moved = (size > MOVES) & (size > SURE * table[f"{name} mcse"])
        return np.asarray(table.labels[moved])

    def __repr__(self) -> str:
        """Print what moves, then the hyperparameters."""
        lines = []
        for name in self.fits:
            groups = len(self._moved(self.groups, name))
            told = ", ".join(self.moved[name]) or "no hyperparameter"
            largest = float(np.max(np.abs(self.groups[name])))
            lines.append(
                f"{name}: {told} of {len(self.hyper)} and {groups:,} of {len(self.groups):,} groups move "
                f"by more than {MOVES:g} posterior sd; the group that moves most, by {largest:.2g}"
            )
        return "\n".join([*lines, repr(self.hyper)])


def _shift(
    name: str, old: tuple[FloatArray, ...], new: tuple[FloatArray, FloatArray]
) -> dict[str, FloatArray]:
    """Equation (1); 0 where nothing varies."""
    mean, sd, mcse = old
    scale = np.where(sd > 0, sd, 1.0)
    return {name: (new[0] - mean) / scale, f"{name} mcse": np.hypot(new[1], mcse) / scale}


class Alternatives(Fitted):
    """What other priors would have said."""

    def refit(self, models: Mapping[str, Model], *, random_seed: Any = None) -> Refits:
        """Fit the same rows under other priors, and say what moves.

        Parameters
        ----------
        models : mapping of str to Model
            Alternatives, with the same kind of rows and effects on the same scale.
        random_seed : int or sequence of int or numpy.random.SeedSequence, optional
            Of the alternatives; made from that of this fit by default.

        Returns
        -------
        Refits
            Shifts of the means of hyperparameters and groups in posterior sd, with Monte Carlo errors.

        Raises
        ------
        TypeError, ValueError
            If there is no alternative, if one is not a `Model`, or is of other rows.

        Examples
        --------
        >>> import hierfast as hf
        >>> rows = hf.Normal(sigma="se")
        >>> table = hf.datasets.load("eight_schools")
        >>> model = hf.Model(rows, hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1)
        >>> narrow = hf.Model(rows, hf.Normal(hf.Normal(0, 5), hf.HalfNormal(1)))
        >>> fit.refit({"narrow": narrow}).moved
        {'narrow': ['school_sigma']}
        """
        from hierfast.model import Model

        if not models:
            raise ValueError("models is empty; give alternatives such as {'wide': Model(...)}")
        for name, model in models.items():
            if not isinstance(model, Model):
                raise TypeError(f"models[{name!r}] must be a Model; got {model!r}")
            if type(model.likelihood) is not type(self.model.likelihood):
                raise ValueError(
                    f"models[{name!r}] has {type(model.likelihood).__name__} rows, and this fit "
                    f"{type(self.model.likelihood).__name__} rows: means of their effects do not compare"
                )
        settings, seed = self.settings, self._draws.seed if random_seed is None else random_seed
        fits = {
            name: model.fit(
                self.plan.gathered,
                draws=settings.draws,
                tune=settings.tune,
                chains=settings.chains,
                cores=self._cores,
                random_seed=seed,
                progressbar=False,
            )
            for name, model in models.items()
        }
        for name, other in fits.items():
            if other.groups._natural != self.groups._natural:
                raise ValueError(
                    f"effects of models[{name!r}] are on another scale: a population of probabilities or "
                    "rates beside one of logits or logarithms"
                )
        return Refits(self, fits)
