"""Attention evidence from torchvision's `vit_*` models."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import VisionTransformer

from dashboard.models.classifier import Fit
from dashboard.models.observers.attention import attention_observers
from dashboard.models.observers.recording import is_recording, recorded_attention, recording


class RecordingSelfAttention(nn.MultiheadAttention):
    """The same parameters and numbers as `nn.MultiheadAttention` on one batch-first input, open to recording."""

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **_: Any) -> tuple[Tensor, None]:
        projected = F.linear(query, self.in_proj_weight, self.in_proj_bias)  # (B, T, 3 D)
        q, k, v = projected.unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)  # each (B, H, T, D / H)
        if is_recording():
            mixed = recorded_attention(q, k, v, None, q.shape[-1] ** -0.5)
        else:
            mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), None


def vit_observers(model: VisionTransformer, name: str, example: Tensor) -> Fit:
    """Opens the model's attention to recording (its state dict stays as it is) and probes it."""
    for module in model.modules():
        if type(module) is nn.MultiheadAttention:
            module.__class__ = RecordingSelfAttention

    def run(pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        with recording() as maps:
            return model(pixels), maps

    return attention_observers(run, model, model, name, example, len(model.encoder.layers))
