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
    from head360.editing.clip_guidance import Guidance
    from head360.editing.instruct import Instruction
    from head360.editing.restyle import ImageEditor, RestyleOptions, RestyleStep
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
    guidance = _guidance(arguments)
    pipeline = load_pipeline(arguments.model, fetch=arguments.fetch)
    unfinished = _unfinished(arguments, start, instruction, options, guidance)
    if arguments.restart:
        unfinished.forget()
    elif reached := unfinished.reached():
        done = f"{max(reached) + 1} pictures are done"
        terminal.note(f"Going on from an interrupted run, {done}; --restart begins anew.")
    editor: ImageEditor = InstructPix2Pix(pipeline, instruction)
    if guidance is not None:
        editor = _led(editor, guidance, arguments.clip_weights)
    steps = engine.restyle(start, editor, options, unfinished)
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
    guidance: Guidance | None,
) -> Unfinished:
    from head360.editing.unfinished import Unfinished, fingerprint

    output: Path = arguments.output
    led = () if guidance is None else (guidance, str(arguments.clip_weights))
    key = fingerprint(start, instruction, options, str(arguments.model), *led)
    return Unfinished(output.with_name(output.name + ".unfinished"), key)


def _instruction(arguments: argparse.Namespace) -> Instruction:
    from head360.editing.instruct import Instruction

    try:
        return Instruction(
            arguments.text, arguments.text_guidance, arguments.image_guidance, arguments.steps
        )
    except ValueError as error:
        raise UsageError(f"{error}.") from error


def _guidance(arguments: argparse.Namespace) -> Guidance | None:
    """How CLIP leads, if it does."""
    from head360.editing.clip_guidance import Guidance

    if arguments.clip_guidance == 0:
        return None
    if arguments.clip_weights is None:
        raise UsageError(
            "Guidance by CLIP needs its weights.",
            "Give their file with --clip-weights; docs/diffusion.md says where they come from.",
        )
    target = arguments.clip_target or f"a photo of a person, {arguments.text}"
    try:
        return Guidance(target, weight=arguments.clip_guidance)
    except ValueError as error:
        raise UsageError(f"{error}.") from error


def _led(editor: ImageEditor, guidance: Guidance, weights: Path) -> ImageEditor:
    from head360.editing.clip import load_clip
    from head360.editing.clip_guidance import ClipGuided

    return ClipGuided(editor, load_clip(weights), guidance)


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
