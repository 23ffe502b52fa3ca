"""The expression dock and the document stay in step."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.docks.expression import ExpressionDock
from app.document import HeadDocument
from app.locks import Locks
from app.settings import Settings
from app.stage import Stage
from app.theme import Theme
from head360.expression_names import PRESETS, preset_weights
from head360.params import EXPRESSIONS, POSE_LIMITS

JAW, SMILE_LEFT, SMILE_RIGHT = (
    EXPRESSIONS.index(name) for name in ("jawOpen", "mouthSmileLeft", "mouthSmileRight")
)


@pytest.fixture
def dock(
    qtbot: QtBot, document: HeadDocument, stage: Stage, theme: Theme, settings: Settings
) -> ExpressionDock:
    dock = ExpressionDock(document, stage, Locks(), theme, settings)
    qtbot.addWidget(dock)
    dock.resize(320, 700)
    dock.show()
    return dock


def test_one_drag_is_one_undo_step(dock: ExpressionDock, document: HeadDocument) -> None:
    jaw = dock.slider("jawOpen")

    jaw.slider.setSliderDown(True)
    for ticks in (200, 400, 600):
        jaw.slider.setValue(ticks)
    jaw.slider.setSliderDown(False)

    assert document.params.expression[JAW] == pytest.approx(0.6)
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Jaw open"

    document.undo_stack.undo()

    assert jaw.value == 0.0
    assert not document.modified


def test_two_drags_are_two_undo_steps(dock: ExpressionDock, document: HeadDocument) -> None:
    jaw = dock.slider("jawOpen").slider

    for ticks in (200, 700):
        jaw.setSliderDown(True)
        jaw.setValue(ticks)
        jaw.setSliderDown(False)

    assert document.undo_stack.count() == 2


def test_a_typed_number_is_one_step(
    qtbot: QtBot, dock: ExpressionDock, document: HeadDocument
) -> None:
    field = dock.slider("jawOpen").field

    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.25")
    qtbot.keyClick(field, Qt.Key.Key_Return)

    assert document.params.expression[JAW] == pytest.approx(0.25)
    assert document.undo_stack.count() == 1


def test_sides_move_together_until_told_otherwise(
    dock: ExpressionDock, document: HeadDocument
) -> None:
    smile = dock.slider("mouthSmileLeft").slider
    dock.symmetric.setChecked(True)
    smile.setValue(500)
    assert document.params.expression[SMILE_RIGHT] == pytest.approx(0.5)

    dock.symmetric.setChecked(False)
    smile.setValue(800)

    assert document.params.expression[SMILE_LEFT] == pytest.approx(0.8)
    assert document.params.expression[SMILE_RIGHT] == pytest.approx(0.5)


def test_mirror_exchanges_sides(dock: ExpressionDock, document: HeadDocument) -> None:
    weights = np.zeros(52, np.float32)
    weights[SMILE_LEFT] = 0.7
    document.edit("Half a smile", expression=weights)

    dock.mirror()

    assert document.params.expression[SMILE_LEFT] == 0.0
    assert document.params.expression[SMILE_RIGHT] == pytest.approx(0.7)


def test_search_hides_what_does_not_match(dock: ExpressionDock) -> None:
    dock.slider("jawOpen")

    dock.search.setText("smile")

    assert dock.sliders[SMILE_LEFT].isVisibleTo(dock)
    assert not dock.sliders[JAW].isVisibleTo(dock)
    dock.search.clear()
    assert dock.sliders[JAW].isVisibleTo(dock)


def test_presets_preview_on_hover_and_apply_on_click(
    qtbot: QtBot, dock: ExpressionDock, document: HeadDocument, stage: Stage
) -> None:
    smile = preset_weights(PRESETS[1])
    dock.presets.previewed.emit("Smile")
    assert np.array_equal(stage.shown.expression, smile)
    assert not document.modified

    dock.presets.previewed.emit("")
    assert stage.shown is document.params

    qtbot.mouseClick(dock.presets.buttons["Smile"], Qt.MouseButton.LeftButton)

    assert np.array_equal(document.params.expression, smile)
    assert document.undo_stack.undoText() == "Smile"


def test_a_locked_slider_survives_reset(dock: ExpressionDock, document: HeadDocument) -> None:
    jaw = dock.slider("jawOpen")
    jaw.slider.setValue(600)
    jaw.lock_toggled.emit(True)

    dock.reset()

    assert document.params.expression[JAW] == pytest.approx(0.6)
    assert not jaw.slider.isEnabled()


def test_outside_edits_move_sliders_without_echo(
    dock: ExpressionDock, document: HeadDocument
) -> None:
    weights = np.zeros(52, np.float32)
    weights[JAW] = 0.3

    document.edit("Fit photo", expression=weights)

    assert dock.slider("jawOpen").value == pytest.approx(0.3)
    assert document.undo_stack.count() == 1


def test_the_head_turns_with_three_sliders(dock: ExpressionDock, document: HeadDocument) -> None:
    dock.pose_section.unfold()
    turn = dock.pose.sliders[0].slider

    turn.setSliderDown(True)
    for ticks in (600, 750, 1000):
        turn.setValue(ticks)
    turn.setSliderDown(False)

    assert document.params.head_pose.tolist() == [POSE_LIMITS[0], 0, 0]
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Turn"
    document.undo_stack.undo()
    assert dock.pose.sliders[0].value == 0


def test_the_head_looks_straight_on_again(dock: ExpressionDock, document: HeadDocument) -> None:
    document.edit("Outside", head_pose=(20.0, -5.0, 3.0), expression=np.full(52, 0.1))
    dock.pose_section.unfold()
    assert dock.pose.sliders[1].value == -5

    dock.pose.reset("Look straight on")

    assert not document.params.head_pose.any()
    assert document.params.expression[JAW] == pytest.approx(0.1)


@pytest.mark.parametrize(("query", "found"), [("nod", True), ("head", True), ("jaw", False)])
def test_a_search_finds_the_head_pose(dock: ExpressionDock, query: str, found: bool) -> None:
    dock.search.setText(query)

    assert dock.pose_section.isVisible() is found
