"""Turns of phrase that are about something else than their words: inches off, gone grey."""

from __future__ import annotations

from collections.abc import Sequence

from head360.editing.asides import asides
from head360.editing.labels import BIT, GLUE, KEEP, LESS, MORE, NO, NUMBER, YEARS
from head360.editing.tokens import Token

_UNITS = frozenset({"kg", "kilos", "kilo", "pounds", "lbs", "stone", "kilograms"})
_WHOLLY = frozenset({"all", "completely", "totally", "very", "quite", "entirely", "bright"})
_WHOEVER = frozenset({"she", "he", "they", "it", "you", "i", "somebody", "someone", "we"})


def turn(words: Sequence[Token], labels: list[str]) -> None:
    """Change labels as turns of phrase demand."""
    for rule in (
        _inches, _outnumbered, _weighed, _counted, _gone, _hardly, _as_if, _hints, _grown_out,
        _tanned, _lined, _painted, asides,
    ):  # fmt: skip
        rule(words, labels)


def _inches(words: Sequence[Token], labels: list[str]) -> None:
    """“Take two inches off” is about hair."""
    for at, word in enumerate(words):
        if word.word in ("inch", "inches", "cm", "centimetres", "centimeters"):
            around = range(max(at - 4, 0), min(at + 3, len(words)))
            off = [n for n in around if words[n].word == "off"]
            named = any(labels[n].startswith("topic:") for n in around)
            for n in around if off else ():
                labels[n] = GLUE if labels[n] in (NO, NUMBER, YEARS) else labels[n]
            if off:
                labels[at], labels[off[0]] = GLUE if named else "topic:hair", "shape:short"


def _outnumbered(words: Sequence[Token], labels: list[str]) -> None:
    """“Nearer to fifty than thirty”."""
    for at, word in enumerate(words[:-1]):
        if word.word == "than" and labels[at + 1] == NUMBER:
            labels[at + 1] = GLUE


def _weighed(words: Sequence[Token], labels: list[str]) -> None:
    """“A weight loss of 15 kg”: what is counted is told already."""
    for at, word in enumerate(words):
        if word.word in _UNITS and "person:slim" in labels[max(at - 5, 0) : at]:
            labels[at] = GLUE


def _gone(words: Sequence[Token], labels: list[str]) -> None:
    """“She's gone grey” refuses nothing; “she's gone all red” is in the face."""
    for at, word in enumerate(words[:-1]):
        if word.word not in ("gone", "going", "went", "goes", "turned", "go"):
            continue
        n = at + 2 if words[at + 1].word in _WHOLLY and at + 2 < len(words) else at + 1
        if labels[n].startswith(("color:", "texture:", "hair:", "style:")):
            labels[at] = GLUE
            of_face = not any("hair" in label or "roots" in label for label in labels)
            if labels[n] == "color:red" and of_face:
                labels[n] = "topic:redness"


def _hardly(words: Sequence[Token], labels: list[str]) -> None:
    """“Hardly a line on her face” wishes for fewer."""
    for at, word in enumerate(words[:-2]):
        few = word.word in ("hardly", "scarcely", "barely") and words[at + 1].word in ("a", "any")
        if few and labels[at + 2].startswith("topic:"):
            labels[at] = LESS


def _as_if(words: Sequence[Token], labels: list[str]) -> None:
    """“Like she can't believe it”: nothing is refused here."""
    for at, word in enumerate(words[:-1]):
        if word.word not in ("like", "if", "though", "because") or not at:
            continue
        asked = at + 2 < len(words) and words[at + 2].word in ("could", "can", "would", "will")
        if words[at + 1].word not in _WHOEVER or (word.word == "if" and asked):
            continue
        for n in range(at + 1, min(at + 6, len(words))):
            if words[n].after_break:
                break
            labels[n] = GLUE if labels[n] in (NO, LESS, MORE, KEEP) else labels[n]


