"""Attention flow against SciPy's maximum flow for every token, whether or not the bound settles it."""

import pytest
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from dashboard.numerics.flow import at_bound, attention_flow, sink_bound
from dashboard.numerics.rollout import with_residual


def by_search(steps: torch.Tensor, reads: torch.Tensor) -> list[float]:
    """One maximum flow per token through a graph that is built edge by edge."""
    layers, tokens = len(steps), len(reads)
    edges: dict[tuple[int, int], int] = {}
    source, scale = (layers + 1) * tokens, 10**8
    for layer in range(layers):
        for query in range(tokens):
            for key in range(tokens):
                edges[(layer + 1) * tokens + query, layer * tokens + key] = round(steps[layer, query, key].item() * scale)
    for token in range(tokens):
        edges[source, layers * tokens + token] = round(reads[token].item() * scale)
    places, capacities = zip(*edges.items(), strict=True)
    graph = coo_array((capacities, tuple(zip(*places, strict=True))), shape=(source + 1, source + 1), dtype="int32").tocsr()
    return [maximum_flow(graph, source, token).flow_value / scale for token in range(tokens)]


def attention(layers: int, tokens: int, sharpness: float, seed: int = 0) -> torch.Tensor:
    logits = torch.randn(layers, tokens, tokens, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return with_residual((sharpness * logits).softmax(-1))


@pytest.mark.parametrize("sharpness", [0.5, 3.0, 12.0])
@pytest.mark.parametrize(("layers", "tokens"), [(1, 6), (2, 7), (5, 11)])
@pytest.mark.parametrize("read", [1, 3])
def test_it_is_the_maximum_flow(layers: int, tokens: int, sharpness: float, read: int):
    steps = attention(layers, tokens, sharpness)
    reads = torch.zeros(tokens, dtype=torch.float64)
    reads[:read] = torch.arange(1, read + 1, dtype=torch.float64) / sum(range(1, read + 1))
    done = []
    flow = attention_flow(steps, reads, done.append)
    assert flow.tolist() == pytest.approx(by_search(steps, reads), abs=1e-6)
    assert sum(done) == tokens
    assert (flow <= sink_bound(steps) + 1e-6).all()


def test_where_the_bound_settles_it_it_is_the_flow_into_the_token():
    steps = attention(10, 40, 1.0)
    reads, told = torch.eye(40, dtype=torch.float64)[0], []
    flow = attention_flow(steps, reads, told.append)
    assert told[0] > 20, "most random networks of many layers are so, and then nothing is searched"
    expected = [min(sum(steps[0, :, token].tolist()), 1) for token in range(40)]
    assert flow.tolist() == pytest.approx(expected, abs=1e-6)
    assert at_bound(flow, sink_bound(steps)).all()


def test_a_bottleneck_is_found():
    """Two tokens that the reading token reaches only by a narrow edge, however much could flow into them later."""
    step = torch.tensor([[0.9, 0.1, 0.0], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]], dtype=torch.float64)
    steps = torch.stack([step, step])
    flow = attention_flow(steps, torch.eye(3, dtype=torch.float64)[0], lambda units: None)
    assert at_bound(flow, sink_bound(steps)).tolist() == [True, False, False]
    assert flow.tolist() == pytest.approx(by_search(torch.stack([step, step]), torch.eye(3)[0]), abs=1e-6)
