"""A saved project, and a library of one hairstyle."""

from __future__ import annotations

from pathlib import Path

import pytest

from head360.assets import Catalog, Hairstyle
from head360.params import (
    HeadParams,
)
from head360.project import (
    Project,
    save_project,
)


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
