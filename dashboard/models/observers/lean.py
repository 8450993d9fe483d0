"""The same answers in less time, for methods that ask for hundreds of them."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, fx, nn
from torch.fx.experimental.optimization import fuse


def lean(graph: fx.GraphModule) -> Callable[[Tensor], Tensor]:
    """A network that on a CPU answers from a copy of its own, wherever the pixels ask for no gradient.

    In the copy, which is made when it is first needed, batch norms are folded into the convolutions before them, and colours
    lie beside each other in memory: a third less time for a ResNet. It takes the memory of the weights once more.
    """
    if not any(isinstance(module, nn.BatchNorm2d) for module in graph.modules()):
        return graph

    @cache
    def folded() -> nn.Module:
        return fuse(graph, no_trace=True).to(memory_format=torch.channels_last).requires_grad_(False)

    def answer(pixels: Tensor) -> Tensor:
        if pixels.requires_grad or pixels.device.type != "cpu":
            return graph(pixels)
        return folded()(pixels.contiguous(memory_format=torch.channels_last))

    return answer
