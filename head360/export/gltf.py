"""Writes a bust as binary glTF 2.0: meshes with 52 morph targets, a skin, materials, animations.

Morph targets hold only the vertices that move (sparse accessors). The compact form also stores them
as 16-bit and their normals as 8-bit integers (KHR_mesh_quantization, 0.015 mm at most); the plain
form has 32-bit floats throughout for readers without that extension.
"""

from __future__ import annotations

import io
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pygltflib as gltf  # type: ignore[import-untyped]
from PIL import Image as Pictures

from head360 import __version__
from head360.export.bust import (
    JOINTS,
    SHOULDERS,
    Bust,
    Clip,
    Floats,
    Image,
    Material,
    Part,
    morph_weights,
)
from head360.export.tangents import tangents_of
from head360.files import replacing
from head360.params import EXPRESSIONS

#: Steps of a normalised 16-bit and 8-bit integer.
_SHORT, _BYTE = 32767, 127
#: Vertices that move less than this at full weight do not move, metres; normals, of one.
_STILL, _STILL_NORMAL = 2e-5, 0.01
_JPEG_QUALITY = 93
_KINDS = {
    np.dtype(np.float32): gltf.FLOAT,
    np.dtype(np.int16): gltf.SHORT,
    np.dtype(np.int8): gltf.BYTE,
    np.dtype(np.uint8): gltf.UNSIGNED_BYTE,
    np.dtype(np.uint16): gltf.UNSIGNED_SHORT,
    np.dtype(np.uint32): gltf.UNSIGNED_INT,
}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


def write_glb(bust: Bust, path: Path, *, compact: bool = True) -> Generator[None, None, None]:
    """Write a .glb; yields between meshes and pictures.

    Raises:
        OSError: the file cannot be written.
    """
    writer = _Writer(bust, compact=compact)
    yield from writer.build()
    with replacing(path) as partial, partial.open("wb") as file:
        for piece in writer.pieces():
            file.write(piece)
            yield


