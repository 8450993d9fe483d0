"""Class-specific attention methods. L layers, H heads, T tokens; rows are queries, columns are keys."""

import torch
from torch import Tensor

from dashboard.numerics.rollout import rollout_rows


def positive_products(first: Tensor, second: Tensor) -> Tensor:
    """mean_h ReLU(a * b): the attention of each layer that speaks for the score, (L, H, T, T) twice -> (L, T, T)."""
    return (first * second).relu().mean(1)


def relevance_rows(steps: Tensor, reads: Tensor) -> Tensor:
    """What the head's token draws from each input token, after each layer, (L, T, T) -> (L, T).

    R starts as the identity; R <- R + a_l R in each layer. Row d is reads (1 + a_d) ... (1 + a_0).
    Chefer et al. 2021, arXiv:2103.15679, equation 6; with LRP relevance in a, arXiv:2012.09838, equations 13 and 14.
    """
    identity = torch.eye(steps.shape[-1], dtype=steps.dtype, device=steps.device)
    return rollout_rows(steps + identity, reads)


def legrad_rows(gradients: Tensor) -> Tensor:
    """mean_{h, q} ReLU(ds_l / dA_l), summed over the layers up to each, (L, H, T, T) -> (L, T).

    Bousselham et al. 2024, arXiv:2404.03214, equations 8 to 10; s_l is the score read after layer l.
    """
    return gradients.relu().mean((1, 2)).cumsum(0)
