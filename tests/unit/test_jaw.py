"""Hair beside the face follows the jaw."""

from __future__ import annotations

import pytest
import torch

from head360.assets import resource
from head360.model.bilinear import BilinearModel, Identity
from head360.model.jaw import FURTHEST, FollowingSeating, Jaw
from head360.model.planes import HAIR_BOX, sample_vectors
from head360.model.seating import Seat, Seating
from head360.params import EXPRESSIONS


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


@pytest.fixture(scope="module")
def identity(mesh: BilinearModel) -> Identity:
    return mesh.identity(torch.zeros(50))


@pytest.fixture(scope="module")
def jaw(mesh: BilinearModel) -> Jaw:
    return Jaw(mesh.topology, mesh.mean)


@pytest.fixture(scope="module")
def seating(mesh: BilinearModel) -> Seating:
    return Seat(mesh.topology, mesh.mean).fit(mesh.mean)


def making(**weights: float) -> torch.Tensor:
    expression = torch.zeros(len(EXPRESSIONS))
    for name, weight in weights.items():
        expression[EXPRESSIONS.index(name)] = weight
    return expression


def test_hair_stays_while_only_the_rest_of_the_face_moves(jaw: Jaw, identity: Identity) -> None:
    assert jaw.shift(identity, making()) is None
    assert jaw.shift(identity, making(browInnerUp=1.0, mouthSmileLeft=1.0)) is None


def test_hair_beside_the_jaw_moves_and_that_on_the_crown_does_not(
    jaw: Jaw, identity: Identity
) -> None:
    shift = jaw.shift(identity, making(jawOpen=1.0))
    assert shift is not None
    beside = torch.tensor([[0.06, -0.05, 0.05], [-0.06, -0.05, 0.05]])
    crown = torch.tensor([[0.0, 0.13, 0.0], [0.08, 0.08, -0.05]])

    assert sample_vectors(shift, beside, HAIR_BOX)[:, 1].max() < -0.002  # down
    assert sample_vectors(shift, crown, HAIR_BOX).abs().max() < 1e-4


def test_hair_follows_to_the_side_that_the_jaw_goes(jaw: Jaw, identity: Identity) -> None:
    shift = jaw.shift(identity, making(jawLeft=1.0))
    assert shift is not None
    cheeks = torch.tensor([[0.06, -0.04, 0.06], [-0.06, -0.04, 0.06]])

    assert sample_vectors(shift, cheeks, HAIR_BOX)[:, 0].min() > 0.001


def test_no_hair_moves_far_or_by_leaps(jaw: Jaw, identity: Identity) -> None:
    shift = jaw.shift(identity, making(jawOpen=1.0, jawForward=1.0, jawRight=1.0))
    assert shift is not None

    assert shift.norm(dim=-1).max() <= FURTHEST
    cell = 2 * torch.tensor(HAIR_BOX.half) / torch.tensor([18, 22, 20])
    for axis, width in zip((2, 1, 0), cell, strict=True):
        assert shift.diff(dim=axis).norm(dim=-1).max() / width < 0.6  # as the march expects


def test_opening_the_mouth_gradually_moves_hair_gradually(jaw: Jaw, identity: Identity) -> None:
    shifts = [jaw.shift(identity, making(jawOpen=weight)) for weight in (0.2, 0.4, 0.6, 0.8)]

    lengths = [float(shift.norm(dim=-1).max()) for shift in shifts if shift is not None]

    assert len(lengths) == 4
    assert lengths == sorted(lengths)


def test_what_has_moved_is_looked_up_where_it_was(
    jaw: Jaw, identity: Identity, seating: Seating
) -> None:
    shift = jaw.shift(identity, making(jawOpen=0.5))
    assert shift is not None
    was = torch.tensor([[0.065, -0.03, 0.06]])
    moved = was.clone()
    for _ in range(8):
        moved = was + sample_vectors(shift, moved, HAIR_BOX)

    found = FollowingSeating(seating, shift)(moved)

    torch.testing.assert_close(found, seating(was), atol=1e-5, rtol=0)
    assert (moved - was).norm() > 0.001
