"""What is known of a model before it is opened, in few words: what it gives, its size, and whether it is on this machine."""

from collections.abc import Iterable

from dashboard.evidence import AttentionMaps, Evidence, FeatureMaps, StageGradients
from dashboard.models import zoo
from dashboard.models.classifier import Classifier
from dashboard.numbers import in_megabytes
from dashboard.ui import caches
from dashboard.ui.parts.text import visible

GIVES: dict[type[Evidence], str] = {FeatureMaps: "CAM", StageGradients: "Grad-CAM", AttentionMaps: "attention"}
HERE, TO_DOWNLOAD = "✓", "↓"
BETWEEN = " · "  # the parts of an entry
MARKS = f"{HERE}: on this machine. {TO_DOWNLOAD}: to be downloaded."


def gives(key: str) -> str:
    """What a model's maps can be made of, as far as that is known: of an opened model what was found, else by the catalogue."""
    opened = {model.key: model for model in caches.loaded()}.get(key)
    if opened is not None:
        return gives_of(opened)
    known = None if zoo.is_own(key) else zoo.KNOWN.get(key)
    return "" if known is None else GIVES[known.gives]


def gives_of(model: Classifier) -> str:
    """What an opened model's maps can be made of."""
    found = [word for kind, word in GIVES.items() if kind in model.observers]
    return " and ".join(word for word in found if word != "Grad-CAM" or "CAM" not in found)


def entry(key: str) -> str:
    """A model's line in a select box. Its title comes first, since a narrow box cuts the line, and its key last."""
    mark = HERE if zoo.on_this_machine(key) else TO_DOWNLOAD
    size = zoo.bytes_of(key)
    facts = (zoo.title_of(key), gives(key), f"{mark} {in_megabytes(size)}" if size else mark, key)
    return BETWEEN.join(visible(fact) for fact in facts if fact)


def entries(keys: Iterable[str]) -> dict[str, str]:
    """The models' lines by their keys. All differ, also where the keys differ in letters alone that can't be seen."""
    lines: dict[str, str] = {}
    for key in keys:
        line, taken = entry(key), set(lines.values())
        lines[key] = line if line not in taken else f"{line} ({len(lines)})"
    return lines
