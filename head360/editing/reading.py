"""Reads a text: its words, freed of typing errors, and what each means.

The network chooses among the senses that a word can have; grammar has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from head360.editing.grammar import settle
from head360.editing.labels import GLUE, KEEP, NO, NUMBER, UNKNOWN
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
    "eyed": "topic:eyes", "haired": "topic:hair", "skinned": "topic:skin",

    "stop": NO, "quit": NO, "gone": NO, "stays": KEEP, "remains": KEEP,
    "unchanged": KEEP, "untouched": KEEP, "intact": KEEP,
}  # fmt: skip
_CONTRACTED = frozenset({"dont", "doesnt", "isnt", "arent", "wont", "shouldnt", "hasnt", "cant"})
#: “3 day beard”, “number 2 cut”: what is counted is no age.
_COUNTED = frozenset({"day", "days", "clock", "o'clock", "oclock", "number", "grade", "c"})
#: Words of a phrase stand at most so far apart.
_PHRASE = 4
#: A word that nobody taught means what the network says only if it is so sure.
_SURE = 0.75


def read(text: str, tagger: Tagger) -> tuple[list[Token], list[str]]:
    """The words of a text, freed of typing errors, and what each means."""
    words = list(_spelt(tokens(text)))
    spelt = [word.word for word in words]
    allowed = list(_allowed(spelt))
    told = tagger.label(spelt, allowed)
    if lonely := [at for at in range(len(spelt)) if _is_lonely(at, spelt, told)]:
        for at in lonely:
            allowed[at] = _alone(spelt[at])
        told = tagger.label(spelt, allowed)
    labels = [_label(word, label, sure) for word, (label, sure) in zip(spelt, told, strict=True)]
    settle(words, labels)
    return words, labels


def _spelt(found: Sequence[Token]) -> Iterator[Token]:
    for token in _joined(found):
        meant = corrected(token.word)
        pieces = apart(meant) if meant == token.word else (meant,)
        if len(pieces) == 1:
            yield replace(token, word=meant)
            continue
        cut = token.start + len(pieces[0])
        yield replace(token, word=pieces[0], end=cut)
        yield replace(token, word=pieces[1], start=cut, after_break=False)


def _joined(found: Sequence[Token]) -> Iterator[Token]:
    """“Make-up”, in two words as well, is one."""
    skip = False
    for token, after in pairwise([*found, Token("", 0, 0, True)]):
        if not skip:
            skip = (token.word, after.word) == ("make", "up") and not after.after_break
            yield replace(token, word="makeup", end=after.end) if skip else token
        else:
            skip = False


def _allowed(words: Sequence[str]) -> Iterator[frozenset[str] | None]:
    """Labels of each word among which the network may choose; None: any.

    A word that means something by itself cannot say nothing, unless it is a common one.
    """
    known = [senses(word) for word in words]
    bare = [{label.removeprefix("+") for label in own or ()} for own in known]
    for at, own in enumerate(known):
        if own is None:
            yield _allowed_strange(words, at)
            continue
        near = [labels for n, labels in enumerate(bare) if n != at and abs(n - at) <= _PHRASE]
        yield _alone(words[at]) | {o for o in bare[at] if any(o in each for each in near)}


def _alone(word: str) -> frozenset[str]:
    """What a known word can mean without others of its phrase."""
    own = senses(word) or frozenset()
    alone = frozenset(label for label in own if label[0] != "+")
    return alone or frozenset({GLUE} if own else {GLUE, UNKNOWN})


def _is_lonely(at: int, words: Sequence[str], told: Sequence[tuple[str, float]]) -> bool:
    """Whether a part got the name of another that it has in a phrase only, and no word shares it.

    “Hair” is of “hair tips” only beside “tips”.
    """
    label, own = told[at][0], senses(words[at]) or frozenset()
    named = any(each.startswith("topic:") for each in own)
    if not (named and label.startswith("topic:") and f"+{label}" in own):
        return False
    near = range(max(at - _PHRASE, 0), min(at + _PHRASE + 1, len(words)))
    return not any(told[n][0] == label for n in near if n != at)


def _allowed_strange(words: Sequence[str], at: int) -> frozenset[str] | None:
    """Digits are numbers, unless what they count says more; short strange words say nothing."""
    if words[at][0].isdigit():
        counted = _COUNTED & {*words[max(at - 1, 0) : at + 3]}
        return None if counted else frozenset({NUMBER, GLUE})
    return frozenset({GLUE, UNKNOWN}) if len(words[at]) <= SHORTEST else None


def _label(word: str, label: str, sure: float) -> str:
    if word in _SAYS_NOTHING:
        return GLUE
    if word in _SETTLED:
        return _SETTLED[word]
    if (word.endswith("n't") or word in _CONTRACTED) and label in (GLUE, UNKNOWN):
        return NO
    strange = len(word) > SHORTEST and word.isalpha() and not is_known(word)
    return UNKNOWN if strange and label != GLUE and sure < _SURE else label
