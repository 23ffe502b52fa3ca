"""How well faces are parsed and hairstyles told, on held-out people; and what it looks like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from head360.fitting.face_looks import looked
from head360.fitting.face_network import PARTS, FaceNetwork
from training.stages.backdrops import Backdrops
from training.stages.face_pictures import Bytes, load_sheets, sheets
from training.stages.face_samples import FaceSample, Framing, face_sample, plain_sample
from training.stages.faces_config import FacesConfig
from training.stages.parsing import batch_of

Counts = npt.NDArray[np.int64]

_STREAM = 17
_BATCH = 4
#: sRGB of each part on overlays.
PART_COLORS = np.array(
    [
        (0, 0, 0), (230, 180, 150), (120, 60, 200), (90, 50, 10), (255, 255, 255), (220, 40, 60),
        (120, 0, 0), (200, 140, 90), (60, 60, 60), (40, 120, 220), (255, 255, 0),
    ], np.uint8,
)  # fmt: skip


def held_out_samples(
    folder: Path, config: FacesConfig, backdrops: Backdrops, *, disturbed: bool
) -> Iterator[tuple[FaceSample, int]]:
    """Every held-out portrait with what is worn: before a background only, or like training."""
    held_out = [sheet for sheet in sheets(config.pictures) if sheet.held_out]
    for sheet, stored in load_sheets(folder, held_out).items():
        for number, picture in enumerate(stored):
            rng = np.random.default_rng([_STREAM, sheet.number, number])
            if disturbed:
                framing = Framing.portrait(rng)
                sample = face_sample(picture, framing, backdrops, rng, len(picture))
            else:
                ground = backdrops.draw(rng, len(picture))
                sample = plain_sample(picture, Framing(), ground)
            yield sample, sheet.worn


def measured_faces(
    network: FaceNetwork, folder: Path, config: FacesConfig, backdrops: Backdrops
) -> dict[str, dict[str, float]]:
    """Overlap of every part, and shares of hairstyles told right, by kind of picture."""
    found = {}
    for name, disturbed in (("clean", False), ("disturbed", True)):
        overlap = np.zeros((len(PARTS), len(PARTS)), np.int64)
        ranks: list[int] = []
        samples = list(held_out_samples(folder, config, backdrops, disturbed=disturbed))
        for start in range(0, len(samples), _BATCH):
            part = samples[start : start + _BATCH]
            overlap += _confusion(network, part, ranks)
        found[name] = scores(overlap, np.array(ranks))
    return found


@torch.inference_mode()
def _confusion(
    network: FaceNetwork, samples: list[tuple[FaceSample, int]], ranks: list[int]
) -> Counts:
    batch = batch_of([sample for sample, _ in samples], [worn for _, worn in samples])
    device = next(network.parameters()).device
    parts, styles = (each.cpu() for each in looked(network, batch.pictures.to(device)))
    right = styles.gather(1, batch.styles[:, None])
    ranks += (styles > right).sum(1).tolist()
    both = batch.parts * len(PARTS) + parts.argmax(1)
    return torch.bincount(both.ravel(), minlength=len(PARTS) ** 2).view(len(PARTS), -1).numpy()


def scores(overlap: Counts, ranks: npt.NDArray[np.int64]) -> dict[str, float]:
    """Intersection over union of parts that are there, from (true, told) counts of pixels."""
    both = np.diag(overlap)
    either = overlap.sum(0) + overlap.sum(1) - both
    there = overlap.sum(1) > 0
    parts = {name: float(both[i] / either[i]) for i, name in enumerate(PARTS) if there[i]}
    mean = float(np.mean(list(parts.values()))) if parts else 0.0
    told = {f"top-{n}": float((ranks < n).mean()) for n in (1, 5)} if len(ranks) else {}
    return {"mIoU": mean, **told, **parts}


@torch.inference_mode()
def overlays(
    network: FaceNetwork, folder: Path, config: FacesConfig, backdrops: Backdrops, count: int = 16
) -> list[Bytes]:
    """Held-out pictures over what was told of them."""
    samples = list(held_out_samples(folder, config, backdrops, disturbed=True))
    chosen = [samples[i * len(samples) // count][0] for i in range(min(count, len(samples)))]
    if not chosen:
        return []
    device = next(network.parameters()).device
    pictures = batch_of(chosen, [-1] * len(chosen)).pictures.to(device)
    labels = looked(network, pictures)[0].argmax(1).cpu().numpy()
    return [
        np.concatenate([s.picture, s.picture // 2 + PART_COLORS[t] // 2])
        for s, t in zip(chosen, labels, strict=True)
    ]
