"""Drawing without Python's lock draws the same, and where OpenGL's library has another name too."""

from __future__ import annotations

import moderngl
import numpy as np
import pytest

from head360.rendering import offscreen
from head360.rendering.offscreen import FullScreen, create_context, draw_unlocked

FILL = """#version 330
out vec4 color;
void main() { color = vec4(1.0, 0.5, 0.0, 1.0); }"""
CORNER = """#version 330
in vec2 place;
void main() { gl_Position = vec4(place, 0.0, 1.0); }"""
SIZE = (4, 4)


@pytest.fixture(params=["unlocked", "plain"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "plain":
        monkeypatch.setattr(offscreen, "_gl_calls", lambda: None)
    else:
        assert offscreen._gl_calls() is not None


def pixels(frame: moderngl.Framebuffer) -> np.ndarray:
    return np.frombuffer(frame.read(components=4), np.uint8).reshape(*SIZE, 4)


@pytest.mark.usefixtures("way")
def test_a_full_screen_pass_fills_every_pixel() -> None:
    ctx = create_context()
    with ctx:
        frame = ctx.simple_framebuffer(SIZE)
        FullScreen(ctx, FILL).draw(frame, {}, {})

        assert (pixels(frame) == (255, 128, 0, 255)).all()
        assert ctx.error == "GL_NO_ERROR"
    ctx.release()


@pytest.mark.usefixtures("way")
def test_indices_choose_what_is_drawn() -> None:
    corners = np.array([[-1, -1], [0, -1], [-1, 1], [0, 1], [1, 1]], np.float32)
    left_half = np.array([0, 1, 2, 2, 1, 3], np.uint32)
    ctx = create_context()
    with ctx:
        frame = ctx.simple_framebuffer(SIZE)
        frame.use()
        frame.clear()
        program = ctx.program(vertex_shader=CORNER, fragment_shader=FILL)
        content = [(ctx.buffer(corners.tobytes()), "2f", "place")]
        draw_unlocked(ctx.vertex_array(program, content, ctx.buffer(left_half.tobytes())))

        drawn = pixels(frame)[..., 0] == 255
        assert ctx.error == "GL_NO_ERROR"
    ctx.release()
    assert drawn[:, :2].all()
    assert not drawn[:, 2:].any()
