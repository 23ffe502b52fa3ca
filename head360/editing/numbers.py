"""Numbers in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER_WORDS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "hundred": 100, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "teens": 16, "twenties": 25, "thirties": 35, "forties": 45,
    "fifties": 55, "sixties": 65, "seventies": 75, "eighties": 85, "nineties": 95,
}  # fmt: skip


def number_said(words: Sequence[str]) -> float | None:
    """Years that words say: 70, seventy-five, “the sixties”."""
    total = 0.0
    years = [float(word) for word in words if word.isdigit() and len(word) < 3]
    if len(years) == 2:  # “16 to 18”
        return sum(years) / 2
    for word in words:
        digits = re.match(r"\d{1,3}(?!\d)", word)
        if digits:
            value = float(digits[0])
            total += value + 5 if re.fullmatch(r"\d0'?s", word) else value
        else:
            plain = re.sub(r"tys$", "ties", re.sub(r"(something|ish|odd)$", "", word))
            total += _NUMBER_WORDS.get(plain, 0)
    return total or None
