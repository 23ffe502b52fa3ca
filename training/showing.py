"""Shows the face detector people, one seed after the other, and keeps what it says of each.

What was said before is read again, so that showing goes on where it was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from safetensors.numpy import load_file, save_file

from head360.cli.terminal import Terminal
from head360.files import replacing

Shown = TypeVar("Shown")
ShownSoFar = TypeVar("ShownSoFar", covariant=True)
_EVERY = 10  # people between two lines


class Showing(Protocol[ShownSoFar]):
    """Draws a person and has the detector look; what it says is a dataclass of arrays."""

    def show(self, seed: int) -> ShownSoFar | None:
        """Person `seed`; None: no face was found."""

    def close(self) -> None:
        """Free detector and renderer."""


def show_all(
    begin: Callable[[], Showing[Shown]],
    kind: Callable[..., Shown],
    seeds: Sequence[int],
    folder: Path,
) -> Generator[tuple[int, int], None, list[Shown]]:
    """Everybody in whom a face was found; yields how many of how many are done.

    Args:
        begin: makes what shows; called when somebody was not shown before.
        kind: what was said of a person, from its arrays by name.
        seeds: of the people.
        folder: where what was said is kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Shown] = []
    showing: Showing[Shown] | None = None
    try:
        for number, seed in enumerate(seeds):
            path = folder / f"{seed}.safetensors"
            if not path.exists():
                showing = showing or begin()
                _keep(showing.show(seed), path)
            if arrays := load_file(path):
                found.append(kind(**arrays))
            yield number + 1, len(seeds)
    finally:
        if showing is not None:
            showing.close()
    return found


def told(
    task: Generator[tuple[int, int], None, list[Shown]], terminal: Terminal, what: str
) -> list[Shown]:
    """Run `show_all` to its end; a terminal hears how far it is with “people” or “heads”."""
    while True:
        try:
            done, total = next(task)
        except StopIteration as finished:
            found: list[Shown] = finished.value
            return found
        if done % _EVERY == 0:
            terminal.note(f"{done}/{total} {what}")


def _keep(shown: Any, path: Path) -> None:
    """Write it; an empty file says that no face was found."""
    arrays = {} if shown is None else {name: getattr(shown, name) for name in shown.__slots__}
    with replacing(path) as partial:
        save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, partial)
