"""Faces that turn away: warned of, refused, or not found, but never a wrong head unasked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from head360.camera import OrbitCamera
from head360.engine import HeadEngine, finished
from head360.errors import PhotoError
from head360.fitting.aligning import Aligned
from head360.fitting.photo import photo_from_pixels
from head360.rendering.request import RenderRequest


@pytest.fixture(scope="module")
def engine(face_landmarker: None, gl: object) -> Iterator[HeadEngine]:
    made = HeadEngine()
    yield made
    made.close()


def aligned(engine: HeadEngine, yaw_degrees: float) -> Aligned:
    camera = OrbitCamera(yaw_degrees=yaw_degrees)
    request = RenderRequest(engine.initial_head(), camera, width=512, height=512)
    photo = photo_from_pixels(np.ascontiguousarray(engine.render(request).image[..., :3]))
    return finished(engine.align(finished(engine.find_faces(photo))))


def test_a_face_that_is_half_turned_is_warned_of(engine: HeadEngine) -> None:
    assert "turned" in {warning.code for warning in aligned(engine, 45).warnings}


@pytest.mark.parametrize("yaw_degrees", [70, 90, 180])
def test_a_profile_is_refused(engine: HeadEngine, yaw_degrees: float) -> None:
    with pytest.raises(PhotoError, match=r"turned|No face"):
        aligned(engine, yaw_degrees)
