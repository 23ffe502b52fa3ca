"""Hair's colour: drawn as the photo shows it, and moved until both look alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from head360.fitting.face_network import BACKGROUND, HAIR, PARTS
from head360.fitting.hair import Worn, silhouette
from head360.fitting.hair_tone import DrawnHair, drawn_hair, matched_color
from head360.fitting.parsing import ClassMap
from head360.fitting.view import FACING, PhotoCamera
from head360.light import Light
from head360.model.seating import Seat
from head360.rendering.lighting import lighting
from head360.rendering.scene import Models

SIZE = 80


def class_map(hair: np.ndarray) -> ClassMap:
    shares = np.zeros((len(PARTS), *hair.shape), np.float32)
    shares[HAIR], shares[BACKGROUND] = hair, 1 - hair
    return ClassMap(shares.argmax(0).astype(np.uint8), shares, ())


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def drawn(models: Models) -> DrawnHair:
    """A bob from the front in even light."""
    mesh = models.mesh
    camera = PhotoCamera(FACING.copy(), np.array([0.0, -0.02, 0.9]), 1000.0, 512)
    triangles = torch.from_numpy(mesh.topology.triangles).long()
    seating = Seat(mesh.topology, mesh.mean).fit(mesh.mean)
    bare = class_map(np.zeros((SIZE, SIZE), np.float32))
    seen = silhouette(bare, camera, mesh.mean, triangles)
    share = Worn(seen, seating).shares(models.styles.grid("bob")[None])[0]
    hairy = class_map(share.view(SIZE, SIZE).numpy())
    picture = np.full((SIZE, SIZE, 3), 128, np.uint8)
    found = drawn_hair(
        picture, replace(seen, share=share), hairy, models.hair, models.styles.planes("bob"),
        seating, lighting(Light("studio")),
    )  # fmt: skip
    assert found is not None
    return found


@pytest.mark.parametrize(
    "true", [(0.0125, 0.0095, 0.0075), (0.25, 0.16, 0.08), (0.5, 0.48, 0.45), (0.4, 0.08, 0.03)]
)
def test_a_colour_is_found_again(drawn: DrawnHair, true: tuple[float, float, float]) -> None:
    color = np.array(true, np.float32)
    photo = replace(drawn, photo=drawn.drawn(color))

    found = matched_color(photo, np.array([0.1, 0.1, 0.1], np.float32))

    seen, wanted = drawn.drawn(found).mean(0), photo.photo.mean(0)
    torch.testing.assert_close(seen, wanted, rtol=0.06, atol=0.004)
    np.testing.assert_allclose(found, color, rtol=0.3, atol=0.006)


def test_half_of_the_colour_of_light_is_not_the_hair_s(drawn: DrawnHair) -> None:
    photo = replace(drawn, photo=drawn.drawn(np.array([0.2, 0.2, 0.2], np.float32)))
    start, warm = np.array([0.2, 0.2, 0.2], np.float32), np.array([1.3, 1.0, 0.7], np.float32)
    lit = replace(photo, photo=photo.photo * torch.tensor(warm))

    known, unknown = matched_color(lit, start, warm), matched_color(lit, start)

    assert 1.1 < known[0] / known[2] < 0.8 * unknown[0] / unknown[2]


def test_a_photo_without_hair_says_nothing(models: Models) -> None:
    mesh = models.mesh
    camera = PhotoCamera(FACING.copy(), np.array([0.0, -0.02, 0.9]), 1000.0, 512)
    triangles = torch.from_numpy(mesh.topology.triangles).long()
    bare = class_map(np.zeros((SIZE, SIZE), np.float32))
    seen = silhouette(bare, camera, mesh.mean, triangles)

    found = drawn_hair(
        np.zeros((SIZE, SIZE, 3), np.uint8), seen, bare, models.hair, models.styles.planes("bob"),
        Seat(mesh.topology, mesh.mean).fit(mesh.mean), lighting(Light("studio")),
    )  # fmt: skip

    assert found is None


def test_dark_hair_that_mirrors_a_blue_wall_is_brown_and_dyed_hair_stays_blue(
    drawn: DrawnHair,
) -> None:
    start = np.array([0.1, 0.1, 0.1], np.float32)
    dark, dyed = np.array([0.006, 0.006, 0.02], np.float32), np.array([0.05, 0.1, 0.4], np.float32)

    brown = matched_color(replace(drawn, photo=drawn.drawn(dark)), start)
    blue = matched_color(replace(drawn, photo=drawn.drawn(dyed)), start)

    assert brown[0] > brown[1] > brown[2]
    assert blue[2] > 2 * blue[0]


def test_blond_and_grey_are_never_green_but_dyed_hair_is(drawn: DrawnHair) -> None:
    start = np.array([0.1, 0.1, 0.1], np.float32)
    olive, steel, green = (
        np.array(color, np.float32)
        for color in ((0.155, 0.14, 0.08), (0.24, 0.27, 0.28), (0.06, 0.2, 0.07))
    )

    blond, grey, dyed = (
        matched_color(replace(drawn, photo=drawn.drawn(color)), start)
        for color in (olive, steel, green)
    )

    assert blond[0] > 1.25 * blond[1] > 1.25 * blond[2]
    assert grey[0] >= 0.99 * grey[1]
    assert grey[2] <= 1.01 * grey[1]
    assert dyed[1] > 2 * dyed[0]
