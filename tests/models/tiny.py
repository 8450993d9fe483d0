"""Tiny classifiers with random weights, saved as a person would have them on disk. No test needs the network."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL import Image
from torch import nn
from transformers import PreTrainedModel

from dashboard.photo import Photo

PATCH, SIDE, LAYERS, HEADS, CLASSES = 8, 32, 3, 2, 5
LABELS = {index: f"class {index}" for index in range(CLASSES)}
SHAPE = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
    "image_size": SIDE, "patch_size": PATCH,
}  # fmt: skip
MEAN = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.25]}


@dataclass(frozen=True)
class Family:
    """One family by its transformers names; `cls` and `patches` say what its head reads (paper or documentation)."""

    model: str
    config: str
    prefix: int
    cls: int
    patches: bool
    options: dict[str, Any] = field(default_factory=dict)

    def build(self, **changes: Any) -> PreTrainedModel:
        shape = {**SHAPE, **self.options, **changes}
        config = getattr(transformers, self.config)
        joint = {"vision_config": shape} if "vision_config" in config.sub_configs else shape
        return randomised(getattr(transformers, self.model)(config(**joint, id2label=LABELS)))


def _vision(name: str, prefix: int, cls: int, patches: bool, config: str | None = None, **options: Any) -> Family:
    return Family(f"{name}ForImageClassification", config or f"{name}Config", prefix, cls, patches, options)


FAMILIES = {
    "vit": _vision("ViT", 1, cls=1, patches=False),
    "vit-msn": _vision("ViTMSN", 1, cls=1, patches=False),
    "deit": _vision("DeiT", 2, cls=1, patches=False),
    "deit-distilled": Family("DeiTForImageClassificationWithTeacher", "DeiTConfig", 2, cls=2, patches=False),
    "beit": _vision("Beit", 1, cls=0, patches=True, use_relative_position_bias=True),
    "beit-cls": _vision("Beit", 1, cls=1, patches=False, use_mean_pooling=False),
    "data2vec": _vision("Data2VecVision", 1, cls=0, patches=True),
    "dinov2": _vision("Dinov2", 1, cls=1, patches=True),
    "dinov2-registers": _vision("Dinov2WithRegisters", 5, cls=1, patches=True, num_register_tokens=4),
    "clip": _vision("CLIP", 1, cls=0, patches=True),
    "siglip": _vision("Siglip", 0, cls=0, patches=True),
    "ijepa": _vision("IJepa", 0, cls=0, patches=True),
}


def randomised(model: nn.Module, seed: int = 0) -> nn.Module:
    """Weights large enough that no two tokens, heads or classes look alike."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.named_parameters():
        spread = 0.3 * torch.randn(value.shape, generator=generator)
        value.data = 1 + spread if name.endswith("norm.weight") else spread
    return model.eval()


def save(model: PreTrainedModel, folder: Path, height: int = SIDE, width: int = SIDE, **changes: Any) -> Path:
    model.save_pretrained(folder)
    options = {"size": {"height": height, "width": width}, **MEAN, **changes}
    transformers.ViTImageProcessor(**options).save_pretrained(folder)
    return folder


def photo(width: int = 60, height: int = 45, seed: int = 0) -> Photo:
    """Noise with a bright corner, so that a flip or a transposed axis changes it."""
    bytes_ = torch.randint(0, 200, (height, width, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
    bytes_[: height // 3, : width // 4] = 255
    return Photo(Image.fromarray(bytes_.numpy()), f"{width}x{height}-{seed}", "noise")
