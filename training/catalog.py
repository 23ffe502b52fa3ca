"""Writes the model's catalogue: hairstyles by name, and plain names of the codes where one fits.

Shape components are principal components, so most move several things at once. One gets the name
of a measure of the face if it explains enough of how that measure varies among people.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from head360 import __version__
from head360.assets import checksum
from head360.model.bilinear import SHOWN_MODES, BilinearModel
from head360.model.measures import measure_correlations
from head360.params import TEXTURE_SIZE
from training.synhead.skin import CODE_NAMES

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
        ((value, i, name) for name in _CALLED for i, value in enumerate(correlations[name])),
        key=lambda entry: -abs(entry[0]),
    )
    used: set[str] = set()
    for value, component, measure in best:
        if abs(value) >= _NAMED_FROM and not names[component] and measure not in used:
            names[component] = _CALLED[measure][int(value < 0)]
            used.add(measure)
    return names
