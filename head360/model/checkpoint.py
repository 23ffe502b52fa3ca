"""Model files: safetensors with plain arrays and with packed fixed-step arrays, checked on reading.

A packed array is a uint8 blob: smooth values rounded to multiples of a step, as differences along
the last axis but one (neighbouring vertices), low bytes before high bytes, compressed with LZMA.
"""

from __future__ import annotations

import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from head360.errors import ResourceError

Array: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float32]

_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0}]


class Checkpoint:
    """The arrays of one model file."""

    def __init__(self, name: str, arrays: Mapping[str, Array]) -> None:
        self._name, self._arrays = name, arrays

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Read a file.

        Raises:
            ResourceError: it is no safetensors file.
        """
        try:
            with safe_open(path, framework="np") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise ResourceError(f"The model file “{path.name}” is damaged.") from error
        return cls(path.name, arrays)

    def array(self, name: str, *shape: int) -> Array:
        """A plain array of the given shape; -1 fits any length.

        Raises:
            ResourceError: it is missing or has another shape.
        """
        array = self._arrays.get(name)
        if array is None or not _fits(array.shape, shape):
            raise self.damaged(name)
        return array

    def unpacked(self, name: str, *shape: int) -> Floats:
        """A packed array of exactly this shape, in its own unit.

        Raises:
            ResourceError: it is missing, or holds something else.
        """
        blob = self.array(name, -1).tobytes()
        steps = self.array(f"{name}_step", shape[0]).astype(np.float32)
        try:
            body = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_FILTERS).decompress(
                blob, 2 * int(np.prod(shape))
            )
            low, high = np.frombuffer(body, np.uint8).reshape(2, *shape)
        except (ValueError, lzma.LZMAError, EOFError) as error:
            raise self.damaged(name) from error
        values = low | (high.astype(np.uint16) << 8)
        restored = np.cumsum(values, axis=-2, dtype=np.uint16, out=values).view(np.int16)
        return restored * steps.reshape(-1, *(1,) * (len(shape) - 1))

    def damaged(self, name: str) -> ResourceError:
        """What to raise when an array holds nonsense."""
        return ResourceError(f"The model file “{self._name}” is damaged: “{name}” is wrong.")


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    if len(shape) != len(wanted):
        return False
    return all(want in (-1, size) for size, want in zip(shape, wanted, strict=True))


def packed(name: str, values: Floats, steps: Floats) -> dict[str, Array]:
    """Entries of a file for values (K, V, 3), rounded to multiples of steps (K,)."""
    whole = np.rint(values / steps.reshape(-1, *(1,) * (values.ndim - 1)))
    if np.abs(whole).max() > np.iinfo(np.int16).max:
        raise ValueError(f"the steps of {name} are too fine for its values")
    bits = whole.astype(np.int16).view(np.uint16)
    change = np.diff(bits, axis=-2, prepend=np.zeros_like(bits[..., :1, :]))
    body = (change & 0xFF).astype(np.uint8).tobytes() + (change >> 8).astype(np.uint8).tobytes()
    blob = lzma.compress(body, lzma.FORMAT_RAW, filters=_FILTERS)
    return {name: np.frombuffer(blob, np.uint8), f"{name}_step": steps.astype(np.float32)}


def save(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write a file, replacing an older one only when complete."""
    partial = path.with_suffix(".partial")
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, partial)
    partial.replace(path)
