"""Cuts the model's mesh into the parts of a bust: skin, eyes, teeth, mouth, and the cap below.

Each morph target is what one blendshape alone does to the mesh, exactly. Three things the model
does beyond adding them up: `mouthClose` is limited to `jawOpen` (`as_morphs` does it for weights),
eyeballs turn about their centres (their joints do it exactly, their morphs in a straight line), and
the neck turns (three joints about one pivot).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from head360.export.bake import SKIN_WIDTH, Baked
from head360.export.bust import (
    EYE_LEFT,
    JOINTS,
    NECK_STEPS,
    Floats,
    Indices,
    Material,
    Part,
    Pose,
)
from head360.model.bilinear import BilinearModel, Identity, eye_turn, limited, vertex_normals
from head360.model.neck import Neck, axis_angle, turn_shares
from head360.model.topology import Topology
from head360.params import EXPRESSIONS, FloatArray

#: The column of small tiles, from the bottom: v where each begins, then the split of the upper two.
_GUMS_FROM, _LASHES_FROM, _TEETH_FROM_U = 0.5, 0.75, 0.9
#: Parts in the order of a file: name and material.
PARTS = ("Skin", "Eyes", "Teeth", "Mouth", "Cap")
#: Joints of less weight are left out: a byte could not say so little.
_LEAST_WEIGHT = 0.003
_EYE_SHAPES = tuple(index for index, name in enumerate(EXPRESSIONS) if name.startswith("eyeLook"))


def parts_of(mesh: BilinearModel, identity: Identity) -> list[Part]:
    """The parts of one person, with all morph targets."""
    topology = mesh.topology
    triangles = torch.from_numpy(topology.triangles).long()
    normals = vertex_normals(identity.neutral, triangles)
    morphs = _morphs(mesh, identity)
    bent = torch.stack(
        [vertex_normals(identity.neutral + morph, triangles) - normals for morph in morphs]
    )
    shares = turn_shares(mesh.mean).numpy()
    places = _places(topology)
    arrays = (identity.neutral.numpy(), normals.numpy(), morphs.numpy(), bent.numpy())
    found = []
    for place, name in enumerate(PARTS):
        pairs, wired = _compact(topology.render_triangles[places == place])
        chosen = topology.render_vertex[pairs]
        joints, weights = _skinning(shares[chosen], topology.eye[chosen])
        found.append(
            Part(
                name,
                name,
                arrays[0][chosen],
                arrays[1][chosen],
                _own_uv(topology.render_uv[pairs], skin=place == 0),
                wired,
                joints,
                weights,
                arrays[2][:, chosen],
                arrays[3][:, chosen],
            )
        )
    return found


def materials_of(skin: Baked, rest: Baked) -> list[Material]:
    """The materials of `parts_of`."""
    return [
        Material("Skin", skin.color, skin.normal, skin.surface),
        Material("Eyes", rest.color, None, rest.surface, specular=1.0, coat=1.0),
        Material("Teeth", rest.color, rest.normal, rest.surface, coat=0.3),
        Material("Mouth", rest.color, rest.normal, rest.surface, coat=0.5),
        Material("Cap", rest.color, rest.normal, rest.surface, specular=0.3),
    ]


def joint_places(mesh: BilinearModel, identity: Identity) -> Floats:
    """(J, 3) metres."""
    pivot = Neck(mesh.mean).pivot(identity.neutral)
    below = pivot - pivot.new_tensor([0.0, 0.06, 0.0])
    rows = [below, *[pivot] * NECK_STEPS, *identity.eye_centers]
    return torch.stack(rows).numpy().astype(np.float32)


def pose_of(expression: FloatArray, head_pose: FloatArray) -> Pose:
    """The pose of an expression (52,) and yaw, pitch, roll (3,) degrees."""
    weights = torch.from_numpy(np.array(expression, np.float32))
    rotations = np.tile(np.array([0, 0, 0, 1], np.float32), (len(JOINTS), 1))
    axis, angle = axis_angle(head_pose)
    half = angle / NECK_STEPS / 2
    for step in range(1, NECK_STEPS + 1):
        rotations[step] = [*(axis.numpy() * math.sin(half)), math.cos(half)]
    for side, name in enumerate(("Left", "Right")):
        turn = eye_turn(weights, name, mirrored=side == 1)
        rotations[EYE_LEFT + side] = quaternion(turn)
    return Pose(as_morphs(expression), rotations)


def as_morphs(expression: FloatArray) -> FloatArray:
    """(52,) weights of morph targets for an expression: `mouthClose` at most `jawOpen`."""
    weights: FloatArray = limited(torch.from_numpy(np.array(expression, np.float32))).numpy()
    return weights


def quaternion(matrix: Tensor) -> Floats:
    """(4,) x, y, z, w of a rotation (3, 3) by less than half a turn."""
    m = matrix.double().numpy()
    w = math.sqrt(max(0.0, 1 + m[0, 0] + m[1, 1] + m[2, 2])) / 2
    axis = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    found = np.array([*(axis / (4 * w)), w])
    unit: Floats = (found / np.linalg.norm(found)).astype(np.float32)
    return unit


def neck_weights(shares: Floats) -> tuple[np.ndarray, Floats]:
    """Joints and weights (N, 4) of points that make a share (N,) of the neck's turn."""
    steps = shares.astype(np.float32) * NECK_STEPS
    low = np.minimum(steps.astype(np.uint8), NECK_STEPS - 1)
    upper = steps - low
    joints = np.zeros((len(shares), 4), np.uint8)
    weights = np.zeros((len(shares), 4), np.float32)
    joints[:, 0], weights[:, 0] = low, 1 - upper
    joints[:, 1], weights[:, 1] = low + 1, upper
    return _tidy(joints, weights)


