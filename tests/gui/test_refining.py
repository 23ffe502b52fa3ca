"""Refining in the studio: a switch, what it says, before and after, and the export dialogs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dialogs.screenshot import ScreenshotDialog
from app.dialogs.turntable import TurntableDialog
from app.exports import Exports
from app.main_window import MainWindow, Services
from app.settings import REFINE, Settings
from app.workers.picture import Picture
from head360.light import Background
from head360.rendering.request import RenderRequest
from tests.gui.conftest import FakeEngine, end

MISSING = "the weights are missing"


@pytest.fixture(autouse=True)
def weights(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """RefineNet is there, or has a problem, whatever this installation holds."""

    def have(problem: str) -> None:
        for module in ("app.refine_switch", "app.widgets.refine_box"):
            monkeypatch.setattr(f"{module}.refine_problem", lambda: problem)

    have("")
    return have


def settled(qtbot: QtBot, window: MainWindow, refined: bool) -> None:
    """Wait for a finished picture of that kind."""

    def shown() -> bool:
        picture = window.viewport._picture
        return picture is not None and picture.complete and picture.refined is refined

    qtbot.waitUntil(shown, timeout=5000)


def test_the_switch_refines_stills_and_says_so(qtbot: QtBot, window: MainWindow) -> None:
    settled(qtbot, window, refined=False)
    assert window.viewport.readout().endswith("full quality")

    window.actions_by_id["refine"].trigger()
    settled(qtbot, window, refined=True)

    assert window.viewport.readout().endswith("full quality, refined")
    window.actions_by_id["refine"].trigger()
    settled(qtbot, window, refined=False)


def test_other_views_are_never_called_refined(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_id["refine"].trigger()
    settled(qtbot, window, refined=True)

    window.viewport.set_mode("normals")
    settled(qtbot, window, refined=False)

    assert "refined" not in window.viewport.readout()


def test_holding_a_key_shows_the_picture_before(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_id["refine"].trigger()
    settled(qtbot, window, refined=True)

    qtbot.keyPress(window.viewport, Qt.Key.Key_C)
    held = window.viewport.readout(), window.viewport.grab().toImage().pixelColor(200, 20)
    qtbot.keyRelease(window.viewport, Qt.Key.Key_C)
    released = window.viewport.readout(), window.viewport.grab().toImage().pixelColor(200, 20)

    assert held[0].endswith("before refining")
    assert released[0].endswith("refined")
    assert held[1] != released[1]


def test_the_switch_is_remembered(qtbot: QtBot, services: Services, settings: Settings) -> None:
    settings.set(REFINE, True)
    window = MainWindow(services)
    qtbot.addWidget(window)
    window.show()

    settled(qtbot, window, refined=True)

    assert window.actions_by_id["refine"].isChecked()
    window.actions_by_id["refine"].trigger()
    assert settings.get(REFINE) is False
    end(window)


def test_without_weights_the_switch_is_off_and_says_why(
    qtbot: QtBot, services: Services, settings: Settings, weights: Callable[[str], None]
) -> None:
    weights(MISSING)
    settings.set(REFINE, True)
    window = MainWindow(services)
    qtbot.addWidget(window)
    window.show()

    settled(qtbot, window, refined=False)

    switch = window.actions_by_id["refine"]
    assert not switch.isEnabled()
    assert "missing" in switch.text()
    assert switch.toolTip() == MISSING
    assert not window.viewport._refine
    end(window)


def test_a_saved_picture_is_refined_only_if_that_was_chosen(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    red = []
    for refine in (False, True):
        path = tmp_path / f"{refine}.png"
        monkeypatch.setattr("app.export_commands.choose_target", lambda *_, path=path: path)
        with qtbot.waitSignal(window.exports.ended, timeout=5000):
            window.export_commands.save_picture(64, 48, False, refine)
        red.append(int(np.asarray(Image.open(path))[0, 0, 0]))

    assert red[1] == red[0] + FakeEngine.REFINED


def test_dialogs_offer_it_and_remember(qtbot: QtBot, settings: Settings) -> None:
    dialog = TurntableDialog(settings, Background(), lambda *_: None)
    qtbot.addWidget(dialog)
    assert not dialog.options.refine

    dialog.refine.setChecked(True)
    dialog.export.click()
    again = TurntableDialog(settings, Background(), lambda *_: None)
    qtbot.addWidget(again)

    assert again.options.refine


def test_dialogs_say_why_it_cannot_be_chosen(
    qtbot: QtBot, settings: Settings, weights: Callable[[str], None]
) -> None:
    unlit = ScreenshotDialog(settings, (400, 300), lambda *_: None, unlit=True)
    weights(MISSING)
    missing = ScreenshotDialog(settings, (400, 300), lambda *_: None)
    for dialog in (unlit, missing):
        qtbot.addWidget(dialog)
        dialog.refine.setChecked(True)

    assert not unlit.refine.chosen
    assert "shaded" in unlit.refine.toolTip()
    assert not missing.refine.chosen
    assert missing.refine.toolTip() == MISSING


@pytest.fixture
def exports(window: MainWindow) -> Exports:
    return window.exports


def test_estimates_know_that_refining_takes_longer(window: MainWindow, exports: Exports) -> None:
    request = RenderRequest(window.stage.shown, width=100, height=100)
    image = window.viewport.grab().toImage()
    for refined, milliseconds in ((False, 100.0), (True, 400.0)):
        exports.learn_pace(Picture(image, request, (100, 100), True, milliseconds, refined))

    plain, fine = (exports.estimate_s(1000, 1000, 1, refine) for refine in (False, True))

    assert plain is not None
    assert fine is not None
    assert fine > plain + 20
