"""The stages of a convolutional network, found from its traced graph: one activation per resolution."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from dashboard.evidence import LIKELIEST, Probe, Question, StageGradients, StageMaps, StageProbe
from dashboard.models.classifier import DoesNotFit, Fit, probe_observer
from dashboard.models.device import counted
from dashboard.models.observers.lean import lean
from dashboard.models.observers.places import Places, covered, places_of
from dashboard.models.operations import Operations
from dashboard.progress import advance

OF_STAGES = (StageMaps, StageGradients, StageProbe)


@dataclass(frozen=True, eq=False)
class StageObserver:
    """The observer of a network's stage maps; its methods are the observers of the other kinds of evidence of stages.

    `answer` takes pixels (B, 3, H, W) to logits (B, K), `staged` to the activations of each stage and the logits. `rests` take
    a stage's activations to those of the later stages and the logits. `names`, `after` and `places` have an entry per stage.
    """

    answer: Callable[[Tensor], Tensor]
    staged: fx.GraphModule
    rests: tuple[fx.GraphModule, ...]
    names: tuple[str, ...]
    after: tuple[float, ...]
    places: tuple[Places, ...]

    def __call__(self, pixels: Tensor, question: Question = LIKELIEST) -> tuple[StageMaps, Tensor]:
        activations, logits = self.staged(pixels)
        sides, pairs = pixels.shape[2:], zip(self.places, activations, strict=True)
        covers = tuple(covered(places, maps.shape[2:], sides) for places, maps in pairs)
        return StageMaps(tuple(maps[0] for maps in activations), self.names, self.after, covers), logits  # (C, h, w) each

    def gradients(self, pixels: Tensor, question: Question = LIKELIEST) -> tuple[StageGradients, Tensor]:
        """Stage maps with a way back from the score."""
        seen, logits = self(pixels)
        return StageGradients(**vars(seen), slopes=counted(self._slopes, pixels.device, batch=1, times=2)), logits

    def probe(self, pixels: Tensor, question: Question = LIKELIEST) -> tuple[StageProbe, Tensor]:
        """Stage maps with the means to ask the network about changed photos and changed maps."""
        (seen, logits), device = self(pixels), pixels.device
        whole = Probe(pixels, counted(self.answer, device))
        slopes, rest = (counted(call, device, batch=1) for call in (self._slopes, self._rest))
        return StageProbe(**vars(seen), slopes=slopes, probe=whole, maps=counted(self._maps, device), rest=rest), logits

    def _slopes(self, stage: int, activations: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            inside = activations.detach().requires_grad_()
            later, logits = self.rests[stage](inside)
            return torch.autograd.grad((logits @ weights).sum(), (inside, *later))

    @torch.no_grad()
    def _maps(self, pixels: Tensor) -> tuple[Tensor, ...]:
        return self.staged(pixels)[0]

    @torch.no_grad()
    def _rest(self, stage: int, activations: Tensor) -> Tensor:
        return self.rests[stage](activations)[1]


def stage_observers(graph: fx.GraphModule, name: str, example: Tensor) -> Fit:
    """The observers of a traced network's stages, and of whole photos. `example` (1, 3, S, S) tells the shapes.

    Raises:
        DoesNotFit: the network has no feature maps of the photo's shape.
    """
    after = _shares_after(graph, example)
    advance(0)  # a watcher may raise here to stop
    stages = find_stages(graph, example, after)
    if not stages:
        raise DoesNotFit(f"{name} has no stages of feature maps laid out like the photo.")
    nodes = tuple(stages.values())
    rests = tuple(_rest(graph, node, nodes[index + 1 :]) for index, node in enumerate(nodes))
    shares, places = tuple(after[node] for node in nodes), tuple(places_of(graph, example, nodes))
    observer = StageObserver(lean(graph), _with_outputs(graph, nodes), rests, tuple(stages), shares, places)
    kinds = {StageMaps: observer, StageGradients: observer.gradients, StageProbe: observer.probe}
    return Fit({Probe: probe_observer(observer.answer, example), **kinds}, extent={"stages": len(nodes)})


def _with_outputs(graph: fx.GraphModule, nodes: tuple[fx.Node, ...]) -> fx.GraphModule:
    """The network with an output of these nodes' activations and its logits; parameters are shared."""
    copied: dict[fx.Node, fx.Node] = {}
    graph_of_both = fx.Graph()
    logits = graph_of_both.graph_copy(graph.graph, copied)
    graph_of_both.output((tuple(copied[node] for node in nodes), logits))
    return fx.GraphModule(graph, graph_of_both)


