"""`python -m training train faces`: what learns from pictures of faces."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from training.arguments import SOURCE_VARIABLE, source_of
from training.device import chosen_device
from training.errors import check_source
from training.stages.faces_config import FacesConfig

FACE_STAGES = ("faces",)


def face_lines(parsed: argparse.Namespace, config: FacesConfig) -> Iterator[str]:
    """Run the stage.

    Raises:
        Head360Error: there is nothing to learn from.
    """
    from training.stages.run_faces import FacesRun, run

    source = _source(parsed)
    parsed.out.mkdir(parents=True, exist_ok=True)
    work, device = parsed.work or parsed.out / "work", chosen_device(parsed.device)
    yield from run(
        FacesRun(
            config, source, parsed.out, work, device, parsed.minutes, parsed.workers, parsed.start
        )
    )


def _source(parsed: argparse.Namespace) -> Path | None:
    """The source data, or nothing where shots were made before."""
    if parsed.work and not (parsed.source or os.environ.get(SOURCE_VARIABLE)):
        return None
    source = source_of(parsed)
    check_source(source)
    return source
