from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import save as bytes_from_arrays

from head360.camera import OrbitCamera
from head360.errors import ProjectFileError
from head360.light import LIGHT_PRESETS, Background, Light
from head360.make_up import MakeUp
from head360.params import (
    ATTRIBUTES,
    EXPRESSIONS,
    SHAPE_SIZE,
    TEXTURE_SIZE,
    HairMix,
    HairShape,
    HairTones,
    HeadParams,
)
from head360.project import (
    MAX_ARRAYS_BYTES,
    MAX_FILE_BYTES,
    Project,
    load_project,
    save_project,
)
from tests.unit.project_files import VECTORS, edit, rewrite


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, width=32)


def vectors(size: int, low: float, high: float) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float32, size, elements=numbers(low, high))


_WORN = asdict(HairShape())
threes = st.tuples(*[numbers(0, 1)] * 3)
heads = st.builds(
    HeadParams,
    shape=vectors(SHAPE_SIZE, -10, 10),
    texture=vectors(TEXTURE_SIZE, -10, 10),
    attributes=vectors(len(ATTRIBUTES), 0, 1),
    expression=vectors(len(EXPRESSIONS), 0, 1),
    hairstyle=st.none(),
    hair_color=vectors(3, 0, 1),
    iris_color=vectors(3, 0, 1),
    hair_mix=st.none() | st.builds(HairMix, st.just("bob"), numbers(0, 1)),
    hair_shape=st.none() | st.builds(HairShape, *[numbers(-1, 1)] * 5, st.booleans()),
    hair_tones=st.none()
    | st.builds(HairTones, st.none() | threes, st.none() | threes, numbers(0, 1), numbers(0, 1)),
    make_up=st.none() | st.builds(MakeUp, st.none() | threes, st.none() | threes),
    head_pose=vectors(3, -20, 20),
    light=st.builds(Light, st.sampled_from(LIGHT_PRESETS), numbers(-360, 360), numbers(0, 4)),
)
cameras = st.builds(
    OrbitCamera,
    yaw_degrees=numbers(-720, 720),
    pitch_degrees=numbers(-85, 85),
    distance=numbers(0.5, 5),
    target=threes,
    fov_degrees=numbers(5, 90),
)
projects = st.builds(
    Project,
    params=heads,
    camera=cameras,
    name=st.text(max_size=50),
    background=st.builds(Background, threes, threes, st.booleans()),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(project=projects)
def test_loading_gives_back_what_was_saved(tmp_path: Path, project: Project) -> None:
    save_project(project, tmp_path / "a.h360")

    loaded = load_project(tmp_path / "a.h360")

    assert loaded.name == project.name
    assert loaded.camera == project.camera
    assert loaded.background == project.background
    assert loaded.params.light == project.params.light
    assert loaded.params.hairstyle == project.params.hairstyle
    assert loaded.params.hair_mix == project.params.hair_mix
    assert loaded.params.hair_shape == project.params.hair_shape
    assert loaded.params.hair_tones == project.params.hair_tones
    assert loaded.params.make_up == project.params.make_up
    for name in VECTORS:
        assert np.array_equal(getattr(loaded.params, name), getattr(project.params, name))


def test_equal_projects_make_equal_files(path: Path, neutral: HeadParams) -> None:
    other = path.with_name("other.h360")

    save_project(Project(neutral, name="Maya"), other)

    assert other.read_bytes() == path.read_bytes()
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["maya.h360", "other.h360"]


def test_a_file_is_small(path: Path) -> None:
    assert path.stat().st_size < 8192


def test_a_full_disk_leaves_the_old_file(
    path: Path, neutral: HeadParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_file: int) -> None:
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", no_room)

    with pytest.raises(ProjectFileError, match="No space left on device"):
        save_project(Project(neutral, name="Other"), path)

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_saving_into_a_missing_folder_is_explained(tmp_path: Path, neutral: HeadParams) -> None:
    with pytest.raises(ProjectFileError, match="cannot be saved"):
        save_project(Project(neutral), tmp_path / "nowhere" / "a.h360")


def test_saving_through_a_link_keeps_the_link(path: Path, neutral: HeadParams) -> None:
    link = path.with_name("link.h360")
    link.symlink_to(path)

    save_project(Project(neutral, name="Renamed"), link)

    assert link.is_symlink()
    assert load_project(path).name == "Renamed"


def test_what_could_not_be_read_again_is_not_written(path: Path, neutral: HeadParams) -> None:
    far = Project(neutral, OrbitCamera(distance=float("inf")))
    before = path.read_bytes()

    with pytest.raises(ProjectFileError, match="cannot be saved"):
        save_project(far, path)

    assert path.read_bytes() == before


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ProjectFileError, match=r"“none\.h360” cannot be opened"):
        load_project(tmp_path / "none.h360")


@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_explained(path: Path, fraction: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * fraction)])

    with pytest.raises(ProjectFileError, match="damaged"):
        load_project(path)


def test_a_flipped_byte_is_noticed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[80] ^= 0xFF  # inside the packed project.json
    path.write_bytes(content)

    with pytest.raises(ProjectFileError, match="damaged"):
        load_project(path)


def test_an_oversized_file_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "huge.h360"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)

    with pytest.raises(ProjectFileError, match="far too big"):
        load_project(path)


