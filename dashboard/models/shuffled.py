"""Copies of a network whose parameters have lost what was learnt, from the head down. The network itself stays as it is."""

import math

import torch
from torch import nn

from dashboard.models.network import Network

PARTS = ("head", "last quarter", "last half", "last three quarters", "all layers")


def layers(module: nn.Module) -> list[str]:
    """The names of the modules that have parameters of their own, in the order in which they stand; the head is the last."""
    return [name for name, each in module.named_modules() if any(True for _ in each.parameters(recurse=False))]


def from_the_head_down(module: nn.Module) -> list[list[str]]:
    """The names of the layers that each of `PARTS` holds: the head, then more and more, at last all."""
    names = layers(module)
    body = names[:-1]
    quarters = [names[len(body) - math.ceil(len(body) * share / 4) :] for share in (1, 2, 3, 4)]
    return [names[-1:], *quarters]


def shuffled(network: Network, names: list[str]) -> Network:
    """A copy whose layers with these names have their parameters shuffled, each within itself, the same way each time.

    Shuffling keeps how large the values are, so that the signal neither dies nor explodes, and leaves nothing of what they say
    (after Adebayo et al. 2018, arXiv:1810.03292, who draw them anew). The copy shares no parameter with the network.
    """
    draws = torch.Generator().manual_seed(0)
    copy = network.copied()
    with torch.no_grad():
        for name in names:
            for weights in copy.module.get_submodule(name).parameters(recurse=False):
                order = torch.randperm(weights.numel(), generator=draws).to(weights.device)
                weights.copy_(weights.flatten()[order].view_as(weights))
    return copy
