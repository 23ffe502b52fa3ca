from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch

from head360.likeness import MODES, SKIN_ROWS, STEP, VERTICES, Likeness
from head360.model.bilinear import SHOWN_MODES, STORED_MODES
from head360.params import ATTRIBUTES, HeadParams, changed_fields, neutral_head
from head360.rendering.observed import INVENTED, SEEN, observed_maps
from head360.rendering.scene import Models, SceneBuilder
from tests.unit.likeness_stand_ins import some_likeness

EYE = (slice(0, 256), slice(1024, 1280))
TEETH = (slice(256, 384), slice(1152, 1280))


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture
def builder(models: Models) -> SceneBuilder:
    return SceneBuilder(models)


@pytest.fixture(scope="module")
def likeness() -> Likeness:
    return some_likeness()


def nobody(**changes: Any) -> Likeness:
    """A likeness that changes nothing."""
    rows = (SKIN_ROWS, 2 * SKIN_ROWS)
    plain = {"modes": np.zeros(MODES), "skin": np.zeros((3, *rows)), "observed": np.zeros(rows)}
    return Likeness.made(**plain | changes)


def plain_head() -> HeadParams:
    return neutral_head().with_(attributes=np.zeros(len(ATTRIBUTES)))


def test_sizes_are_those_of_the_shipped_models(models: Models) -> None:
    assert len(models.mesh.mean) == VERTICES
    assert models.texture.generator.shape.rows == SKIN_ROWS
    assert STORED_MODES - SHOWN_MODES == MODES


def test_residuals_are_kept_to_half_a_step() -> None:
    residual = np.random.default_rng(1).uniform(-1.2, 1.2, (3, SKIN_ROWS, 2 * SKIN_ROWS))

    made = nobody(skin=residual)

    assert abs(made.skin * STEP - residual.clip(-1, 1)).max() <= STEP / 2 + 1e-9


def test_nobody_can_change_a_likeness(likeness: Likeness) -> None:
    for entry in fields(Likeness):
        with pytest.raises(ValueError, match="read-only"):
            getattr(likeness, entry.name)[...] = 0


def test_a_changed_likeness_shares_what_was_not_changed(likeness: Likeness) -> None:
    other = replace(likeness, teeth=np.ones(3, np.float32))

    assert other.skin is likeness.skin
    assert other.modes is likeness.modes


