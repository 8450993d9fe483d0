"""Where checkpoints come from: the list of known ones, and `load`, which opens any of them by its key.

Keys: `bundled/cnn`, `bundled/vit`, `torchvision/<name>`, `hf/<hub id, or a folder below DASHBOARD_MODELS>`.
"""

import json
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import models as torchvision_models

from dashboard.evidence import FeatureMaps, Probe
from dashboard.models.answers import accepted
from dashboard.models.catalogue import BUNDLED, KNOWN, MODELS, Checkpoint
from dashboard.models.classifier import (
    Classifier,
    DoesNotFit,
    Fit,
    ModelError,
    OutOfMemory,
    measured,
    probe_observer,
    refused,
    said,
    unusable,
)  # fmt: skip
from dashboard.models.device import Report, chosen_device, in_the_background, is_out_of_memory, kind_of, loading, silent
from dashboard.models.downloads import (
    NotHere,
    cached_folder,
    fetch_from_hub,
    fetch_torchvision,
    is_hub_id,
    torchvision_file,
    torchvision_state,
)
from dashboard.models.families.hugging_face import load_folder
from dashboard.models.families.small_resnet import SmallResNet
from dashboard.models.fetching import ASKED_EVERY, Download, Waits, start
from dashboard.models.files import local_folder, local_models, local_path, local_state, state_of
from dashboard.models.observers.attention import OF_TOKENS, WHAT_FITS
from dashboard.models.observers.pooled import cam_observer, traced
from dashboard.models.observers.self_attention import vit_observers
from dashboard.models.observers.stages import OF_STAGES, stage_observers
from dashboard.models.preprocessing import from_preset, squeeze
from dashboard.numbers import MEGABYTE
from dashboard.settings import settings

__all__ = [
    "KNOWN", "MODELS", "NotHere", "as_found", "download", "download_limit", "is_own", "load", "local_folder", "local_models",
    "on_this_machine",
    "start_download", "title_of",
]  # fmt: skip

LOG = logging.getLogger(__name__)
OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")  # norm.1 in torchvision's files, norm1 in its code


TORCHVISION_NAMES = frozenset(torchvision_models.list_models(module=torchvision_models))
NO_ROOM = "The GPU has no memory left for it, so it runs on the CPU."
OWN_WEIGHTS = "Its weights are your own file, which holds no names: its classes are called as ImageNet's are."
TITLE_LETTERS = 120  # of a key in a message


def load(key: str, report: Report = silent, device: torch.device | None = None, may_download: bool = True) -> Classifier:
    """Loads a model by its key, one at a time in the whole process; what is not on this machine is downloaded before.

    It goes to `device`, by default the chosen one; where that has no memory left for it, to the CPU, and its note says so.

    Raises:
        NotHere: it would have to be downloaded, and may not.
        ModelError: the key names nothing that can be used; the text says what was expected.
    """
    source, _, name = key.partition("/") if isinstance(key, str) else ("", "", "")
    if source not in SOURCES or not name:
        raise ModelError(f"Unknown model {str(key)[:TITLE_LETTERS]!a}: expected bundled/…, torchvision/… or hf/….")
    if not on_this_machine(key):
        if not may_download:
            raise NotHere(title_of(key))
        download(key, report)
    device = device or chosen_device()

    def opened(where: torch.device) -> Classifier:
        return in_the_background(lambda: _opened(key, report, where), report)

    with loading(report):
        try:
            return opened(device)
        except OutOfMemory:
            if device.type == "cpu":
                raise
            torch.cuda.empty_cache()
            model = opened(torch.device("cpu"))
            return replace(model, note=f"{NO_ROOM} {model.note}".strip())


