"""torchvision's classifiers, with its newest weights or a person's own: keys `torchvision/<name>`."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torchvision import models as torchvision_models

from dashboard.evidence import AttentionMaps, FeatureMaps, StageGradients
from dashboard.models.classifier import ModelError, said
from dashboard.models.device import Report
from dashboard.models.downloads import NotHere, fetch_torchvision, torchvision_file, torchvision_state
from dashboard.models.families.family import IMAGENET, Checkpoint
from dashboard.models.fetching import Download
from dashboard.models.files import counted_bytes, local_path, local_state, state_of
from dashboard.models.network import Network
from dashboard.models.observers.pooled import traced
from dashboard.models.observers.self_attention import open_attention, record
from dashboard.models.observers.stages import OF_STAGES
from dashboard.models.preprocessing import Preprocessing, from_preset
from dashboard.numbers import MEGABYTE

NAMES = torchvision_models.list_models(module=torchvision_models)
TITLES = {
    "resnet50": "ResNet-50", "resnet18": "ResNet-18", "densenet121": "DenseNet-121", "efficientnet_b0": "EfficientNet-B0",
    "regnet_y_400mf": "RegNetY-400MF", "mobilenet_v2": "MobileNetV2", "squeezenet1_1": "SqueezeNet 1.1",
    "vit_b_16": "ViT-B/16 (torchvision)",
}  # fmt: skip
# Where one linear layer, or none, follows global average pooling; a test loads every name and compares.
CAM_FAMILIES = (
    "resnet", "resnext", "wide_resnet", "regnet", "densenet", "efficientnet", "mobilenet_v2", "mnasnet", "shufflenet",
    "googlenet", "inception", "squeezenet", "swin",
)  # fmt: skip
OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")  # norm.1 in torchvision's files, norm1 in its code
OWN_WEIGHTS = "Its weights are your own file, which holds no names: its classes are called as ImageNet's are."


def _weights(name: str) -> Any:
    kinds: Any = torchvision_models.get_model_weights(name)  # an enumeration whose member DEFAULT is the best weights
    return kinds.DEFAULT


def _known(name: str) -> Checkpoint:
    weights = _weights(name)
    size = weights.meta["_file_size"] * 1024**2 / MEGABYTE  # torchvision counts in units of 1024 x 1024
    gives = AttentionMaps if name.startswith("vit_") else FeatureMaps if name.startswith(CAM_FAMILIES) else StageGradients
    accuracy = weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]
    return Checkpoint(
        f"torchvision/{name}", TITLES.get(name, name), gives, IMAGENET, size,
        weights.meta["num_params"] / 1e6, accuracy, weights.meta.get("license", ""),
    )  # fmt: skip


NO_CLASSIFIER = "torchvision has no classifier {!r}: expected a name such as resnet50."


class Torchvision:
    """torchvision's classifiers. A person's own weights are a file `<name>.safetensors` in `DASHBOARD_MODELS`."""

    prefix: ClassVar[str] = "torchvision"
    well_known: ClassVar[tuple[Checkpoint, ...]] = tuple(map(_known, TITLES))
    others: ClassVar[tuple[Checkpoint, ...]] = tuple(
        _known(name) for name in NAMES if name not in TITLES and "categories" in _weights(name).meta
    )

    def is_here(self, name: str) -> bool:
        return name not in NAMES or local_path(self.own_path(name)) is not None or torchvision_file(_weights(name)).exists()

    def own_path(self, name: str) -> str:
        return f"{name}.safetensors"

    def own_title(self, name: str, title: str) -> str:
        return f"{title} (your file)"

    def own_names(self, files: Sequence[Path]) -> list[str]:
        return sorted(path.stem for path in files if path.suffix == ".safetensors" and path.parent == Path())

    def inspect(self, name: str, title: str) -> None:
        if name not in NAMES:
            raise ModelError(NO_CLASSIFIER.format(name))

    def fetch(self, name: str, title: str, download: Download) -> None:
        fetch_torchvision(title, _weights(name), download)

    def open(self, name: str, title: str, report: Report, device: torch.device) -> Network:
        if name not in NAMES:
            raise ModelError(NO_CLASSIFIER.format(name))
        weights, file = _weights(name), local_state(name)
        state = _state(name, weights, file, title, report)
        module = torchvision_models.get_model(name, weights=None, **eval_options(name))
        try:
            _fill(module, state)
        except RuntimeError as error:
            raise ModelError(f"The weights of {name} do not fit: {said(error)}") from error
        module = module.requires_grad_(False).eval().to(device)
        return network_of(
            module, f"{self.prefix}/{name}", title, tuple(weights.meta["categories"]), from_preset(weights.transforms()),
            source="torchvision" if file is None else "local folder", note="" if file is None else OWN_WEIGHTS,
        )  # fmt: skip


def network_of(
    module: nn.Module, key: str, title: str, labels: tuple[str, ...], preprocessing: Preprocessing, **facts: Any
) -> Network:
    """A network of torchvision's kind; the attention of a vision transformer is opened to recording. `facts` are further
    fields of the `Network`.
    """
    if isinstance(module, torchvision_models.VisionTransformer):
        open_attention(module)
        facts |= {"record": record, "layers": len(module.encoder.layers), "refusals": {
            FeatureMaps: f"{title} is a transformer without pooled feature maps: CAM is undefined.",
            **dict.fromkeys(OF_STAGES, f"{title} is a transformer and has no stages of feature maps."),
        }}  # fmt: skip
    return Network(key, title, module, labels, preprocessing, graph=traced, **facts)


def eval_options(name: str) -> dict[str, bool | int]:
    """The options that torchvision's builders set by themselves only where they load the weights too."""
    inception = {"transform_input": True, "init_weights": False}  # Inception's weights expect another scale than the preset's
    options = {"googlenet": {"aux_logits": False, **inception}, "inception_v3": inception, "vit_h_14": {"image_size": 518}}
    return options.get(name, {})


def _state(name: str, weights: Any, file: Path | None, title: str, report: Report) -> dict[str, Tensor]:
    """The tensors of a person's own `file`, or, where that is None, of the file that torchvision downloads."""
    if file is not None:
        return state_of(file, f"{name}.safetensors", read=counted_bytes(file.stat().st_size, report))
    if not torchvision_file(weights).exists():
        raise NotHere(title)
    return torchvision_state(name, weights, report)


def _fill(module: nn.Module, state: dict[str, Tensor]) -> None:
    """Loads a state as float32, without Inception's heads for training and with DenseNet's old names brought up to date."""
    named = OrderedDict(
        (OLD_DENSENET.sub(r"\1\2", key), value.float() if value.is_floating_point() else value)
        for key, value in state.items()
        if not key.startswith("aux")
    )
    # Versions of the modules' states, which safetensors does not keep.
    named._metadata = getattr(state, "_metadata", module.state_dict()._metadata)  # type: ignore[attr-defined]
    module.load_state_dict(named)
