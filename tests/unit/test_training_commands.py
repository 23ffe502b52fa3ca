from __future__ import annotations

import json
from pathlib import Path

import pytest

from head360.assets import checksum, resource
from training import fit_picture
from training.__main__ import main
from training.export import ExportError, export
from training.tables import Row, Table, markdown, write_tables


@pytest.fixture(autouse=True)
def no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEAD360_SOURCE", raising=False)


@pytest.mark.parametrize(
    "command", [["synhead", "--out", "x"], ["train", "mesh", "--out", "x"], ["evaluate"]]
)
def test_without_source_data_the_command_says_what_to_do(
    command: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)

    code = main(command)

    said = capsys.readouterr().err
    assert code == 1
    assert "--source" in said
    assert "HEAD360_SOURCE" in said
    assert not list(tmp_path.iterdir())


def test_an_empty_source_folder_is_named(capsys, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HEAD360_SOURCE", str(tmp_path))

    assert main(["synhead", "--out", str(tmp_path / "set")]) == 1

    assert "ict_head.npz is missing" in capsys.readouterr().err


def test_a_misspelt_hairstyle_gets_a_suggestion(capsys, tmp_path: Path) -> None:
    for name in ("ict_head.npz", "env.npz"):
        (tmp_path / name).touch()

    code = main(["synhead", "--source", str(tmp_path), "--out", "x", "--hair", "bop"])

    assert code == 2
    assert "bob" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--views", "73"], ["--views", "many"], ["--identities", "0"]])
def test_numbers_out_of_range_are_misuse(wrong: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["synhead", "--out", "x", *wrong])

    assert caught.value.code == 2
    assert wrong[0] in capsys.readouterr().err


def test_the_command_that_draws_fits_explains_itself(capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["fit_picture", "--help"])

    with pytest.raises(SystemExit, match="0"):
        fit_picture.main()

    assert "OUT.png" in capsys.readouterr().out


def test_a_table_of_other_sentences_says_where_it_is(capsys, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'sentences = [["red lipstick", "me", ["lipstick+"], []]]\n'
        "[starts.me]\n[starts.you]\nseed = 3\n"
    )

    command = ["evaluate", "--table", "text", "--sentences", str(own), "--out", str(tmp_path)]

    assert main(command) == 0

    said = Path(capsys.readouterr().out.strip())
    assert said == tmp_path / "table-text-own.md"
    assert "1 of 1" in said.read_text("utf-8")
    assert not (tmp_path / "table-text.md").exists()


def test_only_the_direct_stage_takes_a_configuration(capsys, tmp_path: Path) -> None:
    assert main(["train", "mesh", "--out", "x", "--config", "y.toml"]) == 1

    assert "mesh" in capsys.readouterr().err


def test_export_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="nothing trained"):
        export(tmp_path, tmp_path / "models")


def test_export_copies_the_parts_and_writes_the_catalogue(tmp_path: Path) -> None:
    trained, models = tmp_path / "trained", tmp_path / "models"
    for folder, name in (("a", "mesh.safetensors"), ("b", "hair-0.safetensors")):
        (trained / folder).mkdir(parents=True)
        (trained / folder / name).write_bytes(resource("models", name).read_bytes())
    models.mkdir()
    (models / "hair-7.safetensors").write_bytes(b"of a former library")

    written = export(trained, models)

    assert written == ["mesh.safetensors", "hair-0.safetensors", "catalog.json"]
    assert not (models / "hair-7.safetensors").exists()
    written_catalog = json.loads((models / "catalog.json").read_text("utf-8"))
    assert written_catalog["hairstyles"]
    assert written_catalog["files"] == {
        name: checksum(models / name) for name in ("hair-0.safetensors", "mesh.safetensors")
    }


def test_export_refuses_two_of_a_kind(tmp_path: Path) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "texture.safetensors").touch()

    with pytest.raises(ExportError, match="several"):
        export(tmp_path, tmp_path / "models")


def test_tables_are_written_for_people_and_programs(tmp_path: Path) -> None:
    tables = [Table("Bald", (Row("fast", 4, 31.234, 0.96),), "30 dB")]
    tables.append(Table("Hair", (Row("bob", 2, 27.0, 0.9, 24.5),)))

    write_tables(tmp_path, "generation", tables, "A note.")

    page = (tmp_path / "generation.md").read_text("utf-8")
    assert page == markdown(tables, "A note.")
    assert "| fast | 4 | 31.23 | 0.9600 |\n" in page
    assert "| bob | 2 | 27.00 | 0.9000 | 24.50 |" in page
    stored = json.loads((tmp_path / "generation.json").read_text("utf-8"))
    assert stored["tables"][1]["rows"][0]["hair_psnr"] == 24.5
