"""A face, a solved head and a report as if a photo had been looked at."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from app.workers.photos import ShownFace
from head360.faces import Face
from head360.fitting.aligning import Aligned
from head360.fitting.fit import STEPS
from head360.fitting.report import FitReport
from head360.fitting.solver import Seen, Solution
from head360.fitting.view import PhotoCamera
from head360.marks import Mask
from head360.params import EXPRESSIONS


def fake_face(x: float, height: float) -> Face:
    """A face in the middle of a column of a photo."""
    around = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    flat = np.stack([x + 0.25 * height * np.sin(around), height * (0.5 - 0.3 * np.cos(around))], 1)
    landmarks = np.concatenate([flat, np.zeros((478, 1))], 1).astype(np.float32)
    for place, dx, dy in ((33, -0.1, -0.1), (263, 0.1, -0.1), (10, 0.0, -0.3), (152, 0.0, 0.3)):
        landmarks[place, :2] = x + dx * height, (0.5 + dy) * height
    scores = np.zeros(len(EXPRESSIONS), np.float32)
    return Face(landmarks, scores, 1.0, np.eye(4, dtype=np.float32))


def fake_solution(landmarks: np.ndarray) -> Solution:
    """As if a head had its landmarks two pixels from these."""
    camera = PhotoCamera(np.diag([1.0, -1.0, -1.0]), np.array([0, 0, 1.1]), 1100.0, 512)
    errors = np.full(468, 2.0)
    projected = landmarks[:468, :2].astype(float) + np.array([2.0, 0.0])
    blank = np.zeros(len(EXPRESSIONS), np.float32)
    seen = Seen(camera, blank, projected, np.ones(468), errors, np.ones(468))
    return Solution(np.zeros(100, np.float32), (seen,), 6, {"log_focal": 0.2, "identity": 0.5})


def fake_report(name: str, aligned: Aligned) -> FitReport:
    """What a fit of such a face says."""
    return FitReport(
        name, 1, 1, 300.0, (3.0, -2.0, 1.0), (1.9, 4.0), (0.7, 1.5), 6, 1.1, "assumed", 0.2, 5.0,
        0.5, (("bob", 0.6), ("pixie", 0.2), ("none", 0.1), ("quiff", 0.06), ("afro", 0.04)),
        "bob", 0.8, aligned.warnings, (), dict.fromkeys(STEPS, 0.1), {"head360": "1.0"},
    )  # fmt: skip


def fake_hair(face: ShownFace) -> Generator[None, None, Mask]:
    """As if the upper fifth of every crop were hair."""
    yield
    hair = np.zeros((512, 512), bool)
    hair[:102] = True
    return hair
