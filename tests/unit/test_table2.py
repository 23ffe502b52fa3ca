"""Table 2 without source data: where cameras stand, what is counted, what goes on after a stop."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from head360.camera import OrbitCamera
from head360.fitting.dressing import Dressed
from head360.fitting.without import Without
from head360.params import neutral_head
from tests.unit.likeness_stand_ins import some_likeness
from training import table2
from training.ledger import Ledger
from training.novel_views import (
    Similarity,
    around,
    geometry_error,
    portrait_camera,
    portrait_face,
)
from training.scores import Measures
from training.table2 import FULL, WAYS, Table2, run, tables
from training.truths import pixels

POINTS = np.random.default_rng(0).normal(0, 0.08, (40, 3))
TURN = Rotation.from_euler("xyz", (4, -7, 11), degrees=True).as_matrix()


def moved(points: np.ndarray) -> np.ndarray:
    return 1.07 * points @ TURN.T + [0.01, -0.02, 0.005]


def test_a_similarity_is_found_again() -> None:
    found = Similarity.between(POINTS, moved(POINTS))

    assert found.scale == pytest.approx(1.07)
    assert found.turn == pytest.approx(TURN, abs=1e-9)
    assert found(POINTS) == pytest.approx(moved(POINTS), abs=1e-9)


def test_mirrored_points_are_not_matched_by_mirroring() -> None:
    found = Similarity.between(POINTS, POINTS * [-1, 1, 1])

    assert np.linalg.det(found.turn) == pytest.approx(1)


@pytest.mark.parametrize("yaw", [0, 75, 180])
def test_the_carried_camera_sees_a_head_where_the_true_one_is_seen(yaw: float) -> None:
    goal = OrbitCamera(yaw, 12.0)

    carried = Similarity.between(POINTS, moved(POINTS)).camera(goal)

    assert pixels(POINTS, carried, 256) == pytest.approx(pixels(moved(POINTS), goal, 256), abs=1e-3)
    assert carried.rows @ carried.rows.T == pytest.approx(np.eye(3), abs=1e-9)


def test_geometry_is_compared_after_alignment_in_millimetres() -> None:
    assert geometry_error(POINTS, moved(POINTS)) == pytest.approx(0, abs=1e-6)

    noise = np.random.default_rng(1).normal(0, 0.002, POINTS.shape)

    assert geometry_error(POINTS + noise, POINTS) == pytest.approx(2 * 3**0.5, rel=0.2)


def test_views_go_around_evenly_and_begin_in_front() -> None:
    cameras = around(24)

    yaws = sorted(camera.yaw_degrees for camera in cameras)
    assert cameras[0].yaw_degrees == 0
    assert np.diff(yaws) == pytest.approx(np.full(23, 15.0))
    assert len({camera.pitch_degrees for camera in cameras}) == 3


def test_portraits_are_nearly_frontal_at_rest_or_smiling() -> None:
    rng = np.random.default_rng(2)
    cameras = [portrait_camera(rng) for _ in range(50)]
    faces = np.stack([portrait_face(rng) for _ in range(50)])

    assert max(abs(camera.yaw_degrees) for camera in cameras) <= 6
    assert 10 < (faces.max(1) == 0).sum() < 40
    assert (faces.min(), faces.max() <= 1) == (0, True)


def test_an_inversion_keeps_nothing_but_codes() -> None:
    dressed = Dressed(neutral_head().with_(likeness=some_likeness()))

    assert Without(likeness=True).coded(dressed).params.likeness is None
    assert Without(own_skin=True).coded(dressed) is dressed
    assert Without(shape=True).free_form
    assert not Without(parsing=True).free_form


class PlainStudio:
    """Fits in no time; counts whom it was asked for."""

    asked: list[int]

    def __init__(self, job: Table2, measures: Measures) -> None:
        self._views = job.views

    def measure(self, number: int, ledger: Ledger) -> None:
        self.asked.append(number)
        for view in range(self._views):
            ledger.note(f"{number}/{view}", {n: {"psnr": 20.0 + view, "ssim": 0.9} for n in WAYS})
        ledger.note(f"{number}/fit", {n: {"geometry_mm": 2.0 + number} for n in WAYS})

    def close(self) -> None:
        pass


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> type[PlainStudio]:
    PlainStudio.asked = []
    monkeypatch.setattr(table2, "PhotoStudio", PlainStudio)
    return PlainStudio


def test_a_stopped_evaluation_goes_on_and_counts_everything_once(
    studio: type[PlainStudio], tmp_path: Path
) -> None:
    first = run(Table2(tmp_path, tmp_path, 3, 4, 64))
    next(first)
    first.close()
    assert studio.asked == [0]

    said = list(run(Table2(tmp_path, tmp_path, 3, 4, 64)))

    assert studio.asked == [0, 1, 2]
    assert len(said) == 3
    assert "20.0 dB from the front" in said[0]
    content = json.loads((tmp_path / "table-2.json").read_text())
    (ours,) = (table for table in content["tables"] if table["title"].startswith("From one"))
    assert [row["name"] for row in ours["rows"]] == list(WAYS)
    assert ours["rows"][0]["pictures"] == 12
    assert ours["rows"][0]["psnr"] == pytest.approx(21.5)
    assert ours["rows"][0]["geometry_mm"] == pytest.approx(3.0)
    assert "| geometry, mm |" in (tmp_path / "table-2.md").read_text()


def test_people_without_a_usable_face_are_left_out_not_counted_as_zero(tmp_path: Path) -> None:
    job = Table2(tmp_path, tmp_path, 2, 2, 64)
    ledger = Ledger(tmp_path / "x.jsonl", {})
    for case in ("0/0", "0/1", "0/fit"):
        ledger.note(case, {})
    ledger.note("1/0", {FULL: {"psnr": 30.0}})

    _, ours, sides = tables(job, ledger)

    assert ours.rows[0].pictures == 1
    assert ours.rows[0].psnr == 30.0
    assert [row.pictures for row in sides.rows] == [1, 0, 0]


def test_the_preset_is_thirty_people_from_24_sides(tmp_path: Path) -> None:
    job = Table2(tmp_path, tmp_path)

    assert (job.heads, job.views) >= (30, 24)
