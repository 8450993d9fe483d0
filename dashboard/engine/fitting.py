"""Which methods fit a model, and why the others don't: it follows from the evidence that the model gives."""

from dashboard import methods
from dashboard.methods import Method
from dashboard.models.classifier import Classifier


def fitting(model: Classifier) -> list[type[Method]]:
    """The methods whose evidence a model gives."""
    return [method for method in methods.METHODS if method.needs in model.observers]


def first_fitting(model: Classifier) -> type[Method]:
    """The method that a model is shown with until a person chooses another: the first of METHODS that fits. That is CAM, else
    Grad-CAM; attention rollout, else raw attention; else a method that needs nothing but passes.
    """
    return fitting(model)[0]


def reasons(model: Classifier) -> dict[str, list[str]]:
    """The labels of the methods that don't fit a model, by the reason."""
    found: dict[str, list[str]] = {}
    for method in methods.METHODS:
        if method.needs not in model.observers:
            reason = model.refusals.get(method.needs, f"{model.title} gives no {method.needs.__name__}.")
            found.setdefault(reason, []).append(method.label)
    return found
