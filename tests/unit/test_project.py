from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import load as arrays_from_bytes
from safetensors.numpy import save as bytes_from_arrays

from head360 import project as project_module
from head360.assets import Catalog, Hairstyle
from head360.camera import OrbitCamera
from head360.edits import Change, EditLayer, Wish
from head360.errors import ProjectFileError
from head360.light import LIGHT_PRESETS, Background, Light
from head360.likeness import Likeness
from head360.params import (
    ATTRIBUTES,
    EXPRESSIONS,
    SHAPE_SIZE,
    TEXTURE_SIZE,
    HairMix,
    HairShape,
    HairTones,
    HeadParams,
    neutral_head,
)
from head360.project import (
    MAX_ARRAYS_BYTES,
    MAX_FILE_BYTES,
    VERSION,
    Project,
    load_project,
    save_project,
)
from head360.project_parts import PARTS
from tests.unit.likeness_stand_ins import some_likeness


@pytest.fixture
def path(tmp_path: Path, neutral: HeadParams) -> Path:
    """A saved project."""
    path = tmp_path / "maya.h360"
    save_project(Project(neutral, name="Maya"), path)
    return path


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of one hairstyle."""
    catalog = Catalog("1", (Hairstyle("bob", "Bob", "short", 0.5),), (), ())
    monkeypatch.setattr("head360.project_values.catalog", lambda: catalog)


VECTORS = (
    "shape", "texture", "attributes", "expression", "hair_color", "iris_color", "head_pose",
)  # fmt: skip


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


def test_a_newer_version_is_named(path: Path) -> None:
    edit(path, version=99, made_by="Head360 Studio 7.0", light=None)

    with pytest.raises(
        ProjectFileError, match=r"newer Head360 Studio \(Head360 Studio 7\.0\)"
    ) as e:
        load_project(path)

    assert "newest" in e.value.hint


def test_a_newer_version_may_hold_other_parts(path: Path) -> None:
    edit(path, version=VERSION + 1)
    rewrite(path, {"photo.jpg": b"..."})

    with pytest.raises(ProjectFileError, match="newer"):
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


def test_older_versions_are_brought_up_step_by_step(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def three_from_two(manifest, values):
        return manifest | {"name": manifest["title"] + "!"}, values

    def two_from_one(manifest, values):
        return manifest | {"title": manifest["name"].upper()}, values

    edit(path, version=1)
    monkeypatch.setattr(project_module, "VERSION", 3)
    monkeypatch.setattr(project_module, "_MIGRATIONS", {1: two_from_one, 2: three_from_two})

    assert load_project(path).name == "MAYA!"


def test_a_file_of_version_1_still_opens(path: Path, neutral: HeadParams) -> None:
    """As written before hairstyles could be mixed, heads turned and beards grown."""
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("project.json"))
    del manifest["hair_mix"]
    values = {name: getattr(neutral, name) for name in VECTORS if name != "head_pose"}
    values["attributes"] = np.linspace(0.1, 0.9, 12, dtype=np.float32)
    text = json.dumps(manifest | {"version": 1}).encode()
    rewrite(path, {"project.json": text, "arrays.safetensors": bytes_from_arrays(values)})

    params = load_project(path).params

    assert params.hair_mix is None
    assert not params.head_pose.any()
    assert np.array_equal(params.attributes[:12], values["attributes"])
    assert not params.attributes[[ATTRIBUTES.index("beard"), ATTRIBUTES.index("moustache")]].any()


def test_a_file_of_version_2_still_opens(path: Path) -> None:
    edit(path, version=2)

    assert load_project(path).params.likeness is None


def test_a_file_of_version_3_still_opens(path: Path, neutral: HeadParams) -> None:
    """As written before hairlines, curl, mirrored hair, and colours of roots and tips."""
    longer = Change(hair_shape=np.array([0.5, 0, 0, 0, 0], np.float32))
    layer = EditLayer("longer", (Wish("Longer hair", "longer", 1.0, longer),))
    save_project(Project(neutral.with_(edits=(layer,))), path)
    with zipfile.ZipFile(path) as archive:
        records = json.loads(archive.read("edits.json"))
    records[0]["wishes"][0]["change"]["hair_shape"] = [0.5, 0.0, 0.0]
    rewrite(path, {"edits.json": json.dumps(records).encode()})
    edit(path, version=3, hair_shape={"length": 0.25, "volume": 0, "fringe": 0})

    params = load_project(path).params

    assert params.hair_shape == HairShape(length=0.25)
    assert params.hair_tones is None
    change = params.edits[0].wishes[0].change
    assert np.array_equal(change.hair_shape, longer.hair_shape)  # type: ignore[arg-type]


def test_a_likeness_comes_back_bit_by_bit(path: Path, neutral: HeadParams) -> None:
    likeness = some_likeness(3)

    save_project(Project(neutral.with_(likeness=likeness)), path)
    loaded = load_project(path)
    save_project(loaded, path.with_name("again.h360"))

    assert loaded.params.likeness is not None
    for entry in fields(Likeness):
        kept, saved = (getattr(known, entry.name) for known in (loaded.params.likeness, likeness))
        assert kept.dtype == saved.dtype
        assert np.array_equal(kept, saved)
    assert path.with_name("again.h360").read_bytes() == path.read_bytes()


def test_a_likeness_may_lack_offsets_and_surface(path: Path, neutral: HeadParams) -> None:
    bare = replace(some_likeness(), offsets=None, surface=None)

    save_project(Project(neutral.with_(likeness=bare)), path)

    loaded = load_project(path).params.likeness
    assert loaded is not None
    assert loaded.offsets is None
    assert loaded.surface is None


def test_a_likeness_of_pure_noise_stays_below_its_cap(path: Path, neutral: HeadParams) -> None:
    rng = np.random.default_rng(0)
    noise = replace(
        some_likeness(),
        skin=rng.integers(-255, 256, (3, 512, 1024)).astype(np.int16),
        observed=rng.integers(0, 256, (512, 1024)).astype(np.uint8),
        surface=rng.integers(-127, 128, (2, 512, 1024)).astype(np.int8),
    )

    save_project(Project(neutral.with_(likeness=noise)), path)

    assert path.stat().st_size < PARTS["likeness.safetensors"].limit
    assert load_project(path).params.likeness is not None


@pytest.mark.parametrize(
    "change",
    [
        {"skin": None},
        {"skin": np.zeros((3, 4, 8), np.int16)},
        {"skin": np.zeros((3, 512, 1024), np.int32)},
        {"modes": np.full(70, np.nan, np.float32)},
        {"offsets": np.full((26014, 3), np.inf, np.float16)},
        {"teeth": np.full(3, -1, np.float32)},
        {"colour": np.ones(3, np.float32)},
    ],
)
def test_a_damaged_likeness_is_refused(
    path: Path, neutral: HeadParams, change: dict[str, np.ndarray | None]
) -> None:
    save_project(Project(neutral.with_(likeness=some_likeness())), path)
    with zipfile.ZipFile(path) as archive:
        values = arrays_from_bytes(archive.read("likeness.safetensors")) | change
    kept = {name: value for name, value in values.items() if value is not None}
    rewrite(path, {"likeness.safetensors": bytes_from_arrays(kept)})

    with pytest.raises(ProjectFileError, match="likeness"):
        load_project(path)


def test_a_likeness_too_big_is_not_unpacked(path: Path) -> None:
    rewrite(path, {"likeness.safetensors": bytes(PARTS["likeness.safetensors"].limit + 1)})

    with pytest.raises(ProjectFileError, match=r"likeness\.safetensors is far too big"):
        load_project(path)


def test_older_files_hold_no_likeness(path: Path) -> None:
    rewrite(path, {"likeness.safetensors": b"later"})
    edit(path, version=2)

    with pytest.raises(ProjectFileError, match="do not belong"):
        load_project(path)


def test_a_mix_with_a_style_of_another_library_is_named(path: Path, library: None) -> None:
    edit(path, hairstyle="bob", hair_mix={"style": "beehive", "share": 0.5})

    with pytest.raises(ProjectFileError, match="“beehive”"):
        load_project(path)


def test_a_camera_survives(path: Path, neutral: HeadParams) -> None:
    camera = replace(OrbitCamera(), yaw_degrees=33.0, pitch_degrees=-4.0)

    save_project(Project(neutral, camera), path)

    assert load_project(path).camera == camera


def rewrite(path: Path, entries: dict[str, bytes]) -> None:
    """Replace or add parts of a project file."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()} | entries
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    path.write_bytes(buffer.getvalue())


