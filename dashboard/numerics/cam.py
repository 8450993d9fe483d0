"""Class activation mapping."""

from torch import Tensor, einsum


def class_activation_map(activations: Tensor, class_weights: Tensor) -> Tensor:
    """M_c = sum_k w_k^c f_k: how much each place adds to the logit of one class.

    Signed: what is below zero speaks against the class. The mean over the map plus the head's bias is
    the logit exactly. Zhou et al. 2016, arXiv:1512.04150, equation 2.

    Args:
        activations: (C, h, w), the maps that global average pooling reads.
        class_weights: (C,), the linear layer's row for the class.

    Returns:
        (h, w) in units of h w logits.

    Raises:
        ValueError: the two do not share their channels.
    """
    if activations.ndim != 3 or class_weights.shape != activations.shape[:1]:
        raise ValueError(
            f"expected activations (C, h, w) and class weights (C,), "
            f"got {tuple(activations.shape)} and {tuple(class_weights.shape)}"
        )
    return einsum("chw,c->hw", activations, class_weights)


def activation_energy(activations: Tensor) -> Tensor:
    """How strongly a layer answers at each place: the sum of squares over channels, (C, h, w) -> (h, w).

    The activation-based attention map of Zagoruyko and Komodakis 2017, arXiv:1612.03928, F^2_sum. No class enters.
    """
    return activations.square().sum(0)
