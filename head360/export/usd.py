"""Writes a bust as USD: a UsdSkel head with blend shapes, UsdPreviewSurface materials, animation.

Needs the extra `usd`. Gaze lies in the blend shapes, as a reader drives all of them with the same
weights; the joints of the eyes are there and rest. `.usdc` and `.usda` keep their pictures in a
folder beside them, `.usdz` holds everything.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pictures

from head360.errors import ExportError
from head360.export.bust import EYE_LEFT, JOINTS, Bust, Floats, Image, Material, Part, Pose
from head360.export.writers import refuse_foreign
from head360.files import replacing, replacing_folder
from head360.params import EXPRESSIONS

_FPS = 60.0
#: Vertices that move less are left out of a blend shape, metres.
_STILL = 2e-5
_ROOT = "/Head"


def write_usd(bust: Bust, path: Path) -> Generator[None, None, None]:
    """Write .usdz, .usdc or .usda; yields between meshes.

    Raises:
        ExportError: the extra is not installed.
        OSError: a file cannot be written.
    """
    check_usd()
    write = _write_package if path.suffix.lower() == ".usdz" else _write_layer
    with _plain_errors():
        yield from write(bust, path)


def check_usd() -> None:
    """Say so where USD cannot be written.

    Raises:
        ExportError: the extra is not installed.
    """
    try:
        import pxr  # type: ignore[import-untyped]  # noqa: F401
    except ImportError as error:
        raise ExportError(
            "USD files need the package usd-core.",
            "Install it with “pip install head360-studio[usd]”, or choose another format.",
        ) from error


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Say what the system said: USD repeats it once for every piece that it could not write."""
    from pxr import Tf

    try:
        yield
    except Tf.ErrorException as error:
        text = str(error)
        known = (errno.ENOSPC, errno.EFBIG, errno.EACCES, errno.EDQUOT)
        number = next((n for n in known if os.strerror(n) in text), errno.EIO)
        raise OSError(number, os.strerror(number)) from error


def _write_package(bust: Bust, path: Path) -> Generator[None, None, None]:
    from pxr import Sdf

    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as name:
        folder = Path(name)
        yield from _fill(bust, folder / "head.usdc", folder, "")
        pictures = sorted(file.name for file in folder.iterdir() if file.suffix != ".usdc")
        package = Sdf.ZipFileWriter.CreateNew(str(folder / "head.usdz"))
        for file in ("head.usdc", *pictures):  # a reader opens the first one
            package.AddFile(str(folder / file), file)
            yield
        if not package.Save():
            raise ExportError(f"“{path.name}” cannot be packed.", "Make room on the disk.")
        with replacing(path) as partial:
            shutil.move(folder / "head.usdz", partial)


def _write_layer(bust: Bust, path: Path) -> Generator[None, None, None]:
    beside = path.with_name(f"{path.stem}_textures")
    refuse_foreign(beside, ("*.png", "*.jpg"))
    with replacing_folder(beside) as folder:
        # USD chooses the format by the ending, which a partial name lacks.
        layer = folder / f"layer{path.suffix.lower()}"
        yield from _fill(bust, layer, folder, f"{beside.name}/")
        with replacing(path) as partial:
            shutil.move(layer, partial)


def _fill(bust: Bust, layer: Path, folder: Path, prefix: str) -> Generator[None, None, None]:
    """Write the layer and its pictures, which it finds under `prefix`."""
    from pxr import Usd, UsdGeom, UsdSkel

    stage = Usd.Stage.CreateNew(str(layer))
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    stage.SetTimeCodesPerSecond(_FPS)
    root = UsdSkel.Root.Define(stage, _ROOT)
    stage.SetDefaultPrim(root.GetPrim())
    names: dict[int, str] = {}
    for material in bust.materials:
        yield from _add_pictures(material, folder, names)
        _add_material(stage, material, {key: prefix + name for key, name in names.items()})
    _add_skeleton(stage, bust)
    for part in bust.parts:
        _add_mesh(stage, part)
        yield
    _add_extent(stage, bust)
    stage.GetRootLayer().Save()


# --- meshes --------------------------------------------------------------------------------------


