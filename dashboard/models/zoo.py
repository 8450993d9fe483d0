"""Models by their keys: which ones are known, which are on this machine, and `load`, which opens any of them.

Keys are `<family>/<name>`: `bundled/cnn`, `bundled/vit`, `torchvision/<name>`, `hf/<hub id, or a folder below
DASHBOARD_MODELS>`. Loading has two halves: a family makes a `Network` of the key, and the network's observers make a
`Classifier` of it.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from dashboard.models.catalogue import KNOWN, MODELS, Checkpoint
from dashboard.models.classifier import Classifier, ModelError, OutOfMemory, said, unusable
from dashboard.models.device import Report, chosen_device, in_the_background, is_out_of_memory, kind_of, loading, silent
from dashboard.models.downloads import NotHere, is_hub_id
from dashboard.models.families import FAMILIES
from dashboard.models.families.family import Family
from dashboard.models.fetching import ASKED_EVERY, Download, Waits, start
from dashboard.models.files import local_folder, local_path, own_files, weight_of
from dashboard.models.network import Network
from dashboard.models.observers.ladder import classifier_of
from dashboard.numbers import MEGABYTE
from dashboard.settings import settings

__all__ = [
    "KNOWN", "MODELS", "NO_ROOM", "NotHere", "as_found", "bytes_of", "download", "download_limit", "is_key", "is_own", "load",
    "local_folder", "local_models", "may_be_on_the_hub", "objection", "on_this_machine",
    "open_network", "own_root", "start_download", "title_of",
]  # fmt: skip

LOG = logging.getLogger(__name__)
NO_ROOM = "The GPU has no memory left for it, so it runs on the CPU."
TITLE_LETTERS = 120  # of a key in a message
FLOAT = 4  # bytes of a number in float32

Loaded = TypeVar("Loaded", Network, Classifier)


def load(key: str, report: Report = silent, device: torch.device | None = None, may_download: bool = True) -> Classifier:
    """Loads a model by its key, one at a time in the whole process. Files that are not on this machine are downloaded before.

    The model is put on `device`, by default the chosen one. Where that device has no memory left for it, the model is put on
    the CPU, and its note says so.

    Raises:
        NotHere: its files are not on this machine, and `may_download` is false.
        ModelError: the key names nothing that can be used; the text says what was expected.
    """
    return _loaded(key, report, device, may_download, classifier_of)


def open_network(key: str, report: Report = silent, device: torch.device | None = None, may_download: bool = True) -> Network:
    """The first half of `load`: a network that the caller alone has, not yet observed. Raises as `load` does."""
    return _loaded(key, report, device, may_download, lambda network: network)


def _loaded(
    key: str, report: Report, device: torch.device | None, may_download: bool, second_half: Callable[[Network], Loaded]
) -> Loaded:
    family, _ = _split(key) if isinstance(key, str) else (None, "")
    if family is None:
        *most, last = (f"{each.prefix}/…" for each in FAMILIES)
        raise ModelError(f"Unknown model {str(key)[:TITLE_LETTERS]!a}: expected {', '.join(most)} or {last}.")
    if not on_this_machine(key):
        if not may_download:
            raise NotHere(title_of(key))
        download(key, report)
    device = device or chosen_device()

    def opened(where: torch.device) -> Loaded:
        return in_the_background(lambda: _opened(family, key, report, where, second_half), report)

    with loading(report):
        try:
            return opened(device)
        except OutOfMemory:
            if device.type == "cpu":
                raise
            torch.cuda.empty_cache()
            model = opened(torch.device("cpu"))
            return replace(model, note=f"{NO_ROOM} {model.note}".strip())


def _opened(family: Family, key: str, report: Report, device: torch.device, second_half: Callable[[Network], Loaded]) -> Loaded:
    """Both halves of loading. The files come from anywhere, and libraries raise any exception over them: each becomes a
    `ModelError` here.
    """
    title = title_of(key)
    try:
        network = family.open(_split(key)[1], title, report, device)
        report("Trying on one photo what it gives …")
        return second_half(replace(network, **_known(key)))
    except ModelError:
        raise
    except Exception as error:
        title = title[:TITLE_LETTERS]
        LOG.warning("%a can't be loaded on %s", key[:TITLE_LETTERS], device, exc_info=True)
        if is_out_of_memory(error):
            raise OutOfMemory(f"{title} found no memory left on the {kind_of(device)} to be loaded.") from error
        raise unusable(title, said(error)) from error


def _split(key: str) -> tuple[Family | None, str]:
    """The family and the name that a key consists of; no family where the key lacks one of the two."""
    prefix, _, name = key.partition("/")
    return next((family for family in FAMILIES if name and family.prefix == prefix), None), name


def _known(key: str) -> dict[str, Any]:
    """What the catalogue says of a model, as fields of a Network."""
    known = KNOWN.get(key)
    if known is None or is_own(key):
        return {}
    return {"training_data": known.training_data, "licence": known.licence, "accuracy": known.accuracy}


def is_key(text: str) -> bool:
    """Whether a text has the form of a key, as no part of a name has: a family and a name."""
    return _split(text)[0] is not None


def may_be_on_the_hub(text: str) -> bool:
    """Whether a text that is no key has the form of a hub's model, `<owner>/<model>`."""
    return not is_key(text) and text.count("/") == 1 and is_hub_id(text)


