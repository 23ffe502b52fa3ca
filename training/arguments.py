"""Arguments that several training commands share."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from pathlib import Path

from training.errors import SourceError

#: Environment variable with the folder of the source data.
SOURCE_VARIABLE = "HEAD360_SOURCE"


def add_source(parser: argparse.ArgumentParser) -> None:
    """`--source DIR`."""
    parser.add_argument(
        "--source",
        type=Path,
        metavar="DIR",
        help=f"folder of ict_head.npz and env.npz (default: ${SOURCE_VARIABLE})",
    )


def source_of(parsed: argparse.Namespace) -> Path:
    """The chosen folder.

    Raises:
        SourceError: none was chosen.
    """
    chosen = parsed.source or os.environ.get(SOURCE_VARIABLE)
    if not chosen:
        raise SourceError("No source data was chosen.")
    return Path(chosen)


def add_device(parser: argparse.ArgumentParser) -> None:
    """`--device auto|cpu|cuda`; `training.device.chosen_device` turns it into a device."""
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute (default: the graphics card, if there is one)",
    )


def count(least: int, most: int) -> Callable[[str], int]:
    """A converter to whole numbers within bounds."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"“{text}” is no whole number") from error
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {least} … {most}, not {value}")
        return value

    return convert


def minutes(text: str) -> float:
    """A converter to a positive number of minutes."""
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is no number of minutes") from error
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be more than 0, not {text}")
    return value
