"""Where a person's hair is light and where it is dark, from the photo.

Drawn along the photo's rays in its mean colour and its light, hair is too dark here and too bright
there. What changes with the way that hair faces, or with how deep it lies, is light that was not
told well, and is left out. The rest, spread over two centimetres of hair, becomes gains on its
tones; the other side has them mirrored, as far as it is not seen itself, and away from all rays
they fade to what the library has. Finer than that, what is light and dark are its own strands.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.hair_tone import DrawnHair
from head360.model.planes import HAIR_BOX, cell_centres, sample_grid
from head360.model.seating import Seating
from head360.own_hair import GAINS_GRID
from head360.rendering.march import HAIR_COLUMNS
from head360.rendering.shade import SKULL_CENTRE

Floats = npt.NDArray[np.float32]

#: Metres over which rays are averaged; what counts as much as rays do for no gain at all.
_SPREAD, _NONE = 0.02, 0.6
#: How much a mirrored ray counts beside one that was seen.
_MIRRORED = 0.3
#: log(gain) for log(light): dark hair shines, so light changes less than colour; its most.
_SLOPE, _MOST = 1.25, 0.45
#: What holds down how far light is explained: a share of the rays.
_HELD = 0.02
#: Of single rays: more is a gap or a glint.
_CLIPPED = 0.9
_LUMA = (0.2126, 0.7152, 0.0722)


@torch.inference_mode()
def light_and_dark(hair: DrawnHair, color: Floats, seating: Seating) -> Floats:
    """GAINS_GRID natural logarithms of gains with which hair is light and dark as in the photo.

    Args:
        hair: what the photo's rays meet, without gains.
        color: (3,) linear RGB with which it is right on average.
        seating: where it sits, in its fitted shape.
    """
    luma = torch.tensor(_LUMA)
    wanted = (hair.photo @ luma).clamp(min=1e-3).log()
    rest = wanted - (hair.drawn(color) @ luma).clamp(min=1e-3).log()
    rest = (rest - rest.median()).clamp(-_CLIPPED, _CLIPPED)
    distance = hair.columns[:, [HAIR_COLUMNS.index("t")]]
    points = hair.scene.eye + hair.rays * distance
    rest = rest - _explained(rest, points, hair.scene.visibility)
    places = seating(points)
    gains = (_SLOPE * _spread(places, rest)).clamp(-_MOST, _MOST)
    found: Floats = gains.numpy().astype(np.float32)
    return found


def _explained(rest: Tensor, points: Tensor, visibility: Tensor | None) -> Tensor:
    """(N,) what of (N,) values at (N, 3) metres follows ways out of the head and openness."""
    away = functional.normalize(points - points.new_tensor(SKULL_CENTRE), dim=1)
    causes = [torch.ones_like(away[:, :1]), away]
    if visibility is not None:
        causes.append(sample_grid(visibility, points, HAIR_BOX)[:, None])
    known = torch.cat(causes, 1)
    square = known.T @ known + _HELD * len(known) * torch.eye(known.shape[1])
    found: Tensor = known @ torch.linalg.solve(square, known.T @ rest)
    return found


def _spread(places: Tensor, values: Tensor) -> Tensor:
    """GAINS_GRID of (N,) values at (N, 3) metres and at their mirror images."""
    nodes = cell_centres(HAIR_BOX, (GAINS_GRID[2], GAINS_GRID[1], GAINS_GRID[0]))
    mirrored = places * places.new_tensor([-1.0, 1.0, 1.0])
    total, weight = nodes.new_zeros(len(nodes)), nodes.new_full((len(nodes),), _NONE)
    seen = nodes.new_zeros(len(nodes))
    for at, share in ((places, 1.0), (mirrored, _MIRRORED)):
        near = share * torch.exp(-0.5 * (torch.cdist(nodes, at) / _SPREAD).square())
        total, weight = total + near @ values, weight + near.sum(1)
        seen = torch.maximum(seen, near.amax(1) / share**0.5)
    return (seen * total / weight).view(GAINS_GRID)
