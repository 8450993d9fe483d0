"""Where checkpoints come from: the list of known ones, and `load`, which opens any of them by its key.

Keys: `bundled/cnn`, `bundled/vit`, `torchvision/<name>`, `hf/<hub id, or a folder below DASHBOARD_MODELS>`.
"""

import json
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, fx, nn
from torchvision import models as torchvision_models

from dashboard.evidence import FeatureMaps, Probe
from dashboard.models.answers import accepted
from dashboard.models.attention import OF_TOKENS, WHAT_FITS
from dashboard.models.catalogue import BUNDLED, KNOWN, MODELS
from dashboard.models.classifier import Classifier, DoesNotFit, Fit, ModelError, measured, probe_observer, refused
from dashboard.models.device import Report, chosen_device, in_the_background, loading, silent
from dashboard.models.downloads import (
    cached_folder,
    fetch_from_hub,
    fetch_torchvision,
    is_hub_id,
    torchvision_file,
    torchvision_state,
)  # fmt: skip
from dashboard.models.fetching import ASKED_EVERY, Download, Waits, start
from dashboard.models.hugging_face import load_folder
from dashboard.models.preprocessing import from_preset, squeeze
from dashboard.models.small_resnet import SmallResNet
from dashboard.models.stages import OF_STAGES, stage_observers
from dashboard.models.torchvision_cnn import cam_observer
from dashboard.models.torchvision_vit import vit_observers
from dashboard.settings import settings

__all__ = [
    "KNOWN", "MODELS", "download", "load", "local_folder", "local_models", "on_this_machine", "start_download", "title_of",
]  # fmt: skip

LOG = logging.getLogger(__name__)
OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")  # norm.1 in torchvision's files, norm1 in its code


TORCHVISION_NAMES = frozenset(torchvision_models.list_models(module=torchvision_models))
NO_ROOM = "The GPU has no memory left for it, so it runs on the CPU."


def load(key: str, report: Report = silent, device: torch.device | None = None, may_download: bool = True) -> Classifier:
    """Loads a model by its key, one at a time in the whole process; what is not on this machine is downloaded before.

    It goes to `device`, by default the chosen one; where that has no memory left for it, to the CPU, and its note says so.

    Raises:
        ModelError: the key names nothing that can be used; the text says what was expected.
    """
    source, _, name = key.partition("/")
    if source not in SOURCES or not name:
        raise ModelError(f"Unknown model {key!r}: expected bundled/…, torchvision/… or hf/….")
    if may_download and not on_this_machine(key):
        download(key, report)

    def opened(where: torch.device) -> Classifier:
        return in_the_background(lambda: SOURCES[source](key, name, report, where), report)

    with loading(report):
        try:
            return opened(device or chosen_device())
        except torch.OutOfMemoryError:
            LOG.warning("no memory for %s on %s", key, device or chosen_device(), exc_info=True)
            torch.cuda.empty_cache()
            return replace(opened(torch.device("cpu")), note=NO_ROOM)


def on_this_machine(key: str) -> bool:
    """Whether a model can be opened, or refused, from what is on this machine. Asks no network."""
    source, _, name = key.partition("/")
    if source == "torchvision" and name in TORCHVISION_NAMES:
        return local_folder(f"{name}.safetensors") is not None or torchvision_file(_weights(name)).exists()
    if source == "hf" and is_hub_id(name):
        return local_folder(name) is not None or cached_folder(name) is not None
    return True


def start_download(key: str, waits: Waits) -> Download:
    """Starts to bring a model's files here, or joins those who wait for them; for a model that is not on this machine.

    It goes on as long as anybody `waits`, and brings no more than the settings allow.
    """
    source, _, name = key.partition("/")
    title = title_of(key)[:80]
    if source == "torchvision":
        return start(key, title, download_limit(), lambda ours: fetch_torchvision(title, _weights(name), ours), waits)
    return start(key, title, download_limit(), lambda ours: fetch_from_hub(name, title, ours), waits)


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
    return settings().download_mb * 10**6


