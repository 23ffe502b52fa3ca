"""Runs one long head360 task off the GUI thread."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from head360.errors import Head360Error

log = logging.getLogger(__name__)


class Job(QThread):
    """Drains a task generator: progress on each `yield`, result on `return`.

    Exactly one of `succeeded`, `failed` and `cancelled` is emitted. Connect all signals to bound
    methods of QObjects, which Qt then calls on the thread that owns them.
    """

    progressed = Signal(object)  # whatever the task yields
    succeeded = Signal(object)  # whatever the task returns
    failed = Signal(object)  # Exception
    cancelled = Signal()

    def __init__(self, task: Generator[Any, None, Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task = task

    def cancel(self) -> None:
        """Stop at the task's next `yield`. Returns at once; safe from any thread."""
        self.requestInterruption()

    def run(self) -> None:
        """Thread body; call `start`."""
        try:
            while not self.isInterruptionRequested():
                self.progressed.emit(next(self._task))
            self._task.close()
        except StopIteration as finished:
            self.succeeded.emit(finished.value)
        except Head360Error as error:  # expected: the user gets its text
            self.failed.emit(error)
        except Exception as error:  # thread boundary: report, never vanish
            log.exception("Job crashed")
            self.failed.emit(error)
        else:
            self.cancelled.emit()
