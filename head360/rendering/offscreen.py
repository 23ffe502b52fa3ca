"""Off-screen OpenGL 3.3 core: a context, full-screen passes, and textures as we use them."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt

from head360.errors import GraphicsError

AnyTexture: TypeAlias = moderngl.Texture | moderngl.Texture3D
Uniform: TypeAlias = "float | int | tuple[float, ...] | npt.NDArray[Any]"

_SHADERS = Path(__file__).parent / "shaders"
#: Vertex shader of passes over a whole frame: one triangle that covers it, at the far end.
TRIANGLE = """#version 330
void main() {
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    gl_Position = vec4(corner * 2.0 - 1.0, 1.0, 1.0);
}"""


def create_context() -> moderngl.Context:
    """A context without a window: EGL on Linux, the system's own way elsewhere.

    Raises:
        GraphicsError: there is no OpenGL 3.3.
    """
    ways: list[dict[str, Any]] = [{}]
    if sys.platform == "linux":
        ways.insert(0, {"backend": "egl"})
    problems = []
    for way in ways:
        try:
            return moderngl.create_context(standalone=True, require=330, **way)
        except Exception as error:  # noqa: BLE001 (drivers raise whatever they like)
            problems.append(str(error))
    raise GraphicsError(f"OpenGL 3.3 cannot be used here: {'; '.join(problems)}.")


def shader(name: str) -> str:
    """The text of a shipped shader; lines `//include NAME` are replaced by that file."""
    text = (_SHADERS / name).read_text("utf-8")
    lines = [
        shader(line.split()[1]) if line.startswith("//include ") else line
        for line in text.splitlines()
    ]
    return "\n".join([*lines, ""])


def texture(
    ctx: moderngl.Context,
    size: tuple[int, int],
    components: int,
    data: npt.NDArray[Any] | None = None,
    *,
    dtype: str = "f4",
    smooth: bool = True,
) -> moderngl.Texture:
    """A 2D texture that continues its border texels outwards; `dtype` f1, f2 or f4."""
    content = None if data is None else np.ascontiguousarray(data).astype(_NUMPY[dtype]).tobytes()
    made = ctx.texture(size, components, content, dtype=dtype, alignment=1)
    made.filter = (moderngl.LINEAR,) * 2 if smooth else (moderngl.NEAREST,) * 2
    made.repeat_x = made.repeat_y = False
    return made


def volume(
    ctx: moderngl.Context, data: npt.NDArray[np.float32], *, smooth: bool = True
) -> moderngl.Texture3D:
    """A 3D texture of (z, y, x) or (z, y, x, C) numbers, as half floats."""
    components = data.shape[3] if data.ndim == 4 else 1
    made = ctx.texture3d(
        data.shape[2::-1],
        components,
        np.ascontiguousarray(data, np.float16).tobytes(),
        dtype="f2",
        alignment=1,
    )
    made.filter = (moderngl.LINEAR,) * 2 if smooth else (moderngl.NEAREST,) * 2
    made.repeat_x = made.repeat_y = made.repeat_z = False
    return made


_NUMPY = {"f1": np.uint8, "f2": np.float16, "f4": np.float32}


def set_uniforms(program: moderngl.Program, uniforms: Mapping[str, Uniform]) -> None:
    """Set those that the compiler has kept; matrices are given row by row, as in numpy."""
    for name, value in uniforms.items():
        if name not in program:
            continue
        if isinstance(value, np.ndarray):
            array = value.astype(np.float32)
            square = array.ndim == 2 and array.shape[0] == array.shape[1] != 1
            member = program[name]
            assert isinstance(member, moderngl.Uniform)
            turned = square and member.array_length == 1  # OpenGL wants columns first
            member.write((array.T if turned else array).tobytes())
        else:
            program[name] = value


def bind(program: moderngl.Program, textures: Mapping[str, AnyTexture]) -> None:
    """Give each sampler that the compiler has kept a unit of its own."""
    unit = 0
    for name, source in textures.items():
        if name in program:
            source.use(unit)
            program[name] = unit
            unit += 1


def draw_unlocked(array: moderngl.VertexArray, vertices: int = 0, *, wait: bool = True) -> None:
    """Draw triangles and wait for them, letting other Python threads go on meanwhile.

    The first draw compiles shaders for the present state, and a software renderer moves every
    vertex within the call: moderngl would keep Python's lock for all of that, which freezes a
    window. So it only prepares the call, with nothing to draw, and ctypes makes it.

    Args:
        array: what to draw.
        vertices: how many; 0 takes them all from an index buffer of 32 bit.
        wait: for the drawing to end; otherwise it goes on beside what comes next.
    """
    count = vertices or array.vertices
    calls = _gl_calls()
    if calls is None:
        array.render(moderngl.TRIANGLES, vertices=count)
        return
    array.render(moderngl.TRIANGLES, vertices=0)
    if vertices:
        calls.draw_arrays(moderngl.TRIANGLES, 0, count)
    else:
        calls.draw_elements(moderngl.TRIANGLES, count, _UNSIGNED_INT, None)
    (calls.finish if wait else calls.flush)()


_UNSIGNED_INT = 0x1405  # of OpenGL's headers


@dataclass(frozen=True, slots=True)
class _Calls:
    """OpenGL's own functions; all of them are as old as OpenGL 1.1, so every system has them."""

    finish: Callable[[], object]
    flush: Callable[[], object]
    draw_arrays: Callable[[int, int, int], object]
    draw_elements: Callable[[int, int, int, None], object]


