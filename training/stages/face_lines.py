"""How far hair's lines run together in portraits of each style: tells straight hair from curls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from head360.fitting.face_network import Lines
from head360.fitting.photo_lines import inner_hair, line_coherence
from training.stages.face_pictures import (
    COLOR,
    COVER,
    HAIR_SHARE,
    Bytes,
)

#: Pixels along each side of what lines are measured in, as `fitting.hair_choice` does.
_SIZE = 256
#: Grey behind portraits; pixels over which shares of hair are averaged; portraits of a style.
_GROUND, _BLUR, _LEAST = 128.0, 1.0, 4


def lines_of(found: Mapping[str, Sequence[float]]) -> dict[str, Lines]:
    """What `coherence` said of each style's portraits, where it was asked often enough."""
    return {
        name: Lines(round(float(np.mean(values)), 4), round(float(np.std(values)), 4))
        for name, values in found.items()
        if len(values) >= _LEAST
    }


def coherence(stored: Bytes) -> float | None:
    """How far lines of hair run together on (H, W, 6) a portrait; None where hardly any is."""
    cover = stored[..., COVER : COVER + 1].astype(np.float32) / 255
    picture = stored[..., COLOR] * cover + _GROUND * (1 - cover)
    seen = Image.fromarray(picture.astype(np.uint8)).reduce(max(len(stored) // _SIZE, 1))
    hair = Image.fromarray(stored[..., HAIR_SHARE]).reduce(max(len(stored) // _SIZE, 1))
    share = gaussian_filter(np.asarray(hair, np.float32) / np.float32(255), _BLUR)
    return line_coherence(np.asarray(seen), inner_hair(share))
