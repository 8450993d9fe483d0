"""ViT methods on a small Hugging Face model, written again from the papers with its own modules, layer by layer."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dashboard.evidence import (
    AttentionGradients,
    AttentionMaps,
    AttentionRelevance,
    LayerScores,
    PatchLogits,
    Question,
    TokenMaps,
)
from dashboard.methods import (
    AttentionRollout,
    GenericRelevance,
    GradientRollout,
    LeGrad,
    PatchLogitMap,
    RawAttention,
    TokenGradCAM,
    TransformerAttribution,
)  # fmt: skip
from tests.networks import COLUMNS, ROWS, pixels, seen_by, vit

TARGET = 3
ASKED = Question(TARGET)


class ByHand:
    """The forward pass of a ViT or DeiT, every tensor kept: attention (1, H, T, T) and tokens (1, T, D) of each layer."""

    def __init__(self, name: str) -> None:
        self.model = vit(name)
        self.base = getattr(self.model, name)
        self.blocks = list(self.base.layers if hasattr(self.base, "layers") else self.base.encoder.layer)
        self.attention, self.tokens = [], []
        with torch.enable_grad():
            hidden = self.start = self.base.embeddings(pixels()).detach().requires_grad_()
            for block in self.blocks:
                weights, hidden = self.block(block, hidden)
                self.attention.append(weights)
                self.tokens.append(hidden)
            self.logits = self.head(hidden)[0]

    def block(self, block: nn.Module, hidden: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Attention, or that in its place, and tokens after the block."""
        own, normed = block.attention, block.layernorm_before(hidden)
        heads = self.model.config.num_attention_heads
        q, k, v = (layer(normed).unflatten(-1, (heads, -1)).transpose(1, 2) for layer in (own.q_proj, own.k_proj, own.v_proj))
        if weights is None:
            weights = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
        hidden = hidden + own.o_proj((weights @ v).transpose(1, 2).flatten(2))
        return weights, hidden + block.mlp(block.layernorm_after(hidden))

    def head(self, hidden: Tensor) -> Tensor:
        return self.model.classifier(self.base.layernorm(hidden)[:, 0])

    def score(self, tokens: Tensor, first: int, last: int | None = None, weights: Tensor | None = None) -> Tensor:
        """The head's score after these blocks, the first of them with attention (1, H, T, T) of its own."""
        for block in self.blocks[first:last]:
            tokens, weights = self.block(block, tokens, weights)[1], None
        return self.head(tokens)[0, TARGET]

    def gradients(self, of: list[Tensor]) -> list[Tensor]:
        return torch.autograd.grad(self.logits[TARGET], of, retain_graph=True)


@pytest.fixture(scope="module")
def by_hand() -> ByHand:
    return ByHand("vit")


def patches(row: Tensor) -> Tensor:
    return row[1:].view(ROWS, COLUMNS)


def test_the_pass_by_hand_is_the_models(by_hand: ByHand):
    seen = seen_by(AttentionMaps, ASKED, kind="vit")
    for layer, weights in enumerate(by_hand.attention):
        torch.testing.assert_close(seen.weights[layer], weights[0].detach(), rtol=1e-4, atol=1e-6)


