"""The Python that makes what is on screen again, in a notebook: the same photo, models, methods, options and classes.

Names of photos, models and classes are quoted as Python quotes them, so that none of them can be more than a text.
"""

from dataclasses import fields
from typing import Any

from dashboard.compare import SLOTS
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit, class_of, rival_of
from dashboard.figures.maps import Style
from dashboard.methods import Method
from dashboard.photo import SAMPLES, Photo, sample_photo


def python_of(exhibit: Exhibit) -> str:
    """The code for a page's maps: both sides' maps, their comparison and the figure of both; or, on the methods page, the maps
    of all methods of one model.
    """
    body = _pair(exhibit) if set(exhibit.shown) <= set(SLOTS) else _methods(exhibit)
    return "\n".join([*_imports(exhibit), "", *_photo(exhibit.photo), *body]) + "\n"


def _imports(exhibit: Exhibit) -> list[str]:
    both = set(exhibit.shown) == set(SLOTS)
    wanted = {"dashboard.explain": {"explain"}, "dashboard.models.zoo": {"load"}}
    wanted["dashboard.photo"] = {"sample_photo" if _sample(exhibit.photo) else "open_photo"}
    for shown in exhibit.shown.values():
        module = type(shown.method).__module__
        room = "dashboard.methods" if module.startswith("dashboard.methods.") else module
        wanted.setdefault(room, set()).add(type(shown.method).__name__)
    if both:
        wanted |= {
            "dashboard.compare": {"Pair", "compare"}, "dashboard.export.exhibit": {"Exhibit"},
            "dashboard.export.figure": {"comparison_figure"}, "dashboard.export.sheet": {"Sheet"},
            "dashboard.figures.maps": {"Style"},
        }  # fmt: skip
    lines = [f"from {room} import {', '.join(sorted(names))}" for room, names in sorted(wanted.items())]
    return ["from pathlib import Path", "", *lines] if both or not _sample(exhibit.photo) else lines


def _photo(photo: Photo) -> list[str]:
    sample = _sample(photo)
    if sample:
        return [f"photo = sample_photo({sample!r})"]
    return [
        f"photo = open_photo(Path({photo.name!a}).read_bytes(), {photo.name!a})",
        f"assert photo.digest == {photo.digest!a}, 'another photo'",
    ]


def _pair(exhibit: Exhibit) -> list[str]:
    lines = []
    for slot, shown in exhibit.shown.items():
        lines += [f"{slot}_model = load({shown.model!a})", *_explained(slot, f"{slot}_model", shown)]
    if set(exhibit.shown) != set(SLOTS):
        return lines
    style = _call(Style, exhibit.style)
    return [
        *lines, "", f"comparison = compare(left, right, {exhibit.share!r})",
        "models = Pair(left_model, right_model)",
        f"exhibit = Exhibit(photo, Pair(left, right), models, comparison, {style}, {exhibit.share!r})",
        "Path('figure.pdf').write_bytes(comparison_figure(exhibit, Sheet('PDF', 'Two columns')))",
    ]  # fmt: skip


def _explained(name: str, model: str, shown: Explanation) -> list[str]:
    classes = [f"{what} is {said!a}" for what, said in (("target", class_of(shown)), ("against", rival_of(shown))) if said]
    return [
        *([f"# {', '.join(classes)}"] if classes else []),
        f"{name} = explain(photo, {model}, {_method(shown.method)}{_question(shown)})",
    ]


def _question(shown: Explanation) -> str:
    asked = {"target": shown.target, "against": shown.against}
    return "".join(f", {what}={index}" for what, index in asked.items() if index is not None)


def _methods(exhibit: Exhibit) -> list[str]:
    first = next(iter(exhibit.shown.values()))
    lines = [f"model = load({first.model!a})", "maps = {}"]
    for name, shown in exhibit.shown.items():
        lines.append(f"maps[{name!a}] = explain(photo, model, {_method(shown.method)}{_question(shown)})")
    return lines


def _method(method: Method) -> str:
    return _call(type(method), method)


def _call(kind: type, value: Any) -> str:
    """The call that makes a frozen dataclass; options that have their first value are left out."""
    options = {each.name: getattr(value, each.name) for each in fields(value)}
    said = {each.name for each in fields(value) if options[each.name] != each.default}
    return f"{kind.__name__}({', '.join(f'{name}={options[name]!a}' for name in options if name in said)})"


def _is_sample(sample: str, photo: Photo) -> bool:
    return SAMPLES[sample].title == photo.name and sample_photo(sample).digest == photo.digest


def _sample(photo: Photo) -> str | None:
    """The id of the sample that a photo is; None for a photo of a person's own, whatever it is called."""
    return next((sample for sample in SAMPLES if _is_sample(sample, photo)), None)
