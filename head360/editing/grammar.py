"""What each word of a sentence means: the network chooses among the senses that a word can have,
and where a few words settle it, grammar does.

“Too big” wishes for less, “not too big” for a bit; “instead of” and “swap … for …” refuse; “don't
lose” keeps; “black” right before “man” is a skin; “the man” is whoever is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from head360.editing.labels import BIT, GLUE, KEEP, LESS, MORE, NO, NUMBER, UNKNOWN, YEARS
from head360.editing.spelling import SHORTEST, apart, corrected, is_known, senses
from head360.editing.tagger import Tagger
from head360.editing.tokens import Token, tokens

#: Labels beside the network's: what stands before something that another thing replaces, and
#: before something that is not wished for.
SWAP, NOT = "swap", "not"

#: Whatever the network thinks of them.
_SAYS_NOTHING = frozenset(
    {"the", "an", "her", "his", "him", "she", "he", "they", "them", "their", "its", "it", "of",
     "to", "with", "make", "give", "me", "my", "and", "or", "but", "version", "again",
     "though", "shade", "he's", "she's", "what", "when", "would"}
)  # fmt: skip
#: Words that always say which way.
_WAY_WORDS = {
    "stop": NO, "quit": NO, "gone": NO, "stays": KEEP, "remains": KEEP,
    "unchanged": KEEP, "untouched": KEEP, "intact": KEEP,
}  # fmt: skip
_OUGHT = frozenset({"must", "should", "to", "can", "gotta"})
#: “Don't lose the beard” keeps it.
_DENIALS = frozenset({"don't", "dont", "not", "never", "without", "didn't"})
_LOSING = frozenset(
    {"touch", "touching", "change", "changing", "alter", "altering", "lose", "losing", "remove",
     "removing", "cut", "cutting", "shave", "delete", "mess", "ruin", "hide", "trim"}
)  # fmt: skip
#: “Hasn't slept”, “not shaved” can be seen.
_UNDONE = {
    "slept": "topic:dark_circles", "sleep": "topic:dark_circles", "shaved": "topic:stubble",
}  # fmt: skip
_CONTRACTED = frozenset({"dont", "doesnt", "isnt", "arent", "wont", "shouldnt", "hasnt", "cant"})
_SWAPS = frozenset({"swap", "replace", "exchange", "trade", "substitute", "switch", "replacing"})
_FOR = frozenset({"for", "with", "by", "to"})
_INSTEAD = {("instead", "of"), ("rather", "than"), ("in", "place")}
#: “The man”, “this guy” mean whoever is there.
_POINTING = frozenset({"the", "this", "that", "our", "said"})
_BECOMING = frozenset({"into", "like", "as", "be", "version"})
_PEOPLE = frozenset({"person:male", "person:female", "person:old", "person:young"})
_PARTS = frozenset(
    f"topic:{part}" for part in ("hair", "eyes", "nose", "lips", "face", "chin", "head", "mouth")
)
_CUTTING = frozenset({"cut", "trim", "crop", "chop"})
_SKINS = {"color:black": "color:deep", "color:brown": "color:deep", "color:white": "color:pale"}
_PRONOUNS = frozenset({"she", "he", "her", "him", "them", "they"})
_AGEING = frozenset({"going", "gone", "turning", "went", "goes"})
#: Words of a phrase stand at most so far apart.
_PHRASE = 4
#: A word that nobody taught means what the network says only if it is so sure.
_SURE = 0.75


def read(text: str, tagger: Tagger) -> tuple[list[Token], list[str]]:
    """The words of a text, freed of typing errors, and what each means."""
    words = list(_spelt(tokens(text)))
    spelt = [word.word for word in words]
    told = tagger.label(spelt, list(_allowed(spelt)))
    labels = [_label(word, label, sure) for word, (label, sure) in zip(spelt, told, strict=True)]
    for rule in (
        _denied, _too, _after_topics, _years_on, _swapped, _pointed, _skins, _haircuts, _compounds,
    ):  # fmt: skip
        rule(words, labels)
    return words, labels


def _spelt(found: Sequence[Token]) -> Iterator[Token]:
    for token in found:
        meant = corrected(token.word)
        pieces = apart(meant) if meant == token.word else (meant,)
        if len(pieces) == 1:
            yield replace(token, word=meant)
            continue
        cut = token.start + len(pieces[0])
        yield replace(token, word=pieces[0], end=cut)
        yield replace(token, word=pieces[1], start=cut, after_break=False)


def _allowed(words: Sequence[str]) -> Iterator[frozenset[str] | None]:
    """Labels of each word among which the network may choose; None: any.

    A word that means something by itself cannot say nothing, unless it is a common one.
    """
    known = [senses(word) for word in words]
    bare = [{label.removeprefix("+") for label in own or ()} for own in known]
    for at, own in enumerate(known):
        if own is None:
            yield None
            continue
        near = [labels for n, labels in enumerate(bare) if n != at and abs(n - at) <= _PHRASE]
        alone = {label for label in own if label[0] != "+"}
        together = {label for label in bare[at] - alone if any(label in each for each in near)}
        if not alone:
            alone = {GLUE} if own else {GLUE, UNKNOWN}
        yield frozenset(alone | together)


def _label(word: str, label: str, sure: float) -> str:
    if word in _SAYS_NOTHING:
        return GLUE
    if word in _WAY_WORDS:
        return _WAY_WORDS[word]
    if (word.endswith("n't") or word in _CONTRACTED) and label in (GLUE, UNKNOWN):
        return NO
    strange = len(word) > SHORTEST and word.isalpha() and not is_known(word)
    return UNKNOWN if strange and label != GLUE and sure < _SURE else label


def _denied(words: Sequence[Token], labels: list[str]) -> None:
    """“Don't lose”, “without touching”: kept."""
    for at, word in enumerate(words[:-1]):
        follows = words[at + 1].word
        if word.word in _DENIALS and follows in _LOSING:
            labels[at] = labels[at + 1] = KEEP
        elif labels[at] == NO and follows in _UNDONE:
            labels[at], labels[at + 1] = GLUE, _UNDONE[follows]
        if word.word.startswith("cover") and any(
            w.word in ("with", "in") for w in words[at + 1 : at + 5]
        ):
            labels[at] = GLUE  # “cover her with freckles”


