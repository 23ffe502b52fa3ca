"""Reads a text: its words, freed of typing errors, and what each means.

The network chooses among the senses that a word can have; grammar has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from head360.editing.grammar import settle
from head360.editing.labels import BIT, GLUE, KEEP, LESS, NO, NUMBER, UNKNOWN
from head360.editing.phrases import found_phrases, phrased
from head360.editing.spelling import SHORTEST, apart, corrected, is_known, senses
from head360.editing.tagger import Tagger
from head360.editing.tokens import Token, tokens

#: Whatever the network thinks of them.
_SAYS_NOTHING = frozenset(
    {"the", "an", "her", "his", "him", "she", "he", "they", "them", "their", "its", "it", "of",
     "to", "with", "make", "give", "me", "my", "and", "or", "but", "version", "again",
     "though", "shade", "go", "he's", "she's", "what", "when", "would"}
)  # fmt: skip
#: Words that always mean the same.
_SETTLED = {
    "teenage": "person:young",
    "eyed": "topic:eyes", "haired": "topic:hair", "skinned": "topic:skin",

    "neither": NO, "without": NO, "undo": NO, "stop": NO, "quit": NO, "gone": NO,
    "stays": KEEP, "remains": KEEP, "unchanged": KEEP, "untouched": KEEP, "intact": KEEP,
}  # fmt: skip
_CONTRACTED = frozenset({"dont", "doesnt", "isnt", "arent", "wont", "shouldnt", "hasnt", "cant"})
#: “3 day beard”, “number 2 cut”: what is counted is no age.
_COUNTED = frozenset({"day", "days", "clock", "o'clock", "oclock", "number", "grade", "c"})
#: As people type on a telephone.
_TYPED_SHORT = {
    "n": "and",
    "nd": "and",
    "u": "you",
    "ur": "your",
    "w": "with",
    "wo": "without",
    "abt": "about",
    "rly": "really",
    "v": "very",
    "nxt": "next",
    "lil": "little",
    "ppl": "people",
    "da": "the",
    "dis": "this",
    "dat": "that",
    "wit": "with",
    "em": "them",
    "teh": "the",
    "hte": "the",
    "adn": "and",
    "wiht": "with",
    "hsi": "his",
    "hes": "he's",
    "shes": "she's",
    "theyre": "they're",
    "cuz": "because",
    "coz": "because",
    "cos": "because",
    "bc": "because",
    "tho": "though",
    "wanna": "want",
    "les": "less",
    "gonna": "going",
}
#: “V shaped”: a letter and no word.
_LETTERED = frozenset({"shaped", "shape", "line", "neck"})
#: What is said by a phrase as a whole.
_WHOLE = ("move", "style", "person")
#: A word that nobody taught means what the network says only if it is so sure.
_SURE = 0.75


def read(text: str, tagger: Tagger) -> tuple[list[Token], list[str]]:
    """The words of a text, freed of typing errors, and what each means."""
    words = list(_spelt(tokens(text)))
    spelt = [word.word for word in words]
    allowed = list(_allowed(spelt))
    breaks = frozenset(at for at, word in enumerate(words) if word.after_break)
    told = _agreed(tagger, spelt, allowed, breaks)
    labels = [_label(word, label, sure) for word, (label, sure) in zip(spelt, told, strict=True)]
    settle(words, labels)
    return words, labels


def _agreed(
    tagger: Tagger,
    words: Sequence[str],
    allowed: list[frozenset[str] | None],
    breaks: frozenset[int],
) -> list[tuple[str, float]]:
    """Labels and how sure they are; the words of a phrase mean it together, or each for itself."""
    told = tagger.label(words, allowed)
    doubtful = False
    for places, label in found_phrases(words):
        if breaks & frozenset(range(min(places) + 1, max(places) + 1)):
            continue
        told_so = [told[at][0] == label for at in places]
        kind = label.partition(":")[0]
        others = {told[at][0].partition(":")[0] for at in places} - {GLUE}
        whole = kind in _WHOLE and (others <= {kind} or len(places) > 2)
        whole = whole or (kind in ("move", "topic") and others <= {kind, "topic"})
        ends = told[max(places)][0].startswith("person:") and kind == "style"  # “a balding man”
        near = {kind, "person", LESS, NO, UNKNOWN} | ({"topic"} if kind == "style" else set())
        split = kind in ("person", "style") and others <= near
        split = (split and not ends) or label == "hair:bald"
        if (whole and not any(told_so)) or ((len(places) > 2 or split) and not all(told_so)):
            doubtful = True
            for at in places:
                allowed[at] = frozenset({label})
        elif any(told_so) and not all(told_so):
            doubtful = True
            alone = all(_alone(words[at]) - {GLUE, UNKNOWN, label} for at in places)
            for at in places:
                allowed[at] = _alone(words[at]) if alone else frozenset({label, GLUE})
    return tagger.label(words, allowed) if doubtful else told


def _spelt(found: Sequence[Token]) -> Iterator[Token]:
    said = list(_joined(found))
    for token, after in zip(said, [*said[1:], None], strict=True):
        shaped = after is not None and after.word in _LETTERED and len(token.word) == 1
        short = None if shaped else _TYPED_SHORT.get(token.word)
        meant = short or corrected(token.word)
        pieces = apart(meant) if meant == token.word else (meant,)
        if len(pieces) == 1:
            yield replace(token, word=meant)
            continue
        cut = token.start + len(pieces[0])
        yield replace(token, word=pieces[0], end=cut)
        yield replace(token, word=pieces[1], start=cut, after_break=False)


_IN_TWO = {("make", "up"): "makeup", ("w", "o"): "without"}


def _joined(found: Sequence[Token]) -> Iterator[Token]:
    """“Make-up”, in two words as well, is one."""
    skip = False
    for token, after in pairwise([*found, Token("", 0, 0, True)]):
        if not skip:
            whole = _IN_TWO.get((token.word, after.word), "")
            skip = bool(whole) and (not after.after_break or whole == "without")
            yield replace(token, word=whole, end=after.end) if skip else token
        else:
            skip = False


def _allowed(words: Sequence[str]) -> Iterator[frozenset[str] | None]:
    """Labels of each word among which the network may choose; None: any.

    A word that means something by itself cannot say nothing, unless it is a common one.
    """
    for at, (word, together) in enumerate(zip(words, phrased(words), strict=True)):
        if senses(word) is not None:
            yield _alone(word) | together
        else:
            yield together | {GLUE, UNKNOWN} if together else _allowed_strange(words, at)


def _alone(word: str) -> frozenset[str]:
    """What a known word can mean without others of its phrase."""
    own = senses(word) or frozenset()
    alone = frozenset(label for label in own if label[0] != "+")
    return alone or frozenset({GLUE} if own else {GLUE, UNKNOWN})


def _allowed_strange(words: Sequence[str], at: int) -> frozenset[str] | None:
    """Digits are numbers, unless what they count says more; short strange words say nothing."""
    if words[at].endswith("%"):
        return frozenset({GLUE})
    if words[at][0].isdigit():
        counted = _COUNTED & {*words[max(at - 1, 0) : at + 3]}
        return None if counted else frozenset({NUMBER, GLUE})
    return frozenset({GLUE, UNKNOWN}) if len(words[at]) <= SHORTEST else None


def _label(word: str, label: str, sure: float) -> str:
    if word in _SAYS_NOTHING:
        return GLUE
    if word == "no" and label == GLUE:
        return NO
    if word in _SETTLED:
        return _SETTLED[word]
    if (word.endswith("n't") or word in _CONTRACTED) and label not in (NO, KEEP, BIT, LESS):
        return NO
    strange = len(word) > SHORTEST and word.isalpha() and not is_known(word)
    return UNKNOWN if strange and label != GLUE and sure < _SURE else label
