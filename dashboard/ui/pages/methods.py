"""The methods page: the question, all methods' maps small, two of them large, and how far they agree pairwise."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import get_args

import streamlit as st
from torch import Tensor

from dashboard.compare import OTHER, SLOTS, Comparison, Slot, annotate, compare
from dashboard.engine.fitting import first_fitting, fitting, reasons
from dashboard.engine.price import Price, waiting
from dashboard.engine.request import Request
from dashboard.engine.store import Made
from dashboard.export.exhibit import Exhibit
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Backdrop, Style, map_figure
from dashboard.figures.methods import grid_scale, matrix_figure, painted_method, rho_in_words
from dashboard.figures.small_maps import laid
from dashboard.glossary import with_links
from dashboard.methods import Method
from dashboard.metrics import Number, PairMetric
from dashboard.metrics import chosen as chosen_metrics
from dashboard.models.classifier import Classifier
from dashboard.names import class_names
from dashboard.studies.methods import RANK_CORRELATION, Sort, each_with_each, in_order, spread
from dashboard.studies.whereabouts import in_words
from dashboard.ui import caches
from dashboard.ui.parts import panel, sidebar
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.charts import clickable, map_chart
from dashboard.ui.parts.code import offer_code
from dashboard.ui.parts.coming import Comings, how_far, in_place_of_grid, room_for
from dashboard.ui.parts.downloads import Tray, method_files, names_of
from dashboard.ui.parts.explaining import kept, look_behind, made, run, run_button, together, whole_price
from dashboard.ui.parts.linked_maps import DIFFERENCE, Linked, linked_charts
from dashboard.ui.parts.links import linked, linked_choice
from dashboard.ui.parts.looking import backdrop_of, chosen_class, chosen_slot, pick_question, pick_slot
from dashboard.ui.parts.map_grid import SmallMap, map_grid
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import Container

LEAST = 140  # pixels of a small map, which has some words below it
LARGE = {"first": "Left", "second": "Right"}  # the two maps that are shown large: in the address, and on screen
SMALL = 240  # pixels of the longer side of the photo behind small maps
WHOSE = "Methods of the model on the"
TO_RUN = "methods_to_run"  # the labels of the methods that the last click asked to run

SCALE_IN_WORDS = {  # by the scale of the small maps' colours
    "rank": "One scale for all: a cell's colour is its rank within its map, since methods have different units.",
    "linear": "Each map has its own scale of raw values, from its lowest to its highest, since methods have different units.",
    "robust": "Each map has its own scale of raw values, since methods have different units; colours stop at the 2nd and the "
    "98th percentile, and cells beyond are ringed.",
    "auto": "Each map has its own scale of raw values, since methods have different units; where a few cells would flatten the "
    "rest, colours stop at the 2nd and the 98th percentile, and cells beyond are ringed.",
}


@dataclass(frozen=True)
class Entry:
    """One method on the page: its request, the price, and the map that was made, None while it has not been run."""

    request: Request
    price: Price
    made: Made | None

    @property
    def method(self) -> Method:
        return self.request.method

    @property
    def passes(self) -> float:
        """The method's cost in passes: those of the look, and the worth of the remaining work."""
        return self.method.passes + self.price.worth


Entries = Mapping[str, Entry]  # by the method's label


@dataclass(frozen=True)
class Layout:
    """How the small maps are laid out: their order, the reference method for agreement, and whether each has its own scale."""

    sort: Sort
    reference: str
    own_scale: bool


def caveat_and_files(chosen: Chosen) -> Tray:
    """Draws the line below the page's question: what the models were trained on, and the menu of files."""
    return sidebar.caveat_and_files(chosen, _file_names(chosen, chosen_slot()))


def _file_names(chosen: Chosen, slot: Slot) -> dict[str, str]:
    return names_of("methods", chosen.photo, chosen.sides[slot].model.title)


@st.fragment  # so that a choice among the maps does not redraw the sidebar
def show(chosen: Chosen, tray: Tray) -> None:
    """The map of every method that fits, two of them large, and how far all maps agree."""
    notices_here()
    tray.empty()
    requests = ask_all(chosen)
    tray.must_say(_file_names(chosen, chosen_slot()))
    found, agreement, layout = show_all(chosen, requests)
    maps = {name: entry.made.shown for name, entry in found.items() if entry.made}
    exhibit = Exhibit(chosen.photo, maps, chosen.models, None, chosen.style, chosen.share, current_link())
    tray.lay(method_files(exhibit, agreement.matrix, layout.own_scale))
    offer_code(exhibit)


