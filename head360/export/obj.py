"""Writes a bust as Wavefront OBJ: one face, or a folder with the neutral face and every blendshape.

OBJ knows no morph targets, no joints and no animation: the meshes are written as they are posed.
All files of a folder have the same vertices in the same order, so that programs which make morph
targets out of files can read them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image as Pictures

from head360.export.anatomy import pose_of
from head360.export.bust import Bust, Floats, Image, Material, Part, Pose, posed
from head360.files import replacing, replacing_folder
from head360.params import EXPRESSIONS

_ROWS = 8192  # written at once


def write_obj(bust: Bust, path: Path) -> Generator[None, None, None]:
    """Write `NAME.obj`, `NAME.mtl` and its pictures `NAME_*.png` beside each other.

    Raises:
        OSError: a file cannot be written.
    """
    with ExitStack() as files:

        def partial(name: str) -> Path:
            return files.enter_context(replacing(path.with_name(name)))

        yield from _write_materials(bust, path.stem, partial(f"{path.stem}.mtl"), partial)
        with partial(path.name).open("w", encoding="utf-8") as file:
            yield from _write_meshes(bust, bust.parts, bust.pose, path.stem, file)


def write_obj_folder(bust: Bust, path: Path) -> Generator[None, None, None]:
    """Write a folder: `neutral.obj`, one file for each ARKit blendshape, `head.mtl`, pictures.

    Hair is in `neutral.obj` only: no blendshape moves it.

    Raises:
        OSError: a file cannot be written.
    """
    moving = tuple(part for part in bust.parts if part.morphs is not None)
    still = np.zeros(3, np.float32)
    with replacing_folder(path) as folder:
        yield from _write_materials(bust, "head", folder / "head.mtl", folder.joinpath)
        with (folder / "neutral.obj").open("w", encoding="utf-8") as file:
            weights = np.zeros(len(EXPRESSIONS), np.float32)
            yield from _write_meshes(bust, bust.parts, pose_of(weights, still), "head", file)
        for index, name in enumerate(EXPRESSIONS):
            one = np.zeros(len(EXPRESSIONS), np.float32)
            one[index] = 1
            pose = pose_of(one, still)
            pose = Pose(one, pose.rotations)  # mouthClose by itself, as a target needs it
            with (folder / f"{name}.obj").open("w", encoding="utf-8") as file:
                yield from _write_meshes(bust, moving, pose, "head", file)


def _write_meshes(
    bust: Bust, parts: tuple[Part, ...], pose: Pose, library: str, file: IO[str]
) -> Iterator[None]:
    file.write(f"# {bust.name}, made by Head360 Studio; metres, y up\nmtllib {library}.mtl\n")
    first = 1
    for part in parts:
        points, normals = posed(bust, part, pose)
        file.write(f"o {part.name}\nusemtl {part.material}\n")
        yield from _write_rows(file, "v %.6f %.6f %.6f\n", points)
        yield from _write_rows(file, "vt %.6f %.6f\n", part.uv)
        yield from _write_rows(file, "vn %.4f %.4f %.4f\n", normals)
        corners = np.repeat(part.triangles.astype(np.int64) + first, 3, axis=1)
        yield from _write_rows(file, "f %d/%d/%d %d/%d/%d %d/%d/%d\n", corners)
        first += len(points)


def _write_rows(file: IO[str], form: str, rows: Floats | np.ndarray) -> Iterator[None]:
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        file.write(form * len(some) % tuple(some.ravel().tolist()))
        yield


def _write_materials(
    bust: Bust, stem: str, library: Path, target: Callable[[str], Path]
) -> Iterator[None]:
    """The material library and its pictures, each under the name that `target` gives it."""
    lines = ["# made by Head360 Studio"]
    names: dict[tuple[int, str], str] = {}  # of pictures that are written already
    for material in bust.materials:
        lines += ["", f"newmtl {material.name}", "Kd 1 1 1", "Ks 0.04 0.04 0.04", "illum 2"]
        for statement, picture, kind in _pictures(material):
            key = (id(picture), kind)
            if key not in names:
                names[key] = f"{stem}_{material.name.lower()}_{kind}.png"
                shown = picture[..., 1] if kind == "roughness" else picture
                Pictures.fromarray(shown).save(target(names[key]), "PNG")
                yield
            lines.append(f"{statement} {names[key]}")
        lines.append(f"Pr {material.roughness:g}")
    library.write_text("\n".join(lines) + "\n", "utf-8")


def _pictures(material: Material) -> Iterator[tuple[str, Image, str]]:
    """Statement, picture and what the picture is."""
    yield "map_Kd", material.color, "color"
    if material.alpha_cutoff is not None:
        yield "map_d", material.color, "color"  # its alpha
    if material.normal is not None:
        yield "norm", material.normal, "normal"
    if material.surface is not None:
        yield "map_Pr", material.surface, "roughness"
