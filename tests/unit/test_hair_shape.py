"""Length, volume and fringe: hair moves where it should, and a silhouette brings them back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
import torch

from head360.assets import resource
from head360.fitting.face_network import BACKGROUND, HAIR, PARTS
from head360.fitting.hair import (
    FittedHair,
    fit_hair_shape,
    hair_share,
    likelier,
    ranked,
    silhouette,
)
from head360.fitting.parsing import ClassMap
from head360.fitting.view import FACING, PhotoCamera
from head360.model.bilinear import BilinearModel
from head360.model.field import load_fields
from head360.model.hair import HairLibrary
from head360.model.hair_shape import HairShaper
from head360.model.seating import Seat, Seating
from head360.params import HairShape, neutral_head

Value = TypeVar("Value")


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


@pytest.fixture(scope="module")
def shaper(mesh: BilinearModel) -> HairShaper:
    return HairShaper(mesh.topology, mesh.mean)


@pytest.fixture(scope="module")
def seating(mesh: BilinearModel) -> Seating:
    return Seat(mesh.topology, mesh.mean).fit(mesh.mean)


@pytest.fixture(scope="module")
def bob() -> torch.Tensor:
    files = sorted(resource("models").glob("hair-*.safetensors"))
    return HairLibrary.load(files).planes("bob").grid


def finished(steps: Generator[float, None, Value]) -> Value:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def test_the_library_s_own_shape_changes_nothing(seating: Seating, shaper: HairShaper) -> None:
    assert shaper.shaped(seating, None) is seating
    assert shaper.shaped(seating, HairShape()) is seating


def test_shapes_are_kept_within_bounds() -> None:
    with pytest.raises(ValueError, match="within"):
        HairShape(length=1.2)
    with pytest.raises(ValueError, match="within"):
        HairShape(fringe=float("nan"))
    assert neutral_head().hair_shape is None


@pytest.mark.parametrize(
    ("shape", "place", "axis", "sign"),
    [
        (HairShape(length=0.8), (0.0, -0.12, -0.09), 1, 1),  # longer: asks further up
        (HairShape(length=-0.8), (0.0, -0.12, -0.09), 1, -1),
        (HairShape(fringe=0.8), (0.0, 0.05, 0.10), 1, 1),
        (HairShape(volume=0.8), (0.0, 0.17, -0.01), 1, -1),  # fuller: asks nearer to the skin
        (HairShape(volume=0.8), (0.13, 0.03, -0.01), 0, -1),
        (HairShape(hairline=0.8), (0.0, 0.13, 0.08), 1, -1),  # higher: asks further down the brow
        (HairShape(hairline=-0.8), (0.0, 0.13, 0.08), 1, 1),
    ],
)
def test_points_ask_where_they_should(
    seating: Seating,
    shaper: HairShaper,
    shape: HairShape,
    place: tuple[float, float, float],
    axis: int,
    sign: int,
) -> None:
    point = torch.tensor([place])

    moved = (shaper.shaped(seating, shape)(point) - seating(point))[0]

    assert sign * float(moved[axis]) > 0.004


def test_the_face_s_hair_keeps_still_when_only_its_length_changes(
    seating: Seating, shaper: HairShaper
) -> None:
    crown = torch.tensor([[0.0, 0.13, 0.0], [0.06, 0.08, 0.02]])

    moved = shaper.shaped(seating, HairShape(length=1.0))(crown) - seating(crown)

    assert float(moved.abs().max()) < 1e-3


def test_curl_swings_hair_to_and_fro_down_its_length_and_leaves_roots(
    seating: Seating, shaper: HairShaper
) -> None:
    behind = torch.stack([torch.tensor([0.0, y, -0.14]) for y in torch.linspace(-0.2, 0.0, 80)])
    crown = torch.tensor([[0.0, 0.128, 0.0]])
    waved = shaper.shaped(seating, HairShape(curl=1.0))

    sideways = (waved(behind) - seating(behind))[:, 0].numpy()

    assert 0.004 < np.abs(sideways).max() < 0.012
    assert (np.diff(np.sign(sideways)) != 0).sum() >= 5
    assert float((waved(crown) - seating(crown)).abs().max()) < 0.002


def test_mirrored_hair_is_what_a_mirror_shows() -> None:
    _, field = load_fields(resource("models", "fields.safetensors"))
    files = sorted(resource("models").glob("hair-*.safetensors"))
    hair = HairLibrary.load(files).planes("short_side_part")
    points = 0.07 * torch.randn(4000, 3, generator=torch.Generator().manual_seed(1))
    points[:, 1] += 0.05
    flip = torch.tensor([-1.0, 1.0, 1.0])

    there, here = field(hair.mirrored(), points * flip), field(hair, points)

    seen = here.extinction > 1
    assert seen.sum() > 40
    assert torch.equal(hair.mirrored().mirrored().grid, hair.grid)
    assert torch.allclose(there.along, here.along, atol=1e-4)
    assert torch.allclose(there.tangent[seen], here.tangent[seen] * flip, atol=1e-3)
    # The network saw no mirrored planes, so that densities are only about the same.
    ratio = (there.extinction[seen] / here.extinction[seen]).log().abs()
    assert float(ratio.median()) < 0.2


def test_a_silhouette_brings_the_shape_back(
    mesh: BilinearModel, seating: Seating, shaper: HairShaper, bob: torch.Tensor
) -> None:
    camera = PhotoCamera(FACING.copy(), np.array([0.0, -0.02, 0.9]), 1000.0, 512)
    triangles = torch.from_numpy(mesh.topology.triangles).long()
    nothing = np.zeros((len(PARTS), 80, 80), np.float32)
    nothing[BACKGROUND] = 1
    bare = ClassMap(nothing.argmax(0).astype(np.uint8), nothing, ())
    seen = silhouette(bare, camera, mesh.mean, triangles)
    true = HairShape(length=0.5, volume=0.4, fringe=0.0)
    drawn = hair_share(seen, bob, shaper.shaped(seating, true)).view(80, 80).numpy()
    shares = np.zeros_like(nothing)
    shares[HAIR], shares[BACKGROUND] = drawn, 1 - drawn
    parsed = ClassMap(shares.argmax(0).astype(np.uint8), shares, ())
    before = float(
        (hair_share(seen, bob, seating).view(80, 80) - torch.tensor(drawn)).square().mean()
    )

    found = finished(
        fit_hair_shape(
            silhouette(parsed, camera, mesh.mean, triangles), bob, seating, shaper, steps=20
        )
    )

    assert found.error < 0.25 * before
    assert found.shape.length == pytest.approx(true.length, abs=0.2)
    assert found.shape.volume == pytest.approx(true.volume, abs=0.2)


def test_the_style_that_was_drawn_is_ranked_first_however_little_is_told(
    mesh: BilinearModel, seating: Seating
) -> None:
    library = HairLibrary.load(sorted(resource("models").glob("hair-*.safetensors")))
    camera = PhotoCamera(FACING.copy(), np.array([0.0, -0.02, 0.9]), 1000.0, 512)
    triangles = torch.from_numpy(mesh.topology.triangles).long()
    nothing = np.zeros((len(PARTS), 64, 64), np.float32)
    nothing[BACKGROUND] = 1
    bare = ClassMap(nothing.argmax(0).astype(np.uint8), nothing, ())
    seen = silhouette(bare, camera, mesh.mean, triangles, 64)

    bald = ranked((), seen, library, seating)
    assert bald[0][0] is None
    for style in ("long_wavy", "afro", "mohawk"):
        drawn = hair_share(seen, library.planes(style).grid, seating)
        told = ranked((), replace(seen, share=drawn), library, seating)
        assert told[0][0] == style
        assert sum(share for _, share in told) == pytest.approx(1)
        assert len(told) == len(library.styles) + 1


def test_of_two_styles_thought_alike_the_better_silhouette_is_likelier() -> None:
    good, bad = FittedHair(HairShape(), 0.01), FittedHair(HairShape(), 0.05)

    assert likelier(0.4, good) > likelier(0.4, bad)
    assert likelier(0.0, good) == 0
