"""The command line, from the words typed to the files that lie there afterwards."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from head360 import __main__ as command_line
from head360.assets import Catalog, Hairstyle
from head360.bench import BenchOptions, measure
from head360.engine import finished
from head360.make_up import MakeUp
from head360.own_hair import WAYS_GRID, OwnHair
from head360.params import (
    ATTRIBUTES,
    EXPRESSIONS,
    HairMix,
    HairShape,
    HairTones,
    HeadParams,
    neutral_head,
)
from head360.project import Project, load_project, save_project
from tests.journeys.plain_engine import PlainEngine


@pytest.fixture
def engine() -> PlainEngine:
    return PlainEngine()


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A library of two hairstyles, and an empty folder to work in."""
    styles = (Hairstyle("bob", "Bob", "short", 0.5), Hairstyle("afro", "Afro", "curly", 0.5))
    catalog = Catalog("1", styles, (), ())
    monkeypatch.setattr("head360.project_values.catalog", lambda: catalog)
    monkeypatch.setattr("head360.cli.scene.catalog", lambda: catalog)
    monkeypatch.chdir(tmp_path)


def run(engine: PlainEngine, words: str) -> int:
    code = command_line.main(words.split(), lambda: engine)
    assert engine.closed or not engine.requests
    return code


def left() -> list[str]:
    """Names of all files in the working folder."""
    return sorted(str(path) for path in Path().rglob("*"))


def test_hair_options_part_colour_and_take_hair_from_another_head(engine: PlainEngine) -> None:
    words = "new --hair bob --hairline 0.3 --hair-curl 0.5 --hair-mirrored"
    assert run(engine, f"{words} --hair-roots #000000 --hair-tips #ffffff=0.5 -o a") == 0
    assert run(engine, "new --seed 3 -o b") == 0
    assert run(engine, "edit b.h360 --hair-from a.h360 --hair-tips none -o c.h360") == 0
    assert run(engine, "edit b.h360 -o d.h360") != 0  # nothing is asked for

    first, last = load_project(Path("a.h360")).params, load_project(Path("c.h360")).params

    assert first.hair_shape == HairShape(hairline=0.3, curl=0.5, mirrored=True)
    assert first.hair_tones == HairTones((0, 0, 0), (1, 1, 1), tip_reach=0.5)
    assert (last.hairstyle, last.hair_shape) == ("bob", first.hair_shape)
    assert last.hair_tones == HairTones(roots=(0, 0, 0), tip_reach=0.5)


def test_a_fitted_head_s_own_hair_can_be_weakened(engine: PlainEngine) -> None:
    own = OwnHair.made("bob", mirrored=False, ways=np.full((3, *WAYS_GRID), 0.1))
    save_project(Project(neutral_head().with_(hairstyle="bob", own_hair=own)), Path("a.h360"))
    assert run(engine, "edit a.h360 --hair-own 0.5 -o b.h360") == 0
    assert run(engine, "edit a.h360 --hair-own 1.5 -o c.h360") != 0
    assert run(engine, "new --hair bob --hair-own 0.5 -o c.h360") != 0  # nobody's own

    weaker = load_project(Path("b.h360")).params.own_hair

    assert weaker is not None
    assert weaker.strength == 0.5
    assert not Path("c.h360").exists()


def test_make_up_has_colours_of_its_own(engine: PlainEngine) -> None:
    assert run(engine, "new --lip-color #ff8080 --lid-color #000000 -o a") == 0
    assert run(engine, "edit a.h360 --lip-color none -o b.h360") == 0
    assert run(engine, "new --lip-color pinkish -o c") != 0

    first, last = load_project(Path("a.h360")).params, load_project(Path("b.h360")).params

    assert first.make_up is not None
    assert first.make_up.lips == pytest.approx((1.0, 0.2159, 0.2159), abs=1e-3)
    assert first.attributes[ATTRIBUTES.index("eyeshadow")] > 0.5
    assert last.make_up == MakeUp(lids=(0, 0, 0))


