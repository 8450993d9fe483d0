"""The dashboard's own JavaScript and CSS, each in a file of this folder. Python passes values to a script only as data."""

import re
from pathlib import Path
from typing import Literal

from streamlit.components import v2
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parent
IMPORTS = {  # how a file of each kind takes in another one
    "js": re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE),
    "css": re.compile(r'^@import "\./(\w+)\.css";\n', re.MULTILINE),
}


def component(name: str, html: str = "", styled: bool = False, isolated: bool = True) -> ComponentRenderer:
    """A Streamlit component made of `<name>.js` and, if `styled`, `<name>.css`. The files are read here, once.

    Unless the component is `isolated`, its styles hold for the whole page.
    """
    css = joined(name, "css") if styled else None
    return v2.component(name, html=html, css=css, js=joined(name, "js"), isolate_styles=isolated)


def joined(name: str, kind: Literal["js", "css"]) -> str:
    """The file `<name>.<kind>` after what it imports from other files of this folder, as one text.

    Streamlit gives the browser a text without an address, from which it could import nothing itself. So all names at the top
    of scripts that are joined have to be different.
    """
    parts: dict[str, str] = {}

    def join(name: str) -> None:
        source = (FOLDER / f"{name}.{kind}").read_text(encoding="utf-8")
        for other in IMPORTS[kind].findall(source):
            if other not in parts:
                join(other)
        parts[name] = IMPORTS[kind].sub("", source)

    join(name)
    return "\n".join(parts.values())
