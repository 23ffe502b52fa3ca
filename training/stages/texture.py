"""Trains the texture generator on painted skin.

Four steps: paint people; principal components of their low frequencies and of their fine detail;
a network trained to give the low frequencies and the weights of the detail maps from the code
(masked L1 and Laplacian L1, one learning rate per kind of parameter, warm-up, cosine); and least
squares for the detail maps themselves, given the weights the network really gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from head360.files import replacing
from head360.model.texture_generator import (
    CHANNELS,
    GeneratorShape,
    TextureGenerator,
    deactivate,
    grown,
)
from training.config import TextureStage
from training.stages.checkpoint import Checkpoint, State
from training.stages.pace import Pace
from training.stages.progress import TOLD_EVERY, Progress, running_mean
from training.synhead.skin import SkinStudio, person_code

_FINE_CHANNELS = (0, 1, 2, 4, 7)  # albedo, roughness, height: where people differ in detail
_RIDGE = 1e-3  # of the detail maps' least squares, relative


@dataclass(frozen=True, slots=True, eq=False)
class SkinData:
    """Painted people: N of them at full resolution, M >= N at low resolution."""

    codes: Tensor  # (M, 64)
    fine: Tensor  # (N, 5, U, 2U) float16: what the low resolution lacks, in `_FINE_CHANNELS`
    fine_mean: Tensor  # (8, U, 2U)
    soft: Tensor  # (M, 8, 64, 128) before activation
    mask: Tensor  # (1, 1, 64, 128) share of each texel that lies on the head


def paint_people(
    studio: SkinStudio,
    stage: TextureStage,
    shape: GeneratorShape,
    device: torch.device,
    left: Callable[[], float] = lambda: math.inf,
    cache: Path | None = None,
) -> Generator[Progress, None, SkinData]:
    """People 0 … M - 1, or fewer of them when no seconds are `left`; data on `device`.

    A folder as `cache` keeps what was painted, for machines where that takes long.
    """
    batches: list[_Batch] = []
    for start in range(0, stage.soft_people, stage.painted_at_once):
        seeds = range(start, min(start + stage.painted_at_once, stage.soft_people))
        fine = max(0, min(stage.people, seeds.stop) - start)
        batches.append(_painted(studio, seeds, fine, shape, device, cache))
        yield Progress(seeds.stop, stage.soft_people, 0.0)
        if left() <= 0:
            break
    covered = torch.from_numpy(studio.texels.covered).float()[None, None]
    fines = torch.cat([batch.fine for batch in batches])
    return SkinData(
        codes=torch.cat([batch.codes for batch in batches]),
        fine=fines,
        fine_mean=sum((b.fine_sum for b in batches), torch.zeros((), device=device)) / len(fines),
        soft=torch.cat([batch.soft for batch in batches]),
        mask=softened(covered, shape).to(device),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Some painted people, as in `SkinData`; `fine_sum` over those kept at full resolution."""

    codes: Tensor
    soft: Tensor
    fine: Tensor
    fine_sum: Tensor

    def tensors(self) -> dict[str, Tensor]:
        return {name: getattr(self, name).contiguous() for name in _Batch.__slots__}


def _painted(
    studio: SkinStudio,
    seeds: range,
    fine: int,
    shape: GeneratorShape,
    device: torch.device,
    cache: Path | None,
) -> _Batch:
    """People of a range of seeds, the first `fine` of them at full resolution, too."""
    path = cache / f"{seeds.start}-{seeds.stop}-{fine}-{shape.rows}.safetensors" if cache else None
    if path is not None and path.exists():
        return _Batch(**load_file(path, device=str(device)))
    batch = _paint(studio, seeds, fine, shape, device)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            save_file(batch.tensors(), partial)
    return batch


def _paint(
    studio: SkinStudio, seeds: range, fine: int, shape: GeneratorShape, device: torch.device
) -> _Batch:
    codes = torch.stack([torch.from_numpy(person_code(seed)) for seed in seeds])
    target = deactivate(studio.bake_many(codes).to(device))
    soft = softened(target, shape)
    rest = target[:fine] - grown(soft[:fine], (shape.rows, 2 * shape.rows))
    detail = rest[:, list(_FINE_CHANNELS)].half()
    return _Batch(codes.to(device), soft, detail, rest.sum(0))


