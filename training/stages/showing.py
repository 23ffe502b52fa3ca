"""Held-out pictures of a run: how near the model comes to the truth, before and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from head360.files import replacing
from training.stages.photometric import draw, dress, held_out, picture_psnr, truth
from training.stages.sittings import LAYERS, Layer
from training.stages.trainable import Ready, Trainable

Floats = npt.NDArray[np.float32]

#: Width of the pictures that are measured, pixels.
_WIDTH = 128


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Held-out pictures of some sittings, as (4, H, W) tensors by “number/layer”."""

    pictures: dict[str, Tensor]

    @classmethod
    @torch.no_grad()
    def of(cls, model: Trainable, sittings: Sequence[Ready], supersamples: int) -> Shown:
        """Drawn by the model as it is."""
        pictures = {}
        for number, ready in enumerate(sittings):
            dressed = dress(model, ready, bald_too=True)
            for layer in _layers(ready):
                image = draw(model, dressed, held_out(ready, _WIDTH), layer, supersamples)
                pictures[f"{number}/{layer}"] = image.cpu()
        return cls(pictures)

    @classmethod
    def true(cls, sittings: Sequence[Ready]) -> Shown:
        """As they really are."""
        return cls(
            {
                f"{number}/{layer}": truth(ready, held_out(ready, _WIDTH), layer).cpu()
                for number, ready in enumerate(sittings)
                for layer in _layers(ready)
            }
        )

    def psnr(self, true: Shown) -> dict[str, float]:
        """Mean decibels of each layer's colours, pictures before black."""
        found: dict[str, list[float]] = {}
        for name, picture in self.pictures.items():
            value = picture_psnr(picture, true.pictures[name])
            found.setdefault(name.partition("/")[2], []).append(value)
        return {layer: float(np.mean(values)) for layer, values in found.items()}

    def save(self, path: Path) -> None:
        """Keep them, so that a run that goes on remembers how it began."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            save_file(self.pictures, partial)

    @classmethod
    def load(cls, path: Path) -> Shown:
        """What `save` kept."""
        return cls(load_file(path))


def cells(true: Shown, before: Shown, now: Shown) -> list[Floats]:
    """Rows of four: truth, before, now, and four times what now differs."""
    images = []
    for name, picture in true.pictures.items():
        difference = (now.pictures[name] - picture).abs() * 4
        for each in (picture, before.pictures[name], now.pictures[name], difference):
            images.append(each[:3].clamp(0, 1).permute(1, 2, 0).float().numpy())
    return images


def _layers(ready: Ready) -> tuple[Layer, ...]:
    return LAYERS if ready.bald is not None else ("whole",)
