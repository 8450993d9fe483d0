"""A test of the trust page: whether a map changes where the model does, and stays where the photo shows the same."""

import math
from dataclasses import replace

import streamlit as st
import torch

from dashboard.compare import Slot
from dashboard.engine.sanity import randomised
from dashboard.explain import Explanation
from dashboard.figures.layers import Panel
from dashboard.glossary import with_links
from dashboard.metrics import of_sanity
from dashboard.models.shuffled import PARTS
from dashboard.numbers import signed
from dashboard.studies.sanity import NOISE, SMOOTH, Broken, Steadiness, broken, copies, smoothing, steadiness
from dashboard.ui import caches
from dashboard.ui.parts.doubting import Asked
from dashboard.ui.parts.explaining import answers, look_behind, tried
from dashboard.ui.parts.links import linked
from dashboard.ui.parts.panels import show_panels
from dashboard.ui.parts.text import plain
from dashboard.ui.parts.two_maps import two_columns

HOW = (
    "A copy of the model has its weights shuffled, from the head down; ρ is the rank correlation with the intact model's map. "
    "A map that explains the model falls apart with it; one that does not shows the photo rather than what the model learnt "
    "(Adebayo et al. 2018, [arXiv:1810.03292](https://arxiv.org/abs/1810.03292)). Beware of the other end, too: a map of much "
    "noise changes with anything (Hedström et al. 2024, [arXiv:2401.06465](https://arxiv.org/abs/2401.06465)). And eMPRT is "
    "large where a few cells of the intact map outshine all others, whatever the model lost."
)
STEADY, PARTLY = 0.7, 0.3  # rank correlations above which two maps say much the same, and above which they share something


def show_sanity(asked: Asked) -> None:
    """For both sides: the map while the model loses what it learnt, and for a mirrored photo and noisy ones."""
    st.markdown("## Break the model: does the map notice?")
    smooth = linked(
        st.toggle, "Average over noisy copies", False, key="smooth_sanity",
        help=f"sMPRT: each map is the mean over {SMOOTH} copies of the photo with noise. So a map that is much noise, and "
        "changes with anything, does not pass for one that follows its model.",
    )  # fmt: skip
    for slot, place in two_columns().items():
        with place:
            st.markdown(f"**{asked.chosen.sides[slot].name} · {plain(asked.requests[slot].model.title)}**")
            shown = asked.shown[slot]
            if shown is None or shown.flat:
                st.info("Needs a map that has been run and is not flat.")
                continue
            _broken(asked, slot, shown, smooth)
    st.caption(HOW)
    st.markdown("## Change what should not matter: does the map hold?")
    for slot, place in two_columns().items():
        shown = asked.shown[slot]
        if shown is not None and not shown.flat:
            with place:
                _steady(asked, slot, shown.target)


def _broken(asked: Asked, slot: Slot, shown: Explanation, smooth: bool) -> None:
    request = asked.requests[slot]
    target = shown.prediction.top(1)[0][0] if shown.target is None else shown.target
    photos = smoothing(request.photo) if smooth else (request.photo,)
    trial = randomised(request, target, request.method.work(look_behind(request).evidence), photos)
    maps = tried({slot: [trial]}, f"broken_{slot}", "Shuffle the weights", patience=0.0)
    if maps is None:
        return
    intact, *others = maps[slot][0]
    found = broken(intact, torch.stack(others))
    panels = [Panel("intact", intact.numpy(), shown.box, "intact")]
    panels += [
        Panel(part, each.numpy(), shown.box, part, notes=(_rho(correlation),))
        for part, each, correlation in zip(PARTS, found.maps, found.correlations, strict=True)
    ]
    small, label = caches.screen_copy(asked.chosen.photo, side=400), request.method.label
    show_panels(
        panels, small, asked.chosen.style, f"{slot}_broken", f"{label}, as weights are shuffled from the head down.",
        signed=request.method.signed, cell=request.method.needs.cell,
    )  # fmt: skip
    st.markdown(_verdict(label, found))
    numbers = of_sanity(intact, found.maps, smooth=smooth)
    lines = [f"| {label} | number | chance |", "|---|---|---|"]
    lines += [f"| {each.metric.title} | **{each.in_words}** | {each.chance or 0.0:.2f} |" for each in numbers]
    st.markdown("\n".join(lines))
    st.caption(" ".join(f"{each.metric.title}: {with_links(each.metric.meaning)}" for each in numbers))


def _rho(correlation: float) -> str:
    return "no ρ" if math.isnan(correlation) else f"ρ {signed(correlation)}"


def _verdict(label: str, found: Broken) -> str:
    last = found.correlations[-1]
    if found.unread == len(PARTS):
        return f":red-badge[reads no weight] {label} is the same map whatever the model learnt: it explains nothing of it."
    badge = f":orange-badge[never reads the {PARTS[found.unread - 1]}] " if found.unread else ""
    unread = "So it can't tell why one class was chosen over another. " if found.unread else ""
    if last > STEADY:
        return f"{badge}{unread}With all weights shuffled the map is still much the same ({_rho(last)}): it shows the photo."
    if last > PARTLY:
        return f"{badge}{unread}With all weights shuffled a part of the map stays ({_rho(last)}): that part shows the photo."
    return f"{badge}{unread}With all weights shuffled little is left of the map ({_rho(last)}), as should be."


def _steady(asked: Asked, slot: Slot, target: int | None) -> None:
    request, made = asked.requests[slot], copies(asked.chosen.photo)
    photos = (made.plain, made.mirrored, *made.noisy)
    asks = [replace(request, photo=photo, target=target) for photo in photos]
    found = answers(asks, f"steady_{slot}", "Run for a mirrored photo and noisy ones")
    if found is None:
        return
    st.markdown(_held(steadiness(found[0], found[1], found[2:]), found))


def _held(steady: Steadiness, found: list[Explanation]) -> str:
    says = [each.prediction.in_words(each.prediction.scores[found[0].prediction.top(1)[0][0]].item()) for each in found]
    worst = min(steady.noisy)
    return "\n".join([
        "| copy of the photo | ρ with the map | the model's score |", "|---|---|---|",
        f"| mirrored, the map mirrored back | {_rho(steady.mirrored)} | {plain(says[0])} → {plain(says[1])} |",
        f"| noise of at most {NOISE:.0%}, worst of {len(steady.noisy)} | {_rho(worst)} | {plain(says[0])} → "
        f"{plain(says[2 + steady.noisy.index(worst)])} |",
    ])  # fmt: skip
