"""Every query parameter of a link: which module owns it, and what older links called it."""

from collections.abc import Iterable
from dataclasses import fields

from dashboard import methods
from dashboard.compare import SLOTS, Slot

# A parameter has the name of its widget's key, and one module draws that widget.
OWNERS = {
    "photo": "parts.photo_picker", "own": "parts.photo_picker",
    "left": "parts.model_picker", "right": "parts.model_picker",
    "show": "parts.display", "opacity": "parts.display", "colours": "parts.display", "scale": "parts.display",
    "smooth": "parts.display", "top": "parts.display",
    "side": "parts.looking", "tour": "parts.tour",
    "sort": "pages.methods", "reference": "pages.methods", "own_scale": "pages.methods", "first": "pages.methods",
    "second": "pages.methods", "metric": "pages.methods",
    "patch": "pages.attention", "direction": "pages.attention", "patch_layer": "pages.attention",
    "patch_head": "parts.controls", "patch_heads": "pages.attention", "hide_cls": "pages.attention",
    "test": "pages.trust", "baseline": "parts.doubting", "smooth_sanity": "parts.sanity",
    "over": "parts.ask_again", "away_share": "parts.ask_again",
    "away": "parts.ask_again", "tried": "parts.ask_again",
    "pick_by": "parts.ask_again", "truth_left": "parts.own_truth", "truth_top": "parts.own_truth",
    "truth_right": "parts.own_truth", "truth_bottom": "parts.own_truth",
    "section": "pages.known_truth", "scene": "parts.known_scene", "objects": "parts.known_scene", "tag": "parts.known_scene",
    "trained": "parts.known_scene", "asked": "parts.known_scene", "order": "parts.known_scene", "game": "parts.which_cheats",
    "guess": "parts.which_cheats",
    "first_shape": "parts.own_scene", "first_across": "parts.own_scene", "first_down": "parts.own_scene",
    "first_size": "parts.own_scene", "first_turn": "parts.own_scene", "second_shape": "parts.own_scene",
    "second_across": "parts.own_scene", "second_down": "parts.own_scene", "second_size": "parts.own_scene",
    "second_turn": "parts.own_scene",
    "find": "pages.models", "gives": "pages.models", "well_known": "pages.models", "list_page": "pages.models",
}  # fmt: skip
OWNERS_BY_SIDE = {  # after "left_" or "right_"
    "method": "parts.controls", "class": "parts.panel", "against": "parts.panel", "known": "parts.known_scene",
}  # fmt: skip
OPTIONS = "parts.controls"  # owns the options of all methods, after "left_" or "right_" too

# In older links the CNN was always on the left and the transformer on the right, whose options had no prefix.
OLD_SLOTS: dict[str, Slot] = {"cnn": "left", "vit": "right"}
_OLD_ON_ATTENTION = {"layer": "patch_layer", "head": "patch_head", "heads": "patch_heads"}


def options() -> frozenset[str]:
    """The names of all methods' options."""
    return frozenset(field.name for method in methods.METHODS for field in fields(method))


def owner(name: str) -> str | None:
    """The module of `dashboard.ui` that draws a parameter's widget; None if there is no such parameter.

    >>> owner("left_discard")
    'parts.controls'
    """
    slot, _, rest = name.partition("_")
    if slot in SLOTS and rest:
        return OWNERS_BY_SIDE.get(rest, OPTIONS if rest in options() else None)
    return OWNERS.get(name)


def present_name(name: str, page: str) -> str:
    """The present name of a parameter that may come from an older link to a page, such as "Attention".

    >>> present_name("cnn_class", "Compare"), present_name("discard", "Layers"), present_name("head", "Attention")
    ('left_class', 'right_discard', 'patch_head')
    """
    if name in OWNERS:
        return name
    if page == "Attention" and name in _OLD_ON_ATTENTION:
        return _OLD_ON_ATTENTION[name]
    slot, _, rest = name.partition("_")
    if slot in OLD_SLOTS:
        return f"{OLD_SLOTS[slot]}_{rest}" if rest else OLD_SLOTS[slot]
    return f"right_{name}" if name in options() else name


def present_names(names: Iterable[str], page: str) -> dict[str, str]:
    """The present name of each parameter of a link. If a link has both an old and the present name, the present one counts."""
    names = list(names)
    present = {name: present_name(name, page) for name in names}
    return {name: new for name, new in present.items() if name == new or new not in names}
