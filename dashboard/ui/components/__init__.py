"""The dashboard's own JavaScript and CSS, each in a file of this folder. What Python knows reaches a script as data alone."""

from pathlib import Path

from streamlit.components import v2
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parent


def component(name: str, html: str = "", styled: bool = False) -> ComponentRenderer:
    """The Streamlit component of the script `<name>.js` and, where it is styled, of `<name>.css`; both are read here, once."""
    css = (FOLDER / f"{name}.css").read_text(encoding="utf-8") if styled else None
    return v2.component(name, html=html, css=css, js=(FOLDER / f"{name}.js").read_text(encoding="utf-8"))
