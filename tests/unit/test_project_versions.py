"""Project files of other versions: older ones open, newer ones are named."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as bytes_from_arrays

from head360 import project as project_module
from head360.edits import Change, EditLayer, Wish
from head360.errors import ProjectFileError
from head360.params import (
    ATTRIBUTES,
    HairShape,
    HeadParams,
)
from head360.project import (
    VERSION,
    Project,
    load_project,
    save_project,
)
from tests.unit.likeness_stand_ins import some_likeness
from tests.unit.project_files import VECTORS, edit, rewrite


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


def test_a_file_of_version_4_still_opens(path: Path, neutral: HeadParams) -> None:
    """As written before likenesses knew the moment of their photo."""
    before = replace(
        some_likeness(), moment=None, expression=None, opening=None, fringe=None, cast=None,
        light=None,
    )  # fmt: skip
    save_project(Project(neutral.with_(likeness=before)), path)
    edit(path, version=4)

    likeness = load_project(path).params.likeness

    assert likeness is not None
    assert likeness.moment is None
    assert np.array_equal(likeness.skin, before.skin)


def test_a_file_of_version_5_still_opens(path: Path) -> None:
    """As written before make-up could have a colour of its own."""
    edit(path, version=5)

    assert load_project(path).params.make_up is None
