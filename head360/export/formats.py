"""The door to what a head can be exported as, besides pictures and videos: meshes, clouds, pages.

`export_head` finds the writer by what the file's name ends in. A new format is one more entry of
`EXPORTERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeAlias, TypeVar

from head360.edited import edited
from head360.errors import ExportError
from head360.export.bust import Bust
from head360.export.busts import bust_of, clip_of
from head360.export.clouds import cloud_of
from head360.export.gltf import write_glb
from head360.export.images import unwritable
from head360.export.obj import write_obj, write_obj_folder
from head360.export.options import MeshOptions, check_options
from head360.export.page.writer import write_page
from head360.export.ply import write_ply
from head360.export.usd import check_usd, write_usd
from head360.export.writers import refuse_foreign
from head360.params import HeadParams
from head360.progress import Progress
from head360.rendering.scene import Models, SceneBuilder

Value = TypeVar("Value")
#: Writes a head into a file; yields as it goes, and may be closed at any yield. What it yields is a
#: note for a person, if anything.
Exporter: TypeAlias = Callable[
    [Models, SceneBuilder, HeadParams, Path, MeshOptions], Generator[str | None, None, None]
]

#: Progress counts to this. How many steps a file takes is not known beforehand, so each step goes
#: a share of the way that is left.
_TOTAL, _STRIDE = 100, 0.03


def export_head(
    models: Models, scenes: SceneBuilder, params: HeadParams, path: Path, options: MeshOptions
) -> Generator[Progress, None, Path]:
    """Write a head into `path`, in the format that the name ends in; see `EXPORTERS`.

    Closing the generator before its end leaves nothing behind.

    Raises:
        ExportError: the ending is unknown, the options make no such file, or it cannot be written.
    """
    exporter = exporter_for(path, options)
    check_options(options)
    if not path.parent.is_dir():
        raise unwritable(path, FileNotFoundError())
    try:
        yield from _counted(exporter(models, scenes, params, path, options))
    except OSError as error:
        raise unwritable(path, error) from error
    yield Progress(_TOTAL, _TOTAL)
    return path


def exporter_for(path: Path, options: MeshOptions | None = None) -> Exporter:
    """What writes files of this name; a folder of blendshapes may have any.

    Raises:
        ExportError: nothing does.
    """
    if options is not None and options.shapes:
        return _obj_folder
    exporter = EXPORTERS.get(path.suffix.lower())
    if exporter is None:
        known = ", ".join(ending for ending in EXPORTERS if ending)
        raise ExportError(
            f"“{path.name}” does not say what kind of file it should be.",
            f"Let the name end in one of {known}.",
        )
    return exporter


def _counted(task: Generator[str | None, None, None]) -> Generator[Progress, None, None]:
    left = 1.0
    try:
        for note in task:
            left *= 1 - _STRIDE
            yield Progress(int((1 - left) * _TOTAL), _TOTAL, note or "")
    finally:
        task.close()


def _bust(
    models: Models, scenes: SceneBuilder, params: HeadParams, options: MeshOptions
) -> Generator[None, None, Bust]:
    bust = yield from bust_of(
        models,
        scenes,
        params,
        name=options.name,
        texture=options.texture,
        hair=options.hair,
        cards=options.cards,
    )
    if options.performance is None:
        return bust
    clip = clip_of(params, options.performance)
    return Bust(bust.name, bust.parts, bust.materials, bust.joint_places, bust.pose, (clip,))


def _glb(
    models: Models, scenes: SceneBuilder, params: HeadParams, path: Path, options: MeshOptions
) -> Generator[str | None, None, None]:
    bust = yield from _bust(models, scenes, params, options)
    yield from write_glb(bust, path, compact=options.compact)


def _obj(
    models: Models, scenes: SceneBuilder, params: HeadParams, path: Path, options: MeshOptions
) -> Generator[str | None, None, None]:
    _refuse_performance(options)
    bust = yield from _bust(models, scenes, params, options)
    yield from write_obj(bust, path)


def _obj_folder(
    models: Models, scenes: SceneBuilder, params: HeadParams, path: Path, options: MeshOptions
) -> Generator[str | None, None, None]:
    _refuse_performance(options)
    refuse_foreign(path, ("*.obj", "*.mtl", "*.png"))
    bust = yield from _bust(models, scenes, params, options)
    yield from write_obj_folder(bust, path)


def _usd(
    models: Models, scenes: SceneBuilder, params: HeadParams, path: Path, options: MeshOptions
) -> Generator[str | None, None, None]:
    check_usd()
    bust = yield from _bust(models, scenes, params, options)
    yield from write_usd(bust, path)


def _ply(
    models: Models, scenes: SceneBuilder, params: HeadParams, path: Path, options: MeshOptions
) -> Generator[str | None, None, None]:
    _refuse_performance(options)
    scene = scenes.build(params)
    yield None
    hair = options.hair != "none"
    cloud = yield from cloud_of(models, scene, edited(params), options.count, hair=hair)
    yield from write_ply(cloud, path, gaussians=options.points == "gaussians")


def _refuse_performance(options: MeshOptions) -> None:
    if options.performance is not None:
        raise ExportError("This format knows no animation.", "Choose .glb, .usdz or .usdc.")


#: What writes each kind of file, by the ending of its name.
EXPORTERS: dict[str, Exporter] = {
    ".glb": _glb,
    ".obj": _obj,
    ".usdz": _usd,
    ".usdc": _usd,
    ".usda": _usd,
    ".ply": _ply,
    ".html": write_page,
}
