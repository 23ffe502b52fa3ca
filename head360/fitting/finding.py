"""Finds the faces in a photo, small ones and photos that lie on their side included."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from head360.errors import PhotoError
from head360.faces import Face, FaceDetector, Picture
from head360.fitting.landmarks import EYE_CORNERS, face_height
from head360.fitting.photo import Photo

#: How many faces are looked for.
MOST_FACES = 12
#: Side of the parts that a photo is searched in, of its own side, while faces are small or missing.
_PARTS = (0.55, 0.3)
_OVERLAP = 0.5
#: Faces lower than this share of what was searched are small: the detector, which looks at 128
#: pixels, finds some of a group and places others badly.
_SMALL = 0.25
#: Two faces whose middles are nearer than this share of their height are one, and so are those of
#: which one lies within the other by this share of its area.
_SAME, _WITHIN = 0.35, 0.5


#: Quarter turns to the left that are tried.
_ORDER = (0, 1, 3, 2)
#: Quarter turns that stand a head up. A face turned so far (degrees) may be none; then the one that
#: stands up is so much higher (measured 1.4 and 1.5; the other way round 0.75 to 0.95).
_OVER, _DOUBTFUL, _HIGHER = 2, 25.0, 1.15
_TURNED = "It lay on its side or head and was turned upright."


@dataclass(frozen=True, slots=True, eq=False)
class FoundFaces:
    """The faces of a photo, from left to right."""

    photo: Photo  # turned upright, where it lay on its side
    faces: tuple[Face, ...]  # in pixels of the photo

    @property
    def largest(self) -> int:
        """Which face is the largest, from 0."""
        return int(np.argmax([face_height(face.landmarks) for face in self.faces]))

    def chosen(self, number: int | None) -> Face:
        """Face `number`, from 1; None for the largest.

        Raises:
            PhotoError: there is no such face.
        """
        if number is None:
            return self.faces[self.largest]
        if not 1 <= number <= len(self.faces):
            raise PhotoError(
                f"There is no face {number}: the photo shows {self.count}.",
                "Faces are counted from left to right.",
            )
        return self.faces[number - 1]

    @property
    def count(self) -> str:
        """How many there are, in words."""
        return "one face" if len(self.faces) == 1 else f"{len(self.faces)} faces"


def find_faces(photo: Photo, detector: FaceDetector) -> Generator[None, None, FoundFaces]:
    """Find them; yields between attempts.

    Args:
        photo: where to look.
        detector: for still pictures, of `MOST_FACES` faces.

    Raises:
        PhotoError: there are none.
    """
    for quarter in _ORDER:
        turns = quarter
        image = np.ascontiguousarray(np.rot90(photo.image, turns))
        faces = yield from _faces(image, detector, thorough=turns == 0)
        if faces and turns == 0 and (needed := _quarter_turns(faces) or _overturned(faces)):
            upright = np.ascontiguousarray(np.rot90(photo.image, needed))
            better = yield from _faces(upright, detector, thorough=False)
            if better and (needed != _OVER or _height(better) > _HIGHER * _height(faces)):
                image, faces, turns = upright, better, needed
        if faces:
            turned = replace(photo, image=image, notes=(*photo.notes, _TURNED)) if turns else photo
            return FoundFaces(turned, tuple(sorted(faces, key=_left)))
        yield
    raise PhotoError(
        f"No face was found in “{photo.name}”." if photo.name else "No face was found.",
        "Use a sharp photo that shows a face from the front, well lit and not too small.",
    )


def _faces(
    image: Picture, detector: FaceDetector, *, thorough: bool
) -> Generator[None, None, list[Face]]:
    """Faces in the whole picture, and in ever smaller parts while there are none or small ones."""
    faces = detector.detect(image)
    side = float(max(image.shape))
    for share in _PARTS if thorough else ():
        if any(face_height(face.landmarks) > _SMALL * side for face in faces):
            break
        side = share * max(image.shape)
        near: list[Face] = []
        for left, top, part in _parts(image, share):
            yield
            for face in detector.detect(part):
                moved = face.landmarks + np.array([left, top, 0], np.float32)
                if _uncut(face, part, (left, top), image):
                    _add(near, replace(face, landmarks=moved))
        for face in faces:  # a part shows landmarks better than the whole does
            _add(near, face)
        faces = near
    return faces


def _uncut(face: Face, part: Picture, at: tuple[int, int], image: Picture) -> bool:
    """Whether no edge of a part cuts off a face, but for the photo's own; another part has it."""
    left, top, right, bottom = face.box
    rows, columns = part.shape[:2]
    cut = (
        left < 0 < at[0], top < 0 < at[1],
        right > columns and at[0] + columns < image.shape[1],
        bottom > rows and at[1] + rows < image.shape[0],
    )  # fmt: skip
    return not any(cut)


def _height(faces: list[Face]) -> float:
    """Of the largest, pixels."""
    return max(face_height(face.landmarks) for face in faces)


def _overturned(faces: list[Face]) -> int:
    """As many quarter turns as stand a head up that is upside down, if the largest face may be.

    On its head a face is seldom found, and if, then somewhere else and from the side.
    """
    largest = max(faces, key=lambda face: face_height(face.landmarks))
    return _OVER if abs(largest.angles_degrees[0]) > _DOUBTFUL else 0


def _quarter_turns(faces: list[Face]) -> int:
    """Quarter turns to the left that put the largest face nearly upright."""
    right, left = faces[0].landmarks[list(EYE_CORNERS), :2]
    return round(float(np.arctan2(left[1] - right[1], left[0] - right[0])) / (np.pi / 2)) % 4


def _parts(image: Picture, share: float) -> list[tuple[int, int, Picture]]:
    """Overlapping squares that together are the picture, and where each begins."""
    height, width = image.shape[:2]
    side = max(64, round(share * max(height, width)))

    def starts(length: int) -> list[int]:
        if length <= side:
            return [0]
        count = int(np.ceil((length - side) / (side * (1 - _OVERLAP)))) + 1
        return [round(at) for at in np.linspace(0, length - side, count)]

    return [
        (left, top, np.ascontiguousarray(image[top : top + side, left : left + side]))
        for top in starts(height)
        for left in starts(width)
    ]


def _add(faces: list[Face], face: Face) -> None:
    """Unless it is there already; the one that was seen better stays."""
    if not any(_same(other, face) for other in faces):
        faces.append(face)


def _same(one: Face, other: Face) -> bool:
    """Whether two faces lie so that they must be one person's."""
    middles = [face.landmarks[:, :2].mean(0) for face in (one, other)]
    near = np.linalg.norm(middles[0] - middles[1]) < _SAME * face_height(other.landmarks)
    low, high = (
        pick(one.box[at : at + 2], other.box[at : at + 2])
        for pick, at in ((np.maximum, 0), (np.minimum, 2))
    )
    areas = [(r - x) * (b - y) for x, y, r, b in (one.box, other.box)]
    return bool(near or np.prod((high - low).clip(0)) > _WITHIN * min(areas))


def _left(face: Face) -> float:
    return face.box[0]
