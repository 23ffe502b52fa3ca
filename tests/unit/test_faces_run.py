"""The stage faces: portraits become shots, shots vary, and a run writes what it learnt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from head360.assets import resource
from head360.fitting.face_network import FACES_FILE, PARTS, load_faces
from head360.fitting.style_network import MAP_SIZE, MAPS, STYLE_FILE, load_style
from tests.unit.test_faces_stage import doll
from training.config import load_as, preset
from training.stages import run_faces
from training.stages.face_makers import make_shots
from training.stages.face_pictures import WORN, Sheet
from training.stages.face_samples import PART_OF
from training.stages.faces_config import (
    FaceLearning,
    FacePictures,
    FacesConfig,
    ShotSettings,
    StyleLearning,
    TeacherLearning,
)
from training.stages.run_faces import FacesRun, run
from training.stages.shot_batches import ShotBatches, Shown
from training.stages.shots import (
    ANYTHING,
    KINDS,
    NEARER,
    PLAIN,
    PORTRAIT,
    ShotMaker,
    ShotPool,
    Shots,
    varied_shots,
)
from training.stages.style_pool import SHAPES, StylePool, size_of

CPU = torch.device("cpu")
SIZE = 256
CONFIG = FacesConfig(
    half=False,
    pictures=FacePictures(rounds=1, views=2, held_out_rounds=1, held_out_views=1),
    shots=ShotSettings(most=40, others=1.0),
    learning=FaceLearning(steps=2, batch=6, coarse_until=0.6),
    teacher=TeacherLearning(steps=1, batch=2),
    style=StyleLearning(steps=2, batch=4, shapes="small,small-taught"),
)
STYLES = (0, len(WORN) - 1)


class Dolls:
    """Stands in for the studio: no source data, no OpenGL."""

    def __init__(self, *_: object) -> None: ...

    def take(self, sheet: Sheet) -> np.ndarray:
        return np.stack([doll(sheet.worn == 0)] * (1 if sheet.held_out else 2))

    def release(self) -> None: ...


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> ShotMaker:
    monkeypatch.setattr("training.stages.shots.FaceStudio", Dolls)
    return ShotMaker(Path("nowhere"), CONFIG.pictures, CONFIG.shots)


def made(maker: ShotMaker, folder: Path) -> Path:
    """Shots of two styles, to learn from and held out."""
    for number in STYLES:
        for held_out in (False, True):
            sheet = Sheet(number, held_out)
            maker.make(sheet).save(sheet.path(folder))
    return folder


def test_portraits_become_shots_of_every_kind(maker: ShotMaker, tmp_path: Path) -> None:
    shots = maker.make(Sheet(0))
    shots.save(tmp_path / "a.safetensors")
    again = Shots.load(tmp_path / "a.safetensors")

    assert shots.kinds.tolist() == [PLAIN, PORTRAIT, ANYTHING, NEARER] * 2
    assert shots.pictures.shape == (8, SIZE, SIZE, 3)
    assert shots.parts.max() < len(PARTS)
    assert set(np.unique(shots.parts[0])) <= set(PART_OF.tolist()), "nothing but the doll"
    np.testing.assert_array_equal(again.pictures, shots.pictures)
    np.testing.assert_array_equal(maker.make(Sheet(1, True)).kinds, [PLAIN, PORTRAIT])


def test_files_that_are_there_are_not_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("training.stages.shots.FaceStudio", Dolls)
    listed = [Sheet(0), Sheet(1)]

    first = list(make_shots(tmp_path, tmp_path, CONFIG, listed))

    assert first == listed
    assert list(make_shots(tmp_path, tmp_path, CONFIG, listed)) == []


def test_a_pool_takes_in_what_comes_until_it_is_full(maker: ShotMaker, tmp_path: Path) -> None:
    paths = {Sheet(number).path(tmp_path): Sheet(number) for number in STYLES}
    pool = ShotPool(10, SIZE, CPU)

    pool.look(paths)
    before = pool.count
    for sheet in paths.values():
        maker.make(sheet).save(sheet.path(tmp_path))
    pool.look(paths)

    assert (before, pool.count, pool.full) == (0, 10, True)
    assert [len(pool.places(*KINDS)[place]) for place in STYLES] == [8, 2]
    assert len(pool.places(NEARER)[0]) == 2


def test_shots_are_seen_otherwise_each_time_but_their_parts_stay_with_them() -> None:
    picture = torch.full((16, 64, 64, 3), 40, dtype=torch.uint8)
    parts = torch.zeros((16, 64, 64), dtype=torch.uint8)
    picture[:, 20:40, 10:30], parts[:, 20:40, 10:30] = 220, 2

    seen, moved = varied_shots(picture, parts, 3)
    again, _ = varied_shots(picture, parts, 3)
    other, _ = varied_shots(picture, parts, 4)

    light = seen.mean(1) > 0.5
    agree = (light & (moved == 2)).sum((1, 2)) / (light | (moved == 2)).sum((1, 2))
    assert float(agree.min()) > 0.85
    assert float((again - seen).abs().mean()) < 0.02, "but for noise"
    assert float((other - seen).abs().mean()) > 0.03
    columns = torch.stack([torch.nonzero(each)[:, 1].float().mean() for each in moved == 2])
    assert (columns < 32).any()
    assert (columns > 32).any(), "some are mirrored"


def test_batches_hold_each_kind_and_begin_at_half_the_size(
    maker: ShotMaker, tmp_path: Path
) -> None:
    batches = ShotBatches(Shown(CONFIG, made(maker, tmp_path), CPU), CONFIG)

    early, late = batches.parser(0, 0.0), batches.parser(0, 0.9)

    assert early.pictures.shape[-1] == early.parts.shape[-1] == SIZE // 2
    assert late.pictures.shape == (6, 3, SIZE, SIZE)
    assert int(late.nearer.sum()) == 2
    assert set(late.styles.tolist()) <= {-1, *STYLES}
    assert (late.styles[late.nearer] == -1).all(), "features tell no hairstyle"
    assert (batches.whole(1, 5).styles >= 0).all()


def test_maps_are_made_of_whole_heads_once(maker: ShotMaker, tmp_path: Path) -> None:
    shown = Shown(CONFIG, made(maker, tmp_path), CPU)
    shown.look()
    parser = load_faces(resource("models", FACES_FILE))[0]
    pool = StylePool(shown.pool, parser, None)

    pool.look()
    first = len(pool.worn)
    pool.look()
    maps, worn, taught = pool.batch(0, 0, 12)

    assert first == len(pool.worn) == 8
    assert set(pool.kinds.tolist()) == {PLAIN, PORTRAIT}
    assert maps.shape == (12, MAPS, MAP_SIZE, MAP_SIZE)
    assert set(worn.tolist()) == set(STYLES)
    assert taught is None


class SmallTeacher(nn.Module):
    """Stands in for ResNet-50, which takes seconds a picture here."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.told = nn.Linear(3, classes)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.told(pictures.mean((2, 3)))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("training.stages.style_learners", "training.stages.run_faces"):
        monkeypatch.setattr(f"{module}.ResNet50", SmallTeacher)


