"""`python -m training reading`: teaches driving to read faces from landmarks."""

from __future__ import annotations

import argparse
from pathlib import Path

from head360.cli.terminal import Terminal
from training.arguments import count

_FOLDS = 3


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "reading",
        help="learn to read faces from their landmarks, for driving",
        description="Draw random people who make faces, have the face tracker look at them, and "
        "write what was learnt to DIR/reading.safetensors. People already shown are kept in DIR. "
        "Needs the face detector (head360 assets fetch) but no source data.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--people", type=count(_FOLDS, 5000), default=80, metavar="N")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Show, learn, and try it on people that did not teach.

    Raises:
        Head360Error: a model or the detector is missing.
    """
    from head360.driving.reading import READING_FILE
    from training import faces_learnt
    from training.faces_shown import FIRST_SEED, Showing, Shown
    from training.showing import show_all, told

    seeds = range(FIRST_SEED, FIRST_SEED + parsed.people)
    people = told(show_all(Showing, Shown, seeds, parsed.out / "shown"), terminal, "people")
    seen = faces_learnt.lessons(people)
    found = faces_learnt.tried(seen, _FOLDS)
    reader = faces_learnt.stretched(faces_learnt.learnt(seen), seen.weights, found)
    faces_learnt.write(reader, parsed.out / READING_FILE)
    terminal.result(f"{len(people)} of {parsed.people} people seen, {len(found) // 2} pictures")
    played = (found * reader.stretch).clip(0, 1)
    for name, values in {"scores": seen.scores.clip(0, 1), "read": played}.items():
        terminal.result(f"{name:8s}{faces_learnt.summary(seen.weights, values)}")
