"""Says in words what in a photo will make a worse head, and what to do about it; all measured.

Thresholds were set on a real portrait and changed copies of it (blurred, darkened, covered …),
see tests/unit/test_photo_quality.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from head360.errors import PhotoError
from head360.faces import OVAL, Face, Picture
from head360.fitting.crop import Crop
from head360.fitting.landmarks import LIPS_INNER, LIPS_OUTER, face_height
from head360.fitting.photo import Photo
from head360.params import EXPRESSIONS

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Code: TypeAlias = Literal[
    "turned", "nodding", "small", "cut", "blurred", "dark", "bright", "uneven", "covered",
    "glasses", "teeth", "eyes closed", "grey", "unsure",
]  # fmt: skip

#: Degrees of yaw from which the far side is invented, and from which nothing good can come.
TURNED, TURNED_TOO_FAR = 35.0, 60.0
_NODDING = 25.0
#: Heights of a face in the photo, pixels.
_SMALL, _TOO_SMALL = 160.0, 40.0
_CUT = 0.97  # share of the face inside the photo
#: Detail finer than this many pixels of the crop, against all contrast of the face.
_FINE, _BLURRED = 1.2, 0.035
#: sRGB 0 … 255.
_DARK, _BRIGHT, _BURNT, _BLACK = 70.0, 225.0, 250, 6
_DARK_AROUND = 125.0
_BURNT_SHARE, _BLACK_SHARE = 0.06, 0.15
#: Ratio of light between the halves of a face.
_UNEVEN = 2.6
#: Squared distance from the face's own skin colours beyond which it is something else.
_STRANGE, _STRANGE_SHARE = 22.0, 0.45
_GLASSES = 0.25
#: Area over the face's height squared. Chosen, not measured: no photo with glasses was at hand.
_PARSED_GLASSES = 0.006
_UNSURE_PX = 3.0  # of the 512-pixel crop; good photos have 1, turned ones 2
_TEETH = 0.012  # open mouth against the face's height squared
_CLOSED = 0.6
_NOSE_BRIDGE = (193, 168, 417, 351, 6, 122)
#: Parts of a face that are all skin, by what to call them.
_PARTS = {
    "forehead": (69, 104, 68, 63, 105, 66, 107, 9, 336, 296, 334, 293, 298, 333, 299, 151, 108),
    "right cheek": (116, 123, 187, 207, 206, 203, 36, 50, 101, 118, 117),
    "left cheek": (345, 352, 411, 427, 426, 423, 266, 280, 330, 347, 346),
    "nose": (6, 196, 198, 48, 64, 2, 294, 278, 420, 419),
    "mouth": (203, 165, 393, 423, 426, 427, 434, 430, 431, 262, 428, 199, 208, 32, 211, 210, 214),
    "chin": (202, 204, 194, 201, 200, 421, 418, 424, 422, 430, 394, 378, 152, 149, 169, 210),
}
_SKIN_SEEDS = (50, 101, 205, 425, 280, 330, 195, 197, 5, 4, 36, 266, 117, 346, 187, 411)
_SKIN_LEAST = 0.1
_LAB_NOISE = np.diag([120.0, 16.0, 16.0])


@dataclass(frozen=True, slots=True)
class PhotoWarning:
    """Something about a photo that will show in the head."""

    code: Code
    text: str  # what is so, and what that does
    remedy: str  # what to do about it
    measure: float  # what it was measured by


def check_usable(face: Face, crop: Crop, yaw_degrees: float) -> None:
    """Refuse a face that no head can be made from.

    Raises:
        PhotoError: it is turned away too far, or too small.
    """
    if abs(yaw_degrees) > TURNED_TOO_FAR:
        side = "left" if yaw_degrees > 0 else "right"
        raise PhotoError(
            f"The face is turned {abs(yaw_degrees):.0f}° to its {side}: half of it cannot be seen.",
            "Use a photo from the front; a profile helps as a second photo (--second).",
        )
    height = face_height(face.landmarks)
    if height < _TOO_SMALL:
        raise PhotoError(
            f"The face is only {height:.0f} pixels high.",
            "Use a closer or larger photo: 200 pixels or more make a good head.",
        )


def warnings_about(
    photo: Photo,
    face: Face,
    crop: Crop,
    landmarks: Floats,
    angles: tuple[float, float, float],
    glasses: float = 0.0,
) -> tuple[PhotoWarning, ...]:
    """What to tell people of a photo.

    Args:
        photo: as read.
        face: as found in it.
        crop: the face, cut out.
        landmarks: (478, 3) pixels of the crop.
        angles: degrees by which the head is turned from facing the camera, as `head_pose`.
        glasses: area that a parser takes for glasses, against the face's height squared.
    """
    found = [
        *_of_pose(angles),
        *_of_size(face, crop, landmarks),
        *_of_light(photo, crop, landmarks),
        *_of_what_covers(crop, landmarks, glasses),
        *_of_expression(face, landmarks),
    ]
    return tuple(found)


def unsure(errors: npt.NDArray[np.floating]) -> list[PhotoWarning]:
    """Whether the landmarks (468,) miss the solved head so far that they are no face's."""
    mean = float(errors.mean())
    if mean <= _UNSURE_PX:
        return []
    return [
        PhotoWarning(
            "unsure", f"The landmarks fit no head well ({mean:.1f} pixels off): it may be no face.",
            "Check the landmarks, or use another photo.", mean,
        )
    ]  # fmt: skip


