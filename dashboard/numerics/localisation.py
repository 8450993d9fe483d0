"""How much of a map lies where the truth is known: a mask (h, w) on the map's own grid.

A mask holds what share of each cell is of the object: true or false, or numbers from 0 to 1. Where cells tie, no accident of
their order earns a map anything: those that tie share the credit.
"""

import math

import torch
from torch import Tensor

BOX_SHARE = 0.2  # of the largest value: where Zhou et al. 2016 cut a map to find its object's box


def energy_inside(heatmap: Tensor, mask: Tensor) -> float:
    """The share of a map's positive relevance that lies inside the mask, 0 to 1.

    The relevance mass accuracy of CLEVR-XAI (Arras et al. 2022, arXiv:2003.07258) and the energy-based pointing game of
    Score-CAM (Wang et al. 2020, arXiv:1910.01279). NaN for a map without positive relevance, and for an empty mask. A map
    without regard to the object gets the share of the cells that the mask covers.
    """
    covered = _covered(heatmap, mask)
    relevance = heatmap.double().clamp(min=0)
    if not covered.any() or not relevance.any():
        return math.nan
    return ((relevance * covered).sum() / relevance.sum()).item()


def pointing(heatmap: Tensor, mask: Tensor) -> float:
    """Whether the largest value lies inside the mask, 0 or 1; cells that tie for it share the credit.

    The pointing game (Zhang et al. 2018, arXiv:1608.00507), where a constant map would always hit if any of its cells did:
    here it gets the share of the cells that the mask covers. Nothing can hit an empty mask. See `widened` for a tolerance.
    """
    covered = _covered(heatmap, mask)
    return covered[heatmap == heatmap.max()].mean().item()


def rank_inside(heatmap: Tensor, mask: Tensor) -> float:
    """The share of the n largest cells that lie inside a mask of n cells, 0 to 1; cells that tie for the last place share it.

    The relevance rank accuracy of CLEVR-XAI (Arras et al. 2022, arXiv:2003.07258). `mask` counts as the cells of which it
    covers half or more; NaN where there is none.
    """
    truth = _covered(heatmap, mask) >= 0.5
    count = int(truth.sum())
    if not count:
        return math.nan
    last = heatmap.flatten().sort(descending=True).values[count - 1]
    above, ties = heatmap > last, heatmap == last
    places = (count - above.sum()) / ties.sum()  # of the places that are left, each cell that ties has this share
    return (((truth & above).sum() + places * (truth & ties).sum()) / count).item()


def box_overlap(heatmap: Tensor, mask: Tensor, share: float = BOX_SHARE) -> float:
    """Intersection over union, 0 to 1, of the box about all cells of at least `share` of the largest value with the mask's box.

    The localisation of Zhou et al. 2016 (arXiv:1512.04150), over all such cells instead of their largest connected part. NaN
    for a map without positive relevance, and for an empty mask.
    """
    truth = _covered(heatmap, mask) >= 0.5
    if not truth.any() or not heatmap.max() > 0:
        return math.nan
    found = _boxed(heatmap >= share * heatmap.max())
    truth = _boxed(truth)
    return ((found & truth).sum() / (found | truth).sum()).item()


def widened(mask: Tensor, rows: int, columns: int) -> Tensor:
    """A mask (h, w) that counts cells within so many rows and columns of it as its own: the tolerance of the pointing game."""
    if rows < 0 or columns < 0:
        raise ValueError(f"expected 0 or more rows and columns, got {rows} and {columns}")
    size = (2 * rows + 1, 2 * columns + 1)
    return torch.nn.functional.max_pool2d(mask.double()[None, None], size, 1, (rows, columns))[0, 0]


def _boxed(truth: Tensor) -> Tensor:
    """True in the smallest box about the true cells, (h, w) -> (h, w)."""
    down, across = truth.any(1).nonzero().flatten(), truth.any(0).nonzero().flatten()
    box = torch.zeros_like(truth)
    box[down[0] : down[-1] + 1, across[0] : across[-1] + 1] = True
    return box


def _covered(heatmap: Tensor, mask: Tensor) -> Tensor:
    if heatmap.shape != mask.shape:
        raise ValueError(f"expected a mask on the map's grid {tuple(heatmap.shape)}, got {tuple(mask.shape)}")
    if not heatmap.isfinite().all():
        raise ValueError("expected a map of finite numbers, got NaN or infinity")
    covered = mask.double()
    if covered.numel() and (covered.min() < 0 or covered.max() > 1):
        raise ValueError(f"expected a mask from 0 to 1, got {covered.min():.3g} to {covered.max():.3g}")
    return covered