def _add_mesh(stage: Any, part: Part) -> None:
    from pxr import Sdf, UsdGeom, UsdShade, UsdSkel, Vt

    mesh = UsdGeom.Mesh.Define(stage, f"{_ROOT}/{part.name}")
    mesh.CreatePointsAttr(_vectors(part.points))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(part.triangles), 3, "i4")))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(part.triangles.ravel().astype("i4")))
    mesh.CreateNormalsAttr(_vectors(part.normals))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateExtentAttr(_vectors(np.stack([part.points.min(0), part.points.max(0)])))
    mesh.CreateDoubleSidedAttr(part.morphs is None)
    primvars = UsdGeom.PrimvarsAPI(mesh)
    uv = primvars.CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
    uv.Set(Vt.Vec2fArray.FromNumpy(np.ascontiguousarray(part.uv, np.float32)))
    binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    used = 2  # no vertex has more
    joints = np.ascontiguousarray(part.joints[:, :used], np.int32)
    weights = np.ascontiguousarray(part.weights[:, :used], np.float32)
    binding.CreateJointIndicesPrimvar(False, used).Set(Vt.IntArray.FromNumpy(joints.ravel()))
    binding.CreateJointWeightsPrimvar(False, used).Set(Vt.FloatArray.FromNumpy(weights.ravel()))
    binding.CreateSkeletonRel().SetTargets([f"{_ROOT}/Skeleton"])
    if part.morphs is not None and part.morph_normals is not None:
        _add_shapes(stage, part, binding)
    material = UsdShade.Material.Get(stage, f"{_ROOT}/Materials/{part.material}")
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)


def _add_shapes(stage: Any, part: Part, binding: Any) -> None:
    from pxr import UsdSkel, Vt

    paths, names = [], []
    if part.morphs is None or part.morph_normals is None:
        return
    for name, moves, bends in zip(EXPRESSIONS, part.morphs, part.morph_normals, strict=True):
        moving = np.flatnonzero(np.linalg.norm(moves, axis=1) > _STILL)
        if not len(moving):
            continue
        shape = UsdSkel.BlendShape.Define(stage, f"{_ROOT}/{part.name}/{name}")
        shape.CreateOffsetsAttr(_vectors(moves[moving]))
        shape.CreateNormalOffsetsAttr(_vectors(bends[moving]))
        shape.CreatePointIndicesAttr(Vt.IntArray.FromNumpy(moving.astype(np.int32)))
        paths.append(shape.GetPath())
        names.append(name)
    binding.CreateBlendShapesAttr(names)
    binding.CreateBlendShapeTargetsRel().SetTargets(paths)


def _add_skeleton(stage: Any, bust: Bust) -> None:
    from pxr import Gf, UsdSkel, Vt

    paths: list[str] = []
    for name, parent in JOINTS:
        paths.append(name if parent is None else f"{paths[parent]}/{name}")
    places = bust.joint_places.astype(float)
    offsets = [
        place - (0 if parent is None else places[parent])
        for place, (_, parent) in zip(places, JOINTS, strict=True)
    ]
    skeleton = UsdSkel.Skeleton.Define(stage, f"{_ROOT}/Skeleton")
    skeleton.CreateJointsAttr(paths)
    for create, rows in (
        (skeleton.CreateBindTransformsAttr, places),
        (skeleton.CreateRestTransformsAttr, offsets),
    ):
        moved = [Gf.Matrix4d(1).SetTranslate(Gf.Vec3d(*map(float, row))) for row in rows]
        create(Vt.Matrix4dArray(moved))
    animation = UsdSkel.Animation.Define(stage, f"{_ROOT}/Skeleton/Animation")
    animation.CreateJointsAttr(paths)
    animation.CreateTranslationsAttr(_vectors(np.array(offsets, np.float32)))
    animation.CreateScalesAttr(Vt.Vec3hArray([Gf.Vec3h(1, 1, 1)] * len(paths)))
    animation.CreateBlendShapesAttr(list(EXPRESSIONS))
    rotations, weights = animation.CreateRotationsAttr(), animation.CreateBlendShapeWeightsAttr()
    _set_pose(rotations, weights, bust.pose)
    for clip in bust.clips[:1]:
        for time, pose in zip(clip.times, clip.poses, strict=True):
            _set_pose(rotations, weights, pose, float(time) * _FPS)
        stage.SetStartTimeCode(0)
        stage.SetEndTimeCode(float(clip.times[-1]) * _FPS)
    binding = UsdSkel.BindingAPI.Apply(skeleton.GetPrim())
    binding.CreateAnimationSourceRel().SetTargets([animation.GetPath()])


