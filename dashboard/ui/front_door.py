"""The front door: what every visitor's run does first, page configuration and navigation, and nothing else."""

import runpy
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.ui.pages import PAGES, Page
from dashboard.ui.parts.links import every_setting_kept
from dashboard.ui.streamlit_internals import MenuEntry

ICON = Path(__file__).with_name("icon.svg")


def open_page(scripts: Path) -> None:
    """Shows the page that the address names; `scripts` is the folder of the pages' scripts.

    Script names are capitalised, addresses are not: until st.navigation has run once, Streamlit itself would serve a script
    whose name is in the address, without this front door.
    """

    def entry(page: Page, path: str = "", **options: Any) -> MenuEntry:
        icon, path = f":material/{page.icon}:", path or page.title.lower()
        return st.Page(scripts / f"{page.title}.py", title=page.title, icon=icon, url_path=path, **options)

    # Streamlit puts the default page at / alone, but its links may well say its name.
    first, *others = PAGES
    entries = [entry(first, "home", default=True), entry(first, visibility="hidden"), *map(entry, others)]
    st.set_page_config(page_icon=ICON, layout="wide")
    shown = st.navigation(entries).title
    _run(scripts, next(page for page in PAGES if page.title == shown))


def _run(scripts: Path, shown: Page) -> None:
    """Runs a page's script, below its question, as a part of the script that opens the door.

    To Streamlit a page's settings belong to that page alone: it takes them out of the address, and out of what Back returns
    to, whenever the page changes. Settings of the script that opens the door stay.

    Each page has a place of its own, so that the last one leaves the browser first: where a setting of both would come in
    one place before it goes from another, its going would take it out of the address.
    """
    places = {page: st.container() if page is shown else st.empty() for page in PAGES}
    with places[shown], every_setting_kept(shown.title):
        st.subheader(shown.question)
        runpy.run_path(str(scripts / f"{shown.title}.py"))