NOT_HERE = "{} is not on this machine."


def title_of(key: str) -> str:
    """A name for people: the known one, or the key without its source."""
    return KNOWN[key].title if key in KNOWN else key.partition("/")[2]


def local_folder(name: str) -> Path | None:
    """What `name` is below `DASHBOARD_MODELS`, or None. Links and `..` can't lead out of it."""
    root = settings().models
    if root is None:
        return None
    base = root.resolve()
    try:
        path = (base / name).resolve()
        return path if path.exists() and path != base and path.is_relative_to(base) else None
    except (OSError, ValueError, RuntimeError):  # too long, a null byte, links in a circle
        return None


def local_models() -> list[str]:
    """Keys of what lies below `DASHBOARD_MODELS`: Hugging Face folders and torchvision state dicts."""
    base = settings().models
    if base is None:
        return []
    folders = (path.parent.relative_to(base).as_posix() for path in sorted(base.glob("**/config.json")))
    states = (path.stem for path in sorted(base.glob("*.safetensors")))
    return [f"hf/{name}" for name in folders if name != "."] + [f"torchvision/{name}" for name in states]


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
    if known is None:
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
        raise ModelError(f"The weights of {name} do not fit: {' '.join(str(error).split())[:300]}") from error
    preset = weights.transforms()
    model = model.requires_grad_(False).eval().to(device)
    labels, preprocessing = tuple(weights.meta["categories"]), from_preset(preset)
    example, operations = accepted(model, preprocessing, len(labels), title_of(key), device)
    fit = _fit(model, title_of(key), example)
    # A person's own weights for the same network were trained on who knows what.
    facts = _known(key) if source == "torchvision" else {"key": key, "training_data": ""}
    return Classifier(
        title=title_of(key), labels=labels, source=source, device=device, preprocessing=preprocessing,
        operations=operations, **vars(fit), **measured(model), **facts,
    )  # fmt: skip


def _weights(name: str) -> Any:
    return torchvision_models.get_model_weights(name).DEFAULT


def _eval_options(name: str) -> dict[str, bool | int]:
    """What torchvision's builders set by themselves only where they load the weights too."""
    inception = {"transform_input": True, "init_weights": False}  # its weights want another scale than the preset's
    options = {"googlenet": {"aux_logits": False, **inception}, "inception_v3": inception, "vit_h_14": {"image_size": 518}}
    return options.get(name, {})


def _torchvision_state(name: str, weights: Any) -> tuple[dict[str, Tensor], str]:
    file = local_folder(f"{name}.safetensors")
    if file is None:
        if not torchvision_file(weights).exists():
            raise ModelError(NOT_HERE.format(title_of(f"torchvision/{name}")))
        return torchvision_state(name, weights), "torchvision"
    try:
        return load_file(file), "local folder"
    except SafetensorError as error:
        raise ModelError(f"{file.name} is damaged or cut short ({error}).") from error


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
        return fit | stage_observers(fx.symbolic_trace(model), title, example)
    except DoesNotFit as reason:
        return fit | refused(OF_STAGES, str(reason))


def _load_hugging_face(key: str, name: str, report: Report, device: torch.device) -> Classifier:
    folder, source = local_folder(name), "local folder"
    if folder is None:
        folder, source = cached_folder(name), "Hugging Face hub"
    if folder is None:
        raise ModelError(NOT_HERE.format(title_of(key)))
    if folder.is_dir() and not any(folder.glob("*.safetensors")):
        raise ModelError(f"{name} holds no safetensors weights: other formats can run code and are not opened.")
    report(f"Loading {title_of(key)} …")
    return load_folder(folder, title_of(key), source, device, **_known(key))


SOURCES: dict[str, Callable[[str, str, Report, torch.device], Classifier]] = {
    "bundled": _load_bundled,
    "torchvision": _load_torchvision,
    "hf": _load_hugging_face,
}
