"""A person's hands on the photo panel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.brush import Tool
from head360.marks import Marks
from tests.gui.conftest import FakeEngine
from tests.gui.test_photo_dock import bring, photo


def stroke(
    qtbot: QtBot,
    window: MainWindow,
    start: tuple[float, float],
    end: tuple[float, float],
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Drag the mouse between two places, shares of the crop."""
    view = window.panels.photo.view
    side = view._image.width()
    at, to = (view._to_widget(side * x, side * y).toPoint() for x, y in (start, end))
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, keys, at)
    for step in range(1, 6):
        qtbot.mouseMove(view, at + (to - at) * step / 5)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, keys, to)


def take(window: MainWindow, tool: Tool) -> None:
    window.panels.photo.look_over.buttons[tool].click()


def ready(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    """With a photo, and the dock in front, large enough to aim."""
    bring(qtbot, window, photo(folder))
    window.panels.photo.raise_()


def asked(engines: list[FakeEngine]) -> list[Marks | None]:
    """What each fit was told of paint."""
    return [options.marks for engine in engines for _, options in engine.fitted]


def undo(window: MainWindow) -> None:
    window.actions_by_id["undo"].trigger()
