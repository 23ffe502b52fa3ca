"""Draws strands alone into G-buffers: what the hair field learns from.

Every strand is a ribbon that turns to the viewer. Pictures are drawn at four times the resolution
and averaged where they were drawn, so thin strands give fractional coverage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.model.planes import RIGHT_AXES, UP_AXES, VIEW_AXES, PlaneBox
from head360.rendering.offscreen import FullScreen, create_context
from training.synhead.grooms import Groom

Floats: TypeAlias = npt.NDArray[np.float32]

SUPERSAMPLES = 4  # along each side of a pixel

RIBBON_VERTEX = """#version 330
uniform mat4 u_clip_from_head;
uniform vec3 u_eye;      // metres; the viewing direction where u_perspective is 0
uniform float u_perspective;
in vec3 a_position;      // metres
in vec3 a_tangent;       // unit
in vec4 a_strand;        // signed half width in metres, along, root
out vec3 v_position;
out vec3 v_tangent;
out vec4 v_strand;
void main() {
    vec3 view = mix(u_eye, u_eye - a_position, u_perspective);
    vec3 side = cross(a_tangent, view);
    float size = length(side);
    v_position = a_position + side * (a_strand.x / max(size, 1e-6));
    v_tangent = a_tangent;
    v_strand = a_strand;
    gl_Position = u_clip_from_head * vec4(v_position, 1.0);
}"""
_FRAGMENT = """#version 330
uniform vec3 u_eye;
uniform vec3 u_centre;
uniform float u_perspective;
in vec3 v_position;
in vec3 v_tangent;
in vec4 v_strand;
layout(location = 0) out vec4 f_shape;   // 1, along, depth, depth squared
layout(location = 1) out vec4 f_strand;  // tangent xyz, 0
layout(location = 2) out vec2 f_root;
void main() {
    float height = dot(v_position - u_centre, u_eye);
    float depth = mix(height, length(v_position - u_eye), u_perspective);
    f_shape = vec4(1.0, v_strand.y, depth, depth * depth);
    f_strand = vec4(normalize(v_tangent), 0.0);
    f_root = v_strand.zw;
}"""
_MESH_VERTEX = """#version 330
uniform mat4 u_clip_from_head;
in vec3 a_position;  // metres
void main() { gl_Position = u_clip_from_head * vec4(a_position, 1.0); }"""
_MESH_FRAGMENT = """#version 330
layout(location = 0) out vec4 f_shape;
layout(location = 1) out vec4 f_strand;
layout(location = 2) out vec2 f_root;
void main() { f_shape = vec4(0.0); f_strand = vec4(0.0); f_root = vec2(0.0); }"""

#: Means over the subsamples of each pixel, so that only those travel to the processor.
_AVERAGE = f"""#version 330
uniform sampler2D u_shape;
uniform sampler2D u_strand;
uniform sampler2D u_root;
layout(location = 0) out vec4 f_shape;
layout(location = 1) out vec4 f_strand;
layout(location = 2) out vec2 f_root;
void main() {{
    ivec2 corner = ivec2(gl_FragCoord.xy) * {SUPERSAMPLES};
    f_shape = vec4(0.0);
    f_strand = vec4(0.0);
    f_root = vec2(0.0);
    for (int i = 0; i < {SUPERSAMPLES * SUPERSAMPLES}; i++) {{
        ivec2 texel = corner + ivec2(i % {SUPERSAMPLES}, i / {SUPERSAMPLES});
        f_shape += texelFetch(u_shape, texel, 0);
        f_strand += texelFetch(u_strand, texel, 0);
        f_root += texelFetch(u_root, texel, 0).xy;
    }}
    f_shape /= {SUPERSAMPLES * SUPERSAMPLES}.0;
    f_strand /= {SUPERSAMPLES * SUPERSAMPLES}.0;
    f_root /= {SUPERSAMPLES * SUPERSAMPLES}.0;
}}"""


@dataclass(frozen=True, slots=True, eq=False)
class StrandView:
    """Strands as seen in one picture; sums over subsamples, so times coverage ("premultiplied")."""

    coverage: Floats  # (H, W) 0 ... 1
    along: Floats  # (H, W)
    depth: Floats  # (H, W) metres: height towards the viewer (planes) or distance (cameras)
    depth_squared: Floats  # (H, W)
    tangent: Floats  # (H, W, 3)
    root: Floats  # (H, W, 2)


class StrandRenderer:
    """Draws one groom from anywhere. Owns OpenGL objects; `release` gives them back."""

    def __init__(self, size: int, context: moderngl.Context | None = None) -> None:
        self._ctx = context or create_context()
        self.size = size  # pixels along each side
        fine = (size * SUPERSAMPLES,) * 2
        self._program = self._ctx.program(vertex_shader=RIBBON_VERTEX, fragment_shader=_FRAGMENT)
        targets = [self._ctx.texture(fine, n, dtype="f4") for n in (4, 4, 2)]
        self._frame = self._ctx.framebuffer(targets, self._ctx.depth_renderbuffer(fine))
        self._fine = dict(zip(("u_shape", "u_strand", "u_root"), targets, strict=True))
        self._means = [self._ctx.texture((size, size), n, dtype="f4") for n in (4, 4, 2)]
        self._mean_frame = self._ctx.framebuffer(self._means)
        self._average = FullScreen(self._ctx, _AVERAGE)
        self._ribbons: moderngl.VertexArray | None = None
        self._occluder: moderngl.VertexArray | None = None

    def hide_behind(self, vertices: Floats, triangles: npt.NDArray[np.integer]) -> None:
        """Choose a mesh, (V, 3) metres and (F, 3), that hides strands where asked to."""
        buffer = self._ctx.buffer(vertices.astype(np.float32).tobytes())
        index = self._ctx.buffer(triangles.astype(np.uint32).tobytes())
        program = self._ctx.program(vertex_shader=_MESH_VERTEX, fragment_shader=_MESH_FRAGMENT)
        self._occluder = self._ctx.vertex_array(program, [(buffer, "3f", "a_position")], index)

    def load(self, groom: Groom) -> None:
        """Choose the strands to draw."""
        vertices, indices = ribbons(groom)
        buffer = self._ctx.buffer(vertices.tobytes())
        layout = (buffer, "3f 3f 4f", "a_position", "a_tangent", "a_strand")
        index = self._ctx.buffer(indices.tobytes())
        self._ribbons = self._ctx.vertex_array(self._program, [layout], index)

    def view(self, camera: OrbitCamera, *, hidden: bool = False) -> StrandView:
        """The strands from a camera, top row first; `hidden` where the mesh is nearer."""
        matrix = camera.clip_from_view() @ camera.view_from_head
        return _flipped(self._draw(matrix, camera.eye, 1.0, self._occluder if hidden else None))

    def plane(self, number: int, box: PlaneBox) -> StrandView:
        """The strands on one of the six planes of a box, bottom row first."""
        width, height = box.half_size(number)
        axes = np.array([RIGHT_AXES[number], UP_AXES[number], VIEW_AXES[number]], np.float64)
        scale = np.array([1 / width, 1 / height, -1 / box.half_depth(number)])
        matrix = np.eye(4)
        matrix[:3, :3] = scale[:, None] * axes
        matrix[:3, 3] = -matrix[:3, :3] @ np.array(box.centre)
        self._program["u_centre"] = box.centre
        return self._draw(matrix, axes[2], 0.0, None)

    def release(self) -> None:
        """Free everything on the graphics card."""
        self._ctx.release()

    def _draw(
        self,
        matrix: npt.NDArray[np.float64],
        eye: npt.NDArray[np.float64],
        perspective: float,
        occluder: moderngl.VertexArray | None,
    ) -> StrandView:
        if self._ribbons is None:
            raise RuntimeError("load a groom first")
        columns = tuple(matrix.T.ravel().tolist())
        self._program["u_clip_from_head"] = columns
        self._program["u_eye"] = tuple(eye.tolist())
        self._program["u_perspective"] = perspective
        self._frame.use()
        self._frame.clear(0, 0, 0, 0, depth=1.0)
        self._ctx.enable(moderngl.DEPTH_TEST)
        if occluder is not None:
            occluder.program["u_clip_from_head"] = columns
            occluder.render(moderngl.TRIANGLES)
        self._ribbons.render(moderngl.TRIANGLES)
        self._average.draw(self._mean_frame, self._fine, {})
        shape, strand, root = (self._read(target) for target in self._means)
        return StrandView(
            shape[..., 0], shape[..., 1], shape[..., 2], shape[..., 3], strand[..., :3], root
        )

    def _read(self, target: moderngl.Texture) -> Floats:
        values: Floats = np.frombuffer(target.read(), np.float32)
        return values.reshape(self.size, self.size, target.components)


def training_cameras(count: int) -> list[OrbitCamera]:
    """Cameras all around, evenly spread, from below the chin to above the crown."""
    cameras = []
    for i in range(count):
        pitch = np.degrees(np.arcsin(-0.38 + 1.15 * (i + 0.5) / count))
        yaw = (i * 137.508 + 180) % 360 - 180  # the golden angle
        cameras.append(
            OrbitCamera(float(yaw), float(pitch), 1.25, (0.0, -0.03, -0.01), fov_degrees=20.0)
        )
    return cameras


def _flipped(view: StrandView) -> StrandView:
    return StrandView(
        *(np.ascontiguousarray(getattr(view, name)[::-1]) for name in StrandView.__slots__)
    )


def ribbons(groom: Groom) -> tuple[Floats, npt.NDArray[np.uint32]]:
    """Two vertices a strand point (…, 10), and triangles between them."""
    strands, samples, _ = groom.positions.shape
    tangent = np.gradient(groom.positions, axis=1)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=-1, keepdims=True), 1e-9)
    root = np.broadcast_to(groom.roots[:, None], (strands, samples, 2))
    rest = np.concatenate([groom.along()[..., None], root], -1)
    half = 0.5 * groom.widths[..., None]
    sides = [np.concatenate([groom.positions, tangent, s * half, rest], -1) for s in (-1, 1)]
    vertices = np.stack(sides, 2).reshape(-1, 10).astype(np.float32)
    first = (np.arange(strands)[:, None] * samples + np.arange(samples - 1)) * 2
    corners = first[..., None] + np.array([0, 1, 2, 2, 1, 3])
    return vertices, corners.reshape(-1).astype(np.uint32)
