"""The dashboard's own JavaScript and CSS, each in a file of this folder. Python passes values to a script only as data."""

import re
from pathlib import Path

from streamlit.components import v2
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)


def component(name: str, html: str = "", styled: bool = False, isolated: bool = True) -> ComponentRenderer:
    """A Streamlit component made of `<name>.js` and, if `styled`, `<name>.css`. The files are read here, once.

    Unless the component is `isolated`, its styles hold for the whole page.
    """
    css = (FOLDER / f"{name}.css").read_text(encoding="utf-8") if styled else None
    return v2.component(name, html=html, css=css, js=script(name), isolate_styles=isolated)


def script(name: str) -> str:
    """The script `<name>.js` with what it imports from other files of this folder, joined into one module.

    Streamlit gives the browser a script's text without an address, from which it could import nothing itself. So all names
    at the top of files that are joined have to be different.
    """
    joined: dict[str, str] = {}

    def join(name: str) -> None:
        source = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        for other in IMPORT.findall(source):
            if other not in joined:
                join(other)
        joined[name] = IMPORT.sub("", source)

    join(name)
    return "\n".join(joined.values())
