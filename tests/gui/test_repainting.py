"""A head is painted from the “Say it” panel: model, progress, cancel, going on, one layer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.docks.text import TextDock
from app.main_window import MainWindow, Services
from app.messages import Message
from app.settings import REPAINT
from head360.edited import edited
from head360.errors import EditError
from head360.project import load_project, save_project
from tests.gui.conftest import FakeEngine, end

STEP_S = 0.15  # of denoising
STEPS = 4


class Pipeline:
    """Stands in for diffusers' pipeline: slow steps, and a white picture."""

    def __init__(self) -> None:
        self.pictures, self.step_ended = 0, 0.0
        self._interrupt = False

    def __call__(
        self,
        prompt: str,
        image: Image.Image,
        num_inference_steps: int,
        callback_on_step_end: Callable[..., Any],
        **_: object,
    ) -> Any:
        for step in range(num_inference_steps):
            time.sleep(STEP_S)
            self.step_ended = time.monotonic()
            callback_on_step_end(self, step, 0, {})
        self.pictures += 1
        return type("Made", (), {"images": [Image.new("RGB", image.size, "white")]})


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    made = Pipeline()
    monkeypatch.setattr("head360.editing.instruct.load_pipeline", lambda *_, **__: made)
    monkeypatch.setattr("head360.editing.instruct._missing_packages", lambda: None)
    return made


@pytest.fixture
def dock(window: MainWindow, pipeline: Pipeline, tmp_path: Path) -> TextDock:
    """The panel with a model chosen: two views, two rounds."""
    (tmp_path / "model_index.json").write_text("{}")
    dock = window.panels.text
    dock.painting.model.setText(str(tmp_path))
    for name, value in {"views": 2, "rounds": 2, "steps": STEPS}.items():
        dock.painting.sliders[name].show_value(value)
    dock.how.setCurrentIndex(1)
    dock.line.setText("bronze")
    return dock


def paint(dock: TextDock, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dock.session.repainted, timeout=20_000):
        dock.button.click()


def interrupt(dock: TextDock, qtbot: QtBot, pipeline: Pipeline, pictures: int) -> None:
    """Cancel in the middle of a picture."""
    dock.button.click()
    qtbot.waitUntil(lambda: pipeline.pictures == pictures, timeout=20_000)
    qtbot.wait(round(1000 * STEP_S))
    dock.painting.busy.cancel.click()


def test_what_was_painted_is_one_layer_and_one_step(
    window: MainWindow, dock: TextDock, qtbot: QtBot, tmp_path: Path
) -> None:
    paint(dock, qtbot)
    document = window.document
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Paint “bronze”"
    assert [layer.text for layer in document.params.edits] == ["bronze"]
    assert edited(document.params).paint is not None
    assert len(dock._rows) == 1
    assert not dock.session.busy
    dock._rows[0].check.setChecked(False)
    assert edited(document.params).paint is None
    save_project(window.files.capture(), tmp_path / "a.h360")
    kept = load_project(tmp_path / "a.h360").params.edits[0].wishes[0].change.paint
    assert kept is not None
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert document.params.edits == ()
    assert window._settings.get(REPAINT)["views"] == 2


def test_progress_and_a_preview_are_shown(
    window: MainWindow, dock: TextDock, qtbot: QtBot, pipeline: Pipeline
) -> None:
    dock.button.click()
    assert dock.painting.busy.isVisibleTo(dock)
    assert not dock.line.isEnabled()
    qtbot.waitUntil(lambda: pipeline.pictures == 1, timeout=20_000)
    qtbot.waitUntil(lambda: "Picture 2 of 4, step 1 of 4" in dock.painting.busy.words.text())
    assert not dock.painting.preview.pixmap().isNull()
    assert edited(window.stage.shown).paint is not None
    assert window.document.params.edits == ()
    dock.painting.busy.cancel.click()