def softened(maps: Tensor, shape: GeneratorShape) -> Tensor:
    """Maps at the resolution of the networks."""
    return functional.avg_pool2d(maps, shape.rows // shape.soft_rows)


def fine_rows(data: SkinData) -> Tensor:
    """(5 N, U 2U) float32: what people's fine detail adds to the mean, one row a channel."""
    rows = data.fine.float() - data.fine_mean[list(_FINE_CHANNELS)]
    return rows.flatten(0, 1).flatten(1)


def begin(data: SkinData, rows: Tensor, shape: GeneratorShape) -> tuple[TextureGenerator, Tensor]:
    """A generator from principal components, and the detail weights (N, 5, K) it should learn."""
    generator = TextureGenerator(shape).to(data.soft.device)
    mean = data.soft.mean(0)
    flat = (data.soft - mean).flatten(1)
    top = _leading(flat * data.mask.sqrt().expand_as(mean[None]).flatten(1), shape.basis)
    scores = top * math.sqrt(len(flat))  # (M, basis), unit variance
    basis = scores.T @ flat / len(flat)
    weights = _leading(rows, shape.details) * math.sqrt(len(rows))
    with torch.no_grad():
        generator.soft_mean.copy_(mean)
        generator.basis[: len(basis)] = basis.view(-1, *mean.shape)
        generator.mean.copy_(data.fine_mean)
        generator.details.copy_((weights.T @ rows / len(rows)).view_as(generator.details))
        _ridge(generator.weights, data.codes, scores)
        wanted = weights.view(-1, len(_FINE_CHANNELS), shape.details)
        _begin_mixing(generator, data.codes[: len(wanted)], wanted)
    return generator, wanted


def _leading(rows: Tensor, count: int) -> Tensor:
    """(N, count) unit left singular vectors of (N, M) rows, the strongest first.

    Zeros fill up what few rows cannot give.
    """
    _, vectors = torch.linalg.eigh(rows @ rows.T)
    found = vectors[:, -count:].flip(1)
    return functional.pad(found, (0, count - found.shape[1]))


def _ridge(layer: torch.nn.Linear, codes: Tensor, wanted: Tensor) -> None:
    """Start a layer as the best linear guess from the code, blind to the hidden numbers."""
    solution = _solved(codes, wanted)
    layer.weight.zero_()
    layer.weight[:, : codes.shape[1]] = solution[:-1].T
    layer.bias.copy_(solution[-1])


def _begin_mixing(generator: TextureGenerator, codes: Tensor, wanted: Tensor) -> None:
    full = wanted.new_zeros(len(wanted), CHANNELS, wanted.shape[2])
    full[:, list(_FINE_CHANNELS)] = wanted
    _ridge(generator.mixing, codes, full.flatten(1))


def _solved(codes: Tensor, wanted: Tensor) -> Tensor:
    """(65, …) ridge regression of wanted numbers on codes and one."""
    known = torch.cat([codes, codes.new_ones(len(codes), 1)], 1)
    gram = known.T @ known + 2.0 * torch.eye(known.shape[1], device=codes.device)
    solution: Tensor = torch.linalg.solve(gram, known.T @ wanted)
    return solution


def train_network(
    generator: TextureGenerator,
    data: SkinData,
    wanted: Tensor,
    stage: TextureStage,
    *,
    seed: int = 0,
    pace: Pace | None = None,
    checkpoint: Checkpoint | None = None,
) -> Generator[Progress, None, None]:
    """Fit the networks, where the data is; goes on from the checkpoint."""
    optimizer, held = _optimizer(generator, stage), _Held(wanted)
    random = torch.Generator(wanted.device).manual_seed(seed)
    state = State({"generator": generator, "held": held}, optimizer, random)
    first = checkpoint.load(state) if checkpoint else 0
    weight = (generator.details.flatten(1).square().mean(1)).sqrt().detach()  # by visible size
    pace, mean = pace or Pace(stage.steps), 0.0
    for step, done in pace.run(first):
        _set_rates(optimizer, step, done)
        loss, detail = _losses(generator, data, held.wanted, weight, stage.batch, random)
        (loss + stage.detail_weight * detail).backward()
        optimizer.step()
        optimizer.zero_grad()
        if step % TOLD_EVERY == 0 or step + 1 == pace.steps:
            mean = running_mean(mean, float(loss.detach()), step - first, TOLD_EVERY)
            yield Progress(step + 1, pace.steps, mean)
        if checkpoint and checkpoint.due:
            checkpoint.save(step + 1, state)


class _Held(nn.Module):
    """Keeps the wanted weights in checkpoints: the signs of principal components are chance."""

    def __init__(self, wanted: Tensor) -> None:
        super().__init__()
        self.wanted: Tensor
        self.register_buffer("wanted", wanted)


def _losses(
    generator: TextureGenerator,
    data: SkinData,
    wanted: Tensor,
    weight: Tensor,
    batch: int,
    random: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Of the soft maps, and of the detail weights."""
    picked = torch.randint(len(data.codes), (batch,), generator=random, device=data.codes.device)
    loss = _soft_loss(generator.soft(data.codes[picked]), data.soft[picked], data.mask)
    error = generator.mixture(data.codes[: len(wanted)])[:, list(_FINE_CHANNELS)] - wanted
    return loss, (error * weight).abs().mean()


def _optimizer(generator: TextureGenerator, stage: TextureStage) -> torch.optim.Optimizer:
    named = dict(generator.named_parameters())
    frozen = {"mean", "details", "soft_mean"}
    maps = [p for name, p in named.items() if name == "basis"]
    kernels = [p for name, p in named.items() if p.ndim == 4 and name != "basis"]
    dense = [p for n, p in named.items() if p.ndim < 3 and n not in frozen]
    groups = [
        {"params": kernels, "lr": stage.convolution_rate},
        {"params": dense, "lr": stage.mapping_rate},
        {"params": maps, "lr": stage.basis_rate},
    ]
    return torch.optim.Adam(groups, betas=(0.9, 0.99))


def _set_rates(optimizer: torch.optim.Optimizer, step: int, done: float) -> None:
    """Warm up over 30 steps; a cosine once a share of 40 % is done."""
    turn = max(0.0, (done - 0.4) / 0.6)
    share = min(1.0, (step + 1) / 30) * (0.51 + 0.49 * math.cos(math.pi * turn))
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])
        group["lr"] = group["initial_lr"] * share


def _soft_loss(made: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Masked L1 plus a Laplacian pyramid's, every level weighing the same."""
    loss = ((made - truth).abs() * mask).mean() / mask.mean()
    a, b, m = made, truth, mask
    for _ in range(3):
        a_next, b_next, m_next = (functional.avg_pool2d(x, 2) for x in (a, b, m))
        size = (a.shape[2], a.shape[3])
        detail = (a - grown(a_next, size)) - (b - grown(b_next, size))
        loss = loss + (detail.abs() * m).mean() / m.mean()
        a, b, m = a_next, b_next, m_next
    return loss


@torch.no_grad()
def settle_details(generator: TextureGenerator, data: SkinData, rows: Tensor) -> None:
    """Detail maps by least squares, for the weights the network really gives."""
    weights = generator.mixture(data.codes[: len(data.fine)])[:, list(_FINE_CHANNELS)]
    known = weights.flatten(0, 1)  # (5 N, K), rows in the order of `fine_rows`
    gram = known.T @ known
    gram += _RIDGE * gram.diagonal().mean() * torch.eye(len(gram), device=gram.device)
    maps = torch.linalg.solve(gram, known.T @ rows)
    generator.details.copy_(maps.view_as(generator.details))


@torch.no_grad()
def albedo_psnr(
    generator: TextureGenerator, studio: SkinStudio, seeds: Iterable[int]
) -> list[float]:
    """PSNR (dB) of sRGB albedo on the head's texels, person by person."""
    device = generator.mean.device
    covered = torch.from_numpy(studio.texels.covered).to(device)
    found = []
    for seed in seeds:
        code = torch.from_numpy(person_code(seed))[None]
        made = generator(code.to(device))[0, :3].sigmoid()
        error = (made - studio.bake_many(code)[0, :3].to(device))[:, covered].square().mean()
        found.append(-10 * math.log10(float(error)))
    return found
