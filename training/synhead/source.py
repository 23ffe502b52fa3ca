"""Reads the source head model (ict_head.npz, from ICT-FaceKit) and wires it for the product."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from head360.model.topology import EYE, LASH, MOUTH, SKIN, TEETH, Topology, render_pairs
from head360.params import EXPRESSIONS

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]
Vertices = npt.NDArray[np.int64]

CM = 0.01
#: Parts of the source mesh.
FACE, HEAD_NECK, MOUTH_SOCKET, SOCKET_LEFT, SOCKET_RIGHT, GUMS, TEETH_PART = range(7)
EYEBALL_LEFT, EYEBALL_RIGHT, LASHES_LEFT, LASHES_RIGHT = 7, 8, 15, 16
CAP = 20  # our own part: what closes the neck
#: Materials of the source that are eyeballs' inner shells; the outer shell carries their picture.
_INNER_SHELLS = (6, 7)
_MATERIALS = {MOUTH_SOCKET: MOUTH, GUMS: MOUTH, TEETH_PART: TEETH, EYEBALL_LEFT: EYE,
              EYEBALL_RIGHT: EYE, LASHES_LEFT: LASH, LASHES_RIGHT: LASH}  # fmt: skip
#: Where parts lie on the atlas: offset and scale of their source UVs, in tiles.
_TILES = {
    EYEBALL_LEFT: ((2.0, 0.0), 0.5), EYEBALL_RIGHT: ((2.0, 0.0), 0.5),
    GUMS: ((1.5, 0.5), 0.25), TEETH_PART: ((1.5, 0.5), 0.25),
    LASHES_LEFT: ((0.5, 0.75), 0.25), LASHES_RIGHT: ((0.5, 0.75), 0.25),
}  # fmt: skip
#: The cap below the neck: its rim lies this far below and inside the neck's edge, metres and share.
_CAP_DROP, _CAP_INSET = 0.004, 0.05
_CAP_CENTRE, _CAP_RADIUS = (2.375, 0.875), 0.115  # tiles
_LID_VERTICES = 52
#: Landmarks on the inner edges of the lips, one above the other; lips of a face at rest touch.
_UPPER_LIP, _LOWER_LIP = [61, 62, 63], [67, 66, 65]
_LIPS_OVERLAP = 0.0003  # metres
_MOUTH_CLOSE = EXPRESSIONS.index("mouthClose")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The source's shapes in metres, the neck closed."""

    mean: Floats  # (V, 3)
    modes: Floats  # (100, V, 3) one standard deviation each
    expressions: Floats  # (52, V, 3)
    semantic: Floats  # (27, V, 3) at weight 1
    semantic_names: tuple[str, ...]
    eye_centers: Floats  # (2, 3) left and right
    topology: Topology


