"""Remembers where the window and its docks stood."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar

from app.settings import GEOMETRY, LAYOUT, Settings

FIRST_SIZE = (1280, 800)
#: Raise when docks keep their names but older layouts no longer suit them.
_EDITION = 5


def restore_layout(window: QMainWindow, settings: Settings, arrange: Callable[[], None]) -> None:
    """Put window and docks where they stood; `arrange` is for the first time.

    Memories that are damaged, or of other docks than there are now, are ignored.
    """
    geometry = settings.get_bytes(GEOMETRY)
    if geometry.isEmpty() or not window.restoreGeometry(geometry):
        window.resize(*FIRST_SIZE)
    arrange()
    state = settings.get_bytes(LAYOUT)
    if not state.isEmpty() and not window.restoreState(state, _version(window)):
        arrange()
    _hide_empty_tabs(window)


def remember_layout(window: QMainWindow, settings: Settings) -> None:
    """Note where window and docks stand."""
    settings.set_bytes(GEOMETRY, window.saveGeometry())
    settings.set_bytes(LAYOUT, window.saveState(_version(window)))


def _version(window: QMainWindow) -> int:
    """Another number for other docks.

    Qt restores the layout of docks that are gone all the same, and leaves a bar of tabs without
    tabs somewhere over the window.
    """
    names = sorted(dock.objectName() for dock in window.findChildren(QDockWidget))
    return zlib.crc32(" ".join([str(_EDITION), *names]).encode()) & 0x7FFFFFFF


def _hide_empty_tabs(window: QMainWindow) -> None:
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    for bar in window.findChildren(QTabBar, options=direct):
        if bar.count() == 0:
            bar.hide()
