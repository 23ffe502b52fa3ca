"""Draws an exported head in Blender, a reader that shares no code with ours; by hand.

Blender's module is half a gigabyte and wants an environment of its own:

    python -m venv blender && blender/bin/pip install bpy==4.2.0
    blender/bin/python tests/by_hand/open_in_blender.py head.glb picture.png [YAW_DEGREES [PIXELS]]
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import bpy
from mathutils import Vector

READERS = {
    ".glb": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    ".obj": lambda path: bpy.ops.wm.obj_import(filepath=path),
    ".ply": lambda path: bpy.ops.wm.ply_import(filepath=path),
}
LAMPS = (  # place, watts, size in metres, colour; Blender's heads look along -y, z up
    ((0.7, -1.2, 0.9), 26, 0.5, (1, 0.95, 0.9)),
    ((-1.2, -0.8, 0.3), 8, 0.8, (0.8, 0.9, 1)),
    ((-0.4, 1.3, 0.8), 22, 0.5, (1, 1, 1)),
)
TARGET = Vector((0, 0, -0.012))
DISTANCE, FIELD_DEGREES, SAMPLES = 1.18, 18.2, 32


def look_at(thing: bpy.types.Object, target: Vector) -> None:
    thing.rotation_euler = (target - thing.location).to_track_quat("-Z", "Y").to_euler()


def place(data: bpy.types.ID, where: tuple[float, ...]) -> bpy.types.Object:
    thing = bpy.data.objects.new("thing", data)
    bpy.context.scene.collection.objects.link(thing)
    thing.location = where
    look_at(thing, TARGET)
    return thing


def light() -> None:
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    background = world.node_tree.nodes["Background"].inputs
    background[0].default_value, background[1].default_value = (0.5, 0.52, 0.56, 1), 0.35
    for where, watts, size, color in LAMPS:
        lamp = bpy.data.lights.new("lamp", "AREA")
        lamp.energy, lamp.size, lamp.color = watts, size, color
        place(lamp, where)


def main(path: str, picture: str, yaw_degrees: str = "30", pixels: str = "512") -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    read = READERS.get(Path(path).suffix, lambda name: bpy.ops.wm.usd_import(filepath=name))
    read(str(Path(path).absolute()))
    light()
    yaw = math.radians(float(yaw_degrees))
    camera = bpy.data.cameras.new("camera")
    camera.lens_unit, camera.angle = "FOV", math.radians(FIELD_DEGREES)
    scene = bpy.context.scene
    scene.camera = place(camera, (math.sin(yaw) * DISTANCE, -math.cos(yaw) * DISTANCE, TARGET.z))
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", SAMPLES, True
    scene.cycles.transparent_max_bounces = 64
    scene.render.resolution_x = scene.render.resolution_y = int(pixels)
    scene.render.filepath = str(Path(picture).absolute())
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
