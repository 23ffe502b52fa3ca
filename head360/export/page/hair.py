"""Bakes hair into a volume for the page: what the viewer's fast march reads, in few bytes."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.export.page.packing import Arrays, Facts
from head360.model.field import EMPTY_LOG_EXTINCTION, HairField, HairSample
from head360.model.planes import HAIR_BOX, cell_centres, sample_grid
from head360.rendering.baked_volume import VOLUME_COLUMNS, VOLUME_SIZE
from head360.rendering.empty_space import bounds, with_empty_space
from head360.rendering.scene import WornHair

#: The largest root of an extinction (1/m) that a style has, and one step of those stored.
DENSITY_STEP = 64 / 255
#: Steps of stored directions and scalp coordinates, as exact as the half floats that a page draws
#: from, and of the logarithm of tones, which ends at ±1.1.
TANGENT_STEP, ROOT_STEP, TONE_STEP = 1 / 63, 1 / 4096, 1.1 / 127
_SLICES = 6  # baked between two yields


def baked_hair(field: HairField, hair: WornHair) -> Generator[None, None, tuple[Facts, Arrays]]:
    """The volume of hair on a straight head: densities everywhere, looks only where there is hair.

    Arrays: `hair_density` (z, y, x) roots of extinctions in steps of `DENSITY_STEP`; `hair_free`
    (z/2, y/2, x/2) steps of a ray that are free of hair; and of each voxel with hair, in order,
    `hair_tangent` (N, 3), `hair_tone`, `hair_root` (N, 2), `hair_along` in 255ths.
    """
    density = np.zeros(VOLUME_SIZE[::-1], np.uint8)
    looks: list[Arrays] = []
    columns, rows, depth = VOLUME_SIZE
    for first in range(0, depth, _SLICES):
        chosen = slice(first, min(first + _SLICES, depth))
        met, sample = _sampled(field, hair, _points(chosen))
        steps = np.zeros(met.shape, np.uint8)
        steps[met.numpy()] = np.rint(sample.extinction.sqrt().numpy() / DENSITY_STEP).clip(0, 255)
        density[chosen] = steps.reshape(-1, rows, columns)
        looks.append(_look(sample, steps[met.numpy()] > 0))
        yield
    roots = density.astype(np.float32) * np.float32(DENSITY_STEP)
    free = -with_empty_space(roots)[::2, ::2, ::2]  # the same in all voxels of a block
    low, high = bounds(roots)
    facts: Facts = {
        "size": VOLUME_SIZE, "columns": VOLUME_COLUMNS, "low": low.tolist(), "high": high.tolist(),
        "steps": {
            "density": DENSITY_STEP, "tangent": TANGENT_STEP, "root": ROOT_STEP, "tone": TONE_STEP,
        },
        "matrix": hair.seating.matrix.tolist(), "offset": hair.seating.offset.tolist(),
    }  # fmt: skip
    arrays = {name: np.concatenate([look[name] for look in looks]) for name in looks[0]}
    return facts, {
        "hair_density": density,
        "hair_free": free.clip(0, 255).astype(np.uint8),
        "hair_extinction": hair.extinction.numpy().astype(np.float16),
        "hair_visibility": hair.visibility.numpy().astype(np.float16),
        **arrays,
    }


def _points(slices: slice) -> Tensor:
    """(N, 3) metres: centres of the voxels of some slices."""
    columns, rows, depth = VOLUME_SIZE
    z = ((torch.arange(slices.start, slices.stop) + 0.5) / depth * 2 - 1) * HAIR_BOX.half[2]
    points = cell_centres(HAIR_BOX, (columns, rows, 1)).repeat(len(z), 1)
    points[:, 2] = (z + HAIR_BOX.centre[2]).repeat_interleave(columns * rows)
    return points


@torch.inference_mode()
def _sampled(field: HairField, hair: WornHair, points: Tensor) -> tuple[Tensor, HairSample]:
    """Which of the points (N,) may have hair, and the hair there."""
    canonical = hair.seating(points)
    met = sample_grid(hair.style.grid, canonical, HAIR_BOX) > EMPTY_LOG_EXTINCTION
    return met, field(hair.style, canonical[met])


def _look(sample: HairSample, kept: npt.NDArray[np.bool_]) -> Arrays:
    root = np.rint(sample.root.numpy()[kept] / ROOT_STEP).clip(-32767, 32767)
    tone = np.rint(np.log(sample.tone.numpy()[kept]) / TONE_STEP).clip(-127, 127)
    return {
        "hair_tangent": np.rint(sample.tangent.numpy()[kept] / TANGENT_STEP).astype(np.int8),
        "hair_tone": tone.astype(np.int8),
        "hair_root": root.astype(np.int16),
        "hair_along": np.rint(sample.along.numpy()[kept].clip(0, 1) * 255).astype(np.uint8),
    }
