from __future__ import annotations

import pytest

from training.synhead.facts import hair_facts, head_facts, picture_facts, years_of
from training.synhead.grooms_varied import varied
from training.synhead.styles import STYLES

FRONT = {"camera": {"yaw_degrees": 5.0, "pitch_degrees": 6.0}}


def seen(weights: dict[str, float], yaw: float = 0.0) -> dict[str, str]:
    return picture_facts({}, {"camera": {"yaw_degrees": yaw}, "expression": weights})


def test_age_runs_from_sixteen_to_seventy() -> None:
    assert years_of(-0.35) == 16
    assert years_of(0.95) == 70
    assert head_facts({"traits": {"old": -0.35}})["age_decade"] == "teens"
    assert head_facts({"traits": {"old": 0.95}})["age_group"] == "old"


def test_years_that_a_record_states_win() -> None:
    assert head_facts({"traits": {"old": 0.9, "age_years": 24.4}})["age"] == "24"


@pytest.mark.parametrize(
    ("tone", "skin"), [(-2.0, "very light"), (0.0, "medium"), (1.2, "dark"), (2.2, "very dark")]
)
def test_skin_follows_the_tone_of_the_code(tone: float, skin: str) -> None:
    assert head_facts({"texture_code": [tone, 0.0]})["skin"] == skin


def test_an_attribute_that_is_not_listed_is_absent() -> None:
    found = head_facts({"attributes": {"freckles": 0.5}})

    assert found["freckles"] == "many"
    assert found["wrinkles"] == found["make_up"] == found["stubble"] == "none"


def test_without_attributes_nothing_is_said_to_be_absent() -> None:
    assert "none" not in head_facts({"traits": {"male": 1.0}}).values()


def test_a_beard_is_no_clean_shave() -> None:
    found = head_facts({"attributes": {"beard": 0.8}})

    assert found["beard"] == "full"
    assert "stubble" not in found


def test_facts_follow_the_hair_that_a_person_wears() -> None:
    """A bob whose hem fell below the shoulders is long hair, whatever the library calls it."""
    record = {"hairstyle": "bob_bangs", "hairdresser": None}
    lengths = set()
    for seed in range(200):
        found = head_facts({**record, "hairdresser": seed})
        hem = varied(STYLES["bob_bangs"], seed).hem
        assert hem is not None
        assert found["hair_length"] == ("long" if hem.height < -0.15 else "medium")
        lengths.add(hem.height)

    assert head_facts(record) == hair_facts("bob_bangs")
    assert len(lengths) > 150


@pytest.mark.parametrize("style", STYLES)
def test_every_hairstyle_has_a_texture_and_a_length_or_a_tie(style: str) -> None:
    found = hair_facts(style)

    assert found["hair_texture"] in {"straight", "wavy", "curly", "coily", "braided", "locked"}
    assert "hair_length" in found or STYLES[style].tail


@pytest.mark.parametrize(
    ("style", "expected"),
    [("buzz", "cropped"), ("crew", "short"), ("pixie", "short"), ("bob", "medium"),
     ("lob_wavy", "medium"), ("long_straight", "long"), ("afro", "short"), ("undercut", "short"),
     ("half_up", "long"), ("cornrows", "short")],
)  # fmt: skip
def test_lengths_of_hairstyles(style: str, expected: str) -> None:
    assert hair_facts(style)["hair_length"] == expected


@pytest.mark.parametrize(
    ("style", "expected"),
    [("long_straight", "straight"), ("long_wavy", "wavy"), ("long_curly", "curly"),
     ("afro", "coily"), ("box_braids", "braided"), ("dreadlocks", "locked"),
     ("cornrows", "braided"), ("long_side_swept", "wavy")],
)  # fmt: skip
def test_textures_of_hairstyles(style: str, expected: str) -> None:
    assert hair_facts(style)["hair_texture"] == expected


def test_a_bald_head_has_no_hair_colour() -> None:
    record = {"hairstyle": None, "hair_color": [0.3, 0.2, 0.1]}

    assert head_facts(record) == {"hair": "none"}


@pytest.mark.parametrize(
    ("color", "name"),
    [((0.01, 0.01, 0.01), "black"), ((0.45, 0.31, 0.16), "blond"), ((0.2, 0.06, 0.02), "red"),
     ((0.5, 0.5, 0.5), "white"), ((0.28, 0.28, 0.27), "grey"), ((0.07, 0.04, 0.02), "brown")],
)  # fmt: skip
def test_hair_colours_are_named(color: tuple[float, ...], name: str) -> None:
    assert head_facts({"hairstyle": "bob", "hair_color": color})["hair_colour"] == name


@pytest.mark.parametrize(
    ("weights", "fact", "value"),
    [
        ({}, "expression", "neutral"),
        ({"mouthSmileLeft": 0.3, "mouthSmileRight": 0.4}, "smile", "slight"),
        ({"mouthSmileLeft": 0.9, "mouthSmileRight": 0.8}, "smile", "broad"),
        ({"jawOpen": 0.8}, "mouth", "wide open"),
        ({"eyeBlinkLeft": 0.9, "eyeBlinkRight": 1.0}, "lids", "closed"),
        ({"eyeBlinkLeft": 0.9}, "lids", "wink"),
        ({"tongueOut": 0.6}, "lips", "tongue"),
        ({"eyeLookOutLeft": 0.7, "eyeLookInRight": 0.7}, "gaze", "left"),
        ({"browInnerUp": 0.9}, "brow_move", "raised"),
        ({"cheekPuff": 0.9}, "cheeks", "some"),
    ],
)
def test_faces_are_named(weights: dict[str, float], fact: str, value: str) -> None:
    assert seen(weights)[fact] == value


def test_a_smile_on_one_side_is_not_called_a_smile() -> None:
    assert "smile" not in seen({"mouthSmileLeft": 0.9})


def test_lips_held_together_are_no_open_mouth() -> None:
    assert "mouth" not in seen({"jawOpen": 0.8, "mouthClose": 0.75})


def test_from_behind_there_is_no_face() -> None:
    record = {"attributes": {"freckles": 0.5}, "iris_color": [0.1, 0.2, 0.3], "hairstyle": "bob"}
    view = {"camera": {"yaw_degrees": -170.0}, "expression": {"jawOpen": 1.0}}

    found = picture_facts(record, view)

    assert found["view"] == "back"
    assert found["hair_style"] == "bob"
    assert not {"freckles", "eyes", "mouth", "make_up"} & set(found)


def test_closed_eyes_have_no_colour() -> None:
    record = {"iris_color": [0.1, 0.2, 0.3]}
    closed = {**FRONT, "expression": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}}

    assert "eyes" in picture_facts(record, FRONT)
    assert "eyes" not in picture_facts(record, closed)


def test_light_is_that_of_the_set_up() -> None:
    record = {"lights": [{"preset": "night"}, {"preset": "forest"}]}

    assert [picture_facts(record, FRONT, i).get("light") for i in range(3)] == [
        "night", "forest", None,
    ]  # fmt: skip


def test_a_label_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="beyond"):
        head_facts({"texture_code": [float("nan")]})