@st.fragment
def meanwhile(chosen: Chosen, coming: Comings) -> None:
    """While a model is being opened: the photo in place of its maps; the page of the other model as ever."""
    sidebar.line_meanwhile()
    notices_here()
    slot = chosen_slot()
    if slot not in coming:
        how_far(OTHER[slot], coming[OTHER[slot]])
        show_all(chosen, ask_all(chosen, coming))
        return
    which, _ = st.columns([3, 10], gap="medium")
    with which:
        pick_slot(chosen, SLOTS, WHOSE, coming)
    how_far(slot, coming[slot])
    room_for("grid")
    in_place_of_grid(caches.screen_copy(chosen.photo, side=SMALL))


def show_all(chosen: Chosen, requests: Sequence[Request]) -> tuple[Entries, "Agreement", Layout]:
    """Draws all maps, two of them large, and how far all agree; returns what files are made of."""
    photo, style, behind, model = chosen.photo, chosen.style, backdrop_of(chosen), requests[0].model
    layout = pick_layout(model)
    found = entries(requests)
    agreement = agreement_of(found)
    found = sorted_by(layout, found, agreement)
    agreement = agreement.ordered(list(found))

    grid = st.container()
    show_reasons(model)
    pair, columns = pick_pair([each.method.label for each in requests])
    with grid:
        small = caches.screen_copy(photo, side=SMALL)
        show_small(found, layout, agreement, pair, small, style)
    show_pair(found, pair, columns, chosen, behind)
    linked_charts(
        [
            *(
                Linked(f"{key}_map", f"{LARGE[key]} map: {name}", f"{LARGE[key]}: ")
                for key, name in zip(LARGE, pair, strict=True)
            ),
            DIFFERENCE,
        ],
        photo,
    )
    show_matrix(found, agreement, pair, chosen.share)
    return found, agreement, layout


def ask_all(chosen: Chosen, coming: Comings = MappingProxyType({})) -> list[Request]:
    """Draws the choice of a side and of a class; returns a request for each method that fits, with default options."""
    which, explained, other = st.columns([3, 5, 5], gap="medium")
    with which:
        side = chosen.sides[pick_slot(chosen, SLOTS, WHOSE, coming)]
    model = side.model
    request, seen = pick_question(side, Request(model, chosen.photo, first_fitting(model)()), explained, other)
    names = class_names(request.model.labels)
    rival = "" if request.against is None else f" compared with **{plain(names[request.against])}**"
    st.markdown(f"{plain(model.title)}: evidence for **{plain(names[chosen_class(request, seen)])}**{rival}.")
    return [replace(request, method=method()) for method in fitting(model)]


def pick_layout(model: Classifier) -> Layout:
    """Draws the choices of how the small maps are laid out."""
    names = [method.label for method in fitting(model)]
    order, beside, scale = st.columns([5, 5, 3], gap="medium")
    with order:
        sort = linked_choice(
            st.segmented_control, "Sort by", get_args(Sort), key="sort", first="family", wrap=True,
            help="By family, by passes through the model, or by agreement with the reference.",
        )  # fmt: skip
    with beside:
        reference = linked_choice(
            st.selectbox, "Reference", names, key="reference", first=first_fitting(model).label,
            help="ρ is each map's rank correlation with this one's: 1 same order, 0 unrelated, -1 reversed.",
        )  # fmt: skip
    with scale.container(height="stretch", vertical_alignment="center"):
        own_scale = linked(
            st.toggle, "Own scale", key="own_scale",
            help="Applies while *Scale* in the sidebar is auto. Off: colours are ranks within each map, since methods have "
            "different units. On: raw values, each map from its own lowest to its highest, robust where a few cells would "
            "flatten the rest. Signed maps are red above zero and blue below either way.",
        )  # fmt: skip
    return Layout(sort, reference, own_scale)


def entries(requests: Sequence[Request]) -> Entries:
    """Makes the maps that are quick or that a click asked for; draws a button that runs all others and says their cost."""
    wanted = st.session_state.pop(TO_RUN, ())
    progress, stop, offer = st.empty(), st.empty(), st.empty()
    with st.spinner("Making the maps …"):
        for each in requests:  # all looks come before the prices, as they show how long a pass takes
            if kept(each) is None:
                look_behind(each)
        prices = [whole_price(each) for each in requests]
        waits = waiting([price.weight for price in prices])
        found = {
            each.method.label: Entry(each, price, kept(each) if slow else made(each))
            for each, price, slow in zip(requests, prices, waits, strict=True)
        }
    running = [entry.request for name, entry in found.items() if name in wanted and entry.made is None]
    if running:
        run(running, "stop_methods", progress, stop)
        found = {name: replace(entry, made=kept(entry.request)) for name, entry in found.items()}
    _offer(offer, [entry for entry in found.values() if entry.made is None])
    return found


