"""Make-up has the colour that was asked for: palettes and the codes that choose them agree."""

from __future__ import annotations

import pytest

from head360.assets import resource
from head360.edited import edited
from head360.editing.prompt import understand
from head360.model.bilinear import BilinearModel
from head360.model.sampling import chosen_head
from head360.model.texture_layers import paint_color


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


def _color(sentence: str, name: str, mesh: BilinearModel) -> tuple[float, float, float]:
    head = chosen_head()
    layer = understand(sentence, head, mesh).layer
    assert layer is not None
    return paint_color(name, edited(head.with_(edits=(layer,))))


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
