"""What RefineNet is given, and what becomes of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
import torch

from head360.camera import OrbitCamera
from head360.light import TRANSPARENT, Background
from head360.model.refine import RefineNet, RefineShape
from head360.model.sampling import random_person
from head360.rendering.refined import LAYERS, refined
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


def finished(steps: Generator[None, None, Value]) -> Value:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


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
