"""What a page knows of a head: mesh, expressions, skin, hair, light; and of a performance."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import torch

from head360.camera import FAR_M, NEAR_M, PITCH_LIMIT_DEGREES, OrbitCamera
from head360.edited import edited
from head360.export.busts import relaxed
from head360.export.page.hair import baked_hair
from head360.export.page.packing import Arrays, Facts
from head360.light import LIGHT_PRESETS, PHOTO_LIGHT, Background, Light
from head360.model import bilinear, jaw, neck
from head360.model.bilinear import Identity
from head360.model.neck import Neck, turn_shares
from head360.model.planes import (
    EMPTY_DEPTH,
    HAIR_BOX,
    HEAD_BOX,
    PLANES,
    RIGHT_AXES,
    UP_AXES,
    VIEW_AXES,
)
from head360.model.strand_noise import strand_noise
from head360.params import EXPRESSIONS, POSE_LIMITS, HeadParams
from head360.performance import Performance, Sample, applied
from head360.rendering import lighting, shade
from head360.rendering.gpu_hair import hair_paint_volume
from head360.rendering.gpu_head import facing_plane
from head360.rendering.reference import HEIGHT_RANGE
from head360.rendering.scene import Models, SceneBuilder

#: Steps of stored lengths, metres: of the neutral face, and of expressions.
NEUTRAL_STEP, DELTA_STEP = 2e-7, 2e-5
#: No vertex that moves less counts as moved by an expression, metres.
_LEAST = 1.2e-5
#: Steps of stored strand noise (standard deviations), of weights, and of the head's turn (degrees).
NOISE_STEP, WEIGHT_STEP, POSE_STEP = 1 / 28, 1 / 4000, 0.005

#: Arrays of whose neighbours only the differences are stored, and how far apart those lie.
STRIDES = {
    "neutral": 3, "delta_vertex": 1, "delta": 3, "triangles": 3, "map_color": 4, "map_surface": 3,
    "map_height": 1, "hair_density": 1, "hair_root": 2, "hair_tangent": 3, "hair_along": 1,
    "take_weights": 1, "take_pose": 1, "chosen": 1,
}  # fmt: skip


@torch.inference_mode()
def contents_of(
    models: Models,
    scenes: SceneBuilder,
    params: HeadParams,
    camera: OrbitCamera,
    background: Background,
) -> Generator[None, None, tuple[Facts, Arrays]]:
    """Facts and arrays of a head, for `packing.packed`."""
    shown, still = edited(params), relaxed(params)
    scene = scenes.build(still)
    identity = scenes.identity(still)
    yield
    facts: Facts = {
        "constants": _constants(),
        "expressions": EXPRESSIONS,
        "expression": shown.expression.tolist(),
        "pose": shown.head_pose.tolist(),
        "camera": asdict(camera),
        "background": [background.inner, background.outer],
        "strands": shade.SINGLE_STRANDS,
        "hair_color": scene.hair_color.tolist(),
        "hair_tones": scene.hair_tones.flatten().tolist(),
        "eyes": identity.eye_centers.tolist(),
        "pivot": Neck(models.mesh.mean).pivot(identity.neutral).tolist(),
    }
    arrays = {**_mesh(models, identity), **_moves(identity)}
    yield
    arrays |= _painted(scene.maps.numpy())
    arrays["hair_paint"] = hair_paint_volume(scene.hair_paint).astype(np.float16)
    facts["light"], lights = _lights(shown)
    arrays |= lights
    yield
    if scene.hair is not None:
        facts["hair"], hair = yield from baked_hair(models.hair, scene.hair)
        arrays |= {**hair, **_jaw(models, identity)}
    return facts, arrays


def _constants() -> Facts:
    """Numbers that the page shares with the viewer and the model."""
    boxes = {"head": asdict(HEAD_BOX), "hair": asdict(HAIR_BOX)}
    sides = [HEAD_BOX.half_size(k) for k in range(PLANES)]
    depths = [HEAD_BOX.half_depth(k) for k in range(PLANES)]
    planes = {"view": VIEW_AXES, "up": UP_AXES, "right": RIGHT_AXES, "sides": sides}
    return {
        "boxes": boxes,
        "planes": {**planes, "depths": depths, "empty": EMPTY_DEPTH},
        "camera": {"near": NEAR_M, "far": FAR_M, "pitch": PITCH_LIMIT_DEGREES},
        "shadow": {
            "size": lighting.SHADOW_SIZE, "half": lighting.SHADOW_HALF,
            "centre": lighting.SHADOW_CENTRE, "depth": shade.SHADOW_DEPTH,
            "bias": shade.SHADOW_BIAS,
        },
        "light": lighting.REACH,
        "eyes": {"yaw": bilinear.EYE_YAW, "pitch": bilinear.EYE_PITCH},
        "neck": {**neck.CONSTANTS, "limits": POSE_LIMITS},
        "jaw": jaw.CONSTANTS,
        "steps": {
            "neutral": NEUTRAL_STEP, "delta": DELTA_STEP, "noise": NOISE_STEP,
            "weight": WEIGHT_STEP, "pose": POSE_STEP, "height": HEIGHT_RANGE / 65535,
        },
    }  # fmt: skip


def _mesh(models: Models, identity: Identity) -> Arrays:
    topology, mean = models.mesh.topology, models.mesh.mean
    fine = [facing_plane(topology, mean.numpy(), k) for k in range(PLANES)]
    coarse = [facing_plane(topology, mean.numpy(), k, coarse=True) for k in range(PLANES)]
    neutral = np.rint(identity.neutral.numpy().astype(np.float64) / NEUTRAL_STEP)
    return {
        "neutral": neutral.astype(np.int32),
        "eye": topology.eye,
        "shares": turn_shares(mean).numpy(),
        "chosen": topology.render_vertex.astype(np.uint16),
        "uv": topology.render_uv.astype(np.float32),
        "triangles": topology.render_triangles.astype(np.uint16),
        "material": topology.triangle_material,
        "fine": _bits([*fine, topology.openings]),
        "coarse": _bits(coarse),
    }


def _bits(chosen: list[npt.NDArray[np.bool_]]) -> npt.NDArray[np.uint8]:
    """(F,) one bit for each plane, and for what else is chosen."""
    each = [flags.astype(np.uint8) << k for k, flags in enumerate(chosen)]
    bits: npt.NDArray[np.uint8] = np.bitwise_or.reduce(each)
    return bits


def _moves(identity: Identity) -> Arrays:
    """The vertices that each expression moves, one expression after another."""
    deltas = identity.deltas.numpy()
    moved = np.linalg.norm(deltas, axis=2) > _LEAST
    return {
        "delta_count": moved.sum(1).astype(np.uint32),
        "delta_vertex": np.nonzero(moved)[1].astype(np.uint16),
        "delta": np.rint(deltas[moved] / DELTA_STEP).astype(np.int16),
    }


def _painted(maps: npt.NDArray[np.float32]) -> Arrays:
    """The texture maps, their rows from the bottom."""

    def integers(channels: npt.NDArray[np.float32], most: int) -> npt.NDArray[np.float64]:
        return np.rint(channels.transpose(1, 2, 0).clip(0, 1).astype(np.float64) * most)

    return {
        "map_color": integers(maps[:4], 255).astype(np.uint8),
        "map_surface": integers(maps[4:7], 255).astype(np.uint8),
        "map_height": integers(maps[7:], 65535).astype(np.uint16),
    }


def _lights(shown: HeadParams) -> tuple[Facts, Arrays]:
    """Every preset at full strength, as it is before it is turned, and the photo's light if any."""
    photo = shown.photo_light
    names = LIGHT_PRESETS if photo is None else (*LIGHT_PRESETS, PHOTO_LIGHT)
    facts: Facts = {**asdict(shown.light), "preset": shown.shown_light, "presets": {}}
    probes: dict[str, list[npt.NDArray[np.float16]]] = {"sharp": [], "blurred": []}
    for name in names:
        preset = lighting.lighting(Light(name), photo)
        facts["presets"][name] = {
            "irradiance": preset.irradiance.tolist(),
            "directions": preset.directions.tolist(),
            "colors": preset.colors.tolist(),
            "gloss": preset.gloss.tolist(),
        }
        for kind, images in probes.items():
            images.append(getattr(preset, kind).astype(np.float16))
    noise = np.rint(strand_noise() / NOISE_STEP).clip(-127, 127).astype(np.int8)
    return facts, {"noise": noise, **{kind: np.stack(images) for kind, images in probes.items()}}


def _jaw(models: Models, identity: Identity) -> Arrays:
    near, moves = jaw.Jaw(models.mesh.topology, models.mesh.mean).moves(identity)
    return {
        "jaw_near": near.numpy().astype(np.uint32),
        "jaw_moves": moves.numpy().astype(np.float32),
    }


def take_arrays(head: HeadParams, take: Performance) -> Arrays:
    """A performance as a head plays it, one channel after another."""
    shown = edited(head)
    moments = zip(take.times, take.expression, take.head_pose, strict=True)
    faces = [
        applied(shown, Sample(float(time), weights, turn, take.unknown))
        for time, weights, turn in moments
    ]
    weights = np.stack([face.expression for face in faces]).astype(np.float64)
    pose = np.stack([face.head_pose for face in faces]).astype(np.float64)
    return {
        "take_times": take.times.astype(np.float32),
        "take_weights": np.rint(weights.T / WEIGHT_STEP).astype(np.uint16),
        "take_pose": np.rint(pose.T / POSE_STEP).astype(np.int16),
    }