def _opened(key: str, report: Report, device: torch.device) -> Classifier:
    """What a source makes of a key. Its files come from anywhere, and libraries raise anything over them: that becomes a
    sentence here.
    """
    source, _, name = key.partition("/")
    try:
        return SOURCES[source](key, name, report, device)
    except ModelError:
        raise
    except Exception as error:
        title = title_of(key)[:TITLE_LETTERS]
        LOG.warning("%a can't be loaded on %s", key[:TITLE_LETTERS], device, exc_info=True)
        if is_out_of_memory(error):
            raise OutOfMemory(f"{title} found no memory left on the {kind_of(device)} to be loaded.") from error
        raise unusable(title, said(error)) from error


def on_this_machine(key: str) -> bool:
    """Whether a model can be opened, or refused, from what is on this machine. Asks no network."""
    source, _, name = key.partition("/")
    if source == "torchvision" and name in TORCHVISION_NAMES:
        return local_path(f"{name}.safetensors") is not None or torchvision_file(_weights(name)).exists()
    if source == "hf" and is_hub_id(name):
        return local_path(name) is not None or cached_folder(name) is not None
    return True


def start_download(key: str, waits: Waits, visitor: str = "") -> Download:
    """Starts to bring a model's files here, or joins those who wait for them; for a model that is not on this machine.

    It goes on as long as anybody `waits`, and brings no more than the settings allow. A `visitor` has one under way.
    """
    source, _, name = key.partition("/")
    title = title_of(key)[:80]
    if source == "torchvision":
        return start(key, title, download_limit(), lambda ours: fetch_torchvision(title, _weights(name), ours), waits, visitor)
    return start(key, title, download_limit(), lambda ours: fetch_from_hub(name, title, ours), waits, visitor)


def download(key: str, report: Report = silent) -> None:
    """Brings a model's files here and waits for them, telling `report`, which may raise to leave, how far they are.

    Raises:
        ModelError: they can't be had.
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
    """A name for people: the known one, or the key without its source. A person's own files under a known key are not what is
    known by it.
    """
    name = key.partition("/")[2]
    if key not in KNOWN:
        return name
    if not is_own(key):
        return KNOWN[key].title
    return f"{KNOWN[key].title} (your file)" if key.startswith("torchvision/") else f"{name} (your folder)"


def is_own(key: str) -> bool:
    """Whether a key stands for files below `DASHBOARD_MODELS`, whatever else is known by it."""
    source, _, name = key.partition("/")
    path = {"torchvision": f"{name}.safetensors", "hf": name}.get(source)
    return bool(path and name) and local_path(path) is not None


def as_found(known: Checkpoint) -> Checkpoint:
    """What the catalogue says of a checkpoint, or, where a person's own files lie under its key, what it gives alone."""
    return Checkpoint(known.key, title_of(known.key), known.gives, "") if is_own(known.key) else known


def _load_bundled(key: str, name: str, report: Report, device: torch.device) -> Classifier:
    if name == "vit":
        return load_folder(BUNDLED / name, title_of(key), "bundled", device, **_known(key))
    if name != "cnn":
        raise ModelError(f"Unknown model {key!r}: expected bundled/cnn or bundled/vit.")
    config = json.loads((BUNDLED / name / "config.json").read_text())
    model = SmallResNet(len(config["labels"]))
    _fill(model, load_file(BUNDLED / name / "model.safetensors"))
    preprocessing = squeeze(config["size"], config["mean"], config["std"])
    model = model.requires_grad_(False).eval().to(device)
    example, operations = accepted(model, preprocessing, len(config["labels"]), title_of(key), device)
    fit = _fit(model, title_of(key), example)
    return Classifier(
        title=title_of(key), labels=tuple(config["labels"]), source="bundled", device=device, preprocessing=preprocessing,
        operations=operations, **vars(fit), **measured(model), **_known(key),
    )  # fmt: skip


def _known(key: str) -> dict[str, Any]:
    """What the catalogue says of a model, as fields of a Classifier."""
    known = KNOWN.get(key)
    if known is None or is_own(key):
        return {"key": key, "training_data": ""}
    return {"key": key, "training_data": known.training_data, "licence": known.licence, "accuracy": known.accuracy}


