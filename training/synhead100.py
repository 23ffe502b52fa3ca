"""Reads heads in the layout of the paper's own data, SYNHEAD100.

    ROOT/images/split_512/fs_002/browDownLeft/0000.png …   72 cameras of each of 52 expressions
    ROOT/images/dataset_pose.json                          {"labels": [[picture, 25 numbers], …]}
    ROOT/images/total_dataset_exp.json                     {"labels": [[picture, K numbers], …]}
    ROOT/mesh_lms/meshes/fs_002_browDownLeft.obj           the posed mesh
    ROOT/mesh_lms/lms/fs_002_browDownLeft.txt              landmarks, three numbers a line
    ROOT/synhead.json                                      only in our exports: units and identities

Known from the authors' published loader: names and keys of the JSON files, pictures named by their
path below `images`, RGBA pictures laid on white, cameras as in EG3D (see `synhead.cameras`), 12
landmarks around the outer lips, identities numbered in the order of their names.

Assumed, because nothing published says so, and easy to change in `Units` and below:

* Units. Their planes span ±1 for mesh coordinates times 9, and ±1 for world coordinates times 2, so
  a mesh unit is 4.5 world units. The template's mouth (25 mm) and ears (93 mm) are half of a
  person's, so a mesh unit is 2 m, and their camera's distance, 22.5, is 10 m.
* Expression numbers, if there are 52, are ARKit's weights in the alphabetical order of their names,
  which is ours too. Otherwise the folder's name counts: that shape at 1 (an unknown name: at rest).
* `split_512_hs` holds pictures of another kind, and is not read unless it is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from head360.errors import Head360Error
from head360.params import EXPRESSIONS
from training.synhead.samples import Sample

Floats: TypeAlias = npt.NDArray[np.float32]

SPLIT = "split_512"
POSES, WEIGHTS, MANIFEST = "dataset_pose.json", "total_dataset_exp.json", "synhead.json"
#: Landmarks (iBUG) that a file of 12 holds: the outer lips.
OUTER_LIPS = slice(48, 60)
_NAME = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+\.png")
_MOST_JSON_BYTES = 2**30
_MOST_TEXT_BYTES = 128 * 2**20
_MOST_PIXELS = 4096 * 4096
#: Meshes that are remembered: neighbouring pictures share one.
_MESHES = 8


class Synhead100Error(Head360Error):
    """The folder is not in SYNHEAD100's layout, or a file in it is damaged."""

    hint = "docs/formats/synhead100.md describes what is expected."


@dataclass(frozen=True, slots=True)
class Units:
    """How long things are in the files."""

    metres_per_mesh_unit: float = 2.0
    world_per_metre: float = 2.25


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of one picture before it is opened."""

    name: str  # below `images`
    person: str
    expression: str
    camera: tuple[float, ...]  # 25 numbers, in the file's units
    weights: tuple[float, ...]  # as in the file; () if it has none

    @property
    def mesh(self) -> str:
        """What its mesh and its landmarks are called."""
        return f"{self.person}_{self.expression}"


@dataclass(frozen=True, slots=True)
class Synhead100Folder:
    """Where things are in one data set."""

    root: Path
    units: Units
    identities: Mapping[str, int]  # by a person's name
    pictures: tuple[Picture, ...]  # in the order of their names

    @classmethod
    def open(cls, root: Path, split: str = SPLIT, units: Units | None = None) -> Synhead100Folder:
        """Read the labels.

        Raises:
            Synhead100Error: they are missing or damaged.
        """
        images = root / "images"
        poses, weights = _labels(images / POSES), _labels(images / WEIGHTS, required=False)
        names = sorted(name for name in poses if name.split("/")[0] == split)
        pictures = tuple(_picture(name, poses[name], weights.get(name, ())) for name in names)
        if not pictures:
            raise Synhead100Error(f"“{images / POSES}” names no picture in {split}.")
        stated = _manifest(root)
        people = sorted({picture.person for picture in pictures})
        numbers = {name: number for number, name in enumerate(people)}
        return cls(
            root,
            units or Units(**stated.get("units", {})),
            numbers | dict(stated.get("identities", {})),
            pictures,
        )


class Synhead100(Dataset[Sample]):
    """Its pictures as samples of the form that docs/formats/synhead-samples.md describes."""

    def __init__(self, root: Path, split: str = SPLIT, units: Units | None = None) -> None:
        """Read the labels of `root`; `units` override what is stated or assumed.

        Raises:
            Synhead100Error: they are missing or damaged.
        """
        self._folder = Synhead100Folder.open(root, split, units)

    def __len__(self) -> int:
        return len(self._folder.pictures)

    def __getitem__(self, index: int) -> Sample:
        """A sample.

        Raises:
            Synhead100Error: a file is missing or damaged.
        """
        folder, picture = self._folder, self._folder.pictures[index]
        meshes, units = folder.root / "mesh_lms", folder.units
        sample: Sample = {
            "key": picture.name.removesuffix(".png"),
            "identity": folder.identities[picture.person],
            "image": _image(folder.root / "images" / picture.name),
            "camera": metric_camera(picture.camera, units.world_per_metre),
            "expression": weights_of(picture),
        }
        points = {
            "mesh": (meshes / "meshes" / f"{picture.mesh}.obj", _vertices),
            "landmarks": (meshes / "lms" / f"{picture.mesh}.txt", _points),
        }
        for name, (path, read) in points.items():
            if path.is_file():
                metres = read(path) * np.float32(units.metres_per_mesh_unit)
                sample[name] = torch.from_numpy(metres)
        return sample


def metric_camera(numbers: tuple[float, ...], world_per_metre: float) -> Tensor:
    """(25,) float32 in metres."""
    camera = np.array(numbers)
    camera[[3, 7, 11]] /= world_per_metre
    return torch.from_numpy(camera.astype(np.float32))


def weights_of(picture: Picture) -> Tensor:
    """(52,) of a picture, from its numbers or else from its folder's name."""
    if len(picture.weights) == len(EXPRESSIONS):
        return torch.tensor(picture.weights)
    known = {name.lower(): number for number, name in enumerate(EXPRESSIONS)}
    weights = torch.zeros(len(EXPRESSIONS))
    if (number := known.get(picture.expression.lower())) is not None:
        weights[number] = 1.0
    return weights


