"""What every test of the trust page works with, and what takes the place of what is taken away."""

from dataclasses import dataclass
from typing import get_args

import streamlit as st

from dashboard.compare import Pair, compare
from dashboard.engine.request import Request
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit
from dashboard.models.classifier import Observation
from dashboard.studies.trust import Baseline, Grid
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.downloads import Tray
from dashboard.ui.parts.links import linked_choice
from dashboard.ui.parts.sidebar import Chosen

EDGES = {"left": 25, "top": 25, "right": 75, "bottom": 75}  # of a box at first, in percent


@dataclass(frozen=True)
class Asked:
    """What a section of the page works with: what was chosen, asked and shown, and the cells that both models saw."""

    chosen: Chosen
    requests: Pair[Request]
    seen: Pair[Observation]
    shown: Pair[Explanation | None]
    grid: Grid
    tray: Tray

    @property
    def exhibit(self) -> Exhibit | None:
        """What the page's files are made of; None while no map is run."""
        maps = {slot: shown for slot, shown in self.shown.items() if shown is not None}
        left, right = self.shown.left, self.shown.right
        share, models = self.chosen.share, Pair.of(lambda slot: self.requests[slot].model)
        agreement = None if left is None or right is None else compare(left, right, share)
        link = current_link()
        return Exhibit(self.chosen.photo, maps, models, agreement, self.chosen.style, share, link) if maps else None


def pick_baseline() -> Baseline:
    """Draws the choice of what stands in place of what is taken away."""
    box, _ = st.columns([1, 3])
    with box:
        return linked_choice(
            st.selectbox, "Put in its place", get_args(Baseline), key="baseline",
            help="Blur leaves colours and light and takes shapes away. One colour has hard edges, which a model may take for "
            "a thing. Neighbours fill a hole from around it, as ROAD does. No choice is neutral, so try several.",
        )  # fmt: skip
