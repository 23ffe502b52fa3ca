"""Writes clouds as binary PLY: Gaussians in the layout of 3D Gaussian splatting, or plain points.

The Gaussians' layout is that of the reference implementation (Kerbl et al., 2023) without
view-dependent colour: position, normal, f_dc (colour), opacity before a sigmoid, logarithms of
sizes, and rotation w, x, y, z.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from head360 import __version__
from head360.export.clouds import Cloud
from head360.files import replacing

#: The constant of the spherical harmonics of order zero.
_SH0 = 0.28209479177387814
_ROWS = 65_536  # written at once

_POSITION = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
POINT = np.dtype([*_POSITION, ("red", "u1"), ("green", "u1"), ("blue", "u1")])
GAUSSIAN = np.dtype(
    [
        *_POSITION,
        *((name, "<f4") for name in ("f_dc_0", "f_dc_1", "f_dc_2", "opacity")),
        *((f"scale_{axis}", "<f4") for axis in range(3)),
        *((f"rot_{axis}", "<f4") for axis in range(4)),
    ]
)
_WORDS = {"f": "float", "u": "uchar"}


def write_ply(cloud: Cloud, path: Path, *, gaussians: bool = True) -> Generator[None, None, None]:
    """Write a .ply; yields between pieces.

    Raises:
        OSError: the file cannot be written.
    """
    rows = _gaussians(cloud) if gaussians else _plain(cloud)
    with replacing(path) as partial, partial.open("wb") as file:
        file.write(_header(rows))
        for start in range(0, len(rows), _ROWS):
            file.write(rows[start : start + _ROWS].tobytes())
            yield


def _header(rows: npt.NDArray[np.void]) -> bytes:
    lines = ["ply", "format binary_little_endian 1.0", f"comment Head360 Studio {__version__}"]
    lines += ["comment metres, x to the head's left, y up, z out of the face"]
    lines += [f"element vertex {len(rows)}"]
    for name in rows.dtype.names or ():
        lines.append(f"property {_WORDS[rows.dtype[name].kind]} {name}")
    return "\n".join([*lines, "end_header", ""]).encode("ascii", "replace")


def _plain(cloud: Cloud) -> npt.NDArray[np.void]:
    rows = _placed(cloud, POINT)
    for index, name in enumerate(("red", "green", "blue")):
        rows[name] = np.rint(cloud.colors[:, index] * 255)
    return rows


def _gaussians(cloud: Cloud) -> npt.NDArray[np.void]:
    rows = _placed(cloud, GAUSSIAN)
    for index in range(3):
        rows[f"f_dc_{index}"] = (cloud.colors[:, index] - 0.5) / _SH0
        rows[f"scale_{index}"] = np.log(cloud.sizes[:, index])
    rows["opacity"] = np.log(cloud.opacity / (1 - cloud.opacity))
    for index in range(4):
        rows[f"rot_{index}"] = cloud.turns[:, index]
    return rows


def _placed(cloud: Cloud, kind: np.dtype[np.void]) -> npt.NDArray[np.void]:
    rows = np.zeros(len(cloud.points), kind)
    for index, axis in enumerate("xyz"):
        rows[axis], rows[f"n{axis}"] = cloud.points[:, index], cloud.normals[:, index]
    return rows
