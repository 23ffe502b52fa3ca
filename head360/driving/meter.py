"""Counts what a source does, for its status."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock

import numpy as np

from head360.driving.source import LOST_AFTER_S, Listener, SourceState, SourceStatus
from head360.performance import Sample

#: Rates and medians are of this long, seconds.
_WINDOW_S = 1.5
_MAX_MARKS = 512


class Meter:
    """The newest sample of a source and how well it comes in. Any thread may call anything."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._marks: deque[tuple[float, float]] = deque(maxlen=_MAX_MARKS)  # when, latency
        self._misses: deque[float] = deque(maxlen=_MAX_MARKS)
        self._counts = {"good": 0, "bad": 0, "late": 0, "skipped": 0}
        self._newest: Sample | None = None
        self._listener: Listener | None = None

    def seen(self, sample: Sample, latency_s: float) -> None:
        """A face came; its listener hears of it on this thread."""
        with self._lock:
            self._newest = sample
            self._marks.append((time.perf_counter(), latency_s))
            self._counts["good"] += 1
            listener = self._listener
        if listener is not None:
            listener(sample)

    def missed(self) -> None:
        """A frame or packet was fine, but showed no face."""
        with self._lock:
            self._misses.append(time.perf_counter())

    def count(self, what: str, number: int = 1) -> None:
        """Add to one of bad, late, skipped."""
        with self._lock:
            self._counts[what] += number

    def newest(self) -> Sample | None:
        """The last face."""
        return self._newest

    def listen(self, listener: Listener | None) -> None:
        """See `LiveSource.listen`."""
        with self._lock:
            self._listener = listener

    def reset(self) -> None:
        """Forget everything but the listener."""
        with self._lock:
            self._newest = None
            self._marks.clear()
            self._misses.clear()
            self._counts = dict.fromkeys(self._counts, 0)

    def status(
        self, texts: dict[SourceState, str], state: SourceState | None = None
    ) -> SourceStatus:
        """The status now; `texts` says in words what each state means here."""
        now = time.perf_counter()
        with self._lock:
            marks = [mark for mark in self._marks if now - mark[0] < _WINDOW_S]
            misses = sum(now - when < _WINDOW_S for when in self._misses)
            counts, last = dict(self._counts), self._marks[-1][0] if self._marks else None
        if state is None:
            silent = last is None or now - last > LOST_AFTER_S
            state = ("waiting" if last is None else "lost") if silent else "running"
        latency = float(np.median([mark[1] for mark in marks])) if marks else 0.0
        quality = len(marks) / (len(marks) + misses) if marks and state == "running" else 0.0
        return SourceStatus(state, texts[state], _rate(marks, now), latency, quality, **counts)


def _rate(marks: list[tuple[float, float]], now: float) -> float:
    """Marks a second."""
    if len(marks) < 2:
        return 0.0
    return (len(marks) - 1) / max(now - marks[0][0], 1e-3)
