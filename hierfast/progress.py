"""One line of progress for work beyond a second: on a terminal, in a notebook, in a log if asked."""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

SLOW = 1.0  # seconds of a fit before a line appears
LOG_EVERY = 5.0  # seconds between lines of a log


class InterruptWarning(RuntimeWarning):
    """Says that a fit was interrupted and how many of its draws were kept.

    Examples
    --------
    >>> import warnings
    >>> import hierfast as hf
    >>> warnings.simplefilter("error", hf.InterruptWarning)  # rather stop than go on with fewer
    >>> warnings.resetwarnings()
    """


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fit is; what ``Model.fit(callback=...)`` is called with.

    Attributes
    ----------
    phase : str
        "plan" while data are read and the plan is made, "tune" before the first draw that is kept,
        "draws" from then on.
    draws, total : int
        Draws finished and asked for, over all chains.
    share : float
        Share of all sweeps, those thrown away included, that is done: 0 to 1.
    seconds : float
        Since the fit began.

    Examples
    --------
    >>> import hierfast as hf
    >>> seen = []
    >>> model = hf.Model(hf.Normal(sigma=1), hf.Normal(hf.Flat(), hf.HalfNormal(1)))
    >>> fit = model.fit({"y": [1.0, 2.0, 4.0]}, y="y", callback=seen.append, progressbar=False)
    >>> seen[-1].phase, seen[-1].draws, seen[-1].total, seen[-1].share
    ('draws', 4000, 4000, 1.0)
    """

    phase: str
    draws: int
    total: int
    share: float
    seconds: float


Callback: TypeAlias = Callable[[Progress], Any]


class Display(Protocol):
    """Where the line goes."""

    def show(self, text: str) -> None:
        """Show the line as it is now."""

    def close(self, text: str) -> None:
        """Show the last line; nothing follows."""


class Reporter:
    """Tells of one fit what there is to tell, at every look of the thread that waits for it.

    Parameters
    ----------
    progressbar : bool or str
        True: a line on a terminal or in a notebook, nothing elsewhere; "log": a line of text now
        and then; False: nothing.
    callback : callable or None
        Called with a `Progress`.
    total : int
        Draws asked for, over all chains.

    Raises
    ------
    TypeError, ValueError
        If `progressbar` is neither of these, or `callback` cannot be called.
    """

    def __init__(self, progressbar: Any, callback: Any, total: int) -> None:
        self._display = make_display(progressbar)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback must be callable or None; got {callback!r}")
        self._callback: Callback | None = callback
        self._total = total
        self._begun = time.perf_counter()
        self._sampling: float | None = None
        self._shown = False

    @property
    def seconds(self) -> float:
        """Time since the fit began."""
        return time.perf_counter() - self._begun

    def plan(self) -> None:
        """Look while the plan is made."""
        self._tell(Progress("plan", 0, self._total, 0.0, self.seconds))

    def look(self, draws: int, share: float) -> None:
        """Look while chains run.

        Parameters
        ----------
        draws : int
            Finished so far.
        share : float
            Share of all sweeps that is done.
        """
        now = self.seconds
        self._sampling = now if self._sampling is None else self._sampling
        self._tell(Progress("draws" if draws else "tune", draws, self._total, share, now))

    def end(self) -> None:
        """Tell that all draws are there."""
        progress = Progress("draws", self._total, self._total, 1.0, self.seconds)
        self.close(f"{self._total:,} draws in {progress.seconds:.1f} s")
        if self._callback is not None:
            self._callback(progress)

    def close(self, text: str) -> None:
        """End the line, if there is one, with a text."""
        if self._shown and self._display is not None:
            self._display.close(text)
        self._shown = False

    def _tell(self, progress: Progress) -> None:
        if self._display is not None and progress.seconds >= SLOW:
            self._shown = True
            self._display.show(line(progress, self._sampling or 0.0))
        if self._callback is not None:
            self._callback(progress)


def line(progress: Progress, since: float) -> str:
    """Say how far a fit is.

    Parameters
    ----------
    progress : Progress
        How far.
    since : float
        Seconds of the fit at which its chains began.

    Returns
    -------
    str
        Draws done, draws a second, time left.

    Examples
    --------
    >>> from hierfast.progress import Progress, line
    >>> line(Progress("draws", 1000, 4000, 0.25, 11.0), 1.0)
    '1,000 of 4,000 draws, 100 a second, 30 s left'
    """
    if progress.phase == "plan":
        return f"reading data and planning, {progress.seconds:.0f} s"
    spent = max(progress.seconds - since, 1e-9)
    left = "time left unknown"
    if progress.share > 0:
        left = f"{_time(spent * (1 - progress.share) / progress.share)} left"
    if progress.phase == "tune":
        return f"tuning, {progress.share:.0%} of all sweeps done, {left}"
    rate = progress.draws / spent
    speed = f"{rate:,.0f} a second" if rate >= 1 else f"{1 / rate:,.0f} s a draw"
    return f"{progress.draws:,} of {progress.total:,} draws, {speed}, {left}"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def make_display(progressbar: Any) -> Display | None:
    """Choose where the line goes.

    Parameters
    ----------
    progressbar : bool or str
        As in `Model.fit`.

    Returns
    -------
    Display or None
        None: nowhere.

    Raises
    ------
    TypeError, ValueError
        If it is neither True, False nor "log".
    """
    if isinstance(progressbar, str):
        if progressbar != "log":
            raise ValueError(f"progressbar must be True, False or 'log'; got {progressbar!r}")
        return _Log()
    if type(progressbar).__name__ not in ("bool", "bool_"):
        raise TypeError(f"progressbar must be True, False or 'log'; got {progressbar!r}")
    if not progressbar:
        return None
    # A kernel has imported IPython by itself; nobody else is made to.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is not None:
        return _Notebook()
    return _Terminal() if sys.stderr is not None and sys.stderr.isatty() else None


class _Terminal:
    """A line rewritten in place."""

    def __init__(self) -> None:
        self._width = 0

    def show(self, text: str, end: str = "") -> None:
        print(f"\r{text:<{self._width}}", end=end, file=sys.stderr, flush=True)
        self._width = len(text)

    def close(self, text: str) -> None:
        self.show(text, "\n")


class _Log:
    """A line of text now and then."""

    def __init__(self) -> None:
        self._last = -LOG_EVERY

    def show(self, text: str) -> None:
        now = time.perf_counter()
        if now - self._last >= LOG_EVERY:
            self._last = now
            self.close(text)

    def close(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class _Notebook:
    """An output of a cell that is replaced."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, text: str) -> None:
        module: Any = sys.modules["IPython"].display
        content = module.HTML(f"<code>{html.escape(text)}</code>")
        if self._handle is None:
            self._handle = module.display(content, display_id=True)
        else:
            self._handle.update(content)

    def close(self, text: str) -> None:
        self.show(text)
