"""Blocks about one map or two: the choice of classes, the model's predictions, what a map means, and how far two agree."""

from collections.abc import Sequence

import streamlit as st

from dashboard.compare import Comparison, Incomparable, Side
from dashboard.engine.request import Request
from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.figures.maps import Backdrop, Style, difference_figure, outliers_in_words
from dashboard.glossary import with_links
from dashboard.methods import Method
from dashboard.metrics import Number, of_map
from dashboard.models.classifier import Classifier, Observation
from dashboard.models.device import device_name
from dashboard.models.preprocessing import seen_in_words
from dashboard.names import NO_CLASS, TOP, class_called, class_names, short_names
from dashboard.photo import Photo
from dashboard.studies.whereabouts import in_words
from dashboard.ui.parts.charts import map_chart
from dashboard.ui.parts.links import linked_choice
from dashboard.ui.parts.text import plain

DISAGREEMENT = with_links("**Where they disagree** (by rank)")
INDEPENDENT = "independent of class"
LONGEST_ABOVE = 28  # characters of the names of classes that stand above a map, which a phone shows in one line
ONCE = {TOP: "likeliest", NO_CLASS: "nothing"}  # the words for these in older links


def pick_class(side: Side) -> int | None:
    """Draws the choice of the class to explain; returns its number, or None for the model's top prediction."""
    model = side.model
    names = class_names(model.labels)
    choice = linked_choice(
        st.selectbox, "Class to explain", (TOP, *names), key=side.key("class"), read=lambda text: _class_or(TOP, text, model),
        gone=lambda name: f"{plain(name)} is not a class of {plain(model.title)}; explaining its top prediction.",
        help=f"Type to search. “{TOP}” is the class that the model ranks first, for any photo.",
    )  # fmt: skip
    return None if choice == TOP else names.index(choice)


def pick_against(side: Side, explained: int) -> int | None:
    """Draws the choice of another class to compare the explained one with; returns its number, or None for no comparison."""
    model = side.model
    names = class_names(model.labels)
    others = (*names[:explained], *names[explained + 1 :])

    def gone(name: str) -> str:
        reason = "the class that is explained" if name == names[explained] else f"not a class of {plain(model.title)}"
        return f"{plain(name)} is {reason}; comparing with no other class."

    choice = linked_choice(
        st.selectbox, "Compared with", (NO_CLASS, *others), key=side.key("against"), gone=gone,
        read=lambda text: _one_of(others, _class_or(NO_CLASS, text, model)),
        help="Shows evidence for the explained class over this one: the map explains the difference of the two scores.",
    )  # fmt: skip
    return None if choice == NO_CLASS else names.index(choice)


def _class_or(word: str, text: str, model: Classifier) -> str | None:
    """The name of the class that a link's text means, or the box's own `word` if that is meant; None if neither."""
    index = class_called(text, model.labels)
    if index is not None:
        return class_names(model.labels)[index]
    return word if text in (word, ONCE[word]) else None


def _one_of(names: Sequence[str], name: str | None) -> str | None:
    return name if name == NO_CLASS or name in names else None


def headline(side: Side, request: Request, seen: Observation) -> None:
    """Draws three lines above a map: what the model says, and in small which classes it knows and what the map shows.

    No line is longer than a phone is wide, as far as it is the page's own, so that two maps beside each other are level.
    """
    answer, method = seen.prediction, request.method
    unsure = " :small[:gray[none likely]]" if answer.unsure else ""
    says = f"{plain(side.model.title)}: **{plain(_says(answer))}**{unsure}"
    asked = plain(_asked(request, answer)) if method.class_specific else with_links(INDEPENDENT)
    about = f"{with_links(method.label)} · {asked}"
    st.markdown(f"{says}  \n:small[:gray[{_known(answer)}]]  \n:small[:gray[{about}]]")


def headline_of(request: Request, seen: Observation) -> tuple[str, str]:
    """What the model says, and which method made the map and which class it explains: outside text, not made safe to show."""
    answer = seen.prediction
    asked = _asked(request, answer) if request.method.class_specific else INDEPENDENT
    return _says(answer), f"{request.method.label} · {asked}"


def _says(answer: Prediction) -> str:
    index, _, score = answer.top(1)[0]
    return f"{short_names(answer.labels)[index]} {answer.in_words(score)}"


def _asked(request: Request, answer: Prediction) -> str:
    """Which class a class-specific map explains, and over which other."""
    short = short_names(answer.labels)
    explained = answer.top(1)[0][0] if request.target is None else request.target
    rival = "" if request.against is None else f" over “{short[request.against]}”"
    return f"evidence for “{short[explained]}”{rival}"


def _known(answer: Prediction) -> str:
    """How many classes a model knows, with the first of them if they are few: all of those stand below the predictions."""
    count = f"Knows {len(answer.labels):,} class{'es' if len(answer.labels) > 1 else ''}"
    if not answer.few:
        return count
    names = class_names(answer.labels)
    told = [name for end, name in enumerate(names, 1) if len(", ".join(names[:end])) <= LONGEST_ABOVE]
    more = " …" if len(told) < len(names) else ""
    return f"{count}{': ' if told else ''}{plain(', '.join(told))}{more if told else ''}"


def among(answer: Prediction) -> str:
    """What puts a model's answer in its place: that it knows few classes, and that none of its classes is likely."""
    likely = ", none likely" if answer.unsure else ""
    return f"of {len(answer.labels):,} classes{likely}" if answer.few or answer.unsure else ""


def waiting() -> None:
    """Stands in place of the comparison while a map has not been run."""
    st.markdown(DISAGREEMENT)
    st.info("Needs both maps. One of the methods takes many passes and has not been run yet.")


