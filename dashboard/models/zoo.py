"""Where checkpoints come from: the list of known ones, and `load`, which opens any of them by its key.

Keys: `bundled/cnn`, `bundled/vit`, `torchvision/<name>`, `hf/<hub id, or a folder below DASHBOARD_MODELS>`.
"""

import json
import os
import re
import socket
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import torch
from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import models as torchvision_models
from torchvision.transforms._presets import ImageClassification

from dashboard.evidence import AttentionMaps, Evidence, FeatureMaps
from dashboard.models.classifier import Classifier, DoesNotFit, ModelError
from dashboard.models.device import LOADING, Report, chosen_device, silent
from dashboard.models.hugging_face import load_folder
from dashboard.models.preprocessing import from_preset, squeeze
from dashboard.models.small_resnet import SmallResNet
from dashboard.models.torchvision_cnn import cam_observer
from dashboard.models.torchvision_vit import vit_observer

BUNDLED = Path(__file__).parents[1] / "bundled"
IMAGENET = "ImageNet-1k"
IMAGENET_21K = "ImageNet-21k, then ImageNet-1k"
OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")  # norm.1 in torchvision's files, norm1 in its code


@dataclass(frozen=True)
class Checkpoint:
    """A known checkpoint: its key, a title for people, the evidence it gives, and what it was trained on."""

    key: str
    title: str
    gives: type[Evidence]
    training_data: str


MODELS: tuple[Checkpoint, ...] = (
    Checkpoint("bundled/cnn", "Small ResNet (bundled)", FeatureMaps, "CIFAR-10"),
    Checkpoint("bundled/vit", "Small ViT (bundled)", AttentionMaps, "CIFAR-10 and the bundled CNN's answers to it"),
    Checkpoint("torchvision/resnet50", "ResNet-50", FeatureMaps, IMAGENET),
    Checkpoint("torchvision/resnet18", "ResNet-18", FeatureMaps, IMAGENET),
    Checkpoint("torchvision/densenet121", "DenseNet-121", FeatureMaps, IMAGENET),
    Checkpoint("torchvision/efficientnet_b0", "EfficientNet-B0", FeatureMaps, IMAGENET),
    Checkpoint("torchvision/regnet_y_400mf", "RegNetY-400MF", FeatureMaps, IMAGENET),
    Checkpoint("torchvision/mobilenet_v2", "MobileNetV2", FeatureMaps, IMAGENET),
    Checkpoint("torchvision/squeezenet1_1", "SqueezeNet 1.1", FeatureMaps, IMAGENET),
    Checkpoint("hf/google/vit-base-patch16-224", "ViT-B/16", AttentionMaps, IMAGENET_21K),
    Checkpoint("hf/facebook/deit-small-patch16-224", "DeiT-S/16", AttentionMaps, IMAGENET),
    Checkpoint("hf/facebook/deit-base-distilled-patch16-224", "DeiT-B/16 distilled", AttentionMaps, IMAGENET),
    Checkpoint("hf/microsoft/beit-base-patch16-224", "BEiT-B/16", AttentionMaps, IMAGENET_21K),
    Checkpoint("hf/facebook/dinov2-small-imagenet1k-1-layer", "DINOv2-S/14", AttentionMaps, f"LVD-142M, head {IMAGENET}"),
    Checkpoint("torchvision/vit_b_16", "ViT-B/16 (torchvision)", AttentionMaps, IMAGENET),
)
KNOWN = {checkpoint.key: checkpoint for checkpoint in MODELS}


def load(key: str, report: Report = silent) -> Classifier:
    """Loads a model by its key, one at a time in the whole process: local files first, then the hub.

    Raises:
        ModelError: the key names nothing that can be used; the text says what was expected.
    """
    source, _, name = key.partition("/")
    if source not in SOURCES or not name:
        raise ModelError(f"Unknown model {key!r}: expected bundled/…, torchvision/… or hf/….")
    with LOADING:
        return SOURCES[source](key, name, report)


