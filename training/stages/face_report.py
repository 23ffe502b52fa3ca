"""How well faces are parsed and hairstyles told, on held-out people; and what it looks like."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from head360.files import replacing
from head360.fitting.face_looks import looked
from head360.fitting.face_network import PARTS, FaceNetwork
from head360.fitting.style_network import StyleNetwork
from training.device import described
from training.stages.faces_config import FacesConfig
from training.stages.shots import PLAIN, PORTRAIT, ShotPool
from training.stages.style_pool import StylePool, ranks_of, style_ranks

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
#: Figures by kind of picture, by network, by name.
Found: TypeAlias = dict[str, dict[str, dict[str, float]]]

_AT_ONCE = 32
#: Held-out shots: before a background only, or disturbed like those that are learnt from.
_SHOWN = {"clean": PLAIN, "disturbed": PORTRAIT}
#: sRGB of each part on overlays.
PART_COLORS = np.array(
    [
        (0, 0, 0), (230, 180, 150), (120, 60, 200), (90, 50, 10), (255, 255, 255), (220, 40, 60),
        (120, 0, 0), (200, 140, 90), (60, 60, 60), (40, 120, 220), (255, 255, 0),
    ], np.uint8,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What a run has trained."""

    parser: FaceNetwork
    teacher: nn.Module | None
    styles: Mapping[str, StyleNetwork]  # by name


def measured(learnt: Learnt, held_out: ShotPool) -> Found:
    """Overlap of every part, and shares of hairstyles told right by each network."""
    pool = StylePool(held_out, learnt.parser, learnt.teacher)
    pool.look()
    found: Found = {}
    for name, kind in _SHOWN.items():
        rows = found[name] = {"parser": _parsed(learnt.parser, held_out, kind)}
        if learnt.teacher is not None:
            rows["ResNet-50"] = told(ranks_of(pool.taught(kind), pool.worn[pool.kinds == kind]))
        for each, network in learnt.styles.items():
            rows[each] = told(style_ranks(network, pool, kind))
    return found


def best_of(found: Found, names: Iterable[str]) -> str:
    """The network that tells most hairstyles right, on all kinds of pictures together."""
    return max(names, key=lambda name: sum(rows[name].get("top-1", 0.0) for rows in found.values()))


def write_report(
    path: Path, config: FacesConfig, device: torch.device, shown: str, found: Found
) -> None:
    """Write figures as JSON, with what they were made with."""
    content = {
        "config": asdict(config), "device": described(device), "shots": shown, "held_out": found,
    }  # fmt: skip
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


@torch.inference_mode()
def _parsed(parser: FaceNetwork, pool: ShotPool, kind: int) -> dict[str, float]:
    overlap, ranks = np.zeros((len(PARTS), len(PARTS)), np.int64), []
    for numbers in _some(pool, kind):
        at = numbers.to(pool.device)
        logs, styles = looked(parser, _seen(pool.pictures[at]))
        overlap += _confusion(logs.argmax(1), pool.parts[at])
        ranks.append(ranks_of(styles, pool.worn[numbers]))
    return overlaps(overlap) | told(np.concatenate(ranks) if ranks else np.zeros(0, np.int64))


def _some(pool: ShotPool, kind: int) -> Iterable[Tensor]:
    """Numbers of a kind of shots, a few at a time."""
    numbers = torch.nonzero(pool.kinds[: pool.count] == kind)[:, 0]
    return numbers.split(_AT_ONCE) if len(numbers) else ()


def _seen(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 3, 1, 2).float() / 255


def _confusion(labels: Tensor, truth: Tensor) -> Counts:
    both = truth.long() * len(PARTS) + labels
    counted = torch.bincount(both.ravel(), minlength=len(PARTS) ** 2)
    found: Counts = counted.view(len(PARTS), -1).cpu().numpy()
    return found


def overlaps(counts: Counts) -> dict[str, float]:
    """Intersection over union of parts that are there, from (true, told) counts of pixels."""
    both = np.diag(counts)
    either = counts.sum(0) + counts.sum(1) - both
    there = counts.sum(1) > 0
    parts = {name: float(both[i] / either[i]) for i, name in enumerate(PARTS) if there[i]}
    return {"mIoU": float(np.mean(list(parts.values()))) if parts else 0.0, **parts}


def told(ranks: npt.NDArray[np.int64]) -> dict[str, float]:
    """Shares of pictures whose style is told right, and among the first five."""
    return {f"top-{n}": float((ranks < n).mean()) for n in (1, 5)} if len(ranks) else {}


@torch.inference_mode()
def overlays(network: FaceNetwork, pool: ShotPool, count: int = 16) -> list[Bytes]:
    """Disturbed held-out pictures over what was told of them."""
    numbers = torch.nonzero(pool.kinds[: pool.count] == PORTRAIT)[:, 0]
    chosen = numbers[:: max(len(numbers) // count, 1)][:count].to(pool.device)
    if not len(chosen):
        return []
    pictures = pool.pictures[chosen]
    labels = looked(network, _seen(pictures))[0].argmax(1).cpu().numpy()
    return [
        np.concatenate([picture, picture // 2 + PART_COLORS[label] // 2])
        for picture, label in zip(pictures.cpu().numpy(), labels, strict=True)
    ]
