"""The “Say it” panel: a sentence becomes a layer, every change of it is one undo step."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.docks.text import TextDock
from app.main_window import MainWindow
from app.settings import PROMPTS
from head360.edited import edited
from head360.params import ATTRIBUTES, HeadParams

FRECKLES = ATTRIBUTES.index("freckles")


def say(window: MainWindow, qtbot: QtBot, text: str) -> TextDock:
    dock = window.panels.text
    dock.line.setText(text)
    qtbot.keyClick(dock.line, Qt.Key.Key_Return)
    qtbot.waitUntil(dock.button.isEnabled)
    return dock


def shown(params: HeadParams) -> float:
    return float(edited(params).attributes[FRECKLES])


def test_a_sentence_becomes_a_layer_that_can_be_undone(window: MainWindow, qtbot: QtBot) -> None:
    before = shown(window.document.params)
    dock = say(window, qtbot, "lots of freckles")
    assert shown(window.document.params) == before + 0.5
    assert [layer.text for layer in window.document.params.edits] == ["lots of freckles"]
    assert [slider.spec.label for slider in dock.wishes.sliders] == ["Freckles"]
    assert dock.line.text() == ""
    window.document.undo_stack.undo()
    assert window.document.params.edits == ()
    assert dock.wishes.sliders == []
    window.document.undo_stack.redo()
    assert len(dock._rows) == 1


def test_what_was_not_understood_is_said_and_changes_nothing(
    window: MainWindow, qtbot: QtBot
) -> None:
    params = window.document.params
    dock = say(window, qtbot, "a hat")
    assert window.document.params is params
    assert "a hat" in dock.notes.text()
    assert dock.line.text() == "a hat"  # to be said otherwise


def test_wishes_and_strengths_are_sliders_of_one_step_each(
    window: MainWindow, qtbot: QtBot
) -> None:
    dock = say(window, qtbot, "freckles")
    start = window.document.undo_stack.count()
    slider = dock.wishes.sliders[0].slider
    slider.sliderPressed.emit()
    for value in (100, 60, 20):
        slider.setValue(value)
    slider.sliderReleased.emit()
    assert window.document.undo_stack.count() == start + 1
    dock._rows[0].slider.field.setValue(0.5)
    layer = window.document.params.edits[0]
    assert layer.strength == 0.5
    assert layer.wishes[0].amount < 0.2


def test_layers_are_switched_moved_and_removed(window: MainWindow, qtbot: QtBot) -> None:
    dock = say(window, qtbot, "freckles")
    say(window, qtbot, "more freckles")
    dock._rows[0].check.setChecked(False)
    assert [layer.on for layer in window.document.params.edits] == [False, True]
    dock._rows[1].down.click()
    assert [layer.text for layer in window.document.params.edits] == ["more freckles", "freckles"]
    dock._rows[0].remove.click()
    assert [layer.text for layer in window.document.params.edits] == ["freckles"]


def test_before_is_shown_while_the_button_is_held(window: MainWindow, qtbot: QtBot) -> None:
    dock = say(window, qtbot, "freckles")
    dock.compare.pressed.emit()
    assert window.stage.shown.edits == ()
    dock.compare.released.emit()
    assert window.stage.shown is window.document.params


def test_sentences_are_remembered_newest_first(window: MainWindow, qtbot: QtBot) -> None:
    say(window, qtbot, "freckles")
    say(window, qtbot, "more freckles")
    say(window, qtbot, "freckles")
    assert window._settings.get(PROMPTS) == ["freckles", "more freckles"]


def test_what_sentences_need_is_loaded_while_the_first_is_typed(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = window.panels.text
    asked: list[object] = []
    monkeypatch.setattr(dock._renderer, "ask", lambda question, _: asked.append(question))
    qtbot.keyClicks(dock.line, "no beard")
    assert len(asked) == 1
    dock.line.clear()
    qtbot.keyClicks(dock.line, "older")
    assert len(asked) == 1


def test_nothing_is_loaded_for_what_a_model_will_paint(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = window.panels.text
    dock.how.setCurrentIndex(1)
    asked: list[object] = []
    monkeypatch.setattr(dock._renderer, "ask", lambda question, _: asked.append(question))
    qtbot.keyClicks(dock.line, "a bronze statue")
    assert asked == []
