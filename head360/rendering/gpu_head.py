"""The posed mesh on the graphics card: onto six planes, from a camera, and from the key lamp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.model.planes import (
    EMPTY_DEPTH,
    HEAD_BOX,
    PLANES,
    RIGHT_AXES,
    UP_AXES,
    VIEW_AXES,
    PlaneBox,
)
from head360.model.topology import EYE, MOUTH, SKIN, TEETH, Topology
from head360.rendering.boxes import EVERYWHERE, Box, Motion, Rectangle, Stale, Tile, shown_part
from head360.rendering.lighting import SHADOW_SIZE, shadow_from_head
from head360.rendering.march import NO_HIT
from head360.rendering.offscreen import (
    Uniform,
    bind,
    draw_unlocked,
    set_uniforms,
    shader,
    texture,
)
from head360.rendering.painting import Changed, Layout, Painting
from head360.rendering.shade import SHADOW_BIAS, SHADOW_DEPTH

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

#: Cosine below which a triangle of the mean head is taken to turn away on every head; in drafts,
#: below which skin is. Mouths turn with the jaw.
_TURNED_AWAY, _SKIN_AWAY = -0.45, 0.0
#: iBUG 68: where lips meet, above and below; and how far apart they are if more is seen, metres.
_LIPS, _LIPS_APART = np.array([[61, 62, 63], [67, 66, 65]]), 0.0001
#: Numbers of a vertex: position and normal.
_FLOATS = 6
#: And where it is placed: position and share of the neck's turn.
_PLACED_FLOATS = 4


class GpuHead:
    """One mesh, posed again and again."""

    def __init__(self, ctx: moderngl.Context, topology: Topology, mean: Floats) -> None:
        self._ctx = ctx
        self._programs: dict[str, moderngl.Program] = {}
        self._chosen = topology.render_vertex
        self._corners = np.zeros((len(self._chosen), _FLOATS), np.float32)
        self._seats = np.zeros((len(self._chosen), _PLACED_FLOATS), np.float32)
        self._vertices = ctx.buffer(reserve=self._corners.nbytes, dynamic=True)
        self._placed = ctx.buffer(reserve=self._seats.nbytes, dynamic=True)
        uv = ctx.buffer(topology.render_uv.astype(np.float32).tobytes())
        self._content = [(self._vertices, "3f 3f", "a_position", "a_normal"), (uv, "2f", "a_uv")]
        self._placed_content = [(self._placed, "3f 1f", "a_position", "a_share")]
        drawn = topology.render_triangles[topology.drawn]
        self._triangles = topology.render_triangles
        self._facing = {
            coarse: [facing_plane(topology, mean, k, coarse=coarse) for k in range(PLANES)]
            for coarse in (False, True)
        }
        self._painted = {
            coarse: [self._array("planes.frag", self._triangles[k], self._content) for k in each]
            for coarse, each in self._facing.items()
        }
        self._layout = Layout(topology)
        self._motion = Motion(topology.render_triangles[topology.drawn])
        self._distance = self._array("distance.frag", drawn, self._placed_content)
        seats = [*self._placed_content, (self._vertices, "12x 3f", "a_normal"), self._content[1]]
        shut = topology.openings & ~topology.inside
        self._openings = {
            wide: self._array("openings.frag", topology.render_triangles[chosen], seats)
            for wide, chosen in ((True, topology.openings), (False, shut))
        }
        self._lips = topology.landmarks68[_LIPS]
        self._mouth_open = True
        skin = topology.render_triangles[topology.triangle_material == SKIN]
        self._shadows = {  # skin keeps the light from all that lies within, too
            coarse: self._array("depth_only.frag", casting, self._placed_content)
            for coarse, casting in ((False, drawn), (True, skin))
        }
        self._lines = self._array("lines.frag", drawn, self._placed_content)
        self._maps: Floats | None = None
        self._painting: dict[bool, Painting] = {}
        self._planes: dict[int, _Planes] = {}
        self.shadow = ctx.depth_texture((SHADOW_SIZE, SHADOW_SIZE))
        self.shadow.compare_func = "<="
        self.shadow.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.shadow.repeat_x = self.shadow.repeat_y = False
        self._shadow_frame = ctx.framebuffer(depth_attachment=self.shadow)
        self._shadow_stale, self._shadow_of = Stale(), (b"", False)
        self._turned = False

    def pose(self, vertices: Floats, normals: Floats) -> None:
        """Change the straight head that planes show: (V, 3) metres and unit vectors."""
        self._corners[:, :3] = vertices.take(self._chosen, 0)
        self._corners[:, 3:] = normals.take(self._chosen, 0)
        upper, lower = vertices[self._lips, 1]
        self._mouth_open = bool((upper - lower).max() > _LIPS_APART)
        self._vertices.write(self._corners)
        moved = self._motion.to(self._corners)
        for kept in (self._shadow_stale, *(each.stale for each in self._planes.values())):
            kept.add(moved)
        for made in self._planes.values():
            made.exact = False

    def place(self, vertices: Floats, shares: Floats | None) -> None:
        """Where cameras see the mesh: (V, 3) metres; (V,) shares of the neck's turn.

        Without shares these are the vertices that `pose` was given last.
        """
        straight = shares is None
        self._seats[:, :3] = self._corners[:, :3] if straight else vertices.take(self._chosen, 0)
        self._seats[:, 3] = 0.0 if shares is None else shares.take(self._chosen)
        self._placed.write(self._seats)
        if self._turned or not straight:
            self._shadow_stale.add(EVERYWHERE)
        self._turned = not straight

    def paint(self, maps: Floats) -> None:
        """Choose the (8, rows, columns) texture maps."""
        changed = Changed.between(self._maps, maps)
        self._maps = maps
        for painting in self._painting.values():
            painting.add(changed)
        for made in self._planes.values():
            made.repainted = changed.united(made.repainted)

    def planes(self, size: int, *, coarse: bool = False) -> dict[str, moderngl.Texture]:
        """Draw the head onto six planes of size² texels: three atlases, by uniform name.

        Of a head that has not moved, only what is painted otherwise is drawn again. Where `coarse`,
        with maps of half the size, skin only where it faces a plane, and only the part that shows
        something else than when it was drawn last.
        """
        if size not in self._planes:
            self._planes[size] = _Planes(self._ctx, size)
        made = self._planes[size]
        stale, repainted = made.stale.take(), made.repainted
        made.repainted = None
        if made.exact and repainted is not None:
            self._repaint_planes(made, repainted, coarse=coarse)
        elif not made.exact:
            box = stale if coarse and repainted is None else EVERYWHERE
            if box is not None:
                self._draw_planes(made, made.parts(box), coarse=coarse)
            made.exact = box is EVERYWHERE
        return made.atlases

    def _repaint_planes(self, made: _Planes, repainted: Changed, *, coarse: bool) -> None:
        """Draw those triangles again that show other maps; they lie as deep as they did."""
        maps = self._painted_maps(coarse)
        assert self._maps is not None
        showing = self._layout.showing(repainted, *self._maps.shape[1:])
        self._ctx.enable(moderngl.DEPTH_TEST)
        self._ctx.depth_func = "<="
        for k, facing in enumerate(self._facing[coarse]):
            chosen = self._triangles[facing & showing]
            if len(chosen):
                array = self._array("planes.frag", chosen, self._content)
                made.choose(k, made.whole(k))
                self._draw_plane(made, k, array, maps)
                array.index_buffer.release()
                array.release()
        self._ctx.depth_func = "<"

    def _draw_planes(self, made: _Planes, parts: Sequence[Rectangle], *, coarse: bool) -> None:
        made.clear(parts)
        maps = self._painted_maps(coarse)
        self._ctx.enable(moderngl.DEPTH_TEST)
        for k in reversed(range(PLANES)):  # the front, which takes longest, beside what follows
            if not parts[k][2] * parts[k][3]:
                continue
            array = self._painted[coarse][k]
            made.choose(k, parts[k])
            self._draw_plane(made, k, array, maps)

    def _draw_plane(
        self,
        made: _Planes,
        plane: int,
        array: moderngl.VertexArray,
        maps: dict[str, moderngl.Texture],
    ) -> None:
        bind(array.program, maps)
        set_uniforms(array.program, {"u_axis": VIEW_AXES[plane], "u_centre": HEAD_BOX.centre})
        self._draw(array, made.views[plane], wait=False)

    def _painted_maps(self, coarse: bool) -> dict[str, moderngl.Texture]:
        assert self._maps is not None, "paint() comes first"
        if coarse not in self._painting:
            self._painting[coarse] = Painting(self._ctx, coarse)
        self._painting[coarse].take(self._maps)
        return self._painting[coarse].textures

    def distance(
        self, frame: moderngl.Framebuffer, camera: OrbitCamera, tile: Tile, *, coarse: bool = False
    ) -> None:
        """Draw metres along each sample's ray to the mesh, `NO_HIT` beside it.

        Where `coarse`, only what faces the camera.
        """
        frame.viewport = (0, 0, *tile.size)
        frame.use()
        frame.clear(NO_HIT, NO_HIT, NO_HIT, NO_HIT, depth=1.0)
        clip = self._aim(frame, camera, tile)
        set_uniforms(self._distance.program, {"u_eye": tuple(camera.eye.tolist())})
        self._draw(self._distance, clip, cull=coarse, wait=False)
        frame.viewport = (0, 0, *tile.size)

    def openings(
        self,
        frame: moderngl.Framebuffer,
        camera: OrbitCamera,
        tile: Tile,
        turn: dict[str, Uniform],
        *,
        coarse: bool = False,
    ) -> None:
        """Draw mouth, eyes and their edges over a G-buffer whose depth `distance` has left.

        Where `coarse`, only what faces the camera. `turn` says how the neck is turned.
        """
        array, clip = self._openings[self._mouth_open], self._aim(frame, camera, tile)
        self._ctx.depth_func = "<="
        bind(array.program, self._painted_maps(coarse))
        set_uniforms(array.program, {"u_eye": tuple(camera.eye.tolist()), **turn})
        self._draw(array, clip, cull=coarse, wait=False)
        self._ctx.depth_func = "<"
        frame.viewport = (0, 0, *tile.size)

    def lines(
        self, frame: moderngl.Framebuffer, camera: OrbitCamera, tile: Tile, nearer: float
    ) -> None:
        """Draw the mesh's edges over a picture whose depth `distance` has left."""
        clip = self._aim(frame, camera, tile)
        clip[2] -= nearer * clip[3]
        self._ctx.wireframe = True
        self._draw(self._lines, clip)
        self._ctx.wireframe = False

    def _aim(self, frame: moderngl.Framebuffer, camera: OrbitCamera, tile: Tile) -> Matrix:
        """Draw a tile of a picture on a frame from now on; from head to clip space."""
        width, height = tile.picture
        frame.viewport = (-tile.origin[0], -tile.origin[1], width, height)
        frame.use()
        self._ctx.enable(moderngl.DEPTH_TEST)
        clip: Matrix = camera.clip_from_view(width / height) @ camera.view_from_head
        return clip

    def cast_shadow(self, direction: Floats, *, coarse: bool = False) -> None:
        """Draw the shadow map for a key lamp in a unit direction; where `coarse`, of skin alone."""
        scale = np.diag([1.0, 1.0, 1 / SHADOW_DEPTH, 1.0])
        clip = scale @ shadow_from_head(direction)
        shown = (np.asarray(direction).tobytes(), coarse)
        if shown != self._shadow_of or not coarse:
            self._shadow_stale.add(EVERYWHERE)
        self._shadow_of = shown
        box = self._shadow_stale.take()
        if box is None:
            return
        size = self.shadow.size
        part = shown_part(box, clip, Tile(size, (0, 0), size))
        self._shadow_frame.scissor = part
        self._shadow_frame.use()
        self._shadow_frame.clear(depth=1.0, viewport=part)
        self._ctx.enable(moderngl.DEPTH_TEST)
        # What turns away casts, too: light through an open mouth must not reach hair at the back.
        self._draw(self._shadows[coarse], clip, wait=False)

    def _draw(
        self,
        array: moderngl.VertexArray,
        clip_from_head: Matrix,
        *,
        cull: bool = False,
        wait: bool = True,
    ) -> None:
        set_uniforms(array.program, {"u_clip_from_head": clip_from_head})
        self._ctx.disable(moderngl.CULL_FACE | moderngl.BLEND)
        if cull:
            self._ctx.enable(moderngl.CULL_FACE)
        draw_unlocked(array, wait=wait)

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