def _counted(words: Sequence[Token], labels: list[str]) -> None:
    """“Two shades”, “by 5 mm”, “80s hair”: what is counted is no age."""
    for at, label in enumerate(labels[:-1]):
        after = words[at + 1]
        if label == NUMBER and after.word in _COUNTS and not after.after_break:
            labels[at] = GLUE
    for at, word in enumerate(words):
        decade = labels[at] == NUMBER and word.word.removesuffix("s") in _DECADES
        named = labels[at + 1 : at + 2] if word.word.endswith("s") else []
        aged = at and words[at - 1].word in _IN_THEIR
        unbroken = bool(named) and not words[at + 1].after_break
        styled = unbroken and not aged and not named[0].startswith(("person:", "years"))
        like = at and words[at - 1].word == "like" and word.word.endswith("s")
        if decade and (styled or like):
            labels[at] = GLUE


_COUNTS = frozenset(
    {"kg", "kilos", "kilo", "pounds", "lbs", "stone", "kilograms", "mm", "cm", "inch", "inches",
     "percent", "per", "shade", "shades", "notch", "notches", "degrees", "times", "points", "tone",
     "tones", "steps", "step", "x", "sizes", "size", "levels", "clicks", "sd"}
)  # fmt: skip
_IN_THEIR = frozenset({"her", "his", "their", "in", "early", "mid", "late", "the", "age", "to"})
_DECADES = frozenset({"20", "30", "40", "50", "60", "70", "80", "90", "1920", "1950", "1960",
                      "1970", "1980", "1990"})  # fmt: skip


def _hints(words: Sequence[Token], labels: list[str]) -> None:
    """“No hint of”, “remove all traces of”: none at all."""
    for at, label in enumerate(labels):
        for n in range(at + 1, min(at + 4, len(words))) if label == NO else ():
            if words[n].after_break:
                break
            if labels[n] in (BIT, LESS) and words[n].word in _HINTS:
                labels[n] = GLUE


_HINTS = frozenset({"hint", "trace", "traces", "bit", "sign", "signs", "touch", "any", "all"})


def _grown_out(words: Sequence[Token], labels: list[str]) -> None:
    """“Grow the beard out”: nothing is refused; a fringe that is grown out is none."""
    for at, word in enumerate(words):
        after = [w.word for w in words[at + 1 : at + 5]]
        if word.word in ("grow", "growing", "grown", "grows") and "out" in after:
            near = [n for n in range(at + 1, min(at + 5, len(words))) if labels[n] == "hair:fringe"]
            if near:
                labels[at], labels[at + 1 + after.index("out")] = NO, GLUE
                continue
        if word.word not in ("grow", "growing", "let", "thin", "fill", "hollow", "puff", "stick"):
            continue
        for n in range(at + 1, min(at + 5, len(words))):
            if words[n].word == "out" and labels[n] == NO:
                labels[n] = GLUE


def _tanned(words: Sequence[Token], labels: list[str]) -> None:
    """“Deepen the tan” is about the skin there is."""
    del words
    for at, label in enumerate(labels):
        changed = label in ("shape:dark", "shape:bright", MORE, LESS)
        if changed and labels[at + 1 : at + 3] == [GLUE, "color:tan"]:
            labels[at + 2] = "topic:skin"
            labels[at] = {MORE: "shape:dark", LESS: "shape:bright"}.get(label, label)


def _lined(words: Sequence[Token], labels: list[str]) -> None:
    """“Teal eyes, heavily lined” wear eyeliner."""
    for at, word in enumerate(words):
        near = labels[max(at - 3, 0) : at + 3]
        if word.word == "lined" and labels[at] == "topic:wrinkles" and "topic:eyes" in near:
            labels[at] = "topic:eyeliner"


def _painted(words: Sequence[Token], labels: list[str]) -> None:
    """“Lips painted red”: which make-up is told."""
    for at, word in enumerate(words):
        if word.word in ("painted", "paint", "done") and labels[at] == "topic:makeup":
            near = labels[max(at - 3, 0) : at + 4]
            if any(
                o in ("topic:lips", "topic:lids", "topic:eyeshadow", "topic:lipstick") for o in near
            ):
                labels[at] = GLUE