def _of_pose(angles: tuple[float, float, float]) -> list[PhotoWarning]:
    yaw, pitch, _ = angles
    found = []
    if abs(yaw) > TURNED:
        side = "left" if yaw > 0 else "right"
        found.append(
            PhotoWarning(
                "turned",
                f"Turned {abs(yaw):.0f}° to the {side}: the far cheek will be invented.",
                "A frontal photo works better.",
                abs(yaw),
            )
        )
    if abs(pitch) > _NODDING:
        way = "down" if pitch > 0 else "up"
        found.append(
            PhotoWarning(
                "nodding",
                f"Looks {abs(pitch):.0f}° {way}: chin and forehead are hard to judge.",
                "Hold the camera at the height of the eyes.",
                abs(pitch),
            )
        )
    return found


def _of_size(face: Face, crop: Crop, landmarks: Floats) -> list[PhotoWarning]:
    found = []
    height = face_height(face.landmarks)
    if height < _SMALL:
        found.append(
            PhotoWarning(
                "small",
                f"The face is only {height:.0f} pixels high: its skin will be soft.",
                "Use a closer or larger photo.",
                height,
            )
        )
    oval = _filled(landmarks, OVAL, crop.size)
    share = float((crop.inside & oval).sum() / max(1, oval.sum()))
    if share < _CUT:
        found.append(
            PhotoWarning(
                "cut",
                f"{1 - share:.0%} of the face is outside the photo and will be invented.",
                "Use a photo that shows all of the face.",
                share,
            )
        )
    sharpness = _sharpness(crop, oval)
    if sharpness < _BLURRED and height >= _SMALL:
        found.append(
            PhotoWarning(
                "blurred",
                "The face is blurred: its skin will be soft.",
                "Use a sharper photo: more light, and a camera held still.",
                sharpness,
            )
        )
    return found


def _of_light(photo: Photo, crop: Crop, landmarks: Floats) -> list[PhotoWarning]:
    face = _filled(landmarks, OVAL, crop.size) & crop.inside
    pixels = crop.image[face]
    if not len(pixels):
        return []
    found = []
    grey = pixels @ np.array([0.3, 0.59, 0.11])
    middle = float(np.median(grey))
    burnt = float((pixels.min(1) >= _BURNT).mean())
    black = float((pixels.max(1) <= _BLACK).mean())
    # Dark skin is no dark photo: the picture around it tells.
    around = float(np.quantile(_grey(crop.image)[crop.inside], 0.98))
    if middle < _DARK and around < _DARK_AROUND:
        found.append(
            PhotoWarning(
                "dark", "The face is dark: colours will be noisy.",
                "Use a photo with more light on the face.", middle,
            )
        )  # fmt: skip
    if middle > _BRIGHT or burnt > _BURNT_SHARE or black > _BLACK_SHARE:
        found.append(
            PhotoWarning(
                "bright",
                f"{max(burnt, black):.0%} of the face is burnt out or black: nothing is known "
                "of the skin there.",
                "Use a photo without flash and hard sunlight.",
                max(burnt, black),
            )
        )
    uneven = _unevenness(crop, landmarks, face)
    if uneven > _UNEVEN:
        found.append(
            PhotoWarning(
                "uneven", f"One side of the face is {uneven:.1f} times as bright as the other.",
                "Soft light from the front works better.", uneven,
            )
        )  # fmt: skip
    if photo.grey:
        found.append(
            PhotoWarning(
                "grey", "The photo is black and white: colours of skin and eyes are a guess.",
                "Use a colour photo.", 1.0,
            )
        )  # fmt: skip
    return found


def _of_what_covers(crop: Crop, landmarks: Floats, glasses: float) -> list[PhotoWarning]:
    found = []
    covered = _covered(crop, landmarks)
    if covered:
        names = list(covered)
        parts = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        found.append(
            PhotoWarning(
                "covered",
                f"Something may cover the {parts}: skin will be invented there.",
                "Use a photo without hair, hands or a mask over the face.",
                max(covered.values()),
            )
        )
    rims = _bridge_lines(crop, landmarks)
    if rims > _GLASSES or glasses > _PARSED_GLASSES:
        found.append(
            PhotoWarning(
                "glasses", "Glasses may be worn: their rims would be painted on the skin.",
                "Take glasses off for the photo.", max(rims, glasses),
            )
        )  # fmt: skip
    return found


def _of_expression(face: Face, landmarks: Floats) -> list[PhotoWarning]:
    found = []
    opened = _polygon_area(landmarks[list(LIPS_INNER), :2]) / face_height(landmarks) ** 2
    if opened > _TEETH:
        found.append(
            PhotoWarning(
                "teeth", "The mouth is open and may show teeth: closed lips are a guess.",
                "A relaxed face with closed lips works best.", opened,
            )
        )  # fmt: skip
    blinks = [face.expression[EXPRESSIONS.index(f"eyeBlink{side}")] for side in ("Left", "Right")]
    if max(blinks) > _CLOSED:
        found.append(
            PhotoWarning(
                "eyes closed", "An eye is closed: its colour is a guess.",
                "Use a photo with open eyes.", float(max(blinks)),
            )
        )  # fmt: skip
    return found


