"""Labels of the true renderer agree with each other, with the picture, and with the mesh."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from head360.camera import OrbitCamera
from head360.light import Light
from head360.model.bilinear import vertex_normals
from head360.params import neutral_head
from head360.rendering.lighting import lighting
from head360.rendering.rasterize import interpolate, rasterize
from head360.rendering.scene import Models
from training.synhead.classes import (
    BACKGROUND,
    CLASS_BEARD,
    CLASS_CAP,
    CLASS_EYES,
    CLASS_LIPS,
    CLASS_SKIN,
    CLASSES,
)
from training.synhead.heads import Posed
from training.synhead.landmarks import in_picture, landmarks68, landmarks478
from training.synhead.renderer import Labels, SetUp, TrueScene, TruthRenderer

SIZE = 256
FRONT, TURNED, BACK = OrbitCamera(0.0, 4.0), OrbitCamera(28.0, -6.0), OrbitCamera(180.0, 4.0)
HAIR = (0.02, 0.02, 0.02)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def atlas() -> np.ndarray:
    """Stripes of two classes over the skin, and the cap where it lies."""
    made = np.full((512, 1280), CLASS_LIPS, np.uint8)
    made[:, (np.arange(1280) // 40) % 2 == 0] = CLASS_BEARD
    made[384:, 1152:] = CLASS_CAP
    return made


@pytest.fixture(scope="module")
def scene(models: Models, atlas: np.ndarray) -> TrueScene:
    triangles = torch.from_numpy(models.mesh.topology.triangles).long()
    posed = Posed(models.mesh.mean, vertex_normals(models.mesh.mean, triangles))
    maps = models.texture.maps(neutral_head(), 0.0).numpy()
    return TrueScene(posed, maps, None, HAIR, atlas)


@pytest.fixture
def renderer(models: Models, gl) -> Iterator[TruthRenderer]:
    made = TruthRenderer(models.mesh.topology, SIZE, samples=2)
    yield made
    made.release()


def labels_of(renderer: TruthRenderer, scene: TrueScene, camera: OrbitCamera) -> Labels:
    renderer.show(scene, camera)
    return renderer.labels()


def points_of(labels: Labels, camera: OrbitCamera) -> np.ndarray:
    """(H, W, 3) where each pixel's surface lies, metres."""
    rays = camera.rays(SIZE, SIZE)
    along = -(rays @ camera.axes[2])
    return camera.eye + rays * (labels.depth / along)[..., None]


def facing(labels: Labels, camera: OrbitCamera) -> np.ndarray:
    """(H, W) cosine between surface and viewing ray."""
    return -(labels.normal * camera.rays(SIZE, SIZE)).sum(-1)


