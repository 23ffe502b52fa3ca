"""Generated skins found again under lights of another colour."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from head360.fitting.atlas import SkinAtlas, skin_atlas
from head360.fitting.skin_code import FoundSkin, found_skin, generated
from head360.model.texture_generator import TextureGenerator
from head360.rendering.scene import Models
from head360.rendering.shade import linear_from_srgb

#: Number of the code that says how dark skin is.
TONE = 0
NIGHT = (0.30, 0.34, 0.52)
USUAL = (1.1, 1.0, 0.95)


@pytest.fixture(scope="module")
def generator() -> TextureGenerator:
    return Models.load().texture.generator


@pytest.fixture(scope="module")
def atlas() -> SkinAtlas:
    return skin_atlas()


def skin(generator: TextureGenerator, atlas: SkinAtlas, tone: float) -> Tensor:
    """(N, 3) linear albedo."""
    code = torch.zeros(generator.shape.code)
    code[TONE] = tone
    return linear_from_srgb(atlas.listed(generated(generator, code))[:, :3])


def found_under(
    generator: TextureGenerator, atlas: SkinAtlas, albedo: Tensor, light: tuple[float, ...]
) -> tuple[FoundSkin, Tensor]:
    """What is found where a light was taken for an even one, and (3,) its skin against the true."""
    found = found_skin(generator, atlas, albedo * torch.tensor(light), torch.ones(len(albedo)))
    made = linear_from_srgb(atlas.listed(generated(generator, found.code))[:, :3])
    return found, made.mean(0) / albedo.mean(0)


@pytest.mark.parametrize("tone", [-0.4, 1.6])
def test_skin_at_night_is_not_taken_for_dark_grey_skin(
    generator: TextureGenerator, atlas: SkinAtlas, tone: float
) -> None:
    albedo = skin(generator, atlas, tone)
    found, ratio = found_under(generator, atlas, albedo, NIGHT)
    assert float(ratio.min()) > 0.8
    assert float(ratio.max()) < 1.3
    assert float(found.tint[2] / found.tint[0]) > 1.4


def test_light_as_usual_is_not_taken_for_night(
    generator: TextureGenerator, atlas: SkinAtlas
) -> None:
    found, ratio = found_under(generator, atlas, skin(generator, atlas, -0.4), USUAL)
    assert 0.85 < float(ratio.min()) < float(ratio.max()) < 1.15
    assert float(found.tint[2] / found.tint[0]) < 1.1
