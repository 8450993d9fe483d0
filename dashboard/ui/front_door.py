"""The front door: page configuration and navigation, which every visitor's script run does first."""

import runpy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from dashboard.ui import getting_ready
from dashboard.ui.pages import PAGES, Page
from dashboard.ui.parts.tour import tour
from dashboard.ui.streamlit_internals import MenuEntry

ICON, LOGO = (Path(__file__).with_name(name) for name in ("icon.svg", "logo.svg"))
NAME = "Looking at models"  # of the whole, in the tab and beside the pages' names


def open_page(scripts: Path) -> None:
    """Shows the page that the address names; `scripts` is the folder of the pages' scripts.

    Script names are capitalised and addresses are not, for a reason: until st.navigation has run once, Streamlit would serve
    a script whose name matches the address directly, without this front door.
    """

    def entry(page: Page, path: str = "", **options: Any) -> MenuEntry:
        icon, path = f":material/{page.icon}:", path or page.path
        return st.Page(scripts / page.script, title=page.title, icon=icon, url_path=path, **options)

    # Streamlit serves the default page only at /, but links may hold its name, so it has a second entry. The menu shows the
    # one that is open, which it marks.
    first, *others = PAGES
    named = urlsplit(st.context.url or "").path.endswith(f"/{first.path}")
    default = entry(first, "home", default=True, visibility="hidden" if named else "visible")
    entries = [default, entry(first, visibility="visible" if named else "hidden"), *map(entry, others)]
    st.set_page_config(page_icon=ICON, layout="wide")
    st.logo(LOGO, size="large", icon_image=ICON)
    shown = st.navigation(entries).title
    st.set_page_config(page_title=f"{shown} · {NAME}")  # after the menu, which sets the page's own title
    _run(scripts, next(page for page in PAGES if page.title == shown))


def _run(scripts: Path, shown: Page) -> None:
    """Runs a page's script, below its question, as a part of the entry script.

    Streamlit ties settings that a page's own script draws to that page: it removes them from the address and from the
    browser's history when the page changes. Settings that the entry script draws stay.

    Each page has a container of its own, so that the browser removes the widgets of the last page before it draws those of
    the next: a setting of both pages would otherwise be added first and then removed from the address.
    """
    containers = {page: st.container() if page is shown else st.empty() for page in PAGES}
    with containers[shown]:
        st.title(shown.question, anchor=False)
        getting_ready.waited()
        from dashboard.ui.parts.links import every_setting_kept  # torch takes seconds to import: the shell is drawn before

        with every_setting_kept(shown.title):
            tour(shown.title)
            runpy.run_path(str(scripts / shown.script))