def _set_pose(rotations: Any, weights: Any, pose: Pose, *time: float) -> None:
    from pxr import Gf, Vt

    turns = [
        Gf.Quatf(1) if joint >= EYE_LEFT else Gf.Quatf(float(w), float(x), float(y), float(z))
        for joint, (x, y, z, w) in enumerate(pose.rotations)
    ]
    rotations.Set(Vt.QuatfArray(turns), *time)
    weights.Set(Vt.FloatArray.FromNumpy(np.array(pose.expression, np.float32)), *time)


def _add_extent(stage: Any, bust: Bust) -> None:
    """The box of everything, with room to move."""
    from pxr import UsdGeom

    points = np.concatenate([part.points for part in bust.parts])
    box = np.stack([points.min(0) - 0.05, points.max(0) + 0.05])
    UsdGeom.Boundable(stage.GetPrimAtPath(_ROOT)).CreateExtentAttr(_vectors(box))


def _vectors(values: Floats) -> Any:
    from pxr import Vt

    return Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(values, np.float32))


# --- materials -----------------------------------------------------------------------------------


def _add_pictures(material: Material, folder: Path, names: dict[int, str]) -> Iterator[None]:
    for kind, picture in _pictures(material):
        if id(picture) not in names:
            ending = "png" if picture.shape[2] == 4 else "jpg"
            name = f"{material.name.lower()}_{kind}.{ending}"
            Pictures.fromarray(picture).save(folder / name, quality=93, subsampling=0)
            names[id(picture)] = name
            yield


def _pictures(material: Material) -> Iterator[tuple[str, Image]]:
    yield "color", material.color
    if material.normal is not None:
        yield "normal", material.normal
    if material.surface is not None:
        yield "surface", material.surface


def _add_material(stage: Any, material: Material, names: dict[int, str]) -> None:
    from pxr import Sdf, UsdShade

    types = Sdf.ValueTypeNames
    path = f"{_ROOT}/Materials/{material.name}"
    made = UsdShade.Material.Define(stage, path)
    surface = UsdShade.Shader.Define(stage, f"{path}/Surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    made.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
    reader = UsdShade.Shader.Define(stage, f"{path}/Place")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", types.String).Set("st")
    reader.CreateOutput("result", types.Float2)
    surface.CreateInput("roughness", types.Float).Set(material.roughness)
    surface.CreateInput("metallic", types.Float).Set(0.0)
    surface.CreateInput("clearcoat", types.Float).Set(material.coat)
    surface.CreateInput("clearcoatRoughness", types.Float).Set(0.05)
    samplers = {
        kind: _sampler(
            stage, f"{path}/{kind.capitalize()}Picture", reader, names[id(picture)], kind
        )
        for kind, picture in _pictures(material)
    }
    wires = [("diffuseColor", types.Color3f, "color", "rgb")]
    if material.alpha_cutoff is not None:
        surface.CreateInput("opacityThreshold", types.Float).Set(material.alpha_cutoff)
        wires.append(("opacity", types.Float, "color", "a"))
    if "normal" in samplers:
        wires.append(("normal", types.Normal3f, "normal", "rgb"))
    if "surface" in samplers:
        wires += [("roughness", types.Float, "surface", "g")]
        wires += [("occlusion", types.Float, "surface", "r")]
    for name, type_, kind, channel in wires:
        single = type_ == types.Float
        output = samplers[kind].CreateOutput(channel, type_ if single else types.Float3)
        surface.CreateInput(name, type_).ConnectToSource(output)


def _sampler(stage: Any, path: str, reader: Any, file: str, kind: str) -> Any:
    from pxr import Gf, Sdf, UsdShade

    types = Sdf.ValueTypeNames
    sampler = UsdShade.Shader.Define(stage, path)
    sampler.CreateIdAttr("UsdUVTexture")
    sampler.CreateInput("file", types.Asset).Set(file)
    sampler.CreateInput("st", types.Float2).ConnectToSource(reader.ConnectableAPI(), "result")
    sampler.CreateInput("wrapS", types.Token).Set("repeat")
    sampler.CreateInput("wrapT", types.Token).Set("clamp")
    space = "sRGB" if kind == "color" else "raw"
    sampler.CreateInput("sourceColorSpace", types.Token).Set(space)
    if kind == "normal":
        sampler.CreateInput("scale", types.Float4).Set(Gf.Vec4f(2, 2, 2, 1))
        sampler.CreateInput("bias", types.Float4).Set(Gf.Vec4f(-1, -1, -1, 0))
    return sampler
