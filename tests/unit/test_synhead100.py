from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from head360.camera import OrbitCamera
from head360.model.topology import Topology, shipped_topology
from head360.params import EXPRESSIONS
from tests.unit.synhead_stand_ins import camera_record
from training.__main__ import main
from training.synhead.cameras import camera_of, numbers_of
from training.synhead.samples import collate, sample_of
from training.synhead.views import rig
from training.synhead.writer import DataSetError, View
from training.synhead100 import Synhead100, Synhead100Error, Units
from training.synhead100_export import LayoutOrder, write_layout

VERTICES = 5
SMALL = 200  # vertices of exported meshes
#: A camera of the family: OpenCV axes, 22.5 world units away, before the face.
FRONT = [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 22.5, 0, 0, 0, 1, 22.0, 0, 0.5, 0, 22.0, 0.5, 0, 0, 1]


def write_paper_folder(root: Path) -> None:
    """Two persons, two expressions, two cameras, by hand and not by our exporter."""
    poses: list[list[Any]] = []
    weights: list[list[Any]] = []
    for number, person in enumerate(("fs_010", "fs_002")):
        for expression in ("browDownLeft", "jawOpen"):
            folder = root / "images" / "split_512" / person / expression
            folder.mkdir(parents=True)
            for view in range(2):
                pixels = np.full((6, 6, 4), [number, view, 9, 128], np.uint8)
                Image.fromarray(pixels).save(folder / f"{view:04d}.png")
                name = f"split_512/{person}/{expression}/{view:04d}.png"
                poses.append([name, FRONT])
                weights.append([name, [float(e == expression) for e in EXPRESSIONS]])
            for kind, ending, start, count in (
                ("meshes", "obj", "v ", VERTICES),
                ("lms", "txt", "", 12),
            ):
                path = root / "mesh_lms" / kind / f"{person}_{expression}.{ending}"
                path.parent.mkdir(parents=True, exist_ok=True)
                lines = [f"{start}{0.01 * i} 0.5 -0.25\n" for i in range(count)]
                path.write_text(
                    "# a mesh\n" * (kind == "meshes")
                    + "".join(lines)
                    + "f 1 2 3\n" * (kind == "meshes")
                )
    for name, labels in (("dataset_pose", poses), ("total_dataset_exp", weights)):
        (root / "images" / f"{name}.json").write_text(json.dumps({"labels": labels}))


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    write_paper_folder(tmp_path)
    return tmp_path


def test_reads_the_papers_layout(paper: Path) -> None:
    data = Synhead100(paper)

    sample = data[0]

    assert len(data) == 8
    assert sample["key"] == "split_512/fs_002/browDownLeft/0000"
    assert sample["identity"] == 0  # by the order of names
    assert data[7]["identity"] == 1
    assert sample["image"].tolist()[3][0][0] == 128
    assert sample["image"].shape == (4, 6, 6)
    assert sample["expression"].argmax() == EXPRESSIONS.index("browDownLeft")
    assert sample["landmarks"].shape == (12, 3)
    assert sample["mesh"].shape == (VERTICES, 3)


def test_lengths_become_metres(paper: Path) -> None:
    sample = Synhead100(paper)[0]

    assert camera_of(sample["camera"]).eye == pytest.approx([0, 0, 10])
    assert sample["mesh"][1].tolist() == pytest.approx([0.02, 1.0, -0.5])
    assert Synhead100(paper, units=Units(1.0, 22.5))[0]["camera"][11] == pytest.approx(1)


def test_batches_can_be_made(paper: Path) -> None:
    data = Synhead100(paper)

    batch = collate([data[n] for n in range(3)])

    assert batch["image"].shape == (3, 4, 6, 6)
    assert batch["camera"].shape == (3, 25)


def test_without_numbers_the_folders_name_is_the_expression(paper: Path) -> None:
    (paper / "images" / "total_dataset_exp.json").unlink()

    assert Synhead100(paper)[2]["expression"].argmax() == EXPRESSIONS.index("jawOpen")


def test_an_unknown_name_is_a_face_at_rest(paper: Path) -> None:
    (paper / "images" / "total_dataset_exp.json").unlink()
    path = paper / "images" / "dataset_pose.json"
    path.write_text(path.read_text().replace("browDownLeft", "browDwonLeft"))

    from training.synhead100 import Synhead100Folder, weights_of

    assert not weights_of(Synhead100Folder.open(paper).pictures[0]).any()


def test_backslashes_of_other_systems_are_understood(paper: Path) -> None:
    path = paper / "images" / "dataset_pose.json"
    path.write_text(path.read_text().replace("split_512/", "split_512\\\\"))

    assert len(Synhead100(paper)) == 8


def test_pictures_without_labels_are_no_samples(paper: Path) -> None:
    other = paper / "images" / "split_512_hs" / "fs_002" / "jawOpen"
    other.mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(other / "0000.png")

    assert len(Synhead100(paper)) == 8
    with pytest.raises(Synhead100Error, match="split_512_hs"):
        Synhead100(paper, split="split_512_hs")