def _labels(path: Path, required: bool = True) -> dict[str, tuple[float, ...]]:
    """Numbers by the name of a picture."""
    if not required and not path.exists():
        return {}
    try:
        if path.stat().st_size > _MOST_JSON_BYTES:
            raise Synhead100Error(f"“{path}” is too large.")
        pairs = dict(json.loads(path.read_text("utf-8"))["labels"])
        found = {str(n).replace("\\", "/"): tuple(map(float, v)) for n, v in pairs.items()}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Synhead100Error(f"“{path}” is missing or damaged.") from error
    if strange := next((name for name in found if not _NAME.fullmatch(name)), None):
        raise Synhead100Error(f"“{path}” names {strange!r:.120}: no picture of this layout.")
    return found


def _picture(name: str, camera: tuple[float, ...], weights: tuple[float, ...]) -> Picture:
    if len(camera) != 25 or not np.isfinite(camera).all() or not np.isfinite(weights).all():
        raise Synhead100Error(f"The labels of {name} are no 25 numbers of a camera.")
    _, person, expression, _ = name.split("/")
    return Picture(name, person, expression, camera, weights)


def _manifest(root: Path) -> dict[str, Any]:
    """What our exports state; {} in the paper's data."""
    path = root / MANIFEST
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text("utf-8"))
        units = {name: float(value) for name, value in content["units"].items()}
        Units(**units)
        identities = {str(name): int(number) for name, number in content["identities"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Synhead100Error(f"“{path}” is damaged.") from error
    return {"units": units, "identities": identities}


def _image(path: Path) -> Tensor:
    """(4, H, W) uint8; pictures without transparency are opaque."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise Synhead100Error(f"“{path}” is too large.")
            pixels = np.array(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Synhead100Error(f"“{path}” is missing or damaged.") from error
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))


@lru_cache(maxsize=_MESHES)
def _vertices(path: Path) -> Floats:
    """(V, 3) of an OBJ file, in its units; read-only."""
    rows = [line[2:].split()[:3] for line in _text(path).splitlines() if line.startswith("v ")]
    return _numbers(rows, path)


@lru_cache(maxsize=_MESHES)
def _points(path: Path) -> Floats:
    """(K, 3) of a text file, in its units; read-only."""
    return _numbers([line.split() for line in _text(path).splitlines() if line.strip()], path)


def _numbers(rows: list[list[str]], path: Path) -> Floats:
    try:
        numbers = np.array(rows, np.float64).astype(np.float32)
    except (ValueError, OverflowError) as error:
        raise Synhead100Error(f"“{path}” is damaged.") from error
    if numbers.ndim != 2 or numbers.shape[1] != 3 or not np.isfinite(numbers).all():
        raise Synhead100Error(f"“{path}” is damaged.")
    numbers.setflags(write=False)
    return numbers


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_TEXT_BYTES:
            raise Synhead100Error(f"“{path}” is too large.")
        return path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise Synhead100Error(f"“{path}” is missing or damaged.") from error
