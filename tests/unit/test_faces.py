from __future__ import annotations

import os

import numpy as np
import pytest

from head360.downloads import CACHE_VARIABLE
from head360.errors import AssetError
from head360.faces import LANDMARKS, LEFT_IRIS, RIGHT_IRIS, FaceDetector
from head360.params import EXPRESSIONS


def test_a_face_is_found(detector: FaceDetector, astronaut: np.ndarray) -> None:
    (face,) = detector.detect(astronaut)

    assert face.landmarks.shape == (LANDMARKS, 3)
    left, top, right, bottom = face.box
    assert 170 < left < right < 280
    assert 60 < top < bottom < 190
    # The head's right eye is on the left of the picture.
    assert face.landmarks[RIGHT_IRIS, 0] < face.landmarks[LEFT_IRIS, 0]


def test_scores_are_in_our_order(detector: FaceDetector, astronaut: np.ndarray) -> None:
    (face,) = detector.detect(astronaut)

    smile = EXPRESSIONS.index("mouthSmileLeft")
    assert face.expression[smile] > 0.5
    assert np.isnan(face.expression[EXPRESSIONS.index("tongueOut")])
    assert np.isfinite(np.delete(face.expression, EXPRESSIONS.index("tongueOut"))).all()


def test_angles_have_the_signs_of_head_pose(detector: FaceDetector, astronaut: np.ndarray) -> None:
    from PIL import Image

    (straight,) = detector.detect(astronaut)
    turned = np.asarray(Image.fromarray(astronaut).rotate(-15))  # clockwise: to her left shoulder
    (tilted,) = detector.detect(turned)

    assert abs(straight.angles_degrees[0]) < 5
    assert tilted.angles_degrees[2] - straight.angles_degrees[2] == pytest.approx(15, abs=3)


def test_nothing_is_found_where_nothing_is(detector: FaceDetector) -> None:
    assert detector.detect(np.zeros((8, 8, 3), np.uint8)) == []
    assert detector.detect(np.full((64, 900, 3), 200, np.uint8)) == []


def test_video_bears_times_that_stand_still(face_landmarker: None, astronaut: np.ndarray) -> None:
    with FaceDetector("video") as video:
        found = [len(video.detect(astronaut, time)) for time in (40, 40, 0)]

    assert found == [1, 1, 1]


def test_qt_finds_its_own_plugins_still(detector: FaceDetector) -> None:
    assert "cv2" not in os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", "")
    assert "cv2" not in os.environ.get("QT_QPA_FONTDIR", "")


def test_without_weights_the_error_says_how_to_get_them(
    tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))

    with pytest.raises(AssetError) as caught:
        FaceDetector()

    assert "head360 assets fetch face_landmarker" in caught.value.hint
