"""Portraits made into samples as soon as they are drawn, and kept where networks learn from them.

Drawing and disturbing (hundredths of a second a picture) belong to processes with a core each;
a graphics card learns from hundreds of pictures in the time of one. So a shot is disturbed once,
is kept in the card's memory, and is moved, graded and mirrored there each time that it is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor
from torch.nn import functional

from head360.files import replacing
from training.stages.backdrops import Backdrops
from training.stages.face_lines import coherence
from training.stages.face_pictures import WORN, Bytes, FaceStudio, Sheet
from training.stages.face_samples import FaceSample, Framing, face_sample, plain_sample
from training.stages.faces_config import FacePictures, ShotSettings

#: How a shot is cut: only put before a background, or disturbed: as a found face is cut out, in any
#: other way, or as a nearer look sees it.
KINDS = PLAIN, PORTRAIT, ANYTHING, NEARER = range(4)
_STREAM, _HELD_OUT_STREAM = 31, 17
#: When shots are seen again. Deviations: degrees, natural logarithm of size, shares of half a side;
#: logarithms of brightness, gamma, saturation and each channel; the most noise, 0 … 1.
_TURN, _ZOOM, _SHIFT = 4.0, 0.08, 0.04
_GAIN, _GAMMA, _SATURATION, _TINT, _NOISE = 0.1, 0.12, 0.15, 0.03, 0.02
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True, eq=False)
class Shots:
    """What a file of portraits became."""

    pictures: Bytes  # (N, S, S, 3) sRGB
    parts: Bytes  # (N, S, S) index into PARTS
    kinds: Bytes  # (N,) one of KINDS
    coherence: npt.NDArray[np.float32]  # (portraits,) of hair's lines; nan where there are none

    def save(self, path: Path) -> None:
        """Write a file that is there as a whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {name: getattr(self, name) for name in self.__slots__}
        with replacing(path) as partial:
            save_file(content, partial)

    @classmethod
    def load(cls, path: Path) -> Shots:
        """What `save` wrote."""
        return cls(**load_file(path))


class ShotMaker:
    """Draws portraits and makes shots of them; belongs to the thread that made it."""

    def __init__(self, source: Path, pictures: FacePictures, settings: ShotSettings) -> None:
        self._studio = FaceStudio(source, pictures)
        self._backdrops, self._settings = Backdrops.load(source), settings
        self._before: Bytes | None = None

    def make(self, sheet: Sheet) -> Shots:
        """The shots of one file; of some, somebody drawn before is behind."""
        stored = self._studio.take(sheet)
        made = self._held_out(sheet, stored) if sheet.held_out else self._learnt(sheet, stored)
        self._before = stored
        samples = [sample for _, sample in made]
        lines = [coherence(picture) for picture in stored] if WORN[sheet.worn] else []
        return Shots(
            np.stack([sample.picture for sample in samples]),
            np.stack([sample.parts for sample in samples]),
            np.array([kind for kind, _ in made], np.uint8),
            np.array([np.nan if value is None else value for value in lines], np.float32),
        )

    def release(self) -> None:
        """Give the graphics card back."""
        self._studio.release()

    def _learnt(self, sheet: Sheet, stored: Bytes) -> list[tuple[int, FaceSample]]:
        rng = np.random.default_rng([_STREAM, sheet.number])
        settings, made = self._settings, []
        for picture in map(np.array, stored):
            made.append((PLAIN, self._plain(picture, Framing.portrait(rng), rng)))
            framings = [(PORTRAIT, Framing.portrait(rng))]
            if rng.random() < settings.others:
                framings.append((ANYTHING, Framing.anything(rng)))
            if rng.random() < settings.others:
                framings.append((NEARER, Framing.nearer(picture, rng)))
            made += [(kind, self._disturbed(picture, cut, rng)) for kind, cut in framings]
        return made

    def _held_out(self, sheet: Sheet, stored: Bytes) -> list[tuple[int, FaceSample]]:
        rng = np.random.default_rng([_HELD_OUT_STREAM, sheet.number])
        made = []
        for picture in map(np.array, stored):
            made.append((PLAIN, self._plain(picture, Framing(), rng)))
            made.append((PORTRAIT, self._disturbed(picture, Framing.portrait(rng), rng)))
        return made

    def _plain(self, picture: Bytes, framing: Framing, rng: np.random.Generator) -> FaceSample:
        return plain_sample(picture, framing, self._backdrops.draw(rng, self._settings.size))

    def _disturbed(self, picture: Bytes, framing: Framing, rng: np.random.Generator) -> FaceSample:
        other = None
        if self._before is not None and rng.random() < self._settings.company:
            other = np.array(self._before[rng.integers(len(self._before))])
        return face_sample(picture, framing, self._backdrops, rng, self._settings.size, other)


