"""A start for a transformer's attention that small data sets can train from."""

import math
from typing import Any

import torch
from torch import Tensor
from transformers import ViTForImageClassification


@torch.no_grad()
def mimetic_initialisation(model: ViTForImageClassification, generator: torch.Generator) -> None:
    """Sets attention weights so that tokens first look near themselves (Trockman and Kolter 2023, arXiv:2305.09828).

    Per head W_q^T W_k starts near the identity, W_v^T W_o^T near minus the identity, and position
    embeddings are sinusoids in rows and columns.
    """
    config: Any = model.config
    layers: Any = model.vit.layers  # a `ModuleList` does not say of what
    for block in layers:
        attention = block.attention
        _query_and_key(attention.q_proj, attention.k_proj, config.num_attention_heads, generator)
        _value_and_output(attention.v_proj, attention.o_proj, generator)
    side = config.image_size // config.patch_size
    positions = model.vit.embeddings.position_embeddings
    positions.zero_()
    positions[0, 1:] = 0.5 * sinusoids(side, config.hidden_size)


def _query_and_key(query: torch.nn.Linear, key: torch.nn.Linear, heads: int, generator: torch.Generator) -> None:
    width = query.in_features
    size = width // heads
    for head in range(heads):
        noise = torch.randn(width, width, generator=generator) / math.sqrt(width)
        u, s, vt = torch.linalg.svd(0.7 * noise + 0.7 * torch.eye(width))
        rows = slice(head * size, (head + 1) * size)
        query.weight[rows] = (u * s.sqrt())[:, :size].T
        key.weight[rows] = (vt.T * s.sqrt())[:, :size].T


def _value_and_output(value: torch.nn.Linear, output: torch.nn.Linear, generator: torch.Generator) -> None:
    width = value.in_features
    noise = torch.randn(width, width, generator=generator) / math.sqrt(width)
    u, s, vt = torch.linalg.svd(0.4 * noise - 0.4 * torch.eye(width))
    value.weight.copy_((u * s.sqrt()).T)
    output.weight.copy_(vt.T * s.sqrt())


def sinusoids(side: int, width: int) -> Tensor:
    """(side * side, width): a quarter each of sine and cosine over rows and columns."""
    frequencies = 10000 ** -(torch.arange(width // 4) / (width // 4))
    angles = torch.arange(side)[:, None] * frequencies  # (side, width / 4)
    waves = torch.cat([angles.sin(), angles.cos()], 1)  # (side, width / 2)
    rows = waves[:, None].expand(side, side, -1)
    return torch.cat([rows, rows.transpose(0, 1)], 2).reshape(side * side, width)
