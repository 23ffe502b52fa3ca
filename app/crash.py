"""Turns a bug into a message and a log entry instead of the end of the program."""

from __future__ import annotations

import logging
import sys
import threading
import time
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from app.messages import Messages

log = logging.getLogger(__name__)

QUIET_S = 10.0  # a bug in a paint event would otherwise speak sixty times a second


class CrashHook(QObject):
    """Receives every exception that nobody caught, from any thread."""

    _crashed = Signal()  # hops to the GUI thread

    def __init__(self, messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._spoke = -QUIET_S
        self._crashed.connect(self._speak)

    def install(self) -> None:
        """Take the place of Python's hooks."""
        sys.excepthook = self.report
        threading.excepthook = lambda args: self.report(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def report(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Log an exception and tell the person once in a while."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("Unexpected error", exc_info=(kind, error, trace))
        self._crashed.emit()

    def _speak(self) -> None:
        if time.monotonic() - self._spoke < QUIET_S:
            return
        self._spoke = time.monotonic()
        self._messages.error(
            self.tr("Something went wrong inside Head360 Studio."),
            self.tr("Your work is still here; save it. The details are in the log (Help menu)."),
        )
