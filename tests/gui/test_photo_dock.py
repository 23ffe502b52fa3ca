"""A photo is brought, looked over, fitted, compared, kept, and fitted again."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.messages import Message
from app.photo_session import State
from head360.downloads import FetchProgress
from head360.errors import AssetError
from head360.params import changed_fields
from tests.gui.conftest import FakeEngine, Pace

pytestmark = pytest.mark.usefixtures("detector_is_here")


def photo(folder: Path, name: str = "maya.png", width: int = 200, grey: int = 120) -> Path:
    path = folder / name
    Image.fromarray(np.full((200, width, 3), grey, np.uint8)).save(path)
    return path


def wait_for(qtbot: QtBot, window: MainWindow, state: State) -> None:
    qtbot.waitUntil(lambda: window.panels.photo.session.state is state, timeout=20_000)


def bring(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    window.photo_commands.open_path(path)
    wait_for(qtbot, window, State.READY)


def fit(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    bring(qtbot, window, path)
    with qtbot.waitSignal(window.panels.photo.session.fitted, timeout=20_000):
        qtbot.mouseClick(window.panels.photo.look_over.fit, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.panels.photo.whole_photo.isNull(), timeout=5000)


def dropped(window: MainWindow, mime: QMimeData) -> QDropEvent:
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, mime,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    window.dropEvent(event)
    return event


def said(window: MainWindow) -> list[Message]:
    found: list[Message] = []
    window.messages.posted.connect(found.append)
    return found


def test_a_photo_becomes_a_head_as_one_step(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    before = window.document.params

    fit(qtbot, window, photo(tmp_path))

    assert window.document.undo_stack.count() == 1
    assert window.document.undo_stack.undoText() == "Fit photo"
    assert window.document.photo is not None
    assert window.document.params.hairstyle == "bob"
    window.document.undo_stack.undo()
    assert not changed_fields(window.document.params, before)
    assert window.document.photo is None
    assert not window.panels.photo.start.isHidden()
    window.document.undo_stack.redo()
    assert window.document.photo is not None


def test_a_dropped_photo_is_looked_at(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(photo(tmp_path)))])

    event = dropped(window, mime)

    assert event.isAccepted()
    wait_for(qtbot, window, State.READY)
    assert window.panels.photo.session.name == "maya.png"


def test_other_files_are_not_photos(window: MainWindow, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "notes.txt"))])

    assert not window.photo_commands.drop(mime)
    assert window.panels.photo.session.state is State.IDLE


def test_a_copied_picture_is_pasted(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setData("image/png", photo(tmp_path).read_bytes())
    QGuiApplication.clipboard().setMimeData(mime)

    window.actions_by_id["paste_photo"].trigger()

    wait_for(qtbot, window, State.READY)


def test_pasting_nothing_says_so(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("words")
    messages = said(window)

    window.photo_commands.paste()

    assert "no picture" in messages[0].text


def test_cancelling_a_fit_leaves_no_trace(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, pace: Pace
) -> None:
    pace.seconds = 30.0
    dock = window.panels.photo
    before = window.document.params
    bring(qtbot, window, photo(tmp_path))
    dock.fit()
    # Far enough that a head of the fit is on show.
    engine_params = lambda: window.stage.shown is not before  # noqa: E731
    qtbot.waitUntil(engine_params, timeout=25_000)

    began = time.monotonic()
    qtbot.mouseClick(dock.busy.cancel, Qt.MouseButton.LeftButton)
    took = time.monotonic() - began

    assert took < 0.25
    assert dock.session.state is State.READY
    assert window.stage.shown is before
    qtbot.wait(300)
    assert window.stage.shown is before
    assert window.document.undo_stack.count() == 0
    assert not window.document.modified


def test_escape_cancels(qtbot: QtBot, window: MainWindow, tmp_path: Path, pace: Pace) -> None:
    pace.seconds = 30.0
    bring(qtbot, window, photo(tmp_path))
    window.panels.photo.fit()

    window.panels.photo._escape.activated.emit()

    assert window.panels.photo.session.state is State.READY


def test_a_failing_fit_says_why_and_changes_nothing(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    before = window.document.params
    messages = said(window)
    bring(qtbot, window, photo(tmp_path, "bad.png"))

    with qtbot.waitSignal(window.panels.photo.session.failed, timeout=10_000):
        window.panels.photo.fit()

    assert "The photo is bad." in messages[-1].text
    assert messages[-1].hint == "Use another."
    assert window.stage.shown is before
    assert window.panels.photo.session.state is State.READY


def test_a_photo_without_a_face_says_so(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    messages = said(window)

    with qtbot.waitSignal(window.panels.photo.session.failed, timeout=10_000):
        window.photo_commands.open_path(photo(tmp_path, grey=0))

    assert "No face was found." in messages[-1].text
    assert window.panels.photo.session.state is State.IDLE


def test_a_damaged_photo_says_so(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "torn.png"
    path.write_bytes(photo(tmp_path).read_bytes()[:60])

    with qtbot.waitSignal(window.panels.photo.session.failed, timeout=10_000):
        window.photo_commands.open_path(path)

    assert window.panels.photo.session.state is State.IDLE


def test_of_several_faces_one_is_picked(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, engines: list[FakeEngine]
) -> None:
    dock = window.panels.photo
    bring(qtbot, window, photo(tmp_path, width=600))
    assert "of 3" in dock.look_over.count.text()

    dock.show()
    dock.raise_()
    left, top, right, low = dock.session.photo.boxes[2]  # type: ignore[union-attr]
    place = dock.view._to_widget((left + right) / 2, (top + low) / 2)
    qtbot.mouseClick(dock.view, Qt.MouseButton.LeftButton, pos=place.toPoint())
    wait_for(qtbot, window, State.READY)

    assert dock.session.number == 3
    with qtbot.waitSignal(dock.session.fitted, timeout=10_000):
        dock.fit()
    assert [options.face for engine in engines for _, options in engine.fitted] == [3]


def test_a_face_that_will_not_do_is_refused_beside_the_photo(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    bring(qtbot, window, photo(tmp_path, "turned.png"))

    part = window.panels.photo.look_over
    assert "turned 70°" in part.remarks.text()
    assert not part.fit.isEnabled()


def test_warnings_come_with_a_remedy(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    bring(qtbot, window, photo(tmp_path))

    assert "The face is dark. Use more light." in window.panels.photo.look_over.remarks.text()


def test_dragged_landmarks_are_used(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, engines: list[FakeEngine]
) -> None:
    dock = window.panels.photo
    bring(qtbot, window, photo(tmp_path))
    landmark = dock.session.face.handles[0]  # type: ignore[union-attr]
    start = dock.view.handle_place(landmark).toPoint()

    qtbot.mousePress(dock.view, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(dock.view, start + QPoint(2 * step, 0))
    with qtbot.waitSignal(dock.session.face_changed, timeout=5000):
        qtbot.mouseRelease(dock.view, Qt.MouseButton.LeftButton, pos=start + QPoint(10, 0))

    qtbot.waitUntil(lambda: bool(dock.session.face.aligned.placed))  # type: ignore[union-attr]
    qtbot.wait(50)
    with qtbot.waitSignal(dock.session.fitted, timeout=10_000):
        dock.fit()
    used = next(options for engine in engines for _, options in engine.fitted)
    assert landmark in used.placed
    assert used.landmarks is not None


def test_locked_hair_stays(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.document.edit("Hair", hairstyle="afro")
    window.locks.lock(("hairstyle", "hair_mix", "hair_color"), True)

    fit(qtbot, window, photo(tmp_path))

    assert window.document.params.hairstyle == "afro"


def test_other_hair_is_offered(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    fit(qtbot, window, photo(tmp_path))
    offered = window.panels.photo.after.hairstyles
    assert offered is not None
    assert offered.visible_keys() == ["bob", "pixie", "none", "quiff", "afro"]

    offered.previewed.emit("pixie")
    assert window.stage.shown.hairstyle == "pixie"
    offered.previewed.emit("")
    assert window.stage.shown.hairstyle == "bob"
    offered.picked.emit("none")
    assert window.document.params.hairstyle is None
    assert window.document.undo_stack.undoText() == "Hairstyle: Bald"


def test_the_report_is_told(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    fit(qtbot, window, photo(tmp_path))

    after = window.panels.photo.after
    after.report.unfold()
    words = after.report_words.text()
    assert "0.7 px off on average" in words
    assert "head360 1.0" in words
    assert "skin 0.1" in words


def test_the_detector_is_asked_for_before_it_is_fetched(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[bool] = []

    def path_of(_name: str) -> Path:
        if not here:
            raise AssetError("not fetched")
        return tmp_path

    def fetch():  # type: ignore[no-untyped-def]
        yield FetchProgress(1_000_000, 3_758_596, "test")
        here.append(True)

    monkeypatch.setattr("app.workers.photos.asset_path", path_of)
    monkeypatch.setattr("app.photo_session.is_here", lambda _: bool(here))
    monkeypatch.setattr("app.photo_session.fetch_detector", fetch)
    dock = window.panels.photo
    window.photo_commands.open_path(photo(tmp_path))
    wait_for(qtbot, window, State.ASKING)
    assert "MB, licence" in dock.ask.words.text()

    dock.ask.fetch.click()

    wait_for(qtbot, window, State.READY)


def test_everything_has_a_name_for_readers(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    fit(qtbot, window, photo(tmp_path))
    dock = window.panels.photo

    assert dock.view.accessibleName() == "Photo"
    assert window.comparison._line.accessibleName()
    assert dock.after.hairstyles is not None
    assert dock.after.hairstyles.accessibleName()
