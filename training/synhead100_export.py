"""Writes synthetic heads in the layout of the paper's own data (see `synhead100`).

Every person makes the same expressions before the same cameras, as theirs do: the authors' code
finds the mesh of a picture by counting. A person's folder appears when it is complete; the label
files are gathered from all complete persons, so an export can be stopped and gone on with.

Besides what the layout asks for: `synhead.json` (units, identities, what the authors' code must be
told), `labels/PERSON.json` (that person's part of the label files), and `template.obj`: a head with
the triangles and UVs that the other meshes leave out, because all share them.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.files import replacing, replacing_folder
from head360.model.topology import Topology
from head360.params import EXPRESSIONS
from head360.progress import Progress
from training.synhead.cameras import numbers_of, recorded_camera
from training.synhead.writer import Order, View, Written, claim
from training.synhead100 import MANIFEST, OUTER_LIPS, POSES, SPLIT, WEIGHTS, Units

Floats = npt.NDArray[np.float32]

FORMAT = "synhead100"
_PNG_EFFORT = 3
#: How near and far from the head's middle anything lies, metres.
_REACH = 0.27


class Sitter(Protocol):
    """A head that makes the faces it is asked for."""

    def look(self, number: int, face: Floats) -> View:
        """Camera `number`'s pictures while it makes a face, (52,) weights 0 … 1."""
        ...

    def surface(self, face: Floats) -> Floats:
        """(V, 3) metres, head space."""
        ...


class SitterStudio(Protocol):
    """Whoever makes heads that can be asked for faces."""

    @property
    def topology(self) -> Topology:
        """How every head's mesh is wired."""
        ...

    def open(self, seed: int) -> Sitter:
        """Person `seed`."""
        ...


@dataclass(frozen=True, slots=True)
class LayoutOrder:
    """An export."""

    out: Path
    identities: int
    views: int  # of each expression
    seed: int = 0  # of the first person
    expressions: tuple[str, ...] = EXPRESSIONS
    units: Units = field(default_factory=Units)
    options: Mapping[str, Any] = field(default_factory=dict)  # everything that shapes a picture


def claim_layout(order: LayoutOrder) -> None:
    """Make the folder, or see that it was made with the same options.

    Raises:
        DataSetError: it was not, or cannot be written.
    """
    options = {**order.options, "format": FORMAT, "expressions": list(order.expressions)}
    claim(Order(order.out, order.identities, order.views, order.seed, options))


def write_layout(order: LayoutOrder, studio: SitterStudio) -> Generator[Progress, None, Written]:
    """Write the persons that are not there yet; a step of progress is a picture.

    Raises:
        DataSetError: the folder cannot be written, or holds another data set.
    """
    claim_layout(order)
    seeds = range(order.seed, order.seed + order.identities)
    missing = [seed for seed in seeds if not _labels_path(order, seed).exists()]
    each = order.views * len(order.expressions)
    yield Progress(0, each * len(missing))
    for number, seed in enumerate(missing):
        for done in _write_person(order, studio, seed):
            yield Progress(number * each + done, each * len(missing))
    gather(order.out, order.units)
    return Written(len(missing), order.identities - len(missing))


def person_name(seed: int) -> str:
    """`sh_00007`."""
    return f"sh_{seed:05d}"


def _write_person(
    order: LayoutOrder, studio: SitterStudio, seed: int
) -> Generator[int, None, None]:
    """Yields how many pictures are done. The labels come last: they say that the rest is there."""
    sitter, person = studio.open(seed), person_name(seed)
    folder = order.out / "images" / SPLIT / person
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not (order.out / "template.obj").exists():
        _write_template(order, studio.topology, sitter.surface(_face("neutral")))
    poses: list[tuple[str, list[float]]] = []
    weights: list[tuple[str, list[float]]] = []
    with replacing_folder(folder) as partial:
        for expression in order.expressions:
            face = _face(expression)
            _write_shape(order, studio.topology, sitter.surface(face), f"{person}_{expression}")
            (partial / expression).mkdir()
            for number in range(order.views):
                view = sitter.look(number, face)
                _write_picture(partial / expression / f"{number:04d}.png", view)
                name = f"{SPLIT}/{person}/{expression}/{number:04d}.png"
                poses.append((name, _camera(view, order.units)))
                weights.append((name, [float(w) for w in face]))
                yield len(poses)
    content = {"seed": seed, "poses": poses, "weights": weights}
    _labels_path(order, seed).parent.mkdir(exist_ok=True)
    _write_json(_labels_path(order, seed), content)