def _rest(graph: fx.GraphModule, node: fx.Node, later: tuple[fx.Node, ...]) -> fx.GraphModule:
    """The part of the network after a node that everything flows through, as a network of its own.

    It takes the node's activations (B, C, h, w) to those of the `later` nodes and the logits (B, K).
    """
    copied: dict[fx.Node, fx.Node] = {}
    after = fx.Graph()
    logits = after.graph_copy(graph.graph, copied)
    after.output((tuple(copied[each] for each in later), logits))
    with after.inserting_before(next(iter(after.nodes))):
        activations = after.placeholder("activations")
    copied[node].replace_all_uses_with(activations)
    for each in after.nodes:  # the number of photos was read from the pixels, and is now read from the activations
        if each.target is torch.ops.aten.sym_size.int and each.args[0].op == "placeholder":
            each.args = (activations, *each.args[1:])
    for each in reversed(list(after.nodes)):  # drops what led only to these activations, in-place operations too
        if not each.users and each is not activations and each.op != "output":
            after.erase_node(each)
    return fx.GraphModule(graph, after)


def find_stages(graph: fx.GraphModule, example: Tensor, after: Mapping[fx.Node, float]) -> dict[str, fx.Node]:
    """The outermost block output of each resolution, by the name of its layer. Outputs before the first product are no stage.

    Where several layers share a resolution, the one at the highest boundary between modules is taken, the last of equals:
    `layer1`, not the first convolution of `layer2`. Convolutions with or without padding change a resolution a little: it
    counts as another one where three quarters of the rows, or fewer, are left.
    """
    shapes = _shapes(graph, example)
    maps = _maps(graph, example, shapes)
    nodes = [node for node in _bottlenecks(shapes) if node in maps and after[node] < 1]
    rows = {node: shapes[node][2] for node in nodes if not _overwritten(graph, node)}
    found = [min(reversed(same), key=_boundary) for same in _by_resolution(rows)]  # min keeps the first of equals
    return {_name(node, found): node for node in found}


Shapes = dict[fx.Node, torch.Size]


def _maps(graph: fx.GraphModule, example: Tensor, shapes: Shapes) -> set[fx.Node]:
    """The nodes laid out like the photo, (1, C, h, w): in a photo twice as wide the last size alone grows with it."""
    maps = {node for node, shape in shapes.items() if len(shape) == 4 and shape[2] > 1 and shape[1:] != example.shape[1:]}
    try:
        wide = _shapes(graph, torch.cat([example, example], 3))
    except (RuntimeError, AssertionError):  # the network takes photos of one shape alone
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
    """The name of the outermost module that ends at `node` and at none of the `others`."""
    path, paths = _path(node), [_path(other) for other in others if other is not node]
    ends = range(_boundary(node) + 1, len(path) + 1)
    return next((".".join(path[:end]) for end in ends if not any(each[:end] == path[:end] for each in paths)), node.name)


def _bottlenecks(shapes: Shapes) -> list[fx.Node]:
    """The nodes that everything flows through: no edge leads past them. Sizes, which are no tensors, are not counted."""
    nodes = [node for node in shapes if node.op != "get_attr"]
    order = {node: index for index, node in enumerate(nodes)}
    found, furthest = [], 0
    for index, node in enumerate(nodes):
        if furthest <= index:
            found.append(node)
        furthest = max([furthest, *(order[user] for user in node.users if user in order)])
    return found


def _overwritten(graph: fx.GraphModule, node: fx.Node) -> bool:
    """Whether a later layer writes its result into the memory of this node's result."""
    return any(_writes(graph, user) for user in node.users)


def _writes(graph: fx.GraphModule, node: fx.Node) -> bool:
    if node.op == "call_module":
        return getattr(graph.get_submodule(str(node.target)), "inplace", False)
    name = getattr(getattr(node.target, "overloadpacket", None), "__name__", "")
    return bool(node.kwargs.get("inplace")) or (name.endswith("_") and not name.endswith("__"))


def _boundary(node: fx.Node) -> int:
    """How many modules, from the outermost, contain both the node and the node that reads it."""
    reader = next(iter(node.users))
    pairs = list(zip(_path(node), _path(reader), strict=False))
    return next((depth for depth, (own, theirs) in enumerate(pairs) if own != theirs), len(pairs))


def _path(node: fx.Node) -> list[str]:
    if node.op == "call_module":
        return str(node.target).split(".")
    stack = list(node.meta.get("nn_module_stack") or {"": None})
    return [part for part in stack[-1].removeprefix("L__self__").split(".") if part]