def test_render_alone_makes_a_picture_of_the_initial_head(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(engine, "render") == 0

    with Image.open("head.png") as image:
        assert image.size == (512, 512)
    assert engine.requests[0].params.hairstyle == "bob"
    assert left() == ["head.png"]
    assert "head.png" in capsys.readouterr().err


def test_render_takes_every_option(engine: PlainEngine) -> None:
    words = (
        "render --seed 7 --hair none --expression jawOpen=0.4 mouthSmile=0.5"
        " --expression BrowInnerUp=1 --yaw -30 --pitch 10 --distance 1.5 --fov 25 --size 320x200"
        " --light sunset --light-rotation 90 --light-intensity 1.5 --background #ff0000,black"
        " --renderer exact --view albedo -o out.webp"
    )

    assert run(engine, words) == 0

    request = engine.requests[0]
    assert request.params.shape[0] == np.float32(0.7)
    assert request.params.hairstyle is None
    weights = dict(zip(EXPRESSIONS, request.params.expression, strict=True))
    assert {name: round(float(w), 3) for name, w in weights.items() if w} == {
        "browInnerUp": 1.0, "jawOpen": 0.4, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.5,
    }  # fmt: skip
    camera = request.camera
    assert (camera.yaw_degrees, camera.pitch_degrees) == (-30, 10)
    assert (camera.distance, camera.fov_degrees) == (1.5, 25)
    light = request.params.light
    assert (light.preset, light.rotation_degrees, light.intensity) == ("sunset", 90, 1.5)
    assert (request.width, request.height) == (320, 200)
    assert request.background.inner == (1, 0, 0)
    assert request.background.outer == (0, 0, 0)
    assert (request.renderer, request.mode) == ("exact", "albedo")


@pytest.fixture
def refine_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("head360.cli.commands.refine_problem", lambda: "")


@pytest.mark.usefixtures("refine_weights")
def test_pictures_and_turntables_are_refined_when_asked(engine: PlainEngine) -> None:
    assert run(engine, "render --refine --size 64") == 0
    assert run(engine, "turntable --refine --size 64 --frames 2 -o turn.gif") == 0
    assert run(engine, "render --size 64") == 0

    assert [request.refine for request in engine.requests] == [True, True, True, False]


@pytest.mark.usefixtures("refine_weights")
@pytest.mark.parametrize(
    "words", ["render --refine --view normals", "turntable --refine --renderer reference"]
)
def test_what_cannot_be_refined_is_refused(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    assert run(engine, words) == 2

    assert "can be refined" in capsys.readouterr().err
    assert left() == []


def test_refining_without_weights_is_refused(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("head360.cli.commands.refine_problem", lambda: "The weights are missing.")

    assert run(engine, "render --refine") == 1

    assert "The weights are missing." in capsys.readouterr().err
    assert left() == []


def test_render_mixes_hairstyles_and_turns_the_head(engine: PlainEngine) -> None:
    words = "render --hair bob --hair-mix Afro=0.4 --head-yaw 20 --head-roll -5 --size 64"

    assert run(engine, words) == 0

    params = engine.requests[0].params
    assert (params.hairstyle, params.hair_mix) == ("bob", HairMix("afro", 0.4))
    assert params.head_pose.tolist() == [20, 0, -5]


def test_a_project_keeps_the_mix_until_another_style_is_asked_for(engine: PlainEngine) -> None:
    assert run(engine, "new --hair bob --hair-mix afro=0.4 --head-pitch 9 -o maya") == 0

    assert run(engine, "render --head maya.h360 --size 64") == 0
    assert run(engine, "render --head maya.h360 --hair afro --size 64") == 0

    kept, other = (request.params for request in engine.requests[-2:])
    assert kept.hair_mix == HairMix("afro", 0.4)
    assert kept.head_pose.tolist() == [0, 9, 0]
    assert other.hair_mix is None


def test_a_transparent_picture_keeps_its_alpha(engine: PlainEngine) -> None:
    assert run(engine, "render --transparent --size 64") == 0

    with Image.open("head.png") as image:
        assert image.mode == "RGBA"
        assert image.getpixel((5, 5))[3] == 0


def test_new_makes_a_project_that_render_reads(engine: PlainEngine) -> None:
    assert run(engine, "new --seed 3 --yaw 40 -o maya") == 0

    project = load_project(Path("maya.h360"))
    assert project.name == "maya"
    assert project.params.hairstyle == "afro"
    assert run(engine, "render --head maya.h360 --size 64") == 0
    assert engine.requests[0].camera.yaw_degrees == 40
    assert np.array_equal(engine.requests[0].params.shape, project.params.shape)


def test_new_never_replaces_a_file_unasked(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("head.h360").write_bytes(b"precious")

    assert run(engine, "new") == 2

    assert Path("head.h360").read_bytes() == b"precious"
    assert "--force" in capsys.readouterr().err
    assert run(engine, "new --force") == 0
    assert load_project(Path("head.h360")).params.hairstyle == "bob"


def test_turntable_shows_progress(engine: PlainEngine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(engine, "turntable --size 64 --frames 12 -o turn.mp4") == 0

    with av.open("turn.mp4") as container:
        assert container.streams.video[0].frames == 12
    words = capsys.readouterr()
    assert "12/12" in words.err
    assert words.out == ""


@pytest.mark.parametrize("name", ["turn.webm", "turn.gif", "frames"])
def test_turntable_writes_the_kind_the_name_says(engine: PlainEngine, name: str) -> None:
    assert run(engine, f"turntable --size 64 --frames 3 --transparent -o {name}") == 0

    assert Path(name).exists()
    assert engine.requests[0].background.transparent


@pytest.mark.parametrize("name", ["turn.mp4", "turn.webm", "turn.gif", "frames"])
def test_interrupting_a_turntable_leaves_no_file(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    # A test run in the background inherits a shell's wish to ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    engine.interrupt_at = 5

    assert run(engine, f"turntable --size 64 --frames 12 -o {name}") == 130

    assert left() == []
    assert engine.closed
    assert "nothing was written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("rendr", "Did you mean “render”?"),
        ("render --hair bobb", "Did you mean “bob”?"),
        ("render --expression mouthSmil=1", "Did you mean “mouthSmile"),
        ("render --expression jawOpen", "name=value"),
        ("render --expression jawOpen=2", "within 0 … 1"),
        ("render --expression jawOpen=wide", "within 0 … 1"),
        ("render --hair-mix afro", "style=share"),
        ("render --hair-mix bobb=0.5", "Did you mean “bob”?"),
        ("render --hair-mix afro=1.5", "within 0 … 1"),
        ("render --head-yaw 90", "within -50 … 50"),
        ("render --light studoi", "Did you mean “studio”?"),
        ("render --light photo", "knows no photo’s light"),
        ("render --renderer exakt", "Did you mean “exact”?"),
        ("render --view normal", "Did you mean “normals”?"),
        ("render --pitch 99", "within -85 … 85"),
        ("render --size 9999", "16 … 4096"),
        ("render -o head.bmp", "Known: .png"),
        ("render --hair-color reddish", "not a colour"),
        ("turntable -o turn.avi", "video format"),
        ("turntable -o turn.png", "-o turn.mp4"),
        ("turntable -o turn.jpg", "“head360 render” makes one picture"),
        ("turntable --size 0", "16 … 4096"),
        ("turntable --size 63 -o a.mp4", "even"),
        ("turntable --frames 0", "1 … 3600"),
        ("turntable --transparent -o a.mp4", "cannot be transparent"),
        ("render --size 200000", "16 … 4096"),
        ("render --transparent -o a.jpg", "cannot be transparent"),
        ("new -o maya.txt", "Let it end in .h360"),
    ],
)
def test_misspelt_words_are_explained(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    assert run(engine, words) == 2

    assert message in capsys.readouterr().err
    assert left() == []


@pytest.mark.parametrize(
    "words",
    [
        "",
        "render --size big",
        "render --seed 1 --head a.h360",
        "render --yaw inf",
        "render --seed -4",
        "render --seed 1.5",
        "render --background 1,2,3",
        "render --nonsense",
    ],
)
def test_nonsense_shows_how_it_is_used(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(engine, words)

    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("render --head none.h360", "cannot be opened"),
        ("render --head notes.h360", "not a Head360 project"),
        ("render -o nowhere/head.png", "does not exist"),
        ("new -o nowhere/maya.h360", "does not exist"),
    ],
)
def test_failures_are_explained(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    Path("notes.h360").write_text("not a zip")

    assert run(engine, words) == 1

    assert message in capsys.readouterr().err
    assert left() == ["notes.h360"]


def test_quiet_is_quiet(engine: PlainEngine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(engine, "turntable -q --size 64 --frames 2 -o turn.gif") == 0

    assert capsys.readouterr() == ("", "")


def test_bench_measures(engine: PlainEngine, neutral: HeadParams) -> None:
    options = BenchOptions(frames=3, reference_frames=1, start=False)
    task = measure(engine, neutral, options)
    report = finished(task)

    assert set(report.timings) == {"orbit_512", "orbit_256", "expression_256", "still_512"}
    assert all(timing.median_ms > 0 and timing.ratio for timing in report.timings.values())
    dragged = [r.params.expression for r in engine.requests[10:15]]
    assert len({weights.tobytes() for weights in dragged}) == 5
    assert [r.renderer for r in engine.requests[-3:]] == ["reference"] * 3


def test_bench_draws_large_frames_without_the_reference(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(engine, "bench --quick --large --no-reference --json -q") == 0

    large = json.loads(capsys.readouterr().out)["timings"]["orbit_1080"]
    assert large["frames_per_second"] == pytest.approx(1000 / large["median_ms"])
    assert large["reference_ms"] is None
    assert {r.renderer for r in engine.requests} == {"fast"}
    assert [(r.width, r.height) for r in engine.requests][-1] == (1920, 1080)


def test_bench_prints_json(engine: PlainEngine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(engine, "bench --quick --json -q") == 0

    figures = json.loads(capsys.readouterr().out)
    assert figures["hairstyle"] == "bob"
    assert figures["timings"]["orbit_512"]["median_ms"] > 0
