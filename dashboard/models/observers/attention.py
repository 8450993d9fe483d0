"""Evidence from any model whose layers attend from every token to every token.

Grid, prefix tokens and what the head reads are measured once at load, not looked up by family.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dashboard.evidence import (
    LIKELIEST,
    AttentionGradients,
    AttentionMaps,
    AttentionRelevance,
    LayerScores,
    PatchLogits,
    Question,
    TokenMaps,
)  # fmt: skip
from dashboard.models.classifier import DoesNotFit, Fit, ModelError, refused
from dashboard.models.observers.blocks import check_blocks, head_of, open_blocks, patch_logits, watching
from dashboard.models.observers.relevance import relevance_rules
from dashboard.progress import advance

Run = Callable[[Tensor], tuple[Tensor, Sequence[Tensor]]]  # pixels to logits and one (B, H, T, T) per layer
Answer = Callable[[Tensor], Tensor]  # pixels (B, 3, H, W) to logits (B, K)

MOST_TOKENS = 5_000  # patches of a photo: 1,369 for DINOv2 at 518 pixels
MOST_BYTES = 4_000_000_000  # of all attention of one pass, in float32
OF_TOKENS = (AttentionMaps, AttentionGradients, AttentionRelevance, LayerScores, TokenMaps, PatchLogits)


@dataclass(frozen=True)
class AttentionObserver:
    """The observer of attention maps and logits; its methods are the observers of the other kinds of evidence of tokens.

    `run` keeps attention maps, `answer` gives the logits alone; `patch` (height, width) in pixels; `prefix_read` one flag
    per token before the patches; `patches_read` whether the head averages the patches.
    """

    run: Run
    answer: Answer
    patch: tuple[int, int]
    prefix_read: tuple[bool, ...]
    patches_read: bool

    def __call__(self, pixels: Tensor, question: Question = LIKELIEST) -> tuple[AttentionMaps, Tensor]:
        logits, maps = self.run(pixels)
        return AttentionMaps(torch.cat(list(maps)), *self._layout(pixels), covered=self._covered(pixels)), logits

    def gradients(self, pixels: Tensor, question: Question = LIKELIEST) -> tuple[AttentionGradients, Tensor]:
        """Attention with the score's gradients."""
        with torch.enable_grad():
            logits, maps = self.run(pixels.detach().clone().requires_grad_())
            gradients = torch.autograd.grad(_score(logits, question), maps)
        found = AttentionGradients(_stacked(maps), *self._layout(pixels), _stacked(gradients), covered=self._covered(pixels))
        return found, logits.detach()

    def relevance(self, pixels: Tensor, question: Question = LIKELIEST) -> tuple[AttentionRelevance, Tensor]:
        """Attention with the score's gradients and the class's relevance.

        Relevance starts at the class alone, even where the question compares it with another class. With the two classes
        exchanged, gradients and relevance of the whole question would both change sign, and their product would stay.
        """
        seen, logits = self.gradients(pixels, question)
        with torch.enable_grad():
            start = pixels.detach().clone().requires_grad_()
            with relevance_rules():
                answer, maps = self.run(start)
            relevance = torch.autograd.grad(answer[0, question.chosen(logits[0])], maps)
        return AttentionRelevance(**vars(seen), relevance=_stacked(relevance)), logits

    def layer_scores(self, pixels: Tensor, question: Question = LIKELIEST) -> tuple[LayerScores, Tensor]:
        """Attention with the gradient, in each layer, of the score that the head would give right after it."""
        head = head_of(self.answer, pixels)
        with torch.enable_grad():
            with watching() as tokens:
                logits, maps = self.run(pixels.detach().clone().requires_grad_())
            weights = question.weights(logits[0].detach())
            scores = [head(each)[0] @ weights for each in tokens]
            gradients = [torch.autograd.grad(score, own, retain_graph=True)[0] for score, own in zip(scores, maps, strict=True)]
        found = LayerScores(_stacked(maps), *self._layout(pixels), _stacked(gradients), covered=self._covered(pixels))
        return found, logits.detach()

    def tokens(self, pixels: Tensor, question: Question = LIKELIEST) -> tuple[TokenMaps, Tensor]:
        """The patches' tokens with the score's gradients, after each layer up to the last that the score depends on."""
        with torch.enable_grad():
            with watching() as tokens:
                logits = self.answer(pixels.detach().clone().requires_grad_())
            gradients = torch.autograd.grad(_score(logits, question), tokens)
        grid, prefix, _ = self._layout(pixels)
        maps, slopes = (_stacked(each)[:, prefix:].unflatten(1, grid) for each in (tokens, gradients))
        used = int(slopes.flatten(1).any(1).sum())  # a head that reads CLS alone ignores the patches after the last layer
        return TokenMaps(maps[:used], slopes[:used], covered=self._covered(pixels)), logits.detach()

    def patch_logits(self, pixels: Tensor, question: Question = LIKELIEST) -> tuple[PatchLogits, Tensor]:
        """What the head says of each patch alone."""
        with watching() as tokens:
            logits = self.answer(pixels)
        grid, prefix, _ = self._layout(pixels)
        each = patch_logits(head_of(self.answer, pixels), tokens[-1], prefix)
        return PatchLogits(each.unflatten(0, grid), covered=self._covered(pixels)), logits

    def _layout(self, pixels: Tensor) -> tuple[tuple[int, int], int, Tensor]:
        grid = (pixels.shape[2] // self.patch[0], pixels.shape[3] // self.patch[1])
        return grid, len(self.prefix_read), self._reads(grid[0] * grid[1]).to(pixels.device)

    def _covered(self, pixels: Tensor) -> tuple[float, float]:
        """The part of the input that whole patches cover, as shares of height and width; a smaller rest is not seen."""
        rows, columns = (length - length % patch for length, patch in zip(pixels.shape[2:], self.patch, strict=True))
        return rows / pixels.shape[2], columns / pixels.shape[3]

    def _reads(self, patches: int) -> Tensor:
        """Each token's share of what the head reads, (T,): prefix tokens that it reads, and the patches' mean, count alike."""
        parts = sum(self.prefix_read) + self.patches_read
        prefix = torch.tensor(self.prefix_read, dtype=torch.float32) / parts
        return torch.cat([prefix, torch.full((patches,), self.patches_read / parts / patches)])


def _score(logits: Tensor, question: Question) -> Tensor:
    return logits[0] @ question.weights(logits[0].detach())


def _stacked(maps: Sequence[Tensor]) -> Tensor:
    return torch.cat([each.detach() for each in maps])


def attention_observers(run: Run, answer: Answer, model: nn.Module, name: str, example: Tensor, layers: int | None) -> Fit:
    """The observers of a transformer, which is probed with `example` (1, 3, H, W), and the reasons for what it does not give.

    Raises:
        DoesNotFit: not every layer attends globally, so rollout is undefined.
        ModelError: the head reads no token at all, as a head of zeros does.
    """
    observer = attention_observer(run, answer, model, name, example, layers)
    advance(0)  # a watcher may raise here to stop
    seen, _ = observer(example)
    fit = Fit({AttentionMaps: observer, AttentionGradients: observer.gradients}, extent=_extent(seen))
    return fit | _of_blocks(observer, model, name, example, seen.layers) | _of_relevance(observer, name, example)


def _extent(seen: AttentionMaps) -> dict[str, int]:
    return {"layers": seen.layers, "heads": seen.heads}


def _of_blocks(observer: AttentionObserver, model: nn.Module, name: str, example: Tensor, layers: int) -> Fit:
    advance(0)
    try:
        open_blocks(model, layers)
        check_blocks(observer.answer, example, name)
    except DoesNotFit as reason:
        return refused((LayerScores, TokenMaps, PatchLogits), f"{name}: {reason}")
    fit = Fit({LayerScores: observer.layer_scores, PatchLogits: observer.patch_logits})
    token_layers = observer.tokens(example)[0].token_layers
    if not token_layers:
        return fit | refused(
            (TokenMaps,), f"{name} has one layer, after which its head reads no patch: there are no tokens to read."
        )
    return fit | Fit({TokenMaps: observer.tokens}, extent={"token_layers": token_layers})


def _of_relevance(observer: AttentionObserver, name: str, example: Tensor) -> Fit:
    advance(0)
    try:
        observer.relevance(example)
    except DoesNotFit as reason:
        return refused((AttentionRelevance,), f"{name}: {reason}")
    return Fit({AttentionRelevance: observer.relevance})


def attention_observer(
    run: Run, answer: Answer, model: nn.Module, name: str, example: Tensor, layers: int | None
) -> AttentionObserver:
    """Probes a model with `example` (1, 3, H, W); raises as `attention_observers` does."""
    patch = _patch_size(model, name)
    pixels = example.clone().requires_grad_()
    with torch.enable_grad():
        logits, maps = run(pixels)
        _check_global(maps, name, layers)
        gradient = torch.autograd.grad(logits.logsumexp(-1).sum(), maps[-1])[0]  # (1, H, T, T)
    read = gradient.abs().sum((0, 1, 3)) > 0  # (T,): a row without gradient belongs to a token that the head ignores
    if not read.any():
        raise ModelError(f"{name}: the classes depend on no token, as with an untrained head of zeros.")
    patches = (example.shape[2] // patch[0]) * (example.shape[3] // patch[1])
    prefix = len(read) - patches
    if prefix < 0:
        raise DoesNotFit(f"{name} merges patches on its way: rollout needs one token per patch in every layer.")
    return AttentionObserver(run, answer, patch, tuple(read[:prefix].tolist()), bool(read[prefix:].any()))


def check_tokens(model: nn.Module, config: Any, pixels: Tensor, title: str) -> None:
    """Checks, before a pass, that a photo's patches are few enough for each to attend to each.

    Raises:
        ModelError: the patches are more than MOST_TOKENS, or all attention of the pass would take more than MOST_BYTES.
    """
    layers, heads = getattr(config, "num_hidden_layers", None), getattr(config, "num_attention_heads", None)
    if not isinstance(layers, int) or not isinstance(heads, int):
        return  # the network has no attention, or attends within windows
    try:
        height, width = _patch_size(model, title)
    except DoesNotFit:
        return
    tokens = (pixels.shape[2] // height) * (pixels.shape[3] // width)
    needed = 4 * layers * heads * tokens**2
    if tokens > MOST_TOKENS or needed > MOST_BYTES:
        raise ModelError(
            f"{title} would cut this photo of {pixels.shape[3]:,} x {pixels.shape[2]:,} pixels into {tokens:,} patches, whose "
            f"attention takes {needed / 1e9:,.1f} GB: expected at most {MOST_TOKENS:,} patches and {MOST_BYTES / 1e9:.0f} GB. "
            "A smaller photo, or a processor that resizes, fits."
        )


def _patch_size(model: nn.Module, name: str) -> tuple[int, int]:
    """Height and width of a patch in pixels, of the patch embedding: the first convolution that steps by its own size."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == module.stride and max(module.stride) > 1:
            rows, columns = module.kernel_size
            return rows, columns
    raise DoesNotFit(f"{name} cuts the photo into no patches: rollout is undefined. {WHAT_FITS}")


def _check_global(maps: Sequence[Tensor], name: str, layers: int | None) -> None:
    shapes = {tuple(weights.shape[2:]) for weights in maps}
    square = all(weights.ndim == 4 and weights.shape[0] == 1 for weights in maps) and len(shapes) == 1
    if not maps or (layers is not None and len(maps) != layers):
        found = f"{len(maps)} attention maps for {layers or 'its'} layers"
        raise DoesNotFit(f"{name} gives {found}: rollout is undefined. {WHAT_FITS}")
    if not square or len(set(next(iter(shapes)))) != 1:
        raise DoesNotFit(f"{name} attends within windows or to fewer tokens: rollout is undefined. {WHAT_FITS}")


WHAT_FITS = "Models with global attention fit: ViT, DeiT, BEiT, DINOv2, CLIP, SigLIP and their like."
