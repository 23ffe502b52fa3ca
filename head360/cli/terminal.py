"""Talks to the person at the terminal: results on stdout, progress and problems on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Protocol, TextIO, TypeVar

from head360.errors import Head360Error

Result = TypeVar("Result")
Step = TypeVar("Step", bound="Progress")

_BAR_CELLS = 24
_REDRAW_SECONDS = 0.1
#: Without a terminal (a log file), a line each tenth is enough.
_LOG_LINES = 10
#: What a log file's lines are tenths of, if nobody knows how many steps there are.
_UNKNOWN_TOTAL = 1000
#: The rate is known well enough for a forecast after this long.
_FORECAST_SECONDS = 0.5


class Progress(Protocol):
    """How far a task is."""

    @property
    def done(self) -> int: ...

    @property
    def total(self) -> int: ...


@dataclass(slots=True)
class Terminal:
    """Where words go; `quiet` keeps all but problems and asked-for results."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    quiet: bool = False

    def result(self, text: str) -> None:
        """Print what was asked for."""
        self.out.write(f"{text}\n")
        self.out.flush()

    def note(self, text: str) -> None:
        """Say what was done."""
        if not self.quiet:
            self.err.write(f"{text}\n")
            self.err.flush()

    def problem(self, error: Head360Error) -> None:
        """Say what went wrong and what to do."""
        self.err.write(f"head360: {error}\n")
        if error.hint:
            self.err.write(f"  {error.hint}\n")
        self.err.flush()

    def follow(self, task: Generator[Step, None, Result], label: str) -> Result:
        """Run a task to its end under a progress bar; whatever interrupts it closes it."""
        bar = None if self.quiet else ProgressBar(self.err, label)
        try:
            while True:
                progress = next(task)
                if bar:
                    bar.show(progress)
        except StopIteration as finished:
            result: Result = finished.value
            return result
        finally:
            task.close()
            if bar:
                bar.finish()


class ProgressBar:
    """One line that fills, with the time left; in a log file, a line each tenth."""

    def __init__(
        self, stream: TextIO, label: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream, self._label, self._clock = stream, label, clock
        self._live = stream.isatty()
        self._started = clock()
        self._drawn_at = -1.0
        self._tenths = -1
        self._width = 0

    def show(self, progress: Progress) -> None:
        """Draw it, unless it was drawn a moment ago."""
        now = self._clock()
        line = f"{self._label} {self._line(progress, now - self._started)}"
        tenths = _LOG_LINES * progress.done // (progress.total or _UNKNOWN_TOTAL)
        finished = 0 < progress.total <= progress.done
        if self._live and (finished or now - self._drawn_at >= _REDRAW_SECONDS):
            self._drawn_at = now
            self._stream.write(f"\r{line:<{self._width}}")
            self._width = len(line)
        elif not self._live and tenths > self._tenths:
            self._tenths = tenths
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def finish(self) -> None:
        """Leave the line."""
        if self._live and self._width:
            self._stream.write("\n")
            self._stream.flush()

    def _line(self, progress: Progress, elapsed: float) -> str:
        if progress.total == 0:
            return f"{progress.done}"  # nobody knows how many there are
        share = min(1.0, progress.done / progress.total)
        filled = round(share * _BAR_CELLS)
        bar = "█" * filled + "░" * (_BAR_CELLS - filled)
        return f"{bar} {progress.done}/{progress.total}{_forecast(share, elapsed)}"


def _forecast(share: float, elapsed: float) -> str:
    if share >= 1:
        return f"  {duration(elapsed)}"
    if share == 0 or elapsed < _FORECAST_SECONDS:
        return ""
    return f"  {duration(elapsed / share - elapsed)} left"


def duration(seconds: float) -> str:
    """Seconds as people say them: 4 s, 1 min 20 s, 2 h 5 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
