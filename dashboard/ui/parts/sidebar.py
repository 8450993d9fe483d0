"""The sidebar of every page: the photo, the models, how maps are drawn, and the link."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from dashboard.compare import Pair, Side, training_note
from dashboard.figures.maps import Style
from dashboard.models.classifier import Classifier
from dashboard.photo import Photo
from dashboard.ui.parts.address import copy_link
from dashboard.ui.parts.coming import Meanwhile
from dashboard.ui.parts.display import pick_style
from dashboard.ui.parts.downloads import Tray, offer_files
from dashboard.ui.parts.glossary import glossary
from dashboard.ui.parts.model_picker import pick_models
from dashboard.ui.parts.notices import no_place_yet
from dashboard.ui.parts.photo_picker import pick_photo
from dashboard.ui.parts.spoken import spoken_names
from dashboard.ui.parts.style import shape_of, style_sheet
from dashboard.ui.parts.text import plain
from dashboard.ui.parts.tour import link_to_first
from dashboard.ui.parts.undo import undo_row
from dashboard.ui.parts.welcome import welcome
from dashboard.ui.streamlit_internals import Container


@dataclass(frozen=True)
class Chosen:
    """What the sidebar chose: photo, models and style; `share`, 0 to 1, is the part of a map's cells that counts as its top."""

    photo: Photo
    sides: Pair[Side]
    style: Style
    share: float

    @property
    def models(self) -> Pair[Classifier]:
        """Both models."""
        return Pair.of(lambda slot: self.sides[slot].model)


@contextmanager
def common_sidebar(meanwhile: Meanwhile) -> Iterator[Chosen]:
    """Draws the sidebar, the same on every page, so that no setting is lost between pages, and above the page its notices.

    The page is drawn in this block. While a model is being opened, `meanwhile` draws it instead, and the run ends. Each has a
    place of its own, and the other's is emptied first: a setting of both would otherwise be taken out of the address as the
    browser removes its older widget.
    """
    no_place_yet()
    style_sheet()
    welcome()
    notices = st.container()
    with st.sidebar:
        undo_row()
        photo = pick_photo()
        sides, coming = pick_models(notices)
        style, share = pick_style()
        copy_link()
        glossary()
        link_to_first()
        spoken_names()
    shape_of(photo)
    chosen = Chosen(photo, sides, style, share)
    whole, partly = (st.empty(), st.container()) if coming else (st.container(), st.empty())
    if coming:
        with partly:
            meanwhile(chosen, coming)
        st.stop()
    with whole:
        yield chosen


def caveat_and_files(chosen: Chosen, names: Mapping[str, str]) -> Tray:
    """Draws the line below a page's question: what the models were trained on, and the menu of files, named by kind."""
    note, files = _line()
    note.caption(f":material/balance: {plain(training_note(chosen.models))}")
    with files:
        return offer_files(names)


def line_meanwhile() -> None:
    """Draws the same line while a model is on its way, so that what is below it stays where it is."""
    note, files = _line()
    note.caption(":material/balance: What the models were trained on is said here when both are open.")
    files.button("Download", icon=":material/download:", width="stretch", disabled=True, key="downloads_meanwhile")


def _line() -> tuple[Container, Container]:
    note, files = st.columns([4, 1], gap="medium", vertical_alignment="center")
    return note, files