class _Writer:
    """Collects bytes, and the JSON that describes them."""

    def __init__(self, bust: Bust, *, compact: bool) -> None:
        self._bust, self._compact = bust, compact
        self._chunks: list[bytes] = []
        self._size = 0
        self._extensions: set[str] = set()
        self._pictures: dict[int, int] = {}  # texture of each array, so that none is stored twice
        asset = gltf.Asset(version="2.0", generator=f"Head360 Studio {__version__}")
        self._file = gltf.GLTF2(asset=asset, scene=0)

    def build(self) -> Generator[None, None, None]:
        for material in self._bust.materials:
            self._file.materials.append(self._material(material))
            yield
        joints = self._add_joints()
        nodes = []
        for part in self._bust.parts:
            nodes.append(self._add_part(part))
            yield
        self._file.scenes.append(
            gltf.Scene(name=self._bust.name, nodes=[*nodes, joints[SHOULDERS]])
        )
        for clip in self._bust.clips:
            self._add_clip(clip, nodes, joints)
            yield
        self._file.extensionsUsed = sorted(self._extensions)
        quantised = "KHR_mesh_quantization"
        self._file.extensionsRequired = [quantised] if quantised in self._extensions else []

    def pieces(self) -> list[bytes]:
        """The file, piece by piece."""
        self._file.buffers = [gltf.Buffer(byteLength=self._size)]
        self._file.set_binary_blob(b"".join(self._chunks))
        described = _without_defaults(json.loads(self._file.gltf_to_json()))
        text = json.dumps(described, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + self._size
        head = b"glTF" + np.array([2, total, len(text)], "<u4").tobytes() + b"JSON"
        middle = np.array([self._size], "<u4").tobytes() + b"BIN\0"
        return [head, text, middle, *self._chunks]

    # --- meshes ----------------------------------------------------------------------------------

    def _add_part(self, part: Part) -> int:
        bent = self._bust.material(part.material).normal is not None
        attributes = gltf.Attributes(
            POSITION=self._vertices(part.points, bounds=True),
            NORMAL=self._unit_vectors(part.normals),
            TANGENT=self._unit_vectors(_tangents(part)) if bent else None,
            TEXCOORD_0=self._shares(_downwards(part.uv), np.uint16),
            JOINTS_0=self._vertices(part.joints),
            WEIGHTS_0=self._shares(part.weights, np.uint8),
        )
        names = [material.name for material in self._bust.materials]
        kind = np.uint16 if len(part.points) < 2**16 - 1 else np.uint32
        primitive = gltf.Primitive(
            attributes=attributes,
            indices=self._array(
                part.triangles.astype(kind).reshape(-1, 1), gltf.ELEMENT_ARRAY_BUFFER
            ),
            material=names.index(part.material),
        )
        mesh = gltf.Mesh(name=part.name, primitives=[primitive])
        if part.morphs is not None and part.morph_normals is not None:
            primitive.targets = [
                self._target(move, bend)
                for move, bend in zip(part.morphs, part.morph_normals, strict=True)
            ]
            mesh.weights = [round(float(w), 6) for w in morph_weights(part, self._bust.pose)]
            mesh.extras = {"targetNames": list(EXPRESSIONS)}
        self._file.meshes.append(mesh)
        self._file.nodes.append(gltf.Node(name=part.name, mesh=len(self._file.meshes) - 1, skin=0))
        return len(self._file.nodes) - 1

    def _target(self, move: Floats, bend: Floats) -> dict[str, int]:
        moving = np.linalg.norm(move, axis=1) > _STILL
        bending = np.linalg.norm(bend, axis=1) > _STILL_NORMAL
        return {
            "POSITION": self._sparse(move, moving, np.int16, _SHORT),
            "NORMAL": self._sparse(bend, bending, np.int8, _BYTE),
        }

    def _sparse(
        self, values: Floats, chosen: npt.NDArray[np.bool_], kind: type[Any], most: int
    ) -> int:
        """An accessor that is zero but for the chosen rows."""
        count = len(values)
        kept = values[chosen].astype(np.float32)
        if self._compact:
            kept = np.rint(kept * most).clip(-most, most).astype(kind)
            self._extensions.add("KHR_mesh_quantization")
        accessor = gltf.Accessor(
            componentType=_KINDS[kept.dtype], count=count, type="VEC3", normalized=self._compact
        )
        if len(kept):
            indices = np.flatnonzero(chosen).astype(np.uint16 if count < 2**16 else np.uint32)
            accessor.sparse = gltf.Sparse(
                count=len(kept),
                indices=gltf.AccessorSparseIndices(
                    bufferView=self._view(indices), componentType=_KINDS[indices.dtype]
                ),
                values=gltf.AccessorSparseValues(bufferView=self._view(kept)),
            )
        zero = [] if len(kept) == count else [np.zeros((1, 3), kept.dtype)]
        _bound(accessor, np.concatenate([kept, *zero]))
        return self._add(accessor)

    def _vertices(self, values: npt.NDArray[Any], *, bounds: bool = False) -> int:
        return self._array(values, gltf.ARRAY_BUFFER, bounds=bounds)

    def _unit_vectors(self, values: Floats) -> int:
        """An accessor of values -1 … 1."""
        if not self._compact:
            return self._vertices(values.astype(np.float32))
        self._extensions.add("KHR_mesh_quantization")
        return self._array(
            np.rint(values * _SHORT).astype(np.int16), gltf.ARRAY_BUFFER, normalized=True
        )

    def _shares(self, values: Floats, kind: type[Any]) -> int:
        """An accessor of values 0 … 1; of rows that sum to one, the sum stays exact."""
        if not self._compact:
            return self._vertices(values.astype(np.float32))
        most = int(np.iinfo(kind).max)
        whole = np.rint(values.astype(np.float64) * most)
        if values.shape[1] == 4:
            whole[:, 0] += most - whole.sum(1)
        return self._array(whole.astype(kind), gltf.ARRAY_BUFFER, normalized=True)

    def _array(
        self,
        values: npt.NDArray[Any],
        target: int | None = None,
        *,
        bounds: bool = False,
        normalized: bool = False,
    ) -> int:
        """An accessor of (N, C) values; `normalized` integers stand for 0 … 1 or -1 … 1."""
        accessor = gltf.Accessor(
            bufferView=self._view(values, target),
            componentType=_KINDS[values.dtype],
            count=len(values),
            type=_TYPES[values.shape[1]],
            normalized=normalized,
        )
        if bounds:
            _bound(accessor, values)
        return self._add(accessor)

    def _add(self, accessor: gltf.Accessor) -> int:
        self._file.accessors.append(accessor)
        return len(self._file.accessors) - 1

    def _view(self, values: npt.NDArray[Any] | bytes, target: int | None = None) -> int:
        stride = None
        if isinstance(values, bytes):
            content = values
        else:
            if target == gltf.ARRAY_BUFFER:
                values = _aligned(values)
                stride = values.shape[1] * values.itemsize
            content = np.ascontiguousarray(values).tobytes()
        view = gltf.BufferView(
            buffer=0,
            byteOffset=self._size,
            byteLength=len(content),
            byteStride=stride,
            target=target,
        )
        padding = -len(content) % 4
        self._chunks.append(content + b"\0" * padding)
        self._size += len(content) + padding
        self._file.bufferViews.append(view)
        return len(self._file.bufferViews) - 1

    # --- joints and animations -------------------------------------------------------------------

    def _add_joints(self) -> list[int]:
        places, rotations = self._bust.joint_places, self._bust.pose.rotations
        first = len(self._file.nodes)
        for joint, (name, parent) in enumerate(JOINTS):
            offset = places[joint] - (0 if parent is None else places[parent])
            children = [first + c for c, (_, above) in enumerate(JOINTS) if above == joint]
            node = gltf.Node(name=name, translation=offset.tolist(), children=children)
            if abs(rotations[joint, 3]) < 1:
                node.rotation = rotations[joint].tolist()
            self._file.nodes.append(node)
        inverse = np.tile(np.eye(4, dtype=np.float32), (len(JOINTS), 1, 1))
        inverse[:, 3, :3] = -places  # column by column
        joints = [first + joint for joint in range(len(JOINTS))]
        self._file.skins.append(
            gltf.Skin(
                name="Head",
                joints=joints,
                skeleton=joints[SHOULDERS],
                inverseBindMatrices=self._array(inverse.reshape(-1, 16)),
            )
        )
        return joints

    def _add_clip(self, clip: Clip, nodes: list[int], joints: list[int]) -> None:
        animation = gltf.Animation(name=clip.name)
        times = self._array(clip.times.astype(np.float32)[:, None], bounds=True)
        for node, part in zip(nodes, self._bust.parts, strict=True):
            if part.morphs is not None:
                weights = np.stack([morph_weights(part, pose) for pose in clip.poses])
                self._add_channel(animation, times, weights.reshape(-1, 1), node, "weights")
        for joint, node in enumerate(joints[1:], 1):
            turns = np.stack([pose.rotations[joint] for pose in clip.poses])
            self._add_channel(animation, times, _continuous(turns), node, "rotation")
        self._file.animations.append(animation)

    def _add_channel(
        self, animation: gltf.Animation, times: int, values: Floats, node: int, path: str
    ) -> None:
        sampler = gltf.AnimationSampler(
            input=times, output=self._array(values.astype(np.float32)), interpolation="LINEAR"
        )
        animation.samplers.append(sampler)
        target = gltf.AnimationChannelTarget(node=node, path=path)
        animation.channels.append(
            gltf.AnimationChannel(sampler=len(animation.samplers) - 1, target=target)
        )

    # --- materials -------------------------------------------------------------------------------

    def _material(self, material: Material) -> gltf.Material:
        shading = gltf.PbrMetallicRoughness(
            baseColorTexture=gltf.TextureInfo(index=self._texture(material.color)),
            metallicFactor=0.0,
            roughnessFactor=material.roughness,
        )
        found = gltf.Material(
            name=material.name,
            pbrMetallicRoughness=shading,
            doubleSided=material.double_sided,
            alphaMode="OPAQUE" if material.alpha_cutoff is None else "MASK",
            alphaCutoff=material.alpha_cutoff,
            extensions=self._layers(material),
        )
        if material.normal is not None:
            found.normalTexture = gltf.NormalMaterialTexture(index=self._texture(material.normal))
        if material.surface is not None:
            surface = self._texture(material.surface)
            shading.metallicRoughnessTexture = gltf.TextureInfo(index=surface)
            found.occlusionTexture = gltf.OcclusionTextureInfo(index=surface)
        return found

    def _layers(self, material: Material) -> dict[str, Any]:
        layers: dict[str, Any] = {}
        if material.specular != 1:
            layers["KHR_materials_specular"] = {"specularFactor": material.specular}
        if material.coat:
            layers["KHR_materials_clearcoat"] = {
                "clearcoatFactor": material.coat,
                "clearcoatRoughnessFactor": 0.05,
            }
        self._extensions.update(layers)
        return layers

    def _texture(self, picture: Image) -> int:
        if id(picture) not in self._pictures:
            if not self._file.samplers:
                self._file.samplers.append(
                    gltf.Sampler(
                        magFilter=gltf.LINEAR,
                        minFilter=gltf.LINEAR_MIPMAP_LINEAR,
                        wrapS=gltf.REPEAT,
                        wrapT=gltf.CLAMP_TO_EDGE,
                    )
                )
            content, kind = packed_picture(picture)
            view = self._view(content)
            self._file.images.append(gltf.Image(mimeType=kind, bufferView=view))
            self._file.textures.append(gltf.Texture(sampler=0, source=len(self._file.images) - 1))
            self._pictures[id(picture)] = len(self._file.textures) - 1
        return self._pictures[id(picture)]


def packed_picture(picture: Image) -> tuple[bytes, str]:
    """A picture as a JPEG, or as a PNG if it has alpha; and its media type."""
    memory = io.BytesIO()
    image = Pictures.fromarray(picture)
    if picture.shape[2] == 4:
        image.save(memory, "PNG")
        return memory.getvalue(), gltf.IMAGEPNG
    image.save(memory, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return memory.getvalue(), gltf.IMAGEJPEG


def _continuous(turns: Floats) -> Floats:
    """Quaternions (K, 4) of which no neighbours point to opposite sides."""
    flips = np.where((turns[1:] * turns[:-1]).sum(1) < 0, -1, 1)
    signs = np.concatenate([[1], np.cumprod(flips)])
    continuous: Floats = (turns * signs[:, None]).astype(np.float32)
    return continuous


def _aligned(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(N, C) with rows of a whole number of four bytes, as vertex attributes must have."""
    missing = -(values.shape[1] * values.itemsize) % 4 // values.itemsize
    return np.pad(values, ((0, 0), (0, missing))) if missing else values


def _tangents(part: Part) -> Floats:
    return tangents_of(part.points, part.normals, part.uv, part.triangles)


def _downwards(uv: Floats) -> Floats:
    """As glTF counts v."""
    return np.stack([uv[:, 0], 1 - uv[:, 1]], 1).astype(np.float32)


def _bound(accessor: gltf.Accessor, values: npt.NDArray[Any]) -> None:
    accessor.min, accessor.max = values.min(0).tolist(), values.max(0).tolist()


def _without_defaults(value: Any, key: str = "") -> Any:
    """Leave out what pygltflib writes although it is empty or what a reader assumes."""
    if isinstance(value, dict):
        cleaned = {name: _without_defaults(entry, name) for name, entry in value.items()}
        return {n: v for n, v in cleaned.items() if not _assumed(n, v)}
    if isinstance(value, list):
        return [_without_defaults(entry) for entry in value]
    return value


def _assumed(name: str, value: Any) -> bool:
    if value is None or (value in ([], {}) and name != "attributes"):
        return True
    return (name, value) in (("normalized", False), ("byteOffset", 0), ("texCoord", 0))
