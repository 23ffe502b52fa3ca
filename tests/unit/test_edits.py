"""Edit layers: what a head with layers looks like; the head below them is never touched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from head360.edited import Edited, edited, hair_of
from head360.edits import BALD, Change, EditLayer, Wish
from head360.make_up import MakeUp
from head360.params import ATTRIBUTES, HairMix, HairTones, HeadParams, neutral_head


def _layer(change: Change, amount: float = 1.0, strength: float = 1.0) -> EditLayer:
    return EditLayer("", (Wish("", "", amount, change),), strength)


def _edited(head: HeadParams, *layers: EditLayer) -> HeadParams:
    return edited(head.with_(edits=layers))


def _freckles(by: float) -> Change:
    strengths = np.zeros(len(ATTRIBUTES), np.float32)
    strengths[ATTRIBUTES.index("freckles")] = by
    return Change(attributes=strengths)


@given(st.floats(0, 2), st.floats(0, 1))
def test_codes_move_in_proportion_to_amount_and_strength(amount: float, strength: float) -> None:
    shape = np.linspace(-1, 1, 50, dtype=np.float32)
    made = _edited(neutral_head(), _layer(Change(shape=shape), amount, strength))
    np.testing.assert_allclose(made.shape, amount * strength * shape, atol=1e-5)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=5))
def test_strengths_add_up_and_end_at_none_and_full(steps: list[float]) -> None:
    made = _edited(neutral_head(), *(_layer(_freckles(step)) for step in steps))
    expected = np.clip(np.float32(steps).sum(), 0, 1)
    assert made.attributes[ATTRIBUTES.index("freckles")] == pytest.approx(expected, abs=1e-5)


def test_what_is_off_or_without_strength_changes_nothing() -> None:
    head, change = neutral_head(), _freckles(0.5)
    for layer in (_layer(change).with_(on=False), _layer(change, strength=0), _layer(change, 0)):
        made = _edited(head, layer)
        assert made.attributes is head.attributes
        assert made.edits == ()


def test_colours_are_reached_and_not_passed() -> None:
    red = np.array([0.3, 0.05, 0.02], np.float32)
    head = neutral_head()
    half = _edited(head, _layer(Change(hair_color=red), 0.5)).hair_color
    np.testing.assert_allclose(half, (head.hair_color + red) / 2, rtol=1e-5)
    np.testing.assert_allclose(_edited(head, _layer(Change(hair_color=red), 2)).hair_color, red)


def test_a_hairstyle_is_mixed_on_its_way_and_bald_heads_change_at_half() -> None:
    haired = neutral_head().with_(hairstyle="bob")
    to_long = Change(hairstyle="long_wavy")
    assert _edited(haired, _layer(to_long)).hairstyle == "long_wavy"
    half = _edited(haired, _layer(to_long, 0.25))
    assert (half.hairstyle, half.hair_mix) == ("bob", HairMix("long_wavy", 0.25))
    assert _edited(neutral_head(), _layer(to_long, 0.4)).hairstyle is None
    assert _edited(neutral_head(), _layer(to_long, 0.6)).hairstyle == "long_wavy"
    assert _edited(haired, _layer(Change(hairstyle=BALD))).hairstyle is None


def test_what_an_edit_elsewhere_leaves_alone_stays_the_same_object() -> None:
    adder, head = Edited(), neutral_head().with_(edits=(_layer(_freckles(0.4)),))
    first = adder.of(head)
    smiling = head.with_(expression=np.full(52, 0.1, np.float32))
    second = adder.of(smiling)
    assert second.attributes is first.attributes
    assert second.shape is head.shape
    assert second.light is first.light
    assert second.expression is smiling.expression


def test_layers_that_fit_no_head_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        neutral_head().with_(edits=(_layer(Change(shape=np.zeros(3, np.float32))),))
    with pytest.raises(ValueError, match="amount"):
        Wish("", "", 2.5, Change())
    with pytest.raises(ValueError, match="strength"):
        EditLayer("", (), 1.5)


def test_hair_is_worn_longer_by_layers_and_never_beyond_its_ends() -> None:
    longer = Change(hair_shape=np.array([0.6, 0, 0, 0, 0], np.float32))
    once = _edited(neutral_head(), _layer(longer)).hair_shape
    twice = _edited(neutral_head(), _layer(longer), _layer(longer)).hair_shape
    assert once is not None
    assert twice is not None
    assert once.length == pytest.approx(0.6)
    assert (twice.length, twice.volume) == (1.0, 0.0)


def test_roots_and_tips_are_reached_from_the_hair_s_own_colour() -> None:
    head = neutral_head().with_(hair_color=np.array([0.5, 0.4, 0.2], np.float32))
    dark = Change(hair_roots=np.array([0.1, 0.0, 0.0], np.float32))
    half = _edited(head, _layer(dark, 0.5)).hair_tones
    whole = _edited(head, _layer(dark)).hair_tones
    assert half is not None
    assert whole is not None
    assert half.roots == pytest.approx((0.3, 0.2, 0.1))
    assert whole.roots == pytest.approx((0.1, 0.0, 0.0))
    assert whole.tips is None


def _painted(name: str, by: float, **colors: np.ndarray) -> Change:
    strengths = np.zeros(len(ATTRIBUTES), np.float32)
    strengths[ATTRIBUTES.index(name)] = by
    return Change(attributes=strengths, **colors)  # type: ignore[arg-type]


def test_make_up_on_bare_skin_has_its_colour_at_once_and_over_another_on_the_way() -> None:
    red, blue = np.array([0.4, 0.0, 0.0], np.float32), np.array([0.0, 0.0, 0.4], np.float32)
    first, second = _painted("lipstick", 0.8, lip_color=red), Change(lip_color=blue)
    little = _edited(neutral_head(), _layer(first, 0.25)).make_up
    between = _edited(neutral_head(), _layer(first), _layer(second, 0.5)).make_up
    assert little is not None
    assert little.lips == pytest.approx((0.4, 0, 0))
    assert little.lids is None
    assert between is not None
    assert between.lips == pytest.approx((0.2, 0, 0.2))


def test_make_up_of_lids_leaves_chosen_lips_alone() -> None:
    head = neutral_head().with_(make_up=MakeUp(lips=(0.1, 0.2, 0.3)))
    layer = _layer(_painted("eyeshadow", 0.7, lid_color=np.array([0.3, 0.2, 0.1], np.float32)))
    made = _edited(head, layer).make_up
    assert made is not None
    assert made.lips == (0.1, 0.2, 0.3)
    assert made.lids == pytest.approx((0.3, 0.2, 0.1))
    assert _edited(head, layer.with_(on=False)).make_up is head.make_up


def test_hair_is_mirrored_by_layers_and_recedes() -> None:
    change = Change(hair_mirrored=True, hair_shape=np.array([0, 0, 0, 0.8, 0], np.float32))
    shape = _edited(neutral_head(), _layer(change)).hair_shape
    assert shape is not None
    assert shape.mirrored
    assert shape.hairline == pytest.approx(0.8)
    assert _edited(neutral_head(), _layer(Change(hair_mirrored=True), 0.3)).hair_shape is None


def test_another_head_can_wear_the_hair_as_it_is_seen() -> None:
    tones = HairTones(tips=(0.5, 0.1, 0.2))
    giver = neutral_head().with_(hairstyle="bob", hair_tones=tones)
    giver = giver.with_(edits=(_layer(Change(hairstyle="afro")),))
    taken = hair_of(giver)
    assert (taken["hairstyle"], taken["hair_tones"]) == ("afro", tones)
    assert set(taken) == {
        "hairstyle", "hair_mix", "hair_shape", "hair_color", "hair_tones", "own_hair",
    }  # fmt: skip