def test_cancelling_ends_at_the_next_step_and_shows_the_head_again(
    window: MainWindow, dock: TextDock, qtbot: QtBot, pipeline: Pipeline
) -> None:
    interrupt(dock, qtbot, pipeline, 1)
    stopped = time.monotonic()
    assert not dock.session.busy
    assert window.stage.shown is window.document.params
    errand = dock.session._work._all[-1]
    assert errand.wait(250)
    assert time.monotonic() - stopped < 0.25
    qtbot.wait(round(2000 * STEP_S))
    assert pipeline.step_ended - stopped < STEP_S + 0.1  # it did not go on to another step
    assert window.document.undo_stack.count() == 0


def test_an_interrupted_painting_can_be_gone_on_from(
    window: MainWindow, dock: TextDock, qtbot: QtBot, pipeline: Pipeline, engines: list[FakeEngine]
) -> None:
    interrupt(dock, qtbot, pipeline, 3)
    qtbot.waitUntil(lambda: dock.painting.interrupted.isVisibleTo(dock), timeout=5000)
    assert dock.painting.interrupted_words.text() == (
        "“bronze” was interrupted after 3 of 4 pictures."
    )
    dock.line.clear()
    with qtbot.waitSignal(dock.session.repainted, timeout=20_000):
        dock.painting.go_on.click()
    assert [engine.restyled for engine in engines if engine.restyled] == [[0], [3]]
    assert pipeline.pictures == 4
    assert [layer.text for layer in window.document.params.edits] == ["bronze"]
    qtbot.waitUntil(lambda: not dock.painting.interrupted.isVisibleTo(dock), timeout=5000)


def test_it_is_offered_after_a_restart_for_the_same_head_only(
    window: MainWindow, dock: TextDock, qtbot: QtBot, pipeline: Pipeline, services: Services
) -> None:
    dock.button.click()
    qtbot.waitUntil(lambda: pipeline.pictures == 1, timeout=20_000)
    qtbot.wait(round(1000 * STEP_S))
    end(window)
    again = MainWindow(services)
    with qtbot.waitSignal(again.viewport.picture_shown, timeout=5000):
        again.show()
    again.panels.text.how.setCurrentIndex(1)
    offer = again.panels.text.painting.interrupted
    qtbot.waitUntil(lambda: offer.isVisibleTo(again.panels.text), timeout=5000)
    again.document.edit("Bald", hairstyle=None)
    qtbot.waitUntil(lambda: not offer.isVisibleTo(again.panels.text), timeout=5000)
    again.document.undo_stack.undo()
    qtbot.waitUntil(lambda: offer.isVisibleTo(again.panels.text), timeout=5000)
    again.panels.text.painting.discard.click()
    assert not offer.isVisibleTo(again.panels.text)
    end(again)
    again.deleteLater()


def test_a_missing_model_says_what_to_do(window: MainWindow, qtbot: QtBot) -> None:
    dock = window.panels.text
    dock.how.setCurrentIndex(1)
    note = dock.painting.note
    qtbot.waitUntil(lambda: bool(note.text()), timeout=20_000)
    assert "timbrooks/instruct-pix2pix" in note.text() or "pip install" in note.text()


def test_missing_packages_and_memory_are_told_before_it_begins(
    window: MainWindow, dock: TextDock, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = dock.painting.note
    qtbot.waitUntil(lambda: "GB are free" in note.text(), timeout=20_000)
    missing = EditError("More packages.", "pip install 'head360-studio[diffusion]'")
    monkeypatch.setattr("head360.editing.instruct._missing_packages", lambda: missing)
    dock.painting.model.editingFinished.emit()
    qtbot.waitUntil(lambda: "head360-studio[diffusion]" in note.text(), timeout=20_000)


def test_a_failure_is_told_and_changes_nothing(
    window: MainWindow, dock: TextDock, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise EditError("There are no usable weights.", "Download them.")

    monkeypatch.setattr("head360.editing.instruct.load_pipeline", broken)
    said: list[Message] = []
    window.messages.posted.connect(said.append)
    dock.button.click()
    qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert said[0].text == "The head was not repainted. There are no usable weights."
    assert not dock.session.busy
    assert window.document.params.edits == ()


def test_nothing_begins_where_nothing_may_change(dock: TextDock) -> None:
    for box in dock.painting.parts.values():
        box.setChecked(False)
    dock.button.click()
    assert not dock.session.busy
    assert "choose a part" in dock.notes.text()
