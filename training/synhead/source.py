"""The head model everything is made from: ICT-FaceKit's arrays, in metres, with a closed neck.

Two things change on reading: the inner shell of the eyeballs (the iris; we paint it) is dropped,
and the open neck gets a rounded cap, whose vertices are fixed mixtures of the neck's rim.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from head360.errors import Head360Error
from head360.params import EXPRESSIONS
from training.synhead.neck_cap import NeckCap, cap_neck

Array: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float32]
Integers: TypeAlias = npt.NDArray[np.int64]

FILE_NAME = "ict_head.npz"
_METRES = 0.01  # the source is in centimetres
#: Parts of the source (its `part_names`).
FACE, NECK, MOUTH_SOCKET, EYE_SOCKETS, GUMS, TEETH = 0, 1, 2, (3, 4), 5, 6
EYES, LASHES = (7, 8), (15, 16)
CAP = 17  # ours
#: Almost empty in the source.
_UNUSED_DIRECTIONS = ("weight",)


class SourceError(Head360Error):
    """The source data for training is missing or not what it should be."""

    hint = "Point --source (or HEAD360_SOURCE) at the folder that holds ict_head.npz."


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Arrays of the source head. V vertices, F triangles, N texture vertices."""

    mean: Floats  # (V, 3) metres
    modes: Floats  # (100, V, 3) metres per standard deviation, orthogonal
    directions: Floats  # (D, V, 3) metres at strength 1
    direction_names: tuple[str, ...]
    expressions: Floats  # (52, V, 3) metres at weight 1, order of EXPRESSIONS
    triangles: Integers  # (F, 3)
    uv_triangles: Integers  # (F, 3)
    uv: Floats  # (N, 2) of the source; the cap's lie in -1 … 0
    part: Integers  # (V,)
    triangle_part: Integers  # (F,)
    landmarks68: Integers  # (68,)
    mp_triangles: Integers  # (468, 3) vertices
    mp_barycentric: Floats  # (468, 3)
    iris_landmarks: Integers  # (2, 5) right, left: centre and four points of the rim
    rigid: Integers  # (G,) vertices of the cranium
    occlusion: Floats  # (V,) 0 … 1
    scalp: Floats  # (V,) 0 … 1
    eye_centres: Floats  # (2, 3) metres, left and right, of the mean


def load_source(folder: Path) -> Source:
    """Read `ict_head.npz` in a folder.

    Raises:
        SourceError: the file is missing or damaged.
    """
    try:
        with np.load(folder / FILE_NAME) as data:
            return _assemble({name: data[name] for name in data.files})
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(f"“{folder / FILE_NAME}” cannot be used.") from error


def _assemble(data: dict[str, Array]) -> Source:
    kept_triangles = ~_on_inner_shell(data)
    triangles = data["tris"].astype(np.int64)[kept_triangles]
    uv_triangles = data["tri_uv"].astype(np.int64)[kept_triangles]
    parts = data["tri_part"].astype(np.int64)[kept_triangles]
    vertices = np.unique(triangles)
    mean = (data["verts"] * _METRES).astype(np.float32)
    renumbered = np.full(len(mean), -1)
    renumbered[vertices] = np.arange(len(vertices))
    cap = cap_neck(
        mean[vertices], renumbered[triangles], np.isin(parts, (FACE, NECK)), len(data["uv"])
    )
    step = float(data["step_cm"]) * _METRES

    def deltas(name: str) -> Floats:
        return cap.extend_deltas(data[name][:, vertices].astype(np.float32) * np.float32(step))

    names = [str(name) for name in data["sem_names"]]
    used = [i for i, name in enumerate(names) if name not in _UNUSED_DIRECTIONS]
    return Source(
        mean=cap.extend_positions(mean[vertices]),
        modes=deltas("id_deltas"),
        directions=deltas("sem_deltas")[used],
        direction_names=tuple(names[i] for i in used),
        expressions=deltas("expr_deltas")[_expression_order(data)],
        triangles=np.concatenate([renumbered[triangles], cap.triangles]),
        uv_triangles=np.concatenate([uv_triangles, cap.uv_triangles]),
        uv=np.concatenate([data["uv"], cap.uv]).astype(np.float32),
        part=_extended(data["part"][vertices], cap, CAP).astype(np.int64),
        triangle_part=np.concatenate([parts, np.full(len(cap.triangles), CAP)]),
        landmarks68=renumbered[data["lmk68"]],
        mp_triangles=renumbered[_on_kept(data["mp_tri"], mean, vertices)],
        mp_barycentric=data["mp_bary"].astype(np.float32),
        iris_landmarks=renumbered[_on_kept(data["iris_lmk"], mean, vertices)],
        rigid=renumbered[data["rigid_verts"]],
        occlusion=_extended(data["ao"][vertices] / 255, cap, 1.0).astype(np.float32),
        scalp=_extended(data["scalp_weight"][vertices] / 255, cap, 0.0).astype(np.float32),
        eye_centres=(data["eye_center_neutral"] * _METRES).astype(np.float32),
    )


def _on_inner_shell(data: dict[str, Array]) -> npt.NDArray[np.bool_]:
    iris = [i for i, name in enumerate(data["mat_names"]) if "Iris" in str(name)]
    return np.isin(data["tri_mat"], iris)


def _on_kept(chosen: Array, mean: Floats, kept: Integers) -> Integers:
    """Vertices like `chosen`, the nearest kept one where one was dropped."""
    result = chosen.astype(np.int64)
    for at in np.argwhere(~np.isin(result, kept)):
        distance = np.linalg.norm(mean[kept] - mean[result[tuple(at)]], axis=1)
        result[tuple(at)] = kept[distance.argmin()]
    return result


def _expression_order(data: dict[str, Array]) -> list[int]:
    names = [str(name) for name in data["expr_names"]]
    return [names.index(name) for name in EXPRESSIONS]


def _extended(values: Array, cap: NeckCap, fill: float) -> Array:
    return np.concatenate([values, np.full(cap.vertices, fill, values.dtype)])
