"""What the lists of words and phrases know about each word of a sentence, as the tagger sees it.

So the network need not learn words by heart: a word that was added to the lists later is used as
those that it stands beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from head360.editing.labels import LABELS
from head360.editing.phrases import phrased
from head360.editing.spelling import senses

_NUMBERS = {label: number for number, label in enumerate(LABELS)}
_STRANGE, _SAYS_NOTHING, _DIGITS = range(2 * len(LABELS), 2 * len(LABELS) + 3)
#: How many clues there are: each label by the word itself, each by its phrase, and three more.
CLUES = 2 * len(LABELS) + 3


def clues(words: Sequence[str]) -> list[tuple[int, ...]]:
    """The numbers, 0 … `CLUES` - 1, of what is known about each word, in small letters."""
    return [
        (*_own(word), *(len(LABELS) + _NUMBERS[label] for label in sorted(labels)))
        for word, labels in zip(words, phrased(words), strict=True)
    ]


@lru_cache(maxsize=8192)
def _own(word: str) -> tuple[int, ...]:
    if word[0].isdigit():
        return (_DIGITS,)
    known = senses(word)
    if known is None:
        return (_STRANGE,)
    alone = sorted(_NUMBERS[label] for label in known if label[0] != "+")
    return tuple(alone) or (_SAYS_NOTHING,)
