"""Where commands write: said to be impossible before the work, not after it."""

from __future__ import annotations

import os
from pathlib import Path

from head360.cli.arguments import UsageError
from head360.errors import ExportError
from head360.project import SUFFIX


def project_target(path: Path, *, force: bool) -> Path:
    """Where a project is to be written, its ending added.

    Raises:
        UsageError: it is no project's name, or exists and is not to be replaced.
        ExportError: its folder takes no files.
    """
    path = path if path.suffix else path.with_name(path.name + SUFFIX)
    if path.suffix.lower() != SUFFIX:
        raise UsageError(f"“{path.name}” is not a project's name.", f"Let it end in {SUFFIX}.")
    if path.exists() and not force:
        raise UsageError(
            f"“{path}” exists already.", "Choose another name, or say --force to replace it."
        )
    check_folder(path.parent)
    return path


def check_folder(folder: Path) -> None:
    """Whether files can be written there.

    Raises:
        ExportError: it is no folder, or takes no files.
    """
    if not folder.is_dir():
        problem = "is no folder" if folder.exists() else "does not exist"
        raise ExportError(f"The folder “{folder}” {problem}.", "Make it, or choose another one.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ExportError(f"Nothing can be written in “{folder}”.", "Choose another folder.")


def make_folder(folder: Path) -> None:
    """Make a folder for files, unless it is there.

    Raises:
        ExportError: it cannot be made, or takes no files.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise ExportError(f"“{folder}” is no folder.", "Choose another one.") from error
    except OSError as error:
        raise ExportError(
            f"The folder “{folder}” cannot be made: {error.strerror or error}.",
            "Choose another one.",
        ) from error
    check_folder(folder)
