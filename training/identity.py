"""Whose face it is: dlib's face embedding (CC0 network), for CSIM and identity distances.

The faces' landmarks are known, so nothing is detected: five of them place the 150-pixel chip that
the network was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

#: iBUG points in the order of dlib's five: the eyes' corners and the base of the nose.
_FIVE = (45, 42, 36, 39, 33)
_CHIP_PX, _PADDING = 150, 0.25
_NETWORK = "dlib_face_recognition_resnet_model_v1.dat"


@dataclass(frozen=True, slots=True)
class FaceEmbedding:
    """Numbers by which faces of one person lie near each other."""

    _dlib: Any
    _network: Any

    @classmethod
    def at_hand(cls) -> FaceEmbedding | None:
        """The network, if `dlib-bin` and `face-recognition-models` are installed."""
        path = _network_path()
        if path is None or find_spec("dlib") is None:
            return None
        dlib = import_module("dlib")
        return cls(dlib, dlib.face_recognition_model_v1(str(path)))

    def of(self, picture: Picture, landmarks: Floats) -> Floats:
        """(128,) embedding of the face at (68, 2) pixels in an (H, W, 3) picture."""
        points = [self._dlib.point(round(x), round(y)) for x, y in landmarks[list(_FIVE)].tolist()]
        height, width = picture.shape[:2]
        box = self._dlib.rectangle(0, 0, width - 1, height - 1)
        placed = self._dlib.full_object_detection(box, self._dlib.points(points))
        chip = self._dlib.get_face_chip(
            np.ascontiguousarray(picture), placed, size=_CHIP_PX, padding=_PADDING
        )
        found: Floats = np.array(self._network.compute_face_descriptor(chip), np.float32)
        return found


def similarity(one: Floats, other: Floats) -> float:
    """Cosine similarity of two embeddings, 1 = the same."""
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


@cache
def _network_path() -> Path | None:
    # Looked up, not imported: the package's own module needs pkg_resources.
    spec = find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "models" / _NETWORK
        if path.is_file():
            return path
    return None
