"""How the values of options are written: numbers, sizes, colours."""

from __future__ import annotations

import argparse
import re


def number(text: str) -> float:
    """A number of reasonable size."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -1e6 < value < 1e6:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number such as 30 or -12.5")
    return value


def share(text: str) -> float:
    """A number from 0 to 1."""
    value = number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not within 0 … 1")
    return value


def seed(text: str) -> int:
    """A whole number that is not negative."""
    if not re.fullmatch(r"[0-9]{1,30}", text):
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 0 on")
    return int(text)


def picture_size(text: str) -> tuple[int, int]:
    """Width and height from “512” or “1280x720”."""
    if not (match := re.fullmatch(r"([0-9]{1,9})(?:[x×]([0-9]{1,9}))?", text)):
        raise argparse.ArgumentTypeError(f"“{text}” is not a size such as 512 or 1280x720")
    width = int(match[1])
    return width, int(match[2] or width)


def background_colors(text: str) -> tuple[tuple[float, float, float], ...]:
    """One or two sRGB colours."""
    colors = tuple(srgb(part.strip()) for part in text.split(","))
    if len(colors) > 2:
        raise argparse.ArgumentTypeError(f"“{text}” names more than two colours")
    return colors


#: Colours that have a name here.
_NAMED = {"black": "#000000", "white": "#ffffff", "grey": "#808080", "gray": "#808080"}


def srgb(text: str) -> tuple[float, float, float]:
    """An sRGB colour, 0 … 1, from “#rrggbb”, “rrggbb”, “#rgb” or black, white, grey."""
    digits = _NAMED.get(text.lower(), text).removeprefix("#")
    if re.fullmatch(r"[0-9a-fA-F]{3}", digits):
        digits = "".join(2 * digit for digit in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        raise argparse.ArgumentTypeError(f"“{text}” is not a colour such as #8a5a3c")
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue
