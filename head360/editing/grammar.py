"""What each word of a sentence means, where a few words settle it.

“Too big” wishes for less, “not too big” for a bit; “instead of” and “swap … for …” refuse; “don't
lose” keeps; “black” right before “man” is a skin; “the man” is whoever is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from head360.editing.gestures import looks, moves, states
from head360.editing.labels import (
    BIT,
    GLUE,
    KEEP,
    LESS,
    MORE,
    MUCH,
    NO,
    NUMBER,
    SHAPES,
    UNKNOWN,
    YEARS,
)
from head360.editing.tokens import Token
from head360.editing.turns import turn

#: Labels beside the network's: what stands before something that another thing replaces, and
#: before something that is not wished for.
SWAP, NOT = "swap", "not"

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
    "shaving": "topic:stubble",
}  # fmt: skip
_TOO_MUCH = frozenset({MUCH, *(f"shape:{shape}" for shape in SHAPES)})
_SWAPS = frozenset({"swap", "replace", "exchange", "trade", "substitute", "switch", "replacing"})
_FOR = frozenset({"for", "with", "by", "to"})
_INSTEAD = {("instead", "of"), ("rather", "than"), ("in", "place")}
_DENIED = ("color", "texture", "shape")
#: “The man”, “this guy” mean whoever is there.
_POINTING = frozenset({"the", "this", "that", "our", "said"})
_BECOMING = frozenset({"into", "like", "as", "be", "version"})
_PEOPLE = frozenset({"person:male", "person:female", "person:old", "person:young"})
_AGED = frozenset({"old", "young", "older", "younger", "elderly", "aged", "female", "male"})
_THEIRS = frozenset({"my", "his", "her", "your", "our", "their"})
_PINNED = frozenset({"piercing", "piercings", "ring", "stud", "studs", "rings"})
_SEEMING = frozenset({"look", "looks", "looking", "seem", "be", "is", "appear"})
_PARTICLES = {
    ("tone", "down"): LESS, ("turn", "down"): LESS, ("dial", "down"): LESS, ("dial", "back"): LESS,
    ("play", "down"): LESS, ("cut", "down"): LESS, ("turn", "up"): MORE, ("play", "up"): MORE,
    ("bring", "out"): MORE, ("take", "off"): NO, ("take", "away"): NO, ("take", "out"): NO,
    ("wipe", "off"): NO, ("wash", "off"): NO, ("get", "off"): NO, ("cover", "up"): NO,
}  # fmt: skip
_FIGURES = {
    "shape:narrow": "person:slim", "shape:thin": "person:slim", "shape:full": "person:heavy",
    "shape:big": "person:heavy", "shape:wide": "person:heavy",
}  # fmt: skip
_SEXES = frozenset({"person:male", "person:female"})
_PARTS = frozenset(
    f"topic:{part}" for part in ("hair", "eyes", "nose", "lips", "face", "chin", "head", "mouth")
)
_CUTTING = frozenset({"cut", "trim", "crop", "chop"})
_SKINS = {
    "color:black": "color:deep", "color:brown": "color:deep", "color:dark brown": "color:deep",
    "color:white": "color:pale",
}  # fmt: skip
_PRONOUNS = frozenset({"she", "he", "her", "him", "them", "they"})
_AGEING = frozenset({"going", "gone", "turning", "went", "goes"})


def settle(words: list[Token], labels: list[str]) -> None:
    """Change labels, and where clauses begin, as a few words demand."""
    for rule in (
        _denied, _leaving, _excepted, _particles, _too, _after_topics, _years_on, _swapped, _not,
        _pointed, _skins, _haircuts, _shaves, _people_shaped, _locks, moves, states, looks,
        turn, _reddened, _similes, _between, _compounds,
    ):  # fmt: skip
        rule(words, labels)


def _denied(words: list[Token], labels: list[str]) -> None:
    """“Don't lose”, “without touching”: kept."""
    for at, word in enumerate(words[:-1]):
        follows = words[at + 1].word
        if word.word in _DENIALS and follows in _LOSING:
            labels[at] = labels[at + 1] = KEEP
            words[at] = replace(word, after_break=True)
        elif labels[at] == NO and follows in _UNDONE:
            labels[at], labels[at + 1] = GLUE, _UNDONE[follows]
        if word.word.startswith("cover") and any(
            w.word in ("with", "in") for w in words[at + 1 : at + 5]
        ):
            labels[at] = GLUE  # “cover her with freckles”


def _leaving(words: Sequence[Token], labels: list[str]) -> None:
    """“Leave a mohawk” wishes for one, “leave the mohawk” keeps it."""
    for at, label in enumerate(labels[:-1]):
        if label == KEEP and words[at + 1].word in ("a", "an", "just", "some", "only"):
            labels[at] = GLUE


