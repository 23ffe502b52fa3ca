"""The light of the photo that a head was fitted to, as one more choice of light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from head360.light import LIGHT_PRESETS, PHOTO_LIGHT, Light
from head360.params import HeadParams, neutral_head
from head360.rendering.lighting import harmonics, lighting
from tests.unit.likeness_stand_ins import some_likeness


@pytest.fixture(scope="module")
def fitted() -> HeadParams:
    return neutral_head().with_(likeness=some_likeness(), light=Light(PHOTO_LIGHT))


def test_it_is_what_the_fit_has_found(fitted: HeadParams) -> None:
    assert fitted.photo_light is not None
    grey, tint = fitted.photo_light[:9], fitted.photo_light[9:]

    lit = lighting(fitted.light, fitted.photo_light)

    np.testing.assert_allclose(lit.irradiance, np.outer(grey, tint), rtol=1e-6)
    assert not lit.colors.any()  # no lamps
    up = harmonics(torch.tensor([[0.0, 1.0, 0.0]])).numpy() @ np.outer(grey, tint)
    np.testing.assert_allclose(lit.blurred[0].mean(0), up[0], rtol=0.02)
    still = lighting(Light("studio"))
    assert (lit.sharp.shape, lit.blurred.shape) == (still.sharp.shape, still.blurred.shape)


@settings(deadline=None)
@given(st.floats(-180, 180), st.floats(0, 4))
def test_it_is_turned_and_dimmed_like_any_other(degrees: float, intensity: float) -> None:
    photo = some_likeness().light

    plain = lighting(Light(PHOTO_LIGHT), photo)
    other = lighting(Light(PHOTO_LIGHT, degrees, intensity), photo)

    np.testing.assert_allclose(other.irradiance, plain.irradiance * intensity, rtol=1e-5)
    assert other.turn == pytest.approx((np.cos(np.radians(degrees)), np.sin(np.radians(degrees))))


def test_without_a_photo_s_it_is_the_first_preset(fitted: HeadParams) -> None:
    assert fitted.likeness is not None
    older = fitted.with_(likeness=replace(fitted.likeness, light=None))

    assert fitted.shown_light == PHOTO_LIGHT
    for head in (older, fitted.with_(likeness=None)):
        assert head.shown_light == LIGHT_PRESETS[0]
        lit = lighting(head.light, head.photo_light)
        np.testing.assert_array_equal(lit.irradiance, lighting(Light()).irradiance)
        np.testing.assert_array_equal(lit.colors, lighting(Light()).colors)


def test_presets_do_not_ask_for_it(fitted: HeadParams) -> None:
    for name in LIGHT_PRESETS:
        one, other = lighting(Light(name)), lighting(Light(name), fitted.photo_light)
        np.testing.assert_array_equal(one.irradiance, other.irradiance)


def test_unknown_lights_stay_unknown() -> None:
    with pytest.raises(ValueError, match="unknown light"):
        Light("photos")


def test_its_lamps_light_nothing_and_are_where_it_is_brightest() -> None:
    way = torch.tensor([[0.6, 0.5, 0.62]])
    way = way / way.norm()
    lobe = harmonics(way)[0] * torch.tensor([3.1416] + [2.0944] * 3 + [0.7854] * 5)
    photo = np.ones(12, np.float32)
    photo[:9] = 1.2 * lobe.numpy()
    photo[0] += 2.0

    lit = lighting(Light(PHOTO_LIGHT), photo)
    dimmed = lighting(Light(PHOTO_LIGHT, 90.0, 0.5), photo)

    assert not lit.colors.any()
    assert float(way[0] @ torch.from_numpy(lit.directions[0])) > 0.99
    assert lit.gloss[0].min() > 2 * lit.gloss[1].max()
    assert lit.directions[2, 2] < 0  # one behind, for backs of heads
    assert lit.gloss[2].min() > 0
    np.testing.assert_allclose(dimmed.gloss, lit.gloss / 2, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(dimmed.directions, axis=1), 1, rtol=1e-5)


def test_presets_are_mirrored_by_hair_as_they_light_it() -> None:
    for name in LIGHT_PRESETS:
        lit = lighting(Light(name, 30.0, 1.5))
        np.testing.assert_array_equal(lit.gloss, lit.colors)


def test_backs_are_never_in_the_dark() -> None:
    """A photo lit from before the face says nothing of what comes from behind."""
    photo = np.zeros(12, np.float32)
    photo[[0, 2, 9, 10, 11]] = 4.0, 3.5, 1.0, 1.0, 1.0
    ways = harmonics(torch.tensor([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])).double().numpy()

    back, front = (ways @ lighting(Light(PHOTO_LIGHT), photo).irradiance)[:, 0]

    assert (ways @ photo[:9])[0] < 0  # as it was told
    assert back == pytest.approx(0.65 * 4.0 * 0.282095, rel=1e-3)
    assert front == pytest.approx((ways @ photo[:9])[1], rel=0.05)
