"""What the texture model tints for each head: teeth, and the clay where the bust is cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from head360.assets import resource
from head360.model.texture import TextureModel
from head360.params import ATTRIBUTES, HeadParams, neutral_head
from tests.unit.likeness_stand_ins import some_likeness

TEETH, CAP = (slice(256, 384), slice(1152, 1280)), (slice(420, 476), slice(1188, 1244))


@pytest.fixture(scope="module")
def model() -> TextureModel:
    return TextureModel.load(resource("models", "texture.safetensors"))


def skin(level: float) -> Tensor:
    maps = torch.full((8, 512, 1024), 0.5)
    maps[:3] = level * torch.tensor([1.0, 0.8, 0.7])[:, None, None]
    return maps


def with_code(number: int, value: float) -> HeadParams:
    code = np.zeros(64, np.float32)
    code[number] = value
    return neutral_head().with_(texture=code)


def test_the_bust_is_cut_in_the_colour_of_the_skin(model: TextureModel) -> None:
    light, dark = (model.painted(skin(v), neutral_head(), 0.0)[:3][:, *CAP] for v in (0.9, 0.3))

    assert (light > 2.5 * dark).all()
    assert 0.6 < float(light.mean() / 0.75) < 1.0  # a little darker than the skin
    assert float(dark[0].mean()) > float(dark[2].mean())  # and still warm


def test_the_cut_does_not_shine(model: TextureModel) -> None:
    cap = model.fixed.tiles[3].maps[5]

    shown = model.painted(skin(0.7), neutral_head(), 0.0)[5, 384:512, 1152:1280]

    torch.testing.assert_close(shown, 0.1 * cap)


def test_cheeks_from_within_are_no_black_hole(model: TextureModel) -> None:
    dark = skin(0.7)
    dark[3] = 0.03

    shown = model.painted(dark, neutral_head(), 0.0)[3]

    assert float(shown[:, 512:1024].min()) == pytest.approx(0.22)
    assert float(shown[:, :512].max()) == pytest.approx(0.03)  # nostrils stay as they are


def test_no_hair_grows_where_a_photo_has_shown_skin(model: TextureModel) -> None:
    likeness = some_likeness()
    head = neutral_head().with_(likeness=likeness, hair_color=np.float32([0.001, 0.001, 0.001]))

    bare, covered = (model.painted(skin(0.8), head, tint)[0, :, :1024] for tint in (0.0, 1.0))

    seen = torch.tensor(likeness.observed) / 255
    change = (bare - covered).clamp(min=0)
    assert float(change.max()) > 0.3
    assert float(change[seen > 0.999].max()) < 0.01
    assert float(change[seen < 0.3].max()) > 2 * float(change[seen > 0.7].max())


@pytest.mark.parametrize(
    ("number", "front", "back"), [(0, 0.8, 0.52), (1, 0.95, 0.68)], ids=["tongue", "teeth"]
)
def test_a_mouth_is_dark_further_in(
    model: TextureModel, number: int, front: float, back: float
) -> None:
    tile = model.fixed.tiles[number]
    rows, columns = tile.maps.shape[1:]
    maps = model.painted(skin(0.7), neutral_head(), 0.0)

    shown = maps[3, tile.row : tile.row + rows, tile.column : tile.column + columns]
    light = tile.maps[3] / tile.maps[3].max()
    assert float((shown / tile.maps[3])[light > 0.95].min()) > front
    assert float((shown / tile.maps[3])[light < 0.55].max()) < back


def test_teeth_yellow_with_age(model: TextureModel) -> None:
    young, old = (model.painted(skin(0.7), with_code(7, a), 0.0)[:3][:, *TEETH] for a in (-2, 2))

    assert (old <= young).all()
    blue, red = (float(old[c].mean() / young[c].mean()) for c in (2, 0))
    assert 0.8 < blue < red < 1.0


@pytest.mark.parametrize("name", ["beard", "moustache"])
def test_facial_hair_takes_the_colour_of_hair_where_it_grows(
    model: TextureModel, name: str
) -> None:
    strengths = np.zeros(len(ATTRIBUTES), np.float32)
    shaven = neutral_head().with_(attributes=strengths.copy())
    strengths[ATTRIBUTES.index(name)] = 1.0
    grown = shaven.with_(attributes=strengths, hair_color=np.float32([0.001, 0.001, 0.001]))

    before, after = (model.painted(skin(0.8), head, 0.0) for head in (shaven, grown))

    covered = (before[:3] - after[:3]).amax(0) > 0.4
    assert 0.002 < float(covered.float().mean()) < 0.1
    assert (after[7][covered] > before[7][covered]).float().mean() > 0.95  # it stands out
    torch.testing.assert_close(after[:, :, 1280 - 128 :], before[:, :, 1280 - 128 :])
