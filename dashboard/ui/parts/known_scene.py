"""A section of the known-truth page: one scene, and over it every method's map with the truth outlined."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard.compare import SLOTS, Side, Slot, annotate
from dashboard.engine.fitting import fitting
from dashboard.engine.request import Request
from dashboard.explain import Explanation
from dashboard.export.tables import truth_csv
from dashboard.figures.known_truth import outline_of, outlined, painted_map
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Backdrop, Style, map_figure
from dashboard.figures.small_maps import laid
from dashboard.glossary import with_links
from dashboard.methods import Method
from dashboard.models.classifier import Classifier
from dashboard.names import short_names
from dashboard.numbers import percent
from dashboard.studies.known_truth import (
    HELD_OUT,
    LABELLED,
    MEANINGS,
    MIDDLE,
    NUMBERS,
    PAIRS,
    RANDOM,
    Asked,
    Case,
    Verdict,
    control_verdicts,
    controls,
    known,
    one_object,
    two_objects,
    verdict,
)
from dashboard.studies.whereabouts import in_words
from dashboard.ui import caches
from dashboard.ui.parts.charts import map_chart
from dashboard.ui.parts.explaining import answers, failing_in_words, look_behind, quick_ones, whole_price
from dashboard.ui.parts.links import linked, linked_choice
from dashboard.ui.parts.map_grid import SmallMap, map_grid
from dashboard.ui.parts.own_scene import OBJECTS, compose, pick_things, show_own
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.style import shape_of
from dashboard.ui.parts.text import plain
from dashboard.ui.parts.two_maps import two_columns

KIND: Mapping[Slot, str] = {"left": "CNN", "right": "ViT"}  # of the models of scenes
SCENES = {"one": one_object, "two": two_objects}  # by how many objects are in a scene
OWN = "your own"
THUMBNAILS = 12
FAMILY = "Family"
COLOURS = (
    "Each small map has colours of its own, as methods have different units: red for and blue against the class where it is "
    "signed. Cells beyond the ends of the colours are ringed in white, and a map that is the same everywhere is hatched."
)
FAVOURED, ON_TAG = "A rather than B", "On the tag"
WHOLE = {"box": [0, 0, 100, 100], "unseen": []}  # where a scene lies on itself
FOUND = (
    "whether the map is larger on the object that was asked about than on the other one: 1 or 0, and a half for a map that is "
    "the same on both."
)
TRAINED = (
    "Honest models learned from scenes in which the tag says nothing. For cheating ones every star had the tag, and no other "
    "shape."
)


@dataclass(frozen=True)
class Scene:
    """The scene that was chosen: its `number`, its `case`, `which` of its objects is asked about, and if a person drew it."""

    number: int
    case: Case
    which: str
    drawn: bool

    @property
    def asked(self) -> Asked:
        """The object that is asked about."""
        return self.case.asked[OBJECTS.index(self.which)]

    @property
    def behind(self) -> Backdrop:
        """The scene as figures show it."""
        return caches.screen_copy(self.case.photo)


@dataclass(frozen=True)
class Earned:
    """A map, and what it earns; its `name` is its method's or its control's."""

    name: str
    shown: Explanation
    verdict: Verdict
    signed: bool


def models_of(world: str) -> dict[Slot, Side]:
    """The CNN and the ViT that were trained in a world, as two sides."""
    with failing_in_words(), st.spinner("The models of scenes are being opened …"):
        return {slot: Side(slot, caches.classifier(PAIRS[world][slot])) for slot in SLOTS}


def pick_world() -> str:
    """Draws the choice between the honest pair and the cheating one."""
    return linked_choice(st.segmented_control, "Models", list(PAIRS), key="trained", help=TRAINED)


def pick_known(side: Side) -> Method:
    """Draws the choice of the method whose map is shown large, with its first options; at first one that regards the class."""
    by_name = {method.label: method for method in fitting(side.model)}
    first = next((name for name, method in by_name.items() if method.class_specific), None)
    label = f"Method of the {KIND[side.slot]}"
    return by_name[linked_choice(st.selectbox, label, list(by_name), key=side.key("known"), first=first)]()


def question(model: Classifier, case: Case, asked: Asked, method: Method) -> Request:
    """What is asked about an object of a scene."""
    return Request(model, case.photo, method, known(model.labels, asked.name))


def show_scene(chosen: Chosen) -> None:
    """One scene, its truth, and for the CNN and the ViT every method's map of it."""
    picture, choices = st.columns([2, 5], gap="medium")
    with choices:
        scene, world = _pick()
    shape_of(scene.case.photo)
    with picture:
        _show_truth(scene)
    sides = models_of(world)
    order = _pick_order()
    rows = {}
    for slot, place in two_columns().items():
        with place:
            rows[slot] = _show_side(chosen, sides[slot], scene, order)
    _explain(scene)
    _offer(rows, scene)


