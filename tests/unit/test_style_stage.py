"""The compact hairstyle network: portraits become maps, maps vary, and a run goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from head360.fitting.face_network import HAIR, PARTS, FaceNetwork, FaceShape
from head360.fitting.style_network import (
    CENTRE,
    LIGHT,
    LINES,
    LOCKS,
    SLANTS,
    STRANDS,
    STYLE_FILE,
    face_centres,
    load_style,
    mirrored_maps,
    style_maps,
)
from training.config import load_as, preset
from training.stages.backdrops import Backdrops
from training.stages.face_pictures import (
    CHANNELS,
    CLASS,
    COLOR,
    COVER,
    HAIR_SHARE,
    WORN,
    Sheet,
    write_sheet,
)
from training.stages.face_samples import Framing, plain_sample
from training.stages.faces_config import FacePictures, FacesConfig, StyleLearning
from training.stages.run_hairstyle import HairstyleRun
from training.stages.run_style import CompactLearner, StyleBatches, run
from training.stages.style_maps import MapsMaker, read_maps, stored_maps, true_shares, varied_maps
from training.synhead.classes import CLASS_HAIR, CLASS_NECK, CLASS_SKIN

SIZE = 64
CONFIG = FacesConfig(
    half=False,
    pictures=FacePictures(rounds=1, held_out_rounds=1),
    compact=True,
    style=StyleLearning(steps=2, batch=4, times=1),
)
BALD = len(WORN) - 1


def doll(hair: bool) -> np.ndarray:
    """(64, 64, 6): a face over a neck, with hair on top or none."""
    stored = np.zeros((SIZE, SIZE, CHANNELS), np.uint8)
    for rows, columns, kind, color in (
        (slice(20, 44), slice(18, 46), CLASS_SKIN, (220, 170, 150)),
        (slice(44, 60), slice(24, 40), CLASS_NECK, (200, 150, 130)),
        (slice(8, 20), slice(16, 48), CLASS_HAIR, (60, 40, 20)),
    ):
        if kind != CLASS_HAIR or hair:
            stored[rows, columns, CLASS] = kind
            stored[rows, columns, COLOR], stored[rows, columns, COVER] = color, 255
            stored[rows, columns, HAIR_SHARE] = 255 * (kind == CLASS_HAIR)
    return stored


def drawn(folder: Path) -> Path:
    """One file to learn from and one held out, of two styles."""
    for number in (0, BALD):
        for held_out in (False, True):
            sheet = Sheet(number, held_out)
            write_sheet(sheet.path(folder), np.stack([doll(number == 0)] * 3))
    return folder


def maps_of(hair: bool) -> np.ndarray:
    """(MAPS, S, S) of the doll, as it truly is, with lines that were not drawn."""
    sample = plain_sample(doll(hair), Framing(), np.zeros((SIZE, SIZE, 3), np.uint8))
    picture = np.repeat(np.repeat(sample.picture, 4, 0), 4, 1)
    y, x = np.mgrid[: len(picture), : len(picture)]
    lined = (picture * (1 + 0.4 * np.sin((x + y) / 2)[..., None])).clip(0, 255).astype(np.uint8)
    return style_maps(lined, true_shares(sample).repeat(4, 1).repeat(4, 2))


def test_maps_are_kept_in_bytes() -> None:
    maps = maps_of(hair=True)

    again = read_maps(stored_maps(maps)[None])[0].numpy()

    np.testing.assert_allclose(again, maps, atol=0.01)
    assert np.abs(maps[SLANTS]).max() > 0.3


def test_true_shares_are_those_of_the_parts() -> None:
    shares = true_shares(plain_sample(doll(True), Framing(), np.zeros((SIZE, SIZE, 3), np.uint8)))

    assert shares.shape == (len(PARTS), SIZE, SIZE)
    assert (shares.sum(0) == 1).all()
    assert shares[HAIR, 12, 32] == 1


def test_varied_maps_keep_the_face_near_its_place_and_turn_slants_with_the_mirror() -> None:
    maps = torch.from_numpy(maps_of(hair=True))[None].repeat(64, 1, 1, 1)

    varied = varied_maps(maps, np.random.default_rng(0))
    again = varied_maps(maps, np.random.default_rng(0))

    assert torch.equal(varied, again)
    away = face_centres(varied) - torch.tensor(CENTRE)
    assert float(away.abs().mean()) < 0.05
    lined = varied[varied[:, LINES].abs().sum((1, 2, 3)) > 0]
    slants = lined[:, SLANTS].sum((1, 2, 3))
    assert (slants > 0).any()
    assert (slants < 0).any()
    plain = float(maps[0, SLANTS].sum())
    assert float(mirrored_maps(maps)[0, SLANTS].sum()) == pytest.approx(-plain, rel=1e-3)
    assert (varied[:, LIGHT].abs().sum((1, 2)) == 0).any(), "some tell nothing of light"


def test_hair_is_bent_in_training_and_no_two_alike() -> None:
    maps = torch.from_numpy(maps_of(hair=True))[None].repeat(32, 1, 1, 1)

    varied = varied_maps(maps, np.random.default_rng(1))

    hair = varied[:, 0].sum((1, 2)) / varied[:, 1].sum((1, 2)).clamp(min=1)
    assert float(hair.std()) > 0.02, "hair and face do not keep their ratio"
    assert (varied[:, LINES].abs().sum((1, 2, 3)) > 0).float().mean() > 0.8
    strands = varied[:, STRANDS].abs().sum((1, 2, 3)) > 0
    locks = varied[:, LOCKS].abs().sum((1, 2, 3)) > 0
    assert (locks & ~strands).any(), "some are blurred"


def test_portraits_become_maps_once(tmp_path: Path) -> None:
    torch.manual_seed(0)
    parser = FaceNetwork(FaceShape((4, 4, 8, 8, 8), (0,) * 5, 6, 2)).eval()
    maker = MapsMaker(parser, Backdrops(), CONFIG.style)
    known = {Sheet(number): np.stack([doll(number == 0)] * 2) for number in (0, BALD)}

    first = list(maker.missing(known, tmp_path))

    assert [path.exists() for path in first] == [True, True]
    assert list(maker.missing(known, tmp_path)) == []
    assert np.load(first[0]).shape[0] == 2


def test_every_style_is_learnt_from_alike_and_steps_repeat(tmp_path: Path) -> None:
    stored = {number: stored_maps(maps_of(number == 0)) for number in (0, BALD)}
    write_sheet(Sheet(0).path(tmp_path), np.stack([stored[0]] * 9))
    write_sheet(Sheet(BALD).path(tmp_path), np.stack([stored[BALD]]))
    batches = StyleBatches(tmp_path, replace(CONFIG, style=StyleLearning(batch=64)))

    maps, worn = batches.batch(0)
    again, _ = batches.batch(0)

    assert torch.equal(maps, again)
    assert 16 < int((worn == BALD).sum()) < 48
    assert not torch.equal(maps, batches.batch(1)[0])


def test_the_network_learns_who_has_hair(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    for number in (0, BALD):
        write_sheet(Sheet(number).path(tmp_path), stored_maps(maps_of(number == 0))[None])
    config = replace(CONFIG, style=replace(CONFIG.style, batch=8))
    batches, learner = StyleBatches(tmp_path, config), CompactLearner(config, torch.device("cpu"))

    losses = [learner.learn(*batches.batch(step), 0.0) for step in range(30)]
    other = CompactLearner(config, torch.device("cpu"))
    other.load(learner.state())

    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:3])
    assert other.step == learner.step == 30
    for mine, its in zip(other.average.parameters(), learner.average.parameters(), strict=True):
        assert torch.equal(mine, its)


@pytest.mark.slow
def test_a_run_writes_the_network_and_its_figures_and_goes_on(tmp_path: Path) -> None:
    portraits, out = drawn(tmp_path / "portraits"), tmp_path / "out"
    out.mkdir()

    list(run(HairstyleRun(CONFIG, None, out, portraits)))
    more = replace(CONFIG, style=replace(CONFIG.style, steps=3))
    said = list(run(HairstyleRun(more, None, out, portraits)))

    network, names = load_style(out / STYLE_FILE)
    assert names == tuple(name or "" for name in WORN)
    assert network.shape.styles == len(WORN)
    assert any("top-5" in line for line in said)
    assert '"steps": 3' in (out / "hairstyle.json").read_text()


def test_the_preset_trains_what_ships() -> None:
    config = load_as(FacesConfig, preset("hairstyle", "cpu"))

    assert config.compact
    assert config.pictures.people * 2 <= config.pictures.views
