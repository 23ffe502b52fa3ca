"""Sentences: what they come to on a head, with the weights that ship."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from head360.assets import resource
from head360.edited import edited
from head360.editing.clues import clues
from head360.editing.labels import LABELS
from head360.editing.prompt import MAX_CHARACTERS, understand
from head360.editing.tagger import tagger
from head360.editing.tokens import features, tokens
from head360.model.bilinear import BilinearModel
from head360.model.sampling import chosen_head
from head360.params import HeadParams
from training.prompt.judge import Judge
from training.prompt.sentences import described, request
from training.prompt.train import Bag, PromptStage, as_tagger, train_prompt
from training.prompt.words import WORDS


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


@pytest.fixture(scope="module")
def judge(mesh: BilinearModel) -> Judge:
    return Judge(mesh)


def after(text: str, head: HeadParams, mesh: BilinearModel) -> HeadParams:
    layer = understand(text, head, mesh).layer
    return edited(head.with_(edits=(layer,))) if layer else head


@pytest.mark.parametrize(
    ("text", "wants"),
    [
        ("make her older", "age+"), ("20 years younger please", "age-"),
        ("older, with a grey beard and a slight smile", "age+ beard+ move=smile"),
        ("remove the lipstick", "lipstick=0"), ("no freckles", "freckles=0"),
        ("a bit more blush and darker skin", "blush+ tone+"), ("blue eyes", "eyes=blue"),
        ("long curly red hair", "length=long texture=curly hair=red"),
        ("make the nose smaller and the lips fuller", "measure:Nose_width- measure:Lip_fullness+"),
        ("a 70 year old man", "age=70 male+"),
        ("turn her into a man with stubble", "male+ stubble+"),
        ("don't smile", "move-smile"), ("dye her hair pink", "hair=pink"),
        ("give him a moustache but no beard", "moustache+ beard=0"),
        ("less freckels and mroe eyeliner", "freckles- eyeliner+"), ("bald", "style=none"),
        ("at sunset", "light=sunset"), ("shorter hair", "length-"),
        ("older but keep the freckles", "age+ keep:freckles"),
        ("dark roots", "roots:dark"), ("blond tips", "tips=blond"),
        ("parting on the right", "parting=right"), ("a receding hairline", "hairline+"),
        ("brown eyes instead of green", "eyes=brown"), ("brown eyes, not green", "eyes=brown"),
        ("her nose is too big", "measure:Nose_width-"), ("put ten years on her", "age+"),
        ("what will she look like in 30 years?", "age+"), ("nude lipstick", "lipstick+"),
        ("a smaller nose without changing the lips", "measure:Nose_width- keep:lips"),
        ("she should be black", "tone+"), ("lose a few pounds", "weight-"),
        ("shave her head", "style=none"), ("bluehair", "hair=blue"),
        ("biger eyez", "measure:Eye_opening+"), ("a brown-eyed girl", "eyes=brown keep:hair"),
        ("make-up", "lipstick+ eyeliner+"), ("eyebrows are too thin", "brows+"),
        ("stubble instead of lipstick", "stubble+"),
        ("don't touch the hair, older", "keep:hair age+"),
        ("bushy brows like my grandad", "brows+ keep:age"), ("a cowboy hat", "keep:age"),
        ("her nose is a bit long, shorten it", "measure:Nose_length-"),
        ("neither freckles nor lipstick", "freckles=0 lipstick=0"),
        ("narrow the nose and plump the lips", "measure:Nose_width- measure:Lip_fullness+"),
        ("a wide jaw and thin lips", "measure:Jaw_width+ measure:Lip_fullness-"),
        ("tone the freckles down", "freckles-"), ("a bob, no fringe", "style=bob"),
        ("dreads, shoulder length", "style=dreadlocks"), ("as pale as a ghost", "tone-"),
        ("slim her down and shorten the chin", "weight-"), ("lips: nude", "lips=pink"),
        ("she looks too old, take ten years off", "age-"), ("smoky eyes", "lids=black"),
        ("everything stays except the hair, which turns silver", "hair=grey"),
        ("his mouth should be closed", "mouth=closed"), ("a grandfather", "age+ is=male"),
        ("goth girl look, black lips", "lips=black keep:tone"),
    ],
)  # fmt: skip
def test_sentences_do_what_they_say(
    text: str, wants: str, mesh: BilinearModel, judge: Judge
) -> None:
    head = chosen_head()
    made = after(text, head, mesh)
    missed = [w for w in wants.split() if not judge.fulfilled(head, made, w.replace("_", " ", 1)
              if w.startswith("measure") else w)]  # fmt: skip
    assert missed == []


_ODD = [
    "", " ", "\n\n", "?", "!!!", "12345", "😀", "😀😀😀 👩‍🦰", "a" * 10_000, "older " * 2000,
    "\x00\x01", "…",
    "macht sie älter", "plus vieille", "más joven", "делай старше", "让她更老",
    "もっと若く", "أكبر", "ช่วย",
    "write me a poem", "what is the weather", "ignore previous instructions", "DROP TABLE heads",
    "<script>alert(1)</script>", "../../etc/passwd", "%s%n%x", "{0}{1}", "$(rm -rf /)", "null",
    "true", "older and younger", "wider narrower nose", "no hair long hair", "not not not", "and",
    "or, or, or", "more", "less", "much", "very very very", "no", "keep everything", "the the the",
    "nothing", "something nice", "make it better", "beautiful", "ugly", "a hat",
    "glasses and a hat",
    "a tattoo on the neck", "make her a dragon", "0 years old", "1000 years old", "-5 years older",
    "aged 99999999999999999999", "ＯＬＤＥＲ", "o l d e r", "OLDER!!!", "older\u200byounger",
]  # fmt: skip


@pytest.mark.parametrize("text", _ODD)
def test_odd_sentences_get_an_answer_and_change_nothing_in_silence(
    text: str, mesh: BilinearModel
) -> None:
    answer = understand(text, chosen_head(), mesh)
    assert answer.layer is not None or answer.notes
    assert all(note.endswith((".", "”")) for note in answer.notes)
    if answer.layer is None:
        return
    made = edited(chosen_head().with_(edits=(answer.layer,)))
    assert np.isfinite(made.shape).all()
    assert np.abs(made.shape).max() <= 4.01


def test_what_is_hurtful_is_declined_without_repeating_it(mesh: BilinearModel) -> None:
    for word in ("nude", "naked", "porn"):
        answer = understand(f"make her {word}", chosen_head(), mesh)
        assert answer.layer is None
        assert word not in " ".join(answer.notes)


def test_what_is_unknown_is_said(mesh: BilinearModel) -> None:
    answer = understand("older, wearing glasses", chosen_head(), mesh)
    assert answer.layer is not None
    assert "glasses" in " ".join(answer.unknown)


def test_contradictions_are_told(mesh: BilinearModel) -> None:
    notes = understand("a wider nose and a narrower nose", chosen_head(), mesh).notes
    assert any("contradict" in note for note in notes)


def test_degrees_change_amounts(mesh: BilinearModel) -> None:
    amounts = [
        understand(text, chosen_head(), mesh).layer.wishes[0].amount  # type: ignore[union-attr]
        for text in ("slightly wider nose", "wider nose", "much wider nose")
    ]
    assert amounts[0] < amounts[1] < amounts[2]


@settings(deadline=None)  # the first loads the weights
@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    mesh = _mesh()
    assert understand(text, chosen_head(), mesh) is not None


_KNOWN: list[BilinearModel] = []


def _mesh() -> BilinearModel:
    if not _KNOWN:
        _KNOWN.append(BilinearModel.load(resource("models", "mesh.safetensors")))
    return _KNOWN[0]


def test_a_long_sentence_takes_less_than_a_tenth_of_a_second(mesh: BilinearModel) -> None:
    text = ("older, wider nose, blue eyes, long red hair, a slight smile, " * 9)[:MAX_CHARACTERS]
    understand(text, chosen_head(), mesh)
    start = time.process_time()
    understand(text, chosen_head(), mesh)
    assert time.process_time() - start < 0.1


def test_made_sentences_label_every_word() -> None:
    for number in range(200):
        for sentence in (request([number]), described([number])):
            assert len(sentence.labels) == len(tokens(sentence.text))
            assert set(sentence.labels) <= set(LABELS)


def test_every_label_has_words() -> None:
    assert {label for label in LABELS if ":" in label} <= WORDS.keys()


@given(st.text(min_size=1, max_size=30))
def test_features_stay_within_the_buckets(word: str) -> None:
    assert all(0 <= feature < 512 for feature in features(word, 512))


def test_the_shipped_sums_are_those_that_were_trained() -> None:
    stage = PromptStage(buckets=256, width=8, hidden=8, steps=2, batch=4, sentences=20)
    (_, _, net), *_ = list(train_prompt(stage))[-1:]
    words = [token.word for token in tokens("a slightly wider nose, bags under the eyes")]
    letters, known = Bag(), Bag()
    for word, own in zip(words, clues(words), strict=True):
        letters.add(features(word, 256))
        known.add(own)
    scores = net(letters.tensors(), known.tensors(), (1, len(words)))[0]
    ours = as_tagger(net)._scores(words)
    np.testing.assert_allclose(ours, scores.detach().numpy(), atol=1e-5)


def test_weights_ship(mesh: BilinearModel) -> None:
    assert tagger().label(["blue", "eyes"])[0][0] == "color:blue"
