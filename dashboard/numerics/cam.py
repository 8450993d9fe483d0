"""Class activation mapping: a network's feature maps, weighted. C channels, h w rows and columns."""

from collections.abc import Sequence

import torch
from torch import Tensor, einsum
from torch.nn import functional as F


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
    return _weighted(activations, class_weights)


def activation_energy(activations: Tensor) -> Tensor:
    """How strongly a layer answers at each place: the sum of squares over channels, (C, h, w) -> (h, w).

    The activation-based attention map of Zagoruyko and Komodakis 2017, arXiv:1612.03928, F^2_sum. It depends on no class.
    """
    return activations.square().sum(0)


def grad_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    """ReLU(sum_k alpha_k f_k), alpha_k the mean of channel k's gradient, (C, h, w) twice -> (h, w).

    Selvaraju et al. 2016, arXiv:1610.02391, equations 1 and 2.
    """
    return _weighted(activations, gradients.mean((1, 2))).relu()


def grad_cam_pp(activations: Tensor, gradients: Tensor) -> Tensor:
    """Grad-CAM with weights sum_xy a ReLU(g), where a = g^2 / (2 g^2 + g^3 sum_xy f), (C, h, w) twice -> (h, w).

    Chattopadhay et al. 2017, arXiv:1710.11063, equations 7 and 19, for the score exp(y_c), whose higher derivatives are
    powers of the first.
    """
    return smooth_grad_cam_pp(activations, gradients[None])


def smooth_grad_cam_pp(activations: Tensor, gradients: Tensor) -> Tensor:
    """Grad-CAM++ with each power of the gradient averaged over noisy copies, (C, h, w), (N, C, h, w) -> (h, w).

    Omeiza et al. 2019, arXiv:1908.01224. The paper has the first derivative in the numerator of a, where this
    has the second: as torchcam does, it takes that for a slip.
    """
    first, second, third = (gradients.pow(power).mean(0) for power in (1, 2, 3))
    below = 2 * second + activations.sum((1, 2), keepdim=True) * third
    shares = torch.where(below == 0, 0, second / below)
    return _weighted(activations, (shares * first.relu()).sum((1, 2))).relu()


def xgrad_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    """Grad-CAM with gradients averaged by the activations' share of their channel, (C, h, w) twice -> (h, w).

    Fu et al. 2020, arXiv:2008.02312, equation 8. A channel whose sum is 0 gets the weight 0.
    """
    total = activations.sum((1, 2))
    weights = torch.where(total == 0, 0, (gradients * activations).sum((1, 2)) / total)
    return _weighted(activations, weights).relu()


def hires_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    """sum_k g_k f_k, place by place and signed, (C, h, w) twice -> (h, w). Draelos and Carin 2020, arXiv:2011.08891."""
    return (activations * gradients).sum(0)


def layer_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    """ReLU(sum_k ReLU(g_k) f_k), place by place, (C, h, w) twice -> (h, w). Jiang et al. 2021, equations 6 and 7."""
    return (activations * gradients.relu()).sum(0).relu()


def refine_cam(maps: Sequence[Tensor]) -> Tensor:
    """Maps of several layers, each from 0 to 1, brought to the finest of their sizes and multiplied, (h_i, w_i) -> (h, w).

    Domeniconi et al. 2026, arXiv:2605.14641.
    """
    finest = max(maps, key=Tensor.numel).shape
    return torch.stack([stretched(_from_0_to_1(values)[None], finest)[0] for values in maps]).prod(0)


def eigen_cam(activations: Tensor) -> Tensor:
    """The activations' projection onto their first right singular vector, (C, h, w) -> (h, w).

    Muhammad and Yeasin 2020, arXiv:2008.00299, equation 5: not centred, as there. Its sign, which a decomposition leaves
    open, is the one that makes the map's sum positive.
    """
    channels = activations.flatten(1)  # (C, h w)
    if len(channels) < channels.shape[1]:
        values = channels.T @ _leading(channels @ channels.T)
    else:  # the same values, by the smaller of the two products
        places = _leading(channels.T @ channels)
        values = places * (channels @ places).norm()
    return (-values if values.sum() < 0 else values).view(activations.shape[1:])


def _leading(products: Tensor) -> Tensor:
    """The eigenvector of a symmetric matrix's largest eigenvalue."""
    return torch.linalg.eigh(products.cpu()).eigenvectors[:, -1].to(products)  # Apple's GPUs have no such decomposition


def score_masks(activations: Tensor) -> Tensor:
    """Each channel scaled to 0 to 1; a constant channel becomes 0, (C, h, w) -> (C, h, w)."""
    low, high = activations.amin((1, 2), keepdim=True), activations.amax((1, 2), keepdim=True)
    return torch.where(high > low, (activations - low) / (high - low), 0)


def score_weighted(activations: Tensor, scores: Tensor) -> Tensor:
    """ReLU(sum_k softmax(s)_k f_k) for the scores (C,) of the masked photos, (C, h, w) -> (h, w).

    Wang et al. 2019, arXiv:1910.01279, algorithm 1. No score of a baseline is taken off: it would cancel in the softmax.
    """
    return _weighted(activations, scores.softmax(0)).relu()


def ablation_weighted(activations: Tensor, score: float, without: Tensor) -> Tensor:
    """ReLU(sum_k w_k f_k), w_k the share of the score that is lost without channel k, (C, h, w), (C,) -> (h, w).

    Desai and Ramaswamy 2020 (WACV), equation 3, except that the drop is divided by the score's absolute value: a negative
    score would otherwise turn the map over.
    """
    return _weighted(activations, (score - without) / max(abs(score), 1e-12)).relu()


def _weighted(activations: Tensor, weights: Tensor) -> Tensor:
    return einsum("chw,c->hw", activations, weights)


def _from_0_to_1(values: Tensor) -> Tensor:
    low, high = values.min(), values.max()
    return torch.zeros_like(values) if high == low else (values - low) / (high - low)  # NaN stays NaN


def stretched(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Maps (C, h, w) brought to another size, bilinear."""
    return F.interpolate(maps[None], tuple(size), mode="bilinear", align_corners=False)[0]
