"""Dock that makes a head from a photo."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from app.docks.hair_mix import worn
from app.docks.panel import scrolling_column, set_up_dock
from app.docks.photo_parts import AfterPart, AskPart, BusyPart, LookOverPart, StartPart
from app.docks.photo_words import fetch_words, remarks_html, report_html, step_words
from app.document import HeadDocument, KeptPhoto
from app.locks import Locks
from app.messages import Messages
from app.photo_session import PhotoSession, State
from app.settings import Settings
from app.stage import Stage
from app.theme import Theme
from app.widgets.brush import Tool, blank
from app.widgets.photo_view import PhotoView
from app.widgets.thumbnail_grid import Tile
from app.workers.errand import Errands
from app.workers.photos import FitNews, KeptPictures, Read, ShownPhoto, unpack
from head360.assets import Catalog
from head360.downloads import FetchProgress
from head360.marks import Marks
from head360.params import HeadParams

if TYPE_CHECKING:
    from head360.fitting.fit import FitResult

_BUSY = (State.FETCHING, State.LOOKING, State.FITTING)
NO_HAIR = "none"  # as the fit calls it
_OFFERED = 5


class PhotoDock(QDockWidget):
    """Brings a photo, lets it be looked over, fits it, and compares."""

    open_asked = Signal()
    paste_asked = Signal()
    webcam_asked = Signal()
    compare_asked = Signal(bool)
    observed_asked = Signal(bool)
    brought = Signal()  # a photo: room is wanted
    hair_offered = Signal()  # pictures of hairstyles are wanted

    def __init__(
        self,
        document: HeadDocument,
        stage: Stage,
        locks: Locks,
        theme: Theme,
        settings: Settings,
        parent: QWidget | None = None,
        *,
        catalog: Catalog,
        session: PhotoSession,
        messages: Messages,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Photo"))
        self._document, self._stage, self._locks = document, stage, locks
        self._theme, self._messages, self.session = theme, messages, session
        self._titles = {style.id: style.title for style in catalog.hairstyles}
        self._last_photo: ShownPhoto | None = None
        self._whole = False  # show the whole photo instead of the face
        self._pictures: KeptPictures | None = None  # of the document's photo
        self._errands = Errands()
        self._make_parts()
        self._arrange()
        self._connect()
        self._show()

    @property
    def whole_photo(self) -> QImage:
        """The stored photo, ready for painting; null until it is."""
        return QImage() if self._pictures is None else self._pictures.whole

    def stop(self) -> bool:
        """End what runs; the window calls this when it closes. False: a thread hangs."""
        return all([self.session.stop(), self._errands.stop()])

    # -- making --------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.view = PhotoView(self._theme)
        self.start, self.ask, self.busy = StartPart(), AskPart(), BusyPart()
        self.look_over, self.after = LookOverPart(), AfterPart(self._theme)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.window())
        self._escape.activated.connect(self.session.cancel)
        for key, steps in (("[", -1), ("]", 1)):
            sized = QShortcut(QKeySequence(key), self)
            sized.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            sized.activated.connect(partial(self.view.grow_brush, steps))

    def _arrange(self) -> None:
        area, column = scrolling_column()
        column.setSpacing(8)
        for part in (self.start, self.ask, self.view, self.busy, self.look_over, self.after):
            column.addWidget(part)
        column.addStretch()
        set_up_dock(self, "photo_dock", area)

    def _connect(self) -> None:
        session, look_over, after = self.session, self.look_over, self.after
        self.start.open_asked.connect(self.open_asked)
        self.start.paste_asked.connect(self.paste_asked)
        self.start.webcam_asked.connect(self.webcam_asked)
        self.ask.agreed.connect(session.fetch)
        self.ask.refused.connect(session.cancel)
        self.busy.cancelled.connect(session.cancel)
        self.view.face_picked.connect(self._pick)
        self.view.grasped.connect(session.grasp)
        self.view.dragged.connect(session.drag)
        self.view.painted.connect(self._paint)
        self.view.resized.connect(look_over.brush.show_size)
        look_over.tool_chosen.connect(self._use)
        look_over.brush.sized.connect(self.view.size_brush)
        look_over.brush.clear_asked.connect(self._clear)
        look_over.all_faces_asked.connect(self._show_all_faces)
        look_over.fit_asked.connect(self.fit)
        look_over.close_asked.connect(session.close_photo)
        after.compare_asked.connect(self.compare_asked)
        after.observed_asked.connect(self.observed_asked)
        after.hair_previewed.connect(self._preview_hair)
        after.hair_picked.connect(self._wear)
        after.again_asked.connect(self.fit_again)
        after.back_asked.connect(self.adjust)
        self.start.back_asked.connect(session.back)
        after.other_asked.connect(self.open_asked)
        session.changed.connect(self._show)
        session.face_changed.connect(self._show_face)
        session.marks_changed.connect(self._show_paint)
        session.hair_told.connect(self._show_paint)
        session.progressed.connect(self._note)
        session.failed.connect(self._fail)
        session.fitted.connect(self._accept)
        session.cancelled.connect(self._restore)
        self._document.photo_changed.connect(self._load_kept)
        self._document.params_changed.connect(self._show_worn)

    # -- what a person does --------------------------------------------------------------------

    def bring(self, read: Read, name: str) -> None:
        """Look at a photo that was opened, dropped, pasted or taken."""
        self.show()
        self.raise_()
        self.brought.emit()
        self.session.open(read, name)

    def fit(self) -> None:
        """Make the head."""
        self.session.fit(self._hair())

    def fit_again(self) -> None:
        """Make the head anew from the photo in the project, as it was looked over."""
        self._reopen(self._hair())

    def adjust(self) -> None:
        """Look over the photo in the project again."""
        self._reopen(None)

    def _reopen(self, then_fit: str | None) -> None:
        if (kept := self._document.photo) is not None:
            name = kept.report.photo if kept.report else self._document.name
            self.session.reopen(kept, name, then_fit)

    def _hair(self) -> str:
        """The hair that is wished for, as a fit calls it."""
        hair = str(self.look_over.hair.currentData())
        return (self._document.params.hairstyle or NO_HAIR) if hair == "keep" else hair

    def _pick(self, number: int) -> None:
        self._whole = False
        self.session.choose(number)

    def _show_all_faces(self) -> None:
        self._whole = True
        self._show()

    def _use(self, tool: Tool) -> None:
        self.view.use(tool)
        self._show_tools()

    def _paint(self, marks: Marks) -> None:
        words = {
            Tool.LEAVE_OUT: self.tr("Paint: leave out"),
            Tool.HAIR: self.tr("Paint hair"),
            Tool.NOT_HAIR: self.tr("Paint: no hair"),
        }
        self.session.paint(words[self.view.easel.tool], marks)

    def _clear(self) -> None:
        self.session.paint(self.tr("Clear paint"), blank())

    def _preview_hair(self, key: str) -> None:
        params = self._document.params
        style = None if key == NO_HAIR else key
        self._stage.preview(params.with_(**worn(params, style)) if key else None)

    def _wear(self, key: str) -> None:
        params = self._document.params
        style = None if key == NO_HAIR else key
        text = self.tr("Hairstyle: {name}").format(name=self._titles.get(key, self.tr("Bald")))
        self._document.edit(text, **self._locks.allowed(params, worn(params, style)))

    # -- what the session says -----------------------------------------------------------------

    def _note(self, news: object) -> None:
        if isinstance(news, FetchProgress):
            words = self.tr("Fetching…  {done:.1f} of {total:.1f} MB")
            words = words.format(done=news.done / 1e6, total=news.total / 1e6)
            self.busy.show_progress(words, news.done / max(news.total, 1) if news.done else None)
        elif isinstance(news, FitNews):
            self.busy.show_progress(step_words(news.step), news.part)
            if news.image is not None:
                self.view.show_picture(news.image)
            if news.params is not None:
                self._stage.preview(news.params)

    def _accept(self, result: FitResult) -> None:
        kept = KeptPhoto(result.photo, result.sitting, result.report, result.marks)
        self.session.note_kept(kept)
        made = {entry.name: getattr(result.params, entry.name) for entry in fields(HeadParams)}
        allowed = self._locks.allowed(self._document.params, made)
        self._stage.preview(None)
        self._document.edit(self.tr("Fit photo"), photo=kept, **allowed)

    def _restore(self) -> None:
        self._stage.preview(None)

    def _fail(self, error: Exception) -> None:
        self._messages.show_error(self.tr("The photo did not become a head."), error)

    # -- showing -------------------------------------------------------------------------------

    def _show(self) -> None:
        held = self._holds_focus()
        self._show_parts()
        if held and not self._holds_focus():  # what held it is hidden
            self._take_focus()

    def _holds_focus(self) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and self.isAncestorOf(focused)

    def _take_focus(self) -> None:
        parts = (
            self.busy.cancel, self.view, self.ask.fetch, self.after.compare, self.start.open,
        )  # fmt: skip
        usable = [part for part in parts if part.isVisible() and part.isEnabled()]
        if usable:
            usable[0].setFocus()

    def _show_parts(self) -> None:
        session, kept = self.session, self._document.photo
        state = session.state
        if session.photo is not self._last_photo:
            self._last_photo = session.photo
            several = session.photo is not None and len(session.photo.found.faces) > 1
            self._whole = several and not session.stored
            self.look_over.show_tool(Tool.LANDMARKS)
        self._escape.setEnabled(state in _BUSY)
        self.start.setVisible(state is State.IDLE and kept is None)
        self.after.setVisible(state is State.IDLE and kept is not None)
        self.start.offer_back("" if session.face is None else session.name)
        self.ask.setVisible(state is State.ASKING)
        self.busy.setVisible(state in _BUSY)
        self.look_over.setVisible(state is State.READY)
        if state is State.ASKING and (wanted := session.missing) is not None:
            self.ask.words.setText(fetch_words(wanted))
        if state in _BUSY:
            words = {State.FETCHING: self.tr("Fetching…"), State.FITTING: step_words("prepare")}
            self.busy.show_progress(words.get(state, self.tr("Looking for faces…")), None)
        self._show_view()
        if state is State.READY:
            self._show_findings()

    def _show_view(self) -> None:
        session, state = self.session, self.session.state
        photo = None if session.coming else session.photo
        if state is State.READY and session.face is not None and not self._whole:
            self.view.show_face(session.face)
        elif state in (State.READY, State.LOOKING) and photo is not None:
            self.view.show_photo(photo, session.number)
        elif state is State.IDLE and self._pictures is not None:
            face = self._pictures.face
            self.view.show_picture(self._pictures.whole if face.isNull() else face)
        kept = state is State.IDLE and self._document.photo is not None
        looking = state is State.LOOKING and photo is not None
        self.view.setVisible(kept or looking or state in (State.READY, State.FITTING))
        self.view.setEnabled(state is State.READY)

    def _show_findings(self) -> None:
        session, part = self.session, self.look_over
        assert session.photo is not None
        count = len(session.photo.found.faces)
        words = self.tr("Face {number} of {count}").format(number=session.number, count=count)
        if self._whole and count > 1:
            words += self.tr(" — click another one to pick it")
        part.count.setText(words)
        part.count.setVisible(count > 1)
        part.all_faces.setVisible(count > 1 and not self._whole and session.refusal is None)
        warnings = () if session.face is None else session.face.aligned.warnings
        colors = (self._theme.color(token).name() for token in ("warning", "danger"))
        part.remarks.setText(remarks_html(warnings, session.refusal, *colors))
        part.remarks.setVisible(bool(part.remarks.text()))
        part.fit.setEnabled(session.face is not None)
        part.hair.setVisible(session.face is not None)
        self._show_tools()

    def _show_tools(self) -> None:
        part = self.look_over
        part.tools.setVisible(self.session.face is not None and not self._whole)
        part.show_tool(self.view.easel.tool)
        part.brush.clear.setEnabled(bool(self.session.marks.any()))
        if self.view.easel.tool in (Tool.HAIR, Tool.NOT_HAIR):
            self.session.tell_hair()

    def _show_paint(self) -> None:
        self.view.show_paint(self.session.marks, self.session.hair)
        self._show_tools()

    def _show_face(self) -> None:
        if self.session.state is State.READY and self.session.face is not None:
            self.view.show_face(self.session.face)
            self._show_paint()

    def _show_kept(self, pictures: KeptPictures | None) -> None:
        self._pictures = pictures
        kept = self._document.photo
        report = None if kept is None else kept.report
        after = self.after
        after.compare.setEnabled(kept is not None and kept.sitting is not None)
        after.report.setVisible(report is not None)
        after.remarks.setVisible(report is not None and bool(report.warnings))
        offered = () if report is None else report.hairstyles[:_OFFERED]
        after.offer_hair([self._tile(key, share) for key, share in offered])
        if report is not None:
            after.report_words.setText(
                report_html(report, self._titles, self._theme.color("dim").name())
            )
            colors = (self._theme.color(token).name() for token in ("warning", "danger"))
            after.remarks.setText(remarks_html(report.warnings, None, *colors))
            self.hair_offered.emit()
        self._show_worn()
        self._show()

    def _tile(self, key: str, share: float) -> Tile:
        title = self._titles.get(key, self.tr("Bald"))
        return Tile(key, title, self.tr("{name}: {share:.0%} sure").format(name=title, share=share))

    def _show_worn(self, *_: object) -> None:
        if self.after.hairstyles is not None:
            self.after.hairstyles.show_chosen(self._document.params.hairstyle or NO_HAIR)

    def _load_kept(self) -> None:
        """Make the document's photo ready for painting, off the GUI thread."""
        kept = self._document.photo
        self._errands.drop()
        self._show_kept(None)
        if kept is not None:
            task = unpack(kept.jpeg, kept.sitting)
            self._errands.run(task, self._show_kept, self._fail_kept)

    def _fail_kept(self, error: Exception) -> None:
        self._messages.show_error(self.tr("The photo in this project cannot be shown."), error)
