"""Evidence against bare passes, and rollout against the best-known implementation. Weights are random: only time counts."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models import resnet50
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from benchmarks.timing import Row, medians
from dashboard.evidence import LIKELIEST, AttentionMaps, FeatureMaps
from dashboard.methods import AttentionRollout
from dashboard.models.classifier import Observer
from dashboard.models.device import chosen_device
from dashboard.models.zoo import load


@contextmanager
def models_folder() -> Iterator[Path]:
    """A folder that `DASHBOARD_MODELS` names while it lasts."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DASHBOARD_MODELS"] = folder
        yield Path(folder)
        del os.environ["DASHBOARD_MODELS"]


def vit_b16() -> ViTForImageClassification:
    """A ViT-B/16 for 1,000 classes, with random weights."""
    options: dict[str, Any] = {"num_labels": 1000}  # ViTConfig takes it, but does not name it
    return ViTForImageClassification(ViTConfig(**options))


@torch.no_grad()
def cam_row() -> Row:
    """CAM evidence against the pass alone."""
    bare = resnet50().eval().to(chosen_device())
    with models_folder() as folder:
        save_file(bare.state_dict(), folder / "resnet50.safetensors")
        observe = load("torchvision/resnet50").observers[FeatureMaps]
    pixels = torch.randn(1, 3, 224, 224, device=chosen_device())
    evidence, alone = medians(30, lambda: observe(pixels, LIKELIEST), lambda: bare(pixels))
    return _ratio("CAM evidence against a bare ResNet-50 pass", evidence, alone, 1.05)


@torch.no_grad()
def attention_rows() -> list[Row]:
    """Attention evidence against a bare SDPA pass; then rollout from that evidence against vit-explain's."""
    with chosen_device():
        bare = vit_b16().eval()
    with models_folder() as folder:
        bare.save_pretrained(folder / "vit-b16")
        ViTImageProcessor().save_pretrained(folder / "vit-b16")
        observe = load("hf/vit-b16").observers[AttentionMaps]
    pixels = torch.randn(1, 3, 224, 224, device=chosen_device())
    evidence, alone = medians(15, lambda: observe(pixels, LIKELIEST), lambda: bare(pixels))
    attention = _attention(observe, pixels)
    ours, theirs, again = medians(
        15,
        lambda: AttentionRollout("max", 0.9).progression(attention),
        lambda: vit_explain_rollout(list(attention.weights[:, None]), "max", 0.9),
        lambda: vit_explain_rollout(list(_attention(observe, pixels).weights[:, None]), "max", 0.9),
    )
    return [
        _ratio("attention evidence against a bare ViT-B/16 SDPA pass", evidence, alone, 1.25),
        Row("all 12 depths after a change of fusion or discard", f"{ours:.1f} ms", "at most 10 ms", ours <= 10),
        _faster("the same against vit-explain's rollout for one depth", ours, theirs, 8),
        _faster("the same against that with the pass it repeats", ours, again, 50),
    ]


def vit_explain_rollout(attentions: list[Tensor], fusion: str, discard: float) -> Tensor:
    """One depth as github.com/jacobgil/vit-explain defines it: (B, H, T, T) per layer -> (T - 1,).

    Written again from its definition, with rows divided by their own sums.
    """
    tokens = attentions[0].shape[-1]
    identity = result = torch.eye(tokens, device=attentions[0].device)
    for attention in attentions:
        fused = {"mean": attention.mean, "max": attention.amax, "min": attention.amin}[fusion](1)
        flat = fused.reshape(len(fused), -1).clone()
        lowest = flat.topk(int(flat.shape[-1] * discard), -1, largest=False).indices[0]
        flat[0, lowest[lowest != 0]] = 0
        step = (flat.view_as(fused) + identity) / 2
        result = (step / step.sum(-1, keepdim=True)) @ result
    return result[0, 0, 1:]


def _attention(observe: Observer, pixels: Tensor) -> AttentionMaps:
    evidence, _ = observe(pixels, LIKELIEST)
    if not isinstance(evidence, AttentionMaps):
        raise TypeError(f"expected attention maps, got {type(evidence).__name__}")
    return evidence


def _ratio(what: str, ours: float, theirs: float, bound: float) -> Row:
    return Row(what, f"{ours / theirs:.2f} x ({ours:.1f} ms / {theirs:.1f} ms)", f"at most {bound} x", ours / theirs <= bound)


def _faster(what: str, ours: float, theirs: float, bound: float) -> Row:
    return Row(what, f"{theirs / ours:.1f} x faster ({theirs:.1f} ms)", f"at least {bound} x", theirs / ours >= bound)
