"""An evaluation that was stopped goes on where it was, and never mixes weights."""

from __future__ import annotations

from pathlib import Path

from training.ledger import Ledger, shipped_weights, weights_mark

SETTINGS = {"size": 64, "weights": "a"}


def test_what_was_measured_is_known_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "table.jsonl"
    Ledger(path, SETTINGS).note("3/0", {"ours": {"psnr": 31.25}})
    Ledger(path, SETTINGS).note("4/0", {"ours": {"psnr": 30.0}})

    again = Ledger(path, SETTINGS)

    assert again.known("3/0") == {"ours": {"psnr": 31.25}}
    assert again.known("4/0") == {"ours": {"psnr": 30.0}}
    assert again.known("5/0") is None


def test_other_weights_begin_anew(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    Ledger(path, SETTINGS).note("3/0", {"ours": {"psnr": 31.25}})

    assert Ledger(path, {**SETTINGS, "weights": "b"}).known("3/0") is None
    assert Ledger(path, SETTINGS).known("3/0") is None  # the others' figures replaced them


def test_a_line_that_a_kill_cut_off_is_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    ledger = Ledger(path, SETTINGS)
    for number in range(3):
        ledger.note(f"{number}/0", {"ours": {"psnr": 30.0 + number}})
    path.write_bytes(path.read_bytes()[:-9])

    cut = Ledger(path, SETTINGS)
    cut.note("2/0", {"ours": {"psnr": 40.0}})

    again = Ledger(path, SETTINGS)
    assert len(again) == 3
    assert again.known("2/0") == {"ours": {"psnr": 40.0}}


def test_weights_are_marked_by_their_content(tmp_path: Path) -> None:
    one, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    before = weights_mark([one, other])

    assert weights_mark([other, one]) == before
    one.write_bytes(b"3")
    assert weights_mark([one, other]) != before


def test_what_decides_how_heads_look_ships() -> None:
    paths = shipped_weights()

    assert all(path.is_file() for path in paths)
    assert sum(path.name.startswith("hair-") for path in paths) == 4