def _excepted(words: list[Token], labels: list[str]) -> None:
    """“Everything stays except the hair”: that is what changes."""
    for at, word in enumerate(words):
        before = [n for n in range(at) if labels[n] == KEEP or words[n].word == "same"]
        whole = {"everything", "all"} & {w.word for w in words[:at]}
        if word.word in ("except", "apart", "besides", "but") and before and whole:
            for n in (*before, at):
                labels[n] = GLUE
            words[at] = replace(word, after_break=True)


def _particles(words: Sequence[Token], labels: list[str]) -> None:
    """“Tone the freckles down”, “take her lipstick off”."""
    for at, word in enumerate(words):
        for n in range(at + 2, min(at + 6, len(words))):
            told = _PARTICLES.get((word.word, words[n].word))
            between = [label for label in labels[at + 1 : n] if label != GLUE]
            if told and between and all(label.startswith("topic:") for label in between):
                labels[at], labels[n] = told, GLUE
                break


def _people_shaped(words: Sequence[Token], labels: list[str]) -> None:
    """“Slim her down” is about her, not about a part that is named later."""
    for at, label in enumerate(labels[:-1]):
        part = labels[at + 2 : at + 3] and labels[at + 2].startswith("topic:")
        if label in _FIGURES and words[at + 1].word in ("her", "him", "them", "me") and not part:
            labels[at] = _FIGURES[label]
            beyond = words[at + 2 : at + 3]
            if beyond and (labels[at + 2] == label or beyond[0].word in ("up", "down", "out")):
                labels[at + 2] = GLUE


def _locks(words: Sequence[Token], labels: list[str]) -> None:
    """“Dreads” are a style, “dreaded hair” is hair like that."""
    for at, label in enumerate(labels):
        hair = labels[at + 1 : at + 2] == ["topic:hair"]
        if label == "texture:locked" and words[at].word.endswith("s") and not hair:
            labels[at] = "style:dreadlocks"


def _too(words: Sequence[Token], labels: list[str]) -> None:
    """“Too big” is less, “not too big” is a bit; at the end, “too” says nothing."""
    for at, word in enumerate(words):
        mistyped = word.word == "to" and 0 < at < len(words) - 1 and labels[at + 1] in _TOO_MUCH
        if mistyped and labels[at - 1].startswith("topic:"):
            labels[at] = LESS  # “eyebrows to thick”
            labels[at + 1] = "shape:full" if words[at + 1].word == "thick" else labels[at + 1]
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
        if word.word == "face" and labels[at] == GLUE and _shaped(labels[at + 1 : at + 3]):
            labels[at] = "topic:face"  # not “a face with …”
        elif topic and follows in ("off", "free", "away") and not words[at + 1].after_break:
            labels[at + 1] = NO
        elif topic and follows == "thick" and labels[at + 1] == MUCH:
            labels[at + 1] = "shape:full"  # “lips: thick”
        elif word.word == "same" and labels[at + 1].startswith("topic:"):
            labels[at] = KEEP
        elif word.word == "never" and follows == "mind":
            labels[at] = labels[at + 1] = KEEP
        elif follows == "go" and word.word in _OUGHT:
            labels[at], labels[at + 1] = GLUE, NO


def _shaped(following: Sequence[str]) -> bool:
    """Whether a shape follows, or “much” and a shape."""
    first = following[1:2] if following[0] in (BIT, MUCH, MORE, LESS) else following[:1]
    return bool(first) and first[0].startswith("shape:")


def _haircuts(words: Sequence[Token], labels: list[str]) -> None:
    """“Cut her hair” takes some of it, “cut her hair off” all."""
    for at, word in enumerate(words):
        after = [following.word for following in words[at + 1 : at + 6]]
        if word.word in _CUTTING and "off" in after and "all" in after[: after.index("off")]:
            labels[at] = GLUE  # the “off” says it
            continue
        off = "off" in after[:3]
        if labels[at] == NO and word.word in _CUTTING and not off:
            hair = any(label == "topic:hair" for label in labels[at + 1 : at + 4])
            labels[at] = GLUE if hair else NO


def _shaves(words: Sequence[Token], labels: list[str]) -> None:
    """“Shave his head”, “shave him completely”, “shave the moustache off”."""
    for at, word in enumerate(words):
        if labels[at] != NO or word.word not in ("shave", "shaved", "shaving"):
            continue
        following = range(at + 1, min(at + 4, len(words)))
        if any(labels[n] in (NUMBER, YEARS) for n in following):
            continue  # “shave ten years off”
        if any(labels[n].startswith("style:") for n in following):
            labels[at] = GLUE  # “shave the sides”
            continue
        if any(words[n].word == "head" for n in following):
            bald = [n for n in following if words[n].word in ("head", "off")]
            for n in (at, *bald):
                labels[n] = "hair:bald"
        elif not any(labels[n].startswith("topic:") for n in following):
            labels[at] = "person:shaven"
            for n in following:
                labels[n] = GLUE if labels[n] in (NO, "hair:bald") else labels[n]


