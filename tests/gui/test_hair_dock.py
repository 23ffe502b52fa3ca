"""The hair dock: hairstyles by picture, hair colour, and thumbnails that are made only once."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.colors import color_from_linear, linear_from_color, linear_from_srgb, srgb_from_linear
from app.docks.hair import BALD, THUMBNAIL_PX, HairDock
from app.document import HeadDocument
from app.head_names import HAIR_COLORS
from app.locks import HAIR, Locks
from app.settings import Places, Settings
from app.stage import Stage
from app.theme import Theme
from head360.params import HairMix, neutral_head
from tests.gui.conftest import CATALOG, FakeEngine

KEYS = [BALD, *(style.id for style in CATALOG.hairstyles)]


@pytest.fixture
def dock(
    qtbot: QtBot,
    document: HeadDocument,
    stage: Stage,
    locks: Locks,
    theme: Theme,
    settings: Settings,
    places: Places,
) -> HairDock:
    dock = HairDock(
        document,
        stage,
        locks,
        theme,
        settings,
        catalog=CATALOG,
        make_engine=FakeEngine,
        places=places,
    )
    qtbot.addWidget(dock, before_close_func=lambda dock: dock.stop())
    dock.resize(320, 700)
    dock.show()
    return dock


# -- choosing ----------------------------------------------------------------------------------


def test_bald_comes_first(dock: HairDock) -> None:
    assert dock.grid.visible_keys() == KEYS


@pytest.mark.parametrize("width", range(304, 312))
def test_three_tiles_stand_in_a_row_at_any_width(qtbot: QtBot, dock: HairDock, width: int) -> None:
    dock.resize(width, 400)  # too low for all: with a scroll bar
    qtbot.wait(10)

    rows = [dock.grid.visualRect(dock.grid.model().index(i, 0)).top() for i in range(4)]

    assert rows[0] == rows[1] == rows[2] < rows[3]


def test_only_present_categories_have_chips(dock: HairDock) -> None:
    assert list(dock.chips.buttons) == [
        "All", "Short", "Medium", "Long", "Curly", "Tied", "Braided",
    ]  # fmt: skip


def test_a_chip_shows_its_category_only(qtbot: QtBot, dock: HairDock) -> None:
    qtbot.mouseClick(dock.chips.buttons["Curly"], Qt.MouseButton.LeftButton)
    assert dock.grid.visible_keys() == ["long_curly", "afro"]

    qtbot.mouseClick(dock.chips.buttons["All"], Qt.MouseButton.LeftButton)
    assert dock.grid.visible_keys() == KEYS


def test_hover_previews_after_a_moment_and_leaving_restores(
    qtbot: QtBot, dock: HairDock, document: HeadDocument, stage: Stage
) -> None:
    index = dock.grid.model().index(KEYS.index("afro"), 0)

    with qtbot.waitSignal(stage.shown_changed, timeout=2000):
        dock.grid.entered.emit(index)
    assert stage.shown.hairstyle == "afro"
    assert not document.modified

    dock.grid.viewportEntered.emit()

    assert stage.shown is document.params


def test_click_applies_as_one_step(qtbot: QtBot, dock: HairDock, document: HeadDocument) -> None:
    index = dock.grid.model().index(KEYS.index("bob"), 0)
    place = dock.grid.visualRect(index).center()

    qtbot.mouseClick(dock.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert document.params.hairstyle == "bob"
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Hairstyle: Bob"

    dock.grid.picked.emit("bob")
    assert document.undo_stack.count() == 1, "the same style again is no step"

    dock.grid.picked.emit(BALD)
    assert document.params.hairstyle is None
    assert document.undo_stack.undoText() == "Hairstyle: Bald"


def test_keys_walk_and_enter_applies(qtbot: QtBot, dock: HairDock, document: HeadDocument) -> None:
    dock.grid.setFocus()

    qtbot.keyClick(dock.grid, Qt.Key.Key_Right)
    qtbot.keyClick(dock.grid, Qt.Key.Key_Right)
    qtbot.keyClick(dock.grid, Qt.Key.Key_Return)

    assert document.params.hairstyle == KEYS[2]


def test_escape_ends_a_preview(qtbot: QtBot, dock: HairDock, stage: Stage) -> None:
    dock.grid.setFocus()
    with qtbot.waitSignal(stage.shown_changed, timeout=2000):
        qtbot.keyClick(dock.grid, Qt.Key.Key_Right)
    assert stage.shown.hairstyle == KEYS[1]

    qtbot.keyClick(dock.grid, Qt.Key.Key_Escape)

    assert stage.shown.hairstyle is None


def test_the_document_decides_which_tile_is_marked(dock: HairDock, document: HeadDocument) -> None:
    document.edit("Outside", hairstyle="quiff")

    marked = [
        key
        for row, key in enumerate(KEYS)
        if dock.grid.model().index(row, 0).data(Qt.ItemDataRole.CheckStateRole)
        == Qt.CheckState.Checked.value
    ]
    assert marked == ["quiff"]


def test_locked_hair_stays(
    dock: HairDock, document: HeadDocument, locks: Locks, stage: Stage
) -> None:
    dock.lock.click()
    assert locks.is_locked("hairstyle")
    assert locks.is_locked("hair_color")

    dock.grid.previewed.emit("afro")
    dock.grid.picked.emit("afro")

    assert stage.shown is document.params
    assert not document.modified
    assert not dock.grid.isEnabled()

    locks.lock(HAIR, False)
    assert not dock.lock.isChecked()
    assert dock.grid.isEnabled()


# -- mixing ------------------------------------------------------------------------------------


@pytest.fixture
def bob(document: HeadDocument) -> HeadDocument:
    """A document whose head wears a bob."""
    document.replace(neutral_head().with_(hairstyle="bob"), None)
    return document


def test_the_bald_have_nothing_to_mix(dock: HairDock) -> None:
    assert not dock.mix.button.isEnabled()
    assert dock.mix.slider.isHidden()


def test_the_second_style_is_picked_from_the_grid(
    qtbot: QtBot, dock: HairDock, bob: HeadDocument, stage: Stage
) -> None:
    qtbot.mouseClick(dock.mix.button, Qt.MouseButton.LeftButton)
    dock.grid.previewed.emit("afro")
    assert stage.shown.hair_mix == HairMix("afro", 0.5)
    assert stage.shown.hairstyle == "bob"
    assert not bob.edited

    dock.grid.picked.emit("afro")

    assert bob.params.hairstyle == "bob"
    assert bob.params.hair_mix == HairMix("afro", 0.5)
    assert bob.undo_stack.undoText() == "Mix with Afro"
    assert dock.mix.button.text() == "Mixed with Afro"
    assert not dock.mix.slider.isHidden()


def test_one_drag_of_the_share_is_one_step(dock: HairDock, bob: HeadDocument) -> None:
    dock.tile_menu("afro").actions()[1].trigger()
    slider = dock.mix.slider.slider

    slider.setSliderDown(True)
    for ticks in (550, 600, 800):
        slider.setValue(ticks)
    slider.setSliderDown(False)

    assert bob.params.hair_mix == HairMix("afro", 0.8)
    assert bob.undo_stack.count() == 2
    assert bob.undo_stack.undoText() == "Share of Afro"
    bob.undo_stack.undo()
    assert bob.params.hair_mix == HairMix("afro", 0.5)
    assert dock.mix.slider.value == pytest.approx(0.5)


def test_the_cross_takes_the_second_style_out(
    qtbot: QtBot, dock: HairDock, bob: HeadDocument
) -> None:
    dock.tile_menu("afro").actions()[1].trigger()

    qtbot.mouseClick(dock.mix.remove, Qt.MouseButton.LeftButton)

    assert bob.params.hair_mix is None
    assert dock.mix.button.text() == "Mix with…"
    assert dock.mix.slider.isHidden()


def test_escape_gives_up_choosing(qtbot: QtBot, dock: HairDock, bob: HeadDocument) -> None:
    qtbot.mouseClick(dock.mix.button, Qt.MouseButton.LeftButton)

    qtbot.keyClick(dock.mix.button, Qt.Key.Key_Escape)
    dock.grid.picked.emit("afro")

    assert bob.params.hairstyle == "afro"
    assert bob.params.hair_mix is None


def test_another_first_style_keeps_the_mix_but_not_with_itself(
    dock: HairDock, bob: HeadDocument
) -> None:
    dock.tile_menu("afro").actions()[1].trigger()

    dock.grid.picked.emit("quiff")
    assert bob.params.hair_mix == HairMix("afro", 0.5)

    dock.grid.picked.emit("afro")
    assert bob.params.hair_mix is None


def test_a_style_is_not_offered_to_be_mixed_with_itself(dock: HairDock, bob: HeadDocument) -> None:
    assert not dock.tile_menu("bob").actions()[1].isEnabled()
    assert not dock.tile_menu(BALD).actions()[1].isEnabled()
    assert dock.tile_menu("afro").actions()[1].isEnabled()


def test_locked_hair_is_not_mixed(dock: HairDock, bob: HeadDocument) -> None:
    dock.lock.click()

    dock.tile_menu("afro").actions()[1].trigger()

    assert bob.params.hair_mix is None
    assert not dock.mix.isEnabled()


# -- colour ------------------------------------------------------------------------------------


def test_swatch_sets_its_linear_colour(
    qtbot: QtBot, dock: HairDock, document: HeadDocument
) -> None:
    qtbot.mouseClick(dock.colors.swatches["Auburn"], Qt.MouseButton.LeftButton)

    assert document.params.hair_color == pytest.approx(HAIR_COLORS["Auburn"])
    assert document.undo_stack.undoText() == "Hair colour: Auburn"
    assert [s.toolTip() for s in dock.colors.swatches.values() if s.isChecked()] == ["Auburn"]


def test_dialog_previews_and_takes_srgb_to_linear(
    qtbot: QtBot, dock: HairDock, document: HeadDocument, stage: Stage
) -> None:
    dock.colors.choose()
    dialog = dock.colors.dialog
    assert dialog is not None

    dialog.setCurrentColor(QColor(188, 188, 188))
    assert stage.shown.hair_color == pytest.approx([0.503] * 3, abs=0.002)
    assert not document.modified
    dialog.reject()
    assert stage.shown is document.params

    dock.colors.choose()
    dialog = dock.colors.dialog
    assert dialog is not None
    dialog.setCurrentColor(QColor(188, 0, 255))
    dialog.accept()

    assert document.params.hair_color == pytest.approx([0.503, 0.0, 1.0], abs=0.002)
    assert dock.colors.other.isChecked()


def test_arrow_keys_walk_the_swatches(qtbot: QtBot, dock: HairDock, document: HeadDocument) -> None:
    dock.colors.swatches["Black"].setFocus()

    qtbot.keyClick(dock.colors.swatches["Black"], Qt.Key.Key_Right)
    qtbot.keyClick(dock.colors.swatches["Dark brown"], Qt.Key.Key_Return)

    assert document.params.hair_color == pytest.approx(HAIR_COLORS["Dark brown"])


def test_colours_survive_the_way_there_and_back() -> None:
    linear = np.linspace(0, 1, 30).reshape(10, 3)

    assert linear_from_srgb(srgb_from_linear(linear)) == pytest.approx(linear, abs=1e-6)
    assert srgb_from_linear(0.2140) == pytest.approx(0.5, abs=1e-3)
    for row in linear:
        assert linear_from_color(color_from_linear(row)) == pytest.approx(row, abs=1e-4)


# -- thumbnails --------------------------------------------------------------------------------


def test_thumbnails_fill_the_grid(qtbot: QtBot, dock: HairDock, places: Places) -> None:
    qtbot.waitUntil(lambda: all(map(dock.grid.has_picture, KEYS)), timeout=20000)

    files = sorted((places.cache / "thumbnails").rglob("*.png"))
    assert sorted(file.stem for file in files) == sorted(KEYS)
    assert QImage(str(files[0])).size().toTuple() == THUMBNAIL_PX
    assert files[0].parent.name.startswith("test-")
