"""The photo that a head was made from: kept in its project, and compared with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.document import KeptPhoto
from app.main_window import MainWindow
from head360.light import PHOTO_LIGHT, Light
from head360.project import load_project
from tests.gui.conftest import FakeEngine
from tests.gui.test_photo_dock import fit, photo
from tests.unit.likeness_stand_ins import some_likeness

pytestmark = pytest.mark.usefixtures("detector_is_here")


def test_the_photo_survives_saving(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    fit(qtbot, window, photo(tmp_path))
    path = tmp_path / "maya.h360"
    assert window.files._write(path)

    project = load_project(path)
    assert project.photo is not None
    assert project.sitting is not None
    window.files.new()
    assert window.document.photo is None
    window.files.open_path(path)
    assert window.document.photo is not None
    qtbot.waitUntil(lambda: not window.panels.photo.whole_photo.isNull(), timeout=5000)
    assert not window.panels.photo.after.isHidden()
    assert not window.panels.photo.after.again.isHidden()


def test_a_stored_photo_is_fitted_again(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, engines: list[FakeEngine]
) -> None:
    fit(qtbot, window, photo(tmp_path))
    window.files._write(tmp_path / "maya.h360")
    window.panels.photo.session.close_photo()
    window.files.open_path(tmp_path / "maya.h360")

    with qtbot.waitSignal(window.panels.photo.session.fitted, timeout=10_000):
        window.panels.photo.after.again.click()

    assert sum(len(engine.fitted) for engine in engines) == 2
    assert window.document.undo_stack.undoText() == "Fit photo"


def test_photo_and_head_are_compared(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    fit(qtbot, window, photo(tmp_path))
    before, after = window.viewport.camera, window.panels.photo.after

    after.compare.click()

    line = window.comparison._line
    assert line.isVisible()
    assert window.viewport.camera == window.document.photo.sitting.camera  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: not line.photo.isNull(), timeout=5000)
    assert line.photo.width() == window.viewport.width()
    middle = line.photo.pixelColor(line.photo.width() // 2, line.photo.height() // 2)
    assert abs(middle.red() - 120) < 4
    qtbot.keyClick(line, Qt.Key.Key_Right)
    assert line.at > 0.5
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert not line.isVisible()
    assert not after.compare.isChecked()
    qtbot.waitUntil(lambda: window.viewport.camera == before, timeout=5000)


def test_while_compared_the_head_is_lit_as_in_the_photo(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    fit(qtbot, window, photo(tmp_path))
    window.document.edit("Fit photo", likeness=some_likeness())
    document, stage = window.document, window.stage

    window.panels.photo.after.compare.click()
    assert stage.shown.light == Light(PHOTO_LIGHT)
    document.edit("Turn", head_pose=np.array([5, 0, 0], np.float32))
    assert stage.shown.light == Light(PHOTO_LIGHT)
    assert stage.shown.head_pose[0] == 5

    window.panels.photo.after.compare.click()
    assert stage.shown is document.params
    assert document.params.light == Light()


def test_turning_the_head_ends_the_comparison(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    fit(qtbot, window, photo(tmp_path))
    window.panels.photo.after.compare.click()

    qtbot.keyClick(window.viewport, Qt.Key.Key_Left)

    assert not window.comparison.is_on
    assert not window.panels.photo.after.compare.isChecked()


def test_what_the_photo_saw_is_shown(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    fit(qtbot, window, photo(tmp_path))
    button = window.panels.photo.after.observed

    button.click()
    assert window.viewport.mode == "observed"
    window.modes.choices["shaded"].trigger()
    assert not button.isChecked()


def test_a_photo_in_a_project_may_be_no_picture(qtbot: QtBot, window: MainWindow) -> None:
    window.document.replace(
        window.document.params, None, photo=KeptPhoto(b"\xff\xd8\xffnothing", None)
    )
    qtbot.wait(100)

    assert window.panels.photo.whole_photo.isNull()
    assert not window.panels.photo.after.compare.isEnabled()
