"""The stages of a convolutional network, found from its traced graph: one activation per resolution."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, fx

from dashboard.evidence import LIKELIEST, Probe, Question, StageGradients, StageMaps, StageProbe
from dashboard.models.classifier import DoesNotFit, Fit, probe_observer
from dashboard.models.device import counted
from dashboard.models.observers.lean import lean
from dashboard.models.observers.places import covered, places_of
from dashboard.models.operations import Operations
from dashboard.progress import advance

OF_STAGES = (StageMaps, StageGradients, StageProbe)


def stage_observers(graph: fx.GraphModule, name: str, example: Tensor) -> Fit:
    """What a traced network gives at the end of its stages, and as a whole. `example` (1, 3, S, S) tells the shapes.

    Raises:
        DoesNotFit: the network has no feature maps of the photo's shape.
    """
    after = _shares_after(graph, example)
    advance(0)  # whoever watches may stop here
    stages = find_stages(graph, example, after)
    if not stages:
        raise DoesNotFit(f"{name} has no stages of feature maps laid out like the photo.")
    names = tuple(stages)
    nodes = tuple(stages.values())
    rests = [_rest(graph, node, nodes[place + 1 :]) for place, node in enumerate(nodes)]
    shares = tuple(after[node] for node in nodes)
    places = places_of(graph, example, nodes)
    staged, answer = _with_outputs(graph, nodes), lean(graph)

    def observe(pixels: Tensor, question: Question = LIKELIEST) -> tuple[StageMaps, Tensor]:
        activations, logits = staged(pixels)
        sides = pixels.shape[2:]
        covers = tuple(covered(each, maps.shape[2:], sides) for each, maps in zip(places, activations, strict=True))
        return StageMaps(tuple(maps[0] for maps in activations), names, shares, covers), logits  # (C, h, w) each

    def slopes(stage: int, activations: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            inside = activations.detach().requires_grad_()
            later, logits = rests[stage](inside)
            return torch.autograd.grad((logits @ weights).sum(), (inside, *later))

    @torch.no_grad()
    def maps(pixels: Tensor) -> tuple[Tensor, ...]:
        return staged(pixels)[0]

    @torch.no_grad()
    def rest(stage: int, activations: Tensor) -> Tensor:
        return rests[stage](activations)[1]

    def differentiate(pixels: Tensor, question: Question = LIKELIEST) -> tuple[StageGradients, Tensor]:
        seen, logits = observe(pixels)
        return StageGradients(**vars(seen), slopes=counted(slopes, pixels.device, batch=1, times=2)), logits

    def probe(pixels: Tensor, question: Question = LIKELIEST) -> tuple[StageProbe, Tensor]:
        (seen, logits), device = observe(pixels), pixels.device
        whole = Probe(pixels, counted(answer, device))
        back, after = (counted(call, device, batch=1) for call in (slopes, rest))
        return StageProbe(**vars(seen), slopes=back, probe=whole, maps=counted(maps, device), rest=after), logits

    whole = probe_observer(answer, example)
    kinds = {Probe: whole, StageMaps: observe, StageGradients: differentiate, StageProbe: probe}
    return Fit(kinds, extent={"stages": len(names)})


def _with_outputs(graph: fx.GraphModule, nodes: tuple[fx.Node, ...]) -> fx.GraphModule:
    """The same network, which gives these nodes beside its logits; parameters are shared."""
    copied: dict[fx.Node, fx.Node] = {}
    graph_of_both = fx.Graph()
    logits = graph_of_both.graph_copy(graph.graph, copied)
    graph_of_both.output((tuple(copied[node] for node in nodes), logits))
    return fx.GraphModule(graph, graph_of_both)


def _rest(graph: fx.GraphModule, node: fx.Node, later: tuple[fx.Node, ...]) -> fx.GraphModule:
    """What comes after a node that everything flows through: its activations (B, C, h, w) to later ones and logits (B, K)."""
    copied: dict[fx.Node, fx.Node] = {}
    after = fx.Graph()
    logits = after.graph_copy(graph.graph, copied)
    after.output((tuple(copied[each] for each in later), logits))
    with after.inserting_before(next(iter(after.nodes))):
        activations = after.placeholder("activations")
    copied[node].replace_all_uses_with(activations)
    for place in after.nodes:  # how many photos there are is asked of the pixels
        if place.target is torch.ops.aten.sym_size.int and place.args[0].op == "placeholder":
            place.args = (activations, *place.args[1:])
    for place in reversed(list(after.nodes)):  # what led to these activations alone, in-place operations too
        if not place.users and place is not activations and place.op != "output":
            after.erase_node(place)
    return fx.GraphModule(graph, after)


def find_stages(graph: fx.GraphModule, example: Tensor, after: Mapping[fx.Node, float]) -> dict[str, fx.Node]:
    """The outermost block output of each resolution, by the name of its layer. What comes before any work is still the photo.

    Where several layers share a resolution, the one at the highest boundary between modules is taken, the last of equals:
    `layer1`, not the first convolution of `layer2`. Paddings and convolutions without any change a resolution a little: from
    three quarters on it is another one.
    """
    shapes = _shapes(graph, example)
    maps = _maps(graph, example, shapes)
    places = [node for node in _bottlenecks(shapes) if node in maps and after[node] < 1]
    rows = {node: shapes[node][2] for node in places if not _overwritten(graph, node)}
    found = [min(reversed(same), key=_boundary) for same in _by_resolution(rows)]  # min keeps the first of equals
    return {_name(node, found): node for node in found}


Shapes = dict[fx.Node, torch.Size]


def _maps(graph: fx.GraphModule, example: Tensor, shapes: Shapes) -> set[fx.Node]:
    """The nodes laid out like the photo, (1, C, h, w): in a photo twice as wide the last size alone grows with it."""
    maps = {node for node, shape in shapes.items() if len(shape) == 4 and shape[2] > 1 and shape[1:] != example.shape[1:]}
    try:
        wide = _shapes(graph, torch.cat([example, example], 3))
    except (RuntimeError, AssertionError):  # a network for photos of one shape alone
        return {node for node in maps if shapes[node][2] / shapes[node][3] == example.shape[2] / example.shape[3]}
    return {node for node in maps if wide[node][:3] == shapes[node][:3] and wide[node][3] > 1.5 * shapes[node][3]}


@torch.no_grad()
def _shapes(graph: fx.GraphModule, example: Tensor) -> Shapes:
    """The shape of every tensor on the way from a photo to the logits, in the order of the pass."""
    shapes: Shapes = {}

    class Watched(fx.Interpreter):
        def run_node(self, n: fx.Node) -> Any:
            result = super().run_node(n)
            if isinstance(result, Tensor):
                shapes[n] = result.shape
            return result

    Watched(graph).run(example)
    return shapes


@torch.no_grad()
def _shares_after(graph: fx.GraphModule, example: Tensor) -> dict[fx.Node, float]:
    """The share of a pass's multiplications that comes after each node."""
    before: dict[fx.Node, int] = {}

    class Watched(fx.Interpreter):
        def run_node(self, n: fx.Node) -> Any:
            result = super().run_node(n)
            before[n] = operations.count
            return result

    with Operations() as operations:
        Watched(graph).run(example)
    return {node: 1 - count / max(operations.count, 1) for node, count in before.items()}


