"""The library of hairstyles: packed planes and grids, one blob a style.

On disk a style is an LZMA blob inside a safetensors file. Its planes and grid are rounded to fixed
steps (`_PLANE_STEPS`, `_GRID_STEP`), stored as differences along rows, low bytes before high
bytes. A file holds as many styles as fit; each blob carries its own size, checked before and while
it is unpacked.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from torch import Tensor

from head360.errors import ResourceError, UnknownNameError
from head360.files import replacing
from head360.model.field import HAIR_CHANNELS, HairPlanes
from head360.model.planes import PLANES

Integers: TypeAlias = npt.NDArray[np.uint16]

#: Steps of the plane channels: metres for depth and spread.
_PLANE_STEPS = (
    1 / 40, 0.0007, 0.001, 1 / 40,  # coverage, depth, spread, along
    1 / 16, 1 / 16, 1 / 16, 1 / 12,  # tangent, feature 0
    1 / 200, 1 / 200, 1 / 12,  # root, feature 1
)  # fmt: skip
_GRID_STEP = 1 / 8  # of log(1/m)
_MAX_PLANE_SIZE, _MAX_GRID_SIZE = 512, 96
_PREFIX = "style."


class HairLibrary:
    """Hairstyles by name, unpacked when first asked for."""

    def __init__(self, blobs: Mapping[str, bytes]) -> None:
        self._blobs = dict(blobs)
        self._unpacked: dict[str, HairPlanes] = {}

    @classmethod
    def load(cls, paths: Iterable[Path]) -> HairLibrary:
        """Read hair*.safetensors files.

        Raises:
            ResourceError: a file is damaged.
        """
        blobs: dict[str, bytes] = {}
        for path in paths:
            try:
                with safe_open(path, framework="np") as file:
                    for key in file.keys():  # noqa: SIM118 (not a mapping)
                        blobs[key.removeprefix(_PREFIX)] = file.get_tensor(key).tobytes()
            except (OSError, SafetensorError) as error:
                raise ResourceError(f"The hair library “{path.name}” is damaged.") from error
        return cls(blobs)

    @property
    def styles(self) -> tuple[str, ...]:
        """The ids of all styles, sorted."""
        return tuple(sorted(self._blobs))

    def planes(self, style: str) -> HairPlanes:
        """One style in the canonical frame.

        Raises:
            UnknownNameError: there is no such style.
            ResourceError: its blob is damaged.
        """
        if style not in self._blobs:
            raise UnknownNameError("hairstyle", style, self._blobs)
        if style not in self._unpacked:
            self._unpacked[style] = unpack_style(self._blobs[style])
        return self._unpacked[style]

    def blob(self, style: str) -> bytes:
        """One style as it is stored.

        Raises:
            UnknownNameError: there is no such style.
        """
        if style not in self._blobs:
            raise UnknownNameError("hairstyle", style, self._blobs)
        return self._blobs[style]


def save_styles(path: Path, styles: Mapping[str, HairPlanes]) -> None:
    """Pack styles into one safetensors file."""
    save_blobs(path, {name: pack_style(hair) for name, hair in styles.items()})


def save_blobs(path: Path, blobs: Mapping[str, bytes]) -> None:
    """Write packed styles into one safetensors file."""
    packed = {_PREFIX + name: np.frombuffer(blob, np.uint8) for name, blob in blobs.items()}
    with replacing(path) as partial:
        save_file(packed, partial)


def pack_style(hair: HairPlanes) -> bytes:
    """One style as a blob: two sizes (uint16), then LZMA of rounded differences."""
    steps = np.array(_PLANE_STEPS)[:, None, None]
    planes = np.rint(hair.planes.detach().cpu().numpy() / steps)
    grid = np.rint(hair.grid.detach().cpu().numpy() / _GRID_STEP)
    body = b"".join(_differences(part.astype(np.int16).view(np.uint16)) for part in (planes, grid))
    sizes = np.array([planes.shape[-1], grid.shape[-1]], "<u2").tobytes()
    return sizes + lzma.compress(body, lzma.FORMAT_ALONE)


def unpack_style(blob: bytes) -> HairPlanes:
    """The style of a blob.

    Raises:
        ResourceError: the blob is damaged, or claims an absurd size.
    """
    try:
        size, cells = (int(n) for n in np.frombuffer(blob[:4], "<u2"))
        if not (0 < size <= _MAX_PLANE_SIZE and 0 < cells <= _MAX_GRID_SIZE):
            raise ValueError("absurd size")
        shape = (PLANES, len(HAIR_CHANNELS), size, size)
        split = 2 * int(np.prod(shape))
        expected = split + 2 * cells**3
        body = lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(blob[4:], expected)
        planes = _restored(body[:split], shape)
        grid = _restored(body[split:], (cells, cells, cells))
    except (ValueError, lzma.LZMAError, EOFError) as error:
        raise ResourceError("A hairstyle of the library is damaged.") from error
    steps = torch.tensor(_PLANE_STEPS)[:, None, None]
    return HairPlanes(planes * steps, grid * _GRID_STEP)


def _differences(values: Integers) -> bytes:
    """Differences along rows, all low bytes before all high bytes."""
    change = np.diff(values, axis=-1, prepend=np.zeros_like(values[..., :1]))
    return (change & 0xFF).astype(np.uint8).tobytes() + (change >> 8).astype(np.uint8).tobytes()


def _restored(body: bytes, shape: tuple[int, ...]) -> Tensor:
    low, high = np.frombuffer(body, np.uint8).reshape(2, *shape).astype(np.uint16)
    values = np.cumsum(low | (high << 8), axis=-1, dtype=np.uint16).view(np.int16)
    return torch.from_numpy(values.astype(np.float32))
