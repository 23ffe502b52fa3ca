"""How hair is worn: length, parting, hairline, tones, and the hair of another head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.head_names import DYES, HAIR_COLORS
from app.main_window import MainWindow
from head360.own_hair import GAINS_GRID, WAYS_GRID, OwnHair
from head360.params import HairShape, HairTones, neutral_head
from head360.project import Project, save_project


def test_length_volume_and_fringe_are_sliders_of_one_step_each(window: MainWindow) -> None:
    dock, document = window.panels.hair, window.document
    dock.shape.sliders["volume"].field.setValue(0.5)
    assert document.params.hair_shape == HairShape(volume=0.5)
    document.undo_stack.undo()
    assert document.params.hair_shape is None
    assert dock.shape.sliders["volume"].value == 0


def test_the_other_parting_hairline_and_curl_are_one_step_each(window: MainWindow) -> None:
    dock, document = window.panels.hair, window.document
    dock.shape.mirror.click()
    assert document.params.hair_shape == HairShape(mirrored=True)
    dock.shape.sliders["hairline"].field.setValue(0.5)
    dock.shape.sliders["curl"].field.setValue(0.25)
    assert document.params.hair_shape == HairShape(hairline=0.5, curl=0.25, mirrored=True)
    for _ in range(3):
        document.undo_stack.undo()
    assert document.params.hair_shape is None
    assert not dock.shape.mirror.isChecked()


def test_hair_of_one_s_own_is_weakened_in_one_step(window: MainWindow) -> None:
    dock, document = window.panels.hair, window.document
    assert dock.shape.own.isHidden()
    own = OwnHair(
        "bob", False, np.ones((3, *WAYS_GRID), np.int8), np.ones(GAINS_GRID, np.int8)
    )  # fmt: skip
    document.edit("fit", hairstyle="bob", own_hair=own)
    assert not dock.shape.own.isHidden()
    assert dock.shape.own.value == 1
    dock.shape.own.field.setValue(0.5)
    weaker = document.params.own_hair
    assert weaker is not None
    assert (weaker.strength, weaker.ways.tolist()) == (0.5, own.ways.tolist())
    document.undo_stack.undo()
    assert document.params.own_hair is own
    assert dock.shape.own.value == 1
    document.edit("style", hairstyle="pixie")
    assert dock.shape.own.isHidden()


def test_roots_and_tips_take_colours_and_lose_them(window: MainWindow) -> None:
    dock, document = window.panels.hair, window.document
    dock.tones.unfold()
    dock.tones.colors["roots"].swatches["Black"].click()
    dock.tones.colors["tips"].swatches["Pink"].click()
    dock.tones.reaches["tips"].field.setValue(0.6)
    tones = document.params.hair_tones
    assert tones == HairTones(HAIR_COLORS["Black"], DYES["Pink"], tip_reach=0.6)
    dock.tones.removes["roots"].click()
    assert document.params.hair_tones == HairTones(None, DYES["Pink"], tip_reach=0.6)
    dock.tones.removes["tips"].click()
    assert document.params.hair_tones is None
    assert not dock.tones.reaches["tips"].isEnabled()


def test_hair_comes_from_another_head_in_one_step(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = neutral_head().with_(
        hairstyle="bob", hair_color=(0.5, 0.1, 0.2), hair_shape=HairShape(curl=0.5)
    )
    path = tmp_path / "friend.h360"
    save_project(Project(other), path)
    monkeypatch.setattr("app.files.choose_project", lambda *_: path)
    before = window.document.params

    window.panels.hair.borrow.click()

    params = window.document.params
    assert (params.hairstyle, params.hair_shape) == ("bob", HairShape(curl=0.5))
    assert params.shape is before.shape
    assert window.document.undo_stack.undoText() == "Hair of friend"
    window.document.undo_stack.undo()
    assert window.document.params.hairstyle == before.hairstyle
