"""A face as it was found and cut out of a photo."""

from __future__ import annotations

from dataclasses import dataclass

from head360.faces import Face
from head360.fitting.crop import SIZE, Crop
from head360.fitting.finding import FoundFaces
from head360.fitting.solver import Sight
from head360.params import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A face as it was found and cut out."""

    found: FoundFaces
    face: Face
    crop: Crop
    landmarks: FloatArray  # (478, 3) pixels of the crop
    scores: FloatArray  # (52,)

    def sight(self, placed: tuple[int, ...] = (), *, profile: bool = False) -> Sight:
        """What the solver needs of it."""
        focal = self.found.photo.focal
        in_crop = None if focal is None else focal * self.crop.scale
        return Sight(self.landmarks, self.scores, SIZE, in_crop, placed, profile)
