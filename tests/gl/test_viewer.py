"""The viewer against the reference renderer, over random people, cameras and hairstyles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from head360.assets import catalog
from head360.camera import OrbitCamera
from head360.engine import finished
from head360.light import BLACK, LIGHT_PRESETS, Light
from head360.model.sampling import HAIR_COLORS, random_person
from head360.own_hair import CUT_GRID, GAINS_GRID, WAYS_GRID, OwnHair
from head360.paint import HAIR_CELLS, Paint
from head360.params import EXPRESSIONS, POSE_LIMITS, HairMix, HairShape, HairTones, HeadParams
from head360.rendering.reference import _seen_mesh, mesh_buffer
from head360.rendering.reference_picture import reference_picture, surface_of
from head360.rendering.request import RenderRequest
from head360.rendering.scene import Models, SceneBuilder
from head360.rendering.viewer import Shot, Viewer
from tests.unit.likeness_stand_ins import some_likeness

SIZE = 96
TURNED_FROM = 3  # seeds from here on turn heads, open mouths and mix hairstyles


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def builder(models: Models) -> SceneBuilder:
    return SceneBuilder(models)


@pytest.fixture(scope="module")
def viewer(gl, models: Models) -> Iterator[Viewer]:
    made = Viewer(models)
    yield made
    made.release()


def someone(seed: int) -> tuple[HeadParams, OrbitCamera]:
    rng = np.random.default_rng(seed)
    styles = [style.id for style in catalog().hairstyles]
    worn = None if seed == 0 else styles[(seed * 5) % len(styles)]
    making = rng.random(len(EXPRESSIONS)) * (rng.random(len(EXPRESSIONS)) < 0.2)
    light = Light(LIGHT_PRESETS[seed % len(LIGHT_PRESETS)], rotation_degrees=rng.uniform(-180, 180))
    camera = OrbitCamera(
        yaw_degrees=rng.uniform(-180, 180), pitch_degrees=rng.uniform(-30, 40),
        distance=rng.uniform(0.9, 1.4),
    )  # fmt: skip
    if seed >= TURNED_FROM:
        making[EXPRESSIONS.index("jawOpen")] = 0.8
    person = random_person(seed).with_(hairstyle=worn, expression=making, light=light)
    if seed >= TURNED_FROM:
        mix = HairMix(styles[(seed * 3) % len(styles)], 0.5)
        person = person.with_(hair_mix=mix, head_pose=rng.uniform(-1, 1, 3) * POSE_LIMITS)
    return person, camera


def draw(viewer: Viewer, scene: Any, camera: OrbitCamera, **options: Any) -> np.ndarray:
    return finished(viewer.draw(scene, Shot(camera, SIZE, SIZE, background=BLACK, **options)))


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / ((one - other) ** 2).mean()))


@pytest.mark.parametrize("seed", range(5))
def test_exact_equals_the_reference_and_fast_nearly(
    viewer: Viewer, models: Models, builder: SceneBuilder, seed: int
) -> None:
    person, camera = someone(seed)
    scene = builder.build(person)

    request = RenderRequest(person, camera, SIZE, SIZE, background=BLACK)
    reference = reference_picture(models, scene, request, 1)[..., :3].astype(int)
    exact = draw(viewer, scene, camera, exact=True)[..., :3].astype(int)
    fast = draw(viewer, scene, camera)[..., :3].astype(int)

    difference = abs(reference - exact)
    assert difference.mean() <= 1
    assert np.percentile(difference[reference.max(-1) > 0], 99) <= 4
    assert psnr(fast, exact) >= 38


@pytest.mark.parametrize(
    ("style", "yaw"),
    [("long_bangs", 10.0), ("long_bangs", 90.0), ("bob", 90.0), ("box_braids", 180.0),
     ("bun_low", 180.0), ("long_side_swept", -60.0)],
)  # fmt: skip
def test_sharp_strands_of_light_hair_are_the_same_in_fast_mode(
    viewer: Viewer, builder: SceneBuilder, style: str, yaw: float
) -> None:
    """Thin fringes, gaps between braids and outlines, which a volume of 2.3 mm blurs."""
    person = someone(2)[0].with_(hairstyle=style, hair_color=HAIR_COLORS["white"])
    scene, camera = builder.build(person), OrbitCamera(yaw_degrees=yaw, distance=1.0)

    exact = draw(viewer, scene, camera, exact=True)[..., :3].astype(int)
    fast = draw(viewer, scene, camera)[..., :3].astype(int)

    assert psnr(fast, exact) >= 38


def test_roots_tips_waves_paint_and_mirrored_hair_equal_the_reference(
    viewer: Viewer, models: Models, builder: SceneBuilder
) -> None:
    plain = someone(1)[0].with_(hairstyle="long_straight", hair_color=HAIR_COLORS["brown"])
    tones = HairTones(roots=(0.02, 0.01, 0.01), tips=(0.5, 0.1, 0.25))
    worn = HairShape(hairline=0.5, curl=0.8, mirrored=True)
    along, v, u = np.meshgrid(*(np.linspace(-1, 1, n) for n in HAIR_CELLS), indexing="ij")
    paint = Paint.made(hair=np.stack([u, 2 * v, along]))
    person = plain.with_(hair_tones=tones, hair_shape=worn, paint=paint)
    camera = OrbitCamera(yaw_degrees=35)
    scene = builder.build(person)

    request = RenderRequest(person, camera, SIZE, SIZE, background=BLACK)
    reference = reference_picture(models, scene, request, 1)[..., :3].astype(int)
    exact = draw(viewer, scene, camera, exact=True)[..., :3].astype(int)
    without = draw(viewer, builder.build(plain), camera, exact=True)[..., :3].astype(int)

    difference = abs(reference - exact)
    assert difference.mean() <= 1
    assert np.percentile(difference[reference.max(-1) > 0], 99) <= 4
    assert abs(exact - without).mean() > 3


def test_hair_of_one_s_own_equals_the_reference(
    viewer: Viewer, models: Models, builder: SceneBuilder
) -> None:
    plain = someone(1)[0].with_(hairstyle="bob_bangs", hair_color=HAIR_COLORS["brown"])
    ways, gains = np.zeros((3, *WAYS_GRID)), np.zeros(GAINS_GRID)
    ways[0, ..., :4], gains[:, 14:] = 0.4, 0.5
    cut = np.linspace(0, 0.5, CUT_GRID[1])[None].repeat(CUT_GRID[0], 0)
    own = OwnHair.made("bob_bangs", mirrored=False, ways=ways, gains=gains, cut=cut, ragged=0.8)
    scene, camera = builder.build(plain.with_(own_hair=own)), OrbitCamera(yaw_degrees=-20)

    request = RenderRequest(plain, camera, SIZE, SIZE, background=BLACK)
    reference = reference_picture(models, scene, request, 1)[..., :3].astype(int)
    exact = draw(viewer, scene, camera, exact=True)[..., :3].astype(int)
    fast = draw(viewer, scene, camera)[..., :3].astype(int)
    without = draw(viewer, builder.build(plain), camera, exact=True)[..., :3].astype(int)

    difference = abs(reference - exact)
    assert difference.mean() <= 1
    assert np.percentile(difference[reference.max(-1) > 0], 99) <= 4
    assert psnr(fast, exact) >= 36
    assert abs(exact - without).mean() > 2


def test_light_in_hair_is_not_worked_out_again_for_a_style_tried_before(
    builder: SceneBuilder,
) -> None:
    person = someone(0)[0]

    tried = [builder.build(person.with_(hairstyle=s)).hair for s in ("bob", "afro", "bob")]

    assert tried[0] is not None
    assert tried[2] is not None
    assert tried[2].extinction is tried[0].extinction
    assert tried[1] is not None
    assert tried[1].extinction is not tried[0].extinction


def test_a_bald_head_that_turns_equals_the_reference(
    viewer: Viewer, models: Models, builder: SceneBuilder
) -> None:
    person = someone(1)[0].with_(hairstyle=None, head_pose=(35.0, -15.0, 10.0))
    scene, camera = builder.build(person), OrbitCamera(yaw_degrees=-30)

    request = RenderRequest(person, camera, SIZE, SIZE, background=BLACK)
    reference = reference_picture(models, scene, request, 1)[..., :3].astype(int)
    exact = draw(viewer, scene, camera, exact=True)[..., :3].astype(int)

    difference = abs(reference - exact)
    assert difference.mean() <= 1
    assert np.percentile(difference[reference.max(-1) > 0], 99) <= 4


@pytest.mark.parametrize("mode", ["shaded", "observed"])
def test_a_fitted_head_equals_the_reference(
    viewer: Viewer, models: Models, builder: SceneBuilder, mode: Any
) -> None:
    person = someone(1)[0].with_(likeness=some_likeness(), hairstyle="bob")
    scene, camera = builder.build(person, observed=mode == "observed"), OrbitCamera(20)

    request = RenderRequest(person, camera, SIZE, SIZE, mode=mode, background=BLACK)
    reference = reference_picture(models, scene, request, 1)[..., :3].astype(int)
    exact = draw(viewer, scene, camera, exact=True, mode=mode)[..., :3].astype(int)
    other = draw(viewer, builder.build(person.with_(likeness=None)), camera, exact=True)

    difference = abs(reference - exact)
    assert difference.mean() <= 1
    assert np.percentile(difference[reference.max(-1) > 0], 99) <= 4
    assert abs(exact - other[..., :3]).mean() > 2


def test_turning_back_gives_the_first_picture_again(viewer: Viewer, builder: SceneBuilder) -> None:
    person, camera = someone(2)
    first = draw(viewer, builder.build(person), camera, draft=True)

    turned, back = (
        draw(viewer, builder.build(person.with_(head_pose=(yaw, 0.0, 0.0))), camera, draft=True)
        for yaw in (30.0, 0.0)
    )

    assert abs(turned.astype(int) - first).mean() > 1
    assert abs(back.astype(int) - first).max() <= 2


def test_a_picture_in_tiles_is_the_same_as_in_one(
    viewer: Viewer, builder: SceneBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, camera = someone(2)
    scene = builder.build(person)

    whole = draw(viewer, scene, camera, samples=2)
    monkeypatch.setattr("head360.rendering.viewer._TILE_SAMPLES", 9 * SIZE * 4)
    steps = viewer.draw(scene, Shot(camera, SIZE, SIZE, 2, background=BLACK))
    pauses = sum(1 for _ in zip(range(100), steps, strict=False))
    tiled = draw(viewer, scene, camera, samples=2)

    assert pauses >= SIZE // 9
    difference = abs(whole.astype(int) - tiled)
    assert difference.mean() < 0.05  # outlines are rounded differently
    assert np.percentile(difference, 99.5) <= 2


def test_a_picture_given_up_leaves_the_next_one_right(
    viewer: Viewer, builder: SceneBuilder
) -> None:
    person, camera = someone(1)
    scene = builder.build(person)
    expected = draw(viewer, scene, camera)
    other = builder.build(someone(3)[0])

    given_up = viewer.draw(other, Shot(camera, SIZE, SIZE, background=BLACK))
    next(given_up)
    given_up.close()

    after = draw(viewer, builder.build(person), camera)
    assert abs(after.astype(int) - expected).max() <= 2  # torch sums in any order


def test_hairstyles_given_up_one_after_the_other_leave_a_face(
    models: Models, builder: SceneBuilder, gl
) -> None:
    """While somebody walks along the hairstyles, a bake is given up and the scalp painted anew."""
    person, camera = someone(2)[0], OrbitCamera()
    first = Viewer(models)
    for style in ("afro", "bob"):
        steps = first.draw(
            builder.build(person.with_(hairstyle=style)), Shot(camera, SIZE, SIZE, draft=True)
        )
        next(steps)
        steps.close()

    shown = draw(first, builder.build(person.with_(hairstyle="buzz")), camera, draft=True)

    first.release()
    assert shown[SIZE // 2, SIZE // 2, :3].min() > 20  # the nose


@pytest.mark.parametrize("draft", [False, True])
def test_a_mouth_is_seen_as_the_mesh_has_it(
    viewer: Viewer, models: Models, builder: SceneBuilder, draft: bool
) -> None:
    """Lips hide gums and teeth from all six planes, but not from a camera before an open mouth."""
    jaw = np.array([name == "jawOpen" for name in EXPRESSIONS], np.float32)
    scene = builder.build(random_person(3).with_(hairstyle=None, expression=0.8 * jaw))
    camera = OrbitCamera(yaw_degrees=20, distance=0.5, target=(0.0, -0.05, 0.06), fov_degrees=9)
    surface, inside = surface_of(models.mesh.topology, scene), models.mesh.topology.inside
    mouth = torch.from_numpy(inside[models.mesh.topology.drawn])
    raster, _ = _seen_mesh(surface.vertices, surface.layout.triangles, camera, (SIZE, SIZE))
    seen = (mouth[raster.triangle.clamp(min=0)] & raster.covered).numpy()

    shown = draw(viewer, scene, camera, mode="albedo", draft=draft)[..., :3].astype(int)

    wanted = mesh_buffer(surface, camera, (SIZE, SIZE))[..., :3].numpy() * 255
    assert seen.sum() > 400
    assert abs(shown - wanted)[seen].mean() < (5 if draft else 2)


@pytest.mark.parametrize("mode", ["albedo", "normals", "depth", "wireframe", "hair", "head"])
def test_every_view_mode_shows_something_else(
    viewer: Viewer, builder: SceneBuilder, mode: Any
) -> None:
    blond = someone(2)[0].with_(hair_color=(0.4, 0.3, 0.15))
    scene, camera = builder.build(blond), OrbitCamera(yaw_degrees=30)

    shown = draw(viewer, scene, camera, mode=mode)

    assert shown[..., :3].max() > 60
    assert abs(shown.astype(int) - draw(viewer, scene, camera)).mean() > 1


def test_hair_only_works_for_the_first_picture(models: Models, builder: SceneBuilder, gl) -> None:
    scene, camera = builder.build(someone(2)[0]), OrbitCamera(yaw_degrees=30)
    first = Viewer(models)

    shown = draw(first, scene, camera, mode="hair")

    again = draw(first, scene, camera, mode="hair")
    first.release()
    assert shown[..., :3].any()
    np.testing.assert_array_equal(shown, again)


def test_nothing_is_drawn_where_there_is_nothing(viewer: Viewer, builder: SceneBuilder) -> None:
    scene = builder.build(someone(2)[0])
    away = OrbitCamera(target=(2.0, 0.0, 0.0))

    assert not draw(viewer, scene, away)[..., :3].any()


@pytest.mark.parametrize("seed", [1, 3])
def test_a_draft_shows_the_same_head_and_hair(
    viewer: Viewer, builder: SceneBuilder, seed: int
) -> None:
    person, camera = someone(seed)
    scene = builder.build(person)

    draft = draw(viewer, scene, camera, draft=True)[..., :3].astype(int)
    fast = draw(viewer, scene, camera)[..., :3].astype(int)

    assert psnr(draft, fast) >= 32