def test_opaque_pictures_get_a_channel(paper: Path) -> None:
    Image.new("RGB", (6, 6)).save(paper / "images/split_512/fs_002/browDownLeft/0000.png")

    assert (Synhead100(paper)[0]["image"][3] == 255).all()


def poses_with(change: Callable[[list[Any]], None]) -> Callable[[Path], None]:
    def damage(root: Path) -> None:
        path = root / "images" / "dataset_pose.json"
        content = json.loads(path.read_text())
        change(content["labels"])
        path.write_text(json.dumps(content))

    return damage


def written(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda root: (root / name).write_bytes(content) and None


@pytest.mark.parametrize(
    "damage",
    [
        poses_with(lambda labels: labels.__setitem__(0, ["../../../etc/a/b/c.png", FRONT])),
        poses_with(lambda labels: labels.__setitem__(0, ["/etc/a/b/c.png", FRONT])),
        poses_with(lambda labels: labels.__setitem__(0, ["split_512/../b/c.png", FRONT])),
        poses_with(lambda labels: labels[0].__setitem__(1, FRONT[:24])),
        poses_with(lambda labels: labels[0].__setitem__(1, [*FRONT[:24], float("nan")])),
        poses_with(lambda labels: labels[0].__setitem__(1, "abc")),
        poses_with(lambda labels: labels.__setitem__(0, 5)),
        poses_with(lambda labels: labels.clear()),
        written("images/dataset_pose.json", b"{"),
        written("images/dataset_pose.json", b"[" * 100_000),
        written("images/dataset_pose.json", b"[]"),
        written("images/total_dataset_exp.json", b'{"labels": 3}'),
        written("synhead.json", b'{"units": {"miles": 3}, "identities": {}}'),
        written("synhead.json", b"[]"),
        written("images/split_512/fs_002/browDownLeft/0000.png", b"no picture"),
        written("images/split_512/fs_002/browDownLeft/0000.png", b"\x89PNG\r\n\x1a\n"),
        written("mesh_lms/meshes/fs_002_browDownLeft.obj", b"v 1 2\nv a b c\n"),
        written("mesh_lms/meshes/fs_002_browDownLeft.obj", b"v 1 2 3\nv 1 2 nan\n"),
        written("mesh_lms/meshes/fs_002_browDownLeft.obj", b"\xff\xfe"),
        written("mesh_lms/lms/fs_002_browDownLeft.txt", b"1 2 3\n4 5\n"),
        lambda root: (root / "images/dataset_pose.json").unlink(),
        lambda root: (root / "images/split_512/fs_002/browDownLeft/0000.png").unlink(),
    ],
)
def test_damage_is_an_error_that_can_be_shown(paper: Path, damage: Callable[[Path], None]) -> None:
    damage(paper)

    with pytest.raises(Synhead100Error) as caught:
        Synhead100(paper)[0]

    assert "synhead100.md" in caught.value.hint


def small_topology() -> Topology:
    """The shipped one's first triangles: text files of whole meshes take seconds."""
    whole = shipped_topology()
    return replace(
        whole,
        triangles=whole.triangles[:90] % SMALL,
        uv_triangles=whole.uv_triangles[:90] % 50,
        uv=whole.uv[:50],
        landmarks68=np.arange(68, dtype=np.int32) + 20,
    )


class PlainSitter:
    """A head whose surface and pictures tell which face it makes."""

    def __init__(self, seed: int, views: int) -> None:
        self._seed, self._cameras = seed, rig(views)

    def surface(self, face: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng([self._seed, int(face.argmax())])
        return rng.normal(scale=0.1, size=(SMALL, 3)).astype(np.float32)

    def look(self, number: int, face: np.ndarray) -> View:
        values = [self._seed, number, int(face.argmax()), int(255 * face.max())]
        pictures = {"image-0": np.full((4, 4, 4), values, np.uint8)}
        named = {EXPRESSIONS[i]: float(face[i]) for i in np.flatnonzero(face)}
        record = {"camera": camera_record(self._cameras[number]), "expression": named}
        surface = self.surface(face)
        lips = surface[small_topology().landmarks68[48:60]]
        return View(record, pictures, {"mesh": surface, "landmarks": lips})


class SitterStudio:
    topology = property(lambda _: small_topology())

    def __init__(self, views: int) -> None:
        self._views, self.opened = views, list[int]()

    def open(self, seed: int) -> PlainSitter:
        self.opened.append(seed)
        return PlainSitter(seed, self._views)


def exported(root: Path, seeds: int = 2, **changes: Any) -> SitterStudio:
    order = LayoutOrder(root, seeds, 3, 7, ("jawOpen", "neutral"), **changes)
    studio = SitterStudio(3)
    for _ in write_layout(order, studio):
        pass
    return studio


def test_what_is_exported_is_what_is_read(tmp_path: Path) -> None:
    exported(tmp_path)
    data = Synhead100(tmp_path)

    assert len(data) == 12
    for index in range(12):
        read = data[index]
        seed, (expression, number) = 7 + index // 6, divmod(index % 6, 3)
        face = np.zeros(len(EXPRESSIONS), np.float32)
        if expression == 0:
            face[EXPRESSIONS.index("jawOpen")] = 1
        view = PlainSitter(seed, 3).look(number, face)
        streamed = sample_of("a-1", {"seed": seed}, view, number)
        for name in ("image", "expression", "landmarks", "mesh"):
            assert torch.equal(read[name], streamed[name]), name
        # The same numbers but for a division and a rounding to float32.
        assert torch.allclose(read["camera"], streamed["camera"], rtol=0, atol=1e-6)
        assert read["identity"] == streamed["identity"] == seed


def test_cameras_come_back_as_they_were(tmp_path: Path) -> None:
    exported(tmp_path, 1)

    for index, camera in enumerate(rig(3)):
        again = camera_of(Synhead100(tmp_path)[index]["camera"])
        assert again.yaw_degrees == pytest.approx(camera.yaw_degrees, abs=1e-4)
        assert again.pitch_degrees == pytest.approx(camera.pitch_degrees, abs=1e-4)
        assert again.eye == pytest.approx(camera.eye, abs=1e-6)


def test_the_files_are_as_the_authors_loader_wants_them(tmp_path: Path) -> None:
    """Its steps, written down again: names in order, meshes by counting, two JSON files."""
    exported(tmp_path)
    images = tmp_path / "images"

    names = sorted(str(path.relative_to(images)) for path in images.rglob("*.png"))
    meshes = sorted((tmp_path / "mesh_lms" / "meshes").iterdir())
    poses = dict(json.loads((images / "dataset_pose.json").read_text())["labels"])
    weights = dict(json.loads((images / "total_dataset_exp.json").read_text())["labels"])

    assert np.array([poses[name] for name in names], np.float32).shape == (12, 25)
    assert np.array([weights[name] for name in names], np.float32).shape == (12, 52)
    for index, name in enumerate(names):
        mesh = meshes[(index % 6) // 3 + 2 * (index // 6)]
        _, person, expression, _ = name.split("/")
        assert mesh.stem == f"{person}_{expression}"
        lips = np.loadtxt(str(mesh).replace("meshes", "lms").replace("obj", "txt"))
        assert lips.shape == (12, 3)


def test_the_head_lies_inside_the_authors_box(tmp_path: Path) -> None:
    exported(tmp_path, 1)
    stated = json.loads((tmp_path / "synhead.json").read_text())

    options = stated["rendering_options"]
    assert options["ray_start"] < 1.18 * 2.25 < options["ray_end"]
    assert options["avg_camera_radius"] == pytest.approx(1.18 * 2.25, abs=0.05)
    half_head = 0.13 / stated["units"]["metres_per_mesh_unit"]
    assert half_head * 9 < 1  # their planes


def test_the_template_is_a_whole_mesh(tmp_path: Path) -> None:
    exported(tmp_path, 1)
    lines = (tmp_path / "template.obj").read_text().splitlines()
    topology = small_topology()

    kinds = {
        kind: [line for line in lines if line.startswith(kind)] for kind in ("v ", "vt ", "f ")
    }
    assert len(kinds["v "]) == SMALL
    assert len(kinds["vt "]) == len(topology.uv)
    assert len(kinds["f "]) == len(topology.triangles)
    corner = kinds["f "][0].split()[1].split("/")
    assert [int(n) - 1 for n in corner] == [topology.triangles[0, 0], topology.uv_triangles[0, 0]]


def test_finished_persons_are_kept_and_others_mixed_in(tmp_path: Path) -> None:
    exported(tmp_path, 1)

    studio = exported(tmp_path, 2)

    assert studio.opened == [8]
    assert len(Synhead100(tmp_path)) == 12


def test_a_stopped_export_goes_on(tmp_path: Path) -> None:
    order = LayoutOrder(tmp_path, 2, 3, 7, ("jawOpen", "neutral"))
    steps = write_layout(order, SitterStudio(3))
    for _ in range(8):
        next(steps)
    steps.close()

    studio = exported(tmp_path, 2)

    assert studio.opened == [8]
    assert not list((tmp_path / "images" / "split_512").glob("*.partial"))
    assert len(Synhead100(tmp_path)) == 12


def test_other_options_do_not_mix(tmp_path: Path) -> None:
    exported(tmp_path, 1, options={"size": 64})

    with pytest.raises(DataSetError, match="size"):
        exported(tmp_path, 1, options={"size": 128})


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--shards", "x", "--layout", "synhead100"], 1, "--out"),
        (["--out", "x", "--layout", "synhead100", "--expressions", "jawOpn"], 2, "jawOpen"),
        (["--out", "x", "--expressions", "jawOpen"], 1, "synhead100"),
        (["--out", "x", "--part", "1/2"], 1, "--shards"),
    ],
)
def test_impossible_exports_say_why(
    arguments: list[str], code: int, said: str, tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ict_head.npz", "env.npz"):
        (tmp_path / name).touch()

    assert main(["synhead", "--source", str(tmp_path), *arguments]) == code
    assert said in capsys.readouterr().err


def test_a_scaled_camera_is_the_same_camera() -> None:
    camera = OrbitCamera(33.0, -12.0)

    assert camera_of(numbers_of(camera, 2.25), 2.25).eye == pytest.approx(camera.eye)
