"""Errors a caller may want to show to a person; anything else is a bug and should crash loudly."""

from __future__ import annotations

import difflib
from collections.abc import Collection


class Head360Error(Exception):
    """Base of every expected failure: `str(error)` is ready to show, `hint` says what to do."""

    hint = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class UnknownNameError(Head360Error):
    """Someone named a hairstyle, blendshape, preset or file kind that does not exist."""

    def __init__(self, kind: str, name: str, known: Collection[str]) -> None:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"Did you mean “{close[0]}”?" if close else f"Known: {', '.join(sorted(known))}."
        super().__init__(f"There is no {kind} called “{name}”.", hint)


class ProjectFileError(Head360Error):
    """A `.h360` project file cannot be read or written."""


class ResourceError(Head360Error):
    """A file that ships with the program is missing or damaged."""

    hint = "Reinstall Head360 Studio, or run “head360 doctor” to see what is missing."


class GraphicsError(Head360Error):
    """No usable OpenGL context could be made."""

    hint = (
        "Install a graphics driver or Mesa (software OpenGL); "
        "“head360 doctor” shows what was tried."
    )


class ExportError(Head360Error):
    """An export could not be written."""


class AssetError(Head360Error):
    """A file that is fetched on first use is not here, or could not be fetched."""


class DrivingError(Head360Error):
    """A face cannot be followed or recorded: no camera, no port, no face, an unreadable file."""


class PhotoError(Head360Error):
    """A photo cannot be read, or no head can be made from it."""


class EditError(Head360Error):
    """An edit cannot be made, or would change nothing."""
