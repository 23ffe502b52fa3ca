from __future__ import annotations

from pathlib import Path

import pytest

from head360 import doctor
from head360.assets import Catalog, catalog, checksum, resource


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
