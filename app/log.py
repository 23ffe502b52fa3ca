"""Writes what happens to a log file, from Python and from Qt."""

from __future__ import annotations

import faulthandler
import logging
import sys
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

LOG_NAME, FORMER_NAME = "studio.log", "studio-former.log"
LIMIT_BYTES = 1 << 20
FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_qt = logging.getLogger("Qt")


def start_log(folder: Path) -> None:
    """Log to a file in `folder`, and warnings to the terminal too.

    A folder that cannot be written is no reason not to start: the terminal must do then.
    """
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [terminal]
    try:
        handlers.append(_file_handler(folder))
    except OSError as error:
        terminal.handle(
            logging.makeLogRecord({"msg": f"No log file: {error}", "levelno": logging.WARNING})
        )
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(logging.Formatter(FORMAT))
        root.addHandler(handler)
    qInstallMessageHandler(_log_qt)


def log_file(folder: Path) -> Path:
    """Where the log lies."""
    return folder / LOG_NAME


def _file_handler(folder: Path) -> logging.FileHandler:
    folder.mkdir(parents=True, exist_ok=True)
    path = log_file(folder)
    if path.exists() and path.stat().st_size > LIMIT_BYTES:
        path.replace(folder / FORMER_NAME)
    handler = logging.FileHandler(path, encoding="utf-8")
    if handler.stream is not None:
        faulthandler.enable(handler.stream)  # a crash in a driver leaves its Python stacks here
    return handler


def _log_qt(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    _qt.log(_LEVELS.get(kind, logging.WARNING), "%s", text)
