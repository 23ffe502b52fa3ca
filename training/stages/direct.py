"""The direct stage for the head: its decoder learns from meshes, ray by ray.

The six planes of a textured mesh are known, and so is what each ray should return: the mesh's own
G-buffer. Nothing has to be found out from pictures.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from head360.camera import OrbitCamera
from head360.model.field import HeadField
from head360.rendering.march import HEAD_COLUMNS, Rays, march_head
from head360.rendering.reference import Surface, head_planes, mesh_buffer
from training.config import HeadStage
from training.stages.progress import Progress, running_mean, set_rates

#: Weights of the columns in the loss; albedo counts most, a millimetre of depth counts 0.05.
_COLUMN_WEIGHTS = (1.0, 1.0, 1.0, 0.0, 0.3, 0.3, 0.3, 50.0, 0.2, 0.2, 0.2, 0.5)
#: Slack in the direction of nothing: gradients through steep density are clipped, norm.
_MAX_GRADIENT = 1.0
_T = HEAD_COLUMNS.index("t")


@dataclass(frozen=True, slots=True, eq=False)
class HeadExample:
    """One person's planes, and rays with what they should return."""

    planes: Tensor  # (6, 12, R, R)
    rays: Rays  # N rays that hit the mesh
    columns: Tensor  # (N, 12) HEAD_COLUMNS


def random_cameras(count: int, rng: np.random.Generator) -> list[OrbitCamera]:
    """Cameras all around the head, up to 30 degrees above and below."""
    return [
        OrbitCamera(
            yaw_degrees=float(rng.uniform(-180, 180)),
            pitch_degrees=float(rng.uniform(-30, 30)),
            distance=float(rng.uniform(0.9, 1.3)),
        )
        for _ in range(count)
    ]


@torch.no_grad()
def head_example(surface: Surface, cameras: Sequence[OrbitCamera], stage: HeadStage) -> HeadExample:
    """Draw one person's planes and pictures."""
    size = (stage.picture_size, stage.picture_size)
    origins, directions, columns = [], [], []
    for camera in cameras:
        buffer = mesh_buffer(surface, camera, size)
        hit = buffer[..., HEAD_COLUMNS.index("alpha")] > 0
        ray = torch.from_numpy(camera.rays(size[1], size[0])).to(buffer)[hit]
        origins.append(torch.from_numpy(camera.eye).to(buffer).expand_as(ray))
        directions.append(ray)
        columns.append(buffer[hit])
    rays = Rays(torch.cat(origins), torch.cat(directions))
    return HeadExample(head_planes(surface, stage.plane_size), rays, torch.cat(columns))


def train_head(
    field: HeadField, examples: Sequence[HeadExample], stage: HeadStage, seed: int
) -> Generator[Progress, None, None]:
    """Train the field's decoder in place."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(field.parameters(), lr=stage.learning_rate, betas=(0.9, 0.98))
    mean = 0.0
    for step in range(stage.steps):
        set_rates(optimizer, step, stage.steps)
        example = examples[step % len(examples)]
        chosen = torch.randint(len(example.rays), (stage.rays,), generator=generator)
        expected = example.columns[chosen]
        found = march_head(field, example.planes, example.rays[chosen], expected[:, _T])
        loss = head_loss(found, expected)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(field.parameters(), _MAX_GRADIENT)
        optimizer.step()
        mean = running_mean(mean, float(loss.detach()), step)
        yield Progress(step + 1, stage.steps, mean)


def head_loss(found: Tensor, expected: Tensor) -> Tensor:
    """Weighted L1 + L2 of G-buffer columns (N, 12); scalar."""
    difference = found - expected
    weights = difference.new_tensor(_COLUMN_WEIGHTS)
    return ((difference.abs() + difference.square()) * weights).sum(-1).mean()
