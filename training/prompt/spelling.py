"""The words that the editor knows, and what each can mean: all that the tagger was taught.

`python -m training.prompt.spelling` writes them into the package.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from head360.editing.labels import GLUE, NO, NUMBER, UNKNOWN, YEARS
from head360.editing.phrases import PHRASE_FILE, counting
from head360.editing.spelling import WORD_FILE
from head360.editing.tokens import tokens
from head360.files import replacing
from training.prompt.patterns import ASK, CLOSERS, FACT_LABELS, JOINTS, PATTERNS
from training.prompt.words import COMMON, GLUE_WORDS, NUMBERS, STRANGERS, WORDS
from training.synhead.caption_words import WORDS as CAPTION_WORDS

_PLACE = re.compile(r"\[([^\]]+)\]")
#: What captions say without a label of its own in the list of words.
#: “Made up face” is made up, faces are not.
_RARELY_ALONE: Mapping[str, frozenset[str]] = {
    "face": frozenset({"topic:face"}),
    "head": frozenset({"topic:head"}),
    "sides": frozenset(),
}
_COMMON_WORDS = frozenset({*COMMON, *GLUE_WORDS})
_REFUSING = frozenset({"no", "not", "without", "zero", "never"})
_NOTHING = ("sex", "view", "height")


def taught() -> dict[str, tuple[str, ...]]:
    """Words in order, each with the labels that it can have; those that say nothing have none.

    Labels that a word has together with others only (“bags” under the eyes) begin with a plus.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for text, label in _sayings():
        said = [word.word for word in tokens(text)]
        words = [word for word in said if not word[0].isdigit()]
        telling = [word for word in words if word not in GLUE_WORDS] or words
        for word in words:
            own = found[word]
            alone = len(telling) == 1 and len(counting(said)) == 1
            if label and word in telling:
                own.add(label if alone else f"+{label}")
    return {word: tuple(sorted(_told_apart(word, found[word]))) for word in sorted(found)}


def phrased() -> dict[str, tuple[str, ...]]:
    """For each label, what is said for it in several words."""
    found: dict[str, set[str]] = defaultdict(set)
    for text, label in _sayings():
        words = [word.word for word in tokens(text)]
        whole = label.startswith("shape:") and any(_names_part(word) for word in words)
        whole = whole or (label.startswith("topic:") and words[0] in _REFUSING)
        whole = whole or _says_who(words, label)
        if label and label not in (NUMBER, UNKNOWN) and len(counting(words)) > 1 and not whole:
            found[label].add(" ".join(words))
    return {label: tuple(sorted(found[label])) for label in sorted(found)}


def _names_part(word: str) -> bool:
    """Whether a word names what a shape is of: “thin lips” are two words."""
    return any(word in texts for label, texts in WORDS.items() if label.startswith("topic:"))


def _says_who(words: Sequence[str], label: str) -> bool:
    """Whether another word tells the same, and one tells the sex: “old lady”."""
    telling = any(word in WORDS.get(label, ()) for word in words)
    return (
        telling
        and label.startswith("person:")
        and any(word in WORDS[sex] for word in words for sex in ("person:male", "person:female"))
    )


def _told_apart(word: str, labels: set[str]) -> set[str]:
    """Without what is said twice; common words may say nothing."""
    if word in _RARELY_ALONE:
        own = _RARELY_ALONE[word]
        labels = {one if one in own or one[0] == "+" else f"+{one}" for one in labels}
    kept = labels - {f"+{label}" for label in labels}
    if word in _COMMON_WORDS:
        kept -= {UNKNOWN, f"+{UNKNOWN}"}
        kept |= {GLUE} if kept else set()
    return kept


def _sayings() -> Iterator[tuple[str, str]]:
    """Words that are said together, and their label; "" for what has none."""
    for text, label in _written():
        yield re.sub(r"\bmake[- ]up\b", "makeup", text), label


def _written() -> Iterator[tuple[str, str]]:
    for text in (*COMMON, *GLUE_WORDS, *ASK, *CLOSERS, *JOINTS):
        yield text, ""
    for label, texts in WORDS.items():
        yield from ((text, label) for text in texts)
    yield from ((text, UNKNOWN) for text in STRANGERS)
    yield from ((text, NUMBER) for text in NUMBERS)
    for pattern in PATTERNS:
        for name in (place[1] for place in _PLACE.finditer(pattern.text)):
            yield from _told(name)
        for place in (place for group in pattern.places.values() for place in group):
            yield from _told(place)
        yield _PLACE.sub(" ", pattern.text), ""
    yield from _captioned()


def _told(name: str) -> Iterator[tuple[str, str]]:
    """The words that a place itself holds: `label=a|b`, or glue, `~a|b`."""
    label, equals, words = name.partition("=")
    if equals:
        yield from ((text, label) for text in words.split("|"))
    elif name.startswith("~"):
        yield from ((text, "") for text in name[1:].split("|"))


def _captioned() -> Iterator[tuple[str, str]]:
    for attribute, roles in CAPTION_WORDS.items():
        for value, texts in ((v, t) for role in roles.values() for v, t in role.items()):
            label = FACT_LABELS.get((attribute, value)) or FACT_LABELS.get((attribute, ""))
            for text in texts.split("|"):
                own = label if attribute not in _NOTHING else None
                yield re.sub(r"^(uk|us):", "", text), own or ""
                if text.startswith("no "):
                    yield "no", NO
                if label == NUMBER:
                    yield from ((word, YEARS) for word in ("year", "old", "aged", "years"))


def main() -> None:
    """Write the lists."""
    lines = ["\t".join((word, *labels)) for word, labels in taught().items()]
    with replacing(WORD_FILE) as path:
        path.write_text("\n".join(lines) + "\n", "utf-8")
    lines = ["\t".join((label, *texts)) for label, texts in phrased().items()]
    with replacing(PHRASE_FILE) as path:
        path.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
