"""Puts the viewer's programs together from the shipped shaders; the same text for every OpenGL."""

from __future__ import annotations

from head360.rendering.offscreen import shader

#: First line of a program for OpenGL 3.3.
VERSION = "#version 330\n"


def march_source(field: str, quality: str) -> str:
    """The march through the head whose field is given as GLSL; EXACT, FINE or DRAFT."""
    qualities = f"const int EXACT = 0, FINE = 1, DRAFT = 2, QUALITY = {quality};\n"
    names = ("rays.glsl", "neck.glsl", "when.glsl")
    parts = [*map(shader, names), qualities, shader("march_head.glsl")]
    return "".join([VERSION, field, *parts])


def volume_march_source(defines: str = "") -> str:
    """The march through hair that was baked into a volume."""
    names = (
        "hair_sample.glsl", "neck.glsl", "hair_neck.glsl", "rays.glsl", "hair_sums.glsl",
        "hair_density.glsl", "hair_volume.glsl", "march_hair.glsl",
    )  # fmt: skip
    return "".join([VERSION, defines, *map(shader, names)])


def defined(name: str, defines: str) -> str:
    """A shipped fragment shader under some definitions."""
    return shader(name).replace(VERSION, f"{VERSION}{defines}\n", 1)


def hair_defines(coarse: int) -> str:
    """What makes shade.frag light hair, marched once for `coarse` samples along each side."""
    return f"#define HAIR 1\n#define COARSE {coarse}"
