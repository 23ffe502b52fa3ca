"""Makes the bust of a head: what every mesh file is written from."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from head360.edited import edited
from head360.export.anatomy import joint_places, materials_of, parts_of, pose_of
from head360.export.bake import bake
from head360.export.bust import Bust, Clip, Floats
from head360.export.hair import hair_parts
from head360.export.options import HairKind
from head360.light import Light
from head360.params import EXPRESSIONS, HeadParams
from head360.performance import Performance, Sample, applied
from head360.rendering.scene import Models, Scene, SceneBuilder
from head360.rendering.strands import hair_colors, painted_hair

#: Width of the hair's pictures, pixels: lanes of strands gain nothing from more.
_HAIR_TEXTURE = 2048


@torch.inference_mode()
def bust_of(
    models: Models,
    scenes: SceneBuilder,
    params: HeadParams,
    *,
    name: str = "Head",
    texture: int = 2048,
    hair: HairKind = "cards",
    cards: int = 5000,
) -> Generator[None, None, Bust]:
    """Everything other programs need of a head.

    Args:
        models: what was trained.
        scenes: a builder; what it remembers is used again.
        params: the head; its expression and turn become the pose.
        name: what it is called.
        texture: width of the skin's pictures, pixels.
        hair: how hair is made.
        cards: about how many cards, if it is made of cards.
    """
    shown, neutral = edited(params), relaxed(params)
    scene = scenes.build(neutral)
    yield
    identity = scenes.identity(neutral)
    parts = parts_of(models.mesh, identity)
    yield
    skin, rest = yield from bake(scene.maps, models.mesh.topology, identity.neutral, texture)
    materials = materials_of(skin, rest)
    if scene.hair is not None:
        size = min(texture, _HAIR_TEXTURE)
        strands, more = yield from hair_parts(
            models.hair,
            scene.hair,
            _scalp(models),
            partial(_hair_colors, scene),
            hair,
            count=cards,
            size=size,
            varied=scene.hair_paint is not None or scene.hair.style.gains is not None,
        )
        parts += strands
        materials += more
    places = joint_places(models.mesh, identity)
    pose = pose_of(shown.expression, shown.head_pose)
    return Bust(name, tuple(parts), tuple(materials), places, pose)


def _hair_colors(scene: Scene, along: Floats, root: Floats) -> Floats:
    """Linear RGB (N, 3) of hair at shares (N, 1) of strands that start at (N, 2) of the scalp."""
    shares = torch.from_numpy(along)
    own = hair_colors(shares, scene.hair_color, scene.hair_tones)
    painted: Floats = painted_hair(own, torch.from_numpy(root), shares, scene.hair_paint).numpy()
    return painted


def _scalp(models: Models) -> Tensor:
    """(M, 3) metres: vertices of the mean head where hair grows."""
    bearing = torch.from_numpy(models.mesh.topology.scalp) > 0
    return models.mesh.mean[bearing]


def relaxed(params: HeadParams) -> HeadParams:
    """The same head without edit layers, at rest and looking straight on.

    In a light of ours: hues of a photo's light must not be baked.
    """
    still, straight = np.zeros(len(EXPRESSIONS), np.float32), np.zeros(3, np.float32)
    return edited(params).with_(expression=still, head_pose=straight, light=Light())


def clip_of(params: HeadParams, performance: Performance) -> Clip:
    """A performance as an animation of that head's bust."""
    shown = edited(params)
    moments = zip(performance.times, performance.expression, performance.head_pose, strict=True)
    faces = [
        applied(shown, Sample(float(time), weights, turn, performance.unknown))
        for time, weights, turn in moments
    ]
    poses = tuple(pose_of(face.expression, face.head_pose) for face in faces)
    return Clip(performance.name, performance.times.astype(np.float32), poses)
