from __future__ import annotations

from pathlib import Path

import pytest

from head360 import doctor
from head360.assets import Catalog, catalog, checksum, resource
from head360.downloads import CACHE_VARIABLE, asset


def test_the_checksum_is_sha256(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")

    assert checksum(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_catalogue_knows_every_model_file_as_it_is() -> None:
    shipped = {path.name: checksum(path) for path in resource("models").glob("*.safetensors")}

    assert catalog().files == shipped


def test_the_doctor_names_a_model_file_that_is_not_the_shipped_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = catalog()
    altered = Catalog(known.version, known.hairstyles, (), (), {"mesh.safetensors": "0" * 64})
    monkeypatch.setattr(doctor, "catalog", lambda: altered)

    finding = doctor._catalog()

    assert finding.state == "bad"
    assert "mesh.safetensors" in finding.detail
    assert "Reinstall" in finding.remedy


def test_the_doctor_says_how_to_fetch_what_does_not_ship(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))

    finding = doctor._fetched(asset("face_landmarker"))

    assert finding.state == "note"
    assert "head360 assets fetch" in finding.remedy


def test_the_doctor_looks_at_every_model_file_that_ships() -> None:
    patterns = [Path(pattern).name for pattern in doctor._MODEL_FILES]
    shipped = resource("models").glob("*.safetensors")

    missed = [path.name for path in shipped if not any(path.match(name) for name in patterns)]

    assert missed == ["refine.safetensors"]  # looked at by itself: all works without
