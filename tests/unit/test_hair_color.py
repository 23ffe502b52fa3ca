"""Brows and stubble keep a natural colour when the hair is dyed."""

from __future__ import annotations

import pytest
import torch

from app.head_names import DYES, HAIR_COLORS
from head360.model.sampling import random_person
from head360.model.texture_layers import natural_hair


@pytest.mark.parametrize("name", HAIR_COLORS)
def test_natural_colours_stay(name: str) -> None:
    color = torch.tensor(HAIR_COLORS[name])

    torch.testing.assert_close(natural_hair(color), color, atol=0.004, rtol=0)


@pytest.mark.parametrize("seed", range(12))
def test_the_hair_of_random_people_is_natural(seed: int) -> None:
    color = torch.tensor(random_person(seed).hair_color)

    torch.testing.assert_close(natural_hair(color), color, atol=0.004, rtol=0)


@pytest.mark.parametrize("name", DYES)
def test_below_a_dye_hair_is_brown(name: str) -> None:
    red, green, blue = natural_hair(torch.tensor(DYES[name])).tolist()

    assert 0.015 < red < 0.09
    assert red > 1.3 * green > green > 1.3 * blue


def test_dyeing_gradually_never_jumps() -> None:
    start, end = torch.tensor(HAIR_COLORS["Blond"]), torch.tensor(DYES["Blue"])
    way = torch.stack([natural_hair(start.lerp(end, share / 200)) for share in range(201)])

    assert way.diff(dim=0).abs().max() < 0.03
