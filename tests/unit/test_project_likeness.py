"""What a project keeps of a likeness and of edits comes back bit by bit, or is refused."""

from __future__ import annotations

import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as arrays_from_bytes
from safetensors.numpy import save as bytes_from_arrays

from head360.edits import Change, EditLayer, Wish
from head360.errors import ProjectFileError
from head360.likeness import Likeness
from head360.params import (
    HeadParams,
    neutral_head,
)
from head360.project import (
    Project,
    load_project,
    save_project,
)
from head360.project_parts import PARTS
from tests.unit.likeness_stand_ins import some_likeness
from tests.unit.project_files import edit, rewrite


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
