"""A head as other programs know heads: meshes, morph targets, joints, pictures. Plain arrays.

Every writer (`gltf`, `obj`, `usd`, `ply`) takes a `Bust`. Head space is glTF's space: metres, +x to
the head's own left, +y up, +z out of the face. UVs have v = 0 at the bottom, pictures their top row
first, so a writer whose v runs downwards turns it over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Indices: TypeAlias = npt.NDArray[np.uint32]
Image: TypeAlias = npt.NDArray[np.uint8]

#: Joints of every bust, and each one's parent. The neck turns in three equal steps about one pivot.
JOINTS: tuple[tuple[str, int | None], ...] = (
    ("Shoulders", None), ("NeckLower", 0), ("NeckUpper", 1), ("Head", 2),
    ("EyeLeft", 3), ("EyeRight", 3),
)  # fmt: skip
SHOULDERS, HEAD, EYE_LEFT, EYE_RIGHT = 0, 3, 4, 5
#: Joints of the neck that share a turn.
NECK_STEPS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """How a surface looks, in terms of metallic-roughness shading."""

    name: str
    color: Image  # (H, W, 3 or 4) sRGB, straight alpha
    normal: Image | None = None  # (H, W, 3) tangent space, green up
    surface: Image | None = None  # (H, W, 3) occlusion, roughness, metallic (none)
    roughness: float = 1.0  # multiplies `surface`, or stands alone
    specular: float = 1.0  # share of the reflection of a dielectric of index 1.5
    coat: float = 0.0  # a clear wet layer, 0 … 1
    alpha_cutoff: float | None = None  # None: opaque; else what is less is not there
    double_sided: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One mesh with one material."""

    name: str
    material: str
    points: Floats  # (N, 3) metres, neutral face, straight neck
    normals: Floats  # (N, 3) unit
    uv: Floats  # (N, 2) 0 … 1, v upwards
    triangles: Indices  # (F, 3) counter-clockwise from outside
    joints: npt.NDArray[np.uint8]  # (N, 4) into JOINTS
    weights: Floats  # (N, 4) that sum to one
    morphs: Floats | None = None  # (52, N, 3) metres at full weight, in the order of EXPRESSIONS
    morph_normals: Floats | None = None  # (52, N, 3) change of the normals


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """What the joints and the face do at one moment."""

    expression: Floats  # (52,) weights as the meshes need them
    rotations: Floats  # (J, 4) of JOINTS against their parents, quaternions x, y, z, w


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """An animation."""

    name: str
    times: Floats  # (K,) seconds, growing
    poses: tuple[Pose, ...]  # K of them


@dataclass(frozen=True, slots=True, eq=False)
class Bust:
    """A head with everything another program needs of it."""

    name: str
    parts: tuple[Part, ...]
    materials: tuple[Material, ...]
    joint_places: Floats  # (J, 3) metres at rest
    pose: Pose  # as it is when nothing plays
    clips: tuple[Clip, ...] = field(default=())

    def material(self, name: str) -> Material:
        """The material of this name."""
        return next(material for material in self.materials if material.name == name)


def posed(bust: Bust, part: Part, pose: Pose) -> tuple[Floats, Floats]:
    """Points (N, 3) metres and unit normals (N, 3) of a part in a pose.

    Morphs first, then linear blend skinning: what every reader of the files computes. Eyeballs
    follow their joints, so their morphs for gaze are left out.
    """
    points, normals = part.points, part.normals
    if part.morphs is not None and part.morph_normals is not None:
        weights = morph_weights(part, pose)
        points = points + np.einsum("e,enc->nc", weights, part.morphs)
        normals = normals + np.einsum("e,enc->nc", weights, part.morph_normals)
    matrices = joint_matrices(bust, pose)
    blended = np.einsum("nk,nkij->nij", part.weights, matrices[part.joints])
    points = np.einsum("nij,nj->ni", blended[:, :, :3], points) + blended[:, :, 3]
    normals = np.einsum("nij,nj->ni", blended[:, :, :3], normals)
    length = np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-12)
    return points.astype(np.float32), (normals / length).astype(np.float32)


def morph_weights(part: Part, pose: Pose) -> Floats:
    """(52,) weights of a part's morphs in a pose: eyeballs turn by their joints instead."""
    turned = bool(np.isin(part.joints[:1, 0], (EYE_LEFT, EYE_RIGHT)).all())
    return np.zeros_like(pose.expression) if turned else pose.expression


def joint_matrices(bust: Bust, pose: Pose) -> Floats:
    """(J, 3, 4): from the bust at rest to where each joint has turned it."""
    matrices = np.zeros((len(JOINTS), 3, 4), np.float32)
    for joint, (_, parent) in enumerate(JOINTS):
        turn = rotation_matrix(pose.rotations[joint])
        place = bust.joint_places[joint]
        own = np.concatenate([turn, (place - turn @ place)[:, None]], 1)
        if parent is not None:
            above = matrices[parent]
            own = np.concatenate(
                [above[:, :3] @ own[:, :3], above[:, :3] @ own[:, 3:] + above[:, 3:]], 1
            )
        matrices[joint] = own
    return matrices


def rotation_matrix(quaternion: Floats) -> Floats:
    """(3, 3) of a unit quaternion x, y, z, w."""
    x, y, z, w = (float(n) for n in quaternion)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.array(rows, np.float32)
