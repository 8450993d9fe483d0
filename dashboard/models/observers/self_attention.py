"""The attention maps of torchvision's `vit_*` models, which keep none by themselves."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import VisionTransformer

from dashboard.models.observers.recording import is_recording, recorded_attention, recording


class RecordingSelfAttention(nn.MultiheadAttention):
    """The same parameters and numbers as `nn.MultiheadAttention` on one batch-first input, open to recording."""

    def forward(self, query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
        projected = F.linear(query, self.in_proj_weight, self.in_proj_bias)  # (B, T, 3 D)
        q, k, v = projected.unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)  # each (B, H, T, D / H)
        if is_recording():
            mixed = recorded_attention(q, k, v, None, q.shape[-1] ** -0.5)
        else:
            mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), None


def open_attention(model: VisionTransformer) -> None:
    """Opens the model's attention to recording. Its state dict and its answers stay as they are."""
    for module in model.modules():
        if type(module) is nn.MultiheadAttention:
            module.__class__ = RecordingSelfAttention


def record(model: nn.Module, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
    """A pass of a model with open attention: logits (B, K), and one (B, H, T, T) per layer, first layer first."""
    with recording() as maps:
        return model(pixels), maps
