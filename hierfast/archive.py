"""Files that keep a fit: a ZIP of plain arrays and a description, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

if TYPE_CHECKING:
    import zipfile

HEAD = "hierfast.json"  # first member: what the file is, and what its arrays mean
FORMAT = 1  # to be raised with whatever changes what a file holds, or which draws it stands for
LONGEST = 1 << 16  # characters of the header of an array


def write_archive(path: str | os.PathLike[str], head: Mapping[str, Any], arrays: Any) -> None:
    """Write a file beside the old one and put it in its place once it is whole.

    Parameters
    ----------
    path : str or path-like
        Where to; a file that stands there is replaced.
    head : mapping
        The description, of what JSON can hold.
    arrays : mapping of str to numpy.ndarray
        Arrays by their names; ``numpy.load`` reads them from the file as well.

    Raises
    ------
    OSError
        If it cannot be written; the old file is as it was.
    """
    import json
    import secrets
    import zipfile

    import hierfast

    target = Path(os.path.realpath(path))
    beside = target.with_name(f"{target.name}.{secrets.token_hex(6)}.part")
    told = {"hierfast": FORMAT, "version": hierfast.__version__, **head}
    try:
        with open(beside, "xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(HEAD, json.dumps(told, indent=1))
                for name, values in arrays.items():
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        npy.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def read_archive(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a file that `write_archive` wrote; nothing in it is ever run.

    Parameters
    ----------
    path : str or path-like
        Where it stands.

    Returns
    -------
    tuple
        The description, and arrays by their names.

    Raises
    ------
    OSError
        If there is no file, or it cannot be read.
    ValueError
        If it is no file of hierfast's, is of another format, or is damaged: every part is checked by its
        CRC-32.
    """
    import json
    import zipfile

    with open(path, "rb") as file:
        begin = file.read(30 + len(HEAD))
        if begin[:4] != b"PK\x03\x04" or begin[30:] != HEAD.encode():
            raise ValueError(f"{os.fspath(path)!r} is no file that hierfast saved")
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                head: Any = json.loads(archive.read(HEAD))
                check_format(head, path)
                members = [m for m in archive.infolist() if m.filename != HEAD]
                return head, {
                    m.filename.removesuffix(".npy"): _read_array(archive, m) for m in members
                }
        except FormatError:
            raise
        except Exception as error:  # whatever a byte that is wrong may lead to
            raise damaged(path, error) from error


class FormatError(ValueError):
    """A file of another format."""


def damaged(path: str | os.PathLike[str], error: Exception) -> ValueError:
    """Make the error of a file that cannot be understood.

    Parameters
    ----------
    path : str or path-like
        Where it stands.
    error : Exception
        What was found.

    Returns
    -------
    ValueError
        To be raised.
    """
    return ValueError(
        f"{os.fspath(path)!r} is damaged, or was cut off ({error}): save it again, or take a copy"
    )


def check_format(head: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Check that this version reads a file.

    Parameters
    ----------
    head : mapping
        Its description.
    path : str or path-like
        Where it stands.

    Raises
    ------
    FormatError
        If it does not.
    """
    import hierfast

    if head["hierfast"] != FORMAT:
        raise FormatError(
            f"{os.fspath(path)!r} is of format {head['hierfast']}, written by hierfast {head['version']}; "
            f"this is hierfast {hierfast.__version__}, which reads format {FORMAT}: use that version"
        )


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    if member.compress_type:
        raise ValueError(f"{member.filename} is compressed")
    with archive.open(member) as file:
        _check_size(file, member)
    with archive.open(member) as file:
        found: NDArray[Any] = npy.read_array(file, allow_pickle=False, max_header_size=LONGEST)
    return found


def _check_size(file: IO[bytes], member: zipfile.ZipInfo) -> None:
    """Compare what a header promises with what there is, before memory is taken for it."""
    version = npy.read_magic(file)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
    shape, _, dtype = read(file, max_header_size=LONGEST)
    count = 1
    for n in shape:
        count *= n
    if dtype.hasobject or count * dtype.itemsize + file.tell() != member.file_size:
        raise ValueError(f"{member.filename} does not hold what its header says")
