"""Attention flow: how much of the reading token's attention each input token could carry at most.

Abnar and Zuidema 2020, arXiv:2005.00928, section 3: tokens of each layer are nodes, attention with its residual the
capacities, and a token's value is the maximum flow from the token that is read to it. L layers, T tokens.
"""

from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import maximum_flow
from torch import Tensor

WHOLE = 2**30 - 1  # capacities have to be whole numbers
SLACK = 1e-6
ROUNDS = 60


def sink_bound(steps: Tensor) -> Tensor:
    """How much the first layer can carry into each input token, 1 at most: a bound of any flow to it, (L, T, T) -> (T,)."""
    return steps[0].cpu().double().sum(0).clamp(max=1)


def at_bound(flow: Tensor, bound: Tensor) -> Tensor:
    """True at each entry where a flow is as large as its bound, and therefore the maximum."""
    return bound - flow <= SLACK * bound


def attention_flow(steps: Tensor, reads: Tensor, advance: Callable[[int], None]) -> Tensor:
    """The maximum flow to each input token, (T,).

    Where `_found_flow` is as large as `sink_bound`, it is the maximum; elsewhere SciPy searches (Dinic's algorithm).

    Args:
        steps: (L, T, T), each layer's attention with its residual; rows sum to 1.
        reads: (T,), the share of each output token that the head reads; sums to 1.
        advance: called with how many more tokens are done.
    """
    steps, reads = steps.cpu().double(), reads.cpu().double()
    bound = sink_bound(steps)
    settled = at_bound(_found_flow(steps, reads, bound), bound)
    advance(int(settled.sum()))
    flow, searched = bound.clone(), (~settled).nonzero().flatten().tolist()
    if not searched:
        return flow
    graph = _graphs(steps, reads)
    for token in searched:
        flow[token] = maximum_flow(graph(token), (len(steps) + 1) * len(reads), token).flow_value / WHOLE
        advance(1)
    return flow


def _found_flow(steps: Tensor, reads: Tensor, wanted: Tensor) -> Tensor:
    """The size of a flow to each token, at most `wanted`, that exceeds no edge's capacity, (T,).

    From above, the reading token's attention spreads as in rollout, which every edge can carry. From below, what a token
    wants is drawn in proportion to the edges into it. One layer between the two joins them.
    """
    layers, tokens = len(steps), len(reads)
    best = torch.zeros(tokens, dtype=steps.dtype)
    down, spread = [reads], reads
    for step in reversed(steps[1:]):
        spread = spread @ step
        down.append(spread)  # down[i]: the attention that reaches the output of layer L - 1 - i
    drawn, slack = steps[0].T * (wanted / steps[0].sum(0))[:, None], torch.ones(tokens, dtype=steps.dtype)
    for layer in range(1, layers):  # drawn (V, T): what sink v draws from each token after `layer` layers
        best = torch.maximum(best, slack * _joined(steps[layer], down[layers - 1 - layer], drawn, wanted))
        shares = drawn / steps[layer].sum(0)
        slack = torch.minimum(slack, 1 / shares.amax(1).clamp(min=1))
        drawn = shares @ steps[layer].T
    return best


def _joined(step: Tensor, above: Tensor, below: Tensor, wanted: Tensor) -> Tensor:
    """How much of `wanted` (V,) one layer carries from `above` (T,) to `below` (V, T), within its capacities.

    Sinkhorn's scaling of its edges to both sides; what overflows anywhere scales the whole flow down.
    """
    supply = above * wanted[:, None]  # (V, T)
    rows = columns = torch.ones_like(below)
    for _ in range(ROUNDS):
        rows = supply / (columns @ step.T)
        columns = below / (rows @ step)
    over_supply = (rows * (columns @ step.T) / supply.clamp(min=1e-300)).masked_fill(supply == 0, 0).amax(1)
    over_edges = rows.amax(1) * columns.amax(1)  # no edge's share of its capacity is larger
    carried = (rows * (columns @ step.T)).sum(1)
    return carried / torch.maximum(over_supply, over_edges).clamp(min=1)


def _graphs(steps: Tensor, reads: Tensor) -> Callable[[int], csr_array]:
    """Edges from each token to those of the layer before it; the last node feeds the tokens that the head reads.

    Each sink has a graph of its own: in the first layer it has only the edges to the sink, in the last layer only those from
    tokens that are read. The other edges would carry nothing, and a search would walk them all.
    """
    layers, tokens = len(steps), len(reads)
    used = steps.numpy().copy()
    used[-1, reads.numpy() == 0] = 0
    layer, query, key = np.nonzero(used[1:] > 0)  # one layer less: from `layer + 2` to `layer + 1`
    source, read = (layers + 1) * tokens, np.flatnonzero(reads.numpy() > 0)
    tails = np.concatenate([(layer + 2) * tokens + query, np.full(len(read), source)])
    heads = np.concatenate([(layer + 1) * tokens + key, layers * tokens + read])
    capacities = np.concatenate([used[1:][layer, query, key], reads.numpy()[read]])
    shape = (source + 1, source + 1)
    upper = coo_array((_whole(capacities), (tails, heads)), shape=shape).tocsr()
    entering, shift = _whole(used[0]), np.clip(np.arange(source + 2) - tokens, 0, tokens)

    def graph(sink: int) -> csr_array:
        capacities = np.concatenate([entering[:, sink], upper.data])
        heads = np.concatenate([np.full(tokens, sink, np.int32), upper.indices.astype(np.int32)])
        return csr_array((capacities, heads, (upper.indptr + shift).astype(np.int32)), shape=shape)

    return graph


def _whole(capacities: np.ndarray) -> np.ndarray:
    return np.round(capacities * WHOLE).astype(np.int32)
