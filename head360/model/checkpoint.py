"""Reads shipped model files, and packs arrays so that they deflate well."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from head360.errors import ResourceError

Arrays: TypeAlias = dict[str, npt.NDArray[Any]]


def load_arrays(path: Path) -> Arrays:
    """All arrays of a safetensors file.

    Raises:
        ResourceError: the file is missing or damaged.
    """
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise ResourceError(f"The model file “{path.name}” is missing or damaged.") from error


def deflated(values: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    """Bytes of int16 numbers, low bytes before high bytes, deflated; the shape is not kept."""
    raw = np.ascontiguousarray(values).view(np.uint16).ravel()
    low, high = (raw & 0xFF).astype(np.uint8), (raw >> 8).astype(np.uint8)
    return np.frombuffer(zlib.compress(low.tobytes() + high.tobytes(), 9), np.uint8)


def inflated(
    packed: npt.NDArray[np.uint8 | np.int16], shape: tuple[int, ...]
) -> npt.NDArray[np.int16]:
    """Undo `deflated`; what has been inflated before is returned as it is.

    Raises:
        ResourceError: the bytes are damaged or hold too few values.
    """
    if packed.dtype == np.int16 and packed.shape == shape:
        return packed.view(np.int16)
    count = int(np.prod(shape))
    try:
        body = zlib.decompressobj().decompress(packed.tobytes(), 2 * count)
    except zlib.error as error:
        raise ResourceError("A model file is damaged.") from error
    if len(body) != 2 * count:
        raise ResourceError("A model file is damaged: it holds too few numbers.")
    low, high = np.frombuffer(body, np.uint8).reshape(2, count).astype(np.uint16)
    return (low | (high << 8)).view(np.int16).reshape(shape)
