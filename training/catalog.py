"""Writes the model's catalogue: hairstyles by name, and plain names of the codes where one fits.

Shape components are principal components, so most move several things at once. One gets the name
of a measure of the face if it explains enough of how that measure varies among people.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from head360 import __version__
from head360.assets import checksum
from head360.model.bilinear import SHOWN_MODES, BilinearModel
from head360.params import TEXTURE_SIZE
from training.synhead.skin import CODE_NAMES

Points = npt.NDArray[np.float64]

#: A component is named after a measure from this correlation on.
_NAMED_FROM = 0.3
#: What a measure's growing and shrinking is called on a slider.
_CALLED = {
    "Face width": ("Wider face", "Narrower face"),
    "Face length": ("Longer face", "Shorter face"),
    "Jaw width": ("Wider jaw", "Narrower jaw"),
    "Chin height": ("Higher chin", "Lower chin"),
    "Chin forward": ("Chin forward", "Chin back"),
    "Head height": ("Taller head", "Flatter head"),
    "Head depth": ("Deeper head", "Shallower head"),
    "Nose length": ("Longer nose", "Shorter nose"),
    "Nose width": ("Wider nose", "Narrower nose"),
    "Nose tip": ("Longer nose tip", "Shorter nose tip"),
    "Nose bridge": ("Higher nose bridge", "Flatter nose bridge"),
    "Mouth width": ("Wider mouth", "Narrower mouth"),
    "Lip fullness": ("Fuller lips", "Thinner lips"),
    "Mouth height": ("Lower mouth", "Higher mouth"),
    "Mouth forward": ("Mouth forward", "Mouth back"),
    "Eye spacing": ("Eyes apart", "Eyes together"),
    "Eye opening": ("Wider eyes", "Narrower eyes"),
    "Eye slant": ("Eyes slant up", "Eyes slant down"),
    "Eye depth": ("Deeper eyes", "Flatter eyes"),
    "Brow height": ("Higher brows", "Lower brows"),
    "Brow ridge": ("Stronger brow ridge", "Softer brow ridge"),
}
#: Title, category and how strongly the scalp takes the hair's colour.
_HAIRSTYLES: dict[str, tuple[str, str, float]] = {
    "buzz": ("Buzz cut", "short", 0.95),
    "crew": ("Crew cut", "short", 0.92),
    "caesar": ("Caesar", "short", 0.85),
    "short_side_part": ("Side part", "short", 0.75),
    "quiff": ("Quiff", "short", 0.85),
    "slicked_back": ("Slicked back", "short", 0.75),
    "undercut": ("Undercut", "short", 0.8),
    "messy": ("Messy", "short", 0.75),
    "mohawk": ("Mohawk", "short", 0.8),
    "horseshoe": ("Balding", "short", 0.15),
    "pixie": ("Pixie", "short", 0.75),
    "bob": ("Bob", "medium", 0.7),
    "bob_bangs": ("Bob with bangs", "medium", 0.7),
    "lob_wavy": ("Wavy lob", "medium", 0.7),
    "long_straight": ("Long straight", "long", 0.7),
    "long_side_swept": ("Long side swept", "long", 0.7),
    "long_wavy": ("Long wavy", "long", 0.7),
    "long_bangs": ("Long with bangs", "long", 0.7),
    "long_curly": ("Long curly", "curly", 0.75),
    "short_curly": ("Short curly", "curly", 0.85),
    "afro": ("Afro", "curly", 0.9),
    "afro_short": ("Short afro", "curly", 0.95),
    "ponytail": ("Ponytail", "tied", 0.8),
    "high_ponytail": ("High ponytail", "tied", 0.8),
    "bun_top": ("Top bun", "tied", 0.8),
    "bun_low": ("Low bun", "tied", 0.8),
    "half_up": ("Half up", "tied", 0.75),
    "pigtails": ("Pigtails", "tied", 0.75),
    "braid": ("Braid", "braided", 0.8),
    "twin_braids": ("Twin braids", "braided", 0.75),
    "box_braids": ("Box braids", "braided", 0.85),
    "dreadlocks": ("Locs", "braided", 0.85),
    "cornrows": ("Cornrows", "braided", 0.25),
}


def write_catalog(path: Path, mesh: BilinearModel, styles: Sequence[str]) -> None:
    """Write catalog.json for these styles, with checksums of the model files beside it."""
    known = [name for name in _HAIRSTYLES if name in styles]
    keys = ("title", "category", "scalp_tint")
    entries: dict[str, Any] = {
        "version": __version__,
        "hairstyles": [
            {"id": name, **dict(zip(keys, _HAIRSTYLES[name], strict=True))} for name in known
        ],
        "shape_names": shape_names(mesh),
        "texture_names": [*CODE_NAMES, *[""] * (TEXTURE_SIZE - len(CODE_NAMES))],
        "files": {each.name: checksum(each) for each in sorted(path.parent.glob("*.safetensors"))},
    }
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", "utf-8")
    partial.replace(path)


def scalp_tint(style: str) -> float:
    """How strongly a hairstyle's colour is painted onto the scalp, 0 … 1."""
    return _HAIRSTYLES[style][2]


