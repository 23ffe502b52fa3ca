"""Exported heads are our heads: other readers find the same points, faces, poses and pictures."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import trimesh
from scipy.spatial import cKDTree

from head360.engine import finished
from head360.errors import ExportError
from head360.export import formats
from head360.export.bust import JOINTS, Bust, posed
from head360.export.busts import bust_of, clip_of
from head360.export.formats import export_head
from head360.export.gltf import write_glb
from head360.export.hair import seated
from head360.export.hair_paths import hair_points
from head360.export.obj import write_obj, write_obj_folder
from head360.export.options import MeshOptions
from head360.model.sampling import chosen_head
from head360.params import EXPRESSIONS, HairShape, HeadParams
from head360.performance import Performance
from head360.rendering.scene import Models, SceneBuilder
from tests.unit.mesh_readers import Glb, read_ply

TENTH_MM = 1e-4
FACE = {"jawOpen": 0.5, "mouthClose": 0.2, "eyeLookInLeft": 0.9, "mouthSmileLeft": 1.0}


def ready(bust: Bust) -> Generator[None, None, Bust]:
    """A bust that was made before."""
    yield
    return bust


def weights_of(face: dict[str, float]) -> np.ndarray:
    return np.array([face.get(name, 0.0) for name in EXPRESSIONS], np.float32)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def scenes(models: Models) -> SceneBuilder:
    return SceneBuilder(models)


@pytest.fixture(scope="module")
def head() -> HeadParams:
    pose = np.array([40.0, -15.0, 10.0], np.float32)
    return chosen_head().with_(expression=weights_of(FACE), head_pose=pose)


@pytest.fixture(scope="module")
def bust(models: Models, scenes: SceneBuilder, head: HeadParams) -> Bust:
    return finished(bust_of(models, scenes, head, name="Maya", texture=1024, cards=300))


@pytest.fixture(scope="module")
def glb(bust: Bust, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("glb") / "maya.glb"
    finished(write_glb(bust, path))
    return path


@pytest.fixture(scope="module")
def places(models: Models, scenes: SceneBuilder, head: HeadParams) -> tuple[Any, np.ndarray]:
    """The person, and a tree of its resting vertices without the undrawn lashes."""
    identity = scenes.identity(head)
    topology = models.mesh.topology
    drawn = np.unique(topology.triangles[topology.drawn])
    return identity, drawn


def vertices_of(glb: Glb, mesh: str, identity: Any, drawn: np.ndarray) -> np.ndarray:
    """Which of our vertices each exported one is."""
    rest = glb.moved(mesh, np.zeros(52))
    distance, nearest = cKDTree(identity.neutral.numpy()[drawn]).query(rest)
    assert distance.max() < 1e-6
    return drawn[nearest]


def test_each_morph_target_is_our_mesh_at_full_weight(
    glb: Path, models: Models, places: tuple[Any, np.ndarray]
) -> None:
    file, (identity, drawn) = Glb(glb), places
    worst = 0.0
    for mesh in ("Skin", "Eyes", "Teeth", "Mouth", "Cap"):
        assert file.meshes[mesh].extras["targetNames"] == list(EXPRESSIONS)
        chosen = vertices_of(file, mesh, identity, drawn)
        for index, name in enumerate(EXPRESSIONS):
            one = np.eye(52, dtype=np.float32)[index]
            if name == "mouthClose":  # the model lets it close only what the jaw has opened
                one[EXPRESSIONS.index("jawOpen")] = 1
            ours = models.mesh.pose(identity, torch.from_numpy(one)).numpy()[chosen]
            worst = max(worst, float(np.abs(file.moved(mesh, one) - ours).max()))

    assert worst < TENTH_MM


def test_the_pose_of_the_file_is_the_pose_of_the_head(
    glb: Path, scenes: SceneBuilder, head: HeadParams, places: tuple[Any, np.ndarray]
) -> None:
    file, (identity, drawn) = Glb(glb), places
    ours = scenes.build(head).placed.numpy()

    for mesh in ("Skin", "Eyes", "Teeth"):
        chosen = vertices_of(file, mesh, identity, drawn)
        theirs = file.skinned(mesh, np.array(file.meshes[mesh].weights))
        distance = np.linalg.norm(theirs - ours[chosen], axis=1)
        assert distance.max() < 1e-3  # the neck bends in three straight steps
        assert np.median(distance) < TENTH_MM


def test_the_eyes_turn_by_their_joints_exactly(glb: Path, bust: Bust) -> None:
    eyes = Glb(glb).meshes["Eyes"]

    assert not any(eyes.weights)
    turned = bust.pose.rotations[[name for name, _ in JOINTS].index("EyeLeft")]
    assert abs(turned[1]) == pytest.approx(np.sin(np.radians(28 * 0.9) / 2), abs=1e-4)


def test_trimesh_reads_meshes_materials_and_textures(glb: Path, bust: Bust) -> None:
    scene = trimesh.load(glb)

    assert set(scene.geometry) >= {"Skin", "Eyes", "Teeth", "Mouth", "Cap", "Hair"}
    for part in bust.parts:
        geometry = scene.geometry[part.name]
        assert len(geometry.faces) == len(part.triangles)
        assert geometry.visual.material.baseColorTexture is not None
    skin = scene.geometry["Skin"].visual.material
    assert skin.baseColorTexture.size == (1024, 512)
    assert skin.normalTexture.size == (1024, 512)
    assert scene.geometry["Hair"].visual.material.alphaMode == "MASK"
    assert np.asarray(scene.bounds)[1][1] == pytest.approx(0.16, abs=0.05)  # metres, upright


def test_texture_coordinates_meet_the_texture(glb: Path, bust: Bust) -> None:
    """The iris, which is dark and coloured, is in the middle of each eye seen from the front."""
    eye = next(part for part in bust.parts if part.name == "Eyes")
    picture = bust.material("Eyes").color
    front = np.argsort(-eye.points[:, 2])[:6]
    rows = ((1 - eye.uv[front, 1]) * picture.shape[0]).astype(int)
    columns = (eye.uv[front, 0] * picture.shape[1]).astype(int)

    assert picture[rows, columns].mean() < 0.6 * picture[-100:, :20].mean()


def test_normals_and_tangents_are_unit_and_the_flat_texel_is_blue(glb: Path) -> None:
    file = Glb(glb)
    for mesh in ("Skin", "Hair"):
        attributes = file.meshes[mesh].primitives[0].attributes
        normals = file.array(attributes.NORMAL)
        tangents = file.array(attributes.TANGENT)
        assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=1e-3)
        assert (normals * tangents[:, :3]).sum(1) == pytest.approx(0, abs=2e-3)
        assert set(np.rint(tangents[:, 3])) <= {-1, 1}
    picture = np.asarray(trimesh.load(glb).geometry["Skin"].visual.material.normalTexture)
    assert np.median(picture, axis=(0, 1)) == pytest.approx([128, 128, 254], abs=4)


@pytest.mark.parametrize("worn", [HairShape(length=-1), HairShape(volume=1, fringe=1)])
def test_hair_sits_where_it_is_worn(worn: HairShape, models: Models, scenes: SceneBuilder) -> None:
    hair = scenes.build(chosen_head().with_(hair_shape=worn)).hair
    with torch.inference_mode():
        wanted = hair_points(models.hair, hair.style, 500, np.random.default_rng(1))
        places, found = seated(wanted.numpy(), hair.seating)
        back = hair.seating(torch.from_numpy(places))

    assert found.mean() > 0.99
    assert (back - wanted)[torch.from_numpy(found)].norm(dim=1).max() < TENTH_MM


def test_plain_files_hold_floats_and_need_no_extension(bust: Bust, tmp_path: Path) -> None:
    finished(write_glb(bust, tmp_path / "plain.glb", compact=False))

    file = Glb(tmp_path / "plain.glb")
    assert not file.file.extensionsRequired
    primitive = file.meshes["Skin"].primitives[0]
    assert file.file.accessors[primitive.targets[0]["POSITION"]].componentType == 5126
    assert file.array(primitive.attributes.NORMAL).dtype == np.float32


def test_performances_become_animations(bust: Bust, head: HeadParams, tmp_path: Path) -> None:
    faces = np.stack([weights_of({}), weights_of({"jawOpen": 1, "eyeLookUpLeft": 1})])
    turns = np.array([[0, 0, 0], [30, 0, 0]], np.float32)
    clip = clip_of(head, Performance(np.array([0.0, 0.5]), faces, turns, "Hello"))
    moving = Bust(bust.name, bust.parts, bust.materials, bust.joint_places, bust.pose, (clip,))
    finished(write_glb(moving, tmp_path / "moving.glb"))

    file = Glb(tmp_path / "moving.glb")
    animation = file.file.animations[0]
    found = {}
    for channel in animation.channels:
        sampler = animation.samplers[channel.sampler]
        name = file.file.nodes[channel.target.node].name
        found[name, channel.target.path] = file.array(sampler.output)
        assert file.array(sampler.input)[:, 0] == pytest.approx([0, 0.5])
    assert animation.name == "Hello"
    jaw = found["Skin", "weights"].reshape(2, 52)[:, EXPRESSIONS.index("jawOpen")]
    assert jaw == pytest.approx([0, 1])
    assert not found["Eyes", "weights"].any()
    step = 2 * np.degrees(np.arcsin(found["NeckUpper", "rotation"][1, 1]))
    assert step == pytest.approx(10, abs=1e-3)
    assert found["EyeLeft", "rotation"][1, 0] < -0.1  # up is a turn about -x


def test_an_obj_is_the_posed_head(bust: Bust, tmp_path: Path) -> None:
    finished(write_obj(bust, tmp_path / "maya.obj"))

    scene = trimesh.load(tmp_path / "maya.obj", split_object=True, group_material=False)
    skin = bust.parts[0]
    found = next(g for g in scene.geometry.values() if len(g.faces) == len(skin.triangles))
    theirs = np.asarray(found.triangles)
    ours = posed(bust, skin, bust.pose)[0][skin.triangles]
    assert np.abs(theirs - ours).max() < 2e-6
    names = {path.name for path in tmp_path.iterdir()}
    assert {"maya.obj", "maya.mtl", "maya_skin_color.png", "maya_hair_color.png"} <= names
    for line in (tmp_path / "maya.mtl").read_text().splitlines():
        if line.startswith(("map_", "norm")):
            assert line.split()[-1] in names


def test_a_folder_of_objs_has_every_blendshape_in_one_order(bust: Bust, tmp_path: Path) -> None:
    small = Bust(bust.name, bust.parts[3:5], bust.materials[3:5], bust.joint_places, bust.pose)
    finished(write_obj_folder(small, tmp_path / "shapes"))

    names = {path.stem for path in (tmp_path / "shapes").glob("*.obj")}
    assert names == {"neutral", *EXPRESSIONS}
    jaw = (tmp_path / "shapes" / "jawOpen.obj").read_text()
    rest = (tmp_path / "shapes" / "neutral.obj").read_text()
    assert [x for x in jaw.splitlines() if x[0] == "f"] == [
        x for x in rest.splitlines() if x[0] == "f"
    ]
    assert jaw != rest


def test_usd_passes_every_check_and_poses_the_head(bust: Bust, tmp_path: Path) -> None:
    usd = pytest.importorskip("pxr.Usd")
    from pxr import UsdShade, UsdSkel

    for name in ("maya.usdz", "maya.usdc"):
        finished(formats.write_usd(bust, tmp_path / name))
        stage = usd.Stage.Open(str(tmp_path / name))
        skin = UsdSkel.BindingAPI(stage.GetPrimAtPath("/Head/Skin"))
        assert list(skin.GetBlendShapesAttr().Get()) == list(EXPRESSIONS)
        jaw = UsdSkel.BlendShape(stage.GetPrimAtPath("/Head/Skin/jawOpen"))
        offsets = np.zeros_like(bust.parts[0].points)
        offsets[np.array(jaw.GetPointIndicesAttr().Get())] = np.array(jaw.GetOffsetsAttr().Get())
        ours = bust.parts[0].morphs[EXPRESSIONS.index("jawOpen")]
        assert np.abs(offsets - ours).max() < TENTH_MM
        for material in bust.materials:
            made = UsdShade.Material.Get(stage, f"/Head/Materials/{material.name}")
            assert made.ComputeSurfaceSource()[0].GetIdAttr().Get() == "UsdPreviewSurface"
        _assert_valid(stage)
    assert {path.name for path in tmp_path.iterdir()} == {
        "maya.usdz", "maya.usdc", "maya_textures",
    }  # fmt: skip


def _assert_valid(stage: Any) -> None:
    """What usdchecker checks, in releases that have it as a module."""
    validation = pytest.importorskip("pxr.UsdValidation")
    validators = validation.ValidationRegistry().GetOrLoadAllValidators()
    errors = validation.ValidationContext(validators).Validate(stage)
    assert not [error.GetErrorAsString() for error in errors]


@pytest.mark.parametrize("kind", ["gaussians", "points"])
def test_clouds_lie_on_the_head_and_keep_its_colours(
    kind: str, models: Models, scenes: SceneBuilder, tmp_path: Path
) -> None:
    path, head = tmp_path / "maya.ply", chosen_head()
    finished(export_head(models, scenes, head, path, MeshOptions(points=kind, count=6000)))

    columns = read_ply(path)
    points = np.stack([columns[axis] for axis in "xyz"], 1)
    tree = cKDTree(scenes.build(head).placed.numpy())
    assert len(points) == 6000
    face = points[:4000][points[:4000, 1] > -0.03]  # where vertices are close together
    assert np.quantile(tree.query(face)[0], 0.99) < 0.006
    if kind == "points":
        assert len(trimesh.load(path).vertices) == 6000
        skin = np.stack([columns[c] for c in ("red", "green", "blue")], 1)[:4000] / 255
    else:
        skin = 0.5 + 0.28209479 * np.stack([columns[f"f_dc_{i}"] for i in range(3)], 1)[:4000]
        w, x, y, z = (columns[f"rot_{i}"] for i in range(4))
        third = np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], 1)
        normals = np.stack([columns[f"n{axis}"] for axis in "xyz"], 1)
        assert (third * normals)[:4000].sum(1) == pytest.approx(1, abs=1e-4)
    red, green, blue = np.median(skin, axis=0)
    assert red > green > blue > 0.1


@pytest.mark.parametrize("ending", [".glb", ".obj", ".usdz", ".usdc", ".ply"])
def test_cancel_leaves_nothing(
    ending: str, models: Models, scenes: SceneBuilder, bust: Bust, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if ending.startswith(".usd"):
        pytest.importorskip("pxr")
    monkeypatch.setattr(formats, "_bust", lambda *_: ready(bust))
    options = MeshOptions(count=70_000)
    task = export_head(models, scenes, chosen_head(), tmp_path / f"head{ending}", options)
    steps = sum(1 for _ in task)
    for path in tmp_path.iterdir():
        _remove(path)

    for stop in (1, steps // 2, steps - 2):
        task = export_head(models, scenes, chosen_head(), tmp_path / f"head{ending}", options)
        for _ in range(stop):
            next(task)
        task.close()
        assert list(tmp_path.iterdir()) == []


def _remove(path: Path) -> None:
    if path.is_dir():
        for entry in path.iterdir():
            entry.unlink()
        path.rmdir()
    else:
        path.unlink()


@pytest.fixture
def little_room() -> Iterator[None]:
    """No file may grow beyond half a megabyte, as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("ending", [".glb", ".obj", ".usdz", ".usdc", ".ply"])
def test_a_full_disk_is_said_in_words_and_leaves_nothing(
    ending: str, models: Models, scenes: SceneBuilder, bust: Bust, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if ending.startswith(".usd"):
        pytest.importorskip("pxr")
    monkeypatch.setattr(formats, "_bust", lambda *_: ready(bust))
    path, options = tmp_path / f"head{ending}", MeshOptions(count=70_000)

    with pytest.raises(ExportError, match="cannot be written: File too large") as caught:
        finished(export_head(models, scenes, chosen_head(), path, options))
    assert "make room" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.fbx", MeshOptions(), "what kind of file"),
        ("a.glb", MeshOptions(texture=1000), "1000 pixels"),
        ("a.glb", MeshOptions(cards=5), "hair cards"),
        ("a.ply", MeshOptions(count=1), "points"),
        ("nowhere/a.glb", MeshOptions(), "does not exist"),
    ],
)
def test_nonsense_is_refused_in_words(
    name: str, options: MeshOptions, words: str, models: Models, scenes: SceneBuilder,
    tmp_path: Path,
) -> None:  # fmt: skip
    task = export_head(models, scenes, chosen_head(), tmp_path / name, options)

    with pytest.raises(ExportError, match=words):
        finished(task)
