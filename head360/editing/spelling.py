"""Known words, what each can mean, and typing errors traced back to them.

A slip is two letters that changed places, one too many, one missing, or a wrong one (Damerau,
1964). Slips that fingers and ears make (a neighbouring key, another vowel, a doubled letter) cost
less than others; of the known words that are near enough, the cheapest is meant if no other
comes close. Words that are run together come apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from head360.editing.labels import GLUE, UNKNOWN

#: A known word a line, and its labels, with tabs between; `python -m training.prompt.spelling`
#: makes it.
WORD_FILE = Path(__file__).with_name("words.tsv")
#: Made by `training.prompt.ordinary`.
ORDINARY_FILE = Path(__file__).with_name("ordinary.txt")
#: Shorter words have too many neighbours.
SHORTEST = 3
#: What slips may cost, by the word's length; longer words stand two.
_BUDGETS = {3: 0.8, 4: 1.0, 5: 1.0, 6: 1.3, 7: 1.4}
_LONG_BUDGET = 2.0
#: Another word this near makes it unclear which was meant.
_MARGIN = 0.09
#: How much likelier people ask for something that words here can mean than say nothing.
_TELLING = 0.4
_DOUBLE, _EASY, _VOWEL, _HARD = 0.55, 0.7, 0.8, 1.3
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS = frozenset("aeiouy")
_ALIKE = ({"s", "z"}, {"c", "k"}, {"c", "s"})


@lru_cache(maxsize=1)
def meanings() -> Mapping[str, frozenset[str]]:
    """All words that are taken as they are, and the labels that each can have; some have none.

    Labels that begin with a plus need another word of the same label nearby.
    """
    # One set for all words of the same labels: thousands of new objects would call for a full
    # garbage collection, which takes longer than all the rest.
    sets: dict[str, frozenset[str]] = {"": frozenset()}
    found: dict[str, frozenset[str]] = {}
    for line in WORD_FILE.read_text("utf-8").splitlines():
        word, _, labels = line.partition("\t")
        if labels not in sets:
            sets[labels] = frozenset(labels.split("\t"))
        found[word] = sets[labels]
    return MappingProxyType(found)


@lru_cache(maxsize=8192)
def senses(word: str) -> frozenset[str] | None:
    """The labels that a word can have, or its singular, or what it is a form of; None: strange."""
    for known in (word, word.removesuffix("'s"), word.removesuffix("s")):
        if known in meanings():
            own = meanings()[known]
            if own and all(label[0] == "+" for label in own):  # “rosier cheeks”, but “rosier” too
                return own | (derived(word) or frozenset())
            return own
    return None if word in ordinary() else derived(word)


@lru_cache(maxsize=1)
def ordinary() -> frozenset[str]:
    """Common English words that say nothing of faces, so that they are no slips of others."""
    return frozenset(ORDINARY_FILE.read_text("utf-8").split())


#: Endings, and what stands in their place in the word that they were put to.
_FORMS = (
    ("iest", "y"), ("ier", "y"), ("iness", "y"), ("ily", "y"), ("ied", "y"), ("ies", "y"),
    ("ish", ""), ("ish", "e"), ("ness", ""), ("est", ""), ("est", "e"), ("ing", ""), ("ing", "e"),
    ("er", ""), ("er", "e"), ("ed", ""), ("ed", "e"), ("ly", ""), ("es", ""), ("en", ""),
    ("en", "e"), ("y", ""), ("y", "e"),
)  # fmt: skip
_TELLING_KINDS = ("topic", "shape", "color", "texture", "move", "hair", "style")


def derived(word: str) -> frozenset[str] | None:
    """What “rosier”, “rooted”, “bushiest” mean: as “rosy”, “root”, “bushy”."""
    for ending, instead in _FORMS:
        if not word.endswith(ending):
            continue
        base = word.removesuffix(ending) + instead
        single = base[:-1] if len(base) > 3 and base[-1:] == base[-2:-1] else base
        for known in (base, single):
            labels = {o for o in meanings().get(known, ()) if o.split(":")[0] in _TELLING_KINDS}
            if ending in ("y", "ly", "er", "est", "ness", "ish", "en"):
                labels = {o for o in labels if not o.startswith("topic:")}  # “skiny” is skinny
            if len(known) > 2 and labels:
                return frozenset(labels)
    return None


def is_known(word: str) -> bool:
    """Whether it is a known word, or the plural of one."""
    return senses(word) is not None


@lru_cache(maxsize=4096)
def corrected(word: str) -> str:
    """The word that was meant, in small letters; the word itself if that is not clear."""
    if not word.isascii() or not word.isalpha() or is_known(word) or word in ordinary():
        return word
    if (short := re.sub(r"(.)\1{2,}", r"\1", word)) != word:  # “looong”
        double = re.sub(r"(.)\1{2,}", r"\1\1", word)
        return double if is_known(double) else corrected(short)
    if len(word) < SHORTEST:
        return word
    costs = sorted(_candidates(word))
    near = {senses(known) for cost, known in costs if cost < costs[0][0] + _MARGIN}
    return costs[0][1] if len(near) == 1 else word  # one, or several that mean the same


@lru_cache(maxsize=4096)
def apart(word: str) -> tuple[str, ...]:
    """The two words that were run together (“bluehair”); the word itself if it is none."""
    strange = not is_known(word) and word not in ordinary()
    if len(word) <= 2 * SHORTEST or not word.isalpha() or not strange:
        return (word,)
    for cut in range(2, len(word) - 2):
        one, other = word[:cut], word[cut:]
        if meanings().get(one) and meanings().get(other) and len(other) > SHORTEST:
            return (one, other)
    return (word,)


def _candidates(word: str) -> list[tuple[float, str]]:
    """What it may have been, each with its cost."""
    budget = _BUDGETS.get(len(word), _LONG_BUDGET)
    letters = frozenset(word)
    found = []
    for known, labels in meanings().items():
        if abs(len(known) - len(word)) > 1 or len(known) <= SHORTEST:
            continue
        if not _same_start(word, known) or len(letters ^ frozenset(known)) > 2 * budget:
            continue
        cost = _distance(word, known)
        if cost <= budget:
            telling = any(label[0] not in (UNKNOWN, GLUE, "+") for label in labels)
            found.append((cost - (_TELLING if telling else 0.0), known))
    return found


def _same_start(word: str, known: str) -> bool:
    """The first letter is right, or just changed places with the second, or is missing."""
    return word[0] == known[0] or word[:2] == known[1::-1] or word[:2] == known[1:3]


def _distance(typed: str, meant: str) -> float:
    """The cost of the slips between two words (optimal string alignment)."""
    rows = [[0.0] * (len(meant) + 1) for _ in range(len(typed) + 1)]
    for i in range(len(typed) + 1):
        for j in range(len(meant) + 1):
            if i == 0 or j == 0:
                rows[i][j] = float(i + j)
                continue
            one, other = typed[i - 1], meant[j - 1]
            best = min(
                rows[i - 1][j] + _letter_cost(typed, i - 1),
                rows[i][j - 1] + _letter_cost(meant, j - 1),
                rows[i - 1][j - 1] + (0.0 if one == other else _swap_cost(one, other)),
            )
            if i > 1 and j > 1 and one == meant[j - 2] and typed[i - 2] == other:
                best = min(best, rows[i - 2][j - 2] + _EASY)
            rows[i][j] = best
    return rows[-1][-1]


def _letter_cost(word: str, at: int) -> float:
    """What one letter more, or less, costs."""
    if at and word[at] == word[at - 1]:
        return _DOUBLE
    return _VOWEL if word[at] in _VOWELS else 1.0


@lru_cache(maxsize=1024)
def _swap_cost(one: str, other: str) -> float:
    if (one in _VOWELS and other in _VOWELS) or {one, other} in _ALIKE:
        return _EASY
    places = [
        (row, keys.index(letter)) for letter in (one, other)
        for row, keys in enumerate(_ROWS) if letter in keys
    ]  # fmt: skip
    near = len(places) == 2 and max(abs(a - b) for a, b in zip(*places, strict=True)) <= 1
    return 1.0 if near else _HARD
