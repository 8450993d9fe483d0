"""Where in a photo the cells of a network's maps lie, worked out from the strides and paddings of its layers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

aten = torch.ops.aten
CLEARLY = 2  # times smaller an error must be for a map to be laid over less or more than the photo


class Line(NamedTuple):
    """Cells along one side of a photo: the first one's centre and the distance to the next, in pixels."""

    start: float
    step: float


Places = tuple[Line, Line]  # down, across
PIXELS: Places = (Line(0.5, 1.0), Line(0.5, 1.0))


def covered(places: Places, cells: Sequence[int], pixels: Sequence[int]) -> tuple[float, float]:
    """The part of the photo, from the top left, as shares of height and width, over which a map of these cells is laid."""
    down, across = (_share(*each) for each in zip(places, cells, pixels, strict=True))
    return down, across


def _share(line: Line, cells: int, pixels: int) -> float:
    """The share of the photo's side that the cells are laid over: all of it, or as many steps as there are cells, where that
    puts the cells clearly closer to where they lie.

    Convolutions that step by their own size leave a rest of less than a step unseen; with padding, they have a last cell that
    reaches beyond the photo. Other networks, such as a ResNet's, sample the photo from edge to edge.
    """
    whole = line.step * cells
    return whole / pixels if CLEARLY * _error(line, cells, whole) < _error(line, cells, pixels) else 1.0


def _error(line: Line, cells: int, length: float) -> float:
    """The largest error of a cell's centre, in pixels, where the cells are laid over that length: that at one of the ends."""
    half, last = length / cells / 2, line.start + (cells - 1) * line.step
    return max(abs(half - line.start), abs(length - half - last))


@torch.no_grad()
def places_of(graph: fx.GraphModule, example: Tensor, nodes: Sequence[fx.Node]) -> list[Places]:
    """Where the cells of these nodes' maps, (1, C, h, w) each, lie in a photo like `example` (1, 3, H, W), by their layers'
    windows and paddings (Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks").

    Where maps meet, as in a residual or in attention from all cells to fewer, the result lies where the mean of the finest of
    them lies. A map that became smaller without windows and paddings is taken to have merged two whole cells, as Swin does.
    """
    found: dict[fx.Node, Places] = {}
    sides = tuple(example.shape[2:])

    class Watched(fx.Interpreter):
        def run_node(self, n: fx.Node) -> Any:
            met = [found[each] for each in n.all_input_nodes if each in found]
            windows = Windows(PIXELS if n.op == "placeholder" else _meeting(met))
            with windows:
                result = super().run_node(n)
            if (met or n.op == "placeholder") and any(isinstance(each, Tensor) for each in tree_leaves(result)):
                found[n] = windows.places  # neither sizes nor tensors made of weights alone are maps
            if n in nodes:
                down, across = (_merged(*each) for each in zip(windows.places, result.shape[2:], sides, strict=True))
                found[n] = down, across
            return result

    Watched(graph).run(example)
    return [found[node] for node in nodes]


def _merged(line: Line, cells: int, pixels: int) -> Line:
    """The line after merging two cells into one as often as it takes to have room for no more than so many `cells`."""
    while cells < (pixels - 2 * line.start) // line.step + 1:
        line = Line(line.start + line.step / 2, 2 * line.step)
    return line


def _meeting(met: Sequence[Places]) -> Places:
    """Where the result of maps that meet lies; the pixels' own places where no map comes in."""
    least = min((down.step for down, _ in met), default=None)
    finest = [each for each in met if each[0].step == least] or [PIXELS]
    down, across = (Line(sum(line.start for line in side) / len(side), side[0].step) for side in zip(*finest, strict=True))
    return down, across


class Windows(TorchDispatchMode):
    """Follows the cells' places through what runs inside."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places

    def __torch_dispatch__(self, call: Any, types: Any, arguments: tuple = (), options: dict | None = None) -> Any:
        result = call(*arguments, **(options or {}))
        match getattr(call, "_overloadpacket", None):
            case aten.convolution if not arguments[6]:
                _, weights, _, stride, padding, dilation, *_ = arguments
                reach = [(size - 1) * each for size, each in zip(weights.shape[2:], dilation, strict=True)]
                self._step(reach, padding, stride)
            case aten.max_pool2d_with_indices | aten.avg_pool2d:
                _, size, *rest = arguments
                stride, padding = rest[0] if rest and rest[0] else size, rest[1] if len(rest) > 1 else [0, 0]
                self._step([each - 1 for each in size], padding, stride)
            case aten.constant_pad_nd if len(arguments[1]) >= 4:
                across, _, down, *_ = arguments[1]
                self._step([0, 0], [down, across], [1, 1])
        return result

    def _step(self, reach: list[int], padding: list[int], stride: list[int]) -> None:
        """Moves the places past a window that reaches so many cells beyond its first one; each list is (down, across)."""
        sides = zip(self.places, *(_pair(each) for each in (reach, padding, stride)), strict=True)
        down, across = (Line(line.start + (far / 2 - pad) * line.step, line.step * by) for line, far, pad, by in sides)
        self.places = down, across


def _pair(values: list[int]) -> list[int]:
    return list(values) * (2 // len(values))
