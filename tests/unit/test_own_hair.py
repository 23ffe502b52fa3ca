"""Hair of one's own: kept with the head, drawn for its style alone, and found from a photo."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from head360.edits import Change, EditLayer, Wish
from head360.engine import finished
from head360.errors import ProjectFileError
from head360.fitting import hair_own
from head360.fitting.face_network import BACKGROUND, PARTS
from head360.fitting.hair import FittedHair, Silhouette, Worn, silhouette
from head360.fitting.hair_choice import Candidate, offered, ranked
from head360.fitting.hair_gains import light_and_dark
from head360.fitting.hair_own import OwnWays, fit_own_hair
from head360.fitting.hair_tone import DrawnHair
from head360.fitting.parsing import ClassMap
from head360.fitting.view import FACING, PhotoCamera
from head360.model.hair_shape import HairShaper
from head360.model.own_hair import at_points
from head360.model.planes import HAIR_BOX, sample_grid
from head360.model.seating import Seat, Seating
from head360.model.strand_ends import strands_volume
from head360.own_hair import CUT_GRID, GAINS_GRID, WAYS_GRID, OwnHair
from head360.params import HairMix, HairShape, HeadParams, neutral_head
from head360.project import Project, load_project, save_project
from head360.rendering.scene import Models, SceneBuilder

Value = TypeVar("Value")
#: Hair before the forehead, metres.
FRINGE = torch.tensor([[x, y, 0.105] for x in (-0.03, 0.0, 0.03) for y in (0.08, 0.1, 0.12)])
ENTRY = "own_hair.safetensors"


def someones(style: str = "bob", *, mirrored: bool = False) -> OwnHair:
    """Hair that stands off on the head's left, and is light there."""
    ways, gains = np.zeros((3, *WAYS_GRID)), np.zeros(GAINS_GRID)
    ways[0, :, :, WAYS_GRID[2] // 2 + 1 :], ways[2, ..., -1] = 0.4, 0.01
    gains[..., GAINS_GRID[2] // 2 :] = 0.5
    return OwnHair.made(style, mirrored=mirrored, ways=ways, gains=gains)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def shaper(models: Models) -> HairShaper:
    return HairShaper(models.mesh.topology, models.mesh.mean)


@pytest.fixture(scope="module")
def seating(models: Models) -> Seating:
    return Seat(models.mesh.topology, models.mesh.mean).fit(models.mesh.mean)


@pytest.fixture(scope="module")
def bare(models: Models) -> Silhouette:
    """A bald head from the front."""
    camera = PhotoCamera(FACING.copy(), np.array([0.0, -0.02, 0.9]), 1000.0, 512)
    triangles = torch.from_numpy(models.mesh.topology.triangles).long()
    nothing = np.zeros((len(PARTS), 80, 80), np.float32)
    nothing[BACKGROUND] = 1
    shown = ClassMap(nothing.argmax(0).astype(np.uint8), nothing, ())
    return silhouette(shown, camera, models.mesh.mean, triangles)


# --- plain data ----------------------------------------------------------------------------------


def test_it_cannot_be_changed_and_keeps_its_sizes() -> None:
    own = someones()

    with pytest.raises(ValueError, match="read-only"):
        own.ways[0, 0, 0, 0] = 1
    with pytest.raises(ValueError, match="gains"):
        OwnHair("bob", False, own.ways, own.gains[:-1])
    with pytest.raises(ValueError, match="ways"):
        OwnHair("bob", False, own.ways.astype(np.int16), own.gains)


def test_worn_to_the_other_side_it_is_what_a_mirror_shows() -> None:
    ways, gains = someones().worn(mirrored=False)
    turned, light = someones().worn(mirrored=True)

    assert np.array_equal(turned[0], ways[0][..., ::-1])
    assert np.array_equal(turned[2], -ways[2][..., ::-1])
    assert np.array_equal(light, gains[..., ::-1])


def test_a_project_keeps_it_bit_by_bit(tmp_path: Path) -> None:
    path = tmp_path / "a.h360"
    own = someones(mirrored=True)
    save_project(Project(neutral_head().with_(hairstyle="bob", own_hair=own)), path)

    back = load_project(path).params.own_hair

    assert back is not None
    assert back.strength == 1
    assert (back.style, back.mirrored) == ("bob", True)
    assert np.array_equal(back.ways, own.ways)
    assert np.array_equal(back.gains, own.gains)
    first = path.read_bytes()
    save_project(load_project(path), path)
    assert path.read_bytes() == first


def test_a_project_keeps_how_far_it_is_worn(tmp_path: Path) -> None:
    path = tmp_path / "a.h360"
    own = replace(someones(), strength=0.3, fringe=-0.4)
    save_project(Project(neutral_head().with_(own_hair=own)), path)

    back = load_project(path).params.own_hair

    assert back is not None
    assert (back.strength, back.fringe) == (own.strength, own.fringe)
    with pytest.raises(ValueError, match="strength"):
        replace(someones(), strength=1.1)
    with pytest.raises(ValueError, match="fringe"):
        replace(someones(), fringe=1.1)


@pytest.mark.parametrize(
    "change",
    [
        {"style": np.frombuffer(b"no such style", np.uint8)},
        {"mirrored": np.array([2], np.uint8)},
        {"mirrored": np.array([], np.uint8)},
        {"ways": np.zeros((3, 4, 4, 4), np.int8)},
        {"gains": np.zeros(GAINS_GRID, np.float32)},
        {"more": np.zeros(1, np.int8)},
        {"strength": np.full(1, 2, np.float32)},
        {"strength": np.full(1, np.nan, np.float32)},
        {"strength": np.ones(1, np.int8)},
        {"fringe": np.full(1, np.nan, np.float32)},
        {"fringe": np.zeros(2, np.float32)},
    ],
)
def test_a_damaged_one_is_named(tmp_path: Path, change: dict[str, np.ndarray]) -> None:
    path = tmp_path / "a.h360"
    save_project(Project(neutral_head().with_(own_hair=someones())), path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[ENTRY] = save(load(parts[ENTRY]) | change)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)

    with pytest.raises(ProjectFileError, match="own hair"):
        load_project(path)


# --- drawing -------------------------------------------------------------------------------------


def test_hair_that_stands_off_asks_nearer_to_the_skin(seating: Seating, shaper: HairShaper) -> None:
    left, right = torch.tensor([[0.13, 0.03, -0.01]]), torch.tensor([[-0.13, 0.03, -0.01]])
    worn = shaper.own(seating, someones(), None)

    assert float((worn(left) - seating(left))[0, 0]) < -0.008
    assert float((worn(right) - seating(right)).abs().max()) < 1e-3
    other = shaper.own(seating, someones(), HairShape(mirrored=True))
    assert float((other(right) - seating(right))[0, 0]) > 0.008


def test_it_can_be_waved(models: Models) -> None:
    scenes, head = SceneBuilder(models), neutral_head().with_(hairstyle="bob", own_hair=someones())
    points = torch.tensor([[0.13, 0.03, -0.01], [0.12, -0.03, -0.01]])
    plain, waved = (
        scenes.build(head.with_(hair_shape=HairShape(curl=curl))).hair for curl in (0.0, 0.7)
    )
    bare = scenes.build(head.with_(own_hair=None, hair_shape=HairShape(curl=0.7))).hair
    assert plain is not None
    assert waved is not None
    assert bare is not None
    straight = scenes.build(head.with_(own_hair=None)).hair
    assert straight is not None
    bends = [
        own.seating(points) - other.seating(points)
        for own, other in ((plain, straight), (waved, bare))
    ]
    torch.testing.assert_close(bends[1], bends[0], atol=2e-3, rtol=0)


def test_hair_that_asks_further_up_leaves_no_bald_crown(
    seating: Seating, shaper: HairShaper
) -> None:
    ways = np.zeros((3, *WAYS_GRID))
    ways[1] = 0.03
    own = OwnHair.made("bob", mirrored=False, ways=ways)
    crown, side = torch.tensor([[0.0, 0.145, -0.01]]), torch.tensor([[0.11, 0.03, -0.01]])

    worn = shaper.own(seating, own, None)

    assert float((worn(crown) - seating(crown))[0, 1]) < 0.015
    assert float((worn(side) - seating(side))[0, 1]) > 0.02


def test_only_the_style_that_it_belongs_to_wears_it(models: Models) -> None:
    builder = SceneBuilder(models)
    plain = neutral_head().with_(hairstyle="bob")

    def worn(head: HeadParams) -> tuple[torch.Tensor, torch.Tensor | None]:
        hair = builder.build(head).hair
        assert hair is not None
        return hair.seating.displacement, hair.style.gains

    still, none = worn(plain)
    moved, gains = worn(plain.with_(own_hair=someones()))
    other = worn(plain.with_(own_hair=someones("pixie")))

    assert none is None
    assert gains is not None
    assert not torch.equal(moved, still)
    assert torch.equal(other[0], still)
    assert other[1] is None
    weak, faint = worn(plain.with_(own_hair=replace(someones(), strength=0.25)))
    assert torch.allclose(weak - still, 0.25 * (moved - still), atol=1e-6)
    assert faint is not None
    assert float(faint.max()) == pytest.approx(0.25 * float(gains.max()))
    none_of_it = worn(plain.with_(own_hair=replace(someones(), strength=0.0)))
    assert torch.equal(none_of_it[0], still)
    assert none_of_it[1] is None
    half, fainter = worn(plain.with_(own_hair=someones(), hair_mix=HairMix("pixie", 0.5)))
    assert torch.allclose(half - still, 0.5 * (moved - still), atol=1e-6)
    assert fainter is not None
    assert float(fainter.max()) == pytest.approx(0.5 * float(gains.max()))


def test_an_edit_s_hairstyle_is_nobody_s_own(models: Models) -> None:
    layer = EditLayer("", (Wish("", "", 1.0, Change(hairstyle="pixie")),))
    head = neutral_head().with_(hairstyle="bob", own_hair=someones(), edits=(layer,))

    hair = SceneBuilder(models).build(head).hair

    assert hair is not None
    assert hair.style.gains is None


def test_gains_make_tones_light_and_dark(models: Models) -> None:
    style = models.styles.planes("bob")
    points = torch.tensor([[0.08, -0.02, 0.0], [-0.08, -0.02, 0.0]])
    lit = replace(style, gains=torch.from_numpy(someones().worn(mirrored=False)[1]))

    ratio = models.hair(lit, points).tone / models.hair(style, points).tone

    assert ratio.tolist() == pytest.approx([np.exp(0.5), 1.0], rel=1e-4)
    turned = models.hair(lit.mirrored(), points).tone / models.hair(style.mirrored(), points).tone
    assert turned.tolist() == pytest.approx([1.0, np.exp(0.5)], rel=1e-4)


# --- fitting -------------------------------------------------------------------------------------


def test_a_silhouette_is_followed_in_each_direction(
    bare: Silhouette, seating: Seating, shaper: HairShaper, models: Models
) -> None:
    grid = models.styles.grid("bob")
    true = shaper.own(seating, someones(), None)
    wanted = Worn(bare, true, shaper).shares(grid[None])[0]
    worn = Worn(replace(bare, share=wanted), seating, shaper)
    before = float(worn.seen.unlike(worn.shares(grid[None])))

    strands = strands_volume(models.hair, models.styles.planes("bob"))

    found = finished(fit_own_hair(worn, grid, strands))

    assert before > 0.02
    assert found.unlike < 0.3 * before
    off = at_points(torch.from_numpy(found.ways[:1]), torch.tensor([[0.1, 0, 0], [-0.1, 0, 0]]))
    assert float(off[0, 0]) > float(off[1, 0]) + 0.1
    drawn = OwnHair.made("bob", mirrored=False, ways=found.ways)
    shares = Worn(worn.seen, shaper.own(seating, drawn, None), shaper).shares(grid[None])
    assert float(worn.seen.unlike(shares)) < 0.4 * before


def test_what_the_photo_does_not_show_is_held_back(
    bare: Silhouette,
    seating: Seating,
    shaper: HairShaper,
    models: Models,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grid, ways = models.styles.grid("bob_bangs"), np.zeros((3, *WAYS_GRID))
    ways[0, :, 7:] = 0.5  # it stands off, above
    fuller = shaper.own(seating, OwnHair.made("bob_bangs", mirrored=False, ways=ways), None)
    wanted = Worn(bare, fuller, shaper).shares(grid[None])[0]
    worn = Worn(replace(bare, share=wanted), seating, shaper)
    before = float(worn.seen.unlike(worn.shares(grid[None])))

    strands = strands_volume(models.hair, models.styles.planes("bob_bangs"))

    def fringe_ahead() -> tuple[float, float]:
        found = finished(fit_own_hair(worn, grid, strands))
        own = OwnHair.made("bob_bangs", mirrored=False, ways=found.ways)
        moved = shaper.own(seating, own, None)(FRINGE) - seating(FRINGE)
        return float(moved[:, 2].abs().mean()), found.unlike

    held, unlike = fringe_ahead()
    monkeypatch.setattr(hair_own, "_UNSEEN", 0.0)
    free, _ = fringe_ahead()

    assert held < free
    assert held < 0.001  # metres
    assert unlike < 0.5 * before


def test_what_must_be_stretched_was_another_style() -> None:
    told = [Candidate("messy", -2.0, 0.1), Candidate("bob", -3.0, 0.1), Candidate("afro", -3, 0.3)]
    fitted: dict[str | None, FittedHair] = {
        "messy": FittedHair(HairShape(), 0.09), "bob": FittedHair(HairShape(), 0.09),
    }  # fmt: skip
    ways = np.zeros((3, *WAYS_GRID), np.float32)
    uncut = np.zeros(CUT_GRID, np.float32)
    bent: dict[str | None, OwnWays] = {
        "messy": OwnWays(ways, uncut, 1.0, 0.006, 0.27),
        "bob": OwnWays(ways, uncut, 1.0, 0.006, 0.14),
    }

    before, after = ranked(told, fitted), ranked(told, fitted, bent)

    assert [style for style, _ in before] == ["messy", "bob", "afro"]
    assert [style for style, _ in after] == ["bob", "messy", "afro"]
    assert dict(after)["afro"] == pytest.approx(dict(before)["afro"])
    assert sum(share for _, share in after) == pytest.approx(1)


def test_offered_are_three_likeliest_and_then_what_the_networks_say() -> None:
    named = (("bob", 0.4), ("messy", 0.3), ("crew", 0.15), ("afro", 0.1), (None, 0.05))
    told = ((None, 0.1), ("afro", 0.6), ("bob", 0.2), ("messy", 0.06), ("crew", 0.04))

    assert offered(named, told) == named

    told = ((None, 0.6), ("afro", 0.1), *told[2:])
    assert offered(named, told) == (*named[:3], (None, 0.05), ("afro", 0.1))


class Painted(DrawnHair):
    """Hair that looks like its colour."""

    def drawn(self, color: np.ndarray) -> torch.Tensor:
        return torch.tensor(color).expand(len(self.rays), 3)


def before(towards: Callable[[torch.Tensor], torch.Tensor]) -> Painted:
    """Hair on the front of a ball, and the light (N, 1) of a photo at places (N, 3) metres."""
    generator = torch.Generator().manual_seed(0)
    places = 0.1 * torch.nn.functional.normalize(torch.randn(1200, 3, generator=generator), dim=1)
    places = places[places[:, 2] > 0.02] + torch.tensor([0.0, 0.05, 0.0])
    scene = type("Eye", (), {"eye": torch.zeros(3), "visibility": None})()
    columns = torch.zeros(len(places), 9)
    columns[:, 3] = places.norm(dim=1)
    rays = torch.nn.functional.normalize(places, dim=1)
    return Painted(columns, rays, towards(places).expand(-1, 3), scene)


def test_hair_is_light_where_the_photo_s_is(seating: Seating) -> None:
    hair = before(lambda places: torch.where((places[:, :1] - 0.02).abs() < 0.02, 0.3, 0.15))

    gains = torch.from_numpy(light_and_dark(hair, np.full(3, 0.2, np.float32), seating))

    at = torch.tensor([[0.02, 0.11, 0.07], [0.085, 0.05, 0.05], [0.0, 0.02, -0.15]])
    lock, side, behind = sample_grid(gains, seating(at), HAIR_BOX).tolist()
    assert lock > side + 0.3
    assert behind == pytest.approx(0, abs=0.02)


def test_light_from_one_side_is_not_the_hair_s(seating: Seating) -> None:
    hair = before(lambda places: 0.2 * torch.exp(6 * places[:, :1]))
    color = np.full(3, 0.2, np.float32)

    gains = light_and_dark(hair, color, seating)

    assert hair.photo.max() > 2 * hair.photo.min()
    assert abs(gains).max() < 0.1
