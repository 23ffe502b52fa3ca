"""Painting on a photo: what is left out, where hair is, and taking steps back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.photo_session import State
from app.widgets.brush import CANVAS_PX, LEAST, MOST, RADIUS, Tool, blank, paint
from head360.marks import HAIR, LEFT_OUT, NOT_HAIR, Marks
from tests.gui.conftest import FakeEngine, Pace
from tests.gui.test_photo_dock import bring, fit, photo, wait_for

pytestmark = pytest.mark.usefixtures("detector_is_here")


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


def test_each_brush_paints_its_own(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, engines: list[FakeEngine]
) -> None:
    ready(qtbot, window, tmp_path)
    for tool, height in ((Tool.LEAVE_OUT, 0.4), (Tool.HAIR, 0.55), (Tool.NOT_HAIR, 0.7)):
        take(window, tool)
        stroke(qtbot, window, (0.4, height), (0.6, height))

    with qtbot.waitSignal(window.panels.photo.session.fitted, timeout=20_000):
        window.panels.photo.fit()

    [marks] = asked(engines)
    assert marks is not None
    assert marks.shape == (200, 200)
    rows = [np.argwhere(marks == code)[:, 0].mean() for code in (LEFT_OUT, HAIR, NOT_HAIR)]
    assert rows == sorted(rows)
    assert 0.002 < (marks == HAIR).mean() < 0.1
    assert window.document.photo is not None
    assert np.array_equal(window.document.photo.marks, marks)  # type: ignore[arg-type]


def test_shift_takes_paint_back(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    ready(qtbot, window, tmp_path)
    take(window, Tool.HAIR)
    stroke(qtbot, window, (0.4, 0.5), (0.6, 0.5))
    before = (window.panels.photo.session.marks == HAIR).sum()

    stroke(qtbot, window, (0.5, 0.4), (0.5, 0.6), Qt.KeyboardModifier.ShiftModifier)

    after = (window.panels.photo.session.marks == HAIR).sum()
    assert 0.5 * before < after < 0.9 * before


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


def test_brackets_change_the_size(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    ready(qtbot, window, tmp_path)
    dock = window.panels.photo
    take(window, Tool.HAIR)
    window.activateWindow()
    dock.view.setFocus()
    slider = dock.look_over.brush.slider
    before = slider.value()

    qtbot.keyClick(dock.view, Qt.Key.Key_BracketRight)
    assert dock.view.easel.radius > RADIUS
    assert slider.value() > before
    for _ in range(40):
        qtbot.keyClick(dock.view, Qt.Key.Key_BracketLeft)
    assert dock.view.easel.radius == LEAST
    slider.setValue(slider.maximum())
    assert dock.view.easel.radius == pytest.approx(MOST)


def test_keys_can_paint(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    ready(qtbot, window, tmp_path)
    dock = window.panels.photo
    take(window, Tool.LEAVE_OUT)
    dock.view.setFocus()

    qtbot.keyClick(dock.view, Qt.Key.Key_Space)
    for _ in range(4):
        qtbot.keyClick(dock.view, Qt.Key.Key_Right)
    qtbot.keyClick(dock.view, Qt.Key.Key_Space)
    assert dock.session.marks[CANVAS_PX // 2, CANVAS_PX // 2] == LEFT_OUT
    assert dock.session.undo_stack.count() == 2
    whole = (dock.session.marks > 0).sum()
    qtbot.keyClick(dock.view, Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert (dock.session.marks > 0).sum() < whole


def test_found_hair_is_shown_under_the_brush(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    ready(qtbot, window, tmp_path)
    dock = window.panels.photo
    assert dock.session.hair is None

    with qtbot.waitSignal(dock.session.hair_told, timeout=5000):
        take(window, Tool.HAIR)

    picture = dock.view.easel.picture
    assert 0 < picture.pixelColor(256, 50).alpha() < 80  # inside it, faintly
    assert picture.pixelColor(256, 101).alpha() > 150  # its rim
    assert picture.pixelColor(256, 300).alpha() == 0
    take(window, Tool.LEAVE_OUT)
    assert dock.view.easel.picture.pixelColor(256, 50).alpha() == 0


def test_paint_has_the_colour_of_its_brush(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    ready(qtbot, window, tmp_path)
    dock = window.panels.photo
    colors: list[QColor] = []
    for tool in (Tool.LEAVE_OUT, Tool.HAIR, Tool.NOT_HAIR):
        take(window, tool)
        stroke(qtbot, window, (0.5, 0.5), (0.5, 0.5))
        colors.append(dock.view.easel.picture.pixelColor(256, 256))

    assert len({color.name() for color in colors}) == 3
    assert all(color.alpha() > 100 for color in colors)


def test_landmarks_show_the_face_and_brushes_all_the_hair(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    ready(qtbot, window, tmp_path)
    view = window.panels.photo.view
    near = view._source.width()

    take(window, Tool.HAIR)

    assert view._source.width() > 1.5 * near
    assert not window.panels.photo.look_over.brush.isHidden()
    take(window, Tool.LANDMARKS)
    assert view._source.width() == near
    assert window.panels.photo.look_over.brush.isHidden()


def test_another_photo_begins_without_paint(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    ready(qtbot, window, tmp_path)
    take(window, Tool.HAIR)
    stroke(qtbot, window, (0.4, 0.5), (0.6, 0.5))

    bring(qtbot, window, photo(tmp_path, "other.png", grey=90))

    session = window.panels.photo.session
    assert not session.marks.any()
    assert session.undo_stack.count() == 0
    assert window.panels.photo.view.easel.tool is Tool.LANDMARKS


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


def test_another_photo_ends_a_fit_without_a_trace(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, pace: Pace
) -> None:
    pace.seconds = 30.0
    before = window.document.params
    ready(qtbot, window, tmp_path)
    window.panels.photo.fit()
    qtbot.waitUntil(lambda: window.stage.shown is not before, timeout=25_000)

    window.photo_commands.open_path(photo(tmp_path, "other.png", grey=90))

    assert window.stage.shown is before
    wait_for(qtbot, window, State.READY)
    assert window.panels.photo.session.name == "other.png"
    assert window.stage.shown is before


def test_everything_fits_into_the_dock(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    dock = window.panels.photo
    room = dock.widget().viewport().width()  # type: ignore[attr-defined]
    ready(qtbot, window, tmp_path)
    for tool in Tool:
        take(window, tool)
        assert dock.look_over.minimumSizeHint().width() <= room - 24
    with qtbot.waitSignal(dock.session.fitted, timeout=20_000):
        dock.fit()

    assert dock.after.minimumSizeHint().width() <= room - 24


def test_a_photo_takes_the_welcome_away(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.welcome_strip.show()

    bring(qtbot, window, photo(tmp_path))

    assert window.welcome_strip.isHidden()


def test_what_was_put_right_by_hand_is_used_again_after_reopening(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, engines: list[FakeEngine]
) -> None:
    ready(qtbot, window, tmp_path)
    dock = window.panels.photo
    landmark = dock.session.face.handles[0]  # type: ignore[union-attr]
    dock.session.drag(landmark, 200.0, 180.0)
    qtbot.waitUntil(lambda: dock.session.undo_stack.count() == 1)
    take(window, Tool.HAIR)
    stroke(qtbot, window, (0.4, 0.3), (0.6, 0.3))
    with qtbot.waitSignal(dock.session.fitted, timeout=20_000):
        dock.fit()
    window.files._write(tmp_path / "maya.h360")
    window.files.new()
    window.files.open_path(tmp_path / "maya.h360")

    with qtbot.waitSignal(dock.session.fitted, timeout=20_000):
        dock.after.again.click()

    first, second = (options for engine in engines for _, options in engine.fitted)
    assert first.marks is not None
    assert second.marks is not None
    assert ((first.marks > 0) != (second.marks > 0)).mean() < 0.005
    assert set(second.placed) == {landmark}
    place = first.landmarks[landmark, :2]  # type: ignore[index]
    assert second.landmarks[landmark, :2] == pytest.approx(place, abs=0.1)  # type: ignore[index]


def test_a_stored_photo_can_be_adjusted(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, engines: list[FakeEngine]
) -> None:
    ready(qtbot, window, tmp_path)
    dock = window.panels.photo
    take(window, Tool.NOT_HAIR)
    stroke(qtbot, window, (0.4, 0.3), (0.6, 0.3))
    with qtbot.waitSignal(dock.session.fitted, timeout=20_000):
        dock.fit()
    window.files._write(tmp_path / "maya.h360")
    window.files.new()
    window.files.open_path(tmp_path / "maya.h360")

    dock.after.back.click()

    wait_for(qtbot, window, State.READY)
    assert (dock.session.marks == NOT_HAIR).any()
    assert len(asked(engines)) == 1


def test_a_stored_photo_of_an_undone_fit_is_the_one_that_is_adjusted(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    fit(qtbot, window, photo(tmp_path, "first.png", grey=60))
    fit(qtbot, window, photo(tmp_path, "second.png", grey=180))
    undo(window)
    dock = window.panels.photo

    dock.after.back.click()

    wait_for(qtbot, window, State.READY)
    assert dock.session.face is not None
    assert abs(dock.session.face.image.pixelColor(256, 256).red() - 60) < 4


def test_cancelling_a_second_fit_shows_the_first_again(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, pace: Pace
) -> None:
    pace.seconds = 2.0
    fit(qtbot, window, photo(tmp_path))
    dock = window.panels.photo
    dock.after.again.click()
    wait_for(qtbot, window, State.FITTING)

    dock.busy.cancel.click()

    assert dock.session.state is State.IDLE
    assert not dock.after.isHidden()


def test_a_line_of_paint_has_round_ends() -> None:
    marks = blank()

    paint(marks, QPointF(100.0, 100.0), QPointF(200.0, 100.0), 10.0, HAIR)

    assert marks[100, 91] == HAIR
    assert marks[100, 89] == 0
    assert marks[109, 150] == HAIR
    assert marks[111, 150] == 0
    assert marks[107, 92] == 0  # round
    assert (marks > 0).sum() == pytest.approx(100 * 20 + np.pi * 100, rel=0.03)


def test_paint_beyond_the_edge_is_lost() -> None:
    marks = blank()

    paint(marks, QPointF(-50.0, -50.0), QPointF(-40.0, -60.0), 10.0, HAIR)
    assert not marks.any()
    paint(marks, QPointF(0.0, 0.0), QPointF(0.0, 0.0), 10.0, HAIR)
    assert (marks > 0).sum() == pytest.approx(np.pi * 100 / 4, rel=0.1)
