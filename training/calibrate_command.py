"""`python -m training calibrate`: teaches the photo solver how the face detector sees our heads."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from head360.cli.terminal import Terminal
from training.arguments import count

if TYPE_CHECKING:
    from head360.fitting.landmarks import LandmarkModel
    from head360.model.bilinear import BilinearModel
    from training.calibrate import Shown


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "calibrate",
        help="find where the face detector's points lie on our mesh",
        description="Draw random people, run the face detector on them, and write the offset of "
        "each landmark to DIR/landmarks.safetensors. Heads already shown are kept in DIR. Needs "
        "the face detector (head360 assets fetch) but no source data.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--heads", type=count(10, 5000), default=160, metavar="N")
    parser.add_argument(
        "--held-out", type=count(1, 1000), default=30, metavar="N", help="heads to try it on"
    )
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Show, calibrate, and try it.

    Raises:
        Head360Error: a model or the detector is missing.
    """
    import numpy as np

    from head360.assets import resource
    from head360.fitting.landmarks import CALIBRATION_FILE, LandmarkModel
    from head360.model.bilinear import BilinearModel
    from training import calibrate
    from training.showing import show_all, told

    def shown(first: int, count: int) -> list[Shown]:
        seeds = range(first, first + count)
        task = show_all(calibrate.Showing, calibrate.Shown, seeds, folder)
        return told(task, terminal, "heads")

    folder = parsed.out / "shown"
    seen = shown(calibrate.FIRST_SEED, parsed.heads)
    held_out = shown(calibrate.FIRST_HELD_OUT, parsed.held_out)
    mesh = BilinearModel.load(resource("models", "mesh.safetensors"))
    plain = LandmarkModel.uncalibrated(mesh)
    found, rest = calibrate.offsets(plain, seen)
    calibrate.write(found, parsed.out / CALIBRATION_FILE)
    away = np.linalg.norm(found, axis=1) * 1e3
    terminal.result(
        f"{len(seen)} of {parsed.heads} heads seen; offsets mean {away.mean():.2f} mm, "
        f"largest {away.max():.1f} mm; {np.median(rest):.2f} px remain"
    )
    calibrated = LandmarkModel.of(mesh, parsed.out / CALIBRATION_FILE)
    _try(mesh, {"without": plain, "with": calibrated}, held_out, terminal)


def _try(
    mesh: BilinearModel,
    models: dict[str, LandmarkModel],
    held_out: list[Shown],
    terminal: Terminal,
) -> None:
    from training.calibrate import shape_error

    terminal.result("offsets   mean face   solved   true focal   landmarks   rounds")
    for name, model in models.items():
        e = shape_error(mesh, model, held_out)
        terminal.result(
            f"{name:8s}{e.mean_face:9.2f} mm{e.solved:6.2f} mm{e.true_focal:10.2f} mm"
            f"{e.landmarks_px:9.2f} px{e.rounds:9.1f}"
        )
