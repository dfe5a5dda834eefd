"""Files that trees are written to, what is large of them piece by piece."""

from __future__ import annotations

import os
import secrets
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hierfast.densities import densities_of
from hierfast.trees import Selection, Variable, build_tree, import_for, large_parts

if TYPE_CHECKING:
    from hierfast.fitted import Fitted

CHUNK = (1, 50, 5_000)  # chain, draws, groups
HELD = 5_000_000  # effects that are made at once
ROOM = 1 << 24  # bytes of a file beside what is large
WHAT = {"posterior": "effects", "log_likelihood": "densities"}


def blocks_of(variable: Variable) -> Iterator[tuple[slice, slice]]:
    """Cut draws and groups into what is made at once, along the edges of chunks."""
    chains, draws, groups, *rest = variable.shape
    width = chains * int(np.prod(rest, dtype=np.int64))
    wide = min(groups, 5 * CHUNK[2])
    some = max(CHUNK[1], HELD // (wide * width) // CHUNK[1] * CHUNK[1])
    for g in range(0, groups, wide):
        for d in range(0, draws, some):
            yield slice(d, min(d + some, draws)), slice(g, min(g + wide, groups))


def fill(parts: list[Variable], create: Callable[[Variable, tuple[int, ...]], Any]) -> None:
    """Make variables piece by piece, and hand each to what holds it.

    Parameters
    ----------
    parts : list of Variable
        The variables.
    create : callable
        Makes room for a variable, given it and the shape of its chunks.
    """
    for variable in parts:
        size = (*CHUNK, *variable.shape[3:])
        out = create(
            variable, tuple(max(1, min(pair)) for pair in zip(size, variable.shape, strict=True))
        )
        for draws, groups in blocks_of(variable):
            out[:, draws, groups] = variable.make(draws, groups)


def check_room(path: Path, chosen: Selection, parts: list[Variable]) -> None:
    """Refuse what the disk has no room for.

    Parameters
    ----------
    path : pathlib.Path
        Where it is to be written.
    chosen : Selection
        Groups and draws.
    parts : list of Variable
        What is large of these.
    """
    size = sum(8 * int(np.prod(v.shape, dtype=object)) for v in parts)
    free = shutil.disk_usage(path.parent).free
    if size and size + ROOM > free:
        what = " and ".join(sorted({WHAT[v.part] for v in parts}, reverse=True))
        raise OSError(
            f"{what} of {len(chosen.at):,} groups take {size:,} bytes, and "
            f"{os.fspath(path.parent)!r} has {free:,} left: choose groups or draws"
        )


def stream_netcdf(fit: Fitted, path: Any, chosen: Selection, log_likelihood: Any) -> None:
    """Write a NetCDF file; see `Export.to_netcdf`."""
    library = import_for("h5netcdf", "to_netcdf", "h5netcdf[h5py]")
    target = Path(os.path.realpath(path))
    densities = densities_of(fit, chosen, log_likelihood, None)
    parts = large_parts(chosen, densities)
    check_room(target, chosen, parts)
    beside = target.with_name(f"{target.name}.{secrets.token_hex(6)}.part")
    try:
        tree = build_tree(fit, chosen, densities, held=False)
        tree.to_netcdf(beside, engine="h5netcdf")
        if parts:
            with library.File(beside, "a") as file:

                def create(v: Variable, chunks: tuple[int, ...]) -> Any:
                    held = file[v.part].create_variable(v.name, v.dims, "f8", chunks=chunks)
                    held.attrs.update(v.attrs)
                    return held

                fill(parts, create)
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def stream_zarr(fit: Fitted, path: Any, chosen: Selection, log_likelihood: Any) -> None:
    """Write a Zarr store; see `Export.to_zarr`."""
    zarr = import_for("zarr", "to_zarr", "zarr>=3")
    target = Path(path)
    if target.exists():
        raise FileExistsError(f"{os.fspath(path)!r} is there already: remove it, or choose another")
    densities = densities_of(fit, chosen, log_likelihood, None)
    parts = large_parts(chosen, densities)
    check_room(target.absolute(), chosen, parts)
    beside = target.with_name(f"{target.name}.{secrets.token_hex(6)}.part")
    try:
        tree = build_tree(fit, chosen, densities, held=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Zarr's specification leaves open
            tree.map_over_datasets(_as_objects).to_zarr(beside, consolidated=False, zarr_format=3)
            if parts:
                store = zarr.open_group(beside, mode="r+")

                def create(v: Variable, chunks: tuple[int, ...]) -> Any:
                    return store[v.part].create_array(
                        v.name,
                        shape=v.shape,
                        chunks=chunks,
                        dtype="f8",
                        compressors=None,
                        fill_value=np.nan,
                        dimension_names=list(v.dims),
                        attributes=v.attrs,
                    )

                fill(parts, create)
            zarr.consolidate_metadata(beside)
        os.rename(beside, target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _as_objects(dataset: Any) -> Any:
    """Give labels that are text the one type of text that Zarr stores in full."""
    text = {k: v.astype(object) for k, v in dataset.coords.items() if v.dtype.kind in "UT"}
    return dataset.assign_coords(text)
