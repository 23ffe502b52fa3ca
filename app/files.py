"""New, open and save: keeps the document and its file in step, and never loses work unasked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QWidget

from app.dialogs.paths import choose_project, choose_target
from app.dialogs.questions import Answer, ask_to_save
from app.document import HeadDocument, KeptPhoto
from app.messages import Messages
from app.settings import FOLDER, RECENT, Settings
from head360.errors import ProjectFileError
from head360.params import HeadParams
from head360.project import SUFFIX, Project, load_project, save_project


@dataclass(frozen=True, slots=True)
class ProjectView:
    """What belongs to a project besides the head: how to read it off the window and put it back."""

    capture: Callable[[HeadParams], Project]
    restore: Callable[[Project], None]
    reset: Callable[[], None]


class ProjectFiles(QObject):
    """Everything the File menu does."""

    saved = Signal(object)  # Path
    opened = Signal()  # another project, or a new one
    recent_changed = Signal()

    def __init__(
        self,
        document: HeadDocument,
        messages: Messages,
        settings: Settings,
        view: ProjectView,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document, self._messages, self._settings = document, messages, settings
        self._view, self._window = view, window
        self._first_head: HeadParams | None = None

    def begin_with(self, params: HeadParams) -> None:
        """Learn which head new projects start with; show it unless there is work already."""
        self._first_head = params
        if self._document.path is None and not self._document.edited:
            self._document.replace(params, None)

    def title(self) -> str:
        """What the window should be called."""
        path = self._document.path
        name = path.name if path else self._document.name
        return f"Head360 Studio — {name}{' *' if self._document.modified else ''}"

    def new(self) -> None:
        """Start again with the first head."""
        if self._first_head is not None and self.may_leave():
            self._document.replace(self._first_head, None)
            self._view.reset()
            self.opened.emit()

    def open(self) -> None:
        """Choose a project and open it."""
        if self.may_leave() and (path := choose_project(self._window, self._settings.folder())):
            self._read(path)

    def open_path(self, path: Path) -> None:
        """Open a project that was dropped, named on the command line, or used lately."""
        if self.may_leave():
            self._read(path)

    def save(self) -> bool:
        """Save under the present name, asking for one the first time; False: nothing was saved."""
        return self._write(self._document.path) if self._document.path else self.save_as()

    def save_as(self) -> bool:
        """Save under another name; False: nothing was saved."""
        start = self._document.path or self._settings.folder() / f"{self._document.name}{SUFFIX}"
        kind = self.tr("Head360 projects (*{suffix})").format(suffix=SUFFIX)
        path = choose_target(self._window, self.tr("Save project"), start, kind)
        return path is not None and self._write(path)

    def may_leave(self) -> bool:
        """Whether the present work may go: it is saved, or the person said so."""
        if not self._document.modified:
            return True
        answer = ask_to_save(self._window, self._document.name)
        return answer is Answer.DISCARD or (answer is Answer.SAVE and self.save())

    def take_from_another(self, take: Callable[[HeadParams, str], None]) -> None:
        """Choose a project and hand over its head and name; the present work stays open."""
        path = choose_project(self._window, self._settings.folder())
        if path is None:
            return
        try:
            take(load_project(path).params, path.stem)
        except ProjectFileError as error:
            self._messages.error(str(error), error.hint)

    def restore(self, project: Project, path: Path | None) -> None:
        """Show work that no file holds yet."""
        self._document.replace(project.params, path, photo=kept_photo(project), modified=True)
        self._view.restore(project)
        self.opened.emit()

    def capture(self) -> Project:
        """The whole project as it is now."""
        photo = self._document.photo
        return replace(
            self._view.capture(self._document.params),
            name=self._document.name,
            photo=photo.jpeg if photo else None,
            sitting=photo.sitting if photo else None,
            marks=photo.marks if photo else None,
        )

    def recent(self) -> list[Path]:
        """Projects used lately, newest first."""
        return [Path(entry) for entry in self._settings.get(RECENT)]

    def forget_recent(self) -> None:
        """Empty the list of projects used lately."""
        self._settings.set(RECENT, [])
        self.recent_changed.emit()

    def _read(self, path: Path) -> None:
        try:
            project = load_project(path)
        except ProjectFileError as error:
            self._messages.error(str(error), error.hint)
            self._drop_recent(path)
            return
        self._document.replace(project.params, path, photo=kept_photo(project))
        self._view.restore(project)
        self._remember(path)
        self.opened.emit()

    def _write(self, path: Path) -> bool:
        project = replace(self.capture(), name=path.stem)
        try:
            save_project(project, path)
        except ProjectFileError as error:
            self._messages.error(str(error), error.hint)
            return False
        self._document.mark_saved(path)
        self._remember(path)
        self.saved.emit(path)
        return True

    def _remember(self, path: Path) -> None:
        path = path.absolute()
        self._settings.set(FOLDER, str(path.parent))
        self._settings.add_recent(path)
        self.recent_changed.emit()

    def _drop_recent(self, path: Path) -> None:
        if not path.exists():
            kept = [entry for entry in self._settings.get(RECENT) if entry != str(path)]
            self._settings.set(RECENT, kept)
            self.recent_changed.emit()


def kept_photo(project: Project) -> KeptPhoto | None:
    """The photo of a project, for the document."""
    if project.photo is None:
        return None
    return KeptPhoto(project.photo, project.sitting, marks=project.marks)


def dropped_project(mime: QMimeData) -> Path | None:
    """The one project file among what is dragged, if there is exactly one."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 and paths[0].suffix.lower() == SUFFIX else None
