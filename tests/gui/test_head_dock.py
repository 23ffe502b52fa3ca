"""The head dock: sliders, locks, random people, and the way from A to B."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.docks.codes import HeadDock
from app.document import HeadDocument
from app.head_names import ATTRIBUTE_NAMES, FIRST_SHAPES, IRIS_COLORS
from app.locks import HAIR, SHAPE, SKIN, Locks
from app.morph import MORPHED, hair_between, mixed, share_of
from app.settings import Settings
from app.stage import Stage
from app.theme import Theme
from app.workers.render_thread import RenderThread
from head360.params import ATTRIBUTES, HairMix, HeadParams, changed_fields, neutral_head
from tests.gui.conftest import CATALOG, FakeEngine


@pytest.fixture
def renderer() -> Iterator[RenderThread]:
    renderer = RenderThread(FakeEngine)
    renderer.start()
    yield renderer
    assert renderer.stop()


@pytest.fixture
def dock(
    qtbot: QtBot,
    document: HeadDocument,
    stage: Stage,
    locks: Locks,
    theme: Theme,
    settings: Settings,
    renderer: RenderThread,
) -> HeadDock:
    dock = HeadDock(document, stage, locks, theme, settings, catalog=CATALOG, renderer=renderer)
    qtbot.addWidget(dock)
    dock.resize(320, 700)
    dock.show()
    return dock


def person(seed: int) -> HeadParams:
    return FakeEngine().random_head(seed)


def become(document: HeadDocument, params: HeadParams) -> None:
    fields = {name: getattr(params, name) for name in (*MORPHED, "hairstyle")}
    document.edit("Become", **fields)


def same(one: HeadParams, other: HeadParams) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in MORPHED)


def wait_for_edit(qtbot: QtBot, document: HeadDocument, act: Callable[[], None]) -> None:
    with qtbot.waitSignal(document.params_changed, timeout=5000):
        act()


# -- sliders -----------------------------------------------------------------------------------


def test_one_drag_is_one_undo_step(dock: HeadDock, document: HeadDocument) -> None:
    width = dock.shape.sliders[0]

    width.slider.setSliderDown(True)
    for ticks in (600, 700, 750):
        width.slider.setValue(ticks)
    width.slider.setSliderDown(False)

    assert document.params.shape[0] == pytest.approx(1.5)
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Width"

    document.undo_stack.undo()

    assert width.value == 0.0


def test_components_without_a_name_are_numbered(dock: HeadDock) -> None:
    assert dock.shape.sliders[4].spec.label == "Shape 5"
    assert "component 5 of 50" in dock.shape.sliders[4].toolTip()
    assert len(dock.shape.sliders) == FIRST_SHAPES


def test_show_all_brings_the_rest(qtbot: QtBot, dock: HeadDock) -> None:
    dock.skin_section.unfold()
    assert sorted(dock.skin.sliders) == [0, 1]

    more = dock.skin_section.findChild(type(dock.skin_section.header), "more")
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)

    assert len(dock.skin.sliders) == 64
    assert not more.isVisible()


def test_details_reset_to_the_neutral_head(dock: HeadDock, document: HeadDocument) -> None:
    dock.details_section.unfold()
    freckles = ATTRIBUTES.index("freckles")
    dock.details.sliders[freckles].slider.setValue(500)
    assert document.params.attributes[freckles] == pytest.approx(0.5)
    assert document.undo_stack.undoText() == ATTRIBUTE_NAMES["freckles"]

    dock.details.reset("Reset details")

    assert np.array_equal(document.params.attributes, neutral_head().attributes)


def test_outside_edits_move_sliders_without_echo(dock: HeadDock, document: HeadDocument) -> None:
    become(document, person(3))

    assert dock.shape.sliders[2].value == pytest.approx(person(3).shape[2], abs=0.006)
    assert document.undo_stack.count() == 1


# -- eyes --------------------------------------------------------------------------------------


def test_eye_swatch_previews_then_sets_its_linear_colour(
    qtbot: QtBot, dock: HeadDock, document: HeadDocument, stage: Stage
) -> None:
    dock.details_section.unfold()
    assert dock.iris is not None
    before = document.params

    dock.iris.previewed.emit(IRIS_COLORS["Blue"])
    assert stage.shown.iris_color == pytest.approx(IRIS_COLORS["Blue"])
    dock.iris.previewed.emit(None)
    assert stage.shown is before

    qtbot.mouseClick(dock.iris.swatches["Blue"], Qt.MouseButton.LeftButton)

    assert document.params.iris_color == pytest.approx(IRIS_COLORS["Blue"])
    assert document.undo_stack.undoText() == "Eye colour: Blue"
    assert dock.iris.swatches["Blue"].isChecked()


# -- random people and locks -------------------------------------------------------------------


def test_randomise_is_one_step_and_keeps_expression_and_light(
    qtbot: QtBot, dock: HeadDock, document: HeadDocument
) -> None:
    before = document.params

    wait_for_edit(qtbot, document, dock.randomise)

    changed = changed_fields(before, document.params)
    assert {"shape", "texture", "attributes", "iris_color", "hair_color"} <= changed
    assert not changed & {"expression", "light"}
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Randomise everything"


def test_randomise_shape_keeps_the_skin(
    qtbot: QtBot, dock: HeadDock, document: HeadDocument
) -> None:
    before = document.params

    wait_for_edit(qtbot, document, dock.randomise_shape)

    assert changed_fields(before, document.params) == {"shape"}
    assert document.undo_stack.undoText() == "Randomise shape"


def test_randomise_skin_keeps_the_shape(
    qtbot: QtBot, dock: HeadDock, document: HeadDocument
) -> None:
    before = document.params

    wait_for_edit(qtbot, document, dock.randomise_skin)

    assert changed_fields(before, document.params) == {"texture", "attributes", "iris_color"}


def test_randomise_respects_locks(
    qtbot: QtBot, dock: HeadDock, document: HeadDocument, locks: Locks
) -> None:
    before = document.params
    locks.lock(SKIN, True)
    dock.shape.sliders[1].lock_toggled.emit(True)

    wait_for_edit(qtbot, document, dock.randomise)

    assert not changed_fields(before, document.params) & set(SKIN)
    assert document.params.shape[1] == before.shape[1]
    assert document.params.shape[0] != before.shape[0]


def test_section_lock_disables_its_sliders_and_one_can_be_freed(
    dock: HeadDock, locks: Locks
) -> None:
    locks.lock(SHAPE, True)
    assert not any(slider.slider.isEnabled() for slider in dock.shape.sliders.values())

    dock.shape.sliders[2].lock_toggled.emit(False)

    free = [i for i, slider in dock.shape.sliders.items() if slider.slider.isEnabled()]
    assert free == [2]
    assert locks.is_locked("shape", 49)


# -- A and B -----------------------------------------------------------------------------------


@pytest.fixture
def pair(dock: HeadDock, document: HeadDocument) -> tuple[HeadParams, HeadParams]:
    """Two people, kept as A and B; B is on show."""
    become(document, person(1))
    dock.morph.store(0)
    first = document.params
    become(document, person(2))
    dock.morph.store(1)
    document.undo_stack.clear()
    return first, document.params


def test_morph_ends_are_exactly_a_and_b(
    dock: HeadDock, document: HeadDocument, pair: tuple[HeadParams, HeadParams]
) -> None:
    slider = dock.morph.slider.slider

    slider.setSliderDown(True)
    slider.setValue(0)
    assert same(document.params, pair[0])
    slider.setValue(1000)
    assert same(document.params, pair[1])
    slider.setValue(500)
    slider.setSliderDown(False)

    assert document.params.shape == pytest.approx((pair[0].shape + pair[1].shape) / 2)
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Morph"


def test_morph_leaves_locked_parts_alone(
    dock: HeadDock, document: HeadDocument, locks: Locks, pair: tuple[HeadParams, HeadParams]
) -> None:
    locks.lock(("texture",), True)
    locks.lock(SHAPE, True, 7)

    dock.morph.slider.slider.setValue(0)

    assert np.array_equal(document.params.texture, pair[1].texture)
    assert document.params.shape[7] == pair[1].shape[7]
    assert document.params.shape[8] == pair[0].shape[8]


def test_morph_slider_follows_undo(
    dock: HeadDock, document: HeadDocument, pair: tuple[HeadParams, HeadParams]
) -> None:
    assert dock.morph.slider.value == 1.0
    dock.morph.slider.slider.setValue(250)

    document.undo_stack.undo()

    assert dock.morph.slider.value == 1.0


def test_morph_waits_for_both_heads(dock: HeadDock, document: HeadDocument) -> None:
    assert not dock.morph.slider.isEnabled()

    dock.morph.store(0)
    assert not dock.morph.slider.isEnabled()
    dock.morph.store(1)
    assert dock.morph.slider.isEnabled()

    dock.morph.slider.slider.setValue(300)  # A and B are the same head

    assert document.params.iris_color == pytest.approx(neutral_head().iris_color)


def test_slot_click_keeps_then_recalls(
    qtbot: QtBot, dock: HeadDock, document: HeadDocument
) -> None:
    become(document, person(4))
    face = dock.morph.slots[0].face
    qtbot.mouseClick(face, Qt.MouseButton.LeftButton)
    assert face.filled
    become(document, person(5))

    qtbot.mouseClick(face, Qt.MouseButton.LeftButton)

    assert same(document.params, person(4))
    assert document.params.hairstyle == person(4).hairstyle
    assert document.undo_stack.undoText() == "Head A"


def test_slot_gets_a_picture(qtbot: QtBot, dock: HeadDock) -> None:
    dock.morph.store(1)

    qtbot.waitUntil(lambda: dock.morph.slots[1].face.image is not None, timeout=5000)

    assert dock.morph.slots[0].face.image is None


def test_swap_exchanges_the_slots_and_not_the_head(
    dock: HeadDock, document: HeadDocument, pair: tuple[HeadParams, HeadParams]
) -> None:
    dock.morph.swap()

    assert dock.morph.slots[0].params is pair[1]
    assert dock.morph.slots[1].params is pair[0]
    assert document.params is pair[1]
    assert dock.morph.slider.value == 0.0


def test_cleared_slot_is_empty_again(dock: HeadDock, pair: tuple[HeadParams, HeadParams]) -> None:
    dock.morph.clear(0)

    assert not dock.morph.slots[0].face.filled
    assert not dock.morph.slider.isEnabled()


def test_share_of_undoes_mixed() -> None:
    first, second = person(6), person(7)

    between = first.with_(**mixed(first, second, 0.3))

    assert share_of(between, first, second) == pytest.approx(0.3, abs=1e-4)
    assert share_of(first, first, first) == 0.0


def test_hair_goes_from_one_style_to_the_other() -> None:
    first, second = person(6).with_(hairstyle="bob"), person(7).with_(hairstyle="afro")

    ends = [hair_between(first, second, share) for share in (0.0, 1.0)]
    between = hair_between(first, second, 0.25)

    assert ends == [
        {"hairstyle": "bob", "hair_mix": None},
        {"hairstyle": "afro", "hair_mix": None},
    ]
    assert between == {"hairstyle": "bob", "hair_mix": HairMix("afro", 0.25)}


def test_hair_without_a_way_between_is_that_of_the_nearer_head() -> None:
    bald, mixed_already = (
        person(6).with_(hairstyle=None),
        person(7).with_(hairstyle="bob", hair_mix=HairMix("afro", 0.4)),
    )

    hair = [hair_between(bald, mixed_already, share)["hairstyle"] for share in (0.3, 0.7)]

    assert hair == [None, "bob"]


def test_morph_mixes_the_hair_unless_it_is_locked(
    dock: HeadDock, document: HeadDocument, locks: Locks
) -> None:
    for index, style in enumerate(("bob", "afro")):
        become(document, person(index).with_(hairstyle=style))
        dock.morph.store(index)

    dock.morph.slider.slider.setValue(400)
    assert document.params.hairstyle == "bob"
    assert document.params.hair_mix == HairMix("afro", 0.4)

    locks.lock(HAIR, True)
    dock.morph.slider.slider.setValue(700)
    assert document.params.hair_mix == HairMix("afro", 0.4)