@cache
def _gl_calls() -> _Calls | None:
    """None where the library cannot be found by name."""
    names = {"win32": "opengl32", "darwin": "OpenGL"}
    found = ctypes.util.find_library(names.get(sys.platform, "GL")) or "libGL.so.1"
    try:
        library = ctypes.CDLL(found)
        return _Calls(
            ctypes.CFUNCTYPE(None)(("glFinish", library)),
            ctypes.CFUNCTYPE(None)(("glFlush", library)),
            ctypes.CFUNCTYPE(None, *[ctypes.c_int] * 3)(("glDrawArrays", library)),
            ctypes.CFUNCTYPE(None, *[ctypes.c_int] * 3, ctypes.c_void_p)(
                ("glDrawElements", library)
            ),
        )
    except (OSError, AttributeError):
        return None


class FullScreen:
    """A fragment shader run once for each pixel of a framebuffer."""

    def __init__(self, ctx: moderngl.Context, fragment: str) -> None:
        self.program = ctx.program(vertex_shader=TRIANGLE, fragment_shader=fragment)
        self._ctx = ctx
        self._array = ctx.vertex_array(self.program, [])

    def draw(
        self,
        target: moderngl.Framebuffer,
        textures: Mapping[str, AnyTexture],
        uniforms: Mapping[str, Uniform],
        *,
        mask: bool = False,
        over: bool = False,
        marks: bool = False,
        wait: bool = True,
    ) -> None:
        """Fill the target's viewport.

        Args:
            target: what to draw on.
            textures: by uniform name.
            uniforms: by name.
            mask: draw only where the depth buffer holds less than 1.
            over: blend with what is there, by premultiplied alpha.
            marks: the shader writes the depth buffer, for later masks.
            wait: for the drawing to end; otherwise it goes on beside what comes next.
        """
        set_uniforms(self.program, uniforms)
        bind(self.program, textures)
        target.use()
        self._ctx.disable(moderngl.DEPTH_TEST | moderngl.CULL_FACE | moderngl.BLEND)
        if mask or marks:
            self._ctx.enable(moderngl.DEPTH_TEST)
            self._ctx.depth_func = "1" if marks else ">"  # the triangle lies at the far end
        if over:
            self._ctx.enable(moderngl.BLEND)
            self._ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        draw_unlocked(self._array, 3, wait=wait)
        self._ctx.depth_func = "<"
