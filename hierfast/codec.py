"""Models, statistics and draws as a description of plain values and named arrays, and back."""

from __future__ import annotations

import datetime
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast import _core

PLAIN = (bool, int, float, str, type(None))


@cache
def known_classes() -> dict[str, type]:
    """Give the classes that a description may name, all of which are made by their constructors."""
    from hierfast import distributions
    from hierfast.categories import ShareCounts
    from hierfast.counts import Counts
    from hierfast.fitted import Draws, Settings
    from hierfast.merging import Terms
    from hierfast.model import Model
    from hierfast.statistics import Statistics

    named = [getattr(distributions, name) for name in distributions.__all__]
    priors = [c for c in named if isinstance(c, type) and is_dataclass(c)]
    others: list[type] = [Model, Settings, Draws, Terms, Statistics, Counts, ShareCounts]
    return {c.__name__: c for c in (*priors, *others)}


def encode(value: Any, arrays: dict[str, NDArray[Any]], name: str) -> Any:
    """Describe a value.

    Parameters
    ----------
    value : object
        Plain, an array, a tuple or mapping of such, a link, or one of `known_classes`.
    arrays : dict of str to numpy.ndarray
        Receives arrays.
    name : str
        Of the value; those of its arrays begin with it.

    Returns
    -------
    object
        What JSON can hold; `decode` makes an equal value of it.

    Raises
    ------
    TypeError
        If it is of another kind.

    Examples
    --------
    >>> import hierfast as hf
    >>> from hierfast.codec import decode, encode
    >>> told = encode(hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)), {}, "population")
    >>> decode(told, {})
    Normal(mu=Normal(mu=0, sigma=5), sigma=HalfCauchy(beta=5))
    """
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in PLAIN:
        return value
    if isinstance(value, np.ndarray):
        return _encode_array(value, arrays, name)
    if isinstance(value, tuple | list):
        return {"tuple": [encode(v, arrays, f"{name}.{i}") for i, v in enumerate(value)]}
    if isinstance(value, dict):
        items = enumerate(value.items())
        return {"mapping": [[k, encode(v, arrays, f"{name}.{i}")] for i, (k, v) in items]}
    return _encode_object(value, arrays, name)


def _encode_object(value: Any, arrays: dict[str, NDArray[Any]], name: str) -> Any:
    from hierfast.distributions import Linear
    from hierfast.links import Link

    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Link):
        return {"link": value.name}
    if isinstance(value, datetime.date):  # a point in time is one too
        return {type(value).__name__: value.isoformat()}
    kind = type(value)
    if known_classes().get(kind.__name__) is not kind:
        raise TypeError(
            f"{value!r} of type {kind.__name__} cannot be saved: it is none of hierfast's own"
        )
    if isinstance(value, Linear):
        priors = dict(zip(value.names, value.priors, strict=True))
        given = {"formula": value.formula, "prior": priors}
    else:
        given = {f.name: getattr(value, f.name) for f in fields(value)}
    return {
        "class": kind.__name__,
        "arguments": {k: encode(v, arrays, f"{name}.{k}") for k, v in given.items()},
    }


def decode(told: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """Make what `encode` described.

    Parameters
    ----------
    told : object
        The description.
    arrays : dict of str to numpy.ndarray
        Its arrays.

    Returns
    -------
    object
        The value.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is no description.
    """
    from hierfast.links import LINKS

    if not isinstance(told, dict):
        if type(told) not in PLAIN:
            raise TypeError(f"{told!r} describes nothing")
        return told
    if "class" in told:
        given = {k: decode(v, arrays) for k, v in told["arguments"].items()}
        return known_classes()[told["class"]](**given)
    ((kind, value),) = told.items()
    if kind == "mapping":
        return {k: decode(v, arrays) for k, v in value}
    if kind == "tuple":
        return tuple(decode(v, arrays) for v in value)
    if kind in ("text", "labels"):
        return _decode_labels(kind, value, arrays)
    simple = {
        "array": arrays.__getitem__,
        "bytes": bytes.fromhex,
        "link": LINKS.__getitem__,
        "date": datetime.date.fromisoformat,
        "datetime": datetime.datetime.fromisoformat,
    }
    return simple[kind](value)


def _encode_array(value: NDArray[Any], arrays: dict[str, NDArray[Any]], name: str) -> Any:
    """Name an array; labels that are objects become text, or a list of tuples."""
    if value.dtype.kind != "O":
        arrays[name] = value
        return {"array": name}
    values = value.tolist()
    if isinstance(values[0], str | bytes):
        text, at, _ = _core.text_of_objects(values)
        arrays[name], arrays[f"{name}.at"] = text[: at[-1]], at
        return {"text": [name, isinstance(values[0], bytes)]}
    import json

    told = json.dumps([encode(v, {}, name) for v in values]).encode()
    arrays[name] = np.frombuffer(told, dtype=np.uint8)
    return {"labels": name}


def _decode_labels(kind: str, value: Any, arrays: dict[str, NDArray[Any]]) -> NDArray[Any]:
    if kind == "text":
        name, as_bytes = value
        text, at = arrays[name], arrays[f"{name}.at"]
        if at[0] != 0 or at[-1] != len(text) or (np.diff(at) < 0).any():
            raise ValueError(f"{name} are no labels")
        found: NDArray[Any] = _core.decode_labels(text, at, np.arange(len(at) - 1), as_bytes)
        return found
    import json

    values = [decode(v, {}) for v in json.loads(arrays[value].tobytes())]
    labels = np.empty(len(values), dtype=object)
    labels[:] = values
    return labels
