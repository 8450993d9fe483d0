"""The stages of a convolutional network, found from its traced graph: one activation per resolution."""

from itertools import groupby

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from dashboard.evidence import StageMaps
from dashboard.models.classifier import DoesNotFit, Observer


def stage_observer(model: nn.Module, name: str, example: Tensor) -> Observer:
    """Each stage's last activations and the logits of one pass. `example` (1, 3, S, S) tells the shapes.

    Raises:
        DoesNotFit: the network has no feature maps of the photo's shape.
    """
    graph = fx.symbolic_trace(model)
    try:
        stages = find_stages(graph, example)
    except RuntimeError:  # a network for square photos alone
        stages = {}
    if not stages:
        raise DoesNotFit(f"{name} has no stages of feature maps laid out like the photo.")
    output = next(node for node in graph.graph.nodes if node.op == "output")
    output.args = ((tuple(stages.values()), output.args[0]),)
    graph.recompile()
    names = tuple(stages)

    def observe(pixels: Tensor) -> tuple[StageMaps, Tensor]:
        activations, logits = graph(pixels)
        return StageMaps(tuple(maps[0] for maps in activations), names), logits  # (C, h, w) each

    return observe


@torch.no_grad()
def find_stages(graph: fx.GraphModule, example: Tensor) -> dict[str, fx.Node]:
    """The outermost block output of each resolution, by the name of its layer.

    A photo twice as wide as high tells (C, h, w) from other layouts. Where several layers share a resolution, the one
    at the highest boundary between modules is taken, the last of equals: `layer1`, not the first convolution of `layer2`.
    """
    ShapeProp(graph).propagate(torch.cat([example, example], 3))  # (1, 3, S, 2S)
    bottlenecks = [node for node in _bottlenecks(graph) if _is_map(node) and not _overwritten(graph, node)]
    found = {}
    for _, same in groupby(bottlenecks, key=lambda node: node.meta["tensor_meta"].shape[2]):
        best = min(reversed(list(same)), key=_boundary)  # min keeps the first of equals
        found[".".join(_path(best)[: _boundary(best) + 1]) or best.name] = best
    return found


def _bottlenecks(graph: fx.GraphModule) -> list[fx.Node]:
    """The nodes that everything flows through: no edge leads past them."""
    nodes = [node for node in graph.graph.nodes if node.op not in ("get_attr", "placeholder")]
    place = {node: index for index, node in enumerate(nodes)}
    found, furthest = [], 0
    for index, node in enumerate(nodes):
        if furthest <= index:
            found.append(node)
        furthest = max([furthest, *(place[user] for user in node.users)])
    return found


def _is_map(node: fx.Node) -> bool:
    shape = getattr(node.meta.get("tensor_meta"), "shape", ())
    return len(shape) == 4 and shape[2] > 1 and abs(shape[3] - 2 * shape[2]) <= 1


def _overwritten(graph: fx.GraphModule, node: fx.Node) -> bool:
    """Whether the next layer writes its result into this one's memory."""
    return any(
        user.kwargs.get("inplace") or (user.op == "call_module" and getattr(graph.get_submodule(user.target), "inplace", False))
        for user in node.users
    )


def _boundary(node: fx.Node) -> int:
    """How many modules, from the outermost, the node shares with the one that reads it."""
    reader = next(iter(node.users))
    pairs = zip(_path(node), _path(reader), strict=False)
    return next((depth for depth, (own, theirs) in enumerate(pairs) if own != theirs), len(_path(reader)))


def _path(node: fx.Node) -> list[str]:
    if node.op == "call_module":
        return node.target.split(".")
    stack = list(node.meta.get("nn_module_stack") or {"": None})
    return [part for part in stack[-1].split(".") if part]
