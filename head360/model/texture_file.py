"""The file of the skin's model, unpacked without torch: that can go on while torch is imported.

Large parameters are stored with fixed steps, deflated, or as cosines; the rest as float16.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from head360.errors import ResourceError
from head360.model.checkpoint import inflated, load_arrays
from head360.model.transform import is_packed, unpacked_images

Floats = npt.NDArray[np.float32]

#: The entry that holds JSON about shapes, as bytes.
DESCRIPTION = "description"
CHANNELS = 8
#: Parameters stored with fixed steps, deflated: name and step. The rest is stored as float16.
STEPS = {"mean": 0.02, "details": 0.08, "basis": 0.02, "soft_mean": 0.004}
TILE_STEP, LAYER_STEP = 1 / 255, 1 / 100


@dataclass(frozen=True, slots=True, eq=False)
class TextureFile:
    """What the file holds."""

    described: Mapping[str, Any]  # generator: its sizes; layers and tiles: their places
    arrays: Mapping[str, Floats]  # the generator's parameters, layers, tiles and the iris


def read_texture(path: Path) -> TextureFile:
    """Read and unpack a model file.

    Raises:
        ResourceError: the file is missing or damaged.
    """
    arrays = load_arrays(path)
    try:
        described: dict[str, Any] = json.loads(arrays.pop(DESCRIPTION).tobytes())
        shapes = _stepped_shapes(described)
        unpacked = {
            name: restored(packed, *shapes[name]) if name in shapes else packed.astype(np.float32)
            for name, packed in arrays.items()
        }
    except (KeyError, ValueError, TypeError) as error:
        raise ResourceError(f"The model file “{path.name}” is damaged.") from error
    return TextureFile(described, unpacked)


def restored(packed: npt.NDArray[np.uint8], shape: tuple[int, ...], step: float) -> Floats:
    """Numbers that are stored with steps, either way.

    Raises:
        ResourceError, ValueError: the bytes are damaged or hold another shape.
    """
    if len(shape) == 3 and is_packed(packed[:1].tobytes()):
        return unpacked_images(packed.tobytes(), (shape[0], shape[1], shape[2]))
    numbers: Floats = inflated(packed, shape).astype(np.float32)
    numbers *= np.float32(step)
    return numbers


def _stepped_shapes(described: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], float]]:
    """Shape and step of each entry that is stored with steps."""
    sizes = described["generator"]
    tile, soft = ((sizes[name], 2 * sizes[name]) for name in ("rows", "soft_rows"))
    heads = {
        "mean": (CHANNELS, *tile),
        "details": (sizes["details"], *tile),
        "basis": (sizes["basis"], CHANNELS, *soft),
        "soft_mean": (CHANNELS, *soft),
    }
    shapes: dict[str, tuple[tuple[int, ...], float]] = {
        name: (shape, STEPS[name]) for name, shape in heads.items()
    }
    for name, boxes in described["layers"].items():
        for number, (_, _, height, width) in enumerate(boxes):
            shapes[f"layer.{name}.{number}"] = ((height, width), LAYER_STEP)
    for number, (_, _, height, width) in enumerate(described["tiles"]):
        shapes[f"tile.{number}"] = ((CHANNELS, height, width), TILE_STEP)
    shapes["iris"] = ((2, *described["tiles"][0][2:]), TILE_STEP)
    return shapes
