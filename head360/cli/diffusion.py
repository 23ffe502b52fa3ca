"""Repaints a project's head by InstructPix2Pix; an interrupted run goes on where it stopped."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from head360.cli.arguments import UsageError
from head360.cli.terminal import Terminal
from head360.params import HeadParams
from head360.progress import Progress

#: Letters of a layer's name.
_LONGEST_TITLE = 300

if TYPE_CHECKING:
    from head360.editing.instruct import Instruction
    from head360.editing.restyle import RestyleOptions, RestyleStep
    from head360.editing.unfinished import Unfinished
    from head360.engine import HeadEngine


def restyled(
    arguments: argparse.Namespace, engine: HeadEngine, start: HeadParams, terminal: Terminal
) -> HeadParams:
    """A head with one more layer, which is what was painted over it.

    Raises:
        UsageError: an option makes no sense.
        EditError: there is no model, or it cannot be used.
    """
    from head360.editing.instruct import InstructPix2Pix, load_pipeline

    if arguments.model is None:
        raise UsageError(
            "Editing by diffusion needs weights.",
            "Give their folder with --model; docs/diffusion.md says where they come from.",
        )
    options, instruction = _options(arguments), _instruction(arguments)
    pipeline = load_pipeline(arguments.model, fetch=arguments.fetch)
    unfinished = _unfinished(arguments, start, instruction, options)
    if arguments.restart:
        unfinished.forget()
    elif reached := unfinished.reached():
        done = f"{max(reached) + 1} pictures are done"
        terminal.note(f"Going on from an interrupted run, {done}; --restart begins anew.")
    steps = engine.restyle(start, InstructPix2Pix(pipeline, instruction), options, unfinished)
    try:
        return terminal.follow(_progress(steps), "Repainting")
    except KeyboardInterrupt:
        if unfinished.reached():
            terminal.note("\nThe same command goes on from here.")
        raise


def _progress(
    steps: Generator[RestyleStep, None, HeadParams],
) -> Generator[Progress, None, HeadParams]:
    while True:
        try:
            step = next(steps)
        except StopIteration as done:
            made: HeadParams = done.value
            return made
        yield Progress(step.done, step.total)


def _unfinished(
    arguments: argparse.Namespace,
    start: HeadParams,
    instruction: Instruction,
    options: RestyleOptions,
) -> Unfinished:
    from head360.editing.unfinished import Unfinished, fingerprint

    output: Path = arguments.output
    key = fingerprint(start, instruction, options, str(arguments.model))
    return Unfinished(output.with_name(output.name + ".unfinished"), key)


def _instruction(arguments: argparse.Namespace) -> Instruction:
    from head360.editing.instruct import Instruction

    try:
        return Instruction(
            arguments.text, arguments.text_guidance, arguments.image_guidance, arguments.steps
        )
    except ValueError as error:
        raise UsageError(f"{error}.") from error


def _options(arguments: argparse.Namespace) -> RestyleOptions:
    from head360.editing.restyle import RestyleOptions, known_parts

    parts = known_parts(arguments.parts)
    try:
        return RestyleOptions(
            arguments.views, arguments.rounds, arguments.size, arguments.edit_seed, parts,
            title=arguments.text[:_LONGEST_TITLE],
        )  # fmt: skip
    except ValueError as error:
        raise UsageError(f"{error}.") from error
