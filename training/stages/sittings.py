"""Sittings: one posed head, its light, and pictures of it from several cameras, as files.

A sitting holds all that training from pictures needs and nothing that has to be drawn with OpenGL
any more, so that one process makes sittings while another learns from those that are there. Each
is one safetensors file, `sitting-000012.safetensors`, written whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from head360.camera import OrbitCamera
from head360.errors import Head360Error
from head360.files import replacing
from head360.light import Light
from head360.model.seating import Seating
from head360.params import HeadParams, neutral_head

#: The head with its hair, the head without it, the hair without the head.
Layer: TypeAlias = Literal["whole", "bald", "hair"]
LAYERS: tuple[Layer, ...] = ("whole", "bald", "hair")
_PATTERN = "sitting-*.safetensors"
_VECTORS = ("shape", "texture", "attributes", "expression", "hair_color", "iris_color")
_SEATING = ("matrix", "offset", "displacement")


class SittingError(Head360Error):
    """A sitting cannot be used."""

    hint = "Delete the file; `python -m training train sittings` makes it again."


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One camera's true pictures: (H, W, 4) uint8 sRGB, straight alpha, top row first."""

    camera: OrbitCamera
    layers: Mapping[Layer, Tensor]  # "whole" always; the others where the head wears hair


@dataclass(frozen=True, slots=True, eq=False)
class Sitting:
    """One head that makes one face in one light."""

    params: HeadParams  # codes, colours, hairstyle, light
    vertices: Tensor  # (V, 3) metres: the model's mesh, as the product would pose it
    seating: Seating | None  # of the hairstyle
    photos: tuple[Photo, ...]


def sitting_path(folder: Path, number: int) -> Path:
    """Where sitting `number` lies."""
    return folder / _PATTERN.replace("*", f"{number:06d}")


def sittings_in(folder: Path) -> list[Path]:
    """All finished sittings of a folder, in their order."""
    return sorted(folder.glob(_PATTERN))


def save_sitting(path: Path, sitting: Sitting) -> None:
    """Write one."""
    tensors = {"vertices": sitting.vertices}
    tensors |= {name: torch.tensor(getattr(sitting.params, name)) for name in _VECTORS}
    if sitting.seating is not None:
        tensors |= {f"seating.{name}": getattr(sitting.seating, name) for name in _SEATING}
    for number, photo in enumerate(sitting.photos):
        tensors |= {f"photo.{number}.{layer}": image for layer, image in photo.layers.items()}
    described = {
        "hairstyle": sitting.params.hairstyle,
        "light": asdict(sitting.params.light),
        "cameras": [asdict(photo.camera) for photo in sitting.photos],
    }
    whole = {name: value.contiguous() for name, value in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        save_file(whole, partial, {"sitting": json.dumps(described)})


def load_sitting(path: Path) -> Sitting:
    """Read one.

    Raises:
        SittingError: the file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            described = json.loads((file.metadata() or {})["sitting"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _restored(described, tensors)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise SittingError(f"“{path.name}” is no sitting, or damaged.") from error


def _restored(described: dict[str, Any], tensors: Mapping[str, Tensor]) -> Sitting:
    params = neutral_head().with_(
        hairstyle=described["hairstyle"],
        light=Light(**described["light"]),
        **{name: tensors[name].numpy() for name in _VECTORS},
    )
    seating = None
    if "seating.matrix" in tensors:
        seating = Seating(*(tensors[f"seating.{name}"] for name in _SEATING))
    photos = tuple(
        Photo(_camera(camera), _layers(tensors, number))
        for number, camera in enumerate(described["cameras"])
    )
    return Sitting(params, tensors["vertices"], seating, photos)


def _layers(tensors: Mapping[str, Tensor], number: int) -> dict[Layer, Tensor]:
    names = {layer: f"photo.{number}.{layer}" for layer in LAYERS}
    return {layer: tensors[name] for layer, name in names.items() if name in tensors}


def _camera(described: dict[str, Any]) -> OrbitCamera:
    return OrbitCamera(**{**described, "target": tuple(described["target"])})


def picture_tensor(picture: npt.NDArray[np.uint8]) -> Tensor:
    """An (H, W, 4) picture as a tensor of its own."""
    return torch.from_numpy(np.ascontiguousarray(picture))
