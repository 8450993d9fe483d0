"""The known checkpoints: what they are, and what a download would cost, before anything is loaded.

torchvision's figures are its own (`weights.meta`). Those of the others are from their cards and papers: ViT (arXiv:2010.11929),
DeiT (arXiv:2012.12877), BEiT (arXiv:2106.08254), DINOv2 (arXiv:2304.07193), with registers (arXiv:2309.16588).
"""

import json
from dataclasses import dataclass
from pathlib import Path

from torchvision import models as torchvision_models

from dashboard.evidence import AttentionMaps, Evidence, FeatureMaps, StageGradients
from dashboard.numbers import MEGABYTE

BUNDLED = Path(__file__).parents[1] / "bundled"
IMAGENET = "ImageNet-1k"
IMAGENET_21K = "ImageNet-21k, then ImageNet-1k"
LVD = f"LVD-142M, head {IMAGENET}"
CIFAR = "CIFAR-10"


@dataclass(frozen=True)
class Checkpoint:
    """A known checkpoint.

    `gives` is the evidence of the first method that fits it: CAM, else Grad-CAM, or rollout; `megabytes` the size of
    its download, a million bytes each (0: ships with the project), `parameters` in millions, `accuracy` top-1 in percent
    on the test set of what it was trained on last; None and "" where not known.
    """

    key: str
    title: str
    gives: type[Evidence]
    training_data: str
    megabytes: float | None = None
    parameters: float | None = None
    accuracy: float | None = None
    licence: str = ""


def _hub(name: str, title: str, data: str, megabytes: float | None, parameters: float | None, accuracy: float | None,
         licence: str = "Apache-2.0") -> Checkpoint:  # fmt: skip
    return Checkpoint(f"hf/{name}", title, AttentionMaps, data, megabytes, parameters, accuracy, licence)


def _bundled(name: str, title: str, gives: type[Evidence], parameters: float, taught: str = "") -> Checkpoint:
    card = json.loads((BUNDLED / name / "card.json").read_text())
    data = card["trained_on"] + taught
    return Checkpoint(f"bundled/{name}", title, gives, data, 0, parameters, 100 * card["test_accuracy"], card["licence"])


SHIPPED = (
    _bundled("cnn", "Small ResNet (bundled)", FeatureMaps, 2.4),
    _bundled("vit", "Small ViT (bundled)", AttentionMaps, 1.8, " and the bundled CNN's answers to it"),
)
HUB = (
    _hub("google/vit-base-patch16-224", "ViT-B/16", IMAGENET_21K, 346, 86.6, None),
    _hub("google/vit-large-patch16-224", "ViT-L/16", IMAGENET_21K, 1217, 304.3, None),
    _hub("facebook/deit-tiny-patch16-224", "DeiT-Ti/16", IMAGENET, 23, 5.7, 72.2),
    _hub("facebook/deit-small-patch16-224", "DeiT-S/16", IMAGENET, 88, 22.1, 79.9),
    _hub("facebook/deit-base-patch16-224", "DeiT-B/16", IMAGENET, 346, 86.6, 81.8),
    _hub("facebook/deit-small-distilled-patch16-224", "DeiT-S/16 distilled", IMAGENET, 90, 22.4, 81.2),
    _hub("facebook/deit-base-distilled-patch16-224", "DeiT-B/16 distilled", IMAGENET, 349, 87.3, 83.4),
    _hub("microsoft/beit-base-patch16-224", "BEiT-B/16", IMAGENET_21K, 350, 86.5, 85.2),
    _hub("facebook/dinov2-small-imagenet1k-1-layer", "DINOv2-S/14", LVD, 91, 22.8, 81.1),
    _hub("facebook/dinov2-base-imagenet1k-1-layer", "DINOv2-B/14", LVD, 352, 88.1, 84.5),
    _hub("facebook/dinov2-with-registers-small-imagenet1k-1-layer", "DINOv2-S/14 with registers", LVD, 91, 22.8, 80.9),
    _hub("facebook/dinov2-with-registers-base-imagenet1k-1-layer", "DINOv2-B/14 with registers", LVD, 352, 88.1, 84.6),
    _hub("Andron00e/CLIPForImageClassification-v1", "CLIP classifier", f"web pairs, then {CIFAR}", None, None, 82.6),
    _hub("prithivMLmods/Watermark-Detection-SigLIP2", "SigLIP 2 B/16: watermark?", "WebLI, then watermarks", 372, 92.9, None),
)
TORCHVISION_TITLES = {
    "resnet50": "ResNet-50", "resnet18": "ResNet-18", "densenet121": "DenseNet-121", "efficientnet_b0": "EfficientNet-B0",
    "regnet_y_400mf": "RegNetY-400MF", "mobilenet_v2": "MobileNetV2", "squeezenet1_1": "SqueezeNet 1.1",
    "vit_b_16": "ViT-B/16 (torchvision)",
}  # fmt: skip
# Where one linear layer, or none, follows global average pooling; a test loads every name and compares.
CAM_FAMILIES = (
    "resnet", "resnext", "wide_resnet", "regnet", "densenet", "efficientnet", "mobilenet_v2", "mnasnet", "shufflenet",
    "googlenet", "inception", "squeezenet", "swin",
)  # fmt: skip


def _torchvision(name: str) -> Checkpoint:
    weights = torchvision_models.get_model_weights(name).DEFAULT
    size = weights.meta["_file_size"] * 1024**2 / MEGABYTE  # torchvision counts in units of 1024 x 1024
    gives = AttentionMaps if name.startswith("vit_") else FeatureMaps if name.startswith(CAM_FAMILIES) else StageGradients
    accuracy = weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]
    return Checkpoint(
        f"torchvision/{name}", TORCHVISION_TITLES.get(name, name), gives, IMAGENET, size,
        weights.meta["num_params"] / 1e6, accuracy, weights.meta.get("license", ""),
    )  # fmt: skip


MODELS: tuple[Checkpoint, ...] = (*SHIPPED, *map(_torchvision, TORCHVISION_TITLES), *HUB)
OTHERS: tuple[Checkpoint, ...] = tuple(
    _torchvision(name)
    for name in torchvision_models.list_models(module=torchvision_models)
    if name not in TORCHVISION_TITLES and "categories" in torchvision_models.get_model_weights(name).DEFAULT.meta
)
KNOWN = {checkpoint.key: checkpoint for checkpoint in (*MODELS, *OTHERS)}
