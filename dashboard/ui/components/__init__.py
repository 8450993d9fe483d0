"""The dashboard's own JavaScript and CSS, each in a file of this folder. Python passes values to a script only as data."""

from pathlib import Path

from streamlit.components import v2
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parent


def component(name: str, html: str = "", styled: bool = False) -> ComponentRenderer:
    """A Streamlit component made of `<name>.js` and, if `styled`, `<name>.css`. Both files are read here, once."""
    css = (FOLDER / f"{name}.css").read_text(encoding="utf-8") if styled else None
    return v2.component(name, html=html, css=css, js=(FOLDER / f"{name}.js").read_text(encoding="utf-8"))
