"""Images as cosines: blocks of 8 × 8 texels, coarser steps for finer waves, and what fills holes.

Most numbers become zero, so that a general compressor does the rest. Waves come sorted from coarse
to fine, each with all its blocks in a row: equals beside equals.
"""

from __future__ import annotations

import lzma
import struct
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Bytes: TypeAlias = npt.NDArray[np.int8]

BLOCK = 8
WAVES = BLOCK * BLOCK
#: Steps grow linearly with a wave's number of half periods, up to 1 + this.
_RAMP = 3.0
#: Numbers this far below half a step become zero, too.
_ROUNDING = 0.4
#: Bytes with this magnitude say that the number is found among the large ones.
_ESCAPE = 127
_MARK, _VERSION = 0xC5, 1
_HEAD = struct.Struct("<BBf")  # mark, version, step
#: About how much coarser steps must be for so much smaller a size.
SIZE_EXPONENT = 1.55
MAX_MEMORY = 1 << 28  # bytes, while unpacking


@cache
def _waves() -> tuple[Floats, Floats]:
    """(64, 64) waves by texels, unit length, coarse ones first, and the (64,) step of each."""
    n = np.arange(BLOCK)
    rows = np.cos(np.pi * (n[None] + 0.5) * n[:, None] / BLOCK) * np.sqrt(2 / BLOCK)
    rows[0] /= np.sqrt(2)
    waves = np.einsum("ay,bx->abyx", rows, rows).reshape(WAVES, WAVES)
    i, j = np.indices((BLOCK, BLOCK))
    order = np.lexsort((i.ravel(), (i + j).ravel()))
    steps = 1 + _RAMP * (i + j).ravel()[order] / (2 * BLOCK - 2)
    return waves[order].astype(np.float32), steps.astype(np.float32)


def padded(size: int) -> int:
    """Texels along a side once blocks are complete."""
    return -(-size // BLOCK) * BLOCK


def quantised(images: npt.NDArray[np.floating], step: float) -> npt.NDArray[np.int32]:
    """(64, N · blocks) whole numbers of steps in images (N, H, W).

    Each block's mean is told as the difference to the block before.
    """
    count, height, width = images.shape
    fill = ((0, 0), (0, padded(height) - height), (0, padded(width) - width))
    tiles = np.pad(images, fill, "edge").reshape(
        count, padded(height) // BLOCK, BLOCK, padded(width) // BLOCK, BLOCK
    )
    texels = tiles.transpose(2, 4, 0, 1, 3).reshape(WAVES, -1)
    waves, steps = _waves()
    shares = (waves @ texels.astype(np.float32)) / (steps[:, None] * np.float32(step))
    numbers = (np.sign(shares) * np.floor(np.abs(shares) + _ROUNDING)).astype(np.int32)
    numbers[0] = np.diff(numbers[0], prepend=0)
    return numbers


def restored(numbers: npt.NDArray[np.integer], step: float, shape: tuple[int, int, int]) -> Floats:
    """The images (N, H, W) of `quantised` numbers; one after another, for they may be large."""
    count, height, width = shape
    waves, steps = _waves()
    basis = waves.T * (steps * np.float32(step))
    means = np.cumsum(numbers[0], dtype=np.int64).astype(np.float32).reshape(count, -1)
    down, across = padded(height) // BLOCK, padded(width) // BLOCK
    images = np.empty((count, down, BLOCK, across, BLOCK), np.float32)
    for image, mean, part in zip(images, means, np.split(numbers, count, 1), strict=True):
        shares = part.astype(np.float32)
        shares[0] = mean
        tiles = (basis @ shares).reshape(BLOCK, BLOCK, down, across)
        image[:] = tiles.transpose(2, 0, 3, 1)
    whole = images.reshape(count, BLOCK * down, BLOCK * across)
    found: Floats = whole[:, :height, :width]
    return found


def packed_images(images: npt.NDArray[np.floating], step: float, most: int | None = None) -> bytes:
    """Images (N, H, W) as a blob, rounded to steps, coarser ones if `most` bytes demand it."""
    while True:
        small, large = to_bytes(quantised(images, step))
        body = lzma.compress(small.tobytes() + large.astype("<i4").tobytes(), lzma.FORMAT_ALONE)
        blob = _HEAD.pack(_MARK, _VERSION, step) + body
        if most is None or len(blob) <= most:
            return blob
        step *= max(1.05, (len(blob) / most) ** SIZE_EXPONENT)


def is_packed(blob: bytes) -> bool:
    """Whether bytes begin as `packed_images` begins."""
    return blob[:1] == bytes([_MARK])


def unpacked_images(blob: bytes, shape: tuple[int, int, int]) -> Floats:
    """The images (N, H, W) of `packed_images`.

    Raises:
        ValueError: the blob is damaged, or holds images of another shape.
    """
    try:
        _, version, step = _HEAD.unpack(blob[: _HEAD.size])
        count = shape[0] * padded(shape[1]) * padded(shape[2])
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MAX_MEMORY)
        body = unpacker.decompress(blob[_HEAD.size :], 5 * count)
    except (struct.error, lzma.LZMAError, EOFError) as error:
        raise ValueError("damaged images") from error
    if version != _VERSION or not 0 < step < 1e6 or len(body) < count or (len(body) - count) % 4:
        raise ValueError("damaged images")
    small, large = np.frombuffer(body, np.int8, count), np.frombuffer(body, "<i4", offset=count)
    return restored(from_bytes(small, large).reshape(WAVES, -1), step, shape)


