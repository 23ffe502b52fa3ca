"""Live driving and the timeline: what plays the head, what is kept of it, and how it is undone."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox  # noqa: F401 (Qt before pyqtgraph)
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from head360.driving.source import Listener, SourceStatus
from head360.errors import DrivingError
from head360.params import EXPRESSIONS
from head360.performance import Performance, Sample

JAW = EXPRESSIONS.index("jawOpen")


class FakeSource:
    """Says what it is told to."""

    title = "Fake"

    def __init__(self, broken: bool = False) -> None:
        self.broken, self.running = broken, False
        self._listener: Listener | None = None
        self._newest: Sample | None = None

    def start(self) -> None:
        if self.broken:
            raise DrivingError("The port is in use.", "Close the other program.")
        self.running = True

    def stop(self) -> None:
        self.running = False

    def newest(self) -> Sample | None:
        return self._newest

    def status(self) -> SourceStatus:
        return SourceStatus("running", "Following a face", 30.0, 0.02, 0.9, good=5)

    def listen(self, listener: Listener | None) -> None:
        self._listener = listener

    def say(self, jaw: float) -> None:
        weights = np.zeros(len(EXPRESSIONS), np.float32)
        weights[JAW] = jaw
        sample = Sample(time.perf_counter(), weights, np.zeros(3, np.float32))
        self._newest = sample
        if self._listener is not None:
            self._listener(sample)


@pytest.fixture
def source(window: MainWindow) -> FakeSource:
    made = FakeSource()
    window.panels.live._make_source = lambda *_args, **_more: made
    window.panels.live.smoothing.field.setValue(0.0)
    return made


def jaw(window: MainWindow) -> float:
    return float(window.stage.shown.expression[JAW])


def until(qtbot: QtBot, true: Callable[[], bool]) -> None:
    qtbot.waitUntil(true, timeout=3000)


def take(seconds: float = 1.0, moments: int = 31) -> Performance:
    times = np.linspace(0, seconds, moments)
    weights = np.zeros((moments, len(EXPRESSIONS)), np.float32)
    weights[:, JAW] = np.linspace(0, 1, moments)
    return Performance(times, weights, np.zeros((moments, 3), np.float32), "Take", 30.0)


def test_a_live_face_plays_the_head_outside_undo(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    dock = window.panels.live
    dock.start.click()
    assert source.running
    source.say(0.6)
    until(qtbot, lambda: jaw(window) > 0.5)
    assert window.stage.is_performing
    assert window.document.undo_stack.count() == 0
    assert window.document.params.expression[JAW] == 0
    dock.start.click()
    assert not source.running
    assert jaw(window) == 0


def test_a_take_becomes_the_performance_and_can_be_undone(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    dock = window.panels.live
    dock.start.click()
    dock.record.setChecked(True)
    for value in (0.1, 0.4, 0.8):
        source.say(value)
        qtbot.wait(40)
    dock.record.setChecked(False)
    kept = window.document.performance
    assert kept is not None
    assert len(kept) == 3
    assert window.panels.timeline.isVisibleTo(window)
    window.document.undo_stack.undo()
    assert window.document.performance is None


def test_stopping_keeps_what_was_being_recorded(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    dock = window.panels.live
    dock.start.click()
    dock.record.setChecked(True)
    source.say(0.3)
    qtbot.wait(40)
    source.say(0.5)
    dock.start.click()
    assert window.document.performance is not None


def test_a_source_that_cannot_start_is_told(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    source.broken = True
    with qtbot.waitSignal(window.messages.posted) as posted:
        window.panels.live.start.click()
    assert "in use" in posted.args[0].text
    assert not window.session.running


def test_gain_and_mirror_reach_the_tuning(window: MainWindow, source: FakeSource) -> None:
    dock = window.panels.live
    dock.gain.field.setValue(2.0)
    dock.mirror.setChecked(True)
    tuning = window.session.live.tuning
    assert tuning.gains == {"jawOpen": 2.0}
    assert tuning.mirror
    dock.shape.setCurrentIndex(EXPRESSIONS.index("mouthPucker"))
    assert dock.gain.value == 1.0


def test_the_timeline_scrubs_and_plays(window: MainWindow, qtbot: QtBot) -> None:
    window.document.edit_performance("Record", take())
    dock = window.panels.timeline
    dock.slider.setValue(500)
    assert jaw(window) == pytest.approx(0.5, abs=0.01)
    dock.play.click()
    assert window.player.running
    until(qtbot, lambda: jaw(window) > 0.6)
    dock.play.click()
    assert not window.player.running
    dock.hide()
    assert not window.stage.is_performing


def test_edits_of_a_take_are_undone_one_by_one(window: MainWindow) -> None:
    window.document.edit_performance("Record", take())
    dock, document = window.panels.timeline, window.document
    window.player.seek(0.5)
    dock._trim_after()
    assert document.performance is not None
    assert document.performance.duration_s == pytest.approx(0.5, abs=0.02)
    document.undo_stack.undo()
    assert document.performance.duration_s == pytest.approx(1.0)
    dock.remove()
    assert document.performance is None
    document.undo_stack.undo()
    assert document.performance is not None


def test_a_key_is_set_where_somebody_double_clicks(window: MainWindow) -> None:
    window.document.edit_performance("Record", take())
    dock = window.panels.timeline
    dock.channel.setCurrentIndex(EXPRESSIONS.index("mouthPucker"))
    dock._set_key(0.5, 0.7)
    kept = window.document.performance
    assert kept is not None
    assert kept.at(0.5).expression[EXPRESSIONS.index("mouthPucker")] == pytest.approx(0.7, abs=0.02)
    dock._set_key(0.5, 0.7)  # again: takes it away
    kept = window.document.performance
    assert kept is not None
    assert kept.at(0.5).expression[EXPRESSIONS.index("mouthPucker")] == pytest.approx(0, abs=0.02)


def test_a_live_face_takes_over_from_the_recording(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    window.document.edit_performance("Record", take())
    window.player.play()
    window.panels.live.start.click()
    assert not window.player.running
    source.say(0.9)
    until(qtbot, lambda: jaw(window) > 0.8)


def test_calibration_counts_down_and_says_how_it_went(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    dock = window.panels.live
    dock._count.setInterval(10)
    window.session._rest.setInterval(150)
    dock.start.click()
    dock.calibrate.click()
    for _ in range(30):
        source.say(0.2)
        qtbot.wait(10)
    until(qtbot, dock.calibrate.isEnabled)
    assert "neutral now" in dock.status.text() or "face" in dock.status.text()
    assert window.session.live.tuning.rest is not None
