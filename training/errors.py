"""Errors of training that a person can do something about."""

from __future__ import annotations

from pathlib import Path

from head360.errors import Head360Error


class SourceError(Head360Error):
    """The source data is not where it should be."""

    hint = (
        "Give the folder that holds ict_head.npz and env.npz with --source DIR, "
        "or set the environment variable HEAD360_SOURCE to it."
    )


def check_source(folder: Path) -> None:
    """Make sure that the source data is there.

    Raises:
        SourceError: it is not.
    """
    for name in ("ict_head.npz", "env.npz"):
        if not (folder / name).is_file():
            raise SourceError(f"There is no source data in “{folder}”: {name} is missing.")
