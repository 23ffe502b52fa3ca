"""The timeline: keys by hand, turns of the head, blends, sounds, and films of what it plays."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from app.dialogs.mesh import MeshDialog
from app.dialogs.turntable import TurntableDialog
from app.docks import take_files
from app.main_window import MainWindow
from app.settings import FOLDER, Settings
from app.theme import Theme
from app.widgets.curve_strip import CurveStrip
from head360.driving.csv import write_csv
from head360.export.video import VideoOptions
from head360.light import Background
from head360.performance import CHANNELS, Performance, Sound
from tests.gui.conftest import FakeEngine
from tests.gui.test_live_dock import JAW, take

FILM = VideoOptions("png", size=32, width=32, fps=10)


def present(window: MainWindow) -> Performance:
    kept = window.document.performance
    assert kept is not None
    return kept


def held(value: float) -> Performance:
    """A take whose jaw stays at one value."""
    still = take()
    weights = still.expression.copy()
    weights[:, JAW] = value
    return still.with_(expression=weights)


def tone(path: Path, seconds: float = 0.5) -> Path:
    samples = 12_000 * np.sin(np.arange(int(8000 * seconds)) / 5)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def point(strip: CurveStrip, kind: QEvent.Type, where: QPointF, down: bool) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    moving = kind == QEvent.Type.MouseMove
    event = QMouseEvent(
        kind, where, where, none if moving else left, left if down else none,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(strip._plot.viewport(), event)


def at(strip: CurveStrip, time: float, value: float) -> QPointF:
    view = strip._plot.getPlotItem().vb
    return QPointF(strip._plot.mapFromScene(view.mapViewToScene(QPointF(time, value))))


@pytest.fixture
def strip(qtbot: QtBot, theme: Theme) -> CurveStrip:
    strip = CurveStrip(theme)
    qtbot.addWidget(strip)
    strip.resize(600, 150)
    strip.show()
    strip.show_curves(np.array([0.0, 2.0]), {"jawOpen": np.array([0.0, 1.0])})
    strip.show_keys([0.0, 1.0, 2.0], [0.0, 0.5, 1.0])
    qtbot.wait(10)
    return strip


def test_a_key_is_dragged_and_says_its_value(strip: CurveStrip, qtbot: QtBot) -> None:
    point(strip, QEvent.Type.MouseButtonPress, at(strip, 1.0, 0.5), True)
    point(strip, QEvent.Type.MouseMove, at(strip, 1.2, 0.8), True)
    assert float(strip._value.toPlainText()) == pytest.approx(0.8, abs=0.02)
    with qtbot.waitSignal(strip.key_moved) as moved:
        point(strip, QEvent.Type.MouseButtonRelease, at(strip, 1.2, 0.8), False)
    assert moved.args == pytest.approx([1.0, 1.2, 0.8], abs=0.02)


def test_a_click_beside_the_keys_seeks(strip: CurveStrip, qtbot: QtBot) -> None:
    with qtbot.waitSignal(strip.sought) as sought:
        point(strip, QEvent.Type.MouseButtonPress, at(strip, 0.5, 0.9), True)
    assert sought.args == pytest.approx([0.5], abs=0.02)
    with qtbot.waitSignal(strip.key_wanted) as wanted:
        point(strip, QEvent.Type.MouseButtonDblClick, at(strip, 0.5, 0.9), True)
    assert wanted.args == pytest.approx([0.5, 0.9], abs=0.02)


def test_turns_of_the_head_have_keys_too(window: MainWindow) -> None:
    window.document.edit_performance("Record", take())
    dock = window.panels.timeline
    dock.channel.setCurrentIndex(CHANNELS.index("headYaw"))
    dock._set_key(0.5, 25.0)
    assert present(window).at(0.5).head_pose[0] == pytest.approx(25.0, abs=0.5)
    dock._move_key(0.5, 0.7, -10.0)
    assert present(window).at(0.7).head_pose[0] == pytest.approx(-10.0, abs=0.5)
    dock._move_key(0.0, 0.4, 5.0)  # the first one keeps its time
    assert present(window).at(0.0).head_pose[0] == pytest.approx(5.0, abs=0.5)


def test_keys_stay_in_sight_and_the_rest_as_recorded(window: MainWindow, qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    shaky = take(40.0, 1200)
    weights = shaky.expression.copy()
    weights[:, JAW] = 0.4 + 0.3 * np.sin(shaky.times * 4) + rng.uniform(-0.02, 0.02, 1200)
    window.document.edit_performance("Record", shaky.with_(expression=weights))
    dock = window.panels.timeline
    qtbot.waitUntil(lambda: dock._strip is not None)
    assert dock._strip is not None
    assert 10 < len(dock._strip._points) <= 60

    dock._set_key(20.0, 1.0)

    assert 10 < len(dock._strip._points) <= 60
    after = present(window)
    assert after.at(20.0).expression[JAW] == pytest.approx(1, abs=0.05)
    early = after.times < 12
    assert np.array_equal(after.expression[early, JAW], weights[shaky.times < 12, JAW])


def test_the_playhead_stays_with_its_moment(window: MainWindow) -> None:
    window.document.edit_performance("Record", take(4.0))
    dock, player = window.panels.timeline, window.player
    player.seek(1.0)
    dock._speed(0.5)
    assert player.position == pytest.approx(2.0)
    dock._trim_before()
    assert player.position == 0
    player.seek(5.0)
    player.stop()
    dock.keep(take(1.0))  # while the head stands still
    assert player.position == 1.0
    assert dock.time.text() == "01.00 / 01.00 s"


def test_a_name_without_an_ending_gets_that_of_its_kind(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = window.panels.timeline.files
    window.document.edit_performance("Record", take())
    window._settings.set(FOLDER, str(tmp_path))
    for kind, ending in ((0, "csv"), (1, "bvh")):

        def accept(dialog: QFileDialog, kind: int = kind) -> int:
            chosen = dialog.nameFilters()[kind]
            dialog.selectNameFilter(chosen)
            dialog.filterSelected.emit(chosen)
            return int(QFileDialog.DialogCode.Accepted)

        monkeypatch.setattr(QFileDialog, "exec", accept)
        files.save()
        assert (tmp_path / f"{window.document.name}.{ending}").exists()


def test_space_plays_and_pauses(window: MainWindow, qtbot: QtBot) -> None:
    dock = window.panels.timeline
    dock.show()
    qtbot.keyClick(dock, Qt.Key.Key_Space)
    assert not window.player.running  # there is nothing to play
    window.document.edit_performance("Record", take())
    qtbot.keyClick(dock.slider, Qt.Key.Key_Space)
    assert window.player.running
    qtbot.keyClick(dock, Qt.Key.Key_Space)
    assert not window.player.running


def test_takes_are_blended_with_a_file_and_with_the_former(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = window.panels.timeline.files
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (25, True))
    path = tmp_path / "other.csv"
    write_csv(held(1.0), path)
    monkeypatch.setattr(files, "_pick", lambda *_: path)
    window.panels.timeline.keep(held(0.2))
    files.blend_file()
    assert present(window).at(0.5).expression[JAW] == pytest.approx(0.4, abs=0.01)
    window.panels.timeline.keep(held(0.8))
    files.blend_former()
    assert present(window).at(0.5).expression[JAW] == pytest.approx(0.7, abs=0.01)
    window.document.undo_stack.undo()
    assert present(window).at(0.5).expression[JAW] == pytest.approx(0.8, abs=0.01)


def test_sliders_that_come_into_sight_stand_where_the_recording_is(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.document.edit_performance("Record", held(0.6))
    window.player.seek(0.5)
    qtbot.wait(150)  # all that is in sight has followed; nothing moves any more
    dock = window.panels.expression
    dock.search.setText("jaw open")
    qtbot.waitUntil(lambda: dock.slider("jawOpen").slider.driven, timeout=5000)
    assert dock.slider("jawOpen").value == pytest.approx(0.6, abs=0.01)


def test_turns_of_the_head_come_and_go_as_bvh(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, path = window.panels.timeline.files, tmp_path / "turns.bvh"
    turned = take().with_(head_pose=np.full((len(take()), 3), (25.0, 0, 0), np.float32))
    window.document.edit_performance("Record", turned)
    monkeypatch.setattr(take_files, "choose_target", lambda *_: path)
    files.save()
    window.document.edit_performance("Record", held(0.3))
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (100, True))
    monkeypatch.setattr(files, "_pick", lambda *_: path)
    files.blend_file()  # its shapes are unknown, so those of the take stay
    assert present(window).at(0.5).head_pose[0] == pytest.approx(25, abs=0.1)
    assert present(window).at(0.5).expression[JAW] == pytest.approx(0.3, abs=0.01)
    files.load()
    assert "jawOpen" in present(window).unknown
    path.write_text("MOTION of nothing")
    files.load()
    assert "jawOpen" in present(window).unknown


def test_a_sound_is_kept_shown_and_undone(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = window.panels.timeline
    window.document.edit_performance("Record", take())
    path = tone(tmp_path / "tone.wav")
    monkeypatch.setattr(dock.files, "_pick", lambda *_: path)
    dock.files.load_sound()
    qtbot.waitUntil(lambda: dock.wave.wave is not None, timeout=10_000)
    sound = present(window).sound
    assert sound is not None
    assert sound.content == path.read_bytes()
    shown = dock.wave.wave
    assert shown is not None
    middle = len(shown) // 2  # the take lasts 1 s, the tone half of it
    assert shown[: middle - 20, 1].mean() > 0.1
    assert abs(shown[middle + 20 :]).max() < 0.01
    window.document.undo_stack.undo()
    assert present(window).sound is None
    assert dock.wave.wave is None


def test_a_file_without_sound_is_told(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.document.edit_performance("Record", take())
    path = tmp_path / "tone.wav"
    path.write_bytes(b"nothing to hear")
    monkeypatch.setattr(window.panels.timeline.files, "_pick", lambda *_: path)
    with qtbot.waitSignal(window.messages.posted, timeout=10_000) as posted:
        window.panels.timeline.files.load_sound()
    assert "tone.wav" in posted.args[0].text
    assert present(window).sound is None


def test_the_recording_is_filmed(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    engines: list[FakeEngine],
) -> None:  # fmt: skip
    monkeypatch.setattr("app.export_commands.choose_target", lambda *_: tmp_path / "film")
    window.document.edit_performance("Record", take())
    with qtbot.waitSignal(window.exports.ended, timeout=10_000):
        window.export_commands.film(FILM, "both")
    assert len(list((tmp_path / "film").iterdir())) == 11  # first and last moment included
    drawn = next(e.drawn for e in engines if any(r.width == 32 for r in e.drawn))
    assert [r.params.expression[JAW] for r in drawn] == pytest.approx(np.arange(11) / 10, abs=0.01)
    assert drawn[5].camera.yaw_degrees != drawn[0].camera.yaw_degrees


def test_the_video_dialog_knows_how_long_the_recording_is(qtbot: QtBot, settings: Settings) -> None:
    heard = take().with_(sound=Sound(b"a tone"))
    dialog = TurntableDialog(settings, Background(), lambda *_: None, take=heard)
    qtbot.addWidget(dialog)
    dialog.what.setCurrentIndex(dialog.what.findData("take"))
    assert dialog.options.frames == 31
    assert not dialog.seconds.isEnabled()
    assert "with sound" in dialog.summary.text()
    dialog.edges.setCurrentIndex(1)
    assert dialog.options.supersampling == 2
    dialog.presets["gif"].click()
    assert "sound" not in dialog.summary.text()
    dialog.what.setCurrentIndex(0)
    assert dialog.seconds.isEnabled()
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.export.click()
    assert chosen.args[1] == "turn"


def test_a_mesh_takes_the_recording_along(qtbot: QtBot, settings: Settings) -> None:
    kept = take()
    dialog = MeshDialog(settings, take=kept)
    qtbot.addWidget(dialog)
    dialog.choose(".glb")
    dialog.animation.setChecked(True)
    assert dialog.options.performance is kept
    dialog.choose(".obj")
    assert dialog.options.performance is None
    without = MeshDialog(settings)
    qtbot.addWidget(without)
    assert without.options.performance is None
