"""A face before its fit: cut out, its landmarks there to be seen and put right by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.fitting.crop import Crop, Doubles
from head360.fitting.landmarks import LandmarkModel, moved
from head360.fitting.quality import PhotoWarning, warnings_about
from head360.fitting.request import Looked
from head360.fitting.solver import Solution, solve
from head360.marks import Marks
from head360.params import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A face of a photo, and the head that explains its landmarks best so far."""

    looked: Looked
    solution: Solution
    placed: tuple[int, ...]  # landmarks that a person has placed
    warnings: tuple[PhotoWarning, ...]

    @property
    def crop(self) -> Crop:
        """The face, cut out."""
        return self.looked.crop

    @property
    def landmarks(self) -> FloatArray:
        """(478, 3) pixels of the crop."""
        return self.looked.landmarks

    @property
    def landmarks_in_photo(self) -> FloatArray:
        """(478, 3) pixels of the photo, as `FitOptions.landmarks` wants them."""
        return self.crop.to_photo(self.landmarks)

    @property
    def projected(self) -> npt.NDArray[np.float64]:
        """(468, 2) pixels of the crop: where the solved head has the landmarks."""
        return self.solution.first.projected

    def in_photo(self, marks: Marks) -> Marks:
        """Marks (N, N) drawn on the crop as (H, W) of the photo, for `FitOptions.marks`."""
        height, width = self.looked.found.photo.image.shape[:2]
        there = self.crop.crop_from_photo * (len(marks) / self.crop.size)
        return _looked_up(marks, there, (width, height))

    def from_photo(self, marks: Marks, size: int) -> Marks:
        """Marks (H, W) of the photo as (size, size) drawn on the crop: undoes `in_photo`."""
        there = self.crop.photo_from_crop
        there[:, :2] *= self.crop.size / size
        return _looked_up(marks, there, (size, size))


def _looked_up(marks: Marks, there: Doubles, size: tuple[int, int]) -> Marks:
    """Marks that lie `there` (2, 3) of each column and row, in a picture of a width and height.

    Looking up instead of carrying over opens no gaps.
    """
    image = Image.fromarray(marks).transform(
        size, Image.Transform.AFFINE, there.ravel().tolist(), Image.Resampling.NEAREST
    )
    return np.array(image)


def aligned(model: LandmarkModel, looked: Looked) -> Aligned:
    """Explain the landmarks as the detector has them, and say what is wrong with the photo."""
    solution = solve(model, [looked.sight()])
    angles = solution.first.camera.head_angles_degrees
    warnings = warnings_about(
        looked.found.photo, looked.face, looked.crop, looked.landmarks, angles
    )
    return Aligned(looked, solution, (), warnings)


def realigned(
    model: LandmarkModel, before: Aligned, landmark: int, to: tuple[float, float]
) -> Aligned:
    """Explain them again after one was dragged to a column and row of the crop.

    Its neighbours follow, and the solver starts where it ended before.
    """
    landmarks = moved(before.landmarks, landmark, to)
    looked = replace(before.looked, landmarks=landmarks)
    placed = tuple(sorted({*before.placed, landmark}))
    solution = solve(model, [looked.sight(placed)], before.solution)
    return replace(before, looked=looked, solution=solution, placed=placed)