def load_source(folder: Path) -> Source:
    """Read `folder`/ict_head.npz."""
    with np.load(folder / "ict_head.npz") as data:
        arrays = {name: data[name] for name in data.files}
    closing = _closing(arrays)
    mean = arrays["verts"].astype(np.float32) * np.float32(CM)
    cap = closing.weights @ mean[closing.loop] - np.array([0, _CAP_DROP, 0], np.float32)
    closed = np.concatenate([mean, cap]).astype(np.float32)
    expressions = _shapes(arrays, "expr_deltas", closing)
    seal = _LipSeal(arrays["lmk68"].astype(np.int64), expressions[_MOUTH_CLOSE])
    return Source(
        seal(closed[None], _LIPS_OVERLAP)[0],
        seal(_shapes(arrays, "id_deltas", closing)),
        expressions,
        seal(_shapes(arrays, "sem_deltas", closing)),
        tuple(str(name) for name in arrays["sem_names"]),
        arrays["eye_center_neutral"].astype(np.float32) * np.float32(CM),
        _topology(arrays, closing, closed),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _LipSeal:
    """Closes lips that the source leaves almost a millimetre apart, by a little mouthClose.

    How much is linear in the shape, so modes can be sealed one by one.
    """

    landmarks: Vertices  # (68,)
    direction: Floats  # (V, 3)

    def __call__(self, shapes: Floats, overlap: float = 0.0) -> Floats:
        """Shapes (K, V, 3), lips together, or overlapping by so many metres."""
        share = (self._gap(shapes) + overlap) / self._gap(self.direction[None])
        sealed: Floats = (shapes - share[:, None, None] * self.direction).astype(np.float32)
        return sealed

    def _gap(self, shapes: Floats) -> npt.NDArray[np.float64]:
        """(K,) metres between the lips, the mean of three places."""
        height = shapes[:, self.landmarks, 1].astype(np.float64)
        gaps: npt.NDArray[np.float64] = (height[:, _UPPER_LIP] - height[:, _LOWER_LIP]).mean(1)
        return gaps


@dataclass(frozen=True, slots=True, eq=False)
class _Closing:
    """New vertices below the neck, as mixtures of the open edge's."""

    loop: Vertices  # (L,) vertices of the edge, in the direction of its triangles
    weights: Floats  # (L + 1, L)
    triangles: Vertices  # (G, 3) into all vertices


def _shapes(arrays: dict[str, npt.NDArray[Any]], name: str, closing: _Closing) -> Floats:
    """(K, V, 3) metres, the cap's vertices included."""
    step = np.float32(float(arrays["step_cm"]) * CM)
    scaled = arrays[name].astype(np.float32) * step
    cap = np.einsum("cl,klx->kcx", closing.weights, scaled[:, closing.loop])
    shapes: Floats = np.concatenate([scaled, cap], 1)
    return shapes


def _closing(arrays: dict[str, npt.NDArray[Any]]) -> _Closing:
    triangles = arrays["tris"].astype(np.int64)
    outer = triangles[np.isin(arrays["tri_part"], range(SOCKET_RIGHT + 1))]
    loop = max(boundary_loops(outer), key=len)
    count, first = len(loop), len(arrays["verts"])
    mean = np.full((1, count), 1 / count)
    rim = (1 - _CAP_INSET) * np.eye(count) + _CAP_INSET * mean
    here, after = np.arange(count), (np.arange(count) + 1) % count
    a, b, c, d = loop[here], loop[after], first + here, first + after
    centre = np.full(count, first + count)
    faces = [np.stack(corners, 1) for corners in ((b, a, c), (b, c, d), (d, c, centre))]
    return _Closing(loop, np.concatenate([rim, mean]).astype(np.float32), np.concatenate(faces))


def boundary_loops(triangles: Vertices) -> list[Vertices]:
    """Open edges of (F, 3) triangles as closed loops of vertices."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    sides = np.sort(edges, 1)
    _, inverse, counts = np.unique(sides, axis=0, return_inverse=True, return_counts=True)
    following = dict(edges[counts[inverse.ravel()] == 1].tolist())
    loops = []
    while following:
        vertex, loop = next(iter(following)), []
        while vertex in following:
            loop.append(vertex)
            vertex = following.pop(vertex)
        loops.append(np.array(loop, np.int64))
    return loops


def _topology(arrays: dict[str, npt.NDArray[Any]], closing: _Closing, mean: Floats) -> Topology:
    kept = ~np.isin(arrays["tri_mat"], _INNER_SHELLS)
    triangles = np.concatenate([arrays["tris"][kept].astype(np.int64), closing.triangles])
    uv, uv_triangles = _atlas(arrays, kept, closing, mean)
    added = len(closing.weights)
    vertex_part = np.append(arrays["part"], np.full(added, CAP)).astype(np.uint8)
    material = [_MATERIALS.get(int(p), SKIN) for p in arrays["tri_part"][kept]]
    material += [SKIN] * len(closing.triangles)
    pairs = render_pairs(triangles.astype(np.int32), uv_triangles)
    upper, lower = _lids(arrays)
    return Topology(
        triangles=triangles.astype(np.int32),
        uv_triangles=uv_triangles,
        uv=uv,
        triangle_material=np.array(material, np.uint8),
        vertex_part=vertex_part,
        occlusion=_extended(arrays["ao"], added, 1.0),
        scalp=_extended(arrays["scalp_weight"], added, 0.0),
        eye=((vertex_part == EYEBALL_LEFT) + 2 * (vertex_part == EYEBALL_RIGHT)).astype(np.uint8),
        landmarks68=arrays["lmk68"].astype(np.int32),
        mp_triangles=arrays["mp_tri"].astype(np.int32),
        mp_barycentric=arrays["mp_bary"].astype(np.float32),
        iris_landmarks=arrays["iris_lmk"].astype(np.int32),
        rigid=arrays["rigid_verts"].astype(np.int32),
        upper_lids=upper,
        lower_lids=lower,
        render_vertex=pairs[0],
        render_uv=uv[pairs[1]],
        render_triangles=pairs[2],
    )


def _extended(byte_values: npt.NDArray[Any], added: int, value: float) -> Floats:
    """Bytes 0 … 255 as 0 … 1, with a value for the cap."""
    return np.append(byte_values.astype(np.float32) / 255, np.full(added, value, np.float32))


def _atlas(
    arrays: dict[str, npt.NDArray[Any]],
    kept: npt.NDArray[np.bool_],
    closing: _Closing,
    mean: Floats,
) -> tuple[Floats, Indices]:
    """Places (N, 2) on the atlas and the triangles (F, 3) between them, cap included."""
    part = arrays["tri_part"][kept].astype(np.int64)
    corners = arrays["uv"][arrays["tri_uv"][kept].astype(np.int64)].astype(np.float64)  # (F, 3, 2)
    right = part == EYEBALL_RIGHT
    corners[right, :, 0] = 1 - corners[right, :, 0]  # both eyes show one picture, mirrored
    for number, (offset, scale) in _TILES.items():
        chosen = part == number
        corners[chosen] = corners[chosen] * scale + offset
    cap = mean[closing.triangles][..., [0, 2]].astype(np.float64)
    edge = mean[closing.loop][:, [0, 2]]
    radius = np.abs(edge - edge.mean(0)).max()
    cap = (cap - edge.mean(0)) / radius * _CAP_RADIUS + _CAP_CENTRE
    placed = np.concatenate([corners, cap]) / (2.5, 1.0)
    distinct, inverse = np.unique(placed.reshape(-1, 2).round(7), axis=0, return_inverse=True)
    return distinct.astype(np.float32), inverse.reshape(-1, 3).astype(np.int32)


def _lids(arrays: dict[str, npt.NDArray[Any]]) -> tuple[Indices, Indices]:
    """Upper and lower margins (2, M), left and right, from the corner at the nose outwards."""
    triangles = arrays["tris"].astype(np.int64)
    skin = triangles[np.isin(arrays["tri_part"], (FACE, HEAD_NECK))]
    vertices = arrays["verts"].astype(np.float64)
    rims = [loop for loop in boundary_loops(skin) if len(loop) == _LID_VERTICES]
    rims.sort(key=lambda loop: -vertices[loop, 0].mean())
    halves = [_halves(loop, vertices) for loop in rims]
    return (
        np.stack([upper for upper, _ in halves]).astype(np.int32),
        np.stack([lower for _, lower in halves]).astype(np.int32),
    )


def _halves(loop: Vertices, vertices: npt.NDArray[np.float64]) -> tuple[Vertices, Vertices]:
    """An eye's rim cut at its corners: upper and lower half without the corners."""
    width = np.abs(vertices[loop, 0])
    turned = np.roll(loop, -int(np.argmin(width)))
    outer = int(np.argmax(np.abs(vertices[turned, 0])))
    one, other = turned[1:outer], turned[outer + 1 :][::-1]
    if vertices[one, 1].mean() < vertices[other, 1].mean():
        one, other = other, one
    count = min(len(one), len(other))
    pick = [np.linspace(0, len(half) - 1, count).round().astype(int) for half in (one, other)]
    return one[pick[0]], other[pick[1]]
