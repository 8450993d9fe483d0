"""A Hugging Face network as a graph. Its own code branches too much for symbolic tracing; `torch.export` follows one pass."""

import warnings

import torch
from torch import Tensor, fx, nn
from torch.fx.graph import CodeGen
from torch.utils import _pytree

from dashboard.models.classifier import DoesNotFit, said


def exported(model: nn.Module, name: str, example: Tensor) -> fx.GraphModule:
    """The network as a graph from pixels (B, 3, H, W) to logits (B, K); parameters are shared.

    The batch may have any size. Where the network computes with height and width, the graph is for those of `example`: with
    them open, a network that attends within windows takes minutes to follow.

    Raises:
        DoesNotFit: torch can't follow the network.
    """
    from torch.export import Dim  # imported here, since the import takes a second that most models never need

    shape = {0: Dim.DYNAMIC}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.export.export(model, (torch.cat([example, example]),), dynamic_shapes=(shape,), strict=False)
            graph = program.module(check_guards=False)
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise DoesNotFit(f"{name}: its layers can't be followed ({said(error)}).") from error
    output = next(node for node in graph.graph.nodes if node.op == "output")
    output.args = (_pytree.tree_leaves(output.args)[0],)  # an output class of transformers, logits first
    graph.graph.set_codegen(CodeGen())
    graph.recompile()
    return graph