def test_a_zip_bomb_is_not_unpacked(path: Path) -> None:
    rewrite(path, {"arrays.safetensors": bytes(MAX_ARRAYS_BYTES + 1)})

    with pytest.raises(ProjectFileError, match=r"arrays\.safetensors is far too big"):
        load_project(path)


def test_a_zip_bomb_that_lies_about_its_size_is_not_unpacked(path: Path) -> None:
    rewrite(path, {"arrays.safetensors": bytes(MAX_ARRAYS_BYTES * 8)})
    size = (MAX_ARRAYS_BYTES * 8).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (1000).to_bytes(4, "little")))

    with pytest.raises(ProjectFileError, match="damaged"):
        load_project(path)


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "run.pkl", "project.json/x"])
def test_other_parts_are_refused_and_never_extracted(path: Path, name: str) -> None:
    rewrite(path, {name: b"evil"})

    with pytest.raises(ProjectFileError, match="do not belong"):
        load_project(path)

    assert list(path.parent.iterdir()) == [path]


def test_too_many_parts_are_refused(path: Path) -> None:
    rewrite(path, {f"part{i}": b"" for i in range(40)})

    with pytest.raises(ProjectFileError, match="too many parts"):
        load_project(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": True},
        {"version": 0},
        {"version": "1"},
        {"name": 7},
        {"name": "x" * 300},
        {"hairstyle": "../../etc"},
        {"hairstyle": ["bob"]},
        {"hair_mix": "bob"},
        {"hair_mix": {"style": "bob"}},
        {"hair_mix": {"style": None, "share": 0.5}},
        {"hair_mix": {"style": "bob", "share": 1.5}},
        {"hair_mix": {"style": "../../etc", "share": 0.5}},
        {"hair_shape": 3},
        {"hair_shape": {"length": 0.5}},
        {"hair_shape": {**_WORN, "volume": 2}},
        {"hair_shape": {**_WORN, "hairline": None}},
        {"hair_shape": {**_WORN, "mirrored": 1}},
        {"hair_tones": 3},
        {"hair_tones": {"roots": None, "tips": None}},
        {"hair_tones": {"roots": [0, 0], "tips": None, "root_reach": 0.2, "tip_reach": 0.2}},
        {"hair_tones": {"roots": [0, 0, 2], "tips": None, "root_reach": 0.2, "tip_reach": 0.2}},
        {"hair_tones": {"roots": None, "tips": None, "root_reach": 0.2, "tip_reach": 3}},
        {"make_up": "rouge"},
        {"make_up": {"lips": [0, 0], "lids": None}},
        {"make_up": {"lips": None, "lids": [0, 0, 2]}},
        {"light": None},
        {"light": {"preset": "disco", "rotation_degrees": 0, "intensity": 1}},
        {"light": {"preset": "studio", "rotation_degrees": 0, "intensity": 99}},
        {"light": {"preset": "studio", "rotation_degrees": float("nan"), "intensity": 1}},
        {"camera": {}},
        {"background": {"inner": [0, 0], "outer": [0, 0, 0], "transparent": False}},
        {"background": {"inner": [0, 0, 0], "outer": [0, 0, 0], "transparent": 1}},
    ],
)
def test_impossible_values_are_refused(path: Path, changes: dict[str, object]) -> None:
    edit(path, **changes)

    with pytest.raises(ProjectFileError, match="damaged"):
        load_project(path)


@pytest.mark.parametrize("text", [b"[1]", b"{", b"\xff", b"[" * 100_000, b'{"version": 1e999}'])
def test_broken_json_is_refused(path: Path, text: bytes) -> None:
    rewrite(path, {"project.json": text})

    with pytest.raises(ProjectFileError, match="damaged"):
        load_project(path)


@pytest.mark.parametrize(
    "shape",
    [
        np.zeros(49, np.float32),
        np.zeros((5, 10), np.float32),
        np.zeros(SHAPE_SIZE, np.float64),
        np.full(SHAPE_SIZE, np.nan, np.float32),
        np.full(SHAPE_SIZE, 1e30, np.float32),
    ],
)
def test_wrong_arrays_are_refused(path: Path, neutral: HeadParams, shape: np.ndarray) -> None:
    content = {name: getattr(neutral, name) for name in VECTORS} | {"shape": shape}
    rewrite(path, {"arrays.safetensors": bytes_from_arrays(content)})

    with pytest.raises(ProjectFileError, match="damaged"):
        load_project(path)


def test_a_hairstyle_of_another_library_is_named(path: Path, library: None) -> None:
    edit(path, hairstyle="beehive")

    with pytest.raises(ProjectFileError, match="“beehive”"):
        load_project(path)


def test_a_hairstyle_of_the_library_survives(
    path: Path, neutral: HeadParams, library: None
) -> None:
    save_project(Project(neutral.with_(hairstyle="bob")), path)

    assert load_project(path).params.hairstyle == "bob"


def test_a_mix_with_a_style_of_another_library_is_named(path: Path, library: None) -> None:
    edit(path, hairstyle="bob", hair_mix={"style": "beehive", "share": 0.5})

    with pytest.raises(ProjectFileError, match="“beehive”"):
        load_project(path)


def test_a_camera_survives(path: Path, neutral: HeadParams) -> None:
    camera = replace(OrbitCamera(), yaw_degrees=33.0, pitch_degrees=-4.0)

    save_project(Project(neutral, camera), path)

    assert load_project(path).camera == camera
