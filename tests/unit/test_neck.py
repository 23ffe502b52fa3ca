"""Heads that turn on their necks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from head360.assets import resource
from head360.model.bilinear import BilinearModel
from head360.model.neck import (
    Neck,
    TurnedSeating,
    straight_points,
    straightened,
    turn_shares,
)
from head360.model.seating import Seat
from head360.params import POSE_LIMITS, FloatArray

STRAIGHT = np.zeros(3, np.float32)


def pose(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> FloatArray:
    return np.array([yaw, pitch, roll], np.float32)


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


@pytest.fixture(scope="module")
def neck(mesh: BilinearModel) -> Neck:
    return Neck(mesh.mean)


def nose(mesh: BilinearModel) -> int:
    return int(mesh.mean[:, 2].argmax())


def test_a_straight_head_is_left_alone(mesh: BilinearModel, neck: Neck) -> None:
    assert neck.turn(mesh.mean, STRAIGHT) is None


@pytest.mark.parametrize(
    ("turned", "axis", "sign"),
    [
        (pose(yaw=30), 0, 1),  # to its own left, +x
        (pose(pitch=20), 1, -1),  # down
    ],
)
def test_angles_turn_the_nose_where_they_say(
    mesh: BilinearModel, neck: Neck, turned: FloatArray, axis: int, sign: int
) -> None:
    turn = neck.turn(mesh.mean, turned)
    assert turn is not None

    moved = neck.turned(turn, mesh.mean).vertices[nose(mesh)] - mesh.mean[nose(mesh)]

    assert sign * moved[axis] > 0.03


def test_roll_leans_the_crown_to_the_left_shoulder(mesh: BilinearModel, neck: Neck) -> None:
    turn = neck.turn(mesh.mean, pose(roll=15))
    assert turn is not None
    crown = int(mesh.mean[:, 1].argmax())

    assert neck.turned(turn, mesh.mean).vertices[crown, 0] - mesh.mean[crown, 0] > 0.03


def test_the_face_stays_rigid_and_the_shoulders_stay_put(mesh: BilinearModel, neck: Neck) -> None:
    turn = neck.turn(mesh.mean, pose(*POSE_LIMITS))
    assert turn is not None
    turned = neck.turned(turn, mesh.mean)
    face = torch.from_numpy(mesh.topology.landmarks68).long()
    low = mesh.mean[:, 1] < -0.16

    def distances(points: torch.Tensor) -> torch.Tensor:
        return (points[:, None] - points).norm(dim=-1)

    kept = distances(turned.vertices[face]) - distances(mesh.mean[face])
    assert kept.abs().max() < 1e-5
    torch.testing.assert_close(turned.vertices[low], mesh.mean[low], atol=1e-6, rtol=0)


def test_no_pose_goes_beyond_its_limits(mesh: BilinearModel, neck: Neck) -> None:
    far, limit = neck.turn(mesh.mean, pose(yaw=170)), neck.turn(mesh.mean, pose(POSE_LIMITS[0]))

    assert far is not None
    assert limit is not None
    assert far.angle == pytest.approx(limit.angle)


def test_the_neck_turns_smoothly(mesh: BilinearModel) -> None:
    way = torch.linspace(-0.2, 0.15, 400)
    points = torch.stack([torch.zeros(400), way, torch.zeros(400)], 1)

    shares = turn_shares(points)

    assert shares[0] == 0
    assert shares[-1] == 1
    steps = shares.diff()
    assert steps.min() >= 0
    assert steps.diff().abs().max() < 0.002


def test_hair_finds_back_to_where_it_came_from(mesh: BilinearModel, neck: Neck) -> None:
    turn = neck.turn(mesh.mean, pose(30, 12, -10))
    assert turn is not None
    seating = Seat(mesh.topology, mesh.mean).fit(mesh.mean)
    turned = neck.turned(turn, mesh.mean)

    straight, shares = straight_points(straightened(turn, seating), turned.vertices)

    away = (straight - mesh.mean).norm(dim=1)
    assert away.median() < 0.0002
    assert away.max() < 0.004  # in the folds of the neck
    assert (shares - turned.shares).abs().median() < 0.01


def test_strands_turn_with_the_head(mesh: BilinearModel, neck: Neck) -> None:
    turn = neck.turn(mesh.mean, pose(yaw=40))
    assert turn is not None
    seating = Seat(mesh.topology, mesh.mean).fit(mesh.mean)
    hair = TurnedSeating(seating, turn, straightened(turn, seating))
    above = torch.tensor([[0.0, 0.1, -0.01]])

    ahead = hair.turned(above, torch.tensor([[0.0, 0.0, 1.0]]))[0]

    angle = np.radians(40)
    expected = torch.tensor([np.sin(angle), 0.0, np.cos(angle)]).float()
    torch.testing.assert_close(ahead, expected, atol=1e-3, rtol=0)