@pytest.mark.parametrize(
    "change",
    [
        {"modes": np.zeros(MODES - 1, np.float32)},
        {"modes": np.zeros(MODES)},
        {"modes": np.full(MODES, np.nan, np.float32)},
        {"skin": np.zeros((3, 8, 16), np.int16)},
        {"skin": np.full((3, SKIN_ROWS, 2 * SKIN_ROWS), 256, np.int16)},
        {"observed": np.zeros((SKIN_ROWS, SKIN_ROWS), np.uint8)},
        {"offsets": np.full((VERTICES, 3), np.inf, np.float16)},
        {"offsets": np.full((VERTICES, 3), 0.2, np.float16)},
        {"surface": np.full((2, SKIN_ROWS, 2 * SKIN_ROWS), -128, np.int8)},
        {"sclera": np.full(3, -0.1, np.float32)},
        {"teeth": np.full(3, 5, np.float32)},
    ],
)
def test_a_likeness_of_wrong_numbers_is_refused(likeness: Likeness, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        replace(likeness, **change)


def test_a_head_of_nobody_looks_as_its_codes_say(builder: SceneBuilder) -> None:
    head = plain_head()
    plain = builder.build(head)

    same = builder.build(head.with_(likeness=nobody()))

    assert torch.equal(same.vertices, plain.vertices)
    assert torch.allclose(same.maps[:, :, :1024], plain.maps[:, :, :1024])


def test_modes_and_offsets_make_another_face(
    models: Models, builder: SceneBuilder, likeness: Likeness
) -> None:
    head = plain_head()
    plain = models.mesh.identity_of(head).neutral

    fitted = builder.build(head.with_(likeness=likeness)).vertices

    code = torch.cat([torch.zeros(SHOWN_MODES), torch.tensor(likeness.modes)])
    assert likeness.offsets is not None
    expected = models.mesh.neutral(code) + torch.tensor(likeness.offsets).float()
    assert torch.allclose(fitted, expected, atol=1e-6)
    assert (fitted - plain).norm(dim=1).mean() > 0.001


def test_own_skin_is_added_to_whatever_the_generator_makes(
    models: Models, likeness: Likeness
) -> None:
    for code in (np.zeros(64), np.full(64, 0.4)):
        head = plain_head().with_(texture=code)

        plain = models.texture.maps(head, 0.0)[:, :, :1024]
        fitted = models.texture.maps(head.with_(likeness=likeness), 0.0)[:, :, :1024]

        expected = (plain[:3] + torch.tensor(likeness.skin) * STEP).clamp(0, 1)
        assert torch.allclose(fitted[:3], expected, atol=1e-6)
        assert not torch.equal(fitted[[4, 7]], plain[[4, 7]])
        assert torch.equal(fitted[[3, 5, 6]], plain[[3, 5, 6]])


def test_make_up_and_beards_go_over_own_skin(models: Models, likeness: Likeness) -> None:
    shaven = plain_head().with_(likeness=likeness)
    bearded = shaven.with_(attributes=np.eye(len(ATTRIBUTES))[ATTRIBUTES.index("beard")])

    change = models.texture.maps(bearded, 0.0)[:3] - models.texture.maps(shaven, 0.0)[:3]

    assert change.min() < -0.2


def test_eyes_and_teeth_take_the_colours_of_the_photo(models: Models, likeness: Likeness) -> None:
    head = plain_head()
    plain = models.texture.maps(head.with_(likeness=nobody()), 0.0)[:3]
    fitted = models.texture.maps(head.with_(likeness=likeness), 0.0)[:3]

    white = torch.tensor(likeness.sclera)[:, None] * plain[:, 2, 1026:1274]
    assert torch.allclose(fitted[:, 2, 1026:1274], white, atol=0.02)
    teeth = torch.tensor(likeness.teeth)[:, None, None] * plain[:, *TEETH]
    assert torch.allclose(fitted[:, *TEETH], teeth, atol=1e-5)


def test_only_what_a_likeness_changes_is_made_again(
    builder: SceneBuilder, likeness: Likeness
) -> None:
    first = builder.build(plain_head().with_(likeness=likeness))

    painted = builder.build(plain_head().with_(likeness=replace(likeness, teeth=likeness.sclera)))
    back = builder.build(plain_head())

    assert painted.maps is not first.maps
    assert torch.equal(painted.vertices, first.vertices)
    assert not torch.equal(back.vertices, first.vertices)
    assert not torch.equal(back.maps, first.maps)


def test_an_edit_shares_the_likeness(likeness: Likeness) -> None:
    head = plain_head().with_(likeness=likeness)

    smiling = head.with_(expression=np.ones(52))

    assert smiling.likeness is likeness
    assert changed_fields(head, smiling) == {"expression"}


def test_seen_skin_is_blue_and_invented_skin_orange(models: Models) -> None:
    rows = (SKIN_ROWS, 2 * SKIN_ROWS)
    half = np.zeros(rows)
    half[: SKIN_ROWS // 2] = 1
    maps = models.texture.maps(plain_head(), 0.0)

    painted = observed_maps(maps, nobody(observed=half))

    seen, invented = painted[:3, 100:200, 100:900], painted[:3, 300:400, 100:900]
    assert seen[2].mean() > seen[0].mean() + 0.3
    assert invented[0].mean() > invented[2].mean() + 0.3
    assert torch.equal(painted[3:], maps[3:])
    everything = observed_maps(maps, None)[:3, :, :1024].mean((1, 2))
    ratio = everything / torch.tensor(INVENTED)
    assert torch.allclose(ratio, ratio.mean().expand(3), rtol=0.1)
    assert SEEN != INVENTED


def test_the_observed_view_is_bald_and_leaves_the_head_as_it_was(
    builder: SceneBuilder, likeness: Likeness
) -> None:
    head = plain_head().with_(likeness=likeness, hairstyle="bob")
    before = builder.build(head)

    shown = builder.build(head, observed=True)
    after = builder.build(head)

    assert shown.hair is None
    assert not torch.equal(shown.maps, before.maps)
    assert torch.equal(after.maps, before.maps)
    assert after.hair is before.hair
