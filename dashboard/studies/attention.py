"""What one patch looks at, and which patches look at it: the numbers of the attention page, computed from evidence alone."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from dashboard.evidence import AttentionMaps
from dashboard.explain import Explanation
from dashboard.methods import Method
from dashboard.numerics.attention import attention_distance, attention_entropy, token_attention
from dashboard.numerics.rollout import FUSIONS, Fusion
from dashboard.numerics.scaling import crop_resample, inside
from dashboard.photo import Box

Direction = Literal["query", "key"]
SMALL_MAPS = 60_000  # cells of all small maps together: each click sends a byte per cell to the browser


@dataclass(frozen=True)
class TokenAttention(Method[AttentionMaps]):
    """What one token attends to within one layer, or who attends to it (Vaswani et al. 2017, arXiv:1706.03762).

    `token`: the token's number, from 0; the tokens before the patches come first.
    `layer`: the layer's number, from 1.
    `head`: the head's number, from 1; None means all heads, fused.
    `heads`: how heads are fused, as in rollout.
    `direction`: `query` is what the token looks at, its row; `key` is who looks at it, its column.
    `hide_cls`: whether the tokens before the patches are left out, and the patches' attention rescaled to sum to 1.
    """

    token: int
    layer: int
    head: int | None = None
    heads: Fusion = "mean"
    direction: Direction = "query"
    hide_cls: bool = False

    label: ClassVar = "Attention"
    needs: ClassVar = AttentionMaps
    paper: ClassVar = "https://arxiv.org/abs/1706.03762"
    class_specific: ClassVar = False
    measures: ClassVar = "share of the attention"
    why: ClassVar = "Attention by itself is no explanation: it says where a token gathers from, and knows no class."

    def every_head(self, evidence: AttentionMaps) -> Tensor:
        """The token's attention in every layer, with the fused heads first and then each head: (L, 1 + H, T)."""
        each = token_attention(evidence.weights, self.token, self.direction)  # (L, H, T)
        return torch.cat([FUSIONS[self.heads](each, dim=1)[:, None], each], 1).float().cpu()

    def over_tokens(self, evidence: AttentionMaps) -> Tensor:
        """The token's attention in the chosen layer and head, to all tokens, including those before the patches: (T,).

        Raises:
            ValueError: there is no such layer or head.
        """
        for name, number, most in (("layer", self.layer, evidence.layers), ("head", self.head or 1, evidence.heads)):
            if not 1 <= number <= most:
                raise ValueError(f"expected a {name} from 1 to {most}, got {number}")
        return self.every_head(evidence)[self.layer - 1, self.head or 0]

    def on_patches(self, evidence: AttentionMaps, tokens: Tensor) -> Tensor:
        """The patches' part, divided by its sum if the other tokens are hidden: (..., T) -> (..., rows, columns)."""
        patches = evidence.on_grid(tokens)
        return patches / _total(patches.flatten(-2))[..., None] if self.hide_cls else patches

    def __call__(self, evidence: AttentionMaps) -> Tensor:
        return self.on_patches(evidence, self.over_tokens(evidence))


def _total(values: Tensor) -> Tensor:
    """The sums along the last axis, which is kept with length 1. A sum of 0 becomes the smallest positive number."""
    return values.sum(-1, keepdim=True).clamp_min(torch.finfo(values.dtype).tiny)


def small_maps(maps: Tensor) -> Tensor:
    """Maps (L, heads, rows, columns), averaged to fewer cells if all together would have more than SMALL_MAPS."""
    layers, heads, rows, columns = maps.shape
    side = max(math.isqrt(SMALL_MAPS // (layers * heads)), 2)
    return torch.nn.functional.adaptive_avg_pool2d(maps, (min(rows, side), min(columns, side)))


def token_names(evidence: AttentionMaps) -> list[str]:
    """A name for each token: `cls`, `extra1` … (registers, or a distillation token), then the patches, row by row."""
    extra = [f"extra{number}" for number in range(1, evidence.prefix)]
    return [*(["cls"] if evidence.prefix else []), *extra, *patch_names(evidence.grid)]


def patch_names(grid: tuple[int, int]) -> list[str]:
    """Each patch's place on a grid (rows, columns) in words, counted from 1, row by row."""
    rows, columns = grid
    return [f"row {row}, column {column}" for row in range(1, rows + 1) for column in range(1, columns + 1)]


def middle_token(evidence: AttentionMaps) -> int:
    """The token of the patch in the middle of the photo, or, on a grid of even size, right below and beside the middle."""
    row, column = middle_patch(evidence)
    return evidence.prefix + row * evidence.grid[1] + column


def middle_patch(evidence: AttentionMaps) -> tuple[int, int]:
    """The row and column, from 0, of the patch in the middle of the photo."""
    rows, columns = evidence.grid
    return rows // 2, columns // 2


def place(evidence: AttentionMaps, token: int) -> tuple[int, int] | None:
    """A patch's row and column, from 0; None for a token before the patches, which has no place in the photo."""
    patch = token - evidence.prefix
    return divmod(patch, evidence.grid[1]) if patch >= 0 else None


def patch_box(box: Box, grid: tuple[int, int], cell: tuple[int, int]) -> Box:
    """Where a patch lies in the photo: `cell` is its row and column, from 0, and `grid` covers `box`."""
    dy, dx = box.height / grid[0], box.width / grid[1]
    left, top = box.left + cell[1] * dx, box.top + cell[0] * dy
    return Box(left, top, left + dx, top + dy)


def prefix_shares(evidence: AttentionMaps, tokens: Tensor) -> list[float]:
    """The share of all attention over the tokens (T,) that goes to each token before the patches."""
    return (tokens / _total(tokens))[: evidence.prefix].tolist()


@dataclass(frozen=True)
class Spot:
    """A map's value at one point, and the share of its cells below that, 0 to 1 (ties count half), or None if it is flat."""

    value: float
    percentile: float | None


def spot(shown: Explanation, where: Box) -> Spot | None:
    """A map's value in the middle of `where`, interpolated between its cells; None outside of what its model saw."""
    region = shown.box.shares(where)
    if not inside(region, 1, 1).item():
        return None
    value = crop_resample(shown.heatmap, region, 1, 1).item()
    if shown.flat:
        return Spot(value, None)
    cells = shown.heatmap.double()
    return Spot(value, ((cells < value).double() + 0.5 * (cells == value).double()).mean().item())


@dataclass(frozen=True)
class HeadSummary:
    """How far and how evenly patches look in each head, (L, H): mean `distance` in patches, mean `entropy` from 0 to 1."""

    distance: Tensor
    entropy: Tensor


def head_summary(evidence: AttentionMaps) -> HeadSummary:
    """Mean attention distance and entropy of each head. It goes layer by layer: all at once would double the memory."""
    distance = [attention_distance(layer, evidence.grid, evidence.prefix) for layer in evidence.weights]
    entropy = [attention_entropy(layer, evidence.prefix) for layer in evidence.weights]
    return HeadSummary(torch.stack(distance).cpu(), torch.stack(entropy).cpu())
