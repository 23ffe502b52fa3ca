"""The lines that strands draw in a photo: how far they run together, and which way.

Both follow from the structure tensor of the hair (Bigün and Granlund, ICCV 1987).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from scipy.ndimage import binary_erosion, gaussian_filter
from torch import Tensor
from torch.nn import functional

from head360.fitting.line_tensor import LINES_SIZE, Floats, line_tensor, log_grey
from head360.fitting.parsing import ClassMap, Picture

Mask = npt.NDArray[np.bool_]

#: Lines are measured over hair this far (pixels) inside its mask, if there are so many pixels of
#: it; width of the window's Gaussian.
_SURE, _RIM, _LEAST, _WINDOW = 0.9, 3, 150, 3.0
#: For which way they run: the window; lines of this coherence and less say nothing.
_TOGETHER, _NOTHING = 2.0, 0.25


def coherence(crop: Picture, parsed: ClassMap) -> float | None:
    """How far lines of the hair in a crop run together, 0 … 1; None where too little is seen."""
    return line_coherence(*_small(crop, parsed))


def inner_hair(share: Floats) -> Mask:
    """(H, W) hair for sure and away from its rim, of (H, W) shares at the size of `LINES_SIZE`."""
    found: Mask = binary_erosion(share > _SURE, iterations=_RIM)
    return found


def line_coherence(picture: Picture, hair: Mask) -> float | None:
    """The same of (H, W, 3) sRGB where `hair` is (H, W); a head is some 110 pixels high."""
    if hair.sum() < _LEAST:
        return None
    xx, yy, xy = (
        gaussian_filter(each, _WINDOW)[hair] for each in line_tensor(log_grey(picture), hair)
    )
    along = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    return float(along.sum() / max(float((xx + yy).sum()), 1e-9))


def photo_lines(crop: Picture, parsed: ClassMap, size: int) -> Tensor:
    """(R, 2) cosine and sine of hair's doubled angles, from columns to rows, times how sure.

    Args:
        crop: (H, W, 3) sRGB.
        parsed: its class map.
        size: pixels along each side of the answer.
    """
    picture, hair = _small(crop, parsed)
    tensor = line_tensor(log_grey(picture), hair)
    xx, yy, xy = (gaussian_filter(each, _TOGETHER) for each in tensor)
    # A line runs across its gradient.
    seen = torch.from_numpy(np.stack([yy - xx, -2 * xy, xx + yy]))
    pooled = functional.adaptive_avg_pool2d(seen[None], size)[0].flatten(1)
    lines = pooled[:2] / pooled[2].clamp(min=1e-9)
    coherent = lines.norm(dim=0).clamp(min=1e-6)
    kept: Tensor = (lines * ((coherent - _NOTHING).clamp(min=0) / coherent)).T
    return kept.contiguous()


def _small(crop: Picture, parsed: ClassMap) -> tuple[Picture, Mask]:
    """A crop at the size in which lines are measured, and where its hair is for sure."""
    sure = parsed.share("hair")
    if parsed.inside is not None:
        sure = sure * parsed.inside
    size = (LINES_SIZE, LINES_SIZE)
    small, shares = (
        np.asarray(Image.fromarray(each).resize(size, Image.Resampling.BOX))
        for each in (crop, sure)
    )
    return small, inner_hair(shares)
