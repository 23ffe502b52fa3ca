"""`head360 export`: one head or several as meshes, clouds of points or pages."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from head360.cli.arguments import UsageError
from head360.cli.places import make_folder
from head360.cli.scene import head_of, one_of
from head360.cli.terminal import Terminal
from head360.errors import ExportError
from head360.export.options import HAIR_KINDS, POINT_KINDS, MeshOptions, check_options
from head360.performance import Performance
from head360.progress import Progress

if TYPE_CHECKING:
    from head360.engine import HeadEngine

_DEFAULT_FORMAT = "glb"
_PAGE = ".html"  # plays its project's own performance


def export(arguments: argparse.Namespace, engine: HeadEngine, terminal: Terminal) -> None:
    """Write every head that was named, or the one that the options describe."""
    from head360.export.formats import EXPORTERS

    if arguments.format is not None:
        known = [ending.removeprefix(".") for ending in EXPORTERS]
        arguments.format = one_of("format", arguments.format.removeprefix("."), known)
    options = _options(arguments)
    for source, target in _pairs(arguments):
        if source is not None:
            arguments.head = source
        params = head_of(arguments, engine)
        chosen = replace(options, name=target.stem)
        if chosen.performance is None and target.suffix.lower() == _PAGE:
            chosen = replace(chosen, performance=_recorded(arguments.head))
        notes: list[str] = []
        written = terminal.follow(_noted(engine.export(params, target, chosen), notes), target.name)
        terminal.note(f"{written}  {_size(written)}")
        for note in notes:
            terminal.note(f"  {note}")


def _noted(
    task: Generator[Progress, None, Path], notes: list[str]
) -> Generator[Progress, None, Path]:
    """The same task, whose notes are kept until it is done."""
    try:
        while True:
            progress = next(task)
            notes += [progress.note] if progress.note else []
            yield progress
    except StopIteration as done:
        path: Path = done.value
        return path
    finally:
        task.close()


def _options(arguments: argparse.Namespace) -> MeshOptions:
    options = MeshOptions(
        texture=arguments.texture,
        hair=one_of("kind of hair", arguments.hair_as, HAIR_KINDS),
        cards=arguments.cards,
        compact=not arguments.plain,
        shapes=arguments.shapes,
        points=one_of("kind of points", arguments.points, POINT_KINDS),
        count=arguments.count,
    )
    try:
        check_options(options)
    except ExportError as error:
        raise UsageError(str(error), error.hint) from error
    if arguments.performance is None:
        return options
    return replace(options, performance=_performance(arguments.performance))


def _recorded(project: Path | None) -> Performance | None:
    """What a project's timeline plays."""
    from head360.project import load_project

    return None if project is None else load_project(project).performance


def _performance(path: Path) -> Performance:
    from head360.driving.csv import read_csv

    return read_csv(path)


def _pairs(arguments: argparse.Namespace) -> list[tuple[Path | None, Path]]:
    """Each project, None for that of the options, and the file that it becomes."""
    heads: list[Path] = arguments.heads
    output: Path = arguments.output
    if heads and (arguments.head is not None or arguments.seed is not None):
        raise UsageError("Either name projects, or say --head or --seed.")
    if len(heads) <= 1:
        named = output if arguments.shapes else _named(output, arguments.format)
        return [(heads[0] if heads else None, named)]
    ending = arguments.format or _DEFAULT_FORMAT
    if output.suffix and not output.is_dir():
        raise UsageError(
            f"{len(heads)} heads do not fit into “{output.name}”.",
            "Name a folder with -o, and the kind of file with --format.",
        )
    make_folder(output)
    targets = [output / f"{head.stem}.{ending}" for head in heads]
    if len(set(targets)) < len(targets):
        raise UsageError("Two of the projects have the same name.", "Export them one by one.")
    return list(zip(heads, targets, strict=True))


def _named(output: Path, ending: str | None) -> Path:
    """The file's name with the ending of its format, which must not contradict."""
    if ending is None:
        return output if output.suffix else output.with_name(f"{output.name}.{_DEFAULT_FORMAT}")
    if not output.suffix or output.suffix.lower() != f".{ending}":
        return output.with_name(f"{output.stem}.{ending}")
    return output


def _size(path: Path) -> str:
    """How large what was written is."""
    files = [path] if path.is_file() else list(path.glob("*"))
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f} MB"