def between(image: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Image values interpolated at pixel places."""
    x, y = column - 0.5, row - 0.5
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - left, y - top
    upper = image[top, left] * (1 - u) + image[top, left + 1] * u
    lower = image[top + 1, left] * (1 - u) + image[top + 1, left + 1] * u
    return upper * (1 - v) + lower * v


def smooth(labels: Labels, camera: OrbitCamera) -> np.ndarray:
    """(H, W) pixels of one surface whose neighbours lie on it too, seen at less than 60 degrees."""
    step = [np.abs(np.roll(labels.depth, s, a) - labels.depth) for s in (-1, 1) for a in (0, 1)]
    return (labels.depth > 0) & (np.max(step, 0) < 0.004) & (facing(labels, camera) > 0.5)


def test_depth_reprojects_into_another_view(renderer: TruthRenderer, scene: TrueScene) -> None:
    one, other = (labels_of(renderer, scene, camera) for camera in (FRONT, TURNED))

    points = points_of(one, FRONT)[smooth(one, FRONT)].astype(np.float32)
    column, row, _ = in_picture(points, TURNED, other.depth).T
    inside = (np.minimum(column, row) > 1) & (np.maximum(column, row) < SIZE - 2)
    view = points @ TURNED.view_from_head[:3, :3].T + TURNED.view_from_head[:3, 3]
    away = -view[inside, 2]
    column, row = column[inside], row[inside]
    clear = between(smooth(other, TURNED).astype(float), column, row) == 1
    error = away[clear] - between(other.depth, column, row)[clear]

    seen = error[error < 0.004]  # further behind: hidden from there
    assert len(seen) > 8000
    assert np.quantile(np.abs(seen), 0.99) < 0.0005
    assert np.median(np.abs(seen)) < 0.0001


def test_uv_leads_back_to_the_surface(
    renderer: TruthRenderer, scene: TrueScene, models: Models
) -> None:
    labels = labels_of(renderer, scene, TURNED)
    topology = models.mesh.topology
    size = (512, 1280)
    places = torch.from_numpy(topology.uv * np.array(size[::-1], np.float32))
    places = torch.cat([places, torch.zeros(len(places), 1)], 1)
    corners = torch.from_numpy(topology.uv_triangles).long()
    raster = rasterize(places, corners, size, perspective=False)
    own = scene.posed.vertices[torch.from_numpy(topology.triangles).long()].flatten(0, 1)
    surface = interpolate(raster, own, torch.arange(len(own)).view(-1, 3)).numpy()

    # Both eyes share a tile: their texels have two places.
    checked = smooth(labels, TURNED) & (labels.kind != CLASS_EYES)
    column, row = np.moveaxis(labels.uv[checked] * np.array(size[::-1]), -1, 0)
    known = between(raster.covered.numpy().astype(float), column, row) == 1
    found = np.stack([between(surface[..., k], column, row) for k in range(3)], -1)
    error = np.linalg.norm(found - points_of(labels, TURNED)[checked], axis=-1)[known]

    assert known.mean() > 0.95
    assert np.quantile(error, 0.99) < 0.0005


def test_classes_are_those_of_the_texels(
    renderer: TruthRenderer, scene: TrueScene, atlas: np.ndarray
) -> None:
    labels = labels_of(renderer, scene, TURNED)

    column, row = (labels.uv * (1280, 512)).astype(int).reshape(-1, 2).T
    texel = atlas[row.clip(0, 511), column.clip(0, 1279)].reshape(SIZE, SIZE)
    split = np.isin(labels.kind, (CLASS_LIPS, CLASS_BEARD, CLASS_CAP))
    np.testing.assert_array_equal(labels.kind[split], texel[split])
    assert not (labels.kind == CLASS_SKIN).any()
    assert {CLASS_LIPS, CLASS_BEARD, CLASS_EYES} <= set(np.unique(labels.kind))
    assert labels.kind.max() < len(CLASSES)


def test_the_background_begins_where_the_mask_ends(
    renderer: TruthRenderer, scene: TrueScene
) -> None:
    labels = labels_of(renderer, scene, TURNED)
    alpha = renderer.picture(SetUp.of(lighting(Light()), None))[..., 3]

    nothing = labels.kind == BACKGROUND
    np.testing.assert_array_equal(labels.depth == 0, nothing)
    assert not (nothing & (alpha == 255)).any()
    assert not (~nothing & (alpha == 0)).any()
    assert 0 < ((alpha > 0) & (alpha < 255)).mean() < 0.02  # the edge alone is in between


def test_the_cut_of_the_bust_has_its_class(renderer: TruthRenderer, scene: TrueScene) -> None:
    labels = labels_of(renderer, scene, OrbitCamera(180.0, -25.0))

    assert (labels.kind == CLASS_CAP).mean() > 0.02


def test_landmarks_of_the_face_are_seen_from_the_front_and_not_from_behind(
    renderer: TruthRenderer, scene: TrueScene, models: Models
) -> None:
    topology, vertices = models.mesh.topology, scene.posed.vertices.numpy()
    points = landmarks478(topology, vertices)

    front = in_picture(points, FRONT, labels_of(renderer, scene, FRONT).depth)
    back = in_picture(points, BACK, labels_of(renderer, scene, BACK).depth)

    assert points.shape == (478, 3)
    assert front[:, 2].mean() > 0.9
    assert back[:, 2].mean() < 0.02
    assert landmarks68(topology, vertices).shape == (68, 3)


def test_landmarks_lie_where_their_parts_are_seen(
    renderer: TruthRenderer, scene: TrueScene, models: Models
) -> None:
    topology, vertices = models.mesh.topology, scene.posed.vertices.numpy()
    labels = labels_of(renderer, scene, FRONT)

    irises = in_picture(landmarks478(topology, vertices)[468:], FRONT, labels.depth)
    centre = irises[[0, 5], :2].astype(int)

    assert (labels.kind[centre[:, 1], centre[:, 0]] == CLASS_EYES).all()
    assert irises[0, 0] < SIZE / 2 < irises[5, 0]  # the right eye first, left in the picture
    for ring in (irises[1:5], irises[6:10]):  # right, top, left, bottom as seen
        assert ring[0, 0] > ring[2, 0]
        assert ring[1, 1] < ring[3, 1]
