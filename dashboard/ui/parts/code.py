"""What a page gives to a notebook and to a paper: the code that makes its maps, and whom to cite."""

import streamlit as st

from dashboard.export.citations import bibtex
from dashboard.export.code import python_of
from dashboard.export.exhibit import Exhibit


def offer_code(exhibit: Exhibit) -> None:
    """Draws two menus: the Python that makes the maps on the page, and BibTeX of their methods and models."""
    with st.container(horizontal=True, key="code"):
        with st.popover("Copy as Python", icon=":material/code:"):
            st.caption("Makes these very maps in a notebook, with this project installed.")
            st.code(python_of(exhibit), language="python")
        with st.popover("Cite (BibTeX)", icon=":material/format_quote:"):
            st.caption("This tool, the methods and the models on the page.")
            st.code(bibtex(exhibit.shown.values(), exhibit.models.values()), language="bibtex")
