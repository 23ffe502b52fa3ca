"""What RefineNet is given, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pytest
import torch

from head360.assets import REFINE_FILE
from head360.camera import OrbitCamera
from head360.engine import HeadEngine, finished
from head360.light import TRANSPARENT, Background
from head360.model.refine import RefineNet, RefineShape, load_refine, save_refine
from head360.model.sampling import random_person
from head360.rendering.refined import LAYERS, refined
from head360.rendering.request import RenderRequest
from head360.rendering.scene import Models, Scene, SceneBuilder
from head360.rendering.viewer import Shot, Viewer

Value = TypeVar("Value")
SIZE = 96
CLEAR = Shot(OrbitCamera(yaw_degrees=30), SIZE, SIZE, 2, background=TRANSPARENT)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def scene(models: Models) -> Scene:
    return SceneBuilder(models).build(random_person(3).with_(hairstyle="bob"))


@pytest.fixture(scope="module")
def viewer(gl, models: Models) -> Iterator[Viewer]:
    made = Viewer(models)
    yield made
    made.release()


@pytest.fixture
def net() -> RefineNet:
    torch.manual_seed(0)
    return RefineNet(RefineShape(8, 8, 1, 1)).requires_grad_(False)


def test_layers_are_what_drawing_each_mode_alone_gives(viewer: Viewer, scene: Scene) -> None:
    together = finished(viewer.layers(scene, CLEAR, LAYERS))

    for mode, picture in zip(LAYERS, together, strict=True):
        alone = finished(viewer.draw(scene, replace(CLEAR, mode=mode)))
        assert np.abs(picture.astype(int) - alone).max() <= 1


def test_the_guide_tells_hair_from_skin(viewer: Viewer, scene: Scene) -> None:
    _, _, _, guide = finished(viewer.layers(scene, CLEAR, LAYERS))
    alone = finished(viewer.draw(scene, replace(CLEAR, mode="head")))

    only_hair = (guide[..., 3] > 250) & (alone[..., 3] == 0)

    assert only_hair.sum() > 50
    assert guide[only_hair, 0].min() > 250
    assert guide[56:64, 52:58, 0].max() < 5  # a cheek


def test_an_untrained_network_leaves_the_viewers_picture(
    viewer: Viewer, scene: Scene, net: RefineNet
) -> None:
    drawn = finished(viewer.draw(scene, CLEAR))

    made = finished(refined(viewer, net, scene, CLEAR))

    assert np.array_equal(made, drawn)


def test_a_background_is_mixed_as_the_viewer_mixes_it(
    viewer: Viewer, scene: Scene, net: RefineNet
) -> None:
    shot = replace(CLEAR, background=Background((0.9, 0.5, 0.2), (0.1, 0.2, 0.8)))
    drawn = finished(viewer.draw(scene, shot))

    made = finished(refined(viewer, net, scene, shot))

    assert np.abs(made.astype(int) - drawn).max() <= 2


def test_the_same_shot_is_refined_to_the_same_picture(
    viewer: Viewer, scene: Scene, net: RefineNet
) -> None:
    torch.nn.init.normal_(net.head.weight, std=0.5)

    one = finished(refined(viewer, net, scene, CLEAR))
    other = finished(refined(viewer, net, scene, CLEAR))

    assert np.array_equal(one, other)
    assert not np.array_equal(one, finished(viewer.draw(scene, CLEAR)))


@pytest.fixture(scope="module")
def engine(gl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeadEngine]:
    """One whose RefineNet changes things."""
    torch.manual_seed(0)
    net = RefineNet(RefineShape(8, 8, 1, 1)).requires_grad_(False)
    torch.nn.init.normal_(net.head.weight, std=0.5)
    path = tmp_path_factory.mktemp("weights") / REFINE_FILE
    save_refine(path, net, "")
    made = HeadEngine()
    made._net = load_refine(path)
    yield made
    made.close()


def test_the_engine_shows_the_drawn_picture_first(engine: HeadEngine) -> None:
    request = RenderRequest(random_person(3), width=80, height=64, refine=True)

    *_, drawn, made = engine.refine(request, lambda: False)
    plain = engine.render(replace(request, refine=False))

    assert (drawn.complete, drawn.refined) == (False, False)
    assert (made.complete, made.refined) == (True, True)
    assert np.abs(drawn.image.astype(int) - plain.image).max() <= 2
    assert np.array_equal(made.image, engine.render(request).image)
    assert not np.array_equal(made.image, drawn.image)


def test_refining_ends_as_soon_as_nobody_wants_it(engine: HeadEngine) -> None:
    request = RenderRequest(random_person(3), width=80, height=64, refine=True)
    seen: list[bool] = []
    frames = []

    for frame in engine.refine(request, lambda: bool(seen)):
        frames.append(frame)
        if frame.image.shape[:2] == (64, 80):
            seen.append(True)  # drawn in full: from here on it is stale

    assert not frames[-1].complete
    assert not any(frame.refined for frame in frames)


def test_a_head_that_never_rests_is_still_seen(engine: HeadEngine) -> None:
    """A live face makes every draft stale before it is done."""
    request = RenderRequest(random_person(3), width=80, height=64)

    seen = [len(list(engine.refine(request, lambda: True))) for _ in range(4)]

    assert max(seen) == 1
    assert all(sum(pair) >= 1 for pair in pairwise(seen))


def test_drafts_and_other_views_are_left_alone(engine: HeadEngine) -> None:
    request = RenderRequest(random_person(3), width=48, height=48, mode="albedo", refine=True)

    assert not engine.render(request).refined
    assert not engine.render(replace(request, mode="shaded", draft=True)).refined
