"""Live driving and the timeline: what plays the head, what is kept of it, and how it is undone."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox  # noqa: F401 (Qt before pyqtgraph)
from pytestqt.qtbot import QtBot

from app.docks.live import VIDEO
from app.main_window import MainWindow
from head360.downloads import FetchProgress
from head360.driving.camera import Device
from head360.driving.source import Listener, SourceState, SourceStatus
from head360.driving.tracker import CAMERA_GAINS
from head360.errors import DrivingError
from head360.params import EXPRESSIONS
from head360.performance import Performance, Sample

JAW = EXPRESSIONS.index("jawOpen")


class FakeSource:
    """Says what it is told to."""

    title = "Fake"

    def __init__(self, broken: bool = False) -> None:
        self.broken, self.running = broken, False
        self.state: SourceState = "running"
        self.unknown: frozenset[str] = frozenset()
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
        return SourceStatus(self.state, "Following a face", 30.0, 0.02, 0.9, good=5)

    def listen(self, listener: Listener | None) -> None:
        self._listener = listener

    def say(self, jaw: float) -> None:
        weights = np.zeros(len(EXPRESSIONS), np.float32)
        weights[JAW] = jaw
        sample = Sample(time.perf_counter(), weights, np.zeros(3, np.float32), self.unknown)
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
    until(qtbot, lambda: not source.running)  # cameras take a while
    assert jaw(window) == 0


def record_three(window: MainWindow, source: FakeSource, qtbot: QtBot) -> None:
    """Start, and record a jaw that opens in three pictures; the source goes on."""
    dock = window.panels.live
    dock.start.click()
    dock.record.setChecked(True)
    for value in (0.1, 0.4, 0.8):
        source.say(value)
        qtbot.wait(40)
    dock.record.setChecked(False)


def test_a_take_becomes_the_performance_and_can_be_undone(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    record_three(window, source, qtbot)
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


def test_the_panel_says_what_cameras_hardly_see(window: MainWindow) -> None:
    dock = window.panels.live
    for choice, said in ((VIDEO, True), ("livelink", False)):
        dock.choice.setCurrentIndex(dock.choice.findData(choice))
        assert dock.unseen.isVisibleTo(dock) is said


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


def test_a_recording_takes_over_from_the_live_face(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    record_three(window, source, qtbot)
    assert window.session.running  # for another take

    window.player.play()

    assert not window.session.running
    until(qtbot, lambda: not source.running)
    window.player.seek(0.0)
    source.say(0.9)
    qtbot.wait(60)
    assert jaw(window) < 0.8


def test_calibration_counts_down_and_says_how_it_went(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    dock = window.panels.live
    dock._count.setInterval(10)
    window.session._rest.setInterval(150)
    dock.start.click()
    dock.calibrate.click()

    def rested() -> bool:
        for _ in range(10):  # a busy machine may look but once
            source.say(0.2)
        return dock.calibrate.isEnabled()

    until(qtbot, rested)
    assert "neutral now" in dock.status.text()
    assert window.session.live.tuning.rest is not None


def test_sliders_that_a_live_face_owns_move_by_themselves(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    window.panels.live.start.click()
    slider = window.panels.expression.slider("jawOpen")
    source.unknown = frozenset({"tongueOut"})
    source.say(0.6)
    until(qtbot, lambda: slider.slider.driven)
    assert slider.value == pytest.approx(0.6, abs=0.1)
    assert not slider.slider.isEnabled()
    assert not window.panels.expression.slider("tongueOut").slider.driven
    window.panels.live.start.click()
    assert slider.value == 0
    assert slider.slider.isEnabled()
    assert not slider.slider.driven


def test_cameras_begin_with_their_own_gains(window: MainWindow, source: FakeSource) -> None:
    dock, session = window.panels.live, window.session
    dock._chosen = lambda: 0  # type: ignore[method-assign]
    session.set_gain("eyeBlinkLeft", 1.1)
    dock.start.click()
    assert session.live.tuning.gains == CAMERA_GAINS | {"eyeBlinkLeft": 1.1}
    dock.start.click()
    dock._chosen = lambda: "livelink"  # type: ignore[method-assign]
    dock.start.click()
    assert session.live.tuning.gains == {"eyeBlinkLeft": 1.1}


def test_a_source_that_gives_up_is_told(
    window: MainWindow, source: FakeSource, qtbot: QtBot
) -> None:
    window.panels.live.start.click()
    source.state = "failed"
    with qtbot.waitSignal(window.messages.posted, timeout=5000) as posted:
        pass
    assert "stopped" in posted.args[0].text
    assert not window.session.running
    until(qtbot, lambda: not source.running)


def test_what_finds_faces_is_fetched_on_demand(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAD360_CACHE", str(tmp_path))
    fetched: list[str] = []

    def fetch(name: str) -> Generator[FetchProgress, None, Path]:
        fetched.append(name)
        yield FetchProgress(1, 2, "here")
        return tmp_path

    monkeypatch.setattr("app.docks.live.fetch", fetch)
    dock = window.panels.live
    dock._chosen = lambda: tmp_path / "me.mp4"  # type: ignore[method-assign]
    with qtbot.waitSignal(window.messages.posted) as posted:
        dock.start.click()
    message = posted.args[0]
    assert [choice.label for choice in message.choices] == ["Fetch"]
    with qtbot.waitSignal(window.messages.posted, timeout=5000) as posted:
        message.choices[0].handler()
    assert fetched == ["face_landmarker"]
    assert "Fetched" in posted.args[0].text
    until(qtbot, lambda: dock._fetching is None)


def test_a_webcam_that_is_plugged_in_later_is_offered_and_the_choice_stays(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = window.panels.live
    dock.choice.setCurrentIndex(dock.choice.findData("vmc"))
    monkeypatch.setattr("app.docks.live.listed", lambda: [Device(3, "New camera")])
    dock.visibilityChanged.emit(True)
    assert dock.choice.findText("New camera") == 0
    assert dock.choice.currentData() == "vmc"
