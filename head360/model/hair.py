"""The library of hairstyles: packed planes and grids, one blob a style.

On disk a style is a blob inside a safetensors file, which holds as many styles as fit. A blob of
the second format says so, then its sizes and how coarse its steps are; the rest is LZMA: planes as
cosines (`head360.model.transform`), channel by channel, the grid as differences along rows, and
last the few numbers that no byte can hold. In the third format the strands' own extinction, which
light meets, comes before that: its size, its length in bytes, and LZMA of differences along rows.
Blobs of the first format (differences along rows, for the planes as well) are read, too. All sizes
are checked before and while a blob is unpacked.
"""

from __future__ import annotations

import lzma
import struct
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
from head360.model.transform import (
    MAX_MEMORY,
    SIZE_EXPONENT,
    WAVES,
    Bytes,
    filled,
    from_bytes,
    padded,
    quantised,
    restored,
    to_bytes,
)

Floats: TypeAlias = npt.NDArray[np.float32]

#: Steps of the plane channels: metres for depth and spread.
_PLANE_STEPS = (
    1 / 40, 0.0007, 0.001, 1 / 40,  # coverage, depth, spread, along
    1 / 16, 1 / 16, 1 / 16, 1 / 12,  # tangent, feature 0
    1 / 200, 1 / 200, 1 / 12,  # root, feature 1
)  # fmt: skip
_GRID_STEP = 1 / 8  # of log(1/m)
_MAX_PLANE_SIZE, _MAX_GRID_SIZE = 512, 96
#: What a packed style may weigh, bytes: 33 of them stay below 14.2 MB.
MOST_BYTES = 430_000
#: Steps never get coarser than this factor.
_COARSEST = 4.0
_PLAIN, _COUNTED = 2, 3  # formats
_HEAD = struct.Struct("<HHHHf")  # 0, format, size of planes, of the grid, coarseness
_COUNT = struct.Struct("<HI")  # cells along each side, bytes
_FILTERS = [
    {"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 23, "lc": 0,
     "lp": 0, "pb": 0}
]  # fmt: skip
_SHARES = ("coverage", "along", "root_u", "root_v")
#: Less coverage than this is none; from the second on, what a texel says is all its own.
_NO_COVERAGE, _TRUSTED_COVERAGE = 0.006, 0.03
_PREFIX = "style."


class HairLibrary:
    """Hairstyles by name, unpacked when first asked for."""

    def __init__(self, blobs: Mapping[str, bytes]) -> None:
        self._blobs = dict(blobs)
        self._unpacked: dict[str, HairPlanes] = {}
        self._grids: dict[str, Tensor] = {}

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

    def grid(self, style: str) -> Tensor:
        """Only `planes(style).grid`, several times sooner: for looking at all styles.

        Raises:
            UnknownNameError: there is no such style.
            ResourceError: its blob is damaged.
        """
        if style not in self._grids:
            blob = self.blob(style)
            quick = style not in self._unpacked and blob[:2] == b"\0\0"
            self._grids[style] = unpack_grid(blob) if quick else self.planes(style).grid
        return self._grids[style]

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


def pack_style(hair: HairPlanes, most: int = MOST_BYTES) -> bytes:
    """One style as a blob, with steps as fine as `most` bytes allow, within limits."""
    planes = _ready(hair.planes.detach().cpu().float().numpy())
    grid = hair.grid.detach().cpu().float().numpy()
    coarseness = 1.0
    while len(blob := _packed(planes, grid, coarseness)) > most and coarseness < _COARSEST:
        wanted = coarseness * (len(blob) / most) ** SIZE_EXPONENT
        coarseness = min(max(wanted, 1.05 * coarseness), _COARSEST)
    return blob if hair.counted is None else with_counted(blob, hair.counted)


def with_counted(blob: bytes, counted: Tensor) -> bytes:
    """The same style, of the second or third format, with another count of its strands.

    Args:
        blob: a packed style.
        counted: (L, L, L) log(extinction in 1/m).

    Raises:
        ResourceError: the blob is damaged, or of the first format.
    """
    try:
        head, _, body = _parts(blob)
    except (ValueError, struct.error) as error:
        raise ResourceError("A hairstyle of the library is damaged.") from error
    cells = _steps(counted.detach().cpu().float().numpy())
    count = lzma.compress(cells.tobytes(), lzma.FORMAT_ALONE, filters=_FILTERS)
    mark = _HEAD.pack(0, _COUNTED, *head) + _COUNT.pack(len(cells), len(count))
    return mark + count + body


def _ready(planes: Floats) -> Floats:
    """Planes whose channels go on smoothly where there is no hair, and cost nothing there."""
    coverage = np.where(planes[:, :1] < _NO_COVERAGE, 0, planes[:, :1])
    others = planes[:, 1:]
    known = np.broadcast_to(np.clip(coverage / _TRUSTED_COVERAGE, 0, 1), others.shape)
    size = others.shape[2:]
    smooth = filled(others.reshape(-1, *size), known.reshape(-1, *size))
    return np.concatenate([coverage, smooth.reshape(others.shape)], 1).astype(np.float32)


def _packed(planes: Floats, grid: Floats, coarseness: float) -> bytes:
    parts = [
        quantised(planes[:, channel], step * coarseness)
        for channel, step in enumerate(_PLANE_STEPS)
    ]
    small, large = to_bytes(np.concatenate([part.ravel() for part in parts]))
    body = small.tobytes() + _steps(grid).tobytes() + large.astype("<i4").tobytes()
    head = _HEAD.pack(0, _PLAIN, planes.shape[-1], grid.shape[-1], coarseness)
    return head + lzma.compress(body, lzma.FORMAT_ALONE, filters=_FILTERS)


