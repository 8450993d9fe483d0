"""What screen readers say of the controls, where Streamlit's own names fall short."""

from dashboard.compare import SLOTS
from dashboard.ui.components import component

_spoken = component("spoken")


def spoken_names() -> None:
    """Has the spoken name of every control whose key begins with a side say that side. Every page has to call it."""
    _spoken(key="spoken", data={f"{slot}_": slot.capitalize() for slot in SLOTS}, height=1)
