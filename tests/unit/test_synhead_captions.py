from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from head360.light import LIGHT_PRESETS
from head360.model.sampling import HAIR_COLORS, IRIS_COLORS
from head360.params import ATTRIBUTES, EXPRESSIONS
from training.synhead.caption_words import THINGS, WORDS
from training.synhead.captions import Caption, caption, picture_captions, sayings
from training.synhead.facts import picture_facts
from training.synhead.styles import STYLES
from training.synhead.views import expression, random_cameras, set_ups

#: Words that state nothing; all others must stand in a span.
GLUE = frozenset(
    """a an adult and are by close eyes from hair has have having he head-and-shoulders headshot her
    here his image in is it model of person photo photograph picture portrait render rendering she
    see shows that the their this to we who with close-up 3d""".split()  # noqa: SIM905
)
NEGATION = re.compile(
    r"\b(no|not|without|free|bare|bald|hairless|never|un(?!der)\w+|clean-shaven)\b"
)


def record(seed: int) -> dict[str, Any]:
    """Labels of a random person, drawn here so that no rule of the captions is shared."""
    rng = np.random.default_rng([seed, 99])
    styles = [*STYLES, None]
    return {
        "seed": seed,
        "traits": {"male": float(rng.choice([-0.7, 0.8])), "old": float(rng.uniform(-0.35, 0.95))},
        "texture_code": [float(rng.normal()), 0.0],
        "attributes": {n: float(rng.uniform(0.03, 1)) for n in ATTRIBUTES if rng.random() < 0.5},
        "hairstyle": styles[int(rng.integers(len(styles)))],
        "hair_color": (rng.uniform(0.01, 0.6) * np.array([1, 0.7, 0.5])).tolist(),
        "iris_color": rng.uniform(0.02, 0.35, 3).tolist(),
        "lights": [{"preset": light.preset} for light in set_ups(seed, 2)],
    }


def view(seed: int, number: int) -> dict[str, Any]:
    camera = random_cameras(number + 1, seed)[number]
    weights = expression(seed, number)
    named = {n: float(w) for n, w in zip(EXPRESSIONS, weights, strict=True) if w}
    angles = {"yaw_degrees": camera.yaw_degrees * 0.6, "pitch_degrees": camera.pitch_degrees}
    return {"camera": angles, "expression": named}


def samples(count: int) -> list[tuple[dict[str, Any], dict[str, Any], Caption]]:
    found = []
    for seed in range(count):
        head = record(seed)
        for number in range(3):
            seen = view(seed, number)
            found += [(head, seen, said) for said in picture_captions(head, seen, number)]
    return found


SAMPLES = samples(120)
FULL = picture_facts(record(3) | {"hairstyle": "long_wavy"}, {
    "camera": {"yaw_degrees": 3.0, "pitch_degrees": 25.0},
    "expression": {"jawOpen": 0.8, "browInnerUp": 0.8, "eyeLookUpLeft": 0.8, "eyeLookUpRight": 0.8},
})  # fmt: skip


def outside(said: Caption) -> str:
    """The text without its spans."""
    kept, at = [], 0
    for span in said.spans:
        kept.append(said.text[at : span.start])
        at = span.end
    return " ".join([*kept, said.text[at:]]).lower()


def test_the_same_seed_says_the_same() -> None:
    assert caption(FULL, (1, 2)) == caption(FULL, (1, 2))
    assert len({caption(FULL, (1, n)).text for n in range(20)}) > 18


def test_every_span_states_a_true_fact_in_words_of_that_fact() -> None:
    for head, seen, said in SAMPLES:
        true = [picture_facts(head, seen, i) for i in range(2)]
        for span in said.spans:
            words = said.text[span.start : span.end].lower()
            assert any(facts.get(span.attribute) == span.value for facts in true)
            assert words in sayings(span.attribute, span.value)


def test_words_outside_spans_state_nothing() -> None:
    for _, _, said in SAMPLES:
        unknown = set(re.findall(r"[\w-]+", outside(said))) - GLUE
        assert not unknown, said.text


def test_negations_stand_only_where_something_is_missing() -> None:
    for _, _, said in SAMPLES:
        assert not NEGATION.search(outside(said)), said.text
        for span in said.spans:
            if NEGATION.search(said.text[span.start : span.end].lower()) and span.value != "none":
                words = said.text[span.start : span.end].lower()
                assert words in {"unshaven"}, said.text


def test_spans_are_in_order_and_apart_and_no_fact_is_said_twice() -> None:
    for _, _, said in SAMPLES:
        ends = [0, *[span.end for span in said.spans]]
        assert all(span.start >= end for span, end in zip(said.spans, ends, strict=False))
        names = [span.attribute for span in said.spans if span.attribute != "sex"]
        assert len(names) == len(set(names)), said.text


