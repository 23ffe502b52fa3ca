"""Typing errors: a word that nobody taught, one slip away from just one that is known.

A slip is two letters that changed places, one too many, one missing, or (in long words, where
another word is seldom so near) a wrong one; the first letter is right (Damerau, 1964).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from string import ascii_lowercase

#: One known word a line; `python -m training.prompt.spelling` makes it.
WORD_FILE = Path(__file__).with_name("spelling.txt")
#: Shorter words have too many neighbours.
SHORTEST = 4
_LONG = 6


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """All words that are taken as they are."""
    return frozenset(WORD_FILE.read_text("utf-8").split())


@lru_cache(maxsize=4096)
def corrected(word: str) -> str:
    """The word that was meant, in small letters; the word itself if that is not clear."""
    if len(word) < SHORTEST or not word.isascii() or not word.isalpha() or is_known(word):
        return word
    for slips in (_swapped(word), _missed(word), _wrong(word)):
        meant = known_words().intersection(slips)
        if meant:
            return min(meant) if len(meant) == 1 else word
    return word


def is_known(word: str) -> bool:
    """Whether it is a known word, or the plural of one."""
    return word in known_words() or (word.endswith("s") and word[:-1] in known_words())


def _swapped(word: str) -> Iterator[str]:
    for at in range(1, len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _missed(word: str) -> Iterator[str]:
    """One letter more, or one less."""
    for at in range(1, len(word) + 1):
        if len(word) > SHORTEST:
            yield word[:at] + word[at + 1 :]
        yield from (word[:at] + letter + word[at:] for letter in ascii_lowercase)


def _wrong(word: str) -> Iterator[str]:
    if len(word) >= _LONG:
        for at in range(1, len(word)):
            yield from (word[:at] + letter + word[at + 1 :] for letter in ascii_lowercase)
