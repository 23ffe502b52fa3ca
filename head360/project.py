"""Project files (`.h360`): one zip of readable JSON and plain arrays; docs/formats/h360.md.

A project may come from anywhere, so reading trusts nothing: sizes are capped before anything is
unpacked, nothing is ever extracted to disk, no format that can carry code is understood, and every
number is checked. All that can go wrong ends in one `ProjectFileError`.
"""

from __future__ import annotations

import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import numpy as np
from safetensors.numpy import save as bytes_from_arrays

from head360 import __version__
from head360.camera import OrbitCamera
from head360.errors import ProjectFileError
from head360.files import replacing, size_of
from head360.light import Background
from head360.marks import Marks
from head360.params import FloatArray, HairShape, HeadParams
from head360.performance import Performance
from head360.project_paint import painted
from head360.project_parts import PAINT, PARTS, read_arrays
from head360.project_values import (
    Json,
    UnreadableError,
    background_of,
    camera_of,
    hair_mix_of,
    hair_shape_of,
    hair_tones_of,
    hairstyle_of,
    integer_of,
    light_of,
    make_up_of,
    object_of,
)
from head360.sitting import Sitting, photo_size

SUFFIX = ".h360"
VERSION = 7

MAX_FILE_BYTES = 96 << 20
MAX_JSON_BYTES = 256 << 10
MAX_ARRAYS_BYTES = 4 << 20
MAX_ENTRIES = 16
MAX_NAME_LENGTH = 200
#: Far beyond any code, weight or colour that makes sense, and harmless to compute with.
MAX_ABSOLUTE = 1000.0

_JSON_ENTRY, _ARRAYS_ENTRY = "project.json", "arrays.safetensors"
_ARRAYS = (
    "shape", "texture", "attributes", "expression", "hair_color", "iris_color", "head_pose",
)  # fmt: skip
_ATTRIBUTES_OF_1, _ATTRIBUTES_ADDED = 12, 2  # of version 1, and in version 2
_FIRST_WITH_OPTIONAL = 3
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the zip format's zero: equal projects make equal files


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """What a `.h360` file holds."""

    params: HeadParams
    camera: OrbitCamera = field(default_factory=OrbitCamera)
    name: str = "Untitled"
    background: Background = field(default_factory=Background)
    performance: Performance | None = None  # what its timeline plays
    photo: bytes | None = None  # JPEG that the head was fitted to
    sitting: Sitting | None = None  # where that photo was taken from
    marks: Marks | None = None  # (H, W) of that photo: what a person painted on it


def save_project(project: Project, path: Path) -> None:
    """Write a project; an existing file is replaced only once the new one is safely on disk.

    Raises:
        ProjectFileError: it cannot be written; the old file is as it was.
    """
    text = json.dumps(_manifest(project), indent=2).encode()
    arrays = {name: getattr(project.params, name) for name in _ARRAYS}
    try:
        parts = _parts_of(project)
        _project(_json_object(text), arrays, _unpacked(parts))  # never write what nobody can read
        with replacing(path) as partial, zipfile.ZipFile(partial, "w") as archive:
            _add(archive, _JSON_ENTRY, text)
            _add(archive, _ARRAYS_ENTRY, bytes_from_arrays(arrays))
            for name, content in parts.items():
                _add(archive, name, content)
    except UnreadableError as error:
        raise ProjectFileError(f"“{path.name}” cannot be saved: {error}.") from error
    except OSError as error:
        raise ProjectFileError(
            f"“{path.name}” cannot be saved: {error.strerror or error}.",
            "Choose another folder or make room; what was saved before is untouched.",
        ) from error


def load_project(path: Path) -> Project:
    """Read a project of this version or an older one.

    Raises:
        ProjectFileError: the file is missing, damaged, foreign, or from a newer Head360 Studio.
    """
    try:
        if size_of(path) > MAX_FILE_BYTES:
            raise UnreadableError("it is far too big")
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path.name)
    except OSError as error:
        raise ProjectFileError(
            f"“{path.name or path}” cannot be opened: {error.strerror or error}.",
            "Check the name and whether you may read it.",
        ) from error
    except UnreadableError as error:
        raise ProjectFileError(f"“{path.name}” is damaged: {error}.", _DAMAGED_HINT) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError) as error:
        raise ProjectFileError(
            f"“{path.name}” is damaged, or not a Head360 project.", _DAMAGED_HINT
        ) from error


_DAMAGED_HINT = "Try a backup of it; Head360 Studio offers autosaved work when it starts."


