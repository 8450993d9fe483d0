"""The models page: a person's own models, those in memory, the known checkpoints, and a field for any other model."""

from collections.abc import Sequence

import streamlit as st

from dashboard.compare import SLOTS, Slot
from dashboard.engine.fitting import fitting, reasons
from dashboard.evidence import AttentionMaps, FeatureMaps, StageGradients
from dashboard.glossary import with_links
from dashboard.models import zoo
from dashboard.models.catalogue import KNOWN, Checkpoint
from dashboard.models.classifier import Classifier, ModelError
from dashboard.models.device import device_name
from dashboard.numbers import counted, in_megabytes
from dashboard.ui import caches, visitors
from dashboard.ui.parts import opening
from dashboard.ui.parts.coming import Comings, begin, how_far
from dashboard.ui.parts.links import keep_in_range, linked, linked_choice
from dashboard.ui.parts.model_facts import gives
from dashboard.ui.parts.notices import notices_here, say, say_next
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.text import plain, visible

EXAMPLE = """~/models
├── mine                        hf/mine
│   ├── config.json
│   ├── preprocessor_config.json
│   └── model.safetensors
└── resnet50.safetensors        torchvision/resnet50

DASHBOARD_MODELS=~/models make run"""
KINDS = {"all": None, "CAM": FeatureMaps, "Grad-CAM": StageGradients, "rollout": AttentionMaps}
COMING = "Loading …"
LOADED_HERE = "load "  # with a model's key, where a model that this page loads is pending
PAGE_ROWS = 10


def show() -> None:
    """A person's own models, those in memory, the known checkpoints, and a field for any other model."""
    notices_here()
    show_pending()
    st.markdown("## Your models")
    show_own()
    st.markdown("## In memory")
    st.caption(
        f"Shared by all visitors. Up to {caches.MODELS_KEPT} stay loaded; a model that nobody has chosen is unloaded first, "
        "else the least recently used."
    )
    show_loaded()
    st.markdown("## More models")
    show_known()
    st.markdown("## Any other model")
    load_another()


def meanwhile(chosen: Chosen, coming: Comings) -> None:
    """The page while a side's model is being opened, with how far it is above."""
    for slot, its in coming.items():
        how_far(slot, its)
    show()


def show_own() -> None:
    """What lies in the folder that DASHBOARD_MODELS names, with what each gives or why it does not open; else how to set it."""
    folder, keys = zoo.own_root(), zoo.local_models()
    if folder is None:
        st.markdown("Put your models into a folder, and start the dashboard with it. They then come first in both model boxes.")
    else:
        st.markdown(f"{counted(len(keys), 'model')} in `{visible(str(folder)).replace('`', '')}`.")
        for key in keys:
            _own_row(key)
    with st.expander("How to add a model", expanded=not keys):
        st.code(EXAMPLE, language=None)
        st.caption(
            "A folder of Hugging Face's format holds an image classifier. A file is a torchvision classifier of 1,000 classes, "
            "and has its name. Only safetensors are opened, and no code of a model is ever run."
        )


def _own_row(key: str) -> None:
    loaded = any(model.key == key for model in caches.loaded())
    objection = "" if loaded else zoo.objection(key) or caches.refused(key)
    size = zoo.bytes_of(key)
    facts = [gives(key) or "not opened yet", in_megabytes(size) if size else ""]
    place = st.container(key=f"row_own_{key}")
    name, told, buttons = place.columns([4, 5, 2], vertical_alignment="center")
    name.markdown(f"**{plain(zoo.title_of(key))}**  \n:small[:gray[{plain(key)}]]")
    told.markdown(f":material/block: {plain(objection)}" if objection else " · ".join(plain(fact) for fact in facts if fact))
    with buttons:
        coming = opening.is_under_way(_place(key))
        label = "Loaded" if loaded else COMING if coming else "Try again" if objection else "Load"
        if st.button(label, key=f"own_{key}", disabled=loaded or coming, width="stretch"):
            open_model(key)


def show_loaded() -> None:
    """A card for each model in memory, and how much evidence is kept."""
    told: set[str] = set()
    for model in caches.loaded():
        with st.container(border=True):
            _card(model, told)
    used, limit = caches.STORE.looks.used, caches.STORE.looks.room
    st.progress(used / limit, f"Evidence kept: {in_megabytes(used, 1)} of {in_megabytes(limit)}; the oldest is dropped first.")


