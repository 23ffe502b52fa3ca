"""`python -m training train parsing | hairstyle`: what learns from pictures of faces."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from training.arguments import SOURCE_VARIABLE, source_of
from training.device import chosen_device
from training.errors import check_source
from training.stages.faces_config import FacesConfig

FACE_STAGES = ("parsing", "hairstyle", "faces")


def add_face_arguments(parser: argparse.ArgumentParser) -> None:
    """What only these stages take."""
    parser.add_argument(
        "--portraits", type=Path, metavar="DIR",
        help="parsing, hairstyle: pictures to learn from; missing ones are drawn if there is "
        "source data (default: OUT/portraits)",
    )  # fmt: skip
    parser.add_argument(
        "--teacher", type=Path, metavar="FILE",
        help="parsing: a classifier that the stage hairstyle trained, to be copied",
    )  # fmt: skip


def face_lines(parsed: argparse.Namespace, config: FacesConfig) -> Iterator[str]:
    """Run one of the stages.

    Raises:
        Head360Error: there is nothing to learn from, or the teacher cannot be read.
    """
    from training.stages.run_hairstyle import HairstyleRun, load_teacher
    from training.stages.run_hairstyle import run as run_hairstyle
    from training.stages.run_parsing import ParsingRun
    from training.stages.run_parsing import run as run_parsing
    from training.stages.run_style import run as run_compact

    source = _source(parsed)
    parsed.out.mkdir(parents=True, exist_ok=True)
    portraits = parsed.portraits or parsed.out / "portraits"
    device = chosen_device(parsed.device)
    if parsed.stage == "faces":
        from training.stages.run_faces import FacesRun
        from training.stages.run_faces import run as run_faces

        work = parsed.work or parsed.out / "work"
        yield from run_faces(
            FacesRun(config, source, parsed.out, work, device, parsed.minutes, parsed.workers)
        )
        return
    if parsed.stage == "hairstyle":
        job = HairstyleRun(config, source, parsed.out, portraits, device, parsed.minutes)
        yield from run_compact(job) if config.compact else run_hairstyle(job)
        return
    teacher = load_teacher(parsed.teacher).to(device) if parsed.teacher else None
    yield from run_parsing(
        ParsingRun(
            config, source, parsed.out, portraits, device, parsed.minutes, teacher, parsed.start
        )
    )


def _source(parsed: argparse.Namespace) -> Path | None:
    """The source data, or nothing where pictures were drawn before."""
    if parsed.portraits and not (parsed.source or os.environ.get(SOURCE_VARIABLE)):
        return None
    source = source_of(parsed)
    check_source(source)
    return source
