"""One model's side of the compare page: its map, its answer, and what the map means."""

from collections import Counter

import streamlit as st

from dashboard.explain import Comparison, Explanation, Incomparable
from dashboard.figures.maps import Backdrop, difference_figure
from dashboard.methods import Method
from dashboard.models.classifier import Observation
from dashboard.models.device import device_name
from dashboard.ui.explaining import Asked
from dashboard.ui.links import keep_an_option, linked
from dashboard.ui.text import plain

LIKELIEST, NOTHING = "likeliest", "nothing"
CONFIG = {"displayModeBar": False, "scrollZoom": False}


def class_names(labels: tuple[str, ...]) -> list[str]:
    """Labels by index, told apart where a model has two of one name (ImageNet has two cranes)."""
    counts = Counter(labels)
    return [f"{label} ({i})" if counts[label] > 1 else label for i, label in enumerate(labels)]


def pick_class(side: str, labels: tuple[str, ...]) -> int | None:
    """The class that is explained: any of the model's, or None for the likeliest."""
    key, names = f"{side}_class", class_names(labels)
    keep_an_option(key, [LIKELIEST, *names])
    choice = linked(
        st.selectbox, "Class to explain", [LIKELIEST, *names], key=key,
        help="Type to search. Whatever the photo, “likeliest” takes the class that the model finds likeliest.",
    )  # fmt: skip
    return None if choice in (None, LIKELIEST) else names.index(choice)


def pick_against(side: str, labels: tuple[str, ...]) -> int | None:
    """The class that the explained one is held against, None for none."""
    key, names = f"{side}_against", class_names(labels)
    keep_an_option(key, [NOTHING, *names])
    choice = linked(
        st.selectbox, "Rather than", [NOTHING, *names], key=key,
        help="What speaks for the class rather than for this one: the map explains the difference of the two scores.",
    )  # fmt: skip
    return None if choice in (None, NOTHING) else names.index(choice)


def pick_question(side: str, labels: tuple[str, ...], method: Method) -> tuple[int | None, int | None]:
    """The class that is explained, and the one that it is held against where the method knows classes."""
    if not method.class_specific:
        return pick_class(side, labels), None
    explained, other = st.columns(2)
    with explained:
        target = pick_class(side, labels)
    with other:
        return target, pick_against(side, labels)


def waiting() -> None:
    """In place of the difference, while a map is still to be made."""
    st.markdown("**Difference** · in rank")
    st.info("It is shown as soon as both maps are: one of the methods takes many passes, and waits to be run.")


def answers(side: str, seen: Observation, target: int) -> None:
    """The five likeliest classes; a click explains one."""
    names = class_names(seen.prediction.labels)
    top = seen.prediction.top(5)
    key = f"{side}_top"
    st.session_state[key] = names[target] if target in (index for index, _, _ in top) else None
    scores = {names[index]: seen.prediction.in_words(score) for index, _, score in top}
    st.pills(
        "Five likeliest classes: click one to explain it", list(scores), key=key, width="stretch", wrap=True,
        format_func=lambda name: f"{plain(name.split(',')[0])} {scores[name]}",
        on_change=_explain_clicked, args=(side,),
    )  # fmt: skip


def _explain_clicked(side: str) -> None:
    st.session_state[f"{side}_class"] = st.session_state[f"{side}_top"] or LIKELIEST


def facts(asked: Asked, seen: Observation, shown: Explanation | None) -> None:
    """What kind of map this is, what it means (by the method's docstring), what it took, and where it comes from.

    `shown` is the map, None where it waits to be made.
    """
    method, model = asked.method, asked.model
    kind = ":blue-badge[class-specific]" if method.class_specific else ":orange-badge[class-agnostic]"
    sign = " :violet-badge[signed]" if method.signed else ""
    meaning = (method.__doc__ or "").partition("\n")[0]
    size = "{} x {} cells. ".format(*shown.heatmap.shape) if shown else ""
    remark = f" {shown.remark}" if shown and shown.remark else ""
    st.markdown(
        f"{kind}{sign} {meaning} {method.why}{remark} [Paper]({method.paper})\n\n"
        f":small[:gray[{plain(model.title)}, {model.parameters / 1e6:.1f} M parameters, trained on "
        f"{plain(model.training_data or 'data that is not known')}. {size}{_effort(method, seen)} on "
        f"{plain(device_name(model.device))}.]]"
    )
    if model.note:
        st.warning(plain(model.note))


def _effort(method: Method, seen: Observation) -> str:
    """What the map took, and whether its options take more."""
    look = f"{method.passes} pass{'es' if method.passes > 1 else ''}, {seen.milliseconds:.0f} ms"
    units = method.work(seen.evidence)
    return f"{look}, then {units:,} {method.unit} for each choice of options" if units else f"{look}; sliders run none,"


def agreement(
    comparison: Comparison | Incomparable, behind: Backdrop, share: float, names: tuple[str, str] = ("CNN", "ViT")
) -> None:
    """How far the two maps agree, and where they don't; `names` are those of the maps."""
    st.markdown("**Difference** · in rank")
    if isinstance(comparison, Incomparable):
        st.info(comparison.reason)
        return
    st.plotly_chart(
        difference_figure(comparison, behind, names), key="difference", config=CONFIG,
        alt=f"Where the {names[0]} map ranks higher than the {names[1]} map, and where lower, over the photo.",
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
        f"Over the part that both maps cover, on {rows} x {columns} cells. The maps have different units, so only the order of "
        f"their values is compared: orange where the {names[0]} map ranks a place higher, purple where the {names[1]} one does."
    )