def _card(model: Classifier, told: set[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"row_loaded_{model.key}"):
        st.markdown(f"**{plain(model.title)}** · :gray[{plain(model.key)}]", width="stretch")
        for slot in SLOTS:
            st.button(f"Show on the {slot}", key=f"use_{slot}_{model.key}", on_click=_choose, args=(slot, model))
        others = visitors.others_using(model.key)
        st.button(
            "Unload", key=f"unload_{model.key}", on_click=_unload, args=(model,), disabled=others > 0,
            help=f"In use by {others} other visitor{'s' if others > 1 else ''}." if others else None,
        )  # fmt: skip
    st.markdown(f":small[{_facts(model)}]")
    st.markdown(f":small[:material/check: {_named([method.label for method in fitting(model)], told)}]")
    for reason, methods in reasons(model).items():
        st.markdown(f":small[:material/block: {_named(methods, told)}: {plain(reason)}]")
    if model.note:
        st.warning(plain(model.note))


def _named(methods: Sequence[str], told: set[str]) -> str:
    """The names of methods. Each opens the glossary where it comes first on the page, and joins those that were `told`."""
    named = ", ".join(name if name in told else with_links(name) for name in methods)
    told.update(methods)
    return named


def _unload(model: Classifier) -> None:
    """Unloads a model, unless another visitor has chosen it since the button was drawn."""
    if visitors.others_using(model.key):
        say_next(f"**{plain(model.title)}** is in use by another visitor now, so it stays loaded.")
        return
    caches.unload(model.key)


def _facts(model: Classifier) -> str:
    accuracy = "not known" if model.accuracy is None else f"{model.accuracy:.1f}% top-1"
    facts = {
        "from": model.source, "trained on": model.training_data or "not known", "accuracy": accuracy,
        "licence": model.licence or "not stated", "parameters": f"{model.parameters / 1e6:.1f} M",
        "weights": f"{in_megabytes(model.memory)}, {str(model.dtype).removeprefix('torch.')}",
        "device": device_name(model.device), "classes": f"{len(model.labels):,}",
    }  # fmt: skip
    return " · ".join(f":gray[{name}] {plain(value)}" for name, value in facts.items())


def _choose(slot: Slot, model: Classifier) -> None:
    st.session_state[slot] = model.key
    say_next(f"**{plain(model.title)}** is on the {slot} of every page now.")


def show_known() -> None:
    """The list of known checkpoints, filtered; each loads in one click, and its button says the download's size."""
    words, kind, here = st.columns([3, 2, 1.4], vertical_alignment="bottom")
    with words:
        find = linked(st.text_input, "Find", key="find", placeholder="resnet, DeiT, ImageNet-21k …")
    with kind:
        gives = linked_choice(st.segmented_control, "Gives", list(KINDS), key="gives", first="all", wrap=True)
    with here:
        known_only = linked(
            st.toggle,
            "Well known",
            True,
            key="well_known",
            help="Off: all classifiers of torchvision and the models of scenes as well.",
        )
    known = map(zoo.as_found, zoo.MODELS if known_only else KNOWN.values())
    rows = [row for row in known if _found(row, find, gives)]
    pages = max(-(-len(rows) // PAGE_ROWS), 1)
    keep_in_range("list_page", 1, pages)
    page = linked(lambda label, **options: st.pagination(pages, **options), "Page of the list", key="list_page")
    st.caption(f"{len(rows)} of {len(KNOWN)} known models.")
    for row in rows[PAGE_ROWS * (page - 1) : PAGE_ROWS * page]:
        _known_row(row)


def _found(row: Checkpoint, find: str | None, gives: str) -> bool:
    text = f"{row.key} {row.title} {row.training_data} {row.licence}".lower()
    return all(word in text for word in (find or "").lower().split()) and (gives == "all" or row.gives is KINDS[gives])


def _known_row(row: Checkpoint) -> None:
    place = st.container(key=f"row_known_{row.key}")
    name, facts, button = place.columns([4, 5, 2], vertical_alignment="center")
    name.markdown(f"**{plain(row.title)}**  \n:small[:gray[{plain(row.key)}]]")
    gives = {kind: name for name, kind in KINDS.items()}[row.gives]
    parts = [gives, row.training_data, f"{row.parameters:.1f} M parameters" if row.parameters else "",
             f"{row.accuracy:.1f}% top-1" if row.accuracy else "", row.licence]  # fmt: skip
    facts.markdown(" · ".join(plain(part) for part in parts if part))
    loaded = any(model.key == row.key for model in caches.loaded())
    here = loaded or zoo.on_this_machine(row.key)
    coming = opening.is_under_way(_place(row.key))
    label = "Loaded" if loaded else COMING if coming else "Load" if here else f"Load ({opening.size_of(row.key)})"
    with button:
        if st.button(label, key=f"load_{row.key}", disabled=loaded or coming, width="stretch"):
            if not here:
                opening.fetch(_place(row.key), row.key)
                st.rerun()
            open_model(row.key)


def load_another() -> None:
    """A field for any other model."""
    with st.form("another", border=False):
        field, button = st.columns([5, 1], vertical_alignment="bottom")
        key = field.text_input(
            "Another model", key="another", placeholder="hf/<hub id>, hf/<folder>, torchvision/<name>",
            help="`torchvision/<name>`, `hf/<hub id>`, or `hf/<folder>` for a folder below the one that the environment "
            "variable DASHBOARD_MODELS names.",
        )  # fmt: skip
        if button.form_submit_button("Load", key="load_another", width="stretch"):
            open_model(key.strip())


def _place(key: str) -> str:
    """The name under which a model that this page loads is pending."""
    return f"{LOADED_HERE}{key}"


def show_pending() -> None:
    """Loads models whose downloads have ended; draws those that wait for a click, are on their way, or have failed."""
    for place in _places():
        key = opening.ready(place)
        if key is not None:
            opening.hold(place, begin(key))
        its = opening.held(place)
        if its is not None:
            _end(place, its)
    opening.show(_places())


def _places() -> list[str]:
    return [place for place in opening.places() if place.startswith(LOADED_HERE)]


def open_model(key: str) -> None:
    """Begins to load a model, and draws the page again, which says how far it is."""
    opening.hold(_place(key), begin(key))
    st.rerun()


def _end(place: str, its: caches.Opening) -> None:
    """Says that a model has been loaded; if it does not open, offers its download or says why."""
    try:
        if its.error is not None:
            raise its.error
        say(f"**{plain(caches.classifier(its.key).title)}** is in memory.")
    except zoo.NotHere:
        opening.offer(place, its.key)
    except ModelError as error:
        opening.refuse(place, its.key, str(error))
