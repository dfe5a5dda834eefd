"""Python threads around kernels that release the lock."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

POLL = 0.05  # seconds between looks at signals


def available_cores() -> int:
    """Count the processors this process may use.

    Returns
    -------
    int
        At least 1.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_all(
    tasks: Sequence[Callable[[], Any]],
    cores: int,
    stop: NDArray[np.int32] | None = None,
    report: Callable[[float], None] | None = None,
) -> list[Any]:
    """Run tasks on at most `cores` threads; only the caller's thread sees signals.

    Parameters
    ----------
    tasks : sequence of callable
        What to run; which thread runs a task never changes its result.
    cores : int
        Threads.
    stop : numpy.ndarray, optional
        Flag (1,) that is set when the caller is interrupted, for kernels to poll.
    report : callable, optional
        Called with the seconds passed at every look.

    Returns
    -------
    list
        Results in the order of the tasks.
    """
    if stop is None and report is None:
        return _share(tasks, min(cores, len(tasks)))
    with ThreadPoolExecutor(max_workers=max(1, min(cores, len(tasks)))) as pool:
        futures = [pool.submit(task) for task in tasks]
        begun = time.perf_counter()
        try:
            pending: Any = futures
            while pending:
                _, pending = wait(pending, timeout=POLL, return_when=FIRST_EXCEPTION)
                if report is not None:
                    report(time.perf_counter() - begun)
                if any(f.done() and f.exception() is not None for f in futures):
                    break
        finally:
            if stop is not None and not all(f.done() for f in futures):
                stop[0] = 1
        return [f.result() for f in futures]


def _share(tasks: Sequence[Callable[[], Any]], workers: int) -> list[Any]:
    """Run short tasks, the caller's thread among the workers: a thread less to start."""
    results: list[Any] = [None] * len(tasks)
    errors: list[BaseException] = []
    order = iter(range(len(tasks)))
    lock = threading.Lock()

    def work() -> None:
        while not errors:
            with lock:
                i = next(order, None)
            if i is None:
                return
            try:
                results[i] = tasks[i]()
            except BaseException as error:
                errors.append(error)

    others = [threading.Thread(target=work) for _ in range(workers - 1)]
    for thread in others:
        thread.start()
    work()
    for thread in others:
        thread.join()
    if errors:
        raise errors[0]
    return results


def pieces(n: int, size: int, most: int) -> list[tuple[int, int]]:
    """Cut 0..n into equal pieces that depend on n alone.

    Parameters
    ----------
    n : int
        What to cut.
    size : int
        A piece is at least about this long.
    most : int
        At most so many pieces.

    Returns
    -------
    list of tuple of int
        Bounds of the pieces; one even if n is 0.
    """
    count = max(1, min(most, n // size))
    edges = [n * i // count for i in range(count + 1)]
    return list(pairwise(edges))
