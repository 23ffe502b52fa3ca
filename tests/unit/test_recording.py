"""Performances inside project files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from head360.errors import ProjectFileError
from head360.params import HeadParams
from head360.performance import Performance, Sound
from head360.project import Project, load_project, save_project
from head360.recording import MAX_SOUND_BYTES
from tests.unit.faces_stand_ins import random_take

ENTRY = "performance.safetensors"
WORDS: dict[str, Any] = {"name": "a", "fps": 60, "unknown": [], "sound": None}


@pytest.fixture
def take() -> Performance:
    return random_take(3, 40).with_(
        name="Hello", unknown={"tongueOut"}, sound=Sound(b"RIFF....", -0.5, 1.25)
    )


@pytest.fixture
def path(tmp_path: Path, neutral: HeadParams, take: Performance) -> Path:
    save_project(Project(neutral, performance=take), tmp_path / "a.h360")
    return tmp_path / "a.h360"


def rewrite(path: Path, words: object = ..., **arrays: np.ndarray | None) -> None:
    """Change what a project says of its performance, or the arrays of it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    said = json.dumps(WORDS | {"sound": {"start_s": 0, "speed": 1}} if words is ... else words)
    kept = {n: a for n, a in (load(parts[ENTRY]) | arrays).items() if a is not None}
    parts[ENTRY] = save(kept, {"performance": said})
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_performance_comes_back_bit_by_bit(path: Path, take: Performance) -> None:
    again = load_project(path).performance

    assert again is not None
    for name in ("times", "expression", "head_pose"):
        assert np.array_equal(getattr(again, name), getattr(take, name))
    assert (again.name, again.fps, again.unknown) == ("Hello", 60, {"tongueOut"})
    assert again.sound == take.sound


def test_a_project_may_have_no_performance(tmp_path: Path, neutral: HeadParams) -> None:
    save_project(Project(neutral), tmp_path / "a.h360")

    assert load_project(tmp_path / "a.h360").performance is None
    with zipfile.ZipFile(tmp_path / "a.h360") as archive:
        assert ENTRY not in archive.namelist()


@pytest.mark.parametrize(
    ("words", "arrays"),
    [
        (None, {}),
        (WORDS | {"fps": 0}, {}),
        (WORDS | {"fps": True}, {}),
        (WORDS | {"name": "a" * 300}, {}),
        (WORDS | {"unknown": ["nose"]}, {"sound": None}),
        (WORDS | {"unknown": [3]}, {}),
        (WORDS, {}),  # bytes of a sound of which nothing is said
        (WORDS | {"sound": {"start_s": 0, "speed": 1}}, {"sound": None}),
        (WORDS | {"sound": {"start_s": 0, "speed": 0}}, {}),
        (..., {"times": np.zeros(40)}),
        (..., {"times": None}),
        (..., {"times": np.arange(40, dtype=np.float32)}),
        (..., {"times": np.arange(1, 41, dtype=float)}),
        (..., {"expression": np.full((40, 52), 2, np.float32)}),
        (..., {"expression": np.zeros((40, 51), np.float32)}),
        (..., {"head_pose": np.full((40, 3), np.nan, np.float32)}),
        (..., {"extra": np.zeros(3)}),
        (..., {"sound": np.zeros((2, 2), np.uint8)}),
        (..., {"sound": np.zeros(4, np.float32)}),
    ],
)
def test_a_damaged_performance_is_refused(
    path: Path, words: object, arrays: dict[str, np.ndarray | None]
) -> None:
    rewrite(path, words, **arrays)

    with pytest.raises(ProjectFileError, match="is damaged"):
        load_project(path)


def test_a_sound_too_big_is_refused_before_anything_is_written(
    tmp_path: Path, neutral: HeadParams, take: Performance
) -> None:
    loud = take.with_(sound=Sound(bytes(MAX_SOUND_BYTES + 1)))

    with pytest.raises(ProjectFileError, match="sound"):
        save_project(Project(neutral, performance=loud), tmp_path / "a.h360")

    assert list(tmp_path.iterdir()) == []


anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*WORDS, "start_s", "speed"]), inner, max_size=5)
    ),
    max_leaves=8,
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=anything)
def test_anything_may_be_said_of_a_performance(path: Path, words: object) -> None:
    rewrite(path, words)

    try:
        assert load_project(path).performance is not None
    except ProjectFileError as error:
        message = str(error)
        assert "is damaged" in message
