"""Ways of saying it: complaints, whom it is said of, what is done to hair, what is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from head360.assets import resource
from head360.edited import edited
from head360.editing.ages import AGES, OLD, age_of
from head360.editing.decline import declined
from head360.editing.prompt import Understanding, understand
from head360.model.bilinear import BilinearModel
from head360.model.directions import with_trait
from head360.params import HeadParams
from training.prompt.held_out import HELD_OUT, Said, alternatives, carried_out, held_out
from training.prompt.judge import Judge

_PRACTICE = HELD_OUT.with_name("practice_b.toml")


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


def _aged(head: HeadParams, years: float) -> HeadParams:
    """Somebody of about so many years."""
    step = (years - age_of(head)) * (OLD[1] - OLD[0]) / (AGES[1] - AGES[0])
    return with_trait(head, "old", step)


@pytest.fixture(scope="module")
def starts() -> dict[str, HeadParams]:
    return held_out(_PRACTICE)[1]


@pytest.mark.parametrize(
    ("text", "start", "want"),
    [
        ("her mouth is tiny", "blue_eyed", "measure:Mouth width+"),
        ("why does she look so old?", "old_woman", "age-"),
        ("he doesn't look masculine enough", "young_man", "male+"),
        ("why are there no freckles on her?", "blue_eyed", "freckles+"),
        ("those eyebrows aren't thick enough", "bald", "brows+"),
        ("couldn't he be a few years younger?", "bearded", "age-"),
        ("the freckles make him look old", "bearded", "freckles=0"),
        ("isn't her nose a bit wide?", "blue_eyed", "measure:Nose width-"),
        ("her lips look way to thin", "blue_eyed", "measure:Lip fullness+"),
        ("he has too many freckles, delete", "bearded", "freckles=0"),
        ("the grin is awful, make it go away", "grinning_woman", "move-grin"),
        ("lips overdone, make them smaller", "blue_eyed", "measure:Lip fullness-"),
        ("brows overdone, make them thinner", "blue_eyed", "brows-"),
        ("the lips are overdone, thin them", "blue_eyed", "measure:Lip fullness-"),
        ("those lips, thin them down", "blue_eyed", "measure:Lip fullness-"),
        ("her lips are thin, fatten them", "blue_eyed", "measure:Lip fullness+"),
        ("the brows are bushy, thin them", "blue_eyed", "brows-"),
        ("eyeliner overdone, less of it please", "made_up", "eyeliner-"),
    ],
)
def test_what_is_found_wrong_is_wished_otherwise(
    text: str, start: str, want: str, mesh: BilinearModel, starts: dict[str, HeadParams]
) -> None:
    outcome = carried_out(Said(text, start, (want,), ()), starts[start], mesh, Judge(mesh))
    assert not outcome.missed


@pytest.mark.parametrize(
    ("text", "start", "only"),
    [
        ("remove my uncle's mustache, it's gross", "bearded", {"moustache"}),
        ("close her mouth omg", "woman_mouth_open", {"expression"}),
        ("stop grinning girl", "grinning_woman", {"expression"}),
        ("hair bigger, like 80s big", "side_swept", {"hairstyle"}),
        ("deepen the tan by 30 %", "redhead", {"tone"}),
        ("a woman with freckles", "blue_eyed", {"freckles"}),
        ("make it longer, the hair of this girl", "young_man", {"hairstyle"}),
        ("a mole like marilyn", "made_up", {"moles"}),
        ("her nose is too big for her face", "blue_eyed", {"measures"}),
        ("pink and blue eyeshadow", "blue_eyed", {"eyeshadow", "makeup colour"}),
        ("chubby cheeks gone please", "bearded", {"measures"}),
    ],
)
def test_nothing_moves_that_nobody_asked_for(
    text: str, start: str, only: set[str], mesh: BilinearModel, starts: dict[str, HeadParams]
) -> None:
    outcome = carried_out(Said(text, start, (), ()), starts[start], mesh, Judge(mesh))
    assert set(outcome.leaked) == only


@pytest.mark.parametrize(
    ("text", "start", "want"),
    [
        ("straighten her curls", "curly_woman", "texture=straight"),
        ("take her hair out of the ponytail", "ponytailed", "arranged=loose"),
        ("trim the beard down", "bearded", "beard-"),
        ("a moustache only, lose the rest of the facial hair", "bearded", "has=moustache"),
        ("bring him down to about 40", "bearded", "age=40"),
        ("younger, 16 to 18", "made_up", "age=17"),
        ("+10 years", "blue_eyed", "age+"),
        ("angry -> happy", "angry_man", "move-angry"),
        ("longer hair", "redhead", "length+"),
        ("no fringe", "redhead", "arranged=centre,side"),
        ("make the nose a bit straighter", "young_man", "measure:Nose bridge-"),
        ("less hair on the face", "bearded", "beard-"),
        ("feminise the face, keep her age", "bald", "male-"),
        ("feminise the face, keep her age", "bald", "keep:age"),
        ("heavier eyelids", "blue_eyed", "measure:Eye opening-"),
        ("a stronger brow ridge", "young_man", "measure:Brow ridge+"),
        ("blue colour on the eyelids", "blue_eyed", "lids=blue"),
        ("grey hair, not the beard", "bearded", "keep:beard"),
        ("the hair colour doesn't suit him, try red", "young_man", "hair=red"),
        ("closed eyes and a smile", "blue_eyed", "move=eyes closed"),
        ("hair collected in a tail", "blue_eyed", "style=ponytail"),
        ("smile but keep the eyes closed", "young_man", "move=smile"),
        ("swap it for blonde", "young_man", "hair=blond"),
        ("nose too big for face", "young_man", "measure:Nose width-"),
        ("hot red lipstick", "blue_eyed", "lips=red"),
        ("neon green eyeshadow", "blue_eyed", "lids=green"),
    ],
)
def test_turns_of_phrase_do_what_they_ask(
    text: str, start: str, want: str, mesh: BilinearModel, starts: dict[str, HeadParams]
) -> None:
    outcome = carried_out(Said(text, start, (want,), ()), starts[start], mesh, Judge(mesh))
    assert not outcome.missed


@pytest.mark.parametrize(
    "text", ["switch it to blonde", "trade it for black", "lips too big for head", "too big for"]
)
def test_a_sentence_may_end_early(text: str, mesh: BilinearModel) -> None:
    assert _answer(text, "young_man", mesh).layer is not None or text == "too big for"


def _answer(text: str, start: str, mesh: BilinearModel) -> Understanding:
    return understand(text, held_out(_PRACTICE)[1][start], mesh)


def test_what_no_control_can_do_is_said(mesh: BilinearModel) -> None:
    answer = _answer("green skin", "bald", mesh)
    assert answer.layer is None
    assert answer.unknown == ("green skin",)


def test_a_beard_with_a_painter_s_name_is_not_declined() -> None:
    assert not declined("van dyke")
    assert not declined("hair down to her butt")
    assert declined("show her butt")


def test_nothing_is_an_alternative_too() -> None:
    assert alternatives("said:green|nothing") == ["said:green", "nothing"]
    assert alternatives("move=sad|frown") == ["move=sad|frown"]


def test_what_a_want_brings_with_it_is_no_leak(
    mesh: BilinearModel, starts: dict[str, HeadParams]
) -> None:
    said = Said("red lips", "blue_eyed", ("lips=red",), ())
    outcome = carried_out(said, starts["blue_eyed"], mesh, Judge(mesh))
    assert (*outcome.missed, *outcome.leaked) == ()
    assert (
        "tone"
        in carried_out(
            replace(said, text="red lips, darker skin"), starts["blue_eyed"], mesh, Judge(mesh)
        ).leaked
    )


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("her age should be about 50", 50),
        ("his age is 40", 40),
        ("the age should become fifty", 50),
        ("raise his age to 50", 50),
        ("older, about 50 years old", 50),
        ("older, about 50", 50),
        ("increase her age by about 10", 45),
        ("about 10 years older", 45),
    ],
)
def test_an_age_is_told_from_by_how_much(
    text: str, years: int, mesh: BilinearModel, starts: dict[str, HeadParams]
) -> None:
    start = _aged(starts["blue_eyed"], 35)

    layer = understand(text, start, mesh).layer

    assert layer is not None
    assert age_of(edited(start.with_(edits=(layer,)))) == pytest.approx(years, abs=1.5)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("grey at the temples", "temples"),
        ("greying at the temples", "temples"),
        ("silver streaks at her temples", "temples"),
        ("blond streaks at the front", "front"),
        ("white at the sides", "sides"),
        ("make the sides of her hair grey", "sides"),
        ("blond hair at the back of the head", "back"),
        ("black hair, shorter at the back", ""),
        ("black hair at the front of the picture", ""),
        ("grey roots", ""),
        ("red hair falling on her back", ""),
    ],
)
def test_a_place_without_a_colour_of_its_own_is_named(
    text: str, place: str, mesh: BilinearModel, starts: dict[str, HeadParams]
) -> None:
    answer = understand(text, starts["blue_eyed"], mesh)

    told = [note for note in answer.notes if "colour of their own" in note]
    assert answer.layer is not None
    assert bool(told) is bool(place)
    assert not place or f"not the {place}" in told[0]


@pytest.mark.parametrize(
    "text", ["for this part he needs a beard", "play the part of an old man", "look the part, old"]
)
def test_an_actor_s_part_is_no_parting(
    text: str, mesh: BilinearModel, starts: dict[str, HeadParams]
) -> None:
    answer = understand(text, starts["young_man"], mesh)

    assert answer.layer is not None
    assert not any("part" in wish.title.lower() for wish in answer.layer.wishes)
    assert not any("part" in note for note in answer.notes)
