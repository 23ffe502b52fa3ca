"""`head360 export`, from the words typed to the files that lie there afterwards."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from head360 import __main__ as command_line
from head360.export.options import MeshOptions
from head360.params import EXPRESSIONS, HeadParams, neutral_head
from head360.progress import Progress
from head360.project import Project, save_project

Wish = tuple[HeadParams, Path, MeshOptions]


class Exporter:
    """Writes empty files, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[Wish] = []

    def initial_head(self) -> HeadParams:
        return neutral_head()

    def random_head(self, seed: int) -> HeadParams:
        return neutral_head().with_(shape=np.full(50, seed / 10, np.float32))

    def export(
        self, params: HeadParams, path: Path, options: MeshOptions
    ) -> Generator[Progress, None, Path]:
        yield Progress(0, 1)
        self.asked.append((params, path, options))
        path.write_bytes(b"")
        yield Progress(1, 1)
        return path

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def run(words: str, expected: int = 0) -> list[Wish]:
    engine = Exporter()
    assert command_line.main(words.split(), lambda: engine) == expected
    return engine.asked


def project(name: str, **changes: object) -> None:
    save_project(Project(neutral_head().with_(**changes)), Path(name))


def test_a_project_becomes_what_the_name_ends_in() -> None:
    project("me.h360", iris_color=np.array([0.1, 0.2, 0.3], np.float32))

    [(params, path, options)] = run("export me.h360 -o me.usdz --texture 4096 --hair-as surface")

    assert path == Path("me.usdz")
    assert params.iris_color[2] == np.float32(0.3)
    assert (options.texture, options.hair, options.name) == (4096, "surface", "me")


def test_without_a_project_the_options_describe_the_head() -> None:
    [(params, path, options)] = run("export --seed 7 --expression jawOpen=0.5 --plain")

    assert path == Path("head.glb")
    assert params.shape[0] == np.float32(0.7)
    assert params.expression[EXPRESSIONS.index("jawOpen")] == 0.5
    assert not options.compact


def test_a_batch_fills_a_folder() -> None:
    project("a.h360")
    project("b.h360")

    wishes = run("export a.h360 b.h360 -o out --format ply --points points --count 2000")

    assert [path for _, path, _ in wishes] == [Path("out/a.ply"), Path("out/b.ply")]
    assert {(options.points, options.count) for *_, options in wishes} == {("points", 2000)}


def test_a_take_comes_along() -> None:
    from head360.driving.csv import write_csv
    from head360.performance import posed_still

    write_csv(posed_still(neutral_head(), 1.0), Path("take.csv"))

    [(_, _, options)] = run("export --performance take.csv -o moving.glb")

    assert options.performance is not None
    assert options.performance.duration_s == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("export --texture 1000", "1000 pixels"),
        ("export --format fbx", "format called “fbx”"),
        ("export --hair-as wig", "kind of hair called “wig”"),
        ("export a.h360 b.h360 -o two.glb", "do not fit"),
        ("export a.h360 sub/a.h360 -o out", "same name"),
        ("export a.h360 --seed 3", "Either"),
    ],
)
def test_nonsense_is_refused(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words, expected=2) == []
    assert said in capsys.readouterr().err