def _offer(box: Container, waits: Sequence[Entry]) -> None:
    """Draws a button that runs all methods that wait. Each of them has a button of its own below its small map, too."""
    if waits:
        names = tuple(entry.method.label for entry in waits)
        which = f"all {len(waits)} that wait" if len(waits) > 1 else "the one that waits"
        label = f"Run {which}: {together([entry.request for entry in waits])}"
        run_button(box, label, "run_all", _run, *names)


def _run(*names: str) -> None:
    st.session_state[TO_RUN] = names


@dataclass(frozen=True)
class Agreement:
    """A metric between every two of the maps that were made: `matrix` (M, M), in the order of the methods' labels `names`."""

    names: tuple[str, ...]
    matrix: Tensor

    def between(self, first: str, second: str) -> float:
        """The metric between two methods' maps; NaN if one of them is not made, or is flat."""
        if first not in self.names or second not in self.names:
            return math.nan
        return self.matrix[self.names.index(first), self.names.index(second)].item()

    def ordered(self, names: Sequence[str]) -> "Agreement":
        """The same numbers in the order of `names`, which may hold methods whose maps are not made."""
        made = [name for name in names if name in self.names]
        indices = [self.names.index(name) for name in made]
        return Agreement(tuple(made), self.matrix[indices][:, indices])


def agreement_of(found: Entries, metric: PairMetric = RANK_CORRELATION) -> Agreement:
    """How far every two of the maps that were made agree."""
    maps = {name: entry.made.shown for name, entry in found.items() if entry.made}
    return Agreement(tuple(maps), each_with_each(list(maps.values()), metric))


def sorted_by(layout: Layout, found: Entries, agreement: Agreement) -> Entries:
    """The entries in the order that was chosen."""
    names = list(found)
    with_reference = [agreement.between(name, layout.reference) for name in names]
    return {
        names[i]: found[names[i]] for i in in_order([entry.passes for entry in found.values()], with_reference, layout.sort)
    }


def pick_pair(names: Sequence[str]) -> tuple[tuple[str, str], Sequence[Container]]:
    """Draws the choice of the two large maps; returns their names, and a column for each."""
    columns = st.columns(2, gap="medium")
    chosen = []
    for index, (key, column) in enumerate(zip(LARGE, columns, strict=True)):
        first = names[min(index, len(names) - 1)]
        with column:
            chosen.append(linked_choice(st.selectbox, f"{LARGE[key]} map", names, key=key, first=first))
    first, second = chosen
    return (first, second), columns


def show_small(
    found: Entries, layout: Layout, agreement: Agreement, pair: tuple[str, str], behind: Backdrop, style: Style
) -> None:
    """All maps, small, over the photo; a click on one shows it large."""
    first = next(entry.made.shown.box for entry in found.values() if entry.made)  # stands in for maps that are not made
    boxes = {name: entry.made.shown.box if entry.made else first for name, entry in found.items()}
    maps = [
        _small(entry, layout, agreement.between(name, layout.reference), pair, style, laid(behind, boxes[name]))
        for name, entry in found.items()
    ]
    map_grid(maps, behind, style, "grid", "All methods' maps", opened=_open, run=_run, least=LEAST)
    scale = SCALE_IN_WORDS[grid_scale(style, layout.own_scale)]
    rho = "" if found[layout.reference].made else ", which is not run yet"
    st.caption(with_links(
        f"{scale} Maps that are the same everywhere are hatched. "
        f"Signed maps are red above zero and blue below. ρ is the rank correlation with {layout.reference}{rho}. "
        "Times are as measured: the model's look at the photo, which several methods share, plus the method itself. Click a "
        "map to show it below on the right; the previous right map goes to the left."
    ))  # fmt: skip


def _small(entry: Entry, layout: Layout, rho: float, pair: tuple[str, str], style: Style, place_in_photo: dict) -> SmallMap:
    method, done = entry.method, entry.made
    place = " and ".join(LARGE[key].lower() for key, name in zip(LARGE, pair, strict=True) if name == method.label)
    marks = [word for word, holds in (("class-agnostic", not method.class_specific), ("signed", method.signed)) if holds]
    effort = f"{method.passes} pass{'es' if method.passes > 1 else ''}"
    if entry.price.units:
        effort += f" + {entry.price.units:,} {entry.price.unit}"
    took = "" if done is None else f"{effort}, {_milliseconds(done.look + done.reading)}"
    state = (rho_in_words(rho), took) if took else (f"not run yet: {entry.price}",)
    more = (method.__doc__ or "").partition("\n")[0]
    return SmallMap(
        method.label, (*state, *([", ".join(marks)] if marks else [])), place_in_photo,
        painted_method(done.shown, style, layout.own_scale) if done else None, more, place, chosen=bool(place),
    )  # fmt: skip


