"""The true mesh and the true strands on the graphics card, drawn into the viewer's G-buffers."""

from __future__ import annotations

import moderngl
import numpy as np
import numpy.typing as npt

from head360.model.topology import EYE, MOUTH, SKIN, TEETH, Topology
from head360.rendering.lighting import SHADOW_SIZE, shadow_from_head
from head360.rendering.offscreen import bind, set_uniforms, shader, texture
from head360.rendering.reference import HEIGHT_RANGE
from head360.rendering.shade import SHADOW_DEPTH
from training.stages.strands import RIBBON_VERTEX, ribbons
from training.synhead.classes import CLASS_EYES, CLASS_MOUTH, CLASS_SKIN, CLASS_TEETH
from training.synhead.grooms import Groom

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

#: What a material shows; skin is split up by `training.synhead.classes`.
_CLASS_OF = {SKIN: CLASS_SKIN, MOUTH: CLASS_MOUTH, TEETH: CLASS_TEETH, EYE: CLASS_EYES}
#: Painted maps that are kept on the card: a head's with and without its hairstyle's tint.
_KEPT = 2

_MESH_FRAGMENT = """#version 330
uniform vec3 u_eye;     // metres
uniform float u_class;
in vec3 v_position;
in vec3 v_normal;
in vec2 v_uv;
layout(location = 0) out vec4 f_color;    // albedo (sRGB-encoded), alpha
layout(location = 1) out vec4 f_shape;    // normal, t in metres
layout(location = 2) out vec4 f_surface;  // roughness, specular, scatter, occlusion
layout(location = 3) out vec4 f_label;    // uv, class, 0
%s
void main() {
    vec4 color = textureLod(u_map_color, v_uv, 0.0);
    f_color = vec4(color.rgb, 1.0);
    f_shape = vec4(bent_normal(normalize(v_normal)), length(v_position - u_eye));
    f_surface = vec4(textureLod(u_map_surface, v_uv, 0.0).xyz, color.a);
    f_label = vec4(v_uv, u_class, 0.0);
}"""
_STRAND_FRAGMENT = """#version 330
uniform vec3 u_eye;  // metres
in vec3 v_position;
in vec3 v_tangent;
in vec4 v_strand;    // signed half width, along, root
layout(location = 0) out vec4 f_color;   // alpha, tone, along, t in metres
layout(location = 1) out vec4 f_strand;  // tangent
layout(location = 2) out vec2 f_root;
void main() {
    f_color = vec4(1.0, 1.0, v_strand.y, length(v_position - u_eye));
    f_strand = vec4(normalize(v_tangent), 0.0);
    f_root = v_strand.zw;
}"""


