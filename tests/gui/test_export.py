"""Pictures and videos are made in the background and leave nothing behind when cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from app.dialogs.screenshot import ScreenshotDialog
from app.dialogs.turntable import PRESETS, TurntableDialog
from app.exports import spoken_duration
from app.main_window import MainWindow
from app.settings import Settings
from app.widgets.preview import SIDE_PX
from head360.export.video import VideoOptions
from head360.light import TRANSPARENT, Background
from tests.gui.conftest import FakeEngine, Pace

Answer = Callable[[str], list[str]]

FRAMES = VideoOptions("png", frames=5, size=32, width=32)
ENDLESS = VideoOptions("png", frames=3000, size=32, width=32)


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the next file dialog will choose; its folder holds nothing else."""
    folder = tmp_path / "videos"
    folder.mkdir()
    path = folder / "maya"
    monkeypatch.setattr("app.export_commands.choose_target", lambda *_: path)
    return path


def start_slow(qtbot: QtBot, window: MainWindow, pace: Pace, seconds: float = 0.03) -> None:
    """Start a turntable that takes long, and wait for its first frame."""
    pace.seconds = seconds
    window.export_commands.film(ENDLESS)
    if seconds < 1:
        qtbot.waitUntil(lambda: "%" in window.chip.title.text(), timeout=5000)


def test_a_turntable_is_made_while_the_window_lives(
    qtbot: QtBot, window: MainWindow, target: Path
) -> None:
    with qtbot.waitSignal(window.exports.ended, timeout=10_000):
        window.export_commands.film(FRAMES)
        assert window.exports.running == "Turntable"
        assert window.chip.isVisible()
        assert window.chip.cancel.isVisible()

    assert sorted(path.name for path in target.iterdir()) == [
        f"frame_000{index}.png" for index in range(5)
    ]
    assert window.exports.running is None
    assert window.chip.show_folder.isVisible()
    assert not window.chip.cancel.isVisible()


def test_an_export_shows_the_head_of_the_moment_it_began(
    qtbot: QtBot, window: MainWindow, target: Path, engines: list[FakeEngine]
) -> None:
    before = window.document.params
    with qtbot.waitSignal(window.exports.ended, timeout=10_000):
        window.export_commands.film(FRAMES)
        window.document.edit("Width", shape=np.ones(50))

    own = [engine for engine in engines if any(r.width == 32 for r in engine.drawn)]
    assert len(own) == 1
    assert own[0] is not engines[0]
    assert all(request.params is before for request in own[0].drawn)
    assert own[0].closed


def test_cancel_works_at_once_and_leaves_no_file(
    qtbot: QtBot, window: MainWindow, target: Path, pace: Pace
) -> None:
    start_slow(qtbot, window, pace)
    start = time.monotonic()

    with qtbot.waitSignal(window.exports.ended, timeout=2000):
        qtbot.mouseClick(window.chip.cancel, Qt.MouseButton.LeftButton)

    assert time.monotonic() - start < 0.25
    assert list(target.parent.iterdir()) == []
    assert not window.chip.isVisible()
    assert "Nothing was written" in window.message_bar.cards[-1].message.text


def test_cancel_interrupts_a_frame_that_takes_long(
    qtbot: QtBot, window: MainWindow, target: Path, pace: Pace, engines: list[FakeEngine]
) -> None:
    made = len(engines)
    start_slow(qtbot, window, pace, seconds=30.0)
    qtbot.waitUntil(lambda: len(engines) > made, timeout=5000)
    qtbot.wait(50)
    start = time.monotonic()

    with qtbot.waitSignal(window.exports.ended, timeout=5000):
        window.exports.cancel()

    assert time.monotonic() - start < 0.25
    assert list(target.parent.iterdir()) == []


def test_only_one_export_at_a_time(
    qtbot: QtBot, window: MainWindow, target: Path, pace: Pace
) -> None:
    start_slow(qtbot, window, pace)

    window.export_commands.copy_picture(32, 32, False)

    assert window.exports.running == "Turntable"
    assert "already" in window.message_bar.cards[-1].message.text


def test_closing_in_mid_export_asks_and_can_go_on(
    qtbot: QtBot, window: MainWindow, target: Path, pace: Pace, answer: Answer
) -> None:
    start_slow(qtbot, window, pace)
    asked = answer("Keep going")

    window.close()

    assert asked == ["Turntable is not finished yet."]
    assert window.isVisible()
    assert window.exports.running


def test_closing_in_mid_export_ends_every_thread(
    qtbot: QtBot,
    window: MainWindow,
    target: Path,
    pace: Pace,
    answer: Answer,
    engines: list[FakeEngine],
) -> None:
    start_slow(qtbot, window, pace)
    asked = answer("Stop and close")

    window.close()

    assert len(asked) == 1
    assert not window.isVisible()
    assert not window.hangs
    assert window.renderer.isFinished()
    assert not window.panels.hair.thumbnails.running
    assert all(engine.closed for engine in engines)
    assert list(target.parent.iterdir()) == []


def test_an_export_that_fails_says_why(qtbot: QtBot, window: MainWindow, target: Path) -> None:
    target.mkdir()
    (target / "holiday.txt").write_text("mine")

    with qtbot.waitSignal(window.exports.ended, timeout=5000):
        window.export_commands.film(FRAMES)

    message = window.message_bar.cards[-1].message
    assert "holds other files" in message.text
    assert [path.name for path in target.iterdir()] == ["holiday.txt"]
    assert not window.chip.isVisible()


