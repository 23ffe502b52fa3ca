"""What a fit was made with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from head360 import __version__
from head360.assets import catalog
from head360.downloads import asset
from head360.fitting.landmarks import CALIBRATION_FILE

_PACKAGES = ("mediapipe", "torch", "numpy", "pillow")
_DIGEST = 12
#: Files of the model that decide what comes of a photo.
_FILES = (
    "mesh.safetensors", "texture.safetensors", "faces.safetensors", "hairstyle.safetensors",
    CALIBRATION_FILE,
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of the program, its packages, the model's files (beginning of sha256) and assets."""
    found = {"head360": __version__, "model": catalog().version}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    files = catalog().files
    found |= {name: files[name][:_DIGEST] for name in _FILES if name in files}
    detector = asset("face_landmarker")
    return found | {detector.id: f"{detector.version} {detector.sha256[:_DIGEST]}"}