def test_a_run_writes_networks_and_figures_and_goes_on(
    maker: ShotMaker, tmp_path: Path, small: None
) -> None:
    torch.set_num_threads(1)
    work, out = made(maker, tmp_path / "work"), tmp_path / "out"
    out.mkdir()

    first = list(run(FacesRun(CONFIG, None, out, work)))
    parser = (out / FACES_FILE).stat().st_mtime_ns
    more = replace(CONFIG, style=replace(CONFIG.style, shapes="small"))
    again = list(run(FacesRun(more, None, out, work)))

    for path in (work / "held-out").iterdir():
        path.unlink()
    blind = list(run(FacesRun(more, None, out, work)))

    network, names = load_style(out / STYLE_FILE)
    assert names == load_faces(out / FACES_FILE)[1] == tuple(name or "" for name in WORN)
    assert network.shape == SHAPES["small"]
    for who in ("parser", "ResNet-50", "small", "small-taught"):
        assert any(line.startswith(f"clean, {who}:") for line in first), who
    assert (out / FACES_FILE).stat().st_mtime_ns == parser, "what is finished stays"
    assert any("disturbed, small: top-1" in line for line in again)
    assert (out / run_faces.TEACHER_FILE).exists()
    assert blind[-1].startswith("disturbed, small:"), "without anybody to measure with, too"
    assert '"held_out"' in (out / "faces.json").read_text()


@pytest.mark.parametrize("name", ["cpu", "gpu-25min", "further-gpu"])
def test_presets_train_what_ships(name: str) -> None:
    config = load_as(FacesConfig, preset("faces", name))

    assert "small" in config.style.shapes.split(",")
    assert all(size_of(each) in SHAPES for each in config.style.shapes.split(","))
    assert config.pictures.people * 2 <= config.pictures.views
    assert config.shots.parsing + config.shots.teacher < 1.2
