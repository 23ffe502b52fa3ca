"""The class atlas: attributes that grow on a person change what their texels are."""

from __future__ import annotations

import numpy as np
import torch

from head360.model.texture_layers import RECIPES, Placement
from head360.params import ATTRIBUTES, HeadParams, neutral_head
from training.synhead.classes import (
    CLASS_BEARD,
    CLASS_BROWS,
    CLASS_CAP,
    CLASS_EYES,
    CLASS_LASHES,
    CLASS_LIPS,
    CLASS_NECK,
    CLASS_SKIN,
    CLASSES,
    ClassAtlas,
    refined,
)
from training.synhead.skin_zones import Zones

ROWS = 16
BROW, CHIN, LIPS, LASHES, NECK = (slice(k, k + 2) for k in (2, 5, 8, 11, 13))


def atlas_of(**strengths: float) -> np.ndarray:
    """Of a head whose parts are rows of texels in the first columns of its tile."""
    empty = {name: np.zeros((ROWS, 2 * ROWS), np.float32) for name in Zones.__slots__}
    empty["lips"][LIPS, :8] = 1
    lashes = np.zeros((ROWS, 2 * ROWS), np.float32)
    lashes[LASHES, :8] = 1
    position = np.zeros((ROWS, 2 * ROWS, 3), np.float32)
    position[..., 2] = 8
    position[NECK, :, 1] = -12
    here = {"brows": BROW, "beard": CHIN, "stubble": CHIN, "moustache": CHIN}
    full = torch.ones(2, 8)
    layers = {n: (Placement(here.get(n, BROW).start, 0, full),) for n in RECIPES}
    return ClassAtlas(Zones(**empty), lashes, position, layers).of(person(**strengths))


def person(**strengths: float) -> HeadParams:
    values = [strengths.get(name, 0.0) for name in ATTRIBUTES]
    return neutral_head().with_(attributes=np.array(values, np.float32))


def test_parts_that_all_people_have_are_named() -> None:
    atlas = atlas_of()

    assert atlas.shape == (ROWS, 2.5 * ROWS)
    assert (atlas[LIPS, :8] == CLASS_LIPS).all()
    assert (atlas[LASHES, :8] == CLASS_LASHES).all()
    assert (atlas[NECK, : 2 * ROWS] == CLASS_NECK).all()
    assert (atlas[12:, 36:] == CLASS_CAP).all()
    assert atlas[0, 0] == CLASS_SKIN


def test_hair_of_the_face_is_named_only_where_it_grows() -> None:
    shaven, bearded = atlas_of(), atlas_of(brows=0.8, beard=0.9)

    assert (shaven[BROW, :8] == CLASS_SKIN).all()
    assert (shaven[CHIN, :8] == CLASS_SKIN).all()
    assert (bearded[BROW, :8] == CLASS_BROWS).all()
    assert (bearded[CHIN, :8] == CLASS_BEARD).all()
    assert (shaven != bearded).sum() == 2 * 2 * 8


def test_a_shadow_of_stubble_is_still_skin() -> None:
    assert (atlas_of(stubble=0.2)[CHIN, :8] == CLASS_SKIN).all()
    assert (atlas_of(stubble=0.9)[CHIN, :8] == CLASS_BEARD).all()


def test_thin_brows_are_whole_brows() -> None:
    thin, thick = atlas_of(brows=0.33), atlas_of(brows=0.8)

    assert (thin[BROW, :8] == CLASS_BROWS).all()
    assert (thin == thick).all()
    assert (atlas_of(brows=0.1)[BROW, :8] == CLASS_SKIN).all()


def test_only_skin_is_split_up() -> None:
    atlas = np.full((ROWS, 40), CLASS_LIPS, np.uint8)
    kind = np.array([[CLASS_SKIN, CLASS_EYES, 0]], np.uint8)
    uv = np.array([[[0.2, 0.3], [0.2, 0.3], [1.5, -1.0]]], np.float32)

    assert refined(kind, uv, atlas).tolist() == [[CLASS_LIPS, CLASS_EYES, 0]]
    assert len(CLASSES) == 13
