"""What people paint on a photo and drag to its place decides a fit. Needs the face detector."""

from __future__ import annotations

import numpy as np
import pytest

from head360.engine import HeadEngine, finished
from head360.errors import PhotoError
from head360.fitting.fit import FitOptions, FitResult
from head360.fitting.photo import photo_from_pixels
from head360.light import TRANSPARENT
from head360.marks import HAIR, LEFT_OUT, NOT_HAIR
from head360.rendering.request import RenderRequest
from head360.sitting import sitting_bytes, sitting_of


def test_what_is_brushed_out_is_not_looked_at(engine: HeadEngine, astronaut: np.ndarray) -> None:
    left = np.zeros(astronaut.shape[:2], np.uint8)
    left[:, :226] = LEFT_OUT  # half of her face in the picture

    whole = finished(engine.fit(astronaut, FitOptions(hair="none", hair_shape=False)))
    half = finished(engine.fit(astronaut, FitOptions(hair="none", hair_shape=False, marks=left)))

    assert half.report.observed < 0.7 * whole.report.observed
    assert np.array_equal(half.marks, left)  # type: ignore[arg-type]
    with pytest.raises(PhotoError, match="another picture"):
        finished(engine.fit(astronaut, FitOptions(marks=left[:50])))


def test_who_is_brushed_bald_is_bald(engine: HeadEngine, astronaut: np.ndarray) -> None:
    shaven = np.full(astronaut.shape[:2], NOT_HAIR, np.uint8)

    found = finished(engine.fit(astronaut, FitOptions(skin=False, marks=shaven)))

    assert found.params.hairstyle is None


def test_hair_that_is_brushed_on_is_worn(
    engine: HeadEngine, result: FitResult, astronaut: np.ndarray
) -> None:
    found = finished(engine.find_faces(photo_from_pixels(astronaut)))
    left, top, right, low = (int(edge) for edge in found.faces[0].box)
    reach = (right - left) // 2
    hair = np.zeros(astronaut.shape[:2], np.uint8)
    hair[top : low + reach, left - reach : left] = HAIR  # down to the shoulders
    hair[top : low + reach, right : right + reach] = HAIR

    brushed = finished(engine.fit(astronaut, FitOptions(skin=False, marks=hair)))

    below = [_hair_below_the_chin(engine, fit) for fit in (result, brushed)]
    assert below[1] > 2 * below[0]


def _hair_below_the_chin(engine: HeadEngine, fit: FitResult) -> int:
    """Pixels of the worn hair that lie below the chin, of 256² of the crop."""
    request = RenderRequest(
        fit.params, fit.sitting.camera, 256, 256, "hair", background=TRANSPARENT
    )
    hair = engine.render(request).image[..., 3] > 127
    return int(hair[int(fit.landmarks[152, 1] / 2) :].sum())


def test_landmarks_placed_by_hand_are_kept(engine: HeadEngine, astronaut: np.ndarray) -> None:
    found = finished(engine.find_faces(photo_from_pixels(astronaut)))
    before = finished(engine.align(found))
    after = engine.realign(before, 152, (250.0, 400.0))
    options = FitOptions(
        hair="none", skin=False, landmarks=after.landmarks_in_photo, placed=after.placed
    )

    sitting = finished(engine.fit(astronaut, options)).sitting

    number, x, y = sitting.placed[0]
    assert (number, len(sitting.placed)) == (152, 1)
    assert [x, y] == pytest.approx(after.landmarks_in_photo[152, :2], abs=0.01)
    assert sitting_of(sitting_bytes(sitting) or b"") == sitting
