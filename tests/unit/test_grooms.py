"""Hairstyles are groomed on the shipped mean head; few strands, so that it goes quickly."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from head360.assets import resource
from head360.model.bilinear import BilinearModel
from head360.model.topology import SKIN
from training.catalog import scalp_tint
from training.synhead.grooms import HAIR_HIGH, HAIR_LOW, Groom, make_groom
from training.synhead.grooms_scalp import ScalpSurface
from training.synhead.grooms_strays import in_company
from training.synhead.grooms_varied import mirrored, varied
from training.synhead.styles import STYLES, GroomStyle


@pytest.fixture(scope="module")
def scalp() -> ScalpSurface:
    mesh = BilinearModel.load(resource("models", "mesh.safetensors"))
    topology = mesh.topology
    skin = topology.triangles[topology.triangle_material == SKIN]
    return ScalpSurface.build(mesh.mean.numpy(), skin, cell=0.008)


def thin(style: GroomStyle) -> GroomStyle:
    return replace(style, strands=300)


@pytest.mark.parametrize("name", STYLES)
def test_every_style_grows_from_the_scalp_and_stays_out_of_the_head(name: str, scalp) -> None:
    groom = make_groom(thin(STYLES[name]), scalp, 1)

    assert len(groom.positions) > 240
    assert np.isfinite(groom.positions).all()
    assert (groom.positions >= HAIR_LOW - 1e-6).all()
    assert (groom.positions <= HAIR_HIGH + 1e-6).all()
    distance, _ = scalp.body.sample(groom.positions.reshape(-1, 3).astype(np.float64))
    assert np.quantile(distance, 0.002) > -0.004
    roots, _ = scalp.body.sample(groom.positions[:, 0].astype(np.float64))
    assert np.abs(roots).max() < 0.006
    assert 0 < groom.widths.min() < groom.widths.max() < 0.002
    assert 0 <= groom.roots.min() < groom.roots.max() <= 1


def test_the_library_has_the_thirty_three_styles_and_the_catalogue_knows_them() -> None:
    assert len(STYLES) == 33
    assert all(0 < scalp_tint(name) < 1 for name in STYLES)


def test_the_same_seed_varies_a_style_the_same_way() -> None:
    one, same, other = (varied(STYLES["long_wavy"], seed) for seed in (4, 4, 5))

    assert one == same
    assert one not in (other, STYLES["long_wavy"])
    assert one.hem is not None
    assert one.hem.height > -0.23


def test_a_varied_style_is_as_long_as_people_would_still_call_it() -> None:
    tops = [varied(STYLES["crew"], seed).lengths.top for seed in range(60)]

    assert 0.5 < min(tops) / STYLES["crew"].lengths.top < 0.9
    assert 1.1 < max(tops) / STYLES["crew"].lengths.top < 1.7


def test_mirroring_twice_gives_the_same_strands(scalp) -> None:
    groom = make_groom(thin(STYLES["pixie"]), scalp, 1)

    once, twice = mirrored(groom), mirrored(mirrored(groom))

    np.testing.assert_array_equal(twice.positions, groom.positions)
    np.testing.assert_allclose(twice.roots, groom.roots, atol=1e-6)
    np.testing.assert_array_equal(once.positions[..., 0], -groom.positions[..., 0])


def test_a_strand_that_hangs_alone_is_found() -> None:
    along = np.linspace(0, 0.2, 24)[None, :, None] * np.array([0.0, -1.0, 0.0])
    rng = np.random.default_rng(0)
    bundle = rng.uniform(-0.004, 0.004, (3000, 1, 3)) + along
    alone = np.array([[[0.05, 0.0, 0.0]]]) + along

    company = in_company(np.concatenate([bundle, alone]))

    assert company[:-1].all()
    assert not company[-1]


def test_no_hair_grows_between_cornrows_nor_on_a_bald_crown(scalp) -> None:
    rows = make_groom(replace(STYLES["cornrows"], strands=1500), scalp, 1)
    bald = make_groom(thin(STYLES["horseshoe"]), scalp, 1)

    on_top = rows.positions[
        (rows.positions[:, 0, 1] > 0.13) & (abs(rows.positions[:, 0, 2]) < 0.02)
    ]
    beside = np.sort(on_top[:, 0, 0])
    assert (np.diff(beside) > 0.002).sum() >= 4
    assert (bald.positions[:, 0, 1] > 0.13).mean() < 0.05


def test_grooming_can_be_handed_to_another_process(scalp) -> None:
    style, head = pickle.loads(pickle.dumps((thin(STYLES["afro_short"]), scalp)))

    here, there = make_groom(thin(STYLES["afro_short"]), scalp, 2), make_groom(style, head, 2)

    assert isinstance(there, Groom)
    np.testing.assert_array_equal(here.positions, there.positions)
