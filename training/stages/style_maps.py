"""What the compact hairstyle network learns from: maps of portraits, as the parser sees them.

A portrait becomes maps a few times, before a background only or like a photo. Maps are small and
are kept, so that learning costs little more than the network itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.face_network import PARTS, FaceNetwork
from head360.fitting.style_network import (
    CENTRE,
    LIGHT,
    LINES,
    MAPS,
    SLANTS,
    STRANDS,
    STRENGTHS,
    face_centres,
    style_maps,
)
from training.stages.backdrops import Backdrops
from training.stages.face_pictures import Bytes, Sheet, write_sheet
from training.stages.face_samples import FaceSample, Framing, face_sample, plain_sample
from training.stages.faces_config import StyleLearning

Floats = npt.NDArray[np.float32]

_STREAM = 23
_SIZE = 256  # pixels of the pictures that are parsed
#: Maps are kept in bytes: some lie within -1 … 1, the strength of lines within 0 … this.
_SIGNED = np.isin(np.arange(MAPS), [LIGHT, *(slant + way for slant in SLANTS for way in (-1, 0))])
_STRONGEST = 2.0
#: Deviations of what is moved: degrees, natural logarithms of size and width, shares of half the
#: side.
_TURN, _ZOOM, _SQUEEZE, _SHIFT = 4.0, 0.07, 0.04, 0.03
#: Nobody's hair is another's: maps are bent by so many random ways along each side, up to such a
#: deviation (shares of half the side).
_WAYS, _BEND = 5, 0.035
#: How often a picture tells nothing of some maps, or has something before it.
_HIDDEN, _COVERED = ((LIGHT, 0.1), (LINES, 0.05), (STRANDS, 0.1)), 0.15


@dataclass(frozen=True, slots=True)
class MapsMaker:
    """Makes maps of stored portraits."""

    parser: FaceNetwork
    backdrops: Backdrops
    learning: StyleLearning

    def missing(self, known: dict[Sheet, Bytes], folder: Path) -> Iterator[Path]:
        """Make the files of maps that are not there yet; yields each."""
        others = list(known.values())
        for place, (sheet, stored) in enumerate(known.items()):
            if not (path := sheet.path(folder)).exists():
                beside = others[(place + 1) % len(others)]  # of another hairstyle
                write_sheet(path, self.maps(sheet, stored, beside))
                yield path

    def maps(self, sheet: Sheet, stored: Bytes, beside: Bytes) -> Bytes:
        """(N * times, MAPS, S, S) of a file's portraits; somebody of `beside` may be behind."""
        rng = np.random.default_rng([_STREAM, sheet.held_out, sheet.number])
        made = [
            self._made(np.array(picture), rng, np.array(beside[rng.integers(len(beside))]))
            for _ in range(self.learning.times)
            for picture in stored
        ]
        return np.stack(made)

    def _made(self, picture: Bytes, rng: np.random.Generator, beside: Bytes) -> Bytes:
        framing = Framing.portrait(rng)
        if rng.random() < self.learning.plain:
            sample = plain_sample(picture, framing, self.backdrops.draw(rng, _SIZE))
        else:
            other = beside if rng.random() < self.learning.company else None
            sample = face_sample(picture, framing, self.backdrops, rng, _SIZE, other)
        known = rng.random() < self.learning.truth
        shares = true_shares(sample) if known else self._parsed(sample)
        return stored_maps(style_maps(sample.picture, shares))

    @torch.inference_mode()
    def _parsed(self, sample: FaceSample) -> Floats:
        """(len(PARTS), H, W) of what the parser sees, looking once."""
        seen = torch.from_numpy(np.array(sample.picture)).permute(2, 0, 1)[None].float() / 255
        found: Floats = torch.softmax(self.parser.up(self.parser.levels(seen))[0], 0).numpy()
        return found


def true_shares(sample: FaceSample) -> Floats:
    """(len(PARTS), H, W) of what a sample is known to show."""
    found: Floats = (np.arange(len(PARTS))[:, None, None] == sample.parts).astype(np.float32)
    return found


def stored_maps(maps: Floats) -> Bytes:
    """(MAPS, S, S) in bytes."""
    scaled = np.where(_SIGNED[:, None, None], (maps + 1) / 2, maps)
    scaled[STRENGTHS] = maps[STRENGTHS] / _STRONGEST
    found: Bytes = np.rint(scaled.clip(0, 1) * 255).astype(np.uint8)
    return found


def read_maps(stored: Bytes) -> Tensor:
    """(B, MAPS, S, S) as the network sees them."""
    maps = torch.from_numpy(stored).float() / 255
    maps[:, _SIGNED] = maps[:, _SIGNED] * 2 - 1
    maps[:, STRENGTHS] *= _STRONGEST
    return maps


def varied_maps(maps: Tensor, rng: np.random.Generator) -> Tensor:
    """(B, MAPS, S, S) moved and bent a little, or mirrored; of some, parts or lines are hidden."""
    count = len(maps)
    turn, flip = np.deg2rad(rng.normal(0, _TURN, count)), np.sign(rng.random(count) - 0.5)
    zoom, wide = (np.exp(rng.normal(0, each, count)) for each in (_ZOOM, _SQUEEZE))
    across, down, wide = zoom * np.cos(turn), zoom * np.sin(turn), flip * wide
    matrix = np.array([[wide * across, -down], [wide * down, across]]).transpose(2, 0, 1)
    to = np.array(CENTRE) + rng.normal(0, _SHIFT, (count, 2))
    shift = face_centres(maps).numpy() - np.einsum("nij,nj->ni", matrix, to)
    rows = torch.from_numpy(np.concatenate([matrix, shift[..., None]], 2)).float()
    places = functional.affine_grid(rows, list(maps.shape), align_corners=False)
    moved = functional.grid_sample(maps, places + _bends(maps, rng), align_corners=False)
    moved[:, SLANTS] *= torch.from_numpy(flip).float().view(-1, 1, 1, 1)
    for each in moved:
        _hide(each, rng)
    return moved


def _bends(maps: Tensor, rng: np.random.Generator) -> Tensor:
    """(B, S, S, 2) smooth random ways, of some maps further than of others."""
    far = _BEND * rng.random((len(maps), 1, 1, 1))
    ways = torch.from_numpy(far * rng.normal(0, 1, (len(maps), 2, _WAYS, _WAYS))).float()
    grown = functional.interpolate(ways, maps.shape[2:], mode="bicubic", align_corners=True)
    return grown.permute(0, 2, 3, 1)


def _hide(maps: Tensor, rng: np.random.Generator) -> None:
    """Photos are blurred, noisy and dark, and things stand before heads."""
    maps[LIGHT] *= float(np.exp(rng.normal(0, 0.2)))
    maps[LINES] *= float(rng.uniform(0.55, 1.15))
    for which, often in _HIDDEN:
        if rng.random() < often:
            maps[which] = 0
    if rng.random() < _COVERED:
        size = maps.shape[-1]
        high, wide = (int(size * rng.uniform(0.1, 0.35)) for _ in range(2))
        y, x = int(rng.integers(size - high)), int(rng.integers(size - wide))
        maps[:, y : y + high, x : x + wide] = 0
