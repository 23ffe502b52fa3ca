"""The posed mesh on the graphics card: onto six planes, from a camera, and from the key lamp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.model.planes import HEAD_BOX, PLANES, RIGHT_AXES, UP_AXES, VIEW_AXES, PlaneBox
from head360.model.topology import EYE, MOUTH, SKIN, TEETH, Topology
from head360.rendering.lighting import SHADOW_SIZE, shadow_from_head
from head360.rendering.march import NO_HIT
from head360.rendering.offscreen import (
    FullScreen,
    bind,
    draw_unlocked,
    set_uniforms,
    shader,
    texture,
)
from head360.rendering.reference import HEIGHT_RANGE
from head360.rendering.shade import SHADOW_BIAS, SHADOW_DEPTH

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

#: Cosine below which a triangle of the mean head is taken to turn away on every head.
_TURNED_AWAY = -0.45
#: Numbers of a vertex: position and normal.
_FLOATS = 6
#: And where it is placed: position and share of the neck's turn.
_PLACED_FLOATS = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture of samples; the origin is its lower left corner."""

    picture: tuple[int, int]  # width and height of the whole, samples
    origin: tuple[int, int]
    size: tuple[int, int]


class GpuHead:
    """One mesh, posed again and again."""

    def __init__(self, ctx: moderngl.Context, topology: Topology, mean: Floats) -> None:
        self._ctx = ctx
        self._programs: dict[str, moderngl.Program] = {}
        self._chosen = topology.render_vertex
        self._vertices = ctx.buffer(reserve=len(self._chosen) * _FLOATS * 4, dynamic=True)
        self._placed = ctx.buffer(reserve=len(self._chosen) * _PLACED_FLOATS * 4, dynamic=True)
        uv = ctx.buffer(topology.render_uv.astype(np.float32).tobytes())
        self._content = [(self._vertices, "3f 3f", "a_position", "a_normal"), (uv, "2f", "a_uv")]
        self._placed_content = [(self._placed, "3f 1f", "a_position", "a_share")]
        drawn = topology.render_triangles[topology.drawn]
        self._painted = [
            self._array(
                "planes.frag",
                topology.render_triangles[_on_plane(topology, mean, k)],
                self._content,
            )
            for k in range(PLANES)
        ]
        self._distance = self._array("distance.frag", drawn, self._placed_content)
        self._depth_only = self._array("depth_only.frag", drawn, self._placed_content)
        self._lines = self._array("lines.frag", drawn, self._placed_content)
        self._clear = FullScreen(ctx, shader("planes_clear.frag"))
        self._maps: dict[str, moderngl.Texture] = {}
        self._planes: dict[int, tuple[moderngl.Framebuffer, dict[str, moderngl.Texture]]] = {}
        self.shadow = ctx.depth_texture((SHADOW_SIZE, SHADOW_SIZE))
        self.shadow.compare_func = "<="
        self.shadow.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.shadow.repeat_x = self.shadow.repeat_y = False
        self._shadow_frame = ctx.framebuffer(depth_attachment=self.shadow)

    def pose(self, vertices: Floats, normals: Floats) -> None:
        """Change the straight head that planes show: (V, 3) metres and unit vectors."""
        corners = np.hstack([vertices[self._chosen], normals[self._chosen]])
        self._vertices.write(np.ascontiguousarray(corners, np.float32).tobytes())

    def place(self, vertices: Floats, shares: Floats | None) -> None:
        """Where cameras see the mesh: (V, 3) metres; (V,) shares of the neck's turn."""
        known = np.zeros(len(vertices), np.float32) if shares is None else shares
        corners = np.hstack([vertices[self._chosen], known[self._chosen, None]])
        self._placed.write(np.ascontiguousarray(corners, np.float32).tobytes())

    def paint(self, maps: Floats) -> None:
        """Choose the (8, rows, columns) texture maps."""
        size = (maps.shape[2], maps.shape[1])
        contents = {
            "u_map_color": maps[:4],
            "u_map_surface": maps[4:7],
            "u_map_slope": _slopes(maps[7]),
        }
        for name, channels in contents.items():
            if name not in self._maps or self._maps[name].size != size:
                self._maps[name] = texture(self._ctx, size, len(channels), dtype="f2")
            pixels = channels.transpose(1, 2, 0).astype(np.float16)
            self._maps[name].write(np.ascontiguousarray(pixels).tobytes())

    def planes(self, size: int) -> dict[str, moderngl.Texture]:
        """Draw the head onto six planes of size² texels: three atlases, by uniform name."""
        if size not in self._planes:
            self._planes[size] = self._new_planes(size)
        frame, atlases = self._planes[size]
        frame.viewport = (0, 0, 3 * size, 2 * size)
        frame.use()  # or the clearing is confined to the scissor box of a bake that was given up
        frame.clear(depth=1.0)
        self._clear.draw(frame, {}, {})
        self._ctx.enable(moderngl.DEPTH_TEST)
        for k, array in enumerate(self._painted):
            frame.viewport = (k % 3 * size, k // 3 * size, size, size)
            bind(array.program, self._maps)
            set_uniforms(array.program, {"u_axis": VIEW_AXES[k], "u_centre": HEAD_BOX.centre})
            self._draw(array, plane_from_head(HEAD_BOX, k))
        return atlases

    def distance(self, frame: moderngl.Framebuffer, camera: OrbitCamera, tile: Tile) -> None:
        """Draw metres along each sample's ray to the mesh, `NO_HIT` beside it."""
        width, height = tile.picture
        frame.viewport = (0, 0, *tile.size)
        frame.use()
        frame.clear(NO_HIT, NO_HIT, NO_HIT, NO_HIT, depth=1.0)
        frame.viewport = (-tile.origin[0], -tile.origin[1], width, height)
        self._ctx.enable(moderngl.DEPTH_TEST)
        set_uniforms(self._distance.program, {"u_eye": tuple(camera.eye.tolist())})
        self._draw(self._distance, camera.clip_from_view(width / height) @ camera.view_from_head)
        frame.viewport = (0, 0, *tile.size)

    def lines(
        self, frame: moderngl.Framebuffer, camera: OrbitCamera, tile: Tile, nearer: float
    ) -> None:
        """Draw the mesh's edges over a picture whose depth `distance` has left."""
        width, height = tile.picture
        frame.viewport = (-tile.origin[0], -tile.origin[1], width, height)
        frame.use()
        self._ctx.enable(moderngl.DEPTH_TEST)
        clip = camera.clip_from_view(width / height) @ camera.view_from_head
        clip[2] -= nearer * clip[3]
        self._ctx.wireframe = True
        self._draw(self._lines, clip)
        self._ctx.wireframe = False

    def cast_shadow(self, direction: Floats) -> None:
        """Draw the shadow map for a key lamp in a unit direction."""
        self._shadow_frame.use()
        self._shadow_frame.clear(depth=1.0)
        self._ctx.enable(moderngl.DEPTH_TEST)
        scale = np.diag([1.0, 1.0, 1 / SHADOW_DEPTH, 1.0])
        self._draw(self._depth_only, scale @ shadow_from_head(direction))

    def _draw(self, array: moderngl.VertexArray, clip_from_head: Matrix) -> None:
        set_uniforms(array.program, {"u_clip_from_head": clip_from_head})
        self._ctx.disable(moderngl.CULL_FACE | moderngl.BLEND)
        draw_unlocked(array)

    def _array(
        self, fragment: str, triangles: npt.NDArray[np.int32], content: list[Any]
    ) -> moderngl.VertexArray:
        if fragment not in self._programs:
            self._programs[fragment] = self._ctx.program(
                vertex_shader=shader("mesh.vert"), fragment_shader=shader(fragment)
            )
        indices = self._ctx.buffer(triangles.astype(np.uint32).tobytes())
        program = self._programs[fragment]
        return self._ctx.vertex_array(program, content, indices, skip_errors=True)

    def _new_planes(self, size: int) -> tuple[moderngl.Framebuffer, dict[str, moderngl.Texture]]:
        kinds = {"u_head_color": "f2", "u_head_shape": "f4", "u_head_surface": "f2"}
        shape = (3 * size, 2 * size)
        atlases = {name: texture(self._ctx, shape, 4, dtype=kind) for name, kind in kinds.items()}
        depth = self._ctx.depth_renderbuffer(shape)
        return self._ctx.framebuffer(list(atlases.values()), depth), atlases


def _on_plane(topology: Topology, mean: Floats, plane: int) -> npt.NDArray[np.bool_]:
    """(F,) triangles that the plane may see on some head: those that do not clearly turn away.

    Mouth, teeth and eyes are hidden from most sides; drawing them there would only cost time.
    """
    a, b, c = mean[topology.triangles].swapaxes(0, 1)
    normals = np.cross(b - a, c - a)
    facing = normals @ np.array(VIEW_AXES[plane]) / (np.linalg.norm(normals, axis=1) + 1e-12)
    shown = {0: (SKIN, EYE, MOUTH, TEETH), 2: (SKIN, EYE), 3: (SKIN, EYE)}.get(plane, (SKIN,))
    seen: npt.NDArray[np.bool_] = (facing > _TURNED_AWAY) & np.isin(
        topology.triangle_material, shown
    )
    return seen


def _slopes(height: Floats) -> Floats:
    """(2, rows, columns) central differences of a height map, metres over the whole of u and v."""
    rows, columns = height.shape
    padded = np.pad(height, 1, mode="edge") * np.float32(HEIGHT_RANGE)
    along_u = (padded[1:-1, 2:] - padded[1:-1, :-2]) * (columns / 2)
    along_v = (padded[2:, 1:-1] - padded[:-2, 1:-1]) * (rows / 2)
    return np.stack([along_u, along_v])


def plane_from_head(box: PlaneBox, plane: int) -> Matrix:
    """(4, 4) orthographic view of a box from one of its six sides; OpenGL depth grows inwards."""
    width, height = box.half_size(plane)
    axes = np.array([RIGHT_AXES[plane], UP_AXES[plane], VIEW_AXES[plane]], np.float64)
    scale = np.array([1 / width, 1 / height, -1 / box.half_depth(plane)])
    matrix = np.eye(4)
    matrix[:3, :3] = scale[:, None] * axes
    matrix[:3, 3] = -matrix[:3, :3] @ np.array(box.centre)
    return matrix


def shadow_texture_from_head(direction: Floats) -> Matrix:
    """(4, 4) from head space to coordinates 0 … 1 in the shadow map, its bias taken off."""
    scale = np.diag([0.5, 0.5, 0.5 / SHADOW_DEPTH, 1.0])
    scale[:3, 3] = 0.5
    scale[2, 3] -= 0.5 * SHADOW_BIAS / SHADOW_DEPTH
    matrix: Matrix = scale @ shadow_from_head(direction)
    return matrix
