"""Python threads around kernels that release the lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hierfast._core import Stopped

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


class _Tasks:
    """Tasks that threads take one after the other until one fails or the stop flag is set."""

    def __init__(self, tasks: Sequence[Callable[[], Any]], stop: NDArray[np.int32] | None) -> None:
        self.tasks, self.stop = tasks, stop
        self.results: list[Any] = [None] * len(tasks)
        self.errors: dict[int, BaseException] = {}
        self._order = iter(range(len(tasks)))
        self._lock = threading.Lock()

    def work(self) -> None:
        while not self.errors:
            with self._lock:
                i = next(self._order, None)
            if i is None:
                return
            try:
                if self.stop is not None and self.stop[0]:
                    raise Stopped
                self.results[i] = self.tasks[i]()
            except BaseException as error:
                self.errors[i] = error

    def result(self) -> list[Any]:
        """Results in order, or the error of the first task that failed by itself."""
        for i in sorted(self.errors, key=lambda i: (isinstance(self.errors[i], Stopped), i)):
            raise self.errors[i]
        return self.results


class Room(threading.local):
    """Arrays that a thread uses again: to get a large one from the system is as slow as to fill it."""

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}

    def get(self, name: str, shape: tuple[int, int], dtype: type) -> NDArray[Any]:
        """Give an array of a shape, whose values are whatever was there."""
        size = shape[0] * shape[1]
        if name not in self.arrays or self.arrays[name].size < size:
            self.arrays[name] = np.empty(size, dtype=dtype)
        return self.arrays[name][:size].reshape(shape)


def run_all(
    tasks: Sequence[Callable[[], Any]], cores: int, stop: NDArray[np.int32] | None = None
) -> list[Any]:
    """Run short tasks on at most `cores` threads, the caller's among them: one less to start.

    Parameters
    ----------
    tasks : sequence of callable
        What to run; which thread runs a task never changes its result.
    cores : int
        Threads.
    stop : numpy.ndarray, optional
        Flag (1,); where it is set no further task is begun.

    Returns
    -------
    list
        Results in the order of the tasks.

    Raises
    ------
    hierfast._core.Stopped
        If the flag was set.
    """
    queue = _Tasks(tasks, stop)
    others = [threading.Thread(target=queue.work) for _ in range(min(cores, len(tasks)) - 1)]
    for thread in others:
        thread.start()
    queue.work()
    for thread in others:
        thread.join()
    return queue.result()


def watch(
    tasks: Sequence[Callable[[], Any]],
    cores: int,
    stop: NDArray[np.int32],
    look: Callable[[], None] | None = None,
    patience: float | None = None,
) -> list[Any]:
    """Run long tasks on other threads, while the caller's looks at signals and progress.

    Parameters
    ----------
    tasks : sequence of callable
        What to run.
    cores : int
        Threads.
    stop : numpy.ndarray
        Flag (1,) that the tasks poll; set where the caller is interrupted, `look` raises or a task
        fails.
    look : callable, optional
        Called every 50 ms.
    patience : float, optional
        Seconds that an interrupted caller waits for the threads to end; by default until they do.

    Returns
    -------
    list
        Results in the order of the tasks.
    """
    queue = _Tasks(tasks, stop)
    running = max(1, min(cores, len(tasks)))
    idle = threading.Semaphore(0)

    def work() -> None:
        queue.work()
        if queue.errors:
            stop[0] = 1
        idle.release()

    # Daemons: a thread that cannot be stopped keeps nobody from leaving the interpreter.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(running)]
    try:
        for thread in threads:
            thread.start()
        while running:
            if idle.acquire(timeout=POLL):
                running -= 1
            elif look is not None:
                look()
    except BaseException:
        stop[0] = 1
        for thread in threads:
            if thread.ident is not None:
                thread.join(patience)
        raise
    return queue.result()


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