def _steps(grid: Floats) -> npt.NDArray[np.int8]:
    """A grid of logs as differences along rows."""
    cells = np.rint(grid / _GRID_STEP).clip(-127, 127).astype(np.int8)
    steps: npt.NDArray[np.int8] = np.diff(cells, axis=-1, prepend=np.zeros_like(cells[..., :1]))
    return steps


def _summed(steps: npt.NDArray[np.int8]) -> Tensor:
    grid = np.cumsum(steps, axis=-1, dtype=np.int8).astype(np.float32) * _GRID_STEP
    return torch.from_numpy(grid)


def unpack_style(blob: bytes) -> HairPlanes:
    """The style of a blob of any format.

    Raises:
        ResourceError: the blob is damaged, or claims an absurd size.
    """
    try:
        # A blob of the first format begins with its planes' size, which is never zero.
        return _unpacked_first(blob) if blob[:2] != b"\0\0" else _unpacked(blob)
    except (ValueError, lzma.LZMAError, EOFError, struct.error) as error:
        raise ResourceError("A hairstyle of the library is damaged.") from error


def unpack_grid(blob: bytes) -> Tensor:
    """(z, y, x) log extinctions of a blob of the second format.

    Raises:
        ResourceError: the blob is damaged, or claims an absurd size.
    """
    try:
        return _summed(_body(blob)[1])
    except (ValueError, lzma.LZMAError, EOFError, struct.error) as error:
        raise ResourceError("A hairstyle of the library is damaged.") from error


def _body(blob: bytes) -> tuple[Bytes, Bytes, npt.NDArray[np.int32]]:
    """What a blob holds: small numbers of planes, steps of the grid, and large numbers."""
    (size, cells, _), _, packed = _parts(blob)
    _check_sizes(size, cells)
    count = len(HAIR_CHANNELS) * PLANES * padded(size) ** 2
    least, most = count + cells**3, 5 * count + cells**3
    body = _decompressor().decompress(packed, most)
    if len(body) < least or (len(body) - least) % 4:
        raise ValueError("wrong length")
    small = np.frombuffer(body, np.int8, count)
    steps = np.frombuffer(body, np.int8, cells**3, count).reshape(cells, cells, cells)
    return small, steps, np.frombuffer(body, "<i4", offset=least)


def _unpacked(blob: bytes) -> HairPlanes:
    (size, _, coarseness), strands, _ = _parts(blob)
    small, steps, large = _body(blob)
    channels = len(HAIR_CHANNELS)
    numbers = from_bytes(small, large)
    parts = numbers.reshape(channels, WAVES, -1)
    planes = np.empty((PLANES, channels, size, size), np.float32)
    for channel, step in enumerate(_PLANE_STEPS):
        planes[:, channel] = restored(parts[channel], step * coarseness, (PLANES, size, size))
    return HairPlanes(torch.from_numpy(_legal(planes)), _summed(steps), _counted(*strands))


def _parts(blob: bytes) -> tuple[tuple[int, int, float], tuple[int, bytes], bytes]:
    """Sizes and coarseness; cells and LZMA of the strands' count (0 if there is none); the rest."""
    _, version, size, cells, coarseness = _HEAD.unpack(blob[: _HEAD.size])
    if version not in (_PLAIN, _COUNTED) or not 0 < coarseness <= 2 * _COARSEST:
        raise ValueError("unknown format")
    head, rest = (size, cells, coarseness), blob[_HEAD.size :]
    if version == _PLAIN:
        return head, (0, b""), rest
    side, length = _COUNT.unpack(rest[: _COUNT.size])
    if not 0 < side <= _MAX_GRID_SIZE:
        raise ValueError("absurd size")
    end = _COUNT.size + length
    return head, (side, rest[_COUNT.size : end]), rest[end:]


def _counted(side: int, packed: bytes) -> Tensor | None:
    if side == 0:
        return None
    body = _decompressor().decompress(packed, side**3)
    if len(body) != side**3:
        raise ValueError("wrong length")
    return _summed(np.frombuffer(body, np.int8).reshape(side, side, side))


def _legal(planes: Floats) -> Floats:
    """Coverage and the like within 0 … 1: waves may overshoot, a hostile file may say anything."""
    np.nan_to_num(planes, copy=False)
    for name in _SHARES:
        channel = planes[:, HAIR_CHANNELS.index(name)]
        np.clip(channel, 0, 1, out=channel)
    return planes


def _unpacked_first(blob: bytes) -> HairPlanes:
    size, cells = (int(n) for n in np.frombuffer(blob[:4], "<u2"))
    _check_sizes(size, cells)
    shape = (PLANES, len(HAIR_CHANNELS), size, size)
    split = 2 * int(np.prod(shape))
    expected = split + 2 * cells**3
    body = _decompressor().decompress(blob[4:], expected)
    planes = _restored_rows(body[:split], shape)
    grid = _restored_rows(body[split:], (cells, cells, cells))
    steps = torch.tensor(_PLANE_STEPS)[:, None, None]
    return HairPlanes(planes * steps, grid * _GRID_STEP)


def _check_sizes(size: int, cells: int) -> None:
    if not (0 < size <= _MAX_PLANE_SIZE and 0 < cells <= _MAX_GRID_SIZE):
        raise ValueError("absurd size")


def _decompressor() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MAX_MEMORY)


def _restored_rows(body: bytes, shape: tuple[int, ...]) -> Tensor:
    """Undo the first format: differences along rows, low bytes before high bytes."""
    low, high = np.frombuffer(body, np.uint8).reshape(2, *shape).astype(np.uint16)
    values = np.cumsum(low | (high << 8), axis=-1, dtype=np.uint16).view(np.int16)
    return torch.from_numpy(values.astype(np.float32))