def _milliseconds(time: float) -> str:
    return f"{time:.0f} ms" if time < 1000 else f"{time / 1000:.1f} s"


def _open(name: str) -> None:
    """Shows a map large, on the right; the previous right map goes to the left."""
    if name != st.session_state["second"]:
        st.session_state["first"] = st.session_state["second"]
        st.session_state["second"] = name


def show_pair(found: Entries, pair: tuple[str, str], columns: Sequence[Container], chosen: Chosen, behind: Backdrop) -> None:
    """Two maps large, with what they mean, and how far they agree."""
    for key, name, column in zip(LARGE, pair, columns, strict=True):
        with column.container(key=f"{LARGE[key].lower()}_words"):
            _large(key, found[name], chosen, behind)
    first, second = (found[name].made for name in pair)
    if first is None or second is None:
        panel.waiting()
    else:
        panel.agreement(compare(first.shown, second.shown, chosen.share), behind)


def _large(key: str, entry: Entry, chosen: Chosen, behind: Backdrop) -> None:
    request, done = entry.request, entry.made
    if done is None:
        name = entry.method.label
        st.info(f"{name} is not run yet.")
        run_button(st.empty(), f"Run: {entry.price}", f"run_{key}", _run, name)
        return
    figure = map_figure(done.shown, behind, chosen.style, annotate(done.shown, None, chosen.share))
    map_chart(
        f"{key}_map", labelled(figure, done.shown, chosen.photo),
        f"{entry.method.label} of {request.model.title} over {chosen.photo.name}. {in_words(done.shown, chosen.photo.size)}",
    )  # fmt: skip
    panel.below_map(done.shown, request.model, chosen.photo, chosen.style)
    panel.numbers(done.shown, chosen.share)
    panel.facts(request, look_behind(request), done.shown)


def show_matrix(found: Entries, ranked: Agreement, pair: tuple[str, str], share: float) -> None:
    """How far every two maps agree, by a metric that the person chooses; a click on a cell shows the two maps large.

    `ranked` is the agreement by rank correlation, the default metric, which the page has already computed.
    """
    st.markdown("## Agreement between methods")
    metric = _pick_metric(share)
    shown = ranked if metric == RANK_CORRELATION else agreement_of(found, metric)
    _sum_up(found, shown, metric, share)
    framed = tuple(shown.names.index(name) for name in pair if name in shown.names)
    figure = matrix_figure(shown.matrix.numpy(), shown.names, framed if len(framed) == 2 else None, metric)
    clickable("matrix", figure, f"{metric.title} between every two maps.", _open_pair)
    told = f"{metric.title}: {metric.meaning} Measured on the finer grid of the two."
    st.caption(f"{with_links(told)} Click a cell to show both maps above: its row's on the left, its column's on the right.")


def _pick_metric(share: float) -> PairMetric:
    metrics = {metric.label: metric for metric in chosen_metrics(PairMetric, share=share)}
    box, _ = st.columns([1, 2])
    with box:
        label = linked_choice(
            st.selectbox, "Metric", list(metrics), key="metric", first=RANK_CORRELATION.label,
            help="What the matrix shows for each pair. Sorting and ρ above always use rank correlation.",
        )  # fmt: skip
    return metrics[label]


def _sum_up(found: Entries, shown: Agreement, metric: PairMetric, share: float) -> None:
    """One sentence with the median over all pairs, and the lowest value with what chance would give those two maps."""
    summed = spread(shown.matrix)
    if summed is None:
        return
    low, high = (shown.names[index] for index in summed.least)
    median, lowest = (Number(metric, value).in_words for value in (summed.median, summed.lowest))
    least, most = (found[name].made for name in (low, high))
    pair = None if least is None or most is None else compare(least.shown, most.shown, share)
    chance = pair.number(type(metric)).chance_in_words if isinstance(pair, Comparison) else ""
    st.markdown(
        f"{with_links(metric.title)}: between two of these {len(shown.names)} maps the median is **{median}**; {low} and "
        f"{high} agree least, {lowest}{f' ({chance})' if chance else ''}."
    )


def _open_pair(first: str, second: str) -> None:
    st.session_state["first"], st.session_state["second"] = first, second


def show_reasons(model: Classifier) -> None:
    """Which methods don't fit a model, and why."""
    for reason, labels in reasons(model).items():
        st.caption(f":material/block: Not shown: {with_links(', '.join(labels))}. {plain(reason)}")