def title_of(key: str) -> str:
    """A name for people: the known one, or the key without its source."""
    return KNOWN[key].title if key in KNOWN else key.partition("/")[2]


def _training_data(key: str) -> str:
    return KNOWN[key].training_data if key in KNOWN else ""


def local_folder(name: str) -> Path | None:
    """What `name` is below `DASHBOARD_MODELS`, or None. Links and `..` can't lead out of it."""
    root = os.environ.get("DASHBOARD_MODELS")
    if not root:
        return None
    base = Path(root).resolve()
    try:
        path = (base / name).resolve()
        return path if path.exists() and path != base and path.is_relative_to(base) else None
    except (OSError, ValueError, RuntimeError):  # too long, a null byte, links in a circle
        return None


def local_models() -> list[str]:
    """Keys of what lies below `DASHBOARD_MODELS`: Hugging Face folders and torchvision state dicts."""
    root = os.environ.get("DASHBOARD_MODELS")
    if not root or not Path(root).is_dir():
        return []
    base = Path(root)
    folders = (path.parent.relative_to(base).as_posix() for path in sorted(base.glob("**/config.json")))
    states = (path.stem for path in sorted(base.glob("*.safetensors")))
    return [f"hf/{name}" for name in folders if name != "."] + [f"torchvision/{name}" for name in states]


def _load_bundled(key: str, name: str, report: Report) -> Classifier:
    if name == "vit":
        return load_folder(BUNDLED / name, key, title_of(key), _training_data(key), "bundled", chosen_device())
    if name != "cnn":
        raise ModelError(f"Unknown model {key!r}: expected bundled/cnn or bundled/vit.")
    config = json.loads((BUNDLED / name / "config.json").read_text())
    model = SmallResNet(len(config["labels"]))
    _fill(model, load_file(BUNDLED / name / "model.safetensors"))
    preprocessing = squeeze(config["size"], config["mean"], config["std"])
    model = model.requires_grad_(False).eval().to(chosen_device())
    example = _noise(config["size"])
    parameters = sum(p.numel() for p in model.parameters())
    return Classifier(
        key, title_of(key), tuple(config["labels"]), _training_data(key), "bundled", chosen_device(), parameters,
        preprocessing, {FeatureMaps: cam_observer(model, title_of(key), example)},
        {AttentionMaps: f"{title_of(key)} is a CNN and has no attention: rollout is undefined."},
    )  # fmt: skip


