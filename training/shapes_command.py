"""`python -m training shapes`: teaches the photo solver whose shape landmarks likely mean."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from head360.cli.terminal import Terminal
from training.arguments import count

if TYPE_CHECKING:
    from training.calibrate import Shown


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "shapes",
        help="find how true shapes follow from those that landmarks ask for",
        description="Draw random people, run the face detector and the solver on them, and write "
        "how true shapes go together with solved ones to DIR/shape.safetensors. Heads already "
        "shown are kept in DIR. Needs the face detector (head360 assets fetch) and the landmarks' "
        "offsets (calibrate), but no source data.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--heads", type=count(200, 20000), default=1000, metavar="N")
    parser.add_argument(
        "--held-out", type=count(1, 2000), default=200, metavar="N", help="heads to try it on"
    )
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Show, learn, and try it.

    Raises:
        Head360Error: a model or the detector is missing.
    """
    from head360.assets import resource
    from head360.fitting.landmarks import LandmarkModel
    from head360.fitting.likely_shape import SHAPE_FILE
    from head360.model.bilinear import BilinearModel
    from training import shapes
    from training.calibrate import Shown
    from training.showing import show_all, told

    def shown(first: int, count: int) -> list[Shown]:
        seeds = range(first, first + count)
        task = show_all(shapes.WholeShowing, Shown, seeds, parsed.out / "shown")
        return told(task, terminal, "heads")

    mesh = BilinearModel.load(resource("models", "mesh.safetensors"))
    model = LandmarkModel.of(mesh)
    likely = shapes.learnt(shapes.Pairs.of(model, shown(shapes.FIRST_SEED, parsed.heads)))
    shapes.write(likely, parsed.out / SHAPE_FILE)
    held_out = shapes.Pairs.of(model, shown(shapes.FIRST_HELD_OUT, parsed.held_out))
    found = shapes.errors(mesh, likely, held_out)
    terminal.result("mm, root mean square     face   below the chin")
    for name in ("average", "solved", "likely"):
        face, below = getattr(found, name)
        terminal.result(f"{name:20s}{face:9.2f}{below:13.2f}")
