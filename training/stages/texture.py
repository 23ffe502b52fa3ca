"""Trains the texture generator on painted skin.

Four steps: paint people; principal components of their low frequencies and of their fine detail;
a network trained to give the low frequencies and the weights of the detail maps from the code
(masked L1 and Laplacian L1, one learning rate per kind of parameter, warm-up, cosine); and least
squares for the detail maps themselves, given the weights the network really gives.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from head360.model.texture_generator import (
    CHANNELS,
    GeneratorShape,
    TextureGenerator,
    deactivate,
    grown,
)
from training.stages.progress import Progress, running_mean
from training.synhead.skin import SkinStudio, person_code

_FINE_CHANNELS = (0, 1, 2, 4, 7)  # albedo, roughness, height: where people differ in detail
_RIDGE = 1e-3  # of the detail maps' least squares, relative
_CHECKPOINT = "texture-checkpoint.safetensors"


@dataclass(frozen=True, slots=True)
class TextureStage:
    """How long and how finely."""

    people: int = 128  # painted at full resolution
    soft_people: int = 640  # more, kept at low resolution only
    steps: int = 4000
    batch: int = 8
    convolution_rate: float = 2e-3
    mapping_rate: float = 6e-4
    basis_rate: float = 4e-4
    detail_weight: float = 0.3  # of the detail weights' error
    save_every: int = 250


@dataclass(frozen=True, slots=True, eq=False)
class SkinData:
    """Painted people: N of them at full resolution, M >= N at low resolution."""

    codes: Tensor  # (M, 64)
    fine: Tensor  # (N, 5, U, 2U) float16: what the low resolution lacks, in `_FINE_CHANNELS`
    fine_mean: Tensor  # (8, U, 2U)
    soft: Tensor  # (M, 8, 64, 128) before activation
    mask: Tensor  # (1, 1, 64, 128) share of each texel that lies on the head


def paint_people(
    studio: SkinStudio, stage: TextureStage, shape: GeneratorShape
) -> Generator[Progress, None, SkinData]:
    """People 0 … M - 1."""
    codes, softs, fines = [], [], []
    fine_mean = torch.zeros(CHANNELS, shape.rows, 2 * shape.rows)
    for seed in range(stage.soft_people):
        code = person_code(seed)
        target = deactivate(studio.bake(code))
        soft = softened(target[None], shape)
        codes.append(torch.from_numpy(code))
        softs.append(soft[0])
        if seed < stage.people:
            fine = target - grown(soft, (shape.rows, 2 * shape.rows))[0]
            fine_mean += fine / stage.people
            fines.append(fine[list(_FINE_CHANNELS)].half())
        yield Progress(seed + 1, stage.soft_people, 0.0)
    covered = torch.from_numpy(studio.texels.covered).float()[None, None]
    return SkinData(
        codes=torch.stack(codes),
        fine=torch.stack(fines),
        fine_mean=fine_mean,
        soft=torch.stack(softs),
        mask=softened(covered, shape),
    )


def softened(maps: Tensor, shape: GeneratorShape) -> Tensor:
    """Maps at the resolution of the networks."""
    return functional.avg_pool2d(maps, shape.rows // shape.soft_rows)


def fine_rows(data: SkinData) -> Tensor:
    """(5 N, U 2U) float32: what people's fine detail adds to the mean, one row a channel."""
    rows = data.fine.float() - data.fine_mean[list(_FINE_CHANNELS)]
    return rows.flatten(0, 1).flatten(1)


