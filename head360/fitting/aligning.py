"""A face before its fit: cut out, its landmarks there to be seen and put right by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from head360.fitting.crop import Crop
from head360.fitting.landmarks import LandmarkModel, moved
from head360.fitting.quality import PhotoWarning, warnings_about
from head360.fitting.request import Looked
from head360.fitting.solver import Solution, solve
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

    def excluded_in_photo(self, marks: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Marks (N, N) drawn on the crop as (H, W) of the photo, for `FitOptions.excluded`."""
        height, width = self.looked.found.photo.image.shape[:2]
        rows, columns = np.nonzero(marks)
        found = np.zeros((height, width), bool)
        if not len(rows):
            return found
        # Each pixel of the photo looks up its own place in the crop, so that no gaps open.
        side = self.crop.size / len(marks)
        corners = np.array(
            [
                [columns.min(), rows.min(), 0],
                [columns.max() + 1, rows.max() + 1, 0],
                [columns.min(), rows.max() + 1, 0],
                [columns.max() + 1, rows.min(), 0],
            ]
        )
        around = self.crop.to_photo((corners * side).astype(np.float32))[:, :2]
        left, top = np.floor(around.min(0)).astype(int).clip(0, (width, height))
        right, low = np.ceil(around.max(0)).astype(int).clip(0, (width, height))
        x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, low) + 0.5)
        turn = self.crop.crop_from_photo / side
        column = np.floor(turn[0, 0] * x + turn[0, 1] * y + turn[0, 2]).astype(int)
        row = np.floor(turn[1, 0] * x + turn[1, 1] * y + turn[1, 2]).astype(int)
        inside = (column >= 0) & (column < len(marks)) & (row >= 0) & (row < len(marks))
        found[top:low, left:right][inside] = marks[row[inside], column[inside]]
        return found


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
    solution = solve(model, [looked.sight(placed)], before.solution.shape)
    return replace(before, looked=looked, solution=solution, placed=placed)
