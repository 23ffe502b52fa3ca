"""A saved project, a library of one hairstyle, and a fitted photo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from head360.assets import Catalog, Hairstyle
from head360.engine import HeadEngine, finished
from head360.fitting.fit import FitOptions, FitResult
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


@pytest.fixture(scope="module")
def engine(face_landmarker: None) -> Iterator[HeadEngine]:
    """Of a module that fits photos."""
    made = HeadEngine()
    yield made
    made.close()


@pytest.fixture(scope="module")
def result(engine: HeadEngine, astronaut: np.ndarray) -> FitResult:
    """Her head, without skin of its own."""
    return finished(engine.fit(astronaut, FitOptions(skin=False)))
