"""The first start: the head turns once, and a strip stays until somebody has begun."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow, Services
from app.settings import WELCOMED
from head360.camera import OrbitCamera
from head360.params import neutral_head
from head360.project import Project, save_project
from tests.gui.conftest import end


def test_the_welcome_turns_and_stays_until_dismissed(qtbot: QtBot, services: Services) -> None:
    services.settings.set(WELCOMED, False)
    window = MainWindow(services)
    qtbot.addWidget(window, before_close_func=end)
    with qtbot.waitSignal(window.viewport.picture_shown, timeout=5000):
        window.show()

    assert window.viewport.camera.yaw_degrees < -40
    qtbot.waitUntil(lambda: window.viewport.camera.yaw_degrees == 0.0, timeout=6000)
    assert window.welcome_strip.isVisible()
    window.welcome_strip.dismissed.emit()
    assert not window.welcome_strip.isVisible()
    assert services.settings.get(WELCOMED)


def test_a_project_that_is_opened_ends_the_welcome(
    qtbot: QtBot, services: Services, tmp_path: Path
) -> None:
    services.settings.set(WELCOMED, False)
    seen_from = OrbitCamera(yaw_degrees=70.0)
    save_project(Project(neutral_head(), seen_from), tmp_path / "me.h360")
    window = MainWindow(services)
    qtbot.addWidget(window, before_close_func=end)
    window.files.open_path(tmp_path / "me.h360")
    with qtbot.waitSignal(window.viewport.picture_shown, timeout=5000):
        window.show()

    qtbot.wait(150)

    assert not window.welcome_strip.isVisible()
    assert window.viewport.camera == seen_from
    assert not services.settings.get(WELCOMED)  # it comes back where nothing is opened


def test_touching_the_head_ends_the_welcome_turn(qtbot: QtBot, services: Services) -> None:
    services.settings.set(WELCOMED, False)
    window = MainWindow(services)
    qtbot.addWidget(window, before_close_func=end)
    with qtbot.waitSignal(window.viewport.picture_shown, timeout=5000):
        window.show()

    qtbot.mousePress(window.viewport, Qt.MouseButton.LeftButton)
    yaw = window.viewport.camera.yaw_degrees
    qtbot.wait(150)

    assert window.viewport.camera.yaw_degrees == yaw
