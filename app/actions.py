"""Everything the menus offer, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing a person can do."""

    id: str
    text: str
    shortcut: str = ""
    tip: str = ""
    checkable: bool = False


SEPARATOR = ""  # in a menu

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("new", "New", "Ctrl+N", "Start again with the first head"),
    ActionSpec("open", "Open…", "Ctrl+O", "Open a .h360 project"),
    ActionSpec("save", "Save", "Ctrl+S", "Save this project"),
    ActionSpec("save_as", "Save as…", "Ctrl+Shift+A", "Save this project under another name"),
    ActionSpec("open_photo", "Head from a photo…", "Ctrl+P", "Make a head from a portrait"),
    ActionSpec("paste_photo", "Paste photo", "Ctrl+V", "Take the picture on the clipboard"),
    ActionSpec("quit", "Quit", "Ctrl+Q", "Close the studio"),
    ActionSpec("copy_head", "Copy shape and skin", "Ctrl+Shift+C", "Copy this person"),
    ActionSpec("paste_head", "Paste shape and skin", "Ctrl+Shift+V", "Become the copied person"),
    ActionSpec("view_front", "Front", "F", "Look from the front"),
    ActionSpec("view_right", "Right side", "R", "Look from the head's own right"),
    ActionSpec("view_left", "Left side", "L", "Look from the head's own left"),
    ActionSpec("view_back", "Back", "B", "Look from behind"),
    ActionSpec("view_top", "Top", "T", "Look from above"),
    ActionSpec("view_reset", "Reset view", "0", "Look from where everybody starts"),
    ActionSpec(
        "refine",
        "Refine stills",
        "D",
        "Let RefineNet add the detail of strands once nothing moves; hold C to compare",
        checkable=True,
    ),
    ActionSpec("theme_light", "Light theme", "", "Use a light window", checkable=True),
    ActionSpec("reset_layout", "Reset layout", "", "Put every panel back in its place"),
    ActionSpec("full_screen", "Full screen", "F11", "Use the whole screen", checkable=True),
    ActionSpec("randomise", "Randomise everything", "Ctrl+R", "A new person; locks are kept"),
    ActionSpec("randomise_shape", "Randomise shape", "", "Another shape, the same skin"),
    ActionSpec("randomise_skin", "Randomise skin", "", "Another skin, the same shape"),
    ActionSpec("mirror", "Mirror expression", "Ctrl+M", "Exchange left and right"),
    ActionSpec("reset_expression", "Reset expression", "Ctrl+0", "Relax the face"),
    ActionSpec("find_expression", "Find expression…", "Ctrl+F", "Search the expression sliders"),
    ActionSpec("turntable", "Video…", "Ctrl+E", "A film: one turn, the recording, or both"),
    ActionSpec("mesh", "Mesh…", "Ctrl+Shift+E", "The head for Blender, game engines and others"),
    ActionSpec("screenshot", "Screenshot…", "Ctrl+Shift+S", "A picture at any size, with alpha"),
    ActionSpec("shortcuts", "Keyboard shortcuts", "Ctrl+/", "All shortcuts on one page"),
    ActionSpec("open_log", "Show log", "", "Open the folder with the log file"),
    ActionSpec("about", "About Head360 Studio", "", "Version and licences"),
)

MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("&File", ("new", "open", "recent", SEPARATOR, "save", "save_as", SEPARATOR,
               "open_photo", SEPARATOR, "quit")),
    ("&Edit", ("undo", "redo", SEPARATOR, "copy_head", "paste_head", SEPARATOR,
               "paste_photo")),
    (
        "&View",
        ("view_front", "view_right", "view_left", "view_back", "view_top", "view_reset", SEPARATOR,
         "modes", "backgrounds", "refine", SEPARATOR, "panels", "theme_light", "full_screen",
         "reset_layout"),
    ),
    (
        "&Head",
        ("randomise", "randomise_shape", "randomise_skin", SEPARATOR, "find_expression", "mirror",
         "reset_expression"),
    ),
    ("E&xport", ("turntable", "mesh", "screenshot")),
    ("&Help", ("shortcuts", "open_log", "about")),
)  # fmt: skip

#: View modes with their plain names; keys 1 … 8.
MODE_NAMES: Mapping[str, str] = {
    "shaded": "Shaded",
    "albedo": "Albedo",
    "normals": "Normals",
    "depth": "Depth",
    "wireframe": "Wireframe",
    "hair": "Hair only",
    "head": "Head only",
    "observed": "Seen in the photo",
}


def build_actions(
    owner: QWidget, handlers: Mapping[str, Callable[..., object]]
) -> dict[str, QAction]:
    """One QAction for each row of the table, by id."""
    actions: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(owner.tr(spec.text), owner)
        action.setObjectName(spec.id)
        action.setShortcut(QKeySequence(spec.shortcut))
        tip = f"{spec.tip} ({spec.shortcut})" if spec.shortcut else spec.tip
        action.setToolTip(owner.tr(tip))
        action.setCheckable(spec.checkable)
        handler = handlers[spec.id]
        if spec.checkable:
            action.toggled.connect(handler)
        else:
            action.triggered.connect(lambda _checked=False, handler=handler: handler())
        owner.addAction(action)
        actions[spec.id] = action
    return actions
