"""The true renderer on the shipped mean head: no source data is needed for that."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from head360.camera import OrbitCamera
from head360.light import BLACK, Light
from head360.model.bilinear import vertex_normals
from head360.params import neutral_head
from head360.rendering.lighting import lighting
from head360.rendering.scene import Models, Scene
from head360.rendering.viewer import Viewer
from training.contenders import viewer_picture
from training.measures import psnr
from training.synhead.classes import CLASS_EYES, CLASS_HAIR, CLASS_SKIN
from training.synhead.grooms import Groom
from training.synhead.heads import Posed
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer
from training.synhead.shoot import packed_labels

SIZE = 96
CAMERA = OrbitCamera(25.0, 5.0)
BLACK_HAIR = (0.02, 0.02, 0.02)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def posed(models: Models) -> Posed:
    triangles = torch.from_numpy(models.mesh.topology.triangles).long()
    return Posed(models.mesh.mean, vertex_normals(models.mesh.mean, triangles))


@pytest.fixture(scope="module")
def maps(models: Models) -> torch.Tensor:
    return models.texture.maps(neutral_head(), 0.0)


@pytest.fixture
def renderer(models: Models, gl) -> Iterator[TruthRenderer]:
    made = TruthRenderer(models.mesh.topology, SIZE, samples=2)
    yield made
    made.release()


def curtain() -> Groom:
    """A hundred vertical strands, 2 mm wide, in a plane before the left half of the face."""
    x = np.linspace(0.001, 0.1, 100)
    y = np.linspace(0.1, -0.1, 8)
    points = np.stack(np.broadcast_arrays(x[:, None], y[None], 0.16), -1)
    roots = np.stack([x * 5, x * 5], -1)
    return Groom(points.astype(np.float32), np.full((100, 8), 0.002, np.float32),
                 roots.astype(np.float32))  # fmt: skip


def test_the_true_mesh_looks_as_the_viewer_draws_it(
    renderer: TruthRenderer, models: Models, posed: Posed, maps: torch.Tensor
) -> None:
    light = lighting(Light())
    black = torch.tensor(BLACK_HAIR)
    untinted = torch.nn.functional.pad(black, (0, 1)).expand(2, 4)  # roots, tips
    scene = Scene(posed.vertices, posed.normals, maps, None, light, black, untinted)
    viewer = Viewer(models)

    renderer.show(TrueScene(posed, maps.numpy(), None, BLACK_HAIR), CAMERA)
    true = renderer.picture(SetUp.of(light, None), BLACK)[..., :3]
    drawn = viewer_picture(viewer, scene, CAMERA, SIZE, exact=False)
    viewer.release()

    assert true.max() > 100
    assert psnr(true, drawn) > 30


def test_the_same_head_gives_the_same_picture_again(
    renderer: TruthRenderer, posed: Posed, maps: torch.Tensor
) -> None:
    groom = curtain()
    set_up = SetUp.of(lighting(Light("city")), HairReach.of(groom))
    scene = TrueScene(posed, maps.numpy(), groom, BLACK_HAIR)

    renderer.show(scene, CAMERA)
    first = renderer.picture(set_up)
    renderer.show(scene, OrbitCamera(), "hair")
    renderer.show(scene, CAMERA)

    np.testing.assert_array_equal(renderer.picture(set_up), first)


def test_layers_are_aligned(renderer: TruthRenderer, posed: Posed, maps: torch.Tensor) -> None:
    groom = curtain()
    scene = TrueScene(posed, maps.numpy(), groom, BLACK_HAIR)
    camera = OrbitCamera()

    renderer.show(scene, camera)
    whole, coverage = renderer.labels(), renderer.hair_coverage()
    renderer.show(scene, camera, "bald")
    bald = renderer.labels()
    renderer.show(scene, camera, "hair")
    hair = renderer.labels()

    covered = whole.kind == CLASS_HAIR
    assert {CLASS_SKIN, CLASS_EYES} <= set(np.unique(bald.kind))
    assert covered[SIZE // 2, SIZE // 2 + 5]  # the head's left is the picture's right
    assert not covered[:, : SIZE // 2 - 1].any()
    assert coverage[covered].min() > 0
    np.testing.assert_array_equal(whole.kind[~covered], bald.kind[~covered])
    np.testing.assert_array_equal(hair.kind == CLASS_HAIR, covered)  # nothing hides the curtain
    nearer = covered & (bald.kind > 0)
    assert (whole.depth[nearer] < bald.depth[nearer]).all()


def test_hair_shows_its_colour_over_the_head(
    renderer: TruthRenderer, posed: Posed, maps: torch.Tensor
) -> None:
    groom = curtain()
    set_up = SetUp.of(lighting(Light()), HairReach.of(groom))
    camera = OrbitCamera()

    renderer.show(TrueScene(posed, maps.numpy(), groom, (0.4, 0.02, 0.02)), camera)
    solid = renderer.hair_coverage() == 1
    red = renderer.picture(set_up)[solid][:, :3].mean(0)
    renderer.show(TrueScene(posed, maps.numpy(), groom, (0.02, 0.02, 0.4)), camera, "hair")
    blue = renderer.picture(set_up)[solid].mean(0)

    assert solid.sum() > 300
    assert red[0] > 2 * red[2]
    assert blue[2] > 2 * blue[0]
    assert blue[3] == 255


def test_depth_is_measured_along_the_camera_axis(
    renderer: TruthRenderer, posed: Posed, maps: torch.Tensor
) -> None:
    scene = TrueScene(posed, maps.numpy(), curtain(), BLACK_HAIR)
    camera = OrbitCamera(distance=1.2, target=(0.0, 0.0, 0.0))

    renderer.show(scene, camera, "hair")
    labels = renderer.labels()

    seen = labels.kind == CLASS_HAIR
    np.testing.assert_allclose(labels.depth[seen], 1.2 - 0.16, atol=1e-4)
    np.testing.assert_allclose(np.abs(labels.normal[seen]), [[0, 1, 0]] * seen.sum(), atol=1e-3)


def test_packed_labels_keep_a_tenth_of_a_millimetre(
    renderer: TruthRenderer, posed: Posed, maps: torch.Tensor
) -> None:
    renderer.show(TrueScene(posed, maps.numpy(), None, BLACK_HAIR), CAMERA)
    labels = renderer.labels()

    packed = packed_labels(labels)

    assert np.abs(packed["depth"] * 1e-4 - labels.depth).max() < 6e-5
    assert np.abs(packed["uv"] / 65535 - labels.uv).max() < 1e-5
    assert np.abs(packed["normal"] / 32767 - labels.normal).max() < 3e-5


def test_hair_shades_what_lies_behind_it(
    renderer: TruthRenderer, posed: Posed, maps: torch.Tensor
) -> None:
    groom = curtain()
    light = lighting(Light())
    renderer.show(TrueScene(posed, maps.numpy(), groom, BLACK_HAIR), OrbitCamera(), "bald")

    open_air = renderer.picture(SetUp.of(light, None)).astype(int)
    behind = renderer.picture(SetUp.of(light, HairReach.of(groom))).astype(int)

    assert (behind - open_air).sum() < 0
