"""Finds faces in pictures: 478 landmarks, what the face does, and how it is turned.

Wraps MediaPipe's FaceLandmarker, whose weights are fetched on first use (`head360 assets fetch`).
Still pictures and video share one result; video is tracked from frame to frame, which is steadier
and faster. MediaPipe itself is imported when a detector is made: it takes a second or two.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from head360.downloads import asset_path
from head360.errors import Head360Error
from head360.later import imported_later
from head360.params import EXPRESSIONS, FloatArray

Picture: TypeAlias = npt.NDArray[np.uint8]

#: Landmarks of the skin, in the order of MediaPipe's face mesh; ten of the irises follow.
MESH_LANDMARKS, LANDMARKS = 468, 478
#: The irises' centres among all landmarks: the head's right eye, and its left.
RIGHT_IRIS, LEFT_IRIS = 468, 473
#: Outline of the face, clockwise in a picture from the top of the forehead.
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
_WEIGHTS = "face_landmarker"
#: What OpenCV, which MediaPipe brings along, sets for its own Qt; it breaks everybody else's.
_FOREIGN_QT = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face that was found in a picture."""

    #: (478, 3) column and row in pixels (0 = outer edge of the first pixel), and depth in about
    #: the same unit, growing away from the camera, 0 near the head's middle
    landmarks: FloatArray
    expression: FloatArray  # (52,) scores 0 … 1 in the order of EXPRESSIONS; NaN: not measured
    neutral: float  # score 0 … 1 of a face at rest
    pose: FloatArray  # (4, 4) MediaPipe's camera from its canonical face, centimetres

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the landmarks, pixels."""
        low, high = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def angles_degrees(self) -> tuple[float, float, float]:
        """Yaw to the head's left, pitch down and roll to its left shoulder, as `head_pose`."""
        rotation = np.asarray(self.pose[:3, :3], float)
        rotation /= np.cbrt(np.linalg.det(rotation))
        # y·x·z order: the head rolls first, then nods, then turns.
        pitch = np.arcsin(np.clip(-rotation[1, 2], -1, 1))
        yaw = np.arctan2(rotation[0, 2], rotation[2, 2])
        roll = np.arctan2(rotation[1, 0], rotation[1, 1])
        degrees = np.degrees([yaw, pitch, -roll])
        return float(degrees[0]), float(degrees[1]), float(degrees[2])


#: Where MediaPipe's memory allocator counts processors; without it, it aborts.
_PROCESSORS = Path("/sys/devices/system/cpu/possible")


class FaceDetector:
    """Finds faces. Use as a context manager or call `close`; one thread at a time.

    `close()` frees the detector, and may be called twice.
    """

    def __init__(
        self, mode: Literal["image", "video"] = "image", *, faces: int = 1, confidence: float = 0.5
    ) -> None:
        """Load the detector.

        Args:
            mode: `video` expects the frames of one recording in order.
            faces: how many to look for at most.
            confidence: how sure to be, 0 … 1, that it is a face.

        Raises:
            AssetError: the weights have not been fetched.
            Head360Error: MediaPipe does not work here.
        """
        self._mode = mode
        self._last_ms = -1
        with _hushed():
            self._landmarker = _landmarker(str(asset_path(_WEIGHTS)), mode, faces, confidence)
        self.close = weakref.finalize(self, _close, self._landmarker)

    def detect(self, picture: Picture, time_ms: int = 0) -> list[Face]:
        """Faces in a picture (H, W, 3) sRGB, the largest first.

        `time_ms` counts for video: a time that does not grow is moved behind the last one.
        """
        height, width = picture.shape[:2]
        image = _image(np.ascontiguousarray(picture))
        if self._mode == "video":
            self._last_ms = max(int(time_ms), self._last_ms + 1)
            found = self._landmarker.detect_for_video(image, self._last_ms)
        else:
            found = self._landmarker.detect(image)
        faces = [
            _face(*parts, width, height)
            for parts in zip(
                found.face_landmarks,
                found.face_blendshapes,
                found.facial_transformation_matrixes,
                strict=True,
            )
        ]
        return sorted(faces, key=_area, reverse=True)

    def __enter__(self) -> FaceDetector:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def detector_problem() -> str:
    """Why no detector can be made on this machine, in words; nothing if one can."""
    if sys.platform == "linux" and not _PROCESSORS.exists():
        return "MediaPipe, which finds faces, needs the folder /sys, which is not mounted here."
    return ""


def _landmarker(path: str, mode: str, faces: int, confidence: float) -> Any:
    if problem := detector_problem():  # its library would end the whole program
        raise Head360Error(problem, "In a container or chroot: mount -t sysfs sysfs /sys")
    tasks = _mediapipe().tasks
    running = tasks.vision.RunningMode
    options = tasks.vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=path),
        running_mode=running.VIDEO if mode == "video" else running.IMAGE,
        num_faces=faces,
        min_face_detection_confidence=confidence,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    try:
        return tasks.vision.FaceLandmarker.create_from_options(options)
    except (RuntimeError, ValueError, OSError) as error:
        raise Head360Error(
            f"The face detector cannot be started: {error}.",
            "Run “head360 assets fetch --again face_landmarker” and “head360 doctor”.",
        ) from error


def _close(landmarker: Any) -> None:
    try:
        landmarker.close()
    except RuntimeError:  # the interpreter is ending, and its threads with it: let go
        landmarker._handle = None


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep native code from telling its life story on stderr; no setting of it does."""
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)


@cache
def _mediapipe() -> Any:
    before = {name: os.environ.get(name) for name in _FOREIGN_QT}
    try:
        with imported_later("matplotlib.pyplot"):  # draws charts, of no use here, in half a second
            import mediapipe  # type: ignore[import-untyped]
    except ImportError as error:
        raise Head360Error(
            f"MediaPipe, which finds faces, cannot be used here: {error}.",
            "Install it: pip install mediapipe.",
        ) from error
    for name, value in before.items():
        if value is None:
            with suppress(KeyError):
                del os.environ[name]
        else:
            os.environ[name] = value
    return mediapipe


def _image(picture: Picture) -> Any:
    mediapipe = _mediapipe()
    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)


def _face(points: Any, scores: Any, pose: Any, width: int, height: int) -> Face:
    scale = np.array((width, height, width), np.float32)
    landmarks = np.array([(p.x, p.y, p.z) for p in points], np.float32) * scale
    by_name = {score.category_name: score.score for score in scores}
    weights = [by_name.get(name, np.nan) for name in EXPRESSIONS]  # it knows no tongueOut
    return Face(
        landmarks,
        np.array(weights, np.float32),
        float(by_name.get("_neutral", np.nan)),
        np.array(pose, np.float32),
    )


def _area(face: Face) -> float:
    left, top, right, bottom = face.box
    return (right - left) * (bottom - top)
