"""The tick in export dialogs that lets RefineNet finish pictures."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QWidget

from head360.assets import refine_problem


class RefineBox(QCheckBox):
    """Off until somebody chooses it; cannot be chosen where it would do nothing, and says why."""

    def __init__(self, parent: QWidget | None = None, *, unlit: bool = False) -> None:
        """`unlit`: the view shows something else than the lit head."""
        super().__init__(parent)
        self.setText(self.tr("Refine: RefineNet adds the detail of strands"))
        problem = refine_problem()
        if unlit and not problem:
            problem = self.tr("Only the shaded view can be refined.")
        self.setEnabled(not problem)
        self.setToolTip(problem or self.tr("Takes longer; look at the result before you trust it."))

    @property
    def chosen(self) -> bool:
        """Whether it is ticked and can be done."""
        return self.isEnabled() and self.isChecked()
