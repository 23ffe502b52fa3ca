"""Colours of lipstick and eye shadow: chosen, previewed, taken back, morphed and copied."""

from __future__ import annotations

import json

import pytest
from pytestqt.qtbot import QtBot

from app.docks.make_up import MakeUpRows
from app.document import HeadDocument
from app.morph import make_up_between
from app.person_clipboard import person_from_json, person_to_json
from app.stage import Stage
from app.theme import Theme
from head360.make_up import SHADES, MakeUp
from head360.params import ATTRIBUTES, neutral_head

BOTH = MakeUp(SHADES["red"], SHADES["brown"])


def test_lips_and_lids_are_made_up_apart(qtbot: QtBot, theme: Theme) -> None:
    document = HeadDocument(neutral_head())
    stage = Stage(document)
    rows = MakeUpRows(document, stage, theme)
    qtbot.addWidget(rows)
    lips, lids = rows.colors["lipstick"], rows.colors["eyeshadow"]
    bare = document.params

    lids.previewed.emit(SHADES["blue"])
    assert stage.shown.make_up == MakeUp(lids=SHADES["blue"])
    lids.previewed.emit(None)
    assert stage.shown is bare

    lips.swatches["Red"].click()
    lids.swatches["Brown"].click()
    assert document.params.make_up == BOTH
    assert document.params.attributes[ATTRIBUTES.index("eyeshadow")] > 0
    assert (lips.swatches["Red"].isChecked(), lids.swatches["Red"].isChecked()) == (True, False)

    document.undo_stack.undo()
    assert document.params.make_up == MakeUp(SHADES["red"])
    rows.removes["lipstick"].click()
    assert document.params.make_up is None
    assert not rows.removes["lipstick"].isEnabled()


def test_colours_are_mixed_between_two_heads() -> None:
    first = neutral_head().with_(make_up=MakeUp(lips=(0.2, 0, 0), lids=(0, 0, 0)))
    second = neutral_head().with_(make_up=MakeUp(lips=(0, 0, 0.4), lids=(0, 0, 0)))
    between = make_up_between(first, second, 0.25)
    assert between is not None
    assert between.lips == pytest.approx((0.15, 0, 0.1))
    assert make_up_between(first, second, 0) is first.make_up
    assert make_up_between(first, second, 1) is second.make_up


def test_colours_travel_with_the_person_on_the_clipboard() -> None:
    head = neutral_head()
    content = person_to_json(head.with_(make_up=BOTH))
    person = person_from_json(content, head)
    assert person is not None
    assert person["make_up"] == BOTH
    assert person_from_json(person_to_json(head), head)["make_up"] is None  # type: ignore[index]
    foreign = json.dumps(json.loads(content) | {"make_up": {"lips": [0, 2, 0]}}).encode()
    assert person_from_json(foreign, head) is None