Labels = dict[str, Any]
#: What words claim, written down again from the labels alone: no fact and no phrase is used.
CLAIMS: dict[str, Callable[[Labels, Labels], bool]] = {
    r"\b(woman|lady|she|her|female)\b": lambda head, _: head["traits"]["male"] < 0,
    r"\b(man|gentleman|guy|he|his|male)\b": lambda head, _: head["traits"]["male"] > 0,
    r"\bbald\b|no hair|hairless": lambda head, _: head["hairstyle"] is None,
    r"\b(ponytail|bun|top knot)\b": lambda head, _: STYLES[head["hairstyle"]].tail is not None,
    r"\b(fringe|bangs)\b": lambda head, _: STYLES[head["hairstyle"]].fringe is not None,
    r"\bcurly": lambda head, _: STYLES[head["hairstyle"]].curl > 0,
    r"\b(braid|plait)": lambda head, _: "braid" in head["hairstyle"] or "corn" in head["hairstyle"],
    r"mohawk|mohican": lambda head, _: head["hairstyle"] == "mohawk",
    r"pigtails|bunches|two braids": lambda head, _: STYLES[head["hairstyle"]].tail.twin,
    r"(?<!no )freckle": lambda head, _: head["attributes"].get("freckles", 0) > 0,
    r"no freckles": lambda head, _: head["attributes"].get("freckles", 0) == 0,
    r"(?<!no )wrinkle": lambda head, _: head["attributes"].get("wrinkles", 0) > 0,
    r"smooth|unlined|no wrinkles": lambda head, _: head["attributes"].get("wrinkles", 0) == 0,
    r"stubbl|unshaven": lambda head, _: head["attributes"].get("stubble", 0) > 0,
    r"clean-shaven|no beard|no facial": lambda h, _: h["attributes"].get("stubble", 0) == 0,
    r"lipstick|painted lips": lambda head, _: head["attributes"].get("lipstick", 0) > 0,
    r"no (make-?up|cosmetics)|without make|free of make|bare face": lambda head, _: (
        not any(head["attributes"].get(n) for n in ("lipstick", "eyeliner", "eyeshadow", "blush"))
    ),
    r"\bsmil|grin|beaming": lambda _, seen: seen["expression"].get("mouthSmileLeft", 0) > 0,
    r"open mouth|mouth wide open": lambda _, seen: seen["expression"].get("jawOpen", 0) > 0,
    r"(?<!half-)(eyes closed|closed eyes)": lambda _, s: (
        s["expression"].get("eyeBlinkLeft", 0) > 0.2
    ),
    r"tongue": lambda _, seen: seen["expression"].get("tongueOut", 0) > 0,
    r"neutral|calm|relaxed": lambda _, s: max(s["expression"].values(), default=0) < 0.1,
    r"\b(behind|rear|back view|the back)\b": lambda _, s: abs(s["camera"]["yaw_degrees"]) > 100,
    r"facing the camera|head-on": lambda _, seen: abs(seen["camera"]["yaw_degrees"]) < 20,
    r"from (slightly )?above": lambda _, seen: seen["camera"]["pitch_degrees"] > 0,
    r"\byoung": lambda head, _: head["traits"]["old"] < 0.2,
    r"\b(elderly|senior|older|old)\b(?!-)": lambda head, _: head["traits"]["old"] > 0.5,
    r"very dark(-skinned| skin)|deep brown skin|deep-skinned": lambda h, _: (
        h["texture_code"][0] > 1
    ),
    r"pale|very fair|very light skin": lambda head, _: head["texture_code"][0] < 0,
    r"night": lambda head, _: "night" in [light["preset"] for light in head["lights"]],
    r"sunset|setting sun": lambda h, _: "sunset" in [light["preset"] for light in h["lights"]],
}


def test_claims_hold_for_the_labels_themselves() -> None:
    met: set[str] = set()
    for head, seen, said in SAMPLES:
        text = re.sub(r"year-old|pale blue", "", said.text.lower())
        for claim, holds in CLAIMS.items():
            if re.search(claim, text):
                met.add(claim)
                assert holds(head, seen), (claim, said.text)
    assert len(met) > 0.8 * len(CLAIMS)


def test_there_are_hundreds_of_phrasings() -> None:
    def frame(said: Caption) -> str:
        text = said.text
        for span in reversed(said.spans):
            text = f"{text[: span.start]}<{span.attribute}>{text[span.end :]}"
        return text

    frames = {frame(caption(FULL, (n,))) for n in range(600)}
    assert len(frames) > 500


def test_both_spellings_are_used_but_not_together() -> None:
    facts = {"hair": "some", "hair_colour": "grey", "eyes": "grey", "parting": "centre"}
    texts = [caption(facts, (n,)).text.lower() for n in range(300)]

    assert any(re.search(r"grey|centre", text) for text in texts)
    assert any(re.search(r"gray|center", text) for text in texts)
    assert not any(re.search(r"grey|centre", t) and re.search(r"gray|center", t) for t in texts)


def test_an_comes_before_vowels() -> None:
    texts = [
        caption({"age": "18", "age_group": "old", "sex": "male"}, (n,)).text for n in range(200)
    ]

    assert any("an 18-year-old" in text.lower() or "an elderly" in text.lower() for text in texts)
    assert not any(re.search(r"\b[Aa] (18|[aeiou])|\b[Aa]n [^aeiou18]", text) for text in texts)


def test_a_person_without_labels_is_still_a_person() -> None:
    assert "person" in caption({}, (3,)).text.lower() or "model" in caption({}, (3,)).text.lower()
    assert caption({}, (3,)).spans == ()


def test_a_caption_survives_json() -> None:
    said = caption(FULL, (7,))

    assert Caption.of(said.record()) == said


def test_every_hairstyle_that_is_more_than_length_and_curl_has_words() -> None:
    plain = {style for style in STYLES if not sayings("hair_style", style)}

    assert plain <= {
        "short_curly", "long_straight", "long_wavy", "long_curly", "long_bangs",
    }  # fmt: skip


def test_every_named_colour_and_light_has_words() -> None:
    assert all(sayings("hair_colour", name) for name in HAIR_COLORS)
    assert all(sayings("eyes", name) for name in IRIS_COLORS)
    assert all(sayings("light", name) for name in LIGHT_PRESETS)


@pytest.mark.parametrize("place", sorted(set(re.findall(r"\{(\w+)\.(\w+)\}", " ".join(THINGS)))))
def test_every_place_has_words(place: tuple[str, str]) -> None:
    assert WORDS[place[0]][place[1]]
