"""Undo, redo and reset of settings. The browser does all of it, since the address holds every setting."""

from dashboard.compare import SLOTS
from dashboard.ui.components import component
from dashboard.ui.parts.photo_picker import LINK

STAY = ("photo", *SLOTS)  # what Reset leaves as it is: what is looked at, and by whom
ASIDE = (LINK,)  # undo does not take a photo of one's own out of the address, nor puts one there
NAMES = {
    **{slot: f"{slot} model" for slot in SLOTS},
    "top": "top cells",
    "away": "cells taken away",
    "tried": "list of what was tried",
    "left_known": "method of the CNN",
    "right_known": "method of the ViT",
    "trained": "models of scenes",
    "asked": "object asked about",
    "order": "order of maps",
}  # of settings that the address calls otherwise
RESET = "Reset all settings of all pages to their first values; photo and models stay. Undo brings them back."
_ARROW = "M5 5.5h5.5a3.5 3.5 0 0 1 0 7H6M7.5 2.5l-3 3 3 3"
_ARROWS = {
    "Undo": f'<path d="{_ARROW}"/>',
    "Redo": f'<path d="{_ARROW}" transform="matrix(-1 0 0 1 16 0)"/>',
    "Reset": '<path d="M3.5 3v3.5h3.5M3.8 6.3a5 5 0 1 1-.6 3"/>',
}
_BUTTONS = "".join(
    f'<button type="button"><svg viewBox="0 0 16 16" aria-hidden="true">{arrow}</svg>{name}</button>'
    for name, arrow in _ARROWS.items()
)
_ROW = f'<div role="group" aria-label="Settings">{_BUTTONS}</div><span role="status"></span>'
_undo = component("undo", html=_ROW, styled=True)


def undo_row() -> None:
    """Draws the buttons Undo, Redo and Reset, and watches the address for what they can undo. Every page has to draw it."""
    _undo(key="undo", data={"aside": ASIDE, "stay": STAY, "names": NAMES, "reset": RESET})