def to_bytes(numbers: npt.NDArray[np.int32]) -> tuple[Bytes, npt.NDArray[np.int32]]:
    """Numbers as bytes, and those that are too large for one, in order."""
    small = numbers.clip(-_ESCAPE, _ESCAPE).astype(np.int8)
    return small, numbers[np.abs(small) == _ESCAPE]


def from_bytes(small: Bytes, large: npt.NDArray[np.int32]) -> npt.NDArray[np.integer]:
    """Undo `to_bytes`.

    Raises:
        ValueError: there are not as many large numbers as there should be.
    """
    escaped = np.nonzero((small >= _ESCAPE) | (small <= -_ESCAPE))
    if len(escaped[0]) != len(large):
        raise ValueError("wrong count of large numbers")
    fits = large.min(initial=0) >= -(2**15) and large.max(initial=0) < 2**15
    numbers: npt.NDArray[np.integer] = small.astype(np.int16 if fits else np.int32)
    numbers[escaped] = large
    return numbers


def filled(images: npt.NDArray[np.floating], known: npt.NDArray[np.floating]) -> Floats:
    """Images (N, H, W) continued smoothly to where little is known, `known` (N, H, W) 0 … 1.

    What is known for certain stays. Means of ever larger squares fill the rest.
    """
    return _pulled((images * known).astype(np.float32), known.astype(np.float32))


def _pulled(weighted: Floats, known: Floats) -> Floats:
    height, width = weighted.shape[1:]
    if height <= 1 and width <= 1:
        return (weighted / np.maximum(known, 1e-12)).astype(np.float32)
    total, mass = _halved(weighted), _halved(known)
    share = np.minimum(mass, 1) / np.maximum(mass, 1e-12)
    coarse = _pulled((total * share).astype(np.float32), (mass * share).astype(np.float32))
    grown = coarse.repeat(2, 1).repeat(2, 2)[:, :height, :width]
    result: Floats = weighted + (1 - known) * grown
    return result


def _halved(images: Floats) -> Floats:
    """Sums of 2 × 2 texels; an odd last row or column stands alone."""
    height, width = images.shape[1:]
    even = np.pad(images, ((0, 0), (0, height % 2), (0, width % 2)))
    left, right = even[:, :, 0::2], even[:, :, 1::2]
    sums: Floats = left[:, 0::2] + left[:, 1::2] + right[:, 0::2] + right[:, 1::2]
    return sums
