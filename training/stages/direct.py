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
from training.stages.checkpoint import Checkpoint, State
from training.stages.pace import Pace
from training.stages.progress import TOLD_EVERY, Progress, running_mean, set_rates_at

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
    field: HeadField,
    examples: Sequence[HeadExample],
    stage: HeadStage,
    seed: int,
    pace: Pace | None = None,
    checkpoint: Checkpoint | None = None,
) -> Generator[Progress, None, None]:
    """Train the field's decoder in place, where it and the examples are."""
    device = examples[0].columns.device
    generator = torch.Generator(device).manual_seed(seed)
    optimizer = torch.optim.Adam(field.parameters(), lr=stage.learning_rate, betas=(0.9, 0.98))
    state = State({"field": field}, optimizer, generator)
    first = checkpoint.load(state) if checkpoint else 0
    pace, mean = pace or Pace(stage.steps), 0.0
    for step, done in pace.run(first):
        set_rates_at(optimizer, step, done)
        loss = _step(field, examples[step % len(examples)], stage, state)
        if step % TOLD_EVERY == 0 or step + 1 == pace.steps:
            mean = running_mean(mean, float(loss), step - first, TOLD_EVERY)
            yield Progress(step + 1, pace.steps, mean)
        if checkpoint and checkpoint.due:
            checkpoint.save(step + 1, state)


def _step(field: HeadField, example: HeadExample, stage: HeadStage, state: State) -> Tensor:
    device, total = example.columns.device, len(example.rays)
    chosen = torch.randint(total, (stage.rays,), generator=state.generator, device=device)
    expected = example.columns[chosen]
    found = march_head(field, example.planes, example.rays[chosen], expected[:, _T])
    loss = head_loss(found, expected)
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(field.parameters(), _MAX_GRADIENT)
    state.optimizer.step()
    return loss.detach()


@torch.no_grad()
def check_head(field: HeadField, examples: Sequence[HeadExample], rays: int = 65536) -> float:
    """Mean loss over people that nothing was learned from."""
    losses = []
    for example in examples:
        at = slice(0, None, max(1, len(example.rays) // rays))
        expected = example.columns[at]
        found = march_head(field, example.planes, example.rays[at], expected[:, _T])
        losses.append(float(head_loss(found, expected)))
    return float(np.mean(losses))


def head_loss(found: Tensor, expected: Tensor) -> Tensor:
    """Weighted L1 + L2 of G-buffer columns (N, 12); scalar."""
    difference = found - expected
    weights = difference.new_tensor(_COLUMN_WEIGHTS)
    return ((difference.abs() + difference.square()) * weights).sum(-1).mean()
