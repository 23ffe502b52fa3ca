"""Paint over heads: how it adds up, what it may be, and that it is kept."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as bytes_from_arrays

from head360.edited import edited
from head360.edits import Change, EditLayer, Wish
from head360.errors import ProjectFileError
from head360.paint import HAIR_CELLS, MAX_HAIR, Paint
from head360.params import HeadParams
from head360.project import Project, load_project, save_project

SKIN = (3, 512, 1024)


def some(skin: float = 0.2, hair: float = 1.0) -> Paint:
    return Paint.made(np.full(SKIN, skin), np.full((3, *HAIR_CELLS), hair))


def layer(paint: Paint, strength: float = 1.0) -> EditLayer:
    return EditLayer("bronze", (Wish("Skin", "bronze", 1.0, Change(paint=paint)),), strength)


def test_layers_of_paint_add_up_by_strength(neutral: HeadParams) -> None:
    head = neutral.with_(paint=some(), edits=(layer(some(), 0.4), layer(some(-0.4))))
    shown = edited(head).paint
    assert shown is not None
    assert shown.skin is not None
    assert shown.hair is not None
    assert set(shown.skin.flat) == {51 + 20 - 102}
    assert set(shown.hair.flat) == {1000 + 400 + 1000}


def test_a_layer_that_is_off_or_at_nothing_leaves_no_trace(neutral: HeadParams) -> None:
    hidden = layer(some()).with_(on=False)
    assert edited(neutral.with_(edits=(hidden,))).paint is None
    assert edited(neutral.with_(edits=(layer(some(), 0.0),))).paint is None


def test_paint_ends_where_colours_do() -> None:
    far = some(0.9, 3.9).added(some(0.9, 3.9), 2.0)
    assert far.skin is not None
    assert far.hair is not None
    assert far.skin.max() == 255
    assert far.hair.max() == round(1000 * MAX_HAIR)


@pytest.mark.parametrize(
    "array", [np.zeros(SKIN, np.int8), np.zeros((3, 5, 5), np.int16), np.full(SKIN, 256, np.int16)]
)
def test_what_is_no_paint_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="skin must be"):
        Paint(array)


def test_nobody_can_change_paint() -> None:
    steps = np.zeros(SKIN, np.int16)
    paint = Paint(steps)
    steps[:] = 9
    assert paint.skin is not None
    assert not paint.skin.any()
    with pytest.raises(ValueError, match="read-only"):
        paint.skin[0] = 1


def test_projects_keep_paint(neutral: HeadParams, tmp_path: Path) -> None:
    whole, hair = some(), Paint(None, some(hair=-0.5).hair)
    head = neutral.with_(paint=hair, edits=(layer(Paint(whole.skin), 0.3), layer(whole)))
    save_project(Project(head), tmp_path / "a.h360")
    loaded = load_project(tmp_path / "a.h360").params
    assert loaded.paint is not None
    assert loaded.paint.skin is None
    assert np.array_equal(loaded.paint.hair, hair.hair)
    first, second = (entry.wishes[0].change.paint for entry in loaded.edits)
    assert first is not None
    assert first.hair is None
    assert second is not None
    assert np.array_equal(second.skin, whole.skin)
    assert np.array_equal(second.hair, whole.hair)
    assert loaded.edits[0].strength == 0.3
    save_project(Project(loaded), tmp_path / "b.h360")
    assert (tmp_path / "a.h360").read_bytes() == (tmp_path / "b.h360").read_bytes()


@pytest.mark.parametrize("name", ["0.0.skin", "head.fur", "0.7.hair", "x"])
def test_paint_that_belongs_nowhere_is_damage(
    neutral: HeadParams, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "a.h360"
    save_project(Project(neutral), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("paint.safetensors", bytes_from_arrays({name: np.zeros(SKIN, np.int16)}))
    with pytest.raises(ProjectFileError, match="paint"):
        load_project(path)


def test_too_much_paint_is_not_written(neutral: HeadParams, tmp_path: Path) -> None:
    with pytest.raises(ProjectFileError, match="more than 8 painted edits"):
        save_project(Project(neutral.with_(edits=(layer(some()),) * 9)), tmp_path / "a.h360")
    assert not list(tmp_path.iterdir())
