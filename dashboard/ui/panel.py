"""One model's side of the compare page: its map, its answer, and what the map means."""

from collections import Counter

import streamlit as st

from dashboard.explain import Comparison, Explanation
from dashboard.figures.maps import Backdrop, difference_figure
from dashboard.methods import Method
from dashboard.models.classifier import Classifier, Observation
from dashboard.models.device import device_name
from dashboard.ui.links import keep_an_option, linked
from dashboard.ui.text import plain

LIKELIEST = "likeliest"
CONFIG = {"displayModeBar": False, "scrollZoom": False}


def title(method: Method, model: Classifier) -> None:
    """Which map of which model this is."""
    st.markdown(f"**{method.label}** · {plain(model.title)}")


def class_names(labels: tuple[str, ...]) -> list[str]:
    """Labels by index, told apart where a model has two of one name (ImageNet has two cranes)."""
    counts = Counter(labels)
    return [f"{label} ({i})" if counts[label] > 1 else label for i, label in enumerate(labels)]


def pick_class(side: str, seen: Observation) -> int:
    """The class that is explained: any of the model's, the likeliest unless one is chosen."""
    key, names = f"{side}_class", class_names(seen.prediction.labels)
    keep_an_option(key, [LIKELIEST, *names])
    choice = linked(
        st.selectbox, "Class to explain", [LIKELIEST, *names], key=key,
        help="Type to search. Whatever the photo, “likeliest” takes the class that the model finds likeliest.",
    )  # fmt: skip
    return seen.prediction.top(1)[0][0] if choice in (None, LIKELIEST) else names.index(choice)


def answers(side: str, seen: Observation, target: int) -> None:
    """The five likeliest classes; a click explains one."""
    names = class_names(seen.prediction.labels)
    top = seen.prediction.top(5)
    key = f"{side}_top"
    st.session_state[key] = names[target] if target in (index for index, _, _ in top) else None
    chances = {names[index]: chance for index, _, chance in top}
    st.pills(
        "Five likeliest classes: click one to explain it", list(chances), key=key, width="stretch", wrap=True,
        format_func=lambda name: f"{plain(name.split(',')[0])} {chances[name]:.1%}",
        on_change=_explain_clicked, args=(side,),
    )  # fmt: skip


def _explain_clicked(side: str) -> None:
    st.session_state[f"{side}_class"] = st.session_state[f"{side}_top"] or LIKELIEST


def facts(shown: Explanation, seen: Observation, model: Classifier) -> None:
    """What kind of map this is, what it means (by the method's docstring), and where it comes from."""
    specific = shown.method.class_specific
    kind = ":blue-badge[class-specific]" if specific else ":orange-badge[class-agnostic]"
    sign = " :violet-badge[signed]" if shown.method.signed else ""
    passes = f"{seen.passes} pass" + ("es" if seen.passes > 1 else "")
    rows, columns = shown.heatmap.shape
    meaning = (shown.method.__doc__ or "").partition("\n")[0]
    st.markdown(
        f"{kind}{sign} {meaning} {shown.method.why} [Paper]({shown.method.paper})\n\n"
        f":small[:gray[{plain(model.title)}, {model.parameters / 1e6:.1f} M parameters, trained on "
        f"{plain(model.training_data or 'data that is not known')}. {rows} x {columns} cells. "
        f"{passes}, {seen.milliseconds:.0f} ms on {plain(device_name(model.device))}; sliders run none.]]"
    )
    if model.note:
        st.warning(plain(model.note))


def agreement(comparison: Comparison | None, behind: Backdrop, share: float) -> None:
    """How far the two maps agree, and where they don't."""
    st.markdown("**Difference** · in rank")
    if comparison is None:
        st.warning("The two models saw no common part of this photo, so their maps can't be compared.")
        return
    st.plotly_chart(
        difference_figure(comparison, behind, ("CNN", "ViT")), key="difference", config=CONFIG,
        alt="Where the CNN's map ranks higher than the ViT's, and where lower, over the photo.",
    )  # fmt: skip
    rows, columns = comparison.difference.shape
    numbers = st.container(horizontal=True)
    numbers.metric(
        "Spearman", comparison.spearman_in_words, help="Rank correlation of the maps: 1 same order, 0 unrelated, -1 reversed.",
    )  # fmt: skip
    numbers.metric(
        f"Top {share:.0%}", f"{comparison.overlap:.2f}", f"chance {comparison.chance:.2f}", delta_color="off",
        delta_arrow="off", help="Of the cells in either map's top, the share that is in both, beside what chance gives.",
    )  # fmt: skip
    st.caption(
        f"Over the part that both models saw, on {rows} x {columns} cells. The maps have different units, so only the order "
        "of their values is compared: orange where the CNN's ranks a place higher, purple where the ViT's does."
    )
