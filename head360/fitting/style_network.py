"""The network that tells hairstyles, from maps of what a parsed picture of a head shows.

It never sees a picture. Where hair, skin, features and neck lie comes from the parser, which has
met all kinds of photos; how light the hair is here and there, and how its strands and its locks
run and how far they run together (the structure tensor: Bigün and Granlund, ICCV 1987), are
measured. So renders and photos look alike to it, and colours, backgrounds and clothes cannot
mislead it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn
from torch.nn import functional

from head360.errors import ResourceError
from head360.fitting.face_network import (
    BEARD,
    BROWS,
    EYES,
    GLASSES,
    HAIR,
    LIPS,
    MOUTH,
    NECK,
    SKIN,
    Residual,
    Unit,
    load_halved,
    save_halved,
)
from head360.fitting.line_tensor import LINES_SIZE, Floats, Picture, line_tensor, log_grey

#: The weights' file among the models.
STYLE_FILE = "hairstyle.safetensors"
MAP_SIZE = 128  # pixels along each side of the maps
#: The first maps are shares of these parts, those of what is measured follow.
PLACED = ([HAIR], [SKIN, BEARD], [BROWS, EYES, LIPS, MOUTH, GLASSES], [NECK])
#: Then how light it is (-1 … 1); and of strands, then of locks whether they are upright or lie
#: (-1 … 1), fall or rise (-1 … 1; the other way in a mirror), and how strong they are.
LIGHT = len(PLACED)
STRANDS, LOCKS = slice(LIGHT + 1, LIGHT + 4), slice(LIGHT + 4, LIGHT + 7)
SLANTS, STRENGTHS = [LIGHT + 2, LIGHT + 5], [LIGHT + 3, LIGHT + 6]
LINES, MAPS = slice(STRANDS.start, LOCKS.stop), LOCKS.stop
#: The maps of a face, and where its middle is put: across and down, -1 … 1. Below such a share of
#: the picture there is none.
_FACE, CENTRE, _LEAST_FACE = slice(1, 3), (0.0, -0.09), 0.005
#: From this share of the picture on, hair is what lightness is measured against.
LEAST_HAIR = 0.01
#: Natural logarithm of brightness beyond which nothing more is told.
LIGHTEST = 2.0
#: Of strands and of locks: widths of the gradient's and the window's Gaussians (pixels).
OF_STRANDS, OF_LOCKS = (0.7, 1.5), (1.6, 3.0)
LITTLE = 1e-3  # strength of lines


def style_maps(picture: Picture, shares: Floats) -> Floats:
    """(MAPS, MAP_SIZE, MAP_SIZE) of what tells a hairstyle.

    Args:
        picture: (N, N, 3) sRGB of a head, cut out as `fitting.crop.crop_face` does.
        shares: (len(PARTS), N, N) what each pixel shows.
    """
    placed = [_shrunk(shares[part].sum(0), LINES_SIZE) for part in PLACED]
    hair, head = placed[0], np.minimum(sum(placed), 1)
    small = Image.fromarray(picture).resize((LINES_SIZE, LINES_SIZE), Image.Resampling.BOX)
    grey = log_grey(np.asarray(small))
    among = hair if hair.mean() > LEAST_HAIR else head
    usual = (grey * among).sum() / max(float(among.sum()), 1.0)
    light = ((grey - usual) / LIGHTEST).clip(-1, 1) * head
    measured = [light, *_lines(grey, hair, *OF_STRANDS), *_lines(grey, hair, *OF_LOCKS)]
    found: Floats = np.stack([_shrunk(each, MAP_SIZE) for each in [*placed, *measured]])
    return found


def _lines(grey: Floats, hair: Floats, fine: float, window: float) -> Floats:
    """(3, H, W) upright or across, falling or rising, and how strong lines of hair are."""
    xx, yy, xy = (gaussian_filter(each, window) for each in line_tensor(grey, hair, fine))
    both = xx + yy
    way = np.stack([xx - yy, 2 * xy]) / (both + LITTLE)
    found: Floats = np.stack([*way, np.log1p(both / LITTLE) / 4]) * hair
    return found


def _shrunk(values: Floats, size: int) -> Floats:
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX), np.float32)


def face_centres(maps: Tensor) -> Tensor:
    """(B, 2) across and down, -1 … 1, of the middle of the faces on (B, MAPS, S, S)."""
    face = maps[:, _FACE].sum(1)
    at = (torch.arange(face.shape[-1], device=face.device) + 0.5) * (2 / face.shape[-1]) - 1
    total = face.sum((1, 2)).clamp(min=1e-6)
    places = [(face.sum(axis) * at).sum(1) / total for axis in (1, 2)]
    known = face.mean((1, 2), keepdim=True)[:, 0] > _LEAST_FACE
    return torch.where(known, torch.stack(places, 1), face.new_tensor(CENTRE))


def centred(maps: Tensor) -> Tensor:
    """(B, MAPS, S, S) with the middle of the face at `CENTRE`."""
    shift = face_centres(maps) - maps.new_tensor(CENTRE)
    rows = torch.cat([torch.eye(2).to(maps).expand(len(maps), 2, 2), shift[:, :, None]], 2)
    places = functional.affine_grid(rows, list(maps.shape), align_corners=False)
    return functional.grid_sample(maps, places, align_corners=False)


def mirrored_maps(maps: Tensor) -> Tensor:
    """(B, MAPS, S, S) of the mirrored pictures."""
    turned = maps.flip(3)
    turned[:, SLANTS] *= -1
    return turned


@dataclass(frozen=True, slots=True)
class StyleShape:
    """Sizes of a network."""

    widths: tuple[int, ...] = (24, 40, 64, 96)  # channels at 1/2 … 1/16 of the maps
    blocks: tuple[int, ...] = (0, 1, 2, 2)
    layout: int = 12  # channels whose places are kept
    styles: int = 34


class StyleNetwork(nn.Module):
    """Maps (B, MAPS, MAP_SIZE, MAP_SIZE) to logits (B, styles) of hairstyles."""

    def __init__(self, shape: StyleShape | None = None) -> None:
        super().__init__()
        self.shape = shape or StyleShape()
        widths = self.shape.widths
        inputs = (MAPS, *widths[:-1])
        self.down = nn.Sequential(
            *(
                nn.Sequential(Unit(i, o, 3, 2), *(Residual(o) for _ in range(n)))
                for i, o, n in zip(inputs, widths, self.shape.blocks, strict=True)
            )
        )
        self.layout = Unit(widths[-1], self.shape.layout, 1)
        cells = (MAP_SIZE // 2 ** len(widths)) ** 2
        known = 2 * widths[-1] + self.shape.layout * cells
        self.told = nn.Sequential(nn.Dropout(0.3), nn.Linear(known, self.shape.styles))

    def forward(self, maps: Tensor) -> Tensor:
        deep = self.down(maps)
        known = [deep.mean((2, 3)), deep.amax((2, 3)), self.layout(deep).flatten(1)]
        told: Tensor = self.told(torch.cat(known, 1))
        return told


@torch.inference_mode()
def told_styles(network: StyleNetwork, maps: Floats) -> Floats:
    """(styles,) probabilities, from (MAPS, S, S)."""
    logits = style_logits(network, torch.from_numpy(maps)[None])
    found: Floats = torch.softmax(logits[0], 0).numpy()
    return found


def style_logits(network: StyleNetwork, maps: Tensor) -> Tensor:
    """(B, styles) from (B, MAPS, S, S), as seen and blurred, and their mirror images.

    Photos lose strands before locks, so half of what is said comes from maps without strands.
    """
    plain = centred(maps)
    blurred = plain.clone()
    blurred[:, STRANDS] = 0
    seen = torch.cat([plain, blurred])
    logits: Tensor = network(torch.cat([seen, mirrored_maps(seen)])).unflatten(0, (4, -1)).mean(0)
    return logits


def save_style(path: Path, network: StyleNetwork, styles: Sequence[str]) -> None:
    """Write a network in half precision.

    Args:
        path: of the file.
        network: that learnt.
        styles: names of its answers, "" for none on the head.
    """
    about = {"shape": json.dumps(asdict(network.shape)), "styles": json.dumps(list(styles))}
    save_halved(path, network, about)


def load_style(path: Path) -> tuple[StyleNetwork, tuple[str, ...]]:
    """A network that does not learn any more, and the names of its styles.

    Raises:
        ResourceError: the file is missing or damaged.
    """
    try:
        about, content = load_halved(path)
        shape = json.loads(about["shape"])
        widths, blocks = tuple(shape["widths"]), tuple(shape["blocks"])
        network = StyleNetwork(StyleShape(widths, blocks, shape["layout"], shape["styles"]))
        counted = {n: v for n, v in network.state_dict().items() if n.endswith("_tracked")}
        network.load_state_dict(content | counted)
        styles = tuple(json.loads(about["styles"]))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ResourceError(f"The model file “{path.name}” is missing or damaged.") from error
    return network.eval().requires_grad_(False), styles