class TrueMesh:
    """A mesh, posed and painted again and again."""

    def __init__(self, ctx: moderngl.Context, topology: Topology) -> None:
        self._ctx, self._chosen = ctx, topology.render_vertex
        self._vertices = ctx.buffer(reserve=len(self._chosen) * 6 * 4, dynamic=True)
        uv = ctx.buffer(topology.render_uv.astype(np.float32).tobytes())
        content = [(self._vertices, "3f 3f", "a_position", "a_normal"), (uv, "2f", "a_uv")]
        vertex = shader("mesh.vert")
        material = _MESH_FRAGMENT % shader("mesh_material.glsl")
        self._program = ctx.program(vertex_shader=vertex, fragment_shader=material)
        caster = ctx.program(vertex_shader=vertex, fragment_shader=shader("depth_only.frag"))

        def wired(program: moderngl.Program, chosen: npt.NDArray[np.bool_]) -> moderngl.VertexArray:
            corners = topology.render_triangles[chosen].astype(np.uint32)
            index = ctx.buffer(corners.tobytes())
            return ctx.vertex_array(program, content, index, skip_errors=True)

        self._parts = {
            number: wired(self._program, topology.triangle_material == material_number)
            for material_number, number in _CLASS_OF.items()
        }
        self._caster = wired(caster, topology.drawn)
        self.shadow = ctx.depth_texture((SHADOW_SIZE, SHADOW_SIZE))
        self.shadow.compare_func = "<="
        self.shadow.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.shadow.repeat_x = self.shadow.repeat_y = False
        self._shadow_frame = ctx.framebuffer(depth_attachment=self.shadow)
        self._painted: list[tuple[Floats, dict[str, moderngl.Texture]]] = []

    def pose(self, vertices: Floats, normals: Floats) -> None:
        """Move the mesh: (V, 3) metres and unit vectors."""
        corners = np.hstack([vertices[self._chosen], normals[self._chosen]])
        self._vertices.write(np.ascontiguousarray(corners, np.float32).tobytes())

    def draw(self, frame: moderngl.Framebuffer, clip: Matrix, eye: Matrix, maps: Floats) -> None:
        """Draw the surface, painted with (8, rows, columns) maps, over what the frame holds."""
        frame.use()
        self._ctx.enable(moderngl.DEPTH_TEST)
        self._ctx.disable(moderngl.CULL_FACE | moderngl.BLEND)
        bind(self._program, self._textures(maps))
        set_uniforms(self._program, {"u_clip_from_head": clip, "u_eye": tuple(eye.tolist())})
        for number, part in self._parts.items():
            self._program["u_class"] = float(number)
            part.render(moderngl.TRIANGLES)

    def cast_shadow(self, direction: Floats) -> None:
        """Draw the shadow map for a key lamp in a unit direction."""
        self._shadow_frame.use()
        self._shadow_frame.clear(depth=1.0)
        self._ctx.enable(moderngl.DEPTH_TEST)
        scale = np.diag([1.0, 1.0, 1 / SHADOW_DEPTH, 1.0])
        clip = scale @ shadow_from_head(direction)
        set_uniforms(self._caster.program, {"u_clip_from_head": clip})
        self._caster.render(moderngl.TRIANGLES)

    def _textures(self, maps: Floats) -> dict[str, moderngl.Texture]:
        for known, textures in self._painted:
            if known is maps:
                return textures
        if len(self._painted) == _KEPT:
            _, oldest = self._painted.pop(0)
            for each in oldest.values():
                each.release()
        size = (maps.shape[2], maps.shape[1])
        parts = {"u_map_color": maps[:4], "u_map_surface": maps[4:7], "u_map_slope": _slopes(maps)}
        made = {
            name: texture(self._ctx, size, len(part), part.transpose(1, 2, 0), dtype="f2")
            for name, part in parts.items()
        }
        self._painted.append((maps, made))
        return made


class TrueStrands:
    """A head of hair as ribbons that turn to the viewer."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._program = ctx.program(vertex_shader=RIBBON_VERTEX, fragment_shader=_STRAND_FRAGMENT)
        self._program["u_perspective"] = 1.0
        self._groom: Groom | None = None
        self._array: moderngl.VertexArray | None = None
        self._buffers: list[moderngl.Buffer] = []

    def draw(self, frame: moderngl.Framebuffer, clip: Matrix, eye: Matrix, groom: Groom) -> None:
        """Draw strands where nothing nearer is in the frame's depth buffer."""
        array = self._loaded(groom)
        frame.use()
        self._ctx.enable(moderngl.DEPTH_TEST)
        self._ctx.disable(moderngl.CULL_FACE | moderngl.BLEND)
        set_uniforms(self._program, {"u_clip_from_head": clip, "u_eye": tuple(eye.tolist())})
        array.render(moderngl.TRIANGLES)

    def _loaded(self, groom: Groom) -> moderngl.VertexArray:
        if self._array is not None and self._groom is groom:
            return self._array
        for each in (self._array, *self._buffers):
            if each is not None:
                each.release()
        self._buffers = [self._ctx.buffer(part.tobytes()) for part in ribbons(groom)]
        layout = (self._buffers[0], "3f 3f 4f", "a_position", "a_tangent", "a_strand")
        self._groom = groom
        self._array = self._ctx.vertex_array(self._program, [layout], self._buffers[1])
        return self._array


def _slopes(maps: Floats) -> Floats:
    """(2, rows, columns) change of height along u and v, metres over the whole of them."""
    height = maps[7] * np.float32(HEIGHT_RANGE)
    rows, columns = height.shape
    along_v, along_u = np.gradient(height)
    slopes: Floats = np.stack([along_u * columns, along_v * rows]).astype(np.float32)
    return slopes
