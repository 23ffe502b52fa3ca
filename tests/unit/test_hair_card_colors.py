"""Exported hair has the head's colours: paint, roots and tips, and light where a photo is."""

from __future__ import annotations

import numpy as np
import pytest

from head360.engine import finished
from head360.export.bust import Bust, Part
from head360.export.busts import bust_of
from head360.export.hair_picture import hair_pictures, varied_lanes
from head360.export.options import HairKind
from head360.model.sampling import chosen_head
from head360.own_hair import GAINS_GRID, WAYS_GRID, OwnHair
from head360.paint import HAIR_CELLS, Paint
from head360.params import HairTones, HeadParams
from head360.rendering.scene import Models, SceneBuilder


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def scenes(models: Models) -> SceneBuilder:
    return SceneBuilder(models)


def haired() -> HeadParams:
    return chosen_head().with_(hairstyle="bob", hair_color=np.array([0.2, 0.2, 0.2], np.float32))


def two_sided() -> Paint:
    """Red where the scalp's first coordinate is low, blue where it is high, green at the ends."""
    logs = np.zeros((3, *HAIR_CELLS), np.float32)
    half = HAIR_CELLS[2] // 2
    logs[0, ..., :half], logs[2, ..., half:] = 1.2, 1.2
    logs[1, 7 * HAIR_CELLS[0] // 8 :] = 1.2
    return Paint.made(hair=logs)


def colors_at(bust: Bust, part: Part) -> np.ndarray:
    """(N, 3) of a part's picture at its vertices, 0 … 255."""
    picture = bust.material(part.material).color
    rows, columns = picture.shape[:2]
    column = (part.uv[:, 0] * columns).astype(int).clip(0, columns - 1)
    row = ((1 - part.uv[:, 1]) * rows).astype(int).clip(0, rows - 1)
    return picture[row, column, :3].astype(np.float64)


@pytest.mark.parametrize("kind", ["cards", "surface"])
def test_painted_hair_is_exported_in_its_colours(
    kind: HairKind, models: Models, scenes: SceneBuilder
) -> None:
    head = haired().with_(paint=two_sided())
    bust = finished(bust_of(models, scenes, head, texture=1024, hair=kind, cards=600))
    for part in (part for part in bust.parts if part.name.startswith("Hair")):
        shown = colors_at(bust, part)
        redder = shown[:, 0] - shown[:, 2]
        sides = [part.points[:, 0] < -0.05, part.points[:, 0] > 0.05]
        means = [redder[side].mean() for side in sides]
        assert abs(means[0] - means[1]) > 60, part.name
        assert means[0] * means[1] < 0, part.name
    if kind == "cards":
        cards = next(part for part in bust.parts if part.name == "Hair")
        shown = colors_at(bust, cards)
        greener = shown[:, 1] - shown.min(1)
        low, high = cards.points[:, 1] < -0.04, cards.points[:, 1] > 0.08
        assert greener[low].mean() > greener[high].mean() + 15


def test_roots_and_tips_are_exported(models: Models, scenes: SceneBuilder) -> None:
    tones = HairTones(roots=(0.01, 0.01, 0.01), tips=(0.5, 0.05, 0.05))
    bust = finished(
        bust_of(models, scenes, haired().with_(hair_tones=tones), texture=1024, cards=300)
    )
    picture = bust.material("Hair").color
    assert picture[-60:, :, :3].mean() < 60
    assert picture[100:160, :, 0].mean() > 1.5 * picture[100:160, :, 1].mean()


def test_hair_as_light_as_a_photo_s_is_exported_so(models: Models, scenes: SceneBuilder) -> None:
    gains = np.zeros(GAINS_GRID)
    gains[..., : GAINS_GRID[2] // 2] = -0.9
    own = OwnHair.made("bob", mirrored=False, ways=np.zeros((3, *WAYS_GRID)), gains=gains)
    bust = finished(bust_of(models, scenes, haired().with_(own_hair=own), texture=1024, cards=600))
    cards = next(part for part in bust.parts if part.name == "Hair")
    shown = colors_at(bust, cards).mean(1)
    dark, light = (shown[side].mean() for side in (cards.points[:, 0] < -0.05,
                                                   cards.points[:, 0] > 0.05))  # fmt: skip
    assert dark < 0.8 * light


def test_few_strands_have_lanes_too() -> None:
    def colors(along: np.ndarray, root: np.ndarray) -> np.ndarray:
        return np.concatenate([root, along], 1)

    roots = np.array([[0.1, 0.9], [0.9, 0.1], [0.5, 0.5]], np.float32)
    lanes, chosen = varied_lanes(colors, roots, np.zeros(3), np.random.default_rng(1))
    at = np.array([[0.3]], np.float32)
    for number, root in zip(chosen, roots, strict=True):
        assert lanes.colors(int(number), at)[0] == pytest.approx([*root, 0.3], abs=0.02)
    picture, normals = hair_pictures(lanes, 256)
    assert picture.shape == (256, 256, 4)
    assert normals.shape == (256, 256, 3)
    heights = lanes.heights(np.array([0, 63]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert (np.diff(heights) > 0.2).all()
    assert ((heights > 0) & (heights < 1)).all()