def _sharpness(crop: Crop, oval: Mask) -> float:
    """How much of a face's contrast is fine."""
    grey = _grey(crop.image)
    seen = oval & crop.inside
    if not seen.any():
        return 1.0
    fine = (grey - gaussian_filter(grey, _FINE))[seen]
    return float(fine.std() / max(float(grey[seen].std()), 1.0))


def _unevenness(crop: Crop, landmarks: Floats, face: Mask) -> float:
    cheeks = [
        _filled(landmarks, _PARTS[name], crop.size) & face for name in ("left cheek", "right cheek")
    ]
    if not all(cheek.sum() > 30 for cheek in cheeks):
        return 1.0
    linear = (_grey(crop.image) / 255) ** 2.2
    light = [float(np.median(linear[cheek])) + 1e-3 for cheek in cheeks]
    return max(light) / min(light)


def _strangeness(crop: Crop, landmarks: Floats) -> Floats:
    """(N, N) squared distance of colours from the face's skin, in its own deviations."""
    lab = _lab(crop.image)
    seeds = _filled(landmarks, _hull(landmarks, _SKIN_SEEDS), crop.size) & crop.inside
    sample = lab[seeds]
    if len(sample) < 50:
        return np.zeros(lab.shape[:2], np.float32)
    hue = sample[:, 1:] - 128
    likely = ((hue > [2, 0]) & (hue < [40, 50])).all(1)  # a mask's colour is rarely that of skin
    sample = sample[likely] if likely.mean() > _SKIN_LEAST else sample
    middle = np.median(sample, axis=0)
    for _ in range(4):  # what covers one cheek must not count as skin
        away = np.square(sample - middle) @ np.array([1 / 700, 1 / 90, 1 / 90])
        middle = np.median(sample[away <= np.quantile(away, 0.55)], axis=0)
    core = sample[away <= np.quantile(away, 0.55)]
    spread = np.linalg.inv(np.cov(core.T) * 2.5 + _LAB_NOISE)
    off = lab - middle
    found: Floats = np.einsum("hwi,ij,hwj->hw", off, spread, off).astype(np.float32)
    return found


def _covered(crop: Crop, landmarks: Floats) -> dict[str, float]:
    """Parts of the face that are mostly not of its skin's colours, and how much of each."""
    distance = _strangeness(crop, landmarks)
    covered = {}
    for name, outline in _PARTS.items():
        inside = _filled(landmarks, outline, crop.size) & crop.inside
        if name == "mouth":
            inside &= ~_filled(landmarks, LIPS_OUTER, crop.size)
        share = float((distance[inside] > _STRANGE).mean()) if inside.any() else 0.0
        if share > _STRANGE_SHARE:
            covered[name] = share
    return covered


def _bridge_lines(crop: Crop, landmarks: Floats) -> float:
    """How strongly lines run across the bare bridge of the nose, against its brightness."""
    bridge = _filled(landmarks, _NOSE_BRIDGE, crop.size) & crop.inside
    if bridge.sum() < 20:
        return 0.0
    grey = gaussian_filter(_grey(crop.image), 1.0)
    wide = gaussian_filter(grey, 6.0)
    dark = (wide - grey)[bridge]
    return float(np.quantile(dark, 0.9) / max(float(np.median(grey[bridge])), 8.0))


def _grey(image: Picture) -> Floats:
    found: Floats = image.astype(np.float32) @ np.array([0.3, 0.59, 0.11], np.float32)
    return found


def _lab(image: Picture) -> Floats:
    """(N, N, 3) in Lab, L* 0 … 255, a* and b* about 128."""
    from PIL import ImageCms

    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    made = ImageCms.profileToProfile(Image.fromarray(image), *profiles, outputMode="LAB")
    values = np.asarray(made, np.float32).copy()
    # Pillow stores a* and b* signed in unsigned bytes.
    values[..., 1:] = np.where(values[..., 1:] > 127, values[..., 1:] - 256, values[..., 1:]) + 128
    return values


def _filled(landmarks: Floats, outline: Any, size: int) -> Mask:
    """(N, N) inside a polygon of landmarks."""
    image = Image.new("1", (size, size))
    points = [(float(x) - 0.5, float(y) - 0.5) for x, y in landmarks[list(outline), :2]]
    ImageDraw.Draw(image).polygon(points, fill=1)
    mask: Mask = np.asarray(image)
    return mask


def _hull(landmarks: Floats, places: tuple[int, ...]) -> list[int]:
    from scipy.spatial import ConvexHull

    hull = ConvexHull(landmarks[list(places), :2].astype(np.float64))
    return [places[i] for i in hull.vertices]


def _polygon_area(points: Floats) -> float:
    x, y = points.T.astype(np.float64)
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)
