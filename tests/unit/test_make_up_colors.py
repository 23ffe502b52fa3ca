"""Make-up has the colour that was asked for, on lips and lids apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from head360.assets import resource
from head360.edited import edited
from head360.editing.prompt import understand
from head360.make_up import SHADES, MakeUp, linear_of
from head360.model.bilinear import BilinearModel
from head360.model.sampling import chosen_head
from head360.model.texture import TextureModel
from head360.model.texture_layers import paint_color
from head360.params import ATTRIBUTES, HeadParams, made_up


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


def _asked(sentence: str, mesh: BilinearModel) -> HeadParams:
    head = chosen_head()
    layer = understand(sentence, head, mesh).layer
    assert layer is not None
    return edited(head.with_(edits=(layer,)))


def _color(sentence: str, name: str, mesh: BilinearModel) -> tuple[float, float, float]:
    return paint_color(name, _asked(sentence, mesh))


def test_lips_are_as_red_pink_violet_or_brown_as_was_said(mesh: BilinearModel) -> None:
    red, pink, violet, brown = (
        _color(f"{color} lipstick", "lipstick", mesh)
        for color in ("red", "pink", "violet", "brown")
    )
    assert min(pink) == max(min(color) for color in (red, pink, violet, brown))  # the palest
    assert violet[2] - violet[1] == max(c[2] - c[1] for c in (red, pink, violet, brown))
    assert brown[1] > brown[2]
    assert red[0] > 2.5 * max(red[1:])


def test_lids_are_as_brown_violet_or_blue_as_was_said(mesh: BilinearModel) -> None:
    brown, violet, blue = (
        _color(f"{color} eyeshadow", "eyeshadow", mesh) for color in ("brown", "violet", "blue")
    )
    assert brown[0] > brown[1] > brown[2]
    assert violet[1] < min(violet[0], violet[2])
    assert blue[2] > max(blue[:2])


@pytest.mark.parametrize(
    ("sentence", "lips", "lids"),
    [
        ("pink lipstick with brown eyeshadow", "pink", "brown"),
        ("brown lipstick with pink eyeshadow", "brown", "pink"),
        ("coral lips and turquoise eyelids", "coral", "turquoise"),
        ("green eyeshadow, hot pink lips", "fuchsia", "green"),
        ("gold make-up", "gold", "gold"),
    ],
)
def test_lips_and_lids_have_colours_of_their_own(
    sentence: str, lips: str, lids: str, mesh: BilinearModel
) -> None:
    head = _asked(sentence, mesh)
    worn = head.make_up or MakeUp()
    assert worn.lips == pytest.approx(SHADES[lips])
    assert worn.lids == pytest.approx(SHADES[lids])
    assert head.texture is chosen_head().texture or np.array_equal(
        head.texture, chosen_head().texture
    )


def test_what_was_not_spoken_of_keeps_its_colour(mesh: BilinearModel) -> None:
    before, after = chosen_head(), _asked("blue eyeshadow", mesh)
    assert paint_color("lipstick", after) == paint_color("lipstick", before)
    assert _asked("no red lipstick", mesh).make_up is None
    kept = _asked("orange lipstick, but keep the eyeshadow", mesh)
    assert kept.make_up is not None
    assert kept.make_up.lids is None


def test_dark_red_is_darker_than_red(mesh: BilinearModel) -> None:
    dark, red = (_color(f"{said} lipstick", "lipstick", mesh) for said in ("dark red", "red"))
    assert sum(dark) < 0.8 * sum(red)


def test_each_part_is_painted_where_it_lies_and_nowhere_else() -> None:
    model = TextureModel.load(resource("models", "texture.safetensors"))
    head = made_up(made_up(chosen_head(), "lipstick", SHADES["red"]), "eyeshadow", SHADES["brown"])
    plain = model.maps(head, 0.0)
    for attribute in ("lipstick", "eyeshadow"):
        there = torch.zeros_like(plain[0], dtype=torch.bool)
        for each in model.layers[attribute]:
            height, width = each.map.shape
            there[each.row :, each.column :][:height, :width] |= each.map > 0
        other = model.maps(made_up(head, attribute, SHADES["blue"]), 0.0)
        moved = (other - plain).abs().amax(0) > 1e-6
        assert moved.any()
        assert not (moved & ~there).any()


def test_a_chosen_colour_is_the_painted_one_and_is_put_on_bare_skin() -> None:
    bare = chosen_head()
    assert bare.attributes[ATTRIBUTES.index("eyeshadow")] == 0
    head = made_up(bare, "eyeshadow", linear_of((0.2, 0.4, 0.6)))
    assert paint_color("eyeshadow", head) == pytest.approx((0.2, 0.4, 0.6))
    assert head.attributes[ATTRIBUTES.index("eyeshadow")] > 0.5
    again = made_up(head, "eyeshadow", None)
    assert again.make_up is None
    assert paint_color("eyeshadow", again) == paint_color("eyeshadow", bare)


@pytest.mark.parametrize(
    ("codes", "lips", "lids"),
    [  # as painted before make-up could have colours of its own
        ((0.0, 0.0), (0.62, 0.2225, 0.25), (0.44, 0.3225, 0.31)),
        ((-30.0, 30.0), (0.50, 0.12, 0.26), (0.31, 0.30, 0.34)),
    ],
)
def test_nobody_s_make_up_changed(
    codes: tuple[float, float], lips: tuple[float, ...], lids: tuple[float, ...]
) -> None:
    texture = np.zeros(64, np.float32)
    texture[62:] = codes
    head = chosen_head().with_(texture=texture)
    assert paint_color("lipstick", head) == pytest.approx(lips, abs=1e-6)
    assert paint_color("eyeshadow", head) == pytest.approx(lids, abs=1e-6)