def shape_names(mesh: BilinearModel) -> list[str]:
    """A plain name for each of the 50 components, "" where none fits."""
    correlations = measure_correlations(mesh)
    names = [""] * SHOWN_MODES
    best = sorted(
        ((value, i, name) for name, row in correlations.items() for i, value in enumerate(row)),
        key=lambda entry: -abs(entry[0]),
    )
    used: set[str] = set()
    for value, component, measure in best:
        if abs(value) >= _NAMED_FROM and not names[component] and measure not in used:
            names[component] = _CALLED[measure][int(value < 0)]
            used.add(measure)
    return names


def measure_correlations(mesh: BilinearModel) -> dict[str, Points]:
    """(50,) correlation of each component with each measure over the population.

    Components are uncorrelated and of unit variance, so it is the derivative over the deviation.
    """
    start = _measures(mesh, torch.zeros(SHOWN_MODES))
    rows = [_measures(mesh, row) for row in torch.eye(SHOWN_MODES)]
    found = {}
    for name, value in start.items():
        slopes = np.array([row[name] - value for row in rows])
        found[name] = slopes / np.linalg.norm(slopes)
    return found


def _measures(mesh: BilinearModel, code: torch.Tensor) -> dict[str, float]:
    """Metres."""
    vertices = mesh.neutral(code).numpy().astype(np.float64)
    p = vertices[mesh.topology.landmarks68]
    skull = vertices[mesh.topology.rigid]
    low, high = skull.min(0), skull.max(0)

    def apart(one: int, other: int, axis: int | None = None) -> float:
        step = p[one] - p[other]
        return float(np.linalg.norm(step) if axis is None else step[axis])

    return {
        "Face width": apart(16, 0, 0),
        "Face length": apart(27, 8, 1),
        "Jaw width": apart(12, 4, 0),
        "Chin height": apart(57, 8, 1),
        "Chin forward": apart(8, 27, 2),
        "Head height": float(high[1] - low[1]),
        "Head depth": float(high[2] - low[2]),
        "Nose length": apart(27, 33, 1),
        "Nose width": apart(35, 31, 0),
        "Nose tip": apart(30, 33, 2),
        "Nose bridge": apart(28, 39, 2),
        "Mouth width": apart(54, 48, 0),
        "Lip fullness": apart(51, 62, 1) + apart(66, 57, 1),
        "Mouth height": apart(33, 51, 1),
        "Mouth forward": apart(62, 33, 2),
        "Eye spacing": apart(42, 39, 0),
        "Eye opening": apart(37, 41, 1) + apart(44, 46, 1),
        "Eye slant": apart(36, 39, 1) + apart(45, 42, 1),
        "Eye depth": apart(27, 36, 2) + apart(27, 45, 2),
        "Brow height": apart(19, 37, 1) + apart(24, 44, 1),
        "Brow ridge": apart(21, 39, 2) + apart(22, 42, 2),
    }
