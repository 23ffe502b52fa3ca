"""Phrases of several words that mean one thing: “bags under the eyes”, “close the mouth”.

They are found by the stems of their words, in order; articles and possessives do not count, and a
word that says how much may stand between (“lips slightly parted”).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

#: A label a line and its phrases, with tabs between; `training.prompt.spelling` makes it.
PHRASE_FILE = Path(__file__).with_name("phrases.tsv")
#: Words that phrases do without.
IDLE = frozenset(
    {"the", "a", "an", "her", "his", "their", "my", "your", "our", "its", "that", "this", "those",
     "these", "some", "it", "him", "them"}
)  # fmt: skip
#: Words that may stand within a phrase.
_BETWEEN = frozenset(
    {"slightly", "bit", "little", "very", "really", "so", "more", "just", "tightly", "all", "both",
     "right", "straight", "completely", "quite", "too", "even", "rather", "half"}
)  # fmt: skip
#: Within a hairstyle, its colour and how it is worn: “two blonde braids”.
_WORN = frozenset(
    {"blonde", "blond", "black", "red", "brown", "ginger", "grey", "gray", "white", "pink",
     "purple", "blue", "green", "silver", "auburn", "thick", "thin", "neat", "tight", "loose",
     "messy", "sleek", "little", "big", "cute", "dark", "brunette"}
)  # fmt: skip
#: Of these, other forms of the words mean the same: to raise brows, and raised brows. To trim a
#: beard is not to have a trimmed one.
_BENT = ("move", "hair", "style", "person", "light", "no", "keep", "more", "less", "years")
_ENDINGS = re.compile(r"(?<=..)(?:ing|ed|es|s|e|d|y|ies|ied)$")


@dataclass(frozen=True, slots=True)
class _Phrase:
    """The words of a phrase that count, as they are and without endings."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    label: str

    @property
    def bent(self) -> bool:
        """Whether other forms of its words will do."""
        return self.label.partition(":")[0] in _BENT


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its ending: “raised”, “raises” and “raising” are alike."""
    short = _ENDINGS.sub("", word.removesuffix("'s"))
    return short[:-1] if len(short) > 3 and short[-1] == short[-2] else short


def counting(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a phrase that count."""
    return tuple(word for word in words if word not in IDLE)


@lru_cache(maxsize=1)
def _listed() -> Mapping[str, str]:
    """All phrases by the stem of their first word, a line each: its label, a tab, its words.

    They stay text until they are needed: thousands of new objects would call for a full garbage
    collection, for which the first sentence would wait.
    """
    by_first: dict[str, str] = {}
    for line in PHRASE_FILE.read_text("utf-8").splitlines():
        label, *texts = line.split("\t")
        for text in texts:
            first = stem(next((word for word in text.split(" ") if word not in IDLE), ""))
            by_first[first] = f"{by_first.get(first, '')}{label}\t{text}\n"
    return MappingProxyType(by_first)


@lru_cache(maxsize=4096)
def beginning(first: str) -> tuple[_Phrase, ...]:
    """The phrases whose first word has a stem."""
    lines = [line.split("\t") for line in _listed().get(first, "").splitlines()]
    alike = {(counting(text.split(" ")), label) for label, text in lines}
    return tuple(
        _Phrase(words, tuple(map(stem, words)), label)
        for words, label in sorted(alike)
        if len(words) > 1
    )


def phrased(words: Sequence[str]) -> list[frozenset[str]]:
    """For each word, the labels of the longest phrases that it is part of."""
    longest = found_phrases(words)
    return [
        frozenset(label for places, label in longest if at in places) for at in range(len(words))
    ]


def found_phrases(words: Sequence[str]) -> list[tuple[frozenset[int], str]]:
    """Where the words of each phrase stand, and its label; none is part of a longer one."""
    own = [stem(word) for word in words]
    covered: list[tuple[frozenset[int], str]] = []
    for start, first in enumerate(own):
        if words[start] in IDLE:
            continue
        for phrase in beginning(first):
            if places := _places(words, own, start, phrase):
                covered.append((places, phrase.label))
    ridges = [places for places, label in covered if label == "topic:brow_ridge"]
    return [
        (p, label)
        for p, label in covered
        if not any(p < q for q, _ in covered)
        and not (label == "topic:brows" and any(p & ridge for ridge in ridges))
    ]


def _places(
    words: Sequence[str], own: Sequence[str], start: int, phrase: _Phrase
) -> frozenset[int]:
    """Where the words of a phrase stand; nothing if it is not there."""
    places, at = set[int](), start
    for bent, exact in zip(phrase.stems, phrase.words, strict=True):
        while at < len(words) and own[at] != bent:
            worn = phrase.label.startswith("style:") and words[at] in _WORN and exact != "hair"
            if not places or not (words[at] in IDLE or words[at] in _BETWEEN or worn):
                return frozenset()
            at += 1
        if at == len(words) or not (phrase.bent or _same(words[at], exact)):
            return frozenset()
        places.add(at)
        at += 1
    return frozenset(places)


def _same(one: str, other: str) -> bool:
    """Alike but for a plural."""
    return one.removesuffix("s") == other.removesuffix("s")
