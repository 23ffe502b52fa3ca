"""A job that somebody waits for, until nobody does."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from PySide6.QtCore import QObject

from app.workers.job import Job

STOP_PATIENCE_MS = 4000


class Errand(QObject):
    """Runs one task; once it was dropped, nothing of it is heard any more.

    The callbacks are called on the thread that made the errand. Whoever made it keeps it while it
    is `running`.
    """

    def __init__(
        self,
        task: Generator[Any, None, Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        note: Callable[[Any], None] | None = None,
    ) -> None:
        super().__init__()
        self._done, self._failed, self._note = done, failed, note
        self._wanted = True
        self.ended = False  # with a result or an error; it may be told soon
        self._job = Job(task)
        self._job.progressed.connect(self._progress)
        self._job.succeeded.connect(self._succeed)
        self._job.failed.connect(self._fail)

    @property
    def running(self) -> bool:
        """Whether its thread still exists."""
        return self._job.isRunning()

    def start(self) -> None:
        """Begin."""
        self._job.start()

    def drop(self) -> None:
        """Nobody wants it any more: it stops at its next `yield`. Returns at once."""
        self._wanted = False
        self._job.cancel()

    def wait(self, milliseconds: int) -> bool:
        """Let it end. False: it did not in time."""
        return self._job.wait(milliseconds)

    def _progress(self, news: object) -> None:
        if self._wanted and self._note is not None:
            self._note(news)

    def _succeed(self, result: object) -> None:
        self.ended = True
        if self._wanted:
            self._done(result)

    def _fail(self, error: Exception) -> None:
        self.ended = True
        if self._wanted:
            self._failed(error)


class Errands:
    """One errand at a time; a new one replaces what was run before."""

    def __init__(self) -> None:
        self._newest: Errand | None = None
        self._all: list[Errand] = []  # those whose threads run

    @property
    def idle(self) -> bool:
        """Whether nothing is waited for."""
        return self._newest is None or self._newest.ended

    def run(
        self,
        task: Generator[Any, None, Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        note: Callable[[Any], None] | None = None,
    ) -> None:
        """Drop what was run before, and begin."""
        self.drop()
        self._newest = Errand(task, done, failed, note)
        self._all = [*(errand for errand in self._all if errand.running), self._newest]
        self._newest.start()

    def drop(self) -> None:
        """Nobody waits any more."""
        if self._newest is not None:
            self._newest.drop()
        self._newest = None

    def stop(self) -> bool:
        """End all and wait. False: a thread hangs."""
        self.drop()
        return all([errand.wait(STOP_PATIENCE_MS) for errand in self._all])  # noqa: C419 (all wait)
