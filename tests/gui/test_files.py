"""New, open and save never lose work unasked."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.messages import Level
from app.settings import RECENT
from head360.camera import OrbitCamera
from head360.light import Background
from head360.params import neutral_head
from head360.project import Project, load_project, save_project
from tests.gui.conftest import end
from tests.unit.faces_stand_ins import random_take

Answer = Callable[[str], list[str]]


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the next file dialogs will choose."""
    path = tmp_path / "maya.h360"
    monkeypatch.setattr("app.files.choose_target", lambda *_: path)
    monkeypatch.setattr("app.files.choose_project", lambda *_: path)
    return path


def edit(window: MainWindow, value: float = 1.0) -> None:
    window.document.edit("Width", shape=np.full(50, value, np.float32))


def project_file(window: MainWindow, path: Path, value: float = 2.0) -> Path:
    params = window.document.params.with_(shape=np.full(50, value, np.float32))
    save_project(Project(params, OrbitCamera(yaw_degrees=40.0)), path)
    return path


def test_save_and_open_round_trip(window: MainWindow, target: Path) -> None:
    edit(window)
    window.viewport.set_camera(OrbitCamera(yaw_degrees=33.0, distance=0.9))
    window.viewport.set_background(Background((0.5, 0.2, 0.1), (0.5, 0.2, 0.1)))
    window.actions_by_id["save"].trigger()
    saved = window.document.params
    window.actions_by_id["new"].trigger()
    assert not np.array_equal(window.document.params.shape, saved.shape)

    window.actions_by_id["open"].trigger()

    assert np.array_equal(window.document.params.shape, saved.shape)
    assert window.viewport.camera == OrbitCamera(yaw_degrees=33.0, distance=0.9)
    assert window.viewport.background.inner == (0.5, 0.2, 0.1)
    assert window.backgrounds.choices["colour"].isChecked()
    assert not window.document.modified
    assert load_project(target).name == "maya"


def test_the_title_says_the_name_and_what_is_unsaved(window: MainWindow, target: Path) -> None:
    assert window.windowTitle() == "Head360 Studio — Untitled"

    edit(window)
    assert window.windowTitle() == "Head360 Studio — Untitled *"
    window.actions_by_id["save"].trigger()

    assert window.windowTitle() == "Head360 Studio — maya.h360"
    window.actions_by_id["undo"].trigger()
    assert window.windowTitle() == "Head360 Studio — maya.h360 *"


def test_a_corrupt_file_changes_nothing(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "broken.h360"
    path.write_bytes(b"not a zip")
    before = window.document.params

    window.files.open_path(path)

    assert window.document.params is before
    assert window.document.path is None
    message = window.message_bar.cards[-1].message
    assert message.level is Level.ERROR
    assert "broken.h360" in message.text


def test_a_newer_file_says_so(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "newer.h360"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.json", json.dumps({"version": 99, "made_by": "Head360 9"}))

    window.files.open_path(path)

    message = window.message_bar.cards[-1].message
    assert "newer Head360 Studio (Head360 9)" in message.text
    assert message.hint


def test_a_failed_save_keeps_the_work_unsaved(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = tmp_path / "missing" / "maya.h360"
    monkeypatch.setattr("app.files.choose_target", lambda *_: nowhere)
    edit(window)

    assert not window.files.save()

    assert window.document.modified
    assert "cannot be saved" in window.message_bar.cards[-1].message.text


def test_closing_asks_and_cancel_keeps_the_window(window: MainWindow, answer: Answer) -> None:
    edit(window)
    asked = answer("Cancel")

    window.close()

    assert asked == ["Save your changes to “Untitled”?"]
    assert window.isVisible()
    assert window.document.modified


def test_closing_can_save_first(window: MainWindow, target: Path, answer: Answer) -> None:
    edit(window, 1.5)
    answer("Save")

    window.close()

    assert not window.isVisible()
    assert load_project(target).params.shape[0] == 1.5


def test_closing_can_throw_work_away(window: MainWindow, target: Path, answer: Answer) -> None:
    edit(window)
    answer("Don’t save")

    window.close()

    assert not window.isVisible()
    assert not target.exists()


def test_closing_without_changes_asks_nothing(window: MainWindow) -> None:
    window.close()

    assert not window.isVisible()


def test_new_asks_before_work_is_lost(window: MainWindow, answer: Answer) -> None:
    edit(window)
    answer("Cancel")
    window.actions_by_id["new"].trigger()
    assert window.document.params.shape[0] == 1.0

    answer("Don’t save")
    window.actions_by_id["new"].trigger()

    assert window.document.params.shape[0] == 0.0
    assert window.document.undo_stack.count() == 0


def mime_of(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def enter(window: MainWindow, mime: QMimeData) -> bool:
    event = QDragEnterEvent(
        QPoint(500, 300), Qt.DropAction.CopyAction, mime,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    event.ignore()
    window.dragEnterEvent(event)
    return event.isAccepted()


def test_a_performance_stays_in_its_project(window: MainWindow, target: Path) -> None:
    take = random_take(1, 5)
    save_project(Project(neutral_head(), performance=take), target)
    window.files.open_path(target)
    edit(window)

    window.actions_by_id["save"].trigger()

    kept = load_project(target).performance
    assert kept is not None
    assert np.array_equal(kept.expression, take.expression)
    window.actions_by_id["new"].trigger()
    assert window.document.performance is None


def test_a_dropped_project_opens(window: MainWindow, tmp_path: Path) -> None:
    mime = mime_of(project_file(window, tmp_path / "dropped.h360"))
    event = QDropEvent(
        QPointF(500, 300), Qt.DropAction.CopyAction, mime,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip

    assert enter(window, mime)
    window.dropEvent(event)

    assert window.document.name == "dropped"
    assert window.document.params.shape[0] == 2.0
    assert window.viewport.camera.yaw_degrees == 40.0


def test_other_files_are_not_taken(window: MainWindow, tmp_path: Path) -> None:
    assert not enter(window, mime_of(tmp_path / "notes.txt"))
    assert not enter(window, mime_of(tmp_path / "a.h360", tmp_path / "b.h360"))
    assert not enter(window, QMimeData())


def test_recent_projects_are_offered(window: MainWindow, tmp_path: Path) -> None:
    first = project_file(window, tmp_path / "first.h360", 1.0)
    second = project_file(window, tmp_path / "second.h360", 2.0)

    window.files.open_path(first)
    window.files.open_path(second)

    assert window.files.recent() == [second, first]
    names = [action.text() for action in window.recent_menu.actions()[:2]]
    assert names == ["second.h360", "first.h360"]
    window.recent_menu.actions()[1].trigger()
    assert window.document.params.shape[0] == 1.0


def test_a_recent_project_that_is_gone_leaves_the_list(window: MainWindow, tmp_path: Path) -> None:
    path = project_file(window, tmp_path / "gone.h360")
    window.files.open_path(path)
    path.unlink()

    window.files.open_path(path)

    assert window._settings.get(RECENT) == []
    assert "gone.h360" in window.message_bar.cards[-1].message.text
    assert window.document.params.shape[0] == 2.0


def test_a_file_opened_before_the_engine_is_ready_stays(
    qtbot: QtBot, services: object, tmp_path: Path
) -> None:
    window = MainWindow(services)  # type: ignore[arg-type]
    qtbot.addWidget(window, before_close_func=end)
    window.files.open_path(project_file(window, tmp_path / "early.h360"))

    with qtbot.waitSignal(window.viewport.picture_shown, timeout=5000):
        window.show()

    assert window.document.name == "early"
    assert window.document.params.shape[0] == 2.0
