"""The front door: what every visitor's run does first, page configuration and navigation, and nothing else."""

import runpy
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.ui.parts.links import every_setting_kept
from dashboard.ui.streamlit_internals import Page

# Script names are capitalised, addresses are not: until st.navigation has run once, Streamlit itself would serve a script
# whose name is in the address, without this front door.
ICONS = {
    "Compare": ":material/compare:",
    "Layers": ":material/layers:",
    "Attention": ":material/grid_on:",
    "Methods": ":material/grid_view:",
    "Models": ":material/deployed_code:",
}  # the first is the default
FIRST = next(iter(ICONS))


def open_page(scripts: Path) -> None:
    """Shows the page that the address names; `scripts` is the folder of the pages' scripts."""

    def page(title: str, path: str = "", **options: Any) -> Page:
        """A page at the address /<title>, in lower case, unless there is a path of its own."""
        return st.Page(scripts / f"{title}.py", title=title, icon=ICONS[title], url_path=path or title.lower(), **options)

    # Streamlit puts the default page at / alone, but its links may well say its name.
    pages = [page(FIRST, "home", default=True), page(FIRST, visibility="hidden"), *map(page, list(ICONS)[1:])]
    st.set_page_config(page_icon=Path(__file__).with_name("icon.svg"), layout="wide")
    _run(scripts, st.navigation(pages).title)


def _run(scripts: Path, title: str) -> None:
    """Runs a page's script as a part of the script that opens the door.

    To Streamlit a page's settings belong to that page alone: it takes them out of the address, and out of what Back returns
    to, whenever the page changes. Settings of the script that opens the door stay.

    Each page has a place of its own, so that the last one leaves the browser first: where a setting of both would come in
    one place before it goes from another, its going would take it out of the address.
    """
    places = {each: st.container() if each == title else st.empty() for each in ICONS}
    with places[title], every_setting_kept(title):
        runpy.run_path(str(scripts / f"{title}.py"))
