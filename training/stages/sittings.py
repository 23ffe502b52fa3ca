"""Sittings: one posed head, its light, and pictures of it from several cameras, as files.

A sitting holds all that training from pictures needs and nothing that has to be drawn with OpenGL
any more, so that one process makes sittings while another learns from those that are there. Each
is one safetensors file, `sitting-000012.safetensors`, alone or with others in a shard, a tar file
in WebDataset's convention, `sittings-000003.tar`; either is written whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_of
from safetensors.torch import save as bytes_of
from torch import Tensor

from head360.camera import OrbitCamera
from head360.errors import Head360Error
from head360.files import replacing
from head360.light import Light
from head360.model.seating import Seating
from head360.params import HeadParams, neutral_head
from training.synhead.tars import PackedSample, Place, tar_places, writing_tar

#: The head with its hair, the head without it, the hair without the head.
Layer: TypeAlias = Literal["whole", "bald", "hair"]
LAYERS: tuple[Layer, ...] = ("whole", "bald", "hair")
_PATTERN, _SHARD_PATTERN = "sitting-*.safetensors", "sittings-*.tar"
_SUFFIX = "safetensors"
_SHARDS_REMEMBERED = 4096
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


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a finished sitting lies."""

    path: Path
    name: str  # of its file, which may be a part of a shard
    offset: int = 0  # bytes
    size: int = -1  # bytes; -1: to the end

    @classmethod
    def at(cls, path: Path) -> Stored:
        """A file of its own."""
        return cls(path, path.name)

    def content(self) -> bytes:
        """All of it."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


def sitting_path(folder: Path, number: int) -> Path:
    """Where sitting `number` lies, if it has a file of its own."""
    return folder / _PATTERN.replace("*", f"{number:06d}")


def shard_path(folder: Path, number: int) -> Path:
    """Where shard `number` lies."""
    return folder / _SHARD_PATTERN.replace("*", f"{number:06d}")


def sittings_in(folder: Path) -> list[Stored]:
    """All finished sittings of a folder, in their order, in files of their own or in shards.

    Raises:
        ShardError: a shard is damaged.
    """
    found = {path.name: Stored.at(path) for path in folder.glob(_PATTERN)}
    for shard in sorted(folder.glob(_SHARD_PATTERN)):
        for place in _places(shard, shard.stat().st_mtime_ns):
            found.setdefault(place.name, Stored(shard, place.name, place.offset, place.size))
    return [found[name] for name in sorted(found)]


@lru_cache(_SHARDS_REMEMBERED)
def _places(shard: Path, _changed: int) -> list[Place]:
    """What is in a shard; asked for often, and shards do not change."""
    return tar_places(shard)


def save_sitting(path: Path, sitting: Sitting) -> None:
    """Write one as a file of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_bytes(_packed(sitting))


def save_shard(path: Path, sittings: Iterable[tuple[int, Sitting]]) -> None:
    """Write some with their numbers as a shard."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing_tar(path) as add:
        for number, sitting in sittings:
            key = Path(sitting_path(path.parent, number)).stem
            add(PackedSample(key, {_SUFFIX: _packed(sitting)}))


def _packed(sitting: Sitting) -> bytes:
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
    return bytes_of(whole, {"sitting": json.dumps(described)})


def load_sitting(stored: Stored) -> Sitting:
    """Read one.

    Raises:
        SittingError: the file is damaged.
    """
    try:
        content = stored.content()
        tensors = tensors_of(content)  # which also checks the header that is read next
        length = int.from_bytes(content[:8], "little")
        described = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["sitting"])
        return _restored(described, tensors)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise SittingError(f"“{stored.name}” is no sitting, or damaged.") from error


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