def on_this_machine(key: str) -> bool:
    """Whether a model can be opened, or its key refused, without a download. Asks no network."""
    family, name = _split(key)
    return family is None or family.is_here(name)


def start_download(key: str, waits: Waits, visitor: str = "") -> Download:
    """Starts the download of a model that is not on this machine, or joins the one that is under way.

    The download goes on as long as a caller still `waits` for it, and takes no more bytes than the settings allow. Each
    `visitor`'s downloads run one at a time.

    Raises:
        ModelError: the key belongs to no family.
    """
    family, name = _split(key)
    title = title_of(key)[:80]
    if family is None:
        raise NotHere(title)
    return start(key, title, download_limit(), lambda ours: family.fetch(name, title, ours), waits, visitor)


def download(key: str, report: Report = silent) -> None:
    """Downloads a model's files and waits for them. `report` is told how far they are, and may raise to stop waiting.

    Raises:
        ModelError: this server downloads nothing, or the download failed; the text says why.
    """
    if not download_limit():
        raise ModelError(f"{title_of(key)} is not on this machine, and this server downloads nothing.")
    still_here = True
    ours = start_download(key, lambda: still_here)
    try:
        report(f"{ours} …")
        while not ours.ended.wait(ASKED_EVERY):
            report(f"{ours} …")
    finally:
        still_here = False
    if ours.error:
        raise ModelError(ours.error)


def download_limit() -> int:
    """Bytes that one download may bring, 0 where this server downloads nothing."""
    return settings().download_mb * MEGABYTE


def title_of(key: str) -> str:
    """A name for people: the known one, or the key without its family.

    A person's own files that lie under a known key are not the known model, and the title says so.
    """
    family, name = _split(key)
    if key not in KNOWN or family is None:
        return key.partition("/")[2]
    return family.own_title(name, KNOWN[key].title) if is_own(key) else KNOWN[key].title


def is_own(key: str) -> bool:
    """Whether a key stands for a person's files below `DASHBOARD_MODELS`, even where the catalogue knows the same key."""
    family, name = _split(key)
    return family is not None and local_path(family.own_path(name)) is not None


def bytes_of(key: str) -> int | None:
    """The size of a model's weights, None where it is not known without opening it. Those of a person's own are measured."""
    family, name = _split(key)
    own = None if family is None else local_path(family.own_path(name))
    if own is not None:
        return weight_of(own)
    known = KNOWN.get(key)
    if known is None:
        return None
    megabytes = known.megabytes or (known.parameters or 0) * FLOAT  # what ships with the project has no download
    return round(megabytes * MEGABYTE) or None


def own_root() -> Path | None:
    """The folder with a person's own models, None where `DASHBOARD_MODELS` names none."""
    return settings().models


def local_models() -> list[str]:
    """The keys that a person's files below `DASHBOARD_MODELS` can be opened by."""
    files = own_files()
    return [
        f"{each.prefix}/{name}" for each in sorted(FAMILIES, key=lambda each: each.prefix) for name in each.own_names(files)
    ]


def objection(key: str) -> str:
    """Why a person's own model does not open, as far as that shows without reading its weights; else empty."""
    family, name = _split(key)
    title = title_of(key)
    try:
        if family is not None:
            family.inspect(name, title)
    except ModelError as error:
        return str(error)
    except Exception as error:  # libraries read a person's files, and raise whatever they like
        LOG.warning("%a can't be inspected", key[:TITLE_LETTERS], exc_info=True)
        return str(unusable(title[:TITLE_LETTERS], said(error)))
    return ""


def as_found(known: Checkpoint) -> Checkpoint:
    """A row of the catalogue; where a person's own files lie under its key, only what holds for them too."""
    return Checkpoint(known.key, title_of(known.key), known.gives, "") if is_own(known.key) else known
