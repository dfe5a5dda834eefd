"""New evidence, more draws, and fits that are kept: made again with further rows, gone on with, saved."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hierfast._core import SamplingError
from hierfast.fitted import Fitted
from hierfast.merging import GroupStatistics

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from hierfast.fit import Fit
    from hierfast.progress import Progress


class Renewal(Fitted):
    """What makes a fit again."""

    @property
    def statistics(self) -> GroupStatistics:
        """Statistics of all groups as their rows have them: they add up with ``+``, and can be saved."""
        found: GroupStatistics = self.plan.gathered
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fit to a file, which `hierfast.load` reads without the data.

        The file is a ZIP of arrays that ``numpy.load`` reads too, and a description: model, settings,
        statistics of the groups, draws of the hyperparameters, versions. It is written beside the old one
        and put in its place once it is whole, so that a save that is cut off leaves the old one as it was.

        Parameters
        ----------
        path : str or path-like
            Where to; a file that stands there is replaced.

        Raises
        ------
        OSError
            If it cannot be written.
        TypeError
            If the model has parts that are not hierfast's own, or groups have labels of kinds that files
            do not hold.

        Examples
        --------
        >>> import hierfast as hf, tempfile, pathlib
        >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
        >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     fit.save(pathlib.Path(folder) / "fit.hierfast")
        ...     list(hf.load(pathlib.Path(folder) / "fit.hierfast").hyper)
        ['group_mu', 'group_sigma']
        """
        from hierfast.keeping import save_fit

        save_fit(self, path)

    def update(
        self,
        rows: Any,
        *,
        y: str | ArrayLike | None = None,
        group: str | ArrayLike | None = None,
        groups: Any = None,
        na: str | None = None,
        cores: int | None = None,
        random_seed: Any = None,
        progressbar: bool | str = True,
        callback: Callable[[Progress], Any] | None = None,
    ) -> Fit:
        """Fit the rows of this fit and further ones, with the same model and settings.

        Statistics are added and sampled again: no row is read twice. With the same seed, which is the
        default, draws are those of one fit of all rows: the same bits where the data are integer-valued.

        Parameters
        ----------
        rows : mapping, frame or statistics
            Further rows, of groups that are known or new; or their statistics, from `Model.statistics`.
        y, group : str or array_like, optional
            As in `Model.fit`; by default the columns that this fit named.
        groups : mapping or frame, optional
            As in `Model.fit`. Columns that the population reads and that neither it nor `rows` has are
            those known of the groups already.
        na : str, optional
            As in `Model.fit`; by default as it was.
        cores : int, optional
            Threads to use, as many as before by default; the draws do not depend on it.
        random_seed : int or sequence of int or numpy.random.SeedSequence, optional
            Another seed; that of this fit by default.
        progressbar, callback
            As in `Model.fit`.

        Returns
        -------
        Fit
            A new one; this one stays as it is.

        Raises
        ------
        TypeError, ValueError
            If rows are wrong, are of another kind, or have no group column, so that groups cannot be
            matched.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Poisson(), hf.Gamma(hf.Exponential(1), hf.Gamma(0.1, 1)))
        >>> data = {"shop": ["a", "b", "c"], "sales": [3, 1, 4]}
        >>> fit = model.fit(data, y="sales", group="shop", random_seed=1, progressbar=False)
        >>> fit = fit.update({"shop": ["b", "d"], "sales": [2, 5]}, progressbar=False)
        >>> fit.groups["b"].n, len(fit.groups)
        (2, 4)
        """
        from hierfast.sample import fit_model

        old = self.settings
        names = old.y if y is None else y, old.group if group is None else group
        if not isinstance(rows, GroupStatistics):
            rows = self._gather(rows, *names, groups, old.na if na is None else na)
        fit = fit_model(
            old.model,
            self.statistics + rows,
            y=None,
            group=None,
            draws=old.draws,
            tune=old.tune,
            chains=old.chains,
            cores=self._cores if cores is None else cores,
            random_seed=random_seed,
            progressbar=progressbar,
            callback=callback,
            scheme=old.scheme,
            seed=self._draws.seed if random_seed is None else None,
        )
        fit._settings = old
        return fit

    def _gather(self, rows: Any, y: Any, group: Any, groups: Any, na: str) -> GroupStatistics:
        """Read rows as those of this fit were read."""
        known: Any = self.statistics
        for name, value in (("y", y), ("group", group)):
            if value is None and not (name == "group" and known.numbered):
                raise TypeError(
                    f"{name} is missing: this fit was given values, not the name of a column; name the "
                    "column of these rows, or give its values"
                )
        y = list(y) if isinstance(y, tuple) else y
        if groups is None and known.columns:
            from hierfast.frames import Table
            from hierfast.plan import name_groups

            there = Table(rows).names
            lacking = {n: v for n, v in known.columns.items() if n not in there}
            if lacking:
                groups = {name_groups(rows, group): known.labels, **lacking}
        return self.model.statistics(rows, y=y, group=group, groups=groups, na=na)

    def extend(
        self,
        draws: int,
        *,
        cores: int | None = None,
        progressbar: bool | str = True,
        callback: Callable[[Progress], Any] | None = None,
    ) -> Fit:
        """Go on with the chains of this fit: ``fit(1000).extend(1000)`` is ``fit(2000)``, bit for bit.

        Chains go on from where they stand. Those of a fit that was loaded or interrupted, or whose states
        would take more than 64 MB (effects of many groups under ``"gibbs"``), are run again from their
        start, which takes the time of all draws and gives the same ones.

        Parameters
        ----------
        draws : int
            Further draws per chain.
        cores : int, optional
            Threads to use, as many as before by default; the draws do not depend on it.
        progressbar, callback
            As in `Model.fit`.

        Returns
        -------
        Fit
            Of the draws there were and the further ones; this one stays as it is.

        Raises
        ------
        TypeError, ValueError
            If `draws` is no positive integer.

        Warns
        -----
        InterruptWarning
            As in `Model.fit`.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
        >>> fit.extend(500, progressbar=False).hyper["school_mu"].shape
        (4, 1500)
        """
        from hierfast.progress import Reporter
        from hierfast.sample import check_counts, sample_plan

        threads = self._cores if cores is None else cores
        check_counts(draws=(draws, 1), cores=(threads, 1))
        before = self._draws
        chains, length = self.shape
        settings = replace(self.settings, draws=length + int(draws), chains=chains)
        report = Reporter(progressbar, callback, chains * settings.draws)
        try:
            fit = sample_plan(self.plan, before.seed, settings, threads, report, before)
        finally:
            report.close("stopped")
        found, _, kept = fit._draws.values.shape
        again = fit._draws.values[:, :, :length]
        if found == chains and kept >= length and not np.array_equal(again, before.values):
            raise SamplingError("chains that were run again have other draws than this fit")
        return fit
