"""Finds out whether a window can be opened, because Qt aborts the whole process if it cannot."""

from __future__ import annotations

import ctypes
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QLibraryInfo

PATIENCE_S = 2.0
FIRST_X_PORT = 6000  # X servers on other machines, such as behind “ssh -X”

_NO_SCREEN = (
    "Head360 Studio needs a screen, and there is none here (DISPLAY and WAYLAND_DISPLAY are not "
    "set).\nStart it from a desktop, or make pictures and videos without a screen: "
    "“head360 render” and “head360 turntable”."
)


def display_problem(environment: Mapping[str, str], platform: str) -> str | None:
    """Why no window can be opened, with what to do about it; None when one can.

    Args:
        environment: such as `os.environ`.
        platform: such as `sys.platform`; only Linux can be without a screen.
    """
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return None
    wayland, x11 = environment.get("WAYLAND_DISPLAY"), environment.get("DISPLAY")
    if wayland and _answers(socket.AF_UNIX, _wayland_socket(wayland, environment)):
        return None
    if not x11:
        return _NO_SCREEN if not wayland else _unreachable("WAYLAND_DISPLAY", wayland)
    if not _x_answers(x11):
        return _unreachable("DISPLAY", x11)
    return _missing_library()


def _unreachable(variable: str, name: str) -> str:
    return (
        f"Head360 Studio needs a screen, and the one named by {variable}={name} does not answer.\n"
        "Start it from a running desktop, or correct that variable."
    )


def _wayland_socket(name: str, environment: Mapping[str, str]) -> str:
    return str(Path(environment.get("XDG_RUNTIME_DIR", "/")) / name)


def _x_answers(name: str) -> bool:
    parts = re.fullmatch(r"(?P<host>.*?):(?P<number>\d+)(\.\d+)?", name)
    if parts is None:
        return False
    host, number = parts["host"], int(parts["number"])
    if host not in ("", "unix"):
        return _answers(socket.AF_INET, (host, FIRST_X_PORT + number))
    path = f"/tmp/.X11-unix/X{number}"
    return _answers(socket.AF_UNIX, path) or _answers(socket.AF_UNIX, "\0" + path)


def _answers(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    try:
        if isinstance(address, tuple):
            socket.create_connection(address, PATIENCE_S).close()
            return True
        with socket.socket(family) as probe:
            probe.settimeout(PATIENCE_S)
            probe.connect(address)
    except OSError:
        return False
    return True


def _missing_library() -> str | None:
    """Qt aborts, too, if a system library that its X11 plugin needs is not installed."""
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)
    plugin = Path(folder) / "platforms" / "libqxcb.so"
    try:
        if plugin.exists():
            ctypes.CDLL(str(plugin))
    except OSError as error:
        return (
            f"Head360 Studio cannot open a window: {error}.\n"
            "Install the system package that holds this library (for libxcb-cursor.so.0 on Debian "
            "and Ubuntu: libxcb-cursor0)."
        )
    return None
