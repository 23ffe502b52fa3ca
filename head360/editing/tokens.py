"""Words of a sentence, as the tagger sees them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: Letters of any language and digits; apostrophes within a word stay.
_WORD = re.compile(r"\d+(?=\s?%)|[^\W_]+(?:['’][^\W_]+)*")
_PERCENT = re.compile(r"\s?%")
#: What ends a thought.
_BREAKS = re.compile(r"[,;.!?&+/\n→]|[-=]+>")
_ADDED = re.compile(r"(?:^|[\s,;:])[+]$")
_TAKEN_OFF = re.compile(r"(?:^|[\s,;:])[-−]$")
_BUCKETS_AT = 2166136261  # FNV-1a, 32 bit
_PRIME = 16777619


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `text[start:end]`."""

    word: str  # small letters, no accents
    start: int
    end: int
    after_break: bool  # whether a comma or the like stands before it


def tokens(text: str) -> list[Token]:
    """The words of a text, in order."""
    found: list[Token] = []
    end = 0
    for match in _WORD.finditer(text):
        between = text[end : match.start()]
        if _TAKEN_OFF.search(text[: match.start()]):  # “-lipstick”
            found.append(Token("no", match.start() - 1, match.start(), True))
            between = ""
        if _ADDED.search(text[: match.start()]):  # “+10 years”
            found.append(Token("more", match.start() - 1, match.start(), True))
            between = ""
        percent = _PERCENT.match(text, match.end()) if match[0].isdigit() else None
        end = percent.end() if percent else match.end()
        word = f"{match[0]}%" if percent else _plain(match[0])
        found.append(Token(word, match.start(), end, bool(_BREAKS.search(between))))
    return found


def _plain(word: str) -> str:
    spread = unicodedata.normalize("NFKD", word.replace("’", "'")).lower()
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


@lru_cache(maxsize=4096)
def features(word: str, buckets: int) -> tuple[int, ...]:
    """Numbers 0 … buckets - 1 of a word's pieces: itself and all its runs of 2 to 5 letters."""
    marked = f"<{_digits_as_one(word)[:24]}>"
    pieces = {marked}
    for size in range(2, 6):
        pieces.update(marked[i : i + size] for i in range(len(marked) - size + 1))
    return tuple(sorted(_hash(piece) % buckets for piece in pieces))


def _digits_as_one(word: str) -> str:
    """All numbers look alike: how large they are is read later."""
    return re.sub(r"\d+", "0", word)


def _hash(piece: str) -> int:
    value = _BUCKETS_AT
    for byte in piece.encode():
        value = ((value ^ byte) * _PRIME) & 0xFFFFFFFF
    return value
