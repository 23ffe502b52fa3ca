"""What light, folds and cameras did to skin is taken off; what is a person's own stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from head360.fitting.atlas import SkinAtlas, skin_atlas
from head360.fitting.calm import (
    calmed,
    clean_lids,
    even_hue,
    folded,
    one_hue,
    smoothed,
    with_even_neck,
    without_shadow,
)
from head360.fitting.eyes import likely_iris
from head360.fitting.lashes import lash_band, lash_line
from head360.fitting.occasion import _spread, _without_specks
from head360.fitting.zones import Zones, skin_zones
from head360.model.bilinear import BilinearModel
from head360.model.sampling import IRIS_COLORS
from head360.params import EXPRESSIONS, neutral_head
from head360.rendering.scene import Models


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return Models.load().mesh


@pytest.fixture(scope="module")
def atlas() -> SkinAtlas:
    return skin_atlas()


@pytest.fixture(scope="module")
def zones(atlas: SkinAtlas, mesh: BilinearModel) -> Zones:
    return skin_zones(atlas, mesh.mean, mesh.topology)


def posed(mesh: BilinearModel, **weights: float) -> Tensor:
    """(V, 3) the mean head with an expression."""
    expression = torch.zeros(len(EXPRESSIONS))
    for name, weight in weights.items():
        expression[EXPRESSIONS.index(name)] = weight
    with torch.no_grad():
        return mesh.pose(mesh.identity_of(neutral_head()), expression)


def spread(logs: Tensor) -> float:
    """How far hues differ."""
    return float((logs - logs.mean(1, keepdim=True)).std(0).mean())


def test_a_camera_s_curve_leaves_no_red_where_the_photo_is_bright() -> None:
    generator = torch.Generator().manual_seed(0)
    brightness = torch.randn(8000, generator=generator) * 0.4
    skin = torch.tensor([-0.6, -1.1, -1.4]).expand(8000, 3)
    # Red rises faster than the rest, up to where it is cut off.
    bent = skin + (0.5 * brightness).clamp(max=0.2)[:, None] * torch.tensor([1.0, -0.4, -0.6])

    even = even_hue(bent, brightness, torch.ones(8000))

    assert spread(bent) > 0.08
    assert spread(even) < 0.02
    assert torch.allclose(even.mean(1), bent.mean(1), atol=1e-5)  # no lighter, no darker


def test_lips_stay_red_where_skin_of_one_brightness_is_even() -> None:
    brightness = torch.linspace(-1, 1, 8000)
    lips = torch.arange(8000) % 10 == 0
    logs = torch.where(lips[:, None], torch.tensor([0.3, -0.15, -0.15]), torch.zeros(3))

    even = even_hue(logs, brightness, (~lips).float())

    assert torch.allclose(even, logs, atol=1e-3)


def test_a_brow_has_one_hue_from_end_to_end() -> None:
    generator = torch.Generator().manual_seed(3)
    dark = torch.linspace(-3, -1, 4000)[torch.randperm(4000, generator=generator)]
    logs = dark[:, None] + torch.tensor([0.4, 0.0, -0.4]) * (-dark[:, None] / 3)
    other = logs.clone()
    other[:600] += torch.tensor([0.0, 0.3, -0.3])  # strands of another colour before its end

    found = one_hue(other, torch.ones(4000), torch.ones(4000))
    beside = one_hue(other, torch.ones(4000), torch.zeros(4000))

    assert torch.allclose(found.mean(1), other.mean(1), atol=1e-5)
    assert (found - logs)[:600].abs().mean() < 0.4 * (other - logs)[:600].abs().mean()
    assert (found - logs)[600:].abs().mean() < 0.03
    assert torch.equal(beside, other)


def test_hues_stay_where_hardly_any_skin_is_seen() -> None:
    logs = torch.rand(1000, 3)

    assert even_hue(logs, logs[:, 0], torch.zeros(1000)) is logs


def test_red_patches_go_and_pores_stay(atlas: SkinAtlas) -> None:
    count = len(atlas.texels)
    generator = torch.Generator().manual_seed(1)
    patches = atlas.blurred(torch.randn(count, 1, generator=generator), 5.0)
    patches = 0.15 * patches / patches.std()
    pores = 0.05 * torch.randn(count, 1, generator=generator)
    logs = patches * torch.tensor([1.0, -0.5, -0.5]) + pores
    none = torch.zeros(count)

    calm = calmed(atlas, logs, torch.zeros_like(logs), torch.ones(count), none, none)

    assert spread(calm) < 0.6 * spread(logs)
    kept = calm.mean(1, keepdim=True) - smoothed(
        atlas, calm.mean(1, keepdim=True), torch.ones(count), 2.0
    )
    assert float((kept * pores).mean() / (pores * pores).mean()) > 0.8


def test_brows_and_lips_are_not_evened_out(atlas: SkinAtlas, zones: Zones) -> None:
    count = len(atlas.texels)
    brows = (zones.brows > 0.99).float()
    logs = -1.2 * brows[:, None].expand(-1, 3)

    calm = calmed(
        atlas, logs, torch.zeros_like(logs), torch.ones(count), zones.brows, torch.zeros(count)
    )

    assert torch.allclose(calm[brows == 1], logs[brows == 1], atol=0.02)


def steps(atlas: SkinAtlas, values: Tensor, share: Tensor) -> float:
    """The largest step of values (N, 1) between texels side by side that have a share (N,)."""
    (tile,), (known,) = atlas.tile(values), atlas.tile((share > 0.9)[:, None].float())
    both = (known[:, 1:] * known[:, :-1]) > 0
    return float((tile[:, 1:] - tile[:, :-1])[both].abs().max())


def test_collars_and_shadows_leave_no_edge_on_the_neck(
    atlas: SkinAtlas, zones: Zones, mesh: BilinearModel
) -> None:
    points = atlas.at_texels(mesh.mean)
    collar = ((points[:, 0] > 0.01) & (points[:, 1] < -0.12)).float()
    logs = collar[:, None] * torch.tensor([-1.6, -1.2, -1.4])
    face = zones.neck == 0
    logs[face] = 0.3

    even = with_even_neck(atlas, logs, torch.ones(len(points)), zones.neck)

    assert steps(atlas, logs[:, :1], zones.neck) > 1
    assert steps(atlas, even[:, :1], zones.neck) < 0.06
    assert float(even[zones.neck > 0.9].mean(1).abs().max()) <= 0.131
    assert torch.equal(even[face], logs[face])


def test_what_was_seen_ends_without_an_edge(
    atlas: SkinAtlas, zones: Zones, mesh: BilinearModel
) -> None:
    points = atlas.at_texels(mesh.mean)
    seen = (points[:, 0] < 0.02).float()
    change, none = -0.5 * seen[:, None].expand(-1, 3), torch.zeros(len(points))

    whole = _spread(atlas, change, seen, none, replace(zones, plain=none, neck=none))

    face = (points[:, 2] > 0.05).float()
    assert torch.allclose(whole[seen == 1], change[seen == 1])
    assert steps(atlas, change[:, :1], face) > 0.4
    assert steps(atlas, whole[:, :1], face) < 0.1
    assert float(whole[(points[:, 0] > 0.05) & (face > 0)].abs().max()) < 0.01


def test_cheeks_that_turn_away_have_no_specks(atlas: SkinAtlas) -> None:
    count = len(atlas.texels)
    specks = 0.2 * torch.randn(count, 3, generator=torch.Generator().manual_seed(2)) - 0.3

    calm = _without_specks(atlas, specks, torch.zeros(count))

    assert float(calm.std()) < 0.3 * float(specks.std())
    assert float(calm.mean()) == pytest.approx(-0.3, abs=0.004)
    assert torch.allclose(_without_specks(atlas, specks, torch.ones(count)), specks)


def test_ears_and_neck_take_the_face_s_hue(
    atlas: SkinAtlas, zones: Zones, mesh: BilinearModel
) -> None:
    seen = ((zones.plain > 0) & (zones.neck == 0)).float()
    cast = torch.tensor([0.3, 0.1, -0.4])

    whole = _spread(atlas, seen[:, None] * cast, seen, 0 * seen, zones)

    assert (seen < 1).sum() > 100_000
    assert torch.allclose(whole, cast.expand_as(whole), atol=0.03)


def test_folds_of_a_smile_fade_more_than_lines_elsewhere(atlas: SkinAtlas) -> None:
    count = len(atlas.texels)
    column = (atlas.texels % 1024).float()
    line = -0.5 * torch.exp(-(((column % 60) - 30) ** 2) / 18)
    logs, ones = line[:, None].expand(-1, 3), torch.ones(count)

    still = calmed(atlas, logs, torch.zeros_like(logs), ones, 0 * ones, 0 * ones)
    smiling = calmed(atlas, logs, torch.zeros_like(logs), ones, 0 * ones, ones)

    assert float(smiling.min()) > float(still.min()) + 0.08


def test_skin_folds_beside_the_mouth_of_a_smile_and_nowhere_else(
    atlas: SkinAtlas, mesh: BilinearModel
) -> None:
    relaxed = posed(mesh)
    smile = posed(mesh, mouthSmileLeft=1.0, mouthSmileRight=1.0)

    pushed = folded(atlas, mesh.topology, relaxed, smile)

    places = atlas.at_texels(relaxed)
    corner = relaxed[int(mesh.topology.landmarks68[54])]
    beside = (places - corner).norm(dim=1) < 0.03
    brow = relaxed[int(mesh.topology.landmarks68[19]), 1]
    above = (places[:, 1] > brow) & (places[:, 2] > 0.04)
    assert float(pushed[beside].max()) > 0.9
    assert float(pushed[above].max()) < 0.05
    assert not folded(atlas, mesh.topology, relaxed, relaxed).any()


def test_what_turns_is_not_folded(atlas: SkinAtlas, mesh: BilinearModel) -> None:
    relaxed = posed(mesh)
    turn = torch.linalg.matrix_exp(
        torch.tensor([[0.0, 0.4, 0.2], [-0.4, 0.0, -0.3], [-0.2, 0.3, 0.0]])
    )

    assert float(folded(atlas, mesh.topology, relaxed, relaxed @ turn).max()) < 1e-3


def test_a_shadow_on_one_side_is_lifted(atlas: SkinAtlas) -> None:
    count = len(atlas.texels)
    column = atlas.texels % 1024
    left = (column > 120) & (column < 200)
    logs = torch.where(left[:, None], -0.5, 0.0).expand(count, 3)

    even = without_shadow(atlas, logs, torch.ones(count))

    inner = (column > 150) & (column < 170)
    other = inner[atlas.mirrored]
    assert float((even[inner].mean() - even[other].mean()).abs()) < 0.15
    assert float(even[other].mean()) > -0.15  # the shadow is lifted, not shared


def test_dark_lids_are_lightened_and_lashes_smoothed(atlas: SkinAtlas, zones: Zones) -> None:
    count = len(atlas.texels)
    logs = torch.full((count, 3), -0.1)
    stripes = (zones.lids > 0.99) & (atlas.texels % 4 == 0)
    logs[stripes] = -2.0

    clean = clean_lids(atlas, logs, torch.zeros(count, 3), torch.ones(count), zones.lids)

    assert float(clean[zones.lids > 0.99].min()) > -0.4
    assert torch.equal(clean[zones.lids == 0], logs[zones.lids == 0])


def test_lashes_stand_on_upper_lids(atlas: SkinAtlas, mesh: BilinearModel) -> None:
    band = lash_band(atlas, mesh.mean, mesh.topology)

    places = atlas.at_texels(mesh.mean)[band > 0.3]
    marks = mesh.mean[torch.from_numpy(mesh.topology.landmarks68).long()]
    for eye in (range(36, 42), range(42, 48)):
        near = places[(places[:, 0] - marks[list(eye), 0].mean()).abs() < 0.02]
        assert len(near) > 100
        assert float(near[:, 1].min()) > float(marks[list(eye), 1].min())
    share = band[atlas.mirrored]
    assert float((band - share).abs().mean()) < 0.2 * float(band.mean())


def test_lashes_are_as_dark_as_the_photo_shows_them(atlas: SkinAtlas, mesh: BilinearModel) -> None:
    band = lash_band(atlas, mesh.mean, mesh.topology)
    skin, ones = torch.zeros(len(band), 3), torch.ones(len(band))

    def strength(darker: float, shown: Tensor = ones) -> float:
        return float(lash_line(band, skin - darker * (band > 0)[:, None], skin, shown).max())

    assert strength(1.3) > 2 * strength(0.1)
    assert strength(0.1) > 0.2
    assert strength(30.0) < 2
    assert strength(1.3, 0 * ones) == pytest.approx(strength(30.0, 0 * ones))  # not seen: usual


@pytest.mark.parametrize(("seen", "name"), [
    ((0.053, 0.039, 0.050), "brown"),
    ((0.10, 0.17, 0.27), "blue"), ((0.10, 0.13, 0.07), "green"),
])  # fmt: skip
def test_irises_take_a_hue_that_irises_have(seen: tuple[float, ...], name: str) -> None:
    found = likely_iris(torch.tensor(seen)).numpy()

    away = {key: np.log(found / color) for key, color in IRIS_COLORS.items()}
    nearest = min(away, key=lambda key: float(np.square(away[key] - away[key].mean()).sum()))
    assert name in nearest
