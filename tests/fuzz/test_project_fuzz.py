"""Whatever bytes a project file holds, reading it gives a project or a `ProjectFileError`."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from head360.errors import ProjectFileError
from head360.own_hair import CUT_GRID, WAYS_GRID, OwnHair
from head360.params import HairMix, HairShape, neutral_head
from head360.performance import Sound
from head360.project import Project, load_project, save_project
from head360.recording import performance_bytes
from tests.unit.faces_stand_ins import random_take
from tests.unit.likeness_stand_ins import some_likeness

quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The unpacked parts of a good project."""
    path = tmp_path_factory.mktemp("fuzz") / "good.h360"
    head = neutral_head().with_(
        hairstyle="bob",
        hair_mix=HairMix("afro", 0.4),
        head_pose=(20.0, -5.0, 3.0),
        hair_shape=HairShape(0.3, -0.2, 0.1),
        own_hair=OwnHair.made(
            "bob",
            mirrored=False,
            ways=np.zeros((3, *WAYS_GRID)),
            cut=np.full(CUT_GRID, 0.2),
            ragged=0.5,
        ),
    )
    save_project(Project(head), path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def try_to_load(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with suppress(ProjectFileError):
        assert isinstance(load_project(path), Project)


changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8)


def changed(content: bytes, edits: list[tuple[float, int]]) -> bytes:
    result = bytearray(content)
    for position, value in edits:
        result[int(position * (len(result) - 1))] = value
    return bytes(result)


@quick
@given(content=st.binary(max_size=400))
def test_arbitrary_bytes(tmp_path: Path, content: bytes) -> None:
    try_to_load(tmp_path / "a.h360", content)


@quick
@given(edits=changes, deflated=st.booleans())
def test_changed_archives(
    tmp_path: Path, parts: dict[str, bytes], edits: list[tuple[float, int]], deflated: bool
) -> None:
    whole = packed(parts, zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED)

    try_to_load(tmp_path / "a.h360", changed(whole, edits))


@quick
@given(edits=changes, name=st.sampled_from(["project.json", "arrays.safetensors"]))
def test_changed_parts_in_a_sound_archive(
    tmp_path: Path, parts: dict[str, bytes], edits: list[tuple[float, int]], name: str
) -> None:
    try_to_load(tmp_path / "a.h360", packed(parts | {name: changed(parts[name], edits)}))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The unpacked parts of a project with a fitted head."""
    path = tmp_path_factory.mktemp("fuzz") / "fitted.h360"
    save_project(Project(neutral_head().with_(likeness=some_likeness())), path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


few = settings(quick, max_examples=25)


@few
@given(edits=changes, front=st.booleans())
def test_changed_likenesses(
    tmp_path: Path, fitted: dict[str, bytes], edits: list[tuple[float, int]], front: bool
) -> None:
    whole = fitted["likeness.safetensors"]
    head = 700 if front else len(whole)  # where names, kinds and sizes stand
    content = changed(whole[:head], edits) + whole[head:]

    try_to_load(
        tmp_path / "a.h360", packed(fitted | {"likeness.safetensors": content}, zipfile.ZIP_STORED)
    )


KINDS = [np.int8, np.uint8, np.int16, np.float16, np.float32, np.float64, np.int64]


@few
@given(
    name=st.sampled_from(["modes", "skin", "observed", "offsets", "surface", "teeth", "other"]),
    kind=st.sampled_from(KINDS),
    size=st.lists(st.integers(0, 80), max_size=4),
)
def test_likenesses_of_other_kinds_and_sizes(
    tmp_path: Path, fitted: dict[str, bytes], name: str, kind: type, size: list[int]
) -> None:
    arrays = load(fitted["likeness.safetensors"]) | {name: np.zeros(size[:3], kind)}

    try_to_load(
        tmp_path / "a.h360",
        packed(fitted | {"likeness.safetensors": save(arrays)}, zipfile.ZIP_STORED),
    )


@quick
@given(edits=changes)
def test_changed_performances(
    tmp_path: Path, parts: dict[str, bytes], edits: list[tuple[float, int]]
) -> None:
    whole = performance_bytes(random_take(0, 5).with_(sound=Sound(b"beep")))
    assert whole

    played = {"performance.safetensors": changed(whole, edits)}
    try_to_load(tmp_path / "a.h360", packed(parts | played))


@quick
@given(cut=st.floats(0, 1))
def test_shortened_archives(tmp_path: Path, parts: dict[str, bytes], cut: float) -> None:
    whole = packed(parts)

    try_to_load(tmp_path / "a.h360", whole[: int(cut * len(whole))])


anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["style", "share", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@quick
@given(mix=anything, style=st.sampled_from([None, "bob", "afro", "nobody"]))
def test_any_mix_of_hairstyles(
    tmp_path: Path, parts: dict[str, bytes], mix: object, style: str | None
) -> None:
    manifest = json.loads(parts["project.json"]) | {"hair_mix": mix, "hairstyle": style}

    try_to_load(
        tmp_path / "a.h360", packed(parts | {"project.json": json.dumps(manifest).encode()})
    )


@quick
@given(pose=st.lists(st.floats(width=32), min_size=0, max_size=5))
def test_any_pose_of_the_head(tmp_path: Path, parts: dict[str, bytes], pose: list[float]) -> None:
    arrays = load(parts["arrays.safetensors"]) | {"head_pose": np.array(pose, np.float32)}

    try_to_load(tmp_path / "a.h360", packed(parts | {"arrays.safetensors": save(arrays)}))
