"""A fit in the tools of others: xarray's trees by ArviZ's schema, NetCDF and Zarr files, streamed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from hierfast.fitted import Fitted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LIMIT = 1 << 30  # bytes of effects that are put into memory
SMALL = 1 << 26  # those that are exported without being asked for


class ExportWarning(UserWarning):
    """Effects were left out of an export, since nobody asked for so many.

    Examples
    --------
    >>> import hierfast as hf, warnings
    >>> warnings.simplefilter("error", hf.ExportWarning)  # so that a program stops instead
    >>> warnings.resetwarnings()
    """


class Export(Fitted):
    """What gives a fit to other tools."""

    def to_datatree(
        self,
        groups: Any = None,
        draws: Any = None,
        *,
        log_likelihood: bool | ArrayLike | None = None,
        limit: int = LIMIT,
    ) -> Any:
        """Give the fit as a tree of datasets by ArviZ's schema, which ArviZ 1.x and xarray read.

        ``posterior`` holds the hyperparameters (chain, draw), effects as ``theta`` (chain, draw, group),
        or (chain, draw, group, category), and scales where these differ by group; ``observed_data`` what
        statistics of groups hold, since rows are not kept; ``constant_data`` columns known of groups;
        ``sample_stats`` the log density ``lp`` of the hyperparameters, effects integrated out, up to a
        constant: equation (1) of `hierfast.densities` (where it is 20 million densities of cells or fewer,
        and the population no `Grid`), and the share of accepted proposals where there are some;
        ``log_likelihood`` the log density of each group's rows, effects integrated out. Effects are on the
        scale of the groups of the fit, which stands in their attribute ``scale``.

        Parameters
        ----------
        groups : bool or label or sequence of labels or mask or slice, optional
            Groups whose effects are wanted, as in `Groups.select`: True all, False none; by default all
            where they take 64 MB or less, else none, with a warning.
        draws : slice or sequence of int, optional
            Which draws of each chain; all by default.
        log_likelihood : bool or array_like, optional
            True: log density of every group's rows, of groups that have some, with which ``arviz.loo`` says
            what `hierfast.Fit.loo` does; where it lacks what data alone say, its attribute ``measure`` is
            not "rows", as ``Loo.measure``. False: none. By default where effects are exported, these
            densities take 32 MB or less and lack nothing. Or your own (chains, draws, groups), of the
            groups and draws that are chosen.
        limit : int
            Bytes that effects, or densities, may take in memory, 1 GiB by default.

        Returns
        -------
        xarray.DataTree
            Hyperparameters are views of the fit's own.

        Raises
        ------
        ImportError
            If xarray is not installed.
        ValueError
            If effects or densities would take more than `limit`; it tells how many bytes. If densities
            were asked for, and statistics do not tell what each group says of the likelihood's parameters.

        Warns
        -----
        ExportWarning
            If effects were left out.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
        >>> table = hf.datasets.load("eight_schools")
        >>> fit = model.fit(table, y="effect", group="school", random_seed=1, progressbar=False)
        >>> tree = fit.to_datatree()  # doctest: +SKIP
        >>> dict(tree["posterior"]["theta"].sizes)  # doctest: +SKIP
        {'chain': 4, 'draw': 1000, 'school': 8}
        >>> import arviz as az  # doctest: +SKIP
        >>> az.loo(tree).elpd  # of ArviZ 1.x; fit.loo().elpd  # doctest: +SKIP
        -30.75
        """
        from hierfast.densities import densities_of
        from hierfast.trees import Selection, build_tree

        chosen = Selection(self, groups, draws)
        chosen.check(limit)
        densities = densities_of(self, chosen, log_likelihood, limit)
        return build_tree(self, chosen, densities, held=True)

    def to_inferencedata(self, groups: Any = None, draws: Any = None, **other: Any) -> Any:
        """Give the fit as the ``InferenceData`` of ArviZ 0.2x; see `to_datatree`, which 1.x reads.

        Parameters
        ----------
        groups, draws, **other
            As in `to_datatree`.

        Returns
        -------
        arviz.InferenceData
            With the groups of the tree.

        Raises
        ------
        ImportError
            If ArviZ is not installed, or is 1.0 or later, which has no ``InferenceData``.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
        >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
        >>> fit.to_inferencedata()  # doctest: +SKIP
        Inference data with groups: ...
        """
        from hierfast.trees import as_inferencedata

        return as_inferencedata(self.to_datatree(groups, draws, **other))

    def to_netcdf(
        self,
        path: str | os.PathLike[str],
        groups: Any = None,
        draws: Any = None,
        *,
        log_likelihood: bool | ArrayLike | None = None,
    ) -> None:
        """Write the tree of `to_datatree` to a NetCDF file, what is large piece by piece.

        Held are some 40 MB of effects or densities, however many there are; on the disk they take 8 bytes
        each. The file is written beside the old one and put in its place once it is whole.

        Parameters
        ----------
        path : str or path-like
            Where to; a file that stands there is replaced.
        groups, draws, log_likelihood
            As in `to_datatree`; effects and densities have no limit but that of the disk.

        Raises
        ------
        ImportError
            If xarray or h5netcdf with h5py is not installed.
        OSError
            If the disk has no room for it, which is found out before anything is written, or it cannot be
            written.

        Warns
        -----
        ExportWarning
            If effects were left out.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
        >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
        >>> fit.to_netcdf("fit.nc")  # doctest: +SKIP
        """
        from hierfast.streams import stream_netcdf
        from hierfast.trees import Selection

        stream_netcdf(self, path, Selection(self, groups, draws), log_likelihood)

    def to_zarr(
        self,
        path: str | os.PathLike[str],
        groups: Any = None,
        draws: Any = None,
        *,
        log_likelihood: bool | ArrayLike | None = None,
    ) -> None:
        """Write the tree of `to_datatree` to a Zarr store (version 3), what is large piece by piece.

        Chunks hold 50 draws of 5,000 groups of one chain, uncompressed, since draws are noise: one group,
        or one draw, is read without the rest. Held are some 40 MB of them, however many there are.
        ArviZ 1.x reads it by ``arviz.from_zarr``, 0.2x, which does not open version 3, by
        ``arviz.InferenceData.from_datatree(xarray.open_datatree(path, engine="zarr"))``.

        Parameters
        ----------
        path : str or path-like
            A folder that is not there yet.
        groups, draws, log_likelihood
            As in `to_datatree`; effects and densities have no limit but that of the disk.

        Raises
        ------
        FileExistsError
            If there is something at `path`.
        ImportError
            If xarray or zarr 3 is not installed.
        OSError
            If the disk has no room for it, which is found out before anything is written.

        Warns
        -----
        ExportWarning
            If effects were left out.

        Examples
        --------
        >>> import hierfast as hf
        >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
        >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", random_seed=1, progressbar=False)
        >>> fit.to_zarr("fit.zarr", groups=True)  # doctest: +SKIP
        """
        from hierfast.streams import stream_zarr
        from hierfast.trees import Selection

        stream_zarr(self, path, Selection(self, groups, draws), log_likelihood)
