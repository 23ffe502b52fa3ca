"""Hair's colour: what the renderer does to light is undone, and light does not count twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from head360.fitting.face_network import BACKGROUND, HAIR, PARTS
from head360.fitting.hairstyle import (
    USUAL_LIGHT,
    classify,
    color_of,
    falling_light,
    hair_color,
    radiance,
)
from head360.fitting.parsing import ClassMap
from head360.light import LIGHT_PRESETS, Light
from head360.rendering.lighting import lighting
from head360.rendering.shade import srgb_from_linear, tone_curve

POSITIVE = st.floats(0.01, 1.5)


def hairy(picture: np.ndarray, hair: np.ndarray) -> ClassMap:
    shares = np.zeros((len(PARTS), *hair.shape), np.float32)
    shares[HAIR], shares[BACKGROUND] = hair, 1 - hair
    return ClassMap(shares.argmax(0).astype(np.uint8), shares, (("bob", 0.8), (None, 0.2)))


def test_radiance_undoes_the_tone_curve() -> None:
    light = torch.linspace(0.05, 2.5, 60)[:, None].expand(-1, 3)
    seen = (srgb_from_linear(tone_curve(light)) * 255).round().to(torch.uint8).numpy()

    np.testing.assert_allclose(radiance(seen), light.numpy(), rtol=0.05, atol=0.01)


@given(POSITIVE, POSITIVE, POSITIVE, st.floats(0.3, 3.0))
def test_twice_the_light_on_the_same_hair_is_the_same_colour(
    red: float, green: float, blue: float, gain: float
) -> None:
    seen = np.tile(np.array([red, green, blue], np.float32), (30, 1))
    light = np.array(USUAL_LIGHT)

    once, more = color_of(seen, light), color_of(seen * np.float32(gain), light * gain)

    np.testing.assert_allclose(once, more, rtol=1e-3)


@given(POSITIVE, st.floats(1.05, 3.0))
def test_brighter_hair_is_measured_brighter(level: float, gain: float) -> None:
    seen = np.full((30, 3), level, np.float32)
    light = np.array(USUAL_LIGHT)

    assert (color_of(seen * np.float32(gain), light) >= color_of(seen, light)).all()
    assert color_of(seen, light).min() > 0


def test_the_colour_is_that_of_the_hair_alone_and_of_none_without_hair() -> None:
    picture = np.full((64, 64, 3), (40, 200, 40), np.uint8)
    hair = np.zeros((64, 64), np.float32)
    hair[8:40, 8:40] = 1
    picture[8:40, 8:40] = (120, 60, 30)

    found = hair_color(picture, hairy(picture, hair))

    assert found is not None
    assert found[0] > found[1] > found[2]
    assert hair_color(picture, hairy(picture, hair * 0)) is None


def test_light_from_everywhere_and_from_lamps_counts() -> None:
    for name in LIGHT_PRESETS:
        one, two = lighting(Light(name)), lighting(Light(name, intensity=2.0))
        np.testing.assert_allclose(falling_light(two), 2 * falling_light(one), rtol=0.1)


def test_styles_are_those_of_the_same_picture() -> None:
    picture, hair = np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), np.float32)

    assert classify(picture, hairy(picture, hair))[0] == ("bob", 0.8)
    with pytest.raises(ValueError, match="another picture"):
        classify(np.zeros((9, 8, 3), np.uint8), hairy(picture, hair))
