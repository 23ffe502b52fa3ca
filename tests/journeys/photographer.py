"""Stands in for the engine where only what a fit is asked matters."""

from __future__ import annotations

from collections.abc import Generator

from head360 import __main__ as command_line
from head360.errors import PhotoError
from head360.fitting.photo import Photo
from head360.fitting.request import FitOptions


class Photographer:
    """Remembers what was asked of it, and makes nothing."""

    def __init__(self) -> None:
        self.asked: list[FitOptions] = []

    def fit(self, photo: Photo, options: FitOptions) -> Generator[None, None, None]:
        self.asked.append(options)
        yield from ()
        raise PhotoError("It was only looked at.")

    def close(self) -> None:
        pass


def run(maker: Photographer, words: str) -> int:
    return command_line.main(["fit", *words.split()], lambda: maker)