# --- reading -------------------------------------------------------------------------------------


def _read(archive: zipfile.ZipFile, name: str) -> Project:
    if len(archive.infolist()) > MAX_ENTRIES:
        raise UnreadableError("it holds too many parts")
    manifest = _json_object(_entry(archive, _JSON_ENTRY, MAX_JSON_BYTES))
    version = integer_of(manifest, "version")
    if version > VERSION:
        raise ProjectFileError(
            f"“{name}” was made by a newer Head360 Studio ({_maker(manifest)}).",
            "Install the newest version to open it.",
        )
    # After the version: newer files may hold more.
    if not _are_parts(archive.namelist(), version):
        raise UnreadableError("it holds parts that do not belong there")
    arrays = _arrays(_entry(archive, _ARRAYS_ENTRY, MAX_ARRAYS_BYTES))
    parts = _unpacked(
        {n: _entry(archive, n, PARTS[n].limit) for n in archive.namelist() if n in PARTS}
    )
    while version < VERSION:
        if version not in _MIGRATIONS:
            raise UnreadableError("its version number is impossible")
        manifest, arrays = _MIGRATIONS[version](manifest, arrays)
        version += 1
    return _project(manifest, arrays, parts)


def _are_parts(names: list[str], version: int) -> bool:
    """Whether a file of a version may hold exactly these."""
    optional = PARTS if version >= _FIRST_WITH_OPTIONAL else {}
    others = [name for name in names if name not in optional]
    return sorted(others) == sorted((_JSON_ENTRY, _ARRAYS_ENTRY)) and len({*names}) == len(names)


_Migration: TypeAlias = Callable[[Json, dict[str, FloatArray]], tuple[Json, dict[str, FloatArray]]]


def _two_from_one(
    manifest: Json, arrays: dict[str, FloatArray]
) -> tuple[Json, dict[str, FloatArray]]:
    """Version 1 knew neither mixed hairstyles nor turned heads, beards nor moustaches."""
    added = {"head_pose": np.zeros(3, np.float32)}
    strengths = arrays.get("attributes")
    if strengths is not None and strengths.shape == (_ATTRIBUTES_OF_1,):  # else damaged
        none = np.zeros(_ATTRIBUTES_ADDED, strengths.dtype)
        added["attributes"] = np.append(strengths, none)
    return manifest | {"hair_mix": None}, arrays | added


def _three_from_two(
    manifest: Json, arrays: dict[str, FloatArray]
) -> tuple[Json, dict[str, FloatArray]]:
    """Version 3 brought parts that a project may lack; version 2 lacks them."""
    return manifest, arrays


def _four_from_three(
    manifest: Json, arrays: dict[str, FloatArray]
) -> tuple[Json, dict[str, FloatArray]]:
    """Version 4 brought hairlines, curl, mirrored hair, and colours of roots and tips."""
    shape = manifest.get("hair_shape")
    if isinstance(shape, dict):  # else there is none, or it is damaged
        shape = asdict(HairShape()) | shape
    return manifest | {"hair_shape": shape, "hair_tones": None}, arrays


def _five_from_four(
    manifest: Json, arrays: dict[str, FloatArray]
) -> tuple[Json, dict[str, FloatArray]]:
    """Version 5 brought paint, a photo's moment and hair of one's own: all may lack."""
    return manifest, arrays


def _six_from_five(
    manifest: Json, arrays: dict[str, FloatArray]
) -> tuple[Json, dict[str, FloatArray]]:
    """Version 6 brought colours of make-up; marks on photos and more of their moment may lack."""
    return manifest | {"make_up": None}, arrays


def _seven_from_six(
    manifest: Json, arrays: dict[str, FloatArray]
) -> tuple[Json, dict[str, FloatArray]]:
    """Version 7 brought a photo's light and own hair that is cut: both may lack."""
    return manifest, arrays


#: From each older version to the next one.
_MIGRATIONS: dict[int, _Migration] = {
    1: _two_from_one, 2: _three_from_two, 3: _four_from_three, 4: _five_from_four,
    5: _six_from_five, 6: _seven_from_six,
}  # fmt: skip


