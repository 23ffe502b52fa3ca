"""The light dock: presets, turning and brightness, and what stands behind the head."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.docks.light import PATIENCE_MS, LightDock, background_of
from app.document import HeadDocument
from app.locks import Locks
from app.main_window import MainWindow
from app.settings import BACKGROUND, BACKGROUND_COLOR, Places, Settings
from app.stage import Stage
from app.theme import Theme
from head360.light import LIGHT_PRESETS, PHOTO_LIGHT, TRANSPARENT, Background, Light
from tests.gui.conftest import FakeEngine
from tests.unit.likeness_stand_ins import some_likeness


@pytest.fixture
def dock(
    qtbot: QtBot, document: HeadDocument, stage: Stage, theme: Theme, settings: Settings
) -> LightDock:
    dock = LightDock(document, stage, Locks(), theme, settings)
    qtbot.addWidget(dock)
    dock.resize(320, 700)
    dock.show()
    return dock


def test_every_preset_has_a_tile(dock: LightDock) -> None:
    assert dock.presets.visible_keys() == list(LIGHT_PRESETS)


def test_all_tiles_fit_without_scrolling(dock: LightDock) -> None:
    last = dock.presets.visualRect(dock.presets.model().index(len(LIGHT_PRESETS) - 1, 0))

    assert dock.presets.viewport().rect().contains(last)


def test_hover_previews_and_leaving_restores(
    qtbot: QtBot, dock: LightDock, document: HeadDocument, stage: Stage
) -> None:
    document.edit("Turn", light=Light("studio", 40.0, 2.0))
    index = dock.presets.model().index(LIGHT_PRESETS.index("sunset"), 0)

    with qtbot.waitSignal(stage.shown_changed, timeout=2000):
        dock.presets.entered.emit(index)
    assert stage.shown.light == Light("sunset", 40.0, 2.0)
    assert document.undo_stack.count() == 1

    dock.presets.viewportEntered.emit()

    assert stage.shown is document.params


def test_click_applies_a_preset(qtbot: QtBot, dock: LightDock, document: HeadDocument) -> None:
    place = dock.presets.visualRect(dock.presets.model().index(3, 0)).center()

    qtbot.mouseClick(dock.presets.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert document.params.light.preset == LIGHT_PRESETS[3]
    assert document.undo_stack.undoText() == f"Light: {LIGHT_PRESETS[3].capitalize()}"


def test_only_heads_from_photos_are_lit_as_there(dock: LightDock, document: HeadDocument) -> None:
    assert dock.photo_light.isHidden()

    document.edit("Fit photo", likeness=some_likeness(), light=Light("city", 40.0, 2.0))
    assert not dock.photo_light.isHidden()
    assert not dock.photo_light.isChecked()
    dock.photo_light.click()

    assert document.params.light == Light(PHOTO_LIGHT)
    assert document.undo_stack.undoText() == "Light: As in the photo"
    assert dock.photo_light.isChecked()
    dock.photo_light.click()
    assert document.params.light == Light()
    document.undo_stack.undo()
    assert dock.photo_light.isChecked()
    document.edit("New person", likeness=None)
    assert dock.photo_light.isHidden()


def test_one_turn_is_one_undo_step(dock: LightDock, document: HeadDocument) -> None:
    slider = dock.rotation.slider

    slider.setSliderDown(True)
    for ticks in (600, 700, 750):
        slider.setValue(ticks)
    slider.setSliderDown(False)

    assert document.params.light.rotation_degrees == pytest.approx(90.0)
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Light rotation"


def test_intensity_reaches_both_ends(dock: LightDock, document: HeadDocument) -> None:
    assert dock.intensity.value == 1.0

    dock.intensity.slider.setValue(1000)
    assert document.params.light.intensity == 4.0
    dock.intensity.slider.setValue(0)
    assert document.params.light.intensity == 0.0

    dock.intensity.reset()
    assert document.params.light.intensity == 1.0


def test_the_document_moves_the_sliders(dock: LightDock, document: HeadDocument) -> None:
    document.edit("Outside", light=Light("night", -90.0, 0.5))

    assert dock.rotation.value == -90.0
    assert dock.intensity.value == 0.5
    assert document.undo_stack.count() == 1


# -- background --------------------------------------------------------------------------------


def test_choosing_a_background_is_told_and_remembered(
    qtbot: QtBot, dock: LightDock, document: HeadDocument, settings: Settings
) -> None:
    with qtbot.waitSignal(dock.background_changed) as told:
        qtbot.mouseClick(dock.kinds["transparent"], Qt.MouseButton.LeftButton)

    assert told.args == [TRANSPARENT]
    assert settings.get(BACKGROUND) == "transparent"
    assert not document.modified, "the background is no part of the head"


def test_colours_are_shown_for_an_even_background_only(dock: LightDock) -> None:
    assert not dock.colors.isVisible()

    dock.choose_background("colour")

    assert dock.colors.isVisible()
    assert dock.kinds["colour"].isChecked()


def test_a_swatch_gives_an_even_background(
    qtbot: QtBot, dock: LightDock, settings: Settings
) -> None:
    dock.choose_background("colour")

    with qtbot.waitSignal(dock.background_changed) as told:
        qtbot.mouseClick(dock.colors.swatches["White"], Qt.MouseButton.LeftButton)

    assert told.args == [Background((1, 1, 1), (1, 1, 1))]
    assert settings.get(BACKGROUND_COLOR) == "#ffffff"


def test_resting_on_a_swatch_previews_the_background(qtbot: QtBot, dock: LightDock) -> None:
    told: list[Background] = []
    dock.background_changed.connect(told.append)

    dock.colors.previewed.emit((0.0, 0.0, 0.0))
    dock.colors.previewed.emit(None)

    assert told == [Background((0, 0, 0), (0, 0, 0)), dock.background]


def test_the_gradient_follows_the_theme(
    qtbot: QtBot, qapp: QApplication, dock: LightDock, theme: Theme
) -> None:
    shade = theme.color("stage_inner")

    assert dock.background.inner == (shade.redF(), shade.greenF(), shade.blueF())

    palette = dock.palette()
    palette.setColor(palette.ColorRole.Window, QColor("#123456"))
    with qtbot.waitSignal(dock.background_changed):
        dock.setPalette(palette)


def test_a_damaged_colour_falls_back_to_the_gradient(theme: Theme) -> None:
    gradient = background_of("gradient", "", theme)

    assert background_of("colour", "no colour", theme) == gradient
    assert background_of("nonsense", "#ffffff", theme) == gradient


def test_only_a_choice_that_changes_something_is_a_change(qtbot: QtBot, dock: LightDock) -> None:
    chosen: list[bool] = []
    dock.background_chosen.connect(lambda: chosen.append(True))

    dock.choose_background("gradient")
    dock.show_background("transparent")
    dock.colors.previewed.emit((0.0, 0.0, 0.0))
    assert not chosen

    dock.choose_background("colour")
    dock.colors.picked.emit("White", (1.0, 1.0, 1.0))
    dock.colors.picked.emit("White", (1.0, 1.0, 1.0))
    assert len(chosen) == 2


# -- pictures ----------------------------------------------------------------------------------


def test_presets_get_pictures_when_there_is_an_engine(
    qtbot: QtBot, document: HeadDocument, stage: Stage, theme: Theme, settings: Settings,
    places: Places,
) -> None:  # fmt: skip
    dock = LightDock(
        document, stage, Locks(), theme, settings, make_engine=FakeEngine, places=places
    )
    qtbot.addWidget(dock, before_close_func=lambda dock: dock.stop())
    dock.show()

    qtbot.waitUntil(lambda: all(map(dock.presets.has_picture, LIGHT_PRESETS)), timeout=20000)

    assert dock.stop()


def test_no_pictures_are_made_behind_another_tab(
    qtbot: QtBot, window: MainWindow, engines: list[FakeEngine]
) -> None:
    assert window.panels.light.visibleRegion().isEmpty()
    made = len(engines)

    window.panels.light.visibilityChanged.emit(True)  # Qt says so while it moves docks about
    qtbot.wait(PATIENCE_MS + 200)

    assert not window.panels.light.thumbnails.running
    assert len(engines) == made
