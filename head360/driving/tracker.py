"""Follows a face in pictures: MediaPipe's landmarker, frame after frame, as samples."""

from __future__ import annotations

from collections.abc import Generator
from math import isfinite

import numpy as np

from head360.driving.camera import Camera
from head360.errors import DrivingError
from head360.faces import Face, FaceDetector
from head360.params import EXPRESSIONS
from head360.performance import MAX_SAMPLES, Performance, Sample, recorded
from head360.progress import Progress

#: What to strengthen of what MediaPipe sees, as `Tuning.gains`: lids that are shut are told as
#: 0.5 … 0.7 (docs/driving.md), and a blink that leaves the eye half open looks ill.
CAMERA_GAINS = {"eyeBlinkLeft": 1.5, "eyeBlinkRight": 1.5}


class FaceTracker:
    """Makes samples of the largest face. One thread at a time; close it, or use `with`."""

    def __init__(self) -> None:
        """Load the detector.

        Raises:
            Head360Error: MediaPipe or its weights are missing; the message says what to do.
        """
        self._detector = FaceDetector("video")
        self._began: float | None = None

    def track(self, picture: np.ndarray, time_s: float) -> Sample | None:
        """The face in an (H, W, 3) sRGB picture of this time; None if there is none.

        Times must rise from call to call.
        """
        self._began = time_s if self._began is None else self._began
        faces = self._detector.detect(picture, round(1000 * (time_s - self._began)))
        return sample_of(faces[0], time_s) if faces else None

    def close(self) -> None:
        """Free the detector."""
        self._detector.close()

    def __enter__(self) -> FaceTracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def sample_of(face: Face, time_s: float) -> Sample:
    """A detected face as a sample; what the detector does not measure is unknown."""
    known = np.isfinite(face.expression)
    unknown = frozenset(name for name, is_known in zip(EXPRESSIONS, known, strict=True)
                        if not is_known)  # fmt: skip
    weights = np.clip(np.where(known, face.expression, 0), 0, 1).astype(np.float32)
    angles = face.angles_degrees
    pose = np.array(angles if all(map(isfinite, angles)) else (0, 0, 0), np.float32)
    return Sample(time_s, weights, pose, unknown)


def track_all(
    camera: Camera, tracker: FaceTracker, name: str = "Take"
) -> Generator[Progress, None, Performance]:
    """Every frame of a recording as a performance; frames without a face are bridged.

    Raises:
        DrivingError: no frame shows a face, or the recording cannot be read.
    """
    samples: list[Sample] = []
    seen = 0
    for picture, time_s in camera.frames():
        if seen >= MAX_SAMPLES:
            raise DrivingError("The recording is too long.", "Cut it into parts of an hour.")
        yield Progress(seen, camera.frame_count)
        seen += 1
        if (sample := tracker.track(picture, time_s)) is not None:
            samples.append(sample)
    yield Progress(seen, seen)
    if not samples:
        raise DrivingError(
            f"No face was found in {camera.title}.",
            "A face must look at the camera, lit, and not be too small.",
        )
    return recorded(samples, name, camera.fps or None)
