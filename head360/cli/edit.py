"""`head360 edit`: changes a head by a sentence."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

from head360.cli.arguments import UsageError
from head360.cli.scene import one_of, with_hair
from head360.cli.terminal import Terminal
from head360.edited import edited
from head360.errors import EditError
from head360.params import HeadParams, changed_fields
from head360.progress import Progress
from head360.project import SUFFIX, load_project, save_project

if TYPE_CHECKING:
    from head360.editing.restyle import RestyleOptions
    from head360.engine import HeadEngine

EDITORS = ("attributes", "diffusion")


def edit(arguments: argparse.Namespace, engine: HeadEngine, terminal: Terminal) -> None:
    """Change the head of a project and save it as another one."""
    output = arguments.output
    if output.suffix.lower() != SUFFIX:
        raise UsageError(f"“{output.name}” is not a project's name.", f"Let it end in {SUFFIX}.")
    editor = one_of("editor", arguments.editor, EDITORS)
    project = load_project(arguments.file)
    params = with_hair(arguments, project.params)
    said = "other hair"
    if editor == "diffusion":
        task = _restyled(arguments, engine, params)
        params, said = terminal.follow(task, "Repainting"), arguments.text
    elif not arguments.text and not changed_fields(project.params, params):
        raise UsageError(
            "Nothing was asked for.", "Say what should change, such as “older, with a grey beard”."
        )
    elif arguments.text:
        params, said = _understood(arguments, engine, params, terminal)
    save_project(replace(project, params=params), output)
    terminal.note(f"{output}  {said}")


def _understood(
    arguments: argparse.Namespace, engine: HeadEngine, start: HeadParams, terminal: Terminal
) -> tuple[HeadParams, str]:
    """The head with a layer over it, and what the layer's wishes are."""
    understood = engine.understand(arguments.text, start)
    for note in understood.notes:
        terminal.note(note)
    if understood.layer is None:
        raise EditError(
            "Nothing was changed, so nothing was written.",
            "“head360 edit me.h360 'older, with a grey beard' -o old.h360” is an example.",
        )
    layer = understood.layer.with_(strength=arguments.strength)
    params = start.with_(edits=(*start.edits, layer))
    said = ", ".join(f"{wish.title.lower()} ({wish.words})" for wish in layer.wishes)
    return (edited(params) if arguments.flatten else params), said


def _restyled(
    arguments: argparse.Namespace, engine: HeadEngine, start: HeadParams
) -> Generator[Progress, None, HeadParams]:
    """Repaint by InstructPix2Pix."""
    from head360.editing.instruct import Instruction, InstructPix2Pix, load_pipeline

    if arguments.model is None:
        raise UsageError(
            "Editing by diffusion needs weights.",
            "Give their folder with --model; docs/diffusion.md says where they come from.",
        )
    options = _options(arguments)
    try:
        instruction = Instruction(
            arguments.text, arguments.text_guidance, arguments.image_guidance, arguments.steps
        )
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    pipeline = load_pipeline(arguments.model, fetch=arguments.fetch)
    steps = engine.restyle(start, InstructPix2Pix(pipeline, instruction), options)
    while True:
        try:
            step = next(steps)
        except StopIteration as done:
            made: HeadParams = done.value
            return made
        yield Progress(step.done, step.total)


def _options(arguments: argparse.Namespace) -> RestyleOptions:
    from head360.editing.restyle import RestyleOptions, known_parts

    parts = known_parts(arguments.parts)
    try:
        return RestyleOptions(
            arguments.views, arguments.rounds, arguments.size, arguments.edit_seed, parts
        )
    except ValueError as error:
        raise UsageError(f"{error}.") from error
