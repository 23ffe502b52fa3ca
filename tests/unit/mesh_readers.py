"""Readers of exported files that share no code with the writers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pygltflib

KINDS = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32,
         5126: np.float32}  # fmt: skip
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Glb:
    """A GLB with its numbers decoded."""

    def __init__(self, path: Path) -> None:
        self.file = pygltflib.GLTF2().load_binary(str(path))
        self.blob = self.file.binary_blob()
        self.meshes = {mesh.name: mesh for mesh in self.file.meshes}

    def array(self, index: int) -> np.ndarray:
        """Values of an accessor, (N, C), as floats where they are normalised."""
        accessor = self.file.accessors[index]
        kind, width = KINDS[accessor.componentType], WIDTHS[accessor.type]
        values = np.zeros((accessor.count, width), kind)
        if accessor.bufferView is not None:
            values = self._view(accessor.bufferView, kind, width, accessor.count)
        if accessor.sparse is not None:
            sparse = accessor.sparse
            rows = self._view(
                sparse.indices.bufferView, KINDS[sparse.indices.componentType], 1, sparse.count
            )
            values[rows[:, 0]] = self._view(sparse.values.bufferView, kind, width, sparse.count)
        if accessor.normalized:
            return np.maximum(values / np.iinfo(kind).max, -1.0)
        return values

    def moved(self, mesh: str, weights: np.ndarray) -> np.ndarray:
        """Points (N, 3) of a mesh under morph weights."""
        primitive = self.meshes[mesh].primitives[0]
        points = self.array(primitive.attributes.POSITION).astype(np.float64)
        for weight, target in zip(weights, primitive.targets, strict=True):
            if weight:
                points = points + weight * self.array(target["POSITION"])
        return points

    def skinned(self, mesh: str, weights: np.ndarray) -> np.ndarray:
        """The same, with the joints as the nodes hold them."""
        attributes = self.meshes[mesh].primitives[0].attributes
        skin = self.file.skins[0]
        inverse = self.array(skin.inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
        world = self._world_matrices()
        matrices = np.stack([world[j] @ inverse[i] for i, j in enumerate(skin.joints)])
        shares, joints = self.array(attributes.WEIGHTS_0), self.array(attributes.JOINTS_0)
        blended = np.einsum("nk,nkij->nij", shares, matrices[joints])
        points = self.moved(mesh, weights)
        return np.einsum("nij,nj->ni", blended[:, :3, :3], points) + blended[:, :3, 3]

    def _world_matrices(self) -> dict[int, np.ndarray]:
        parents = {c: i for i, n in enumerate(self.file.nodes) for c in n.children or []}

        def world(index: int) -> np.ndarray:
            node, own = self.file.nodes[index], np.eye(4)
            x, y, z, w = node.rotation or (0, 0, 0, 1)
            u = np.array([x, y, z])
            skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
            own[:3, :3] = (w * w - u @ u) * np.eye(3) + 2 * np.outer(u, u) + 2 * w * skew
            own[:3, 3] = node.translation or (0, 0, 0)
            return world(parents[index]) @ own if index in parents else own

        return {index: world(index) for index in range(len(self.file.nodes))}

    def _view(self, index: int, kind: type, width: int, count: int) -> np.ndarray:
        view = self.file.bufferViews[index]
        size = width * np.dtype(kind).itemsize
        stride = view.byteStride or size
        start = view.byteOffset or 0
        raw = np.frombuffer(self.blob, np.uint8, view.byteLength, start)
        rows = np.stack([raw[i * stride : i * stride + size] for i in range(count)])
        return rows.copy().view(kind).reshape(count, width)


def read_ply(path: Path) -> dict[str, np.ndarray]:
    """Columns of a binary PLY of vertices."""
    raw = path.read_bytes()
    head, body = raw.split(b"end_header\n", 1)
    properties = [line.split() for line in head.decode().splitlines() if "property" in line]
    kind = np.dtype([(name, {"float": "<f4", "uchar": "u1"}[t]) for _, t, name in properties])
    rows = np.frombuffer(body, kind)
    return {name: rows[name] for name in kind.names or ()}
