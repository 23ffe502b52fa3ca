"""Remembers where the window and its docks stood."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMainWindow

from app.settings import GEOMETRY, LAYOUT, Settings

LAYOUT_VERSION = 4  # raise when docks are added or renamed: older layouts are then ignored
FIRST_SIZE = (1280, 800)


def restore_layout(window: QMainWindow, settings: Settings, arrange: Callable[[], None]) -> None:
    """Put window and docks where they stood; `arrange` is for the first time.

    Damaged memories are ignored.
    """
    geometry = settings.get_bytes(GEOMETRY)
    if geometry.isEmpty() or not window.restoreGeometry(geometry):
        window.resize(*FIRST_SIZE)
    arrange()
    state = settings.get_bytes(LAYOUT)
    if not state.isEmpty():
        window.restoreState(state, LAYOUT_VERSION)


def remember_layout(window: QMainWindow, settings: Settings) -> None:
    """Note where window and docks stand."""
    settings.set_bytes(GEOMETRY, window.saveGeometry())
    settings.set_bytes(LAYOUT, window.saveState(LAYOUT_VERSION))
