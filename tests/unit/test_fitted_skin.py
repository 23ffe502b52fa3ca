"""Skin from pictures of heads that are known, so that the truth can be asked."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from head360.camera import OrbitCamera
from head360.fitting.atlas import SkinAtlas, skin_atlas
from head360.fitting.blend import joined, mirrored
from head360.fitting.delight import (
    SkinPatch,
    albedo_under,
    estimated_light,
    nearest_light,
    radiance,
    seen_under,
    usual,
)
from head360.fitting.moment import Easel
from head360.fitting.occasion import Before
from head360.fitting.texture import FittedSkin, SkinFitter
from head360.fitting.unproject import Posed, View, at_pixels
from head360.light import LIGHT_PRESETS
from head360.model.sampling import random_person
from head360.model.topology import EYE
from head360.params import ATTRIBUTES, EXPRESSIONS, HeadParams
from head360.rendering.lighting import VOLUME_SIZE, harmonics
from head360.rendering.rasterize import interpolate
from head360.rendering.reference import Layout, Surface, mesh_buffer
from head360.rendering.scene import Models, SceneBuilder
from head360.rendering.shade import srgb_from_linear, tone_curve

SIZE = 320
#: Exposed as faces usually are: how bright skin is in itself, one picture cannot tell.
LIGHT = usual(torch.tensor([6.6, 0.5, 2.0, -1.0, 0.2, 0.1, 0.3, -0.2, 0.1]))
CAMERA = OrbitCamera(yaw_degrees=8.0, pitch_degrees=4.0, distance=1.0)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def atlas() -> SkinAtlas:
    return skin_atlas()


def matrix(camera: OrbitCamera, size: int) -> np.ndarray:
    focal = size / 2 / np.tan(np.radians(camera.fov_degrees) / 2)
    lens = np.array([[focal, 0, -size / 2], [0, -focal, -size / 2], [0, 0, -1]])
    return lens @ camera.view_from_head[:3]


@dataclass(frozen=True)
class Sitting:
    """A known head, photographed."""

    person: HeadParams
    posed: Posed
    photo: Tensor  # (H, W, 3)
    light: Tensor


def photographed(models: Models, person: HeadParams, light: Tensor) -> Sitting:
    """A picture of a bald head in a grey light, straight from mesh and maps."""
    scene = SceneBuilder(models).build(person)
    topology = models.mesh.topology
    drawn = topology.drawn
    layout = Layout(
        torch.from_numpy(topology.triangles[drawn]).long(),
        torch.from_numpy(topology.uv_triangles[drawn]).long(),
        torch.from_numpy(topology.uv),
    )
    vertices = scene.vertices.clone()
    posed = Posed.of(topology, vertices, matrix(CAMERA, SIZE))
    maps = scene.maps.clone()
    maps[7] = 0.5  # no pores: shading is what the fit takes it for
    surface = Surface(layout, vertices, posed.normals, maps)
    buffer = mesh_buffer(surface, CAMERA, (SIZE, SIZE)).flatten(0, 1)
    view = View.of(posed, (SIZE, SIZE))
    places = interpolate(view.raster, vertices, layout.triangles).flatten(0, 1)
    normals = torch.nn.functional.normalize(buffer[:, 4:7], dim=1)
    towards = torch.nn.functional.normalize(posed.eye - places, dim=1)
    facing = (normals * towards).sum(1)
    mirror = 2 * facing[:, None] * normals - towards
    patch = SkinPatch(
        normals, mirror, facing, buffer[:, 11], buffer[:, 8],
        buffer[:, 9] * (buffer[:, 8] > 0.2), buffer[:, 10],  # eyes mirror a lamp, not the sky
    )  # fmt: skip
    linear = ((buffer[:, :3] + 0.055) / 1.055) ** 2.4
    seen = tone_curve(seen_under(light, patch, linear)) * buffer[:, 3:4]
    return Sitting(person, posed, srgb_from_linear(seen).view(SIZE, SIZE, 3), light)


def finished(steps: Generator[str, None, FittedSkin]) -> tuple[list[str], FittedSkin]:
    names = []
    while True:
        try:
            names.append(next(steps))
        except StopIteration as done:
            return names, done.value


@pytest.fixture(scope="module")
def sitting(models: Models) -> Sitting:
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    weights[EXPRESSIONS.index("jawOpen")] = 0.3
    return photographed(models, random_person(6).with_(expression=weights), LIGHT)


@pytest.fixture(scope="module")
def fitted(models: Models, sitting: Sitting) -> FittedSkin:
    fitter = SkinFitter(models.texture, models.mesh)
    return finished(fitter.fit(sitting.photo, sitting.posed))[1]


def error(models: Models, atlas: SkinAtlas, one: HeadParams, other: HeadParams) -> Tensor:
    """(N,) root mean square of encoded albedo that differs."""
    maps = [atlas.listed(models.texture.maps(head, 0.0)[:3, :, :1024]) for head in (one, other)]
    return (maps[0] - maps[1]).square().mean(1).sqrt()


def test_skin_that_was_seen_comes_back_and_unseen_skin_is_like_it(
    models: Models, atlas: SkinAtlas, sitting: Sitting, fitted: FittedSkin
) -> None:
    head = fitted.applied(sitting.person)
    plain = sitting.person.with_(texture=np.zeros(64), attributes=np.zeros(len(ATTRIBUTES)))

    seen = atlas.listed(torch.from_numpy(fitted.observed)[None])[:, 0] > 0.5
    rest = error(models, atlas, head, sitting.person)
    before = error(models, atlas, plain, sitting.person)

    assert 0.1 < seen.float().mean() < 0.6
    assert rest[seen].mean() < 0.05
    assert rest[seen].mean() < 0.6 * before[seen].mean()
    assert rest[~seen].mean() < 0.07


def _drawn(easel: Easel, maps: Tensor) -> Tensor:
    return srgb_from_linear(easel.shown(maps, easel.light(maps)))


def test_in_the_face_and_light_of_its_photo_skin_looks_as_there(
    models: Models, sitting: Sitting, fitted: FittedSkin
) -> None:
    still = np.zeros(len(EXPRESSIONS))
    easel = Easel.of(View.of(sitting.posed, (SIZE, SIZE)), sitting.posed, fitted.lighting)
    photo = sitting.photo.flatten(0, 1)[easel.pixels]
    places = easel.seen.uv[0] * torch.tensor([1280.0, 512.0])
    seen = at_pixels(torch.from_numpy(fitted.observed)[None], places)[:, 0] > 0.8

    def missed(expression: np.ndarray) -> Tensor:
        head = fitted.applied(sitting.person).with_(expression=expression)
        return (_drawn(easel, models.texture.maps(head, 0.0)) - photo)[seen].square().mean(1)

    then, rest = missed(sitting.person.expression), missed(still)

    assert then.mean() < 0.5 * rest.mean()


def test_in_the_face_of_its_photo_eyes_are_as_light_and_dark_as_there(
    models: Models, sitting: Sitting
) -> None:
    view = View.of(sitting.posed, (SIZE, SIZE))
    eyes = view.shows(sitting.posed.topology, EYE)
    photo = torch.where(eyes[..., None], 0.75 * sitting.photo, sitting.photo)
    columns = torch.arange(SIZE)[None, :, None]
    photo = torch.where(eyes[..., None] & (columns % 8 < 4), 0.5 * photo, photo)
    fitted = finished(SkinFitter(models.texture, models.mesh).fit(photo, sitting.posed))[1]
    easel = Easel.of(view, sitting.posed, fitted.lighting)
    there = eyes.flatten()[easel.pixels]

    def missed(head: HeadParams) -> float:
        drawn = _drawn(easel, models.texture.maps(head, 0.0))[there]
        return float((drawn - photo.flatten(0, 1)[easel.pixels][there]).square().mean())

    head = fitted.applied(sitting.person)
    without = replace(fitted, opening=0 * fitted.opening).applied(sitting.person)
    assert missed(head) < 0.8 * missed(without)


def test_what_hides_eyes_is_not_painted_on_them(models: Models, sitting: Sitting) -> None:
    hidden = np.zeros((SIZE, SIZE), bool)
    fitter = SkinFitter(models.texture, models.mesh)

    fitted = finished(fitter.fit(sitting.photo, sitting.posed, before=Before(unhidden=hidden)))[1]

    assert abs(fitted.opening).max() < 0.01


def test_skin_in_the_shade_of_hair_is_lighter_than_it_looks(
    models: Models, sitting: Sitting, fitted: FittedSkin
) -> None:
    half = torch.full(VOLUME_SIZE[::-1], 0.5)
    fitter = SkinFitter(models.texture, models.mesh)

    shaded = finished(fitter.fit(sitting.photo, sitting.posed, before=Before(half)))[1]

    seen = fitted.observed > 0.9
    assert (shaded.moment - fitted.moment)[:, seen].mean() > 0.02
    assert np.allclose(shaded.skin, fitted.skin)


def test_last_strands_of_a_fringe_are_told_from_skin(models: Models, sitting: Sitting) -> None:
    brows = sitting.posed.project(
        sitting.posed.vertices[models.mesh.topology.landmarks68[17:27].astype(np.int64)]
    )
    row = int(brows[:, 1].min()) - 8
    photo = sitting.photo.clone()
    photo[:row] *= 0.3
    hair = np.zeros((SIZE, SIZE), bool)
    hair[: row - 6] = True
    fitter = SkinFitter(models.texture, models.mesh)

    with_hair = finished(fitter.fit(photo, sitting.posed, before=Before(hair=hair)))[1]
    without = finished(fitter.fit(photo, sitting.posed))[1]

    places = fitter.atlas.at_texels(sitting.posed.vertices)
    rows, middle = sitting.posed.project(places)[:, 1], places[:, 0].abs() < 0.05
    fringe = fitter.atlas.listed(torch.from_numpy(with_hair.fringe)[None])[:, 0]
    assert not without.fringe.any()
    assert fringe[(rows > row - 20) & (rows < row - 8)].max() > 0.9
    assert fringe[middle & (rows > row + 20)].mean() < 0.01


def test_a_fitted_head_starts_without_attributes_and_keeps_its_shape(
    sitting: Sitting, fitted: FittedSkin
) -> None:
    head = fitted.applied(sitting.person)

    assert not head.attributes.any()
    assert head.shape is sitting.person.shape
    assert head.likeness is not None
    assert abs(fitted.skin).max() < 0.7


def test_eyes_take_the_colour_of_the_photo(sitting: Sitting, fitted: FittedSkin) -> None:
    assert fitted.colors.iris is not None
    measured = np.array(fitted.colors.iris)

    assert np.abs(np.log(measured / sitting.person.iris_color)).max() < 0.6


def test_hair_before_the_forehead_stays_out(models: Models, sitting: Sitting) -> None:
    photo = sitting.photo.clone()
    brows = sitting.posed.project(
        sitting.posed.vertices[models.mesh.topology.landmarks68[17:27].astype(np.int64)]
    )
    row = int(brows[:, 1].min()) - 8
    strands = 0.25 + 0.2 * torch.rand(row, SIZE, 1, generator=torch.Generator().manual_seed(0))
    photo[:row] = strands * torch.tensor([0.8, 0.6, 0.3])
    fitter = SkinFitter(models.texture, models.mesh)

    names, fitted = finished(fitter.fit(photo, sitting.posed))

    assert len(names) >= 5
    places = fitter.atlas.at_texels(sitting.posed.vertices)
    rows = sitting.posed.project(places)[:, 1]
    seen = fitter.atlas.listed(torch.from_numpy(fitted.observed)[None])[:, 0]
    assert seen[rows < row - 1].max() < 0.1
    assert seen[rows > row + 20].max() > 0.9


def test_the_photo_is_taken_through_the_tone_curve_backwards() -> None:
    light = torch.linspace(0.01, 2.5, 40)[:, None].expand(-1, 3)

    assert torch.allclose(radiance(srgb_from_linear(tone_curve(light))), light, rtol=2e-3)


def test_light_is_found_although_a_third_lies_in_shadow() -> None:
    generator = torch.Generator().manual_seed(1)
    normals = torch.randn(4000, 3, generator=generator)
    normals[:, 2] = normals[:, 2].abs()
    normals = torch.nn.functional.normalize(normals, dim=1)
    half = torch.full((4000,), 0.5)
    mirror = torch.nn.functional.normalize(2 * normals[:, 2:] * normals - torch.eye(3)[2], dim=1)
    patch = SkinPatch(normals, mirror, normals[:, 2], 2 * half, half, half, half)
    albedo = torch.tensor([0.5, 0.3, 0.2]).expand(4000, 3)
    seen = seen_under(LIGHT, patch, albedo)
    seen[::3] *= 0.3

    found = estimated_light(patch, seen, albedo, torch.ones(4000))

    level, truth = harmonics(normals) @ found, harmonics(normals) @ LIGHT
    assert ((level - truth).abs() / truth).mean() < 0.08
    clean = torch.ones(4000, dtype=torch.bool)
    clean[::3] = False
    back = albedo_under(found, patch[clean], seen[clean])
    assert (back / albedo[clean]).log().abs().mean() < 0.08


def test_a_seam_is_closed_without_touching_what_was_seen(atlas: SkinAtlas) -> None:
    count = len(atlas.texels)
    template = torch.zeros(count, 3)
    column = atlas.texels % 1024
    trust = ((column > 200) & (column < 300)).float()
    logs = torch.full((count, 3), 0.4) * trust[:, None]

    whole = joined(atlas, logs, trust, template, torch.zeros(count))

    assert torch.allclose(whole[trust == 1], torch.full((3,), 0.4))
    tile = atlas.tile(torch.cat([whole[:, :1], torch.ones(count, 1)], 1))
    known = tile[1, :, :512].bool()
    steps = tile[0, :, :512].diff(dim=1)[known[:, 1:] & known[:, :-1]].abs()
    assert steps.quantile(0.999) < 0.1
    assert whole[trust == 0].abs().median() < 0.1


def test_the_other_half_fills_in(atlas: SkinAtlas) -> None:
    count = len(atlas.texels)
    column = atlas.texels % 1024
    trust = (column < 256).float()
    logs = trust[:, None] * torch.tensor([[-1.0, -1.5, -2.0]])

    filled, wider = mirrored(atlas, logs, trust)

    right = (column > 256) & (column < 512) & (wider > 0)
    assert right.float().sum() > 0.3 * count / 4
    assert torch.allclose(filled[right], torch.tensor([-1.0, -1.5, -2.0]), atol=1e-5)
    assert wider[right].max() < 1


def test_suggested_light_comes_from_where_the_photo_s_came() -> None:
    presets = {nearest_light(LIGHT * torch.tensor([1, 1, 1, s, s, 1, 1, s, 1.0])) for s in (1, -1)}

    assert all(light.preset in LIGHT_PRESETS for light in presets)
    assert all(0.4 <= light.intensity <= 2 for light in presets)


def test_lids_take_no_shadow_of_their_folds(models: Models, sitting: Sitting) -> None:
    """A dark fold above each eye must not be what a closed eye shows."""
    marks = sitting.posed.project(
        sitting.posed.vertices[models.mesh.topology.landmarks68[36:48].astype(np.int64)]
    )
    photo = sitting.photo.clone()
    for eye in (marks[:6], marks[6:]):
        left, right = int(eye[:, 0].min()), int(eye[:, 0].max())
        top = int(eye[:, 1].min())
        photo[top - 6 : top, left:right] *= 0.4
    fitter = SkinFitter(models.texture, models.mesh)

    head = finished(fitter.fit(photo, sitting.posed))[1].applied(sitting.person)

    tile = models.texture.maps(head, 0.0)[:3, :, :1024]
    skin = fitter.atlas.listed(tile).mean(1)
    zones = fitter.zones
    assert skin[zones.lids > 0.9].mean() > 0.75 * skin[zones.plain > 0.9].mean()


def test_black_brows_are_the_person_s_where_the_photo_is_told_to_show_them(
    models: Models, sitting: Sitting
) -> None:
    """No skin is black, and these stand higher than brows usually do: only being told helps."""
    marks = sitting.posed.project(
        sitting.posed.vertices[models.mesh.topology.landmarks68[17:27].astype(np.int64)]
    )
    photo, told = sitting.photo.clone(), torch.zeros(4, SIZE, SIZE)
    for brow in (marks[:5], marks[5:]):
        left, right = int(brow[:, 0].min()), int(brow[:, 0].max())
        rows = slice(int(brow[:, 1].min()) - 9, int(brow[:, 1].min()) - 3)
        photo[rows, left:right], told[0, rows, left:right] = 0.04, 1.0
    fitter = SkinFitter(models.texture, models.mesh)
    at = sitting.posed.project(fitter.atlas.at_texels(sitting.posed.vertices)).long()
    inside = ((at[:, :2] >= 0) & (at[:, :2] < SIZE)).all(1)
    at = at.clamp(0, SIZE - 1)
    # Well within: one picture's edge is another one's middle.
    core = -torch.nn.functional.max_pool2d(-told[:1, None], 3, 1, 1)[0, 0]
    brows = inside & (core[at[:, 1], at[:, 0]] > 0)

    heads = [
        finished(fitter.fit(photo, sitting.posed, told=parts))[1] for parts in (told, 0 * told)
    ]

    light = []
    for head in heads:
        tile = models.texture.maps(head.applied(sitting.person), 0.0)[:3, :, :1024]
        seen = fitter.atlas.listed(torch.from_numpy(head.observed)[None])[:, 0] > 0
        there = brows & (fitter.zones.plain + fitter.zones.hairline > 0.9)
        light.append(float(fitter.atlas.listed(tile).mean(1)[there].mean()))
        assert bool(seen[there].any()) == (head is heads[0])
    assert light[0] < 0.75 * light[1]
