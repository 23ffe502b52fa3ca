"""Painting on a photo: what is left out, where hair is, and where it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.brush import CANVAS_PX, LEAST, MOST, RADIUS, Easel, Tool, blank, paint
from head360.marks import HAIR, LEFT_OUT, NOT_HAIR
from tests.gui.conftest import FakeEngine
from tests.gui.photo_hands import asked, ready, stroke, take

pytestmark = pytest.mark.usefixtures("detector_is_here")


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


def test_a_stroke_goes_on_when_hair_was_found_meanwhile() -> None:
    easel, marks = Easel(), blank()
    easel.use(Tool.HAIR)
    easel.show_marks(marks)
    easel.begin(QPointF(0.3, 0.5), erase=False)

    easel.show_hair(blank() > 0)
    easel.show_marks(marks)
    easel.move(QPointF(0.6, 0.5))
    painted = easel.lift()

    assert painted is not None
    assert (painted == HAIR).any()
    easel.begin(QPointF(0.3, 0.5), erase=False)
    easel.show_marks(painted)  # such as an undone step
    assert not easel.busy


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
