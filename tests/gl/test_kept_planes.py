"""Planes and shadows of drafts, drawn again only where they are stale, equal those drawn afresh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import moderngl
import numpy as np
import pytest

from head360.model.sampling import random_person
from head360.params import EXPRESSIONS, POSE_LIMITS, HeadParams
from head360.rendering.gpu_head import GpuHead
from head360.rendering.scene import Models, Scene, SceneBuilder
from head360.rendering.viewer import DRAFT_PLANES, FINE_PLANES

Change = Callable[[HeadParams, np.random.Generator], HeadParams]
#: What is compared: channels of an atlas and how far a texel may be off.
LIMITS = {
    "u_head_color": ([0, 1, 2, 3], 0.03),
    "u_head_shape": ([0, 1, 2], 0.03),
    "u_head_surface": ([0, 1, 2, 3], 0.03),
}
DEPTH_M = 1e-4


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


def making(person: HeadParams, name: str, weight: float) -> HeadParams:
    weights = person.expression.copy()
    weights[EXPRESSIONS.index(name)] = weight
    return person.with_(expression=weights)


def one_shape(person: HeadParams, rng: np.random.Generator) -> HeadParams:
    return making(person, EXPRESSIONS[rng.integers(len(EXPRESSIONS))], rng.random())


def a_little(person: HeadParams, rng: np.random.Generator) -> HeadParams:
    name = "jawOpen"
    return making(person, name, person.expression[EXPRESSIONS.index(name)] + rng.random() * 1e-3)


def another_face(person: HeadParams, rng: np.random.Generator) -> HeadParams:
    size = len(EXPRESSIONS)
    return person.with_(expression=(rng.random(size) * (rng.random(size) < 0.3)).astype(np.float32))


def someone_else(person: HeadParams, rng: np.random.Generator) -> HeadParams:
    return person.with_(shape=random_person(int(rng.integers(100))).shape)


def other_skin(person: HeadParams, rng: np.random.Generator) -> HeadParams:
    return person.with_(texture=random_person(int(rng.integers(100))).texture)


def turned(person: HeadParams, rng: np.random.Generator) -> HeadParams:
    return person.with_(head_pose=rng.uniform(-1, 1, 3) * POSE_LIMITS)


def straight(person: HeadParams, _: np.random.Generator) -> HeadParams:
    return person.with_(head_pose=(0.0, 0.0, 0.0))


CHANGES: list[Change] = [
    one_shape, one_shape, a_little, a_little, another_face, someone_else, other_skin, turned,
    straight,
]  # fmt: skip


def take(head: GpuHead, scene: Scene, last: Scene | None) -> None:
    """As the viewer does."""
    if last is None or last.maps is not scene.maps:
        head.paint(scene.maps.numpy())
    if last is None or last.vertices is not scene.vertices:
        head.pose(scene.vertices.numpy(), scene.normals.numpy())
    if last is None or last.placed is not scene.placed:
        head.place(scene.placed.numpy(), scene.turned.shares.numpy() if scene.turned else None)


def shown(
    head: GpuHead, scene: Scene, size: int, *, coarse: bool = True
) -> dict[str, np.ndarray[Any, Any]]:
    """Atlases (rows, columns, 4) and the shadow map."""
    head.cast_shadow(scene.lighting.directions[0], coarse=coarse)
    found = {}
    for name, atlas in head.planes(size, coarse=coarse).items():
        kind = np.float16 if atlas.dtype == "f2" else np.float32
        columns, rows = atlas.size
        found[name] = np.frombuffer(atlas.read(), kind).reshape(rows, columns, 4).astype(np.float32)
    return found | {"shadow": np.frombuffer(head.shadow.read(), np.float32)}


def differing(one: dict[str, Any], other: dict[str, Any]) -> dict[str, float]:
    """Shares of texels that are visibly off."""
    shares = {
        name: float((abs(one[name] - other[name])[..., channels].max(-1) > limit).mean())
        for name, (channels, limit) in LIMITS.items()
    }
    depths = abs(one["u_head_shape"] - other["u_head_shape"])[..., 3]
    shadow = abs(one["shadow"] - other["shadow"])
    return {**shares, "depth": float((depths > DEPTH_M).mean()), "shadow": (shadow > 1e-3).mean()}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_has_changed_the_planes_are_as_if_drawn_afresh(
    models: Models, gl: moderngl.Context, seed: int
) -> None:
    rng, builder = np.random.default_rng(seed), SceneBuilder(models)
    mesh = models.mesh
    person, last = random_person(seed).with_(hairstyle=None), None
    with gl:
        kept = GpuHead(gl, mesh.topology, mesh.mean.numpy())
        for step in range(10):
            person = CHANGES[rng.integers(len(CHANGES))](person, rng)
            scene = builder.build(person)
            take(kept, scene, last)
            last = scene
            size = DRAFT_PLANES[int(rng.integers(2))]
            if rng.random() < 0.3:
                continue  # a draft that never came to be
            now = shown(kept, scene, size)
            if step % 3 == 0:
                fresh = GpuHead(gl, mesh.topology, mesh.mean.numpy())
                take(fresh, scene, None)
                for name, share in differing(now, shown(fresh, scene, size)).items():
                    assert share < 5e-4, f"{name} after step {step}"


def test_a_finished_picture_after_drafts_is_drawn_wholly(
    models: Models, gl: moderngl.Context
) -> None:
    """Even of what has moved too little for drafts."""
    builder, mesh = SceneBuilder(models), models.mesh
    person = random_person(1).with_(hairstyle=None)
    with gl:
        kept = GpuHead(gl, mesh.topology, mesh.mean.numpy())
        before = builder.build(person)
        take(kept, before, None)
        shown(kept, before, FINE_PLANES, coarse=False)
        after = builder.build(making(person, "jawOpen", 2e-4))
        take(kept, after, before)
        drafted = shown(kept, after, DRAFT_PLANES[0])
        now = shown(kept, after, FINE_PLANES, coarse=False)
        fresh = GpuHead(gl, mesh.topology, mesh.mean.numpy())
        take(fresh, after, None)
        wanted = shown(fresh, after, FINE_PLANES, coarse=False)

    assert drafted["u_head_color"].any()
    for name, values in wanted.items():
        np.testing.assert_array_equal(now[name], values, name)


def test_a_blink_leaves_most_of_the_planes_alone(models: Models, gl: moderngl.Context) -> None:
    builder, mesh = SceneBuilder(models), models.mesh
    person = random_person(1).with_(hairstyle=None)
    with gl:
        head = GpuHead(gl, mesh.topology, mesh.mean.numpy())
        before = builder.build(person)
        take(head, before, None)
        first = shown(head, before, DRAFT_PLANES[0])
        head.planes(DRAFT_PLANES[0], coarse=True)["u_head_color"].write(
            np.ones_like(first["u_head_color"], np.float16).tobytes()
        )
        after = builder.build(making(person, "eyeBlinkLeft", 0.5))
        take(head, after, before)
        drawn = shown(head, after, DRAFT_PLANES[0])["u_head_color"]

    assert 0.7 < (drawn == 1).all(-1).mean() < 0.999
