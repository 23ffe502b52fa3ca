"""Sends pictures to a virtual camera, which video calls and recorders offer like a webcam.

Needs the extra `virtual-camera`: pyvirtualcam, which is GPL-2.0 and so is imported here alone, when
somebody asks for it; and a driver that it can write to.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Protocol

import numpy as np

from head360.errors import ExportError
from head360.export.images import Picture

#: What every program that shows webcams takes.
WIDTH, HEIGHT, FPS = 1280, 720, 30

_DRIVERS = {
    "linux": "Install v4l2loopback (Debian: v4l2loopback-dkms), then “sudo modprobe v4l2loopback”.",
    "win32": "Install OBS Studio, whose virtual camera is used.",
    "darwin": "Install OBS Studio, and start its virtual camera once.",
}


class PictureSink(Protocol):
    """Where pictures go, one after another."""

    @property
    def name(self) -> str:
        """What other programs call it."""

    def send(self, image: Picture) -> None:
        """Show (HEIGHT, WIDTH, 3 or 4) sRGB; alpha is ignored."""

    def close(self) -> None:
        """Let go of it."""


class VirtualCamera:
    """A driver that is being written to."""

    def __init__(self, device: Any) -> None:
        self._device = device

    @property
    def name(self) -> str:
        """What other programs call it."""
        return str(self._device.device)

    def send(self, image: Picture) -> None:
        """Show (HEIGHT, WIDTH, 3 or 4) sRGB; alpha is ignored.

        Raises:
            ExportError: the driver has gone.
        """
        try:
            self._device.send(np.ascontiguousarray(image[..., :3]))
        except (OSError, RuntimeError) as error:
            raise ExportError(f"The virtual camera has stopped: {error}.") from error

    def close(self) -> None:
        """Let go of it."""
        self._device.close()


def open_virtual_camera() -> PictureSink:
    """The first virtual camera that is free.

    Raises:
        ExportError: the extra or a driver is missing, or another program uses it.
    """
    try:
        pyvirtualcam = importlib.import_module("pyvirtualcam")
    except ImportError as error:
        raise ExportError(
            "A virtual camera needs the package pyvirtualcam.",
            "Install it with “pip install 'head360-studio[virtual-camera]'”.",
        ) from error
    try:
        return VirtualCamera(pyvirtualcam.Camera(WIDTH, HEIGHT, FPS))
    except (OSError, RuntimeError) as error:
        raise ExportError(
            "There is no virtual camera that is free.",
            _DRIVERS.get(sys.platform, "Install a driver that pyvirtualcam knows."),
        ) from error