def _fill(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Loads a state as float32, without Inception's heads for training and with DenseNet's old names brought up to date."""
    named = OrderedDict(
        (OLD_DENSENET.sub(r"\1\2", key), value.float() if value.is_floating_point() else value)
        for key, value in state.items()
        if not key.startswith("aux")
    )
    named._metadata = getattr(state, "_metadata", model.state_dict()._metadata)  # versions; safetensors keeps none
    model.load_state_dict(named)


def _load_torchvision(key: str, name: str, report: Report, device: torch.device) -> Classifier:
    if name not in TORCHVISION_NAMES:
        raise ModelError(f"torchvision has no classifier {name!r}: expected a name such as resnet50.")
    weights = _weights(name)
    state, source = _torchvision_state(name, weights)
    model = torchvision_models.get_model(name, weights=None, **_eval_options(name))
    try:
        _fill(model, state)
    except RuntimeError as error:
        raise ModelError(f"The weights of {name} do not fit: {said(error)}") from error
    preset = weights.transforms()
    model = model.requires_grad_(False).eval().to(device)
    labels, preprocessing = tuple(weights.meta["categories"]), from_preset(preset)
    example, operations = accepted(model, preprocessing, len(labels), title_of(key), device)
    fit = _fit(model, title_of(key), example)
    return Classifier(
        title=title_of(key), labels=labels, source=source, device=device, preprocessing=preprocessing,
        operations=operations, note=OWN_WEIGHTS if is_own(key) else "", **vars(fit), **measured(model), **_known(key),
    )  # fmt: skip


def _weights(name: str) -> Any:
    return torchvision_models.get_model_weights(name).DEFAULT


def _eval_options(name: str) -> dict[str, bool | int]:
    """What torchvision's builders set by themselves only where they load the weights too."""
    inception = {"transform_input": True, "init_weights": False}  # its weights want another scale than the preset's
    options = {"googlenet": {"aux_logits": False, **inception}, "inception_v3": inception, "vit_h_14": {"image_size": 518}}
    return options.get(name, {})


def _torchvision_state(name: str, weights: Any) -> tuple[dict[str, Tensor], str]:
    file = local_state(name)
    if file is None:
        if not torchvision_file(weights).exists():
            raise NotHere(title_of(f"torchvision/{name}"))
        return torchvision_state(name, weights), "torchvision"
    return state_of(file, f"{name}.safetensors"), "local folder"


def _fit(model: nn.Module, title: str, example: Tensor) -> Fit:
    """What a network of torchvision's kind gives, and why not the rest."""
    fit = Fit({Probe: probe_observer(model, example)})
    if isinstance(model, torchvision_models.VisionTransformer):
        fit |= refused((FeatureMaps,), f"{title} is a transformer without pooled feature maps: CAM is undefined.")
        fit |= refused(OF_STAGES, f"{title} is a transformer and has no stages of feature maps.")
        return fit | vit_observers(model, title, example)
    fit |= refused(OF_TOKENS, f"{title} has no global attention: rollout is undefined. {WHAT_FITS}")
    try:
        fit |= Fit({FeatureMaps: cam_observer(model, title, example)})
    except DoesNotFit as reason:
        fit |= refused((FeatureMaps,), str(reason))
    try:
        return fit | stage_observers(traced(model, title), title, example)
    except DoesNotFit as reason:
        return fit | refused(OF_STAGES, str(reason))


def _load_hugging_face(key: str, name: str, report: Report, device: torch.device) -> Classifier:
    folder, source, root = local_folder(name), "local folder", settings().models
    if folder is None:
        folder, source = cached_folder(name), "Hugging Face hub"
        if folder is None:
            raise NotHere(title_of(key))
        root = folder.parents[1] if folder.parent.name == "snapshots" else folder  # a snapshot is links to files beside it
    report(f"Loading {title_of(key)} …")
    return load_folder(folder, title_of(key), source, device, root, **_known(key))


SOURCES: dict[str, Callable[[str, str, Report, torch.device], Classifier]] = {
    "bundled": _load_bundled,
    "torchvision": _load_torchvision,
    "hf": _load_hugging_face,
}
