"""Taking back what was done to a photo, and what was done to the head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.photo_session import State
from app.widgets.brush import Tool
from tests.gui.conftest import Pace
from tests.gui.photo_hands import ready, stroke, take, undo
from tests.gui.test_photo_dock import photo

pytestmark = pytest.mark.usefixtures("detector_is_here")


def test_a_stroke_is_one_step(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    ready(qtbot, window, tmp_path)
    session = window.panels.photo.session
    take(window, Tool.HAIR)
    stroke(qtbot, window, (0.4, 0.5), (0.6, 0.5))
    first = session.marks
    take(window, Tool.NOT_HAIR)
    stroke(qtbot, window, (0.5, 0.4), (0.5, 0.6))
    both = session.marks

    assert window.actions_by_id["undo"].text() == "Undo Paint: no hair"
    undo(window)
    assert np.array_equal(session.marks, first)
    undo(window)
    assert not session.marks.any()
    assert not window.panels.photo.look_over.brush.clear.isEnabled()
    for _ in range(2):
        window.actions_by_id["redo"].trigger()
    assert np.array_equal(session.marks, both)
    assert not window.document.modified


def test_clearing_is_one_step(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    ready(qtbot, window, tmp_path)
    session = window.panels.photo.session
    take(window, Tool.LEAVE_OUT)
    stroke(qtbot, window, (0.4, 0.5), (0.6, 0.5))
    painted = session.marks

    window.panels.photo.look_over.brush.clear.click()

    assert not session.marks.any()
    undo(window)
    assert np.array_equal(session.marks, painted)


def test_a_dragged_landmark_is_one_step(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    ready(qtbot, window, tmp_path)
    dock = window.panels.photo
    face = dock.session.face
    assert face is not None
    for landmark in face.handles[:2]:
        start = dock.view.handle_place(landmark).toPoint()
        qtbot.mousePress(dock.view, Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, 4):
            qtbot.mouseMove(dock.view, start + QPoint(3 * step, 0))
            qtbot.wait(30)
        qtbot.mouseRelease(dock.view, Qt.MouseButton.LeftButton, pos=start + QPoint(9, 0))
        qtbot.waitUntil(lambda: dock.session._errands.idle)

    assert dock.session.undo_stack.count() == 2
    undo(window)
    assert set(dock.session.face.aligned.placed) == {face.handles[0]}  # type: ignore[union-attr]
    undo(window)
    assert dock.session.face is face
    window.actions_by_id["redo"].trigger()
    assert dock.session.face is not face


def test_quick_drags_are_steps_of_their_own_and_none_is_lost(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, pace: Pace
) -> None:
    pace.seconds = 3.0  # a landmark takes a tenth of it
    ready(qtbot, window, tmp_path)
    session = window.panels.photo.session
    assert session.face is not None
    first, second = session.face.handles[:2]

    for landmark in (first, second):  # all that while the first is on its way
        session.grasp()
        for x in (100.0, 110.0, 120.0):
            session.drag(landmark, x, 100.0)

    qtbot.waitUntil(lambda: session.undo_stack.count() == 2, timeout=5000)
    qtbot.waitUntil(lambda: session._errands.idle)
    assert session.face.aligned.landmarks[[first, second], 0].tolist() == [120.0, 120.0]
    undo(window)
    assert session.face.aligned.landmarks[first, 0] == 120.0
    assert second not in session.face.aligned.placed


def test_hair_is_looked_for_anew_after_a_landmark_moved(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    ready(qtbot, window, tmp_path)
    session = window.panels.photo.session
    take(window, Tool.HAIR)
    qtbot.waitUntil(lambda: session.hair is not None)
    assert session.face is not None
    found = session.hair
    take(window, Tool.LANDMARKS)

    with qtbot.waitSignal(session.face_changed):
        session.drag(session.face.handles[0], 100.0, 100.0)

    assert session.hair is None
    take(window, Tool.HAIR)
    qtbot.waitUntil(lambda: session.hair is not None)
    assert session.hair is not found
    undo(window)  # with the brush in hand
    assert session.hair is None
    qtbot.waitUntil(lambda: session.hair is not None)


def test_a_step_taken_back_while_the_next_is_on_its_way_stays_back(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, pace: Pace
) -> None:
    pace.seconds = 3.0  # a landmark takes a tenth of it
    ready(qtbot, window, tmp_path)
    session = window.panels.photo.session
    face = session.face
    assert face is not None
    session.drag(face.handles[0], 100.0, 100.0)
    qtbot.waitUntil(lambda: session.undo_stack.count() == 1, timeout=5000)

    session.drag(face.handles[0], 120.0, 100.0)
    undo(window)

    qtbot.wait(500)
    assert session.face is face


def test_undo_goes_to_the_head_once_that_is_touched(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    ready(qtbot, window, tmp_path)
    take(window, Tool.HAIR)
    stroke(qtbot, window, (0.4, 0.5), (0.6, 0.5))
    window.document.edit("Iris", iris_color=(0.1, 0.2, 0.3))

    assert window.actions_by_id["undo"].text() == "Undo Iris"
    undo(window)
    assert window.actions_by_id["undo"].text() == "Undo Paint hair"  # what was done before
    window.viewport.setFocus()
    assert window.actions_by_id["redo"].text() == "Redo Iris"
    window.panels.photo.view.setFocus()
    assert window.actions_by_id["undo"].text() == "Undo Paint hair"


def test_undo_after_the_fit_is_the_head_s(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    ready(qtbot, window, tmp_path)
    dock = window.panels.photo
    take(window, Tool.HAIR)
    stroke(qtbot, window, (0.4, 0.5), (0.6, 0.5))
    with qtbot.waitSignal(dock.session.fitted, timeout=20_000):
        dock.fit()

    assert window.actions_by_id["undo"].text() == "Undo Fit photo"
    undo(window)
    assert not dock.start.back.isHidden()
    assert dock.start.back.text() == "Back to maya.png"
    dock.start.back.click()
    assert dock.session.state is State.READY
    assert dock.session.marks.any()


def test_a_photo_that_cannot_be_had_leaves_the_one_in_hand(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    ready(qtbot, window, tmp_path)
    session = window.panels.photo.session
    take(window, Tool.HAIR)
    stroke(qtbot, window, (0.4, 0.5), (0.6, 0.5))
    face, marks = session.face, session.marks
    for grey in (0, None):  # one without a face, and one that is none
        path = photo(tmp_path, "none.png", grey=grey or 0)
        if grey is None:
            path.write_bytes(b"nothing")

        with qtbot.waitSignal(session.failed, timeout=20_000):
            window.photo_commands.open_path(path)

        assert session.state is State.READY
        assert session.face is face
        assert session.marks is marks
        assert session.name == "maya.png"
    undo(window)
    assert not session.marks.any()
