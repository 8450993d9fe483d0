"""A test of the trust page: four photos in one, where the truth is known without a mask."""

import math
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard.compare import SLOTS, Pair, Slot
from dashboard.evidence import Prediction, Probe
from dashboard.explain import Explanation
from dashboard.figures.layers import Panel
from dashboard.figures.maps import Backdrop
from dashboard.metrics import EnergyInside
from dashboard.names import short_names
from dashboard.photo import Photo
from dashboard.samples import SAMPLES
from dashboard.studies.truth import Four, controls, four_in_one, of_other_classes, scored
from dashboard.ui import caches
from dashboard.ui.parts.doubting import Asked
from dashboard.ui.parts.explaining import answers, failing_in_words
from dashboard.ui.parts.panels import show_panels
from dashboard.ui.parts.text import plain
from dashboard.ui.parts.two_maps import two_columns

HOW = (
    "This photo and three samples, each squeezed into a quarter. For each the map asks for the class that the model saw "
    "in it alone: how much of its positive relevance lies in that quarter? A map of no knowledge has 0.25. A method that is "
    "independent of class has one map for all four, so its mean can't be better. The grid pointing game of Böhle et al. 2021 "
    "([arXiv:2104.00032](https://arxiv.org/abs/2104.00032)), which needs no masks."
)


def show_four_photos(asked: Asked) -> None:
    """Four photos in one: whether the map for each photo's class lies in its quarter, for both sides."""
    st.markdown("## Four photos in one")
    four = _four(asked)
    if four is None:
        st.info("There are no three other samples in which both models see other classes than in this photo.")
        return
    behind = caches.screen_copy(four.photo, side=400)
    for slot, place in two_columns().items():
        with place:
            _side(asked, slot, four, behind)
    st.caption(HOW)


def _four(asked: Asked) -> Four | None:
    first = Pair.of(lambda slot: asked.seen[slot].prediction)
    others = {name: caches.sample(name) for name, sample in SAMPLES.items() if sample.shows}
    photos = {name: photo for name, photo in others.items() if photo.digest != asked.chosen.photo.digest}
    with failing_in_words():
        said = {name: Pair.of(lambda slot, photo=photo: _answer(asked, slot, photo)) for name, photo in photos.items()}
    names = of_other_classes(first, said)
    if names is None:
        return None
    classes: dict[Slot, tuple[int, ...]] = {
        slot: tuple(each[slot].top(1)[0][0] for each in (first, *(said[name] for name in names))) for slot in SLOTS
    }
    return four_in_one([asked.chosen.photo, *(photos[name] for name in names)], classes)


def _answer(asked: Asked, slot: Slot, photo: Photo) -> Prediction:
    return caches.STORE.look(asked.requests[slot].model.key, photo, Probe).prediction


def _side(asked: Asked, slot: Slot, four: Four, behind: Backdrop) -> None:
    request, classes = asked.requests[slot], four.classes[slot]
    asks = [replace(request, photo=four.photo, target=each, against=None) for each in classes]
    label = request.method.label
    st.markdown(f"**{asked.chosen.sides[slot].name} · {plain(request.model.title)}** · {label}")
    found = answers(asks, f"four_{slot}", "Run for the four photos")
    if found is None:
        return
    names = short_names(request.model.labels)
    panels = [
        Panel(names[target], each.heatmap.numpy(), each.box, str(number), notes=(_told(four, number, each),))
        for number, (target, each) in enumerate(zip(classes, found, strict=True))
    ]
    show_panels(
        panels, behind, asked.chosen.style, f"{slot}_four", f"{label} for each of the four photos' classes.",
        signed=request.method.signed, cell=request.method.needs.cell,
    )  # fmt: skip
    st.markdown(_table(four, found, [names[each] for each in classes]))


def _told(four: Four, number: int, shown: Explanation) -> str:
    value = _energy(four, number, shown)
    return "flat" if math.isnan(value) else f"{value:.0%} in its quarter"


def _energy(four: Four, number: int, shown: Explanation) -> float:
    numbers = scored(shown, four.quarter(number), four.photo.size)
    return next(each.value for each in numbers if isinstance(each.metric, EnergyInside))


def _table(four: Four, found: Sequence[Explanation], names: Sequence[str]) -> str:
    """For each photo its class and the map's energy in its quarter; then the mean, and its controls."""
    lines, energies, middles = ["| photo | class | energy in its quarter |", "|---|---|---|"], [], []
    for number, (title, name, shown) in enumerate(zip(four.titles, names, found, strict=True)):
        energies.append(_energy(four, number, shown))
        middles.append(controls(four.quarter(number), four.photo.size, shown.box, 1)["a map of the middle"][0])
        lines.append(f"| {plain(title)} | {plain(name)} | {_mean(energies[-1:])} |")
    lines.append(f"| **mean** | | **{_mean(energies)}** |")
    lines.append(f"| *a map of the middle* | | {_mean(middles)} |")
    lines.append("| *by chance* | | 0.25 |")
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> str:
    known = [value for value in values if not math.isnan(value)]
    return f"{sum(known) / len(known):.2f}" if known else "none"
