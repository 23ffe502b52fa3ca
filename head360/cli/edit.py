"""`head360 edit`: changes a head by a sentence."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from head360.cli.arguments import UsageError
from head360.cli.diffusion import restyled
from head360.cli.scene import one_of, with_hair, with_make_up
from head360.cli.terminal import Terminal
from head360.edited import edited
from head360.errors import EditError
from head360.params import HeadParams, changed_fields
from head360.project import SUFFIX, load_project, save_project

if TYPE_CHECKING:
    from head360.engine import HeadEngine

EDITORS = ("attributes", "diffusion")


def edit(arguments: argparse.Namespace, engine: HeadEngine, terminal: Terminal) -> None:
    """Change the head of a project and save it as another one."""
    output = arguments.output
    if output.suffix.lower() != SUFFIX:
        raise UsageError(f"“{output.name}” is not a project's name.", f"Let it end in {SUFFIX}.")
    editor = one_of("editor", arguments.editor, EDITORS)
    project = load_project(arguments.file)
    params = with_make_up(arguments, with_hair(arguments, project.params))
    said = "other hair" if params.make_up is project.params.make_up else "other make-up"
    if editor == "diffusion":
        params = restyled(arguments, engine, params, terminal)
        params, said = _worn(arguments, params), arguments.text
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
    params = start.with_(edits=(*start.edits, understood.layer))
    said = ", ".join(f"{wish.title.lower()} ({wish.words})" for wish in understood.layer.wishes)
    return _worn(arguments, params), said


def _worn(arguments: argparse.Namespace, params: HeadParams) -> HeadParams:
    """The head with its last layer as strong as asked, or without layers."""
    *others, last = params.edits
    params = params.with_(edits=(*others, last.with_(strength=arguments.strength)))
    return edited(params) if arguments.flatten else params