class ShotPool:
    """Shots in a device's memory, by kind and hairstyle; more files may come."""

    def __init__(self, most: int, size: int, device: torch.device) -> None:
        self.device = device
        self.pictures = torch.empty((most, size, size, 3), dtype=torch.uint8, device=device)
        self.parts = torch.empty((most, size, size), dtype=torch.uint8, device=device)
        self.worn = torch.empty(most, dtype=torch.long)
        self.kinds = torch.empty(most, dtype=torch.long)
        self.count = 0
        self.known: set[Path] = set()
        self.coherence: dict[str, list[float]] = {}

    @property
    def full(self) -> bool:
        """Whether no more fits in."""
        return self.count >= len(self.worn)

    def look(self, paths: dict[Path, Sheet]) -> None:
        """Take in those of some files that are there by now, as far as there is room."""
        for path, sheet in paths.items():
            if path not in self.known and not self.full and path.exists():
                self.known.add(path)
                self._add(Shots.load(path), sheet)

    def places(self, *kinds: int) -> list[Tensor]:
        """Numbers of the shots of these kinds, by place in `WORN`."""
        worn, kind = self.worn[: self.count], self.kinds[: self.count]
        chosen = torch.isin(kind, torch.tensor(kinds))
        return [torch.nonzero(chosen & (worn == place))[:, 0] for place in range(len(WORN))]

    def _add(self, shots: Shots, sheet: Sheet) -> None:
        start, end = self.count, min(self.count + len(shots.kinds), len(self.worn))
        fits = end - start
        self.pictures[start:end] = torch.from_numpy(shots.pictures[:fits]).to(self.device)
        self.parts[start:end] = torch.from_numpy(shots.parts[:fits]).to(self.device)
        self.kinds[start:end] = torch.from_numpy(shots.kinds[:fits]).long()
        self.worn[start:end] = sheet.worn
        self.count = end
        if name := WORN[sheet.worn]:
            known = self.coherence.setdefault(name, [])
            known += shots.coherence[np.isfinite(shots.coherence)].tolist()


def varied_shots(pictures: Tensor, parts: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Shots moved, mirrored and graded a little, as they would be seen another time.

    Args:
        pictures: (B, S, S, 3) uint8 sRGB.
        parts: (B, S, S) uint8.
        seed: of all chance in it.

    Returns:
        (B, 3, S, S) 0 … 1, edges repeated beyond them; (B, S, S), background beyond them.
    """
    rng = np.random.default_rng([_STREAM, seed])
    places = _places(len(parts), parts.shape[1], rng).to(pictures.device)
    seen = pictures.permute(0, 3, 1, 2).float() / 255
    moved = functional.grid_sample(seen, places, padding_mode="border", align_corners=False)
    labels = functional.grid_sample(
        parts[:, None].float(), places, mode="nearest", padding_mode="zeros", align_corners=False
    )
    return _graded(moved, rng), labels[:, 0].round().long()


def _places(count: int, size: int, rng: np.random.Generator) -> Tensor:
    turn, flip = np.deg2rad(rng.normal(0, _TURN, count)), np.sign(rng.random(count) - 0.5)
    zoom = np.exp(rng.normal(0, _ZOOM, count))
    across, down = zoom * np.cos(turn), zoom * np.sin(turn)
    shift = rng.normal(0, _SHIFT, (2, count))
    rows = np.array([[flip * across, -down, shift[0]], [flip * down, across, shift[1]]])
    matrix = torch.from_numpy(rows.transpose(2, 0, 1)).float()
    return functional.affine_grid(matrix, [count, 1, size, size], align_corners=False)


def _graded(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    count = len(pictures)

    def by_chance(deviation: float, channels: int = 1) -> Tensor:
        made = np.exp(rng.normal(0, deviation, (count, channels, 1, 1)))
        return torch.from_numpy(made).float().to(pictures.device)

    x = pictures ** by_chance(_GAMMA) * by_chance(_GAIN) * by_chance(_TINT, 3)
    grey = (x * x.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
    x = grey + (x - grey) * by_chance(_SATURATION)
    noise = torch.from_numpy(rng.uniform(0, _NOISE, (count, 1, 1, 1))).float().to(x.device)
    return (x + noise * torch.randn_like(x)).clamp(0, 1)
