"""Measures how much scalp shows through hair, on heads of many shapes.

Rays from cameras to points of the scalp that face them are marched through seated hair by the
reference field; what hair does not cover is seen. On the mean head, for which styles are groomed,
some scalp is meant to be seen (partings, temples, a crew cut); on other heads it should be no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from head360.camera import OrbitCamera
from head360.model.bilinear import SHOWN_MODES, vertex_normals
from head360.model.sampling import random_person
from head360.model.seating import Seat, Seating
from head360.rendering.march import Rays, march_hair
from head360.rendering.scene import Models

#: Where one looks from: behind, above, both sides, and above from behind.
VIEWS = {
    "behind": OrbitCamera(yaw_degrees=180.0),
    "above": OrbitCamera(pitch_degrees=80.0),
    "left": OrbitCamera(yaw_degrees=90.0, pitch_degrees=10.0),
    "right": OrbitCamera(yaw_degrees=-90.0, pitch_degrees=10.0),
    "behind, above": OrbitCamera(yaw_degrees=160.0, pitch_degrees=45.0),
}
#: Scalp that faces a camera at least so much, as a cosine; and how well inside the hairline, 0 … 1.
_FACING, _INSIDE = 0.3, 0.75
#: Points a view, and how far from the skin a ray ends, metres.
_POINTS, _CLEAR = 250, 0.0012


@dataclass(frozen=True, slots=True)
class Cover:
    """One style on one head."""

    style: str
    head: str
    shown: dict[str, float]  # share of the scalp that is seen, by view


def heads(count: int) -> Iterator[tuple[str, Tensor]]:
    """Names and codes (50,): random people, and heads far along one mode or another."""
    yield "mean", torch.zeros(SHOWN_MODES)
    for seed in range(count // 2):
        yield f"person {seed}", torch.tensor(random_person(seed).shape)
    for number in range(count - count // 2):
        code = torch.zeros(SHOWN_MODES)
        code[number // 2] = 2.0 if number % 2 else -2.0
        yield f"mode {number // 2} {'+' if number % 2 else '-'}2σ", code


class ScalpCover:
    """Looks at scalps through hair."""

    def __init__(self, models: Models) -> None:
        self._models = models
        topology = models.mesh.topology
        self._seat = Seat(topology, models.mesh.mean)
        self._scalp = torch.from_numpy(np.flatnonzero(topology.scalp > _INSIDE))
        self._triangles = torch.from_numpy(topology.triangles).long()

    @torch.inference_mode()
    def measure(self, head: str, code: Tensor, styles: Sequence[str]) -> Iterator[Cover]:
        """Every style on one head (50,)."""
        neutral = self._models.mesh.neutral(code)
        normals = vertex_normals(neutral, self._triangles)[self._scalp]
        seating = self._seat.fit(neutral)
        for style in styles:
            shown = {
                view: self._shown(style, seating, neutral[self._scalp], normals, camera)
                for view, camera in VIEWS.items()
            }
            yield Cover(style, head, shown)

    def _shown(
        self, style: str, seating: Seating, points: Tensor, normals: Tensor, camera: OrbitCamera
    ) -> float:
        eye = torch.from_numpy(camera.eye).float()
        away = points - eye
        distance = away.norm(dim=1)
        facing = -(away / distance[:, None] * normals).sum(1) > _FACING
        chosen = torch.nonzero(facing)[:, 0]
        chosen = chosen[:: max(1, len(chosen) // _POINTS)]
        rays = Rays(eye.expand(len(chosen), 3), away[chosen] / distance[chosen, None])
        limit = distance[chosen] - _CLEAR
        planes = self._models.styles.planes(style)
        met = march_hair(self._models.hair, planes, rays, limit, warp=seating)
        return float(1 - met[:, 0].mean())


@dataclass(frozen=True, slots=True)
class Excess:
    """How much more scalp one style shows on other heads than on the mean head."""

    style: str
    on_mean: float  # share of the scalp that is seen on the mean head, over all views
    mean: float  # more than that on the others: mean over heads and views
    worst: float  # of one head in one view
    where: str  # which


def excesses(covers: Sequence[Cover]) -> list[Excess]:
    """One for each style of covers that include the mean head's, the worst first."""
    on_mean = {cover.style: cover.shown for cover in covers if cover.head == "mean"}
    found = []
    for style, usual in on_mean.items():
        more = {
            f"{cover.head}, {view}": shown - usual[view]
            for cover in covers
            if cover.style == style and cover.head != "mean"
            for view, shown in cover.shown.items()
        }
        where = max(more, key=lambda place: more[place])
        mean = float(np.mean(list(more.values())))
        shown = float(np.mean(list(usual.values())))
        found.append(Excess(style, shown, mean, more[where], where))
    return sorted(found, key=lambda excess: -excess.worst)