def _skinning(shares: Floats, eye: np.ndarray) -> tuple[np.ndarray, Floats]:
    joints, weights = neck_weights(shares)
    turning = eye > 0
    joints[turning] = 0
    joints[turning, 0] = EYE_LEFT - 1 + eye[turning]
    weights[turning] = [1, 0, 0, 0]
    return joints, weights


def _tidy(joints: np.ndarray, weights: Floats) -> tuple[np.ndarray, Floats]:
    """Exactly one in sum, the heaviest joint first, no joint without weight."""
    swap = weights[:, 1] > weights[:, 0]
    joints[swap, :2] = joints[swap, 1::-1]
    weights[swap, :2] = weights[swap, 1::-1]
    light = weights[:, 1] < _LEAST_WEIGHT
    weights[light] = [1, 0, 0, 0]
    joints[weights == 0] = 0
    return joints, weights


def _morphs(mesh: BilinearModel, identity: Identity) -> Tensor:
    """(52, V, 3) metres."""
    morphs = identity.deltas.clone()
    eyes = torch.from_numpy(mesh.topology.eye > 0)
    morphs[:, eyes] = 0
    for shape in _EYE_SHAPES:
        weights = torch.zeros(len(EXPRESSIONS))
        weights[shape] = 1
        morphs[shape, eyes] = (mesh.pose(identity, weights) - identity.neutral)[eyes]
    return morphs


def _places(topology: Topology) -> np.ndarray:
    """(F,) index into PARTS of every triangle; lashes, which nothing draws, belong to none."""
    u, v = topology.render_uv[topology.render_triangles].mean(1).T
    column = u > SKIN_WIDTH
    teeth_side = u > _TEETH_FROM_U
    place = np.zeros(len(u), np.int64)
    place[column & (v < _GUMS_FROM)] = PARTS.index("Eyes")
    small = column & (v >= _GUMS_FROM)
    place[small & (v < _LASHES_FROM)] = PARTS.index("Mouth")
    place[small & (v < _LASHES_FROM) & teeth_side] = PARTS.index("Teeth")
    place[small & (v >= _LASHES_FROM) & teeth_side] = PARTS.index("Cap")
    place[~topology.drawn] = -1
    return place


def _own_uv(uv: Floats, *, skin: bool) -> Floats:
    """Places on the atlas as places on one half of it."""
    start, width = (0.0, SKIN_WIDTH) if skin else (SKIN_WIDTH, 1 - SKIN_WIDTH)
    return np.stack([(uv[:, 0] - start) / width, uv[:, 1]], 1).clip(0, 1).astype(np.float32)


def _compact(triangles: np.ndarray) -> tuple[np.ndarray, Indices]:
    """The corners that are used, and triangles into them."""
    used, wired = np.unique(triangles, return_inverse=True)
    return used, wired.reshape(-1, 3).astype(np.uint32)
