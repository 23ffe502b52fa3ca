"""Length, volume and fringe: hair moves where it should, and a silhouette brings them back."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
import torch

from head360.assets import resource
from head360.engine import finished
from head360.fitting.face_network import BACKGROUND, PARTS
from head360.fitting.hair import FittedHair, Silhouette, Worn, fit_hair_shape, silhouette
from head360.fitting.hair_choice import Candidate, candidates, ranked
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


@pytest.fixture(scope="module")
def seen(mesh: BilinearModel) -> Silhouette:
    """A bald head from the front."""
    camera = PhotoCamera(FACING.copy(), np.array([0.0, -0.02, 0.9]), 1000.0, 512)
    triangles = torch.from_numpy(mesh.topology.triangles).long()
    nothing = np.zeros((len(PARTS), 80, 80), np.float32)
    nothing[BACKGROUND] = 1
    bare = ClassMap(nothing.argmax(0).astype(np.uint8), nothing, ())
    return silhouette(bare, camera, mesh.mean, triangles)


def codes(shape: HairShape) -> torch.Tensor:
    return torch.tensor([shape.length, shape.volume, shape.fringe])


def test_any_shape_is_drawn_as_its_seating_draws_it(
    seen: Silhouette, seating: Seating, shaper: HairShaper, bob: torch.Tensor
) -> None:
    shape = HairShape(length=0.6, volume=0.5, fringe=-0.4)

    quick = Worn(seen, seating, shaper).shares(bob[None], codes(shape))
    plain = Worn(seen, shaper.shaped(seating, shape), shaper).shares(bob[None], torch.zeros(3))

    assert float((quick - plain).abs().mean()) < 2e-3
    unshaped = Worn(seen, seating, shaper).shares(bob[None], torch.zeros(3))
    assert float((unshaped - plain).abs().mean()) > 2e-2


def test_a_silhouette_brings_the_shape_back(
    seen: Silhouette, seating: Seating, shaper: HairShaper, bob: torch.Tensor
) -> None:
    true = HairShape(length=0.5, volume=0.4, fringe=0.0)
    drawn = Worn(seen, seating, shaper).shares(bob[None], codes(true))[0]
    worn = Worn(replace(seen, share=drawn), seating, shaper)
    before = float(worn.seen.unlike(worn.shares(bob[None], torch.zeros(3))))

    found = finished(fit_hair_shape(worn, bob))

    assert found.unlike < 0.25 * before
    assert found.shape.length == pytest.approx(true.length, abs=0.2)
    assert found.shape.volume == pytest.approx(true.volume, abs=0.2)


def test_what_the_photo_does_not_show_is_not_counted(
    seen: Silhouette, seating: Seating, bob: torch.Tensor
) -> None:
    worn = Worn(seen, seating)
    drawn = worn.shares(bob[None])
    rows = torch.arange(len(seen.share)) // 80
    cut = replace(seen, share=drawn[0] * (rows < 40), weight=seen.weight * (rows < 40))

    assert float(cut.unlike(drawn)) == pytest.approx(0, abs=1e-6)
    assert float(replace(seen, share=cut.share).unlike(drawn)) > 0.05


def test_the_style_that_was_drawn_is_most_alike(seen: Silhouette, seating: Seating) -> None:
    library = HairLibrary.load(sorted(resource("models").glob("hair-*.safetensors")))

    assert candidates((), Worn(seen, seating), library)[0].style is None
    for style in ("long_wavy", "afro", "mohawk"):
        drawn = Worn(seen, seating).shares(library.planes(style).grid[None])[0]
        told = candidates((), Worn(replace(seen, share=drawn), seating), library)
        assert min(told, key=lambda each: each.unlike).style == style
        assert len(told) == len(library.styles) + 1


def test_fitted_silhouettes_share_out_what_their_styles_had_together() -> None:
    told = [Candidate("bob", -1.0, 0.10), Candidate("afro", -1.2, 0.10), Candidate(None, -1, 0.5)]
    good, bad = FittedHair(HairShape(), 0.02), FittedHair(HairShape(), 0.09)

    before, after = dict(ranked(told, {})), dict(ranked(told, {"bob": bad, "afro": good}))

    assert before["bob"] > before["afro"]
    assert after["afro"] > after["bob"]
    assert after["bob"] + after["afro"] == pytest.approx(before["bob"] + before["afro"])
    assert sum(after.values()) == pytest.approx(1)
    assert after[None] == pytest.approx(before[None])
