"""What each command does, given its parsed options and an engine."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from head360.assets import refine_problem
from head360.cli.arguments import UsageError
from head360.cli.places import project_target
from head360.cli.scene import one_of, scene_of
from head360.cli.terminal import Terminal
from head360.errors import ExportError, ResourceError
from head360.export.images import PICTURE_FORMATS, save_picture
from head360.export.video import (
    MAX_SIZE,
    MIN_SIZE,
    VideoOptions,
    check_options,
    turntable,
)
from head360.export.writers import TRANSPARENT_FORMATS, VIDEO_FORMATS, VideoFormat
from head360.light import Background
from head360.project import Project, save_project
from head360.rendering.request import (
    RENDERERS,
    VIEW_MODES,
    RendererName,
    RenderRequest,
    ViewMode,
)

if TYPE_CHECKING:
    from head360.engine import HeadEngine


def render(arguments: argparse.Namespace, engine: HeadEngine, terminal: Terminal) -> None:
    """Make one picture."""
    path = _with_ending(arguments.output, ".png")
    if path.suffix.lower() not in PICTURE_FORMATS:
        known = ", ".join(PICTURE_FORMATS)
        raise UsageError(f"“{path.name}” is not a kind of picture.", f"Known: {known}.")
    if arguments.transparent and PICTURE_FORMATS[path.suffix.lower()] == "JPEG":
        raise UsageError("JPEG pictures cannot be transparent.", "Choose PNG or WebP.")
    width, height = arguments.size
    if not (MIN_SIZE <= width <= MAX_SIZE and MIN_SIZE <= height <= MAX_SIZE):
        raise UsageError(f"The size must be {MIN_SIZE} … {MAX_SIZE} pixels.")
    renderer = one_of("renderer", arguments.renderer, RENDERERS)
    mode = one_of("view", arguments.view, VIEW_MODES)
    _check_refining(arguments, renderer, mode)
    scene = scene_of(arguments, engine)
    request = RenderRequest(
        scene.params, scene.camera, width, height, mode, renderer, scene.background,
        refine=arguments.refine,
    )  # fmt: skip
    frame = engine.render(request)
    save_picture(frame.image, path)
    refined = "  refined" if frame.refined else ""
    terminal.note(f"{path}  {width} × {height}  {frame.milliseconds:.0f} ms{refined}")


def film(arguments: argparse.Namespace, engine: HeadEngine, terminal: Terminal) -> None:
    """Film one turn."""
    options = replace(video_options(arguments, arguments.output), frames=arguments.frames)
    checked(options)
    scene = scene_of(arguments, engine)
    options = on_background(options, scene.background)
    width, height = options.picture_size
    task = turntable(engine, scene.params, scene.camera, options, arguments.output)
    path = terminal.follow(task, arguments.output.name)
    terminal.note(f"{path}  {width} × {height}  {options.seconds:.1f} s")


def video_options(arguments: argparse.Namespace, path: Path) -> VideoOptions:
    """What kind of film was asked for, but for its frames and background."""
    width, height = arguments.size
    renderer = one_of("renderer", arguments.renderer, RENDERERS)
    _check_refining(arguments, renderer, "shaded")
    return VideoOptions(
        format=_video_format(path, getattr(arguments, "format", None)),
        size=height,
        width=width,
        fps=arguments.fps,
        transparent=arguments.transparent,
        renderer=renderer,
        refine=arguments.refine,
    )


def on_background(options: VideoOptions, background: Background) -> VideoOptions:
    """A project may be transparent by itself; MP4 then shows the colours it has as well."""
    transparent = options.transparent or (
        background.transparent and options.format in TRANSPARENT_FORMATS
    )
    backdrop = replace(background, transparent=False)
    return replace(options, transparent=transparent, background=backdrop)


def checked(options: VideoOptions) -> VideoOptions:
    """The same options.

    Raises:
        UsageError: nobody could make such a film.
    """
    try:
        check_options(options)
    except ExportError as error:
        raise UsageError(str(error), error.hint) from error
    return options


def new(arguments: argparse.Namespace, engine: HeadEngine, terminal: Terminal) -> None:
    """Make a project file."""
    path = project_target(arguments.output, force=arguments.force)
    scene = scene_of(arguments, engine)
    name = arguments.name or path.stem
    save_project(Project(scene.params, scene.camera, name, scene.background), path)
    mix = scene.params.hair_mix if scene.params.hairstyle else None
    hair = (scene.params.hairstyle or "bald") + (f" + {mix.share:.0%} {mix.style}" if mix else "")
    terminal.note(f"{path}  “{name}”, {hair}")


def _check_refining(arguments: argparse.Namespace, renderer: RendererName, mode: ViewMode) -> None:
    """Refuse `--refine` where it would change nothing, before anything is drawn."""
    if not arguments.refine:
        return
    if renderer == "reference" or mode != "shaded":
        raise UsageError(
            "Only shaded pictures of the renderers fast and exact can be refined.",
            "Leave out --refine, or --renderer and --view.",
        )
    if problem := refine_problem():
        raise ResourceError(problem)


def _video_format(path: Path, said: str | None) -> VideoFormat:
    if said is not None:
        return one_of("video format", said, VIDEO_FORMATS)
    ending = path.suffix.lower().removeprefix(".")
    if not ending:
        return "png"
    if f".{ending}" in PICTURE_FORMATS:
        raise UsageError(
            f"A film does not fit into a picture like “{path.name}”.",
            f"For a folder of PNG frames say -o {path.stem}, for a film in one file -o"
            f" {path.stem}.mp4 or {path.stem}.gif; “head360 render” makes one picture.",
        )
    return one_of("video format", ending, VIDEO_FORMATS)


def _with_ending(path: Path, ending: str) -> Path:
    return path if path.suffix else path.with_name(path.name + ending)