class _Planes:
    """Three atlases of six planes, and what draws on them."""

    def __init__(self, ctx: moderngl.Context, size: int) -> None:
        kinds = {"u_head_color": "f2", "u_head_shape": "f4", "u_head_surface": "f2"}
        shape = (3 * size, 2 * size)
        self.atlases = {n: texture(ctx, shape, 4, dtype=kind) for n, kind in kinds.items()}
        color, depth_and_normal, surface = self.atlases.values()
        depth = ctx.depth_renderbuffer(shape)
        self._frame = ctx.framebuffer([color, depth_and_normal, surface], depth)
        self._looks = ctx.framebuffer([color, surface], depth)
        self._shape = ctx.framebuffer([depth_and_normal])
        self._size = size
        self.views = [plane_from_head(HEAD_BOX, k) for k in range(PLANES)]
        self.stale = Stale()
        self.exact = False  # whether all of it shows the vertices as they are, not nearly so
        self.repainted: Changed | None = None  # since it was drawn

    def parts(self, box: Box) -> list[Rectangle]:
        """Where each plane shows a box, texels of the atlases."""
        size = self._size
        tile = Tile((size, size), (0, 0), (size, size))
        shown = [shown_part(box, view, tile) for view in self.views]
        corners = [self._corner(k) for k in range(PLANES)]
        return [(x + u, y + v, w, h) for (u, v), (x, y, w, h) in zip(corners, shown, strict=True)]

    def whole(self, plane: int) -> Rectangle:
        """All of a plane, texels of the atlases."""
        return (*self._corner(plane), self._size, self._size)

    def clear(self, parts: Sequence[Rectangle]) -> None:
        """Nothing is there, behind everything."""
        whole = all(part[2:] == (self._size, self._size) for part in parts)
        areas = [(0, 0, *self._frame.size)] if whole else parts
        self._looks.use()  # first, or the scissor box of another frame would still hold
        for area in areas:
            self._looks.clear(depth=1.0, viewport=area)
        self._shape.use()
        for area in areas:
            self._shape.clear(0.0, 0.0, 0.0, EMPTY_DEPTH, viewport=area)

    def choose(self, plane: int, part: Rectangle) -> None:
        """Draw on this part of a plane from now on."""
        self._frame.viewport = (*self._corner(plane), self._size, self._size)
        self._frame.scissor = part
        self._frame.use()

    def _corner(self, plane: int) -> tuple[int, int]:
        return plane % 3 * self._size, plane // 3 * self._size


def facing_plane(
    topology: Topology, mean: Floats, plane: int, *, coarse: bool = False
) -> npt.NDArray[np.bool_]:
    """(F,) triangles that the plane may see on some head: those that do not clearly turn away.

    Mouth, teeth and eyes are hidden from most sides; drawing them there would only cost time.
    Where `coarse`, skin that turns away on the mean head is left out, too.
    """
    skin_away = _SKIN_AWAY if coarse else _TURNED_AWAY
    a, b, c = mean[topology.triangles].swapaxes(0, 1)
    normals = np.cross(b - a, c - a)
    facing = normals @ np.array(VIEW_AXES[plane]) / (np.linalg.norm(normals, axis=1) + 1e-12)
    away = np.where(topology.triangle_material == SKIN, skin_away, _TURNED_AWAY)
    shown = {0: (SKIN, EYE, MOUTH, TEETH), 2: (SKIN, EYE), 3: (SKIN, EYE)}.get(plane, (SKIN,))
    seen: npt.NDArray[np.bool_] = (facing > away) & np.isin(topology.triangle_material, shown)
    return seen


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