def _entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """One part, unpacked only as far as its cap."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise UnreadableError(f"its {name} is missing") from None
    if info.flag_bits & 0x1:
        raise UnreadableError("it is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableError("it is packed in an unknown way")
    with archive.open(info) as file:  # the size that it declares may be a lie
        content = file.read(limit + 1) if info.file_size <= limit else None
    if content is None or len(content) > limit:
        raise UnreadableError(f"its {name} is far too big")
    return content


def _json_object(content: bytes) -> Json:
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"its {_JSON_ENTRY} cannot be read") from error
    if not isinstance(value, dict):
        raise UnreadableError(f"its {_JSON_ENTRY} is not an object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _arrays(content: bytes) -> dict[str, FloatArray]:
    try:
        return read_arrays(content, _ARRAYS_ENTRY)
    except ValueError as error:
        raise UnreadableError(str(error)) from error


def _parts_of(project: Project) -> dict[str, bytes]:
    """The optional files of a project."""
    found = {}
    for name, part in PARTS.items():
        try:
            owner = project.params if part.of_params else project
            content = part.pack(getattr(owner, part.field) if part.field else owner)
        except ValueError as error:
            raise UnreadableError(str(error)) from error
        if content is not None:
            if len(content) > part.limit:
                raise UnreadableError(f"its {name} would be too big")
            found[name] = content
    return found


def _unpacked(contents: Mapping[str, bytes]) -> dict[str, Any]:
    """What optional files hold, by name."""
    try:
        return {name: PARTS[name].unpack(content) for name, content in contents.items()}
    except ValueError as error:
        raise UnreadableError(str(error)) from error


def _maker(manifest: Json) -> str:
    """The program version that a file says it was made by, if it says so credibly."""
    made_by = manifest.get("made_by")
    credible = isinstance(made_by, str) and re.fullmatch(r"[\w .+-]{1,60}", made_by)
    return made_by if credible and isinstance(made_by, str) else "unknown version"


# --- what a file says, as objects ----------------------------------------------------------------


def _manifest(project: Project) -> Json:
    params = project.params
    return {
        "version": VERSION,
        "made_by": f"Head360 Studio {__version__}",
        "name": project.name[:MAX_NAME_LENGTH],
        "hairstyle": params.hairstyle,
        "hair_mix": asdict(params.hair_mix) if params.hair_mix else None,
        "hair_shape": asdict(params.hair_shape) if params.hair_shape else None,
        "hair_tones": asdict(params.hair_tones) if params.hair_tones else None,
        "make_up": asdict(params.make_up) if params.make_up else None,
        "light": asdict(params.light),
        "camera": asdict(project.camera),
        "background": asdict(project.background),
    }


def _project(manifest: Json, arrays: Mapping[str, FloatArray], parts: Mapping[str, Any]) -> Project:
    """The project that a manifest of this version, its arrays and optional parts describe."""
    fields = {name: value for name, value in parts.items() if PARTS[name].field}
    of_params = {PARTS[n].field: value for n, value in fields.items() if PARTS[n].of_params}
    others = {PARTS[n].field: value for n, value in fields.items() if not PARTS[n].of_params}
    try:
        vectors: Any = {name: _vector(arrays, name) for name in _ARRAYS}
        params = HeadParams(
            **vectors,
            hairstyle=hairstyle_of(manifest.get("hairstyle")),
            light=light_of(object_of(manifest, "light")),
            hair_mix=hair_mix_of(manifest.get("hair_mix")),
            hair_shape=hair_shape_of(manifest.get("hair_shape")),
            hair_tones=hair_tones_of(manifest.get("hair_tones")),
            make_up=make_up_of(manifest.get("make_up")),
            **of_params,
        )
        params = painted(params, parts.get(PAINT, {}))
        _check_marks(others.get("photo"), others.get("marks"))
    except ValueError as error:
        raise UnreadableError(str(error)) from error
    name = manifest.get("name")
    if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH:
        raise UnreadableError("its name is not a short text")
    camera = camera_of(object_of(manifest, "camera"))
    background = background_of(object_of(manifest, "background"))
    return Project(params, camera, name, background, **others)


def _check_marks(photo: bytes | None, marks: Marks | None) -> None:
    if marks is not None and (photo is None or photo_size(photo) != marks.shape[::-1]):
        raise ValueError("its marks belong to another picture than its photo")


def _vector(arrays: Mapping[str, FloatArray], name: str) -> FloatArray:
    array = arrays.get(name)
    if array is None or array.dtype != np.float32:
        raise UnreadableError(f"its array “{name}” is missing or not of 32-bit numbers")
    if not (np.isfinite(array).all() and (np.abs(array) <= MAX_ABSOLUTE).all()):
        raise UnreadableError(f"its array “{name}” holds impossible numbers")
    return array


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _FIXED_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)
