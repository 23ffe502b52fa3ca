from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from head360.assets import resource
from head360.errors import ResourceError
from head360.model.bilinear import (
    EYE_YAW,
    SHOWN_MODES,
    BilinearModel,
    VertexNormals,
    limited,
    vertex_normals,
)
from head360.model.sampling import random_person
from head360.model.topology import EYE, MOUTH, SKIN, TEETH
from head360.params import EXPRESSIONS
from head360.rendering.rasterize import rasterize

BLINKS = [EXPRESSIONS.index(f"eyeBlink{side}") for side in ("Left", "Right")]


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


def code(seed: int) -> torch.Tensor:
    return torch.randn(SHOWN_MODES, generator=torch.Generator().manual_seed(seed)) * 0.8


def weights(**values: float) -> torch.Tensor:
    made = torch.zeros(len(EXPRESSIONS))
    for name, value in values.items():
        made[EXPRESSIONS.index(name)] = value
    return made


def test_no_code_and_no_expression_is_the_mean_head(mesh: BilinearModel) -> None:
    identity = mesh.identity(torch.zeros(SHOWN_MODES))

    torch.testing.assert_close(mesh.pose(identity, weights()), mesh.mean)


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=8, deadline=None)
def test_expressions_add_up(mesh: BilinearModel, seed: int, one: float, other: float) -> None:
    identity = mesh.identity(code(seed))

    apart = [mesh.pose(identity, weights(**w)) for w in ({"jawOpen": one}, {"browInnerUp": other})]
    together = mesh.pose(identity, weights(jawOpen=one, browInnerUp=other))

    torch.testing.assert_close(apart[0] + apart[1] - identity.neutral, together)


@pytest.mark.parametrize("seed", range(4))
def test_closed_lids_hide_the_eyes_on_every_head(mesh: BilinearModel, seed: int) -> None:
    identity = mesh.identity(code(seed))

    closed = mesh.pose(identity, weights(eyeBlinkLeft=1, eyeBlinkRight=1))

    assert eye_pixels(mesh, identity.neutral) > 800
    assert eye_pixels(mesh, closed) == 0
    assert identity.deltas[BLINKS].norm(dim=-1).max() < 0.023


def eye_pixels(mesh: BilinearModel, vertices: torch.Tensor) -> int:
    """Pixels of 0.5 mm that show an eyeball from the front."""
    topology, rows, columns = mesh.topology, 96, 240
    triangles = torch.from_numpy(topology.triangles[topology.drawn]).long()
    materials = torch.from_numpy(topology.triangle_material[topology.drawn])
    middle = vertices[torch.from_numpy(topology.landmarks68[36:48]).long()].mean(0)
    x, y, z = ((vertices - middle) / 0.0005).unbind(1)
    points = torch.stack([x + columns / 2, y + rows / 2, -z], 1)
    near = ((x.abs() < columns / 2) & (y.abs() < rows / 2) & (z > -80))[triangles].all(1)
    raster = rasterize(points, triangles[near], (rows, columns), perspective=False)
    shown = materials[near][raster.triangle.clamp(min=0)]
    return int(((shown == EYE) & raster.covered).sum())


@pytest.mark.parametrize("side", [0, 1])
def test_an_eyeball_turns_about_its_centre_and_stays_in_its_socket(
    mesh: BilinearModel, side: int
) -> None:
    identity = mesh.identity(code(3))
    name = ("Left", "Right")[side]
    ball = torch.from_numpy(np.flatnonzero(mesh.topology.eye == side + 1))
    posed = mesh.pose(identity, weights(**{f"eyeLookOut{name}": 1.0}))

    before, after = (v[ball] - identity.eye_centers[side] for v in (identity.neutral, posed))

    torch.testing.assert_close(before.norm(dim=1), after.norm(dim=1), atol=1e-6, rtol=0)
    iris = mesh.topology.iris_landmarks[1 - side, 0]
    turned = posed[iris] - identity.eye_centers[side]
    straight = identity.neutral[iris] - identity.eye_centers[side]
    cosine = torch.nn.functional.cosine_similarity(turned, straight, dim=0)
    assert math.acos(float(cosine)) == pytest.approx(EYE_YAW, abs=0.02)
    outwards = 1 if side == 0 else -1
    assert (turned - straight)[0] * outwards > 0.003


