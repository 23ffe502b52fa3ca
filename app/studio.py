"""Sets the application up: name, theme, log, crash hook, and the one window."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

import head360
from app.crash import CrashHook
from app.log import start_log
from app.main_window import MainWindow, Services
from app.settings import Settings, user_places
from app.theme import app_icon
from app.workers.engine import EngineFactory, real_engine
from head360.assets import catalog
from head360.heap import share_freed_memory

log = logging.getLogger(__name__)

ORGANISATION, NAME = "Head360", "Head360 Studio"
#: How long a working thread may keep Python's lock from the window, seconds (usually 0.005).
SWITCH_S = 0.001


def run_studio(file: Path | None, make_engine: EngineFactory = real_engine) -> int:
    """Show the window, with a project if one is named, until it closes; returns the exit code."""
    sys.setswitchinterval(SWITCH_S)
    application = make_application()
    window = open_window(application, make_engine)
    if file is not None:
        window.files.open_path(file)
    window.rescue.offer()
    code = application.exec()
    if window.hangs:
        log.warning("A thread hangs in the graphics driver; leaving without it")
        logging.shutdown()
        os._exit(code)  # Qt would abort, because it may not destroy a running thread
    return code


def make_application() -> QApplication:
    """The one QApplication, by name."""
    share_freed_memory()
    QApplication.setOrganizationName(ORGANISATION)
    QApplication.setApplicationName(NAME)
    QApplication.setApplicationVersion(head360.__version__)
    QApplication.setDesktopFileName("head360-studio")
    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")  # the style sheet is made for it
    application.setWindowIcon(app_icon())
    return application


def open_window(application: QApplication, make_engine: EngineFactory) -> MainWindow:
    """The window on screen, with log and crash hook in place."""
    places = user_places()
    start_log(places.state)
    window = MainWindow(Services(make_engine, catalog(), Settings(QSettings()), places))
    window.theme.apply(application)
    CrashHook(window.messages, window).install()
    window.show()
    return window
