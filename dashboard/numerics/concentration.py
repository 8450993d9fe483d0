"""How few cells hold a map, and how its values spread."""

import math

import torch
from torch import Tensor


def entropy(values: Tensor) -> float:
    """Shannon's entropy of the map divided by its sum, 0 (one cell) to 1 (all alike).

    The complexity of Bhatt et al. 2020 (arXiv:2005.00631), divided by ln n. NaN where the map is zero everywhere.
    """
    shares = _checked(values) / values.sum().double()
    return (torch.special.entr(shares).sum() / math.log(max(values.numel(), 2))).item()


def gini(values: Tensor) -> float:
    """The Gini index, 0 (all alike) to (n - 1) / n (one cell), as in Chalasani et al. 2020 (arXiv:1810.06583).

    NaN where the map is zero everywhere.
    """
    ascending = _checked(values).flatten().sort().values
    n = len(ascending)
    weights = torch.arange(1, n + 1, dtype=torch.float64) * 2 - n - 1
    return ((weights @ ascending) / (n * ascending.sum())).item()


def histogram_entropy(values: Tensor) -> float:
    """Shannon's entropy, in nats, of how a map's values spread over √n bins between its least and its largest value.

    The complexity in eMPRT (Hedström et al. 2024, arXiv:2401.06465), which leaves the number of bins open. 0 for a flat map.
    """
    flat = values.double().flatten()
    if flat.min() == flat.max():
        return 0.0
    shares = flat.histc(max(math.isqrt(len(flat)), 2)) / len(flat)
    return torch.special.entr(shares).sum().item()


def _checked(values: Tensor) -> Tensor:
    if (values < 0).any():
        raise ValueError(f"expected a map without negative values, got a least value of {values.min().item():.3g}")
    return values.double()
