"""Class activation evidence from any network whose head is global average pooling and at most one linear layer.

The pooled tensor is found by walking the traced graph back from its output, not from a table of names.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.proxy import TraceError
from torch.nn import functional as F

from dashboard.evidence import LIKELIEST, FeatureMaps, Question
from dashboard.models.classifier import DoesNotFit, ModelError, Observer, said
from dashboard.models.observers.places import covered, places_of

SHAPE_ONLY = (nn.Dropout, nn.Identity, nn.Flatten)
SHAPE_ONLY_CALLS = {torch.flatten, torch.squeeze, F.dropout, "flatten", "view", "reshape", "squeeze"}


@dataclass(frozen=True)
class Head:
    """What CAM reads: `features`, the node that is pooled, and the `linear` layer after it, None where channels are classes."""

    features: fx.Node
    linear: nn.Linear | None


def find_head(graph: fx.GraphModule, name: str) -> Head:
    """Walks from the logits back to the global average pooling.

    Raises:
        DoesNotFit: more than one linear layer, or another layer, comes after the pooling; the text says what.
    """
    linears: list[nn.Linear] = []
    others: list[str] = []
    for node in _way_back(graph):
        module = graph.get_submodule(str(node.target)) if node.op == "call_module" else None
        if _is_global_pool(node, module):
            break
        if isinstance(module, nn.Linear):
            linears.append(module)
        elif not isinstance(module, SHAPE_ONLY) and node.target not in SHAPE_ONLY_CALLS:
            others.append(type(module).__name__ if module else getattr(node.target, "__name__", str(node.target)))
    else:
        raise DoesNotFit(f"{name} does not average its feature maps before the classes: CAM is undefined.")
    _refuse(name, linears, others)
    return Head(node.all_input_nodes[0], linears[0] if linears else None)


class ApartTracer(fx.Tracer):
    """Follows a network in the thread that traces it, and in no other.

    While torch traces, it has all modules of the process call the tracer, also those that another visitor's pass is running in
    another thread, which would then fail.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A module's call: followed here, and done as ever in other threads."""
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """A module's attribute: a proxy here, and itself in other threads."""
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def traced(model: nn.Module, name: str, example: Tensor | None = None) -> fx.GraphModule:
    """The network as a graph; parameters are shared. No photo is passed through it, so `example` is not needed.

    Raises:
        DoesNotFit: its code branches on values that only a pass computes.
    """
    tracer = ApartTracer()
    try:
        graph = tracer.trace(model)
        return fx.GraphModule(tracer.root, graph, type(model).__name__)
    except (TraceError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise DoesNotFit(f"{name}: its layers can't be followed ({said(error)}).") from error


def _way_back(graph: fx.GraphModule) -> Iterator[fx.Node]:
    node = next(n for n in graph.graph.nodes if n.op == "output").all_input_nodes[0]
    while node.all_input_nodes:
        yield node
        node = node.all_input_nodes[0]


def _is_global_pool(node: fx.Node, module: nn.Module | None) -> bool:
    if isinstance(module, nn.AdaptiveAvgPool2d):
        return module.output_size in (1, (1, 1))
    if node.target is F.adaptive_avg_pool2d:
        return _option(node, "output_size") in (1, (1, 1), [1, 1])
    return node.target in ("mean", torch.mean) and _averaged(_option(node, "dim")) == [2, 3]


def _option(node: fx.Node, name: str) -> Any:
    """The second argument of a call, given by position or as the keyword `name`."""
    return node.args[1] if len(node.args) > 1 else node.kwargs.get(name)


def _averaged(dims: Any) -> list[int]:
    """The dimensions of (B, C, h, w) that are averaged, counted from 0 and sorted; none where the graph gives no numbers."""
    each = dims if isinstance(dims, tuple | list) else [dims]
    return sorted(dim % 4 for dim in each) if all(isinstance(dim, int) for dim in each) else []


def _refuse(name: str, linears: list[nn.Linear], others: list[str]) -> None:
    if any("norm" in other.lower() for other in others):
        raise DoesNotFit(f"{name} normalises after pooling: CAM is undefined.")
    if len(linears) > 1:
        raise DoesNotFit(f"{name} has {len(linears)} linear layers after pooling: CAM is undefined.")
    if others:
        raise DoesNotFit(f"{name} has {', '.join(others)} after pooling: CAM is undefined.")


def cam_observer(model: nn.Module, name: str, example: Tensor) -> Observer:
    """The observer of the features that a network pools. The identity mean(CAM) + bias = logit is checked on `example`
    (1, 3, H, W).

    Raises:
        DoesNotFit: CAM is undefined on this model.
        ModelError: the identity does not hold, so the map would not add up to the logit.
    """
    graph = traced(model, name)
    head = find_head(graph, name)
    (places,) = places_of(graph, example, (head.features,))
    output = next(node for node in graph.graph.nodes if node.op == "output")
    output.args = ((head.features, output.args[0]),)
    graph.recompile()
    weights, bias = _head_weights(head, graph, example)
    _check_identity(graph, weights, bias, example, name)

    def observe(pixels: Tensor, question: Question = LIKELIEST) -> tuple[FeatureMaps, Tensor]:
        features, logits = graph(pixels)  # (1, C, h, w), (1, K)
        cover = covered(places, features.shape[2:], pixels.shape[2:])
        return FeatureMaps(features[0], weights, covered=cover), logits

    return observe


def _head_weights(head: Head, graph: fx.GraphModule, example: Tensor) -> tuple[Tensor, Tensor]:
    """The head's weights (K, C) and bias (K,). Where no linear layer follows, feature map k is the map of class k."""
    if head.linear is not None:
        bias = head.linear.bias
        return head.linear.weight, torch.zeros_like(head.linear.weight[:, 0]) if bias is None else bias
    with torch.no_grad():
        classes = graph(example)[0].shape[1]
    return torch.eye(classes).to(example), torch.zeros(classes).to(example)


@torch.no_grad()
def _check_identity(graph: fx.GraphModule, weights: Tensor, bias: Tensor, example: Tensor, name: str) -> None:
    features, logits = graph(example)
    from_maps = torch.einsum("kc,bchw->bkhw", weights, features).mean((2, 3)) + bias
    error, scale = (from_maps - logits).abs().max().item(), logits.abs().max().item()
    if not error <= 1e-3 * max(scale, 1):
        raise ModelError(f"{name}: the class activation map misses the logit by {error:.3g}, so it is not shown.")
