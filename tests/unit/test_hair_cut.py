"""Own hair that is cut: no more of a strand than is left, ragged ends, and where it is found."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from head360.engine import finished
from head360.errors import ProjectFileError
from head360.fitting.face_network import BACKGROUND, PARTS
from head360.fitting.hair import Worn, silhouette
from head360.fitting.hair_own import fit_own_hair
from head360.fitting.parsing import ClassMap
from head360.fitting.view import FACING, PhotoCamera
from head360.model.field import HairPlanes
from head360.model.hair_shape import HairShaper
from head360.model.own_hair import bent
from head360.model.planes import HAIR_BOX, cell_centres
from head360.model.seating import Seat
from head360.model.strand_ends import (
    left_of_strands,
    raggedness,
    strands_volume,
    thinned,
    trimmed,
)
from head360.own_hair import CUT_GRID, WAYS_GRID, OwnHair
from head360.params import HairMix, neutral_head
from head360.project import Project, load_project, save_project
from head360.rendering.scene import Models, SceneBuilder

ENTRY = "own_hair.safetensors"


def cut_hair(style: str = "bob", share: float = 0.5, ragged: float = 0.75) -> OwnHair:
    """Hair that is cut on the head's left."""
    cut = np.zeros(CUT_GRID)
    cut[:, CUT_GRID[1] // 2 :] = share
    ways = np.zeros((3, *WAYS_GRID))
    return OwnHair.made(style, mirrored=False, ways=ways, cut=cut, ragged=ragged)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


def test_long_hair_frays_over_no_more_than_short_hair(models: Models) -> None:
    ragged = {style: raggedness(models.styles.grid(style)) for style in models.styles.styles}

    assert ragged["caesar"] == ragged["pixie"] == 1
    assert 0.9 < ragged["bob"] <= 1
    assert 0.4 < ragged["long_straight"] < ragged["lob_wavy"] < ragged["bob"]
    assert raggedness(torch.full((4, 4, 4), -9.0)) == 1


# --- plain data ----------------------------------------------------------------------------------


def test_nothing_less_than_nothing_is_cut() -> None:
    own = cut_hair()
    assert own.cut is not None

    with pytest.raises(ValueError, match="less than nothing"):
        replace(own, cut=-own.cut)
    with pytest.raises(ValueError, match="cut"):
        replace(own, cut=own.cut[:-1])
    with pytest.raises(ValueError, match="ragged"):
        replace(own, ragged=1.5)


def test_worn_to_the_other_side_the_other_side_is_cut() -> None:
    own = cut_hair()

    there, turned = own.cut_off(mirrored=False), own.cut_off(mirrored=True)

    assert there is not None
    assert turned is not None
    assert np.array_equal(turned, there[:, ::-1])
    assert there.max() == pytest.approx(0.5)
    assert not there[:, 0].any()


def test_a_project_keeps_the_cut_bit_by_bit(tmp_path: Path) -> None:
    path, own = tmp_path / "a.h360", cut_hair()
    save_project(Project(neutral_head().with_(hairstyle="bob", own_hair=own)), path)

    back = load_project(path).params.own_hair

    assert back is not None
    assert back.ragged == own.ragged
    assert np.array_equal(back.cut, own.cut)
    first = path.read_bytes()
    save_project(load_project(path), path)
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    "change",
    [
        {"cut": np.zeros((4, 4), np.int8)},
        {"cut": np.full(CUT_GRID, -1, np.int8)},
        {"cut": np.zeros(CUT_GRID, np.float32)},
        {"cut": None},
        {"ragged": None},
        {"ragged": np.full(1, 1.5, np.float32)},
        {"ragged": np.full(1, np.nan, np.float32)},
        {"ragged": np.ones(2, np.float32)},
    ],
)
def test_a_damaged_cut_is_named(tmp_path: Path, change: dict[str, np.ndarray | None]) -> None:
    path = tmp_path / "a.h360"
    save_project(Project(neutral_head().with_(own_hair=cut_hair())), path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    arrays = load(parts[ENTRY]) | change
    parts[ENTRY] = save({name: array for name, array in arrays.items() if array is not None})
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)

    with pytest.raises(ProjectFileError, match="own hair"):
        load_project(path)


# --- strands -------------------------------------------------------------------------------------


def test_what_lies_beyond_the_cut_is_gone_and_roots_stay() -> None:
    along = torch.linspace(0, 1, 101)
    root = torch.full((101, 2), 0.3)

    left, shares = trimmed(along, root, torch.full((2, 2), 0.4), 0.0)

    assert left[along < 0.59].min() == 1
    assert left[along > 0.65].max() == 0
    assert shares[60] == pytest.approx(1.0)
    assert shares[30] == pytest.approx(0.5)


def test_ragged_ends_lie_elsewhere_from_strand_to_strand() -> None:
    root = torch.rand(4000, 2, generator=torch.Generator().manual_seed(0))
    along, cut = torch.full((4000,), 0.72), torch.full((2, 2), 0.1)

    straight, _ = trimmed(along, root, cut, 0.0)
    ragged, _ = trimmed(along, root, cut, 1.0)

    assert straight.min() == 1
    assert ragged.std() > 0.15
    assert float(trimmed(0 * along, root, cut, 1.0)[0].min()) == 1
    assert left_of_strands(along, torch.full((4000,), 0.1), 1.0)[0] < 1


