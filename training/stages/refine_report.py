"""How much RefineNet helps people it was never trained on, as numbers and as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.model.refine import CHANNELS, RefineNet, changed
from training.measures import flip, psnr, ssim
from training.stages.refine import unpacked

Picture = npt.NDArray[np.uint8]

#: Pixels with more hair than this belong to the hair's region (guides are sRGB-encoded).
_HAIR_FROM = 90
_GUIDE = 10  # channel that says how much of a pixel is hair
_BATCH = 4
_CROP = 256  # pixels of the sheet's pictures


@dataclass(frozen=True, slots=True)
class Seen:
    """One view before black, (H, W, 3) each."""

    drawn: Picture
    refined: Picture
    truth: Picture
    hair: npt.NDArray[np.bool_]  # (H, W)


@torch.inference_mode()
def views(net: RefineNet, pairs: Tensor) -> Iterator[Seen]:
    """Every pair, refined; `pairs` (N, 17, H, W) uint8 on the device of the network."""
    for start in range(0, len(pairs), _BATCH):
        batch = pairs[start : start + _BATCH]
        x, truth = unpacked(batch)
        made = changed(x, net(x))
        hair = (batch[:, _GUIDE] > _HAIR_FROM) & (batch[:, 3] > 0)
        for drawn, refined, true, where in zip(x, made, truth, hair, strict=True):
            yield Seen(_bytes(drawn), _bytes(refined), _bytes(true), where.cpu().numpy())


def _bytes(color: Tensor) -> Picture:
    """(H, W, 3) uint8 of RGB times opacity: the picture before black."""
    scaled = (color[:3].float() * 255 + 0.5).clamp(0, 255).to(torch.uint8)
    picture: Picture = np.ascontiguousarray(scaled.permute(1, 2, 0).cpu().numpy())
    return picture


def quick_psnr(net: RefineNet, pairs: Tensor) -> tuple[float, float]:
    """Mean PSNR in dB, as drawn and refined."""
    found = [
        (psnr(one.truth, one.drawn), psnr(one.truth, one.refined)) for one in views(net, pairs)
    ]
    drawn, refined = np.mean(found, 0)
    return float(drawn), float(refined)


def report(net: RefineNet, pairs: Tensor) -> dict[str, dict[str, float]]:
    """Means over pairs: `drawn` and `refined`, each PSNR, SSIM, PSNR of hair, and ꟻLIP if there."""
    distance = flip()
    rows: dict[str, list[dict[str, float]]] = {"drawn": [], "refined": []}
    for seen in views(net, pairs):
        for name, picture in (("drawn", seen.drawn), ("refined", seen.refined)):
            row = {"psnr": psnr(seen.truth, picture), "ssim": ssim(seen.truth, picture)}
            if seen.hair.any():
                row["hair_psnr"] = psnr(seen.truth, picture, seen.hair)
            if distance is not None:
                row["flip"] = distance(seen.truth, picture)
            rows[name].append(row)
    return {name: _means(found) for name, found in rows.items()}


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    names = sorted({name for row in rows for name in row})
    return {n: float(np.mean([row[n] for row in rows if n in row])) for n in names}


def sheet(net: RefineNet, pairs: Tensor, count: int = 6) -> list[Picture]:
    """For each of some pairs: as drawn, refined, true, and four times what refining changed."""
    chosen = pairs[torch.linspace(0, len(pairs) - 1, min(count, len(pairs))).long()]
    cells: list[Picture] = []
    for seen in views(net, chosen):
        change = np.abs(seen.refined.astype(np.int16) - seen.drawn) * 4
        shown = (seen.drawn, seen.refined, seen.truth, change.clip(0, 255).astype(np.uint8))
        cells += [_middle(picture) for picture in shown]
    return cells


def _middle(picture: Picture) -> Picture:
    """The upper middle, where hair meets face; all of a small picture."""
    height, width = picture.shape[:2]
    top, left = max(0, (height - _CROP) // 4), max(0, (width - _CROP) // 2)
    return picture[top : top + _CROP, left : left + _CROP]


assert CHANNELS > _GUIDE
