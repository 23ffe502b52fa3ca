"""A switch that shows the head to other programs as a webcam."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QWidget

from app.messages import Messages
from app.workers.camera_feed import CameraFeed, OpenCamera
from app.workers.picture import Picture
from head360.export.virtual_camera import open_virtual_camera


class CameraSwitch(QCheckBox):
    """Feeds a virtual camera while it is on."""

    def __init__(
        self,
        messages: Messages,
        parent: QWidget | None = None,
        *,
        open_camera: OpenCamera = open_virtual_camera,
    ) -> None:
        super().__init__(parent)
        self.setText(self.tr("Send the picture to a virtual camera"))
        self.setToolTip(
            self.tr("Video calls and recorders see the head there, as if it were a webcam")
        )
        self._messages, self._open_camera = messages, open_camera
        self._feed: CameraFeed | None = None
        self._shown: Picture | None = None
        self.toggled.connect(self._switch)

    def show_picture(self, picture: Picture) -> None:
        """What the viewport shows by now."""
        self._shown = picture
        if self._feed is not None:
            self._feed.show_image(picture.image)

    def stop(self) -> None:
        """Let go of the camera."""
        if self._feed is not None:
            self._feed.stop()
            self._feed.deleteLater()
            self._feed = None

    def _switch(self, on: bool) -> None:
        self.stop()
        if not on:
            return
        self._feed = CameraFeed(self._open_camera, self)
        self._feed.opened.connect(self._say_opened)
        self._feed.failed.connect(self._fail)
        if self._shown is not None:
            self._feed.show_image(self._shown.image)
        self._feed.start()

    def _say_opened(self, name: str) -> None:
        self._messages.info(self.tr("Other programs find the head as “{name}”.").format(name=name))

    def _fail(self, error: Exception) -> None:
        self.stop()
        with QSignalBlocker(self):
            self.setChecked(False)
        self._messages.show_error(self.tr("The picture is not sent."), error)
