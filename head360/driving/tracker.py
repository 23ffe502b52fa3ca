"""Follows a face in pictures: MediaPipe's landmarker, frame after frame, as samples.

What the face does is read from its landmarks (`reading`), compared with the face at rest, which is
learnt while it is watched (`resting`). Of a whole recording it is known from all of it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from head360.driving.camera import Camera
from head360.errors import DrivingError
from head360.faces import Face, FaceDetector
from head360.params import EXPRESSIONS, FloatArray
from head360.performance import MAX_SAMPLES, Performance, Sample, recorded
from head360.progress import Progress

if TYPE_CHECKING:
    from head360.driving.reading import Look

#: What to strengthen of what is read, as `Tuning.gains`: lids that are shut are read as 0.8 … 1
#: (docs/driving.md), and a blink that leaves the eye open a little looks ill.
CAMERA_GAINS = {"eyeBlinkLeft": 1.25, "eyeBlinkRight": 1.25}


class FaceTracker:
    """Makes samples of the largest face. Close it, or use `with`.

    One thread at a time tracks; another may calibrate meanwhile.
    """

    def __init__(self, *, landmarks: bool = True, film: bool = False) -> None:
        """Load the detector.

        Args:
            landmarks: read the face from its landmarks; else take MediaPipe's scores as they come.
            film: keep what is needed to read all of it again, see `settled`.

        Raises:
            Head360Error: MediaPipe or its weights are missing; the message says what to do.
        """
        from head360.driving.reading import FaceReader
        from head360.driving.resting import RestingFace

        self._reader = FaceReader.load() if landmarks else None
        self._resting = RestingFace(self._reader) if self._reader else None
        self._film = film
        self._looks: dict[float, Look] = {}
        self._lock = Lock()
        self._detector = FaceDetector("video")
        self._began: float | None = None

    def track(self, picture: np.ndarray, time_s: float) -> Sample | None:
        """The face in an (H, W, 3) sRGB picture of this time; None if there is none.

        Times must rise from call to call.
        """
        face = self._found(picture, time_s)
        if face is None:
            return None
        if self._reader is not None and self._resting is not None:
            look = self._reader.look(face)
            if look is not None:
                with self._lock:
                    weights = self._resting.read(look, face.expression, time_s)
                face = replace(face, expression=weights)
                if self._film:
                    self._looks[time_s] = look
        return sample_of(face, time_s)

    def rest_since(self, time_s: float) -> bool:
        """See `KnowsRest`."""
        if self._resting is None:
            return False
        with self._lock:
            return self._resting.calibrate(time_s)

    def settled(self, samples: list[Sample], rest_s: float = 0.0) -> list[Sample]:
        """The samples of a film that was tracked, read by the rest that is seen in all of it.

        `rest_s`: the first so many seconds show it; 0: what looks most like it.
        """
        from head360.driving.resting import rest_of_film

        looks = [self._looks.get(sample.time_s) for sample in samples]
        seen = [look for look in looks if look is not None]
        if self._reader is None or not seen:
            return samples
        ends = samples[0].time_s + rest_s
        resting = [s.time_s <= ends for s, look in zip(samples, looks, strict=True) if look]
        rest = rest_of_film(self._reader, seen, np.array(resting) if rest_s > 0 else None)
        return [
            sample
            if look is None
            else sample.with_(expression=_known(self._reader.read(look, rest)))
            for sample, look in zip(samples, looks, strict=True)
        ]

    def close(self) -> None:
        """Free the detector."""
        self._detector.close()

    def _found(self, picture: np.ndarray, time_s: float) -> Face | None:
        self._began = time_s if self._began is None else self._began
        faces = self._detector.detect(picture, round(1000 * (time_s - self._began)))
        return faces[0] if faces else None

    def __enter__(self) -> FaceTracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def sample_of(face: Face, time_s: float) -> Sample:
    """A detected face as a sample; what the detector does not measure is unknown."""
    known = np.isfinite(face.expression)
    unknown = frozenset(name for name, is_known in zip(EXPRESSIONS, known, strict=True)
                        if not is_known)  # fmt: skip
    weights = _known(face.expression)
    angles = face.angles_degrees
    pose = np.array(angles if all(map(isfinite, angles)) else (0, 0, 0), np.float32)
    return Sample(time_s, weights, pose, unknown)


def _known(weights: FloatArray) -> FloatArray:
    """(52,) 0 … 1, with nothing of what is unknown."""
    return np.nan_to_num(weights, nan=0.0).clip(0, 1).astype(np.float32)


def track_all(
    camera: Camera, tracker: FaceTracker, name: str = "Take", rest_s: float = 0.0
) -> Generator[Progress, None, Performance]:
    """Every frame of a recording as a performance; frames without a face are bridged.

    A tracker of films reads it by the rest in its first `rest_s` seconds, or in all of it.

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
    if isinstance(tracker, FaceTracker):
        samples = tracker.settled(samples, rest_s)
    return recorded(samples, name, camera.fps or None)
