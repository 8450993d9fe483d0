"""What is trained: the bundled architectures, and how each is written to its folder."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from dashboard.models.families.small_resnet import SmallResNet
from training.data import CIFAR, CLASSES, Pictures
from training.mimetic import mimetic_initialisation


def new_cnn() -> SmallResNet:
    """The bundled convolutional network before training, with random weights."""
    return SmallResNet(len(CLASSES))


def new_vit(seed: int) -> ViTForImageClassification:
    """Patches of 4 pixels: 8 x 8 patches and the CLS token."""
    return mimetic_vit(seed, CIFAR, hidden_size=192, num_attention_heads=3, intermediate_size=384, patch_size=4)


def mimetic_vit(seed: int, pictures: Pictures, **shape: int) -> ViTForImageClassification:
    """A vision transformer of 6 layers before training. Eager attention trains faster than SDPA on CPUs."""
    names: dict[int, str] = dict(enumerate(pictures.labels))
    options: dict[str, Any] = {"num_labels": len(names), "attn_implementation": "eager"}  # ViTConfig takes, but names not
    config = ViTConfig(
        num_hidden_layers=6, image_size=pictures.side, id2label=names, label2id={name: k for k, name in names.items()},
        **shape, **options,
    )  # fmt: skip
    model = ViTForImageClassification(config)
    mimetic_initialisation(model, torch.Generator().manual_seed(seed))
    return model


class Logits(nn.Module):
    """A Hugging Face classifier as a function from pixels to logits."""

    def __init__(self, model: ViTForImageClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.model(pixels).logits


def save_cnn(model: SmallResNet, folder: Path, pictures: Pictures = CIFAR) -> None:
    """Weights in half precision, and the preprocessing beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: _half(value) for name, value in model.state_dict().items()}, folder / "model.safetensors")
    config = {
        "architecture": "SmallResNet", "widths": model.widths, "strides": model.strides, "size": pictures.side,
        "mean": pictures.mean, "std": pictures.std, "labels": pictures.labels,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def save_vit(model: ViTForImageClassification, folder: Path, pictures: Pictures = CIFAR) -> None:
    """A Hugging Face folder: `config.json`, `preprocessor_config.json` and weights in half precision."""
    state = {name: _half(value) for name, value in model.state_dict().items()}
    model.save_pretrained(folder, state_dict=state)
    size = {"height": pictures.side, "width": pictures.side}
    ViTImageProcessor(size=size, image_mean=pictures.mean, image_std=pictures.std).save_pretrained(folder)


def _half(value: torch.Tensor) -> torch.Tensor:
    return value.detach().cpu().to(torch.float16 if value.is_floating_point() else value.dtype).contiguous()
