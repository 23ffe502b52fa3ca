"""What is measured of a picture against the truth, and its means over many pictures.

PSNR and SSIM always; ꟻLIP where `flip-evaluator` is installed; CSIM (cosine similarity of face
embeddings) where dlib and its network are, and only of faces that look towards the camera; LPIPS
where a backbone's weights were given. What could not be measured stays empty in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from training.identity import FaceEmbedding, similarity
from training.measures import flip, psnr, ssim
from training.tables import Row
from training.truths import Truth

Picture = npt.NDArray[np.uint8]
#: A distance of two (H, W, 3) pictures.
Distance: TypeAlias = Callable[[Picture, Picture], float]

#: Faces turned further away than this are not compared by embedding, degrees.
MAX_FACE_YAW, MAX_FACE_PITCH = 60.0, 35.0

_LACKING = {
    "flip": "ꟻLIP, without flip-evaluator",
    "lpips": "LPIPS, whose weights are not at hand",
    "face": "CSIM, without dlib-bin and face-recognition-models",
}


@dataclass(frozen=True, slots=True)
class Measures:
    """What this machine can measure besides PSNR and SSIM; None where it cannot."""

    flip: Distance | None = None
    lpips: Distance | None = None
    face: FaceEmbedding | None = None

    @property
    def names(self) -> list[str]:
        """Of those that can be."""
        return [name for name in ("flip", "lpips", "face") if getattr(self, name) is not None]

    @property
    def missing(self) -> str:
        """A sentence on what cannot be, which tables leave out; empty if there is no such thing."""
        lacking = [why for name, why in _LACKING.items() if name not in self.names]
        return f"Not measured: {'; '.join(lacking)}. " if lacking else ""

    @classmethod
    def at_hand(cls, lpips_backbone: Path | None = None) -> Measures:
        """All that is installed; LPIPS if the weights of its backbone are given.

        Raises:
            Head360Error: the backbone cannot be used.
        """
        from training.perception import load_lpips

        lpips = load_lpips(lpips_backbone) if lpips_backbone else None
        return cls(flip(), lpips, FaceEmbedding.at_hand())


@dataclass(slots=True)
class Scores:
    """What was measured for one row of a table."""

    measures: Measures = field(default_factory=Measures)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, truth: Truth, image: Picture) -> dict[str, float]:
        """Measure one picture (H, W, 3), and count it; returns what was measured."""
        found = {"psnr": psnr(truth.image, image), "ssim": ssim(truth.image, image)}
        if truth.hair is not None and truth.hair.any():
            found["hair_psnr"] = psnr(truth.image, image, truth.hair)
        if self.measures.flip:
            found["flip"] = self.measures.flip(truth.image, image)
        if self.measures.lpips:
            found["lpips"] = self.measures.lpips(truth.image, image)
        if self.measures.face and shows_face(truth):
            true, made = (
                self.measures.face.of(each, truth.landmarks) for each in (truth.image, image)
            )
            found["csim"] = similarity(true, made)
        self.take(found)
        return found

    def take(self, found: Mapping[str, float]) -> None:
        """Count a picture that was measured before."""
        for name, value in found.items():
            self.values.setdefault(name, []).append(value)

    def row(self, name: str) -> Row:
        """The means."""
        means = {key: float(np.mean(found)) for key, found in self.values.items()}
        return Row(name, len(self.values.get("psnr", ())), **means)

    def last(self, name: str) -> float:
        """The newest value of one measure."""
        return self.values[name][-1]


def shows_face(truth: Truth) -> bool:
    """Whether the face can be recognised from where the camera stands."""
    camera = truth.camera
    yaw = (camera.yaw_degrees + 180) % 360 - 180
    return abs(yaw) <= MAX_FACE_YAW and abs(camera.pitch_degrees) <= MAX_FACE_PITCH


def rows(scores: Mapping[str, Scores], names: Sequence[str] | None = None) -> tuple[Row, ...]:
    """A row for each entry, in order."""
    return tuple(scores[name].row(name) for name in names or scores)
