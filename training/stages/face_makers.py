"""Processes that draw portraits and make shots of them while networks learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from training.stages.face_pictures import Sheet
from training.stages.faces_config import FacesConfig
from training.stages.makers import Makers
from training.stages.shots import ShotMaker


def shot_makers(
    source: Path, folder: Path, config: FacesConfig, listed: Sequence[Sheet], count: int
) -> Makers:
    """So many processes that make those files in `folder` which are not there yet, in order."""
    missing = [sheet for sheet in listed if not sheet.path(folder).exists()]
    shares = [missing[number::count] for number in range(count)]
    return Makers(_make, [(source, folder, config, share) for share in shares])


def make_shots(
    source: Path, folder: Path, config: FacesConfig, listed: Sequence[Sheet]
) -> Iterator[Sheet]:
    """Make files one after another, those that are there already left out; yields each."""
    missing = [sheet for sheet in listed if not sheet.path(folder).exists()]
    if not missing:
        return
    maker = ShotMaker(source, config.pictures, config.shots)
    try:
        for sheet in missing:
            maker.make(sheet).save(sheet.path(folder))
            yield sheet
    finally:
        maker.release()


def _make(source: Path, folder: Path, config: FacesConfig, listed: Sequence[Sheet]) -> None:
    for _ in make_shots(source, folder, config, listed):
        pass
