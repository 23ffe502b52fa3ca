"""A real photo becomes a head. Needs the face detector's weights."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from head360.__main__ import main
from head360.engine import HeadEngine, finished
from head360.errors import AssetError, PhotoError, UnknownNameError
from head360.fitting.fit import STEPS, FitOptions, FitProgress, FitResult
from head360.fitting.landmarks import moved
from head360.fitting.photo import photo_from_bytes, photo_from_pixels
from head360.marks import HAIR, LEFT_OUT
from head360.params import EXPRESSIONS
from head360.project import load_project


def test_landmarks_are_met(result: FitResult) -> None:
    report = result.report

    assert report.landmark_error_px[0] < 1.3
    assert report.landmark_error_fitted_px[0] < report.landmark_error_px[0]
    assert report.rounds <= 14
    assert set(report.seconds) <= set(STEPS)


def test_she_smiles_at_the_camera(result: FitResult) -> None:
    expression = result.params.expression

    assert expression[EXPRESSIONS.index("mouthSmileLeft")] > 0.4
    assert abs(result.report.angles_degrees[0]) < 5
    assert result.report.focal == "assumed"
    assert result.report.focal_deviation > 0.2  # one photo cannot tell, and the report says so


def test_a_dragged_landmark_draws_the_head_along(engine: HeadEngine, astronaut: np.ndarray) -> None:
    found = finished(engine.find_faces(photo_from_pixels(astronaut)))
    before = finished(engine.align(found))
    chin = 152
    x, y = before.landmarks[chin, :2]

    after = engine.realign(before, chin, (float(x), float(y) + 12))

    assert after.placed == (chin,)
    assert after.landmarks[chin, 1] == pytest.approx(y + 12)
    assert after.projected[chin, 1] - before.projected[chin, 1] > 5
    assert np.abs(after.projected[33] - before.projected[33]).max() < 2  # an eye stays
    assert before.placed == ()
    assert {warning.code for warning in before.warnings} == {"small", "teeth"}


def test_what_is_painted_on_the_crop_lies_there_in_the_photo(
    engine: HeadEngine, astronaut: np.ndarray
) -> None:
    found = finished(engine.find_faces(photo_from_pixels(astronaut)))
    aligned = finished(engine.align(found))
    marks = np.zeros((256, 256), np.uint8)
    nose = aligned.landmarks[4, :2] / 2
    marks[int(nose[1]) - 8 : int(nose[1]) + 8, int(nose[0]) - 8 : int(nose[0]) + 8] = LEFT_OUT
    marks[:20] = HAIR

    in_photo = aligned.in_photo(marks)

    assert in_photo.shape == astronaut.shape[:2]
    row, column = np.argwhere(in_photo == LEFT_OUT).mean(0)
    assert np.abs(np.array([column, row]) - aligned.landmarks_in_photo[4, :2]).max() < 2
    side = 32 / aligned.crop.scale
    assert (in_photo == LEFT_OUT).sum() == pytest.approx(side**2, rel=0.15)
    back = aligned.from_photo(in_photo, 256)
    assert (back != marks).mean() < 0.01
    assert not aligned.in_photo(np.zeros((256, 256), np.uint8)).any()


def test_the_head_is_somebody(result: FitResult) -> None:
    assert np.linalg.norm(result.params.shape) > 1
    assert result.params.likeness is not None
    assert result.params.likeness.modes.any()
    assert result.params.likeness.offsets is not None


def test_the_shape_is_what_landmarks_and_outline_make_likely(result: FitResult) -> None:
    shaped = result.shaped

    assert np.linalg.norm(shaped.solution.shape) < np.linalg.norm(shaped.solved.shape)
    assert shaped.outline is not None
    assert len(shaped.outline.target) > 10  # her jaw and ears before a pale wall
    assert np.abs(result.params.shape - shaped.solution.shape[:50]).max() == 0
    assert shaped.solution.first.errors.mean() < 3


def test_the_sitting_says_where_the_photo_was_taken_from(
    result: FitResult, astronaut: np.ndarray
) -> None:
    a, b, c, d, e, f = result.sitting.crop_from_photo
    landmark = result.crop.to_photo(result.landmarks)[4]

    column = a * landmark[0] + b * landmark[1] + c
    row = d * landmark[0] + e * landmark[1] + f

    assert result.landmarks[4, :2] / result.crop.size == pytest.approx([column, row], abs=1e-3)
    assert photo_from_bytes(result.photo).image.shape == astronaut.shape
    nose = result.solution.first.camera
    camera = result.sitting.camera
    assert camera.eye == pytest.approx(nose.eye, abs=1e-6)


def test_the_stored_photo_fits_again(engine: HeadEngine, result: FitResult) -> None:
    again = finished(
        engine.fit(photo_from_bytes(result.photo), FitOptions(skin=False, hair_shape=False))
    )

    assert np.abs(again.params.shape - result.params.shape).max() < 0.35


def test_dragged_landmarks_are_followed(engine: HeadEngine, result: FitResult) -> None:
    landmarks = result.crop.to_photo(result.landmarks)
    landmarks[152, 1] += 6  # the chin, down
    options = FitOptions(skin=False, hair_shape=False, landmarks=landmarks, placed=(152,))

    again = finished(engine.fit(result.faces.photo, options))

    camera = again.solution.first
    found = again.crop.to_photo(np.append(camera.projected[152], 0)[None].astype(np.float32))
    before = result.crop.to_photo(
        np.append(result.solution.first.projected[152], 0)[None].astype(np.float32)
    )
    assert found[0, 1] > before[0, 1] + 1


def test_dragging_is_followed_at_once(engine: HeadEngine, result: FitResult) -> None:
    to = result.landmarks[152, :2] + [0, 15]
    landmarks = moved(result.landmarks, 152, (float(to[0]), float(to[1])))

    params, solution = engine.fit_again(result, landmarks, (152,))

    assert solution.first.projected[152, 1] > result.solution.first.projected[152, 1] + 3
    assert params.hairstyle == result.params.hairstyle
    assert (params.shape != result.params.shape).any()


def test_the_lens_of_the_photo_is_used(engine: HeadEngine, astronaut: np.ndarray) -> None:
    photo = photo_from_pixels(astronaut)
    known = type(photo)(photo.image, "", 1400.0)

    found = finished(engine.fit(known, FitOptions(skin=False, hair_shape=False)))

    assert found.report.focal == "exif"
    assert found.solution.first.camera.focal == pytest.approx(1400 * found.crop.scale, rel=0.01)


def test_faces_are_counted_from_left_to_right(engine: HeadEngine, astronaut: np.ndarray) -> None:
    face = astronaut[0:300, 100:400]
    small = np.asarray(Image.fromarray(face).resize((200, 200)))
    scene = np.full((320, 560, 3), 200, np.uint8)
    scene[60:260, 10:210], scene[10:310, 240:540] = small, face

    large = finished(engine.fit(scene, FitOptions(skin=False, hair_shape=False)))
    first = finished(engine.fit(scene, FitOptions(skin=False, hair_shape=False, face=1)))

    assert (large.report.faces, large.report.face, first.report.face) == (2, 2, 1)
    assert first.report.face_height_px < large.report.face_height_px
    with pytest.raises(PhotoError, match="no face 3"):
        finished(engine.fit(scene, FitOptions(skin=False, hair_shape=False, face=3)))


def test_a_small_face_in_a_large_photo_is_found(engine: HeadEngine, astronaut: np.ndarray) -> None:
    scene = np.full((1500, 2400, 3), (90, 120, 150), np.uint8)
    scene[800:1100, 1700:2000] = astronaut[0:300, 100:400]

    found = finished(engine.find_faces(photo_from_pixels(scene)))

    assert len(found.faces) == 1
    left, top, right, bottom = found.faces[0].box
    assert 1700 < left < right < 2000
    assert 800 < top < bottom < 1100


def test_all_small_faces_of_a_group_are_found_and_each_once(
    engine: HeadEngine, astronaut: np.ndarray
) -> None:
    scene = np.full((666, 1000, 3), (90, 120, 150), np.uint8)
    face = np.asarray(Image.fromarray(astronaut[0:300, 100:400]).resize((320, 320)))
    small = np.asarray(Image.fromarray(face).resize((180, 180)))
    scene[100:420, 300:620] = face
    for left, top in ((20, 40), (790, 60), (800, 460)):
        scene[top : top + 180, left : left + 180] = small

    found = finished(engine.find_faces(photo_from_pixels(scene)))

    middles = [(left + right) / 2 for left, _, right, _ in (face.box for face in found.faces)]
    assert len(found.faces) == 4
    assert np.diff(middles).min() > 5


@pytest.mark.parametrize("turns", [1, 2])
def test_a_photo_on_its_side_or_head_is_turned(
    engine: HeadEngine, astronaut: np.ndarray, turns: int
) -> None:
    lying = np.ascontiguousarray(np.rot90(astronaut, turns))

    found = finished(engine.fit(lying, FitOptions(skin=False, hair_shape=False)))

    assert abs(found.report.angles_degrees[2]) < 10
    assert abs(found.faces.faces[0].angles_degrees[2]) < 10
    assert any("turned upright" in note for note in found.report.notes)


def test_progress_comes_often_and_shows_something(
    engine: HeadEngine, astronaut: np.ndarray
) -> None:
    task = engine.fit(astronaut, FitOptions(skin=False, hair_shape=False))
    longest, shown = 0.0, set()
    start = time.thread_time()
    while True:
        try:
            progress: FitProgress = next(task)
        except StopIteration:
            break
        longest, start = max(longest, time.thread_time() - start), time.thread_time()
        assert progress.done < progress.total
        if progress.preview is not None:
            shown.add(progress.step)
            assert progress.preview.dtype == np.uint8

    assert {"prepare", "detect", "solve"} <= shown
    assert longest < 0.25  # what a cancel waits for


def test_a_fit_can_be_left_and_begun_anew(
    engine: HeadEngine, astronaut: np.ndarray, result: FitResult
) -> None:
    task = engine.fit(astronaut, FitOptions(skin=False, hair_shape=False))
    for _ in range(4):
        next(task)
    task.close()

    again = finished(engine.fit(astronaut, FitOptions(skin=False, hair_shape=False)))

    assert (again.params.shape == result.params.shape).all()


def test_unknown_hair_is_refused_at_once(engine: HeadEngine, astronaut: np.ndarray) -> None:
    steps: list[int] = []
    fit = engine.fit(astronaut, FitOptions(hair="bobb"))

    with pytest.raises(UnknownNameError):
        steps.extend(progress.done for progress in fit)
    assert not any(steps)  # the engine may have had to load, nothing else was done


def test_without_the_detector_the_error_says_how_to_get_it(
    astronaut: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAD360_CACHE", str(tmp_path))
    engine = HeadEngine()

    with pytest.raises(AssetError) as caught:
        finished(engine.fit(astronaut))
    engine.close()

    assert "head360 assets fetch face_landmarker" in caught.value.hint


def test_the_command_makes_a_project_and_a_report(
    face_landmarker: None, astronaut: np.ndarray, tmp_path: Path
) -> None:
    photo, project, report = (tmp_path / name for name in ("a.png", "me.h360", "r.json"))
    Image.fromarray(astronaut).save(photo)
    words = [
        "fit",
        str(photo),
        "-o",
        str(project),
        "--report",
        str(report),
        "--no-skin",
        "--quick",
        "-q",
    ]

    assert main(words) == 0
    assert main(words) == 2  # it exists
    assert main([*words, "--force", "--hair", "bob"]) == 0

    saved = load_project(project)
    assert saved.params.hairstyle == "bob"
    assert saved.photo is not None
    assert saved.sitting is not None
    written = json.loads(report.read_text("utf-8"))
    assert written["landmark_error_px"][0] < 1.3
    assert {warning["code"] for warning in written["warnings"]} == {"small", "teeth"}
    assert written["versions"]["face_landmarker"]


def test_a_folder_gives_a_summary(
    face_landmarker: None, astronaut: np.ndarray, tmp_path: Path
) -> None:
    folder, out = tmp_path / "photos", tmp_path / "heads"
    folder.mkdir()
    Image.fromarray(astronaut).save(folder / "a.png")
    Image.new("RGB", (200, 200), "navy").save(folder / "b.png")
    (folder / "c.jpg").write_bytes(b"no photo")

    assert main(["fit", str(folder), "-o", str(out), "--no-skin", "--quick", "-q"]) == 0

    assert [path.name for path in sorted(out.iterdir())] == ["a.h360", "fit.csv"]
    with (out / "fit.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [bool(row["problem"]) for row in rows] == [False, True, True]
    assert "No face was found" in rows[1]["problem"]


def test_skin_comes_from_the_photo(engine: HeadEngine, astronaut: np.ndarray) -> None:
    found = finished(engine.fit(astronaut, FitOptions(hair="pixie", hair_shape=False)))

    assert found.params.likeness is not None
    assert found.params.likeness.skin.any()
    assert 0.15 < found.report.observed < 0.9
    assert found.params.hairstyle == "pixie"
    assert not found.params.attributes.any()  # her brows are in the skin
    assert found.report.seconds["skin"] > 0


def test_a_quick_fit_wears_hair_as_long_as_the_photo_s_and_does_not_bend_it(
    engine: HeadEngine, astronaut: np.ndarray
) -> None:
    quick = FitOptions(hair="pixie", hair_shape=False, skin=False)
    found = finished(engine.fit(astronaut, quick)).params

    assert found.hairstyle == "pixie"
    assert found.hair_shape is not None
    assert found.hair_shape.volume > 0.3  # hers is fuller than that style
    assert found.own_hair is None