def answers(side: Side, seen: Observation, target: int, specific: bool) -> None:
    """The five classes with the highest scores, plus the `target` if it is not among them; a click explains a class, if the
    map is `specific` to one.
    """
    answer, key = seen.prediction, side.key("top")
    does = "click to explain" if specific else "the map is the same for each"
    names, short = class_names(answer.labels), short_names(answer.labels)
    told = {names[index]: f"{plain(short[index])} {answer.in_words(score)}" for index, _, score in answer.top(5)}
    told.setdefault(names[target], f"{plain(short[target])} {answer.in_words(answer.scores[target].item())}")
    st.session_state[key] = names[target]
    with st.container(gap=None):  # the visible label is separate: screen readers read the pills' own, escapes and all
        st.markdown(f":small[{with_links('Top 5 predictions')} of {plain(side.model.title)} · {does}]")
        st.pills(
            "The likeliest classes", list(told), key=key, wrap=True, format_func=told.__getitem__, label_visibility="collapsed",
            on_change=_explain_clicked, args=(side,),
        )  # fmt: skip
    _what_it_knows(answer)


def _what_it_knows(answer: Prediction) -> None:
    """Draws below the predictions which classes a model knows, if they are few, and whether none of them is likely."""
    names = class_names(answer.labels)
    knows = f"Knows {len(names)} classes: {plain(', '.join(names))}." if answer.few else ""
    score = answer.in_words(answer.scores.max().item())
    unsure = f"**None of its {len(names):,} classes is likely here**: the top score is {score}." if answer.unsure else ""
    if knows or unsure:
        st.caption(f"{unsure} {knows}".strip())


def _explain_clicked(side: Side) -> None:
    st.session_state[side.key("class")] = st.session_state[side.key("top")] or TOP


def below_map(shown: Explanation, model: Classifier, photo: Photo, style: Style) -> None:
    """Draws below a map, in words, where it is bright, which part of the photo its model saw if not about all of it as it is,
    and which values its colours leave out. Of a flat map the picture itself says that it is flat.
    """
    about = () if shown.flat else (in_words(shown, photo.size), outliers_in_words(shown, style))
    told = " ".join(filter(None, (*about[:1], seen_in_words(model.preprocessing, *photo.size), *about[1:])))
    if told:
        st.caption(with_links(told))


def numbers(shown: Explanation | None, share: float) -> None:
    """Draws a map's own numbers, if it has been run. A flat map has none, and the picture itself says that it is flat."""
    found = () if shown is None or shown.flat else of_map(shown.heatmap, share=share)
    if found:
        told = (f"{with_links(number.metric.title)} {' '.join(_with_chance(number))}" for number in found)
        helped = "\n\n".join(
            f"{number.metric.title}: {with_links(number.metric.meaning)} [Source]({number.metric.paper})" for number in found
        )
        st.caption(" · ".join(told), help=helped)


def _with_chance(number: Number) -> tuple[str, ...]:
    return (number.in_words, f"({number.chance_in_words})") if number.chance is not None else (number.in_words,)


def facts(request: Request, seen: Observation, shown: Explanation | None) -> None:
    """What kind of map this is, what it means (the method's docstring), what it cost, and which model it explains.

    `shown` is the map, None if it has not been run.
    """
    method, model = request.method, request.model
    kind = ":blue-badge[class-specific]" if method.class_specific else ":orange-badge[class-agnostic]"
    sign = " :violet-badge[signed]" if method.signed else ""
    meaning = (method.__doc__ or "").partition("\n")[0]
    size = "{} x {} cells. ".format(*shown.heatmap.shape) if shown else ""
    remark = f" {shown.remark}" if shown and shown.remark else ""
    st.markdown(
        f"{kind}{sign} {with_links(f'{meaning} {method.why}')}{remark} [Paper]({method.paper})\n\n"
        f":small[:gray[{plain(model.title)}, {model.parameters / 1e6:.1f} M parameters, trained on "
        f"{plain(model.training_data or 'data that is not known')}. {size}{_effort(method, seen, model)}]]"
    )
    if model.note:
        st.warning(plain(model.note))


def _effort(method: Method, seen: Observation, model: Classifier) -> str:
    """What the map cost, and whether other options need more passes."""
    passes = f"{method.passes} pass{'es' if method.passes > 1 else ''}, {seen.milliseconds:.0f} ms"
    device, units = plain(device_name(model.device)), method.work(seen.evidence)
    if units:
        return f"{passes} on {device}, then {units:,} {method.unit} for each choice of options."
    return f"{passes} on {device}. Sliders need no new pass."


def agreement(comparison: Comparison | Incomparable, behind: Backdrop) -> None:
    """Draws where two maps disagree, and how far they agree."""
    st.markdown(DISAGREEMENT)
    if isinstance(comparison, Incomparable):
        st.info(plain(comparison.reason))
        return
    picture, told = st.columns(2, gap="medium")
    with picture:
        map_chart(
            "difference", difference_figure(comparison, behind),
            "Where the left map ranks higher than the right one, and where lower, over the photo.",
        )  # fmt: skip
    with told:
        _how_far(comparison)


def _how_far(comparison: Comparison) -> None:
    rows, columns = comparison.difference.shape
    row = st.container(horizontal=True)
    for number in comparison.numbers:
        metric = number.metric
        row.metric(
            with_links(metric.title), number.in_words, number.chance_in_words or None, delta_color="off", delta_arrow="off",
            help=f"{with_links(metric.meaning)} [Source]({metric.paper})",
        )  # fmt: skip
    st.caption(
        f"**{comparison.in_words}** Over the part that both maps cover, on {rows} x {columns} cells. The maps have different "
        "units, so only the order of their values is compared: orange where the left map ranks a place higher, purple where "
        "the right one does."
    )
