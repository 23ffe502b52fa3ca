"""Words and phrases that the editor knows, and what the tagger is told of them."""

from __future__ import annotations

import pytest

from head360.editing.clues import CLUES, clues
from head360.editing.decline import declined
from head360.editing.labels import LABELS
from head360.editing.phrases import phrased
from head360.editing.spelling import corrected, ordinary, senses
from training.prompt.ordinary import NO_FORMS
from training.prompt.spelling import phrased as taught_phrases


@pytest.mark.parametrize(
    ("text", "label", "covered"),
    [
        ("bags under her eyes", "topic:dark_circles", "bags under eyes"),
        ("her lips slightly parted", "move:mouth open", "lips slightly parted"),
        ("brows raised at me", "move:brows up", "brows raised"),
        ("raising his eyebrows", "move:brows up", "raising eyebrows"),
        ("a messy bun please", "style:bun_top", "messy bun"),
        ("eyes to the right", "move:look right", "eyes to right"),
    ],
)  # fmt: skip
def test_phrases_are_found_whatever_stands_between(text: str, label: str, covered: str) -> None:
    words = text.split()
    found = [word for word, labels in zip(words, phrased(words), strict=True) if label in labels]
    assert set(covered.split()) - {"slightly"} <= set(found)


@pytest.mark.parametrize(
    "text", ["narrow the nose and plump the lips", "a wide jaw", "trim the beard", "thin lips"]
)
def test_what_only_looks_like_a_phrase_is_none(text: str) -> None:
    assert not any(phrased(text.split()))


def test_of_two_phrases_the_longer_counts() -> None:
    words = ["smile", "showing", "teeth"]
    assert all(labels == {"move:grin"} for labels in phrased(words))


@pytest.mark.parametrize(
    ("form", "label"),
    [("rosier", "topic:redness"), ("rooted", "topic:roots"), ("smirked", "move:smile")],
)
def test_forms_mean_what_their_words_mean(form: str, label: str) -> None:
    assert label in (senses(form) or ())


@pytest.mark.parametrize(
    "word", ["cabinet", "orchestra", "muscle", "campaign", "slaves", "strangers"]
)
def test_ordinary_words_are_no_slips(word: str) -> None:
    assert corrected(word) == word
    assert senses(word) is None


def test_endings_alone_make_no_forms() -> None:
    assert NO_FORMS & ordinary()
    assert all(senses(word) is None for word in NO_FORMS & ordinary())


def test_clues_tell_words_phrases_and_strangers_apart() -> None:
    told = clues(["wavy", "bags", "under", "eyes", "zzyzx", "70"])
    assert told[0] == (LABELS.index("texture:wavy"),)
    assert len(LABELS) + LABELS.index("topic:dark_circles") in told[1]
    assert told[4] == (CLUES - 3,)
    assert told[5] == (CLUES - 1,)


def test_the_shipped_phrases_are_those_that_were_taught() -> None:
    known = taught_phrases()
    assert set(known) <= set(LABELS)
    for label in ("move:grin", "topic:dark_circles"):
        found = [label in set().union(*phrased(text.split())) for text in known[label]]
        assert sum(found) > 0.95 * len(found)  # the rest is part of longer ones


def test_nude_is_a_colour_of_lips_and_nothing_else() -> None:
    assert not declined("lips: nude")
    assert not declined("nude lipstick")
    assert declined("make her nude")
    assert declined("nude, with the lips red")
