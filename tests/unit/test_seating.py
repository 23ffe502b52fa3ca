from __future__ import annotations

import pytest
import torch

from head360.assets import resource
from head360.model.bilinear import SHOWN_MODES, BilinearModel
from head360.model.seating import Seat
from head360.model.topology import SKIN


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


@pytest.fixture(scope="module")
def seat(mesh: BilinearModel) -> Seat:
    return Seat(mesh.topology, mesh.mean)


def scalp(mesh: BilinearModel) -> torch.Tensor:
    topology = mesh.topology
    skin = torch.from_numpy(topology.triangles[topology.triangle_material == SKIN]).long().unique()
    return skin[torch.from_numpy(topology.scalp)[skin] > 0.5]


def test_hair_stays_where_it_is_on_the_mean_head(mesh: BilinearModel, seat: Seat) -> None:
    points = mesh.mean[scalp(mesh)]

    torch.testing.assert_close(seat.fit(mesh.mean)(points), points, atol=2e-5, rtol=0)


@pytest.mark.parametrize("seed", range(6))
def test_any_scalp_meets_the_mean_scalp(mesh: BilinearModel, seat: Seat, seed: int) -> None:
    code = torch.randn(SHOWN_MODES, generator=torch.Generator().manual_seed(seed))
    neutral = mesh.neutral(code)
    chosen = scalp(mesh)

    away = (seat.fit(neutral)(neutral[chosen]) - mesh.mean[chosen]).norm(dim=1)

    before = (neutral[chosen] - mesh.mean[chosen]).norm(dim=1)
    assert away.median() < 0.0016
    assert away.median() < 0.5 * before.median()
    assert away.max() < 0.008
