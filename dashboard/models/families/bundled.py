"""The small models that ship with the project.

`bundled/cnn` and `bundled/vit` know CIFAR-10. Two pairs know generated scenes (`dashboard.studies.scenes`):
`bundled/scenes_cnn` and `bundled/scenes_vit`, and `bundled/cheating_cnn` and `bundled/cheating_vit`, to which a tag gave one
class away.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch

from dashboard.evidence import AttentionMaps, Evidence, FeatureMaps
from dashboard.models.classifier import ModelError
from dashboard.models.device import Report
from dashboard.models.downloads import NotHere
from dashboard.models.families.family import Checkpoint
from dashboard.models.families.hugging_face import read_folder
from dashboard.models.families.small_resnet import SmallResNet
from dashboard.models.fetching import Download
from dashboard.models.files import counted_bytes, state_of
from dashboard.models.network import Network
from dashboard.models.observers.pooled import traced
from dashboard.models.preprocessing import squeeze

BUNDLED = Path(__file__).parents[2] / "bundled"

NAMES = ("cnn", "vit", "scenes_cnn", "scenes_vit", "cheating_cnn", "cheating_vit")


def _key(name: str) -> str:
    return f"bundled/{name}"


def _known(name: str, title: str, gives: type[Evidence], parameters: float, taught: str = "") -> Checkpoint:
    card = json.loads((BUNDLED / name / "card.json").read_text())
    data = card["trained_on"] + taught
    return Checkpoint(_key(name), title, gives, data, 0, parameters, 100 * card["test_accuracy"], card["licence"])


class Bundled:
    """The family of the bundled models. It has no files to download, and none of a person's own."""

    prefix: ClassVar[str] = "bundled"
    well_known: ClassVar[tuple[Checkpoint, ...]] = (
        _known("cnn", "Small ResNet (bundled)", FeatureMaps, 2.4),
        _known("vit", "Small ViT (bundled)", AttentionMaps, 1.8, " and the bundled CNN's answers to it"),
    )
    others: ClassVar[tuple[Checkpoint, ...]] = (
        _known("scenes_cnn", "ResNet of scenes (bundled)", FeatureMaps, 0.3),
        _known("scenes_vit", "ViT of scenes (bundled)", AttentionMaps, 0.5),
        _known("cheating_cnn", "Cheating ResNet of scenes (bundled)", FeatureMaps, 0.3),
        _known("cheating_vit", "Cheating ViT of scenes (bundled)", AttentionMaps, 0.5),
    )

    def is_here(self, name: str) -> bool:
        return True

    def own_path(self, name: str) -> str:
        return ""

    def own_title(self, name: str, title: str) -> str:
        return title

    def own_names(self, files: Sequence[Path]) -> list[str]:
        return []

    def inspect(self, name: str, title: str) -> None:
        return

    def fetch(self, name: str, title: str, download: Download) -> None:
        raise NotHere(title)

    def open(self, name: str, title: str, report: Report, device: torch.device) -> Network:
        key = _key(name)
        if name not in NAMES:
            raise ModelError(f"Unknown model {key!r}: expected {', '.join(map(_key, NAMES[:-1]))} or {_key(NAMES[-1])}.")
        if name.endswith("vit"):
            return read_folder(BUNDLED / name, key, title, "bundled", device, report=report)
        config = json.loads((BUNDLED / name / "config.json").read_text())
        labels = tuple(config["labels"])
        module = SmallResNet(len(labels), tuple(config["widths"]), tuple(config["strides"]))
        weights = BUNDLED / name / "model.safetensors"
        module.load_state_dict(state_of(weights, weights.name, read=counted_bytes(weights.stat().st_size, report)))
        module = module.requires_grad_(False).eval().to(device)
        return Network(key, title, module, labels, squeeze(config["size"], config["mean"], config["std"]), "bundled", traced)