def test_a_transparent_picture_is_saved_at_its_size(
    qtbot: QtBot, window: MainWindow, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = target.with_suffix(".png")
    monkeypatch.setattr("app.export_commands.choose_target", lambda *_: path)

    with qtbot.waitSignal(window.exports.ended, timeout=5000):
        window.export_commands.save_picture(90, 60, True)

    pixels = np.asarray(Image.open(path))
    assert pixels.shape == (60, 90, 4)
    assert pixels[0, 0, 3] == 0
    assert pixels[30, 45, 3] == 255


def test_a_picture_is_copied(qtbot: QtBot, window: MainWindow) -> None:
    QGuiApplication.clipboard().clear()

    with qtbot.waitSignal(window.exports.ended, timeout=5000):
        window.export_commands.copy_picture(48, 40, False)

    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (48, 40)
    assert window.chip.left.text() == "On the clipboard"


@pytest.fixture
def dialog(qtbot: QtBot, settings: Settings) -> TurntableDialog:
    dialog = TurntableDialog(settings, Background(), lambda w, h, n, _: w * h * n / 1e6)
    qtbot.addWidget(dialog)
    return dialog


def test_presets_fill_in_what_suits_them(dialog: TurntableDialog) -> None:
    dialog.presets["webm"].click()

    options = dialog.options
    assert (options.format, options.transparent) == ("webm", True)
    assert options.frames == 120
    dialog.presets["mp4"].click()
    assert not dialog.options.transparent
    assert not dialog.transparent.isEnabled()


def test_every_preset_can_be_made(dialog: TurntableDialog) -> None:
    for preset in PRESETS:
        dialog.presets[preset.format].click()
        assert dialog.export.isEnabled(), preset.name


def test_the_dialog_says_how_long_it_takes(dialog: TurntableDialog) -> None:
    dialog.width_px.setValue(1000)
    dialog.height_px.setValue(1000)
    dialog.seconds.setValue(3)

    assert "90 frames" in dialog.summary.text()
    assert "about 1 min 30 s" in dialog.summary.text()


def test_what_cannot_be_made_cannot_be_exported(dialog: TurntableDialog) -> None:
    dialog.width_px.setValue(721)

    assert not dialog.export.isEnabled()
    assert "722" in dialog.summary.text()


def test_the_dialog_remembers(qtbot: QtBot, dialog: TurntableDialog, settings: Settings) -> None:
    dialog.presets["gif"].click()
    dialog.seconds.setValue(5)
    dialog.export.click()

    again = TurntableDialog(settings, Background(), lambda *_: None)
    qtbot.addWidget(again)

    assert (again.options.format, again.options.seconds) == ("gif", 5.0)


def test_screenshots_stop_at_what_can_be_drawn(qtbot: QtBot, settings: Settings) -> None:
    dialog = ScreenshotDialog(settings, (1000, 500), lambda *_: None)
    qtbot.addWidget(dialog)

    dialog.set_size(9999, 9999)

    assert (dialog.width_px.value(), dialog.height_px.value()) == (4096, 4096)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (59.4, "59 s"), (80, "1 min 20 s"), (3600 * 2 + 305, "2 h 5 min")],
)
def test_durations_are_spoken(seconds: float, words: str) -> None:
    assert spoken_duration(seconds) == words


# -- preview -----------------------------------------------------------------------------------


def test_the_turntable_dialog_shows_its_first_picture(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[TurntableDialog] = []
    monkeypatch.setattr("app.export_commands.show_dialog", lambda dialog: shown.append(dialog))

    window.export_commands.ask_turntable()

    dialog = shown[0]
    qtbot.waitUntil(lambda: dialog.preview.image is not None, timeout=5000)
    assert dialog.preview.image.width() == dialog.preview.image.height() == SIDE_PX
    dialog.deleteLater()


def test_the_preview_is_drawn_while_the_head_moves_all_the_time(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[TurntableDialog] = []
    monkeypatch.setattr("app.export_commands.show_dialog", lambda dialog: shown.append(dialog))
    moving = QTimer(window, interval=20)  # as when a recording plays
    moving.timeout.connect(window.viewport.redraw)
    moving.start()

    window.export_commands.ask_turntable()

    qtbot.waitUntil(lambda: shown[0].preview.image is not None, timeout=5000)
    moving.stop()
    shown[0].deleteLater()


def test_the_preview_follows_the_shape_and_the_ground(
    qtbot: QtBot, dialog: TurntableDialog
) -> None:
    with qtbot.waitSignal(dialog.preview_wanted, timeout=2000) as wanted:
        dialog.presets["webm"].click()
        dialog.width_px.setValue(360)

    assert wanted.args == [SIDE_PX // 2, SIDE_PX, TRANSPARENT]


def test_a_preview_of_another_shape_comes_too_late(dialog: TurntableDialog) -> None:
    dialog.ask_preview()

    dialog.show_preview(QImage(10, 20, QImage.Format.Format_RGB32))
    assert dialog.preview.image is None

    dialog.show_preview(QImage(SIDE_PX, SIDE_PX, QImage.Format.Format_RGB32))
    assert dialog.preview.image is not None


def test_numbers_have_room_for_every_digit(qtbot: QtBot, dialog: TurntableDialog) -> None:
    dialog.show()

    for field in (dialog.width_px, dialog.height_px, dialog.seconds):
        needed = field.fontMetrics().horizontalAdvance(str(field.maximum()))
        assert field.lineEdit().width() > needed
