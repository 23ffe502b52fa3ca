"""The shipped parser on heads that the viewer draws: hair, skin, colour, and the same each time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.fitting.face_network import PARTS
from head360.fitting.hairstyle import classify, hair_color
from head360.fitting.parsing import ClassMap, parse
from head360.light import Background, Light
from head360.params import HeadParams
from head360.rendering.lighting import lighting
from head360.rendering.request import RenderRequest

SIZE = 256
GREY = Background((0.5, 0.52, 0.55), (0.4, 0.42, 0.45))
#: Cut as photos are: 44 cm around the head.
CAMERA = OrbitCamera(15.0, 3.0, 1.3, (0.0, -0.02, 0.0), 19.2)


@pytest.fixture(scope="module")
def engine() -> Iterator[HeadEngine]:
    made = HeadEngine()
    yield made
    made.close()


def drawn(engine: HeadEngine, params: HeadParams, mode: str = "shaded") -> np.ndarray:
    request = RenderRequest(params, CAMERA, SIZE, SIZE, mode=mode, background=GREY)  # type: ignore[arg-type]
    return np.ascontiguousarray(engine.render(request).image[..., :3])


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


@pytest.fixture(scope="module")
def haired(engine: HeadEngine) -> HeadParams:
    return engine.initial_head().with_(hairstyle="bob", hair_color=(0.03, 0.018, 0.011))


@pytest.fixture(scope="module")
def parsed(engine: HeadEngine, haired: HeadParams) -> ClassMap:
    return parse(drawn(engine, haired))


def test_hair_is_where_the_viewer_drew_it(
    engine: HeadEngine, haired: HeadParams, parsed: ClassMap
) -> None:
    picture, bald = drawn(engine, haired), drawn(engine, haired.with_(hairstyle=None))
    # Hair is what is not there on the bald head; its shadow on the skin is not.
    differs = np.abs(picture.astype(int) - bald).sum(-1) > 60
    found = parsed.mask("hair")

    assert overlap(found, differs) > 0.7
    assert (found & differs).sum() > 0.85 * found.sum()


def test_shares_are_shares_and_the_face_is_skin(parsed: ClassMap) -> None:
    assert parsed.shares.shape == (len(PARTS), SIZE, SIZE)
    assert parsed.labels.shape == (SIZE, SIZE)
    np.testing.assert_allclose(parsed.shares.sum(0), 1, atol=1e-3)
    assert parsed.mask("skin", "brows", "eyes", "lips", "mouth", "beard")[130, 128]
    assert parsed.mask("background")[4, 4]
    assert 0.05 < parsed.mask("skin").mean() < 0.3


def test_parsing_is_the_same_each_time_and_knows_where_the_photo_ends(
    engine: HeadEngine, haired: HeadParams, parsed: ClassMap
) -> None:
    picture = drawn(engine, haired)
    inside = np.ones((SIZE, SIZE), bool)
    inside[:100] = False

    again, cut = parse(picture), parse(picture, inside)

    assert np.array_equal(again.shares, parsed.shares)
    assert again.styles == parsed.styles
    assert cut.mask("background")[:100].all()
    assert np.array_equal(cut.labels[100:], parsed.labels[100:])


def test_styles_are_named_and_together_one(
    engine: HeadEngine, haired: HeadParams, parsed: ClassMap
) -> None:
    told = classify(drawn(engine, haired), parsed)

    names = [name for name, _ in told]
    assert None in names
    assert {"bob", "afro", "long_wavy"} < set(names)
    assert sum(share for _, share in told) == pytest.approx(1, abs=1e-4)
    assert [share for _, share in told] == sorted((s for _, s in told), reverse=True)


@pytest.mark.parametrize("color", [(0.03, 0.018, 0.011), (0.27, 0.175, 0.09), (0.21, 0.062, 0.022)])
@pytest.mark.parametrize("light", [Light(), Light("city", 40.0)])
def test_hair_s_colour_is_measured(
    engine: HeadEngine, haired: HeadParams, color: tuple[float, ...], light: Light
) -> None:
    picture = drawn(engine, haired.with_(hair_color=color, light=light))

    found = hair_color(picture, parse(picture), lighting(light))

    assert found is not None
    # Within two deviations of the calibration, of which one is a factor of 1.6.
    assert np.abs(np.log(found / np.array(color))).mean() < 2 * np.log(1.6)
    assert np.argsort(found).tolist() == np.argsort(color).tolist()
