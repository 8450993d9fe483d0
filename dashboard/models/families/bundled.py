"""The two small models that ship with the project: keys `bundled/cnn` and `bundled/vit`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from safetensors.torch import load_file

from dashboard.evidence import AttentionMaps, Evidence, FeatureMaps
from dashboard.models.classifier import ModelError
from dashboard.models.device import Report
from dashboard.models.downloads import NotHere
from dashboard.models.families.family import Checkpoint
from dashboard.models.families.hugging_face import read_folder
from dashboard.models.families.small_resnet import SmallResNet
from dashboard.models.fetching import Download
from dashboard.models.network import Network
from dashboard.models.observers.pooled import traced
from dashboard.models.preprocessing import squeeze

BUNDLED = Path(__file__).parents[2] / "bundled"


def _known(name: str, title: str, gives: type[Evidence], parameters: float, taught: str = "") -> Checkpoint:
    card = json.loads((BUNDLED / name / "card.json").read_text())
    data = card["trained_on"] + taught
    return Checkpoint(f"bundled/{name}", title, gives, data, 0, parameters, 100 * card["test_accuracy"], card["licence"])


class Bundled:
    """The family of the two bundled models. It has no files to download, and none of a person's own."""

    prefix: ClassVar[str] = "bundled"
    well_known: ClassVar[tuple[Checkpoint, ...]] = (
        _known("cnn", "Small ResNet (bundled)", FeatureMaps, 2.4),
        _known("vit", "Small ViT (bundled)", AttentionMaps, 1.8, " and the bundled CNN's answers to it"),
    )
    others: ClassVar[tuple[Checkpoint, ...]] = ()

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
        key = f"{self.prefix}/{name}"
        if name == "vit":
            return read_folder(BUNDLED / name, key, title, "bundled", device)
        if name != "cnn":
            raise ModelError(f"Unknown model {key!r}: expected bundled/cnn or bundled/vit.")
        config = json.loads((BUNDLED / name / "config.json").read_text())
        labels = tuple(config["labels"])
        module = SmallResNet(len(labels))
        module.load_state_dict(load_file(BUNDLED / name / "model.safetensors"))
        module = module.requires_grad_(False).eval().to(device)
        return Network(key, title, module, labels, squeeze(config["size"], config["mean"], config["std"]), "bundled", traced)
