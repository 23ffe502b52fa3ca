"""The posed mesh on the graphics card: onto six planes, from a camera, and from the key lamp."""

from __future__ import annotations

from dataclasses import dataclass

import moderngl
import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.model.planes import HEAD_BOX, PLANES, RIGHT_AXES, UP_AXES, VIEW_AXES, PlaneBox
from head360.model.topology import Topology
from head360.rendering.lighting import SHADOW_SIZE, shadow_from_head
from head360.rendering.march import NO_HIT
from head360.rendering.offscreen import FullScreen, bind, set_uniforms, shader, texture
from head360.rendering.shade import SHADOW_BIAS, SHADOW_DEPTH

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

#: Numbers of a vertex: position and normal.
_FLOATS = 6


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture of samples; the origin is its lower left corner."""

    picture: tuple[int, int]  # width and height of the whole, samples
    origin: tuple[int, int]
    size: tuple[int, int]


class GpuHead:
    """One mesh, posed again and again."""

    def __init__(self, ctx: moderngl.Context, topology: Topology) -> None:
        self._ctx = ctx
        self._chosen = topology.render_vertex
        self._vertices = ctx.buffer(reserve=len(self._chosen) * _FLOATS * 4, dynamic=True)
        uv = ctx.buffer(topology.render_uv.astype(np.float32).tobytes())
        self._content = [(self._vertices, "3f 3f", "a_position", "a_normal"), (uv, "2f", "a_uv")]
        drawn = topology.render_triangles[topology.drawn]
        self._indices = ctx.buffer(drawn.astype(np.uint32).tobytes())
        self._painted = self._array("planes.frag")
        self._distance = self._array("distance.frag")
        self._depth_only = self._array("depth_only.frag")
        self._lines = self._array("lines.frag")
        self._clear = FullScreen(ctx, shader("planes_clear.frag"))
        self._maps: dict[str, moderngl.Texture] = {}
        self._planes: dict[int, tuple[moderngl.Framebuffer, dict[str, moderngl.Texture]]] = {}
        self.shadow = ctx.depth_texture((SHADOW_SIZE, SHADOW_SIZE))
        self.shadow.compare_func = "<="
        self.shadow.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.shadow.repeat_x = self.shadow.repeat_y = False
        self._shadow_frame = ctx.framebuffer(depth_attachment=self.shadow)

    def pose(self, vertices: Floats, normals: Floats) -> None:
        """Move the mesh: (V, 3) metres and unit vectors."""
        corners = np.hstack([vertices[self._chosen], normals[self._chosen]])
        self._vertices.write(np.ascontiguousarray(corners, np.float32).tobytes())

    def paint(self, maps: Floats) -> None:
        """Choose the (8, rows, columns) texture maps."""
        size = (maps.shape[2], maps.shape[1])
        pixels = maps.transpose(1, 2, 0).astype(np.float16)
        for i, name in enumerate(("u_map_color", "u_map_surface")):
            if name not in self._maps or self._maps[name].size != size:
                self._maps[name] = texture(self._ctx, size, 4, dtype="f2")
            self._maps[name].write(np.ascontiguousarray(pixels[..., 4 * i : 4 * i + 4]).tobytes())

    def planes(self, size: int) -> dict[str, moderngl.Texture]:
        """Draw the head onto six planes of size² texels: three atlases, by uniform name."""
        if size not in self._planes:
            self._planes[size] = self._new_planes(size)
        frame, atlases = self._planes[size]
        frame.viewport = (0, 0, 3 * size, 2 * size)
        frame.clear(depth=1.0)
        self._clear.draw(frame, {}, {})
        bind(self._painted.program, self._maps)
        self._ctx.enable(moderngl.DEPTH_TEST)
        for k in range(PLANES):
            frame.viewport = (k % 3 * size, k // 3 * size, size, size)
            uniforms = {"u_axis": VIEW_AXES[k], "u_centre": HEAD_BOX.centre}
            set_uniforms(self._painted.program, uniforms)
            self._draw(self._painted, plane_from_head(HEAD_BOX, k))
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
        array.render(moderngl.TRIANGLES)

    def _array(self, fragment: str) -> moderngl.VertexArray:
        program = self._ctx.program(
            vertex_shader=shader("mesh.vert"), fragment_shader=shader(fragment)
        )
        return self._ctx.vertex_array(program, self._content, self._indices, skip_errors=True)

    def _new_planes(self, size: int) -> tuple[moderngl.Framebuffer, dict[str, moderngl.Texture]]:
        kinds = {"u_head_color": "f2", "u_head_shape": "f4", "u_head_surface": "f2"}
        shape = (3 * size, 2 * size)
        atlases = {name: texture(self._ctx, shape, 4, dtype=kind) for name, kind in kinds.items()}
        depth = self._ctx.depth_renderbuffer(shape)
        return self._ctx.framebuffer(list(atlases.values()), depth), atlases


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