def _similes(words: Sequence[Token], labels: list[str]) -> None:
    """“Bushy, like my grandad's” makes nobody a grandad; “look like a grandad” does."""
    for at, word in enumerate(words):
        seems = at and (words[at - 1].word in _SEEMING or words[at - 1].word in _PRONOUNS)
        if word.word != "like" or not at or seems:
            continue
        for n in range(at + 1, min(at + 4, len(words))):
            if words[n].after_break:
                break
            theirs = words[at + 1].word in _THEIRS and labels[n].startswith("person:")
            if theirs or labels[n].startswith("shape:"):
                labels[n] = GLUE


def _between(words: Sequence[Token], labels: list[str]) -> None:
    """“Between male and female”."""
    for at, word in enumerate(words):
        sexes = [n for n in range(at, min(at + 5, len(words))) if labels[n] in _SEXES]
        if word.word == "between" and len(sexes) == len(_SEXES):
            labels[at] = "person:androgynous"
            for n in sexes:
                labels[n] = GLUE


def _reddened(words: Sequence[Token], labels: list[str]) -> None:
    """Reddened cheeks are blush."""
    del words
    for at, label in enumerate(labels):
        near = slice(max(at - 2, 0), at + 3)
        if label == "topic:redness" and "topic:lips" in labels[near]:
            labels[at] = "color:pink"  # rosy lips
        if label == "topic:redness" and "topic:cheeks" in labels[near]:
            labels[near] = [
                "topic:blush" if o in ("topic:cheeks", label) else o for o in labels[near]
            ]


def _compounds(words: Sequence[Token], labels: list[str]) -> None:
    """“A cowboy hat”, “a face tattoo” are one thing, and nothing that is known."""
    for at in range(len(words) - 1):
        if labels[at] in _PARTS and words[at + 1].word in _PINNED:
            labels[at + 1] = UNKNOWN
        joined = labels[at + 1] == UNKNOWN and not words[at + 1].after_break
        somebody = labels[at] in _PEOPLE and words[at].word not in _AGED
        if joined and (somebody or labels[at] in _PARTS):
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


def _not(words: list[Token], labels: list[str]) -> None:
    """“Green, not brown”, “to the chin, not longer”, “arched not flat”: what is not wished for."""
    for at, word in enumerate(words[:-1]):
        kind = labels[at + 1].partition(":")[0]
        kinds = ("shape", "hair", "style", "texture") if kind == "shape" else (kind,)
        said = any(label.partition(":")[0] in kinds for label in labels[:at])
        n = at + 2 if words[at + 1].word in ("a", "an") and at + 2 < len(words) else at + 1
        another = any(label.startswith("color:") for label in labels[n + 1 :])
        if word.word == "not" and labels[n].startswith("color:") and another and not said:
            labels[at] = labels[n] = GLUE  # “not a blonde, a brunette”
        if word.word in ("not", "never", "no") and kind in _DENIED and said:
            labels[at] = NOT
            words[at] = replace(word, after_break=True)


def _pointed(words: Sequence[Token], labels: list[str]) -> None:
    """“Give the man a beard” makes nobody a man."""
    for at, label in enumerate(labels[1:], 1):
        if label not in ("person:male", "person:female"):
            continue
        becoming = at > 1 and words[at - 2].word in _BECOMING
        if words[at - 1].word in _POINTING | _THEIRS and not becoming:
            labels[at] = GLUE


def _skins(words: Sequence[Token], labels: list[str]) -> None:
    """“A black man”, “she should be black” are about skin, “going white” is about hair."""
    for at, label in enumerate(labels):
        if label not in _SKINS or words[at].word.startswith(("brunet", "goth")):
            continue
        before = {word.word for word in words[max(at - 4, 0) : at]}
        rest = labels[at + 1 :]
        of_somebody = bool(rest) and rest[0] in _PEOPLE
        alone = not any(other.startswith(("topic:", "style:", UNKNOWN)) for other in rest[:2])
        said_of = bool(before & _PRONOUNS) and not before & _AGEING and alone
        said_of = said_of or {"colour", "of"} <= before or {"color", "of"} <= before
        no_part = not any(o.startswith(("topic:", "style:")) for o in labels[max(at - 4, 0) : at])
        if of_somebody or (said_of and no_part):
            labels[at] = _SKINS[label]
