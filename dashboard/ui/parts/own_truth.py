"""A test of the trust page: a person says where the object is, and every method that fits is held against it."""

import math
from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard.engine.fitting import fitting
from dashboard.engine.request import Request
from dashboard.export.exhibit import stem
from dashboard.export.tables import truth_csv
from dashboard.figures.trust import truth_figure
from dashboard.glossary import with_links
from dashboard.metrics import TruthMetric
from dashboard.metrics import chosen as chosen_metrics
from dashboard.photo import Box, PhotoError, open_photo
from dashboard.studies.truth import Drawn, controls, drawn_box, drawn_mask, scored
from dashboard.ui.parts.charts import box_map
from dashboard.ui.parts.doubting import EDGES, Asked
from dashboard.ui.parts.explaining import quick_ones
from dashboard.ui.parts.links import linked
from dashboard.ui.parts.looking import backdrop_of, pick_slot
from dashboard.ui.parts.text import plain

Line = tuple[str, list[float]]  # a map's name, and its numbers


def show_own_truth(asked: Asked) -> None:
    """The truth as a person gives it, drawn over the photo, and a table of all methods that fit one side's model."""
    st.markdown("## Hold all methods against your own truth")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        drawn = _pick_truth(asked)
    with right:
        slot = pick_slot(asked.chosen, list(asked.requests), "Methods of")
        _table(asked, asked.requests[slot], drawn)


def _pick_truth(asked: Asked) -> Drawn:
    """Draws the photo, on which a box can be dragged, its four numbers, and a field for a mask, which counts if there is one;
    returns the truth.
    """
    photo = asked.chosen.photo
    picture = st.container()
    st.caption("Drag a box on the photo, or type its edges.")
    edges = [
        linked(column.number_input, f"{name.capitalize()} (%)", 0, 100, first, key=f"truth_{name}") / 100
        for column, (name, first) in zip(st.columns(4), EDGES.items(), strict=True)
    ]
    about = "A PNG, stretched over the photo: light is the object."
    file = st.file_uploader("Or a mask", type=["png"], key="truth_mask", help=about)
    drawn = drawn_box(photo.size, edges)
    if file is not None:
        try:
            drawn = drawn_mask(open_photo(file.getvalue(), file.name).image)
        except PhotoError as error:
            st.error(plain(str(error)))
    share = drawn.mask.mean().item()
    with picture:
        box_map(
            "truth", truth_figure(drawn.mask.numpy() >= 0.5, photo.size, backdrop_of(asked.chosen)),
            f"The photo, with your truth outlined: {share:.0%} of it. Drag a box to say where the object is.",
            partial(_take_box, photo.size),
        )  # fmt: skip
    if not share:
        st.info("The truth is empty: nothing can be inside it.")
    return drawn


def _take_box(size: tuple[int, int], box: Box) -> None:
    """Sets the four numbers to a box on a photo of `size` (width, height), in whole percent."""
    edges = box.left / size[0], box.top / size[1], box.right / size[0], box.bottom / size[1]
    for name, edge in zip(EDGES, edges, strict=True):
        st.session_state[f"truth_{name}"] = min(max(round(100 * edge), 0), 100)


def _table(asked: Asked, request: Request, drawn: Drawn) -> None:
    """Every method's numbers, best energy first, then what maps of no knowledge come to."""
    shown = [each for each in quick_ones(_all_methods(request), "truth") if each is not None]
    metrics = chosen_metrics(TruthMetric)
    rows = [(each.method.label, [number.value for number in scored(each, drawn, asked.chosen.photo.size)]) for each in shown]
    rows.sort(key=lambda row: -1.0 if math.isnan(row[1][0]) else row[1][0], reverse=True)
    known = list(controls(drawn, asked.chosen.photo.size, shown[0].box).items())
    st.markdown(_lines(metrics, rows, known))
    st.caption("Largest share inside first; methods with their first options. " + " ".join(
        f"{each.label}: {with_links(each.meaning)}" for each in metrics
    ))  # fmt: skip
    st.download_button(
        "Download the table (CSV)", lambda: truth_csv([each.key for each in metrics], [*rows, *known]),
        f"{stem(asked.chosen.photo.name, request.model.title)}_truth.csv", "text/csv", key="download_truth", on_click="ignore",
        icon=":material/download:",
    )  # fmt: skip


def _all_methods(request: Request) -> list[Request]:
    """The same question to every method that fits; the chosen one with its options."""
    return [
        Request(
            request.model, request.photo, request.method if each is type(request.method) else each(),
            request.target, request.against,
        )
        for each in fitting(request.model)
    ]  # fmt: skip


def _lines(metrics: Sequence[TruthMetric], rows: Sequence[Line], known: Sequence[Line]) -> str:
    """The table as Markdown."""
    lines = ["| method | " + " | ".join(each.label for each in metrics) + " |", "|---" * (len(metrics) + 1) + "|"]
    for name, values in (*rows, *((f"*{name}*", values) for name, values in known)):
        told = ("none" if math.isnan(value) else f"{value:.2f}" for value in values)
        lines.append(f"| {name} | {' | '.join(told)} |")
    return "\n".join(lines)
