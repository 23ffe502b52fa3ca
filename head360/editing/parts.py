"""Labelled words put together: runs of words that mean one thing, clause by clause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from head360.editing.labels import GLUE, split_label
from head360.editing.tokens import Token

#: Words that end the reach of a modifier, as a comma does.
_JOINTS = frozenset(["and", "but", "then", "also", "plus", "while", "with"])
#: Over these, “no” and “keep” go on: “no beard or moustache”.
_ALTERNATIVES = frozenset(["or", "nor", "and"])
#: Behind these, “no” does not go on: “no beard and give him a moustache”.
_GIVING = frozenset(["give", "make", "put", "get", "let", "have", "has", "grow", "want", "needs"])
#: “Pale as a ghost”, “the girl in my book”: what stands behind is there to compare or to place.
_COMPARING = frozenset(["as", "like", "than", "in", "from", "at", "for"])
#: “It is a bit long, shorten it”: what says how it is, and what points back to it.
_STATING = frozenset(
    ["is", "are", "was", "looks", "look", "looking", "seems", "seem", "too", "isn't", "aren't",
     "it's", "they're"]
)  # fmt: skip
#: “Fill in the brows, they're sparse”: how it is now, not what is wished.
_COMPLAINING = frozenset(["it's", "they're", "she's", "he's", "has"])
_POINTING = frozenset(["it", "them", "that", "those"])
_GLUE_WITHIN = 3  # words of glue that a phrase may hold


@dataclass(frozen=True, slots=True)
class Part:
    """A run of words that mean one thing."""

    label: str
    start: int  # in the text
    end: int
    clause: int  # counts the breaks before it
    words: tuple[str, ...]
    alternative: bool  # joined to what stood before by “or”, “and”, not by a comma
    compared: bool = False  # behind “as”, “like”, “in”, with nothing but articles between
    stated: bool = False  # whether it says how something is now
    of_it: bool = False  # right before “it”
    of_it_before: bool = False  # behind “it”: “make it red”
    complains: bool = False  # behind “they're”

    @property
    def kind(self) -> str:
        """`topic`, `shape`, `color` …"""
        return split_label(self.label)[0]

    @property
    def name(self) -> str:
        """What of that kind."""
        return split_label(self.label)[1]

    @property
    def compares(self) -> bool:
        """Whether it is relative: “longer”, not “long”."""
        return any(re.search(r"(?<!long-hair)(er|en|ened)$", w) and len(w) > 4 for w in self.words)


def parts_of(words: Sequence[Token], labels: Sequence[str]) -> Iterator[Part]:
    """Runs of equal labels, glue left out."""
    clause, joined, run = 0, False, 0
    for at, (word, label) in enumerate(zip(words, labels, strict=True)):
        if at < run:
            continue
        if word.after_break:
            clause, joined = clause + 1, False
        if label == GLUE:
            if word.word in _JOINTS or word.word in _ALTERNATIVES:
                clause, joined = clause + 1, word.word in _ALTERNATIVES
            elif word.word in _GIVING:
                joined = False
            continue
        run = _run_end(words, labels, at)
        run_words = tuple(w.word for w in words[at:run])
        compared = any(w.word in _COMPARING for w in words[max(at - 2, 0) : at])
        stated = any(w.word in _STATING for w in words[max(at - 4, 0) : at])
        of_it = run < len(words) and words[run].word in _POINTING and not words[run].after_break
        span = (word.start, words[run - 1].end)
        behind_it = any(w.word in _POINTING for w in words[max(at - 2, 0) : at])
        complains = any(w.word in _COMPLAINING for w in words[max(at - 3, 0) : at])
        said = (joined, compared, stated, of_it, behind_it, complains)
        yield Part(label, *span, clause, run_words, *said)
        joined = False


def _run_end(words: Sequence[Token], labels: Sequence[str], start: int) -> int:
    """Where a run ends: glue within it (“bags under the eyes”) belongs to it, joints do not."""
    end = at = start + 1
    while at < len(words) and not words[at].after_break and at - end < _GLUE_WITHIN:
        if labels[at] == labels[start]:
            end = at + 1
        elif labels[at] != GLUE or words[at].word in _JOINTS | _ALTERNATIVES:
            break
        at += 1
    return end
