"""Bakes the light presets: a probe's irradiance and reflections, and three lamps chosen by eye.

The probes light everything softly; the lamps give a portrait its modelling. Probes are CC0 (see
NOTICE); directions and colours of the lamps are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from head360.light import LIGHT_PRESETS


@dataclass(frozen=True, slots=True)
class Lamps:
    """Key, fill and rim of one preset; fill and rim stand mirrored and behind."""

    key: tuple[float, float, float]  # direction towards the lamp, head space
    color: tuple[float, float, float]  # linear RGB of the key
    fill: float = 0.22  # of the key's colour, a little bluer
    rim: float = 0.45
    ambient: float = 1.0  # gain of the probe


LAMPS: dict[str, Lamps] = {
    "studio": Lamps((0.45, 0.55, 0.70), (1.60, 1.50, 1.40), fill=0.25, rim=0.5),
    "courtyard": Lamps((-0.35, 0.60, 0.70), (1.35, 1.35, 1.40), rim=0.3),
    "forest": Lamps((0.50, 0.62, 0.60), (1.35, 1.40, 1.15), rim=0.35),
    "sunset": Lamps((0.72, 0.24, 0.55), (2.20, 1.30, 0.72), fill=0.14, rim=0.6, ambient=0.8),
    "sunrise": Lamps((-0.66, 0.28, 0.60), (1.95, 1.50, 1.15), fill=0.18, rim=0.5, ambient=0.9),
    "city": Lamps((0.40, 0.74, 0.54), (1.45, 1.40, 1.35)),
    "interior": Lamps((-0.30, 0.80, 0.50), (1.55, 1.38, 1.12), fill=0.3, rim=0.2),
    "night": Lamps((-0.62, 0.42, 0.50), (0.62, 0.85, 1.55), fill=0.12, rim=1.1, ambient=0.32),
}
#: Reflections are stored at these heights; widths are twice that.
_SHARP_ROWS = 64


def bake_environments(source: Path, target: Path) -> None:
    """Write all presets of `source`/env.npz into one safetensors file."""
    tensors: dict[str, np.ndarray] = {}
    with np.load(source / "env.npz") as probes:
        for name in LIGHT_PRESETS:
            gain = LAMPS[name].ambient
            sharp = probes[f"{name}_sharp"].astype(np.float32)
            factor = sharp.shape[0] // _SHARP_ROWS
            rows, columns = _SHARP_ROWS, sharp.shape[1] // factor
            pooled = sharp.reshape(rows, factor, columns, factor, 3).mean((1, 3))
            blurred = probes[f"{name}_blur"].astype(np.float32)
            tensors[f"{name}.irradiance"] = probes[f"{name}_sh"].astype(np.float32) * gain
            tensors[f"{name}.sharp"] = (pooled * gain).clip(0, 60).astype(np.float16)
            tensors[f"{name}.blurred"] = (blurred * gain).clip(0, 60).astype(np.float16)
            tensors[f"{name}.directions"], tensors[f"{name}.colors"] = _lamps(LAMPS[name])
    save_file(tensors, target)


def _lamps(lamps: Lamps) -> tuple[np.ndarray, np.ndarray]:
    """Directions and colours, (3, 3) each: key, fill, rim."""
    key = np.array(lamps.key, np.float32)
    key /= np.linalg.norm(key)
    rim = (-0.6 * np.sign(key[0]), 0.45, -0.75)
    directions = np.array([key, (-key[0], 0.15, 0.75), rim], np.float32)
    units = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    color = np.array(lamps.color, np.float32)
    fill = color * lamps.fill * np.array([0.9, 0.97, 1.1], np.float32)
    return units, np.array([color, fill, color * lamps.rim], np.float32)
