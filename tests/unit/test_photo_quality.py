"""A good portrait, and copies of it with one thing wrong each: that thing must be said."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from head360.errors import PhotoError
from head360.faces import Face, FaceDetector
from head360.fitting import quality
from head360.fitting.crop import Crop, crop_face
from head360.fitting.landmarks import LEFT_EYE, RIGHT_EYE
from head360.fitting.photo import photo_from_pixels
from head360.fitting.quality import PhotoWarning, check_usable, warnings_about

#: The lower half of the face, as a mask covers it.
MASK = (
    234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361,
    323, 454, 280, 195, 50,
)  # fmt: skip
SIDE = 1280


@pytest.fixture(scope="module")
def portrait(astronaut: np.ndarray) -> Image.Image:
    return Image.fromarray(astronaut[:320, 60:380]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)


@pytest.fixture(scope="module")
def landmarks(detector: FaceDetector, portrait: Image.Image) -> np.ndarray:
    return detector.detect(np.asarray(portrait))[0].landmarks


def _looked_at(
    detector: FaceDetector, image: Image.Image | np.ndarray
) -> tuple[Face, Crop, tuple[PhotoWarning, ...]]:
    picture = np.array(image)
    face = detector.detect(picture)[0]
    crop = crop_face(picture, face.landmarks)
    marks = detector.detect(crop.image)[0].landmarks
    photo = photo_from_pixels(picture)
    return face, crop, warnings_about(photo, face, crop, marks, face.angles_degrees)


def _codes(detector: FaceDetector, image: Image.Image | np.ndarray) -> set[str]:
    return {warning.code for warning in _looked_at(detector, image)[2]} - {"teeth"}  # she smiles


def _painted(
    portrait: Image.Image, landmarks: np.ndarray, outline: tuple[int, ...], color: tuple[int, ...]
) -> Image.Image:
    image = portrait.copy()
    points = [(float(x), float(y)) for x, y in landmarks[list(outline), :2]]
    ImageDraw.Draw(image).polygon(points, fill=color)
    return image


def _exposed(portrait: Image.Image, by: float | np.ndarray) -> Image.Image:
    linear = (np.asarray(portrait) / 255) ** 2.2 * by
    return Image.fromarray((linear.clip(0, 1) ** (1 / 2.2) * 255).astype(np.uint8))


def test_a_good_portrait_has_nothing_but_her_smile(
    detector: FaceDetector, portrait: Image.Image
) -> None:
    assert [warning.code for warning in _looked_at(detector, portrait)[2]] == ["teeth"]


@pytest.mark.parametrize("radius", [6, 10])
def test_blur(detector: FaceDetector, portrait: Image.Image, radius: int) -> None:
    assert _codes(detector, portrait.filter(ImageFilter.GaussianBlur(radius))) == {"blurred"}


def test_small(detector: FaceDetector, portrait: Image.Image) -> None:
    assert _codes(detector, portrait.resize((320, 320))) == {"small"}


@pytest.mark.parametrize(("by", "code"), [(0.1, "dark"), (6.0, "bright")])
def test_exposure(detector: FaceDetector, portrait: Image.Image, by: float, code: str) -> None:
    assert _codes(detector, _exposed(portrait, by)) == {code}


def test_one_sided_light(
    detector: FaceDetector, portrait: Image.Image, landmarks: np.ndarray
) -> None:
    away = (np.arange(SIDE) - landmarks[4, 0]) / SIDE
    light = 0.2 + 0.8 / (1 + np.exp(away * 40))

    assert _codes(detector, _exposed(portrait, light[None, :, None])) == {"uneven"}


def test_black_and_white(detector: FaceDetector, portrait: Image.Image) -> None:
    assert _codes(detector, portrait.convert("L").convert("RGB")) == {"grey"}


@pytest.mark.parametrize("dark", [False, True])
def test_glasses(
    detector: FaceDetector, portrait: Image.Image, landmarks: np.ndarray, dark: bool
) -> None:
    image = portrait.copy()
    draw = ImageDraw.Draw(image)
    for ring in (RIGHT_EYE, LEFT_EYE):
        x, y = (float(v) for v in landmarks[list(ring), :2].mean(0))
        r = float(np.ptp(landmarks[list(ring), 0])) * 0.85
        box = (x - r, y - 0.75 * r, x + r, y + 0.75 * r)
        draw.ellipse(box, fill=(15, 15, 15) if dark else None, outline=(20, 15, 15), width=9)
    (ax, ay), (bx, by) = landmarks[[133, 362], :2]
    bridge = (float(ax) + 12, float(ay) - 8, float(bx) - 12, float(by) - 8)
    draw.line(bridge, fill=(20, 15, 15), width=9)

    assert "glasses" in _codes(detector, image)


@pytest.mark.parametrize(
    ("outline", "color", "named"),
    [
        (MASK, (200, 215, 230), "mouth and chin"),
        (quality._PARTS["right cheek"], (60, 90, 160), "right cheek"),
        (quality._PARTS["forehead"], (60, 35, 20), "forehead"),
    ],
)
def test_what_covers_is_named(
    detector: FaceDetector, portrait: Image.Image, landmarks: np.ndarray,
    outline: tuple[int, ...], color: tuple[int, ...], named: str,
) -> None:  # fmt: skip
    found = _looked_at(detector, _painted(portrait, landmarks, outline, color))[2]

    assert named in next(warning.text for warning in found if warning.code == "covered")


def test_a_face_at_the_edge_is_cut(
    detector: FaceDetector, portrait: Image.Image, landmarks: np.ndarray
) -> None:
    edge = int(landmarks[4, 0]) - 40

    assert "cut" in _codes(detector, portrait.crop((edge, 0, SIDE, SIDE)))


@pytest.mark.parametrize(("yaw", "side"), [(41.0, "left"), (-41.0, "right")])
def test_turned_heads_are_told_which_way(
    detector: FaceDetector, portrait: Image.Image, yaw: float, side: str
) -> None:
    face, crop, _ = _looked_at(detector, portrait)
    marks = crop.from_photo(face.landmarks)
    photo = photo_from_pixels(np.array(portrait))

    found = warnings_about(photo, face, crop, marks, (yaw, -30.0, 0.0))

    assert found[0].text.startswith(f"Turned 41° to the {side}")
    assert found[1].text.startswith("Looks 30° up")
    assert all(warning.remedy for warning in found)


def test_profiles_are_refused_with_the_reason(
    detector: FaceDetector, portrait: Image.Image
) -> None:
    face, crop, _ = _looked_at(detector, portrait)

    with pytest.raises(PhotoError, match="turned 72° to its right") as caught:
        check_usable(face, crop, -72.0)

    assert "--second" in caught.value.hint
