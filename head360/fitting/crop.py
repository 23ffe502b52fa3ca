"""Cuts a face out of a photo the way every later step expects it: square, upright, same size."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, sin

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.faces import OVAL, Picture
from head360.fitting.landmarks import EYE_CORNERS, face_height

Doubles = npt.NDArray[np.float64]

SIZE = 512
#: Height of the face in the crop, and how far down its middle lies, of the crop's side.
_FACE_SHARE, _MIDDLE = 0.42, 0.47


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A face cut out of a photo. Pixels count from the outer edge of the first one."""

    image: Picture  # (N, N, 3) sRGB; beyond the photo, its edge is repeated
    inside: npt.NDArray[np.bool_]  # (N, N) where the photo is
    crop_from_photo: Doubles  # (2, 3) similarity, pixels to pixels

    @property
    def size(self) -> int:
        """Pixels along each side."""
        return len(self.image)

    @property
    def scale(self) -> float:
        """Pixels of the crop for one of the photo."""
        return float(np.hypot(*self.crop_from_photo[:, 0]))

    @property
    def photo_from_crop(self) -> Doubles:
        """(2, 3) similarity, pixels to pixels."""
        return _inverse(self.crop_from_photo)

    def from_photo(self, landmarks: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Landmarks (L, 3) of the photo, in the crop."""
        return _carried(self.crop_from_photo, self.scale, landmarks)

    def to_photo(self, landmarks: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Landmarks (L, 3) of the crop, in the photo."""
        return _carried(self.photo_from_crop, 1 / self.scale, landmarks)


def crop_face(photo: Picture, landmarks: npt.NDArray[np.float32], size: int = SIZE) -> Crop:
    """Cut out the face with landmarks (478, 3) in a photo (H, W, 3): eyes level, fixed height."""
    return cut(photo, placement(landmarks, size), size)


def placement(landmarks: npt.NDArray[np.float32], size: int) -> Doubles:
    """(2, 3) similarity from photo to crop for landmarks (478, 3) of the photo."""
    flat = landmarks[:, :2].astype(np.float64)
    right, left = flat[list(EYE_CORNERS)]
    tilt = atan2(left[1] - right[1], left[0] - right[0])
    scale = _FACE_SHARE * size / face_height(landmarks)
    turn = scale * np.array([[cos(tilt), sin(tilt)], [-sin(tilt), cos(tilt)]])
    outline = flat[list(OVAL)]
    middle = (outline.min(0) + outline.max(0)) / 2
    offset = np.array([size / 2, _MIDDLE * size]) - turn @ middle
    matrix: Doubles = np.concatenate([turn, offset[:, None]], 1)
    return matrix


def cut(photo: Picture, crop_from_photo: Doubles, size: int) -> Crop:
    """The square that a similarity (2, 3) cuts out of a photo; shrinks without aliasing."""
    photo_from_crop = _inverse(crop_from_photo)
    corners = np.array([[0, 0], [size, 0], [0, size], [size, size]], float)
    reach = corners @ photo_from_crop[:, :2].T + photo_from_crop[:, 2]
    scale = min(1.0, float(np.hypot(*crop_from_photo[:, 0])))
    low = np.floor(reach.min(0)).astype(int) - 2
    high = np.ceil(reach.max(0)).astype(int) + 2
    region, low = _region(photo, low, high)
    small = region.resize(
        [max(1, round(length * scale)) for length in region.size], Image.Resampling.LANCZOS
    )
    shrink = np.array(small.size) / np.array(region.size)
    move = (photo_from_crop - [[0, 0, low[0]], [0, 0, low[1]]]) * shrink[:, None]
    image = small.transform(
        (size, size), Image.Transform.AFFINE, move.ravel().tolist(), Image.Resampling.BICUBIC
    )
    return Crop(np.asarray(image), _inside(photo, photo_from_crop, size), crop_from_photo)


def _region(
    photo: Picture, low: npt.NDArray[np.int_], high: npt.NDArray[np.int_]
) -> tuple[Image.Image, npt.NDArray[np.int_]]:
    """Pixels low … high (column, row) of a photo, its edge repeated, and where they begin."""
    height, width = photo.shape[:2]
    columns = np.arange(low[0], high[0]).clip(0, width - 1)
    rows = np.arange(low[1], high[1]).clip(0, height - 1)
    return Image.fromarray(photo[rows[:, None], columns]), low


def _inside(photo: Picture, photo_from_crop: Doubles, size: int) -> npt.NDArray[np.bool_]:
    at = np.arange(size) + 0.5
    column, row = np.meshgrid(at, at)
    x, y = np.einsum("ij,jrc->irc", photo_from_crop[:, :2], np.stack([column, row]))
    x, y = x + photo_from_crop[0, 2], y + photo_from_crop[1, 2]
    inside: npt.NDArray[np.bool_] = (
        (x >= 0) & (x < photo.shape[1]) & (y >= 0) & (y < photo.shape[0])
    )
    return inside


def _inverse(matrix: Doubles) -> Doubles:
    back = np.linalg.inv(matrix[:, :2])
    found: Doubles = np.concatenate([back, -back @ matrix[:, 2:]], 1)
    return found


def _carried(
    matrix: Doubles, scale: float, landmarks: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    flat = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([flat, landmarks[:, 2:] * scale], 1).astype(np.float32)
