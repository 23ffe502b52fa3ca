"""Turns of phrase that are about something else than their words: inches off, gone grey."""

from __future__ import annotations

from collections.abc import Sequence

from head360.editing.labels import GLUE, KEEP, LESS, MORE, NO, NUMBER, YEARS
from head360.editing.tokens import Token

_UNITS = frozenset({"kg", "kilos", "kilo", "pounds", "lbs", "stone", "kilograms"})
_WHOLLY = frozenset({"all", "completely", "totally", "very", "quite", "entirely", "bright"})
_WHOEVER = frozenset({"she", "he", "they", "it", "you", "i", "somebody", "someone", "we"})


def turn(words: Sequence[Token], labels: list[str]) -> None:
    """Change labels as turns of phrase demand."""
    for rule in (_inches, _outnumbered, _weighed, _gone, _hardly, _as_if):
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
        if words[at + 1].word not in _WHOEVER:
            continue
        for n in range(at + 1, min(at + 6, len(words))):
            if words[n].after_break:
                break
            labels[n] = GLUE if labels[n] in (NO, LESS, MORE, KEEP) else labels[n]