def _fill(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Loads a state as float32, without Inception's heads for training and with DenseNet's old names brought up to date."""
    named = OrderedDict(
        (OLD_DENSENET.sub(r"\1\2", key), value.float() if value.is_floating_point() else value)
        for key, value in state.items()
        if not key.startswith("aux")
    )
    named._metadata = getattr(state, "_metadata", model.state_dict()._metadata)  # versions; safetensors keeps none
    model.load_state_dict(named)


def _noise(size: int) -> Tensor:
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0)).to(chosen_device())


def _load_torchvision(key: str, name: str, report: Report) -> Classifier:
    if name not in torchvision_models.list_models(module=torchvision_models):
        raise ModelError(f"torchvision has no classifier {name!r}: expected a name such as resnet50.")
    weights = torchvision_models.get_model_weights(name).DEFAULT
    state, source = _torchvision_state(name, weights, report)
    labels = tuple(weights.meta["categories"])
    model = torchvision_models.get_model(name, weights=None, **_eval_options(name))
    try:
        _fill(model, state)
    except RuntimeError as error:
        raise ModelError(f"The weights of {name} do not fit: {' '.join(str(error).split())[:300]}") from error
    preset = weights.transforms()
    model = model.requires_grad_(False).eval().to(chosen_device())
    observers, refusals = _fit(model, title_of(key), preset)
    parameters = sum(p.numel() for p in model.parameters())
    data = _training_data(key) or (IMAGENET if source != "local folder" else "")
    return Classifier(key, title_of(key), labels, data, source, chosen_device(), parameters,
                      from_preset(preset), observers, refusals)  # fmt: skip


def _eval_options(name: str) -> dict[str, bool | int]:
    """What torchvision's builders set by themselves only where they load the weights too."""
    inception = {"transform_input": True, "init_weights": False}  # its weights want another scale than the preset's
    options = {"googlenet": {"aux_logits": False, **inception}, "inception_v3": inception, "vit_h_14": {"image_size": 518}}
    return options.get(name, {})


def _torchvision_state(name: str, weights: object, report: Report) -> tuple[dict[str, Tensor], str]:
    file = local_folder(f"{name}.safetensors")
    if file is not None:
        try:
            return load_file(file), "local folder"
        except SafetensorError as error:
            raise ModelError(f"{file.name} is damaged or cut short ({error}).") from error
    cached = Path(torch.hub.get_dir(), "checkpoints", Path(urlsplit(weights.url).path).name)
    if not cached.exists():
        _require_network(urlsplit(weights.url).hostname, title_of(f"torchvision/{name}"))
        report(f"Downloading {name} from torchvision ({weights.meta['_file_size']:.0f} MB) …")
    try:
        return weights.get_state_dict(progress=False, check_hash=True, weights_only=True), "torchvision"
    except (URLError, OSError, RuntimeError) as error:
        raise ModelError(f"{name} could not be downloaded: {error}.") from error


def _fit(model: nn.Module, title: str, preset: ImageClassification) -> tuple[dict, dict]:
    """What a torchvision model gives, and why not the rest."""
    observers, refusals = {}, {}
    example = _noise(preset.crop_size[0])
    if isinstance(model, torchvision_models.VisionTransformer):
        refusals[FeatureMaps] = f"{title} is a transformer without pooled feature maps: CAM is undefined."
        observers[AttentionMaps] = vit_observer(model, title, example)
        return observers, refusals
    refusals[AttentionMaps] = f"{title} has no global attention: rollout is undefined."
    try:
        observers[FeatureMaps] = cam_observer(model, title, example)
    except DoesNotFit as reason:
        refusals[FeatureMaps] = str(reason)
    return observers, refusals


def _load_hugging_face(key: str, name: str, report: Report) -> Classifier:
    folder, source = local_folder(name), "local folder"
    if folder is None:
        folder, source = _from_hub(name, report), "Hugging Face hub"
    if folder.is_dir() and not any(folder.glob("*.safetensors")):
        raise ModelError(f"{name} holds no safetensors weights: other formats can run code and are not opened.")
    report(f"Loading {title_of(key)} …")
    return load_folder(folder, key, title_of(key), _training_data(key), source, chosen_device())


def _from_hub(name: str, report: Report) -> Path:
    wanted = {"allow_patterns": ["*.json", "*.safetensors"]}
    try:
        folder = Path(snapshot_download(name, local_files_only=True, **wanted))
        if any(folder.glob("*.safetensors")):
            return folder
    except HFValidationError as error:
        raise ModelError(f"{name[:80]!r} is no hub id and no folder below DASHBOARD_MODELS.") from error
    except LocalEntryNotFoundError:
        pass  # not downloaded before: the hub is next
    _require_network(urlsplit(constants.ENDPOINT).hostname, title_of(f"hf/{name}"))
    report(f"Downloading {name} from the Hugging Face hub …")
    try:
        return Path(snapshot_download(name, **wanted))
    except OSError as error:
        raise ModelError(f"{name} can't be had from the Hugging Face hub: {str(error).strip().splitlines()[0]}") from error


def _require_network(host: str, title: str) -> None:
    """Asks in two seconds what the download itself takes twenty to find out."""
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return
    try:
        socket.create_connection((host, 443), timeout=2).close()
    except OSError as error:
        raise ModelError(
            f"{title} is not on this machine and {host} can't be reached: "
            "put its files below the folder that DASHBOARD_MODELS names, or use the bundled models."
        ) from error


SOURCES: dict[str, Callable[[str, str, Report], Classifier]] = {
    "bundled": _load_bundled,
    "torchvision": _load_torchvision,
    "hf": _load_hugging_face,
}