def test_both_eyes_show_the_same_picture_mirrored(mesh: BilinearModel) -> None:
    topology = mesh.topology
    uv = {}
    for side in range(2):
        centre = topology.iris_landmarks[1 - side, 0]
        places = topology.render_uv[topology.render_vertex == centre]
        uv[side] = places.mean(0)
    assert uv[0] == pytest.approx(uv[1], abs=1e-4)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_mouth_closes_only_as_far_as_the_jaw_is_open(jaw: float, close: float) -> None:
    made = limited(weights(jawOpen=jaw, mouthClose=close))

    assert made[EXPRESSIONS.index("mouthClose")] == pytest.approx(min(jaw, close), abs=1e-6)
    assert made[EXPRESSIONS.index("jawOpen")] == pytest.approx(jaw, abs=1e-6)


def test_an_open_jaw_bares_upper_teeth_and_lips_still_meet(mesh: BilinearModel) -> None:
    identity = mesh.identity_of(random_person(11))
    upper, lower = (mesh.topology.landmarks68[[at]].astype(int) for at in (62, 66))
    teeth = np.unique(mesh.topology.triangles[mesh.topology.triangle_material == TEETH])
    rest, open_, closed = (
        mesh.pose(identity, made)[:, 1].numpy()
        for made in (weights(), weights(jawOpen=0.7), weights(jawOpen=0.7, mouthClose=0.7))
    )
    still = teeth[abs(open_[teeth] - rest[teeth]) < 1e-4]  # those of the upper jaw

    assert open_[upper] - open_[still].min() > 0.001
    assert abs(rest[upper] - rest[lower]) < 0.001
    assert closed[upper] - closed[lower] < 0.4 * (open_[upper] - open_[lower])


def test_openings_are_mouth_eyes_and_nostrils_with_their_edges(mesh: BilinearModel) -> None:
    topology = mesh.topology
    openings, corners = topology.openings, mesh.mean[topology.triangles].mean(1).numpy()
    edges = openings & (topology.triangle_material == SKIN)

    assert openings[np.isin(topology.triangle_material, (MOUTH, TEETH, EYE))].all()
    marks = mesh.mean.numpy()[topology.landmarks68[[*range(31, 48), *range(60, 68)]]]
    away = np.linalg.norm(corners[edges][:, None] - marks, axis=2).min(1)
    assert 0 < edges.sum() < 0.15 * len(edges)
    assert away.max() < 0.03


def test_gradients_reach_codes_and_weights(mesh: BilinearModel) -> None:
    shape, expression = code(1).requires_grad_(), (weights() + 0.2).requires_grad_()

    mesh.pose(mesh.identity(shape), expression).square().sum().backward()

    assert shape.grad is not None
    assert expression.grad is not None
    assert (shape.grad != 0).all()
    assert (expression.grad != 0).sum() >= len(EXPRESSIONS) - 1


def test_normals_point_outwards(mesh: BilinearModel) -> None:
    normals = vertex_normals(mesh.mean, torch.from_numpy(mesh.topology.triangles).long())

    skull = torch.from_numpy(np.flatnonzero(mesh.topology.scalp > 0.5))
    away = mesh.mean[skull] - mesh.mean[skull].mean(0)
    outwards = (normals[skull] * torch.nn.functional.normalize(away, dim=1)).sum(1)
    assert (outwards > 0).float().mean() > 0.98
    torch.testing.assert_close(normals.norm(dim=1)[skull], torch.ones(len(skull)))


def test_normals_of_one_topology_are_those_of_any(mesh: BilinearModel) -> None:
    triangles = torch.from_numpy(mesh.topology.triangles).long()
    again = VertexNormals(triangles, len(mesh.mean) + 1)  # the last belongs to no triangle
    vertices = torch.cat([mesh.neutral(code(4)), torch.ones(1, 3)])
    torch.testing.assert_close(again(vertices), vertex_normals(vertices, triangles))


@pytest.mark.parametrize("count", [0, 1, 12, 13, 52])
def test_few_expressions_are_added_as_many_are(mesh: BilinearModel, count: int) -> None:
    identity = mesh.identity(code(5))
    face = torch.zeros(52)
    face[torch.randperm(52, generator=torch.Generator().manual_seed(count))[:count]] = 0.7
    alone = mesh.pose(identity, face)
    wanted = mesh.pose(identity, face.clone().requires_grad_())  # reads all of them
    torch.testing.assert_close(alone, wanted.detach(), atol=1e-7, rtol=0)


def test_a_damaged_file_is_told(tmp_path) -> None:
    whole = resource("models", "mesh.safetensors").read_bytes()
    path = tmp_path / "mesh.safetensors"
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(ResourceError, match="damaged"):
        BilinearModel.load(path)


def test_the_neutral_face_alone_is_the_whole_identity_s(mesh: BilinearModel) -> None:
    head = random_person(3)

    identity = mesh.identity_of(head)
    neutral, eye_centers = mesh.neutral_of(head)

    torch.testing.assert_close(neutral, identity.neutral)
    torch.testing.assert_close(eye_centers, identity.eye_centers)
