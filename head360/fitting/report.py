"""What a fit tells of itself: how well it went, what to mind, how long it took, what it used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from head360.errors import PhotoError
from head360.files import replacing
from head360.fitting.quality import PhotoWarning
from head360.light import Light


@dataclass(frozen=True, slots=True)
class FitReport:
    """How one photo became a head. Lengths in pixels are of the 512-pixel crop."""

    photo: str
    faces: int  # how many were found
    face: int  # which of them, from 1, left to right
    face_height_px: float  # in the photo
    angles_degrees: tuple[float, float, float]  # of the head: yaw left, pitch down, roll left
    #: Distance of landmarks from where the solved head has them: mean and 95th percentile, for the
    #: codes alone and with the free-form rest.
    landmark_error_px: tuple[float, float]
    landmark_error_fitted_px: tuple[float, float]
    rounds: int  # of the solver
    distance_m: float  # of the camera
    #: How the focal length is known: "exif", or "assumed" with its relative standard deviation.
    focal: str
    focal_deviation: float
    shape_size: float  # length of the identity code, standard deviations
    identity_left: float  # share of the identity prior's variance that the photo did not settle
    #: The likeliest, then what the networks say, with probabilities; "none" is bald.
    hairstyles: tuple[tuple[str, float], ...]
    hair: str  # what the head wears
    observed: float  # share of the front half of the skin that was seen; 0: no skin was made
    warnings: tuple[PhotoWarning, ...]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]  # by step
    versions: Mapping[str, str]  # of the program, the model's files and assets
    measures: Mapping[str, float] = field(default_factory=dict)  # of later steps, by name
    light: Light | None = None  # of our presets, the one most like the photo's

    @property
    def total_seconds(self) -> float:
        """Of all steps."""
        return sum(self.seconds.values())

    def record(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return asdict(self) | {"total_seconds": self.total_seconds}


def write_report(report: FitReport, path: Path) -> None:
    """Write it as JSON; an existing file is replaced once the new one is complete.

    Raises:
        PhotoError: it cannot be written.
    """
    try:
        with replacing(path) as partial:
            partial.write_text(json.dumps(report.record(), indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise PhotoError(
            f"The report “{path}” cannot be written: {error.strerror or error}.",
            "Choose another place for it.",
        ) from error


def spread(errors: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Mean and 95th percentile."""
    return round(float(errors.mean()), 2), round(float(np.quantile(errors, 0.95)), 2)


def rounded(values: tuple[float, float, float], digits: int) -> tuple[float, float, float]:
    """Three numbers to so many digits."""
    first, second, third = (round(value, digits) for value in values)
    return first, second, third