def _too(words: Sequence[Token], labels: list[str]) -> None:
    """“Too big” is less, “not too big” is a bit; at the end, “too” says nothing."""
    for at, word in enumerate(words):
        if word.word != "too":
            continue
        following = at + 1 < len(words) and not words[at + 1].after_break
        if not following or (labels[at + 1] in (GLUE, UNKNOWN) and words[at + 1].word != "much"):
            labels[at] = GLUE if labels[at] != BIT else BIT
            continue
        denied = at and (words[at - 1].word in _DENIALS or words[at - 1].word.endswith("n't"))
        labels[at] = BIT if denied else LESS
        if denied:
            labels[at - 1] = BIT
        if words[at + 1].word in ("much", "many"):
            labels[at + 1] = labels[at]


def _after_topics(words: Sequence[Token], labels: list[str]) -> None:
    """“The face longer”, “beard off”, “the beard must go”, “wrinkle-free”."""
    for at, word in enumerate(words[:-1]):
        topic, follows = labels[at].startswith("topic:"), words[at + 1].word
        if word.word == "face" and labels[at] == GLUE and labels[at + 1].startswith("shape:"):
            labels[at] = "topic:face"  # not “a face with …”
        elif topic and follows in ("off", "free", "away") and not words[at + 1].after_break:
            labels[at + 1] = NO
        elif follows == "go" and word.word in _OUGHT:
            labels[at], labels[at + 1] = GLUE, NO


def _haircuts(words: Sequence[Token], labels: list[str]) -> None:
    """“Cut her hair” takes some of it, “cut her hair off” all."""
    for at, word in enumerate(words):
        off = any(following.word == "off" for following in words[at + 1 : at + 4])
        if labels[at] == NO and word.word in _CUTTING and not off:
            hair = any(label == "topic:hair" for label in labels[at + 1 : at + 4])
            labels[at] = GLUE if hair else NO


def _compounds(words: Sequence[Token], labels: list[str]) -> None:
    """“A cowboy hat”, “a face tattoo” are one thing, and nothing that is known."""
    for at in range(len(words) - 1):
        joined = labels[at + 1] == UNKNOWN and not words[at + 1].after_break
        if joined and (labels[at] in _PEOPLE or labels[at] in _PARTS):
            labels[at] = UNKNOWN


def _years_on(words: Sequence[Token], labels: list[str]) -> None:
    """“Put ten years on her” is older."""
    for at, word in enumerate(words[1:], 1):
        if word.word == "on" and labels[at - 1] == YEARS and NUMBER in labels[:at]:
            labels[at] = MORE


def _swapped(words: list[Token], labels: list[str]) -> None:
    """“Swap the beard for stubble”, “stubble instead of a beard”."""
    for at, word in enumerate(words[:-1]):
        if (word.word, words[at + 1].word) in _INSTEAD:
            labels[at], labels[at + 1] = NOT, GLUE
            words[at] = replace(word, after_break=True)
        elif word.word in _SWAPS and labels[at] in (NO, GLUE, UNKNOWN):
            later = [n for n in range(at + 2, len(words) - 1) if words[n].word in _FOR]
            labels[at] = SWAP if later else GLUE
            if later:
                words[later[0] + 1] = replace(words[later[0] + 1], after_break=True)


def _pointed(words: Sequence[Token], labels: list[str]) -> None:
    """“Give the man a beard” makes nobody a man."""
    for at, label in enumerate(labels[1:], 1):
        if label not in ("person:male", "person:female"):
            continue
        becoming = at > 1 and words[at - 2].word in _BECOMING
        if words[at - 1].word in _POINTING and not becoming:
            labels[at] = GLUE


def _skins(words: Sequence[Token], labels: list[str]) -> None:
    """“A black man”, “she should be black” are about skin, “going white” is about hair."""
    for at, label in enumerate(labels):
        if label not in _SKINS:
            continue
        before = {word.word for word in words[max(at - 4, 0) : at]}
        rest = labels[at + 1 :]
        of_somebody = bool(rest) and rest[0] in _PEOPLE
        alone = not any(other.startswith(("topic:", "style:", UNKNOWN)) for other in rest[:2])
        said_of = bool(before & _PRONOUNS) and not before & _AGEING and alone
        no_part = not any(o.startswith(("topic:", "style:")) for o in labels[max(at - 4, 0) : at])
        if of_somebody or (said_of and no_part):
            labels[at] = _SKINS[label]