def _pick() -> tuple[Scene, str]:
    """Draws the choice of a scene and of the models; returns both."""
    thumbnails = st.container()
    first, second, third, fourth = st.columns([2, 3, 3, 2], vertical_alignment="bottom")
    with first:
        number = linked(st.number_input, "Scene", 0, HELD_OUT - 1, 0, key="scene", help="No model was trained on these.")
    with second:
        objects = linked_choice(st.segmented_control, "Objects", [*SCENES, OWN], key="objects")
    with third:
        world = pick_world()
    with fourth:
        tagged = linked(st.toggle, "Tag", False, key="tag", help="A yellow tag in the corner; all else stays as it is.")
    make = partial(compose, pick_things()) if objects == OWN else SCENES[objects]
    case = make(number, tagged)
    with thumbnails:
        _thumbnails(number, partial(make, tagged=tagged))
    return Scene(number, case, _pick_asked(case), objects == OWN), world


def _pick_asked(case: Case) -> str:
    if len(case.asked) == 1:
        return OBJECTS[0]
    names = ", ".join(f"{which}: {asked.name}" for which, asked in zip(OBJECTS, case.asked, strict=True))
    return linked_choice(st.segmented_control, f"Ask about ({names})", OBJECTS, key="asked")


def _thumbnails(number: int, make: Callable[[int], Case]) -> None:
    """Some scenes, among them the chosen one; a click chooses another."""
    first = min(number // THUMBNAILS * THUMBNAILS, HELD_OUT - THUMBNAILS)
    cases = {each: make(each) for each in range(first, first + THUMBNAILS)}
    pictures = {each: caches.screen_copy(case.photo) for each, case in cases.items()}
    maps = [
        SmallMap(
            f"{each}", (" and ".join(asked.name for asked in case.asked),), WHOLE, {}, chosen=each == number,
            photo=pictures[each].uri,
        )
        for each, case in cases.items()
    ]  # fmt: skip
    behind = pictures[first]
    map_grid(maps, behind, Style(), "scenes", "Scenes", lambda name: st.session_state.update(scene=int(name)), least=60)


def _show_truth(scene: Scene) -> None:
    """The scene, with the object outlined that is asked about, and the answer in words."""
    if scene.drawn:
        show_own(scene.case, scene.which)
    else:
        small = SmallMap(f"Scene {scene.number}", (), WHOLE, {}, outlined=outline_of(scene.asked.mask.numpy()))
        map_grid([small], scene.behind, Style(), "scene_truth", "The scene, with its object outlined")
    others = [each.name for each in scene.case.asked if each is not scene.asked]
    beside = f" Beside it is a **{others[0]}**." if others else ""
    tag = " The yellow tag is no object." if scene.case.tag is not None else ""
    share = percent(scene.asked.mask.mean().item())
    st.markdown(f"The answer is **{scene.asked.name}**, outlined in pink: {share} of the scene.{beside}{tag}")


def _pick_order() -> str:
    names = [*(LABELLED[name] for name in NUMBERS), FAMILY]
    return linked_choice(st.segmented_control, "Sort maps by", names, key="order", wrap=True, help="Best first.")


def _show_side(chosen: Chosen, side: Side, scene: Scene, order: str) -> list[Earned]:
    """One model: what it says, one map large with its numbers, and all maps small. Returns what all maps earn."""
    method = pick_known(side)
    request = question(side.model, scene.case, scene.asked, method)
    _headline(request, scene)
    shown = (answers([request], f"{side.slot}_known") or [None])[0]
    if shown is not None:
        _large(chosen, side, scene, shown)
    requests = [question(side.model, scene.case, scene.asked, each()) for each in fitting(side.model)]
    st.markdown(f"## All {len(requests)} methods of {plain(side.model.title)}")
    found = quick_ones(requests, f"{side.slot}_all_known")
    rows = [
        Earned(each.method.label, each, verdict(each, scene.case, scene.asked), each.method.signed)
        for each in found
        if each is not None
    ]
    rows += _controls(rows[0].shown, scene)
    rows = _in_order(rows, order)
    late = [request for request, each in zip(requests, found, strict=True) if each is None]
    _small(chosen, side, scene, rows, late, method.label)
    return rows


def _headline(request: Request, scene: Scene) -> None:
    answer = look_behind(request).prediction
    index, _, score = answer.top(1)[0]
    name = short_names(answer.labels)[index]
    right = answer.labels[index] in [each.name for each in scene.case.asked]
    badge = ":green-badge[right]" if right else ":red-badge[wrong]"
    st.markdown(f"{plain(request.model.title)} says **{plain(name)} {answer.in_words(score)}** {badge}")


def _large(chosen: Chosen, side: Side, scene: Scene, shown: Explanation) -> None:
    """A map, large, with the truth outlined, and its numbers beside those of the controls."""
    figure = map_figure(shown, scene.behind, chosen.style, annotate(shown, None, chosen.share))
    words = in_words(shown, scene.case.photo.size)
    map_chart(
        side.key("known_map"), labelled(outlined(figure, scene.asked.mask.numpy()), shown, scene.case.photo),
        f"{shown.method.label} of {side.model.title} over scene {scene.number}, the {scene.asked.name} outlined. {words}",
    )  # fmt: skip
    st.markdown(_table(verdict(shown, scene.case, scene.asked), control_verdicts(shown, scene.case, scene.asked), scene.case))


def _table(own: Verdict, of_controls: Mapping[str, Verdict], case: Case) -> str:
    """The numbers of a map and of its controls, as Markdown."""
    lines = ["| number | this map | random maps | the middle |", "|---|---|---|---|"]
    for name, label in _numbers(case).items():
        values = (getattr(each, name) for each in (own, of_controls[RANDOM], of_controls[MIDDLE]))
        lines.append(f"| {label} | {' | '.join(map(_told, values))} |")
    return "\n".join(lines)


def _numbers(case: Case) -> dict[str, str]:
    """The labels of the numbers that a map of a scene has, by their names."""
    more = {"favoured": FAVOURED} if len(case.asked) == 2 else {}
    return LABELLED | more | ({} if case.tag is None else {"on_tag": ON_TAG})


def _told(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.2f}"


def _controls(shown: Explanation, scene: Scene) -> list[Earned]:
    """A random map and one of the middle, on the cells of another map. The random one's numbers are the mean of many."""
    earned = control_verdicts(shown, scene.case, scene.asked)
    return [Earned(name, each, earned[name], False) for name, each in controls(shown, 0).items()]


def _in_order(rows: Sequence[Earned], order: str) -> list[Earned]:
    if order == FAMILY:
        return list(rows)
    by = next(name for name, label in LABELLED.items() if label == order)
    return sorted(rows, key=lambda row: -math.inf if math.isnan(value := getattr(row.verdict, by)) else value, reverse=True)


def _small(chosen: Chosen, side: Side, scene: Scene, rows: Sequence[Earned], late: Sequence[Request], large: str) -> None:
    """All maps, small, each with its numbers; a click shows one large."""
    outline = outline_of(scene.asked.mask.numpy())
    behind = scene.behind
    maps = [
        SmallMap(
            row.name, _notes(row, scene.case), laid(behind, row.shown.box),
            painted_map(row.shown.heatmap.numpy(), chosen.style, row.signed), place=KIND[side.slot], chosen=row.name == large,
            outlined=outline,
        )
        for row in rows
    ]  # fmt: skip
    maps += [
        SmallMap(
            each.method.label, (f"not run yet: {whole_price(each)}",), laid(behind, rows[0].shown.box), None,
            place=KIND[side.slot],
        )
        for each in late
    ]  # fmt: skip
    names = [method.label for method in fitting(side.model)]

    def enlarge(name: str) -> None:
        if name in names:  # a control is no method
            st.session_state[side.key("known")] = name

    def start(name: str) -> None:
        enlarge(name)
        st.session_state[f"{side.slot}_known_is_wanted"] = True

    map_grid(
        maps, behind, chosen.style, side.key("known_grid"), f"All maps of {side.model.title}, the {scene.asked.name} outlined",
        enlarge, start,
    )  # fmt: skip


def _notes(row: Earned, case: Case) -> tuple[str, ...]:
    """What a map earns, in lines as short as a small map is wide."""
    return tuple(f"{label} {_told(getattr(row.verdict, name))}" for name, label in _numbers(case).items())


def _explain(scene: Scene) -> None:
    """What each number means, and what it is held against."""
    told = [f"**{LABELLED[name]}**: {MEANINGS[name]}" for name in NUMBERS]
    if len(scene.case.asked) == 2:
        told.append(f"**{FAVOURED}**: {FOUND}")
    if scene.case.tag is not None:
        told.append(f"**{ON_TAG}**: the share of the map's positive relevance that lies on the tag.")
    st.caption(
        with_links("All from 0 to 1. " + " ".join(told))
        + " *Random maps*: the mean of 20, of which the first is shown; *the middle*: a Gaussian about the scene's centre. "
        "Neither knows the scene, so a map that earns no more than they do has found nothing. Methods have their first options "
        f"here. {COLOURS}"
    )


def _offer(rows: Mapping[Slot, Sequence[Earned]], scene: Scene) -> None:
    """Draws a button for the numbers of all maps, as a table."""
    named = _numbers(scene.case)
    lines = [
        (f"{row.name} ({KIND[slot]})", [getattr(row.verdict, name) for name in named])
        for slot, of_side in rows.items()
        for row in of_side
    ]
    st.download_button(
        "Download the numbers (CSV)", lambda: truth_csv(list(named), lines), f"scene_{scene.number}_truth.csv", "text/csv",
        key="download_scene", on_click="ignore", icon=":material/download:",
    )  # fmt: skip
