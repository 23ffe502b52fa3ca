"""Skin of one moment: it comes back with the face of that moment, and with no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from head360.fitting.moment import for_other_light
from head360.fitting.occasion import in_its_light
from head360.light import PHOTO_LIGHT, Light
from head360.likeness import STEP, Likeness
from head360.model.texture import moment_of
from head360.own_hair import WAYS_GRID, OwnHair
from head360.params import EXPRESSIONS, HairMix, HairShape, HeadParams, neutral_head
from head360.rendering.scene import Models, SceneBuilder
from tests.unit.likeness_stand_ins import some_likeness


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


def face(**weights: float) -> np.ndarray:
    made = np.zeros(len(EXPRESSIONS), np.float32)
    for name, weight in weights.items():
        made[EXPRESSIONS.index(name)] = weight
    return made


SMILE = face(mouthSmileLeft=0.8, mouthSmileRight=0.8, eyeSquintLeft=0.4, eyeLookUpLeft=0.3)


@pytest.fixture(scope="module")
def smiled() -> Likeness:
    return replace(some_likeness(), expression=SMILE)


def head(likeness: Likeness, expression: np.ndarray) -> HeadParams:
    return neutral_head().with_(likeness=likeness, expression=expression)


@pytest.mark.parametrize(
    ("share", "present"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (2.0, 0.0), (-0.2, 0.0)]
)
def test_a_moment_comes_and_goes_with_its_face(
    smiled: Likeness, share: float, present: float
) -> None:
    assert smiled.present(share * SMILE) == present


def test_where_the_eyes_look_makes_no_other_moment(smiled: Likeness) -> None:
    looking = [name for name in EXPRESSIONS if name.startswith("eyeLook")]

    for name in looking:
        assert smiled.present(np.maximum(SMILE, face(**{name: 1.0}))) == 1
    for name in set(EXPRESSIONS) - {*looking}:
        assert smiled.present(np.abs(SMILE - face(**{name: 1.0}))) < 1


def test_a_likeness_without_a_moment_is_never_in_it() -> None:
    plain = replace(
        some_likeness(), moment=None, expression=None, opening=None, fringe=None, cast=None
    )

    assert plain.present(face()) == 0


def test_a_moment_without_its_face_is_refused(smiled: Likeness) -> None:
    with pytest.raises(ValueError, match="go together"):
        replace(smiled, expression=None)
    with pytest.raises(ValueError, match="go with a moment"):
        replace(smiled, moment=None, expression=None)


@pytest.mark.parametrize(
    ("light", "lit"),
    [
        (Light(PHOTO_LIGHT), 1.0), (Light(PHOTO_LIGHT, -360.0, 2.0), 1.0),
        (Light(PHOTO_LIGHT, 27.0), 0.4), (Light(PHOTO_LIGHT, 90.0), 0.0), (Light("city"), 0.0),
    ],
)  # fmt: skip
def test_hues_of_the_photo_s_light_are_seen_in_it_alone(
    models: Models, smiled: Likeness, light: Light, lit: float
) -> None:
    smiling = head(smiled, SMILE)
    assert smiled.cast is not None

    there, elsewhere = (moment_of(each) for each in (smiling.with_(light=light), smiling))

    assert there is not None
    assert elsewhere is not None
    shown = torch.tensor(smiled.cast).float() * STEP
    shown[..., : there.shape[1] * 2] *= 1 - torch.tensor(smiled.fringe) / 255
    torch.testing.assert_close(there - elsewhere, lit * shown, atol=1e-5, rtol=1e-4)
    assert moment_of(head(smiled, face()).with_(light=light)) is None


def test_eyes_and_teeth_come_and_go_with_it(models: Models, smiled: Likeness) -> None:
    def inside(share: float) -> torch.Tensor:
        # Not the cap below the neck, whose colour is that of the skin.
        return models.texture.maps(head(smiled, share * SMILE), 0.0)[:3, :384, 1024:]

    rest, half, then = inside(0.0), inside(0.5), inside(1.0)
    bare = (then > 0.01) & (then < 0.99) & (rest > 0.01) & (rest < 0.99)
    steps = torch.tensor(smiled.opening)[:, :384].float() * STEP
    assert torch.allclose((then - rest)[bare], steps[bare], atol=1e-5)
    assert torch.allclose((half - rest)[bare], steps[bare] / 2, atol=1e-5)


def test_a_fringe_on_the_skin_goes_with_its_hair(models: Models, smiled: Likeness) -> None:
    own = OwnHair.made("bob", mirrored=False, ways=np.zeros((3, *WAYS_GRID)))
    worn = head(smiled, SMILE).with_(hairstyle="bob", own_hair=own)
    others = (
        worn.with_(hairstyle="afro"),
        worn.with_(hairstyle=None),
        worn.with_(own_hair=None),
        worn.with_(hair_shape=HairShape(mirrored=True)),
    )

    def skin(params: HeadParams) -> torch.Tensor:
        return models.texture.maps(params, 0.0)[:3, :, :1024]

    bare = replace(smiled, fringe=None)
    assert torch.equal(skin(worn), skin(worn.with_(likeness=bare)))
    for other in others:
        change = (skin(other) - skin(worn)).abs().amax((0, 1))
        assert change[:100].max() > 0.05  # where all of the moment is the fringe
        assert change[-100:].max() < 0.02
    assert worn.with_(hair_mix=HairMix("afro", 0.25)).own_fringe == 0.75


@pytest.mark.parametrize(
    ("fringe", "left"), [(0.8, 1.0), (0.3, 1.0), (0.175, 0.5), (0.0, 0.0), (-1.0, 0.0)]
)
def test_a_cut_fringe_takes_its_last_strands_along(fringe: float, left: float) -> None:
    own = OwnHair.made("bob", mirrored=False, ways=np.zeros((3, *WAYS_GRID)), fringe=0.3)
    worn = neutral_head().with_(hairstyle="bob", own_hair=own, hair_shape=HairShape(fringe=fringe))

    assert worn.own_fringe == pytest.approx(left, abs=1e-6)
    unknown = worn.with_(own_hair=replace(own, fringe=None))
    assert unknown.own_fringe == 1


def test_skin_takes_as_much_of_the_moment_as_is_present(models: Models, smiled: Likeness) -> None:
    skins = [
        models.texture.maps(head(smiled, share * SMILE), 0.0)[:3, :, :1024]
        for share in (0.0, 0.5, 1.0)
    ]

    inside = torch.stack([(skin > 0.01) & (skin < 0.99) for skin in skins]).all(0)
    moment = torch.tensor(smiled.moment).float() * STEP * (1 - torch.tensor(smiled.fringe) / 255)
    bare = inside & (moment.abs() > 0.02)
    change = (skins[2] - skins[0])[bare] / moment[bare]
    assert change.median() == pytest.approx(1, abs=0.01)
    half = (skins[1] - skins[0])[bare] / moment[bare]
    assert half.median() == pytest.approx(0.5, abs=0.01)


def test_skin_is_painted_anew_only_as_the_moment_comes(models: Models, smiled: Likeness) -> None:
    builder, still = SceneBuilder(models), head(smiled, face())
    rest = builder.build(still).maps

    assert builder.build(still.with_(expression=face(jawOpen=0.6))).maps is rest
    assert builder.build(still.with_(expression=SMILE)).maps is not rest


def test_a_change_of_even_skin_keeps_little_of_its_hue() -> None:
    change = torch.tensor([[0.3, 0.0, -0.3], [0.08, 0.08, 0.08]])

    even = for_other_light(change, torch.zeros(2))
    lips = for_other_light(change, torch.ones(2))

    assert torch.allclose(lips, change)
    assert torch.allclose(even.mean(1), change.mean(1), atol=1e-6)
    assert torch.allclose(even[1], change[1])
    assert float(even[0, 0]) < 0.1


def test_a_change_darkens_as_far_as_need_be_and_lightens_little() -> None:
    change = torch.tensor([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])

    kept = for_other_light(change, torch.zeros(2))

    assert torch.allclose(kept[0], change[0])
    assert float(kept[1].max()) < 0.5


def test_glints_and_what_is_behind_a_face_are_not_of_its_light() -> None:
    skin = torch.tensor([[0.1, 0.0, -0.1]]).expand(200, 3).clone()
    skin[0] += torch.tensor([0.0, 0.0, 1.2])  # blue, as of a curtain
    skin[1] += 2.0  # a window
    features, plain = torch.zeros(200), torch.ones(200)

    shown = in_its_light(skin, features, plain)

    torch.testing.assert_close(shown[2:], skin[2:], atol=0.01, rtol=0)
    assert (shown[0] - shown[0].mean() - skin[5]).abs().max() < 0.3
    assert shown[1].mean() < 0.61
    torch.testing.assert_close(in_its_light(skin, 1 - features, plain), skin)