def _labels_path(order: LayoutOrder, seed: int) -> Path:
    return order.out / "labels" / f"{person_name(seed)}.json"


def _face(expression: str) -> Floats:
    """(52,) one shape at full strength, or none of them (“neutral”)."""
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    if expression in EXPRESSIONS:
        weights[EXPRESSIONS.index(expression)] = 1
    return weights


def _write_shape(order: LayoutOrder, topology: Topology, surface: Floats, name: str) -> None:
    points, meshes = _in_units(surface, order.units), order.out / "mesh_lms"
    lips = points[topology.landmarks68[OUTER_LIPS]]
    _write_lines(meshes / "meshes" / f"{name}.obj", _vertex_lines(points))
    _write_lines(meshes / "lms" / f"{name}.txt", (line[2:] for line in _vertex_lines(lips)))


def _write_template(order: LayoutOrder, topology: Topology, surface: Floats) -> None:
    _write_lines(
        order.out / "template.obj",
        chain(_vertex_lines(_in_units(surface, order.units)), _triangle_lines(topology)),
    )


def _in_units(surface: Floats, units: Units) -> Floats:
    scaled: Floats = (surface / np.float32(units.metres_per_mesh_unit)).astype(np.float32)
    return scaled


def _vertex_lines(points: Floats) -> Iterator[str]:
    # `str` gives the shortest digits that make the same float32 again.
    return (f"v {x!s} {y!s} {z!s}\n" for x, y, z in points)


def _triangle_lines(topology: Topology) -> Iterator[str]:
    yield from (f"vt {u!s} {v!s}\n" for u, v in topology.uv)
    corners = np.stack([topology.triangles, topology.uv_triangles], 2) + 1
    for triangle in corners.tolist():
        yield "f " + " ".join(f"{vertex}/{place}" for vertex, place in triangle) + "\n"


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial, partial.open("w", encoding="ascii") as file:
        file.writelines(lines)


def _write_picture(path: Path, view: View) -> None:
    picture = next(view.pictures[name] for name in view.pictures if name.startswith("image-"))
    Image.fromarray(picture).save(path, compress_level=_PNG_EFFORT)


def _camera(view: View, units: Units) -> list[float]:
    camera = recorded_camera(view.record["camera"])
    return [float(number) for number in numbers_of(camera, units.world_per_metre)]


def gather(out: Path, units: Units) -> None:
    """Write the label files and synhead.json from what complete persons left."""
    people = [json.loads(path.read_text("utf-8")) for path in sorted((out / "labels").glob("*"))]
    for name, key in ((POSES, "poses"), (WEIGHTS, "weights")):
        labels = [pair for person in people for pair in person[key]]
        _write_json(out / "images" / name, {"labels": labels})
    distances = [_distance(pair[1]) for person in people for pair in person["poses"]]
    reach = _REACH * units.world_per_metre
    content = {
        "format": FORMAT,
        "units": {
            "metres_per_mesh_unit": units.metres_per_mesh_unit,
            "world_per_metre": units.world_per_metre,
        },
        "identities": {person_name(person["seed"]): person["seed"] for person in people},
        "rendering_options": {
            "ray_start": round(min(distances) - reach, 3),
            "ray_end": round(max(distances) + reach, 3),
            "avg_camera_radius": round(float(np.mean(distances)), 3),
            "box_warp": 1,
            "white_back": True,
        },
    }
    _write_json(out / MANIFEST, content)


def _distance(camera: Sequence[float]) -> float:
    return float(np.linalg.norm([camera[3], camera[7], camera[11]]))


def _write_json(path: Path, content: Any) -> None:
    with replacing(path) as partial:
        partial.write_text(json.dumps(content) + "\n", "utf-8")