def begin(data: SkinData, rows: Tensor, shape: GeneratorShape) -> tuple[TextureGenerator, Tensor]:
    """A generator from principal components, and the detail weights (N, 5, K) it should learn."""
    generator = TextureGenerator(shape)
    mean = data.soft.mean(0)
    flat = ((data.soft - mean) * data.mask.sqrt()).flatten(1)
    _, vectors = torch.linalg.eigh(flat @ flat.T)
    top = vectors[:, -shape.basis :].flip(1)
    scores = top * math.sqrt(len(flat))  # (M, basis), unit variance
    basis = scores.T @ (data.soft - mean).flatten(1) / len(flat)
    _, directions = torch.linalg.eigh(rows @ rows.T)
    weights = directions[:, -shape.details :].flip(1) * math.sqrt(len(rows))
    with torch.no_grad():
        generator.soft_mean.copy_(mean)
        generator.basis.copy_(basis.view_as(generator.basis))
        generator.mean.copy_(data.fine_mean)
        generator.details.copy_((weights.T @ rows / len(rows)).view_as(generator.details))
        _ridge(generator.weights, data.codes, scores)
        wanted = weights.view(-1, len(_FINE_CHANNELS), shape.details)
        _begin_mixing(generator, data.codes[: len(wanted)], wanted)
    return generator, wanted


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
    known = torch.cat([codes, torch.ones(len(codes), 1)], 1)
    gram = known.T @ known + 2.0 * torch.eye(known.shape[1])
    solution: Tensor = torch.linalg.solve(gram, known.T @ wanted)
    return solution


def train_network(
    generator: TextureGenerator, data: SkinData, wanted: Tensor, stage: TextureStage, folder: Path
) -> Generator[Progress, None, None]:
    """Fit the networks; resumes from the folder's checkpoint."""
    optimizer = _optimizer(generator, stage)
    path = folder / _CHECKPOINT
    first = _resume(generator, path)
    weight = (generator.details.flatten(1).square().mean(1)).sqrt().detach()  # by visible size
    mean = 0.0
    for step in range(first, stage.steps):
        _set_rates(optimizer, step, stage.steps)
        picked = torch.randint(len(data.codes), (stage.batch,))
        loss = _soft_loss(generator.soft(data.codes[picked]), data.soft[picked], data.mask)
        error = generator.mixture(data.codes[: len(wanted)])[:, list(_FINE_CHANNELS)] - wanted
        (loss + stage.detail_weight * (error * weight).abs().mean()).backward()
        optimizer.step()
        optimizer.zero_grad()
        mean = running_mean(mean, float(loss.detach()), step - first)
        if (step + 1) % stage.save_every == 0:
            _save(generator, path, step + 1)
        yield Progress(step + 1, stage.steps, mean)


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


def _set_rates(optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
    """Warm up over 30 steps; a cosine after 40 %."""
    done = max(0.0, (step / steps - 0.4) / 0.6)
    share = min(1.0, (step + 1) / 30) * (0.51 + 0.49 * math.cos(math.pi * done))
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


def _save(generator: TextureGenerator, path: Path, step: int) -> None:
    heavy = ("mean", "details")
    state = {n: v.contiguous() for n, v in generator.state_dict().items() if n not in heavy}
    partial = path.with_suffix(".partial")
    save_file({**state, "step": torch.tensor(step)}, partial)
    partial.replace(path)


def _resume(generator: TextureGenerator, path: Path) -> int:
    if not path.exists():
        return 0
    state = load_file(path)
    step = int(state.pop("step"))
    generator.load_state_dict(state, strict=False)
    return step


@torch.no_grad()
def settle_details(generator: TextureGenerator, data: SkinData, rows: Tensor) -> None:
    """Detail maps by least squares, for the weights the network really gives."""
    weights = generator.mixture(data.codes[: len(data.fine)])[:, list(_FINE_CHANNELS)]
    known = weights.flatten(0, 1)  # (5 N, K), rows in the order of `fine_rows`
    gram = known.T @ known
    gram += _RIDGE * gram.diagonal().mean() * torch.eye(len(gram))
    maps = torch.linalg.solve(gram, known.T @ rows)
    generator.details.copy_(maps.view_as(generator.details))


@torch.no_grad()
def albedo_psnr(
    generator: TextureGenerator, studio: SkinStudio, seeds: Iterable[int]
) -> list[float]:
    """PSNR (dB) of sRGB albedo on the head's texels, person by person."""
    covered = torch.from_numpy(studio.texels.covered)
    found = []
    for seed in seeds:
        code = person_code(seed)
        made = generator(torch.from_numpy(code)[None])[0, :3].sigmoid()
        error = (made - studio.bake(code)[:3])[:, covered].square().mean()
        found.append(-10 * math.log10(float(error)))
    return found