def _by_resolution(rows: dict[fx.Node, int]) -> list[list[fx.Node]]:
    groups: list[list[fx.Node]] = []
    for node, count in rows.items():
        if not groups or count <= 0.75 * rows[groups[-1][0]]:
            groups.append([])
        groups[-1].append(node)
    return groups


def _name(node: fx.Node, others: list[fx.Node]) -> str:
    """The outermost module that ends there, and not at another of these nodes too."""
    path, paths = _path(node), [_path(other) for other in others if other is not node]
    ends = range(_boundary(node) + 1, len(path) + 1)
    return next((".".join(path[:end]) for end in ends if not any(each[:end] == path[:end] for each in paths)), node.name)


def _bottlenecks(shapes: Shapes) -> list[fx.Node]:
    """The nodes that everything flows through: no edge leads past them. Sizes, which are no tensors, are left aside."""
    nodes = [node for node in shapes if node.op != "get_attr"]
    place = {node: index for index, node in enumerate(nodes)}
    found, furthest = [], 0
    for index, node in enumerate(nodes):
        if furthest <= index:
            found.append(node)
        furthest = max([furthest, *(place[user] for user in node.users if user in place)])
    return found


def _overwritten(graph: fx.GraphModule, node: fx.Node) -> bool:
    """Whether a later layer writes its result into this one's memory."""
    return any(_writes(graph, user) for user in node.users)


def _writes(graph: fx.GraphModule, node: fx.Node) -> bool:
    if node.op == "call_module":
        return getattr(graph.get_submodule(str(node.target)), "inplace", False)
    name = getattr(getattr(node.target, "overloadpacket", None), "__name__", "")
    return bool(node.kwargs.get("inplace")) or (name.endswith("_") and not name.endswith("__"))


def _boundary(node: fx.Node) -> int:
    """How many modules, from the outermost, the node shares with the one that reads it."""
    reader = next(iter(node.users))
    pairs = list(zip(_path(node), _path(reader), strict=False))
    return next((depth for depth, (own, theirs) in enumerate(pairs) if own != theirs), len(pairs))


def _path(node: fx.Node) -> list[str]:
    if node.op == "call_module":
        return str(node.target).split(".")
    stack = list(node.meta.get("nn_module_stack") or {"": None})
    return [part for part in stack[-1].removeprefix("L__self__").split(".") if part]
