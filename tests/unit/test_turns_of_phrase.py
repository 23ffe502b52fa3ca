"""Turns of phrase that grammar settles, said of heads that show whether it did."""

from __future__ import annotations

import pytest

from head360.assets import resource
from head360.editing.decline import declined
from head360.model.bilinear import BilinearModel
from training.prompt.held_out import HELD_OUT, Said, carried_out, held_out
from training.prompt.judge import Judge


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


@pytest.fixture(scope="module")
def judge(mesh: BilinearModel) -> Judge:
    return Judge(mesh)


@pytest.mark.parametrize(
    ("text", "start", "wants"),
    [
        ("set his age to 50", "young_man", ["age=50"]),
        ("age him to 60", "young_man", ["age=60"]),
        ("age: 30, gender: m", "redhead", ["age=30", "is=male"]),
        ("swap the sex", "bearded", ["is=female"]),
        ("a bit less womanly", "made_up", ["male+"]),
        ("stop frowning", "angry_man", ["move-angry", "move-frown"]),
        ("calm her down", "angry_man", ["move=neutral"]),
        ("ew face", "chosen", ["move=disgusted"]),
        ("shave everything off but leave the hair", "bearded", ["beard=0", "keep:hairstyle"]),
        ("shave off the beard", "bearded", ["beard=0", "keep:moustache"]),
        ("don't shave the beard off, just make him older", "bearded", ["keep:beard", "age+"]),
        ("a short beard", "bearded", ["beard-"]),
        ("less beard and more hair", "short_beard", ["beard-", "volume+"]),
        ("les lipstick", "made_up", ["lipstick-"]),
        ("hardly there lipstick", "made_up", ["lipstick-"]),
        ("growing out her bangs", "redhead", ["arranged=side,centre,loose"]),
        ("the hair shouldn't be blond, make it black", "blue_eyed", ["hair=black"]),
        ("no blue eyes, I'd prefer green", "blue_eyed", ["eyes=green"]),
        ("reduce the nose width", "young_man", ["measure:Nose width-"]),
        ("squash the face sideways", "young_man", ["measure:Face width-"]),
        ("her face, stretched vertically", "redhead", ["measure:Face length+"]),
        ("a flatter back of the head", "bald", ["measure:Head depth-"]),
    ],
)  # fmt: skip
def test_what_is_said_is_what_is_done(
    text: str, start: str, wants: list[str], mesh: BilinearModel, judge: Judge
) -> None:
    _, starts = held_out(HELD_OUT.with_name("held_out_8.toml"))
    said = Said(text, start, tuple(wants), ())
    assert carried_out(said, starts[start], mesh, judge).missed == ()


def test_which_sex_somebody_is_may_be_said() -> None:
    assert not declined("sex: f")
    assert not declined("the opposite sex")
    assert declined("sex with her")
