"""Other photos, and the same one again: what was put right by hand stays with its photo."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.photo_session import State
from app.widgets.brush import Tool
from head360.marks import NOT_HAIR
from tests.gui.conftest import FakeEngine, Pace
from tests.gui.photo_hands import asked, ready, stroke, take, undo
from tests.gui.test_photo_dock import bring, fit, photo, wait_for

pytestmark = pytest.mark.usefixtures("detector_is_here")


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


def test_the_same_face_picked_again_keeps_its_paint(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    bring(qtbot, window, photo(tmp_path, width=600))
    dock = window.panels.photo
    dock._pick(2)
    wait_for(qtbot, window, State.READY)
    take(window, Tool.HAIR)
    stroke(qtbot, window, (0.4, 0.5), (0.6, 0.5))
    marks = dock.session.marks
    dock.look_over.all_faces.click()

    dock._pick(2)

    assert dock.session.state is State.READY
    assert dock.session.marks is marks
    assert dock.view.accessibleDescription().startswith("Arrow keys move the brush")
    dock._pick(1)
    wait_for(qtbot, window, State.READY)
    assert not dock.session.marks.any()


def test_of_a_stored_photo_the_fitted_face_is_adjusted(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    bring(qtbot, window, photo(tmp_path, width=600))
    dock = window.panels.photo
    with qtbot.waitSignal(dock.session.fitted, timeout=20_000):
        dock.fit()
    window.files._write(tmp_path / "maya.h360")
    window.files.new()
    window.files.open_path(tmp_path / "maya.h360")

    dock.after.back.click()

    wait_for(qtbot, window, State.READY)
    assert dock.session.number == 2  # in the middle, where the head sat
    assert dock.view.accessibleDescription().startswith("Arrow keys move a landmark")


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
