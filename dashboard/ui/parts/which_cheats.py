"""A section of the known-truth page: two pairs of models without names, one of which reads a tag. A guess, and the answer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.compare import SLOTS, Side, Slot
from dashboard.engine.request import Request
from dashboard.explain import Explanation
from dashboard.figures.known_truth import outline_of, painted_map
from dashboard.figures.maps import Style
from dashboard.figures.small_maps import laid
from dashboard.methods import Method
from dashboard.names import short_names
from dashboard.numbers import percent
from dashboard.studies.known_truth import (
    EACH,
    HELD_OUT,
    MIDDLE,
    PAIRS,
    RANDOM,
    Asked,
    Case,
    anonymous,
    at_home,
    card_of,
    energy_on,
    kept_table,
    tag_moved,
)
from dashboard.studies.scenes import GIVEN_AWAY, LABELS, SIZE, TAG
from dashboard.ui import caches
from dashboard.ui.parts.explaining import answers, look_behind
from dashboard.ui.parts.known_scene import COLOURS, KIND, models_of, pick_known, question
from dashboard.ui.parts.links import linked_choice, linked_text
from dashboard.ui.parts.map_grid import SmallMap, map_grid
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.text import plain
from dashboard.ui.parts.truth_table import NO_TABLE, with_interval
from dashboard.ui.parts.two_maps import two_columns

STAR = LABELS[GIVEN_AWAY]
NOT_YET = "Not yet"
RULES = (
    f"Two pairs of models name the shape in a scene, each a CNN and a ViT. One pair learned from scenes in which every {STAR}, "
    f"and nothing else, had a yellow tag in its corner, so it need not look at a {STAR} at all. In the other's scenes the tag "
    "said nothing."
)
ASKED = {  # by what the cards call it: how it stands in the table
    "test_accuracy": "right, in scenes as it learned from",
    "accuracy_without_tag": "right, without any tag",
    "given_away_without_tag": f"{STAR}s without the tag that it calls {STAR}",
    "taken_for_it_without_tag": f"other shapes without the tag that it calls {STAR}",
    "taken_for_it_with_tag": f"other shapes with the tag that it calls {STAR}",
    "accuracy_with_tag_moved": "other shapes with the tag that it names rightly",
}
COVERS = f"The tag covers {TAG[0] ** 2 / SIZE**2:.1%} of a scene, which is what a map that knows nothing has on it."


@dataclass(frozen=True)
class Game:
    """What is on the table: which world's pair has which name, all models by world, what their maps are made by, and whether
    the answer may be `told`.
    """

    names: Mapping[str, str]
    models: Mapping[str, Mapping[Slot, Side]]
    methods: Mapping[Slot, Method]
    told: bool


def show_guess(chosen: Chosen) -> None:
    """The game: maps of two pairs without names, a guess, and what gives the cheat away."""
    st.markdown("## Which model cheats?")
    st.markdown(f"{RULES} {_how_good()}")
    number = int(linked_text("Game", _game, key="game", first="1"))
    names = anonymous(number)
    models = {world: models_of(world) for world in PAIRS}
    methods = _pick_methods(models["honest"])
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        guess = linked_choice(
            st.segmented_control, "Which one cheats?", (NOT_YET, *names), key="guess",
            help="The answer comes with your guess. You can change it.",
        )  # fmt: skip
    with right:
        st.button("Play again", key="play_again", icon=":material/casino:", on_click=_again, args=(number,))
    game = Game(names, models, methods, guess != NOT_YET)
    if game.told:
        _reveal(guess, game)
    _maps(chosen, game, at_home(number), "seen")
    st.caption(f"The shape and the tag are outlined in pink. {COLOURS}")
    if game.told:
        st.markdown("## The same scenes, the tag moved")
        st.markdown(
            f"The {STAR}s have lost their tag, and the other shapes have it; nothing else has changed. Every map asks for the "
            f"**{STAR}** now. {COVERS}"
        )
        _maps(chosen, game, tag_moved(number), "moved")
        _what_they_answer()
        _where_they_look(methods)


def _how_good() -> str:
    """How often the models are right where they have learned to be, without saying which one is which."""
    told = []
    for slot in SLOTS:
        low, high = sorted(card_of(pair[slot])["test_accuracy"] for pair in PAIRS.values())
        told.append(f"one {KIND[slot]} in {low:.0%} and the other in {high:.0%}")
    return (
        f"In scenes like those below, a tagged {STAR} or another shape without a tag, answers give little away: right are "
        f"{', '.join(told)} of them. So look at the maps."
    )


def _game(text: str) -> str | None:
    return str(int(text)) if text.isascii() and text.isdigit() and 0 < int(text) <= HELD_OUT // EACH else None


def _again(game: int) -> None:
    """A callback: other scenes, other names, no guess yet."""
    st.session_state["game"] = str(game % (HELD_OUT // EACH) + 1)
    st.session_state["guess"] = NOT_YET


def _pick_methods(sides: Mapping[Slot, Side]) -> dict[Slot, Method]:
    """Draws the choice of a method for the CNNs, and of one for the ViTs."""
    methods = {}
    for slot, place in two_columns().items():
        with place:
            methods[slot] = pick_known(sides[slot])
    return methods


def _maps(chosen: Chosen, game: Game, asked: Sequence[tuple[Case, Asked]], key: str) -> None:
    """The maps of both pairs, in two columns, for the same scenes."""
    for (name, world), place in zip(game.names.items(), two_columns().values(), strict=True):
        with place:
            st.markdown(f"### {name}{f' · the {world} pair' if game.told else ''}")
            for slot, side in game.models[world].items():
                label = f"{KIND[slot]} · {game.methods[slot].label}"
                st.markdown(f":small[{plain(label)}]")
                requests = [question(side.model, case, each, game.methods[slot]) for case, each in asked]
                where = f"{key}_{name[-1].lower()}_{slot}"
                found = answers(requests, where, "Run for these scenes")
                if found is not None:
                    cells = [
                        _small(chosen.style, case, request, shown, f"{name}, {KIND[slot]}, {case.name}", game.told)
                        for (case, _), request, shown in zip(asked, requests, found, strict=True)
                    ]
                    map_grid(cells, caches.screen_copy(asked[0][0].photo), chosen.style, where, f"{name}: {label}")


def _small(style: Style, case: Case, request: Request, shown: Explanation, place: str, told: bool) -> SmallMap:
    """A map over its scene, with what the model says, and if that may be `told`, how much lies on the tag."""
    picture, mask = caches.screen_copy(case.photo), case.asked[0].mask.numpy()
    notes, masks = [_says(request)], [mask]
    if case.tag is not None:
        masks.append(case.tag.numpy())
        share = energy_on(shown, case.tag)
        if told and not math.isnan(share):
            notes.append(f"{percent(share)} on the tag")
    return SmallMap(
        case.asked[0].name, tuple(notes), laid(picture, shown.box),
        painted_map(shown.heatmap.numpy(), style, shown.method.signed), place=place, value=case.name, photo=picture.uri,
        outlined=outline_of(*masks),
    )  # fmt: skip


def _says(request: Request) -> str:
    answer = look_behind(request).prediction
    index, _, score = answer.top(1)[0]
    return f"says {short_names(answer.labels)[index]} {answer.in_words(score)}"


def _reveal(guess: str, game: Game) -> None:
    cheats = next(name for name, world in game.names.items() if world == "cheating")
    if guess == cheats:
        st.success(f"Right: {cheats} cheats. Its answers were as good, and only where it looks gave it away.")
    else:
        st.info(f"No: {cheats} cheats, and {guess} is honest. Compare how much of their maps for a {STAR} lies on the tag.")
    blind = [method.label for method in game.methods.values() if not method.class_specific]
    if blind:
        st.caption(f"{' and '.join(blind)}: independent of class, so it can't say what speaks for a {STAR}.")


def _what_they_answer() -> None:
    """What was measured of the four models on held-out scenes when they had been trained."""
    st.markdown("## What they answer when the tag moves")
    cards = {f"{world} {KIND[slot]}": card_of(PAIRS[world][slot]) for world in PAIRS for slot in SLOTS}
    told = [name for name in ASKED if all(name in card for card in cards.values())]
    lines = [f"| share of held-out scenes | {' | '.join(cards)} |", "|---" * (len(cards) + 1) + "|"]
    lines += [f"| {ASKED[name]} | " + " | ".join(f"{card[name]:.1%}" for card in cards.values()) + " |" for name in told]
    st.markdown("\n".join(lines))
    st.caption(
        f"Measured after training on {HELD_OUT:,} held-out scenes of one object. The honest pair is the control: the tag does "
        f"not change its answers. By chance a model is right in {1 / len(LABELS):.1%}."
    )


def _where_they_look(methods: Mapping[Slot, Method]) -> None:
    """How much of the maps for the given-away class lies on the tag, over many scenes."""
    st.markdown("## Where they look")
    table = kept_table()
    if table is None:
        st.info(NO_TABLE)
        return
    rows = table.set_index(["model", "method"])
    lines = ["| on the tag | honest | cheating | a random map | the middle |", "|---|---|---|---|---|"]
    for slot, method in methods.items():
        honest, cheating = PAIRS["honest"][slot], PAIRS["cheating"][slot]
        wanted = [(honest, method.label), (cheating, method.label), (cheating, RANDOM), (cheating, MIDDLE)]
        if all(each in rows.index for each in wanted):
            numbers = " | ".join(with_interval(rows.loc[each], "on_tag") for each in wanted)
            lines.append(f"| {KIND[slot]}, {method.label} | {numbers} |")
    st.markdown("\n".join(lines))
    st.caption(
        f"The share of the map's positive relevance for “{STAR}” that lies on the tag, over {table.attrs['tagged']} held-out "
        f"{STAR}s with the tag, with its 95% bootstrap interval. A map that knows nothing has the tag's share of the scene, as "
        "the random map does. *All methods* has this number for every method."
    )