def test_gradients_belong_to_their_own_layer(by_hand: ByHand):
    seen = seen_by(AttentionGradients, ASKED, kind="vit")
    for layer, gradient in enumerate(by_hand.gradients(by_hand.attention)):
        torch.testing.assert_close(seen.gradients[layer], gradient[0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("layer", [1, 2, 3])
@pytest.mark.parametrize("head", [None, 2])
def test_raw_attention(by_hand: ByHand, layer: int, head: int | None):
    weights = by_hand.attention[layer - 1][0].detach()
    row = (weights.amax(0) if head is None else weights[head - 1])[0]
    found = RawAttention(layer, head, "max")(seen_by(AttentionMaps, ASKED, kind="vit"))
    torch.testing.assert_close(found, patches(row), rtol=1e-4, atol=1e-6)


def test_rollout_multiplies_matrices(by_hand: ByHand):
    rolled = torch.eye(1 + ROWS * COLUMNS)
    for weights in by_hand.attention:
        step = (weights[0].detach().mean(0) + torch.eye(len(rolled))) / 2
        rolled = step / step.sum(-1, keepdim=True) @ rolled
    found = AttentionRollout(discard=0.0)(seen_by(AttentionMaps, ASKED, kind="vit"))
    torch.testing.assert_close(found, patches(rolled[0]), rtol=1e-4, atol=1e-6)


def test_gradient_rollout_multiplies_matrices(by_hand: ByHand):
    rolled = torch.eye(1 + ROWS * COLUMNS)
    for weights, gradient in zip(by_hand.attention, by_hand.gradients(by_hand.attention), strict=True):
        step = ((weights * gradient)[0].detach().relu().mean(0) + torch.eye(len(rolled))) / 2
        rolled = step / step.sum(-1, keepdim=True) @ rolled
    found = GradientRollout(discard=0.0)(seen_by(AttentionGradients, ASKED, kind="vit"))
    torch.testing.assert_close(found, patches(rolled[0]), rtol=1e-3, atol=1e-6)


def test_generic_relevance_adds_up_matrices(by_hand: ByHand):
    relevance = torch.eye(1 + ROWS * COLUMNS)
    for weights, gradient in zip(by_hand.attention, by_hand.gradients(by_hand.attention), strict=True):
        relevance = relevance + (weights * gradient)[0].detach().relu().mean(0) @ relevance
    found = GenericRelevance()(seen_by(AttentionGradients, ASKED, kind="vit"))
    torch.testing.assert_close(found, patches(relevance[0]), rtol=1e-3, atol=1e-6)


def test_legrad_reads_every_layer(by_hand: ByHand):
    total = torch.zeros(1 + ROWS * COLUMNS)
    for weights, tokens in zip(by_hand.attention, by_hand.tokens, strict=True):
        score = by_hand.head(tokens)[0, TARGET]
        gradient = torch.autograd.grad(score, weights, retain_graph=True)[0][0]  # (H, T, T)
        total += gradient.relu().mean(0).mean(0)
    found = LeGrad()(seen_by(LayerScores, ASKED, kind="vit"))
    torch.testing.assert_close(found, patches(total), rtol=1e-3, atol=1e-6)


def test_grad_cam_on_tokens(by_hand: ByHand):
    tokens, gradient = by_hand.tokens[1][0, 1:], by_hand.gradients([by_hand.tokens[1]])[0][0, 1:]
    found = TokenGradCAM(layer=2)(seen_by(TokenMaps, ASKED, kind="vit"))
    torch.testing.assert_close(found, (tokens @ gradient.mean(0)).relu().view(ROWS, COLUMNS).detach(), rtol=1e-3, atol=1e-5)


def test_patch_logits_are_the_classifiers(by_hand: ByHand):
    each = by_hand.model.classifier(by_hand.base.layernorm(by_hand.tokens[-1]))[0, 1:, TARGET]
    found = PatchLogitMap()(seen_by(PatchLogits, ASKED, kind="vit"))
    torch.testing.assert_close(found, each.view(ROWS, COLUMNS).detach(), rtol=1e-3, atol=1e-4)


def shared(relevance: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """A linear layer's rule, product by product: x (T, D), weight (K, D), relevance (T, K) -> (T, D)."""
    products = (x[:, None, :] * weight[None]).clamp(min=0)  # (T, K, D)
    total = products.sum(-1, keepdim=True)
    return (products / torch.where(total == 0, 1, total) * relevance[..., None]).sum(1)


def split(relevance: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """A sum's rule: shares of each value, brought to sums that keep the whole."""
    total = a + b
    parts = [part * relevance / torch.where(total == 0, 1, total) for part in (a, b)]
    sizes = [part.sum().abs() for part in parts]
    return tuple(part * (size / sum(sizes) * relevance.sum() / part.sum()) for part, size in zip(parts, sizes, strict=True))


@torch.no_grad()
def relevance_by_hand(model: nn.Module, base: nn.Module, blocks: list[nn.Module], hidden: Tensor) -> list[Tensor]:
    """LRP through the blocks, last first, after a forward pass that keeps what each rule needs: (H, T, T) per layer."""
    kept, heads = [], model.config.num_attention_heads
    for block in blocks:
        own, start = block.attention, hidden
        normed = block.layernorm_before(start)
        q, k, v = (F.linear(normed, each.weight, each.bias).unflatten(-1, (heads, -1)).transpose(0, 1)
                   for each in (own.q_proj, own.k_proj, own.v_proj))  # fmt: skip
        weights = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
        mixed = weights @ v
        attended = own.o_proj(mixed.transpose(0, 1).flatten(1))
        middle = attended + start
        first, second = block.mlp.fc1, block.mlp.fc2
        inner = block.layernorm_after(middle)
        active = F.gelu(first(inner))
        grown = second(active)
        hidden = grown + middle
        kept.append((start, normed, q, k, v, weights, mixed, attended, middle, inner, active, grown))
    read = base.layernorm(hidden)
    relevance = torch.zeros_like(hidden)
    relevance[0] = shared(F.one_hot(torch.tensor([TARGET]), len(model.classifier.weight)).float(), read[:1],
                          model.classifier.weight)[0]  # fmt: skip
    found = []
    for block, each in zip(reversed(blocks), reversed(kept), strict=True):
        start, normed, q, k, v, weights, mixed, attended, middle, inner, active, grown = each
        own = block.attention
        of_mlp, of_skip = split(relevance, grown, middle)
        of_mlp = shared(of_mlp, active, block.mlp.fc2.weight)
        relevance = shared(of_mlp, inner, block.mlp.fc1.weight) + of_skip
        of_attention, of_skip = split(relevance, attended, start)
        mixing = shared(of_attention, mixed.transpose(0, 1).flatten(1), own.o_proj.weight)
        mixing = mixing.unflatten(-1, (heads, -1)).transpose(0, 1)  # (H, T, d)
        quotient = mixing / mixed
        of_weights, of_values = weights * (quotient @ v.transpose(-1, -2)) / 2, v * (weights.transpose(-1, -2) @ quotient) / 2
        found.insert(0, of_weights)
        scores = q @ k.transpose(-1, -2)
        quotient = of_weights / scores
        of_q, of_k = q * (quotient @ k) / 2, k * (quotient.transpose(-1, -2) @ q) / 2
        back = [shared(part.transpose(0, 1).flatten(1), normed, layer.weight)
                for part, layer in ((of_q, own.q_proj), (of_k, own.k_proj), (of_values, own.v_proj))]  # fmt: skip
        relevance = sum(back) + of_skip
    return found


def test_transformer_attribution_is_layer_wise_propagation(by_hand: ByHand):
    start = by_hand.base.embeddings(pixels())[0].detach()
    handed = relevance_by_hand(by_hand.model, by_hand.base, by_hand.blocks, start)
    seen = seen_by(AttentionRelevance, ASKED, kind="vit")
    rolled = torch.eye(1 + ROWS * COLUMNS)
    for layer, gradient in enumerate(by_hand.gradients(by_hand.attention)):
        torch.testing.assert_close(
            seen.relevance[layer], handed[layer], rtol=2e-2, atol=1e-3 * handed[layer].abs().max().item()
        )
        rolled = rolled + (handed[layer] * gradient[0]).relu().mean(0) @ rolled
    found = TransformerAttribution()(seen)
    expected = patches(rolled[0])
    torch.testing.assert_close(found, expected, rtol=1e-2, atol=1e-3 * expected.abs().max().item())
