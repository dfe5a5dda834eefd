"""Compare two callables fairly: alternately, in one process, by the ratios of neighbours."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Ratio:
    """Times of two sides that took turns.

    Attributes
    ----------
    seconds : tuple of (float, float)
        Times of `a` and `b`, a pair for every round.
    names : tuple of str
        What `a` and `b` are.
    cores : tuple of int
        Cores each side could use.
    """

    seconds: tuple[tuple[float, float], ...]
    names: tuple[str, str] = ("a", "b")
    cores: tuple[int, int] = (1, 1)

    @property
    def ratios(self) -> list[float]:
        """Time of `a` over that of `b`, round by round."""
        return [a / b for a, b in self.seconds]

    @property
    def ratio(self) -> float:
        """Median of the paired ratios."""
        return median(self.ratios)

    @property
    def interval(self) -> tuple[float, float]:
        """10% and 90% quantiles of the paired ratios."""
        if len(self.seconds) == 1:
            return self.ratio, self.ratio
        tenths = quantiles(self.ratios, n=10, method="inclusive")
        return tenths[0], tenths[-1]

    @property
    def medians(self) -> tuple[float, float]:
        """Median seconds of `a` and of `b`."""
        return median(a for a, _ in self.seconds), median(b for _, b in self.seconds)

    def __str__(self) -> str:
        """Print the ratio, its spread and both absolute times."""
        low, high = self.interval
        sides = (
            f"{name} {_seconds(time)} on {cores} core{'s' * (cores > 1)}"
            for name, time, cores in zip(self.names, self.medians, self.cores, strict=True)
        )
        head = f"{self.names[0]} / {self.names[1]} = {self.ratio:.3g} [{low:.3g}, {high:.3g}]"
        return f"{head} (median, 10-90% of {len(self.seconds)} rounds); {', '.join(sides)}"


def paired_ratio(
    a: Callable[[], object],
    b: Callable[[], object],
    *,
    rounds: int = 15,
    warmup: int = 2,
    names: tuple[str, str] = ("a", "b"),
    cores: tuple[int, int] = (1, 1),
) -> Ratio:
    """Time two callables in turns, so that whatever slows the machine slows both.

    The order within a round changes from round to round; the garbage collector rests.

    Parameters
    ----------
    a, b : callable
        The two sides, without arguments.
    rounds : int
        Pairs of calls that count.
    warmup : int
        Pairs of calls before these.
    names : tuple of str
        What to call the sides when printed.
    cores : tuple of int
        Cores each side could use, as the caller knows.

    Returns
    -------
    Ratio
        All times, with medians and spread.

    Examples
    --------
    >>> result = paired_ratio(lambda: sum(range(1000)), lambda: sum(range(2000)), rounds=5)
    >>> len(result.seconds)
    5
    """
    if rounds < 1 or warmup < 0:
        raise ValueError(f"rounds must be positive and warmup not negative; got {rounds}, {warmup}")
    for _ in range(warmup):
        a()
        b()
    seconds = []
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for i in range(rounds):
            if i % 2:
                second = _time(b)
                first = _time(a)
            else:
                first = _time(a)
                second = _time(b)
            seconds.append((first, second))
    finally:
        if collecting:
            gc.enable()
    return Ratio(tuple(seconds), names, cores)


def _time(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def _seconds(time: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if time * scale >= 1:
            return f"{time * scale:.3g} {unit}"
    return f"{time * 1e9:.3g} ns"
