"""`head360 edit`: changes a head by a sentence."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from head360.cli.arguments import UsageError
from head360.cli.terminal import Terminal
from head360.edited import edited
from head360.errors import EditError
from head360.project import SUFFIX, load_project, save_project

if TYPE_CHECKING:
    from head360.engine import HeadEngine


def edit(arguments: argparse.Namespace, engine: HeadEngine, terminal: Terminal) -> None:
    """Put a layer over the head of a project and save it as another one."""
    output = arguments.output
    if output.suffix.lower() != SUFFIX:
        raise UsageError(f"“{output.name}” is not a project's name.", f"Let it end in {SUFFIX}.")
    project = load_project(arguments.file)
    understood = engine.understand(arguments.text, project.params)
    for note in understood.notes:
        terminal.note(note)
    if understood.layer is None:
        raise EditError(
            "Nothing was changed, so nothing was written.",
            "“head360 edit me.h360 'older, with a grey beard' -o old.h360” is an example.",
        )
    layer = understood.layer.with_(strength=arguments.strength)
    params = project.params.with_(edits=(*project.params.edits, layer))
    if arguments.flatten:
        params = edited(params)
    save_project(replace(project, params=params), output)
    said = ", ".join(f"{wish.title.lower()} ({wish.words})" for wish in layer.wishes)
    terminal.note(f"{output}  {said}")
