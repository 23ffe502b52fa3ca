"""Trains the vanilla NeRF of Table 3 with the budget of the direct stage.

Its head learns from training identities that make faces (it must have met whom it is asked for);
its hair learns from the same captures as the hair field. Steps, rays and rates are those of the
configuration: `head.steps` for the head, `decoder_steps` plus `style_steps` a style for the hair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from head360.rendering.march import HEAD_COLUMNS, Rays, march_hair, march_head
from head360.rendering.reference import Layout, Surface, mesh_buffer
from training.config import DirectConfig
from training.stages.data_pool import DataPool
from training.stages.direct import head_loss, random_cameras
from training.stages.hair_data import load_data
from training.stages.hair_direct import hair_loss
from training.stages.hair_pool import HairJob
from training.stages.pace import Budget, Pace
from training.stages.progress import TOLD_EVERY, running_mean, set_rates_at
from training.synhead.heads import HeadMaker
from training.synhead.views import expression
from training.vanilla import Vanilla, VanillaShape

#: What both networks are trained with; the decoders' higher rates made them diverge.
_LEARNING_RATE = 1e-3
_MAX_GRADIENT = 1.0
_T = HEAD_COLUMNS.index("t")
_TOLD_TIMES = 10
#: Share of limited minutes that the head may take once its data is there.
_HEADS_TIME = 0.35


@dataclass(frozen=True, slots=True)
class VanillaRun:
    """Where a run reads and writes."""

    config: DirectConfig
    source: Path
    out: Path
    styles: Sequence[str]
    device: torch.device
    workers: int = 0  # processes that make hair data; 0: this one does
    minutes: float | None = None
    shape: VanillaShape = field(default_factory=VanillaShape)


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """One face of one identity, and rays with what they should return."""

    identity: int
    expression: Tensor  # (52,)
    rays: Rays
    columns: Tensor  # (N, 12) HEAD_COLUMNS


def run(job: VanillaRun) -> Iterator[str]:
    """Train; yields a line for people now and then; writes nerf.safetensors."""
    path = job.out / "nerf.safetensors"
    if path.exists():
        yield "vanilla NeRF: already trained"
        return
    torch.manual_seed(job.config.seed)
    made = Vanilla.begun(_identities(job), tuple(job.styles), job.shape)
    made.head.to(job.device)
    made.hair.to(job.device)
    budget = Budget(job.minutes)
    hair = dict.fromkeys(job.styles, HairJob(job.source, job.config.hair, job.config.seed))
    with DataPool(job.out / "data", hair, job.workers) as pool:
        yield from _head(made, job, budget)
        yield from _hair(made, job, budget, pool)
    made.save(path)


def _head(made: Vanilla, job: VanillaRun, budget: Budget) -> Iterator[str]:
    faces: list[_Face] = []
    for face in _faces(job):
        faces.append(face)
        if len(faces) % 16 == 0:
            yield f"vanilla data {len(faces)}"
    stage = job.config.head
    order = np.random.default_rng(job.config.seed)

    def loss() -> Tensor:
        face = faces[int(order.integers(len(faces)))]
        chosen = torch.randint(len(face.rays), (stage.rays,), device=job.device)
        code = made.head.code_of(face.identity, face.expression)
        expected = face.columns[chosen]
        found = march_head(made.head, code, face.rays[chosen], expected[:, _T])
        return head_loss(found, expected)

    pace = budget.pace(stage.steps, _HEADS_TIME, least=1)
    yield from _fitted("vanilla head", made.head, pace, loss)


def _hair(made: Vanilla, job: VanillaRun, budget: Budget, pool: DataPool) -> Iterator[str]:
    stage, data = job.config.hair, []
    for name in job.styles:
        data.append(load_data(pool.path(name), job.device))
        yield f"vanilla hair data {name}"
    order = np.random.default_rng(job.config.seed)

    def loss() -> Tensor:
        number = int(order.integers(len(data)))
        targets = data[number].targets
        batch = targets[torch.randint(len(targets), (stage.rays,), device=job.device)]
        jitter = torch.rand(stage.rays, 1, device=job.device)
        style = made.hair.style(number)
        found = march_hair(made.hair, style, batch.rays, batch.limit, jitter=jitter)
        return hair_loss(found, batch.columns)

    steps = stage.decoder_steps + stage.style_steps * len(data)
    yield from _fitted("vanilla hair", made.hair, budget.pace(steps, least=1), loss)


def _identities(job: VanillaRun) -> int:
    """How many people it meets."""
    return job.config.head.identities or job.config.head.heads


def _faces(job: VanillaRun) -> Iterator[_Face]:
    """`head.views` faces of each identity, each from another camera."""
    maker, stage = HeadMaker(job.source), job.config.head
    drawn = maker.topology.drawn
    layout = Layout(
        torch.from_numpy(maker.topology.triangles[drawn]).long().to(job.device),
        torch.from_numpy(maker.topology.uv_triangles[drawn]).long().to(job.device),
        torch.from_numpy(maker.topology.uv).to(job.device),
    )
    for seed in range(_identities(job)):
        head = maker.head(seed, None)
        rng = np.random.default_rng([job.config.seed, seed, 3])
        for view, camera in enumerate(random_cameras(stage.views, rng)):
            weights = expression(seed + 50_000, view)
            posed = maker.pose(head, weights)
            vertices, normals, maps = (
                part.to(job.device) for part in (posed.vertices, posed.normals, head.maps)
            )
            surface = Surface(layout, vertices, normals, maps)
            size = (stage.picture_size, stage.picture_size)
            buffer = mesh_buffer(surface, camera, size)
            hit = buffer[..., HEAD_COLUMNS.index("alpha")] > 0
            ray = torch.from_numpy(camera.rays(size[1], size[0])).to(buffer)[hit]
            origin = torch.from_numpy(camera.eye).to(buffer).expand_as(ray)
            face = torch.from_numpy(weights).to(buffer)
            yield _Face(seed, face, Rays(origin, ray), buffer[hit])


def _fitted(
    name: str, module: torch.nn.Module, pace: Pace, loss_of: Callable[[], Tensor]
) -> Iterator[str]:
    optimizer = torch.optim.Adam(module.parameters(), _LEARNING_RATE, (0.9, 0.98))
    mean, told = 0.0, max(pace.steps // _TOLD_TIMES, 1)
    for step, done in pace.run():
        set_rates_at(optimizer, step, done)
        loss = loss_of()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), _MAX_GRADIENT)
        optimizer.step()
        if step % TOLD_EVERY == 0:
            mean = running_mean(mean, float(loss.detach()), step, TOLD_EVERY)
        if step % told == 0:
            yield f"{name}: {step}/{pace.steps}, loss {mean:.4f}"