def edit(path: Path, **changes: object) -> None:
    """Change values of project.json."""
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("project.json"))
    rewrite(path, {"project.json": json.dumps(manifest | changes).encode()})


def test_edit_layers_come_back_bit_for_bit(tmp_path: Path) -> None:
    shape = np.random.default_rng(1).normal(size=50).astype(np.float32)
    color = np.array([0.1, 0.2, 0.3], np.float32)
    wish = Wish("Older", "much older", 1.6, Change(shape=shape, hair_color=color, hairstyle="bob"))
    bald = Wish("Bald", "bald", 1.0, Change(hairstyle="", light="sunset"))
    layers = (EditLayer("older", (wish,), 0.7), EditLayer("bald", (bald,), on=False))
    path = tmp_path / "edited.h360"
    save_project(Project(neutral_head().with_(edits=layers)), path)
    first, second = load_project(path).params.edits
    assert (first.text, first.strength, first.on) == ("older", 0.7, True)
    assert (first.wishes[0].title, first.wishes[0].amount) == ("Older", 1.6)
    assert np.array_equal(first.wishes[0].change.shape, shape)
    assert np.array_equal(first.wishes[0].change.hair_color, color)
    assert (second.on, second.wishes[0].change.hairstyle) == (False, "")
    assert second.wishes[0].change.light == "sunset"


@pytest.mark.parametrize(
    "content",
    [
        b"{}", b"[1]", b"[", b'[{"text":"a","strength":2,"on":true,"wishes":[]}]',
        b'[{"text":"a","strength":1,"on":1,"wishes":[]}]',
        b'[{"text":"a","strength":1,"on":true,"wishes":[{"title":"b","words":"c","amount":1,'
        b'"change":{"shape":[1]}}]}]',
        b'[{"text":"a","strength":1,"on":true,"wishes":[{"title":"b","words":"c","amount":1,'
        b'"change":{"nose":[1]}}]}]',
        b'[{"text":"a","strength":1,"on":true,"wishes":[{"title":"b","words":"c","amount":1,'
        b'"change":{"hairstyle":"../x"}}]}]',
        b'[{"text":"a","strength":NaN,"on":true,"wishes":[]}]',
    ],
)  # fmt: skip
def test_damaged_edits_are_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "edited.h360"
    layer = EditLayer("x", (Wish("a", "b", 1.0, Change(light="night")),))
    save_project(Project(neutral_head().with_(edits=(layer,))), path)
    rewrite(path, {"edits.json": content})
    with pytest.raises(ProjectFileError, match="damaged"):
        load_project(path)
