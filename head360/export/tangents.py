"""Tangents of a mesh: where its texture's u grows, so that every reader bends normals alike."""

from __future__ import annotations

import numpy as np

from head360.export.bust import Floats, Indices


def tangents_of(points: Floats, normals: Floats, uv: Floats, triangles: Indices) -> Floats:
    """(N, 4) unit tangents and the bitangent's sign, as glTF wants them.

    Means over the triangles around each vertex, made perpendicular to its normal.

    Args:
        points: (N, 3) metres.
        normals: (N, 3) unit.
        uv: (N, 2), v upwards.
        triangles: (F, 3) into all three.
    """
    along_u, sign = _of_faces(points[triangles], uv[triangles])
    sums = np.zeros_like(points)
    signs = np.zeros(len(points), np.float32)
    for corner in range(3):
        np.add.at(sums, triangles[:, corner], along_u)
        np.add.at(signs, triangles[:, corner], sign)
    flat = sums - normals * (sums * normals).sum(1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    lost = length[:, 0] < 1e-9
    flat[lost] = _any_perpendicular(normals[lost])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    handed = np.where(signs < 0, -1, 1)[:, None]
    return np.concatenate([flat, handed], 1).astype(np.float32)


def _of_faces(points: Floats, uv: Floats) -> tuple[Floats, Floats]:
    """Directions (F, 3) of growing u, as long as the face is large, and signs (F,)."""
    a, b = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    p, q = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    sign = np.sign(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])
    along = (a * q[:, 1:] - b * p[:, 1:]) * sign[:, None]
    length = np.linalg.norm(along, axis=1, keepdims=True).clip(1e-12)
    size = np.linalg.norm(np.cross(a, b), axis=1, keepdims=True)
    return (along / length * size).astype(np.float32), sign.astype(np.float32)


def _any_perpendicular(normals: Floats) -> Floats:
    """(N, 3) unit vectors across normals (N, 3)."""
    least = np.eye(3, dtype=np.float32)[np.abs(normals).argmin(1)]
    across = np.cross(normals, least)
    found: Floats = across / np.linalg.norm(across, axis=1, keepdims=True).clip(1e-12)
    return found