def test_ends_that_are_not_cut_stay_whole_however_ragged_others_are() -> None:
    root = torch.rand(400, 2, generator=torch.Generator().manual_seed(2))

    left, shares = trimmed(torch.full((400,), 0.99), root, torch.zeros(2, 2), 1.0)

    assert left.min() == 1
    assert shares.max() == pytest.approx(0.99)


def test_cut_hair_is_thinner_at_its_ends_and_lets_light_through(models: Models) -> None:
    style = models.styles.planes("bob")
    cut = replace(style, cut=torch.full((2, 2), 0.4), ragged=0.0)
    strands = strands_volume(models.hair, style).view(-1, 3)
    points = cell_centres(HAIR_BOX, (64, 64, 64))
    dense = models.hair(style, points).extinction > 50
    ends, roots = dense & (strands[:, 0] > 0.75), dense & (strands[:, 0] < 0.5)

    found = models.hair(cut, points).extinction / models.hair(style, points).extinction

    assert ends.sum() > 300
    assert float(found[ends].max()) == 0
    assert float(found[roots].min()) == 1
    lighter = (thinned(models.hair, cut) - style.shading).flatten()
    assert float(lighter[ends].mean()) < -5
    assert float(lighter[roots].abs().max()) < 1e-4
    assert thinned(models.hair, style) is style.shading


def test_turned_round_the_cut_turns_too(models: Models) -> None:
    style = replace(models.styles.planes("bob"), cut=torch.tensor([[0.0, 0.6]]), ragged=0.5)
    unit = 2 * torch.rand(3000, 3, generator=torch.Generator().manual_seed(1)) - 1
    points = unit * torch.tensor(HAIR_BOX.half) + torch.tensor(HAIR_BOX.centre)

    turned = style.mirrored()

    assert isinstance(turned, HairPlanes)
    assert turned.ragged == 0.5
    one = models.hair(style, points).along
    other = models.hair(turned, points * torch.tensor([-1.0, 1.0, 1.0])).along
    assert float((one - other).abs().mean()) < 0.02


def test_only_as_far_as_it_is_worn_it_is_cut(models: Models) -> None:
    builder, head = SceneBuilder(models), neutral_head().with_(hairstyle="bob")

    def cut(own: OwnHair, mix: HairMix | None = None) -> tuple[float, float]:
        hair = builder.build(head.with_(own_hair=own, hair_mix=mix)).hair
        assert hair is not None
        assert hair.style.cut is not None
        return float(hair.style.cut.max()), hair.style.ragged

    assert cut(cut_hair()) == (0.5, 0.75)
    assert cut(replace(cut_hair(), strength=0.5)) == (0.25, 0.375)
    assert cut(cut_hair(), HairMix("pixie", 0.5)) == (0.25, 0.375)
    plain = builder.build(head.with_(own_hair=cut_hair("pixie"))).hair
    assert plain is not None
    assert plain.style.cut is None


# --- fitting -------------------------------------------------------------------------------------


def test_hair_that_ends_higher_on_one_side_is_cut_there(models: Models) -> None:
    camera = PhotoCamera(FACING.copy(), np.array([0.0, -0.02, 0.9]), 1000.0, 512)
    mesh = models.mesh
    triangles = torch.from_numpy(mesh.topology.triangles).long()
    nothing = np.zeros((len(PARTS), 80, 80), np.float32)
    nothing[BACKGROUND] = 1
    shown = ClassMap(nothing.argmax(0).astype(np.uint8), nothing, ())
    bare = silhouette(shown, camera, mesh.mean, triangles)
    seating, shaper = (
        Seat(mesh.topology, mesh.mean).fit(mesh.mean),
        HairShaper(mesh.topology, mesh.mean),
    )
    style = models.styles.planes("long_straight")
    strands = strands_volume(models.hair, style)
    along, *root = strands.view(-1, 3).unbind(1)
    left = left_of_strands(along, 0.35 * (root[0] > 0.5), raggedness(style.grid))
    gone = left.log().clamp(min=-9).view_as(style.grid)
    wanted = Worn(bare, seating, shaper).shares((style.grid + gone)[None])[0]
    worn = Worn(replace(bare, share=wanted), seating, shaper)

    found = finished(fit_own_hair(worn, style.grid, strands))

    half = CUT_GRID[1] // 2
    assert found.cut.min() >= 0
    assert found.cut[:, half:].mean() > 2 * found.cut[:, :half].mean()
    assert found.cut.max() > 0.1
    assert (found.cut == 0).mean() > 0.2  # where no ray sees an end


def test_before_the_forehead_hair_lies_on_it() -> None:
    """Asked further down along the skin and never further off, a fringe makes no visor."""
    fringe = torch.tensor([[0.0, 0.11, 0.095], [0.02, 0.1, 0.1]])
    crown = torch.tensor([[0.0, 0.17, -0.01]])
    away = torch.tensor([[0.0, 0.0, 0.006], [0.0, 0.0, 0.006]])
    off, down = torch.tensor([[0.5, 0.0, 0.0]]), torch.tensor([[0.0, -0.02, 0.0]])

    assert float(bent(fringe, away, off.expand(2, 3)).abs().max()) < 1e-6
    lower = bent(fringe, away, down.expand(2, 3))
    assert lower[:, 1].max() < -0.01
    assert lower[:, 2].min() > 0.004  # the forehead comes forward further down
    assert float(bent(crown, away[:1], down)[0, 1]) == pytest.approx(-0.02, abs=1e-4)
