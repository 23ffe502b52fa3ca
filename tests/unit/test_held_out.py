"""Sentences kept apart from training, and how they are scored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from head360.assets import resource
from head360.editing.spelling import apart, corrected, meanings
from head360.model.bilinear import BilinearModel
from training.prompt.held_out import HELD_OUT, Said, carried_out, held_out, moved
from training.prompt.judge import Judge
from training.prompt.spelling import taught
from training.text_table import keeps_identity, kind_scores, motion_kept


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


@pytest.fixture(scope="module")
def judge(mesh: BilinearModel) -> Judge:
    return Judge(mesh)


def test_there_are_two_hundred_of_all_kinds() -> None:
    sentences, starts = held_out()
    counts = {kind: sum(kind in s.kinds for s in sentences) for s in sentences for kind in s.kinds}
    assert len({s.text for s in sentences}) == 200
    assert {s.start for s in sentences} == set(starts)
    assert counts["typo"] >= 30
    assert counts["negation"] >= 20
    assert counts["several"] >= 20


# A little below the measured shares, so that one sentence more or less is no failure. What the sets
# missed has been mended since: the shares at the first meeting are in docs/figures.md.
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("held_out.toml", 0.98),
        ("held_out_2.toml", 0.93),
        ("held_out_3.toml", 0.94),
        ("held_out_4.toml", 0.92),
        ("held_out_5.toml", 0.95),
        ("held_out_6.toml", 0.92),
        ("held_out_7.toml", 0.98),
        ("held_out_8.toml", 0.98),
        ("practice_a.toml", 0.96),
        ("practice_b.toml", 0.96),
    ],
)
def test_most_sentences_do_all_they_ask(
    name: str, least: float, mesh: BilinearModel, judge: Judge
) -> None:
    sentences, starts = held_out(HELD_OUT.with_name(name))
    outcomes = [carried_out(said, starts[said.start], mesh, judge) for said in sentences]
    right = sum(not each.missed for each in outcomes)
    assert right >= least * len(outcomes)
    assert sum(good for good, _ in kind_scores(outcomes).values()) >= right


def test_what_is_missed_and_what_leaks_is_told(mesh: BilinearModel, judge: Judge) -> None:
    _, starts = held_out()
    head = starts["bearded"]
    wrong = Said("remove the beard and make the hair blond", "bearded", ("beard+",), ())
    outcome = carried_out(wrong, head, mesh, judge)
    assert outcome.missed == ("beard+",)
    assert outcome.leaked == ("hair colour",)
    assert "nothing" in carried_out(replace(wrong, wants=("nothing",)), head, mesh, judge).missed
    assert moved(head, head, judge) == set()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("hiar", "hair"), ("drker", "darker"), ("suprised", "surprised"), ("there", "there"),
     ("beret", "beret"), ("eyes", "eyes"), ("xq", "xq"), ("rose", "rose"),
     ("eyez", "eyes"), ("berd", "beard"), ("grean", "green"), ("mustashe", "mustache"),
     ("chekbones", "cheekbones"), ("looooong", "long"), ("bread", "bread")],
)  # fmt: skip
def test_slips_are_traced_back_and_words_left_alone(typed: str, meant: str) -> None:
    assert corrected(typed) == meant


def test_words_run_together_come_apart() -> None:
    assert apart("bluehair") == ("blue", "hair")
    assert apart("nobeard") == ("no", "beard")
    assert apart("eyeshadow") == ("eyeshadow",)
    assert apart("abracadabra") == ("abracadabra",)


def test_the_list_of_words_is_that_of_the_training() -> None:
    assert {word: frozenset(labels) for word, labels in taught().items()} == dict(meanings())


def test_a_face_moves_the_same_under_make_up(mesh: BilinearModel, judge: Judge) -> None:
    _, starts = held_out()
    outcome = carried_out(
        Said("red lipstick", "redhead", ("lipstick+",), ()), starts["redhead"], mesh, judge
    )
    assert keeps_identity(outcome)
    assert motion_kept(mesh, outcome) == pytest.approx(1.0, abs=1e-5)
