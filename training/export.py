"""Puts what was trained where the product finds it: resources/models, with a fresh catalogue."""

from __future__ import annotations

import shutil
from pathlib import Path

from head360.assets import REFINE_FILE, resource
from head360.errors import Head360Error
from head360.files import replacing
from head360.fitting.face_network import FACES_FILE
from head360.fitting.landmarks import CALIBRATION_FILE
from head360.fitting.style_network import STYLE_FILE
from head360.model.bilinear import BilinearModel
from head360.model.hair import HairLibrary
from training.catalog import write_catalog

#: Files of the stages mesh, texture, direct, refine, parsing and hairstyle, and of calibration;
#: hair comes in several.
_PARTS = (
    "mesh.safetensors", "texture.safetensors", "fields.safetensors", REFINE_FILE, FACES_FILE,
    STYLE_FILE, CALIBRATION_FILE,
)  # fmt: skip
_HAIR = "hair-*.safetensors"
_LIGHTS = "lights.safetensors"


class ExportError(Head360Error):
    """What was trained cannot be put into the product."""


def export(
    trained: Path, models: Path | None = None, environments: Path | None = None
) -> list[str]:
    """Copy what a folder (and its subfolders) holds; parts that are missing stay as they are.

    Returns:
        The names of the files written.

    Raises:
        ExportError: there is nothing to copy, or a part lies there twice.
        ResourceError: the model is not complete afterwards, or a file is damaged.
    """
    models = models or resource("models")
    parts = [found for name in _PARTS if (found := _the_one(trained, name))]
    hair = sorted(trained.rglob(_HAIR))
    if len({path.parent for path in hair}) > 1:
        raise ExportError(f"There are several hair libraries in “{trained}”.", _NARROW)
    lights = _the_one(trained, _LIGHTS)
    if not (parts or hair or lights):
        raise ExportError(
            f"There is nothing trained in “{trained}”.",
            "Train first: python -m training train mesh --out DIR, then texture and direct.",
        )
    HairLibrary.load(hair)  # refuses damaged files before anything is replaced
    for path in (*parts, *hair):
        _copy(path, models / path.name)
    if lights is not None:
        _copy(lights, (environments or resource("environments")) / _LIGHTS)
    for former in models.glob(_HAIR) if hair else ():
        if former.name not in {path.name for path in hair}:
            former.unlink()
    written = [path.name for path in (*parts, *hair, *([lights] if lights else []))]
    if mesh := next(iter(models.glob(_PARTS[0])), None):
        styles = HairLibrary.load(sorted(models.glob(_HAIR))).styles
        write_catalog(models / "catalog.json", BilinearModel.load(mesh), styles)
        written.append("catalog.json")
    return written


_NARROW = "Name the folder of the one that you mean."


def _the_one(folder: Path, name: str) -> Path | None:
    found = sorted(folder.rglob(name))
    if len(found) > 1:
        raise ExportError(f"There are several files called {name} in “{folder}”.", _NARROW)
    return found[0] if found else None


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as partial:
        shutil.copyfile(source, partial)
